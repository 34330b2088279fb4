"""Activations under tflearn's names; where Keras' of the same name differ, it says so.

All of them take arrays, tensors, and the symbolic tensors of a network.
"""

from mnistlab.errors import DesignError
from mnistlab.tflearn.building import Weight, channels_of, layer_name, layer_of, result
from mnistlab.tflearn.graph import eagerly, layer_scope
from mnistlab.tflearn.symbols import Tensor, adopt, apply, is_symbolic, symbolic
from mnistlab.tflearn.utils import get_from_module

import keras
import tensorflow as tf


def get(identifier):
    """Returns the activation of that name; `None`, functions and all else, as they are.

    Raises:
        Exception: there is no such activation.

    Example:
        >>> get("LeakyReLU")([-1.0, 2.0]).numpy()
        array([-0.1,  2. ], dtype=float32)
    """
    return get_from_module(identifier, _BY_NAME, "activation")


def linear(x):
    """Returns x.

    Example:
        >>> linear(3.0)
        3.0
    """
    return x


@symbolic
def tanh(x):
    """Returns the hyperbolic tangent.

    Example:
        >>> tanh([-1.0, 2.0]).numpy().round(3)
        array([-0.762,  0.964], dtype=float32)
    """
    return tf.tanh(x)


@symbolic
def sigmoid(x):
    """Returns 1 / (1 + e⁻ˣ).

    Example:
        >>> sigmoid([-1.0, 2.0]).numpy().round(3)
        array([0.269, 0.881], dtype=float32)
    """
    return tf.nn.sigmoid(x)


@symbolic
def softmax(x):
    """Returns eˣ, divided by its sum over the last axis.

    Example:
        >>> softmax([1.0, 2.0]).numpy().round(3)
        array([0.269, 0.731], dtype=float32)
    """
    return tf.nn.softmax(x)


@symbolic
def softplus(x):
    """Returns log(1 + eˣ).

    Example:
        >>> softplus([-1.0, 2.0]).numpy().round(3)
        array([0.313, 2.127], dtype=float32)
    """
    return tf.nn.softplus(x)


@symbolic
def softsign(x):
    """Returns x / (1 + |x|).

    Example:
        >>> softsign([-1.0, 2.0]).numpy().round(3)
        array([-0.5  ,  0.667], dtype=float32)
    """
    return tf.nn.softsign(x)


@symbolic
def relu(x):
    """Returns x where it is positive, else 0.

    Example:
        >>> relu([-1.0, 2.0]).numpy().round(3)
        array([0., 2.], dtype=float32)
    """
    return tf.nn.relu(x)


@symbolic
def relu6(x):
    """Returns x between 0 and 6, and the nearer of the two elsewhere.

    Example:
        >>> relu6([-1.0, 8.0]).numpy().round(3)
        array([0., 6.], dtype=float32)
    """
    return tf.nn.relu6(x)


@symbolic
def leaky_relu(x, alpha: float = 0.1, name: str = "LeakyReLU"):
    """Returns x where it is positive, else `alpha`·x; 0.1 is neither of Keras' slopes.

    Source: Maas et al., "Rectifier Nonlinearities Improve Neural Network
    Acoustic Models", 2013.

    Example:
        >>> leaky_relu([-1.0, 2.0]).numpy().round(3)
        array([-0.1,  2. ], dtype=float32)
    """
    return tf.nn.leaky_relu(x, alpha)


leakyrelu = leaky_relu


@symbolic
def elu(x):
    """Returns x where it is positive, else eˣ − 1.

    Source: Clevert et al., "Fast and Accurate Deep Network Learning by
    Exponential Linear Units", 2015.

    Example:
        >>> elu([-1.0, 2.0]).numpy().round(3)
        array([-0.632,  2.   ], dtype=float32)
    """
    return tf.nn.elu(x)


@symbolic
def crelu(x):
    """Returns relu(x) and relu(−x), one after the other on the last axis: twice as many channels.

    Source: Shang et al., "Understanding and Improving Convolutional Neural
    Networks via Concatenated Rectified Linear Units", 2016.

    Example:
        >>> crelu([-1.0, 2.0]).numpy().round(3)
        array([0., 2., 1., 0.], dtype=float32)
    """
    return tf.nn.crelu(x)


@symbolic
def selu(x):
    """Returns 1.0507·x where it is positive, else 1.0507·1.6733·(eˣ − 1).

    Source: Klambauer et al., "Self-Normalizing Neural Networks", 2017.

    Example:
        >>> selu([-1.0, 2.0]).numpy().round(3)
        array([-1.111,  2.101], dtype=float32)
    """
    return tf.nn.selu(x)


@symbolic
def swish(x):
    """Returns x·sigmoid(x).

    Source: Ramachandran et al., "Searching for Activation Functions", 2017.

    Example:
        >>> swish([-1.0, 2.0]).numpy().round(3)
        array([-0.269,  1.762], dtype=float32)
    """
    return tf.nn.sigmoid(x) * x


@symbolic
def mish(x):
    """Returns x·tanh(softplus(x)).

    Source: Misra, "Mish: A Self Regularized Non-Monotonic Activation Function", 2019.

    Example:
        >>> mish([-1.0, 2.0]).numpy().round(3)
        array([-0.303,  1.944], dtype=float32)
    """
    return x * tf.tanh(tf.nn.softplus(x))


