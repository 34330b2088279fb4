"""The exercises of notebook 12: where ink balances, where it goes, and which of two is the ink."""

from mnistlab.exercises import judging
from mnistlab.exercises.exercise import Exercise, Mistake

import numpy as np


def _judge_center_of_mass(answer):
    judging.expect_numbers(
        answer,
        (1.0, 1.75),
        {
            "The two are swapped: the row comes first.": (1.75, 1.0),
            "That is the middle of the box around the ink. A pixel with 3 pulls three times as "
            "strongly as one with 1.": (1.0, 1.5),
            "That is the middle of the array. Where there is no ink, nothing pulls.": (0.5, 1.0),
            "Rows and columns are counted from 0, as NumPy does.": (2.0, 2.75),
            "Divide by the sum of the ink, which is 4; not by the number of pixels.": (
                4 / 6,
                7 / 6,
            ),
            "Divide by the sum of the ink; those are the sums alone.": (4.0, 7.0),
        },
    )


center_of_mass = Exercise(
    _judge_center_of_mass,
    "Each pixel counts by its ink. All of it is in row 1. For the column: 1 part of ink is in "
    "column 1, and 3 parts are in column 2.",
    (1.0, 1.75),
    "Row: (1 x 1 + 3 x 1) / 4 = 1. Column: (1 x 1 + 3 x 2) / 4 = 1.75, nearer to where most of "
    "the ink is.",
)


def _judge_corner(answer):
    judging.expect_numbers(
        answer,
        (5, 6),
        {
            "The two are swapped: the row comes first.": (6, 5),
            "That puts the middle of the box into the middle of the frame: (28 - 20) / 2 and "
            "(28 - 12) / 2. It is the center of mass that goes to 14.": (4, 8),
            "A margin of 4 all around leaves the center of mass out of account.": (4, 4),
            "Those are the exact differences. Pixels move by whole numbers: round them.": (
                5.4,
                5.7,
            ),
            "Almost: the index is 14, not 13.5. Measured on MNIST's own digits.": (4.9, 5.2),
            "The fractions are cut off. 5.7 is nearer to 6 than to 5.": (5, 5),
            "That way the center of mass would move away from the middle; subtract it from 14.": (
                -5,
                -6,
            ),
        },
    )


corner = Exercise(
    _judge_corner,
    "The corner is at (0, 0) of the box, and the center of mass at (8.6, 8.3). By how much must "
    "everything move so that the center of mass comes to (14, 14), or as near as whole pixels "
    "allow?",
    (5, 6),
    "14 - 8.6 = 5.4 and 14 - 8.3 = 5.7, rounded 5 and 6. That leaves five rows of black above "
    "and three below, six columns on the left and ten on the right.",
)


def _fitted(height, width):
    scale = 20 / max(height, width)
    return max(1, round(height * scale)), max(1, round(width * scale))


def _fits_in(height, width):
    scale = 20 / min(height, width)
    return round(height * scale), round(width * scale)


def _may_vanish(height, width):
    scale = 20 / max(height, width)
    return round(height * scale), round(width * scale)


