"""The designer: build, check, train, evaluate and try a network without writing code.

Each name is loaded when it is first used: a design needs neither Keras nor a widget.
"""

import importlib

_HOME = {
    "Design": "mnistlab.widgets.designer.document",
    "Designer": "mnistlab.widgets.designer.app",
}

__all__ = sorted(_HOME)


def __getattr__(name: str):
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(_HOME[name]), name)


def __dir__() -> list[str]:
    return sorted([*globals(), *_HOME])
