"""The canvas as Python has it: strokes to an answer, the collection, and what the browser sends."""

import re
import warnings

from mnistlab import plots, predict
from mnistlab.data.drawings import Drawing, Drawings
from mnistlab.data.images import strokes_to_digit
from mnistlab.errors import DataError, ImageError, MnistLabError
from mnistlab.models import zoo
from mnistlab.widgets import canvas as module
from mnistlab.widgets import pad
from mnistlab.widgets.canvas import DigitCanvas

import keras
import numpy as np
import pytest

IMAGES = np.random.default_rng(0).integers(0, 256, (3, 28, 28), dtype="uint8")
LABELS = np.array([7, 2, 8])
SEVEN = [np.array([[0.3, 0.25], [0.7, 0.25], [0.45, 0.8]], "float32")]
FOUR = [
    np.array([[0.35, 0.2], [0.3, 0.55], [0.7, 0.55]], "float32"),
    np.array([[0.6, 0.25], [0.6, 0.85]], "float32"),
]
ONE = [np.array([[0.5, 0.2], [0.5, 0.8]], "float32")]
ATTACK = "<img src=x onerror=alert(1)>"


@pytest.fixture
def output(tmp_path):
    return tmp_path / "output"


@pytest.fixture
def canvas(model, output):
    made = DigitCanvas(model, IMAGES, LABELS, folder=output)
    yield made
    made.close()


def send(canvas, what, buffers=(), **details):
    """Has a canvas take a message as the browser sends it."""
    canvas._handle_custom_msg({"do": what, "key": "view-1", **details}, list(buffers))


def draw(canvas, strokes, finished=True, key="view-1"):
    message = pad.to_browser(strokes)
    send(
        canvas, "draw", [message["points"]], lengths=message["lengths"], finished=finished, key=key
    )


def reads(canvas, monkeypatch, *answers):
    """Has the model read these digits, one after another."""
    rows = iter(np.eye(10)[list(answers)] * 0.9 + 0.01)
    monkeypatch.setattr(canvas, "_read", lambda digit: next(rows))


def fail(*_):
    raise RuntimeError(f"out of ink {ATTACK}")


class TestAnswer:
    def test_a_drawing_is_read_as_the_library_reads_it(self, canvas, model):
        draw(canvas, FOUR)
        digit = strokes_to_digit(FOUR)
        np.testing.assert_array_equal(canvas.digit, digit)
        np.testing.assert_allclose(canvas.probabilities, predict(model, digit)[0], atol=1e-5)
        assert canvas.label == canvas.probabilities.argmax()
        assert (canvas.problem, canvas.stale, canvas.answered) == ("", False, "view-1")
        assert all(taken > 0 for taken in canvas.milliseconds)

    def test_the_same_by_the_attribute_at_any_scale(self, canvas):
        draw(canvas, FOUR)
        digit, seen = canvas.digit, canvas.probabilities
        canvas.strokes = [stroke * 300 + 40 for stroke in FOUR]
        np.testing.assert_array_equal(canvas.digit, digit)
        np.testing.assert_array_equal(canvas.probabilities, seen)
        points = np.concatenate(canvas.strokes)
        assert points.min() >= 0.1 and points.max() <= 0.9

    def test_strokes_on_the_pad_stay_where_they_are(self, canvas):
        canvas.strokes = SEVEN
        np.testing.assert_array_equal(canvas.strokes[0], SEVEN[0])
        assert canvas.drawing["lengths"] == [3]
        canvas.strokes[0][:] = 0
        np.testing.assert_array_equal(canvas.strokes[0], SEVEN[0])

    def test_a_single_point_is_a_dot(self, canvas):
        draw(canvas, [np.array([[0.2, 0.9]])])
        assert canvas.digit[14, 14] > 0

    def test_an_empty_pad_clears_the_answer_without_an_error(self, canvas):
        draw(canvas, SEVEN)
        draw(canvas, [])
        assert canvas.result == module.NOTHING
        assert (canvas.problem, canvas.stale, canvas.label) == ("", False, None)
        assert not canvas.digit.any() and not canvas.probabilities.any()
        canvas.strokes = SEVEN
        canvas.clear()
        assert (canvas.strokes, canvas.label) == ([], None)

    def test_a_model_that_learns_on_is_asked_as_it_is(self, output):
        model = zoo.build("lenet5")
        canvas = DigitCanvas(model, folder=output)
        canvas.strokes = SEVEN
        before = canvas.probabilities
        model.set_weights([weight * 0 for weight in model.get_weights()])
        canvas.strokes = SEVEN
        np.testing.assert_allclose(canvas.probabilities, 0.1, atol=1e-6)
        assert not np.allclose(before, 0.1, atol=1e-4)

    def test_the_figure_shows_the_same(self, canvas):
        assert isinstance(canvas.figure(), plots.Figure)
        canvas.strokes = FOUR
        drawn, seen, bars = canvas.figure().axes
        assert len(drawn.lines) == 2
        np.testing.assert_array_equal(seen.images[0].get_array(), canvas.digit)
        assert bars.get_title() == f"It reads {canvas.label}"

    def test_its_text_is_short_and_always_the_same(self, canvas):
        text = repr(canvas)
        draw(canvas, SEVEN)
        assert repr(canvas) == text and len(text) < 110
        assert text.startswith("DigitCanvas: needs a running kernel")


