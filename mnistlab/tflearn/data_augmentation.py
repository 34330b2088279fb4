"""Random changes of training images, so that a network does not see the same image twice.

They are made anew for each batch, in training only, and before the
preprocessing. All chance comes from Python's `random`, call for call as in
tflearn: the same `random.seed` makes the same changes.
"""

import math
import random
from collections.abc import Callable, Sequence
from numbers import Integral, Real

from mnistlab.errors import DataError
from mnistlab.tflearn.data_preprocessing import Methods, crop_size, each
from mnistlab.tflearn.samples import random_flip_leftright, random_flip_updown

import numpy as np
from scipy import ndimage


class DataAugmentation(Methods):
    """A list of methods that are applied to every training batch, in their order.

    Source: tflearn 0.5.0, `tflearn.data_augmentation`.

    Example:
        >>> DataAugmentation().apply([1, 2])
        [1, 2]
    """


class ImageAugmentation(DataAugmentation):
    """Random changes of images: a list of methods, applied in the order of their adding.

    Source: tflearn 0.5.0, `tflearn.data_augmentation.ImageAugmentation`.

    Example:
        >>> random.seed(1)
        >>> augmentation = ImageAugmentation()
        >>> augmentation.add_random_flip_leftright()
        >>> augmentation.apply(np.array([[[1, 2, 3]], [[4, 5, 6]]])).tolist()
        [[[1, 2, 3]], [[6, 5, 4]]]
    """

    def add_random_crop(self, crop_shape: tuple[int, int], padding: int | None = None) -> None:
        """Cuts a rectangle out of a random place of each image.

        Args:
            crop_shape: (height, width) that is kept.
            padding: pixels of zeros that are put around the image before.
        """
        if padding is not None and (not isinstance(padding, Integral) or padding < 0):
            raise DataError(f"padding is {padding!r}; give a whole number of pixels, or None.")
        self._add(self._random_crop, crop_size(crop_shape, "crop_shape"), padding)

    def add_random_flip_leftright(self) -> None:
        """Mirrors each image left to right with a probability of one half."""
        self._add(self._random_flip_leftright)

    def add_random_flip_updown(self) -> None:
        """Mirrors each image top to bottom with a probability of one half."""
        self._add(self._random_flip_updown)

    def add_random_90degrees_rotation(self, rotations: Sequence[int] = (0, 1, 2, 3)) -> None:
        """Turns each image by a random number of right angles.

        Args:
            rotations: the numbers to choose from.
        """
        turns = list(rotations) if isinstance(rotations, Sequence | np.ndarray) else []
        if not turns or not all(isinstance(turn, Integral) for turn in turns):
            raise DataError(f"rotations is {rotations!r}; give whole numbers, such as [0, 1].")
        self._add(self._random_90degrees_rotation, turns)

    def add_random_rotation(self, max_angle: float = 20.0) -> None:
        """Turns each image by a random angle, with a probability of one half.

        Args:
            max_angle: degrees, to either side.
        """
        self._add(self._random_rotation, _at_least_zero(max_angle, "max_angle"))

    def add_random_blur(self, sigma_max: float = 5.0) -> None:
        """Blurs each image with a random Gaussian, with a probability of one half.

        The channels are blurred into one another, as in tflearn.

        Args:
            sigma_max: largest standard deviation of the Gaussian, in pixels.
        """
        self._add(self._random_blur, _at_least_zero(sigma_max, "sigma_max"))

    def _random_crop(
        self, batch: Sequence, crop_shape: tuple[int, int], padding: int | None = None
    ) -> Sequence:
        margin = padding or 0
        height, width = (side + 2 * margin for side in _sides(batch[0]))
        if crop_shape[0] > height or crop_shape[1] > width:
            raise DataError(
                f"crop_shape of add_random_crop is {crop_shape}, and images have {height}x{width} "
                f"pixels with a padding of {margin}. Give a smaller crop or more padding."
            )

        def crop(image: np.ndarray) -> np.ndarray:
            around = [(margin, margin)] * 2 + [(0, 0)] * (image.ndim - 2)
            top = random.randint(0, height - crop_shape[0])
            left = random.randint(0, width - crop_shape[1])
            return np.pad(image, around)[top : top + crop_shape[0], left : left + crop_shape[1]]

        return _each_image(batch, crop)

    def _random_flip_leftright(self, batch: Sequence) -> Sequence:
        return _each_image(batch, random_flip_leftright)

    def _random_flip_updown(self, batch: Sequence) -> Sequence:
        return _each_image(batch, random_flip_updown)

    def _random_90degrees_rotation(
        self, batch: Sequence, rotations: Sequence[int] = (0, 1, 2, 3)
    ) -> Sequence:
        height, width = _sides(batch[0])
        if height != width and any(turn % 2 for turn in rotations):
            raise DataError(
                f"rotations of add_random_90degrees_rotation are {list(rotations)}, and images "
                f"have {height}x{width} pixels: turned, they have another shape. Give [0, 2]."
            )
        return _each_image(batch, lambda image: np.rot90(image, random.choice(rotations)))

    def _random_rotation(self, batch: Sequence, max_angle: float) -> Sequence:
        def rotate(image: np.ndarray) -> np.ndarray:
            if not _toss():
                return image
            return ndimage.rotate(image, random.uniform(-max_angle, max_angle), reshape=False)

        return _each_image(batch, rotate)

    def _random_blur(self, batch: Sequence, sigma_max: float) -> Sequence:
        def blur(image: np.ndarray) -> np.ndarray:
            if not _toss():
                return image
            return ndimage.gaussian_filter(image, random.uniform(0.0, sigma_max))

        return _each_image(batch, blur)


class SequenceAugmentation(DataAugmentation):
    """Raises `NotImplementedError`, as in tflearn."""

    def __init__(self):
        raise NotImplementedError(
            "SequenceAugmentation was never written. Change the sequences before DNN.fit, for "
            "example in a tf.data.Dataset.map."
        )


def _each_image(batch: Sequence, change: Callable[[np.ndarray], np.ndarray]) -> Sequence:
    _sides(batch[0])
    return each(batch, change)


def _toss() -> bool:
    return bool(random.getrandbits(1))


def _sides(image: np.ndarray) -> tuple[int, int]:
    shape = np.shape(image)
    if len(shape) < 2:
        raise DataError(
            f"Image augmentation: samples have the shape {shape}; images (h, w, channels) were "
            "expected. Reshape them before DNN.fit."
        )
    return shape[0], shape[1]


def _at_least_zero(value: float, name: str) -> float:
    if isinstance(value, Real) and math.isfinite(value) and value >= 0:
        return value
    raise DataError(f"{name} is {value!r}; give a number of at least 0.")
