"""Checkpoint files: TensorFlow reads what is written and the other way; whole, or the old ones."""

import errno
import shutil
import signal
import sys
from pathlib import Path

from mnistlab.errors import ModelFileError
from mnistlab.files import PREFIX
from mnistlab.tflearn import checkpoints
from mnistlab.tflearn.checkpoints import DATA, INDEX, META, MissingError, Saver, missing, read, save
from tests.programs import run_program

import numpy as np
import pytest
import tensorflow as tf

ARRAYS = {
    "Conv2D/W": np.arange(2 * 2 * 1 * 3, dtype="float32").reshape(2, 2, 1, 3),
    "Conv2D/W/Adam_1": np.full((2, 2, 1, 3), np.nan, "float32"),
    "Global_Step": np.float32(860),
    "Training_step": np.int64(860),
    "is_training": np.array(False),
    "empty": np.zeros((0, 3)),
}
FILES = [DATA, INDEX, META]


def names(folder):
    return sorted(file.name for file in folder.iterdir() if not file.name.startswith(PREFIX))


def hidden(folder):
    return [file for file in folder.iterdir() if file.name.startswith(PREFIX)]


def same(found, expected):
    assert sorted(found) == sorted(expected)
    for name, array in expected.items():
        np.testing.assert_array_equal(found[name], array)
        assert found[name].dtype == np.asarray(array).dtype
        assert found[name].shape == np.shape(array)
    return True


@pytest.fixture
def path(tmp_path):
    """A good checkpoint."""
    return save(tmp_path / "model.tflearn", ARRAYS)


class TestWhatIsWritten:
    def test_is_read_back(self, path):
        assert same(read(path), ARRAYS)

    def test_has_the_names_that_scripts_look_for_and_no_others(self, path):
        expected = sorted(["checkpoint", *(path.name + ending for ending in FILES)])
        assert names(path.parent) == expected
        assert not hidden(path.parent)

    def test_is_read_by_tensorflow(self, path):
        reader = tf.train.load_checkpoint(str(path))
        assert reader.get_variable_to_shape_map()["Conv2D/W"] == [2, 2, 1, 3]
        np.testing.assert_array_equal(reader.get_tensor("Conv2D/W"), ARRAYS["Conv2D/W"])

    def test_is_read_by_a_saver_of_tensorflow_1(self, path):
        with tf.Graph().as_default(), tf.compat.v1.Session() as session:
            kernel = tf.compat.v1.get_variable("Conv2D/W", (2, 2, 1, 3))
            tf.compat.v1.train.Saver().restore(session, str(path))
            np.testing.assert_array_equal(session.run(kernel), ARRAYS["Conv2D/W"])

    def test_is_the_latest_of_its_folder_wherever_that_is_moved(self, path, tmp_path):
        assert tf.train.latest_checkpoint(str(path.parent)) == str(path)
        moved = tmp_path.rename(tmp_path.with_name("moved"))
        assert tf.train.latest_checkpoint(str(moved)) == str(moved / path.name)

    def test_says_that_it_has_no_graph(self, path):
        described = tf.compat.v1.MetaGraphDef.FromString(Path(f"{path}{META}").read_bytes())
        assert "no graph" in described.meta_info_def.meta_graph_version
        assert not described.graph_def.node

    def test_replaces_what_was_there(self, path):
        new = {"fc/W": np.ones((3, 3), "float32")}
        save(path, new)
        assert same(read(path), new)

    def test_can_be_written_in_a_graph_of_tensorflow_1(self, tmp_path):
        with tf.Graph().as_default():
            save(tmp_path / "m", ARRAYS)
            assert same(read(tmp_path / "m"), ARRAYS)

    def test_goes_into_a_folder_that_is_made(self, tmp_path, monkeypatch):
        monkeypatch.chdir(tmp_path)
        assert save("models/digits", ARRAYS) == tmp_path / "models/digits"
        assert same(read("models/digits"), ARRAYS)

    @pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such names")
    def test_names_may_hold_what_patterns_are_made_of(self, tmp_path):
        save(tmp_path / "[2017]?/a[1]*?", ARRAYS)
        assert same(read(tmp_path / "[2017]?/a[1]*?"), ARRAYS)


