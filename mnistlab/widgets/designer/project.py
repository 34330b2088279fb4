"""A project: data, design, training and report, and how far each of the six steps is.

It is what the screens share, and has no widget in it. A change upstream makes
what was done after it stale: still there, and no longer about what stands
above it.
"""

import hashlib
import os
import threading
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from mnistlab import settings
from mnistlab.data.datasets import Dataset, fitted
from mnistlab.errors import DataError, DesignError
from mnistlab.evaluation.report import Report
from mnistlab.widgets.designer import rules
from mnistlab.widgets.designer.document import Design
from mnistlab.widgets.designer.plan import Plan, Training
from mnistlab.widgets.designer.training import TrainingRun
from mnistlab.widgets.designer.verification import Verification, verify

import numpy as np

STEPS = ("Data", "Design", "Verify", "Train", "Evaluate", "Try")


@dataclass(frozen=True, eq=False)
class Evaluation:
    """What a trained model answered to images that it was not trained on.

    Attributes:
        run: whose model it was.
        weights: which of its weights, to tell whether it has learned since.
        images: (n, height, width, channels), as they were given.
        report: the answers.
        name: what the images are, such as "the test part of MNIST".
        looks: how many models have been measured on these images by now, this
            one among them; a run that was trained on counts as another.
    """

    run: TrainingRun
    weights: tuple[int, int]
    images: np.ndarray
    report: Report
    name: str
    looks: int


