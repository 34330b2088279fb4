"""The eight architectures: parameters, shapes, training as published, fresh weights."""

import inspect

from mnistlab.errors import DesignError, MnistLabError
from mnistlab.models import zoo

import keras
import numpy as np
import pytest


def conv(filters, side, channels):
    return filters * (side * side * channels + 1)


def dense(units, inputs):
    return units * (inputs + 1)


# By hand, layer by layer: (name, output shape without the batch, parameters).
TABLES = {
    "baseline": [
        ("conv1", (26, 26, 32), conv(32, 3, 1)),
        ("pool1", (13, 13, 32), 0),
        ("flatten", (5408,), 0),
        ("dense1", (100,), dense(100, 5408)),
        ("probabilities", (10,), dense(10, 100)),
    ],
    "batchnorm": [
        ("conv1", (26, 26, 32), conv(32, 3, 1)),
        ("relu1", (26, 26, 32), 0),
        ("norm1", (26, 26, 32), 4 * 32),
        ("pool1", (13, 13, 32), 0),
        ("flatten", (5408,), 0),
        ("dense1", (100,), dense(100, 5408)),
        ("relu2", (100,), 0),
        ("norm2", (100,), 4 * 100),
        ("probabilities", (10,), dense(10, 100)),
    ],
    "deeper": [
        ("conv1", (26, 26, 32), conv(32, 3, 1)),
        ("pool1", (13, 13, 32), 0),
        ("conv2", (11, 11, 64), conv(64, 3, 32)),
        ("conv3", (9, 9, 64), conv(64, 3, 64)),
        ("pool2", (4, 4, 64), 0),
        ("flatten", (1024,), 0),
        ("dense1", (100,), dense(100, 1024)),
        ("probabilities", (10,), dense(10, 100)),
    ],
    "dropout": [
        ("conv1", (28, 28, 32), conv(32, 2, 1)),
        ("pool1", (14, 14, 32), 0),
        ("conv2", (14, 14, 64), conv(64, 2, 32)),
        ("pool2", (7, 7, 64), 0),
        ("flatten", (3136,), 0),
        ("dense1", (1024,), dense(1024, 3136)),
        ("dropout1", (1024,), 0),
        ("probabilities", (10,), dense(10, 1024)),
    ],
    "keras_convnet": [
        ("conv1", (26, 26, 32), conv(32, 3, 1)),
        ("conv2", (24, 24, 64), conv(64, 3, 32)),
        ("pool1", (12, 12, 64), 0),
        ("dropout1", (12, 12, 64), 0),
        ("flatten", (9216,), 0),
        ("dense1", (128,), dense(128, 9216)),
        ("dropout2", (128,), 0),
        ("probabilities", (10,), dense(10, 128)),
    ],
    "two_epoch": [
        ("conv1", (25, 25, 32), conv(32, 4, 1)),
        ("pool1", (12, 12, 32), 0),
        ("flatten", (4608,), 0),
        ("dense1", (128,), dense(128, 4608)),
        ("probabilities", (10,), dense(10, 128)),
    ],
    "three_conv": [
        ("conv1", (26, 26, 32), 320),
        ("pool1", (13, 13, 32), 0),
        ("conv2", (11, 11, 64), 18_496),
        ("pool2", (5, 5, 64), 0),
        ("conv3", (3, 3, 64), 36_928),
        ("flatten", (576,), 0),
        ("dense1", (64,), 36_928),
        ("probabilities", (10,), 650),
    ],
    "lenet5": [
        ("conv1", (28, 28, 6), conv(6, 5, 1)),
        ("pool1", (14, 14, 6), 0),
        ("conv2", (10, 10, 16), conv(16, 5, 6)),
        ("pool2", (5, 5, 16), 0),
        ("flatten", (400,), 0),
        ("dense1", (120,), dense(120, 400)),
        ("dense2", (84,), dense(84, 120)),
        ("probabilities", (10,), dense(10, 84)),
    ],
}
PARAMETERS = {
    "baseline": 542_230,
    "batchnorm": 542_758,
    "deeper": 159_254,
    "dropout": 3_230_954,
    "keras_convnet": 1_199_882,
    "two_epoch": 591_786,
    "three_conv": 93_322,
    "lenet5": 61_706,
}
OPTIMIZERS = {
    "baseline": (keras.optimizers.SGD, 0.01),
    "batchnorm": (keras.optimizers.SGD, 0.01),
    "deeper": (keras.optimizers.SGD, 0.01),
    "dropout": (keras.optimizers.Adam, 0.01),
    "keras_convnet": (keras.optimizers.Adadelta, 1.0),
    "two_epoch": (keras.optimizers.RMSprop, 0.001),
    "three_conv": (keras.optimizers.RMSprop, 0.001),
    "lenet5": (keras.optimizers.SGD, 0.01),
}
SOURCES = {
    "baseline": ("Brownlee", "2019"),
    "batchnorm": ("Brownlee", "Ioffe", "2015"),
    "deeper": ("Brownlee", "Simonyan", "2014"),
    "dropout": ("Handwritten Digits Recognition", "2017"),
    "keras_convnet": ("mnist_cnn.py", "99.25"),
    "two_epoch": ("Kundathil", "2020"),
    "three_conv": ("Chollet", "2017"),
    "lenet5": ("LeCun", "1998"),
}
SGD_MODELS = ["baseline", "batchnorm", "deeper", "lenet5"]


