"""A training beside Keras' `fit`, stopped and resumed, and ended in every way that it can end."""

import random
import re
import subprocess
import sys
import threading
import time
from dataclasses import replace
from textwrap import dedent

from mnistlab.data.datasets import Dataset
from mnistlab.errors import DataError, DesignError, ModelFileError
from mnistlab.models import files
from mnistlab.widgets.designer import training
from mnistlab.widgets.designer.build import build
from mnistlab.widgets.designer.plan import Plan, make_layer
from mnistlab.widgets.designer.sampling import epoch_order, split
from mnistlab.widgets.designer.training import TrainingRun, device_text
from tests.designer.bars import CLASSES, LAYERS, bars, plan

import keras
import numpy as np
import pytest


@pytest.fixture(scope="module")
def dataset():
    return bars()


def run_of(dataset, **settings) -> TrainingRun:
    return TrainingRun(plan(**settings), dataset)


def trained(dataset, **settings) -> TrainingRun:
    run = run_of(dataset, **settings)
    run.start()
    assert run.wait(60)
    return run


def stop_at(run: TrainingRun, epoch: int, batch: int, monkeypatch) -> None:
    """Has a run told to stop when so many batches of an epoch are done."""
    between = TrainingRun._between

    def stopping(self):
        if self is run and (self.epoch, self.batch) == (epoch, batch) and self.state == "running":
            monkeypatch.setattr(TrainingRun, "_between", between)
            self.stop()
        between(self)

    monkeypatch.setattr(TrainingRun, "_between", stopping)


def same_weights(one: keras.Model, other: keras.Model) -> bool:
    return all(
        np.allclose(a, b, atol=1e-6)
        for a, b in zip(one.get_weights(), other.get_weights(), strict=True)
    )


# Beside Keras


@pytest.mark.parametrize(
    "settings",
    [
        {"optimizer": "SGD", "top3": True},
        {"optimizer": "Adam", "learning_rate": 0.01, "validation_share": 0.0},
        {"loss": "sparse_categorical_crossentropy", "labels": "integers", "top3": True},
        {"loss": "mean_squared_error", "optimizer": "RMSprop", "learning_rate": 0.005},
    ],
    ids=lambda settings: "-".join(map(str, settings.values())),
)
def test_history_and_weights_are_those_of_fit(dataset, settings):
    run = trained(dataset, **settings)
    keras.utils.set_random_seed(run.plan.training.seed)
    model = build(run.plan)
    rows, held_out = split(dataset.labels, run.plan.training.validation_share, 1)
    inputs, labels = dataset.inputs(dataset.images), dataset.labels
    if run.plan.training.labels == "one_hot":
        labels = keras.utils.to_categorical(labels, 3)
    expected: dict[str, list[float]] = {}
    for epoch in range(3):
        order = rows[epoch_order(len(rows), 1, epoch)]
        history = model.fit(
            inputs[order],
            labels[order],
            batch_size=16,
            shuffle=False,
            verbose=0,
            validation_data=(inputs[held_out], labels[held_out]) if len(held_out) else None,
        ).history
        for name, values in history.items():
            expected.setdefault(name, []).extend(values)
    assert run.state == "done"
    assert run.history.keys() == expected.keys()
    for name, values in expected.items():
        np.testing.assert_allclose(run.history[name], values, atol=1e-5, err_msg=name)
    if run.best_epoch == 3:
        np.testing.assert_allclose(
            run.predict(dataset.images), model.predict(inputs, verbose=0), atol=1e-5
        )


def test_same_seed_same_run_and_another_seed_another(dataset):
    one, same, other = (trained(dataset, seed=seed) for seed in (1, 1, 2))
    assert one.history == same.history
    assert one.history != other.history


def test_the_callers_dice_are_left_alone(dataset):
    before = random.getstate(), np.random.get_state()  # noqa: NPY002
    trained(dataset, epochs=1)
    after = random.getstate(), np.random.get_state()  # noqa: NPY002
    assert repr(after) == repr(before)


# What is held out, and in which order the rest comes


def test_held_out_images_are_chosen_evenly_by_the_seed():
    labels = np.repeat([0, 1, 2], [100, 200, 300])
    rows, held_out = split(labels, 0.1, seed=1)
    assert np.array_equal(np.sort(np.concatenate([rows, held_out])), np.arange(600))
    assert np.array_equal(np.bincount(labels[held_out]), [10, 20, 30])
    assert np.array_equal(held_out, split(labels, 0.1, seed=1)[1])
    assert not np.array_equal(held_out, split(labels, 0.1, seed=2)[1])


