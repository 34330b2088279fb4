"""Picture files made for tests, also of kinds that Pillow reads and does not write."""

import io
import struct
import zlib

import numpy as np
from PIL import Image

GRAY, COLORS, PALETTE, GRAY_OPACITY, COLORS_OPACITY = 0, 2, 3, 4, 6
"""The kinds of pixels that a PNG's header names."""


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
