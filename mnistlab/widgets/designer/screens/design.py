"""Step 2, Design: layers from a palette, their settings, and what they make of an image."""

import threading
import time
from collections.abc import Callable

from mnistlab.data.shapes import in_words
from mnistlab.plots.figure import Figure
from mnistlab.plots.networks import Described, network
from mnistlab.widgets.designer import rules
from mnistlab.widgets.designer.palette import KINDS
from mnistlab.widgets.designer.plan import Plan, Value
from mnistlab.widgets.designer.project import Project
from mnistlab.widgets.designer.rules import Problem
from mnistlab.widgets.designer.screens.controls import button, side_by_side, text
from mnistlab.widgets.designer.screens.design_files import DesignFiles
from mnistlab.widgets.designer.screens.screen import Screen
from mnistlab.widgets.designer.screens.templates import TemplateChooser
from mnistlab.widgets.designer.views.drawing import NetworkDrawing
from mnistlab.widgets.designer.views.layer_form import LayerForm
from mnistlab.widgets.designer.views.layer_table import NONE, Actions, LayerTable
from mnistlab.widgets.designer.views.notice import Message, Notice

import ipywidgets

MOST_PROBLEMS = 6
"""Problems that are listed at once; the table marks all rows."""

BURST = 2.0
"""Seconds in which changes of the same setting are one step to undo: a number is typed."""

BYTES = 4
"""Of one parameter, a 32-bit number."""

WORDS = (
    "Build the network from top to bottom: choose a layer, add it, set what can be set. Shapes, "
    "counts and the drawing follow at once, and whatever does not fit is said here."
)


