"""Any picture of a digit, or pen strokes, in the form that MNIST has: one 28x28 digit.

A model that knows MNIST misreads what is not in MNIST's form: a digit in a
corner, a thin pen, dark ink on light paper. So a picture is brought into that
form by the steps that made MNIST: the ink is found, cut out, scaled to 20
pixels, and centered by its center of mass. What shows no digit, or several, is
refused rather than guessed at.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from mnistlab.data.framing import BOX, SIDE, as_pixels, center_of_mass, fit, place
from mnistlab.data.ink import (
    DARK_ON_LIGHT,
    LIGHT_ON_DARK,
    WORKING_SIZE,
    Ink,
    find_ink,
    has_edges,
    shrink,
    stands_out,
)
from mnistlab.data.parts import Digit, digit_parts
from mnistlab.data.pictures import Source, read_pixels
from mnistlab.data.strokes import WIDTH, draw_strokes
from mnistlab.errors import ImageError

import numpy as np
from PIL import Image
from scipy import ndimage

EXPECTED = "expected is a picture of one digit, of at most 25 megapixels"

TO_MAKE_IT_FIT = "Cut the picture to the digit, or scale it down; 1,000 pixels a side are plenty."

WIDEST = 4.5
"""Pixels of the widest pens in MNIST: 5 % of its digits are wider."""

_FINE = 10
"""Steps of a pixel in which strokes are made wider or thinner."""

_MARGIN = 0.3
"""Paper that is kept around a small digit when it is looked at again, as a share of its size."""

_NARROW, _WIDE = 0.25, 0.5
"""Widths of a pen, as shares of the digit's size: surely strokes, and surely none."""

_FULL, _SQUARE = 0.7, 0.4
"""Ink's share of its box, and the box's aspect: both exceeded by a sheet of paper."""

_EVEN = 0.05
"""What counts in place of how ink stands out, where its surroundings are as dark."""

_CUT = 0.5

_SMALL = 0.5
"""Share of the picture below which a digit is looked at again, cut out of the full picture."""


@dataclass(frozen=True, eq=False)
class Steps:
    """A picture on its way into MNIST's form.

    Attributes:
        original: (h, w, 3) uint8: the picture; a large one scaled down to 256
            pixels.
        ink: (h, w) float32 in [0, 1]: how much ink is where, of what is taken
            for the digit.
        box: (top, left, bottom, right): where it is in `original`, in pixels;
            bottom and right are the first ones outside.
        scaled: (h, w) float32 in [0, 1], the longer side 20: cut out and scaled,
            strokes thinner than MNIST's made wider.
        centered: (28, 28) uint8: the digit in MNIST's form.
        polarity: "dark on light" or "light on dark".
        notes: what else was noticed, a sentence each.
    """

    original: np.ndarray
    ink: np.ndarray
    box: tuple[int, int, int, int]
    scaled: np.ndarray
    centered: np.ndarray
    polarity: str
    notes: tuple[str, ...]


def strokes_to_digit(
    strokes: Sequence, width: float = WIDTH, keep_aspect: bool = True, center: str = "mass"
) -> np.ndarray:
    """Draws pen strokes as MNIST has its digits.

    The strokes are scaled while they are points, and drawn afterwards with a
    pen of a fixed width: neither the brush nor the size of the canvas matters.

    Args:
        strokes: a list of (n, 2) arrays of x and y, y down, in any scale and
            place; a single point is a dot.
        width: of the pen, in pixels of the 28x28 image.
        keep_aspect: `False` stretches the strokes to a square of 20x20, which
            is not what MNIST did.
        center: "mass" puts the center of mass in the middle, as MNIST did;
            "box" puts the bounding box there.

    Returns:
        (28, 28) uint8, light ink on black.

    Raises:
        ImageError: there is no ink, or the strokes are not what they should be.

    Example:
        >>> seven = [[(0, 0), (60, 0), (20, 90)], [(15, 45), (55, 45)]]
        >>> digit = strokes_to_digit(seven)
        >>> digit.shape, int(np.ptp(np.flatnonzero(digit.any(axis=1)))) + 1
        ((28, 28), 20)
    """
    box = draw_strokes(strokes, width, keep_aspect=keep_aspect)
    return as_pixels(place(box, center))


