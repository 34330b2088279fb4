"""Inputs, dense layers and what changes shapes do what tflearn did, number by number."""

from mnistlab.errors import DesignError
from mnistlab.tflearn import activations
from mnistlab.tflearn.graph import current
from mnistlab.tflearn.layers import core
from mnistlab.tflearn.symbols import Tensor
from mnistlab.tflearn.utils import get_layer_by_name
from mnistlab.tflearn.variables import get_layer_variables_by_name
from tests.tflearn.networks import model_of, normal, run

import keras
import numpy as np
import pytest
import tensorflow as tf

v1 = tf.compat.v1


@pytest.fixture(autouse=True)
def seeded():
    current().seed_with(1)


def names():
    return [each.name for each in current().entries]


# Inputs


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ([None, 28, 28, 1], (None, 28, 28, 1)),
        ((28, 28, 1), (None, 28, 28, 1)),
        ([None, 784], (None, 784)),
        ([4, 4], (None, 4, 4)),
        ([8], (8,)),
        ([None], (None,)),
        ((-1, 3), (None, 3)),
    ],
)
def test_a_shape_gets_the_batch_in_front_when_tflearn_put_it_there(given, expected):
    tensor = core.input_data(given)
    assert isinstance(tensor, Tensor)
    assert tuple(tensor.shape) == expected


def test_inputs_are_named_as_feed_dictionaries_ask_for_them():
    first, second = (
        core.input_data([None, 2], name="input"),
        core.input_data([None, 2], name="input"),
    )
    default = core.input_data([None, 2])
    assert [each.name for each in (first, second, default)] == [
        "input/X:0",
        "input_1/X:0",
        "InputData/X:0",
    ]
    assert [each.key for each in current().inputs] == ["input", "input_1", "InputData"]
    assert get_layer_by_name("InputData") is default


def test_an_input_in_a_scope_has_the_scope_in_its_key():
    with v1.variable_scope("scopeQ"):
        inside = core.input_data([None, 2], name="input")
    assert (inside.key, inside.name) == ("scopeQ/input", "scopeQ/input/X:0")
    assert run(inside * 2.0, np.ones((1, 2), "float32")).tolist() == [[2.0, 2.0]]


def test_an_input_in_a_graph_of_its_own_has_the_scope_in_its_key_too():
    with tf.Graph().as_default(), v1.variable_scope("scopeQ"):
        assert core.input_data([None, 2], name="input").key == "scopeQ/input"
    assert current().inputs == []


def test_an_input_keeps_its_type_and_what_prepares_its_data():
    preparation, augmentation = object(), object()
    words = core.input_data(
        [None, 5],
        dtype=tf.int32,
        data_preprocessing=preparation,
        data_augmentation=augmentation,
    )
    assert words.dtype == "int32"
    assert words.preprocessing is preparation
    assert words.augmentation is augmentation


def test_a_symbolic_tensor_is_taken_as_the_placeholder():
    own = keras.Input((3,), name="own")
    assert core.input_data(placeholder=own) is own
    assert (own.key, own.name) == ("own", "own:0")
    assert current().inputs[0] is own


def test_an_input_needs_a_shape_or_a_placeholder():
    with pytest.raises(Exception, match="Either a `shape` or `placeholder` argument is required"):
        core.input_data()


@pytest.mark.parametrize("shape", [[None, 0], [None, 2.5], [None, "28"]])
def test_a_length_is_a_whole_number(shape):
    with pytest.raises(DesignError, match="each length must be a whole number"):
        core.input_data(shape)


def test_an_array_is_no_placeholder():
    with pytest.raises(DesignError, match="placeholder must be a symbolic tensor, not ndarray"):
        core.input_data(placeholder=np.zeros((2, 2)))


# fully_connected


def test_a_dense_layer_multiplies_adds_and_activates():
    net = core.fully_connected(
        core.input_data([None, 6]), 4, activation="tanh", bias_init="uniform"
    )
    data = normal(5, 6)
    expected = np.tanh(data @ net.W.numpy() + net.b.numpy())
    assert np.abs(net.b.numpy()).max() > 0
    assert np.allclose(run(net, data), expected, atol=1e-6)


def test_a_dense_layer_flattens_images_row_by_row():
    net = core.fully_connected(core.input_data([None, 3, 4, 2]), 5)
    data = normal(2, 3, 4, 2)
    assert tuple(net.W.shape) == (24, 5)
    assert np.allclose(run(net, data), data.reshape(2, 24) @ net.W.numpy(), atol=1e-5)


