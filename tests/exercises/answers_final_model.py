"""Right and wrong answers to the exercises of notebook 11."""

import numpy as np
from sklearn.metrics import confusion_matrix


def _counted(labels, predictions):
    return np.bincount(10 * labels + predictions, minlength=100).reshape(10, 10)


def _as_nested_lists(labels, predictions):
    pairs = list(zip(labels, predictions, strict=True))
    return [[pairs.count((row, column)) for column in range(10)] for row in range(10)]


def _each_pair_once(labels, predictions):
    matrix = np.zeros((10, 10))
    matrix[labels, predictions] += 1
    return matrix


def _with_a_loop(probabilities, labels, threshold):
    answered = right = 0
    for row, label in zip(probabilities, labels, strict=True):
        if max(row) >= threshold:
            answered += 1
            right += np.argmax(row) == label
    return answered / len(labels), right / answered


def _picked(probabilities, labels, threshold):
    sure = np.max(probabilities, axis=1) >= threshold
    return [np.mean(sure), np.mean(np.argmax(probabilities[sure], axis=1) == labels[sure])]


def _abstain(probabilities, labels, threshold, axis=1, strictly=False):
    highest = probabilities.max(axis=axis)
    answered = highest > threshold if strictly else highest >= threshold
    right = probabilities.argmax(axis=axis) == labels
    return answered.mean(), right[answered].mean()


def _without_an_axis(probabilities, labels, threshold):
    answered = probabilities.max(axis=1) >= threshold
    return answered.mean(), (probabilities.argmax() == labels)[answered].mean()


def _of_all(probabilities, labels, threshold):
    answered = probabilities.max(axis=1) >= threshold
    right = probabilities.argmax(axis=1) == labels
    return answered.mean(), (right & answered).mean()


RIGHT = {
    "errors": [94, (1 - 0.9906) * 10_000, np.int64(94)],
    "precision_and_recall": [(45 / 50, 45 / 60), [0.9, 0.75], np.array([0.9, 0.75])],
    "images_needed": [150_000, 15 * 10_000, 1.96**2 * 0.99 * 0.01 / 0.0005**2, 145_000],
    "confusion_matrix": [
        _counted,
        _as_nested_lists,
        lambda labels, predictions: confusion_matrix(labels, predictions, labels=range(10)),
    ],
    "abstain": [_with_a_loop, _picked],
}

WRONG = {
    "errors": [
        (9906, "images that it reads right"),
        (0.94, "in percent"),
        (0.0094, "That is the share of errors. How many"),
        (940, "Ten times too many"),
        (99.06, "99.06 is not it"),
    ],
    "precision_and_recall": [
        ((0.75, 0.9), "swapped"),
        ((90, 75), "percentages"),
        ((0.1, 0.25), "shares of errors"),
        ((0.045, 0.045), "Not by all 1,000"),
        ((0.9, 0.9), "Number 2 of 2"),
        (0.9, "2 numbers were asked"),
    ],
    "images_needed": [
        (38_500, "With 38,500 images the interval reaches 0.100 points"),
        (608_000, "0.025 points up and down"),
        (20_000, "Four times the images make it half as wide"),
        (10_000, "0.196 points"),
        (-150_000, "is not it"),
        ("many", "A number was asked"),
    ],
    "confusion_matrix": [
        (lambda labels, predictions: _counted(predictions, labels), "Rows and columns are swapped"),
        (_each_pair_once, "counts a pair once"),
        (
            lambda labels, predictions: np.diag(np.diag(_counted(labels, predictions))),
            "right answers only",
        ),
        (lambda labels, predictions: _counted(labels, predictions) / len(labels), "shares"),
        (
            lambda labels, predictions: confusion_matrix(labels, predictions),
            "what was asked is 10x10",
        ),
        (lambda labels, predictions: np.mean(labels == predictions), "a single value"),
    ],
    "abstain": [
        (lambda *case: _abstain(*case, axis=0), "both need axis=1"),
        (_without_an_axis, "the largest of all the numbers"),
        (_of_all, "yours is of all"),
        (lambda *case: _abstain(*case, strictly=True), "at least is >="),
        (lambda *case: (1 - _abstain(*case)[0], _abstain(*case)[1]), "left unread"),
        (lambda *case: _abstain(*case)[::-1], "The two numbers are swapped"),
        (lambda *case: 100 * np.array(_abstain(*case)), "percentages"),
        (lambda *case: _abstain(*case)[0], "what was asked is 2 values"),
    ],
}
