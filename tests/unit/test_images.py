"""load_image: one digit as MNIST has it, or one ImageError that says what was found."""

import errno
import io
import os
import struct
import warnings
import zlib
from pathlib import Path

from mnistlab.data.images import load_image
from mnistlab.data.pictures import FORMATS, LARGEST_FILE
from mnistlab.data.preparation import add_channel, prep_pixels
from mnistlab.errors import ImageError

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image


def digit():
    """A slanted stroke of many grays, light on black."""
    pixels = np.zeros((28, 28), "uint8")
    for row in range(4, 24):
        pixels[row, 20 - row // 2 : 23 - row // 2] = (row * 10, 255, 255 - row * 10)
    return pixels


def encoded(image, kind="PNG", **options):
    buffer = io.BytesIO()
    image.save(buffer, kind, **options)
    return buffer.getvalue()


PNG = encoded(Image.fromarray(digit()))


@pytest.fixture
def saved(tmp_path):
    """Writes bytes, or a Pillow image as PNG or another format, and returns the path."""

    def save(content, name="picture.png", **options):
        path = tmp_path / name
        if isinstance(content, Image.Image):
            content = encoded(content, **options)
        path.write_bytes(content)
        return path

    return save


def chunk(kind, data):
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def png_of_size(width, height):
    """A few bytes that declare a picture of any size."""
    header = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    rows = zlib.compress(bytes(1000))
    return (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")
    )


def expect_error(path, text):
    with pytest.raises(ImageError, match=text) as caught:
        load_image(path)
    assert path.name in str(caught.value)
    assert str(path.parent) not in str(caught.value)


def test_a_name_too_long_for_the_system_is_said(tmp_path):
    expect_error(tmp_path / ("x" * 300 + ".png"), "cannot be read|does not exist")


def test_a_folder_that_may_not_be_searched_is_said(tmp_path, monkeypatch):
    def refuse(self, **options):
        raise PermissionError(errno.EACCES, "Permission denied", str(self))

    # Who runs the tests as root may search every folder.
    for name in ("is_dir", "exists", "is_file", "stat"):
        monkeypatch.setattr(Path, name, refuse)
    expect_error(tmp_path / "picture.png", "Permission denied. Check that you may read it")


def test_a_digit_comes_back_as_prep_pixels_would_give_it(saved):
    loaded = load_image(saved(Image.fromarray(digit())))
    expected, _ = prep_pixels(add_channel(digit()[None]), add_channel(digit()[None]))
    assert loaded.dtype == np.float32
    assert loaded.shape == (1, 28, 28, 1)
    np.testing.assert_array_equal(loaded, expected)


@pytest.mark.parametrize("kind", ["PNG", "GIF", "BMP", "TIFF"])
@pytest.mark.parametrize("mode", ["L", "P", "RGB"])
def test_lossless_formats_and_gray_colors_give_the_same_digit(saved, kind, mode):
    path = saved(Image.fromarray(digit()).convert(mode), kind=kind)
    np.testing.assert_array_equal(
        load_image(path)[0, :, :, 0], np.float32(digit()) / np.float32(255)
    )


@pytest.mark.parametrize(
    ("kind", "options"), [("JPEG", {"quality": 95}), ("WEBP", {"quality": 95})]
)
def test_lossy_formats_give_nearly_the_same_digit(saved, kind, options):
    path = saved(Image.fromarray(digit()), kind=kind, **options)
    assert np.abs(load_image(path)[0, :, :, 0] - digit() / 255).mean() < 0.04


@pytest.mark.parametrize("kind", ["PNG", "TIFF"])
def test_16_bits_are_scaled_and_not_clipped(saved, kind):
    deep = digit().astype("uint16") * 257
    loaded = load_image(saved(Image.fromarray(deep), kind=kind))
    np.testing.assert_allclose(loaded[0, :, :, 0], digit() / 255, atol=1e-6)


def test_one_bit_is_black_and_white(saved):
    loaded = load_image(saved(Image.fromarray(digit() > 127)))
    np.testing.assert_array_equal(loaded[0, :, :, 0], np.float32(digit() > 127))


def test_floats_in_the_unit_range_stay_and_others_are_refused(saved):
    unit = digit().astype("float32") / 255
    loaded = load_image(saved(Image.fromarray(unit), "picture.tiff", kind="TIFF"))
    np.testing.assert_array_equal(loaded[0, :, :, 0], unit)
    for wrong in (unit * 255, unit - 1, np.where(unit > 0.5, np.nan, unit).astype("float32")):
        expect_error(saved(Image.fromarray(wrong), "w.tiff", kind="TIFF"), r"not all in \[0, 1\]")


def test_orientation_in_exif_is_honored(saved):
    exif = Image.Exif()
    exif[0x0112] = 3  # upside down
    path = saved(Image.fromarray(digit()[::-1, ::-1]), exif=exif)
    np.testing.assert_array_equal(
        load_image(path)[0, :, :, 0], np.float32(digit()) / np.float32(255)
    )


@pytest.mark.parametrize("size", [(5001, 5000), (10_000, 10_000), (60_000, 60_000)])
def test_too_many_pixels_are_refused_before_decoding(saved, size, monkeypatch):
    monkeypatch.setattr(Image.Image, "load", lambda *_: pytest.fail("decoded"))
    monkeypatch.setattr("PIL.PngImagePlugin.PngImageFile.load", lambda *_: pytest.fail("decoded"))
    expect_error(saved(png_of_size(*size)), "more than 25 megapixels")


def test_a_huge_file_is_refused_unread(tmp_path):
    path = tmp_path / "huge.png"
    with path.open("wb") as file:
        file.truncate(LARGEST_FILE + 1)
    expect_error(path, "at most 100 MB")


def test_animations_and_pages_are_refused(saved):
    frames = [Image.fromarray(digit()), Image.fromarray(digit().T)]
    for kind in ("GIF", "PNG", "TIFF", "WEBP"):
        path = saved(frames[0], kind=kind, save_all=True, append_images=frames[1:])
        expect_error(path, "holds 2 pictures")


def test_an_opaque_alpha_channel_is_understood(saved):
    for mode in ("LA", "RGBA"):
        loaded = load_image(saved(Image.fromarray(digit()).convert(mode)))
        np.testing.assert_array_equal(loaded[0, :, :, 0] * 255, digit())


def test_the_negative_of_a_digit_is_the_same_digit(saved):
    loaded = load_image(saved(Image.fromarray(255 - digit())))
    np.testing.assert_array_equal(loaded[0, :, :, 0] * 255, digit())


def test_a_digit_on_transparent_paper_is_read(saved):
    ink = np.dstack([np.zeros((28, 28, 3), "uint8"), digit()])
    loaded = load_image(saved(Image.fromarray(ink)))
    np.testing.assert_array_equal(loaded[0, :, :, 0] * 255, digit())


@pytest.mark.parametrize("gray", [0, 128, 255])
@pytest.mark.parametrize("size", [(28, 28), (1, 1), (3, 300), (100_000, 1), (640, 480)])
def test_where_nothing_is_drawn_no_digit_is_found(saved, gray, size):
    expect_error(saved(Image.new("L", size, gray)), "no digit found")


@pytest.mark.parametrize(
    ("content", "text"),
    [
        (b"", "is empty"),
        (b"seven\n", "not an image"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "not an image"),
        (b"%PDF-1.7\n", "not an image"),
        (b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 28 28\n%%EndComments\n", "not an image"),
        (b"P5 28 28 255\n" + bytes(784), "not an image"),
        (PNG[:6], "not an image"),
        (PNG[:20], "damaged"),
        (PNG[:60], "damaged"),
    ],
)
def test_what_is_no_image_or_cut_off(saved, content, text):
    expect_error(saved(content), text)


def test_missing_paths_and_folders(tmp_path):
    expect_error(tmp_path / "missing.png", f"does not exist in the folder {tmp_path.name}")
    folder = tmp_path / "folder.png"
    folder.mkdir()
    expect_error(folder, "is a folder")


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="the system has no named pipes")
def test_a_pipe_is_not_waited_for(tmp_path):
    os.mkfifo(tmp_path / "pipe.png")
    expect_error(tmp_path / "pipe.png", "not an ordinary file")


def test_a_file_that_may_not_be_read(saved, monkeypatch):
    def refuse(_):
        raise PermissionError(13, "Permission denied")

    path = saved(PNG)
    monkeypatch.setattr("pathlib.Path.read_bytes", refuse)
    expect_error(path, "cannot be read: Permission denied")


def test_text_that_unpacks_to_megabytes_is_refused(saved):
    bomb = chunk(b"zTXt", b"Comment\0\0" + zlib.compress(bytes(50_000_000)))
    expect_error(saved(PNG[:33] + bomb + PNG[33:]), "damaged")


@pytest.mark.parametrize(
    "raised",
    [
        SyntaxError("broken PNG file"),
        ValueError("bad value"),
        struct.error("unpack requires 4 bytes"),
        zlib.error("invalid stored block lengths"),
        EOFError(),
        KeyError(5),
        IndexError("index out of range"),
        OverflowError("too large"),
        TypeError("not a number"),
        OSError("image file is truncated"),
        MemoryError(),
        UserWarning("Truncated File Read"),
    ],
)
def test_whatever_pillow_raises_becomes_an_image_error(saved, raised, monkeypatch):
    def fail(*_):
        raise raised

    path = saved(PNG)
    monkeypatch.setattr("PIL.PngImagePlugin.PngImageFile.load", fail)
    expect_error(path, "damaged image")


@st.composite
def mutations(draw):
    """A picture's bytes with a few of them changed, and perhaps the rest cut off."""
    kind = draw(st.sampled_from(FORMATS))
    content = bytearray(encoded(Image.fromarray(digit()), kind))
    for _ in range(draw(st.integers(1, 4))):
        place = draw(st.integers(0, len(content) - 1))
        content[place] = draw(st.integers(0, 255))
    return bytes(content[: draw(st.integers(len(content) // 2, len(content)))])


def with_right_checksums(png):
    """Makes a mutated PNG get past its checksums, into the parsers behind them."""
    content, place = bytearray(png), 8
    while place + 12 <= len(content):
        length = struct.unpack_from(">I", content, place)[0]
        end = place + 8 + length
        if end + 4 > len(content):
            break
        struct.pack_into(">I", content, end, zlib.crc32(content[place + 4 : end]))
        place = end + 4
    return bytes(content)


@settings(max_examples=400, deadline=None, derandomize=True)
@given(content=mutations(), repair=st.booleans())
def test_mutated_bytes_give_an_image_or_an_image_error(tmp_path_factory, content, repair):
    path = tmp_path_factory.getbasetemp() / f"fuzz-{os.getpid()}.bin"
    path.write_bytes(
        with_right_checksums(content) if content[:4] == b"\x89PNG" and repair else content
    )
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        try:
            loaded = load_image(path)
        except ImageError:
            return
    assert loaded.shape == (1, 28, 28, 1)
    assert loaded.dtype == np.float32
    assert 0 <= loaded.min() < loaded.max() <= 1
