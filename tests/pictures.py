"""Pictures made for tests: digits drawn by rule, and files of kinds that Pillow does not write."""

import io
import struct
import zlib

import numpy as np
from PIL import Image, ImageDraw

GRAY, COLORS, PALETTE, GRAY_OPACITY, COLORS_OPACITY = 0, 2, 3, 4, 6
"""The kinds of pixels that a PNG's header names."""


STROKES = {
    0: [[(0.5, 0), (0.1, 0.3), (0.1, 0.7), (0.5, 1), (0.9, 0.7), (0.9, 0.3), (0.5, 0)]],
    1: [[(0.6, 0), (0.4, 1)]],
    2: [[(0, 0.2), (0.4, 0), (0.8, 0.25), (0.1, 1), (0.9, 1)]],
    3: [[(0, 0.1), (0.5, 0), (0.8, 0.25), (0.4, 0.5), (0.8, 0.75), (0.5, 1), (0, 0.9)]],
    4: [[(0.1, 0), (0, 0.55), (0.9, 0.55)], [(0.7, 0.1), (0.6, 1)]],
    5: [[(0.7, 0), (0.1, 0), (0.1, 0.4), (0.6, 0.4), (0.8, 0.7), (0.5, 1), (0, 0.9)]],
    6: [[(0.7, 0), (0.1, 0.6), (0.2, 0.95), (0.6, 0.95), (0.7, 0.65), (0.4, 0.5), (0.15, 0.7)]],
    7: [[(0, 0), (0.8, 0), (0.3, 1)], [(0.2, 0.5), (0.7, 0.5)]],
    8: [[(0.4, 0.5), (0, 0.2), (0.4, 0), (0.8, 0.2), (0, 0.8), (0.4, 1), (0.8, 0.8), (0.4, 0.5)]],
    9: [[(0.8, 0.3), (0.4, 0.5), (0.1, 0.25), (0.4, 0), (0.8, 0.2), (0.6, 1)]],
}
"""A way to write each digit, in a square whose sides are 1, y down."""


def drawn(label: int, side: int = 120, pen: float = 0.09, size: float = 0.6) -> np.ndarray:
    """Returns a digit with soft edges in the middle of a square.

    Args:
        label: the digit.
        side: of the square, in pixels.
        pen: width of the stroke, as a share of the digit's height.
        size: height of the digit, as a share of the square's side.

    Returns:
        (side, side) float in [0, 1]: how much of a pixel is ink.
    """
    finer = 4
    scale = side * finer * size
    width = max(1, round(pen * scale))
    picture = Image.new("L", (side * finer, side * finer))
    draw = ImageDraw.Draw(picture)
    for stroke in STROKES[label]:
        points = [tuple((np.array(point) - 0.5) * scale + side * finer / 2) for point in stroke]
        draw.line(points, fill=255, width=width, joint="curve")
        for x, y in (points[0], points[-1]):
            draw.circle((x, y), width / 2, fill=255)
    return np.asarray(picture.resize((side, side), Image.Resampling.BOX)) / 255


def on_paper(
    ink: np.ndarray, color: tuple[int, ...] = (40, 40, 40), paper: tuple[int, ...] = (230, 230, 230)
) -> np.ndarray:
    """Returns (h, w, 3) uint8: ink of one color on paper of another."""
    ink = ink[:, :, np.newaxis]
    return np.rint(ink * np.array(color) + (1 - ink) * np.array(paper)).astype("uint8")


def encoded(image: Image.Image, kind: str = "PNG", **options) -> bytes:
    """Returns the bytes of a picture file."""
    buffer = io.BytesIO()
    image.save(buffer, kind, **options)
    return buffer.getvalue()


def chunk(kind: bytes, data: bytes) -> bytes:
    """Returns one part of a PNG, with its length and checksum."""
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def png(pixels: np.ndarray, depth: int, kind: int, *chunks: bytes) -> bytes:
    """Returns a PNG of 8 or 16 bits a channel, with more chunks behind its header."""
    rows = pixels.astype(">u2" if depth == 16 else "u1")
    data = b"".join(b"\0" + row.tobytes() for row in rows)
    return png_of_size(*pixels.shape[1::-1], depth, kind, chunks, data)


def png_of_size(width, height, depth=8, kind=GRAY, chunks=(), data=bytes(1000)) -> bytes:
    """Returns a few bytes that declare a picture of any size."""
    header = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, depth, kind, 0, 0, 0))
    body = b"".join([header, *chunks, chunk(b"IDAT", zlib.compress(data)), chunk(b"IEND", b"")])
    return b"\x89PNG\r\n\x1a\n" + body


def tiff(data: bytes, size: tuple[int, int], **tags: int) -> bytes:
    """Returns an uncompressed gray TIFF in one strip.

    Args:
        data: its pixels.
        size: width and height.
        tags: bits (16 unless told), photometric (1: black is zero), sample
            (1: whole numbers, 2: signed ones, 3: floating point), unknown (a
            tag that means nothing).
    """
    width, height = size
    entries = {
        256: width,
        257: height,
        258: tags.get("bits", 16),
        259: 1,
        262: tags.get("photometric", 1),
        273: 0,
        277: 1,
        278: height,
        279: len(data),
        339: tags.get("sample", 1),
        65000: tags.get("unknown", 0),
    }
    entries[273] = start = 8 + 2 + 12 * len(entries) + 4
    table = b"".join(struct.pack("<HHII", number, 4, 1, value) for number, value in entries.items())
    head = b"II*\0" + struct.pack("<IH", 8, len(entries)) + table + bytes(4)
    assert len(head) == start
    return head + data


def difference(one: np.ndarray, other: np.ndarray) -> float:
    """Returns the mean absolute difference of two digits, of 255, once they lie on each other.

    A center of mass halfway between two pixels goes to either, so one may be moved by a pixel.
    """
    steps = (-1, 0, 1)
    moved = (np.roll(one.astype(float), (down, right), (0, 1)) for down in steps for right in steps)
    return min(float(np.abs(there - other).mean()) for there in moved)
