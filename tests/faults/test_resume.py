"""Rows 39 to 47: a cross-validation that is killed, stopped, or meets a full disk or a lost worker.

Whatever happens, what is finished stays, and the numbers in the end are those
of a run to which nothing happened.
"""

import contextlib
import errno
import inspect
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import time
import warnings
from pathlib import Path

from mnistlab import files
from mnistlab.errors import DataError, TrainingError, WorkersError
from mnistlab.evaluation import engine
from mnistlab.evaluation.crossval import evaluate_model

import joblib
import jupyter_client
import keras
import numpy as np
import pytest

ROWS = 60
LABELS = np.arange(ROWS) % 10
IMAGES = np.random.default_rng(0).random((ROWS, 28, 28, 1), dtype="float32")
FOLDS = 6
PROJECT = Path(__file__).parents[2]
posix_only = pytest.mark.skipif(sys.platform == "win32", reason="needs the signals of POSIX")


def small_model(rate=0.01):
    layers = [keras.layers.Flatten(), keras.layers.Dropout(0.3), keras.layers.Dense(10, "softmax")]
    model = keras.Sequential([keras.Input((28, 28, 1)), *layers])
    # Without tracing, which takes far longer than a training of this size.
    optimizer = keras.optimizers.SGD(rate)
    model.compile(optimizer, "categorical_crossentropy", metrics=["accuracy"], run_eagerly=True)
    return model


def traced_model():
    # What runs eagerly is not divided.
    model = small_model()
    model.compile("sgd", "categorical_crossentropy", metrics=["accuracy"])
    return model


# Run in other processes, which are killed and interrupted; it waits, to give time for that.
PROGRAM = f"""
import json, signal, time
from pathlib import Path
# What a shell starts in the background ignores interrupts, and so do its children.
signal.signal(signal.SIGINT, signal.default_int_handler)
from mnistlab.evaluation.crossval import evaluate_model
import keras
import numpy as np

{inspect.getsource(small_model)}

def define_model():
    time.sleep(0.5)
    return small_model()

images = np.random.default_rng(0).random(({ROWS}, 28, 28, 1), dtype="float32")
result = evaluate_model(
    define_model, images, np.arange({ROWS}) % 10, folds={FOLDS}, epochs=1, batch_size=16,
    workers=WORKERS, resume=True,
)
content = {{"histories": result.histories, "finished": result.finished}}
Path("result.json").write_text(json.dumps(content))
"""


def evaluate(define_model=small_model, images=IMAGES, **changes):
    protocol = {"folds": 3, "epochs": 1, "batch_size": 16}
    return evaluate_model(define_model, images, LABELS, **protocol | changes)


@pytest.fixture(scope="module")
def expected():
    return evaluate().histories


@pytest.fixture(scope="module")
def of_workers():
    """What two processes give; how many threads each has is not the same on every machine."""
    return evaluate(workers=2)


@pytest.fixture
def kept(monkeypatch, tmp_path):
    """The folder of all kept folds."""
    monkeypatch.setenv("MNISTLAB_OUTPUT", str(tmp_path / "output"))
    return tmp_path / "output" / "my_results" / "folds"


@pytest.fixture(scope="module")
def finished_folds(tmp_path_factory, expected):
    folder = tmp_path_factory.mktemp("finished")
    with pytest.MonkeyPatch.context() as changed:
        changed.setenv("MNISTLAB_OUTPUT", str(folder))
        assert evaluate(resume=True).histories == expected
    return folder / "my_results" / "folds"


@pytest.fixture
def finished(kept, finished_folds):
    """Has all folds kept, as after a run that came to its end."""
    shutil.copytree(finished_folds, kept)


class Runs:
    """Runs the program above in a folder, by a plain Python or in a notebook's kernel."""

    def __init__(self, folder, kept):
        self.folder, self.kept, self.scratch = folder, kept, folder / "scratch"
        self.scratch.mkdir()
        self.environment = os.environ | {
            "TMPDIR": str(self.scratch),
            "JOBLIB_TEMP_FOLDER": str(self.scratch),
            "PYTHONPATH": os.pathsep.join([str(PROJECT), os.environ.get("PYTHONPATH", "")]),
        }

    def start(self, workers):
        return subprocess.Popen(
            [sys.executable, "-c", PROGRAM.replace("WORKERS", str(workers))],
            env=self.environment,
            cwd=self.folder,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            # A group of its own, as a terminal gives it: an interrupt goes to all of the group.
            start_new_session=True,
        )

    @contextlib.contextmanager
    def kernel(self):
        manager = jupyter_client.KernelManager(kernel_name="python3")
        manager.start_kernel(env=self.environment, cwd=str(self.folder))
        client = manager.blocking_client()
        client.start_channels()
        try:
            client.wait_for_ready(timeout=240)
            yield manager, client
        finally:
            client.stop_channels()
            manager.shutdown_kernel(now=True)

    def finished(self):
        return sorted(path.name for path in self.kept.glob("*/fold*.json"))

    def wait_for(self, count, running):
        deadline = time.monotonic() + 240
        while len(self.finished()) < count:
            assert running(), "the run ended by itself"
            assert time.monotonic() < deadline, "no fold was finished"
            time.sleep(0.01)

    def result(self):
        return json.loads((self.folder / "result.json").read_text())

    def left_in_scratch(self):
        """What is still there after the time that the cleaning processes may take."""
        deadline = time.monotonic() + 30
        while list(self.scratch.iterdir()) and time.monotonic() < deadline:
            time.sleep(0.1)
        return list(self.scratch.iterdir())


