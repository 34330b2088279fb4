"""A learner's own drawings: strokes with a label, collected, saved and read again.

What is kept is what was drawn: the points of every stroke, in the units of the
canvas. Pixels are made from them when they are asked for, so that a better way
to make pixels also serves the drawings of last month.

A file may come from anyone, and may be damaged, so that it is read as MNIST's
is: sizes before content, numbers only, every value compared with what it may
be. And since nobody can draw again what is lost, a file that is something else
than what takes its name is set aside, and that is said.
"""

import itertools
import os
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from mnistlab.data.cache import notice
from mnistlab.data.images import strokes_to_digit
from mnistlab.data.npz import ArraySpec, read_npz, write_npz
from mnistlab.data.pictures import open_picture
from mnistlab.data.strokes import check_strokes
from mnistlab.errors import DataError, ImageError
from mnistlab.files import write_atomically

import numpy as np
from PIL import Image, PngImagePlugin

VERSION = 1
"""Of the file's form; raised when older readers would misunderstand it."""

NO_LABEL = -1
"""What stands in an array of labels for a drawing that has none."""

MOST_DRAWINGS = 100_000
MOST_STROKES = 1_000_000
MOST_POINTS = 10_000_000
"""What a file may hold at most: 80 MB of points."""

REMEDY = "Give the path of a file that Drawings.save wrote, or collect new drawings."

SIDE = 280
"""Pixels along a side of a drawing's picture: ten for each of MNIST's."""

_BOX, _PEN = 200, 22.5  # the ink's longest side and its width, in the picture's pixels
_SOFTWARE = "MNIST Lab: a drawing"  # how a picture made here is known again


@dataclass(frozen=True, eq=False, repr=False)
class Drawing:
    """What a hand drew, and which digit it stands for.

    Args:
        strokes: for each stroke its points, (n, 2) numbers: x to the right, y
            down, at any scale and place. One point is a dot, and a stroke
            without any is left out. They are copied.
        label: the digit, 0 to 9; `None` when nobody said.

    Attributes:
        strokes: tuple of (n, 2) float32 arrays, read-only.
        label: the digit or `None`.

    Raises:
        DataError: there is no point, a coordinate is no finite number or
            absurdly large, or the label is no digit.

    Example:
        >>> Drawing([[(10, 0), (10, 90)]], label=1)
        Drawing(1 stroke, 2 points, label 1)
    """

    strokes: tuple[np.ndarray, ...]
    label: int | None = None

    def __post_init__(self):
        object.__setattr__(self, "strokes", _checked_strokes(self.strokes))
        object.__setattr__(self, "label", _checked_label(self.label))

    def __repr__(self) -> str:
        label = "no label" if self.label is None else f"label {self.label}"
        points = sum(map(len, self.strokes))
        return f"Drawing({_count(self.strokes, 'stroke')}, {points} points, {label})"

    def digit(self, **rendering) -> np.ndarray:
        """Returns the drawing in MNIST's form.

        Args:
            **rendering: what `mnistlab.data.images.strokes_to_digit` takes
                beside the strokes.

        Returns:
            (28, 28) uint8: light ink on black.

        Example:
            >>> Drawing([[(10, 0), (10, 90)]]).digit().shape
            (28, 28)
        """
        return strokes_to_digit(self.strokes, **rendering)

    def picture(self) -> np.ndarray:
        """Returns the drawing for the eye: its strokes, fitted into a square.

        Returns:
            (280, 280) uint8: black ink on white, with MNIST's proportions of
            ink, pen and margin at ten times its size.

        Example:
            >>> Drawing([[(10, 0), (10, 90)]]).picture()[140, 140]
            np.uint8(0)
        """
        return _ink_on_paper(self.strokes)

    def save_png(self, path: str | os.PathLike) -> Path:
        """Saves the drawing's picture, in which `load_image` finds the same digit.

        Args:
            path: where to, ending in `.png`. Missing folders are made.

        Returns:
            The path written.

        Raises:
            DataError: the name has another ending, or the file cannot be
                written. An old file is as it was.

        Warns:
            UserWarning: a file of this name is no picture made here; it was
                set aside under the name in the message.
        """
        return _write(path, ".png", self._write_picture, self._check_picture, _is_picture)

    def save(self, path: str | os.PathLike) -> Path:
        """Saves the drawing with its label, and beside that its picture.

        Args:
            path: where to, ending in `.npz`. Missing folders are made.

        Returns:
            The path written. The picture is `seven.png` for `seven.npz`.

        Raises:
            DataError: the name has another ending, or a file cannot be
                written.

        Warns:
            UserWarning: a file of these names is something else, a collection
                among them; it was set aside under the name in the message.

        Example:
            >>> import tempfile
            >>> with tempfile.TemporaryDirectory() as folder:
            ...     path = Drawing([[(10, 0), (10, 90)]], label=1).save(Path(folder, "one.npz"))
            ...     sorted(file.name for file in Path(folder).iterdir()), Drawing.load(path)
            (['one.npz', 'one.png'], Drawing(1 stroke, 2 points, label 1))
        """
        picture = _target(path, ".npz").with_suffix(".png")
        return _write_drawings([self], path, _is_one, lambda: self.save_png(picture))

    @classmethod
    def load(cls, path: str | os.PathLike) -> "Drawing":
        """Loads the drawing in a file that holds one.

        Args:
            path: the `.npz` file; its picture is not needed.

        Returns:
            The drawing.

        Raises:
            DataError: as `Drawings.load`; or the file holds another number of
                drawings.
        """
        found = Drawings.load(path)
        if len(found) != 1:
            raise DataError(
                f"{path} holds {_count(found, 'drawing')}, where one was expected. "
                "Load them all with Drawings.load."
            )
        return found[0]

    def _write_picture(self, path: Path) -> None:
        mark = PngImagePlugin.PngInfo()
        mark.add_text("Software", _SOFTWARE)
        Image.fromarray(self.picture()).save(path, format="PNG", pnginfo=mark)

    def _check_picture(self, path: Path) -> None:
        with Image.open(path, formats=["PNG"]) as picture:
            same = np.array_equal(np.asarray(picture), self.picture())
        if not same:
            raise DataError(
                f"{path.name} was not saved: what was written is another picture. Save it again; "
                "if that fails too, the disk is at fault."
            )


