"""The grid of images, and the bars, as Python has them."""

from mnistlab.errors import DataError
from mnistlab.widgets.designer.views.bars import Bars
from mnistlab.widgets.designer.views.digit_grid import MOST, DigitGrid

import numpy as np
import pytest

IMAGES = np.random.default_rng(1).integers(0, 256, (6, 4, 3), dtype="uint8")
NAMES = list("abcdef")
ATTACK = "<img src=x onerror=alert(1)>"


@pytest.fixture
def chosen():
    return []


@pytest.fixture
def grid(chosen):
    made = DigitGrid(chosen.append)
    made.show(IMAGES, NAMES)
    yield made
    made.close()


def send(grid, message):
    grid._handle_custom_msg(message, [])


class TestWhatItShows:
    @pytest.mark.parametrize("images", [IMAGES, IMAGES[..., None], IMAGES / np.float32(255)])
    def test_pixels_go_to_the_browser_as_bytes(self, grid, images):
        grid.show(images, NAMES)
        assert grid.pixels == IMAGES.tobytes()
        assert grid.shape == [4, 3, 1]

    def test_colors_stay(self, grid):
        colors = np.random.default_rng(2).integers(0, 256, (2, 4, 3, 3), dtype="uint8")
        grid.show(colors, [1, 2])
        assert grid.pixels == colors.tobytes()
        assert grid.shape == [4, 3, 3]
        assert grid.captions == ["1", "2"]

    def test_values_that_cannot_be_seen_do_no_harm(self, grid):
        grid.show(np.array([[[np.nan, -3.0, 7.0]]]), [""])
        assert list(grid.pixels) == [0, 0, 255]

    def test_captions_are_passed_on_as_they_are(self, grid):
        grid.show(IMAGES[:1], [ATTACK])
        assert grid.captions == [ATTACK]

    def test_marks_belong_to_images(self, grid):
        grid.show(IMAGES[:2], "ab", ["good", "wrong"])
        assert grid.marks == ["good", "wrong"]
        grid.show(IMAGES[:2], "ab")
        assert grid.marks == ["", ""]

    def test_small_images_are_enlarged_by_whole_pixels(self, grid):
        assert grid.scale == 14
        grid.show(np.zeros((1, 28, 28)), "a")
        assert grid.scale == 2
        grid.show(np.zeros((1, 100, 100)), "a")
        assert grid.scale == 1
        grid.show(np.zeros((1, 100, 100)), "a", scale=0.5)
        assert grid.scale == 0.5

    def test_it_can_be_emptied(self, grid):
        grid.clear()
        assert grid.captions == []
        assert grid.pixels == b""

    def test_thousands_are_cut_off(self, grid):
        grid.show(np.zeros((MOST + 50, 1, 1)), [""] * (MOST + 50))
        assert len(grid.captions) == len(grid.marks) == len(grid.pixels) == MOST

    @pytest.mark.parametrize(
        ("arguments", "said"),
        [
            ((IMAGES, NAMES[:5]), "6 images, 5 captions and 6 marks"),
            ((IMAGES, NAMES, ["good"]), "1 marks"),
            ((IMAGES[:1], "a", ["<b>"]), "A mark is"),
            ((IMAGES[0], NAMES), r"shape \(4, 3\)"),
            ((np.zeros((6, 4, 3, 2)), NAMES), r"shape \(6, 4, 3, 2\)"),
        ],
    )
    def test_what_cannot_be_shown_is_refused_and_the_old_stays(self, grid, arguments, said):
        with pytest.raises(DataError, match=said):
            grid.show(*arguments)
        assert grid.captions == NAMES


class TestChoosing:
    def test_a_click_chooses(self, grid, chosen):
        send(grid, {"choose": 4, "version": grid.version})
        assert chosen == [4]
        assert grid.chosen == 4

    def test_what_is_shown_next_is_not_chosen(self, grid):
        grid.choose(2)
        grid.show(IMAGES, NAMES)
        assert grid.chosen == -1

    def test_a_click_on_what_is_gone_is_none(self, grid, chosen):
        gone = grid.version
        grid.show(IMAGES[:3], "abc")
        send(grid, {"choose": 1, "version": gone})
        assert chosen == []

    @pytest.mark.parametrize("place", [6, -1, True, "1", None, 1.0, [1]])
    def test_only_places_are_taken_from_the_browser(self, grid, chosen, place):
        send(grid, {"choose": place, "version": grid.version})
        send(grid, place)
        assert chosen == []

    def test_without_a_callback_nothing_can_be_chosen(self):
        grid = DigitGrid()
        grid.show(IMAGES, NAMES)
        send(grid, {"choose": 1, "version": grid.version})
        assert not grid.choosable
        assert grid.chosen == -1

    def test_python_is_told_of_a_place_that_is_not_there(self, grid):
        with pytest.raises(DataError, match="no image 6; there are 6"):
            grid.choose(6)


class TestBars:
    def test_a_line_for_each_class(self):
        bars = Bars()
        bars.show(["7", ATTACK], np.array([3, 4]), np.array([1, 0]))
        assert bars.rows == [["7", 3, 1], [ATTACK, 4, 0]]
        assert bars.tested
        bars.show(["7"], [3])
        assert bars.rows == [["7", 3, 0]]
        assert not bars.tested

    @pytest.mark.parametrize("counts", [([1], None), ([1, 2], [1])])
    def test_a_class_without_its_number_is_refused(self, counts):
        with pytest.raises(DataError, match="give a number for each"):
            Bars().show(["a", "b"], *counts)


@pytest.mark.parametrize("view", [DigitGrid, Bars])
def test_nothing_of_it_is_html_and_nothing_is_asked_of_the_network(view):
    script = view._esm
    assert "innerHTML" not in script.replace("never innerHTML", "")
    for word in ("insertAdjacentHTML", "fetch(", "XMLHttpRequest", "http://", "https://"):
        assert word not in script
