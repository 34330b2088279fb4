"""How far each of the six steps is, and what a change makes of the steps after it."""

import threading
import time

from mnistlab.errors import DataError, DesignError
from mnistlab.widgets.designer import project as module
from mnistlab.widgets.designer.document import Design
from mnistlab.widgets.designer.project import STEPS, Project
from tests.designer.bars import bars, plan

import numpy as np
import pytest


@pytest.fixture
def project(tmp_path):
    return Project(Design.from_plan(plan()), tmp_path)


@pytest.fixture
def finished(project):
    """A project that went through all six steps."""
    project.use(bars())
    project.confirm()
    project.verify()
    project.design.train_with(epochs=1)
    project.train(wait=True)
    project.evaluate()
    project.read(project.dataset.images[:1])
    return project


def states(project: Project) -> str:
    """All six, each by the first letter of its state."""
    return "".join(project.states[step][0] for step in STEPS)


def test_the_way_through_the_steps(project):
    told = []
    project.observe(lambda: told.append(states(project)))
    assert states(project) == "edeeee"
    project.use(bars())
    assert states(project) == "rdeeee"
    project.confirm()
    assert states(project) == "ddreee"
    project.verify()
    assert states(project) == "dddree"
    run = project.train(wait=True)
    assert states(project) == "ddddrr" and run is project.run
    assert "dddree" in told and any(each[3:] == "ree" and each[3] == "r" for each in told)
    project.evaluate()
    assert states(project) == "dddddr"
    project.read(project.dataset.images[:2])
    assert states(project) == "dddddd" == told[-1]


def test_followers_are_told_by_one_thread_after_the_other(project):
    inside, release, order = threading.Event(), threading.Event(), []

    def follow():
        order.append("in")
        inside.set()
        release.wait(10)
        order.append("out")

    project.observe(follow)
    threads = [threading.Thread(target=project.changed) for _ in range(2)]
    threads[0].start()
    assert inside.wait(10)
    threads[1].start()
    threads[1].join(0.05)
    assert order == ["in"]
    release.set()
    for thread in threads:
        thread.join(10)
    assert order == ["in", "out"] * 2


def test_stop_reaches_the_run_while_followers_are_busy(finished):
    finished.design.train_with(epochs=50)
    run, release = finished.train(), threading.Event()
    finished.observe(lambda: release.wait(10))
    clicking = threading.Thread(target=finished.stop)
    clicking.start()
    while not run._stop.is_set() and run.state == "running":
        time.sleep(0.005)
    assert run._stop.is_set()
    release.set()
    clicking.join(10)
    assert run.wait(60) and run.state == "stopped"


def test_an_empty_design_is_empty_and_a_wrong_one_invalid():
    project = Project()
    assert project.states["Design"] == "empty"
    project.design.add("Conv2D")
    assert project.states["Design"] == "invalid"


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (lambda project: project.design.rename("other"), "dddddd"),
        (lambda project: project.design.change(0, filters=5), "ddssss"),
        (lambda project: project.design.remove(1), "dissss"),
        (lambda project: project.design.train_with(seed=2), "dddsss"),
        (lambda project: project.design.train_with(learning_rate=50.0), "dddiss"),
        (
            lambda project: project.design.train_with(
                loss="sparse_categorical_crossentropy", labels="integers"
            ),
            "ddssss",
        ),
        (lambda project: project.use(bars(60)), "rdssss"),
        (lambda project: (project.use(bars(60)), project.confirm()), "ddssss"),
        (lambda project: project.train(wait=True), "ddddss"),
    ],
    ids=[
        "name",
        "layer",
        "wrong",
        "seed",
        "training out of range",
        "loss",
        "data",
        "confirmed data",
        "trained again",
    ],
)
def test_a_change_makes_stale_what_follows(finished, change, expected):
    change(finished)
    assert states(finished) == expected


def test_undoing_a_change_makes_it_current_again(finished):
    finished.design.change(0, filters=5)
    finished.design.undo()
    assert states(finished) == "dddddd"


