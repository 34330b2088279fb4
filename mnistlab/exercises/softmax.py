"""The exercises of notebook 07: shares, differences, the loss, its gradient, and softmax itself."""

from mnistlab.exercises import judging
from mnistlab.exercises.exercise import Exercise, Mistake

import numpy as np

SCORES = (2.0, 1.0, 0.1)
PROBABILITIES = np.exp(SCORES) / np.exp(SCORES).sum()


def _judge_even(answer):
    judging.expect_number(
        answer,
        0.1,
        {
            "That is the score, which softmax turns into a share of the whole.": 3,
            "A probability of 1 for each of ten digits sums to 10. They share a single 1.": 1,
            "Equal scores do not make the probabilities vanish: e^3 is a positive number.": 0,
            "That is a share of a hundred; write it as a share of 1.": 10,
            "That is e^3. Divide it by the sum over all ten digits.": np.exp(3),
            "That is a tenth of the score. A tenth is right, but of the 1 that all digits share; "
            "the score itself does not matter.": 0.3,
        },
    )


even = Exercise(
    _judge_even,
    "All ten have the same exponential. What share of the sum is one of ten equal numbers?",
    0.1,
    "Ten equal exponentials share the 1 equally, whatever the score is: 3, 0 or -1,000. Only "
    "differences count.",
)


def _judge_times_as_probable(answer):
    judging.expect_number(
        answer,
        np.exp(2.3),
        {
            "That divides the scores. Softmax divides their exponentials.": 5.0 / 2.7,
            "That is the difference of the scores. The ratio of the probabilities is e to that "
            "power.": 2.3,
            "That is how many times as probable the 8 is; the 3 was asked.": np.exp(-2.3),
            "That takes powers of 10; softmax takes powers of e = 2.718.": 10**2.3,
            "That is e^5, the exponential of the 3. Divide it by that of the 8.": np.exp(5.0),
            "That is the probability that the 3 would have if there were only these two. Divide it "
            "by that of the 8.": np.exp(2.3) / (1 + np.exp(2.3)),
        },
        tolerance=0.05,
    )


times_as_probable = Exercise(
    _judge_times_as_probable,
    "Both probabilities are divided by the same sum, so it cancels: what is left is e^5.0 / e^2.7.",
    9.974,
    "e^5.0 / e^2.7 = e^(5.0 - 2.7) = e^2.3 = 9.97: a lead of 2.3 is a factor of ten, whatever the "
    "other eight scores are.",
)


def _judge_loss(answer):
    p = PROBABILITIES
    judging.expect_number(
        answer,
        -np.log(p[1]),
        {
            "That is the loss for the label 0. Classes are counted from 0, so the label 1 is the "
            "second one.": -np.log(p[0]),
            "That is the loss for the label 2.": -np.log(p[2]),
            "The logarithm of a share is negative; the loss is minus that.": np.log(p[1]),
            "That is the logarithm to the base 10; the loss takes the natural one, np.log.": (
                -np.log10(p[1])
            ),
            "That is the probability of the label. The loss is minus its logarithm.": p[1],
            "That is 1 minus the probability of the label; the loss is minus its logarithm.": (
                1 - p[1]
            ),
            "That takes minus the logarithm of the score; take that of the probability.": 0.0,
            "That is rounded too far; give two decimals.": 1.4,
        },
        tolerance=0.005,
    )


loss = Exercise(
    _judge_loss,
    "Only one of the three probabilities matters: that of the label. It is 0.242.",
    1.417,
    "-log(0.242) = 1.417. For the label 0, which the scores favor, it would have been 0.417.",
)


