"""JSON files of what was measured: results and tunings, the reader's own and the project's."""

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TypeVar

from mnistlab import settings
from mnistlab.errors import DataError
from mnistlab.files import write_atomically

Measured = TypeVar("Measured")


def write(
    path: str | Path, content: Mapping[str, object], what: str, load: Callable[[Path], object]
) -> Path:
    """Writes what was measured as JSON; an older file stays until the new one is whole.

    Args:
        path: the file; its folder is made if need be.
        content: what goes into it, with a "name".
        what: what it is, in a word, such as "result".
        load: reads the file back, and refuses what could not be read again.

    Returns:
        The path.

    Raises:
        DataError: the file cannot be written there, or the content holds
            something that JSON cannot express.

    Example:
        >>> import tempfile
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     path = write(Path(folder, "a.json"), {"name": "a"}, "result", json_of)
        ...     json_of(path)
        {'name': 'a'}
    """
    try:
        text = json.dumps(content, indent=1, allow_nan=False) + "\n"
    except (TypeError, ValueError) as error:
        raise DataError(
            f"The {what} {content['name']!r} cannot be saved as JSON ({error}). It may hold texts, "
            "finite numbers, lists and dictionaries."
        ) from error
    return write_atomically(
        path, lambda new: new.write_text(text, "utf-8"), check=load, error=DataError
    )


def json_of(path: Path) -> object:
    """Returns what a JSON file holds, whatever that is."""
    return json.loads(path.read_text("utf-8"))


def read(
    path: str | Path,
    what: str,
    marks: Mapping[str, object],
    fields: Mapping[str, object],
    checked: Callable[..., Measured],
) -> Measured:
    """Reads what `write` wrote.

    Args:
        path: the JSON file.
        what: what it has to hold, in a word, such as "result".
        marks: what the file says of itself: its "format", and what else tells
            it from other files.
        fields: the names of its parts.
        checked: takes the parts by their names, and makes what was measured of
            them, or raises.

    Returns:
        What `checked` made.

    Raises:
        DataError: there is no such file, or it does not hold what it has to.
    """
    path = Path(path)
    try:
        content = json_of(path)
    except FileNotFoundError:
        raise DataError(
            f"{path.name} is not there; run the notebook that makes it, or check the path."
        ) from None
    except OSError as error:
        raise DataError(
            f"{path.name} cannot be read as a {what} ({error.strerror or type(error).__name__}); "
            "check that it is a file, and that you may read it."
        ) from error
    except (ValueError, RecursionError) as error:
        raise DataError(
            f"{path.name} cannot be read as a {what} ({error}); delete it and measure again."
        ) from error
    if not isinstance(content, dict) or {key: content.get(key) for key in marks} != dict(marks):
        raise DataError(
            f"{path.name} is not a {what} of this version (format {marks['format']}); measure "
            "again."
        )
    try:
        return checked(**{key: content[key] for key in fields})
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise DataError(
            f"{path.name} lacks a part of a {what} or has a wrong one ({error}); measure again."
        ) from error


def recorded(name: str, what: str, folder: str) -> Path:
    """Returns the file of a full run that this project recorded.

    Args:
        name: of the run, such as "baseline".
        what: what it is, in a word, such as "result".
        folder: where it is, in the project, such as "data/results".

    Returns:
        The path; whether there is a file is not checked.

    Raises:
        DataError: there is no checkout of the project, with which the record
            comes.
    """
    if not settings.IN_CHECKOUT:
        raise DataError(
            f"The recorded {what} {name!r} is not here: the record comes with the project's "
            f"checkout, in {folder}. Run from a checkout, or measure it."
        )
    return settings.PROJECT / folder / f"{name}.json"