class Project:
    """Everything that one designer works on.

    Args:
        design: to begin with; an empty one when `None`.
        folder: where designs and weights are saved; your own files' when `None`.

    Example:
        >>> project = Project(Design.from_template("lenet5"))
        >>> project.states
        {'Data': 'empty', 'Design': 'done', 'Verify': 'empty', 'Train': 'empty', \
'Evaluate': 'empty', 'Try': 'empty'}
    """

    def __init__(self, design: Design | None = None, folder: Path | None = None):
        self.design = Design() if design is None else design
        self.folder = settings.current().output if folder is None else Path(folder)
        self.lock = threading.RLock()
        self.dataset: Dataset | None = None
        self.confirmed = False
        self.verification: Verification | None = None
        self.run: TrainingRun | None = None
        self.runs: list[TrainingRun] = []
        self.evaluation: Evaluation | None = None
        self.tried: TrainingRun | None = None
        self.busy = ""
        self.failed: set[str] = set()
        self._verified_on: Dataset | None = None
        self._tried_weights = (0, 0)
        self._looks: dict[str, set[tuple]] = {}
        self._followers: list[Callable[[], None]] = []
        self._telling = threading.RLock()

    # Who follows it

    def observe(self, follower: Callable[[], None]) -> None:
        """Has a function called after each change; from whichever thread made it."""
        self._followers.append(follower)

    def changed(self) -> None:
        """Tells all followers that something has changed, one thread after the other.

        What a training tells and what a click changes would meet in the same widgets.
        """
        with self._telling:
            for follower in tuple(self._followers):
                follower()

    # The six steps

    @property
    def states(self) -> dict[str, str]:
        """How each step stands: empty, invalid, ready, running, done or stale."""
        states = {step: getattr(self, f"_{step.lower()}_state")() for step in STEPS}
        # Asked for by the thread that trains, too, while a callback may change both.
        for step in tuple(self.failed):
            states[step] = "invalid"
        if busy := self.busy:
            states[busy] = "running"
        return states

    def _data_state(self) -> str:
        if self.dataset is None:
            return "empty"
        return "done" if self.confirmed else "ready"

    def _design_state(self) -> str:
        if not len(self.design):
            return "empty"
        return "invalid" if self._severe() else "done"

    def _verify_state(self) -> str:
        if self.verification is not None:
            same = verified_part(self.verification.plan) == verified_part(self.design.plan)
            if same and self.confirmed and self._verified_on is self.dataset:
                return "done"
            return "stale"
        return "ready" if self.confirmed and self._design_state() == "done" else "empty"

    def _train_state(self) -> str:
        if self.run is not None and self.run.state == "running":
            return "running"
        if any(problem.severe for problem in rules.training_problems(self.design.plan)):
            return "invalid"
        if self.run is not None:
            if not self._is_current(self.run):
                return "stale"
            if self.run.state == "failed":
                return "invalid"
            return "done" if self.run.state == "done" else "ready"
        return "ready" if self._verify_state() == "done" else "empty"

    def _evaluate_state(self) -> str:
        if self.evaluation is not None:
            current = self._is_model(self.evaluation.run, self.evaluation.weights)
            return "done" if current else "stale"
        return "ready" if self.trained else "empty"

    def _try_state(self) -> str:
        if self.tried is not None:
            return "done" if self._is_model(self.tried, self._tried_weights) else "stale"
        return "ready" if self.trained else "empty"

    @property
    def trained(self) -> bool:
        """Whether there is a model to use: it has learned, or was loaded, and is not learning."""
        return self.run is not None and self.run.usable

    @property
    def model_is_current(self) -> bool:
        """Whether the trained model is that of the design and the data as they are now."""
        return self._is_current(self.run)

    @property
    def report(self) -> Report | None:
        """What the last evaluation found."""
        return None if self.evaluation is None else self.evaluation.report

    def _is_model(self, run: TrainingRun, weights: tuple[int, int]) -> bool:
        """Whether a model that was used is the one that there is now."""
        return run is self.run and weights_of(run) == weights and self._is_current(run)

    def _severe(self) -> bool:
        """Whether the layers cannot be built; what is wrong with the training is of step 4."""
        training = rules.training_problems(self.design.plan)
        return any(each.severe and each not in training for each in self.design.check())

    def _built_part(self) -> Plan:
        """The plan without its name, which changes nothing that was built."""
        return nameless(self.design.plan)

    def _is_current(self, run: TrainingRun | None) -> bool:
        """Whether a run is of the design and the data as they are now."""
        return (
            run is not None
            and self.confirmed
            and self.dataset is run.dataset
            and nameless(run.plan) == self._built_part()
        )

    # What can be done

    def use(self, dataset: Dataset) -> None:
        """Takes data, to be looked at and then confirmed."""
        with self.lock:
            self.dataset, self.confirmed = dataset, False
            self.failed.discard("Data")
        self.changed()

    def confirm(self) -> None:
        """Takes the shape of the data, and their classes, for the design.

        Raises:
            DataError: there are none.
            DesignError: a training is running.
        """
        with self.lock:
            self._refuse_while_running()
            if self.dataset is None:
                raise DataError("There are no data to confirm. Load some first.")
            self.design.take_data(self.dataset.input_shape, len(self.dataset.classes))
            self.confirmed = True
        self.changed()

    def verify(self) -> Verification:
        """Builds the Keras model and sends one batch through it.

        Raises:
            DataError: the data are not confirmed.
            DesignError: the rules refuse the design, or Keras does. An earlier
                verification stays, and is stale.
        """
        self._require_data()
        # What takes long is done without the lock, which others would wait for.
        dataset, self._verified_on = self.dataset, None
        verification = verify(self.design.plan, dataset)
        with self.lock:
            self.verification, self._verified_on = verification, dataset
        self.changed()
        return verification

    def train(self, wait: bool = False) -> TrainingRun:
        """Begins a training in a thread of its own; while one runs, does nothing.

        Args:
            wait: whether to return only when it has ended.

        Returns:
            The run, that before if it still runs.

        Raises:
            DataError: the data are not confirmed.
            DesignError: the rules refuse the design.
        """
        with self.lock:
            if self.run is None or self.run.state != "running":
                run = self._new_run()
                self._take(run)
                run.start()
        self.changed()
        if wait:
            self.run.wait()
        return self.run

    def stop(self) -> None:
        """Has the training stop after the batch that is being computed; returns at once."""
        if self.run is not None:
            self.run.stop()
        self.changed()

    def resume(self, wait: bool = False) -> TrainingRun:
        """Goes on with the stopped training; while it runs, does nothing.

        Args:
            wait: whether to return only when it has ended.

        Returns:
            The run.

        Raises:
            DesignError: none was stopped.
        """
        with self.lock:
            if self.run is None:
                raise DesignError("There is no training to go on with. Click Train to begin one.")
            self.run.resume()
        self.changed()
        if wait:
            self.run.wait()
        return self.run

    def load_weights(self, path: str | os.PathLike) -> TrainingRun:
        """Takes the weights of a model file into a new run, to use them or to go on from them.

        Args:
            path: a `.keras` or `.h5` file of a model of this design.

        Returns:
            The run; it stands as stopped, before its first batch.

        Raises:
            DataError: the data are not confirmed.
            DesignError: a training is running, the rules refuse the design, or
                the file is of another network.
            ModelFileError: it is no model file that can be used.
        """
        with self.lock:
            self._refuse_while_running()
            run = self._new_run()
            run.load_weights(path)
            self._take(run)
        self.changed()
        return run

    def _new_run(self) -> TrainingRun:
        self._require_data()
        return TrainingRun(self.design.plan, self.dataset, number=len(self.runs) + 1)

    def _take(self, run: TrainingRun) -> None:
        if self.run is not None:
            self.run.set_aside()
        run.observe(self.changed)
        self.run = run
        self.runs.append(run)

    def evaluate(
        self,
        images: np.ndarray | None = None,
        labels: np.ndarray | None = None,
        name: str = "images of your own",
    ) -> Report:
        """Lets the trained model read the test images, or others.

        Args:
            images: (n, height, width, channels), uint8 or in [0, 1]; the test
                images of the data when `None`.
            labels: (n,) their classes, as places in the data's classes.
            name: what the images are, in words.

        Raises:
            DataError: there are no such images.
            DesignError: nothing is trained yet.
        """
        run = self.require_trained()
        weights = weights_of(run)
        if images is None:
            images, labels, name = _test_part(run.dataset)
            report = run.report()
        else:
            report = run.report(images, labels)
        digest = _digest(images, labels)
        with self.lock:
            models = self._looks.setdefault(digest, set())
            models.add((run.number, *weights))
            self.evaluation = Evaluation(run, weights, images, report, name, len(models))
        self.changed()
        return report

    def evaluate_on(self, dataset: Dataset) -> Report:
        """Lets the trained model read other data: their test part, or all where they have none.

        Args:
            dataset: images of the size that the model takes, with classes that
                are among the model's.

        Raises:
            DataError: the images or the classes do not fit.
            DesignError: nothing is trained yet.
        """
        return self.evaluate(*fitted(dataset, self.require_trained().dataset))

    def read(self, images: np.ndarray) -> np.ndarray:
        """Lets the trained model read images whose classes nobody has to know.

        Args:
            images: (n, height, width, channels), uint8 or in [0, 1].

        Returns:
            (n, classes) float32, a probability for each class.

        Raises:
            DataError: the images do not fit.
            DesignError: nothing is trained yet.
        """
        run = self.require_trained()
        probabilities = run.predict(images)
        self.has_tried(run)
        return probabilities

    def has_tried(self, run: TrainingRun) -> None:
        """Notes that the model of a run was tried, by `read` or by other means."""
        weights = weights_of(run)
        new = not (self.tried is run and self._tried_weights == weights)
        self.tried, self._tried_weights = run, weights
        if new:
            self.changed()

    def require_trained(self) -> TrainingRun:
        """Returns the run whose model can be used.

        Raises:
            DesignError: there is none.
        """
        if self.run is not None and self.run.state == "running":
            raise DesignError(
                "The model is being trained. Wait for the end, or stop the training in step 4."
            )
        if not self.trained:
            raise DesignError(
                "There is no trained model yet. Train it in step 4, for an epoch at least."
            )
        return self.run

    def _require_data(self) -> None:
        if self.dataset is None or not self.confirmed:
            raise DataError("The data are not confirmed yet. Go to step 1, load some, click Next.")

    def _refuse_while_running(self) -> None:
        if self.run is not None and self.run.state == "running":
            raise DesignError("A training is running on these data. Stop it first, in step 4.")


def nameless(plan: Plan) -> Plan:
    """Returns a plan without its name, to compare what is built."""
    return replace(plan, name="network")


def verified_part(plan: Plan) -> Plan:
    """Returns what a verification is about: whoever sets another seed need not do it again."""
    training = Training(loss=plan.training.loss, labels=plan.training.labels)
    return replace(nameless(plan), training=training)


def weights_of(run: TrainingRun) -> tuple[int, int]:
    """Which weights of a run are used: of its best epoch, or else of the last batch."""
    return (run.best_epoch, 0) if run.best_epoch else (0, run.batch)


def _test_part(dataset: Dataset) -> tuple[np.ndarray, np.ndarray, str]:
    if dataset.test_images is None or not len(dataset.test_images):
        raise DataError(
            f"{dataset.name} has no test part. Evaluate on a file, or load data with a test part "
            "in step 1 and train on them."
        )
    return dataset.test_images, dataset.test_labels, f"the test part of {dataset.name}"


def _digest(*arrays: np.ndarray) -> str:
    """What tells one set of images from another."""
    total = hashlib.sha256()
    for array in arrays:
        total.update(f"{array.dtype}{array.shape}".encode())
        total.update(np.ascontiguousarray(array))
    return total.hexdigest()
