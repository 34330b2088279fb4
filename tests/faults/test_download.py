"""Rows 1 to 11 of the faults: a bad network damages no good file and does not stop the course."""

import errno
import json
import os
import shutil
import signal
import socket
import stat
import subprocess
import sys
import tempfile
import time
import warnings
from pathlib import Path

from mnistlab.data import cache, download, mnist
from mnistlab.data.mnist import load_mnist
from mnistlab.errors import DataError, MnistLabError, StandInWarning

import numpy as np
import pytest

from . import server as faults


@pytest.fixture(autouse=True)
def alone(tmp_path, monkeypatch):
    faults.isolate(monkeypatch, tmp_path)


@pytest.fixture
def server(monkeypatch):
    with faults.serving() as server:
        faults.pretend(monkeypatch.setattr, server.address)
        yield server


@pytest.fixture
def standin(monkeypatch):
    """A stand-in that is made at once; the real one has tests of its own."""
    module = type(sys)("mnistlab.data.standin")
    module.VERSION = 1
    module.made = 0

    def make_standin(seed=1, progress=None):
        module.made += 1
        progress(1.0)
        return faults.digits(seed=100 + seed)

    module.make_standin = make_standin
    monkeypatch.setitem(sys.modules, "mnistlab.data.standin", module)
    return module


@pytest.fixture
def no_network(monkeypatch):
    """Counts every attempt to look up a name or to connect, and lets none through."""
    attempts = []

    def refuse(*args, **kwargs):
        attempts.append(args)
        raise socket.gaierror(socket.EAI_AGAIN, "Temporary failure in name resolution")

    monkeypatch.setattr(socket, "getaddrinfo", refuse)
    monkeypatch.setattr(socket.socket, "connect", refuse)
    return attempts


@pytest.fixture
def folder(tmp_path):
    return tmp_path / "cache"


def names(folder):
    """The files that a reader would find: locks and the note of a failure are not data."""
    known = {"mnist.lock", "standin.lock", "download-failed.json"}
    return sorted(path.name for path in folder.iterdir() if path.name not in known)


def assert_mnist(loaded, path=None):
    (x_train, y_train), (x_test, y_test) = loaded
    expected = faults.digits()
    for name, array in zip(expected, (x_train, y_train, x_test, y_test), strict=True):
        np.testing.assert_array_equal(array, expected[name])
    assert loaded.source == "mnist"
    if path is not None:
        assert loaded.path == path


def put(path, content):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return path


def good_file():
    return faults.npz(faults.digits())


def test_mnist_is_downloaded_once_and_then_read(server, folder):
    assert_mnist(load_mnist(), folder / "mnist.npz")
    assert_mnist(load_mnist(), folder / "mnist.npz")
    assert server.requests == ["/mnist.npz"]
    assert names(folder) == ["mnist.npz"]
    assert (folder / "mnist.npz").read_bytes() == server.files["/mnist.npz"]


def test_the_four_idx_files_make_the_same_digits(server, folder, monkeypatch):
    faults.pretend(monkeypatch.setattr, server.address, idx=True)
    assert_mnist(load_mnist())
    assert_mnist(load_mnist())
    assert server.requests == [f"/{name}" for name in download.IDX_FILES]
    assert names(folder) == ["mnist.npz"]


def test_the_mirrors_are_public_addresses_over_tls():
    for mirror in download.MIRRORS:
        assert mirror.folder.startswith("https://")
        assert mirror.folder.endswith("/")
    assert download.MIRRORS[0].folder + download.MIRRORS[0].files[0] == mnist.ADDRESS


@pytest.mark.parametrize("share", [0.0, 0.5, 0.99])
def test_row_1_a_truncated_cached_file_is_fetched_again_with_a_notice(server, folder, share):
    good = good_file()
    put(folder / "mnist.npz", good[: int(len(good) * share)])
    with pytest.warns(UserWarning, match=r"mnist\.npz .*(damaged|empty).* not used"):
        assert_mnist(load_mnist(), folder / "mnist.npz")
    assert (folder / "mnist.npz").read_bytes() == good


