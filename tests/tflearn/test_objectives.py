"""Objectives have tflearn's values and gradients, also where a softmax is saturated."""

from mnistlab.tflearn import objectives
from mnistlab.tflearn.symbols import Tensor, adopt

import keras
import numpy as np
import pytest
import tensorflow as tf

RANDOM = np.random.default_rng(0)
LOGITS = RANDOM.normal(0, 2, (6, 4)).astype("float32")
PROBABILITIES = np.exp(LOGITS) / np.exp(LOGITS).sum(axis=1, keepdims=True)
LABELS = np.eye(4, dtype="float32")[[0, 3, 2, 2, 1, 0]]
BINARY = RANDOM.integers(0, 2, (6, 4)).astype("float32")
SOFTPLUS = np.log1p(np.exp(LOGITS))


def auc():
    pairs = [(p, n) for p in LOGITS[BINARY == 1] for n in LOGITS[BINARY == 0] if p - n - 0.2 < 0]
    return sum((0.2 - (p - n)) ** 3 for p, n in pairs)


EXPECTED = {
    "categorical_crossentropy": (
        PROBABILITIES,
        LABELS,
        -np.log((PROBABILITIES * LABELS).sum(axis=1)).mean(),
    ),
    "softmax_categorical_crossentropy": (
        LOGITS,
        LABELS,
        -np.log((PROBABILITIES * LABELS).sum(axis=1)).mean(),
    ),
    "binary_crossentropy": (LOGITS, BINARY, (SOFTPLUS - BINARY * LOGITS).mean()),
    "weighted_crossentropy": (LOGITS, BINARY, (SOFTPLUS - BINARY * LOGITS).mean()),
    "mean_square": (LOGITS, BINARY, ((LOGITS - BINARY) ** 2).mean()),
    "hinge_loss": (LOGITS, BINARY, np.maximum(1 - BINARY * LOGITS, 0).mean()),
    "roc_auc_score": (LOGITS, BINARY, auc()),
    "weak_cross_entropy_2d": (
        LOGITS.reshape(1, 2, 3, 4),
        LABELS.reshape(1, 2, 3, 4),
        -np.log((PROBABILITIES * LABELS).sum(axis=1)).mean(),
    ),
    "contrastive_loss": (
        np.abs(LOGITS),
        BINARY,
        (BINARY * LOGITS**2 + (1 - BINARY) * np.maximum(1 - np.abs(LOGITS), 0) ** 2).sum() / 2,
    ),
}


@pytest.mark.parametrize("name", EXPECTED)
def test_values(name):
    predictions, targets, value = EXPECTED[name]
    objective = objectives.get(name)
    assert float(objective(predictions, targets)) == pytest.approx(value, rel=2e-6)
    assert float(objective(tf.constant(predictions), tf.constant(targets))) == pytest.approx(
        value, rel=2e-6
    )


@pytest.mark.parametrize("name", EXPECTED)
def test_values_in_a_network_that_is_saved(name, tmp_path):
    predictions, targets, value = EXPECTED[name]
    y_pred, y_true = (adopt(keras.Input(each.shape[1:])) for each in (predictions, targets))
    loss = objectives.get(name)(y_pred, y_true)
    assert isinstance(loss, Tensor)
    assert loss.get_shape().as_list() == []
    model = keras.Model([y_pred, y_true], loss)
    assert float(model([predictions, targets])) == pytest.approx(value, rel=2e-6)
    model.save(tmp_path / "model.keras")
    again = keras.saving.load_model(tmp_path / "model.keras")
    assert float(again([predictions, targets])) == pytest.approx(value, rel=2e-6)


@pytest.mark.parametrize("name", EXPECTED)
def test_gradients_are_those_of_finite_differences(name):
    predictions, targets, _ = EXPECTED[name]
    objective = objectives.get(name)
    at = tf.constant(predictions.astype("float64"))
    with tf.GradientTape() as tape:
        tape.watch(at)
        value = objective(at, targets)
    gradient = tape.gradient(value, at).numpy()
    for place in [(0,) * at.ndim, tuple(length - 1 for length in at.shape)]:
        step = np.zeros(at.shape)
        step[place] = 1e-6
        difference = objective(at + step, targets) - objective(at - step, targets)
        assert gradient[place] == pytest.approx(float(difference) / 2e-6, rel=1e-5, abs=1e-8)


