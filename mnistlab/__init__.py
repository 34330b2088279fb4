"""MNIST Lab: convolutional networks, explained on handwritten digits.

The names that the notebooks import. They are loaded when first used, so that
`import mnistlab` is quick and TensorFlow starts only where a model is built.

Example:
    >>> import mnistlab
    >>> "load_mnist" in dir(mnistlab)
    True
"""

import importlib

from mnistlab import backend, cell_order

_HOME = {
    "load_mnist": "mnistlab.data.mnist",
    "load_dataset": "mnistlab.data.preparation",
    "prep_pixels": "mnistlab.data.preparation",
    "one_hot": "mnistlab.data.preparation",
    "load_image": "mnistlab.data.images",
    "image_to_digit": "mnistlab.data.images",
    "strokes_to_digit": "mnistlab.data.images",
    "define_model": "mnistlab.models.zoo",
    "predict": "mnistlab.models.prediction",
    "evaluate_model": "mnistlab.evaluation.crossval",
    "summarize_diagnostics": "mnistlab.evaluation.harness",
    "summarize_performance": "mnistlab.evaluation.harness",
    "run_test_harness": "mnistlab.evaluation.harness",
}

__all__ = sorted(_HOME)

backend.prepare()
cell_order.explain_name_errors()


def __getattr__(name: str):
    if name not in _HOME:
        raise AttributeError(f"module 'mnistlab' has no attribute {name!r}")
    return getattr(importlib.import_module(_HOME[name]), name)


def __dir__() -> list[str]:
    return sorted([*globals(), *_HOME])
