"""What weights are before training, under tflearn's names and with its numbers.

Each function gives an initializer of Keras, or, called with a shape, a tensor.
None of them is what Keras has for a default: a network that begins with Keras'
`glorot_uniform` is another network.
"""

import inspect
import math
from collections.abc import Callable

from mnistlab.tflearn import graph
from mnistlab.tflearn.utils import get_from_module

import keras
import numpy as np
import tensorflow as tf


def get(identifier):
    """Returns the function of that name; anything else, as it is.

    Raises:
        Exception: there is no such function.

    Example:
        >>> get("truncated_normal")() ((5, 5, 1, 32)).shape
        TensorShape([5, 5, 1, 32])
    """
    return get_from_module(identifier, _BY_NAME, "initializations")


def zeros(shape=None, dtype=tf.float32, seed: int | None = None):
    """All zero; there is nothing random about it, so the seed is not used.

    Example:
        >>> zeros([2]).numpy()
        array([0., 0.], dtype=float32)
    """
    return _initializer_or_tensor(keras.initializers.Zeros(), shape, dtype)


def uniform(
    shape=None, minval: float = 0, maxval: float | None = None, dtype=tf.float32, seed=None
):
    """Evenly between `minval` (included) and `maxval` (1 when `None`; not included).

    Example:
        >>> values = uniform((3, 4), seed=1).numpy()
        >>> bool(0 <= values.min() and values.max() < 1)
        True
    """
    highest = 1.0 if maxval is None else maxval
    return _initializer_or_tensor(Uniform(minval, highest, seed=seed), shape, dtype)


def uniform_scaling(shape=None, factor: float = 1.0, dtype=tf.float32, seed: int | None = None):
    """Evenly within ±`factor`·√(3/n); n is the product of all lengths but the last.

    A shape of one length has n = 1: ±√3 = ±1.73. Source: Sussillo and Abbott,
    "Random Walk Initialization for Training Very Deep Feedforward Networks", 2014.

    Example:
        >>> values = uniform_scaling((3, 3, 32, 64), seed=1).numpy()
        >>> bool(0.1020 < values.max() < 0.10207)
        True
    """
    return _initializer_or_tensor(UniformScaling(factor, seed=seed), shape, dtype)


def normal(shape=None, mean: float = 0.0, stddev: float = 0.02, dtype=tf.float32, seed=None):
    """From a normal distribution.

    Example:
        >>> round(float(normal((1000, 1000), seed=1).numpy().std()), 3)
        0.02
    """
    return _initializer_or_tensor(Normal(mean, stddev, seed=seed), shape, dtype)


def truncated_normal(
    shape=None, mean: float = 0.0, stddev: float = 0.02, dtype=tf.float32, seed: int | None = None
):
    """From a normal distribution; what is beyond two `stddev` is drawn again.

    What is drawn has a smaller spread than `stddev`: 0.0176 by default.

    Example:
        >>> round(float(truncated_normal((1000, 1000), seed=1).numpy().std()), 4)
        0.0176
    """
    return _initializer_or_tensor(Normal(mean, stddev, truncated=True, seed=seed), shape, dtype)


def xavier(uniform: bool = True, seed: int | None = None, dtype=tf.float32):
    """Evenly within ±√(6/(inputs + outputs)), or a truncated normal of about that spread.

    Source: Glorot and Bengio, "Understanding the difficulty of training deep
    feedforward neural networks", 2010.

    Example:
        >>> values = xavier(seed=1)((300, 200)).numpy()
        >>> bool(0.109 < values.max() < (6 / 500) ** 0.5)
        True
    """
    return variance_scaling(1.0, "FAN_AVG", uniform, seed, dtype)


def variance_scaling(
    factor: float = 2.0,
    mode: str = "FAN_IN",
    uniform: bool = False,
    seed: int | None = None,
    dtype=tf.float32,
):
    """From a truncated normal distribution with stddev √(1.3·`factor`/n) before truncation.

    Source: He et al., "Delving Deep into Rectifiers", 2015. The 1.3 makes up for
    the truncation, as TensorFlow 1 did; Keras' `VarianceScaling` has 1.2924.

    Args:
        factor: 2.0 for layers with ReLU.
        mode: what n is: "FAN_IN" the number of inputs of a unit, "FAN_OUT" that of its
            outputs, "FAN_AVG" their mean.
        uniform: draws evenly within ±√(3·`factor`/n) instead.
        seed: draws the same values every time.
        dtype: what to draw, a type of floating-point numbers.

    Raises:
        TypeError: there is no such mode.

    Example:
        >>> values = variance_scaling(seed=1)((1000, 200)).numpy()
        >>> round(float(values.std() / (2 / 1000) ** 0.5), 2)
        1.0
    """
    return VarianceScaling(factor, mode, uniform, seed=seed, dtype=_floating(dtype))


