"""Every figure of the library: from arrays and results to a matplotlib `Figure`.

Nothing here trains or loads. Each function returns a `Figure`, which a notebook
shows when it is the last value of a cell, and which `.savefig(path)` writes to
a file. The figures are made without pyplot, so that they can also be drawn
from a callback or a thread.

Importing this package turns on the project's one matplotlib style, for the
reader's own figures too. Blue is always training, orange always held out.
"""

from mnistlab.plots.comparison import accuracy_against, verdict_matrix
from mnistlab.plots.digits import class_counts, image_grid, pixel_values
from mnistlab.plots.explained import (
    convolution_step,
    drawing_steps,
    kernel_grid,
    picture_steps,
    relu_maps,
    signed_maps,
    softmax_steps,
)
from mnistlab.plots.figure import HELD_OUT, HIGHLIGHT, QUIET, STYLE, TRAINING, Figure
from mnistlab.plots.networks import network
from mnistlab.plots.results import (
    confusion_matrix,
    differences,
    learning_curves,
    probability_bars,
    run_progress,
    score_boxes,
)
from mnistlab.plots.tuning import schedules, search_history, search_slices, sweep

__all__ = [
    "HELD_OUT",
    "HIGHLIGHT",
    "QUIET",
    "STYLE",
    "TRAINING",
    "Figure",
    "accuracy_against",
    "class_counts",
    "confusion_matrix",
    "convolution_step",
    "differences",
    "drawing_steps",
    "image_grid",
    "kernel_grid",
    "learning_curves",
    "network",
    "picture_steps",
    "pixel_values",
    "probability_bars",
    "relu_maps",
    "run_progress",
    "schedules",
    "score_boxes",
    "search_history",
    "search_slices",
    "signed_maps",
    "softmax_steps",
    "sweep",
    "verdict_matrix",
]
