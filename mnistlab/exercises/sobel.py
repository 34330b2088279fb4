"""The exercises of notebook 10: kernels on photographs, edges, and what resembles Sobel."""

from mnistlab.exercises.exercise import Exercise
from mnistlab.exercises.judging import expect_function, expect_number, expect_numbers

import numpy as np


def _judge_gx(answer: object) -> None:
    mistakes = {
        "The sign is turned around. Brightness grows to the right here, so the answer is positive. "
        "A true convolution flips the kernel first; a convolution layer does not.": -266,
        "That is gy: rows and columns are swapped. Sobel x has its minus signs in the left "
        "column.": 30,
        "That is gy, turned around: rows and columns are swapped, and the sign too.": -30,
        "That is Prewitt's kernel: in Sobel's the middle row counts twice.": 198,
        "That is the middle row alone; the rows above and below count once each.": 136,
        "Nothing was subtracted: the left column of Sobel x is negative.": 354,
    }
    expect_number(answer, 266, mistakes)


def _judge_flat_wall(answer: object) -> None:
    mistakes = {
        "Those are the sums of the kernels. Each pixel of the wall is 100: multiply.": (1, 0, 9, 1),
        "Number 3: nine ones are not a mean. The result is nine times the pixel, unless each one "
        "is divided by 9.": (100, 0, 100, 100),
        "Number 2: Sobel x has as much minus as plus, so a wall without an edge gives nothing.": (
            100,
            100,
            900,
            100,
        ),
        "Number 3: nothing is cut off at 255 here. That happens only when an answer is shown.": (
            100,
            0,
            255,
            100,
        ),
        "Number 2: only the plus was counted. Sobel x has as much minus, and the two cancel.": (
            100,
            400,
            900,
            100,
        ),
        "Number 1: only the middle was multiplied. Its four neighbors are subtracted.": (
            500,
            0,
            900,
            100,
        ),
        "Number 4: the sixteen is a divisor: 1 + 2 + 1 + 2 + 4 + 2 + 1 + 2 + 1 is 16.": (
            100,
            0,
            900,
            1600,
        ),
    }
    expect_numbers(answer, (100, 0, 900, 100), mistakes)


def _box_kernel(size):
    return np.ones((size, size)) / size**2


def _judge_box_kernel(answer: object) -> None:
    mistakes = {
        "Not divided yet: a kernel of ones adds its pixels up. For their mean the nine numbers of "
        "a 3x3 kernel have to sum to 1.": lambda size: np.ones((size, size)),
        "Divided by the side. There are size × size numbers, and they have to sum to 1.": (
            lambda size: np.ones((size, size)) / size
        ),
        "That is 3x3 for every size; use the argument.": lambda size: np.ones((3, 3)) / 9,
        "Divided by 9 for every size. A kernel of size 5 has 25 numbers.": (
            lambda size: np.ones((size, size)) / 9
        ),
        "Each row sums to 1, and so there is only one of them; give back a square.": (
            lambda size: np.ones(size) / size
        ),
    }
    expect_function(answer, _box_kernel, [(3,), (1,), (2,), (5,), (7,)], mistakes)


def _luminance(rgb):
    return rgb @ np.array([0.299, 0.587, 0.114])


def _judge_luminance(answer: object) -> None:
    generator = np.random.default_rng(10)
    cases = [(np.array([[[0, 255, 0]]], dtype=np.uint8),)]
    cases += [
        (generator.integers(0, 256, (*size, 3), dtype=np.uint8),) for size in ((1, 2), (4, 3))
    ]
    mistakes = {
        "That is the plain mean of the three. Green counts five times as much as blue: use the "
        "weights 0.299, 0.587, 0.114.": lambda rgb: rgb.mean(axis=-1),
        "Red and blue are swapped, as in OpenCV's BGR order; the colors here come as red, green, "
        "blue.": lambda rgb: rgb[..., ::-1] @ np.array([0.299, 0.587, 0.114]),
        "Those are the weights of Rec. 709, for high-definition television; this notebook uses "
        "0.299, 0.587, 0.114.": lambda rgb: rgb @ np.array([0.2126, 0.7152, 0.0722]),
        "Weighted, and then averaged: the weights sum to 1 already, so add the three products "
        "up.": lambda rgb: (rgb * np.array([0.299, 0.587, 0.114])).mean(axis=-1),
        "The three products are there; add them up, along the last axis.": (
            lambda rgb: rgb * np.array([0.299, 0.587, 0.114])
        ),
        "The three values in uint8 wrap around at 256, and have no weights: multiply first.": (
            lambda rgb: rgb[..., 0] + rgb[..., 1] + rgb[..., 2]
        ),
        "That is a plain mean, and its sum is wrong too: in uint8 it wraps around at 256. Multiply "
        "by the weights first; that also makes floating-point numbers.": (
            lambda rgb: (rgb[..., 0] + rgb[..., 1] + rgb[..., 2]) / 3
        ),
        "The result is rounded: keep its fraction.": lambda rgb: np.round(_luminance(rgb)),
        "Divided by 255: that is another step. 255 in all three colors should stay 255.": (
            lambda rgb: _luminance(rgb) / 255
        ),
        "The fraction is cut off: keep the result as floating-point numbers.": (
            lambda rgb: (rgb @ np.array([0.299, 0.587, 0.114])).astype(np.uint8)
        ),
    }
    expect_function(answer, _luminance, cases, mistakes)


def _magnitude(gx, gy):
    return np.sqrt(gx**2 + gy**2)


