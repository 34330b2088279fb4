"""Settings: what each variable means, its default, and what it cannot be."""

import dataclasses
import os
import shutil
import subprocess
import sys
from pathlib import Path

from mnistlab import settings
from mnistlab.errors import MnistLabError
from mnistlab.settings import Settings, current

import pytest

FLAGS = {"MNISTLAB_QUICK": "quick", "MNISTLAB_OFFLINE": "offline", "MNISTLAB_RECORD": "record"}
PATHS = {"MNISTLAB_DATA": "data", "MNISTLAB_CACHE": "cache", "MNISTLAB_OUTPUT": "output"}


def test_nothing_set_is_a_full_run():
    run = current({})
    assert run == Settings()
    assert (run.quick, run.folds, run.epochs, run.rows) == (False, 5, 10, 60_000)
    assert (run.seed, run.threads, run.device) == (1, None, "auto")
    assert (run.data, run.cache, run.offline, run.record) == (None, None, False, False)


def test_quick_mode_does_less_of_everything():
    run = current({"MNISTLAB_QUICK": "1"})
    assert (run.folds, run.epochs, run.rows) == (2, 2, 3_000)


def test_empty_is_as_if_missing():
    names = [*FLAGS, *PATHS, "MNISTLAB_SEED", "MNISTLAB_THREADS", "MNISTLAB_DEVICE"]
    assert current(dict.fromkeys(names, "")) == current(dict.fromkeys(names, "  ")) == Settings()


@pytest.mark.parametrize("variable", FLAGS)
class TestFlags:
    @pytest.mark.parametrize("text", ["1", "true", "True", "YES", "on", " 1 "])
    def test_on(self, variable, text):
        assert current({variable: text}) == Settings(**{FLAGS[variable]: True})

    @pytest.mark.parametrize("text", ["0", "false", "No", "OFF"])
    def test_off(self, variable, text):
        assert current({variable: text}) == Settings()

    @pytest.mark.parametrize("text", ["2", "-1", "quick", "ja"])
    def test_neither(self, variable, text):
        with pytest.raises(MnistLabError, match=f"^{variable} is '{text}'; set it to 1 or 0"):
            current({variable: text})


@pytest.mark.parametrize("variable", PATHS)
class TestPaths:
    def test_the_home_folder_is_known(self, variable, tmp_path, monkeypatch):
        # The first is the home folder on Linux and macOS, the second on Windows.
        monkeypatch.setenv("HOME", str(tmp_path))
        monkeypatch.setenv("USERPROFILE", str(tmp_path))
        assert getattr(current({variable: "a/b.npz"}), PATHS[variable]) == Path("a/b.npz")
        assert getattr(current({variable: "~/b.npz"}), PATHS[variable]) == tmp_path / "b.npz"

    def test_a_home_folder_that_nobody_has(self, variable, monkeypatch):
        def no_home(path):
            raise RuntimeError("Could not determine home directory.")

        # Windows takes any name for that of a user.
        monkeypatch.setattr(Path, "expanduser", no_home)
        with pytest.raises(MnistLabError, match=f"^{variable} is '~nosuch/x'.*a whole path"):
            current({variable: "~nosuch/x"})


class TestNumbers:
    def test_seed(self):
        assert current({"MNISTLAB_SEED": "0"}).seed == 0
        assert current({"MNISTLAB_SEED": " 42 "}).seed == 42
        assert current({"MNISTLAB_SEED": "4294967295"}).seed == 2**32 - 1

    @pytest.mark.parametrize("text", ["-1", "1.5", "one", "0x10", "4294967296"])
    def test_what_is_no_seed(self, text):
        with pytest.raises(MnistLabError, match=f"^MNISTLAB_SEED is '{text}'; set it to a whole"):
            current({"MNISTLAB_SEED": text})

    def test_threads(self):
        assert current({"MNISTLAB_THREADS": "3"}).threads == 3

    @pytest.mark.parametrize("text", ["0", "-2", "all"])
    def test_what_is_no_number_of_threads(self, text):
        with pytest.raises(MnistLabError, match=f"^MNISTLAB_THREADS is '{text}'.*from 1"):
            current({"MNISTLAB_THREADS": text})


