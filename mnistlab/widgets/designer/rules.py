"""The rules: what is wrong with a plan, row by row, and what would make it right.

Keras accepts much that nobody means, and refuses the rest in the words of a
programmer. Each rule here names the row, says what is wrong, and where it can,
offers a change that mends it.
"""

import math
from collections.abc import Iterator

from mnistlab.data.shapes import in_words
from mnistlab.errors import DesignError
from mnistlab.widgets.designer import advice
from mnistlab.widgets.designer.palette import Setting, as_text
from mnistlab.widgets.designer.plan import (
    LABEL_FORMS,
    MOST_LAYERS,
    TRAINING,
    Plan,
    Row,
    Value,
    make_layer,
)
from mnistlab.widgets.designer.problems import Edit, Problem

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


def check(plan: Plan) -> list[Problem]:
    """Returns all that is wrong with a plan, in the order of its rows, and advice.

    Example:
        >>> from mnistlab.widgets.designer.plan import Plan, make_layer
        >>> plan = Plan(layers=(make_layer("Conv2D"), make_layer("Output")))
        >>> [problem.fix for problem in check(plan)]
        ['Insert Flatten before row 2']
    """
    rows = [*_structure(plan), *_each_row(plan), *_size(plan), *advice.on_rows(plan)]
    rows.sort(key=lambda problem: problem.row or 0)
    return [*rows, *training_problems(plan)]


def training_problems(plan: Plan) -> list[Problem]:
    """Returns what is wrong with how a plan is trained, and advice on it."""
    return [*_training(plan), *advice.on_training(plan)]


def require_sound(plan: Plan) -> None:
    """Makes sure that a plan can be built and trained.

    Raises:
        DesignError: it cannot; the message is that of the first problem.
    """
    severe = [problem for problem in check(plan) if problem.severe]
    if severe:
        more = f" ({len(severe) - 1} more: see check().)" if len(severe) > 1 else ""
        raise DesignError(f"{severe[0].message}{more}")


