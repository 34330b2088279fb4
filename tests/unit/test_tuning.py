"""Sweeps and searches: what is tried, under which protocol, and what the seed decides."""

import io
import subprocess
import sys

from mnistlab import progress
from mnistlab.errors import DataError, DesignError, MnistLabError, TrainingError, WorkersError
from mnistlab.evaluation import live, tuning
from mnistlab.evaluation.crossval import evaluate_model
from mnistlab.evaluation.results import Result
from mnistlab.evaluation.tuning import search, sweep
from mnistlab.models.schedules import OneCycle

import keras
import numpy as np
import optuna
import pytest
from optuna.distributions import CategoricalDistribution, FloatDistribution, IntDistribution

ROWS = 60
LABELS = np.arange(ROWS) % 10
IMAGES = np.random.default_rng(0).random((ROWS, 28, 28, 1), dtype="float32")
DEFAULT = {"rate": 0.1, "batch": 16}
SPACE = {
    "rate": FloatDistribution(0.001, 1.0, log=True),
    "batch": CategoricalDistribution([8, 16, 32]),
}
SMALL = {"folds": 2, "epochs": 1}


def small_model(rate):
    layers = [keras.layers.AveragePooling2D(7), keras.layers.Flatten()]
    output = keras.layers.Dense(10, activation="softmax")
    model = keras.Sequential([keras.Input((28, 28, 1)), *layers, output])
    # Without tracing, which takes far longer than a training of this size.
    optimizer = keras.optimizers.SGD(rate)
    model.compile(optimizer, "categorical_crossentropy", metrics=["accuracy"], run_eagerly=True)
    return model


def recipe(rate, batch):
    return {"define_model": lambda: small_model(rate), "images": IMAGES, "batch_size": batch}


def score_of(rate, batch):
    """A hill: highest at the rate 0.03, a little higher for small batches."""
    return 0.9 - 0.1 * np.log10(rate / 0.03) ** 2 - 0.0001 * batch


@pytest.fixture
def on_a_hill(monkeypatch):
    """No training: the score follows from rate and batch size; a rate above 0.5 diverges."""
    calls = []

    def evaluated(define_model, images, labels, folds, epochs, batch_size=32, **options):
        rate = float(define_model().optimizer.learning_rate)
        calls.append((round(rate, 6), batch_size))
        if rate > 0.5:
            raise TrainingError("Fold 1 of 2, epoch 1 of 1: the training has diverged.")
        score = float(score_of(rate, batch_size))
        protocol = {"folds": folds}
        return Result("", [score] * folds, [{}] * folds, protocol, {"fold_seconds": [1.0] * folds})

    monkeypatch.setattr(tuning, "evaluate_model", evaluated)
    return calls


def sweep_rates(values, **changes):
    return sweep(recipe, LABELS, DEFAULT, "rate", values, **SMALL | changes)


def search_all(trials, **changes):
    return search(recipe, LABELS, DEFAULT, SPACE, trials, **SMALL | changes)


def settings_of(found):
    return [(round(trial.setting["rate"], 6), trial.setting["batch"]) for trial in found.trials]


@pytest.fixture(scope="module")
def swept():
    return sweep_rates([0.01, 1.0], seed=3)