class TestDevice:
    @pytest.mark.parametrize(("text", "device"), [("cpu", "cpu"), ("CPU", "cpu"), ("auto", "auto")])
    def test_known(self, text, device):
        assert current({"MNISTLAB_DEVICE": text}).device == device

    def test_unknown(self):
        with pytest.raises(MnistLabError, match=r"^MNISTLAB_DEVICE is 'gpu7'; set it to 'cpu' or"):
            current({"MNISTLAB_DEVICE": "gpu7"})


def test_the_environment_is_read_at_each_call(monkeypatch):
    monkeypatch.setenv("MNISTLAB_SEED", "7")
    assert current().seed == 7
    monkeypatch.setenv("MNISTLAB_SEED", "8")
    assert current().seed == 8


def test_tests_run_in_quick_mode():
    assert current().quick


def test_choose():
    assert Settings(quick=True).choose(full="long", quick="short") == "short"
    assert Settings().choose(full="long", quick="short") == "long"


def test_a_reader_never_writes_into_the_record():
    run = Settings()
    assert run.results_folder == settings.PROJECT / "notebooks" / "my_results"
    assert run.models_folder == settings.PROJECT / "notebooks" / "my_models"
    recording = Settings(record=True)
    assert recording.results_folder == settings.PROJECT / "data" / "results"
    assert recording.models_folder == settings.PROJECT / "data" / "models"


def test_the_readers_own_folder_can_be_another(tmp_path):
    run = current({"MNISTLAB_OUTPUT": str(tmp_path)})
    assert run.results_folder == tmp_path / "my_results"
    assert run.models_folder == tmp_path / "my_models"
    recording = current({"MNISTLAB_OUTPUT": str(tmp_path), "MNISTLAB_RECORD": "1"})
    assert recording.results_folder == settings.PROJECT / "data" / "results"


def test_the_project_is_the_folder_of_the_checkout():
    assert (settings.PROJECT / "mnistlab" / "settings.py").is_file()
    assert (settings.PROJECT / "pyproject.toml").is_file()


def test_a_package_without_its_checkout_is_on_its_own(tmp_path):
    # As a wheel installs it: the package, and no project around it.
    package = tmp_path / "site-packages" / "mnistlab"
    shutil.copytree(
        settings.PROJECT / "mnistlab", package, ignore=shutil.ignore_patterns("__pycache__")
    )
    placed = package.parent / "data" / "mnist.npz"
    placed.parent.mkdir()
    placed.write_text("not MNIST")
    program = """
from pathlib import Path
from mnistlab import settings
from mnistlab.data import mnist
from mnistlab.errors import MnistLabError
from mnistlab.evaluation import results

assert settings.PROJECT.name == "site-packages"
assert settings.current({}).results_folder.resolve() == Path.cwd() / "my_results"
tried = []
assert mnist._from_settings(tried, None) is None and tried == ["MNISTLAB_DATA (not set)"]
for refused in (
    lambda: results.recorded("baseline"), lambda: settings.current({"MNISTLAB_RECORD": "1"})
):
    try:
        refused()
    except MnistLabError as error:
        print(error)
"""
    environ = {name: text for name, text in os.environ.items() if not name.startswith("MNISTLAB_")}
    done = subprocess.run(
        [sys.executable, "-c", program],
        env=environ | {"PYTHONPATH": str(package.parent)},
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=120,
        check=True,
    )
    recorded, record = done.stdout.splitlines()
    assert "the record comes with the project's checkout" in recorded
    assert "no checkout of the project to record in" in record


def test_settings_do_not_change():
    with pytest.raises(dataclasses.FrozenInstanceError):
        current().seed = 2


def test_every_variable_stands_in_the_modules_table():
    source = Path(settings.__file__).read_text("utf-8")
    used = {*FLAGS, *PATHS, "MNISTLAB_SEED", "MNISTLAB_THREADS", "MNISTLAB_DEVICE"}
    assert all(source.count(name) >= 2 and f"`{name}`" in settings.__doc__ for name in used)


def test_no_other_module_reads_the_environment_variables_of_the_project():
    for path in (settings.PROJECT / "mnistlab").rglob("*.py"):
        if path.name != "settings.py":
            text = path.read_text("utf-8")
            assert 'environ["MNISTLAB' not in text, path.name
            assert 'getenv("MNISTLAB' not in text, path.name
            assert 'environ.get("MNISTLAB' not in text, path.name
