"""Answers that learners give to the exercises of notebook 14."""

import math

import keras
import numpy as np
from keras import layers
from scipy import stats


def pareto_by_sorting(parameters, accuracies):
    order = sorted(range(len(parameters)), key=lambda i: (parameters[i], -accuracies[i]))
    kept, best, size = [], -1, None
    for place in order:
        if accuracies[place] > best:
            best, size = accuracies[place], parameters[place]
            kept.append(place)
        elif (parameters[place], accuracies[place]) == (size, best):
            kept.append(place)
    return kept


def pareto_as_a_set(parameters, accuracies):
    points = list(zip(parameters, accuracies, strict=True))
    return {
        place
        for place, (size, score) in enumerate(points)
        if not any(a <= size and b >= score and (a, b) != (size, score) for a, b in points)
    }


def pareto_with_arrays(parameters, accuracies):
    size, score = np.asarray(parameters), np.asarray(accuracies)
    no_worse = (size[:, None] <= size) & (score[:, None] >= score)
    better = (size[:, None] < size) | (score[:, None] > score)
    return np.flatnonzero(~(no_worse & better).any(axis=0))


def unbeaten(beats):
    """The networks that no other beats, by a rule that a learner has written."""

    def pareto(parameters, accuracies):
        points = list(zip(parameters, accuracies, strict=True))
        return [
            place
            for place, point in enumerate(points)
            if not any(beats(other, point) for other in points)
        ]

    return pareto


def mask(parameters, accuracies):
    return [place in pareto_as_a_set(parameters, accuracies) for place in range(len(parameters))]


def beaten(parameters, accuracies):
    return [place for place, kept in enumerate(mask(parameters, accuracies)) if not kept]


def tail(first_only, second_only):
    return stats.binom.cdf(min(first_only, second_only), first_only + second_only, 0.5)


def by_coefficients(first_only, second_only):
    pairs = first_only + second_only
    ways = sum(math.comb(pairs, k) for k in range(min(first_only, second_only) + 1))
    return min(1, 2 * ways / 2**pairs)


def by_scipy(first_only, second_only):
    if first_only + second_only == 0:
        return 1.0
    return stats.binomtest(first_only, first_only + second_only).pvalue


def fails_without_pairs(first_only, second_only):
    return stats.chi2.sf((first_only - second_only) ** 2 / max(first_only + second_only, 1), 1)


def corrected_chi_square(first_only, second_only):
    apart = max(abs(first_only - second_only) - 1, 0)
    return stats.chi2.sf(apart**2 / max(first_only + second_only, 1), 1)


def of_this_count_alone(first_only, second_only):
    return stats.binom.pmf(first_only, first_only + second_only, 0.5)


def beyond_it(first_only, second_only):
    fewer = min(first_only, second_only)
    return 2 * stats.binom.cdf(fewer - 1, first_only + second_only, 0.5)


def middle(first_only, second_only):
    fewer, pairs = min(first_only, second_only), first_only + second_only
    return 2 * stats.binom.cdf(fewer, pairs, 0.5) - stats.binom.pmf(fewer, pairs, 0.5)


def of_the_first(first_only, second_only):
    return min(1, 2 * stats.binom.cdf(first_only, first_only + second_only, 0.5))


def network(*hidden, shape=(28, 28, 1), units=10, activation="softmax"):
    def small_network():
        # Built anew each time: a layer belongs to one network.
        fresh = [layer.__class__.from_config(layer.get_config()) for layer in hidden]
        return keras.Sequential(
            [keras.Input(shape), *fresh, layers.Dense(units, activation=activation)]
        )

    return small_network


def functional():
    image = keras.Input((28, 28, 1))
    maps = layers.Conv2D(8, 5, strides=2, activation="relu")(image)
    maps = layers.SeparableConv2D(16, 3, activation="relu")(maps)
    answer = layers.Dense(10, activation="softmax")(layers.GlobalAveragePooling2D()(maps))
    return keras.Model(image, answer)


def logits_and_softmax():
    return keras.Sequential(
        [
            keras.Input((28, 28, 1)),
            layers.Conv2D(4, 3),
            layers.MaxPooling2D(4),
            layers.Flatten(),
            layers.Dense(10),
            layers.Softmax(),
        ]
    )


FLAT = layers.Flatten()

RIGHT = {
    "count_multiply_adds": [
        (2_230_272, 331_776),
        [11 * 11 * 3 * 3 * 32 * 64, 3 * 3 * 3 * 3 * 64 * 64],
        np.array([121 * 18_432, 9 * 36_864]),
    ],
    "pareto": [
        pareto_by_sorting,
        pareto_as_a_set,
        pareto_with_arrays,
        lambda parameters, accuracies: pareto_by_sorting(parameters, accuracies)[::-1],
    ],
    "mcnemar_p": [by_coefficients, by_scipy],
    "holm": [
        (0.02, 0.06, 0.048, 0.06, 0.06),
        np.array([0.02, 0.06, 0.048, 0.06, 0.06]),
    ],
    "small_network": [functional, functional(), logits_and_softmax],
}

