"""npz archives: what was expected is read, and everything else is one DataError."""

import io
import os
import pickle
import struct
import tracemalloc
import zipfile

from mnistlab.data.npz import ArraySpec, digest, read_npz, write_npz
from mnistlab.errors import DataError

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

SPECS = {
    "x": ArraySpec("uint8", (20, 28, 28)),
    "y": ArraySpec("uint8", (20,), highest=9),
}
ARRAYS = {
    "x": np.random.default_rng(1).integers(0, 256, (20, 28, 28), dtype="uint8"),
    "y": np.arange(20, dtype="uint8") % 10,
}


@pytest.fixture
def path(tmp_path):
    return tmp_path / "digits.npz"


def header(descr="|u1", shape=(20,)):
    """The npy header that claims a type and a shape."""
    buffer = io.BytesIO()
    fields = {"descr": descr, "fortran_order": False, "shape": shape}
    np.lib.format.write_array_header_1_0(buffer, fields)
    return buffer.getvalue()


def pack(path, members, method=zipfile.ZIP_DEFLATED):
    with zipfile.ZipFile(path, "w", method) as archive:
        for name, content in members.items():
            archive.writestr(f"{name}.npy", content)


def npy(array):
    buffer = io.BytesIO()
    np.save(buffer, array)
    return buffer.getvalue()


def assert_same(found):
    assert list(found) == list(ARRAYS)
    for name, array in ARRAYS.items():
        np.testing.assert_array_equal(found[name], array)
        assert found[name].dtype == array.dtype
        assert found[name].flags.c_contiguous
        assert found[name].flags.writeable


@pytest.mark.parametrize("save", [np.savez, np.savez_compressed])
def test_what_numpy_writes_is_read(path, save):
    save(path, **ARRAYS)
    assert_same(read_npz(path, SPECS))


@pytest.mark.parametrize("level", [0, 1, 9])
def test_what_write_npz_writes_is_read_here_and_by_numpy(path, level):
    write_npz(path, ARRAYS, level)
    assert_same(read_npz(str(path), SPECS))
    with np.load(path) as archive:
        assert_same({name: archive[name] for name in archive.files})


def test_the_same_arrays_give_the_same_bytes(tmp_path):
    write_npz(tmp_path / "a.npz", ARRAYS)
    write_npz(tmp_path / "b.npz", ARRAYS)
    assert (tmp_path / "a.npz").read_bytes() == (tmp_path / "b.npz").read_bytes()


def test_arrays_in_fortran_order_are_read(path):
    np.savez(path, x=np.asfortranarray(ARRAYS["x"]), y=ARRAYS["y"])
    assert_same(read_npz(path, SPECS))


def test_other_arrays_in_the_archive_are_not_touched(path):
    pack(path, {"x": npy(ARRAYS["x"]), "y": npy(ARRAYS["y"]), "z": b"not an array"})
    assert_same(read_npz(path, SPECS))


def test_an_optional_array_may_be_missing(path):
    np.savez(path, **ARRAYS)
    specs = SPECS | {"marker": ArraySpec("uint8", (32,))}
    assert_same(read_npz(path, specs, optional=["marker"]))
    np.savez(path, marker=np.zeros(32, "uint8"), **ARRAYS)
    assert set(read_npz(path, specs, optional=["marker"])) == {"x", "y", "marker"}


def test_write_npz_refuses_python_objects(path):
    with pytest.raises(ValueError, match="Object arrays"):
        write_npz(path, {"x": np.array([None])})


def test_the_digest_is_that_of_the_bytes_in_c_order():
    assert digest(np.asfortranarray(ARRAYS["x"])) == digest(ARRAYS["x"])
    assert digest(ARRAYS["x"]) != digest(ARRAYS["x"][::-1])


def test_a_missing_file_is_said(path):
    with pytest.raises(DataError, match=r"digits\.npz is missing; an npz file was expected"):
        read_npz(path, SPECS)


def test_a_folder_is_said(tmp_path):
    with pytest.raises(DataError, match="is a folder; an npz file was expected"):
        read_npz(tmp_path, SPECS)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no named pipes")
def test_a_pipe_is_refused_and_not_waited_for(path):
    os.mkfifo(path)
    with pytest.raises(DataError, match="not a regular file"):
        read_npz(path, SPECS)


