"""Every notebook runs by itself in a fresh kernel, beside its run under nbval.

nbval lets two faults pass: an unknown magic and an exception in a thread only
write to the error stream. `run_notebooks.execute` refuses whatever is written
there. With nbval's run, each notebook has then been run twice.
"""

from tools import run_notebooks

import pytest

# One that saves results, and that a later notebook compares its own with.
RUN_AGAIN = "03_baseline"


@pytest.mark.parametrize("path", run_notebooks.notebooks(), ids=lambda path: path.stem)
def test_notebook_runs_without_a_word_on_the_error_stream(path, tmp_path, monkeypatch):
    # Files of its own: nbval may be running the same notebook at this moment.
    monkeypatch.setenv("MNISTLAB_OUTPUT", str(tmp_path))
    notebook = run_notebooks.execute(path, quick=True, folder=tmp_path)
    assert all(cell.execution_count for cell in notebook.cells if cell.cell_type == "code")
    if path.stem == RUN_AGAIN:
        earlier = {file.name for file in (tmp_path / "my_results").iterdir()}
        assert earlier
        run_notebooks.execute(path, quick=True, folder=tmp_path)
        assert {file.name for file in (tmp_path / "my_results").iterdir()} == earlier