WRONG = {
    "count_multiply_adds": [
        ((18_432, 36_864), "Those are the weights"),
        ((18_496, 36_928), "Those are the parameters"),
        ((121 * 18_496, 9 * 36_928), "added, not multiplied"),
        ((3_115_008, 921_600), "takes 2 off"),
        ((2_230_272, 2_985_984), "second pooling is missing"),
        ((2_230_272, 589_824), "drops what is left over"),
        ((69_696, 5_184), "each of the channels"),
        ((34_848, 5_184), "one filter"),
        ((4_460_544, 663_552), "two for each multiply-add"),
        ((331_776, 2_230_272), "Swapped"),
        ((10_616_832, 331_776), "first pooling is missing"),
        ((2_230_272, 36_864), "Number 2 of 2"),
        (2_230_272, "2 numbers were asked"),
    ],
    "pareto": [
        (mask, "np.flatnonzero"),
        (beaten, "that are beaten"),
        (lambda parameters, accuracies: [int(np.argmax(accuracies))], "only the most accurate"),
        (lambda parameters, accuracies: [int(np.argmin(parameters))], "only the smallest"),
        (unbeaten(lambda a, b: a[0] <= b[0] and a[1] >= b[1]), "beats itself"),
        (unbeaten(lambda a, b: a[0] < b[0] and a[1] > b[1]), "equal in one"),
        (unbeaten(lambda a, b: a[0] < b[0] or a[1] > b[1]), "not in one of them"),
        (unbeaten(lambda a, b: a[0] >= b[0] and a[1] >= b[1] and a != b), "fewer parameters"),
        (lambda parameters, accuracies: list(range(len(parameters))), "For the input"),
        (lambda parameters, accuracies: parameters, "For the input"),
        (3, "A function was asked"),
    ],
    "mcnemar_p": [
        (tail, "one side"),
        (lambda first_only, second_only: 2 * tail(first_only, second_only), "above 1"),
        (fails_without_pairs, "chi-square"),
        (corrected_chi_square, "chi-square"),
        (of_this_count_alone, "of exactly this"),
        (beyond_it, "belongs to the tail"),
        (middle, "Half of it"),
        (of_the_first, "smaller of the two"),
        (lambda first_only, second_only: 1 - by_coefficients(first_only, second_only), "Turned"),
        (lambda first_only, second_only: 0.05, "For the input"),
    ],
    "holm": [
        ((0.004, 0.030, 0.012, 0.020, 0.049), "as they were"),
        ((0.02, 0.15, 0.06, 0.1, 0.245), "Bonferroni"),
        ((0.02, 0.06, 0.048, 0.06, 0.049), "below a smaller one's"),
        ((0.02, 0.048, 0.06, 0.06, 0.06), "order in which they were given"),
        ((0.02, 0.12, 0.036, 0.04, 0.049), "Sort them first"),
        ((0.004, 0.12, 0.024, 0.06, 0.245), "Turned around"),
        ((0.02, 0.0375, 0.03, 0.0333, 0.049), "Benjamini"),
        ((0.0008, 0.015, 0.003, 0.00667, 0.049), "Divided"),
        ((0.02, 0.06, 0.048, 0.06), "5 numbers were asked"),
        ((0.02, 0.06, 0.048, 0.06, 0.07), "Number 5 of 5"),
    ],
    "small_network": [
        (network(FLAT), "no convolution"),
        (network(layers.Conv2D(32, 3), FLAT), "216,650 parameters"),
        (
            network(layers.Conv2D(32, 3), layers.Conv2D(32, 3), layers.GlobalMaxPooling2D()),
            "multiply-adds for one image; fewer than 1,000,000",
        ),
        (network(layers.Conv2D(4, 3), FLAT, units=9), "(9,)"),
        (network(layers.Conv2D(2, 3), FLAT, activation=None), "probabilities"),
        (network(layers.Conv2D(2, 3), FLAT, activation="sigmoid"), "probabilities"),
        (network(layers.Conv2D(2, 3)), "(26, 26, 10)"),
        (network(layers.Conv2D(4, 3), FLAT, shape=(14, 14, 1)), "(14, 14, 1)"),
        (lambda: keras.Sequential([layers.Conv2D(4, 3)]), "keras.Input"),
        (lambda: 7, "A Keras model was asked"),
        (
            network(layers.Conv2D(4, 3), layers.Conv2DTranspose(1, 3), FLAT),
            "Conv2DTranspose",
        ),
    ],
}
