"""Right and wrong answers to the exercises of notebook 12."""

from mnistlab.data import framing

import numpy as np
from scipy import ndimage


def _fitted(height, width):
    longer = max(height, width)
    return [max(1, round(20 * side / longer)) for side in (height, width)]


def _fitted_by_pillow_like_rules(height, width):
    shape = framing.fit(np.ones((height, width))).shape
    return np.array(shape)


def _by_scipy(box):
    top, left = np.rint(14 - np.array(ndimage.center_of_mass(box))).astype(int)
    bottom, right = 28 - top - box.shape[0], 28 - left - box.shape[1]
    return np.pad(box, ((top, bottom), (left, right)))


def _rolled(box):
    frame = np.zeros((28, 28))
    frame[: box.shape[0], : box.shape[1]] = box
    center = np.array(framing.center_of_mass(box))
    return np.roll(frame, tuple(np.rint(14 - center).astype(int)), axis=(0, 1))


def _at(box, top, left):
    frame = np.zeros((28, 28))
    frame[top : top + box.shape[0], left : left + box.shape[1]] = box
    return frame


def _middle_of_the_box(box):
    return _at(box, (28 - box.shape[0]) // 2, (28 - box.shape[1]) // 2)


def _moved(box, change):
    top, left = change(np.array(ndimage.center_of_mass(box)))
    return _at(box, int(top), int(left))


def _border(gray):
    return np.concatenate([gray[0], gray[-1], gray[:, 0], gray[:, -1]]).astype(float)


def _mean_is_darker_than_paper(gray):
    return gray.mean() < _border(gray).mean()


def _farthest_from_the_corner(gray):
    corner = float(gray[0, 0])
    away = gray.astype(float) - corner
    return away.ravel()[np.abs(away).argmax()] < 0


RIGHT = {
    "center_of_mass": [(1, 1.75), [1.0, 7 / 4], ndimage.center_of_mass([[0, 0, 0], [0, 1, 3]])],
    "corner": [(5, 6), [5, 6], np.rint([14 - 8.6, 14 - 8.3])],
    "fitted_size": [_fitted, _fitted_by_pillow_like_rules],
    "place_by_mass": [_by_scipy, _rolled, framing.place],
    "ink_is_dark": [_mean_is_darker_than_paper, _farthest_from_the_corner],
}

WRONG = {
    "center_of_mass": [
        ((1.75, 1), "swapped"),
        ((1, 1.5), "middle of the box"),
        ((0.5, 1), "middle of the array"),
        ((2, 2.75), "counted from 0"),
        ((4 / 6, 7 / 6), "not by the number of pixels"),
        ((4, 7), "the sums alone"),
        ((1, 2), "Number 2 of 2"),
        (1.75, "2 numbers were asked"),
    ],
    "corner": [
        ((6, 5), "swapped"),
        ((4, 8), "middle of the box"),
        ((4, 4), "margin of 4"),
        ((5.4, 5.7), "whole numbers"),
        ((4.9, 5.2), "14, not 13.5"),
        ((-5, -6), "away from the middle"),
        ((5, 5), "cut off"),
        ((5, 7), "Number 2 of 2"),
    ],
    "fitted_size": [
        (lambda height, width: (20, 20), "the proportions are lost"),
        (
            lambda height, width: (
                round(20 * height / min(height, width)),
                round(20 * width / min(height, width)),
            ),
            "The shorter side becomes 20",
        ),
        (
            lambda height, width: (20, max(1, round(width * 20 / height))),
            "the height 20, whatever the width",
        ),
        (lambda height, width: _fitted(width, height), "swapped"),
        (
            lambda height, width: [round(20 * s / max(height, width)) for s in (height, width)],
            "disappears",
        ),
        (
            lambda height, width: [
                max(1, round(28 * s / max(height, width))) for s in (height, width)
            ],
            "the box has 20",
        ),
        (
            lambda height, width: [max(1, 20 * s / max(height, width)) for s in (height, width)],
            "Not rounded yet",
        ),
        (
            lambda height, width: [
                max(1, int(20 * s / max(height, width))) for s in (height, width)
            ],
            "cuts the fraction off",
        ),
        (lambda height, width: 20 / max(height, width), "what was asked is 2 values"),
        ((20, 5), "A function was asked"),
    ],
    "place_by_mass": [
        (_middle_of_the_box, "the center of mass that belongs there"),
        (lambda box: _at(box, 4, 4), "margin of 4"),
        (lambda box: _moved(box, lambda center: np.rint(14 - center[::-1])), "swapped"),
        (lambda box: _moved(box, lambda center: np.floor(14 - center)), "cut off"),
        (lambda box: _moved(box, lambda center: np.rint(13.5 - center)), "comes to the same"),
        (lambda box: 255 * _by_scipy(box), "your function gives"),
        (lambda box: box, "what was asked is 28x28"),
        (lambda box: box[:, :, None], "what was asked is 28x28"),
        (framing.place(np.ones((20, 4))), "A function was asked"),
    ],
    "ink_is_dark": [
        (lambda gray: not _mean_is_darker_than_paper(gray), "The other way round"),
        (lambda gray: gray.mean() > 128, "A fixed shade decides"),
        (lambda gray: gray[0].mean() > 128, "Light paper is not enough"),
        (lambda gray: gray < 128, "a value for each pixel"),
        (lambda gray: "dark on light", "Give back True or False"),
        (lambda gray: True, "your function gives"),
    ],
}
