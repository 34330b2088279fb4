"""The published test harness on a few images: what it evaluates, prints and draws."""

from mnistlab import run_test_harness, settings
from mnistlab.data.mnist import Digits
from mnistlab.errors import DataError, DesignError
from mnistlab.evaluation import harness
from mnistlab.evaluation.harness import summarize_diagnostics, summarize_performance
from mnistlab.evaluation.results import Result, load
from mnistlab.models import zoo

import keras
import numpy as np
import pytest

SCORES = [0.9, 0.8, 0.85]
HISTORY = {"loss": [0.5, 0.2], "accuracy": [0.7, 0.9], "val_loss": [0.4], "val_accuracy": [0.8]}
PROTOCOL = {
    "folds": 3,
    "epochs": 2,
    "batch_size": 32,
    "seed": 1,
    "rows": 60,
    "data_digest": "0123456789abcdef",
}
RESULT = Result("tiny", SCORES, [HISTORY] * 3, PROTOCOL)


@pytest.fixture
def displayed(monkeypatch):
    """The figures that were shown."""
    figures = []
    monkeypatch.setattr("IPython.display.display", figures.append)
    return figures


@pytest.fixture
def tiny(monkeypatch):
    """Forty images in place of MNIST."""
    pixels = np.random.default_rng(0).integers(0, 256, (40, 28, 28), dtype="uint8")
    pairs = (pixels, np.arange(40, dtype="uint8") % 10), (pixels[:0], np.empty(0, "uint8"))
    monkeypatch.setattr(harness, "load_mnist", lambda: Digits(pairs, "mnist", None, "0" * 16))


class TestRunTestHarness:
    def test_one_architecture_is_evaluated_and_shown(self, tiny, displayed, capsys, tmp_path):
        result = run_test_harness("three_conv", learning_rate=0.02)
        run = settings.current()
        expected = {"folds": 2, "epochs": 2, "batch_size": 32, "seed": run.seed, "rows": 40}
        assert expected.items() <= result.protocol.items()
        assert (result.name, result.complete) == ("three_conv", True)
        assert result.facts["parameters"] == zoo.build("three_conv").count_params()
        assert result.facts["changes"] == {"learning_rate": 0.02}
        assert load(result.save(tmp_path / "a.json")) == result
        assert capsys.readouterr().out.startswith(f"Accuracy: mean={np.mean(result.scores):.3%}")
        curves, boxes = displayed
        assert curves.get_suptitle() == "three_conv: 2 folds"
        assert len(boxes.axes) == 1

    def test_the_changes_reach_every_fold(self, tiny, displayed, monkeypatch):
        rates, build = [], zoo.build

        def noted(name, **changes):
            model = build(name, **changes)
            rates.append(round(float(model.optimizer.learning_rate.numpy()), 6))
            return model

        monkeypatch.setattr(zoo, "build", noted)
        run_test_harness("three_conv", learning_rate=0.02)
        assert set(rates) == {0.02}
        assert len(rates) >= 2

    @pytest.mark.parametrize(("name", "changes"), [("nosuch", {}), ("baseline", {"nosuch": 1})])
    def test_what_there_is_not_is_said_before_anything_is_loaded(self, name, changes, monkeypatch):
        def load_mnist():
            raise AssertionError("data was loaded")

        monkeypatch.setattr(harness, "load_mnist", load_mnist)
        with pytest.raises(DesignError, match="nosuch"):
            run_test_harness(name, **changes)


class TestSummarizeDiagnostics:
    def test_a_result_gives_its_name_to_the_figure(self):
        figure = summarize_diagnostics(RESULT)
        assert figure.get_suptitle() == "tiny: 3 folds"
        assert [len(axes.lines) for axes in figure.axes] == [6, 6]

    def test_a_list_of_histories_and_the_histories_of_keras_are_drawn_alike(self):
        of_keras = keras.callbacks.History()
        of_keras.history = HISTORY
        for histories in ([HISTORY], [of_keras]):
            loss, _ = summarize_diagnostics(histories).axes
            assert loss.lines[0].get_ydata().tolist() == HISTORY["loss"]


class TestSummarizePerformance:
    # Mean 0.85; deviations 0.05, -0.05, 0; root of 0.005 / 3 is 0.0408.
    LINE = "Accuracy: mean=85.000% std=4.082% n=3\n"

    def test_a_result(self, capsys):
        axes = summarize_performance(RESULT).axes[0]
        assert capsys.readouterr().out == self.LINE
        assert [label.get_text() for label in axes.get_yticklabels()] == ["tiny"]

    @pytest.mark.parametrize("scores", [SCORES, tuple(SCORES), np.array(SCORES)])
    def test_plain_numbers(self, scores, capsys):
        axes = summarize_performance(scores).axes[0]
        assert capsys.readouterr().out == self.LINE
        assert [label.get_text() for label in axes.get_yticklabels()] == ["model"]

    @pytest.mark.parametrize(
        "scores", [[], [98.5], [-0.1], [float("nan")], ["high"], [[0.9], [0.8]], 0.9, None]
    )
    def test_what_is_no_list_of_accuracies_is_refused(self, scores, capsys):
        with pytest.raises(DataError, match="one accuracy from 0 to 1 for each fold"):
            summarize_performance(scores)
        assert capsys.readouterr().out == ""
