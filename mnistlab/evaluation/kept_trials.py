"""Finished trials of a search, kept in Optuna's journal, so that a search that was stopped goes on.

A trial is one line, written when it is finished: whatever happens meanwhile
costs the running trial at most. The journal's name is a fingerprint of all
that the search depends on, so that another search looks in another file; what
a setting leads to is checked for each trial that is read. Optuna's own tools
read the file, too.
"""

import contextlib
import json
import logging
import warnings
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict
from pathlib import Path
from types import ModuleType

from mnistlab import settings
from mnistlab.errors import DataError, MnistLabError
from mnistlab.evaluation.fingerprint import digest_of_text
from mnistlab.evaluation.trials import Trial
from mnistlab.files import said, set_aside, write_atomically

LOCK_SECONDS = 10
"""How long the lock of a killed process is waited for."""


def need_optuna() -> ModuleType:
    """Imports Optuna, which only a search needs.

    Returns:
        The module.

    Raises:
        MnistLabError: it is not installed; the message says how to install it.
    """
    try:
        import optuna
    except ImportError as error:
        raise MnistLabError(
            "A search needs Optuna, which is not installed here. Install it with "
            "`pip install optuna`, restart the kernel, and run the cell again."
        ) from error
    return optuna


@contextlib.contextmanager
def quiet() -> Iterator[None]:
    """Keeps Optuna's log lines and its notices of new features off the error stream."""
    need_optuna()
    log = logging.getLogger("optuna")
    level = log.level
    log.setLevel(logging.CRITICAL)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        log.setLevel(level)


