"""Faults of notebooks that a test run has to notice (and what each one looks like)."""

import os
import subprocess
import sys
import time
from pathlib import Path

from tools import check_every_cell_ran, run_notebooks

import nbformat
import pytest

PROJECT = Path(__file__).parents[2]


def write_notebook(folder: Path, *cells: str, name: str = "00_fault.ipynb") -> Path:
    notebook = nbformat.v4.new_notebook()
    notebook.cells = [nbformat.v4.new_code_cell(cell) for cell in cells]
    for count, cell in enumerate(notebook.cells, start=1):
        cell.execution_count = count
    path = folder / name
    nbformat.write(notebook, path)
    return path


def pytest_nbval(path: Path, *options: str) -> subprocess.CompletedProcess:
    command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "-n0", "-c", os.devnull]
    command += ["-p", "tools.nbval_kernel_watch", "--nbval", "--nbval-current-env"]
    return subprocess.run(
        [*command, *options, str(path)],
        cwd=path.parent,
        env=os.environ | {"PYTHONPATH": str(PROJECT)},
        capture_output=True,
        text=True,
        timeout=120,
    )


def test_a_sound_notebook_runs(tmp_path):
    path = write_notebook(tmp_path, "x = 6 * 7", "x")
    notebook = run_notebooks.execute(path, quick=True)
    assert notebook.cells[1].outputs[0].data["text/plain"] == "42"


def test_an_unknown_magic_fails(tmp_path):
    path = write_notebook(tmp_path, "%no_such_magic")
    with pytest.raises(run_notebooks.NotebookError, match="no_such_magic"):
        run_notebooks.execute(path, quick=True)


def test_an_exception_in_a_thread_fails(tmp_path):
    path = write_notebook(
        tmp_path,
        "import threading\nthread = threading.Thread(target=lambda: 1 / 0)\nthread.start()\n"
        "thread.join()",
        "import time; time.sleep(0.5)",
    )
    with pytest.raises(run_notebooks.NotebookError, match="ZeroDivisionError"):
        run_notebooks.execute(path, quick=True)


def test_the_death_of_the_kernel_is_noticed_within_a_minute(tmp_path):
    path = write_notebook(tmp_path, "import os; os._exit(1)", "1 + 1")
    started = time.monotonic()
    with pytest.raises(run_notebooks.NotebookError, match="died"):
        run_notebooks.execute(path, quick=True)
    assert time.monotonic() - started < 60


def test_the_death_of_the_kernel_fails_under_nbval_within_a_minute(tmp_path):
    path = write_notebook(tmp_path, "import os; os._exit(1)", "1 + 1")
    started = time.monotonic()
    run = pytest_nbval(path)
    assert run.returncode == 1
    assert "The kernel died while this cell was running" in run.stdout
    assert time.monotonic() - started < 60


def test_a_cell_that_takes_too_long_fails(tmp_path, monkeypatch):
    monkeypatch.setattr(run_notebooks, "LONGEST_CELL_SECONDS", 1)
    path = write_notebook(tmp_path, "import time; time.sleep(30)")
    with pytest.raises(run_notebooks.NotebookError, match="timed out"):
        run_notebooks.execute(path, quick=True)


def test_measuring_the_quick_run_leaves_the_readers_results_alone(tmp_path, monkeypatch):
    monkeypatch.setenv("MNISTLAB_OUTPUT", str(tmp_path / "mine"))
    save = (
        "from mnistlab import settings\nrun = settings.current()\n"
        "run.results_folder.mkdir(parents=True)\n"
        "open('seen.txt', 'a').write(f'{run.quick} {run.output}\\n')"
    )
    path = write_notebook(tmp_path, save)
    notebook = nbformat.read(path, as_version=4)
    notebook.cells.insert(0, nbformat.v4.new_markdown_cell(HEADER))
    nbformat.write(notebook, path)
    monkeypatch.setattr(run_notebooks, "NOTEBOOKS", tmp_path)
    assert run_notebooks.main([]) == 0
    full, quick = (tmp_path / "seen.txt").read_text().splitlines()
    assert full == f"False {tmp_path / 'mine'}"
    assert quick.startswith("True ")
    folder = Path(quick.removeprefix("True "))
    assert folder != tmp_path / "mine"
    assert not folder.exists()


def test_an_error_in_a_cell_stops_the_run_of_that_notebook(tmp_path):
    reached = tmp_path / "reached"
    path = write_notebook(tmp_path, "1 / 0", f"open({str(reached)!r}, 'w').close()")
    with pytest.raises(run_notebooks.NotebookError, match="ZeroDivisionError"):
        run_notebooks.execute(path, quick=True)
    assert not reached.exists()


def test_a_failed_notebook_is_not_written_back(tmp_path, monkeypatch):
    path = write_notebook(tmp_path, "1 / 0")
    before = path.read_bytes()
    monkeypatch.setattr(run_notebooks, "NOTEBOOKS", tmp_path)
    assert run_notebooks.main(["--quick"]) == 1
    assert path.read_bytes() == before


