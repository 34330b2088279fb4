"""The end of a network: what is to be learned, and how."""

import itertools
from collections.abc import Callable, Sequence

from mnistlab.errors import DesignError
from mnistlab.tflearn import metrics, objectives, optimizers, private
from mnistlab.tflearn.building import count
from mnistlab.tflearn.graph import current, eagerly
from mnistlab.tflearn.helpers.train_op import TrainOp
from mnistlab.tflearn.layers.core import new_placeholder
from mnistlab.tflearn.symbols import Tensor, adopt, symbolic

import keras
import tensorflow.compat.v1 as tf


@eagerly
def regression(
    incoming: Tensor,
    placeholder: str | keras.KerasTensor | None = "default",
    optimizer: object = "adam",
    loss: str | Callable | Tensor = "categorical_crossentropy",
    metric: object = "default",
    learning_rate: float = 0.001,
    dtype: tf.DType = tf.float32,
    batch_size: int = 64,
    shuffle_batches: bool = True,
    to_one_hot: bool = False,
    n_classes: int | None = None,
    trainable_vars: Sequence[keras.Variable] | None = None,
    restore: bool = True,
    op_name: str | None = None,
    validation_monitors: Sequence[Tensor] | None = None,
    validation_batch_size: int | None = None,
    name: str | None = None,
) -> Tensor:
    """Says what a network is to learn: it adds a training operation, which `DNN.fit` runs.

    Args:
        incoming: the network's output.
        placeholder: "default" for labels of the output's shape; a symbolic
            tensor to take instead; `None` for none, when the loss needs no labels.
        optimizer: a name, which takes `learning_rate`; an optimizer, which has
            its own; or a function of the learning rate that returns (optimizer, step).
        loss: a name, a function `loss(y_pred, y_true)`, or a symbolic tensor.
            None is chosen by itself.
        metric: a name, an object of `tflearn.metrics`, a function
            `metric(y_pred, y_true, inputs)`, a symbolic tensor, or `None`. The
            default is the accuracy, and none for an output of one dimension.
        learning_rate: size of the optimizer's steps, if it is given by name.
        dtype: type of the labels.
        batch_size: samples of a training batch.
        shuffle_batches: whether each epoch takes the samples in a new order.
        to_one_hot: whether labels are numbers of classes.
        n_classes: how many classes there are, for `to_one_hot`.
        trainable_vars: what it updates; if `None`, the trainable variables that there are by now.
        restore: whether `DNN.load` reads its optimizer's variables.
        op_name: how progress lines name it; the optimizer's name if `None`.
        validation_monitors: tensors to be computed in validation, too.
        validation_batch_size: samples of a validation batch; `batch_size` if `None`.
        name: the labels' key in a feed dictionary; "TargetsData" if `None`.

    Returns:
        `incoming`, as it is.

    Raises:
        DesignError: an argument is of a kind that cannot be used.
        Exception: there is no optimizer, objective or metric of that name.

    Example:
        >>> digits = regression(keras.Input((10,)), optimizer="adam", name="targets")
        >>> current().train_ops[-1].name, current().train_ops[-1].metric_label
        ('Adam', 'acc')
    """
    if not isinstance(incoming, keras.KerasTensor):
        raise DesignError(
            f"Invalid incoming layer: regression was given {type(incoming).__name__}. Give it the "
            "output of a network."
        )
    adopt(incoming)
    if to_one_hot and n_classes is None:
        raise DesignError("'n_classes' is required when using 'to_one_hot'. For digits it is 10.")
    target = _target(incoming, placeholder, dtype, to_one_hot, name or "TargetsData")
    labels = _one_hot(target, n_classes) if to_one_hot else target
    chosen = _optimizer(optimizer, learning_rate)
    measured, label = _metric(metric, incoming, labels)
    lowered = _loss(loss, incoming, labels)
    graph = current()
    graph.train_ops.append(
        TrainOp(
            loss=lowered,
            optimizer=chosen,
            metric=measured,
            metric_label=label,
            batch_size=count(batch_size, "batch_size", "regression"),
            shuffle=shuffle_batches,
            trainable_vars=list(trainable_vars or graph.trainable_variables()),
            restore=restore,
            name=_unused(op_name or _op_name(chosen), graph.train_ops),
            validation_batch_size=validation_batch_size,
            validation_monitors=list(validation_monitors or []),
        )
    )
    return incoming


def _target(
    incoming: Tensor, placeholder: object, dtype: tf.DType, to_one_hot: bool, name: str
) -> Tensor | None:
    """Returns the placeholder of the labels, registered; `None` for none."""
    if placeholder is None:
        return None
    targets = current().targets
    if isinstance(placeholder, keras.KerasTensor):
        if not hasattr(placeholder, "key"):
            adopt(placeholder, key=placeholder.name, name=f"{placeholder.name}:0")
    elif isinstance(placeholder, str) and placeholder == "default":
        placeholder = new_placeholder([None] if to_one_hot else incoming.shape, dtype, name)
    else:
        raise DesignError(
            f"placeholder must be 'default', None or a symbolic tensor, not {placeholder!r}."
        )
    # What was computed from placeholders is not fed; they are.
    fed = not private.sources(placeholder)
    if fed and not any(placeholder is each for each in targets):
        targets.append(placeholder)
    return placeholder


