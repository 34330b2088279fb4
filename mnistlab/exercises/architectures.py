"""The exercises of notebook 14: counting work, and comparing many networks at once."""

import math
from collections.abc import Callable

from mnistlab.errors import DesignError
from mnistlab.exercises.exercise import CouldNotRun, Exercise, Mistake, NotAttempted
from mnistlab.exercises.judging import expect_function, expect_numbers
from mnistlab.models.costs import costs

import keras
import numpy as np
from keras import layers
from scipy import stats

MOST_PARAMETERS = 20_000
MOST_MULTIPLY_ADDS = 1_000_000


def _judge_count_multiply_adds(answer: object) -> None:
    second, third = 3 * 3 * 32 * 64, 3 * 3 * 64 * 64
    right = (11 * 11 * second, 3 * 3 * third)
    mistakes = {
        "Those are the weights. Each of them is used at every place of the output.": (
            second,
            third,
        ),
        "Those are the parameters. Each weight is used at every place of the output.": (
            second + 64,
            third + 64,
        ),
        "Biases are added, not multiplied.": (11 * 11 * (second + 64), 3 * 3 * (third + 64)),
        "These convolutions have no margin: a 3×3 kernel takes 2 off each side, 13 becomes 11 and "
        "5 becomes 3.": (13 * 13 * second, 5 * 5 * third),
        "The first number is right. The second pooling is missing: it halves the side of 11 before "
        "the third convolution.": (right[0], 9 * 9 * third),
        "The first number is right. Pooling halves a side of 11 to 5: it drops what is left "
        "over.": (right[0], 4 * 4 * third),
        "The second number is right. The first pooling is missing: the second convolution is given "
        "a side of 13, not of 26.": (24 * 24 * second, right[1]),
        "Every filter has 3 · 3 weights for each of the channels that go in.": (
            11 * 11 * 3 * 3 * 64,
            3 * 3 * 3 * 3 * 64,
        ),
        "That is the work of one filter; there are 64.": (
            11 * 11 * 3 * 3 * 32,
            3 * 3 * 3 * 3 * 64,
        ),
        "Those are floating-point operations, two for each multiply-add.": (
            2 * right[0],
            2 * right[1],
        ),
        "Swapped: the second convolution first.": right[::-1],
    }
    expect_numbers(answer, right, mistakes)


def _pareto(parameters, accuracies):
    points = list(zip(parameters, accuracies, strict=True))

    def beats(other, point):
        return other[0] <= point[0] and other[1] >= point[1] and other != point

    return [
        place
        for place, point in enumerate(points)
        if not any(beats(other, point) for other in points)
    ]


def _kept(beats: Callable[[tuple, tuple], bool]) -> Callable[[np.ndarray, np.ndarray], list[int]]:
    """Returns the networks that no other beats, by a rule that learners write."""

    def pareto(parameters, accuracies):
        points = list(zip(parameters, accuracies, strict=True))
        return [
            place
            for place, point in enumerate(points)
            if not any(beats(other, point) for other in points)
        ]

    return pareto


def _beaten(parameters, accuracies):
    return sorted(set(range(len(parameters))) - set(_pareto(parameters, accuracies)))


def _mask(parameters, accuracies):
    kept = _pareto(parameters, accuracies)
    return [place in kept for place in range(len(parameters))]


def _in_order(answer: object) -> object:
    """Returns a function that gives the learner's places in ascending order: any order is right."""
    if not callable(answer):
        return answer

    def pareto(parameters, accuracies):
        found = answer(parameters, accuracies)
        places = list(found) if isinstance(found, set | tuple | list | np.ndarray) else found
        whole = isinstance(places, list) and all(
            isinstance(each, int | np.integer) and not isinstance(each, bool) for each in places
        )
        return sorted(places) if whole else found

    return pareto


def _judge_pareto(answer: object) -> None:
    generator = np.random.default_rng(14)
    cases = [
        (np.array([200, 100]), np.array([0.97, 0.98])),
        (np.array([100, 200, 300]), np.array([0.98, 0.97, 0.99])),
        (np.array([300, 100, 300, 100]), np.array([0.99, 0.97, 0.98, 0.97])),
    ]
    for networks in (8, 12):
        sizes = generator.integers(2, 9, networks) * 10_000
        cases.append((sizes, generator.integers(970, 995, networks) / 1000))
    mistakes = {
        "That is a mask of True and False. Give back the places where it is True, for instance "
        "with np.flatnonzero.": _mask,
        "Those are the networks that are beaten; the others were asked.": _beaten,
        "That is only the most accurate one. A smaller one that is less accurate is not beaten "
        "either.": lambda parameters, accuracies: [int(np.argmax(accuracies))],
        "That is only the smallest one. A larger one that is more accurate is not beaten "
        "either.": lambda parameters, accuracies: [int(np.argmin(parameters))],
        "No network remains, because each one beats itself: it is no larger and no less accurate "
        "than itself. Beating needs more in one of the two.": _kept(
            lambda other, point: other[0] <= point[0] and other[1] >= point[1]
        ),
        "Of two that are equal in one and differ in the other, one is beaten: of the same size, "
        "the less accurate one.": _kept(
            lambda other, point: other[0] < point[0] and other[1] > point[1]
        ),
        "To beat a network is to be no worse in both, not in one of them.": _kept(
            lambda other, point: other[0] < point[0] or other[1] > point[1]
        ),
        "The better network is the one with fewer parameters, not with more.": _kept(
            lambda other, point: other[0] >= point[0] and other[1] >= point[1] and other != point
        ),
    }
    expect_function(_in_order(answer), _pareto, cases, mistakes)