def test_fresh_dense_weights_are_cut_at_two_standard_deviations():
    net = core.fully_connected(core.input_data([None, 784]), 512)
    weights = net.W.numpy()
    assert np.abs(weights).max() <= 0.04
    assert np.abs(weights).max() > 0.0399
    assert abs(weights.std() - 0.01759) < 1e-4
    assert abs(weights.mean()) < 2e-4
    assert not net.b.numpy().any()


def test_weights_drawn_anew_are_others_of_the_same_distribution():
    net = core.fully_connected(core.input_data([None, 784]), 100)
    entry = current().entry(net.W)
    first, second = entry.initial(), entry.initial()
    assert first.shape == second.shape == (784, 100)
    assert not np.array_equal(first, second)
    assert not np.array_equal(first, net.W.numpy())
    assert abs(second.std() - 0.01759) < 5e-4


def test_two_layers_never_start_alike():
    incoming = core.input_data([None, 6])
    first, second = core.fully_connected(incoming, 6), core.fully_connected(incoming, 6)
    assert not np.array_equal(first.W.numpy(), second.W.numpy())


def test_names_of_layers_are_numbered_and_found():
    incoming = core.input_data([None, 6])
    first = core.fully_connected(incoming, 3, name="fc")
    second = core.fully_connected(first, 2, name="fc")
    core.fully_connected(second, 2, bias=False)
    assert names() == ["fc/W", "fc/b", "fc_1/W", "fc_1/b", "FullyConnected/W"]
    assert [each.name for each in get_layer_variables_by_name("fc_1")] == ["fc_1/W:0", "fc_1/b:0"]
    assert get_layer_variables_by_name("fc_2") == []
    assert get_layer_by_name("fc_1") is second
    assert second.scope.name == "fc_1"
    with pytest.raises(Exception, match="No layer found for this name"):
        get_layer_by_name("fc_2")


def test_without_bias_there_is_none():
    net = core.fully_connected(core.input_data([None, 6]), 3, bias=False)
    assert net.b is None
    assert model_of(net).count_params() == 18


def test_values_can_be_given():
    weights, bias = normal(6, 3), [1.0, 2.0, 3.0]
    net = core.fully_connected(
        core.input_data([None, 6]), 3, weights_init=weights, bias_init=tf.constant(bias)
    )
    assert np.array_equal(net.W.numpy(), weights)
    assert net.b.numpy().tolist() == bias


def test_values_of_another_shape_are_refused():
    with pytest.raises(DesignError, match=r"The values for W have shape \(3, 6\).*needs \(6, 3\)"):
        core.fully_connected(core.input_data([None, 6]), 3, weights_init=normal(3, 6))


def test_the_penalty_is_half_the_sum_of_squares_of_the_weights_only():
    net = core.fully_connected(
        core.input_data([None, 6]), 3, regularizer="L2", weight_decay=0.1, bias_init="uniform"
    )
    (penalty,) = current().penalties
    assert np.isclose(float(penalty()), 0.1 * np.square(net.W.numpy()).sum() / 2)
    net.W.assign(np.ones((6, 3)))
    assert np.isclose(float(penalty()), 0.9)


def test_a_penalty_has_a_gradient():
    net = core.fully_connected(core.input_data([None, 6]), 3, regularizer="L2", weight_decay=0.1)
    with tf.GradientTape() as tape:
        penalty = current().penalties[0]()
    gradient = tape.gradient(penalty, net.W.value).numpy()
    assert np.allclose(gradient, 0.1 * net.W.numpy(), atol=1e-7)


def test_without_a_regularizer_there_is_no_penalty():
    core.fully_connected(core.input_data([None, 6]), 3, weight_decay=0.1)
    assert current().penalties == []


def test_untrained_and_unrestored_variables_are_marked():
    net = core.fully_connected(core.input_data([None, 6]), 3, trainable=False, restore=False)
    assert current().trainable_variables() == []
    assert not current().entry(net.W).restore
    assert len(get_layer_variables_by_name("FullyConnected")) == 2


@pytest.mark.parametrize("name", ["relu", "softmax", "elu", "sigmoid", "leaky_relu", "selu"])
def test_an_activation_is_the_same_by_name_and_as_a_function(name):
    incoming = core.input_data([None, 6])
    named = core.fully_connected(incoming, 3, activation=name, scope="x")
    called = core.fully_connected(
        incoming, 3, activation=getattr(activations, name), scope="x", reuse=True
    )
    data = normal(4, 6) * 100
    expected = getattr(activations, name)(data @ named.W.numpy()).numpy()
    assert np.allclose(run(named, data), expected, atol=1e-5)
    assert np.array_equal(run(named, data), run(called, data))


