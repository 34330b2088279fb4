"""Figures of what a layer computes, for readers who have no kernel running.

They show what the explorers show, in the same colors: blue is negative, white
is 0, red is positive, and the strongest color is the largest absolute value.
A scale without negative numbers begins at its white.
Images stay gray. Orange marks the pixel that is explained, and the patch of
the input that it comes from.
"""

import textwrap
from collections.abc import Sequence

from mnistlab.data.framing import CENTER, SIDE, center_of_mass
from mnistlab.data.images import Steps
from mnistlab.errors import DataError
from mnistlab.explain.activations import relu, softmax
from mnistlab.explain.convolution import cross_correlate, padding_sizes, patch
from mnistlab.plots.figure import HIGHLIGHT, QUIET, Figure

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
# Its half from 0 on: the same color for the same share of the largest number.
POSITIVE = LinearSegmentedColormap.from_list("mnistlab positive", SIGNED_COLORS[4:], N=129)

MOST_INCHES = 9.6
FEW = 12
LARGE = 64 * 64
FRAME = "#b0b0b0"
PAPER = "#404040"
LEAST_SHARE = 0.1
RANKS = (HIGHLIGHT, "#e8a06a", "#f0c4a3")
MOST_TERMS = 5
STEP_INCHES = (11, 3.4)
LINE_INCHES = 0.17


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

    figure = Figure(figsize=STEP_INCHES)
    side = _wide(kernel.shape)
    shares = (3, side, side, side, 3)
    panels = figure.subplots(1, 5, width_ratios=shares)
    _draw_input(panels[0], image, kernel.shape, row, column, stride, padding, dilation)
    _draw_numbers(panels[1], under, "gray", (image.min(), image.max()), "Patch")
    limit = _limit(kernel)
    _draw_numbers(panels[2], kernel, SIGNED, (-limit, limit), "× Kernel")
    limit = _limit(np.abs(image).max() * kernel)
    _draw_numbers(panels[3], under * kernel, SIGNED, (-limit, limit), "= Products")
    _draw_output(panels[4], output, row, column, relu)
    caption = (
        _sum_in_words((under * kernel).sum(), bias, total, result, relu, row, column)
        + "\n"
        + numpy_code(row, column, image.shape, kernel.shape, stride, padding, dilation, relu)
    )
    figure.supxlabel(caption, fontsize=10, family="monospace")
    if title:
        figure.suptitle(title, fontsize=11, fontweight="bold")
    _fit_height(figure, shares, lines=caption.count("\n") + 1 + 2 * bool(title))
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
    kernels: Sequence[np.ndarray],
    titles: Sequence[object] | None = None,
    columns: int = 8,
    own_scale: bool = False,
) -> Figure:
    """Draws kernels side by side in signed colors, on one scale or each on its own.

    Args:
        kernels: (n, kernel rows, kernel columns), or a sequence of kernels of
            different sizes. Up to twelve of at most 5x5 get their numbers
            written in them.
        titles: what to write above each kernel, or nothing.
        columns: kernels in a row.
        own_scale: whether the strongest color is each kernel's own largest
            absolute value, for kernels of which some are far larger than others.

    Returns:
        The figure, with the scale that all kernels share, unless each has its
        own. A scale without negative numbers begins at 0.

    Raises:
        DataError: there is no kernel, one that is not two-dimensional or not
            of finite numbers, or one without a title beside others with one.

    Example:
        >>> kernel_grid([[[-1, 0, 1]], [[-1], [0], [1]]], ["across", "down"])
        <Figure size 300x230 with 3 Axes>
    """
    kernels = _pictures(kernels, titles, "kernels", "kernel_grid")
    few = len(kernels) <= FEW and max(max(kernel.shape) for kernel in kernels) <= 5
    inches = 1.5 if few else 1.1
    figure, panels = _signed_figure(kernels, titles, columns, inches, 1, own_scale)
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
        The figure, with the scale that all maps share: white is 0, and where
        no number is negative, the scale begins there.

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


