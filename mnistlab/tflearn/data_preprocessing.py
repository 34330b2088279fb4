"""What is done to every batch before a network sees it: in training, validation and prediction.

A `DataPreprocessing` is a list of methods, applied in the order in which they
were added. Some need a number of the whole training set (its mean, its
deviation, its principal components): `initialize` finds these once, before the
first epoch, and `state` and `restore` take them through a checkpoint.

tflearn's `predict` wrote into the array that it was given, so that a second
call saw other data. Here `apply` works on a copy.
"""

import pickle
import warnings
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from numbers import Integral

from mnistlab.errors import DataError
from mnistlab.files import write_atomically
from mnistlab.tflearn.callbacks import RULE
from mnistlab.tflearn.graph import current

import numpy as np

_EPSILON = 1e-8

# What tflearn printed before the two.
_SHOWN = {"mean": "Mean", "std": "STD"}


@dataclass
class PersistentParameter:
    """A number, or an array, of the whole training set.

    Attributes:
        name: "mean", "std" or "pc".
        argument: of which method it can be given, for messages.
        is_required: whether a method needs it.
        value: what it is; `None` while that is not known.
    """

    name: str
    argument: str
    is_required: bool = False
    value: object = None

    def require(self, value: object) -> None:
        """Has it found by `initialize`, unless the value is given."""
        if value is not None:
            _check_finite(value, f"{self.name} of {self.argument}")
        self.is_required = True
        self.value = value

    def known(self) -> object:
        """Returns the value; raises `DataError` when it is not known."""
        if self.value is None:
            raise DataError(
                f"The {self.name} of the training set is not known. Call DNN.fit or DNN.load "
                f"first, or give it to {self.argument}({self.name}=...)."
            )
        return self.value


class Methods:
    """Methods that are applied to a batch, in the order of their adding.

    Attributes:
        methods: functions of a batch that return a batch.
        args: further arguments of each, a list or `None`.
    """

    def __init__(self):
        self.methods: list[Callable] = []
        self.args: list[list | None] = []

    def apply(self, batch: Sequence) -> Sequence:
        """Applies all methods to a copy of a batch.

        Args:
            batch: (n, ...) samples; it stays as it is.

        Returns:
            The changed samples, an array wherever they have one shape.

        Raises:
            DataError: a method does not fit the samples, returns nothing, or needs
                a number of the training set that is not known.
        """
        if not self.methods or not len(batch):
            return batch
        batch = _copied(batch)
        for method, further in zip(self.methods, self.args, strict=True):
            batch = method(batch, *(further or ()))
            if batch is None:
                raise DataError(
                    f"{getattr(method, '__name__', method)} returned None. Have the function "
                    "return the batch."
                )
        return batch

    def _add(self, method: Callable, *args: object) -> None:
        self.methods.append(method)
        self.args.append(list(args) or None)


