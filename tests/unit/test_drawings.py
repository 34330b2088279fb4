"""Drawings: collected, saved and read again as they were, and told apart from what is none."""

import itertools

from mnistlab.data.drawings import SIDE, Drawing, Drawings, collect
from mnistlab.data.images import load_image, strokes_to_digit
from mnistlab.data.strokes import draw_strokes
from mnistlab.errors import DataError

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from PIL import Image
from scipy import ndimage

ONE = [[(50, 10), (52, 90)]]
SEVEN = [
    [(10, 10), (60, 12), (85, 10), (70, 45), (50, 95)],
    [(40, 52), (80, 50)],
]

coordinates = st.floats(-1e6, 1e6, width=32)
strokes = st.lists(
    st.integers(1, 8).flatmap(lambda n: arrays(np.float32, (n, 2), elements=coordinates)),
    min_size=1,
    max_size=4,
)
labels = st.none() | st.integers(0, 9)
collections = st.lists(st.builds(Drawing, strokes, labels), max_size=6).map(Drawings)
quick = settings(max_examples=60, deadline=None, derandomize=True, database=None)


def zero():
    angle = np.linspace(0, 2 * np.pi, 40)
    return [np.stack([120 + 60 * np.cos(angle), 140 + 90 * np.sin(angle)], axis=1)]


def assert_same(found, expected):
    assert len(found) == len(expected)
    for one, other in zip(found, expected, strict=True):
        assert one.label == other.label
        assert len(one.strokes) == len(other.strokes)
        for stroke, points in zip(one.strokes, other.strokes, strict=True):
            np.testing.assert_array_equal(stroke, points)


@pytest.fixture
def path(tmp_path):
    return tmp_path / "mine.npz"


class TestDrawing:
    def test_its_points_are_a_copy_that_nobody_changes(self):
        points = np.array([[1.0, 2.0], [3.0, 4.0]])
        drawing = Drawing([points], 7)
        points[:] = 0
        np.testing.assert_array_equal(drawing.strokes[0], [[1, 2], [3, 4]])
        assert drawing.strokes[0].dtype == np.float32
        with pytest.raises(ValueError, match="read-only"):
            drawing.strokes[0][0, 0] = 5

    @pytest.mark.parametrize(
        "given",
        [
            SEVEN,
            tuple(np.array(stroke, "int16") for stroke in SEVEN),
            iter([np.array(stroke, "float64") for stroke in SEVEN]),
            Drawing(SEVEN).strokes,
        ],
        ids=["lists", "integers", "iterator", "strokes of another"],
    )
    def test_strokes_of_many_forms_are_the_same_drawing(self, given):
        assert_same([Drawing(given)], [Drawing(SEVEN)])

    @pytest.mark.parametrize("label", [0, 9, np.uint8(7), np.int64(3)])
    def test_its_label_is_a_plain_number(self, label):
        drawing = Drawing(ONE, label)
        assert drawing.label == label
        assert type(drawing.label) is int
        assert Drawing(ONE).label is None

    @pytest.mark.parametrize("label", [-1, 10, 7.0, "7", True, np.array([7]), "7<img src=x>"])
    def test_what_is_no_label_is_refused(self, label):
        with pytest.raises(DataError, match="label: expected a whole number 0 to 9 or None, found"):
            Drawing(ONE, label)

    @pytest.mark.parametrize(
        ("given", "message"),
        [
            (None, "strokes is of type NoneType; expected is a list of strokes"),
            ([], "strokes: expected at least one point, found none. Draw something"),
            ([[], np.empty((0, 2))], "strokes: expected at least one point, found none"),
            (ONE[0], "strokes[0] has the shape (2,); expected is (n, 2)"),
            ([[(1, 2, 3)]], "strokes[0] has the shape (1, 3)"),
            ([ONE[0], [(1, 2), (3,)]], "strokes[1] is of type list; expected is (n, 2)"),
            ([[("1", "2")]], "strokes[0] is of type list"),
            ([np.array([[None, 1]])], "strokes[0] is of type ndarray"),
            ([ONE[0], [(0, 0), (np.nan, 1)]], "strokes[1] has points that are NaN or infinite"),
            ([[(0, 1e300)]], "strokes[0] has points beyond 1,000,000,000"),
        ],
    )
    def test_what_is_no_drawing_is_refused(self, given, message):
        with pytest.raises(DataError) as caught:
            Drawing(given)
        assert message in str(caught.value)

    def test_it_becomes_a_digit_as_its_strokes_do(self):
        np.testing.assert_array_equal(Drawing(SEVEN).digit(), strokes_to_digit(SEVEN))

    def test_it_says_what_it_is(self):
        assert repr(Drawing(SEVEN, 7)) == "Drawing(2 strokes, 7 points, label 7)"
        assert repr(Drawing(ONE)) == "Drawing(1 stroke, 2 points, no label)"


