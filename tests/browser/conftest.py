"""One server and one browser for all tests of a process; a missing browser is said."""

import os

from tests.browser import lab as jupyter

import pytest
from playwright.sync_api import expect

# What is waited for comes; on a busy machine it may take long.
MILLISECONDS = 60_000
expect.set_options(timeout=MILLISECONDS)


@pytest.fixture(scope="session")
def browser():
    executable = jupyter.chromium()
    if executable is None:
        message = "no Chromium on this machine (Debian: apt install chromium)"
        if os.environ.get("REQUIRE_BROWSER") == "1":
            pytest.fail(message)
        pytest.skip(message)
    with jupyter.running_browser(executable) as running:
        yield running


@pytest.fixture(scope="session")
def lab(browser, tmp_path_factory):
    with jupyter.running_lab(tmp_path_factory.mktemp("lab")) as running:
        yield running


@pytest.fixture
def page(browser):
    opened = browser.new_page(viewport={"width": 1280, "height": 1400})
    opened.set_default_timeout(MILLISECONDS)
    yield opened
    opened.close()
