"""Images from a folder of pictures: one subfolder for each class."""

import os
import re
from collections.abc import Sequence
from pathlib import Path

from mnistlab.data.framing import SIDE
from mnistlab.data.images import EXPECTED, TO_MAKE_IT_FIT, image_to_digit
from mnistlab.data.labeled import MOST_CLASSES, Labeled
from mnistlab.data.pictures import read_pixels
from mnistlab.errors import DataError, ImageError

import numpy as np

ENDINGS = {".png", ".jpg", ".jpeg", ".gif", ".bmp", ".tif", ".tiff", ".webp"}

MOST_PICTURES = 100_000

LOOKED_AT = 3
"""Subfolders that tell whether a folder is worth offering."""

_TRAIN, _TEST = {"train", "training"}, {"test", "testing"}
_LIGHT = 128


def from_folder(path: str | os.PathLike) -> tuple[Labeled, Labeled | None]:
    """Reads a folder that has one subfolder of pictures for each class.

    Gray pictures of 28x28 pixels are taken as they are; if they are dark on
    light, all of them are inverted. In any other picture the digit is found, and
    brought into MNIST's form.

    Args:
        path: the folder. If it holds just "train" and "test" (or "training"
            and "testing"), each of these has the subfolders.

    Returns:
        Those to train on, and those to test with or `None`. The names of the
        classes are those of the subfolders, numbers by their size.

    Raises:
        DataError: there are no such subfolders or pictures, or too many; or
            a picture cannot be read, or shows no digit or several.
    """
    path = Path(path)
    folders = {folder.name.lower(): folder for folder in _subfolders(path)}
    train, test = (folders.keys() & names for names in (_TRAIN, _TEST))
    if not (len(train) == len(test) == 1 and len(folders) == 2):
        return _read(path), None
    return _read(folders[train.pop()]), _read(folders[test.pop()])


def has_classes(path: Path) -> bool:
    """Whether a folder seems to be one of pictures by class: a quick look, no promise."""
    try:
        folders = _subfolders(path)[:LOOKED_AT]
        return any(_pictures(each)[0] for folder in folders for each in (folder, *_inner(folder)))
    except DataError:
        return False


def _inner(folder: Path) -> list[Path]:
    return _subfolders(folder)[:1] if folder.name.lower() in _TRAIN else []


def _read(path: Path) -> Labeled:
    folders = _subfolders(path)
    if not folders:
        raise DataError(
            f"{path} is a folder without subfolders; expected is one for each class, with its "
            "pictures. Sort the pictures into such folders."
        )
    if len(folders) > MOST_CLASSES:
        raise DataError(
            f"{path} has {len(folders):,} subfolders; at most {MOST_CLASSES:,} classes are read. "
            "Name a folder with one subfolder for each class."
        )
    files, labels, others = [], [], 0
    for label, folder in enumerate(folders):
        pictures, rest = _pictures(folder)
        files += pictures
        labels += [label] * len(pictures)
        others += rest
    if not files:
        raise DataError(
            f"{path} has subfolders, and no picture in them; accepted are "
            f"{', '.join(sorted(each[1:].upper() for each in ENDINGS))}. Name the folder whose "
            "subfolders hold the pictures."
        )
    if len(files) > MOST_PICTURES:
        raise DataError(
            f"{path} has {len(files):,} pictures; at most {MOST_PICTURES:,} are read. Leave some "
            "out, or save them as npz."
        )
    images, notes = _images(files)
    if others:
        notes.append(f"Left out as they are no pictures: {others:,} files.")
    classes = tuple(folder.name for folder in folders)
    return Labeled(images, np.array(labels, np.int64), tuple(notes), False, classes)


def _subfolders(path: Path) -> list[Path]:
    try:
        found = [each for each in path.iterdir() if each.is_dir() and _counts(each)]
    except (OSError, ValueError) as cause:
        raise DataError(
            f"{path} cannot be read: {getattr(cause, 'strerror', None) or cause}. Check the path."
        ) from cause
    return sorted(found, key=lambda each: _natural(each.name))


def _pictures(folder: Path) -> tuple[list[Path], int]:
    """Returns the pictures of a folder, and how many other files there are."""
    try:
        files = [each for each in folder.iterdir() if each.is_file() and _counts(each)]
    except OSError as cause:
        raise DataError(
            f"{folder} cannot be read: {cause.strerror}. Check that you may."
        ) from cause
    pictures = [each for each in files if each.suffix.lower() in ENDINGS]
    return sorted(pictures, key=lambda each: _natural(each.name)), len(files) - len(pictures)


def _counts(path: Path) -> bool:
    """Whether it is a file or folder of the user's own, not one of the system's."""
    return not path.name.startswith((".", "__"))


def _natural(name: str) -> list[tuple[int, int | str]]:
    """Sorts 2 before 10."""
    parts = re.split(r"([0-9]+)", name.lower())
    return [(0, int(part)) if part.isdecimal() and len(part) < 20 else (1, part) for part in parts]


def _images(files: Sequence[Path]) -> tuple[np.ndarray, list[str]]:
    images = np.empty((len(files), SIDE, SIDE, 1), np.uint8)
    ready = np.zeros(len(files), bool)
    for place, file in enumerate(files):
        images[place, ..., 0], ready[place] = _image(file)
    notes = []
    if not ready.all():
        notes.append(
            f"Brought into MNIST's form (28x28, light on black): {(~ready).sum():,} of "
            f"{len(files):,} pictures."
        )
    if ready.any():
        notes += _turn_light(images, ready)
    return images, notes


def _image(file: Path) -> tuple[np.ndarray, bool]:
    """Returns (28, 28) uint8, and whether the picture was so already."""
    try:
        pixels = read_pixels(file, EXPECTED, TO_MAKE_IT_FIT).colors
        if pixels.shape[:2] == (SIDE, SIDE) and not np.ptp(pixels, axis=2).any():
            return pixels[:, :, 0], True
        return image_to_digit(pixels), False
    except ImageError as cause:
        said = str(cause).removeprefix("The array").removeprefix(file.name).strip()
        raise DataError(f"{file.parent.name}/{file.name} {said}") from cause


def _turn_light(images: np.ndarray, ready: np.ndarray) -> list[str]:
    """Inverts, in place, all pictures that were taken as they are, if most are dark on light."""
    edges = np.concatenate(
        [
            images[ready][:, [0, -1]].reshape(ready.sum(), -1),
            images[ready][:, :, [0, -1]].reshape(ready.sum(), -1),
        ],
        axis=1,
    )
    light = np.median(edges, axis=1) >= _LIGHT
    inverted = light.mean() > 0.5
    notes = []
    if inverted:
        images[ready] = 255 - images[ready]
        notes.append(
            "The pictures are dark on light; all of them were inverted, to light on black as MNIST "
            "has them."
        )
    if strange := int((light != inverted).sum()):
        notes.append(
            f"{strange:,} pictures are {'light on dark' if inverted else 'dark on light'}, unlike "
            "the others; they were treated as the others were."
        )
    return notes