class Drawings(Sequence):
    """Drawings in the order in which they were made.

    `len(drawings)`, `drawings[i]` and `for drawing in drawings` work as with a
    list; a slice is a collection again.

    Args:
        drawings: the `Drawing`s to begin with.

    Example:
        >>> drawings = Drawings()
        >>> drawings.add([[(10, 0), (10, 90)]], label=1)
        Drawing(1 stroke, 2 points, label 1)
        >>> drawings, drawings.labels
        (Drawings(1 drawing, 1 with a label), array([1]))
    """

    def __init__(self, drawings: Iterable[Drawing] = ()):
        self._drawings = list(drawings)

    def __len__(self) -> int:
        return len(self._drawings)

    def __getitem__(self, index):
        if isinstance(index, slice):
            return Drawings(self._drawings[index])
        return self._drawings[index]

    def __repr__(self) -> str:
        labeled = sum(drawing.label is not None for drawing in self)
        return f"Drawings({_count(self, 'drawing')}, {labeled} with a label)"

    @property
    def labels(self) -> np.ndarray:
        """(n,) int64: the label of each drawing, -1 where it has none."""
        labels = (NO_LABEL if drawing.label is None else drawing.label for drawing in self)
        return np.fromiter(labels, np.int64, len(self))

    def digits(self, **rendering) -> np.ndarray:
        """Returns all drawings in MNIST's form.

        Args:
            **rendering: what `mnistlab.data.images.strokes_to_digit` takes
                beside the strokes.

        Returns:
            (n, 28, 28) uint8: light ink on black; row i belongs to `labels[i]`.

        Example:
            >>> Drawings().digits().shape
            (0, 28, 28)
        """
        digits = [drawing.digit(**rendering) for drawing in self]
        return np.array(digits, np.uint8).reshape(-1, 28, 28)

    def add(self, strokes: Iterable[np.ndarray], label: int | None = None) -> Drawing:
        """Adds a drawing at the end.

        Args:
            strokes: for each stroke its points, (n, 2); see `Drawing`.
            label: the digit, 0 to 9; `None` when nobody said.

        Returns:
            The drawing that was added.

        Raises:
            DataError: as for `Drawing`; the collection stays as it was.
        """
        drawing = Drawing(strokes, label)
        self._drawings.append(drawing)
        return drawing

    def remove(self, index: int) -> Drawing:
        """Removes a drawing; those after it move up.

        Args:
            index: its place, from 0; -1 is the last.

        Returns:
            The drawing that was removed.

        Raises:
            DataError: there is no drawing at this place.
        """
        self._check_place(index, "remove")
        return self._drawings.pop(index)

    def relabel(self, index: int, label: int | None) -> Drawing:
        """Gives a drawing another label; its strokes and its place stay.

        Args:
            index: its place, from 0; -1 is the last.
            label: the digit, 0 to 9; `None` when nobody said.

        Returns:
            The drawing with this label, which takes the place of the one before.

        Raises:
            DataError: there is no drawing at this place, or no such label.

        Example:
            >>> drawings = Drawings([Drawing([[(10, 0), (10, 90)]], label=7)])
            >>> drawings.relabel(0, 1)
            Drawing(1 stroke, 2 points, label 1)
        """
        self._check_place(index, "relabel")
        self._drawings[index] = Drawing(self._drawings[index].strokes, label)
        return self._drawings[index]

    def save(self, path: str | os.PathLike) -> Path:
        """Saves the collection; drawings saved there before are replaced by it.

        To add to those in a file, use `collect`.

        Args:
            path: where to, ending in `.npz`. Missing folders are made.

        Returns:
            The path written.

        Raises:
            DataError: the name has another ending, there are too many
                drawings, or the file cannot be written. An old file is as it
                was.

        Warns:
            UserWarning: a file of this name cannot be read as drawings; it was
                set aside under the name in the message.

        Example:
            >>> import tempfile
            >>> drawings = Drawings([Drawing([[(10, 0), (10, 90)]], label=1)])
            >>> with tempfile.TemporaryDirectory() as folder:
            ...     Drawings.load(drawings.save(Path(folder, "mine.npz")))
            Drawings(1 drawing, 1 with a label)
        """
        return _write_drawings(self, path, _is_collection)

    @classmethod
    def load(cls, path: str | os.PathLike) -> "Drawings":
        """Loads a collection, from anywhere: nothing in the file can run.

        Args:
            path: a file that `save` wrote.

        Returns:
            The collection.

        Raises:
            DataError: there is no such file, it is damaged or something else,
                of an unknown version, or holds what are no drawings.
        """
        return cls(_read_drawings(_as_path(path)))

    def _check_place(self, index: int, verb: str) -> None:
        if not -len(self) <= index < len(self):
            raise DataError(
                f"There is no drawing {index} to {verb}: the collection holds "
                f"{_count(self, 'drawing')}. Count them from 0."
            )


