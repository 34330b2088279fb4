"""Answers to the exercises of notebook 08, right and wrong."""

import numpy as np


def merge(w1, b1, w2, b2):
    return w1 @ w2, b1 @ w2 + b2


def merge_by_trying(w1, b1, w2, b2):
    def both(x):
        return (x @ w1 + b1) @ w2 + b2

    bias = both(np.zeros((1, len(w1))))[0]
    return both(np.eye(len(w1))) - bias, bias


def merge_as_list(w1, b1, w2, b2):
    return [np.dot(w1, w2), np.dot(b1, w2) + b2]


def count_in_a_loop(outputs):
    silent = 0
    for unit in range(outputs.shape[1]):
        if max(outputs[:, unit]) == 0:
            silent += 1
    return silent


RIGHT = {
    "by_hand": [[0, 0, 3.5, 0, 1], np.array([0.0, 0, 3.5, 0, 1]), (0, 0, 3.5, 0, 1.0)],
    "parameters": [7850, 10 * 785, 7850.0],
    "vanishing": [0.25**6, 1 / 4096, 0.000244, 0.00024],
    "merge": [merge, merge_by_trying, merge_as_list],
    "silent_units": [
        lambda outputs: (outputs == 0).all(axis=0).sum(),
        lambda outputs: outputs.shape[1] - np.any(outputs > 0, axis=0).sum(),
        count_in_a_loop,
    ],
}

WRONG = {
    "by_hand": [
        ([2, 0, 3.5, 0.1, 1], "without the sign"),
        ([-2, 0, 3.5, -0.1, 1], "as they were"),
        ([-2, 0, 0, -0.1, 0], "the wrong half"),
        ([0, 0, 1, 0, 1], "Those are the slopes"),
        ([-0.6, 0, 3.5, -0.03, 1], "the leaky ReLU"),
        ([0, 3.5, 1], "5 numbers were asked"),
        ([0, 0, 3.5, 0, 0], "Number 5 of 5, 0, is not right"),
    ],
    "parameters": [
        (79_510, "counts both layers"),
        (7840, "biases are missing"),
        (79_400, "without the biases"),
        (8624, "not for each input"),
        (78_500, "That is the first layer"),
        (1010, "That is the second layer"),
        (784_000, "multiplies all three sizes"),
        (110, "110 is not it"),
    ],
    "vanishing": [
        (1.5, "and not added"),
        (0.25 / 6, "divides by the number of layers"),
        (0.25, "what one layer leaves"),
        (0.0002, "rounded too far"),
        (0.25**5, "one layer too few"),
        (0.25**7, "one layer too many"),
        (0.5**6, "0.5 is its value"),
        (1, "whose slope can be 1"),
        (4096, "the other way round"),
        (0.001, "0.001 is not it"),
    ],
    "merge": [
        (lambda w1, b1, w2, b2: (w2 @ w1, b1 @ w2 + b2), "w2 @ w1. An image meets"),
        (lambda w1, b1, w2, b2: (w1 * w2, b1 @ w2 + b2), "number by number"),
        (lambda w1, b1, w2, b2: (w1 + w2, b1 @ w2 + b2), "w1 + w2"),
        (lambda w1, b1, w2, b2: (w1 @ w2, b2), "Yours leaves it out"),
        (lambda w1, b1, w2, b2: (w1 @ w2, b1 + b2), "before the second one is added"),
        (lambda w1, b1, w2, b2: (w1 @ w2, b1 @ w2), "the second layer's own"),
        (lambda w1, b1, w2, b2: (w1 @ w2, b1 @ w1 + b2), "the first layer's weights"),
        (lambda w1, b1, w2, b2: ((w1 @ w2).T, b1 @ w2 + b2), "your matrix of weights differs"),
        (lambda w1, b1, w2, b2: w1 @ w2, "Two arrays were asked"),
        (
            lambda w1, b1, w2, b2: (w1 @ w2, (b1 @ w2 + b2)[None]),
            "your bias is 1x2; what was asked is 2 values",
        ),
        (7, "A function was asked"),
    ],
    "silent_units": [
        (lambda outputs: (outputs == 0).any(axis=0).sum(), "use all, not any"),
        (lambda outputs: (outputs == 0).all(axis=1).sum(), "the wrong axis"),
        (lambda outputs: (outputs == 0).sum(), "every 0 in the table"),
        (lambda outputs: (outputs > 0).any(axis=0).sum(), "units that do answer"),
        (lambda outputs: (outputs == 0).all(axis=0).mean(), "Those are shares"),
        (lambda outputs: (outputs == 0).all(axis=0), "Sum them up"),
        (lambda outputs: (outputs < 0).all(axis=0).sum(), "nothing is below 0"),
        (lambda outputs: 0, "After a ReLU nothing is below 0"),
        (lambda outputs: 1, "your function gives 1"),
        (lambda outputs: np.flatnonzero((outputs == 0).all(axis=0)), "which units are silent"),
        (lambda outputs: (outputs == 0).all().sum(), "whether the whole table is 0"),
        (lambda outputs: (outputs[0] == 0).sum(), "the first image only"),
        ([0], "A function was asked"),
    ],
}
