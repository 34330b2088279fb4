"""The last look before training: Keras builds what the rows say, and images go through it."""

import math
import random
from dataclasses import replace

from mnistlab.data.datasets import Dataset
from mnistlab.errors import DataError, DesignError
from mnistlab.widgets.designer import verification as module
from mnistlab.widgets.designer.plan import Plan, Training, make_layer
from mnistlab.widgets.designer.templates import names, template
from mnistlab.widgets.designer.verification import MOST_AT_ONCE, MOST_IMAGES, verify

import numpy as np
import pytest

SMALL = (make_layer("Conv2D", filters=2), make_layer("Flatten"), make_layer("Output"))


@pytest.fixture(scope="module")
def dataset() -> Dataset:
    dice = np.random.default_rng(1)
    images = dice.integers(0, 256, (200, 28, 28, 1), "uint8")
    return Dataset("noise", images, dice.integers(0, 10, 200))


@pytest.mark.parametrize("name", names())
def test_every_template_is_verified(dataset, name):
    plan = template(name)
    found = verify(plan, dataset)
    assert found.plan == replace(plan, name="network")
    assert found.shapes == tuple(row.output_shape for row in plan.rows)
    assert found.parameters == plan.parameters
    assert found.trainable == plan.parameters - sum(row.frozen for row in plan.rows)
    assert found.batch == min(plan.training.batch_size, MOST_IMAGES)
    assert sum(found.output) == pytest.approx(1, abs=1e-4)
    assert len(found.output) == 10
    assert math.isfinite(found.loss)
    assert found.seconds > 0
    assert f"{plan.parameters:,} parameters" in found.lines[1]


@pytest.mark.parametrize(
    "training",
    [
        Training(labels="integers", loss="sparse_categorical_crossentropy", top3=True),
        Training(loss="mean_squared_error"),
        Training(loss="binary_crossentropy", optimizer="AdamW"),
    ],
)
def test_each_loss_is_computed(dataset, training):
    assert verify(Plan(layers=SMALL, training=training), dataset).loss > 0


def test_it_is_the_same_each_time_and_leaves_other_dice_alone(dataset):
    random.seed(5)
    state = random.getstate()
    first, second = (verify(Plan(layers=SMALL), dataset) for _ in range(2))
    assert random.getstate() == state
    assert first.output == second.output
    assert first.loss == second.loss


def test_a_large_network_is_sent_fewer_images(dataset):
    wide = (make_layer("Conv2D", filters=512, padding="same"),) * 2
    plan = Plan(layers=(*wide, make_layer("GlobalAveragePooling2D"), make_layer("Output")))
    numbers = sum(math.prod(row.output_shape) for row in plan.rows)
    plan = replace(plan, training=Training(batch_size=10_000))
    batch, _ = module._batch(plan, dataset)
    assert len(batch) == MOST_AT_ONCE // numbers < MOST_IMAGES


def test_what_the_rules_refuse_is_refused_with_their_words(dataset):
    with pytest.raises(DesignError, match="There are no layers"):
        verify(Plan(), dataset)


@pytest.mark.parametrize("changes", [{"input_shape": (28, 28, 3)}, {"classes": 9, "layers": ()}])
def test_other_data_are_refused(dataset, changes):
    with pytest.raises(DesignError, match="Confirm the data in step 1 again"):
        verify(replace(Plan(layers=SMALL), **changes), dataset)


def test_data_without_images_are_refused(dataset):
    empty = replace(dataset, images=dataset.images[:0], labels=dataset.labels[:0])
    with pytest.raises(DataError, match="noise has no images to train on"):
        verify(Plan(layers=SMALL), empty)


def test_pixels_that_are_no_numbers_are_refused(dataset):
    images = np.full((5, 28, 28, 1), np.nan, "float32")
    with pytest.raises(DataError):
        verify(Plan(layers=SMALL), replace(dataset, images=images, labels=dataset.labels[:5]))


def test_a_row_that_keras_builds_otherwise_is_named(dataset, monkeypatch):
    other = module.build_seeded(Plan(layers=(make_layer("Conv2D", filters=3), *SMALL[1:])))
    monkeypatch.setattr(module, "build_seeded", lambda plan: other)
    with pytest.raises(DesignError, match=r"Row 1 \(Conv2D\): Keras made 26x26x3 with 30 param"):
        verify(Plan(layers=SMALL), dataset)


def test_a_loss_that_is_no_number_is_said(dataset, monkeypatch):
    monkeypatch.setattr(module, "_computed", lambda work, inputs: np.array([math.nan]).item())
    with pytest.raises(DesignError, match="Set a smaller learning rate in step 4"):
        module._losses(None, None, None)


def test_answers_that_are_no_numbers_are_said(dataset, monkeypatch):
    answers = np.full((2, 10), np.nan)
    monkeypatch.setattr(module, "_computed", lambda work, inputs: answers)
    with pytest.raises(DesignError, match=r"Row 3 \(Output\) answers with numbers that are not"):
        module._answered(Plan(layers=SMALL), None, None)


def test_what_fails_in_keras_is_said_shortly():
    def fail():
        raise MemoryError("out of memory " * 100)

    with pytest.raises(DesignError, match="failed on a batch of 3 images: out of memory") as found:
        module._computed(fail, np.zeros((3, 1)))
    assert len(str(found.value)) < 500