class DesignScreen(Screen):
    """Where the layers are chosen and set.

    Its notices: `notice` below the title, `refusal` and `problems` above the table.

    Args:
        project: what all screens work on.

    Example:
        >>> from mnistlab.widgets.designer.document import Design
        >>> screen = DesignScreen(Project(Design.from_template("keras_convnet")))
        >>> screen.totals.words
        '8 layers, 1,199,882 parameters: 4.8 MB of weights. Images of 28x28x1, 10 classes.'
        >>> screen.select(3)
        >>> screen.form.title
        'Row 4: Dropout (dropout1)'
    """

    def __init__(self, project: Project):
        super().__init__(project, "Design", "Design the network", WORDS)
        self._lock = threading.RLock()
        self._shown: object = None
        self._typing: tuple[Plan, str, float] | None = None
        self._listed: list[Problem] | None = None
        self._selected = 0 if len(project.design) else NONE
        self.refusal = Notice()
        self.templates = TemplateChooser(self.guarded(self._take))
        self.name = ipywidgets.Text(description="Name", continuous_update=False)
        self.name.style.description_width = "initial"
        self.name.observe(self.guarded(self._rename), "value")
        self.palette = _palette()
        self.palette.observe(lambda _: self._show_help(), "value")
        self.help = text("", "quiet")
        self.buttons = self._make_buttons()
        self.table = LayerTable(
            Actions(
                choose=self._editing(self.select),
                move=self._editing(self.move),
                remove=self._editing(self.remove),
            )
        )
        self.form = LayerForm(self._editing(self._set))
        self.problems = Notice()
        self.drawing = NetworkDrawing(self._editing(self._choose_box))
        self.totals = text("", "strong")
        self.files = DesignFiles(project, self.guarded)
        self.next = button(
            "Next: Verify", self.guarded(self.lead_on), "To the check by Keras", "primary"
        )
        self.why_locked = text("", "quiet")
        self._show_help()
        self._lay_out()
        self.refresh()

    # What can be done here; places count from 0

    def select(self, place: int) -> None:
        """Chooses a row, whose settings the form shows; -1 for none."""
        self._selected = place
        self.refresh()

    def add(self, kind: str) -> None:
        """Adds a layer behind the chosen row, or where `Design.add` would put it."""
        design, place = self.project.design, self._selected + 1
        # Behind the last row it goes before an Output that stands there, as the design has it.
        anywhere = self._selected == NONE or place >= len(design) or kind == "Output"
        before = design.layers
        design.add(kind, None if anywhere else place)
        added = len(design) - 1 if anywhere else place
        if anywhere and kind != "Output" and before and before[-1].kind == "Output":
            added -= 1
        self._changed(added)

    def move(self, place: int, to: int) -> None:
        """Moves a row to another place."""
        self.project.design.move(place, to)
        self._changed(to)

    def duplicate(self, place: int) -> None:
        """Adds a copy of a row behind it."""
        self.project.design.duplicate(place)
        self._changed(place + 1)

    def remove(self, place: int) -> None:
        """Removes a row; the one behind it is chosen then."""
        self.project.design.remove(place)
        self._changed(place)

    def figure(self) -> Figure:
        """Draws the network, for readers without a kernel."""
        plan = self.project.design.plan
        title = f"{plan.name}: {plan.parameters:,} parameters"
        return network(described(plan), title, _marked(self.project.design.check()))

    # What it shows

    def refresh(self) -> None:
        """Shows the design as it is now; called from any thread."""
        with self._lock:
            design = self.project.design
            plan = design.plan
            last = len(plan.layers) - 1
            self._selected = min(self._selected, last) if plan.layers else NONE
            now = plan, self._selected, design.can_undo, design.can_redo
            if now != self._shown:
                self._shown = now
                self._show(plan)

    def _show(self, plan: Plan) -> None:
        problems = rules.check(plan)
        if self.name.value != plan.name:
            self.name.value = plan.name
        self.table.show(plan.rows, problems, self._selected)
        self.drawing.show(described(plan), _marked(problems))
        self.drawing.selected = self._selected + 1 if self._selected != NONE else NONE
        self.totals.words = _totals(plan)
        self._show_form(plan)
        self._show_problems(problems)
        self._show_buttons(plan)
        severe = any(problem.severe for problem in problems)
        self.next.disabled = not plan.layers or severe
        locked = "Mend the errors above first." if severe else ""
        self.why_locked.words = locked if plan.layers else "Add layers first, or take a template."
        self.files.refresh()

    def _show_help(self) -> None:
        kind = self.palette.value
        self.help.words = f"{kind}: {KINDS[kind].help}"
        self.buttons["add"].description = f"Add {kind}"

    def _show_form(self, plan: Plan) -> None:
        if self._selected == NONE:
            self.form.show("", "Settings", "Choose a row of the table to set its layer.", (), {})
            return
        row = plan.rows[self._selected]
        kind = row.layer.of
        words = kind.help if kind.settings else f"{kind.help} There is nothing to set."
        key = f"{row.number} {kind.name}"
        title = f"Row {row.number}: {kind.name} ({row.name})"
        self.form.show(key, title, words, kind.settings, row.layer.settings)

    def _show_problems(self, problems: list[Problem]) -> None:
        # That there are no layers is what the empty table says. The same messages anew would
        # take the focus from their buttons.
        problems = [problem for problem in problems if problem.rule != "no layers"]
        if problems == self._listed:
            return
        self._listed = problems
        messages = [self._as_message(problem) for problem in problems[:MOST_PROBLEMS]]
        more = len(problems) - len(messages)
        if more > 0:
            messages.append(Message(f"{more:,} more; mend these first.", "note"))
        self.problems.show(*messages)

    def _as_message(self, problem: Problem) -> Message:
        mend = self._editing(lambda: self._mend(problem))
        return Message(problem.message, "error" if problem.severe else "advice", problem.fix, mend)

    def _show_buttons(self, plan: Plan) -> None:
        design, place, count = self.project.design, self._selected, len(plan.layers)
        chosen = place != NONE
        usable = {
            "up": chosen and place > 0,
            "down": chosen and place < count - 1,
            "duplicate": chosen,
            "delete": chosen,
            "undo": design.can_undo,
            "redo": design.can_redo,
            "clear": count > 0,
        }
        for name, can in usable.items():
            self.buttons[name].disabled = not can

    # What its controls do

    def _take(self, name: str) -> None:
        self.project.design.become(type(self.project.design).from_template(name).plan)
        self._changed(0)
        self.notice.show(Message(f"This is {name} now. Undo brings back what was there.", "good"))

    def _rename(self, change: dict) -> None:
        design = self.project.design
        if change["new"] == design.name:
            return
        try:
            design.rename(change["new"])
            self._changed(self._selected)
        finally:
            self.name.value = design.name

    def _set(self, key: str, name: str, value: Value) -> None:
        design, place, what = self.project.design, self._selected, f"{key} {name}"
        try:
            value = design.layers[place].of.setting(name).check_type(value)
        except Exception:
            self.form.refuse()
            raise
        if self._is_typing(what):
            design.undo()
        before = design.plan
        design.change(place, **{name: value})
        # A number that is as it was before it was typed is no step, and nothing to replace.
        stepped = design.plan is not before
        self._typing = (design.plan, what, time.monotonic()) if stepped else None
        self._changed(place)

    def _is_typing(self, what: str) -> bool:
        """Whether the last step was a change of the same setting, a moment ago."""
        if self._typing is None:
            return False
        plan, last, when = self._typing
        design = self.project.design
        same = plan is design.plan and what == last and time.monotonic() - when < BURST
        return same and design.can_undo

    def _choose_box(self, place: int) -> None:
        # The first box is the image, which is no row.
        if place > 0:
            self.select(place - 1)

    def _mend(self, problem: Problem) -> None:
        self.project.design.fix(problem)
        self._changed(self._selected if problem.row is None else problem.row - 1)

    def _undo(self) -> None:
        self.project.design.undo()
        self._changed(self._selected)

    def _redo(self) -> None:
        self.project.design.redo()
        self._changed(self._selected)

    def _clear(self) -> None:
        self.project.design.clear()
        self._changed(NONE)

    def _changed(self, selected: int) -> None:
        # Layers where there were none: the first of them is as good as any.
        self._selected = max(selected, 0)
        self.project.changed()
        self.refresh()

    def _editing(self, work: Callable[..., object]) -> Callable[..., object]:
        """A callback whose errors stand above the table, where its controls are."""
        return self.guarded(work, self.refusal)

    # How it is laid out

    def _make_buttons(self) -> dict[str, ipywidgets.Button]:
        def make(label: str, work: Callable[[], object], hint: str, style: str = ""):
            return button(label, self._editing(work), hint, style)

        def chosen(work: Callable[..., object], *more: int):
            return lambda: work(self._selected, *(self._selected + step for step in more))

        return {
            "add": make(
                "Add", lambda: self.add(self.palette.value), "Behind the chosen row", "primary"
            ),
            "up": make("Move up", chosen(self.move, -1), "Alt and arrow up"),
            "down": make("Move down", chosen(self.move, 1), "Alt and arrow down"),
            "duplicate": make("Duplicate", chosen(self.duplicate), "A copy behind the row"),
            "delete": make("Delete", chosen(self.remove), "The Delete key"),
            "undo": make("Undo", self._undo, "Back one step"),
            "redo": make("Redo", self._redo, "Forward again"),
            "clear": make("Clear", self._clear, "Remove all layers; Undo brings them back"),
        }

    def _lay_out(self) -> None:
        editor = side_by_side(self.table, self.form)
        editor.add_class("mnistlab-editor")
        start = side_by_side(self.templates, self.name)
        start.add_class("mnistlab-start")
        self.fill(
            start,
            self.totals,
            self.drawing,
            text("Layers", "h2"),
            self.palette,
            self.help,
            side_by_side(*self.buttons.values()),
            self.refusal,
            self.problems,
            editor,
            self.files,
            side_by_side(self.next, self.why_locked),
        )


