"""Inputs, dense layers, dropout, and what only changes a tensor's shape."""

from collections.abc import Callable, Sequence

from mnistlab.errors import DesignError
from mnistlab.tflearn.activations import activated
from mnistlab.tflearn.building import (
    Weight,
    count,
    incoming_tensor,
    kernel_and_bias,
    kernel_settings,
    layer_name,
    layer_of,
    lengths_of,
    named_result,
    penalty_of,
    result,
)
from mnistlab.tflearn.graph import current, eagerly, layer_scope
from mnistlab.tflearn.symbols import Tensor, adopt, apply, is_symbolic, symbolic

import keras
import numpy as np

# As in tflearn: star imports pass this `tf` on to scripts.
import tensorflow.compat.v1 as tf
from tensorflow import get_current_name_scope


@eagerly
def input_data(
    shape: Sequence[int | None] | None = None,
    placeholder: keras.KerasTensor | None = None,
    dtype: tf.DType = tf.float32,
    data_preprocessing: object = None,
    data_augmentation: object = None,
    name: str = "InputData",
) -> Tensor:
    """Begins a network: what `fit` and `predict` feed by its name.

    Args:
        shape: lengths of the dimensions; `None` for the batch's is put before
            them if there are two or more and the first is not `None`.
        placeholder: a symbolic tensor to take instead of a new one.
        dtype: type of the data.
        data_preprocessing: a `DataPreprocessing`, for training and prediction.
        data_augmentation: a `DataAugmentation`, for training only.
        name: its key in a feed dictionary; "input_1" when "input" is taken.

    Raises:
        DesignError: neither a shape nor a placeholder is given, or a length is no length.

    Example:
        >>> images = input_data(shape=[None, 28, 28, 1], name="input")
        >>> images.shape, images.name.endswith("/X:0")
        ((None, 28, 28, 1), True)
    """
    if placeholder is None:
        if shape is None:
            raise DesignError(
                "Either a `shape` or `placeholder` argument is required to construct an input "
                "layer. For MNIST: input_data(shape=[None, 28, 28, 1])."
            )
        placeholder = _new_input(shape, dtype, name, "/X")
    elif not isinstance(placeholder, keras.KerasTensor):
        raise DesignError(
            f"placeholder must be a symbolic tensor, not {type(placeholder).__name__}. Give "
            "shape=[...] instead, or the result of keras.Input."
        )
    elif not hasattr(placeholder, "key"):
        adopt(placeholder, key=placeholder.name, name=f"{placeholder.name}:0")
    adopt(placeholder, preprocessing=data_preprocessing, augmentation=data_augmentation)
    graph = current()
    graph.inputs.append(placeholder)
    graph.add_output(name, placeholder)
    return placeholder


def _new_input(
    shape: Sequence[int | None], dtype: tf.DType, name: str, end: str, batched: bool = False
) -> Tensor:
    lengths = [_length(each, name) for each in shape]
    if not batched and len(lengths) > 1 and lengths[0] is not None:
        lengths = [None, *lengths]
    around = get_current_name_scope() or tf.get_variable_scope().name
    key = current().unique(f"{around}/{name}" if around else name)
    of_keras = key if "/" not in key else layer_name(key)
    tensor = keras.Input(batch_shape=lengths, dtype=tf.as_dtype(dtype).name, name=of_keras)
    return adopt(tensor, key=key, name=f"{key}{end}:0")


def _length(length: object, name: str) -> int | None:
    return None if length is None or length == -1 else count(length, "each length", name)


def new_placeholder(
    shape: Sequence[int | None], dtype: tf.DType, name: str, end: str = "/Y"
) -> Tensor:
    """Returns a placeholder, for labels if not said otherwise: its key is `name`.

    Its own name is that and an end, "targets/Y:0".
    """
    return _new_input(shape, dtype, name, end, batched=True)


