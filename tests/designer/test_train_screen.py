"""Step 4: its controls, its buttons, what it says of a run, and weights in files."""

import threading
from datetime import UTC, datetime

from mnistlab.widgets.designer.document import Design
from mnistlab.widgets.designer.plan import TRAINING
from mnistlab.widgets.designer.project import Project
from mnistlab.widgets.designer.screens import train
from mnistlab.widgets.designer.screens.standing import about_model
from mnistlab.widgets.designer.screens.train import TrainScreen
from mnistlab.widgets.designer.training import TrainingRun
from tests.designer.bars import bars, plan

import pytest


@pytest.fixture
def project(tmp_path):
    project = Project(Design.from_plan(plan()), tmp_path)
    project.use(bars())
    project.confirm()
    yield project
    for run in project.runs:
        run.stop()
        run.wait(60)


@pytest.fixture
def screen(project):
    screen = TrainScreen(project)
    project.observe(screen.refresh)
    return screen


class Gate:
    """Holds every batch back until it is opened."""

    def __init__(self):
        self.reached, self._open = threading.Event(), threading.Event()

    def wait(self) -> None:
        self.reached.set()
        self._open.wait(60)

    def open(self) -> None:
        self._open.set()


@pytest.fixture
def gate(monkeypatch):
    gate, batch = Gate(), TrainingRun._batch

    def held_back(self, rows):
        gate.wait()
        return batch(self, rows)

    monkeypatch.setattr(TrainingRun, "_batch", held_back)
    yield gate
    gate.open()


def trained(screen) -> TrainingRun:
    screen.train.click()
    run = screen.project.run
    assert run.wait(60)
    return run


def shown(widget) -> bool:
    return widget.layout.display != "none"


class TestSettings:
    def test_every_setting_of_the_training_has_a_control_with_a_label(self, screen):
        assert {*screen.controls, *screen.switches} == set(TRAINING)
        for control in (*screen.controls.values(), *screen.switches.values()):
            assert control.description
        for control in (*screen.limits.values(), screen.name, screen.file):
            assert control.description

    def test_it_shows_what_the_design_says(self, screen):
        assert screen.controls["learning_rate"].value == 0.05
        assert screen.controls["batch_size"].value == 16
        assert screen.controls["loss"].value == "categorical_crossentropy"

    @pytest.mark.parametrize(
        ("name", "value"),
        [
            ("optimizer", "Adam"),
            ("learning_rate", 0.002),
            ("momentum", 0.5),
            ("top3", True),
            ("batch_size", 64),
            ("epochs", 7),
            ("validation_share", 0.5),
            ("seed", 12),
        ],
    )
    def test_a_control_changes_the_design_and_an_undo_the_control(
        self, project, screen, name, value
    ):
        before = screen.controls[name].value
        screen.controls[name].value = value
        assert getattr(project.design.training, name) == value
        project.design.undo()
        project.changed()
        assert screen.controls[name].value == before

    def test_what_another_screen_sets_is_no_change_of_this_one(self, project, screen):
        project.design.train_with(epochs=9, stop_accuracy=0.9, patience=4)
        project.changed()
        assert screen.controls["epochs"].value == 9
        assert screen.switches["stop_accuracy"].value and screen.switches["patience"].value
        assert (screen.limits["stop_accuracy"].value, screen.limits["patience"].value) == (0.9, 4)
        project.design.undo()
        assert not project.design.can_undo

    def test_momentum_is_of_sgd_alone(self, screen):
        assert shown(screen.controls["momentum"])
        screen.controls["optimizer"].value = "Adam"
        assert not shown(screen.controls["momentum"])

    @pytest.mark.parametrize("name", train.STOPS)
    def test_a_stop_condition_has_a_switch(self, project, screen, name):
        switch, limit = screen.switches[name], screen.limits[name]
        assert limit.disabled and getattr(project.design.training, name) is None
        limit.value = limit.value / 2 if isinstance(limit.value, float) else 5
        assert getattr(project.design.training, name) is None
        switch.value = True
        assert getattr(project.design.training, name) == limit.value and not limit.disabled
        limit.value = 1
        assert getattr(project.design.training, name) == 1
        switch.value = False
        assert getattr(project.design.training, name) is None and limit.disabled

    def test_a_value_that_cannot_be_is_refused_and_goes_back(self, project, screen):
        screen.controls["epochs"].value = 10**9
        assert "takes a whole number, 1 to 1,000" in screen.notice.texts[0]
        assert screen.controls["epochs"].value == project.design.training.epochs == 3

    def test_a_value_out_of_range_stands_with_its_fix_and_locks_train(self, project, screen):
        screen.controls["learning_rate"].value = 50
        problem = screen.problems.messages[0]
        assert problem.kind == "error" and "learning rate is 50" in problem.text
        assert screen.train.disabled and "said above" in screen.hint.words
        assert (project.states["Train"], project.states["Design"]) == ("invalid", "done")
        screen.problems.click(0)
        assert screen.problems.texts == [] and not screen.train.disabled
        assert screen.controls["learning_rate"].value == 0.01

    def test_a_loss_that_does_not_fit_the_labels_has_a_fix(self, project, screen):
        screen.controls["labels"].value = "integers"
        assert "takes labels as rows of 0s and a 1" in screen.problems.texts[0]
        screen.problems.click(0)
        assert screen.controls["loss"].value == "sparse_categorical_crossentropy"

    def test_says_how_many_images_are_held_out_and_how_they_are_chosen(self, screen):
        assert screen.split.words == (
            "90 images are learned from, 30 are held out. They are chosen by the seed, evenly "
            "from all classes."
        )
        screen.controls["validation_share"].value = 0.0
        assert "nothing is held out" in screen.split.words