def softmax_steps(
    logits: np.ndarray,
    temperature: float = 1.0,
    labels: Sequence[object] | None = None,
    title: str = "",
) -> Figure:
    """Draws how logits become probabilities, with all the numbers.

    Args:
        logits: (classes,) scores, of at least two classes.
        temperature: what they are divided by first.
        labels: names of the classes; 0, 1, 2, ... without.
        title: title of the whole figure.

    Returns:
        The figure: the logits, their exponentials and the probabilities as
        bars; below them the formula for the most probable class. Where the sum
        of the exponentials is too large for a float64, or too small, the
        largest logit is subtracted first, and the figure says so.

    Raises:
        DataError: the logits are not such numbers, or have not a label each.
        DesignError: the temperature is not above 0.

    Example:
        >>> softmax_steps([2.0, 1.0, 0.1])
        <Figure size 960x250 with 3 Axes>
    """
    logits, labels = _scores(logits, labels)
    probabilities = softmax(logits, temperature)
    exponents, power = _exponents(logits, temperature)
    exponentials = np.exp(exponents)
    best = int(probabilities.argmax())
    figure = Figure(figsize=(9.6, 0.3 * len(logits) + 1.6))
    panels = figure.subplots(1, 3, sharey=True)
    signs = [SIGNED_COLORS[1] if value < 0 else SIGNED_COLORS[-2] for value in logits]
    marks = [HIGHLIGHT if place == best else QUIET for place in range(len(logits))]
    _draw_bars(panels[0], logits, signs, "Logits z", _number)
    _draw_bars(panels[1], exponentials, marks, f"Exponentials {power}", _short)
    _draw_bars(panels[2], probabilities, marks, "Probabilities p", _short)
    panels[0].set_yticks(range(len(labels)), labels, parse_math=False)
    panels[0].invert_yaxis()
    words = power, "sum"
    if len(exponents) <= MOST_TERMS:
        terms = [f"e^{_number(value)}" for value in exponents]
        words = terms[best], f"({' + '.join(terms)})"
    numbers = map(_short, (exponentials[best], exponentials.sum(), probabilities[best]))
    formula = "p({}) = {} / {} = {} / {} = {}".format(labels[best], *words, *numbers)
    if "max" in power:
        formula += "\nThe sum of e^z itself is no float64, so the largest z is subtracted first."
    figure.supxlabel(formula, fontsize=9, family="monospace", parse_math=False)
    if title:
        figure.suptitle(title, fontsize=11, fontweight="bold")
    return figure


def drawing_steps(
    strokes: Sequence[np.ndarray],
    digit: np.ndarray,
    probabilities: np.ndarray,
    title: str = "",
) -> Figure:
    """Draws a drawing's way to an answer: as drawn, as the model sees it, as it is read.

    Args:
        strokes: for each stroke its points, (n, 2): x to the right and y down,
            any scale. None for a digit that was not drawn.
        digit: (28, 28) or (28, 28, 1), what is made of them.
        probabilities: (classes,), what the model answers; all 0 for no answer.
        title: title of the whole figure.

    Returns:
        The figure: the strokes, the digit, and a bar for each class. The three
        most probable are colored, and have their numbers from 0.1 % on.

    Raises:
        DataError: the digit is not one image, the probabilities are those of
            several, or a stroke has another shape or no points.

    Example:
        >>> drawing_steps([[(3, 1), (3, 9)]], np.zeros((28, 28)), np.eye(10)[1])
        <Figure size 960x300 with 3 Axes>
    """
    digit = np.asarray(digit)
    probabilities = np.asarray(probabilities, dtype="float64")
    if digit.shape not in ((28, 28), (28, 28, 1)):
        raise DataError(
            f"digit has the shape {digit.shape}; drawing_steps takes one image, (28, 28). Choose "
            "one of a batch: digits[0]."
        )
    if probabilities.ndim != 1:
        raise DataError(
            f"probabilities have the shape {probabilities.shape}; drawing_steps takes those of one "
            "image, (10,). Choose a row: probabilities[0]."
        )
    figure = Figure(figsize=(9.6, 3))
    drawn, seen, bars = figure.subplots(1, 3, width_ratios=(1, 1, 1.9))
    _draw_strokes(drawn, strokes)
    _finish(drawn, "As drawn" if len(strokes) else "Nothing drawn")
    seen.imshow(digit.squeeze())
    _finish(seen, "What the model sees, 28×28")
    _draw_answer(bars, probabilities)
    if title:
        figure.suptitle(title, fontsize=11, fontweight="bold", parse_math=False)
    return figure


