"""Callbacks: what is printed, what is saved when, and in which order all is called."""

import sys
import tempfile
import types

from mnistlab.tflearn import callbacks
from mnistlab.tflearn.callbacks import (
    Callback,
    ChainCallback,
    ModelSaver,
    TermLogger,
    TrainingState,
)

import pytest

BOLD, PLAIN, CLEAR, UP, DOWN = "\033[1m\033[32m", "\033[0m\033[0m", "\033[2K\r", "\033[A", "\033[B"
HEADER = "---------------------------------\nTraining samples: 130\nValidation samples: 20\n--\n"


@pytest.fixture
def clock(monkeypatch):
    """A clock that only moves when it is told to."""
    now = types.SimpleNamespace(seconds=100.0)
    fake = types.SimpleNamespace(time=lambda: now.seconds, monotonic=lambda: now.seconds)
    monkeypatch.setattr(callbacks, "time", fake)
    return now


@pytest.fixture
def page(monkeypatch):
    """Stands in for a notebook; holds every state of its one output."""
    shown = []

    class Handle:
        def update(self, data, raw):
            shown.append(data["text/plain"])

    def display(data, raw, display_id):
        assert not shown, "a second output"
        shown.append(data["text/plain"])
        return Handle()

    monkeypatch.setattr(callbacks, "in_notebook", lambda: True)
    monkeypatch.setattr("IPython.display.display", display)
    return shown


