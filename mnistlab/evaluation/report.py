"""How a finished model does on test images: accuracy, per-digit table, errors.

The test set is read once, at the very end. `make_report` therefore measures
everything in one pass and keeps it.
"""

from dataclasses import dataclass

from mnistlab.data.checks import CLASSES, check_pairs
from mnistlab.errors import DataError
from mnistlab.models.prediction import predict

import keras
import numpy as np
from sklearn import metrics


@dataclass(frozen=True)
class Report:
    """What a model answered to images with known labels.

    Attributes:
        labels: (n,) true digits.
        probabilities: (n, 10) float32, the model's answers.
    """

    labels: np.ndarray
    probabilities: np.ndarray

    @property
    def predictions(self) -> np.ndarray:
        """(n,) the most probable digit of each answer."""
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
    def loss(self) -> float:
        """Mean cross-entropy: minus the logarithm of the true digit's probability."""
        true = self.probabilities[np.arange(len(self.labels)), self.labels].astype("float64")
        # Keras' bound, so that a probability of 0 gives a large number and not infinity.
        return float(-np.mean(np.log(np.clip(true, keras.config.epsilon(), 1))))

    @property
    def table(self) -> str:
        """scikit-learn's table of precision, recall and F1 for each digit."""
        return metrics.classification_report(
            self.labels, self.predictions, labels=range(10), digits=4, zero_division=0
        )

    @property
    def confusion(self) -> np.ndarray:
        """(10, 10) counts: a row for each true digit, a column for each predicted one."""
        return metrics.confusion_matrix(self.labels, self.predictions, labels=range(10))

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
            f"{self.labels[place]} read as {self.predictions[place]}\n"
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
