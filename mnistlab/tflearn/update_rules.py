"""TensorFlow 1's rules for changing weights, as optimizers of Keras.

Keras' optimizers of the same names differ from them: in what a velocity is,
in what a mean of squares begins with, in what is added before a division.
Here every rule is the kernel that TensorFlow 1 used, which TensorFlow still
has. One call of it takes less than half the time of Keras' several.
"""

import keras
import tensorflow as tf

Slots = tuple[keras.Variable, ...]


class Rule(keras.optimizers.Optimizer):
    """Base of the rules: keeps slots (variables of a weight's shape) for each weight.

    Args:
        learning_rate: a number, a schedule, or a function without arguments.
        kwargs: anything else that a Keras optimizer takes.
    """

    hyperparameters: tuple[str, ...] = ()
    """Names of the attributes that its config holds."""

    def start(self) -> dict[str, float]:
        """Returns the names of the slots, and what they begin with."""
        return {}

    def kernel(self, weight: tf.Variable, slots: tuple, rate: tf.Tensor, gradient: tf.Tensor):
        """Changes a weight and its slots."""
        raise NotImplementedError

    def build(self, variables: list) -> None:
        """Makes the slots of all weights."""
        super().build(variables)
        slots = {_raw(variable).ref(): self._new_slots(variable) for variable in variables}
        # Set past the class: TensorFlow would wrap a dict that it finds in an attribute, and
        # could not save one whose keys are no strings.
        self.__dict__["_slots"] = slots

    def _new_slots(self, variable) -> Slots:
        return tuple(
            self.add_variable_from_reference(
                variable, name=name, initializer=keras.initializers.Constant(value)
            )
            for name, value in self.start().items()
        )

    def slots_of(self, variable: keras.Variable) -> Slots:
        """Returns the slots of a weight, in the order in which TensorFlow 1 made them."""
        return self._slots[_raw(variable).ref()]

    def update_step(self, gradient, variable, learning_rate) -> None:
        """Changes one weight; Keras calls it for each of them."""
        weight = _raw(variable)
        gradient = tf.convert_to_tensor(gradient)
        handles = tuple(slot.value.handle for slot in self.slots_of(variable))
        self.kernel(weight.handle, handles, tf.cast(learning_rate, gradient.dtype), gradient)

    def get_config(self) -> dict:
        """Returns what makes the same optimizer again."""
        own = {name: getattr(self, name) for name in self.hyperparameters}
        return {**super().get_config(), **own}


@keras.saving.register_keras_serializable("mnistlab.tflearn")
class GradientDescent(Rule):
    """w −= rate·g."""

    def kernel(self, weight, slots, rate, gradient):
        """Changes a weight."""
        tf.raw_ops.ResourceApplyGradientDescent(var=weight, alpha=rate, delta=gradient)


@keras.saving.register_keras_serializable("mnistlab.tflearn")
class Momentum(Rule):
    """a = momentum·a + g, then w −= rate·a; with `nesterov`, w −= rate·(g + momentum·a).

    Keras has the rate in its velocity, which is not the same once the rate changes.
    """

    hyperparameters = ("momentum", "nesterov")

    def __init__(self, learning_rate, momentum: float = 0.9, nesterov: bool = False, **kwargs):
        super().__init__(learning_rate, **kwargs)
        self.momentum = momentum
        self.nesterov = nesterov

    def start(self):
        """Returns the slot and what it begins with."""
        return {"momentum": 0.0}

    def kernel(self, weight, slots, rate, gradient):
        """Changes a weight and its sum of gradients."""
        tf.raw_ops.ResourceApplyMomentum(
            var=weight,
            accum=slots[0],
            lr=rate,
            grad=gradient,
            momentum=self.momentum,
            use_nesterov=self.nesterov,
        )


@keras.saving.register_keras_serializable("mnistlab.tflearn")
class Adam(Rule):
    """m and v are means of g and g²; w −= rate·√(1 − β2ᵗ)/(1 − β1ᵗ)·m/(√v + epsilon)."""

    hyperparameters = ("beta_1", "beta_2", "epsilon")

    def __init__(
        self,
        learning_rate,
        beta_1: float = 0.9,
        beta_2: float = 0.999,
        epsilon: float = 1e-8,
        **kwargs,
    ):
        super().__init__(learning_rate, **kwargs)
        self.beta_1 = beta_1
        self.beta_2 = beta_2
        self.epsilon = epsilon

    def start(self):
        """Returns the slots and what they begin with."""
        return {"m": 0.0, "v": 0.0}

    def kernel(self, weight, slots, rate, gradient):
        """Changes a weight and its two means."""
        step = tf.cast(self.iterations + 1, gradient.dtype)
        tf.raw_ops.ResourceApplyAdam(
            var=weight,
            m=slots[0],
            v=slots[1],
            beta1_power=tf.pow(tf.cast(self.beta_1, gradient.dtype), step),
            beta2_power=tf.pow(tf.cast(self.beta_2, gradient.dtype), step),
            lr=rate,
            beta1=self.beta_1,
            beta2=self.beta_2,
            epsilon=self.epsilon,
            grad=gradient,
        )


