"""Where the folds run: here, in processes of this machine, or on an engine of the caller's.

joblib does the work. Processes share the images: they lie in one file that
each maps into its memory, read-only. They import TensorFlow once and stay a
while, so that the next evaluation begins at once. `joblib.parallel_config`
around the call puts another engine in their place, such as Dask's.
"""

import contextlib
import dataclasses
import functools
import os
import pickle
import shutil
import signal
import sys
import tempfile
import threading
import time
import traceback
import warnings
import zlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from mnistlab import settings
from mnistlab.errors import MnistLabError, WorkersError
from mnistlab.evaluation.balance import epochs_saved, parts
from mnistlab.evaluation.fold import FoldOutcome, FoldTask, run_fold, threads_in_use

import cloudpickle
import joblib
import numpy as np
import tensorflow as tf
from joblib.externals.loky.backend import resource_tracker
from joblib.parallel import get_active_backend

WORTH_PROCESSES = 200_000
"""Images trained on, each epoch counted, from which on starting processes pays."""

WORTH_DIVIDING = 100_000
"""Images trained on by which the run has to be shorter, for a fold to be divided."""

ATTEMPTS = 3
"""How often folds are run whose worker was lost; the last time one after the other."""

IDLE_SECONDS = 120
"""How long a process waits for another evaluation before it ends."""

# With its module's own functions a process would import TensorFlow first, and an interrupt
# meanwhile would end it noisily. This process alone decides what an interrupt stops.
_IGNORE_INTERRUPTS = functools.partial(signal.signal, signal.SIGINT, signal.SIG_IGN)


@dataclass(frozen=True)
class Plan:
    """Where the folds run.

    Attributes:
        place: "here", "processes", "threads" (of this process) or "engine".
        workers: folds at once; `None` leaves it to the engine.
        threads: threads that TensorFlow has for each fold.
    """

    place: str
    workers: int | None
    threads: int


def plan(folds: int, trained_images: int, workers: int | None = None) -> Plan:
    """Decides where the folds of a cross-validation run.

    It does not depend on how many folds are left to do: a run that goes on
    after a stop has the numbers that it would have had without.

    Args:
        folds: how many there are.
        trained_images: images trained on in all, each epoch counted.
        workers: folds at once; `None` for as many as cores and folds allow,
            and one where starting processes would take longer than it saves.

    Returns:
        The plan. With a graphics card in use, one fold runs after the other.

    Raises:
        WorkersError: the engine that the caller chose copies this process
            while TensorFlow runs in it, which TensorFlow does not survive.

    Warns:
        UserWarning: a number of workers was asked for, and another decides: the
            engine that the caller chose, or the graphics card, which one fold
            fills.
    """
    backend, configured = get_active_backend()
    kind = type(backend).__name__
    asked, workers = workers, workers or configured
    if kind == "MultiprocessingBackend":
        raise WorkersError(
            "The joblib engine 'multiprocessing' copies this process with TensorFlow running in "
            "it, and the copies stand still. Choose 'loky', which is the default, or 'dask'."
        )
    if kind not in ("LokyBackend", "ThreadingBackend", "SequentialBackend"):
        if asked is not None:
            _say_no_effect(asked, f"{kind} decides how many folds run at once")
        return Plan("engine", None, settings.current().threads or 1)
    if workers is not None and workers < 0:
        workers = max(1, joblib.cpu_count() + 1 + workers)
    if kind == "SequentialBackend":
        workers = 1
    elif _graphics_card():
        if workers is not None and workers > 1:
            _say_no_effect(workers, "one fold fills the graphics card; one runs after the other")
        workers = 1
    workers = min(folds, workers or _fitting_workers(trained_images))
    if workers == 1:
        return Plan("here", 1, threads_in_use())
    if kind == "ThreadingBackend":
        return Plan("threads", workers, threads_in_use())
    return Plan("processes", workers, _threads_each(workers))


def _graphics_card() -> bool:
    return bool(tf.config.list_physical_devices("GPU"))


def _say_no_effect(workers: int, reason: str) -> None:
    warnings.warn(f"workers={workers} has no effect: {reason}.", stacklevel=5)


