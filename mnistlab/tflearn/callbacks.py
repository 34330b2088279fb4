"""What happens at the moments of training: printed lines, saved files, a script's own callbacks.

A trainer keeps one `TrainingState` and calls one `ChainCallback` with it. Its
first link is a `TermLogger`, to which the trainer adds each training operation
before it begins:

    logger.announce(run_id, log_directory)
    logger.add(55_000, 10_000, metric_name="acc", name="Adam")

and which takes an operation's figures from the state in
`on_sub_batch_end(state, train_index)`: `loss_value` and `acc_value` (moving
averages), `val_loss` and `val_acc` (`None` unless this step is a snapshot),
`epoch` and `current_iter` (rows so far in this epoch).
"""

import sys
import tempfile
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

from mnistlab.progress import in_notebook

RULE = "-" * 33

REDRAW_SECONDS = 0.25
"""A notebook takes a few updates a second; training gives hundreds."""

LINES_KEPT = 50
"""Finished epochs that a notebook goes on showing."""


class TrainingState:
    """How far training is, and its latest figures.

    Attributes:
        epoch: the pass over the data, 1 for the first; counted on by the next `fit`.
        step: batches so far, likewise.
        current_iter: rows so far in this epoch.
        step_time: when the batch began, in seconds since 1970.
        step_time_total: seconds that the batches of this epoch took.
        loss_value, acc_value: moving averages over the training batches, of the
            operation that was trained last; `acc_value` is `None` without `show_metric`.
        val_loss, val_acc: the figures on the validation rows; `None` except
            where a snapshot was taken.
        best_accuracy: the best `val_acc` so far.
        global_loss: sum over the operations of this step.
        global_acc: `None` from the first operation of a step on, as in tflearn.

    Example:
        >>> state = TrainingState()
        >>> state.increase_epoch()
        >>> state.epoch, state.step, state.val_loss
        (1, 0, None)
    """

    def __init__(self):
        self.epoch = 0
        self.step = 0
        self.current_iter = 0
        self.step_time = 0.0
        self.step_time_total = 0.0
        self.loss_value: float | None = None
        self.acc_value: float | None = None
        self.val_loss: float | None = None
        self.val_acc: float | None = None
        self.best_accuracy = 0.0
        self.reset_global()

    def increase_epoch(self) -> None:
        """Counts an epoch that begins."""
        self.epoch += 1

    def increase_step(self) -> None:
        """Counts a batch that begins."""
        self.step += 1

    def reset_global(self) -> None:
        """Has the sums over the operations begin anew."""
        self.global_loss: float | None = 0.0
        self.global_acc: float | None = 0.0


class Callback:
    """Called at the moments of training; a script overrides what it wants to know.

    Raising in one of these ends the training: `fit` calls `on_train_end` and
    passes the exception on.

    Example:
        >>> class StopEarly(Callback):
        ...     def on_epoch_end(self, training_state):
        ...         if training_state.val_acc is not None and training_state.val_acc > 0.98:
        ...             raise StopIteration
    """

    def on_train_begin(self, training_state: TrainingState) -> None:
        """Before the first batch of a `fit`."""

    def on_epoch_begin(self, training_state: TrainingState) -> None:
        """Before the first batch of an epoch."""

    def on_batch_begin(self, training_state: TrainingState) -> None:
        """Before a batch."""

    def on_sub_batch_begin(self, training_state: TrainingState) -> None:
        """Before each training operation of a batch."""

    def on_sub_batch_end(self, training_state: TrainingState, train_index: int = 0) -> None:
        """After each training operation of a batch, with its number."""

    def on_batch_end(self, training_state: TrainingState, snapshot: bool = False) -> None:
        """After a batch; at a snapshot, with the validation figures in the state."""

    def on_epoch_end(self, training_state: TrainingState) -> None:
        """After the last batch of an epoch."""

    def on_train_end(self, training_state: TrainingState) -> None:
        """After the last batch of a `fit`, or when it ends with an exception."""


def _passed_on(moment: str) -> Callable[..., None]:
    def call(self, *args):
        for callback in self.callbacks:
            getattr(callback, moment)(*args)

    call.__name__ = moment
    call.__doc__ = f"Calls each callback's `{moment}`."
    return call


class ChainCallback(Callback):
    """Calls several callbacks, in the order in which they were added.

    Args:
        callbacks: a `Callback`, or several.

    Raises:
        Exception: one of them is no `Callback`.
    """

    def __init__(self, callbacks: Callback | Iterable[Callback] = ()):
        self.callbacks: list[Callback] = []
        self.add(callbacks)

    def add(self, callback: Callback | Iterable[Callback]) -> None:
        """Adds a callback, or several."""
        several = callback if isinstance(callback, list | tuple) else [callback]
        for each in several:
            if not isinstance(each, Callback):
                # The kind and the words of tflearn's own, which scripts may catch.
                raise Exception(f"{each} is an invalid Callback object")
        self.callbacks.extend(several)

    on_train_begin = _passed_on("on_train_begin")
    on_epoch_begin = _passed_on("on_epoch_begin")
    on_batch_begin = _passed_on("on_batch_begin")
    on_sub_batch_begin = _passed_on("on_sub_batch_begin")
    on_sub_batch_end = _passed_on("on_sub_batch_end")
    on_batch_end = _passed_on("on_batch_end")
    on_epoch_end = _passed_on("on_epoch_end")
    on_train_end = _passed_on("on_train_end")


