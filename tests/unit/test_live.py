"""What is shown while Keras trains: growing curves, a bar over the folds, or a line of text."""

import types

from mnistlab import plots
from mnistlab.evaluation import live
from mnistlab.evaluation.live import LiveCurves, RunProgress

import keras
import numpy as np
import pytest

IMAGES = np.random.default_rng(0).random((20, 28, 28, 1), dtype="float32")
LABELS = np.arange(20) % 10


class Bar:
    """Stands in for `Progress`: keeps what it was told."""

    def __init__(self, total=0, title=""):
        self.total, self.title, self.updates, self.closed = total, title, [], False

    def update(self, done, text=""):
        self.updates.append((done, text))

    def close(self):
        self.closed = True


def fit(callback, epochs=2, held_out=True):
    layers = [keras.layers.Flatten(), keras.layers.Dense(10, activation="softmax")]
    model = keras.Sequential([keras.Input((28, 28, 1)), *layers])
    # Without tracing, which takes far longer than a training of this size.
    model.compile("sgd", "sparse_categorical_crossentropy", metrics=["accuracy"], run_eagerly=True)
    return model.fit(
        IMAGES,
        LABELS,
        validation_data=(IMAGES, LABELS) if held_out else None,
        batch_size=10,
        epochs=epochs,
        verbose=0,
        callbacks=[callback],
    ).history


class TestLiveCurvesInANotebook:
    @pytest.fixture
    def pictures(self, monkeypatch):
        """The figures shown, a list for each picture; the clock stands still."""
        shown = []

        class Picture:
            def __init__(self):
                shown.append([])

            def show(self, figure):
                shown[-1].append(figure)

        monkeypatch.setattr(live, "LivePicture", Picture)
        monkeypatch.setattr(live, "in_notebook", lambda: True)
        monkeypatch.setattr(live, "time", types.SimpleNamespace(monotonic=lambda: 100.0))
        return shown

    def test_one_picture_grows_by_an_epoch_at_a_time(self, pictures):
        history = fit(LiveCurves("Tiny"), epochs=3)
        (figures,) = pictures
        assert [figure.get_suptitle() for figure in figures] == [
            "Tiny: epoch 1 of 3, 0 s left",
            "Tiny: epoch 2 of 3, 0 s left",
            "Tiny: epoch 3 of 3, 0 s in all",
        ]
        for number, figure in enumerate(figures, start=1):
            loss, accuracy = figure.axes
            np.testing.assert_allclose(loss.lines[0].get_ydata(), history["loss"][:number])
            np.testing.assert_allclose(
                accuracy.lines[1].get_ydata(), 100 * np.array(history["val_accuracy"][:number])
            )

    def test_a_second_training_begins_a_picture_of_its_own(self, pictures):
        curves = LiveCurves()
        fit(curves)
        fit(curves, epochs=1)
        assert [len(figures) for figures in pictures] == [2, 1]
        assert len(pictures[1][0].axes[0].lines[0].get_ydata()) == 1


class TestLiveCurvesElsewhere:
    @pytest.fixture
    def bars(self, monkeypatch):
        made = []

        def make(total, title):
            made.append(Bar(total, title))
            return made[-1]

        monkeypatch.setattr(live, "Progress", make)
        monkeypatch.setattr(live, "in_notebook", lambda: False)
        return made

    def test_a_bar_moves_by_an_epoch_at_a_time(self, bars):
        history = fit(LiveCurves("Tiny"))
        (bar,) = bars
        assert (bar.total, bar.title, bar.closed) == (2, "Tiny", True)
        assert bar.updates == [
            (number, f"held-out accuracy {accuracy:.2%}")
            for number, accuracy in enumerate(history["val_accuracy"], start=1)
        ]

    def test_without_a_held_out_set_there_is_no_accuracy_to_say(self, bars):
        fit(LiveCurves(), held_out=False)
        assert bars[0].updates == [(1, ""), (2, "")]

    def test_off_a_terminal_nothing_is_written(self, capfd):
        fit(LiveCurves())
        assert capfd.readouterr() == ("", "")


