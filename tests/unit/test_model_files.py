"""Saving and loading models: what goes in comes out, with its facts."""

import json
import logging
import re
import subprocess
import sys
import warnings
from pathlib import Path

from mnistlab.errors import DataError, ModelFileError
from mnistlab.models import files, inspection, schedules, zoo
from mnistlab.models.prediction import predict
from mnistlab.versions import versions

import keras
import numpy as np
import pytest
import tensorflow as tf

ENDINGS = (".keras", ".h5")


@pytest.fixture(scope="module")
def images():
    return np.random.default_rng(1).random((8, 28, 28, 1), np.float32)


@pytest.fixture(scope="module")
def labels():
    return np.eye(10, dtype=np.float32)[[0, 1, 2, 3, 4, 5, 6, 7]]


@pytest.fixture(autouse=True)
def any_warning_is_an_error():
    with warnings.catch_warnings():
        warnings.simplefilter("error", UserWarning)
        yield


@pytest.mark.parametrize("ending", ENDINGS)
@pytest.mark.parametrize("name", zoo.names())
def test_every_architecture_comes_back_as_it_was(name, ending, tmp_path, images, labels):
    model = zoo.build(name)
    model.train_on_batch(images, labels)
    path = files.save(model, tmp_path / f"{name}{ending}")
    loaded = files.load(path)

    assert [weight.shape for weight in loaded.weights] == [w.shape for w in model.weights]
    for before, after in zip(model.get_weights(), loaded.get_weights(), strict=True):
        np.testing.assert_array_equal(before, after)
    np.testing.assert_allclose(predict(model, images), predict(loaded, images), atol=1e-6)
    assert loaded.name == name
    assert sorted(p.name for p in tmp_path.iterdir()) == sorted(
        [path.name, name + (".json" if ending == ".keras" else ".h5.json")]
    )


@pytest.mark.parametrize("ending", ENDINGS)
@pytest.mark.parametrize("name", ["batchnorm", "three_conv"])
def test_a_trained_model_can_be_trained_on_as_if_it_had_not_been_saved(
    name, ending, tmp_path, images, labels
):
    model = zoo.build(name)
    model.fit(images, labels, verbose=0)
    loaded = files.load(files.save(model, tmp_path / f"model{ending}"))

    assert type(loaded.optimizer) is type(model.optimizer)
    for before, after in zip(model.optimizer.variables, loaded.optimizer.variables, strict=True):
        np.testing.assert_array_equal(before.numpy(), after.numpy())
    assert loaded.evaluate(images, labels, verbose=0) == pytest.approx(
        model.evaluate(images, labels, verbose=0)
    )
    model.fit(images, labels, epochs=1, verbose=0)
    history = loaded.fit(images, labels, epochs=1, verbose=0).history
    assert set(history) == {"accuracy", "loss"}
    for before, after in zip(model.get_weights(), loaded.get_weights(), strict=True):
        np.testing.assert_allclose(before, after, atol=1e-5)


@pytest.mark.parametrize("ending", ENDINGS)
def test_an_uncompiled_model_comes_back_uncompiled(ending, tmp_path):
    inputs = keras.Input((28, 28, 1))
    outputs = keras.layers.Dense(10)(keras.layers.Flatten()(inputs))
    path = files.save(keras.Model(inputs, outputs), tmp_path / f"plain{ending}")
    assert not files.load(path).compiled


def test_a_sequential_model_with_many_kinds_of_settings_comes_back(tmp_path, images):
    model = keras.Sequential(
        [
            keras.Input((28, 28, 1)),
            keras.layers.RandomRotation(0.1),
            keras.layers.Conv2D(
                4, 3, activation="gelu", kernel_regularizer="l2", kernel_constraint="max_norm"
            ),
            keras.layers.BatchNormalization(),
            keras.layers.Activation("relu"),
            keras.layers.GlobalAveragePooling2D(),
            keras.layers.Dropout(0.5),
            keras.layers.Dense(10, activation="softmax", kernel_initializer="he_uniform"),
        ]
    )
    model.compile(
        keras.optimizers.Adam(keras.optimizers.schedules.ExponentialDecay(0.1, 10, 0.5)),
        keras.losses.CategoricalCrossentropy(label_smoothing=0.1),
        metrics=["accuracy", keras.metrics.TopKCategoricalAccuracy(3)],
    )
    for ending in ENDINGS:
        loaded = files.load(files.save(model, tmp_path / f"sequential{ending}"))
        np.testing.assert_allclose(predict(model, images), predict(loaded, images), atol=1e-6)
        assert loaded.loss.label_smoothing == pytest.approx(0.1)