def test_row_1_a_bad_cached_file_that_cannot_be_fetched_again_gives_way(server, standin, folder):
    server.answers = [faults.status(503)]
    put(folder / "mnist.npz", b"half of it")
    with (
        pytest.warns(UserWarning, match="not used"),
        pytest.warns(StandInWarning, match="HTTP status 503"),
    ):
        assert load_mnist().source == "standin"


@pytest.mark.parametrize(
    ("answer", "cause"),
    [
        (faults.status(403), "HTTP status 403"),
        (faults.dropped, "broke off after"),
        (faults.short, "broke off after"),
        (faults.page, "HTML page"),
        (faults.other, "sha256 mismatch"),
    ],
)
def test_row_2_a_failed_refresh_keeps_the_good_file(server, folder, answer, cause):
    path = put(folder / "mnist.npz", good_file())
    server.answers = [answer]
    with pytest.warns(UserWarning, match=f"could not be refreshed: .*{cause}.* is kept and used"):
        assert_mnist(load_mnist(refresh=True), path)
    assert path.read_bytes() == good_file()
    assert names(folder) == ["mnist.npz"]
    assert server.requests


def test_row_2_a_refresh_fetches_again(server, folder):
    load_mnist()
    before = (folder / "mnist.npz").stat().st_mtime_ns
    assert_mnist(load_mnist(refresh=True), folder / "mnist.npz")
    assert len(server.requests) == 2
    assert (folder / "mnist.npz").stat().st_mtime_ns > before


@pytest.fixture
def impatient(monkeypatch):
    monkeypatch.setattr(download, "READ_SECONDS", 1.5)


FAULTS = {
    "short": (faults.short, "broke off after"),
    "cut": (faults.cut, "what came is not MNIST: mnist.npz .*damaged or truncated"),
    "dropped": (faults.dropped, "broke off after"),
    "page": (faults.page, r"got an HTML page, a captive portal\?"),
    "text": (faults.text, "what came is not MNIST: mnist.npz .* a text"),
    "other": (faults.other, "what came is not MNIST: .*x_train, x_test differ .sha256 mismatch"),
    "flipped": (faults.flipped, "what came is not MNIST"),
    "403": (faults.status(403), "HTTP status 403"),
    "404": (faults.status(404), "HTTP status 404"),
    "500": (faults.status(500), "HTTP status 500"),
    "silent": (faults.silent, r"\(timeout\)"),
    "stalled": (faults.stalled, r"\(timeout\)"),
    "huge": (faults.huge, "more than the 64 MB"),
}
"""Rows 3 to 6, and their kin."""


@pytest.mark.parametrize(("answer", "cause"), FAULTS.values(), ids=FAULTS)
def test_rows_3_to_6_an_error_names_the_cause_and_leaves_nothing(
    server, impatient, folder, answer, cause
):
    server.answers = [answer]
    with pytest.raises(DataError, match=cause) as caught:
        load_mnist("mnist")
    message = str(caught.value)
    assert names(folder) == []
    assert mnist.ADDRESS in message
    assert mnist.FILE_SHA256 in message
    assert str(folder / "mnist.npz") in message
    assert "verify" not in message
    assert str(folder / cache._SCRATCH) not in message


@pytest.mark.parametrize("answer", [faults.page, faults.cut], ids=["page", "cut"])
def test_rows_4_and_5_hold_for_the_idx_files_too(server, folder, monkeypatch, answer):
    faults.pretend(monkeypatch.setattr, server.address, idx=True)
    server.answers = [faults.good, answer]
    with pytest.raises(DataError, match=r"HTML page|train-labels-idx1-ubyte\.gz is damaged"):
        load_mnist("mnist")
    assert names(folder) == []


def test_idx_files_that_are_not_mnist_are_refused(server, folder, monkeypatch):
    faults.pretend(monkeypatch.setattr, server.address, idx=True)
    name = f"/{download.IDX_FILES[1]}"
    server.files[name] = faults.idx_gz(faults.digits()["y_train"][::-1])
    with pytest.raises(DataError, match=r"y_train \(sha256 mismatch\)"):
        load_mnist("mnist")
    assert names(folder) == []


