"""What a convolution layer computes, in NumPy: the sum, its sizes, its costs, and pooling.

A small grid of numbers, the kernel, is laid on a patch of the image. Numbers
that lie on each other are multiplied, the products are added up, and the sum is
one pixel of the output. Then the kernel moves on by one stride:

    output[row, column] = bias + sum over i, j of  image[row + i, column + j] * kernel[i, j]

That is cross-correlation, and it is what deep learning calls a convolution
(I. Goodfellow, Y. Bengio, A. Courville, "Deep Learning", 2016, equation 9.6).
True convolution flips the kernel first. Everything else is bookkeeping: where
the kernel may lie (padding), how far it moves (stride), how far apart its cells
are (dilation), and one such sum for every channel and every filter.

The order of the axes is Keras':

- an image is (height, width), (height, width, channels), or a batch of images,
  (n, height, width, channels);
- a kernel is (height, width) for an image without a channel axis, and else
  (height, width, channels, filters);
- stride, dilation and the sizes of kernels and pools are one number for both
  axes or a pair (rows, columns).

Numbers of any type are taken, and all arithmetic is in float64, so that the
bytes of a photograph do not wrap around at 255.
"""

import math
import operator
from collections.abc import Sequence
from typing import NamedTuple

from mnistlab.errors import DataError, DesignError

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

Pair = int | tuple[int, int]
"""One number for rows and columns alike, or one for each."""

PADDINGS = ("valid", "same")


def cross_correlate_loops(
    image: np.ndarray,
    kernel: np.ndarray,
    bias: float | np.ndarray = 0.0,
    stride: Pair = 1,
    padding: str = "valid",
    dilation: Pair = 1,
) -> np.ndarray:
    """Slides a kernel over an image, number by number: slow, and nothing is hidden.

        output[n, row, column, f] = bias[f] + sum over i, j, c of
            image[n, row * stride + i * dilation, column * stride + j * dilation, c]
            * kernel[i, j, c, f]

    Args:
        image: (height, width), (height, width, channels) or (n, height, width,
            channels).
        kernel: (height, width) for an image without channels, else (height,
            width, channels, filters).
        bias: added to each sum; one number, or one for each filter.
        stride: pixels from one patch to the next.
        padding: "valid": the kernel stays inside of the image. "same": zeros
            around it, so that with stride 1 the output is as large as the image.
        dilation: pixels from one cell of the kernel to the next.

    Returns:
        float64, (height', width'), (height', width', filters) or (n, height',
        width', filters).

    Raises:
        DesignError: the kernel is larger than the image or has other channels,
            or stride, padding, dilation or bias are not what they should be.
        DataError: image or kernel are not finite numbers.

    Source: V. Dumoulin, F. Visin, "A guide to convolution arithmetic for deep
    learning" (2016).

    Example:
        >>> image = np.array([[0, 0, 9, 9], [0, 0, 9, 9], [0, 0, 9, 9]])
        >>> kernel = np.array([[-1, 1], [-1, 1]])
        >>> cross_correlate_loops(image, kernel)
        array([[ 0., 18.,  0.],
               [ 0., 18.,  0.]])
    """
    images, kernels, biases = _with_all_axes(image, kernel, bias)
    down, across = _axes(images, kernels.shape[:2], stride, padding, dilation)
    padded = _padded(images, down, across)
    output = np.empty((len(images), output_size(*down), output_size(*across), len(biases)))
    for n, row, column, f in np.ndindex(output.shape):
        total = biases[f]
        for i, j, c in np.ndindex(kernels.shape[:3]):
            y = row * down.stride + i * down.dilation
            x = column * across.stride + j * across.dilation
            total += padded[n, y, x, c] * kernels[i, j, c, f]
        output[n, row, column, f] = total
    return _as_given(output, np.ndim(image))


