"""Metrics have tflearn's values and labels, on arrays and in a network."""

from mnistlab.tflearn import metrics
from mnistlab.tflearn.symbols import Tensor, adopt

import keras
import numpy as np
import pytest
import tensorflow as tf

RANDOM = np.random.default_rng(0)
SCORES = RANDOM.normal(size=(50, 5)).astype("float32")
LABELS = np.eye(5, dtype="float32")[RANDOM.integers(0, 5, 50)]
LOGITS = RANDOM.normal(size=(50, 1)).astype("float32")
BINARY = RANDOM.integers(0, 2, (50, 1)).astype("float32")
INPUTS = RANDOM.normal(size=(50, 1)).astype("float32")

RANK = ((SCORES * LABELS).sum(axis=1, keepdims=True) < SCORES).sum(axis=1)
WEIGHTED_R2 = ((LOGITS - INPUTS) ** 2).sum() / ((BINARY - INPUTS) ** 2).sum()
R2 = 1 - ((BINARY - LOGITS) ** 2).sum() / ((BINARY - BINARY.mean()) ** 2).sum()

EXPECTED = [
    (metrics.Accuracy(), SCORES, LABELS, "acc", (RANK == 0).mean()),
    (metrics.Accuracy(), LOGITS, BINARY, "binary_acc", ((LOGITS > 0) == BINARY).mean()),
    (metrics.Accuracy("hits"), SCORES, LABELS, "hits", (RANK == 0).mean()),
    (metrics.Top_k(), SCORES, LABELS, "top1", (RANK == 0).mean()),
    (metrics.Top_k(k=3), SCORES, LABELS, "top3", (RANK < 3).mean()),
    (metrics.Top_k(3, "among three"), SCORES, LABELS, "among three", (RANK < 3).mean()),
    (metrics.R2(), LOGITS, BINARY, "R2", R2),
    (metrics.R2("fit"), LOGITS, BINARY, "fit", R2),
    (metrics.WeightedR2(), LOGITS, BINARY, "R2", WEIGHTED_R2),
]


@pytest.mark.parametrize(
    ("metric", "predictions", "targets", "label", "value"),
    EXPECTED,
    ids=[f"{each[0].__class__.__name__}-{each[3]}" for each in EXPECTED],
)
def test_values_and_labels_in_a_network(metric, predictions, targets, label, value):
    y_pred, y_true, x = (
        adopt(keras.Input(each.shape[1:])) for each in (predictions, targets, INPUTS)
    )
    metric.build(y_pred, y_true, [x])
    tensor = metric.get_tensor()
    assert isinstance(tensor, Tensor)
    assert tensor.get_shape().as_list() == []
    assert tensor.m_name == metric.name == label
    model = keras.Model([y_pred, y_true, x], tensor)
    assert float(model([predictions, targets, INPUTS])) == pytest.approx(value, rel=2e-6)


def test_one_output_without_an_axis_is_binary():
    metric = metrics.Accuracy()
    metric.build(adopt(keras.Input(())), adopt(keras.Input(())))
    assert metric.name == "binary_acc"


def test_a_sigmoids_result_is_always_one():
    targets = np.array([1, 0, 0, 0, 0], "float32")
    outputs = np.array([0.9, 0.1, 0.2, 0.4, 0.001], "float32")
    assert float(metrics.binary_accuracy_op(outputs, targets)) == pytest.approx(0.2)
    assert float(metrics.binary_accuracy_op(outputs - 0.5, targets)) == 1


def test_zero_is_not_above_the_threshold():
    assert float(metrics.binary_accuracy_op([[0.0]], [[0.0]])) == 1


def test_ties_at_the_boundary_count():
    scores = [[0.25, 0.25, 0.25, 0.25]]
    for label in range(4):
        assert float(metrics.top_k_op(scores, np.eye(4)[[label]], 1)) == 1
    assert float(metrics.top_k_op([[0.5, 0.2, 0.2, 0.1]], [[0, 0, 1, 0]], 2)) == 1
    assert float(metrics.top_k_op([[0.5, 0.2, 0.2, 0.1]], [[0, 0, 0, 1]], 3)) == 0


def test_the_first_of_equal_scores_is_the_prediction():
    assert float(metrics.accuracy_op([[0.5, 0.5]], [[1, 0]])) == 1
    assert float(metrics.accuracy_op([[0.5, 0.5]], [[0, 1]])) == 0


def test_functions_take_arrays():
    assert float(metrics.accuracy_op(SCORES, LABELS)) == pytest.approx((RANK == 0).mean())
    assert float(metrics.r2_op(LOGITS, BINARY)) == pytest.approx(R2, rel=2e-6)
    assert float(metrics.weighted_r2_op(LOGITS, BINARY, INPUTS)) == pytest.approx(WEIGHTED_R2)


