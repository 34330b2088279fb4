"""Thousands of damaged pictures, in a process of its own that may not take much memory.

Run as a program, it prints what became of them, as JSON.
"""

import json
import random
import struct
import sys
import warnings
import zlib
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from mnistlab.data.images import image_to_digit
from mnistlab.errors import ImageError
from tests.pictures import COLORS_OPACITY, chunk, drawn, encoded, png, png_of_size

import numpy as np
from PIL import Image

SEED = 1
MEMORY = 1024
"""Mebibytes that a picture may take: one of 25 megapixels takes about half of it."""

_NUMBERS = (b"\0\0\0\0", b"\xff\xff\xff\xff", b"\x7f\xff\xff\xff", b"\0\0\x01\0", b"\x80\0\0\0")


def whole_files() -> list[bytes]:
    """Returns undamaged files of the six formats, in many of their modes."""
    ink = drawn(7, side=40)
    gray = Image.fromarray(np.uint8(255 - 255 * ink))
    deep = Image.fromarray(np.uint16(65535 - 65535 * ink))
    colors = gray.convert("RGB")
    clear = Image.fromarray(np.uint8(np.dstack([0 * ink, 255 * ink])), "LA")
    exif = Image.Exif()
    exif[0x0112] = 6
    return [
        *(encoded(gray.convert(mode)) for mode in ("1", "L", "P", "RGB")),
        encoded(deep),
        encoded(deep, transparency=65535),
        encoded(clear),
        encoded(clear.convert("RGBA"), exif=exif),
        encoded(gray.convert("P"), transparency=bytes(range(256))),
        encoded(gray, save_all=True, append_images=[deep.convert("L")]),
        png(np.uint16(np.dstack([65535 * ink] * 4)), 16, COLORS_OPACITY),
        *(encoded(picture, "JPEG") for picture in (gray, colors, gray.convert("CMYK"))),
        encoded(colors, "JPEG", progressive=True, exif=exif),
        encoded(colors, "MPO", save_all=True, append_images=[colors]),
        *(encoded(picture, "GIF") for picture in (gray, colors, clear.convert("RGBA"))),
        encoded(gray, "GIF", save_all=True, append_images=[deep.convert("L")]),
        *(encoded(gray.convert(mode), "BMP") for mode in ("1", "L", "RGB")),
        *(encoded(gray.convert(mode), "TIFF") for mode in ("1", "L", "P", "RGBA", "CMYK", "LAB")),
        encoded(deep, "TIFF"),
        encoded(Image.fromarray(np.float32(ink)), "TIFF"),
        *(encoded(gray, "TIFF", compression=kind) for kind in ("tiff_lzw", "tiff_deflate", "jpeg")),
        encoded(gray.convert("1"), "TIFF", compression="group4"),
        encoded(gray, "TIFF", exif=exif),
        encoded(colors, "WEBP"),
        encoded(clear.convert("RGBA"), "WEBP", lossless=True, exif=exif),
        encoded(colors, "WEBP", save_all=True, append_images=[clear.convert("RGB")]),
    ]


def damaged_files(number: int, seed: int = SEED) -> Iterator[bytes]:
    """Yields files with a few mutations each, the same for the same seed."""
    chance = random.Random(seed)
    whole = whole_files()
    mutations = (_flip, _overwrite, _cut, _insert, _remove, _repeat, _splice)
    for _ in range(number):
        content = bytearray(chance.choice(whole))
        for _ in range(chance.choice((1, 1, 2, 3, 8))):
            chance.choice(mutations)(chance, content, whole)
        if content.startswith(b"\x89PNG") and chance.random() < 0.7:
            _repair_checksums(content)
        yield bytes(content)


def _place(chance: random.Random, content: bytearray) -> int:
    """Returns a place in the content; half of them in its first bytes, where the header is."""
    return chance.randrange(min(len(content), chance.choice((64, 1 << 30))) or 1)


def _flip(chance, content, whole) -> None:
    if content:
        content[_place(chance, content)] ^= 1 << chance.randrange(8)


