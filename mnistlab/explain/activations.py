"""Activations and the softmax, with their gradients, in NumPy.

An activation bends: it is applied to every number by itself, between two layers
that could otherwise be multiplied out to one. The softmax is the last step of a
classifier: ten scores (logits) become ten probabilities. Cross-entropy then
says how bad they are, and its gradient, `p - y`, is what training starts from.
Every gradient here can be checked with `numerical_gradient`.
"""

import numbers
from collections.abc import Callable

from mnistlab.errors import DataError, DesignError
from mnistlab.explain.convolution import as_numbers

import numpy as np


def relu(x: np.ndarray) -> np.ndarray:
    """Sets what is negative to 0: the rectified linear unit.

        relu(x) = max(0, x)

    Args:
        x: numbers, any shape.

    Returns:
        float64 of the same shape.

    Raises:
        DataError: `x` is not made of finite numbers; so do all functions here.

    Source: V. Nair, G. Hinton, "Rectified Linear Units Improve Restricted
    Boltzmann Machines" (2010).

    Example:
        >>> relu([-2, 0, 3])
        array([0., 0., 3.])
    """
    return np.maximum(0.0, as_numbers(x, "x"))


def relu_gradient(x: np.ndarray) -> np.ndarray:
    """Slope of the ReLU: what comes back through it is passed on or stopped.

        relu'(x) = 1 if x > 0, else 0

    At 0 itself there is no slope; 0 is TensorFlow's choice.

    Args:
        x: numbers, any shape.

    Returns:
        float64 of the same shape, 0 or 1.

    Raises:
        DataError: `x` is not made of finite numbers.

    Example:
        >>> relu_gradient([-2, 0, 3])
        array([0., 0., 1.])
    """
    return np.where(as_numbers(x, "x") > 0, 1.0, 0.0)


def leaky_relu(x: np.ndarray, slope: float = 0.3) -> np.ndarray:
    """Makes what is negative small instead of 0, so that no unit falls silent for good.

        leaky_relu(x) = x if x > 0, else slope * x

    Args:
        x: numbers, any shape.
        slope: how steep it is below 0; the default is Keras'.

    Returns:
        float64 of the same shape.

    Raises:
        DataError: `x` is not made of finite numbers.
        DesignError: the slope is not a finite number.

    Source: A. Maas, A. Hannun, A. Ng, "Rectifier Nonlinearities Improve Neural
    Network Acoustic Models" (2013), there with a slope of 0.01.

    Example:
        >>> leaky_relu([-2, 0, 3])
        array([-0.6,  0. ,  3. ])
    """
    x = as_numbers(x, "x")
    return np.where(x > 0, x, _number(slope, "slope") * x)


def leaky_relu_gradient(x: np.ndarray, slope: float = 0.3) -> np.ndarray:
    """Slope of the leaky ReLU.

        leaky_relu'(x) = 1 if x > 0, else slope

    Args:
        x: numbers, any shape.
        slope: as in `leaky_relu`.

    Returns:
        float64 of the same shape.

    Raises:
        DataError: `x` is not made of finite numbers.
        DesignError: the slope is not a finite number.

    Example:
        >>> leaky_relu_gradient([-2, 0, 3])
        array([0.3, 0.3, 1. ])
    """
    return np.where(as_numbers(x, "x") > 0, 1.0, _number(slope, "slope"))


def sigmoid(x: np.ndarray) -> np.ndarray:
    """Squeezes every number into 0 to 1: the logistic function.

        sigmoid(x) = 1 / (1 + e^-x) = e^x / (1 + e^x)

    The first form overflows far below 0, the second far above. Each is used on
    the side where its exponential is at most 1.

    Args:
        x: numbers, any shape.

    Returns:
        float64 of the same shape, from 0 to 1.

    Raises:
        DataError: `x` is not made of finite numbers.

    Example:
        >>> sigmoid([-1000, 0, 1000])
        array([0. , 0.5, 1. ])
    """
    x = as_numbers(x, "x")
    small = np.exp(-np.abs(x))
    return np.where(x >= 0, 1.0, small) / (1.0 + small)


