"""Rows 17 to 31 of the faults: any picture is one digit, or one ImageError that says why not."""

import io
import json
import subprocess
import sys

from mnistlab import settings
from mnistlab.data.images import image_to_digit, load_image
from mnistlab.data.pictures import FORMATS, LARGEST_FILE
from mnistlab.errors import ImageError, MnistLabError
from tests.pictures import difference, drawn, encoded, on_paper, png_of_size

import numpy as np
import pytest
from PIL import Image, ImageChops

SEVEN = drawn(7, side=100)


def seven(mode="RGB"):
    """A seven in a mode of Pillow, dark gray on light."""
    return Image.fromarray(on_paper(SEVEN)).convert(mode)


def expect_error(source, text):
    with pytest.raises(ImageError, match=text) as caught:
        image_to_digit(source)
    return str(caught.value)


class TestNoImage:
    """Empty, text, SVG, PDF, EPS, folder."""

    @pytest.mark.parametrize(
        ("content", "text"),
        [
            (b"seven\n", "not an image"),
            (b"\0" * 5000, "not an image"),
            (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "an SVG drawing, not an image"),
            (b"%PDF-1.7\n", "a PDF document, not an image"),
            (b"P5 28 28 255\n" + bytes(784), "not an image"),
        ],
        ids=["text", "zeros", "SVG", "PDF", "PGM"],
    )
    def test_it_is_said_what_is_accepted(self, content, text):
        expect_error(content, f"{text}.*; accepted are PNG, JPEG, GIF, BMP, TIFF, WEBP. Export")

    def test_eps_starts_no_other_program(self, monkeypatch):
        monkeypatch.setattr(subprocess, "Popen", lambda *_, **__: pytest.fail("started"))
        content = b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 28 28\n%%EndComments\n"
        expect_error(content, "PostScript .*not an image that can be read here")

    def test_nothing(self, tmp_path):
        path = tmp_path / "seven.png"
        path.write_bytes(b"")
        expect_error(path, "seven.png is empty; expected is a picture of one digit")

    def test_a_folder_and_a_missing_file(self, tmp_path):
        expect_error(tmp_path, f"{tmp_path.name} is a folder, not a picture")
        message = expect_error(tmp_path / "7.png", "7.png does not exist in the folder")
        assert str(tmp_path) not in message

    def test_it_is_one_family(self):
        with pytest.raises(MnistLabError):
            load_image(b"seven")
        with pytest.raises(ValueError, match="not an image"):
            load_image(b"seven")


