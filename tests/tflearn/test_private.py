"""The names of TensorFlow and Keras that are not public: where one moves, its test says so."""

import re
from pathlib import Path

from mnistlab.tflearn import private, symbols
from tests.programs import run_program

import keras
import pytest
import tensorflow as tf

MOVED = "TensorFlow or Keras moved {}: find its new place, and change mnistlab/tflearn/private.py"


def says(name):
    return MOVED.format(name)


def test_eager_mode():
    """`tensorflow.python.eager.context.eager_mode`."""
    moved = says("tensorflow.python.eager.context.eager_mode")
    with tf.Graph().as_default():
        assert not tf.executing_eagerly()
        with private.eager_mode():
            assert tf.executing_eagerly(), moved
            assert tf.constant(3).numpy() == 3, moved
        assert not tf.executing_eagerly(), moved


def test_version_2():
    """`tf.__internal__.tf2.enabled`."""
    moved = says("tf.__internal__.tf2.enabled")
    assert private.version_2() is True, moved
    tf.compat.v1.disable_v2_tensorshape()
    try:
        assert private.version_2() is True, moved
    finally:
        tf.compat.v1.enable_v2_tensorshape()


def test_version_2_switched_off():
    program = """
import mnistlab
import tensorflow as tf
from mnistlab.tflearn import private
tf.compat.v1.disable_v2_behavior()
print(private.version_2())
"""
    done = run_program(program)
    assert done.stdout.strip() == "False", says("tf.__internal__.tf2.enabled") + done.stderr


def test_op_dispatcher():
    """`tf.__internal__.dispatch.GlobalOpDispatcher`."""
    moved = says("tf.__internal__.dispatch.GlobalOpDispatcher")
    assert isinstance(private.OpDispatcher.NOT_SUPPORTED, object), moved
    assert callable(private.OpDispatcher.register), moved
    tensor = symbols.adopt(keras.Input((3,)))
    for function in (tf.tanh, tf.nn.relu, tf.reduce_mean, tf.math.log, tf.identity):
        try:
            result = function(tensor)
        except (TypeError, ValueError) as cause:
            pytest.fail(f"{moved} ({function.__name__}: {cause})")
        assert isinstance(result, symbols.Tensor), moved


def test_rename():
    """`keras.Variable._name`."""
    moved = says("keras.Variable._name")
    variable = keras.Variable([1.0], name="kernel")
    assert variable._name == variable.name == "kernel", moved
    private.rename(variable, "Conv2D/W:0")
    assert variable.name == "Conv2D/W:0", moved
    assert variable.numpy() == 1


def test_sources():
    """`keras.KerasTensor._keras_history`, `keras.Operation._inbound_nodes`."""
    moved = says("keras.KerasTensor._keras_history or keras.Operation._inbound_nodes")
    image, other = keras.Input((3,)), keras.Input((3,))
    layer = keras.layers.Dense(2)
    first, second = layer(image), layer(other)
    total = keras.layers.Add()([first, second])
    assert private.sources(image) == [], moved
    assert [id(each) for each in private.sources(first)] == [id(image)], moved
    assert [id(each) for each in private.sources(second)] == [id(other)], moved
    assert [id(each) for each in private.sources(total)] == [id(first), id(second)], moved


NOT_PUBLIC = re.compile(
    r"tensorflow\.python|__internal__|keras\.src|\._keras_\w+|\._(in|out)bound_nodes"
)


def test_no_other_module_uses_such_names():
    for path in Path(private.__file__).parent.rglob("*.py"):
        if path.name != "private.py":
            assert not NOT_PUBLIC.search(path.read_text("utf-8")), path.name
    assert len(NOT_PUBLIC.findall(Path(private.__file__).read_text("utf-8"))) > 2


def test_each_has_a_test():
    own = {
        name
        for name, value in vars(private).items()
        if callable(value) and not name.startswith("_") and name != "AbstractContextManager"
    }
    tested = {"eager_mode", "version_2", "OpDispatcher", "rename", "sources"}
    assert own == tested, f"test {sorted(own ^ tested)} here, too"