# The initializers


@keras.saving.register_keras_serializable("mnistlab.tflearn")
class Random(keras.initializers.Initializer):
    """Base of what is drawn at random.

    An initializer without a seed takes one from the script's graph when it is
    made, so that `init_graph(seed=...)` rules over all. `clone()` then draws
    anew, as TensorFlow 1 did at every use.

    Args:
        seed: draws the same values every time.
        dtype: what to draw when a call does not say.
    """

    def __init__(self, seed: int | None = None, dtype="float32"):
        self.seed = seed
        self.dtype = dtype
        self._drawn_with = graph.current().new_seed() if seed is None else int(seed)

    @graph.eagerly
    def __call__(self, shape, dtype=None):
        """Returns a tensor of that shape."""
        shape = tuple(int(length) for length in shape)
        return self.draw(shape, _floating(dtype or self.dtype), self._drawn_with)

    def draw(self, shape: tuple[int, ...], dtype: str, seed: int) -> tf.Tensor:
        """Returns random values; each kind does it in its way."""
        raise NotImplementedError

    def get_config(self):
        """Returns what makes the same initializer again."""
        return {"seed": self.seed, "dtype": self.dtype}


@keras.saving.register_keras_serializable("mnistlab.tflearn")
class Uniform(Random):
    """Even values between two bounds."""

    def __init__(self, minval: float = 0.0, maxval: float = 1.0, **kwargs):
        super().__init__(**kwargs)
        self.minval = minval
        self.maxval = maxval

    def draw(self, shape, dtype, seed):
        """Returns values from `minval` to below `maxval`."""
        return keras.random.uniform(shape, self.minval, self.maxval, dtype, seed)

    def get_config(self):
        """Returns what makes the same initializer again."""
        return {**super().get_config(), "minval": self.minval, "maxval": self.maxval}


@keras.saving.register_keras_serializable("mnistlab.tflearn")
class UniformScaling(Random):
    """Even values that keep a layer's scale, whatever the number of its inputs."""

    def __init__(self, factor: float = 1.0, **kwargs):
        super().__init__(**kwargs)
        self.factor = factor

    def draw(self, shape, dtype, seed):
        """Returns values within ±`factor`·√(3/n)."""
        bound = self.factor * math.sqrt(3 / math.prod(shape[:-1]))
        return keras.random.uniform(shape, -bound, bound, dtype, seed)

    def get_config(self):
        """Returns what makes the same initializer again."""
        return {**super().get_config(), "factor": self.factor}


@keras.saving.register_keras_serializable("mnistlab.tflearn")
class Normal(Random):
    """Normal values, or those of them that are within two standard deviations."""

    def __init__(self, mean: float = 0.0, stddev: float = 0.02, truncated: bool = False, **kwargs):
        super().__init__(**kwargs)
        self.mean = mean
        self.stddev = stddev
        self.truncated = truncated

    def draw(self, shape, dtype, seed):
        """Returns values about `mean`."""
        drawn = keras.random.truncated_normal if self.truncated else keras.random.normal
        return drawn(shape, self.mean, self.stddev, dtype, seed)

    def get_config(self):
        """Returns what makes the same initializer again."""
        config = {"mean": self.mean, "stddev": self.stddev, "truncated": self.truncated}
        return {**super().get_config(), **config}