class DataPreprocessing(Methods):
    """A list of methods that are applied to every batch, in their order.

    Args:
        name: under which its values are kept in a checkpoint; a second one gets
            `_1`.

    Attributes:
        scope: the unique name.

    Source: tflearn 0.5.0, `tflearn.data_preprocessing`.

    Example:
        >>> prep = DataPreprocessing()
        >>> prep.add_custom_preprocessing(lambda batch: batch * 2)
        >>> prep.apply(np.array([1.0, 2.0]))
        array([2., 4.])
    """

    def __init__(self, name: str = "DataPreprocessing"):
        super().__init__()
        self.scope = current().unique(name)
        self.global_mean = PersistentParameter("mean", "add_featurewise_zero_center")
        self.global_std = PersistentParameter("std", "add_featurewise_stdnorm")
        self.global_pc = PersistentParameter("pc", "add_zca_whitening")
        self.global_mean_pc = False
        self.global_std_pc = False

    def initialize(
        self, dataset: Sequence, session: object = None, limit: int | None = None
    ) -> None:
        """Finds what the methods need to know of the whole training set, and prints it.

        What is given, restored or found already stays as it is.

        Args:
            dataset: all training samples: an array, or whatever is indexed as one.
            session: without effect; tflearn needed one.
            limit: how many of the first samples to look at; `None` for all.

        Raises:
            DataError: there are no samples, or some are NaN or infinite.
        """
        data = dataset if limit is None else dataset[:limit]
        if _is_sought(self.global_mean):
            self._find(self.global_mean, np.mean, data, self.global_mean_pc)
        if _is_sought(self.global_std):
            self._find(self.global_std, np.std, data, self.global_std_pc)
        if _is_sought(self.global_pc):
            self._find_pc(data)

    def state(self) -> dict[str, np.ndarray]:
        """Returns what a checkpoint keeps, by tflearn's names.

        Returns:
            For each of mean, std and pc: its value, float32 (0 while it is not
            known), and under its name with `_r` whether it is known.

        Example:
            >>> prep = ImagePreprocessing()
            >>> prep.add_featurewise_zero_center(mean=0.5)
            >>> list(prep.state().values())[:2]
            [array(0.5, dtype=float32), array(True)]
        """
        kept = {}
        for parameter in self._parameters():
            known = parameter.value is not None
            value = parameter.value if known else 0.0
            kept[f"{self.scope}/{parameter.name}"] = np.asarray(value, np.float32)
            kept[f"{self.scope}/{parameter.name}_r"] = np.asarray(known)
        return kept

    def restore(self, state: Mapping[str, np.ndarray]) -> None:
        """Takes the values of a checkpoint; those that it does not know stay as they are.

        Args:
            state: what `state` returned, perhaps among other entries.

        Raises:
            DataError: an entry is missing.
        """
        names = list(self.state())
        missing = [name for name in names if name not in state]
        if missing:
            raise DataError(
                f"The checkpoint lacks {missing[0]}: it was saved from a network with other data "
                "preprocessing. Build the network as it was, or load with weights_only=True."
            )
        for parameter in self._parameters():
            name = f"{self.scope}/{parameter.name}"
            if parameter.is_required and bool(state[f"{name}_r"]):
                # With (), a number is no longer an array.
                parameter.value = np.asarray(state[name])[()]

    def add_custom_preprocessing(self, func: Callable) -> None:
        """Adds a function of your own.

        Args:
            func: takes a batch, returns a batch. It may write into its argument,
                which is a copy.
        """
        if not callable(func):
            raise DataError(f"func is {func!r}; give a function of a batch that returns a batch.")
        self._add(func)

    def _parameters(self) -> tuple[PersistentParameter, ...]:
        return self.global_mean, self.global_std, self.global_pc

    def _find(
        self, parameter: PersistentParameter, statistic: Callable, data: Sequence, per_channel: bool
    ) -> None:
        name = parameter.name
        print(RULE)
        print(f"Preprocessing... Calculating {name} over all dataset (this may take long)...")
        parameter.value = _over_all(statistic, data, per_channel)
        print(
            f"{_SHOWN[name]}: {parameter.value} (To avoid repetitive computation, add it to "
            f"argument '{name}' of `{parameter.argument}`)"
        )

    def _find_pc(self, data: Sequence) -> None:
        print(RULE)
        print("Preprocessing... PCA over all dataset (this may take long)...")
        self.global_pc.value = whitening = _whitening(data)
        try:
            content = pickle.dumps(whitening)
            write_atomically("PC.pkl", lambda path: path.write_bytes(content), error=DataError)
        except DataError as cause:
            warnings.warn(f"The PC is known, and not kept for another run: {cause}", stacklevel=4)
            return
        print(
            "PC saved to 'PC.pkl' (To avoid repetitive computation, load this pickle file and "
            "assign its value to 'pc' argument of `add_zca_whitening`)"
        )


