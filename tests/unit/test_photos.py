"""load_photo: any picture as rows, columns and three colors, or one ImageError."""

import io
import warnings
import zlib

from mnistlab.data.photos import load_photo, sample_photo
from mnistlab.data.pictures import FORMATS, LARGEST_FILE
from mnistlab.errors import ImageError
from tests.pictures import COLORS, chunk, encoded, png_of_size

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image


def colors():
    """A gradient that tells rows, columns and channels apart; 6 rows, 8 columns."""
    rows, columns = np.mgrid[:6, :8]
    return np.stack([rows * 40, columns * 30, 255 - rows * 20], axis=-1).astype("uint8")


def photo(kind="PNG", **options):
    return encoded(Image.fromarray(colors()), kind, **options)


def expect_error(source, text):
    with pytest.raises(ImageError, match=text) as caught:
        load_photo(source)
    return str(caught.value)


class TestSources:
    @pytest.mark.parametrize(
        "wrap", [bytes, bytearray, memoryview, io.BytesIO], ids=lambda wrap: wrap.__name__
    )
    def test_content_in_memory(self, wrap):
        np.testing.assert_array_equal(load_photo(wrap(photo())), colors())

    @pytest.mark.parametrize("kind", [str, lambda path: path], ids=["text", "Path"])
    def test_a_path(self, tmp_path, kind):
        path = tmp_path / "photo.png"
        path.write_bytes(photo())
        np.testing.assert_array_equal(load_photo(kind(path)), colors())

    def test_an_open_file(self, tmp_path):
        path = tmp_path / "photo.png"
        path.write_bytes(photo())
        with path.open("rb") as file:
            np.testing.assert_array_equal(load_photo(file), colors())

    def test_what_is_decoded_already(self):
        np.testing.assert_array_equal(load_photo(Image.fromarray(colors())), colors())
        np.testing.assert_array_equal(load_photo(colors()), colors())

    def test_a_file_opened_as_text(self, tmp_path):
        path = tmp_path / "notes.png"
        path.write_text("seven")
        with path.open() as file:
            expect_error(file, r'notes.png is opened as text.*open\(\.\.\., "rb"\)')

    def test_a_closed_file(self):
        file = io.BytesIO(photo())
        file.close()
        expect_error(file, "The picture cannot be read: .*closed")

    @pytest.mark.parametrize("source", [None, 7, [[0, 255]]])
    def test_what_is_none_of_these(self, source):
        expect_error(source, f"of the type {type(source).__name__} cannot be opened. Give a path")

    def test_content_that_was_read_as_text(self):
        expect_error("\x89PNG\0", "zero byte is not the path of a picture. .* the bytes")

    def test_folders_and_missing_files_are_named_without_their_path(self, tmp_path):
        message = expect_error(
            tmp_path / "my.jpg", f"my.jpg does not exist in the folder {tmp_path.name}"
        )
        assert str(tmp_path) not in message
        expect_error(tmp_path, "is a folder, not a picture")


