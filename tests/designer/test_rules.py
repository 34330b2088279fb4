"""The rules: each names its row, says what to do, and its fix mends what it says."""

from dataclasses import replace

from mnistlab.errors import DesignError
from mnistlab.widgets.designer.advice import MOST_BYTES
from mnistlab.widgets.designer.document import Design
from mnistlab.widgets.designer.plan import MOST_LAYERS, Layer, Plan, Training, make_layer
from mnistlab.widgets.designer.rules import check, require_sound
from mnistlab.widgets.designer.templates import names, template
from tests.designer.designs import plans

import pytest
from hypothesis import HealthCheck, given, settings

FLATTEN, OUTPUT = make_layer("Flatten"), make_layer("Output")


def plan_of(*layers: Layer, **training) -> Plan:
    return Plan(layers=layers, training=Training().changed(**training))


def only(plan: Plan, severe: bool = True):
    """Returns the only problem of a plan, or its only advice."""
    (problem,) = [problem for problem in check(plan) if problem.severe == severe]
    return problem


def fixed(plan: Plan, problem) -> Plan:
    design = Design.from_plan(plan)
    design.fix(problem)
    return design.plan


WRONG = {
    "dense before flatten": (
        plan_of(make_layer("Conv2D"), make_layer("Dense"), OUTPUT),
        2,
        "26x26x32",
        "Insert Flatten before row 2",
    ),
    "kernel larger than its input": (
        plan_of(make_layer("MaxPooling2D", pool_size=14), make_layer("Conv2D"), FLATTEN, OUTPUT),
        2,
        "kernel is 3x3, and its input 2x2x1",
        "Set kernel to 2",
    ),
    "window larger than its input": (
        plan_of(make_layer("Conv2D", kernel_size=28), make_layer("MaxPooling2D"), FLATTEN, OUTPUT),
        2,
        "window is 2x2, and its input 1x1x32",
        "Set window to 1",
    ),
    "maps after flatten": (
        plan_of(FLATTEN, make_layer("Conv2D"), OUTPUT),
        2,
        "given a row of 784 numbers, since row 1 (Flatten)",
        "Move row 2 before row 1",
    ),
    "output units": (
        plan_of(FLATTEN, make_layer("Output", units=7)),
        2,
        "7 units, and the data have 10 classes",
        "Set its units to 10",
    ),
    "missing output": (
        plan_of(FLATTEN, make_layer("Dense")),
        None,
        "row 2 (Dense)",
        "Add an Output with 10 classes",
    ),
    "two outputs": (
        plan_of(FLATTEN, OUTPUT, make_layer("Output")),
        2,
        "another Output in row 3",
        "Remove row 2",
    ),
    "layers behind the output": (
        plan_of(FLATTEN, OUTPUT, make_layer("Dropout")),
        2,
        "not the last row",
        "Move row 2 to the end",
    ),
    "output activation": (
        plan_of(FLATTEN, make_layer("Output", activation="relu")),
        2,
        "ends in relu",
        "Set its activation to softmax",
    ),
    "loss and labels": (
        plan_of(FLATTEN, OUTPUT, labels="integers"),
        None,
        "categorical_crossentropy takes labels as rows of 0s and a 1 (one-hot)",
        "Set the loss to sparse_categorical_crossentropy",
    ),
    "dropout out of range": (
        plan_of(make_layer("Dropout", rate=1), FLATTEN, OUTPUT),
        1,
        "rate is 1, and it takes 0 to below 1",
        "Set rate to 0.25",
    ),
    "out of range": (
        plan_of(make_layer("Conv2D", filters=0), FLATTEN, OUTPUT),
        1,
        "filters is 0, and it takes 1 to 512",
        "Set filters to 32",
    ),
}


@pytest.mark.parametrize("rule", WRONG)
def test_each_rule_names_its_row_says_what_to_do_and_is_mended_by_a_click(rule):
    plan, row, words, fix = WRONG[rule]
    problem = only(plan)
    assert (problem.rule, problem.row, problem.fix) == (rule, row, fix)
    assert words in problem.message
    if row is not None:
        assert problem.message.startswith(f"Row {row} (")
    assert not [each for each in check(fixed(plan, problem)) if each.severe]


def test_settings_of_the_training_are_held_to_their_ranges_too():
    problem = only(plan_of(FLATTEN, OUTPUT, learning_rate=0))
    assert problem.message == (
        "Training: learning rate is 0, and it takes above 0 to 10. Set it to 0.01, for example."
    )
    problem = only(plan_of(FLATTEN, OUTPUT, stop_accuracy=99))
    assert problem.message == (
        "Training: stop at accuracy is 99, and it takes above 0 to 1. Set it to 0.99, for example."
    )
    assert problem.fix == "Set stop at accuracy to 0.99"
    assert only(plan_of(FLATTEN, OUTPUT, stop_loss=-1)).fix == "Leave stop at loss out"


