"""Multiply-adds: by hand for every network of the zoo, and as TensorFlow's own profiler counts."""

import os

from mnistlab.errors import DesignError
from mnistlab.models import zoo
from mnistlab.models.costs import LayerCost, costs, multiply_adds

import keras
import pytest
import tensorflow as tf
from keras import layers
from tensorflow.python.framework.convert_to_constants import convert_variables_to_constants_v2

# For each layer with weights: the places of its output times the weights that meet at each.
BY_HAND = {
    "baseline": {
        "conv1": 26 * 26 * (3 * 3 * 1 * 32),  # 28 - 3 + 1 = 26
        "dense1": 13 * 13 * 32 * 100,  # pooled to 13, 5,408 numbers
        "probabilities": 100 * 10,
    },
    "batchnorm": {
        "conv1": 26 * 26 * (3 * 3 * 1 * 32),  # as the baseline: normalization counts 0
        "dense1": 13 * 13 * 32 * 100,
        "probabilities": 100 * 10,
    },
    "deeper": {
        "conv1": 26 * 26 * (3 * 3 * 1 * 32),
        "conv2": 11 * 11 * (3 * 3 * 32 * 64),  # 13 - 3 + 1 = 11
        "conv3": 9 * 9 * (3 * 3 * 64 * 64),  # 11 - 3 + 1 = 9
        "dense1": 4 * 4 * 64 * 100,  # 9 // 2 = 4
        "probabilities": 100 * 10,
    },
    "dropout": {
        "conv1": 28 * 28 * (2 * 2 * 1 * 32),  # 'same' padding keeps 28
        "conv2": 14 * 14 * (2 * 2 * 32 * 64),
        "dense1": 7 * 7 * 64 * 1024,
        "probabilities": 1024 * 10,
    },
    "keras_convnet": {
        "conv1": 26 * 26 * (3 * 3 * 1 * 32),
        "conv2": 24 * 24 * (3 * 3 * 32 * 64),  # no pooling before it
        "dense1": 12 * 12 * 64 * 128,
        "probabilities": 128 * 10,
    },
    "two_epoch": {
        "conv1": 25 * 25 * (4 * 4 * 1 * 32),  # 28 - 4 + 1 = 25
        "dense1": 12 * 12 * 32 * 128,  # 25 // 2 = 12
        "probabilities": 128 * 10,
    },
    "three_conv": {
        "conv1": 26 * 26 * (3 * 3 * 1 * 32),
        "conv2": 11 * 11 * (3 * 3 * 32 * 64),
        "conv3": 3 * 3 * (3 * 3 * 64 * 64),  # 11 // 2 = 5, 5 - 3 + 1 = 3
        "dense1": 3 * 3 * 64 * 64,
        "probabilities": 64 * 10,
    },
    "lenet5": {
        "conv1": 28 * 28 * (5 * 5 * 1 * 6),
        "conv2": 10 * 10 * (5 * 5 * 6 * 16),  # 14 - 5 + 1 = 10
        "dense1": 5 * 5 * 16 * 120,
        "dense2": 120 * 84,
        "probabilities": 84 * 10,
    },
}

TOTALS = {
    "baseline": 736_488,
    "batchnorm": 736_488,
    "deeper": 5_514_344,
    "dropout": 4_927_488,
    "keras_convnet": 11_992_448,
    "two_epoch": 911_104,
    "three_conv": 2_794_240,
    "lenet5": 416_520,
}


def profiled(model):
    """What TensorFlow counts in the frozen graph of one image: 2 for each multiply-add."""
    shape = (1, *model.input_shape[1:])
    function = tf.function(lambda image: model(image, training=False))
    frozen = convert_variables_to_constants_v2(
        function.get_concrete_function(tf.TensorSpec(shape, tf.float32))
    )
    profiler = tf.compat.v1.profiler
    options = profiler.ProfileOptionBuilder(profiler.ProfileOptionBuilder.float_operation())
    options = options.with_file_output(os.devnull).build()
    found = profiler.profile(frozen.graph, cmd="op", options=options)
    return sum(
        node.float_ops
        for node in walk(found)
        if node.name in ("MatMul", "Conv2D", "DepthwiseConv2dNative")
    )


def walk(node):
    for child in node.children:
        yield child
        yield from walk(child)


def network(*hidden, shape=(28, 28, 1)):
    return keras.Sequential([keras.Input(shape), *hidden])


