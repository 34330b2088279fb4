"""Files of drawings that are damaged, hostile or something else, and disks that fail."""

import errno
import io
import os
import pickle
import re
import signal
import struct
import subprocess
import sys
import tracemalloc
import zipfile

from mnistlab.data import drawings as module
from mnistlab.data.drawings import MOST_DRAWINGS, MOST_POINTS, Drawing, Drawings, collect
from mnistlab.data.npz import write_npz
from mnistlab.errors import DataError
from mnistlab.files import PREFIX

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

ONE = [[(50, 10), (52, 90)]]
SEVEN = [[(10, 10), (85, 10), (50, 95)], [(40, 52), (80, 50)]]
GOOD = {
    "drawings_version": np.array([1]),
    "counts": np.array([2, 3, 7]),
    "xy": np.arange(14, dtype="float32").reshape(7, 2),
    "stroke_offsets": np.array([0, 2, 5, 7]),
    "drawing_offsets": np.array([0, 1, 3]),
    "labels": np.array([1, -1]),
}


def npy(array):
    buffer = io.BytesIO()
    np.save(buffer, array)
    return buffer.getvalue()


def header(descr, shape):
    buffer = io.BytesIO()
    fields = {"descr": descr, "fortran_order": False, "shape": shape}
    np.lib.format.write_array_header_1_0(buffer, fields)
    return buffer.getvalue()


def packed(**members):
    """The bytes of a good file, with some members replaced by these bytes."""
    buffer = io.BytesIO()
    contents = {name: npy(array) for name, array in GOOD.items()} | members
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in contents.items():
            archive.writestr(f"{name}.npy", content)
    return buffer.getvalue()


def changed(**arrays):
    return packed(**{name: npy(np.asarray(array)) for name, array in arrays.items()})


def without(name):
    buffer = io.BytesIO()
    np.savez(buffer, **{key: array for key, array in GOOD.items() if key != name})
    return buffer.getvalue()


def flipped():
    xy = np.random.default_rng(1).random((5000, 2), dtype="float32")
    sizes = {"counts": np.array([2, 3, 5000]), "stroke_offsets": np.array([0, 2, 5, 5000])}
    buffer = io.BytesIO()
    np.savez(buffer, **(GOOD | sizes | {"xy": xy}))
    content = bytearray(buffer.getvalue())
    content[content.find(xy.tobytes()) + 30_000] ^= 0x20
    return bytes(content)


def with_point(value):
    xy = GOOD["xy"].copy()
    xy[6, 1] = value
    return changed(xy=xy)


class Bomb:
    """Says when it is unpickled."""

    opened = False

    def __reduce__(self):
        return (setattr, (Bomb, "opened", True))


def objects():
    return packed(labels=npy(np.array([Bomb(), Bomb()])))


