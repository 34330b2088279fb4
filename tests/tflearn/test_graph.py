"""The graph of a script: names as TensorFlow 1 gave them, one graph after the other."""

from mnistlab.tflearn import graph, private
from mnistlab.tflearn.graph import current, layer_scope

import keras
import numpy as np
import pytest
import tensorflow as tf

v1 = tf.compat.v1


def opened(scope=None, name="Conv2D", reuse=False):
    with layer_scope(scope, name, reuse) as here:
        if here.layer is None:
            here.graph.layers[here.name] = keras.layers.Dense(1)
        return here.name, here.layer


class TestScopes:
    def test_default_names_are_counted(self):
        assert [opened()[0] for _ in range(3)] == ["Conv2D", "Conv2D_1", "Conv2D_2"]

    def test_those_of_an_outer_layer_are_counted_for_themselves(self):
        names = []
        for _ in range(2):
            with layer_scope(None, "ResidualBlock"):
                names += [opened()[0], opened()[0]]
        assert names == [
            "ResidualBlock/Conv2D",
            "ResidualBlock/Conv2D_1",
            "ResidualBlock_1/Conv2D",
            "ResidualBlock_1/Conv2D_1",
        ]

    def test_a_scope_is_taken_as_it_is_and_only_once(self):
        assert opened("x", "Conv2D")[0] == "x"
        with pytest.raises(ValueError, match="Variable x/W already exists, disallowed"):
            opened("x")

    def test_a_scope_that_is_reused_has_the_same_layer(self):
        _, layer = opened("x")
        assert opened("x", reuse=True) == ("x", layer)

    def test_a_scope_that_is_not_there_cannot_be_reused(self):
        with pytest.raises(ValueError, match="Variable y/W does not exist"):
            opened("y", reuse=True)

    def test_layers_of_a_variable_scope_that_is_entered_again_are_shared(self):
        layers = []
        for reuse in (False, True):
            with v1.variable_scope("Generator", reuse=reuse):
                layers.append([opened(), opened()])
        assert layers[0] == layers[1]
        assert layers[0][1][0] == "Generator/Conv2D_1"


class TestGraphs:
    def test_a_reset_begins_a_new_one(self):
        before = current()
        assert current() is before
        v1.reset_default_graph()
        assert current() is not before

    def test_a_graph_of_tensorflow_1_has_its_own(self):
        outside = current()
        opened("x")
        with tf.Graph().as_default():
            assert current() is not outside
            assert opened("x")[0] == "x"
        assert current() is outside

    def test_a_name_is_given_once(self):
        names = [current().unique(name) for name in ("a", "a", "a_1", "a", "b")]
        assert len(set(names)) == 5
        assert names[:2] == ["a", "a_1"]

    def test_version_1_behavior_is_refused(self, monkeypatch):
        monkeypatch.setattr(private, "version_2", lambda: False)
        with pytest.raises(RuntimeError, match=r"disable_v2_behavior.*Remove that call"):
            current()


class TestVariables:
    def test_they_have_the_names_of_a_checkpoint(self):
        variable = keras.Variable(np.zeros(3, "float32"))
        current().add_variable("fc/b", variable, lambda: np.zeros(3), trainable=False)
        assert variable.name == "fc/b:0"
        assert current().entry(variable).name == "fc/b"
        assert current().trainable_variables() == []
        assert current().entry(keras.Variable(0.0)) is None


class TestSeeds:
    def test_one_seed_gives_the_same_numbers_again(self):
        current().seed_with(7)
        first = [current().new_seed() for _ in range(3)]
        current().seed_with(7)
        assert [current().new_seed() for _ in range(3)] == first
        assert len(set(first)) == 3

    def test_without_one_they_follow_the_seed_of_tensorflow(self):
        found = []
        for _ in range(2):
            tf.random.set_seed(3)
            found.append([current().new_seed() for _ in range(2)])
        assert found[0] == found[1]
        assert found[0][0] != found[0][1]


def test_what_is_decorated_runs_eagerly_in_a_graph_of_tensorflow_1():
    with tf.Graph().as_default():
        assert not tf.executing_eagerly()
        assert graph.eagerly(tf.executing_eagerly)()
