"""What all screens are: a title, messages, and controls whose errors stay on the screen."""

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import TypeVar

from mnistlab.errors import MnistLabError
from mnistlab.widgets.designer.project import Project
from mnistlab.widgets.designer.unasked import unasked
from mnistlab.widgets.designer.views.notice import Message, Notice
from mnistlab.widgets.designer.views.words import Words

import ipywidgets

T = TypeVar("T")

LONG, WAITED = 0.15, 0.25
"""Seconds of a click's work from which on it is long, and within which a click that had to wait
for its end comes."""


class Screen(ipywidgets.VBox):
    """One of the six steps.

    A class of it makes its controls in `__init__`, and gives them to `fill`.
    It says what they show in `refresh`, which is called whenever the project
    has changed, also from the thread that trains: it may not raise, and may
    not take long. Each control's callback is wrapped by `guarded`.

    Args:
        project: what all screens work on.
        step: its name, one of `project.STEPS`.
        title: what is done here, in a few words.
        words: what it is for, in a sentence or two.
    """

    on_next: Callable[[], object] | None = None
    """Leads to the next screen; set by the designer."""

    def __init__(self, project: Project, step: str, title: str, words: str):
        super().__init__()
        self.project = project
        self.step = step
        self.notice = Notice()
        self._head = [text(title, "h"), text(words, "p")]
        self.add_class("mnistlab-screen")

    def __repr__(self) -> str:
        return f"{type(self).__name__}: needs a running kernel"

    def fill(self, *children: ipywidgets.Widget) -> None:
        """Shows these below the title; the messages stand right below the title."""
        self.children = [*self._head, self.notice, *children]

    def refresh(self) -> None:
        """Shows the project as it is now."""
        raise NotImplementedError(f"{type(self).__name__} does not say what it shows.")

    def guarded(
        self, work: Callable[..., T], notice: Notice | None = None
    ) -> Callable[..., T | None]:
        """Returns a callback that does some work and shows, here, why it could not.

        An error leaves the project as it was and the controls usable; it stands
        in the messages until the next callback.

        Args:
            work: what the callback does.
            notice: where an error is shown, beside the control; below the
                title when `None`.
        """

        def callback(*arguments: object) -> T | None:
            return unasked(attempt, *arguments)

        def attempt(*arguments: object) -> T | None:
            try:
                self.notice.show()
                if notice is not None:
                    notice.show()
                result = work(*arguments)
            except MnistLabError as cause:
                self.fail(str(cause), notice)
            except Exception as cause:
                self.fail(
                    f"That did not work ({type(cause).__name__}: {cause}). Nothing was changed; "
                    "try it again, or try something else.",
                    notice,
                )
            else:
                return result
            return None

        return callback

    @contextmanager
    def working(self) -> Iterator[None]:
        """Has the step shown as running while something long is done, for a `with` statement."""
        self.project.busy = self.step
        self.project.changed()
        try:
            yield
        finally:
            self.project.busy = ""
            self.project.changed()

    def fail(self, message: str, notice: Notice | None = None) -> None:
        """Shows an error, below the title or in another notice."""
        (self.notice if notice is None else notice).show(Message(message))


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
