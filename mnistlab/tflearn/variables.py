"""Variables of a script's graph: making them, finding them, reading and setting their values."""

from collections.abc import Callable, Sequence

from mnistlab.errors import DesignError
from mnistlab.tflearn import initializations, regularizers
from mnistlab.tflearn.graph import Graph, current, eagerly
from mnistlab.tflearn.session import Session
from mnistlab.tflearn.session import value as value_of
from mnistlab.tflearn.symbols import Tensor

import keras
import numpy as np
import tensorflow as tf


@eagerly
def variable(
    name: str,
    shape: Sequence[int] | None = None,
    dtype: tf.DType = tf.float32,
    initializer: object = None,
    regularizer: str | Callable | None = None,
    trainable: bool = True,
    collections: object = None,
    caching_device: object = None,
    validate_shape: bool = True,
    device: str | None = None,
    restore: bool = True,
) -> keras.Variable:
    """Makes a variable of the graph, or shares one within a scope that is entered again.

    Args:
        name: its name in the scope around it.
        shape: its shape; that of the values if `initializer` has them.
        dtype: type of its values.
        initializer: a name, an initializer, or values; `xavier` if `None`.
        regularizer: "L2", "L1" (with a weight decay of 0.001) or a function of the variable.
        trainable: whether training changes it.
        collections: not used; there are none.
        caching_device: not used.
        validate_shape: not used; shapes are always checked.
        device: where it is kept, "/cpu:0".
        restore: whether `DNN.load` reads it.

    Raises:
        ValueError: the name is taken, and not within a scope.
        DesignError: the shape is not known.

    Example:
        >>> step_size = variable("step_size", shape=[3], initializer="zeros")
        >>> step_size.name, get_value(step_size).tolist()
        ('step_size:0', [0.0, 0.0, 0.0])
    """
    scope = tf.compat.v1.get_variable_scope().name
    path = f"{scope}/{name}" if scope else name
    shared = _named(current(), path)
    if shared is not None:
        return _share(shared, path, shape, inside=bool(scope))
    start, given = initializations.as_initializer(initializer)
    lengths = _lengths(path, shape, given)
    kind = tf.as_dtype(dtype).name
    with tf.device(device):
        made = keras.Variable(
            lambda lengths, dtype: _draw(start, lengths, dtype), shape=lengths, dtype=kind
        )
    current().add_variable(path, made, lambda: _draw(start, lengths, kind), trainable, restore)
    if regularizer:
        regularizers.add_weights_regularizer(made, regularizer)
    return made


def _named(graph: Graph, path: str) -> keras.Variable | None:
    return next((each.variable for each in graph.entries if each.name == path), None)


def _share(
    shared: keras.Variable, path: str, shape: Sequence[int] | None, inside: bool
) -> keras.Variable:
    if not inside:
        raise ValueError(
            f"Variable {path} already exists, disallowed. Did you mean to set reuse=True or "
            "reuse=tf.AUTO_REUSE in VarScope?"
        )
    if shape is not None and tuple(shape) != tuple(shared.shape):
        raise ValueError(
            f"Trying to share variable {path}, but specified shape {tuple(shape)} and found shape "
            f"{tuple(shared.shape)}."
        )
    return shared


def _lengths(
    path: str, shape: Sequence[int] | None, given: tuple[int, ...] | None
) -> tuple[int, ...]:
    if given is not None:
        return given
    if shape is None:
        raise DesignError(
            f"Shape of a new variable ({path}) must be fully defined, but instead was <unknown>. "
            "Give shape=[...], or an array as its initializer."
        )
    return tuple(int(each) for each in ([shape] if isinstance(shape, int) else shape))


def _draw(start: keras.initializers.Initializer, shape: tuple[int, ...], dtype: str) -> np.ndarray:
    kind = dtype if tf.as_dtype(dtype).is_floating else "float32"
    return initializations.draw(start, shape, kind).astype(dtype)


def get_all_variables() -> list[keras.Variable]:
    """Returns the graph's variables, in the order of their making.

    Example:
        >>> _ = variable("a", [2]), variable("b", [2], trainable=False)
        >>> [each.name for each in get_all_variables()][-2:]
        ['a:0', 'b:0']
    """
    return [each.variable for each in current().entries]


