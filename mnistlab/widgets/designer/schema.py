"""The file format of designs: JSON with a version, checked in full when it is read.

A file is taken as it is or refused, with the row named: nothing in it is
guessed, filled in or put right. What is out of a setting's range is no fault
of the file, though: a draft can be saved, and the rules say what is wrong with it.
"""

import json
import os
from collections.abc import Mapping
from pathlib import Path

from mnistlab.errors import DesignError
from mnistlab.files import write_atomically
from mnistlab.widgets.designer.palette import Setting, brief, kind_of
from mnistlab.widgets.designer.plan import (
    MOST_LAYERS,
    TRAINING,
    Layer,
    Plan,
    Training,
    Value,
    checked_data,
    checked_name,
)

FORMAT = "mnistlab design"
VERSION = 1
LARGEST = 1_000_000
"""Bytes of the largest file; a hundred layers take thirty thousand."""

ENDING = ".json"

_PARTS = ("format", "version", "name", "input_shape", "classes", "layers", "training")


def to_json(plan: Plan) -> str:
    """Returns a plan as text of the file format.

    Example:
        >>> from mnistlab.widgets.designer.plan import make_layer
        >>> text = to_json(Plan("small", layers=(make_layer("Flatten"),)))
        >>> print(text[: text.index(',')])
        {
          "format": "mnistlab design"
    """
    content = {
        "format": FORMAT,
        "version": VERSION,
        "name": plan.name,
        "input_shape": list(plan.input_shape),
        "classes": plan.classes,
        "layers": [{"kind": each.kind, "settings": dict(each.settings)} for each in plan.layers],
        "training": {name: getattr(plan.training, name) for name in TRAINING},
    }
    return json.dumps(content, indent=2, ensure_ascii=False, allow_nan=False) + "\n"


def from_json(text: str) -> Plan:
    """Returns the plan that a text in the file format says.

    Raises:
        DesignError: the text is no JSON, not in this format or of another
            version, larger than 1 MB, or a part of it is missing, unknown or
            of another type; the row at fault is named.

    Example:
        >>> from_json(to_json(Plan("small"))) == Plan("small")
        True
        >>> from_json("[]")
        Traceback (most recent call last):
            ...
        mnistlab.errors.DesignError: This is no design: it is [], where a design is an object. \
Choose a file that the designer saved.
    """
    content = _parsed(text)
    _require_format(content)
    _require_parts(content, _PARTS, "the design")
    name = checked_name(content["name"])
    if name != content["name"]:
        raise DesignError(f"The name {brief(content['name'])} has blanks around it; remove them.")
    return Plan(
        name=name,
        **checked_data(content["input_shape"], content["classes"]),
        layers=_layers(content["layers"]),
        training=Training(**_settings(content["training"], TRAINING, "Training")),
    )


def save(plan: Plan, path: str | os.PathLike) -> Path:
    """Writes a plan to a file, and reads it back before the file takes its name.

    Args:
        plan: what to save.
        path: where to, ending in `.json`. Missing folders are made.

    Returns:
        The path written.

    Raises:
        DesignError: the name has another ending, or the file cannot be written.
            A file of that name is as it was.
    """
    path = Path(path)
    if path.suffix.lower() != ENDING:
        raise DesignError(f"{path.name}: a design is saved under a name that ends in {ENDING}.")

    def check(written: Path) -> None:
        if from_json(_content(written)) != plan:
            raise DesignError(f"{path.name} did not read back as it was written. Save it again.")

    text = to_json(plan)
    return write_atomically(
        path, lambda temporary: temporary.write_text(text, "utf-8"), check, DesignError
    )


def load(path: str | os.PathLike) -> Plan:
    """Reads a plan from a file.

    Args:
        path: a file that `save` wrote, or one like it.

    Raises:
        DesignError: there is no such file, or it is none of a design; the
            message names the file, and the row at fault.
    """
    path = Path(path)
    try:
        return from_json(_content(path))
    except DesignError as cause:
        raise DesignError(f"{path.name}: {cause}") from cause


