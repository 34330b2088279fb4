"""Figures of what a layer computes, for readers who have no kernel running.

They show what the explorers show, in the same colors: blue is negative, white
is 0, red is positive, and the strongest color is the largest absolute value.
Images stay gray. Orange marks the pixel that is explained, and the patch of
the input that it comes from.
"""

from collections.abc import Sequence

from mnistlab.errors import DataError
from mnistlab.explain.convolution import cross_correlate, padding_sizes, patch
from mnistlab.plots.figure import HIGHLIGHT, Figure

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import LinearSegmentedColormap, to_rgb
from matplotlib.patches import Rectangle

# ColorBrewer's RdBu, which color-blind readers can tell apart, with white in its middle.
SIGNED_COLORS = (
    *("#2166ac", "#4393c3", "#92c5de", "#d1e5f0"),
    "#ffffff",
    *("#fddbc7", "#f4a582", "#d6604d", "#b2182b"),
)
# An odd number of steps: one of them is for 0 alone.
SIGNED = LinearSegmentedColormap.from_list("mnistlab signed", SIGNED_COLORS, N=257)

MOST_INCHES = 9.6
FEW = 12
LARGE = 64 * 64
FRAME = "#b0b0b0"


def convolution_step(
    image: np.ndarray,
    kernel: np.ndarray,
    row: int,
    column: int,
    bias: float = 0.0,
    stride: int = 1,
    padding: str = "valid",
    dilation: int = 1,
    relu: bool = False,
    title: str = "",
) -> Figure:
    """Draws how one pixel of a convolution's output comes about.

    Args:
        image: (height, width) or (height, width, 1), any scale.
        kernel: (kernel rows, kernel columns).
        row: of the output pixel, counted from 0.
        column: of the output pixel, counted from 0.
        bias: added to the sum.
        stride: pixels from one patch to the next.
        padding: "valid", or "same" for a frame of zeros around the image.
        dilation: pixels from one number of a patch to the next.
        relu: whether what is negative becomes 0.
        title: title of the whole figure.

    Returns:
        The figure: the input with the patch outlined, the patch's numbers, the
        kernel's, their products, and the output with the pixel outlined; below
        them the sum, and the line of NumPy that computes it.

    Raises:
        DataError: the image is not one gray image of finite numbers.
        DesignError: the kernel or the settings do not fit the image, or there
            is no such output pixel.

    Example:
        >>> image = np.arange(36.0).reshape(6, 6)
        >>> convolution_step(image, np.array([[-1.0, 1.0]]), row=2, column=3)
        <Figure size 1100x340 with 5 Axes>
    """
    image, kernel = _gray(image), np.asarray(kernel, dtype="float64")
    output = cross_correlate(image, kernel, bias, stride, padding, dilation)
    under = patch(image, kernel.shape, row, column, stride, padding, dilation)
    total = output[row, column]
    result = max(0.0, total) if relu else total

    figure = Figure(figsize=(11, 3.4))
    side = _wide(kernel.shape)
    panels = figure.subplots(1, 5, width_ratios=(3, side, side, side, 3))
    _draw_input(panels[0], image, kernel.shape, row, column, stride, padding, dilation)
    _draw_numbers(panels[1], under, "gray", (image.min(), image.max()), "Patch")
    limit = _limit(kernel)
    _draw_numbers(panels[2], kernel, SIGNED, (-limit, limit), "× Kernel")
    limit = _limit(np.abs(image).max() * kernel)
    _draw_numbers(panels[3], under * kernel, SIGNED, (-limit, limit), "= Products")
    _draw_output(panels[4], output, row, column, relu)
    figure.supxlabel(
        _sum_in_words((under * kernel).sum(), bias, total, result, relu, row, column)
        + "\n"
        + numpy_code(row, column, image.shape, kernel.shape, stride, padding, dilation, relu),
        fontsize=10,
        family="monospace",
    )
    if title:
        figure.suptitle(title, fontsize=11, fontweight="bold")
    return figure


def numpy_code(
    row: int,
    column: int,
    image_shape: tuple[int, int],
    kernel_shape: tuple[int, int],
    stride: int = 1,
    padding: str = "valid",
    dilation: int = 1,
    relu: bool = False,
) -> str:
    """Writes the NumPy that computes one output pixel, its indices worked out.

    Args:
        row: of the output pixel.
        column: of the output pixel.
        image_shape: (height, width).
        kernel_shape: (kernel rows, kernel columns).
        stride: pixels from one patch to the next.
        padding: "valid" or "same".
        dilation: pixels from one number of a patch to the next.
        relu: whether what is negative becomes 0.

    Returns:
        Code with the names `image`, `kernel` and `bias`. Its last line is the
        expression; a line before it makes `padded` where zeros are added.

    Example:
        >>> print(numpy_code(7, 12, (28, 28), (3, 3)))
        np.sum(image[7:10, 12:15] * kernel) + bias
        >>> print(numpy_code(7, 12, (28, 28), (3, 3), padding="same", dilation=2, relu=True))
        padded = np.pad(image, ((2, 2), (2, 2)))
        max(0, np.sum(padded[7:12:2, 12:17:2] * kernel) + bias)
    """
    zeros = [
        tuple(map(int, padding_sizes(size, kernel_size, stride, padding, dilation)))
        for size, kernel_size in zip(image_shape, kernel_shape, strict=True)
    ]
    padded = any(map(any, zeros))
    rows = _slice(row, kernel_shape[0], stride, dilation)
    columns = _slice(column, kernel_shape[1], stride, dilation)
    source = "padded" if padded else "image"
    code = f"np.sum({source}[{rows}, {columns}] * kernel) + bias"
    if relu:
        code = f"max(0, {code})"
    return f"padded = np.pad(image, ({zeros[0]}, {zeros[1]}))\n{code}" if padded else code


