"""The designer as somebody uses it who cannot program: all six steps, in a real browser."""

import re
import time

from tests.browser.legible import CONTRAST, INSIDE, WITHOUT_NAME, choose_theme

import numpy as np
import pytest
from playwright.sync_api import expect

SECONDS = 120
ATTACK = "<img src=x onerror=alert(1)>"
MAKE = "from mnistlab.widgets.designer import Designer\ndesigner = Designer()\ndesigner"
LONG_TRAINING = (
    "from mnistlab.data import datasets\n"
    "from mnistlab.widgets.designer import Designer\n"
    "designer = Designer('keras_convnet')\n"
    "project = designer.project\n"
    "project.design.train_with(epochs=1000)\n"
    "project.use(datasets.builtin())\n"
    "project.confirm()\n"
    "project.train()\n"
    "designer.go_to(3)\n"
    "designer"
)
STEPS = ("Data", "Design", "Verify", "Train", "Evaluate", "Try")


class Shown:
    """The designer on a page, as somebody has it before them."""

    def __init__(self, notebook):
        self.notebook = notebook
        self.page = notebook.page
        self.root = self.page.locator(".mnistlab-designer")

    def step(self, name):
        """Returns the tab of a step."""
        return self.root.locator(".mnistlab-step", has_text=name)

    def go_to(self, name):
        self.step(name).click()
        expect(self.step(name)).to_have_attribute("aria-selected", "true")

    def expect_state(self, name, state, seconds=SECONDS):
        expect(self.step(name)).to_have_attribute("data-state", state, timeout=1000 * seconds)

    def button(self, name):
        return self.root.get_by_role("button", name=name, exact=True).filter(visible=True)

    def click(self, name):
        expect(self.button(name)).to_be_enabled(timeout=1000 * SECONDS)
        self.button(name).click()

    def field(self, label, role="spinbutton"):
        return self.root.get_by_role(role, name=label, exact=True)

    def enter(self, label, value):
        self.field(label).fill(str(value))
        self.field(label).press("Tab")

    def expect_text(self, text, seconds=SECONDS):
        found = self.root.get_by_text(text).filter(visible=True).first
        expect(found).to_be_visible(timeout=1000 * seconds)

    def row(self, number):
        return self.root.locator(".mnistlab-layers tbody tr").nth(number - 1)

    def ask(self, code):
        return self.notebook.ask(code)


@pytest.fixture(scope="module")
def shown(lab, browser):
    page = browser.new_page(viewport={"width": 1300, "height": 1600})
    page.set_default_timeout(60_000)
    asked = []
    page.on("request", lambda request: asked.append(request.url))
    page.on("websocket", lambda socket: asked.append(socket.url))
    notebook = lab.open(page, "13_designer.ipynb")
    # Without the list of files the notebook is as wide as the page.
    page.keyboard.press("Control+b")
    notebook.evaluate(MAKE)
    made = Shown(notebook)
    made.asked, made.address = asked, lab.address
    expect(made.root).to_be_visible(timeout=1000 * SECONDS)
    yield made
    page.close()


