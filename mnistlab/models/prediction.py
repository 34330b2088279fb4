"""What a model makes of images: probabilities, and the logits before them, as NumPy."""

from collections.abc import Callable

from mnistlab.errors import DataError

import keras
import numpy as np

BATCH = 1_000
"""Images in one call of the model: few enough for any memory, and no slower than more."""

SIDE = 28


def predict(model: keras.Model, images: np.ndarray) -> np.ndarray:
    """Predicts the probability of every class for every image.

    The model is called directly. For a single image that takes a few
    milliseconds, a tenth of what `model.predict` takes, with the same result.

    Args:
        model: a model, (None, 28, 28, 1) -> (None, classes).
        images: white on black, uint8 in 0..255 or float in [0, 1]; of shape
            (n, 28, 28) or (n, 28, 28, 1), or a single one, (28, 28) or
            (28, 28, 1).

    Returns:
        Probabilities, float32, (n, classes); (1, classes) for a single image.

    Raises:
        DataError: the images have another shape or type, hold NaN, or have
            values outside of the range; or the model takes other images, or
            does not answer with one row of numbers for each.

    Example:
        >>> from mnistlab.models import zoo
        >>> predict(zoo.build("lenet5"), np.zeros((3, 28, 28), "uint8")).shape
        (3, 10)
    """
    _check_model(model)
    return _answers(model, images)


def logits(model: keras.Model, images: np.ndarray) -> np.ndarray:
    """Computes the scores that the softmax of a model turns into probabilities.

    They are what the last layer computes before its activation: its inputs
    times its weights, plus its bias.

    Args:
        model: a model, (None, 28, 28, 1) -> (None, classes), whose last layer
            is a `Dense` with the activation "softmax".
        images: as `predict` takes them.

    Returns:
        Logits, float32, (n, classes); (1, classes) for a single image.

    Raises:
        DataError: what `predict` refuses, or a model that ends in another way.

    Example:
        >>> from mnistlab.explain.activations import softmax
        >>> from mnistlab.models import zoo
        >>> model, image = zoo.build("lenet5"), np.ones((28, 28))
        >>> np.allclose(softmax(logits(model, image)), predict(model, image), atol=1e-6)
        True
    """
    return logit_reader(model)(images)


def logit_reader(model: keras.Model) -> Callable[[np.ndarray], np.ndarray]:
    """Returns a function from images to their logits, for whoever asks many times.

    Building the way to the last layer takes longer than walking it for one image.

    Args:
        model: as in `logits`.

    Returns:
        A function: images as `predict` takes them -> logits, float32, (n,
        classes). It uses the model's own weights, also when the model is
        trained on meanwhile.

    Raises:
        DataError: the model takes other images, or ends in another way.

    Example:
        >>> from mnistlab.models import zoo
        >>> read = logit_reader(zoo.build("lenet5"))
        >>> read(np.zeros((28, 28), "uint8")).shape
        (1, 10)
    """
    _check_model(model)
    last = _softmax_layer(model)
    before = keras.Model(model.inputs[0], last.input)

    def read(images: np.ndarray) -> np.ndarray:
        kernel, *bias = last.get_weights()
        return (_answers(before, images) @ kernel + sum(bias)).astype(np.float32)

    return read


def _softmax_layer(model: keras.Model) -> keras.layers.Dense:
    last = model.layers[-1]
    if isinstance(last, keras.layers.Dense) and last.activation is keras.activations.softmax:
        return last
    raise DataError(
        f"model ends in the layer {last.name!r}, a {type(last).__name__} that is no Dense with the "
        'activation "softmax", so its logits are not known. End it in Dense(10, '
        'activation="softmax"), or use predict.'
    )


def _answers(model: keras.Model, images: np.ndarray) -> np.ndarray:
    batch = _as_batch(_as_array(images))
    outputs = [
        keras.ops.convert_to_numpy(model(batch[start : start + BATCH], training=False))
        for start in range(0, len(batch), BATCH)
    ]
    empty = np.empty((0, model.output_shape[-1]), np.float32)
    return np.concatenate([empty, *outputs]).astype(np.float32)


def _check_model(model: keras.Model) -> None:
    takes = getattr(model, "input_shape", None)
    answers = getattr(model, "output_shape", None)
    # Keras itself adds or leaves out the channel axis, as a model wants it.
    if not any(_fits(takes, wanted) for wanted in ((SIDE, SIDE, 1), (SIDE, SIDE))):
        raise DataError(
            f"model takes {takes}; predict gives images of the shape (None, 28, 28, 1). Use a "
            "model for such images, or call the model itself."
        )
    if not _fits(answers, (None,)):
        raise DataError(
            f"model answers with {answers}; predict needs (None, classes), one row of numbers for "
            "each image. Use a model that reads digits, or call the model itself."
        )


def _fits(shape: object, wanted: tuple[int | None, ...]) -> bool:
    if not isinstance(shape, tuple) or len(shape) != len(wanted) + 1:
        return False
    return all(
        None in (size, other) or size == other
        for size, other in zip(shape[1:], wanted, strict=True)
    )


def _as_array(images: np.ndarray) -> np.ndarray:
    try:
        return np.asarray(images)
    except ValueError as cause:
        raise DataError(
            "images are no array: their rows have different lengths. Make all images 28x28."
        ) from cause


def _as_batch(images: np.ndarray) -> np.ndarray:
    """Returns the images as float32, (n, 28, 28, 1), in [0, 1]."""
    if images.shape == (0,):
        return np.empty((0, SIDE, SIDE, 1), np.float32)
    one = images.shape in ((SIDE, SIDE), (SIDE, SIDE, 1))
    if not one and images.shape[1:] not in ((SIDE, SIDE), (SIDE, SIDE, 1)):
        raise DataError(
            f"images has the shape {images.shape}; expected is (n, 28, 28) or (n, 28, 28, 1), or "
            "(28, 28) for a single image. A picture of another size is brought to it by "
            "mnistlab.load_image."
        )
    return _scaled(images).reshape(-1, SIDE, SIDE, 1)


def _scaled(images: np.ndarray) -> np.ndarray:
    if images.dtype == np.uint8:
        return images.astype(np.float32) / np.float32(255)
    if images.dtype.kind != "f":
        raise DataError(
            f"images has the type {images.dtype}; expected is uint8 in 0..255 or float in [0, 1]. "
            "Convert it with images.astype('uint8') if its values are pixels in 0..255."
        )
    if not np.isfinite(images).all():
        raise DataError("images holds NaN or infinite values. Look for where they come from.")
    if images.size and (images.min() < 0 or images.max() > 1):
        raise DataError(
            f"images has values from {images.min():g} to {images.max():g}; expected is float in "
            "[0, 1]. Divide pixels in 0..255 by 255 first, as mnistlab.prep_pixels does."
        )
    return images.astype(np.float32)