def assert_all_end(group):
    """Waits for the last process of a group."""
    deadline = time.monotonic() + 60
    with pytest.raises(ProcessLookupError):
        while time.monotonic() < deadline:
            os.killpg(group, 0)
            time.sleep(0.1)


@posix_only
@pytest.mark.parametrize("workers", [1, 2])
def test_killed_at_any_moment_and_started_again(tmp_path, kept, workers, capsys):
    runs = Runs(tmp_path, kept)
    program = runs.start(workers)
    runs.wait_for(2, lambda: program.poll() is None)
    time.sleep(random.Random(workers).uniform(0, 0.5))
    program.kill()
    program.communicate()
    # The workers notice that they are alone, and end.
    assert_all_end(program.pid)
    finished = len(runs.finished())
    assert 2 <= finished < FOLDS
    whole = evaluate(folds=FOLDS, workers=workers, resume=True).histories
    assert f"{finished} of {FOLDS} folds were finished before" in capsys.readouterr().out
    assert whole == evaluate(folds=FOLDS, workers=workers).histories
    assert not list(kept.rglob("*.set-aside-*"))
    assert runs.left_in_scratch() == []


@posix_only
def test_an_interrupt_leaves_a_result_of_what_is_finished(tmp_path, kept):
    evaluate(folds=FOLDS, resume=True)
    expected = {path.name: json.loads(path.read_text())["history"] for path in kept.rglob("fold*")}
    next(kept.rglob("fold2.json")).unlink()
    next(kept.rglob("fold4.json")).unlink()
    runs = Runs(tmp_path, kept)
    program = runs.start(1)
    runs.wait_for(5, lambda: program.poll() is None)
    os.killpg(program.pid, signal.SIGINT)
    output, errors = program.communicate(timeout=60)
    assert program.returncode == 0, errors
    assert "4 of 6 folds were finished before and are read from" in output
    assert "Traceback" not in errors
    assert "Stopped in fold 4 of 6: the result holds the 5 finished before" in errors
    assert_all_end(program.pid)
    assert runs.result() == {
        "finished": [1, 2, 3, 5, 6],
        "histories": [expected[f"fold{fold}.json"] for fold in (1, 2, 3, 5, 6)],
    }
    assert runs.left_in_scratch() == []


PROCESSES_LEFT = """
import psutil, time

def left():
    children = psutil.Process().children(recursive=True)
    return [child for child in children if "popen_loky" in " ".join(child.cmdline())]

deadline = time.monotonic() + 30
while left() and time.monotonic() < deadline:
    time.sleep(0.1)
print(left())
"""


def text_of(client, cell):
    """What a cell wrote to its streams."""
    parts = []
    while True:
        message = client.get_iopub_msg(timeout=60)
        if message["parent_header"].get("msg_id") != cell:
            continue
        if message["msg_type"] == "stream":
            parts.append(message["content"]["text"])
        if message["content"].get("execution_state") == "idle":
            return "".join(parts)


@posix_only
def test_the_stop_button_of_a_notebook_while_processes_run(tmp_path, kept):
    runs = Runs(tmp_path, kept)
    with runs.kernel() as (manager, client):
        cell = client.execute(PROGRAM.replace("WORKERS", "2"))
        runs.wait_for(1, manager.is_alive)
        manager.interrupt_kernel()
        assert client.get_shell_msg(timeout=60)["content"]["status"] == "ok"
        assert "Stopped in fold" in (said := text_of(client, cell))
        assert "Traceback" not in said
        cell = client.execute(PROCESSES_LEFT)
        assert client.get_shell_msg(timeout=60)["content"]["status"] == "ok"
        assert text_of(client, cell) == "[]\n"
    assert 0 < len(runs.result()["finished"]) == len(runs.finished()) < FOLDS


