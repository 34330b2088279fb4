"""The canvas as a learner uses it: mouse, finger and keys in a real browser."""

import re

from mnistlab.data.drawings import Drawings
from mnistlab.models import zoo
from mnistlab.widgets import pad
from mnistlab.widgets.canvas import DigitCanvas
from tests.browser.alone import for_page, open_alone
from tests.browser.legible import CONTRAST, INSIDE, WITHOUT_NAME, choose_theme

import numpy as np
import pytest
from playwright.sync_api import expect

SECONDS = 120
SEVEN = [[(0.3, 0.25), (0.72, 0.25), (0.45, 0.8)]]
ONE = [[(0.5, 0.2), (0.5, 0.8)]]
TURN = np.linspace(0, 2 * np.pi, 24)
ZERO = [list(zip(0.5 + 0.2 * np.sin(TURN), 0.5 - 0.3 * np.cos(TURN), strict=True))]
CROSS = [[(0.2, 0.2), (0.8, 0.8)], [(0.8, 0.2), (0.2, 0.8)]]
ATTACK = "<img src=x onerror=alert(1)>"
MAKE = (
    "import time\n"
    "import numpy as np\n"
    "from mnistlab import settings\n"
    "from mnistlab.data.images import strokes_to_digit\n"
    "from mnistlab.models import files\n"
    "from mnistlab.widgets.canvas import DigitCanvas\n"
    "from mnistlab.widgets.shared_digit import shared\n"
    "one, seven = [[(0, 0), (0, 9)]], [[(0, 0), (5, 0), (2, 8)]]\n"
    "images = np.array([strokes_to_digit(strokes) for strokes in (one, seven)])\n"
    "model = files.load(settings.PROJECT / 'data/models/deeper.keras')\n"
    "canvas = DigitCanvas(model, images, [1, 7])\n"
    "canvas"
)
# A cell that runs until the canvas has answered, and one that keeps it from answering until a file
# is there; neither for ever.
RUNNING = (
    "print('begun', flush=True)\n"
    "end = time.monotonic() + 90\n"
    "while canvas.label != 7 and time.monotonic() < end:\n"
    "    time.sleep(0.05)\n"
    "print('answered' if canvas.label == 7 else 'no answer')"
)
BUSY = (
    "import os\n"
    "print('begun', flush=True)\n"
    "end = time.monotonic() + 90\n"
    "with canvas._lock:\n"
    "    while not os.path.exists({path!r}) and time.monotonic() < end:\n"
    "        time.sleep(0.05)"
)
COLLECTION = {
    "first": 40,
    "digits": bytes(2 * 784),
    "labels": [7, 1],
    "read": [7, 1],
    "marked": 1,
    "summary": "2 drawings kept.",
}


@pytest.fixture(scope="module")
def notebook(lab, browser):
    page = browser.new_page(viewport={"width": 1280, "height": 1200})
    page.set_default_timeout(60_000)
    asked = []
    page.on("request", lambda request: asked.append(request.url))
    page.on("websocket", lambda socket: asked.append(socket.url))
    opened = lab.open(page, "11_final_model.ipynb")
    opened.asked, opened.address = asked, lab.address
    opened.evaluate(MAKE)
    expect(page.locator(".mnistlab-draw")).to_be_visible(timeout=SECONDS * 1000)
    yield opened
    page.close()


def place_of(page, point):
    box = page.locator(".mnistlab-pad-canvas").last.bounding_box()
    return box["x"] + point[0] * box["width"], box["y"] + point[1] * box["height"]


def draw(page, strokes, steps=8):
    """Draws strokes with the mouse."""
    pad = page.locator(".mnistlab-pad-canvas").last
    pad.scroll_into_view_if_needed()
    # Waits until it stands still, and nothing lies over it: a menu, a theme that is being loaded.
    pad.hover()
    for stroke in strokes:
        page.mouse.move(*place_of(page, stroke[0]))
        page.mouse.down()
        for point in stroke[1:]:
            page.mouse.move(*place_of(page, point), steps=steps)
        page.mouse.up()


def press(page, *keys):
    for key in keys:
        page.keyboard.press(key)


def button(root, name):
    return root.locator(f".mnistlab-draw-{name}")


def expect_strokes(root, count):
    expect(root.locator(".mnistlab-pad")).to_have_attribute("data-strokes", str(count))