class TestWhatTensorFlow1Wrote:
    def test_both_of_its_formats_are_read(self, tmp_path):
        with tf.Graph().as_default(), tf.compat.v1.Session() as session:
            tf.compat.v1.get_variable("Conv2D/W", initializer=ARRAYS["Conv2D/W"])
            session.run(tf.compat.v1.global_variables_initializer())
            for version in (1, 2):
                saver = tf.compat.v1.train.Saver(write_version=version)
                saver.save(session, str(tmp_path / f"v{version}"))
        for version in (1, 2):
            found = read(tmp_path / f"v{version}")
            assert same(found, {"Conv2D/W": ARRAYS["Conv2D/W"]})

    def test_of_version_2_too(self, tmp_path):
        written = tf.train.Checkpoint(w=tf.Variable([1.0, 2.0])).write(str(tmp_path / "c"))
        (kernel,) = (array for name, array in read(written).items() if name.startswith("w/"))
        assert kernel.tolist() == [1.0, 2.0]


class TestASaver:
    def save(self, saver, folder, *steps):
        return [saver.save(folder / "c", ARRAYS, step) for step in steps]

    def checkpoints(self, folder):
        return [name.removesuffix(INDEX) for name in names(folder) if name.endswith(INDEX)]

    def test_a_step_becomes_part_of_the_name(self, tmp_path):
        assert self.save(Saver(), tmp_path, 860) == [f"{tmp_path}/c-860"]
        assert Saver().save(tmp_path / "d", ARRAYS) == f"{tmp_path}/d"
        assert self.checkpoints(tmp_path) == ["c-860", "d"]

    @pytest.mark.parametrize("everything", [None, 0])
    def test_all_are_kept_unless_there_is_a_limit(self, everything, tmp_path):
        self.save(Saver(everything), tmp_path, 1, 2, 3, 4, 5, 6, 7)
        assert len(self.checkpoints(tmp_path)) == 7

    def test_the_oldest_go_with_all_their_files(self, tmp_path):
        self.save(Saver(2), tmp_path, 1, 2, 3)
        assert names(tmp_path) == sorted(
            ["checkpoint", *(f"c-{step}{ending}" for step in (2, 3) for ending in FILES)]
        )
        state = tf.train.get_checkpoint_state(str(tmp_path))
        listed = [Path(each).name for each in state.all_model_checkpoint_paths]
        assert (Path(state.model_checkpoint_path).name, listed) == ("c-3", ["c-2", "c-3"])

    def test_saving_the_same_name_again_counts_once(self, tmp_path):
        saver = Saver(2)
        self.save(saver, tmp_path, 1, 2, 1, 1, 3)
        assert self.checkpoints(tmp_path) == ["c-1", "c-3"]

    def test_only_what_it_wrote_itself_is_removed(self, tmp_path):
        self.save(Saver(1), tmp_path, 1)
        best = Saver(1)
        self.save(best, tmp_path, 2)
        best.save(tmp_path / "best9853", ARRAYS)
        assert self.checkpoints(tmp_path) == ["best9853", "c-1"]

    def test_what_cannot_be_removed_is_said(self, tmp_path, monkeypatch):
        saver = Saver(1)
        self.save(saver, tmp_path, 1)

        def refuse(file, missing_ok=False):
            raise PermissionError(errno.EACCES, "Permission denied")

        monkeypatch.setattr(checkpoints, "_beside", lambda *_: tmp_path / "x")
        monkeypatch.setattr(Path, "unlink", refuse)
        with pytest.warns(UserWarning, match=r"^c-1, an old checkpoint, .*: Permission denied"):
            checkpoints._remove(tmp_path / "c-1")


class TestWhatIsMissing:
    @pytest.mark.parametrize("kind", [tf.errors.NotFoundError, ValueError, ModelFileError])
    def test_it_is_an_error_of_each_kind_that_scripts_catch(self, kind, tmp_path):
        with pytest.raises(kind, match=r"none does not exist in the folder .*DNN\.save"):
            read(tmp_path / "none")

    @pytest.mark.parametrize("ending", FILES)
    def test_one_of_the_files_is_not_the_name(self, ending, path):
        with pytest.raises(MissingError, match=r"Give the checkpoint's name: model\.tflearn\."):
            read(f"{path}{ending}")

    def test_a_missing_array_is_an_error_in_tensorflows_words(self):
        with pytest.raises(tf.errors.NotFoundError, match="Key fc/W not found in checkpoint c-1"):
            raise missing("fc/W", "models/c-1")

    @pytest.mark.parametrize("name", ["", "folder/"])
    def test_a_name_is_needed(self, name):
        for call in (lambda: read(name), lambda: save(name, ARRAYS)):
            with pytest.raises(ModelFileError, match="names no checkpoint"):
                call()