@eagerly
def multi_target_data(
    name_list: Sequence[str], shape: Sequence[int | None], dtype: tf.DType = tf.float32
) -> Tensor:
    """Makes a placeholder for labels under each name, and joins them along the batch.

    Args:
        name_list: their keys in a feed dictionary.
        shape: shape of the labels of each, the batch's `None` included.
        dtype: their type.

    Returns:
        Tensor of the labels of the first, then the second, for `regression(placeholder=...)`.

    Example:
        >>> multi_target_data(["real", "fake"], shape=[None, 2]).shape
        (None, 2)
    """
    placeholders = [new_placeholder(shape, dtype, name) for name in name_list]
    current().targets.extend(placeholders)
    return apply(keras.layers.Concatenate(axis=0), placeholders)


@eagerly
def fully_connected(
    incoming: Tensor,
    n_units: int,
    activation: str | Callable | None = "linear",
    bias: bool = True,
    weights_init: object = "truncated_normal",
    bias_init: object = "zeros",
    regularizer: str | Callable | None = None,
    weight_decay: float = 0.001,
    trainable: bool = True,
    restore: bool = True,
    reuse: bool = False,
    scope: str | None = None,
    name: str = "FullyConnected",
) -> Tensor:
    """Connects each input to each of `n_units` units; what has more than 2 dimensions is flattened.

    Args:
        incoming: of shape (batch, ...).
        n_units: how many units.
        activation: a name, a function of a tensor, or `None`.
        bias: whether each unit has a bias.
        weights_init: a name, an initializer, or an array of shape (inputs, units).
        bias_init: likewise, of shape (units,).
        regularizer: "L2", "L1" or a function; of the weights only.
        weight_decay: its factor.
        trainable: whether training changes the weights.
        restore: whether `DNN.load` reads them.
        reuse: whether the scope's weights are shared.
        scope: name of the variables' scope, as it is.
        name: name of the scope otherwise; "FullyConnected_1" when it is taken.

    Returns:
        Tensor of shape (batch, n_units), with `.W`, `.b` and `.scope`.

    Example:
        >>> units = fully_connected(input_data([None, 28, 28]), 10, activation="softmax")
        >>> units.shape, tuple(units.W.shape)
        ((None, 10), (784, 10))
    """
    incoming = incoming_tensor(incoming, "fully_connected")
    units = count(n_units, "n_units", "fully_connected")
    inputs = int(np.prod(lengths_of(incoming, "fully_connected")))
    penalty = penalty_of(regularizer, weight_decay)
    weights = kernel_and_bias((inputs, units), units, bias, weights_init, bias_init, penalty)
    with layer_scope(scope, name, reuse) as here:
        flat = _flat(incoming, here.name)
        layer = layer_of(here, "", _dense(units, weights), weights, flat, trainable, restore)
        outgoing = activated(apply(layer, flat), activation, here.name, optional=True)
        return result(outgoing, here, W=layer.kernel, b=layer.bias)


def _flat(incoming: Tensor, name: str) -> Tensor:
    """Flattens all but the batch, row by row."""
    if len(incoming.shape) == 2:
        return incoming
    return apply(keras.layers.Flatten(name=layer_name(f"{name}_Flatten")), incoming)


def _dense(units: int, weights: dict[str, Weight]) -> Callable[[str], keras.layers.Layer]:
    return lambda name: keras.layers.Dense(units, name=name, **kernel_settings(weights))


@eagerly
def dropout(
    incoming: Tensor,
    keep_prob: float,
    noise_shape: Sequence[int | None] | None = None,
    name: str = "Dropout",
) -> Tensor:
    """Drops values in training, each with probability 1 − `keep_prob`, and scales the others up.

    Keras' `Dropout` takes the probability of dropping: `dropout(x, 0.8)` is `Dropout(0.2)`.

    Args:
        incoming: a tensor.
        keep_prob: probability that a value is kept, above 0 and at most 1.
        noise_shape: shape of the random choices; where it is 1, they are shared.
        name: name of the layer.

    Raises:
        DesignError: `keep_prob` is no such number.

    Example:
        >>> dropout(input_data([None, 10]), 0.8).shape
        (None, 10)
    """
    return named_result(_dropped(incoming, keep_prob, noise_shape, name), name)


