"""What a script has built so far: its inputs, layers, variables and training operations.

TensorFlow 1 kept these in its default graph, and tflearn in collections of it.
Here a `Graph` keeps them, one for each default graph: a script that calls
`tf.compat.v1.reset_default_graph()`, or works in `with tf.Graph().as_default():`,
begins anew, as it did. Nothing is computed in TensorFlow's graph itself.
"""

import functools
import itertools
import weakref
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from mnistlab.tflearn import private
from mnistlab.tflearn.symbols import Tensor

import keras
import numpy as np
import tensorflow as tf

# tflearn's names for those collections of TensorFlow's graph.
INPUTS, TARGETS, TRAIN_OPS = "inputs", "targets", "trainops"


@dataclass(frozen=True, eq=False)
class Entry:
    """A variable of a graph.

    Attributes:
        variable: Keras' own.
        name: its name in a checkpoint, "Conv2D/W".
        initial: draws its values anew.
        restore: whether `DNN.load` reads it.
    """

    variable: keras.Variable
    name: str
    initial: Callable[[], np.ndarray]
    restore: bool = True


@dataclass(eq=False)
class Graph:
    """What one script has built.

    Attributes:
        inputs: the results of `input_data`, in the order of their making.
        targets: the placeholders that `regression` made, likewise.
        train_ops: what `regression` asked for, likewise.
        entries: the variables, likewise.
        penalties: functions without arguments that give a regularization loss each.
        layers: the Keras layer of each variable scope.
        outputs: the tensors of each layer name.
        layer_variables: the trainable variables of each layer name, W before b.
        keep: anything else that a module wants to keep for the graph, by its own key.
    """

    inputs: list[Tensor] = field(default_factory=list)
    targets: list[Tensor] = field(default_factory=list)
    train_ops: list = field(default_factory=list)
    entries: list[Entry] = field(default_factory=list)
    penalties: list[Callable[[], tf.Tensor]] = field(default_factory=list)
    layers: dict[str, keras.layers.Layer] = field(default_factory=dict)
    outputs: dict[str, list[Tensor]] = field(default_factory=dict)
    layer_variables: dict[str, list[keras.Variable]] = field(default_factory=dict)
    keep: dict[str, object] = field(default_factory=dict)
    _used: set[str] = field(default_factory=set)
    _seeds: np.random.Generator | None = None

    def unique(self, name: str) -> str:
        """Returns the name, or with `_1`, `_2` when it was given before."""
        free = next(each for each in numbered(name) if each not in self._used)
        self._used.add(free)
        return free

    def add_variable(
        self,
        name: str,
        variable: keras.Variable,
        initial: Callable[[], np.ndarray],
        trainable: bool = True,
        restore: bool = True,
    ) -> None:
        """Registers a variable under its name in a checkpoint, "Conv2D/W"."""
        private.rename(variable, f"{name}:0")
        variable.trainable = trainable
        self.entries.append(Entry(variable, name, initial, restore))

    def entry(self, variable: keras.Variable) -> Entry | None:
        """Returns what is known of a variable, or `None` when it is not of this graph."""
        return next((each for each in self.entries if each.variable is variable), None)

    def trainable_variables(self) -> list[keras.Variable]:
        """Returns the variables that training changes, in the order of their making."""
        return [each.variable for each in self.entries if each.variable.trainable]

    def add_output(self, name: str, tensor: Tensor) -> None:
        """Registers a layer's result under the layer's name."""
        self.outputs.setdefault(name, []).append(tensor)

    def seed_with(self, seed: int | None) -> None:
        """Draws all that is random from here on from one seed."""
        self._seeds = None if seed is None else np.random.default_rng(seed)

    def new_seed(self) -> int:
        """Returns a seed for a layer: from `init_graph(seed=...)`, or TensorFlow's own seed."""
        if self._seeds is not None:
            return int(self._seeds.integers(2**31 - 1))
        with private.eager_mode():
            return int(tf.random.uniform((), maxval=2**31 - 1, dtype=tf.int32))


def numbered(name: str) -> Iterator[str]:
    """Yields a name, and then with `_1`, `_2` and so on.

    Example:
        >>> list(itertools.islice(numbered("Conv2D"), 3))
        ['Conv2D', 'Conv2D_1', 'Conv2D_2']
    """
    yield name
    for number in itertools.count(1):
        yield f"{name}_{number}"


_GRAPHS: "weakref.WeakKeyDictionary[tf.Graph, Graph]" = weakref.WeakKeyDictionary()


def current() -> Graph:
    """Returns the graph that layers are added to now."""
    if not private.version_2():
        raise RuntimeError(
            "TensorFlow's version 2 behavior was switched off (tf.disable_v2_behavior()), and "
            "mnistlab.tflearn runs on Keras 3, which needs it. Remove that call and restart "
            "Python."
        )
    default = tf.compat.v1.get_default_graph()
    if default not in _GRAPHS:
        # Scripts find these by `tf.get_collection(tf.GraphKeys.TRAIN_OPS)`, too, and empty them.
        _GRAPHS[default] = Graph(
            inputs=default.get_collection_ref(INPUTS),
            targets=default.get_collection_ref(TARGETS),
            train_ops=default.get_collection_ref(TRAIN_OPS),
        )
    return _GRAPHS[default]


def eagerly(function: Callable) -> Callable:
    """Makes a function run eagerly, also inside `with tf.Graph().as_default():`."""

    @functools.wraps(function)
    def run(*args, **kwargs):
        with private.eager_mode():
            return function(*args, **kwargs)

    return run


@dataclass(frozen=True)
class Scope:
    """Where a layer's variables are named: `name` is "Conv2D", "ResidualBlock/Conv2D_1"."""

    name: str
    graph: Graph

    @property
    def layer(self) -> keras.layers.Layer | None:
        """The layer whose weights are shared, when the scope is used again."""
        return self.graph.layers.get(self.name)


@contextmanager
def layer_scope(scope: str | None, name: str, reuse: bool | None = False) -> Iterator[Scope]:
    """Opens the variable scope of a layer, named as TensorFlow 1 named it.

    Args:
        scope: a name to take as it is, or `None`.
        name: the name otherwise; "Conv2D" becomes "Conv2D_1" when it is taken.
        reuse: whether a layer of that scope is there, and shares its weights.

    Raises:
        ValueError: the scope is taken and not to be reused, or to be reused and not there.
    """
    graph = current()
    v1 = tf.compat.v1
    outer = v1.get_variable_scope().name
    with v1.variable_scope(scope, default_name=name, reuse=reuse or None) as opened:
        here = Scope(opened.name, graph)
        if here.layer is None and reuse is True:
            raise ValueError(
                f"Variable {here.name}/W does not exist, or was not created with "
                "tf.get_variable(). Did you mean to set reuse=tf.AUTO_REUSE in VarScope?"
            )
        # Eager TensorFlow does not tell whether an enclosing scope is reused: if it has the
        # layer, it is taken to be.
        if here.layer is not None and not reuse and not outer:
            raise ValueError(
                f"Variable {here.name}/W already exists, disallowed. Did you mean to set "
                "reuse=True or reuse=tf.AUTO_REUSE in VarScope?"
            )
        yield here
