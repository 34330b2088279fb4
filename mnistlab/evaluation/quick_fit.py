"""Keras' `fit` for images that lie in memory, with little Python between the batches.

`fit` returns to Python after every batch, and has a pipeline fetch each one.
Where a batch takes a millisecond, that is half of the time. Here a hundred
batches are gathered at once, in their shuffled order, and one call of a
TensorFlow function trains on all of them. What is trained is the same: the
model's own `train_step`, with its compiled optimizer, loss and metrics.

One thing differs on purpose. Where a seed was set, `fit` on TensorFlow shuffles
once and repeats that order in every epoch (Keras 3.15: the permutation is drawn
inside a dataset, whose random state starts anew with each pass). Here every
epoch has an order of its own, seed or not.
"""

from collections.abc import Callable, Iterator

from mnistlab.errors import TrainingError

import keras
import numpy as np
import tensorflow as tf

BATCHES_PER_CALL = 100
"""A call takes a second or less, which is how long an interrupt waits."""

HELD_OUT_BATCH = 1000
"""Large batches make judging the held-out images quick; they do not change it."""

History = dict[str, list[float]]
Report = Callable[[int, float, dict[str, float]], None]


def quick_fit(
    model: keras.Model,
    images: np.ndarray,
    targets: np.ndarray,
    training: np.ndarray,
    held_out: np.ndarray,
    epochs: int,
    batch_size: int,
    seed: int,
    report: Report | None = None,
    part: range | None = None,
) -> History:
    """Trains a compiled model and judges it after every epoch, as `fit` does.

    Args:
        model: a compiled model; it is trained in place.
        images: (n, 28, 28, 1), all of them. They may lie in a file that is
            mapped into memory: only the rows of one call are ever copied.
        targets: (n, ...) what the model's loss takes.
        training: numbers of the rows to train on.
        held_out: numbers of the rows to judge with; may be empty.
        epochs: passes over the training rows.
        batch_size: images in one step of training; the last may have fewer.
        seed: decides the order of the rows, together with the epoch.
        report: called with the epoch (from 0), the share of it that is done,
            and, at its end, the numbers that it adds to the history.
        part: the epochs to train now (from 0), where others have been trained
            before or will be later; all of them when `None`. Where it does not
            begin with 0, the model has to have its variables (`make_variables`).

    Returns:
        The history with Keras' names: for every metric, and with `val_` before
        it for the held-out rows if there are any, one number for each epoch
        trained.

    Raises:
        TrainingError: a weight is NaN or infinite at the end of an epoch.

    Example:
        >>> from mnistlab.models import zoo
        >>> images = np.zeros((20, 28, 28, 1), "float32")
        >>> rows = np.arange(20)
        >>> targets = np.eye(10)[rows % 10]
        >>> history = quick_fit(zoo.lenet5(), images, targets, rows[:15], rows[15:], 1, 8, seed=1)
        >>> list(history)
        ['accuracy', 'loss', 'val_accuracy', 'val_loss']
    """
    report = report or (lambda epoch, share, numbers: None)
    images, targets = _as_keras_takes_them(images), _as_keras_takes_them(targets)
    train = _many_steps(model, model.train_step)
    judge = _many_steps(model, model.test_step)
    history: History = {}
    part = range(epochs) if part is None else part
    if part.start == 0:
        # Not where a training goes on: some layers draw random numbers even when judging.
        make_variables(model, images[training[:1]], targets[training[:1]])
    for epoch in part:
        order = shuffled(training, epoch, seed)
        report(epoch, 0.0, {})
        model.reset_metrics()
        for done, rows, size in _calls(order, batch_size):
            train(images[rows], targets[rows], size)
            report(epoch, done, {})
        numbers = _measured(model)
        check_weights(model, epoch, epochs)
        if len(held_out):
            model.reset_metrics()
            for _, rows, size in _calls(held_out, HELD_OUT_BATCH):
                judge(images[rows], targets[rows], size)
            numbers |= {f"val_{name}": value for name, value in _measured(model).items()}
        for name in sorted(numbers):
            history.setdefault(name, []).append(numbers[name])
        report(epoch, 1.0, numbers)
    if part.stop == epochs:
        # An optimizer that averages the weights over the steps leaves the averages in their place.
        model.optimizer.finalize_variable_values(model.trainable_variables)
    return history


