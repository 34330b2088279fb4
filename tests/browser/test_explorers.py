"""The explorers as a learner uses them: clicks, keys and edits in a real browser.

What the browser shows is compared with what the library computes, not with what
the browser showed before.
"""

import re

from mnistlab.explain.activations import softmax
from mnistlab.explain.convolution import cross_correlate

import numpy as np
import pytest
from playwright.sync_api import expect

SECONDS = 120
RELU = ".mnistlab-relu"


@pytest.fixture(scope="module")
def notebook_09(lab, browser):
    page = browser.new_page(viewport={"width": 1280, "height": 1600})
    page.set_default_timeout(60_000)
    opened = lab.open(page, "09_convolution.ipynb")
    opened.run_all(SECONDS)
    assert opened.errors() == []
    yield opened
    page.close()


@pytest.fixture
def explorer(notebook_09):
    found = notebook_09.page.locator(".mnistlab-convolution").first
    found.scroll_into_view_if_needed()
    expect(found.locator(".mnistlab-result")).not_to_be_empty()
    return found


@pytest.fixture(scope="module")
def all_three(notebook_09):
    """The explorers of softmax and ReLU beside the one of the notebook, in the same kernel."""
    notebook_09.evaluate(
        "from mnistlab.widgets.explorers import ReluExplorer, SoftmaxExplorer\n"
        "scores = SoftmaxExplorer(model, images[:30], labels[:30])\n"
        "scores"
    )
    notebook_09.evaluate("maps = ReluExplorer(model, images[:30], labels[:30])\nmaps")
    page = notebook_09.page
    expect(page.locator(".mnistlab-relu-zeros").first).not_to_be_empty()
    return notebook_09


@pytest.fixture
def scores(all_three):
    found = all_three.page.locator(".mnistlab-softmax").first
    found.scroll_into_view_if_needed()
    return found


@pytest.fixture
def maps(all_three):
    found = all_three.page.locator(RELU)
    found.scroll_into_view_if_needed()
    return found


def numbers(grid) -> np.ndarray:
    """Returns the numbers of one of the three grids: fields to edit, or text."""
    cells = grid.locator(".mnistlab-cell").evaluate_all(
        "cells => cells.map(cell => [cell.dataset.place, cell.value ?? cell.textContent])"
    )
    places = {tuple(map(int, place.split(","))): _number(text) for place, text in cells}
    array = np.zeros(np.max(list(places), axis=0) + 1)
    for place, value in places.items():
        array[place] = value
    return array


def _number(text: str) -> float:
    return float(text.replace("−", "-").replace(",", "").strip())


def shown(explorer, part: str) -> float:
    return _number(explorer.locator(f".mnistlab-{part}").inner_text())


class TestConvolution:
    def test_the_products_are_those_of_patch_and_kernel(self, explorer):
        patch = numbers(explorer.locator(".mnistlab-patch"))
        kernel = numbers(explorer.locator(".mnistlab-kernel"))
        products = numbers(explorer.locator(".mnistlab-products"))
        np.testing.assert_allclose(products, patch * kernel, atol=0.02)
        expected = cross_correlate(patch, kernel)[0, 0]
        assert shown(explorer, "products-sum") == pytest.approx(expected, abs=0.06)

    def test_the_arrow_keys_move_to_another_pixel(self, explorer):
        before = explorer.locator(".mnistlab-code").inner_text()
        explorer.locator(".mnistlab-output").focus()
        explorer.page.keyboard.press("ArrowRight")
        expect(explorer.locator(".mnistlab-code")).not_to_have_text(before)
        self.test_the_products_are_those_of_patch_and_kernel(explorer)

    def test_a_click_moves_to_the_pixel_under_it(self, explorer):
        output = explorer.locator(".mnistlab-output")
        before = explorer.locator(".mnistlab-code").inner_text()
        box = output.bounding_box()
        output.click(position={"x": box["width"] * 0.6, "y": box["height"] * 0.35})
        expect(explorer.locator(".mnistlab-code")).not_to_have_text(before)
        self.test_the_products_are_those_of_patch_and_kernel(explorer)

    def test_an_edit_of_the_kernel_changes_the_number(self, explorer):
        explorer.locator(".mnistlab-preset").select_option(label="identity")
        output = explorer.locator(".mnistlab-output")
        box = output.bounding_box()
        output.click(position={"x": box["width"] * 0.5, "y": box["height"] * 0.5})
        middle = numbers(explorer.locator(".mnistlab-patch"))[1, 1]
        expect(explorer.locator(".mnistlab-products-sum")).to_have_text(re.compile(r"\d"))
        assert shown(explorer, "products-sum") == pytest.approx(middle, abs=0.006)
        cell = explorer.locator(".mnistlab-kernel .mnistlab-cell[data-place='1,1']")
        cell.fill("-3")
        cell.press("Enter")
        assert numbers(explorer.locator(".mnistlab-kernel"))[1, 1] == -3
        assert shown(explorer, "products-sum") == pytest.approx(-3 * middle, abs=0.02)

    def test_the_kernel_of_python_is_that_of_the_browser(self, notebook_09, explorer):
        explorer.locator(".mnistlab-preset").select_option(label="Laplacian")
        answer = notebook_09.evaluate("explorer.kernel.tolist()")
        assert answer == "[[0.0, 1.0, 0.0], [1.0, -4.0, 1.0], [0.0, 1.0, 0.0]]"

    def test_what_cannot_be_is_said_and_the_picture_stays(self, explorer):
        before = explorer.locator(".mnistlab-result").inner_text()
        bias = explorer.locator(".mnistlab-bias")
        bias.fill("half")
        bias.press("Enter")
        expect(explorer.locator(".mnistlab-alert")).to_contain_text("half")
        assert explorer.locator(".mnistlab-result").inner_text() == before
        bias.fill("0")
        bias.press("Enter")
        expect(explorer.locator(".mnistlab-alert")).to_be_empty()


