"""MNIST's files over the network: from several places, within limits, with causes named.

A download fails in many ways: no network, a name that cannot be looked up, a
server that accepts and stays silent, a hotel's login page, a line that drops.
Each ends here in one `DownloadError` that says which it was, in bounded time
and with a bounded number of bytes. Whether what came is MNIST is not judged
here.
"""

import contextlib
import errno
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from mnistlab.data.filetypes import is_html
from mnistlab.progress import Progress

ANSWER_SECONDS = 10.0
"""For looking up the name, connecting and the first line of the answer, together."""

CONNECT_SECONDS = 5.0
"""For connecting to one of the server's addresses."""

READ_SECONDS = 15.0
"""The longest silence in the middle of a file."""

LONGEST_SECONDS = 600.0
"""For one file, however steadily it trickles."""

RETRIES = 2
"""Further attempts after one that broke off."""

PAUSE_SECONDS = 1.0
"""Between two attempts."""

LIMIT = 64 * 1024 * 1024
"""Bytes accepted for one file; the largest has 12 MB."""


@dataclass(frozen=True)
class Mirror:
    """A place that offers MNIST.

    Args:
        folder: the address that all the files share, with its last slash.
        files: the files' names: one npz archive, or the four idx files.
        size: their bytes in all, for the progress bar.
    """

    folder: str
    files: tuple[str, ...]
    size: int

    @property
    def host(self) -> str:
        """The server's name, with its port if the address has one."""
        return urlsplit(self.folder).netloc


IDX_FILES = (
    "train-images-idx3-ubyte.gz",
    "train-labels-idx1-ubyte.gz",
    "t10k-images-idx3-ubyte.gz",
    "t10k-labels-idx1-ubyte.gz",
)
"""The four files of the original publication, in the order x_train, y_train, x_test, y_test."""

MIRRORS = (
    Mirror(
        "https://storage.googleapis.com/tensorflow/tf-keras-datasets/", ("mnist.npz",), 11_490_434
    ),
    Mirror("https://ossci-datasets.s3.amazonaws.com/mnist/", IDX_FILES, 11_594_722),
    Mirror("https://storage.googleapis.com/cvdf-datasets/mnist/", IDX_FILES, 11_594_722),
)
"""Where MNIST is looked for, in this order."""


class DownloadError(Exception):
    """A file could not be fetched.

    Args:
        reason: the cause, in a few words.
        unreachable: whether the server itself, and so every file on it, is out
            of reach.
        passing: whether another attempt may succeed.
    """

    def __init__(self, reason: str, unreachable: bool = False, passing: bool = False):
        super().__init__(reason)
        self.unreachable = unreachable
        self.passing = passing


def fetch(mirror: Mirror, folder: Path) -> list[Path]:
    """Fetches the files of one mirror.

    Args:
        mirror: the place.
        folder: where the files go; it exists.

    Returns:
        The files, in the mirror's order. Nothing about their content has been
        checked.

    Raises:
        DownloadError: one of them could not be had.
        OSError: the folder cannot be written.
    """
    paths = []
    with _bar(mirror) as show:
        for name in mirror.files:
            before = sum(path.stat().st_size for path in paths)
            paths.append(folder / name)
            for attempt in range(RETRIES + 1):
                try:
                    _fetch_file(mirror.folder + name, paths[-1], lambda n, b=before: show(b + n))
                    break
                except DownloadError as error:
                    if not error.passing or attempt == RETRIES:
                        raise
                    time.sleep(PAUSE_SECONDS)
    return paths


@contextlib.contextmanager
def _bar(mirror: Mirror) -> Iterator[Callable[[int], None]]:
    """A bar that appears with the first bytes, so that a failed attempt leaves none."""
    bar = None

    def show(received: int) -> None:
        nonlocal bar
        if bar is None and received:
            bar = Progress(mirror.size, "Downloading MNIST")
        if bar is not None:
            bar.update(received, f"{received / 1e6:.1f} MB")

    try:
        yield show
    finally:
        if bar is not None:
            bar.close()


def _fetch_file(url: str, path: Path, show: Callable[[int], None]) -> None:
    """Fetches one file while watching that it arrives.

    The work is done on another thread: looking up a name, or connecting to
    each of many silent addresses in turn, can take minutes that no timeout of
    the libraries below covers. A thread that takes too long is left alone; it
    ends with the next byte that it gets.
    """
    import pooch

    with path.open("wb") as file:
        transfer = _Transfer(file)
        download = pooch.HTTPDownloader(
            progressbar=transfer,
            timeout=(CONNECT_SECONDS, READ_SECONDS),
            hooks={"response": transfer.answered},
        )
        threading.Thread(target=_run, args=(download, url, transfer), daemon=True).start()
        try:
            while not transfer.done.wait(0.05):
                show(transfer.received)
                transfer.check_pace()
        finally:
            transfer.stop()
    show(transfer.received)
    if transfer.error is not None:
        raise _explained(transfer) from transfer.error


