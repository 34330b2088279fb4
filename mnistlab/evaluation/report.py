"""How a finished model does on test images: accuracy, per-class table, errors.

The test set is read once, at the very end. `make_report` therefore measures
everything in one pass and keeps it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from mnistlab.data.checks import CLASSES, as_array, check_pairs
from mnistlab.errors import DataError
from mnistlab.models.prediction import predict

import keras
import numpy as np
from scipy import stats
from sklearn import metrics

SURE = 0.95
"""How often the interval of an accuracy holds the true one."""


class Scores(NamedTuple):
    """How well one class is read.

    Attributes:
        name: of the class.
        precision: the share of the answers with this class that are right.
        recall: the share of the images of this class that are read right.
        f1: the harmonic mean of both.
        count: images of this class.
    """

    name: str
    precision: float
    recall: float
    f1: float
    count: int


@dataclass(frozen=True)
class Report:
    """What a model answered to images with known labels.

    Attributes:
        labels: (n,) true classes, counted from 0.
        probabilities: (n, classes) float32, the model's answers.
        classes: the names of the classes; their numbers when there are none.

    Example:
        >>> answers = np.array([[0.9, 0.1], [0.6, 0.4], [0.2, 0.8]], "float32")
        >>> report = Report(np.array([0, 1, 1]), answers, ("cat", "dog"))
        >>> report.right, report.count, report.captions([1])
        (2, 3, ['dog read as cat\\n(60.0%)'])
    """

    labels: np.ndarray
    probabilities: np.ndarray
    classes: tuple[str, ...] = ()

    @property
    def names(self) -> tuple[str, ...]:
        """What each class is called."""
        return self.classes or tuple(map(str, range(self.probabilities.shape[1])))

    @property
    def count(self) -> int:
        """How many images were read."""
        return len(self.labels)

    @property
    def right(self) -> int:
        """How many of them were read right."""
        return int(np.count_nonzero(self.predictions == self.labels))

    @property
    def predictions(self) -> np.ndarray:
        """(n,) the most probable class of each answer."""
        return self.probabilities.argmax(axis=1)

    @property
    def confidence(self) -> np.ndarray:
        """(n,) the probability that each answer gives to its prediction."""
        return self.probabilities.max(axis=1)

    @property
    def accuracy(self) -> float:
        """Share of images read right, from 0 to 1."""
        return float(np.mean(self.predictions == self.labels))

    @property
    def interval(self) -> tuple[float, float]:
        """Where the true accuracy is, from 0 to 1: an interval that holds it 95 times in 100.

        Source: E. B. Wilson, "Probable inference, the law of succession, and
        statistical inference" (1927), as SciPy computes it.
        """
        found = stats.binomtest(self.right, self.count).proportion_ci(SURE, method="wilson")
        return float(found.low), float(found.high)

    @property
    def loss(self) -> float:
        """Mean cross-entropy: minus the logarithm of the true class's probability."""
        true = self.probabilities[np.arange(len(self.labels)), self.labels].astype("float64")
        # Keras' bound, so that a probability of 0 gives a large number and not infinity.
        return float(-np.mean(np.log(np.clip(true, keras.config.epsilon(), 1))))

    @property
    def table(self) -> str:
        """scikit-learn's table of precision, recall and F1 for each class."""
        return metrics.classification_report(
            self.labels,
            self.predictions,
            labels=range(len(self.names)),
            target_names=self.names,
            digits=4,
            zero_division=0,
        )

    @property
    def scores(self) -> list[Scores]:
        """The same for each class, as numbers; 0 where there is nothing to divide by."""
        found = metrics.precision_recall_fscore_support(
            self.labels, self.predictions, labels=range(len(self.names)), zero_division=0
        )
        return [
            Scores(name, float(precision), float(recall), float(f1), int(count))
            for name, precision, recall, f1, count in zip(self.names, *found, strict=True)
        ]

    @property
    def confusion(self) -> np.ndarray:
        """(classes, classes) counts: a row for each true class, a column for each predicted one."""
        return metrics.confusion_matrix(
            self.labels, self.predictions, labels=range(len(self.names))
        )

    def places(self, true: int, predicted: int) -> np.ndarray:
        """Returns the places of one cell of the confusion matrix, most confident answer first.

        Args:
            true: the class of its row.
            predicted: the class of its column.

        Returns:
            Integer indices into the images.
        """
        found = np.flatnonzero((self.labels == true) & (self.predictions == predicted))
        return found[np.argsort(-self.confidence[found], kind="stable")]

    def worst_errors(self, count: int = 20) -> np.ndarray:
        """Returns the places of the misread images, most confident mistake first.

        Args:
            count: how many at most.

        Returns:
            Integer indices into the images.
        """
        wrong = np.flatnonzero(self.predictions != self.labels)
        return wrong[np.argsort(-self.confidence[wrong], kind="stable")][:count]

    def captions(self, places: np.ndarray) -> list[str]:
        """Returns for each place "4 read as 9 (97.0%)", in two lines.

        Args:
            places: integer indices, for instance of `worst_errors()`.
        """
        return [
            f"{self.names[self.labels[place]]} read as {self.names[self.predictions[place]]}\n"
            f"({percent(self.confidence[place])})"
            for place in places
        ]


