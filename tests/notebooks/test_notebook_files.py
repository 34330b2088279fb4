"""What holds for every notebook as it is stored: its form and its outputs."""

import json
import re
from pathlib import Path

import pytest

NOTEBOOKS = sorted((Path(__file__).parents[2] / "notebooks").glob("*.ipynb"))
LARGEST = 1_000_000
LONGEST_CELL = 20
FORBIDDEN_OUTPUTS = (
    "text/html",
    "application/javascript",
    "application/vnd.jupyter.widget-view+json",
)
ABSOLUTE_PATH = re.compile(
    r"(?<![\w.])/(?:home|root|Users|tmp|work|opt|usr|var|mnt|content)/\w|[A-Z]:\\\\?Users"
)
COMMENT_DIRECTIVE = re.compile(r"#\s*(NBVAL_|PYTEST_VALIDATE)")
HEADER = re.compile(
    r"# (?P<number>\d\d) · .+\n\n"
    r"\*\*After this notebook you can\*\*\n(- .+\n){3,5}\n"
    r"\*\*You need first\*\*: .+\n\n"
    r"\*\*Time\*\*: \d+ minutes to read; .+ to run, .+ in quick mode "
    r"\(measured on \d+ cores?\)\n\n"
    r"(?P<links>.+)$"
)
LINK = re.compile(r"\[(?P<number>\d\d) · [^\]]+\]\((?P<file>[^)]+\.ipynb)\)")
FOOTER_PARTS = ("## What to remember", "## Exercises", "## Quiz", "**Next**")


def read(path: Path) -> dict:
    return json.loads(path.read_text("utf-8"))


def source(cell: dict) -> str:
    return "".join(cell["source"])


def code_cells(path: Path) -> list[dict]:
    return [cell for cell in read(path)["cells"] if cell["cell_type"] == "code"]


def outputs(path: Path) -> list[dict]:
    return [output for cell in code_cells(path) for output in cell["outputs"]]


def footer(path: Path) -> str:
    """Returns the texts from "What to remember" to the end, without the exercises' code."""
    texts = [source(cell) for cell in read(path)["cells"] if cell["cell_type"] == "markdown"]
    _, heading, rest = "\n\n".join(texts).partition(FOOTER_PARTS[0])
    return heading + rest


def by_name(path: Path) -> str:
    return path.stem


def test_the_series_is_there():
    assert len(NOTEBOOKS) >= 8
    assert NOTEBOOKS[0].name == "00_start_here.ipynb"