def sigmoid_gradient(x: np.ndarray) -> np.ndarray:
    """Slope of the sigmoid: a quarter at most, and soon next to nothing.

        sigmoid'(x) = sigmoid(x) * (1 - sigmoid(x)) = sigmoid(x) * sigmoid(-x)

    Args:
        x: numbers, any shape.

    Returns:
        float64 of the same shape, from 0 to 0.25.

    Raises:
        DataError: `x` is not made of finite numbers.

    Example:
        >>> sigmoid_gradient([-10, 0, 10]).round(6)
        array([4.5e-05, 2.5e-01, 4.5e-05])
    """
    x = as_numbers(x, "x")
    return sigmoid(x) * sigmoid(-x)


def tanh(x: np.ndarray) -> np.ndarray:
    """Squeezes every number into -1 to 1: the hyperbolic tangent.

        tanh(x) = (e^x - e^-x) / (e^x + e^-x) = 2 * sigmoid(2 x) - 1

    Args:
        x: numbers, any shape.

    Returns:
        float64 of the same shape, from -1 to 1.

    Raises:
        DataError: `x` is not made of finite numbers.

    Example:
        >>> tanh([-1000, 0, 1000])
        array([-1.,  0.,  1.])
    """
    return np.tanh(as_numbers(x, "x"))


def tanh_gradient(x: np.ndarray) -> np.ndarray:
    """Slope of the hyperbolic tangent.

        tanh'(x) = 1 - tanh(x)^2

    Args:
        x: numbers, any shape.

    Returns:
        float64 of the same shape, from 0 to 1.

    Raises:
        DataError: `x` is not made of finite numbers.

    Example:
        >>> tanh_gradient([0.0])
        array([1.])
    """
    return 1.0 - tanh(x) ** 2


def softmax_naive(logits: np.ndarray, axis: int = -1) -> np.ndarray:
    """Turns scores into probabilities as the formula is written, and fails on large ones.

        p_i = e^z_i / (e^z_1 + ... + e^z_n)

    e^1000 is more than a float64 can hold: it becomes infinite, and infinite
    divided by infinite is nan, "not a number". NumPy would warn; here the nan
    speaks for itself.

    Args:
        logits: scores, any shape.
        axis: the axis of the classes, along which the probabilities sum to 1.

    Returns:
        float64 of the same shape: probabilities, or nan.

    Raises:
        DataError: the logits are not finite numbers, or there are none.
        DesignError: there is no such axis.

    Example:
        >>> softmax_naive([2.0, 1.0, 0.1]).round(3)
        array([0.659, 0.242, 0.099])
        >>> softmax_naive([1000, 0])
        array([nan,  0.])
    """
    with np.errstate(over="ignore", invalid="ignore"):
        exponentials = np.exp(_as_logits(logits, axis))
        return exponentials / exponentials.sum(axis=axis, keepdims=True)


def softmax(logits: np.ndarray, temperature: float = 1.0, axis: int = -1) -> np.ndarray:
    """Turns scores into probabilities, whatever their size.

        p_i = e^((z_i - m) / T) / (e^((z_1 - m) / T) + ... + e^((z_n - m) / T)),   m = max(z)

    Subtracting the same number from all scores changes nothing: it cancels as
    e^-m above and below. Subtracting the largest one leaves no exponential above
    1, so that none overflows, and one of them is 1, so that the sum is not 0.

    Args:
        logits: scores, any shape.
        temperature: T > 0. Above 1 the probabilities move together, below 1
            they move apart.
        axis: the axis of the classes, along which the probabilities sum to 1.

    Returns:
        float64 of the same shape, from 0 to 1.

    Raises:
        DataError: the logits are not finite numbers, or there are none.
        DesignError: the temperature is not above 0, or there is no such axis.

    Source: J. Bridle, "Probabilistic Interpretation of Feedforward
    Classification Network Outputs" (1990); temperature: G. Hinton, O. Vinyals,
    J. Dean, "Distilling the Knowledge in a Neural Network" (2015), equation 1.

    Example:
        >>> softmax([2.0, 1.0, 0.1]).round(3)
        array([0.659, 0.242, 0.099])
        >>> softmax([1000, 0])
        array([1., 0.])
        >>> softmax([2.0, 1.0, 0.1], temperature=10).round(3)
        array([0.366, 0.331, 0.303])
    """
    exponentials = np.exp(_below_the_largest(logits, temperature, axis))
    return exponentials / exponentials.sum(axis=axis, keepdims=True)