class TestInJupyterLab:
    @pytest.fixture
    def root(self, notebook):
        """The canvas, with an empty pad."""
        page = notebook.page
        found = page.locator(".mnistlab-draw")
        found.scroll_into_view_if_needed()
        # Also where a sample is shown, which no stroke is left of.
        draw(notebook.page, [[(0.5, 0.5)]])
        button(found, "clear").click()
        expect_strokes(found, 0)
        expect(button(found, "answer")).to_have_text("–")
        return found

    def ask(self, notebook, code):
        # A click beside a cell leaves the keyboard with the widget in it.
        notebook.page.evaluate("document.activeElement.blur()")
        return notebook.evaluate(code)

    @pytest.mark.parametrize(("digit", "strokes"), [(7, SEVEN), (1, ONE), (0, ZERO)])
    def test_a_digit_drawn_with_the_mouse_is_read(self, notebook, root, digit, strokes):
        draw(notebook.page, strokes)
        expect(button(root, "answer")).to_have_text(str(digit))
        best = root.locator(".mnistlab-draw-bar[data-rank='1']")
        expect(best).to_have_attribute("data-digit", str(digit))
        expect(root.locator(".mnistlab-draw-bar[data-rank]")).to_have_count(3)
        expect(button(root, "time")).to_have_text(re.compile(r"ms: image \d.*, model \d"))
        expect(root.locator(".mnistlab-live")).to_contain_text(f"The model reads {digit}")

    def test_python_has_what_the_browser_shows(self, notebook, root):
        draw(notebook.page, SEVEN)
        expect(button(root, "answer")).to_have_text("7")
        checks = (
            "canvas.label == 7",
            "(canvas.digit == strokes_to_digit(canvas.strokes)).all()",
            "abs(canvas.strokes[0][0] - [0.3, 0.25]).max() < 0.01",
            "(np.rint(shared.image * 255) == canvas.digit).all()",
            "shared.origin == 'your drawing'",
        )
        assert self.ask(notebook, f"[bool(each) for each in ({', '.join(checks)})]") == str(
            [True] * len(checks)
        )

    def test_undo_redo_and_clear_are_read_too(self, notebook, root):
        draw(notebook.page, ONE)
        expect(button(root, "answer")).to_have_text("1")
        draw(notebook.page, SEVEN)
        expect_strokes(root, 2)
        button(root, "undo").click()
        expect_strokes(root, 1)
        expect(button(root, "answer")).to_have_text("1")
        button(root, "redo").click()
        expect_strokes(root, 2)
        button(root, "clear").click()
        expect(button(root, "answer")).to_have_text("–")
        button(root, "undo").click()
        button(root, "undo").click()
        expect(button(root, "answer")).to_have_text("1")

    def test_a_digit_drawn_with_the_keyboard_is_read(self, notebook, root):
        page = notebook.page
        root.locator(".mnistlab-pad-canvas").focus()
        press(page, *["ArrowUp"] * 6, "Space", *["ArrowDown"] * 12, "Space")
        expect_strokes(root, 1)
        expect(button(root, "answer")).to_have_text("1")
        press(page, "Control+z")
        expect_strokes(root, 0)
        press(page, "Control+y")
        expect(button(root, "answer")).to_have_text("1")
        press(page, "Control+z", "Control+Shift+z", "Delete")
        expect(button(root, "answer")).to_have_text("–")
        # None of the keys reached the notebook, where they would have added or removed cells.
        expect(page.locator(".mnistlab-draw")).to_have_count(1)

    def test_it_answers_while_a_cell_runs(self, notebook, root):
        self.ask(notebook, RUNNING)
        draw(notebook.page, SEVEN)
        expect(button(root, "answer")).to_have_text("7")
        output = notebook.page.locator(".jp-CodeCell").last.locator(".jp-OutputArea-output")
        expect(output).to_have_text(re.compile(r"begun\s+answered"))
        notebook.wait_until_idle()

    def test_drawing_goes_on_while_python_is_busy_and_that_is_said(self, notebook, root, tmp_path):
        draw(notebook.page, ONE)
        expect(button(root, "answer")).to_have_text("1")
        over = tmp_path / "over"
        self.ask(notebook, BUSY.format(path=str(over)))
        button(root, "clear").click()
        draw(notebook.page, SEVEN)
        expect_strokes(root, 1)
        expect(root).to_have_class(re.compile("mnistlab-draw-waiting"))
        expect(button(root, "state")).to_contain_text("Waiting for Python")
        expect(button(root, "answer")).to_have_text("1")
        over.touch()
        expect(button(root, "answer")).to_have_text("7")
        expect(root).not_to_have_class(re.compile("mnistlab-draw-waiting"))

    def test_an_error_is_shown_and_the_next_good_answer_clears_it(self, notebook, root):
        draw(notebook.page, ONE)
        expect(button(root, "answer")).to_have_text("1")
        breaking = f"def fail(digit): raise RuntimeError('no ink {ATTACK}')"
        self.ask(notebook, f"{breaking}\ngood, canvas._read = canvas._read, fail\n'broken'")
        draw(notebook.page, SEVEN)
        expect(root.locator(".mnistlab-alert")).to_contain_text(f"RuntimeError: no ink {ATTACK}")
        expect(root).to_have_class(re.compile("mnistlab-draw-stale"))
        expect(button(root, "answer")).to_have_text("1")
        expect(button(root, "state")).to_contain_text("last good answer")
        self.ask(notebook, "canvas._read = good\n'mended'")
        button(root, "undo").click()
        expect(root.locator(".mnistlab-alert")).to_be_empty()
        expect(root).not_to_have_class(re.compile("mnistlab-draw-stale"))
        assert root.locator("img").count() == 0

    def test_a_sample_has_its_true_label_and_undo_brings_the_drawing_back(self, notebook, root):
        draw(notebook.page, ONE)
        button(root, "sample").click()
        expect(button(root, "origin")).to_have_text("Sample digit 0, a 1")
        expect_strokes(root, 0)
        truth = root.locator(".mnistlab-draw-true")
        expect(truth).to_have_attribute("data-digit", "1")
        expect(button(root, "verdict")).to_have_text("right")
        button(root, "undo").click()
        expect_strokes(root, 1)
        expect(button(root, "origin")).to_have_text("Your drawing")
        expect(truth).to_have_count(0)

    def test_drawings_are_kept_shown_taken_and_removed(self, notebook, root):
        page = notebook.page
        for strokes, label in ((SEVEN, 7), (ONE, 7)):
            draw(page, strokes)
            expect_strokes(root, 1)
            root.locator(f".mnistlab-draw-keep[data-digit='{label}']").click()
            expect(button(root, "notice")).to_contain_text("Kept as a 7 in my_drawings.npz")
        kept = root.locator(".mnistlab-draw-one")
        expect(kept).to_have_count(2)
        expect(root.locator(".mnistlab-draw-misread")).to_have_text("7 as 1")
        expect(button(root, "summary")).to_contain_text("the model reads 1 of 2 right: 50.0 %")
        expect(button(root, "verdict")).to_have_text("misread: it is a 7")
        kept.first.click()
        expect(button(root, "answer")).to_have_text("7")
        expect(button(root, "verdict")).to_have_text("right")
        press(page, "ArrowRight", "Enter")
        expect(button(root, "answer")).to_have_text("1")
        press(page, "Delete")
        expect(kept).to_have_count(1)
        assert (
            self.ask(notebook, "canvas.drawings.labels.tolist(), canvas.accuracy") == "([7], 1.0)"
        )

    def test_a_drawing_is_saved_and_loaded_again(self, notebook, root):
        draw(notebook.page, SEVEN)
        button(root, "name").fill("a seven")
        button(root, "save").click()
        expect(button(root, "notice")).to_contain_text("Saved as a seven.npz and a seven.png")
        button(root, "clear").click()
        expect(button(root, "answer")).to_have_text("–")
        button(root, "load").click()
        expect_strokes(root, 1)
        expect(button(root, "answer")).to_have_text("7")
        button(root, "name").fill(ATTACK)
        button(root, "load").click()
        expect(root.locator(".mnistlab-alert")).to_contain_text(f"There is no {ATTACK}.npz")
        assert root.locator("img").count() == 0

    def test_strokes_of_a_script_are_on_the_pad(self, notebook, root):
        self.ask(notebook, "canvas.strokes = [[(0, 0), (0, 300)]]\n'set'")
        expect_strokes(root, 1)
        expect(button(root, "answer")).to_have_text("1")
        button(root, "undo").click()
        expect_strokes(root, 0)

    @pytest.mark.parametrize("theme", ["JupyterLab Dark", "JupyterLab Light"])
    def test_all_words_can_be_read_in_either_theme(self, notebook, root, theme):
        page = notebook.page
        choose_theme(page, theme)
        draw(page, SEVEN)
        expect(button(root, "answer")).to_have_text("7")
        found = root.evaluate(CONTRAST)
        assert len(found) > 40
        assert [each for each in found if each[0] < 3] == []
        assert np.mean([ratio >= 4.5 for ratio, _ in found]) > 0.9

    def test_nothing_is_asked_of_any_other_machine(self, notebook, root):
        draw(notebook.page, SEVEN)
        expect(button(root, "answer")).to_have_text("7")
        own = (notebook.address, notebook.address.replace("http", "ws"), "data:", "blob:")
        assert any(url.startswith("ws") for url in notebook.asked)
        assert not [url for url in notebook.asked if not url.startswith(own)]