@pytest.mark.parametrize(
    ("count", "share", "expected"), [(1, 0.5, 0), (2, 0.9, 1), (10, 0.01, 1), (10, 0.0, 0)]
)
def test_something_is_always_trained_on(count, share, expected):
    rows, held_out = split(np.zeros(count, int), share, seed=1)
    assert (len(rows), len(held_out)) == (count - expected, expected)


def test_orders_of_epochs_differ():
    assert not np.array_equal(epoch_order(50, 1, 0), epoch_order(50, 1, 1))
    assert not np.array_equal(epoch_order(50, 1, 0), epoch_order(50, 2, 0))


# Stop and resume


@pytest.mark.parametrize("batch", [0, 1, 3, 6], ids=lambda batch: f"batch{batch}")
def test_resumed_equals_uninterrupted(dataset, monkeypatch, batch):
    whole = trained(dataset, validation_share=0.0)
    run = run_of(dataset, validation_share=0.0)
    stop_at(run, 1, min(batch, run.batches), monkeypatch)
    run.start()
    run.wait(60)
    assert (run.state, run.epoch, run.batch) == ("stopped", 1, batch)
    assert len(run.history["loss"]) == 1, "a part of an epoch is not in the history"
    run.resume()
    run.wait(60)
    assert run.state == "done"
    assert run.history == whole.history
    assert run.best_epoch == whole.best_epoch
    assert same_weights(run.model, whole.model)


def test_stopped_within_the_validation_and_resumed(dataset, monkeypatch):
    monkeypatch.setattr(training, "LARGEST_BATCH", 7)
    whole = trained(dataset)
    run = run_of(dataset)
    stop_at(run, 0, run.batches, monkeypatch)
    run.start()
    run.wait(60)
    assert (run.state, run.epoch, run.batch) == ("stopped", 0, run.batches)
    run.resume()
    run.wait(60)
    assert run.history == whole.history


@pytest.mark.parametrize("function", ["train_function", "test_function"])
def test_computes_the_batch_under_way_and_no_other(monkeypatch, function):
    """With batches of a fraction of a second, that is what stopping within a second takes."""
    monkeypatch.setattr(training, "LARGEST_BATCH", 16)
    run = run_of(bars(600), validation_share=0.5)
    run._model.make_train_function()
    run._model.make_test_function()
    compute, begun = getattr(run._model, function), []

    def slow(iterator):
        begun.append(run.stopping)
        time.sleep(0.1)
        return compute(iterator)

    monkeypatch.setattr(run._model, function, slow)
    run.start()
    while len(begun) < 3 and run.state == "running":
        time.sleep(0.005)
    run.stop()
    assert run.wait(60) and run.state == "stopped", run.reason
    assert not any(begun) and 3 <= len(begun) < 19
    assert run.epoch == 0 and run.history == {}


def test_large_maps_are_walked_through_in_small_batches():
    small, large = plan(), Plan("large", (1024, 1024, 1), 3, LAYERS)
    assert training._calm_batch(small) == training.LARGEST_BATCH
    assert training._calm_batch(large) == training.NUMBERS_AT_ONCE // (1022 * 1022 * 4)


def test_says_that_it_is_stopping_while_the_first_batch_is_compiled(dataset, monkeypatch):
    compiling, go_on = threading.Event(), threading.Event()
    run = run_of(dataset)
    run._model.make_train_function()
    function = run._model.train_function

    def slow(iterator):
        compiling.set()
        go_on.wait(30)
        return function(iterator)

    monkeypatch.setattr(run._model, "train_function", slow)
    run.start()
    assert compiling.wait(30)
    assert run.starting and run.state == "running"
    run.stop()
    assert run.stopping
    go_on.set()
    run.wait(60)
    assert (run.state, run.stopping, run.batch) == ("stopped", False, 1)


def test_a_stopped_run_has_a_model_that_stays_as_it_was(dataset, monkeypatch):
    run = run_of(dataset)
    stop_at(run, 0, 3, monkeypatch)
    run.start()
    run.wait(60)
    assert run.best_epoch is None and run.usable
    model = run.model
    before = model.get_weights()
    assert same_weights(model, run._model)
    run.resume()
    run.wait(60)
    assert all(map(np.array_equal, before, model.get_weights()))
    assert not same_weights(model, run.model)


def test_a_run_stopped_before_its_first_batch_has_learned_nothing(dataset, monkeypatch):
    run = run_of(dataset)
    stop_at(run, 0, 0, monkeypatch)
    run.start()
    run.wait(60)
    assert (run.state, run.batch, run.usable) == ("stopped", 0, False)
    run.resume()
    run.wait(60)
    assert run.state == "done" and run.usable


