"""What every test run shares: quick mode, plain output, and the data found once."""

import os
import shutil
import tempfile
import warnings

import hypothesis
import pytest

# Found the same on every machine, however slow, and no folder of findings beside the code.
hypothesis.settings.register_profile("project", deadline=None, derandomize=True, database=None)
hypothesis.settings.load_profile("project")

pytest_plugins = ["tools.nbval_kernel_watch"]

STAND_IN_NOTICE = "MNIST stand-in in use"


def pytest_configure(config: pytest.Config) -> None:
    """Sets the environment that tests, and the kernels that they start, inherit."""
    os.environ["MNISTLAB_QUICK"] = "1"
    # The announcement of the stand-in has tests of its own; in a notebook it
    # would be output that a run on MNIST does not have.
    os.environ["PYTHONWARNINGS"] = f"ignore:{STAND_IN_NOTICE}"
    # The width and color of Keras' layer tables must not depend on the terminal.
    for name in ("COLUMNS", "JUPYTER_COLUMNS", "NO_COLOR", "MNISTLAB_RECORD"):
        os.environ.pop(name, None)
    if hasattr(config, "workerinput"):
        return
    # What notebooks save in a test run is not mixed with what the reader saved.
    os.environ["MNISTLAB_OUTPUT"] = output = tempfile.mkdtemp(prefix="mnistlab-")
    config.add_cleanup(lambda: shutil.rmtree(output, ignore_errors=True))
    if config.getoption("nbval", default=False):
        _find_data_once()


def _find_data_once() -> None:
    """Downloads MNIST or makes the stand-in before several kernels ask for it at once."""
    from mnistlab import load_mnist

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        source = load_mnist().source
    if source == "standin":
        os.environ["MNISTLAB_OFFLINE"] = "1"
    print(f"notebooks run on: {source}")


@pytest.fixture(autouse=True)
def _own_graph(request):
    """What one test or doctest of tflearn's names builds is not there in the next."""
    if "tflearn" in request.path.parts:
        import tensorflow as tf

        tf.compat.v1.reset_default_graph()


@pytest.fixture(autouse=True)
def _own_shared_digit(request, tmp_path_factory, monkeypatch):
    """The digit that one doctest of the widgets chooses is not there in the next."""
    if not isinstance(request.node, pytest.DoctestItem) or "widgets" not in request.path.parts:
        return
    from mnistlab.widgets import shared_digit

    monkeypatch.setenv("MNISTLAB_CACHE", str(tmp_path_factory.mktemp("cache")))
    monkeypatch.setattr(shared_digit, "shared", shared_digit.SharedDigit())


def pytest_make_parametrize_id(val, argname):
    """Bytes get the argument's name as their part of a test's name.

    A packed file holds the time it was packed at, and workers (pytest-xdist) must give a test the
    same name.
    """
    return argname if isinstance(val, bytes) else None
