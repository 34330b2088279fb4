"""Files that come through the browser: how large they may be, and where they are read from."""

import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from mnistlab.errors import DataError
from mnistlab.widgets.designer.views.upload import Upload

LARGEST_UPLOAD = 10 * 2**20
"""Bytes of one upload; notebook servers cut the connection at larger ones."""

AT_MOST = "at most 10 MiB"

_LONGEST_NAME = 100
"""Bytes of a name; file systems take a little more than twice as many."""


def file_upload(accept: str = "", multiple: bool = False) -> Upload:
    """Returns a button that sends a file from the reader's computer; it says how large.

    Args:
        accept: what the browser offers, such as ".png,.jpg"; everything when empty.
        multiple: whether several files can be chosen at once.
    """
    return Upload(
        LARGEST_UPLOAD,
        description=f"Upload ({AT_MOST})",
        tooltip=f"Sends a file from your computer, {AT_MOST}",
        accept=accept,
        multiple=multiple,
    )


def uploaded(value: Sequence[Mapping]) -> list[tuple[str, bytes]]:
    """Returns the name and content of each file that was uploaded.

    Args:
        value: that of the upload button.

    Raises:
        DataError: there is none, one is empty, or they are too large.

    Example:
        >>> uploaded([{"name": "../a.txt", "content": b"7"}])
        [('a.txt', b'7')]
    """
    files = [(_safe_name(str(each["name"])), bytes(each["content"])) for each in value]
    if not files:
        raise DataError("There is no upload. Choose a file first.")
    # The content of what is too large has stayed where it was.
    total = sum(max(len(each["content"]), each.get("size", 0)) for each in value)
    if total > LARGEST_UPLOAD:
        raise DataError(
            f"{files[0][0]} has {total / 2**20:.1f} MiB; uploads are {AT_MOST}. Put it where the "
            "notebooks are, and give its path instead."
        )
    for name, content in files:
        if not content:
            raise DataError(f"{name} came empty. Upload it again, or name its path instead.")
    return files


def path_in(folder: Path, words: str) -> Path:
    """Returns the path that somebody wrote; it counts from a folder, where it is no whole one.

    Args:
        folder: that of the project.
        words: the path, in quotes maybe, as some systems copy it.

    Raises:
        DataError: it names the home folder of nobody.

    Example:
        >>> path_in(Path("notebooks"), ' "digits/seven.png" ').as_posix()
        'notebooks/digits/seven.png'
    """
    words = words.strip().strip("\"'")
    try:
        return folder / Path(words).expanduser()
    except RuntimeError as cause:
        raise DataError(f"{words} names a home folder that is not known. Write it out.") from cause


@contextmanager
def as_paths(files: Sequence[tuple[str, bytes]]) -> Iterator[list[Path]]:
    """Gives uploads the paths that readers of files take, for a `with` statement.

    Yields:
        A path for each, in one folder, under its own name.

    Example:
        >>> with as_paths([("a.txt", b"7")]) as [path]:
        ...     path.name, path.read_bytes()
        ('a.txt', b'7')
    """
    with tempfile.TemporaryDirectory() as folder:
        paths = [Path(folder, name) for name, _ in files]
        for path, (_, content) in zip(paths, files, strict=True):
            path.write_bytes(content)
        yield paths


def _safe_name(name: str) -> str:
    """Returns a file name without folders, and without what no file system takes."""
    last = name.replace("\\", "/").rpartition("/")[2]
    clean = "".join(sign if sign.isprintable() else "_" for sign in last)
    stem, dot, ending = clean.rpartition(".")
    kept = f"{_short(stem)}{dot}{ending[:20]}" if dot else _short(clean)
    return kept if kept.strip(". ") else "upload"


def _short(name: str) -> str:
    return name.encode("utf-8", "replace")[:_LONGEST_NAME].decode("utf-8", "ignore")