class TestPicture:
    def test_it_is_black_on_white_and_leaves_mnist_s_margin(self):
        picture = Drawing(SEVEN).picture()
        assert picture.shape == (SIDE, SIDE)
        assert picture.dtype == np.uint8
        assert (picture.min(), picture.max()) == (0, 255)
        rows, columns = np.nonzero(picture < 128)
        assert rows.min() == pytest.approx(40, abs=2)
        assert rows.max() == pytest.approx(239, abs=2)
        assert columns.min() > 40
        assert columns.max() < 240

    def test_a_straight_stroke_has_the_pen_s_width_and_round_ends(self):
        ink = 1 - Drawing([[(0, 0), (0, 1)]]).picture() / 255
        assert ink.sum(axis=1)[140] == pytest.approx(22.5, abs=0.5)
        # A rectangle of 177.5 x 22.5 and the two halves of a circle.
        assert ink.sum() == pytest.approx(177.5 * 22.5 + np.pi * 11.25**2, rel=0.02)

    @quick
    @given(strokes)
    def test_it_is_the_strokes_as_they_are_drawn_elsewhere_ten_times_larger(self, strokes):
        expected = draw_strokes(strokes, width=22.5, longest=200)
        ink = 1 - Drawing(strokes).picture() / 255
        assert ink.sum() == pytest.approx(expected.sum(), rel=0.01)
        top, left = (280 - np.array(expected.shape)) // 2
        # An odd number of rows or columns lies half a pixel off the middle.
        found = ink[top : top + expected.shape[0], left : left + expected.shape[1]]
        assert np.abs(found - expected).mean() < 0.06

    def test_a_dot_is_a_disk_in_the_middle(self):
        ink = 1 - Drawing([[(1e6, -3)]]).picture() / 255
        assert ink.sum() == pytest.approx(np.pi * 11.25**2, rel=0.05)
        np.testing.assert_allclose(np.argwhere(ink > 0.5).mean(axis=0), 139.5, atol=1)

    @quick
    @given(strokes, st.sampled_from([0.25, 2.0, 1024.0]), st.integers(-1000, 1000))
    def test_scale_and_place_of_the_strokes_do_not_matter(self, strokes, scale, shift):
        # Whole numbers, so that moving them rounds nothing away.
        strokes = [np.rint(stroke / 1e3) for stroke in strokes]
        moved = [scale * stroke + shift for stroke in strokes]
        difference = np.subtract(
            Drawing(moved).picture(), Drawing(strokes).picture(), dtype="float64"
        )
        assert np.abs(difference).mean() < 1

    @pytest.mark.parametrize("size", [1e-30, 1e9])
    def test_the_smallest_and_the_largest_coordinates_have_pictures(self, size):
        picture = Drawing([[(0, 0), (0, size)]]).picture()
        np.testing.assert_array_equal(picture, Drawing([[(0, 0), (0, 1)]]).picture())

    @pytest.mark.parametrize("given", [ONE, SEVEN, zero()], ids=["one", "seven", "zero"])
    def test_load_image_reads_the_same_digit_from_it(self, tmp_path, given):
        path = Drawing(given).save_png(tmp_path / "digit.png")
        digit = Drawing(given).digit() / 255
        read = load_image(path)[0, ..., 0]
        # The two put the box on whole pixels, each in its own way: a pixel apart at most.
        shifts = itertools.product((-1, -0.5, 0, 0.5, 1), repeat=2)
        shifted = [ndimage.shift(read, shift, order=1) for shift in shifts]
        assert min(np.abs(each - digit).mean() for each in shifted) < 0.025

    def test_it_is_an_ordinary_png(self, tmp_path):
        path = Drawing(SEVEN).save_png(tmp_path / "new/seven.png")
        with Image.open(path) as picture:
            assert (picture.format, picture.mode, picture.size) == ("PNG", "L", (SIDE, SIDE))
            np.testing.assert_array_equal(np.asarray(picture), Drawing(SEVEN).picture())


