"""k-fold cross-validation of a Keras model: `evaluate_model`.

The training images are cut into k parts. Each part is held out once: a fresh
model is trained on the other parts and judged on it. Fresh is the point: a
model that is kept from one fold to the next has seen most of what it is then
judged on.
"""

import datetime
import hashlib
import os
import time
import warnings
from collections.abc import Callable, Iterator, Mapping

from mnistlab import settings
from mnistlab.data.checks import check_pairs
from mnistlab.data.mnist import loaded_sources
from mnistlab.data.preparation import one_hot
from mnistlab.errors import DataError, DesignError
from mnistlab.evaluation.live import FoldProgress
from mnistlab.evaluation.results import Result
from mnistlab.progress import Progress
from mnistlab.versions import versions

import keras
import numpy as np
from sklearn.model_selection import KFold

# Keras returns to Python after that many batches instead of after each one.
# The arithmetic is the same; on two cores an epoch takes a third less time.
BATCHES_PER_CALL = 50
# Large batches make judging the held-out images quick; they do not change it.
HELD_OUT_BATCH = 1000


def evaluate_model(
    define_model: Callable[[], keras.Model],
    images: np.ndarray,
    labels: np.ndarray,
    folds: int = 5,
    epochs: int = 10,
    batch_size: int = 32,
    seed: int = 1,
    name: str | None = None,
    facts: Mapping[str, object] | None = None,
) -> Result:
    """Evaluates an architecture by k-fold cross-validation on training images.

    A progress bar shows fold, epoch, held-out accuracy and the time left. An
    interrupt (the stop button) ends it; the folds finished by then are kept.
    The seed decides the folds, and with the fold's number the initial weights,
    the order of the batches and the dropout masks. Keras, NumPy and Python's
    `random` are seeded anew for every fold.

    Args:
        define_model: a function that returns a new, compiled model with the
            metric "accuracy". It is called once for each fold.
        images: (n, 28, 28, 1) or (n, 28, 28), scaled as the model wants them.
        labels: (n, 10) one-hot or (n,) whole numbers from 0 to 9.
        folds: how many parts, 2 or more.
        epochs: passes over the training part, 1 or more.
        batch_size: images in one step of training.
        seed: a whole number from 0 to 2**32 - 1.
        name: the architecture's name; the model's own when `None`.
        facts: anything to be kept with the result, beside the data loaded
            ("mnist" or "standin"), parameters, seconds, cores and versions.

    Returns:
        A `Result`, which also unpacks as `scores, histories`.

    Raises:
        DataError: images or labels are not fit for training, or the numbers do
            not make a protocol.
        DesignError: `define_model` does not return a fresh compiled model.

    Source: the function of this name in J. Brownlee's tutorial "How to Develop
    a CNN for MNIST Handwritten Digit Classification" (2019), whose listing,
    as first published, kept one model through all the folds.

    Example:
        >>> from mnistlab.models import zoo
        >>> images = np.random.default_rng(0).random((40, 28, 28, 1), dtype="float32")
        >>> result = evaluate_model(zoo.three_conv, images, np.arange(40) % 10, folds=2, epochs=1)
        >>> len(result.scores), result.complete
        (2, True)
    """
    _check_definition(define_model)
    images, labels = _prepared(images, labels)
    protocol = _protocol(images, labels, folds, epochs, batch_size, seed)
    scores: list[float] = []
    histories: list[dict[str, list[float]]] = []
    started = time.monotonic()
    with Progress(folds * epochs, "Cross-validation") as bar:
        try:
            for fold, (model, training, held_out) in enumerate(
                _fresh_models(define_model, images, folds, seed)
            ):
                history = model.fit(
                    images[training],
                    _targets(model, labels[training]),
                    validation_data=(images[held_out], _targets(model, labels[held_out])),
                    epochs=epochs,
                    batch_size=batch_size,
                    validation_batch_size=HELD_OUT_BATCH,
                    verbose=0,
                    callbacks=[FoldProgress(bar, fold, folds, epochs)],
                ).history
                histories.append({key: [float(v) for v in history[key]] for key in sorted(history)})
                scores.append(histories[-1]["val_accuracy"][-1])
        except KeyboardInterrupt:
            if not scores:
                raise
            warnings.warn(
                f"Stopped in fold {len(scores) + 1} of {folds}: the result holds the "
                f"{len(scores)} finished before.",
                stacklevel=2,
            )
    known = _run_facts(model, time.monotonic() - started)
    return Result(name or model.name, scores, histories, protocol, known | dict(facts or {}))


