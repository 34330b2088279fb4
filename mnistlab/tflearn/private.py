"""The names of TensorFlow and Keras that are not public, and that this layer cannot do without.

Each is used through this module only, and tests/tflearn/test_private.py says
which one has moved when a release moves it.
"""

from contextlib import AbstractContextManager

import keras
import tensorflow as tf
from tensorflow.python.eager import context

# What TensorFlow asks when an operation is given something that it does not know.
OpDispatcher = tf.__internal__.dispatch.GlobalOpDispatcher


def eager_mode() -> AbstractContextManager[None]:
    """Runs eagerly, even inside `with tf.Graph().as_default():`, as old scripts have it."""
    return context.eager_mode()


def version_2() -> bool:
    """Whether TensorFlow behaves as version 2 does; a script can switch that off."""
    return tf.__internal__.tf2.enabled()


def rename(variable: keras.Variable, name: str) -> None:
    """Gives a Keras variable a name with slashes and a colon, as tflearn's variables have."""
    variable._name = name


def sources(tensor: keras.KerasTensor) -> list[keras.KerasTensor]:
    """Returns the symbolic tensors that a symbolic tensor was computed from; none for an input."""
    history = tensor._keras_history
    return list(history.operation._inbound_nodes[history.node_index].input_tensors)
