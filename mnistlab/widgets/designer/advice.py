"""Advice: what Keras builds and trains, and what hardly anybody means.

Nothing here stands in the way; each piece says why, and offers the change.
"""

import math
from collections.abc import Iterator

from mnistlab.widgets.designer.plan import Plan, Row, Value
from mnistlab.widgets.designer.problems import Edit, Problem

MOST_BYTES = 4_000_000_000
"""Of a batch in memory; a laptop has 8 GB for everything."""

BYTES = 2 * 4
"""Of each number that a layer makes: itself and its gradient, four bytes each."""

TOP = 3

_WEIGHTED = ("Conv2D", "Dense", "Output")
_STRAIGHT = (
    "AveragePooling2D",
    "BatchNormalization",
    "Dropout",
    "Flatten",
    "GlobalAveragePooling2D",
)
"""Layers that bend nothing: a sum of what goes in comes out as the sum of what came out."""

_FAST = {"SGD": 1.0, "Adam": 0.05, "AdamW": 0.05, "Nadam": 0.05, "RMSprop": 0.05}
"""Learning rates from which these optimizers mostly learn nothing."""

_USUAL = {"SGD": 0.01, "Adam": 0.001, "AdamW": 0.001, "Nadam": 0.001, "RMSprop": 0.001}


def on_rows(plan: Plan) -> Iterator[Problem]:
    """Yields advice on layers."""
    for row in plan.rows:
        if row.output_shape is None or row.layer.kind == "Output":
            continue
        activation = row.layer.settings.get("activation")
        if activation == "softmax":
            yield _change(
                "softmax inside",
                row,
                f"{row}: softmax lets the largest number of each place through and hardly any "
                "other, which slows learning; it belongs to the Output. Inside a network, relu "
                "is usual.",
            )
        elif activation == "linear" and row.layer.kind in _WEIGHTED:
            follower = _next_weighted(plan, row)
            if follower is not None:
                yield _change(
                    "no activation",
                    row,
                    f"{row} has no activation, and nothing between it and row {follower.number} "
                    f"({follower.layer.kind}) has one: without it the two can do no more than one "
                    "layer could. relu is usual.",
                )


def on_training(plan: Plan) -> Iterator[Problem]:
    """Yields advice on how a plan is trained."""
    yield from _learning_rate(plan)
    yield from _memory(plan)
    training = plan.training
    if training.top3 and plan.classes <= TOP:
        yield _train(
            "top-3 of three",
            f"Training: with {plan.classes} classes the right one is always among the first "
            "three. Top-3 accuracy says nothing here; leave it out.",
            "Do not measure top-3 accuracy",
            top3=False,
        )
    if training.validation_share == 0:
        yield _train(
            "nothing held out",
            "Training: nothing is held out, so no curve can show overfitting, and stopping and "
            "the best weights go by the images that are learned. Hold out a tenth.",
            "Hold out 0.1",
            validation_share=0.1,
        )


def _learning_rate(plan: Plan) -> Iterator[Problem]:
    optimizer, rate = plan.training.optimizer, plan.training.learning_rate
    if rate > _FAST.get(optimizer, math.inf):
        usual = _USUAL[optimizer]
        yield _train(
            "fast",
            f"Training: a learning rate of {rate:g} is so large for {optimizer} that it mostly "
            f"learns nothing. {usual:g} is usual.",
            f"Set learning rate to {usual:g}",
            learning_rate=usual,
        )
    if optimizer == "Adadelta" and rate < 0.1:
        yield _train(
            "slow",
            f"Training: Adadelta hardly moves with a learning rate of {rate:g}; it was published "
            "with 1.",
            "Set learning rate to 1",
            learning_rate=1.0,
        )


def _memory(plan: Plan) -> Iterator[Problem]:
    numbers = sum(math.prod(row.output_shape) for row in plan.rows if row.output_shape)
    needed = numbers * BYTES * plan.training.batch_size
    if needed <= MOST_BYTES:
        return
    fitting = 2 ** int(math.log2(max(1, MOST_BYTES // (numbers * BYTES))))
    if fitting < plan.training.batch_size:
        smaller = numbers * BYTES * fitting / 1e9
        yield _train(
            "memory",
            f"Training: a batch of {plan.training.batch_size:,} images takes about "
            f"{needed / 1e9:,.0f} GB of memory in this network; Python ends without a word where "
            f"that is not there. {fitting:,} images take {smaller:,.1f} GB.",
            f"Set batch size to {fitting:,}",
            batch_size=fitting,
        )


def _next_weighted(plan: Plan, row: Row) -> Row | None:
    """The layer with weights that is given what this one makes, if nothing bends it before."""
    for other in plan.rows[row.number :]:
        if other.layer.kind in _WEIGHTED:
            return other
        straight = other.layer.settings.get("activation") == "linear"
        if other.layer.kind not in _STRAIGHT and not straight:
            return None
    return None


def _change(rule: str, row: Row, message: str) -> Problem:
    edit = Edit("change", row.number - 1, settings=(("activation", "relu"),))
    return Problem(rule, row.number, message, "Set its activation to relu", (edit,), severe=False)


def _train(rule: str, message: str, fix: str, **settings: Value) -> Problem:
    edit = Edit("train", settings=tuple(settings.items()))
    return Problem(rule, None, message, fix, (edit,), severe=False)