BAD = {
    "empty": (lambda: b"", "it is empty"),
    "one byte": (lambda: b"\x07", "something else, or damaged"),
    "HTML": (lambda: b"<!DOCTYPE html><p>Log in</p>", "it is an HTML page"),
    "text": (lambda: b"seven", "it is a text"),
    "pickle": (lambda: pickle.dumps(SEVEN), "pickle, which is never read"),
    "one array": (lambda: npy(GOOD["xy"]), "a single array"),
    "truncated": (lambda: packed()[:-40], "damaged or truncated"),
    "half": (lambda: packed()[:400], "damaged or truncated"),
    "flipped bit": (flipped, "damaged"),
    "no version": (lambda: without("drawings_version"), "has no array named drawings_version"),
    "no strokes": (lambda: without("stroke_offsets"), "has no array named stroke_offsets"),
    "objects": (objects, "labels holds Python objects, which are never read"),
    "later version": (lambda: changed(drawings_version=[2]), "version 2; known here is version 1"),
    "version 0": (lambda: changed(drawings_version=[0]), "form of version 0"),
    "version as text": (lambda: changed(drawings_version=["1"]), "drawings_version should be"),
    "counts of floats": (lambda: changed(counts=[2.0, 3.0, 7.0]), "counts should be int64 (3,)"),
    "negative": (lambda: changed(counts=[2, -1, 7]), "0 to 1,000,000 strokes, found -1"),
    "too many": (lambda: changed(counts=[2, 3, 10**15]), "points, found 1,000,000,000,000,000"),
    "too many drawings": (
        lambda: changed(counts=[MOST_DRAWINGS + 1, 3, 7]),
        "0 to 100,000 drawings, found 100,001",
    ),
    "terabytes": (
        lambda: packed(xy=header("<f4", (10**12, 2))),
        "xy should be float32 (7, 2), and is float32 (1000000000000, 2)",
    ),
    "inflating": (
        lambda: packed(xy=header("<f4", (7, 2)) + bytes(32 << 20)),
        "xy claims 33,554,560 bytes, where 56 were expected",
    ),
    "short": (lambda: packed(xy=npy(GOOD["xy"])[:-8]), "xy ends after 48 of 56 bytes"),
    "other counts": (lambda: changed(counts=[2, 3, 6]), "xy should be float32 (6, 2), and is"),
    "doubles": (lambda: changed(xy=GOOD["xy"].astype("float64")), "xy "),
    "three columns": (lambda: changed(xy=np.zeros((7, 3), "float32")), "xy "),
    "NaN": (
        lambda: with_point(np.nan),
        "drawing 1: strokes[1] has points that are NaN or infinite",
    ),
    "infinite": (
        lambda: with_point(-np.inf),
        "drawing 1: strokes[1] has points that are NaN or infinite",
    ),
    "far away": (lambda: with_point(1e30), "drawing 1: strokes[1] has points beyond"),
    "not from 0": (lambda: changed(stroke_offsets=[1, 2, 5, 7]), "stroke_offsets do not rise from"),
    "not to the end": (lambda: changed(stroke_offsets=[0, 2, 5, 6]), "do not rise from 0 to 7"),
    "falling": (lambda: changed(stroke_offsets=[0, 5, 2, 7]), "stroke_offsets do not rise"),
    "no point": (lambda: changed(stroke_offsets=[0, 2, 2, 7]), "stroke_offsets do not rise"),
    "no stroke": (lambda: changed(drawing_offsets=[0, 3, 3]), "drawing_offsets do not rise"),
    "around the world": (
        lambda: changed(stroke_offsets=[0, 2**63 - 1, -2, 7]),
        "stroke_offsets do not rise",
    ),
    "label 10": (lambda: changed(labels=[1, 10]), "labels holds the value 10, where 9 is the"),
    "label -2": (lambda: changed(labels=[1, -2]), "drawing 1: label: expected a whole number 0 to"),
    "one label": (lambda: changed(labels=[1]), "labels should be int64 (2,), and is int64 (1,)"),
}


@pytest.fixture
def path(tmp_path):
    return tmp_path / "mine.npz"


@pytest.fixture(params=BAD)
def bad(request, path):
    """A file that holds no drawings that can be read."""
    path.write_bytes(BAD[request.param][0]())
    return path


def names(folder):
    return sorted(entry.name for entry in folder.iterdir())


def test_the_file_that_the_bad_ones_are_made_from_is_good(path):
    path.write_bytes(packed())
    np.testing.assert_array_equal(Drawings.load(path).labels, [1, -1])


@pytest.mark.parametrize(("make", "message"), BAD.values(), ids=BAD)
def test_a_bad_file_is_an_error_with_name_cause_and_remedy(path, make, message):
    content = make()
    path.write_bytes(content)
    with pytest.raises(DataError, match=re.escape(message)) as caught:
        Drawings.load(path)
    said = str(caught.value)
    assert said.startswith(str(path))
    assert said.endswith(".")
    assert "allow_pickle" not in said
    assert path.read_bytes() == content
    assert not Bomb.opened


def test_a_bad_file_is_set_aside_when_drawings_are_saved_under_its_name(bad):
    content = bad.read_bytes()
    with pytest.warns(UserWarning, match=r"mine\.npz .* kept as mine-set-aside-1\.npz") as caught:
        Drawings([Drawing(ONE, 1)]).save(bad)
    assert [warning.filename for warning in caught] == [__file__]
    assert names(bad.parent) == ["mine-set-aside-1.npz", "mine.npz"]
    assert bad.with_name("mine-set-aside-1.npz").read_bytes() == content
    assert len(Drawings.load(bad)) == 1


