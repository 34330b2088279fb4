"""Symbolic tensors: TensorFlow's functions and Python's operators on them are layers."""

from mnistlab.tflearn import private, symbols
from mnistlab.tflearn.symbols import Tensor, adopt, symbolic

import keras
import numpy as np
import pytest
import tensorflow as tf

RNG = np.random.default_rng(1)
ROWS = RNG.normal(size=(3, 4)).astype("float32")


@pytest.fixture
def x():
    return adopt(keras.Input((4,)))


def computed(inputs, outputs, values=ROWS):
    return np.asarray(keras.Model(inputs, outputs)(values))


FUNCTIONS = {
    "tanh": tf.nn.tanh,
    "reshape": lambda x: tf.reshape(x, [-1, 2, 2]),
    "reduce_mean": tf.reduce_mean,
    "reduce_sum": lambda x: tf.reduce_sum(x, axis=1, keepdims=True),
    "concat": lambda x: tf.concat([x, x], 1),
    "matmul": lambda x: tf.matmul(x, tf.ones((4, 2))),
    "log": lambda x: tf.compat.v1.log(tf.abs(x) + 1e-10),
    "softmax_cross_entropy": lambda x: tf.nn.softmax_cross_entropy_with_logits(
        labels=tf.nn.softmax(x), logits=x
    ),
    "where": lambda x: tf.where(x > 0, x, -x),
    "argmax": lambda x: tf.argmax(x, 1),
    "ones_like": tf.ones_like,
    "add_n": lambda x: tf.add_n([x, x]),
    "clip": lambda x: tf.clip_by_value(x, -0.5, 0.5),
    "rows": lambda x: x[:, 1:3],
    "arithmetic": lambda x: (1 - x) * 2 / (tf.exp(x) + 1) ** 2,
    "numpy number": lambda x: np.float32(2) * x,
    "array": lambda x: np.arange(4, dtype="float32") + x,
    "shape": lambda x: tf.reshape(x, [tf.shape(x)[0] * 2, 2]),
}


class TestFunctionsOfTensorFlow:
    @pytest.mark.parametrize("function", FUNCTIONS.values(), ids=FUNCTIONS)
    def test_they_give_on_a_symbolic_tensor_what_they_give_on_data(self, x, function):
        symbolic_result = function(x)
        assert isinstance(symbolic_result, Tensor)
        expected = np.asarray(function(tf.constant(ROWS)))
        assert np.allclose(computed(x, symbolic_result), expected, atol=1e-6)
        static = symbolic_result.get_shape()
        assert static.is_compatible_with(expected.shape)

    def test_several_results_are_all_symbolic(self, x):
        left, right = tf.split(x, 2, 1)
        assert np.array_equal(computed(x, right), ROWS[:, 2:])
        assert left.get_shape().as_list() == [None, 2]

    def test_noise_has_the_static_shape_of_the_tensor_that_it_is_made_for(self, x):
        noise = tf.random.normal(tf.shape(x))
        assert noise.get_shape().as_list() == [None, 4]
        first, second = (computed(x, noise) for _ in range(2))
        assert first.shape == ROWS.shape
        assert not np.array_equal(first, second)

    def test_a_variable_in_a_call_is_counted_and_trained(self, x):
        weights = keras.Variable(np.ones((4, 2), "float32"))
        model = keras.Model(x, tf.matmul(x, weights))
        assert model.count_params() == 8
        assert any(each is weights for each in model.trainable_variables)

    def test_other_symbolic_tensors_are_left_to_keras(self):
        with pytest.raises(ValueError, match="KerasTensor"):
            tf.nn.tanh(keras.Input((4,)))

    def test_they_work_inside_a_graph_of_tensorflow_1(self):
        with tf.Graph().as_default():
            x = symbols.apply(keras.layers.Dense(3), symbols.apply(keras.Input, (4,)))
            y = tf.nn.tanh(x)
        assert isinstance(y, Tensor)

    def test_a_constant_of_such_a_graph_is_one_here(self, x):
        with tf.Graph().as_default():
            doubled = x * tf.constant(2.0)
            shifted = tf.add(doubled, tf.ones([4]))
        assert np.array_equal(computed(x, shifted), ROWS * 2 + 1)

    def test_what_such_a_graph_would_compute_is_refused(self, x):
        with (
            tf.Graph().as_default(),
            pytest.raises(NotImplementedError, match=r"'noise:0', a tensor of TensorFlow 1's"),
        ):
            tf.add(x, tf.random.normal([4], name="noise"))

    def test_a_variable_that_would_not_be_trained_is_refused(self, x):
        with pytest.raises(
            NotImplementedError, match=r"'weights:0', a tf\.Variable, which .*\.variable\("
        ):
            tf.matmul(x, tf.Variable(tf.ones((4, 2)), name="weights"))
        counted = x + tf.Variable(1.0, trainable=False)
        assert np.array_equal(computed(x, counted), ROWS + 1)


class TestTensor:
    def test_it_stays_the_object_that_keras_knows(self):
        made = keras.Input((4,))
        assert adopt(made, W="weights") is made
        assert made.W == "weights"

    def test_what_is_not_symbolic_is_left_as_it_is(self):
        assert adopt([1, "two"]) == [1, "two"]

    def test_a_shape_that_cannot_be_is_refused(self, x):
        x.set_shape([None, 4])
        with pytest.raises(ValueError, match="incompatible"):
            x.set_shape([None, 5])

    def test_it_can_be_the_key_of_a_dictionary(self, x):
        assert {x: 1}[x] == 1


@symbolic
def scaled(x, factor=2.0):
    return x * factor


class TestSymbolic:
    def test_data_are_computed_at_once(self):
        assert np.array_equal(scaled(ROWS, factor=3.0), ROWS * 3)

    def test_a_model_with_such_a_call_is_saved_and_read(self, x, tmp_path):
        model = keras.Model(x, scaled(x, factor=3.0))
        model.save(tmp_path / "model.keras")
        again = keras.models.load_model(tmp_path / "model.keras")
        assert np.array_equal(again(ROWS), ROWS * np.float32(3))

    def test_a_model_with_arithmetic_is_saved_and_read(self, x, tmp_path):
        model = keras.Model(x, (1 - x[:, 1:3]) / 2)
        model.save(tmp_path / "model.keras")
        again = keras.models.load_model(tmp_path / "model.keras")
        assert np.allclose(again(ROWS), (1 - ROWS[:, 1:3]) / 2)

    def test_a_function_that_a_file_cannot_hold_is_named(self, x, tmp_path):
        model = keras.Model(x, tf.nn.tanh(x))
        with pytest.raises(NotImplementedError, match=r"calls tanh, .* DNN.save"):
            model.save(tmp_path / "model.keras")

    def test_a_file_cannot_call_what_it_likes(self):
        with pytest.raises(ValueError, match=r"'os\.system', which is no function"):
            symbols.Call.from_config({"path": "os.system", "args": [], "kwargs": {}})


def test_the_tensors_that_a_tensor_is_made_of_are_known(x):
    y = adopt(keras.layers.Dense(2)(x))
    assert private.sources(y) == [x]
    assert private.sources(x) == []