def _palette() -> ipywidgets.ToggleButtons:
    palette = ipywidgets.ToggleButtons(
        options=list(KINDS), tooltips=[kind.help for kind in KINDS.values()]
    )
    palette.style.button_width = "auto"
    palette.add_class("mnistlab-palette")
    return palette


def described(plan: Plan) -> list[Described]:
    """Returns a plan as its drawing takes it: the image, and the layers.

    Example:
        >>> from mnistlab.widgets.designer.templates import template
        >>> described(template("keras_convnet"))[:2]
        [('Input', 'image', (28, 28, 1), 0), ('Conv2D', 'conv1', (26, 26, 32), 320)]
    """
    rows = [(row.layer.kind, row.name, row.output_shape, row.parameters) for row in plan.rows]
    return [("Input", "image", plan.input_shape, 0), *rows]


def _marked(problems: list[Problem]) -> set[int]:
    """The places in the drawing of the rows that something is wrong with; the image has 0."""
    return {problem.row for problem in problems if problem.row is not None and problem.severe}


def _totals(plan: Plan) -> str:
    data = f"Images of {in_words(plan.input_shape)}, {plan.classes} classes."
    count = len(plan.layers)
    if not count:
        return f"No layers yet. {data}"
    layers = "1 layer" if count == 1 else f"{count} layers"
    frozen = sum(row.frozen for row in plan.rows)
    kept = f" ({frozen:,} of them not trained)" if frozen else ""
    unknown = any(row.output_shape is None for row in plan.rows)
    known = " as far as the shapes are known" if unknown else ""
    return (
        f"{layers}, {plan.parameters:,} parameters{kept}{known}: "
        f"{_size(plan.parameters * BYTES)} of weights. {data}"
    )


def _size(count: int) -> str:
    return f"{count / 1e6:,.1f} MB" if count >= 1e6 else f"{count / 1e3:,.1f} kB"
