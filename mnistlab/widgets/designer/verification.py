"""The last look before training: a real Keras build, and one batch of the data through it.

The rows of a design are computed without Keras. Here Keras builds the network,
and what it built is held against the rows; then images of the data go through
it, forward and one step back.
"""

import math
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TypeVar

from mnistlab.data.datasets import Dataset
from mnistlab.data.shapes import in_words
from mnistlab.errors import DesignError
from mnistlab.widgets.designer.build import build_seeded, require_fitting
from mnistlab.widgets.designer.palette import Shape
from mnistlab.widgets.designer.plan import Plan, Row

import keras
import numpy as np

T = TypeVar("T")

LONGEST_CAUSE = 300
MOST_IMAGES = 128
MOST_AT_ONCE = 50_000_000
"""Numbers that all layers together may make of the batch: 200 MB, twice that for the step."""


@dataclass(frozen=True)
class Verification:
    """What was found when a plan was built.

    Attributes:
        plan: what was built; its name is "network", whatever it was.
        shapes: each row's output shape, as Keras built it.
        parameters: all that Keras counts.
        trainable: of those, how many training changes.
        batch: how many images went through.
        output: what the network answered to the first of them, (classes,).
        loss: of that batch, before any training.
        seconds: how long all of it took.
        lines: what was checked, a sentence for each.
    """

    plan: Plan
    shapes: tuple[Shape, ...]
    parameters: int
    trainable: int
    batch: int
    output: tuple[float, ...]
    loss: float
    seconds: float
    lines: tuple[str, ...]


def verify(plan: Plan, dataset: Dataset) -> Verification:
    """Builds a plan with Keras, and sends one batch of training images through it.

    The model is made for this alone: nothing of it is kept.

    Args:
        plan: what to build.
        dataset: whose first training images are used.

    Returns:
        What was found, all of it good.

    Raises:
        DesignError: the rules refuse the plan, it is not for these data, Keras
            refuses it, builds something else than the rows say, or its numbers
            are not finite.
        DataError: there are no training images, or their pixels are out of range.
    """
    start = time.perf_counter()
    require_fitting(plan, dataset)
    model = build_seeded(plan)
    shapes = _compared(plan, model)
    inputs, labels = _batch(plan, dataset)
    output = _answered(plan, model, inputs)
    before, after = _losses(model, inputs, labels)
    trainable = sum(math.prod(weight.shape) for weight in model.trainable_weights)
    return Verification(
        plan=replace(plan, name="network"),
        shapes=shapes,
        parameters=model.count_params(),
        trainable=trainable,
        batch=len(inputs),
        output=tuple(map(float, output[0])),
        loss=before,
        seconds=time.perf_counter() - start,
        lines=(
            f"Keras built all {len(shapes)} rows, with the output shapes and the parameters of the "
            "design.",
            f"{model.count_params():,} parameters, {trainable:,} of them trained.",
            f"{len(inputs)} training images of {in_words(plan.input_shape)} went through: "
            f"{plan.classes} numbers for each, all finite.",
            f"Their loss ({plan.training.loss}) is {before:.4g}, and {after:.4g} after one step of "
            f"{plan.training.optimizer}.",
        ),
    )


def _compared(plan: Plan, model: keras.Model) -> tuple[Shape, ...]:
    """What Keras built, row by row, which has to be what the rows say."""
    shapes = []
    for row in plan.rows:
        layer = model.get_layer(row.name)
        shape, parameters = tuple(layer.output.shape[1:]), layer.count_params()
        if shape != row.output_shape or parameters != row.parameters:
            raise DesignError(_difference(row, shape, parameters))
        shapes.append(shape)
    return tuple(shapes)


def _difference(row: Row, shape: Shape, parameters: int) -> str:
    return (
        f"{row}: Keras made {in_words(shape)} with {parameters:,} parameters of it, and the table "
        f"says {in_words(row.output_shape)} with {row.parameters:,}. That is a mistake of this "
        "program; please report it with your design."
    )


def _batch(plan: Plan, dataset: Dataset) -> tuple[np.ndarray, np.ndarray]:
    """The first images, as many as a step of the training takes and memory surely holds."""
    numbers = sum(math.prod(row.output_shape) for row in plan.rows)
    count = min(plan.training.batch_size, MOST_IMAGES, max(2, MOST_AT_ONCE // numbers))
    labels = np.asarray(dataset.labels[:count])
    if plan.training.labels == "one_hot":
        labels = keras.utils.to_categorical(labels, plan.classes)
    return dataset.inputs(dataset.images[:count]), labels


def _answered(plan: Plan, model: keras.Model, inputs: np.ndarray) -> np.ndarray:
    output = _computed(lambda: keras.ops.convert_to_numpy(model(inputs, training=False)), inputs)
    if not np.isfinite(output).all():
        raise DesignError(
            f"{plan.rows[-1]} answers with numbers that are not finite, before any training. Use "
            "relu and the usual first weights in the layers before it."
        )
    return output


def _losses(model: keras.Model, inputs: np.ndarray, labels: np.ndarray) -> tuple[float, float]:
    """The loss before one step of training, and after it."""
    before = _computed(lambda: float(model.test_on_batch(inputs, labels)[0]), inputs)
    _computed(lambda: model.train_on_batch(inputs, labels), inputs)
    after = _computed(lambda: float(model.test_on_batch(inputs, labels)[0]), inputs)
    if not math.isfinite(before) or not math.isfinite(after):
        raise DesignError(
            f"The loss is {before:.4g}, and {after:.4g} after one step of training: no finite "
            "number. Set a smaller learning rate in step 4."
        )
    return before, after


def _computed(work: Callable[[], T], inputs: np.ndarray) -> T:
    try:
        return work()
    except Exception as cause:
        # TensorFlow's own kinds, memory that is not there among them; some texts fill pages.
        raise DesignError(
            f"Keras built the network, and failed on a batch of {len(inputs)} images: "
            f"{str(cause)[:LONGEST_CAUSE]}. Make the network or the batch size smaller."
        ) from cause
