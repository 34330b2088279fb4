"""Activations have tflearn's values, on arrays and in a network, and survive a .keras file."""

import math

from mnistlab.tflearn import activations
from mnistlab.tflearn.graph import current
from mnistlab.tflearn.symbols import Tensor, adopt

import keras
import numpy as np
import pytest
import tensorflow as tf

X = np.array([[-8.0, -2.6, -1.0, -0.3], [0.0, 0.4, 2.0, 7.5]], "float32")
TANH_GELU = 0.5 * X * (1 + np.tanh(math.sqrt(2 / math.pi) * (X + 0.044715 * X**3)))

EXPECTED = {
    "linear": X,
    "tanh": np.tanh(X),
    "sigmoid": 1 / (1 + np.exp(-X)),
    "softmax": np.exp(X) / np.exp(X).sum(axis=-1, keepdims=True),
    "softplus": np.log1p(np.exp(X)),
    "softsign": X / (1 + np.abs(X)),
    "relu": np.maximum(X, 0),
    "relu6": np.clip(X, 0, 6),
    "leaky_relu": np.where(X > 0, X, 0.1 * X),
    "elu": np.where(X > 0, X, np.exp(X) - 1),
    "crelu": np.concatenate([np.maximum(X, 0), np.maximum(-X, 0)], axis=-1),
    "selu": 1.0507009873554805 * np.where(X > 0, X, 1.6732632423543772 * (np.exp(X) - 1)),
    "swish": X / (1 + np.exp(-X)),
    "mish": X * np.tanh(np.log1p(np.exp(X))),
    "hard_sigmoid": np.clip(0.2 * X + 0.5, 0, 1),
    "gelu": TANH_GELU,
}


@pytest.mark.parametrize("name", EXPECTED)
def test_values_of_arrays_and_tensors(name):
    activation = activations.get(name)
    for given in (X, tf.constant(X)):
        np.testing.assert_allclose(np.asarray(activation(given)), EXPECTED[name], atol=2e-6)


@pytest.mark.parametrize("name", EXPECTED)
def test_values_in_a_network_that_is_saved(name, tmp_path):
    inputs = adopt(keras.Input((4,)))
    output = activations.get(name)(inputs)
    assert isinstance(output, Tensor)
    assert output.get_shape().as_list() == [None, EXPECTED[name].shape[1]]
    model = keras.Model(inputs, output)
    np.testing.assert_allclose(np.asarray(model(X)), EXPECTED[name], atol=2e-6)
    model.save(tmp_path / "model.keras")
    again = keras.saving.load_model(tmp_path / "model.keras")
    np.testing.assert_allclose(np.asarray(again(X)), EXPECTED[name], atol=2e-6)


def test_another_slope():
    values = np.asarray(activations.leaky_relu(X, alpha=0.5))
    np.testing.assert_allclose(values, np.where(X > 0, X, 0.5 * X))


def test_three_are_not_those_of_keras():
    x = tf.constant([-1.0])
    assert float(activations.hard_sigmoid(x)[0]) == pytest.approx(0.3)
    assert float(keras.activations.hard_sigmoid(x)[0]) == pytest.approx(1 / 3)
    assert float(activations.leaky_relu(x)[0]) == pytest.approx(-0.1)
    assert float(keras.activations.leaky_relu(x)[0]) == pytest.approx(-0.2)
    difference = activations.gelu(x) - keras.activations.gelu(x)
    assert 1e-5 < abs(float(difference[0])) < 1e-3


@pytest.mark.parametrize(
    ("name", "found"),
    [("Relu", "relu"), ("LeakyReLU", "leakyrelu"), ("SOFTMAX", "softmax"), ("PReLU", "prelu")],
)
def test_names_in_other_cases(name, found):
    assert activations.get(name) is getattr(activations, found)


def test_none_and_functions_are_returned_as_they_are():
    assert activations.get(None) is None
    assert activations.get(tf.nn.tanh) is tf.nn.tanh


