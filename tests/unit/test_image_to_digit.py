"""image_to_digit: what must not matter does not, over digits drawn by rule.

Two of these digits differ by at least 24 levels of 255 on average. "The same"
means within 3 where the ink keeps its edges. Where they move a little, the
shorter side may become a whole pixel longer or shorter: then within 12.
"""

import functools
import math

from mnistlab.data.images import image_to_digit
from mnistlab.errors import ImageError
from tests.pictures import STROKES, difference, drawn, encoded, on_paper

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageDraw

SAME = 3
NEARLY = 12
SIDE = 200

labels = st.integers(0, 9)
drawn = functools.cache(drawn)
several = settings(max_examples=20, deadline=None, derandomize=True)


@functools.cache
def reference(label, pen=0.12):
    return image_to_digit(on_paper(drawn(label, SIDE, pen)))


def page(label, **colors):
    return on_paper(drawn(label, SIDE, 0.12), **colors)


def assert_same(picture, label, tolerance=SAME):
    assert difference(image_to_digit(picture), reference(label)) <= tolerance


def slope(shape, angle):
    """What goes from 0 at one edge of a picture to 1 at the other."""
    rows, columns = np.mgrid[: shape[0], : shape[1]]
    along = np.cos(angle) * columns / shape[1] + np.sin(angle) * rows / shape[0]
    return (along - along.min()) / np.ptp(along)


def test_the_digits_of_these_tests_differ():
    for one in STROKES:
        for other in range(one):
            assert difference(reference(one), reference(other)) > 24


class TestWhatDoesNotMatter:
    @several
    @given(labels, st.integers(0, 120), st.integers(135, 255))
    def test_which_of_ink_and_paper_is_the_light_one(self, label, dark, light):
        for ink, paper, polarity in (
            (dark, light, "dark on light"),
            (light, dark, "light on dark"),
        ):
            steps = image_to_digit(page(label, color=(ink,) * 3, paper=(paper,) * 3), describe=True)
            assert steps.polarity == polarity
            assert difference(steps.centered, reference(label)) <= SAME

    @several
    @given(labels, st.tuples(*[st.integers(0, 3 * SIDE)] * 4))
    def test_how_much_paper_is_around(self, label, edges):
        top, bottom, left, right = edges
        wide = np.pad(page(label), ((top, bottom), (left, right), (0, 0)), constant_values=230)
        assert_same(wide, label)

    @several
    @given(labels, st.sampled_from([40, 64, 90, 150, 300, 500, 900]))
    def test_the_size_of_the_picture(self, label, side):
        assert_same(on_paper(drawn(label, side, 0.12)), label, NEARLY)

    @several
    @given(labels, st.floats(0.2, 0.9))
    def test_the_size_of_the_digit_in_it(self, label, size):
        assert_same(on_paper(drawn(label, 300, 0.12, round(size, 2))), label, NEARLY)

    @several
    @given(labels, st.sampled_from([0.02, 0.03, 0.05, 0.07, 0.09]))
    def test_a_thin_pen(self, label, pen):
        assert_same(on_paper(drawn(label, 300, pen)), label, NEARLY)

    @several
    @given(
        labels,
        st.sampled_from(["L", "LA", "P", "RGBA", "CMYK", "YCbCr", "HSV", "16 bits", "float"]),
        st.sampled_from(["PNG", "TIFF"]),
    )
    def test_the_kind_of_pixels(self, label, mode, kind):
        picture = Image.fromarray(page(label))
        gray = np.asarray(picture.convert("L"))
        if mode == "16 bits":
            picture = Image.fromarray(gray.astype("uint16") * 257)
        elif mode == "float":
            picture, kind = Image.fromarray(np.float32(gray / 255)), "TIFF"
        elif mode == "P":
            picture = picture.quantize(64, dither=Image.Dither.NONE)
        else:
            picture = picture.convert(mode)
        assert_same(picture, label)
        if mode not in ("CMYK", "YCbCr", "HSV") or (kind == "TIFF" and mode != "HSV"):
            assert_same(encoded(picture, kind), label)

    @several
    @given(labels)
    def test_one_bit(self, label):
        assert_same(Image.fromarray(drawn(label, SIDE, 0.12) < 0.5), label)

    @several
    @given(labels, st.sampled_from(["PNG", "GIF", "BMP", "TIFF", "WEBP"]))
    def test_the_format(self, label, kind):
        assert_same(encoded(Image.fromarray(page(label)), kind), label)

    @several
    @given(labels, st.integers(15, 100))
    def test_the_quality_of_a_jpeg(self, label, quality):
        assert_same(encoded(Image.fromarray(page(label)), "JPEG", quality=quality), label, NEARLY)

    @several
    @given(labels, st.sampled_from([(3, 2), (6, 1), (8, 3)]))
    def test_how_the_camera_was_held(self, label, turned):
        orientation, quarters = turned
        exif = Image.Exif()
        exif[0x0112] = orientation
        stored = Image.fromarray(np.ascontiguousarray(np.rot90(page(label), quarters)))
        assert_same(encoded(stored, exif=exif), label)


