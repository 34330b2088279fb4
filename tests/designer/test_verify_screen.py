"""The third screen: problems with their buttons, and what Keras built."""

from mnistlab.data.datasets import Dataset
from mnistlab.errors import DesignError
from mnistlab.widgets.designer import project as project_module
from mnistlab.widgets.designer.document import Design
from mnistlab.widgets.designer.project import Project
from mnistlab.widgets.designer.screens.verify import HEAD, VerifyScreen

import numpy as np
import pytest


@pytest.fixture
def project(tmp_path) -> Project:
    dice = np.random.default_rng(1)
    images = dice.integers(0, 256, (40, 28, 28, 1), "uint8")
    made = Project(Design.from_template("lenet5"), tmp_path)
    made.use(Dataset("noise", images, dice.integers(0, 10, 40)))
    made.confirm()
    return made


@pytest.fixture
def screen(project) -> VerifyScreen:
    made = VerifyScreen(project)
    project.observe(made.refresh)
    made.refresh()
    return made


def test_a_good_design_is_said_to_be_good(screen):
    assert screen.problems.texts == ["The rules find nothing wrong with the 8 rows."]
    assert not screen.verify_button.disabled
    assert screen.next_button.disabled
    assert screen.table.rows == []


def test_a_broken_design_is_mended_by_a_click(screen, project):
    project.design.remove(4)
    project.changed()
    assert screen.problems.items[0]["button"] == "Insert Flatten before row 5"
    assert screen.problems.texts[0].startswith("Row 5 (Dense)")
    assert screen.verify_button.disabled
    assert screen.state.words == "Mend the errors above first."
    screen.problems.click(0)
    assert project.design.check() == []
    assert screen.problems.texts == ["The rules find nothing wrong with the 8 rows."]
    assert not screen.verify_button.disabled


def test_advice_stands_beside_and_not_in_the_way(screen, project):
    project.design.change(5, activation="linear")
    project.changed()
    assert [item["kind"] for item in screen.problems.items] == ["good", "advice"]
    assert not screen.verify_button.disabled
    screen.problems.click(1)
    assert project.design.layers[5].settings["activation"] == "relu"


def test_a_fix_of_a_design_that_has_changed_is_refused_on_the_screen(screen, project):
    project.design.remove(4)
    project.changed()
    before, old = screen.problems.messages[0], project.design.plan
    project.design.undo()
    before.on_click()
    assert "has changed since" in screen.notice.texts[0]
    assert project.design.plan != old


def test_verify_shows_each_row_and_leads_on(screen, project):
    went = []
    screen.on_next = lambda: went.append("on")
    screen.verify_button.click()
    assert screen.found.texts == ["\n".join(project.verification.lines)]
    assert screen.table.head == list(HEAD)
    assert len(screen.table.rows) == 9
    assert screen.table.rows[0] == ["1", "Conv2D", "conv1", "28x28x6", "156", "156", "yes"]
    assert screen.table.rows[-1] == ["", "All rows", "", "", "61,706", "61,706", ""]
    assert screen.state.words.startswith("Done in ")
    assert not screen.next_button.disabled
    screen.next_button.click()
    assert went == ["on"]


def test_a_change_makes_what_was_verified_stale(screen, project):
    screen.verify_button.click()
    project.design.change(0, filters=8)
    project.changed()
    assert project.states["Verify"] == "stale"
    assert screen.state.words == "The design or the data have changed since. Verify again."
    assert screen.next_button.disabled
    assert len(screen.table.rows) == 9
    screen.verify_button.click()
    assert project.states["Verify"] == "done"
    assert screen.table.rows[0][3] == "28x28x8"


def test_without_data_it_says_where_to_go():
    screen = VerifyScreen(Project(Design.from_template("lenet5")))
    screen.refresh()
    assert screen.state.words == "The data come first: choose them in step 1 and confirm them."
    assert screen.verify_button.disabled


def test_an_empty_design_says_what_to_do():
    screen = VerifyScreen(Project())
    screen.refresh()
    assert screen.problems.texts == ["There are no layers yet. Build the network in step 2."]
    assert screen.problems.items[0]["kind"] == "note"


def test_what_is_empty_cannot_be_verified(screen, project):
    project.design.clear()
    project.changed()
    assert screen.verify_button.disabled and screen.state.words == "Add layers first."


@pytest.mark.parametrize("error", [DesignError("Row 2 (MaxPooling2D): no."), RuntimeError("odd")])
def test_what_fails_is_said_here_and_everything_stays_usable(screen, project, monkeypatch, error):
    def fail(plan, dataset):
        raise error

    monkeypatch.setattr(project_module, "verify", fail)
    screen.verify_button.click()
    assert str(error) in screen.found.texts[0]
    assert project.states["Verify"] == "invalid"
    assert project.busy == ""
    assert not screen.verify_button.disabled
    assert screen.next_button.disabled
    monkeypatch.undo()
    screen.verify_button.click()
    assert project.states["Verify"] == "done"
    assert screen.found.texts == ["\n".join(project.verification.lines)]


def test_what_was_built_before_a_failure_is_said_to_be_of_before(screen, project, monkeypatch):
    screen.verify_button.click()
    rows = screen.table.rows
    monkeypatch.setattr(project_module, "verify", lambda plan, dataset: 1 / 0)
    screen.verify_button.click()
    assert "ZeroDivisionError" in screen.found.texts[0]
    assert screen.table.rows == rows
    assert screen.state.words == "The table below is of the build before; this one failed."
    assert screen.next_button.disabled


def test_a_failure_is_forgotten_when_the_design_changes(screen, project, monkeypatch):
    monkeypatch.setattr(project_module, "verify", lambda plan, dataset: 1 / 0)
    screen.verify_button.click()
    project.design.change(0, filters=8)
    project.changed()
    assert project.states["Verify"] == "ready"


def test_while_something_else_is_done_a_click_does_nothing(screen, project):
    project.busy = "Data"
    project.changed()
    assert screen.verify_button.disabled
    screen.verify_button.click()
    assert project.verification is None
