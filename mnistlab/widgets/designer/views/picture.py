"""A figure on a screen, with words for those who do not see it."""

import io
from pathlib import Path

from mnistlab.plots.figure import Figure
from mnistlab.widgets.scripts import script

import anywidget
import traitlets


class Picture(anywidget.AnyWidget):
    """Shows one figure; it takes no room until there is one.

    Example:
        >>> from mnistlab import plots
        >>> picture = Picture()
        >>> picture.show(plots.score_boxes({"a": [0.9, 0.92]}), "Two scores of a")
        >>> picture.png[:4]
        b'\\x89PNG'
    """

    _esm = script(Path(__file__).with_suffix(".js"))

    png = traitlets.Bytes().tag(sync=True)
    alt = traitlets.Unicode().tag(sync=True)
    width = traitlets.Int(help="in pixels of the page").tag(sync=True)

    def show(self, figure: Figure, alt: str) -> None:
        """Shows a figure in place of the one before.

        Args:
            figure: drawn without pyplot, which no other thread may use.
            alt: what is to be seen in it, in a sentence.
        """
        buffer = io.BytesIO()
        figure.savefig(buffer, format="png", dpi=2 * figure.dpi)
        with self.hold_sync():
            self.alt, self.width = alt, round(figure.get_figwidth() * figure.dpi)
            self.png = buffer.getvalue()

    def clear(self) -> None:
        """Shows nothing."""
        with self.hold_sync():
            self.png, self.alt = b"", ""
