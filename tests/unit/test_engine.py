"""Where the folds run: planned, run anywhere with the same numbers, ended when told to."""

import dataclasses
import os
import tempfile
import threading
import types

from mnistlab import settings
from mnistlab.errors import DesignError, WorkersError
from mnistlab.evaluation import engine
from mnistlab.evaluation.crossval import evaluate_model
from mnistlab.evaluation.engine import Packed, Plan, plan, run_folds
from mnistlab.evaluation.fold import FoldOutcome, FoldTask, FreshModels
from mnistlab.evaluation.reports import received

import joblib
import keras
import numpy as np
import pytest
from joblib.parallel import ParallelBackendBase

ROWS = 60
LABELS = np.arange(ROWS) % 10
IMAGES = np.random.default_rng(0).random((ROWS, 28, 28, 1), dtype="float32")
LARGE = engine.WORTH_PROCESSES


def small_model(rate=0.3):
    layers = [keras.layers.Flatten(), keras.layers.Dropout(rate), keras.layers.Dense(10, "softmax")]
    model = keras.Sequential([keras.Input((28, 28, 1)), *layers], name="small")
    # Without tracing, which takes far longer than a training of this size.
    model.compile("sgd", "categorical_crossentropy", metrics=["accuracy"], run_eagerly=True)
    return model


def tasks(count=3, define_model=small_model, **changes):
    build = FreshModels(define_model)
    return [FoldTask(fold, count, 2, 16, 1, build=build, **changes) for fold in range(count)]


def histories(plan, count=3, **changes):
    outcomes = run_folds(tasks(count, **changes), IMAGES, np.eye(10)[LABELS], plan)
    return [outcome.history for outcome in sorted(outcomes, key=lambda each: each.fold)]


@pytest.fixture(scope="module")
def expected():
    return histories(Plan("here", 1, 1))


@pytest.fixture
def machine(monkeypatch):
    """A machine of eight cores without a graphics card."""
    monkeypatch.setattr(joblib, "cpu_count", lambda: 8)
    monkeypatch.setattr(engine, "_graphics_card", lambda: False)
    monkeypatch.setattr(settings, "current", lambda: settings.Settings())


class TestPlan:
    @pytest.mark.usefixtures("machine")
    def test_as_many_as_folds_and_cores_allow(self):
        assert plan(5, LARGE) == Plan("processes", 5, 1)
        assert plan(20, LARGE) == Plan("processes", 8, 1)
        assert plan(2, LARGE) == Plan("processes", 2, 4)

    @pytest.mark.usefixtures("machine")
    def test_small_work_stays_here_unless_more_is_asked_for(self):
        assert plan(5, LARGE - 1).place == "here"
        assert plan(5, 10, workers=3) == Plan("processes", 3, 2)
        assert plan(5, LARGE, workers=1).place == "here"

    @pytest.mark.usefixtures("machine")
    def test_the_threads_of_the_settings_are_those_of_each_worker(self, monkeypatch):
        monkeypatch.setattr(settings, "current", lambda: settings.Settings(threads=3))
        assert plan(5, LARGE) == Plan("processes", 2, 3)

    @pytest.mark.usefixtures("machine")
    def test_with_a_graphics_card_one_after_the_other(self, monkeypatch):
        monkeypatch.setattr(engine, "_graphics_card", lambda: True)
        assert plan(5, LARGE).place == "here"
        with pytest.warns(UserWarning, match="workers=4 has no effect: one fold fills"):
            assert plan(5, LARGE, workers=4).place == "here"

    @pytest.mark.usefixtures("machine")
    def test_what_the_caller_configured_takes_over(self):
        with joblib.parallel_config("threading", n_jobs=2):
            assert plan(5, 10).place == "threads"
            assert plan(5, 10).workers == 2
        with joblib.parallel_config("loky", n_jobs=3):
            assert plan(5, 10) == Plan("processes", 3, 2)
        with joblib.parallel_config(n_jobs=1):
            assert plan(5, LARGE).place == "here"
        with joblib.parallel_config(n_jobs=-1):
            assert plan(5, 10) == Plan("processes", 5, 1)
        with joblib.parallel_config("sequential"):
            assert plan(5, LARGE).place == "here"
        with joblib.parallel_config(Elsewhere()):
            assert plan(5, LARGE) == Plan("engine", None, 1)

    @pytest.mark.usefixtures("machine")
    def test_an_engine_of_the_callers_decides_on_the_workers_and_that_is_said(self):
        with (
            joblib.parallel_config(Elsewhere()),
            pytest.warns(UserWarning, match="workers=3 has no effect: Elsewhere decides how many"),
        ):
            assert plan(5, LARGE, workers=3) == Plan("engine", None, 1)

    def test_copies_of_a_running_tensorflow_are_refused(self):
        with (
            joblib.parallel_config("multiprocessing"),
            pytest.raises(
                WorkersError, match=r"'multiprocessing' copies this process.*Choose 'loky'"
            ),
        ):
            plan(5, LARGE)


