"""A cell that is run out of order says which cell to run first."""

import os
import subprocess
import sys
from pathlib import Path

from mnistlab import settings
from mnistlab.cell_order import hint

import nbclient
import nbformat
import pytest
from traitlets.config import PyFileConfigLoader

STARTUP = settings.PROJECT / "tools" / "kernel_startup.py"
FIRST = "import mnistlab"
SECOND = "import numpy as np\nimages = np.zeros((3, 28, 28))"
THIRD = "images.shape"


def run_without(
    skipped: str | tuple[str, ...], folder, monkeypatch, knows_its_notebook: bool
) -> str:
    """Runs a notebook's cells but one; returns the error that the reader sees."""
    notebook = nbformat.v4.new_notebook()
    notebook.cells = [nbformat.v4.new_code_cell(cell) for cell in (FIRST, SECOND, THIRD)]
    path = folder / "03_seven.ipynb"
    nbformat.write(notebook, path)
    monkeypatch.setenv("JPY_SESSION_NAME", str(path) if knows_its_notebook else "")
    notebook.cells = [cell for cell in notebook.cells if cell.source not in skipped]
    with pytest.raises(nbclient.exceptions.CellExecutionError) as error:
        nbclient.NotebookClient(notebook, timeout=60, kernel_name="python3").execute()
    return str(error.value)


def test_the_cell_is_named(tmp_path, monkeypatch):
    text = run_without(SECOND, tmp_path, monkeypatch, knows_its_notebook=True)
    assert "NameError" in text
    assert "code cell 2" in text
    assert "images = np.zeros((3, 28, 28))" in text


def test_without_the_notebook_the_advice_is_general(tmp_path, monkeypatch):
    text = run_without(SECOND, tmp_path, monkeypatch, knows_its_notebook=False)
    assert "NameError" in text
    assert "Run All Above" in text


def test_the_very_first_cell_of_a_kernel_that_comes_too_early_is_explained(tmp_path, monkeypatch):
    monkeypatch.setenv("PYTHONSTARTUP", str(STARTUP))
    text = run_without((FIRST, SECOND), tmp_path, monkeypatch, knows_its_notebook=True)
    assert "NameError" in text
    assert "code cell 2" in text


def test_the_server_gives_its_kernels_that_start(monkeypatch):
    monkeypatch.setenv("PYTHONSTARTUP", "my own")
    configure = PyFileConfigLoader("jupyter_server_config.py", str(settings.PROJECT)).load_config
    configure()
    assert os.environ["PYTHONSTARTUP"] == "my own"
    monkeypatch.delenv("PYTHONSTARTUP")
    configure()
    assert Path(os.environ["PYTHONSTARTUP"]).samefile(STARTUP)


@pytest.mark.parametrize("fault", ["raise ImportError", "1 / 0"])
def test_a_kernel_starts_without_a_sound_mnistlab(fault, tmp_path):
    (tmp_path / "mnistlab.py").write_text(fault)
    program = "import runpy, sys; print([n for n in runpy.run_path(sys.argv[1]) if n[:2] != '__'])"
    done = subprocess.run(
        [sys.executable, "-c", program, str(STARTUP)],
        env=os.environ | {"PYTHONPATH": str(tmp_path)},
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    assert done.stdout.strip() == "[]"
    assert done.stderr == ""


@pytest.mark.parametrize(
    "cell",
    [
        "model = 1",
        "model: int = 1",
        "history, model = 1, 2",
        "for model in (1, 2):\n    pass",
        "with open('x') as model:\n    pass",
        "import keras.models as model",
        "from keras import model",
        "def model():\n    pass",
        "class model:\n    pass",
        "if True:\n    model = 1",
        "print(model := 1)",
        "any((model := x) for x in (1, 2))",
        "if True:\n    def model():\n        pass",
    ],
)
def test_every_way_to_give_a_name_its_value_is_found(cell):
    assert "code cell 2" in hint("model", ["other = 1", cell, "model = 3"])


@pytest.mark.parametrize(
    "cell",
    [
        "print(model)",
        "model.x = 1",
        "def f():\n    model = 1",
        "if True:\n    def f():\n        model = 1",
        "if True:\n    class A:\n        model = 1",
        "x = [model for model in (1, 2)]",
        "x = {model: y for model, y in ()}",
        "x = any(model for model in (1, 2))",
        "f = lambda: (model := 1)",
        "f = lambda model: model",
        "%%x (",
    ],
)
def test_what_does_not_give_the_name_a_value_is_passed_over(cell):
    assert "code cell" not in hint("model", [cell])


def test_a_module_is_known_by_its_first_name():
    assert "code cell 1" in hint("keras", ["import keras.layers"])