def test_what_can_be_left_out_is_offered_to_be_left_out():
    plan = plan_of(make_layer("MaxPooling2D", strides=0), FLATTEN, OUTPUT)
    problem = only(plan)
    assert problem.fix == "Leave stride out"
    assert fixed(plan, problem).layers[0].settings["strides"] is None


def test_a_wrong_rate_hides_nothing_of_what_follows():
    plan = plan_of(make_layer("Dropout", rate=1), FLATTEN, make_layer("Conv2D"), OUTPUT)
    assert [(problem.rule, problem.row) for problem in check(plan)] == [
        ("dropout out of range", 1),
        ("maps after flatten", 3),
    ]


def test_numbers_are_written_as_people_write_them():
    problem = only(plan_of(FLATTEN, make_layer("Dense", units=1_000_000), OUTPUT))
    assert "units is 1,000,000, and it takes 1 to 4,096" in problem.message


def test_a_map_behind_what_a_dense_layer_made_cannot_be_moved():
    plan = plan_of(FLATTEN, make_layer("Dense"), make_layer("Conv2D"), OUTPUT)
    problem = only(plan)
    assert problem.fix == "Remove row 3"
    assert not check(fixed(plan, problem))


def test_a_dense_layer_on_a_map_of_one_place_is_refused_with_a_true_reason():
    plan = replace(plan_of(make_layer("Dense"), OUTPUT), input_shape=(1, 1, 3))
    first = check(plan)[0]
    assert "answer with a map in place of a row of numbers" in first.message


def test_no_layers():
    problem = only(Plan())
    assert (problem.rule, problem.fix) == ("no layers", "")


def test_one_class_is_nothing_to_tell_apart():
    plan = replace(plan_of(FLATTEN, make_layer("Output", units=1)), classes=1)
    assert only(plan).rule == "one class"


def test_what_is_too_large_is_refused_before_keras_is_asked():
    wide = make_layer("Dense", units=4096)
    problem = only(plan_of(FLATTEN, wide, wide, wide, wide, OUTPUT))
    assert (problem.rule, problem.row) == ("too large", 3)
    huge = replace(plan_of(make_layer("Conv2D", filters=512), FLATTEN, OUTPUT))
    problem = only(replace(huge, input_shape=(1024, 1024, 1)), severe=True)
    assert (problem.rule, problem.row) == ("too large", 1)


def test_a_full_design_offers_no_row_more():
    full = (make_layer("Dropout"),) * (MOST_LAYERS - 1)
    for last in (make_layer("Dense"), OUTPUT):
        problem = check(plan_of(*full, last))[0]
        assert problem.fix == ""
        assert "remove one first" in problem.message


def test_problems_come_in_the_order_of_the_rows():
    plan = plan_of(make_layer("Dropout", rate=2), make_layer("Conv2D", filters=0), OUTPUT, FLATTEN)
    rows = [problem.row for problem in check(plan)]
    assert rows == sorted(rows)
    assert len(rows) > 2


def test_require_sound_says_the_first_and_counts_the_others():
    with pytest.raises(DesignError, match=r"There are no layers\. .*template\.$"):
        require_sound(Plan())
    with pytest.raises(DesignError, match=r"\(1 more: see check\(\)\.\)"):
        require_sound(plan_of(FLATTEN, make_layer("Output", units=3, activation="tanh")))
    require_sound(plan_of(FLATTEN, OUTPUT))


@pytest.mark.parametrize("name", names())
def test_templates_have_no_problem_and_need_no_advice(name):
    assert check(template(name)) == []


ADVICE = {
    "softmax inside": plan_of(FLATTEN, make_layer("Dense", activation="softmax"), OUTPUT),
    "no activation": plan_of(FLATTEN, make_layer("Dense", activation="linear"), OUTPUT),
    "fast": plan_of(FLATTEN, OUTPUT, optimizer="Adam", learning_rate=0.1),
    "slow": plan_of(FLATTEN, OUTPUT, optimizer="Adadelta", learning_rate=0.001),
    "top-3 of three": replace(
        plan_of(FLATTEN, make_layer("Output", units=3), top3=True), classes=3
    ),
    "nothing held out": plan_of(FLATTEN, OUTPUT, validation_share=0),
    "memory": plan_of(make_layer("Conv2D", filters=512), FLATTEN, OUTPUT, batch_size=10_000),
}


