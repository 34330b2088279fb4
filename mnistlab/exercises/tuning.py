"""The exercises of notebook 16: steps of a schedule, the size of a grid, a cosine, luck."""

import math

from mnistlab.exercises.exercise import Exercise
from mnistlab.exercises.judging import expect_function, expect_number

import numpy as np


def _judge_steps(answer: object) -> None:
    mistakes = {
        "The last batch of an epoch is smaller than 64, but it is a step, too: round up.": 875,
        "Round up within each epoch: the last, smaller batch of an epoch is a step of its own.": (
            879
        ),
        "A fourth of the images is held out in each fold; those take no part in the training.": (
            1175
        ),
        "That is one epoch; the schedule spans all five.": 176,
        "That is how many images are trained on in an epoch; a step takes 64 of them.": 11_250,
    }
    expect_number(answer, 880, mistakes)


def _judge_combinations(answer: object) -> None:
    mistakes = {
        "That is one setting at a time. Together, each value of one goes with each of all "
        "others.": 3 + 7 + 4 + 4 + 5,
        "That leaves the schedules or the depths out; there are 4 of each.": 3 * 7 * 4 * 5,
        "That leaves out both the schedules and the depths.": 3 * 7 * 5,
        "Combinations were asked; a cross-validation of each trains 4 networks.": (
            4 * 3 * 7 * 4 * 4 * 5
        ),
        "Three scalings are left after the first sweep, not 4.": 4 * 7 * 4 * 4 * 5,
    }
    expect_number(answer, 1680, mistakes)


def _cosine(step, steps, peak):
    return peak * (1 + math.cos(math.pi * step / steps)) / 2


def _judge_cosine(answer: object) -> None:
    cases = [(0, 10, 1.0), (5, 10, 1.0), (3, 12, 0.2), (99, 100, 0.05), (700, 1000, 0.1)]
    mistakes = {
        "Twice too large: 1 + cos begins at 2.": lambda step, steps, peak: (
            peak * (1 + math.cos(math.pi * step / steps))
        ),
        "Without the 1 the rate becomes negative in the second half.": lambda step, steps, peak: (
            peak * math.cos(math.pi * step / steps)
        ),
        "That is a straight line: a cosine falls slowly, then quickly, then slowly.": (
            lambda step, steps, peak: peak * (1 - step / steps)
        ),
        "math.cos takes radians: half a turn is math.pi, not 180.": lambda step, steps, peak: (
            peak * (1 + math.cos(180 * step / steps)) / 2
        ),
        "That is a whole wave: the rate climbs again. Half a wave goes from 0 to pi.": (
            lambda step, steps, peak: peak * (1 + math.cos(2 * math.pi * step / steps)) / 2
        ),
        "That is a quarter of a wave, which ends steeply. Half a wave goes from 0 to pi.": (
            lambda step, steps, peak: peak * math.cos(math.pi / 2 * step / steps)
        ),
        "It has to begin at the peak and fall; this one climbs.": lambda step, steps, peak: (
            peak * (1 - math.cos(math.pi * step / steps)) / 2
        ),
        "One step too quick: the rate reaches 0 only at number `steps`, after the last step.": (
            lambda step, steps, peak: peak * (1 + math.cos(math.pi * step / (steps - 1))) / 2
        ),
    }
    expect_function(answer, _cosine, cases, mistakes)


def _luck(deviations):
    return np.asarray(deviations).max(axis=1).mean()


def _judge_luck(answer: object) -> None:
    generator = np.random.default_rng(16)
    cases = [
        (np.array([[0.1, -0.2], [0.0, 0.3]]),),
        (generator.normal(0, 0.1, (6, 4)),),
        (generator.normal(0, 0.1, (3, 30)),),
    ]
    mistakes = {
        "That is the luck of an average trial; the one that was chosen is the best of its row.": (
            lambda deviations: deviations.mean()
        ),
        "The best of each column was taken. A row is one search: choose within it, axis=1.": (
            lambda deviations: deviations.max(axis=0).mean()
        ),
        "That is the luckiest of all searches; the average over the searches was asked.": (
            lambda deviations: deviations.max()
        ),
        "The spread is not it. Take the best of each search, and then their mean.": (
            lambda deviations: deviations.std()
        ),
        "The worst of each search was taken; the best is what gets chosen.": (
            lambda deviations: deviations.min(axis=1).mean()
        ),
        "That is one number for each search; their mean was asked.": (
            lambda deviations: deviations.max(axis=1)
        ),
    }
    expect_function(answer, _luck, cases, mistakes)


steps = Exercise(
    _judge_steps,
    "How many images does a fold train on? How many batches are these, the last and smaller one "
    "counted? And how many epochs are there?",
    880,
    "Three fourths of 15,000 are 11,250 images: 175 batches of 64, and one of the 50 that are "
    "left. 176 steps an epoch, five epochs.",
)

combinations = Exercise(
    _judge_combinations,
    "For each scaling there are 7 rates, for each of these 4 schedules, and so on.",
    1680,
    "3 · 7 · 4 · 4 · 5 = 1,680. At 25 seconds each that is nearly twelve hours, for a grid that "
    "is still coarse. A sixth setting with 5 values would make it more than two days.",
)

cosine = Exercise(
    _judge_cosine,
    "math.cos goes from 1 at 0 to -1 at math.pi. Bring that to the range from 1 to 0 first, then "
    "multiply by the peak.",
    _cosine,
    "Adding 1 and halving brings the cosine to the range from 1 to 0: at the first step the peak, "
    "in the middle half of it, and after the last step 0.",
)

luck = Exercise(
    _judge_luck,
    "Which trial of a search is chosen, and what is its deviation? That gives one number for each "
    "row.",
    _luck,
    "Each search chooses the trial that looks best, and so also the luckiest. The mean of these "
    "maxima is above 0 although all deviations have the mean 0, and it grows with their number.",
)
