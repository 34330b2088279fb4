"""The explorers' scripts on a page of their own: a model in the browser, no kernel."""

import re

from mnistlab.explain.activations import softmax
from mnistlab.widgets.explorers.convolution import ConvolutionView
from mnistlab.widgets.explorers.relu import ReluView
from mnistlab.widgets.explorers.softmax import SoftmaxView
from tests.browser.alone import open_alone

import numpy as np
import pytest
from playwright.sync_api import expect

PHOTO = np.random.default_rng(0).integers(0, 256, (64, 80, 3), dtype="uint8")


@pytest.fixture
def opened(page):
    """Opens a convolution explorer below those of the page, and returns it."""
    explorers = page.locator(".mnistlab-convolution")

    def open_one(**settings):
        open_alone(page, ConvolutionView(np.eye(28, dtype="float32"), **settings))
        return explorers.nth(explorers.count() - 1)

    return open_one


def test_a_label_leads_to_the_control_of_its_own_explorer(opened):
    first, second = opened(kernel="Sobel x"), opened(kernel="Sobel x")
    second.locator("label", has_text="ReLU").click()
    expect(second.locator(".mnistlab-rectify")).to_be_checked()
    expect(first.locator(".mnistlab-rectify")).not_to_be_checked()


def test_a_part_of_a_photo_that_is_smaller_than_the_kernel_is_not_shown(opened):
    explorer = opened(photo=PHOTO, kernel=np.ones((7, 7)))
    explorer.locator(".mnistlab-zoom").select_option("16×")
    expect(explorer.locator(".mnistlab-alert")).to_contain_text("the kernel is larger")
    expect(explorer.locator(".mnistlab-zoom")).to_have_value("whole")
    assert explorer.page.evaluate("models[0].state.region") == [0, 0, 64, 80]
    explorer.locator(".mnistlab-zoom").select_option("4×")
    expect(explorer.locator(".mnistlab-alert")).to_be_empty()
    assert explorer.page.evaluate("models[0].state.region") == [24, 30, 16, 20]


@pytest.mark.parametrize("logits", [[-744.4, -744.9], [-800, -801], [800, 799], [2.0, 1.0]])
def test_probabilities_are_right_where_exponentials_run_out_of_digits(page, logits):
    open_alone(page, SoftmaxView(classes=["a", "b"], logits=logits, start=logits))
    shown = page.locator(".mnistlab-softmax-probability").all_inner_texts()
    np.testing.assert_allclose([float(text) for text in shown], softmax(logits), atol=6e-4)


def convolution_view():
    return ConvolutionView(np.eye(28, dtype="float32"), PHOTO, kernel="Sobel x")


def softmax_view():
    return SoftmaxView(classes=["a", "b"], logits=[2.0, 1.0], start=[2.0, 1.0])


def relu_view():
    maps = np.linspace(-1, 1, 32, dtype="float32").reshape(2, 4, 4)
    return ReluView(maps=maps, layers=["conv1"], layer="conv1")


@pytest.mark.parametrize("make", [convolution_view, softmax_view, relu_view])
def test_every_label_has_a_control_and_every_control_has_a_name(page, make):
    open_alone(page, make())
    without = "nodes => nodes.filter(node => !node.control).map(node => node.textContent)"
    assert page.locator("label").evaluate_all(without) == []
    controls = page.locator("input, select, button, [tabindex='0'], [role=option]")
    assert controls.count() > 3
    for control in controls.all():
        expect(control).to_have_accessible_name(re.compile(r"\w"))


def test_the_right_mouse_button_moves_no_pixel_of_a_convolution(opened):
    explorer = opened(kernel="Sobel x")
    for name in ("input", "output"):
        explorer.locator(f".mnistlab-{name}").click(button="right", position={"x": 200, "y": 90})
        assert explorer.page.evaluate("[models[0].state.row, models[0].state.column]") == [0, 0]
    explorer.locator(".mnistlab-output").click(position={"x": 200, "y": 90})
    assert explorer.page.evaluate("models[0].state.row > 0 && models[0].state.column > 0")


def test_the_right_mouse_button_moves_no_pixel_of_a_map(page):
    open_alone(page, relu_view())
    box = page.locator(".mnistlab-relu-before").bounding_box()
    page.mouse.move(box["x"] + 0.6 * box["width"], box["y"] + 0.6 * box["height"])
    assert page.evaluate("[models[0].state.row, models[0].state.column]") == [2, 2]
    page.mouse.down(button="right")
    page.mouse.move(box["x"] + 5, box["y"] + 5)
    assert page.evaluate("[models[0].state.row, models[0].state.column]") == [2, 2]


def test_a_reset_brings_the_temperature_given_back(page):
    logits = [2.0, 1.0]
    view = SoftmaxView(classes=["a", "b"], logits=logits, start=logits, temperature=5)
    open_alone(page, view)
    field = page.locator(".mnistlab-softmax-temperature-field")
    field.fill("0.5")
    assert page.evaluate("models[0].state.temperature") == 0.5
    page.locator(".mnistlab-softmax-reset").click()
    assert page.evaluate("models[0].state.temperature") == 5
    expect(field).to_have_value("5")
