"""Augmentation: digits a little turned, slanted, larger, shifted, thicker or thinner.

MNIST shows some of the ways in which people write. What a model should read
from a canvas or a photo also comes at other angles and with other pens. Rather
than collect such digits, they are made from those at hand: every time that
training comes to an image, it sees another variation of it, under its label.

Two steps do it, for many images at once. `keras.ops.image.affine_transform`
moves the pixels: each image gets a 2x2 matrix of its own and a shift. Then
strokes become thicker or thinner: part of the way to the lightest or to the
darkest of a pixel and its eight neighbors.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from mnistlab.data.checks import check_images, check_pairs
from mnistlab.errors import DataError, DesignError
from mnistlab.settings import LARGEST_SEED

import keras
import numpy as np

MIDDLE = 14
"""Row and column where MNIST has the center of mass; what turns or grows does so around it."""

_MOST = {"rotation": 180, "shear": 10, "scale": 10, "stretch": 10, "shift": 28}
_AT_ONCE = 1000  # images that fit into the processor's cache, which halves the time

Seed = int | Sequence[int] | np.random.Generator


@dataclass(frozen=True)
class Augmentation:
    """How much digits are varied: a function of images, with its strengths.

    Every number of an image is drawn evenly from a range of its own. 0 leaves
    out what it stands for.

    Args:
        rotation: up to so many degrees to either side.
        shear: slant: up to so many pixels to the side for a pixel upward.
        scale: up to so much larger or smaller: 0.1 is a factor from 1 / 1.1 to 1.1.
        stretch: up to so much wider and at once lower, or the reverse, likewise.
        shift: up to so many pixels along each axis.
        thickness: from and to how many pixels every edge of the ink moves
            outward, -1 to 1. Below 0 strokes become thinner.

    Raises:
        DesignError: a strength is not a number of this kind.

    Example:
        >>> augment = Augmentation(rotation=20, thickness=(0, 0))
        >>> images = np.zeros((5, 28, 28, 1), "float32")
        >>> augment(images, seed=1).shape
        (5, 28, 28, 1)
    """

    rotation: float = 10.0
    shear: float = 0.2
    scale: float = 0.1
    stretch: float = 0.1
    shift: float = 1.5
    thickness: tuple[float, float] = (-0.3, 0.5)

    def __post_init__(self):
        for name, most in _MOST.items():
            object.__setattr__(self, name, _strength(name, getattr(self, name), most))
        object.__setattr__(self, "thickness", _thickness_range(self.thickness))

    def __call__(self, images: np.ndarray, seed: Seed) -> np.ndarray:
        """Varies images.

        Args:
            images: (n, 28, 28, 1) or (n, 28, 28), floating point in [0, 1];
                light ink on black.
            seed: starts the random numbers: what `numpy.random.default_rng`
                takes, a generator included.

        Returns:
            float32 in [0, 1] of the same shape. The same seed gives the same.

        Raises:
            DataError: the images are of another shape, type or range.

        Example:
            >>> images = np.zeros((2, 28, 28, 1), "float32")
            >>> images[:, 4:24, 13:15] = 1
            >>> one, other = Augmentation()(images, seed=1)
            >>> bool((one == other).all())
            False
        """
        images = _checked(images)
        rng = np.random.default_rng(seed)
        transforms = self._transforms(len(images), rng)
        thickness = rng.uniform(*self.thickness, len(images)).astype("float32")
        varied = np.empty(images.shape, "float32")
        for start in range(0, len(images), _AT_ONCE):
            part = slice(start, start + _AT_ONCE)
            moved = _move(images[part], transforms[part])
            # Rounding may leave a pixel a hair above 1.
            np.clip(change_thickness(moved, thickness[part]), 0, 1, out=varied[part])
        return varied

    def _transforms(self, n: int, rng: np.random.Generator) -> np.ndarray:
        """Draws (n, 8) numbers: from where in the image each pixel is taken, as Keras wants it."""
        angle, slant, size, stretch = rng.uniform(-1, 1, (4, n))
        shift = rng.uniform(-self.shift, self.shift, (n, 2, 1))
        angle, slant = np.radians(self.rotation) * angle, self.shear * slant
        size, stretch = (1 + self.scale) ** size, (1 + self.stretch) ** stretch
        turned = _matrices(np.cos(angle), -np.sin(angle), np.sin(angle), np.cos(angle))
        slanted = _matrices(1, -slant, 0, 1)
        scaled = _matrices(size * stretch, 0, 0, size / stretch)
        # Where a pixel came from is where it goes to, solved for the first.
        back = np.linalg.inv(turned @ slanted @ scaled)
        origin = MIDDLE - back @ (MIDDLE + shift)
        rows = np.concatenate([back, origin], axis=2).reshape(n, 6)
        return np.pad(rows, ((0, 0), (0, 2))).astype("float32")


def change_thickness(images: np.ndarray, thickness: np.ndarray) -> np.ndarray:
    """Makes strokes thicker or thinner.

    Args:
        images: (n, 28, 28, 1) or (n, 28, 28), floating point; light ink on black.
        thickness: (n,) from -1 to 1: how many pixels every edge moves outward.

    Returns:
        The images as float32, each with its own change; no pixel becomes
        lighter or darker than the lightest or darkest around it.

    Example:
        >>> image = np.zeros((1, 28, 28), "float32")
        >>> image[0, 10:20, 13:16] = 1
        >>> [float(change_thickness(image, np.array([t])).sum()) for t in (-1, 0, 0.5, 1)]
        [8.0, 30.0, 45.0, 60.0]
    """
    changed = np.array(images, "float32")
    for side, extreme in ((thickness > 0, np.maximum), (thickness < 0, np.minimum)):
        share = np.abs(thickness[side]).astype("float32").reshape(-1, *[1] * (changed.ndim - 1))
        some = changed[side]
        changed[side] = some + share * (_of_neighbors(some, extreme) - some)
    return changed


class AugmentedDigits(keras.utils.PyDataset):
    """Training images that are never the same twice; for a model's `fit`.

    An epoch goes once through the images, each varied anew. The seed decides
    which images make a batch and how they are varied, whatever else draws
    random numbers and however many threads do it. `fit` puts the batches in an
    order of its own: `keras.utils.set_random_seed` decides that, as it does
    the initial weights.

    Args:
        images: (n, 28, 28, 1) or (n, 28, 28), floating point in [0, 1].
        labels: (n,) whole numbers or (n, 10) one-hot, as the model's loss
            wants them.
        augment: how the images are varied, `Augmentation()` when `None`; or
            your own function of images and a seed.
        batch_size: images in one step of training.
        seed: a whole number from 0 to 2**32 - 1.

    Raises:
        DataError: images or labels are not fit for training.
        DesignError: the batch size or the seed is no such number, or `augment`
            is no function.

    Example:
        >>> images, labels = np.zeros((100, 28, 28, 1), "float32"), np.arange(100) % 10
        >>> batches = AugmentedDigits(images, labels, batch_size=32, seed=1)
        >>> len(batches), batches[0][0].shape, batches[3][0].shape
        (4, (32, 28, 28, 1), (4, 28, 28, 1))
    """

    def __init__(
        self,
        images: np.ndarray,
        labels: np.ndarray,
        augment: Callable[[np.ndarray, Seed], np.ndarray] | None = None,
        batch_size: int = 32,
        seed: int = 1,
    ):
        super().__init__()
        check_pairs(images, labels)
        self.images, self.labels = _checked(images), np.asarray(labels)
        self.augment = _function(Augmentation() if augment is None else augment)
        self.batch_size = _whole_number("batch_size", batch_size, smallest=1)
        self.seed = _whole_number("seed", seed, smallest=0, largest=LARGEST_SEED)
        self._begin(epoch=0)

    def __len__(self) -> int:
        return -(-len(self.images) // self.batch_size)

    def __getitem__(self, index: int) -> tuple[np.ndarray, np.ndarray]:
        rows = self._order[index * self.batch_size : (index + 1) * self.batch_size]
        # 0 belongs to the order; each batch has a seed of its own, whichever thread makes it.
        seed = [self.seed, self._epoch, index + 1]
        return self.augment(self.images[rows], seed), self.labels[rows]

    def on_epoch_end(self) -> None:
        """Is called by Keras; the next epoch has another order and other variations."""
        self._begin(self._epoch + 1)

    def _begin(self, epoch: int) -> None:
        self._epoch = epoch
        rng = np.random.default_rng([self.seed, epoch, 0])
        self._order = rng.permutation(len(self.images))


def _matrices(a, b, c, d) -> np.ndarray:
    """Returns (n, 2, 2) matrices [[a, b], [c, d]] for points (x, y); 0 and 1 serve for all."""
    a, b, c, d = np.broadcast_arrays(a, b, c, d)
    return np.stack([a, b, c, d], axis=-1).reshape(-1, 2, 2)


def _move(images: np.ndarray, transforms: np.ndarray) -> np.ndarray:
    batch = images.reshape(-1, *images.shape[1:3], 1)
    moved = keras.ops.image.affine_transform(
        batch, transforms, interpolation="bilinear", data_format="channels_last"
    )
    return keras.ops.convert_to_numpy(moved).reshape(images.shape)


def _of_neighbors(images: np.ndarray, extreme: np.ufunc) -> np.ndarray:
    """Returns the extreme of each pixel and its eight neighbors; around the image is no ink."""
    rows = np.pad(images, [(0, 0), (1, 1), (1, 1)] + [(0, 0)] * (images.ndim - 3))
    columns = extreme(extreme(rows[:, :-2], rows[:, 1:-1]), rows[:, 2:])
    return extreme(extreme(columns[:, :, :-2], columns[:, :, 1:-1]), columns[:, :, 2:])


def _checked(images: np.ndarray) -> np.ndarray:
    check_images(images)
    images = np.asarray(images)
    if images.dtype.kind != "f" or (images.size and not 0 <= images.min() <= images.max() <= 1):
        raise DataError(
            f"images: expected floating-point pixels in [0, 1], found {images.dtype} "
            f"{_range(images)}. Scale them first, with prep_pixels for instance."
        )
    return images.astype("float32", copy=False)


def _range(images: np.ndarray) -> str:
    return f"from {images.min():g} to {images.max():g}" if images.size else "without a pixel"


def _strength(name: str, value: float, most: int) -> float:
    if not _is_number(value) or not 0 <= value <= most:
        raise DesignError(
            f"{name} is {value!r}; expected a number from 0 to {most}: how far the variation goes "
            "to either side."
        )
    return float(value)


def _thickness_range(value: tuple[float, float]) -> tuple[float, float]:
    try:
        low, high = value
    except (TypeError, ValueError):
        low = high = None
    if not (_is_number(low) and _is_number(high) and -1 <= low <= high <= 1):
        raise DesignError(
            f"thickness is {value!r}; expected two numbers from -1 to 1, the lower one first, such "
            "as (-0.3, 0.5): from thinner to thicker."
        )
    return float(low), float(high)


def _is_number(value: object) -> bool:
    return isinstance(value, int | float | np.number) and not isinstance(value, bool)


def _function(augment: Callable) -> Callable:
    if not callable(augment):
        raise DesignError(
            f"augment is {augment!r}; expected an Augmentation, or a function of images and a seed."
        )
    return augment


def _whole_number(name: str, value: int, smallest: int, largest: int | None = None) -> int:
    whole = isinstance(value, int | np.integer) and not isinstance(value, bool)
    if not whole or value < smallest or (largest is not None and value > largest):
        end = "on" if largest is None else f"to {largest}"
        raise DesignError(f"{name} is {value!r}; expected a whole number from {smallest} {end}.")
    return int(value)
