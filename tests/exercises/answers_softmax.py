"""Answers to the exercises of notebook 07, right and wrong."""

import numpy as np

P = np.exp([2.0, 1.0, 0.1]) / np.exp([2.0, 1.0, 0.1]).sum()


def stable(scores):
    exponentials = np.exp(scores - scores.max(axis=-1, keepdims=True))
    return exponentials / exponentials.sum(axis=-1, keepdims=True)


def by_transposing(scores):
    columns = scores.T - scores.T.max(axis=0)
    return (np.exp(columns) / np.exp(columns).sum(axis=0)).T


def by_logarithms(scores):
    largest = scores.max(axis=-1, keepdims=True)
    return np.exp(scores - largest - np.log(np.exp(scores - largest).sum(axis=-1, keepdims=True)))


def naive(scores):
    return np.exp(scores) / np.exp(scores).sum(axis=-1, keepdims=True)


def naive_over_columns(scores):
    return np.exp(scores) / np.exp(scores).sum(axis=0)


def naive_over_everything(scores):
    return np.exp(scores) / np.exp(scores).sum()


def own_maximum_common_sum(scores):
    exponentials = np.exp(scores - scores.max(axis=-1, keepdims=True))
    return exponentials / exponentials.sum()


def common_maximum(scores):
    exponentials = np.exp(scores - scores.max())
    return exponentials / exponentials.sum(axis=-1, keepdims=True)


def smallest_subtracted(scores):
    exponentials = np.exp(scores - scores.min(axis=-1, keepdims=True))
    return exponentials / exponentials.sum(axis=-1, keepdims=True)


def without_exponential(scores):
    return scores / scores.sum(axis=-1, keepdims=True)


def without_sum(scores):
    return np.exp(scores - scores.max(axis=-1, keepdims=True))


def powers_of_two(scores):
    powers = 2.0 ** (scores - scores.max(axis=-1, keepdims=True))
    return powers / powers.sum(axis=-1, keepdims=True)


def sum_for_all(scores):
    return stable(scores).sum(axis=-1)


def in_place(scores):
    scores -= scores.max(axis=-1, keepdims=True)
    return np.exp(scores) / np.exp(scores).sum(axis=-1, keepdims=True)


RIGHT = {
    "even": [0.1, 1 / 10, np.exp(3) / (10 * np.exp(3))],
    "times_as_probable": [np.exp(2.3), 9.97, 10, np.exp(5.0) / np.exp(2.7)],
    "loss": [1.417, -np.log(P[1]), 1.42, np.float32(1.41703)],
    "gradient": [[0.659, -0.758, 0.099], P - [0, 1, 0], (0.66, -0.758, 0.099)],
    "softmax": [stable, by_transposing, by_logarithms, lambda scores: stable(np.asarray(scores))],
}

WRONG = {
    "even": [
        (3, "That is the score"),
        (1, "share a single 1"),
        (0, "do not make the probabilities vanish"),
        (10, "as a share of 1"),
        (np.exp(3), "Divide it by the sum"),
        (0.3, "a tenth of the score"),
        (0.5, "0.5 is not it"),
    ],
    "times_as_probable": [
        (5 / 2.7, "divides the scores"),
        (2.3, "the difference of the scores"),
        (np.exp(-2.3), "how many times as probable the 8 is"),
        (10**2.3, "powers of 10"),
        (np.exp(5), "exponential of the 3"),
        (0.909, "only these two"),
        (3, "3 is not it"),
    ],
    "loss": [
        (0.417, "the loss for the label 0"),
        (2.317, "the loss for the label 2"),
        (-1.417, "the loss is minus that"),
        (0.6154, "to the base 10"),
        (0.242, "That is the probability of the label"),
        (0.758, "1 minus the probability"),
        (0, "that of the probability"),
        (1.4, "rounded too far"),
        (1.5, "1.5 is not it"),
    ],
    "gradient": [
        ([-0.659, 0.758, -0.099], "That is y - p"),
        (P, "Those are the probabilities"),
        (P - [1, 0, 0], "the gradient for the label 0"),
        (P - 1, "subtracted 1 everywhere"),
        ([2.0, 0.0, 0.1], "from the scores"),
        (P - [0, 0, 1], "the gradient for the label 2"),
        ([0.659, 0.758, 0.099], "The sign of the second number"),
        ([0.659, -0.758], "3 numbers were asked"),
        ([0.659, -0.5, 0.099], "Number 2 of 3, -0.5, is not right"),
    ],
    "softmax": [
        (naive, "Subtract the largest score"),
        (naive_over_columns, "over the wrong axis"),
        (lambda scores: stable(scores.T).T, "over the wrong axis"),
        (naive_over_everything, "the sum over all images"),
        (own_maximum_common_sum, "Each row has its own sum"),
        (common_maximum, "It subtracts one maximum from all rows"),
        (smallest_subtracted, "Subtract the largest score"),
        (without_exponential, "The exponential is missing"),
        (without_sum, "The division is missing"),
        (powers_of_two, "your function gives"),
        (sum_for_all, "was asked"),
        (in_place, "changes the array"),
        (3, "A function was asked"),
    ],
}