def test_a_name_that_no_file_can_have_is_said():
    with pytest.raises(DataError, match=r"missing|cannot be read"):
        read_npz("a\0b", SPECS)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "it is empty"),
        (b"P", "it is a text"),
        (b"\x01", "something else, or damaged"),
        (b"404: Not Found", "it is a text"),
        (b"<!DOCTYPE html><html><body>Log in</body></html>", "it is an HTML page"),
        (b"\xef\xbb\xbf\n <HTML>", "it is an HTML page"),
        (npy(ARRAYS["y"]), "a single array"),
        (pickle.dumps(ARRAYS), "a Python pickle, which is never read"),
        (b"PK\x05\x06" + bytes(18), "it has no array named x, y"),
    ],
)
def test_a_file_that_is_no_archive_is_named_for_what_it_is(path, content, message):
    path.write_bytes(content)
    with pytest.raises(DataError, match=rf"digits\.npz.*{message}") as caught:
        read_npz(path, SPECS, remedy="Fetch it again.")
    assert str(caught.value).endswith("Fetch it again.")
    assert "allow_pickle" not in str(caught.value)


@pytest.mark.parametrize("share", [0.1, 0.5, 0.99])
def test_a_truncated_archive_is_said(path, share):
    np.savez(path, **ARRAYS)
    content = path.read_bytes()
    path.write_bytes(content[: int(len(content) * share)])
    with pytest.raises(DataError, match="damaged or truncated"):
        read_npz(path, SPECS)


@pytest.mark.parametrize("level", [0, 6])
@pytest.mark.parametrize("share", [0.1, 0.4, 0.8])
def test_one_flipped_bit_is_said(path, level, share):
    write_npz(path, {name: ARRAYS[name] for name in ("x", "y")}, level)
    content = bytearray(path.read_bytes())
    content[int(len(content) * share)] ^= 0x10
    path.write_bytes(content)
    with pytest.raises(DataError, match=r"damaged"):
        read_npz(path, SPECS)


def test_a_missing_array_is_named(path):
    np.savez(path, x=ARRAYS["x"])
    with pytest.raises(DataError, match="it has no array named y"):
        read_npz(path, SPECS)


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_two_arrays_of_one_name_are_refused(path):
    with zipfile.ZipFile(path, "w") as archive:
        for name in ("x", "y", "y"):
            archive.writestr(f"{name}.npy", npy(ARRAYS[name]))
    with pytest.raises(DataError, match="2 arrays named y"):
        read_npz(path, SPECS)


@pytest.mark.parametrize(
    ("name", "array", "found"),
    [
        (
            "x",
            np.zeros((20, 784), "uint8"),
            r"should be uint8 \(20, 28, 28\), and is uint8 \(20, 7",
        ),
        ("x", np.zeros((5, 28, 28), "float32"), r"should be .*, and is float32"),
        ("y", np.zeros(20, ">i2"), r"should be .*, and is >i2"),
        ("y", np.zeros((4, 5), "uint8"), r"should be .*, and is uint8 \(4, 5\)"),
        ("y", np.zeros(19, "uint8"), r"should be .*, and is uint8 \(19,\)"),
        ("y", np.full(20, 12, "uint8"), "holds the value 12, where 9 is the highest"),
        ("x", np.zeros((20, 28, 28), "float64"), "claims 125,5.. bytes, where 15,680"),
    ],
)
def test_another_shape_type_or_label_is_refused(path, name, array, found):
    np.savez(path, **(ARRAYS | {name: array}))
    with pytest.raises(DataError, match=f"{name} {found}"):
        read_npz(path, SPECS)


class Bomb:
    """Says when it is unpickled."""

    opened = False

    def __reduce__(self):
        return (setattr, (Bomb, "opened", True))


def test_an_array_of_objects_is_refused_and_never_unpickled(path):
    labels = np.array([Bomb()] * 20)
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("x.npy", npy(ARRAYS["x"]))
        archive.writestr("y.npy", npy(labels))
    with pytest.raises(DataError, match="y holds Python objects, which are never read") as caught:
        read_npz(path, SPECS)
    assert not Bomb.opened
    assert "allow_pickle" not in str(caught.value)