class KeptTrials:
    """The finished trials of one search, in a file.

    Args:
        search: all that the search depends on, as JSON can say it.
        space: the name of each setting that is searched, with its Optuna
            distribution.
        folder: where the journals of all searches are; the folder `searches`
            among the reader's own results when `None`.

    Example:
        >>> import tempfile
        >>> from optuna.distributions import FloatDistribution
        >>> space = {"rate": FloatDistribution(0.01, 1.0)}
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     KeptTrials({"seed": 1}, space, folder).keep(Trial({"rate": 0.1}, [0.9]), 0, "a")
        ...     KeptTrials({"seed": 1}, space, folder).read(lambda setting: "a")[0].scores
        ...     KeptTrials({"seed": 2}, space, folder).read(lambda setting: "a")
        [0.9]
        []
    """

    def __init__(
        self,
        search: Mapping[str, object],
        space: Mapping[str, object],
        folder: str | Path | None = None,
    ):
        self.search = json.loads(json.dumps(search))
        self.space = dict(space)
        # The record of the project gets outcomes, never the journal of a search on its way.
        folder = Path(folder or settings.current().output / "my_results" / "searches")
        self.path = folder / f"{digest_of_text(self.search)}.log"
        self._opened = None
        self._writable = True

    def read(self, identity: Callable[[dict[str, object]], str]) -> list[Trial]:
        """Reads the finished trials.

        Args:
            identity: tells what a setting leads to now: a digest of network
                and images. A trial counts only if that is what it was then.

        Returns:
            The trials, in their order.

        Warns:
            UserWarning: the journal is damaged or belongs to another search.
                It gets another name, and the search begins anew.
        """
        if not self.path.exists():
            return []
        try:
            self._drop_torn_end()
            kept = self._kept()
            trials = [Trial(**content["trial"]) for content in kept]
        except Exception as error:
            # Optuna reads a damaged journal until something in it fails, in any way.
            self._set_aside(_reason(error))
            return []
        # Not within the `try`: what the reader's own code raises is no damage of the journal.
        if any(
            content["identity"] != identity(trial.setting)
            for content, trial in zip(kept, trials, strict=True)
        ):
            self._set_aside(
                "its settings led to other networks or images than they do now (the recipe was "
                "changed)"
            )
            return []
        return trials

    def keep(self, trial: Trial, number: int, identity: str) -> None:
        """Writes a finished trial.

        Args:
            trial: the trial.
            number: its place in the search, from 0.
            identity: what its setting led to.

        Warns:
            UserWarning: it cannot be written. The search goes on all the same.
        """
        if not self._writable:
            return
        content = {"number": number, "identity": identity, "trial": asdict(trial)}
        attributes = {"content": content, "checksum": digest_of_text(content)}
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            with quiet():
                self._study().add_trial(frozen(trial, self.space, attributes))
        except (OSError, ValueError, RuntimeError) as error:
            self._writable = False
            warnings.warn(
                f"Trial {number + 1} is finished and goes into the outcome, but it cannot be kept "
                f"for a search that is started again: {getattr(error, 'strerror', None) or error}",
                stacklevel=3,
            )

    def _study(self):
        if self._opened is None:
            optuna = need_optuna()
            journal = optuna.storages.journal
            file = journal.JournalFileBackend(str(self.path), lock_obj=self._lock())
            storage = optuna.storages.JournalStorage(file)
            # Not with load_if_exists, which writes to the journal even where it only reads.
            if storage.get_all_studies():
                self._opened = optuna.load_study(storage=storage, study_name=None)
            else:
                self._opened = optuna.create_study(storage=storage, direction="maximize")
            if not self._opened.user_attrs:
                self._opened.set_user_attr("search", self.search)
        return self._opened

    def _lock(self):
        """Returns what keeps other processes from writing at the same time."""
        journal = need_optuna().storages.journal
        return journal.JournalFileOpenLock(str(self.path), grace_period=LOCK_SECONDS)

    def _kept(self) -> list[dict[str, object]]:
        """Returns what was written of each trial, in the order of their numbers."""
        with quiet():
            study = self._study()
            kept = [_checked(each.user_attrs) for each in study.get_trials(deepcopy=False)]
        if study.user_attrs["search"] != self.search:
            raise DataError("it belongs to another search")
        # Two processes with the same search write the same trials twice.
        numbered = {content["number"]: content for content in reversed(kept)}
        if sorted(numbered) != list(range(len(numbered))):
            raise DataError("it is damaged")
        return [numbered[number] for number in range(len(numbered))]

    def _drop_torn_end(self) -> None:
        """Removes what a process wrote of a line when it was killed; Optuna would append to it."""
        if self._whole_lines() != self.path.read_bytes():
            lock = self._lock()
            with quiet():
                # A process that lives may be writing the line; then it is whole now.
                lock.acquire()
            try:
                whole = self._whole_lines()
                write_atomically(self.path, lambda path: path.write_bytes(whole))
            finally:
                lock.release()
        for line in self.path.read_bytes().splitlines():
            # Optuna takes a last line that it cannot read for one that is still being written.
            json.loads(line)

    def _whole_lines(self) -> bytes:
        content = self.path.read_bytes()
        return content[: content.rfind(b"\n") + 1]

    def _set_aside(self, reason: str) -> None:
        self._opened = None
        try:
            place = f"it is now {set_aside(self.path).name}, in the folder {self.path.parent.name}"
        except OSError as error:
            self._writable = False
            place = f"it cannot be renamed ({said(error)}), so that no trial is kept"
        warnings.warn(
            f"The kept search {self.path.name} is not used, {reason}: {place}. The search begins "
            "anew.",
            stacklevel=4,
        )


def frozen(
    trial: Trial, space: Mapping[str, object], attributes: Mapping[str, object] | None = None
):
    """Returns a finished trial as Optuna has it.

    One that failed is a pruned one there: Optuna's sampler counts those as the
    worst, and learns where not to look, while it passes over failures.

    Args:
        trial: the trial.
        space: the name of each setting that is searched, with its distribution.
        attributes: what else is written down with it.

    Raises:
        ValueError: a value of the setting is not in the space.
    """
    optuna = need_optuna()
    state = optuna.trial.TrialState
    return optuna.trial.create_trial(
        state=state.PRUNED if trial.failed else state.COMPLETE,
        value=None if trial.failed else trial.mean / 100,
        params={name: trial.setting[name] for name in space},
        distributions=dict(space),
        user_attrs=dict(attributes or {}),
    )


def _reason(error: Exception) -> str:
    if isinstance(error, DataError):
        return str(error)
    if isinstance(error, OSError):
        return f"it cannot be read ({said(error)})"
    return "it is damaged"


def _checked(attributes: Mapping[str, object]) -> dict[str, object]:
    content = attributes["content"]
    if attributes["checksum"] != digest_of_text(content):
        raise DataError("it is damaged")
    return content
