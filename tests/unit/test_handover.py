"""A training in two parts, in different models, gives the numbers of one that is not divided."""

import dataclasses

from mnistlab.errors import MnistLabError
from mnistlab.evaluation import fold
from mnistlab.evaluation.fold import FoldTask, FreshModels, run_fold
from mnistlab.evaluation.handover import read_handover
from mnistlab.models import schedules

import keras
import numpy as np
import pytest
from keras import layers

ROWS = 60
LABELS = np.eye(10)[np.arange(ROWS) % 10]
IMAGES = np.random.default_rng(0).random((ROWS, 28, 28, 1), dtype="float32")


def network(optimizer, *hidden):
    model = keras.Sequential([*hidden, layers.Flatten(), layers.Dense(10, "softmax")])
    model.compile(optimizer, "categorical_crossentropy", metrics=["accuracy"])
    return model


def dropout():
    return network(keras.optimizers.SGD(0.1, momentum=0.9), layers.Dropout(0.5))


def normalized():
    return network("adam", layers.Conv2D(2, 5), layers.BatchNormalization())


def scheduled():
    return network(keras.optimizers.RMSprop(schedules.build("one_cycle", 0.01, 12)))


def averaged():
    return network(keras.optimizers.SGD(0.1, use_ema=True))


def scaled_loss():
    return network(keras.optimizers.LossScaleOptimizer(keras.optimizers.Adam()))


def drawing_when_judging():
    # Unlike dropout, this layer draws random numbers for held-out images, too.
    return network("adadelta", layers.RandomSharpness(0.5, value_range=(0, 1)))


def task(define_model=dropout, **changes):
    return dataclasses.replace(FoldTask(1, 3, 3, 16, 1, FreshModels(define_model)), **changes)


@pytest.mark.parametrize(
    "define_model", [dropout, normalized, scheduled, averaged, scaled_loss, drawing_when_judging]
)
def test_the_numbers_are_the_same(define_model, tmp_path):
    file = tmp_path / "state"
    whole = run_fold(task(define_model), IMAGES, LABELS)
    first = run_fold(task(define_model, until=2, handover=file), IMAGES, LABELS)
    second = run_fold(task(define_model, handover=file), IMAGES, LABELS)
    assert (first.finished, second.finished, whole.finished) == (False, True, True)
    assert first.history == {name: values[:2] for name, values in whole.history.items()}
    assert second.history == whole.history
    assert second.seconds > first.seconds


def test_the_trained_weights_are_the_same(tmp_path, monkeypatch):
    built, build = [], fold.build_seeded
    monkeypatch.setattr(
        fold, "build_seeded", lambda *given: built.append(build(*given)) or built[-1]
    )
    file = tmp_path / "state"
    for changes in ({}, {"until": 1, "handover": file}, {"handover": file}):
        run_fold(task(averaged, **changes), IMAGES, LABELS)
    whole, first, second = (model.get_weights() for model in built)
    for one, other, unfinished in zip(whole, second, first, strict=True):
        np.testing.assert_array_equal(one, other)
        assert not np.array_equal(one, unfinished)


def test_without_a_first_part_all_is_trained(tmp_path):
    outcome = run_fold(task(handover=tmp_path / "nothing"), IMAGES, LABELS)
    assert outcome.history == run_fold(task(), IMAGES, LABELS).history


def test_a_first_part_that_is_there_is_not_trained_again(tmp_path):
    file, seen = tmp_path / "state", []
    again = task(until=2, handover=file, report=lambda *message: seen.append(message))
    first = run_fold(again, IMAGES, LABELS)
    seen.clear()
    second = run_fold(again, IMAGES, LABELS)
    assert second.history == first.history
    assert seen == []
    assert read_handover(file).epochs == 2


def test_a_part_with_other_threads_is_not_gone_on_with(tmp_path, monkeypatch):
    file, seen = tmp_path / "state", []
    run_fold(task(until=2, handover=file), IMAGES, LABELS)
    monkeypatch.setattr(fold, "threads_in_use", lambda: 99)
    outcome = run_fold(
        task(handover=file, report=lambda *message: seen.append(message)), IMAGES, LABELS
    )
    assert {epoch for _, epoch, *_ in seen} == {0, 1, 2}
    assert (outcome.threads, len(outcome.history["loss"])) == (99, 3)


def test_the_second_part_says_which_epochs_it_trains(tmp_path):
    file, seen = tmp_path / "state", []
    run_fold(task(until=2, handover=file), IMAGES, LABELS)
    run_fold(task(handover=file, report=lambda *message: seen.append(message)), IMAGES, LABELS)
    assert {(number, epoch) for number, epoch, *_ in seen} == {(1, 2)}


def test_where_the_state_cannot_be_written_the_second_part_trains_all(tmp_path, monkeypatch):
    def full_disk(*arguments):
        raise MnistLabError("no space")

    monkeypatch.setattr(fold, "write_handover", full_disk)
    file = tmp_path / "state"
    assert not run_fold(task(until=2, handover=file), IMAGES, LABELS).finished
    outcome = run_fold(task(handover=file), IMAGES, LABELS)
    assert outcome.history == run_fold(task(), IMAGES, LABELS).history
