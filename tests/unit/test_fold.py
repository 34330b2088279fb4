"""One fold: the same task gives the same numbers, wherever it runs."""

import dataclasses
import pickle
import random
import threading

from mnistlab.errors import DesignError, TrainingError
from mnistlab.evaluation import fold
from mnistlab.evaluation.fold import (
    FoldTask,
    FreshModels,
    build_seeded,
    keras_settings,
    run_fold,
    split,
    threads_in_use,
)

import cloudpickle
import keras
import numpy as np
import pytest

ROWS = 60
LABELS = np.eye(10)[np.arange(ROWS) % 10]
IMAGES = np.random.default_rng(0).random((ROWS, 28, 28, 1), dtype="float32")


def small_model(learning_rate=0.1):
    layers = [keras.layers.Flatten(), keras.layers.Dropout(0.3), keras.layers.Dense(10, "softmax")]
    model = keras.Sequential([keras.Input((28, 28, 1)), *layers], name="small")
    # Without tracing, which takes far longer than a training of this size.
    optimizer = keras.optimizers.SGD(learning_rate)
    model.compile(optimizer, "categorical_crossentropy", metrics=["accuracy"], run_eagerly=True)
    return model


def task(define_model=small_model, **changes):
    first = FoldTask(0, 3, 2, 16, seed=1, build=FreshModels(define_model))
    return dataclasses.replace(first, **changes)


@pytest.fixture(scope="module")
def outcome():
    return run_fold(task(), IMAGES, LABELS)


class TestOutcome:
    def test_what_it_holds(self, outcome):
        assert outcome.fold == 0
        assert outcome.score == outcome.history["val_accuracy"][-1]
        assert outcome.seconds > 0
        assert outcome.threads == threads_in_use() >= 1

    def test_the_same_task_gives_the_same_numbers(self, outcome):
        assert run_fold(task(), IMAGES, LABELS).history == outcome.history

    def test_what_ran_before_does_not_matter(self, outcome):
        run_fold(task(fold=2), IMAGES, LABELS)
        keras.utils.set_random_seed(99)
        assert run_fold(task(), IMAGES, LABELS).history == outcome.history

    def test_folds_and_seeds_differ(self, outcome):
        assert run_fold(task(fold=1), IMAGES, LABELS).history != outcome.history
        assert run_fold(task(seed=2), IMAGES, LABELS).history != outcome.history

    def test_a_lambda_that_was_pickled_gives_the_same(self, outcome):
        rate = 0.1
        build = cloudpickle.dumps(FreshModels(lambda: small_model(rate)))
        assert run_fold(task(build=build), IMAGES, LABELS).history == outcome.history

    def test_it_can_be_pickled(self, outcome):
        assert pickle.loads(pickle.dumps(outcome)) == outcome

    def test_a_training_that_diverges_names_fold_and_epoch(self):
        diverging = task(lambda: small_model(1e38), fold=1)
        with pytest.raises(TrainingError, match=r"^Fold 2 of 3, epoch \d of 2: .* not finite"):
            run_fold(diverging, 1e10 * IMAGES, LABELS)

    def test_it_reports_with_its_number(self):
        seen = []
        run_fold(task(fold=2, report=lambda *message: seen.append(message)), IMAGES, LABELS)
        assert {fold for fold, *_ in seen} == {2}
        assert [epoch for _, epoch, share, numbers in seen if numbers] == [0, 1]


class TestOtherThreads:
    def test_in_a_thread_the_numbers_are_the_same(self, outcome):
        outcomes = []
        thread = threading.Thread(target=lambda: outcomes.append(run_fold(task(), IMAGES, LABELS)))
        thread.start()
        thread.join()
        assert outcomes[0].history == outcome.history

    def test_threads_that_draw_random_numbers_meanwhile_do_not_change_them(self):
        drawn, stop = [], threading.Event()

        def draw():
            while not stop.is_set():
                drawn.append(random.randint(1, 6))

        def seeds():
            return [random.randint(1, 10**9) for _ in range(10_000)]

        expected = build_seeded(seeds, 1)
        thread = threading.Thread(target=draw)
        thread.start()
        try:
            assert all(build_seeded(seeds, 1) == expected for _ in range(20))
        finally:
            stop.set()
            thread.join()
        assert drawn

    def test_afterwards_everyone_draws_from_the_same_again(self):
        before = random.randint
        with pytest.raises(ZeroDivisionError):
            build_seeded(lambda: 1 / 0, 1)
        assert random.randint == before


def test_every_row_is_held_out_once():
    parts = [split(61, 5, seed=3, fold=number) for number in range(5)]
    assert sorted(np.concatenate([held_out for _, held_out in parts])) == list(range(61))
    for training, held_out in parts:
        assert sorted([*training, *held_out]) == list(range(61))


class TestFreshModels:
    def test_a_pickled_copy_remembers_no_models(self):
        kept = small_model()
        build = FreshModels(lambda: kept)
        assert build() is kept
        with pytest.raises(DesignError, match="trained already"):
            build()
        assert isinstance(pickle.loads(cloudpickle.dumps(build))(), keras.Model)


class TestSettingsOfKeras:
    @pytest.fixture(autouse=True)
    def as_before(self):
        before = keras_settings()
        yield
        fold._use_keras_settings(before)
        assert keras_settings() == before

    def test_they_are_taken_over(self):
        wanted = keras_settings() | {"epsilon": 1e-3, "dtype_policy": "mixed_bfloat16"}
        fold._use_keras_settings(wanted)
        assert keras_settings() == wanted

    def test_they_change_the_numbers(self, outcome):
        wanted = keras_settings() | {"dtype_policy": "mixed_bfloat16"}
        found = run_fold(task(keras_settings=wanted), IMAGES, LABELS).history
        assert found != outcome.history
        np.testing.assert_allclose(found["loss"], outcome.history["loss"], rtol=0.1)
