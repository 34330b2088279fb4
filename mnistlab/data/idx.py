"""Reading idx, the format in which MNIST was published in 1998.

An idx file is a short header and then the numbers: two zero bytes, one byte
for the type, one for the number of dimensions, the size of each dimension as
four bytes, the most significant first, and the values in C order.
"""

import gzip
import math
import os
import struct
import zlib
from io import BytesIO
from pathlib import Path
from typing import BinaryIO

from mnistlab.data.filetypes import ENOUGH, check_is_file, describe
from mnistlab.errors import DataError

import numpy as np

TYPES = {0x08: ">u1", 0x09: ">i1", 0x0B: ">i2", 0x0C: ">i4", 0x0D: ">f4", 0x0E: ">f8"}
"""The type codes of the format; all values have their most significant byte first."""

LIMIT = 256 * 1024 * 1024
"""Bytes that an array may take unless the caller allows more; MNIST's largest takes 47 MB."""

MOST_DIMENSIONS = 8
"""The format allows 255; no data set uses more than 4."""

_GZIP = b"\x1f\x8b"


def read_idx(path: str | os.PathLike, limit: int = LIMIT) -> np.ndarray:
    """Reads an idx file, also one compressed with gzip.

    Args:
        path: the file. Its bytes, not its name, say whether it is compressed.
        limit: the most bytes that the array may take.

    Returns:
        The array, in the machine's own byte order.

    Raises:
        DataError: the file is missing, not idx, damaged, or asks for more
            than `limit`, which is refused before anything is allocated.

    Source: Y. LeCun, C. Cortes, C. Burges, "The MNIST database of handwritten
    digits", the section on the file format.

    Example:
        >>> import tempfile
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     path = Path(folder, "labels")
        ...     length = path.write_bytes(bytes([0, 0, 8, 1, 0, 0, 0, 3, 7, 2, 1]))
        ...     read_idx(path)
        array([7, 2, 1], dtype=uint8)
    """
    path = Path(path)
    check_is_file(path, "an idx file", "Give the path of the file itself.")
    try:
        with path.open("rb") as file:
            return _read(file, str(path), limit)
    except OSError as cause:
        raise DataError(
            f"{path} cannot be read: {cause.strerror or cause}. Check its permissions."
        ) from cause


def parse_idx(data: bytes, name: str = "the idx data", limit: int = LIMIT) -> np.ndarray:
    """Reads idx from bytes in memory, also compressed with gzip.

    Args:
        data: the content of an idx file.
        name: what to call it in a message.
        limit: the most bytes that the array may take.

    Returns:
        The array, in the machine's own byte order.

    Raises:
        DataError: the bytes are not idx, are damaged, or ask for more than
            `limit`.

    Example:
        >>> parse_idx(bytes([0, 0, 8, 2, 0, 0, 0, 1, 0, 0, 0, 2, 0, 255]))
        array([[  0, 255]], dtype=uint8)
    """
    return _read(BytesIO(data), name, limit)


def _read(file: BinaryIO, name: str, limit: int) -> np.ndarray:
    packed = file.read(len(_GZIP)) == _GZIP
    file.seek(0)
    try:
        if packed:
            with gzip.open(file) as plain:
                return _read_plain(plain, name, limit)
        return _read_plain(file, name, limit)
    except (EOFError, zlib.error, gzip.BadGzipFile) as cause:
        raise DataError(
            f"{name} is damaged or truncated ({cause}). Replace it with a good copy."
        ) from cause


def _read_plain(file: BinaryIO, name: str, limit: int) -> np.ndarray:
    dtype, shape = _read_header(file, name)
    # A size of 0 must not hide another that no array can have.
    size = dtype.itemsize * math.prod(max(length, 1) for length in shape)
    if size > limit:
        raise DataError(
            f"{name} claims to hold {size:,} bytes, and at most {limit:,} are read. "
            "Check that it is the file you mean."
        )
    size = dtype.itemsize * math.prod(shape)
    # One byte more than there should be: it shows a file that is too long, and
    # brings gzip to the end of its data, where it compares the checksum.
    values = file.read(size + 1)
    if len(values) != size:
        found = f"{len(values):,}" if len(values) < size else "more"
        raise DataError(
            f"{name} is damaged: its header asks for {size:,} bytes of values, and it has "
            f"{found}. Replace it with a good copy."
        )
    return np.frombuffer(values, dtype).astype(dtype.newbyteorder("=")).reshape(shape)


def _read_header(file: BinaryIO, name: str) -> tuple[np.dtype, tuple[int, ...]]:
    magic = file.read(4)
    known = len(magic) == 4 and magic[:2] == b"\0\0" and magic[2] in TYPES
    if not known or magic[3] > MOST_DIMENSIONS:
        found = describe(magic + file.read(ENOUGH))
        raise DataError(
            f"{name} is not idx: it is {found}. An idx file begins with two zero bytes, "
            "a type and a number of dimensions; give such a file."
        )
    sizes = file.read(4 * magic[3])
    if len(sizes) != 4 * magic[3]:
        raise DataError(f"{name} is truncated in its header. Replace it with a good copy.")
    return np.dtype(TYPES[magic[2]]), struct.unpack(f">{magic[3]}I", sizes)
