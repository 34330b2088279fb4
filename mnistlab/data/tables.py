"""Reading tables of numbers: CSV and its relatives, with each fault's line and column.

A table may come from any program: with commas, semicolons, tabs or blanks
between its cells, with or without a line of names, with a byte order mark, with
decimal commas. All of it is found out from the first lines. Most tables of
images hold whole numbers up to 255, which are read five times as fast as others,
so that this is tried first.
"""

import codecs
import gzip
import itertools
import os
import re
import warnings
import zlib
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple, TextIO

from mnistlab.data.filetypes import ENOUGH, check_is_file, describe
from mnistlab.errors import DataError

import numpy as np

LONGEST_LINE = 2**21
"""Characters; a line of 100,000 columns with 20 digits each."""

MOST_VALUES = 150_000_000
"""Numbers in a table: about three times those of MNIST."""

MOST_LINES = 2_000_000
"""Lines of a table, blank ones too: a few kilobytes of gzip can unpack to billions."""

REMEDY = "Give a table of numbers, one image a line."

_AT_ONCE = 4_000_000
"""Numbers that are read together."""

_GZIP = b"\x1f\x8b"
_OTHER_ENCODINGS = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
_NUMBER = re.compile(r"\s*[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?\s*", re.ASCII)
_NOT_FINITE = re.compile(r"\s*[+-]?(nan|inf|infinity|n/?a|null|none)\s*", re.IGNORECASE)
_LARGEST = float(np.finfo(np.float32).max)
_LONGEST_SHOWN = 30


class Table(NamedTuple):
    """A table of numbers.

    Attributes:
        values: (rows, columns) uint8, or float32 if not all of it is whole
            numbers from 0 to 255.
        names: of the columns; none if the file does not say.
        lines: (rows,) the line of the file that each row stood in, from 1.
    """

    values: np.ndarray
    names: tuple[str, ...]
    lines: np.ndarray


def read_table(path: str | os.PathLike) -> Table:
    """Reads a table of numbers from a text file, also one compressed with gzip.

    Args:
        path: the file. Between the cells of a line stand commas, semicolons,
            tabs or blanks; its first line may name the columns.

    Raises:
        DataError: it is missing, empty, no text, too large, or a line has a
            cell that is no number, or another number of cells than the first.

    Example:
        >>> import tempfile
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     path = Path(folder, "two.csv")
        ...     length = path.write_text("label;a;b\\n7;0;255\\n2;12;0\\n")
        ...     read_table(path)
        Table(values=array([[  7,   0, 255],
               [  2,  12,   0]], dtype=uint8), names=('label', 'a', 'b'), lines=array([2, 3]))
    """
    path = Path(path)
    check_is_file(path, "a table (CSV or text)", REMEDY)
    try:
        packed = _check_start(path)
        with _opened(path, packed) as file:
            return _read(file, path)
    except (EOFError, zlib.error, gzip.BadGzipFile) as cause:
        raise DataError(f"{path} is damaged or truncated ({cause}). Copy it again.") from cause
    except OSError as cause:
        raise DataError(
            f"{path} cannot be read: {cause.strerror or cause}. Check its permissions."
        ) from cause


def _check_start(path: Path) -> bool:
    """Refuses what is no text; returns whether it is compressed."""
    with path.open("rb") as file:
        packed = file.read(len(_GZIP)) == _GZIP
    with gzip.open(path) if packed else path.open("rb") as file:
        start = file.read(ENOUGH)
    if start.startswith(_OTHER_ENCODINGS):
        raise DataError(f"{path} is written in UTF-16. Save it again as CSV in UTF-8.")
    if (found := describe(start.removeprefix(codecs.BOM_UTF8))) != "a text":
        raise DataError(f"{path} is {found}; a table (CSV or text) was expected. {REMEDY}")
    return packed


def _opened(path: Path, packed: bool) -> TextIO:
    # In utf-8-sig, a byte order mark in front is no part of the text.
    kind = {"encoding": "utf-8-sig", "errors": "replace"}
    return gzip.open(path, "rt", **kind) if packed else path.open("r", **kind)


def _read(file: TextIO, path: Path) -> Table:
    lines = _lines(file, path)
    number, first = next(lines, (0, ""))
    if not first:
        raise DataError(f"{path} has no line with anything in it. {REMEDY}")
    reader = _Reader(path, _delimiter_of(first), first)
    names = reader.names(first)
    if not names:
        lines = itertools.chain([(number, first)], lines)
    while part := list(itertools.islice(lines, reader.rows_at_once)):
        reader.take(part)
    if not reader.parts:
        raise DataError(f"{path} has names of columns, and no line below them. {REMEDY}")
    return reader.table(names)