def test_one_more_bad_file_gets_a_name_of_its_own(path):
    for number in range(3):
        path.write_bytes(b"damage %d" % number)
        with pytest.warns(UserWarning, match=f"set-aside-{number + 1}"):
            assert len(collect(path, ONE, 1)) == 1
    for number in range(3):
        kept = path.with_name(f"mine-set-aside-{number + 1}.npz")
        assert kept.read_bytes() == b"damage %d" % number


def test_the_reader_s_own_photo_is_not_replaced_by_a_drawing_s_picture(tmp_path):
    photo = tmp_path / "seven.png"
    Image.new("RGB", (30, 40), "red").save(photo)
    content = photo.read_bytes()
    with pytest.warns(UserWarning, match=r"seven\.png .* kept as seven-set-aside-1\.png"):
        Drawing(SEVEN, 7).save(tmp_path / "seven.npz")
    assert (tmp_path / "seven-set-aside-1.png").read_bytes() == content
    assert names(tmp_path) == ["seven-set-aside-1.png", "seven.npz", "seven.png"]


@pytest.mark.parametrize("number", [0, 2])
def test_a_single_drawing_does_not_take_the_place_of_a_collection(path, number):
    Drawings([Drawing(ONE, 1)] * number).save(path)
    with pytest.warns(UserWarning, match=r"mine\.npz .* kept as mine-set-aside-1\.npz"):
        Drawing(SEVEN, 7).save(path)
    assert Drawing.load(path).label == 7
    assert len(Drawings.load(path.with_name("mine-set-aside-1.npz"))) == number


@pytest.mark.parametrize("source", [7, None, ["mine.npz"], b"mine.npz"])
def test_what_is_no_path_is_an_error(source):
    for use in (Drawings.load, Drawing.load, Drawings().save, Drawing(ONE).save_png):
        with pytest.raises(DataError, match=r"path is of type \w+; expected is the path of a file"):
            use(source)


def test_a_name_that_no_file_can_have_is_an_error(tmp_path):
    with pytest.raises(DataError, match=r"missing|cannot be read"):
        Drawings.load("a\0b.npz")
    for name in ("a\0b.npz", "x" * 300 + ".npz"):
        with pytest.raises(DataError, match=r"cannot be (saved|written)"):
            Drawings().save(tmp_path / name)
    assert names(tmp_path) == []


def test_a_missing_file_and_a_folder_are_said(tmp_path, path):
    with pytest.raises(DataError, match=r"mine\.npz is missing; an npz file was expected"):
        Drawings.load(path)
    path.mkdir()
    with pytest.raises(DataError, match="is a folder; an npz file was expected"):
        Drawings.load(path)


@pytest.mark.parametrize("name", ["mine", "mine.txt", "mine.png", ".npz"])
def test_another_ending_is_refused(tmp_path, name):
    for save in (Drawings([Drawing(ONE)]).save, Drawing(ONE).save):
        with pytest.raises(DataError, match=r"cannot be saved: the name must end in \.npz"):
            save(tmp_path / name)
    with pytest.raises(DataError, match=r"must end in \.png\. Name it mine\.png"):
        Drawing(ONE).save_png(tmp_path / "mine.npz")
    assert names(tmp_path) == []


def test_a_folder_in_the_way_stays(tmp_path, path):
    path.mkdir()
    with pytest.raises(DataError, match=r"mine\.npz cannot be saved: a folder has that name"):
        Drawing(ONE).save(path)
    assert names(tmp_path) == ["mine.npz"]


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no named pipes")
def test_a_pipe_is_not_waited_for_and_not_lost(tmp_path, path):
    os.mkfifo(path)
    with pytest.raises(DataError, match="not a regular file"):
        Drawings.load(path)
    with pytest.warns(UserWarning, match="set-aside"):
        Drawings([Drawing(ONE)]).save(path)
    assert (tmp_path / "mine-set-aside-1.npz").is_fifo()


