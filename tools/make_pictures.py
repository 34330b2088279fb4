"""Draws the README's picture from the recorded results and the trained model.

    python tools/make_pictures.py

It needs MNIST itself: the picture shows real results.
"""

import sys
from pathlib import Path

from mnistlab import load_mnist, plots, settings
from mnistlab.evaluation.report import Report, make_report, percent
from mnistlab.evaluation.results import recorded
from mnistlab.models import files

import numpy as np

PICTURE = settings.PROJECT / "notebooks" / "images" / "results.png"
ARCHITECTURES = ("baseline", "batchnorm", "deeper", "dropout")
IN_A_ROW = 10


def draw(images: np.ndarray, report: Report) -> plots.Figure:
    """Draws digits with their readings, the worst mistakes, and every fold.

    Args:
        images: (10000, 28, 28) uint8 test images.
        report: what the final model answered to them.

    Returns:
        The figure.
    """
    figure = plots.Figure(figsize=(9.5, 6.0), dpi=120)
    top, middle, bottom = figure.subfigures(3, 1, height_ratios=(1.15, 1.3, 2))
    _row(top, images, report, np.arange(IN_A_ROW), "Read right: the first ten test digits")
    worst = report.worst_errors(IN_A_ROW)
    _row(
        middle, images, report, worst, "Read wrong, and sure of it: true digit, reading, confidence"
    )
    axes = bottom.subplots()
    for place, name in enumerate(ARCHITECTURES):
        scores = 100 * np.asarray(recorded(name).scores)
        axes.plot(scores, np.full(len(scores), -place), "o", color=plots.HELD_OUT, markersize=8)
        axes.plot(
            scores.mean(), -place, "|", color=plots.TRAINING, markersize=26, markeredgewidth=3
        )
    axes.set_yticks(-np.arange(len(ARCHITECTURES)), ARCHITECTURES)
    axes.set_ylim(0.6 - len(ARCHITECTURES), 0.6)
    axes.set_xlabel("held-out accuracy (%): every fold (dot) and the mean (bar)")
    folds, epochs = (recorded("deeper").protocol[key] for key in ("folds", "epochs"))
    bottom.suptitle(
        f"{folds} folds, {epochs} epochs. The final model reads {report.accuracy:.2%} of the "
        "test set.",
        fontweight="bold",
        fontsize=11,
    )
    return figure


def _row(figure, images: np.ndarray, report: Report, places: np.ndarray, title: str) -> None:
    figure.suptitle(title, fontweight="bold", fontsize=11)
    for axes, place in zip(figure.subplots(1, IN_A_ROW), places, strict=True):
        axes.imshow(images[place], vmin=0, vmax=255)
        axes.axis("off")
        reading, true = report.predictions[place], report.labels[place]
        right = reading == true
        caption = (
            str(reading) if right else f"{true} as {reading}\n{percent(report.confidence[place])}"
        )
        axes.set_title(caption, fontsize=9, fontweight="normal")


def main() -> int:
    """Draws the picture and writes it; returns the exit status."""
    mnist = load_mnist()
    if mnist.source != "mnist":
        print("The picture needs MNIST itself; set MNISTLAB_DATA to its file.", file=sys.stderr)
        return 1
    images, labels = mnist[1]
    report = make_report(files.load(settings.PROJECT / "data/models/deeper.keras"), images, labels)
    Path(PICTURE).parent.mkdir(exist_ok=True)
    draw(images, report).savefig(PICTURE)
    print(f"wrote {PICTURE.relative_to(settings.PROJECT)}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
