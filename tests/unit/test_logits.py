"""The logits of a model: what its softmax turns into probabilities."""

from mnistlab import predict
from mnistlab.errors import DataError
from mnistlab.models import files, zoo
from mnistlab.models.prediction import logit_reader, logits

import keras
import numpy as np
import pytest

IMAGES = np.random.default_rng(0).integers(0, 256, (3, 28, 28), dtype="uint8")


def softmax(scores):
    powers = np.exp(scores - scores.max(axis=1, keepdims=True))
    return powers / powers.sum(axis=1, keepdims=True)


def ending_in(*layers):
    return keras.Sequential([keras.Input((28, 28, 1)), keras.layers.Flatten(), *layers])


@pytest.mark.parametrize("name", ["baseline", "batchnorm", "dropout", "lenet5"])
def test_their_softmax_is_what_the_model_predicts(name):
    model = zoo.build(name)
    np.testing.assert_allclose(softmax(logits(model, IMAGES)), predict(model, IMAGES), atol=1e-6)


def test_a_reloaded_model_has_the_same(tmp_path):
    model = zoo.build("lenet5")
    path = files.save(model, tmp_path / "model.keras")
    np.testing.assert_allclose(logits(files.load(path), IMAGES), logits(model, IMAGES), rtol=1e-6)


def test_a_reader_follows_the_weights_of_its_model():
    model, other = zoo.build("lenet5"), zoo.build("lenet5")
    read = logit_reader(model)
    np.testing.assert_array_equal(read(IMAGES), logits(model, IMAGES))
    model.set_weights(other.get_weights())
    np.testing.assert_allclose(read(IMAGES), logits(other, IMAGES), rtol=1e-6)


def test_a_sequential_model_without_bias_and_with_fewer_classes():
    model = ending_in(keras.layers.Dense(3, activation="softmax", use_bias=False))
    scores = logits(model, IMAGES[0])
    assert scores.shape == (1, 3)
    expected = IMAGES[:1].reshape(1, -1) / 255 @ model.layers[-1].get_weights()[0]
    np.testing.assert_allclose(scores, expected, rtol=1e-4)


@pytest.mark.parametrize(
    ("layers", "found"),
    [
        ([keras.layers.Dense(10, name="scores")], "'scores', a Dense that"),
        ([keras.layers.Dense(10), keras.layers.Softmax(name="end")], "'end', a Softmax that"),
    ],
)
def test_a_model_that_ends_in_another_way(layers, found):
    with pytest.raises(DataError, match=f"model ends in the layer {found} is no Dense"):
        logit_reader(ending_in(*layers))


def test_what_predict_refuses_is_refused():
    with pytest.raises(DataError, match="images has the shape"):
        logits(zoo.build("lenet5"), np.zeros((3, 5)))
    with pytest.raises(DataError, match="model takes"):
        logits(keras.Sequential([keras.Input((4,)), keras.layers.Dense(10)]), IMAGES)
