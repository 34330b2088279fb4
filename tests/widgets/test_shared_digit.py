"""The shared digit: chosen, followed, kept for the next notebook; and its picker."""

import base64
import json
import os

from mnistlab.data.images import strokes_to_digit
from mnistlab.errors import DataError
from mnistlab.widgets import pad, shared_digit
from mnistlab.widgets.shared_digit import DigitPicker, SharedDigit

import numpy as np
import pytest

IMAGES = np.random.default_rng(0).integers(0, 256, (6, 28, 28), dtype="uint8")
LABELS = np.array([5, 0, 4, 1, 9, 2])


@pytest.fixture
def digit():
    return SharedDigit()


@pytest.fixture
def picker(digit):
    return DigitPicker(IMAGES, LABELS, digit)


def kept(folder):
    return folder / shared_digit.FILE


def as_float(image):
    return image.astype("float32") / np.float32(255)


def sent(picker, strokes):
    """Has a picker take strokes as its pad sends them."""
    message = pad.to_browser(strokes)
    picker._handle_custom_msg({"do": "draw", "lengths": message["lengths"]}, [message["points"]])


class TestSharedDigit:
    def test_before_any_choice_it_is_black_and_comes_from_nowhere(self, digit, folder):
        assert digit.image.shape == (28, 28) and digit.image.dtype == np.float32
        assert not digit.image.any()
        assert (digit.label, digit.origin, digit.notice) == ("", "", "")
        assert not folder.exists()

    @pytest.mark.parametrize(
        "image", [IMAGES[0], IMAGES[0][..., None], as_float(IMAGES[0]), IMAGES[0] / 255]
    )
    def test_every_form_of_an_image_becomes_the_same(self, digit, image):
        digit.choose(image, 5, "image 0")
        np.testing.assert_array_equal(digit.image, as_float(IMAGES[0]))
        assert (digit.label, digit.origin) == ("5", "image 0")

    def test_who_follows_it_finds_the_words_that_belong_to_the_image(self, digit):
        seen = []
        digit.observe(lambda change: seen.append((digit.label, change.new[0, 0])), "image")
        digit.choose(IMAGES[0], 5)
        digit.choose(IMAGES[1], 0)
        expected = as_float(IMAGES[:, 0, 0])
        assert seen == [("5", expected[0]), ("0", expected[1])]

    def test_the_image_cannot_be_changed_under_those_who_follow_it(self, digit):
        own = as_float(IMAGES[0])
        digit.choose(own)
        own[:] = 0
        assert digit.image.any()
        with pytest.raises(ValueError, match="read-only"):
            digit.image[0, 0] = 1

    @pytest.mark.parametrize(
        ("image", "message"),
        [
            (IMAGES, r"expected shape \(28, 28\), found \(6, 28, 28\)\. Choose one"),
            (np.zeros((10, 10)), r"found \(10, 10\)"),
            (np.zeros((28, 28), int), "expected uint8 .* found int64"),
            (np.full((28, 28), np.nan), "expected finite pixels, found nan"),
            (np.full((28, 28), 255.0), r"float in \[0, 1\], found values from 255 to 255"),
        ],
    )
    def test_what_is_no_digit_is_refused_and_changes_nothing(self, digit, folder, image, message):
        digit.choose(IMAGES[0], 5)
        with pytest.raises(DataError, match=message):
            digit.choose(image)
        with pytest.raises(DataError, match=message):
            digit.image = image
        np.testing.assert_array_equal(digit.image, as_float(IMAGES[0]))
        assert digit.label == "5"

    @pytest.mark.parametrize(
        ("words", "message"),
        [
            ({"origin": "x" * 101}, "origin: expected at most 100 characters, found 101"),
            ({"label": "7" * 101}, "label: expected at most 100 characters, found 101"),
            ({"origin": 3}, "origin: expected a text, found 3"),
        ],
    )
    def test_words_that_could_not_be_kept_are_refused_at_once(self, digit, words, message):
        digit.choose(IMAGES[0], 5, "x" * 100)
        with pytest.raises(DataError, match=message):
            digit.choose(IMAGES[1], **words)
        np.testing.assert_array_equal(digit.image, as_float(IMAGES[0]))
        assert (digit.label, digit.origin, digit.notice) == ("5", "x" * 100, "")
        assert SharedDigit().origin == "x" * 100

    def test_a_suggestion_gives_way_to_a_choice_and_is_not_kept(self, digit, folder):
        digit.suggest(IMAGES[0], 5, "image 0")
        assert digit.label == "5"
        assert not folder.exists()
        digit.choose(IMAGES[1], 0)
        digit.suggest(IMAGES[2], 4)
        assert digit.label == "0"


