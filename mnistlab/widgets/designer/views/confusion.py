"""The confusion matrix, as a table of buttons: each opens the images counted in its cell."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from mnistlab.errors import DataError
from mnistlab.widgets.scripts import script

import anywidget
import numpy as np
import traitlets

MOST = 30
"""Classes in the table; of more, those with the most errors are shown."""


class Confusion(anywidget.AnyWidget):
    """Rows are the true classes, columns what was read.

    Args:
        on_choose: called with the true and the predicted class of a cell that
            was clicked, or chosen with the arrow keys and Enter.

    Example:
        >>> table = Confusion(lambda true, predicted: print(f"{true} read as {predicted}"))
        >>> table.show([[980, 2], [5, 990]], ["cat", "dog"])
        >>> table.choose(1, 0)
        1 read as 0
        >>> table.chosen
        [1, 0]
    """

    _esm = script(Path(__file__).with_suffix(".js"))

    names = traitlets.List(traitlets.Unicode(), help="of the classes shown").tag(sync=True)
    counts = traitlets.List(traitlets.List(traitlets.Int())).tag(sync=True)
    sums = traitlets.List(traitlets.Int(), help="images of each true class").tag(sync=True)
    chosen = traitlets.List(traitlets.Int(), help="row and column; none when empty").tag(sync=True)
    caption = traitlets.Unicode().tag(sync=True)
    version = traitlets.Int(help="counts what was shown").tag(sync=True)

    def __init__(self, on_choose: Callable[[int, int], object]):
        super().__init__()
        self._on_choose = on_choose
        self._classes: list[int] = []
        self.on_msg(self._receive)

    @property
    def classes(self) -> list[int]:
        """Which classes are in the table, in their order."""
        return list(self._classes)

    def show(self, counts: np.ndarray | Sequence, names: Sequence[str]) -> None:
        """Shows a matrix in place of the one before; no cell is chosen then.

        Args:
            counts: (classes, classes): a row for each true class, a column for
                each predicted one.
            names: of the classes, shown as they are, never as HTML.

        Raises:
            DataError: there are not as many rows, columns and names.
        """
        counts = np.asarray(counts, dtype=np.int64)
        if counts.shape != (len(names), len(names)):
            raise DataError(
                f"The counts have the shape {counts.shape}, for {len(names)} names. Give a row and "
                "a column for each class."
            )
        self._classes = _most_confused(counts)
        with self.hold_sync():
            self.version += 1
            self.names = [str(names[place]) for place in self._classes]
            self.counts = counts[np.ix_(self._classes, self._classes)].tolist()
            self.sums = counts.sum(axis=1)[self._classes].tolist()
            self.caption = _caption(len(names))
            self.chosen = []

    def clear(self) -> None:
        """Shows nothing."""
        self.show(np.zeros((0, 0)), [])

    def choose(self, true: int, predicted: int) -> None:
        """Chooses a cell, as a click on it does.

        Args:
            true: the class of its row.
            predicted: the class of its column.

        Raises:
            DataError: the table has no such cell.
        """
        if true not in self._classes or predicted not in self._classes:
            raise DataError(f"The table has no cell for {true} read as {predicted}.")
        self.chosen = [self._classes.index(true), self._classes.index(predicted)]
        self._on_choose(true, predicted)

    def _receive(self, _: object, message: object, buffers: object) -> None:
        cell = message.get("choose") if isinstance(message, Mapping) else None
        # What was clicked may have been replaced in the meantime.
        if not isinstance(cell, list) or message.get("version") != self.version or len(cell) != 2:
            return
        if all(type(place) is int and 0 <= place < len(self._classes) for place in cell):
            self.choose(*(self._classes[place] for place in cell))


def _most_confused(counts: np.ndarray) -> list[int]:
    """Returns all classes, or those of the most errors, in their order."""
    if len(counts) <= MOST:
        return list(range(len(counts)))
    wrong = counts - np.diag(np.diag(counts))
    errors = wrong.sum(axis=0) + wrong.sum(axis=1)
    return sorted(np.argsort(-errors, kind="stable")[:MOST].tolist())


def _caption(classes: int) -> str:
    if not classes:
        return ""
    which = (
        f", for the {MOST} of {classes:,} classes with the most errors" if classes > MOST else ""
    )
    return f"Confusion matrix{which}: a row for what an image is, a column for what was read"
