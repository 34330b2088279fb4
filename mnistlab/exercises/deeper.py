"""The exercises of notebook 05: reach, parameters and multiplications of stacked layers."""

import math

from mnistlab.exercises.exercise import Exercise
from mnistlab.exercises.judging import expect_function, expect_number, expect_numbers


def _judge_reach(answer: object) -> None:
    mistakes = {
        "Four reach 9×9: the first sees 3, and each further one adds 2.": 4,
        "Six reach 13×13: the first sees 3 already, and each further one adds 2.": 6,
        "Windows overlap: the second layer adds 2 pixels, not 3.": 11 / 3,
        "Each layer adds 2 pixels, one on either side, not 1.": 9,
    }
    expect_number(answer, 5, mistakes, tolerance=0.05)


def _judge_parameters(answer: object) -> None:
    rest = 320 + 18_496 + 1010
    mistakes = {
        "The third convolution's 36,928 are gone, but the dense layer grows: the last maps are "
        "larger now.": 159_254 - 36_928,
        "Forgot the biases: one for each filter and each unit.": (
            288 + 18_432 + 100 * 5 * 5 * 64 + 1000
        ),
        "Pooling halves a side of 11 to 5: what is left over is dropped.": (
            rest + 100 * (6 * 6 * 64 + 1)
        ),
        "Each filter of the second convolution has 3 · 3 weights for every one of the 32 "
        "channels.": 320 + 64 * (3 * 3 + 1) + 100 * (5 * 5 * 64 + 1) + 1010,
        "The second pooling is missing: it halves the side of 11.": rest + 100 * (11 * 11 * 64 + 1),
        "The dense layer has one weight for each of the 5 · 5 · 64 numbers of the flattened "
        "row.": rest + 100 * (64 + 1),
    }
    expect_number(answer, 179_926, mistakes)


def _judge_multiplications(answer: object) -> None:
    mistakes = {
        "That is without the margin. With it, the output keeps the side of 13.": (
            11 * 11 * 3 * 3 * 32 * 64
        ),
        "Those are the weights. Each of them multiplies at every place of the output.": (
            3 * 3 * 32 * 64
        ),
        "Those are the parameters. Each weight multiplies at every place of the output.": 18_496,
        "Biases are added, not multiplied.": 13 * 13 * 18_496,
        "Every filter has 3 · 3 weights for each of the 32 channels that go in.": (
            13 * 13 * 3 * 3 * 64
        ),
        "That is one filter; there are 64.": 13 * 13 * 3 * 3 * 32,
        "The side of the output is 13, after pooling; 26 is what goes into it.": (
            26 * 26 * 3 * 3 * 32 * 64
        ),
    }
    expect_number(answer, 3_115_008, mistakes)


def _judge_lenet(answer: object) -> None:
    mistakes = {
        "That is the second convolution. A pooling of size 2 follows.": (14, 2),
        "The field is right. Each of the two poolings doubles the jump.": (16, 2),
        "The jump is right. A window adds size - 1 jumps, not size - 1 pixels: after the first "
        "pooling, neighbors are 2 pixels apart.": (11, 4),
        "A window adds size - 1 jumps, and each stride of 2 doubles the jump.": (11, 1),
        "The jump is right. A stride doubles the jump for the layers after it: first grow the "
        "field, then the jump.": (19, 4),
        "The jump is right. A window adds size - 1 jumps, not size: one pixel of it was in the "
        "field before.": (22, 4),
        "The jump is right. A pooling has a window too: its size of 2 adds one jump.": (13, 4),
        "Turned around: the field first, then the jump.": (4, 16),
    }
    expect_numbers(answer, (16, 4), mistakes)


def _unseen(side, layers):
    units, field, jump = side, 1, 1
    for size, stride in layers:
        units = (units - size) // stride + 1
        field += (size - 1) * jump
        jump *= stride
    return side - ((units - 1) * jump + field)