def type_into(field, text: str) -> None:
    field.fill(text)
    field.press("Enter")


class TestSoftmax:
    LOGITS = (2.0, 1.0, 0.1, 0.3, 0.0, 4.5, -1.25, 0.5, 1.5, -0.5)

    def probabilities(self, scores) -> list[float]:
        texts = scores.locator(".mnistlab-softmax-probability").all_inner_texts()
        return [float(re.search(r"[\d.]+", text)[0]) for text in texts]

    def set_all(self, scores, logits) -> None:
        for place, logit in enumerate(logits):
            row = scores.locator(f".mnistlab-softmax-class[data-class='{place}']")
            type_into(row.locator(".mnistlab-softmax-logit"), str(logit))

    def test_the_probabilities_are_the_softmax_of_the_logits(self, scores):
        self.set_all(scores, self.LOGITS)
        np.testing.assert_allclose(self.probabilities(scores), softmax(self.LOGITS), atol=0.0006)

    def test_a_constant_added_to_all_changes_nothing(self, scores):
        before = self.probabilities(scores)
        type_into(scores.locator(".mnistlab-softmax-constant-field"), "12")
        assert self.probabilities(scores) == before
        type_into(scores.locator(".mnistlab-softmax-constant-field"), "0")

    def test_the_temperature(self, scores):
        self.set_all(scores, self.LOGITS)
        type_into(scores.locator(".mnistlab-softmax-temperature-field"), "5")
        expected = softmax(self.LOGITS, temperature=5)
        np.testing.assert_allclose(self.probabilities(scores), expected, atol=0.0006)
        type_into(scores.locator(".mnistlab-softmax-temperature-field"), "1")

    def test_an_exponential_that_overflows_gives_no_nan(self, scores):
        self.set_all(scores, (1000.0,))
        assert self.probabilities(scores)[0] == 1
        assert "NaN" not in scores.inner_text()

    def test_what_is_no_number_is_said(self, scores):
        type_into(scores.locator(".mnistlab-softmax-logit").first, "many")
        expect(scores.locator(".mnistlab-alert")).to_contain_text("Logit of class 0: type a number")
        type_into(scores.locator(".mnistlab-softmax-logit").first, "1")
        expect(scores.locator(".mnistlab-alert")).to_be_empty()


class TestRelu:
    def test_the_share_of_zeros_is_that_of_python(self, all_three, maps):
        shown = float(re.search(r"[\d.]+", maps.locator(".mnistlab-relu-zeros").inner_text())[0])
        assert shown == pytest.approx(100 * float(all_three.evaluate("maps.zeros")), abs=0.6)

    def test_a_large_shift_leaves_nothing(self, maps):
        type_into(maps.locator(".mnistlab-relu-shift-field"), "-1000")
        expect(maps.locator(".mnistlab-relu-zeros")).to_contain_text("100")
        maps.locator(".mnistlab-relu-reset").click()
        expect(maps.locator(".mnistlab-relu-zeros")).not_to_contain_text("100")


def test_a_digit_picked_in_one_explorer_is_what_the_others_show(all_three):
    page = all_three.page
    drawn = page.locator(RELU).get_attribute("data-drawn")
    page.locator(".mnistlab-picker").first.locator(".mnistlab-picker-image").nth(7).click()
    expect(page.locator(RELU)).not_to_have_attribute("data-drawn", drawn)
    for explorer in ("explorer", "scores", "maps"):
        same = f"bool(abs({explorer}.picker.digit.image - images[7] / 255).max() < 1e-6)"
        assert all_three.evaluate(same) == "True"
    assert all_three.evaluate("bool(abs(explorer.image - images[7] / 255).max() < 1e-6)") == "True"
    expected = "bool(abs(scores.probabilities - predict(model, images[7])[0]).max() < 1e-5)"
    assert all_three.evaluate(expected) == "True"


def test_a_digit_drawn_with_the_mouse_is_what_the_explorers_show(all_three):
    page = all_three.page
    picker = page.locator(".mnistlab-picker").first
    picker.scroll_into_view_if_needed()
    picker.locator(".mnistlab-picker-toggle").click()
    box = picker.locator(".mnistlab-picker-pad").bounding_box()
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 5)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] * 0.8, steps=12)
    page.mouse.up()
    expect(picker.locator(".mnistlab-picker-status")).to_have_text("your drawing")
    assert all_three.evaluate("int(scores.probabilities.argmax())") == "1"