class ImagePreprocessing(DataPreprocessing):
    """The preprocessing of images: a list of methods, applied in the order of their adding.

    Source: tflearn 0.5.0, `tflearn.data_preprocessing.ImagePreprocessing`.

    Example:
        >>> prep = ImagePreprocessing()
        >>> prep.add_featurewise_zero_center()
        >>> prep.add_featurewise_stdnorm()
        >>> images = np.array([[[[0.0], [2.0]]], [[[4.0], [2.0]]]])
        >>> prep.initialize(images)
        ---------------------------------
        Preprocessing... Calculating mean over all dataset (this may take long)...
        Mean: 2.0 (To avoid repetitive computation, add it to argument 'mean' of \
`add_featurewise_zero_center`)
        ---------------------------------
        Preprocessing... Calculating std over all dataset (this may take long)...
        STD: 1.4142135623730951 (To avoid repetitive computation, add it to argument 'std' of \
`add_featurewise_stdnorm`)
        >>> prep.apply(images).ravel().round(3)
        array([-1.414,  0.   ,  1.414,  0.   ])
    """

    def add_image_normalization(self) -> None:
        """Divides pixels by 255."""
        self._add(self._normalize_image)

    def add_crop_center(self, shape: tuple[int, int]) -> None:
        """Cuts out the middle.

        Args:
            shape: (height, width) that is kept.
        """
        self._add(self._crop_center, crop_size(shape, "shape"))

    def resize(self, height: int, width: int) -> None:
        """Raises `NotImplementedError`, as in tflearn."""
        raise NotImplementedError(
            "ImagePreprocessing.resize was never written. Use a keras.layers.Resizing layer, or "
            "tflearn.data_utils.resize_image."
        )

    def blur(self) -> None:
        """Raises `NotImplementedError`, as in tflearn."""
        raise NotImplementedError(
            "ImagePreprocessing.blur was never written. Give add_custom_preprocessing a function "
            "that uses scipy.ndimage.gaussian_filter."
        )

    def add_samplewise_zero_center(self, per_channel: bool = False) -> None:
        """Subtracts from each image its mean.

        Args:
            per_channel: without effect: tflearn takes the mean over the channels
                as well.
        """
        self._add(self._samplewise_zero_center, per_channel)

    def add_samplewise_stdnorm(self, per_channel: bool = False) -> None:
        """Divides each image by its standard deviation, plus 1e-8.

        Args:
            per_channel: without effect: tflearn takes the deviation over the
                channels as well.
        """
        self._add(self._samplewise_stdnorm, per_channel)

    def add_featurewise_zero_center(self, mean: object = None, per_channel: bool = False) -> None:
        """Subtracts the mean of the training set.

        Args:
            mean: a number, or one for each channel; `None` to find it before
                the first epoch.
            per_channel: whether a mean is found for each channel.
        """
        self.global_mean.require(mean)
        self.global_mean_pc = self.global_mean_pc or bool(per_channel)
        self._add(self._featurewise_zero_center)

    def add_featurewise_stdnorm(self, std: object = None, per_channel: bool = False) -> None:
        """Divides by the standard deviation of the training set, plus 1e-8.

        Args:
            std: a number, or one for each channel; `None` to find it before the
                first epoch.
            per_channel: whether one is found for each channel: the mean of the
                deviations within each image.
        """
        self.global_std.require(std)
        self.global_std_pc = self.global_std_pc or bool(per_channel)
        self._add(self._featurewise_stdnorm)

    def add_zca_whitening(self, pc: object = None) -> None:
        """Makes pixels uncorrelated (ZCA whitening).

        Args:
            pc: (h * w * c, h * w * c); `None` to find it before the first epoch,
                which also writes it to "PC.pkl".
        """
        self.global_pc.require(pc)
        self._add(self._zca_whitening)

    def _normalize_image(self, batch: Sequence) -> Sequence:
        return each(batch, lambda image: image / 255.0)

    def _crop_center(self, batch: Sequence, shape: tuple[int, int]) -> Sequence:
        height, width = np.shape(batch[0])[:2]
        if shape[0] > height or shape[1] > width:
            raise DataError(
                f"shape of add_crop_center is {shape}, and images have {height}x{width} pixels. "
                "Give a smaller one."
            )
        top, left = (height - shape[0]) // 2, (width - shape[1]) // 2
        return each(batch, lambda image: image[top : top + shape[0], left : left + shape[1]])

    # A channel's own mean would be over the axes 0 and 1; tflearn's is over 0, 1 and 2.
    def _samplewise_zero_center(self, batch: Sequence, per_channel: bool = False) -> Sequence:
        return each(batch, lambda image: _floats(image) - np.mean(_floats(image)))

    def _samplewise_stdnorm(self, batch: Sequence, per_channel: bool = False) -> Sequence:
        return each(batch, lambda image: _floats(image) / (np.std(_floats(image)) + _EPSILON))

    def _featurewise_zero_center(self, batch: Sequence) -> Sequence:
        mean = self.global_mean.known()
        return each(batch, lambda image: _like(image, lambda pixels: pixels - mean, "mean"))

    def _featurewise_stdnorm(self, batch: Sequence) -> Sequence:
        std = self.global_std.known()
        std = (np.asarray(std) if isinstance(std, Sequence) else std) + _EPSILON
        return each(batch, lambda image: _like(image, lambda pixels: pixels / std, "std"))

    def _zca_whitening(self, batch: Sequence) -> Sequence:
        pc = np.asarray(self.global_pc.known())
        return each(
            batch,
            lambda image: _like(
                image, lambda pixels: np.dot(pixels.ravel(), pc).reshape(pixels.shape), "pc"
            ),
        )


class SequencePreprocessing(DataPreprocessing):
    """Raises `NotImplementedError`, as in tflearn."""

    def __init__(self):
        raise NotImplementedError(
            "SequencePreprocessing was never written. Use DataPreprocessing with "
            "add_custom_preprocessing, or keras.layers.TextVectorization."
        )


