"""Images and labels from arrays in files: npz archives, and idx files in pairs."""

import gzip
import os
import re
import zlib
from pathlib import Path

from mnistlab.data.idx import TYPES, read_idx
from mnistlab.data.labeled import DIGITS, Labeled, as_images, as_labels
from mnistlab.data.npz import inspect_npz, read_npz
from mnistlab.errors import DataError

import numpy as np

LIMIT = 2**30
"""Bytes that the arrays of a file may take together; MNIST's take 55 MB."""

_TRAIN = (
    ("x_train", "y_train"),
    ("train_images", "train_labels"),
    ("images", "labels"),
    ("x", "y"),
)
_TEST = (("x_test", "y_test"), ("test_images", "test_labels"))

_EXPECTED = (
    "expected are x_train and y_train (and x_test and y_test), or images and labels, or x and y"
)
_REMEDY = "Give the path of a good copy, or another file."

_IMAGES = re.compile(r"images", re.IGNORECASE)
_LABELS = re.compile(r"labels", re.IGNORECASE)
_TRAIN_FILE = re.compile(r"^train", re.IGNORECASE)


def from_npz(path: str | os.PathLike) -> tuple[Labeled, Labeled | None]:
    """Reads the images and labels of an npz archive.

    Args:
        path: the file. Its arrays are `x_train` and `y_train`, `train_images`
            and `train_labels`, `images` and `labels`, or `x` and `y`; and, if
            there are some to test with, `x_test` and `y_test`, or `test_images`
            and `test_labels`.

    Returns:
        Those to train on, and those to test with or `None`.

    Raises:
        DataError: it is no such archive, is damaged, asks for more than 1 GiB,
            or what is in it are no images and labels.

    Example:
        >>> import tempfile
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     path = Path(folder, "a.npz")
        ...     np.savez(path, x=np.zeros((2, 28, 28), "uint8"), y=np.array([7, 2]))
        ...     train, test = from_npz(path)
        >>> train.images.shape, train.labels, test
        ((2, 28, 28, 1), array([7, 2]), None)
    """
    specs = inspect_npz(path, LIMIT, _REMEDY)
    train = next((pair for pair in _TRAIN if set(pair) <= set(specs)), None)
    test = next((pair for pair in _TEST if set(pair) <= set(specs)), None)
    if train is None:
        names = ", ".join(repr(name) for name in list(specs)[:8])
        found = f"the arrays {names}" if names else "no array in it"
        raise DataError(f"{path} has {found}; {_EXPECTED}. Name them so.")
    wanted = {name: specs[name] for pair in (train, test) if pair for name in pair}
    arrays = read_npz(path, wanted, remedy=_REMEDY)
    return tuple(
        None
        if pair is None
        else _paired(*(arrays[name] for name in pair), *(f"{path}: {name}" for name in pair))
        for pair in (train, test)
    )


def is_idx(path: Path) -> bool:
    """Whether a file begins as idx does, also compressed."""
    try:
        with path.open("rb") as file:
            start = file.read(4)
        if start.startswith(b"\x1f\x8b"):
            with gzip.open(path) as file:
                start = file.read(4)
    except (OSError, EOFError, zlib.error):
        return False
    return len(start) == 4 and start[:2] == b"\0\0" and start[2] in TYPES


def from_idx(path: str | os.PathLike) -> tuple[Labeled, Labeled | None]:
    """Reads a pair of idx files, found by their names.

    Args:
        path: the images or the labels, as `train-images-idx3-ubyte`, also with
            `.gz`. The other file of the pair lies beside it. If the name begins
            with "train" and the pair beginning with "t10k" or "test" lies there
            too, that is the one to test with.

    Returns:
        Those to train on, and those to test with or `None`.

    Raises:
        DataError: a file is missing, not idx, damaged, too large, or what is
            in it are no images and labels.
    """
    path = Path(path)
    images = path
    if not _IMAGES.search(path.name):
        if not _LABELS.search(path.name):
            raise DataError(
                f"{path} is idx, and which are its images and its labels cannot be told by its "
                "name. Name the files images-idx3-ubyte and labels-idx1-ubyte."
            )
        images = _beside(path, _images_name(path.name), "images")
    train = _read_pair(images)
    tests = (_TRAIN_FILE.sub(start, images.name) for start in ("t10k", "test"))
    test = next(
        (
            images.with_name(name)
            for name in tests
            if name != images.name and _found(images.with_name(name))
        ),
        None,
    )
    return train, None if test is None else _read_pair(_found(test))


def _read_pair(images: Path) -> Labeled:
    labels = _beside(images, _labels_name(images.name), "labels")
    return _paired(read_idx(images, LIMIT), read_idx(labels, LIMIT), str(images), str(labels))


def _images_name(name: str) -> str:
    return _LABELS.sub("images", name).replace("idx1", "idx3")


def _labels_name(name: str) -> str:
    return re.sub("idx[34]", "idx1", _IMAGES.sub("labels", name))


def _beside(path: Path, name: str, what: str) -> Path:
    found = _found(path.with_name(name))
    if found is None:
        raise DataError(
            f"{path} needs a second file beside it, with the {what}: {name}. Put it there."
        )
    return found


def _found(path: Path) -> Path | None:
    """Returns the path as it is there: compressed, or not."""
    plain = path.with_name(path.name.removesuffix(".gz"))
    return next((each for each in (path, plain, Path(f"{plain}.gz")) if each.is_file()), None)


def _paired(images: np.ndarray, labels: np.ndarray, name: str, labels_name: str) -> Labeled:
    made = as_images(images, name)
    one_hot = labels.ndim == 2 and labels.shape[1] == DIGITS
    found = as_labels(labels, labels_name)
    if len(made) != len(found):
        raise DataError(
            f"{name} has {len(made):,} images, and {labels_name} {len(found):,} labels. Give as "
            "many labels as images."
        )
    return Labeled(made, found, (), one_hot)