def _judge_fitted_size(answer):
    generator = np.random.default_rng(12)
    cases = [(200, 50), (30, 120), (20, 20), (7, 5)]
    cases += [tuple(int(side) for side in sides) for sides in generator.integers(15, 400, (40, 2))]
    judging.expect_function(
        answer,
        _fitted,
        [*cases, (400, 3), (2, 300)],
        {
            "It makes both sides 20, and the proportions are lost.": lambda height, width: (20, 20),
            "The shorter side becomes 20, and the longer one is too large for the box. Divide 20 "
            "by the longer side.": _fits_in,
            "It makes the height 20, whatever the width. A dash, wider than it is high, would not "
            "fit into the box.": lambda height, width: (20, max(1, round(20 * width / height))),
            "The two are swapped: rows first, then columns.": (
                lambda height, width: _fitted(width, height)
            ),
            "A line 300 pixels long and 2 wide disappears: its width is rounded to 0. Leave at "
            "least one pixel.": _may_vanish,
            "It fits the ink into 28 pixels; the box has 20.": lambda height, width: tuple(
                max(1, round(28 * side / max(height, width))) for side in (height, width)
            ),
            "Not rounded yet: pixels are whole.": lambda height, width: tuple(
                max(1, 20 * side / max(height, width)) for side in (height, width)
            ),
            "It cuts the fraction off, where rounding was asked. max(1, round(side * scale)) for "
            "each side.": lambda height, width: tuple(
                max(1, 20 * side // max(height, width)) for side in (height, width)
            ),
        },
    )


fitted_size = Exercise(
    _judge_fitted_size,
    "One factor for both sides keeps the proportions: that which makes the longer side 20. Then "
    "round, and see to it that nothing becomes 0.",
    _fitted,
    "A single factor keeps the aspect, and the longer side decides which. At least one pixel is "
    "left, so that a thin line does not vanish.",
)


def _placed(box):
    rows, columns = np.indices(box.shape)
    top = round(14 - (rows * box).sum() / box.sum())
    left = round(14 - (columns * box).sum() / box.sum())
    frame = np.zeros((28, 28))
    frame[top : top + box.shape[0], left : left + box.shape[1]] = box
    return frame


def _placed_at(box, middle):
    frame = np.zeros((28, 28))
    top, left = (round(14 - at) for at in middle(box))
    frame[top : top + box.shape[0], left : left + box.shape[1]] = box
    return frame


def _center(box):
    rows, columns = np.indices(box.shape)
    return (rows * box).sum() / box.sum(), (columns * box).sum() / box.sum()


def _boxes():
    """Returns boxes of ink that tell the right way from the wrong ones, by more than rounding."""
    generator = np.random.default_rng(12)
    boxes = []
    while len(boxes) < 20:
        height, width = 2 * generator.integers(5, 10, 2)
        box = np.linspace(0.1, 1, height)[:, None] * generator.random((height, width)) ** 2
        box *= np.linspace(1, generator.random(), width)
        center = _center(box)
        room = 28 - max(height, width)
        fits = all(0 <= 14 - at <= room for at in center)
        clear = np.abs(np.mod(center, 1) - 0.5).min() > 0.05
        if fits and clear and round(center[0]) != round(center[1]):
            boxes.append(box)
    return boxes


def _middle(box):
    return tuple(side / 2 for side in box.shape)


def _judge_place(answer):
    judging.expect_function(
        answer,
        _placed,
        [(box,) for box in _boxes()],
        {
            "The middle of the box is in the middle of the frame; it is the center of mass that "
            "belongs there.": lambda box: _placed_at(box, _middle),
            "Every box gets a margin of 4 above and on the left. Where the center of mass comes "
            "to lie is then left to chance.": lambda box: _placed_at(box, lambda box: (10, 10)),
            "Row and column are swapped in the move.": (
                lambda box: _placed_at(box, lambda box: _center(box)[::-1])
            ),
            "The fraction is cut off, or the center of mass is brought to 13.5, which comes to the "
            "same. Round 14 - center.": lambda box: _placed_at(
                box, lambda box: [14 - int(14 - at) for at in _center(box)]
            ),
        },
    )


place_by_mass = Exercise(
    _judge_place,
    "np.indices(box.shape) gives the row and the column of every pixel. Weighed by the ink, "
    "their means are the center of mass. The corner goes to round(14 - center), for the rows and "
    "for the columns.",
    _placed,
    "Wherever the box has its ink, the frame has it balanced on index 14. All digits of one kind "
    "then lie on each other, as far as whole pixels allow.",
)


def _ink_is_dark(gray):
    border = np.concatenate([gray[0], gray[-1], gray[:, 0], gray[:, -1]])
    paper = np.median(border)
    return paper - gray.min() > gray.max() - paper


def _sheet(generator, paper, ink):
    """Returns a sheet with a ring of ink, away from its border."""
    sheet = np.full((60, 50), paper, "float64")
    top, left = generator.integers(3, 15, 2)
    bottom, right = generator.integers((30, 25), (57, 47))
    sheet[top:bottom, left:right] = ink
    sheet[top + 8 : bottom - 4, left + 5 : right - 5] = paper
    return (sheet + generator.uniform(-6, 6, sheet.shape)).clip(0, 255).round().astype("uint8")


def _sheets():
    generator = np.random.default_rng(12)
    shades = [(235, 30), (20, 240), (150, 40), (110, 230), (160, 245), (100, 15), (245, 150)]
    return [_sheet(generator, paper, ink) for paper, ink in shades for _ in range(3)]


def _judge_ink_is_dark(answer):
    sheets = _sheets()
    if callable(answer):
        given = judging.call(answer, sheets[0])
        if isinstance(given, str):
            raise Mistake("Give back True or False: True where the ink is darker than its paper.")
        if np.shape(given):
            raise Mistake(
                "Your function gives a value for each pixel; one answer for the whole picture was "
                "asked."
            )
    judging.expect_function(
        answer,
        _ink_is_dark,
        [(sheet,) for sheet in sheets],
        {
            "The other way round: True stands for dark ink on light paper.": (
                lambda gray: not _ink_is_dark(gray)
            ),
            "A fixed shade decides. Gray paper with black ink can have a dark mean, and gray paper "
            "with white ink a light one. Compare the ink with its own paper.": (
                lambda gray: gray.mean() > 127.5
            ),
            "Light paper is not enough: the ink may be lighter still. Compare the ink with the "
            "border.": lambda gray: np.median([gray[0].mean(), gray[-1].mean()]) > 127.5,
        },
    )


ink_is_dark = Exercise(
    _judge_ink_is_dark,
    "The pixels at the border are paper: gray[0], gray[-1], gray[:, 0] and gray[:, -1]. What lies "
    "farther from their median, the darkest pixel of the picture or the lightest?",
    _ink_is_dark,
    "The border shows the paper, and the ink is what differs most from it. No shade of gray is "
    "ink by itself.",
)
