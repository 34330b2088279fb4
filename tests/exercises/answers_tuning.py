"""Answers that learners give to the exercises of notebook 16."""

import math

import numpy as np


def cosine_squared(step, steps, peak):
    return peak * math.cos(math.pi * step / (2 * steps)) ** 2


def cosine_of_numpy(step, steps, peak):
    share = step / steps
    return 0.5 * peak + 0.5 * peak * np.cos(np.pi * share)


def luck_by_loops(deviations):
    best = []
    for search in deviations:
        best.append(max(search))
    return sum(best) / len(best)


RIGHT = {
    "steps": [880, 5 * math.ceil(15_000 * 3 / 4 / 64), np.int64(880)],
    "combinations": [1680, 3 * 7 * 4 * 4 * 5],
    "cosine": [cosine_squared, cosine_of_numpy],
    "luck": [luck_by_loops, lambda deviations: np.sort(deviations)[:, -1].mean()],
}

WRONG = {
    "steps": [
        (875, "but it is a step, too"),
        (879, "Round up within each epoch"),
        (1175, "take no part in the training"),
        (176, "That is one epoch"),
        (11_250, "a step takes 64"),
        (900, "is not it"),
        ("880", "A number was asked"),
    ],
    "combinations": [
        (23, "one setting at a time"),
        (420, "schedules or the depths"),
        (105, "leaves out both"),
        (6720, "trains 4 networks"),
        (2240, "Three scalings are left"),
        (1, "is not it"),
    ],
    "cosine": [
        (lambda step, steps, peak: peak * (1 + math.cos(math.pi * step / steps)), "Twice too"),
        (lambda step, steps, peak: peak * math.cos(math.pi * step / steps), "becomes negative"),
        (lambda step, steps, peak: peak - peak * step / steps, "a straight line"),
        (lambda step, steps, peak: peak / 2 * (1 + math.cos(180 * step / steps)), "radians"),
        (
            lambda step, steps, peak: peak / 2 * (1 + math.cos(2 * math.pi * step / steps)),
            "a whole wave",
        ),
        (lambda step, steps, peak: peak * math.cos(math.pi * step / 2 / steps), "a quarter"),
        (lambda step, steps, peak: peak / 2 * (1 - math.cos(math.pi * step / steps)), "climbs"),
        (
            lambda step, steps, peak: peak / 2 * (1 + math.cos(math.pi * step / (steps - 1))),
            "One step too quick",
        ),
        (lambda step, steps, peak: peak, "your function gives"),
        (0.5, "A function was asked"),
    ],
    "luck": [
        (np.mean, "an average trial"),
        (lambda deviations: deviations.max(axis=0).mean(), "A row is one search"),
        (np.max, "luckiest of all searches"),
        (np.std, "The spread is not it"),
        (lambda deviations: deviations.min(axis=1).mean(), "The worst of each"),
        (lambda deviations: deviations.max(axis=1), "their mean was asked"),
        (lambda deviations: 0.0, "your function gives 0"),
    ],
}