def cross_correlate(
    image: np.ndarray,
    kernel: np.ndarray,
    bias: float | np.ndarray = 0.0,
    stride: Pair = 1,
    padding: str = "valid",
    dilation: Pair = 1,
) -> np.ndarray:
    """Slides a kernel over an image: the same numbers as the loops, hundreds of times faster.

    The loops over the output are left to NumPy. What remains is a loop over the
    few cells of the kernel: each cell meets, in all patches at once, the pixels
    that it lies on. The view of all patches takes no memory; multiplying one
    cell at a time keeps it so, where one large product would copy every pixel
    once for each cell.

    Args:
        image: as in `cross_correlate_loops`, and so are the others.
        kernel: likewise.
        bias: likewise.
        stride: likewise.
        padding: likewise.
        dilation: likewise.

    Returns:
        float64, (height', width'), (height', width', filters) or (n, height',
        width', filters).

    Raises:
        DesignError: the kernel is larger than the image or has other channels,
            or stride, padding, dilation or bias are not what they should be.
        DataError: image or kernel are not finite numbers.

    Example:
        >>> image = np.arange(9.0).reshape(3, 3)
        >>> kernel = np.array([[0, 1], [2, 3]])
        >>> cross_correlate(image, kernel)
        array([[19., 25.],
               [37., 43.]])
        >>> cross_correlate(np.ones((28, 28, 1)), np.ones((3, 3, 1, 32))).shape
        (26, 26, 32)
    """
    images, kernels, biases = _with_all_axes(image, kernel, bias)
    down, across = _axes(images, kernels.shape[:2], stride, padding, dilation)
    patches = _patches(_padded(images, down, across), down, across)
    # For a single channel and filter both are the same product; this one is faster.
    times = np.multiply if kernels.shape[2:] == (1, 1) else np.matmul
    output = np.zeros((*patches.shape[:3], len(biases)))
    for i, j in np.ndindex(kernels.shape[:2]):
        output += times(patches[..., i, j], kernels[i, j])
    return _as_given(output + biases, np.ndim(image))


def convolve(
    image: np.ndarray,
    kernel: np.ndarray,
    bias: float | np.ndarray = 0.0,
    stride: Pair = 1,
    padding: str = "valid",
    dilation: Pair = 1,
) -> np.ndarray:
    """Convolves as mathematics and signal processing do: with the kernel flipped.

        output[row, column] = bias + sum over i, j of  image[row - i, column - j] * kernel[i, j]

    A trained layer does not care: it would learn the flipped kernel. It matters
    for kernels made by hand. A symmetric one, such as a blur, gives the same
    both ways; a Sobel kernel changes its sign.

    Args:
        image: as in `cross_correlate_loops`, and so are the others.
        kernel: likewise; flipped here.
        bias: likewise.
        stride: likewise.
        padding: likewise.
        dilation: likewise.

    Returns:
        float64, (height', width'), (height', width', filters) or (n, height',
        width', filters).

    Raises:
        DesignError: as `cross_correlate` does.
        DataError: as `cross_correlate` does.

    Source: I. Goodfellow, Y. Bengio, A. Courville, "Deep Learning" (2016),
    equation 9.5.

    Example:
        >>> edge = np.array([[0, 5, 5]])
        >>> cross_correlate(edge, [[-1, 1]])
        array([[5., 0.]])
        >>> convolve(edge, [[-1, 1]])
        array([[-5.,  0.]])
    """
    return cross_correlate(image, flip(kernel), bias, stride, padding, dilation)


def flip(kernel: np.ndarray) -> np.ndarray:
    """Turns a kernel by half a turn: upside down and left to right.

    Args:
        kernel: (height, width) or (height, width, channels, filters).

    Returns:
        float64 of the same shape.

    Raises:
        DesignError: it has the shape of no kernel.
        DataError: it is not made of finite numbers.

    Example:
        >>> flip([[1, 2], [3, 4]])
        array([[4., 3.],
               [2., 1.]])
    """
    return _as_kernel(kernel)[::-1, ::-1].copy()