@pytest.mark.parametrize("answer", [faults.short, faults.dropped, faults.stalled])
def test_a_transfer_that_broke_off_is_tried_again(server, impatient, answer):
    server.answers = [answer, answer, faults.good]
    assert_mnist(load_mnist())
    assert len(server.requests) == 1 + download.RETRIES


def test_a_refusal_is_not_tried_again(server):
    server.answers = [faults.status(403)]
    with pytest.raises(DataError):
        load_mnist("mnist")
    assert len(server.requests) == 1


@pytest.mark.parametrize(
    "answer", [faults.silent, faults.page, faults.flipped, faults.short, faults.status(403)]
)
def test_row_6_the_next_mirror_is_asked(server, folder, monkeypatch, answer):
    server.answers = [answer]
    with faults.serving() as second:
        faults.pretend(monkeypatch.setattr, server.address, second.address)
        monkeypatch.setattr(download, "READ_SECONDS", 1.5)
        assert_mnist(load_mnist(), folder / "mnist.npz")
        assert second.requests == ["/mnist.npz"]
    assert server.requests


def test_a_server_out_of_reach_is_asked_once_whatever_it_offers(server, monkeypatch):
    server.answers = [faults.silent]
    faults.pretend(monkeypatch.setattr, server.address, server.address + "again/")
    monkeypatch.setattr(download, "ANSWER_SECONDS", 1.5)
    with pytest.raises(DataError):
        load_mnist("mnist")
    assert len(server.requests) == 1


@pytest.mark.parametrize("answer", [faults.endless, faults.trickling])
def test_a_body_without_end_is_given_up(server, folder, monkeypatch, answer):
    monkeypatch.setattr(download, "LIMIT", 4 << 20)
    monkeypatch.setattr(download, "LONGEST_SECONDS", 1.0)
    server.answers = [answer]
    with pytest.raises(DataError, match=r"more than the 4 MB|not complete after 1 s"):
        load_mnist("mnist")
    assert names(folder) == []


def child(program, *arguments, tmp_path):
    """Starts a process of its own with the small MNIST and this test's folders."""
    start = (
        "import sys; sys.path.insert(0, sys.argv[1]); import server\n"
        "server.pretend(setattr, sys.argv[2])\n"
        "from mnistlab.data.mnist import load_mnist\n"
        "from mnistlab import settings; import pathlib\n"
        "settings.PROJECT = pathlib.Path(sys.argv[3])\n"
    )
    here = str(Path(faults.__file__).parent)
    command = [sys.executable, "-c", start + program, here, *arguments, str(tmp_path / "project")]
    environment = os.environ | {"TMPDIR": str(tmp_path / "temporary")}
    return subprocess.Popen(
        command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )


def wait_for(condition, seconds=60):
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.02)


@pytest.mark.skipif(os.name == "nt", reason="there is no SIGKILL on Windows")
def test_row_7_kill_in_the_middle_of_a_download(server, folder, tmp_path):
    server.answers = [faults.stalled]
    with child("load_mnist('mnist')", server.address, tmp_path=tmp_path) as process:
        wait_for(lambda: [*folder.glob(".unfinished-*/mnist.npz")] if folder.exists() else [])
        wait_for(lambda: next(folder.glob(".unfinished-*/mnist.npz")).exists())
        process.send_signal(signal.SIGKILL)
        process.communicate()
    assert process.returncode == -signal.SIGKILL
    assert not (folder / "mnist.npz").exists()

    left = next(folder.glob(".unfinished-*"))
    long_ago = time.time() - cache.STALE_SECONDS - 60
    os.utime(left, (long_ago, long_ago))
    server.answers = [faults.good]
    assert_mnist(load_mnist(), folder / "mnist.npz")
    assert names(folder) == ["mnist.npz"]


