"""Opening a picture safely: whatever it comes as, it leaves as rows, columns and three colors.

A picture from elsewhere can be damaged, can be no picture at all, or can be a
few bytes that unpack to gigabytes. Here it is opened by an allowed format,
measured before it is decoded, and whatever goes wrong becomes an `ImageError`.
Then each of the many ways to store a pixel (1 to 16 bits, floating point,
palettes, print colors, transparency) is brought into one.
"""

import io
import os
import warnings
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, nullcontext
from pathlib import Path
from typing import BinaryIO, NamedTuple

from mnistlab.errors import ImageError

import numpy as np
from PIL import Image, ImageOps, UnidentifiedImageError

FORMATS = ("PNG", "JPEG", "GIF", "BMP", "TIFF", "WEBP")
"""The formats that are tried; Pillow knows more, one of which starts another program."""

MOST_PIXELS = 25_000_000
LARGEST_FILE = 100 * 2**20

LEAST_CONTRAST = 26
"""Lightest minus darkest of 255 levels, below which ink is not seen on its paper: a tenth."""

Source = str | os.PathLike | bytes | bytearray | memoryview | BinaryIO | Image.Image | np.ndarray

_ROUNDING = 1e-6
"""How far outside [0, 1] resizing leaves a floating-point pixel that was inside."""

_BITS, _PHOTOMETRIC, _ORIENTATION = 258, 262, 274
"""Numbers under which a TIFF, and in part EXIF, tells what its pixels are."""

_WHITE_IS_ZERO = 0
"""The value of `_PHOTOMETRIC` that turns 8 bits into their negative in Pillow, and 16 do not."""

_KINDS = ("1", "L", "LA", "P", "PA", "RGB", "RGBA", "RGBa", "RGBX", "CMYK", "YCbCr", "LAB", "HSV")
"""Pillow's pixel kinds of 8 bits or fewer that it converts to colors without a guess."""

_OTHER_FILES = (
    (b"%PDF", "a PDF document"),
    (b"%!PS", "a PostScript (EPS) drawing"),
    (b"<svg", "an SVG drawing"),
    (b"ftypheic", "a HEIC photo, as iPhones take them"),
    (b"ftypmif1", "a HEIF photo"),
    (b"ftypavif", "an AVIF picture"),
)
"""What the first bytes of files hold that people take for pictures that can be read here."""

_NOTED = (UserWarning, RuntimeWarning)

_MOST_WARNINGS = 3


class Pixels(NamedTuple):
    """A picture of any kind, as rows, columns and three colors.

    Attributes:
        colors: (height, width, 3) uint8: red, green and blue; may be written to.
        name: what to call the picture in a message; begins a sentence.
        notes: what a reader should know of how it was read, a sentence each.
    """

    colors: np.ndarray
    name: str
    notes: tuple[str, ...]