@pytest.fixture(scope="module")
def models():
    return {name: zoo.build(name) for name in zoo.names()}


def weights(name, seed, **changes):
    keras.utils.set_random_seed(seed)
    return zoo.build(name, **changes).get_weights()


def same(first, second):
    return all(np.array_equal(one, other) for one, other in zip(first, second, strict=True))


def test_the_names_are_those_of_the_table():
    assert zoo.names() == list(PARAMETERS)


def test_names_gives_a_list_of_its_own():
    zoo.names().clear()
    assert zoo.names() == list(PARAMETERS)


def test_define_model_is_the_baseline():
    assert zoo.define_model is zoo.baseline


@pytest.mark.parametrize("name", PARAMETERS)
class TestArchitecture:
    def test_parameters(self, models, name):
        assert models[name].count_params() == PARAMETERS[name]
        assert sum(parameters for *_, parameters in TABLES[name]) == PARAMETERS[name]

    def test_layers(self, models, name):
        found = [
            (layer.name, layer.output.shape[1:], layer.count_params())
            for layer in models[name].layers[1:]
        ]
        assert found == TABLES[name]

    def test_input_and_output(self, models, name):
        assert models[name].input_shape == (None, 28, 28, 1)
        assert models[name].output_shape == (None, 10)
        assert models[name].name == name

    def test_activations(self, models, name):
        *hidden, last = models[name].layers
        assert last.activation is keras.activations.softmax
        for layer in hidden:
            if isinstance(layer, keras.layers.Conv2D | keras.layers.Dense):
                expected = "linear" if name == "batchnorm" else "relu"
                assert layer.activation.__name__ == expected

    def test_compiled_as_published(self, models, name):
        kind, learning_rate = OPTIMIZERS[name]
        optimizer = models[name].optimizer
        assert type(optimizer) is kind
        assert float(optimizer.learning_rate) == pytest.approx(learning_rate)
        assert models[name].loss == "categorical_crossentropy"
        assert models[name].get_compile_config()["metrics"] == ["accuracy"]

    def test_probabilities_before_any_training(self, models, name):
        images = np.random.default_rng(0).random((4, 28, 28, 1), dtype="float32")
        answers = models[name](images).numpy()
        assert answers.shape == (4, 10)
        assert answers.min() >= 0
        np.testing.assert_allclose(answers.sum(axis=1), 1, atol=1e-5)

    def test_inner_layers_have_symbolic_outputs(self, models, name):
        model = models[name]
        inner = keras.Model(model.input, model.get_layer("conv1").output)
        assert inner(np.zeros((1, 28, 28, 1), "float32")).shape[-1] == TABLES[name][0][1][-1]

    def test_the_source_is_named(self, name):
        text = inspect.getdoc(getattr(zoo, name))
        assert all(word in text for word in ("Source:", *SOURCES[name]))
        assert f"{PARAMETERS[name]:,} parameters" in text

    def test_the_learning_rate_can_be_changed(self, name):
        model = zoo.build(name, learning_rate=0.125)
        assert float(model.optimizer.learning_rate) == 0.125

    def test_a_seed_decides_the_weights(self, name):
        first = weights(name, seed=1)
        assert same(first, weights(name, seed=1))
        assert not same(first, weights(name, seed=2))

    def test_weights_are_fresh_at_each_call(self, models, name):
        assert not same(models[name].get_weights(), zoo.build(name).get_weights())