class TestWhatIsDamaged:
    def refused(self, path):
        with pytest.raises(ModelFileError, match=r"^model\.tflearn cannot be read") as caught:
            read(path)
        assert not isinstance(caught.value, MissingError)
        return str(caught.value)

    @pytest.mark.parametrize("ending", [INDEX, DATA])
    def test_changed_bytes_give_the_arrays_or_an_error(self, ending, path):
        file = Path(f"{path}{ending}")
        content = file.read_bytes()
        refused = 0
        for place in range(len(content)):
            changed = bytearray(content)
            changed[place] ^= 0x20
            file.write_bytes(changed)
            try:
                assert same(read(path), ARRAYS)
            except ModelFileError:
                refused += 1
        assert refused > len(content) / 2

    @pytest.mark.parametrize("ending", [INDEX, DATA])
    def test_a_file_cut_off_anywhere_is_damaged(self, ending, path):
        file = Path(f"{path}{ending}")
        content = file.read_bytes()
        for length in np.linspace(0, len(content) - 1, 30).astype(int):
            file.write_bytes(content[:length])
            self.refused(path)

    def test_missing_data_are_named(self, path):
        Path(f"{path}{DATA}").unlink()
        said = self.refused(path)
        assert f"({path.name}{DATA} is not beside {path.name}{INDEX})" in said

    @pytest.mark.parametrize(
        "content", [b"", b"<!DOCTYPE html>", b"\x89HDF\r\n\x1a\n" + bytes(500), bytes(5000)]
    )
    def test_something_else_is_refused(self, content, tmp_path):
        (tmp_path / "model.tflearn").write_bytes(content)
        assert "no checkpoint of TensorFlow" in self.refused(tmp_path / "model.tflearn")

    def test_no_memory_is_taken_for_more_than_there_is(self, path, tmp_path):
        big = save(tmp_path / "big", {"fc/W": np.zeros(100_000)})
        shutil.copy(f"{big}{INDEX}", f"{path}{INDEX}")
        with pytest.raises(ModelFileError) as caught:
            read(path)
        assert "larger than the file" in str(caught.value.__cause__)


class TestASaveThatFails:
    def failing(self, path, said, arrays=None):
        """Fails to save; the old checkpoint is there, and nothing else."""
        before = {file.name: file.read_bytes() for file in path.parent.iterdir()}
        with pytest.raises(ModelFileError, match=said):
            save(path, {"fc/W": np.ones(5)} if arrays is None else arrays)
        assert {file.name: file.read_bytes() for file in path.parent.iterdir()} == before
        assert same(read(path), ARRAYS)

    def test_while_it_writes(self, path, monkeypatch):
        def full(prefix, **_):
            Path(f"{prefix}{DATA}.tempstate1").write_bytes(b"half")
            raise tf.errors.ResourceExhaustedError(None, None, f"{prefix}; No space left on device")

        monkeypatch.setattr(tf.raw_ops, "SaveV2", full)
        self.failing(path, r"^model\.tflearn cannot be written .*: No space left on device\. Free")

    def test_because_what_was_written_reads_differently(self, path, monkeypatch):
        real = checkpoints._arrays

        def misread(target):
            return {name: array + 1 for name, array in real(target).items()}

        with monkeypatch.context() as patch:
            patch.setattr(checkpoints, "_arrays", misread)
            with pytest.raises(ModelFileError, match="fc/W was not read back as it was written"):
                save(path, {"fc/W": np.ones(5)})
        assert same(read(path), ARRAYS)

    def test_because_what_was_written_cannot_be_read(self, path, monkeypatch):
        real = tf.raw_ops.SaveV2

        def cut_off(prefix, **rest):
            real(prefix=prefix, **rest)
            Path(f"{prefix}{DATA}").write_bytes(b"")

        monkeypatch.setattr(tf.raw_ops, "SaveV2", cut_off)
        self.failing(path, "cannot be read back")

    @pytest.mark.parametrize("ending", [DATA, INDEX])
    def test_because_a_name_cannot_be_taken(self, ending, path, monkeypatch):
        real = checkpoints.write_atomically

        def refuse(to, *rest, **how):
            if to.name.endswith(ending):
                raise ModelFileError("refused")
            return real(to, *rest, **how)

        monkeypatch.setattr(checkpoints, "write_atomically", refuse)
        self.failing(path, "refused")

    @pytest.mark.parametrize("name", ["c.index", f"c{DATA}", "c.meta", "checkpoint"])
    def test_because_a_folder_has_the_name(self, name, tmp_path):
        (tmp_path / name).mkdir()
        with pytest.raises(ModelFileError, match=f"{name} is a folder"):
            save(tmp_path / "c", ARRAYS)
        assert names(tmp_path) == [name]

    def test_because_there_is_nothing_to_save_or_no_number(self, path):
        self.failing(path, "there is no variable to save", {})
        self.failing(path, "fc/W holds <U1, and only numbers", {"fc/W": np.array("W")})

    @pytest.mark.skipif(sys.platform == "win32", reason="Windows has no file size limit")
    def test_because_the_system_refuses_to_write(self, path):
        before = {file.name: file.read_bytes() for file in path.parent.iterdir()}
        # A limit on the size of files stands for a full disk: the system refuses the write.
        done = run_program(
            """
import resource, sys
import numpy as np
from mnistlab.errors import ModelFileError
from mnistlab.tflearn.checkpoints import save
resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))
try:
    save(sys.argv[1], {"fc/W": np.ones(10_000)})
except ModelFileError as error:
    print(error)
""",
            path,
        )
        assert done.returncode == 0, done.stderr
        assert done.stdout.startswith(f"{path.name} cannot be written to the folder")
        assert {file.name: file.read_bytes() for file in path.parent.iterdir()} == before