@pytest.mark.parametrize("ending", ENDINGS)
def test_a_schedule_of_this_library_comes_back(ending, tmp_path):
    model = zoo.build("lenet5", learning_rate=schedules.OneCycle(peak=0.1, steps=50))
    loaded = files.load(files.save(model, tmp_path / f"cycle{ending}"))
    rates = [schedules.rates(each.optimizer._learning_rate, 50) for each in (model, loaded)]
    np.testing.assert_array_equal(*rates)


def test_a_model_inside_a_model_comes_back(tmp_path, images):
    inputs = keras.Input((28, 28, 1))
    model = keras.Model(inputs, zoo.build("lenet5")(keras.layers.Rescaling(0.5)(inputs)))
    loaded = files.load(files.save(model, tmp_path / "nested.keras"))
    np.testing.assert_allclose(predict(model, images), predict(loaded, images), atol=1e-6)


@pytest.mark.parametrize("ending", ENDINGS)
def test_gradients_reach_the_inner_layers_of_a_loaded_model(ending, tmp_path, images):
    loaded = files.load(files.save(zoo.build("deeper"), tmp_path / f"deeper{ending}"))
    both = keras.Model(loaded.inputs, [loaded.get_layer("conv3").output, loaded.output])
    with tf.GradientTape() as tape:
        maps, outputs = both([images], training=False)
        score = outputs[:, 7]
    gradients = tape.gradient(score, maps)
    assert gradients is not None
    assert gradients.shape == maps.shape
    assert np.abs(gradients.numpy()).max() > 0


def test_the_content_decides_and_not_the_name(tmp_path):
    model = zoo.build("lenet5")
    files.save(model, tmp_path / "a.keras").rename(tmp_path / "renamed.h5")
    files.save(model, tmp_path / "b.h5").rename(tmp_path / "renamed.keras")
    assert files.load(tmp_path / "renamed.h5").count_params() == 61_706
    assert files.load(tmp_path / "renamed.keras").count_params() == 61_706


def test_the_facts_tell_what_the_model_is(tmp_path):
    path = files.save(
        zoo.build("lenet5"),
        tmp_path / "new/folder/lenet5.keras",
        data="mnist",
        seed=np.int64(1),
        test_accuracy=np.float32(0.5),
        curve=np.arange(3),
        protocol={"epochs": 10},
    )
    found = files.facts(path)
    assert found["architecture"] == "lenet5"
    assert found["parameters"] == 61_706
    assert found["input_shape"] == [None, 28, 28, 1]
    assert found["output_shape"] == [None, 10]
    assert found["versions"] == versions()
    assert found["cores"] >= 1
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\+00:00", found["date"])
    assert (found["data"], found["seed"], found["test_accuracy"]) == ("mnist", 1, 0.5)
    assert (found["curve"], found["protocol"]) == ([0, 1, 2], {"epochs": 10})
    assert found == json.loads((path.parent / "lenet5.json").read_text(encoding="utf-8"))


def test_the_facts_of_the_two_formats_do_not_meet(tmp_path):
    model = zoo.build("lenet5")
    one = files.save(model, tmp_path / "lenet5.keras", seed=1)
    two = files.save(model, tmp_path / "lenet5.h5", seed=2)
    assert (files.facts(one)["seed"], files.facts(two)["seed"]) == (1, 2)


def test_a_model_without_facts_has_none(tmp_path):
    path = files.save(zoo.build("lenet5"), tmp_path / "lenet5.keras")
    (tmp_path / "lenet5.json").unlink()
    assert files.facts(path) == {}
    assert files.load(path).name == "lenet5"


def test_saving_again_replaces_both_files(tmp_path):
    files.save(zoo.build("lenet5"), tmp_path / "model.keras", seed=1)
    path = files.save(zoo.build("deeper"), tmp_path / "model.keras", seed=2)
    assert files.load(path).name == "deeper"
    assert files.facts(path)["seed"] == 2


@pytest.mark.skipif(sys.platform == "win32", reason="links need a privilege on Windows")
def test_a_link_to_a_model_is_followed(tmp_path):
    path = files.save(zoo.build("lenet5"), tmp_path / "real.keras", seed=1)
    link = tmp_path / "link.keras"
    link.symlink_to(path)
    assert files.facts(link)["seed"] == 1
    files.save(zoo.build("deeper"), link, seed=2)
    assert link.is_symlink()
    assert files.load(path).name == "deeper"


def test_saving_and_loading_write_nothing_on_the_screen(tmp_path):
    program = (
        "import sys; from mnistlab.models import files, zoo\n"
        "for ending in ('.keras', '.h5'):\n"
        "    files.load(files.save(zoo.build('lenet5'), sys.argv[1] + ending))\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, str(tmp_path / "lenet5")],
        capture_output=True,
        text=True,
        check=True,
    )
    assert (done.stdout, done.stderr) == ("", "")