@pytest.mark.skipif(os.name == "nt", reason="symbolic links need a privilege on Windows")
def test_a_symbolic_link_stays_one(tmp_path, path):
    real = tmp_path / "kept/real.npz"
    real.parent.mkdir()
    real.write_bytes(b"damage")
    path.symlink_to(real)
    with pytest.warns(UserWarning, match=r"real\.npz .* kept as real-set-aside-1\.npz"):
        collect(path, ONE, 1)
    assert path.is_symlink()
    assert len(Drawings.load(real)) == 1


def test_a_folder_that_cannot_be_written_is_said(tmp_path):
    (tmp_path / "plain").write_text("a file, not a folder")
    for save in (Drawings([Drawing(ONE)]).save, Drawing(ONE).save):
        with pytest.raises(DataError, match=r"mine\.npz cannot be written .*plain"):
            save(tmp_path / "plain/mine.npz")


@pytest.mark.skipif(
    os.name == "nt" or (hasattr(os, "geteuid") and os.geteuid() == 0),
    reason="for this user every folder can be written",
)
def test_a_folder_without_permission_is_said(tmp_path, path):
    tmp_path.chmod(0o500)
    try:
        with pytest.raises(DataError, match="Permission denied"):
            collect(path, ONE, 1)
    finally:
        tmp_path.chmod(0o700)


def full_disk(path, arrays):
    path.write_bytes(b"PK\x03\x04 half of it")
    raise OSError(errno.ENOSPC, "No space left on device")


def wrong_points(path, arrays):
    write_npz(path, arrays | {"xy": arrays["xy"] + 1})


def wrong_bytes(path, arrays):
    write_npz(path, arrays)
    path.write_bytes(path.read_bytes()[:-30])


@pytest.mark.parametrize(
    ("writer", "message"),
    [
        (full_disk, r"mine\.npz cannot be written .* No space left on device.*free some space"),
        (wrong_points, r"mine\.npz was not saved: what was written holds other drawings"),
        (wrong_bytes, r"mine\.npz was not saved, as it could not be read again: .*damaged"),
    ],
)
@pytest.mark.parametrize("before", [None, packed(), b"damage"], ids=["new", "good", "damaged"])
def test_a_failed_write_leaves_everything_as_it_was(monkeypatch, path, writer, message, before):
    if before:
        path.write_bytes(before)
    monkeypatch.setattr(module, "write_npz", writer)
    for save in (Drawings([Drawing(ONE)]).save, Drawing(ONE).save, lambda p: collect(p, ONE)):
        with pytest.raises(DataError, match=message):
            save(path)
    assert names(path.parent) == (["mine.npz"] if before else [])
    assert not before or path.read_bytes() == before


@pytest.mark.parametrize("before", [None, packed(), b"damage"], ids=["new", "good", "damaged"])
def test_a_picture_that_cannot_be_written_leaves_the_drawing_as_it_was(monkeypatch, path, before):
    if before:
        path.write_bytes(before)

    def fail(self, path):
        path.write_bytes(b"half")
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(Drawing, "_write_picture", fail)
    with pytest.raises(DataError, match=r"mine\.png cannot be written .* No space left"):
        Drawing(ONE, 1).save(path)
    assert names(path.parent) == (["mine.npz"] if before else [])
    assert not before or path.read_bytes() == before


def test_a_picture_that_was_not_written_as_meant_takes_no_name(monkeypatch, tmp_path):
    def other(self, path):
        Image.new("L", (280, 280), 255).save(path)

    monkeypatch.setattr(Drawing, "_write_picture", other)
    with pytest.raises(DataError, match="what was written is another picture"):
        Drawing(ONE, 1).save_png(tmp_path / "one.png")
    assert names(tmp_path) == []


