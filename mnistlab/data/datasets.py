"""Images with their labels, from wherever they come, in one form: a `Dataset`.

Whoever works with data of their own has them as a table, as an archive of
arrays, as the files that MNIST was published in, or as a folder of pictures.
All of these are read here, are checked before anything trains on them, and
leave as the same thing.
"""

import hashlib
import math
import os
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

from mnistlab import settings
from mnistlab.data.arrays import from_idx, from_npz, is_idx
from mnistlab.data.filetypes import check_is_file
from mnistlab.data.folders import from_folder
from mnistlab.data.labeled import Labeled, class_names, from_table
from mnistlab.data.mnist import load_mnist
from mnistlab.data.shapes import in_words
from mnistlab.data.tables import read_table
from mnistlab.errors import DataError

import numpy as np

Shape = tuple[int, int, int]

DIGITS = tuple("0123456789")

_ROUNDING = 1e-6
"""How far outside [0, 1] arithmetic leaves a pixel that was inside."""


@dataclass(frozen=True, eq=False)
class Dataset:
    """Images, their labels, and what the classes are called.

    Attributes:
        name: what it is called.
        images: (n, height, width, channels), uint8 (0 to 255) or float32 in [0, 1].
        labels: (n,) int64, places in `classes`.
        test_images: the same of images that are kept for the end, or `None`.
        test_labels: their labels, or `None`.
        classes: the names of the classes.
        notes: what whoever uses it should know, a sentence each.
        source: "mnist", "standin" or "file".
        one_hot: whether the labels stood in columns of 0s and a 1, whose order
            is a habit of whoever wrote them.

    Example:
        >>> images = np.zeros((4, 28, 28, 1), "uint8")
        >>> dataset = Dataset("four", images, np.array([0, 1, 1, 9]))
        >>> dataset.input_shape, dataset.features, dataset.counts.tolist()
        ((28, 28, 1), 784, [1, 2, 0, 0, 0, 0, 0, 0, 0, 1])
        >>> dataset.inputs(images).dtype
        dtype('float32')
        >>> dataset.reshaped((28, 27, 1))
        Traceback (most recent call last):
            ...
        mnistlab.errors.DataError: 784 features are not 28x27x1 = 756. Change the height, the \
width or the channels until they multiply to 784.
    """

    name: str
    images: np.ndarray
    labels: np.ndarray
    test_images: np.ndarray | None = None
    test_labels: np.ndarray | None = None
    classes: tuple[str, ...] = DIGITS
    notes: tuple[str, ...] = ()
    source: str = "file"
    one_hot: bool = False

    def __repr__(self) -> str:
        test = 0 if self.test_images is None else len(self.test_images)
        return f"<Dataset {self.name}: {len(self.images):,} + {test:,} images, {self.digest}>"

    @property
    def input_shape(self) -> Shape:
        """(height, width, channels) of an image."""
        return self.images.shape[1:]

    @property
    def features(self) -> int:
        """The numbers that an image consists of."""
        return math.prod(self.input_shape)

    @cached_property
    def digest(self) -> str:
        """16 hexadecimal digits that stand for all images, labels and classes."""
        total = hashlib.sha256(repr(self.classes).encode())
        for array in (self.images, self.labels, self.test_images, self.test_labels):
            if array is not None:
                total.update(f"{array.dtype}{array.shape}".encode())
                total.update(np.ascontiguousarray(array))
        return total.hexdigest()[:16]

    @cached_property
    def counts(self) -> np.ndarray:
        """How many images of each class there are to train on, (classes,) int."""
        return np.bincount(self.labels, minlength=len(self.classes))

    @cached_property
    def value_range(self) -> tuple[float, float]:
        """The smallest and the largest pixel."""
        return self.images.min().item(), self.images.max().item()

    def inputs(self, images: np.ndarray) -> np.ndarray:
        """Returns images as a network takes them.

        Args:
            images: (n, height, width, channels), or without the channels where
                there is one; uint8, or floating point in [0, 1].

        Returns:
            (n, height, width, channels) float32 in [0, 1].

        Raises:
            DataError: they have another size, or values that are out of range.
        """
        images = np.asarray(images)
        one = self.input_shape[2] == 1
        if images.shape[1:] != self.input_shape and not (
            one and images.shape[1:] == self.input_shape[:2]
        ):
            raise DataError(
                f"The images have the shape {images.shape}; expected is "
                f"(n, {in_words(self.input_shape)}) as in the data that were confirmed. Choose "
                "images of that size."
            )
        return _unit(images).reshape(len(images), *self.input_shape)

    def reshaped(self, shape: Shape) -> "Dataset":
        """Returns the same numbers, read as images of another shape.

        Args:
            shape: (height, width, channels), each from 1 on.

        Raises:
            DataError: they do not multiply to the number of features.
        """
        if min(shape) < 1 or math.prod(shape) != self.features:
            raise DataError(
                f"{self.features} features are not {in_words(shape)} = {math.prod(shape)}. Change "
                f"the height, the width or the channels until they multiply to {self.features}."
            )
        shape = tuple(int(size) for size in shape)
        test = self.test_images
        return replace(
            self,
            images=self.images.reshape(-1, *shape),
            test_images=None if test is None else test.reshape(-1, *shape),
        )

    def reversed(self) -> "Dataset":
        """Returns the same images with the one-hot columns of their labels read from the last.

        Raises:
            DataError: the labels were not one-hot, so that there is no order.
        """
        if not self.one_hot:
            raise DataError(
                f"{self.name} has no one-hot labels, whose columns could be read in another order. "
                "Leave the order as it is."
            )
        last, test = len(self.classes) - 1, self.test_labels
        return replace(
            self, labels=last - self.labels, test_labels=None if test is None else last - test
        )


