"""What all screens are: a title, messages, and controls whose errors stay on the screen."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import TypeVar

from mnistlab.errors import MnistLabError
from mnistlab.widgets.designer.problems import Problem
from mnistlab.widgets.designer.project import Project
from mnistlab.widgets.designer.screens.controls import text
from mnistlab.widgets.designer.unasked import unasked
from mnistlab.widgets.designer.views.notice import Message, Notice

import ipywidgets

T = TypeVar("T")


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

    def messages_of(self, problems: Sequence[Problem]) -> list[Message]:
        """Returns a message for each problem of the design, with the button that mends it."""
        return [
            Message(
                problem.message,
                "error" if problem.severe else "advice",
                problem.fix,
                self.guarded(lambda problem=problem: self._fix(problem)),
            )
            for problem in problems
        ]

    def _fix(self, problem: Problem) -> None:
        self.project.design.fix(problem)
        self.project.changed()

    def lead_on(self) -> None:
        """Shows the next screen."""
        if self.on_next is not None:
            self.on_next()

    def fail(self, message: str, notice: Notice | None = None) -> None:
        """Shows an error, below the title or in another notice."""
        (self.notice if notice is None else notice).show(Message(message))
