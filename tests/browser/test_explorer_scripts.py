"""The convolution explorer's script on a page of its own: a model in the browser, no kernel."""

import base64
from pathlib import Path

from mnistlab.widgets.explorers import convolution

import numpy as np
import pytest
from playwright.sync_api import expect

SCRIPT = Path(convolution.__file__).with_suffix(".js").read_text("utf-8")
PHOTO = np.random.default_rng(0).integers(0, 256, (64, 80, 3), dtype="uint8")

# Each explorer gets a module of its own, as anywidget gives it.
OPEN = """async ([script, state]) => {
  const bytes = (text) => new DataView(Uint8Array.from(atob(text), (c) => c.charCodeAt(0)).buffer);
  for (const value of Object.values(state)) {
    if (value?.pixels) value.pixels = bytes(value.pixels);
  }
  const followers = {};
  const model = {
    get: (name) => state[name],
    set(name, value) {
      state[name] = value;
      (followers[`change:${name}`] ?? []).forEach((follower) => follower());
    },
    save_changes() {},
    on: (event, follower) => (followers[event] ??= []).push(follower),
    off(event, follower) { followers[event] = followers[event].filter((one) => one !== follower); },
  };
  const address = URL.createObjectURL(new Blob([script], { type: "text/javascript" }));
  const module = await import(address);
  const el = document.body.appendChild(document.createElement("div"));
  module.default.render({ model, el });
  (window.models ??= []).push(state);
}"""


def state_of(view) -> dict:
    """Returns what is sent to the browser, with its bytes as text."""
    state = {name: value for name, value in view.get_state().items() if name[0] != "_"}
    for value in state.values():
        if isinstance(value, dict) and "pixels" in value:
            value["pixels"] = base64.b64encode(value["pixels"]).decode("ascii")
    return state


@pytest.fixture
def opened(page):
    """Opens an explorer below those of the page, and returns it."""
    explorers = page.locator(".mnistlab-convolution")

    def open_one(**settings):
        view = convolution.ConvolutionView(np.eye(28, dtype="float32"), **settings)
        page.evaluate(OPEN, [SCRIPT, state_of(view)])
        view.close()
        return explorers.nth(explorers.count() - 1)

    return open_one


def test_a_label_leads_to_the_control_of_its_own_explorer(opened):
    first, second = opened(kernel="Sobel x"), opened(kernel="Sobel x")
    second.locator("label", has_text="ReLU").click()
    expect(second.locator(".mnistlab-relu")).to_be_checked()
    expect(first.locator(".mnistlab-relu")).not_to_be_checked()


def test_a_part_of_a_photo_that_is_smaller_than_the_kernel_is_not_shown(opened):
    explorer = opened(photo=PHOTO, kernel=np.ones((7, 7)))
    explorer.locator(".mnistlab-zoom").select_option("16×")
    expect(explorer.locator(".mnistlab-alert")).to_contain_text("the kernel is larger")
    expect(explorer.locator(".mnistlab-zoom")).to_have_value("whole")
    assert explorer.page.evaluate("models[0].region") == [0, 0, 64, 80]
    explorer.locator(".mnistlab-zoom").select_option("4×")
    expect(explorer.locator(".mnistlab-alert")).to_be_empty()
    assert explorer.page.evaluate("models[0].region") == [24, 30, 16, 20]
