"""Which parts of the ink are the digit: not specks, lines and frames of the paper, or neighbors.

A digit is one part, or a few close to each other: the bar of a 5 that the pen
set down again, a 4 of two strokes, a 0 that does not close. What is as tall as
the digit and stands beside it is another digit.
"""

from dataclasses import dataclass

import numpy as np
from scipy import ndimage

_EIGHT = np.ones((3, 3), bool)

LEAST_SIZE = 0.04
"""Longer side of a digit, as a share of the picture's: what is smaller is a speck."""

_SPECK = 0.15  # longer side of a stroke, as a share of the digit's
_SPECK_AREA = 0.02
_NEAR = 0.25  # of the digit's longer side
_TOUCHING = 0.12
_TALL = 0.5
_APART = 0.2  # share of the narrower part's width that lies above or below the other
_REMAINS = 0.25  # of the picture's longer side, that is more than lines
_RUN = 0.25
_FRAME = 0.06
_PATTERN = 8  # parts from which on they are a pattern of the paper
_THIN = 0.25  # of the pen's width, to each side
_KEPT = 0.6


@dataclass(frozen=True)
class _Part:
    number: int
    area: int
    top: int
    bottom: int
    left: int
    right: int
    cut: bool

    @property
    def height(self) -> int:
        return self.bottom - self.top

    @property
    def width(self) -> int:
        return self.right - self.left

    @property
    def size(self) -> int:
        return max(self.height, self.width)


@dataclass(frozen=True, eq=False)
class Digit:
    """What of the ink is taken for the digit.

    Attributes:
        mask: (h, w) bool: where the digit is.
        count: how many digits are to be seen; the largest is taken.
        cut: whether the border of the picture cuts it.
        notes: what was left out, a sentence each.
    """

    mask: np.ndarray
    count: int
    cut: bool
    notes: tuple[str, ...]


def digit_parts(mask: np.ndarray) -> Digit | None:
    """Chooses the parts of the ink that are one digit.

    Args:
        mask: (h, w) bool: where there is ink.

    Returns:
        The `Digit`, or `None` where there are only specks.

    Example:
        >>> ink = np.zeros((50, 50), bool)
        >>> ink[10:40, 24:28] = ink[2:4, 2:4] = True
        >>> digit = digit_parts(ink)
        >>> int(digit.mask.sum()), digit.notes
        (120, ('1 speck was left out.',))
    """
    notes = []
    lines = _lines(mask) | _lines(mask.T).T
    labels, parts = _parts_of(mask & ~lines)
    if (
        len(parts) >= _PATTERN
        and (opened := _without_thin(mask & ~lines, labels, parts)) is not None
    ):
        labels, parts = _parts_of(opened)
        notes.append("What is much thinner than the pen was taken as printed on the paper.")
    elif lines.any() and _some_digit(parts, mask.shape):
        notes.append("Lines across the whole picture were taken as printed on the paper.")
    elif lines.any():
        # A 1 in a picture cut to it runs across all of it, too.
        labels, parts = _parts_of(mask)
    parts, frames = _without_frames(parts, labels)
    if frames:
        notes.append("A frame around the digit was left out.")
    largest = max(parts, key=_weight, default=None)
    if largest is None or largest.size < max(3, LEAST_SIZE * max(mask.shape)):
        return None
    chosen = _grow(largest, parts, labels)
    rest = [part for part in parts if part not in chosen]
    if cut := sum(part.cut for part in rest):
        notes.append(f"Ink at the border was left out ({_count(cut, 'part')}).")
    others = sum(_is_digit_beside(part, largest) for part in rest)
    if specks := len(rest) - cut - others:
        were = "was" if specks == 1 else "were"
        notes.append(f"{_count(specks, 'speck')} {were} left out.")
    where = np.isin(labels, [part.number for part in chosen])
    return Digit(where, 1 + others, largest.cut, tuple(notes))


def _count(number: int, word: str) -> str:
    return f"{number} {word}" if number == 1 else f"{number} {word}s"


def _parts_of(mask: np.ndarray) -> tuple[np.ndarray, list[_Part]]:
    labels, _ = ndimage.label(mask, _EIGHT)
    areas = np.bincount(labels.ravel())
    height, width = mask.shape
    parts = []
    for number, (rows, columns) in enumerate(ndimage.find_objects(labels), 1):
        cut = 0 in (rows.start, columns.start) or rows.stop == height or columns.stop == width
        parts.append(
            _Part(
                number, int(areas[number]), rows.start, rows.stop, columns.start, columns.stop, cut
            )
        )
    return labels, parts


def _weight(part: _Part) -> float:
    """Ink at the border is more often a neighbor, a line or a shadow than the digit."""
    return part.area * part.size * (0.1 if part.cut else 1)


