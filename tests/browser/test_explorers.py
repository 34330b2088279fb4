"""The explorers as a learner uses them: clicks, keys and edits in a real browser.

What the browser shows is compared with what the library computes, not with what
the browser showed before.
"""

import re

from mnistlab.explain.convolution import cross_correlate

import numpy as np
import pytest
from playwright.sync_api import expect

SECONDS = 120


@pytest.fixture(scope="module")
def notebook_09(lab, browser):
    page = browser.new_page(viewport={"width": 1280, "height": 1600})
    page.set_default_timeout(30_000)
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
