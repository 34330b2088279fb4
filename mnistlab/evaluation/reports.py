"""How folds that run in other processes say how far they are.

They send small messages to this machine's loopback interface, where a thread
passes them on. Nothing waits for a message and none has to arrive: what counts
comes with the outcome of the fold. On another machine of a cluster they lead
nowhere, and only finished folds are seen.
"""

import contextlib
import contextvars
import json
import secrets
import socket
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass

Report = Callable[[int, int, float, dict[str, float]], None]

LOOPBACK = "127.0.0.1"
LARGEST = 65_507


@dataclass(frozen=True)
class Sender:
    """Sends reports to the process that made it; can be pickled.

    Attributes:
        port: where it listens.
        token: what shows that a message is meant for it.
    """

    port: int
    token: str

    def __call__(self, fold: int, epoch: int, share: float, numbers: dict[str, float]) -> None:
        message = json.dumps([self.token, fold, epoch, share, numbers]).encode()
        with contextlib.suppress(OSError), socket.socket(type=socket.SOCK_DGRAM) as sending:
            sending.sendto(message, (LOOPBACK, self.port))


@contextlib.contextmanager
def received(report: Report) -> Iterator[Report | None]:
    """Passes on to `report` what is sent by the `Sender` that it gives.

    Where no socket can be opened it gives `None`: the work goes on unseen.

    Example:
        >>> import queue
        >>> seen = queue.Queue()
        >>> with received(lambda *message: seen.put(message)) as send:
        ...     send(0, 3, 0.5, {})
        ...     seen.get(timeout=10)
        (0, 3, 0.5, {})
    """
    receiving = _listening()
    if receiving is None:
        yield None
        return
    token, closing = secrets.token_hex(16), threading.Event()
    receiving.settimeout(0.2)

    def receive():
        while not closing.is_set():
            message = _message(receiving, token)
            if message:
                report(*message)

    # In the context of the cell, so that what is drawn belongs to its output.
    context = contextvars.copy_context()
    thread = threading.Thread(target=context.run, args=(receive,), daemon=True)
    thread.start()
    try:
        yield Sender(receiving.getsockname()[1], token)
    finally:
        closing.set()
        thread.join()
        receiving.close()


def _listening() -> socket.socket | None:
    with contextlib.suppress(OSError), contextlib.ExitStack() as opened:
        receiving = opened.enter_context(socket.socket(type=socket.SOCK_DGRAM))
        receiving.bind((LOOPBACK, 0))
        opened.pop_all()
        return receiving
    return None


def _message(receiving: socket.socket, token: str) -> list | None:
    """Returns the next message, without its token; `None` if there is none, or a stranger's."""
    try:
        sender, *message = json.loads(receiving.recv(LARGEST))
        return message if secrets.compare_digest(sender, token) else None
    except (OSError, ValueError, TypeError):
        return None
