"""Executes the notebooks, all or some, in order, and writes their outputs back, clean.

    python tools/run_notebooks.py                   all of them, in full; run times into headers
    python tools/run_notebooks.py 03 05             notebooks 03 and 05
    python tools/run_notebooks.py --quick --check   quickly, writing nothing back
    python tools/run_notebooks.py --record          in full, on MNIST itself; results and models
                                                    go to data/

A notebook is written back only when all of it ran without an error.
"""

import argparse
import os
import re
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from mnistlab import load_mnist
from mnistlab.progress import duration

import nbclient
import nbformat

PROJECT = Path(__file__).resolve().parent.parent
NOTEBOOKS = PROJECT / "notebooks"
KERNEL = {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"}
RUN_TIME = re.compile(r"(?<=\*\*Time\*\*: )(.*?); .*? to run, .*? in quick mode \(.*?\)")
WIDGET = "application/vnd.jupyter.widget-view+json"
LONGEST_CELL_SECONDS = 3 * 3600
FAILURES = (
    nbclient.exceptions.CellExecutionError,
    nbclient.exceptions.CellTimeoutError,
    nbclient.exceptions.DeadKernelError,
)


class NotebookError(Exception):
    """A notebook did not run as it should; the message says where and why."""


def notebooks(numbers: list[str] | None = None) -> list[Path]:
    """Returns the notebooks of the series, or those whose numbers are given, in order."""
    found = sorted(NOTEBOOKS.glob("[0-9][0-9]_*.ipynb"))
    if not numbers:
        return found
    unknown = [number for number in numbers if not any(p.name[:2] == number for p in found)]
    if unknown:
        raise NotebookError(f"There is no notebook {', '.join(unknown)} in notebooks/.")
    return [path for path in found if path.name[:2] in numbers]


def execute(
    path: Path,
    quick: bool,
    record: bool = False,
    folder: Path | None = None,
    output: Path | None = None,
) -> nbformat.NotebookNode:
    """Runs one notebook in a fresh kernel.

    Args:
        path: the notebook.
        quick: quick mode or in full.
        record: save results and models as the recorded ones.
        folder: where the kernel works; the notebook's own folder when `None`.
        output: folder for its results and models; as the settings say when
            `None`.

    Returns:
        The notebook with its outputs, cleaned.

    Raises:
        NotebookError: a cell failed or took too long, the kernel died, or
            something was written to the error stream, where unknown magics and
            exceptions in threads are all that shows of them.
    """
    notebook = nbformat.read(path, as_version=4)
    client = nbclient.NotebookClient(
        notebook,
        timeout=LONGEST_CELL_SECONDS,
        kernel_name=KERNEL["name"],
        resources={"metadata": {"path": str(folder or path.parent)}},
    )
    switches = {"MNISTLAB_QUICK": str(int(quick)), "MNISTLAB_RECORD": str(int(record))}
    if output is not None:
        switches["MNISTLAB_OUTPUT"] = str(output)
    try:
        client.execute(env=os.environ | switches)
    except FAILURES as error:
        raise NotebookError(f"{path.name}: {error}") from error
    clean(notebook)
    for number, text in error_stream(notebook):
        raise NotebookError(f"{path.name}, code cell {number} wrote to the error stream:\n{text}")
    return notebook


def clean(notebook: nbformat.NotebookNode) -> None:
    """Removes from a notebook what is of one machine or one moment."""
    notebook.metadata = {"kernelspec": KERNEL, "language_info": {"name": "python"}}
    for cell in notebook.cells:
        cell.metadata = {"tags": cell.metadata["tags"]} if cell.metadata.get("tags") else {}
        if cell.cell_type == "code":
            cell.outputs = _joined_streams(cell.outputs)
            for output in cell.outputs:
                if "metadata" in output:
                    output.metadata = {}
                # A widget lives only as long as its kernel; its text stays.
                if "data" in output:
                    output.data.pop(WIDGET, None)


def _joined_streams(outputs: list[nbformat.NotebookNode]) -> list[nbformat.NotebookNode]:
    """Joins what one cell printed, however the kernel happened to send it."""
    joined: list[nbformat.NotebookNode] = []
    for output in outputs:
        last = joined[-1] if joined else {}
        if output.output_type == "stream" and last.get("name") == output.name:
            last.text += output.text
        else:
            joined.append(output)
    return joined


def error_stream(notebook: nbformat.NotebookNode) -> Iterator[tuple[int, str]]:
    """Yields code cell number and text of all that went to the error stream."""
    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    for number, cell in enumerate(code, start=1):
        for output in cell.outputs:
            if output.output_type == "stream" and output.name == "stderr":
                yield number, output.text


def with_run_times(notebook: nbformat.NotebookNode, full: float, quick: float) -> None:
    """Writes measured run times, in seconds, into the notebook's header."""
    times = f"{duration(full)} to run, {duration(quick)} in quick mode"
    # Folds use all of them, with few threads each.
    cores = os.cpu_count()
    measured = f"(measured on {cores} core{'s' if cores != 1 else ''})"
    header = notebook.cells[0]
    header.source, count = RUN_TIME.subn(rf"\g<1>; {times} {measured}", header.source)
    if count != 1:
        raise NotebookError("The header has no line '**Time**: ...; ... to run, ...'.")


def main(arguments: list[str] | None = None) -> int:
    """Runs what the command line asks for; returns the exit status."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("numbers", nargs="*", help="two-digit numbers; all notebooks when none")
    parser.add_argument("--quick", action="store_true", help="few folds, epochs and rows")
    parser.add_argument("--check", action="store_true", help="write nothing back")
    parser.add_argument("--record", action="store_true", help="record results and models")
    options = parser.parse_args(arguments)
    if options.record and (options.quick or options.check):
        parser.error("--record is a full run that is written back")
    if options.record and load_mnist().source != "mnist":
        parser.error("--record needs MNIST itself; set MNISTLAB_DATA to its file")
    try:
        for path in notebooks(options.numbers):
            _run_one(path, options)
    except NotebookError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


def _run_one(path: Path, options: argparse.Namespace) -> None:
    print(f"{path.name} ...", flush=True)
    started = time.monotonic()
    notebook = execute(path, options.quick, options.record)
    seconds = time.monotonic() - started
    if not options.check:
        if not options.quick:
            with_run_times(notebook, seconds, _seconds_in_quick_mode(path))
        nbformat.write(notebook, path)
    print(f"{path.name} ran in {seconds:.0f} s", flush=True)


def _seconds_in_quick_mode(path: Path) -> float:
    # What it saves is for nobody: the reader's own results stay as they are.
    with tempfile.TemporaryDirectory(prefix="mnistlab-") as output:
        started = time.monotonic()
        execute(path, quick=True, output=Path(output))
        return time.monotonic() - started


if __name__ == "__main__":
    sys.exit(main())