def test_a_verification_that_fails_leaves_the_one_before_as_stale(finished, monkeypatch):
    before = finished.verification
    monkeypatch.setattr(module, "verify", lambda plan, dataset: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        finished.verify()
    assert finished.verification is before and finished.states["Verify"] == "stale"
    monkeypatch.undo()
    finished.verify()
    assert finished.verification is not before and finished.states["Verify"] == "done"


@pytest.mark.parametrize("work", ["verify", "evaluate", "read"])
def test_what_takes_long_does_not_keep_others_waiting(finished, monkeypatch, work):
    free = []

    def ask(original):
        def asking(*arguments):
            def acquire():
                if free.append(finished.lock.acquire(blocking=False)) or free[-1]:
                    finished.lock.release()

            other = threading.Thread(target=acquire)
            other.start()
            other.join()
            return original(*arguments)

        return asking

    monkeypatch.setattr(module, "verify", ask(module.verify))
    monkeypatch.setattr(module.TrainingRun, "predict", ask(module.TrainingRun.predict))
    images = [finished.dataset.images[:1]] if work == "read" else []
    getattr(finished, work)(*images)
    assert free == [True]


def test_a_run_that_gives_way_keeps_its_best_weights_only(finished):
    old, images = finished.run, finished.dataset.images[:5]
    answers = old.predict(images)
    finished.design.train_with(seed=9, epochs=50)
    stopped = finished.train()
    while not stopped.batch and stopped.state == "running":
        time.sleep(0.005)
    finished.stop()
    stopped.wait(60)
    seen = stopped.predict(images)
    finished.design.train_with(epochs=1)
    finished.train(wait=True)
    assert stopped._model is old._model is stopped._shown is None
    assert np.array_equal(old.predict(images), answers)
    assert np.array_equal(stopped.predict(images), seen)
    with pytest.raises(DesignError, match="Another run has taken the place"):
        stopped.resume()


def test_a_run_does_not_give_way_while_it_trains(finished):
    finished.design.train_with(epochs=50)
    run = finished.train()
    with pytest.raises(DesignError, match="Stop it first"):
        run.set_aside()
    finished.stop()
    assert run.wait(60)


def test_nothing_is_trained_without_data_or_with_a_wrong_design(project):
    with pytest.raises(DataError, match="not confirmed"):
        project.train()
    project.use(bars())
    with pytest.raises(DataError, match="not confirmed"):
        project.train()
    project.confirm()
    project.design.remove(1)
    with pytest.raises(DesignError, match="Flatten"):
        project.train()
    assert project.run is None and project.runs == []


def test_two_trains_are_one(project):
    project.use(bars())
    project.confirm()
    project.design.train_with(epochs=50)
    first = project.train()
    assert project.train() is first and project.runs == [first]
    with pytest.raises(DesignError, match="is running"):
        project.confirm()
    with pytest.raises(DesignError, match="is running"):
        project.load_weights("any.keras")
    assert project.states["Train"] == "running" and not project.trained
    while not first.batch and first.state == "running":
        time.sleep(0.005)
    project.stop()
    first.wait(60)
    assert first.state == "stopped" and project.states["Train"] == "ready" and project.trained
    assert project.resume() is first
    project.stop()
    first.wait(60)


def test_there_is_nothing_to_stop_or_resume_before_a_run(project):
    project.stop()
    with pytest.raises(DesignError, match="Click Train"):
        project.resume()


def test_a_stopped_run_of_another_design_is_stale(project):
    project.use(bars())
    project.confirm()
    project.design.train_with(epochs=50)
    run = project.train()
    project.stop()
    run.wait(60)
    project.design.change(0, filters=5)
    assert project.states["Train"] == "stale"
    project.resume()
    project.stop()
    run.wait(60)
    assert run.plan.layers[0].settings["filters"] == 4


def test_loaded_weights_can_be_evaluated(finished, tmp_path):
    path = finished.run.save_weights(tmp_path / "bars.keras")
    accuracy = finished.report.accuracy
    run = finished.load_weights(path)
    assert finished.runs[-1] is run is finished.run and run.number == 2
    assert states(finished) == "dddrss"
    assert finished.evaluate().accuracy == accuracy
    assert finished.resume(wait=True).state == "done"


def test_a_run_that_failed_is_invalid_and_has_no_model(project, monkeypatch):
    project.use(bars())
    project.confirm()
    project.verify()
    monkeypatch.setattr(
        "mnistlab.widgets.designer.training.TrainingRun._batch", lambda self, rows: 1 / 0
    )
    run = project.train(wait=True)
    assert "ZeroDivisionError" in run.problem
    assert states(project) == "dddiee"
    with pytest.raises(DesignError, match="no trained model"):
        project.evaluate()
    project.design.train_with(seed=5)
    assert project.states["Train"] == "stale"


def test_busy_and_failed_steps(project):
    project.failed.add("Verify")
    assert project.states["Verify"] == "invalid"
    project.busy = "Verify"
    assert project.states["Verify"] == "running"