class TestSweep:
    def test_the_default_comes_first_and_then_the_values(self, swept):
        assert settings_of(swept) == [(0.1, 16), (0.01, 16), (1.0, 16)]
        assert (swept.name, swept.default, swept.varied) == ("rate", DEFAULT, ["rate"])

    def test_the_scores_are_those_of_evaluate_model(self, swept):
        for trial in swept.trials:
            alone = evaluate_model(
                **recipe(**trial.setting), labels=LABELS, seed=3, **SMALL, resume=False
            )
            assert trial.scores == alone.scores

    def test_what_is_known_of_it(self, swept):
        assert {key: swept.protocol[key] for key in ("folds", "epochs", "seed", "rows")} == {
            "folds": 2,
            "epochs": 1,
            "seed": 3,
            "rows": ROWS,
        }
        assert {"data", "seconds", "cores", "threads", "versions"} <= set(swept.facts)

    def test_it_can_be_saved(self, swept, tmp_path):
        assert tuning.load(swept.save(tmp_path / "rate.json")) == swept

    def test_a_default_among_the_values_keeps_its_place(self, on_a_hill):
        found = sweep_rates([0.01, 0.1, 0.2])
        assert settings_of(found) == [(0.01, 16), (0.1, 16), (0.2, 16)]
        assert found.reference is found.trials[1]

    def test_the_batch_size_is_passed_on(self, on_a_hill):
        sweep(recipe, LABELS, DEFAULT, "batch", [8, 32], **SMALL)
        assert on_a_hill == [(0.1, 16), (0.1, 8), (0.1, 32)]

    def test_one_that_diverges_fails_and_the_sweep_goes_on(self, on_a_hill):
        found = sweep_rates([0.9, 0.2])
        assert [trial.failed for trial in found.trials] == [False, True, False]
        assert "diverged" in found.trials[1].failure and found.trials[1].scores == []

    def test_a_training_that_really_diverges(self):
        def bright(rate, batch):
            return recipe(rate, batch) | {"images": 1e10 * IMAGES}

        found = sweep(bright, LABELS, {"rate": 1e-20, "batch": 16}, "rate", [1e38], **SMALL)
        assert [trial.failed for trial in found.trials] == [False, True]

    def test_lost_workers_are_no_fault_of_the_setting(self, monkeypatch):
        def lost(**options):
            raise WorkersError("The workers that train the folds were lost 3 times.")

        monkeypatch.setattr(tuning, "evaluate_model", lost)
        with pytest.raises(WorkersError, match="lost 3 times"):
            sweep_rates([0.2])

    def test_what_is_known_is_not_run_again(self, on_a_hill):
        first = sweep_rates([0.2])
        again = sweep(recipe, LABELS, DEFAULT, "batch", [8], known=first, **SMALL)
        assert on_a_hill == [(0.1, 16), (0.2, 16), (0.1, 8)]
        assert again.reference is first.reference

    def test_a_search_need_not_run_the_default_again_either(self, on_a_hill):
        first = sweep_rates([])
        found = search_all(4, known=first)
        assert on_a_hill.count((0.1, 16)) == 1 and len(on_a_hill) == 4
        assert settings_of(found) == settings_of(search_all(4))

    @pytest.mark.parametrize("changes", [{"folds": 3}, {"epochs": 2}, {"seed": 2}], ids=repr)
    def test_what_is_known_by_another_protocol_is_refused(self, on_a_hill, changes):
        first = sweep_rates([])
        with pytest.raises(DataError, match="measured by another protocol"):
            sweep_rates([0.2], known=first, **changes)

    def test_any_settings_can_be_measured(self, on_a_hill):
        wanted = [{"rate": 0.2, "batch": 8}, {"rate": 0.3, "batch": 32}]
        found = tuning.measure(recipe, LABELS, DEFAULT, wanted, **SMALL)
        assert settings_of(found) == [(0.1, 16), (0.2, 8), (0.3, 32)]
        assert found.varied == ["rate", "batch"]

    def test_numpy_values_become_plain_ones(self, on_a_hill):
        found = sweep_rates(np.array([0.25, 0.125]))
        assert [type(trial.setting["rate"]) for trial in found.trials] == [float] * 3

    def test_interrupted_it_gives_what_is_finished(self, on_a_hill, monkeypatch):
        finish = tuning.evaluate_model

        def interrupted(**options):
            if len(on_a_hill) == 2:
                raise KeyboardInterrupt
            return finish(**options)

        monkeypatch.setattr(tuning, "evaluate_model", interrupted)
        with pytest.warns(UserWarning, match=r"Stopped in trial 3 of 4: .* the 2 finished before"):
            found = sweep_rates([0.01, 0.02, 0.03])
        assert settings_of(found) == [(0.1, 16), (0.01, 16)]

    def test_interrupted_within_a_cross_validation(self, on_a_hill, monkeypatch):
        finish = tuning.evaluate_model

        def half(**options):
            result = finish(**options)
            del result.scores[len(on_a_hill) % 2 :]
            return result

        monkeypatch.setattr(tuning, "evaluate_model", half)
        # One of the two folds of the first trial was finished: no trial was.
        with pytest.raises(KeyboardInterrupt):
            sweep_rates([0.01])