def _mcnemar_p(first_only, second_only):
    pairs = first_only + second_only
    ways = sum(math.comb(pairs, count) for count in range(min(first_only, second_only) + 1))
    return min(1, 2 * ways / 2**pairs)


def _tail(first_only, second_only, last=0):
    fewer = min(first_only, second_only)
    return stats.binom.cdf(fewer - last, first_only + second_only, 0.5)


def _alone(first_only, second_only):
    return stats.binom.pmf(first_only, first_only + second_only, 0.5)


def _chi_square(correction):
    def p_value(first_only, second_only):
        apart = max(abs(first_only - second_only) - correction, 0)
        return stats.chi2.sf(apart**2 / max(first_only + second_only, 1), 1)

    return p_value


def _of_the_first(first_only, second_only):
    return min(1, 2 * stats.binom.cdf(first_only, first_only + second_only, 0.5))


def _judge_mcnemar_p(answer: object) -> None:
    cases = [(1, 0), (0, 3), (1, 7), (5, 5), (9, 2), (12, 25), (60, 45), (0, 0)]
    mistakes = {
        "That is one side. The networks could be exchanged: as uneven to the other side counts "
        "too, so double it.": _tail,
        "A probability cannot be above 1. With equal counts both sides hold the middle; take 1 "
        "where the double is more.": lambda first, second: 2 * _tail(first, second),
        "That is the chi-square, which approximates. The exact value counts coins.": _chi_square(0),
        "That is the chi-square with its correction, which approximates. The exact value counts "
        "coins.": _chi_square(1),
        "That is the probability of exactly this count. All that are as uneven or more so "
        "belong to it.": _alone,
        "The count itself belongs to the tail, too: as uneven, or more so.": lambda first, second: (
            2 * _tail(first, second, last=1)
        ),
        "Half of it is missing for the count itself. That is the mid-p value, a good one, but not "
        "the exact one.": lambda first, second: 2 * _tail(first, second) - _alone(first, second),
        "Sum up to the smaller of the two counts, whichever network it belongs to.": _of_the_first,
        "Turned around: that is 1 minus the p-value.": lambda first, second: (
            1 - _mcnemar_p(first, second)
        ),
    }
    expect_function(answer, _mcnemar_p, cases, mistakes)


def _judge_holm(answer: object) -> None:
    mistakes = {
        "Those are the p-values as they were. Five questions were asked at once: the smallest is "
        "multiplied by 5.": (0.004, 0.030, 0.012, 0.020, 0.049),
        "That is Bonferroni's way, all times 5. Holm's multiplies the second smallest by 4 only, "
        "the next by 3.": (0.02, 0.15, 0.06, 0.1, 0.245),
        "Nearly. No adjusted p-value may be below a smaller one's: after 0.06, 0.049 · 1 becomes "
        "0.06 as well.": (0.02, 0.06, 0.048, 0.06, 0.049),
        "The numbers are right. Put them into the order in which they were given.": (
            0.02,
            0.048,
            0.06,
            0.06,
            0.06,
        ),
        "Sort them first: the smallest, not the first, is multiplied by 5.": (
            0.02,
            0.12,
            0.036,
            0.04,
            0.049,
        ),
        "Turned around: the smallest is multiplied by 5, the largest by 1.": (
            0.004,
            0.12,
            0.024,
            0.06,
            0.245,
        ),
        "That is the way of Benjamini and Hochberg. It bounds the share of false findings, not the "
        "chance of a single one.": (0.02, 0.0375, 0.03, 0.1 / 3, 0.049),
        "Divided, they become smaller: more is shown, not less. Multiply.": (
            0.004 / 5,
            0.030 / 2,
            0.012 / 4,
            0.020 / 3,
            0.049,
        ),
    }
    expect_numbers(answer, (0.02, 0.06, 0.048, 0.06, 0.06), mistakes, tolerance=1e-4)


def _small_network():
    return keras.Sequential(
        [
            keras.Input((28, 28, 1)),
            layers.Conv2D(8, 3, activation="relu"),
            layers.MaxPooling2D(2),
            layers.Conv2D(16, 3, activation="relu"),
            layers.MaxPooling2D(2),
            layers.Conv2D(32, 3, activation="relu"),
            layers.Flatten(),
            layers.Dense(10, activation="softmax"),
        ]
    )


