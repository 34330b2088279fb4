"""write_atomically: the whole file or the old one, and never litter."""

import errno
import os
import signal
import subprocess
import sys
import time

from mnistlab import files
from mnistlab.errors import DataError, MnistLabError
from mnistlab.files import write_atomically

import pytest


def names(folder):
    return sorted(path.name for path in folder.iterdir())


def test_a_new_file_is_written_and_nothing_else(tmp_path):
    path = write_atomically(tmp_path / "a.txt", lambda p: p.write_text("new"))
    assert path.read_text() == "new"
    assert names(tmp_path) == ["a.txt"]


def test_missing_folders_are_made(tmp_path):
    assert write_atomically(tmp_path / "b/c/a.txt", lambda p: p.write_text("new")).is_file()


def test_an_old_file_is_replaced(tmp_path):
    path = tmp_path / "a.txt"
    path.write_text("old")
    write_atomically(str(path), lambda p: p.write_text("new"))
    assert path.read_text() == "new"


def test_the_temporary_name_keeps_suffix_and_folder(tmp_path):
    seen = []

    def write(temporary):
        seen.append(temporary)
        temporary.write_bytes(b"x")

    write_atomically(tmp_path / "model.keras", write)
    assert seen[0].suffix == ".keras"
    assert seen[0].parent == tmp_path
    assert seen[0].name != "model.keras"


@pytest.mark.parametrize(
    "failure",
    [
        OSError(errno.ENOSPC, "No space left on device"),
        RuntimeError("a layer cannot be saved"),
        KeyboardInterrupt(),
    ],
)
def test_a_failed_write_leaves_the_old_file_and_no_litter(tmp_path, failure):
    path = tmp_path / "a.txt"
    path.write_text("old")

    def write(temporary):
        temporary.write_text("half")
        raise failure

    expected = MnistLabError if isinstance(failure, OSError) else type(failure)
    with pytest.raises(expected):
        write_atomically(path, write)
    assert path.read_text() == "old"
    assert names(tmp_path) == ["a.txt"]


def test_a_failed_check_leaves_the_old_file_and_passes_its_error_on(tmp_path):
    path = tmp_path / "a.txt"
    path.write_text("old")

    def check(temporary):
        assert temporary.read_text() == "new"
        raise DataError("not what was meant")

    with pytest.raises(DataError, match="not what was meant"):
        write_atomically(path, lambda p: p.write_text("new"), check)
    assert path.read_text() == "old"
    assert names(tmp_path) == ["a.txt"]


def test_the_error_is_of_the_kind_asked_for_and_names_file_cause_and_remedy(tmp_path):
    (tmp_path / "plain").write_text("a file, not a folder")
    with pytest.raises(DataError, match=r"^a\.txt cannot be written .*plain.*: .*choose"):
        write_atomically(tmp_path / "plain/a.txt", lambda p: p.write_text("new"), error=DataError)


def test_a_folder_in_the_way_is_an_error_and_stays(tmp_path):
    (tmp_path / "a.txt").mkdir()
    with pytest.raises(MnistLabError, match="a folder has that name"):
        write_atomically(tmp_path / "a.txt", lambda p: p.write_text("new"))
    assert names(tmp_path) == ["a.txt"]


def test_a_writer_that_writes_nothing_is_an_error(tmp_path):
    with pytest.raises(MnistLabError, match=r"a\.txt cannot be written"):
        write_atomically(tmp_path / "a.txt", lambda p: None)
    assert names(tmp_path) == []


@pytest.mark.skipif(os.name == "nt", reason="symbolic links need a privilege on Windows")
def test_a_symbolic_link_stays_a_link(tmp_path):
    (tmp_path / "kept").mkdir()
    real = tmp_path / "kept/real.txt"
    real.write_text("old")
    link = tmp_path / "link.txt"
    link.symlink_to(real)
    assert write_atomically(link, lambda p: p.write_text("new")) == real
    assert link.is_symlink()
    assert real.read_text() == "new"


def test_stale_temporary_files_are_removed_and_young_ones_kept(tmp_path):
    old = tmp_path / f"{files.PREFIX}0123.tmp.txt"
    young = tmp_path / f"{files.PREFIX}4567.tmp.txt"
    for path in (old, young):
        path.write_text("left by a killed process")
    long_ago = time.time() - files.STALE - 60
    os.utime(old, (long_ago, long_ago))
    write_atomically(tmp_path / "a.txt", lambda p: p.write_text("new"))
    assert names(tmp_path) == [young.name, "a.txt"]


@pytest.mark.skipif(os.name == "nt", reason="there is no SIGKILL on Windows")
def test_kill_during_a_write_leaves_the_old_file(tmp_path):
    path = tmp_path / "a.txt"
    path.write_text("old")
    program = (
        "import sys, time\n"
        "from mnistlab.files import write_atomically\n"
        "def write(p):\n"
        "    p.write_text('half')\n"
        "    print('half written', flush=True)\n"
        "    time.sleep(60)\n"
        "write_atomically(sys.argv[1], write)\n"
    )
    with subprocess.Popen(
        [sys.executable, "-c", program, str(path)], stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout.readline().strip() == "half written"
        process.send_signal(signal.SIGKILL)
    assert process.returncode == -signal.SIGKILL
    assert path.read_text() == "old"