def percent(probability: float) -> str:
    """Returns a probability in percent, and never says 100 for less than certainty.

    Example:
        >>> percent(0.9703), percent(0.99998)
        ('97.0%', '> 99.9%')
    """
    text = f"{probability:.1%}"
    return "> 99.9%" if text == "100.0%" and probability < 1 else text


def make_report(model: keras.Model, images: np.ndarray, labels: np.ndarray) -> Report:
    """Lets a model read images once and keeps what it answered.

    Args:
        model: a model that answers with ten probabilities.
        images: (n, 28, 28) or (n, 28, 28, 1), uint8 or in [0, 1].
        labels: (n,) digits or (n, 10) one-hot.

    Returns:
        The report.

    Raises:
        DataError: images and labels do not fit each other or the model.

    Example:
        >>> from mnistlab.models import zoo
        >>> images = np.zeros((3, 28, 28), "uint8")
        >>> make_report(zoo.three_conv(), images, np.array([7, 2, 1])).confusion.sum()
        np.int64(3)
    """
    check_pairs(images, labels)
    images, labels = np.asarray(images), np.asarray(labels)
    if labels.ndim == 2:
        labels = labels.argmax(axis=1)
    probabilities = predict(model, images)
    _check_probabilities(probabilities)
    return Report(labels, probabilities)


def report_of(probabilities: np.ndarray, labels: np.ndarray, classes: Sequence[str]) -> Report:
    """Keeps what a model of any classes answered to images with known labels.

    Args:
        probabilities: (n, classes), the answers. Those of an image need not sum
            to 1: with sigmoid at its end, a model gives each class its own.
        labels: (n,) the true classes, as places in `classes`.
        classes: their names.

    Returns:
        The report.

    Raises:
        DataError: the answers are no probabilities, or answers, labels and
            classes do not fit each other.

    Example:
        >>> report_of([[0.9, 0.1], [0.6, 0.4]], [0, 1], ["cat", "dog"]).accuracy
        0.5
    """
    answers = as_array(probabilities, "probabilities")
    labels = as_array(labels, "labels")
    if answers.ndim != 2 or answers.shape[1] != len(classes):
        raise DataError(
            f"The model answers with numbers of the shape {answers.shape}; there are "
            f"{len(classes)} classes. Give its output as many units, and train it again."
        )
    if labels.shape != answers.shape[:1] or not len(labels):
        raise DataError(
            f"There are {len(answers):,} answers, and labels of the shape {labels.shape}; expected "
            "is a label for each, and one at least."
        )
    if labels.dtype.kind not in "iu" or labels.min() < 0 or labels.max() >= len(classes):
        raise DataError(
            f"The labels are not all whole numbers from 0 to {len(classes) - 1}, one for each of "
            "the classes. Correct them, or leave those images out."
        )
    # Written so that a NaN is outside, too.
    if answers.dtype.kind != "f" or not ((answers >= 0) & (answers <= 1.001)).all():
        raise DataError(
            "The model does not answer with probabilities: some are NaN, negative or above 1. Give "
            "its output the activation softmax; if it has that, train it again at a lower "
            "learning rate."
        )
    return Report(labels, answers, tuple(classes))


def _check_probabilities(answers: np.ndarray) -> None:
    if answers.shape[1] != CLASSES:
        raise DataError(
            f"model answers with {answers.shape[1]} numbers for each image; a report on digits "
            f"needs {CLASSES} probabilities. Use a model that reads digits."
        )
    # A model that computes in 16 bits rounds its probabilities to three digits.
    if not ((answers >= 0).all() and np.allclose(answers.sum(axis=1), 1, atol=0.01)):
        raise DataError(
            "model does not answer with probabilities: some are negative or NaN, or the ten of an "
            "image do not sum to 1. Give its last layer activation='softmax', or train it again if "
            "its weights are NaN."
        )
