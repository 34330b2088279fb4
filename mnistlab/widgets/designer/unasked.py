"""Messages to the page that are no answers to the page."""

import sys
from collections.abc import Callable
from contextvars import ContextVar, copy_context
from typing import TypeVar

T = TypeVar("T")


def unasked(work: Callable[..., T], *arguments: object) -> T:
    """Does some work whose messages to the page do not count as answers.

    ipykernel 7.4 hands whatever the page sends to a widget to the subshell to
    which that widget answered last. What another thread sends counts as an
    answer to the last question of the page: to that for all widgets, when a
    page is being opened, which is asked by a subshell of its own. It is gone a
    moment later, and each widget that has told something in between would
    never hear of a click again.

    Args:
        work: what is done.
        arguments: what it is given.

    Returns:
        What the work returns.

    Example:
        >>> unasked(max, 3, 7)
        7
    """
    question = _question()
    if question is None:
        return work(*arguments)
    context = copy_context()
    context.run(question.set, {})
    return context.run(work, *arguments)


def _question() -> ContextVar[dict] | None:
    """Where a kernel with subshells keeps what it is being asked, if we are in one."""
    kernels = getattr(sys.modules.get("ipykernel.kernelbase"), "Kernel", None)
    if kernels is None or not kernels.initialized():
        return None
    question = getattr(kernels.instance(), "_shell_parent", None)
    return question if isinstance(question, ContextVar) else None