def output_size(
    size: int, kernel_size: int, stride: int = 1, padding: str = "valid", dilation: int = 1
) -> int:
    """Counts the places that a kernel takes along one axis.

        covered = (kernel_size - 1) * dilation + 1
        valid:  floor((size - covered) / stride) + 1
        same:   ceil(size / stride)

    Args:
        size: pixels of the image along the axis.
        kernel_size: cells of the kernel along it; of a pool as well.
        stride: pixels from one patch to the next.
        padding: "valid" or "same".
        dilation: pixels from one cell of the kernel to the next.

    Returns:
        Pixels of the output along the axis.

    Raises:
        DesignError: the kernel is larger than the image, a number is not a
            whole one from 1 on, or the padding is unknown.

    Source: V. Dumoulin, F. Visin, "A guide to convolution arithmetic for deep
    learning" (2016), relationship 15; for "same", TensorFlow's `tf.nn.convolution`.

    Example:
        >>> output_size(28, kernel_size=3), output_size(26, kernel_size=2, stride=2)
        (26, 13)
        >>> output_size(28, kernel_size=3, padding="same")
        28
    """
    size = whole_number(size, "size")
    kernel_size = whole_number(kernel_size, "kernel_size")
    stride = whole_number(stride, "stride")
    covered = _covered(kernel_size, whole_number(dilation, "dilation"))
    if _is_same(padding):
        return math.ceil(size / stride)
    if covered > size:
        raise DesignError(
            f"kernel_size {kernel_size} with dilation {dilation} covers {covered} pixels, and size "
            f"is {size}: the kernel is larger than the image. Use a smaller kernel or dilation, or "
            "padding='same'."
        )
    return (size - covered) // stride + 1


def padding_sizes(
    size: int, kernel_size: int, stride: int = 1, padding: str = "valid", dilation: int = 1
) -> tuple[int, int]:
    """Counts the zeros before and after an image along one axis.

        same:  in all  max((output_size - 1) * stride + covered - size, 0)
               before  floor(in all / 2)
               after   the rest: an odd zero goes to the bottom or the right

    Args:
        size: pixels of the image along the axis.
        kernel_size: cells of the kernel along it.
        stride: pixels from one patch to the next.
        padding: "valid" (no zeros) or "same".
        dilation: pixels from one cell of the kernel to the next.

    Returns:
        Zeros before, zeros after.

    Raises:
        DesignError: as `output_size` does.

    Source: the documentation of TensorFlow's `tf.nn`, "Notes on padding".

    Example:
        >>> padding_sizes(28, 3, padding="same"), padding_sizes(28, 2, padding="same")
        ((1, 1), (0, 1))
    """
    places = output_size(size, kernel_size, stride, padding, dilation)
    if not _is_same(padding):
        return 0, 0
    total = max((places - 1) * stride + _covered(kernel_size, dilation) - size, 0)
    return total // 2, total - total // 2


def pad(
    image: np.ndarray,
    kernel_size: Pair,
    stride: Pair = 1,
    padding: str = "same",
    dilation: Pair = 1,
) -> np.ndarray:
    """Puts the zeros around an image that a kernel of this size needs.

    Args:
        image: (height, width), (height, width, channels) or (n, height, width,
            channels).
        kernel_size: rows and columns of the kernel.
        stride: pixels from one patch to the next.
        padding: "same", or "valid": then the image stays as it is.
        dilation: pixels from one cell of the kernel to the next.

    Returns:
        float64, larger by `padding_sizes`.

    Raises:
        DesignError: as `cross_correlate` does.
        DataError: as `cross_correlate` does.

    Example:
        >>> pad([[7]], kernel_size=2)
        array([[7., 0.],
               [0., 0.]])
    """
    image = _as_image(image)
    images = _as_batch(image)
    padded = _padded(images, *_axes(images, kernel_size, stride, padding, dilation))
    return _as_given(padded, image.ndim)