class TestWhatIsRefused:
    def test_a_setting_that_there_is_not(self):
        with pytest.raises(DesignError, match="no setting named 'depth'; the default has rate, ba"):
            sweep(recipe, LABELS, DEFAULT, "depth", [1], **SMALL)
        with pytest.raises(DesignError, match="no setting named 'depth'"):
            search(recipe, LABELS, DEFAULT, {"depth": IntDistribution(1, 2)}, 2, **SMALL)

    def test_a_recipe_that_does_not_take_the_settings(self):
        with pytest.raises(DesignError, match="The recipe does not take the settings rate, batch"):
            sweep(lambda rate: {}, LABELS, DEFAULT, "rate", [1], **SMALL)

    @pytest.mark.parametrize(
        ("found", "named"),
        [
            (None, "NoneType"),
            ({}, "an empty one"),
            ({"images": IMAGES}, "one with 'images'"),
            (recipe(0.1, 8) | {"epochs": 3}, "'epochs'"),
        ],
        ids=["nothing", "empty", "no model", "too much"],
    )
    def test_a_recipe_that_returns_something_else(self, found, named):
        with pytest.raises(DesignError, match=f"has to return a dictionary with .*{named}"):
            sweep(lambda rate, batch: found, LABELS, DEFAULT, "rate", [1], **SMALL)

    @pytest.mark.parametrize("value", [small_model, np.nan, {1}], ids=["function", "nan", "set"])
    def test_a_value_that_cannot_be_written_down(self, value):
        with pytest.raises(DesignError, match="A setting cannot be written down"):
            sweep_rates([value])

    @pytest.mark.parametrize(
        ("changes", "message"),
        [
            ({"folds": 1}, "folds is 1; give a whole number from 2 on"),
            ({"epochs": 0}, "epochs is 0"),
            ({"seed": -1}, "seed is -1"),
            ({"trials": 0}, "trials is 0"),
            ({"trials": True}, "trials is True"),
        ],
    )
    def test_numbers_that_cannot_be(self, changes, message):
        with pytest.raises(DataError, match=message):
            search_all(**{"trials": 2} | changes)

    def test_images_and_labels_that_do_not_fit(self):
        with pytest.raises(DataError, match="labels"):
            sweep(recipe, LABELS[:-1], DEFAULT, "rate", [1], **SMALL)

    @pytest.mark.parametrize("space", [{}, None, {"rate": [0.1, 0.2]}], ids=repr)
    def test_a_space_that_is_none(self, space):
        with pytest.raises(DesignError, match="space"):
            search(recipe, LABELS, DEFAULT, space, 2, **SMALL)

    def test_a_default_outside_of_the_space(self):
        space = {"rate": FloatDistribution(0.2, 0.3)}
        with pytest.raises(DataError, match="The default is not in the space"):
            search(recipe, LABELS, DEFAULT, space, 2, **SMALL)


class TestSearch:
    def test_it_begins_with_the_default_and_stays_in_the_space(self, on_a_hill):
        found = search_all(30)
        assert settings_of(found)[0] == (0.1, 16)
        assert len(found.trials) == 30
        for rate, batch in settings_of(found):
            assert 0.001 <= rate <= 1 and batch in (8, 16, 32)
        assert found.facts["sampler"] == "TPE" and found.facts["optuna"] == optuna.__version__

    def test_what_is_not_in_the_space_keeps_its_default(self, on_a_hill):
        found = search(recipe, LABELS, DEFAULT, {"rate": SPACE["rate"]}, 4, **SMALL)
        assert {batch for _, batch in settings_of(found)} == {16}
        assert found.varied == ["rate"]

    def test_it_learns_where_to_look(self, on_a_hill):
        distances = [abs(np.log10(rate / 0.03)) for rate, _ in settings_of(search_all(40))]
        # The first ten are spread over three powers of ten.
        assert np.mean(distances[-10:]) < np.mean(distances[1:10]) / 2
        assert min(distances) < 0.1

    def test_it_learns_where_not_to_look(self, monkeypatch):
        """What diverges counts as the worst, and not as nothing."""

        def evaluated(define_model, folds, **options):
            rate = float(define_model().optimizer.learning_rate)
            if rate > 0.03:
                raise TrainingError("Fold 1 of 2, epoch 1 of 1: the training has diverged.")
            facts = {"fold_seconds": [1.0] * folds}
            return Result("", [0.5] * folds, [{}] * folds, {"folds": folds}, facts)

        monkeypatch.setattr(tuning, "evaluate_model", evaluated)
        failed = [trial.failed for trial in search_all(40).trials]
        # Half of the space diverges, on the scale of powers of ten.
        assert sum(failed[:10]) >= 2 and sum(failed[-20:]) <= 4

    def test_the_seed_decides_all(self, on_a_hill):
        first = settings_of(search_all(14))
        assert settings_of(search_all(14)) == first
        assert settings_of(search_all(14, seed=2)) != first

    def test_a_shorter_search_is_the_beginning_of_a_longer_one(self, on_a_hill):
        assert settings_of(search_all(16))[:12] == settings_of(search_all(12))

    def test_one_that_diverges_fails_and_the_search_goes_on(self, on_a_hill):
        found = search_all(30)
        failed = [trial for trial in found.trials if trial.failed]
        assert failed and all(trial.setting["rate"] > 0.5 for trial in failed)
        assert len(found.trials) == 30 and not found.best.failed

    def test_the_number_of_workers_does_not_matter(self, monkeypatch):
        monkeypatch.setenv("MNISTLAB_THREADS", "1")
        alone, together = search_all(3, workers=1), search_all(3, workers=2)
        assert settings_of(together) == settings_of(alone)
        assert [trial.scores for trial in together.trials] == [
            trial.scores for trial in alone.trials
        ]
        assert together.facts["workers"] == 2

    def test_optuna_writes_nothing_on_the_error_stream(self, on_a_hill, capfd):
        optuna.logging.set_verbosity(optuna.logging.DEBUG)
        search_all(12)
        assert optuna.logging.get_verbosity() == optuna.logging.DEBUG
        optuna.logging.set_verbosity(optuna.logging.INFO)
        lines = capfd.readouterr().err.splitlines()
        assert len(lines) == 12
        assert all(line.startswith("Search, trial ") for line in lines)

    def test_one_cycle_counts_as_this_librarys_own(self, on_a_hill, monkeypatch, tmp_path, capsys):
        monkeypatch.setenv("MNISTLAB_OUTPUT", str(tmp_path))

        def with_schedule(rate, batch):
            return recipe(OneCycle(rate, 10), batch)

        search(with_schedule, LABELS, DEFAULT, SPACE, 2, resume=True, **SMALL)
        assert len(list(tmp_path.rglob("*.log"))) == 1
        assert "not kept" not in capsys.readouterr().out


