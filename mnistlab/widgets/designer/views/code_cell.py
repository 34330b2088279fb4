"""Python code to look at, to copy, and to open as a cell of the notebook."""

from pathlib import Path

from mnistlab.widgets.scripts import script

import anywidget
import traitlets


class CodeCell(anywidget.AnyWidget):
    """Shows code, with buttons to copy it and to open it as a new cell below.

    Example:
        >>> cell = CodeCell()
        >>> cell.show("print(7)", "seven")
        >>> cell.code, cell.name
        ('print(7)', 'seven')
        >>> cell.clear()
        >>> cell.code
        ''
    """

    _esm = script(Path(__file__).with_suffix(".js"))

    code = traitlets.Unicode(help="what stands there; nothing is shown while empty").tag(sync=True)
    name = traitlets.Unicode(help="what the code is called").tag(sync=True)

    def show(self, code: str, name: str) -> None:
        """Shows code in place of that before.

        Args:
            code: Python; whatever stands in it is shown as text.
            name: what it is called, such as "keras_convnet.py".
        """
        with self.hold_sync():
            self.code, self.name = code, name

    def clear(self) -> None:
        """Shows nothing."""
        with self.hold_sync():
            self.code = self.name = ""
