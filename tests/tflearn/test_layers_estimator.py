"""regression registers what is to be learned, and refuses what tflearn refused."""

import re

from mnistlab.errors import DesignError
from mnistlab.tflearn import metrics, optimizers
from mnistlab.tflearn.graph import current
from mnistlab.tflearn.layers import core
from mnistlab.tflearn.layers.estimator import regression
from tests.tflearn.networks import normal

import keras
import numpy as np
import pytest
import tensorflow as tf


@pytest.fixture(autouse=True)
def seeded():
    current().seed_with(1)


def classifier(activation="softmax"):
    incoming = core.input_data([None, 4], name="input")
    return core.fully_connected(incoming, 3, activation=activation)


def measured(train_op, *arrays):
    inputs = [*current().inputs, *current().targets]
    outputs = [each for each in (train_op.loss, train_op.metric) if each is not None]
    return [float(each) for each in tf.nest.flatten(keras.Model(inputs, outputs)(list(arrays)))]


LABELS = np.eye(3, dtype="float32")[[0, 1, 2, 2, 0]]


def probabilities(net, data):
    logits = data @ net.W.numpy() + net.b.numpy()
    powers = np.exp(logits - logits.max(axis=1, keepdims=True))
    return powers / powers.sum(axis=1, keepdims=True)


def test_the_network_comes_back_and_the_operation_has_the_defaults():
    net = classifier()
    assert regression(net) is net
    (train_op,) = current().train_ops
    assert train_op.name == "Adam"
    assert train_op.metric_label == "acc"
    assert train_op.batch_size == 64
    assert train_op.shuffle is True
    assert train_op.restore is True
    assert train_op.trainable_vars == [net.W, net.b]
    assert train_op.validation_batch_size is None
    assert train_op.validation_monitors == []
    assert type(train_op.optimizer) is optimizers.Adam
    assert train_op.optimizer.learning_rate == 0.001


def test_the_default_loss_and_metric_are_cross_entropy_and_accuracy():
    net = classifier()
    regression(net)
    data = normal(5, 4)
    rows = probabilities(net, data)
    loss, accuracy = measured(current().train_ops[0], data, LABELS)
    assert np.isclose(loss, -np.log(rows[LABELS > 0]).mean(), atol=1e-6)
    assert np.isclose(accuracy, (rows.argmax(1) == LABELS.argmax(1)).mean())


def test_targets_are_named_as_feed_dictionaries_ask_for_them():
    net = classifier()
    for _ in range(2):
        regression(net, name="targets")
    regression(net)
    assert [each.name for each in current().targets] == [
        "targets/Y:0",
        "targets_1/Y:0",
        "TargetsData/Y:0",
    ]
    assert [each.key for each in current().targets] == ["targets", "targets_1", "TargetsData"]
    assert all(tuple(each.shape) == (None, 3) for each in current().targets)


def test_class_numbers_become_one_hot():
    net = classifier()
    regression(net, to_one_hot=True, n_classes=3)
    (target,) = current().targets
    assert (tuple(target.shape), target.dtype) == ((None,), "float32")
    data, numbers = normal(5, 4), np.array([0, 1, 2, 2, 0], "float32")
    rows = probabilities(net, data)
    loss, accuracy = measured(current().train_ops[0], data, numbers)
    assert np.isclose(loss, -np.log(rows[np.arange(5), numbers.astype(int)]).mean(), atol=1e-6)
    assert np.isclose(accuracy, (rows.argmax(1) == numbers).mean())


def test_class_numbers_need_their_count():
    with pytest.raises(Exception, match="'n_classes' is required when using 'to_one_hot'"):
        regression(classifier(), to_one_hot=True)
    assert current().targets == []
    assert current().train_ops == []


def test_an_output_of_one_dimension_has_no_metric_of_its_own():
    net = core.single_unit(core.input_data([None]))
    regression(net, optimizer="sgd", loss="mean_square", metric="default")
    (train_op,) = current().train_ops
    assert (train_op.metric, train_op.metric_label) == (None, None)
    assert tuple(current().targets[0].shape) == (None,)
    data = normal(6)
    expected = np.square(data * net.W.numpy() + net.b.numpy() - 1).mean()
    assert np.isclose(measured(train_op, data, np.ones(6, "float32"))[0], expected, atol=1e-5)


