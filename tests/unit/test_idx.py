"""idx files: all types of the format, compressed or not, and nothing that only claims to be one."""

import gzip
import struct
import tracemalloc

from mnistlab.data.idx import TYPES, parse_idx, read_idx
from mnistlab.errors import DataError

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

IMAGES = np.arange(3 * 28 * 28, dtype="uint8").reshape(3, 28, 28)


def idx(array, code=0x08):
    sizes = struct.pack(f">{array.ndim}I", *array.shape)
    return bytes([0, 0, code, array.ndim]) + sizes + array.astype(TYPES[code]).tobytes()


@pytest.mark.parametrize("code", TYPES)
def test_every_type_is_read_in_the_machine_s_byte_order(code):
    array = np.array([[1, 2, 3], [100, 0, 7]])
    found = parse_idx(idx(array, code))
    np.testing.assert_array_equal(found, array)
    assert found.dtype == np.dtype(TYPES[code]).newbyteorder("=")
    assert found.flags.writeable


@pytest.mark.parametrize("pack", [bytes, gzip.compress])
def test_images_are_read_from_bytes_and_from_a_file(tmp_path, pack):
    path = tmp_path / "images-idx3-ubyte.gz"
    path.write_bytes(pack(idx(IMAGES)))
    np.testing.assert_array_equal(read_idx(path), IMAGES)
    np.testing.assert_array_equal(read_idx(str(path)), IMAGES)
    np.testing.assert_array_equal(parse_idx(path.read_bytes()), IMAGES)


def test_no_rows_are_an_empty_array():
    assert parse_idx(idx(IMAGES[:0])).shape == (0, 28, 28)


BAD = {
    "empty": (b"", "is not idx: it is empty"),
    "three bytes": (b"\0\0\x08", "is not idx"),
    "page": (b"<html><body>Log in</body></html>", "is not idx: it is an HTML page"),
    "packed page": (gzip.compress(b"<html>"), "is not idx: it is an HTML page"),
    "text": (b"Not Found", "is not idx: it is a text"),
    "zip": (b"PK\x03\x04" + bytes(30), "is not idx: it is a damaged or truncated npz"),
    "unknown type": (b"\0\0\x07\x01" + bytes(30), "is not idx"),
    "255 dimensions": (b"\0\0\x08\xff" + bytes(2000), "is not idx"),
    "cut in the header": (idx(IMAGES)[:10], "truncated in its header"),
    "too short": (idx(IMAGES)[:-1], "asks for 2,352 bytes of values, and it has 2,351"),
    "too long": (idx(IMAGES) + b"x", "asks for 2,352 bytes of values, and it has more"),
    "packed too long": (gzip.compress(idx(IMAGES) + b"x"), "it has more"),
    "packed and cut": (gzip.compress(idx(IMAGES))[:-9], "damaged or truncated"),
    "wrong checksum": (gzip.compress(idx(IMAGES))[:-8] + bytes(8), "damaged or truncated"),
    "damaged gzip": (b"\x1f\x8b" + bytes(40), "damaged or truncated"),
}


@pytest.mark.parametrize(("data", "message"), BAD.values(), ids=BAD)
def test_other_bytes_are_refused_by_name(data, message):
    with pytest.raises(DataError, match=f"^digits .*{message}"):
        parse_idx(data, "digits")


@pytest.mark.parametrize("pack", [bytes, gzip.compress])
@pytest.mark.parametrize("shape", [(2**32 - 1, 2**32 - 1), (0, 2**32 - 1, 2**32 - 1)])
def test_a_header_that_claims_terabytes_is_refused_before_allocation(pack, shape):
    data = pack(bytes([0, 0, 8, len(shape)]) + struct.pack(f">{len(shape)}I", *shape))
    tracemalloc.start()
    with pytest.raises(DataError, match="claims to hold"):
        parse_idx(data)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 1_000_000


def test_gzip_that_inflates_to_far_more_than_its_header_says_is_not_unpacked_further():
    bomb = gzip.compress(idx(IMAGES) + bytes(64 << 20))
    tracemalloc.start()
    with pytest.raises(DataError, match="it has more"):
        parse_idx(bomb)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 2_000_000


def test_the_limit_can_be_set():
    assert parse_idx(idx(IMAGES), limit=IMAGES.size).shape == IMAGES.shape
    with pytest.raises(DataError, match="at most 2,351 are read"):
        parse_idx(idx(IMAGES), limit=IMAGES.size - 1)


def test_a_missing_file_and_a_folder_are_said(tmp_path):
    with pytest.raises(DataError, match="is missing; an idx file"):
        read_idx(tmp_path / "none")
    with pytest.raises(DataError, match="is a folder"):
        read_idx(tmp_path)


@settings(max_examples=150, deadline=None, derandomize=True, database=None)
@given(at=st.integers(0, 2000), value=st.integers(0, 255), packed=st.booleans())
def test_any_changed_byte_gives_an_array_or_a_data_error(at, value, packed):
    data = bytearray(gzip.compress(idx(IMAGES)) if packed else idx(IMAGES))
    data[at % len(data)] = value
    try:
        assert isinstance(parse_idx(bytes(data), "digits"), np.ndarray)
    except DataError as error:
        assert str(error).startswith("digits ")