class TestKinds:
    @pytest.mark.parametrize("kind", ["PNG", "BMP", "TIFF"])
    def test_lossless_formats_give_the_same_pixels(self, kind):
        loaded = load_photo(photo(kind))
        assert loaded.dtype == np.uint8
        np.testing.assert_array_equal(loaded, colors())

    @pytest.mark.parametrize("kind", ["JPEG", "WEBP"])
    def test_lossy_formats_give_nearly_the_same(self, kind):
        smooth = Image.fromarray(colors()).resize((64, 48))
        loaded = load_photo(encoded(smooth, kind, quality=95))
        assert np.abs(loaded - np.asarray(smooth, dtype=float)).mean() < 4

    def test_the_result_may_be_written_to(self):
        loaded = load_photo(photo())
        loaded[0, 0] = 9
        assert loaded[0, 0].tolist() == [9, 9, 9]

    @pytest.mark.parametrize("mode", ["L", "1", "P"])
    def test_gray_gets_three_equal_colors(self, mode):
        gray = Image.fromarray(colors()).convert("L").convert(mode)
        wanted = np.asarray(gray.convert("L"))
        np.testing.assert_array_equal(load_photo(encoded(gray)), np.dstack([wanted] * 3))

    def test_a_palette_is_looked_up(self):
        picture = Image.new("P", (2, 1))
        picture.putpalette([255, 0, 0, 0, 0, 255])
        picture.putpixel((1, 0), 1)
        for kind in ("PNG", "GIF"):
            assert load_photo(encoded(picture, kind)).tolist() == [[[255, 0, 0], [0, 0, 255]]]

    def test_print_colors_are_those_of_the_screen(self):
        cyan = Image.new("CMYK", (8, 8), (255, 0, 0, 0))
        loaded = load_photo(encoded(cyan, "TIFF"))
        assert loaded[4, 4].tolist() == [0, 255, 255]
        from_jpeg = load_photo(encoded(cyan, "JPEG", quality=100)).astype(int)
        assert np.abs(from_jpeg - loaded).max() < 8

    @pytest.mark.parametrize("kind", ["PNG", "TIFF"])
    def test_16_bits_are_scaled_and_not_clipped(self, kind):
        gray = np.array([[0, 128, 255]], "uint8")
        deep = Image.fromarray(gray.astype("uint16") * 257)
        np.testing.assert_array_equal(load_photo(encoded(deep, kind))[:, :, 1], gray)

    def test_floats_in_the_unit_range_and_no_others(self):
        unit = np.array([[0, 0.2, 1]], "float32")
        loaded = load_photo(encoded(Image.fromarray(unit), "TIFF"))
        assert loaded[0, :, 2].tolist() == [0, 51, 255]
        for wrong in (unit * 255, np.full((1, 3), np.nan, "float32")):
            expect_error(encoded(Image.fromarray(wrong), "TIFF"), r"not all in \[0, 1\]")

    def test_kinds_without_one_translation_are_refused(self):
        whole = Image.fromarray(np.array([[0, 100_000]], "int32"))
        expect_error(encoded(whole, "TIFF"), "pixels of the kind I, which has no one translation")


class TestTransparency:
    def test_it_becomes_white_and_half_of_it_half_white(self):
        ink = np.zeros((1, 3, 4), "uint8")
        ink[0, :, 3] = (0, 128, 255)
        for kind in ("PNG", "TIFF", "WEBP"):
            options = {"lossless": True, "exact": True} if kind == "WEBP" else {}
            loaded = load_photo(encoded(Image.fromarray(ink), kind, **options))
            assert loaded[0, :, 0].tolist() == [255, 127, 0]

    def test_of_gray_with_alpha(self):
        ink = np.array([[[0, 0], [0, 255]]], "uint8")
        assert load_photo(encoded(Image.fromarray(ink, "LA")))[0, :, 1].tolist() == [255, 0]

    def test_of_one_color(self):
        picture = Image.fromarray(np.array([[[9, 9, 9], [7, 7, 7]]], "uint8"))
        loaded = load_photo(encoded(picture, transparency=(9, 9, 9)))
        assert loaded[0, :, 0].tolist() == [255, 7]

    @pytest.mark.parametrize("transparency", [0, bytes([0, 255])], ids=["one", "each"])
    def test_of_a_palette(self, transparency):
        picture = Image.new("P", (2, 1))
        picture.putpalette([0, 0, 0, 0, 0, 200])
        picture.putpixel((1, 0), 1)
        loaded = load_photo(encoded(picture, transparency=transparency))
        assert loaded.tolist() == [[[255, 255, 255], [0, 0, 200]]]


class TestSeveralPictures:
    @pytest.mark.parametrize("kind", ["GIF", "PNG", "TIFF", "WEBP"])
    def test_animations_and_pages_are_refused(self, kind):
        second = Image.fromarray(255 - colors())
        expect_error(
            photo(kind, save_all=True, append_images=[second]), "animated or has pages: it holds 2"
        )

    def test_a_phones_photo_with_a_preview_behind_it(self):
        first, second = Image.new("RGB", (16, 16), "red"), Image.new("RGB", (8, 8), "blue")
        loaded = load_photo(encoded(first, "MPO", save_all=True, append_images=[second]))
        assert loaded.shape == (16, 16, 3)
        assert loaded[8, 8, 0] > 200 > 60 > loaded[8, 8, 2]


