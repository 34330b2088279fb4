"""What comes from a pad to draw on, checked: the strokes of the picker and the canvas."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from mnistlab.errors import ImageError

import numpy as np

SCRIPT = Path(__file__).with_suffix(".js")
STYLE = Path(__file__).with_suffix(".css")

MOST_STROKES = 200
MOST_POINTS = 10_000
"""Of one drawing; the browser takes no more either."""


def from_browser(message: Mapping, buffers: Sequence[bytes]) -> list[np.ndarray]:
    """Returns the strokes of a message, or raises what it should have been.

    Args:
        message: `lengths` are the numbers of points of the strokes.
        buffers: the points of all strokes, one after another, float32.

    Returns:
        A list of (n, 2) float32 arrays: x, y in units of the pad's side, 0 to 1.

    Raises:
        ImageError: the message is no such strokes, or there are too many.

    Example:
        >>> points = np.array([[0.5, 0.1], [0.5, 0.9]], "<f4")
        >>> from_browser({"lengths": [2]}, [points.tobytes()])[0].tolist()
        [[0.5, 0.10000000149011612], [0.5, 0.8999999761581421]]
    """
    lengths = message.get("lengths")
    if not isinstance(lengths, list) or not all(type(each) is int and each > 0 for each in lengths):
        raise _refusal("the numbers of its points are missing")
    if len(lengths) > MOST_STROKES or sum(lengths) > MOST_POINTS:
        raise ImageError(
            f"The drawing has {len(lengths):,} strokes of {sum(lengths):,} points; at most "
            f"{MOST_STROKES} of {MOST_POINTS:,} are taken. Undo some of it, or clear the pad."
        )
    data = b"".join(bytes(each) for each in buffers)
    if len(data) != 8 * sum(lengths):
        raise _refusal(f"{sum(lengths)} points are announced, and {len(data)} bytes came")
    points = np.frombuffer(data, "<f4").reshape(-1, 2)
    if not ((points >= 0) & (points <= 1)).all():
        raise _refusal("a point is not on the pad")
    return np.split(points, np.cumsum(lengths)[:-1]) if lengths else []


def to_browser(strokes: Sequence[np.ndarray]) -> dict:
    """Returns strokes as the pad's script takes them; the opposite of `from_browser`.

    Example:
        >>> to_browser([np.zeros((3, 2))])["lengths"]
        [3]
    """
    data = b"".join(np.asarray(stroke, "<f4").tobytes() for stroke in strokes)
    return {"lengths": [len(stroke) for stroke in strokes], "points": data}


def on_pad(strokes: Sequence[np.ndarray], margin: float = 0.15) -> list[np.ndarray]:
    """Fits strokes of any scale into the pad, unless they are on it already.

    Args:
        strokes: a list of (n, 2) arrays, x to the right and y down.
        margin: what stays free on each side, in units of the pad's side.

    Returns:
        The strokes in units of the pad's side, 0 to 1; those that were so
        already stay where they are.

    Example:
        >>> [line] = on_pad([np.array([[100.0, 200.0], [100.0, 300.0]])])
        >>> line.round(2).tolist()
        [[0.5, 0.15], [0.5, 0.85]]
    """
    if not strokes:
        return []
    points = np.concatenate(strokes)
    low, high = points.min(axis=0), points.max(axis=0)
    if low.min() >= 0 and high.max() <= 1:
        return list(strokes)
    scale = (1 - 2 * margin) / (max(high - low) or 1)
    return [(stroke - (low + high) / 2) * scale + 0.5 for stroke in strokes]


def _refusal(what: str) -> ImageError:
    return ImageError(
        f"What the pad sent is no drawing: {what}. Draw it again; if that does not help, make the "
        "widget anew."
    )
