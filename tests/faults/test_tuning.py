"""A search that is killed, stopped, or meets a damaged journal, a full disk or another search.

Whatever happens, finished trials stay, and in the end the search is the one to
which nothing happened.
"""

import errno
import json
import os
import signal
import subprocess
import sys
import time
import warnings
from pathlib import Path

from mnistlab.evaluation import tuning
from mnistlab.evaluation.results import Result

import keras
import numpy as np
import optuna
import pytest
from optuna.distributions import FloatDistribution

PROJECT = Path(__file__).parents[2]
posix_only = pytest.mark.skipif(sys.platform == "win32", reason="needs the signals of POSIX")
TRIALS = 5

PROGRAM = f"""
import json, signal, sys
# What a shell starts in the background ignores interrupts, and so do its children.
signal.signal(signal.SIGINT, signal.default_int_handler)
from pathlib import Path
from mnistlab.evaluation.tuning import search
import keras
import numpy as np
from optuna.distributions import FloatDistribution

def recipe(rate):
    def small_model():
        layers = [keras.layers.Flatten(), keras.layers.Dropout(0.3)]
        output = keras.layers.Dense(10, "softmax")
        model = keras.Sequential([keras.Input((28, 28, 1)), *layers, output])
        optimizer = keras.optimizers.SGD(rate)
        model.compile(
            optimizer, "categorical_crossentropy", metrics=["accuracy"], run_eagerly=True
        )
        return model

    return {{"define_model": small_model, "images": images}}

images = np.random.default_rng(0).random((60, 28, 28, 1), dtype="float32")
found = search(
    recipe, np.arange(60) % 10, {{"rate": 0.01}}, {{"rate": FloatDistribution(0.001, 0.1)}},
    trials={TRIALS}, folds=2, epochs=20, resume=True,
)
trials = [[trial.setting, trial.scores] for trial in found.trials]
Path(sys.argv[1]).write_text(json.dumps(trials))
"""


