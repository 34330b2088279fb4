"""Right and wrong answers to the exercises of notebook 15."""

import numpy as np
import tensorflow as tf


def _shown(losses):
    mean, shown = np.float64(0), np.zeros(len(losses))
    for t, loss in enumerate(losses):
        shown[t] = mean
        mean += (1 - min(0.9, (1 + t) / (10 + t))) * (loss - mean)
    return shown


def _shown_by_recursion(losses):
    if not losses:
        return []
    before = _shown_by_recursion(losses[:-1])
    t = len(losses) - 2
    if t < 0:
        return [0.0]
    decay = min(0.9, (1 + t) / (10 + t))
    return [*before, decay * before[-1] + (1 - decay) * losses[-2]]


def _mean_with(decay_of, losses, after=False):
    shown, mean = [], 0.0
    for t, loss in enumerate(losses):
        decay = decay_of(t)
        following = decay * mean + (1 - decay) * loss
        shown.append(following if after else mean)
        mean = following
    return shown


def _tflearn_decay(t):
    return min(0.9, (1 + t) / (10 + t))


def _by_tensorflow(first, second, limit):
    clipped, _ = tf.clip_by_global_norm([tf.constant(first), tf.constant(second)], limit)
    return [each.numpy() for each in clipped]


def _by_one_long_row(first, second, limit):
    norm = np.linalg.norm(np.concatenate([first.ravel(), second.ravel()]))
    return (first, second) if norm <= limit else (first * limit / norm, second * limit / norm)


def _by_two_norms(first, second, limit):
    return [each * min(1, limit / np.linalg.norm(each)) for each in (first, second)]


def _root_of(mean_square, gradient, rate):
    return -rate * gradient * (mean_square + 1e-10) ** -0.5


RIGHT = {
    "sizes": [(14, 13), [14, (28 - 3) // 2 + 1], np.array([14.0, 13.0])],
    "parameters": [315_126, 16 * 26 + 100 * (14 * 14 * 16 + 1) + 1010, 315126.0],
    "validation_steps": [
        (47, 50, 94, 100, 141),
        sorted({47, 94, 141} | {50, 100}),
        np.array([47, 50, 94, 100, 141]),
    ],
    "running_mean": [_shown, _shown_by_recursion],
    "clipped": [_by_tensorflow, _by_one_long_row],
    "first_step": [
        lambda gradient, rate: _root_of(0.9 + 0.1 * gradient**2, gradient, rate),
        lambda gradient, rate: -rate * gradient / np.sqrt(1 - 0.1 * (1 - np.square(gradient))),
    ],
}

WRONG = {
    "sizes": [
        ((13, 14), "swapped"),
        ((14, 14), "has to fit in whole"),
        ((13, 13), "sticks out at the border"),
        ((10, 9), "how far apart"),
        ((14, 12), "Number 2 of 2"),
        (14, "2 numbers were asked"),
    ],
    "parameters": [
        (231_926, "padding='valid'"),
        (315_000, "Forgot the biases"),
        (1_255_926, "Forgot the pooling"),
        (21_126, "all 16 maps"),
        (314_710, "convolution is missing"),
        (314_116, "output layer is missing"),
        (3_230_954, "is not it"),
    ],
    "validation_steps": [
        ((46, 50, 92, 100, 138), "the 47th batch"),
        ((47, 94, 141), "adds every 50th step"),
        ((50, 100), "end of each epoch"),
        ((47, 50, 94, 100, 141, 150), "no step 150"),
        ((47, 47, 47), "counted on"),
        ((47, 50, 94, 100, 142), "Number 5 of 5"),
        (5, "5 numbers were asked"),
    ],
    "running_mean": [
        (lambda losses: _mean_with(_tflearn_decay, losses, after=True), "means after each step"),
        (lambda losses: _mean_with(lambda t: 0.9, losses), "0.9 from the first step on"),
        (lambda losses: _mean_with(lambda t: 1 - _tflearn_decay(t), losses), "swapped"),
        (lambda losses: _mean_with(lambda t: _tflearn_decay(t + 1), losses), "counted from 0"),
        (
            lambda losses: _mean_with(lambda t: (1 + t) / (10 + t), losses),
            "goes on growing toward 1",
        ),
        (
            lambda losses: [0, *(np.cumsum(losses) / np.arange(1, len(losses) + 1))[:-1]],
            "plain mean",
        ),
        (lambda losses: _shown(losses)[-1], "Only the last value"),
        (lambda losses: losses, "your function gives"),
        (0.9, "A function was asked"),
    ],
    "clipped": [
        (_by_two_norms, "by its own norm"),
        (
            lambda first, second, limit: [
                each * limit / np.linalg.norm([first, second]) for each in (first, second)
            ],
            "made longer",
        ),
        (
            lambda first, second, limit: [
                each * min(1, limit / np.sum(np.square([first, second])))
                for each in (first, second)
            ],
            "the root is missing",
        ),
        (
            lambda first, second, limit: [
                each * min(1, limit / (np.linalg.norm(first) + np.linalg.norm(second)))
                for each in (first, second)
            ],
            "The norms of the two are added",
        ),
        (
            lambda first, second, limit: [np.clip(each, -limit, limit) for each in (first, second)],
            "each number by itself",
        ),
        (lambda first, second, limit: (first, second), "Nothing is clipped"),
        (lambda first, second, limit: first, "what was asked is"),
        (lambda first, second, limit: first.__imul__(2), "changes the array"),
    ],
    "first_step": [
        (lambda gradient, rate: _root_of(0.1 * gradient**2, gradient, rate), "begins at 0 here"),
        (lambda gradient, rate: -_root_of(0.9 + 0.1 * gradient**2, gradient, rate), "The sign"),
        (
            lambda gradient, rate: -rate * gradient / (0.9 + 0.1 * gradient**2),
            "Divide by the root",
        ),
        (lambda gradient, rate: _root_of(0.1 + 0.9 * gradient**2, gradient, rate), "swapped"),
        (lambda gradient, rate: -rate * gradient, "before it is used"),
        (
            lambda gradient, rate: _root_of(0.9 + 0.1 * abs(gradient), gradient, rate),
            "the square of the gradient",
        ),
        (lambda gradient, rate: gradient, "your function gives"),
    ],
}
