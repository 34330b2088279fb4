"""Convolutions, pools, and the blocks that residual networks are made of."""

from collections.abc import Callable, Sequence

from mnistlab.errors import DesignError
from mnistlab.tflearn.activations import activated
from mnistlab.tflearn.building import (
    ShapeError,
    Weight,
    channels_of,
    count,
    incoming_tensor,
    kernel_and_bias,
    kernel_settings,
    layer_name,
    layer_of,
    named_result,
    penalty_of,
    result,
)
from mnistlab.tflearn.graph import Scope, eagerly, layer_scope
from mnistlab.tflearn.layers import core
from mnistlab.tflearn.layers.normalization import batch_normalization
from mnistlab.tflearn.symbols import Tensor, apply
from mnistlab.tflearn.utils import (
    autoformat_filter_conv2d,
    autoformat_kernel_2d,
    autoformat_padding,
)

import keras
import numpy as np  # noqa: F401 (tflearn's module has it, and star imports pass it on)
import tensorflow.compat.v1 as tf

# What a size may be: one number, rows and columns, or TensorFlow's four.
Size = int | Sequence[int]


@eagerly
def conv_2d(
    incoming: Tensor,
    nb_filter: int,
    filter_size: Size,
    strides: Size = 1,
    padding: str = "same",
    activation: str | Callable | None = "linear",
    bias: bool = True,
    weights_init: object = "uniform_scaling",
    bias_init: object = "zeros",
    regularizer: str | Callable | None = None,
    weight_decay: float = 0.001,
    trainable: bool = True,
    restore: bool = True,
    reuse: bool = False,
    scope: str | None = None,
    name: str = "Conv2D",
) -> Tensor:
    """Slides filters over images.

    Args:
        incoming: of shape (batch, height, width, channels).
        nb_filter: how many filters.
        filter_size: rows and columns of a filter, or one number for both.
        strides: likewise; also as `[1, rows, columns, 1]`.
        padding: "same" (zeros around the image) or "valid" (none).
        activation: a name, a function of a tensor, or `None`.
        bias: whether each filter has a bias.
        weights_init: a name, an initializer, or an array of shape (rows,
            columns, channels, nb_filter).
        bias_init: likewise, of shape (nb_filter,).
        regularizer: "L2", "L1" or a function; of the filters only.
        weight_decay: its factor.
        trainable: whether training changes the weights.
        restore: whether `DNN.load` reads them.
        reuse: whether the scope's weights are shared.
        scope: name of the variables' scope, as it is.
        name: name of the scope otherwise; "Conv2D_1" when it is taken.

    Returns:
        Tensor of shape (batch, new height, new width, nb_filter), with `.W`,
        `.b` and `.scope`.

    Example:
        >>> maps = conv_2d(core.input_data([None, 28, 28, 1]), 32, 2, activation="relu")
        >>> maps.shape, tuple(maps.W.shape)
        ((None, 28, 28, 32), (2, 2, 1, 32))
    """
    incoming = incoming_tensor(incoming, "conv_2d", 4)
    filters = count(nb_filter, "nb_filter", "conv_2d")
    shape = _filter_shape(filter_size, channels_of(incoming, "conv_2d"), filters, "conv_2d")
    weights = kernel_and_bias(
        shape, filters, bias, weights_init, bias_init, penalty_of(regularizer, weight_decay)
    )
    make = _convolution(filters, shape[:2], strides, padding, weights, "conv_2d")
    with layer_scope(scope, name, reuse) as here:
        layer = layer_of(here, "", make, weights, incoming, trainable, restore)
        outgoing = activated(apply(layer, incoming), activation, here.name, optional=True)
        return result(outgoing, here, W=layer.kernel, b=layer.bias)


def _filter_shape(filter_size: Size, channels: int, filters: int, layer: str) -> tuple[int, ...]:
    shape = autoformat_filter_conv2d(filter_size, channels, filters)
    return tuple(count(each, "each length of filter_size", layer) for each in shape)


