"""Every optimizer takes the steps that tflearn's took, computed here once more with NumPy."""

from mnistlab.errors import DesignError
from mnistlab.tflearn import optimizers, update_rules

import keras
import numpy as np
import pytest
import tensorflow as tf

SHAPES = [(3, 4), (4,)]
STEPS = 40
NEAR = 2e-6


def weights():
    generator = np.random.default_rng(1)
    return [generator.normal(0, 0.1, shape).astype("float32") for shape in SHAPES]


def gradients():
    # Of very different sizes, since that is where the rules differ.
    generator = np.random.default_rng(2)
    sizes = [10.0 ** generator.uniform(-3, 0, shape) for shape in SHAPES]
    return [
        [
            (generator.normal(0, 1, shape) * size).astype("float32")
            for shape, size in zip(SHAPES, sizes, strict=True)
        ]
        for _ in range(STEPS)
    ]


# tflearn's rules, by NumPy, in double precision: each is a generator that is sent a gradient
# and a step's number, and yields how far the weight moves.


def sgd(rate):
    move = None
    while True:
        gradient, step = yield move
        move = -rate(step) * gradient


def momentum(rate, factor=0.9, nesterov=False):
    total, move = 0.0, None
    while True:
        gradient, step = yield move
        total = factor * total + gradient
        move = -rate(step) * (gradient + factor * total if nesterov else total)


def adam(rate, beta1=0.9, beta2=0.999, epsilon=1e-8):
    first, second, move = 0.0, 0.0, None
    while True:
        gradient, step = yield move
        first = beta1 * first + (1 - beta1) * gradient
        second = beta2 * second + (1 - beta2) * gradient**2
        scale = np.sqrt(1 - beta2 ** (step + 1)) / (1 - beta1 ** (step + 1))
        move = -rate(step) * scale * first / (np.sqrt(second) + epsilon)


def rmsprop(rate, decay=0.9, factor=0.0, epsilon=1e-10):
    square, total, move = 1.0, 0.0, None
    while True:
        gradient, step = yield move
        square = decay * square + (1 - decay) * gradient**2
        total = factor * total + rate(step) * gradient / np.sqrt(square + epsilon)
        move = -total


def adagrad(rate, start=0.1):
    square, move = start, None
    while True:
        gradient, step = yield move
        square = square + gradient**2
        move = -rate(step) * gradient / np.sqrt(square)


def adadelta(rate, rho=0.1, epsilon=1e-8):
    square, moves, move = 0.0, 0.0, None
    while True:
        gradient, step = yield move
        square = rho * square + (1 - rho) * gradient**2
        change = np.sqrt(moves + epsilon) / np.sqrt(square + epsilon) * gradient
        moves = rho * moves + (1 - rho) * change**2
        move = -rate(step) * change


def ftrl(rate, weight, power=-0.5, start=0.1, l1=0.0, l2=0.0):
    weight, square, linear, move = weight.astype("float64"), start, 0.0, None
    while True:
        gradient, step = yield move
        grown = square + gradient**2
        linear = linear + gradient - (grown**-power - square**-power) / rate(step) * weight
        square = grown
        quadratic = square**-power / rate(step) + 2 * l2
        target = np.where(np.abs(linear) > l1, (np.sign(linear) * l1 - linear) / quadratic, 0.0)
        move, weight = target - weight, target


def constant(rate):
    return lambda step: rate


def decaying(rate, factor, every, staircase=False):
    def at(step):
        passed = step // every if staircase else step / every
        return rate * factor**passed

    return at


def rule(make, *args, **kwargs):
    return lambda weight: make(*args, **kwargs)