def test_keras_may_log_again_afterwards(tmp_path):
    level = logging.getLogger("absl").level
    files.save(zoo.build("lenet5"), tmp_path / "lenet5.h5")
    assert logging.getLogger("absl").level == level


@pytest.mark.parametrize(
    ("home", "names"),
    [
        (keras.layers, inspection.LAYERS),
        (keras.activations, inspection.ACTIVATIONS),
        (keras.initializers, inspection.INITIALIZERS),
        (keras.constraints, inspection.CONSTRAINTS),
        (keras.optimizers, inspection.OPTIMIZERS),
        (keras.optimizers.schedules, inspection.SCHEDULES),
        (keras.losses, inspection.LOSSES),
        (keras.metrics, inspection.METRICS),
    ],
)
def test_every_name_on_a_list_is_one_of_keras_own(home, names):
    assert [name for name in sorted(names) if not hasattr(home, name)] == []


def test_no_layer_on_the_list_takes_a_function_or_reads_a_file():
    dangerous = {"Lambda", "TFSMLayer", "TorchModuleWrapper", "JaxLayer", "FlaxLayer", "RNN"}
    reading = {"StringLookup", "IntegerLookup", "TextVectorization"}
    assert not inspection.LAYERS & (dangerous | reading)


def test_images_of_every_accepted_form_give_the_same_answer(images):
    model = zoo.build("lenet5")
    pixels = (images * 255).round().astype(np.uint8)
    expected = predict(model, pixels)
    assert expected.dtype == np.float32
    assert expected.shape == (8, 10)
    np.testing.assert_allclose(expected.sum(axis=1), 1, atol=1e-5)
    np.testing.assert_allclose(predict(model, pixels[..., 0]), expected, atol=1e-6)
    np.testing.assert_allclose(predict(model, pixels / 255), expected, atol=1e-6)
    np.testing.assert_allclose(predict(model, pixels[0]), expected[:1], atol=1e-6)
    np.testing.assert_allclose(predict(model, pixels[0, ..., 0]), expected[:1], atol=1e-6)
    np.testing.assert_allclose(
        expected, model.predict(pixels / np.float32(255), verbose=0), atol=1e-6
    )


def test_more_images_than_one_batch_keep_their_order(monkeypatch, images):
    model = zoo.build("lenet5")
    expected = predict(model, images)
    monkeypatch.setattr("mnistlab.models.prediction.BATCH", 3)
    np.testing.assert_allclose(predict(model, images), expected, atol=1e-6)


def test_prediction_leaves_dropout_out(images):
    model = zoo.build("dropout", rate=0.9)
    np.testing.assert_array_equal(predict(model, images), predict(model, images))


@pytest.mark.parametrize(
    "nothing",
    [[], np.empty((0, 28, 28)), np.empty((0, 28, 28, 1), np.uint8), np.empty((0, 28, 28), "f4")],
)
def test_no_images_give_no_answers(nothing):
    answer = predict(zoo.build("lenet5"), nothing)
    assert answer.shape == (0, 10)
    assert answer.dtype == np.float32


@pytest.mark.parametrize(
    ("images", "said"),
    [
        (np.full((1, 28, 28), np.nan), "NaN"),
        (np.full((1, 28, 28), np.inf), "infinite"),
        (np.full((1, 28, 28), 255.0), "Divide pixels"),
        (np.full((1, 28, 28), -0.1), "-0.1"),
        (np.zeros((1, 28, 28), np.int64), "int64"),
        (np.zeros((1, 28, 28), object), "object"),
        (np.zeros((1, 32, 32)), r"\(1, 32, 32\)"),
        (np.zeros((1, 28, 28, 3)), r"\(1, 28, 28, 3\)"),
        (np.zeros(784), r"\(784,\)"),
        (np.float32(1), r"\(\)"),
    ],
)
def test_images_that_cannot_be_meant_are_refused(images, said):
    with pytest.raises(DataError, match=said):
        predict(zoo.build("lenet5"), images)


def test_the_path_may_be_text_or_a_path(tmp_path):
    path = files.save(zoo.build("lenet5"), str(tmp_path / "lenet5.keras"))
    assert isinstance(path, Path)
    assert files.load(str(path)).name == "lenet5"


def test_any_shape_is_accepted_where_the_caller_says_so(tmp_path):
    inputs = keras.Input((32, 32, 3))
    outputs = keras.layers.Dense(2)(keras.layers.Flatten()(inputs))
    path = files.save(keras.Model(inputs, outputs), tmp_path / "other.keras")
    assert files.load(path, input_shape=None, output_units=None).output_shape == (None, 2)
    assert files.load(path, input_shape=(32, 32, 3), output_units=2).name
    with pytest.raises(ModelFileError):
        files.load(path, input_shape=None)
