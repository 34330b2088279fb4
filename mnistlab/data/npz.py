"""Reading and writing npz archives whose arrays are known beforehand.

An npz file is a zip archive of npy files. `numpy.load` believes what such a
file says of itself: it allocates whatever size a header claims, unpacks
whatever was packed, and, when it meets something it does not know, advises
the reader to switch on pickle, which runs code from the file. Here every name,
type, shape and size is compared with what is expected before anything is
allocated or unpacked.
"""

import contextlib
import hashlib
import math
import os
import struct
import zipfile
import zlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from mnistlab.data.filetypes import ENOUGH, check_is_file, describe
from mnistlab.errors import DataError

import numpy as np

LONGEST_HEADER = 4096
"""Bytes that an npy header may take; NumPy writes 128 for any array of this project."""

MOST_ARRAYS = 100
"""Arrays that an archive of unknown names may have."""

REMEDY = "Give the path of a good copy."

_HEADERS = {
    (1, 0): np.lib.format.read_array_header_1_0,
    (2, 0): np.lib.format.read_array_header_2_0,
}
"""How to read the npy versions that NumPy writes for arrays of plain numbers."""

_METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
"""The two ways in which NumPy packs; others can ask for gigabytes to unpack a byte."""

_DAMAGE = (
    zipfile.BadZipFile,
    zlib.error,
    struct.error,
    EOFError,
    OSError,
    ValueError,
    OverflowError,
    RuntimeError,  # encrypted, or of a later version of the format
)
"""What zipfile and zlib raise on bytes that were tampered with."""


@dataclass(frozen=True)
class ArraySpec:
    """What an array in an archive must be.

    Args:
        dtype: its type, as NumPy names it.
        shape: its shape.
        highest: the largest value that it may hold; any when `None`.
    """

    dtype: str
    shape: tuple[int, ...]
    highest: int | None = None

    @property
    def bytes(self) -> int:
        """The memory that it takes."""
        return np.dtype(self.dtype).itemsize * math.prod(self.shape)


def read_npz(
    path: str | os.PathLike,
    expected: Mapping[str, ArraySpec],
    optional: Iterable[str] = (),
    remedy: str = REMEDY,
) -> dict[str, np.ndarray]:
    """Reads the expected arrays of an archive; nothing else in it is touched.

    Args:
        path: the file.
        expected: what each array must be, by name.
        optional: those of the names that may be missing.
        remedy: what to do about a bad file; ends every message.

    Returns:
        The arrays by name, in the order of `expected`, C-contiguous and
        writable.

    Raises:
        DataError: the file is missing, not an npz archive, damaged, or an array
            in it is missing or not as expected.

    Source: the formats are those of `numpy.lib.format` (npy, versions 1 and 2)
    and `numpy.savez`.

    Example:
        >>> import tempfile
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     path = Path(folder, "a.npz")
        ...     np.savez(path, digits=np.array([7, 2, 1], "uint8"))
        ...     read_npz(path, {"digits": ArraySpec("uint8", (3,), highest=9)})
        {'digits': array([7, 2, 1], dtype=uint8)}
    """
    with _opened(Path(path), remedy) as archive:
        members = {name: _member(archive, name) for name in expected}
        missing = [name for name in expected if members[name] is None and name not in set(optional)]
        if missing:
            raise _Unexpected(f"it has no array named {', '.join(missing)}")
        return {
            name: _read_array(archive, members[name], name, spec)
            for name, spec in expected.items()
            if members[name] is not None
        }


def inspect_npz(path: str | os.PathLike, limit: int, remedy: str = REMEDY) -> dict[str, ArraySpec]:
    """Reads what the arrays of an archive say they are, and none of their values.

    Args:
        path: the file.
        limit: the most bytes that its arrays may take together.
        remedy: what to do about a bad file; ends every message.

    Returns:
        For each array what `read_npz` needs to read it, in the file's order.

    Raises:
        DataError: the file is missing, not an npz archive, damaged, or asks for
            more than `limit`.

    Example:
        >>> import tempfile
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     path = Path(folder, "a.npz")
        ...     np.savez(path, digits=np.array([7, 2, 1], "uint8"))
        ...     inspect_npz(path, limit=1_000)
        {'digits': ArraySpec(dtype='uint8', shape=(3,), highest=None)}
    """
    with _opened(Path(path), remedy) as archive:
        entries = [entry for entry in archive.infolist() if entry.filename.endswith(".npy")]
        if len(entries) > MOST_ARRAYS:
            raise _Unexpected(f"it has {len(entries):,} arrays; at most {MOST_ARRAYS} are read")
        specs = {}
        for entry in entries:
            name = entry.filename.removesuffix(".npy")
            _check_method(entry, name)
            with archive.open(entry) as file:
                shape, _, dtype = _read_header(file, name)
            if dtype.names:
                raise _Unexpected(f"{name} holds a table with named columns, not plain numbers")
            specs[name] = ArraySpec(str(dtype), shape)
        # A size of 0 must not hide another that no array can have.
        claimed = sum(
            np.dtype(spec.dtype).itemsize * math.prod(max(size, 1) for size in spec.shape)
            for spec in specs.values()
        )
        if claimed > limit:
            raise _Unexpected(f"its arrays claim {claimed:,} bytes, and at most {limit:,} are read")
        return specs


