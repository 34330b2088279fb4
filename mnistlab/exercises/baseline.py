"""The exercises of notebook 03: folds, parameters, accuracy, and the leak."""

from mnistlab.exercises.exercise import Exercise
from mnistlab.exercises.judging import expect_function, expect_number, expect_numbers

import numpy as np


def _judge_fold_sizes(answer: object) -> None:
    mistakes = {
        "Turned around: a model trains on nine folds and is judged on the tenth.": (6_000, 54_000),
        "That is for 5 folds; 10 were asked.": (48_000, 12_000),
        "A model that trains on all 60,000 has met the images on which it is judged.": (
            60_000,
            6_000,
        ),
        "A tenth is held out, and all the rest is for training.": (6_000, 6_000),
    }
    expect_numbers(answer, (54_000, 6_000), mistakes)


def _judge_parameters(answer: object) -> None:
    mistakes = {
        "Half of all is not it: the biases of the dense layer and the output layer stay as they "
        "are.": 542_230 // 2,
        "Forgot the biases: one for each filter and each unit.": 16 * 9 + 100 * 2704 + 10 * 100,
        "The convolution changes too: 16 filters of 3 × 3 × 1 weights and a bias.": (
            320 + 100 * 2705 + 1010
        ),
        "The dense layer changes too: its row is 13 · 13 · 16 numbers long now.": (
            160 + 540_900 + 1010
        ),
        "That is the convolution alone. Most parameters are in the layers after it.": 160,
        "That is without pooling, which halves both sides from 26 to 13.": (
            160 + 100 * (26 * 26 * 16 + 1) + 1010
        ),
        "A 3×3 filter fits into a side of 28 at 26 places, so the pooled side is 13, not 14.": (
            160 + 100 * (14 * 14 * 16 + 1) + 1010
        ),
        "The output layer is missing.": 160 + 100 * 2705,
    }
    expect_number(answer, 271_670, mistakes)


def _judge_epochs_seen(answer: object) -> None:
    mistakes = {
        "That is the number of folds. Each of them trained for ten epochs.": 2,
        "Only one of the two folds before is counted.": 10,
        "The third fold's own ten epochs do not count: its held-out images are left out of "
        "exactly that training.": 30,
        "That is for the fifth fold, which has four before it.": 40,
        "That is for a fresh model. This one is kept, with all that it has learned.": 0,
    }
    expect_number(answer, 20, mistakes)


def _accuracy(labels, probabilities):
    answers = probabilities.argmax(axis=1)
    return np.mean(answers == labels.argmax(axis=1))


def _of_right_digit(labels, probabilities):
    return (labels * probabilities).sum(axis=1)


def _judge_accuracy(answer: object) -> None:
    generator = np.random.default_rng(3)
    cases = [(np.eye(3), np.array([[0.7, 0.2, 0.1], [0.5, 0.4, 0.1], [0.3, 0.3, 0.4]]))]
    for images in (20, 200):
        labels = np.eye(10)[generator.integers(10, size=images)]
        scores = np.exp(generator.normal(size=labels.shape) + 2 * labels)
        cases.append((labels, scores / scores.sum(axis=1, keepdims=True)))
    mistakes = {
        "argmax runs over the wrong axis: axis=0 looks for the best image of each digit. Each "
        "image has a row, so its best digit needs axis=1.": lambda labels, probabilities: np.mean(
            labels.argmax(axis=0) == probabilities.argmax(axis=0)
        ),
        "argmax without an axis finds one place in the whole array. Each image has a row, so its "
        "best digit needs axis=1.": lambda labels, probabilities: np.mean(
            labels.argmax() == probabilities.argmax()
        ),
        "That is the share of wrong answers.": lambda *arrays: 1 - _accuracy(*arrays),
        "That is how many are right; the share was asked.": lambda *arrays: (
            len(arrays[0]) * _accuracy(*arrays)
        ),
        "That is a percentage; a share between 0 and 1 was asked.": lambda *arrays: (
            100 * _accuracy(*arrays)
        ),
        "That is the mean probability of the right digit. An answer counts as right or wrong, by "
        "its most probable digit.": lambda *arrays: _of_right_digit(*arrays).mean(),
        "A digit need not have more than 0.5 to be the most probable of ten.": lambda *arrays: (
            np.mean(_of_right_digit(*arrays) > 0.5)
        ),
        "Rounding and comparing every number counts the nine zeros of each label as well. Compare "
        "one digit for each image.": lambda labels, probabilities: np.mean(
            labels == probabilities.round()
        ),
    }
    expect_function(answer, _accuracy, cases, mistakes)


