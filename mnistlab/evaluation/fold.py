"""One fold of a cross-validation: build a fresh model, train it, judge it.

A `FoldTask` says all that the outcome depends on, and can be sent to another
process or machine. The same task gives the same numbers wherever it runs, for
an equal number of threads.
"""

import contextlib
import itertools
import os
import pickle
import random
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from mnistlab import settings
from mnistlab.errors import DesignError, MnistLabError, TrainingError
from mnistlab.evaluation.handover import Handover, read_handover, take_over, write_handover
from mnistlab.evaluation.quick_fit import History, make_variables, quick_fit

import keras
import numpy as np
import tensorflow as tf
from sklearn.model_selection import KFold
from tensorflow.python.framework import config as tensorflow_config

Report = Callable[[int, int, float, dict[str, float]], None]

# Random numbers are drawn from generators that belong to the whole process. Where folds run in
# threads of one process, only one at a time may seed them and build its model.
_BUILDING = threading.Lock()


@dataclass(frozen=True)
class FoldTask:
    """All that the outcome of one fold depends on, but for the images and labels.

    Attributes:
        fold: number of the fold, from 0.
        folds, epochs, batch_size, seed: the protocol.
        build: builds the model: a `FreshModels`, pickled where the fold runs
            in another process.
        threads: threads that TensorFlow is to use; `None` leaves it as it is.
        keras_settings: what `keras_settings()` says in the caller's process.
        report: told how far the fold is.
        divisible: whether another process can go on with the training after
            an epoch, because all its state lies in Keras' variables.
        until: how many epochs the fold shall have now; `None` for all.
        handover: the file of a fold that is trained in two parts; where it
            exists, the training goes on from there.
    """

    fold: int
    folds: int
    epochs: int
    batch_size: int
    seed: int
    build: "bytes | Callable[[], keras.Model]"
    threads: int | None = None
    keras_settings: dict[str, object] = field(default_factory=dict)
    report: Report | None = None
    divisible: bool = False
    until: int | None = None
    handover: Path | None = None


@dataclass(frozen=True)
class FoldOutcome:
    """What came out of one fold.

    Attributes:
        fold: number of the fold, from 0.
        history: the curves, as Keras names them.
        seconds: how long building, training and judging took.
        threads: how many threads TensorFlow had.
        finished: whether it has all its epochs.
    """

    fold: int
    history: History
    seconds: float
    threads: int
    finished: bool = True

    @property
    def score(self) -> float:
        """Held-out accuracy after the last epoch, from 0 to 1."""
        return self.history["val_accuracy"][-1]


def run_fold(task: FoldTask, images: np.ndarray, labels: np.ndarray) -> FoldOutcome:
    """Runs one fold in this process.

    Args:
        task: what to do.
        images: (n, 28, 28, 1), those of all folds.
        labels: (n, 10) one-hot.

    Returns:
        Its outcome.

    Raises:
        DesignError: the model is not one that can be evaluated.
        TrainingError: the training diverged.
    """
    started = time.monotonic()
    _use_threads(task.threads)
    _use_keras_settings(task.keras_settings)
    build = pickle.loads(task.build) if isinstance(task.build, bytes) else task.build
    training, held_out = split(len(images), task.folds, task.seed, task.fold)
    seed = fold_seed(task.seed, task.fold)
    model = build_seeded(build, seed)
    report = task.report and _of_fold(task.report, task.fold)
    targets = _targets(model, labels)
    earlier = _earlier_part(task)
    if earlier:
        make_variables(model, images[training[:1]], targets[training[:1]])
        take_over(model, earlier)
    part = range(earlier.epochs if earlier else 0, task.until or task.epochs)
    try:
        history = quick_fit(
            model,
            images,
            targets,
            training,
            held_out,
            task.epochs,
            task.batch_size,
            seed,
            report,
            part,
        )
    except TrainingError as error:
        raise TrainingError(f"Fold {task.fold + 1} of {task.folds}, {error}") from None
    seconds = time.monotonic() - started
    if earlier:
        history = {name: earlier.history[name] + history.get(name, []) for name in earlier.history}
        seconds += earlier.seconds
    finished = part.stop == task.epochs
    if not finished:
        # Where it cannot be written, the second part trains all epochs.
        with contextlib.suppress(MnistLabError):
            state = Handover.of(model, history, seconds, threads_in_use())
            write_handover(task.handover, state)
    return FoldOutcome(task.fold, history, seconds, threads_in_use(), finished)


def _earlier_part(task: FoldTask) -> Handover | None:
    earlier = task.handover and read_handover(task.handover)
    # With another number of threads the epochs would not be parts of the same training.
    return earlier if earlier and earlier.threads == threads_in_use() else None


def split(rows: int, folds: int, seed: int, fold: int) -> tuple[np.ndarray, np.ndarray]:
    """Returns the numbers of the rows to train on and of those held out in one fold.

    Example:
        >>> [part.tolist() for part in split(6, folds=3, seed=1, fold=0)]
        [[0, 3, 4, 5], [1, 2]]
    """
    splits = KFold(folds, shuffle=True, random_state=seed).split(np.empty(rows))
    return next(itertools.islice(splits, fold, None))