def _lines(file: TextIO, path: Path) -> Iterator[tuple[int, str]]:
    """Yields the lines that are not blank, with their numbers."""
    for number in itertools.count(1):
        line = file.readline(LONGEST_LINE + 1)
        if not line:
            return
        if len(line) > LONGEST_LINE:
            raise DataError(
                f"{path}, line {number} is longer than {LONGEST_LINE:,} characters. {REMEDY}"
            )
        if number > MOST_LINES:
            raise DataError(
                f"{path} has more than {MOST_LINES:,} lines, and at most so many are read. Cut the "
                "table, or save it as npz."
            )
        if line.strip():
            yield number, line


def _delimiter_of(line: str) -> str | None:
    """Returns what stands between the cells; `None` for blanks."""
    # Where there are semicolons or tabs, a comma may be that of a decimal.
    return next((each for each in ";\t," if each in line), None)


class _Reader:
    """Takes lines, some thousands at a time, and makes one table of them."""

    def __init__(self, path: Path, delimiter: str | None, first: str):
        self.path = path
        self.delimiter = delimiter
        self.columns = len(self._cells(first))
        self.rows_at_once = max(1, _AT_ONCE // self.columns)
        self.parts: list[np.ndarray] = []
        self.numbers: list[int] = []
        self._dtype = np.uint8

    def names(self, first: str) -> tuple[str, ...]:
        """Returns the names that a line has for the columns; none where it holds numbers.

        Some programs number the columns, so that a name at either end is enough.
        """
        cells = [cell.strip() for cell in self._cells(first)]
        named = [not (_NUMBER.fullmatch(cell) or _NOT_FINITE.fullmatch(cell)) for cell in cells]
        at_an_end = any(named[place] and cells[place] for place in (0, -1))
        return tuple(cells) if at_an_end or sum(named) >= len(cells) / 2 else ()

    def take(self, lines: Sequence[tuple[int, str]]) -> None:
        """Reads some lines."""
        self.numbers += [number for number, _ in lines]
        if len(self.numbers) * self.columns > MOST_VALUES:
            raise DataError(
                f"{self.path} holds more than {MOST_VALUES:,} numbers, and at most so many are "
                "read. Cut the table, or save it as npz."
            )
        values = self._parsed(lines)
        # Checked here, where the text of the cell is still at hand.
        if values.shape[1] != self.columns or not np.isfinite(values).all():
            self._refuse(lines, "a cell is no finite number")
        self.parts.append(values)

    def table(self, names: tuple[str, ...]) -> Table:
        """Returns all that was read."""
        return Table(np.concatenate(self.parts), names, np.array(self.numbers))

    def _parsed(self, lines: Sequence[tuple[int, str]]) -> np.ndarray:
        text = [self._clean(line) for _, line in lines]
        if self._dtype == np.uint8:
            try:
                return self._load(text)
            except ValueError:
                self._dtype = np.float32
        try:
            return self._load(text)
        except ValueError as cause:
            self._refuse(lines, str(cause))

    def _load(self, text: list[str]) -> np.ndarray:
        with warnings.catch_warnings():
            # A number that float32 cannot hold becomes infinite, and is refused then.
            warnings.simplefilter("ignore", RuntimeWarning)
            # NumPy before 2.3 makes 0 of 0.5 and of 256 where whole numbers are asked for, and
            # warns; as an error it is the ValueError that later versions raise.
            warnings.simplefilter("error", DeprecationWarning)
            return np.loadtxt(text, self._dtype, comments=None, delimiter=self.delimiter, ndmin=2)

    def _clean(self, line: str) -> str:
        if '"' in line:
            line = line.replace('"', "")
        if "," in line and self.delimiter != ",":
            line = line.replace(",", ".")
        return line

    def _cells(self, line: str) -> list[str]:
        return self._clean(line.rstrip("\r\n")).split(self.delimiter)

    def _refuse(self, lines: Sequence[tuple[int, str]], cause: str) -> None:
        """Raises an error that names the cell."""
        for number, line in lines:
            cells = self._cells(line)
            if len(cells) != self.columns:
                raise DataError(
                    f"{self.path}, line {number} has {_count(len(cells), 'column')}, and the first "
                    f"line has {self.columns:,}. Every line must have as many."
                )
            for column, cell in enumerate(cells, start=1):
                if not (_NUMBER.fullmatch(cell) and abs(float(cell)) <= _LARGEST):
                    raise DataError(
                        f"{self.path}, line {number}, column {column} {_complaint(cell)}. Correct "
                        "it, or leave out the line."
                    )
        raise DataError(f"{self.path} cannot be read as numbers: {cause}. {REMEDY}")


def _complaint(cell: str) -> str:
    cell = cell.strip()
    if not cell:
        return "is empty"
    shown = cell if len(cell) <= _LONGEST_SHOWN else f"{cell[:_LONGEST_SHOWN]}…"
    finite = not (_NOT_FINITE.fullmatch(cell) or _NUMBER.fullmatch(cell))
    return f"is {shown!r}, which is no {'' if finite else 'finite '}number"


def _count(number: int, word: str) -> str:
    return f"{number:,} {word}{'' if number == 1 else 's'}"