class TestButtons:
    def test_locked_until_the_data_are_confirmed(self):
        screen = TrainScreen(Project(Design.from_plan(plan())))
        assert screen.train.disabled and screen.stop.disabled and screen.resume.disabled
        assert screen._next.disabled and screen.save.disabled and screen.load.disabled
        assert "step 1" in screen.hint.words and not shown(screen._run)

    def test_locked_while_the_design_is_wrong(self, project, screen):
        project.design.remove(1)
        project.changed()
        assert screen.train.disabled and "the design is not right" in screen.hint.words

    def test_train_to_its_end(self, project, screen):
        assert screen.train.description == "Train" and "Verify" not in screen.hint.words
        run = trained(screen)
        assert run.state == "done" and project.states["Train"] == "done"
        assert screen.standing.words.startswith("Run 1, bars: done, epoch 3 of 3, after ")
        assert screen.ended.texts == ["All 3 epochs are done."]
        assert screen.bar.value == 1 and screen.bar.state == "done"
        assert screen.best.words.startswith(f"Best epoch: {run.best_epoch}, ")
        assert screen.curves.png.startswith(b"\x89PNG") and "over 3 epochs" in screen.curves.alt
        assert [row[0] for row in screen.table.rows] == ["1", "2", "3"]
        assert screen.table.rows[run.best_epoch - 1][-1] == "best"
        assert not screen._next.disabled and not screen.save.disabled

    def test_a_second_click_is_no_second_training(self, project, screen, gate):
        screen.train.click()
        first = project.run
        screen.train.click()
        screen.begin()
        assert project.runs == [first] and screen.train.disabled
        gate.open()
        assert first.wait(60) and first.epoch == 3

    def test_train_again_is_a_new_run_and_says_so(self, project, screen):
        first = trained(screen)
        assert screen.train.description == "Train again"
        assert "begins run 2 with fresh weights" in screen.hint.words
        second = trained(screen)
        assert project.runs == [first, second] and second.history == first.history
        assert screen.standing.words.startswith("Run 2")

    def test_stop_and_resume(self, project, screen, gate):
        screen.train.click()
        run = project.run
        assert gate.reached.wait(60)
        assert "the first batch; it takes longer" in screen.standing.words
        assert project.states["Train"] == "running" and not screen.stop.disabled
        assert screen._next.disabled
        screen.stop.click()
        assert "stopping" in screen.standing.words and screen.stop.disabled
        gate.open()
        assert run.wait(60)
        assert run.state == "stopped" and "stopped, epoch 1 of 3, batch 1" in screen.standing.words
        assert "Resume goes on" in screen.ended.texts[0]
        assert not screen.resume.disabled and project.states["Train"] == "ready"
        screen.resume.click()
        run.wait(60)
        assert run.state == "done" and run.epoch == 3 and screen.resume.disabled
        assert project.runs == [run]

    def test_next_leads_on(self, screen):
        led = []
        screen.on_next = lambda: led.append(True)
        trained(screen)
        screen._next.click()
        assert led == [True]