class TestWhatPaperDoes:
    @several
    @given(labels, st.floats(0, 0.7), st.floats(0, 2 * math.pi))
    def test_light_from_one_side(self, label, strength, angle):
        paper = page(label)
        light = 1 - strength * slope(paper.shape, angle)
        assert_same(np.uint8(paper * light[:, :, np.newaxis]), label)

    @several
    @given(labels, st.integers(14, 40), st.integers(5, 50), st.booleans())
    def test_lines_and_squares_printed_lightly(self, label, step, darker, squares):
        paper = page(label).astype(int)
        lines = np.zeros(paper.shape[:2], bool)
        lines[step // 2 :: step] = True
        if squares:
            lines[:, step // 2 :: step] = True
        paper[lines] -= darker
        assert_same(np.uint8(paper.clip(0)), label, NEARLY)

    @several
    @given(labels, st.lists(st.tuples(*[st.integers(0, SIDE - 4)] * 2), min_size=1, max_size=20))
    def test_specks(self, label, places):
        paper, ink = page(label), drawn(label, SIDE, 0.12)
        for row, column in places:
            beside = ink[max(row - 3, 0) : row + 6, max(column - 3, 0) : column + 6]
            if not beside.any():
                paper[row : row + 3, column : column + 3] = 60
        assert_same(paper, label)

    @several
    @given(labels, st.floats(0, 12), st.integers(0, 1000))
    def test_grain(self, label, strength, seed):
        grain = np.random.default_rng(seed).normal(0, strength, (SIDE, SIDE, 1))
        assert_same(np.uint8((page(label) + grain).clip(0, 255)), label, NEARLY)

    @several
    @given(labels, st.integers(25, 200))
    def test_faint_ink(self, label, fainter):
        assert_same(page(label, color=(230 - fainter,) * 3), label, NEARLY)


@several
@given(
    labels,
    st.sampled_from(
        [(20, 30, 160), (200, 30, 30), (20, 120, 40), (240, 120, 20), (255, 255, 0), (0, 255, 255)]
    ),
    st.sampled_from([(255, 255, 255), (250, 245, 225)]),
)
def test_colored_ink(label, color, paper):
    assert_same(page(label, color=color, paper=paper), label)


@several
@given(labels)
def test_colors_of_the_same_lightness(label):
    assert_same(page(label, color=(200, 60, 60), paper=(60, 131, 60)), label)


class TestForm:
    """What holds of every image of MNIST holds of every result."""

    @several
    @given(labels, st.sampled_from([0.03, 0.1, 0.15]), st.sampled_from([32, 80, 300]))
    def test_the_longer_side_is_20_and_the_center_of_mass_in_the_middle(self, label, pen, side):
        digit = image_to_digit(on_paper(drawn(label, side, pen)))
        assert digit.shape == (28, 28)
        assert digit.dtype == np.uint8
        assert digit.max() == 255
        rows, columns = (np.flatnonzero(digit.any(axis=axis)) for axis in (1, 0))
        assert max(np.ptp(rows), np.ptp(columns)) + 1 == 20
        center = np.array(np.nonzero(digit)) @ (digit[np.nonzero(digit)] / digit.sum(dtype=float))
        assert np.abs(center - 14).max() <= 0.5 + 1e-9

    @several
    @given(st.floats(0.1, 1), st.booleans())
    def test_it_is_never_stretched(self, ratio, lying):
        wide, high = round(200 * ratio), 200
        picture = Image.new("L", (300, 300), 255)
        box = (150 - wide // 2, 50, 150 - wide // 2 + wide, 50 + high)
        ImageDraw.Draw(picture).ellipse(box, outline=0, width=25)
        if lying:
            picture = picture.transpose(Image.Transpose.TRANSPOSE)
        scaled = image_to_digit(picture, describe=True).scaled
        short, long = sorted(scaled.shape)
        assert long == 20
        assert abs(short - 20 * (wide + 1) / (high + 1)) <= 1
        assert (scaled.shape[1] == long) == lying or short == long

    @several
    @given(labels, st.integers(0, 99))
    def test_what_has_this_form_already_passes_pixel_for_pixel(self, label, seed):
        digit = image_to_digit(on_paper(drawn(label, 100 + seed, 0.1)))
        np.testing.assert_array_equal(image_to_digit(digit), digit)
        steps = image_to_digit(255 - digit, describe=True)
        np.testing.assert_array_equal(steps.centered, digit)
        assert steps.polarity == "dark on light"


class TestSteps:
    @several
    @given(labels, st.integers(30, 700), st.integers(30, 700))
    def test_each_fits_the_one_before(self, label, left, below):
        paper = np.pad(page(label), ((0, below), (left, 0), (0, 0)), constant_values=230)
        steps = image_to_digit(paper, describe=True)
        height, width = steps.original.shape[:2]
        shrunk = np.multiply(paper.shape[:2], max(height, width) / max(paper.shape))
        np.testing.assert_allclose((height, width), shrunk, rtol=0, atol=0.5)
        assert steps.ink.shape == (height, width)
        assert 0 <= steps.ink.min() < steps.ink.max() <= 1
        top, left_, bottom, right = steps.box
        assert 0 <= top < bottom <= height
        assert 0 <= left_ < right <= width
        down, across = height / paper.shape[0], width / paper.shape[1]
        ink = drawn(label, SIDE, 0.12) > 0.5
        rows, columns = (np.flatnonzero(ink.any(axis=axis)) for axis in (1, 0))
        wanted = rows[0], columns[0] + left, rows[-1] + 1, columns[-1] + 1 + left
        wanted = np.multiply(wanted, (down, across, down, across))
        np.testing.assert_allclose(steps.box, wanted, rtol=0, atol=1.5)
        assert max(steps.scaled.shape) == 20
        np.testing.assert_array_equal(steps.centered, image_to_digit(paper))

    def test_what_was_read_and_what_was_seen_are_both_noted(self):
        clear = np.zeros((SIDE, SIDE, 4), "uint8")
        clear[:, :, 3] = 255 * drawn(7, SIDE, 0.12)
        clear[10:14, 10:14, 3] = 255
        notes = image_to_digit(clear, describe=True).notes
        assert "Transparent parts were taken as white." in notes
        assert any("speck" in note for note in notes)


class TestRefused:
    @several
    @given(st.lists(labels, min_size=2, max_size=5), st.booleans())
    def test_several_digits_with_their_number(self, row, dark):
        paper = on_paper(np.concatenate([drawn(label, SIDE, 0.12) for label in row], axis=1))
        with pytest.raises(ImageError, match=f"shows {len(row)} digits"):
            image_to_digit(paper if dark else 255 - paper)

    @several
    @given(st.integers(0, 255), st.integers(1, 300), st.integers(1, 300))
    def test_one_shade(self, level, height, width):
        with pytest.raises(ImageError, match="no digit found"):
            image_to_digit(np.full((height, width), level, "uint8"))

    @several
    @given(st.lists(st.tuples(*[st.integers(0, SIDE - 4)] * 2), min_size=1, max_size=20))
    def test_nothing_but_specks(self, places):
        paper = np.full((SIDE, SIDE), 230, "uint8")
        for row, column in places:
            paper[row : row + 2, column : column + 2] = 60
        with pytest.raises(ImageError, match="no digit found"):
            image_to_digit(paper)