class TestWithoutOptuna:
    def test_a_search_says_how_to_install_it(self, monkeypatch):
        monkeypatch.setitem(sys.modules, "optuna", None)
        with pytest.raises(MnistLabError, match=r"`pip install optuna`, restart the kernel"):
            search_all(2)

    def test_sweeps_and_figures_do_not_need_it(self):
        code = (
            "import sys; sys.modules['optuna'] = None\n"
            "from mnistlab.evaluation import tuning\n"
            "from mnistlab import plots\n"
            "assert callable(tuning.sweep) and callable(plots.sweep)\n"
        )
        subprocess.run([sys.executable, "-c", code], check=True, timeout=120)


class TestProgress:
    @pytest.fixture
    def drawn(self, monkeypatch):
        """What is drawn in a notebook: the place, and the words and bars."""
        calls = []

        class Picture:
            def show(self, figure):
                calls.append((self, *figure))

        def bar(share, label):
            return (label.split("   ")[:2], share), []

        def run_progress(whole, running, curves, epochs):
            label, share = whole
            return (label.split("   ")[:2], share), running

        for module in (live, progress):
            monkeypatch.setattr(module, "LivePicture", Picture)
            monkeypatch.setattr(module, "in_notebook", lambda: True)
        monkeypatch.setattr(progress, "_bar", bar)
        monkeypatch.setattr(live.plots, "run_progress", run_progress)
        return calls

    def test_one_picture_of_all_trials_and_of_the_folds_that_run(
        self, on_a_hill, drawn, monkeypatch
    ):
        evaluated = tuning.evaluate_model

        def showing(progress, **options):
            with progress:
                progress.report(0, 0, 0.5, {})
                progress._draw()
                return evaluated(**options)

        monkeypatch.setattr(tuning, "evaluate_model", showing)
        sweep_rates([0.9, 0.03])
        assert len({id(place) for place, *_ in drawn}) == 1
        seen = [each for each in (each[1:] for each in drawn) if each[1]]
        third, best = 1 / 3, "best so far 87.11 %"
        assert [(label, share) for (label, share), _ in seen] == [
            (["Trials of rate", "trial 1 of 3"], third / 4),
            (["Trials of rate", f"trial 2 of 3, {best}"], pytest.approx(third * 1.25)),
            (["Trials of rate", f"trial 3 of 3, {best}"], pytest.approx(third * 2.25)),
        ]
        assert all(running == [("fold 1", 0.5)] for _, running in seen)
        # What stays is about all trials, not about the folds of the last one.
        (label, share), running = drawn[-1][1:]
        assert label == ["Trials of rate", "3 of 3 trials finished, best so far 89.84 %"]
        assert (share, running) == (1, [])

    def test_what_was_read_counts_as_done(self, on_a_hill, drawn, monkeypatch, tmp_path):
        monkeypatch.setenv("MNISTLAB_OUTPUT", str(tmp_path))
        for _ in range(2):
            search_all(2, resume=True)
        (label, share), running = drawn[-1][1:]
        assert label[1].startswith("2 of 2 trials finished")
        assert (share, running) == (1, [])

    def test_a_cross_validation_draws_where_it_is_told_to(self, drawn):
        sweep(recipe, LABELS, DEFAULT, "rate", [0.01], **SMALL)
        assert len({id(place) for place, *_ in drawn}) == 1
        assert {share for _, (_, share), _ in drawn} == {0, 0.25, 0.5, 0.75, 1}

    def test_without_a_notebook_each_trial_is_a_line(self, on_a_hill, monkeypatch):
        stream = io.StringIO()
        monkeypatch.setattr(sys, "stderr", stream)
        sweep_rates([0.9])
        assert stream.getvalue().splitlines() == [
            "Trials of rate, trial 1 of 2: rate 0.1, batch 16: held-out accuracy 87.11 %, "
            "best so far 87.11 %, 0 s",
            "Trials of rate, trial 2 of 2: rate 0.9, batch 16: the training diverged, "
            "best so far 87.11 %, 0 s",
        ]
