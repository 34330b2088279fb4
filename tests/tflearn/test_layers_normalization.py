"""Normalizations compute what tflearn's did, in training and after it."""

from mnistlab.tflearn.graph import current
from mnistlab.tflearn.layers import core, normalization
from mnistlab.tflearn.utils import get_layer_by_name
from mnistlab.tflearn.variables import get_layer_variables_by_name
from tests.tflearn.networks import model_of, normal

import keras
import numpy as np
import pytest
import tensorflow as tf


@pytest.fixture(autouse=True)
def seeded():
    current().seed_with(1)


def test_fresh_statistics_are_0_and_1_and_gamma_is_nearly_1():
    net = normalization.batch_normalization(core.input_data([None, 4, 4, 5000]))
    ends = ["beta", "gamma", "moving_mean", "moving_variance"]
    assert [each.name for each in current().entries] == [
        f"BatchNormalization/{end}" for end in ends
    ]
    beta, gamma, mean, variance = (each.variable.numpy() for each in current().entries)
    assert not beta.any()
    assert not mean.any()
    assert (variance == 1).all()
    assert abs(gamma.mean() - 1) < 2e-4
    assert abs(gamma.std() - 0.002) < 1e-4
    drawn = current().entry(net.gamma).initial()
    assert abs(drawn.std() - 0.002) < 1e-4
    assert not np.array_equal(drawn, gamma)


def test_beta_and_gamma_start_where_they_are_told():
    net = normalization.batch_normalization(
        core.input_data([None, 3000]), beta=0.5, gamma=2.0, stddev=0.1
    )
    assert (net.beta.numpy() == 0.5).all()
    assert abs(net.gamma.numpy().mean() - 2) < 0.01
    assert abs(net.gamma.numpy().std() - 0.1) < 0.01


@pytest.mark.parametrize("shape", [(8,), (5, 8), (4, 6, 8)])
def test_one_step_of_training_normalizes_by_the_batch_and_moves_the_means(shape):
    net = normalization.batch_normalization(core.input_data([None, *shape]), beta=0.3)
    model = model_of(net)
    data = 3 * normal(16, *shape) + 2
    axes = tuple(range(data.ndim - 1))
    mean, variance = data.mean(axes), data.var(axes)
    scaled = (data - mean) / np.sqrt(variance + 1e-5) * net.gamma.numpy() + 0.3
    assert np.allclose(model([data], training=True).numpy(), scaled, atol=1e-4)
    moving_mean, moving_variance = (each.variable.numpy() for each in current().entries[2:])
    assert np.allclose(moving_mean, 0.1 * mean, atol=1e-5)
    # The variance is that of the batch, not the estimate with one sample less.
    assert np.allclose(moving_variance, 0.9 + 0.1 * variance, atol=1e-4)


def test_outside_training_the_moving_statistics_are_used_and_stay():
    net = normalization.batch_normalization(core.input_data([None, 3]), epsilon=0.1)
    moving_mean, moving_variance = (each.variable for each in current().entries[2:])
    moving_mean.assign([1.0, 2.0, 3.0])
    moving_variance.assign([4.0, 5.0, 6.0])
    data = normal(7, 3)
    expected = (data - [1, 2, 3]) / np.sqrt(np.array([4, 5, 6]) + 0.1) * net.gamma.numpy()
    assert np.allclose(model_of(net)([data], training=False).numpy(), expected, atol=1e-5)
    assert moving_mean.numpy().tolist() == [1, 2, 3]


def test_untrained_normalization_freezes_beta_and_gamma_and_nothing_else():
    net = normalization.batch_normalization(core.input_data([None, 3]), trainable=False, decay=0.5)
    assert current().trainable_variables() == []
    data = 3 * normal(50, 3) + 2
    outcome = model_of(net)([data], training=True).numpy()
    assert np.allclose(outcome.mean(axis=0), 0, atol=1e-5)
    assert np.allclose(current().entries[2].variable.numpy(), 0.5 * data.mean(axis=0), atol=1e-5)