def test_no_activation_is_none_and_a_number_is_invalid():
    incoming = core.input_data([None, 6])
    net = core.fully_connected(incoming, 3, activation=None)
    data = normal(4, 6)
    assert np.allclose(run(net, data), data @ net.W.numpy(), atol=1e-6)
    with pytest.raises(ValueError, match=r"Invalid Activation: 3"):
        core.fully_connected(incoming, 3, activation=3)
    with pytest.raises(Exception, match="Invalid activation: rmsprop"):
        core.fully_connected(incoming, 3, activation="rmsprop")


def test_a_dense_layer_needs_two_dimensions_and_known_lengths():
    with pytest.raises(AssertionError, match="Incoming Tensor shape must be at least 2-D"):
        core.fully_connected(core.input_data([None]), 3)
    with pytest.raises(DesignError, match="needs to know each length but the batch's"):
        core.fully_connected(core.input_data([None, None, 3]), 3)
    with pytest.raises(DesignError, match="Invalid incoming layer: fully_connected was given list"):
        core.fully_connected([[1.0]], 3)
    with pytest.raises(DesignError, match="n_units must be a whole number"):
        core.fully_connected(core.input_data([None, 3]), 2.5)


# Sharing


def test_a_scope_is_shared_on_demand_only():
    incoming = core.input_data([None, 6])
    first = core.fully_connected(incoming, 3, scope="x", regularizer="L2")
    with pytest.raises(ValueError, match="Variable x/W already exists, disallowed"):
        core.fully_connected(incoming, 3, scope="x")
    second = core.fully_connected(incoming, 3, scope="x", reuse=True, regularizer="L2")
    assert second is not first
    assert second.W is first.W
    assert names() == ["x/W", "x/b"]
    assert len(current().penalties) == 1
    assert len(get_layer_variables_by_name("x")) == 2


def test_a_layer_that_is_not_there_cannot_be_shared():
    with pytest.raises(ValueError, match="Variable x/W does not exist"):
        core.fully_connected(core.input_data([None, 6]), 3, scope="x", reuse=True)


def test_layers_in_a_scope_that_is_entered_again_are_shared():
    incoming = core.input_data([None, 6])

    def generator(tensor, reuse):
        with v1.variable_scope("Generator", reuse=reuse):
            tensor = core.fully_connected(tensor, 6, activation="relu")
            return core.fully_connected(tensor, 6)

    first, second = generator(incoming, False), generator(incoming * 2.0, True)
    assert names() == [
        "Generator/FullyConnected/W",
        "Generator/FullyConnected/b",
        "Generator/FullyConnected_1/W",
        "Generator/FullyConnected_1/b",
    ]
    assert second.W is first.W
    data = normal(2, 6)
    assert np.allclose(run(second, data), run(first, data * 2), atol=1e-6)


def test_a_tensors_scope_can_be_shared():
    incoming = core.input_data([None, 6])
    first = core.fully_connected(incoming, 3)
    second = core.fully_connected(incoming, 3, scope=first.scope, reuse=True)
    assert second.W is first.W


def test_another_activation_can_follow_shared_weights():
    incoming = core.input_data([None, 6])
    core.fully_connected(incoming, 3, scope="x", activation="relu")
    linear = core.fully_connected(incoming, 3, scope="x", reuse=True)
    assert run(linear, normal(50, 6)).min() < 0


def test_sharing_needs_the_same_shapes_and_settings():
    incoming = core.input_data([None, 6])
    core.fully_connected(incoming, 3, scope="x")
    with pytest.raises(ValueError, match=r"share variable x/W.*shape \(6, 4\) and found.*\(6, 3\)"):
        core.fully_connected(incoming, 4, scope="x", reuse=True)
    with pytest.raises(ValueError, match="shared with other settings"):
        core.fully_connected(incoming, 3, scope="x", reuse=True, bias=False)
    core.fully_connected(incoming, 3, scope="y", bias=False)
    with pytest.raises(ValueError, match="Variable y/b does not exist"):
        core.fully_connected(incoming, 3, scope="y", reuse=True)


# Dropout


def test_dropout_keeps_what_it_says_and_scales_it_up():
    net = core.dropout(core.input_data([None, 1000]), 0.8)
    dropped = run(net, np.ones((100, 1000), "float32"), training=True)
    assert set(np.unique(dropped)) == {np.float32(0), np.float32(1.25)}
    assert abs((dropped > 0).mean() - 0.8) < 0.01
    assert np.array_equal(run(net, np.ones((1, 1000), "float32")), np.ones((1, 1000)))