class TestAlone:
    """The script on a page of its own, where the messages to Python can be looked at."""

    @pytest.fixture
    def root(self, page, tmp_path, monkeypatch):
        monkeypatch.setenv("MNISTLAB_CACHE", str(tmp_path))
        images = np.zeros((2, 28, 28), "uint8")
        open_alone(page, DigitCanvas(zoo.build("lenet5"), images, drawings=Drawings()))
        page.evaluate("models[0].answers = true")
        return page.locator(".mnistlab-draw")

    def sent(self, page, what="draw"):
        return page.evaluate("what => models[0].sent.filter(each => each.do === what)", what)

    def last_sent(self, page):
        """The last drawing that was sent, once that is a finished one."""
        page.wait_for_function("models[0].sent.findLast(each => each.do === 'draw')?.finished")
        return self.sent(page)[-1]

    def put(self, page, **state):
        page.evaluate("state => models[0].put(state)", for_page(state))

    def test_at_most_ten_drawings_a_second_are_sent_and_the_finished_one(self, page, root):
        page.mouse.move(*place_of(page, (0.2, 0.2)))
        page.mouse.down()
        for step in range(100):
            page.mouse.move(*place_of(page, (0.2 + 0.006 * step, 0.2 + 0.004 * step)))
            page.wait_for_timeout(10)
        page.mouse.up()
        expect_strokes(root, 1)
        last = self.last_sent(page)
        *under_way, _ = self.sent(page)
        assert len(under_way) > 3 and not any(each["finished"] for each in under_way)
        # A browser's timer may be some milliseconds early or late.
        pauses = np.diff([each["at"] for each in under_way])
        assert pauses.min() >= 90 and pauses.mean() >= 99
        assert last["finished"] and last["lengths"] == [100]
        np.testing.assert_allclose(np.reshape(last["points"], (-1, 2))[0], 0.2, atol=0.004)

    def test_none_is_sent_before_the_last_is_answered_and_then_the_newest(self, page, root):
        page.evaluate("models[0].answers = false")
        draw(page, [*ONE, *SEVEN, *CROSS])
        expect(root).to_have_class(re.compile("mnistlab-draw-waiting"))
        [first] = self.sent(page)
        assert first["lengths"] == [1]
        self.put(page, answered=first["key"])
        _, second = self.sent(page)
        assert len(second["lengths"]) == 4 and second["finished"]
        self.put(page, answered=second["key"])
        expect(root).not_to_have_class(re.compile("mnistlab-draw-waiting"))
        assert len(self.sent(page)) == 2

    def test_what_to_do_is_said_when_python_does_not_answer_for_long(self, page, root):
        page.clock.install()
        page.evaluate("models[0].answers = false")
        draw(page, SEVEN)
        page.clock.run_for(10_000)
        expect(button(root, "state")).to_have_text("Waiting for Python, which is busy. Draw on.")
        button(root, "keep").first.click()
        page.clock.run_for(10_500)
        expect(button(root, "state")).to_contain_text("run the cell again")
        first = self.sent(page)[0]["key"]
        self.put(page, answered=first)
        page.clock.run_for(10_000)
        expect(button(root, "state")).not_to_contain_text("run the cell again")
        self.put(page, answered=self.sent(page, "keep")[0]["key"])
        expect(button(root, "state")).to_be_hidden()

    def test_what_to_do_is_said_at_once_when_the_kernel_is_gone(self, page, root):
        errors = []
        page.on("pageerror", lambda error: errors.append(error))
        page.evaluate("models[0].gone = true")
        draw(page, SEVEN)
        expect(button(root, "state")).to_have_text(re.compile("kernel was restarted.*run the cell"))
        button(root, "keep").first.click()
        expect_strokes(root, 1)
        expect(button(root, "state")).to_contain_text("run the cell again")
        assert errors == []

    def test_what_is_asked_comes_after_the_drawing_as_it_is(self, page, root):
        page.evaluate("models[0].answers = false")
        draw(page, SEVEN)
        root.locator(".mnistlab-draw-keep").nth(7).click()
        everything = page.evaluate("models[0].sent.map(each => [each.do, each.lengths?.length])")
        assert everything[-2:] == [["draw", 1], ["keep", None]]

    def test_after_keeping_the_next_stroke_begins_a_new_drawing(self, page, root):
        draw(page, CROSS)
        root.locator(".mnistlab-draw-keep").nth(4).click()
        expect_strokes(root, 2)
        draw(page, ONE)
        expect_strokes(root, 1)
        button(root, "undo").click()
        expect_strokes(root, 2)

    def test_only_the_primary_button_draws(self, page, root):
        page.mouse.move(*place_of(page, (0.4, 0.4)))
        for name in ("right", "middle"):
            page.mouse.down(button=name)
            page.mouse.move(*place_of(page, (0.6, 0.6)))
            page.mouse.up(button=name)
        expect_strokes(root, 0)
        assert self.sent(page) == []

    def test_a_stroke_goes_on_outside_of_the_pad_and_stays_on_it(self, page, root):
        draw(page, [[(0.5, 0.5), (1.4, 0.5), (1.4, 1.3)]])
        page.mouse.move(*place_of(page, (0.1, 0.1)))
        points = np.reshape(self.last_sent(page)["points"], (-1, 2))
        assert points.max() == 1 and points.min() >= 0
        expect_strokes(root, 1)

    def test_a_finger_draws_and_does_not_scroll(self, page, root):
        session = page.context.new_cdp_session(page)
        page.evaluate("document.body.style.height = '4000px'")

        def touch(kind, *points):
            at = [dict(zip("xy", place_of(page, point), strict=True)) for point in points]
            session.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": at})

        touch("touchStart", (0.5, 0.8))
        for step in range(1, 9):
            touch("touchMove", (0.5, 0.8 - 0.07 * step))
        touch("touchEnd")
        expect_strokes(root, 1)
        assert np.ptp(np.reshape(self.last_sent(page)["points"], (-1, 2))[:, 1]) > 0.4
        assert page.evaluate("window.scrollY") == 0

    def test_the_eraser_removes_the_strokes_that_it_meets_in_one_step(self, page, root):
        draw(page, [*CROSS, [(0.1, 0.9), (0.2, 0.9)]])
        button(root, "eraser").click()
        expect(button(root, "eraser")).to_have_attribute("aria-pressed", "true")
        draw(page, [[(0.3, 0.5), (0.7, 0.5)]], steps=30)
        expect_strokes(root, 1)
        page.wait_for_function("models[0].sent.at(-1).lengths.length === 1")
        assert self.last_sent(page)["lengths"] == [9]
        button(root, "undo").click()
        expect_strokes(root, 3)
        button(root, "eraser").click()
        draw(page, ONE)
        expect_strokes(root, 4)

    def test_the_brush_changes_the_look_and_nothing_that_python_gets(self, page, root):
        draw(page, SEVEN)
        self.last_sent(page)
        before = self.sent(page)
        ink = "document.querySelector('.mnistlab-pad-canvas').toDataURL()"
        look = page.evaluate(ink)
        button(root, "brush").focus()
        press(page, "ArrowRight", "ArrowRight")
        assert page.evaluate(ink) != look
        assert self.sent(page) == before
        assert "whatever the brush" in button(root, "brush").get_attribute("title")

    def test_keys_move_in_steps_and_diagonally(self, page, root):
        root.locator(".mnistlab-pad-canvas").focus()
        expect(root.locator(".mnistlab-pad-cursor")).to_be_visible()
        press(page, "Home", "Space", "PageDown", "End", "ArrowUp", "Space", "PageUp")
        points = np.reshape(self.last_sent(page)["points"], (-1, 2))
        np.testing.assert_allclose(points * 20, [[9, 9], [10, 10], [9, 11], [9, 10]], atol=1e-5)
        page.keyboard.press("Tab")
        expect(root.locator(".mnistlab-pad-cursor")).to_be_hidden()

    def test_the_keyboard_erases_too(self, page, root):
        draw(page, ONE)
        button(root, "eraser").click()
        root.locator(".mnistlab-pad-canvas").focus()
        press(page, "ArrowLeft", "ArrowLeft", "ArrowLeft", "ArrowLeft", "Space")
        expect_strokes(root, 1)
        press(page, "ArrowRight", "ArrowRight", "ArrowRight", "Space")
        expect_strokes(root, 0)

    def test_a_double_click_removes_one_drawing(self, page, root):
        self.put(page, collection=COLLECTION)
        button(root, "remove").dblclick()
        assert [each["place"] for each in self.sent(page, "remove")] == [41]
        self.put(page, collection=COLLECTION | {"marked": 0})
        button(root, "one").first.focus()
        press(page, "ArrowRight", "Delete")
        assert len(self.sent(page, "remove")) == 1
        press(page, "ArrowLeft", "Delete", "Delete")
        assert [each["place"] for each in self.sent(page, "remove")] == [41, 40]

    def test_it_works_with_the_network_off(self, page, root):
        asked = []
        page.on("request", lambda request: asked.append(request.url))
        page.on("websocket", lambda socket: asked.append(socket.url))
        page.context.set_offline(True)
        page.evaluate("document.body.replaceChildren()")
        open_alone(page, DigitCanvas(zoo.build("lenet5"), drawings=Drawings()))
        draw(page, SEVEN)
        expect_strokes(root, 1)
        page.wait_for_function("models[1].sent.at(-1)?.lengths.length === 1")
        assert all(url.startswith("blob:") for url in asked)

    def test_a_full_pad_says_so(self, page, root):
        full = pad.to_browser([np.full((1, 2), 0.5)] * pad.MOST_STROKES)
        self.put(page, drawing={"key": "python-1", **full})
        draw(page, ONE)
        expect(root.locator(".mnistlab-alert")).to_contain_text("as much as one drawing can hold")
        expect_strokes(root, pad.MOST_STROKES)
        assert self.sent(page) == []
        button(root, "undo").click()
        expect(root.locator(".mnistlab-alert")).to_be_empty()

    def test_markup_in_whatever_python_says_is_text(self, page, root):
        result = {
            "digit": bytes(784),
            "probabilities": [0.1] * 10,
            "took": [1.0, 1.0],
            "origin": ATTACK,
            "truth": ATTACK,
        }
        collection = {
            "first": 0,
            "digits": bytes(784),
            "labels": [ATTACK],
            "read": [1],
            "marked": 0,
            "summary": ATTACK,
        }
        self.put(page, result=result, collection=collection, notice=ATTACK, problem=ATTACK)
        for name in ("origin", "notice", "summary", "verdict", "one"):
            expect(button(root, name)).to_contain_text(ATTACK)
        expect(root.locator(".mnistlab-alert")).to_have_text(ATTACK)
        assert page.locator("img").count() == 0

    def test_every_control_has_a_name_and_every_label_a_control(self, page, root):
        draw(page, SEVEN)
        assert page.locator("label").evaluate_all(WITHOUT_NAME) == []
        controls = page.locator("input, button, [tabindex='0'], [role=option], [role=img]")
        assert controls.count() > 20
        for control in controls.filter(visible=True).all():
            expect(control).to_have_accessible_name(re.compile(r"\w"))

    @pytest.mark.parametrize("width", [1200, 700, 330])
    def test_nothing_is_clipped_on_a_narrow_page(self, page, root, width):
        page.set_viewport_size({"width": width, "height": 900})
        assert root.evaluate("node => node.scrollWidth <= node.clientWidth")
        assert root.evaluate(INSIDE) == 0

    def test_a_line_is_on_the_screen_in_the_frame_of_its_event(self, page, root):
        """No message, timer or answer stands between the pointer and the ink."""
        page.evaluate("models[0].answers = false")
        ink = """() => new Promise((done) => {
          const canvas = document.querySelector(".mnistlab-pad-canvas");
          const context = canvas.getContext("2d");
          const half = canvas.width / 2;
          window.addEventListener("pointermove", () =>
            done(context.getImageData(half, half, 1, 1).data[3]), { once: true });
        })"""
        page.mouse.move(*place_of(page, (0.2, 0.5)))
        page.mouse.down()
        page.evaluate(f"void (window.inked = ({ink})())")
        page.mouse.move(*place_of(page, (0.8, 0.5)))
        assert page.evaluate("inked") == 255
        page.mouse.up()