class TestSharedDigit:
    def test_a_finished_drawing_is_what_the_explorers_show(self, canvas, shared):
        draw(canvas, SEVEN, finished=False)
        assert shared.origin == ""
        draw(canvas, SEVEN)
        assert (shared.origin, shared.label) == ("your drawing", "")
        np.testing.assert_array_equal(np.rint(shared.image * 255), canvas.digit)

    def test_neither_an_empty_pad_nor_a_script_changes_it(self, canvas, shared, folder):
        draw(canvas, [])
        canvas.strokes = SEVEN
        canvas.next_sample()
        assert shared.origin == "" and not folder.exists()

    def test_one_who_follows_it_and_fails_is_said(self, canvas, shared):
        shared.observe(fail, "image")
        draw(canvas, SEVEN)
        assert "RuntimeError: out of ink" in canvas.problem
        assert not canvas.stale and canvas.answered == "view-1"


class TestSamples:
    def test_one_after_another_with_its_label_and_from_the_first_again(self, canvas, model):
        shown = []
        for image in (*IMAGES, IMAGES[0]):
            send(canvas, "sample")
            np.testing.assert_array_equal(canvas.digit, image)
            expected = predict(model, image)[0]
            np.testing.assert_allclose(canvas.probabilities, expected, atol=1e-5)
            shown.append((canvas.truth, canvas.result["origin"]))
        assert shown == [
            (7, "Sample digit 0, a 7"),
            (2, "Sample digit 1, a 2"),
            (8, "Sample digit 2, an 8"),
            (7, "Sample digit 0, a 7"),
        ]

    def test_drawing_goes_on_from_an_empty_pad(self, canvas):
        draw(canvas, SEVEN)
        canvas.next_sample()
        assert canvas.strokes == [] and canvas.drawing["lengths"] == []
        draw(canvas, FOUR)
        assert (canvas.truth, canvas.result["origin"]) == (None, "Your drawing")

    def test_float_images_without_labels(self, model, output):
        canvas = DigitCanvas(model, IMAGES[..., None] / 255, folder=output)
        canvas.next_sample()
        np.testing.assert_array_equal(canvas.digit, IMAGES[0])
        assert (canvas.truth, canvas.result["origin"]) == (None, "Sample digit 0")

    def test_without_images_there_are_none(self, model, output):
        canvas = DigitCanvas(model, folder=output)
        assert canvas.samples == 0
        with pytest.raises(DataError, match="no sample digits"):
            canvas.next_sample()
        send(canvas, "sample")
        assert "no sample digits" in canvas.problem

    def test_the_first_thousand_are_kept(self, model, output):
        canvas = DigitCanvas(model, np.zeros((1200, 28, 28), "uint8"), folder=output)
        assert canvas.samples == 1000 and canvas._images.base is None