def test_two_starts_are_one_training(dataset):
    run = run_of(dataset)
    run.start()
    thread = run._thread
    run.start()
    run.resume()
    assert run._thread is thread
    run.wait(60)
    run.start()
    assert run._thread is thread and run.epoch == 3


def test_only_a_stopped_run_goes_on(dataset):
    run = run_of(dataset)
    with pytest.raises(DesignError, match="has not begun"):
        run.resume()
    run.start()
    run.wait(60)
    with pytest.raises(DesignError, match="train again"):
        run.resume()


def test_stopping_what_does_not_run_does_nothing(dataset):
    run = run_of(dataset, epochs=1)
    run.stop()
    assert run.state == "new" and run.wait(1)
    run.start()
    run.wait(60)
    assert run.state == "done"


# How it ends


def test_all_epochs(dataset):
    run = trained(dataset)
    assert (run.state, run.reason) == ("done", "All 3 epochs are done.")
    assert (run.epoch, run.batches, run.images, run.held_out) == (3, 6, 90, 30)
    assert (run.progress, run.seconds_left) == (1.0, None)


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"stop_accuracy": 0.01}, "accuracy on the held-out images reached .*: 0.01 was asked"),
        ({"stop_loss": 50.0}, "loss on the held-out images fell to .*: 50 was asked for"),
        ({"stop_accuracy": 0.01, "validation_share": 0.0}, "The accuracy reached"),
        ({"stop_loss": 50.0, "validation_share": 0.0}, "The loss fell to"),
    ],
)
def test_ends_when_it_is_good_enough(dataset, settings, said):
    run = trained(dataset, **settings)
    assert (run.state, run.epoch) == ("done", 1)
    assert re.search(said, run.reason), run.reason


def test_ends_when_it_gets_no_better(dataset):
    # Steps that are no steps: the loss of the held-out images stays what it is.
    run = trained(dataset, learning_rate=1e-12, epochs=50, patience=2)
    assert run.state == "done" and run.epoch < 50
    assert "has not become smaller for 2 epochs" in run.reason
    losses = run.history["val_loss"]
    assert min(losses[-2:]) >= min(losses[:-2])


def test_ends_when_its_time_is_over(dataset):
    run = trained(dataset, epochs=1000, stop_minutes=0.02)
    assert run.state == "done" and "The time of 1 s is over" in run.reason
    assert len(run.history.get("loss", ())) == run.epoch < 1000
    assert 1.2 <= run.seconds < 30


@pytest.mark.filterwarnings("ignore")
def test_a_loss_that_is_no_number_ends_it_and_the_best_weights_stay(dataset, monkeypatch):
    run = run_of(dataset, epochs=9)
    stop_at(run, 2, 1, monkeypatch)
    run.start()
    run.wait(60)
    best, weights = run.best_epoch, run.model.get_weights()
    run._model.optimizer.learning_rate.assign(1e30)
    run.resume()
    run.wait(60)
    assert run.state == "failed" and run.best_epoch == best and run.usable
    assert "Set a lower learning rate than 0.05, 0.005 for example" in run.problem
    assert f"The weights of epoch {best} are kept." in run.reason
    assert all(map(np.array_equal, weights, run.model.get_weights()))
    assert all(np.isfinite(values).all() for values in run.history.values())


def test_a_run_that_failed_at_once_has_no_model_to_use(dataset):
    run = trained(dataset, learning_rate=10.0, momentum=0.99, loss="mean_squared_error")
    failing = run_of(dataset)
    failing._model.optimizer.learning_rate.assign(float("nan"))
    failing.start()
    failing.wait(60)
    assert run.state == "done", "mean squared error of probabilities stays finite"
    assert failing.state == "failed" and not failing.usable and failing.best_epoch is None


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (RuntimeError("the <b>disk</b>\n is on fire"), "RuntimeError: the <b>disk</b> is on fire"),
        (MemoryError(), "not enough memory for a batch. Set a smaller batch size"),
        (DataError("Row 3 is odd."), "Row 3 is odd."),
        (ValueError("x" * 9_000), "x..."),
    ],
    ids=lambda value: type(value).__name__,
)
def test_an_error_in_the_thread_ends_it_with_a_message(dataset, monkeypatch, error, said):
    run = run_of(dataset)

    def broken(rows):
        raise error

    monkeypatch.setattr(run, "_batch", broken)
    run.start()
    run.wait(60)
    assert run.state == "failed"
    assert said in run.problem and said in run.reason and len(run.problem) < 500


