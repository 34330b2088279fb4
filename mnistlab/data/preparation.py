"""From MNIST's bytes to what a network takes: channel axis, one-hot labels, scaled pixels.

`load_dataset` and `prep_pixels` keep the names and the behavior that published
tutorials gave them. Every scaling here that can be undone has its inverse
beside it, and every statistic comes from the training images alone.
"""

from dataclasses import dataclass

from mnistlab.data.checks import check_images, check_labels
from mnistlab.data.mnist import load_mnist
from mnistlab.errors import DataError

import numpy as np

CLASSES = 10


def load_dataset() -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Loads MNIST with a channel axis and one-hot labels.

    Returns:
        `train_x, train_y, test_x, test_y`: uint8 images (60000, 28, 28, 1) and
        (10000, 28, 28, 1), float32 labels (60000, 10) and (10000, 10).

    Raises:
        DataError: a file that was named does not hold MNIST.

    Source: the function of this name in J. Brownlee's tutorial "How to Develop
    a CNN for MNIST Handwritten Digit Classification" (2019).
    """
    (train_x, train_y), (test_x, test_y) = load_mnist()
    return (
        add_channel(train_x),
        one_hot(train_y),
        add_channel(test_x),
        one_hot(test_y),
    )


def add_channel(images: np.ndarray) -> np.ndarray:
    """Adds the channel axis that convolution layers expect, without copying.

    Args:
        images: (n, 28, 28).

    Returns:
        The same pixels as (n, 28, 28, 1): one channel, the gray value.

    Raises:
        DataError: the images have the axis already, or are not a batch.

    Example:
        >>> add_channel(np.zeros((5, 28, 28), "uint8")).shape
        (5, 28, 28, 1)
    """
    images = np.asarray(images)
    if images.ndim != 3:
        raise DataError(
            f"images have the shape {images.shape}; add_channel takes (n, 28, 28). "
            "If the last axis is 1, they have their channel already."
        )
    return images[..., np.newaxis]


def one_hot(labels: np.ndarray, reverse: bool = False) -> np.ndarray:
    """Turns each label into ten numbers, nine 0s and a 1 at the label's place.

    Args:
        labels: (n,) integers from 0 to 9.
        reverse: some tools write the 1 from the right, so that 0 is 0...01;
            `True` gives that order.

    Returns:
        (n, 10) float32.

    Raises:
        DataError: a label is not a whole number from 0 to 9.

    Example:
        >>> one_hot(np.array([2]))
        array([[0., 0., 1., 0., 0., 0., 0., 0., 0., 0.]], dtype=float32)
        >>> one_hot(np.array([0]), reverse=True)
        array([[0., 0., 0., 0., 0., 0., 0., 0., 0., 1.]], dtype=float32)
    """
    labels = np.asarray(labels)
    if labels.ndim != 1:
        raise DataError(
            f"labels have the shape {labels.shape}; one_hot takes one number for each image, (n,)."
        )
    check_labels(labels)
    encoded = np.eye(CLASSES, dtype="float32")[labels]
    return encoded[:, ::-1].copy() if reverse else encoded


def labels_of(encoded: np.ndarray, reverse: bool = False) -> np.ndarray:
    """Returns the labels again: the inverse of `one_hot`.

    Args:
        encoded: (n, 10) one-hot labels or class probabilities.
        reverse: as in `one_hot`.

    Returns:
        (n,) integers: the place of the largest number in each row.

    Raises:
        DataError: there are not ten numbers for each image.

    Example:
        >>> labels_of(one_hot(np.array([7, 2])))
        array([7, 2])
    """
    encoded = np.asarray(encoded)
    if encoded.shape[1:] != (CLASSES,):
        raise DataError(
            f"encoded labels have the shape {encoded.shape}; labels_of takes ten numbers for each "
            "image, (n, 10)."
        )
    places = encoded.argmax(axis=1)
    return CLASSES - 1 - places if reverse else places


def prep_pixels(train: np.ndarray, test: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Scales pixel values from 0..255 to [0, 1].

    Args:
        train: uint8 images of any shape.
        test: likewise.

    Returns:
        Both as float32 in [0, 1]; the arguments stay as they are.

    Raises:
        DataError: the images are not uint8, so that dividing them by 255
            would make them nearly black.

    Source: the function of this name in J. Brownlee's tutorial "How to Develop
    a CNN for MNIST Handwritten Digit Classification" (2019).

    Example:
        >>> pixels = np.array([[0, 51, 255]], dtype="uint8")
        >>> prep_pixels(pixels, pixels)[0]
        array([[0. , 0.2, 1. ]], dtype=float32)
    """
    return unit_scale(train, "train"), unit_scale(test, "test")


