"""A cell that is run too early says which cell to run first.

Cells build on those above them. Whoever runs one out of order meets a
`NameError`, which names what is missing but not where it comes from. In a
notebook the cells are at hand, so this looks it up and adds a line to the
error.
"""

import ast
import json
import os
import re
from pathlib import Path

from mnistlab.progress import in_notebook

ALL_ABOVE = "In JupyterLab, 'Run > Run All Above Selected Cell' runs all that comes before."


def explain_name_errors() -> None:
    """Adds the hint to every `NameError` of this kernel; elsewhere it does nothing."""
    if not in_notebook():
        return
    from IPython import get_ipython

    get_ipython().set_custom_exc((NameError,), _show_with_hint)


def _show_with_hint(shell, kind, error, trace, tb_offset=None):
    if error.name and not isinstance(error, UnboundLocalError):
        error.add_note(hint(error.name, _cells(_this_notebook())))
    shell.showtraceback((kind, error, trace), tb_offset=tb_offset)


def hint(name: str, cells: list[str]) -> str:
    """Says which cell gives a name its value.

    Args:
        name: the name that is missing.
        cells: the source of every code cell of the notebook, in order.

    Returns:
        One or two sentences for the reader.

    Example:
        >>> print(hint("images", ["import numpy as np", "images = np.zeros((3, 28, 28))"]))
        'images' gets its value in code cell 2 of this notebook, which has not run in this \
kernel: images = np.zeros((3, 28, 28))
        Run that cell first. In JupyterLab, 'Run > Run All Above Selected Cell' runs all \
that comes before.
    """
    for number, cell in enumerate(cells, start=1):
        line = _line_that_binds(name, cell)
        if line:
            return (
                f"{name!r} gets its value in code cell {number} of this notebook, which has not "
                f"run in this kernel: {line}\nRun that cell first. {ALL_ABOVE}"
            )
    return f"If a cell further up gives {name!r} its value, run that cell first. {ALL_ABOVE}"


def _line_that_binds(name: str, cell: str) -> str:
    """Returns the first line of a cell's top level that gives the name a value, or ''."""
    try:
        statements = ast.parse(cell).body
    except SyntaxError:
        return ""
    for statement in statements:
        if name in _bound_names(statement):
            return cell.splitlines()[statement.lineno - 1].strip()
    return ""


def _bound_names(node: ast.AST, in_comprehension: bool = False) -> set[str]:
    """Returns the names that a statement leaves in the notebook: none of a function's own."""
    match node:
        case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.ClassDef():
            return {node.name}
        case ast.Lambda():
            return set()
        case ast.alias():
            return {(node.asname or node.name).partition(".")[0]}
        case ast.Name(ctx=ast.Store()):
            return set() if in_comprehension else {node.id}
        case ast.NamedExpr():
            # Unlike the loop variable of a comprehension, this one outlives it.
            return {node.target.id} | _bound_names(node.value, in_comprehension)
        case ast.ListComp() | ast.SetComp() | ast.DictComp() | ast.GeneratorExp():
            in_comprehension = True
    parts = (_bound_names(child, in_comprehension) for child in ast.iter_child_nodes(node))
    return set().union(*parts)


def _this_notebook() -> Path | None:
    # Jupyter tells its kernels so; where it does not, the hint is a general one.
    path = os.environ.get("JPY_SESSION_NAME", "")
    return Path(path) if re.search(r"\.ipynb$", path) else None


def _cells(notebook: Path | None) -> list[str]:
    try:
        cells = json.loads(notebook.read_text("utf-8"))["cells"] if notebook else []
        return ["".join(cell["source"]) for cell in cells if cell["cell_type"] == "code"]
    except (OSError, ValueError, KeyError, TypeError):
        return []
