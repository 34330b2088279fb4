"""Numbers from a file as images and labels, or an error that says where they are neither."""

import math
from collections.abc import Callable
from typing import NamedTuple

from mnistlab.data.tables import Table
from mnistlab.errors import DataError

import numpy as np

DIGITS = 10

LABEL_COLUMNS = ("auto", "first", "last", "first ten", "last ten")
"""Where a table may have its labels: in a column, or in ten of 0s and a 1 (one-hot)."""

MOST_CLASSES = 1_000

_NAMES = {"label", "labels", "class", "digit", "target", "y"}
_PLACES = {
    "first": slice(None, 1),
    "last": slice(-1, None),
    "first ten": slice(None, DIGITS),
    "last ten": slice(-DIGITS, None),
}
_IN_WORDS = {
    "first": "The first column was taken for the label",
    "last": "The last column was taken for the label",
    "first ten": "The first ten columns were taken for the label (one-hot)",
    "last ten": "The last ten columns were taken for the label (one-hot)",
}

_ROUNDING = 1e-6
"""How far above 1 arithmetic leaves a pixel that was white."""

_RARE = 20
"""A class above 9 with so many times fewer images than the average is taken for a slip."""


class Labeled(NamedTuple):
    """Images with labels.

    Attributes:
        images: (n, height, width, channels), uint8 or float32 in [0, 1].
        labels: (n,) int64.
        notes: what was found out, a sentence each.
        one_hot: whether the labels stood in columns of 0s and a 1.
        classes: their names, where the source has some.
    """

    images: np.ndarray
    labels: np.ndarray
    notes: tuple[str, ...] = ()
    one_hot: bool = False
    classes: tuple[str, ...] = ()


def from_table(table: Table, name: str, label_column: str = "auto") -> Labeled:
    """Takes a table apart, into images and labels.

    Args:
        table: one image a row.
        name: what to call it in a message.
        label_column: one of `LABEL_COLUMNS`.

    Raises:
        DataError: there is no such choice, or a value is no pixel or no label.

    Example:
        >>> rows = np.array([[7, 0, 0, 255, 255], [2, 0, 12, 0, 0]], "uint8")
        >>> found = from_table(Table(rows, (), np.array([1, 2])), "rows")
        >>> found.images.shape, found.labels, found.notes
        ((2, 2, 2, 1), array([7, 2]), ('The first column was taken for the label.',))
    """
    if label_column not in LABEL_COLUMNS:
        raise DataError(
            f"label_column is {label_column!r}; give one of {', '.join(LABEL_COLUMNS)}."
        )
    place = _guess(table) if label_column == "auto" else label_column
    width = _width(place)
    if table.values.shape[1] <= width:
        raise DataError(
            f"{name} has {table.values.shape[1]} columns; expected are those of the label and at "
            "least one for the pixels. Choose another label column, or give another file."
        )
    first = 0 if place.startswith("first") else table.values.shape[1] - width

    def where(row: int, column: int) -> str:
        return f"{name}, line {table.lines[row]}, column {column + 1}"

    labels = as_labels(
        table.values[:, _PLACES[place]], name, lambda row: where(row, first), one_hot=width > 1
    )
    pixels = np.delete(table.values, _PLACES[place], axis=1)
    images = as_images(
        pixels, name, lambda row, column: where(row, column + (width if first == 0 else 0))
    )
    notes = [f"{_IN_WORDS[place]}."]
    if table.names:
        notes.insert(0, "The first line was taken for the names of the columns.")
    return Labeled(images, labels, tuple(notes), width > 1)


