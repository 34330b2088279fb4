"""What TensorFlow 2 refuses and scripts for tflearn call, in a form that works here.

`mnistlab.tflearn.install()` puts these functions into `tensorflow` and
`tensorflow.compat.v1` under their own names.
"""

import warnings
from collections.abc import Sequence

from mnistlab.errors import DesignError
from mnistlab.tflearn.graph import eagerly
from mnistlab.tflearn.layers.core import new_placeholder
from mnistlab.tflearn.symbols import Tensor

import tensorflow as tf

_of_tensorflow = tf.compat.v1.placeholder


def placeholder(
    dtype: tf.DType, shape: Sequence[int | None] | None = None, name: str | None = None
) -> Tensor:
    """Returns what is fed, for `input_data(placeholder=...)` or `regression(placeholder=...)`.

    Args:
        dtype: its type.
        shape: its lengths; `None` for one that is not known, as that of the batch.
        name: its key in a feed dictionary, with ":0" or without; "Placeholder" if none.

    Raises:
        DesignError: there is no shape.

    Example:
        >>> placeholder(tf.float32, [None, 784], name="digits").name
        'digits:0'
    """
    if tf.inside_function():
        # Keras itself, on its way through a layer.
        return _of_tensorflow(dtype, shape, name)
    if shape is None or tf.TensorShape(shape).rank is None:
        raise DesignError(
            "tf.placeholder needs a shape here: a network of Keras layers is built for one. For "
            "MNIST: tf.placeholder(tf.float32, [None, 28, 28, 1])."
        )
    lengths = tf.TensorShape(shape).as_list()
    make = eagerly(new_placeholder)
    return make(lengths, tf.as_dtype(dtype), name or "Placeholder", end="")


def disable_v2_behavior() -> None:
    """Warns that TensorFlow stays as it is."""
    _stays("disable_v2_behavior")


def disable_eager_execution() -> None:
    """Warns that TensorFlow stays as it is."""
    _stays("disable_eager_execution")


def _stays(name: str) -> None:
    warnings.warn(
        f"tf.{name}() has no effect after mnistlab.tflearn.install(): tflearn runs on Keras 3, "
        "which needs TensorFlow's version 2 behavior.",
        stacklevel=3,
    )