def patch(
    image: np.ndarray,
    kernel_size: Pair,
    row: int,
    column: int,
    stride: Pair = 1,
    padding: str = "valid",
    dilation: Pair = 1,
) -> np.ndarray:
    """Cuts out the part of the image that one pixel of the output is computed from.

        patch[i, j] = padded[row * stride + i * dilation, column * stride + j * dilation]

    Args:
        image: (height, width) or (height, width, channels), a single one.
        kernel_size: rows and columns of the kernel.
        row: row of the output, from 0.
        column: column of the output, from 0.
        stride: pixels from one patch to the next.
        padding: "valid" or "same".
        dilation: pixels from one cell of the kernel to the next.

    Returns:
        float64, (kernel height, kernel width) or (kernel height, kernel width,
        channels).

    Raises:
        DesignError: the output has no such row or column; or as
            `cross_correlate` does.
        DataError: as `cross_correlate` does; also for a batch.

    Example:
        >>> image = np.arange(16).reshape(4, 4)
        >>> patch(image, 3, row=0, column=1)
        array([[ 1.,  2.,  3.],
               [ 5.,  6.,  7.],
               [ 9., 10., 11.]])
        >>> patch(image, 3, row=0, column=1).sum() == cross_correlate(image, np.ones((3, 3)))[0, 1]
        np.True_
    """
    image = _as_image(image)
    if image.ndim == 4:
        raise DataError(
            f"image has the shape {image.shape}, a batch; patch takes a single one. Choose one, "
            "such as image[0]."
        )
    images = _as_batch(image)
    down, across = _axes(images, kernel_size, stride, padding, dilation)
    _check_place(row, column, output_size(*down), output_size(*across))
    cut = _patches(_padded(images, down, across), down, across)[0, row, column]
    return cut[0] if image.ndim == 2 else np.moveaxis(cut, 0, -1)


def conv_parameters(kernel_size: Pair, channels: int, filters: int, bias: bool = True) -> int:
    """Counts the numbers that a convolution layer learns, wherever it is used in an image.

        kernel height * kernel width * channels * filters  +  filters

    Args:
        kernel_size: rows and columns of the kernel.
        channels: channels of the input.
        filters: filters, which are the channels of the output.
        bias: whether each filter has a bias.

    Returns:
        The count.

    Raises:
        DesignError: a number is not a whole one from 1 on.

    Example:
        >>> conv_parameters(3, channels=1, filters=32)
        320
        >>> conv_parameters(3, channels=32, filters=64)
        18496
    """
    height, width = _pair(kernel_size, "kernel_size")
    channels = whole_number(channels, "channels")
    filters = whole_number(filters, "filters")
    return height * width * channels * filters + (filters if bias else 0)


def dense_parameters(inputs: int, units: int, bias: bool = True) -> int:
    """Counts the numbers that a dense layer learns.

        inputs * units  +  units

    Args:
        inputs: numbers that come in.
        units: numbers that go out.
        bias: whether each unit has a bias.

    Returns:
        The count.

    Raises:
        DesignError: a number is not a whole one from 1 on.

    Example:
        >>> dense_parameters(576, units=64), dense_parameters(64, units=10)
        (36928, 650)
    """
    inputs, units = whole_number(inputs, "inputs"), whole_number(units, "units")
    return inputs * units + (units if bias else 0)


def conv_multiply_adds(output_shape: tuple[int, int, int], kernel_size: Pair, channels: int) -> int:
    """Counts the multiplications, each with its addition, for one image in a convolution layer.

        height' * width' * filters  *  kernel height * kernel width * channels

    Args:
        output_shape: (height', width', filters).
        kernel_size: rows and columns of the kernel.
        channels: channels of the input.

    Returns:
        The count.

    Raises:
        DesignError: a number is not a whole one from 1 on, or the shape has
            not three of them.

    Example:
        >>> conv_multiply_adds((26, 26, 32), kernel_size=3, channels=1)
        194688
    """
    if not isinstance(output_shape, tuple | list) or len(output_shape) != 3:
        raise DesignError(
            f"output_shape is {output_shape!r}; give three numbers, (height, width, filters), "
            "such as (26, 26, 32)."
        )
    outputs = math.prod(whole_number(number, "output_shape") for number in output_shape)
    height, width = _pair(kernel_size, "kernel_size")
    return outputs * height * width * whole_number(channels, "channels")


def dense_multiply_adds(inputs: int, units: int) -> int:
    """Counts the multiplications, each with its addition, for one image in a dense layer.

        inputs * units

    Args:
        inputs: numbers that come in.
        units: numbers that go out.

    Returns:
        The count.

    Raises:
        DesignError: a number is not a whole one from 1 on.

    Example:
        >>> dense_multiply_adds(576, units=64)
        36864
    """
    return whole_number(inputs, "inputs") * whole_number(units, "units")


