"""The exercises of notebook 04: normalizing a batch, its parameters, and the interval."""

from mnistlab.exercises.exercise import Exercise
from mnistlab.exercises.judging import expect_function, expect_number, expect_numbers

import numpy as np


def _judge_gathered(answer: object) -> None:
    mistakes = {
        "Those are all four numbers of each channel. Gamma and beta are trained; only the moving "
        "averages are gathered.": 4 * 264,
        "That is one number for each channel. Two are gathered: a moving mean and a moving "
        "variance.": 264,
        "That is the second layer alone.": 2 * 200,
        "That is the first layer alone. A dense unit counts as a channel.": 2 * 64,
        "A channel has one mean and one variance, wherever in the map its numbers stand; its "
        "26 × 26 places do not count.": 2 * (26 * 26 * 64 + 200),
    }
    expect_number(answer, 528, mistakes)


def _judge_moving_mean(answer: object) -> None:
    mistakes = {
        "That is what would be left of a start at 5. This one starts at 0, and the batches bring "
        "in the rest.": 5 * 0.99**100,
        "That is the batches' share, 1 - 0.99 to the power of 100. Multiply by their mean.": (
            1 - 0.99**100
        ),
        "That is the share of the start that is left; the mean was asked.": 0.99**100,
        "The average is not there yet. Each batch brings in 1 %, but of the earlier ones 1 % "
        "goes away.": 5,
        "That is after a single batch.": 0.05,
        "The moving mean starts at 0; it is the moving variance that starts at 1.": (
            5 - 4 * 0.99**100
        ),
    }
    expect_number(answer, 5 * (1 - 0.99**100), mistakes, tolerance=0.006)


def _judge_wider(answer: object) -> None:
    mistakes = {
        "That is the factor of the variance. The interval goes with its root.": 1 + 10 / 9,
        "That is the factor for five folds.": 1.5,
        "Held-out images over training images: with ten folds one part is held out and nine train, "
        "so 1/9.": np.sqrt(2),
        "The second term is added to 1/k; it does not replace it.": np.sqrt(10 / 9),
        "That is the root of the corrected term alone. Divide by that of the ordinary one.": (
            np.sqrt(1 / 10 + 1 / 9)
        ),
        "That is the corrected term in place of 1/k. How much wider is the interval?": (
            1 / 10 + 1 / 9
        ),
    }
    expect_number(answer, np.sqrt(1 + 10 / 9), mistakes, tolerance=0.006)


def _judge_without_bias(answer: object) -> None:
    mistakes = {
        "Turned around: all of them come first, then those that are trained.": (542_362, 542_626),
        "Those are the numbers with the biases. One goes for each filter and each of the 100 "
        "units.": (542_758, 542_494),
        "Only the convolution's biases are gone; the 100 units lose theirs too.": (
            542_726,
            542_462,
        ),
        "The output layer has no normalization after it, and keeps its 10 biases.": (
            542_616,
            542_352,
        ),
        "The first number is right. The moving averages are not trained.": (542_626, 542_626),
        "The first number is right. Gamma and beta are trained; take away the moving averages "
        "only.": (542_626, 542_626 - 4 * 132),
        "The biases are not the parameters that are not trained. Take away both: the biases from "
        "all, the moving averages from what is trained.": (542_758, 542_626),
    }
    expect_numbers(answer, (542_626, 542_362), mistakes)


def _normalize(x, epsilon):
    mean = x.mean(axis=(0, 1, 2))
    variance = x.var(axis=(0, 1, 2))
    return (x - mean) / np.sqrt(variance + epsilon)


def _over(axes):
    def normalize(x, epsilon):
        mean, variance = (f(x, axis=axes, keepdims=True) for f in (np.mean, np.var))
        return (x - mean) / np.sqrt(variance + epsilon)

    return normalize


def _centered(x):
    return x - x.mean(axis=(0, 1, 2))


def _judge_normalize(answer: object) -> None:
    generator = np.random.default_rng(4)
    cases = [(np.array([0.0, 1.0, 3.0, 4.0]).reshape(1, 2, 2, 1), 0.001)]
    for shape, epsilon in (((4, 3, 5, 2), 0.001), ((3, 5, 4, 8), 0.1)):
        scale, level = generator.uniform(0.3, 5, size=(2, shape[-1]))
        cases.append((generator.normal(level, scale, shape), epsilon))
    mistakes = {
        "One mean and one variance for everything: then loud channels stay loud. Each channel "
        "needs its own.": _over(None),
        "That runs over the channel axis, and mixes the channels. Take the other three: "
        "axis=(0, 1, 2).": _over(3),
        "That runs over the images only: one mean for every place of the map. Rows and columns "
        "belong to it too.": _over(0),
        "That is each image on its own. The mean runs over the images of the batch too.": (
            _over((1, 2))
        ),
        "That is each image on its own, all its channels together. Take everything but the channel "
        "axis.": _over((1, 2, 3)),
        "Forgot epsilon: a channel that never varies would be divided by zero.": (
            lambda x, epsilon: _centered(x) / x.std(axis=(0, 1, 2))
        ),
        "epsilon is added to the variance, under the root, not to the standard deviation.": (
            lambda x, epsilon: _centered(x) / (x.std(axis=(0, 1, 2)) + epsilon)
        ),
        "Forgot the root: divide by the standard deviation, not by the variance.": (
            lambda x, epsilon: _centered(x) / (x.var(axis=(0, 1, 2)) + epsilon)
        ),
        "The mean is gone; now divide by the standard deviation.": lambda x, epsilon: _centered(x),
        "Forgot to subtract the mean.": lambda x, epsilon: (
            x / np.sqrt(x.var(axis=(0, 1, 2)) + epsilon)
        ),
        "That is the variance with ddof=1. A batch's variance is var() as it is.": (
            lambda x, epsilon: _centered(x) / np.sqrt(x.var(axis=(0, 1, 2), ddof=1) + epsilon)
        ),
    }
    expect_function(answer, _normalize, cases, mistakes)


gathered = Exercise(
    _judge_gathered,
    "How many channels are there in the two layers together? Which of a channel's four numbers "
    "does no gradient change?",
    528,
    "64 + 200 = 264 channels, each with a moving mean and a moving variance. Another 528, gamma "
    "and beta, are trained.",
)

moving_mean = Exercise(
    _judge_moving_mean,
    "After 100 batches, 0.99 to the power of 100 of the starting value is left. The rest comes "
    "from the batches.",
    5 * (1 - 0.99**100),
    "37 % of the start is left, and that is 0; the other 63 % are the batches' 5.",
)

wider = Exercise(
    _judge_wider,
    "Both intervals have the same t and the same variance. Divide what stands under one root by "
    "what stands under the other.",
    np.sqrt((1 / 10 + 1 / 9) / (1 / 10)).item(),
    "The variance is multiplied by 1/10 + 1/9 instead of 1/10, the width by the root of their "
    "ratio: about 1.45.",
)

without_bias = Exercise(
    _judge_without_bias,
    "Begin with 542,758. How many biases have the layers before the two normalizations? And how "
    "many parameters are not trained?",
    (542_626, 542_362),
    "32 + 100 = 132 biases fewer, and 2 × 132 = 264 moving averages are not trained. Nothing is "
    "lost: beta does what the bias did.",
)

normalize = Exercise(
    _judge_normalize,
    "The shape is (images, rows, columns, channels). Mean and variance are taken over everything "
    "but the channel axis, and NumPy's axis= takes a tuple.",
    _normalize,
    "Each channel has one mean and one variance, over all images, rows and columns. What comes "
    "out has mean 0 and a spread just under 1.",
)
