"""Learning-rate schedules: tables worked out by hand, PyTorch's formula, and in training."""

import math

from mnistlab.errors import DesignError
from mnistlab.models import schedules
from mnistlab.models.schedules import OneCycle, rates

import keras
import numpy as np
import pytest


def one_cycle_of_pytorch(step, total, peak, anneal, pct_start=0.3, div=25.0, final_div=1e4):
    """torch.optim.lr_scheduler.OneCycleLR with three_phase=False, as its source has it."""
    initial = peak / div
    smallest = initial / final_div
    phases = [
        (float(pct_start * total) - 1, initial, peak),
        (total - 1, peak, smallest),
    ]
    start_step = 0.0
    for place, (end_step, start_lr, end_lr) in enumerate(phases):
        if step <= end_step or place == len(phases) - 1:
            share = (step - start_step) / (end_step - start_step)
            if anneal == "cos":
                return end_lr + (start_lr - end_lr) / 2.0 * (math.cos(math.pi * share) + 1)
            return (end_lr - start_lr) * share + start_lr
        start_step = end_step
    raise AssertionError


class TestTables:
    """Ten steps with the peak 1, worked out by hand."""

    @pytest.mark.parametrize(
        ("name", "expected"),
        [
            ("constant", [1] * 10),
            # Drops after 10/2 = 5 steps and after floor(7.5) = 7.
            ("step", [1, 1, 1, 1, 1, 0.1, 0.1, 0.01, 0.01, 0.01]),
            # (1 + cos(18 degrees * step)) / 2
            (
                "cosine",
                [1, 0.97553, 0.90451, 0.79389, 0.65451, 0.5, 0.34549, 0.20611, 0.09549, 0.02447],
            ),
        ],
    )
    def test_schedules_of_keras(self, name, expected):
        found = rates(schedules.build(name, peak=1.0, steps=10), 10)
        np.testing.assert_allclose(found, expected, atol=1e-5)

    def test_one_cycle_in_straight_lines(self):
        # From 1/25 at step 0 to 1 at step 0.3 * 10 - 1 = 2, then to 1/250,000 at step 9.
        found = rates(OneCycle(1.0, 10, shape="linear"), 10)
        expected = [0.04, 0.52, 1, 6 / 7, 5 / 7, 4 / 7, 3 / 7, 2 / 7, 1 / 7, 0]
        np.testing.assert_allclose(found, expected, atol=5e-6)
        assert found[-1] == pytest.approx(1 / 250_000, rel=0.02)

    def test_one_cycle_in_half_waves(self):
        found = rates(schedules.build("one_cycle", peak=1.0, steps=10), 10)
        # Half of the climb, and sevenths of the fall: (1 + cos(180 degrees * n / 7)) / 2.
        expected = [0.04, 0.52, 1, 0.95048, 0.81174, 0.61126, 0.38874, 0.18826, 0.04952, 0]
        np.testing.assert_allclose(found, expected, atol=1e-5)


@pytest.mark.parametrize("steps", [10, 11, 97, 1000, 2345])
@pytest.mark.parametrize(("shape", "anneal"), [("cosine", "cos"), ("linear", "linear")])
def test_one_cycle_has_the_numbers_of_pytorch(steps, shape, anneal):
    found = rates(OneCycle(0.3, steps, shape=shape), steps)
    expected = [one_cycle_of_pytorch(step, steps, 0.3, anneal) for step in range(steps)]
    np.testing.assert_allclose(found, expected, rtol=1e-4, atol=3e-7)


@pytest.mark.parametrize("steps", [1, 2, 3, 4, 5])
@pytest.mark.parametrize("name", schedules.names())
def test_short_trainings_have_finite_rates_up_to_the_peak(name, steps):
    found = rates(schedules.build(name, peak=0.1, steps=steps), steps + 3)
    assert np.isfinite(found).all()
    assert (found >= 0).all() and found.max() <= 0.1 * (1 + 1e-6)


def test_after_its_last_step_one_cycle_stays_where_it_is():
    found = rates(OneCycle(0.1, 20), 30)
    np.testing.assert_array_equal(found[19:], found[19])


@pytest.mark.parametrize("name", schedules.names())
class TestInTraining:
    def test_the_optimizer_uses_the_rate_of_each_step(self, name):
        rate = schedules.build(name, peak=0.5, steps=6)
        model = keras.Sequential([keras.Input((1,)), keras.layers.Dense(1, use_bias=False)])
        model.compile(keras.optimizers.SGD(rate), loss=lambda target, output: output)
        model.set_weights([np.zeros((1, 1))])
        # The gradient is 1 in every step, so that the weight has gone the sum of the rates.
        model.fit(np.ones((6, 1)), np.zeros((6, 1)), batch_size=1, verbose=0)
        assert -model.get_weights()[0].item() == pytest.approx(rates(rate, 6).sum(), rel=1e-5)

    def test_one_step_has_the_rate_that_it_has_among_all(self, name):
        rate = schedules.build(name, peak=0.5, steps=6)
        one_by_one = [float(rate(step) if callable(rate) else rate) for step in range(6)]
        np.testing.assert_allclose(one_by_one, rates(rate, 6), rtol=1e-6)

    def test_it_survives_being_written_down(self, name):
        optimizer = keras.optimizers.SGD(schedules.build(name, peak=0.5, steps=60), momentum=0.9)
        again = keras.optimizers.deserialize(keras.optimizers.serialize(optimizer))
        for number in (0, 10, 31, 59):
            optimizer.iterations.assign(number)
            again.iterations.assign(number)
            assert float(again.learning_rate) == float(optimizer.learning_rate)


def test_a_model_with_one_cycle_can_be_saved_by_keras(tmp_path):
    model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(1)])
    model.compile(keras.optimizers.SGD(OneCycle(0.1, 50, warmup=0.2, shape="linear")), "mse")
    model.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras")
    schedule = loaded.optimizer._learning_rate
    assert isinstance(schedule, OneCycle)
    assert schedule.get_config() == {
        "peak": 0.1,
        "steps": 50,
        "warmup": 0.2,
        "start_divisor": 25.0,
        "end_divisor": 1e4,
        "shape": "linear",
    }


class TestWhatIsRefused:
    def test_a_name_that_there_is_not(self):
        with pytest.raises(DesignError, match=r"no schedule named 'onecycle'; choose .* one_cycle"):
            schedules.build("onecycle", 0.1, 10)

    @pytest.mark.parametrize("name", schedules.names())
    @pytest.mark.parametrize("peak", [0, -0.1, math.nan, math.inf, "0.1", None, True])
    def test_a_peak_that_cannot_be(self, name, peak):
        with pytest.raises(DesignError, match=r"peak is .*; give a learning rate above 0"):
            schedules.build(name, peak, 10)

    @pytest.mark.parametrize("name", schedules.names())
    @pytest.mark.parametrize("steps", [0, -5, 2.5, "10", None, True])
    def test_steps_that_cannot_be(self, name, steps):
        with pytest.raises(DesignError, match="number of batches in the whole training"):
            schedules.build(name, 0.1, steps)

    @pytest.mark.parametrize(
        ("changes", "message"),
        [
            ({"warmup": 0}, "warmup is 0"),
            ({"warmup": 1}, "warmup is 1"),
            ({"start_divisor": 0.5}, "start_divisor is 0.5"),
            ({"end_divisor": math.nan}, "end_divisor is nan"),
            ({"shape": "cos"}, "choose 'cosine' or 'linear'"),
        ],
    )
    def test_a_cycle_that_cannot_be(self, changes, message):
        with pytest.raises(DesignError, match=message):
            OneCycle(0.1, 10, **changes)
