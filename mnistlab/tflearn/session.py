"""A session holds values for a graph's variables, as sessions of TensorFlow 1 did.

Most scripts have one: its values are those that the Keras variables hold. A
second `DNN` of the same network without `session=` has fresh weights while the
first keeps its own: such a session stores its values, and puts them in place
while it works.
"""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import NoReturn

from mnistlab.tflearn.graph import Graph, current

import keras
import numpy as np
import tensorflow as tf

_OWNERS = "owners of variables"


class Session:
    """The values of a graph's variables, for the models that share it.

    Attributes:
        graph: whose variables they are.
    """

    def __init__(self, graph: Graph | None = None):
        self.graph = current() if graph is None else graph
        self._stored: list[tuple[keras.Variable, np.ndarray]] = []
        self._depth = 0
        self._known: set[int] = set()
        self.adopt()

    def adopt(self) -> None:
        """Takes the variables that are new: as they are, or fresh if another session has them."""
        owners = self.graph.keep.setdefault(_OWNERS, {})
        for entry in self.graph.entries:
            variable = entry.variable
            if id(variable) in self._known:
                continue
            self._known.add(id(variable))
            if owners.setdefault(id(variable), self) is not self:
                self._stored.append((variable, np.asarray(entry.initial())))

    def owns(self, variables: Iterable[keras.Variable]) -> bool:
        """Whether Keras variables hold this session's values at all times."""
        stored = {id(variable) for variable, _ in self._stored}
        return not any(id(variable) in stored for variable in variables)

    @contextmanager
    def active(self) -> Iterator[None]:
        """Has the Keras variables hold this session's values within the block."""
        self._depth += 1
        if self._depth == 1:
            self._exchange()
        try:
            yield
        finally:
            self._depth -= 1
            if self._depth == 0:
                self._exchange()

    def _exchange(self) -> None:
        for place, (variable, values) in enumerate(self._stored):
            self._stored[place] = (variable, variable.numpy())
            variable.assign(values)

    @contextmanager
    def as_default(self) -> Iterator["Session"]:
        """Makes it the session of `get_value` and `set_value` within the block."""
        with self.active():
            yield self

    def close(self) -> None:
        """Does nothing: there is nothing to give back."""

    def run(self, *args, **kwargs) -> NoReturn:
        """Raises `NotImplementedError`: there is no graph of TensorFlow 1 to run."""
        raise NotImplementedError(
            "Session.run has no counterpart in eager TensorFlow. Use DNN.predict for outputs, "
            "DNN.get_weights for weights, or DNN.keras_model, which is called on arrays."
        )


def value(variable: keras.Variable, session: Session | None = None) -> np.ndarray:
    """Returns a variable's values in a session; as they are in place when none is given."""
    if session is None:
        return tf.convert_to_tensor(variable).numpy()
    with session.active():
        return tf.convert_to_tensor(variable).numpy()
