"""Answers that learners give to the exercises of notebook 05."""

import numpy as np


def unseen_by_remainders(side, layers):
    pixels, jump = 0, 1
    for size, stride in layers:
        units, dropped = divmod(side - size, stride)
        pixels += dropped * jump
        side, jump = units + 1, jump * stride
    return pixels


def unseen_backwards(side, layers):
    units = side
    for size, stride in layers:
        units = (units - size) // stride + 1
    last = units - 1
    for size, stride in reversed(layers):
        last = last * stride + size - 1
    return side - 1 - last


def carried(side, layers):
    units, field, jump = side, 1, 1
    for size, stride in layers:
        units = (units - size) // stride + 1
        field += (size - 1) * jump
        jump *= stride
    return units, field, jump


def one_unit_too_many(side, layers):
    units, field, jump = carried(side, layers)
    return side - units * jump - field


def rounded_up(side, layers):
    units, jump = side, 1
    for size, stride in layers:
        units = int(np.ceil((units - size) / stride)) + 1
        jump *= stride
    return side - (units - 1) * jump - carried(side, layers)[1]


def jump_ignored(side, layers):
    units, field, jump = side, 1, 1
    for size, stride in layers:
        units = (units - size) // stride + 1
        field += size - 1
        jump *= stride
    return side - (units - 1) * jump - field


def side_by_side(side, layers):
    units, field, _ = carried(side, layers)
    return side - units * field


def rows_of_the_maps(side, layers):
    dropped = 0
    for size, stride in layers:
        units, remainder = divmod(side - size, stride)
        side, dropped = units + 1, dropped + remainder
    return dropped


RIGHT = {
    "reach": [5, (11 - 1) / 2],
    "parameters": [179_926, 320 + 18_496 + 100 * (5 * 5 * 64 + 1) + 1010],
    "multiplications": [3_115_008, 13**2 * 3**2 * 32 * 64],
    "lenet": [(16, 4), [16, 4], np.array([16, 4])],
    "unseen": [unseen_by_remainders, unseen_backwards],
}

WRONG = {
    "reach": [
        (4, "reach 9×9"),
        (6, "reach 13×13"),
        (3.67, "Windows overlap"),
        (9, "one on either side"),
    ],
    "parameters": [
        (122_326, "the dense layer grows"),
        (179_720, "Forgot the biases"),
        (250_326, "what is left over is dropped"),
        (162_070, "every one of the 32"),
        (794_326, "second pooling is missing"),
        (26_326, "numbers of the flattened row"),
        (159_254, "is not it"),
    ],
    "multiplications": [
        (2_230_272, "without the margin"),
        (18_432, "Those are the weights"),
        (18_496, "Those are the parameters"),
        (3_125_824, "added, not multiplied"),
        (97_344, "each of the 32 channels"),
        (48_672, "there are 64"),
        (12_460_032, "after pooling"),
    ],
    "lenet": [
        ((14, 2), "second convolution"),
        ((16, 2), "two poolings doubles"),
        ((11, 4), "not size - 1 pixels"),
        ((11, 1), "each stride of 2 doubles"),
        ((19, 4), "first grow the field"),
        ((22, 4), "not size: one pixel"),
        ((13, 4), "has a window too"),
        ((4, 16), "Turned around"),
        (16, "2 numbers were asked"),
    ],
    "unseen": [
        (lambda side, layers: side - carried(side, layers)[1], "a single unit does not see"),
        (one_unit_too_many, "Off by one unit"),
        (rounded_up, "Rounded up"),
        (jump_ignored, "not by size - 1 pixels"),
        (side_by_side, "The fields overlap"),
        (rows_of_the_maps, "rows of the maps"),
        (lambda side, layers: side - unseen_backwards(side, layers), "how many rows are seen"),
        (lambda side, layers: 0, "your function gives 0"),
    ],
}