def _content(path: Path) -> str:
    """The text of a file, of which no more is read than a design can have."""
    try:
        if path.exists() and not path.is_file():
            raise DesignError("This is no file. Choose a file that the designer saved.")
        with path.open("rb") as file:
            data = file.read(LARGEST + 1)
    except OSError as cause:
        raise DesignError(
            f"The file cannot be read ({cause.strerror or cause}). Check its name and its folder."
        ) from cause
    except ValueError as cause:
        raise DesignError(f"The file cannot be read ({cause}). Check its name.") from cause
    _require_small(len(data))
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as cause:
        raise DesignError(
            f"This is no design: byte {cause.start + 1:,} is no text in UTF-8. Choose a file that "
            "the designer saved."
        ) from cause


def _require_small(size: int) -> None:
    if size > LARGEST:
        raise DesignError(
            f"This is no design: it is larger than {LARGEST:,} bytes. Choose a file that the "
            "designer saved."
        )


def _parsed(text: object) -> Mapping:
    if not isinstance(text, str):
        raise DesignError(f"A design is read from text, not from {type(text).__name__}.")
    # Surrogates are no text that a file could hold; the JSON inside is checked for them later.
    _require_small(len(text.encode("utf-8", "surrogatepass")))
    try:
        content = json.loads(text, object_pairs_hook=_object, parse_constant=_no_constant)
    except json.JSONDecodeError as cause:
        raise DesignError(
            f"This is no design: line {cause.lineno}, column {cause.colno} is no JSON "
            f"({cause.msg}). The file is damaged or something else; choose one that the designer "
            "saved."
        ) from cause
    except RecursionError as cause:
        raise DesignError(
            "This is no design: it is nested too deeply. Choose a file that the designer saved."
        ) from cause
    except ValueError as cause:
        # A whole number of thousands of digits, which Python does not read.
        if isinstance(cause, DesignError):
            raise
        raise DesignError(f"This is no design: a number in it cannot be read ({cause}).") from cause
    if not isinstance(content, dict):
        raise DesignError(
            f"This is no design: it is {brief(content)}, where a design is an object. Choose a "
            "file that the designer saved."
        )
    return content


def _object(pairs: list[tuple[str, object]]) -> dict[str, object]:
    found = dict(pairs)
    if len(found) < len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise DesignError(f"This is no design: an object in it has {brief(twice)} twice.")
    return found


def _no_constant(name: str) -> None:
    raise DesignError(f"This is no design: a number in it is {name}, which is none.")


def _require_format(content: Mapping) -> None:
    if content.get("format") != FORMAT:
        raise DesignError(
            f"This is no design: its format is {brief(content.get('format'))}, and a design says "
            f"{FORMAT!r}. Choose a file that the designer saved."
        )
    version = content.get("version")
    if type(version) is not int or version != VERSION:
        raise DesignError(
            f"The design's version is {brief(version)}, and this program reads version {VERSION}. "
            "A newer program may have saved it: update this one."
        )


def _require_parts(content: object, names: tuple[str, ...], where: str) -> None:
    """Makes sure that an object has these parts and no others."""
    if not isinstance(content, dict):
        raise DesignError(f"{where} is {brief(content)}; it takes an object.")
    for name in names:
        if name not in content:
            raise DesignError(f"{where}: {name} is missing.")
    for name in content:
        if name not in names:
            raise DesignError(
                f"{where} has a part {brief(name)} that is unknown; it takes {', '.join(names)}."
            )


def _layers(content: object) -> tuple[Layer, ...]:
    if not isinstance(content, list):
        raise DesignError(f"layers is {brief(content)}; it takes a list.")
    if len(content) > MOST_LAYERS:
        raise DesignError(
            f"Row {MOST_LAYERS + 1}: there are {len(content):,} layers, and a design has at most "
            f"{MOST_LAYERS}."
        )
    return tuple(_layer(each, f"Row {number}") for number, each in enumerate(content, 1))


def _layer(content: object, where: str) -> Layer:
    _require_parts(content, ("kind", "settings"), where)
    try:
        kind = kind_of(content["kind"])
    except DesignError as cause:
        raise DesignError(f"{where}: {cause}") from cause
    known = {setting.name: setting for setting in kind.settings}
    return Layer(kind.name, _settings(content["settings"], known, f"{where} ({kind.name})"))


def _settings(content: object, known: Mapping[str, Setting], where: str) -> dict[str, Value]:
    _require_parts(content, tuple(known), where)
    try:
        return {name: setting.check_type(content[name]) for name, setting in known.items()}
    except DesignError as cause:
        raise DesignError(f"{where}: {cause}") from cause
