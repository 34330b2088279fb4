"""What is shown while Keras trains: growing curves, a bar over the folds, or a line of text."""

import types

from mnistlab.evaluation import live
from mnistlab.evaluation.live import FoldProgress, LiveCurves

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


def test_a_fold_moves_the_bar_from_its_own_start_to_its_end():
    bar = Bar()
    history = fit(FoldProgress(bar, fold=1, folds=3, epochs=2))
    # The second of three folds: from 2 to 4 of 6 epochs, two batches each.
    assert [done for done, _ in bar.updates] == [2, 2.5, 3, 3, 3, 3.5, 4, 4]
    first, last = history["val_accuracy"]
    texts = [text for _, text in bar.updates]
    assert texts[:3] == ["fold 2 of 3, epoch 1 of 2"] * 3
    assert texts[3] == f"fold 2 of 3, epoch 1 of 2, held-out accuracy {first:.2%}"
    assert texts[4] == f"fold 2 of 3, epoch 2 of 2, held-out accuracy {first:.2%}"
    assert texts[-1] == f"fold 2 of 3, epoch 2 of 2, held-out accuracy {last:.2%}"