def _overwrite(chance, content, whole) -> None:
    place, number = _place(chance, content), chance.choice(_NUMBERS)
    content[place : place + 4] = number[: chance.choice((1, 2, 4))]


def _cut(chance, content, whole) -> None:
    del content[chance.randrange(len(content) + 1) :]


def _insert(chance, content, whole) -> None:
    place = _place(chance, content)
    content[place:place] = chance.randbytes(chance.choice((1, 4, 100)))


def _remove(chance, content, whole) -> None:
    place = _place(chance, content)
    del content[place : place + chance.choice((1, 4, 100))]


def _repeat(chance, content, whole) -> None:
    place = _place(chance, content)
    content[place:place] = content[place : place + chance.choice((4, 50, 500))]


def _splice(chance, content, whole) -> None:
    """Puts the beginning of another file before the end of this one."""
    other, place = chance.choice(whole), _place(chance, content)
    content[:place] = other[:place]


def _repair_checksums(png_file: bytearray) -> None:
    """Has a damaged PNG get past its checksums, into the parsers behind them."""
    place = 8
    while place + 12 <= len(png_file):
        end = place + 8 + struct.unpack_from(">I", png_file, place)[0]
        if end + 4 > len(png_file):
            return
        struct.pack_into(">I", png_file, end, zlib.crc32(png_file[place + 4 : end]))
        place = end + 4


def bombs() -> Iterator[bytes]:
    """Yields small files that unpack to much, and pictures of every extreme shape."""
    picture = encoded(Image.fromarray(np.uint8(255 * drawn(7, side=40))))
    head, rest = picture[:33], picture[33:]
    zeros = zlib.compress(bytes(200_000_000))
    for bomb in (
        chunk(b"zTXt", b"Comment\0\0" + zeros),
        chunk(b"iTXt", b"Comment\0\1\0\0\0" + zeros),
        chunk(b"iCCP", b"profile\0\0" + zeros),
        100 * chunk(b"zTXt", b"Comment\0\0" + zlib.compress(bytes(1_000_000))),
        chunk(b"IDAT", zeros),
    ):
        yield head + bomb + rest
    yield png_of_size(60_000, 60_000, data=bytes(200_000_000))
    for size in ((1, 1), (100_000, 1), (1, 100_000), (25_000_000, 1), (1, 25_000_000)):
        yield encoded(Image.new("L", size, 255), "PNG", compress_level=1)
    yield png_of_size(65_000, 380, data=bytes(65_001 * 380))
    for mode in ("1", "RGB", "RGBA"):
        largest = Image.new(mode, (5000, 5000))
        largest.paste(Image.new("1", (300, 3000), 1), (2000, 1000))
        yield encoded(largest, "PNG", compress_level=1)


def outcome(content: bytes) -> str:
    """Says what became of a file: "read", "refused", or what should not have happened."""
    try:
        digit = image_to_digit(content)
    except ImageError as error:
        return "refused" if len(str(error)) < 600 else f"too long a message: {error}"
    except BaseException as error:
        return f"{type(error).__name__}: {error}"
    if digit.shape == (28, 28) and digit.dtype == np.uint8 and digit.any():
        return "read"
    return f"{digit.dtype} {digit.shape}"


def limit_memory(mebibytes: int) -> None:
    """Has this process fail when it asks for so much more than it has now."""
    import resource  # Windows has none, and pytest looks for examples in this module there, too

    now = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
    resource.setrlimit(resource.RLIMIT_AS, (now + mebibytes * 2**20,) * 2)


def main(kind: str, number: str = "0") -> None:
    """Reads all of one kind and prints how often what happened, and the memory taken."""
    import resource

    files = bombs() if kind == "bombs" else damaged_files(int(number))
    outcome(encoded(Image.fromarray(drawn(7) < 0.5)))  # what is loaded at first use
    limit_memory(MEMORY)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        outcomes = Counter(outcome(content) for content in files)
    taken = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024
    print(json.dumps({"outcomes": outcomes, "mebibytes": round(taken)}))


if __name__ == "__main__":
    main(*sys.argv[1:])