@pytest.mark.parametrize("rule", ADVICE)
def test_advice_stands_in_nobodys_way_and_can_be_taken_with_a_click(rule):
    plan = ADVICE[rule]
    require_sound(plan)
    problem = only(plan, severe=False)
    assert problem.rule == rule
    assert problem.fix
    assert check(fixed(plan, problem)) == []


@pytest.mark.parametrize(
    ("between", "advised"),
    [
        ((), True),
        (("Dropout",), True),
        (("BatchNormalization", "Dropout"), True),
        (("Activation",), False),
        (("BatchNormalization", "Activation"), False),
    ],
)
def test_layers_without_activation_are_advised_only_where_nothing_bends_between(between, advised):
    layers = (FLATTEN, make_layer("Dense", activation="linear"))
    plan = plan_of(*layers, *map(make_layer, between), make_layer("Dense"), OUTPUT)
    assert [problem.rule for problem in check(plan)] == ["no activation"] * advised


def test_max_pooling_bends_and_mean_pooling_does_not():
    convolution = make_layer("Conv2D", activation="linear")
    for kind, rules in (("MaxPooling2D", []), ("AveragePooling2D", ["no activation"])):
        plan = plan_of(convolution, make_layer(kind), FLATTEN, OUTPUT)
        assert [problem.rule for problem in check(plan)] == rules


def test_the_advised_batch_fits():
    plan = ADVICE["memory"]
    batch = fixed(plan, only(plan, severe=False)).training.batch_size
    numbers = sum(
        row.output_shape[0]
        * (row.output_shape[1] * row.output_shape[2] if row.output_shape[1:] else 1)
        for row in plan.rows
    )
    assert 8 * numbers * batch <= MOST_BYTES < 8 * numbers * 2 * batch


# Properties


def place_after(problem) -> int | None:
    """Where the layer that a problem is about stands after its fix; `None` if it is gone."""
    place = problem.row - 1
    for edit in problem.edits:
        if edit.what == "remove":
            return None
        if edit.what == "insert":
            place += edit.place <= place
        elif edit.what == "move":
            place = edit.to
    return place


def stands(problem, plan: Plan) -> bool:
    """Whether a problem is there after its fix: the same rule, of the same layer."""
    if problem.row is None:
        return problem in check(plan)
    place = place_after(problem)
    if place is None:
        return False
    changed = {name for edit in problem.edits for name, _ in edit.settings}
    return any(
        each.rule == problem.rule
        and each.row == place + 1
        and changed == {name for edit in each.edits for name, _ in edit.settings}
        for each in check(plan)
    )


@settings(max_examples=200, suppress_health_check=[HealthCheck.too_slow])
@given(plans())
def test_each_fix_mends_what_it_is_offered_for(plan):
    for problem in check(plan):
        assert bool(problem.fix) == bool(problem.edits)
        if problem.edits:
            after = fixed(plan, problem)
            assert after != plan
            assert not stands(problem, after), problem


@settings(max_examples=200, suppress_health_check=[HealthCheck.too_slow])
@given(plans())
def test_clicking_fixes_comes_to_an_end_and_to_a_sound_design_or_a_reason(plan):
    design = Design.from_plan(plan)
    for _ in range(60):
        offered = [problem for problem in design.check() if problem.edits]
        if not offered:
            break
        design.fix(offered[0])
    left = design.check()
    assert not [problem for problem in left if problem.edits]
    # What is left has no button: what the user alone can decide, said as it is.
    assert {problem.rule for problem in left} <= {"no layers", "one class", "too large"}
    if not left:
        require_sound(design.plan)


@pytest.mark.parametrize(
    ("kind", "setting", "value", "expected"),
    [
        ("Dropout", "rate", 25.0, 0.25),
        ("Dropout", "rate", 100.0, 0.25),
        ("Dropout", "rate", -0.5, 0.25),
        ("BatchNormalization", "momentum", 90.0, 0.9),
        ("Conv2D", "filters", 0, 32),
    ],
)
def test_what_was_meant_as_a_percentage_is_offered_as_a_share(kind, setting, value, expected):
    design = Design()
    design.add(kind, **{setting: value})
    problem = next(each for each in design.check() if each.rule.endswith("out of range"))
    design.fix(problem)
    assert design.layers[0].settings[setting] == expected


def test_an_accuracy_to_stop_at_that_was_meant_as_a_percentage_becomes_a_share():
    design = Design.from_template("lenet5")
    design.train_with(stop_accuracy=97.0)
    [problem] = design.check()
    assert "Set it to 0.97" in problem.message
    design.fix(problem)
    assert design.training.stop_accuracy == 0.97 and design.check() == []