class TestOnOnePage:
    """Each test goes on where the one before ended.

    All of them stand in one class, because workers (pytest-xdist) share the tests out by classes,
    and each worker has a page of its own.
    """

    # The article's path, from top to bottom.

    def test_data_are_loaded_looked_at_and_confirmed(self, shown):
        expect(shown.button("Next: Design")).to_be_disabled()
        shown.click("Load")
        shown.expect_state("Data", "ready")
        expect(shown.root.locator("canvas").filter(visible=True)).to_have_count(20)
        shown.enter("Width", 27)
        shown.expect_text("784 features are not 28x27x1 = 756")
        expect(shown.button("Next: Design")).to_be_disabled()
        shown.enter("Width", 28)
        shown.click("Next: Design")
        shown.expect_state("Data", "done")
        # Who uses the keyboard is where the next screen begins, and not at the top of the page.
        expect(shown.step("Design")).to_be_focused()

    def test_the_template_reads_as_the_article_says(self, shown):
        shown.field("Template", "combobox").select_option("keras_convnet")
        shown.click("Take it")
        shown.expect_state("Design", "done")
        shapes = ["26x26x32", "24x24x64", "12x12x64", "12x12x64", "9216", "128", "128", "10"]
        for number, shape in enumerate(shapes, 1):
            expect(shown.row(number).locator("[data-column='3']")).to_have_text(shape)
        shown.expect_text(re.compile("1,199,882 parameters"))

    def test_broken_it_says_so_and_the_button_mends_it(self, shown):
        shown.row(5).click()
        shown.row(5).press("Delete")
        shown.expect_state("Design", "invalid")
        shown.expect_text("Row 5 (Dense) is given maps of 12x12x64.")
        shown.go_to("Verify")
        shown.expect_text("Row 5 (Dense) is given maps of 12x12x64.")
        shown.root.locator(".mnistlab-fix").filter(visible=True).first.click()
        shown.expect_state("Design", "done")
        expect(shown.root.locator(".mnistlab-fix").filter(visible=True)).to_have_count(0)

    def test_keras_builds_it_and_a_batch_goes_through(self, shown):
        shown.click("Verify")
        shown.expect_state("Verify", "done")
        shown.expect_text("Keras built all 8 rows")
        shown.click("Next: Train")

    def test_it_trains_stops_within_a_second_and_goes_on(self, shown):
        shown.enter("Epochs", 60)
        shown.button("Train").dblclick()
        shown.expect_state("Train", "running")
        shown.expect_text(re.compile(r"Run 1, keras_convnet: epoch 1 of 60, batch [1-9]"))
        start = time.monotonic()
        shown.click("Stop")
        shown.expect_text(re.compile("stopped, epoch 1 of 60"))
        # The second, and what the browser and this test need to notice on a busy machine.
        assert time.monotonic() - start < 1 + 4
        assert shown.ask("len(designer.project.runs)") == "1"
        shown.click("Resume")
        shown.expect_text(re.compile(r"keras_convnet: epoch 2 of 60"))
        shown.click("Stop")
        shown.expect_text(re.compile("stopped, epoch [2-9] of 60"))
        expect(shown.root.locator(".mnistlab-figure").filter(visible=True)).to_be_visible()
        shown.click("Next: Evaluate")

    def test_one_quick_epoch_is_trained_to_its_end(self, shown):
        shown.go_to("Train")
        shown.enter("Epochs", 1)
        shown.expect_state("Train", "stale")
        shown.click("Train again")
        shown.expect_state("Train", "done")
        shown.expect_text(re.compile("Run 2, keras_convnet: done, epoch 1 of 1"))

    def test_it_is_evaluated_and_a_number_opens_its_images(self, shown):
        shown.go_to("Evaluate")
        shown.click("Evaluate")
        shown.expect_state("Evaluate", "done")
        shown.expect_text(re.compile(r"% right: [\d,]+ of 10,000 images"))
        matrix = shown.root.locator(".mnistlab-confusion").filter(visible=True)
        count = matrix.get_by_role("button").filter(has_text=re.compile(r"^[1-9]\d?$")).first
        images = int(count.inner_text())
        before = shown.root.locator("canvas").filter(visible=True).count()
        count.click()
        expect(shown.root.locator("canvas").filter(visible=True)).to_have_count(
            before + min(images, 40)
        )
        shown.click("Next: Try")

    def test_an_image_is_tried(self, shown):
        shown.root.get_by_role("button", name="The test part").click()
        shown.click("Show it")
        shown.expect_text("Test image 0: 7")
        shown.expect_state("Try", "done")

    def test_a_digit_is_drawn(self, shown):
        shown.root.get_by_role("button", name="A drawing").click()
        pad = shown.root.locator(".mnistlab-pad-canvas")
        pad.hover()
        box = pad.bounding_box()
        shown.page.mouse.move(box["x"] + box["width"] / 2, box["y"] + 0.2 * box["height"])
        shown.page.mouse.down()
        shown.page.mouse.move(box["x"] + box["width"] / 2, box["y"] + 0.8 * box["height"], steps=8)
        shown.page.mouse.up()
        expect(shown.root.locator(".mnistlab-draw-answer")).to_have_text(re.compile(r"\d"))

    def test_a_change_of_the_design_makes_all_that_follows_stale(self, shown):
        shown.go_to("Design")
        shown.row(6).click()
        shown.button("Duplicate").click()
        for step in ("Verify", "Train", "Evaluate", "Try"):
            shown.expect_state(step, "stale")
        shown.button("Undo").click()
        for step in ("Verify", "Train", "Evaluate", "Try"):
            shown.expect_state(step, "done")

    def test_the_code_is_shown_and_opened_as_a_new_cell(self, shown):
        cells = shown.page.locator(".jp-CodeCell").count()
        shown.click("Show the Keras code")
        shown.click("Open as a new cell")
        expect(shown.page.locator(".jp-CodeCell")).to_have_count(cells + 1)
        new = shown.page.locator(".jp-CodeCell", has_text="def define_model")
        expect(new.locator(".cm-content").last).to_contain_text("keras")

    def test_the_design_is_saved_changed_and_loaded(self, shown):
        shown.click("Save")
        shown.expect_text(re.compile("keras_convnet.json"))
        shown.click("Clear")
        shown.expect_state("Design", "empty")
        shown.field("Saved", "combobox").select_option("keras_convnet")
        shown.click("Load")
        shown.expect_state("Design", "done")

    def test_nothing_was_asked_of_any_other_machine(self, shown):
        own = (shown.address, shown.address.replace("http", "ws"), "data:", "blob:")
        assert any(url.startswith("ws") for url in shown.asked)
        assert not [url for url in shown.asked if not url.startswith(own)]

    # After the whole path, with something on each screen.

    @pytest.mark.parametrize("theme", ["JupyterLab Dark", "JupyterLab Light"])
    def test_all_words_can_be_read_in_either_theme(self, shown, theme):
        choose_theme(shown.page, theme)
        for step in STEPS:
            shown.go_to(step)
            found = shown.root.evaluate(CONTRAST)
            assert len(found) > 12, step
            assert [each for each in found if each[0] < 3] == [], step
            assert np.mean([ratio >= 4.5 for ratio, _ in found]) > 0.85, step

    @pytest.mark.parametrize("step", STEPS)
    def test_every_control_has_a_name_and_every_label_a_control(self, shown, step):
        shown.go_to(step)
        labels = shown.root.locator("label").filter(visible=True)
        assert labels.evaluate_all(WITHOUT_NAME) == []
        controls = shown.root.locator("input, button, select, textarea, [tabindex='0']")
        assert controls.filter(visible=True).count() > 6
        for control in controls.filter(visible=True).all():
            expect(control).to_have_accessible_name(re.compile(r"\w"))

    @pytest.mark.parametrize("width", [1200, 900])
    def test_nothing_is_clipped(self, shown, width):
        shown.page.set_viewport_size({"width": width + 100, "height": 1600})
        for step in STEPS:
            shown.go_to(step)
            assert shown.root.evaluate(INSIDE) == 0, step

    def test_the_steps_are_walked_through_with_the_arrow_keys(self, shown):
        shown.go_to("Data")
        shown.step("Data").press("ArrowRight")
        expect(shown.step("Design")).to_have_attribute("aria-selected", "true")
        expect(shown.step("Design")).to_be_focused()
        shown.step("Design").press("End")
        expect(shown.step("Try")).to_have_attribute("aria-selected", "true")

    # What goes wrong.

    def test_a_failing_callback_is_shown_on_its_screen_and_the_controls_stay_usable(self, shown):
        shown.go_to("Verify")
        shown.ask(
            "def fail(*_): raise RuntimeError('no more " + ATTACK + "')\n"
            "designer.project.verify, kept = fail, designer.project.verify\n"
            "'set'"
        )
        shown.click("Verify")
        shown.expect_text(f"no more {ATTACK}")
        shown.ask("designer.project.verify = kept\n'back'")
        shown.click("Verify")
        shown.expect_text("Keras built all 8 rows")
        expect(shown.root.get_by_text(ATTACK).filter(visible=True)).to_have_count(0)

    def test_a_file_that_is_named_like_markup_is_shown_as_text(self, shown):
        shown.go_to("Data")
        path = f"{ATTACK}.csv".replace("/", "")
        shown.field("Data", "combobox").select_option("a file or folder of mine")
        shown.field("Path", "textbox").fill(path)
        shown.click("Load")
        shown.expect_text(re.compile(re.escape(ATTACK)))
        assert shown.root.locator("img[src='x']").count() == 0


class TestAPageThatIsOpenedAgain:
    def test_the_controls_work_while_a_training_goes_on(self, lab, page):
        # Of a notebook with outputs that others have stored, JupyterLab shows no widget again.
        notebook = lab.open(page, lab.write("my_training.ipynb", LONG_TRAINING))
        notebook.run_all(SECONDS)
        shown = Shown(notebook)
        shown.expect_text(re.compile(r"epoch 1 of 1000, batch [1-9]"))
        notebook.save()
        page.reload()
        expect(shown.root).to_be_visible(timeout=1000 * SECONDS)
        shown.go_to("Data")
        shown.go_to("Train")
        shown.click("Stop")
        shown.expect_text(re.compile("stopped, epoch [1-9][0-9]* of 1000"))
