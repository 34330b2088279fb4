"""load_mnist: what it returns, where it looks first, and the stand-in it falls back on.

Faults of files and of the network are tried in tests/faults.
"""

import os
import pickle
import subprocess
import sys
import warnings
from pathlib import Path

from mnistlab.data import cache, mnist
from mnistlab.data.mnist import Digits, load_mnist
from mnistlab.data.npz import write_npz
from mnistlab.errors import DataError, StandInWarning

import numpy as np
import pytest

from ..faults import server as faults

REAL = os.environ.get("MNISTLAB_DATA", "")

needs_mnist = pytest.mark.skipif(
    not REAL or not Path(REAL).is_file(), reason="MNISTLAB_DATA does not name a file"
)


@pytest.fixture(autouse=True)
def alone(tmp_path, monkeypatch):
    faults.isolate(monkeypatch, tmp_path)


@pytest.fixture
def small(monkeypatch):
    """The small MNIST, which nobody offers for download."""
    faults.pretend(monkeypatch.setattr, f"http://127.0.0.1:{faults.closed_port()}/")


@pytest.fixture
def standin(monkeypatch):
    """A stand-in that is made at once; the real one has tests of its own."""
    module = type(sys)("mnistlab.data.standin")
    module.VERSION = 3
    module.made = 0

    def make_standin(seed=1, progress=None):
        module.made += 1
        progress(0.5)
        return faults.digits(seed=100 + seed)

    module.make_standin = make_standin
    monkeypatch.setitem(sys.modules, "mnistlab.data.standin", module)
    return module


def put(path, arrays=None):
    path.parent.mkdir(parents=True, exist_ok=True)
    write_npz(path, faults.digits() if arrays is None else arrays)
    return path


@pytest.fixture
def everywhere(small, tmp_path, monkeypatch):
    """MNIST in all of the places where it is looked for, in their order."""
    paths = [
        put(tmp_path / "named/digits.npz"),
        put(tmp_path / "project/data/mnist.npz"),
        put(tmp_path / "cache/mnist.npz"),
        put(tmp_path / "keras/datasets/mnist.npz"),
    ]
    monkeypatch.setenv("MNISTLAB_DATA", str(paths[0]))
    return paths


def test_it_unpacks_as_keras_load_data_does(everywhere):
    (x_train, y_train), (x_test, y_test) = load_mnist()
    for name, array in zip(mnist.ARRAYS, (x_train, y_train, x_test, y_test), strict=True):
        np.testing.assert_array_equal(array, faults.digits()[name])
        assert array.dtype == np.uint8
        assert array.flags.writeable


def test_the_places_are_searched_in_order(everywhere, monkeypatch, standin):
    for path in everywhere:
        loaded = load_mnist()
        assert (loaded.source, loaded.path) == ("mnist", path)
        path.unlink()
        monkeypatch.delenv("MNISTLAB_DATA", raising=False)
    with pytest.warns(StandInWarning):
        assert load_mnist().source == "standin"


def test_a_path_is_that_file_and_no_other(everywhere, tmp_path, monkeypatch):
    path = put(tmp_path / "mine.npz")
    assert load_mnist(path).path == path
    assert load_mnist(str(path)).path == path
    monkeypatch.chdir(tmp_path)
    assert load_mnist("mine.npz").source == "mnist"
    path.unlink()
    with pytest.raises(DataError, match="is missing"):
        load_mnist(path)


def test_the_settings_are_read_at_every_call(small, tmp_path, monkeypatch):
    for name in ("one.npz", "two.npz"):
        monkeypatch.setenv("MNISTLAB_DATA", str(put(tmp_path / name)))
        assert load_mnist().path.name == name


def test_asking_for_mnist_takes_mnist_or_fails(small, tmp_path, standin):
    with pytest.raises(DataError, match=r"^MNIST cannot be had\. Tried: .*\. Put ") as caught:
        load_mnist("mnist")
    message = str(caught.value)
    tried = [
        "MNISTLAB_DATA (not set)",
        "data/mnist.npz (not there)",
        f"{tmp_path / 'cache/mnist.npz'} (not there)",
        f"{tmp_path / 'keras/datasets/mnist.npz'} (not there)",
        "connection refused",
    ]
    places = [message.index(place) for place in tried]
    assert places == sorted(places)
    assert standin.made == 0
    put(tmp_path / "keras/datasets/mnist.npz")
    assert load_mnist("mnist").source == "mnist"


def test_refresh_is_said_to_be_without_effect_on_a_named_file(everywhere):
    with pytest.warns(UserWarning, match="refresh=True is without effect: .* is named"):
        load_mnist(refresh=True)
    with pytest.warns(UserWarning, match="refresh=True is without effect: a file is read"):
        load_mnist(everywhere[2], refresh=True)


def test_the_stand_in_is_made_once_kept_and_announced_once(small, standin, tmp_path):
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        first, second = load_mnist(), load_mnist()
    assert [warning.category for warning in caught] == [StandInWarning]
    assert first.source == second.source == "standin"
    assert first.path == second.path == tmp_path / "cache/standin-3.npz"
    assert first.digest == second.digest
    np.testing.assert_array_equal(second[0][0], faults.digits(seed=101)["x_train"])
    assert standin.made == 1
    assert load_mnist(first.path).source == "standin"


def test_the_stand_in_on_request_needs_no_network_and_no_announcement(everywhere, standin):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert load_mnist("standin").source == "standin"