class TestWhatGoesWrong:
    def test_a_run_that_fails_says_why_and_leaves_the_controls(self, project, screen, monkeypatch):
        def broken(self, rows):
            raise RuntimeError("the disk is on fire")

        monkeypatch.setattr(TrainingRun, "_batch", broken)
        run = trained(screen)
        assert run.state == "failed" and project.states["Train"] == "invalid"
        [message] = screen.ended.messages
        assert message.kind == "error" and "the disk is on fire" in message.text
        assert not screen.train.disabled and screen._next.disabled
        monkeypatch.undo()
        assert trained(screen).state == "done" and project.states["Train"] == "done"
        assert screen.ended.texts == ["All 3 epochs are done."]

    def test_a_callback_that_fails_shows_it_and_the_last_result_stays(
        self, project, screen, monkeypatch
    ):
        run = trained(screen)
        rows = screen.table.rows

        def broken(*arguments):
            raise RuntimeError("no more threads")

        monkeypatch.setattr(Project, "_new_run", broken)
        screen.train.click()
        assert "RuntimeError: no more threads" in screen.notice.texts[0]
        assert project.run is run and screen.table.rows == rows and not screen.train.disabled

    def test_another_setting_makes_the_run_stale(self, project, screen):
        trained(screen)
        screen.controls["seed"].value = 2
        assert project.states["Train"] == "stale"
        assert "Run 1 is stale" in screen.ended.texts[1]
        screen.controls["seed"].value = 1
        assert project.states["Train"] == "done" and len(screen.ended.texts) == 1


class TestFiles:
    def test_saves_and_loads(self, project, screen, tmp_path):
        run = trained(screen)
        assert screen.name.value == "bars"
        screen.save.click()
        path = tmp_path / "my_models" / "bars.keras"
        assert path.is_file() and path.with_suffix(".json").is_file()
        assert "saved with the weights of epoch" in screen.kept.texts[0]
        assert screen.file.options == ("bars.keras",)
        screen.save.click()
        assert "in place of the file of that name" in screen.kept.texts[0]
        screen.file.value = "bars.keras"
        screen.load.click()
        assert project.run is not run and project.run.state == "stopped"
        assert "weights are those of bars.keras" in screen.kept.texts[0]
        assert about_model(project, "Try")[0].text.endswith("this run has not trained.")
        assert project.trained and not screen.resume.disabled and not screen._next.disabled
        assert screen.curves.png == b"" and screen.table.rows == []

    def test_a_model_of_another_run_is_replaced_only_when_that_is_clicked_too(
        self, screen, tmp_path
    ):
        trained(screen)
        screen.save.click()
        path = tmp_path / "my_models" / "bars.keras"
        before = path.read_bytes()
        screen.controls["seed"].value = 2
        trained(screen)
        screen.save.click()
        assert screen.kept.items[0]["button"] == "Replace it"
        assert path.read_bytes() == before
        screen.kept.click(0)
        assert "in place of the file of that name" in screen.kept.texts[0]
        assert path.read_bytes() != before

    def test_a_path_counts_from_the_folder_of_the_project(self, project, screen, tmp_path):
        trained(screen).save_weights(tmp_path / "beside.keras")
        screen.file.value = '"beside.keras"'
        screen.load.click()
        assert project.run.number == 2

    def test_loads_from_a_path_and_from_an_upload(self, project, screen, tmp_path):
        path = trained(screen).save_weights(tmp_path / "elsewhere.keras")
        screen.file.value = str(path)
        screen.load.click()
        assert project.run.number == 2
        screen.upload.value = [_upload("sent.keras", path.read_bytes())]
        screen.file.value = ""
        screen.load.click()
        assert project.run.number == 3 and "sent.keras" in project.run.reason

    def test_whoever_types_a_path_after_an_upload_means_the_path(self, screen):
        screen.upload.value = [_upload("sent.keras", b"?")]
        screen.file.value = "other.keras"
        assert not screen.upload.value

    @pytest.mark.parametrize(
        ("name", "file"),
        [("../../evil", "evil.keras"), ("<img onerror=x>", "img_onerror_x.keras")],
    )
    def test_a_name_stays_in_the_folder(self, screen, tmp_path, name, file):
        trained(screen)
        screen.name.value = name
        screen.save.click()
        assert [path.name for path in tmp_path.rglob("*.keras")] == [file]
        assert (tmp_path / "my_models" / file).is_file()

    def test_a_name_or_path_is_asked_for(self, screen):
        trained(screen)
        screen.name.value = "  "
        screen.save.click()
        assert "Type one beside Save" in screen.kept.texts[0]
        screen.load.click()
        assert "no file to load" in screen.kept.texts[0]

    def test_a_name_that_was_typed_stays(self, project, screen):
        screen.name.value = "mine"
        trained(screen)
        project.changed()
        assert screen.name.value == "mine"

    def test_weights_of_another_design_are_refused_and_nothing_changes(
        self, project, screen, tmp_path
    ):
        path = trained(screen).save_weights(tmp_path / "bars.keras")
        project.design.change(0, filters=5)
        project.changed()
        screen.file.value = str(path)
        screen.load.click()
        assert "row 1 is Conv2D with filters=4 there" in screen.kept.texts[0]
        assert len(project.runs) == 1 and project.run.state == "done"
        assert not screen.load.disabled

    def test_an_upload_says_how_large_it_may_be_and_is_held_to_it(self, screen):
        assert "at most 10 MiB" in screen.upload.description
        screen.upload.value = [_upload("big.keras", bytes(10 * 2**20 + 1))]
        screen.load.click()
        assert "10 MiB" in screen.kept.texts[0] and screen.project.run is None


