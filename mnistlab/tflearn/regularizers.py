"""Penalties on weights, under tflearn's names.

Every training operation's loss has all penalties of the graph added to it; the
loss that is shown has none of them.
"""

from collections.abc import Callable

from mnistlab.tflearn import graph
from mnistlab.tflearn.symbols import symbolic
from mnistlab.tflearn.utils import get_from_module

import tensorflow as tf


def get(identifier):
    """Returns the penalty of that name; anything else, as it is.

    Raises:
        Exception: there is none. Names are as they are written: "l2" is no penalty.

    Example:
        >>> get("L2")([3.0, 4.0], 0.1).numpy().round(3)
        np.float32(1.25)
    """
    return get_from_module(identifier, {"L1": L1, "L2": L2}, "regularizer")


@symbolic
def L2(tensor, wd: float = 0.001):
    """Returns `wd`·Σw²/2: half of what `keras.regularizers.L2(wd)` gives.

    Example:
        >>> float(L2([3.0, 4.0], 0.5))
        6.25
    """
    return tf.multiply(tf.nn.l2_loss(tensor), wd)


@symbolic
def L1(tensor, wd: float = 0.001):
    """Returns `wd`·Σ|w|.

    Example:
        >>> float(L1([3.0, -4.0], 0.5))
        3.5
    """
    return tf.multiply(tf.reduce_sum(tf.abs(tensor)), wd)


def add_weights_regularizer(
    variable, loss: str | Callable = "L2", weight_decay: float = 0.001, add_to_collection=None
) -> Callable[[], tf.Tensor]:
    """Adds a penalty on a variable to the graph.

    Args:
        variable: whose values are kept small.
        loss: the penalty's name; or a function of the variable, with the decay in it.
        weight_decay: how strong it is, where it was named.
        add_to_collection: not used: the graph has one collection of penalties.

    Returns:
        A function without arguments that gives the penalty as it is now.

    Example:
        >>> weights = tf.Variable([3.0, 4.0])
        >>> penalty = add_weights_regularizer(weights, "L2", 0.5)
        >>> float(penalty())
        6.25
    """
    if isinstance(loss, str):
        named = get(loss)

        def penalty():
            return named(tf.convert_to_tensor(variable), weight_decay)
    else:

        def penalty():
            return loss(tf.convert_to_tensor(variable))

    graph.current().penalties.append(penalty)
    return penalty