def _grow(digit: _Part, parts: list[_Part], labels: np.ndarray) -> list[_Part]:
    """Adds to the largest part the strokes that belong to it."""
    away = ndimage.distance_transform_edt(labels != digit.number)
    chosen = [digit]
    for part in parts:
        if part is digit or part.cut:
            continue
        small = part.size < _SPECK * digit.size or part.area < _SPECK_AREA * digit.area
        reach = _TOUCHING if _is_beside(part, digit) else _NEAR
        if not small and away[labels == part.number].min() <= reach * digit.size:
            chosen.append(part)
    return chosen


def _is_beside(part: _Part, other: _Part) -> bool:
    """Tells whether a part is as tall as another and shares no columns with it to speak of."""
    shared = min(part.right, other.right) - max(part.left, other.left)
    shared_rows = min(part.bottom, other.bottom) - max(part.top, other.top)
    return (
        part.height >= _TALL * other.height
        and shared <= _APART * min(part.width, other.width)
        and shared_rows >= _TALL * min(part.height, other.height)
    )


def _is_digit_beside(part: _Part, digit: _Part) -> bool:
    return (
        not part.cut
        and part.height >= _TALL * digit.height
        and part.size >= _TALL * digit.size
        and part.area >= 0.2 * digit.area
    )


def _without_frames(parts: list[_Part], labels: np.ndarray) -> tuple[list[_Part], int]:
    """Leaves out boxes drawn around the digit: ink in all four corners, and something inside."""
    frames = [part for part in parts if _is_frame(part, parts, labels)]
    return [part for part in parts if part not in frames], len(frames)


def _is_frame(part: _Part, parts: list[_Part], labels: np.ndarray) -> bool:
    holds = any(
        other.size >= 0.3 * part.size
        and other.top > part.top
        and other.bottom < part.bottom
        and other.left > part.left
        and other.right < part.right
        for other in parts
    )
    if not holds:
        return False
    box = labels[part.top : part.bottom, part.left : part.right] == part.number
    deep = max(2, round(_FRAME * part.size))
    corners = [box[rows, columns] for rows in _ends(deep) for columns in _ends(deep)]
    return all(corner.any() for corner in corners)


def _ends(deep: int) -> tuple[slice, slice]:
    return slice(None, deep), slice(-deep, None)


def _without_thin(mask: np.ndarray, labels: np.ndarray, parts: list[_Part]) -> np.ndarray | None:
    """Removes what is much thinner than the largest part's pen; None: that was most of it."""
    largest = labels == max(parts, key=_weight).number
    inside = ndimage.distance_transform_edt(largest)
    radius = round(_THIN * 4 * float(inside[largest].mean()))
    if radius < 1:
        return None
    near = np.hypot(*np.mgrid[-radius : radius + 1, -radius : radius + 1]) <= radius
    core = ndimage.binary_opening(mask, near)
    # The opening rounds off ends and corners; they come back, and with them stubs of lines.
    opened = ndimage.binary_dilation(core, _EIGHT) & mask
    return opened if (opened & largest).sum() >= _KEPT * largest.sum() else None


def _some_digit(parts: list[_Part], shape: tuple[int, int]) -> bool:
    return any(part.size >= _REMAINS * max(shape) and not part.cut for part in parts)


def _lines(mask: np.ndarray) -> np.ndarray:
    """Returns the pixels of thin lines from the left side to the right, a little tilted or not."""
    height, width = mask.shape
    if min(height, width) < 20:
        return np.zeros_like(mask)
    thickened = ndimage.binary_dilation(mask, np.ones((3, 1), bool))
    runs = ndimage.binary_opening(thickened, np.ones((1, max(5, round(_RUN * width))), bool))
    labels, _ = ndimage.label(runs, _EIGHT)
    lines = np.zeros_like(mask)
    for number, (rows, columns) in enumerate(ndimage.find_objects(labels), 1):
        thin = (labels[rows, columns] == number).sum(axis=0).max() <= max(5, 0.04 * height)
        if columns.start <= 1 and columns.stop >= width - 1 and thin:
            lines[rows, columns] |= labels[rows, columns] == number
    return lines & ~_met(mask & ~lines, lines)


def _met(strokes: np.ndarray, lines: np.ndarray) -> np.ndarray:
    """Returns the pixels of lines right above or below which a stroke goes on: they are its own."""
    met = np.zeros_like(lines)
    labels, _ = ndimage.label(lines, _EIGHT)
    for number, (rows, columns) in enumerate(ndimage.find_objects(labels), 1):
        around = slice(max(rows.start - 1, 0), rows.stop + 1), columns
        line = labels[around] == number
        beside = ndimage.binary_dilation(line, np.ones((3, 1), bool)) & strokes[around]
        met[around] |= line & beside.any(axis=0)
    return met
