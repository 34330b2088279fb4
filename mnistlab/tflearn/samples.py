"""Labels and samples as arrays: one-hot rows, shuffling, centering, flips."""

import random
import warnings
from collections.abc import Sequence

from mnistlab.data.checks import as_array
from mnistlab.errors import DataError
from mnistlab.tflearn.arguments import whole_number

import numpy as np

_TINY = 1e-10
"""Added to each sample's deviation, so that an even sample is not divided by zero."""


def to_categorical(y: Sequence, nb_classes: int | None = None) -> np.ndarray:
    """Makes one-hot rows of labels.

    Args:
        y: the labels. With `nb_classes`: whole numbers from 0, flattened when
            they have several dimensions. Without: anything that can be sorted.
        nb_classes: how many classes there are; `None` for as many as `y` has
            different values, in their order.

    Returns:
        With `nb_classes`: (n, nb_classes) float64. Without: (n, k) float32, a
        column for each of the k values that occur, so that `[5, 7, 5]` gives two.

    Raises:
        DataError: a label is no whole number from 0 to `nb_classes - 1`, or is NaN.

    Source: tflearn 0.5.0, `tflearn.data_utils.to_categorical`.

    Example:
        >>> to_categorical([2, 0], 3)
        array([[0., 0., 1.],
               [1., 0., 0.]])
        >>> to_categorical([5, 7, 5])
        array([[1., 0.],
               [0., 1.],
               [1., 0.]], dtype=float32)
    """
    labels = as_array(y, "y")
    if labels.dtype.kind == "f" and np.isnan(labels).any():
        raise DataError("y: expected labels, found NaN. Leave out the rows that have no label.")
    if not nb_classes:
        if labels.ndim == 0:
            raise DataError(f"y: expected a list of labels, found {y!r} alone. Give [{y!r}].")
        return (labels[:, None] == np.unique(labels)).astype(np.float32)
    classes = whole_number(nb_classes, "nb_classes", 1)
    columns = _class_numbers(labels.ravel(), classes)
    rows = np.zeros((len(columns), classes))
    rows[np.arange(len(columns)), columns] = 1.0
    return rows


def _class_numbers(labels: np.ndarray, classes: int) -> np.ndarray:
    try:
        with np.errstate(invalid="ignore"):
            columns = labels.astype(np.int64)
    except (ValueError, TypeError, OverflowError) as cause:
        raise DataError(
            f"y: expected whole numbers 0 to {classes - 1}, found {labels.dtype} ({cause}). "
            "Leave nb_classes out to have a column for each value that occurs."
        ) from cause
    wrong = (columns < 0) | (columns >= classes)
    if labels.dtype.kind == "f":
        wrong |= columns != labels
    if wrong.any():
        place = int(np.argmax(wrong))
        raise DataError(
            f"y: expected whole numbers 0 to {classes - 1} (nb_classes is {classes}), found "
            f"{labels[place]} at index {place}. Correct the label, or give the number of classes."
        )
    return columns


def shuffle(*arrs: Sequence) -> tuple[np.ndarray, ...]:
    """Shuffles arrays, all in the same order, with NumPy's global generator.

    Args:
        *arrs: arrays or lists of equal length.

    Returns:
        Shuffled copies, as a tuple also when there is only one.

    Raises:
        DataError: there is none, or their lengths differ.

    Source: tflearn 0.5.0, `tflearn.data_utils.shuffle`.

    Example:
        >>> X, Y = shuffle(np.arange(5), np.arange(5) * 10)
        >>> bool((Y == X * 10).all()), sorted(X.tolist())
        (True, [0, 1, 2, 3, 4])
    """
    arrays = [as_array(arr, f"arrs[{number}]") for number, arr in enumerate(arrs)]
    if not arrays or any(array.ndim == 0 for array in arrays):
        raise DataError("arrs: expected arrays to shuffle. Give at least one, with rows.")
    lengths = [len(array) for array in arrays]
    if len(set(lengths)) > 1:
        raise DataError(
            f"arrs: expected equal lengths, found {', '.join(map(str, lengths))}. "
            "Cut them so that row i of one belongs to row i of the others."
        )
    order = np.random.permutation(lengths[0])
    return tuple(array[order] for array in arrays)


def featurewise_zero_center(X, mean=None):
    """Subtracts from each feature its mean over the samples.

    Args:
        X: (n, ...) numbers.
        mean: to subtract in place of the mean of `X`, in a shape that fits.

    Returns:
        `(centered, mean)` when no mean was given; the centered array alone when
        one was.

    Raises:
        DataError: there are no rows, they are no numbers, or a mean is asked
            for and one is NaN.

    Source: tflearn 0.5.0, `tflearn.data_utils.featurewise_zero_center`.

    Example:
        >>> centered, mean = featurewise_zero_center([[1.0, 10.0], [3.0, 30.0]])
        >>> mean
        array([ 2., 20.])
        >>> featurewise_zero_center([[5.0, 50.0]], mean)
        array([[ 3., 30.]])
    """
    samples = _samples(X)
    if mean is not None:
        return samples - np.asarray(mean)
    _check_not_nan(samples)
    mean = np.mean(samples, axis=0)
    return samples - mean, mean


