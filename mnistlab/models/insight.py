"""What is inside of a trained model: its filters, and what they answer to images.

The first convolution of a network looks at pixels, and so its filters can be
looked at as small pictures. Deeper ones look at feature maps, which are better
understood by what they answer to an image.
"""

from collections.abc import Callable

from mnistlab.errors import DesignError
from mnistlab.models.prediction import predict

import keras
import numpy as np
from keras import layers

ACTIVATIONS = (
    layers.Activation,
    layers.ELU,
    layers.LeakyReLU,
    layers.PReLU,
    layers.ReLU,
    layers.Softmax,
)
"""Layers that do nothing else than activate: before the activation is what comes in."""


def filters(model: keras.Model, layer: str = "conv1") -> tuple[np.ndarray, np.ndarray]:
    """Returns the numbers that a convolution layer has learned.

    Args:
        model: a model with weights.
        layer: name of a convolution layer in it.

    Returns:
        Kernel, float32, (height, width, channels, filters), and bias, float32,
        (filters,): zeros where the layer has none. Copies: the model cannot be
        changed through them.

    Raises:
        DesignError: there is no such layer, or it is no convolution.

    Example:
        >>> from mnistlab.models import zoo
        >>> kernel, bias = filters(zoo.build("deeper"), "conv2")
        >>> kernel.shape, bias.shape
        ((3, 3, 32, 64), (64,))
    """
    found = _layer(model, layer)
    if not isinstance(found, layers.Conv2D):
        raise DesignError(
            f"layer {layer!r} is a {type(found).__name__} and has no filters; choose a "
            f"convolution of this model: {_names(model, layers.Conv2D)}."
        )
    if not found.built:
        raise DesignError(
            f"layer {layer!r} has no filters yet: the model has not seen an image. Give it an "
            "Input layer, or call it on an image first."
        )
    kernel, *biases = (weights.astype(np.float32) for weights in found.get_weights())
    return kernel, biases[0] if biases else np.zeros(found.filters, np.float32)


def feature_maps(
    model: keras.Model, images: np.ndarray, layer: str, before_activation: bool = False
) -> np.ndarray:
    """Returns what a layer answers to images: one map for each of its filters.

    Args:
        model: a model, (None, 28, 28, 1) -> ...
        images: as `mnistlab.models.prediction.predict` takes them: uint8 in
            0..255 or float in [0, 1], (n, 28, 28) or (n, 28, 28, 1), or one.
        layer: name of a convolution, pooling, activation or other layer that
            gives maps.
        before_activation: leave out the activation, so that the maps show the
            sums themselves, with their sign. For a convolution, or a layer that
            is an activation itself.

    Returns:
        float32, (n, height, width, maps).

    Raises:
        DesignError: there is no such layer, it gives no maps, or it has no
            activation that could be left out.
        DataError: the images are not what `predict` takes, or the model takes
            other images.

    Example:
        >>> from mnistlab.models import zoo
        >>> feature_maps(zoo.build("three_conv"), np.zeros((5, 28, 28), "uint8"), "conv2").shape
        (5, 11, 11, 64)
    """
    return map_reader(model, layer, before_activation)(images)


def map_reader(
    model: keras.Model, layer: str, before_activation: bool = False
) -> Callable[[np.ndarray], np.ndarray]:
    """Returns a function from images to the maps of a layer, for whoever asks many times.

    Building the way to the layer takes longer than walking it for one image.

    Args:
        model: as in `feature_maps`.
        layer: likewise.
        before_activation: likewise.

    Returns:
        A function: images as `feature_maps` takes them -> float32, (n, height,
        width, maps). It uses the model's own weights, also when the model is
        trained on meanwhile.

    Raises:
        DesignError: as `feature_maps` does.

    Example:
        >>> from mnistlab.models import zoo
        >>> read = map_reader(zoo.build("three_conv"), "pool1")
        >>> read(np.zeros((28, 28), "uint8")).shape
        (1, 13, 13, 32)
    """
    found = _layer(model, layer)
    _check_connected(model, found)
    maps = _before_activation(found) if before_activation else found.output
    shape = tuple(maps.shape[1:])
    if len(shape) != 3 or None in shape:
        raise DesignError(
            f"layer {layer!r} gives {shape} for each image; maps are (height, width, maps), of "
            "known sizes. Choose a layer before the flattening, and an input of (28, 28, 1)."
        )
    flat = keras.Model(model.inputs[0], layers.Flatten()(maps))
    return lambda images: predict(flat, images).reshape(-1, *shape)


def _check_connected(model: keras.Model, layer: layers.Layer) -> None:
    try:
        known = len(model.inputs) == 1 and layer.output is not None
    except (AttributeError, TypeError):
        known = False
    if not known:
        raise DesignError(
            f"layer {layer.name!r} cannot be looked into: how the image gets there is not known. "
            "Take a Sequential or functional model with one input that has seen an image, and a "
            "layer that is used once."
        )


def _before_activation(layer: layers.Layer) -> keras.KerasTensor:
    """Returns what the layer would give without its activation."""
    if isinstance(layer, ACTIVATIONS):
        return layer.input
    if not isinstance(layer, layers.Conv2D):
        raise DesignError(
            f"layer {layer.name!r} is a {type(layer).__name__} and has no activation that could be "
            "left out. Choose a convolution or an activation, or before_activation=False."
        )
    return _Sums(layer)(layer.input)


class _Sums(layers.Layer):
    """What a convolution computes before its activation, with that layer's own weights."""

    def __init__(self, convolution: layers.Conv2D) -> None:
        super().__init__()
        self.convolution = convolution

    def call(self, maps: keras.KerasTensor) -> keras.KerasTensor:
        sums = self.convolution.convolution_op(maps, self.convolution.kernel)
        return sums + self.convolution.bias if self.convolution.use_bias else sums


def _layer(model: keras.Model, name: str) -> layers.Layer:
    for layer in model.layers:
        if layer.name == name:
            return layer
    raise DesignError(
        f"the model {model.name!r} has no layer named {name!r}; it has "
        f"{_names(model, layers.Layer)}."
    )


def _names(model: keras.Model, kind: type) -> str:
    chosen = [layer.name for layer in model.layers if isinstance(layer, kind)]
    return ", ".join(chosen) or "none"
