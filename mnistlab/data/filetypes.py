"""What a data file that is not the expected one seems to be.

"Not a zip file" helps nobody whose download was answered by a hotel's login
page. The first bytes tell what came instead.
"""

from pathlib import Path

from mnistlab.errors import DataError

ENOUGH = 512
"""How many of a file's first bytes are looked at."""

_KINDS = (
    (b"PK\x03\x04", "a damaged or truncated npz (zip) file"),
    (b"PK\x05\x06", "a zip file with nothing in it"),
    (b"\x93NUMPY", "a single array (npy), not an npz archive"),
    (b"\x1f\x8b", "a gzip file"),
    (b"\x89HDF", "an HDF5 file"),
    (b"%PDF", "a PDF document"),
    (b"\x89PNG", "a picture (PNG)"),
    (b"\xff\xd8\xff", "a picture (JPEG)"),
    (b"\x80\x04", "a Python pickle, which is never read"),
)


def check_is_file(path: Path, expected: str, remedy: str) -> None:
    """Refuses what cannot be opened as a file: a folder, a pipe, nothing at all.

    Args:
        path: the file.
        expected: what it should be, with its article.
        remedy: what to do; ends the message.

    Raises:
        DataError: it is no regular file.

    Example:
        >>> check_is_file(Path("."), "an npz file", "Name the file itself.")
        Traceback (most recent call last):
            ...
        mnistlab.errors.DataError: . is a folder; an npz file was expected. Name the file itself.
    """
    try:
        if path.is_file():
            return
        kind = "a folder" if path.is_dir() else "not a regular file" if path.exists() else "missing"
    except (OSError, ValueError) as cause:
        raise DataError(f"{path} cannot be read: {cause}. {remedy}") from cause
    raise DataError(f"{path} is {kind}; {expected} was expected. {remedy}")


def describe(start: bytes) -> str:
    """Says what some bytes seem to be.

    Args:
        start: the first `ENOUGH` bytes of a file, or all of them if it has fewer.

    Returns:
        A few words that complete "it is ...".

    Example:
        >>> describe(b"<!DOCTYPE html><title>Log in</title>")
        'an HTML page (a captive portal or an error page?)'
        >>> describe(b"")
        'empty'
    """
    if not start:
        return "empty"
    if is_html(start):
        return "an HTML page (a captive portal or an error page?)"
    for beginning, kind in _KINDS:
        if start.startswith(beginning):
            return kind
    return "a text" if _is_text(start) else "something else, or damaged"


def is_html(start: bytes) -> bool:
    """Whether some bytes begin a web page.

    Example:
        >>> is_html(b"\\n<html>"), is_html(b"PK")
        (True, False)
    """
    text = start.removeprefix(b"\xef\xbb\xbf").lstrip().lower()
    return text.startswith((b"<!doctype html", b"<html", b"<head", b"<?xml", b"<!--"))


def _is_text(start: bytes) -> bool:
    # A character cut in half at the end is no reason against it.
    text = start[:ENOUGH].decode("utf-8", "ignore")
    whole = len(text.encode()) >= len(start[:ENOUGH]) - 3
    return whole and all(letter.isprintable() or letter.isspace() for letter in text)