def as_images(
    array: np.ndarray, name: str, where: Callable[[int, int], str] | None = None
) -> np.ndarray:
    """Returns numbers as images.

    Args:
        array: (n, features), (n, height, width) or (n, height, width, channels):
            any numbers from 0 to 255, or from 0 to 1.
        name: what to call them in a message; begins a sentence.
        where: says where pixel `column` of image `row` stood, both from 0.

    Returns:
        (n, height, width, channels): uint8 where all are whole numbers and one
        is above 1, else float32 in [0, 1].

    Raises:
        DataError: they have another shape, there are none, or a value is out
            of range or no number.

    Example:
        >>> as_images(np.eye(4), "four").shape
        (4, 2, 2, 1)
    """
    if array.ndim not in (2, 3, 4) or not array.size:
        raise DataError(
            f"{name} has the shape {array.shape}; expected are images: (n, features), "
            "(n, height, width) or (n, height, width, channels), at least one. Give such an array."
        )
    if array.dtype.kind not in "buif":
        raise DataError(f"{name} holds {array.dtype}, where numbers were expected. Convert them.")
    shape = _image_shape(array.shape[1:])
    rows = array.reshape(len(array), -1)
    low, high = rows.min().item(), rows.max().item()
    # Written so that a NaN is outside, too.
    if not (low >= 0 and high <= 255):
        _refuse_pixel(rows, name, where)
    return _scaled(rows, high).reshape(-1, *shape)


def as_labels(
    array: np.ndarray, name: str, where: Callable[[int], str] | None = None, one_hot: bool = False
) -> np.ndarray:
    """Returns numbers as labels.

    Args:
        array: (n,) or (n, 1) whole numbers from 0 on; or one-hot, (n, 10).
        name: what to call them in a message; begins a sentence.
        where: says where the label of row `row` stood, from 0.
        one_hot: whether they must be one-hot.

    Returns:
        (n,) int64.

    Raises:
        DataError: they have another shape, or a value is no label.

    Example:
        >>> as_labels(np.array([[7.0], [2.0]]), "two").tolist()
        [7, 2]
    """
    where = where or (lambda row: f"{name}, row {row}")
    if array.dtype.kind not in "buif":
        raise DataError(f"{name} holds {array.dtype}, where labels were expected. Give numbers.")
    if array.ndim == 2 and array.shape[1] == DIGITS:
        return _from_one_hot(array, where)
    if one_hot or array.ndim > 2 or (array.ndim == 2 and array.shape[1] != 1):
        raise DataError(
            f"{name} has the shape {array.shape}, where labels were expected: (n,), or one-hot "
            f"(n, {DIGITS}). Give one label for each image."
        )
    labels = array.reshape(-1)
    bad = ~((labels >= 0) & (labels < MOST_CLASSES))
    # An infinity has no remainder, and NumPy would warn.
    bad |= np.where(bad, 0, labels) % 1 != 0
    if bad.any():
        row = int(bad.argmax())
        raise DataError(
            f"{where(row)}: expected a label, a whole number from 0 on, found {labels[row]:g}. "
            "Correct it, or leave out the image; or the labels stand elsewhere."
        )
    labels = labels.astype(np.int64)
    _check_rare(labels, where)
    return labels


def class_names(*labels: np.ndarray | None) -> tuple[str, ...]:
    """Returns the names of classes that are numbers: ten, or as many as there are.

    Example:
        >>> len(class_names(np.array([7, 2]))), len(class_names(np.arange(26)))
        (10, 26)
    """
    most = max(int(each.max()) for each in labels if each is not None)
    return tuple(str(number) for number in range(max(DIGITS, most + 1)))


