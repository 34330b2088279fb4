"""MNIST as tflearn hands it out: 55,000 flat images of the 60,000, in their order.

The digits come from the four idx files of `data_dir`, if they are there, and
otherwise from `mnistlab.load_mnist`, which downloads them, or announces that it
uses the stand-in. As in TensorFlow's tutorial of 2015, the first 5,000 training
images are set aside for validation; `load_data` does not return them.
"""

import os
import warnings
from pathlib import Path
from typing import NamedTuple

from mnistlab.data.idx import read_idx
from mnistlab.data.mnist import load_mnist
from mnistlab.errors import DataError
from mnistlab.tflearn.samples import to_categorical

import numpy as np

TRAIN_IMAGES = "train-images-idx3-ubyte.gz"
TRAIN_LABELS = "train-labels-idx1-ubyte.gz"
TEST_IMAGES = "t10k-images-idx3-ubyte.gz"
TEST_LABELS = "t10k-labels-idx1-ubyte.gz"

VALIDATION_SIZE = 5000
"""The first training images, which are set aside."""

_FAKE_SIZE = 10_000


class DataSet:
    """Images and their labels, handed out in batches.

    Args:
        images: (n, h, w) or (n, h, w, 1) uint8.
        labels: (n,) whole numbers, or (n, 10) one-hot rows.
        fake_data: whether batches are made up, for a test of speed.

    Attributes:
        images: (n, h * w) float32 in [0, 1].
        labels: as given.
        num_examples: n.
        epochs_completed: how often all have been handed out.

    Raises:
        DataError: the lengths differ.

    Source: tflearn 0.5.0, `tflearn.datasets.mnist`, which has it from
    TensorFlow's tutorial (2015).

    Example:
        >>> data = DataSet(np.full((3, 2, 2), 255, "uint8"), np.array([7, 2, 1], "uint8"))
        >>> data.next_batch(2)
        (array([[1., 1., 1., 1.],
               [1., 1., 1., 1.]], dtype=float32), array([7, 2], dtype=uint8))
    """

    def __init__(self, images: np.ndarray, labels: np.ndarray, fake_data: bool = False):
        self.epochs_completed = 0
        self._place = 0
        if fake_data:
            self.num_examples = _FAKE_SIZE
            self.images, self.labels = images, labels
            return
        if len(images) != len(labels):
            raise DataError(
                f"images and labels: expected equal lengths, found {len(images)} and {len(labels)}."
                " Give one label for each image."
            )
        self.num_examples = len(images)
        flat = images.reshape(len(images), int(np.prod(images.shape[1:])))
        self.images = flat.astype(np.float32) * np.float32(1 / 255)
        self.labels = labels

    def next_batch(self, batch_size: int, fake_data: bool = False) -> tuple:
        """Hands out the next images and labels.

        At the end of an epoch what is left is passed over, and all are shuffled
        with NumPy's global generator; the first epoch is in the given order.

        Args:
            batch_size: how many.
            fake_data: whether white images with label 0 are made up.

        Raises:
            DataError: there are not as many.
        """
        if fake_data:
            return [[1.0] * 784 for _ in range(batch_size)], [0] * batch_size
        if not 0 < batch_size <= len(self.images):
            raise DataError(
                f"batch_size is {batch_size}, and there are {len(self.images):,} images. "
                "Give a number from 1 to that."
            )
        if self._place + batch_size > self.num_examples:
            self._shuffle()
        start = self._place
        self._place += batch_size
        return self.images[start : self._place], self.labels[start : self._place]

    def _shuffle(self) -> None:
        order = np.arange(self.num_examples)
        np.random.shuffle(order)
        self.images, self.labels = self.images[order], self.labels[order]
        self.epochs_completed += 1
        self._place = 0


class DataSets(NamedTuple):
    """The three parts of MNIST, each a `DataSet`."""

    train: DataSet
    validation: DataSet
    test: DataSet


def load_data(data_dir: str | os.PathLike = "mnist/", one_hot: bool = False) -> tuple:
    """Returns MNIST as `X, Y, testX, testY`.

    Args:
        data_dir: the idx files of this folder are used if all four are there;
            otherwise `mnistlab.load_mnist` finds the digits.
        one_hot: whether labels are one-hot rows.

    Returns:
        X (55000, 784) and testX (10000, 784), float32 in [0, 1]; Y and testY:
        (n, 10) float64, or (n,) uint8, read-only. Training rows are the file's
        5,000 to 59,999, in its order.

    Raises:
        DataError: a file in `data_dir` is damaged or is not what its name says.

    Source: tflearn 0.5.0, `tflearn.datasets.mnist.load_data`.

    Example:
        >>> X, Y, testX, testY = load_data(one_hot=True)  # doctest: +SKIP
        >>> X.shape, Y.shape  # doctest: +SKIP
        ((55000, 784), (55000, 10))
    """
    parts = read_data_sets(data_dir, one_hot=one_hot)
    return parts.train.images, parts.train.labels, parts.test.images, parts.test.labels