def builtin(source: str | None = None) -> Dataset:
    """Returns MNIST, or its stand-in; in quick mode, the first of its training images.

    Args:
        source: "mnist" for MNIST and nothing else; "standin" for the stand-in;
            `None` for MNIST where it can be had, else the stand-in.

    Raises:
        DataError: `source` is "mnist", and it cannot be had.

    Example:
        >>> builtin()  # doctest: +SKIP
        <Dataset MNIST: 60,000 + 10,000 images, 2f3a5b3b1f0c7d11>
    """
    digits = load_mnist(source)
    (x_train, y_train), (x_test, y_test) = digits
    standin = digits.source == "standin"
    rows = settings.current().rows
    few = f"Quick mode: the first {rows:,} of {len(x_train):,} training images."
    notes = [STANDIN] * standin + [few] * (rows < len(x_train))
    return Dataset(
        "MNIST stand-in" if standin else "MNIST",
        x_train[:rows, ..., None],
        y_train[:rows].astype(np.int64),
        x_test[..., None],
        y_test.astype(np.int64),
        notes=tuple(notes),
        source=digits.source,
    )


def read(path: str | os.PathLike, reverse: bool = False, label_column: str = "auto") -> Dataset:
    """Reads images with their labels, of any of these forms:

    - an npz archive with `x_train` and `y_train` (and `x_test` and `y_test`),
      `images` and `labels`, or `x` and `y`;
    - idx files as MNIST was published in, also compressed with gzip: the images
      and the labels lie beside each other, and are found by their names;
    - a table (CSV or text): one image a line, the label in the first or last
      column, or one-hot in the first or last ten;
    - a folder with one subfolder of pictures for each class.

    Args:
        path: the file or folder; what is in it, not its name, says which form.
        reverse: whether one-hot labels are read from the last column, so that
            0, ..., 0, 1 is the class 0.
        label_column: where a table has its labels: one of
            `mnistlab.data.labeled.LABEL_COLUMNS`; without effect on other forms.

    Raises:
        DataError: it is none of these, is damaged or too large, or a value is
            no pixel or no label; with the line and the column, if it has any.

    Example:
        >>> import tempfile
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     path = Path(folder, "two.csv")
        ...     length = path.write_text("7,0,0,9,0\\n2,0,255,0,0\\n")
        ...     dataset = read(path)
        >>> dataset.input_shape, dataset.labels.tolist(), dataset.notes
        ((2, 2, 1), [7, 2], ('The first column was taken for the label.',))
    """
    path = _as_path(path)
    train, test = _parts(path, label_column)
    dataset = _joined(path.name, train, test)
    return dataset.reversed() if reverse else dataset


def with_test(dataset: Dataset, other: Dataset) -> Dataset:
    """Returns a dataset whose test part is another one.

    Args:
        dataset: what is trained on.
        other: the images to test with, as `fitted` finds them.

    Raises:
        DataError: its images have another size, or a class that the dataset
            does not have.

    Example:
        >>> images = np.zeros((2, 28, 28, 1), "uint8")
        >>> four, two = Dataset("four", images, np.array([7, 2])), Dataset("two", images[:1], \
np.array([1]))
        >>> with_test(four, two).test_labels
        array([1])
    """
    images, labels, name = fitted(other, dataset)
    taken = () if other.test_images is None else (f"Only {name} is taken.",)
    return replace(
        dataset,
        test_images=images,
        test_labels=labels,
        notes=(*dataset.notes, *(f"Test part: {note}" for note in (*taken, *other.notes))),
        one_hot=dataset.one_hot and other.one_hot,
    )