class TestCollection:
    def test_it_keeps_the_order(self):
        drawings = Drawings()
        for label, drawn in ((7, SEVEN), (1, ONE), (None, zero())):
            assert drawings.add(drawn, label).label == label
        assert [drawing.label for drawing in drawings] == [7, 1, None]
        assert drawings[0].label == 7
        assert drawings[-1].label is None
        np.testing.assert_array_equal(drawings.labels, [7, 1, -1])
        assert repr(drawings) == "Drawings(3 drawings, 2 with a label)"

    def test_a_slice_is_a_collection_of_its_own(self):
        drawings = Drawings([Drawing(ONE, 1), Drawing(SEVEN, 7)])
        last = drawings[1:]
        last.add(zero(), 0)
        np.testing.assert_array_equal(last.labels, [7, 0])
        assert len(drawings) == 2

    def test_another_label_leaves_strokes_and_place(self):
        drawings = Drawings([Drawing(SEVEN, 1), Drawing(ONE, 1)])
        assert drawings.relabel(-2, 7) is drawings[0]
        assert drawings.relabel(1, None).label is None
        assert drawings.labels.tolist() == [7, -1]
        np.testing.assert_array_equal(drawings[0].strokes[0], Drawing(SEVEN).strokes[0])
        with pytest.raises(DataError, match=r"no drawing 2 to relabel: .* holds 2 drawings"):
            drawings.relabel(2, 7)
        with pytest.raises(DataError, match="label: expected a whole number"):
            drawings.relabel(0, 10)
        assert drawings.labels.tolist() == [7, -1]

    def test_what_is_removed_is_gone_and_given_back(self):
        drawings = Drawings([Drawing(ONE, 1), Drawing(SEVEN, 7), Drawing(zero(), 0)])
        assert drawings.remove(1).label == 7
        assert drawings.remove(-1).label == 0
        np.testing.assert_array_equal(drawings.labels, [1])

    @pytest.mark.parametrize("index", [1, -2, 99])
    def test_what_is_not_there_cannot_be_removed(self, index):
        drawings = Drawings([Drawing(ONE, 1)])
        with pytest.raises(DataError, match=f"no drawing {index} to remove: .* holds 1 drawing"):
            drawings.remove(index)
        assert len(drawings) == 1

    def test_a_drawing_that_is_refused_is_not_added(self):
        drawings = Drawings()
        for drawn, label in (([], 1), (ONE, 10)):
            with pytest.raises(DataError):
                drawings.add(drawn, label)
        assert len(drawings) == 0

    def test_its_digits_are_those_of_its_drawings(self):
        drawings = Drawings([Drawing(ONE, 1), Drawing(SEVEN)])
        digits = drawings.digits()
        assert digits.dtype == np.uint8
        np.testing.assert_array_equal(digits, [strokes_to_digit(ONE), strokes_to_digit(SEVEN)])
        assert Drawings().digits().shape == (0, 28, 28)
        assert Drawings().labels.shape == (0,)

    @quick
    @given(collections, strokes, labels)
    def test_adding_and_removing_the_last_is_as_if_nothing_was(self, drawings, given, label):
        before = list(drawings)
        drawings.add(given, label)
        drawings.remove(-1)
        assert list(drawings) == before