def each(batch: Sequence, change: Callable[[np.ndarray], np.ndarray]) -> Sequence:
    """Changes each sample of a batch.

    Args:
        batch: the samples.
        change: makes a new sample of one.

    Returns:
        An array if the new samples have one shape, else a list.

    Example:
        >>> each([np.zeros(3), np.ones(4)], lambda sample: sample[:2] + 1)
        array([[1., 1.],
               [2., 2.]])
    """
    return _stacked([change(np.asarray(sample)) for sample in batch])


def crop_size(shape: tuple[int, int], name: str) -> tuple[int, int]:
    """Returns (height, width) as whole numbers.

    Raises:
        DataError: they are no two whole numbers of at least 1.

    Example:
        >>> crop_size([24, 24], "shape")
        (24, 24)
    """
    size = tuple(shape) if isinstance(shape, Sequence | np.ndarray) else ()
    if len(size) < 2 or not all(isinstance(side, Integral) and side > 0 for side in size[:2]):
        raise DataError(f"{name} is {shape!r}; give (height, width) in pixels.")
    return int(size[0]), int(size[1])


def _copied(batch: Sequence) -> Sequence:
    return batch.copy() if isinstance(batch, np.ndarray) else _stacked(list(map(np.array, batch)))


def _stacked(samples: list[np.ndarray]) -> Sequence:
    one_shape = len({sample.shape for sample in samples}) == 1
    return np.stack(samples) if one_shape else samples


def _floats(image: np.ndarray) -> np.ndarray:
    return image if image.dtype.kind == "f" else image.astype(np.float32)


def _like(image: np.ndarray, change: Callable, name: str) -> np.ndarray:
    """Changes an image with a value of the training set; its shape and type stay."""
    pixels = _floats(image)
    try:
        changed = np.asarray(change(pixels))
    except ValueError:
        changed = None
    if changed is None or changed.shape != pixels.shape:
        raise DataError(
            f"{name}: the value does not fit images of shape {pixels.shape}. Give a number, or one "
            "for each channel (pc: a row and a column for each pixel)."
        )
    return changed.astype(pixels.dtype, copy=False)


def _is_sought(parameter: PersistentParameter) -> bool:
    return parameter.is_required and parameter.value is None


def _over_all(statistic: Callable, data: Sequence, per_channel: bool) -> np.generic | np.ndarray:
    """Returns a mean or deviation over a data set.

    That of an array is taken at once; otherwise it is the mean of those of the
    images, as in tflearn: of the deviation, that is not the same.
    """
    if not len(data):
        raise DataError("The training set has no samples. Give DNN.fit some.")
    if isinstance(data, np.ndarray) and not per_channel:
        found = statistic(data)
    else:
        found = _mean_of_images(statistic, data, per_channel)
    _check_finite(found, "The training set")
    return found


def _mean_of_images(statistic: Callable, data: Sequence, per_channel: bool) -> np.ndarray:
    first = np.asarray(data[0])
    if per_channel and first.ndim < 2:
        raise DataError(
            f"per_channel=True needs images (h, w, channels); samples have the shape {first.shape}."
            " Leave it out, or reshape the samples."
        )
    axes = (0, 1) if per_channel else None
    total = sum(
        np.asarray(statistic(np.asarray(data[i]), axis=axes), np.float64) for i in range(len(data))
    )
    dtype = first.dtype if first.dtype.kind == "f" else np.float64
    return (total / len(data)).astype(dtype)


def _whitening(data: Sequence) -> np.ndarray:
    images = _floats(_rectangular(data))
    _check_finite(images, "The training set")
    flat = images.reshape(len(images), -1)
    sigma = np.dot(flat.T, flat) / flat.shape[0]
    directions, variances, _ = np.linalg.svd(sigma)
    scale = np.diag(1.0 / np.sqrt(variances + _EPSILON))
    return np.dot(np.dot(directions, scale), directions.T)


def _rectangular(data: Sequence) -> np.ndarray:
    images = _stacked([np.asarray(data[i]) for i in range(len(data))])
    if isinstance(images, np.ndarray):
        return images
    raise DataError("ZCA whitening needs images of one shape, and at least one. Resize them first.")


def _check_finite(value: object, name: str) -> None:
    try:
        finite = np.isfinite(value).all()
    except (TypeError, ValueError) as cause:
        raise DataError(f"{name}: expected numbers, found {value!r}.") from cause
    if not finite:
        raise DataError(
            f"{name}: expected finite numbers, found NaN or infinity. Find where they arise; "
            "one is enough to make every mean NaN."
        )