def featurewise_std_normalization(X, std=None):
    """Divides each feature by its standard deviation over the samples.

    Nothing is added to the deviation: a feature that never varies becomes NaN
    (or infinite), as in tflearn, and a warning says so.

    Args:
        X: (n, ...) numbers.
        std: to divide by in place of the deviation of `X`, in a shape that fits.

    Returns:
        `(scaled, std)` when no deviation was given; the scaled array alone when
        one was.

    Raises:
        DataError: there are no rows, they are no numbers, or a deviation is
            asked for and a number is NaN.

    Source: tflearn 0.5.0, `tflearn.data_utils.featurewise_std_normalization`.

    Example:
        >>> scaled, std = featurewise_std_normalization([[1.0, 10.0], [3.0, 30.0]])
        >>> std
        array([ 1., 10.])
        >>> featurewise_std_normalization([[5.0, 50.0]], std)
        array([[5., 5.]])
    """
    samples = _samples(X)
    if std is not None:
        return _divided(samples, np.asarray(std))
    _check_not_nan(samples)
    std = np.std(samples, axis=0)
    return _divided(samples, std), std


def _divided(samples: np.ndarray, std: np.ndarray) -> np.ndarray:
    even = np.count_nonzero(std == 0)
    if even:
        warnings.warn(
            f"{even} of {std.size} features never vary: divided by a deviation of 0 they become "
            "NaN or infinite. Leave them out, or give std with 1 in their places.",
            RuntimeWarning,
            stacklevel=3,
        )
    with np.errstate(divide="ignore", invalid="ignore"):
        return samples / std


def samplewise_zero_center(X):
    """Subtracts from each row of each sample its mean, in place.

    Args:
        X: (n, h, w, ...) floating point; the mean is taken along w. It is
            changed.

    Returns:
        The same object.

    Raises:
        DataError: a sample has fewer than two dimensions or holds whole numbers.

    Source: tflearn 0.5.0, `tflearn.data_utils.samplewise_zero_center`.

    Example:
        >>> X = np.array([[[1.0, 3.0], [0.0, 8.0]]])
        >>> samplewise_zero_center(X) is X, X.tolist()
        (True, [[[-1.0, 1.0], [-4.0, 4.0]]])
    """
    for i in range(len(X)):
        _check_sample(X[i], i)
        X[i] -= np.mean(X[i], axis=1, keepdims=True)
    return X


def samplewise_std_normalization(X):
    """Divides each row of each sample by its standard deviation, in place.

    Args:
        X: (n, h, w, ...) floating point; the deviation is taken along w, and
            1e-10 is added to it. It is changed.

    Returns:
        The same object.

    Raises:
        DataError: a sample has fewer than two dimensions or holds whole numbers.

    Source: tflearn 0.5.0, `tflearn.data_utils.samplewise_std_normalization`.

    Example:
        >>> X = np.array([[[-1.0, 1.0], [-4.0, 4.0]]])
        >>> samplewise_std_normalization(X) is X, X.round(6).tolist()
        (True, [[[-1.0, 1.0], [-1.0, 1.0]]])
    """
    for i in range(len(X)):
        _check_sample(X[i], i)
        X[i] /= np.std(X[i], axis=1, keepdims=True) + _TINY
    return X


def get_max(X):
    """Returns the largest of all numbers in `X`.

    Example:
        >>> float(get_max([[1, 5], [3, 2]]))
        5.0
    """
    return np.max(_samples(X))


def get_mean(X):
    """Returns the mean of all numbers in `X`.

    Example:
        >>> float(get_mean([[1, 5], [3, 3]]))
        3.0
    """
    return np.mean(_samples(X))


def get_std(X):
    """Returns the standard deviation of all numbers in `X`.

    Example:
        >>> float(get_std([[1, 5], [1, 5]]))
        2.0
    """
    return np.std(_samples(X))


def random_flip_leftright(x: np.ndarray) -> np.ndarray:
    """Mirrors a picture left to right with a probability of one half (Python's `random`).

    Example:
        >>> random.seed(1)
        >>> random_flip_leftright(np.array([[1, 2, 3]]))
        array([[1, 2, 3]])
        >>> random_flip_leftright(np.array([[1, 2, 3]]))
        array([[3, 2, 1]])
    """
    return np.fliplr(x) if random.getrandbits(1) else x


def random_flip_updown(x: np.ndarray) -> np.ndarray:
    """Mirrors a picture top to bottom with a probability of one half (Python's `random`).

    Example:
        >>> random.seed(1)
        >>> random_flip_updown(np.array([[1], [2]])).ravel()
        array([1, 2])
        >>> random_flip_updown(np.array([[1], [2]])).ravel()
        array([2, 1])
    """
    return np.flipud(x) if random.getrandbits(1) else x


def _samples(values: Sequence) -> np.ndarray:
    samples = as_array(values, "X")
    if samples.ndim == 0 or not samples.size or samples.dtype.kind not in "biuf":
        raise DataError(
            f"X: expected rows of numbers, found {samples.dtype} of shape {samples.shape}. "
            "Give an array (n, ...)."
        )
    return samples


def _check_not_nan(samples: np.ndarray) -> None:
    if samples.dtype.kind == "f" and np.isnan(samples).any():
        place = np.argwhere(np.isnan(samples))[0].tolist()
        raise DataError(
            f"X: expected numbers, found NaN at {place}: every mean and deviation of that feature "
            "would be NaN. Leave out the row, or fill the gap."
        )


def _check_sample(sample: Sequence, number: int) -> None:
    sample = as_array(sample, f"X[{number}]")
    if sample.ndim < 2 or sample.dtype.kind != "f":
        raise DataError(
            f"X[{number}]: expected floating point of two or more dimensions, which are changed in "
            f'place, found {sample.dtype} of shape {sample.shape}. Convert X with astype("float32")'
            ", and give images, not flat rows."
        )
