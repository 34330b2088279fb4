"""Digits drawn by rule, in the styles that MNIST hardly has.

MNIST was written by Americans. Elsewhere a 1 has a flag, a 7 a bar, a 9 a
curled tail, and a 4 is open, or closed high above its foot. Here such digits
are drawn as pen strokes: each has a few measures (how long the flag is, how far
the tail goes back), which are chosen at random in wide ranges, and is then
slanted, turned, squeezed and made wavy like handwriting. Nobody's handwriting
is in them.
"""

from collections.abc import Callable
from itertools import pairwise

from mnistlab.data.framing import as_pixels, place
from mnistlab.data.strokes import draw_strokes
from mnistlab.errors import DataError

import numpy as np

Strokes = list[np.ndarray]


def make_styles(count: int, seed: int = 1) -> tuple[np.ndarray, np.ndarray]:
    """Draws digits in styles that MNIST hardly has.

    Args:
        count: how many; the styles take turns.
        seed: of the random measures. The same seed gives the same digits, and
            a larger count only adds to them.

    Returns:
        Images, (count, 28, 28) uint8 in MNIST's form, and their labels,
        (count,) uint8.

    Raises:
        DataError: the count is negative or no whole number.

    Example:
        >>> images, labels = make_styles(8)
        >>> images.shape, labels.tolist()
        ((8, 28, 28), [1, 7, 9, 4, 1, 1, 7, 9])
    """
    if not isinstance(count, int | np.integer) or count < 0:
        raise DataError(f"count is {count!r}; expected is a whole number from 0 on.")
    images = np.zeros((count, 28, 28), np.uint8)
    labels = np.resize(np.array(_TURNS, np.uint8), count)
    rng = np.random.default_rng(seed)
    for image, label in zip(images, labels, strict=True):
        strokes = _written(_STYLES[int(label)](rng), rng)
        width = float(np.clip(rng.normal(2.5, 0.5), 1.6, 4))
        image[:] = as_pixels(place(draw_strokes(strokes, width)))
    return images, labels


def _flagged_one(rng: np.random.Generator) -> Strokes:
    """A stem, and a flag that comes up to its tip; a foot now and then."""
    tip, foot = np.zeros(2), np.array([rng.normal(0, 0.04), 1.0])
    angle = np.radians(rng.uniform(15, 60))
    # A flag that is both long and flat would make a 7 of it.
    length = rng.uniform(0.18, min(0.75, 0.46 / np.sin(angle)))
    end = length * np.array([-np.sin(angle), np.cos(angle)])
    sag = rng.normal(0.04, 0.05) * length * np.array([np.cos(angle), np.sin(angle)])
    bend = (tip + foot) / 2 + [rng.normal(0, 0.03), 0]
    if rng.random() < 0.3:
        strokes = [_curve([end, end / 2 + sag, [-0.02, 0], [0.02, 0.06], bend, foot])]
    else:
        strokes = [np.vstack([_curve([end, end / 2 + sag, tip]), _curve([tip, bend, foot])])]
    if rng.random() < 0.2:
        half = rng.uniform(0.15, 0.4)
        strokes.append(_bar(foot, half * rng.uniform(0.7, 1.2), half, rng.normal(0, 0.03, 2)))
    return strokes


def _crossed_seven(rng: np.random.Generator) -> Strokes:
    """A bar that may begin with a hook and may rise, a stem, and mostly a bar across it."""
    width = rng.uniform(0.4, 0.8)
    left, right = np.array([0, rng.normal(0.04, 0.07)]), np.array([width, 0])
    foot = np.array([rng.uniform(0, 0.4) * width, 1.0])
    top = _curve([left, (left + right) / 2 + [0, rng.normal(0, 0.04)], right])
    if rng.random() < 0.35:
        hook = [rng.uniform(-0.03, 0.03), rng.uniform(0.06, 0.2)]
        top = np.vstack([left + hook, top])
    bend = (right + foot) / 2 + [rng.normal(-0.03, 0.06), 0]
    strokes = [np.vstack([top, _curve([right, bend, foot])])]
    if rng.random() < 0.7:
        share = rng.uniform(0.38, 0.6)
        middle, half = right * (1 - share) + foot * share, rng.uniform(0.12, 0.32)
        left_half, right_half = half * rng.uniform(0.7, 1.2, 2)
        strokes.append(_bar(middle, left_half, right_half, rng.normal(0, 0.05, 2)))
    return strokes