class TestRunProgressElsewhere:
    @pytest.fixture
    def bar(self, monkeypatch):
        monkeypatch.setattr(live, "in_notebook", lambda: False)
        monkeypatch.setattr(live, "Progress", Bar)

        def begin(folds, epochs):
            progress = RunProgress(folds, epochs)
            return progress, progress._line

        return begin

    def test_one_fold_moves_the_line_from_its_own_start_to_its_end(self, bar):
        progress, line = bar(3, 2)
        with progress:
            progress.finished(0, {"val_accuracy": [0.5, 0.75]}, 2.0)
            progress.report(1, 0, 0.5, {})
            progress.report(1, 0, 1.0, {"val_accuracy": 0.875, "loss": 1.0})
            progress.report(1, 1, 0.5, {})
            progress.finished(1, {"val_accuracy": [0.875, 0.9]}, 2.0)
        assert (line.total, line.closed) == (6, True)
        assert line.updates == [
            (0, "0 of 3 folds finished"),
            (2, "1 of 3 folds finished"),
            (2.5, "fold 2 of 3, epoch 1 of 2"),
            (3, "fold 2 of 3, epoch 2 of 2, held-out accuracy 87.50%"),
            (3.5, "fold 2 of 3, epoch 2 of 2, held-out accuracy 87.50%"),
            (4, "2 of 3 folds finished"),
        ]

    def test_several_at_once_are_added_up(self, bar):
        progress, line = bar(4, 10)
        progress.report(0, 2, 0.5, {})
        progress.report(2, 4, 0.25, {})
        assert line.updates[-1] == (6.75, "0 of 4 folds finished")

    def test_a_late_message_does_not_bring_a_finished_fold_back(self, bar):
        progress, line = bar(2, 1)
        progress.finished(0, {"val_accuracy": [0.5]}, 1.0)
        progress.report(0, 0, 0.5, {})
        assert line.updates[-1] == (1, "1 of 2 folds finished")

    def test_a_line_for_each_fold_finished_now(self, bar, capsys):
        progress, _ = bar(3, 1)
        progress.finished(0, {"val_accuracy": [0.5]})
        progress.finished(2, {"val_accuracy": [0.987]}, 75)
        captured = capsys.readouterr()
        assert captured.out == ""
        assert captured.err == "fold 3 of 3: held-out accuracy 98.70%, 1 min 15 s\n"


class TestRunProgressInANotebook:
    @pytest.fixture
    def drawn(self, monkeypatch):
        """What was drawn; the clock moves by ten seconds with each look at it."""
        calls, now = [], iter(range(0, 100_000, 10))
        real = live.plots.run_progress

        def run_progress(*arguments):
            calls.append(arguments)
            return real(*arguments)

        monkeypatch.setattr(live.plots, "run_progress", run_progress)
        monkeypatch.setattr(live, "LivePicture", lambda: types.SimpleNamespace(show=lambda _: None))
        monkeypatch.setattr(live, "in_notebook", lambda: True)
        monkeypatch.setattr(live, "time", types.SimpleNamespace(monotonic=lambda: next(now)))
        return calls

    def test_a_bar_for_the_whole_and_one_for_each_running_fold(self, drawn):
        progress = RunProgress(2, 4)
        progress._pause = 0
        progress.report(0, 0, 1.0, {"val_accuracy": 0.5})
        progress._pause = 0
        progress.report(1, 1, 0.0, {})
        (label, share), running, curves, epochs = drawn[-1]
        assert label.startswith("Cross-validation   0 of 2 folds finished   ")
        assert label.endswith(" left")
        assert share == 2 / 8
        assert running == [("fold 1", 0.25), ("fold 2", 0.25)]
        assert (curves, epochs) == ([[(0, 0.5)]], 4)

    def test_in_the_end_no_fold_runs_and_every_curve_is_there(self, drawn):
        with RunProgress(2, 2) as progress:
            progress.finished(0, {"val_accuracy": [0.5, 0.6]})
            progress.finished(1, {"val_accuracy": [0.7, 0.8]}, 3.0)
        (label, share), running, curves, _ = drawn[-1]
        assert "2 of 2 folds finished" in label
        assert label.endswith(" in all")
        assert (share, running) == (1, [])
        assert curves == [[(0, 0.5), (1, 0.6)], [(0, 0.7), (1, 0.8)]]

    def test_before_the_first_epoch_the_curves_have_a_whole_axis_to_come_to(self, drawn):
        with RunProgress(2, 1):
            figure = plots.run_progress(*drawn[-1])
        assert figure.axes[-1].get_ylim() == (0, 100)

    def test_between_two_folds_it_is_not_over(self, drawn):
        with RunProgress(2, 1) as progress:
            progress.finished(0, {"val_accuracy": [0.5]}, 3.0)
            (label, _), running, *_ = drawn[-1]
        assert running == []
        assert label.endswith(" left")

    def test_what_was_read_does_not_shorten_the_time_that_is_left(self, drawn):
        progress = RunProgress(2, 1)
        progress._started = 0
        progress.finished(0, {"val_accuracy": [0.5]})
        progress._running = {1: 0.5}
        # Half of the one fold that is left took so long as the other half will.
        elapsed = live.time.monotonic() + 10
        assert progress._time() == f"{live.duration(elapsed)} left"
