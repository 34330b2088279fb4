"""From a plan to Keras: every design is refused with a reason, or built as its rows say."""

from mnistlab.errors import DesignError
from mnistlab.widgets.designer import build as building
from mnistlab.widgets.designer.build import build, build_seeded
from mnistlab.widgets.designer.plan import Layer, Plan, Training, make_layer
from mnistlab.widgets.designer.rules import check
from mnistlab.widgets.designer.templates import template
from tests.designer.designs import plans

import keras
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings


def refused_or_built(plan: Plan) -> keras.Model | None:
    """Checks that a plan is refused with a reason, or built as its rows say."""
    severe = [problem for problem in check(plan) if problem.severe]
    if severe:
        assert all(problem.message.endswith(".") for problem in severe)
        with pytest.raises(DesignError) as refusal:
            build(plan)
        assert str(refusal.value).startswith(severe[0].message)
        return None
    model = build(plan)
    names = [layer.name for layer in model.layers]
    assert names == ["image", *(row.name for row in plan.rows)]
    for row in plan.rows:
        layer = model.get_layer(row.name)
        assert tuple(layer.output.shape[1:]) == row.output_shape
        assert layer.count_params() == row.parameters
        frozen = sum(int(np.prod(weight.shape)) for weight in layer.non_trainable_weights)
        assert frozen == row.frozen
    assert model.count_params() == plan.parameters
    return model


@settings(max_examples=200, suppress_health_check=[HealthCheck.too_slow])
@given(plans())
def test_any_design_is_refused_with_a_reason_or_built_as_its_rows_say(plan):
    refused_or_built(plan)


@settings(max_examples=60, suppress_health_check=[HealthCheck.too_slow])
@given(plans(wild=False))
def test_most_sensible_designs_are_built_and_answer_for_each_image(plan):
    model = refused_or_built(plan)
    if model is None:
        return
    images = np.zeros((2, *plan.input_shape), "float32")
    answers = keras.ops.convert_to_numpy(model(images))
    assert answers.shape == (2, plan.classes)
    np.testing.assert_allclose(answers.sum(axis=1), 1, rtol=1e-4)


def test_the_networks_of_the_property_are_not_all_refused():
    built = []

    @settings(max_examples=60, suppress_health_check=[HealthCheck.too_slow])
    @given(plans(wild=False))
    def look(plan):
        built.append(not any(problem.severe for problem in check(plan)))

    look()
    assert sum(built) > len(built) / 4


@pytest.mark.parametrize(
    "optimizer", ["SGD", "Adam", "RMSprop", "Adadelta", "Adagrad", "AdamW", "Nadam"]
)
def test_each_optimizer_has_its_learning_rate(optimizer):
    made = building.optimizer(Training(optimizer=optimizer, learning_rate=0.125, momentum=0.5))
    assert type(made).__name__ == optimizer
    assert float(made.learning_rate) == 0.125
    assert getattr(made, "momentum", 0.5) in (0.5, 0.0)


def test_sgd_has_its_momentum():
    assert building.optimizer(Training(optimizer="SGD", momentum=0.75)).momentum == 0.75


@pytest.mark.parametrize(
    ("labels", "loss", "classes"),
    [
        ("one_hot", "categorical_crossentropy", ["CategoricalAccuracy", "TopKCategoricalAccuracy"]),
        (
            "integers",
            "sparse_categorical_crossentropy",
            ["SparseCategoricalAccuracy", "SparseTopKCategoricalAccuracy"],
        ),
    ],
)
def test_metrics_fit_the_labels(labels, loss, classes):
    found = building.metrics(Training(labels=labels, loss=loss, top3=True))
    assert [type(metric).__name__ for metric in found] == classes
    assert [metric.name for metric in found] == ["accuracy", "top3"]
    assert len(building.metrics(Training(labels=labels, loss=loss))) == 1


def test_what_keras_refuses_names_the_row(monkeypatch):
    plan = Plan(layers=(make_layer("Flatten"), make_layer("Output")))

    def refuse(row):
        raise ValueError("no such thing")

    monkeypatch.setattr(building, "keras_layer", refuse)
    with pytest.raises(DesignError, match=r"Row 1 \(Flatten\): Keras does not take it"):
        build(plan)


def test_more_than_one_problem_is_said():
    plan = Plan(layers=(make_layer("Conv2D", kernel_size=0), make_layer("Dropout", rate=2)))
    with pytest.raises(DesignError, match=r"\(2 more: see check\(\)\.\)"):
        build(plan)


def test_the_seed_makes_the_first_weights_and_other_dice_stay():
    import random

    random.seed(7)
    state = random.getstate()
    first, second = (build_seeded(template("lenet5")) for _ in range(2))
    assert random.getstate() == state
    for one, other in zip(first.get_weights(), second.get_weights(), strict=True):
        np.testing.assert_array_equal(one, other)


def test_a_layer_of_each_kind_is_that_of_keras():
    rows = Plan(
        layers=(
            make_layer("Conv2D"),
            make_layer("AveragePooling2D"),
            make_layer("BatchNormalization"),
            make_layer("Activation"),
            make_layer("GlobalAveragePooling2D"),
            Layer("Output", {"units": 10, "activation": "softmax"}),
        )
    ).rows
    kinds = [type(building.keras_layer(row)).__name__ for row in rows]
    assert kinds == [
        "Conv2D",
        "AveragePooling2D",
        "BatchNormalization",
        "Activation",
        "GlobalAveragePooling2D",
        "Dense",
    ]
