"""Programs that tests start: what is killed, limited or broken must be a process of its own."""

import subprocess
import sys

from mnistlab import settings


def run_program(program: str, *arguments: object) -> subprocess.CompletedProcess:
    """Runs a Python program in a new process; returns how it ended and what it said."""
    return subprocess.run(
        [sys.executable, "-c", program, *map(str, arguments)],
        capture_output=True,
        text=True,
        cwd=settings.PROJECT,
    )