class TestTheZoo:
    def test_all_of_it_is_counted_here(self):
        assert set(BY_HAND) == set(TOTALS) == set(zoo.names())

    @pytest.mark.parametrize("name", zoo.names())
    def test_by_hand(self, name):
        model = zoo.build(name)
        counted = {each.name: each.multiply_adds for each in costs(model) if each.multiply_adds}
        assert counted == BY_HAND[name]
        assert multiply_adds(model) == sum(BY_HAND[name].values()) == TOTALS[name]

    @pytest.mark.parametrize("name", zoo.names())
    def test_tensorflows_profiler_counts_twice_as_many_operations(self, name):
        model = zoo.build(name)
        assert profiled(model) == 2 * multiply_adds(model)

    @pytest.mark.parametrize("name", zoo.names())
    def test_parameters_are_those_of_keras(self, name):
        model = zoo.build(name)
        assert sum(each.parameters for each in costs(model)) == model.count_params()

    def test_a_row_for_every_layer_in_order(self):
        assert costs(zoo.baseline()) == [
            LayerCost("image", "InputLayer", (28, 28, 1), 0, 0),
            LayerCost("conv1", "Conv2D", (26, 26, 32), 320, 194_688),
            LayerCost("pool1", "MaxPooling2D", (13, 13, 32), 0, 0),
            LayerCost("flatten", "Flatten", (5408,), 0, 0),
            LayerCost("dense1", "Dense", (100,), 540_900, 540_800),
            LayerCost("probabilities", "Dense", (10,), 1_010, 1_000),
        ]

    def test_a_model_is_counted_alike_after_it_was_used_in_another(self):
        model = zoo.lenet5()
        keras.Model(model.input, model.get_layer("conv2").output)
        model(keras.Input((28, 28, 1)))
        assert multiply_adds(model) == TOTALS["lenet5"]


class TestLayers:
    @pytest.mark.parametrize(
        ("layer", "expected"),
        [
            (layers.Conv2D(4, 3, strides=2), 13 * 13 * 3 * 3 * 2 * 4),
            (layers.Conv2D(4, (3, 5), padding="same"), 28 * 28 * 3 * 5 * 2 * 4),
            (layers.Conv2D(4, 3, dilation_rate=2), 24 * 24 * 3 * 3 * 2 * 4),
            # Each of two groups of filters sees one of the two channels.
            (layers.Conv2D(4, 3, groups=2), 26 * 26 * 3 * 3 * 1 * 4),
            (layers.DepthwiseConv2D(3), 26 * 26 * 3 * 3 * 2),
            (layers.DepthwiseConv2D(3, depth_multiplier=2), 26 * 26 * 3 * 3 * 2 * 2),
            (layers.SeparableConv2D(4, 3), 26 * 26 * (3 * 3 * 2 + 2 * 4)),
            (layers.Dense(5), 28 * 28 * 2 * 5),
        ],
    )
    def test_one_for_each_use_of_a_weight(self, layer, expected):
        model = network(layer, shape=(28, 28, 2))
        assert multiply_adds(model) == expected

    @pytest.mark.parametrize(
        "layer",
        [
            layers.Conv2D(4, 3, strides=2),
            layers.Conv2D(4, (3, 5), padding="same"),
            layers.DepthwiseConv2D(3),
            layers.DepthwiseConv2D(3, depth_multiplier=2),
            layers.SeparableConv2D(4, 3),
        ],
    )
    def test_the_profiler_agrees(self, layer):
        model = network(layer, shape=(28, 28, 2))
        assert profiled(model) == 2 * multiply_adds(model)

    @pytest.mark.parametrize(
        ("layer", "shape", "expected"),
        [
            (layers.Conv1D(4, 3), (20, 2), 18 * 3 * 2 * 4),
            (layers.DepthwiseConv1D(3), (20, 2), 18 * 3 * 2),
            (layers.SeparableConv1D(4, 3), (20, 2), 18 * (3 * 2 + 2 * 4)),
            (layers.Conv3D(4, 2), (5, 5, 5, 2), 4 * 4 * 4 * 2 * 2 * 2 * 2 * 4),
            (
                layers.Conv2D(4, 3, data_format="channels_first"),
                (2, 28, 26),
                26 * 24 * 3 * 3 * 2 * 4,
            ),
        ],
    )
    def test_other_dimensions(self, layer, shape, expected):
        assert multiply_adds(network(layer, shape=shape)) == expected

    @pytest.mark.parametrize(
        "layer",
        [
            layers.MaxPooling2D(2),
            layers.BatchNormalization(),
            layers.LayerNormalization(),
            layers.ReLU(),
            layers.PReLU(),
            layers.Dropout(0.5),
            layers.Flatten(),
            layers.Rescaling(1 / 255),
        ],
    )
    def test_what_counts_nothing(self, layer):
        model = network(layer)
        assert multiply_adds(model) == 0
        assert costs(model)[-1].parameters == model.count_params()

    def test_branches_are_all_counted(self):
        inputs = keras.Input((28, 28, 1))
        left, right = layers.Conv2D(4, 3)(inputs), layers.Conv2D(8, 3)(inputs)
        outputs = layers.Dense(10)(layers.Flatten()(layers.Concatenate()([left, right])))
        model = keras.Model(inputs, outputs)
        assert multiply_adds(model) == 26 * 26 * (9 * 4 + 9 * 8) + 26 * 26 * 12 * 10

    def test_a_network_in_a_network_is_counted_layer_by_layer(self):
        inner = keras.Sequential([layers.Conv2D(4, 3, name="conv")], name="inner")
        model = network(inner, layers.Flatten(), layers.Dense(10))
        found = {each.name: each.multiply_adds for each in costs(model)}
        assert found["inner/conv"] == 26 * 26 * 9 * 4
        assert sum(each.parameters for each in costs(model)) == model.count_params()


