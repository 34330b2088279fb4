"""The canvas: from strokes to the bars in Python, and from the pointer to the screen.

python -m benchmarks.canvas
python -m benchmarks.canvas --rounds 200

First the ways to ask a model for one digit, then the whole way in Python, from the message of the
browser to the state that is sent back; both are compared with the 20 ms that are asked for. Then
JupyterLab and Chromium, started as in tests/browser: a move of the pointer to the end of the frame
with its ink, compared with a frame at 60 Hz, and a finished stroke to the end of the frame with its
bars, compared with 100 ms. A move without a button, which draws nothing, says what the browser
itself takes on this machine.
"""

import argparse
import re
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from benchmarks.explorers import FRAME, IMMEDIATE, notebook_server, show
from mnistlab import predict, settings
from mnistlab.data.drawings import Drawings
from mnistlab.data.images import strokes_to_digit
from mnistlab.models import files
from mnistlab.widgets import pad, shared_digit
from mnistlab.widgets.canvas import DigitCanvas
from tests.browser import lab

import keras
import numpy as np
import tensorflow as tf
from playwright.sync_api import Page, expect

WANTED = 20
MODEL = "data/models/deeper.keras"
CELL = (
    "from mnistlab import settings\n"
    "from mnistlab.data.drawings import Drawings\n"
    "from mnistlab.models import files\n"
    "from mnistlab.widgets.canvas import DigitCanvas\n"
    f"model = files.load(settings.PROJECT / '{MODEL}')\n"
    "canvas = DigitCanvas(model, drawings=Drawings())\n"
    "canvas"
)

# Notes how long after an event of the pad the frame that shows its effect is done.
WATCH = """([event, root]) => {
  window.time = undefined;
  document.querySelector(".mnistlab-pad-canvas").addEventListener(event, ({ timeStamp }) => {
    const note = () => requestAnimationFrame(() => {
      const { port1, port2 } = new MessageChannel();
      port1.onmessage = () => { window.time = performance.now() - timeStamp; };
      port2.postMessage(null);
    });
    if (!root) return note();
    const observer = new MutationObserver(() => {
      observer.disconnect();
      note();
    });
    observer.observe(document.querySelector(root), { attributeFilter: ["data-drawn"] });
  }, { capture: true, once: true });
}"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=50, help="how often each is timed (50)")
    rounds = max(parser.parse_args().rounds, 1)
    executable = lab.chromium() or parser.error(
        "there is no Chromium (Debian: apt install chromium)"
    )
    model = files.load(settings.PROJECT / MODEL)
    show("One digit, from pixels to probabilities", ask_model(model, rounds), WANTED, "20 ms")
    show("A message of the browser, to the answer", ask_canvas(model, rounds), WANTED, "20 ms")
    with (
        tempfile.TemporaryDirectory() as folder,
        notebook_server(Path(folder), [CELL]) as server,
        lab.running_browser(executable) as browser,
    ):
        page = browser.new_page(viewport={"width": 1280, "height": 1100})
        server.open(page, "benchmark.ipynb").run_all()
        expect(page.locator(".mnistlab-draw")).to_have_attribute("data-drawn", re.compile(r"\d+"))
        moves, answers = draw_in_browser(page, rounds)
    show("A move of the pointer, to the end of its frame", moves, FRAME, "a frame at 60 Hz")
    show("A finished stroke, to the bars", answers, IMMEDIATE, "100 ms")


def ask_model(model: keras.Model, rounds: int) -> dict[str, list]:
    """Times every way to ask the model, after they have given the same numbers."""
    batch = np.zeros((1, 28, 28, 1), "float32")
    batch[0, 4:24, 14] = 1
    traced = tf.function(lambda images: model(images, training=False))
    ways = {
        "model.predict_on_batch": lambda: model.predict_on_batch(batch),
        "tf.function": lambda: traced(batch).numpy(),
        "mnistlab.predict": lambda: predict(model, batch),
        "model.predict": lambda: model.predict(batch, verbose=0),
    }
    expected = predict(model, batch)
    for way in ways.values():
        np.testing.assert_allclose(way(), expected, atol=1e-5)
    return in_turns(ways, rounds)


def ask_canvas(model: keras.Model, rounds: int) -> dict[str, list]:
    """Times drawings of one to four hundred points, under way: nothing is kept on the disk."""
    canvas = DigitCanvas(model, drawings=Drawings(), digit=shared_digit.SharedDigit())
    ways = {}
    for points in (10, 100, 400):
        turn = np.linspace(0, 6, points)
        strokes = [np.stack([0.5 + 0.3 * np.sin(turn), 0.5 - 0.4 * np.cos(turn)], axis=1)]
        message = pad.to_browser(strokes)
        order = {"do": "draw", "key": "a", "lengths": message["lengths"], "finished": False}
        ways[f"{points} points"] = lambda order=order, data=message["points"]: (
            canvas._handle_custom_msg(order, [data])
        )
        ways[f"{points} points"]()
        np.testing.assert_array_equal(canvas.digit, strokes_to_digit(canvas.strokes))
        np.testing.assert_allclose(canvas.probabilities, predict(model, canvas.digit)[0], atol=1e-5)
    return in_turns(ways, rounds)


def in_turns(ways: dict[str, Callable[[], object]], rounds: int) -> dict[str, list]:
    times = {name: [] for name in ways}
    for _ in range(rounds):
        for name, way in ways.items():
            start = time.perf_counter()
            way()
            times[name].append(1000 * (time.perf_counter() - start))
    return times


def draw_in_browser(page: Page, rounds: int) -> tuple[dict[str, list], dict[str, list]]:
    """Draws one stroke a round: times a move before it, a move of it, and its end."""
    moves, answers = {"nothing": [], "ink": []}, {"bars": []}
    box = page.locator(".mnistlab-pad-canvas").bounding_box()

    def move(x: float, y: float) -> None:
        page.mouse.move(box["x"] + x * box["width"], box["y"] + y * box["height"])

    for turn in range(rounds):
        if turn:
            page.locator(".mnistlab-draw-clear").click()
        expect(page.locator(".mnistlab-draw-answer")).to_have_text("–")
        move(0.3, 0.3)
        moves["nothing"].append(timed(page, "pointermove", lambda: move(0.5, 0.2)))
        page.mouse.down()
        expect(page.locator(".mnistlab-draw-answer")).to_have_text(re.compile(r"\d"))
        moves["ink"].append(timed(page, "pointermove", lambda: move(0.5, 0.5)))
        move(0.5, 0.8)
        page.wait_for_timeout(300)
        answers["bars"].append(timed(page, "pointerup", page.mouse.up, ".mnistlab-draw"))
    return moves, answers


def timed(page: Page, event: str, act: Callable[[], None], until: str = "") -> float:
    page.evaluate(WATCH, [event, until])
    act()
    page.wait_for_function("time !== undefined")
    return page.evaluate("time")


if __name__ == "__main__":
    main()