def _run(download: Callable, url: str, transfer: "_Transfer") -> None:
    try:
        download(url, transfer, None)
    except BaseException as error:
        transfer.error = error
    transfer.done.set()


class _Transfer:
    """One download, seen from both threads: file to write to, progress, and brake.

    `write`, `flush`, `total`, `update`, `reset` and `close` are what pooch
    asks of a file and of a progress bar.
    """

    def __init__(self, file):
        self.done = threading.Event()
        self.error: BaseException | None = None
        self.unwritable: OSError | None = None
        self.has_answer = False
        self.received = 0
        self.total = 0
        self._file = file
        self._lock = threading.Lock()
        self._started = self._last = time.monotonic()

    def answered(self, response, *args, **kwargs) -> None:
        self.has_answer = True
        self._last = time.monotonic()
        self._check_size(int(response.headers.get("content-length", 0)))

    def write(self, chunk: bytes) -> None:
        if not self.received and is_html(chunk):
            raise DownloadError("got an HTML page, a captive portal?")
        self._check_size(self.received + len(chunk))
        with self._lock:
            if self._file is None:
                raise DownloadError("was given up")
            try:
                self._file.write(chunk)
            except OSError as error:
                self.unwritable = error
                raise
        self.received += len(chunk)
        self._last = time.monotonic()

    def stop(self) -> None:
        with self._lock:
            self._file = None

    def check_pace(self) -> None:
        now = time.monotonic()
        if not self.has_answer and now - self._started > ANSWER_SECONDS:
            raise DownloadError(
                f"no answer within {ANSWER_SECONDS:g} s (timeout)", unreachable=True
            )
        if now - self._last > READ_SECONDS + CONNECT_SECONDS:
            raise DownloadError(f"silent for {READ_SECONDS:g} s (timeout)", passing=True)
        if now - self._started > LONGEST_SECONDS:
            raise DownloadError(f"not complete after {LONGEST_SECONDS:g} s (timeout)")

    def _check_size(self, size: int) -> None:
        if size > LIMIT:
            raise DownloadError(f"sends more than the {LIMIT >> 20} MB that are accepted")

    def flush(self) -> None:
        """Asked for after every piece; closing the file does it once."""

    def update(self, size: int) -> None:
        """pooch's count of pieces; the bytes are counted where they are written."""

    def reset(self) -> None:
        """As `update`."""

    def close(self) -> None:
        """As `update`."""


def _explained(transfer: _Transfer) -> Exception:
    """What went wrong, for people; an error of the folder written to stays what it is."""
    import requests

    error = transfer.error
    if transfer.unwritable is not None:
        return transfer.unwritable
    if isinstance(error, DownloadError):
        return error
    if isinstance(error, requests.HTTPError):
        status = error.response.status_code
        return DownloadError(f"HTTP status {status}", passing=status >= 500)
    causes = list(_chain(error))
    if isinstance(error, requests.exceptions.ProxyError):
        return DownloadError(f"the proxy failed ({_shortest(causes)})", unreachable=True)
    for cause in causes:
        if isinstance(cause, ssl.SSLError):
            detail = getattr(cause, "verify_message", "") or cause.reason or "handshake failed"
            return DownloadError(
                f"no secure connection (TLS: {detail}); is the clock right, or does a proxy "
                "replace certificates?",
                unreachable=True,
            )
        if isinstance(cause, socket.gaierror):
            return DownloadError(
                "the name cannot be looked up (DNS): no network?", unreachable=True
            )
        if isinstance(cause, ConnectionRefusedError):
            return DownloadError("connection refused", unreachable=True)
        if getattr(cause, "errno", None) in (errno.ENETUNREACH, errno.EHOSTUNREACH):
            return DownloadError("the network is unreachable", unreachable=True)
    if any(isinstance(cause, TimeoutError | requests.Timeout) for cause in causes):
        if transfer.has_answer:
            return DownloadError(f"silent for {READ_SECONDS:g} s (timeout)", passing=True)
        return DownloadError(f"no answer within {CONNECT_SECONDS:g} s (timeout)", unreachable=True)
    if transfer.received or isinstance(error, requests.exceptions.ChunkedEncodingError):
        length = f" of {transfer.total:,}" if transfer.total else ""
        return DownloadError(f"broke off after {transfer.received:,}{length} bytes", passing=True)
    return DownloadError(f"the connection failed ({_shortest(causes)})", passing=True)


def _chain(error: BaseException) -> Iterator[BaseException]:
    """An exception and those inside it: requests wraps urllib3's, which wrap the system's."""
    seen, waiting = set(), [error]
    while waiting:
        cause = waiting.pop(0)
        if id(cause) in seen:
            continue
        seen.add(id(cause))
        yield cause
        inner = [*cause.args, getattr(cause, "reason", None), cause.__cause__, cause.__context__]
        waiting += [item for item in inner if isinstance(item, BaseException)]


def _shortest(causes: list[BaseException]) -> str:
    """The plainest of several messages about the same thing."""
    texts = [str(getattr(cause, "strerror", None) or cause) for cause in causes]
    return min((text for text in texts if text), key=len, default=type(causes[0]).__name__)