def fold_seed(seed: int, fold: int) -> int:
    """Returns the seed of one fold: the same in whatever order the folds are run."""
    return int(np.random.SeedSequence([seed, fold]).generate_state(1)[0])


def build_seeded(build: Callable[[], keras.Model], seed: int) -> keras.Model:
    """Builds a model; the seed decides its first weights and its dropout masks.

    Keras, NumPy and Python's `random` are seeded.
    """
    with _BUILDING:
        keras.utils.set_random_seed(seed)
        with _own_generator():
            random.seed(seed)
            return build()


@contextlib.contextmanager
def _own_generator() -> Iterator[None]:
    """Gives this thread a generator of its own behind the functions of `random`.

    Keras draws the seeds of layers with them. Threads share the generator
    behind them: what Dask's draw meanwhile would change the first weights.
    """
    own, here = random.Random(), threading.get_ident()
    shared = {
        name: function
        for name, function in vars(random).items()
        if isinstance(getattr(function, "__self__", None), random.Random)
    }

    def divided(name: str, function: Callable) -> Callable:
        def draw(*arguments, **options):
            ours = threading.get_ident() == here
            return (getattr(own, name) if ours else function)(*arguments, **options)

        return draw

    for name, function in shared.items():
        setattr(random, name, divided(name, function))
    try:
        yield
    finally:
        for name, function in shared.items():
            setattr(random, name, function)


class FreshModels:
    """Calls the function that builds the models, and sees to it that each is new.

    Called, it returns a compiled model that was not trained before and shares
    no weight with those that it returned earlier. It can be pickled if the
    function can; the copy knows of no earlier models.

    Args:
        define_model: returns a new, compiled model with the metric "accuracy".

    Raises:
        DesignError: when called, if that is not what the function returns.
    """

    def __init__(self, define_model: Callable[[], keras.Model]):
        self._define_model = define_model
        self._earlier: list[keras.Model] = []

    def __call__(self) -> keras.Model:
        model = self._define_model()
        _check_model(model, self._earlier)
        self._earlier.append(model)
        return model

    def __getstate__(self) -> dict[str, object]:
        return {"_define_model": self._define_model, "_earlier": []}


def _check_model(model: object, earlier: list[keras.Model]) -> None:
    if not isinstance(model, keras.Model):
        raise DesignError(
            f"define_model returned {type(model).__name__}; it has to return a Keras model."
        )
    if getattr(model, "optimizer", None) is None:
        raise DesignError("define_model returned a model that is not compiled; call compile first.")
    if int(model.optimizer.iterations.numpy()) > 0 or _shares_weights(model, earlier):
        raise DesignError(
            "define_model returned a model that has been trained already; it has to build a new "
            "one at each call, or the held-out images are no longer unseen."
        )
    if not _measures_accuracy(model):
        raise DesignError(
            "define_model returned a model without the metric 'accuracy'; "
            "compile it with metrics=['accuracy']."
        )


def _shares_weights(model: keras.Model, earlier: list[keras.Model]) -> bool:
    # A new model around old layers is as trained as the layers are.
    trained = {id(weight) for each in earlier for weight in each.weights}
    return any(id(weight) in trained for weight in model.weights)


def _measures_accuracy(model: keras.Model) -> bool:
    metrics = (model.get_compile_config() or {}).get("metrics") or []
    return "accuracy" in metrics


def _targets(model: keras.Model, one_hot_labels: np.ndarray) -> np.ndarray:
    if "sparse" in str(model.loss).lower():
        return one_hot_labels.argmax(axis=1)
    return one_hot_labels


def keras_settings() -> dict[str, object]:
    """Returns the settings of this process's Keras that change numbers.

    A notebook can set them; another process has to be told.

    Example:
        >>> keras_settings()["floatx"]
        'float32'
    """
    return {
        "floatx": keras.config.floatx(),
        "epsilon": keras.config.epsilon(),
        "image_data_format": keras.config.image_data_format(),
        "dtype_policy": keras.config.dtype_policy().name,
        "deterministic": tensorflow_config.is_op_determinism_enabled(),
    }


def _use_keras_settings(wanted: dict[str, object]) -> None:
    if not wanted or wanted == keras_settings():
        return
    keras.config.set_floatx(wanted["floatx"])
    keras.config.set_epsilon(wanted["epsilon"])
    keras.config.set_image_data_format(wanted["image_data_format"])
    keras.config.set_dtype_policy(wanted["dtype_policy"])
    if wanted["deterministic"]:
        tf.config.experimental.enable_op_determinism()


def threads_in_use() -> int:
    """Returns how many threads TensorFlow has for one operation in this process."""
    return (
        tf.config.threading.get_intra_op_parallelism_threads()
        or settings.current().threads
        or os.cpu_count()
    )


def _use_threads(threads: int | None) -> None:
    """Sets TensorFlow's threads; where it runs already they stay, and the outcome says so."""
    if threads is None:
        return
    with contextlib.suppress(RuntimeError):
        tf.config.threading.set_intra_op_parallelism_threads(threads)
        tf.config.threading.set_inter_op_parallelism_threads(threads)


def _of_fold(report: Report, fold: int) -> Callable[[int, float, dict[str, float]], None]:
    return lambda epoch, share, numbers: report(fold, epoch, share, numbers)
