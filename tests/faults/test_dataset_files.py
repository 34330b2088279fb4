"""Rows 12 to 16 for files of one's own: each fault is one DataError that says where it is."""

import gzip
import io
import os
import struct
import zipfile

from mnistlab.data import arrays, folders, tables
from mnistlab.data.datasets import read
from mnistlab.errors import DataError

import numpy as np
import pytest
from PIL import Image

RNG = np.random.default_rng(5)
IMAGES = RNG.integers(0, 256, (12, 5, 5), dtype="uint8")
IMAGES[:, 0, 0] = 0
LABELS = np.arange(12) % 10


def table(**changes):
    """Returns a CSV of 25 pixels and the label; changes as `line_column="text"`, from 1."""
    rows = [
        [str(label), *(str(value) for value in image.ravel())]
        for label, image in zip(LABELS, IMAGES, strict=True)
    ]
    for place, cell in changes.items():
        line, column = (int(each) for each in place.removeprefix("at").split("_"))
        rows[line - 1][column - 1] = cell
    return "\n".join(",".join(row) for row in rows)


def one_hot(line, *cells):
    rows = [
        [
            *(str(value) for value in image.ravel()),
            *("1" if each == label else "0" for each in range(10)),
        ]
        for label, image in zip(LABELS, IMAGES, strict=True)
    ]
    rows[line - 1][-10:] = cells
    return "\n".join(",".join(row) for row in rows)


def npz(**content):
    buffer = io.BytesIO()
    np.savez(buffer, **content)
    return buffer.getvalue()


def header(descr, shape):
    text = f"{{'descr': {descr!r}, 'fortran_order': False, 'shape': {shape}}}".encode()
    text = text.ljust(117) + b"\n"
    return b"\x93NUMPY\x01\x00" + struct.pack("<H", len(text)) + text


def packed(method=zipfile.ZIP_DEFLATED, **members):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", method) as archive:
        for name, content in members.items():
            archive.writestr(f"{name}.npy", content)
    return buffer.getvalue()


def idx(array, sizes=None, kind=8):
    sizes = struct.pack(f">{array.ndim}I", *(sizes or array.shape))
    return bytes([0, 0, kind, array.ndim]) + sizes + array.astype("uint8").tobytes()


def picture(pixels, kind="PNG"):
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, kind)
    return buffer.getvalue()


@pytest.fixture
def refused(tmp_path):
    """Writes files, and returns what is said of the first of them; leaves nothing else open."""

    def said(content, name="a.csv", beside=(), **options):
        for each, bytes_ in {name: content, **dict(beside)}.items():
            path = tmp_path / each
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(bytes_.encode() if isinstance(bytes_, str) else bytes_)
        with pytest.raises(DataError) as caught:
            read(tmp_path / name, **options)
        message = str(caught.value)
        assert any(each in message for each in (name, *dict(beside)))
        assert "allow_pickle" not in message
        assert message.endswith(".")
        return message

    return said


class TestPaths:
    @pytest.mark.parametrize("path", ["", "missing.csv", "a\0b", "~nobody-of-this-name/a.csv"])
    def test_no_such_file(self, path, tmp_path, monkeypatch):
        monkeypatch.chdir(tmp_path)
        with pytest.raises(DataError):
            read(path)

    def test_something_else_than_a_path(self):
        with pytest.raises(DataError, match="7 is no path"):
            read(7)

    @pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no named pipes")
    def test_a_pipe_is_refused_and_not_waited_for(self, tmp_path):
        os.mkfifo(tmp_path / "pipe.csv")
        with pytest.raises(DataError, match="not a regular file"):
            read(tmp_path / "pipe.csv")