def _judge_small_network(answer: object) -> str:
    model = _as_model(answer)
    try:
        rows = costs(model)
    except DesignError as error:
        raise Mistake(str(error)) from None
    _check_shapes(model)
    if not any("Conv" in row.kind for row in rows):
        raise Mistake("There is no convolution in it. This is a course on convolutional networks.")
    parameters = sum(row.parameters for row in rows)
    work = sum(row.multiply_adds for row in rows)
    if parameters >= MOST_PARAMETERS:
        largest = max(rows, key=lambda row: row.parameters)
        raise Mistake(
            f"It has {parameters:,} parameters; fewer than {MOST_PARAMETERS:,} were asked. "
            f"{largest.parameters:,} of them are in {largest.name!r} ({largest.kind})."
        )
    if work >= MOST_MULTIPLY_ADDS:
        largest = max(rows, key=lambda row: row.multiply_adds)
        raise Mistake(
            f"It needs {work:,} multiply-adds for one image; fewer than {MOST_MULTIPLY_ADDS:,} "
            f"were asked. {largest.multiply_adds:,} of them are in {largest.name!r} "
            f"({largest.kind})."
        )
    _check_answers(model)
    return (
        f"{parameters:,} parameters and {work:,} multiply-adds; the baseline has 542,230 and "
        "736,488. Train it: how much accuracy did that cost?"
    )


def _as_model(answer: object) -> keras.Model:
    # A model can be called, too, but not without an image.
    if callable(answer) and not isinstance(answer, keras.Model):
        try:
            answer = answer()
        except Exception as error:
            raise CouldNotRun(f"Your function raised {type(error).__name__}: {error}") from error
        if answer is None or answer is ...:
            raise NotAttempted("Your function gives nothing back yet; end it with a return.")
    if not isinstance(answer, keras.Model):
        raise Mistake(
            f"A Keras model was asked, or a function that returns one; this is of the type "
            f"{type(answer).__name__}."
        )
    return answer


def _check_shapes(model: keras.Model) -> None:
    taken, given = (
        [tuple(each.shape[1:]) for each in ends] for ends in (model.inputs, model.outputs)
    )
    if taken != [(28, 28, 1)]:
        raise Mistake(
            f"It takes images of the shape {', '.join(map(str, taken))}; (28, 28, 1) was asked."
        )
    if given != [(10,)]:
        raise Mistake(
            f"It answers with numbers of the shape {', '.join(map(str, given))}; ten for each "
            "image, (10,), were asked. Is a Flatten missing?"
        )


def _check_answers(model: keras.Model) -> None:
    images = np.random.default_rng(5).random((4, 28, 28, 1), "float32")
    answers = np.asarray(model(images), dtype="float64")
    if not ((answers >= 0).all() and np.allclose(answers.sum(axis=1), 1, atol=0.001)):
        raise Mistake(
            "Its ten numbers are not probabilities: those of an image do not sum to 1. Give the "
            "last layer activation='softmax'."
        )


count_multiply_adds = Exercise(
    _judge_count_multiply_adds,
    "Follow the side: 28 → 26 → 13 → ? → ? → ?. Then the places of the output times the weights "
    "that are used at each: 3 · 3 · channels in · filters.",
    (2_230_272, 331_776),
    "11 · 11 places with 3 · 3 · 32 · 64 weights, and 3 · 3 places with 3 · 3 · 64 · 64. The third "
    "has twice the weights, and a seventh of the work.",
)

pareto = Exercise(
    _judge_pareto,
    "For each network, look for another with parameters <= and accuracy >= its own that is not the "
    "same point. Where any() finds none, keep the place.",
    _pareto,
    "What is left is the choice that has to be made: every other network can be exchanged for one "
    "that is no larger and no worse.",
)

mcnemar_p = Exercise(
    _judge_mcnemar_p,
    "Toss first_only + second_only coins. How likely is it that at most the smaller count shows "
    "heads? math.comb(n, k) counts the ways. Then think of tails.",
    _mcnemar_p,
    "Of 2**n ways that n coins can fall, those with at most the smaller count of heads, and as "
    "many with at most as few tails.",
)

holm = Exercise(
    _judge_holm,
    "Sort them. The smallest times 5, the next times 4, and so on; where a product is below the "
    "one before it, take that one. Then back into their own order.",
    (0.02, 0.06, 0.048, 0.06, 0.06),
    "Sorted, 0.004 · 5 = 0.02, 0.012 · 4 = 0.048, 0.020 · 3 = 0.06, 0.030 · 2 = 0.06, and 0.049 "
    "cannot be below that. Two of five differences remain.",
)

small_network = Exercise(
    _judge_small_network,
    "Parameters sit in the dense layer behind large maps, multiply-adds in convolutions on large "
    "maps. Few filters first, pool early, and let the last maps be small.",
    _small_network,
    "8,778 parameters and 232,416 multiply-adds: few filters while the maps are large, more of "
    "them when they are small, and no dense layer but the output.",
)
