"""A cell that is run out of order says which cell to run first."""

from mnistlab.cell_order import hint

import nbclient
import nbformat
import pytest

FIRST = "import mnistlab"
SECOND = "import numpy as np\nimages = np.zeros((3, 28, 28))"
THIRD = "images.shape"


def run_without(skipped: str, folder, monkeypatch, knows_its_notebook: bool) -> str:
    """Runs a notebook's cells but one; returns the error that the reader sees."""
    notebook = nbformat.v4.new_notebook()
    notebook.cells = [nbformat.v4.new_code_cell(cell) for cell in (FIRST, SECOND, THIRD)]
    path = folder / "03_seven.ipynb"
    nbformat.write(notebook, path)
    monkeypatch.setenv("JPY_SESSION_NAME", str(path) if knows_its_notebook else "")
    notebook.cells = [cell for cell in notebook.cells if cell.source != skipped]
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
    ],
)
def test_every_way_to_give_a_name_its_value_is_found(cell):
    assert "code cell 2" in hint("model", ["other = 1", cell, "model = 3"])


@pytest.mark.parametrize(
    "cell", ["print(model)", "model.x = 1", "def f():\n    model = 1", "%%x ("]
)
def test_what_does_not_give_the_name_a_value_is_passed_over(cell):
    assert "code cell" not in hint("model", [cell])


def test_a_module_is_known_by_its_first_name():
    assert "code cell 1" in hint("keras", ["import keras.layers"])