def _judge_gradient(answer):
    p = PROBABILITIES
    judging.expect_numbers(
        answer,
        p - [0, 1, 0],
        {
            "That is y - p, the direction in which to move the scores. The gradient is p - y.": (
                np.array([0, 1, 0]) - p
            ),
            "Those are the probabilities. Subtract 1 from that of the label.": p,
            "That is the gradient for the label 0. Classes are counted from 0, so the label 1 is "
            "the second one.": p - [1, 0, 0],
            "You subtracted 1 everywhere. y has its 1 at the place of the label only.": p - 1,
            "That is the gradient for the label 2, the third one. Classes are counted from 0.": (
                p - [0, 0, 1]
            ),
            "The sign of the second number is wrong: it is p - 1, and p is below 1.": (
                np.abs(p - [0, 1, 0])
            ),
            "That subtracts the label from the scores; subtract it from the probabilities.": (
                np.array(SCORES) - [0, 1, 0]
            ),
        },
        tolerance=0.002,
    )


gradient = Exercise(
    _judge_gradient,
    "Write the label as a row with a 1 at its place: y = [0, 1, 0]. Then subtract it from p.",
    [0.659, -0.758, 0.099],
    "p - y. The score of the true class is to rise (its slope is negative), each of the others is "
    "to fall, by its own probability. The three sum to 0.",
)


def _softmax(scores):
    shifted = scores - scores.max(axis=-1, keepdims=True)
    exponentials = np.exp(shifted)
    return exponentials / exponentials.sum(axis=-1, keepdims=True)


def _over(axis):
    def over_another_axis(scores):
        exponentials = np.exp(scores - scores.max(axis=axis, keepdims=True))
        return exponentials / exponentials.sum(axis=axis, keepdims=True)

    return over_another_axis


def _sum_over_everything(scores):
    exponentials = np.exp(scores - scores.max(axis=-1, keepdims=True))
    return exponentials / exponentials.sum()


def _without_exponential(scores):
    return scores / scores.sum(axis=-1, keepdims=True)


def _without_sum(scores):
    return np.exp(scores - scores.max(axis=-1, keepdims=True))


def _judge_softmax(answer):
    generator = np.random.default_rng(7)
    modest = [(np.array([2.0, 1.0, 0.1]),), (generator.normal(0, 2, (3, 4)),)]
    mistakes = {
        "It divides by the sum over all images. Each image has its own sum: one for each row, "
        "axis=-1.": _over(None),
        "That is softmax over the wrong axis: the columns sum to 1. The classes are the last "
        "axis, axis=-1.": _over(0),
        "It subtracts each row's maximum and divides by the sum over all images. Each row has its "
        "own sum.": _sum_over_everything,
        "The exponential is missing: scores below 0 would give negative probabilities.": (
            _without_exponential
        ),
        "The division is missing: the probabilities of a row sum to 1.": _without_sum,
    }
    judging.expect_function(answer, _softmax, modest, mistakes)
    large = np.array([1000.0, 0.0])
    if judging.is_nan(judging.call(answer, large)):
        raise Mistake(
            "Right for small scores, and nan for [1000, 0]: e^1000 is too large for a computer. "
            "Subtract the largest score of each row first."
        )
    judging.expect_function(answer, _softmax, [(large,), (np.array([[-1000.0, -1001.0]]),)])
    apart = np.array([[1000.0, 0.0], [-1000.0, -1000.0]])
    if judging.is_nan(judging.call(answer, apart)):
        raise Mistake(
            "It subtracts one maximum from all rows. Where one image has far larger scores than "
            "another, 0 / 0 = nan is left. Take each row's own maximum: axis=-1, keepdims=True."
        )
    judging.expect_function(answer, _softmax, [(apart,), (generator.normal(0, 50, (5, 10)),)])


softmax = Exercise(
    _judge_softmax,
    "Three steps: subtract the largest score of each row, take np.exp, divide by the sum of each "
    "row. max and sum both need axis=-1 and keepdims=True, so that each row meets its own.",
    _softmax,
    "axis=-1 is the axis of the classes, for one image and for many. keepdims=True keeps it there "
    "with length 1, so that each row is divided by its own sum.",
)