class TestTables:
    @pytest.mark.parametrize(
        ("content", "said"),
        [
            ("", "is empty"),
            ("\n \n\n", "no line with anything in it"),
            ("label,a,b\n", "no line below"),
            ("<!DOCTYPE html><html><title>Log in</title>", "an HTML page"),
            ("\ufeff\n<html>", "an HTML page"),
            (b"\x89PNG\r\n\x1a\n", "a picture"),
            (b"\x80\x04N.", "pickle"),
            (b"%PDF-1.4", "a PDF document"),
            (table().encode("utf-16"), "UTF-16"),
            (b"\0" * 600, "something else"),
            ("word", "no line below"),
        ],
    )
    def test_what_is_no_table_is_called_by_its_name(self, refused, content, said):
        assert said in refused(content)

    @pytest.mark.parametrize(
        ("cell", "said"),
        [
            ("abc", "'abc', which is no number"),
            ("", "is empty"),
            ("nan", "'nan', which is no finite number"),
            ("-inf", "which is no finite number"),
            ("1e99", "'1e99', which is no finite number"),
            ("1_0", "which is no number"),
            ("٣", "which is no number"),
            ("0x10", "which is no number"),
            ("<img src=x onerror=alert(1)>", "no number"),
            ("x" * 5_000, "'" + "x" * 30 + "…', which is no number"),
            ("-1", "expected a pixel from 0 to 255 (or all from 0 to 1), found -1"),
            ("256", "found 256"),
            ("1e30", "found 1e+30"),
        ],
    )
    @pytest.mark.parametrize("place", [(1, 9), (7, 4), (12, 26)])
    def test_a_bad_cell_is_named_by_its_line_and_column(self, refused, cell, said, place):
        line, column = place
        message = refused(table(**{f"at{line}_{column}": cell}))
        assert f"line {line}, column {column}" in message
        assert said in message

    @pytest.mark.parametrize("label", ["12", "2.5", "-3", "999", "5000"])
    def test_a_label_that_is_none(self, refused, label):
        message = refused(table(at4_1=label))
        assert "line 4, column 1: expected a label" in message
        assert f"found {label}" in message

    def test_a_name_where_a_label_should_be(self, refused):
        assert "line 4, column 1 is 'seven', which is no number" in refused(table(at4_1="seven"))

    @pytest.mark.parametrize("column", ["first", "last"])
    def test_pixels_said_to_be_labels(self, refused, column):
        images = np.full((4, 8), 200)
        text = "\n".join(",".join(map(str, row)) for row in images)
        message = refused(text, label_column=column)
        assert f"line 1, column {1 if column == 'first' else 8}: expected a label" in message

    @pytest.mark.parametrize(
        "cells", [["0"] * 10, ["1", *["0"] * 8, "1"], ["0.5", "0.5", *["0"] * 8], ["2", *["0"] * 9]]
    )
    def test_labels_that_are_not_one_hot(self, refused, cells):
        message = refused(one_hot(6, *cells), label_column="last ten")
        assert "line 6, column 26: expected a one-hot label (nine 0s and a 1)" in message

    def test_lines_are_counted_as_an_editor_does(self, refused):
        text = "label," + ",".join("abcdefghijklmnopqrstuvwxy") + "\n\n" + table(at3_2="x")
        assert "line 5, column 2 is 'x'" in refused(text)

    @pytest.mark.parametrize(("change", "columns"), [("1,2", 27), ("", 26)])
    def test_a_line_of_another_length(self, refused, change, columns):
        lines = table().split("\n")
        lines[7] = f"{lines[7]},{change}" if change else lines[7].rpartition(",")[0]
        message = refused("\n".join(lines))
        found = len(lines[7].split(","))
        assert f"line 8 has {found} columns, and the first line has 26" in message

    def test_a_delimiter_at_the_end_of_each_line(self, refused):
        assert "line 1, column 27 is empty" in refused(table().replace("\n", ",\n") + ",")

    def test_too_few_columns_for_a_label(self, refused):
        assert "has 1 columns" in refused("1\n2\n3\n")
        assert "has 10 columns" in refused(
            "\n".join("1,0,0,0,0,0,0,0,0,0" for _ in range(3)), label_column="last ten"
        )

    def test_a_line_without_end(self, refused, monkeypatch):
        monkeypatch.setattr(tables, "LONGEST_LINE", 500)
        assert "line 13 is longer than 500 characters" in refused(table() + "\n" + "1" * 501)

    @pytest.mark.parametrize("pack", [False, True])
    def test_more_numbers_than_are_read(self, refused, monkeypatch, pack):
        monkeypatch.setattr(tables, "MOST_VALUES", 100)
        content = table().encode()
        assert "more than 100 numbers" in refused(gzip.compress(content) if pack else content)

    @pytest.mark.parametrize("line", [b"\n", b"1,2\n"])
    def test_more_lines_than_are_read(self, refused, monkeypatch, line):
        monkeypatch.setattr(tables, "MOST_LINES", 100)
        content = gzip.compress(b"1,2\n" + line * 100_000)
        assert len(content) < 1_000
        assert "more than 100 lines" in refused(content, "a.csv.gz")

    def test_a_compressed_one_that_breaks_off(self, refused):
        content = gzip.compress(RNG.bytes(4_000).hex().encode())
        assert "damaged or truncated" in refused(content[:-200], "a.csv.gz")


