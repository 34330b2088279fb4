"""Optimizers under tflearn's names, with TensorFlow 1's rules and tflearn's numbers.

An object here is a description. `make` gives an optimizer of Keras that does
what it says; gradients are clipped elsewhere, by `DNN(clip_gradients=5.0)`.
"""

import copy
from collections.abc import Container, Iterable, Sequence

from mnistlab.errors import DesignError
from mnistlab.tflearn import update_rules
from mnistlab.tflearn.graph import numbered
from mnistlab.tflearn.utils import get_from_module

import keras
import tensorflow as tf


def get(identifier):
    """Returns the class of that name; anything else, as it is.

    Raises:
        Exception: there is no such optimizer.

    Example:
        >>> get("ADAM")(0.01).learning_rate
        0.01
    """
    return get_from_module(identifier, _BY_NAME, "optimizer")


class Optimizer:
    """Base of the optimizers.

    Args:
        learning_rate: a number; or anything that has one at each step: a variable, a schedule
            of Keras, a function without arguments.
        use_locking: has no effect.
        name: what a checkpoint calls the optimizer's variables.

    Attributes:
        has_decay: whether the learning rate changes from step to step.
        tensor: the optimizer of Keras, once it is built.
        built: whether it is.
    """

    has_decay = False

    def __init__(self, learning_rate, use_locking: bool = False, name: str = "Optimizer"):
        self.learning_rate = learning_rate
        self.use_locking = use_locking
        self.name = name
        self.tensor = None
        self.built = False

    def make(self, step=None) -> keras.optimizers.Optimizer:
        """Returns a new optimizer of Keras.

        Args:
            step: a variable that counts the updates, for a learning rate that decays; the
                optimizer's own counter when `None`.
        """
        raise NotImplementedError(
            f"{type(self).__name__} has no make(step); write one that returns a Keras optimizer."
        )

    def build(self, step_tensor=None) -> None:
        """Makes the optimizer that `get_tensor` returns.

        Args:
            step_tensor: a variable that counts the updates.

        Raises:
            Exception: the learning rate decays, and there is no such variable.
        """
        if self.has_decay and step_tensor is None:
            raise Exception("Learning rate decay but no step_tensor provided.")
        self.tensor = self.make(step_tensor)
        self.built = True

    def get_tensor(self) -> keras.optimizers.Optimizer:
        """Returns the optimizer of Keras, always the same one."""
        if not self.built:
            self.build()
        return self.tensor

    def __call__(self) -> keras.optimizers.Optimizer:
        """Returns the optimizer of Keras, always the same one."""
        return self.get_tensor()

    def slots(
        self, optimizer, variable: keras.Variable, path: str, taken: Container[str] = ()
    ) -> dict[str, keras.Variable]:
        """Returns what the optimizer keeps for a variable, by its names in a checkpoint.

        Args:
            optimizer: what `make` returned, built.
            variable: one that it changes.
            path: the variable's name there, "Conv2D/W".
            taken: names that other optimizers have.

        Returns:
            The slots: of Adam, "Conv2D/W/Adam" and "Conv2D/W/Adam_1".
        """
        names = (name for name in numbered(f"{path}/{self.name}") if name not in taken)
        return dict(zip(names, optimizer.slots_of(variable), strict=False))


class _Decaying(Optimizer):
    """Base of those whose learning rate can decay: rate·lr_decay^(step / decay_step)."""

    def __init__(self, learning_rate, lr_decay, decay_step, staircase, use_locking, name):
        super().__init__(learning_rate, use_locking, name)
        self.lr_decay = lr_decay
        self.decay_step = decay_step
        self.staircase = staircase
        self.has_decay = lr_decay > 0.0

    def rate(self, step):
        """Returns the learning rate as Keras takes it."""
        if not self.has_decay:
            return _rate(self.learning_rate)
        return Decay(self.learning_rate, self.decay_step, self.lr_decay, self.staircase, step)


class SGD(_Decaying):
    """Stochastic gradient descent.

    Args:
        learning_rate: of the first update.
        lr_decay: what it is multiplied by within `decay_step` updates; 0 for no decay.
        decay_step: number of updates.
        staircase: whether it changes only every `decay_step` updates.
        use_locking: has no effect.
        name: what a checkpoint calls it.

    Example:
        >>> SGD(0.1, lr_decay=0.5).has_decay
        True
    """

    def __init__(
        self,
        learning_rate: float = 0.001,
        lr_decay: float = 0.0,
        decay_step: int = 100,
        staircase: bool = False,
        use_locking: bool = False,
        name: str = "SGD",
    ):
        super().__init__(learning_rate, lr_decay, decay_step, staircase, use_locking, name)

    def make(self, step=None):
        """Returns a new optimizer of Keras."""
        return update_rules.GradientDescent(self.rate(step))