CASES = {
    "SGD": (optimizers.SGD(0.01), rule(sgd, constant(0.01))),
    "SGD by default": (optimizers.SGD(), rule(sgd, constant(0.001))),
    "SGD with decay": (
        optimizers.SGD(0.1, lr_decay=0.5, decay_step=10),
        rule(sgd, decaying(0.1, 0.5, 10)),
    ),
    "SGD with decay in stairs": (
        optimizers.SGD(0.1, lr_decay=0.5, decay_step=10, staircase=True),
        rule(sgd, decaying(0.1, 0.5, 10, staircase=True)),
    ),
    "SGD with tflearn's decay_step": (
        optimizers.SGD(0.1, lr_decay=0.1),
        rule(sgd, decaying(0.1, 0.1, 100)),
    ),
    "Momentum": (optimizers.Momentum(0.01), rule(momentum, constant(0.01))),
    "Momentum by default": (optimizers.Momentum(), rule(momentum, constant(0.001))),
    "Momentum with decay": (
        optimizers.Momentum(0.01, 0.8, lr_decay=0.5, decay_step=10),
        rule(momentum, decaying(0.01, 0.5, 10), 0.8),
    ),
    "Momentum with decay in stairs": (
        optimizers.Momentum(0.01, lr_decay=0.5, decay_step=7, staircase=True),
        rule(momentum, decaying(0.01, 0.5, 7, staircase=True)),
    ),
    "Nesterov": (optimizers.Nesterov(0.01), rule(momentum, constant(0.01), nesterov=True)),
    "Nesterov by default": (optimizers.Nesterov(), rule(momentum, constant(0.001), nesterov=True)),
    "Nesterov with decay": (
        optimizers.Nesterov(0.01, lr_decay=0.5, decay_step=10),
        rule(momentum, decaying(0.01, 0.5, 10), nesterov=True),
    ),
    "Adam": (optimizers.Adam(0.01), rule(adam, constant(0.01))),
    "Adam by default": (optimizers.Adam(), rule(adam, constant(0.001))),
    "Adam with all arguments": (
        optimizers.Adam(0.01, 0.5, 0.9, 1e-2),
        rule(adam, constant(0.01), 0.5, 0.9, 1e-2),
    ),
    "RMSProp": (optimizers.RMSProp(0.01), rule(rmsprop, constant(0.01))),
    "RMSProp by default": (optimizers.RMSProp(), rule(rmsprop, constant(0.001))),
    "RMSProp with all arguments": (
        optimizers.RMSProp(0.01, 0.99, 0.5, 1e-3),
        rule(rmsprop, constant(0.01), 0.99, 0.5, 1e-3),
    ),
    "AdaGrad": (optimizers.AdaGrad(0.01), rule(adagrad, constant(0.01))),
    "AdaGrad by default": (optimizers.AdaGrad(), rule(adagrad, constant(0.001))),
    "AdaGrad with all arguments": (
        optimizers.AdaGrad(0.01, 1e-4),
        rule(adagrad, constant(0.01), 1e-4),
    ),
    "ProximalAdaGrad": (optimizers.ProximalAdaGrad(0.01), rule(adagrad, constant(0.01))),
    "AdaDelta": (optimizers.AdaDelta(1.0), rule(adadelta, constant(1.0))),
    "AdaDelta by default": (optimizers.AdaDelta(), rule(adadelta, constant(0.001))),
    "AdaDelta with all arguments": (
        optimizers.AdaDelta(1.0, 0.95, 1e-6),
        rule(adadelta, constant(1.0), 0.95, 1e-6),
    ),
    "Ftrl": (optimizers.Ftrl(0.1), lambda weight: ftrl(constant(0.1), weight)),
    "Ftrl by default": (optimizers.Ftrl(), lambda weight: ftrl(constant(3.0), weight)),
    "Ftrl with all arguments": (
        optimizers.Ftrl(0.1, -0.7, 0.2, 0.05, 0.02),
        lambda weight: ftrl(constant(0.1), weight, -0.7, 0.2, 0.05, 0.02),
    ),
}


def by_numpy(make_rule):
    """The weights after each step."""
    current = [weight.astype("float64") for weight in weights()]
    rules = [make_rule(weight) for weight in weights()]
    for each in rules:
        next(each)
    path = []
    for step, grads in enumerate(gradients()):
        moves = [
            each.send((grad.astype("float64"), step))
            for each, grad in zip(rules, grads, strict=True)
        ]
        current = [weight + move for weight, move in zip(current, moves, strict=True)]
        path.append(current)
    return path


def by_keras(optimizer, compiled=True, steps=STEPS, counter=None):
    """The weights after each step."""
    variables = [keras.Variable(each) for each in weights()]
    optimizer.build(variables)

    def update(grads):
        optimizer.apply(grads, variables)

    update = tf.function(update) if compiled else update
    path = []
    for grads in gradients()[:steps]:
        update([tf.constant(grad) for grad in grads])
        if counter is not None:
            counter.assign_add(1)
        path.append([variable.numpy() for variable in variables])
    return path


def farthest(ours, theirs):
    return max(
        np.abs(one - other).max()
        for left, right in zip(ours, theirs, strict=True)
        for one, other in zip(left, right, strict=True)
    )


