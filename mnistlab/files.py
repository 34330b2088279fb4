"""One way to write a file: whole, or not at all.

Everything that this project saves (models, results, data) goes through
`write_atomically`. The new content gets a temporary name in the same folder,
is flushed to the disk, is read back by a check, and only then takes the final
name, in one step. Whatever happens before that step (a full disk, Ctrl-C, a
killed process) leaves the old file as it was.
"""

import contextlib
import os
import secrets
import time
from collections.abc import Callable
from pathlib import Path

from mnistlab.errors import MnistLabError

PREFIX = ".mnistlab-"
"""How the temporary names begin; hidden, so that no file browser shows them."""

STALE = 24 * 60 * 60
"""Seconds after which a temporary file is taken to be left by a killed process."""


def write_atomically(
    path: str | os.PathLike,
    write: Callable[[Path], None],
    check: Callable[[Path], None] | None = None,
    error: type[MnistLabError] = MnistLabError,
) -> Path:
    """Writes a file so that its name only ever stands for a complete one.

    Args:
        path: the file to write. Its folder is made when it is missing; a
            symbolic link is followed.
        write: is given a temporary path with the same suffix, in the same
            folder, and writes the whole file there.
        check: is given the written temporary file and raises whatever it likes
            when that is not good; the exception passes through.
        error: the kind of error to raise when the file system refuses.

    Returns:
        The path written, symbolic links followed.

    Raises:
        MnistLabError: of the kind `error`, when the file system refuses (no
            space, no permission, a folder in the way). The old file is as it
            was, and no temporary file is left.

    Example:
        >>> import tempfile
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     path = write_atomically(Path(folder, "a.txt"), lambda p: p.write_text("seven"))
        ...     path.read_text(), [p.name for p in Path(folder).iterdir()]
        ('seven', ['a.txt'])
    """
    target = Path(os.path.realpath(path))
    temporary = target.with_name(f"{PREFIX}{secrets.token_hex(8)}.tmp{target.suffix}")
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        _remove_stale(target.parent)
        write(temporary)
        _flush_to_disk(temporary)
        if check is not None:
            check(temporary)
        _replace(temporary, target)
    except OSError as cause:
        raise error(
            f"{target.name} cannot be written to the folder {_shown(target.parent)}: "
            f"{cause.strerror or cause}. Nothing was changed there; free some space, or choose "
            "a folder that you may write to."
        ) from cause
    finally:
        with contextlib.suppress(OSError):
            temporary.unlink(missing_ok=True)
    return target


def set_aside(path: Path) -> Path:
    """Gives a file that cannot be used another name in its folder, one that is free.

    Returns:
        The new path.

    Raises:
        OSError: it cannot be renamed.

    Example:
        >>> import tempfile
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     path = Path(folder, "a.txt")
        ...     _ = path.write_text("damaged")
        ...     set_aside(path).name
        'a.txt.set-aside-1'
    """
    number = 1
    while os.path.lexists(aside := path.with_name(f"{path.name}.set-aside-{number}")):
        number += 1
    return path.rename(aside)


def said(error: OSError) -> str:
    """Returns what the system says of an error, without the path, which may tell too much."""
    return error.strerror or type(error).__name__


def _flush_to_disk(path: Path) -> None:
    with path.open("r+b") as file:
        os.fsync(file.fileno())


def _replace(temporary: Path, target: Path) -> None:
    if target.is_dir():
        raise IsADirectoryError(None, "a folder has that name")
    temporary.replace(target)
    _flush_folder(target.parent)


def _flush_folder(folder: Path) -> None:
    # Makes the new name last through a power cut where the system can do that;
    # Windows cannot open a folder, and the file itself is safe without it.
    with contextlib.suppress(OSError):
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def _remove_stale(folder: Path) -> None:
    """Removes what writers killed long ago left; never a temporary file in use."""
    for path in folder.glob(f"{PREFIX}*.tmp*"):
        with contextlib.suppress(OSError):
            if path.is_file() and time.time() - path.stat().st_mtime > STALE:
                path.unlink()


def _shown(folder: Path) -> str:
    """The folder's own name: messages end up in notebooks, which carry no absolute path."""
    return folder.name or str(folder)
