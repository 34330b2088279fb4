"""Batch normalization, and normalizations without weights."""

from collections.abc import Callable, Sequence

from mnistlab.tflearn import initializations
from mnistlab.tflearn.building import (
    Weight,
    channels_of,
    incoming_tensor,
    layer_of,
    named_result,
    result,
)
from mnistlab.tflearn.graph import current, eagerly, layer_scope
from mnistlab.tflearn.symbols import Tensor, adopt, apply, symbolic
from mnistlab.tflearn.utils import get_from_module

import keras
import tensorflow.compat.v1 as tf


@eagerly
def batch_normalization(
    incoming: Tensor,
    beta: float = 0.0,
    gamma: float = 1.0,
    epsilon: float = 1e-5,
    decay: float = 0.9,
    stddev: float = 0.002,
    trainable: bool = True,
    restore: bool = True,
    reuse: bool = False,
    scope: str | None = None,
    name: str = "BatchNormalization",
) -> Tensor:
    """Gives each channel of a batch mean 0 and variance 1, then scales it by gamma and adds beta.

    Outside training, running means of the batches' statistics are used. With
    `trainable=False`, beta and gamma stay as they are, while training still
    uses the batch's statistics and keeps the running means; `trainable = False`
    on Keras' own layer stops both. Source: https://arxiv.org/abs/1502.03167.

    Args:
        incoming: of shape (batch, ..., channels).
        beta: what beta starts from.
        gamma: mean of the normal distribution that gamma is drawn from.
        epsilon: added to the variance.
        decay: how much of the running means each batch keeps.
        stddev: standard deviation of the normal distribution that gamma is drawn from.
        trainable: whether training changes beta and gamma.
        restore: whether `DNN.load` reads the variables.
        reuse: whether the scope's variables are shared.
        scope: name of the variables' scope, as it is.
        name: name of the scope otherwise.

    Returns:
        Tensor of the same shape, with `.beta`, `.gamma` and `.scope`.

    Example:
        >>> tuple(batch_normalization(keras.Input((28, 28, 32))).gamma.shape)
        (32,)
    """
    incoming = incoming_tensor(incoming, "batch_normalization")
    weights = _weights(incoming, beta, gamma, stddev)
    make = _normalization(weights, decay, epsilon)
    with layer_scope(scope, name, reuse) as here:
        layer = layer_of(here, "", make, weights, incoming, trainable, restore)
        return result(apply(layer, incoming), here, beta=layer.beta, gamma=layer.gamma)


def _weights(incoming: Tensor, beta: float, gamma: float, stddev: float) -> dict[str, Weight]:
    shape = (channels_of(incoming, "batch_normalization"),)
    return {
        "beta": Weight("beta", shape, keras.initializers.Constant(beta)),
        "gamma": Weight("gamma", shape, initializations.normal(mean=gamma, stddev=stddev)),
        "moving_mean": Weight("moving_mean", shape, "zeros", trainable=False),
        "moving_variance": Weight(
            "moving_variance", shape, keras.initializers.Ones(), trainable=False
        ),
    }


def _normalization(
    weights: dict[str, Weight], decay: float, epsilon: float
) -> Callable[[str], keras.layers.Layer]:
    initializers = {f"{key}_initializer": weight.initializer for key, weight in weights.items()}
    return lambda name: keras.layers.BatchNormalization(
        momentum=decay, epsilon=epsilon, name=name, **initializers
    )


@eagerly
def local_response_normalization(
    incoming: Tensor,
    depth_radius: int = 5,
    bias: float = 1.0,
    alpha: float = 0.0001,
    beta: float = 0.75,
    name: str = "LocalResponseNormalization",
) -> Tensor:
    """Divides by (bias + alpha · the sum of squares over near channels) to the power of beta.

    Args:
        incoming: of shape (batch, height, width, channels).
        depth_radius: how many channels on either side are near.
        bias: added to the sum.
        alpha: factor of the sum.
        beta: the exponent.
        name: name of the layer.

    Example:
        >>> local_response_normalization(keras.Input((28, 28, 32))).shape
        (None, 28, 28, 32)
    """
    incoming = incoming_tensor(incoming, "local_response_normalization", 4)
    return named_result(_response(incoming, depth_radius, bias, alpha, beta), name)


@symbolic
def _response(
    images: tf.Tensor, depth_radius: int, bias: float, alpha: float, beta: float
) -> tf.Tensor:
    return tf.nn.local_response_normalization(images, depth_radius, bias, alpha, beta)


@eagerly
def l2_normalize(
    incoming: Tensor, dim: int | Sequence[int], epsilon: float = 1e-12, name: str = "l2_normalize"
) -> Tensor:
    """Gives vectors length 1: divides by the square root of max(sum of squares, epsilon).

    Args:
        incoming: a tensor or an array.
        dim: the dimension that the vectors lie along.
        epsilon: least sum of squares.
        name: name of the layer.

    Example:
        >>> l2_normalize(tf.constant([[3.0, 4.0]]), 1).numpy()
        array([[0.6, 0.8]], dtype=float32)
    """
    outgoing = adopt(_of_length_one(incoming, dim, epsilon))
    current().add_output(name, outgoing)
    return outgoing


@symbolic
def _of_length_one(vectors: tf.Tensor, dim: int | Sequence[int], epsilon: float) -> tf.Tensor:
    squares = tf.reduce_sum(tf.square(vectors), axis=dim, keepdims=True)
    return vectors * tf.math.rsqrt(tf.maximum(squares, epsilon))


def get(identifier: str | Callable) -> Callable:
    """Returns the normalization of that name, or what is given if it is no string.

    Raises:
        Exception: there is no such normalization.

    Example:
        >>> get("batch_normalization").__name__
        'batch_normalization'
    """
    known = (batch_normalization, local_response_normalization, l2_normalize)
    return get_from_module(identifier, {each.__name__: each for each in known}, "normalization")
