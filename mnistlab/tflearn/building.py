"""What layers have in common: what they accept, how they are named, made, shared and registered."""

import math
from collections.abc import Callable, Sequence

from mnistlab.errors import DesignError
from mnistlab.tflearn import initializations, regularizers
from mnistlab.tflearn.graph import Scope, current
from mnistlab.tflearn.symbols import Tensor, adopt

import keras
import numpy as np
import tensorflow as tf


class ShapeError(DesignError, AssertionError):
    """A layer cannot take a tensor of that shape; tflearn asserted that it can."""


def incoming_tensor(incoming: object, layer: str, rank: int | None = None) -> Tensor:
    """Returns what a layer is given, if it is a symbolic tensor of that rank.

    Args:
        incoming: the output of another layer.
        layer: name of the function, for the message.
        rank: number of dimensions, the batch's included; `None` for 2 or more.

    Raises:
        ShapeError: it is no symbolic tensor, has another rank, or has an unknown
            length besides that of the batch.
    """
    if not isinstance(incoming, keras.KerasTensor):
        raise ShapeError(
            f"Invalid incoming layer: {layer} was given {type(incoming).__name__}. Give it the "
            "output of another layer, or of input_data."
        )
    lengths = tuple(incoming.shape)
    asked = "at least 2-D" if rank is None else f"{rank}-D"
    if len(lengths) != rank if rank else len(lengths) < 2:
        raise ShapeError(
            f"Incoming Tensor shape must be {asked}: {layer} was given {lengths}. Use "
            "tflearn.reshape, or another shape in input_data."
        )
    return adopt(incoming)


def lengths_of(incoming: Tensor, layer: str) -> tuple[int, ...]:
    """Returns the lengths of all dimensions but the batch's; each must be known."""
    lengths = tuple(incoming.shape)[1:]
    if None in lengths:
        raise ShapeError(
            f"{layer} needs to know each length but the batch's, and was given "
            f"{tuple(incoming.shape)}. Name them in input_data(shape=...) or tflearn.reshape."
        )
    return lengths


def channels_of(incoming: Tensor, layer: str) -> int:
    """Returns the last length, which must be known."""
    channels = incoming.shape[-1]
    if channels is None:
        raise ShapeError(
            f"{layer} needs to know how many channels there are, and was given "
            f"{tuple(incoming.shape)}. Name the last length in input_data(shape=...)."
        )
    return channels


def count(value: object, name: str, layer: str) -> int:
    """Returns a whole number of 1 or more."""
    whole = isinstance(value, int | np.integer) and not isinstance(value, bool)
    if not whole or value < 1:
        raise DesignError(f"{layer}: {name} must be a whole number of 1 or more, not {value!r}.")
    return int(value)


class Weight:
    """A variable that a layer is to have.

    Args:
        name: its name in the layer's scope, "W".
        shape: its shape.
        start: what gives its values, as `weights_init` does.
        penalty: its regularization loss as a function of its values, or `None`.
        trainable: whether training changes it.

    Attributes:
        initializer: Keras' initializer of that.

    Raises:
        DesignError: the values given are of another shape.
    """

    def __init__(
        self,
        name: str,
        shape: Sequence[int],
        start: object,
        penalty: Callable | None = None,
        trainable: bool = True,
    ):
        self.name, self.shape, self.penalty = name, tuple(shape), penalty
        self.trainable = trainable
        self._start, given = initializations.as_initializer(start)
        self.initializer = _of_keras(self._start, self.shape)
        if given is not None and tuple(given) != self.shape:
            raise DesignError(
                f"The values for {name} have shape {tuple(given)}; the layer needs {self.shape}. "
                "Give weights_init or bias_init an array of that shape."
            )

    def draw(self) -> np.ndarray:
        """Returns initial values, drawn anew."""
        return initializations.draw(self._start, self.shape)


def kernel_and_bias(
    shape: Sequence[int],
    units: int,
    bias: bool,
    weights_init: object,
    bias_init: object,
    penalty: Callable | None,
) -> dict[str, Weight]:
    """Returns the variables of a dense layer or a convolution: W, and b where it has one."""
    weights = {"kernel": Weight("W", shape, weights_init, penalty)}
    if bias:
        weights["bias"] = Weight("b", (units,), bias_init)
    return weights


def kernel_settings(weights: dict[str, Weight]) -> dict[str, object]:
    """Returns the arguments by which a layer of Keras makes its kernel and its bias."""
    bias = weights.get("bias")
    return {
        "use_bias": bias is not None,
        "kernel_initializer": weights["kernel"].initializer,
        "bias_initializer": "zeros" if bias is None else bias.initializer,
    }