def squarest(features: int) -> tuple[int, int, int]:
    """Returns (height, width, channels) of images with so many numbers, as square as can be.

    Example:
        >>> squarest(784), squarest(3072), squarest(308)
        ((28, 28, 1), (32, 32, 3), (14, 22, 1))
    """
    if not _is_square(features) and features % 3 == 0 and _is_square(features // 3):
        side = math.isqrt(features // 3)
        return side, side, 3
    height = next(each for each in range(math.isqrt(features), 0, -1) if features % each == 0)
    return height, features // height, 1


# Where the labels are


def _width(place: str) -> int:
    return DIGITS if place.endswith("ten") else 1


def _guess(table: Table) -> str:
    """Says which columns hold the labels.

    What counts most is whether the rest is a square image; then, how many
    classes there would be: a column of pixels can look like labels, but seldom
    has ten different values.
    """
    names = [name.lower() for name in table.names]
    for place, name in (("first", names[:1]), ("last", names[-1:])):
        if _NAMES.intersection(name) and len(names) > 1:
            return place
    columns = table.values.shape[1]
    scores = {}
    for place in LABEL_COLUMNS[1:]:
        if columns > _width(place):
            different = _different(table.values[:, _PLACES[place]])
            scores[place] = (_is_square(columns - _width(place)), different)
    likely = [place for place in scores if scores[place][1] > 1] or list(scores)
    return max(likely, key=scores.get) if likely else "first"


def _different(values: np.ndarray) -> int:
    """Returns how many classes there are, 0 where these cannot be labels.

    A slip in a line or two is no reason to look for the labels elsewhere: it is
    to be found where it is.
    """
    if values.shape[1] == DIGITS:
        fits = _are_one_hot(values)
        return int(values[fits].any(axis=0).sum()) if _most(fits) else 0
    fits = (values >= 0) & (values < DIGITS) & (values % 1 == 0)
    if _most(fits):
        return len(np.unique(values[fits]))
    # Whole numbers above 9 are pixels, or labels of many classes.
    whole = (values >= 0) & (values % 1 == 0)
    return min(2, len(np.unique(values))) if whole.all() else 0


def _most(fits: np.ndarray) -> bool:
    return len(fits) - fits.sum() <= max(1, 0.1 * len(fits))


def _are_one_hot(rows: np.ndarray) -> np.ndarray:
    return ((rows == 0) | (rows == 1)).all(axis=1) & (rows.sum(axis=1) == 1)


def _from_one_hot(array: np.ndarray, where: Callable[[int], str]) -> np.ndarray:
    bad = ~_are_one_hot(array)
    if bad.any():
        row = int(bad.argmax())
        found = ", ".join(f"{value:g}" for value in array[row])
        raise DataError(
            f"{where(row)}: expected a one-hot label (nine 0s and a 1), found {found}. Correct it, "
            "or say where the labels stand."
        )
    return array.argmax(axis=1).astype(np.int64)


def _check_rare(labels: np.ndarray, where: Callable[[int], str]) -> None:
    """Refuses labels above 9, unless there are enough of each to be meant."""
    if not len(labels) or labels.max() < DIGITS:
        return
    counts = np.bincount(labels)
    rare = (counts * _RARE < counts.mean()) & (np.arange(len(counts)) <= labels.max())
    if rare.any():
        row = int(np.flatnonzero(labels >= DIGITS)[0])
        raise DataError(
            f"{where(row)}: expected a label from 0 to {DIGITS - 1}, found {labels[row]}. (More "
            "classes than ten are read where all numbers from 0 on have images; there are hardly "
            f"any of {int(rare.argmax())}.) Correct it, leave out the image, or say where the "
            "labels stand."
        )


# The images


def _is_square(number: int) -> bool:
    return math.isqrt(number) ** 2 == number


def _image_shape(shape: tuple[int, ...]) -> tuple[int, ...]:
    if len(shape) == 1:
        return squarest(shape[0])
    return shape if len(shape) == 3 else (*shape, 1)


def _scaled(rows: np.ndarray, high: float) -> np.ndarray:
    if rows.dtype == bool:
        return rows.astype(np.float32)
    if high > 1 + _ROUNDING:
        if rows.dtype.kind in "ui" or not (rows % 1).any():
            return rows.astype(np.uint8, copy=False)
        return rows.astype(np.float32) / np.float32(255)
    if high > 1:
        rows = np.minimum(rows, 1)
    return rows.astype(np.float32, copy=False)


def _refuse_pixel(rows: np.ndarray, name: str, where: Callable[[int, int], str] | None) -> None:
    row, column = (int(each) for each in np.argwhere(~((rows >= 0) & (rows <= 255)))[0])
    place = where(row, column) if where else f"{name}, image {row}, pixel {column}"
    raise DataError(
        f"{place}: expected a pixel from 0 to 255 (or all from 0 to 1), found "
        f"{rows[row, column]:g}. Bring the pixels into that range first."
    )
