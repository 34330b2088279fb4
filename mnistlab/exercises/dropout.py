"""The exercises of notebook 06: what dropout does, and what a pair of trainings shows."""

from mnistlab.exercises.exercise import Exercise
from mnistlab.exercises.judging import expect_function, expect_number, expect_numbers

import numpy as np


def _judge_rate(answer: object) -> None:
    mistakes = {
        "0.75 is the share that tflearn keeps. Copied into Keras, it switches three units out of "
        "four off.": 0.75,
        "The rate is a share between 0 and 1, not a percentage.": 25,
    }
    expect_number(answer, 0.25, mistakes)


def _judge_share_and_factor(answer: object) -> None:
    mistakes = {
        "Number 1 is the share that remains; the share set to 0 was asked. Keras' number is the "
        "share that is dropped.": (0.7, 1 / 0.7),
        "The share is right. Multiplying by 0.7 would make the row quieter still: 70 % of the "
        "outputs at 0.7 leave 0.49 of the sum.": (0.3, 0.7),
        "The share is right. With a factor of 1.3, 70 % of the outputs give 0.7 × 1.3 = 0.91 of "
        "the sum; the factor has to bring it back to 1.": (0.3, 1.3),
        "The share is right. 1 / 0.3 divides by the share dropped; divide by the share that "
        "remains.": (0.3, 1 / 0.3),
        "The share is right. Left as they are, what remains gives 0.7 of the sum.": (0.3, 1),
    }
    expect_numbers(answer, (0.3, 1 / 0.7), mistakes, tolerance=0.005)


def _judge_parameters(answer: object) -> None:
    convolutions = 32 * (2 * 2 * 1 + 1) + 64 * (2 * 2 * 32 + 1)
    mistakes = {
        "Half of all parameters is not it: the convolutions stay as they are, and so do the "
        "biases of the output layer.": 3_230_954 // 2,
        "Forgot the biases: one for each filter and each unit.": (
            32 * 4 + 64 * 2 * 2 * 32 + 512 * 3136 + 10 * 512
        ),
        "The output layer changes too: each of its 10 units has 512 inputs now, not 1,024.": (
            convolutions + 512 * 3137 + 10 * 1025
        ),
        "That is the wide layer alone; add the two convolutions and the output layer.": 512 * 3137,
        "The convolutions are missing.": 512 * 3137 + 10 * 513,
        "The output layer is missing.": convolutions + 512 * 3137,
    }
    expect_number(answer, 1_619_690, mistakes)


def _dropout(x, mask, rate):
    return x * mask / (1 - rate)


def _judge_dropout(answer: object) -> None:
    generator = np.random.default_rng(6)
    cases = [(np.array([1.0, 2.0, 3.0, 4.0]), np.array([1, 0, 1, 1]), 0.2)]
    for rate in (0.5, 0.3, 0.9):
        x = generator.normal(size=(5, 8))
        cases.append((x, (generator.random(x.shape) >= rate).astype(int), rate))
    mistakes = {
        "Forgot the scaling: what remains is multiplied by 1 / (1 - rate), so that the next layer "
        "receives as much in all as before.": lambda x, mask, rate: x * mask,
        "Multiplied by the rate: that makes the remaining outputs quieter. They have to become "
        "louder, by 1 / (1 - rate).": lambda x, mask, rate: x * mask * rate,
        "Multiplied by the share kept: that makes the remaining outputs quieter. Divide by it "
        "instead.": lambda x, mask, rate: x * mask * (1 - rate),
        "Divided by the rate, the share dropped. Divide by the share kept, 1 - rate.": (
            lambda x, mask, rate: x * mask / rate
        ),
        "The mask is turned around: 1 means that the unit works.": (
            lambda x, mask, rate: x * (1 - mask) / (1 - rate)
        ),
        "The mask is not used: where it has a 0, the output becomes 0.": (
            lambda x, mask, rate: x / (1 - rate)
        ),
        "Scaled by the share of ones in this mask. The factor is the same for every mask: "
        "1 / (1 - rate).": lambda x, mask, rate: x * mask / mask.mean(),
    }
    expect_function(answer, _dropout, cases, mistakes)


def _gain(without, with_half):
    differences = with_half - without
    return differences.mean(), differences.std()


def _judge_gain(answer: object) -> None:
    generator = np.random.default_rng(5)
    cases = [(np.array([90.0, 88.0]), np.array([91.0, 90.0]))]
    for seeds in (5, 8):
        without = generator.normal(89.5, 0.9, seeds)
        cases.append((without, without + generator.normal(0.8, 0.4, seeds)))
    mistakes = {
        "The mean is right. The second number compares the two spreads; take the differences "
        "first, seed by seed, and then their standard deviation.": lambda without, with_half: (
            (with_half - without).mean(),
            with_half.std() - without.std(),
        ),
        "The mean is right. The second number is the spread of one model over the seeds; take "
        "that of the differences.": lambda without, with_half: (
            (with_half - without).mean(),
            with_half.std(),
        ),
        "Turned around: a gain is positive where the training with dropout reads "
        "better.": lambda without, with_half: (
            (without - with_half).mean(),
            (without - with_half).std(),
        ),
        "That is the variance; the standard deviation is its root.": lambda without, with_half: (
            (with_half - without).mean(),
            (with_half - without).var(),
        ),
        "The mean is right, and so is the idea. The notebook's table uses .std() as it is, "
        "without ddof=1.": lambda without, with_half: (
            (with_half - without).mean(),
            (with_half - without).std(ddof=1),
        ),
        "Those are the differences of all seeds; give back their mean and their standard "
        "deviation.": lambda without, with_half: with_half - without,
        "The spread is missing: give back two numbers, the mean and the standard deviation of the "
        "differences.": lambda without, with_half: (with_half - without).mean(),
    }
    expect_function(answer, _gain, cases, mistakes)


rate = Exercise(
    _judge_rate,
    "tflearn gives the share that is kept, Keras the share that is dropped. Together they are 1.",
    0.25,
    "tflearn keeps 0.75 of the units, so 0.25 of them are dropped, and that is Keras' number.",
)

share_and_factor = Exercise(
    _judge_share_and_factor,
    "The rate is the share of zeros. What remains must add up to as much as the whole row did "
    "before: if four fifths remain, the factor is 1.25.",
    (0.3, 1 / 0.7),
    "Keras drops a share of 0.3. The other 0.7 are multiplied by 1 / 0.7 = 1.43, so that the sum "
    "stays the same on average.",
)

parameters = Exercise(
    _judge_parameters,
    "Take the cell that counts by hand, and look for every 1024 in it. There are two.",
    1_619_690,
    "8,416 for the convolutions, 512 × (3,136 + 1) = 1,606,144 for the units and "
    "10 × (512 + 1) = 5,130 for the output. Dropout has none, at any rate.",
)

dropout = Exercise(
    _judge_dropout,
    "Two steps: multiply by the mask, which sets its share to 0; then make up for what is missing "
    "with the factor 1 / (1 - rate).",
    _dropout,
    "The mask switches off, the factor makes the others louder. This is dropout_by_hand with the "
    "mask given instead of drawn.",
)

gain = Exercise(
    _judge_gain,
    "Subtract the arrays first: NumPy does it seed by seed. What differs from seed to seed drops "
    "out, and only then come mean() and std().",
    _gain,
    "A hard set of images lowers both accuracies of its seed and cancels in their difference. So "
    "the differences scatter less than the accuracies do.",
)
