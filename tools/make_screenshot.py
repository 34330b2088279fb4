"""Photographs the convolution explorer of notebook 09, in JupyterLab, for the README.

    python -m tools.make_screenshot

It needs MNIST itself, and Chromium or Chrome.
"""

import sys
import tempfile
from pathlib import Path

from mnistlab import load_mnist, settings
from tests.browser import lab

PICTURE = settings.PROJECT / "notebooks" / "images" / "explorer.png"
NOTEBOOK = "09_convolution.ipynb"
EXPLORER = ".mnistlab-convolution"


def main() -> int:
    """Takes the picture and writes it; returns the exit status."""
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
        page = browser.new_page(viewport={"width": 1200, "height": 1500}, device_scale_factor=1.5)
        server.open(page, NOTEBOOK).run_all()
        page.locator(EXPLORER).first.screenshot(path=PICTURE)
    print(f"wrote {PICTURE.relative_to(settings.PROJECT)}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
