"""The one style of every figure, its colors, and a `Figure` that needs no pyplot."""

import io
from pathlib import Path

import matplotlib.figure
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
