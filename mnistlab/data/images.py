"""A picture file of one digit, prepared as MNIST is: `load_image`.

MNIST's digits are 28x28 pixels, light ink on black. A picture of another size
could be squeezed into that in one line, and a model would misread it without a
word. So what is not such a picture is refused here, with what was found in it.
"""

import io
import os
import warnings
from pathlib import Path

from mnistlab.errors import ImageError

import numpy as np
from PIL import Image, ImageOps, UnidentifiedImageError

SIDE = 28

FORMATS = ("PNG", "JPEG", "GIF", "BMP", "TIFF", "WEBP")
"""The formats that are tried; Pillow knows more, one of which starts another program."""

MOST_PIXELS = 25_000_000
LARGEST_FILE = 100 * 2**20

LEAST_CONTRAST = 0.1
"""Lightest minus darkest pixel, in [0, 1], below which there is nothing to read."""

GRAY_TOLERANCE = 4
"""Difference of red, green and blue, of 255, that lossy compression leaves in a gray pixel."""

EXPECTED = f"expected is one digit of {SIDE}x{SIDE} pixels, light ink on black, as in MNIST"


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
    path = Path(path)
    pixels = _decode(_read(path), path.name)
    _check_digit(pixels, path.name)
    return pixels.astype("float32").reshape(1, SIDE, SIDE, 1)


def _read(path: Path) -> bytes:
    try:
        _require_picture_file(path)
        return path.read_bytes()
    except OSError as cause:
        raise ImageError(
            f"{path.name} cannot be read: {cause.strerror or cause}. Check that you may read it."
        ) from cause


def _require_picture_file(path: Path) -> None:
    if path.is_dir():
        raise ImageError(f"{path.name} is a folder, not a picture. Name a file in it.")
    if not path.exists():
        raise ImageError(
            f"{path.name} does not exist in the folder {path.resolve().parent.name}. Check the "
            "name, and the folder that the notebook runs in."
        )
    if not path.is_file():
        raise ImageError(f"{path.name} is not an ordinary file. Name a picture file.")
    size = path.stat().st_size
    if size == 0:
        raise ImageError(f"{path.name} is empty; {EXPECTED}. Export or copy the picture again.")
    if size > LARGEST_FILE:
        raise ImageError(
            f"{path.name} has {size / 2**20:,.0f} MB, and at most {LARGEST_FILE // 2**20} MB are "
            f"read; {EXPECTED}. Name a smaller picture."
        )


def _decode(content: bytes, name: str) -> np.ndarray:
    """Returns the gray values, (28, 28), in [0, 1] unless the file holds floats beyond it."""
    try:
        with warnings.catch_warnings():
            # Pillow only warns of some damage, and of an image of 100 megapixels.
            warnings.simplefilter("error", UserWarning)
            warnings.simplefilter("error", RuntimeWarning)
            with Image.open(io.BytesIO(content), formats=FORMATS) as image:
                _check_frame(image, name)
                return _gray(ImageOps.exif_transpose(image), name)
    except ImageError:
        raise
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as cause:
        raise ImageError(_too_large(name)) from cause
    except UnidentifiedImageError as cause:
        raise ImageError(
            f"{name} is not an image that can be read here, or is damaged at its very beginning; "
            f"accepted are {', '.join(FORMATS)}. Export the picture as PNG."
        ) from cause
    # Damaged files make Pillow raise whatever its parsers stumble over: SyntaxError,
    # struct.error, zlib.error, EOFError, KeyError and others.
    except Exception as cause:
        raise ImageError(
            f"{name} is a damaged image: {_first_line(cause)}. Export or copy the picture again."
        ) from cause


def _check_frame(image: Image.Image, name: str) -> None:
    """Refuses by what the header says, before any pixel is decoded."""
    width, height = image.size
    if width * height > MOST_PIXELS:
        raise ImageError(_too_large(name))
    if (width, height) != (SIDE, SIDE):
        raise ImageError(
            f"{name} has {width}x{height} pixels; {EXPECTED}. Crop the picture to a square around "
            "the digit and scale it first: squeezed into that size, it would be misread."
        )
    frames = getattr(image, "n_frames", 1)
    if frames != 1:
        raise ImageError(
            f"{name} is animated or has pages: it holds {frames} pictures; {EXPECTED}. Save one "
            "of them on its own."
        )


def _too_large(name: str) -> str:
    return (
        f"{name} has more than {MOST_PIXELS // 1_000_000} megapixels; {EXPECTED}. Crop the "
        "picture to a square around the digit and scale it first."
    )


def _gray(image: Image.Image, name: str) -> np.ndarray:
    if image.mode.startswith("I;16") and "transparency" not in image.info:
        # Pillow's own conversion to 8 bits would clip all above 255 to white.
        return np.asarray(image) / 65535
    if image.mode == "F":
        return np.asarray(image)
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
    """Refuses values beyond [0, 1], pictures of nothing, and dark ink on light paper."""
    if not np.isfinite(pixels).all() or pixels.min() < 0 or pixels.max() > 1:
        raise ImageError(
            f"{name} has floating-point pixels that are not all in [0, 1]. Divide them by the "
            "value that stands for white, and save it again."
        )
    if np.ptp(pixels) < LEAST_CONTRAST:
        raise ImageError(f"{name} shows no digit: all of it is one shade of gray; {EXPECTED}.")
    edge = np.concatenate([pixels[0], pixels[-1], pixels[1:-1, 0], pixels[1:-1, -1]])
    if edge.mean() > 0.5:
        raise ImageError(
            f"{name} has dark ink on light paper, or is light at its edges; {EXPECTED}. Invert it "
            "first (Pillow's ImageOps.invert)."
        )


def _first_line(cause: Exception) -> str:
    lines = str(cause).strip().splitlines()
    return lines[0][:120] if lines else type(cause).__name__