def kernel_grid(
    kernels: Sequence[np.ndarray], titles: Sequence[object] | None = None, columns: int = 8
) -> Figure:
    """Draws kernels side by side in signed colors, on one scale.

    Args:
        kernels: (n, kernel rows, kernel columns), or a sequence of kernels of
            different sizes. Up to twelve of at most 5x5 get their numbers
            written in them.
        titles: what to write above each kernel, or nothing.
        columns: kernels in a row.

    Returns:
        The figure, with the scale that all kernels share.

    Raises:
        DataError: there is no kernel, one that is not two-dimensional or not
            of finite numbers, or one without a title beside others with one.

    Example:
        >>> kernel_grid([[[-1, 0, 1]], [[-1], [0], [1]]], ["across", "down"])
        <Figure size 300x230 with 3 Axes>
    """
    kernels = _pictures(kernels, titles, "kernels", "kernel_grid")
    few = len(kernels) <= FEW and max(max(kernel.shape) for kernel in kernels) <= 5
    figure, panels = _signed_figure(kernels, titles, columns, 1.5 if few else 1.1, 1)
    for axes, kernel in zip(panels, kernels, strict=True):
        if few:
            _write_numbers(axes, kernel, axes.images[0])
    return figure


def signed_maps(
    maps: Sequence[np.ndarray], titles: Sequence[object] | None = None, columns: int = 4
) -> Figure:
    """Draws maps of positive and negative numbers side by side, on one scale.

    Args:
        maps: (n, height, width) or a sequence of maps.
        titles: what to write above each map, or nothing.
        columns: maps in a row.

    Returns:
        The figure, with the scale that all maps share: white is 0.

    Raises:
        DataError: there is no map, one that is not two-dimensional or not of
            finite numbers, or one without a title beside others with one.

    Example:
        >>> signed_maps(np.linspace(-1, 1, 72).reshape(2, 6, 6), ["first", "second"])
        <Figure size 500x330 with 3 Axes>
    """
    maps = _pictures(maps, titles, "maps", "signed_maps")
    aspect = max(each.shape[0] / each.shape[1] for each in maps)
    inches = 2.5 if max(map(np.size, maps)) < LARGE else 4.8
    figure, _ = _signed_figure(maps, titles, columns, inches, min(aspect, 2))
    return figure


def _gray(image: np.ndarray) -> np.ndarray:
    image = np.asarray(image)
    if image.ndim == 3 and image.shape[-1] == 1:
        image = image[..., 0]
    if image.ndim != 2:
        raise DataError(
            f"image has the shape {image.shape}; convolution_step takes one gray image, (height, "
            "width). Choose one of a batch: images[0]."
        )
    return image.astype("float64")


def _wide(shape: tuple[int, int]) -> float:
    """The width of a panel of numbers beside the 3 of a picture: a number needs its room."""
    return float(np.clip(0.62 * shape[1], 1.5, 3.2))


def _draw_input(axes, image, kernel_shape, row, column, stride, padding, dilation):
    height, width = image.shape
    (top, bottom), (left, right) = (
        padding_sizes(size, kernel_size, stride, padding, dilation)
        for size, kernel_size in zip(image.shape, kernel_shape, strict=True)
    )
    axes.imshow(image, zorder=1)
    if top + bottom + left + right:
        frame = (-0.5 - left, -0.5 - top), width + left + right, height + top + bottom
        axes.add_patch(Rectangle(*frame, fc="#f4f4f4", ec="#999999", hatch="////", zorder=0))
        axes.set_xlim(-0.6 - left, width - 0.4 + right)
        axes.set_ylim(height - 0.4 + bottom, -0.6 - top)
    rows, columns = (dilation * (size - 1) + 1 for size in kernel_shape)
    _outline(axes, row * stride - top, column * stride - left, rows, columns)
    size = f"{height} × {width}" + (", zeros around it" if top + bottom + left + right else "")
    _finish(axes, f"Input\n{size}")


def _draw_output(axes, output, row, column, relu):
    limit = _limit(output)
    axes.imshow(np.maximum(output, 0) if relu else output, cmap=SIGNED, vmin=-limit, vmax=limit)
    _outline(axes, row, column, 1, 1)
    _finish(axes, f"Output\n{output.shape[0]} × {output.shape[1]}")
    _frame(axes)


