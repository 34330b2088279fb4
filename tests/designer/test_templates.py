"""The templates are the networks of the series."""

from mnistlab.data.shapes import in_words
from mnistlab.errors import DesignError
from mnistlab.models import zoo
from mnistlab.widgets.designer.build import build
from mnistlab.widgets.designer.document import Design
from mnistlab.widgets.designer.templates import names, template

import keras
import numpy as np
import pytest


@pytest.fixture(scope="module", params=names())
def pair(request):
    """One network twice: as a template and as the series builds it."""
    return template(request.param), build(template(request.param)), zoo.build(request.param)


def test_there_is_one_of_each():
    assert names() == zoo.names()


def names_of(model: keras.Model) -> list[str]:
    """The names of a model's layers; the series calls an Activation with relu a ReLU."""
    return [layer.name.replace("relu", "activation") for layer in model.layers]


def test_the_layers_have_the_same_names_shapes_and_parameters(pair):
    plan, own, published = pair
    assert names_of(own) == names_of(published)
    for one, other in zip(own.layers, published.layers, strict=True):
        assert one.output.shape == other.output.shape
        assert one.count_params() == other.count_params()
    assert plan.parameters == published.count_params()


def test_the_settings_of_each_layer_are_the_same(pair):
    _, own, published = pair
    for one, other in zip(own.layers, published.layers, strict=True):
        if isinstance(other, keras.layers.ReLU):
            assert one.activation is keras.activations.relu
            continue
        settings = [
            {name: value for name, value in layer.get_config().items() if name != "seed"}
            for layer in (one, other)
        ]
        assert settings[0] == settings[1]


def test_with_the_same_weights_they_answer_the_same(pair):
    _, own, published = pair
    own.set_weights(published.get_weights())
    images = np.random.default_rng(1).random((8, 28, 28, 1), dtype="float32")
    np.testing.assert_array_equal(
        keras.ops.convert_to_numpy(own(images)), keras.ops.convert_to_numpy(published(images))
    )


def test_they_are_trained_the_same_way(pair):
    _, own, published = pair
    # Keras counts the optimizers of a session in their names.
    settings = [model.optimizer.get_config() | {"name": ""} for model in (own, published)]
    assert settings[0] == settings[1]
    assert type(own.optimizer) is type(published.optimizer)
    assert own.loss == published.loss


def test_the_published_network_of_keras_reads_as_published():
    rows = Design.from_template("keras_convnet").rows
    shapes = [in_words(row.output_shape) for row in rows if row.layer.kind != "Dropout"]
    assert shapes == ["26x26x32", "24x24x64", "12x12x64", "9216", "128", "10"]
    assert sum(row.parameters for row in rows) == 1_199_882
    assert sum(row.share for row in rows) == pytest.approx(1)


def test_an_unknown_name_is_answered_with_the_known_ones():
    with pytest.raises(DesignError, match="There is no template 'lenet'; choose one of baseline"):
        template("lenet")