sgd = SGD


class Momentum(_Decaying):
    """Gradient descent by a sum of past gradients, of which each counts `momentum` times the next.

    Args:
        learning_rate: of the first update.
        momentum: what the sum is multiplied by at each update.
        lr_decay: see `SGD`.
        decay_step: see `SGD`.
        staircase: see `SGD`.
        use_locking: has no effect.
        name: what a checkpoint calls it.

    Example:
        >>> Momentum(0.1).momentum
        0.9
    """

    nesterov = False

    def __init__(
        self,
        learning_rate: float = 0.001,
        momentum: float = 0.9,
        lr_decay: float = 0.0,
        decay_step: int = 100,
        staircase: bool = False,
        use_locking: bool = False,
        name: str = "Momentum",
    ):
        super().__init__(learning_rate, lr_decay, decay_step, staircase, use_locking, name)
        self.momentum = momentum

    def make(self, step=None):
        """Returns a new optimizer of Keras."""
        return update_rules.Momentum(self.rate(step), self.momentum, self.nesterov)


momentum = Momentum


class Nesterov(Momentum):
    """Momentum, with the gradient counted once more. Arguments as for `Momentum`.

    Source: Sutskever et al., "On the importance of initialization and momentum
    in deep learning", 2013.

    Example:
        >>> Nesterov(0.1).name
        'Nesterov'
    """

    nesterov = True

    def __init__(
        self,
        learning_rate: float = 0.001,
        momentum: float = 0.9,
        lr_decay: float = 0.0,
        decay_step: int = 100,
        staircase: bool = False,
        use_locking: bool = False,
        name: str = "Nesterov",
    ):
        super().__init__(
            learning_rate, momentum, lr_decay, decay_step, staircase, use_locking, name
        )


nesterov = Nesterov


class Adam(Optimizer):
    """Adam, with `epsilon` 1e-8 (Keras: 1e-7).

    Args:
        learning_rate: of every update.
        beta1: how much of the mean of gradients is kept at each.
        beta2: how much of the mean of their squares is kept at each.
        epsilon: what is added to the root of that mean.
        use_locking: has no effect.
        name: what a checkpoint calls it.

    Source: Kingma and Ba, "Adam: A Method for Stochastic Optimization", 2015.

    Example:
        >>> Adam(0.01)().epsilon
        1e-08
    """

    def __init__(
        self,
        learning_rate: float = 0.001,
        beta1: float = 0.9,
        beta2: float = 0.999,
        epsilon: float = 1e-8,
        use_locking: bool = False,
        name: str = "Adam",
    ):
        super().__init__(learning_rate, use_locking, name)
        self.beta1 = beta1
        self.beta2 = beta2
        self.epsilon = epsilon

    def make(self, step=None):
        """Returns a new optimizer of Keras."""
        rate = _rate(self.learning_rate)
        return update_rules.Adam(rate, self.beta1, self.beta2, self.epsilon)


adam = Adam


class RMSProp(Optimizer):
    """RMSProp, whose mean of squares begins with 1 (Keras: 0).

    Args:
        learning_rate: of every update.
        decay: how much of the mean is kept at each.
        momentum: how much of the last step is added to the next.
        epsilon: what is added to the mean before its root is taken.
        use_locking: has no effect.
        name: what a checkpoint calls it.

    Example:
        >>> RMSProp(0.01)().rho
        0.9
    """

    def __init__(
        self,
        learning_rate: float = 0.001,
        decay: float = 0.9,
        momentum: float = 0.0,
        epsilon: float = 1e-10,
        use_locking: bool = False,
        name: str = "RMSProp",
    ):
        super().__init__(learning_rate, use_locking, name)
        self.decay = decay
        self.momentum = momentum
        self.epsilon = epsilon

    def make(self, step=None):
        """Returns a new optimizer of Keras."""
        rate = _rate(self.learning_rate)
        return update_rules.RMSProp(rate, self.decay, self.momentum, self.epsilon)


rmsprop = RMSProp


class AdaGrad(Optimizer):
    """Adagrad; nothing is added to the sum of squares, which begins with 0.1 (Keras adds 1e-7).

    Args:
        learning_rate: of every update.
        initial_accumulator_value: what the sum of squares begins with.
        use_locking: has no effect.
        name: what a checkpoint calls it.

    Source: Duchi, Hazan and Singer, "Adaptive Subgradient Methods for Online
    Learning and Stochastic Optimization", 2011.

    Example:
        >>> AdaGrad(0.01).initial_accumulator_value
        0.1
    """

    def __init__(
        self,
        learning_rate: float = 0.001,
        initial_accumulator_value: float = 0.1,
        use_locking: bool = False,
        name: str = "AdaGrad",
    ):
        super().__init__(learning_rate, use_locking, name)
        self.initial_accumulator_value = initial_accumulator_value

    def make(self, step=None):
        """Returns a new optimizer of Keras."""
        return update_rules.Adagrad(_rate(self.learning_rate), self.initial_accumulator_value)