def _dropped(
    incoming: Tensor, keep_prob: float, noise_shape: Sequence[int | None] | None, name: str
) -> Tensor:
    if isinstance(keep_prob, bool) or not isinstance(keep_prob, int | float | np.number):
        raise DesignError(f"keep_prob must be a number, not {type(keep_prob).__name__}.")
    if not 0 < keep_prob <= 1:
        raise DesignError(
            "keep_prob must be a scalar tensor or a float in the range (0, 1], got "
            f"{keep_prob}. It is the probability of keeping a value: 0.8 drops one in five."
        )
    shape = None if noise_shape is None else tuple(noise_shape)
    layer = keras.layers.Dropout(
        1 - float(keep_prob), noise_shape=shape, seed=current().new_seed(), name=layer_name(name)
    )
    return apply(layer, incoming)


@eagerly
def custom_layer(incoming: object, custom_fn: Callable, **kwargs) -> Tensor:
    """Applies a function of your own: `custom_fn(incoming, **kwargs)`.

    Args:
        incoming: a tensor, or a list of them.
        custom_fn: the function; what it does with TensorFlow or Keras becomes part of the network.
        kwargs: passed on to it, `name` included.

    Example:
        >>> custom_layer(input_data([None, 3]), lambda x, factor: x * factor, factor=2).shape
        (None, 3)
    """
    tensor = adopt(custom_fn(incoming, **kwargs))
    if isinstance(tensor, keras.KerasTensor):
        current().add_output(kwargs.get("name", "CustomLayer"), tensor)
    return tensor


@eagerly
def reshape(incoming: Tensor, new_shape: Sequence[int], name: str = "Reshape") -> Tensor:
    """Gives a tensor another shape, of which the batch is part.

    Args:
        incoming: a tensor; a list of them is joined along the batch first.
        new_shape: all lengths; −1 for one that follows from the others. The
            batch's may change, too.
        name: name of the layer.

    Example:
        >>> reshape(input_data([None, 784]), [-1, 28, 28, 1]).shape
        (None, 28, 28, 1)
    """
    if isinstance(incoming, list | tuple):
        joined = apply(keras.ops.concatenate, list(incoming), axis=0)
        incoming = apply(keras.ops.cast, joined, "float32")
    return named_result(_reshaped(incoming, new_shape, name), name)


def _reshaped(incoming: Tensor, new_shape: Sequence[int], name: str) -> Tensor:
    lengths = tf.nest.flatten(new_shape)
    if is_symbolic(lengths) or not is_symbolic(incoming):
        return adopt(tf.reshape(incoming, new_shape))
    lengths = [int(each) for each in lengths]
    _check_lengths(incoming, lengths)
    _, *others = incoming.shape
    if lengths[0] == -1 and None not in others and np.prod(lengths[1:]) == np.prod(others):
        # The batch stays as it is: Keras has a layer for that.
        return apply(keras.layers.Reshape(lengths[1:], name=layer_name(name)), incoming)
    return _with_shape(incoming, lengths)


def _check_lengths(incoming: Tensor, lengths: list[int]) -> None:
    """Raises `DesignError` if no batch can have the new shape."""
    known = None not in incoming.shape and -1 not in lengths
    if lengths.count(-1) > 1 or (known and np.prod(incoming.shape) != np.prod(lengths)):
        raise DesignError(
            f"reshape cannot make {lengths} of a tensor of shape {tuple(incoming.shape)}. The "
            "numbers of values must agree, with at most one -1."
        )


@symbolic
def _with_shape(tensor: tf.Tensor, shape: Sequence[int]) -> tf.Tensor:
    return tf.reshape(tensor, shape)


@eagerly
def flatten(incoming: Tensor, name: str = "Flatten") -> Tensor:
    """Flattens all but the batch, row by row.

    Args:
        incoming: of shape (batch, ...).
        name: name of the layer.

    Example:
        >>> flatten(input_data([None, 7, 7, 64])).shape
        (None, 3136)
    """
    incoming = incoming_tensor(incoming, "flatten")
    return reshape(incoming, [-1, int(np.prod(lengths_of(incoming, "flatten")))], name)