def test_what_another_download_is_writing_is_left_alone(server, folder):
    other = put(folder / ".unfinished-other/mnist.npz", b"half")
    load_mnist()
    assert other.exists()


def test_row_8_several_processes_start_at_once(server, folder, tmp_path):
    program = "d = load_mnist('mnist'); print(d.source, d.digest, len(d[0][0]))"
    started = [child(program, server.address, tmp_path=tmp_path) for _ in range(4)]
    results = [process.communicate(timeout=120) for process in started]
    assert [process.returncode for process in started] == [0, 0, 0, 0], results
    said = {out for out, _ in results}
    assert len(said) == 1
    assert said.pop().split()[::2] == ["mnist", str(faults.TRAIN)]
    assert server.requests == ["/mnist.npz"]
    assert names(folder) == ["mnist.npz"]


def test_row_8_several_processes_without_a_server_try_once(server, folder, tmp_path):
    server.answers = [faults.short]
    program = (
        "from mnistlab.data import mnist\n"
        "mnist._load_standin = lambda: mnist.Digits((), 'standin', None, '')\n"
        "print(load_mnist().source)"
    )
    started = [child(program, server.address, tmp_path=tmp_path) for _ in range(3)]
    results = [process.communicate(timeout=120) for process in started]
    assert [out.strip() for out, _ in results] == ["standin"] * 3, results
    assert all("broke off after" in said for _, said in results), results
    assert len(server.requests) == 1 + download.RETRIES


def test_a_lock_that_is_never_released_is_not_waited_for(server, folder, monkeypatch):
    import filelock

    folder.mkdir()
    monkeypatch.setattr(cache, "LOCK_SECONDS", 0.2)
    with (
        filelock.FileLock(str(folder / "mnist.lock")),
        pytest.warns(UserWarning, match="Another process has held .* going on"),
    ):
        assert_mnist(load_mnist())


@pytest.mark.parametrize("cause", [NotImplementedError(), OSError(errno.ENOLCK, "No locks")])
def test_a_file_system_without_locks_is_used_all_the_same(server, folder, monkeypatch, cause):
    import filelock

    def refuse(self, *args, **kwargs):
        raise cause

    monkeypatch.setattr(filelock.FileLock, "acquire", refuse)
    assert_mnist(load_mnist(), folder / "mnist.npz")


@pytest.mark.parametrize("place", ["cache", "keras/datasets", "project/data", "named"])
def test_row_9_with_a_file_there_is_no_network_call(
    server, no_network, tmp_path, monkeypatch, place
):
    path = put(tmp_path / place / "mnist.npz", good_file())
    if place == "named":
        monkeypatch.setenv("MNISTLAB_DATA", str(path))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert_mnist(load_mnist(), path)
    assert no_network == []


def test_row_9_without_a_file_one_line_says_it_all(server, standin, no_network, folder):
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        assert load_mnist().source == "standin"
        assert load_mnist().source == "standin"
    assert [warning.category for warning in caught] == [StandInWarning]
    text = str(caught[0].message)
    assert text.startswith("MNIST stand-in in use")
    assert "\n" not in text
    for part in (mnist.ADDRESS, str(folder / "mnist.npz"), mnist.FILE_SHA256, "MNISTLAB_DATA"):
        assert part in text
    assert caught[0].filename == __file__
    assert standin.made == 1


def test_row_9_a_failure_is_remembered_for_a_while(server, standin, folder):
    server.answers = [faults.status(403)]
    with pytest.warns(StandInWarning, match="HTTP status 403"):
        load_mnist()
    mnist._announced = False
    with pytest.warns(StandInWarning, match=r"403; tried at .* not again for 10 min unless"):
        load_mnist()
    assert len(server.requests) == 1

    note = folder / "download-failed.json"
    content = json.loads(note.read_text())
    content["time"] -= mnist.PAUSE_SECONDS + 1
    note.write_text(json.dumps(content))
    assert load_mnist().source == "standin"
    assert len(server.requests) == 2

    server.answers = [faults.good]
    assert load_mnist().source == "standin"
    assert_mnist(load_mnist(refresh=True))
    assert not note.exists()


