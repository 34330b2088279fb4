"""The explorers in a real browser: from a key press, and from a picked digit, to the picture.

python -m benchmarks.explorers
python -m benchmarks.explorers --rounds 50

JupyterLab and Chromium are started as in tests/browser. A time ends when the frame with the new
picture is done; a key press is compared with one frame at 60 Hz, and a picked digit, which goes
through Python and back, with 100 ms, what still feels immediate. A key press that draws nothing
says what the browser itself takes on this machine.
"""

import argparse
import json
import re
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.browser import lab

import nbformat
import numpy as np
from playwright.sync_api import Page, expect

FRAME = 1000 / 60
IMMEDIATE = 100
WIDTH = 26

# Each explorer, what takes the keys in it, and what is measured.
NOTHING = "body"
KEYS = {
    "nothing": (NOTHING, ".mnistlab-play"),
    "convolution, pixel": (".mnistlab-convolution", ".mnistlab-output"),
    "softmax, logit": (".mnistlab-softmax", ".mnistlab-softmax-slider"),
    "ReLU, pixel": (".mnistlab-relu", ".mnistlab-relu-before"),
    "ReLU, shift of 32 maps": (".mnistlab-relu", ".mnistlab-relu-shift"),
}
EXPLORERS = dict.fromkeys(root for root, _ in KEYS.values() if root != NOTHING)

MAKES = (
    "ConvolutionExplorer(images)",
    "SoftmaxExplorer(model, images)",
    "ReluExplorer(model, images)",
)
CELLS = (
    "import numpy as np\n"
    "from mnistlab.models import zoo\n"
    "from mnistlab.widgets.explorers import ConvolutionExplorer, ReluExplorer, SoftmaxExplorer\n"
    "images = np.random.default_rng(0).integers(0, 256, (30, 28, 28), dtype='uint8')\n"
    "model = zoo.build('baseline')",
    *(
        f"{name} = {make}\n{name}"
        for name, make in zip(("convolution", "scores", "maps"), MAKES, strict=True)
    ),
)
SHOWN_BY_PYTHON = (
    "[f'{convolution.value:.2f}', f'{scores.probabilities.max():.3f}', f'{100 * maps.zeros:.1f}']"
)
SHOWN_BY_BROWSER = """() => [
  [".mnistlab-result", /-?[\\d.]+/],
  [".mnistlab-softmax-best .mnistlab-softmax-probability", /[\\d.]+/],
  [".mnistlab-relu-zeros", /[\\d.]+/],
].map(([place, number]) =>
  document.querySelector(place).textContent.replace("−", "-").match(number)[0])"""

