"""A pytest plugin: nbval notices within seconds that a notebook's kernel has died.

By itself nbval waits for the dead kernel's answer until the cell's time is up,
which is 2,000 seconds.
"""

import time
from queue import Empty

from nbval.kernel import RunningKernel

POLL_SECONDS = 5.0


class KernelDeathError(Exception):
    """The kernel's process ended in the middle of a notebook."""


_wait_for_message = RunningKernel.get_message


def _get_message(self, stream, timeout=None):
    deadline = float("inf") if timeout is None else time.monotonic() + timeout
    while True:
        remaining = deadline - time.monotonic()
        try:
            return _wait_for_message(self, stream, timeout=max(0.0, min(POLL_SECONDS, remaining)))
        except Empty:
            if not self.is_alive():
                raise KernelDeathError("The kernel died while this cell was running.") from None
            if remaining <= POLL_SECONDS:
                raise


def pytest_configure() -> None:
    """Puts the watchful reading of messages in place of nbval's own."""
    RunningKernel.get_message = _get_message
