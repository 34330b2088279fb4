"""Pen strokes as pixels: against a picture drawn large and scaled down, and by their properties."""

from mnistlab.data.framing import BOX, center_of_mass
from mnistlab.data.images import strokes_to_digit
from mnistlab.data.strokes import MOST_POINTS, draw_strokes
from mnistlab.errors import ImageError

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageDraw

SEVEN = [[(0, 0), (60, 0), (20, 90)], [(15, 45), (55, 45)]]

COORDINATES = st.floats(-1000, 1000, width=32)
STROKES = st.lists(
    st.lists(st.tuples(COORDINATES, COORDINATES), min_size=1, max_size=12), min_size=1, max_size=4
)


def drawn_large(strokes, width, times=32):
    """The same by another way: a thick line of Pillow, many times larger, scaled down."""
    points = np.concatenate([np.asarray(stroke, float) for stroke in strokes])
    low, extent = points.min(axis=0), np.ptp(points, axis=0)
    scale = (BOX - width) / extent.max()
    size = np.ceil(extent * scale + width - 1e-6).astype(int)
    margin = (size - extent * scale) / 2
    picture = Image.new("L", tuple(int(side) * times for side in size))
    pen = ImageDraw.Draw(picture)
    for stroke in strokes:
        path = ((np.asarray(stroke, float) - low) * scale + margin) * times
        pen.line([tuple(point) for point in path], fill=255, width=round(width * times))
        for x, y in path:
            r = width * times / 2
            pen.ellipse([x - r, y - r, x + r, y + r], fill=255)
    return np.asarray(picture.resize(tuple(int(side) for side in size), Image.Resampling.BOX)) / 255


@pytest.mark.parametrize("width", [1.5, 2.25, 3.0])
@pytest.mark.parametrize(
    "strokes",
    [
        SEVEN,
        [[(0, 0), (1, 9)]],
        [[(np.cos(turn), 2 * np.sin(turn)) for turn in np.linspace(0, 6.3, 40)]],
    ],
)
def test_the_ink_is_that_of_a_large_drawing_scaled_down(strokes, width):
    expected = drawn_large(strokes, width)
    drawn = draw_strokes(strokes, width)
    assert drawn.shape == expected.shape
    # A pixel that a slanted edge crosses is covered a little differently than its distance says.
    assert np.abs(drawn - expected).max() < 0.3
    assert np.abs(drawn - expected).mean() < 0.02


@settings(max_examples=200)
@given(strokes=STROKES)
def test_every_digit_fits_mnists_frame(strokes):
    digit = strokes_to_digit(strokes)
    assert digit.shape == (28, 28)
    assert digit.dtype == np.uint8
    rows, columns = (np.flatnonzero(digit.any(axis=axis)) for axis in (1, 0))
    points = np.concatenate([np.asarray(stroke) for stroke in strokes])
    longest = max(np.ptp(rows), np.ptp(columns)) + 1
    assert longest == BOX if np.ptp(points, axis=0).max() > 0 else longest <= 4
    starts = rows[0], columns[0]
    ends = rows[-1], columns[-1]
    for at, start, end in zip(center_of_mass(digit), starts, ends, strict=True):
        # Rounding to 255 levels moves the center by a hair.
        assert abs(at - 14) <= 0.51 or start == 0 or end == 27


@settings(max_examples=100)
@given(
    strokes=STROKES,
    scale=st.floats(0.01, 100),
    move=st.tuples(st.floats(-1e4, 1e4), st.floats(-1e4, 1e4)),
)
def test_place_and_scale_do_not_matter(strokes, scale, move):
    strokes = [np.asarray(stroke, float) for stroke in strokes]
    extent = np.ptp(np.concatenate(strokes), axis=0).max()
    # Strokes that are all but one point are a dot or not, as rounding has it.
    if 0 < extent < 0.1:
        return
    box = draw_strokes(strokes)
    moved = draw_strokes([stroke * scale + move for stroke in strokes])
    assert np.abs(np.subtract(box.shape, moved.shape)).max() <= 1
    if box.shape == moved.shape:
        assert np.abs(box - moved).mean() < 0.02


