"""Rows 12 to 16 of the faults: a bad data file is one DataError, wherever it was named."""

import io
import pickle
import re
import struct
import zipfile

from mnistlab.data import mnist
from mnistlab.data.checks import check_pairs
from mnistlab.data.mnist import load_mnist
from mnistlab.data.npz import write_npz
from mnistlab.errors import DataError

import numpy as np
import pytest

from . import server as faults


@pytest.fixture(autouse=True)
def small(tmp_path, monkeypatch):
    """The small MNIST, and a place for downloads that refuses all of them."""
    faults.isolate(monkeypatch, tmp_path)
    faults.pretend(monkeypatch.setattr, f"http://127.0.0.1:{faults.closed_port()}/")


def good():
    return faults.npz(faults.digits())


def flipped():
    content = bytearray(good())
    content[len(content) // 3] ^= 4
    return bytes(content)


def changed(**arrays):
    return faults.npz(faults.digits() | arrays)


def without(name):
    return faults.npz({key: array for key, array in faults.digits().items() if key != name})


def objects():
    pickled = b"\x80\x04N."
    return repacked(y_train=b"\x93NUMPY\x01\x00" + header("|O", (faults.TRAIN,)) + pickled)


def header(descr, shape):
    text = f"{{'descr': '{descr}', 'fortran_order': False, 'shape': {shape}}}".encode()
    text = text.ljust(117) + b"\n"
    return struct.pack("<H", len(text)) + text


def repacked(**members):
    buffer = io.BytesIO(good())
    with zipfile.ZipFile(buffer) as archive:
        contents = {name: archive.read(f"{name}.npy") for name in mnist.ARRAYS}
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in (contents | members).items():
            archive.writestr(f"{name}.npy", content)
    return buffer.getvalue()


def terabytes():
    return repacked(x_test=b"\x93NUMPY\x01\x00" + header("|u1", (10**9, 28, 28)))


def inflating():
    return repacked(x_test=b"\x93NUMPY\x01\x00" + header("|u1", (20, 28, 28)) + bytes(32 << 20))


def standin(seed=5, lie=False):
    arrays = faults.digits(seed)
    joint = mnist._joint_digest({name: mnist.digest(array) for name, array in arrays.items()})
    mark = np.frombuffer(bytes.fromhex("00" * 32 if lie else joint), "uint8")
    return faults.npz(arrays | {mnist.MARKER: mark})


BAD = {
    "12 page": (lambda: faults.PAGE, "it is an HTML page"),
    "12 one byte": (lambda: b"\x07", "something else, or damaged"),
    "12 pickle": (lambda: pickle.dumps({"x_train": 1}), "pickle, which is never read"),
    "13 flipped bit": (flipped, "damaged"),
    "13 empty": (lambda: b"", "it is empty"),
    "13 truncated": (lambda: good()[:-30], "damaged or truncated"),
    "13 missing array": (lambda: without("y_test"), "no array named y_test"),
    "14 terabytes": (terabytes, "x_test should be uint8 (20, 28, 28), and is uint8 (1000000000"),
    "14 inflating": (inflating, "x_test claims 33,5"),
    "15 objects": (objects, "y_train holds Python objects, which are never read"),
    "16 shape": (
        lambda: changed(x_train=np.zeros((faults.TRAIN, 784), "uint8")),
        "x_train should be uint8 (40, 28, 28), and is uint8 (40, 784)",
    ),
    "16 type": (
        lambda: changed(y_train=np.zeros(faults.TRAIN, "int64")),
        "y_train should be uint8 (40,), and is int64 (40,)",
    ),
    "16 label": (
        lambda: changed(y_test=np.full(faults.TEST, 10, "uint8")),
        "y_test holds the value 10, where 9 is the highest",
    ),
    "16 lengths": (
        lambda: changed(y_train=np.zeros(faults.TRAIN - 1, "uint8")),
        "y_train should be uint8 (40,), and is uint8 (39,)",
    ),
    "16 other digits": (
        lambda: faults.npz(faults.digits(seed=2)),
        "is not MNIST: x_train, x_test differ (sha256 mismatch)",
    ),
    "16 one other label": (
        lambda: changed(y_test=np.roll(faults.digits()["y_test"], 1)),
        "is not MNIST: y_test differs (sha256 mismatch)",
    ),
    "false stand-in": (lambda: standin(lie=True), "says that it is the stand-in"),
}


@pytest.fixture(params=["path", "MNISTLAB_DATA", "data/mnist.npz"])
def named(request, tmp_path, monkeypatch):
    """A file named in one of three ways: its path, what to load, and the remedy offered."""
    if request.param == "data/mnist.npz":
        path = tmp_path / "project/data/mnist.npz"
        path.parent.mkdir(parents=True)
        return path, None, "remove it"
    path = tmp_path / "digits.npz"
    if request.param == "path":
        return path, path, "leave source out"
    monkeypatch.setenv("MNISTLAB_DATA", str(path))
    return path, None, "unset MNISTLAB_DATA"


@pytest.mark.parametrize(("make", "message"), BAD.values(), ids=BAD)
def test_a_bad_file_that_was_named_is_an_error_with_cause_and_remedy(named, make, message):
    path, source, remedy = named
    content = make()
    path.write_bytes(content)
    with pytest.raises(DataError, match=re.escape(message)) as caught:
        load_mnist(source)
    assert str(path) in str(caught.value)
    assert remedy in str(caught.value)
    assert mnist.FILE_SHA256 in str(caught.value) or source is not None
    assert "allow_pickle" not in str(caught.value)
    assert path.read_bytes() == content


@pytest.mark.parametrize(("make", "message"), BAD.values(), ids=BAD)
@pytest.mark.parametrize("place", ["cache", "keras/datasets"])
def test_a_bad_cached_file_is_passed_over_with_a_notice(tmp_path, make, message, place):
    path = tmp_path / place / "mnist.npz"
    path.parent.mkdir(parents=True)
    content = make()
    path.write_bytes(content)
    with (
        pytest.warns(UserWarning, match=rf"{re.escape(message)}.*It is not used"),
        pytest.raises(DataError, match=r"mnist\.npz \(bad\).*connection refused"),
    ):
        load_mnist("mnist")
    assert path.read_bytes() == content


def test_a_bad_file_in_keras_cache_stays_after_a_download(tmp_path, monkeypatch):
    path = tmp_path / "keras/datasets/mnist.npz"
    path.parent.mkdir(parents=True)
    path.write_bytes(b"Keras' own business")
    with faults.serving() as server:
        faults.pretend(monkeypatch.setattr, server.address)
        with pytest.warns(UserWarning, match="left as it is: it belongs to Keras"):
            assert load_mnist().path == tmp_path / "cache/mnist.npz"
    assert path.read_bytes() == b"Keras' own business"
    assert [entry.name for entry in path.parent.iterdir()] == ["mnist.npz"]


def test_a_path_that_is_missing_is_an_error(tmp_path, monkeypatch):
    path = tmp_path / "digits.npz"
    with pytest.raises(DataError, match=r"digits\.npz is missing; .* leave source out"):
        load_mnist(path)
    monkeypatch.setenv("MNISTLAB_DATA", str(path))
    with pytest.raises(DataError, match=r"digits\.npz is missing; .* unset MNISTLAB_DATA"):
        load_mnist()


def test_nobody_has_to_put_a_file_into_the_data_folder():
    with pytest.raises(DataError, match=r"data/mnist\.npz \(not there\)"):
        load_mnist("mnist")


def test_a_named_folder_is_an_error(named):
    path, source, remedy = named
    path.mkdir()
    with pytest.raises(DataError, match="is a folder; an npz file was expected") as caught:
        load_mnist(source)
    assert remedy in str(caught.value)


def test_the_container_does_not_matter(named):
    path, source, _ = named
    np.savez(path, extra=np.arange(3), **faults.digits())
    loaded = load_mnist(source)
    assert loaded.source == "mnist"
    assert loaded.path == path
    write_npz(path, faults.digits(), level=9)
    assert load_mnist(source).digest == loaded.digest


def test_the_stand_in_is_no_mnist(tmp_path, monkeypatch):
    path = tmp_path / "standin.npz"
    path.write_bytes(standin())
    assert load_mnist(path).source == "standin"
    monkeypatch.setenv("MNISTLAB_DATA", str(path))
    with pytest.warns(UserWarning, match=r"MNIST stand-in in use: .*standin\.npz, which is named"):
        assert load_mnist().source == "standin"
    with pytest.raises(DataError, match="is the stand-in, not MNIST"):
        load_mnist("mnist")


def test_the_stand_in_under_mnist_s_name_in_the_cache_is_passed_over(tmp_path):
    path = tmp_path / "cache/mnist.npz"
    path.parent.mkdir()
    path.write_bytes(standin())
    with (
        pytest.warns(UserWarning, match=r"is the stand-in, not MNIST\. It is not used"),
        pytest.raises(DataError),
    ):
        load_mnist("mnist")


@pytest.mark.parametrize("source", [7, 1.5, b"\xff", ["mnist"], {}])
def test_a_source_that_is_no_path_is_an_error(source):
    with pytest.raises(DataError, match="give 'mnist', 'standin' or the path"):
        load_mnist(source)


@pytest.mark.parametrize("source", ["MNIST", "mnists", "", "a\0b"])
def test_a_misspelled_source_is_an_error(source):
    with pytest.raises(DataError, match=r"missing|a folder|cannot be read"):
        load_mnist(source)


def test_row_16_arrays_in_memory_are_refused_before_training():
    images = np.zeros((3, 28, 28), "float32")
    with pytest.raises(DataError, match="found 11"):
        check_pairs(images, np.array([0, 1, 11]))
    with pytest.raises(DataError, match="found 3 and 2"):
        check_pairs(images, np.array([0, 1]))
    images[1, 2, 3] = np.nan
    with pytest.raises(DataError, match=r"found nan at \[1, 2, 3\]"):
        check_pairs(images, np.array([0, 1, 2]))