def max_pool(
    image: np.ndarray, size: Pair = 2, stride: Pair | None = None, padding: str = "valid"
) -> np.ndarray:
    """Keeps the largest number of each patch, for every channel by itself.

        output[row, column] = max over i, j of  image[row * stride + i, column * stride + j]

    Args:
        image: (height, width), (height, width, channels) or (n, height, width,
            channels).
        size: rows and columns of a patch.
        stride: pixels from one patch to the next; as large as the patch when
            `None`.
        padding: "valid": rows and columns that fill no patch are left out.
            "same": what fills a patch in part counts as well.

    Returns:
        float64 with as many axes as the image.

    Raises:
        DesignError: the patch is larger than the image, or size, stride or
            padding are not what they should be.
        DataError: the image is not made of finite numbers.

    Source: Keras' `MaxPooling2D`.

    Example:
        >>> max_pool([[1, 2, 5, 0], [3, 4, 0, 6]])
        array([[4., 6.]])
    """
    image = _as_image(image)
    patches = _pooled_patches(image, size, stride, padding, outside=-np.inf)
    return _as_given(patches.max(axis=(-2, -1)), image.ndim)


def average_pool(
    image: np.ndarray, size: Pair = 2, stride: Pair | None = None, padding: str = "valid"
) -> np.ndarray:
    """Averages the numbers of each patch, for every channel by itself.

        output[row, column] = sum of the patch / pixels of it that lie inside of the image

    Args:
        image: as in `max_pool`, and so are the others.
        size: likewise.
        stride: likewise.
        padding: likewise. What lies outside is not counted as zero: it is not
            counted at all.

    Returns:
        float64 with as many axes as the image.

    Raises:
        DesignError: as `max_pool` does.
        DataError: as `max_pool` does.

    Source: Keras' `AveragePooling2D`.

    Example:
        >>> average_pool([[1, 2, 5, 0], [3, 4, 0, 6]])
        array([[2.5 , 2.75]])
        >>> average_pool([[1, 3, 8]], padding="same")
        array([[2., 8.]])
    """
    image = _as_image(image)
    sums = _pooled_patches(image, size, stride, padding, outside=0.0).sum(axis=(-2, -1))
    inside = _pooled_patches(np.ones_like(image), size, stride, padding, outside=0.0)
    return _as_given(sums / inside.sum(axis=(-2, -1)), image.ndim)


def flatten(image: np.ndarray) -> np.ndarray:
    """Writes all numbers of an image in one row: rows first, then columns, then channels.

        flat[(row * width + column) * channels + channel] = image[row, column, channel]

    Args:
        image: (height, width), (height, width, channels) or (n, height, width,
            channels).

    Returns:
        float64, (numbers,), or (n, numbers) for a batch.

    Raises:
        DataError: the image is not made of finite numbers.

    Source: Keras' `Flatten`.

    Example:
        >>> flatten([[[1, 2], [3, 4]], [[5, 6], [7, 8]]])
        array([1., 2., 3., 4., 5., 6., 7., 8.])
        >>> flatten(np.zeros((5, 3, 3, 64))).shape
        (5, 576)
    """
    image = _as_image(image)
    if image.ndim == 4:
        return image.reshape(len(image), math.prod(image.shape[1:])).copy()
    return image.flatten()


def receptive_field(layers: Sequence[tuple[int, ...]]) -> tuple[int, int]:
    """Counts how many pixels of the image one number deep in the network can see.

    Layer by layer, from field = 1 and jump = 1:

        field = field + (kernel_size - 1) * dilation * jump
        jump  = jump * stride

    Args:
        layers: from the image on, (kernel_size, stride) or (kernel_size, stride,
            dilation) for every convolution and pooling, along one axis.

    Returns:
        The field, in pixels of the image along one axis, and the jump: how many
        pixels lie between the fields of two neighbors.

    Raises:
        DesignError: a layer is not described by two or three whole numbers.

    Source: A. Araujo, W. Norris, J. Sim, "Computing Receptive Fields of
    Convolutional Neural Networks" (Distill, 2019).

    Example:
        >>> receptive_field([(3, 1), (2, 2), (3, 1), (2, 2), (3, 1)])
        (18, 4)
    """
    field = jump = 1
    for layer in layers:
        if not isinstance(layer, tuple | list) or len(layer) not in (2, 3):
            raise DesignError(
                f"a layer is {layer!r}; give (kernel_size, stride) or (kernel_size, stride, "
                "dilation) for each, such as (3, 1)."
            )
        kernel_size, stride, dilation = (*layer, 1)[:3]
        kernel_size = whole_number(kernel_size, "kernel_size")
        field += (kernel_size - 1) * whole_number(dilation, "dilation") * jump
        jump *= whole_number(stride, "stride")
    return field, jump