@eagerly
def activation(
    incoming: Tensor, activation: str | Callable = "linear", name: str = "activation"
) -> Tensor:
    """Applies an activation.

    Args:
        incoming: a tensor.
        activation: a name, or a function of a tensor.
        name: name of the layer.

    Raises:
        DesignError: it is neither.

    Example:
        >>> activation(input_data([None, 10]), "relu").shape
        (None, 10)
    """
    tensor = activated(incoming, activation, name)
    current().add_output(name, tensor)
    return tensor


@keras.saving.register_keras_serializable("mnistlab.tflearn")
class Affine(keras.layers.Layer):
    """Scales and shifts each unit by itself: inputs · scale + shift.

    Args:
        units: length of the last dimension; 1 suits any.
        use_scale: whether there is a scale.
        use_shift: whether there is a shift.
        scale_initializer: what the scale starts from.
        shift_initializer: what the shift starts from.
    """

    def __init__(
        self,
        units: int,
        use_scale: bool = True,
        use_shift: bool = True,
        scale_initializer: object = "ones",
        shift_initializer: object = "zeros",
        **kwargs,
    ):
        super().__init__(**kwargs)
        self.units, self.use_scale, self.use_shift = units, use_scale, use_shift
        self.scale_initializer = keras.initializers.get(scale_initializer)
        self.shift_initializer = keras.initializers.get(shift_initializer)

    def build(self, input_shape):
        """Makes the variables."""
        self.scale = self.shift = None
        if self.use_scale:
            self.scale = self.add_weight(
                shape=(self.units,), initializer=self.scale_initializer, name="scale"
            )
        if self.use_shift:
            self.shift = self.add_weight(
                shape=(self.units,), initializer=self.shift_initializer, name="shift"
            )
        self.built = True

    def call(self, inputs):
        """Returns the scaled and shifted values."""
        outputs = inputs if self.scale is None else inputs * self.scale
        return outputs if self.shift is None else outputs + self.shift

    def compute_output_shape(self, input_shape):
        """Returns the shape of the inputs."""
        return input_shape

    def get_config(self):
        """Returns what a `.keras` file holds of the layer."""
        return {
            **super().get_config(),
            "units": self.units,
            "use_scale": self.use_scale,
            "use_shift": self.use_shift,
            "scale_initializer": keras.initializers.serialize(self.scale_initializer),
            "shift_initializer": keras.initializers.serialize(self.shift_initializer),
        }


@eagerly
def single_unit(
    incoming: Tensor,
    activation: str | Callable = "linear",
    bias: bool = True,
    trainable: bool = True,
    restore: bool = True,
    reuse: bool = False,
    scope: str | None = None,
    name: str = "Linear",
) -> Tensor:
    """Multiplies by a weight and adds a bias: linear regression of one variable.

    What has more dimensions than the batch is flattened into it. The weight
    and the bias start from one draw each of `np.random.randn()`.

    Args:
        incoming: of shape (batch,) or (batch, 1).
        activation: a name, or a function of a tensor.
        bias: whether there is a bias.
        trainable: whether training changes the two.
        restore: whether `DNN.load` reads them.
        reuse: whether the scope's weights are shared.
        scope: name of the variables' scope, as it is.
        name: name of the scope otherwise.

    Returns:
        Tensor of shape (batch,), with `.W`, `.b` and `.scope`.

    Example:
        >>> single_unit(input_data([None])).shape
        (None,)
    """
    if not isinstance(incoming, keras.KerasTensor):
        incoming = incoming_tensor(incoming, "single_unit")
    inputs = int(np.prod(lengths_of(incoming, "single_unit")))
    weights = {"scale": Weight("W", (inputs,), _drawn_once())}
    if bias:
        weights["shift"] = Weight("b", (inputs,), _drawn_once())
    with layer_scope(scope, name, reuse) as here:
        if len(incoming.shape) > 1:
            incoming = _with_shape(incoming, [-1])
        make = affine_of(inputs, weights)
        layer = layer_of(here, "", make, weights, incoming, trainable, restore)
        outgoing = activated(apply(layer, incoming), activation, here.name)
        return result(outgoing, here, W=layer.scale, b=layer.shift)