def _upload(name: str, content: bytes) -> dict:
    return {
        "name": name,
        "type": "",
        "size": len(content),
        "content": memoryview(content),
        "last_modified": datetime(2026, 1, 1, tzinfo=UTC),
    }


def test_the_table_shows_the_last_epochs_only(project, screen, monkeypatch):
    monkeypatch.setattr(train, "MOST_EPOCHS", 2)
    trained(screen)
    assert [row[0] for row in screen.table.rows] == ["2", "3"]


def test_epochs_are_written_at_once_and_the_curves_when_there_is_time(project, screen):
    run = trained(screen)
    screen._redraw_from, screen.table.rows = float("inf"), []
    run.state, screen._written = "running", (None, 0)
    before = screen.curves.png
    project.changed()
    assert len(screen.table.rows) == 3 and screen.curves.png == before
    run.state = "done"


def test_one_epoch_is_drawn_at_whole_numbers(screen):
    screen.controls["epochs"].value = 1
    figure = train.curves(trained(screen))
    for axes in figure.axes:
        low, high = axes.get_xlim()
        assert [place for place in axes.get_xticks() if low < place < high] == [1, 2]


def test_why_the_next_step_is_locked_is_said(screen, gate):
    assert screen.why_locked.words == "Train the network first, for an epoch at least."
    screen.train.click()
    assert screen.why_locked.words.startswith("The model is being trained.")
    gate.open()
    assert screen.project.run.wait(60)
    assert screen.why_locked.words == "" and not screen._next.disabled


def test_curves_are_not_drawn_again_for_each_batch(project, screen, monkeypatch):
    trained(screen)
    drawn = []
    monkeypatch.setattr(screen.curves, "show", lambda *arguments: drawn.append(arguments))
    for _ in range(5):
        project.changed()
    assert drawn == []


def test_a_run_without_held_out_images_is_shown_too(project, screen):
    screen.controls["validation_share"].value = 0.0
    run = trained(screen)
    assert screen.table.head == ["Epoch", "Loss", "Accuracy", ""]
    assert f"Best epoch: {run.best_epoch}, training loss" in screen.best.words


def test_a_loss_is_named_at_its_axis(project, screen):
    screen.controls["loss"].value = "mean_squared_error"
    run = trained(screen)
    assert train.curves(run).axes[0].get_ylabel() == "mean squared error"