class TestErrors:
    def test_one_is_shown_the_last_answer_is_stale_and_the_next_good_one_clears_it(
        self, canvas, monkeypatch
    ):
        draw(canvas, SEVEN)
        before = canvas.result
        with monkeypatch.context() as broken:
            broken.setattr(canvas, "_read", fail)
            draw(canvas, FOUR, key="view-2")
        assert "RuntimeError: out of ink" in canvas.problem
        assert (canvas.stale, canvas.result, canvas.answered) == (True, before, "view-2")
        draw(canvas, FOUR, key="view-3")
        assert (canvas.problem, canvas.stale, canvas.answered) == ("", False, "view-3")
        np.testing.assert_array_equal(canvas.digit, strokes_to_digit(FOUR))

    def test_a_sample_that_cannot_be_read_leaves_the_last_answer(self, canvas, monkeypatch):
        draw(canvas, SEVEN)
        before = canvas.result
        with monkeypatch.context() as broken:
            broken.setattr(canvas, "_read", fail)
            send(canvas, "sample", key="view-2")
        assert "RuntimeError: out of ink" in canvas.problem
        assert (canvas.stale, canvas.result, canvas.strokes) == (True, before, [])

    def test_a_failed_command_says_so_and_leaves_the_answer_good(self, canvas):
        draw(canvas, SEVEN)
        send(canvas, "load", name="nothing")
        assert "There is no nothing.npz in the folder output" in canvas.problem
        assert not canvas.stale
        draw(canvas, SEVEN)
        assert canvas.problem == ""

    def test_a_model_that_answers_with_nan(self, output):
        model = zoo.build("lenet5")
        canvas = DigitCanvas(model, folder=output)
        model.set_weights([weight * np.nan for weight in model.get_weights()])
        draw(canvas, SEVEN)
        assert "The model answers with NaN" in canvas.problem and canvas.stale

    def test_a_script_gets_the_error_itself(self, canvas):
        with pytest.raises(ImageError, match="NaN or infinite"):
            canvas.strokes = [[(0, np.nan)]]
        assert canvas.problem == ""


class TestWhatTheBrowserSends:
    @pytest.mark.parametrize(
        ("lengths", "points", "message"),
        [
            (None, [0.5, 0.5], "the numbers of its points are missing"),
            ("12", [0.5, 0.5], "the numbers of its points are missing"),
            ([True], [0.5, 0.5], "the numbers of its points are missing"),
            ([-1], [], "the numbers of its points are missing"),
            ([0], [], "the numbers of its points are missing"),
            ([1.0], [0.5, 0.5], "the numbers of its points are missing"),
            ([[1]], [0.5, 0.5], "the numbers of its points are missing"),
            ([2], [0.5, 0.5], "2 points are announced, and 8 bytes came"),
            ([1], [0.5, 0.5, 0.5], "1 points are announced, and 12 bytes came"),
            ([1], [np.nan, 0.5], "a point is not on the pad"),
            ([1], [0.5, np.inf], "a point is not on the pad"),
            ([1], [-0.1, 0.5], "a point is not on the pad"),
            ([1], [0.5, 1.1], "a point is not on the pad"),
            ([1] * 201, [0.5] * 402, "has 201 strokes of 201 points; at most 200 of 10,000"),
            ([10_001], [0.5] * 20_002, "has 1 strokes of 10,001 points"),
            ([10**30], [], "at most 200 of 10,000"),
        ],
    )
    def test_what_is_no_drawing_is_said_and_not_taken(self, canvas, lengths, points, message):
        draw(canvas, SEVEN)
        buffers = [np.array(points, "<f4").tobytes()]
        send(canvas, "draw", buffers, lengths=lengths, finished=True, key="view-2")
        assert message in canvas.problem
        assert canvas.stale and canvas.answered == "view-2"
        np.testing.assert_array_equal(canvas.strokes[0], SEVEN[0])

    def test_the_most_that_is_taken(self, canvas):
        stroke = np.linspace(0, 1, 50).repeat(2).reshape(50, 2)
        draw(canvas, [stroke] * 200)
        assert canvas.problem == "" and len(canvas.strokes) == 200

    @pytest.mark.parametrize("message", [None, "draw", [], 3, {}, {"do": "rm"}, {"do": ["draw"]}])
    def test_what_is_no_message(self, canvas, message):
        canvas._handle_custom_msg(message, [])
        assert "which the canvas does not know" in canvas.problem

    @pytest.mark.parametrize("label", [10, -1, "7", None, 2.5, True, [7]])
    def test_what_is_no_label(self, canvas, label):
        draw(canvas, SEVEN)
        send(canvas, "keep", label=label)
        assert "label: expected a whole number 0 to 9" in canvas.problem
        assert len(canvas.drawings) == 0

    @pytest.mark.parametrize("what", ["take", "remove"])
    @pytest.mark.parametrize("place", [1, -1, None, "0", 0.0, True, 10**9])
    def test_what_is_no_place(self, canvas, what, place):
        canvas.strokes = SEVEN
        canvas.keep(7)
        send(canvas, what, place=place)
        assert f"There is no drawing {place!r}: the collection holds 1" in canvas.problem
        assert len(canvas.drawings) == 1

    @pytest.mark.parametrize(
        "name", ["", "  ", "../up", "/etc/passwd", "a\\b", ".hidden", "x" * 101, "a\0b", 3, None]
    )
    @pytest.mark.parametrize("what", ["save", "load"])
    def test_what_is_no_name_of_a_file(self, canvas, output, what, name):
        draw(canvas, SEVEN)
        send(canvas, what, name=name)
        assert "is no name for a file here" in canvas.problem and len(canvas.problem) < 300
        assert not output.exists()


