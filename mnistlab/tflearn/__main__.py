"""Runs a script for tflearn as it is: `python -m mnistlab.tflearn script.py`."""

import runpy
import sys
from pathlib import Path

from mnistlab.tflearn import installation


def main(arguments: list[str]) -> None:
    """Runs the script that the first argument names; the others are the script's own.

    Args:
        arguments: the script's path, and what it finds in `sys.argv` after it.
    """
    if not arguments or arguments[0] in ("-h", "--help"):
        sys.exit("Usage: python -m mnistlab.tflearn script.py [its arguments]")
    script = Path(arguments[0])
    if not script.is_file():
        sys.exit(f"There is no script {script}. Give the path of a Python file.")
    installation.install()
    sys.argv = arguments
    # A script imports what lies beside it, as when it is run by itself.
    sys.path.insert(0, str(script.resolve().parent))
    runpy.run_path(str(script), run_name="__main__")


if __name__ == "__main__":
    main(sys.argv[1:])