def logger_of(*names, samples=130, validation=20):
    logger = TermLogger()
    for name in names:
        logger.add(samples // len(names), validation // len(names), "acc", name)
    return logger


def batch(logger, state, clock, rows, figures, snapshot=False, seconds=0.5):
    """One batch, with (loss, acc, val_loss, val_acc) for each operation."""
    state.increase_step()
    state.reset_global()
    logger.on_batch_begin(state)
    clock.seconds += seconds
    state.current_iter = rows
    for index, values in enumerate(figures):
        state.loss_value, state.acc_value, state.val_loss, state.val_acc = values
        state.global_loss += values[0]
        logger.on_sub_batch_begin(state)
        logger.on_sub_batch_end(state, index)
    logger.on_batch_end(state, snapshot)


def begun(logger):
    state = TrainingState()
    logger.on_train_begin(state)
    state.increase_epoch()
    logger.on_epoch_begin(state)
    return state


class TestOnATerminal:
    def test_every_batch_is_one_block_over_the_one_before(self, clock, capsys):
        logger = logger_of("Adam")
        state = begun(logger)
        batch(logger, state, clock, 64, [(0.0, 0.0, None, None)])
        batch(logger, state, clock, 128, [(0.5, 0.25, None, None)])
        assert capsys.readouterr().out == (
            f"{HEADER}Training Step: 1  | time: 0.500s\n"
            f"{CLEAR}| Adam | epoch: 001 | loss: 0.00000 - acc: 0.0000 -- iter: 064/130\n{UP}{UP}"
            f"Training Step: 2  | total loss: {BOLD}0.50000{PLAIN} | time: 1.000s\n"
            f"{CLEAR}| Adam | epoch: 001 | loss: 0.50000 - acc: 0.2500 -- iter: 128/130\n{UP}{UP}"
        )

    def test_a_snapshot_stays_with_its_validation(self, clock, capsys):
        logger = logger_of("Adam", samples=55000, validation=10000)
        state = begun(logger)
        state.step = 859
        batch(logger, state, clock, 55000, [(0.11052, 0.9737, 0.1078, 0.9707)], True, 22.1)
        assert capsys.readouterr().out.split("--\n", 2)[2] == (
            f"Training Step: 860  | total loss: {BOLD}0.11052{PLAIN} | time: 22.100s\n"
            f"{CLEAR}| Adam | epoch: 001 | loss: 0.11052 - acc: 0.9737 | val_loss: 0.10780 - "
            "val_acc: 0.9707 -- iter: 55000/55000\n--\n"
        )

    def test_without_a_metric_only_losses_are_printed(self, clock, capsys):
        logger = logger_of("SGD")
        batch(logger, begun(logger), clock, 130, [(2.0, None, 3.0, None)], True)
        assert "| loss: 2.00000 | val_loss: 3.00000 -- iter: 130/130\n" in capsys.readouterr().out

    def test_the_metric_has_its_own_label(self, clock, capsys):
        logger = TermLogger()
        logger.add(130, 20, "top3", "Adam")
        batch(logger, begun(logger), clock, 130, [(2.0, 0.5, 3.0, 0.25)], True)
        assert " - top3: 0.5000 | val_loss: 3.00000 - val_top3: 0.2500" in capsys.readouterr().out

    def test_several_operations_have_a_line_each(self, clock, capsys):
        logger = logger_of("Adam", "Adam_1")
        batch(logger, begun(logger), clock, 64, [(0.5, None, None, None), (1.5, None, None, None)])
        assert capsys.readouterr().out.removeprefix(HEADER) == (
            f"Training Step: 1  | total loss: {BOLD}2.00000{PLAIN} | time: 0.500s\n"
            f"{CLEAR}| Adam | epoch: 001 | loss: 0.50000 -- iter: 64/65\n"
            f"{CLEAR}| Adam_1 | epoch: 001 | loss: 1.50000 -- iter: 64/65\n{UP}{UP}{UP}"
        )

    def test_an_operation_without_a_name_has_a_number(self, capsys):
        logger = TermLogger()
        logger.add(5)
        logger.add(6)
        assert [op.name for op in logger.data] == ["Train op. 0", "Train op. 1"]

    def test_what_is_known_before_the_data_comes_first(self, capsys):
        TermLogger().announce("mnist", "logs/")
        said = capsys.readouterr().out
        assert said == f"{'-' * 33}\nRun id: mnist\nLog directory: logs/\n"

    @pytest.mark.parametrize(
        ("folder", "said"),
        [
            ("logs/", "logs/"),
            (f"{tempfile.gettempdir()}/tflearn_logs/", "tflearn_logs, in the temporary folder"),
            ("/home/somebody/logs", "logs"),
        ],
    )
    def test_a_notebook_says_nothing_of_its_readers_folders(self, folder, said, page, capsys):
        TermLogger().announce("mnist", folder)
        assert capsys.readouterr().out.endswith(f"\nLog directory: {said}\n")

    @pytest.mark.parametrize(("snapshot", "last"), [(True, ""), (False, "--\n")])
    @pytest.mark.parametrize(("terminal", "down"), [(True, 3 * DOWN), (False, "")])
    def test_the_end_leaves_a_line_of_its_own(
        self, terminal, down, snapshot, last, clock, capsys, monkeypatch
    ):
        logger = logger_of("Adam")
        state = begun(logger)
        batch(logger, state, clock, 130, [(1.0, None, None, None)], snapshot)
        capsys.readouterr()
        monkeypatch.setattr(sys.stdout, "isatty", lambda: terminal)
        logger.on_train_end(state)
        assert capsys.readouterr().out == f"{down}{last}"

    def test_an_epoch_has_its_own_time(self, clock, capsys):
        logger = logger_of("Adam")
        state = begun(logger)
        batch(logger, state, clock, 130, [(1.0, None, None, None)], seconds=9.0)
        state.increase_epoch()
        logger.on_epoch_begin(state)
        batch(logger, state, clock, 130, [(1.0, None, None, None)], seconds=2.0)
        assert "| time: 2.000s\n" in capsys.readouterr().out
        assert state.epoch == 2


class TestInANotebook:
    def test_one_output_is_updated_a_few_times_a_second(self, clock, page, capsys):
        logger = logger_of("Adam")
        state = begun(logger)
        for _ in range(1000):
            batch(logger, state, clock, 64, [(0.5, 0.25, None, None)], seconds=0.01)
        assert 38 <= len(page) <= 42
        assert capsys.readouterr().out == HEADER

    def test_no_code_of_a_terminal_is_shown(self, clock, page):
        logger = logger_of("Adam")
        batch(logger, begun(logger), clock, 64, [(0.5, 0.25, None, None)])
        assert page == [
            "Training Step: 1  | total loss: 0.50000 | time: 0.500s\n"
            "| Adam | epoch: 001 | loss: 0.50000 - acc: 0.2500 -- iter: 064/130"
        ]

    def test_a_snapshot_is_shown_at_once_and_until_the_epoch_ends(self, clock, page):
        logger = logger_of("Adam")
        state = begun(logger)
        batch(logger, state, clock, 64, [(0.5, 0.25, None, None)], seconds=0)
        batch(logger, state, clock, 128, [(0.5, 0.25, 0.125, 0.75)], snapshot=True, seconds=0)
        assert "val_loss: 0.12500 - val_acc: 0.7500" in page[1]
        batch(logger, state, clock, 130, [(0.5, 0.25, None, None)])
        assert "val_loss: 0.12500 - val_acc: 0.7500" in page[2]
        logger.on_epoch_begin(state)
        batch(logger, state, clock, 64, [(0.5, 0.25, None, None)])
        assert "val_loss" not in page[3]

    def test_finished_epochs_stay_and_the_end_is_shown(self, clock, page):
        logger = logger_of("Adam")
        state = begun(logger)
        batch(logger, state, clock, 130, [(0.5, 0.25, 0.125, 0.75)], snapshot=True)
        logger.on_epoch_end(state)
        state.increase_epoch()
        logger.on_epoch_begin(state)
        batch(logger, state, clock, 130, [(0.25, 0.5, 0.0625, 0.875)], snapshot=True)
        logger.on_epoch_end(state)
        logger.on_train_end(state)
        assert page[-1].splitlines() == [
            "| Adam | epoch: 001 | loss: 0.50000 - acc: 0.2500 | val_loss: 0.12500 - "
            "val_acc: 0.7500 | time: 0.5s",
            "| Adam | epoch: 002 | loss: 0.25000 - acc: 0.5000 | val_loss: 0.06250 - "
            "val_acc: 0.8750 | time: 0.5s",
            "Training Step: 2  | total loss: 0.25000 | time: 0.500s",
        ]

    def test_an_epoch_that_is_cut_short_is_shown_as_far_as_it_came(self, clock, page):
        logger = logger_of("Adam")
        state = begun(logger)
        for rows in (64, 128):
            batch(logger, state, clock, rows, [(0.5, None, None, None)], seconds=0)
        assert len(page) == 1
        logger.on_train_end(state)
        assert "iter: 128/130" in page[-1]

    def test_of_very_many_epochs_the_last_stay(self, clock, page):
        logger = logger_of("SGD")
        state = TrainingState()
        for _ in range(200):
            state.increase_epoch()
            logger.on_epoch_begin(state)
            batch(logger, state, clock, 130, [(0.5, None, None, None)])
            logger.on_epoch_end(state)
        logger.on_train_end(state)
        lines = page[-1].splitlines()
        assert len(lines) == callbacks.LINES_KEPT + 2
        assert lines[0] == "… 150 earlier lines"
        assert "epoch: 200" in lines[-2]


class Recorder(Callback):
    def __init__(self, seen, name):
        self.seen, self.name = seen, name

    def on_train_begin(self, training_state):
        self.seen.append((self.name, "begin", training_state))

    def on_sub_batch_end(self, training_state, train_index=0):
        self.seen.append((self.name, "sub", train_index))

    def on_batch_end(self, training_state, snapshot=False):
        self.seen.append((self.name, "batch", snapshot))


class TestAChain:
    def test_each_is_called_in_order_with_what_there_is_to_say(self):
        seen, state = [], TrainingState()
        chain = ChainCallback()
        chain.add(Recorder(seen, "a"))
        chain.add([Recorder(seen, "b")])
        chain.on_train_begin(state)
        chain.on_sub_batch_end(state, 1)
        chain.on_batch_end(state, True)
        assert seen == [
            *(("a", "begin", state), ("b", "begin", state)),
            *(("a", "sub", 1), ("b", "sub", 1)),
            *(("a", "batch", True), ("b", "batch", True)),
        ]

    def test_every_moment_is_passed_on(self):
        moments = [name for name in vars(Callback) if name.startswith("on_")]
        assert len(moments) == 8
        seen = []
        own = {name: lambda self, state, _name=name: seen.append(_name) for name in moments}
        chain = ChainCallback(type("All", (Callback,), own)())
        for name in moments:
            getattr(chain, name)(TrainingState())
        assert seen == moments

    @pytest.mark.parametrize("wrong", [print, "early", [Callback(), 3], None])
    def test_what_is_no_callback_is_refused_with_tflearns_words(self, wrong):
        with pytest.raises(Exception, match=r"is an invalid Callback object$"):
            ChainCallback().add(wrong)

    def test_an_exception_passes_through(self):
        class Stop(Callback):
            def on_epoch_end(self, training_state):
                raise StopIteration

        with pytest.raises(StopIteration):
            ChainCallback([Callback(), Stop()]).on_epoch_end(TrainingState())


class TestSavingModels:
    @pytest.fixture
    def saved(self):
        return []

    def saver(self, saved, path="c", best=None, start=0.0, step=None, epoch=True):
        def save(path, training_step=None, use_val_saver=False):
            saved.append(("best", path) if use_val_saver else (path, training_step))

        return ModelSaver(save, path, best, start, step, epoch)

    def train(self, saver, steps=4, snapshots=(), accuracies=()):
        """Two epochs of as many steps, with validation at the snapshots."""
        state, accuracies = TrainingState(), iter(accuracies)
        for epoch in (1, 2):
            for step in range(1, steps + 1):
                state.step = (epoch - 1) * steps + step
                snapshot = state.step in snapshots
                state.val_acc = next(accuracies, None) if snapshot else None
                saver.on_batch_end(state, snapshot)
            saver.on_epoch_end(state)

    def test_at_the_end_of_each_epoch(self, saved):
        self.train(self.saver(saved), snapshots=(4, 8))
        assert saved == [("c", 4), ("c", 8)]

    def test_at_snapshot_steps_only(self, saved):
        self.train(self.saver(saved, step=3, epoch=False), snapshots=(3, 6))
        assert saved == [("c", 3), ("c", 6)]

    def test_an_epochs_end_that_is_a_snapshot_is_written_in_both_roles(self, saved):
        self.train(self.saver(saved, step=4), snapshots=(4, 8))
        assert saved == [("c", 4), ("c", 4), ("c", 8), ("c", 8)]

    def test_nowhere_without_a_path(self, saved):
        self.train(self.saver(saved, path=None, step=4), snapshots=(4, 8), accuracies=(0.5, 0.6))
        assert saved == []

    def test_the_best_is_named_by_its_accuracy(self, saved):
        saver = self.saver(saved, path=None, best="b/best", step=2)
        self.train(saver, snapshots=(2, 4, 6, 8), accuracies=(0.41434, 0.3, 0.98537, 0.98537))
        assert saved == [("best", "b/best4143"), ("best", "b/best9854")]

    def test_only_what_exceeds_the_start_is_best(self, saved):
        saver = self.saver(saved, path=None, best="best", start=0.5)
        self.train(saver, snapshots=(4, 8), accuracies=(0.5, 0.5001))
        assert saved == [("best", "best5001")]
