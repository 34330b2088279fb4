"""Filters and feature maps: a network's own numbers, and what convolution by hand makes of them."""

import inspect
import warnings

from mnistlab.errors import DataError, DesignError
from mnistlab.explain.activations import relu
from mnistlab.explain.convolution import cross_correlate, max_pool
from mnistlab.models import files, zoo
from mnistlab.models.insight import feature_maps, filters, map_reader

import keras
import numpy as np
import pytest
from keras import layers


@pytest.fixture(scope="module")
def model():
    return zoo.three_conv()


@pytest.fixture(scope="module")
def images():
    return np.random.default_rng(0).integers(0, 256, (3, 28, 28), "uint8")


def sequential(*inner):
    return keras.Sequential([keras.Input((28, 28, 1)), *inner])


def close(ours, theirs):
    np.testing.assert_allclose(ours, theirs, rtol=0, atol=1e-4)


class TestFilters:
    @pytest.mark.parametrize("name", zoo.names())
    def test_they_are_the_numbers_of_the_layer(self, name):
        model = zoo.build(name)
        convolutions = [each for each in model.layers if isinstance(each, layers.Conv2D)]
        for layer in convolutions:
            kernel, bias = filters(model, layer.name)
            np.testing.assert_array_equal(kernel, layer.kernel.numpy())
            np.testing.assert_array_equal(bias, layer.bias.numpy())
            assert kernel.dtype == bias.dtype == np.float32
        assert inspect.signature(filters).parameters["layer"].default == convolutions[0].name

    def test_a_layer_without_bias_adds_zeros(self):
        model = sequential(layers.Conv2D(4, (2, 3), use_bias=False, name="plain"))
        kernel, bias = filters(model, "plain")
        assert kernel.shape == (2, 3, 1, 4)
        assert bias.tolist() == [0, 0, 0, 0]
        assert bias.dtype == np.float32

    def test_changing_them_does_not_change_the_model(self, model):
        for part in filters(model):
            part[:] = 7
        assert all((part != 7).all() for part in filters(model))

    @pytest.mark.parametrize(
        ("layer", "message"),
        [
            ("conv9", "no layer named 'conv9'; it has image, conv1, pool1, conv2, pool2, conv3"),
            ("pool1", "'pool1' is a MaxPooling2D and has no filters; .* conv1, conv2, conv3"),
            ("dense1", "'dense1' is a Dense and has no filters"),
            (None, "no layer named None"),
        ],
    )
    def test_another_layer(self, model, layer, message):
        with pytest.raises(DesignError, match=message) as caught:
            filters(model, layer)
        assert isinstance(caught.value, ValueError)

    def test_a_model_without_convolution_or_without_weights(self):
        dense = sequential(layers.Flatten(), layers.Dense(10, name="dense"))
        with pytest.raises(DesignError, match="a convolution of this model: none"):
            filters(dense, "dense")
        unseen = keras.Sequential([layers.Conv2D(4, 3, name="conv1")])
        with pytest.raises(DesignError, match="'conv1' has no filters yet"):
            filters(unseen)