@pytest.mark.parametrize("kind", FORMATS)
def test_truncated_anywhere_is_a_digit_or_damaged(kind):
    content = encoded(seven(), kind)
    whole, refused = image_to_digit(content), 0
    for end in range(0, len(content), max(1, len(content) // 50)):
        try:
            digit = image_to_digit(content[:end])
        except ImageError:
            refused += 1
        else:
            # What is behind the pixels may be lost without a loss.
            assert difference(digit, whole) < 1
    assert refused >= 40


class TestTooLarge:
    @pytest.mark.parametrize("size", [(5001, 5000), (10_000, 10_000), (60_000, 60_000)])
    def test_over_25_megapixels_is_refused_before_decoding(self, size, monkeypatch):
        monkeypatch.setattr(
            "PIL.PngImagePlugin.PngImageFile.load", lambda *_: pytest.fail("decoded")
        )
        expect_error(png_of_size(*size), "more than 25 megapixels; .*scale it down")

    def test_over_100_mebibytes_is_refused_unread(self, tmp_path):
        path = tmp_path / "huge.png"
        with path.open("wb") as file:
            file.truncate(LARGEST_FILE + 1)
        expect_error(path, "huge.png is too large: at most 100 MB")


class TestKindsOfPixels:
    """16 bits, floats, transparency, palettes, print colors: all as the same picture in RGB."""

    def same(self, source, tolerance=0.5):
        reference = image_to_digit(np.asarray(seven()), describe=True)
        steps = image_to_digit(source, describe=True)
        assert difference(steps.centered, reference.centered) <= tolerance
        assert steps.polarity == reference.polarity == "dark on light"
        return steps.notes

    @pytest.mark.parametrize("kind", ["PNG", "TIFF"])
    def test_16_bits_are_scaled_and_not_clipped(self, kind):
        deep = np.asarray(seven("L")).astype("uint16") * 257
        self.same(encoded(Image.fromarray(deep), kind))
        self.same(deep)

    def test_floats_in_the_unit_range(self):
        unit = np.asarray(seven("L")) / np.float32(255)
        self.same(encoded(Image.fromarray(unit), "TIFF"))
        self.same(unit)
        self.same(unit.astype("float64"))

    @pytest.mark.parametrize("kind", ["PNG", "TIFF", "WEBP"])
    def test_black_ink_on_transparent_is_laid_on_white(self, kind):
        clear = np.zeros((100, 100, 4), "uint8")
        clear[:, :, 3] = 255 * SEVEN
        options = {"lossless": True} if kind == "WEBP" else {}
        notes = self.same(encoded(Image.fromarray(clear), kind, **options), tolerance=2)
        assert "Transparent parts were taken as white." in notes

    def test_white_ink_on_transparent_is_laid_on_black(self):
        clear = np.full((100, 100, 4), 255, "uint8")
        clear[:, :, 3] = 255 * SEVEN
        steps = image_to_digit(encoded(Image.fromarray(clear)), describe=True)
        assert steps.polarity == "light on dark"
        assert difference(steps.centered, image_to_digit(seven())) < 2

    def test_a_transparent_palette(self):
        ink = Image.fromarray(np.uint8(255 * SEVEN)).convert("P")
        ink.putpalette([0] * 768)
        self.same(encoded(ink, transparency=bytes(range(256))), tolerance=2)

    @pytest.mark.parametrize(
        ("mode", "kind"),
        [
            ("L", "PNG"),
            ("L", "BMP"),
            ("L", "GIF"),
            ("L", "TIFF"),
            ("LA", "PNG"),
            ("RGB", "PNG"),
            ("RGB", "BMP"),
            ("RGBA", "PNG"),
            ("CMYK", "TIFF"),
            ("YCbCr", "TIFF"),
        ],
    )
    def test_every_mode_gives_what_rgb_gives(self, mode, kind):
        self.same(encoded(seven(mode), kind))

    @pytest.mark.parametrize("kind", ["PNG", "GIF", "BMP", "TIFF"])
    def test_a_palette_gives_what_rgb_gives(self, kind):
        self.same(encoded(seven().quantize(256, dither=Image.Dither.NONE), kind))

    def test_print_colors_of_a_jpeg(self):
        self.same(encoded(seven("CMYK"), "JPEG", quality=95), tolerance=3)

    @pytest.mark.parametrize("kind", ["PNG", "BMP", "GIF", "TIFF"])
    def test_1_bit_gives_what_its_gray_gives(self, kind):
        bit = Image.fromarray(SEVEN < 0.5)
        np.testing.assert_array_equal(
            image_to_digit(encoded(bit, kind)), image_to_digit(bit.convert("RGB"))
        )


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("kind", ["PNG", "JPEG", "TIFF", "WEBP"])
def test_orientation_is_honored(kind, orientation):
    stored = {
        1: None,
        2: Image.Transpose.FLIP_LEFT_RIGHT,
        3: Image.Transpose.ROTATE_180,
        4: Image.Transpose.FLIP_TOP_BOTTOM,
        5: Image.Transpose.TRANSPOSE,
        6: Image.Transpose.ROTATE_90,
        7: Image.Transpose.TRANSVERSE,
        8: Image.Transpose.ROTATE_270,
    }[orientation]
    exif = Image.Exif()
    exif[0x0112] = orientation
    picture = seven() if stored is None else seven().transpose(stored)
    options = {"quality": 95} if kind in ("JPEG", "WEBP") else {}
    digit = image_to_digit(encoded(picture, kind, exif=exif, **options))
    assert difference(digit, image_to_digit(seven())) < 12


@pytest.mark.parametrize("kind", ["GIF", "PNG", "TIFF", "WEBP"])
def test_animated_is_refused_with_the_number_of_pictures(kind):
    others = [seven().rotate(angle) for angle in (10, 20)]
    content = encoded(seven(), kind, save_all=True, append_images=others)
    expect_error(content, "animated or has pages: it holds 3 pictures; .* Save one")


def test_black_on_white_and_its_negative_are_the_same_digit():
    for label in range(10):
        picture = Image.fromarray(on_paper(drawn(label)))
        dark = image_to_digit(picture, describe=True)
        light = image_to_digit(ImageChops.invert(picture), describe=True)
        assert (dark.polarity, light.polarity) == ("dark on light", "light on dark")
        assert difference(dark.centered, light.centered) < 3


class TestBlank:
    @pytest.mark.parametrize("level", [0, 1, 127, 254, 255])
    @pytest.mark.parametrize("side", [1, 2, 3, 28, 300])
    def test_one_shade(self, level, side):
        expect_error(np.full((side, side), level, "uint8"), "[Nn]o digit found")

    def test_one_color(self):
        expect_error(Image.new("RGB", (80, 60), "orange"), "[Nn]o digit found")

    def test_everything_transparent(self):
        expect_error(Image.new("RGBA", (80, 60), (0, 0, 0, 0)), "[Nn]o digit found")

    def test_paper_with_its_grain(self):
        grain = np.random.default_rng(1).normal(220, 4, (120, 160))
        expect_error(np.uint8(grain), "[Nn]o digit found")

    def test_paper_in_slanting_light(self):
        expect_error(
            np.tile(np.linspace(120, 240, 200), (150, 1)).astype("uint8"), "no digit found"
        )


@pytest.mark.parametrize("labels", [(1, 7), (3, 8), (4, 0, 2), (5, 6, 9, 2, 3)], ids=str)
def test_several_digits_are_counted(labels):
    row = np.concatenate([drawn(label) for label in labels], axis=1)
    expect_error(on_paper(row), f"shows {len(labels)} digits.*expected is one. Cut")


class TestShapes:
    @pytest.mark.parametrize("size", [(1, 1), (100_000, 1), (1, 100_000), (2, 3), (3, 2000)])
    def test_the_narrowest_are_refused(self, size):
        expect_error(encoded(Image.new("L", size, 255)), "no digit found")

    def test_a_line_is_never_stretched(self):
        page = np.full((60, 1200), 255, "uint8")
        page[22:38, 300:700] = 0
        digit = image_to_digit(page)
        assert np.ptp(np.flatnonzero(digit.any(axis=1))) + 1 <= 5


class TestArrays:
    @pytest.mark.parametrize("value", [np.nan, np.inf, -0.5, 1.5, 255])
    def test_floats_that_are_no_pixels_are_named(self, value):
        array = np.zeros((28, 28))
        array[5, 6] = value
        message = expect_error(array, r"not all in \[0, 1\]: .* in row 5, column 6")
        assert f"{value:g}" in message

    @pytest.mark.parametrize("value", [-1, 256])
    def test_whole_numbers_that_are_no_pixels_are_named(self, value):
        array = np.zeros((28, 28), int)
        array[5, 6] = value
        expect_error(array, rf"not all in \[0, 255\]: {value} in row 5, column 6")

    def test_it_is_a_value_error(self):
        with pytest.raises(ValueError, match="nan in row 0"):
            image_to_digit(np.full((28, 28), np.nan))

    @pytest.mark.parametrize("shape", [(784,), (1, 28, 28, 1), (3, 28, 28)])
    def test_other_shapes_are_said(self, shape):
        expect_error(np.zeros(shape), "has the shape .* Take one image of a batch")


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="memory is limited as on Linux")
class TestFuzz:
    """In a process that fails when a picture takes more than a gibibyte."""

    def run(self, *arguments):
        command = [sys.executable, "-m", "tests.faults.fuzz_pictures", *arguments]
        done = subprocess.run(
            command, cwd=settings.PROJECT, capture_output=True, text=True, timeout=300
        )
        assert done.returncode == 0, done.stderr[-2000:]
        return json.loads(done.stdout)

    def test_thousands_of_damaged_files_are_read_or_refused(self):
        result = self.run("damaged", "4000")
        assert set(result["outcomes"]) == {"read", "refused"}
        assert sum(result["outcomes"].values()) == 4000
        # Both must be common, or else the damage is too little, or the parsers are never reached.
        assert min(result["outcomes"].values()) > 300

    def test_bombs_and_extreme_shapes_are_read_or_refused(self):
        result = self.run("bombs")
        assert set(result["outcomes"]) == {"read", "refused"}
        assert result["outcomes"]["read"] == 3


def test_an_upload_can_be_given_as_it_comes():
    content = encoded(seven())
    wanted = image_to_digit(seven())
    for source in (content, bytearray(content), memoryview(content), io.BytesIO(content)):
        np.testing.assert_array_equal(image_to_digit(source), wanted)
