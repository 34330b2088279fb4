"""The house: every floor imports only from the floors below it, and nothing in circles."""

import ast
from pathlib import Path

import mnistlab

import pytest

PACKAGE = Path(mnistlab.__file__).parent
FLOORS = [
    {"errors", "versions"},
    {"settings"},
    {"backend", "progress", "files"},
    {"cell_order"},
    {"data", "explain"},
    {"models"},
    {"plots"},
    {"evaluation"},
    {"widgets"},
    {"exercises"},
]
# Beside the house: only the data and what is below them.
BESIDE = {"tflearn": "data"}
KERAS = {"keras", "tensorflow"}
WITHOUT_KERAS = set.union(*FLOORS[: FLOORS.index({"models"})]) | {"plots"}


def module_name(path):
    parts = path.relative_to(PACKAGE.parent).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


MODULES = {module_name(path): path for path in sorted(PACKAGE.rglob("*.py"))}


def imported(name, source):
    """Yields the full name of everything that a module imports, at its top or later."""
    package = name if MODULES[name].name == "__init__.py" else name.rpartition(".")[0]
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = node.module or ""
            if node.level:
                above = package.split(".")[: len(package.split(".")) - node.level + 1]
                base = ".".join([*above, base]).rstrip(".")
            for alias in node.names:
                full = f"{base}.{alias.name}"
                yield full if full in MODULES or base == "mnistlab" else base


def source_of(name):
    return MODULES[name].read_text("utf-8")


def own_imports(name):
    return {each for each in imported(name, source_of(name)) if each.split(".")[0] == "mnistlab"}


def part(name):
    return name.split(".")[1]


def floor(name):
    if part(name) in BESIDE:
        return level(BESIDE[part(name)]) + 0.5
    return level(part(name))


def level(room):
    return next(number for number, rooms in enumerate(FLOORS) if room in rooms)


INNER = [name for name in MODULES if name != "mnistlab"]


@pytest.mark.parametrize("name", INNER)
class TestEveryModule:
    def test_it_has_its_place_in_the_house(self, name):
        assert part(name) in set.union(*FLOORS) | set(BESIDE)

    def test_it_imports_only_from_below_or_from_its_own_room(self, name):
        for other in own_imports(name):
            assert other != "mnistlab", f"{name} imports the whole package"
            assert part(other) == part(name) or floor(other) < floor(name), f"{name} -> {other}"

    def test_what_it_imports_from_the_package_is_a_module(self, name):
        for other in own_imports(name):
            assert other in MODULES, f"{name} takes {other} from the package's front door"

    def test_it_has_a_docstring(self, name):
        assert ast.get_docstring(ast.parse(source_of(name))) or not source_of(name).strip()

    def test_it_imports_no_stars(self, name):
        for node in ast.walk(ast.parse(source_of(name))):
            if isinstance(node, ast.ImportFrom):
                assert all(alias.name != "*" for alias in node.names)


def test_the_package_itself_imports_only_what_sets_it_up():
    assert own_imports("mnistlab") == {"mnistlab.backend", "mnistlab.cell_order"}


@pytest.mark.parametrize("name", [name for name in INNER if part(name) in WITHOUT_KERAS])
def test_arrays_files_and_figures_need_no_keras(name):
    assert not {each.split(".")[0] for each in imported(name, source_of(name))} & KERAS


def test_nothing_goes_in_circles():
    finished, open_path = set(), []

    def visit(name):
        assert name not in open_path, " -> ".join([*open_path, name])
        if name not in finished:
            open_path.append(name)
            for other in sorted(own_imports(name) & set(INNER)):
                visit(other)
            finished.add(open_path.pop())

    for name in INNER:
        visit(name)
    assert finished == set(INNER)


def test_every_module_is_in_the_picture_of_the_house():
    text = (PACKAGE.parent / "CONTRIBUTING.md").read_text("utf-8")
    lines = text.split("\nmnistlab/\n")[1].split("\ndata/ ")[0].splitlines()
    shown, rooms = {"mnistlab"}, {0: "mnistlab"}
    for line in filter(None, lines):
        depth = len(line) - len(line.lstrip())
        around = rooms[max(each for each in rooms if each < depth)]
        first, *others = line.split()
        if first.endswith("/"):
            rooms = {each: room for each, room in rooms.items() if each < depth}
            rooms[depth] = f"{around}.{first.rstrip('/')}"
            shown.add(rooms[depth])
        else:
            files = {word for word in (first, *others) if word.endswith(".py")}
            names = {file.removesuffix(".py") for file in files - {"__init__.py"}}
            shown |= {f"{around}.{name}" for name in names}
    assert shown == set(MODULES)


def test_the_names_of_the_front_door_lead_somewhere():
    for name in mnistlab.__all__:
        assert name in dir(mnistlab)
        assert callable(getattr(mnistlab, name))
    with pytest.raises(AttributeError, match="has no attribute 'nothing'"):
        _ = mnistlab.nothing


class TestTheWalkItself:
    """Whether the test would see what it is there to see."""

    name = "mnistlab.data.preparation"

    @pytest.mark.parametrize(
        ("source", "expected"),
        [
            ("import mnistlab.models.zoo", {"mnistlab.models.zoo"}),
            ("from mnistlab import plots", {"mnistlab.plots"}),
            ("from mnistlab.models import zoo", {"mnistlab.models.zoo"}),
            ("from mnistlab.models.zoo import build", {"mnistlab.models.zoo"}),
            ("from ..models import zoo", {"mnistlab.models.zoo"}),
            ("from . import mnist", {"mnistlab.data.mnist"}),
            ("from .mnist import load_mnist", {"mnistlab.data.mnist"}),
            ("from mnistlab import load_mnist", {"mnistlab.load_mnist"}),
            ("def f():\n    import keras", {"keras"}),
        ],
    )
    def test_imports_of_every_form_are_seen(self, source, expected):
        assert set(imported(self.name, source)) == expected

    def test_the_floors_are_in_order(self):
        order = ["errors", "settings", "files", "data.mnist", "models.zoo", "plots"]
        levels = [floor(f"mnistlab.{name}") for name in [*order, "evaluation.crossval"]]
        assert levels == sorted(set(levels))