def unit_scale(images: np.ndarray, name: str = "images") -> np.ndarray:
    """Returns uint8 images as float32 in [0, 1]; see `prep_pixels`."""
    images = np.asarray(images)
    if images.dtype != np.uint8:
        raise DataError(
            f"{name} has the type {images.dtype}; scaling to [0, 1] divides uint8 pixels "
            "(0 to 255) by 255. If they are scaled already, use them as they are."
        )
    return np.divide(images, 255, dtype="float32")


def undo_unit_scale(images: np.ndarray) -> np.ndarray:
    """Returns images in [0, 1] as uint8 pixels from 0 to 255.

    Example:
        >>> undo_unit_scale(np.array([0.0, 0.2, 1.0], dtype="float32"))
        array([  0,  51, 255], dtype=uint8)
    """
    return np.clip(np.rint(np.asarray(images) * 255), 0, 255).astype("uint8")


@dataclass(frozen=True)
class Scaling:
    """Subtract `mean`, divide by `std`: numbers taken from training images.

    Attributes:
        mean: one number, in the units of the pixels.
        std: one number, in the units of the pixels.
    """

    mean: float
    std: float = 1.0

    def apply(self, images: np.ndarray) -> np.ndarray:
        """Returns the images scaled, as float32 of the same shape."""
        return ((np.asarray(images, dtype="float32") - self.mean) / self.std).astype("float32")

    def undo(self, images: np.ndarray) -> np.ndarray:
        """Returns scaled images in their old units, as float32: the inverse of `apply`."""
        return (np.asarray(images, dtype="float32") * self.std + self.mean).astype("float32")


def center(train: np.ndarray) -> Scaling:
    """Makes the scaling that moves the mean of the training pixels to 0.

    Args:
        train: training images, any units.

    Returns:
        A `Scaling`; `.apply(images)` uses it on any images, `.undo` goes back.

    Raises:
        DataError: these are no images, or there are none.

    Example:
        >>> center(np.full((4, 28, 28), 0.5)).apply(np.ones((1, 28, 28))).max()
        np.float32(0.5)
    """
    _check_training(train)
    return Scaling(mean=float(np.mean(train, dtype="float64")))


def standardize(train: np.ndarray) -> Scaling:
    """Makes the scaling that gives training pixels the mean 0 and the standard deviation 1.

    Args:
        train: training images, any units.

    Returns:
        A `Scaling`; `.apply(images)` uses it on any images, `.undo` goes back.

    Raises:
        DataError: these are no images, there are none, or all pixels are equal,
            so that there is nothing to divide by.
    """
    _check_training(train)
    mean = float(np.mean(train, dtype="float64"))
    std = float(np.std(train, dtype="float64"))
    # Rounding can leave equal pixels a tiny standard deviation in place of 0.
    if np.min(train) == np.max(train):
        raise DataError("train has the same value in every pixel; it cannot be standardized.")
    return Scaling(mean=mean, std=std)


def _check_training(train: np.ndarray) -> None:
    check_images(train, "train")
    if not len(train):
        raise DataError("train has no images to take a mean from. Select some.")