class TestArchives:
    @pytest.mark.parametrize(
        ("content", "said"),
        [
            (npz(x=IMAGES, y=LABELS)[:-40], "damaged or truncated"),
            (npz(x=IMAGES, labels=LABELS), "has the arrays 'x', 'labels'; expected are x_train"),
            (npz(), "has no array in it; expected are"),
            (npz(x=IMAGES, y=LABELS[:5]), "has 12 images, and"),
            (npz(x=IMAGES, y=np.where(LABELS == 3, 12, LABELS)), "found 12"),
            (npz(x=IMAGES, y=LABELS + 0.5), "found 0.5"),
            (npz(x=IMAGES, y=np.array(["7"] * 12)), "holds <U1, where labels"),
            (npz(x=np.array([["a"] * 4] * 12), y=LABELS), "where numbers were expected"),
            (npz(x=np.where(IMAGES == 0, np.nan, IMAGES), y=LABELS), "found nan"),
            (npz(x=IMAGES * 2.0, y=LABELS), "expected a pixel from 0 to 255"),
            (npz(x=IMAGES - 0.5, y=LABELS), "expected a pixel"),
            (npz(x=IMAGES[0, 0], y=LABELS), "has the shape (5,)"),
            (npz(x=IMAGES[:0], y=LABELS[:0]), "has the shape (0, 5, 5)"),
            (npz(x=IMAGES, y=np.eye(10)[:, :4]), "has the shape (10, 4), where labels"),
            (npz(x=np.full(12, None), y=LABELS), "Python objects"),
            (npz(x=np.zeros(12, [("a", "u1")]), y=LABELS), "named columns"),
            (npz(**{f"a{place}": 1 for place in range(120)}), "120 arrays"),
            (packed(x=header("|u1", (10**6, 10**6))), "claim 1,000,000,000,000 bytes"),
            (packed(x=header("|u1", (0, 10**15))), "claim"),
            (packed(x=header("|O", (12,)) + b"\x80\x04N."), "Python objects"),
            (packed(x=header("|S0", (10**13,)), y=header("|S0", (10**13,))), "values of no bytes"),
            (packed(x=header("<U0", (10**13,)), y=header("|u1", (0,))), "values of no bytes"),
            (npz(x=IMAGES, y=np.where(LABELS == 3, np.inf, LABELS)), "found inf"),
            (packed(x=b"no header"), "no readable npy header"),
            (packed(zipfile.ZIP_LZMA, x=header("|u1", (1,)) + b"1"), "NumPy does not use"),
            (packed(x=header("|u1", (9, 9)), y=header("|u1", (9,)) + b"1" * 9), "ends after"),
        ],
    )
    def test_each_fault_is_named(self, refused, content, said):
        assert said in refused(content, "a.npz")

    def test_a_page_that_came_in_its_place(self, refused):
        assert "an HTML page" in refused("<html>", "a.npz")

    def test_what_unpacks_to_more_than_it_says(self, refused):
        bomb = packed(x=header("|u1", (2, 2)) + bytes(50_000_000), y=header("|u1", (2,)) + b"12")
        assert len(bomb) < 100_000
        assert "claims 50,000,1" in refused(bomb, "a.npz")

    def test_arrays_that_are_too_large_together(self, refused, monkeypatch):
        monkeypatch.setattr(arrays, "LIMIT", 300)
        assert "at most 300 are read" in refused(npz(x=IMAGES, y=LABELS), "a.npz")