def test_r2_is_that_of_the_batch():
    whole = float(metrics.r2_op(LOGITS, BINARY))
    halves = [
        float(metrics.r2_op(LOGITS[rows], BINARY[rows])) for rows in (slice(25), slice(25, 50))
    ]
    assert abs(np.mean(halves) - whole) > 1e-3


def test_several_inputs_are_added():
    value = metrics.weighted_r2_op(LOGITS, BINARY, [INPUTS, 2 * INPUTS])
    expected = ((LOGITS - 3 * INPUTS) ** 2).sum() / ((BINARY - 3 * INPUTS) ** 2).sum()
    assert float(value) == pytest.approx(expected, rel=2e-6)


@pytest.mark.parametrize("shapes", [[(3,)], [], [(1,), (3,)]])
def test_inputs_of_another_shape_are_refused(shapes):
    y_pred, y_true = (adopt(keras.Input((1,))) for _ in range(2))
    inputs = [adopt(keras.Input(shape)) for shape in shapes]
    with pytest.raises(Exception, match=r"^Weighted R2 metric requires Inputs and Targets to have"):
        metrics.WeightedR2().build(y_pred, y_true, inputs)


class TestPredictionCounts:
    def printed(self, predictions, targets, capfd):
        inner = metrics.Accuracy()
        metric = metrics.Prediction_Counts(inner)
        y_pred, y_true = (adopt(keras.Input(each.shape[1:])) for each in (predictions, targets))
        metric.build(y_pred, y_true)
        model = keras.Model([y_pred, y_true], metric.get_tensor())
        capfd.readouterr()
        value = float(model([predictions, targets]))
        return metric, value, capfd.readouterr().err

    def test_classes_are_counted_and_the_value_is_the_other_metrics(self, capfd):
        predictions = np.eye(4, dtype="float32")[[2, 0, 2, 2]]
        metric, value, printed = self.printed(predictions, predictions, capfd)
        assert value == 1
        assert metric.name == "categorical_prediction_counts"
        assert metric.get_tensor().m_name == "acc"
        assert printed == "categorical_prediction_counts: classes [2 0] counts [3 1]\n"

    def test_a_single_output_is_counted_by_its_sign(self, capfd):
        predictions = np.array([[-1.0], [3.0], [-2.0]], "float32")
        metric, value, printed = self.printed(predictions, np.zeros((3, 1), "float32"), capfd)
        assert value == pytest.approx(2 / 3)
        assert metric.get_tensor().m_name == "binary_acc"
        assert printed == "binary_prediction_counts: classes [0 1] counts [2 1]\n"


@pytest.mark.parametrize(
    ("name", "found"),
    [
        ("accuracy", metrics.Accuracy),
        ("Accuracy", metrics.Accuracy),
        ("ACCURACY", metrics.Accuracy),
        ("top_k", metrics.Top_k),
        ("Top_k", metrics.Top_k),
        ("R2", metrics.R2),
        ("WeightedR2", metrics.WeightedR2),
        ("prediction_counts", metrics.Prediction_Counts),
    ],
)
def test_names(name, found):
    assert metrics.get(name) is found


@pytest.mark.parametrize("name", ["r2", "acc", "Metric", "binary_acc"])
def test_unknown_names_are_refused_in_tflearns_words(name):
    with pytest.raises(Exception, match=f"^Invalid metrics: {name}$"):
        metrics.get(name)


def test_functions_are_returned_as_they_are():
    def custom(y_pred, y_true, x):
        return tf.reduce_mean(y_pred)

    assert metrics.get(custom) is custom


def test_a_metric_has_to_be_built():
    metric = metrics.Accuracy()
    assert not metric.built
    with pytest.raises(Exception, match=r"^Metric class Tensor hasn't be built\."):
        metric.get_tensor()
    metric.build(adopt(keras.Input((3,))), adopt(keras.Input((3,))))
    assert metric.built


def test_a_metric_of_ones_own_needs_a_build():
    with pytest.raises(NotImplementedError, match=r"^Mine has no build\(predictions"):
        type("Mine", (metrics.Metric,), {})().build(SCORES, LABELS)


def test_metrics_survive_a_keras_file(tmp_path):
    y_pred, y_true = (adopt(keras.Input((5,))) for _ in range(2))
    metric = metrics.Top_k(2)
    metric.build(y_pred, y_true)
    keras.Model([y_pred, y_true], metric.get_tensor()).save(tmp_path / "model.keras")
    again = keras.saving.load_model(tmp_path / "model.keras")
    assert float(again([SCORES, LABELS])) == pytest.approx((RANK < 2).mean())