class TestSaturated:
    """Where Keras' losses of the same names have other values and other gradients."""

    def of_logits(self, objective, logits, targets, activation="softmax"):
        """The value and the gradient for the logits, through a network."""
        inputs = adopt(keras.Input((len(logits[0]),)))
        targets = np.array(targets, "float32")
        y_true = adopt(keras.Input(targets.shape[1:]))
        output = adopt(keras.layers.Activation(activation)(inputs))
        model = keras.Model([inputs, y_true], objective(output, y_true))
        logits = tf.constant(logits)
        with tf.GradientTape() as tape:
            tape.watch(logits)
            value = model([logits, tf.constant(targets)])
        return float(value), tape.gradient(value, logits).numpy()

    def test_a_sample_costs_at_most_23_and_teaches_nothing_there(self):
        value, gradient = self.of_logits(
            objectives.categorical_crossentropy, [[0.0, 60.0]], [[1, 0]]
        )
        assert value == pytest.approx(23.0259, abs=1e-4)
        assert gradient.tolist() == [[0, 0]]

    def test_keras_has_60_and_a_gradient_of_one(self):
        def keras_own(y_pred, y_true):
            return keras.ops.mean(keras.losses.categorical_crossentropy(y_true, y_pred))

        logits = tf.constant([[0.0, 60.0]])
        with tf.GradientTape() as tape:
            tape.watch(logits)
            value = keras_own(keras.layers.Activation("softmax")(logits), np.array([[1.0, 0.0]]))
        assert float(value) == pytest.approx(60)
        np.testing.assert_allclose(tape.gradient(value, logits), [[-1, 1]], atol=1e-6)

    def test_above_the_bound_the_gradient_is_p_minus_y(self):
        value, gradient = self.of_logits(
            objectives.categorical_crossentropy, [[0.0, 22.0]], [[1, 0]]
        )
        assert value == pytest.approx(22, rel=1e-6)
        np.testing.assert_allclose(gradient, [[-1, 1]], rtol=1e-5)

    @pytest.mark.parametrize(("probability", "gradient"), [(0.9e-10, 0), (1.1e-10, -1 / 1.1e-10)])
    def test_the_bound_is_at_1e_minus_10(self, probability, gradient):
        y_pred = tf.constant([[probability, 1.0]])
        with tf.GradientTape() as tape:
            tape.watch(y_pred)
            value = objectives.categorical_crossentropy(y_pred, [[1.0, 0.0]])
        assert tape.gradient(value, y_pred).numpy()[0, 0] == pytest.approx(gradient, rel=1e-5)

    def test_one_sample_of_a_batch_is_left_out(self):
        value, gradient = self.of_logits(
            objectives.categorical_crossentropy, [[0.0, 60.0], [0.0, 0.0]], [[1, 0], [1, 0]]
        )
        assert value == pytest.approx((23.02585 + np.log(2)) / 2, rel=1e-6)
        np.testing.assert_allclose(gradient, [[0, 0], [-0.25, 0.25]], atol=1e-7)

    def test_a_certain_and_right_sample_costs_nothing(self):
        value, _ = self.of_logits(objectives.categorical_crossentropy, [[60.0, 0.0]], [[1, 0]])
        assert value == 0

    def test_probabilities_are_divided_by_their_sum(self):
        value = objectives.categorical_crossentropy([[2.0, 6.0]], [[1.0, 0.0]])
        assert float(value) == pytest.approx(np.log(4))

    @pytest.mark.parametrize("logit", [-30.0, 0.0, 2.0, 30.0])
    def test_binary_crossentropy_takes_a_sigmoids_result_for_a_logit(self, logit):
        value, gradient = self.of_logits(
            objectives.binary_crossentropy, [[logit]], [[1.0]], activation="sigmoid"
        )
        p = 1 / (1 + np.exp(-logit))
        assert value == pytest.approx(np.log1p(np.exp(-p)), rel=1e-6)
        assert gradient[0, 0] == pytest.approx(-p * (1 - p) / (1 + np.exp(p)), rel=1e-4, abs=1e-7)


def test_ones_can_weigh_more():
    value = objectives.weighted_crossentropy(LOGITS, BINARY, weight=3.0)
    expected = 3 * BINARY * np.log1p(np.exp(-LOGITS)) + (1 - BINARY) * SOFTPLUS
    assert float(value) == pytest.approx(expected.mean(), rel=2e-6)


def test_hinge_loss_takes_targets_as_they_are():
    assert float(objectives.hinge_loss([[-0.5]], [[0.0]])) == 1
    assert float(objectives.hinge_loss([[-0.5]], [[-1.0]])) == 0.5
    assert float(keras.losses.hinge(np.array([[0.0]]), np.array([[-0.5]]))[0]) == 0.5


def test_segments_of_classes_can_weigh_more():
    value = objectives.weak_cross_entropy_2d(
        LOGITS, LABELS, num_classes=4, head=np.array([1.0, 2.0, 0.0, 5.0])
    )
    weights = LABELS @ [1.0, 2.0, 0.0, 5.0]
    expected = -(weights * np.log((PROBABILITIES * LABELS).sum(axis=1))).mean()
    assert float(value) == pytest.approx(expected, rel=2e-6)


def test_another_margin():
    value = objectives.contrastive_loss([0.5, 2.0], [0.0, 1.0], margin=2.0)
    assert float(value) == pytest.approx((1.5**2 + 2.0**2) / 2)


class TestTriplets:
    anchor = np.array([[1.0, 2.0]], "float32")
    near = np.array([[1.5, 2.0]], "float32")
    far = np.array([[1.0, 4.0]], "float32")

    @pytest.mark.parametrize(("margin", "value"), [(1.0, 0), (4.0, 0.25), (5.0, 1.25)])
    def test_values(self, margin, value):
        loss = objectives.triplet_loss(self.anchor, self.near, self.far, margin)
        assert float(loss) == pytest.approx(value)

    def test_in_a_network(self):
        inputs = [adopt(keras.Input((2,))) for _ in range(3)]
        model = keras.Model(inputs, objectives.get("triplet_loss")(*inputs))
        assert float(model([self.anchor, self.far, self.near])) == pytest.approx(4.75)


def test_whole_numbers_and_doubles_are_targets_too():
    value = objectives.categorical_crossentropy(PROBABILITIES, LABELS.astype("int64"))
    expected = EXPECTED["categorical_crossentropy"][2]
    assert value.dtype == tf.float32
    assert float(value) == pytest.approx(expected, rel=2e-6)
    assert float(objectives.mean_square([1, 2], [1.0, 4.0])) == 2


@pytest.mark.parametrize("name", ["mse", "mean_squared_error", "Callable", "symbolic"])
def test_unknown_names_are_refused_in_tflearns_words(name):
    with pytest.raises(Exception, match=f"^Invalid objective: {name}$"):
        objectives.get(name)


def test_functions_are_returned_as_they_are():
    assert objectives.get(tf.nn.l2_loss) is tf.nn.l2_loss
    assert objectives.get("Mean_Square") is objectives.mean_square
