"""JupyterLab in a real browser, for tests: a server with a copy of the notebooks, and Chromium."""

import os
import re
import secrets
import shutil
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from mnistlab import load_mnist

import nbformat
from playwright.sync_api import Locator, Page, expect, sync_playwright

PROJECT = Path(__file__).resolve().parents[2]
NAMES = ("chromium", "chromium-browser", "google-chrome", "chrome")
# Nothing but the page itself asks the network for anything.
FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
SECONDS = 90
ATTEMPTS = 10
IDLE = re.compile(r"Python 3 \(ipykernel\) \| Idle")


def chromium() -> str | None:
    """Returns the path of a Chromium of this machine, or `None`."""
    return next(filter(None, map(shutil.which, NAMES)), None)


# JupyterLab's application is on the page because the course's settings file puts it there.
ASK = """async (code) => {
  const { kernel } = window.jupyterapp.shell.currentWidget.sessionContext.session;
  const future = kernel.requestExecute({ code });
  let text = "";
  future.onIOPub = ({ header, content }) => {
    if (header.msg_type === "execute_result") text = content.data["text/plain"];
    if (header.msg_type === "error") text = `${content.ename}: ${content.evalue}`;
  };
  await future.done;
  return text;
}"""


class Lab:
    """A running JupyterLab."""

    def __init__(self, address: str, token: str, folder: Path) -> None:
        self.address, self.token, self.folder = address, token, folder

    def write(self, name: str, code: str) -> str:
        """Writes a notebook with one cell beside the others, and returns its name."""
        kernel = {"name": "python3", "display_name": "Python 3 (ipykernel)", "language": "python"}
        cells = [nbformat.v4.new_code_cell(code)]
        notebook = nbformat.v4.new_notebook(cells=cells, metadata={"kernelspec": kernel})
        nbformat.write(notebook, self.folder / name)
        return name

    def open(self, page: Page, notebook: str) -> "OpenNotebook":
        """Opens a notebook and waits until its kernel is ready."""
        page.goto(f"{self.address}/lab/tree/{notebook}?reset&token={self.token}")
        opened = OpenNotebook(page)
        opened.wait_until_idle()
        return opened


class OpenNotebook:
    """A notebook in the browser, as a learner has it before them."""

    def __init__(self, page: Page) -> None:
        self.page = page

    def run_all(self, seconds: int = SECONDS) -> None:
        """Runs all cells by the menu, and waits until the last has its number."""
        self._choose("Run", "Run All Cells")
        last = self.page.locator(".jp-CodeCell .jp-InputPrompt").last
        expect(last).to_have_text(re.compile(r"\[\d+\]"), timeout=seconds * 1000)
        self.wait_until_idle(seconds)

    def save(self) -> None:
        """Saves it by the menu, and waits until it is saved."""
        self._choose("File", "Save Notebook")
        unsaved = self.page.locator(".lm-DockPanel-tabBar .jp-mod-dirty")
        expect(unsaved).to_have_count(0, timeout=SECONDS * 1000)

    def wait_until_idle(self, seconds: int = SECONDS) -> None:
        """Waits for the status bar: a command given earlier would be dropped."""
        expect(self.page.get_by_text(IDLE).first).to_be_visible(timeout=seconds * 1000)

    def errors(self) -> list[str]:
        """Returns all that went wrong: errors, and what reached the error stream."""
        kinds = ("application/vnd.jupyter.error", "application/vnd.jupyter.stderr")
        chosen = ", ".join(f".jp-OutputArea-output[data-mime-type='{kind}']" for kind in kinds)
        return self.page.locator(chosen).all_inner_texts()

    def cell(self, text: str) -> Locator:
        """Returns the first code cell whose code contains a text."""
        return (
            self.page.locator(".jp-CodeCell")
            .filter(has=self.page.locator(".jp-InputArea", has_text=text))
            .first
        )

    def evaluate(self, code: str) -> str:
        """Runs code in a new cell at the end, and returns what the cell shows."""
        new = self._add_cell()
        new.locator(".cm-content").click()
        # Typed key by key, the editor would close each bracket a second time.
        self.page.keyboard.insert_text(code)
        self.page.keyboard.press("Control+Enter")
        output = new.locator(".jp-OutputArea-output")
        expect(output).to_be_visible(timeout=SECONDS * 1000)
        return output.inner_text()

    def ask(self, code: str) -> str:
        """Runs code in the kernel without a cell, and returns what its last line is."""
        return self.page.evaluate(ASK, code)

    def _add_cell(self) -> Locator:
        """Adds a cell at the end, and returns it: the active one, as long as no other is chosen."""
        cells, keyboard = self.page.locator(".jp-Cell"), self.page.keyboard
        count = cells.count()
        for _ in range(ATTEMPTS):
            # While a page is being laid out, a click falls beside it, and a key is nobody's.
            cells.last.locator(".jp-InputPrompt").click()
            keyboard.press("Escape")
            keyboard.press("b")
            with suppress(AssertionError):
                expect(cells).to_have_count(count + 1, timeout=5_000)
                break
        new = self.page.locator(".jp-Notebook .jp-Cell.jp-mod-active")
        expect(new.locator(".cm-content")).to_have_text("")
        return new

    def _choose(self, menu: str, entry: str) -> None:
        self.page.locator(".lm-MenuBar-itemLabel").get_by_text(menu, exact=True).click()
        self.page.locator(".lm-Menu-itemLabel").get_by_text(entry, exact=True).click()


