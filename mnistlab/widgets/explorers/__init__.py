"""Explorers: a convolution, softmax and ReLU to play with, all on one shared digit.

Each is loaded when it is first used, so that one of them costs no other's time.
"""

import importlib

_HOME = {
    "ConvolutionExplorer": "mnistlab.widgets.explorers.convolution",
    "SoftmaxExplorer": "mnistlab.widgets.explorers.softmax",
    "ReluExplorer": "mnistlab.widgets.explorers.relu",
}

__all__ = sorted(_HOME)


def __getattr__(name: str):
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(_HOME[name]), name)


def __dir__() -> list[str]:
    return sorted([*globals(), *_HOME])
