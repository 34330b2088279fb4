"""Training a plan in a thread of its own: stopped within a second, and resumed where it stopped.

Keras' `fit` can be told to stop, and has then lost where in the epoch it was.
The loop here calls the same compiled step of the model batch by batch, so that
it can stop between any two of them and go on later, to the same numbers as if
it had never stopped. A test holds it against `fit`.
"""

import atexit
import collections
import logging
import math
import os
import threading
import time
import weakref
from collections.abc import Callable, Mapping
from pathlib import Path

from mnistlab import settings
from mnistlab.data.datasets import Dataset
from mnistlab.errors import DataError, DesignError, MnistLabError
from mnistlab.evaluation.report import Report, report_of
from mnistlab.models import files
from mnistlab.progress import duration
from mnistlab.widgets.designer.build import build_seeded, require_fitting
from mnistlab.widgets.designer.plan import Plan
from mnistlab.widgets.designer.sampling import epoch_order, split
from mnistlab.widgets.designer.weights import require_same_layers

import keras
import numpy as np

STATES = ("new", "running", "stopped", "done", "failed")

LARGEST_BATCH = 1_000
"""Images in one call of the model where nothing is learned."""

NUMBERS_AT_ONCE = 20_000_000
"""Numbers that the largest layer may make in such a call: a fraction of a second of work."""

TELL_SECONDS = 0.25
"""How often those who follow a run are told of its batches."""

LONGEST_CAUSE = 300
"""Characters of an error of TensorFlow that are shown; some fill pages."""

EXIT_SECONDS = 15
"""How long the end of the program waits for a batch that is being computed."""

_running: "weakref.WeakSet[TrainingRun]" = weakref.WeakSet()


class _EndError(Exception):
    """Ends the loop: the state to end in, and why, in words."""

    def __init__(self, state: str, reason: str):
        super().__init__(reason)
        self.state = state
        self.reason = reason