@pytest.mark.parametrize("kind", ["PNG", "TIFF", "WEBP"])
def test_orientation_in_exif_is_honored(kind):
    exif = Image.Exif()
    exif[0x0112] = 6  # the camera was turned: the right edge of the file is the bottom
    turned = Image.fromarray(np.rot90(colors()).copy())
    options = {"lossless": True} if kind == "WEBP" else {}
    loaded = load_photo(encoded(turned, kind, exif=exif, **options))
    np.testing.assert_array_equal(loaded, colors())


class TestSizes:
    @pytest.mark.parametrize("size", [(1, 1), (100_000, 1), (3, 7)])
    def test_any_shape_is_loaded_as_it_is(self, size):
        loaded = load_photo(encoded(Image.new("RGB", size, "white")))
        assert loaded.shape == (size[1], size[0], 3)

    @pytest.mark.parametrize("size", [(6000, 5000), (10_000, 10_000), (60_000, 60_000)])
    def test_too_many_pixels_are_refused_before_decoding(self, size, monkeypatch):
        monkeypatch.setattr(
            "PIL.PngImagePlugin.PngImageFile.load", lambda *_: pytest.fail("decoded")
        )
        expect_error(
            png_of_size(*size, kind=COLORS), "more than 25 megapixels; .*Scale it down first"
        )

    def test_a_huge_file_is_refused_unread(self, tmp_path):
        path = tmp_path / "huge.png"
        with path.open("wb") as file:
            file.truncate(LARGEST_FILE + 1)
        expect_error(path, "huge.png is too large: at most 100 MB")
        with path.open("rb") as file:
            expect_error(file, "huge.png is too large: at most 100 MB")


class TestDamage:
    @pytest.mark.parametrize(
        "content",
        [
            b"seven\n",
            b"<svg xmlns='http://www.w3.org/2000/svg'/>",
            b"%PDF-1.7\n",
            b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 28 28\n%%EndComments\n",
            b"P6 2 2 255\n" + bytes(12),
        ],
        ids=["text", "SVG", "PDF", "EPS", "PPM"],
    )
    def test_what_is_no_picture_of_an_allowed_format(self, content):
        expect_error(content, "not an image that can be read here.*accepted are PNG, JPEG")

    def test_nothing(self):
        expect_error(b"", "The picture is empty; expected is a photo")

    @pytest.mark.parametrize("kind", ["PNG", "JPEG", "GIF", "BMP", "WEBP"])
    def test_half_a_picture(self, kind):
        content = encoded(Image.effect_noise((64, 64), 100).convert("RGB"), kind)
        expect_error(content[: len(content) // 2], "damaged")

    def test_text_that_unpacks_to_megabytes(self):
        content = photo()
        bomb = chunk(b"zTXt", b"Comment\0\0" + zlib.compress(bytes(50_000_000)))
        expect_error(content[:33] + bomb + content[33:], "damaged")

    @settings(max_examples=200, deadline=None, derandomize=True)
    @given(data=st.data())
    def test_mutated_bytes_give_a_photo_or_an_image_error(self, data):
        content = bytearray(photo(data.draw(st.sampled_from(FORMATS))))
        for _ in range(data.draw(st.integers(1, 4))):
            content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
        content = content[: data.draw(st.integers(len(content) // 2, len(content)))]
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            try:
                loaded = load_photo(content)
            except ImageError:
                return
        assert loaded.ndim == 3
        assert loaded.shape[2] == 3
        assert loaded.dtype == np.uint8


class TestSamples:
    @pytest.mark.parametrize("name", ["china", "flower"])
    def test_each_is_a_photo(self, name):
        loaded = sample_photo(name)
        assert loaded.shape == (427, 640, 3)
        assert loaded.dtype == np.uint8
        assert np.ptp(loaded) > 200

    def test_they_may_be_written_to_and_come_back_whole(self):
        sample_photo("china")[:] = 0
        assert sample_photo("china").any()

    @pytest.mark.parametrize("name", ["temple", "china.jpg", "", None, ["china"]])
    def test_another_name_is_answered_with_those_there_are(self, name):
        with pytest.raises(ImageError, match="there are 'china' and 'flower'"):
            sample_photo(name)
