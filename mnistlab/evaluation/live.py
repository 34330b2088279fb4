"""Progress of Keras training, shown in place: a bar over folds, or growing curves."""

import time

from mnistlab import plots
from mnistlab.progress import LivePicture, Progress, duration, in_notebook

import keras


class LiveCurves(keras.callbacks.Callback):
    """Draws the learning curves of one training while it runs.

    Pass it to `fit(..., verbose=0, callbacks=[LiveCurves()])`. In a notebook it
    is one picture that is redrawn after each epoch; elsewhere a line of text.

    Args:
        title: what is being trained.
    """

    def __init__(self, title: str = "Training"):
        super().__init__()
        self.title = title
        self._history: dict[str, list[float]] = {}

    def on_train_begin(self, logs=None):
        self._history = {}
        self._started = time.monotonic()
        self._picture = LivePicture() if in_notebook() else None
        self._bar = None if self._picture else Progress(self.params["epochs"], self.title)

    def on_epoch_end(self, epoch, logs=None):
        for name, value in (logs or {}).items():
            self._history.setdefault(name, []).append(float(value))
        done, epochs = epoch + 1, self.params["epochs"]
        if self._picture is None:
            self._bar.update(done, _scores_text(logs))
            return
        elapsed = time.monotonic() - self._started
        left = f"{duration(elapsed * (epochs / done - 1))} left"
        time_text = left if done < epochs else f"{duration(elapsed)} in all"
        title = f"{self.title}: epoch {done} of {epochs}, {time_text}"
        self._picture.show(plots.learning_curves([self._history], title))

    def on_train_end(self, logs=None):
        if self._bar is not None:
            self._bar.close()


class FoldProgress(keras.callbacks.Callback):
    """Moves one progress bar through the epochs of one fold after the other.

    Args:
        bar: a `Progress` whose total is folds x epochs.
        fold: number of this fold, from 0.
        folds: how many there are.
        epochs: epochs of each.
    """

    def __init__(self, bar: Progress, fold: int, folds: int, epochs: int):
        super().__init__()
        self._bar = bar
        self._fold, self._folds, self._epochs = fold, folds, epochs
        self._epoch = 0
        self._scores = ""

    def on_epoch_begin(self, epoch, logs=None):
        self._epoch = epoch
        self._show(0.0)

    def on_train_batch_end(self, batch, logs=None):
        self._show((batch + 1) / (self.params.get("steps") or batch + 1))

    def on_epoch_end(self, epoch, logs=None):
        self._scores = _scores_text(logs)
        self._show(1.0)

    def _show(self, share: float) -> None:
        text = (
            f"fold {self._fold + 1} of {self._folds}, "
            f"epoch {self._epoch + 1} of {self._epochs}{self._scores and ', ' + self._scores}"
        )
        self._bar.update(self._fold * self._epochs + self._epoch + share, text)


def _scores_text(logs) -> str:
    held_out = (logs or {}).get("val_accuracy")
    return "" if held_out is None else f"held-out accuracy {held_out:.2%}"
