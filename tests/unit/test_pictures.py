"""read_pixels: the many ways to store a pixel, each against what was stored."""

import io
import struct
import warnings

from mnistlab.data.pictures import FORMATS, LEAST_CONTRAST, read_pixels
from mnistlab.errors import ImageError
from tests.pictures import (
    COLORS,
    COLORS_OPACITY,
    GRAY,
    GRAY_OPACITY,
    chunk,
    encoded,
    png,
    png_of_size,
    tiff,
)

import numpy as np
import pytest
from hypothesis import given
from hypothesis.extra import numpy as arrays
from PIL import Image

LEVELS = np.array([[0, 1, 77, 128, 200, 255]], "uint8")


def read(source):
    return read_pixels(source, "expected is a digit", "Scale it down.")


def gray_of(source):
    """The gray levels of a picture; fails if its colors differ."""
    colors = read(source).colors
    assert colors.dtype == np.uint8
    np.testing.assert_array_equal(colors, colors[:, :, :1].repeat(3, axis=2))
    return colors[:, :, 0]


def expect_error(source, text):
    with pytest.raises(ImageError, match=text):
        read(source)


class TestArrays:
    @pytest.mark.parametrize(
        "array",
        [
            LEVELS,
            LEVELS[:, :, None],
            LEVELS[:, :, None].repeat(3, axis=2),
            np.dstack([LEVELS, np.full_like(LEVELS, 255)]),
            np.dstack([LEVELS, LEVELS, LEVELS, np.full_like(LEVELS, 255)]),
            LEVELS.astype("uint16") * 257,
            (LEVELS.astype("uint16") * 257).astype(">u2"),
            LEVELS / 255,
            np.float32(LEVELS / 255),
            np.float16(LEVELS / 255),
            LEVELS.astype("int64"),
            LEVELS[::-1, ::-1][::-1, ::-1],
            np.asfortranarray(LEVELS),
        ],
        ids=lambda array: f"{array.dtype.str}-{array.shape}",
    )
    def test_every_type_and_number_of_channels_gives_the_same_levels(self, array):
        np.testing.assert_array_equal(gray_of(array), LEVELS)
        assert read(array).notes == ()

    def test_true_is_white(self):
        assert gray_of(np.array([[True, False]])).tolist() == [[255, 0]]

    def test_colors_stay(self):
        colors = np.arange(24, dtype="uint8").reshape(2, 4, 3)
        np.testing.assert_array_equal(read(colors).colors, colors)

    @pytest.mark.parametrize("channels", [1, 2, 3, 4])
    def test_the_array_given_is_not_the_one_returned(self, channels):
        array = np.full((2, 2, channels), 255, "uint8")
        read(array).colors[:] = 9
        assert (array == 255).all()

    @given(arrays.arrays(np.uint16, (3, 4)))
    def test_16_bits_are_rounded_to_the_nearest_of_8(self, array):
        np.testing.assert_array_equal(gray_of(array), np.rint(array / 257))

    def test_what_resizing_leaves_outside_the_unit_range_by_rounding(self):
        assert gray_of(np.array([[-1e-9, 1 + 1e-15]])).tolist() == [[0, 255]]

    @pytest.mark.parametrize(
        ("value", "text"),
        [(np.nan, "nan"), (np.inf, "inf"), (-0.01, "-0.01"), (1.01, "1.01"), (255, "255")],
    )
    def test_a_value_outside_the_unit_range_is_named_with_its_place(self, value, text):
        array = np.zeros((4, 5))
        array[2, 3] = value
        expect_error(array, rf"not all in \[0, 1\]: {text} in row 2, column 3\. Divide")

    @pytest.mark.parametrize("value", [-1, 256, 100_000])
    def test_a_whole_number_outside_8_bits_is_named(self, value):
        expect_error(np.array([[0, value]]), rf"\[0, 255\]: {value} in row 0, column 1.*uint16")

    @pytest.mark.parametrize("dtype", ["complex64", "object", "U1", "datetime64[s]"])
    def test_other_types_are_refused_by_name(self, dtype):
        expect_error(np.zeros((2, 2)).astype(dtype), "pixels of the type .* Convert them to uint8")

    @pytest.mark.parametrize(
        "shape", [(), (784,), (2, 2, 5), (1, 28, 28, 1), (3, 28, 28), (2, 2, 0)]
    )
    def test_other_shapes_are_refused_and_said(self, shape):
        text = f"has the shape {shape}; expected is a digit".replace("(", r"\(").replace(")", r"\)")
        expect_error(np.zeros(shape, "uint8"), text)

    def test_no_pixels(self):
        expect_error(np.zeros((0, 4), "uint8"), "has no pixels; expected is a digit")
        expect_error(Image.new("L", (4, 0)), "has no pixels; expected is a digit")

    def test_more_than_25_megapixels(self):
        huge = np.broadcast_to(np.uint8(0), (5001, 5000))
        expect_error(huge, "The array has more than 25 megapixels; .* Scale it down.")