@keras.saving.register_keras_serializable("mnistlab.tflearn")
class VarianceScaling(Random):
    """Values whose variance goes with one over the number of a unit's inputs or outputs."""

    def __init__(self, factor: float = 2.0, mode: str = "FAN_IN", uniform: bool = False, **kwargs):
        super().__init__(**kwargs)
        if mode not in ("FAN_IN", "FAN_OUT", "FAN_AVG"):
            raise TypeError(f"Unknown mode {mode} [FAN_IN, FAN_OUT, FAN_AVG]")
        self.factor = factor
        self.mode = mode
        self.uniform = uniform

    def draw(self, shape, dtype, seed):
        """Returns values about zero."""
        variance = self.factor / self._count(shape)
        if self.uniform:
            bound = math.sqrt(3 * variance)
            return keras.random.uniform(shape, -bound, bound, dtype, seed)
        return keras.random.truncated_normal(shape, 0.0, math.sqrt(1.3 * variance), dtype, seed)

    def _count(self, shape: tuple[int, ...]) -> float:
        field = math.prod(shape[:-2])
        inputs, outputs = field * (shape[-2] if len(shape) > 1 else shape[-1]), field * shape[-1]
        counts = {"FAN_IN": inputs, "FAN_OUT": outputs, "FAN_AVG": (inputs + outputs) / 2}
        return counts[self.mode]

    def get_config(self):
        """Returns what makes the same initializer again."""
        config = {"factor": self.factor, "mode": self.mode, "uniform": self.uniform}
        return {**super().get_config(), **config}


@keras.saving.register_keras_serializable("mnistlab.tflearn")
class Given(keras.initializers.Initializer):
    """Values that a function makes of a shape and a type, or that are given as they are.

    Args:
        values: the function or the array. A `.keras` file does not hold them: it has the
            layer's weights, which take the place of the zeros that a loaded one makes.
    """

    def __init__(self, values=None):
        self.values = values

    @graph.eagerly
    def __call__(self, shape, dtype=None):
        """Returns a tensor of that shape."""
        dtype = _floating(dtype or "float32")
        if self.values is None:
            return tf.zeros(shape, dtype)
        made = _call(self.values, shape, dtype) if callable(self.values) else self.values
        return tf.broadcast_to(tf.cast(tf.convert_to_tensor(made), dtype), shape)

    def clone(self):
        """Returns one like it, which a `.keras` file's config would not give."""
        return Given(self.values)


# For the layers


def as_initializer(value):
    """Makes an initializer of all that `weights_init` and `bias_init` may be.

    Args:
        value: a name; an initializer of this module, Keras or TensorFlow; a function of a
            shape, such as `normal` itself; an array, list, tensor or variable; a number, for
            a constant; or `None`, for `xavier()`, as TensorFlow 1 had it.

    Returns:
        `(initializer, shape)`: a Keras initializer that no other layer has, so that two layers
        never draw the same values by chance; and the shape of values that were given, which
        replaces the layer's own, or `None`.

    Example:
        >>> initializer, shape = as_initializer([[1.0, 2.0]])
        >>> shape
        (1, 2)
        >>> initializer(shape).numpy().tolist()
        [[1.0, 2.0]]
    """
    if value is None:
        return xavier(), None
    if isinstance(value, str):
        return get(value)(), None
    if isinstance(value, keras.initializers.Initializer):
        return value.clone(), None
    if inspect.isclass(value):
        return as_initializer(value())
    if callable(value):
        return Given(value), None
    values = _plain(value)
    return Given(values), tuple(values.shape) or None


@graph.eagerly
def draw(initializer: Callable, shape, dtype="float32") -> np.ndarray:
    """Returns new values from an initializer: the same ones again only if it has a seed."""
    if isinstance(initializer, keras.initializers.Initializer):
        initializer = initializer.clone()
    return np.asarray(initializer(tuple(shape), dtype=dtype))


def _initializer_or_tensor(initializer, shape, dtype):
    dtype = _floating(dtype)
    if shape is not None and len(shape):
        return initializer(shape, dtype=dtype)
    initializer.dtype = dtype
    return initializer


def _floating(dtype) -> str:
    name = tf.as_dtype(dtype).name
    if not tf.as_dtype(name).is_floating:
        raise ValueError(
            f"Cannot create initializer for non-floating point type {name}; use tf.float32."
        )
    return name


@graph.eagerly
def _plain(value) -> np.ndarray:
    return np.asarray(tf.convert_to_tensor(value))


def _call(function: Callable, shape, dtype: str):
    # Some take a shape and a type, some a shape alone.
    parameters = inspect.signature(function).parameters
    takes_more = any(each.kind is each.VAR_KEYWORD for each in parameters.values())
    return function(shape, dtype=dtype) if takes_more or "dtype" in parameters else function(shape)


_BY_NAME = {
    each.__name__: each
    for each in (
        *(zeros, uniform, uniform_scaling, normal, truncated_normal),
        *(xavier, variance_scaling),
    )
}