@pytest.mark.parametrize(
    ("metric", "label"),
    [
        ("accuracy", "acc"),
        ("Accuracy", "acc"),
        ("top_k", "top1"),
        ("R2", "R2"),
        (lambda: metrics.Top_k(2), "top2"),
        (lambda: None, None),
    ],
)
def test_metrics_by_name_and_by_object(metric, label):
    regression(classifier(), metric=metric() if callable(metric) else metric)
    assert current().train_ops[0].metric_label == label
    assert (current().train_ops[0].metric is None) == (label is None)


def test_an_own_metric_sees_the_inputs_too():
    seen = []

    def largest(y_pred, y_true, x):
        seen.extend(x)
        return tf.reduce_max(y_pred - y_true)

    net = classifier()
    regression(net, metric=largest)
    data = normal(5, 4)
    value = measured(current().train_ops[0], data, LABELS)[1]
    assert np.isclose(value, (probabilities(net, data) - LABELS).max(), atol=1e-6)
    assert current().train_ops[0].metric_label == "largest"
    assert seen[0] is current().inputs[0]


def test_an_own_loss_sees_prediction_before_truth():
    def lopsided(y_pred, y_true):
        return tf.reduce_mean(tf.square(y_pred - 2.0 * y_true))

    net = classifier()
    regression(net, loss=lopsided, metric=None)
    data = normal(5, 4)
    expected = np.square(probabilities(net, data) - 2 * LABELS).mean()
    assert np.isclose(measured(current().train_ops[0], data, LABELS)[0], expected, atol=1e-6)


def test_a_tensor_can_be_the_loss_and_then_no_labels_are_needed():
    net = classifier()
    loss = tf.reduce_mean(tf.square(net))
    regression(net, placeholder=None, loss=loss, optimizer="sgd")
    (train_op,) = current().train_ops
    assert train_op.loss is loss
    assert train_op.metric is None
    assert current().targets == []
    data = normal(5, 4)
    assert np.isclose(measured(train_op, data)[0], np.square(probabilities(net, data)).mean())


def test_a_tensor_can_be_the_metric():
    net = classifier()
    metric = tf.reduce_max(net)
    regression(net, metric=metric)
    assert current().train_ops[0].metric is metric
    assert current().train_ops[0].metric_label == "metric"


def test_a_placeholder_can_be_shared():
    net = classifier()
    own = keras.Input((3,), name="own")
    regression(net, placeholder=own)
    regression(net, placeholder=own)
    assert len(current().targets) == 1
    assert current().targets[0] is own
    assert (own.key, own.name) == ("own", "own:0")


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("SGD", optimizers.SGD),
        ("sgd", optimizers.SGD),
        ("ADAM", optimizers.Adam),
        ("RMSprop", optimizers.RMSProp),
        ("Momentum", optimizers.Momentum),
        ("nesterov", optimizers.Nesterov),
    ],
)
def test_an_optimizer_by_name_takes_the_learning_rate(name, kind):
    regression(classifier(), optimizer=name, learning_rate=0.05)
    (train_op,) = current().train_ops
    assert type(train_op.optimizer) is kind
    assert train_op.optimizer.learning_rate == 0.05
    assert train_op.name == kind.__name__


def test_an_optimizer_object_has_its_own_learning_rate():
    mine = optimizers.Momentum(learning_rate=0.2)
    regression(classifier(), optimizer=mine, learning_rate=0.05)
    assert current().train_ops[0].optimizer is mine
    assert mine.learning_rate == 0.2


@pytest.mark.parametrize(
    "make",
    [
        lambda rate: keras.optimizers.SGD(rate),
        lambda rate: tf.compat.v1.train.GradientDescentOptimizer(rate),
        lambda rate: optimizers.SGD(rate),
    ],
)
def test_optimizers_of_others_and_functions_that_make_them(make):
    net = classifier()
    regression(net, optimizer=make(1.0))
    regression(net, optimizer=lambda rate: (make(rate), None), learning_rate=1.0)
    for train_op in current().train_ops:
        assert isinstance(train_op.optimizer, optimizers.Optimizer)
        variable = keras.Variable([1.0, 2.0])
        made = train_op.optimizer.make(None)
        made.build([variable])
        made.apply([tf.constant([0.5, 0.5])], [variable])
        assert variable.numpy().tolist() == [0.5, 1.5]


