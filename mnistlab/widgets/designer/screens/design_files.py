"""Designs in files: saved, loaded, and written down as a Keras script."""

from collections.abc import Callable
from pathlib import Path

from mnistlab.data.shapes import in_words
from mnistlab.errors import DesignError
from mnistlab.files import write_atomically
from mnistlab.widgets.designer import rules
from mnistlab.widgets.designer.build import identifier
from mnistlab.widgets.designer.code import to_code
from mnistlab.widgets.designer.document import Design
from mnistlab.widgets.designer.plan import Plan
from mnistlab.widgets.designer.project import Project
from mnistlab.widgets.designer.screens.controls import button, text
from mnistlab.widgets.designer.views.code_cell import CodeCell
from mnistlab.widgets.designer.views.notice import Message, Notice

import ipywidgets

FOLDER = "my_designs"
NOTHING = "(nothing saved yet)"
MOST_LISTED = 500


class DesignFiles(ipywidgets.VBox):
    """Saves the design, lists and loads what was saved, and shows its Keras code.

    Args:
        project: whose design it is; its folder gets a folder "my_designs".
        guarded: `Screen.guarded`; errors stand in `notice`, below the buttons.

    Example:
        >>> files = DesignFiles(Project(folder=Path("nowhere")), lambda work, notice: work)
        >>> files.saved.options, files.load.disabled
        (('(nothing saved yet)',), False)
        >>> files.refresh()
        >>> files.load.disabled
        True
    """

    def __init__(self, project: Project, guarded: Callable):
        self.notice = Notice()
        self._project = project
        self._guarded = lambda work: guarded(work, self.notice)
        self._coded: Plan | None = None
        self.folder = project.folder / FOLDER
        self.save = button("Save", self._guarded(self._save), "As a file, under its name")
        self.saved = ipywidgets.Dropdown(description="Saved", options=[NOTHING])
        self.saved.style.description_width = "initial"
        self.load = button(
            "Load", self._guarded(self._load), "In place of the layers and the training"
        )
        self.show_code = ipywidgets.ToggleButton(
            description="Show the Keras code", tooltip="A script that trains the same network"
        )
        self.show_code.layout.width = "auto"
        self.show_code.observe(self._guarded(lambda _: self._show_code()), "value")
        self.script = button(
            "Save as script", self._guarded(self._save_script), "A Python file beside the designs"
        )
        self.code = CodeCell()
        self.no_code = text("", "quiet")
        files = ipywidgets.HBox([self.save, self.saved, self.load, self.show_code, self.script])
        files.add_class("mnistlab-row")
        super().__init__([text("Keep it", "h2"), files, self.notice, self.no_code, self.code])
        self.add_class("mnistlab-files")

    def refresh(self) -> None:
        """Shows what is saved, and the code as it is now."""
        self._list()
        self._show_code()

    # Designs

    def _list(self) -> None:
        names = sorted(path.stem for path in self.folder.glob("*.json"))[:MOST_LISTED]
        options = tuple(names or [NOTHING])
        if self.saved.options != options:
            chosen = self.saved.value
            self.saved.options = options
            if chosen in options:
                self.saved.value = chosen
        self.load.disabled = not names

    def _save(self) -> None:
        design = self._project.design
        path = self.folder / f"{identifier(design.name)}.json"
        self._write(path, design.to_json(), design.save)

    def _load(self) -> None:
        path = self.folder / f"{self.saved.value}.json"
        try:
            plan = Design.load(path).plan
        finally:
            self._list()
        self._project.design.become(plan)
        self._project.changed()
        words = f"Loaded {_shown(path)}. Undo brings back what was there."
        own = self._project.design
        if (plan.input_shape, plan.classes) != (own.input_shape, own.classes):
            words += (
                f" It was made for images of {in_words(plan.input_shape)} in {plan.classes} "
                f"classes, and yours are {in_words(own.input_shape)} in {own.classes}."
            )
        self.notice.show(Message(words, "good"))

    # Code

    def _show_code(self) -> None:
        plan = self._project.design.plan
        if not self.show_code.value:
            self._coded = None
            self.code.clear()
            self.no_code.words = ""
        elif self._coded is not plan:
            self._coded = plan
            if any(problem.severe for problem in rules.check(plan)):
                self.code.clear()
                self.no_code.words = "There is no code while a problem stands above."
            else:
                self.no_code.words = ""
                self.code.show(to_code(plan), f"{identifier(plan.name)}.py")

    def _save_script(self) -> None:
        design = self._project.design
        code = design.to_code()

        def write(path: Path) -> Path:
            return write_atomically(
                path, lambda new: new.write_text(code, "utf-8"), None, DesignError
            )

        self._write(self.folder / f"{identifier(design.name)}.py", code, write)

    # Files

    def _write(self, path: Path, content: str, write: Callable[[Path], object]) -> None:
        """Writes a file; another one that is there is replaced only when that is clicked too."""
        # The second click of a double click asks for nothing.
        if not path.exists() or _has(path, content):
            write(path)
            self._say(f"Saved as {_shown(path)}.")
            return

        def replace() -> None:
            write(path)
            self._say(f"Saved as {_shown(path)}, in place of the file that was there.")

        self.notice.show(
            Message(
                f"There is a {_shown(path)} already. Replace it, or give your design another name.",
                "advice",
                "Replace it",
                self._guarded(replace),
            )
        )

    def _say(self, words: str) -> None:
        self._list()
        self.notice.show(Message(words, "good"))


def _has(path: Path, content: str) -> bool:
    return path.is_file() and path.read_bytes() == content.encode()


def _shown(path: Path) -> str:
    return f"{path.parent.name}/{path.name}"
