"""Merging computes what tflearn's merge did, mode by mode."""

from mnistlab.errors import DesignError
from mnistlab.tflearn.graph import current
from mnistlab.tflearn.layers import core, merge_ops
from mnistlab.tflearn.utils import get_layer_by_name
from tests.tflearn.networks import normal, run

import keras
import numpy as np
import pytest
import tensorflow as tf


def inputs(*shapes):
    return [core.input_data([None, *shape]) for shape in shapes]


THREE = [normal(5, 4, seed=seed) for seed in range(3)]

MODES = {
    "concat": np.concatenate(THREE, axis=1),
    "elemwise_sum": sum(THREE),
    "elemwise_mul": np.prod(THREE, axis=0),
    "sum": np.concatenate(THREE, axis=1).sum(axis=1),
    "mean": np.concatenate(THREE, axis=1).mean(axis=1),
    "prod": np.concatenate(THREE, axis=1).prod(axis=1),
    "max": np.concatenate(THREE, axis=1).max(axis=1),
    "min": np.concatenate(THREE, axis=1).min(axis=1),
}


@pytest.mark.parametrize("mode", MODES)
def test_each_mode_gives_what_numpy_gives(mode):
    net = merge_ops.merge(inputs((4,), (4,), (4,)), mode)
    assert net.shape == (None, *MODES[mode].shape[1:])
    assert np.allclose(run(net, *THREE), MODES[mode], atol=1e-5)


@pytest.mark.parametrize(("mode", "summary"), [("and", np.all), ("or", np.any)])
def test_truths_are_joined_and_summed_up(mode, summary):
    left, right = (core.input_data([None, 2], dtype=tf.bool) for _ in range(2))
    truths = np.array([[1, 1], [1, 0], [0, 0]], bool), np.array([[1, 1], [0, 0], [0, 0]], bool)
    merged = run(merge_ops.merge([left, right], mode), *truths)
    assert merged.tolist() == summary(np.concatenate(truths, axis=1), axis=1).tolist()


@pytest.mark.parametrize("axis", [2, 3, -1])
def test_images_are_joined_along_any_dimension(axis):
    images = normal(2, 3, 3, 2), normal(2, 3, 3, 2, seed=1)
    net = merge_ops.merge(inputs((3, 3, 2), (3, 3, 2)), "concat", axis=axis)
    assert np.array_equal(run(net, *images), np.concatenate(images, axis=axis))


def test_batches_are_joined_too():
    rows = normal(2, 4), normal(2, 4, seed=1)
    net = merge_ops.merge(inputs((4,), (4,)), "concat", axis=0)
    assert np.array_equal(run(net, *rows), np.concatenate(rows))


def test_sums_and_products_stretch_lengths_of_1():
    images, row = normal(2, 3, 3, 2), normal(2, 1, 1, 2)
    net = merge_ops.merge(inputs((3, 3, 2), (1, 1, 2)), "elemwise_mul")
    assert np.array_equal(run(net, images, row), images * row)


def test_outputs_are_joined_along_dimension_1():
    net = merge_ops.merge_outputs(inputs((4,), (4,), (4,)))
    assert np.array_equal(run(net, *THREE), MODES["concat"])


def test_a_merged_tensor_has_its_name():
    net = merge_ops.merge(inputs((4,), (4,)), "concat", name="both")
    assert get_layer_by_name("both") is net


def test_one_tensor_and_unknown_modes_are_refused():
    with pytest.raises(Exception, match="Merge required 2 or more tensors"):
        merge_ops.merge(inputs((4,)), "concat")
    with pytest.raises(DesignError, match="Unknown merge mode 'average'"):
        merge_ops.merge(inputs((4,), (4,)), "average")


@pytest.mark.parametrize("mode", MODES)
def test_a_keras_file_gives_the_same_network(mode, tmp_path):
    net = merge_ops.merge(inputs((4,), (4,), (4,)), mode)
    model = keras.Model(current().inputs, net)
    model.save(tmp_path / "network.keras")
    loaded = keras.models.load_model(tmp_path / "network.keras")
    assert np.array_equal(loaded.predict(THREE, verbose=0), model.predict(THREE, verbose=0))