def get_all_trainable_variable() -> list[keras.Variable]:
    """Returns the variables that training changes, in the order of their making.

    Example:
        >>> _ = variable("c", [2]), variable("d", [2], trainable=False)
        >>> get_all_trainable_variable()[-1].name
        'c:0'
    """
    return current().trainable_variables()


def get_layer_variables_by_name(name: str) -> list[keras.Variable]:
    """Returns a layer's variables, W before b; an empty list for an unknown layer.

    Args:
        name: the layer's name: "Conv2D", "fc_1", "scope/fc".

    Example:
        >>> from mnistlab.tflearn.layers.core import fully_connected, input_data
        >>> _ = fully_connected(input_data([None, 4]), 2, name="two_units")
        >>> [each.name for each in get_layer_variables_by_name("two_units")]
        ['two_units/W:0', 'two_units/b:0']
    """
    return list(current().layer_variables.get(name, []))


get_layer_variables = get_layer_variables_by_name


def get_layer_variables_by_scope(scope_name: str) -> list[keras.Variable]:
    """Returns the variables of a scope and of the scopes in it.

    Args:
        scope_name: its name, "Generator".

    Example:
        >>> with tf.compat.v1.variable_scope("Generator"):
        ...     _ = variable("W", [2])
        >>> [each.name for each in get_layer_variables_by_scope("Generator")]
        ['Generator/W:0']
    """
    inside = f"{scope_name}/"
    return [each.variable for each in current().entries if inside in each.name]


@eagerly
def get_value(var: keras.Variable, session: Session | None = None) -> np.ndarray:
    """Returns a variable's values.

    Args:
        var: the variable.
        session: whose values, as `model.session`; the default session's if `None`.

    Example:
        >>> get_value(variable("e", [2], initializer="zeros"))
        array([0., 0.], dtype=float32)
    """
    return value_of(var, session)


@eagerly
def set_value(var: keras.Variable, value: object, session: Session | None = None) -> np.ndarray:
    """Sets a variable's values, and returns them.

    Args:
        var: the variable.
        value: the values, of its shape.
        session: whose values, as `model.session`; the default session's if `None`.

    Raises:
        ValueError: their shape is another one.

    Example:
        >>> set_value(variable("f", [2]), [1, 2])
        array([1., 2.], dtype=float32)
    """
    values = np.asarray(value)
    if values.shape != tuple(var.shape):
        raise ValueError(
            f"Cannot set variable {var.name} of shape {tuple(var.shape)} to values of shape "
            f"{values.shape}. Give values of its own shape."
        )
    if session is None:
        var.assign(values)
        return value_of(var)
    with session.active():
        var.assign(values)
    return value_of(var, session)


def get_inputs_placeholder_by_name(name: str) -> Tensor | None:
    """Returns the placeholder of the input of that name; `None` if there is none.

    Raises:
        Exception: the graph has no inputs.

    Example:
        >>> from mnistlab.tflearn.layers.core import input_data
        >>> network = input_data([None, 4], name="digits")
        >>> get_inputs_placeholder_by_name("digits") is network
        True
    """
    return _placeholder(current().inputs, "INPUTS", (f"{name}/X:0", name, f"{name}:0"))


def get_targets_placeholder_by_name(name: str) -> Tensor | None:
    """Returns the placeholder of the labels of that name; `None` if there is none.

    Raises:
        Exception: the graph has no targets.

    Example:
        >>> import mnistlab.tflearn as tflearn
        >>> network = tflearn.fully_connected(tflearn.input_data([None, 4]), 2)
        >>> _ = tflearn.regression(network, name="labels")
        >>> get_targets_placeholder_by_name("labels").name
        'labels/Y:0'
    """
    return _placeholder(current().targets, "TARGETS", (f"{name}/Y:0", name, f"{name}:0"))


def _placeholder(found: list[Tensor], collection: str, names: tuple[str, ...]) -> Tensor | None:
    if not found:
        raise DesignError(
            f"The collection `tf.GraphKeys.{collection}` is empty! Cannot retrieve placeholder. "
            "Build the network in this graph first."
        )
    return next((each for name in names for each in found if each.name == name), None)
