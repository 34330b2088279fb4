"""Whether arrays in memory are digits and labels, said before a training starts with them.

A network trains on anything: on labels that belong to other images, on pixels
that are not numbers. It then ends with a bad score and no message. These checks
say what was expected and what was found, and take a few milliseconds.
"""

from collections.abc import Sequence

from mnistlab.errors import DataError

import numpy as np

CLASSES = 10
SIDE = 28


def check_images(images: np.ndarray, name: str = "images") -> None:
    """Refuses what cannot be a batch of digits.

    Args:
        images: (n, 28, 28) or (n, 28, 28, 1), uint8 or floating point.
        name: what to call them in a message.

    Raises:
        DataError: another shape or type, or a pixel that is NaN or infinite.

    Example:
        >>> check_images(np.zeros((5, 28, 28), "uint8"))
        >>> check_images(np.zeros((28, 28)))
        Traceback (most recent call last):
            ...
        mnistlab.errors.DataError: images: expected shape (n, 28, 28) or (n, 28, 28, 1), \
found (28, 28). A single image needs an axis for the batch: images[None].
    """
    images = as_array(images, name)
    if images.shape[1:] not in ((SIDE, SIDE), (SIDE, SIDE, 1)):
        single = images.shape in ((SIDE, SIDE), (SIDE, SIDE, 1))
        raise DataError(
            f"{name}: expected shape (n, {SIDE}, {SIDE}) or (n, {SIDE}, {SIDE}, 1), "
            f"found {images.shape}. "
            + (
                f"A single image needs an axis for the batch: {name}[None]."
                if single
                else "Reshape or resize them first."
            )
        )
    if images.dtype != np.uint8 and images.dtype.kind != "f":
        raise DataError(
            f"{name}: expected uint8 (0 to 255) or floating-point pixels, found {images.dtype}. "
            f'Convert them, for example with {name}.astype("float32").'
        )
    if images.dtype.kind == "f":
        _check_finite(images, name)


def check_labels(labels: np.ndarray, name: str = "labels") -> None:
    """Refuses what cannot be the labels of digits.

    Args:
        labels: whole numbers 0 to 9 (n,), or one-hot rows (n, 10) of nine 0s and
            a 1.
        name: what to call them in a message.

    Raises:
        DataError: another shape or type, or a value that is no class.

    Example:
        >>> check_labels(np.array([7, 2, 1]))
        >>> check_labels(np.array([7, 12, 1]))
        Traceback (most recent call last):
            ...
        mnistlab.errors.DataError: labels: expected whole numbers 0 to 9, found 12 at index 1. \
Correct or leave out the rows that have no such label.
    """
    labels = as_array(labels, name)
    if labels.ndim == 1:
        _check_numbers(labels, name)
    elif labels.ndim == 2 and labels.shape[1] == CLASSES:
        _check_one_hot(labels, name)
    else:
        raise DataError(
            f"{name}: expected shape (n,) or one-hot (n, {CLASSES}), found {labels.shape}. "
            "Give one label for each image."
        )


def check_pairs(images: np.ndarray, labels: np.ndarray) -> None:
    """Refuses images and labels that cannot be trained on together.

    Args:
        images: (n, 28, 28) or (n, 28, 28, 1), uint8 or floating point.
        labels: (n,) whole numbers 0 to 9, or one-hot (n, 10).

    Raises:
        DataError: either of them is not what it should be, their lengths
            differ, or there are none.

    Example:
        >>> check_pairs(np.zeros((2, 28, 28), "uint8"), np.array([7]))
        Traceback (most recent call last):
            ...
        mnistlab.errors.DataError: images and labels: expected equal lengths, found 2 and 1. \
Cut both in the same way, so that row i of one belongs to row i of the other.
    """
    check_images(images, "images")
    check_labels(labels, "labels")
    if len(images) != len(labels):
        raise DataError(
            f"images and labels: expected equal lengths, found {len(images)} and {len(labels)}. "
            "Cut both in the same way, so that row i of one belongs to row i of the other."
        )
    if not len(images):
        raise DataError("images and labels: expected at least one row, found none. Select some.")


def check_whole(name: str, value: object, smallest: int) -> None:
    """Refuses what is not a whole number from `smallest` on.

    Args:
        name: what to call it in a message.
        value: the number, Python's or NumPy's.
        smallest: the least that it may be.

    Raises:
        DataError: it is less, or something else.

    Example:
        >>> check_whole("folds", 5, 2)
        >>> check_whole("folds", 1, 2)
        Traceback (most recent call last):
            ...
        mnistlab.errors.DataError: folds is 1; give a whole number from 2 on.
    """
    if not isinstance(value, int | np.integer) or isinstance(value, bool) or value < smallest:
        raise DataError(f"{name} is {value!r}; give a whole number from {smallest} on.")


def as_array(values: Sequence | np.ndarray, name: str) -> np.ndarray:
    """Returns an array of values; `name` is what a message calls them.

    Raises:
        DataError: they are rows of different lengths.

    Example:
        >>> as_array([[1, 2], [3, 4]], "images").shape
        (2, 2)
    """
    try:
        return np.asarray(values)
    except ValueError as cause:
        raise DataError(
            f"{name}: expected an array, found rows of different lengths. Make them all equal."
        ) from cause


def _check_finite(images: np.ndarray, name: str) -> None:
    # A sum is NaN or infinite when any pixel is, and needs no second array as
    # large as the first; only then is the place looked for. A sum that merely
    # overflows finds no place.
    with np.errstate(over="ignore", invalid="ignore"):
        total = images.sum(dtype=np.float64)
    if np.isfinite(total):
        return
    bad = np.argwhere(~np.isfinite(images))
    if len(bad):
        place = ", ".join(str(index) for index in bad[0])
        raise DataError(
            f"{name}: expected finite pixels, found {images[tuple(bad[0])]} at [{place}]"
            f" ({len(bad):,} such values). Find where they arise: a division by zero "
            "(a pixel that never varies) is the usual cause."
        )


def _check_numbers(labels: np.ndarray, name: str) -> None:
    if labels.dtype.kind not in "iu":
        raise DataError(
            f"{name}: expected whole numbers 0 to {CLASSES - 1}, found {labels.dtype}. "
            f"Convert them with {name}.astype(int) if that is what they mean."
        )
    bad = np.flatnonzero((labels < 0) | (labels >= CLASSES))
    if len(bad):
        raise DataError(
            f"{name}: expected whole numbers 0 to {CLASSES - 1}, found {labels[bad[0]]} "
            f"at index {bad[0]}. Correct or leave out the rows that have no such label."
        )


def _check_one_hot(labels: np.ndarray, name: str) -> None:
    if labels.dtype.kind not in "biuf":
        raise DataError(
            f"{name}: expected one-hot rows of numbers, found {labels.dtype}. "
            "Make them from whole numbers with one_hot."
        )
    valid = ((labels == 0) | (labels == 1)).all(axis=1) & (labels.sum(axis=1) == 1)
    bad = np.flatnonzero(~valid)
    if len(bad):
        raise DataError(
            f"{name}: expected one-hot rows (nine 0s and a 1), found "
            f"{labels[bad[0]].tolist()} at index {bad[0]}. "
            "Make them from whole numbers with one_hot."
        )
