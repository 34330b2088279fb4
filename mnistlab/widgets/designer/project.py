"""A project: data, design, training and report, and how far each of the six steps is.

It is what the screens share, and has no widget in it. A change upstream makes
what was done after it stale: still there, and no longer about what stands
above it.
"""

import threading
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from mnistlab import settings
from mnistlab.data.datasets import Dataset
from mnistlab.errors import DataError, DesignError
from mnistlab.evaluation.report import Report
from mnistlab.widgets.designer.document import Design
from mnistlab.widgets.designer.plan import Plan
from mnistlab.widgets.designer.training import TrainingRun
from mnistlab.widgets.designer.verification import Verification, verify

STEPS = ("Data", "Design", "Verify", "Train", "Evaluate", "Try")


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
        self.verification_problem = ""
        self.run: TrainingRun | None = None
        self.runs: list[TrainingRun] = []
        self.report: Report | None = None
        self.reported: TrainingRun | None = None
        self.tried: TrainingRun | None = None
        self.busy = ""
        self.failed: set[str] = set()
        self._followers: list[Callable[[], None]] = []

    # Who follows it

    def observe(self, follower: Callable[[], None]) -> None:
        """Has a function called after each change; from whichever thread made it."""
        self._followers.append(follower)

    def changed(self) -> None:
        """Tells all followers that something has changed."""
        for follower in tuple(self._followers):
            follower()

    # The six steps

    @property
    def states(self) -> dict[str, str]:
        """How each step stands: empty, invalid, ready, running, done or stale."""
        states = {step: getattr(self, f"_{step.lower()}_state")() for step in STEPS}
        for step in self.failed:
            states[step] = "invalid"
        if self.busy:
            states[self.busy] = "running"
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
            if self.verification.plan == self._built_part() and self.confirmed:
                return "done"
            return "stale"
        return "ready" if self.confirmed and self._design_state() == "done" else "empty"

    def _train_state(self) -> str:
        if self.run is not None:
            if self.run.state == "running":
                return "running"
            if self.run.state == "failed":
                return "invalid"
            if not self._is_current(self.run):
                return "stale"
            return "done" if self.run.state == "done" else "ready"
        return "ready" if self._verify_state() == "done" else "empty"

    def _evaluate_state(self) -> str:
        if self.report is not None:
            current = self.reported is self.run and self._is_current(self.run)
            return "done" if current else "stale"
        return "ready" if self.trained else "empty"

    def _try_state(self) -> str:
        if self.tried is not None:
            current = self.tried is self.run and self._is_current(self.run)
            return "done" if current else "stale"
        return "ready" if self.trained else "empty"

    @property
    def trained(self) -> bool:
        """Whether there is a model that has learned for an epoch, or was stopped while it did."""
        return self.run is not None and self.run.state in ("done", "stopped")

    def _severe(self) -> bool:
        return any(problem.severe for problem in self.design.check())

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
            DesignError: the rules refuse the design, or Keras does.
        """
        with self.lock:
            self._require_data()
            self.verification = None
            self.verification = verify(self.design.plan, self.dataset)
        self.changed()
        return self.verification

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
                self._require_data()
                run = TrainingRun(self.design.plan, self.dataset, number=len(self.runs) + 1)
                run.observe(self.changed)
                self.run = run
                self.runs.append(run)
                run.start()
        self.changed()
        if wait:
            self.run.wait()
        return self.run

    def evaluate(self, images=None, labels=None) -> Report:
        """Lets the trained model read the test images, or others.

        Args:
            images: (n, height, width, channels), uint8 or in [0, 1]; the test
                images of the data when `None`.
            labels: (n,) their classes, as places in the data's classes.

        Raises:
            DataError: there are no such images.
            DesignError: nothing is trained yet.
        """
        with self.lock:
            run = self.require_trained()
            self.report = run.report(images, labels)
            self.reported = run
        self.changed()
        return self.report

    def require_trained(self) -> TrainingRun:
        """Returns the run whose model can be used.

        Raises:
            DesignError: there is none.
        """
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