def test_finished_folds_are_read_and_said(kept, finished, expected, capsys):
    (folder,) = kept.iterdir()
    times = {path: path.stat().st_mtime_ns for path in folder.iterdir()}
    assert len(times) == 3
    again = evaluate(resume=True)
    assert again.histories == expected
    assert {path: path.stat().st_mtime_ns for path in folder.iterdir()} == times
    said = capsys.readouterr().out
    assert (
        f"3 of 3 folds were finished before and are read from my_results/folds/{folder.name}"
        in said
    )


@pytest.mark.parametrize(
    "changes",
    [
        {"seed": 2},
        {"epochs": 2},
        {"batch_size": 8},
        {"folds": 4},
        {"images": IMAGES / 2},
        {"define_model": lambda: small_model(0.02)},
    ],
    ids=lambda changes: next(iter(changes)),
)
def test_a_run_of_anything_else_is_not_mixed_in(kept, finished, changes, capsys):
    before = {path: path.read_bytes() for path in kept.rglob("*.json")}
    other = evaluate(resume=True, **changes)
    assert other.histories == evaluate(**changes).histories
    assert "finished before" not in capsys.readouterr().out
    assert {path: path.read_bytes() for path in before} == before


def test_in_quick_mode_nothing_is_kept_unless_asked_for(kept, monkeypatch):
    evaluate()
    assert not kept.exists()
    monkeypatch.setenv("MNISTLAB_QUICK", "0")
    evaluate()
    assert len(list(kept.rglob("*.json"))) == 3


def test_a_network_with_code_of_its_own_is_not_kept_and_that_is_said(kept, capsys):
    class Doubling(keras.layers.Layer):
        def call(self, inputs):
            return 2 * inputs

    def define_model():
        model = small_model()
        own = keras.Sequential([keras.Input((28, 28, 1)), Doubling(), *model.layers])
        own.compile("sgd", "categorical_crossentropy", metrics=["accuracy"], run_eagerly=True)
        return own

    assert evaluate(define_model, resume=True).complete
    assert not kept.exists()
    assert "code of its own (Doubling)" in capsys.readouterr().out


@pytest.mark.parametrize("damage", [b"", b"{}", b'{"format": 1'], ids=["empty", "other", "cut off"])
def test_a_damaged_file_is_set_aside_and_its_fold_run_again(kept, finished, expected, damage):
    (path,) = kept.rglob("fold2.json")
    path.write_bytes(damage)
    with pytest.warns(UserWarning, match=r"fold2.json is not used, it is damaged.*Fold 2 is run"):
        assert evaluate(resume=True).histories == expected
    assert path.with_name("fold2.json.set-aside-1").read_bytes() == damage
    assert evaluate(resume=True).histories == expected


def test_a_full_disk_costs_the_kept_folds_and_not_the_run(kept, finished, expected, monkeypatch):
    (path,) = kept.rglob("fold3.json")
    path.unlink()
    before = {each: each.read_bytes() for each in kept.rglob("*") if each.is_file()}

    def full(path):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(files, "_flush_to_disk", full)
    with pytest.warns(UserWarning, match="Fold 3 is finished .* No space left on device"):
        assert evaluate(resume=True).histories == expected
    assert {each: each.read_bytes() for each in kept.rglob("*") if each.is_file()} == before


def killing_once(marker, fold_process):
    """Builds models; the first time in another process than the caller's, that one is killed."""

    def define_model():
        if os.getpid() != fold_process and not marker.exists():
            marker.touch()
            os.kill(os.getpid(), signal.SIGKILL)
        return small_model()

    return define_model


@posix_only
def test_a_killed_worker_costs_its_fold_and_not_the_run(kept, of_workers, tmp_path):
    define_model = killing_once(tmp_path / "killed", os.getpid())
    with pytest.warns(UserWarning, match=r"A worker was lost .*TerminatedWorkerError.* run again"):
        result = evaluate(define_model, workers=2, resume=True)
    assert (tmp_path / "killed").exists()
    assert result.histories == of_workers.histories


@posix_only
@pytest.mark.parametrize("start", [2, 4])
def test_a_worker_killed_while_a_fold_is_trained_in_two_parts(kept, tmp_path, monkeypatch, start):
    # The second of three folds is the one with two parts, begun as the second and the fourth.
    caller = os.getpid()

    def define_model():
        if os.getpid() != caller:
            (tmp_path / f"start-{len(list(tmp_path.glob('start-*'))) + 1}").touch()
            if (tmp_path / f"start-{start}").exists() and not (tmp_path / "killed").exists():
                (tmp_path / "killed").touch()
                os.kill(os.getpid(), signal.SIGKILL)
        return traced_model()

    undivided = evaluate(traced_model, workers=2, epochs=2)
    monkeypatch.setattr(engine, "WORTH_DIVIDING", 1)
    with pytest.warns(UserWarning, match=r"A worker was lost .* run again"):
        result = evaluate(define_model, workers=2, epochs=2, resume=True)
    assert (tmp_path / "killed").exists()
    assert result.histories == undivided.histories
    again = evaluate(traced_model, workers=2, epochs=2, resume=True)
    assert again.histories == undivided.histories


