"""The lowest versions that are safe: named in pyproject.toml, and kept by the lock."""

import tomllib

from mnistlab import settings

import pytest
from packaging.requirements import Requirement
from packaging.version import Version

# Below these, known vulnerabilities are open.
SAFE = {
    "keras": "3.15.1",
    "pillow": "13.0",
    "jupyter_server": "2.20",
    "jupyterlab": "4.6.2",
    "nbconvert": "7.17.1",
}


def named(name):
    """Yields every requirement of pyproject.toml for a package."""
    text = (settings.PROJECT / "pyproject.toml").read_text("utf-8")
    project = tomllib.loads(text)["project"]
    extras = [line for lines in project["optional-dependencies"].values() for line in lines]
    for line in [*project["dependencies"], *extras]:
        if Requirement(line).name == name:
            yield Requirement(line)


def locked(name):
    """Yields the version of every line of requirements.txt for a package."""
    for line in (settings.PROJECT / "requirements.txt").read_text("utf-8").splitlines():
        package, _, version = line.partition("==")
        if package == name:
            yield Version(version)


@pytest.mark.parametrize("name", SAFE)
def test_no_version_below_is_allowed(name):
    (requirement,) = named(name)
    floors = [Version(each.version) for each in requirement.specifier if each.operator == ">="]
    assert max(floors) >= Version(SAFE[name])


@pytest.mark.parametrize("name", SAFE)
def test_the_lock_keeps_to_it(name):
    (version,) = locked(name)
    (requirement,) = named(name)
    assert version >= Version(SAFE[name])
    assert version in requirement.specifier