class TestPillowImages:
    @pytest.mark.parametrize("mode", ["L", "LA", "P", "RGB", "RGBA", "RGBX", "RGBa", "La", "I;16"])
    def test_every_kind_gives_the_same_levels(self, mode):
        if mode == "I;16":
            picture = Image.fromarray(LEVELS.astype("uint16") * 257)
        elif mode in ("RGBa", "La"):
            picture = (
                Image.fromarray(LEVELS).convert({"RGBa": "RGBA", "La": "LA"}[mode]).convert(mode)
            )
        else:
            picture = Image.fromarray(LEVELS).convert(mode)
        assert picture.mode == mode
        np.testing.assert_array_equal(gray_of(picture), LEVELS)

    @pytest.mark.parametrize("mode", ["HSV", "YCbCr", "CMYK"])
    def test_other_color_spaces_keep_gray_gray(self, mode):
        picture = Image.fromarray(LEVELS).convert("RGB")
        np.testing.assert_allclose(read(picture.convert(mode)).colors, picture, atol=1)

    def test_lightness_without_color(self):
        neutral = np.full_like(LEVELS, 128)
        picture = Image.merge("LAB", [Image.fromarray(part) for part in (LEVELS, neutral, neutral)])
        loaded = read(picture).colors
        assert np.ptp(loaded, axis=2).max() <= 2
        assert (np.diff(loaded[0, :, 0].astype(int)) > 0).all()

    def test_16_bits_in_32(self):
        deep = Image.fromarray(LEVELS.astype("int32") * 257)
        assert deep.mode == "I"
        np.testing.assert_array_equal(gray_of(deep), LEVELS)

    @pytest.mark.parametrize("pixels", [[[0, 255]], [[-1, 300]], [[0, 65536]]])
    def test_whole_numbers_that_are_not_16_bits(self, pixels):
        expect_error(Image.fromarray(np.array(pixels, "int32")), "of the kind I, .* from .* to")

    def test_floating_point(self):
        np.testing.assert_array_equal(gray_of(Image.fromarray(np.float32(LEVELS / 255))), LEVELS)
        expect_error(Image.fromarray(np.float32(LEVELS)), r"not all in \[0, 1\]: 77 in row 0")

    def test_it_is_left_as_it_was(self):
        exif = Image.Exif()
        exif[0x0112] = 6
        with Image.open(io.BytesIO(encoded(Image.fromarray(LEVELS), exif=exif))) as picture:
            assert read(picture).colors.shape == (6, 1, 3)
            assert picture.size == (6, 1)
            np.testing.assert_array_equal(np.asarray(picture), LEVELS)

    def test_one_that_cannot_be_decoded(self, tmp_path):
        path = tmp_path / "half.png"
        content = encoded(Image.effect_noise((64, 64), 100))
        path.write_bytes(content[: len(content) // 2])
        with Image.open(path) as picture:
            expect_error(picture, "half.png is a damaged image")

    def test_one_that_is_closed(self):
        picture = Image.open(io.BytesIO(encoded(Image.fromarray(LEVELS))))
        picture.close()
        expect_error(picture, "damaged image|cannot be read")

    def test_more_than_25_megapixels(self):
        with Image.open(io.BytesIO(png_of_size(5001, 5000))) as picture:
            expect_error(picture, "more than 25 megapixels; .* Scale it down.")

    def test_an_animation(self):
        second = Image.fromarray(255 - LEVELS)
        content = encoded(Image.fromarray(LEVELS), "GIF", save_all=True, append_images=[second])
        with Image.open(io.BytesIO(content)) as picture:
            expect_error(picture, "animated or has pages: it holds 2 pictures")


class TestDepths:
    def test_16_bits_of_each_kind_of_png(self):
        deep = LEVELS.astype("uint16") * 257
        opaque = np.full_like(deep, 65535)
        for channels, kind in (
            ([deep], GRAY),
            ([deep, opaque], GRAY_OPACITY),
            ([deep] * 3, COLORS),
            ([deep] * 3 + [opaque], COLORS_OPACITY),
        ):
            np.testing.assert_array_equal(gray_of(png(np.dstack(channels), 16, kind)), LEVELS)

    @pytest.mark.parametrize("order", ["<u2", ">u2"])
    def test_16_bits_of_both_byte_orders_of_tiff(self, order):
        deep = Image.fromarray((LEVELS.astype("uint16") * 257).astype(order))
        np.testing.assert_array_equal(gray_of(encoded(deep, "TIFF")), LEVELS)

    def test_12_bits_of_tiff_reach_white(self):
        assert gray_of(tiff(bytes([0, 0x0F, 0xFF]), (2, 1), bits=12)).tolist() == [[0, 255]]

    def test_white_is_zero_in_some_tiffs(self):
        deep = np.array([0, 65535], "<u2").tobytes()
        assert gray_of(tiff(deep, (2, 1), photometric=0)).tolist() == [[255, 0]]
        unit = np.array([0, 1], "<f4").tobytes()
        content = tiff(unit, (2, 1), photometric=0, bits=32, sample=3)
        assert gray_of(content).tolist() == [[255, 0]]
        assert gray_of(tiff(bytes([0, 255]), (2, 1), photometric=0, bits=8)).tolist() == [[255, 0]]

    def test_signed_numbers_of_tiff_are_refused(self):
        signed = np.array([-5, 300], "<i2").tobytes()
        expect_error(tiff(signed, (2, 1), sample=2), "of the kind I, .* from -5 to 300")


class TestTransparency:
    INK = np.array([[0, 0, 0, 255, 0]], "uint8")

    def test_dark_ink_lies_on_white(self):
        black = np.zeros_like(self.INK)
        for array in (
            np.dstack([black, self.INK]),
            np.dstack([black, black, black, self.INK]),
            np.dstack([black, self.INK]).astype("uint16") * 257,
            np.dstack([black, self.INK]) / 255,
        ):
            np.testing.assert_array_equal(gray_of(array), 255 - self.INK)
            assert read(array).notes == ("Transparent parts were taken as white.",)

    @pytest.mark.parametrize("level", [255, 240])
    def test_light_ink_lies_on_black_and_that_is_said(self, level):
        white = np.full_like(self.INK, level)
        content = encoded(Image.fromarray(np.dstack([white, self.INK])))
        np.testing.assert_array_equal(gray_of(content), self.INK // 255 * level)
        assert "taken as black: on white, the ink would not be seen" in read(content).notes[0]

    def test_ink_that_is_seen_on_white_stays_there(self):
        seen = np.full_like(self.INK, 255 - LEAST_CONTRAST)
        assert read(np.dstack([seen, self.INK])).notes == (
            "Transparent parts were taken as white.",
        )

    def test_nothing_at_all_is_white(self):
        assert (gray_of(np.zeros((3, 3, 4), "uint8")) == 255).all()

    @given(
        arrays.arrays(np.uint8, (2, 3, 4)).filter(lambda ink: np.ptp(ink[:, :, :3]) > 0),
    )
    def test_it_is_mixed_as_pillow_mixes_it(self, ink):
        loaded = read(ink)
        paper = 0 if any("black" in note for note in loaded.notes) else 255
        background = Image.new("RGBA", (3, 2), (paper, paper, paper, 255))
        mixed = Image.alpha_composite(background, Image.fromarray(ink))
        np.testing.assert_allclose(loaded.colors, np.asarray(mixed)[:, :, :3], atol=1)

    def test_one_gray_of_16_bits(self):
        deep = np.array([[300, 301, 65535]], "uint16")
        content = png(deep, 16, GRAY, chunk(b"tRNS", (300).to_bytes(2, "big")))
        assert gray_of(content).tolist() == [[255, 1, 255]]

    def test_one_gray_of_1_bit(self):
        picture = Image.fromarray(np.array([[False, True]]))
        assert gray_of(encoded(picture, transparency=255)).tolist() == [[0, 255]]
        loaded = read(encoded(picture, transparency=0))
        assert loaded.colors[:, :, 0].tolist() == [[0, 255]]
        assert "as black" in loaded.notes[0]

    def test_a_palette_with_opacity(self):
        picture = Image.new("P", (3, 1))
        picture.putpalette([0, 0, 0, 0, 0, 0, 200, 0, 0])
        picture.putdata([0, 1, 2])
        content = encoded(picture, transparency=bytes([0, 128, 255]))
        assert read(content).colors.tolist() == [[[255] * 3, [127] * 3, [200, 0, 0]]]


class TestNotes:
    def test_an_ordinary_picture_has_none(self):
        for kind in FORMATS:
            assert read(encoded(Image.new("RGB", (9, 9), "red"), kind)).notes == ()

    @pytest.mark.parametrize("kind", ["PNG", "JPEG", "TIFF", "WEBP"])
    def test_turning_is_said(self, kind):
        exif = Image.Exif()
        exif[0x0112] = 8
        turned = read(encoded(Image.new("RGB", (9, 5), "red"), kind, exif=exif))
        assert turned.colors.shape == (9, 5, 3)
        assert turned.notes == ("It was turned as the camera noted.",)

    def test_the_first_of_a_phones_several_is_said(self):
        first, second = Image.new("RGB", (16, 16), "red"), Image.new("RGB", (8, 8), "blue")
        loaded = read(encoded(first, "MPO", save_all=True, append_images=[second]))
        assert loaded.notes == ("The file holds several pictures; the first was read.",)

    def test_what_pillow_only_warns_of_is_said_and_goes_no_further(self):
        content = tiff(bytes(4), (4, 1), bits=8, unknown=7)
        beyond = content.replace(
            struct.pack("<HHI", 65000, 4, 1), struct.pack("<HHI", 65000, 4, 99)
        )
        assert read(content).notes == ()
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            loaded = read(beyond)
        assert loaded.colors.shape == (1, 4, 3)
        assert len(loaded.notes) == 1
        assert loaded.notes[0].startswith("Pillow warned: ")


class TestNames:
    def test_the_file_is_named_without_its_folder(self, tmp_path):
        path = tmp_path / "seven.png"
        path.write_bytes(encoded(Image.fromarray(LEVELS)))
        assert read(path).name == read(str(path)).name == "seven.png"
        with path.open("rb") as file:
            assert read(file).name == "seven.png"
        with Image.open(path) as picture:
            assert read(picture).name == "seven.png"

    def test_what_has_no_name(self):
        assert read(LEVELS).name == "The array"
        assert read(encoded(Image.fromarray(LEVELS))).name == "The picture"
        assert read(Image.fromarray(LEVELS)).name == "The picture"


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (b"%PDF-1.7\n", "a PDF document"),
        (b"%!PS-Adobe-3.0 EPSF-3.0\n", "a PostScript .EPS. drawing"),
        (b"<?xml version='1.0'?>\n<svg xmlns='http://www.w3.org/2000/svg'/>", "an SVG drawing"),
        (b"\0\0\0\x18ftypheic\0\0\0\0", "a HEIC photo, as iPhones take them"),
        (b"\0\0\0\x1cftypavif\0\0\0\0", "an AVIF picture"),
    ],
)
def test_what_people_take_for_a_picture_is_named(content, kind):
    expect_error(content, f"is {kind}, not an image that can be read here; accepted are PNG")
