"""A picture file of one digit, prepared as MNIST is: `load_image`.

MNIST's digits are 28x28 pixels, light ink on black. A picture of another size
could be squeezed into that in one line, and a model would misread it without a
word. So what is not such a picture is refused here, with what was found in it.
"""

import os
from collections.abc import Sequence
from pathlib import Path

from mnistlab.data.framing import as_pixels, place
from mnistlab.data.pictures import check_single, open_picture, unit_floats
from mnistlab.data.strokes import WIDTH, draw_strokes
from mnistlab.errors import ImageError

import numpy as np
from PIL import Image, ImageOps

SIDE = 28

LEAST_CONTRAST = 0.1
"""Lightest minus darkest pixel, in [0, 1], below which there is nothing to read."""

GRAY_TOLERANCE = 4
"""Difference of red, green and blue, of 255, that lossy compression leaves in a gray pixel."""

EXPECTED = f"expected is one digit of {SIDE}x{SIDE} pixels, light ink on black, as in MNIST"

TO_MAKE_IT_FIT = "Crop the picture to a square around the digit and scale it first."


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


def load_image(path: str | os.PathLike) -> np.ndarray:
    """Loads a picture of one digit in the form that the models take.

    Args:
        path: a PNG, JPEG, GIF, BMP, TIFF or WEBP file of 28x28 pixels: light
            ink on black, gray. Eight or sixteen bits a pixel, one bit, and
            floating-point values in [0, 1] are understood; so are colors, if
            all of them are grays.

    Returns:
        (1, 28, 28, 1) float32 in [0, 1]: a batch of one image.

    Raises:
        ImageError: the file cannot be read, is damaged or no image, or holds
            something else than one such digit.

    Source: the function of this name in J. Brownlee's tutorial "How to Develop
    a CNN for MNIST Handwritten Digit Classification" (2019), which resizes
    every picture to 28x28.

    Example:
        >>> import tempfile
        >>> pixels = np.zeros((28, 28), "uint8")
        >>> pixels[4:24, 14] = 255
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     path = Path(folder, "one.png")
        ...     Image.fromarray(pixels).save(path)
        ...     load_image(path).shape
        (1, 28, 28, 1)
    """
    with open_picture(Path(path), EXPECTED, TO_MAKE_IT_FIT) as (picture, name):
        _check_frame(picture, name)
        pixels = _gray(ImageOps.exif_transpose(picture), name)
    _check_digit(pixels, name)
    return pixels.astype("float32").reshape(1, SIDE, SIDE, 1)


def _check_frame(image: Image.Image, name: str) -> None:
    """Refuses by what the header says, before any pixel is decoded."""
    if image.size != (SIDE, SIDE):
        raise ImageError(
            f"{name} has {image.width}x{image.height} pixels; {EXPECTED}. Crop the picture to a "
            "square around the digit and scale it first: squeezed into that size, it would be "
            "misread."
        )
    check_single(image, name, EXPECTED)


def _gray(image: Image.Image, name: str) -> np.ndarray:
    if image.mode.startswith("I;16") and "transparency" not in image.info:
        # Pillow's own conversion to 8 bits would clip all above 255 to white.
        return np.asarray(image) / 65535
    if image.mode == "F":
        return unit_floats(image, name)
    if image.mode not in ("1", "L", "LA", "P", "PA", "RGB", "RGBA"):
        raise ImageError(
            f"{name} has pixels of the kind {image.mode}; {EXPECTED}. Save it as a gray PNG."
        )
    image = image.convert("RGBA")
    *colors, opacity = np.moveaxis(np.asarray(image), -1, 0)
    if opacity.min() < 255:
        raise ImageError(
            f"{name} has transparent pixels, which have no gray value of their own; {EXPECTED}. "
            "Put it on a black background and save it as a gray PNG."
        )
    if np.ptp(colors, axis=0).max() > GRAY_TOLERANCE:
        raise ImageError(f"{name} has colors; {EXPECTED}. Save it as a gray PNG.")
    return np.divide(image.convert("L"), 255, dtype="float32")


def _check_digit(pixels: np.ndarray, name: str) -> None:
    """Refuses pictures of nothing, and dark ink on light paper."""
    if np.ptp(pixels) < LEAST_CONTRAST:
        raise ImageError(f"{name} shows no digit: all of it is one shade of gray; {EXPECTED}.")
    edge = np.concatenate([pixels[0], pixels[-1], pixels[1:-1, 0], pixels[1:-1, -1]])
    if edge.mean() > 0.5:
        raise ImageError(
            f"{name} has dark ink on light paper, or is light at its edges; {EXPECTED}. Invert it "
            "first (Pillow's ImageOps.invert)."
        )