def test_dropout_can_share_its_choices():
    net = core.dropout(core.input_data([None, 50, 3]), 0.5, noise_shape=[None, 50, 1])
    dropped = run(net, np.ones((4, 50, 3), "float32"), training=True)
    assert (dropped == dropped[:, :, :1]).all()
    assert 0 < (dropped > 0).mean() < 1


@pytest.mark.parametrize("keep", [0, -0.1, 1.5])
def test_a_probability_is_above_0_and_at_most_1(keep):
    with pytest.raises(ValueError, match=r"in the range \(0, 1\], got"):
        core.dropout(core.input_data([None, 3]), keep)


@pytest.mark.parametrize("keep", ["0.8", None, True])
def test_a_probability_is_a_number(keep):
    with pytest.raises(DesignError, match="keep_prob must be a number"):
        core.dropout(core.input_data([None, 3]), keep)


def test_two_dropouts_choose_differently_and_a_seed_repeats_both():
    def drops():
        v1.reset_default_graph()
        current().seed_with(3)
        incoming = core.input_data([None, 200])
        nets = [core.dropout(incoming, 0.5), core.dropout(incoming, 0.5)]
        ones = np.ones((1, 200), "float32")
        return [run(net, ones, training=True) for net in nets]

    first, second = drops()
    assert not np.array_equal(first, second)
    assert np.array_equal(drops()[0], first)


# Shapes


@pytest.mark.parametrize(
    ("given", "new", "expected"),
    [
        ([None, 784], [-1, 28, 28, 1], (None, 28, 28, 1)),
        ([None, 4, 6], (-1, 24), (None, 24)),
        ([None, 4, 6], [-1], (None,)),
        ([None, 4, 6], [-1, 6], (None, 6)),
        ([1], (1, 1), (1, 1)),
        ([None, 4], [-1, 2, 2], (None, 2, 2)),
    ],
)
def test_reshape_makes_all_lengths_the_batchs_too(given, new, expected):
    net = core.reshape(core.input_data(given), new)
    data = normal(*[3 if each is None else each for each in given])
    assert tuple(net.shape) == expected
    assert np.array_equal(run(net, data), data.reshape(new))


def test_reshape_accepts_the_batchs_own_length():
    incoming = core.input_data([None, 6])
    net = core.reshape(incoming, [tf.shape(incoming)[0], 2, 3])
    assert np.array_equal(run(net, normal(5, 6)), normal(5, 6).reshape(5, 2, 3))


def test_reshape_joins_a_list_first():
    left, right = core.input_data([None, 4]), core.input_data([None, 4])
    net = core.reshape([left, right], [-1, 2])
    data = normal(1, 4), normal(1, 4, seed=1)
    assert np.array_equal(run(net, *data), np.concatenate(data).reshape(-1, 2))


@pytest.mark.parametrize(("given", "new"), [([None, 784], [-1, -1]), ([1], [2, 3])])
def test_reshape_refuses_what_no_batch_can_have(given, new):
    with pytest.raises(DesignError, match=r"reshape cannot make .* of a tensor of shape"):
        core.reshape(core.input_data(given), new)


def test_reshape_works_on_arrays():
    assert core.reshape(np.arange(6), [2, 3]).numpy().tolist() == [[0, 1, 2], [3, 4, 5]]


def test_flatten_keeps_the_batch():
    net = core.flatten(core.input_data([None, 2, 3, 4]))
    assert np.array_equal(run(net, normal(5, 2, 3, 4)), normal(5, 2, 3, 4).reshape(5, 24))
    with pytest.raises(AssertionError, match="at least 2-D"):
        core.flatten(core.input_data([None]))


def test_activation_applies_one_and_has_a_name():
    net = core.activation(core.input_data([None, 3]), "relu", name="act")
    assert run(net, np.array([[-1, 0, 2]], "float32")).tolist() == [[0, 0, 2]]
    assert get_layer_by_name("act") is net
    with pytest.raises(ValueError, match="Invalid Activation"):
        core.activation(net, None)


def test_a_custom_layer_calls_its_function_with_all_that_it_was_given():
    seen = {}

    def double(tensor, **kwargs):
        seen.update(kwargs)
        return tf.multiply(tensor, kwargs["factor"])

    net = core.custom_layer(core.input_data([None, 3]), double, factor=2.0, name="double")
    assert seen == {"factor": 2.0, "name": "double"}
    assert run(net, np.ones((1, 3), "float32")).tolist() == [[2, 2, 2]]
    assert get_layer_by_name("double") is net


