"""Answers that learners give to the exercises of notebook 10."""

import numpy as np

WEIGHTS = np.array([0.299, 0.587, 0.114])


def box_full(size):
    return np.full((size, size), 1 / (size * size))


def box_from_list(size):
    return [[1 / size**2] * size for _ in range(size)]


def luminance_by_channel(rgb):
    red, green, blue = rgb[..., 0], rgb[..., 1], rgb[..., 2]
    return 0.299 * red + 0.587 * green + 0.114 * blue


def luminance_by_sum(rgb):
    return (rgb * WEIGHTS).sum(axis=-1)


def cosine_by_norms(a, b):
    return np.vdot(a, b) / (np.linalg.norm(a) * np.linalg.norm(b))


def cosine_of_unit_rows(a, b):
    a, b = a.ravel() / np.linalg.norm(a), b.ravel() / np.linalg.norm(b)
    return a @ b


RIGHT = {
    "gx": [266, 266.0, (60 - 10) + 2 * (80 - 12) + (90 - 10)],
    "flat_wall": [(100, 0, 900, 100), [100, 0, 900, 100], np.array([100.0, 0, 900, 100])],
    "box_kernel": [box_full, box_from_list],
    "luminance": [luminance_by_channel, luminance_by_sum],
    "magnitude": [np.hypot, lambda gx, gy: abs(gx + 1j * gy)],
    "cosine_similarity": [cosine_by_norms, cosine_of_unit_rows],
}

WRONG = {
    "gx": [
        (-266, "sign is turned around"),
        (30, "rows and columns are swapped"),
        (-30, "and the sign too"),
        (198, "Prewitt"),
        (136, "middle row alone"),
        (354, "Nothing was subtracted"),
        (0, "is not it"),
    ],
    "flat_wall": [
        ((1, 0, 9, 1), "sums of the kernels"),
        ((100, 0, 100, 100), "nine ones are not a mean"),
        ((100, 100, 900, 100), "as much minus as plus"),
        ((500, 0, 900, 100), "neighbors are subtracted"),
        ((100, 0, 900, 1600), "divisor"),
        ((100, 0, 255, 100), "cut off at 255"),
        ((100, 400, 900, 100), "only the plus"),
        (100, "4 numbers were asked"),
    ],
    "box_kernel": [
        (lambda size: np.ones((size, size)), "Not divided yet"),
        (lambda size: np.ones((size, size)) / size, "Divided by the side"),
        (lambda size: np.full((3, 3), 1 / 9), "That is 3x3 for every size"),
        (lambda size: np.full((size, size), 1 / 9), "Divided by 9"),
        (lambda size: np.ones(size) / size, "give back a square"),
        (lambda size: np.zeros((size, size)), "was asked"),
        (1 / 9, "A function was asked"),
    ],
    "luminance": [
        (lambda rgb: rgb.mean(axis=-1), "plain mean"),
        (lambda rgb: rgb @ WEIGHTS[::-1], "BGR"),
        (lambda rgb: rgb @ np.array([0.2126, 0.7152, 0.0722]), "Rec. 709"),
        (lambda rgb: (rgb @ WEIGHTS) / 3, "the weights sum to 1 already"),
        (lambda rgb: rgb * WEIGHTS, "add them up"),
        (lambda rgb: rgb.sum(axis=-1, dtype=np.uint8), "wrap around at 256"),
        (lambda rgb: np.floor(rgb @ WEIGHTS), "cut off"),
        (lambda rgb: (rgb[..., 0] + rgb[..., 1] + rgb[..., 2]) / 3, "its sum is wrong too"),
        (lambda rgb: luminance_by_sum(rgb).round(), "is rounded"),
        (lambda rgb: luminance_by_sum(rgb) / 255, "another step"),
        (lambda rgb: rgb[..., 1], "was asked"),
    ],
    "magnitude": [
        (lambda gx, gy: gx**2 + gy**2, "The root is missing"),
        (lambda gx, gy: np.abs(gx) + np.abs(gy), "along the streets"),
        (lambda gx, gy: gx + gy, "cancel"),
        (lambda gx, gy: np.maximum(np.abs(gx), np.abs(gy)), "larger of the two"),
        (lambda gx, gy: np.sqrt(gx + gy), "The squares are missing"),
        (lambda gx, gy: np.sqrt((gx**2 + gy**2) / 2), "divided by 2"),
        (lambda gx, gy: np.arctan2(gy, gx), "That is the direction"),
        (lambda gx, gy: ((gx + gy) ** 2) ** 0.5, "Square each one"),
        (lambda gx, gy: np.sqrt(2 * gx + 2 * gy), "twice gx"),
        (lambda gx, gy: gx, "was asked"),
    ],
    "cosine_similarity": [
        (lambda a, b: (a * b).sum(), "Not divided by the two lengths"),
        (lambda a, b: (a * b).sum() / np.linalg.norm(a), "one of the two lengths only"),
        (lambda a, b: (a * b).sum() / np.linalg.norm(b), "second kernel"),
        (lambda a, b: abs(cosine_by_norms(a, b)), "The sign is lost"),
        (lambda a, b: cosine_by_norms(a, b) ** 2, "that is the square"),
        (lambda a, b: np.corrcoef(a.ravel(), b.ravel())[0, 1], "The means are taken away"),
        (lambda a, b: np.sqrt(((a - b) ** 2).sum()), "That is the distance"),
        (
            lambda a, b: (a @ b).sum() / np.linalg.norm(a) / np.linalg.norm(b),
            "Multiply number by number",
        ),
        (
            lambda a, b: (a * b).sum() / ((a**2).sum() * (b**2).sum()),
            "missing their roots",
        ),
        (lambda a, b: a * b / np.linalg.norm(a) / np.linalg.norm(b), "add them up"),
        (lambda a, b: np.arccos(cosine_by_norms(a, b)), "That is the angle"),
        (lambda a, b: 1.0, "was asked"),
    ],
}
