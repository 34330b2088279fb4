"""The rules: what is wrong with a plan, row by row, and what would make it right.

Keras accepts much that nobody means, and refuses the rest in the words of a
programmer. Each rule here names the row, says what is wrong, and where it can,
offers a change that mends it.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from mnistlab.widgets.designer.palette import Setting, Shape
from mnistlab.widgets.designer.plan import TRAINING, Layer, Plan, Row, Value, make_layer

MOST_PARAMETERS = 50_000_000
"""200 MB of weights, and three times that while they are trained."""

MOST_NUMBERS = 5_000_000
"""Numbers that one layer may make of one image."""

PROBABILITIES = {
    "categorical_crossentropy": ("softmax",),
    "sparse_categorical_crossentropy": ("softmax",),
    "binary_crossentropy": ("sigmoid", "softmax"),
    "mean_squared_error": ("softmax", "sigmoid"),
}
"""The activations of the output that a loss can be computed from."""


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
    """What is wrong.

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


def check(plan: Plan) -> list[Problem]:
    """Returns all that is wrong with a plan, in the order of its rows.

    Example:
        >>> from mnistlab.widgets.designer.plan import Plan, make_layer
        >>> plan = Plan(layers=(make_layer("Conv2D"), make_layer("Output")))
        >>> [problem.fix for problem in check(plan)]
        ['Insert Flatten before row 2']
    """
    return [*_structure(plan), *_each_row(plan), *_size(plan), *_training(plan)]


def training_problems(plan: Plan) -> list[Problem]:
    """Returns what is wrong with how a plan is trained."""
    return list(_training(plan))


def _structure(plan: Plan) -> Iterator[Problem]:
    rows = plan.rows
    if not rows:
        yield Problem(
            "no layers", None, "There are no layers. Add one from the palette, or take a template."
        )
        return
    outputs = [row for row in rows if row.layer.kind == "Output"]
    if not outputs:
        place = len(rows)
        layer = make_layer("Output", units=plan.classes)
        yield Problem(
            "missing output",
            None,
            f"The last layer is row {place} ({rows[-1].layer.kind}), and no Output follows: the "
            "network answers nothing. Add an Output as its last row.",
            f"Add an Output with {plan.classes} classes",
            (Edit("insert", place, layer),),
        )
    for row in outputs[:-1]:
        yield Problem(
            "two outputs",
            row.number,
            f"{row}: there is another Output in row {outputs[-1].number}, and a network here has "
            "one. Remove this one, or make it a Dense.",
            f"Remove row {row.number}",
            (Edit("remove", row.number - 1),),
        )
    if outputs and outputs[-1].number < len(rows):
        last = outputs[-1]
        yield Problem(
            "layers behind the output",
            last.number,
            f"{last} is not the last row: what follows would take its probabilities for features. "
            "Move it to the end.",
            f"Move row {last.number} to the end",
            (Edit("move", last.number - 1, to=len(rows) - 1),),
        )


def _each_row(plan: Plan) -> Iterator[Problem]:
    for row in plan.rows:
        yield from _ranges(row)
        if row.input_shape is None:
            continue
        maps = len(row.input_shape) == 3
        if row.layer.of.needs_vector and maps:
            yield _unflattened(row)
        elif row.layer.of.needs_maps and not maps:
            yield _flattened(plan, row)
        elif row.output_shape is None:
            yield from _too_large_window(row)
        if row.layer.kind == "Output":
            yield from _output(plan, row)


def _ranges(row: Row) -> Iterator[Problem]:
    for name, value in row.layer.settings.items():
        setting = row.layer.of.setting(name)
        if setting.allows(value):
            continue
        rule = "dropout out of range" if row.layer.kind == "Dropout" else "out of range"
        reason = (
            " A rate of 1 would leave nothing, and below 0 there is no share."
            if row.layer.kind == "Dropout"
            else ""
        )
        yield Problem(
            rule,
            row.number,
            f"{row}: {setting.label.lower()} is {value:,g}, and it takes {setting.range}.{reason} "
            f"Set it to {setting.default}, for example.",
            f"Set {setting.label.lower()} to {setting.default}",
            (Edit("change", row.number - 1, settings=((name, setting.default),)),),
        )


def _unflattened(row: Row) -> Problem:
    height, width, channels = row.input_shape
    return Problem(
        "dense before flatten",
        row.number,
        f"{row} is given maps of {height}x{width}x{channels}. Keras would accept that in silence "
        f"and treat each of the {height * width:,} places as an image of its own. Insert a Flatten "
        "before it.",
        f"Insert Flatten before row {row.number}",
        (Edit("insert", row.number - 1, make_layer("Flatten")),),
    )


