"""The exercises of notebook 15: what a port of a tflearn script has to get right."""

from mnistlab.exercises import judging
from mnistlab.exercises.exercise import Exercise

import numpy as np


def _judge_sizes(answer):
    judging.expect_numbers(
        answer,
        (14, 13),
        {
            "The two are swapped: tflearn's default keeps the border, and Keras' gives it up.": (
                13,
                14,
            ),
            "The first is right. Keras' default is padding='valid': a window has to fit in "
            "whole, and the last one begins at row 24.": (14, 14),
            "The second is right. tflearn pads: every second row begins a window, the last one "
            "sticks out at the border.": (13, 13),
            "The stride says how far apart the windows begin; it is 2 here, not 3.": (10, 9),
        },
    )


sizes = Exercise(
    _judge_sizes,
    "With 'same', a window begins at every second pixel: 28 / 2. With 'valid', windows begin at "
    "0, 2, 4 and so on, as long as all three rows of the window are in the image.",
    (14, 13),
    "tflearn pads by default, and 28 / 2 = 14 windows begin. Keras does not: (28 - 3) / 2 is "
    "12.5, so twelve steps after the first window there is no room for another, and that makes 13.",
)


def _judge_parameters(answer):
    convolution, output = 16 * (5 * 5 + 1), 10 * (100 + 1)
    judging.expect_number(
        answer,
        convolution + 100 * (14 * 14 * 16 + 1) + output,
        {
            "That is a port with padding='valid', 12×12 after the pooling. In tflearn the "
            "convolution leaves 28×28, and the pooling 14×14.": (
                convolution + 100 * (12 * 12 * 16 + 1) + output
            ),
            "Forgot the biases: one for each filter and each unit.": (
                16 * 25 + 100 * 14 * 14 * 16 + 10 * 100
            ),
            "Forgot the pooling: it halves both sides before the dense layer.": (
                convolution + 100 * (28 * 28 * 16 + 1) + output
            ),
            "The dense layer sees all 16 maps, 14 × 14 × 16 numbers.": (
                convolution + 100 * (14 * 14 + 1) + output
            ),
            "The convolution is missing.": 100 * (14 * 14 * 16 + 1) + output,
            "The output layer is missing.": convolution + 100 * (14 * 14 * 16 + 1),
        },
    )


parameters = Exercise(
    _judge_parameters,
    "Follow the shape first: what is left of 28×28 after conv_2d, and after max_pool_2d, when both "
    "pad? Each unit of the dense layer has a weight for every number that comes in, and a bias.",
    315_126,
    "16 × (5 × 5 + 1) = 416 for the filters, 100 × (14 × 14 × 16 + 1) = 313,700 for the dense "
    "layer and 10 × (100 + 1) = 1,010 for the output.",
)


def _judge_validation_steps(answer):
    judging.expect_numbers(
        answer,
        (47, 50, 94, 100, 141),
        {
            "3,000 / 64 is 46.9, and the 47th batch, with the images that are left, is a step "
            "too.": (46, 50, 92, 100, 138),
            "Those are the ends of the epochs. snapshot_step=50 adds every 50th step.": (
                47,
                94,
                141,
            ),
            "Those are the multiples of 50. The end of each epoch is a snapshot as well.": (
                50,
                100,
            ),
            "After 141 steps the training is over; there is no step 150.": (
                47,
                50,
                94,
                100,
                141,
                150,
            ),
            "Those would be the steps of an epoch; they are counted on from one epoch to the "
            "next.": (47, 47, 47),
        },
    )


validation_steps = Exercise(
    _judge_validation_steps,
    "How many steps has an epoch, when the last batch may be smaller? Steps are counted on through "
    "all epochs: write down the ends of the epochs, then the multiples of 50 between them.",
    (47, 50, 94, 100, 141),
    "An epoch has 47 steps, so epochs end at 47, 94 and 141. The multiples of 50 up to there are "
    "50 and 100.",
)


def _running_mean(losses):
    shown, mean = [], 0.0
    for step, loss in enumerate(losses):
        shown.append(mean)
        decay = min(0.9, (1 + step) / (10 + step))
        mean = decay * mean + (1 - decay) * loss
    return shown


def _after_the_step(losses):
    return _running_mean([*losses, 0.0])[1:]


def _of_one_decay(losses):
    shown, mean = [], 0.0
    for loss in losses:
        shown.append(mean)
        mean = 0.9 * mean + 0.1 * loss
    return shown


def _shares_swapped(losses):
    shown, mean = [], 0.0
    for step, loss in enumerate(losses):
        shown.append(mean)
        decay = min(0.9, (1 + step) / (10 + step))
        mean = (1 - decay) * mean + decay * loss
    return shown


def _counted_from_one(losses):
    shown, mean = [], 0.0
    for step, loss in enumerate(losses, start=1):
        shown.append(mean)
        decay = min(0.9, (1 + step) / (10 + step))
        mean = decay * mean + (1 - decay) * loss
    return shown


def _without_a_cap(losses):
    shown, mean = [], 0.0
    for step, loss in enumerate(losses):
        shown.append(mean)
        decay = (1 + step) / (10 + step)
        mean = decay * mean + (1 - decay) * loss
    return shown


def _means_so_far(losses):
    return [float(np.mean(losses[:step])) if step else 0.0 for step in range(len(losses))]


