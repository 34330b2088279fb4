"""The editor: every change, and its way back."""

from mnistlab.errors import DesignError
from mnistlab.widgets.designer.document import MOST_REMEMBERED, Design
from mnistlab.widgets.designer.palette import KINDS
from mnistlab.widgets.designer.plan import MOST_LAYERS, Plan, checked_data, identifier, make_layer
from mnistlab.widgets.designer.templates import template
from tests.designer.designs import plans

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st


def kinds(design: Design) -> list[str]:
    return [layer.kind for layer in design]


@pytest.fixture
def design() -> Design:
    made = Design()
    for kind in ("Conv2D", "Flatten", "Output"):
        made.add(kind)
    return made


def test_a_layer_is_added_at_the_end_but_before_the_output(design):
    design.add("Dense", units=7)
    assert kinds(design) == ["Conv2D", "Flatten", "Dense", "Output"]
    design.add("Dropout", 0)
    assert kinds(design) == ["Dropout", "Conv2D", "Flatten", "Dense", "Output"]
    assert design.layers[3].settings["units"] == 7


def test_layers_are_changed_moved_duplicated_and_removed(design):
    design.change(0, filters=8, padding="same")
    assert design.rows[0].output_shape == (28, 28, 8)
    design.move(0, 2)
    assert kinds(design) == ["Flatten", "Output", "Conv2D"]
    design.duplicate(1)
    assert kinds(design) == ["Flatten", "Output", "Output", "Conv2D"]
    design.remove(0)
    assert kinds(design) == ["Output", "Output", "Conv2D"]
    design.clear()
    assert len(design) == 0


@pytest.mark.parametrize("index", [-1, 3, 99, 1.0, "1", None, True])
def test_a_place_that_is_not_there_is_refused(design, index):
    before = design.plan
    for change in (
        lambda: design.change(index, filters=1),
        lambda: design.move(index, 0),
        lambda: design.move(0, index),
        lambda: design.duplicate(index),
        lambda: design.remove(index),
    ):
        with pytest.raises(DesignError, match="There is no layer"):
            change()
    assert design.plan is before


@pytest.mark.parametrize("index", [-1, 4, 0.5, "0"])
def test_a_layer_cannot_be_added_where_there_is_no_place(design, index):
    with pytest.raises(DesignError, match="a layer can go to 0 to 3"):
        design.add("Dropout", index)


def test_there_are_at_most_a_hundred_layers():
    full = Design.from_plan(Plan(layers=(make_layer("Dropout"),) * MOST_LAYERS))
    for change in (lambda: full.add("Dropout"), lambda: full.duplicate(0)):
        with pytest.raises(DesignError, match="100 layers already"):
            change()


def test_what_fails_changes_nothing_and_is_no_step(design):
    before, can_undo = design.plan, design.can_undo
    for change in (
        lambda: design.add("Lambda"),
        lambda: design.add("Dense", size=3),
        lambda: design.change(0, filters="many"),
        lambda: design.change(0, filters=8, kernel_size="3"),
        lambda: design.train_with(epochs="all"),
        lambda: design.train_with(depth=3),
        lambda: design.rename(""),
        lambda: design.take_data((28, 28), 10),
    ):
        with pytest.raises(DesignError):
            change()
        assert design.plan is before
        assert design.can_undo == can_undo


def test_a_change_to_what_is_there_already_is_no_step():
    design = Design.from_template("lenet5")
    design.change(0, filters=6)
    design.train_with(epochs=10)
    design.rename("lenet5")
    design.move(1, 1)
    design.become(template("lenet5"))
    assert not design.can_undo


def test_undo_and_redo_say_when_there_is_nothing(design):
    with pytest.raises(DesignError, match="nothing to do again"):
        design.redo()
    with pytest.raises(DesignError, match="nothing to undo"):
        Design().undo()


def test_so_many_steps_are_remembered_and_no_more():
    design = Design()
    for epochs in range(1, MOST_REMEMBERED + 52):
        design.train_with(epochs=epochs)
    steps = 0
    while design.can_undo:
        design.undo()
        steps += 1
    assert steps == MOST_REMEMBERED


def test_the_data_stay_when_a_change_is_undone_or_a_template_taken(design):
    design.take_data((32, 32, 3), 5)
    design.undo()
    assert (design.input_shape, design.classes) == ((32, 32, 3), 5)
    design.redo()
    design.become(template("baseline"))
    assert (design.input_shape, design.classes) == ((32, 32, 3), 5)
    assert design.name == "baseline"
    assert [problem.fix for problem in design.check()] == ["Set its units to 5"]