class Elsewhere(ParallelBackendBase):
    """Stands in for an engine of the caller's; runs what it is given at once, in this thread."""

    supports_retrieve_callback = True
    nesting_level = 0
    lost = 0

    def effective_n_jobs(self, n_jobs):
        return 2

    def submit(self, func, callback=None):
        if self.lost:
            self.lost -= 1
            raise ConnectionError("the machine is gone")
        future = types.SimpleNamespace(result=func())
        callback(future)
        return future

    def retrieve_result_callback(self, future):
        return future.result

    def abort_everything(self, ensure_ready=True):
        pass


class TestAnywhere:
    def test_threads_give_the_same_numbers(self, expected):
        with joblib.parallel_config("threading"):
            assert histories(Plan("threads", 3, 1)) == expected

    def test_an_engine_of_the_callers_gives_the_same_numbers(self, expected):
        with joblib.parallel_config(Elsewhere()):
            assert histories(Plan("engine", None, 1)) == expected

    def test_an_engine_that_has_all_answers_at_the_end_gives_the_same_numbers(self, expected):
        class InTheEnd(Elsewhere):
            supports_retrieve_callback = False
            supports_return_generator = False

            def submit(self, func, callback=None):
                outcome = func()
                callback(outcome)
                return types.SimpleNamespace(get=lambda timeout=None: outcome)

        with joblib.parallel_config(InTheEnd()):
            assert histories(Plan("engine", None, 1)) == expected

    def test_a_lambda_over_a_variable_can_be_sent(self):
        rate = 0.0
        here = histories(Plan("here", 1, 1), define_model=lambda: small_model(rate))
        with joblib.parallel_config(Elsewhere()):
            sent = histories(Plan("engine", None, 1), define_model=lambda: small_model(rate))
        assert sent == here

    def test_processes_say_how_far_they_are_and_how_many_threads_they_had(self):
        # As many as the processes of the next test have, which are these.
        seen, threads = [], plan(3, 10, workers=2).threads
        with received(lambda *message: seen.append(message)) as report:
            several = Plan("processes", 2, threads)
            outcomes = list(run_folds(tasks(2, report=report), IMAGES, np.eye(10)[LABELS], several))
        assert {outcome.threads for outcome in outcomes} == {threads}
        assert {fold for fold, *_ in seen} == {0, 1}
        assert any("val_accuracy" in numbers for *_, numbers in seen)


def whole(workers):
    return evaluate_model(
        small_model, IMAGES, LABELS, folds=3, epochs=2, batch_size=16, workers=workers
    )


def test_evaluate_model_gives_the_same_with_several_workers():
    # Two processes for three folds: the order of the work is another one.
    one, two = whole(1), whole(2)
    assert two.scores == one.scores
    assert two.histories == one.histories
    assert two.protocol == one.protocol
    assert (one.facts["workers"], two.facts["workers"]) == (1, 2)
    assert len(two.facts["fold_seconds"]) == 3