def _judge_magnitude(answer: object) -> None:
    generator = np.random.default_rng(11)
    cases = [(3.0, -4.0)]
    cases += [
        (generator.normal(0, 200, size), generator.normal(0, 200, size)) for size in (4, (5, 6))
    ]
    mistakes = {
        "The root is missing: that is the square of the length.": lambda gx, gy: gx**2 + gy**2,
        "|gx| + |gy| is how far one walks along the streets; the length of the arrow is shorter. "
        "(Some cameras take the sum because it is quicker.)": lambda gx, gy: abs(gx) + abs(gy),
        "gx + gy lets a negative answer cancel a positive one: an edge that falls to the right and "
        "grows downward would vanish.": lambda gx, gy: gx + gy,
        "The root undoes the square: that is gx + gy without its sign. Square each one, and add "
        "then.": lambda gx, gy: np.sqrt((gx + gy) ** 2),
        "gx * 2 is twice gx; its square is gx**2.": lambda gx, gy: np.sqrt(gx * 2 + gy * 2),
        "That is the larger of the two; a diagonal edge has both.": lambda gx, gy: np.maximum(
            abs(gx), abs(gy)
        ),
        "The squares are missing: negative values have no root.": lambda gx, gy: np.sqrt(gx + gy),
        "That is the root of the mean of the squares; nothing is to be divided by 2.": (
            lambda gx, gy: np.sqrt((gx**2 + gy**2) / 2)
        ),
        "That is the direction; the length was asked.": lambda gx, gy: np.arctan2(gy, gx),
    }
    expect_function(answer, _magnitude, cases, mistakes)


def _similarity(a, b):
    return np.sum(a * b) / np.sqrt(np.sum(a**2) * np.sum(b**2))


def _centered(a, b):
    return _similarity(a - a.mean(), b - b.mean())


def _judge_similarity(answer: object) -> None:
    generator = np.random.default_rng(12)
    cases = [(np.array([[1.0, 0.0], [0.0, 0.0]]), np.array([[-3.0, 0.0], [4.0, 0.0]]))]
    cases += [tuple(generator.normal(0.3, 1, (2, size, size))) for size in (3, 3, 5)]
    mistakes = {
        "Not divided by the two lengths yet: a kernel ten times as large would look ten times as "
        "similar.": lambda a, b: np.sum(a * b),
        "Divided by one of the two lengths only; both kernels have one.": (
            lambda a, b: np.sum(a * b) / np.linalg.norm(a)
        ),
        "Divided by one of the two lengths only, that of the second kernel; both have one.": (
            lambda a, b: np.sum(a * b) / np.linalg.norm(b)
        ),
        "The sign is lost. A kernel turned around is as unlike as can be: -1.": (
            lambda a, b: abs(_similarity(a, b))
        ),
        "The sign is lost: that is the square.": lambda a, b: _similarity(a, b) ** 2,
        "The means are taken away first: that is the correlation coefficient, which cannot tell a "
        "blur from nothing.": _centered,
        "That is the distance; the same direction was asked, whatever the lengths.": (
            lambda a, b: np.linalg.norm(a - b)
        ),
        "a @ b multiplies matrices, rows by columns. Multiply number by number, a * b.": (
            lambda a, b: np.sum(a @ b) / np.sqrt(np.sum(a**2) * np.sum(b**2))
        ),
        "The products are there, divided by both lengths; add them up.": (
            lambda a, b: a * b / (np.linalg.norm(a) * np.linalg.norm(b))
        ),
        "That is the angle between the two; its cosine was asked.": (
            lambda a, b: np.arccos(_similarity(a, b))
        ),
        "The lengths are missing their roots.": (
            lambda a, b: np.sum(a * b) / (np.sum(a**2) * np.sum(b**2))
        ),
    }
    expect_function(answer, _similarity, cases, mistakes)


gx = Exercise(
    _judge_gx,
    "Subtract the left column from the right one, row by row; then add the three differences, the "
    "middle one twice.",
    266,
    "(60 - 10) + 2 × (80 - 12) + (90 - 10) = 50 + 136 + 80 = 266: positive, because it gets "
    "brighter to the right. The middle column does not count at all.",
)

flat_wall = Exercise(
    _judge_flat_wall,
    "Where all pixels are equal, the pixel can be taken out of the sum: 100 × (the sum of the "
    "kernel's nine numbers).",
    (100, 0, 900, 100),
    "The sums are 1, 0, 9 and 1. Sum 1 keeps the brightness, sum 0 answers with nothing where "
    "nothing changes, and nine ones make everything nine times as bright.",
)

box_kernel = Exercise(
    _judge_box_kernel,
    "np.ones makes an array of a shape, given in parentheses: (size, size). How much does each of "
    "the size × size pixels count in their mean?",
    _box_kernel,
    "The mean of n numbers is each of them divided by n, added up; here n is size × size. So the "
    "kernel sums to 1.",
)

luminance = Exercise(
    _judge_luminance,
    "The three colors stand along the last axis: rgb[..., 0] is red, for all pixels at once. "
    "Multiply by the weight of each, and add.",
    _luminance,
    "@ with a row of three multiplies along the last axis and adds up. The weights sum to 1, so "
    "white stays white.",
)

magnitude = Exercise(
    _judge_magnitude,
    "gx and gy are the two sides of a right triangle, and the magnitude is its longest side "
    "(Pythagoras). For 3 and -4 it is 5.",
    _magnitude,
    "Squares have no sign, so edges of all directions count. np.hypot(gx, gy) does the same.",
)

cosine_similarity = Exercise(
    _judge_similarity,
    "Three sums: of a * b, of a**2 and of b**2. The root of the sum of the squares is a kernel's "
    "length.",
    _similarity,
    "The products agree in sign where the kernels do. Dividing by both lengths leaves their "
    "direction alone: 1 for the same pattern at any strength, -1 for its negative.",
)
