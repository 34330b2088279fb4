"""The exercises of notebook 08: ReLU by hand, one matrix for two, vanishing slopes, dead units."""

from mnistlab.exercises import judging
from mnistlab.exercises.exercise import Exercise, Mistake, NotAttempted

import numpy as np

GIVEN = np.array([-2.0, 0.0, 3.5, -0.1, 1.0])


def _judge_by_hand(answer):
    judging.expect_numbers(
        answer,
        np.maximum(GIVEN, 0),
        {
            "Those are the sizes without the sign. ReLU makes what is negative 0, not positive.": (
                np.abs(GIVEN)
            ),
            "That leaves the numbers as they were. ReLU makes what is negative 0.": GIVEN,
            "That keeps what is negative, the wrong half.": np.minimum(GIVEN, 0),
            "Those are the slopes. The values above 0 stay what they are.": GIVEN > 0,
            "That is the leaky ReLU. The plain one leaves nothing of what is negative.": (
                np.where(GIVEN > 0, GIVEN, 0.3 * GIVEN)
            ),
        },
    )


by_hand = Exercise(
    _judge_by_hand,
    "Go through the numbers one by one: a negative one becomes 0, any other stays as it is.",
    [0, 0, 3.5, 0, 1],
    "max(0, x) for each number by itself. -0.1 is as far gone as -2: nothing of their size is "
    "left.",
)


def _judge_parameters(answer):
    judging.expect_number(
        answer,
        7850,
        {
            "That counts both layers. Multiplied out they are one layer, from 784 inputs to 10 "
            "units.": 100 * 785 + 10 * 101,
            "The biases are missing: each of the ten units has one.": 7840,
            "That is both layers, and without the biases. How many does one layer from 784 inputs "
            "to 10 units have?": 100 * 784 + 10 * 100,
            "One bias for each unit, not for each input: 10 units with 784 weights and a bias "
            "each.": 784 * 11,
            "That is the first layer. What is left after multiplying out has no place for the 100 "
            "units.": 100 * 785,
            "That is the second layer. Multiplied out, the inputs are the 784 pixels.": 10 * 101,
            "That multiplies all three sizes. One layer has a weight for each pair of an input and "
            "a unit, and a bias for each unit.": 784 * 100 * 10,
        },
    )


parameters = Exercise(
    _judge_parameters,
    "Multiplied out, the 784 pixels go straight to the 10 units. Each of these has a weight for "
    "each pixel, and a bias.",
    7850,
    "10 x (784 + 1) = 7,850. The two layers hold 79,510 numbers, and can say no more with them.",
)


def _judge_vanishing(answer):
    judging.expect_number(
        answer,
        0.25**6,
        {
            "The factors are multiplied, layer by layer, and not added: 0.25 x 0.25 x ...": 6
            * 0.25,
            "That divides by the number of layers. Each layer multiplies by 0.25 once more.": (
                0.25 / 6
            ),
            "That is what one layer leaves at best. Here are six.": 0.25,
            "That is rounded too far; write it as a power or as a fraction.": 0.0002,
            "That is one layer too few.": 0.25**5,
            "That is one layer too many.": 0.25**7,
            "The largest slope of the sigmoid is 0.25; 0.5 is its value there.": 0.5**6,
            "That would be tanh or ReLU, whose slope can be 1. The sigmoid's is 0.25 at most.": 1,
            "It is the other way round: so many times smaller.": 4**6,
        },
        tolerance=5e-6,
    )


vanishing = Exercise(
    _judge_vanishing,
    "What does one sigmoid leave of a gradient at most? Multiply that number by itself, once for "
    "each layer.",
    0.000244140625,
    "0.25^6 = 1 / 4,096: at best a four-thousandth arrives, before the weights have had their say.",
)


def _merge(w1, b1, w2, b2):
    return w1 @ w2, b1 @ w2 + b2


W1, B1 = np.array([[1.0, 2.0], [3.0, 4.0]]), np.array([1.0, -1.0])
W2, B2 = np.array([[2.0, 0.0], [1.0, 3.0]]), np.array([5.0, 7.0])

