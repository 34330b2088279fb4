"""What a cross-validation measured: its scores, curves and facts; comparing; JSON.

A `Result` keeps everything that is needed to judge it later: the accuracy of
every fold, the curves, the protocol, the digest of the data, the versions.
`compare` says whether two models that were evaluated on the same folds differ.
"""

import math
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from mnistlab import settings
from mnistlab.errors import DataError
from mnistlab.evaluation import records

import numpy as np
from scipy import stats

FORMAT = 1
NUMBERS = ("folds", "epochs", "batch_size", "seed", "rows")
PROTOCOL = (*NUMBERS, "data_digest")


@dataclass(frozen=True)
class Result:
    """The outcome of `evaluate_model`.

    It unpacks as the published listing returns it:
    `scores, histories = evaluate_model(...)`.

    Attributes:
        name: the architecture.
        scores: held-out accuracy of each finished fold, from 0 to 1.
        histories: for each fold `loss`, `accuracy`, `val_loss`,
            `val_accuracy`, one number an epoch.
        protocol: folds, epochs, batch_size, seed, rows, data_digest: what must
            be equal for two results to be comparable fold by fold.
        facts: parameters, seconds, versions, cores and whatever else is known.
    """

    name: str
    scores: list[float]
    histories: list[dict[str, list[float]]]
    protocol: dict[str, object]
    facts: dict[str, object] = field(default_factory=dict)

    def __iter__(self) -> Iterator:
        return iter((self.scores, self.histories))

    @property
    def mean(self) -> float:
        """Mean accuracy over the folds, in percent."""
        return float(100 * np.mean(self.scores))

    @property
    def std(self) -> float:
        """Standard deviation of the folds' accuracies (divided by n), in percentage points."""
        return float(100 * np.std(self.scores))

    @property
    def complete(self) -> bool:
        """Whether every fold of the protocol was finished."""
        return len(self.scores) == self.protocol["folds"]

    @property
    def finished(self) -> list[int]:
        """The numbers of the folds that the scores belong to, from 1."""
        return self.facts.get("finished_folds", list(range(1, len(self.scores) + 1)))

    def save(self, path: str | Path) -> Path:
        """Writes the result as JSON; an older file stays until the new one is whole.

        Args:
            path: the file; its folder is made if need be.

        Returns:
            The path.

        Raises:
            DataError: the file cannot be written there, or the facts hold
                something that JSON cannot express.
        """
        content = {"format": FORMAT, **vars(self)}
        content["histories"] = [_each(history, _to_json) for history in self.histories]
        return records.write(path, content, "result", load)


def load(path: str | Path) -> Result:
    """Reads a result that `Result.save` wrote.

    Args:
        path: the JSON file.

    Returns:
        The result.

    Raises:
        DataError: there is no such file, or it does not hold a result.
    """
    fields = Result.__dataclass_fields__
    return records.read(path, "result", {"format": FORMAT}, fields, _checked)


def _checked(name, scores, histories, protocol, facts) -> Result:
    for part, value, kind in (
        ("name", name, str),
        ("scores", scores, list),
        ("histories", histories, list),
        ("protocol", protocol, dict),
        ("facts", facts, dict),
    ):
        if not isinstance(value, kind):
            raise ValueError(f"{part} must be a {kind.__name__}, not {type(value).__name__}")
    if not scores or not all(
        isinstance(score, int | float) and not isinstance(score, bool) and 0 <= score <= 1
        for score in scores
    ):
        raise ValueError("scores must be accuracies from 0 to 1")
    if len(histories) != len(scores):
        raise ValueError("there must be one history for each score")
    missing = [key for key in PROTOCOL if key not in protocol]
    if missing:
        raise ValueError(f"the protocol does not state {', '.join(missing)}")
    for key in NUMBERS:
        if not isinstance(protocol[key], int) or isinstance(protocol[key], bool):
            raise ValueError(f"{key} must be a whole number, not {protocol[key]!r}")
    if protocol["folds"] < max(2, len(scores)):
        raise ValueError(f"{len(scores)} scores do not come from {protocol['folds']} folds")
    histories = [_each(history, _from_json) for history in histories]
    return Result(name, scores, histories, protocol, facts)


def _each(history: Mapping[str, Sequence], convert: Callable) -> dict[str, list]:
    return {key: [convert(value) for value in values] for key, values in history.items()}


# JSON has no NaN and no infinity, which are what the loss of a training that diverged is.
def _to_json(value: float) -> float | None:
    return value if math.isfinite(value) else None


def _from_json(value: float | None) -> float:
    return math.nan if value is None else float(value)


