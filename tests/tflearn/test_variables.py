"""Variables are made, shared, found, read and set as tflearn's were."""

from mnistlab.errors import DesignError
from mnistlab.tflearn import initializations, variables
from mnistlab.tflearn.graph import current
from mnistlab.tflearn.layers import conv, core
from mnistlab.tflearn.layers.estimator import regression
from mnistlab.tflearn.session import Session

import keras
import numpy as np
import pytest
import tensorflow as tf

v1 = tf.compat.v1


@pytest.fixture(autouse=True)
def seeded():
    current().seed_with(1)


def test_a_variable_starts_from_xavier():
    made = variables.variable("W", shape=[300, 200])
    values = made.numpy()
    assert isinstance(made, keras.Variable)
    assert (made.name, made.dtype, tuple(made.shape)) == ("W:0", "float32", (300, 200))
    assert np.abs(values).max() <= np.sqrt(6 / 500)
    assert np.isclose(values.std(), np.sqrt(2 / 500), rtol=0.02)
    drawn = current().entry(made).initial()
    assert np.isclose(drawn.std(), np.sqrt(2 / 500), rtol=0.02)
    assert not np.array_equal(drawn, values)


@pytest.mark.parametrize(
    ("shape", "initializer", "expected"),
    [
        ([3], "zeros", [0, 0, 0]),
        (None, [1.0, 2.0], [1, 2]),
        (None, np.array([[3.0]]), [[3]]),
        ([2], keras.initializers.Constant(5), [5, 5]),
        ([2], lambda shape, dtype=None: tf.ones(shape) * 4, [4, 4]),
        (3, "zeros", [0, 0, 0]),
        ([], "zeros", 0),
    ],
)
def test_a_variable_starts_from_what_it_is_given(shape, initializer, expected):
    made = variables.variable("v", shape, initializer=initializer)
    assert made.numpy().tolist() == expected


def test_a_variable_has_its_type():
    made = variables.variable("count", [2], dtype=tf.int32, initializer="zeros", trainable=False)
    assert made.dtype == "int32"
    assert made.numpy().tolist() == [0, 0]


def test_a_variable_can_be_untrained_unrestored_and_punished():
    made = variables.variable(
        "v", initializer=[3.0, 4.0], regularizer="L2", trainable=False, restore=False
    )
    assert current().trainable_variables() == []
    assert not current().entry(made).restore
    assert np.isclose(float(current().penalties[0]()), 0.001 * 12.5)
    variables.variable("w", initializer=[3.0], regularizer=lambda values: 2.0 * values[0])
    assert float(current().penalties[1]()) == 6.0


def test_a_variable_needs_a_shape():
    with pytest.raises(DesignError, match=r"Shape of a new variable \(v\) must be fully defined"):
        variables.variable("v")


def test_a_variable_is_named_by_its_scope_and_shared_within_it():
    with v1.variable_scope("here"):
        first = variables.variable("v", [2])
    with v1.variable_scope("here", reuse=True):
        second = variables.variable("v", [2])
        with pytest.raises(
            ValueError, match=r"share variable here/v.*\(3,\) and found shape \(2,\)"
        ):
            variables.variable("v", [3])
    assert second is first
    assert first.name == "here/v:0"
    variables.variable("v", [2])
    with pytest.raises(ValueError, match="Variable v already exists, disallowed"):
        variables.variable("v", [2])


def test_a_variable_is_part_of_a_network():
    weights = variables.variable("W", [4, 2], initializer=initializations.normal(stddev=1.0))
    incoming = core.input_data([None, 4])
    net = tf.matmul(incoming, weights)
    data = np.ones((3, 4), "float32")
    model = keras.Model(incoming, net)
    assert np.allclose(model(data).numpy(), data @ weights.numpy(), atol=1e-6)
    assert model.count_params() == 8


def test_all_variables_come_in_the_order_of_their_making():
    net = core.fully_connected(core.input_data([None, 4]), 3, trainable=False)
    own = variables.variable("own", [1])
    assert variables.get_all_variables() == [net.W, net.b, own]
    assert variables.get_all_trainable_variable() == [own]


def test_variables_of_a_scope():
    with v1.variable_scope("Generator"):
        first = core.fully_connected(core.input_data([None, 4]), 3)
        with v1.variable_scope("deep"):
            second = core.fully_connected(first, 3)
    core.fully_connected(second, 2, name="GeneratorOfOthers")
    expected = [first.W, first.b, second.W, second.b]
    assert variables.get_layer_variables_by_scope("Generator") == expected
    assert variables.get_layer_variables_by_scope("Discriminator") == []
    assert variables.get_layer_variables is variables.get_layer_variables_by_name
    assert variables.get_layer_variables("Generator/FullyConnected") == expected[:2]


def test_the_list_of_a_layers_variables_is_a_copy():
    net = conv.conv_2d(core.input_data([None, 4, 4, 1]), 3, 2, name="c")
    variables.get_layer_variables_by_name("c").clear()
    assert variables.get_layer_variables_by_name("c") == [net.W, net.b]


def test_values_are_read_and_set():
    made = variables.variable("v", initializer=[1.0, 2.0])
    assert variables.get_value(made).tolist() == [1, 2]
    assert variables.set_value(made, [3, 4]).tolist() == [3, 4]
    assert variables.get_value(made).tolist() == [3, 4]
    with pytest.raises(ValueError, match=r"v:0 of shape \(2,\) to values of shape \(3,\)"):
        variables.set_value(made, [1, 2, 3])
    assert variables.get_value(made).tolist() == [3, 4]


def test_each_session_has_its_own_values():
    made = variables.variable("v", initializer=[1.0, 2.0])
    first, second = Session(), Session()
    variables.set_value(made, [5, 6], session=second)
    assert variables.get_value(made, first).tolist() == [1, 2]
    assert variables.get_value(made, second).tolist() == [5, 6]
    assert variables.get_value(made).tolist() == [1, 2]
    with second.as_default():
        assert variables.get_value(made).tolist() == [5, 6]
        variables.set_value(made, [7, 8])
    assert variables.get_value(made, second).tolist() == [7, 8]
    assert variables.get_value(made, first).tolist() == [1, 2]


def test_placeholders_are_found_by_name():
    with pytest.raises(Exception, match=r"tf\.GraphKeys.INPUTS` is empty"):
        variables.get_inputs_placeholder_by_name("input")
    incoming = core.input_data([None, 4], name="input")
    own = core.input_data(placeholder=keras.Input((4,), name="own"))
    assert variables.get_inputs_placeholder_by_name("input") is incoming
    assert variables.get_inputs_placeholder_by_name("input/X:0") is incoming
    assert variables.get_inputs_placeholder_by_name("own") is own
    assert variables.get_inputs_placeholder_by_name("output") is None
    with pytest.raises(Exception, match=r"tf\.GraphKeys.TARGETS` is empty"):
        variables.get_targets_placeholder_by_name("targets")
    regression(core.fully_connected(incoming, 2), name="targets")
    target = variables.get_targets_placeholder_by_name("targets")
    assert target is current().targets[0]