def _outline(axes, row, column, rows, columns):
    corner = (column - 0.5, row - 0.5)
    box = {"fill": False, "clip_on": False}
    axes.add_patch(Rectangle(corner, columns, rows, ec="white", lw=3.5, **box))
    axes.add_patch(Rectangle(corner, columns, rows, ec=HIGHLIGHT, lw=2, **box))


def _draw_numbers(axes, numbers, cmap, limits, title):
    low, high = limits
    drawn = axes.imshow(numbers, cmap=cmap, vmin=low, vmax=high if high > low else low + 1)
    _write_numbers(axes, numbers, drawn)
    rows, columns = numbers.shape
    axes.set_xticks(np.arange(columns + 1) - 0.5, minor=True)
    axes.set_yticks(np.arange(rows + 1) - 0.5, minor=True)
    axes.grid(which="minor", color="#d0d0d0", linewidth=0.6)
    axes.set_axisbelow(False)
    _finish(axes, f"{title}\n{rows} × {columns}")


def _write_numbers(axes: Axes, numbers: np.ndarray, drawn) -> None:
    size = 9 if max(numbers.shape) <= 4 else 7 if max(numbers.shape) == 5 else 5.5
    decimals = 0 if (numbers == np.rint(numbers)).all() else 2
    for (row, column), number in np.ndenumerate(numbers):
        color = _ink(drawn.to_rgba(number))
        text = _number(number, decimals)
        axes.text(column, row, text, ha="center", va="center", color=color, fontsize=size)


def _ink(color) -> str:
    """Black or white, whichever can be read on a color."""
    return "black" if np.dot(to_rgb(color), (0.299, 0.587, 0.114)) > 0.5 else "white"


def _sum_in_words(products, bias, total, result, relu, row, column) -> str:
    sign, size = ("−", -bias) if bias < 0 else ("+", bias)
    text = f"sum of products {_number(products)} {sign} bias {_number(size)} = {_number(total)}"
    if relu:
        text += f" → ReLU → {_number(result)}"
    return f"{text} = output[{row}, {column}]"


def _number(value: float, decimals: int = 2) -> str:
    return f"{value:z.{decimals}f}".replace("-", "−")


def _slice(place: int, size: int, stride: int, dilation: int) -> str:
    start = place * stride
    stop = start + dilation * (size - 1) + 1
    return f"{start}:{stop}" + (f":{dilation}" if dilation > 1 and size > 1 else "")


def _pictures(pictures, titles, name, function) -> list[np.ndarray]:
    pictures = [np.asarray(picture) for picture in pictures]
    if not pictures:
        raise DataError(f"{name} holds nothing to draw; {function} takes at least one.")
    for place, picture in enumerate(pictures):
        if picture.ndim != 2 or not picture.size:
            raise DataError(
                f"{name}[{place}] has the shape {picture.shape}; {function} takes two-dimensional "
                "ones, (n, rows, columns). Choose a channel, and put the axis of the filters "
                "first: kernel[:, :, 0].transpose(2, 0, 1)."
            )
        if picture.dtype.kind not in "biuf" or not np.isfinite(picture).all():
            raise DataError(
                f"{name}[{place}] holds NaN, infinity or no numbers; {function} draws finite "
                "numbers. Look for what computed it."
            )
    if titles is not None and len(titles) < len(pictures):
        raise DataError(f"There are {len(titles)} titles for {len(pictures)} {name}; one each.")
    return [picture.astype("float64") for picture in pictures]


def _signed_figure(pictures, titles, columns, inches, aspect):
    """Returns the figure, and the axes of each picture; the last axes are the scale's."""
    columns = max(1, min(columns, len(pictures)))
    rows = -(-len(pictures) // columns)
    inches = min(inches, MOST_INCHES / columns)
    heading = 0.3 if titles is not None else 0.05
    figure = Figure(figsize=(max(inches * columns, 2), (inches * aspect + heading) * rows + 0.5))
    limit = max(map(_limit, pictures))
    panels = []
    for place, picture in enumerate(pictures):
        axes = figure.add_subplot(rows, columns, place + 1)
        drawn = axes.imshow(picture, cmap=SIGNED, vmin=-limit, vmax=limit)
        _finish(axes, "" if titles is None else str(titles[place]))
        _frame(axes)
        panels.append(axes)
    figure.colorbar(
        drawn, ax=panels, orientation="horizontal", aspect=40, shrink=min(1, 3 / columns), pad=0.03
    ).outline.set_edgecolor(FRAME)
    return figure, panels


def _limit(numbers: np.ndarray) -> float:
    """The end of a scale with 0 in its middle."""
    return float(np.abs(numbers).max()) or 1.0


def _finish(axes: Axes, title: str) -> None:
    axes.set_title(title, fontsize=9, fontweight="normal", parse_math=False)
    axes.set(xticks=[], yticks=[])
    axes.tick_params(which="both", length=0)
    for spine in axes.spines.values():
        spine.set_visible(False)


def _frame(axes: Axes) -> None:
    """A thin line around a map, which may be white at its edge."""
    for spine in axes.spines.values():
        spine.set(visible=True, color=FRAME, linewidth=0.8)
