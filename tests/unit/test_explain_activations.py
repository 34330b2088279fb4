"""Activations and softmax: values of Keras, SciPy and publications, gradients measured."""

import warnings

from mnistlab.errors import DataError, DesignError, MnistLabError
from mnistlab.explain import activations
from mnistlab.explain.activations import (
    cross_entropy,
    cross_entropy_gradient,
    leaky_relu,
    leaky_relu_gradient,
    log_softmax,
    numerical_gradient,
    relu,
    relu_gradient,
    sigmoid,
    sigmoid_gradient,
    softmax,
    softmax_gradient,
    softmax_naive,
    tanh,
    tanh_gradient,
)

import hypothesis
import keras
import numpy as np
import pytest
import scipy.special
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as numpy_st
from scipy import optimize
from sklearn.metrics import log_loss

repeatable = hypothesis.settings(max_examples=40, deadline=None, derandomize=True, database=None)


def arrays(largest=20.0, **shape):
    numbers = st.floats(-largest, largest, allow_subnormal=False)
    return numpy_st.arrays("float64", numpy_st.array_shapes(**shape), elements=numbers)


rows = arrays(min_dims=2, max_dims=2, max_side=6)
scores = arrays(min_dims=1, max_dims=1, max_side=6)

FUNCTIONS = {
    "relu": (relu, relu_gradient, keras.activations.relu),
    "leaky_relu": (leaky_relu, leaky_relu_gradient, keras.layers.LeakyReLU()),
    "sigmoid": (sigmoid, sigmoid_gradient, keras.activations.sigmoid),
    "tanh": (tanh, tanh_gradient, keras.activations.tanh),
}
EACH = pytest.mark.parametrize("name", FUNCTIONS)


class TestActivations:
    def test_by_hand(self):
        x = np.array([[-3, 0], [0.5, 7]])
        assert relu(x).tolist() == [[0, 0], [0.5, 7]]
        assert relu_gradient(x).tolist() == [[0, 0], [1, 1]]
        assert leaky_relu(x, slope=0.1).round(9).tolist() == [[-0.3, 0], [0.5, 7]]
        assert leaky_relu_gradient(x, slope=0.1).tolist() == [[0.1, 0.1], [1, 1]]
        np.testing.assert_allclose(sigmoid([0, np.log(3)]), [0.5, 0.75])
        np.testing.assert_allclose(tanh([0, np.log(3)]), [0, 0.8])

    @EACH
    @repeatable
    @given(x=arrays(max_dims=3, max_side=4))
    def test_values_as_keras(self, name, x):
        ours, _, theirs = FUNCTIONS[name]
        expected = np.asarray(theirs(keras.ops.convert_to_tensor(x, "float32")))
        np.testing.assert_allclose(ours(x), expected, rtol=1e-5, atol=1e-6)

    @EACH
    def test_gradients_as_tensorflow_also_at_0(self, name):
        import tensorflow as tf

        _, ours, theirs = FUNCTIONS[name]
        x = tf.Variable([-30.0, -2.0, -0.1, 0.0, 0.1, 2.0, 30.0])
        with tf.GradientTape() as tape:
            total = tf.reduce_sum(theirs(x))
        expected = tape.gradient(total, x).numpy()
        np.testing.assert_allclose(ours(x.numpy()), expected, rtol=1e-5, atol=1e-6)

    @EACH
    @repeatable
    @given(x=arrays(largest=5.0, max_dims=2, max_side=4))
    def test_gradients_as_measured(self, name, x):
        function, gradient, _ = FUNCTIONS[name]
        # Beside the bend the measurement would see both sides of it.
        x = np.where(np.abs(x) < 1e-3, 1e-3, x)
        measured = numerical_gradient(lambda x: function(x).sum(), x)
        np.testing.assert_allclose(gradient(x), measured, rtol=0, atol=1e-6)

    @repeatable
    @given(x=arrays(largest=700.0))
    def test_the_sigmoid_is_exact_far_out(self, x):
        np.testing.assert_allclose(sigmoid(x), scipy.special.expit(x), rtol=1e-12)

    @EACH
    def test_nothing_overflows(self, name):
        function, gradient, _ = FUNCTIONS[name]
        with np.errstate(all="raise", under="ignore"):
            assert np.isfinite(function([-1e300, -1000, 1000, 1e300])).all()
            assert np.isfinite(gradient([-1e300, -1000, 1000, 1e300])).all()

    @EACH
    def test_one_number_is_enough_and_bytes_are_numbers(self, name):
        function, gradient, _ = FUNCTIONS[name]
        assert function(0.5) == function([0.5])[0]
        assert gradient(0.5) == gradient([0.5])[0]
        assert function(np.array([200], "uint8")) == function([200.0])

    @EACH
    def test_the_argument_stays_as_it_is(self, name):
        x = np.array([-1.0, 1.0])
        FUNCTIONS[name][0](x)[:] = 7
        assert x.tolist() == [-1, 1]


