"""What a checkpoint of a model holds: names as tflearn gave them, and how to read them back.

A real checkpoint of tflearn has the same names for the network's variables and
the optimizer's slots, and can be read. What it holds besides is left alone.
"""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from mnistlab.tflearn import checkpoints
from mnistlab.tflearn.graph import Entry, Graph, numbered
from mnistlab.tflearn.helpers.operation import Operation

import numpy as np

GLOBAL_STEP = "Global_Step"
TRAINING_STEP = "Training_step"


@dataclass(frozen=True)
class Found:
    """What a checkpoint holds.

    Args:
        arrays: by name.
        path: of the checkpoint, for messages.
    """

    arrays: Mapping[str, np.ndarray]
    path: str

    def array(self, name: str) -> np.ndarray:
        """Returns an array; raises `tf.errors.NotFoundError` when there is none of that name."""
        if name not in self.arrays:
            raise checkpoints.missing(name, self.path)
        return np.asarray(self.arrays[name])


@dataclass(frozen=True)
class Renaming:
    """Which names of a checkpoint stand for the names of the graph.

    Args:
        name_map: `(pattern, replacement)` of a regular expression, or a function
            from a variable's name to its name in the checkpoint.
        scope: only variables of this scope are read, by the rest of their name.
    """

    name_map: tuple[str, str] | Callable[[str], str] | None = None
    scope: str | None = None

    def wants(self, name: str) -> bool:
        """Whether a variable is to be read."""
        return not self.scope or name.startswith(f"{self.scope.rstrip('/')}/")

    def __call__(self, name: str) -> str:
        """Returns a variable's name in the checkpoint."""
        if self.scope:
            name = name.removeprefix(f"{self.scope.rstrip('/')}/")
        if self.name_map is None:
            return name
        if callable(self.name_map):
            return self.name_map(name)
        return re.sub(*self.name_map, name)


def collect(graph: Graph, operations: Sequence[Operation], step: int) -> dict[str, np.ndarray]:
    """Returns the arrays of a whole checkpoint, by name."""
    arrays = {entry.name: entry.variable.numpy() for entry in graph.entries}
    arrays |= {name: slot.numpy() for name, slot in _slots(operations).items()}
    for name, operation in zip(numbered(TRAINING_STEP), operations, strict=False):
        arrays[name] = np.float32(operation.step)
        arrays[_average_name(operation)] = operation.averages.astype(np.float32)
    for tensor in graph.inputs:
        if getattr(tensor, "preprocessing", None) is not None:
            arrays.update(tensor.preprocessing.state())
    arrays[GLOBAL_STEP] = np.float32(step)
    return arrays


def restore_weights(
    graph: Graph,
    found: Found,
    weights_only: bool = False,
    renaming: Renaming | None = None,
) -> list[str]:
    """Puts the values of a checkpoint into the graph's variables; returns their names.

    All are looked up before any is changed.

    Raises:
        tf.errors.NotFoundError: the checkpoint lacks a variable.
        ValueError: a variable has another shape there.
    """
    renaming = renaming or Renaming()
    wanted = [
        entry
        for entry in graph.entries
        if entry.restore
        and renaming.wants(entry.name)
        and (entry.variable.trainable or not weights_only)
    ]
    values = [_value_of(entry, renaming(entry.name), found) for entry in wanted]
    for entry, value in zip(wanted, values, strict=True):
        entry.variable.assign(value)
    return [entry.name for entry in wanted]


def _value_of(entry: Entry, name: str, found: Found) -> np.ndarray:
    value = found.array(name)
    if value.shape != tuple(entry.variable.shape):
        raise ValueError(
            f"Assign requires shapes of both tensors to match: {entry.name} has shape "
            f"{tuple(entry.variable.shape)}, and {name} in the checkpoint {value.shape}. Build the "
            "network that was saved."
        )
    return value


def restore_training(graph: Graph, operations: Sequence[Operation], found: Found) -> int:
    """Puts slots, counters, averages and preprocessing back; returns the global step.

    Raises:
        tf.errors.NotFoundError: the checkpoint lacks a slot of an optimizer.
    """
    named = zip(numbered(TRAINING_STEP), operations, strict=False)
    chosen = [(name, each) for name, each in named if each.train_op.restore]
    slots = _slots(each for _, each in chosen)
    values = [(slot, found.array(name)) for name, slot in slots.items()]
    for variable, value in values:
        variable.assign(value)
    step = int(found.arrays.get(GLOBAL_STEP, 0))
    for name, operation in chosen:
        operation.step = int(found.arrays.get(name, step))
        # A checkpoint of tflearn itself names the averages after its own operations: the
        # first batch then begins them.
        operation.averages = np.array(
            found.arrays.get(_average_name(operation), [np.nan, np.nan]), np.float64
        )
    for tensor in graph.inputs:
        if getattr(tensor, "preprocessing", None) is not None:
            _restore_preprocessing(tensor.preprocessing, found)
    return step


def _restore_preprocessing(preprocessing, found: Found) -> None:
    preprocessing.restore({name: found.array(name) for name in preprocessing.state()})


def _slots(operations: Iterable[Operation]) -> dict:
    """Returns what the optimizers keep, by its names: two of one kind are told apart."""
    slots = {}
    for operation in operations:
        for variable in operation.variables:
            name = _base_name(operation.graph, variable)
            of = operation.train_op.optimizer.slots
            slots.update(of(operation.optimizer, variable, name, taken=tuple(slots)))
    return slots


def _base_name(graph: Graph, variable) -> str:
    entry = graph.entry(variable)
    return variable.path if entry is None else entry.name


def _average_name(operation: Operation) -> str:
    return f"{operation.name}/moving_avg"
