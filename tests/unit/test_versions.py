"""Versions: those of the packages in use; one without metadata is no error."""

import importlib.metadata
import platform

from mnistlab.versions import PACKAGES, versions

import keras
import numpy as np
import sklearn
import tensorflow as tf


def test_they_are_those_of_what_runs():
    found = versions()
    assert found["python"] == platform.python_version()
    for package, module in (
        ("tensorflow", tf),
        ("keras", keras),
        ("numpy", np),
        ("scikit-learn", sklearn),
    ):
        assert found[package] == module.__version__


def test_a_package_without_metadata_is_recorded_as_such(monkeypatch):
    def version(package):
        raise importlib.metadata.PackageNotFoundError(package)

    monkeypatch.setattr(importlib.metadata, "version", version)
    assert {versions()[package] for package in PACKAGES} == {"not installed"}
