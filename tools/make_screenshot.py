"""Photographs the convolution explorer, the canvas and the designer, in JupyterLab, for the README.

    python -m tools.make_screenshot             all of them
    python -m tools.make_screenshot designer    one of them

It needs MNIST itself, the recorded model for drawings, and Chromium or Chrome.
"""

import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from mnistlab import load_mnist, settings
from tests.browser import lab

import numpy as np
from playwright.sync_api import Page, expect
from scipy.interpolate import CubicSpline

IMAGES = settings.PROJECT / "notebooks" / "images"
SECONDS = 120
NOTEBOOK = "09_convolution.ipynb"
EXPLORER = ".mnistlab-convolution"

CANVAS = ".mnistlab-draw"
PAD = ".mnistlab-pad-canvas"
MAKE_CANVAS = (
    "from mnistlab import load_dataset, settings\n"
    "from mnistlab.models import files\n"
    "from mnistlab.widgets.canvas import DigitCanvas\n"
    "test_images, test_labels = load_dataset()[2:]\n"
    "model = files.load(settings.PROJECT / 'data/models/augmented.keras')\n"
    "DigitCanvas(model, test_images, test_labels)"
)
DESIGNER = ".mnistlab-designer"
MAKE_DESIGNER = (
    "from mnistlab.widgets.designer import Designer\n"
    "designer = Designer('keras_convnet')\n"
    "designer.design.remove(4)\n"
    "designer.go_to(1)\n"
    "designer"
)
DROPOUT_ROW = 3
# A 7 as many draw it: with a bow on top, and crossed.
SEVEN = (
    [(0.27, 0.27), (0.31, 0.21), (0.45, 0.235), (0.60, 0.225), (0.73, 0.19)],
    [(0.73, 0.19), (0.64, 0.34), (0.55, 0.50), (0.48, 0.67), (0.445, 0.85)],
    [(0.36, 0.555), (0.47, 0.525), (0.58, 0.515), (0.67, 0.49)],
)
STROKES = ([*SEVEN[0], *SEVEN[1][1:]], SEVEN[2])
POINTS = 60
"""On each stroke, where the mouse is moved to."""

MARGIN = 12
"""Pixels of the page around the panels."""


def main(names: Sequence[str]) -> int:
    """Takes the pictures named, or all, and writes them; returns the exit status."""
    unknown = sorted(set(names) - set(PICTURES))
    if unknown:
        print(f"no picture {', '.join(unknown)}; there are {', '.join(PICTURES)}", file=sys.stderr)
        return 2
    executable = lab.chromium()
    if load_mnist().source != "mnist" or executable is None:
        print(
            "This needs MNIST itself (MNISTLAB_DATA names its file) and Chromium.", file=sys.stderr
        )
        return 1
    with (
        tempfile.TemporaryDirectory(prefix="mnistlab-") as folder,
        lab.running_browser(executable) as browser,
        lab.running_lab(Path(folder)) as server,
    ):
        for name in names or PICTURES:
            page = browser.new_page(
                viewport={"width": 1200, "height": 1500}, device_scale_factor=1.5
            )
            path = IMAGES / f"{name}.png"
            PICTURES[name](server, page, path)
            page.close()
            print(f"wrote {path.relative_to(settings.PROJECT)}")
    return 0


def _explorer(server: lab.Lab, page: Page, path: Path) -> None:
    server.open(page, NOTEBOOK).run_all()
    page.locator(EXPLORER).first.screenshot(path=path)


def _canvas(server: lab.Lab, page: Page, path: Path) -> None:
    # A cell of its own: notebook 12 trains models, too.
    server.open(page, "00_start_here.ipynb").evaluate(MAKE_CANVAS)
    canvas = page.locator(CANVAS)
    expect(canvas).to_be_visible(timeout=1000 * SECONDS)
    canvas.scroll_into_view_if_needed()
    for stroke in STROKES:
        _draw(page, _smooth(stroke))
    expect(canvas.locator(".mnistlab-draw-answer")).to_have_text("7", timeout=1000 * SECONDS)
    page.mouse.move(0, 0)
    # The bars move to their lengths.
    page.wait_for_timeout(500)
    # What is kept and saved below the panels is for those who draw.
    panels = canvas.locator(".mnistlab-draw-panels").bounding_box()
    clip = {name: panels[name] - MARGIN for name in "xy"}
    clip |= {name: panels[name] + 2 * MARGIN for name in ("width", "height")}
    page.screenshot(path=path, clip=clip)


def _designer(server: lab.Lab, page: Page, path: Path) -> None:
    server.open(page, "00_start_here.ipynb").evaluate(MAKE_DESIGNER)
    page.keyboard.press("Control+b")
    designer = page.locator(DESIGNER)
    rows = designer.locator(".mnistlab-layers tbody tr")
    # A layer with a short form.
    rows.nth(DROPOUT_ROW).click(timeout=1000 * SECONDS)
    expect(designer.get_by_text(f"Row {DROPOUT_ROW + 1}: Dropout")).to_be_visible()
    designer.scroll_into_view_if_needed()
    page.mouse.move(0, 0)
    page.wait_for_timeout(500)
    whole = designer.bounding_box()
    table = designer.locator(".mnistlab-layers-frame").bounding_box()
    # What is kept in files below the table is for those who design.
    height = table["y"] + table["height"] + 4 - whole["y"]
    page.screenshot(path=path, clip={**whole, "height": height})


def _draw(page: Page, points: np.ndarray) -> None:
    box = page.locator(PAD).bounding_box()
    corner, size = (box["x"], box["y"]), (box["width"], box["height"])
    first, *others = corner + points * size
    page.mouse.move(*first)
    page.mouse.down()
    for point in others:
        page.mouse.move(*point)
    page.mouse.up()


def _smooth(stroke: list[tuple[float, float]]) -> np.ndarray:
    """Returns points on a curve through those of a stroke, as a hand would move."""
    points = np.array(stroke)
    along = np.cumsum([0, *np.hypot(*np.diff(points, axis=0).T)])
    return CubicSpline(along, points)(np.linspace(0, along[-1], POINTS))


PICTURES = {"explorer": _explorer, "canvas": _canvas, "designer": _designer}


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