class TestCollection:
    def test_what_is_kept_is_in_the_file_at_once_and_there_the_next_time(
        self, canvas, model, output
    ):
        draw(canvas, SEVEN)
        send(canvas, "keep", label=7)
        assert canvas.notice.startswith("Kept as a 7 in my_drawings.npz.")
        assert canvas.truth == 7 and canvas.result["truth"] == "7"
        draw(canvas, FOUR)
        canvas.keep(4)
        again = DigitCanvas(model, folder=output)
        assert again.drawings.labels.tolist() == [7, 4]
        assert again.collection["labels"] == [7, 4]
        assert again.collection["digits"] == again.drawings.digits().tobytes()

    def test_it_says_which_are_misread_and_how_many_are_right(self, canvas, model):
        read = int(predict(model, strokes_to_digit(SEVEN))[0].argmax())
        wrong = (read + 1) % 10
        assert canvas.accuracy is None
        for place, label in enumerate((read, wrong, read)):
            canvas.strokes = [stroke + np.float32(0.1 * place) for stroke in SEVEN]
            canvas.keep(label)
        assert canvas.accuracy == pytest.approx(2 / 3)
        assert canvas.collection["read"] == [read] * 3
        assert canvas.collection["summary"] == (
            "3 drawings kept in my_drawings.npz; the model reads 2 of 3 right: 66.7 %."
        )

    def test_a_model_that_learns_on_is_asked_anew(self, output):
        model = zoo.build("lenet5")
        canvas = DigitCanvas(model, drawings=Drawings([Drawing(SEVEN, 7)]), folder=output)
        kernel, _ = model.layers[-1].get_weights()
        for wanted, accuracy in ((7, 1), (3, 0)):
            model.layers[-1].set_weights([kernel * 0, np.eye(10)[wanted]])
            assert canvas.accuracy == accuracy

    def test_one_in_memory_writes_no_file(self, model, output):
        mine = Drawings([Drawing(FOUR, 4), Drawing(SEVEN)])
        canvas = DigitCanvas(model, drawings=mine, folder=output)
        assert canvas.collection["summary"].endswith("; 1 without a label.")
        canvas.strokes = ONE
        canvas.keep(1)
        canvas.remove(0)
        assert canvas.drawings is mine and mine.labels.tolist() == [-1, 1]
        assert not output.exists()

    def test_what_another_notebook_keeps_meanwhile_stays(self, canvas, model, output):
        other = DigitCanvas(model, folder=output)
        for each, strokes, label in ((canvas, SEVEN, 7), (other, FOUR, 4), (canvas, ONE, 1)):
            each.strokes = strokes
            each.keep(label)
        assert canvas.drawings.labels.tolist() == [7, 4, 1]
        other.remove(1)
        assert other.drawings.labels.tolist() == [7, 1]
        assert Drawings.load(output / "my_drawings.npz").labels.tolist() == [7, 1]

    def test_one_taken_is_on_the_pad_with_its_label(self, canvas):
        for strokes, label in ((SEVEN, 7), (FOUR, 4)):
            canvas.strokes = strokes
            canvas.keep(label)
        send(canvas, "take", place=0)
        np.testing.assert_array_equal(canvas.strokes[0], SEVEN[0])
        assert (canvas.truth, canvas.collection["marked"]) == (7, 0)
        assert canvas.drawing["key"].startswith("python-")
        send(canvas, "remove", place=0)
        assert (canvas.notice, canvas.drawings.labels.tolist()) == ("Removed.", [4])

    def test_a_double_click_keeps_one(self, canvas):
        draw(canvas, SEVEN)
        send(canvas, "keep", label=7)
        send(canvas, "keep", label=7)
        assert canvas.notice == "It is kept as a 7 already."
        assert canvas.drawings.labels.tolist() == [7]
        draw(canvas, FOUR)
        send(canvas, "keep", label=7)
        assert canvas.drawings.labels.tolist() == [7, 7]

    def test_a_wrong_label_is_corrected_in_place_and_in_the_file(self, canvas, output):
        draw(canvas, SEVEN)
        send(canvas, "keep", label=1)
        send(canvas, "keep", label=7)
        assert (canvas.notice, canvas.problem) == ("Kept as 7 instead of 1.", "")
        assert (canvas.truth, canvas.result["truth"]) == (7, "7")
        assert canvas.result["origin"] == "Your drawing, a 7"
        assert (canvas.collection["labels"], canvas.collection["marked"]) == ([7], 0)
        saved = Drawings.load(output / "my_drawings.npz")
        assert canvas.drawings.labels.tolist() == saved.labels.tolist() == [7]

    def test_one_taken_or_brought_back_by_undo_is_corrected_too(self, canvas, output):
        for strokes, label in ((SEVEN, 1), (FOUR, 4)):
            draw(canvas, strokes)
            send(canvas, "keep", label=label)
        send(canvas, "take", place=0)
        send(canvas, "keep", label=7)
        assert canvas.notice == "Kept as 7 instead of 1."
        draw(canvas, FOUR)
        send(canvas, "keep", label=9)
        assert canvas.collection["marked"] == 1
        assert Drawings.load(output / "my_drawings.npz").labels.tolist() == [7, 9]

    def test_one_in_memory_of_another_scale_is_corrected_too(self, model, output):
        mine = Drawings([Drawing([stroke * 300 for stroke in SEVEN], 1), Drawing(FOUR)])
        canvas = DigitCanvas(model, drawings=mine, folder=output)
        for place, label in enumerate((7, 4)):
            canvas.take(place)
            canvas.keep(label)
        assert canvas.drawings is mine and mine.labels.tolist() == [7, 4]
        assert mine[0].strokes[0].max() == 240

    def test_one_that_another_notebook_removed_meanwhile_is_kept_again(self, canvas, model, output):
        draw(canvas, SEVEN)
        send(canvas, "keep", label=1)
        DigitCanvas(model, folder=output).remove(0)
        send(canvas, "keep", label=7)
        assert Drawings.load(output / "my_drawings.npz").labels.tolist() == [7]

    def test_a_label_that_cannot_be_written_stays_as_it_was(self, canvas, output, monkeypatch):
        draw(canvas, SEVEN)
        send(canvas, "keep", label=1)
        with monkeypatch.context() as broken:
            broken.setattr(Drawings, "save", fail)
            send(canvas, "keep", label=7)
        assert "RuntimeError: out of ink" in canvas.problem
        assert canvas.drawings.labels.tolist() == [1] and canvas.truth == 1

    def test_nothing_to_keep(self, canvas):
        send(canvas, "keep", label=7)
        assert canvas.problem == "There is no drawing to keep. Draw a digit first."

    def test_a_damaged_file_is_said_set_aside_and_not_lost(self, model, output):
        output.mkdir()
        (output / "my_drawings.npz").write_bytes(b"something else")
        canvas = DigitCanvas(model, folder=output)
        assert "my_drawings.npz" in canvas.notice and len(canvas.drawings) == 0
        draw(canvas, SEVEN)
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            send(canvas, "keep", label=7)
        assert "my_drawings-set-aside-1.npz" in canvas.notice
        kept = output / "my_drawings-set-aside-1.npz"
        assert kept.read_bytes() == b"something else"
        assert Drawings.load(output / "my_drawings.npz").labels.tolist() == [7]

    def test_a_folder_that_cannot_be_written_is_said(self, model, output):
        output.write_text("a file where the folder should be")
        canvas = DigitCanvas(model, folder=output)
        draw(canvas, SEVEN)
        for what, details in (("keep", {"label": 7}), ("save", {"name": "seven"})):
            send(canvas, what, **details)
            assert "cannot be" in canvas.problem and not canvas.stale

    def test_only_the_last_are_shown(self, model, output):
        many = Drawings([Drawing(SEVEN, 7)] * 130)
        canvas = DigitCanvas(model, drawings=many, folder=output)
        assert (canvas.collection["first"], len(canvas.collection["labels"])) == (10, 120)
        assert canvas.collection["summary"].endswith("the last 120 are shown.")
        send(canvas, "take", place=129)
        assert canvas.collection["marked"] == 119