@settings(max_examples=50)
@given(strokes=STROKES)
def test_the_order_and_direction_of_strokes_do_not_matter(strokes):
    backwards = [stroke[::-1] for stroke in strokes[::-1]]
    difference = np.abs(draw_strokes(strokes) - draw_strokes(backwards))
    # Points closer than an eighth of a pixel are left out, which depends on where one begins.
    assert difference.max() <= 0.13


def test_points_in_between_change_nothing():
    (start, corner, end), bar = np.array(SEVEN[0], float), np.array(SEVEN[1], float)
    path = np.concatenate([np.linspace(start, corner, 500), np.linspace(corner, end, 700)])
    np.testing.assert_allclose(draw_strokes(SEVEN), draw_strokes([path, bar]), atol=0.05)


def test_a_single_point_is_a_round_dot_and_empty_strokes_are_left_out():
    dot = draw_strokes([[(400, -3)]], width=4)
    assert dot.shape == (4, 4)
    np.testing.assert_allclose(dot, dot.T)
    np.testing.assert_allclose(dot, dot[::-1])
    np.testing.assert_array_equal(dot, draw_strokes([[], [(1, 1)], []], width=4))


@pytest.mark.parametrize("extent", [1e-300, 1e-308, 5e-324])
@pytest.mark.parametrize("keep_aspect", [True, False])
def test_points_too_close_to_be_told_apart_are_a_dot(extent, keep_aspect):
    with np.errstate(all="raise"):
        dot = draw_strokes([[(0, 0), (extent, 0)]], keep_aspect=keep_aspect)
    np.testing.assert_array_equal(dot, draw_strokes([[(0, 0)]], keep_aspect=keep_aspect))


def test_a_one_stays_narrow_unless_the_aspect_is_given_up():
    one = [[(10, 0), (12, 100)]]
    assert draw_strokes(one).shape[1] <= 3
    assert draw_strokes(one, keep_aspect=False).shape == (BOX, BOX)


def test_a_wider_pen_gives_more_ink():
    ink = [draw_strokes(SEVEN, width).sum() for width in (1, 2, 3, 4)]
    assert ink == sorted(ink)


def test_many_points_take_little_memory():
    turns = np.linspace(0, 200, 200_000)
    spiral = np.stack([turns * np.cos(turns), turns * np.sin(turns)], axis=1)
    assert draw_strokes([spiral]).shape == (20, 20)


@pytest.mark.parametrize(
    ("strokes", "message"),
    [
        ([], "No digit found"),
        ([[], []], "No digit found"),
        (SEVEN[0], r"strokes\[0\] has the shape \(2,\); expected is \(n, 2\)"),
        ([[(1, 2, 3)]], r"strokes\[0\] has the shape \(1, 3\)"),
        ([[(1, 2)], [(1, np.nan)]], r"strokes\[1\] has points that are NaN or infinite"),
        ([[(1, 2), (3,)]], r"strokes\[0\] is of type list; expected is \(n, 2\)"),
        ([["one"]], r"strokes\[0\] is of type list"),
        ([[(1e12, 0), (0, 0)]], "points beyond"),
        ("seven", "strokes is of type str; expected is a list of strokes"),
        (None, "strokes is of type NoneType"),
        ([np.zeros((MOST_POINTS + 1, 2))], "more than 1,000,000"),
    ],
)
def test_what_is_no_list_of_strokes_is_refused(strokes, message):
    with pytest.raises(ImageError, match=message):
        strokes_to_digit(strokes)


@pytest.mark.parametrize("width", [0, -1, 20, np.nan, "thin"])
def test_a_width_that_cannot_be_is_refused(width):
    with pytest.raises(ImageError, match=r"width is .*; expected is a number of pixels between"):
        strokes_to_digit(SEVEN, width=width)