@pytest.mark.parametrize("name", CASES)
def test_forty_steps_are_tflearns(name):
    optimizer, make_rule = CASES[name]
    assert farthest(by_keras(optimizer.make()), by_numpy(make_rule)) < NEAR


@pytest.mark.parametrize("name", CASES)
def test_the_first_step_is_tflearns_also_eagerly(name):
    optimizer, make_rule = CASES[name]
    found = by_keras(optimizer.make(), compiled=False, steps=1)
    assert farthest(found, by_numpy(make_rule)[:1]) < NEAR


V1 = tf.compat.v1.train
TENSORFLOW_1 = {
    "SGD": lambda: V1.GradientDescentOptimizer(0.01),
    "Momentum": lambda: V1.MomentumOptimizer(0.01, 0.9),
    "Nesterov": lambda: V1.MomentumOptimizer(0.01, 0.9, use_nesterov=True),
    "Adam": lambda: V1.AdamOptimizer(0.01, epsilon=1e-8),
    "RMSProp": lambda: V1.RMSPropOptimizer(0.01, 0.9, 0.0, 1e-10),
    "AdaGrad": lambda: V1.AdagradOptimizer(0.01, 0.1),
    "AdaDelta": lambda: V1.AdadeltaOptimizer(1.0, 0.1, 1e-8),
    "Ftrl": lambda: V1.FtrlOptimizer(0.1, -0.5, 0.1, 0.0, 0.0),
}


@pytest.mark.parametrize("name", TENSORFLOW_1)
def test_steps_are_those_of_tensorflow_1s_own_optimizers(name):
    ours = by_keras(CASES[name][0].make())
    theirs = by_keras(optimizers.wrap(TENSORFLOW_1[name]()).make(), compiled=False)
    assert farthest(ours, theirs) < NEAR


@pytest.mark.parametrize(
    "name",
    ["SGD with decay", "Momentum with decay", "Nesterov with decay", "SGD with decay in stairs"],
)
def test_decay_follows_the_regressions_counter(name):
    optimizer, make_rule = CASES[name]
    counter = keras.Variable(0, dtype="int64", trainable=False)
    found = by_keras(optimizer.make(counter), counter=counter)
    assert farthest(found, by_numpy(make_rule)) < NEAR
    counter.assign(0)
    stopped = by_keras(optimizer.make(counter))
    assert farthest(found, stopped) > 1e-3


class TestWhereKerasDiffers:
    """Published differences: a test that Keras' own optimizers pass would prove nothing."""

    def first_step(self, optimizer, gradient):
        variable = keras.Variable([0.0])
        optimizer.build([variable])
        optimizer.apply([tf.constant([gradient])], [variable])
        return float(variable.numpy()[0])

    def test_rmsprops_first_step(self):
        ours = self.first_step(optimizers.RMSProp(0.01).make(), 1.76)
        stock = self.first_step(keras.optimizers.RMSprop(0.01, rho=0.9, epsilon=1e-10), 1.76)
        assert ours == pytest.approx(-0.016, abs=1e-5)
        assert stock == pytest.approx(-0.0316, abs=1e-4)

    def test_rmsprop_with_small_gradients(self):
        ours = self.first_step(optimizers.RMSProp(0.01).make(), 0.01)
        stock = self.first_step(keras.optimizers.RMSprop(0.01, rho=0.9, epsilon=1e-10), 0.01)
        assert stock / ours > 29

    def test_momentum_with_decay(self):
        expected = by_numpy(CASES["Momentum with decay"][1])
        schedule = keras.optimizers.schedules.ExponentialDecay(0.01, 10, 0.5)
        stock = by_keras(keras.optimizers.SGD(schedule, momentum=0.8))
        moved = np.abs(expected[-1][0] - weights()[0]).max()
        assert np.abs(stock[-1][0] - expected[-1][0]).max() > 0.1 * moved

    def test_adadelta_and_adagrad(self):
        for ours, stock in (
            (optimizers.AdaDelta(1.0), keras.optimizers.Adadelta(1.0)),
            (optimizers.AdaGrad(0.1, 1e-12), keras.optimizers.Adagrad(0.1, 1e-12)),
        ):
            ours, stock = (self.first_step(each, 1e-4) for each in (ours.make(), stock))
            assert abs(ours - stock) > 1e-5

    def test_adam_with_tiny_gradients(self):
        ours = self.first_step(optimizers.Adam(0.01).make(), 1e-7)
        stock = self.first_step(keras.optimizers.Adam(0.01), 1e-7)
        assert ours == pytest.approx(
            -0.01 * 1e-7 * 0.1 / 0.1 / (1e-7 + 1e-8 / 0.001**0.5), rel=1e-3
        )
        assert stock / ours < 0.5