@keras.saving.register_keras_serializable("mnistlab.tflearn")
class RMSProp(Rule):
    """s is a mean of g² that begins with 1; a = momentum·a + rate·g/√(s + epsilon), w −= a.

    Keras begins with 0: its first steps are much longer where gradients are small.
    """

    hyperparameters = ("rho", "momentum", "epsilon")

    def __init__(
        self,
        learning_rate,
        rho: float = 0.9,
        momentum: float = 0.0,
        epsilon: float = 1e-10,
        **kwargs,
    ):
        super().__init__(learning_rate, **kwargs)
        self.rho = rho
        self.momentum = momentum
        self.epsilon = epsilon

    def start(self):
        """Returns the slots and what they begin with."""
        return {"rms": 1.0, "momentum": 0.0}

    def kernel(self, weight, slots, rate, gradient):
        """Changes a weight, its mean of squares and its sum of steps."""
        tf.raw_ops.ResourceApplyRMSProp(
            var=weight,
            ms=slots[0],
            mom=slots[1],
            lr=rate,
            rho=self.rho,
            momentum=self.momentum,
            epsilon=self.epsilon,
            grad=gradient,
        )


@keras.saving.register_keras_serializable("mnistlab.tflearn")
class Adagrad(Rule):
    """s += g², then w −= rate·g/√s."""

    hyperparameters = ("initial_accumulator_value",)

    def __init__(self, learning_rate, initial_accumulator_value: float = 0.1, **kwargs):
        super().__init__(learning_rate, **kwargs)
        self.initial_accumulator_value = initial_accumulator_value

    def start(self):
        """Returns the slot and what it begins with."""
        return {"accumulator": self.initial_accumulator_value}

    def kernel(self, weight, slots, rate, gradient):
        """Changes a weight and its sum of squares."""
        tf.raw_ops.ResourceApplyAdagrad(var=weight, accum=slots[0], lr=rate, grad=gradient)


@keras.saving.register_keras_serializable("mnistlab.tflearn")
class Adadelta(Rule):
    """s and d are means of g² and of steps squared; w −= rate·√(d + epsilon)/√(s + epsilon)·g."""

    hyperparameters = ("rho", "epsilon")

    def __init__(self, learning_rate, rho: float = 0.1, epsilon: float = 1e-8, **kwargs):
        super().__init__(learning_rate, **kwargs)
        self.rho = rho
        self.epsilon = epsilon

    def start(self):
        """Returns the slots and what they begin with."""
        return {"accum": 0.0, "accum_update": 0.0}

    def kernel(self, weight, slots, rate, gradient):
        """Changes a weight and its two means."""
        tf.raw_ops.ResourceApplyAdadelta(
            var=weight,
            accum=slots[0],
            accum_update=slots[1],
            lr=rate,
            rho=self.rho,
            epsilon=self.epsilon,
            grad=gradient,
        )


@keras.saving.register_keras_serializable("mnistlab.tflearn")
class Ftrl(Rule):
    """Follows the regularized leader: a weight is computed anew from its sums of gradients.

    Source: McMahan et al., "Ad Click Prediction: a View from the Trenches", 2013.
    """

    hyperparameters = ("learning_rate_power", "initial_accumulator_value", "l1", "l2")

    def __init__(
        self,
        learning_rate,
        learning_rate_power: float = -0.5,
        initial_accumulator_value: float = 0.1,
        l1: float = 0.0,
        l2: float = 0.0,
        **kwargs,
    ):
        super().__init__(learning_rate, **kwargs)
        self.learning_rate_power = learning_rate_power
        self.initial_accumulator_value = initial_accumulator_value
        self.l1 = l1
        self.l2 = l2

    def start(self):
        """Returns the slots and what they begin with."""
        return {"accum": self.initial_accumulator_value, "linear": 0.0}

    def kernel(self, weight, slots, rate, gradient):
        """Computes a weight and its two sums."""
        tf.raw_ops.ResourceApplyFtrl(
            var=weight,
            accum=slots[0],
            linear=slots[1],
            grad=gradient,
            lr=rate,
            l1=self.l1,
            l2=self.l2,
            lr_power=self.learning_rate_power,
        )


def _raw(variable) -> tf.Variable:
    return variable.value if isinstance(variable, keras.Variable) else variable