class TestKeeping:
    def test_the_next_notebook_begins_with_it(self, digit):
        image = np.random.default_rng(1).random((28, 28), "float32")
        digit.choose(image, 7, "your drawing")
        after = SharedDigit()
        np.testing.assert_array_equal(after.image, image)
        assert (after.label, after.origin, after.notice) == ("7", "your drawing", "")

    def test_a_suggestion_does_not_replace_it(self, digit):
        digit.choose(IMAGES[3], 1, "image 3")
        after = DigitPicker(IMAGES, LABELS, SharedDigit())
        assert after.selected == 3

    def test_nothing_is_left_beside_the_file(self, digit, folder):
        digit.choose(IMAGES[0])
        digit.choose(IMAGES[1])
        assert [path.name for path in folder.iterdir()] == [shared_digit.FILE]

    @pytest.mark.parametrize(
        "content",
        [
            b"",
            b"\x80\xff",
            b"[]",
            b"[" * 50_000,
            json.dumps({"kind": "something else"}).encode(),
            json.dumps({"kind": shared_digit.KIND, "label": "7", "origin": "here"}).encode(),
        ],
    )
    def test_a_damaged_or_foreign_file_is_ignored_and_said(self, folder, content, capfd):
        folder.mkdir()
        kept(folder).write_bytes(content)
        picker = DigitPicker(IMAGES, LABELS, SharedDigit())
        assert picker.selected == 0
        assert "shared_digit.json in the cache folder is damaged, or was written" in picker.notice
        assert capfd.readouterr() == ("", "")

    @pytest.mark.parametrize(
        "change",
        [
            {"pixels": "AAAA"},
            {"pixels": "not base64!"},
            {"pixels": base64.b64encode(np.full(784, np.nan, "<f4").tobytes()).decode()},
            {"pixels": base64.b64encode(np.full(784, 2, "<f4").tobytes()).decode()},
            {"pixels": 7},
            {"label": ["7"]},
            {"origin": "x" * 1000},
        ],
    )
    def test_a_part_that_is_not_what_it_should_be(self, digit, folder, change):
        digit.choose(IMAGES[0], 5, "image 0")
        content = json.loads(kept(folder).read_text("utf-8"))
        kept(folder).write_text(json.dumps(content | change), "utf-8")
        after = SharedDigit()
        assert not after.image.any()
        assert "is damaged, or was written by something else." in after.notice

    def test_a_huge_file_is_not_read(self, folder):
        folder.mkdir()
        kept(folder).write_bytes(b" " * (shared_digit.LARGEST_FILE + 1))
        after = SharedDigit()
        assert not after.image.any()
        assert "is too large to be one." in after.notice

    def test_a_folder_in_its_place(self, folder):
        kept(folder).mkdir(parents=True)
        picker = DigitPicker(IMAGES, LABELS, SharedDigit())
        assert "is not an ordinary file." in picker.notice
        picker.selected = 2
        assert "could not be kept" in picker.notice
        assert picker.digit.label == "4"

    @pytest.mark.skipif(
        not hasattr(os, "mkfifo"), reason="needs named pipes, which this system does not have"
    )
    def test_a_pipe_in_its_place_blocks_nothing(self, folder):
        folder.mkdir()
        os.mkfifo(kept(folder))
        after = SharedDigit()
        assert not after.image.any()
        assert "is not an ordinary file." in after.notice

    def test_the_next_choice_replaces_a_damaged_file(self, folder):
        folder.mkdir()
        kept(folder).write_bytes(b"?")
        picker = DigitPicker(IMAGES, LABELS, SharedDigit())
        picker.selected = 2
        assert picker.notice == ""
        assert SharedDigit().label == "4"

    def test_a_folder_that_cannot_be_written_is_said_once(self, folder, capfd):
        folder.write_text("a file where the folder should be")
        picker = DigitPicker(IMAGES, LABELS, SharedDigit())
        picker.selected = 2
        assert "The next notebook will not begin with this digit" in picker.notice
        picker.selected = 3
        assert picker.notice == ""
        assert picker.digit.label == "1"
        folder.unlink()
        picker.selected = 4
        assert SharedDigit().label == "9"
        assert capfd.readouterr() == ("", "")

    def test_settings_that_cannot_be_read_are_said(self, monkeypatch):
        monkeypatch.setenv("MNISTLAB_DEVICE", "abacus")
        after = SharedDigit()
        assert not after.image.any()
        assert "MNISTLAB_DEVICE is 'abacus'" in after.notice