@dataclass
class OpProgress:
    """What the logger knows of one training operation.

    Attributes:
        name: of the operation, "Adam".
        metric: the metric's label, "acc".
        samples, val_samples: rows of an epoch, and of a validation.
        validated: validation loss and metric of the last snapshot in this epoch.
    """

    name: str
    metric: str
    samples: int
    val_samples: int
    epoch: int = 0
    iteration: int = 0
    loss: float | None = None
    acc: float | None = None
    val_loss: float | None = None
    val_acc: float | None = None
    validated: tuple[float | None, float | None] = (None, None)

    def update(self, state: TrainingState) -> None:
        """Takes the figures of a batch."""
        self.epoch, self.iteration = state.epoch, state.current_iter
        self.loss, self.acc = state.loss_value, state.acc_value
        self.val_loss, self.val_acc = state.val_loss, state.val_acc
        if state.val_loss is not None:
            self.validated = state.val_loss, state.val_acc

    def line(self, val_loss: float | None, val_acc: float | None, rows: bool = True) -> str:
        """Returns the figures as one line; with the rows so far, unless those are all."""
        text = f"| {self.name} | epoch: {self.epoch:03d}"
        if self.loss is not None:
            text += f" | loss: {self.loss:.5f}"
        if self.acc is not None:
            text += f" - {self.metric}: {self.acc:.4f}"
        if val_loss is not None:
            text += f" | val_loss: {val_loss:.5f}"
        if val_acc is not None:
            text += f" - val_{self.metric}: {val_acc:.4f}"
        if rows and self.iteration:
            text += f" -- iter: {self.iteration:0{len(str(self.samples))}d}/{self.samples}"
        return text


class TermLogger(Callback):
    """Prints the lines that tflearn printed: one block for each batch, over the one before.

    In a notebook, where thousands of blocks would fill the page, one output is
    updated a few times a second: a line for each finished epoch, and the latest
    batch below.

    Example:
        >>> logger, state = TermLogger(), TrainingState()
        >>> logger.add(55_000, 10_000, metric_name="acc", name="Adam")
        >>> logger.on_train_begin(state)
        ---------------------------------
        Training samples: 55000
        Validation samples: 10000
        --
    """

    def __init__(self):
        self.data: list[OpProgress] = []
        self._overwritten_next = False
        self._cell = _Cell() if in_notebook() else None

    def announce(self, run_id: str, log_directory: str) -> None:
        """Prints what is known before the data are prepared."""
        if self._cell is not None:
            log_directory = _in_short(log_directory)
        print(f"{RULE}\nRun id: {run_id}\nLog directory: {log_directory}")

    def add(
        self,
        data_size: int,
        val_size: int = 0,
        metric_name: str | None = None,
        name: str | None = None,
    ) -> None:
        """Adds a training operation: its rows, the label of its metric, its name."""
        number = len(self.data)
        self.data.append(
            OpProgress(name or f"Train op. {number}", metric_name or "acc", data_size, val_size)
        )

    def on_train_begin(self, training_state):
        """Prints the numbers of rows."""
        print(f"{RULE}\nTraining samples: {sum(op.samples for op in self.data)}")
        print(f"Validation samples: {sum(op.val_samples for op in self.data)}\n--", flush=True)

    def on_epoch_begin(self, training_state):
        """Measures the epoch's time from here."""
        training_state.step_time = time.time()
        training_state.step_time_total = 0.0
        for op in self.data:
            op.validated = (None, None)

    def on_batch_begin(self, training_state):
        """Measures the batch's time from here."""
        training_state.step_time = time.time()

    def on_sub_batch_end(self, training_state, train_index=0):
        """Takes the figures of one operation."""
        self.data[train_index].update(training_state)

    def on_batch_end(self, training_state, snapshot=False):
        """Shows the figures; those of a snapshot stay on a terminal."""
        training_state.step_time_total += time.time() - training_state.step_time
        if self._cell is not None:
            self._cell.show(lambda: self._for_cell(training_state), at_once=snapshot)
            return
        self._overwritten_next = not snapshot
        end = "--\n" if snapshot else "\033[A" * (len(self.data) + 1)
        print(self._for_terminal(training_state), end=end, flush=True)

    def on_epoch_end(self, training_state):
        """Keeps the epoch's last figures on a notebook's page."""
        if self._cell is not None:
            took = f" | time: {training_state.step_time_total:.1f}s"
            # A page is narrower than a terminal.
            self._cell.keep([op.line(*op.validated, rows=False) + took for op in self.data])

    def on_train_end(self, training_state):
        """Leaves the cursor below the last block."""
        if self._cell is not None:
            self._cell.close()
            return
        # In a file, the next line that a script prints is to begin as the script has it.
        is_terminal = sys.stdout is not None and sys.stdout.isatty()
        down = "\033[B" * (len(self.data) + 2) if is_terminal else ""
        print(down, end="--\n" if self._overwritten_next else "", flush=True)

    def _for_terminal(self, state: TrainingState) -> str:
        head = self._head(state, loss="\033[1m\033[32m{:.5f}\033[0m\033[0m")
        lines = (f"\033[2K\r{op.line(op.val_loss, op.val_acc)}\n" for op in self.data)
        return f"{head}\n{''.join(lines)}"

    def _for_cell(self, state: TrainingState) -> list[str]:
        return [self._head(state), *(op.line(*op.validated) for op in self.data)]

    def _head(self, state: TrainingState, loss: str = "{:.5f}") -> str:
        text = f"Training Step: {state.step} "
        # Zero is what the averages begin with: there is nothing to show at the first step.
        if state.global_loss:
            text += f" | total loss: {loss.format(state.global_loss)}"
        if state.step_time_total:
            text += f" | time: {state.step_time_total:.3f}s"
        return text


