"""k-fold cross-validation of a Keras model: `evaluate_model`.

The training images are cut into k parts. Each part is held out once: a fresh
model is trained on the other parts and judged on it. Fresh is the point: a
model that is kept from one fold to the next has seen most of what it is then
judged on.

The folds run at once where there are cores for it, and each is kept in a file
when it is finished, so that a run that was stopped goes on where it was.
"""

import contextlib
import dataclasses
import datetime
import os
import time
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence

from mnistlab import settings
from mnistlab.data.checks import check_pairs, check_whole
from mnistlab.data.mnist import loaded_sources
from mnistlab.data.preparation import one_hot
from mnistlab.errors import DataError, DesignError
from mnistlab.evaluation import engine, fingerprint
from mnistlab.evaluation.fingerprint import digest
from mnistlab.evaluation.fold import (
    FoldOutcome,
    FoldTask,
    FreshModels,
    build_seeded,
    fold_seed,
    keras_settings,
)
from mnistlab.evaluation.kept_folds import KeptFolds
from mnistlab.evaluation.live import RunProgress
from mnistlab.evaluation.reports import Report, received
from mnistlab.evaluation.results import Result
from mnistlab.versions import versions

import keras
import numpy as np


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
    workers: int | None = None,
    resume: bool | None = None,
    progress: RunProgress | None = None,
) -> Result:
    """Evaluates an architecture by k-fold cross-validation on training images.

    Several folds run at once, in processes of their own, where the machine has
    the cores and the work is worth it; with a graphics card one runs after the
    other. Where they do not come out even, such as five on two cores, some are
    trained in two parts, with a pause between, so that no core is idle. `with
    joblib.parallel_config("dask"):` around the call has a Dask cluster run them.
    The numbers are the same wherever the folds run and in whatever order, for an
    equal number of threads for each.

    A picture shows the folds that run, the held-out accuracy as it grows and
    the time left. An interrupt (the stop button) ends the run within seconds;
    the folds finished by then are in the result; those that a cluster has begun
    it finishes unheard. Each finished fold is also kept in a file: the same
    call, made again, reads it, says so, and goes on with the rest.

    The seed decides the folds, and with the fold's number the initial weights,
    the order of the batches and the dropout masks. Keras, NumPy and Python's
    `random` are seeded anew for every fold.

    Args:
        define_model: a function that returns a new, compiled model with the
            metric "accuracy". It is called twice to look at what it builds,
            and then once for each fold. It may be a lambda.
        images: (n, 28, 28, 1) or (n, 28, 28), scaled as the model wants them.
        labels: (n, 10) one-hot or (n,) whole numbers from 0 to 9.
        folds: how many parts, 2 or more.
        epochs: passes over the training part, 1 or more.
        batch_size: images in one step of training.
        seed: a whole number from 0 to 2**32 - 1.
        name: the architecture's name; the model's own when `None`.
        facts: anything to be kept with the result, beside the data loaded
            ("mnist" or "standin"), parameters, seconds, threads, workers,
            cores and versions.
        workers: folds at once; `None` for as many as cores and folds allow.
        resume: whether finished folds are kept and those of an earlier, equal
            run are read; `None` for yes in a full run and no in quick mode. A
            fold counts as equal only if data, network, first weights, protocol,
            seed, threads, versions and this library's own code are.
        progress: shows how far the folds are; a new picture when `None`.

    Returns:
        A `Result`, which also unpacks as `scores, histories`.

    Raises:
        DataError: images or labels are not fit for training, or the numbers do
            not make a protocol.
        DesignError: `define_model` does not return a fresh compiled model.
        TrainingError: a training diverged: weights are NaN or infinite.
        WorkersError: processes or machines that train were lost again and again,
            or `joblib.parallel_config` has chosen some that cannot be used.

    Warns:
        UserWarning: the run was interrupted, a worker was lost, or a finished
            fold could not be kept or read.

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
    started = time.monotonic()
    _check_definition(define_model)
    images, labels = _prepared(images, labels)
    protocol = _protocol(images, labels, folds, epochs, batch_size, seed)
    build = FreshModels(define_model)
    model = _looked_at(build, seed)
    plan = _plan(build, protocol, workers)
    kept = _kept_folds(model, protocol, plan, resume)
    # What is not Keras' own, or runs in Python, may keep a state that cannot be handed over.
    divisible = not (fingerprint.own_code(model) or model.run_eagerly)
    with progress or RunProgress(folds, epochs) as progress:
        outcomes = _read(kept, folds, progress)
        try:
            tasks = _tasks(build, protocol, set(outcomes), divisible)
            for outcome in _run(tasks, images, labels, plan, progress):
                # In this order: drawing takes a while, in which an interrupt may come.
                if kept is not None:
                    _keep(kept, outcome, plan.threads)
                outcomes[outcome.fold] = outcome
                progress.finished(outcome.fold, outcome.history, outcome.seconds)
        except KeyboardInterrupt:
            if not outcomes:
                raise
            # One that comes after the last fold has stopped nothing.
            if len(outcomes) < folds:
                _say_stopped(set(outcomes), folds)
    known = _run_facts(model, outcomes, protocol, plan, time.monotonic() - started)
    ordered = [outcomes[fold] for fold in sorted(outcomes)]
    return Result(
        name or model.name,
        [outcome.score for outcome in ordered],
        [outcome.history for outcome in ordered],
        protocol,
        known | dict(facts or {}),
    )


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
        check_whole(name, value, smallest)
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


def _check_definition(define_model: object) -> None:
    if not callable(define_model) or isinstance(define_model, keras.Model):
        raise DesignError(
            "evaluate_model takes the function that builds the model, such as define_model, and "
            "not a model: a model that is trained on from fold to fold is tested on images that "
            "it has already learned."
        )


def _looked_at(build: FreshModels, seed: int) -> keras.Model:
    """Builds two models, as the first fold would: one is looked at, the other has to differ."""
    model = build_seeded(build, fold_seed(seed, 0))
    build_seeded(build, fold_seed(seed, 0))
    return model


def _plan(build: FreshModels, protocol: Mapping[str, object], workers: int | None) -> engine.Plan:
    if workers is not None:
        check_whole("workers", workers, 1)
    folds, epochs, rows = (protocol[key] for key in ("folds", "epochs", "rows"))
    plan = engine.plan(folds, (folds - 1) * rows * epochs, workers)
    if plan.place in ("here", "threads") or engine.can_be_sent(build):
        return plan
    if plan.place == "engine":
        raise DesignError(
            "define_model uses something that cannot be sent to another process, such as an open "
            "file or a lock. Build all that the model needs inside define_model."
        )
    warnings.warn(
        "The folds run one after the other: define_model uses something that cannot be sent to "
        "another process. Build all that the model needs inside define_model.",
        stacklevel=3,
    )
    return engine.plan(folds, 0, workers=1)


def _kept_folds(
    model: keras.Model, protocol: Mapping[str, object], plan: engine.Plan, resume: bool | None
) -> KeptFolds | None:
    if resume is None:
        resume = not settings.current().quick
    if not resume:
        return None
    own = fingerprint.own_code(model)
    if own:
        print(
            f"Finished folds are not kept: the network uses code of its own ({', '.join(own)}), "
            "and whether that has changed cannot be told."
        )
        return None
    run = {"protocol": protocol, "network": fingerprint.network(model), "threads": plan.threads}
    return KeptFolds(run | fingerprint.surroundings())


def _read(kept: KeptFolds | None, folds: int, progress: RunProgress) -> dict[int, FoldOutcome]:
    outcomes = {} if kept is None else kept.read(folds)
    for outcome in outcomes.values():
        progress.finished(outcome.fold, outcome.history)
    if outcomes:
        print(
            f"{len(outcomes)} of {folds} folds were finished before and are read from "
            f"my_results/folds/{kept.folder.name}; with resume=False they are run anew."
        )
    return outcomes


def _keep(kept: KeptFolds, outcome: FoldOutcome, threads: int) -> None:
    if outcome.threads == threads:
        kept.keep(outcome)
        return
    warnings.warn(
        f"Fold {outcome.fold + 1} ran with {outcome.threads} threads in place of {threads}, so "
        "that its numbers may be others. It goes into the result and is not kept for a run that "
        "is started again. Restart the worker that it ran on.",
        stacklevel=3,
    )


def _tasks(
    build: FreshModels, protocol: Mapping[str, object], finished: set[int], divisible: bool
) -> list[FoldTask]:
    numbers = {key: protocol[key] for key in ("folds", "epochs", "batch_size", "seed")}
    common = numbers | {"keras_settings": keras_settings(), "divisible": divisible}
    return [
        FoldTask(fold, build=build, **common)
        for fold in range(protocol["folds"])
        if fold not in finished
    ]


def _run(
    tasks: Sequence[FoldTask],
    images: np.ndarray,
    labels: np.ndarray,
    plan: engine.Plan,
    progress: RunProgress,
) -> Iterator[FoldOutcome]:
    with _reports(plan, progress) as report:
        tasks = [dataclasses.replace(task, report=report) for task in tasks]
        with contextlib.closing(engine.run_folds(tasks, images, labels, plan)) as outcomes:
            yield from outcomes


def _reports(
    plan: engine.Plan, progress: RunProgress
) -> contextlib.AbstractContextManager[Report | None]:
    if plan.place in ("here", "threads"):
        return contextlib.nullcontext(progress.report)
    return received(progress.report)


def _say_stopped(finished: set[int], folds: int) -> None:
    first = min(set(range(folds)) - finished)
    warnings.warn(
        f"Stopped in fold {first + 1} of {folds}: the result holds the {len(finished)} finished "
        "before.",
        stacklevel=3,
    )


def _run_facts(
    model: keras.Model,
    outcomes: Mapping[int, FoldOutcome],
    protocol: Mapping[str, object],
    plan: engine.Plan,
    seconds: float,
) -> dict[str, object]:
    folds = sorted(outcomes)
    facts = {
        # Images carry no origin; what was loaded in this process tells MNIST and stand-in apart.
        "data": sorted(loaded_sources),
        "parameters": model.count_params(),
        "seconds": round(seconds, 1),
        "fold_seconds": [round(outcomes[fold].seconds, 1) for fold in folds],
        "date": datetime.datetime.now(datetime.UTC).date().isoformat(),
        "cores": os.cpu_count(),
        "threads": max(outcomes[fold].threads for fold in folds),
        "workers": plan.workers,
        "versions": versions(),
    }
    if len(folds) < protocol["folds"]:
        facts["finished_folds"] = [fold + 1 for fold in folds]
    return facts