@pytest.mark.parametrize("name", ["rmsprop", "keras", ""])
def test_unknown_names_are_refused_in_tflearns_words(name):
    with pytest.raises(Exception, match=f"^Invalid activation: {name}$"):
        activations.get(name)


class TestPReLU:
    def layer(self, **kwargs):
        inputs = adopt(keras.Input((2, 4)))
        return inputs, activations.prelu(inputs, **kwargs)

    def test_one_weight_for_each_channel_zero_before_training(self):
        inputs, output = self.layer()
        assert output.scope.name == "PReLU"
        assert tuple(output.alphas.shape) == (4,)
        assert not np.asarray(output.alphas.numpy()).any()
        np.testing.assert_allclose(
            np.asarray(keras.Model(inputs, output)(X[None])[0]), EXPECTED["relu"]
        )

    def test_weights_multiply_what_is_negative(self):
        inputs, output = self.layer()
        output.alphas.assign([0.1, 0.2, 0.3, 0.4])
        found = np.asarray(keras.Model(inputs, output)(X[None])[0])
        np.testing.assert_allclose(found, np.where(X > 0, X, X * [0.1, 0.2, 0.3, 0.4]), rtol=1e-6)

    def test_the_gradient_reaches_input_and_weights(self):
        layer = activations.PReLU(alphas_initializer=keras.initializers.Constant(0.25))
        x = tf.constant([[-2.0, 3.0]])
        with tf.GradientTape() as tape:
            tape.watch(x)
            total = tf.reduce_sum(layer(x))
        to_x, to_alphas = tape.gradient(total, [x, layer.alphas.value])
        assert to_x.numpy().tolist() == [[0.25, 1]]
        assert to_alphas.numpy().tolist() == [-2, 0]

    def test_one_for_all(self):
        _, output = self.layer(channel_shared=True, weights_init="uniform")
        assert tuple(output.alphas.shape) == (1,)
        assert 0 < float(output.alphas.numpy()[0]) < 1

    def test_names_and_switches(self):
        _, first = self.layer()
        _, second = self.layer(trainable=False, restore=False)
        assert [first.scope.name, second.scope.name] == ["PReLU", "PReLU_1"]
        entries = current().entries
        assert [each.name for each in entries] == ["PReLU/alphas", "PReLU_1/alphas"]
        assert [each.restore for each in entries] == [True, False]
        assert [id(each) for each in current().trainable_variables()] == [id(first.alphas)]

    def test_weights_are_drawn_anew(self):
        _, output = self.layer(weights_init="normal")
        fresh = current().entry(output.alphas).initial()
        assert fresh.shape == (4,)
        assert not np.array_equal(fresh, output.alphas.numpy())

    def test_weights_are_shared(self):
        _, first = self.layer(scope="shared")
        _, second = self.layer(scope="shared", reuse=True)
        assert first.alphas is second.alphas
        assert len(current().entries) == 1
        with pytest.raises(ValueError, match="already exists"):
            self.layer(scope="shared")

    def test_it_survives_a_keras_file(self, tmp_path):
        inputs, output = self.layer(weights_init="normal", channel_shared=True)
        model = keras.Model(inputs, output)
        model.save(tmp_path / "model.keras")
        again = keras.saving.load_model(tmp_path / "model.keras")
        np.testing.assert_array_equal(np.asarray(again(X[None])), np.asarray(model(X[None])))

    def test_an_array_is_computed_at_once(self):
        np.testing.assert_allclose(np.asarray(activations.prelu(X)), EXPECTED["relu"])

    def test_by_name_and_in_a_graph_of_tensorflow_1(self):
        with tf.Graph().as_default():
            inputs = adopt(keras.Input((4,)))
            output = activations.get("PReLU")(inputs)
            assert output.scope.name == "PReLU"
        np.testing.assert_allclose(np.asarray(keras.Model(inputs, output)(X)), EXPECTED["relu"])
