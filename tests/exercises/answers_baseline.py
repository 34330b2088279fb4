"""Answers that learners give to the exercises of notebook 03."""

import numpy as np


def accuracy_by_loop(labels, probabilities):
    right = 0
    for label, row in zip(labels, probabilities, strict=True):
        right += int(np.argmax(label) == np.argmax(row))
    return right / len(labels)


def accuracy_by_indexing(labels, probabilities):
    places = probabilities.argmax(axis=1)
    return labels[np.arange(len(labels)), places].mean()


def cross_validate_by_helper(build, folds):
    def score(training_rows, held_out_rows):
        model = build()
        model.fit(training_rows)
        return model.evaluate(held_out_rows)

    return [score(*fold) for fold in folds]


def cross_validate_to_array(build, folds):
    scores = np.zeros(len(folds))
    for number, (training_rows, held_out_rows) in enumerate(folds):
        model = build()
        model.fit(training_rows)
        scores[number] = model.evaluate(held_out_rows)
    return scores


def kept(build, folds):
    model = build()
    scores = []
    for training_rows, held_out_rows in folds:
        model.fit(training_rows)
        scores.append(model.evaluate(held_out_rows))
    return scores


def judged_on_training(build, folds):
    scores = []
    for training_rows, _ in folds:
        model = build()
        model.fit(training_rows)
        scores.append(model.evaluate(training_rows))
    return scores


def trained_on_held_out(build, folds):
    scores = []
    for _, held_out_rows in folds:
        model = build()
        model.fit(held_out_rows)
        scores.append(model.evaluate(held_out_rows))
    return scores


def turned_around(build, folds):
    scores = []
    for held_out_rows, training_rows in folds:
        model = build()
        model.fit(training_rows)
        scores.append(model.evaluate(held_out_rows))
    return scores


def untrained(build, folds):
    return [build().evaluate(held_out_rows) for _, held_out_rows in folds]


def mean_of_folds(build, folds):
    return sum(cross_validate_by_helper(build, folds)) / len(folds)


def first_fold_in_list(build, folds):
    return cross_validate_by_helper(build, folds)[:1]


def first_fold(build, folds):
    return cross_validate_by_helper(build, folds)[0]


RIGHT = {
    "fold_sizes": [(54_000, 6_000), [60_000 * 9 / 10, 60_000 / 10]],
    "parameters": [271_670, 16 * 10 + 100 * (13 * 13 * 16 + 1) + 10 * 101],
    "epochs_seen": [20, 2 * 10.0],
    "accuracy": [accuracy_by_loop, accuracy_by_indexing],
    "cross_validate": [cross_validate_by_helper, cross_validate_to_array],
}

WRONG = {
    "fold_sizes": [
        ((6_000, 54_000), "Turned around"),
        ((48_000, 12_000), "for 5 folds"),
        ((60_000, 6_000), "has met the images"),
        ((6_000, 6_000), "all the rest is for training"),
        (54_000, "2 numbers were asked"),
    ],
    "parameters": [
        (271_115, "Half of all is not it"),
        (271_544, "Forgot the biases"),
        (271_830, "The convolution changes too"),
        (542_070, "The dense layer changes too"),
        (160, "the convolution alone"),
        (1_082_870, "without pooling"),
        (314_870, "the pooled side is 13"),
        (270_660, "output layer is missing"),
        (542_230, "is not it"),
    ],
    "epochs_seen": [
        (2, "number of folds"),
        (10, "Only one of the two folds"),
        (30, "do not count"),
        (40, "for the fifth fold"),
        (0, "for a fresh model"),
    ],
    "accuracy": [
        (lambda a, b: (a.argmax(0) == b.argmax(0)).mean(), "axis=0 looks for the best image"),
        (lambda a, b: float(np.argmax(a) == np.argmax(b)), "argmax without an axis"),
        (lambda a, b: np.mean(a.argmax(1) != b.argmax(1)), "share of wrong answers"),
        (lambda a, b: np.sum(a.argmax(1) == b.argmax(1)), "the share was asked"),
        (lambda a, b: 100 * accuracy_by_loop(a, b), "a share between 0 and 1"),
        (lambda a, b: np.sum(a * b) / len(a), "mean probability of the right digit"),
        (lambda a, b: np.mean(b[a == 1] > 0.5), "need not have more than 0.5"),
        (lambda a, b: np.mean(a == np.round(b)), "nine zeros"),
        (lambda a, b: a.argmax(1) == b.argmax(1), "what was asked is a single value"),
    ],
    "cross_validate": [
        (kept, "The leak: one model"),
        (judged_on_training, "just trained on"),
        (trained_on_held_out, "Trained on the held-out rows"),
        (turned_around, "Turned around"),
        (untrained, "never trained"),
        (mean_of_folds, "That is the mean"),
        (first_fold_in_list, "A return inside the loop"),
        (first_fold, "score of one fold"),
        (lambda build, folds: [0.98] * len(folds), "your function gives"),
    ],
}
