"""The layers of a design as a table: a row each, to choose, move and remove."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from mnistlab.data.shapes import in_words
from mnistlab.widgets.designer.plan import Row
from mnistlab.widgets.designer.rules import Problem
from mnistlab.widgets.scripts import script

import anywidget
import traitlets

NONE = -1


@dataclass(frozen=True)
class Actions:
    """What is called when the table is used; places count from 0.

    Attributes:
        choose: a row was clicked or reached with the arrow keys: (place).
        move: the chosen row was moved with Alt and an arrow key, or a row was
            dropped: (place, its new place).
        remove: Delete was pressed: (place of the chosen row).
    """

    choose: Callable[[int], object]
    move: Callable[[int, int], object]
    remove: Callable[[int], object]


class LayerTable(anywidget.AnyWidget):
    """A row for each layer: kind, settings, output shape, parameters and share.

    Args:
        actions: what is called when it is used; nothing when `None`.

    Example:
        >>> from mnistlab.widgets.designer.templates import template
        >>> table = LayerTable()
        >>> table.show(template("keras_convnet").rows)
        >>> [row["shape"] for row in table.rows if row["kind"] in ("Conv2D", "Flatten")]
        ['26x26x32', '24x24x64', '9216']
        >>> table.rows[5]["parameters"], table.rows[5]["percent"]
        ('1,179,776', '98.3 %')
    """

    _esm = script(Path(__file__).with_suffix(".js"))

    rows = traitlets.List(help="what stands in each row").tag(sync=True)
    selected = traitlets.Int(NONE, help="the place of the chosen row; -1 for none").tag(sync=True)
    version = traitlets.Int(0, help="counts the changes of its rows").tag(sync=True)

    def __init__(self, actions: Actions | None = None):
        super().__init__()
        self._actions = actions
        self.on_msg(self._receive)

    def show(
        self, rows: Sequence[Row], problems: Sequence[Problem] = (), selected: int = NONE
    ) -> None:
        """Shows the rows of a plan in place of those before.

        Args:
            rows: of the plan.
            problems: what is wrong with it; the rows that they name get a mark.
            selected: the place of the chosen row, -1 for none.
        """
        said = {}
        for problem in problems:
            said.setdefault(problem.row, []).append(problem.message)
        shown = [_in_words(row, said.get(row.number, [])) for row in rows]
        with self.hold_sync():
            if shown != self.rows:
                self.rows = shown
                self.version += 1
            self.selected = selected

    def _receive(self, _: object, message: object, buffers: object) -> None:
        if isinstance(message, Mapping) and self._actions is not None and self.rows:
            place, to = message.get("place"), message.get("to")
            if message.get("do") in ("step", "shift", "remove"):
                self._press(message["do"], to)
            elif message.get("do") == "choose" and self._has(place):
                self._actions.choose(place)
            elif message.get("do") == "drop":
                self._drop(place, to, message.get("version"))

    def _press(self, what: str, steps: object) -> None:
        """Keys may come faster than rows: they are about the row that is chosen by now."""
        steps = steps if type(steps) is int else 0
        near = min(max(self.selected + steps, 0), len(self.rows) - 1)
        if what == "step":
            self._actions.choose(near)
        elif self.selected != NONE and what == "remove":
            self._actions.remove(self.selected)
        elif self.selected != NONE and near != self.selected:
            self._actions.move(self.selected, near)

    def _drop(self, place: object, to: object, version: object) -> None:
        # The rows may have changed under the pointer: the places would be of others.
        if self._has(place) and self._has(to) and place != to and version == self.version:
            self._actions.move(place, to)

    def _has(self, place: object) -> bool:
        return type(place) is int and 0 <= place < len(self.rows)


def _in_words(row: Row, messages: list[str]) -> dict[str, object]:
    return {
        "number": row.number,
        "name": row.name,
        "kind": row.layer.kind,
        "settings": row.layer.words,
        "shape": in_words(row.output_shape),
        "known": row.output_shape is not None,
        "parameters": f"{row.parameters:,}" if row.output_shape is not None else "",
        "share": row.share,
        "percent": _percent(row.share) if row.parameters else "",
        "messages": messages,
    }


def _percent(share: float) -> str:
    return "< 0.1 %" if share < 0.001 else f"{100 * share:.1f} %"