def as_numbers(values: object, name: str) -> np.ndarray:
    """Returns values as float64, if all of them are finite numbers.

    Args:
        values: an array, or lists of numbers.
        name: what to call them in a message.

    Returns:
        float64 of the same shape; the same array if it is one.

    Raises:
        DataError: they are texts, rows of different lengths, NaN, infinite.

    Example:
        >>> as_numbers([[1, float("nan")]], "image")
        Traceback (most recent call last):
            ...
        mnistlab.errors.DataError: image holds nan at [0, 1]; give finite numbers.
    """
    try:
        array = np.asarray(values)
    except ValueError as cause:
        raise DataError(
            f"{name} is no array: its rows have different lengths. Make them equal."
        ) from cause
    if array.dtype.kind not in "biuf":
        raise DataError(f"{name} has the type {array.dtype}; give real numbers.")
    array = array.astype(np.float64, copy=False)
    if not np.isfinite(array).all():
        place = tuple(np.argwhere(~np.isfinite(array))[0])
        where = f" at [{', '.join(map(str, place))}]" if place else ""
        raise DataError(f"{name} holds {array[place]}{where}; give finite numbers.")
    return array


def whole_number(value: object, name: str) -> int:
    """Returns a size, a count or a step as int.

    Args:
        value: a whole number of any type, from 1 on.
        name: what to call it in a message.

    Returns:
        The number.

    Raises:
        DesignError: it is 0, negative, broken, or no number at all.

    Example:
        >>> whole_number(1.5, "stride")
        Traceback (most recent call last):
            ...
        mnistlab.errors.DesignError: stride is 1.5; give a whole number from 1 on.
    """
    number = _index(value)
    if number is None or number < 1:
        raise DesignError(f"{name} is {value!r}; give a whole number from 1 on.")
    return number


def _as_image(image: object) -> np.ndarray:
    array = as_numbers(image, "image")
    if array.ndim not in (2, 3, 4):
        raise DataError(
            f"image has the shape {array.shape}; give (height, width), (height, width, channels) "
            "or (n, height, width, channels)."
        )
    if 0 in array.shape[-3:]:
        raise DataError(f"image has the shape {array.shape}, and so no pixels. Give at least one.")
    return array


def _as_kernel(kernel: object) -> np.ndarray:
    array = as_numbers(kernel, "kernel")
    if array.ndim not in (2, 4) or not array.size:
        raise DesignError(
            f"kernel has the shape {array.shape}; give (height, width), or (height, width, "
            "channels, filters), with at least one cell."
        )
    return array


def _as_batch(image: np.ndarray) -> np.ndarray:
    """Adds the axes that are not there: (n, height, width, channels)."""
    if image.ndim == 2:
        image = image[..., np.newaxis]
    return image if image.ndim == 4 else image[np.newaxis]


def _as_given(output: np.ndarray, axes: int) -> np.ndarray:
    """Takes off what `_as_batch` added to an image that had so many axes."""
    if axes == 2:
        return output[0, ..., 0]
    return output[0] if axes == 3 else output