def test_a_fix_of_before_is_refused(design):
    design.remove(1)
    (problem,) = design.check()
    design.fix(problem)
    with pytest.raises(DesignError, match="has changed since"):
        design.fix(problem)


def test_a_problem_without_a_fix_says_so():
    design = Design()
    with pytest.raises(DesignError, match="There is no fix to click: There are no layers"):
        design.fix(design.check()[0])


def test_a_fix_is_one_step(design):
    design.remove(1)
    before = design.plan
    design.fix(design.check()[0])
    assert design.check() == []
    design.undo()
    assert design.plan == before


@pytest.mark.parametrize("shape", [(28, 28), (0, 28, 1), (28, 28, 1.5), "abc", None, (2000, 1, 1)])
def test_a_shape_that_is_none_is_refused(shape):
    with pytest.raises(DesignError, match="input_shape is "):
        Design(input_shape=shape)


def test_numbers_of_numpy_are_numbers():
    facts = checked_data((np.int64(28), np.uint8(28), 1), np.int32(10))
    assert facts == {"input_shape": (28, 28, 1), "classes": 10}
    assert type(facts["input_shape"][0]) is int


@pytest.mark.parametrize("name", ["", " ", "a" * 61, "a\nb", None, 7])
def test_a_name_that_is_none_is_refused(name):
    with pytest.raises(DesignError, match="it takes 1 to 60 printable characters"):
        Design(name)


@given(st.text())
def test_an_identifier_is_one_whatever_the_name(name):
    found = identifier(name)
    assert found.isidentifier()
    assert found.isascii()


# Properties


CHANGES = st.lists(
    st.tuples(
        st.sampled_from(
            [
                "add",
                "change",
                "move",
                "duplicate",
                "remove",
                "fix",
                "train",
                "rename",
                "clear",
                "become",
            ]
        ),
        st.integers(0, 8),
        st.integers(0, 8),
    ),
    max_size=25,
)


def apply(design: Design, change: str, first: int, second: int) -> None:
    """Does one change; one that is not possible changes nothing."""
    if change == "add":
        design.add(list(KINDS)[first], None if second == 8 else min(second, len(design)))
    elif change == "fix":
        problems = [problem for problem in design.check() if problem.edits]
        if problems:
            design.fix(problems[first % len(problems)])
    elif change == "train":
        design.train_with(epochs=first, optimizer=("SGD", "Adam")[second % 2])
    elif change == "rename":
        design.rename(f"name {first}")
    elif change == "become":
        design.become(template(Design.templates()[first % 8]))
    elif change == "clear":
        design.clear()
    elif len(design):
        place = first % len(design)
        if change == "change" and design.layers[place].settings:
            name = next(iter(design.layers[place].settings))
            setting = design.layers[place].of.setting(name)
            value = setting.choices[second] if setting.choices else setting.type(second)
            design.change(place, **{name: value})
        elif change == "move":
            design.move(place, second % len(design))
        elif change == "duplicate":
            design.duplicate(place)
        elif change == "remove":
            design.remove(place)


@settings(max_examples=150, suppress_health_check=[HealthCheck.too_slow])
@given(plans(), CHANGES)
def test_all_changes_can_be_undone_and_done_again(plan, changes):
    design = Design.from_plan(plan)
    states = [design.plan]
    for change in changes:
        apply(design, *change)
        if design.plan != states[-1]:
            states.append(design.plan)
    for before in reversed(states[:-1]):
        design.undo()
        assert design.plan == before
    assert not design.can_undo
    for after in states[1:]:
        design.redo()
        assert design.plan == after
    assert not design.can_redo


@settings(max_examples=100, suppress_health_check=[HealthCheck.too_slow])
@given(CHANGES, CHANGES)
def test_a_change_after_undoing_ends_what_could_be_done_again(changes, more):
    design = Design.from_template("lenet5")
    for change in changes:
        apply(design, *change)
    if design.can_undo:
        design.undo()
        before = design.plan
        for change in more:
            apply(design, *change)
            if design.plan != before:
                assert not design.can_redo
                return


@settings(max_examples=100, suppress_health_check=[HealthCheck.too_slow])
@given(plans(), CHANGES)
def test_every_state_on_the_way_can_be_looked_at_saved_and_read_back(plan, changes):
    design = Design.from_plan(plan)
    for change in changes:
        apply(design, *change)
        assert len(design.rows) == len(design)
        assert len({row.name for row in design.rows}) == len(design)
        assert design.parameters == sum(row.parameters for row in design.rows) >= 0
        assert Design.from_json(design.to_json()).plan == design.plan