def collect(
    path: str | os.PathLike, strokes: Iterable[np.ndarray], label: int | None = None
) -> Drawings:
    """Adds a drawing to the collection in a file.

    The file is read anew each time, so that what another notebook put there
    meanwhile stays in it.

    Args:
        path: the collection, ending in `.npz`; begun when there is none.
        strokes: for each stroke its points, (n, 2); see `Drawing`.
        label: the digit, 0 to 9; `None` when nobody said.

    Returns:
        The collection as it is in the file now, with the new drawing last.

    Raises:
        DataError: this is no drawing, or the file cannot be written. The file
            is as it was.

    Warns:
        UserWarning: the file cannot be read as drawings; it was set aside under
            the name in the message, and a new collection was begun.

    Example:
        >>> import tempfile
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     collect(Path(folder, "mine.npz"), [[(10, 0), (10, 90)]], label=1)
        ...     collect(Path(folder, "mine.npz"), [[(20, 5), (21, 80)]], label=1)
        Drawings(1 drawing, 1 with a label)
        Drawings(2 drawings, 2 with a label)
    """
    drawing = Drawing(strokes, label)
    try:
        drawings = Drawings.load(path)
    except DataError:
        # Saving says so if there is a file, and sets it aside.
        drawings = Drawings()
    drawings = Drawings([*drawings, drawing])
    drawings.save(path)
    return drawings


def _checked_strokes(strokes: Iterable[np.ndarray]) -> tuple[np.ndarray, ...]:
    try:
        checked = check_strokes(strokes)
    except ImageError as cause:
        raise DataError(str(cause)) from cause
    if not checked:
        raise DataError("strokes: expected at least one point, found none. Draw something first.")
    points = tuple(stroke.astype("float32") for stroke in checked)
    for array in points:
        array.setflags(write=False)
    return points


def _checked_label(label: int | None) -> int | None:
    if label is None:
        return None
    if isinstance(label, int | np.integer) and not isinstance(label, bool) and 0 <= label <= 9:
        return int(label)
    raise DataError(f"label: expected a whole number 0 to 9 or None, found {label!r}. Correct it.")


