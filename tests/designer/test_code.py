"""The exported script builds the designer's model, and trains it the same way."""

import re
import subprocess
import sys
from dataclasses import replace

import mnistlab
from mnistlab.data.mnist import load_mnist
from mnistlab.errors import DesignError
from mnistlab.widgets.designer.build import build
from mnistlab.widgets.designer.code import WIDTH, to_code
from mnistlab.widgets.designer.document import Design
from mnistlab.widgets.designer.plan import Plan, Training, make_layer
from mnistlab.widgets.designer.rules import check
from mnistlab.widgets.designer.sampling import split
from mnistlab.widgets.designer.templates import names, template
from tests.designer.designs import plans

import keras
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings

FEW = 400
SMALL = (
    make_layer("Conv2D", filters=4, kernel_size=5, strides=3),
    make_layer("Flatten"),
    make_layer("Output"),
)


def loaded(text: str) -> dict:
    """Runs a script up to its `main()`, and returns what it defines."""
    found = {"__name__": "script"}
    exec(compile(text, "script.py", "exec"), found)
    return found


def assert_same(script: dict, plan: Plan) -> None:
    own, exported = build(plan), script["define_model"]()
    assert exported.get_config() == own.get_config()
    assert exported.count_params() == own.count_params() == plan.parameters
    optimizers = [model.optimizer.get_config() | {"name": ""} for model in (own, exported)]
    assert optimizers[0] == optimizers[1]
    assert type(own.optimizer) is type(exported.optimizer)
    assert own.loss == exported.loss
    configs = [model.get_compile_config()["metrics"] for model in (own, exported)]
    assert configs[0] == configs[1]


@pytest.mark.parametrize("name", names())
def test_each_template_is_exported_as_it_is_built(name):
    assert_same(loaded(to_code(template(name))), template(name))


@settings(max_examples=40, suppress_health_check=[HealthCheck.too_slow])
@given(plans(wild=False))
def test_a_random_design_is_exported_as_it_is_built(plan):
    if any(problem.severe for problem in check(plan)):
        with pytest.raises(DesignError):
            to_code(plan)
        return
    assert_same(loaded(to_code(plan)), plan)


@pytest.mark.parametrize(
    "training",
    [
        Training(optimizer="AdamW", learning_rate=0.002, top3=True),
        Training(loss="sparse_categorical_crossentropy", labels="integers", top3=True),
        Training(loss="mean_squared_error", optimizer="Nadam"),
        Training(loss="binary_crossentropy", optimizer="Adagrad", momentum=0.0),
    ],
)
def test_each_way_to_train_is_exported_as_it_is_built(training):
    plan = Plan("trained", layers=SMALL, training=training)
    assert_same(loaded(to_code(plan)), plan)


def few_digits():
    digits = load_mnist("standin")
    (x_train, y_train), (x_test, y_test) = digits
    return (x_train[:FEW], y_train[:FEW]), (x_test[:FEW], y_test[:FEW])