def read_data_sets(
    train_dir: str | os.PathLike = "mnist/", fake_data: bool = False, one_hot: bool = False
) -> DataSets:
    """Returns the three parts of MNIST.

    Args:
        train_dir: the idx files of this folder are used if all four are there;
            otherwise `mnistlab.load_mnist` finds the digits.
        fake_data: whether batches are made up, and no digits looked for.
        one_hot: whether labels are one-hot rows.

    Returns:
        `.train` (55,000), `.validation` (5,000) and `.test` (10,000).

    Raises:
        DataError: a file in `train_dir` is damaged or is not what its name says.

    Example:
        >>> images, labels = read_data_sets(fake_data=True).train.next_batch(2, fake_data=True)
        >>> len(images), labels
        (2, [0, 0])
    """
    if fake_data:
        return DataSets(*(DataSet([], [], fake_data=True) for _ in range(3)))
    (x_train, y_train), (x_test, y_test) = _in_folder(train_dir) or load_mnist()
    if len(x_train) <= VALIDATION_SIZE:
        raise DataError(
            f"{TRAIN_IMAGES} holds {len(x_train):,} images, and the first {VALIDATION_SIZE:,} are "
            "set aside for validation. Give a file with more."
        )
    y_train, y_test = (_labels(labels, one_hot) for labels in (y_train, y_test))
    return DataSets(
        train=DataSet(x_train[VALIDATION_SIZE:], y_train[VALIDATION_SIZE:]),
        validation=DataSet(x_train[:VALIDATION_SIZE], y_train[:VALIDATION_SIZE]),
        test=DataSet(x_test, y_test),
    )


def dense_to_one_hot(labels_dense: np.ndarray, num_classes: int = 10) -> np.ndarray:
    """Makes one-hot rows of whole numbers.

    Args:
        labels_dense: (n,) whole numbers from 0 to `num_classes - 1`.
        num_classes: columns of the result.

    Returns:
        (n, num_classes) float64.

    Raises:
        DataError: a label is no class.

    Example:
        >>> dense_to_one_hot(np.array([2, 0]), 3)
        array([[0., 0., 1.],
               [1., 0., 0.]])
    """
    return to_categorical(labels_dense, num_classes)


def extract_images(filename: str | os.PathLike) -> np.ndarray:
    """Reads an idx file of images.

    Args:
        filename: the file, also one compressed with gzip.

    Returns:
        (n, h, w, 1) uint8.

    Raises:
        DataError: the file is missing, damaged, or holds something else.
    """
    images = read_idx(filename)
    if images.dtype != np.uint8 or images.ndim != 3:
        raise DataError(
            f"{filename}: expected images (n, h, w) uint8, found {images.dtype} of shape "
            f"{images.shape}. Replace it with a good copy."
        )
    return images[..., None]


def extract_labels(filename: str | os.PathLike, one_hot: bool = False) -> np.ndarray:
    """Reads an idx file of labels.

    Args:
        filename: the file, also one compressed with gzip.
        one_hot: whether labels are one-hot rows.

    Returns:
        (n,) uint8, or (n, 10) float64.

    Raises:
        DataError: the file is missing, damaged, or holds something else.
    """
    labels = read_idx(filename)
    if labels.dtype != np.uint8 or labels.ndim != 1:
        raise DataError(
            f"{filename}: expected labels (n,) uint8, found {labels.dtype} of shape "
            f"{labels.shape}. Replace it with a good copy."
        )
    return dense_to_one_hot(labels) if one_hot else labels


def _labels(labels: np.ndarray, one_hot: bool) -> np.ndarray:
    if one_hot:
        return dense_to_one_hot(labels)
    read_only = labels.view()
    read_only.flags.writeable = False
    return read_only


def _in_folder(data_dir: str | os.PathLike) -> tuple | None:
    """Reads the four files of a folder; `None` when they are not all there."""
    try:
        folder = Path(data_dir)
    except TypeError as cause:
        raise DataError(f"data_dir is {data_dir!r}; give the path of a folder.") from cause
    if folder.exists() and not folder.is_dir():
        raise DataError(f"data_dir: {data_dir} is no folder. Give one, or leave it out.")
    names = (TRAIN_IMAGES, TRAIN_LABELS, TEST_IMAGES, TEST_LABELS)
    missing = [name for name in names if not (folder / name).exists()]
    if missing:
        if len(missing) < len(names):
            warnings.warn(
                f"{data_dir} lacks {', '.join(missing)}: its other files are not used, and MNIST "
                "is looked for elsewhere. Add what is missing to use them.",
                stacklevel=4,
            )
        return None
    return tuple(
        _pair(folder / images, folder / labels) for images, labels in (names[:2], names[2:])
    )


def _pair(images_path: Path, labels_path: Path) -> tuple[np.ndarray, np.ndarray]:
    images, labels = extract_images(images_path), extract_labels(labels_path)
    if len(images) != len(labels):
        raise DataError(
            f"{images_path} holds {len(images):,} images, and {labels_path.name} {len(labels):,} "
            "labels. Replace both with the files of one data set."
        )
    return images, labels