class TrainingRun:
    """One training of a plan on data.

    Of the training images, a share is held out: chosen by the seed, evenly
    from all classes. Keras' `fit` would take the last rows, which in data
    sorted by class are the last classes alone.

    Args:
        plan: what to build, and how to train it.
        dataset: what to train it on.
        number: the how many-th run of this session it is.

    Attributes:
        state: "new", "running", "stopped", "done" or "failed".
        reason: why it ended, in words.
        problem: what went wrong, if it failed.
        epoch: epochs that are finished.
        epochs: how many there are to be at most.
        batch: batches that are done of the epoch under way.
        batches: how many an epoch has.
        best_epoch: the epoch, from 1, whose weights are the best; `None` as
            long as there is none.
        parameters: how many numbers the model has.
        device: what it is computed on, in words.
        test_accuracy: share of the test images read right; `None` until
            `report()` has measured it.

    Raises:
        DesignError: the rules refuse the plan, or it is for other images.
        DataError: there are no images to train on, or their pixels are not finite.

    Example:
        >>> from mnistlab.widgets.designer.templates import template
        >>> images = np.zeros((20, 28, 28, 1), "uint8")
        >>> dataset = Dataset("dark", images, np.arange(20) % 10)
        >>> run = TrainingRun(template("lenet5"), dataset)
        >>> run.start()
        >>> run.wait()
        True
        >>> run.state, run.reason, len(run.history["val_loss"])
        ('done', 'All 10 epochs are done.', 10)
    """

    def __init__(self, plan: Plan, dataset: Dataset, number: int = 1):
        require_fitting(plan, dataset)
        _require_finite_pixels(dataset)
        self.plan = plan
        self.dataset = dataset
        self.number = number
        self.state = "new"
        self.reason = ""
        self.problem = ""
        self.epoch = 0
        self.epochs = plan.training.epochs
        self.batch = 0
        self.best_epoch: int | None = None
        self.device = device_text()
        self.test_accuracy: float | None = None
        self._rows, self._held_out = split(
            dataset.labels, plan.training.validation_share, plan.training.seed
        )
        self.batches = math.ceil(len(self._rows) / plan.training.batch_size)
        self._history: dict[str, list[float]] = {}
        self._model = build_seeded(plan)
        self._model.optimizer.build(self._model.trainable_variables)
        self.parameters = self._model.count_params()
        self._best: tuple[tuple[float, ...], list[np.ndarray]] | None = None
        self._shown: keras.Model | None = None
        self._measured: dict[str, float] | None = None
        self._checked = 0
        self._validating = 0.0
        self._spent = 0.0
        self._began: float | None = None
        self._loaded = False
        self._compiled = False
        self._pace: collections.deque[float] = collections.deque(maxlen=200)
        self._told = 0.0
        self._lock = threading.RLock()
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None
        self._observers: list[Callable[[], None]] = []

    def __repr__(self) -> str:
        return f"<TrainingRun {self.number} of {self.plan.name}: {self.state}, {self.where}>"

    # What it says

    @property
    def history(self) -> dict[str, list[float]]:
        """One number for each finished epoch, under Keras' names: loss, accuracy, val_loss, ..."""
        return {name: list(values) for name, values in self._history.items()}

    @property
    def images(self) -> int:
        """How many images are trained on."""
        return len(self._rows)

    @property
    def held_out(self) -> int:
        """How many images are held out."""
        return len(self._held_out)

    @property
    def stopping(self) -> bool:
        """Whether it was told to stop, and is still computing a batch."""
        return self.state == "running" and self._stop.is_set()

    @property
    def usable(self) -> bool:
        """Whether its model can be evaluated: it has learned, and is not learning now."""
        learned = self._loaded or self.epoch > 0 or self.batch > 0
        return (self.state in ("done", "stopped") and learned) or (
            self.state == "failed" and self.best_epoch is not None
        )

    @property
    def starting(self) -> bool:
        """Whether its first batch, for which TensorFlow compiles the step, is not done yet."""
        return self.state == "running" and not self._compiled

    @property
    def seconds(self) -> float:
        """How long it has trained, without the pauses."""
        began = self._began
        return self._spent + (0.0 if began is None else time.monotonic() - began)

    @property
    def progress(self) -> float:
        """How much of all epochs is done, 0 to 1."""
        if self.state == "done":
            return 1.0
        return (self.epoch + self.batch / self.batches) / self.epochs

    @property
    def seconds_left(self) -> float | None:
        """How long the rest of its epochs will take; `None` while that is not known."""
        pace = list(self._pace)
        if self.state != "running" or len(pace) < 2:
            return None
        each, epochs = float(np.median(pace)), self.epochs - self.epoch
        left = epochs * self.batches - self.batch
        # Before the first epoch is over, held-out images are taken to need a third of the
        # time of those that are learned from: they are walked through in one direction.
        guess = each * len(self._held_out) / self.plan.training.batch_size / 3
        seconds = left * each + epochs * (self._validating or guess)
        limit = self.plan.training.stop_minutes
        return seconds if limit is None else max(0.0, min(seconds, 60 * limit - self.seconds))

    @property
    def where(self) -> str:
        """Where it is, in words."""
        if self.epoch == self.epochs or (self.state == "done" and not self.batch):
            return f"epoch {self.epoch} of {self.epochs}"
        text = f"epoch {self.epoch + 1} of {self.epochs}, batch {self.batch} of {self.batches}"
        checking = self.state == "running" and self.batch == self.batches and self._held_out.size
        return f"{text}, measuring on the held-out images" if checking else text

    @property
    def model(self) -> keras.Model:
        """The model with its best weights; as they are now where no epoch is finished.

        It is a copy: evaluating it does not disturb the training, nor does it
        change when the training goes on.
        """
        with self._lock:
            if self._shown is None:
                self._shown = build_seeded(self.plan)
                self._shown.set_weights(self._best[1] if self._best else self._model.get_weights())
            return self._shown

    # What can be done

    def observe(self, callback: Callable[[], None]) -> None:
        """Has a function called, from the run's thread, as it goes on and when it ends."""
        self._observers.append(callback)

    def start(self) -> None:
        """Begins; if it has begun already, does nothing."""
        with self._lock:
            if self.state == "new":
                self._launch()

    def stop(self) -> None:
        """Has it stop after the batch that is being computed; returns at once."""
        if self.state == "running":
            self._stop.set()

    def resume(self) -> None:
        """Goes on with the batch after the last one; while it runs, does nothing.

        Raises:
            DesignError: it was not stopped.
        """
        with self._lock:
            if self.state == "running":
                return
            if self.state != "stopped":
                raise DesignError(
                    "Only a training that was stopped can go on. This one "
                    + ("has not begun." if self.state == "new" else "has ended; train again.")
                )
            if self._model is None:
                raise DesignError("Another run has taken the place of this one; train again.")
            self._launch()

    def set_aside(self) -> None:
        """Gives way to another run: keeps its best weights, and cannot go on.

        What a training needs to go on is several times as large as the weights.

        Raises:
            DesignError: it is running.
        """
        with self._lock:
            if self.state == "running":
                raise DesignError("The training is running. Stop it first.")
            if self._best is None:
                self._best = (), self._model.get_weights()
            self._model = self._shown = None

    def wait(self, timeout: float | None = None) -> bool:
        """Waits until it has ended.

        Args:
            timeout: at most so many seconds; as long as it takes when `None`.

        Returns:
            Whether it has.
        """
        thread = self._thread
        if thread is not None and thread is not threading.current_thread():
            thread.join(timeout)
        return self.state != "running"

    def predict(self, images: np.ndarray) -> np.ndarray:
        """Lets the model with the best weights read images.

        Args:
            images: (n, height, width, channels), uint8 or in [0, 1].

        Returns:
            Probabilities, (n, classes) float32.
        """
        model, size = self.model, _calm_batch(self.plan)
        answers = [np.empty((0, self.plan.classes), np.float32)]
        for start in range(0, len(images), size):
            batch = self.dataset.inputs(images[start : start + size])
            answers.append(keras.ops.convert_to_numpy(model(batch, training=False)))
        return np.concatenate(answers).astype(np.float32)

    def report(self, images: np.ndarray | None = None, labels: np.ndarray | None = None) -> Report:
        """Measures the model with the best weights.

        Args:
            images: (n, height, width, channels); the test images of the data when `None`.
            labels: (n,) places in the data's classes.

        Returns:
            The report. That of the test images also sets `test_accuracy`.

        Raises:
            DataError: the data have no test images; or images and labels do
                not fit each other or the data.
        """
        own = images is None
        if own:
            images, labels = self.dataset.test_images, self.dataset.test_labels
            if images is None or labels is None:
                raise DataError(
                    "The data have no test images. Name a second file for them in step 1, or "
                    "images to measure on."
                )
        report = report_of(self.predict(images), labels, self.dataset.classes)
        if own:
            self.test_accuracy = report.accuracy
        return report

    def save_weights(self, path: str | os.PathLike) -> Path:
        """Writes the model with its best weights, and the facts about it, as a `.keras` file.

        Raises:
            ModelFileError: it cannot be written; see `mnistlab.models.files.save`.
        """
        training = {name: getattr(self.plan.training, name) for name in vars(self.plan.training)}
        measured = {f"best_{n}": values[self.best_epoch - 1] for n, values in self._history.items()}
        return files.save(
            self.model,
            path,
            design=self.plan.name,
            data=self.dataset.name,
            data_digest=self.dataset.digest,
            classes=list(self.dataset.classes),
            training=training,
            epochs=self.epoch,
            best_epoch=self.best_epoch,
            seconds=round(self.seconds, 1),
            device=self.device,
            test_accuracy=self.test_accuracy,
            **measured,
        )

    def load_weights(self, path: str | os.PathLike) -> None:
        """Takes the weights of a model file, to evaluate them or to go on from them.

        Raises:
            ModelFileError: it is no model file that can be used.
            DesignError: it is of another network, or the run has begun.
        """
        with self._lock:
            if self.state != "new":
                raise DesignError("Weights can be loaded only before a run has begun.")
            loaded = files.load(path, self.plan.input_shape, self.plan.classes)
            require_same_layers(loaded, self._model, Path(path).name)
            self._model.set_weights(loaded.get_weights())
            self._loaded = True
            self.state = "stopped"
            self.reason = f"The weights are those of {Path(path).name}; this run has not trained."

    # The thread

    def _launch(self) -> None:
        self._stop.clear()
        self.state, self.reason, self.problem = "running", "", ""
        if self._best is None:
            self._shown = None
        self._began = time.monotonic()
        name = f"mnistlab-training-{self.number}"
        self._thread = threading.Thread(target=self._work, name=name, daemon=True)
        _running.add(self)
        self._thread.start()

    def _work(self) -> None:
        self._tell()
        try:
            self._learn()
            all_of_them = (
                "The one epoch is" if self.epochs == 1 else f"All {self.epochs} epochs are"
            )
            end = _EndError("done", f"{all_of_them} done.")
        except _EndError as reached:
            end = reached
        except Exception as cause:
            end = _EndError("failed", _explained(cause))
        with self._lock:
            self._spent, self._began = self.seconds, None
            self.problem = end.reason if end.state == "failed" else ""
            self.reason = end.reason + self._kept() if end.state == "failed" else end.reason
            self.state = end.state
            if self._best is not None and end.state != "stopped":
                # Nothing goes on from here: the optimizer's state is three times the weights.
                self._model = None
        _running.discard(self)
        self._tell()

    def _kept(self) -> str:
        return f" The weights of epoch {self.best_epoch} are kept." if self.best_epoch else ""

    def _learn(self) -> None:
        self._model.make_train_function()
        self._model.make_test_function()
        while self.epoch < self.epochs:
            self._train()
            self._validate()
            self._finish_epoch()

    def _train(self) -> None:
        training, model = self.plan.training, self._model
        order = epoch_order(len(self._rows), training.seed, self.epoch)
        if not self.batch:
            model.reset_metrics()
        while self.batch < self.batches:
            self._between()
            before, start = time.monotonic(), self.batch * training.batch_size
            batch = self._batch(self._rows[order[start : start + training.batch_size]])
            loss = float(model.train_function(iter([batch]))["loss"])
            self._note_pace(time.monotonic() - before)
            self.batch += 1
            self._require_finite(loss)
            self._tell(hurry=False)
        if self._measured is None:
            self._measured = _numbers(model.get_metrics_result())

    def _validate(self) -> None:
        """Measures on the held-out images, from where it was stopped, if it was."""
        if not self._held_out.size:
            return
        model, size = self._model, _calm_batch(self.plan)
        before, whole = time.monotonic(), not self._checked
        if whole:
            model.reset_metrics()
        while self._checked < len(self._held_out):
            self._between()
            rows = self._held_out[self._checked : self._checked + size]
            model.test_function(iter([self._batch(rows)]))
            self._checked += len(rows)
            self._tell(hurry=False)
        if whole:
            self._validating = time.monotonic() - before

    def _finish_epoch(self) -> None:
        numbers = dict(self._measured)
        if self._held_out.size:
            held_out = _numbers(self._model.get_metrics_result())
            numbers |= {f"val_{name}": value for name, value in held_out.items()}
        weights = self._model.get_weights()
        if not all(np.isfinite(each).all() for each in weights):
            self._require_finite(math.nan)
        # In one stroke: whoever reads it meanwhile finds as many numbers under each name.
        self._history = {
            name: [*self._history.get(name, []), value] for name, value in numbers.items()
        }
        self.epoch += 1
        self.batch, self._checked, self._measured = 0, 0, None
        self._keep_best(numbers, weights)
        self._tell()
        self._end_if_reached()

    def _keep_best(self, numbers: Mapping[str, float], weights: list[np.ndarray]) -> None:
        if "val_loss" in numbers:
            score = (numbers["val_accuracy"], -numbers["val_loss"])
        else:
            score = (-numbers["loss"],)
        if self._best is None or score > self._best[0]:
            with self._lock:
                self._best, self._shown, self.best_epoch = (score, weights), None, self.epoch
                self.test_accuracy = None

    def _end_if_reached(self) -> None:
        """Ends the run if one of its stop conditions holds."""
        training, held_out = self.plan.training, "val_loss" in self._history
        prefix, of = ("val_", " on the held-out images") if held_out else ("", "")
        accuracy, losses = self._history[f"{prefix}accuracy"][-1], self._history[f"{prefix}loss"]
        if training.stop_accuracy is not None and accuracy >= training.stop_accuracy:
            raise _EndError(
                "done",
                f"The accuracy{of} reached {accuracy:.4g} in epoch {self.epoch}: "
                f"{training.stop_accuracy:g} was asked for.",
            )
        if training.stop_loss is not None and losses[-1] <= training.stop_loss:
            raise _EndError(
                "done",
                f"The loss{of} fell to {losses[-1]:.4g} in epoch {self.epoch}: "
                f"{training.stop_loss:g} was asked for.",
            )
        since = len(losses) - 1 - int(np.argmin(losses))
        if training.patience is not None and since >= training.patience:
            raise _EndError(
                "done",
                f"The loss{of} has not become smaller for {since} {_plural(since, 'epoch')}, "
                f"since epoch {self.epoch - since}.",
            )

    def _between(self) -> None:
        """Ends the run between two batches, if it was told to or its time is over."""
        minutes = self.plan.training.stop_minutes
        if minutes is not None and self.seconds >= 60 * minutes:
            late = self.batch or self.epoch < 1
            within = f", in epoch {self.epoch + 1}, which is not counted" if late else ""
            raise _EndError("done", f"The time of {duration(60 * minutes)} is over{within}.")
        if self._stop.is_set():
            raise _EndError(
                "stopped",
                f"Stopped by you in {self.where}. Resume goes on with the next batch.",
            )

    def _require_finite(self, loss: float) -> None:
        if math.isfinite(loss):
            return
        rate = self.plan.training.learning_rate
        raise _EndError(
            "failed",
            f"In epoch {self.epoch + 1}, after batch {self.batch}, the loss or a weight was no "
            f"number any more: the steps were too large. Set a lower learning rate than {rate:g}, "
            f"{rate / 10:g} for example, and train again.",
        )

    def _batch(self, rows: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        labels = self.dataset.labels[rows]
        if self.plan.training.labels == "one_hot":
            labels = np.eye(self.plan.classes, dtype="float32")[labels]
        return self.dataset.inputs(self.dataset.images[rows]), labels

    def _note_pace(self, seconds: float) -> None:
        # The first batch is the one for which the step is compiled.
        if self._compiled:
            self._pace.append(seconds)
        self._compiled = True

    def _tell(self, hurry: bool = True) -> None:
        """Calls those who follow; not for every batch."""
        now = time.monotonic()
        if not hurry and now - self._told < TELL_SECONDS:
            return
        self._told = now
        for observer in tuple(self._observers):
            try:
                observer()
            except Exception:
                # Whoever looks on must not end a training of hours.
                logging.getLogger(__name__).exception("a follower of %r failed", self)


def device_text() -> str:
    """Says what models are computed on: "GPU found: ..." or "CPU, 2 cores"."""
    # Keras has loaded it already; it is the one that knows.
    import tensorflow as tf

    cards = tf.config.list_physical_devices("GPU")
    if cards:
        details = tf.config.experimental.get_device_details(cards[0])
        more = f" and {len(cards) - 1} more, of which one is used" if len(cards) > 1 else ""
        return f"GPU found: {details.get('device_name', 'of unknown make')}{more}"
    cores = settings.current().threads or _cores()
    return f"CPU, {cores} {_plural(cores, 'core')}"


def _cores() -> int:
    # A container may be given fewer cores than its machine has.
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _require_finite_pixels(dataset: Dataset) -> None:
    if dataset.images.dtype.kind == "f" and not np.isfinite(dataset.images).all():
        # Some losses stay finite with such pixels, and the weights do not.
        raise DataError(
            f"{dataset.name}: some pixels are no numbers (NaN or infinite). Look for where they "
            "come from, and load the data again in step 1."
        )


def _calm_batch(plan: Plan) -> int:
    """How many images go through a model at once where nothing is learned."""
    largest = max(math.prod(row.output_shape) for row in plan.rows)
    return min(LARGEST_BATCH, max(1, NUMBERS_AT_ONCE // largest))


def _numbers(logs: Mapping[str, object]) -> dict[str, float]:
    return {name: float(value) for name, value in logs.items()}


def _explained(cause: Exception) -> str:
    if isinstance(cause, MnistLabError):
        return str(cause)
    text = " ".join(str(cause).split())
    if type(cause).__name__ == "ResourceExhaustedError" or isinstance(cause, MemoryError):
        return "There was not enough memory for a batch. Set a smaller batch size, and train again."
    brief = text if len(text) <= LONGEST_CAUSE else f"{text[:LONGEST_CAUSE]}..."
    return f"An error ended the training ({type(cause).__name__}: {brief}). Train again."


def _plural(count: int, word: str) -> str:
    return word if count == 1 else f"{word}s"


@atexit.register
def _end_all() -> None:
    """Stops what is still training when the program ends.

    A thread that comes back from TensorFlow while the interpreter is taken
    down would end the process with a crash.
    """
    runs = tuple(_running)
    for run in runs:
        run.stop()
    for run in runs:
        run.wait(EXIT_SECONDS)