DEFAULTS = {
    "SGD": {"lr_decay": 0.0, "decay_step": 100, "staircase": False},
    "Momentum": {"momentum": 0.9, "lr_decay": 0.0, "decay_step": 100, "staircase": False},
    "Nesterov": {"momentum": 0.9, "lr_decay": 0.0, "decay_step": 100, "staircase": False},
    "Adam": {"beta1": 0.9, "beta2": 0.999, "epsilon": 1e-8},
    "RMSProp": {"decay": 0.9, "momentum": 0.0, "epsilon": 1e-10},
    "AdaGrad": {"initial_accumulator_value": 0.1},
    "ProximalAdaGrad": {"initial_accumulator_value": 0.1},
    "AdaDelta": {"rho": 0.1, "epsilon": 1e-8},
    "Ftrl": {
        "learning_rate_power": -0.5,
        "initial_accumulator_value": 0.1,
        "l1_regularization_strength": 0.0,
        "l2_regularization_strength": 0.0,
    },
}


@pytest.mark.parametrize("name", DEFAULTS)
def test_names_and_defaults(name):
    for spelled in (name, name.lower(), name.upper()):
        assert optimizers.get(spelled) is getattr(optimizers, name)
    assert getattr(optimizers, name.lower()) is getattr(optimizers, name)
    optimizer = optimizers.get(name)()
    assert optimizer.name == {"ProximalAdaGrad": "AdaGrad"}.get(name, name)
    assert optimizer.learning_rate == (3.0 if name == "Ftrl" else 0.001)
    for attribute, value in DEFAULTS[name].items():
        assert getattr(optimizer, attribute) == value
    assert not optimizer.use_locking
    assert optimizers.get(name)(0.5, name="mine").name == "mine"


@pytest.mark.parametrize("name", ["lion", "keras", "Optimizer", "Decay", "_Decaying", ""])
def test_unknown_names_are_refused_in_tflearns_words(name):
    with pytest.raises(Exception, match=f"^Invalid optimizer: {name}$"):
        optimizers.get(name)


def test_anything_else_is_returned_as_it_is():
    for thing in (optimizers.Adam(), keras.optimizers.Adam(), lambda rate: (None, None)):
        assert optimizers.get(thing) is thing


class TestObjects:
    def test_they_give_one_optimizer_of_keras(self):
        adam = optimizers.Adam(0.01)
        assert not adam.built
        made = adam.get_tensor()
        assert isinstance(made, keras.optimizers.Optimizer)
        assert adam.get_tensor() is adam() is adam.tensor is made
        assert adam.make() is not made

    def test_decay_needs_a_counter(self):
        sgd = optimizers.SGD(0.1, lr_decay=0.9)
        assert sgd.has_decay
        assert not optimizers.SGD(0.1).has_decay
        message = r"^Learning rate decay but no step_tensor provided\.$"
        for build in (sgd.build, sgd.get_tensor, sgd):
            with pytest.raises(Exception, match=message):
                build()
        counter = keras.Variable(100, dtype="int64", trainable=False)
        sgd.build(counter)
        assert float(sgd.get_tensor().learning_rate) == pytest.approx(0.09)
        assert sgd.learning_rate == 0.1

    def test_one_of_ones_own_needs_a_make(self):
        with pytest.raises(NotImplementedError, match=r"^Mine has no make\(step\)"):
            type("Mine", (optimizers.Optimizer,), {})(0.1).build()

    @pytest.mark.parametrize(
        "make",
        [
            lambda rate: rate,
            lambda rate: lambda: rate,
            lambda rate: np.float32(rate),
            lambda rate: tf.constant(rate),
            lambda rate: tf.Variable(rate),
            lambda rate: keras.Variable(rate),
            lambda rate: keras.optimizers.schedules.ExponentialDecay(rate, 1, 1.0),
        ],
    )
    def test_rates_of_every_kind(self, make):
        found = by_keras(optimizers.SGD(make(0.5)).make(), steps=2)
        expected = by_numpy(rule(sgd, constant(0.5)))[:2]
        assert farthest(found, expected) < NEAR

    def test_a_rate_can_change(self):
        rate = tf.Variable(1.0)
        optimizer = optimizers.SGD(rate).make()
        variable = keras.Variable([0.0])
        optimizer.build([variable])
        update = tf.function(lambda: optimizer.apply([tf.constant([1.0])], [variable]))
        update()
        rate.assign(0.25)
        update()
        assert variable.numpy().tolist() == [-1.25]


