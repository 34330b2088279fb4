"""How much of something is done, as a bar that screen readers can read."""

from pathlib import Path

from mnistlab.widgets.scripts import script

import anywidget
import traitlets


class ProgressBar(anywidget.AnyWidget):
    """A bar.

    Args:
        label: what goes on, in a word or two.

    Example:
        >>> bar = ProgressBar("Training")
        >>> bar.value, bar.state = 0.25, "running"
        >>> bar.value
        0.25
    """

    _esm = script(Path(__file__).with_suffix(".js"))

    label = traitlets.Unicode().tag(sync=True)
    value = traitlets.Float(0.0, min=0.0, max=1.0, help="the share that is done").tag(sync=True)
    state = traitlets.Enum(("running", "stopped", "done", "failed"), "running").tag(sync=True)

    def __init__(self, label: str):
        super().__init__(label=label)