def _rows_and_columns(size: Size, what: str, layer: str) -> tuple[int, int]:
    first, rows, columns, last = (
        count(each, f"each length of {what}", layer) for each in autoformat_kernel_2d(size)
    )
    if (first, last) != (1, 1):
        raise DesignError(
            f"{layer}: {what} of four lengths must begin and end with 1, not {list(size)}: the "
            "batch and the channels stay whole."
        )
    return rows, columns


def _convolution(
    filters: int,
    filter_size: tuple[int, int],
    strides: Size,
    padding: str,
    weights: dict[str, Weight],
    layer: str,
    of_keras: type[keras.layers.Layer] = keras.layers.Conv2D,
    **settings,
) -> Callable[[str], keras.layers.Layer]:
    return lambda name: of_keras(
        filters,
        filter_size,
        strides=_rows_and_columns(strides, "strides", layer),
        padding=autoformat_padding(padding).lower(),
        name=name,
        **kernel_settings(weights),
        **settings,
    )


@keras.saving.register_keras_serializable("mnistlab.tflearn")
class SizedConv2DTranspose(keras.layers.Conv2DTranspose):
    """A transposed convolution whose result has a given size.

    Args:
        filters: how many filters.
        kernel_size: rows and columns of a filter.
        size: rows and columns of the result.
    """

    def __init__(self, filters: int, kernel_size: Sequence[int], size: Sequence[int], **kwargs):
        super().__init__(filters, kernel_size, **kwargs)
        self.size = tuple(size)

    def call(self, inputs):
        """Returns the images that a convolution of that size would have read."""
        shape = (tf.shape(inputs)[0], *self.size, self.filters)
        padding = self.padding.upper()
        outputs = tf.nn.conv2d_transpose(inputs, self.kernel, shape, self.strides, padding)
        return outputs if self.bias is None else tf.nn.bias_add(outputs, self.bias)

    def compute_output_shape(self, input_shape):
        """Returns (batch, rows, columns, filters)."""
        return (input_shape[0], *self.size, self.filters)

    def get_config(self):
        """Returns what a `.keras` file holds of the layer."""
        return {**super().get_config(), "size": self.size}


@eagerly
def conv_2d_transpose(
    incoming: Tensor,
    nb_filter: int,
    filter_size: Size,
    output_shape: Sequence[int],
    strides: Size = 1,
    padding: str = "same",
    activation: str | Callable = "linear",
    bias: bool = True,
    weights_init: object = "uniform_scaling",
    bias_init: object = "zeros",
    regularizer: str | Callable | None = None,
    weight_decay: float = 0.001,
    trainable: bool = True,
    restore: bool = True,
    reuse: bool = False,
    scope: str | None = None,
    name: str = "Conv2DTranspose",
) -> Tensor:
    """Enlarges images: the gradient of a convolution, as a layer.

    Args:
        incoming: of shape (batch, height, width, channels).
        nb_filter: how many filters.
        filter_size: rows and columns of a filter, or one number for both.
        output_shape: rows and columns of the result, perhaps followed by
            `nb_filter`. A convolution with these strides must lead back from it.
        strides: as for `conv_2d`, which also explains the other arguments. An
            array for `weights_init` has shape (rows, columns, nb_filter, channels).

    Returns:
        Tensor of shape (batch, *output_shape[:2], nb_filter), with `.W`, `.b` and `.scope`.

    Raises:
        DesignError: no convolution leads from `output_shape` to the images given.

    Example:
        >>> small = core.input_data([None, 7, 7, 64])
        >>> conv_2d_transpose(small, 32, 5, [14, 14], strides=2).shape
        (None, 14, 14, 32)
    """
    incoming = incoming_tensor(incoming, "conv_2d_transpose", 4)
    filters = count(nb_filter, "nb_filter", "conv_2d_transpose")
    channels = channels_of(incoming, "conv_2d_transpose")
    shape = _filter_shape(filter_size, filters, channels, "conv_2d_transpose")
    size = _output_size(output_shape, filters)
    _check_way_back(size, incoming, shape[:2], strides, padding)
    weights = kernel_and_bias(
        shape, filters, bias, weights_init, bias_init, penalty_of(regularizer, weight_decay)
    )
    make = _transposed(incoming, filters, shape[:2], size, strides, padding, weights)
    with layer_scope(scope, name, reuse) as here:
        layer = layer_of(here, "", make, weights, incoming, trainable, restore)
        outgoing = activated(apply(layer, incoming), activation, here.name)
        return result(outgoing, here, W=layer.kernel, b=layer.bias)