SLOTS = {
    "SGD": [],
    "Momentum": ["Momentum"],
    "Nesterov": ["Nesterov"],
    "Adam": ["Adam", "Adam_1"],
    "RMSProp": ["RMSProp", "RMSProp_1"],
    "AdaGrad": ["AdaGrad"],
    "ProximalAdaGrad": ["AdaGrad"],
    "AdaDelta": ["AdaDelta", "AdaDelta_1"],
    "Ftrl": ["Ftrl", "Ftrl_1"],
}


class TestSlots:
    def updated(self, optimizer):
        variables = [keras.Variable(each) for each in weights()]
        made = optimizer.make()
        made.build(variables)
        made.apply([tf.constant(each) for each in gradients()[0]], variables)
        return made, variables

    @pytest.mark.parametrize("name", SLOTS)
    def test_names_in_a_checkpoint(self, name):
        optimizer = optimizers.get(name)()
        made, variables = self.updated(optimizer)
        for variable in variables:
            slots = optimizer.slots(made, variable, "Conv2D/W")
            assert list(slots) == [f"Conv2D/W/{each}" for each in SLOTS[name]]
            assert all(slot.shape == variable.shape for slot in slots.values())
        assert len(made.variables) == 2 + len(variables) * len(SLOTS[name])

    def test_the_order_is_tensorflow_1s(self):
        gradient = gradients()[0][0]
        for optimizer, first, second in (
            (optimizers.Adam(0.01), 0.1 * gradient, 0.001 * gradient**2),
            (
                optimizers.RMSProp(0.01),
                0.9 + 0.1 * gradient**2,
                0.01 * gradient / np.sqrt(0.9 + 0.1 * gradient**2),
            ),
        ):
            made, variables = self.updated(optimizer)
            slots = list(optimizer.slots(made, variables[0], "W").values())
            np.testing.assert_allclose(slots[0].numpy(), first, rtol=1e-4)
            np.testing.assert_allclose(slots[1].numpy(), second, rtol=1e-4)

    def test_a_second_optimizer_of_the_name_counts_on(self):
        optimizer = optimizers.Adam()
        made, variables = self.updated(optimizer)
        slots = optimizer.slots(made, variables[0], "W", taken={"W/Adam", "W/Adam_1"})
        assert list(slots) == ["W/Adam_2", "W/Adam_3"]

    def test_rmsprop_begins_with_ones(self):
        optimizer = optimizers.RMSProp()
        variable = keras.Variable(weights()[0])
        made = optimizer.make()
        made.build([variable])
        squares, steps = made.slots_of(variable)
        assert (squares.numpy() == 1).all()
        assert not steps.numpy().any()

    @pytest.mark.parametrize("name", [name for name in TENSORFLOW_1 if name != "SGD"])
    def test_those_of_tensorflow_1s_optimizers(self, name):
        optimizer = optimizers.wrap(TENSORFLOW_1[name]())
        made, variables = self.updated(optimizer)
        ours, our_variables = self.updated(CASES[name][0])
        found = optimizer.slots(made, variables[0], "W")
        assert next(iter(found)) == f"W/{optimizer.name}"
        for slot, our_slot in zip(found.values(), ours.slots_of(our_variables[0]), strict=True):
            np.testing.assert_allclose(slot.numpy(), our_slot.numpy(), rtol=1e-5, atol=1e-9)


