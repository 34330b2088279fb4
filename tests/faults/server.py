"""A small server on this machine that cuts, stalls, refuses and lies; and a small MNIST for it.

The digits it serves are few and made from a seed. `pretend` has the loader take
them for MNIST and the server for the only mirror, so that every fault of a
network can be tried in a second, and without one.
"""

import contextlib
import gzip
import io
import os
import socket
import struct
import tempfile
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from mnistlab import settings
from mnistlab.data import cache, download, mnist
from mnistlab.data.npz import ArraySpec, digest, write_npz

import numpy as np

TRAIN, TEST = 40, 20

PAGE = b"<!DOCTYPE html><html><body>Welcome to the hotel. Log in.</body></html>"


def digits(seed: int = 1) -> dict[str, np.ndarray]:
    """Returns a few images that stand for MNIST, with each label in turn."""
    random = np.random.default_rng(seed)
    return {
        "x_train": random.integers(0, 256, (TRAIN, 28, 28), dtype="uint8"),
        "y_train": np.arange(TRAIN, dtype="uint8") % 10,
        "x_test": random.integers(0, 256, (TEST, 28, 28), dtype="uint8"),
        "y_test": np.arange(TEST, dtype="uint8") % 10,
    }


def npz(arrays: dict[str, np.ndarray]) -> bytes:
    """Returns the bytes of an npz file."""
    buffer = io.BytesIO()
    write_npz(buffer, arrays)
    return buffer.getvalue()


def idx_gz(array: np.ndarray) -> bytes:
    """Returns the bytes of an idx.gz file."""
    header = bytes([0, 0, 8, array.ndim]) + struct.pack(f">{array.ndim}I", *array.shape)
    return gzip.compress(header + array.tobytes(), mtime=0)


def pretend(set_attribute: Callable, *addresses: str, idx: bool = False) -> None:
    """Has the loader take `digits()` for MNIST, and these addresses for its mirrors.

    Args:
        set_attribute: `monkeypatch.setattr`, or `setattr` in a process of its own.
        addresses: the mirrors' addresses, each with its last slash.
        idx: whether they offer the four idx files instead of one npz.
    """
    arrays = digits()
    specs = {
        name: ArraySpec("uint8", array.shape, 9 if name.startswith("y") else None)
        for name, array in arrays.items()
    }
    files = download.IDX_FILES if idx else ("mnist.npz",)
    set_attribute(mnist, "ARRAYS", specs)
    set_attribute(mnist, "SHA256", {name: digest(array) for name, array in arrays.items()})
    set_attribute(
        download, "MIRRORS", tuple(download.Mirror(address, files, 30_000) for address in addresses)
    )
    # Long enough for a busy machine; a test of silence shortens the one it waits for.
    set_attribute(download, "ANSWER_SECONDS", 30.0)
    set_attribute(download, "CONNECT_SECONDS", 30.0)
    set_attribute(download, "READ_SECONDS", 30.0)
    set_attribute(download, "PAUSE_SECONDS", 0.01)
    set_attribute(cache, "LOCK_SECONDS", 30)


def isolate(monkeypatch, tmp_path) -> None:
    """Gives a test its own folders, no settings, no proxy, and no way out of this machine."""
    for name in list(os.environ):
        if name.startswith("MNISTLAB_") or name.lower().endswith("_proxy"):
            monkeypatch.delenv(name)
    for name in ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "PYTHONWARNINGS"):
        monkeypatch.delenv(name, raising=False)
    (tmp_path / "temporary").mkdir()
    monkeypatch.setenv("MNISTLAB_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("KERAS_HOME", str(tmp_path / "keras"))
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "temporary"))
    monkeypatch.setattr(settings, "PROJECT", tmp_path / "project")
    monkeypatch.setattr(mnist, "_announced", False)
    cache._fresh_folder.cache_clear()
    connect, look_up = socket.socket.connect, socket.getaddrinfo

    def near(self, address):
        assert address[0] in ("127.0.0.1", "::1"), f"a test reached for {address}"
        return connect(self, address)

    def known(host, *args, **kwargs):
        assert host in ("127.0.0.1", "localhost"), f"a test looked up {host}"
        return look_up(host, *args, **kwargs)

    monkeypatch.setattr(socket.socket, "connect", near)
    monkeypatch.setattr(socket, "getaddrinfo", known)