def fitted(dataset: Dataset, wanted: Dataset) -> tuple[np.ndarray, np.ndarray, str]:
    """Returns what a model of one dataset can be tested with in another, and its name.

    Args:
        dataset: where the images come from: its test part, or all where it has
            none. What others were to train on is no test.
        wanted: what the model is trained on.

    Returns:
        The images in the shape of those wanted; (n,) int64, their labels as
        places in the classes wanted, found by their names; what to call them.

    Raises:
        DataError: the images have another size, or a class is none of those
            wanted.

    Example:
        >>> pictures, classes = np.zeros((2, 8, 8, 1), "uint8"), ("cat", "dog")
        >>> trained_on = Dataset("pets", pictures, np.array([0, 1]), classes=classes)
        >>> other = Dataset("dogs.npz", pictures, np.array([0, 0]), classes=("dog",))
        >>> fitted(other, trained_on)[1:]
        (array([1, 1]), 'dogs.npz')
    """
    images, labels, name = dataset.images, dataset.labels, dataset.name
    if dataset.test_images is not None:
        images, labels = dataset.test_images, dataset.test_labels
        name = f"the test part of {name}"
    if dataset.features != wanted.features:
        raise DataError(
            f"{dataset.name} has images of {in_words(dataset.input_shape)}, and {wanted.name} of "
            f"{in_words(wanted.input_shape)}. Both must have as many features."
        )
    places = {name: place for place, name in enumerate(wanted.classes)}
    # A table has ten digits as its classes, whether an image of each is in it or not.
    occurring = [dataset.classes[label] for label in np.unique(labels)]
    unknown = [name for name in occurring if name not in places]
    if unknown:
        more = f" (and {len(unknown) - 1} more such)" if len(unknown) > 1 else ""
        raise DataError(
            f"{dataset.name} has images of the class {unknown[0]!r}{more}, which {wanted.name} "
            f"does not have; it has {_few(wanted.classes)}. Rename or leave out what does not fit."
        )
    translated = np.array([places.get(name, -1) for name in dataset.classes], np.int64)
    return images.reshape(-1, *wanted.input_shape), translated[labels], name


def _few(names: tuple[str, ...], most: int = 12) -> str:
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return ", ".join(names[:most]) + more


def _as_path(path: str | os.PathLike) -> Path:
    try:
        path = Path(path).expanduser()
        if path.exists():
            return path
    except (TypeError, ValueError, RuntimeError, OSError) as cause:
        raise DataError(
            f"{path!r} is no path that can be read ({cause}). Give that of a file or a folder."
        ) from cause
    raise DataError(f"{path} is missing. Check the name, and the folder that it lies in.")


def _parts(path: Path, label_column: str) -> tuple[Labeled, Labeled | None]:
    if path.is_dir():
        return from_folder(path)
    # Before anything opens it: whoever opens a pipe waits for its other end.
    check_is_file(path, "a file of images and labels", "Give the path of such a file.")
    if _begins_as_archive(path):
        return from_npz(path)
    if is_idx(path):
        return from_idx(path)
    return from_table(read_table(path), str(path), label_column), None


def _begins_as_archive(path: Path) -> bool:
    try:
        with path.open("rb") as file:
            return path.suffix.lower() == ".npz" or file.read(2) == b"PK"
    except OSError:
        # Whoever reads it says why it cannot be read.
        return False


def _joined(name: str, train: Labeled, test: Labeled | None) -> Dataset:
    classes = train.classes or class_names(train.labels, test.labels if test else None)
    notes = list(train.notes)
    present = np.unique(train.labels)
    if len(present) == 1 and len(train.labels) > 1:
        notes.append(
            f"All images have the label {classes[present[0]]}. Is it read from the right place?"
        )
    dataset = Dataset(
        name, train.images, train.labels, classes=classes, notes=tuple(notes), one_hot=train.one_hot
    )
    if test is None:
        return dataset
    other = Dataset(
        f"the test part of {name}",
        test.images,
        test.labels,
        classes=test.classes or classes,
        notes=test.notes,
        one_hot=test.one_hot,
    )
    return with_test(dataset, other)


STANDIN = (
    "This is the stand-in, digits drawn by the computer: MNIST was not asked for, or could not be "
    "had. Whatever is measured on it is no result on MNIST."
)


def _unit(images: np.ndarray) -> np.ndarray:
    if images.dtype == np.uint8:
        return images.astype(np.float32) / np.float32(255)
    if images.dtype.kind != "f":
        raise DataError(
            f"The images are of the type {images.dtype}; expected are uint8 (0 to 255) or floating "
            "point in [0, 1]. Convert them."
        )
    # Written so that a NaN is outside, too.
    inside = (images >= -_ROUNDING) & (images <= 1 + _ROUNDING)
    if not inside.all():
        raise DataError(
            f"The images hold the value {images[~inside][0]:g}; expected are values in [0, 1]. "
            "Divide them by the value that stands for white."
        )
    return images.astype(np.float32)
