"""Pen strokes drawn as pixels: lines with an exact place and width, not a picture of them.

A picture of a thin line, scaled down, is gray; that of a thick one is a blot.
Strokes are better scaled while they are still points, and drawn afterwards with
a pen of a fixed width: the brush and the size of the canvas then do not matter.
"""

from collections.abc import Sequence

from mnistlab.data.framing import BOX
from mnistlab.errors import ImageError

import numpy as np

WIDTH = 2.25
"""The pen's width in pixels of MNIST's frame."""

MOST_POINTS = 1_000_000
FARTHEST = 1e9

_STEP = 8
"""Places of a point that are told apart, to a pixel: a hand is no steadier."""

_SMALLEST = 1e-300
"""Extent that strokes can be divided by; what is smaller is a dot."""

_AT_ONCE = 2_000
"""Lines that are measured together, so that memory stays small."""


def check_strokes(strokes: Sequence) -> list[np.ndarray]:
    """Returns strokes as arrays, or raises an error that says what they are instead.

    Args:
        strokes: a list of strokes, each (n, 2): x to the right and y down. Empty
            ones are left out.

    Returns:
        A list of (n, 2) float64 arrays, n at least 1.

    Raises:
        ImageError: a stroke has another shape, is not numeric, or has points
            that are not finite or absurdly far away.

    Example:
        >>> [stroke.shape for stroke in check_strokes([[(3, 4), (5, 6)], []])]
        [(2, 2)]
    """
    if isinstance(strokes, str | bytes) or not hasattr(strokes, "__iter__"):
        raise ImageError(
            f"strokes is of type {type(strokes).__name__}; expected is a list of strokes, each "
            "(n, 2): x and y of its points."
        )
    checked = [_check_stroke(stroke, place) for place, stroke in enumerate(strokes)]
    total = sum(len(stroke) for stroke in checked)
    if total > MOST_POINTS:
        raise ImageError(
            f"The strokes have {total:,} points, more than {MOST_POINTS:,}. Leave some out: a few "
            "hundred describe a digit."
        )
    return [stroke for stroke in checked if len(stroke)]


def draw_strokes(
    strokes: Sequence, width: float = WIDTH, longest: int = BOX, keep_aspect: bool = True
) -> np.ndarray:
    """Draws strokes so that the ink fills a box of MNIST's size.

    Each pixel gets the share of it that the pen covers, measured by its
    distance from the nearest line. Points are joined by straight lines; a
    single point is a dot.

    Args:
        strokes: a list of (n, 2) arrays of x and y, y down; any scale and place.
        width: of the pen, in pixels of the result.
        longest: the longer side of the result, in pixels.
        keep_aspect: `False` stretches the strokes so that both sides are so long.

    Returns:
        (h, w) float32 in [0, 1].

    Raises:
        ImageError: there are no points, the strokes are not what they should
            be, or the width is not between 0 and `longest`.

    Example:
        >>> draw_strokes([[(0, 0), (0, 300)]], width=2).shape
        (20, 2)
    """
    strokes = check_strokes(strokes)
    if not strokes:
        raise ImageError("No digit found: no stroke has a point. Draw one first.")
    if not (isinstance(width, int | float | np.number) and 0 < width < longest):
        raise ImageError(
            f"width is {width!r}; expected is a number of pixels between 0 and {longest}. MNIST's "
            "own strokes are 2 to 2.5 pixels wide."
        )
    starts, ends, size = _lines_in_box(strokes, float(width), longest, keep_aspect)
    return _coverage(starts, ends, size, float(width))


def _check_stroke(stroke, place: int) -> np.ndarray:
    try:
        points = np.asarray(stroke)
        points = points.astype(np.float64) if points.dtype.kind in "iufb" else None
    except (TypeError, ValueError):
        points = None
    if points is not None and points.size == 0:
        return np.empty((0, 2))
    if points is None or points.ndim != 2 or points.shape[1] != 2:
        found = (
            f"is of type {type(stroke).__name__}"
            if points is None
            else f"has the shape {points.shape}"
        )
        raise ImageError(
            f"strokes[{place}] {found}; expected is (n, 2), x and y of its points. Give a list "
            "of strokes, also if there is only one: [stroke]."
        )
    if not np.isfinite(points).all():
        raise ImageError(
            f"strokes[{place}] has points that are NaN or infinite. Leave them out, or look for "
            "where they come from."
        )
    if np.abs(points).max() > FARTHEST:
        raise ImageError(
            f"strokes[{place}] has points beyond {FARTHEST:,.0f}. Give coordinates in pixels or "
            "millimeters."
        )
    return points


def _lines_in_box(strokes: list[np.ndarray], width: float, longest: int, keep_aspect: bool):
    """Returns the lines' starts and ends, (n, 2) each, and the box's (width, height) in pixels."""
    points = np.concatenate(strokes)
    low, extent = points.min(axis=0), np.ptp(points, axis=0)
    across = extent.max() if keep_aspect else extent
    scale = np.divide(
        longest - width, across, out=np.zeros(2), where=np.asarray(across) > _SMALLEST
    )
    inked = extent * scale + width
    # A hair more than a whole number is rounding, not ink.
    size = np.maximum(np.ceil(inked - 1e-6).astype(int), 1)
    margin = (size - inked) / 2 + width / 2
    starts, ends = [], []
    for stroke in strokes:
        path = _without_repeats((stroke - low) * scale + margin)
        starts.append(path[:-1] if len(path) > 1 else path)
        ends.append(path[1:] if len(path) > 1 else path)
    return np.concatenate(starts), np.concatenate(ends), size


def _without_repeats(path: np.ndarray) -> np.ndarray:
    """Leaves out points that stay where the one before them was."""
    moved = np.diff(np.floor(path * _STEP), axis=0).any(axis=1)
    kept = np.concatenate([[True], moved])
    kept[-1] = True
    return path[kept]


def _coverage(starts: np.ndarray, ends: np.ndarray, size, width: float) -> np.ndarray:
    columns, rows = np.meshgrid(np.arange(size[0]) + 0.5, np.arange(size[1]) + 0.5)
    pixels = np.stack([columns.ravel(), rows.ravel()], axis=1)
    nearest = np.full(len(pixels), np.inf)
    for first in range(0, len(starts), _AT_ONCE):
        part = slice(first, first + _AT_ONCE)
        np.minimum(nearest, _squared_distances(pixels, starts[part], ends[part]), out=nearest)
    inside = width / 2 - np.sqrt(nearest)
    return np.clip(inside + 0.5, 0, 1).astype(np.float32).reshape(size[1], size[0])


def _squared_distances(pixels: np.ndarray, starts: np.ndarray, ends: np.ndarray) -> np.ndarray:
    """Returns each pixel's squared distance to the nearest of these lines."""
    along = ends - starts
    length = (along**2).sum(axis=1)
    x, y = (pixels[:, None, axis] - starts[:, axis] for axis in (0, 1))
    share = (x * along[:, 0] + y * along[:, 1]) / np.where(length > 0, length, 1)
    share = np.clip(share, 0, 1)
    return ((x - share * along[:, 0]) ** 2 + (y - share * along[:, 1]) ** 2).min(axis=1)
