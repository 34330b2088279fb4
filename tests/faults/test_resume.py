"""Rows 39 to 47: a cross-validation that is killed, stopped, or meets a full disk or a lost worker.

Whatever happens, what is finished stays, and the numbers in the end are those
of a run to which nothing happened.
"""

import errno
import json
import os
import random
import signal
import subprocess
import sys
import time
import warnings
from pathlib import Path

from mnistlab import files
from mnistlab.errors import DataError, TrainingError
from mnistlab.evaluation.crossval import evaluate_model

import joblib
import keras
import numpy as np
import pytest

FOLDS, EPOCHS, ROWS = 6, 30, 60
LABELS = np.arange(ROWS) % 10
IMAGES = np.random.default_rng(0).random((ROWS, 28, 28, 1), dtype="float32")
PROJECT = Path(__file__).parents[2]
posix_only = pytest.mark.skipif(sys.platform == "win32", reason="needs the signals of POSIX")

PROGRAM = f"""
import json, sys
from pathlib import Path
from mnistlab.evaluation.crossval import evaluate_model
import keras
import numpy as np

FOLDS, EPOCHS, ROWS = {FOLDS}, {EPOCHS}, {ROWS}

def small_model():
    layers = [keras.layers.Flatten(), keras.layers.Dropout(0.3), keras.layers.Dense(10, "softmax")]
    model = keras.Sequential([keras.Input((28, 28, 1)), *layers])
    model.compile("sgd", "categorical_crossentropy", metrics=["accuracy"], run_eagerly=True)
    return model

images = np.random.default_rng(0).random((ROWS, 28, 28, 1), dtype="float32")
result = evaluate_model(
    small_model, images, np.arange(ROWS) % 10, folds=FOLDS, epochs=EPOCHS, batch_size=16,
    workers=int(sys.argv[2]), resume=True,
)
content = {{"histories": result.histories, "facts": result.facts}}
Path(sys.argv[1]).write_text(json.dumps(content))
"""


def small_model(rate=0.01):
    layers = [keras.layers.Flatten(), keras.layers.Dropout(0.3), keras.layers.Dense(10, "softmax")]
    model = keras.Sequential([keras.Input((28, 28, 1)), *layers])
    # Without tracing, which takes far longer than a training of this size.
    optimizer = keras.optimizers.SGD(rate)
    model.compile(optimizer, "categorical_crossentropy", metrics=["accuracy"], run_eagerly=True)
    return model


def evaluate(define_model=small_model, images=IMAGES, **changes):
    protocol = {"folds": 3, "epochs": 2, "batch_size": 16}
    return evaluate_model(define_model, images, LABELS, **protocol | changes)


@pytest.fixture(scope="module")
def expected():
    return evaluate().histories


@pytest.fixture
def kept(monkeypatch, tmp_path):
    """The folder of all kept folds."""
    monkeypatch.setenv("MNISTLAB_OUTPUT", str(tmp_path / "output"))
    return tmp_path / "output" / "my_results" / "folds"


class Runs:
    """Starts the program above, again and again, in folders of its own."""

    def __init__(self, folder):
        self.folder, self.result = folder, folder / "result.json"
        self.output, self.scratch = folder / "output", folder / "scratch"
        self.scratch.mkdir(parents=True)
        (folder / "program.py").write_text(PROGRAM)

    def start(self, workers):
        changes = {
            "MNISTLAB_OUTPUT": str(self.output),
            "MNISTLAB_THREADS": "1",
            "TMPDIR": str(self.scratch),
            "JOBLIB_TEMP_FOLDER": str(self.scratch),
            "PYTHONPATH": os.pathsep.join([str(PROJECT), os.environ.get("PYTHONPATH", "")]),
        }
        return subprocess.Popen(
            [sys.executable, str(self.folder / "program.py"), str(self.result), str(workers)],
            env=os.environ | changes,
            cwd=self.folder,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            # A group of its own, as a kernel has: an interrupt goes to all processes of it.
            start_new_session=True,
        )

    def finish(self, workers):
        program = self.start(workers)
        output, errors = program.communicate(timeout=300)
        assert program.returncode == 0, errors
        return json.loads(self.result.read_text()), output

    def finished(self):
        return sorted(path.name for path in self.output.glob("my_results/folds/*/fold*.json"))

    def wait_for(self, count, program):
        deadline = time.monotonic() + 240
        while len(self.finished()) < count:
            assert program.poll() is None, program.communicate()[1]
            assert time.monotonic() < deadline, "no fold was finished"
            time.sleep(0.01)

    def left_in_scratch(self):
        """What is still there after the time that the cleaning processes may take."""
        deadline = time.monotonic() + 30
        while (left := [path.name for path in self.scratch.iterdir()]) and (
            time.monotonic() < deadline
        ):
            time.sleep(0.1)
        return left


@pytest.fixture(scope="module")
def uninterrupted(tmp_path_factory):
    content, _ = Runs(tmp_path_factory.mktemp("uninterrupted")).finish(workers=1)
    return content["histories"]


def alive(group):
    try:
        os.killpg(group, 0)
    except ProcessLookupError:
        return False
    return True