class TestFiles:
    def test_saved_with_its_label_and_picture_and_loaded_again(self, canvas, output):
        draw(canvas, FOUR)
        canvas.keep(4)
        send(canvas, "save", name=" mine.npz ")
        assert canvas.notice == "Saved as mine.npz and mine.png, with the label 4."
        assert (output / "mine.png").read_bytes().startswith(b"\x89PNG")
        digit = canvas.digit
        canvas.clear()
        send(canvas, "load", name="mine")
        assert (canvas.notice, canvas.problem) == ("Loaded mine.npz, a 4.", "")
        np.testing.assert_array_equal(canvas.digit, digit)
        assert canvas.truth == 4
        np.testing.assert_allclose(canvas.strokes[1], FOUR[1], atol=1e-6)

    @pytest.mark.parametrize("name", ["my_drawings", "my_drawings.npz"])
    def test_a_single_drawing_does_not_take_the_place_of_the_collection(self, canvas, output, name):
        for strokes, label in ((SEVEN, 7), (FOUR, 4)):
            canvas.strokes = strokes
            canvas.keep(label)
        send(canvas, "save", name=name)
        assert "my_drawings.npz is the file of your collection" in canvas.problem
        assert Drawings.load(output / "my_drawings.npz").labels.tolist() == [7, 4]
        assert [path.name for path in output.iterdir()] == ["my_drawings.npz"]

    def test_saved_without_a_label(self, canvas, output):
        draw(canvas, FOUR)
        send(canvas, "save", name="mine")
        assert "without a label: keep it as a 0 to 9 first" in canvas.notice
        assert Drawing.load(output / "mine.npz").label is None

    def test_what_a_new_drawing_replaces_is_said(self, canvas, output):
        for strokes in (FOUR, SEVEN):
            draw(canvas, strokes)
            send(canvas, "save", name="mine")
        assert canvas.notice.startswith(
            "Saved as mine.npz and mine.png, in place of the one before"
        )
        assert len(Drawing.load(output / "mine.npz").strokes) == 1
        (output / "mine.npz").write_bytes(b"something else")
        send(canvas, "save", name="mine")
        assert "in place of" not in canvas.notice and "mine-set-aside-1.npz" in canvas.notice

    def test_a_path_of_ones_own_by_the_method(self, canvas, tmp_path):
        canvas.strokes = SEVEN
        path = canvas.save(tmp_path / "elsewhere" / "seven.npz")
        canvas.load(path)
        assert path.parent.name == "elsewhere" and canvas.truth is None

    def test_what_is_missing_and_what_is_there(self, canvas):
        send(canvas, "load", name="two")
        assert canvas.problem.endswith("Save a drawing first.")
        draw(canvas, SEVEN)
        send(canvas, "save", name="one")
        send(canvas, "load", name="two")
        assert canvas.problem == "There is no two.npz in the folder output. What is there: one."

    def test_the_collection_is_no_drawing_to_load(self, canvas):
        draw(canvas, SEVEN)
        send(canvas, "keep", label=7)
        send(canvas, "load", name="two")
        assert canvas.problem.endswith("Save a drawing first.")
        canvas.save("one.npz")
        for name in ("two", "two.npz"):
            with pytest.raises(DataError, match=r"no two\.npz in the folder output.*there: one\."):
                canvas.load(name)
        with pytest.raises(DataError, match=r"my_drawings\.npz is the file of your collection"):
            canvas.load("my_drawings")
        canvas.load("one")
        assert canvas.truth == 7

    def test_a_file_of_something_else(self, canvas, output):
        output.mkdir()
        (output / "x.npz").write_bytes(b"x")
        send(canvas, "load", name="x")
        assert "x.npz" in canvas.problem

    def test_nothing_to_save(self, canvas):
        with pytest.raises(DataError, match="no drawing to save"):
            canvas.save("mine.npz")

    def test_markup_in_a_name_stays_text(self, canvas):
        draw(canvas, SEVEN)
        send(canvas, "load", name=ATTACK)
        assert ATTACK in canvas.problem
        send(canvas, "save", name=ATTACK.replace("/", ""))
        assert ATTACK in canvas.notice + canvas.problem