def picture_steps(steps: Steps, title: str = "") -> Figure:
    """Draws a picture's way into MNIST's form, step by step.

    Args:
        steps: what `image_to_digit(picture, describe=True)` returns.
        title: title of the whole figure; which of dark and light is the ink,
            and what else was noticed, when empty.

    Returns:
        The figure: the picture with a box around the digit, its ink, the digit
        cut out and scaled, and the digit in its frame. There, lines through
        index 14 cross where the center of mass is put, which a dot marks.

    Example:
        >>> from mnistlab.data.images import image_to_digit
        >>> paper = np.full((300, 200), 235, "uint8")
        >>> paper[50:250, 60:70] = 40
        >>> picture_steps(image_to_digit(paper, describe=True))
        <Figure size 960x280 with 4 Axes>
    """
    figure = Figure(figsize=(9.6, 2.8))
    picture, ink, scaled, centered = figure.subplots(1, 4)
    picture.imshow(steps.original)
    top, left, bottom, right = steps.box
    corner = left - 0.5, top - 0.5
    picture.add_patch(
        Rectangle(corner, right - left, bottom - top, fill=False, edgecolor=HIGHLIGHT, linewidth=2)
    )
    ink.imshow(steps.ink, vmin=0, vmax=1)
    for axes, name in ((picture, "The picture"), (ink, "Its ink")):
        _square(axes, steps.ink.shape, max(steps.ink.shape))
        _finish(axes, name)
    height, width = steps.scaled.shape
    scaled.imshow(steps.scaled, vmin=0, vmax=1)
    # As large as in the frame beside it.
    _square(scaled, steps.scaled.shape, SIDE)
    scaled.set_facecolor(PAPER)
    _finish(scaled, f"Cut out and scaled, {height}×{width}")
    centered.imshow(steps.centered, vmin=0, vmax=255)
    row, column = center_of_mass(steps.centered)
    for line in (centered.axhline, centered.axvline):
        line(CENTER, color=HIGHLIGHT, linewidth=0.8)
    centered.plot(column, row, "o", color=HIGHLIGHT, markersize=5)
    _finish(centered, "Centered, 28×28")
    noticed = " ".join([f"{steps.polarity.capitalize()}.", *steps.notes])
    figure.suptitle(
        title or textwrap.fill(noticed, 90), fontsize=11, fontweight="bold", parse_math=False
    )
    return figure