def _fitting_workers(trained_images: int) -> int:
    if trained_images < WORTH_PROCESSES:
        return 1
    return max(1, joblib.cpu_count() // (settings.current().threads or 1))


def _threads_each(workers: int) -> int:
    return settings.current().threads or max(1, joblib.cpu_count() // workers)


def run_folds(
    tasks: Sequence[FoldTask], images: np.ndarray, labels: np.ndarray, plan: Plan
) -> Iterator[FoldOutcome]:
    """Runs folds and yields their outcomes as they come, in any order.

    A fold whose worker is lost (killed, out of memory, its machine gone) is
    run again. In processes of this machine, a fold may be trained in two parts,
    so that no process is idle. Closing the generator, or an interrupt, ends all
    that runs in processes of this machine; threads, and an engine of the
    caller's, finish the folds that they have begun, which are then lost.

    Args:
        tasks: the folds.
        images: (n, 28, 28, 1), those of all folds.
        labels: (n, 10) one-hot.
        plan: where they run.

    Yields:
        The outcome of each fold.

    Raises:
        WorkersError: workers were lost again and again.
        Exception: whatever a fold raised.

    Warns:
        UserWarning: a worker was lost.
    """
    if plan.place == "here" or not tasks:
        for task in tasks:
            yield run_fold(task, images, labels)
        return
    waiting = {task.fold: _sendable(task, plan) for task in tasks}
    worth = _worth_dividing(tasks, len(images), plan, plan.workers)
    with _folder_of_parts() if worth else contextlib.nullcontext() as folder:
        yield from _run_waiting(waiting, images, labels, plan, folder)


def _run_waiting(
    waiting: dict[int, FoldTask],
    images: np.ndarray,
    labels: np.ndarray,
    plan: Plan,
    folder: Path | None,
) -> Iterator[FoldOutcome]:
    first = None
    for attempt in range(1, ATTEMPTS + 1):
        at_once = 1 if attempt == ATTEMPTS else plan.workers
        try:
            todo = list(waiting.values())
            if folder and _worth_dividing(todo, len(images), plan, at_once):
                todo = _divided(todo, at_once, folder)
            with _ended(_started(todo, images, labels, plan, at_once)) as answers:
                for answer in answers:
                    outcome = answer.outcome()
                    if outcome.finished:
                        del waiting[answer.fold]
                        yield outcome
                    if not waiting:
                        # A first part may still run, of a fold that another process trained whole.
                        return
            return
        except FoldError as error:
            raise error.cause from None
        except Exception as error:
            # What comes after it may only say that the workers are not there.
            first = first or error
            if attempt == ATTEMPTS:
                raise WorkersError(
                    f"The workers that train the folds were lost {ATTEMPTS} times, the first time "
                    f"with {_said(first)}. Where memory ran out, evaluate with workers=1. Folds "
                    "that were finished are kept, if resume is on."
                ) from error
            warnings.warn(
                f"A worker was lost ({_said(error)}). {_numbered(waiting)} run again.",
                stacklevel=3,
            )


@contextlib.contextmanager
def _folder_of_parts() -> Iterator[Path | None]:
    """Makes a folder that is removed in the end, also if this process is killed.

    Then it is the watcher that does it by which joblib removes its own files.
    Where there can be no such folder, no fold is divided.
    """
    with contextlib.ExitStack() as undo:
        try:
            folder = tempfile.mkdtemp(prefix="mnistlab-")
            undo.callback(shutil.rmtree, folder, ignore_errors=True)
            resource_tracker.register(folder, "folder")
            undo.callback(resource_tracker.unregister, folder, "folder")
        except (OSError, ValueError):
            # The watcher takes only names of ASCII letters.
            folder = None
        yield folder and Path(folder)


class FoldError(Exception):
    """Carries what a fold raised past the errors of the engine."""

    def __init__(self, cause: Exception):
        self.cause = cause


@dataclass(frozen=True)
class Answer:
    """What a worker sends back: the outcome of a fold, or what it raised."""

    fold: int
    value: "FoldOutcome | None"
    error: bytes = b""
    trace: str = ""

    def outcome(self) -> FoldOutcome:
        """Returns the outcome, or raises a `FoldError` of what the fold raised."""
        if self.value is not None:
            return self.value
        try:
            cause = pickle.loads(self.error)
        except Exception:
            cause = MnistLabError(self.trace.strip().splitlines()[-1])
        cause.add_note(f"Raised in fold {self.fold + 1}, by a worker:\n{self.trace}")
        raise FoldError(cause)


def answer(
    task: FoldTask, images: "np.ndarray | Packed", labels: "np.ndarray | Packed", parent: int
) -> Answer:
    """Runs one fold in a worker.

    Args:
        task: what to do.
        images: (n, 28, 28, 1), or packed.
        labels: (n, 10) one-hot, or packed.
        parent: the process without which this one shall not go on; 0 for none.
    """
    if parent:
        _end_with(parent)
    try:
        return Answer(task.fold, run_fold(task, _unpacked(images), _unpacked(labels)))
    except Exception as error:
        return Answer(task.fold, None, _pickled(error), traceback.format_exc())


def _pickled(error: Exception) -> bytes:
    try:
        return cloudpickle.dumps(error)
    except Exception:
        return b""


@functools.cache
def _end_with(parent: int) -> None:
    """Ends this process soon after its parent, which may have been killed."""

    def watch():
        while os.getppid() == parent:
            time.sleep(1)
        os._exit(1)

    # On Windows a process keeps the number of its parent, and cannot tell this way.
    if sys.platform != "win32":
        threading.Thread(target=watch, daemon=True).start()


class Packed:
    """An array compressed for the way to another machine: digits are mostly one color."""

    def __init__(self, array: np.ndarray):
        self._shape, self._dtype = array.shape, array.dtype.str
        self._bytes = zlib.compress(np.ascontiguousarray(array).data, 1)

    def array(self) -> np.ndarray:
        """Returns the array."""
        return np.frombuffer(zlib.decompress(self._bytes), self._dtype).reshape(self._shape)


def _unpacked(array: "np.ndarray | Packed") -> np.ndarray:
    return array.array() if isinstance(array, Packed) else array


def _sendable(task: FoldTask, plan: Plan) -> FoldTask:
    if plan.place == "threads":
        return task
    return dataclasses.replace(task, build=cloudpickle.dumps(task.build), threads=plan.threads)


def _worth_dividing(tasks: Sequence[FoldTask], rows: int, plan: Plan, at_once: int | None) -> bool:
    if plan.place != "processes" or not all(task.divisible for task in tasks):
        return False
    folds, epochs = tasks[0].folds, tasks[0].epochs
    trained = rows * (folds - 1) // folds
    return epochs_saved(len(tasks), epochs, at_once) * trained >= WORTH_DIVIDING


def _divided(tasks: Sequence[FoldTask], at_once: int, folder: Path) -> list[FoldTask]:
    """Returns the tasks in the order of their beginning, a few of them in two parts."""
    of_fold = {task.fold: task for task in tasks}
    return [
        dataclasses.replace(
            of_fold[part.fold], until=part.until, handover=folder / f"fold-{part.fold}.pickle"
        )
        for part in parts(list(of_fold), tasks[0].epochs, at_once)
    ]


def can_be_sent(build: Callable) -> bool:
    """Whether a function, and all that it uses, can go to another process."""
    try:
        cloudpickle.dumps(build)
    except Exception:
        return False
    return True


def _started(
    tasks: list[FoldTask], images: np.ndarray, labels: np.ndarray, plan: Plan, at_once: int | None
) -> Iterator[Answer]:
    parent = os.getpid() if plan.place == "processes" else 0
    if plan.place == "engine":
        # Not as arrays: Dask would keep those on one worker only, and lose them with it.
        images, labels = Packed(images), Packed(labels)
    calls = (joblib.delayed(answer)(task, images, labels, parent) for task in tasks)
    options = {"return_as": "generator_unordered", "batch_size": 1}
    if plan.place == "engine":
        return _by_engine(calls, options)
    # With a single job joblib would run the folds in this process, whose threads are others.
    jobs = max(2, min(at_once, len(tasks)))
    if plan.place == "threads":
        return joblib.Parallel(n_jobs=jobs, pre_dispatch=at_once, **options)(calls)
    # A process that has grown by 300 MB is replaced between two folds, which loses nothing.
    warnings.filterwarnings("ignore", "A worker stopped while some jobs were given", UserWarning)
    with joblib.parallel_config(
        "loky",
        inner_max_num_threads=plan.threads,
        initializer=_IGNORE_INTERRUPTS,
        idle_worker_timeout=IDLE_SECONDS,
    ):
        return joblib.Parallel(n_jobs=jobs, pre_dispatch=at_once, **options)(calls)


def _by_engine(calls: Iterator, options: dict[str, object]) -> Iterator[Answer]:
    backend, configured = get_active_backend()
    options = options | {"n_jobs": configured or -1, "pre_dispatch": "all"}
    if not backend.supports_return_generator:
        # Ray's, for one: all answers come at the end.
        return (each for each in joblib.Parallel(**options | {"return_as": "list"})(calls))
    with _suited_to_dask():
        return joblib.Parallel(**options)(calls)


@contextlib.contextmanager
def _suited_to_dask() -> Iterator[None]:
    """Sees to two things that joblib leaves out when it hands tasks to Dask.

    It hears only of tasks that were run: of one that Dask gives up, because
    worker after worker died with it, it would wait for ever. And where the
    cluster has a single thread, it would run the tasks in this process.
    """
    backend, _ = get_active_backend()
    if type(backend).__name__ != "DaskDistributedBackend":
        yield
        return
    submit, count = backend.submit, backend.effective_n_jobs

    def telling(task, callback):
        future = submit(task, callback)
        future.add_done_callback(lambda done: done.exception() and callback(done.exception()))
        return future

    backend.submit = telling
    backend.effective_n_jobs = lambda n_jobs: max(2, count(n_jobs))
    try:
        yield
    finally:
        del backend.submit, backend.effective_n_jobs


@contextlib.contextmanager
def _ended(answers: Iterator[Answer]) -> Iterator[Iterator[Answer]]:
    """Ends what still runs when the block is left."""
    try:
        yield answers
    finally:
        with warnings.catch_warnings():
            # joblib says that tasks were canceled, which is what is wanted.
            warnings.simplefilter("ignore")
            answers.close()


def _said(error: Exception) -> str:
    lines = str(error).strip().splitlines()
    return f"{type(error).__name__}: {lines[0]}" if lines else type(error).__name__


def _numbered(folds: dict[int, FoldTask]) -> str:
    numbers = [str(fold + 1) for fold in sorted(folds)]
    return f"Fold {numbers[0]} is" if len(numbers) == 1 else f"Folds {', '.join(numbers)} are"