class TestMaking:
    def test_a_model_that_reads_no_digits(self, output):
        inputs = keras.Input((28, 28, 1))
        flat = keras.layers.Flatten()(inputs)
        three = keras.Model(inputs, keras.layers.Dense(3)(flat))
        with pytest.raises(DataError, match="answers with 3 numbers; the canvas shows 10"):
            DigitCanvas(three, folder=output)
        with pytest.raises(DataError, match="model takes"):
            DigitCanvas("deeper.keras", folder=output)

    @pytest.mark.parametrize(
        ("arguments", "message"),
        [
            ({"images": IMAGES[0]}, r"expected shape \(n, 28, 28\)"),
            ({"images": IMAGES, "labels": [1]}, "equal lengths, found 3 and 1"),
            ({"labels": LABELS}, "labels are given without images"),
            ({"drawings": 3}, "drawings is of type int; expected is a Drawings"),
            ({"drawings": "mine.txt"}, "the name of a collection ends in .npz"),
        ],
    )
    def test_what_it_cannot_be_made_of(self, model, output, arguments, message):
        with pytest.raises(MnistLabError, match=message):
            DigitCanvas(model, folder=output, **arguments)

    def test_the_folder_is_that_of_the_readers_own_files(self, model, tmp_path, monkeypatch):
        monkeypatch.setenv("MNISTLAB_OUTPUT", str(tmp_path / "own"))
        canvas = DigitCanvas(model)
        canvas.strokes = SEVEN
        canvas.keep(7)
        assert [path.name for path in (tmp_path / "own").iterdir()] == ["my_drawings.npz"]