def _drawn_once() -> keras.initializers.Initializer:
    # tflearn draws from NumPy's global generator, which scripts seed.
    return keras.initializers.Constant(np.random.randn())


def affine_of(units: int, weights: dict[str, Weight]) -> Callable[[str], keras.layers.Layer]:
    """Returns a function that makes an `Affine` layer with those of `weights`, given its name."""
    initializers = {f"{key}_initializer": weight.initializer for key, weight in weights.items()}
    return lambda name: Affine(
        units,
        use_scale="scale" in weights,
        use_shift="shift" in weights,
        name=name,
        **initializers,
    )


@eagerly
def highway(
    incoming: Tensor,
    n_units: int,
    activation: str | Callable = "linear",
    transform_dropout: float | None = None,
    weights_init: object = "truncated_normal",
    bias_init: object = "zeros",
    regularizer: str | Callable | None = None,
    weight_decay: float = 0.001,
    trainable: bool = True,
    restore: bool = True,
    reuse: bool = False,
    scope: str | None = None,
    name: str = "FullyConnectedHighway",
) -> Tensor:
    """Mixes a dense layer with its input, as a gate says: H · T + x · (1 − T).

    H is the dense layer, T = sigmoid(x · W_T + b_T), b_T starts from −1.
    Source: https://arxiv.org/abs/1505.00387.

    Args:
        incoming: of shape (batch, ...), with as many values as there are units.
        n_units: how many units.
        activation: of H; a name, or a function of a tensor.
        transform_dropout: probability that a value of T is kept in training.
        weights_init: of W and W_T.
        bias_init: of b.
        regularizer: "L2", "L1" or a function; of W only.
        weight_decay: its factor.
        trainable: whether training changes the weights.
        restore: whether `DNN.load` reads them.
        reuse: whether the scope's weights are shared.
        scope: name of the variables' scope, as it is.
        name: name of the scope otherwise.

    Returns:
        Tensor of shape (batch, n_units), with `.W`, `.b`, `.W_t`, `.b_t` and `.scope`.

    Example:
        >>> highway(input_data([None, 64]), 64, activation="elu").shape
        (None, 64)
    """
    incoming = incoming_tensor(incoming, "highway")
    units = count(n_units, "n_units", "highway")
    inputs = int(np.prod(lengths_of(incoming, "highway")))
    if units != inputs:
        raise DesignError(
            f"highway needs as many units as inputs, because it mixes them: it was given "
            f"{inputs:,} inputs and n_units={units:,}. Put a fully_connected layer before it."
        )
    penalty = penalty_of(regularizer, weight_decay)
    weights = kernel_and_bias((inputs, units), units, True, weights_init, bias_init, penalty)
    gates = {
        "kernel": Weight("W_T", (inputs, units), weights_init),
        "bias": Weight("b_T", (units,), keras.initializers.Constant(-1.0)),
    }
    with layer_scope(scope, name, reuse) as here:
        flat = _flat(incoming, here.name)
        dense = layer_of(here, "", _dense(units, weights), weights, flat, trainable, restore)
        gate = layer_of(here, "/gate", _dense(units, gates), gates, flat, trainable, restore)
        transformed = activated(apply(dense, flat), activation, here.name)
        share = activated(apply(gate, flat), "sigmoid", f"{here.name}_gate")
        if transform_dropout:
            share = _dropped(share, transform_dropout, None, f"{here.name}_gate_Dropout")
        outgoing = mixed(transformed, flat, share)
        return result(outgoing, here, W=dense.kernel, b=dense.bias, W_t=gate.kernel, b_t=gate.bias)


def mixed(transformed: Tensor, carried: Tensor, share: Tensor) -> Tensor:
    """Returns `transformed` · `share` + `carried` · (1 − `share`)."""
    return transformed * share + carried * (1.0 - share)