def test_outputs_are_written_back_clean(tmp_path, monkeypatch):
    path = write_notebook(tmp_path, "print('seven')")
    monkeypatch.setattr(run_notebooks, "NOTEBOOKS", tmp_path)
    assert run_notebooks.main(["--quick"]) == 0
    notebook = nbformat.read(path, as_version=4)
    assert notebook.cells[0].outputs[0].text == "seven\n"
    assert notebook.cells[0].metadata == {}
    assert set(notebook.metadata) == {"kernelspec", "language_info"}


def test_of_a_widget_only_its_text_is_stored(tmp_path):
    path = write_notebook(tmp_path, "import ipywidgets\nipywidgets.IntSlider(value=7)")
    (output,) = run_notebooks.execute(path, quick=True).cells[0].outputs
    assert set(output.data) == {"text/plain"}
    assert output.data["text/plain"].startswith("IntSlider(value=7")


def test_a_widget_stored_as_text_passes_under_nbval(tmp_path):
    path = write_notebook(tmp_path, "import ipywidgets\nipywidgets.IntSlider(value=7)")
    nbformat.write(run_notebooks.execute(path, quick=True), path)
    assert pytest_nbval(path).returncode == 0


def test_prints_of_one_cell_are_stored_as_one_output(tmp_path):
    prints = "import sys, time\nfor digit in range(3):\n    print(digit, flush=True)\n"
    path = write_notebook(tmp_path, prints + "    time.sleep(0.3)")
    outputs = run_notebooks.execute(path, quick=True).cells[0].outputs
    assert [output.text for output in outputs] == ["0\n1\n2\n"]


def test_quick_mode_reaches_the_kernel(tmp_path):
    path = write_notebook(tmp_path, "from mnistlab import settings\nsettings.current().folds")
    assert run_notebooks.execute(path, quick=True).cells[0].outputs[0].data["text/plain"] == "2"
    assert run_notebooks.execute(path, quick=False).cells[0].outputs[0].data["text/plain"] == "5"


HEADER = (
    "# 00 · Seven\n\n"
    "**Time**: 5 minutes to read; 1 s to run, 1 s in quick mode (measured on 9 cores)"
)


def test_a_full_run_writes_its_time_into_the_header():
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_markdown_cell(HEADER)])
    run_notebooks.with_run_times(notebook, full=130, quick=7)
    line = notebook.cells[0].source.splitlines()[-1]
    assert line.startswith("**Time**: 5 minutes to read; 2 min 10 s to run, 7 s in quick mode (")
    assert "9 cores" not in line


def test_a_header_without_the_line_is_reported():
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_markdown_cell("# 00 · Seven")])
    with pytest.raises(run_notebooks.NotebookError, match="Time"):
        run_notebooks.with_run_times(notebook, full=130, quick=7)


def test_a_number_without_a_notebook_is_refused():
    with pytest.raises(run_notebooks.NotebookError, match="99"):
        run_notebooks.notebooks(["99"])


def test_the_report_of_a_whole_run_satisfies_the_check(tmp_path, monkeypatch):
    path = write_notebook(tmp_path, "x = 1", "y = 2", name="07_seven.ipynb")
    report = tmp_path / "report.xml"
    assert pytest_nbval(path, f"--junitxml={report}").returncode == 0
    monkeypatch.setattr(check_every_cell_ran, "NOTEBOOKS", tmp_path)
    assert check_every_cell_ran.main([str(report)]) == 0


def test_a_notebook_that_was_not_run_fails_the_check(tmp_path, monkeypatch):
    path = write_notebook(tmp_path, "x = 1", name="07_seven.ipynb")
    report = tmp_path / "report.xml"
    assert pytest_nbval(path, f"--junitxml={report}").returncode == 0
    write_notebook(tmp_path, "y = 2", name="08_eight.ipynb")
    monkeypatch.setattr(check_every_cell_ran, "NOTEBOOKS", tmp_path)
    assert check_every_cell_ran.main([str(report)]) == 1


def test_a_skipped_cell_fails_the_check(tmp_path, monkeypatch):
    path = write_notebook(tmp_path, "x = 1", "y = 2", name="07_seven.ipynb")
    notebook = nbformat.read(path, as_version=4)
    notebook.cells[1].metadata["tags"] = ["nbval-skip"]
    nbformat.write(notebook, path)
    report = tmp_path / "report.xml"
    assert pytest_nbval(path, f"--junitxml={report}").returncode == 0
    monkeypatch.setattr(check_every_cell_ran, "NOTEBOOKS", tmp_path)
    assert check_every_cell_ran.main([str(report)]) == 1


def test_the_requirements_are_an_exact_lock():
    lines = (PROJECT / "requirements.txt").read_text("utf-8").split("\n")
    pins = [line for line in lines if line and not line.startswith("#")]
    assert pins[-1] == "-e ."
    assert all("==" in pin for pin in pins[:-1])
