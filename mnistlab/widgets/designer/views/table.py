"""A table of words and numbers, which screen readers can walk through."""

from collections.abc import Sequence
from pathlib import Path

from mnistlab.errors import DataError
from mnistlab.widgets.scripts import script

import anywidget
import traitlets


class Table(anywidget.AnyWidget):
    """Rows and columns; the first cell of a row says what the row is about.

    Args:
        caption: what stands in it, in a few words.

    Example:
        >>> table = Table("Scores")
        >>> table.show(["Class", "Images"], [["7", 1028], ["2", 1032]])
        >>> table.rows
        [['7', '1028'], ['2', '1032']]
    """

    _esm = script(Path(__file__).with_suffix(".js"))

    caption = traitlets.Unicode().tag(sync=True)
    head = traitlets.List(traitlets.Unicode()).tag(sync=True)
    rows = traitlets.List(traitlets.List(traitlets.Unicode())).tag(sync=True)
    words = traitlets.List(traitlets.Int(), help="columns of words, not numbers").tag(sync=True)

    def __init__(self, caption: str):
        super().__init__(caption=caption)

    def show(
        self, head: Sequence[object], rows: Sequence[Sequence[object]], words: Sequence[int] = (0,)
    ) -> None:
        """Shows these rows in place of those before; it takes no room when there are none.

        Args:
            head: what stands above each column.
            rows: a cell for each column, shown as text, never as HTML.
            words: the columns that hold words and begin at the left; the others
                hold numbers.

        Raises:
            DataError: a row has more or fewer cells than the head.
        """
        head = [str(cell) for cell in head]
        rows = [[str(cell) for cell in row] for row in rows]
        for number, row in enumerate(rows, 1):
            if len(row) != len(head):
                raise DataError(
                    f"Row {number} has {len(row)} cells; the head has {len(head)}. Give as many."
                )
        with self.hold_sync():
            self.head, self.rows, self.words = head, rows, list(words)
