"""init_graph makes a script repeatable; the mode of training is kept."""

from mnistlab.tflearn import config
from mnistlab.tflearn.graph import current
from mnistlab.tflearn.layers import core

import numpy as np
import pytest
import tensorflow as tf

v1 = tf.compat.v1


def fresh_weights(seed):
    v1.reset_default_graph()
    if seed is not None:
        config.init_graph(seed=seed)
    return core.fully_connected(core.input_data([None, 4]), 3).W.numpy()


def test_one_seed_gives_one_network_and_another_another():
    assert np.array_equal(fresh_weights(1), fresh_weights(1))
    assert not np.array_equal(fresh_weights(1), fresh_weights(2))
    assert not np.array_equal(fresh_weights(None), fresh_weights(None))


def test_zero_is_a_seed():
    assert np.array_equal(fresh_weights(0), fresh_weights(0))


def test_tensorflows_own_numbers_follow_the_seed_too():
    config.init_graph(seed=3)
    first = tf.random.uniform((3,)).numpy()
    config.init_graph(seed=3)
    assert np.array_equal(tf.random.uniform((3,)).numpy(), first)


def test_the_settings_come_back_as_tensorflow_1_wrote_them():
    settings = config.init_graph(gpu_memory_fraction=0.5, soft_placement=False)
    assert settings.allow_soft_placement is False
    assert settings.log_device_placement is False
    assert settings.gpu_options.per_process_gpu_memory_fraction == 0.5
    assert config.init_graph().allow_soft_placement is True
    assert tf.config.get_soft_device_placement() is True


def test_threads_that_can_no_longer_be_set_are_said():
    tf.zeros(())
    with pytest.warns(UserWarning, match=r"init_graph\(num_cores=3\) came after"):
        settings = config.init_graph(num_cores=3)
    assert settings.intra_op_parallelism_threads == settings.inter_op_parallelism_threads == 3


def test_a_graphics_card_whose_memory_cannot_be_limited_is_said(monkeypatch):
    monkeypatch.setattr(tf.config, "list_physical_devices", lambda kind: ["a card"])
    with pytest.warns(UserWarning, match="gpu_memory_fraction=0.5.* is not heeded"):
        config.init_graph(gpu_memory_fraction=0.5)


def test_the_mode_of_training_is_the_graphs():
    mode = config.get_training_mode()
    assert mode is config.get_training_mode()
    assert not mode.numpy()
    config.is_training(True)
    assert mode.numpy()
    v1.reset_default_graph()
    assert not config.get_training_mode().numpy()
    config.is_training(False)
    assert not config.get_training_mode().numpy()


def test_the_mode_is_no_variable_of_the_network():
    config.init_training_mode()
    assert current().entries == []