def test_a_stand_in_of_another_version_is_not_used(small, standin):
    load_mnist("standin")
    standin.VERSION = 4
    assert load_mnist("standin").path.name == "standin-4.npz"
    assert standin.made == 2


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04 half", b"<html>"])
def test_a_damaged_stand_in_is_made_anew_with_a_notice(small, standin, content):
    path = load_mnist("standin").path
    path.write_bytes(content)
    with pytest.warns(UserWarning, match=r"standin-3\.npz is not .* The stand-in is made anew"):
        assert load_mnist("standin").source == "standin"
    assert standin.made == 2
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        load_mnist("standin")


def test_a_stand_in_whose_arrays_were_exchanged_is_made_anew(small, standin):
    path = load_mnist("standin").path
    with np.load(path) as archive:
        arrays = {name: archive[name] for name in archive.files}
    put(path, arrays | {"x_test": faults.digits(seed=9)["x_test"]})
    with pytest.warns(UserWarning, match="its arrays differ"):
        load_mnist("standin")
    assert standin.made == 2


def test_refresh_makes_the_stand_in_again(small, standin):
    load_mnist("standin")
    load_mnist("standin", refresh=True)
    assert standin.made == 2


def test_a_stand_in_that_cannot_be_written_is_used_all_the_same(small, standin, monkeypatch):
    def refuse(*args, **kwargs):
        raise cache.CacheError("no space")

    monkeypatch.setattr(mnist, "write_atomically", refuse)
    with (
        pytest.warns(UserWarning, match="The stand-in is not kept"),
        pytest.warns(UserWarning, match="cannot be written"),
    ):
        loaded = load_mnist("standin")
    assert (loaded.source, loaded.path, standin.made) == ("standin", None, 1)


def test_the_digest_stands_for_all_four_arrays():
    digests = set()
    for changed in [None, *mnist.ARRAYS]:
        arrays = faults.digits()
        if changed:
            arrays[changed][0] ^= 1
        names = {name: mnist.digest(array) for name, array in arrays.items()}
        digests.add(mnist._digits(arrays, names, "mnist", None).digest)
    assert len(digests) == 5
    assert all(len(digest) == 16 for digest in digests)


def test_the_text_form_is_short_and_shows_no_path(everywhere, tmp_path):
    text = repr(load_mnist())
    assert text.startswith("<Digits mnist ")
    assert text.endswith(": 40 + 20>")
    assert str(tmp_path) not in text
    assert len(text) < 80


def test_digits_survive_a_pickle(everywhere):
    loaded = load_mnist()
    again = pickle.loads(pickle.dumps(loaded))
    assert isinstance(again, Digits)
    assert (again.source, again.path, again.digest) == (loaded.source, loaded.path, loaded.digest)
    np.testing.assert_array_equal(again[0][0], loaded[0][0])


def test_the_default_folders_are_the_user_s_own(tmp_path, monkeypatch):
    monkeypatch.delenv("MNISTLAB_CACHE")
    monkeypatch.delenv("KERAS_HOME")
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "home/.cache"))
    assert cache.user_folder().name == "mnistlab"
    if sys.platform.startswith("linux"):
        assert cache.user_folder() == tmp_path / "home/.cache/mnistlab"
        assert mnist._keras_file() == tmp_path / "home/.keras/datasets/mnist.npz"


def test_a_user_without_a_home_folder_has_no_cache_of_keras(monkeypatch):
    def no_home(path):
        if path.parts[:1] == ("~",):
            raise RuntimeError("Could not determine home directory.")
        return path

    monkeypatch.delenv("KERAS_HOME")
    monkeypatch.setattr(Path, "expanduser", no_home)
    assert mnist._keras_file() is None
    tried = []
    assert mnist._from_caches(tried) is None
    assert len(tried) == len(cache.folders())
    assert ".keras" not in "".join(tried)


def test_importing_and_loading_a_named_file_import_nothing_heavy(tmp_path):
    program = (
        "import sys; sys.path.insert(0, sys.argv[1]); from mnistlab.data import mnist\n"
        "print(*sys.modules)"
    )
    listed = subprocess.run(
        [sys.executable, "-c", program, str(tmp_path)], capture_output=True, text=True, check=True
    ).stdout.split()
    heavy = {"pooch", "requests", "sklearn", "scipy", "tensorflow", "keras", "matplotlib", "pandas"}
    assert "mnistlab.data.mnist" in listed
    assert not heavy & set(listed)


def test_the_published_digests_are_whole():
    assert set(mnist.SHA256) == set(mnist.ARRAYS)
    assert {len(value) for value in mnist.SHA256.values()} == {64}
    assert mnist.ARRAYS["x_train"].bytes == 60_000 * 28 * 28


@needs_mnist
def test_real_mnist_is_recognized(monkeypatch):
    monkeypatch.setenv("MNISTLAB_DATA", REAL)
    loaded = load_mnist()
    (x_train, y_train), (x_test, y_test) = loaded
    assert loaded.source == "mnist"
    assert loaded.digest == "c473ce9de4170e6f"
    assert (x_train.shape, x_test.shape) == ((60_000, 28, 28), (10_000, 28, 28))
    assert y_train[:9].tolist() == [5, 0, 4, 1, 9, 2, 1, 3, 1]
    assert y_test[0] == 7
    assert np.bincount(y_train).tolist()[:4] == [5923, 6742, 5958, 6131]


@needs_mnist
def test_real_mnist_survives_our_own_container_and_one_changed_pixel_does_not(tmp_path):
    (x_train, y_train), (x_test, y_test) = load_mnist(REAL)
    arrays = {"x_train": x_train, "y_train": y_train, "x_test": x_test, "y_test": y_test}
    path = tmp_path / "repacked.npz"
    write_npz(path, arrays, level=0)
    assert load_mnist(path).source == "mnist"
    x_train[31_415, 14, 14] ^= 1
    write_npz(path, arrays, level=0)
    with pytest.raises(DataError, match="is not MNIST: x_train differs"):
        load_mnist(path)