# single_unit


def test_a_single_unit_starts_from_one_draw_of_numpys_each():
    np.random.seed(7)
    net = core.single_unit(core.input_data([None]))
    np.random.seed(7)
    weight, bias = np.random.randn(), np.random.randn()
    assert np.allclose([net.W.numpy(), net.b.numpy()], [[weight], [bias]])
    assert names() == ["Linear/W", "Linear/b"]
    data = normal(5)
    assert np.allclose(run(net, data), data * weight + bias, atol=1e-6)
    assert net.shape == (None,)


def test_a_single_unit_flattens_and_activates():
    net = core.single_unit(core.input_data([None, 1]), activation="sigmoid", bias=False)
    data = normal(5, 1)
    expected = 1 / (1 + np.exp(-data.ravel() * net.W.numpy()))
    assert net.b is None
    assert np.allclose(run(net, data), expected, atol=1e-6)


def test_a_single_unit_of_several_inputs_has_as_many_equal_weights():
    net = core.single_unit(core.input_data([None, 3]))
    assert tuple(net.W.shape) == tuple(net.b.shape) == (3,)
    assert len(set(net.W.numpy())) == 1


# highway


def test_highway_mixes_a_dense_layer_with_its_input():
    net = core.highway(core.input_data([None, 6]), 6, activation="elu", weights_init="uniform")
    data = normal(4, 6)
    weights, gate = net.W.numpy(), net.W_t.numpy()
    dense = data @ weights + net.b.numpy()
    dense = np.where(dense > 0, dense, np.exp(np.minimum(dense, 0)) - 1)
    share = 1 / (1 + np.exp(-(data @ gate + net.b_t.numpy())))
    assert np.allclose(run(net, data), dense * share + data * (1 - share), atol=1e-5)
    assert net.b_t.numpy().tolist() == [-1.0] * 6
    assert not np.array_equal(weights, gate)


def test_highway_has_four_variables_and_one_penalty():
    net = core.highway(core.input_data([None, 6]), 6, regularizer="L2", weight_decay=1.0)
    ends = ["W", "b", "W_T", "b_T"]
    assert names() == [f"FullyConnectedHighway/{end}" for end in ends]
    assert len(get_layer_variables_by_name("FullyConnectedHighway")) == 4
    (penalty,) = current().penalties
    assert np.isclose(float(penalty()), np.square(net.W.numpy()).sum() / 2)


def test_highway_drops_the_gate_only():
    net = core.highway(core.input_data([None, 50]), 50, transform_dropout=0.5, activation="relu")
    data = np.full((1, 50), 2.0, "float32")
    trained, tested = run(net, data, training=True)[0], run(net, data)[0]
    # Where the gate is dropped, the input passes as it is.
    passed = trained == 2.0
    assert 5 < passed.sum() < 45
    assert (tested != 2.0).all()


def test_highway_is_shared_as_a_whole():
    incoming = core.input_data([None, 6])
    first = core.highway(incoming, 6, scope="x")
    second = core.highway(incoming, 6, scope="x", reuse=True)
    assert second.W is first.W
    assert second.W_t is first.W_t
    assert len(current().entries) == 4


def test_highway_needs_as_many_units_as_inputs():
    with pytest.raises(DesignError, match="as many units as inputs"):
        core.highway(core.input_data([None, 6]), 5)


# Files


@pytest.mark.parametrize(
    "build",
    [
        lambda x: core.fully_connected(x, 3, activation="relu", weights_init="xavier"),
        lambda x: core.fully_connected(x, 3, weights_init=normal(16, 3), activation="leaky_relu"),
        lambda x: core.dropout(x, 0.8),
        lambda x: core.reshape(x, [-1, 2, 8]),
        lambda x: core.reshape(x, [-1, 2]),
        lambda x: core.flatten(x),
        lambda x: core.activation(x, "hard_sigmoid"),
        lambda x: core.single_unit(core.reshape(x, [-1, 1])),
        lambda x: core.highway(core.flatten(x), 16, activation="elu", transform_dropout=0.9),
    ],
)
def test_a_keras_file_gives_the_same_network(build, tmp_path):
    model = model_of(build(core.input_data([None, 4, 4, 1])))
    model.save(tmp_path / "network.keras")
    loaded = keras.models.load_model(tmp_path / "network.keras")
    data = normal(2, 4, 4, 1)
    assert np.array_equal(loaded.predict(data, verbose=0), model.predict(data, verbose=0))