def shuffled(rows: np.ndarray, epoch: int, seed: int) -> np.ndarray:
    """Returns the rows in the order in which an epoch (from 0) trains on them.

    Example:
        >>> [shuffled(np.arange(5), epoch, seed=1).tolist() for epoch in range(2)]
        [[4, 0, 1, 2, 3], [1, 4, 0, 3, 2]]
    """
    return np.random.default_rng([seed, epoch]).permutation(rows)


def check_weights(model: keras.Model, epoch: int, epochs: int) -> None:
    """Refuses a model with a weight that is NaN or infinite.

    The loss does not tell: a ReLU can turn NaN to 0, and the loss stays finite
    while the network answers every image alike.

    Raises:
        TrainingError: it has one; the message names the epoch and the weight.
    """
    for weight in model.weights:
        values = np.asarray(weight.numpy(), dtype="float64")
        bad = np.count_nonzero(~np.isfinite(values))
        if bad:
            raise TrainingError(
                f"epoch {epoch + 1} of {epochs}: {bad:,} of {values.size:,} numbers in the weight "
                f"{weight.path!r} are not finite: the training has diverged. Train with a smaller "
                "learning rate, or with images scaled to [0, 1]."
            )


def _as_keras_takes_them(array: np.ndarray) -> "np.ndarray | _Cast":
    if array.dtype.kind == "f" and array.dtype != keras.config.floatx():
        return _Cast(array)
    return array


class _Cast:
    """Rows of an array in Keras' type of floating-point numbers, converted when they are taken."""

    def __init__(self, array: np.ndarray):
        self._array = array

    def __getitem__(self, rows: np.ndarray) -> np.ndarray:
        return self._array[rows].astype(keras.config.floatx())


def make_variables(model: keras.Model, images: np.ndarray, targets: np.ndarray) -> None:
    """Has layers, metrics and optimizer make their variables, which a traced function cannot.

    Args:
        model: a compiled model.
        images: (n, 28, 28, 1), one or more.
        targets: (n, ...) what the model's loss takes.
    """
    model.test_step((tf.constant(images), tf.constant(targets)))
    if not model.optimizer.built:
        model.optimizer.build(model.trainable_variables)


def _calls(order: np.ndarray, batch_size: int) -> Iterator[tuple[float, np.ndarray, int]]:
    """Yields the rows of each call, the size of its batches, and the share done after it."""
    whole = len(order) - len(order) % batch_size
    step = batch_size * BATCHES_PER_CALL
    for start in range(0, whole, step):
        end = min(start + step, whole)
        yield end / len(order), order[start:end], batch_size
    if whole < len(order):
        yield 1.0, order[whole:], len(order) - whole


def _many_steps(model: keras.Model, step: Callable) -> Callable:
    """Returns a function that runs a step on one batch after the other of the rows given."""
    if model.run_eagerly:
        return lambda images, targets, size: _in_python(step, images, targets, size)
    if model.jit_compile:
        step = tf.function(step, jit_compile=True, autograph=False, reduce_retracing=True)
    traced: dict[int, Callable] = {}

    def run(images: np.ndarray, targets: np.ndarray, size: int) -> None:
        # One trace for each size of batches: most runs have one, and a smaller last batch.
        if size not in traced:
            traced[size] = _traced(step, size, images, targets)
        traced[size](images, targets)

    return run


def _in_python(step: Callable, images: np.ndarray, targets: np.ndarray, size: int) -> None:
    for start in range(0, len(images), size):
        rows = slice(start, start + size)
        step((tf.constant(images[rows]), tf.constant(targets[rows])))


def _traced(step: Callable, size: int, *examples: np.ndarray) -> Callable:
    def run(*arrays):
        def one(start):
            batch = tuple(array[start : start + size] for array in arrays)
            for part, array in zip(batch, arrays, strict=True):
                # A slice has no known length; operations are quicker where it is known.
                part.set_shape([size, *array.shape[1:]])
            step(batch)
            return (start + size,)

        rows = tf.shape(arrays[0])[0]
        tf.while_loop(lambda start: start < rows, one, (0,), parallel_iterations=1)

    # Any number of rows, or each last call of an epoch would be traced anew.
    signature = [tf.TensorSpec((None, *each.shape[1:]), each.dtype) for each in examples]
    return tf.function(run, input_signature=signature, autograph=False)


def _measured(model: keras.Model) -> dict[str, float]:
    return {name: float(value) for name, value in model.get_metrics_result().items()}