def _structure(plan: Plan) -> Iterator[Problem]:
    rows = plan.rows
    if not rows:
        yield Problem(
            "no layers", None, "There are no layers. Add one from the palette, or take a template."
        )
        return
    if plan.classes == 1:
        yield Problem(
            "one class",
            None,
            "The data have one class only, and there is nothing to tell apart. Load data with two "
            "or more, in step 1.",
        )
    outputs = [row for row in rows if row.layer.kind == "Output"]
    if not outputs:
        yield _missing_output(plan)
    for row in outputs[:-1]:
        yield Problem(
            "two outputs",
            row.number,
            f"{row}: there is another Output in row {outputs[-1].number}, and a network here has "
            "one. Remove this one.",
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


def _missing_output(plan: Plan) -> Problem:
    last = plan.rows[-1]
    insert = Edit("insert", last.number, make_layer("Output", units=plan.classes))
    fix, edits, more = _insertion(plan, f"Add an Output with {plan.classes} classes", insert)
    return Problem(
        "missing output",
        None,
        f"The last layer is row {last.number} ({last.layer.kind}), and no Output follows: the "
        f"network answers nothing. Add an Output as its last row.{more}",
        fix,
        edits,
    )


def _insertion(plan: Plan, fix: str, edit: Edit) -> tuple[str, tuple[Edit, ...], str]:
    """A fix that adds a row, where there is room for one, and what else is to be said."""
    if len(plan.layers) < MOST_LAYERS:
        return fix, (edit,), ""
    return "", (), f" There are {MOST_LAYERS} rows already, and that is the most: remove one first."


def _each_row(plan: Plan) -> Iterator[Problem]:
    dense_on_maps = False
    for row in plan.rows:
        yield from _ranges(row)
        if row.input_shape is None:
            continue
        maps = len(row.input_shape) == 3
        if row.layer.of.needs_vector and maps:
            # What a dense layer makes of maps are maps; the Flatten before the first mends all.
            if not dense_on_maps:
                yield _unflattened(plan, row)
            dense_on_maps = True
        elif row.layer.of.needs_maps and not maps:
            yield _flattened(plan, row)
        elif row.output_shape is None:
            yield from _too_large_window(plan, row)
        if row.layer.kind == "Output":
            yield from _output(plan, row)


def _ranges(row: Row) -> Iterator[Problem]:
    for name, value in row.layer.settings.items():
        setting = row.layer.of.setting(name)
        if setting.allows(value):
            continue
        dropout = row.layer.kind == "Dropout"
        reason = (
            " A rate of 1 would leave nothing, and below 0 there is no share." if dropout else ""
        )
        label = setting.label.lower()
        better = _better(setting, value)
        advised, fix = _reset(better, label)
        yield Problem(
            "dropout out of range" if dropout else "out of range",
            row.number,
            f"{row}: {label} is {as_text(value)}, and it takes {setting.range}.{reason} {advised}, "
            "for example.",
            fix,
            (Edit("change", row.number - 1, settings=((name, better),)),),
        )


def _better(setting: Setting, value: Value) -> Value:
    """What to set in place of a value out of its range."""
    # Of what has to be a share, 97 was meant as a percentage.
    if setting.type is float and setting.largest == 1 and 1 < value <= 100:
        share = value / 100
        return share if setting.allows(share) else setting.default
    return setting.default


def _reset(better: Value, label: str) -> tuple[str, str]:
    """What to do about a value out of its range, for the message and for the button."""
    if better is None:
        return "Leave it out", f"Leave {label} out"
    return f"Set it to {as_text(better)}", f"Set {label} to {as_text(better)}"


def _unflattened(plan: Plan, row: Row) -> Problem:
    height, width, _ = row.input_shape
    insert = Edit("insert", row.number - 1, make_layer("Flatten"))
    fix, edits, more = _insertion(plan, f"Insert Flatten before row {row.number}", insert)
    places = height * width
    silence = (
        f"treat each of the {places:,} places as an image of its own"
        if places > 1
        else "answer with a map in place of a row of numbers"
    )
    return Problem(
        "dense before flatten",
        row.number,
        f"{row} is given maps of {in_words(row.input_shape)}. Keras would accept that in silence "
        f"and {silence}. Insert a Flatten before it.{more}",
        fix,
        edits,
    )


def _flattened(plan: Plan, row: Row) -> Problem:
    before = plan.rows[: row.number - 1]
    target = next(each for each in before if each.output_shape and len(each.output_shape) == 1)
    # What a dense layer made of the row of numbers has no places either, and of two layers that
    # both end the maps one stays behind the other.
    movable = not any(each.layer.of.needs_vector for each in before[target.number :])
    movable = movable and row.layer.kind != target.layer.kind
    given = f"{row} works on maps, and is given a row of {row.input_shape[0]:,} numbers, since "
    given += f"row {target.number} ({target.layer.kind})."
    if movable:
        fix = f"Move row {row.number} before row {target.number}"
        edit = Edit("move", row.number - 1, to=target.number - 1)
        advised = "Move it before that row, or remove it."
    else:
        fix, edit = f"Remove row {row.number}", Edit("remove", row.number - 1)
        advised = "Remove it, or move it before that row."
    return Problem("maps after flatten", row.number, f"{given} {advised}", fix, (edit,))


def _too_large_window(plan: Plan, row: Row) -> Iterator[Problem]:
    names = ("kernel_size", "pool_size")
    name = next((name for name in names if name in row.layer.settings), None)
    if name is None:
        return
    window, smallest = row.layer.settings[name], min(row.input_shape[:2])
    if window <= smallest or row.layer.settings["padding"] == "same":
        return
    if not row.layer.of.setting(name).allows(window):
        return
    what = row.layer.of.setting(name).label.lower()
    pooled = any("Pooling" in each.layer.kind for each in plan.rows[: row.number - 1])
    yield Problem(
        f"{what} larger than its input",
        row.number,
        f"{row}: its {what} is {window}x{window}, and its input {in_words(row.input_shape)}: it "
        f"does not fit once. Make it {smallest} or less"
        + (", or remove a pooling before it." if pooled else "."),
        f"Set {what} to {smallest}",
        (Edit("change", row.number - 1, settings=((name, smallest),)),),
    )


def _output(plan: Plan, row: Row) -> Iterator[Problem]:
    units, activation = row.layer.settings["units"], row.layer.settings["activation"]
    if units != plan.classes and row.layer.of.setting("units").allows(units):
        yield Problem(
            "output units",
            row.number,
            f"{row} has {units:,} units, and the data have {plan.classes:,} classes. Give it one "
            "for each class.",
            f"Set its units to {plan.classes}",
            (Edit("change", row.number - 1, settings=(("units", plan.classes),)),),
        )
    fitting = PROBABILITIES[plan.training.loss]
    if activation not in fitting:
        yield Problem(
            "output activation",
            row.number,
            f"{row} ends in {activation}, and the loss {plan.training.loss} is computed from "
            f"probabilities. Set its activation to {' or '.join(fitting)}.",
            f"Set its activation to {fitting[0]}",
            (Edit("change", row.number - 1, settings=(("activation", fitting[0]),)),),
        )


def _size(plan: Plan) -> Iterator[Problem]:
    for row in plan.rows:
        numbers = math.prod(row.output_shape) if row.output_shape else 0
        if row.parameters > MOST_PARAMETERS or numbers > MOST_NUMBERS:
            yield Problem(
                "too large",
                row.number,
                f"{row} has {row.parameters:,} parameters and makes {numbers:,} numbers of each "
                f"image; at most {MOST_PARAMETERS:,} and {MOST_NUMBERS:,} can be trained here. "
                "Make it smaller, or pool before it.",
            )
            # Those behind it are too large because of it, most often.
            return
    if plan.parameters > MOST_PARAMETERS:
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
        if setting.allows(value):
            continue
        label = setting.label.lower()
        label = f"stop at {label}" if name.startswith("stop_") else label
        better = _better(setting, value)
        advised, fix = _reset(better, label)
        yield Problem(
            "out of range",
            None,
            f"Training: {label} is {as_text(value)}, and it takes {setting.range}. {advised}, for "
            "example.",
            fix,
            (Edit("train", settings=((name, better),)),),
        )
    yield from _labels(plan)


def _labels(plan: Plan) -> Iterator[Problem]:
    loss, labels = plan.training.loss, plan.training.labels
    wants = "integers" if loss.startswith("sparse") else "one_hot"
    if labels == wants:
        return
    other = (
        "sparse_categorical_crossentropy" if labels == "integers" else "categorical_crossentropy"
    )
    yield Problem(
        "loss and labels",
        None,
        f"Training: the loss {loss} takes labels as {LABEL_FORMS[wants]}, and they are given as "
        f"{LABEL_FORMS[labels]}. Choose {other}, or give them as {LABEL_FORMS[wants]}.",
        f"Set the loss to {other}",
        (Edit("train", settings=(("loss", other),)),),
    )