def read_pixels(source: Source, expected: str, if_too_large: str) -> Pixels:
    """Reads a picture, whatever it comes as.

    Args:
        source: the path of a PNG, JPEG, GIF, BMP, TIFF or WEBP file, its
            content as bytes, a file opened in binary mode, a Pillow image, or
            an array: (height, width) or (height, width, 1 to 4), the channels
            being gray, gray and opacity, three colors, or colors and opacity;
            uint8, uint16, bool, or floating point in [0, 1].
        expected: what a picture should be here, for the messages: "expected is
            ...".
        if_too_large: what to do with one of too many pixels, a sentence.

    Returns:
        Its pixels, its name and the notes. Gray pictures get three equal
        colors; 16 bits are scaled to 8; the orientation that a camera noted is
        honored; transparent parts become white, or black where the ink would
        not be seen on white. Of a JPEG that holds several pictures, as some
        phones write it, the first is read.

    Raises:
        ImageError: it cannot be read, is damaged or no picture, is animated or
            has pages, has more than 25 megapixels, or is an array of another
            shape or with values out of range.

    Example:
        >>> import io
        >>> file = io.BytesIO()
        >>> ink = np.zeros((2, 3, 4), "uint8")
        >>> ink[0, 0, 3] = 255
        >>> Image.fromarray(ink).save(file, "PNG")
        >>> colors, _, notes = read_pixels(file.getvalue(), "expected is a digit", "Scale it down.")
        >>> colors[:, :, 0]
        array([[  0, 255, 255],
               [255, 255, 255]], dtype=uint8)
        >>> notes
        ('Transparent parts were taken as white.',)
    """
    with warnings.catch_warnings(record=True) as warned:
        # Of what Pillow only warns, the pixels are there: it is noted, not refused.
        for category in _NOTED:
            warnings.simplefilter("default", category)
        if isinstance(source, np.ndarray):
            name = "The array"
            pixels, notes = _array_pixels(source, expected, if_too_large), []
        else:
            with open_picture(source, expected, if_too_large) as (picture, name):
                pixels, notes = _decode(picture, name, expected)
    notes += [f"Pillow warned: {text}" for text in _texts(warned)]
    colors, paper = _on_paper(_eight_bits(pixels, name))
    if paper is not None:
        notes.append(paper)
    return Pixels(colors, name, tuple(notes))