def _in_short(folder: str) -> str:
    """Returns a folder without the path to it: a notebook is handed on, with its outputs."""
    path, temporary = Path(folder), Path(tempfile.gettempdir())
    if not path.is_absolute():
        return folder
    if path.is_relative_to(temporary):
        return f"{path.relative_to(temporary)}, in the temporary folder"
    return path.name


class _Cell:
    """A notebook's one output: the epochs that are finished, and the latest batch."""

    def __init__(self):
        self._kept: list[str] = []
        self._latest: Callable[[], list[str]] = list
        self._drawn = float("-inf")
        self._handle = None

    def show(self, latest: Callable[[], list[str]], at_once: bool) -> None:
        """Shows the latest lines, unless others were shown a moment ago."""
        self._latest = latest
        if at_once or time.monotonic() - self._drawn >= REDRAW_SECONDS:
            self._draw()

    def keep(self, lines: list[str]) -> None:
        """Leaves the lines of a finished epoch standing."""
        self._kept += lines
        latest = self._latest()
        self._latest = lambda: latest[:1]

    def close(self) -> None:
        """Shows the last state."""
        self._draw()

    def _draw(self) -> None:
        # IPython is at hand wherever this is used, and slow to load elsewhere.
        from IPython.display import display

        hidden = len(self._kept) - LINES_KEPT
        above = [f"… {hidden} earlier lines"] if hidden > 0 else []
        text = "\n".join([*above, *self._kept[-LINES_KEPT:], *self._latest()])
        data = {"text/plain": text}
        if self._handle is None:
            self._handle = display(data, raw=True, display_id=True)
        else:
            self._handle.update(data, raw=True)
        self._drawn = time.monotonic()


class ModelSaver(Callback):
    """Saves checkpoints: one at each snapshot, and the best one so far.

    Args:
        save_func: `save_func(path, step)` writes `path-step`;
            `save_func(path, use_val_saver=True)` writes the best one, in the
            place of the best one before.
        snapshot_path: where a snapshot goes; `None` for nowhere.
        best_snapshot_path: where the best goes: `best` becomes `best9853` at a
            validation metric of 0.9853; `None` for nowhere.
        best_val_accuracy: what the first best one has to exceed.
        snapshot_step: the steps between two snapshots, or `None`: then none but
            at the end of an epoch.
        snapshot_epoch: whether an epoch's end is a snapshot.

    Example:
        >>> saver = ModelSaver(lambda path, step: print(f"{path}-{step}"), "c", None, 0, None, True)
        >>> state = TrainingState()
        >>> state.step = 860
        >>> saver.on_epoch_end(state)
        c-860
    """

    def __init__(
        self,
        save_func: Callable[..., object],
        snapshot_path: str | None,
        best_snapshot_path: str | None,
        best_val_accuracy: float,
        snapshot_step: int | None,
        snapshot_epoch: bool,
    ):
        self.save_func = save_func
        self.snapshot_path = snapshot_path
        self.best_snapshot_path = best_snapshot_path
        self.best_val_accuracy = best_val_accuracy
        self.snapshot_step = snapshot_step
        self.snapshot_epoch = snapshot_epoch

    def on_batch_end(self, training_state, snapshot=False):
        """Saves at a snapshot, and what is better than all before."""
        if snapshot and self.snapshot_step is not None:
            self._save(training_state.step)
        accuracy = training_state.val_acc
        if self.best_snapshot_path and accuracy is not None and accuracy > self.best_val_accuracy:
            self.best_val_accuracy = accuracy
            # As tflearn names them: 0.98537 is 9854.
            name = f"{self.best_snapshot_path}{int(10_000 * round(float(accuracy), 4))}"
            self.save_func(name, use_val_saver=True)

    def on_epoch_end(self, training_state):
        """Saves, where the end of an epoch is a snapshot."""
        if self.snapshot_epoch:
            self._save(training_state.step)

    def _save(self, step: int) -> None:
        if self.snapshot_path:
            self.save_func(self.snapshot_path, step)