class TestSoftmax:
    @pytest.mark.parametrize("function", [softmax, softmax_naive])
    def test_the_published_values(self, function):
        assert function([2.0, 1.0, 0.1]).round(3).tolist() == [0.659, 0.242, 0.099]

    @repeatable
    @given(logits=arrays(largest=1e4, min_dims=1, max_dims=3), data=st.data())
    def test_as_scipy_along_any_axis(self, logits, data):
        axis = data.draw(st.integers(-logits.ndim, logits.ndim - 1))
        expected = scipy.special.softmax(logits, axis=axis)
        np.testing.assert_allclose(softmax(logits, axis=axis), expected, rtol=1e-9, atol=1e-300)
        expected = scipy.special.log_softmax(logits, axis=axis)
        np.testing.assert_allclose(log_softmax(logits, axis=axis), expected, rtol=1e-9, atol=1e-12)

    @repeatable
    @given(logits=rows)
    def test_naive_and_stable_are_equal_where_both_work(self, logits):
        np.testing.assert_allclose(softmax_naive(logits), softmax(logits), rtol=1e-12)
        columns = softmax_naive(logits, axis=0)
        np.testing.assert_allclose(columns, softmax(logits, axis=0), rtol=1e-12)

    @repeatable
    @given(logits=rows, constant=st.floats(-1e3, 1e3))
    def test_an_added_constant_changes_nothing(self, logits, constant):
        np.testing.assert_allclose(softmax(logits + constant), softmax(logits), rtol=1e-9)

    @repeatable
    @given(logits=rows, temperature=st.floats(0.1, 50))
    def test_temperature_divides_the_scores(self, logits, temperature):
        expected = scipy.special.softmax(logits / temperature, axis=-1)
        np.testing.assert_allclose(softmax(logits, temperature), expected, rtol=1e-9)

    def test_the_ends_of_the_temperature(self):
        with np.errstate(all="raise", under="ignore"):
            assert softmax([2, 1, 0.1], temperature=1e-310).tolist() == [1, 0, 0]
            assert softmax([2, 2, 0.1], temperature=1e-310).tolist() == [0.5, 0.5, 0]
            np.testing.assert_allclose(softmax([2, 1, 0.1], temperature=1e300), [1 / 3] * 3)

    def test_where_the_naive_one_fails(self):
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            naive, stable = softmax_naive([1000, 0]), softmax([1000, 0])
            lost = softmax_naive([-1000, -1001])
        assert np.isnan(naive[0]) and naive[1] == 0
        assert stable.tolist() == [1, 0]
        assert np.isnan(lost).all()
        np.testing.assert_allclose(softmax([-1000, -1001]), softmax([1, 0]))

    def test_the_exercise_vector(self):
        # 110 wins by 100 over the next: what is left for it is e^-100, about 3.7e-44.
        z = [110, -35.1, 0.2, 1.1, 10]
        p = softmax(z)
        assert p[0] == 1
        assert p.argsort().tolist() == [1, 2, 3, 4, 0]
        np.testing.assert_allclose(p[1:], np.exp(np.array(z[1:]) - 110), rtol=1e-12)
        np.testing.assert_allclose(p[4], 3.720075976020836e-44, rtol=1e-12)
        np.testing.assert_allclose(softmax_naive(z), p, rtol=1e-9)
        np.testing.assert_allclose(log_softmax(z), [0, -145.1, -109.8, -108.9, -100], atol=1e-9)

    @repeatable
    @given(logits=scores)
    def test_the_jacobian_as_measured(self, logits):
        jacobian = softmax_gradient(logits)
        for i, row in enumerate(jacobian):
            measured = numerical_gradient(lambda z, i=i: softmax(z)[i], logits)
            np.testing.assert_allclose(row, measured, rtol=0, atol=1e-8)
        # The probabilities keep their sum: what one gains, the others lose.
        np.testing.assert_allclose(jacobian.sum(axis=0), 0, atol=1e-15)

    def test_no_rows_give_no_probabilities(self):
        assert softmax(np.empty((0, 10))).shape == (0, 10)
        assert log_softmax(np.empty((0, 10))).shape == (0, 10)

    def test_the_scores_stay_as_they_are(self):
        logits = np.array([2.0, 1.0])
        softmax(logits)[:] = 7
        assert logits.tolist() == [2, 1]


