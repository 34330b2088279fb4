"""Learning rates that change during a training: step, cosine, one-cycle.

Each is something that any Keras optimizer takes as its learning rate. Keras
has step and cosine; the one-cycle schedule is added here.
"""

import math
from collections.abc import Callable

from mnistlab.errors import DesignError

import keras
import numpy as np
from keras import ops
from keras.optimizers.schedules import CosineDecay, LearningRateSchedule, PiecewiseConstantDecay

Rate = float | LearningRateSchedule

DROPS = ((1 / 2, 10), (3 / 4, 100))
"""Of the step schedule: from which share of the steps on, and divided by how much."""


def constant(peak: float, steps: int) -> float:
    """Returns the same rate for every step."""
    return peak


def step(peak: float, steps: int) -> PiecewiseConstantDecay:
    """Makes a rate that drops to a tenth after half of the steps, and again after three quarters.

    Source: the drops are those of K. He et al., "Deep Residual Learning for
    Image Recognition" (2015), section 4.2.

    Args:
        peak: the rate of the first half.
        steps: batches in the whole training.

    Returns:
        Keras' own schedule.
    """
    # Keras still uses the old rate in the step whose number is the boundary; steps count from 0.
    boundaries = [int(share * steps) - 1 for share, _ in DROPS]
    return PiecewiseConstantDecay(boundaries, [peak, *(peak / divisor for _, divisor in DROPS)])


def cosine(peak: float, steps: int) -> CosineDecay:
    """Makes a rate that falls to 0 along half a wave: slowly, then quickly, then slowly.

    Source: I. Loshchilov and F. Hutter, "SGDR: Stochastic Gradient Descent
    with Warm Restarts" (2016), without the restarts.

    Args:
        peak: the rate of the first step.
        steps: batches in the whole training.

    Returns:
        Keras' own schedule.
    """
    return CosineDecay(peak, steps)


@keras.saving.register_keras_serializable(package="mnistlab")
class OneCycle(LearningRateSchedule):
    """A rate that climbs to its peak and then falls far below where it began.

    Source: L. Smith and N. Topin, "Super-Convergence" (2017), and L. Smith, "A
    disciplined approach to neural network hyper-parameters" (2018). The shares
    and divisors are those of PyTorch's `OneCycleLR`, whose numbers these are.
    Smith also lowers the momentum while the rate climbs; that is left out:
    Keras' optimizers have no schedule for it. Keras' `CosineDecay` with
    `warmup_target` comes near, with a straight climb.

    Args:
        peak: the highest rate.
        steps: batches in the whole training; later steps keep the last rate.
        warmup: share of the steps in which the rate climbs, between 0 and 1.
        start_divisor: the first rate is the peak divided by it.
        end_divisor: the last rate is the first one divided by it.
        shape: "cosine", or "linear" as in the papers: of climb and fall.

    Raises:
        DesignError: an argument has a value that it cannot have.

    Example:
        >>> schedule = OneCycle(peak=0.1, steps=10)
        >>> [round(float(schedule(step)), 4) for step in (0, 2, 6, 9)]
        [0.004, 0.1, 0.0389, 0.0]
    """

    def __init__(
        self,
        peak: float,
        steps: int,
        warmup: float = 0.3,
        start_divisor: float = 25.0,
        end_divisor: float = 1e4,
        shape: str = "cosine",
    ):
        super().__init__()
        _check(peak, steps)
        if not 0 < warmup < 1:
            raise DesignError(f"warmup is {warmup!r}; give a share between 0 and 1, such as 0.3.")
        for name, value in (("start_divisor", start_divisor), ("end_divisor", end_divisor)):
            if not (math.isfinite(value) and value >= 1):
                raise DesignError(f"{name} is {value!r}; give a number from 1 on.")
        if shape not in ("cosine", "linear"):
            raise DesignError(f"shape is {shape!r}; choose 'cosine' or 'linear'.")
        self.peak, self.steps, self.warmup = float(peak), int(steps), float(warmup)
        self.start_divisor, self.end_divisor = float(start_divisor), float(end_divisor)
        self.shape = shape

    def __call__(self, step):
        """Returns the rate of a step, counted from 0, as a tensor."""
        step = ops.minimum(ops.cast(step, keras.config.floatx()), self.steps - 1)
        start = self.peak / self.start_divisor
        top = self.warmup * self.steps - 1
        # Where there are too few steps for a climb, `top` is 0 or less, and no step lies before it.
        climbed = self._between(start, self.peak, step / (top if top > 0 else 1))
        fallen = self._between(
            self.peak, start / self.end_divisor, (step - top) / (self.steps - 1 - top)
        )
        return ops.where(step < top, climbed, fallen)

    def _between(self, first: float, last: float, share):
        if self.shape == "cosine":
            share = (1 - ops.cos(math.pi * share)) / 2
        return first + (last - first) * share

    def get_config(self) -> dict[str, object]:
        """Returns the arguments, for saving."""
        names = ("peak", "steps", "warmup", "start_divisor", "end_divisor", "shape")
        return {name: getattr(self, name) for name in names}


_SCHEDULES: dict[str, Callable[[float, int], Rate]] = {
    "constant": constant,
    "step": step,
    "cosine": cosine,
    "one_cycle": OneCycle,
}


def names() -> list[str]:
    """Returns the names of all schedules.

    Example:
        >>> names()
        ['constant', 'step', 'cosine', 'one_cycle']
    """
    return list(_SCHEDULES)


def build(name: str, peak: float, steps: int) -> Rate:
    """Makes a learning rate by the name of its schedule.

    Args:
        name: one of `names()`.
        peak: the highest rate.
        steps: batches in the whole training: the epochs times the batches in
            each, the last and smaller one counted.

    Returns:
        A number or a schedule: what a Keras optimizer takes as `learning_rate`.

    Raises:
        DesignError: there is no such schedule, the peak is no positive number,
            or the steps are no whole number from 1 on.

    Example:
        >>> optimizer = keras.optimizers.SGD(build("cosine", peak=0.1, steps=1000))
        >>> float(optimizer.learning_rate)
        0.10000000149011612
    """
    if name not in _SCHEDULES:
        raise DesignError(
            f"There is no schedule named {name!r}; choose one of {', '.join(names())}."
        )
    _check(peak, steps)
    return _SCHEDULES[name](peak, steps)


def rates(rate: Rate, steps: int) -> np.ndarray:
    """Returns the learning rate of every step of a training.

    Args:
        rate: a number, or a schedule that takes many steps at once, as those
            of this module do.
        steps: batches in the whole training.

    Returns:
        (steps,) float.

    Example:
        >>> rates(build("step", peak=0.1, steps=8), 8).round(3).tolist()
        [0.1, 0.1, 0.1, 0.1, 0.01, 0.01, 0.001, 0.001]
    """
    if callable(rate):
        return np.asarray(rate(np.arange(steps)), dtype="float64")
    return np.full(steps, float(rate))


def _check(peak: float, steps: int) -> None:
    number = isinstance(peak, int | float | np.number) and not isinstance(peak, bool)
    if not number or not math.isfinite(peak) or peak <= 0:
        raise DesignError(f"peak is {peak!r}; give a learning rate above 0, such as 0.01.")
    if not isinstance(steps, int | np.integer) or isinstance(steps, bool) or steps < 1:
        raise DesignError(
            f"steps is {steps!r}; give the number of batches in the whole training, 1 or more."
        )