class TestDigitPicker:
    def test_it_shows_the_images_and_their_labels(self, picker):
        assert picker.thumbnails == IMAGES.tobytes()
        assert picker.captions == ["5", "0", "4", "1", "9", "2"]

    def test_float_images_and_one_hot_labels(self, digit):
        picker = DigitPicker(as_float(IMAGES)[..., None], np.eye(10)[LABELS], digit)
        assert picker.thumbnails == IMAGES.tobytes()
        assert picker.captions == ["5", "0", "4", "1", "9", "2"]

    def test_without_labels(self, digit):
        picker = DigitPicker(IMAGES, digit=digit)
        assert picker.captions == [""] * 6
        assert picker.status == "image 0"

    def test_the_first_image_is_a_suggestion(self, picker, digit, folder):
        assert picker.selected == 0
        assert picker.status == "image 0, a 5"
        np.testing.assert_array_equal(digit.image, as_float(IMAGES[0]))
        assert not folder.exists()

    def test_picking_changes_the_shared_digit(self, picker, digit):
        picker.selected = 4
        np.testing.assert_array_equal(digit.image, as_float(IMAGES[4]))
        assert (digit.label, digit.origin) == ("9", "image 4")
        assert picker.picture == IMAGES[4].tobytes()
        assert picker.status == "image 4, a 9"

    def test_every_picker_follows(self, picker, digit):
        other = DigitPicker(IMAGES[3:], digit=digit)
        assert other.selected == -1
        other.selected = 2
        assert picker.selected == 5
        picker.selected = 1
        assert other.selected == -1
        assert other.picture == IMAGES[1].tobytes()

    def test_of_two_equal_images_the_one_picked_is_marked(self, digit):
        picker = DigitPicker(IMAGES[[0, 1, 1, 2]], digit=digit)
        picker.selected = 2
        assert picker.selected == 2

    def test_a_drawing_is_brought_into_form_and_shared(self, picker, digit):
        stroke = np.array([[0.1, 0.2], [0.1, 0.4]], "float32")
        sent(picker, [stroke])
        np.testing.assert_array_equal(digit.image, as_float(strokes_to_digit([stroke])))
        assert (digit.label, digit.origin) == ("", "your drawing")
        assert (picker.selected, picker.status) == (-1, "your drawing")

    def test_an_empty_pad_changes_nothing(self, picker, digit):
        sent(picker, [])
        assert (digit.origin, picker.notice) == ("image 0", "")

    def test_what_is_no_drawing_is_said_and_changes_nothing(self, picker, digit):
        picker._handle_custom_msg({"do": "draw", "lengths": [3]}, [b"abc"])
        assert "3 points are announced, and 3 bytes came" in picker.notice
        assert digit.origin == "image 0"
        sent(picker, [np.full((2, 2), 0.5)])
        assert (digit.origin, picker.notice) == ("your drawing", "")

    @pytest.mark.parametrize("place", [-2, 6])
    def test_an_image_that_is_not_there(self, picker, place):
        with pytest.raises(DataError, match=rf"selected is {place}, and there are 6 images"):
            picker.selected = place
        assert picker.selected == 0

    def test_more_images_than_are_shown(self, digit):
        many = np.concatenate([IMAGES] * 300)
        picker = DigitPicker(many, digit=digit)
        assert len(picker.captions) == 40
        assert picker.notice == "The first 40 of 1,800 images are shown."
        assert picker._images.base is None

    @pytest.mark.parametrize(
        ("images", "labels", "message"),
        [
            (IMAGES[0], None, r"expected shape \(n, 28, 28\)"),
            (IMAGES[:0], None, "at least one image, found none"),
            (IMAGES, LABELS[:3], "equal lengths, found 6 and 3"),
            (IMAGES, LABELS + 5, "expected whole numbers 0 to 9, found 10"),
            (IMAGES * 1.0, None, r"float in \[0, 1\], found values"),
        ],
    )
    def test_what_cannot_be_picked_from(self, digit, images, labels, message):
        with pytest.raises(DataError, match=message):
            DigitPicker(images, labels, digit)

    def test_a_closed_one_follows_no_longer(self, picker, digit):
        picker.close()
        picker.close()
        before = picker.picture
        digit.choose(IMAGES[5])
        assert picker.picture == before

    def test_its_text_is_short_and_always_the_same(self, picker):
        text = repr(picker)
        picker.selected = 3
        assert repr(picker) == text
        assert len(text) < 110

    def test_it_asks_the_network_for_nothing(self):
        for part in (DigitPicker._esm, DigitPicker._css):
            assert "http" not in str(part)
            assert "innerHTML" not in str(part)