def test_what_was_set_aside_comes_back_when_the_new_file_cannot_take_its_name(monkeypatch, path):
    path.write_bytes(b"damage")

    def fail(temporary, target):
        raise PermissionError(errno.EACCES, "Permission denied")

    monkeypatch.setattr("mnistlab.files._replace", fail)
    with pytest.raises(DataError, match="Permission denied"):
        Drawings([Drawing(ONE)]).save(path)
    assert names(path.parent) == ["mine.npz"]
    assert path.read_bytes() == b"damage"


def test_too_many_drawings_are_refused_before_anything_is_written(monkeypatch, path):
    monkeypatch.setattr(module, "MOST_DRAWINGS", 2)
    with pytest.raises(DataError, match=r"mine\.npz: expected 0 to 2 drawings, found 3"):
        Drawings([Drawing(ONE)] * 3).save(path)
    assert names(path.parent) == []


def test_a_file_that_claims_more_than_it_holds_takes_no_memory(path):
    xy = header("<f4", (MOST_POINTS, 2))
    path.write_bytes(packed(counts=npy(np.array([2, 3, MOST_POINTS])), xy=xy + bytes(1000)))
    content = bytearray(path.read_bytes())
    true, lie = (struct.pack("<I", 128 + size) for size in (1000, 8 * MOST_POINTS))
    assert content.count(true) == 2
    path.write_bytes(content.replace(true, lie))
    tracemalloc.start()
    try:
        with pytest.raises(DataError, match="mine"):
            Drawings.load(path)
        # 80 MB is what the largest collection takes.
        assert tracemalloc.get_traced_memory()[1] < 90_000_000
    finally:
        tracemalloc.stop()


@pytest.mark.skipif(os.name == "nt", reason="there is no SIGKILL on Windows")
@pytest.mark.parametrize("before", [packed(), b"damage"], ids=["good", "damaged"])
def test_a_kill_while_saving_leaves_the_old_file(path, before):
    path.write_bytes(before)
    program = (
        "import sys, time\n"
        "from mnistlab.data import drawings\n"
        "def slow(path, arrays):\n"
        "    path.write_bytes(b'PK half of it')\n"
        "    print('half written', flush=True)\n"
        "    time.sleep(60)\n"
        "drawings.write_npz = slow\n"
        "drawings.collect(sys.argv[1], [[(0, 0), (1, 5)]], 1)\n"
    )
    with subprocess.Popen(
        [sys.executable, "-c", program, str(path)], stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout.readline().strip() == "half written"
        process.send_signal(signal.SIGKILL)
    assert process.returncode == -signal.SIGKILL
    assert path.read_bytes() == before
    assert [name for name in names(path.parent) if not name.startswith(PREFIX)] == ["mine.npz"]


@settings(max_examples=200, deadline=None, derandomize=True, database=None)
@given(data=st.data())
def test_any_changed_bytes_give_drawings_or_a_data_error(tmp_path_factory, data):
    content = bytearray(packed())
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, len(content) - 1))
        content[at] = data.draw(st.integers(0, 255))
    path = tmp_path_factory.getbasetemp() / "changed.npz"
    path.write_bytes(content)
    try:
        np.testing.assert_array_equal(Drawings.load(path).labels, [1, -1])
    except DataError as error:
        assert "changed.npz" in str(error)


@settings(max_examples=200, deadline=None, derandomize=True, database=None)
@given(data=st.data())
def test_any_numbers_in_the_arrays_give_drawings_or_a_data_error(tmp_path_factory, data):
    name = data.draw(st.sampled_from([*GOOD]))
    array = GOOD[name].copy()
    numbers = st.integers(-(2**63), 2**63 - 1) | st.integers(-3, 12)
    if array.dtype.kind == "f":
        numbers = st.floats(width=32)
    for _ in range(data.draw(st.integers(1, 3))):
        array.flat[data.draw(st.integers(0, array.size - 1))] = data.draw(numbers)
    path = tmp_path_factory.getbasetemp() / "numbers.npz"
    np.savez(path, **(GOOD | {name: array}))
    try:
        for drawing in Drawings.load(path):
            assert drawing.label is None or 0 <= drawing.label <= 9
            assert all(np.isfinite(stroke).all() and len(stroke) for stroke in drawing.strokes)
    except DataError as error:
        assert "numbers.npz" in str(error)
