"""Checks, from pytest's reports, that every code cell of every notebook was executed.

    python tools/check_every_cell_ran.py report.xml ...

A notebook that pytest did not collect, or a cell that was skipped, leaves no
failure behind; this finds it.
"""

import json
import sys
import xml.etree.ElementTree as ET
from collections import Counter
from pathlib import Path

NOTEBOOKS = Path(__file__).resolve().parent.parent / "notebooks"


def code_cells(folder: Path) -> Counter[str]:
    """Returns for each notebook how many code cells it has."""
    counts: Counter[str] = Counter()
    for path in sorted(folder.glob("*.ipynb")):
        cells = json.loads(path.read_text("utf-8"))["cells"]
        counts[path.stem] = sum(cell["cell_type"] == "code" for cell in cells)
    return counts


def executed_cells(report: Path) -> Counter[str]:
    """Returns for each notebook how many of its cells passed, by a JUnit report."""
    counts: Counter[str] = Counter()
    for case in ET.parse(report).getroot().iter("testcase"):
        notebook, cell = _notebook_and_cell(case)
        if cell and len(case.findall("skipped")) == 0:
            counts[notebook] += 1
    return counts


def _notebook_and_cell(case: ET.Element) -> tuple[str, str]:
    classname, name = case.get("classname", ""), case.get("name", "")
    notebook = classname.removesuffix(".ipynb").rpartition("notebooks.")[2]
    return notebook, name if "::Cell " in f"::{name.rpartition('::')[2]}" else ""


def main(reports: list[str]) -> int:
    """Compares each report with the notebooks; returns the exit status."""
    expected = code_cells(NOTEBOOKS)
    status = 0
    for report in reports:
        executed = executed_cells(Path(report))
        for notebook, count in expected.items():
            if executed[notebook] != count:
                print(f"{report}: {notebook}: {executed[notebook]} of {count} cells were executed")
                status = 1
        print(f"{report}: {sum(executed.values())} cells of {len(executed)} notebooks")
    return status if reports and expected else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
