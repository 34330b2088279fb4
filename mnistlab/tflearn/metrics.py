"""Metrics under tflearn's names: what is shown beside the loss.

The classes are for `regression(metric=...)`, which builds them for its
network; the functions at the end compute the same from tensors or arrays.
"""

from mnistlab.tflearn.symbols import symbolic
from mnistlab.tflearn.utils import get_from_module, get_incoming_shape, to_list

import tensorflow as tf


def get(identifier):
    """Returns the metric's class of that name; anything else, as it is.

    Raises:
        Exception: there is no such metric; "r2" and "acc" are none.

    Example:
        >>> get("accuracy") is Accuracy
        True
    """
    return get_from_module(identifier, _BY_NAME, "metrics")


class Metric:
    """Base of the metrics.

    Args:
        name: what to show; each metric has its own when `None`.

    Attributes:
        tensor: the metric of a batch, once it is built.
        built: whether it is.
    """

    def __init__(self, name: str | None = None):
        self.name = name
        self.tensor = None
        self.built = False

    def build(self, predictions, targets, inputs=None) -> None:
        """Builds the metric of a network.

        Args:
            predictions: the network's output.
            targets: the placeholder of the labels.
            inputs: the placeholders of the network's inputs.
        """
        raise NotImplementedError(
            f"{type(self).__name__} has no build(predictions, targets, inputs); write one that "
            "sets self.tensor and self.built."
        )

    def get_tensor(self):
        """Returns the metric of a batch.

        Raises:
            Exception: it is not built yet.
        """
        if not self.built:
            raise Exception(
                "Metric class Tensor hasn't be built. 'build' method must be invoked before using "
                "'get_tensor'."
            )
        return self.tensor

    def _keep(self, tensor, label: str) -> None:
        tensor.m_name = label
        self.tensor = tensor
        self.built = True


class Accuracy(Metric):
    """The part of the samples that are predicted right.

    A network with several outputs is right where the largest one is the
    label's; its label is "acc". One with a single output, (samples,) or
    (samples, 1), is right where the output is above 0 and the label 1, or
    neither: outputs are taken for logits. Its label is "binary_acc". With a
    sigmoid at its end such a network says 1 every time.
    """

    def build(self, predictions, targets, inputs=None) -> None:
        """Builds the metric of a network."""
        single = _has_one_output(predictions)
        self.name = self.name or ("binary_acc" if single else "acc")
        measure = binary_accuracy_op if single else accuracy_op
        self._keep(measure(predictions, targets), self.name)


accuracy = Accuracy


class Top_k(Metric):
    """The part of the samples whose label is among the `k` largest outputs; ties count.

    Args:
        k: how many outputs to look at.
        name: what to show; "top3" for `k=3` when `None`.

    Example:
        >>> Top_k(3).name
        'top3'
    """

    def __init__(self, k: int = 1, name: str | None = None):
        super().__init__(name or f"top{k}")
        self.k = k

    def build(self, predictions, targets, inputs=None) -> None:
        """Builds the metric of a network."""
        self._keep(top_k_op(predictions, targets, self.k), self.name)


top_k = Top_k


class R2(Metric):
    """The coefficient of determination of each batch; what is shown is its mean over batches."""

    def __init__(self, name: str | None = None):
        super().__init__(name or "R2")

    def build(self, predictions, targets, inputs=None) -> None:
        """Builds the metric of a network."""
        self._keep(r2_op(predictions, targets), self.name)


class WeightedR2(Metric):
    """Σ(p − x)² / Σ(y − x)² of each batch, for inputs x of the labels' shape."""

    def __init__(self, name: str | None = None):
        super().__init__(name or "R2")

    def build(self, predictions, targets, inputs=None) -> None:
        """Builds the metric of a network."""
        self._keep(weighted_r2_op(predictions, targets, inputs), self.name)


class Prediction_Counts(Metric):
    """Another metric, which prints at each batch how often each class is predicted.

    Args:
        inner_metric: the other metric; what is shown has its value and its label.
        name: what the printed line begins with.
    """

    def __init__(self, inner_metric: Metric, name: str | None = None):
        super().__init__(name)
        self.inner_metric = inner_metric

    def build(self, predictions, targets, inputs=None) -> None:
        """Builds both metrics of a network."""
        self.inner_metric.build(predictions, targets, inputs)
        kind = "binary" if _has_one_output(predictions) else "categorical"
        self.name = self.name or f"{kind}_prediction_counts"
        counted = _print_counts(self.inner_metric.get_tensor(), predictions, self.name)
        self._keep(counted, self.inner_metric.name)