def _cross_validate(build, folds):
    scores = []
    for training_rows, held_out_rows in folds:
        model = build()
        model.fit(training_rows)
        scores.append(model.evaluate(held_out_rows))
    return scores


def _kept_over_folds(build, folds):
    model, scores = build(), []
    for training_rows, held_out_rows in folds:
        model.fit(training_rows)
        scores.append(model.evaluate(held_out_rows))
    return scores


def _judged_on_training(build, folds):
    return _cross_validate(build, [(training, training) for training, _ in folds])


def _trained_on_held_out(build, folds):
    return _cross_validate(build, [(held_out, held_out) for _, held_out in folds])


def _turned_around(build, folds):
    return _cross_validate(build, [(held_out, training) for training, held_out in folds])


def _untrained(build, folds):
    return [build().evaluate(held_out) for _, held_out in folds]


class _Pupil:
    """A model that knows what it was trained on, and scores more where it has met the rows."""

    def __init__(self):
        self.met = set()

    def fit(self, rows):
        self.met.update(rows)

    def evaluate(self, rows):
        known = self.met.intersection(rows)
        return (len(self.met) + 10 * len(known) / len(rows)) / 100


def _judge_cross_validate(answer: object) -> None:
    def define_model():
        return _Pupil()

    cases = []
    for sizes in ((1, 2), (3, 2, 4), (5, 4, 3, 6, 2)):
        rows = np.split(np.arange(sum(sizes)), np.cumsum(sizes)[:-1])
        parts = [part.tolist() for part in rows]
        everything = set(range(sum(sizes)))
        folds = [(sorted(everything.difference(part)), part) for part in parts]
        cases.append((define_model, folds))
    mistakes = {
        "The leak: one model is built before the loop and kept. From the second fold on it is "
        "judged on images that it was trained on. Call build() inside the loop.": _kept_over_folds,
        "Judged on the images that it was just trained on. Evaluate on the second part of each "
        "pair, the rows held out.": _judged_on_training,
        "Trained on the held-out rows. Fit on the first part of each pair.": _trained_on_held_out,
        "Turned around: fit on the first part of each pair, evaluate on the second.": (
            _turned_around
        ),
        "The models are never trained: call model.fit(training_rows) before "
        "model.evaluate.": _untrained,
        "That is the mean; a list with the score of each fold was asked.": lambda *given: np.mean(
            _cross_validate(*given)
        ),
        "Only one score comes back. A return inside the loop ends it with the first "
        "fold.": lambda build, folds: _cross_validate(build, folds[:1]),
        "That is the score of one fold. Collect all of them in a list, and give it back after the "
        "loop.": lambda build, folds: _cross_validate(build, folds[:1])[0],
    }
    expect_function(answer, _cross_validate, cases, mistakes)


fold_sizes = Exercise(
    _judge_fold_sizes,
    "Each fold is a tenth of the images. One of them is held out.",
    (54_000, 6_000),
    "A tenth of 60,000 is held out, 6,000 images; the other nine tenths are for training.",
)

parameters = Exercise(
    _judge_parameters,
    "Take the cell that counts by hand, and look for every 32 in it. There are two.",
    271_670,
    "16 · (9 + 1) = 160 for the convolution, 100 · (13 · 13 · 16 + 1) = 270,500 for the dense "
    "layer and 1,010 for the output.",
)

epochs_seen = Exercise(
    _judge_epochs_seen,
    "In the first fold, were these images held out or trained on? And in the second? Each fold "
    "goes on for ten epochs.",
    20,
    "An image is held out once only. Those of the third fold were training images in the first "
    "and in the second, ten epochs each.",
)

accuracy = Exercise(
    _judge_accuracy,
    "argmax(axis=1) finds the place of the largest number in each row. Do it to both arrays, and "
    "ask in which share of the rows the places agree.",
    _accuracy,
    "Each row is an image. The network's answer is its most probable digit, and the 1 of the "
    "one-hot label stands at the right one.",
)

cross_validate = Exercise(
    _judge_cross_validate,
    "It is the loop of this notebook with build in the place of define_model. Where must the line "
    "model = build() stand?",
    _cross_validate,
    "A new model for every fold: so none has met the images on which it is judged.",
)