adagrad = AdaGrad


class ProximalAdaGrad(AdaGrad):
    """The same as `AdaGrad`: in tflearn, too, it has nothing proximal."""


proximaladagrad = ProximalAdaGrad


class AdaDelta(Optimizer):
    """Adadelta, with `rho` 0.1 (Keras: 0.95) and `epsilon` 1e-8 (Keras: 1e-7).

    Args:
        learning_rate: of every update.
        rho: how much of both means of squares is kept at each.
        epsilon: what is added to them before their roots are taken.
        use_locking: has no effect.
        name: what a checkpoint calls it.

    Source: Zeiler, "ADADELTA: An Adaptive Learning Rate Method", 2012.

    Example:
        >>> AdaDelta().rho
        0.1
    """

    def __init__(
        self,
        learning_rate: float = 0.001,
        rho: float = 0.1,
        epsilon: float = 1e-8,
        use_locking: bool = False,
        name: str = "AdaDelta",
    ):
        super().__init__(learning_rate, use_locking, name)
        self.rho = rho
        self.epsilon = epsilon

    def make(self, step=None):
        """Returns a new optimizer of Keras."""
        return update_rules.Adadelta(_rate(self.learning_rate), self.rho, self.epsilon)


adadelta = AdaDelta


class Ftrl(Optimizer):
    """Ftrl-proximal: keeps weights small, and at zero, by its two strengths.

    Args:
        learning_rate: of every update.
        learning_rate_power: the exponent by which it falls with the sum of squares.
        initial_accumulator_value: what that sum begins with.
        l1_regularization_strength: how strongly weights are held at zero.
        l2_regularization_strength: how strongly they are kept small.
        use_locking: has no effect.
        name: what a checkpoint calls it.

    Source: McMahan et al., "Ad Click Prediction: a View from the Trenches", 2013.

    Example:
        >>> Ftrl().learning_rate
        3.0
    """

    def __init__(
        self,
        learning_rate: float = 3.0,
        learning_rate_power: float = -0.5,
        initial_accumulator_value: float = 0.1,
        l1_regularization_strength: float = 0.0,
        l2_regularization_strength: float = 0.0,
        use_locking: bool = False,
        name: str = "Ftrl",
    ):
        super().__init__(learning_rate, use_locking, name)
        self.learning_rate_power = learning_rate_power
        self.initial_accumulator_value = initial_accumulator_value
        self.l1_regularization_strength = l1_regularization_strength
        self.l2_regularization_strength = l2_regularization_strength

    def make(self, step=None):
        """Returns a new optimizer of Keras."""
        return update_rules.Ftrl(
            _rate(self.learning_rate),
            self.learning_rate_power,
            self.initial_accumulator_value,
            self.l1_regularization_strength,
            self.l2_regularization_strength,
        )


ftrl = Ftrl


@keras.saving.register_keras_serializable("mnistlab.tflearn")
class Decay(keras.optimizers.schedules.LearningRateSchedule):
    """TensorFlow 1's exponential decay: rate·decay_rate^(step / decay_steps).

    Args:
        learning_rate: at step 0, the first update.
        decay_steps: number of updates.
        decay_rate: what the rate is multiplied by within them.
        staircase: whether it changes only every `decay_steps` updates.
        step: a variable that counts the updates, in place of the optimizer's own counter.
    """

    def __init__(self, learning_rate, decay_steps, decay_rate, staircase=False, step=None):
        self.learning_rate = learning_rate
        self.decay_steps = decay_steps
        self.decay_rate = decay_rate
        self.staircase = staircase
        self.step = step

    def __call__(self, step) -> tf.Tensor:
        """Returns the rate of the coming update."""
        step = step if self.step is None else self.step
        passed = tf.cast(tf.convert_to_tensor(step), tf.float32) / self.decay_steps
        if self.staircase:
            passed = tf.floor(passed)
        return self.learning_rate * tf.pow(self.decay_rate, passed)

    def get_config(self):
        """Returns what makes the same schedule again, on the optimizer's own counter."""
        return {
            "learning_rate": self.learning_rate,
            "decay_steps": self.decay_steps,
            "decay_rate": self.decay_rate,
            "staircase": self.staircase,
        }


# Other optimizers


