"""What tuning measured: a trial for each setting, compared with the default; JSON.

Every trial of a `Tuning` is a cross-validation over the same folds with the
same seed, so that any two can be compared fold by fold, also where the batch
size or the scaling of the pixels differs.
"""

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import UnionType

from mnistlab.errors import DataError
from mnistlab.evaluation import records
from mnistlab.evaluation.results import Comparison, Result, compare

import numpy as np

FORMAT = 1
KIND = "tuning"
NUMBERS = ("folds", "epochs", "seed", "rows")
PROTOCOL = (*NUMBERS, "data_digest")


@dataclass(frozen=True)
class Trial:
    """One setting, and what a cross-validation with it gave.

    Attributes:
        setting: the value of every setting.
        scores: held-out accuracy of each fold, from 0 to 1; none if it failed.
        failure: why there are none: the training diverged.
        seconds: how long the folds took, added up.
    """

    setting: dict[str, object]
    scores: list[float]
    failure: str = ""
    seconds: float = 0.0

    @property
    def failed(self) -> bool:
        """Whether the training diverged."""
        return bool(self.failure)

    @property
    def mean(self) -> float:
        """Mean accuracy over the folds, in percent; NaN if it failed."""
        return float(100 * np.mean(self.scores)) if self.scores else math.nan

    @property
    def std(self) -> float:
        """Standard deviation of the folds' accuracies, in percentage points."""
        return float(100 * np.std(self.scores)) if self.scores else math.nan


@dataclass(frozen=True)
class Tuning:
    """The trials of a sweep or a search, in their order.

    Attributes:
        name: what was tuned.
        default: the setting that the others are compared with.
        trials: what was tried.
        protocol: folds, epochs, seed, rows, data_digest: equal for all trials.
        facts: seconds, versions, cores and whatever else is known.

    Example:
        >>> protocol = dict(folds=2, epochs=1, seed=1, rows=60, data_digest="0123456789abcdef")
        >>> tried = [Trial({"rate": 0.1}, [0.8, 0.9]), Trial({"rate": 0.2}, [0.9, 0.95])]
        >>> tuning = Tuning("rate", {"rate": 0.1}, tried, protocol)
        >>> tuning.best.setting, round(tuning.reference.mean, 2)
        ({'rate': 0.2}, 85.0)
    """

    name: str
    default: dict[str, object]
    trials: list[Trial]
    protocol: dict[str, object]
    facts: dict[str, object] = field(default_factory=dict)

    @property
    def reference(self) -> Trial:
        """The trial of the default setting.

        Raises:
            DataError: it was not tried.
        """
        for trial in self.trials:
            if trial.setting == self.default:
                return trial
        raise DataError(f"{self.name!r} has no trial of its default setting; tune again.")

    @property
    def ranked(self) -> list[Trial]:
        """The trials that did not fail, the best first."""
        return sorted(
            (trial for trial in self.trials if not trial.failed),
            key=lambda trial: trial.mean,
            reverse=True,
        )

    @property
    def best(self) -> Trial:
        """The trial with the highest mean: the first of several.

        Raises:
            DataError: all of them failed.
        """
        if not self.ranked:
            raise DataError(f"Every trial of {self.name!r} failed; try smaller learning rates.")
        return self.ranked[0]

    @property
    def varied(self) -> list[str]:
        """The names of the settings that are not the same in all trials."""
        return [
            name
            for name in self.default
            if len({json.dumps(trial.setting.get(name)) for trial in self.trials}) > 1
        ]

    def compare(self, trial: Trial) -> Comparison:
        """Compares a trial with the default, fold by fold.

        Args:
            trial: one of the trials that did not fail.

        Returns:
            The mean difference, the trial minus the default, with its interval
            and verdict. For a trial that was chosen because it was the best of
            many, it flatters.

        Raises:
            DataError: one of the two failed.
        """
        if trial.failed or self.reference.failed:
            raise DataError(
                "A trial that failed has no scores to compare; compare one of Tuning.ranked."
            )
        return compare(*(self._result(each) for each in (self.reference, trial)))

    def _result(self, trial: Trial) -> Result:
        return Result(self.name, trial.scores, [], self.protocol)

    def table(self, trials: list[Trial] | None = None) -> str:
        """Returns the trials as lines of text: setting, accuracy, and how it compares.

        Args:
            trials: which of them; all, in their order, when `None`.
        """
        trials = self.trials if trials is None else trials
        names = self.varied
        cells = [[shown(trial.setting.get(name)) for name in names] for trial in trials]
        widths = [max(map(len, column)) for column in zip(names, *cells, strict=True)]
        lines = [_row(names, widths) + "accuracy (%)       against the default (points)"]
        for trial, values in zip(trials, cells, strict=True):
            lines.append(_row(values, widths) + self._measured(trial))
        return "\n".join(lines)

    def _measured(self, trial: Trial) -> str:
        if trial.failed:
            return "failed: the training diverged"
        text = f"{trial.mean:.3f} +- {trial.std:.3f}"
        if trial.setting == self.default:
            return f"{text:19}the default"
        if self.reference.failed:
            return text
        found = self.compare(trial)
        interval = f"[{found.low:+.2f}, {found.high:+.2f}]"
        return f"{text:19}{found.mean_difference:+.2f} {interval:17} {found.verdict}"

    def save(self, path: str | Path) -> Path:
        """Writes the tuning as JSON; an older file stays until the new one is whole.

        Args:
            path: the file; its folder is made if need be.

        Returns:
            The path.

        Raises:
            DataError: the file cannot be written there, or settings or facts
                hold something that JSON cannot express.
        """
        tried = [vars(trial) for trial in self.trials]
        content = {"format": FORMAT, "kind": KIND, **vars(self), "trials": tried}
        return records.write(path, content, "tuning", load)