def _prepared(images: np.ndarray, labels: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    check_pairs(images, labels)
    images, labels = np.asarray(images), np.asarray(labels)
    if images.ndim == 3:
        images = images[..., np.newaxis]
    if labels.ndim == 1:
        labels = one_hot(labels)
    return images, labels


def _protocol(images, labels, folds, epochs, batch_size, seed) -> dict[str, object]:
    for name, value, smallest in (
        ("folds", folds, 2),
        ("epochs", epochs, 1),
        ("batch_size", batch_size, 1),
        ("seed", seed, 0),
    ):
        if not isinstance(value, int | np.integer) or isinstance(value, bool) or value < smallest:
            raise DataError(f"{name} is {value!r}; give a whole number from {smallest} on.")
    if seed > settings.LARGEST_SEED:
        raise DataError(f"seed is {seed}; the largest that can be used is {settings.LARGEST_SEED}.")
    if folds > len(images):
        raise DataError(
            f"folds is {folds}, but there are only {len(images)} images; each fold needs one."
        )
    return {
        "folds": int(folds),
        "epochs": int(epochs),
        "batch_size": int(batch_size),
        "seed": int(seed),
        "rows": len(images),
        "data_digest": digest(images, labels.argmax(axis=1).astype("uint8")),
    }


def digest(*arrays: np.ndarray) -> str:
    """Returns 16 hexadecimal digits that stand for the content of arrays."""
    sha = hashlib.sha256()
    for array in arrays:
        sha.update(f"{array.dtype.str}{array.shape}".encode())
        sha.update(np.ascontiguousarray(array).data)
    return sha.hexdigest()[:16]


def _fresh_models(
    define_model: Callable[[], keras.Model], images: np.ndarray, folds: int, seed: int
) -> Iterator[tuple[keras.Model, np.ndarray, np.ndarray]]:
    """Yields for each fold a new model, the rows to train on, the rows held out."""
    splits = KFold(folds, shuffle=True, random_state=seed).split(images)
    seen: list[keras.Model] = []
    for fold, (training, held_out) in enumerate(splits):
        keras.utils.set_random_seed(fold_seed(seed, fold))
        model = define_model()
        _check_model(model, seen)
        seen.append(model)
        model.steps_per_execution = BATCHES_PER_CALL
        yield model, training, held_out


def _check_definition(define_model: object) -> None:
    if not callable(define_model) or isinstance(define_model, keras.Model):
        raise DesignError(
            "evaluate_model takes the function that builds the model, such as define_model, and "
            "not a model: a model that is trained on from fold to fold is tested on images that "
            "it has already learned."
        )


def fold_seed(seed: int, fold: int) -> int:
    """Returns the seed of one fold: the same in whatever order the folds are run."""
    return int(np.random.SeedSequence([seed, fold]).generate_state(1)[0])


def _check_model(model: object, seen: list[keras.Model]) -> None:
    if not isinstance(model, keras.Model):
        raise DesignError(
            f"define_model returned {type(model).__name__}; it has to return a Keras model."
        )
    if getattr(model, "optimizer", None) is None:
        raise DesignError("define_model returned a model that is not compiled; call compile first.")
    if int(model.optimizer.iterations.numpy()) > 0 or _shares_weights(model, seen):
        raise DesignError(
            "define_model returned a model that has been trained already; it has to build a new "
            "one at each call, or the held-out images are no longer unseen."
        )
    if not _measures_accuracy(model):
        raise DesignError(
            "define_model returned a model without the metric 'accuracy'; "
            "compile it with metrics=['accuracy']."
        )


def _shares_weights(model: keras.Model, seen: list[keras.Model]) -> bool:
    # A new model around old layers is as trained as the layers are.
    trained = {id(weight) for earlier in seen for weight in earlier.weights}
    return any(id(weight) in trained for weight in model.weights)


def _measures_accuracy(model: keras.Model) -> bool:
    metrics = (model.get_compile_config() or {}).get("metrics") or []
    return "accuracy" in metrics


def _targets(model: keras.Model, one_hot_labels: np.ndarray) -> np.ndarray:
    if "sparse" in str(model.loss).lower():
        return one_hot_labels.argmax(axis=1)
    return one_hot_labels


def _run_facts(model: keras.Model, seconds: float) -> dict[str, object]:
    return {
        # Images carry no origin; what was loaded in this process tells MNIST and stand-in apart.
        "data": sorted(loaded_sources),
        "parameters": model.count_params(),
        "seconds": round(seconds, 1),
        "date": datetime.datetime.now(datetime.UTC).date().isoformat(),
        "cores": os.cpu_count(),
        "threads": settings.current().threads or os.cpu_count(),
        "versions": versions(),
    }
