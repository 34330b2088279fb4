"""The folder for downloaded and generated files, which all processes of a user share.

Several notebooks may start at once, a home folder may be read-only or full, a
process may be killed at any time. What works in the folder therefore holds a
lock, keeps unfinished files in a folder of their own, and has another place to
go to, which is said and never done in silence.
"""

import contextlib
import errno
import functools
import getpass
import os
import shutil
import stat
import sys
import tempfile
import time
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TypeVar

from mnistlab import settings
from mnistlab.errors import MnistLabError

LOCK_SECONDS = 300
"""How long to wait for another process before going on without the lock."""

STALE_SECONDS = 24 * 60 * 60
"""The age at which the folder of an unfinished download has no owner any more."""

_SCRATCH = ".unfinished-"
_NO_LOCKS_HERE = {errno.ENOSYS, errno.ENOLCK, errno.ENOTSUP, errno.EOPNOTSUPP}

T = TypeVar("T")


class CacheError(MnistLabError):
    """No folder can be written, neither the user's cache nor a private one."""


def user_folder() -> Path:
    """Returns where the files belong: `MNISTLAB_CACHE`, or the system's place for caches."""
    named = settings.current().cache
    if named is not None:
        return named
    import pooch

    return Path(pooch.os_cache("mnistlab"))


def folders() -> list[Path]:
    """Returns the folders that may hold files by now; makes none."""
    private = [_private_path()] if _is_private(_private_path()) else []
    return [user_folder(), *private]


def exists(path: Path) -> bool:
    """Whether there is a file to look at; one behind closed doors counts as missing."""
    try:
        return path.exists()
    except OSError:
        return False


def in_cache(work: Callable[[Path], T]) -> T:
    """Does some work in the user's cache folder, or, where that fails, in a private one.

    Args:
        work: is given a folder to write to; raises `OSError` or `CacheError`
            when it cannot. It may be called a second time.

    Returns:
        What the work returned.

    Raises:
        CacheError: neither folder could be written.
    """
    wanted = user_folder()
    try:
        wanted.mkdir(parents=True, exist_ok=True)
        return work(wanted)
    except (OSError, CacheError) as cause:
        refusal = cause
    try:
        instead = _private_folder()
        notice(
            f"The cache folder {wanted} cannot be written ({reason(refusal)}), so {instead} is "
            "used. Free some space there, or set MNISTLAB_CACHE to a folder that you may write to."
        )
        return work(instead)
    except (OSError, CacheError) as cause:
        raise CacheError(
            f"Neither the cache folder {wanted} ({reason(refusal)}) nor a private folder in "
            f"{tempfile.gettempdir()} ({reason(cause)}) can be written. Set MNISTLAB_CACHE to a "
            "folder that you may write to."
        ) from cause


@contextlib.contextmanager
def lock(folder: Path, name: str) -> Iterator[None]:
    """Lets one process at a time do the same work in a folder.

    After `LOCK_SECONDS`, or where the file system has no locks, the work goes
    on without: files are replaced in one step, so that two at once waste time
    and damage nothing.

    Args:
        folder: the folder, which exists.
        name: the lock's file name. The file stays: removing it would let two
            processes hold two different locks of the same name.
    """
    import filelock

    held = filelock.FileLock(str(folder / name), timeout=LOCK_SECONDS)
    try:
        held.acquire()
    except filelock.Timeout:
        notice(
            f"Another process has held {folder / name} for {LOCK_SECONDS} s; going on without "
            "waiting for it any longer."
        )
        held = None
    except (OSError, NotImplementedError) as cause:
        if isinstance(cause, OSError) and cause.errno not in _NO_LOCKS_HERE:
            raise
        held = None
    try:
        yield
    finally:
        if held is not None:
            held.release()


@contextlib.contextmanager
def scratch(folder: Path) -> Iterator[Path]:
    """Gives a new folder for unfinished files, and removes it whatever happens.

    What killed processes left there more than `STALE_SECONDS` ago goes with it.
    """
    for left in folder.glob(f"{_SCRATCH}*"):
        with contextlib.suppress(OSError):
            if time.time() - left.stat().st_mtime > STALE_SECONDS:
                shutil.rmtree(left)
    unfinished = Path(tempfile.mkdtemp(prefix=_SCRATCH, dir=folder))
    try:
        yield unfinished
    finally:
        shutil.rmtree(unfinished, ignore_errors=True)


def notice(text: str, category: type[Warning] = UserWarning) -> None:
    """Warns at the line, outside this library, that asked for the work."""
    level, frame = 1, sys._getframe()
    while frame is not None and frame.f_globals.get("__name__", "").startswith("mnistlab."):
        level, frame = level + 1, frame.f_back
    warnings.warn(text, category, stacklevel=level)


def reason(cause: BaseException) -> str:
    """Returns what an exception says, without the path that the message already has."""
    return getattr(cause, "strerror", None) or str(cause) or type(cause).__name__


def _private_path() -> Path:
    user = os.getuid() if hasattr(os, "getuid") else getpass.getuser()
    return Path(tempfile.gettempdir()) / f"mnistlab-{user}"


def _private_folder() -> Path:
    path = _private_path()
    with contextlib.suppress(FileExistsError):
        path.mkdir(mode=0o700)
    return path if _is_private(path) else _fresh_folder()


def _is_private(path: Path) -> bool:
    """Whether a folder is the user's own and nobody else's.

    The temporary folder is open to all: another user may have put a folder, or
    a link to anywhere, under the name that is expected here.
    """
    try:
        info = path.lstat()
    except OSError:
        return False
    if not stat.S_ISDIR(info.st_mode):
        return False
    return not hasattr(os, "getuid") or (
        info.st_uid == os.getuid() and not stat.S_IMODE(info.st_mode) & 0o077
    )


@functools.cache
def _fresh_folder() -> Path:
    return Path(tempfile.mkdtemp(prefix="mnistlab-"))