class TestOtherOptimizers:
    def test_one_of_keras(self):
        own = keras.optimizers.Adam(0.01, epsilon=1e-8)
        wrapped = optimizers.wrap(own)
        assert wrapped.name == "Adam"
        assert float(wrapped.learning_rate) == pytest.approx(0.01)
        made = [wrapped.make() for _ in range(3)]
        assert made[0] is own
        assert len({id(each) for each in made}) == 3
        for each in made:
            assert isinstance(each, keras.optimizers.Adam)
            assert farthest(by_keras(each), by_numpy(CASES["Adam"][1])) < NEAR

    def test_one_of_keras_that_was_used_before_begins_anew(self):
        own = keras.optimizers.Adam(0.01, epsilon=1e-8)
        by_keras(own)
        made = optimizers.wrap(own).make()
        assert farthest(by_keras(made), by_numpy(CASES["Adam"][1])) < NEAR

    def test_slots_of_one_of_keras(self):
        wrapped = optimizers.wrap(keras.optimizers.Adam(0.01))
        made = wrapped.make()
        variables = [keras.Variable(each) for each in weights()]
        made.build(variables)
        names = [list(wrapped.slots(made, each, "W")) for each in variables]
        assert names == [["W/Adam", "W/Adam_1"]] * 2
        assert not wrapped.slots(made, keras.Variable([0.0]), "W")

    def test_a_counter_of_ones_own_counts(self):
        counter = tf.Variable(0.0)
        for optimizer in (
            keras.optimizers.SGD(lambda: 0.1 / (1 + counter)),
            V1.GradientDescentOptimizer(lambda: 0.1 / (1 + counter)),
        ):
            counter.assign(0.0)
            made = optimizers.wrap(optimizer, counter).make()
            found = by_keras(made, compiled=False, steps=3)
            expected = by_numpy(rule(sgd, lambda step: 0.1 / (1 + step)))[:3]
            assert float(counter) == 3
            assert farthest(found, expected) < NEAR

    def test_one_of_tensorflow_1_works_eagerly(self):
        wrapped = optimizers.wrap(V1.AdamOptimizer(0.01))
        made = wrapped.make()
        assert made.eager
        assert farthest(by_keras(made, compiled=False), by_numpy(CASES["Adam"][1])) < NEAR
        assert int(made.iterations.numpy()) == STEPS
        again = by_keras(wrapped.make(), compiled=False, steps=1)
        assert farthest(again, by_numpy(CASES["Adam"][1])[:1]) < NEAR

    def test_tflearns_are_left_as_they_are(self):
        adam = optimizers.Adam()
        assert optimizers.wrap(adam) is adam

    @pytest.mark.parametrize("thing", ["adam", None, optimizers.Adam, 0.1])
    def test_all_else_is_refused(self, thing):
        with pytest.raises(DesignError, match=r"^The optimizer is a .*Give a name, as 'adam'"):
            optimizers.wrap(thing)


class TestRules:
    def test_some_of_the_variables_can_be_left_out(self):
        variables = [keras.Variable(each) for each in weights()]
        made = optimizers.Momentum(0.1).make()
        made.build(variables)
        gradient = gradients()[0][1]
        made.apply([tf.constant(gradient)], variables[1:])
        np.testing.assert_array_equal(variables[0].numpy(), weights()[0])
        np.testing.assert_allclose(variables[1].numpy(), weights()[1] - 0.1 * gradient, atol=NEAR)

    def test_rows_of_a_table_are_updated(self):
        table = keras.Variable(np.ones((3, 2), "float32"))
        made = optimizers.SGD(0.5).make()
        made.build([table])
        made.apply([tf.IndexedSlices(tf.ones((1, 2)), tf.constant([1]), (3, 2))], [table])
        assert table.numpy().tolist() == [[1, 1], [0.5, 0.5], [1, 1]]

    @pytest.mark.parametrize("name", CASES)
    def test_they_survive_a_keras_file(self, name):
        made = CASES[name][0].make()
        again = keras.optimizers.deserialize(keras.optimizers.serialize(made))
        assert type(again) is type(made)
        assert farthest(by_keras(again), by_keras(made)) == 0

    def test_a_model_is_trained_and_saved_with_one(self, tmp_path):
        model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(2)])
        model.compile(optimizers.RMSProp(0.01, momentum=0.5).make(), "mse")
        x, y = np.ones((8, 4), "float32"), np.ones((8, 2), "float32")
        model.fit(x, y, verbose=0)
        model.save(tmp_path / "model.keras")
        again = keras.saving.load_model(tmp_path / "model.keras")
        model.fit(x, y, verbose=0)
        again.fit(x, y, verbose=0)
        np.testing.assert_array_equal(again.get_weights()[0], model.get_weights()[0])

    def test_a_rule_of_ones_own_needs_a_kernel(self):
        variable = keras.Variable([0.0])
        with pytest.raises(NotImplementedError):
            update_rules.Rule(0.1).apply([tf.constant([1.0])], [variable])