NEW = {"Conv2D/W": np.full((2, 2, 1, 3), 7, "float32"), "fc/W": np.ones(1000)}
STEPS = {
    "_write": "old",
    "_check": "old",
    "_move index": "old",
    "_move data": "old",
    "_replace_index": "new",
    "_move meta": "new",
    "_write_state": "new",
}


def stop_before(step, monkeypatch):
    """Has Ctrl-C come where one step of a save would begin."""
    name, _, ending = step.partition(" ")
    real = getattr(checkpoints, name)

    def call(*given):
        if given[0].name.endswith(ending) or (ending == "data" and DATA in given[0].name):
            raise KeyboardInterrupt
        real(*given)

    monkeypatch.setattr(checkpoints, name, call)


@pytest.mark.parametrize("step", STEPS)
class TestASaveThatIsInterrupted:
    def test_leaves_the_old_checkpoint_or_the_new_one(self, step, path, monkeypatch):
        with monkeypatch.context() as patch:
            stop_before(step, patch)
            with pytest.raises(KeyboardInterrupt):
                save(path, NEW)
        assert same(read(path), ARRAYS if STEPS[step] == "old" else NEW)
        assert tf.train.latest_checkpoint(str(path.parent)) == str(path)
        save(path, ARRAYS)
        assert same(read(path), ARRAYS)
        assert not hidden(path.parent)

    def test_can_be_followed_by_another_save(self, step, path, monkeypatch):
        with monkeypatch.context() as patch:
            stop_before(step, patch)
            with pytest.raises(KeyboardInterrupt):
                save(path, NEW)
        newest = {"fc/b": np.ones(5)}
        save(path, newest)
        assert same(read(path), newest)

    def test_leaves_no_checkpoint_or_the_first_one(self, step, tmp_path, monkeypatch):
        with monkeypatch.context() as patch:
            stop_before(step, patch)
            with pytest.raises(KeyboardInterrupt):
                save(tmp_path / "c", NEW)
        if STEPS[step] == "new":
            assert same(read(tmp_path / "c"), NEW)
            return
        with pytest.raises(MissingError):
            read(tmp_path / "c")
        assert names(tmp_path) == []


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGKILL")
@pytest.mark.parametrize(("step", "left"), [("_check", "old"), ("_replace_index", "new")])
def test_a_killed_save_leaves_the_old_checkpoint_or_the_new_one(step, left, path):
    program = """
import os, signal, sys
import numpy as np
from mnistlab.tflearn import checkpoints

setattr(checkpoints, sys.argv[2], lambda *_: os.kill(os.getpid(), signal.SIGKILL))
new = {"Conv2D/W": np.full((2, 2, 1, 3), 7, "float32"), "fc/W": np.ones(1000)}
checkpoints.save(sys.argv[1], new)
"""
    done = run_program(program, path, step)
    assert done.returncode == -signal.SIGKILL, done.stderr
    assert same(read(path), ARRAYS if left == "old" else NEW)


def test_a_reader_between_the_steps_of_a_save_harms_nothing(path, monkeypatch):
    real, found = checkpoints._move, []

    def read_after(file, to):
        real(file, to)
        found.append(read(path))

    monkeypatch.setattr(checkpoints, "_move", read_after)
    save(path, NEW)
    assert [sorted(each) == sorted(ARRAYS) for each in found] == [True, False, False]
    assert same(read(path), NEW)
    assert not hidden(path.parent)