def relu_maps(
    before: np.ndarray,
    after: np.ndarray | None = None,
    titles: Sequence[object] | None = None,
    columns: int = 6,
    title: str = "",
) -> Figure:
    """Draws feature maps before and after the ReLU, with the share of zeros.

    Args:
        before: (n, height, width) maps, or one, (height, width).
        after: the same after the ReLU; `max(0, before)` without.
        titles: what to write above each pair, or nothing.
        columns: pairs in a row.
        title: title of the whole figure.

    Returns:
        The figure, in signed colors on one scale: white is 0. Below each map
        after the ReLU stands how many of its numbers are 0.

    Raises:
        DataError: there is no map, one that is not of finite numbers, one
            without a title beside others with one, or `after` has another shape.

    Example:
        >>> relu_maps(np.linspace(-1, 1, 72).reshape(2, 6, 6), titles=["first", "second"])
        <Figure size 320x420 with 5 Axes>
    """
    before = np.stack(_pictures(_as_batch(before), titles, "before", "relu_maps"))
    after = relu(before) if after is None else _as_batch(after)
    after = np.stack(_pictures(after, None, "after", "relu_maps"))
    if before.shape != after.shape:
        raise DataError(
            f"before has the shape {before.shape} and after {after.shape}; relu_maps takes the "
            "same maps twice. Leave `after` out to have it computed."
        )
    columns = max(1, min(columns, len(before)))
    blocks = -(-len(before) // columns)
    heading = (titles is not None) * 0.2
    figure = Figure(figsize=(1.6 * columns, (3.5 + heading) * blocks + 0.5 + 0.3 * bool(title)))
    limit = _limit(before)
    for place, pair in enumerate(zip(before, after, strict=True)):
        for step, numbers in enumerate(pair):
            row = 2 * (place // columns) + step
            axes = figure.add_subplot(2 * blocks, columns, row * columns + place % columns + 1)
            drawn = axes.imshow(numbers, cmap=SIGNED, vmin=-limit, vmax=limit)
            _finish(axes, "" if titles is None or step else str(titles[place]))
            _frame(axes)
            if place % columns == 0:
                axes.set_ylabel(("before", "after")[step], fontsize=9)
        axes.set_xlabel(f"{100 * np.mean(numbers == 0):.0f} % zeros", fontsize=9)
    _draw_scale(figure, drawn, columns)
    if title:
        figure.suptitle(title, fontsize=11, fontweight="bold")
    return figure


def _as_batch(maps: np.ndarray) -> np.ndarray:
    maps = np.asarray(maps)
    return maps[None] if maps.ndim == 2 else maps


def _scores(logits: np.ndarray, labels) -> tuple[np.ndarray, list[str]]:
    logits = np.asarray(logits, "float64")
    if logits.ndim != 1 or len(logits) < 2 or not np.isfinite(logits).all():
        raise DataError(
            f"logits are {logits.tolist() if logits.size < 9 else logits.shape}; softmax_steps "
            "takes finite numbers, one for each of at least two classes. Choose one row of "
            "several: logits[0]."
        )
    labels = [str(label) for label in (range(len(logits)) if labels is None else labels)]
    if len(labels) != len(logits):
        raise DataError(f"There are {len(labels)} labels for {len(logits)} logits; give one each.")
    return logits, labels


def _exponents(logits: np.ndarray, temperature: float) -> tuple[np.ndarray, str]:
    """Returns the powers that e is raised to, and how e raised to them is written."""
    divided = "" if temperature == 1 else f" / {temperature:g}"
    exponents = logits / temperature
    with np.errstate(over="ignore"):
        # Between 0 and the least normal number, a float64 has fewer and fewer digits.
        if np.finfo(float).tiny <= np.exp(exponents).sum() < np.inf:
            return exponents, f"e^(z{divided})" if divided else "e^z"
    power = f"e^((z − max){divided})" if divided else "e^(z − max)"
    return exponents - exponents.max(), power


def _draw_bars(axes: Axes, values: np.ndarray, colors: list[str], title: str, write) -> None:
    bars = axes.barh(range(len(values)), values, color=colors)
    axes.bar_label(bars, [write(value) for value in values], padding=3, fontsize=9)
    low, high = min(0, values.min()), max(0, values.max())
    room = 0.35 * (high - low)
    axes.set_xlim(low - room * (low < 0), high + room * (high > 0) or 1)
    axes.axvline(0, color="#666666", linewidth=0.8)
    axes.set_title(title, parse_math=False)
    axes.set_xticks([])
    axes.tick_params(length=0)
    axes.grid(False)
    axes.spines[["left", "bottom"]].set_visible(False)


def _short(value: float) -> str:
    """A number in few characters: 7.39, 0.659, 5.9·10⁴⁷."""
    size = abs(value)
    if size == 0:
        return "0"
    if 1e-3 <= size < 1e5:
        return _number(value, 2 if size > 1 else 3)
    digits, power = f"{value:.1e}".split("e")
    superscripts = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")
    return f"{digits.replace('-', '−')}·10{str(int(power)).translate(superscripts)}"


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


def _fit_height(figure: Figure, shares: Sequence[float], lines: int) -> None:
    """Takes away the height that wide panels would leave empty."""
    width, height = STEP_INCHES
    # A tenth of the width is left between the panels.
    inches = 0.9 * width * np.array(shares) / sum(shares)
    aspects = [np.ptp(axes.get_ylim()) / np.ptp(axes.get_xlim()) for axes in figure.axes]
    # Above each panel stand two lines; the rest is what lies around them and the text.
    needed = (inches * aspects).max() + (lines + 2) * LINE_INCHES + 0.4
    figure.set_figheight(min(height, round(needed, 1)))


def _draw_input(axes, image, kernel_shape, row, column, stride, padding, dilation):
    height, width = image.shape
    (top, bottom), (left, right) = (
        padding_sizes(size, kernel_size, stride, padding, dilation)
        for size, kernel_size in zip(image.shape, kernel_shape, strict=True)
    )
    axes.imshow(image, zorder=1)
    if top + bottom + left + right:
        frame = (-0.5 - left, -0.5 - top), width + left + right, height + top + bottom
        axes.add_patch(Rectangle(*frame, fc="#202020", ec="#808080", hatch="////", zorder=0))
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


def _signed_figure(pictures, titles, columns, inches, aspect, own_scale=False):
    """Returns the figure, and the axes of each picture; a shared scale has axes after them."""
    columns = max(1, min(columns, len(pictures)))
    rows = -(-len(pictures) // columns)
    inches = min(inches, MOST_INCHES / columns)
    heading = 0.3 if titles is not None else 0.05
    room = 0.1 if own_scale else 0.5
    figure = Figure(figsize=(max(inches * columns, 2), (inches * aspect + heading) * rows + room))
    shared = _colors(pictures)
    panels = []
    for place, picture in enumerate(pictures):
        axes = figure.add_subplot(rows, columns, place + 1)
        drawn = axes.imshow(picture, **(_colors([picture]) if own_scale else shared))
        _finish(axes, "" if titles is None else str(titles[place]))
        _frame(axes)
        panels.append(axes)
    if not own_scale:
        _draw_scale(figure, drawn, columns)
    return figure, panels


def _draw_strokes(axes: Axes, strokes: Sequence[np.ndarray]) -> None:
    """White on black and y down, as the pad shows them, with a margin around."""
    axes.set(facecolor="black", aspect="equal", xlim=(0, 1), ylim=(1, 0))
    axes.grid(False)
    strokes = [np.asarray(stroke, dtype="float64") for stroke in strokes]
    if not strokes:
        return
    bad = [stroke.shape for stroke in strokes if stroke.ndim != 2 or stroke.shape[1] != 2]
    if bad:
        raise DataError(
            f"a stroke has the shape {bad[0]}; each is (n, 2), x and y of its points. Give a list "
            "of strokes, also if there is only one: [stroke]."
        )
    if not all(map(len, strokes)):
        raise DataError(
            "a stroke has no points; each is (n, 2) with n at least 1. Leave empty strokes out."
        )
    points = np.concatenate(strokes)
    low, high = points.min(axis=0), points.max(axis=0)
    on_pad = low.min() >= 0 and high.max() <= 1
    if not on_pad:
        middle, reach = (low + high) / 2, 0.7 * max(high - low) or 1.0
        axes.set(xlim=middle[0] + np.array([-reach, reach]))
        axes.set(ylim=middle[1] + np.array([reach, -reach]))
    width = 10 if on_pad else 9
    for stroke in strokes:
        # A point alone is no line: its marker is the dot.
        axes.plot(
            *stroke.T,
            color="white",
            linewidth=width,
            solid_capstyle="round",
            marker="o" if len(stroke) == 1 else None,
            markersize=width,
            markeredgewidth=0,
        )


def _draw_answer(axes: Axes, probabilities: np.ndarray) -> None:
    """One bar for each class; the three most probable are marked."""
    best = np.argsort(-probabilities, kind="stable")[:3] if probabilities.any() else []
    colors = [QUIET] * len(probabilities)
    for rank, place in enumerate(best):
        colors[place] = RANKS[rank]
        share = 100 * probabilities[place]
        if share >= LEAST_SHARE:
            axes.text(place, share + 2, f"{share:.1f} %", ha="center", va="bottom", fontsize=9)
    axes.bar(range(len(probabilities)), 100 * probabilities, color=colors)
    axes.set(xlabel="digit", ylabel="probability (%)", xticks=range(len(probabilities)))
    axes.set_ylim(0, 112)
    axes.grid(axis="x", visible=False)
    read = f"It reads {best[0]}" if len(best) else "Nothing to read"
    axes.set_title(read, fontsize=9, fontweight="normal")


def _square(axes: Axes, shape: tuple[int, int], side: float) -> None:
    """Shows a square of so many pixels, with a picture of this shape in its middle."""
    bottom, right = np.add((np.subtract(shape, 1)) / 2, side / 2)
    axes.set(xlim=(right - side, right), ylim=(bottom, bottom - side))


def _colors(pictures: Sequence[np.ndarray]) -> dict:
    """What draws all of these on one scale on which white is 0."""
    limit = max(map(_limit, pictures))
    if min(map(np.min, pictures)) < 0:
        return {"cmap": SIGNED, "vmin": -limit, "vmax": limit}
    return {"cmap": POSITIVE, "vmin": 0.0, "vmax": limit}


def _draw_scale(figure: Figure, drawn, columns: int) -> None:
    figure.colorbar(
        drawn,
        ax=figure.axes,
        orientation="horizontal",
        aspect=40,
        shrink=min(1, 3 / columns),
        pad=0.03,
    ).outline.set_edgecolor(FRAME)


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