def write_npz(path: str | os.PathLike, arrays: Mapping[str, np.ndarray], level: int = 1) -> None:
    """Writes arrays as an npz archive.

    Args:
        path: the file, which is overwritten; give this function to
            `mnistlab.files.write_atomically` to write safely.
        arrays: the arrays by name.
        level: how hard to compress, 0 (not) to 9. NumPy's own writer takes 6,
            which needs more than twice the time of 1 for a file a tenth smaller.

    Example:
        >>> import tempfile
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     write_npz(Path(folder, "a.npz"), {"digits": np.array([7, 2, 1])})
        ...     np.load(Path(folder, "a.npz"))["digits"]
        array([7, 2, 1])
    """
    method = zipfile.ZIP_DEFLATED if level else zipfile.ZIP_STORED
    with zipfile.ZipFile(path, "w", method, compresslevel=level or None) as archive:
        for name, array in arrays.items():
            # Opened by name, a member gets zip's first date, 1980: the same arrays
            # always give the same bytes.
            with archive.open(f"{name}.npy", "w", force_zip64=True) as file:
                np.lib.format.write_array(file, np.asanyarray(array), allow_pickle=False)


def digest(array: np.ndarray) -> str:
    """Returns the sha256 of an array's bytes in C order, as hexadecimal digits.

    It is the same whatever file the array came from, and says nothing of its
    type or shape.

    Example:
        >>> digest(np.arange(3, dtype="uint8"))[:16]
        'ae4b3280e56e2faf'
    """
    return hashlib.sha256(np.ascontiguousarray(array)).hexdigest()


class _Unexpected(Exception):  # noqa: N818 - it never leaves this module
    """The file is an archive, but not of what was expected."""


@contextlib.contextmanager
def _opened(path: Path, remedy: str) -> Iterator[zipfile.ZipFile]:
    """Opens an archive for a `with` statement in which whatever goes wrong is a `DataError`."""
    check_is_file(path, "an npz file", remedy)
    try:
        with zipfile.ZipFile(path) as archive:
            yield archive
    except _Unexpected as cause:
        raise DataError(f"{path}: {cause}. {remedy}") from cause.__cause__
    except _DAMAGE as cause:
        raise DataError(f"{path} is not a usable npz file: {_reason(path, cause)}. {remedy}") from (
            cause
        )


def _member(archive: zipfile.ZipFile, name: str) -> zipfile.ZipInfo | None:
    found = [entry for entry in archive.infolist() if entry.filename == f"{name}.npy"]
    if len(found) > 1:
        raise _Unexpected(f"it has {len(found)} arrays named {name}")
    return found[0] if found else None


def _read_array(
    archive: zipfile.ZipFile, entry: zipfile.ZipInfo, name: str, spec: ArraySpec
) -> np.ndarray:
    # The size in the archive's directory bounds what zipfile will unpack, so
    # that a member cannot inflate beyond what is checked here.
    if entry.file_size > spec.bytes + LONGEST_HEADER:
        raise _Unexpected(
            f"{name} claims {entry.file_size:,} bytes, where {spec.bytes:,} were expected"
        )
    _check_method(entry, name)
    with archive.open(entry) as file:
        shape, fortran, dtype = _read_header(file, name)
        if dtype != np.dtype(spec.dtype) or shape != spec.shape:
            raise _Unexpected(f"{name} should be {spec.dtype} {spec.shape}, and is {dtype} {shape}")
        flat = np.empty(math.prod(shape), dtype)
        _fill(file, flat, name)
    array = flat.reshape(shape, order="F" if fortran else "C")
    if spec.highest is not None and array.size and array.max() > spec.highest:
        raise _Unexpected(
            f"{name} holds the value {array.max()}, where {spec.highest} is the highest"
        )
    return np.ascontiguousarray(array)


def _check_method(entry: zipfile.ZipInfo, name: str) -> None:
    if entry.compress_type not in _METHODS:
        raise _Unexpected(f"{name} is packed in a way that NumPy does not use")


def _read_header(file: zipfile.ZipExtFile, name: str) -> tuple[tuple[int, ...], bool, np.dtype]:
    try:
        read = _HEADERS[np.lib.format.read_magic(file)]
        shape, fortran, dtype = read(file, max_header_size=LONGEST_HEADER)
    # A header is a Python literal. On a damaged one NumPy's reader passes on
    # whatever the parser and the tokenizer raise, and those are many kinds.
    except Exception as cause:
        raise _Unexpected(f"{name} has no readable npy header") from cause
    if not dtype.itemsize:
        # NumPy makes room for texts of no letter as if they had one: the sizes would not hold.
        raise _Unexpected(f"{name} has values of no bytes, and no array is made of such")
    if dtype.hasobject:
        raise _Unexpected(f"{name} holds Python objects, which are never read: they could run code")
    return shape, fortran, dtype


def _fill(file: zipfile.ZipExtFile, flat: np.ndarray, name: str) -> None:
    """Unpacks exactly as many bytes as the array takes, and has their checksum compared."""
    room = memoryview(flat).cast("B") if flat.size else memoryview(b"")
    filled = 0
    while filled < len(room):
        count = file.readinto(room[filled : filled + (1 << 20)])
        if not count:
            raise _Unexpected(f"{name} ends after {filled:,} of {len(room):,} bytes")
        filled += count
    if file.read(1):
        raise _Unexpected(f"{name} goes on after its {len(room):,} bytes")


def _reason(path: Path, cause: Exception) -> str:
    try:
        with path.open("rb") as file:
            start = file.read(ENOUGH)
    except OSError as unreadable:
        return f"it cannot be read ({unreadable.strerror or unreadable})"
    if start.startswith(b"PK\x03\x04"):
        return f"it is damaged or truncated ({cause or type(cause).__name__})"
    return f"it is {describe(start)}"