class TestSharedLayers:
    def test_each_use_counts_and_its_parameters_once(self):
        inputs, shared = keras.Input((28, 28, 1)), layers.Conv2D(1, 3, name="shared")
        model = keras.Model(inputs, shared(shared(inputs)))
        assert multiply_adds(model) == (26 * 26 + 24 * 24) * 9
        found = costs(model)
        assert sorted(each.output_shape for each in found[1:]) == [(24, 24, 1), (26, 26, 1)]
        assert sum(each.parameters for each in found) == model.count_params()

    def test_a_network_that_is_used_twice(self):
        inputs = keras.Input((28, 28, 1))
        inner = keras.Sequential(
            [keras.Input((28, 28, 1)), layers.Conv2D(1, 3, padding="same")], name="inner"
        )
        model = keras.Model(inputs, inner(inner(inputs)))
        assert multiply_adds(model) == 2 * 28 * 28 * 9
        assert sum(each.parameters for each in costs(model)) == model.count_params()

    def test_a_use_in_another_model_counts_there(self):
        convolution = layers.Conv2D(4, 3)
        small, large = (
            keras.Sequential([keras.Input((side, side, 1)), convolution]) for side in (28, 56)
        )
        assert multiply_adds(small) == 26 * 26 * 9 * 4
        assert multiply_adds(large) == 54 * 54 * 9 * 4

    def test_both_ends_of_a_shortcut(self):
        inputs = keras.Input((28, 28, 4))
        around = layers.Add()([inputs, layers.Conv2D(4, 3, padding="same")(inputs)])
        model = keras.Model(inputs, [around, layers.ReLU()(around)])
        assert multiply_adds(model) == 28 * 28 * 9 * 4 * 4
        assert len(costs(model)) == 4


class Own(layers.Layer):
    def build(self, shape):
        self.kernel = self.add_weight(shape=(shape[-1], 3))

    def call(self, x):
        return x @ self.kernel


class OwnDense(layers.Dense):
    """Its kernel may be used otherwise than a dense layer's."""


class TestWhatCannotBeCounted:
    @pytest.mark.parametrize(
        ("layer", "kind"),
        [
            (Own(name="mine"), "Own"),
            (OwnDense(3, name="mine"), "OwnDense"),
            (layers.Conv2DTranspose(3, 2, name="mine"), "Conv2DTranspose"),
            (layers.EinsumDense("abcd,de->abce", (None, 28, 3), name="mine"), "EinsumDense"),
        ],
    )
    def test_an_unknown_layer_with_weights_is_named(self, layer, kind):
        with pytest.raises(DesignError, match=rf"layer 'mine' \({kind}\).*Conv2D"):
            costs(network(layer))

    def test_a_model_that_knows_no_sizes(self):
        with pytest.raises(DesignError, match=r"'open'.*keras\.Input"):
            costs(keras.Sequential([layers.Dense(3)], name="open"))
        any_size = network(layers.Conv2D(4, 3, name="conv"), shape=(None, None, 1))
        with pytest.raises(DesignError, match=r"layer 'conv'.*keras\.Input"):
            costs(any_size)

    def test_a_model_of_its_own_class(self):
        class Own(keras.Model):
            def call(self, x):
                return x

        model = Own(name="own")
        model(tf.zeros((1, 28, 28, 1)))
        with pytest.raises(DesignError, match=r"'own'.*keras\.Model"):
            costs(model)

    @pytest.mark.parametrize("model", [None, "baseline", layers.Dense(3)])
    def test_what_is_no_model(self, model):
        with pytest.raises(DesignError, match="Keras model"):
            costs(model)