@contextmanager
def open_picture(
    source: Source, expected: str, if_too_large: str
) -> Iterator[tuple[Image.Image, str]]:
    """Opens a picture whose pixels are not decoded yet, for a `with` statement.

    Args:
        source: a path, the content of a file, a file opened in binary mode, or
            a Pillow image.
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
    if isinstance(source, Image.Image):
        content, name = None, _file_name(getattr(source, "filename", ""))
    else:
        content, name = _read(source, expected)
    too_large = _too_large(name, expected, if_too_large)
    try:
        with _opened(source, content) as picture:
            if picture.width * picture.height > MOST_PIXELS:
                raise ImageError(too_large)
            if not picture.width * picture.height:
                raise ImageError(f"{name} has no pixels; {expected}. Choose another picture.")
            yield picture, name
    except ImageError:
        raise
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as cause:
        raise ImageError(too_large) from cause
    except UnidentifiedImageError as cause:
        raise ImageError(
            f"{name} is {_what_else(content or b'')}; accepted are {', '.join(FORMATS)}. Export "
            "the picture as PNG."
        ) from cause
    # Damaged files make Pillow raise whatever its parsers stumble over: SyntaxError,
    # struct.error, zlib.error, EOFError, KeyError and others.
    except Exception as cause:
        raise ImageError(
            f"{name} is a damaged image: {_first_line(cause)}. Export or copy the picture again."
        ) from cause


def _opened(source: Source, content: bytes | None) -> AbstractContextManager[Image.Image]:
    """Returns the picture for a `with` statement that closes only what was opened here."""
    if content is None:
        return nullcontext(source)
    return Image.open(io.BytesIO(content), formats=FORMATS)


def _decode(picture: Image.Image, name: str, expected: str) -> tuple[np.ndarray, list[str]]:
    """Returns the pixels, of any kind that `_eight_bits` understands, and the notes."""
    notes = []
    # Phones put a preview or a depth map into the same file, behind the photo.
    if picture.format == "MPO":
        notes.append("The file holds several pictures; the first was read.")
    else:
        _check_single(picture, name, expected)
    # Decoding a TIFF turns it, and forgets that it did.
    if picture.getexif().get(_ORIENTATION) in range(2, 9):
        notes.append("It was turned as the camera noted.")
    # What a TIFF says of itself; a picture that was turned has forgotten it.
    tags = getattr(picture, "tag_v2", {})
    return _stored_pixels(ImageOps.exif_transpose(picture), tags, name), notes


def _check_single(picture: Image.Image, name: str, expected: str) -> None:
    """Raises `ImageError` if a picture is an animation or has pages."""
    frames = getattr(picture, "n_frames", 1)
    if frames != 1:
        raise ImageError(
            f"{name} is animated or has pages: it holds {frames} pictures; {expected}. Save one "
            "of them on its own."
        )


def _stored_pixels(picture: Image.Image, tags: Mapping, name: str) -> np.ndarray:
    if picture.mode.startswith("I;16"):
        return _deep_gray(picture, tags)
    if picture.mode == "F":
        pixels = np.asarray(picture)
        return 1 - pixels if tags.get(_PHOTOMETRIC) == _WHITE_IS_ZERO else pixels
    if picture.mode == "I":
        return _whole_numbers(picture, name)
    if picture.mode == "La":
        return np.asarray(picture.convert("LA"))
    if picture.mode not in _KINDS:
        raise ImageError(
            f"{name} has pixels of the kind {picture.mode}, which has no one translation into "
            "colors. Save it as an ordinary PNG or JPEG."
        )
    if picture.has_transparency_data:
        return np.asarray(picture.convert("RGBA"))
    return np.asarray(picture if picture.mode in ("1", "L", "RGB") else picture.convert("RGB"))


def _deep_gray(picture: Image.Image, tags: Mapping) -> np.ndarray:
    """Returns uint16: (height, width), or (height, width, 2) where one gray is transparent."""
    # Pillow's own conversion to 8 bits would clip all above 255 to white.
    pixels = np.asarray(picture).astype("uint16")
    if "transparency" in picture.info:
        opacity = (pixels != picture.info["transparency"]) * np.uint16(65535)
        return np.dstack([pixels, opacity])
    if tags.get(_BITS) == (12,):
        pixels = np.rint(pixels * np.float32(65535 / 4095)).astype("uint16")
    return 65535 - pixels if tags.get(_PHOTOMETRIC) == _WHITE_IS_ZERO else pixels


def _whole_numbers(picture: Image.Image, name: str) -> np.ndarray:
    """Returns uint16 of the kind of Pillow image that holds 16 bits in 32."""
    pixels = np.asarray(picture)
    if pixels.min() < 0 or not 255 < pixels.max() <= 65535:
        raise ImageError(
            f"{name} has pixels of the kind I, which has no one translation into colors: they go "
            f"from {pixels.min()} to {pixels.max()}, and 16 bits would reach from 0 to 65535. Save "
            "it as an ordinary PNG or JPEG."
        )
    return pixels.astype("uint16")


def _array_pixels(array: np.ndarray, expected: str, if_too_large: str) -> np.ndarray:
    """Returns the array if it has the shape of one picture."""
    if array.ndim not in (2, 3) or (array.ndim == 3 and array.shape[2] not in range(1, 5)):
        raise ImageError(
            f"The array has the shape {array.shape}; {expected}, as rows and columns, or as rows, "
            "columns and one to four channels. Take one image of a batch: images[0]."
        )
    if not array.size:
        raise ImageError(f"The array of the shape {array.shape} has no pixels; {expected}.")
    if array.shape[0] * array.shape[1] > MOST_PIXELS:
        raise ImageError(_too_large("The array", expected, if_too_large))
    return array


def _eight_bits(pixels: np.ndarray, name: str) -> np.ndarray:
    """Returns (height, width, channels) uint8 of pixels of any type."""
    if pixels.ndim == 2:
        pixels = pixels[:, :, np.newaxis]
    if pixels.dtype == bool:
        return pixels * np.uint8(255)
    if pixels.dtype.kind == "u" and pixels.dtype.itemsize == 2:
        whole, rest = np.divmod(pixels, 257)
        return (whole + (rest > 128)).astype("uint8")
    if pixels.dtype.kind in "ui":
        _check_range(pixels, 0, 255, name, "whole numbers", "Convert them to uint8 or uint16.")
        return pixels.astype("uint8")
    if pixels.dtype.kind == "f":
        _check_unit(pixels, name)
        return np.rint(np.clip(pixels, 0, 1) * 255).astype("uint8")
    raise ImageError(
        f"{name} has pixels of the type {pixels.dtype}. Convert them to uint8, uint16, bool, or "
        "floating point in [0, 1]."
    )


def _check_unit(pixels: np.ndarray, name: str) -> None:
    kind, remedy = "floating-point pixels", "Divide them by the value that stands for white."
    _check_range(pixels, 0, 1, name, kind, remedy, _ROUNDING)


def _check_range(
    pixels: np.ndarray, low: int, high: int, name: str, kind: str, remedy: str, slack: float = 0
) -> None:
    # Written so that a NaN is outside, too.
    outside = ~((pixels >= low - slack) & (pixels <= high + slack))
    if not outside.any():
        return
    place = np.unravel_index(outside.argmax(), outside.shape)
    raise ImageError(
        f"{name} has {kind} that are not all in [{low}, {high}]: {pixels[place]:g} in row "
        f"{place[0]}, column {place[1]}. {remedy}"
    )


def _on_paper(pixels: np.ndarray) -> tuple[np.ndarray, str | None]:
    """Returns (height, width, 3) uint8, and a note where something was transparent."""
    channels = list(np.moveaxis(pixels, 2, 0))
    opacity = channels.pop() if len(channels) in (2, 4) else None
    if opacity is None or opacity.min() == 255:
        return _three(channels), None
    on_white = [_blend(channel, opacity, 255) for channel in channels]
    if max(map(_contrast, on_white)) < LEAST_CONTRAST <= _contrast(opacity):
        note = "Transparent parts were taken as black: on white, the ink would not be seen."
        return _three([_blend(channel, opacity, 0) for channel in channels]), note
    return _three(on_white), "Transparent parts were taken as white."


def _blend(channel: np.ndarray, opacity: np.ndarray, paper: int) -> np.ndarray:
    """Lays one channel on paper; 16 bits hold every sum, and take little memory."""
    mixed = channel.astype("uint16") * opacity
    mixed += (255 - opacity) * np.uint16(paper)
    mixed += 127
    mixed //= 255
    return mixed.astype("uint8")


def _contrast(channel: np.ndarray) -> int:
    """Lightest minus darkest level."""
    return int(channel.max()) - int(channel.min())


def _three(channels: list[np.ndarray]) -> np.ndarray:
    """Returns a copy, so that nobody's array is written to by accident."""
    return np.stack(channels if len(channels) == 3 else 3 * channels, axis=2)


