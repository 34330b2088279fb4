"""The controls of the screens: words, buttons, rows."""

import time
from collections.abc import Callable, Mapping

from mnistlab.widgets.designer.views.words import Words

import ipywidgets

LONG, WAITED = 0.15, 0.25
"""Seconds of a click's work from which on it is long, and within which a click that had to wait
for its end comes."""


def text(words: str, kind: str = "p") -> ipywidgets.Widget:
    """Returns words as they are: "h" a heading, "p" a paragraph, "strong" or "quiet" ones.

    Whatever stands in them is shown as text, never as HTML or mathematics.
    """
    return Words(words=words, kind=kind)


def button(
    label: str, on_click: Callable[[], object], hint: str = "", style: str = ""
) -> ipywidgets.Button:
    """Returns a button; its callback is called without arguments.

    Args:
        label: what it says.
        on_click: what it does, guarded by its screen.
        hint: what the pointer is told when it rests there.
        style: "primary" for the one that leads on, "danger" for one that throws away.
    """
    made = _Button(description=label, tooltip=hint or label, button_style=style)
    made.layout.width = "auto"
    made.on_click(lambda _: on_click())
    return made


def side_by_side(*children: ipywidgets.Widget) -> ipywidgets.HBox:
    """Returns widgets side by side, in several lines where the page is narrow."""
    made = ipywidgets.HBox(children)
    made.add_class("mnistlab-row")
    return made


def show_only(widget: ipywidgets.Widget, shown: bool) -> None:
    """Shows a widget, or lets it take no room; tells the page only what is new."""
    display = None if shown else "none"
    if widget.layout.display != display:
        widget.layout.display = display


class _Button(ipywidgets.Button):
    """A button for which a double click is one, where its work takes long.

    The second click waits for the end of the work, and would have it done again.
    """

    _ended = -WAITED

    def _handle_button_msg(self, widget: object, content: Mapping, buffers: object) -> None:
        begun = time.monotonic()
        if begun - self._ended < WAITED:
            return
        super()._handle_button_msg(widget, content, buffers)
        ended = time.monotonic()
        if ended - begun > LONG:
            self._ended = ended
