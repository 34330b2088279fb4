"""What the project ships: recorded results, the final model, and links that lead somewhere."""

import json
import re
from pathlib import Path

from mnistlab import predict, settings
from mnistlab.evaluation import results, trials
from mnistlab.models import files, zoo

import numpy as np
import pytest

RECORDED = sorted((settings.PROJECT / "data" / "results").glob("*.json"))
TUNED = sorted((settings.PROJECT / "data" / "results" / "tuning").glob("*.json"))
MODEL = settings.PROJECT / "data" / "models" / "deeper.keras"
TEXTS = ("README.md", "CONTRIBUTING.md", "data/README.md")


def by_name(path: Path) -> str:
    return path.stem


def test_every_comparison_of_the_course_is_recorded():
    names = {path.stem for path in RECORDED}
    assert names >= {*zoo.names(), "dropout_rate0", "dropout_batch32", "dropout_small_steps"}
    assert {path.stem for path in TUNED} >= {"learning_rate", "scaling", "schedule", "depth"}
    assert {path.stem for path in TUNED} >= {"batch_size", "search", "anew"}


@pytest.mark.parametrize("path", RECORDED, ids=by_name)
class TestResult:
    def test_it_is_a_full_run(self, path):
        result = results.load(path)
        assert result.complete
        assert (result.protocol["folds"], result.protocol["epochs"]) == (5, 10)
        assert result.protocol["rows"] == 60_000

    def test_it_was_measured_on_mnist_itself(self, path):
        assert results.load(path).facts["data"] == ["mnist"]

    def test_all_used_the_same_images_and_folds(self, path):
        digest, seed = (results.load(path).protocol[key] for key in ("data_digest", "seed"))
        baseline = results.recorded("baseline").protocol
        assert (digest, seed) == (baseline["data_digest"], baseline["seed"])

    def test_its_facts_say_how_it_was_made(self, path):
        facts = results.load(path).facts
        assert facts["cores"] >= facts["threads"] >= 1
        assert {"python", "tensorflow", "keras", "numpy", "scikit-learn"} <= set(facts["versions"])

    def test_the_scores_are_those_of_the_last_epoch(self, path):
        result = results.load(path)
        assert result.scores == [history["val_accuracy"][-1] for history in result.histories]

    def test_the_parameters_are_those_of_the_architecture(self, path):
        [architecture] = [name for name in zoo.names() if path.stem.startswith(name)]
        expected = zoo.build(architecture).count_params()
        assert results.load(path).facts["parameters"] == expected


@pytest.mark.parametrize("path", TUNED, ids=by_name)
class TestTuning:
    def test_it_is_a_full_run_on_mnist_itself(self, path):
        tried = trials.load(path)
        assert tried.protocol["rows"] == 15_000
        assert tried.facts["data"] == ["mnist"]

    def test_the_winner_was_measured_anew_on_other_images_with_another_seed(self, path):
        search, anew = trials.recorded("search"), trials.recorded("anew")
        same_images = trials.load(path).protocol == search.protocol
        assert same_images == (path.stem != "anew")
        assert search.protocol["seed"] != anew.protocol["seed"]
        assert search.protocol["data_digest"] != anew.protocol["data_digest"]
        assert search.best.setting in [trial.setting for trial in anew.trials]


class TestModel:
    @pytest.mark.parametrize("path", [MODEL, MODEL.with_suffix(".h5")], ids=by_name)
    def test_its_facts_are_about_it(self, path):
        facts = files.facts(path)
        assert facts["architecture"] == "deeper"
        assert (facts["data"], facts["rows"], facts["epochs"]) == ("mnist", 60_000, 10)
        assert facts["test_accuracy"] >= 0.990

    def test_both_formats_hold_the_same_model(self):
        images = np.random.default_rng(1).random((20, 28, 28))
        answers = [
            predict(files.load(MODEL.with_suffix(each)), images) for each in (".keras", ".h5")
        ]
        np.testing.assert_array_equal(*answers)


def links(name: str) -> list[str]:
    text = (settings.PROJECT / name).read_text("utf-8")
    return [each for each in re.findall(r"\]\(([^)#]+)", text) if "://" not in each]


@pytest.mark.parametrize("name", TEXTS)
def test_links_lead_somewhere(name):
    folder = (settings.PROJECT / name).parent
    assert links(name)
    assert not [link for link in links(name) if not (folder / link).exists()]


def test_the_readme_lists_every_notebook():
    notebooks = {path.name for path in (settings.PROJECT / "notebooks").glob("[0-9]*.ipynb")}
    assert {Path(link).name for link in links("README.md") if link.endswith(".ipynb")} == notebooks


def test_no_tracked_result_holds_a_path():
    for path in [*RECORDED, MODEL.with_suffix(".json"), MODEL.with_name("deeper.h5.json")]:
        assert not re.search(
            r'"[^"]*(/home|/root|/tmp|\\\\Users)', json.dumps(json.loads(path.read_text()))
        )


def test_the_readme_opens_the_course_with_its_settings_and_then_tests_it():
    text = (settings.PROJECT / "README.md").read_text("utf-8")
    opening, testing = re.findall(r"```sh\n(.+?)\n```", text, re.DOTALL)
    assert "--config=jupyter_server_config.py notebooks/00_start_here.ipynb" in opening
    assert testing.endswith(".venv/bin/pytest --nbval")
    for command in (opening, testing):
        assert command.startswith("python3 -m venv .venv && .venv/bin/pip install -r requirements")
