"""One training operation at work: its compiled step, its optimizer and its running averages."""

from collections.abc import Sequence

from mnistlab.tflearn.feeding import Feed, batches_of, inputs_of, order_of
from mnistlab.tflearn.graph import Graph
from mnistlab.tflearn.helpers.train_op import TrainOp
from mnistlab.tflearn.symbols import Tensor, adopt

import keras
import numpy as np
import tensorflow as tf

EMA_DECAY = 0.9


class Operation:
    """What one `regression` asked for, ready to train.

    Args:
        train_op: what was asked for.
        graph: its graph.
        clip_gradients: largest global norm of the gradient; 0 or less for none.

    Attributes:
        averages: running means of the loss and the metric over training batches.
        shown: those before the last update, which is what tflearn shows.
        monitored: means of the validation monitors at the last validation, by name.
        samples: how many of this epoch's samples were used.
    """

    def __init__(self, train_op: TrainOp, graph: Graph, clip_gradients: float):
        self.train_op, self.name = train_op, train_op.name
        self.graph = graph
        self.clip_gradients = clip_gradients
        self.batch_size = train_op.batch_size
        self.validation_batch_size = train_op.validation_batch_size
        self.shuffle = train_op.shuffle
        self.averages = np.zeros(2)
        outputs = [train_op.loss] if train_op.metric is None else [train_op.loss, train_op.metric]
        _check_scalar(train_op)
        monitors = [adopt(each) for each in train_op.validation_monitors]
        self._monitors = [each.name for each in monitors]
        self.monitored: dict[str, float] = {}
        self.placeholders = inputs_of([*outputs, *monitors])
        self._model = keras.Model(self.placeholders, outputs)
        watched = [*outputs, *(tf.reduce_mean(each) for each in monitors)]
        self._watched = keras.Model(self.placeholders, watched)
        self.variables = train_op.trainable_vars
        self._counter = keras.Variable(0, dtype="int64", trainable=False, name="Training_step")
        self.optimizer = train_op.optimizer.make(self._counter)
        self.optimizer.build(self.variables)
        self._compile()
        self.feed = Feed({})
        self.shown = (0.0, 0.0)

    @property
    def step(self) -> int:
        """How many updates it made."""
        return int(self._counter.numpy())

    @step.setter
    def step(self, value: int) -> None:
        self._counter.assign(value)
        self.optimizer.iterations.assign(value)

    def _compile(self) -> None:
        # One trace for batches of every length: the last one of an epoch is shorter.
        signature = [[tf.TensorSpec(each.shape, each.dtype) for each in self.placeholders]]
        if getattr(self.optimizer, "eager", False):
            # An optimizer of TensorFlow 1 keeps its own variables; it is not compiled.
            self._gradients = tf.function(self._gradients, input_signature=signature)
            self._update = self._train
        else:
            self._update = tf.function(self._train, input_signature=signature)
        self._measure = tf.function(
            # Keras gives a single output without its list.
            lambda values: tf.nest.flatten(self._watched(values, training=False)),
            input_signature=signature,
        )

    def _gradients(self, values: Sequence[tf.Tensor]):
        with tf.GradientTape() as tape:
            measured = tf.nest.flatten(self._model(values, training=True))
            total = tf.add_n([measured[0], *(penalty() for penalty in self.graph.penalties)])
        gradients = tape.gradient(total, [variable.value for variable in self.variables])
        if all(gradient is None for gradient in gradients):
            raise ValueError(
                f"No gradients provided for any variable: the loss of {self.name!r} does not "
                "depend on what it should train. Check trainable_vars and the network that is "
                "given to regression."
            )
        if self.clip_gradients and self.clip_gradients > 0:
            gradients, _ = tf.clip_by_global_norm(gradients, self.clip_gradients)
        return measured, gradients

    def _train(self, values: Sequence[tf.Tensor]):
        measured, gradients = self._gradients(values)
        self._apply(gradients)
        return measured

    def _apply(self, gradients: Sequence[tf.Tensor | None]) -> None:
        pairs = [
            (gradient, variable)
            for gradient, variable in zip(gradients, self.variables, strict=True)
            if gradient is not None
        ]
        self.optimizer.apply(*map(list, zip(*pairs, strict=True)))
        self._counter.assign_add(1)

    def use_batches(self, size: int | None, validation_size: int | None) -> None:
        """Sets the sizes of batches, for this `fit` and those after it."""
        if size:
            self.batch_size = int(size)
            self.validation_batch_size = int(size)
        if validation_size:
            self.validation_batch_size = int(validation_size)

    def start(self, feed: Feed, shuffle: bool | None) -> None:
        """Gives it the data of one `fit`."""
        self.feed = feed
        self._shuffle_now = self.shuffle if shuffle is None else shuffle
        self._order = np.arange(len(feed))
        self._new_epoch()

    @property
    def batches_an_epoch(self) -> int:
        """Steps that an epoch takes; the last may be of fewer samples."""
        return -(-len(self.feed) // self.batch_size)

    def _new_epoch(self) -> None:
        # As in tflearn, an epoch's order is that of the one before, shuffled again.
        self._order = self._order[order_of(len(self._order), self._shuffle_now)]
        self._batches = batches_of(self._order, self.batch_size)
        self.samples = 0

    def train(self) -> bool:
        """Makes one update; returns whether it ended an epoch of this operation's data.

        The averages are those before the update, which is what tflearn shows.
        """
        if self.samples == len(self.feed):
            self._new_epoch()
        indices = next(self._batches)
        self.update(self.feed.batch(indices, training=True))
        self.samples += len(indices)
        return self.samples == len(self.feed)

    def update(self, batch: dict[Tensor, np.ndarray]) -> float:
        """Makes one update with a batch; returns its loss before the update."""
        measured = [float(each) for each in self._update(self._values(batch))]
        unknown = np.isnan(self.averages[: len(measured)])
        self.averages[: len(measured)][unknown] = np.array(measured)[unknown]
        self.shown = tuple(self.averages)
        self._average(measured)
        return measured[0]

    def _average(self, measured: Sequence[float]) -> None:
        # The step was counted already; the decay is that of the count before it.
        before = self.step - 1
        decay = min(EMA_DECAY, (1 + before) / (10 + before))
        for place, value in enumerate(measured):
            self.averages[place] = decay * self.averages[place] + (1 - decay) * value

    def measure(self, feed: Feed, batch_size: int | None = None) -> tuple[float, float | None]:
        """Returns loss and metric as means over samples, without dropout; metric `None` if none.

        The means of the validation monitors are in `monitored` afterward.
        """
        batch_size = batch_size or self.validation_batch_size or self.batch_size
        sums = 0.0
        for indices in batches_of(np.arange(len(feed)), batch_size):
            measured = self._measure(self._values(feed.batch(indices, training=False)))
            sums += np.array([float(each) for each in measured]) * len(indices)
        loss, *others = (sums / len(feed)).tolist()
        metric = None if self.train_op.metric is None else others.pop(0)
        self.monitored = dict(zip(self._monitors, others, strict=True))
        return loss, metric

    def _values(self, batch: dict[Tensor, np.ndarray]) -> list[tf.Tensor]:
        for tensor in self.placeholders:
            if tensor not in batch:
                raise tf.errors.InvalidArgumentError(
                    None,
                    None,
                    f"You must feed a value for placeholder tensor '{tensor.name}' with shape "
                    f"{tensor.get_shape()}. Name it in the dictionary that fit, predict or "
                    "evaluate is given.",
                )
        return [tf.convert_to_tensor(batch[tensor]) for tensor in self.placeholders]


def _check_scalar(train_op: TrainOp) -> None:
    for what, tensor in (("loss", train_op.loss), ("metric", train_op.metric)):
        if tensor is not None and tuple(tensor.shape) != ():
            raise ValueError(
                f"The {what} of {train_op.name!r} has shape {tuple(tensor.shape)}; one number was "
                "expected. Return the mean over the batch, as tf.reduce_mean does."
            )