class TestFeatureMaps:
    def test_as_computed_by_hand_layer_by_layer(self, model, images):
        maps = images[..., np.newaxis] / 255
        for place in (1, 2, 3):
            sums = cross_correlate(maps, *filters(model, f"conv{place}"))
            close(feature_maps(model, images, f"conv{place}", before_activation=True), sums)
            maps = relu(sums)
            close(feature_maps(model, images, f"conv{place}"), maps)
            if place < 3:
                maps = max_pool(maps)
                close(feature_maps(model, images, f"pool{place}"), maps)

    def test_type_and_shape(self, model, images):
        maps = feature_maps(model, images, "conv2")
        assert maps.shape == (3, 11, 11, 64)
        assert maps.dtype == np.float32
        assert feature_maps(model, images[0], "conv2").shape == (1, 11, 11, 64)
        assert feature_maps(model, images[:0], "conv2").shape == (0, 11, 11, 64)

    def test_images_of_every_kind_that_predict_takes(self, model, images):
        expected = feature_maps(model, images, "conv1")
        as_floats = (images / 255).astype("float32")
        np.testing.assert_array_equal(feature_maps(model, as_floats, "conv1"), expected)
        with_channel = images[..., np.newaxis]
        np.testing.assert_array_equal(feature_maps(model, with_channel, "conv1"), expected)

    def test_before_an_activation_that_is_a_layer(self, images):
        model = zoo.batchnorm()
        sums = feature_maps(model, images, "relu1", before_activation=True)
        np.testing.assert_array_equal(sums, feature_maps(model, images, "conv1"))
        np.testing.assert_array_equal(relu(sums), feature_maps(model, images, "relu1"))
        assert sums.min() < 0

    def test_strides_padding_and_dilation_of_the_layer_are_kept(self, images):
        arguments = {"strides": (2, 1), "padding": "same", "activation": "tanh"}
        model = sequential(layers.Conv2D(4, (2, 3), name="conv1", **arguments))
        kernel, bias = filters(model)
        sums = cross_correlate(images[..., None] / 255, kernel, bias, (2, 1), "same")
        close(feature_maps(model, images, "conv1", before_activation=True), sums)
        close(feature_maps(model, images, "conv1"), np.tanh(sums))

    def test_a_reader_answers_every_time_as_the_function_does(self, model, images):
        read = map_reader(model, "conv2", before_activation=True)
        expected = feature_maps(model, images, "conv2", before_activation=True)
        for _ in range(2):
            np.testing.assert_array_equal(read(images), expected)

    @pytest.mark.parametrize("before", [False, True])
    def test_a_reader_follows_a_model_that_is_trained_on(self, images, before):
        model = zoo.two_epoch()
        read = map_reader(model, "conv1", before)
        earlier = read(images)
        model.set_weights([weights + 0.1 for weights in model.get_weights()])
        np.testing.assert_array_equal(read(images), feature_maps(model, images, "conv1", before))
        assert not np.allclose(read(images), earlier)

    def test_without_a_bias(self, images):
        model = sequential(layers.Conv2D(4, 3, use_bias=False, activation="relu", name="conv1"))
        sums = feature_maps(model, images, "conv1", before_activation=True)
        close(sums, cross_correlate(images[..., np.newaxis] / 255, *filters(model)))
        assert sums.min() < 0

    def test_the_model_stays_as_it_is(self, images):
        model = zoo.two_epoch()
        weights, config = model.get_weights(), model.get_config()
        answers = model(images[..., np.newaxis] / 255)
        feature_maps(model, images, "conv1", before_activation=True)
        feature_maps(model, images, "pool1")
        assert model.get_config() == config
        for before, after in zip(weights, model.get_weights(), strict=True):
            np.testing.assert_array_equal(after, before)
        np.testing.assert_array_equal(model(images[..., np.newaxis] / 255), answers)

    @pytest.mark.parametrize("ending", [".keras", ".h5"])
    def test_of_a_model_from_a_file(self, images, tmp_path, ending):
        model = sequential(
            layers.Conv2D(4, 3, activation="relu", name="conv1"), layers.Flatten(), layers.Dense(10)
        )
        loaded = files.load(files.save(model, tmp_path / f"model{ending}"))
        for before in (False, True):
            expected = feature_maps(model, images, "conv1", before)
            np.testing.assert_array_equal(feature_maps(loaded, images, "conv1", before), expected)

    def test_of_a_sequential_model_that_has_seen_an_image(self, images):
        model = keras.Sequential([layers.Conv2D(4, 3, name="conv1")])
        with pytest.raises(DesignError, match=r"'conv1' cannot be looked into: .* seen an image"):
            feature_maps(model, images, "conv1")
        model(np.zeros((1, 28, 28, 1)))
        assert feature_maps(model, images, "conv1").shape == (3, 26, 26, 4)

    def test_nothing_is_said_on_the_side(self, model, images, capfd):
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            feature_maps(model, images, "conv1")
            feature_maps(model, images, "conv1", before_activation=True)
        assert capfd.readouterr() == ("", "")

    @pytest.mark.parametrize(
        ("layer", "before", "message"),
        [
            ("conv9", False, "no layer named 'conv9'"),
            ("flatten", False, r"'flatten' gives \(576,\) for each image"),
            ("probabilities", False, r"'probabilities' gives \(10,\)"),
            ("pool1", True, "'pool1' is a MaxPooling2D and has no activation"),
        ],
    )
    def test_another_layer(self, model, images, layer, before, message):
        with pytest.raises(DesignError, match=message):
            feature_maps(model, images, layer, before)

    def test_other_images(self, model, images):
        with pytest.raises(DataError, match=r"images has the shape \(3, 27, 28\)"):
            feature_maps(model, images[:, 1:], "conv1")
        with pytest.raises(DataError, match="from 0 to 255"):
            feature_maps(model, np.full((28, 28), 255.0) * np.eye(28), "conv1")

    def test_another_model(self, images):
        larger = keras.Sequential([keras.Input((32, 32, 1)), layers.Conv2D(4, 3, name="conv1")])
        with pytest.raises(DataError, match=r"model takes \(None, 32, 32, 1\)"):
            feature_maps(larger, images, "conv1")
        left, right = keras.Input((28, 28, 1)), keras.Input((28, 28, 1))
        maps = layers.Conv2D(4, 3, name="conv1")(layers.Add()([left, right]))
        with pytest.raises(DesignError, match="with one input"):
            feature_maps(keras.Model([left, right], maps), images, "conv1")
        any_size = keras.Sequential(
            [keras.Input((None, None, 1)), layers.Conv2D(4, 3, name="conv1")]
        )
        with pytest.raises(DesignError, match=r"gives \(None, None, 4\)"):
            feature_maps(any_size, images, "conv1")
