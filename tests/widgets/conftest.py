"""What the tests of widgets share: a digit of their own, and one small model."""

from mnistlab.models import zoo
from mnistlab.widgets import shared_digit

import pytest


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    """A cache folder of its own for each test; made by whoever writes to it first."""
    path = tmp_path / "cache"
    monkeypatch.setenv("MNISTLAB_CACHE", str(path))
    return path


@pytest.fixture(autouse=True)
def shared(folder, monkeypatch):
    """The kernel's shared digit, a fresh one for each test."""
    monkeypatch.setattr(shared_digit, "shared", shared_digit.SharedDigit())
    return shared_digit.shared


@pytest.fixture(scope="module")
def model():
    return zoo.build("lenet5")