def recorded(name: str) -> Result:
    """Reads the full run of an architecture that this project recorded.

    Args:
        name: the architecture, such as "baseline".

    Returns:
        The result in `data/results`.

    Raises:
        DataError: there is no record of that name, or no checkout of the
            project, with which the record comes.
    """
    return load(records.recorded(name, "result", "data/results"))


def find(name: str, like: Result) -> Result | None:
    """Looks for an earlier result that can be compared with another, fold by fold.

    Args:
        name: the architecture that is looked for.
        like: the result that it is to be compared with.

    Returns:
        The reader's own result of that protocol on the same data, else the
        recorded one, else `None`.

    Raises:
        DataError: the recorded one is damaged.

    Warns:
        UserWarning: the reader's own is damaged, and is passed over.
    """
    record = settings.PROJECT / "data" / "results"
    for folder in (settings.current().results_folder, record):
        path = folder / f"{name}.json"
        if not path.exists():
            continue
        try:
            result = load(path)
        except DataError as error:
            if folder == record:
                raise
            warnings.warn(f"Your own result is passed over: {error}", stacklevel=2)
            continue
        if result.protocol == like.protocol and result.finished == like.finished:
            return result
    return None


@dataclass(frozen=True)
class Comparison:
    """A paired comparison of two models over the same folds.

    Attributes:
        mean_difference: second minus first, in percentage points.
        low, high: bounds of the interval for it, in percentage points.
        confidence: confidence level of the interval.
        folds: number of pairs.
    """

    mean_difference: float
    low: float
    high: float
    confidence: float
    folds: int

    @property
    def verdict(self) -> str:
        """What this shows of the second model: better, worse, or no difference shown."""
        if self.low > 0:
            return "better"
        if self.high < 0:
            return "worse"
        return "no difference shown"

    def __str__(self) -> str:
        return (
            f"{self.mean_difference:+.3f} points, {100 * self.confidence:.4g}% interval "
            f"[{self.low:+.3f}, {self.high:+.3f}], {self.folds} folds: {self.verdict}"
        )


def compare(first: Result, second: Result, confidence: float = 0.95) -> Comparison:
    """Compares two models that were evaluated on the same folds.

    The folds of a cross-validation share training images, so their scores
    vary less than independent ones would, and the ordinary paired t interval
    is too narrow. The correction replaces the variance factor 1/k by
    1/k + n_test / n_train.

    Args:
        first: the reference, for instance the baseline.
        second: the model in question.
        confidence: confidence level of the interval, between 0 and 1.

    Returns:
        The mean difference, second minus first, with its interval and verdict.

    Raises:
        DataError: the two were not measured by the same protocol on the same
            data, or there are fewer than two folds.

    Source: C. Nadeau and Y. Bengio, "Inference for the Generalization Error",
    Machine Learning 52 (2003), the corrected resampled t-test.
    """
    if not 0 < confidence < 1:
        raise DataError(f"confidence is {confidence}; give a number between 0 and 1, such as 0.95.")
    differing = [
        key
        for key in first.protocol | second.protocol
        if first.protocol.get(key) != second.protocol.get(key)
    ]
    if differing or first.finished != second.finished:
        what = ", ".join(differing) or "the finished folds"
        raise DataError(
            f"{first.name} and {second.name} were not evaluated on the same folds: they differ in "
            f"{what}. Evaluate both with the same data, folds, epochs and seed."
        )
    folds = len(first.scores)
    if folds < 2:
        raise DataError("Comparing needs at least two folds; evaluate with folds=2 or more.")
    pairs = 100 * (np.asarray(second.scores) - np.asarray(first.scores))
    return _corrected_interval(pairs, int(first.protocol["folds"]), confidence)


def _corrected_interval(pairs: np.ndarray, k: int, confidence: float) -> Comparison:
    # With k equal folds n_test / n_train is 1 / (k - 1).
    variance = np.var(pairs, ddof=1) * (1 / len(pairs) + 1 / (k - 1))
    reach = stats.t.ppf(0.5 + confidence / 2, df=len(pairs) - 1) * np.sqrt(variance)
    mean = float(np.mean(pairs))
    return Comparison(mean, mean - float(reach), mean + float(reach), confidence, len(pairs))


def protocol_text(protocol: Mapping[str, object]) -> str:
    """Returns a protocol in words.

    Example:
        >>> protocol_text({"folds": 5, "epochs": 10, "batch_size": 32, "seed": 1, "rows": 60000})
        '5 folds of 60,000 images, 10 epochs, batches of 32, seed 1'
    """
    return (
        f"{protocol['folds']} folds of {protocol['rows']:,} images, {protocol['epochs']} epochs, "
        f"batches of {protocol['batch_size']}, seed {protocol['seed']}"
    )
