"""From a picture of any kind to the image that a designed network takes."""

from dataclasses import dataclass

from mnistlab.data.images import EXPECTED as EXPECTED_DIGIT
from mnistlab.data.images import TO_MAKE_IT_FIT, image_to_digit
from mnistlab.data.ink import shrink
from mnistlab.data.pictures import Source, read_pixels
from mnistlab.data.shapes import in_words
from mnistlab.errors import ImageError

import numpy as np
from PIL import Image

DIGITS = frozenset("0123456789")
DIGIT_SHAPE = (28, 28, 1)
EXPECTED = "expected is a picture like those that the model was trained on"

_DARK, _LIGHT = 64, 128
"""Levels, of 255: the paper of a light digit is darker than one, its ink lighter than the other."""


@dataclass(frozen=True, eq=False)
class Seen:
    """A picture, and what a model sees of it.

    Attributes:
        original: (height, width, 3) uint8, the picture; a large one scaled down.
        image: (height, width, channels) uint8, what the model is given.
        notes: what was done or noticed on the way, a sentence each.
    """

    original: np.ndarray
    image: np.ndarray
    notes: tuple[str, ...]


def see(source: Source, shape: tuple[int, int, int], classes: tuple[str, ...]) -> Seen:
    """Brings a picture into the form that a model takes.

    Where the model reads digits as MNIST has them, the digit is found in the
    picture, cut out, scaled and centered; otherwise the whole picture is
    scaled.

    Args:
        source: a picture file, as a path or its content, or an array.
        shape: (height, width, channels) of the images that the model takes.
        classes: what it tells apart.

    Returns:
        The picture in both forms.

    Raises:
        ImageError: it is no picture that can be read, or shows no single digit
            where one is wanted.

    Example:
        >>> paper = np.full((60, 40, 3), 250, "uint8")
        >>> paper[10:50, 18:22] = 20
        >>> see(paper, (28, 28, 1), tuple("0123456789")).notes
        ('Dark on light: it was inverted, since the model knows light digits on black.',)
        >>> see(paper, (8, 8, 3), ("tree", "post")).notes
        ('Scaled from 60x40 to 8x8 pixels.',)
    """
    digits = shape == DIGIT_SHAPE and DIGITS.issuperset(classes)
    pixels, name, notes = read_pixels(
        source, EXPECTED_DIGIT if digits else EXPECTED, TO_MAKE_IT_FIT
    )
    if digits and _is_ready(pixels):
        note = "It is 28x28, light on dark: the model sees it pixel for pixel."
        return Seen(pixels, pixels[:, :, :1], (*notes, note))
    if digits:
        return _as_digit(source)
    if shape[2] not in (1, 3):
        raise ImageError(
            f"{name} cannot be shown to this model: it takes images of {in_words(shape)}, and a "
            "picture has one channel (gray) or three (colors). Try an image of the test part."
        )
    return Seen(shrink(pixels), _scaled(pixels, shape), (*notes, *_about_scale(pixels, shape)))


def _is_ready(pixels: np.ndarray) -> bool:
    """Whether it has MNIST's form: gray, of its size, light ink on a dark edge."""
    if pixels.shape[:2] != DIGIT_SHAPE[:2] or np.ptp(pixels, axis=2).any():
        return False
    gray = pixels[:, :, 0]
    edge = np.concatenate([gray[0], gray[-1], gray[:, 0], gray[:, -1]])
    return edge.mean() < _DARK and gray.max() >= _LIGHT


def _as_digit(source: Source) -> Seen:
    steps = image_to_digit(source, describe=True)
    notes = steps.notes
    if steps.polarity == "dark on light":
        inverted = "Dark on light: it was inverted, since the model knows light digits on black."
        notes = (inverted, *notes)
    return Seen(steps.original, steps.centered[..., np.newaxis], notes)


def _scaled(pixels: np.ndarray, shape: tuple[int, int, int]) -> np.ndarray:
    """Fits the whole picture in, on the color of its edge, so that nothing is stretched."""
    height, width, channels = shape
    picture = Image.fromarray(pixels)
    scale = min(height / picture.height, width / picture.width)
    size = (max(1, round(picture.width * scale)), max(1, round(picture.height * scale)))
    edge = np.concatenate([pixels[0], pixels[-1], pixels[:, 0], pixels[:, -1]])
    paper = tuple(int(level) for level in np.median(edge, axis=0))
    framed = Image.new("RGB", (width, height), paper)
    corner = ((width - size[0]) // 2, (height - size[1]) // 2)
    framed.paste(picture.resize(size, Image.Resampling.BILINEAR, reducing_gap=2), corner)
    if channels == 3:
        return np.asarray(framed)
    return np.asarray(framed.convert("L"))[..., np.newaxis]


def _about_scale(pixels: np.ndarray, shape: tuple[int, int, int]) -> tuple[str, ...]:
    if pixels.shape[:2] == shape[:2]:
        return ()
    return (f"Scaled from {in_words(pixels.shape[:2])} to {in_words(shape[:2])} pixels.",)
