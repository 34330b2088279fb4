"""From a plan to a Keras model: the same layers, under the names that its rows have."""

import random

from mnistlab.data.datasets import Dataset
from mnistlab.data.shapes import in_words
from mnistlab.errors import DataError, DesignError
from mnistlab.widgets.designer import rules
from mnistlab.widgets.designer.plan import Plan, Row, Training, identifier

import keras
from keras import layers


def build(plan: Plan) -> keras.Model:
    """Builds the Keras model of a plan, compiled, with fresh weights.

    The weights are drawn by Keras' global seed: `keras.utils.set_random_seed`
    before it makes them the same again.

    Args:
        plan: what to build.

    Returns:
        A functional model, (None, *input_shape) -> (None, classes).

    Raises:
        DesignError: the rules refuse the plan, with the message of the first
            of them; or Keras does, in its own words behind the row's.

    Example:
        >>> from mnistlab.widgets.designer.templates import template
        >>> build(template("keras_convnet")).count_params()
        1199882
    """
    rules.require_sound(plan)
    inputs = keras.Input(plan.input_shape, name="image")
    outputs = inputs
    for row in plan.rows:
        outputs = _applied(row, outputs)
    model = keras.Model(inputs, outputs, name=identifier(plan.name))
    compile_for(model, plan.training)
    return model


def build_seeded(plan: Plan) -> keras.Model:
    """Builds a model with the first weights of the plan's seed, and leaves other dice alone."""
    # Keras draws the seed of every layer from Python's own generator, and uses no other.
    state = random.getstate()
    random.seed(plan.training.seed)
    try:
        return build(plan)
    finally:
        random.setstate(state)


def require_fitting(plan: Plan, dataset: Dataset) -> None:
    """Makes sure that a plan is for the images and classes of a dataset, and that it has some.

    Raises:
        DesignError: the plan is for others.
        DataError: there are no images to train on.
    """
    if dataset.input_shape != plan.input_shape or len(dataset.classes) != plan.classes:
        raise DesignError(
            f"The design is for images of {in_words(plan.input_shape)} in {plan.classes} classes, "
            f"and {dataset.name} has images of {in_words(dataset.input_shape)} in "
            f"{len(dataset.classes)}. Confirm the data in step 1 again."
        )
    if not len(dataset.images):
        raise DataError(f"{dataset.name} has no images to train on. Choose other data in step 1.")


def _applied(row: Row, inputs: keras.KerasTensor) -> keras.KerasTensor:
    try:
        return keras_layer(row)(inputs)
    except Exception as cause:
        # The rules should have refused it before; what Keras raises is of many types.
        raise DesignError(f"{row}: Keras does not take it ({cause}). Change the row.") from cause


def keras_layer(row: Row) -> layers.Layer:
    """Returns the Keras layer of a row."""
    settings = dict(row.layer.settings)
    kind = "Dense" if row.layer.kind == "Output" else row.layer.kind
    return getattr(layers, kind)(**settings, name=row.name)


def compile_for(model: keras.Model, training: Training) -> None:
    """Compiles a model with the optimizer, loss and metrics of a training."""
    model.compile(optimizer(training), loss=training.loss, metrics=metrics(training))


def optimizer(training: Training) -> keras.optimizers.Optimizer:
    """Returns the Keras optimizer of a training."""
    momentum = {"momentum": training.momentum} if training.optimizer == "SGD" else {}
    return getattr(keras.optimizers, training.optimizer)(
        learning_rate=training.learning_rate, **momentum
    )


def metrics(training: Training) -> list[keras.metrics.Metric]:
    """Returns the Keras metrics of a training: "accuracy", and "top3" where asked for."""
    sparse = "Sparse" if training.labels == "integers" else ""
    measured = [getattr(keras.metrics, f"{sparse}CategoricalAccuracy")(name="accuracy")]
    if training.top3:
        top = getattr(keras.metrics, f"{sparse}TopKCategoricalAccuracy")
        measured.append(top(k=3, name="top3"))
    return measured
