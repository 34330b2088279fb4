"""Step 3, Verify: what the rules say, with a button that mends it; then a real build."""

from mnistlab.data.shapes import in_words
from mnistlab.widgets.designer.plan import Plan
from mnistlab.widgets.designer.project import Project
from mnistlab.widgets.designer.screens.controls import button, side_by_side, text
from mnistlab.widgets.designer.screens.screen import Screen
from mnistlab.widgets.designer.verification import Verification
from mnistlab.widgets.designer.views.notice import Message, Notice
from mnistlab.widgets.designer.views.table import Table

HEAD = ("Row", "Layer", "Name in Keras", "Output shape", "Parameters", "Trained", "As designed")
WORDS = (1, 2, 3, 6)


class VerifyScreen(Screen):
    """Shows what is wrong with the design, and what Keras makes of it.

    Args:
        project: what all screens work on.

    Example:
        >>> from mnistlab.widgets.designer.document import Design
        >>> screen = VerifyScreen(Project(Design.from_template("lenet5")))
        >>> screen.refresh()
        >>> screen.problems.texts
        ['The rules find nothing wrong with the 8 rows.']
    """

    def __init__(self, project: Project):
        super().__init__(
            project,
            "Verify",
            "Verify the network",
            "First the rules look at each row of the design. Then Keras builds the network, and a "
            "batch of your images goes through it.",
        )
        self.problems = Notice()
        self.state = text("", "quiet")
        self.found = Notice()
        self.verify_button = button(
            "Verify",
            self.guarded(self._verify, self.found),
            "Builds the network with Keras and sends one batch of images through it",
            "primary",
        )
        self.table = Table("What Keras built")
        self.next_button = button("Next: Train", self.guarded(self.lead_on), style="primary")
        self._checked: Plan | None = None
        self._shown: Verification | None = None
        self.fill(
            text("What the rules say", "h2"),
            self.problems,
            text("What Keras says", "h2"),
            side_by_side(self.verify_button, self.state),
            self.found,
            self.table,
            side_by_side(self.next_button),
        )

    def refresh(self) -> None:
        """Shows the problems of the design as it is now, and the last build."""
        plan = self.project.design.plan
        if plan is not self._checked:
            self._checked = plan
            # A failure was that of the design before.
            self.project.failed.discard(self.step)
            self.problems.show(*self._messages())
        self._show_verification()
        self._show_state()

    def _messages(self) -> list[Message]:
        problems = self.project.design.check()
        if not len(self.project.design):
            return [Message("There are no layers yet. Build the network in step 2.", "note")]
        messages = self.messages_of(problems)
        if not any(problem.severe for problem in problems):
            count = len(self.project.design)
            rows = "row" if count == 1 else f"{count} rows"
            messages.insert(0, Message(f"The rules find nothing wrong with the {rows}.", "good"))
        return messages

    def _show_verification(self) -> None:
        verification = self.project.verification
        if verification is self._shown:
            return
        self._shown = verification
        if verification is None:
            self.found.show()
            self.table.show(HEAD, [])
            return
        self.found.show(Message("\n".join(verification.lines), "good"))
        self.table.show(HEAD, _rows(verification), WORDS)

    def _show_state(self) -> None:
        project = self.project
        state = project.states[self.step]
        if not project.confirmed:
            words = "The data come first: choose them in step 1 and confirm them."
        elif any(problem.severe for problem in project.design.check()):
            words = "Mend the errors above first." if len(project.design) else "Add layers first."
        elif state == "running":
            words = "Keras is building the network; that takes a few seconds."
        elif state == "stale":
            words = "The design or the data have changed since. Verify again."
        elif state == "invalid" and project.verification is not None:
            words = "The table below is of the build before; this one failed."
        elif state == "done":
            words = f"Done in {project.verification.seconds:.1f} seconds."
        else:
            words = ""
        blocked = not project.confirmed or words.startswith(("Mend", "Add")) or bool(project.busy)
        self.state.words = words
        self.verify_button.disabled = blocked
        self.next_button.disabled = state != "done"

    def _verify(self) -> None:
        if self.project.busy:
            return
        self.project.failed.discard(self.step)
        try:
            with self.working():
                self.project.verify()
        except Exception:
            self.project.failed.add(self.step)
            self.project.changed()
            raise


def _rows(verification: Verification) -> list[list[str]]:
    rows = []
    for row, shape in zip(verification.plan.rows, verification.shapes, strict=True):
        rows.append(
            [
                str(row.number),
                row.layer.kind,
                row.name,
                in_words(shape),
                f"{row.parameters:,}",
                f"{row.parameters - row.frozen:,}",
                "yes" if shape == row.output_shape else "no",
            ]
        )
    rows.append(
        [
            "",
            "All rows",
            "",
            "",
            f"{verification.parameters:,}",
            f"{verification.trainable:,}",
            "",
        ]
    )
    return rows