def _carried(side, layers, rounded=math.floor):
    """Returns the units along a side, their field and their jump."""
    units, field, jump = side, 1, 1
    for size, stride in layers:
        units = rounded((units - size) / stride) + 1
        field, jump = field + (size - 1) * jump, jump * stride
    return units, field, jump


def _of_one_unit(side, layers):
    return side - _carried(side, layers)[1]


def _one_unit_too_many(side, layers):
    units, field, jump = _carried(side, layers)
    return side - (units * jump + field)


def _rounded_up(side, layers):
    units, field, jump = _carried(side, layers, rounded=math.ceil)
    return side - ((units - 1) * jump + field)


def _jump_ignored(side, layers):
    units, _, jump = _carried(side, layers)
    return side - ((units - 1) * jump + 1 + sum(size - 1 for size, _ in layers))


def _windows_side_by_side(side, layers):
    units, field, _ = _carried(side, layers)
    return side - units * field


def _in_rows_of_the_maps(side, layers):
    dropped = 0
    for size, stride in layers:
        dropped += (side - size) % stride
        side = (side - size) // stride + 1
    return dropped


def _judge_unseen(answer: object) -> None:
    deeper = [(3, 1), (2, 2), (3, 1), (3, 1), (2, 2)]
    cases = [
        (5, [(2, 2)]),
        (6, [(3, 1)]),
        (28, deeper),
        (31, deeper),
        (28, [(5, 1), (2, 2), (5, 1), (2, 2)]),
        (40, [(3, 2), (3, 2), (2, 2)]),
        (50, [(5, 3), (3, 1), (3, 3)]),
    ]
    mistakes = {
        "That is what a single unit does not see. The last one of the row begins (units - 1) · "
        "jump pixels further on.": _of_one_unit,
        "Off by one unit: counted from 0, the last of a row is number units - 1.": (
            _one_unit_too_many
        ),
        "Rounded up: a window that does not fit any more is left out, so divide with //.": (
            _rounded_up
        ),
        "The field grows by size - 1 jumps at each layer, not by size - 1 pixels.": _jump_ignored,
        "The fields overlap: neighbors begin one jump apart, not one field.": _windows_side_by_side,
        "Those are rows of the maps. A row that falls off a later map stands for as many pixels "
        "as its jump.": _in_rows_of_the_maps,
        "That is how many rows are seen; those that are not were asked.": lambda side, layers: (
            side - _unseen(side, layers)
        ),
    }
    expect_function(answer, _unseen, cases, mistakes)


reach = Exercise(
    _judge_reach,
    "Two see 5×5, three see 7×7. Go on.",
    5,
    "The first sees 3 pixels, each further one adds 2: 3 + 4 · 2 = 11.",
)

parameters = Exercise(
    _judge_parameters,
    "Work out the sides first: 28 → 26 → 13 → 11 → ? How long is the flattened row then?",
    179_926,
    "320 + 18,496 for the convolutions, 100 · (5 · 5 · 64 + 1) = 160,100 for the dense layer and "
    "1,010 for the output. One layer fewer, and more parameters: the maps stay larger.",
)

multiplications = Exercise(
    _judge_multiplications,
    "One for each weight at each place of the output. How large is the output, and how many "
    "weights are there?",
    3_115_008,
    "13 · 13 places, and 3 · 3 · 32 · 64 = 18,432 weights at each of them.",
)

lenet = Exercise(
    _judge_lenet,
    "Use receptive_fields with a chain of four layers: (name, size, stride) each. The two "
    "convolutions have stride 1.",
    (16, 4),
    "The field grows 5, 6, 14, 16, and the jump 1, 2, 2, 4: a unit sees 16×16 pixels, four apart "
    "from its neighbor's.",
)

unseen = Exercise(
    _judge_unseen,
    "Carry three numbers from layer to layer: how many units a row has, the field and the jump. "
    "A window of size fits into n at (n - size) // stride + 1 places. What is the last pixel that "
    "the last unit sees?",
    _unseen,
    "The last unit, number units - 1, sees field pixels from (units - 1) · jump on. What lies "
    "behind them, nobody sees: 2 rows in the deeper network.",
)
