"""Finished folds, kept in files, so that a run that was stopped can go on.

A fold is written as soon as it is finished, whole or not at all. Its folder is
named by a fingerprint of everything that its numbers depend on: whatever is
different looks in another folder, and every file says once more inside what
it belongs to. A file that is damaged or belongs elsewhere is set aside and
never read in; it goes when its folder does, as one of the oldest of many runs.
"""

import contextlib
import json
import shutil
import warnings
from collections.abc import Mapping
from pathlib import Path

from mnistlab import settings
from mnistlab.errors import DataError, MnistLabError
from mnistlab.evaluation.fingerprint import digest_of_text
from mnistlab.evaluation.fold import FoldOutcome
from mnistlab.files import said, set_aside, write_atomically

FORMAT = 1
MOST_RUNS = 200
"""Runs whose folds are kept, about 10 kB each; beyond that the oldest are removed."""


class KeptFolds:
    """The finished folds of one run, in files.

    Args:
        run: all that the numbers of the run depend on, as JSON can say it.
        folder: where the folds of all runs are; the folder `folds` among the
            reader's own results when `None`.

    Example:
        >>> import tempfile
        >>> history = {"val_accuracy": [0.9, 0.95]}
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     kept = KeptFolds({"seed": 1}, folder)
        ...     kept.keep(FoldOutcome(fold=0, history=history, seconds=7.5, threads=1))
        ...     KeptFolds({"seed": 1}, folder).read(2)[0].score
        ...     KeptFolds({"seed": 2}, folder).read(2)
        0.95
        {}
    """

    def __init__(self, run: Mapping[str, object], folder: str | Path | None = None):
        self.run = json.loads(json.dumps(run))
        self._all = Path(folder) if folder is not None else default_folder()
        self.folder = self._all / digest_of_text(self.run)
        self._writable = True

    def read(self, folds: int) -> dict[int, FoldOutcome]:
        """Reads the finished folds.

        Args:
            folds: how many the run has.

        Returns:
            The outcomes by the number of the fold, from 0.

        Warns:
            UserWarning: a file is damaged or belongs to another run. It gets
                another name, and its fold has to be run again.
        """
        finished = {}
        for fold in range(folds):
            path = self._path(fold)
            try:
                finished[fold] = self._outcome(path, fold)
            except (FileNotFoundError, NotADirectoryError):
                continue
            except (OSError, DataError) as error:
                self._set_aside(path, fold, error)
        return finished

    def keep(self, outcome: FoldOutcome) -> None:
        """Writes a finished fold.

        Warns:
            UserWarning: it cannot be written. The run goes on all the same.
        """
        if not self._writable:
            return
        content = {
            "format": FORMAT,
            "run": self.run,
            "fold": outcome.fold,
            "history": outcome.history,
            "seconds": outcome.seconds,
            "threads": outcome.threads,
        }
        text = json.dumps(content | {"checksum": digest_of_text(content)}, indent=1) + "\n"
        try:
            self._remove_oldest()
            write_atomically(
                self._path(outcome.fold),
                lambda path: path.write_text(text, "utf-8"),
                check=lambda path: self._outcome(path, outcome.fold),
            )
        except (MnistLabError, OSError) as error:
            self._writable = False
            warnings.warn(
                f"Fold {outcome.fold + 1} is finished and goes into the result, but it cannot be "
                f"kept for a run that is started again: {error}",
                stacklevel=2,
            )

    def _path(self, fold: int) -> Path:
        return self.folder / f"fold{fold + 1}.json"

    def _outcome(self, path: Path, fold: int) -> FoldOutcome:
        try:
            content = json.loads(path.read_text("utf-8"))
        except (ValueError, RecursionError) as error:
            raise DataError("it is damaged") from error
        if not isinstance(content, dict) or content.pop("checksum", None) != digest_of_text(
            content
        ):
            raise DataError("it is damaged")
        if [content.get(key) for key in ("format", "run", "fold")] != [FORMAT, self.run, fold]:
            raise DataError("it belongs to another run or fold")
        return FoldOutcome(fold, content["history"], content["seconds"], content["threads"])

    def _set_aside(self, path: Path, fold: int, reason: Exception) -> None:
        why = f"it cannot be read ({said(reason)})" if isinstance(reason, OSError) else reason
        try:
            place = f"it is now {set_aside(path).name}, in the folder {self.folder.name}"
        except OSError as error:
            place = f"it cannot be renamed either ({said(error)})"
        warnings.warn(
            f"The kept fold {path.name} is not used, {why}: {place}. Fold {fold + 1} is run again.",
            stacklevel=3,
        )

    def _remove_oldest(self) -> None:
        """Makes room when a run begins to keep its folds."""
        if self.folder.exists() or not self._all.is_dir():
            return
        ages = {}
        for run in self._all.iterdir():
            # Another process may be making room at the same time.
            with contextlib.suppress(FileNotFoundError):
                if run.is_dir():
                    ages[run] = run.stat().st_mtime
        for run in sorted(ages, key=ages.get)[: max(0, len(ages) - MOST_RUNS + 1)]:
            shutil.rmtree(run, ignore_errors=True)


def default_folder() -> Path:
    """Returns the folder of all kept folds, in the reader's own output folder.

    The record of the project gets results, never the folds of a run on its way.
    """
    return settings.current().output / "my_results" / "folds"
