"""What a problem of a plan is, and what would mend it."""

from dataclasses import dataclass

from mnistlab.widgets.designer.plan import Layer, Value


@dataclass(frozen=True)
class Edit:
    """One change of a plan, for a fix.

    Attributes:
        what: "insert", "change", "remove", "move" or "train".
        place: the place of a layer from 0; not used by "train".
        layer: what to insert.
        settings: what to change, of the layer or of the training.
        to: where to move.
    """

    what: str
    place: int = 0
    layer: Layer | None = None
    settings: tuple[tuple[str, Value], ...] = ()
    to: int = 0


@dataclass(frozen=True)
class Problem:
    """What is wrong, or could be better.

    Attributes:
        rule: its name, such as "dense before flatten".
        row: the number of the row from 1; `None` for the training or the whole.
        message: what is wrong and what to do.
        fix: what the button says, such as "Insert Flatten before row 4"; empty
            where there is none.
        edits: the changes behind the button.
        severe: whether nothing can be built while it stands; else it is advice.
    """

    rule: str
    row: int | None
    message: str
    fix: str = ""
    edits: tuple[Edit, ...] = ()
    severe: bool = True

    def __str__(self) -> str:
        return self.message