@symbolic
def _one_hot(numbers: tf.Tensor, classes: int) -> tf.Tensor:
    return tf.one_hot(tf.cast(numbers, tf.int64), classes)


def _optimizer(optimizer: object, learning_rate: float) -> object:
    """Returns one of `tflearn.optimizers`, whatever was given."""
    if isinstance(optimizer, str):
        return optimizers.get(optimizer)(learning_rate)
    kinds = (optimizers.Optimizer, keras.optimizers.Optimizer, tf.train.Optimizer)
    if isinstance(optimizer, kinds):
        return optimizers.wrap(optimizer)
    if callable(optimizer):
        return _made_by(optimizer, learning_rate)
    raise DesignError(
        f"Invalid Optimizer type: {type(optimizer).__name__}. Give a name, as 'adam', or one of "
        "tflearn.optimizers."
    )


def _made_by(function: Callable, learning_rate: float) -> object:
    try:
        made, step = function(learning_rate)
    except (TypeError, ValueError) as error:
        error.add_note(
            "Reminder: Custom Optimizer function must return (optimizer, step_tensor) and take "
            "one argument: 'learning_rate'. Note that returned step_tensor can be 'None' if no "
            "decay."
        )
        raise
    return optimizers.wrap(made, step)


def _metric(
    metric: object, incoming: Tensor, labels: Tensor | None
) -> tuple[Tensor | None, str | None]:
    """Returns the metric of a batch and its name in progress lines; `None` for none."""
    if isinstance(metric, keras.KerasTensor):
        return adopt(metric), getattr(metric, "m_name", "metric")
    default = isinstance(metric, str) and metric == "default"
    if metric is None or labels is None or (default and len(incoming.shape) == 1):
        return None, None
    if isinstance(metric, str):
        metric = metrics.get("accuracy" if default else metric)()
    inputs = current().inputs
    if isinstance(metric, metrics.Metric):
        metric.build(incoming, labels, inputs)
        measured = metric.get_tensor()
        return measured, getattr(measured, "m_name", metric.name)
    if callable(metric):
        measured = _called(metric, "metric", "custom_metric(y_pred, y_true, x)")(
            incoming, labels, inputs
        )
        return measured, getattr(measured, "m_name", getattr(metric, "__name__", "metric"))
    raise DesignError(
        f"Invalid Metric type: {type(metric).__name__}. Give a name, as 'accuracy', or one of "
        "tflearn.metrics."
    )


def _loss(loss: object, incoming: Tensor, labels: Tensor | None) -> Tensor:
    """Returns the loss of a batch."""
    if isinstance(loss, keras.KerasTensor):
        return adopt(loss)
    if isinstance(loss, str):
        if labels is None:
            raise DesignError(
                f"The loss {loss!r} needs labels, and regression was told placeholder=None. Leave "
                "that out, or give the loss as a symbolic tensor."
            )
        return objectives.get(loss)(incoming, labels)
    if callable(loss):
        return _called(loss, "loss", "custom_loss(y_pred, y_true)")(incoming, labels)
    raise DesignError(
        f"Invalid Loss type: {type(loss).__name__}. Give a name, as 'categorical_crossentropy', a "
        "function of (y_pred, y_true), or a symbolic tensor."
    )


def _called(function: Callable, what: str, form: str) -> Callable[..., Tensor]:
    """Returns the function; whatever goes wrong in it comes with a reminder of its arguments."""

    def call(*args):
        try:
            return adopt(function(*args))
        except Exception as error:
            error.add_note(
                f"Reminder: Custom {what} function arguments must be defined as follow: {form}."
            )
            raise

    return call


def _op_name(optimizer: optimizers.Optimizer) -> str:
    """Returns tflearn's name of an optimizer's kind; that of one from elsewhere is its own."""
    own = type(optimizer).__module__ == optimizers.__name__
    listed = own and not type(optimizer).__name__.startswith("_")
    return type(optimizer).__name__ if listed else optimizer.name


def _unused(name: str, train_ops: Sequence[TrainOp]) -> str:
    """Returns the name if no operation has it; else numbers both, as tflearn: `_0` and `_1`."""
    namesake = next((each for each in train_ops if each.name == name), None)
    if namesake is None:
        return name
    taken = {each.name for each in train_ops}
    numbers = (f"{name}_{number}" for number in itertools.count())
    free = (each for each in numbers if each not in taken)
    namesake.name = next(free)
    return next(free)
