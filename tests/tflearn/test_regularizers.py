"""Penalties have tflearn's values and gradients, and are kept by the graph."""

from mnistlab.tflearn import losses, regularizers
from mnistlab.tflearn.graph import current

import keras
import numpy as np
import pytest
import tensorflow as tf

WEIGHTS = np.array([[0.5, -2.0], [3.0, 0.0]], "float32")


@pytest.mark.parametrize(
    ("name", "decay", "value"),
    [("L2", 0.001, 0.006625), ("L2", 0.1, 0.6625), ("L1", 0.001, 0.0055), ("L1", 0.1, 0.55)],
)
def test_values(name, decay, value):
    assert regularizers.get(name)(WEIGHTS, decay).numpy() == pytest.approx(value, rel=1e-6)


def test_the_decay_is_a_thousandth_when_none_is_given():
    assert regularizers.L2(WEIGHTS).numpy() == pytest.approx(0.006625)
    assert regularizers.L1(WEIGHTS).numpy() == pytest.approx(0.0055)


@pytest.mark.parametrize(
    ("penalty", "keras_own"),
    [(regularizers.L2, keras.regularizers.L2(0.05)), (regularizers.L1, keras.regularizers.L1(0.1))],
)
def test_keras_has_the_same_penalty_under_another_number(penalty, keras_own):
    assert penalty(WEIGHTS, 0.1).numpy() == pytest.approx(float(keras_own(WEIGHTS)), rel=1e-6)


@pytest.mark.parametrize(
    ("name", "gradient"), [("L2", 0.1 * WEIGHTS), ("L1", 0.1 * np.sign(WEIGHTS))]
)
def test_gradients(name, gradient):
    variable = keras.Variable(WEIGHTS)
    penalty = regularizers.add_weights_regularizer(variable, name, 0.1)
    with tf.GradientTape() as tape:
        value = penalty()
    np.testing.assert_allclose(tape.gradient(value, variable.value), gradient, rtol=1e-6)


@pytest.mark.parametrize("name", ["l2", "l1", "L3", "Callable"])
def test_other_names_are_refused_in_tflearns_words(name):
    with pytest.raises(Exception, match=f"^Invalid regularizer: {name}$"):
        regularizers.get(name)
    with pytest.raises(Exception, match=f"^Invalid regularizer: {name}$"):
        regularizers.add_weights_regularizer(keras.Variable(WEIGHTS), name)


def test_the_graph_keeps_penalties_that_follow_the_weights():
    variable = keras.Variable(WEIGHTS)
    regularizers.add_weights_regularizer(variable)
    regularizers.add_weights_regularizer(variable, lambda weights: tf.reduce_sum(weights), 0.3)
    assert [float(each()) for each in current().penalties] == pytest.approx([0.006625, 1.5])
    variable.assign(2 * WEIGHTS)
    assert [float(each()) for each in current().penalties] == pytest.approx([0.0265, 3.0])


def test_activations_can_be_penalized():
    inputs = keras.Input((3,))
    model = keras.Model(inputs, regularizers.L2(inputs, 0.5))
    assert float(model(np.array([[1.0, 2.0, 3.0]]))) == pytest.approx(3.5)


def test_the_old_name_has_the_same_functions():
    assert losses.L2 is regularizers.L2
    assert losses.get("L1") is regularizers.L1
    assert losses.add_weights_regularizer is regularizers.add_weights_regularizer