class TestIdx:
    name = "train-images-idx3-ubyte"

    def test_the_labels_are_not_beside_it(self, refused):
        message = refused(idx(IMAGES), self.name)
        assert "needs a second file beside it, with the labels: train-labels-idx1-ubyte" in message

    def test_the_images_are_not_beside_it(self, refused):
        message = refused(idx(LABELS), "train-labels-idx1-ubyte")
        assert "with the images: train-images-idx3-ubyte" in message

    def test_its_name_does_not_tell_what_it_is(self, refused):
        assert "cannot be told by its name" in refused(idx(IMAGES), "digits")

    @pytest.mark.parametrize(
        ("images", "labels", "said"),
        [
            (idx(IMAGES), idx(LABELS[:4]), "has 12 images, and"),
            (idx(IMAGES)[:-9], idx(LABELS), "has 291"),
            (idx(IMAGES, (2**31, 2**31, 2**31)), idx(LABELS), "claims to hold"),
            (idx(IMAGES), idx(LABELS + 40), "found 40"),
            (idx(LABELS), idx(LABELS), "has the shape (12,)"),
            (gzip.compress(idx(IMAGES))[:-30], idx(LABELS), "damaged or truncated"),
        ],
    )
    def test_a_damaged_pair(self, refused, images, labels, said):
        beside = {"train-labels-idx1-ubyte": labels}
        assert said in refused(images, self.name, beside)


class TestFolders:
    def test_a_folder_without_subfolders(self, tmp_path):
        (tmp_path / "a.png").write_bytes(picture(IMAGES[0]))
        with pytest.raises(DataError, match="without subfolders; expected is one for each class"):
            read(tmp_path)

    def test_subfolders_without_pictures(self, tmp_path):
        (tmp_path / "7").mkdir()
        (tmp_path / "7" / "a.txt").write_text("7")
        with pytest.raises(DataError, match="no picture in them; accepted are BMP, GIF"):
            read(tmp_path)

    @pytest.mark.parametrize(
        ("content", "said"),
        [
            (b"", "is empty"),
            (b"<svg>", "an SVG drawing"),
            (b"seven", "is not an image"),
            (picture(np.zeros((28, 28), "uint8"))[:40], "damaged"),
            (picture(np.full((90, 90), 200, "uint8")), "no digit found"),
        ],
    )
    def test_a_bad_picture_is_named_with_its_class(self, tmp_path, content, said):
        (tmp_path / "<b>7").mkdir()
        (tmp_path / "<b>7" / "a.png").write_bytes(content)
        with pytest.raises(DataError, match=said) as caught:
            read(tmp_path)
        assert str(caught.value).startswith("<b>7/a.png ")

    def test_too_many_pictures_or_classes(self, tmp_path, monkeypatch):
        for name in "789":
            (tmp_path / name).mkdir()
            (tmp_path / name / "a.png").write_bytes(picture(np.zeros((28, 28), "uint8")))
        monkeypatch.setattr(folders, "MOST_PICTURES", 2)
        with pytest.raises(DataError, match="has 3 pictures; at most 2 are read"):
            read(tmp_path)
        monkeypatch.setattr(folders, "MOST_CLASSES", 2)
        with pytest.raises(DataError, match="has 3 subfolders; at most 2 classes"):
            read(tmp_path)


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.csv", table().encode()),
        ("a.npz", npz(x=IMAGES, y=LABELS)),
        ("a-images-idx3", idx(IMAGES)),
        ("a.csv.gz", gzip.compress(table().encode())),
    ],
)
def test_any_mutated_bytes_give_data_or_the_one_error(tmp_path, name, content):
    (tmp_path / "a-labels-idx1").write_bytes(idx(LABELS))
    rng = np.random.default_rng(11)
    for _ in range(150):
        changed = bytearray(content)
        for place in rng.integers(0, len(changed), rng.integers(1, 9)):
            changed[place] = rng.integers(0, 256)
        changed = changed[: rng.integers(1, len(changed))] if rng.random() < 0.3 else changed
        path = tmp_path / name
        path.write_bytes(bytes(changed))
        try:
            found = read(path)
        except DataError as cause:
            assert name in str(cause)
        else:
            assert len(found.images) == len(found.labels)
            assert found.inputs(found.images).max() <= 1
