"""The training of a model: epochs, steps, snapshots, and the callbacks in between."""

from collections.abc import Sequence
from pathlib import Path

from mnistlab.tflearn.callbacks import Callback, TermLogger, TrainingState
from mnistlab.tflearn.event_files import EventFile
from mnistlab.tflearn.feeding import Feed
from mnistlab.tflearn.helpers.operation import Operation
from mnistlab.tflearn.session import Session
from mnistlab.tflearn.symbols import Tensor

import numpy as np


class Training:
    """What trains a model: its operations, and how far they are.

    Args:
        operations: the training operations, in their order.
        session: the values that they change.
        inputs: the placeholders whose preprocessing has to look at the data first.

    Attributes:
        train_ops: the operations.
        session: the values that they change.
        training_state: the counters, which go on from one `fit` to the next.
    """

    def __init__(self, operations: Sequence[Operation], session: Session, inputs: Sequence[Tensor]):
        self.train_ops = list(operations)
        self.session = session
        self.training_state = TrainingState()
        self._inputs = list(inputs)
        self._running: list[Operation] = []

    def prepare(self, feed: Feed) -> None:
        """Has preprocessing measure all the samples, where it has to and has not yet."""
        for tensor in self._inputs:
            preprocessing = getattr(tensor, "preprocessing", None)
            if preprocessing is not None and tensor in feed:
                preprocessing.initialize(feed.data[tensor])

    def start(
        self,
        operations: Sequence[Operation],
        training: Feed,
        validation: Feed | None,
        shuffle: bool | None,
        show_metric: bool,
    ) -> None:
        """Gives the operations that are to run their data."""
        self._running = list(operations)
        self._validation, self._show_metric = validation, show_metric
        for operation in self._running:
            operation.start(training, shuffle)

    def describe(self, logger: TermLogger) -> None:
        """Tells the logger which operations there are."""
        for operation in self._running:
            logger.add(
                len(operation.feed),
                0 if self._validation is None else len(self._validation),
                metric_name=operation.train_op.metric_label,
                name=operation.name,
            )

    def run(
        self,
        callbacks: Callback,
        n_epoch: int,
        snapshot_epoch: bool,
        snapshot_step: int | None,
        log_folder: Path,
    ) -> None:
        """Trains for a number of epochs; what a callback raises ends it, after `on_train_end`."""
        state = self.training_state
        callbacks.on_train_begin(state)
        try:
            with EventFile(log_folder) as events:
                for _ in range(n_epoch):
                    state.increase_epoch()
                    callbacks.on_epoch_begin(state)
                    for _ in range(max(each.batches_an_epoch for each in self._running)):
                        self._batch(callbacks, snapshot_epoch, snapshot_step, events)
                    callbacks.on_epoch_end(state)
        finally:
            callbacks.on_train_end(state)

    def _batch(
        self,
        callbacks: Callback,
        snapshot_epoch: bool,
        snapshot_step: int | None,
        events: EventFile,
    ) -> None:
        state = self.training_state
        state.increase_step()
        state.reset_global()
        callbacks.on_batch_begin(state)
        at_step = bool(snapshot_step) and state.step % snapshot_step == 0
        snapshot = False
        for place, operation in enumerate(self._running):
            callbacks.on_sub_batch_begin(state)
            ended = operation.train()
            snapshot_here = at_step or (snapshot_epoch and ended)
            snapshot = snapshot or snapshot_here
            self._note(operation, snapshot_here, events)
            callbacks.on_sub_batch_end(state, place)
        if snapshot:
            events.flush()
        callbacks.on_batch_end(state, snapshot)

    def _note(self, operation: Operation, snapshot: bool, events: EventFile) -> None:
        """Puts an operation's figures into the state, with those on validation at a snapshot."""
        state = self.training_state
        measured = operation.train_op.metric is not None and self._show_metric
        state.loss_value = operation.shown[0]
        state.acc_value = operation.shown[1] if measured else None
        state.val_loss = state.val_acc = None
        state.current_iter = operation.samples
        state.global_loss += state.loss_value
        # tflearn meant it to be a sum, too, and lost it here.
        state.global_acc = None
        if snapshot and self._validation is not None:
            loss, metric = operation.measure(self._validation)
            state.val_loss, state.val_acc = loss, metric if measured else None
            state.best_accuracy = max(state.best_accuracy, state.val_acc or 0.0)
            events.add(
                state.step,
                {f"{name}/Validation": value for name, value in operation.monitored.items()},
            )
        events.add(
            state.step,
            {
                f"{operation.name}/Loss": state.loss_value,
                f"{operation.name}/{operation.train_op.metric_label}": state.acc_value,
                f"{operation.name}/Loss/Validation": state.val_loss,
                f"{operation.name}/{operation.train_op.metric_label}/Validation": state.val_acc,
            },
        )

    def one_batch(self) -> float:
        """Makes one update of each operation with all its data; returns the last one's loss."""
        losses = [
            operation.update(operation.feed.batch(np.arange(len(operation.feed)), training=True))
            for operation in self._running
        ]
        return losses[-1]