def image_to_digit(
    image: Source, describe: bool = False, keep_aspect: bool = True, center: str = "mass"
) -> np.ndarray | Steps:
    """Brings any picture of one digit into the form that MNIST has.

    The ink may be dark on light or light on dark, of any color, in uneven
    light, on lined paper. A picture that has MNIST's form already is returned
    pixel for pixel.

    Args:
        image: the path of a PNG, JPEG, GIF, BMP, TIFF or WEBP file, its content
            as bytes, a file opened in binary mode, a Pillow image, or an array:
            (h, w) or (h, w, 1 to 4), uint8, uint16, bool, or float in [0, 1].
        describe: `True` returns the steps as pictures.
        keep_aspect: `False` stretches the ink to a square of 20x20, which is not
            what MNIST did.
        center: "mass" puts the center of mass in the middle, as MNIST did;
            "box" puts the bounding box there.

    Returns:
        (28, 28) uint8, light ink on black; or the `Steps` to it.

    Raises:
        ImageError: the picture cannot be read, is too large, animated or
            damaged, shows nothing that stands out, or more than one digit.

    Example:
        >>> paper = np.full((300, 200, 3), 235, "uint8")
        >>> paper[50:250, 60:70] = (30, 40, 120)
        >>> steps = image_to_digit(paper, describe=True)
        >>> steps.polarity, steps.box, steps.centered.shape
        ('dark on light', (43, 51, 213, 60), (28, 28))
    """
    pixels, name, notes = read_pixels(image, EXPECTED, TO_MAKE_IT_FIT)
    steps = _ready(pixels, notes) if keep_aspect and center == "mass" else None
    if steps is None:
        steps = _prepare(pixels, name, notes, keep_aspect, center)
    return steps if describe else steps.centered


def load_image(path: Source) -> np.ndarray:
    """Loads a picture of one digit in the form that the models take.

    Args:
        path: a picture file of any size, as `image_to_digit` takes it.

    Returns:
        (1, 28, 28, 1) float32 in [0, 1]: a batch of one image.

    Raises:
        ImageError: as `image_to_digit`.

    Source: the function of this name in J. Brownlee's tutorial "How to Develop
    a CNN for MNIST Handwritten Digit Classification" (2019), which resizes
    every picture to 28x28.

    Example:
        >>> import tempfile
        >>> from pathlib import Path
        >>> pixels = np.zeros((28, 28), "uint8")
        >>> pixels[4:24, 14] = 255
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     path = Path(folder, "one.png")
        ...     Image.fromarray(pixels).save(path)
        ...     load_image(path).shape
        (1, 28, 28, 1)
    """
    return np.float32(image_to_digit(path).reshape(1, SIDE, SIDE, 1)) / np.float32(255)


def _ready(pixels: np.ndarray, notes: tuple[str, ...]) -> Steps | None:
    """Returns the steps of a picture that needs none, or `None`."""
    if pixels.shape[:2] != (SIDE, SIDE) or np.ptp(pixels, axis=2).any():
        return None
    gray = pixels[:, :, 0]
    for polarity, digit in ((LIGHT_ON_DARK, gray), (DARK_ON_LIGHT, 255 - gray)):
        if digit.max() < 128 or np.count_nonzero(digit) > SIDE**2 / 2:
            continue
        top, left, bottom, right = box = _box(digit > 0)
        off_center = np.abs(np.subtract(center_of_mass(digit), SIDE / 2)).max()
        if max(bottom - top, right - left) == BOX and off_center <= 1:
            ink = np.float32(digit) / np.float32(255)
            return Steps(
                pixels, ink, box, ink[top:bottom, left:right], digit.copy(), polarity, notes
            )
    return None


@dataclass(frozen=True, eq=False)
class _Found:
    ink: Ink
    digit: Digit
    likely: float


def _prepare(
    pixels: np.ndarray, name: str, notes: tuple[str, ...], keep_aspect: bool, center: str
) -> Steps:
    original = shrink(pixels)
    found = closer = _find(original, name, (DARK_ON_LIGHT, LIGHT_ON_DARK))
    box = _box(found.digit.mask)
    if len(pixels) > len(original) and _longer(box) < _SMALL * WORKING_SIZE:
        cut_out = _cut_out(pixels, box, len(pixels) / len(original))
        closer = _find(shrink(cut_out), name, (found.ink.polarity,))
    scaled = _scale(_only(closer), keep_aspect)
    return Steps(
        original,
        _only(found),
        box,
        scaled,
        as_pixels(place(scaled, center)),
        found.ink.polarity,
        (*notes, *found.digit.notes),
    )


