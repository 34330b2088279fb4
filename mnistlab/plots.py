"""Every figure of the library: from arrays and results to a matplotlib `Figure`.

Nothing here trains or loads. Each function returns a `Figure`, which a notebook
shows when it is the last value of a cell, and which `.savefig(path)` writes to
a file. The figures are made without pyplot, so that they can also be drawn
from a callback or a thread.

Importing this module turns on the project's one matplotlib style, for the
reader's own figures too. Blue is always training, orange always held out.
"""

import io
from collections.abc import Mapping, Sequence
from pathlib import Path

from mnistlab.errors import DataError

import matplotlib.figure
import numpy as np
from matplotlib import style

STYLE = Path(__file__).with_name("lab.mplstyle")
TRAINING = "#0072b2"
HELD_OUT = "#e69f00"
HIGHLIGHT = "#d55e00"
QUIET = "#b8b8b8"

style.use(STYLE)


class Figure(matplotlib.figure.Figure):
    """A matplotlib figure that a notebook shows as a picture, without pyplot."""

    def _repr_png_(self) -> bytes:
        buffer = io.BytesIO()
        self.savefig(buffer, format="png")
        return buffer.getvalue()


def image_grid(
    images: np.ndarray,
    titles: Sequence[object] | None = None,
    columns: int = 10,
    suptitle: str = "",
) -> Figure:
    """Draws images side by side, in rows.

    Args:
        images: (n, 28, 28) or (n, 28, 28, 1), any scale: each is drawn from its
            own darkest to its own brightest value, uint8 ones from 0 to 255.
        titles: what to write above each image, or nothing.
        columns: images in a row.
        suptitle: title of the whole figure.

    Returns:
        The figure.

    Raises:
        DataError: there is no image, a single one without an axis for the
            batch, or an image without a title beside others with one.

    Example:
        >>> image_grid(np.zeros((12, 28, 28), "uint8"), columns=6)
        <Figure size 540x190 with 12 Axes>
    """
    images = np.asarray(images)
    single = images.ndim == 3 and images.shape[-1] == 1
    if images.ndim not in (3, 4) or single or not len(images):
        raise DataError(
            f"images have the shape {images.shape}; image_grid takes (n, 28, 28), at least one. "
            "A single image needs an axis for the batch: images[None]."
        )
    if titles is not None and len(titles) < len(images):
        raise DataError(f"There are {len(titles)} titles for {len(images)} images; give one each.")
    columns = max(1, min(columns, len(images)))
    rows = -(-len(images) // columns)
    height = 1.2 if titles is not None else 0.95
    figure = Figure(figsize=(0.9 * columns, height * rows + (0.4 if suptitle else 0)))
    limits = {"vmin": 0, "vmax": 255} if images.dtype == np.uint8 else {}
    for place, image in enumerate(images):
        axes = figure.add_subplot(rows, columns, place + 1)
        axes.imshow(image.squeeze(), **limits)
        axes.axis("off")
        if titles is not None:
            axes.set_title(str(titles[place]), fontsize=9, fontweight="normal", parse_math=False)
    if suptitle:
        figure.suptitle(suptitle, fontweight="bold", fontsize=11)
    return figure


def pixel_values(image: np.ndarray, title: str = "") -> Figure:
    """Draws one image with the number of every pixel written in it.

    Args:
        image: (height, width) or (height, width, 1) of whole numbers, at most
            28x28 to stay readable.
        title: title of the figure.

    Returns:
        The figure, rows and columns numbered from 0.

    Raises:
        DataError: it is not one image.
    """
    image = np.asarray(image)
    if image.ndim == 3 and image.shape[-1] == 1:
        image = image[..., 0]
    if image.ndim != 2:
        raise DataError(
            f"image has the shape {image.shape}; pixel_values takes one image, (height, width). "
            "Choose one of a batch: images[0]."
        )
    height, width = image.shape
    figure = Figure(figsize=(0.36 * width + 0.6, 0.32 * height + 0.8))
    axes = figure.add_subplot()
    axes.imshow(image, vmin=0, vmax=255, aspect="auto")
    for row, column in np.ndindex(height, width):
        value = int(image[row, column])
        color = "black" if value > 127 else "white"
        axes.text(column, row, value, ha="center", va="center", color=color, fontsize=7)
    axes.set(xlabel="column", ylabel="row", title=title)
    axes.set_xticks(range(0, width, max(1, width // 14)))
    axes.set_yticks(range(0, height, max(1, height // 14)))
    axes.grid(False)
    return figure


def class_counts(counts: Mapping[str, np.ndarray], title: str = "Images of each digit") -> Figure:
    """Draws how many images there are of each class, one group of bars a set.

    Args:
        counts: set name -> (10,) counts.
        title: title of the figure.

    Returns:
        The figure.
    """
    figure = Figure(figsize=(7.5, 3))
    axes = figure.add_subplot()
    width = 0.8 / len(counts)
    for place, (name, values) in enumerate(counts.items()):
        offset = (place - (len(counts) - 1) / 2) * width
        axes.bar(np.arange(10) + offset, values, width, label=name)
    axes.set(xlabel="digit", ylabel="images", xticks=range(10), title=title)
    axes.grid(axis="x", visible=False)
    if len(counts) > 1:
        axes.legend(ncols=len(counts), loc="upper center", bbox_to_anchor=(0.5, -0.2))
    return figure


def learning_curves(histories: Sequence[Mapping[str, Sequence[float]]], title: str = "") -> Figure:
    """Draws loss and accuracy over the epochs, training blue and held out orange.

    Args:
        histories: one for each fold or run: `loss`, `accuracy` and, where
            there was a held-out set, `val_loss`, `val_accuracy`, one number
            an epoch.
        title: title of the whole figure.

    Returns:
        A figure of two panels with every fold's curves.
    """
    figure = Figure(figsize=(9, 3.2))
    panels = figure.subplots(1, 2)
    for axes, name, scale, unit in (
        (panels[0], "loss", 1, "cross-entropy loss"),
        (panels[1], "accuracy", 100, "accuracy (%)"),
    ):
        named = set()
        for history in histories:
            for key, color, label in (
                (name, TRAINING, "training"),
                (f"val_{name}", HELD_OUT, "held out"),
            ):
                values = scale * np.asarray(history.get(key, []), dtype="float64")
                if len(values):
                    epochs = np.arange(1, len(values) + 1)
                    axes.plot(
                        epochs,
                        values,
                        color=color,
                        marker="o",
                        markersize=3,
                        alpha=0.85,
                        label=None if label in named else label,
                    )
                    named.add(label)
        axes.set(xlabel="epoch", ylabel=unit, title=name.capitalize())
        axes.xaxis.get_major_locator().set_params(integer=True)
        axes.ticklabel_format(axis="y", style="plain", useOffset=False)
        if axes.lines:
            axes.legend()
    # No accuracy is above 100 %, so the axis need not go there; a little room shows the dots.
    lowest, highest = panels[1].get_ylim()
    panels[1].set_ylim(lowest, min(highest, 100 + 0.04 * (100 - lowest)))
    if title:
        figure.suptitle(title, fontsize=11)
    return figure


def score_boxes(scores: Mapping[str, Sequence[float]], title: str = "") -> Figure:
    """Draws the accuracies of each model's folds as a box with every fold as a dot.

    Args:
        scores: model name -> accuracy of each fold, from 0 to 1.
        title: title of the figure.

    Returns:
        The figure, in percent. The box spans the middle half of the folds,
        the line in it is their median, the dashed line their mean.

    Raises:
        DataError: there is no model, or one without a score.
    """
    if not scores or not all(len(fold_scores) for fold_scores in scores.values()):
        raise DataError("scores holds nothing to draw; give at least one score for each model.")
    figure = Figure(figsize=(7, 0.8 + 0.62 * len(scores)))
    axes = figure.add_subplot()
    places = np.arange(len(scores))[::-1]
    values = [100 * np.asarray(fold_scores, dtype="float64") for fold_scores in scores.values()]
    box = axes.boxplot(
        values,
        positions=places,
        orientation="horizontal",
        widths=0.5,
        showfliers=False,
        showmeans=True,
        meanline=True,
        boxprops={"color": "#444444"},
        medianprops={"color": HIGHLIGHT, "linewidth": 2},
        meanprops={"color": TRAINING, "linestyle": "--", "linewidth": 1.5},
    )
    for place, fold_scores in zip(places, values, strict=True):
        (dots,) = axes.plot(
            fold_scores, np.full(len(fold_scores), place), "o", color=HELD_OUT, markersize=5
        )
    axes.legend(
        [dots, box["medians"][0], box["means"][0]],
        ["a fold", "median", "mean"],
        loc="upper left",
        bbox_to_anchor=(1, 1),
    )
    axes.set_yticks(places, list(scores))
    axes.set(xlabel="held-out accuracy of a fold (%)", title=title)
    axes.set_ylim(-0.6, len(scores) - 0.4)
    return figure


def confusion_matrix(matrix: np.ndarray, title: str = "Confusion matrix") -> Figure:
    """Draws which digit was read as which.

    Args:
        matrix: (10, 10) counts, a row for each true digit, a column for each
            predicted one.
        title: title of the figure.

    Returns:
        The figure. The diagonal is left pale, so that the color shows the errors.
    """
    matrix = np.asarray(matrix)
    errors = matrix.astype("float64")
    np.fill_diagonal(errors, 0)
    figure = Figure(figsize=(6, 5.2))
    axes = figure.add_subplot()
    picture = axes.imshow(errors, cmap="Oranges", vmin=0, vmax=max(1, errors.max()))
    for true, predicted in np.ndindex(*matrix.shape):
        count = int(matrix[true, predicted])
        if count:
            dark = true != predicted and errors[true, predicted] > 0.6 * errors.max()
            axes.text(
                predicted,
                true,
                count,
                ha="center",
                va="center",
                fontsize=9,
                color="white" if dark else "black",
                fontweight="bold" if true == predicted else "normal",
            )
    axes.set(xlabel="predicted digit", ylabel="true digit", title=title)
    axes.set(xticks=range(len(matrix)), yticks=range(len(matrix)))
    axes.grid(False)
    figure.colorbar(picture, ax=axes, label="errors (images)", shrink=0.85)
    return figure


def probability_bars(
    image: np.ndarray, probabilities: np.ndarray, title: str = "What the model sees and answers"
) -> Figure:
    """Draws one image beside the ten probabilities that a model gives it.

    Args:
        image: (28, 28) or (28, 28, 1).
        probabilities: (10,) or (1, 10), as `predict` gives them for one image.
        title: title of the figure.

    Returns:
        The figure, the most probable digit highlighted.

    Raises:
        DataError: the probabilities are those of several images.
    """
    probabilities = np.asarray(probabilities, dtype="float64").squeeze()
    if probabilities.ndim != 1:
        raise DataError(
            f"probabilities have the shape {probabilities.shape}; probability_bars takes those of "
            "one image, (10,). Choose a row: probabilities[0]."
        )
    best = int(probabilities.argmax())
    figure = Figure(figsize=(7, 2.8))
    picture, bars = figure.subplots(1, 2, width_ratios=(1, 2))
    picture.imshow(np.asarray(image).squeeze())
    picture.axis("off")
    colors = [HIGHLIGHT if digit == best else QUIET for digit in range(len(probabilities))]
    bars.bar(range(len(probabilities)), 100 * probabilities, color=colors)
    bars.set(xlabel="digit", ylabel="probability (%)", xticks=range(len(probabilities)))
    bars.set_ylim(0, 112)
    bars.text(
        best,
        100 * probabilities[best] + 2,
        f"{100 * probabilities[best]:.1f} %",
        ha="center",
        va="bottom",
    )
    bars.grid(axis="x", visible=False)
    figure.suptitle(title, fontweight="bold", fontsize=11)
    return figure


def differences(comparisons: Mapping[str, object], title: str = "") -> Figure:
    """Draws mean differences of paired comparisons with their intervals.

    Args:
        comparisons: label -> a `Comparison` of `mnistlab.evaluation.results`.
        title: title of the figure.

    Returns:
        The figure. An interval that crosses the line at 0 shows no difference.
    """
    figure = Figure(figsize=(7, 1 + 0.5 * len(comparisons)))
    axes = figure.add_subplot()
    places = np.arange(len(comparisons))[::-1]
    for place, comparison in zip(places, comparisons.values(), strict=True):
        crosses = comparison.low <= 0 <= comparison.high
        color = "#666666" if crosses else HIGHLIGHT
        axes.plot([comparison.low, comparison.high], [place, place], color=color)
        axes.plot(comparison.mean_difference, place, "o", color=color)
    axes.axvline(0, color="black", linewidth=1)
    axes.set_yticks(places, list(comparisons))
    axes.set_ylim(-0.6, len(comparisons) - 0.4)
    axes.set(xlabel="difference of held-out accuracy (percentage points)", title=title)
    return figure
