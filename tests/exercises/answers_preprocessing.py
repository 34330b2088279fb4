"""Right and wrong answers to the exercises of notebook 02."""

import numpy as np


def _one_at_a_time(labels, classes):
    rows = np.zeros((len(labels), classes))
    for row, label in zip(rows, labels, strict=True):
        row[label] = 1
    return rows


def _by_comparison(labels, classes):
    return labels[:, None] == np.arange(classes)


def _numbers_alone(train, images):
    mean = train.sum() / train.size
    variance = ((train - mean) ** 2).sum() / train.size
    return (images - mean) / variance**0.5


def _in_float32(train, images):
    mean, std = np.float32(train.mean()), np.float32(train.std())
    return (images.astype("float32") - mean) / std


def _mean_of_floats(first, second):
    return np.mean([first / 255, second / 255], axis=0)


IN_BYTES = "The sum is made in bytes"

RIGHT = {
    "color_photos": [(500, 32, 48, 3), np.zeros((500, 32, 48, 3)).shape],
    "in_bytes": [
        (14, 216),
        [270 % 256, -40 % 256],
        np.array([180, 60], "uint8") + np.array([90, 156], "uint8"),
    ],
    "encode": [_one_at_a_time, _by_comparison],
    "average": [
        _mean_of_floats,
        lambda first, second: first / 510 + second / 510,
        lambda first, second: (first.astype(int) + second) / 2 / 255,
    ],
    "standardize_with": [_numbers_alone, _in_float32],
}

WRONG = {
    "color_photos": [
        ((500, 3, 32, 48), "channels as the last axis"),
        ((500, 48, 32, 3), "Rows and columns are swapped"),
        ((500, 3, 48, 32), "image number, row, column, channel"),
        ((32, 48, 3), "The image number comes first"),
        ((500, 32, 48, 1), "How many numbers has a pixel in color?"),
        ((500, 32, 48), "An axis is missing"),
        ((3, 500, 32, 48), "Number 1 of 4"),
    ],
    "in_bytes": [
        ((270, -40), "no room for 270"),
        ((255, 0), "wrap around, like a clock"),
        ((15, 215), "256, not 255"),
        ((14, 40), "The second wraps around, too"),
        ((14, 0), "Number 2 of 2"),
    ],
    "encode": [
        (lambda labels, classes: np.eye(classes)[labels.astype(int) - 1], "one place too far left"),
        (
            lambda labels, classes: _by_comparison(labels.astype(int) - 1, classes),
            "was asked",
        ),
        (lambda labels, classes: _by_comparison(labels, classes)[:, ::-1], "reversed order"),
        (lambda labels, classes: _by_comparison(labels, labels.max() + 1), "does not say how many"),
        (lambda labels, classes: _by_comparison(labels, classes + 1), "one column too many"),
        (lambda labels, classes: _by_comparison(labels, 10), "ten columns"),
        (lambda labels, classes: _by_comparison(labels, classes).T, "Rows and columns are swapped"),
        (lambda labels, classes: labels, "what was asked is 1x3"),
    ],
    "average": [
        (lambda first, second: (first + second) / 2 / 255, IN_BYTES),
        (lambda first, second: (first + second) // 2 / 255, "`//` throws the halves away"),
        (lambda first, second: (first + second) / 2, "is to lie in [0, 1]"),
        (lambda first, second: (first + second) // 2, "0 to 255 is not [0, 1]"),
        (lambda first, second: (first // 2 + second // 2) / 255, "Nothing wraps around, but"),
        (lambda first, second: first / 2 + second / 2, "the mean from 0 to 255"),
        (lambda first, second: first / 255 + second / 255, "That is the sum"),
        (lambda first, second: (first / 2 + second / 2) / 256, "256 leaves it below 1"),
        (lambda first, second: first / 255, "was asked"),
    ],
    "standardize_with": [
        (lambda train, images: (images - images.mean()) / images.std(), "own mean and deviation"),
        (lambda train, images: (images - images.mean()) / train.std(), "but not the mean"),
        (lambda train, images: (images - train.mean()) / images.std(), "but not the deviation"),
        (
            lambda train, images: (
                (images - np.r_[train, images].mean()) / np.r_[train, images].std()
            ),
            "a way of peeking",
        ),
        (
            lambda train, images: (images - train.mean(axis=0)) / train.std(axis=0),
            "Where it never varies",
        ),
        (lambda train, images: images - train.mean(), "That centers"),
        (lambda train, images: (images - train.mean()) / train.std() ** 2, "the variance"),
        (lambda train, images: images / train.std() - train.mean(), "subtract the mean first"),
        (lambda train, images: (train - train.mean()) / train.std(), "was asked"),
    ],
}