# Notes for every explorer how long after the event its next picture is on the screen.
WATCH = """([roots, event]) => {
  window.times = {};
  window.addEventListener(event, ({ timeStamp }) => {
    const note = (root) => requestAnimationFrame(() => {
      const { port1, port2 } = new MessageChannel();
      port1.onmessage = () => { window.times[root] = performance.now() - timeStamp; };
      port2.postMessage(null);
    });
    for (const root of roots) {
      const observer = new MutationObserver(() => {
        observer.disconnect();
        note(root);
      });
      if (root === "body") note(root);
      else observer.observe(document.querySelector(root), { attributeFilter: ["data-drawn"] });
    }
  }, { capture: true, once: true });
}"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=20, help="how often each is timed (20)")
    rounds = max(parser.parse_args().rounds, 1)
    executable = lab.chromium() or parser.error(
        "there is no Chromium (Debian: apt install chromium)"
    )
    with (
        tempfile.TemporaryDirectory() as folder,
        notebook_server(Path(folder), CELLS) as server,
        lab.running_browser(executable) as browser,
    ):
        page = browser.new_page(viewport={"width": 1280, "height": 3000})
        opened = server.open(page, "benchmark.ipynb")
        opened.run_all()
        for root in EXPLORERS:
            expect(page.locator(root)).to_have_attribute("data-drawn", re.compile(r"\d+"))
        time_of_key(page, *KEYS["ReLU, pixel"], "ArrowRight")
        time_of_pick(page, 1, EXPLORERS)
        check_equal(opened)
        keys, picks = measure(page, rounds)
        alone = measure_alone(opened, rounds)
    show("A key press, to the end of its frame", keys, FRAME, "a frame at 60 Hz")
    show("A picked digit, through Python and back, one explorer", alone, IMMEDIATE, "100 ms")
    show("A picked digit, three explorers in one kernel", picks, IMMEDIATE, "100 ms")


@contextmanager
def notebook_server(folder: Path, sources: Iterable[str]) -> Iterator[lab.Lab]:
    """Starts JupyterLab with a notebook of these cells, benchmark.ipynb."""
    cells = [nbformat.v4.new_code_cell(source) for source in sources]
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    notebook = nbformat.v4.new_notebook(cells=cells, metadata={"kernelspec": kernel})
    with lab.running_lab(folder) as server:
        nbformat.write(notebook, folder / "notebooks" / "benchmark.ipynb")
        yield server


def check_equal(opened: lab.OpenNotebook) -> None:
    """Stops unless the browser shows the numbers that Python has for the picked digit."""
    shown = opened.page.evaluate(SHOWN_BY_BROWSER)
    expected = json.loads(opened.evaluate(SHOWN_BY_PYTHON).replace("'", '"'))
    np.testing.assert_allclose(np.float64(shown), np.float64(expected), rtol=0, atol=0.01)


def measure(page: Page, rounds: int) -> tuple[dict[str, list], dict[str, list]]:
    """Times every key and one pick in each round, so that all meet what the machine does."""
    keys, picks = {name: [] for name in KEYS}, {root: [] for root in EXPLORERS}
    for turn in range(rounds):
        key = ("ArrowLeft", "ArrowRight")[turn % 2]
        for name, (root, target) in KEYS.items():
            keys[name].append(time_of_key(page, root, target, key))
        for root, time in time_of_pick(page, turn % 30, EXPLORERS).items():
            picks[root].append(time)
    return keys, {root.removeprefix(".mnistlab-"): times for root, times in picks.items()}


def measure_alone(opened: lab.OpenNotebook, rounds: int) -> dict[str, list]:
    """Times a pick where an explorer is the only one of its kernel, as in the notebooks."""
    opened.evaluate("for each in (convolution, scores, maps): each.close()\n'closed'")
    picks = {}
    for root, make in zip(EXPLORERS, MAKES, strict=True):
        opened.evaluate(f"alone = {make}\nalone")
        expect(opened.page.locator(root)).to_have_attribute("data-drawn", re.compile(r"\d+"))
        # The digit that is shared already would draw nothing: begin with another one.
        time_of_pick(opened.page, rounds % 30, [root])
        times = [time_of_pick(opened.page, turn % 30, [root])[root] for turn in range(rounds)]
        picks[root.removeprefix(".mnistlab-")] = times
        opened.evaluate("alone.close()\n'closed'")
    return picks


def time_of_key(page: Page, root: str, target: str, key: str) -> float:
    page.locator(f"{root} {target}").first.focus()
    page.evaluate(WATCH, [[root], "keydown"])
    page.keyboard.press(key)
    return _times(page, 1)[root]


def time_of_pick(page: Page, place: int, roots: Iterable[str]) -> dict[str, float]:
    """Picks a digit; it is not the one shown, or nothing would be drawn."""
    page.evaluate(WATCH, [list(roots), "click"])
    page.locator(".mnistlab-picker").first.locator(".mnistlab-picker-image").nth(place).click()
    return _times(page, len(list(roots)))


def _times(page: Page, count: int) -> dict[str, float]:
    page.wait_for_function("count => Object.keys(times).length === count", arg=count)
    return page.evaluate("times")


def show(title: str, times: dict[str, list[float]], limit: float, name: str) -> None:
    rounds = len(next(iter(times.values())))
    print(f"{title}, {rounds} rounds: median (range)")
    for each, values in times.items():
        ratios = np.divide(values, limit)
        print(f"{each:<{WIDTH}}{spread(values):>26} ms{spread(ratios):>24} x {name}")


def spread(values: list[float] | np.ndarray) -> str:
    return f"{np.median(values):,.2f} ({np.min(values):,.2f} to {np.max(values):,.2f})"


if __name__ == "__main__":
    main()
