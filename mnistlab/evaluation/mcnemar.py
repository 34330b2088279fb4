"""Do two classifiers differ, judged on the same test images? McNemar's test.

Images that both read right, or both misread, say nothing about which of the two
is better. What decides are those that one of them alone reads right. If neither
were better, each of these would fall to one or the other like a coin.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from mnistlab.data.checks import as_array
from mnistlab.errors import DataError

import numpy as np
from scipy import optimize, stats


@dataclass(frozen=True)
class McNemar:
    """A paired comparison of two classifiers on the same images.

    Attributes:
        both_right: images that both read right.
        only_first: images that the first alone reads right.
        only_second: images that the second alone reads right.
        both_wrong: images that both misread.
        p_value: how often coins would fall as unevenly as `only_first` to
            `only_second`, or more so; exact, two-sided.
        mean_difference: accuracy of the second minus that of the first, in
            percentage points.
        low, high: bounds of the interval for it, in percentage points.
        confidence: confidence level of the interval.
    """

    both_right: int
    only_first: int
    only_second: int
    both_wrong: int
    p_value: float
    mean_difference: float
    low: float
    high: float
    confidence: float

    @property
    def images(self) -> int:
        """How many images both have read."""
        return self.both_right + self.only_first + self.only_second + self.both_wrong

    @property
    def verdict(self) -> str:
        """What this shows of the second classifier: better, worse, or no difference shown."""
        if self.low > 0:
            return "better"
        if self.high < 0:
            return "worse"
        return "no difference shown"

    def __str__(self) -> str:
        p = "p < 0.0001" if self.p_value < 0.0001 else f"p = {self.p_value:.2g}"
        return (
            f"{self.mean_difference:+.3f} points, {100 * self.confidence:.4g}% interval "
            f"[{self.low:+.3f}, {self.high:+.3f}], {self.only_second} images to "
            f"{self.only_first}, {p}: {self.verdict}"
        )


def mcnemar(
    labels: np.ndarray, first: np.ndarray, second: np.ndarray, confidence: float = 0.95
) -> McNemar:
    """Compares two classifiers that have read the same images.

    The p-value is the exact one, of the binomial distribution. The well-known
    chi-square approximates it where at least some 25 images were read right by
    one alone; good networks often differ on fewer, and the exact value costs
    nothing.

    The interval is Tango's score interval with continuity correction. Unlike
    the usual normal interval it has a width where the two never differ, stays
    within 100 points, and agrees with the test: at the usual confidences, 0.7
    and above, it leaves 0 out only where the p-value is at most 1 - `confidence`.

    Both say how much the choice of the test images could matter, and nothing of
    how much another training would: for that, compare over folds.

    Args:
        labels: (n,) true classes, whole numbers from 0.
        first: what the reference answers: classes (n,) or probabilities
            (n, classes), of which the largest counts.
        second: the same of the classifier in question.
        confidence: confidence level of the interval, between 0 and 1.

    Returns:
        The four counts, the p-value, and the difference, second minus first,
        with its interval and verdict.

    Raises:
        DataError: labels and answers are no classes or do not fit each other.

    Source: Q. McNemar (1947); T. G. Dietterich, "Approximate Statistical Tests
    for Comparing Supervised Classification Learning Algorithms" (1998);
    T. Tango, "Equivalence test and confidence interval for the difference in
    proportions for the paired-sample design" (1998), with the correction of
    P. Chang et al., "Continuity corrected score confidence interval for the
    difference in proportions in paired data" (2024).

    Example:
        >>> labels = np.array([7, 2, 1, 0])
        >>> print(mcnemar(labels, first=np.array([7, 2, 7, 6]), second=labels))
        +50.000 points, 95% interval [-45.656, +95.441], 2 images to 0, p = 0.5: no difference shown
    """
    _check_confidence(confidence)
    labels = _as_classes(labels, "labels")
    first, second = (
        _as_answers(answers, labels, name)
        for answers, name in ((first, "first"), (second, "second"))
    )
    _check_lengths(labels, first, second)
    return _compared(first == labels, second == labels, confidence)


def _compared(first: np.ndarray, second: np.ndarray, confidence: float) -> McNemar:
    """Compares two rows of right (True) and wrong (False)."""
    images = len(first)
    both_right = int(np.count_nonzero(first & second))
    only_first = int(np.count_nonzero(first & ~second))
    only_second = int(np.count_nonzero(second & ~first))
    low, high = score_interval(only_first, only_second, images, confidence)
    return McNemar(
        both_right,
        only_first,
        only_second,
        images - both_right - only_first - only_second,
        _exact_p_value(only_first, only_second),
        100 * (only_second - only_first) / images,
        100 * low,
        100 * high,
        confidence,
    )


def _exact_p_value(only_first: int, only_second: int) -> float:
    fewer = min(only_first, only_second)
    # Both tails; with equal counts the middle would be in both.
    return min(1.0, 2 * float(stats.binom.cdf(fewer, only_first + only_second, 0.5)))


def score_interval(
    only_first: int, only_second: int, images: int, confidence: float, correction: float = 1
) -> tuple[float, float]:
    """Returns the differences of two accuracies that the counts do not contradict.

    Args:
        only_first: images that the first alone reads right.
        only_second: images that the second alone reads right.
        images: all images.
        confidence: confidence level, between 0 and 1.
        correction: images by which a count in steps of one is brought toward
            the smooth normal distribution; 0 gives Tango's interval as he
            published it.

    Returns:
        The bounds of second minus first, from -1 to 1.

    Example:
        >>> low, high = score_interval(1, 7, images=21, confidence=0.95, correction=0)
        >>> print(f"{low:.3f} to {high:.3f}")
        0.026 to 0.517
    """
    z = float(stats.norm.ppf(0.5 + confidence / 2))

    def high(only_first: int, only_second: int) -> float:
        found = (only_second - only_first) / images

        def beyond(difference: float) -> float:
            deviation = images * (difference - found) - correction
            return deviation - z * _deviation(only_first, only_second, images, difference)

        return 1.0 if beyond(1.0) <= 0 else float(optimize.brentq(beyond, found, 1.0, xtol=1e-12))

    return -high(only_second, only_first), high(only_first, only_second)


def _deviation(only_first: int, only_second: int, images: int, difference: float) -> float:
    """Standard deviation of `only_second - only_first` if the true difference were this one.

    The share of images that the first alone reads right is then the most likely
    one, the larger root of a quadratic equation.
    """
    a = 2 * images
    b = (2 * images + only_first - only_second) * difference - only_first - only_second
    c = -only_first * difference * (1 - difference)
    share = (math.sqrt(max(b * b - 4 * a * c, 0)) - b) / (2 * a)
    return math.sqrt(max(images * (2 * share + difference * (1 - difference)), 0))


def holm(p_values: Sequence[float]) -> np.ndarray:
    """Adjusts the p-values of several comparisons that are made at once.

    With 28 comparisons of networks that are all alike, one p-value below 0.05
    is to be expected. An adjusted one below 0.05 is not: the chance that even
    one of them all is so low by accident is at most 5 in 100. Holm's way
    multiplies the smallest by their number, the next by one less, and so on,
    and never lets one fall below a smaller one's; it shows more than
    Bonferroni's, which multiplies all by their number, and is as safe.

    Args:
        p_values: (n,) p-values, from 0 to 1, in any order.

    Returns:
        (n,) adjusted p-values in the same order.

    Raises:
        DataError: they are not numbers from 0 to 1, or there are none.

    Source: S. Holm, "A Simple Sequentially Rejective Multiple Test Procedure"
    (1979).

    Example:
        >>> holm([0.01, 0.04, 0.03])
        array([0.03, 0.06, 0.06])
    """
    values = _as_p_values(p_values)
    order = np.argsort(values, kind="stable")
    factors = np.arange(len(values), 0, -1)
    adjusted = np.empty(len(values))
    adjusted[order] = np.minimum(np.maximum.accumulate(factors * values[order]), 1)
    return adjusted


def _check_confidence(confidence: float) -> None:
    if not isinstance(confidence, int | float | np.floating) or not 0 < confidence < 1:
        raise DataError(f"confidence is {confidence}; give a number between 0 and 1, such as 0.95.")


def _as_classes(values: np.ndarray, name: str) -> np.ndarray:
    values = as_array(values, name)
    if values.ndim != 1:
        raise DataError(
            f"{name}: expected classes (n,), found the shape {values.shape}. "
            f"One-hot rows become classes with {name}.argmax(axis=1)."
        )
    # An empty list is an array of floats.
    if values.dtype.kind not in "iu" and len(values):
        raise DataError(
            f"{name}: expected classes as whole numbers, found {values.dtype}. "
            "Give the class of each image, not whether it was right."
        )
    negative = np.flatnonzero(values < 0)
    if len(negative):
        raise DataError(
            f"{name}: expected whole numbers from 0, found {values[negative[0]]} at index "
            f"{negative[0]}. Correct or leave out the images that have no class."
        )
    return values


def _as_answers(values: np.ndarray, labels: np.ndarray, name: str) -> np.ndarray:
    """Returns classes, from classes or from probabilities."""
    values = as_array(values, name)
    if values.ndim == 1:
        return _as_classes(values, name)
    if values.ndim != 2 or values.shape[1] < 2 or values.dtype.kind not in "iuf":
        raise DataError(
            f"{name}: expected classes (n,) or probabilities (n, classes), found the shape "
            f"{values.shape} of {values.dtype}. Give what predict returns, or its argmax(axis=1)."
        )
    bad = np.flatnonzero(np.isnan(values).any(axis=1))
    if len(bad):
        raise DataError(
            f"{name}: expected probabilities, found NaN at index {bad[0]} ({len(bad):,} such "
            "rows). Train the network again, at a lower learning rate."
        )
    if len(labels) and labels.max() >= values.shape[1]:
        raise DataError(
            f"{name}: there are probabilities of {values.shape[1]} classes, but a label "
            f"{labels.max()}; classes count from 0. Use a network that knows all of them."
        )
    return values.argmax(axis=1)


def _check_lengths(labels: np.ndarray, first: np.ndarray, second: np.ndarray) -> None:
    if not len(labels) == len(first) == len(second):
        raise DataError(
            f"labels, first and second: expected equal lengths, found {len(labels)}, {len(first)} "
            f"and {len(second)}. Give both answers to the same images, in the same order."
        )
    if not len(labels):
        raise DataError("labels, first and second: expected at least one image, found none.")


def _as_p_values(p_values: Sequence[float]) -> np.ndarray:
    values = as_array(p_values, "p_values")
    if values.ndim != 1:
        one = f" A single one goes into a list: [{values}]." if values.ndim == 0 else ""
        raise DataError(
            f"p_values: expected a row of numbers, found the shape {values.shape}.{one}"
        )
    if not len(values):
        raise DataError("p_values: expected at least one, found none.")
    if values.dtype.kind not in "iuf":
        raise DataError(f"p_values: expected numbers from 0 to 1, found {values.dtype}.")
    # Written so that a NaN is outside, too.
    bad = values[~((values >= 0) & (values <= 1))]
    if len(bad):
        raise DataError(
            f"p_values: expected numbers from 0 to 1, found {bad[0]}. Give the p-values as they "
            "are, not in percent."
        )
    return values.astype("float64")
