"""What helpers for data ask of their arguments: whole numbers, and files that are there."""

import os
from numbers import Integral
from pathlib import Path

from mnistlab.errors import DataError


def whole_number(value: int, name: str, least: int) -> int:
    if isinstance(value, Integral) and not isinstance(value, bool) and value >= least:
        return int(value)
    raise DataError(f"{name} is {value!r}; give a whole number of at least {least}.")


def text_of(path: str | os.PathLike, kind: str = "a text file") -> str:
    check_file(path, kind)
    try:
        return Path(path).read_text("utf-8-sig")
    except UnicodeDecodeError as cause:
        raise DataError(f"{path} is not {kind} in UTF-8 ({cause.reason}). Convert it.") from cause


def check_file(path: str | os.PathLike, kind: str) -> None:
    if not Path(path).exists():
        raise FileNotFoundError(f"{path} does not exist; {kind} was expected. Check the path.")
    if not Path(path).is_file():
        raise DataError(f"{path} is no file; {kind} was expected. Give the file itself.")