class TestForTheBrowser:
    SCRIPT = DigitCanvas._esm

    def test_every_trait_that_the_browser_reads_is_sent(self, canvas):
        asked = set(re.findall(r'model\.get\("(\w+)"\)', self.SCRIPT))
        listed = " ".join(re.findall(r"listen\(model, signal, \[(.*?)\]", self.SCRIPT))
        asked |= set(re.findall(r'"(\w+)"', listed))
        assert asked <= set(canvas.keys) and {"result", "collection", "answered"} <= asked

    def test_every_request_of_the_browser_is_known(self, canvas):
        requests = set(re.findall(r'sender\.ask\("(\w+)"', self.SCRIPT)) | {"draw"}
        assert {"sample", "keep", "take", "remove", "save", "load"} <= requests
        for what in requests:
            send(canvas, what)
            assert "does not know" not in canvas.problem

    def test_the_same_limits_on_both_sides(self):
        for name in ("MOST_STROKES", "MOST_POINTS"):
            there = re.search(rf"const {name} = (\d+);", self.SCRIPT)[1]
            assert int(there) == getattr(pad, name)

    def test_the_script_asks_for_nothing_from_outside_and_writes_no_markup(self):
        for text in (self.SCRIPT, DigitCanvas._css):
            assert not re.search(r"https?:|url\(|@import|fetch\(|innerHTML|insertAdjacent", text)
