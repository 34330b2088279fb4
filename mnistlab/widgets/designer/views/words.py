"""Words on a screen, shown as they are: no HTML, no mathematics."""

from pathlib import Path

from mnistlab.widgets.scripts import script

import anywidget
import traitlets


class Words(anywidget.AnyWidget):
    """A heading or a paragraph.

    Example:
        >>> Words(words="<b>bold?</b>", kind="p").words
        '<b>bold?</b>'
    """

    _esm = script(Path(__file__).with_suffix(".js"))

    words = traitlets.Unicode().tag(sync=True)
    kind = traitlets.Enum(("h", "h2", "p", "strong", "quiet", "code"), "p").tag(sync=True)