@pytest.mark.parametrize(
    "training",
    [
        Training(epochs=2, optimizer="Adam", learning_rate=0.005),
        Training(
            epochs=2,
            labels="integers",
            loss="sparse_categorical_crossentropy",
            validation_share=0.0,
            top3=True,
            stop_accuracy=0.999,
            stop_loss=0.0001,
            stop_minutes=5.0,
            patience=3,
        ),
    ],
)
def test_the_script_runs_from_beginning_to_end(training, tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(mnistlab, "load_mnist", few_digits)
    monkeypatch.chdir(tmp_path)
    plan = Plan("a whole run", layers=SMALL, training=training)
    exec(compile(to_code(plan), "script.py", "exec"), {"__name__": "__main__"})
    accuracy = re.search(r"accuracy on the test images: (\d+\.\d\d)%", capsys.readouterr().out)
    saved = keras.models.load_model(tmp_path / "a_whole_run.keras")
    _, (images, labels) = few_digits()
    read = saved.predict(images[..., np.newaxis] / 255, verbose=0).argmax(axis=1)
    assert float(accuracy[1]) == pytest.approx(100 * (read == labels).mean(), abs=0.01)


def test_images_of_another_shape_come_from_a_file_of_your_own(tmp_path, monkeypatch, capsys):
    plan = Plan("pets", (8, 6, 3), 2, (make_layer("Flatten"), make_layer("Output", units=2)))
    dice = np.random.default_rng(1)
    arrays = {
        f"{kind}_{part}": dice.integers(0, 2 if kind == "y" else 256, (40, *shape), "uint8")
        for part in ("train", "test")
        for kind, shape in (("x", (8, 6, 3)), ("y", ()))
    }
    np.savez(tmp_path / "my_data.npz", **arrays)
    monkeypatch.chdir(tmp_path)
    exec(compile(to_code(plan), "script.py", "exec"), {"__name__": "__main__"})
    assert "accuracy on the test images" in capsys.readouterr().out


def test_the_same_images_are_held_out(monkeypatch):
    script = loaded(to_code(template("lenet5")))
    labels = np.random.default_rng(3).integers(0, 10, 1234).astype("uint8")
    for own, exported in zip(split(labels, 0.1, 1), script["choose_held_out"](labels), strict=True):
        np.testing.assert_array_equal(own, exported)


def trained(plan: Plan, epochs: list[dict]) -> int:
    """Plays the ends of epochs to the script's callbacks; returns how many there were."""
    script = loaded(to_code(plan))
    model = script["define_model"]()
    callbacks = keras.callbacks.CallbackList(script["callbacks"](), model=model)
    callbacks.on_train_begin()
    model.stop_training = False
    for number, logs in enumerate(epochs):
        callbacks.on_train_batch_end(0)
        callbacks.on_epoch_end(number, logs)
        if model.stop_training:
            return number + 1
    return len(epochs)


def played(accuracies=(), losses=(), **training) -> int:
    plan = Plan(layers=SMALL, training=Training(epochs=10).changed(**training))
    count = max(len(accuracies), len(losses))
    accuracies, losses = (list(values) or [0.5] * count for values in (accuracies, losses))
    prefix = "val_" if plan.training.validation_share else ""
    return trained(
        plan,
        [
            {f"{prefix}accuracy": accuracy, f"{prefix}loss": loss}
            for accuracy, loss in zip(accuracies, losses, strict=True)
        ],
    )


@pytest.mark.parametrize("validation_share", [0.0, 0.1])
def test_each_stop_condition_ends_the_training(validation_share):
    share = {"validation_share": validation_share}
    assert played(accuracies=[0.5, 0.97, 0.98, 0.99], stop_accuracy=0.98, **share) == 3
    assert played(losses=[0.5, 0.2, 0.1, 0.05], stop_loss=0.2, **share) == 2
    assert played(losses=[0.5, 0.4, 0.45, 0.45, 0.3], patience=2, **share) == 4
    assert played(losses=[0.5, 0.4, 0.3], **share) == 3
    assert played(losses=[0.5, 0.4, 0.3], stop_minutes=1e-9, **share) == 1
    assert played(losses=[0.5, 0.4, 0.3], stop_minutes=60, **share) == 3


@pytest.mark.parametrize("validation_share", [0.0, 0.1])
def test_the_best_weights_are_kept(validation_share):
    plan = Plan(layers=SMALL, training=Training(epochs=3, validation_share=validation_share))
    script = loaded(to_code(plan))
    model = script["define_model"]()
    callbacks = keras.callbacks.CallbackList(script["callbacks"](), model=model)
    callbacks.on_train_begin()
    prefix = "val_" if validation_share else ""
    for number, quality in enumerate((0.5, 0.9, 0.6)):
        model.set_weights([np.full_like(each, number) for each in model.get_weights()])
        callbacks.on_epoch_end(number, {f"{prefix}accuracy": quality, f"{prefix}loss": 1 - quality})
    callbacks.on_train_end()
    assert all((each == 1).all() for each in model.get_weights())


@pytest.mark.parametrize(
    "name",
    [
        '"""; import os; os.system("touch owned"); """',
        "coding: utf-7",
        "# -*- coding: latin-1 -*-",
        "\\",
        "数字",
        "class",
        "__import__('os')",
        "a" * 60,
        "1st",
    ],
)
def test_a_name_from_elsewhere_is_only_letters_in_the_script(name):
    design = Design.from_template("lenet5")
    design.rename(name)
    text = design.to_code()
    assert text.isascii()
    script = loaded(text)
    assert script["define_model"]().count_params() == 61_706
    assert set(script) == set(loaded(to_code(template("lenet5"))))


def wide_plan() -> Plan:
    convolution = make_layer(
        "Conv2D",
        filters=512,
        strides=2,
        padding="same",
        activation="leaky_relu",
        kernel_initializer="glorot_normal",
        use_bias=False,
    )
    return Plan(
        "x" * 60,
        (64, 64, 3),
        1000,
        (
            convolution,
            make_layer("BatchNormalization", momentum=0.5, epsilon=0.25),
            make_layer("AveragePooling2D", pool_size=2, strides=1, padding="same"),
            make_layer("GlobalAveragePooling2D"),
            make_layer("Output", units=1000),
        ),
        Training(
            labels="integers",
            loss="sparse_categorical_crossentropy",
            top3=True,
            patience=1000,
            stop_accuracy=0.123456789,
            stop_minutes=9999.0,
            stop_loss=0.0001,
        ),
    )


@pytest.mark.parametrize("plan", [*map(template, names()), wide_plan()], ids=lambda p: p.name[:13])
def test_the_script_is_tidy(plan, tmp_path):
    path = tmp_path / "script.py"
    path.write_text(to_code(plan), "utf-8")
    options = ["--isolated", "--select=E,F,W,B,C4,UP,SIM,N", f"--line-length={WIDTH}"]
    command = [sys.executable, "-m", "ruff", "check", *options, str(path)]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr


def test_what_is_as_keras_has_it_is_left_out_of_the_script():
    text = to_code(template("keras_convnet"))
    assert 'x = layers.Conv2D(32, 3, activation="relu", name="conv1")(image)' in text
    assert 'x = layers.MaxPooling2D(2, name="pool1")(x)' in text
    assert "# keras.datasets.mnist.load_data() has the same form." in text
    assert "import time" not in text


def test_a_wrong_design_has_no_script():
    plan = replace(template("lenet5"), classes=7)
    with pytest.raises(DesignError, match="10 units, and the data have 7 classes"):
        to_code(plan)


def test_designs_need_neither_keras_nor_widgets():
    """Also their check, their file and their script."""
    program = """
import sys
from mnistlab.widgets.designer.document import Design
design = Design.from_template("keras_convnet")
assert not design.check()
assert Design.from_json(design.to_json()).plan == design.plan
assert "define_model" in design.to_code()
loaded = {"keras", "tensorflow", "ipywidgets", "anywidget", "matplotlib"} & set(sys.modules)
assert not loaded, loaded
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