class TestFile:
    @quick
    @given(collections)
    def test_what_is_saved_is_loaded(self, tmp_path_factory, drawings):
        path = tmp_path_factory.getbasetemp() / "any.npz"
        assert_same(Drawings.load(drawings.save(path)), drawings)

    def test_the_same_drawings_give_the_same_bytes(self, tmp_path):
        files = [Drawings([Drawing(SEVEN, 7)]).save(tmp_path / name) for name in ("a.npz", "b.npz")]
        assert files[0].read_bytes() == files[1].read_bytes()

    def test_numpy_reads_it_as_the_formula_says(self, path):
        drawings = Drawings([Drawing(SEVEN, 7), Drawing(ONE), Drawing(zero(), 0)])
        drawings.save(path)
        with np.load(path, allow_pickle=False) as file:
            xy, stroke_offsets, drawing_offsets = (
                file[name] for name in ("xy", "stroke_offsets", "drawing_offsets")
            )
            labels = file["labels"]
        found = [
            Drawing(
                [
                    xy[stroke_offsets[k] : stroke_offsets[k + 1]]
                    for k in range(drawing_offsets[i], drawing_offsets[i + 1])
                ],
                None if labels[i] == -1 else labels[i],
            )
            for i in range(len(labels))
        ]
        assert_same(found, drawings)

    def test_what_numpy_wrote_in_this_form_is_read(self, path):
        np.savez_compressed(
            path,
            drawings_version=np.array([1]),
            counts=np.array([2, 3, 6]),
            xy=np.arange(12, dtype="float32").reshape(6, 2),
            stroke_offsets=np.array([0, 2, 5, 6]),
            drawing_offsets=np.array([0, 1, 3]),
            labels=np.array([4, -1]),
            extra=np.array(["not looked at"]),
        )
        first, second = Drawings.load(str(path))
        assert (first.label, second.label) == (4, None)
        np.testing.assert_array_equal(first.strokes[0], [[0, 1], [2, 3]])
        np.testing.assert_array_equal(second.strokes[1], [[10, 11]])

    def test_saving_again_replaces_what_was_saved_without_a_word(self, path, recwarn):
        Drawings([Drawing(SEVEN, 7)] * 3).save(path)
        Drawings([Drawing(ONE, 1)]).save(path)
        np.testing.assert_array_equal(Drawings.load(path).labels, [1])
        assert [entry.name for entry in path.parent.iterdir()] == ["mine.npz"]
        assert not recwarn

    def test_one_drawing_is_saved_with_its_picture_and_loaded_again(self, tmp_path, recwarn):
        path = Drawing(ONE, 1).save(tmp_path / "one.npz")
        assert Drawing(SEVEN, 7).save(tmp_path / "one.npz") == path
        assert_same([Drawing.load(path)], [Drawing(SEVEN, 7)])
        with Image.open(tmp_path / "one.png") as picture:
            np.testing.assert_array_equal(np.asarray(picture), Drawing(SEVEN).picture())
        assert sorted(entry.name for entry in tmp_path.iterdir()) == ["one.npz", "one.png"]
        assert not recwarn

    @pytest.mark.parametrize("number", [0, 2])
    def test_one_drawing_is_not_guessed_from_several(self, path, number):
        Drawings([Drawing(ONE, 1)] * number).save(path)
        with pytest.raises(DataError, match=rf"holds {number} drawings, where one was expected"):
            Drawing.load(path)


class TestCollect:
    def test_it_begins_a_collection_and_adds_to_it(self, path):
        assert len(collect(path, ONE, 1)) == 1
        found = collect(path, SEVEN)
        assert_same(found, [Drawing(ONE, 1), Drawing(SEVEN)])
        assert_same(Drawings.load(path), found)

    def test_what_another_notebook_added_stays(self, path):
        mine = collect(path, ONE, 1)
        collect(path, SEVEN, 7)
        assert len(mine) == 1
        np.testing.assert_array_equal(collect(path, zero(), 0).labels, [1, 7, 0])

    def test_a_drawing_that_is_refused_leaves_the_file_as_it_is(self, path):
        collect(path, ONE, 1)
        before = path.read_bytes()
        with pytest.raises(DataError, match="label"):
            collect(path, ONE, 11)
        assert path.read_bytes() == before