@contextmanager
def running_lab(folder: Path) -> Iterator[Lab]:
    """Starts JupyterLab on a copy of the notebooks, and ends it.

    Args:
        folder: an empty folder for the copy, and for all that JupyterLab writes.

    Yields:
        The lab.
    """
    notebooks = folder / "notebooks"
    shutil.copytree(PROJECT / "notebooks", notebooks, ignore=shutil.ignore_patterns("my_*", ".*"))
    _write_settings(folder / "settings")
    token, port = secrets.token_hex(16), _free_port()
    command = [sys.executable, "-m", "jupyterlab", "--no-browser", f"--port={port}"]
    command += [f"--config={PROJECT / 'jupyter_server_config.py'}"]
    command += [f"--ServerApp.root_dir={notebooks}", f"--IdentityProvider.token={token}"]
    with (folder / "server.log").open("w") as log:
        server = subprocess.Popen(
            command, stdout=log, stderr=log, env=_environment(folder), start_new_session=True
        )
        try:
            address = f"http://localhost:{port}"
            _wait_for(f"{address}/api", server, folder / "server.log")
            yield Lab(address, token, notebooks)
        finally:
            server.terminate()
            with suppress(subprocess.TimeoutExpired):
                server.wait(20)
            server.kill()


@contextmanager
def running_browser(executable: str) -> Iterator[object]:
    """Starts Chromium without a window, and ends it."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=executable, args=list(FLAGS))
        try:
            yield browser
        finally:
            browser.close()


def _environment(folder: Path) -> dict[str, str]:
    """What the kernels inherit: the data found, and folders in place of the reader's own."""
    mnist = load_mnist()
    data = {"MNISTLAB_OFFLINE": "1"} if mnist.path is None else {"MNISTLAB_DATA": str(mnist.path)}
    own = {
        "JUPYTER_CONFIG_DIR": "config",
        "JUPYTER_RUNTIME_DIR": "runtime",
        "JUPYTERLAB_SETTINGS_DIR": "settings",
        "JUPYTERLAB_WORKSPACES_DIR": "workspaces",
        "MNISTLAB_CACHE": "cache",
        "MNISTLAB_OUTPUT": "output",
    }
    return os.environ | data | {name: str(folder / place) for name, place in own.items()}


def _write_settings(folder: Path) -> None:
    # Every cell is in the page, whether it is seen or not; and no news.
    settings = {
        "notebook-extension/tracker": '{"windowingMode": "none"}',
        "apputils-extension/notification": '{"fetchNews": "false", "checkForUpdates": false}',
    }
    for name, text in settings.items():
        path = folder / "@jupyterlab" / f"{name}.jupyterlab-settings"
        path.parent.mkdir(parents=True)
        path.write_text(text, "utf-8")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def _wait_for(address: str, server: subprocess.Popen, log: Path) -> None:
    deadline = time.monotonic() + SECONDS
    while time.monotonic() < deadline and server.poll() is None:
        with suppress(urllib.error.URLError, ConnectionError, TimeoutError):
            urllib.request.urlopen(address, timeout=5).close()
            return
        time.sleep(0.3)
    raise RuntimeError(f"JupyterLab did not start:\n{log.read_text('utf-8')[-3000:]}")
