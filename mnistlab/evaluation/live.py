"""Progress of Keras training, shown in place: a bar over folds, or growing curves."""

import sys
import threading
import time
from collections.abc import Mapping, Sequence

from mnistlab import plots
from mnistlab.progress import LivePicture, Progress, duration, in_notebook

import keras

TITLE = "Cross-validation"


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


class RunProgress:
    """Shows how far the folds of a cross-validation are, several at once.

    In a notebook it is one picture: a bar for the whole run with the time left,
    one for every fold that runs, and the held-out accuracy of all folds as it
    grows. On a terminal it is a line; elsewhere each finished fold is a line.

    Args:
        folds: how many there are.
        epochs: epochs of each.

    Example:
        >>> with RunProgress(folds=2, epochs=1) as progress:
        ...     progress.report(0, 0, 0.5, {})
    """

    def __init__(self, folds: int, epochs: int):
        self._folds, self._epochs = folds, epochs
        self._running: dict[int, float] = {}
        self._finished: dict[int, float] = {}
        self._read = 0
        self._curves: dict[int, dict[int, float]] = {}
        self._started = self._drawn = time.monotonic()
        self._pause = 1.0
        self._over = False
        self._lock = threading.RLock()
        self._picture = LivePicture() if in_notebook() else None
        self._line = None if self._picture else Progress(folds * epochs, TITLE)

    def __enter__(self) -> "RunProgress":
        self._show()
        return self

    def __exit__(self, *error) -> None:
        with self._lock:
            self._running, self._over = {}, True
            if self._picture is not None:
                self._draw()
            else:
                self._line.close()

    def report(self, fold: int, epoch: int, share: float, numbers: Mapping[str, float]) -> None:
        """Says how far a running fold is; may be called from any thread.

        Args:
            fold: its number, from 0.
            epoch: its epoch, from 0.
            share: how much of the epoch is done, from 0 to 1.
            numbers: what the epoch adds to the history, at its end.
        """
        with self._lock:
            # A message may be late: a fold that is finished does not run again.
            if fold not in self._finished:
                self._running[fold] = epoch + share
                if "val_accuracy" in numbers:
                    self._curves.setdefault(fold, {})[epoch] = numbers["val_accuracy"]
                self._show()

    def finished(
        self, fold: int, history: Mapping[str, Sequence[float]], seconds: float | None = None
    ) -> None:
        """Says that a fold is finished.

        Args:
            fold: its number, from 0.
            history: its curves.
            seconds: how long it took; `None` if it was finished in an earlier run.
        """
        with self._lock:
            self._running.pop(fold, None)
            self._finished[fold] = history["val_accuracy"][-1]
            self._curves[fold] = dict(enumerate(history["val_accuracy"]))
            self._read += seconds is None
            self._show()
            if seconds is not None and self._picture is None:
                self._write_line(fold, seconds)

    def _write_line(self, fold: int, seconds: float) -> None:
        if sys.stderr is not None and not sys.stderr.isatty():
            text = f"held-out accuracy {self._finished[fold]:.2%}, {duration(seconds)}"
            print(f"fold {fold + 1} of {self._folds}: {text}", file=sys.stderr, flush=True)

    def _done(self) -> float:
        """Epochs that are done, over all folds."""
        return len(self._finished) * self._epochs + sum(self._running.values())

    def _show(self) -> None:
        if self._picture is None:
            self._line.update(self._done(), self._text())
        elif time.monotonic() - self._drawn >= self._pause or not self._running:
            self._draw()

    def _draw(self) -> None:
        before = time.monotonic()
        bars = [
            (f"fold {fold + 1}", done / self._epochs)
            for fold, done in sorted(self._running.items())
        ]
        share = self._done() / (self._folds * self._epochs)
        whole = ("   ".join(filter(None, [TITLE, self._text(), self._time()])), share)
        curves = [sorted(self._curves[fold].items()) for fold in sorted(self._curves)]
        self._picture.show(plots.run_progress(whole, bars, curves, self._epochs))
        self._drawn = time.monotonic()
        # Little of the time goes into pictures: the folds need the processor.
        self._pause = min(max(1.0, 30 * (self._drawn - before)), 5.0)

    def _text(self) -> str:
        if len(self._running) != 1:
            return f"{len(self._finished)} of {self._folds} folds finished"
        ((fold, done),) = self._running.items()
        epoch = min(int(done), self._epochs - 1) + 1
        where = f"fold {fold + 1} of {self._folds}, epoch {epoch} of {self._epochs}"
        return where + self._latest(fold)

    def _latest(self, fold: int) -> str:
        curve = self._curves.get(fold)
        return f", held-out accuracy {curve[max(curve)]:.2%}" if curve else ""

    def _time(self) -> str:
        elapsed = time.monotonic() - self._started
        all_epochs, done = self._folds * self._epochs, self._done()
        read = self._read * self._epochs
        if self._over:
            return f"{duration(elapsed)} in all" if elapsed >= 1 else ""
        if not read < done < all_epochs or elapsed < 1:
            return ""
        return f"{duration(elapsed * (all_epochs - done) / (done - read))} left"


def _scores_text(logs) -> str:
    held_out = (logs or {}).get("val_accuracy")
    return "" if held_out is None else f"held-out accuracy {held_out:.2%}"