def test_only_beta_and_gamma_are_trained_and_belong_to_the_layer():
    net = normalization.batch_normalization(core.input_data([None, 3]), restore=False)
    assert current().trainable_variables() == [net.beta, net.gamma]
    assert get_layer_variables_by_name("BatchNormalization") == [net.beta, net.gamma]
    assert not any(each.restore for each in current().entries)
    assert get_layer_by_name("BatchNormalization") is net
    assert net.scope.name == "BatchNormalization"


def test_statistics_are_shared_with_their_scope():
    incoming = core.input_data([None, 3])
    first = normalization.batch_normalization(incoming, scope="x")
    second = normalization.batch_normalization(incoming, scope="x", reuse=True)
    assert second.gamma is first.gamma
    assert len(current().entries) == 4
    with pytest.raises(ValueError, match="already exists"):
        normalization.batch_normalization(incoming, scope="x")
    with pytest.raises(ValueError, match="shared with other settings"):
        normalization.batch_normalization(incoming, scope="x", reuse=True, decay=0.99)


def test_the_channels_must_be_known():
    with pytest.raises(AssertionError, match="how many channels there are"):
        normalization.batch_normalization(core.input_data([None, None]))


def response(images, radius=5, bias=1.0, alpha=1e-4, beta=0.75):
    channels = images.shape[-1]
    outcome = np.empty_like(images)
    for channel in range(channels):
        near = images[..., max(channel - radius, 0) : channel + radius + 1]
        outcome[..., channel] = images[..., channel] / (bias + alpha * (near**2).sum(-1)) ** beta
    return outcome


@pytest.mark.parametrize(
    "options",
    [{}, {"depth_radius": 2, "bias": 2.0, "alpha": 0.1, "beta": 0.5}],
)
def test_local_response_normalization_divides_by_near_channels(options):
    net = normalization.local_response_normalization(core.input_data([None, 3, 3, 16]), **options)
    images = 20 * normal(2, 3, 3, 16)
    named = {key.removeprefix("depth_"): value for key, value in options.items()}
    assert np.allclose(model_of(net)([images]).numpy(), response(images, **named), atol=1e-4)
    assert get_layer_by_name("LocalResponseNormalization") is net
    with pytest.raises(AssertionError, match="must be 4-D"):
        normalization.local_response_normalization(core.input_data([None, 3]))


@pytest.mark.parametrize("dim", [1, 2, [1, 2]])
def test_l2_normalize_gives_vectors_length_1(dim):
    net = normalization.l2_normalize(core.input_data([None, 4, 5]), dim)
    data = normal(3, 4, 5)
    axis = tuple(dim) if isinstance(dim, list) else dim
    expected = data / np.linalg.norm(data, axis=axis, keepdims=True)
    assert np.allclose(model_of(net)([data]).numpy(), expected, atol=1e-6)


def test_l2_normalize_does_not_divide_by_zero():
    zeros = normalization.l2_normalize(tf.zeros((2, 3)), 1).numpy()
    small = normalization.l2_normalize(tf.constant([[1e-3, 0.0]]), 1, epsilon=1.0).numpy()
    assert not zeros.any()
    assert np.allclose(small, [[1e-3, 0.0]])


def test_normalizations_are_found_by_name():
    assert normalization.get("l2_normalize") is normalization.l2_normalize
    assert normalization.get(normalization.l2_normalize) is normalization.l2_normalize
    with pytest.raises(Exception, match="Invalid normalization: group"):
        normalization.get("group")


@pytest.mark.parametrize(
    "build",
    [
        normalization.batch_normalization,
        normalization.local_response_normalization,
        lambda x: normalization.l2_normalize(x, 3),
    ],
)
def test_a_keras_file_gives_the_same_network(build, tmp_path):
    model = model_of(build(core.input_data([None, 4, 4, 3])))
    data = normal(5, 4, 4, 3)
    model([data], training=True)
    model.save(tmp_path / "network.keras")
    loaded = keras.models.load_model(tmp_path / "network.keras")
    assert np.array_equal(loaded.predict(data, verbose=0), model.predict(data, verbose=0))
