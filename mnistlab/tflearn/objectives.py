"""Losses under tflearn's names: functions of (y_pred, y_true), the reverse of Keras' order.

Each gives one number for a batch. They compute with the values that they are
given: Keras' losses of the same names look behind a softmax or a sigmoid for
the logits, and have other values and other gradients where it is saturated.
"""

from mnistlab.tflearn.symbols import symbolic
from mnistlab.tflearn.utils import get_from_module

import tensorflow as tf

_EPSILON = 1e-10


def get(identifier):
    """Returns the objective of that name; anything else, as it is.

    Raises:
        Exception: there is no such objective.

    Example:
        >>> float(get("mean_square")([1.0, 2.0], [1.0, 4.0]))
        2.0
    """
    return get_from_module(identifier, _BY_NAME, "objective")


@symbolic
def categorical_crossentropy(y_pred, y_true):
    """Returns the mean over the samples of −Σ y·log p.

    Probabilities are divided by their sum and cut off at 1e-10: a sample costs
    at most 23.03, and one whose class has less than that teaches nothing more,
    since its gradient is zero.

    Args:
        y_pred: probabilities, as a softmax gives them; classes on the last axis.
        y_true: one-hot, or probabilities, of the same shape.

    Example:
        >>> round(float(categorical_crossentropy([[1.0, 0.0]], [[0.0, 1.0]])), 4)
        23.0259
    """
    y_pred, y_true = _floats(y_pred, y_true)
    y_pred /= tf.reduce_sum(y_pred, axis=-1, keepdims=True)
    y_pred = tf.clip_by_value(y_pred, _EPSILON, 1.0 - _EPSILON)
    return tf.reduce_mean(-tf.reduce_sum(y_true * tf.math.log(y_pred), axis=-1))


@symbolic
def softmax_categorical_crossentropy(y_pred, y_true):
    """Returns the mean cross-entropy of the softmax of `y_pred`, which are logits.

    Args:
        y_pred: logits; classes on the last axis.
        y_true: one-hot, or probabilities, of the same shape.

    Example:
        >>> float(softmax_categorical_crossentropy([[60.0, 0.0]], [[0.0, 1.0]]))
        60.0
    """
    y_pred, y_true = _floats(y_pred, y_true)
    labels = tf.stop_gradient(y_true)
    return tf.reduce_mean(tf.nn.softmax_cross_entropy_with_logits(labels, y_pred))


@symbolic
def binary_crossentropy(y_pred, y_true):
    """Returns the mean over all values of the cross-entropy of the sigmoid of `y_pred`.

    They are taken for logits even when they are the results of a sigmoid:
    that is how tflearn's own examples use it.

    Args:
        y_pred: logits.
        y_true: 0 or 1, of the same shape.

    Example:
        >>> round(float(binary_crossentropy([0.0], [1.0])), 4)
        0.6931
    """
    y_pred, y_true = _floats(y_pred, y_true)
    return tf.reduce_mean(tf.nn.sigmoid_cross_entropy_with_logits(y_true, y_pred))


@symbolic
def weighted_crossentropy(y_pred, y_true, weight: float = 1.0):
    """Returns `binary_crossentropy` with what belongs to ones multiplied by `weight`.

    Example:
        >>> round(float(weighted_crossentropy([0.0], [1.0], weight=2.0)), 4)
        1.3863
    """
    y_pred, y_true = _floats(y_pred, y_true)
    return tf.reduce_mean(tf.nn.weighted_cross_entropy_with_logits(y_true, y_pred, weight))


@symbolic
def mean_square(y_pred, y_true):
    """Returns the mean over all values of (p − y)².

    Example:
        >>> float(mean_square([1.0, 2.0], [1.0, 4.0]))
        2.0
    """
    y_pred, y_true = _floats(y_pred, y_true)
    return tf.reduce_mean(tf.square(y_pred - y_true))


@symbolic
def hinge_loss(y_pred, y_true):
    """Returns the mean over all values of max(1 − y·p, 0).

    Args:
        y_pred: any numbers.
        y_true: −1 or 1; zeros are zeros, and Keras would make −1 of them.

    Example:
        >>> float(hinge_loss([0.5, 2.0], [1.0, 1.0]))
        0.25
    """
    y_pred, y_true = _floats(y_pred, y_true)
    return tf.reduce_mean(tf.maximum(1.0 - y_true * y_pred, 0.0))


