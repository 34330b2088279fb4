"""Data on its way to the placeholders: feed dictionaries, batches and their order.

What a script passes as `X` and `Y` (an array, a list, one array for each
input, a dictionary by name) becomes a `Feed`: the data of each placeholder.
"""

from collections.abc import Iterator, Mapping, Sequence

from mnistlab.tflearn import private
from mnistlab.tflearn.symbols import Tensor, ancestors

import keras
import numpy as np
import tensorflow as tf


class Feed:
    """The data of each placeholder.

    Args:
        data: an array, or something that is indexed like one, for each placeholder.
    """

    def __init__(self, data: Mapping[Tensor, object]):
        self.data = {tensor: _as_data(values) for tensor, values in data.items()}

    def __len__(self) -> int:
        """Number of samples; 0 when nothing is fed."""
        return len(next(iter(self.data.values()), ()))

    def __contains__(self, tensor: Tensor) -> bool:
        return tensor in self.data

    def check_lengths(self) -> None:
        """Raises `ValueError` unless there are as many samples of one as of the other."""
        lengths = {tensor.name: len(values) for tensor, values in self.data.items()}
        if len(set(lengths.values())) > 1:
            found = ", ".join(f"{length:,} for {name}" for name, length in lengths.items())
            raise ValueError(
                f"The inputs and targets differ in their number of samples: {found}. Give one "
                "target for each sample."
            )

    def part(self, indices: np.ndarray) -> "Feed":
        """Returns the samples of those indices, read when they are asked for."""
        return Feed({tensor: _Selection(values, indices) for tensor, values in self.data.items()})

    def batch(self, indices: np.ndarray, training: bool) -> dict[Tensor, np.ndarray]:
        """Returns the samples of those indices, augmented (in training) and preprocessed."""
        batch = {}
        for tensor, values in self.data.items():
            rows = take(values, indices)
            augmentation = getattr(tensor, "augmentation", None)
            if training and augmentation is not None:
                rows = augmentation.apply(rows)
            batch[tensor] = as_fed(tensor, preprocessed(tensor, rows))
        return batch


def preprocessed(tensor: Tensor, rows: np.ndarray) -> np.ndarray:
    """Returns samples as the placeholder's preprocessing leaves them."""
    preprocessing = getattr(tensor, "preprocessing", None)
    return rows if preprocessing is None else preprocessing.apply(rows)


def as_fed(tensor: Tensor, values: object) -> np.ndarray:
    """Returns values in a placeholder's type.

    Raises:
        ValueError: their shape is not the placeholder's.
    """
    values = np.asarray(values)
    if not tf.TensorShape(tensor.shape).is_compatible_with(values.shape):
        lengths = ", ".join("?" if each is None else str(each) for each in tensor.shape)
        comma = "," if len(tensor.shape) == 1 else ""
        raise ValueError(
            f"Cannot feed value of shape {values.shape} for Tensor {tensor.name}, which has "
            f"shape ({lengths}{comma})"
        )
    return values.astype(keras.backend.standardize_dtype(tensor.dtype), copy=False)


def take(values: object, indices: Sequence[int] | np.ndarray) -> np.ndarray:
    """Returns samples of an array, or of something that is indexed like one.

    Example:
        >>> take(np.array([10, 11, 12]), [2, 0])
        array([12, 10])
    """
    if type(values).__module__.partition(".")[0] == "h5py":
        # A file wants rising indices without repeats; a shuffled batch has neither.
        return np.stack([values[index] for index in indices])
    return np.asarray(values[indices])


def order_of(count: int, shuffle: bool) -> np.ndarray:
    """Returns the indices of the samples for one epoch; shuffled by NumPy's global generator."""
    indices = np.arange(count)
    if shuffle:
        np.random.shuffle(indices)
    return indices


def batches_of(indices: np.ndarray, size: int) -> Iterator[np.ndarray]:
    """Yields the indices of each batch; the last one holds what is left."""
    for start, end in make_batches(len(indices), size):
        yield indices[start:end]


def make_batches(samples_size: int, batch_size: int) -> list[tuple[int, int]]:
    """Returns where batches begin and end; the last one is as small as it must be.

    Example:
        >>> make_batches(5, 2)
        [(0, 2), (2, 4), (4, 5)]
    """
    starts = range(0, samples_size, int(batch_size))
    return [(start, min(samples_size, start + int(batch_size))) for start in starts]


def inputs_of(outputs: Sequence[Tensor]) -> list[Tensor]:
    """Returns the placeholders that symbolic tensors are computed from, without repeats."""
    return [tensor for tensor in ancestors(outputs) if not private.sources(tensor)]


def build(values: object, placeholders: Sequence[Tensor], what: str) -> dict[Tensor, object]:
    """Returns which data belong to which placeholder.

    Args:
        values: an array for the only placeholder; a list with one for each, in
            the order of their making; or a dictionary by name or tensor.
        placeholders: the graph's inputs, or its targets.
        what: "inputs" or "targets", for messages.

    Raises:
        Exception: a name is not known.
        ValueError: there are not as many as there are placeholders.
    """
    if values is None:
        return {}
    if isinstance(values, Mapping):
        return {_by_key(key, placeholders): data for key, data in values.items()}
    if len(placeholders) == 1:
        return {placeholders[0]: values}
    if not isinstance(values, list | tuple) or len(values) != len(placeholders):
        names = ", ".join(repr(tensor.key) for tensor in placeholders) or "none"
        raise ValueError(
            f"The graph has {len(placeholders)} {what} ({names}), and was not given one array for "
            "each. Pass a list of that many, or a dictionary by name. If the network was built "
            "twice, call tf.compat.v1.reset_default_graph() before building it."
        )
    return dict(zip(placeholders, values, strict=True))


def _by_key(key: object, placeholders: Sequence[Tensor]) -> Tensor:
    for tensor in placeholders:
        if key is tensor or (isinstance(key, str) and key in _names(tensor)):
            return tensor
    raise Exception(
        f"Feed dict asks for variable named '{key}' but no such variable is known to exist"
    )


def _names(tensor: Tensor) -> tuple[str, ...]:
    return (tensor.key, tensor.name, f"{tensor.key}:0")


def _as_data(values: object) -> object:
    return np.asarray(values) if isinstance(values, list | tuple) else values


class _Selection:
    """Some samples of something that is indexed like an array."""

    def __init__(self, values: object, indices: np.ndarray):
        self._values, self._indices = values, indices

    def __len__(self) -> int:
        return len(self._indices)

    def __getitem__(self, places: np.ndarray) -> np.ndarray:
        return take(self._values, self._indices[places])