def _count(things: Sequence, name: str) -> str:
    return f"{len(things):,} {name}{'' if len(things) == 1 else 's'}"


def _ink_on_paper(strokes: Sequence[np.ndarray]) -> np.ndarray:
    points = np.concatenate(strokes).astype("float64")
    low, high = points.min(axis=0), points.max(axis=0)
    # A dot has no extent to fit into the box.
    scale = (_BOX - _PEN) / (max(high - low) or 1)
    distance = np.full((SIDE, SIDE), np.inf)
    for stroke in strokes:
        path = (stroke - (low + high) / 2) * scale + SIDE / 2
        for start, end in itertools.pairwise(path if len(path) > 1 else path.repeat(2, axis=0)):
            _bring_nearer(distance, start, end)
    ink = np.clip(_PEN / 2 - distance + 0.5, 0, 1)
    return np.rint(255 * (1 - ink)).astype(np.uint8)


def _bring_nearer(distance: np.ndarray, start: np.ndarray, end: np.ndarray) -> None:
    """Lowers the distances of the pixels around a line to that from the line."""
    left, top = np.floor(np.minimum(start, end) - _PEN).astype(int)
    right, bottom = np.ceil(np.maximum(start, end) + _PEN).astype(int)
    y, x = np.mgrid[top:bottom, left:right] + 0.5
    x, y = x - start[0], y - start[1]
    along = end - start
    share = np.clip((x * along[0] + y * along[1]) / (along @ along or 1), 0, 1)
    around = distance[top:bottom, left:right]
    np.minimum(around, np.hypot(x - share * along[0], y - share * along[1]), out=around)


def _as_path(path: str | os.PathLike) -> Path:
    try:
        return Path(path)
    except TypeError as cause:
        raise DataError(
            f"path is of type {type(path).__name__}; expected is the path of a file of drawings. "
            f"{REMEDY}"
        ) from cause


def _target(path: str | os.PathLike, ending: str) -> Path:
    """The file that is meant, links followed, if its name is one that can be written."""
    path = _as_path(path)
    if path.suffix != ending:
        raise DataError(
            f"{path.name} cannot be saved: the name must end in {ending}. Name it "
            f"{path.stem or 'drawings'}{ending}, for instance."
        )
    try:
        target = Path(os.path.realpath(path))
        is_folder = target.is_dir()
    except (OSError, ValueError) as cause:
        raise DataError(f"{path.name!r} cannot be saved: {cause}. Choose another name.") from cause
    if is_folder:
        raise DataError(f"{path.name} cannot be saved: a folder has that name. Choose another one.")
    return target


def _write(
    path: str | os.PathLike,
    ending: str,
    write: Callable[[Path], None],
    check: Callable[[Path], None],
    may_replace: Callable[[Path], bool],
) -> Path:
    """Writes a file whole or not at all, and sets aside what it may not replace."""
    target = _target(path, ending)
    aside = _free_name(target) if os.path.lexists(target) and not may_replace(target) else None

    def finish(temporary: Path) -> None:
        check(temporary)
        # Only now: while anything can still fail, the old file stays where it is.
        if aside:
            target.rename(aside)

    try:
        write_atomically(target, write, finish, DataError)
    except BaseException:
        if aside and aside.exists() and not target.exists():
            aside.rename(target)
        raise
    if aside:
        notice(
            f"{target.name} was there already and is not what this replaces: it is damaged, or "
            f"something else. It is kept as {aside.name}; look at it, or remove it."
        )
    return target


def _free_name(target: Path) -> Path:
    number = 1
    while os.path.lexists(name := target.with_stem(f"{target.stem}-set-aside-{number}")):
        number += 1
    return name


def _is_picture(path: Path) -> bool:
    """Whether a file is a picture that `save_png` wrote."""
    try:
        with open_picture(path, "expected is a drawing", "Remove it.") as (picture, _):
            return picture.info.get("Software") == _SOFTWARE
    except ImageError:
        return False


def _is_collection(path: Path) -> bool:
    return _number_in(path) is not None


def _is_one(path: Path) -> bool:
    # A single drawing does not take the place of many.
    return _number_in(path) == 1


def _number_in(path: Path) -> int | None:
    """Returns how many drawings a file holds, or `None` if it holds something else."""
    try:
        return len(Drawings.load(path))
    except DataError:
        return None