def _with_all_axes(
    image: object, kernel: object, bias: object
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Returns (n, h, w, channels), (h, w, channels, filters), (filters,), if they go together."""
    image, kernel, bias = _as_image(image), _as_kernel(kernel), as_numbers(bias, "bias")
    if (image.ndim == 2) != (kernel.ndim == 2):
        raise DesignError(
            f"image has the shape {image.shape} and kernel {kernel.shape}; (height, width) goes "
            "with (height, width), and an image with channels with (height, width, channels, "
            "filters). [..., np.newaxis] adds an axis."
        )
    images = _as_batch(image)
    kernels = kernel if kernel.ndim == 4 else kernel[..., np.newaxis, np.newaxis]
    channels, filters = kernels.shape[2:]
    if images.shape[-1] != channels:
        raise DesignError(
            f"image has {images.shape[-1]} channels and kernel has {channels} (shapes "
            f"{image.shape} and {kernel.shape}); they must be equal. A batch of gray images needs "
            "its channel axis: images[..., np.newaxis]."
        )
    if bias.shape not in ((), (filters,)):
        raise DesignError(
            f"bias has the shape {bias.shape}, and kernel has {filters} filters; give one number, "
            "or one for each filter."
        )
    return images, kernels, np.broadcast_to(bias, filters)


class _Axis(NamedTuple):
    """Image and kernel along rows or columns: the arguments of `output_size`, in its order."""

    size: int
    kernel_size: int
    stride: int
    padding: str
    dilation: int

    @property
    def covered(self) -> int:
        return _covered(self.kernel_size, self.dilation)

    @property
    def fits(self) -> bool:
        return _is_same(self.padding) or self.covered <= self.size


def _axes(
    images: np.ndarray,
    kernel_size: Pair,
    stride: Pair,
    padding: str,
    dilation: Pair,
    name: str = "kernel",
) -> tuple[_Axis, _Axis]:
    """Returns the axis down the rows and the one across the columns, if the kernel fits in."""
    kernel_size, dilation = _pair(kernel_size, "kernel_size"), _pair(dilation, "dilation")
    sizes, stride = images.shape[1:3], _pair(stride, "stride")
    down, across = map(_Axis, sizes, kernel_size, stride, (padding, padding), dilation)
    if not (down.fits and across.fits):
        dilated = "" if dilation == (1, 1) else f", dilated to {down.covered}x{across.covered}"
        raise DesignError(
            f"{name} is {kernel_size[0]}x{kernel_size[1]}{dilated}, and image is "
            f"{sizes[0]}x{sizes[1]}: the {name} is larger. Make it smaller or the image larger, or "
            "use padding='same'."
        )
    return down, across


def _padded(images: np.ndarray, down: _Axis, across: _Axis, value: float = 0.0) -> np.ndarray:
    widths = [(0, 0), padding_sizes(*down), padding_sizes(*across), (0, 0)]
    return np.pad(images, widths, constant_values=value)


def _patches(padded: np.ndarray, down: _Axis, across: _Axis) -> np.ndarray:
    """Views (n, h, w, channels) as all its patches, (n, h', w', channels, rows, columns)."""
    windows = sliding_window_view(padded, (down.covered, across.covered), axis=(1, 2))
    strided = windows[:, :: down.stride, :: across.stride]
    return strided[..., :: down.dilation, :: across.dilation]


def _pooled_patches(
    image: np.ndarray, size: Pair, stride: Pair | None, padding: str, outside: float
) -> np.ndarray:
    images, size = _as_batch(image), _pair(size, "size")
    stride = size if stride is None else stride
    down, across = _axes(images, size, stride, padding, dilation=1, name="pool")
    return _patches(_padded(images, down, across, outside), down, across)


def _covered(kernel_size: int, dilation: int) -> int:
    """Counts the pixels from the first to the last cell of a kernel."""
    return (kernel_size - 1) * dilation + 1


def _is_same(padding: object) -> bool:
    if not isinstance(padding, str) or padding not in PADDINGS:
        raise DesignError(f"padding is {padding!r}; choose 'valid' or 'same'.")
    return padding == "same"


def _pair(value: object, name: str) -> tuple[int, int]:
    if not isinstance(value, tuple | list | np.ndarray):
        value = (value, value)
    if len(value) != 2:
        raise DesignError(f"{name} is {value!r}; give one number or a pair (rows, columns).")
    return whole_number(value[0], name), whole_number(value[1], name)


def _index(value: object) -> int | None:
    """Returns a whole number of any type as int; nothing for 1.5, "1" or True."""
    if isinstance(value, bool | np.bool):
        return None
    try:
        return operator.index(value)
    except TypeError:
        return None


def _check_place(row: object, column: object, height: int, width: int) -> None:
    for name, value, end in (("row", row, height), ("column", column, width)):
        number = _index(value)
        if number is None or not 0 <= number < end:
            raise DesignError(
                f"{name} is {value!r}, and the output has {height}x{width} pixels; give a whole "
                f"number from 0 to {end - 1}."
            )
