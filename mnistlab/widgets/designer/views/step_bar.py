"""The six steps above the screens, each with a chip that says how it stands."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from mnistlab.widgets.scripts import script, style

import anywidget
import traitlets

DESIGNER = Path(__file__).parents[1]
STATES = ("empty", "invalid", "ready", "running", "done", "stale")


class StepBar(anywidget.AnyWidget):
    """Tabs, one for each step.

    Args:
        names: the steps' names, in their order.
        on_choose: called with the place of a step that was clicked.

    Example:
        >>> bar = StepBar(["Data", "Design"], print)
        >>> bar.states = ["done", "ready"]
        >>> bar.states = ["done", "confused"]
        Traceback (most recent call last):
            ...
        ValueError: a step is empty, invalid, ready, running, done, stale; not 'confused'
    """

    _esm = script(Path(__file__).with_suffix(".js"))
    _css = style(DESIGNER / "designer.css", *sorted(DESIGNER.glob("*/*.css")))

    names = traitlets.List(traitlets.Unicode()).tag(sync=True)
    states = traitlets.List(traitlets.Unicode()).tag(sync=True)
    selected = traitlets.Int(0).tag(sync=True)

    def __init__(self, names: Sequence[str], on_choose: Callable[[int], None]):
        super().__init__(names=list(names), states=["empty"] * len(names))
        self._on_choose = on_choose
        self.on_msg(self._receive)

    @traitlets.validate("states")
    def _check_states(self, proposal):
        for state in proposal.value:
            if state not in STATES:
                raise ValueError(f"a step is {', '.join(STATES)}; not {state!r}")
        return proposal.value

    def _receive(self, _: object, message: object, buffers: object) -> None:
        place = message.get("choose") if isinstance(message, Mapping) else None
        if type(place) is int and 0 <= place < len(self.names):
            self._on_choose(place)