class TestDivided:
    """Three folds of two epochs for two processes: the second fold has two parts."""

    @pytest.fixture(autouse=True)
    def however_small(self, monkeypatch):
        monkeypatch.setattr(engine, "WORTH_DIVIDING", 1)

    @pytest.fixture
    def scratch(self, monkeypatch, tmp_path):
        """Where temporary folders are made."""
        monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
        return tmp_path

    def test_a_fold_in_two_processes_gives_the_same_numbers(self, scratch):
        together, seen = Plan("processes", 2, plan(3, 10, workers=2).threads), []
        with received(lambda *message: seen.append(message)) as report:
            divided = histories(together, report=report, divisible=True)
        assert divided == histories(together)
        # No epoch is trained twice.
        begun = [(fold, epoch) for fold, epoch, share, numbers in seen if not share]
        assert sorted(begun) == [(fold, epoch) for fold in range(3) for epoch in range(2)]
        assert list(scratch.glob("mnistlab-*")) == []

    def test_which_tasks_are_begun_when(self, tmp_path):
        todo = engine._divided(tasks(3), 2, tmp_path)
        assert [(task.fold, task.until) for task in todo] == [(0, 2), (1, 1), (2, 2), (1, 2)]
        assert len({task.handover for task in todo}) == 3

    @pytest.mark.parametrize(
        ("place", "at_once", "divisible", "worth"),
        [
            ("processes", 2, True, True),
            ("processes", 2, False, False),
            ("processes", 1, True, False),
            ("processes", 3, True, False),
            ("threads", 2, True, False),
            ("engine", None, True, False),
        ],
    )
    def test_only_where_it_can_be_and_gains_something(self, place, at_once, divisible, worth):
        todo = tasks(3, divisible=divisible)
        assert engine._worth_dividing(todo, ROWS, Plan(place, at_once, 1), at_once) == worth

    def test_not_where_it_gains_little(self, monkeypatch):
        # One epoch of 40 images is saved.
        todo, two = tasks(3, divisible=True), Plan("processes", 2, 1)
        for least, worth in ((40, True), (41, False)):
            monkeypatch.setattr(engine, "WORTH_DIVIDING", least)
            assert engine._worth_dividing(todo, ROWS, two, 2) == worth

    def run(self, monkeypatch, started):
        """Runs three folds with something else in place of the processes."""
        monkeypatch.setattr(engine, "_started", started)
        todo = tasks(3, divisible=True)
        return run_folds(todo, IMAGES, np.eye(10)[LABELS], Plan("processes", 2, None))

    def test_a_second_part_that_comes_too_early_trains_all(self, expected, monkeypatch):
        def started(todo, images, labels, *_):
            second_first = sorted(todo, key=lambda task: -task.until)
            yield from (engine.answer(task, images, labels, 0) for task in second_first[:3])
            raise ConnectionError("lost, and no longer needed")

        outcomes = sorted(self.run(monkeypatch, started), key=lambda each: each.fold)
        assert [outcome.history for outcome in outcomes] == expected

    @pytest.mark.parametrize("ascii_only", [False, True])
    def test_without_a_folder_for_the_parts_nothing_is_divided(
        self, expected, monkeypatch, scratch, ascii_only
    ):
        if ascii_only:
            (scratch / "übung").mkdir()
            monkeypatch.setattr(tempfile, "tempdir", str(scratch / "übung"))
        else:
            monkeypatch.setattr(tempfile, "tempdir", str(scratch / "missing"))

        def started(todo, images, labels, *_):
            assert [task.until for task in todo] == [None, None, None]
            yield from (engine.answer(task, images, labels, 0) for task in todo)

        outcomes = self.run(monkeypatch, started)
        assert [outcome.history for outcome in outcomes] == expected
        assert list(scratch.rglob("mnistlab-*")) == []

    def test_the_folder_of_the_parts_goes_when_a_run_is_ended(self, monkeypatch, scratch):
        def started(todo, images, labels, *_):
            assert len(todo) == 4
            assert len(list(scratch.glob("mnistlab-*"))) == 1
            yield engine.answer(todo[0], images, labels, 0)
            raise KeyboardInterrupt

        outcomes = self.run(monkeypatch, started)
        next(outcomes)
        outcomes.close()
        assert list(scratch.glob("mnistlab-*")) == []
        with pytest.raises(KeyboardInterrupt):
            list(self.run(monkeypatch, started))
        assert list(scratch.glob("mnistlab-*")) == []

    def test_what_may_have_a_state_of_its_own_is_not_divided(self, monkeypatch):
        @keras.saving.register_keras_serializable("tests")
        class Own(keras.layers.Layer):
            def call(self, inputs):
                return inputs

        def network(*hidden, eagerly=False):
            layers = [keras.Input((28, 28, 1)), *hidden, keras.layers.Flatten()]
            model = keras.Sequential([*layers, keras.layers.Dense(10, "softmax")])
            model.compile(
                "sgd", "categorical_crossentropy", metrics=["accuracy"], run_eagerly=eagerly
            )
            return model

        seen, run = [], engine.run_folds

        def noting(todo, *others):
            seen.append({task.divisible for task in todo})
            return run(todo, *others)

        monkeypatch.setattr(engine, "run_folds", noting)
        for define_model in (network, lambda: network(Own()), lambda: network(eagerly=True)):
            evaluate_model(define_model, IMAGES, LABELS, folds=2, epochs=1)
        assert seen == [{True}, {False}, {False}]