@pytest.mark.parametrize("path", NOTEBOOKS, ids=by_name)
class TestNotebook:
    def test_cells_were_executed_once_from_top_to_bottom(self, path):
        # nbval passes a cell without a count without looking at its outputs.
        counts = [cell["execution_count"] for cell in code_cells(path)]
        assert counts == list(range(1, len(counts) + 1))

    def test_an_upload_says_its_limit_and_a_path_is_offered(self, path):
        cells = read(path)["cells"]
        for place, cell in enumerate(cells):
            if cell["cell_type"] == "code" and "FileUpload(" in source(cell):
                assert "at most 10 MiB" in source(cell)
                assert re.search(r"\bpath\b", source(cells[place + 1]))

    def test_no_code_cell_is_empty(self, path):
        assert all(source(cell).strip() for cell in code_cells(path))

    def test_cells_are_short(self, path):
        lengths = [len(source(cell).splitlines()) for cell in code_cells(path)]
        assert max(lengths) <= LONGEST_CELL
        assert sorted(lengths)[len(lengths) // 2] <= 6

    def test_no_error_and_nothing_on_the_error_stream(self, path):
        assert not [out for out in outputs(path) if out["output_type"] == "error"]
        assert not [out for out in outputs(path) if out.get("name") == "stderr"]

    def test_outputs_are_text_and_pictures(self, path):
        kinds = {kind for out in outputs(path) for kind in out.get("data", {})}
        assert not kinds & set(FORBIDDEN_OUTPUTS)

    def test_no_path_of_one_machine(self, path):
        found = [ABSOLUTE_PATH.search(json.dumps(out.get("text", ""))) for out in outputs(path)]
        found += [
            ABSOLUTE_PATH.search(json.dumps(out.get("data", {}).get("text/plain", "")))
            for out in outputs(path)
        ]
        assert not [match for match in found if match]

    def test_metadata_is_that_of_no_machine(self, path):
        assert set(read(path)["metadata"]) == {"kernelspec", "language_info"}
        assert read(path)["metadata"]["language_info"] == {"name": "python"}
        assert all(set(cell["metadata"]) <= {"tags"} for cell in read(path)["cells"])

    def test_it_is_small(self, path):
        assert path.stat().st_size < LARGEST

    def test_it_has_figures(self, path):
        assert any("image/png" in out.get("data", {}) for out in outputs(path))

    def test_directives_are_tags_and_not_comments(self, path):
        assert not [cell for cell in code_cells(path) if COMMENT_DIRECTIVE.search(source(cell))]

    def test_few_cells_are_left_uncompared(self, path):
        tagged = [
            cell
            for cell in code_cells(path)
            if "nbval-ignore-output" in cell["metadata"].get("tags", [])
        ]
        assert len(tagged) <= len(code_cells(path)) / 4

    def test_no_magic_and_no_shell(self, path):
        # An unknown magic only prints a line, which nbval lets pass.
        lines = [line for cell in code_cells(path) for line in source(cell).splitlines()]
        assert not [line for line in lines if line.lstrip().startswith(("%", "!"))]

    def test_no_star_import(self, path):
        assert not [cell for cell in code_cells(path) if re.search(r"import \*", source(cell))]

    def test_header(self, path):
        header = HEADER.match(source(read(path)["cells"][0]))
        assert header, "the first cell does not have the form of a header"
        assert header["number"] == path.name[:2]

    def test_previous_and_next(self, path):
        header = HEADER.match(source(read(path)["cells"][0]))
        place = NOTEBOOKS.index(path)
        neighbors = [NOTEBOOKS[place - 1]] if place else []
        neighbors += NOTEBOOKS[place + 1 : place + 2]
        links = LINK.findall(header["links"])
        assert [file for _, file in links] == [neighbor.name for neighbor in neighbors]
        assert all(number == file[:2] for number, file in links)

    def test_footer(self, path):
        text = footer(path)
        places = [text.find(part) for part in FOOTER_PARTS]
        assert -1 not in places
        assert places == sorted(places)
        assert "**Next**" in source(read(path)["cells"][-1])

    def test_quiz_has_three_to_five_questions_and_as_many_answers(self, path):
        quiz = footer(path).partition("## Quiz")[2].partition("**Next**")[0]
        questions, _, answers = quiz.partition("<details>")
        asked = re.findall(r"^(\d)\. ", questions, re.MULTILINE)
        assert 3 <= len(asked) <= 5
        assert re.findall(r"^(\d)\. ", answers, re.MULTILINE) == asked

    def test_exercises_are_checked_and_stored_without_an_answer(self, path):
        if path.name.startswith("00"):
            pytest.skip("notebook 00 has nothing to be checked yet")
        checks = [
            cell for cell in code_cells(path) if re.search(r"exercises\.\w+\.check\(", source(cell))
        ]
        assert len(checks) >= 3
        for cell in checks:
            (output,) = cell["outputs"]
            assert "".join(output["data"]["text/plain"]).startswith("Not attempted yet.")
            assert not cell["metadata"].get("tags")

    def test_footer_leads_to_the_next_notebook(self, path):
        last = source(read(path)["cells"][-1])
        following = NOTEBOOKS[NOTEBOOKS.index(path) + 1 : NOTEBOOKS.index(path) + 2]
        links = [file for _, file in LINK.findall(last[last.find("**Next**") :])]
        assert links[: len(following)] == [each.name for each in following]

    def test_links_lead_somewhere(self, path):
        text = "".join(source(cell) for cell in read(path)["cells"] if cell["cell_type"] != "code")
        targets = re.findall(r"\]\(([^)#]+?)(?:#[^)]*)?\)", text)
        local = [target for target in targets if "://" not in target and target.strip()]
        assert not [target for target in local if not (path.parent / target).exists()]

    def test_pictures_have_alt_text(self, path):
        text = "".join(source(cell) for cell in read(path)["cells"] if cell["cell_type"] != "code")
        assert not re.findall(r"!\[\s*\]\(", text)