@pytest.mark.parametrize("source", ["mnist", None])
def test_row_9_who_insists_is_not_held_back_by_the_note(server, standin, source):
    server.answers = [faults.status(403), faults.good]
    with pytest.warns(StandInWarning):
        load_mnist()
    assert_mnist(load_mnist(source, refresh=source is None))


@pytest.mark.parametrize("content", ["", "[]", "{}", '{"time": "x", "reason": 1}', "\0", "null"])
def test_a_damaged_note_is_no_reason_not_to_try(server, folder, content):
    put(folder / "download-failed.json", content.encode())
    assert_mnist(load_mnist())


def test_a_note_from_the_future_is_no_reason_not_to_try(server, folder):
    note = json.dumps({"time": time.time() + 10_000, "reason": "the clock was wrong"})
    put(folder / "download-failed.json", note.encode())
    assert_mnist(load_mnist())


def test_offline_never_opens_a_socket(server, standin, no_network, monkeypatch):
    monkeypatch.setenv("MNISTLAB_OFFLINE", "1")
    with pytest.warns(StandInWarning, match="MNISTLAB_OFFLINE is set"):
        load_mnist()
    with pytest.raises(DataError, match="MNISTLAB_OFFLINE is set"):
        load_mnist("mnist")
    assert no_network == []


def test_offline_a_refresh_keeps_the_good_file(server, no_network, folder, monkeypatch):
    monkeypatch.setenv("MNISTLAB_OFFLINE", "1")
    path = put(folder / "mnist.npz", good_file())
    with pytest.warns(UserWarning, match="could not be refreshed: MNISTLAB_OFFLINE is set"):
        assert_mnist(load_mnist(refresh=True), path)
    assert no_network == []


def test_row_10_a_name_that_cannot_be_looked_up(server, no_network):
    with pytest.raises(DataError, match=r"cannot be looked up \(DNS\)"):
        load_mnist("mnist")
    assert no_network


def test_row_10_a_refused_connection(server, monkeypatch):
    faults.pretend(monkeypatch.setattr, f"http://127.0.0.1:{faults.closed_port()}/")
    with pytest.raises(DataError, match="connection refused"):
        load_mnist("mnist")


def test_row_10_tls(server, monkeypatch):
    faults.pretend(monkeypatch.setattr, server.address.replace("http:", "https:"))
    with pytest.raises(DataError, match=r"no secure connection \(TLS: ") as caught:
        load_mnist("mnist")
    assert "verify" not in str(caught.value).lower()


def test_row_10_a_missing_certificate_file_is_not_taken_for_a_bad_folder(
    server, tmp_path, monkeypatch
):
    faults.pretend(monkeypatch.setattr, server.address.replace("http:", "https:"))
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(tmp_path / "none.pem"))
    with pytest.raises(DataError, match=r"none\.pem") as caught:
        load_mnist("mnist")
    assert "MNISTLAB_CACHE" not in str(caught.value)


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_row_10_a_proxy(server, monkeypatch, scheme):
    monkeypatch.setenv(f"{scheme}_proxy", f"http://127.0.0.1:{faults.closed_port()}")
    faults.pretend(monkeypatch.setattr, f"{scheme}://mirror.invalid/")
    with pytest.raises(DataError, match=r"mirror\.invalid: the proxy failed"):
        load_mnist("mnist")


def test_row_10_a_name_server_that_is_silent(server, monkeypatch):
    monkeypatch.setattr(socket, "getaddrinfo", lambda *args, **kwargs: time.sleep(5))
    monkeypatch.setattr(download, "ANSWER_SECONDS", 1.0)
    with pytest.raises(DataError, match=r"no answer within 1 s \(timeout\)"):
        load_mnist("mnist")