def _write_drawings(
    drawings: Sequence[Drawing],
    path: str | os.PathLike,
    may_replace: Callable[[Path], bool],
    before_naming: Callable[[], object] = lambda: None,
) -> Path:
    name = _target(path, ".npz").name
    arrays = _to_arrays(drawings)
    _check_counts(name, *arrays["counts"].tolist())

    def check(temporary: Path) -> None:
        try:
            written = _to_arrays(_read_drawings(temporary))
        except DataError as cause:
            raise DataError(
                f"{name} was not saved, as it could not be read again: {cause}"
            ) from cause
        if not all(np.array_equal(arrays[key], written[key]) for key in arrays):
            raise DataError(
                f"{name} was not saved: what was written holds other drawings. Save it again; if "
                "that fails too, the disk is at fault."
            )
        before_naming()

    return _write(path, ".npz", lambda new: write_npz(new, arrays), check, may_replace)


def _to_arrays(drawings: Sequence[Drawing]) -> dict[str, np.ndarray]:
    """The form of the file: all points in one array, and where strokes and drawings begin in it.

    Stroke k is `xy[stroke_offsets[k]:stroke_offsets[k + 1]]`, and drawing i
    has the strokes `drawing_offsets[i]` to `drawing_offsets[i + 1] - 1`.
    """
    strokes = [stroke for drawing in drawings for stroke in drawing.strokes]
    xy = np.concatenate([np.empty((0, 2), "float32"), *strokes])
    return {
        "drawings_version": np.array([VERSION], "int64"),
        "counts": np.array([len(drawings), len(strokes), len(xy)], "int64"),
        "xy": xy,
        "stroke_offsets": _offsets(strokes),
        "drawing_offsets": _offsets([drawing.strokes for drawing in drawings]),
        "labels": Drawings(drawings).labels.astype("int64"),
    }


def _offsets(parts: Sequence[Sequence]) -> np.ndarray:
    return np.cumsum([0, *map(len, parts)], dtype="int64")


def _read_drawings(path: Path) -> list[Drawing]:
    # What a file may be in size follows from its counts, and whether it has any from its version.
    (version,) = _read(path, drawings_version=ArraySpec("int64", (1,)))["drawings_version"]
    if version != VERSION:
        raise DataError(
            f"{path} holds drawings in the form of version {version}; known here is version "
            f"{VERSION}. Read it with the release of this project that wrote it, or a later one."
        )
    n, strokes, points = _read(path, counts=ArraySpec("int64", (3,)))["counts"].tolist()
    _check_counts(str(path), n, strokes, points)
    arrays = _read(
        path,
        xy=ArraySpec("float32", (points, 2)),
        stroke_offsets=ArraySpec("int64", (strokes + 1,)),
        drawing_offsets=ArraySpec("int64", (n + 1,)),
        labels=ArraySpec("int64", (n,), highest=9),
    )
    _check_offsets(path, "stroke_offsets", arrays["stroke_offsets"], points)
    _check_offsets(path, "drawing_offsets", arrays["drawing_offsets"], strokes)
    return [_drawing(path, arrays, i) for i in range(n)]


def _read(path: Path, **expected: ArraySpec) -> dict[str, np.ndarray]:
    return read_npz(path, expected, remedy=REMEDY)


def _check_counts(name: str, drawings: int, strokes: int, points: int) -> None:
    for count, most, kind in (
        (drawings, MOST_DRAWINGS, "drawings"),
        (strokes, MOST_STROKES, "strokes"),
        (points, MOST_POINTS, "points"),
    ):
        if not 0 <= count <= most:
            raise DataError(
                f"{name}: expected 0 to {most:,} {kind}, found {count:,}. Divide a collection that "
                "is too large into several files."
            )


def _check_offsets(path: Path, name: str, offsets: np.ndarray, end: int) -> None:
    if offsets[0] != 0 or offsets[-1] != end or (offsets[1:] <= offsets[:-1]).any():
        raise DataError(
            f"{path}: {name} do not rise from 0 to {end:,}, so that where the parts begin is "
            f"unknown. {REMEDY}"
        )


def _drawing(path: Path, arrays: dict[str, np.ndarray], i: int) -> Drawing:
    first, end = arrays["drawing_offsets"][i : i + 2]
    bounds = arrays["stroke_offsets"][first : end + 1]
    strokes = [arrays["xy"][a:b] for a, b in itertools.pairwise(bounds)]
    label = int(arrays["labels"][i])
    try:
        return Drawing(strokes, None if label == NO_LABEL else label)
    except DataError as cause:
        raise DataError(f"{path}: drawing {i}: {cause} {REMEDY}") from cause