_WRONG_WEIGHTS = {
    "Your weights are w2 @ w1. An image meets the first layer first: x @ w1 @ w2.": W2 @ W1,
    "Your weights are w1 * w2, number by number. Layers one after the other are a matrix product, "
    "w1 @ w2.": W1 * W2,
    "Your weights are w1 + w2. Layers one after the other are multiplied.": W1 + W2,
}
_WRONG_BIASES = {
    "The first bias goes through the second layer too: b1 @ w2 + b2. Yours leaves it out.": B2,
    "The first bias goes through the second layer before the second one is added: b1 @ w2 + b2.": (
        B1 + B2
    ),
    "Your bias leaves out the second layer's own.": B1 @ W2,
    "Your bias goes through the first layer's weights; b1 comes after these, and meets w2.": (
        B1 @ W1 + B2
    ),
}


def _judge_merge(answer):
    if not callable(answer):
        raise Mistake("A function was asked: def merge(w1, b1, w2, b2).")
    generator = np.random.default_rng(8)
    cases = [(W1, B1, W2, B2)]
    cases += [
        tuple(generator.normal(size=shape) for shape in ((a, b), b, (b, c), c))
        for a, b, c in ((3, 4, 2), (7, 5, 10))
    ]
    for case in cases:
        weights, bias = _two(judging.call(answer, *case))
        right_weights, right_bias = _merge(*case)
        judging.expect_array(weights, right_weights, _WRONG_WEIGHTS, name="your matrix of weights")
        judging.expect_array(bias, right_bias, _WRONG_BIASES, name="your bias")


def _two(merged):
    if merged is None or merged is ...:
        raise NotAttempted("Your function gives nothing back yet; end it with a return.")
    if not isinstance(merged, tuple | list) or len(merged) != 2:
        raise Mistake("Two arrays were asked: return weights, bias.")
    return merged


merge = Exercise(
    _judge_merge,
    "Write the two layers into each other, (x @ w1 + b1) @ w2 + b2, and multiply out. What stands "
    "behind x? And what does not depend on x?",
    _merge,
    "(x @ w1 + b1) @ w2 + b2 = x @ (w1 @ w2) + (b1 @ w2 + b2): one matrix, one bias.",
)


def _silent_units(outputs):
    return int((outputs == 0).all(axis=0).sum())


def _judge_silent_units(answer):
    generator = np.random.default_rng(9)
    sparse = generator.normal(-1, 1, (40, 12)).clip(0)
    sparse[:, [2, 5, 6]] = 0
    sparse[[1, 4], :] = 0
    judging.expect_function(
        answer,
        _silent_units,
        [
            (np.array([[0.0, 2.0, 0.0], [0.0, 0.0, 1.0]]),),
            (np.array([[0.0, 2.0, 0.0, 0.5], [0.0, 0.0, 0.0, 1.0]]),),
            (sparse,),
            (np.zeros((3, 5)),),
        ],
        {
            "It counts units that are 0 for some image. Silent is one that is 0 for all: use all, "
            "not any.": lambda outputs: (outputs == 0).any(axis=0).sum(),
            "It counts images that no unit answers to: the wrong axis. Go down the images, axis=0, "
            "for each unit.": lambda outputs: (outputs == 0).all(axis=1).sum(),
            "It counts every 0 in the table. Count the columns that hold nothing else.": (
                lambda outputs: (outputs == 0).sum()
            ),
            "It counts the units that do answer. How many are left?": (
                lambda outputs: (outputs != 0).any(axis=0).sum()
            ),
            "It says which units are silent. How many are there?": (
                lambda outputs: np.flatnonzero((outputs == 0).all(axis=0))
            ),
            "It asks whether the whole table is 0. Ask it of each unit by itself, axis=0.": (
                lambda outputs: (outputs == 0).all().sum()
            ),
            "It looks at the first image only. Silent is a unit that is 0 for all images.": (
                lambda outputs: (outputs[0] == 0).sum()
            ),
            "Those are shares; count the units.": lambda outputs: (outputs == 0).all(axis=0).mean(),
            "It says of each unit whether it is silent. How many are? Sum them up.": (
                lambda outputs: (outputs == 0).all(axis=0)
            ),
            "After a ReLU nothing is below 0. Look for what is equal to 0.": (
                lambda outputs: (outputs < 0).all(axis=0).sum()
            ),
        },
    )


silent_units = Exercise(
    _judge_silent_units,
    "outputs == 0 is a table of True and False, images down and units across. Which of NumPy's any "
    "and all, and along which axis? Then count the True ones with sum.",
    _silent_units,
    "all(axis=0) goes down the images and leaves one answer for each unit; sum counts the True "
    "ones.",
)
