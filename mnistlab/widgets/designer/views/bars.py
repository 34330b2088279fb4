"""How many images there are of each class, as bars."""

from collections.abc import Sequence
from pathlib import Path

from mnistlab.errors import DataError
from mnistlab.widgets.scripts import script

import anywidget
import traitlets


class Bars(anywidget.AnyWidget):
    """Shows a bar for each class, with its numbers; it takes no room until there are some.

    Example:
        >>> bars = Bars()
        >>> bars.show(["cat", "dog"], [12, 9], [3, 4])
        >>> bars.rows
        [['cat', 12, 3], ['dog', 9, 4]]
    """

    _esm = script(Path(__file__).with_suffix(".js"))

    rows = traitlets.List(help="name, images to train on, images to test with").tag(sync=True)
    tested = traitlets.Bool(help="whether there are images to test with").tag(sync=True)
    label = traitlets.Unicode("Images of each class").tag(sync=True)

    def show(
        self, names: Sequence[str], counts: Sequence[int], tests: Sequence[int] | None = None
    ) -> None:
        """Shows these classes in place of those before.

        Args:
            names: what they are called; shown as they are, never as HTML.
            counts: how many images there are of each to train on.
            tests: how many there are to test with, or `None`.

        Raises:
            DataError: there are not as many numbers as names.
        """
        others = [0] * len(names) if tests is None else tests
        if not len(names) == len(counts) == len(others):
            raise DataError(f"There are {len(names)} names; give a number for each.")
        rows = zip(names, counts, others, strict=True)
        with self.hold_sync():
            self.tested = tests is not None
            self.rows = [[str(name), int(count), int(test)] for name, count, test in rows]