@pytest.mark.parametrize("name", SGD_MODELS)
def test_momentum(models, name):
    assert models[name].optimizer.momentum == 0.9
    assert zoo.build(name, momentum=0.0).optimizer.momentum == 0.0


@pytest.mark.parametrize("name", ["baseline", "batchnorm", "deeper"])
def test_he_uniform(models, name):
    for layer in models[name].layers[1:-1]:
        if isinstance(layer, keras.layers.Conv2D | keras.layers.Dense):
            assert isinstance(layer.kernel_initializer, keras.initializers.HeUniform)


def test_adadelta_has_the_decay_of_keras_2(models):
    assert models["keras_convnet"].optimizer.rho == 0.95


def test_half_of_the_numbers_of_batch_normalization_are_not_trained(models):
    model = models["batchnorm"]
    assert sum(int(np.prod(weight.shape)) for weight in model.non_trainable_weights) == 264


def test_batch_normalization_before_the_activation():
    layers = [layer.name for layer in zoo.batchnorm(before_activation=True).layers]
    assert layers.index("norm1") == layers.index("conv1") + 1
    assert layers.index("relu1") == layers.index("norm1") + 1
    assert layers.index("relu2") == layers.index("norm2") + 1
    assert zoo.batchnorm(before_activation=True).count_params() == PARAMETERS["batchnorm"]


def test_keep_0_8_is_rate_0_2(models):
    layer = models["dropout"].get_layer("dropout1")
    assert layer.rate == 0.2
    masked = layer(np.ones((1, 100_000), "float32"), training=True).numpy()
    assert np.mean(masked == 0) == pytest.approx(0.2, abs=0.01)
    np.testing.assert_allclose(masked[masked > 0], 1.25, rtol=1e-6)


def test_keras_convnet_drops_a_quarter_and_a_half(models):
    rates = [models["keras_convnet"].get_layer(f"dropout{place}").rate for place in (1, 2)]
    assert rates == [0.25, 0.5]


@pytest.mark.parametrize("rate", [0.2, 0.5])
def test_the_first_weights_are_the_same_at_every_dropout_rate(rate):
    assert same(weights("dropout", seed=3, rate=0), weights("dropout", seed=3, rate=rate))


def test_the_seed_decides_the_dropout_masks():
    def mask(seed):
        keras.utils.set_random_seed(seed)
        return zoo.dropout().get_layer("dropout1")(np.ones((1, 1024)), training=True).numpy()

    assert np.array_equal(mask(1), mask(1))
    assert not np.array_equal(mask(1), mask(2))


@pytest.mark.parametrize("name", ["", "Baseline", "resnet", "_compiled", "build"])
def test_an_unknown_name_is_refused(name):
    with pytest.raises(DesignError, match=rf"no architecture named '{name}'; choose .*lenet5"):
        zoo.build(name)


def test_an_unknown_argument_is_refused():
    with pytest.raises(MnistLabError, match=r"'baseline' has no argument 'rate'.*learning_rate"):
        zoo.build("baseline", rate=0.5)
    with pytest.raises(DesignError, match="'depth', 'width'"):
        zoo.build("dropout", width=1, depth=2)