def shown(value: object) -> str:
    """Returns the value of a setting in few characters.

    Example:
        >>> shown(0.0312345678), shown(32), shown("one_cycle")
        ('0.03123', '32', 'one_cycle')
    """
    return f"{value:.4g}" if isinstance(value, float) else str(value)


def _row(cells: list[str], widths: list[int]) -> str:
    return "".join(f"{cell:<{width + 2}}" for cell, width in zip(cells, widths, strict=True))


def load(path: str | Path) -> Tuning:
    """Reads a tuning that `Tuning.save` wrote.

    Args:
        path: the JSON file.

    Returns:
        The tuning.

    Raises:
        DataError: there is no such file, or it does not hold a tuning.
    """
    marks = {"format": FORMAT, "kind": KIND}
    return records.read(path, "tuning", marks, Tuning.__dataclass_fields__, _checked)


def _checked(name, default, trials, protocol, facts) -> Tuning:
    for part, value, kind in (
        ("name", name, str),
        ("default", default, dict),
        ("trials", trials, list),
        ("protocol", protocol, dict),
        ("facts", facts, dict),
    ):
        _must_be(part, value, kind)
    missing = [key for key in PROTOCOL if key not in protocol]
    if missing:
        raise ValueError(f"the protocol does not state {', '.join(missing)}")
    for key in NUMBERS:
        _must_be(key, protocol[key], int)
    if not trials:
        raise ValueError("there is no trial")
    tried = [_trial(content, default, protocol["folds"]) for content in trials]
    return Tuning(name, default, tried, protocol, facts)


def _trial(content: Mapping[str, object], default: Mapping[str, object], folds: int) -> Trial:
    _must_be("a trial", content, dict)
    trial = Trial(**content)
    for part, kind in (
        ("setting", dict),
        ("scores", list),
        ("failure", str),
        ("seconds", int | float),
    ):
        _must_be(part, getattr(trial, part), kind)
    if trial.setting.keys() != default.keys():
        raise ValueError("a trial does not have the settings of the default")
    if not all(_is_number(score) and 0 <= score <= 1 for score in trial.scores):
        raise ValueError("scores must be accuracies from 0 to 1")
    if len(trial.scores) != (0 if trial.failed else folds):
        raise ValueError(f"a trial has {len(trial.scores)} scores")
    return trial


def _must_be(part: str, value: object, kind: type | UnionType) -> None:
    if not isinstance(value, kind) or isinstance(value, bool):
        name = kind.__name__ if isinstance(kind, type) else "number"
        raise ValueError(f"{part} must be a {name}, not {type(value).__name__}")


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def recorded(name: str) -> Tuning:
    """Reads the full run of a tuning that this project recorded.

    Args:
        name: what was tuned, such as "search".

    Returns:
        The tuning in `data/results/tuning`.

    Raises:
        DataError: there is no record of that name, or no checkout of the
            project, with which the record comes.
    """
    return load(records.recorded(name, "tuning", "data/results/tuning"))