class TestNumbersThatAreNone:
    def test_pixels_are_refused_before_anything_is_built(self):
        images = IMAGES.copy()
        images[7, 3, 4, 0] = np.inf

        def define_model():
            raise AssertionError("a model was built")

        with pytest.raises(DataError, match=r"images: .*inf at \[7, 3, 4, 0\]"):
            evaluate(define_model, images)

    def test_weights_stop_the_run(self, kept):
        with pytest.raises(TrainingError, match=r"^Fold 1 of 3, epoch 1 of 1: .* not finite"):
            evaluate(lambda: small_model(1e38), 1e10 * IMAGES, resume=True)
        assert not list(kept.rglob("*.json"))

    @pytest.mark.parametrize("workers", [1, 2])
    def test_also_where_the_loss_does_not_tell(self, kept, workers):
        loss, _ = partly_none().evaluate(IMAGES, np.eye(10)[LABELS], verbose=0)
        assert np.isfinite(loss)
        with pytest.raises(TrainingError, match=r"^Fold \d of 3, epoch 1 of 2: .*'none/kernel'"):
            evaluate(partly_none, epochs=2, resume=True, workers=workers)
        assert not list(kept.rglob("*.json"))


def partly_none():
    """A network with weights that are NaN, of which nothing reaches the loss."""
    none = keras.initializers.Constant(float("nan"))
    inputs = keras.Input((28, 28, 1))
    flat = keras.layers.Flatten()(inputs)
    parts = [
        keras.layers.Dense(10, "softmax")(flat),
        keras.layers.Dense(3, kernel_initializer=none, name="none")(flat),
    ]
    both = keras.layers.Concatenate(1)([keras.layers.Reshape((-1, 1))(part) for part in parts])
    model = keras.Model(inputs, keras.layers.Flatten()(keras.layers.Cropping1D((0, 3))(both)))
    model.compile("sgd", "categorical_crossentropy", metrics=["accuracy"], run_eagerly=True)
    return model


@contextlib.contextmanager
def dask_cluster(folder, workers, deaths):
    """A scheduler that gives a task up after more than some deaths of workers, and its workers."""
    dask = pytest.importorskip("dask", reason="the extra mnistlab[cluster] is not installed")
    distributed = pytest.importorskip("distributed")
    with (
        dask.config.set({"distributed.scheduler.allowed-failures": deaths}),
        distributed.LocalCluster(
            n_workers=workers,
            threads_per_worker=1,
            host="127.0.0.1",
            dashboard_address=None,
            local_directory=str(folder),
        ) as cluster,
        distributed.Client(cluster),
        joblib.parallel_config("dask"),
    ):
        yield


@posix_only
def test_a_dask_cluster_that_loses_a_worker_in_the_middle(of_workers, tmp_path, monkeypatch):
    monkeypatch.setenv("MNISTLAB_THREADS", str(of_workers.facts["threads"]))
    monkeypatch.setenv("PYTHONPATH", str(PROJECT))
    define_model = killing_once(tmp_path / "killed", os.getpid())
    with dask_cluster(tmp_path, workers=2, deaths=3), warnings.catch_warnings():
        # Dask itself runs the fold again: it needs nothing that was on the lost worker.
        warnings.filterwarnings("error", "A worker was lost")
        result = evaluate(define_model)
    assert (tmp_path / "killed").exists()
    assert result.complete
    assert result.histories == of_workers.histories
    assert result.facts["threads"] == of_workers.facts["threads"]


@posix_only
def test_a_fold_that_dask_gives_up_is_an_error_and_the_others_are_kept(kept, tmp_path, monkeypatch):
    monkeypatch.setenv("MNISTLAB_THREADS", "1")
    monkeypatch.setenv("PYTHONPATH", str(PROJECT))
    monkeypatch.setattr(engine, "ATTEMPTS", 1)
    marker, here = tmp_path / "one was built", os.getpid()

    def define_model():
        if os.getpid() != here and marker.exists():
            while not list(kept.rglob("fold*.json")):
                time.sleep(0.01)
            os.kill(os.getpid(), signal.SIGKILL)
        if os.getpid() != here:
            marker.touch()
        return small_model()

    with (
        dask_cluster(tmp_path, workers=1, deaths=0),
        pytest.raises(WorkersError, match=r"were lost .* KilledWorker: .*Folds that were finished"),
    ):
        evaluate(define_model, resume=True)
    assert len(list(kept.rglob("fold*.json"))) == 1
