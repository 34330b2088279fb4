"""The state of a training between two epochs, handed from one process to another.

All that a traced training of Keras' own layers knows lies in variables:
weights, what the optimizer remembers, and the states of the generators that
dropout draws from. With these, and the same order of the images, it goes on as
if nothing had been between.
"""

import pickle
from dataclasses import dataclass
from pathlib import Path

from mnistlab.evaluation.quick_fit import History
from mnistlab.files import write_atomically

import keras
import numpy as np


@dataclass(frozen=True)
class Handover:
    """How far a training is.

    Attributes:
        history: the curves so far.
        seconds: how long it took so far.
        threads: how many threads TensorFlow had.
        values: of all variables of the model and its optimizer.
    """

    history: History
    seconds: float
    threads: int
    values: list[np.ndarray]

    @classmethod
    def of(cls, model: keras.Model, history: History, seconds: float, threads: int) -> "Handover":
        """Takes the state of a model that is being trained.

        Args:
            model: compiled, and trained so far.
            history: the curves so far.
            seconds: how long it took so far.
            threads: how many threads TensorFlow had.
        """
        return cls(history, seconds, threads, [each.numpy() for each in _variables(model)])

    @property
    def epochs(self) -> int:
        """How many epochs are done."""
        return len(self.history["loss"])


def write_handover(path: Path, state: Handover) -> None:
    """Writes the state of a training, for another process on this machine.

    Args:
        path: the file.
        state: what to write.

    Raises:
        MnistLabError: it cannot be written.
    """
    write_atomically(path, lambda file: file.write_bytes(pickle.dumps(state)))


def read_handover(path: Path) -> Handover | None:
    """Reads the state of a training.

    Args:
        path: a file that this very run has written: it is trusted.

    Returns:
        What was written, or `None` where nothing can be read.
    """
    try:
        return pickle.loads(path.read_bytes())
    except OSError:
        return None


def take_over(model: keras.Model, state: Handover) -> None:
    """Puts the state into a model that was built in the same way.

    Args:
        model: compiled, with all its variables made.
        state: what was read.

    Raises:
        ValueError: the model has other variables.

    Example:
        >>> import tempfile
        >>> from mnistlab.models import zoo
        >>> trained, other = zoo.lenet5(), zoo.lenet5()
        >>> history = {"loss": [0.5], "val_accuracy": [0.9]}
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     path = Path(folder, "state")
        ...     write_handover(path, Handover.of(trained, history, seconds=7.5, threads=1))
        ...     state = read_handover(path)
        >>> take_over(other, state)
        >>> state.epochs, bool((other.get_weights()[0] == trained.get_weights()[0]).all())
        (1, True)
    """
    for variable, value in zip(_variables(model), state.values, strict=True):
        variable.assign(value)


def _variables(model: keras.Model) -> list[keras.Variable]:
    return [*model.variables, *model.optimizer.variables]