def _judge_running_mean(answer):
    generator = np.random.default_rng(15)
    cases = [([2.0, 2.0, 2.0],), ([3.0, 1.0, 4.0, 1.0, 5.0],)]
    cases += [(list(generator.uniform(0, 3, count)),) for count in (30, 120)]
    judging.expect_function(
        answer,
        _running_mean,
        cases,
        {
            "Those are the means after each step. tflearn shows the one from before: the first "
            "number is 0, and the last loss is not in any of them.": _after_the_step,
            "The decay is 0.9 from the first step on; in the first steps it is smaller, "
            "(1 + t) / (10 + t).": _of_one_decay,
            "The shares are swapped: the decay is the share of the mean so far, and the new loss "
            "gets the rest.": _shares_swapped,
            "Steps are counted from 0 here: the first decay is 1/10.": _counted_from_one,
            "The decay goes on growing toward 1. From step 80 on it stays at 0.9: "
            "min(0.9, ...).": _without_a_cap,
            "That is the plain mean of all losses so far. A running mean forgets the old "
            "ones.": _means_so_far,
            "Only the last value; give back what is shown at each step.": (
                lambda losses: _running_mean(losses)[-1]
            ),
        },
    )


running_mean = Exercise(
    _judge_running_mean,
    "Begin with a mean of 0 and an empty list. In each step t, counted from 0: first append the "
    "mean, then let it take in the new loss with the decay min(0.9, (1 + t) / (10 + t)).",
    _running_mean,
    "What is shown is read before the step's own loss comes in. That is why the first line of "
    "every tflearn training says 0.",
)


def _clipped(first, second, limit):
    norm = np.sqrt(np.sum(first**2) + np.sum(second**2))
    factor = min(1.0, limit / norm)
    return factor * first, factor * second


def _each_by_its_own(first, second, limit):
    return tuple(each * min(1.0, limit / np.sqrt(np.sum(each**2))) for each in (first, second))


def _always_to_the_limit(first, second, limit):
    norm = np.sqrt(np.sum(first**2) + np.sum(second**2))
    return first * limit / norm, second * limit / norm


def _by_the_sum_of_squares(first, second, limit):
    total = np.sum(first**2) + np.sum(second**2)
    factor = min(1.0, limit / total)
    return factor * first, factor * second


def _by_the_sum_of_norms(first, second, limit):
    norm = np.sqrt(np.sum(first**2)) + np.sqrt(np.sum(second**2))
    factor = min(1.0, limit / norm)
    return factor * first, factor * second


def _judge_clipped(answer):
    generator = np.random.default_rng(15)
    cases = [
        (np.array([3.0, 0.0]), np.array([0.0, 4.0]), 10.0),
        (np.array([3.0, 0.0]), np.array([0.0, 4.0]), 2.5),
    ]
    for scale in (0.1, 1.0, 8.0, 40.0):
        first, second = generator.normal(scale=scale, size=(2, 4, 3))
        cases.append((first, second / 3, 5.0))
    judging.expect_function(
        answer,
        _clipped,
        cases,
        {
            "Each array is clipped by its own norm. The global norm is one number for all of "
            "them, and so is the factor: the direction of the step stays.": _each_by_its_own,
            "A gradient that is shorter than the limit is made longer. It has to stay as it "
            "is.": _always_to_the_limit,
            "The norm is the root of the sum of squares; the root is missing.": (
                _by_the_sum_of_squares
            ),
            "The norms of the two are added. Add the squares of all numbers, and take one "
            "root.": _by_the_sum_of_norms,
            "That limits each number by itself, and turns the step into another direction. Scale "
            "all of them by one factor.": lambda first, second, limit: (
                np.clip(first, -limit, limit),
                np.clip(second, -limit, limit),
            ),
            "Nothing is clipped yet.": lambda first, second, limit: (first, second),
        },
    )


clipped = Exercise(
    _judge_clipped,
    "One norm for both arrays: the root of the sum of all squares. If it is larger than the limit, "
    "multiply both arrays by limit / norm; otherwise by 1.",
    _clipped,
    "All gradients together are one long arrow. Clipping shortens it where it is too long, and "
    "leaves its direction alone.",
)


def _first_step(gradient, learning_rate):
    mean_square = 0.9 * 1 + 0.1 * gradient**2
    return -learning_rate * gradient / np.sqrt(mean_square + 1e-10)


def _judge_first_step(answer):
    generator = np.random.default_rng(15)
    cases = [(0.1, 0.01), (-2.0, 0.001)]
    cases += [(generator.normal(scale=scale, size=6), 0.01) for scale in (0.1, 1.0, 30.0)]
    judging.expect_function(
        answer,
        _first_step,
        cases,
        {
            "The mean square begins at 0 here, as in Keras. In tflearn it begins at 1.": (
                lambda gradient, rate: -rate * gradient / np.sqrt(0.1 * gradient**2 + 1e-10)
            ),
            "The sign: a step goes against the gradient.": (
                lambda gradient, rate: -_first_step(gradient, rate)
            ),
            "Divide by the root of the mean square.": lambda gradient, rate: (
                -rate * gradient / (0.9 + 0.1 * gradient**2 + 1e-10)
            ),
            "The shares are swapped: 0.9 of what the mean square was, and 0.1 of the new "
            "square.": lambda gradient, rate: (
                -rate * gradient / np.sqrt(0.1 + 0.9 * gradient**2 + 1e-10)
            ),
            "The mean square takes in the new gradient before it is used.": (
                lambda gradient, rate: -rate * gradient
            ),
            "The mean square takes in the square of the gradient.": lambda gradient, rate: (
                -rate * gradient / np.sqrt(0.9 + 0.1 * np.abs(gradient) + 1e-10)
            ),
        },
    )


first_step = Exercise(
    _judge_first_step,
    "Two lines. The mean square after the first gradient: 0.9 × 1 + 0.1 × gradient². The step: "
    "minus the learning rate, times the gradient, divided by the root of (mean square + 1e-10).",
    _first_step,
    "With a mean square that begins at 1, a small gradient makes a small first step. Beginning at "
    "0, as Keras' does, every gradient makes a step of about 3.2 times the learning rate.",
)