@pytest.mark.parametrize("content", [pickle.dumps([1, 2]), b"", b"\x93NUMPY\x01", b"x" * 200])
def test_a_member_that_is_no_array_is_refused(path, content):
    pack(path, {"x": npy(ARRAYS["x"]), "y": content})
    with pytest.raises(DataError, match="y has no readable npy header"):
        read_npz(path, SPECS)


@pytest.mark.parametrize(
    "literal",
    [b"(" * 3000, b"{'descr': '|u1'", b"'''", b"\xff\xfe", b"__import__('os').abort()", b"1 +"],
)
def test_a_header_that_is_no_description_is_refused(path, literal):
    content = b"\x93NUMPY\x01\x00" + struct.pack("<H", len(literal)) + literal
    pack(path, {"x": npy(ARRAYS["x"]), "y": content})
    with pytest.raises(DataError, match=r"y (has no readable npy header|claims)"):
        read_npz(path, SPECS)


def peak_memory(action):
    tracemalloc.start()
    try:
        action()
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def assert_refused_cheaply(path, message):
    def read():
        with pytest.raises(DataError, match=message):
            read_npz(path, SPECS)

    assert peak_memory(read) < 2_000_000


def test_a_header_that_claims_terabytes_is_refused_before_allocation(path):
    pack(path, {"x": npy(ARRAYS["x"]), "y": header(shape=(10**13,))})
    assert_refused_cheaply(path, r"y should be uint8 \(20,\), and is uint8 \(10000000000000,\)")


def test_a_member_that_inflates_to_far_more_is_refused_before_unpacking(path):
    with (
        zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive,
        archive.open("x.npy", "w") as member,
    ):
        member.write(header(shape=(20, 28, 28)))
        for _ in range(64):
            member.write(bytes(1 << 20))
    assert path.stat().st_size < 100_000
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr("y.npy", npy(ARRAYS["y"]))
    assert_refused_cheaply(path, "x claims 67,108,992 bytes, where 15,680 were expected")


def test_a_member_that_lies_about_what_it_inflates_to_is_not_unpacked_further(path):
    pack(path, {"x": header(shape=(20, 28, 28)) + bytes(8 << 20), "y": npy(ARRAYS["y"])})
    content = bytearray(path.read_bytes())
    true, lie = struct.pack("<I", 128 + (8 << 20)), struct.pack("<I", 128 + 20 * 784)
    assert content.count(true) == 2
    path.write_bytes(content.replace(true, lie))
    assert_refused_cheaply(path, "damaged")


def test_an_unusual_packing_is_refused(path):
    pack(path, {name: npy(array) for name, array in ARRAYS.items()}, zipfile.ZIP_LZMA)
    with pytest.raises(DataError, match="packed in a way that NumPy does not use"):
        read_npz(path, SPECS)


def test_an_encrypted_member_is_refused(path):
    np.savez(path, **ARRAYS)
    content = bytearray(path.read_bytes())
    for signature, flags in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        at = content.find(signature)
        while at >= 0:
            content[at + flags] |= 1
            at = content.find(signature, at + 4)
    path.write_bytes(content)
    with pytest.raises(DataError, match="encrypted"):
        read_npz(path, SPECS)


@pytest.fixture(scope="module")
def good(tmp_path_factory):
    path = tmp_path_factory.mktemp("fuzz") / "good.npz"
    np.savez_compressed(path, **ARRAYS)
    return path.read_bytes()


@settings(max_examples=150, deadline=None, derandomize=True, database=None)
@given(data=st.data())
def test_any_changed_bytes_give_the_arrays_or_a_data_error(good, tmp_path_factory, data):
    content = bytearray(good)
    for _ in range(data.draw(st.integers(1, 4))):
        # Half of the changes go to the archive's directory, which stands at the end.
        first = data.draw(st.sampled_from([0, len(content) - 200]))
        at = data.draw(st.integers(first, len(content) - 1))
        content[at] = data.draw(st.integers(0, 255))
    path = tmp_path_factory.getbasetemp() / "changed.npz"
    path.write_bytes(content)
    try:
        assert_same(read_npz(path, SPECS))
    except DataError as error:
        assert "changed.npz" in str(error)
