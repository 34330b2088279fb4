"""How TensorFlow starts: as Keras' backend, quietly, on the threads and device asked for.

TensorFlow writes log lines to file descriptor 2 while it is imported, below
Python's `sys.stderr`, and no environment variable stops all of them. In a
notebook they land above the first result. `prepare()` therefore sets the
environment, and has the first `import tensorflow` (which `import keras`
causes) run with descriptor 2 pointed at a scratch file. If the import fails,
what was held back is printed, so that no cause is hidden.

oneDNN stays on: without it training takes two to four times as long.
"""

import contextlib
import importlib.abc
import importlib.machinery
import logging
import os
import sys
import tempfile
from collections.abc import Iterator

from mnistlab import settings


def prepare() -> None:
    """Makes the coming import of TensorFlow quiet; imports nothing itself."""
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    os.environ.setdefault("KERAS_BACKEND", "tensorflow")
    run = settings.current()
    if run.threads:
        os.environ.setdefault("TF_NUM_INTRAOP_THREADS", str(run.threads))
        os.environ.setdefault("OMP_NUM_THREADS", str(run.threads))
    if run.device == "cpu":
        os.environ.setdefault("CUDA_VISIBLE_DEVICES", "-1")
    if "tensorflow" not in sys.modules and not any(
        isinstance(finder, _QuietFinder) for finder in sys.meta_path
    ):
        sys.meta_path.insert(0, _QuietFinder())
    logging.getLogger("tensorflow").addFilter(_is_not_about_retracing)


def _is_not_about_retracing(record: logging.LogRecord) -> bool:
    # A fresh model for every fold has to be traced anew. TensorFlow takes that for an
    # oversight and, in a notebook, prints its advice among the results.
    return "retracing" not in record.getMessage()


@contextlib.contextmanager
def quiet_descriptor() -> Iterator[None]:
    """Holds back all that is written to file descriptor 2; prints it if the block fails."""
    if sys.stderr is None:
        # A program without an error stream: nobody would see what is held back.
        yield
        return
    sys.stderr.flush()
    with tempfile.TemporaryFile() as scratch:
        kept = os.dup(2)
        os.dup2(scratch.fileno(), 2)
        try:
            yield
        except BaseException:
            os.dup2(kept, 2)
            scratch.seek(0)
            sys.stderr.write(scratch.read().decode("utf-8", "replace"))
            raise
        finally:
            os.dup2(kept, 2)
            os.close(kept)


class _QuietFinder(importlib.abc.MetaPathFinder):
    """Finds TensorFlow as usual, once, and wraps its loader."""

    def find_spec(self, fullname, path=None, target=None):
        if fullname != "tensorflow":
            return None
        sys.meta_path.remove(self)
        spec = importlib.machinery.PathFinder.find_spec(fullname, path, target)
        if spec is not None and spec.loader is not None:
            spec.loader = _QuietLoader(spec.loader)
        return spec


class _QuietLoader(importlib.abc.Loader):
    """Runs another loader with file descriptor 2 held back."""

    def __init__(self, loader):
        self._loader = loader

    def __getattr__(self, name):
        return getattr(self._loader, name)

    def create_module(self, spec):
        return self._loader.create_module(spec)

    def exec_module(self, module):
        module.__spec__.loader = module.__loader__ = self._loader
        with quiet_descriptor():
            self._loader.exec_module(module)