class Runs:
    """Starts the program above, again and again, in a folder of its own."""

    def __init__(self, folder):
        self.folder, self.result = folder, folder / "result.json"
        (folder / "program.py").write_text(PROGRAM)

    def start(self):
        changes = {
            "MNISTLAB_OUTPUT": str(self.folder / "output"),
            "MNISTLAB_THREADS": "1",
            "PYTHONPATH": os.pathsep.join([str(PROJECT), os.environ.get("PYTHONPATH", "")]),
        }
        return subprocess.Popen(
            [sys.executable, str(self.folder / "program.py"), str(self.result)],
            env=os.environ | changes,
            cwd=self.folder,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def finish(self):
        program = self.start()
        output, errors = program.communicate(timeout=300)
        assert program.returncode == 0, errors
        return json.loads(self.result.read_text()), output

    def finished(self):
        journals = (self.folder / "output").rglob("*.log")
        return sum(path.read_text("utf-8").count('"checksum"') for path in journals)

    def wait_for(self, count, program):
        deadline = time.monotonic() + 240
        while self.finished() < count:
            assert program.poll() is None, program.communicate()[1]
            assert time.monotonic() < deadline, "no trial was finished"
            time.sleep(0.01)


@pytest.fixture(scope="module")
def uninterrupted(tmp_path_factory):
    found, _ = Runs(tmp_path_factory.mktemp("uninterrupted")).finish()
    assert len(found) == TRIALS
    return found


@posix_only
def test_killed_at_any_moment_and_started_again(tmp_path, uninterrupted):
    runs = Runs(tmp_path)
    for count in (1, 3):
        program = runs.start()
        runs.wait_for(count, program)
        program.kill()
        program.communicate()
        before = runs.finished()
        assert count <= before < TRIALS
    found, output = runs.finish()
    assert f"{before} of {TRIALS} trials were finished before and are read from my_res" in output
    assert found == uninterrupted
    assert not list(tmp_path.rglob("*.set-aside-*"))


@posix_only
def test_an_interrupt_leaves_an_outcome_of_what_is_finished(tmp_path, uninterrupted):
    runs = Runs(tmp_path)
    program = runs.start()
    runs.wait_for(2, program)
    program.send_signal(signal.SIGINT)
    _, errors = program.communicate(timeout=60)
    assert program.returncode == 0, errors
    assert "Traceback" not in errors
    assert f"of {TRIALS}: the outcome holds the" in errors
    found = json.loads(runs.result.read_text())
    assert 2 <= len(found) < TRIALS and found == uninterrupted[: len(found)]
    assert runs.finished() == len(found)


LABELS = np.arange(30) % 10
IMAGES = np.random.default_rng(0).random((30, 28, 28, 1), dtype="float32")
SPACE = {"rate": FloatDistribution(0.001, 1.0, log=True)}


def small_model(rate, units=10):
    layers = [keras.layers.Flatten(), keras.layers.Dense(units, "relu")]
    output = keras.layers.Dense(10, "softmax")
    model = keras.Sequential([keras.Input((28, 28, 1)), *layers, output])
    model.compile(keras.optimizers.SGD(rate), "categorical_crossentropy", metrics=["accuracy"])
    return model


def recipe(rate):
    return {"define_model": lambda: small_model(rate), "images": IMAGES}


@pytest.fixture(autouse=True)
def evaluated(monkeypatch):
    """No training: the score follows from the rate. Returns the rates that were evaluated."""
    rates = []

    def evaluate(define_model, folds, **options):
        rates.append(float(define_model().optimizer.learning_rate))
        score = 0.9 - 0.1 * abs(np.log10(rates[-1] / 0.03))
        facts = {"fold_seconds": [1.0] * folds}
        return Result("", [score] * folds, [{}] * folds, {"folds": folds}, facts)

    monkeypatch.setattr(tuning, "evaluate_model", evaluate)
    return rates


@pytest.fixture(autouse=True)
def journals(monkeypatch, tmp_path):
    """The folder of all journals."""
    monkeypatch.setenv("MNISTLAB_OUTPUT", str(tmp_path / "output"))
    return tmp_path / "output" / "my_results" / "searches"


def search(trials=4, recipe=recipe, space=SPACE, default=0.1, **changes):
    changes = {"folds": 2, "epochs": 1, "resume": True} | changes
    return tuning.search(recipe, LABELS, {"rate": default}, space, trials, **changes)


def contents(folder):
    return {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_finished_trials_are_read_and_said(evaluated, journals, capsys):
    first = search()
    before, count = contents(journals), len(evaluated)
    assert (len(before), count) == (1, 4)
    assert search().trials == first.trials
    assert len(evaluated) == count and contents(journals) == before
    said, (path,) = capsys.readouterr().out, before
    where = f"my_results/searches/{path.name}"
    assert f"4 of 4 trials were finished before and are read from {where}" in said
    assert str(journals) not in said


def test_it_goes_on_beyond_the_end_as_if_it_had_not_stopped(evaluated):
    search(11)
    count = len(evaluated)
    longer = search(14)
    assert len(evaluated) == count + 3
    evaluated.clear()
    assert longer.trials == search(14, resume=False).trials
    assert len(evaluated) == 14


def test_fewer_trials_than_are_kept(evaluated):
    longer = search(4)
    assert search(2).trials == longer.trials[:2]
    assert len(evaluated) == 4


@pytest.mark.parametrize(
    "changes",
    [
        {"seed": 2},
        {"epochs": 2},
        {"folds": 3},
        {"default": 0.2},
        {"space": {"rate": FloatDistribution(0.01, 1.0, log=True)}},
        {"recipe": lambda rate: {"define_model": lambda: small_model(rate, 20), "images": IMAGES}},
        {"recipe": lambda rate: recipe(rate) | {"images": IMAGES / 2}},
        {"recipe": lambda rate: recipe(rate) | {"batch_size": 8}},
    ],
    ids=["seed", "epochs", "folds", "default", "space", "network", "images", "batch size"],
)
def test_another_search_is_not_mixed_in(evaluated, journals, changes, capsys):
    search()
    before, count = contents(journals), len(evaluated)
    search(**changes)
    assert len(evaluated) == 2 * count
    assert "finished before" not in capsys.readouterr().out
    after = contents(journals)
    assert {path: after[path] for path in before} == before and len(after) == 2


def test_a_recipe_that_changed_for_other_settings_than_the_default(evaluated, journals):
    """The journal has the right name; only its trials tell."""

    def changed(rate):
        units = 10 if rate == 0.1 else 20
        return {"define_model": lambda: small_model(rate, units), "images": IMAGES}

    search()
    with pytest.warns(UserWarning, match=r"is not used, .*\(the recipe was changed\): it is now"):
        search(recipe=changed)
    assert len(evaluated) == 8
    assert len(list(journals.glob("*.log"))) == len(list(journals.glob("*.set-aside-1"))) == 1


def test_an_error_in_the_recipe_is_no_damage_of_the_journal(evaluated, journals):
    def failing(rate):
        if rate == 0.1:
            return recipe(rate)
        raise ZeroDivisionError("of the reader's own")

    first, before = search(), contents(journals)
    with pytest.raises(ZeroDivisionError, match="of the reader's own"):
        search(recipe=failing)
    assert contents(journals) == before
    assert search().trials == first.trials and len(evaluated) == 4


def damaged(content):
    return content[:200] + b"\x00\xff" + content[202:]


def another_number(content):
    place = content.rindex(b'"scores":[0.') + len(b'"scores":[0.')
    return (
        content[:place]
        + (b"1" if content[place : place + 1] != b"1" else b"2")
        + content[place + 1 :]
    )


def without_a_trial(content):
    lines = content.splitlines(keepends=True)
    return b"".join(line for line in lines if b'"number":1,' not in line)


def of_another(content):
    return content.replace(b'"seed":1', b'"seed":7')


@pytest.mark.parametrize(
    "damage",
    [
        damaged,
        another_number,
        without_a_trial,
        of_another,
        lambda content: b"{}\n",
        lambda content: b"nothing of this kind\n",
    ],
    ids=["bytes", "number", "trial lost", "another", "no journal", "text"],
)
def test_a_damaged_journal_is_set_aside_and_the_search_begins_anew(evaluated, journals, damage):
    first = search()
    (path,) = journals.iterdir()
    changed = damage(path.read_bytes())
    assert changed != path.read_bytes()
    path.write_bytes(changed)
    with pytest.warns(UserWarning, match=rf"The kept search {path.name} is not used, it .*begins "):
        again = search()
    assert again.trials == first.trials and len(evaluated) == 8
    aside = path.with_name(f"{path.name}.set-aside-1")
    assert aside.read_bytes() == changed
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert search().trials == first.trials
    assert len(evaluated) == 8


@pytest.mark.parametrize("left", [1, 40, -1], ids=["a byte", "a part", "all but the end"])
def test_a_line_that_was_cut_off_costs_its_trial_alone(evaluated, journals, left):
    first = search()
    (path,) = journals.iterdir()
    lines = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(b"".join([*lines[:-1], lines[-1][:left]]))
    assert search().trials == first.trials
    assert len(evaluated) == 5
    assert path.read_bytes().count(b"\n") == len(lines)
    assert search().trials == first.trials and len(evaluated) == 5


def test_a_line_that_another_process_is_writing_is_waited_for(evaluated, journals, monkeypatch):
    from mnistlab.evaluation import kept_trials

    first = search()
    (path,) = journals.iterdir()
    content = path.read_bytes()
    path.write_bytes(content[:-40])

    class Lock:
        def acquire(self):
            path.write_bytes(content)

        def release(self):
            pass

    monkeypatch.setattr(kept_trials.KeptTrials, "_lock", lambda self: Lock())
    assert search().trials == first.trials and len(evaluated) == 4
    assert path.read_bytes() == content


def test_a_journal_that_cannot_be_read_is_not_called_damaged(evaluated, journals, monkeypatch):
    first = search()

    def refuse(self):
        raise PermissionError(errno.EACCES, "Permission denied", str(self))

    with monkeypatch.context() as patch:
        patch.setattr(Path, "read_bytes", refuse)
        with pytest.warns(UserWarning, match=r"not used, it cannot be read \(Permission denied\):"):
            assert search().trials == first.trials
    assert len(evaluated) == 8


def test_an_empty_journal_is_no_damage(evaluated, journals):
    first = search()
    (path,) = journals.iterdir()
    path.write_bytes(b"")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert search().trials == first.trials
    assert len(evaluated) == 8


def test_two_processes_that_wrote_the_same_trials(evaluated, journals):
    first = search()
    (path,) = journals.iterdir()
    lines = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(b"".join([*lines, lines[-1]]))
    assert search().trials == first.trials and len(evaluated) == 4


def test_a_full_disk_costs_the_kept_trials_and_not_the_search(evaluated, journals, monkeypatch):
    expected = search(resume=False).trials

    def full(self, logs):
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(optuna.storages.journal.JournalFileBackend, "append_logs", full)
        with pytest.warns(
            UserWarning, match="Trial 1 is finished .*: No space left on device"
        ) as w:
            assert search().trials == expected
    assert len(w) == 1
    assert search().trials == expected


def test_a_folder_that_cannot_be_made_costs_the_kept_trials_and_not_the_search(journals):
    expected = search(resume=False).trials
    journals.parent.mkdir(parents=True, exist_ok=True)
    journals.write_text("a file in the way")
    with pytest.warns(UserWarning, match="Trial 1 is finished .* cannot be kept"):
        assert search().trials == expected


def test_in_quick_mode_nothing_is_kept_unless_asked_for(journals, monkeypatch):
    search(resume=None)
    assert not journals.exists()
    monkeypatch.setenv("MNISTLAB_QUICK", "0")
    search(resume=None)
    assert len(list(journals.iterdir())) == 1


def test_the_record_never_gets_a_journal(journals, monkeypatch):
    monkeypatch.setenv("MNISTLAB_RECORD", "1")
    search()
    assert len(list(journals.iterdir())) == 1


def test_code_of_the_networks_own_ends_the_keeping_and_that_is_said(journals, capsys):
    class Doubling(keras.layers.Layer):
        def call(self, inputs):
            return 2 * inputs

    def with_own_code(rate):
        def define_model():
            model = small_model(rate)
            if rate == 0.1:
                return model
            own = keras.Sequential([keras.Input((28, 28, 1)), Doubling(), *model.layers])
            own.compile(keras.optimizers.SGD(rate), "mse", metrics=["accuracy"])
            return own

        return {"define_model": define_model, "images": IMAGES}

    assert len(search(recipe=with_own_code).trials) == 4
    said = capsys.readouterr().out
    assert said.count("Trials are not kept: the network uses code of its own (Doubling)") == 1
    (path,) = journals.iterdir()
    assert path.read_text("utf-8").count('"checksum"') == 1


def test_a_layer_that_cannot_describe_itself_ends_the_keeping_and_that_is_said(journals, capsys):
    class Secret(keras.layers.Layer):
        def __init__(self, factor, **options):
            super().__init__(**options)
            self.factor = factor

        def call(self, inputs):
            return self.factor * inputs

    def with_secret(rate):
        def define_model():
            secret = Secret(np.ones(1, "float32"))
            model = keras.Sequential([keras.Input((28, 28, 1)), secret, *small_model(rate).layers])
            model.compile(keras.optimizers.SGD(rate), "mse", metrics=["accuracy"])
            return model

        return {"define_model": define_model, "images": IMAGES}

    assert len(search(2, recipe=with_secret).trials) == 2
    assert "code of its own (a part that cannot be described)" in capsys.readouterr().out
    assert not journals.exists()


@pytest.mark.skipif(sys.platform == "win32", reason="a lock that is open cannot be left there")
def test_the_lock_of_a_killed_process_is_waited_for_and_then_taken(journals, monkeypatch, capfd):
    from mnistlab.evaluation import kept_trials

    monkeypatch.setattr(kept_trials, "LOCK_SECONDS", 3)
    first = search(2)
    (path,) = journals.iterdir()
    path.with_name(f"{path.name}.lock").touch()
    assert search(3).trials[:2] == first.trials
    assert [each.name for each in journals.iterdir()] == [path.name]
    assert "lock" not in capfd.readouterr().err