@pytest.mark.parametrize(
    ("given", "named"),
    [
        (["Adam"], ["Adam"]),
        (["Adam", "Adam"], ["Adam_0", "Adam_1"]),
        (["GEN", "Adam", "GEN"], ["GEN_0", "Adam", "GEN_1"]),
        (["Adam", "Adam", "Adam"], ["Adam_0", "Adam_1", "Adam"]),
        (["Adam", "Adam", "Adam", "Adam"], ["Adam_0", "Adam_1", "Adam_2", "Adam_3"]),
    ],
)
def test_operations_of_one_name_are_numbered_as_tflearn_does(given, named):
    net = classifier()
    for name in given:
        regression(net, op_name=name)
    assert [each.name for each in current().train_ops] == named


def test_what_is_built_later_is_not_trained_by_it():
    first = regression(classifier())
    second = regression(classifier())
    early, late = current().train_ops
    assert early.trainable_vars == [first.W, first.b]
    assert late.trainable_vars == [first.W, first.b, second.W, second.b]


def test_what_else_is_asked_for_is_kept():
    net = classifier()
    monitor = tf.reduce_max(net, axis=1)
    regression(
        net,
        batch_size=32,
        shuffle_batches=False,
        trainable_vars=[net.W],
        restore=False,
        validation_monitors=[monitor],
        validation_batch_size=100,
    )
    (train_op,) = current().train_ops
    assert (train_op.batch_size, train_op.shuffle, train_op.restore) == (32, False, False)
    assert train_op.trainable_vars == [net.W]
    assert train_op.validation_monitors == [monitor]
    assert train_op.validation_batch_size == 100


def test_arguments_have_tflearns_order():
    net = classifier()
    regression(
        net,
        *("default", "sgd", "mean_square", None, 0.3, tf.float32, 16, False, False, None, [net.W]),
        *(False, "op", [], 8, "labels"),
    )
    (train_op,) = current().train_ops
    assert (train_op.name, train_op.batch_size, train_op.validation_batch_size) == ("op", 16, 8)
    assert train_op.optimizer.learning_rate == 0.3
    assert current().targets[0].key == "labels"


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        ({"optimizer": "adamw"}, "Invalid optimizer: adamw"),
        ({"loss": "mse"}, "Invalid objective: mse"),
        ({"metric": "acc"}, "Invalid metrics: acc"),
        ({"optimizer": 3}, "Invalid Optimizer type: int"),
        ({"loss": 3}, "Invalid Loss type: int"),
        ({"metric": 3}, "Invalid Metric type: int"),
        ({"placeholder": "labels"}, "placeholder must be 'default', None or a symbolic tensor"),
        ({"placeholder": None}, "needs labels, and regression was told placeholder=None"),
        ({"batch_size": 0}, "batch_size must be a whole number of 1 or more"),
    ],
)
def test_what_cannot_be_used_is_named(arguments, text):
    with pytest.raises(Exception, match=text):
        regression(classifier(), **arguments)
    assert current().train_ops == []


def test_a_regression_needs_a_network():
    with pytest.raises(DesignError, match="Invalid incoming layer: regression was given ndarray"):
        regression(np.zeros((2, 3)))


@pytest.mark.parametrize(
    ("arguments", "form"),
    [
        ({"loss": lambda wrong: wrong}, r"custom_loss\(y_pred, y_true\)"),
        ({"metric": lambda wrong: wrong}, r"custom_metric\(y_pred, y_true, x\)"),
        ({"optimizer": lambda rate: keras.optimizers.SGD(rate)}, "must return .optimizer, step_"),
    ],
)
def test_a_function_of_another_form_comes_with_a_reminder(arguments, form):
    with pytest.raises(TypeError) as caught:
        regression(classifier(), **arguments)
    (note,) = caught.value.__notes__
    assert note.startswith("Reminder: Custom")
    assert re.search(form, note)