def softmax_gradient(logits: np.ndarray) -> np.ndarray:
    """Slopes of all probabilities with respect to all scores: the Jacobian matrix.

        d p_i / d z_j = p_i * ((1 if i = j else 0) - p_j)

    Args:
        logits: scores of one image, (n,).

    Returns:
        float64, (n, n): row i for the probability i, column j for the score j.

    Raises:
        DataError: the logits are not one row of finite numbers.

    Example:
        >>> softmax_gradient([0.0, 0.0])
        array([[ 0.25, -0.25],
               [-0.25,  0.25]])
    """
    logits = _as_logits(logits, axis=-1)
    if logits.ndim != 1:
        raise DataError(
            f"logits has the shape {logits.shape}; softmax_gradient takes those of one image, "
            "(n,). Choose a row, such as logits[0]."
        )
    p = softmax(logits)
    return np.diag(p) - np.outer(p, p)


def log_softmax(logits: np.ndarray, axis: int = -1) -> np.ndarray:
    """Returns the logarithms of the probabilities, exact also where those round to 0.

        log p_i = (z_i - m) - log(e^(z_1 - m) + ... + e^(z_n - m)),   m = max(z)

    Args:
        logits: scores, any shape.
        axis: the axis of the classes.

    Returns:
        float64 of the same shape, at most 0.

    Raises:
        DataError: the logits are not finite numbers, or there are none.
        DesignError: there is no such axis.

    Example:
        >>> log_softmax([1000, 0])
        array([    0., -1000.])
    """
    shifted = _below_the_largest(logits, temperature=1.0, axis=axis)
    return shifted - np.log(np.exp(shifted).sum(axis=axis, keepdims=True))