def _output_size(output_shape: Sequence[int], filters: int) -> tuple[int, int]:
    lengths = [
        count(each, "each length of output_shape", "conv_2d_transpose") for each in output_shape
    ]
    if len(lengths) not in (2, 3):
        raise DesignError(
            f"output_shape length error: {len(lengths)}, only a length of 2 or 3 is supported. "
            "Give [rows, columns]."
        )
    if lengths[2:] not in ([], [filters]):
        raise DesignError(
            f"conv_2d_transpose: output_shape has {lengths[2]} channels and nb_filter is "
            f"{filters}. Give [rows, columns] only."
        )
    return tuple(lengths[:2])


def _check_way_back(
    size: tuple[int, int],
    incoming: Tensor,
    filter_size: tuple[int, int],
    strides: Size,
    padding: str,
) -> None:
    """Raises `DesignError` unless a convolution makes the incoming size of `size`."""
    back = []
    for length, filter_length, stride in zip(
        size, filter_size, _rows_and_columns(strides, "strides", "conv_2d_transpose"), strict=True
    ):
        covered = length if autoformat_padding(padding) == "SAME" else length - filter_length + 1
        back.append(-(-covered // stride))
    if any(
        known not in (None, length) for known, length in zip(incoming.shape[1:3], back, strict=True)
    ):
        raise DesignError(
            f"conv_2d_transpose: output_shape {list(size)} does not fit: with these strides and "
            f"padding, a convolution makes {back} of it, and the incoming images are "
            f"{list(incoming.shape[1:3])}. For 'same' padding, rows and columns times strides fit."
        )


def _transposed(
    incoming: Tensor,
    filters: int,
    filter_size: tuple[int, int],
    size: tuple[int, int],
    strides: Size,
    padding: str,
    weights: dict[str, Weight],
) -> Callable[[str], keras.layers.Layer]:
    """Returns what makes Keras' layer if that gives the size, else one that is told the size."""
    args = (filters, filter_size, strides, padding, weights, "conv_2d_transpose")
    stock = _convolution(*args, of_keras=keras.layers.Conv2DTranspose)
    if tuple(stock("stock").compute_output_shape(incoming.shape)[1:3]) == size:
        return stock
    return _convolution(*args, of_keras=SizedConv2DTranspose, size=size)


@eagerly
def conv_1d(
    incoming: Tensor,
    nb_filter: int,
    filter_size: Size,
    strides: Size = 1,
    padding: str = "same",
    activation: str | Callable | None = "linear",
    bias: bool = True,
    weights_init: object = "uniform_scaling",
    bias_init: object = "zeros",
    regularizer: str | Callable | None = None,
    weight_decay: float = 0.001,
    trainable: bool = True,
    restore: bool = True,
    reuse: bool = False,
    scope: str | None = None,
    name: str = "Conv1D",
) -> Tensor:
    """Slides filters over sequences.

    The filters have shape (steps, 1, channels, nb_filter), as a convolution of
    images one column wide has: so tflearn stores them.

    Args:
        incoming: of shape (batch, steps, channels).
        nb_filter: how many filters.
        filter_size: steps of a filter.
        strides: steps from one place to the next. `conv_2d` explains the other arguments.

    Returns:
        Tensor of shape (batch, new steps, nb_filter), with `.W`, `.b` and `.scope`.

    Example:
        >>> conv_1d(core.input_data([None, 100, 8]), 16, 3).shape
        (None, 100, 16)
    """
    incoming = incoming_tensor(incoming, "conv_1d", 3)
    filters = count(nb_filter, "nb_filter", "conv_1d")
    channels = channels_of(incoming, "conv_1d")
    rows, _, *depths = _filter_shape(filter_size, channels, filters, "conv_1d")
    shape = (rows, 1, *depths)
    weights = kernel_and_bias(
        shape, filters, bias, weights_init, bias_init, penalty_of(regularizer, weight_decay)
    )
    steps = (_rows_and_columns(strides, "strides", "conv_1d")[0], 1)
    make = _convolution(filters, shape[:2], steps, padding, weights, "conv_1d")
    with layer_scope(scope, name, reuse) as here:
        column = apply(keras.ops.expand_dims, incoming, axis=2)
        layer = layer_of(here, "", make, weights, column, trainable, restore)
        maps = apply(keras.ops.squeeze, apply(layer, column), axis=2)
        outgoing = activated(maps, activation, here.name, optional=True)
        return result(outgoing, here, W=layer.kernel, b=layer.bias)


@eagerly
def max_pool_2d(
    incoming: Tensor,
    kernel_size: Size,
    strides: Size | None = None,
    padding: str = "same",
    name: str = "MaxPool2D",
) -> Tensor:
    """Takes the largest value of each window of an image.

    Args:
        incoming: of shape (batch, height, width, channels).
        kernel_size: rows and columns of the window, or one number for both.
        strides: from one window to the next; `kernel_size` if `None`.
        padding: "same" or "valid".
        name: name of the layer.

    Example:
        >>> max_pool_2d(core.input_data([None, 7, 7, 64]), 2).shape
        (None, 4, 4, 64)
    """
    of_keras = keras.layers.MaxPooling2D
    return _pooled_2d(of_keras, incoming, kernel_size, strides, padding, name, "max_pool_2d")


@eagerly
def avg_pool_2d(
    incoming: Tensor,
    kernel_size: Size,
    strides: Size | None = None,
    padding: str = "same",
    name: str = "AvgPool2D",
) -> Tensor:
    """Takes the mean of each window of an image; padding is not counted.

    The arguments are those of `max_pool_2d`.

    Example:
        >>> avg_pool_2d(core.input_data([None, 7, 7, 64]), 2).shape
        (None, 4, 4, 64)
    """
    of_keras = keras.layers.AveragePooling2D
    return _pooled_2d(of_keras, incoming, kernel_size, strides, padding, name, "avg_pool_2d")


def _pooled_2d(
    of_keras: type[keras.layers.Layer],
    incoming: Tensor,
    kernel_size: Size,
    strides: Size | None,
    padding: str,
    name: str,
    layer: str,
) -> Tensor:
    incoming = incoming_tensor(incoming, layer, 4)
    size = _rows_and_columns(kernel_size, "kernel_size", layer)
    steps = _rows_and_columns(strides, "strides", layer) if strides else size
    pool = of_keras(size, steps, autoformat_padding(padding).lower(), name=layer_name(name))
    return named_result(apply(pool, incoming), name)


@eagerly
def max_pool_1d(
    incoming: Tensor,
    kernel_size: Size,
    strides: Size | None = None,
    padding: str = "same",
    name: str = "MaxPool1D",
) -> Tensor:
    """Takes the largest value of each window of a sequence.

    Args:
        incoming: of shape (batch, steps, channels).
        kernel_size: steps of the window.
        strides: from one window to the next; `kernel_size` if `None`.
        padding: "same" or "valid".
        name: name of the layer.

    Example:
        >>> max_pool_1d(core.input_data([None, 7, 64]), 2).shape
        (None, 4, 64)
    """
    of_keras = keras.layers.MaxPooling1D
    return _pooled_1d(of_keras, incoming, kernel_size, strides, padding, name, "max_pool_1d")


@eagerly
def avg_pool_1d(
    incoming: Tensor,
    kernel_size: Size,
    strides: Size | None = None,
    padding: str = "same",
    name: str = "AvgPool1D",
) -> Tensor:
    """Takes the mean of each window of a sequence; padding is not counted.

    The arguments are those of `max_pool_1d`.

    Example:
        >>> avg_pool_1d(core.input_data([None, 7, 64]), 2).shape
        (None, 4, 64)
    """
    of_keras = keras.layers.AveragePooling1D
    return _pooled_1d(of_keras, incoming, kernel_size, strides, padding, name, "avg_pool_1d")


def _pooled_1d(
    of_keras: type[keras.layers.Layer],
    incoming: Tensor,
    kernel_size: Size,
    strides: Size | None,
    padding: str,
    name: str,
    layer: str,
) -> Tensor:
    incoming = incoming_tensor(incoming, layer, 3)
    size, _ = _rows_and_columns(kernel_size, "kernel_size", layer)
    steps = _rows_and_columns(strides, "strides", layer)[0] if strides else size
    pool = of_keras(size, steps, autoformat_padding(padding).lower(), name=layer_name(name))
    return named_result(apply(pool, incoming), name)


@eagerly
def upsample_2d(incoming: Tensor, kernel_size: Size, name: str = "UpSample2D") -> Tensor:
    """Repeats the rows and columns of images.

    Args:
        incoming: of shape (batch, height, width, channels).
        kernel_size: how often rows and columns are repeated, or one number for both.
        name: name of the layer.

    Example:
        >>> upsample_2d(core.input_data([None, 7, 7, 64]), 2).shape
        (None, 14, 14, 64)
    """
    incoming = incoming_tensor(incoming, "upsample_2d", 4)
    times = _rows_and_columns(kernel_size, "kernel_size", "upsample_2d")
    return named_result(
        apply(keras.layers.UpSampling2D(times, name=layer_name(name)), incoming), name
    )


deconv_2d = upsample_2d


@eagerly
def global_max_pool(incoming: Tensor, name: str = "GlobalMaxPool") -> Tensor:
    """Takes the largest value of each channel of an image.

    Args:
        incoming: of shape (batch, height, width, channels).
        name: name of the layer.

    Example:
        >>> global_max_pool(core.input_data([None, 7, 7, 64])).shape
        (None, 64)
    """
    incoming = incoming_tensor(incoming, "global_max_pool", 4)
    pool = keras.layers.GlobalMaxPooling2D(name=layer_name(name))
    return named_result(apply(pool, incoming), name)


@eagerly
def global_avg_pool(incoming: Tensor, name: str = "GlobalAvgPool") -> Tensor:
    """Takes the mean of each channel of an image.

    Args:
        incoming: of shape (batch, height, width, channels).
        name: name of the layer.

    Example:
        >>> global_avg_pool(core.input_data([None, 7, 7, 64])).shape
        (None, 64)
    """
    incoming = incoming_tensor(incoming, "global_avg_pool", 4)
    pool = keras.layers.GlobalAveragePooling2D(name=layer_name(name))
    return named_result(apply(pool, incoming), name)


@eagerly
def highway_conv_2d(
    incoming: Tensor,
    nb_filter: int,
    filter_size: Size,
    strides: Size = 1,
    padding: str = "same",
    activation: str | Callable = "linear",
    weights_init: object = "uniform_scaling",
    bias_init: object = "zeros",
    regularizer: str | Callable | None = None,
    weight_decay: float = 0.001,
    trainable: bool = True,
    restore: bool = True,
    reuse: bool = False,
    scope: str | None = None,
    name: str = "HighwayConv2D",
) -> Tensor:
    """Mixes a convolution with its own activation, as a gate of each channel says.

    With c the convolution: activation(c + b) · T + c · (1 − T), where
    T = sigmoid(c · W_T + b_T), W_T has one number a channel, and b_T starts from −3.

    Args:
        incoming: of shape (batch, height, width, channels).
        nb_filter: how many filters.
        filter_size: rows and columns of a filter, or one number for both.
        strides: as for `conv_2d`, which also explains the other arguments.
        weights_init: of the filters and, for a vector, of W_T.

    Returns:
        Tensor of shape (batch, new height, new width, nb_filter), with `.W`,
        `.b`, `.W_T`, `.b_T` and `.scope`.

    Example:
        >>> highway_conv_2d(core.input_data([None, 28, 28, 1]), 16, 3).shape
        (None, 28, 28, 16)
    """
    incoming = incoming_tensor(incoming, "highway_conv_2d", 4)
    filters = count(nb_filter, "nb_filter", "highway_conv_2d")
    channels = channels_of(incoming, "highway_conv_2d")
    shape = _filter_shape(filter_size, channels, filters, "highway_conv_2d")
    kernel = {"kernel": Weight("W", shape, weights_init, penalty_of(regularizer, weight_decay))}
    shift = {"shift": Weight("b", (filters,), bias_init)}
    gates = {
        "scale": Weight("W_T", (filters,), weights_init),
        "shift": Weight("b_T", (filters,), keras.initializers.Constant(-3.0)),
    }
    make = _convolution(filters, shape[:2], strides, padding, kernel, "highway_conv_2d")
    with layer_scope(scope, name, reuse) as here:
        layer = layer_of(here, "", make, kernel, incoming, trainable, restore)
        maps = apply(layer, incoming)
        biased = core.affine_of(filters, shift)
        shifted = layer_of(here, "/bias", biased, shift, maps, trainable, restore)
        gating = core.affine_of(filters, gates)
        gate = layer_of(here, "/gate", gating, gates, maps, trainable, restore)
        transformed = activated(apply(shifted, maps), activation, here.name)
        share = activated(apply(gate, maps), "sigmoid", f"{here.name}_gate")
        outgoing = core.mixed(transformed, maps, share)
        return result(
            outgoing, here, W=layer.kernel, b=shifted.shift, W_T=gate.scale, b_T=gate.shift
        )


@eagerly
def residual_block(
    incoming: Tensor,
    nb_blocks: int,
    out_channels: int,
    downsample: bool = False,
    downsample_strides: int = 2,
    activation: str | Callable = "relu",
    batch_norm: bool = True,
    bias: bool = True,
    weights_init: object = "variance_scaling",
    bias_init: object = "zeros",
    regularizer: str | Callable | None = "L2",
    weight_decay: float = 0.0001,
    trainable: bool = True,
    restore: bool = True,
    reuse: bool = False,
    scope: str | None = None,
    name: str = "ResidualBlock",
) -> Tensor:
    """Stacks blocks of two 3×3 convolutions, each added to what the block was given.

    Before each convolution come batch normalization and the activation. Where
    the channels change, half of the new ones are zeros before the old ones, and
    half after them. Source: https://arxiv.org/abs/1603.05027.

    Args:
        incoming: of shape (batch, height, width, channels).
        nb_blocks: how many blocks.
        out_channels: filters of each convolution; an even number more than there are channels.
        downsample: whether each block (not only the first) makes the images smaller.
        downsample_strides: by how much.
        activation: a name, or a function of a tensor.
        batch_norm: whether there is batch normalization.
        bias: whether the convolutions have biases. `conv_2d` explains the other
            arguments; batch normalization heeds neither `trainable` nor `restore`.

    Returns:
        Tensor of shape (batch, new height, new width, out_channels).

    Example:
        >>> residual_block(core.input_data([None, 28, 28, 16]), 2, 32, downsample=True).shape
        (None, 7, 7, 32)
    """
    incoming, blocks, filters, steps = _residual_arguments(
        "residual_block", incoming, nb_blocks, out_channels, downsample, downsample_strides
    )
    settings = (bias, weights_init, bias_init, regularizer, weight_decay, trainable, restore)
    with layer_scope(scope, name, reuse) as here:
        tensor = incoming
        for _ in range(blocks):
            identity = _as_skipped(tensor, steps, filters)
            tensor = _prepared(tensor, batch_norm, activation)
            tensor = conv_2d(tensor, filters, 3, steps, "same", "linear", *settings)
            tensor = _prepared(tensor, batch_norm, activation)
            tensor = conv_2d(tensor, filters, 3, 1, "same", "linear", *settings)
            tensor = tensor + identity
        return _block_result(tensor, here)


@eagerly
def residual_bottleneck(
    incoming: Tensor,
    nb_blocks: int,
    bottleneck_size: int,
    out_channels: int,
    downsample: bool = False,
    downsample_strides: int = 2,
    activation: str | Callable = "relu",
    batch_norm: bool = True,
    bias: bool = True,
    weights_init: object = "variance_scaling",
    bias_init: object = "zeros",
    regularizer: str | Callable | None = "L2",
    weight_decay: float = 0.0001,
    trainable: bool = True,
    restore: bool = True,
    reuse: bool = False,
    scope: str | None = None,
    name: str = "ResidualBottleneck",
    *,
    always_skip: bool = False,
) -> Tensor:
    """Stacks blocks of a 1×1, a 3×3 and a 1×1 convolution.

    In every release of tflearn, only a block that changes the number of
    channels is added to what it was given; the others are plain chains. It is
    so here, too, because published results rest on it: `always_skip=True` adds
    each block, as https://arxiv.org/abs/1603.05027 has it.

    Args:
        incoming: of shape (batch, height, width, channels).
        nb_blocks: how many blocks.
        bottleneck_size: filters of the first two convolutions.
        out_channels: filters of the third. `residual_block` explains the other arguments.
        always_skip: whether each block is added to what it was given.

    Returns:
        Tensor of shape (batch, new height, new width, out_channels).

    Example:
        >>> residual_bottleneck(core.input_data([None, 28, 28, 16]), 3, 16, 64).shape
        (None, 28, 28, 64)
    """
    incoming, blocks, filters, steps = _residual_arguments(
        "residual_bottleneck", incoming, nb_blocks, out_channels, downsample, downsample_strides
    )
    narrow = count(bottleneck_size, "bottleneck_size", "residual_bottleneck")
    settings = (bias, weights_init, bias_init, regularizer, weight_decay, trainable, restore)
    with layer_scope(scope, name, reuse) as here:
        tensor = incoming
        for _ in range(blocks):
            before = tensor
            tensor = _prepared(tensor, batch_norm, activation)
            tensor = conv_2d(tensor, narrow, 1, steps, "valid", "linear", *settings)
            tensor = _prepared(tensor, batch_norm, activation)
            tensor = conv_2d(tensor, narrow, 3, 1, "same", "linear", *settings)
            tensor = conv_2d(tensor, filters, 1, 1, "valid", activation, *settings)
            if always_skip or before.shape[-1] != filters:
                tensor = tensor + _as_skipped(before, steps, filters)
                tensor = activated(tensor, activation, here.name)
        return _block_result(tensor, here)


def _residual_arguments(
    layer: str,
    incoming: Tensor,
    nb_blocks: int,
    out_channels: int,
    downsample: bool,
    downsample_strides: int,
) -> tuple[Tensor, int, int, int]:
    """Returns what residual blocks are given, checked; the strides are 1 without downsampling."""
    incoming = incoming_tensor(incoming, layer, 4)
    filters = count(out_channels, "out_channels", layer)
    more = filters - channels_of(incoming, layer)
    if more < 0 or more % 2:
        raise ShapeError(
            f"{layer}: out_channels is {filters}, and {filters - more} channels come in. The "
            "difference is filled with zeros on both sides, so it must be even and not negative."
        )
    steps = count(downsample_strides, "downsample_strides", layer) if downsample else 1
    # Scripts that compute the number of blocks, as n - 1, come to none of them.
    blocks = 0 if nb_blocks == 0 else count(nb_blocks, "nb_blocks", layer)
    return incoming, blocks, filters, steps


def _prepared(tensor: Tensor, batch_norm: bool, activation: str | Callable) -> Tensor:
    if batch_norm:
        tensor = batch_normalization(tensor)
    return core.activation(tensor, activation)


def _as_skipped(tensor: Tensor, steps: int, filters: int) -> Tensor:
    """Returns what a block was given, with the size and the channels that it gives."""
    if steps > 1:
        tensor = avg_pool_2d(tensor, steps, steps)
    side = (filters - tensor.shape[-1]) // 2
    if side:
        tensor = apply(keras.ops.pad, tensor, [[0, 0], [0, 0], [0, 0], [side, side]])
    return tensor


def _block_result(tensor: Tensor, here: Scope) -> Tensor:
    # The layers inside are shared by their own scopes; one of them says that the block's is taken.
    inside = (path for path in here.graph.layers if path.startswith(f"{here.name}/"))
    first = next(inside, None)
    if first is not None:
        here.graph.layers[here.name] = here.graph.layers[first]
    here.graph.add_output(here.name, tensor)
    return tensor