@posix_only
@pytest.mark.parametrize("workers", [1, 2])
def test_killed_at_any_moment_and_started_again(tmp_path, uninterrupted, workers):
    runs, moments = Runs(tmp_path), random.Random(workers)
    for count in (1, 3):
        program = runs.start(workers)
        runs.wait_for(count, program)
        time.sleep(moments.uniform(0, 0.3))
        program.kill()
        program.communicate()
        before = runs.finished()
        assert count <= len(before) < FOLDS
        assert not list(runs.output.rglob("*.set-aside-*"))
        # The workers notice that they are alone, and end.
        deadline = time.monotonic() + 60
        while alive(program.pid) and time.monotonic() < deadline:
            time.sleep(0.1)
        assert not alive(program.pid)
    content, output = runs.finish(workers)
    assert f"{len(before)} of {FOLDS} folds were finished before and are read from" in output
    assert content["histories"] == uninterrupted
    assert runs.left_in_scratch() == []


@posix_only
@pytest.mark.parametrize("workers", [1, 2])
def test_an_interrupt_leaves_a_result_of_what_is_finished(tmp_path, uninterrupted, workers):
    runs = Runs(tmp_path)
    program = runs.start(workers)
    runs.wait_for(1, program)
    os.killpg(program.pid, signal.SIGINT)
    _, errors = program.communicate(timeout=60)
    assert program.returncode == 0, errors
    assert "Traceback" not in errors
    assert "the result holds the" in errors
    content = json.loads(runs.result.read_text())
    finished = content["facts"]["finished_folds"]
    assert content["histories"] == [uninterrupted[fold - 1] for fold in finished]
    assert len(finished) == len(runs.finished())
    assert runs.left_in_scratch() == []
    assert runs.finish(3 - workers)[0]["histories"] == uninterrupted


def test_finished_folds_are_read_and_said(kept, expected, capsys):
    assert evaluate(resume=True).histories == expected
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
        {"epochs": 3},
        {"batch_size": 8},
        {"folds": 4},
        {"images": IMAGES / 2},
        {"define_model": lambda: small_model(0.02)},
    ],
    ids=lambda changes: next(iter(changes)),
)
def test_a_run_of_anything_else_is_not_mixed_in(kept, changes, capsys):
    evaluate(resume=True)
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
def test_a_damaged_file_is_set_aside_and_its_fold_run_again(kept, expected, damage):
    evaluate(resume=True)
    (path,) = kept.rglob("fold2.json")
    path.write_bytes(damage)
    with pytest.warns(UserWarning, match=r"fold2.json is not used, it is damaged.*Fold 2 is run"):
        assert evaluate(resume=True).histories == expected
    assert path.with_name("fold2.json.set-aside-1").read_bytes() == damage
    assert evaluate(resume=True).histories == expected


def test_a_full_disk_costs_the_kept_folds_and_not_the_run(kept, expected, monkeypatch):
    evaluate(resume=True)
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
def test_a_killed_worker_costs_its_fold_and_not_the_run(kept, tmp_path):
    define_model = killing_once(tmp_path / "killed", os.getpid())
    with pytest.warns(UserWarning, match=r"A worker was lost .*TerminatedWorkerError.* run again"):
        result = evaluate(define_model, workers=2, resume=True)
    assert (tmp_path / "killed").exists()
    assert result.histories == evaluate(workers=2).histories


@posix_only
def test_a_dask_cluster_that_loses_a_worker_in_the_middle(tmp_path, monkeypatch):
    distributed = pytest.importorskip(
        "distributed", reason="Dask is not installed (the extra mnistlab[cluster])"
    )
    monkeypatch.setenv("MNISTLAB_THREADS", "1")
    monkeypatch.setenv("PYTHONPATH", str(PROJECT))
    with (
        distributed.LocalCluster(
            n_workers=2,
            threads_per_worker=1,
            host="127.0.0.1",
            dashboard_address=None,
            local_directory=str(tmp_path),
        ) as cluster,
        distributed.Client(cluster),
    ):
        define_model = killing_once(tmp_path / "killed", os.getpid())
        with joblib.parallel_config("dask"), warnings.catch_warnings():
            # Dask itself runs the fold again: it needs nothing that was on the lost worker.
            warnings.filterwarnings("error", "A worker was lost")
            result = evaluate(define_model)
    assert (tmp_path / "killed").exists()
    assert result.complete
    assert result.histories == evaluate(workers=2).histories
    assert result.facts["threads"] == 1


class TestNumbersThatAreNone:
    def test_pixels_are_refused_before_anything_is_built(self):
        images = IMAGES.copy()
        images[7, 3, 4, 0] = np.inf

        def define_model():
            raise AssertionError("a model was built")

        with pytest.raises(DataError, match=r"images: .*inf at \[7, 3, 4, 0\]"):
            evaluate(define_model, images)

    @pytest.mark.parametrize("workers", [1, 2])
    def test_weights_stop_the_run_and_finished_folds_stay(self, kept, workers):
        with pytest.raises(TrainingError, match=r"^Fold \d of 3, epoch \d of 2: .* not finite"):
            evaluate(lambda: small_model(1e38), 1e10 * IMAGES, resume=True, workers=workers)
        assert not list(kept.rglob("*.json"))
