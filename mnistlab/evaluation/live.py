"""Progress of Keras training, shown in place: growing curves, and bars over folds and trials."""

import sys
import threading
import time
from collections.abc import Callable, Mapping, Sequence

from mnistlab import plots
from mnistlab.evaluation.trials import Trial, shown
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
    one for every fold that runs or waits between two parts, and the held-out
    accuracy of all folds as it grows. On a terminal it is a line; elsewhere
    each finished fold is a line.

    Args:
        folds: how many there are.
        epochs: epochs of each.
        picture: where a notebook shows it; a new picture when `None`.
        whole: where the run is a part of more: called with the share of the run
            that is done, it returns the words and the share of the bar for the
            whole.

    Example:
        >>> with RunProgress(folds=2, epochs=1) as progress:
        ...     progress.report(0, 0, 0.5, {})
    """

    def __init__(
        self,
        folds: int,
        epochs: int,
        picture: LivePicture | None = None,
        whole: Callable[[float], tuple[str, float]] | None = None,
    ):
        self._folds, self._epochs = folds, epochs
        self._running: dict[int, float] = {}
        self._finished: dict[int, float] = {}
        self._read = 0
        self._curves: dict[int, dict[int, float]] = {}
        self._started = self._drawn = time.monotonic()
        self._pause = 1.0
        self._over = False
        self._lock = threading.RLock()
        self._picture = (picture or LivePicture()) if in_notebook() else None
        self._line = None if self._picture else Progress(folds * epochs, TITLE)
        self._whole = whole or self._whole_run

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
        whole = self._whole(self._done() / (self._folds * self._epochs))
        curves = [sorted(self._curves[fold].items()) for fold in sorted(self._curves)]
        self._picture.show(plots.run_progress(whole, bars, curves, self._epochs))
        self._drawn = time.monotonic()
        # Little of the time goes into pictures: the folds need the processor.
        self._pause = min(max(1.0, 30 * (self._drawn - before)), 5.0)

    def _whole_run(self, share: float) -> tuple[str, float]:
        return _label(TITLE, self._text(), self._time()), share

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
        if self._over:
            return f"{duration(elapsed)} in all" if elapsed >= 1 else ""
        read = self._read * self._epochs
        return _time_left(elapsed, self._done() - read, self._folds * self._epochs - read)


class TrialsProgress:
    """Shows how far the trials of a tuning are; each is a cross-validation.

    In a notebook it is one picture: a bar over all trials with the time left,
    and below it the folds of the trial that runs, as `RunProgress` has them; in
    the end the bar alone. Elsewhere each finished trial is a line.

    Args:
        total: how many trials there are.
        title: what is being tuned, in a few words.
        read: those that were finished in an earlier run.

    Example:
        >>> with TrialsProgress(total=3, title="Search", read=[Trial({"rate": 0.1}, [0.9])]) as all:
        ...     folds = all.folds(folds=5, epochs=10)
    """

    def __init__(self, total: int, title: str, read: Sequence[Trial] = ()):
        self._total, self._title = total, title
        self._finished, self._read = list(read), len(read)
        self._started = time.monotonic()
        self._picture = LivePicture() if in_notebook() else None
        self._bar = Progress(total, title, self._picture) if self._picture else None

    def __enter__(self) -> "TrialsProgress":
        return self

    def __exit__(self, *error) -> None:
        if self._bar is not None:
            finished = len(self._finished)
            self._bar.update(finished, self._best(f"{finished} of {self._total} trials finished"))
            self._bar.close()

    def folds(self, folds: int, epochs: int) -> RunProgress:
        """Returns what shows the folds of the next trial.

        Args:
            folds: how many there are.
            epochs: epochs of each.
        """
        return RunProgress(folds, epochs, self._picture, self._whole)

    def finished(self, trial: Trial) -> None:
        """Says that a trial is finished."""
        self._finished.append(trial)
        if self._bar is None:
            self._write_line(trial)

    def _whole(self, share: float) -> tuple[str, float]:
        done, elapsed = len(self._finished) + share, time.monotonic() - self._started
        where = self._best(f"trial {len(self._finished) + 1} of {self._total}")
        left = _time_left(elapsed, done - self._read, self._total - self._read)
        return _label(self._title, where, left), done / self._total

    def _write_line(self, trial: Trial) -> None:
        what = "the training diverged" if trial.failed else f"held-out accuracy {trial.mean:.2f} %"
        setting = ", ".join(f"{name} {shown(value)}" for name, value in trial.setting.items())
        where = f"{self._title}, trial {len(self._finished)} of {self._total}"
        passed = duration(time.monotonic() - self._started)
        print(f"{where}: {self._best(f'{setting}: {what}')}, {passed}", file=sys.stderr, flush=True)

    def _best(self, text: str) -> str:
        means = [trial.mean for trial in self._finished if not trial.failed]
        return f"{text}, best so far {max(means):.2f} %" if means else text


def _label(*parts: str) -> str:
    return "   ".join(filter(None, parts))


def _time_left(elapsed: float, done: float, whole: float) -> str:
    if not 0 < done < whole or elapsed < 1:
        return ""
    return f"{duration(elapsed * (whole - done) / done)} left"


def _scores_text(logs) -> str:
    held_out = (logs or {}).get("val_accuracy")
    return "" if held_out is None else f"held-out accuracy {held_out:.2%}"