def test_best_weights_are_those_of_the_best_epoch(dataset, monkeypatch):
    kept = []
    keep = TrainingRun._keep_best

    def watch(self, numbers, weights):
        kept.append(weights)
        keep(self, numbers, weights)

    monkeypatch.setattr(TrainingRun, "_keep_best", watch)
    run = trained(dataset, epochs=6, learning_rate=0.3)
    scores = list(
        zip(run.history["val_accuracy"], [-x for x in run.history["val_loss"]], strict=True)
    )
    assert run.best_epoch == scores.index(max(scores)) + 1
    assert all(map(np.array_equal, kept[run.best_epoch - 1], run.model.get_weights()))


# Who follows it


def test_what_was_read_of_the_history_does_not_change_meanwhile(dataset):
    run, read = run_of(dataset, epochs=3), []
    run.observe(lambda: read.append((run.epoch, run._history)))
    run.start()
    run.wait(60)
    assert {epoch for epoch, _ in read} == {0, 1, 2, 3}
    for epoch, history in read:
        assert all(len(values) == epoch for values in history.values())


def test_those_who_follow_are_told_from_its_thread(dataset):
    told = []
    run = run_of(dataset)
    run.observe(lambda: told.append((threading.current_thread().name, run.epoch, run.state)))
    run.start()
    run.wait(60)
    assert {name for name, *_ in told} == {"mnistlab-training-1"}
    assert {epoch for _, epoch, _ in told} == {0, 1, 2, 3}
    assert told[-1][2] == "done"


def test_a_follower_that_fails_does_not_end_it(dataset, caplog):
    run = run_of(dataset, epochs=1)
    told = []

    def broken():
        raise RuntimeError("no")

    run.observe(broken)
    run.observe(lambda: told.append(1))
    run.start()
    run.wait(60)
    assert run.state == "done" and told
    assert "a follower of" in caplog.text


def test_says_where_it_is(dataset, monkeypatch):
    run = run_of(dataset)
    assert run.where == "epoch 1 of 3, batch 0 of 6"
    stop_at(run, 1, 2, monkeypatch)
    run.start()
    run.wait(60)
    assert run.where == "epoch 2 of 3, batch 2 of 6"
    assert run.reason == (
        "Stopped by you in epoch 2 of 3, batch 2 of 6. Resume goes on with the next batch."
    )
    assert run.progress == pytest.approx((1 + 2 / 6) / 3)
    assert repr(run) == "<TrainingRun 1 of bars: stopped, epoch 2 of 3, batch 2 of 6>"
    spent = run.seconds
    time.sleep(0.05)
    assert run.seconds == spent, "a pause does not count"


def test_names_the_device():
    assert device_text().startswith(("GPU found: ", "CPU, "))


# What it refuses


def test_refuses_a_plan_that_the_rules_refuse(dataset):
    with pytest.raises(DesignError, match="Flatten"):
        TrainingRun(plan((LAYERS[0], LAYERS[-1])), dataset)


@pytest.mark.parametrize(
    ("change", "error", "said"),
    [
        ({"images": np.zeros((9, 5, 5, 1), "uint8")}, DesignError, "6x6x1 .* 5x5x1"),
        ({"classes": ("one", "two", "three", "four")}, DesignError, "3 classes.* 4"),
        (
            {"images": np.zeros((0, 6, 6, 1), "uint8"), "labels": np.zeros(0, int)},
            DataError,
            "no images to train on",
        ),
        (
            {"images": np.full((120, 6, 6, 1), np.nan, "float32")},
            DataError,
            "some pixels are no numbers",
        ),
    ],
    ids=["shape", "classes", "empty", "nan"],
)
def test_refuses_data_that_do_not_fit(dataset, change, error, said):
    with pytest.raises(error, match=said):
        TrainingRun(plan(), _unchecked(dataset, **change))


def _unchecked(dataset: Dataset, **change) -> Dataset:
    """A dataset with other arrays; whatever it would refuse by itself."""
    other = replace(dataset)
    for name, value in change.items():
        object.__setattr__(other, name, value)
    return other


# What can be done with its model


def test_predicts_and_reports(dataset):
    run = trained(dataset, epochs=6, learning_rate=0.1)
    probabilities = run.predict(dataset.images)
    assert probabilities.shape == (120, 3) and probabilities.dtype == np.float32
    np.testing.assert_allclose(probabilities.sum(axis=1), 1, atol=1e-5)
    assert run.predict(dataset.images[:0]).shape == (0, 3)
    assert run.test_accuracy is None
    report = run.report()
    assert run.test_accuracy == report.accuracy > 0.9
    assert report.names == CLASSES
    other = run.report(dataset.images[:3], dataset.labels[:3])
    assert other.count == 3 and run.test_accuracy == report.accuracy