@symbolic
def roc_auc_score(y_pred, y_true):
    """Returns what takes the place of the area under the ROC curve in training.

    For each pair of a positive p and a negative n with p − n < 0.2, it adds
    (0.2 − (p − n))³. Source: Yan et al., "Optimizing Classifier Performance via an
    Approximation to the Wilcoxon-Mann-Whitney Statistic", 2003.

    Args:
        y_pred: any numbers.
        y_true: 0 or 1, of the same shape.

    Example:
        >>> round(float(roc_auc_score([0.5, 0.5], [1.0, 0.0])), 4)
        0.008
    """
    y_pred, y_true = _floats(y_pred, y_true)
    is_positive = tf.cast(y_true, tf.bool)
    positive = tf.boolean_mask(y_pred, is_positive)[tf.newaxis, :]
    negative = tf.boolean_mask(y_pred, ~is_positive)[:, tf.newaxis]
    short = positive - negative - 0.2
    return tf.reduce_sum(tf.pow(-tf.boolean_mask(short, short < 0.0), 3))


@symbolic
def weak_cross_entropy_2d(
    y_pred, y_true, num_classes: int | None = None, epsilon: float = 0.0001, head=None
):
    """Returns the mean cross-entropy over the pixels of segmented pictures.

    Args:
        y_pred: logits, (samples, rows, columns, classes).
        y_true: one-hot, of the same shape.
        num_classes: how many classes there are, where the shape does not say.
        epsilon: what is added to each logit.
        head: the weight of each class; all alike when `None`.

    Example:
        >>> round(float(weak_cross_entropy_2d([[[[0.0, 0.0]]]], [[[[0.0, 1.0]]]])), 4)
        0.6931
    """
    y_pred, y_true = _floats(y_pred, y_true)
    count = y_true.shape[-1] if num_classes is None else num_classes
    logits = tf.reshape(y_pred, (-1, count)) + epsilon
    of_class = tf.reshape(y_true, (-1, count)) * tf.math.log(tf.nn.softmax(logits))
    weights = 1.0 if head is None else tf.cast(head, of_class.dtype)
    return tf.reduce_mean(-tf.reduce_sum(of_class * weights, axis=1))


@symbolic
def contrastive_loss(y_pred, y_true, margin: float = 1.0):
    """Returns half the sum of y·d² + (1 − y)·max(margin − d, 0)².

    Source: Chopra, Hadsell and LeCun, "Learning a Similarity Metric
    Discriminatively, with Application to Face Verification", 2005.

    Args:
        y_pred: distances d between the two of each pair.
        y_true: 1 where the two are of one kind, else 0.
        margin: how far apart two of different kinds should be.

    Example:
        >>> float(contrastive_loss([2.0, 0.5], [1.0, 0.0]))
        2.125
    """
    y_pred, y_true = _floats(y_pred, y_true)
    alike = y_true * tf.square(y_pred)
    apart = (1 - y_true) * tf.square(tf.maximum(margin - y_pred, 0))
    return tf.reduce_sum(alike + apart) / 2.0


@symbolic
def triplet_loss(anchor, positive, negative, margin: float = 1.0):
    """Returns max(Σ(anchor − positive)² − Σ(anchor − negative)² + margin, 0).

    Source: Balntas et al., "Learning local feature descriptors with triplets
    and shallow convolutional neural networks", 2016.

    Args:
        anchor: features of the batch.
        positive: those of samples of the same kinds.
        negative: those of samples of other kinds.
        margin: how much farther the latter should be.

    Example:
        >>> float(triplet_loss([1.0], [1.5], [1.0]))
        1.25
    """
    near = tf.reduce_sum(tf.square(tf.subtract(anchor, positive)))
    far = tf.reduce_sum(tf.square(tf.subtract(anchor, negative)))
    return tf.nn.relu(near - far + margin)


def _floats(y_pred, y_true) -> tuple[tf.Tensor, tf.Tensor]:
    y_pred = tf.convert_to_tensor(y_pred)
    if not y_pred.dtype.is_floating:
        y_pred = tf.cast(y_pred, tf.float32)
    return y_pred, tf.cast(y_true, y_pred.dtype)


_BY_NAME = {
    each.__name__: each
    for each in (
        *(categorical_crossentropy, softmax_categorical_crossentropy, binary_crossentropy),
        *(weighted_crossentropy, mean_square, hinge_loss, roc_auc_score, weak_cross_entropy_2d),
        *(contrastive_loss, triplet_loss),
    )
}
