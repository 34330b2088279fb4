"""Answers that learners give to the exercises of notebook 04."""

import numpy as np


def normalize_flat(x, epsilon):
    rows = x.reshape(-1, x.shape[-1])
    rows = (rows - rows.mean(axis=0)) / (rows.var(axis=0) + epsilon) ** 0.5
    return rows.reshape(x.shape)


def normalize_by_channel(x, epsilon):
    normalized = np.empty_like(x)
    for channel in range(x.shape[-1]):
        values = x[..., channel]
        spread = np.sqrt(np.mean((values - values.mean()) ** 2) + epsilon)
        normalized[..., channel] = (values - values.mean()) / spread
    return normalized


def over(axis):
    def normalize(x, epsilon):
        centered = x - x.mean(axis=axis, keepdims=True)
        return centered / np.sqrt(np.mean(centered**2, axis=axis, keepdims=True) + epsilon)

    return normalize


def spread(x, **options):
    return x.std(axis=(0, 1, 2), **options)


def centered(x):
    return x - x.mean((0, 1, 2))


def with_ddof(x, epsilon):
    return centered(x) / np.sqrt(spread(x, ddof=1) ** 2 + epsilon)


RIGHT = {
    "gathered": [528, 2 * (64 + 200)],
    "moving_mean": [3.17, 5 - 5 * 0.99**100, np.float64(3.1698)],
    "wider": [1.45, np.sqrt(19 / 9)],
    "without_bias": [(542_626, 542_362), [542_758 - 132, 542_758 - 132 - 264]],
    "normalize": [normalize_flat, normalize_by_channel],
}

WRONG = {
    "gathered": [
        (1056, "all four numbers"),
        (264, "one number for each channel"),
        (400, "second layer alone"),
        (128, "first layer alone"),
        (86_928, "do not count"),
    ],
    "moving_mean": [
        (1.83, "a start at 5"),
        (0.634, "Multiply by their mean"),
        (0.366, "share of the start"),
        (5, "not there yet"),
        (0.05, "after a single batch"),
        (3.54, "moving variance that starts at 1"),
    ],
    "wider": [
        (2.11, "The interval goes with its root"),
        (1.5, "for five folds"),
        (1.414, "so 1/9"),
        (1.054, "does not replace it"),
        (0.459, "Divide by that of the ordinary one"),
        (0.211, "How much wider"),
    ],
    "without_bias": [
        ((542_362, 542_626), "Turned around"),
        ((542_758, 542_494), "with the biases"),
        ((542_726, 542_462), "100 units lose theirs too"),
        ((542_616, 542_352), "keeps its 10 biases"),
        ((542_626, 542_626), "moving averages are not trained"),
        ((542_626, 542_098), "Gamma and beta are trained"),
        ((542_758, 542_626), "Take away both"),
        (542_626, "2 numbers were asked"),
    ],
    "normalize": [
        (over(None), "One mean and one variance for everything"),
        (over(-1), "mixes the channels"),
        (over(0), "one mean for every place"),
        (over((1, 2)), "each image on its own. The mean runs"),
        (over((1, 2, 3)), "all its channels together"),
        (lambda x, epsilon: centered(x) / spread(x), "Forgot epsilon"),
        (lambda x, epsilon: centered(x) / (spread(x) + epsilon), "under the root"),
        (lambda x, epsilon: centered(x) / (spread(x) ** 2 + epsilon), "Forgot the root"),
        (lambda x, epsilon: centered(x), "The mean is gone"),
        (lambda x, epsilon: x / np.sqrt(spread(x) ** 2 + epsilon), "Forgot to subtract"),
        (with_ddof, "with ddof=1"),
        (lambda x, epsilon: x.mean(axis=(0, 1, 2)), "was asked"),
    ],
}