@symbolic
def hard_sigmoid(x):
    """Returns 0.2·x + 0.5, cut to [0, 1]; Keras 3 has x/6 + 0.5.

    Example:
        >>> hard_sigmoid([-1.0, 4.0]).numpy().round(3)
        array([0.3, 1. ], dtype=float32)
    """
    return tf.clip_by_value(0.2 * tf.convert_to_tensor(x) + 0.5, 0.0, 1.0)


@symbolic
def gelu(x):
    """Returns the approximation with tanh of x·Φ(x); Keras' default is the exact one.

    Source: Hendrycks and Gimpel, "Gaussian Error Linear Units", 2016.

    Example:
        >>> gelu([-1.0, 2.0]).numpy().round(3)
        array([-0.159,  1.955], dtype=float32)
    """
    return tf.nn.gelu(x, approximate=True)


@eagerly
def prelu(
    x,
    channel_shared: bool = False,
    weights_init="zeros",
    trainable: bool = True,
    restore: bool = True,
    reuse: bool = False,
    scope: str | None = None,
    name: str = "PReLU",
):
    """Adds a layer that returns x where it is positive, else `alphas`·x, which it learns.

    Source: He et al., "Delving Deep into Rectifiers", 2015.

    Args:
        x: a symbolic tensor (or an array).
        channel_shared: one weight for all channels, instead of one for each.
        weights_init: what the weights are before training.
        trainable: whether training changes them.
        restore: whether `DNN.load` reads them.
        reuse: shares the weights of the layer that `scope` names.
        scope: the weights' scope, taken as it is.
        name: the scope's name otherwise, with a number when it is taken.

    Returns:
        A tensor of the same shape, with `.alphas` and `.scope`.

    Example:
        >>> maps = prelu(keras.Input((28, 28, 32)))
        >>> maps.shape, tuple(maps.alphas.shape)
        ((None, 28, 28, 32), (32,))
    """
    x = x if is_symbolic(x) else tf.convert_to_tensor(x)
    alphas = Weight("alphas", (1 if channel_shared else channels_of(x, "prelu"),), weights_init)
    weights = {"alphas": alphas}

    def make(name: str) -> PReLU:
        return PReLU(channel_shared, alphas.initializer, name=name)

    with layer_scope(scope, name, reuse) as here:
        layer = layer_of(here, "", make, weights, x, trainable, restore)
        if not is_symbolic(x):
            return layer(x)
        return result(apply(layer, x), here, alphas=layer.alphas)


@keras.saving.register_keras_serializable("mnistlab.tflearn")
class PReLU(keras.layers.Layer):
    """Keeps what is positive, and multiplies the rest by `alphas`, one for each channel.

    Args:
        channel_shared: one weight for all channels.
        alphas_initializer: what the weights are before training.
    """

    def __init__(self, channel_shared: bool = False, alphas_initializer="zeros", **kwargs):
        super().__init__(**kwargs)
        self.channel_shared = channel_shared
        self.alphas_initializer = keras.initializers.get(alphas_initializer)

    def build(self, input_shape):
        """Makes the weights, of shape (channels,) or (1,)."""
        shape = (1,) if self.channel_shared else (input_shape[-1],)
        self.alphas = self.add_weight(
            shape=shape, initializer=self.alphas_initializer, name="alphas"
        )
        self.built = True

    def call(self, inputs):
        """Returns a tensor of the inputs' shape."""
        negative = 0.5 * (inputs - tf.abs(inputs))
        return tf.nn.relu(inputs) + tf.convert_to_tensor(self.alphas) * negative

    def get_config(self):
        """Returns what makes the same layer again."""
        initializer = keras.initializers.serialize(self.alphas_initializer)
        config = {"channel_shared": self.channel_shared, "alphas_initializer": initializer}
        return {**super().get_config(), **config}


# Those that are Keras' own: a network of these is a plain Keras model.
_OF_KERAS = (relu, relu6, tanh, sigmoid, softmax, softplus, softsign, elu, selu)


def activated(tensor: Tensor, activation: object, name: str, optional: bool = False) -> Tensor:
    """Applies an activation: tflearn's by name, or any function of a tensor.

    Args:
        tensor: what it is applied to.
        activation: its name, or a function.
        name: of the layer that it follows.
        optional: whether `None` means none.

    Raises:
        ValueError: it is neither.
        Exception: no activation has that name.
    """
    if activation is None and optional:
        return tensor
    if isinstance(activation, str):
        function = get(activation)
    elif callable(activation):
        function = activation
    else:
        raise DesignError(
            f"Invalid Activation: {activation!r}. Give its name, as 'relu', or a function of a "
            "tensor."
        )
    stock = next((each.__name__ for each in _OF_KERAS if function is each), None)
    if stock is None or not is_symbolic(tensor):
        return adopt(function(tensor))
    return apply(keras.layers.Activation(stock, name=layer_name(f"{name}_{stock}")), tensor)


_BY_NAME = {
    each.__name__: each
    for each in (
        *(linear, tanh, sigmoid, softmax, softplus, softsign, relu, relu6, leaky_relu, prelu),
        *(elu, crelu, selu, swish, mish, hard_sigmoid, gelu),
    )
} | {"leakyrelu": leaky_relu}
