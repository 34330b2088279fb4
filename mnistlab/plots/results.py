"""Figures of what was measured: curves, scores, mistakes, comparisons."""

from collections.abc import Mapping, Sequence

from mnistlab.errors import DataError
from mnistlab.plots.figure import HELD_OUT, HIGHLIGHT, QUIET, TRAINING, Figure

import numpy as np


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


def run_progress(
    whole: tuple[str, float],
    running: Sequence[tuple[str, float]],
    curves: Sequence[Sequence[tuple[int, float]]],
    epochs: int,
) -> Figure:
    """Draws how far a cross-validation is: bars, and the held-out accuracy of its folds.

    Args:
        whole: what the whole run is doing, in words, and the share that is done,
            from 0 to 1.
        running: the same for each fold that runs.
        curves: for each fold the epochs (from 0) and the accuracies, from 0 to 1.
        epochs: epochs of each fold.

    Returns:
        The figure.
    """
    height = 2.4 + 0.22 * len(running)
    figure = Figure(figsize=(7, height), layout="none")
    for number, (label, share) in enumerate([whole, *running]):
        # The words of the whole run are above its bar, a fold's are beside it.
        left, middle = (0.01, 0.28) if number == 0 else (0.1, 0.33 + 0.22 * number)
        bar = figure.add_axes((left, 1 - (middle + 0.06) / height, 0.99 - left, 0.12 / height))
        bar.barh(0, 1, height=1, color="#e3e3e3")
        bar.barh(0, min(share, 1), height=1, color=TRAINING)
        bar.set(xlim=(0, 1), ylim=(-0.5, 0.5))
        bar.axis("off")
        above = 0.16 if number == 0 else 0.0
        place = (0.01, 1 - (middle - above) / height)
        figure.text(*place, label, fontsize=9, va="center", parse_math=False)
    axes = figure.add_axes((0.1, 0.42 / height, 0.89, 1.35 / height))
    for curve in filter(None, curves):
        passed, values = np.transpose(curve)
        axes.plot(passed + 1, 100 * values, color=HELD_OUT, marker="o", markersize=3, alpha=0.85)
    axes.set(xlim=(0.8, max(epochs, 2) + 0.2), xlabel="epoch", ylabel="held out (%)")
    if not axes.lines:
        axes.set_ylim(0, 100)
    axes.xaxis.get_major_locator().set_params(integer=True)
    axes.ticklabel_format(axis="y", style="plain", useOffset=False)
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