def test_says_that_there_are_no_test_images(dataset):
    run = trained(replace(dataset, test_images=None, test_labels=None), epochs=1)
    with pytest.raises(DataError, match="no test images"):
        run.report()


def test_weights_go_through_a_file(dataset, tmp_path):
    run = trained(dataset)
    path = run.save_weights(tmp_path / "bars.keras")
    facts = files.facts(path)
    assert facts["best_epoch"] == run.best_epoch and facts["training"]["batch_size"] == 16
    assert facts["classes"] == list(CLASSES) and facts["data_digest"] == dataset.digest
    assert facts["best_val_accuracy"] == run.history["val_accuracy"][run.best_epoch - 1]
    other = run_of(dataset, seed=2)
    other.load_weights(path)
    assert other.state == "stopped" and other.usable and "bars.keras" in other.reason
    np.testing.assert_allclose(other.predict(dataset.images), run.predict(dataset.images), 1e-5)
    other.resume()
    other.wait(60)
    assert other.state == "done" and other.epoch == 3
    assert other.history["loss"][0] < run.history["loss"][0], "it went on from what was learned"


def test_loading_clears_nothing_of_a_run_that_has_begun(dataset, tmp_path):
    run = trained(dataset, epochs=1)
    path = run.save_weights(tmp_path / "bars.keras")
    with pytest.raises(DesignError, match="only before"):
        run.load_weights(path)


@pytest.mark.parametrize(
    ("layers", "said"),
    [
        (
            (make_layer("Conv2D", filters=5), *LAYERS[1:]),
            r"row 1 is Conv2D with filters=4 there, and with filters=5 in the design",
        ),
        (
            (LAYERS[0], make_layer("MaxPooling2D"), *LAYERS[1:]),
            "row 2 is Flatten there, and MaxPooling2D in the design",
        ),
        (
            (*LAYERS[:3], make_layer("Dense", units=8, activation="tanh"), LAYERS[-1]),
            "row 4 is Dense with activation=relu there, and with activation=tanh in",
        ),
        (
            (*LAYERS[:4], make_layer("Dense", units=3, activation="softmax"), LAYERS[-1]),
            "row 6 is not there, and Dense in the design",
        ),
    ],
    ids=["filters", "kind", "activation", "one more"],
)
def test_weights_of_another_design_are_refused_with_the_difference(dataset, tmp_path, layers, said):
    path = trained(dataset, epochs=1).save_weights(tmp_path / "bars.keras")
    other = TrainingRun(plan(layers), dataset)
    before = other._model.get_weights()
    with pytest.raises(DesignError, match=said):
        other.load_weights(path)
    assert other.state == "new"
    assert all(map(np.array_equal, before, other._model.get_weights()))


def test_what_changes_no_weight_is_no_other_design(dataset, tmp_path):
    path = trained(dataset, epochs=1).save_weights(tmp_path / "bars.keras")
    layers = (
        make_layer("Conv2D", filters=4, kernel_initializer="he_normal"),
        LAYERS[1],
        make_layer("Dropout", rate=0.7),
        *LAYERS[3:],
    )
    other = TrainingRun(plan(layers), dataset)
    other.load_weights(path)
    assert other.state == "stopped"


@pytest.mark.parametrize("content", [None, b"", b"no model"], ids=["missing", "empty", "text"])
def test_a_bad_model_file_is_refused(dataset, tmp_path, content):
    path = tmp_path / "bad.keras"
    if content is not None:
        path.write_bytes(content)
    run = run_of(dataset)
    with pytest.raises(ModelFileError, match=r"bad\.keras"):
        run.load_weights(path)
    assert run.state == "new"


# The end of the program

LEAVES_WHILE_IT_TRAINS = """
    import time
    from mnistlab.data.datasets import Dataset
    from mnistlab.widgets.designer.templates import template
    from mnistlab.widgets.designer.training import TrainingRun
    import numpy as np

    images = np.zeros((6_000, 28, 28, 1), "uint8")
    run = TrainingRun(template("lenet5"), Dataset("zeros", images, np.arange(6_000) % 10))
    run.start()
    while not run.batch {until}:
        time.sleep(0.01)
    print("leaving", run.state)
"""


@pytest.mark.parametrize("until", ["", "and run.state == 'new'"], ids=["training", "compiling"])
def test_the_program_ends_while_it_trains(until):
    ended = subprocess.run(
        [sys.executable, "-c", dedent(LEAVES_WHILE_IT_TRAINS).format(until=until)],
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert (ended.returncode, ended.stdout) == (0, "leaving running\n"), ended.stderr
    assert "Traceback" not in ended.stderr
