"""Which versions a result or a model was made with."""

import importlib.metadata
import platform

PACKAGES = ("tensorflow", "keras", "numpy", "scikit-learn", "mnistlab")
"""The packages that a measured number depends on."""


def versions() -> dict[str, str]:
    """Returns the versions of Python and of `PACKAGES`.

    A package without metadata (a folder that was only copied) is recorded as
    "not installed": a finished run is worth more than a complete list.

    Example:
        >>> list(versions())
        ['python', 'tensorflow', 'keras', 'numpy', 'scikit-learn', 'mnistlab']
    """
    return {"python": platform.python_version()} | {name: _version(name) for name in PACKAGES}


def _version(package: str) -> str:
    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        return "not installed"