def _of_keras(
    initializer: keras.initializers.Initializer, shape: tuple[int, ...]
) -> keras.initializers.Initializer:
    """Returns Keras' own initializer of the same distribution, if it has one.

    A network that is made of these is saved to a `.keras` file that plain Keras loads.
    """
    if not isinstance(initializer, initializations.Random):
        return initializer
    seed = current().new_seed() if initializer.seed is None else initializer.seed
    match initializer:
        case initializations.Uniform():
            own = keras.initializers.RandomUniform
            return own(initializer.minval, initializer.maxval, seed=seed)
        case initializations.Normal(truncated=truncated):
            own = (
                keras.initializers.TruncatedNormal if truncated else keras.initializers.RandomNormal
            )
            return own(initializer.mean, initializer.stddev, seed=seed)
        case initializations.UniformScaling(factor=factor) if len(shape) > 1:
            return keras.initializers.VarianceScaling(factor**2, "fan_in", "uniform", seed=seed)
        case initializations.VarianceScaling(uniform=True) if len(shape) > 1:
            own = keras.initializers.VarianceScaling
            return own(initializer.factor, initializer.mode.lower(), "uniform", seed=seed)
        case initializations.VarianceScaling(mode="FAN_IN") if len(shape) > 1:
            stddev = math.sqrt(1.3 * initializer.factor / math.prod(shape[:-1]))
            return keras.initializers.TruncatedNormal(0.0, stddev, seed=seed)
    return initializer


def penalty_of(regularizer: object, weight_decay: float) -> Callable | None:
    """Returns a regularization loss as a function of a variable; `None` for none."""
    if not regularizer:
        return None
    function = regularizers.get(regularizer)
    return lambda variable: function(variable, weight_decay)


def layer_of(
    scope: Scope,
    key: str,
    make: Callable[[str], keras.layers.Layer],
    weights: dict[str, Weight],
    incoming: Tensor,
    trainable: bool,
    restore: bool,
) -> keras.layers.Layer:
    """Returns the scope's layer: a new one, or the one whose weights are to be shared.

    Args:
        scope: where it is.
        key: which of the scope's layers; empty for the only one.
        make: makes the Keras layer, given its name.
        weights: its variables, by attribute of the Keras layer, in tflearn's order.
        incoming: what it is built for.
        trainable: whether training changes its weights.
        restore: whether `DNN.load` reads them.

    Raises:
        ValueError: the layer to be shared is another one.
    """
    path = scope.name + key
    layer = scope.graph.layers.get(path)
    if layer is None:
        layer = make(layer_name(path))
        layer.build(incoming.shape)
        _register(scope, layer, weights, trainable, restore)
        scope.graph.layers[path] = layer
    else:
        _check_shared(scope, layer, make(layer.name), weights)
    return layer


def _register(
    scope: Scope,
    layer: keras.layers.Layer,
    weights: dict[str, Weight],
    trainable: bool,
    restore: bool,
) -> None:
    graph = scope.graph
    for attribute, weight in weights.items():
        variable = getattr(layer, attribute)
        changes = trainable and weight.trainable
        graph.add_variable(f"{scope.name}/{weight.name}", variable, weight.draw, changes, restore)
        if weight.trainable:
            graph.layer_variables.setdefault(scope.name, []).append(variable)
        if weight.penalty is not None:
            regularizers.add_weights_regularizer(variable, weight.penalty)


def _check_shared(
    scope: Scope, layer: keras.layers.Layer, like: keras.layers.Layer, weights: dict[str, Weight]
) -> None:
    for attribute, weight in weights.items():
        name = f"{scope.name}/{weight.name}"
        variable = getattr(layer, attribute, None)
        if variable is None:
            raise ValueError(
                f"Variable {name} does not exist, or was not created with tf.get_variable(). Did "
                "you mean to set reuse=tf.AUTO_REUSE in VarScope?"
            )
        if tuple(variable.shape) != weight.shape:
            raise ValueError(
                f"Trying to share variable {name}, but specified shape {weight.shape} and found "
                f"shape {tuple(variable.shape)}."
            )
    if _settings(layer) != _settings(like):
        raise DesignError(
            f"The layer {scope.name} is to be shared with other settings than it was made with "
            "(strides, padding, bias or the like). Give it the same ones, or another scope."
        )


def _settings(layer: keras.layers.Layer) -> dict[str, object]:
    """Returns what a layer computes, whatever its weights start from."""
    config = layer.get_config()
    return {key: config[key] for key in config if not key.endswith("initializer")}


def layer_name(name: str) -> str:
    """Returns a name that Keras accepts, and that no other layer of the graph has."""
    return current().unique(name.replace("/", "_"))


def result(tensor: Tensor, scope: Scope, **attributes) -> Tensor:
    """Registers a layer's output, and gives it the scope and the variables of the layer."""
    adopt(tensor, scope=tf.compat.v1.get_variable_scope(), **attributes)
    scope.graph.add_output(scope.name, tensor)
    return tensor


def named_result(tensor: Tensor, name: str) -> Tensor:
    """Registers the output of a layer without weights, under the name as it was given."""
    adopt(tensor, scope=f"{name}/")
    current().add_output(name, tensor)
    return tensor
