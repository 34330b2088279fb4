"""The state of a training between two epochs, handed from one process to another.

All that a training of Keras' own layers knows lies in variables: weights, what
the optimizer remembers, and the states of the generators that dropout draws
from. With these, and the same order of the images, it goes on as if nothing had
been between.
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
        values: of all variables of the model and its optimizer.
    """

    history: History
    seconds: float
    values: list[np.ndarray]

    @property
    def epochs(self) -> int:
        """How many epochs are done."""
        return len(self.history["loss"])


def write_handover(path: Path, model: keras.Model, history: History, seconds: float) -> None:
    """Writes the state of a training, for a process on this machine.

    Args:
        path: the file.
        model: the model that is being trained.
        history: the curves so far.
        seconds: how long it took so far.
    """
    state = Handover(history, seconds, [variable.numpy() for variable in _variables(model)])
    write_atomically(path, lambda file: file.write_bytes(pickle.dumps(state)))


def read_handover(path: Path) -> Handover | None:
    """Returns what was written, or `None` if nothing was.

    Only for files that this run has written: they are trusted.
    """
    return pickle.loads(path.read_bytes()) if path.exists() else None


def take_over(model: keras.Model, state: Handover) -> None:
    """Puts the state into a model that was built in the same way.

    Args:
        model: compiled, with all its variables made.
        state: what was read.
    """
    for variable, value in zip(_variables(model), state.values, strict=True):
        variable.assign(value)


def _variables(model: keras.Model) -> list[keras.Variable]:
    return [*model.variables, *model.optimizer.variables]