def wrap(optimizer, step=None) -> Optimizer:
    """Makes one of tflearn's optimizers of another one.

    Args:
        optimizer: one of Keras, or of `tf.compat.v1.train`; one of tflearn's, as it is.
        step: a variable that is to count the updates: one that a learning rate is made of.

    Raises:
        DesignError: it is none of these.

    Example:
        >>> wrap(keras.optimizers.Lion(0.01)).name
        'Lion'
    """
    if isinstance(optimizer, Optimizer):
        return optimizer
    if isinstance(optimizer, keras.optimizers.Optimizer):
        return _OfKeras(optimizer, step)
    if isinstance(optimizer, tf.compat.v1.train.Optimizer):
        return _OfTensorFlow1(optimizer, step)
    raise DesignError(
        f"The optimizer is a {type(optimizer).__name__}. Give a name, as 'adam', one of "
        "tflearn.optimizers, one of keras.optimizers or one of tf.compat.v1.train."
    )


class _OfKeras(Optimizer):
    """An optimizer of Keras: the first `make` gives itself, the next ones others like it."""

    def __init__(self, optimizer: keras.optimizers.Optimizer, step):
        kind = type(optimizer)
        super().__init__(optimizer.learning_rate, name=kind.__name__)
        self._given = optimizer
        self._is_used = optimizer.built
        self._kind = type(kind.__name__, (_RemembersSlots, kind), {})
        self._step = step

    def make(self, step=None):
        """Returns an optimizer of Keras that has not been used yet."""
        if self._is_used:
            made = self._kind.from_config(self._given.get_config())
        else:
            # A config would not hold a learning rate that is a function.
            made = self._given
            made.__class__ = self._kind
            self._is_used = True
        made.counter = self._step
        return made


class _RemembersSlots:
    """Adds to an optimizer of Keras: which of its variables belong to which weight."""

    counter = None

    def add_variable_from_reference(self, reference_variable, *args, **kwargs):
        slot = super().add_variable_from_reference(reference_variable, *args, **kwargs)
        known = self.__dict__.setdefault("known_slots", {})
        known.setdefault(id(reference_variable), []).append(slot)
        return slot

    def slots_of(self, variable: keras.Variable) -> Sequence[keras.Variable]:
        return self.__dict__.get("known_slots", {}).get(id(variable), [])

    def apply(self, grads, trainable_variables=None):
        super().apply(grads, trainable_variables)
        if self.counter is not None:
            self.counter.assign_add(tf.ones((), self.counter.dtype))


class _OfTensorFlow1(Optimizer):
    """An optimizer of TensorFlow 1; every `make` gives another one like it."""

    def __init__(self, optimizer: tf.compat.v1.train.Optimizer, step):
        super().__init__(None, name=optimizer.get_name())
        self._like = optimizer
        self._step = step

    def make(self, step=None):
        """Returns a new one, which has to be used eagerly."""
        return _Eager(copy.deepcopy(self._like), self._step)


class _Eager:
    """An optimizer of TensorFlow 1, used as one of Keras.

    Attributes:
        eager: it cannot be part of a `tf.function`: it makes variables as it goes.
        iterations: how many updates it made.
    """

    eager = True

    # In the order in which TensorFlow 1 made them, which a checkpoint's numbers follow.
    _ORDER = (
        *("m", "v", "rms", "mg", "accumulator", "accum", "accum_update", "linear"),
        *("gradient_squared_accumulator", "momentum"),
    )

    def __init__(self, optimizer: tf.compat.v1.train.Optimizer, step):
        self.optimizer = optimizer
        self.iterations = keras.Variable(0, dtype="int64", trainable=False, name="iteration")
        self._step = step

    def build(self, variables: Iterable[keras.Variable]) -> None:
        """Does nothing: the first update makes the slots."""

    def apply(self, gradients: Iterable[tf.Tensor], variables: Iterable[keras.Variable]) -> None:
        """Changes the variables."""
        weights = [variable.value for variable in variables]
        pairs = list(zip(gradients, weights, strict=True))
        self.optimizer.apply_gradients(pairs, global_step=self._step)
        self.iterations.assign_add(1)

    def slots_of(self, variable: keras.Variable) -> list[tf.Variable]:
        """Returns the slots of a weight; none before the first update."""
        names = sorted(self.optimizer.get_slot_names(), key=self._place)
        slots = (self.optimizer.get_slot(variable.value, name) for name in names)
        return [slot for slot in slots if slot is not None]

    def _place(self, name: str) -> int:
        return self._ORDER.index(name) if name in self._ORDER else len(self._ORDER)


def _rate(learning_rate):
    if callable(learning_rate) and not tf.is_tensor(learning_rate):
        return learning_rate
    if tf.is_tensor(learning_rate) or isinstance(learning_rate, keras.Variable | tf.Variable):
        return lambda: tf.convert_to_tensor(learning_rate)
    return float(learning_rate)


_BY_NAME = {
    name: each
    for each in (SGD, Momentum, Nesterov, Adam, RMSProp, AdaGrad, ProximalAdaGrad, AdaDelta, Ftrl)
    for name in (each.__name__, each.__name__.lower())
}