def test_row_11_a_cache_that_cannot_be_made_is_said_and_a_private_folder_used(
    server, folder, tmp_path
):
    folder.write_text("a file where the folder should be")
    with pytest.warns(UserWarning, match=r"cache folder .* cannot be written .* is used"):
        loaded = load_mnist()
    private = loaded.path.parent
    assert private.parent == tmp_path / "temporary"
    assert private.name.startswith("mnistlab-")
    if os.name != "nt":
        assert stat.S_IMODE(private.stat().st_mode) == 0o700
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert_mnist(load_mnist(), loaded.path)
    assert server.requests == ["/mnist.npz"]


@pytest.mark.skipif(
    os.name == "nt" or not hasattr(os, "getuid") or os.getuid() == 0,
    reason="the superuser may write to a read-only folder",
)
def test_row_11_a_read_only_cache(server, folder, tmp_path):
    folder.mkdir(mode=0o500)
    with pytest.warns(UserWarning, match="cannot be written"):
        assert load_mnist().path.parent.parent == tmp_path / "temporary"


def full_beyond(folder, monkeypatch):
    """Has every file written under a folder meet a full disk."""
    opened = Path.open

    def open_or_fail(self, mode="r", *args, **kwargs):
        if "w" in mode and self.is_relative_to(folder):
            raise OSError(errno.ENOSPC, "No space left on device")
        return opened(self, mode, *args, **kwargs)

    monkeypatch.setattr(Path, "open", open_or_fail)


def test_row_11_a_full_disk(server, folder, tmp_path, monkeypatch):
    full_beyond(folder, monkeypatch)
    with pytest.warns(UserWarning, match=r"cannot be written \(No space left on device\)"):
        assert_mnist(load_mnist())
    assert names(folder) == []


def test_row_11_a_disk_that_is_full_when_the_file_gets_its_place(server, folder, monkeypatch):
    copy = shutil.copyfile

    def copy_or_fail(source, target):
        copy(source, target)
        if Path(target).is_relative_to(folder):
            raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(shutil, "copyfile", copy_or_fail)
    with pytest.warns(UserWarning, match=r"No space left on device"):
        assert_mnist(load_mnist())
    assert names(folder) == []


def test_row_11_no_folder_at_all(server, standin, folder, tmp_path, monkeypatch):
    folder.write_text("a file where the folder should be")
    (tmp_path / "full").write_text("and another")
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "full"))
    with (
        pytest.warns(UserWarning, match="stand-in is not kept"),
        pytest.warns(StandInWarning, match="Neither the cache folder"),
    ):
        loaded = load_mnist()
    assert loaded.path is None
    assert loaded.source == "standin"
    assert standin.made == 1


@pytest.mark.skipif(os.name == "nt", reason="owners and modes are those of POSIX")
@pytest.mark.parametrize("trap", ["a link", "open to all", "a file"])
def test_row_11_a_private_folder_that_is_not_private_is_not_used(
    server, folder, tmp_path, monkeypatch, trap
):
    folder.write_text("a file where the folder should be")
    place = tmp_path / "temporary" / f"mnistlab-{os.getuid()}"
    if trap == "a link":
        (tmp_path / "elsewhere").mkdir(mode=0o700)
        place.symlink_to(tmp_path / "elsewhere")
    elif trap == "open to all":
        place.mkdir()
        place.chmod(0o777)
    else:
        place.write_text("in the way")
    with pytest.warns(UserWarning, match="cannot be written"):
        loaded = load_mnist()
    assert loaded.path.parent != place
    assert stat.S_IMODE(loaded.path.parent.stat().st_mode) == 0o700
    assert not (tmp_path / "elsewhere/mnist.npz").exists()


def test_ctrl_c_during_a_download_leaves_nothing(server, folder, monkeypatch):
    def interrupt(self):
        raise KeyboardInterrupt

    server.answers = [faults.stalled]
    monkeypatch.setattr(download._Transfer, "check_pace", interrupt)
    with pytest.raises(KeyboardInterrupt):
        load_mnist()
    assert names(folder) == []


def test_no_error_of_the_search_is_outside_the_family(server, no_network):
    with pytest.raises(MnistLabError):
        load_mnist("mnist")