class Server:
    """What it answers, and what it was asked.

    Attributes:
        address: "http://127.0.0.1:<port>/".
        requests: the paths asked for, in order.
        answers: what to do with the next requests, one after the other; the
            last one stays. Each is a function of the request handler.
    """

    def __init__(self, address: str):
        self.address = address
        self.requests: list[str] = []
        self.answers: list[Callable] = [good]
        self.files = {"/mnist.npz": npz(digits())}
        for name, array in zip(download.IDX_FILES, digits().values(), strict=True):
            self.files[f"/{name}"] = idx_gz(array)
        self.closing = threading.Event()

    def next_answer(self) -> Callable:
        return self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]


@contextlib.contextmanager
def serving() -> Iterator[Server]:
    """Serves on a free port of this machine until the block ends."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self):
            self.close_connection = True
            server.requests.append(self.path)
            self.body = server.files.get(self.path, b"")
            self.closing = server.closing
            with contextlib.suppress(ConnectionError):
                server.next_answer()(self)

        def log_message(self, *args):
            """Says nothing: what was asked stands in `requests`."""

    listener = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    listener.daemon_threads = True
    server = Server(f"http://127.0.0.1:{listener.server_port}/")
    thread = threading.Thread(target=listener.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.closing.set()
        listener.shutdown()
        listener.server_close()
        thread.join()


def closed_port() -> int:
    """Returns a port of this machine on which nothing listens."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def send(handler, body: bytes, length: int | None, kind: str = "application/octet-stream") -> None:
    """Sends a body, claiming a length, or none."""
    handler.send_response(200)
    handler.send_header("Content-Type", kind)
    if length is not None:
        handler.send_header("Content-Length", str(length))
    handler.send_header("Connection", "close")
    handler.end_headers()
    handler.wfile.write(body)
    handler.wfile.flush()


def good(handler) -> None:
    """Sends the file."""
    send(handler, handler.body, len(handler.body))


def short(handler) -> None:
    """Promises the whole file and closes in the middle."""
    send(handler, handler.body[: len(handler.body) // 2], len(handler.body))


def cut(handler) -> None:
    """Promises nothing and closes in the middle."""
    send(handler, handler.body[: len(handler.body) // 2], None)


def dropped(handler) -> None:
    """Sends the beginning, and then resets the connection."""
    send(handler, handler.body[:1000], len(handler.body))
    handler.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    handler.connection.close()


def silent(handler) -> None:
    """Accepts, and never answers."""
    handler.closing.wait(60)


def stalled(handler) -> None:
    """Sends the beginning, and then nothing more."""
    send(handler, handler.body[:2000], len(handler.body))
    handler.closing.wait(60)


def trickling(handler) -> None:
    """Sends a piece now and then, for ever."""
    send(handler, b"PK\x03\x04", 1_000_000)
    while not handler.closing.wait(0.1):
        handler.wfile.write(bytes(1024))


def endless(handler) -> None:
    """Sends without end, as fast as it is taken."""
    send(handler, b"PK\x03\x04", None)
    while not handler.closing.is_set():
        handler.wfile.write(bytes(1 << 16))


def huge(handler) -> None:
    """Promises a terabyte."""
    send(handler, b"PK\x03\x04", 10**12)
    handler.closing.wait(60)


def page(handler) -> None:
    """Answers with a login page, and calls it a success."""
    send(handler, PAGE, len(PAGE), "text/html")


def other(handler) -> None:
    """Sends digits of the right shapes that are not MNIST."""
    body = npz(digits(seed=2))
    send(handler, body, len(body))


def flipped(handler) -> None:
    """Sends the file with one bit changed."""
    body = bytearray(handler.body)
    body[len(body) // 3] ^= 1
    send(handler, bytes(body), len(body))


def text(handler) -> None:
    """Answers every question with two words."""
    send(handler, b"Not MNIST", 9)


def status(code: int) -> Callable:
    """Returns an answer that is an HTTP status and nothing else."""

    def answer(handler) -> None:
        handler.send_response(code)
        handler.send_header("Content-Length", "0")
        handler.end_headers()

    return answer
