"""Images with their labels, from wherever they come, in one form: a `Dataset`.

Whoever works with data of their own has them as a table, as an archive of
arrays, as the files that MNIST was published in, or as a folder of pictures.
All of these are read here, are checked before anything trains on them, and
leave as the same thing.
"""

import hashlib
import math
from dataclasses import dataclass, replace
from functools import cached_property

from mnistlab.data.mnist import load_mnist
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
                f"The images have the shape {images.shape}; expected is (n, {by(self.input_shape)})"
                " as in the data that were confirmed. Choose images of that size."
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
                f"{self.features} features are not {by(shape)} = {math.prod(shape)}. Change the "
                f"height, the width or the channels until they multiply to {self.features}."
            )
        shape = tuple(int(size) for size in shape)
        test = self.test_images
        return replace(
            self,
            images=self.images.reshape(-1, *shape),
            test_images=None if test is None else test.reshape(-1, *shape),
        )


def by(shape: Shape) -> str:
    """Returns a shape as people write it.

    Example:
        >>> by((28, 28, 1))
        '28x28x1'
    """
    return "x".join(str(size) for size in shape)


def builtin(source: str | None = None) -> Dataset:
    """Returns MNIST, or its stand-in.

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
    return Dataset(
        "MNIST stand-in" if standin else "MNIST",
        x_train[..., None],
        y_train.astype(np.int64),
        x_test[..., None],
        y_test.astype(np.int64),
        notes=(STANDIN,) if standin else (),
        source=digits.source,
    )


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