class TestCrossEntropy:
    @repeatable
    @given(logits=rows, data=st.data())
    def test_as_keras_and_scikit_learn(self, logits, data):
        classes = logits.shape[1]
        labels = np.array([data.draw(st.integers(0, classes - 1)) for _ in logits])
        one_hot = np.eye(classes)[labels]
        losses = cross_entropy(logits, labels)
        expected = keras.losses.sparse_categorical_crossentropy(
            labels, keras.ops.convert_to_tensor(logits, "float32"), from_logits=True
        )
        np.testing.assert_allclose(losses, np.asarray(expected), rtol=1e-5, atol=1e-5)
        np.testing.assert_array_equal(cross_entropy(logits, one_hot), losses)
        if classes > 1:
            mean = log_loss(labels, softmax(logits), labels=range(classes))
            np.testing.assert_allclose(losses.mean(), mean, rtol=1e-6, atol=1e-9)

    @repeatable
    @given(logits=rows, data=st.data())
    def test_its_gradient_as_measured(self, logits, data):
        labels = np.array([data.draw(st.integers(0, logits.shape[1] - 1)) for _ in logits])
        measured = numerical_gradient(lambda z: cross_entropy(z, labels).sum(), logits)
        gradient = cross_entropy_gradient(logits, labels)
        np.testing.assert_allclose(gradient, measured, rtol=0, atol=1e-7)
        np.testing.assert_allclose(gradient.sum(axis=1), 0, atol=1e-12)

    def test_by_hand(self):
        even = np.zeros((2, 10))
        np.testing.assert_allclose(cross_entropy(even, [3, 9]), np.log(10))
        assert cross_entropy_gradient([0.0, 0.0], 1).tolist() == [0.5, -0.5]
        assert cross_entropy([1000, 0], 0) == 0
        assert cross_entropy([1000, 0], 1) == 1000

    @pytest.mark.parametrize("logits", [[1000, 0], [1.7e308, -1.7e308]])
    def test_a_sure_and_right_answer_costs_nothing(self, logits):
        loss = cross_entropy(logits, 0)
        assert loss == 0
        assert not np.signbit(loss)

    def test_a_single_image(self):
        logits = np.array([2.0, 1.0, 0.1])
        expected = cross_entropy(logits[np.newaxis], [2])[0]
        assert cross_entropy(logits, 2) == cross_entropy(logits, [0, 0, 1]) == expected
        assert cross_entropy_gradient(logits, 2).shape == (3,)

    def test_labels_of_other_kinds(self):
        logits = np.array([[2.0, 1.0, 0.1]])
        one_hot = np.array([[0, 1, 0]], "float32")
        assert cross_entropy(logits, one_hot) == cross_entropy(logits, np.array([1], "uint8"))
        smooth = cross_entropy(logits, [[0.1, 0.8, 0.1]])
        np.testing.assert_allclose(smooth, -(log_softmax(logits) @ [0.1, 0.8, 0.1]))

    def test_no_rows(self):
        assert cross_entropy(np.empty((0, 10)), np.empty(0, int)).shape == (0,)


class TestNumericalGradient:
    @repeatable
    @given(x=arrays(largest=3.0, max_dims=3, max_side=3))
    def test_of_a_function_with_a_known_gradient(self, x):
        measured = numerical_gradient(lambda x: (x**3).sum(), x)
        np.testing.assert_allclose(measured, 3 * x**2, rtol=0, atol=1e-7)

    @repeatable
    @given(x=arrays(largest=3.0, min_dims=1, max_dims=1, max_side=5))
    def test_as_scipy_measures_it(self, x):
        def function(x):
            return np.sin(x).sum() * np.cos(x).sum()

        scipys = optimize.approx_fprime(x, function)
        np.testing.assert_allclose(numerical_gradient(function, x), scipys, rtol=0, atol=1e-5)

    def test_one_number_and_whole_numbers(self):
        np.testing.assert_allclose(numerical_gradient(lambda x: x**2, 3), 6)
        np.testing.assert_allclose(numerical_gradient(lambda x: (x**2).sum(), [1, 2]), [2, 4])

    def test_both_sides_count(self):
        # One side alone would give 1 or -1.
        assert numerical_gradient(abs, 0.0) == 0

    def test_the_argument_stays_as_it_is_whatever_the_function_does(self):
        def careless(x):
            x[:] = x * 2
            return x.sum()

        x = np.array([1.0, 2.0])
        np.testing.assert_allclose(numerical_gradient(careless, x), [2, 2])
        assert x.tolist() == [1, 2]