prediction_counts = Prediction_Counts


@symbolic
def accuracy_op(predictions, targets):
    """Returns the part of the rows whose largest value is in the same column in both.

    Example:
        >>> float(accuracy_op([[0.2, 0.8], [0.6, 0.4]], [[0, 1], [0, 1]]))
        0.5
    """
    correct = tf.equal(tf.argmax(predictions, 1), tf.argmax(targets, 1))
    return tf.reduce_mean(tf.cast(correct, tf.float32))


@symbolic
def binary_accuracy_op(predictions, targets):
    """Returns the part of the values where `predictions` > 0 is what `targets` say, 0 or 1.

    Example:
        >>> float(binary_accuracy_op([0.3, -0.3], [0.0, 0.0]))
        0.5
    """
    predicted = tf.cast(tf.greater(predictions, 0), tf.float32)
    correct = tf.equal(predicted, tf.cast(targets, tf.float32))
    return tf.reduce_mean(tf.cast(correct, tf.float32))


@symbolic
def top_k_op(predictions, targets, k: int = 1):
    """Returns the part of the rows whose target is among the `k` largest values; ties count.

    Example:
        >>> float(top_k_op([[0.5, 0.3, 0.2]], [[0, 1, 0]], k=2))
        1.0
    """
    labels = tf.argmax(tf.cast(targets, tf.int32), 1)
    correct = tf.math.in_top_k(labels, tf.cast(predictions, tf.float32), k)
    return tf.reduce_mean(tf.cast(correct, tf.float32))


@symbolic
def r2_op(predictions, targets):
    """Returns 1 − Σ(y − p)² / Σ(y − mean of y)².

    Example:
        >>> float(r2_op([1.0, 2.0, 2.0], [1.0, 2.0, 3.0]))
        0.5
    """
    error = tf.reduce_sum(tf.square(tf.subtract(targets, predictions)))
    spread = tf.reduce_sum(tf.square(tf.subtract(targets, tf.reduce_mean(targets))))
    return tf.subtract(1.0, tf.divide(error, spread))


def weighted_r2_op(predictions, targets, inputs):
    """Returns Σ(p − x)² / Σ(y − x)²; of several inputs, x is the sum.

    Raises:
        Exception: inputs and targets differ in shape.

    Example:
        >>> float(weighted_r2_op([2.0], [3.0], [tf.constant([1.0])]))
        0.25
    """
    inputs = to_list(inputs)
    shape = list(get_incoming_shape(targets))
    if not inputs or any(list(get_incoming_shape(each)) != shape for each in inputs):
        raise Exception("Weighted R2 metric requires Inputs and Targets to have same shape.")
    return _weighted_r2(predictions, targets, inputs)


@symbolic
def _weighted_r2(predictions, targets, inputs):
    inputs = tf.add_n(inputs)
    near = tf.reduce_sum(tf.square(tf.subtract(predictions, inputs)))
    far = tf.reduce_sum(tf.square(tf.subtract(targets, inputs)))
    return tf.divide(near, far)


@symbolic
def _print_counts(value, predictions, name: str):
    if _has_one_output(predictions):
        predicted = tf.cast(tf.reshape(predictions, [-1]) > 0, tf.int64)
    else:
        predicted = tf.argmax(predictions, 1)
    classes, _, counts = tf.unique_with_counts(predicted)
    tf.print(f"{name}: classes", classes, "counts", counts)
    return tf.identity(value)


def _has_one_output(predictions) -> bool:
    shape = get_incoming_shape(predictions)
    return len(shape) == 1 or (len(shape) == 2 and shape[1] == 1)


_BY_NAME = {
    **{each.__name__: each for each in (Accuracy, Top_k, R2, WeightedR2, Prediction_Counts)},
    **{"accuracy": Accuracy, "top_k": Top_k, "prediction_counts": Prediction_Counts},
}
