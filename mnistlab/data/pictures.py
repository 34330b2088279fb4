"""Opening a picture file safely: what `load_image` and `load_photo` have in common.

A picture from elsewhere can be damaged, can be no picture at all, or can be a
few bytes that unpack to gigabytes. Here it is opened by an allowed format,
measured before it is decoded, and whatever goes wrong becomes an `ImageError`.
"""

import io
import os
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from mnistlab.errors import ImageError

import numpy as np
from PIL import Image, UnidentifiedImageError

FORMATS = ("PNG", "JPEG", "GIF", "BMP", "TIFF", "WEBP")
"""The formats that are tried; Pillow knows more, one of which starts another program."""

MOST_PIXELS = 25_000_000
LARGEST_FILE = 100 * 2**20

Source = str | os.PathLike | bytes | bytearray | memoryview | BinaryIO


@contextmanager
def open_picture(
    source: Source, expected: str, if_too_large: str
) -> Iterator[tuple[Image.Image, str]]:
    """Opens a picture whose pixels are not decoded yet, for a `with` statement.

    Args:
        source: a path, the content of a file, or a file opened in binary mode.
        expected: what a picture should be here, for the messages: "expected is
            ...".
        if_too_large: what to do with one of too many pixels, a sentence.

    Yields:
        The picture, and what to call it in a message. What the body of the
        `with` statement raises becomes an `ImageError` too: Pillow finds most
        damage only when it decodes.

    Raises:
        ImageError: the source cannot be read, is no picture of an allowed
            format, is damaged, or has more than 25 megapixels.

    Example:
        >>> with open_picture(b"seven", "expected is a photo", "Scale it down."):
        ...     pass
        Traceback (most recent call last):
            ...
        mnistlab.errors.ImageError: The picture is not an image that can be read here, or is \
damaged at its very beginning; accepted are PNG, JPEG, GIF, BMP, TIFF, WEBP. Export the picture \
as PNG.
    """
    content, name = _read(source, expected)
    too_large = (
        f"{name} has more than {MOST_PIXELS // 1_000_000} megapixels; {expected}. {if_too_large}"
    )
    try:
        with warnings.catch_warnings():
            # Pillow only warns of some damage, and of an image of 100 megapixels.
            warnings.simplefilter("error", UserWarning)
            warnings.simplefilter("error", RuntimeWarning)
            with Image.open(io.BytesIO(content), formats=FORMATS) as image:
                if image.width * image.height > MOST_PIXELS:
                    raise ImageError(too_large)
                yield image, name
    except ImageError:
        raise
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as cause:
        raise ImageError(too_large) from cause
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


def check_single(picture: Image.Image, name: str, expected: str) -> None:
    """Raises `ImageError` if a picture is an animation or has pages."""
    frames = getattr(picture, "n_frames", 1)
    if frames != 1:
        raise ImageError(
            f"{name} is animated or has pages: it holds {frames} pictures; {expected}. Save one "
            "of them on its own."
        )


def unit_floats(picture: Image.Image, name: str) -> np.ndarray:
    """Returns the pixels of a floating-point picture, or raises `ImageError` beyond [0, 1]."""
    pixels = np.asarray(picture)
    if not np.isfinite(pixels).all() or pixels.min() < 0 or pixels.max() > 1:
        raise ImageError(
            f"{name} has floating-point pixels that are not all in [0, 1]. Divide them by the "
            "value that stands for white, and save it again."
        )
    return pixels


def _read(source: Source, expected: str) -> tuple[bytes, str]:
    """Returns what is in the source, and what to call it."""
    if isinstance(source, str | os.PathLike):
        path = Path(source)
        return _read_path(path, expected), path.name
    if isinstance(source, bytes | bytearray | memoryview):
        content, name = bytes(source), "The picture"
    elif hasattr(source, "read"):
        content, name = _read_file(source)
    else:
        raise ImageError(
            f"A picture of the type {type(source).__name__} cannot be opened. Give a path, the "
            "bytes of a picture file, or a file opened in binary mode."
        )
    _check_length(len(content), name, expected)
    return content, name


def _read_path(path: Path, expected: str) -> bytes:
    try:
        _require_picture_file(path, expected)
        return path.read_bytes()
    except OSError as cause:
        raise ImageError(
            f"{path.name} cannot be read: {cause.strerror or cause}. Check that you may read it."
        ) from cause


def _require_picture_file(path: Path, expected: str) -> None:
    if "\0" in str(path):
        raise ImageError(
            "A text that holds a zero byte is not the path of a picture. Give a path, or the bytes "
            "of a picture file."
        )
    if path.is_dir():
        raise ImageError(f"{path.name} is a folder, not a picture. Name a file in it.")
    if not path.exists():
        raise ImageError(
            f"{path.name} does not exist in the folder {path.resolve().parent.name}. Check the "
            "name, and the folder that the notebook runs in."
        )
    if not path.is_file():
        raise ImageError(f"{path.name} is not an ordinary file. Name a picture file.")
    _check_length(path.stat().st_size, path.name, expected)


def _read_file(file: BinaryIO) -> tuple[bytes, str]:
    name = getattr(file, "name", None)
    name = Path(name).name if isinstance(name, str) else "The picture"
    try:
        # One byte more than is allowed shows that there are too many.
        content = file.read(LARGEST_FILE + 1)
    except (OSError, ValueError) as cause:
        raise ImageError(f"{name} cannot be read: {cause}. Open the file again.") from cause
    if not isinstance(content, bytes):
        raise ImageError(f'{name} is opened as text. Open it in binary mode: open(..., "rb").')
    return content, name


def _check_length(length: int, name: str, expected: str) -> None:
    if length == 0:
        raise ImageError(f"{name} is empty; {expected}. Export or copy the picture again.")
    if length > LARGEST_FILE:
        raise ImageError(
            f"{name} is too large: at most {LARGEST_FILE // 2**20} MB are read; {expected}. Name a "
            "smaller picture."
        )


def _first_line(cause: Exception) -> str:
    lines = str(cause).strip().splitlines()
    return lines[0][:120] if lines else type(cause).__name__