def cross_entropy(logits: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """Measures how surprised the probabilities are by the labels: the loss that is trained on.

        loss = -(y_1 * log p_1 + ... + y_n * log p_n) = -log p_label

    Args:
        logits: scores, (rows, classes), or (classes,) for a single image.
        labels: for each row its class number from 0, or its one-hot row; rows
            of probabilities that sum to 1 are taken as well.

    Returns:
        float64, one loss for each row; one number for a single image. It is in
        nats: 0 for a sure and right answer, log(classes) for an even guess.

    Raises:
        DataError: logits or labels are not what they should be, or do not go
            together.

    Source: I. Goodfellow, Y. Bengio, A. Courville, "Deep Learning" (2016),
    section 6.2.2.3; Keras' `categorical_crossentropy` with `from_logits=True`.

    Example:
        >>> cross_entropy([[2.0, 1.0, 0.1], [2.0, 1.0, 0.1]], [0, 2]).round(3)
        array([0.417, 2.317])
    """
    logits, labels = _as_rows(logits, labels)
    surprise = -log_softmax(logits)
    # Where y is 0 nothing is added, be the surprise infinite: 0 times that is not a number.
    losses = np.multiply(labels, surprise, where=labels > 0, out=np.zeros_like(surprise))
    return losses.sum(axis=-1)


def cross_entropy_gradient(logits: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """Slope of each row's loss with respect to its scores: prediction minus truth.

        d loss / d z_i = p_i - y_i

    The exponential and the logarithm cancel, which is why the two belong
    together: a wrong answer gets a large gradient, however sure it was.

    Args:
        logits: scores, (rows, classes), or (classes,) for a single image.
        labels: as in `cross_entropy`.

    Returns:
        float64, of the logits' shape.

    Raises:
        DataError: as `cross_entropy` does.

    Example:
        >>> cross_entropy_gradient([2.0, 1.0, 0.1], 0).round(3)
        array([-0.341,  0.242,  0.099])
    """
    logits, labels = _as_rows(logits, labels)
    return softmax(logits) - labels


def numerical_gradient(
    function: Callable[[np.ndarray], float], x: np.ndarray, step: float = 1e-6
) -> np.ndarray:
    """Measures a gradient by trying: a little more, a little less, for one number after another.

        d f / d x_i = (f(x + step * e_i) - f(x - step * e_i)) / (2 * step),   e_i = 1 at i, else 0

    Slow, and off by about step^2 and the rounding of f; it needs no derivation,
    and so can check one.

    Args:
        function: takes an array of x's shape, gives one number.
        x: where to measure, any shape.
        step: how far to go to both sides.

    Returns:
        float64 of x's shape.

    Raises:
        DataError: `x` is not made of finite numbers, or the function does not
            give one number.
        DesignError: the step is not above 0.

    Example:
        >>> numerical_gradient(lambda x: (x**2).sum(), [3.0, -1.0]).round(6)
        array([ 6., -2.])
    """
    x = as_numbers(x, "x")
    step = _positive(step, "step")
    gradient = np.empty_like(x)
    for index in np.ndindex(x.shape):
        up, down = x.copy(), x.copy()
        up[index] += step
        down[index] -= step
        gradient[index] = (_scalar(function(up)) - _scalar(function(down))) / (2 * step)
    return gradient


def _below_the_largest(logits: object, temperature: float, axis: int) -> np.ndarray:
    logits, temperature = _as_logits(logits, axis), _positive(temperature, "temperature")
    # A difference too large for a float64 is -inf, and its exponential the right 0.
    with np.errstate(over="ignore"):
        return (logits - logits.max(axis=axis, keepdims=True)) / temperature


def _as_logits(logits: object, axis: int) -> np.ndarray:
    array = as_numbers(logits, "logits")
    if array.ndim == 0:
        raise DataError("logits is a single number; give the scores of all classes.")
    if not isinstance(axis, int | np.integer) or not -array.ndim <= axis < array.ndim:
        raise DesignError(
            f"axis is {axis!r}, and logits has the shape {array.shape}; choose -1 for the last."
        )
    if array.shape[axis] == 0:
        raise DataError(f"logits has the shape {array.shape}; give at least one score.")
    return array


def _as_rows(logits: object, labels: object) -> tuple[np.ndarray, np.ndarray]:
    """Returns logits and labels, the labels as rows of probabilities of the logits' shape."""
    logits, labels = _as_logits(logits, axis=-1), as_numbers(labels, "labels")
    if logits.ndim > 2 or labels.shape not in (logits.shape, logits.shape[:-1]):
        raise DataError(
            f"logits has the shape {logits.shape} and labels {labels.shape}; give (rows, classes) "
            "with one class number for each row, (rows,), or one-hot labels of the same shape."
        )
    if labels.shape == logits.shape:
        _check_probabilities(labels)
        return logits, labels
    classes = logits.shape[-1]
    _check_class_numbers(labels, classes)
    return logits, np.eye(classes)[labels.astype(int)]


def _check_class_numbers(labels: np.ndarray, classes: int) -> None:
    bad = labels[(labels < 0) | (labels >= classes) | (labels % 1 != 0)]
    if bad.size:
        raise DataError(
            f"labels holds {bad[0]:g}, and logits has {classes} classes; give whole numbers from 0 "
            f"to {classes - 1}."
        )


def _check_probabilities(labels: np.ndarray) -> None:
    sums = labels.sum(axis=-1)
    if (labels < 0).any() or not np.allclose(sums, 1, atol=1e-5):
        raise DataError(
            "labels has the shape of one-hot rows, and one of them holds a number below 0 or does "
            "not sum to 1. Write a 1 at the place of the label and 0 elsewhere."
        )


def _number(value: object, name: str) -> float:
    if not isinstance(value, numbers.Real) or not np.isfinite(value):
        raise DesignError(f"{name} is {value!r}; give one finite number.")
    return float(value)


def _positive(value: object, name: str) -> float:
    number = _number(value, name)
    if number <= 0:
        raise DesignError(f"{name} is {value!r}; give a number above 0.")
    return number


def _scalar(value: object) -> float:
    if np.shape(value) != ():
        raise DataError(
            f"function gives an array of the shape {np.shape(value)}; a gradient needs one number. "
            "Take its sum, or one element."
        )
    return float(as_numbers(value, "function(x)"))