def _flattened(plan: Plan, row: Row) -> Problem:
    before = [
        each
        for each in plan.rows[: row.number - 1]
        if each.layer.kind in ("Flatten", "GlobalAveragePooling2D")
    ]
    # What a dense layer made of the row of numbers has no places either.
    movable = before and not any(
        each.layer.of.needs_vector for each in plan.rows[before[0].number : row.number - 1]
    )
    message = (
        f"{row} works on maps, and is given a row of {row.input_shape[0]:,} numbers"
        + (f", since row {before[0].number} ({before[0].layer.kind})" if before else "")
        + ". Move it before that row, or remove it."
    )
    if movable:
        target = before[0].number
        fix = f"Move row {row.number} before row {target}"
        edits = (Edit("move", row.number - 1, to=target - 1),)
    else:
        fix, edits = f"Remove row {row.number}", (Edit("remove", row.number - 1),)
    return Problem("maps after flatten", row.number, message, fix, edits)


def _too_large_window(row: Row) -> Iterator[Problem]:
    name = "kernel_size" if "kernel_size" in row.layer.settings else "pool_size"
    window, smallest = row.layer.settings.get(name), min(row.input_shape[:2])
    if window is None or window <= smallest:
        return
    what = row.layer.of.setting(name).label.lower()
    shape = _in_words(row.input_shape)
    yield Problem(
        f"{what} larger than its input",
        row.number,
        f"{row}: its {what} is {window}x{window}, and its input only {shape}: it does not fit "
        f"once. Make it {smallest} or less, or remove a pooling before it.",
        f"Set {what} to {smallest}",
        (Edit("change", row.number - 1, settings=((name, smallest),)),),
    )


def _output(plan: Plan, row: Row) -> Iterator[Problem]:
    units = row.layer.settings["units"]
    if units != plan.classes:
        yield Problem(
            "output units",
            row.number,
            f"{row} has {units:,} units, and the data have {plan.classes} classes. Give it one for "
            "each class.",
            f"Set its units to {plan.classes}",
            (Edit("change", row.number - 1, settings=(("units", plan.classes),)),),
        )
    activation = row.layer.settings["activation"]
    fitting = PROBABILITIES[plan.training.loss]
    if activation not in fitting:
        yield Problem(
            "output activation",
            row.number,
            f"{row} ends in {activation}, and the loss {plan.training.loss} is computed from "
            f"probabilities. Set its activation to {fitting[0]}.",
            f"Set its activation to {fitting[0]}",
            (Edit("change", row.number - 1, settings=(("activation", fitting[0]),)),),
        )


def _size(plan: Plan) -> Iterator[Problem]:
    for row in plan.rows:
        numbers = _count(row.output_shape)
        if row.parameters > MOST_PARAMETERS or numbers > MOST_NUMBERS:
            yield Problem(
                "too large",
                row.number,
                f"{row} has {row.parameters:,} parameters and makes {numbers:,} numbers of each "
                f"image; at most {MOST_PARAMETERS:,} and {MOST_NUMBERS:,} can be trained here. "
                "Make it smaller, or pool before it.",
            )
    if plan.parameters > MOST_PARAMETERS and not any(
        row.parameters > MOST_PARAMETERS for row in plan.rows
    ):
        largest = max(plan.rows, key=lambda row: row.parameters)
        yield Problem(
            "too large",
            largest.number,
            f"The network has {plan.parameters:,} parameters, most of them in {largest}; at most "
            f"{MOST_PARAMETERS:,} can be trained here. Make that row smaller, or pool before it.",
        )


def _training(plan: Plan) -> Iterator[Problem]:
    training = plan.training
    for name, setting in TRAINING.items():
        value = getattr(training, name)
        if not setting.allows(value):
            default = _example(setting)
            yield Problem(
                "out of range",
                None,
                f"Training: {setting.label.lower()} is {value:,g}, and it takes {setting.range}. "
                f"Set it to {default}, for example.",
                f"Set {setting.label.lower()} to {default}",
                (Edit("train", settings=((name, default),)),),
            )
    wants = "integers" if training.loss.startswith("sparse") else "one_hot"
    if training.labels != wants:
        other = (
            "sparse_categorical_crossentropy"
            if training.labels == "integers"
            else "categorical_crossentropy"
        )
        yield Problem(
            "loss and labels",
            None,
            f"Training: the loss {training.loss} takes labels as {wants}, and they are given as "
            f"{training.labels}. Choose {other}, or give them as {wants}.",
            f"Set the loss to {other}",
            (Edit("train", settings=(("loss", other),)),),
        )


def _example(setting: Setting) -> Value:
    """A value that is allowed; "off" for what can be left out."""
    return setting.default


def _in_words(shape: Shape) -> str:
    return "x".join(f"{side:,}" for side in shape)


def _count(shape: Shape | None) -> int:
    total = 1
    for side in shape or ():
        total *= side
    return total if shape else 0