@pytest.mark.parametrize(
    "name",
    [
        *("relu", "relu_gradient", "leaky_relu", "leaky_relu_gradient"),
        *("sigmoid", "sigmoid_gradient", "tanh", "tanh_gradient"),
        *("softmax", "softmax_naive", "softmax_gradient", "log_softmax"),
    ],
)
@pytest.mark.parametrize(
    ("values", "message"),
    [
        ([1, np.nan], r"holds nan at \[1\]"),
        ([np.inf, 1], r"holds inf at \[0\]"),
        (["a"], "has the type"),
        ([[1, 2], [3]], "rows have different lengths"),
        (None, "has the type object"),
    ],
)
def test_what_is_no_finite_number_is_refused(name, values, message):
    with pytest.raises(DataError, match=message):
        getattr(activations, name)(values)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: softmax([1, 2], temperature=0), "temperature is 0; give a number above 0"),
        (lambda: softmax([1, 2], temperature=-1), "temperature is -1"),
        (lambda: softmax([1, 2], temperature=np.nan), "temperature is nan; give one finite"),
        (lambda: softmax([1, 2], temperature=np.inf), "temperature is inf"),
        (
            lambda: softmax([1, 2], temperature="hot"),
            "temperature is 'hot'; give one finite number",
        ),
        (lambda: softmax([1, 2], temperature=[1, 2]), r"temperature is \[1, 2\]"),
        (lambda: softmax([1, 2], temperature=None), "temperature is None"),
        (lambda: softmax([1, 2], axis=1), r"axis is 1, and logits has the shape \(2,\)"),
        (lambda: softmax_naive([1, 2], axis=-2), "axis is -2"),
        (lambda: log_softmax([1, 2], axis=0.5), "axis is 0.5"),
        (lambda: leaky_relu([1], slope=np.nan), "slope is nan"),
        (lambda: leaky_relu_gradient([1], slope="a"), "slope is 'a'"),
        (lambda: numerical_gradient(np.sum, [1], step=0), "step is 0"),
    ],
)
def test_a_setting_that_cannot_be(call, message):
    with pytest.raises(DesignError, match=message) as caught:
        call()
    assert isinstance(caught.value, ValueError)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: softmax(3.0), "logits is a single number"),
        (lambda: softmax([]), r"logits has the shape \(0,\); give at least one score"),
        (lambda: softmax(np.empty((0, 10)), axis=0), r"logits has the shape \(0, 10\)"),
        (lambda: softmax_gradient([[1, 2]]), r"logits has the shape \(1, 2\).* logits\[0\]"),
        (lambda: cross_entropy([[1, 2]], [2]), "labels holds 2, and logits has 2 classes"),
        (lambda: cross_entropy([[1, 2]], [-1]), "labels holds -1"),
        (lambda: cross_entropy([[1, 2]], [0.5]), "labels holds 0.5"),
        (lambda: cross_entropy([1, 2], 2), "labels holds 2"),
        (lambda: cross_entropy([[1, 2]], [0, 1]), r"shape \(1, 2\) and labels \(2,\)"),
        (lambda: cross_entropy([[1, 2]], [[0, 1, 0]]), r"and labels \(1, 3\)"),
        (lambda: cross_entropy([[[1, 2]]], [[0]]), r"shape \(1, 1, 2\) and labels \(1, 1\)"),
        (lambda: cross_entropy([[1, 2]], [[1, 1]]), "does not sum to 1"),
        (lambda: cross_entropy([[1, 2]], [[2, -1]]), "a number below 0"),
        (lambda: cross_entropy([[1, 2]], [np.nan]), "labels holds nan"),
        (lambda: cross_entropy_gradient([[1, 2]], [2]), "labels holds 2, and logits has 2 classes"),
        (
            lambda: numerical_gradient(np.sin, [1, 2]),
            r"function gives an array of the shape \(2,\)",
        ),
        (lambda: numerical_gradient(lambda x: None, [1]), r"function\(x\) has the type object"),
        (lambda: numerical_gradient(lambda x: np.nan, [1]), r"function\(x\) holds nan"),
        (lambda: numerical_gradient(np.sum, [np.nan]), "x holds nan"),
    ],
)
def test_arrays_that_do_not_go_together(call, message):
    with pytest.raises(MnistLabError, match=message) as caught:
        call()
    assert isinstance(caught.value, ValueError)
