"""Tables: a CSV file as rows and labels."""

import csv
import io
import os
from collections.abc import Sequence
from numbers import Integral

from mnistlab.errors import DataError
from mnistlab.tflearn.arguments import text_of
from mnistlab.tflearn.samples import to_categorical

import numpy as np


def load_csv(
    filepath: str | os.PathLike,
    target_column: int = -1,
    columns_to_ignore: Sequence[int] | None = None,
    has_header: bool = True,
    categorical_labels: bool = False,
    n_classes: int | None = None,
) -> tuple[list[list[str]], list[str] | np.ndarray]:
    """Reads a table of comma-separated values.

    Args:
        filepath: the file, in UTF-8.
        target_column: the column of the labels; negative counts from the end.
        columns_to_ignore: columns to leave out, as they are in the file.
        has_header: whether the first line holds the names of the columns.
        categorical_labels: whether the labels become one-hot rows.
        n_classes: how many classes there are; needed for one-hot rows.

    Returns:
        The rows without the label, and the labels: text, as it is in the file;
        or one-hot rows (n, n_classes) float64.

    Raises:
        FileNotFoundError: there is no such file.
        DataError: the rows differ in length, a column is not there, or a label
            is none of the classes.

    Source: tflearn 0.5.0, `tflearn.data_utils.load_csv`.

    Example:
        >>> import tempfile
        >>> from pathlib import Path
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     path = Path(folder, "table.csv")
        ...     written = path.write_text("id,height,kind\\n1,20,0\\n2,30,1\\n")
        ...     load_csv(path, columns_to_ignore=[0], categorical_labels=True, n_classes=2)
        ([['20'], ['30']], array([[1., 0.],
               [0., 1.]]))
    """
    lines = list(csv.reader(io.StringIO(text_of(filepath, "a table (csv)"), newline="")))
    rows = [line for line in lines[bool(has_header) :] if line]
    width = _width(rows, filepath)
    target = _column(target_column, width, "target_column")
    ignored = {_column(each, width, "columns_to_ignore") for each in columns_to_ignore or ()}
    kept = [each for each in range(width) if each != target and each not in ignored]
    data = [[row[each] for each in kept] for row in rows]
    labels = [row[target] for row in rows]
    if not categorical_labels:
        return data, labels
    if not isinstance(n_classes, Integral):
        raise DataError("n_classes not specified! categorical_labels=True needs it.")
    return data, to_categorical(labels, n_classes)


def _width(rows: list[list[str]], filepath: str | os.PathLike) -> int:
    if not rows:
        raise DataError(f"{filepath} has no rows. Check the file, and has_header.")
    width = len(rows[0])
    for number, row in enumerate(rows):
        if len(row) != width:
            raise DataError(
                f"{filepath}: row {number} has {len(row)} columns, and row 0 has {width}. "
                "Correct the row; a comma within a value needs quotation marks around it."
            )
    return width


def _column(column: int, width: int, name: str) -> int:
    if isinstance(column, Integral) and -width <= column < width:
        return int(column) % width
    raise DataError(f"{name}: column {column!r} is not there; columns are 0 to {width - 1}.")