def _curled_nine(rng: np.random.Generator) -> Strokes:
    """A loop that closes or nearly so, and a tail that curls back, leans or stands."""
    width, height = rng.uniform(0.38, 0.6), rng.uniform(0.34, 0.52)
    turn = np.radians(rng.uniform(-70, 10) - np.linspace(0, rng.uniform(300, 370), 10))
    loop = np.stack([width / 2 * np.cos(turn), height / 2 * (1 + np.sin(turn))], axis=1)
    right = width / 2 + rng.normal(0, 0.03)
    top = [right, rng.uniform(0, 0.3) * height]
    kind = rng.random()
    if kind < 0.6:
        back, up = rng.uniform(0.35, 0.85), rng.uniform(-0.02, 0.16)
        belly = [right - rng.uniform(0.05, 0.15), 0.86 + rng.normal(0, 0.03)]
        under = [right - 0.55 * back, 1.0]
        side = [right + rng.normal(0, 0.04), 0.9 * height + 0.1]
        tail = [top, side, belly, under, [right - back, 1 - up]]
    elif kind < 0.8:
        lean = rng.uniform(0, 0.1), rng.uniform(0.1, 0.4)
        tail = [top, [right, height], [right - lean[0], 0.8], [right - lean[1], 1.0]]
    else:
        foot = [right - rng.uniform(-0.05, 0.15), 1.0]
        tail = [top, [right + rng.normal(0, 0.02), 0.6], foot]
    parts = [_curve(loop), _curve(tail)]
    return [np.vstack(parts)] if rng.random() < 0.7 else parts


def _open_or_closed_four(rng: np.random.Generator) -> Strokes:
    """A corner and a stem: closed at the top, open, or drawn in one like a flash."""
    width, corner = rng.uniform(0.45, 0.7), rng.uniform(0.5, 0.72)
    kind = rng.random()
    if kind < 0.4:
        high = rng.random() < 0.5
        corner = rng.uniform(0.25, 0.5) if high else corner
        stem, over = width * rng.uniform(0.6, 0.8), rng.uniform(0, 0.05 if high else 0.25)
        head = np.array([[stem, 0], [0, corner], [stem + over, corner + rng.normal(0, 0.04)]])
        return [head, np.array([[stem, rng.uniform(0, 0.12)], [stem + rng.normal(0, 0.05), 1]])]
    left = _curve(
        [[rng.uniform(0.05, 0.3), rng.uniform(0, 0.1)], [0.09, 0.55 * corner], [0, corner]]
    )
    if kind < 0.75:
        stem = width * rng.uniform(0.65, 0.85)
        head = np.vstack([left, [width + 0.12, corner + rng.normal(0, 0.05)]])
        return [head, np.array([[stem, rng.uniform(0, 0.45)], [stem + rng.normal(-0.03, 0.06), 1]])]
    stem = 0.8 * width
    back = [[0, corner], [width / 2, 0.93 * corner], [stem + 0.05, 0.45 * corner]]
    return [np.vstack([left, _curve([*back, [stem + 0.02, 0.8], [stem - 0.05, 1.0]])])]


_STYLES: dict[int, Callable[[np.random.Generator], Strokes]] = {
    1: _flagged_one,
    7: _crossed_seven,
    9: _curled_nine,
    4: _open_or_closed_four,
}
# Flags come in more kinds than the rest, from a tick to three quarters of the stem.
_TURNS = (1, 7, 9, 4, 1)


def _bar(middle: np.ndarray, left: float, right: float, tilt: np.ndarray) -> np.ndarray:
    return middle + np.array([[-left, tilt[0]], [right, tilt[1]]])


def _curve(points, steps: int = 5) -> np.ndarray:
    """Returns a smooth path through points (a Catmull-Rom spline), `steps` points a section."""
    points = np.asarray(points, np.float64)
    ends = 2 * points[0] - points[1], 2 * points[-1] - points[-2]
    around = np.vstack([ends[0], points, ends[1]])
    before, start, end, after = (around[k : len(around) - 3 + k, None] for k in range(4))
    share = np.linspace(0, 1, steps)[:, None]
    path = 0.5 * (
        2 * start
        + (end - before) * share
        + (2 * before - 5 * start + 4 * end - after) * share**2
        + (3 * start - before - 3 * end + after) * share**3
    )
    return path.reshape(-1, 2)


def _written(strokes: Strokes, rng: np.random.Generator) -> Strokes:
    """Makes drawn strokes look written: slanted, turned, squeezed, and wavy."""
    slant, turn = rng.normal(0.12, 0.2), rng.normal(0, 0.1)
    squeeze = np.exp(rng.normal(0, 0.18))
    matrix = np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]])
    matrix = matrix @ [[squeeze, -slant], [0, 1]]
    phases, heights = rng.uniform(0, 2 * np.pi, 4), rng.normal(0, 0.02, 4)
    written = []
    for stroke in strokes:
        x, y = _denser(stroke).T
        waves = np.sin(np.stack([5 * y, 9 * y, 5 * x, 7 * y]) + phases[:, None])
        across, down = (heights[:2] @ waves[:2], heights[2:] @ waves[2:])
        written.append(np.stack([x + across, y + down], axis=1) @ matrix.T)
    return written


def _denser(path: np.ndarray, step: float = 0.08) -> np.ndarray:
    """Adds points to long lines, so that they can be bent."""
    parts = []
    for start, end in pairwise(path):
        count = max(1, int(np.ceil(np.abs(end - start).max() / step)))
        parts.append(np.linspace(start, end, count, endpoint=False))
    return np.vstack([*parts, path[-1:]])
