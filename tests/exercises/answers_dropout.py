"""Answers that learners give to the exercises of notebook 06."""

import numpy as np


def dropout_where(x, mask, rate):
    return np.where(mask, x, 0) / (1 - rate)


def dropout_by_factor(x, mask, rate):
    factor = 1 / (1 - rate)
    return factor * (mask * x)


def gain_by_numpy(without, with_half):
    gains = np.subtract(with_half, without)
    return np.array([np.mean(gains), np.std(gains)])


def gain_by_loop(without, with_half):
    gains = [after - before for before, after in zip(without, with_half, strict=True)]
    mean = sum(gains) / len(gains)
    return [mean, (sum((gain - mean) ** 2 for gain in gains) / len(gains)) ** 0.5]


def of_one_model(without, with_half):
    return (with_half - without).mean(), with_half.std()


RIGHT = {
    "rate": [0.25, 1 - 0.75, np.float32(0.25)],
    "share_and_factor": [(0.3, 1.43), [0.3, 1 / (1 - 0.3)], np.array([0.3, 1.4286])],
    "parameters": [1_619_690, 8416 + 512 * 3137 + 10 * 513, 1619690.0],
    "dropout": [dropout_where, dropout_by_factor],
    "gain": [gain_by_numpy, gain_by_loop],
}

WRONG = {
    "rate": [
        (0.75, "Copied into Keras"),
        (25, "not a percentage"),
        (0.5, "is not it"),
    ],
    "share_and_factor": [
        ((0.7, 1 / 0.7), "the share set to 0 was asked"),
        ((0.3, 0.7), "quieter still"),
        ((0.3, 1.3), "0.91 of the sum"),
        ((0.3, 3.333), "divide by the share that remains"),
        ((0.3, 1), "gives 0.7 of the sum"),
        (0.3, "2 numbers were asked"),
    ],
    "parameters": [
        (1_615_477, "Half of all parameters is not it"),
        (1_619_072, "Forgot the biases"),
        (1_624_810, "The output layer changes too"),
        (1_606_144, "wide layer alone"),
        (1_611_274, "convolutions are missing"),
        (1_614_560, "output layer is missing"),
        (3_230_954, "is not it"),
    ],
    "dropout": [
        (lambda x, mask, rate: np.where(mask == 1, x, 0), "Forgot the scaling"),
        (lambda x, mask, rate: mask * x * rate, "Multiplied by the rate"),
        (lambda x, mask, rate: mask * x * (1 - rate), "Multiplied by the share kept"),
        (lambda x, mask, rate: mask * x / rate, "Divided by the rate"),
        (lambda x, mask, rate: np.where(mask, 0, x) / (1 - rate), "turned around"),
        (lambda x, mask, rate: x / (1 - rate), "The mask is not used"),
        (lambda x, mask, rate: x * mask * mask.size / mask.sum(), "every mask"),
        (lambda x, mask, rate: x.sum(), "a single value"),
    ],
    "gain": [
        (lambda a, b: (b.mean() - a.mean(), b.std() - a.std()), "compares the two spreads"),
        (of_one_model, "spread of one model"),
        (lambda a, b: (np.mean(a - b), np.std(a - b)), "Turned around"),
        (lambda a, b: (np.mean(b - a), np.var(b - a)), "the standard deviation is its root"),
        (lambda a, b: (np.mean(b - a), np.std(b - a, ddof=1)), "without ddof=1"),
        (lambda a, b: b - a, "differences of all seeds"),
        (lambda a, b: np.mean(b - a), "The spread is missing"),
        (lambda a, b: (a.mean(), b.mean()), "was asked"),
    ],
}