def _find(pixels: np.ndarray, name: str, polarities: Sequence[str]) -> _Found:
    """Finds the digit: dark or light, as it looks more like one."""
    possible = [_look(pixels, polarity) for polarity in polarities]
    found = max(filter(None, possible), key=lambda each: each.likely, default=None)
    if found is None or found.likely <= 0:
        raise ImageError(
            f"{name} has no digit found: nothing in it stands out from its background as a pen's "
            "strokes do. Write darker or with a thicker pen, photograph in more light, or cut the "
            "picture to the digit."
        )
    if found.digit.count > 1:
        raise ImageError(
            f"{name} shows {found.digit.count} digits, as far as can be seen; expected is one. Cut "
            "the picture to one of them."
        )
    return found


def _look(pixels: np.ndarray, polarity: str) -> _Found | None:
    ink = find_ink(pixels, polarity)
    digit = digit_parts(ink.mask) if ink.clear else None
    if digit is None or not has_edges(ink.light, digit.mask):
        return None
    likely = _like_strokes(digit.mask) * (_EVEN + max(stands_out(ink.light, digit.mask), 0))
    return _Found(ink, digit, likely * (_CUT if digit.cut else 1))


def _like_strokes(mask: np.ndarray) -> float:
    """Tells strokes, near 1, from blots and sheets of paper, which are 0."""
    top, left, bottom, right = _box(mask)
    cut_out = mask[top:bottom, left:right]
    sheet = cut_out.mean() > _FULL and min(cut_out.shape) > _SQUARE * max(cut_out.shape)
    pen = _pen_width(ndimage.distance_transform_edt(np.pad(cut_out, 1))) / max(cut_out.shape)
    return 0.0 if sheet else float(np.clip((_WIDE - pen) / (_WIDE - _NARROW), 0, 1))


def _pen_width(inside: np.ndarray) -> float:
    """Returns the width of strokes, of the distances to their edge: it is w / 4 on average."""
    return 4 * float(inside[inside > 0].mean())


def _box(mask: np.ndarray) -> tuple[int, int, int, int]:
    """Returns (top, left, bottom, right) of what is true."""
    rows, columns = (np.flatnonzero(mask.any(axis=axis)) for axis in (1, 0))
    return int(rows[0]), int(columns[0]), int(rows[-1]) + 1, int(columns[-1]) + 1


def _longer(box: tuple[int, int, int, int]) -> int:
    top, left, bottom, right = box
    return max(bottom - top, right - left)


def _cut_out(pixels: np.ndarray, box: tuple[int, int, int, int], scale: float) -> np.ndarray:
    margin = _MARGIN * _longer(box) + 1
    top, left = (max(0, int((start - margin) * scale)) for start in box[:2])
    bottom, right = (int((stop + margin) * scale) + 1 for stop in box[2:])
    return pixels[top:bottom, left:right]


def _only(found: _Found) -> np.ndarray:
    """Returns the ink of the digit with its soft edges, and none of what is beside it."""
    near = ndimage.binary_dilation(found.digit.mask, iterations=2)
    return np.where(near, found.ink.strength, np.float32(0))


def _scale(ink: np.ndarray, keep_aspect: bool) -> np.ndarray:
    """Cuts the ink out and scales it to 20 pixels, with a pen as wide as MNIST's.

    A thin line in a large picture would be a gray shade in a small one. So lines are brought to
    MNIST's width before they are scaled.
    """
    mask = _width_of_mnist(_enlarged(ink) > 0.5)
    top, left, bottom, right = _box(mask)
    return fit(mask[top:bottom, left:right].astype(np.float32), BOX, keep_aspect)


def _enlarged(ink: np.ndarray) -> np.ndarray:
    """Returns the ink, cut out, with 10 pixels for each of MNIST's."""
    top, left, bottom, right = _box(ink > 0.5)
    edge = 2
    cut = np.pad(ink, edge)[top : bottom + 2 * edge, left : right + 2 * edge]
    scale = _FINE * BOX / max(bottom - top, right - left)
    size = tuple(max(1, round(side * scale)) for side in cut.shape[::-1])
    kind = Image.Resampling.BICUBIC if scale > 1 else Image.Resampling.BOX
    return np.asarray(Image.fromarray(cut).resize(size, kind))


def _width_of_mnist(mask: np.ndarray) -> np.ndarray:
    """Makes strokes wider or thinner that are not as wide as MNIST's are."""
    inside = ndimage.distance_transform_edt(mask)
    width = _pen_width(inside) / _FINE
    wanted = min(max(width, WIDTH), WIDEST)
    more = (wanted - width) / 2 * _FINE
    edge = max(0, int(np.ceil(more))) + 1
    mask = np.pad(mask, edge)
    outside = ndimage.distance_transform_edt(~mask)
    changed = np.pad(inside, edge) - outside > -more
    return changed if changed.any() else mask