class TestWhatAFoldRaises:
    def failing(self):
        class MyError(Exception):
            pass

        def define_model():
            raise MyError("of my own")

        return tasks(2, define_model), MyError

    @pytest.mark.parametrize("place", ["here", "engine"])
    def test_it_comes_back_as_it_was(self, place):
        todo, error = self.failing()
        with (
            joblib.parallel_config(Elsewhere()),
            pytest.raises(Exception, match="of my own") as raised,
        ):
            list(run_folds(todo, IMAGES, LABELS, Plan(place, 1, 1)))
        assert raised.type.__name__ == error.__name__

    def test_it_says_where_it_was_raised(self):
        todo, _ = self.failing()
        with joblib.parallel_config(Elsewhere()), pytest.raises(Exception, match="own") as raised:
            list(run_folds(todo, IMAGES, LABELS, Plan("engine", None, 1)))
        assert "Raised in fold 1, by a worker" in raised.value.__notes__[0]

    def test_one_that_cannot_be_sent_comes_back_in_words(self):
        def define_model():
            error = ValueError("with a lock")
            error.lock = threading.Lock()
            raise error

        with joblib.parallel_config(Elsewhere()), pytest.raises(Exception, match="with a lock"):
            list(run_folds(tasks(2, define_model), IMAGES, LABELS, Plan("engine", None, 1)))


class TestLostWorkers:
    def test_the_folds_are_run_again(self, expected):
        backend = Elsewhere()
        backend.lost = 1
        with (
            joblib.parallel_config(backend),
            pytest.warns(UserWarning, match="A worker was lost .*the machine is gone.* run again"),
        ):
            assert histories(Plan("engine", None, 1)) == expected

    def test_not_for_ever(self):
        backend = Elsewhere()
        backend.lost = 99
        with (
            joblib.parallel_config(backend),
            pytest.warns(UserWarning, match="lost"),
            pytest.raises(WorkersError, match=r"lost 3 times.*ConnectionError.*workers=1"),
        ):
            histories(Plan("engine", None, 1))


class TestWhatCannotBeSent:
    def define_model(self):
        lock = threading.Lock()

        def define_model():
            with lock:
                return small_model()

        return define_model

    def test_the_folds_run_here_and_it_is_said(self):
        with pytest.warns(UserWarning, match="one after the other: define_model uses something"):
            result = evaluate_model(
                self.define_model(), IMAGES, LABELS, folds=2, epochs=1, workers=2
            )
        assert (result.complete, result.facts["workers"]) == (True, 1)

    def test_an_engine_elsewhere_cannot_run_it(self):
        with (
            joblib.parallel_config(Elsewhere()),
            pytest.raises(DesignError, match="cannot be sent to another process"),
        ):
            evaluate_model(self.define_model(), IMAGES, LABELS, folds=2, epochs=1)


def test_a_process_ends_with_its_parent(monkeypatch):
    ended = threading.Event()

    monkeypatch.setattr(
        engine, "os", types.SimpleNamespace(getppid=lambda: 1, _exit=lambda code: ended.set())
    )
    engine._end_with.cache_clear()
    engine._end_with(os.getppid() + 1)
    assert ended.wait(10)
    engine._end_with.cache_clear()


def test_packed_images_are_the_same_and_smaller():
    images = np.zeros((50, 28, 28, 1), "float32")
    images[:, 10:18, 10:18] = 0.5
    packed = Packed(images[::2])
    np.testing.assert_array_equal(packed.array(), images[::2])
    assert packed.array().dtype == images.dtype
    assert len(packed._bytes) < images.nbytes / 20


def test_outcomes_come_as_tasks_are_done():
    outcomes = run_folds(tasks(2), IMAGES, np.eye(10)[LABELS], Plan("here", 1, 1))
    first = next(outcomes)
    assert isinstance(first, FoldOutcome)
    assert dataclasses.asdict(first)["fold"] == 0
    outcomes.close()