def _too_large(name: str, expected: str, if_too_large: str) -> str:
    megapixels = MOST_PIXELS // 1_000_000
    return f"{name} has more than {megapixels} megapixels; {expected}. {if_too_large}"


def _what_else(content: bytes) -> str:
    for beginning, kind in _OTHER_FILES:
        if beginning in content[:512]:
            return f"{kind}, not an image that can be read here"
    return "not an image that can be read here, or is damaged at its very beginning"


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
            "bytes of a picture file, a file opened in binary mode, a Pillow image or an array."
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
    name = _file_name(getattr(file, "name", ""))
    try:
        # One byte more than is allowed shows that there are too many.
        content = file.read(LARGEST_FILE + 1)
    except (OSError, ValueError) as cause:
        raise ImageError(f"{name} cannot be read: {cause}. Open the file again.") from cause
    if not isinstance(content, bytes):
        raise ImageError(f'{name} is opened as text. Open it in binary mode: open(..., "rb").')
    return content, name


def _file_name(path: object) -> str:
    """Returns the name without its folders; not every file or Pillow image has one."""
    return Path(path).name if path and isinstance(path, str) else "The picture"


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


def _texts(warned: list[warnings.WarningMessage]) -> list[str]:
    """Returns the first few different texts; a damaged file can give thousands."""
    texts = (
        _first_line(warning.message) for warning in warned if issubclass(warning.category, _NOTED)
    )
    return list(dict.fromkeys(texts))[:_MOST_WARNINGS]
