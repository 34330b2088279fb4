"""Fresh weights have tflearn's distributions, in every form that they are asked for."""

import math

from mnistlab.tflearn import initializations
from mnistlab.tflearn.graph import current

import keras
import numpy as np
import pytest
import tensorflow as tf

NAMES = [
    *("zeros", "uniform", "uniform_scaling", "normal", "truncated_normal", "xavier"),
    "variance_scaling",
]


@pytest.fixture(autouse=True)
def seeded():
    current().seed_with(1)


def drawn(initializer, shape=(1000, 1000)):
    values = np.asarray(initializer(shape))
    assert values.dtype == "float32"
    assert values.shape == shape
    return values


@pytest.mark.parametrize("name", NAMES)
def test_each_name_gives_an_initializer_of_keras(name):
    initializer = initializations.get(name)()
    assert isinstance(initializer, keras.initializers.Initializer)
    assert drawn(initializer, (3, 4)).shape == (3, 4)
    for spelled in (name, name.upper(), name.title()):
        assert initializations.get(spelled) is getattr(initializations, name)


@pytest.mark.parametrize("name", ["glorot_uniform", "np", "VarianceScaling", "xaviers"])
def test_unknown_names_are_refused_in_tflearns_words(name):
    with pytest.raises(Exception, match=f"^Invalid initializations: {name}$"):
        initializations.get(name)


def test_a_callable_is_returned_as_it_is():
    assert initializations.get(math.sqrt) is math.sqrt


class TestDistributions:
    def test_zeros(self):
        assert not drawn(initializations.zeros()).any()

    def test_uniform(self):
        values = drawn(initializations.uniform())
        assert 0 <= values.min() < 1e-4
        assert 1 - 1e-4 < values.max() < 1
        assert values.mean() == pytest.approx(0.5, abs=2e-3)

    def test_uniform_between_bounds(self):
        values = drawn(initializations.uniform(minval=-2, maxval=3))
        assert -2 <= values.min() < -1.999
        assert 2.999 < values.max() < 3

    @pytest.mark.parametrize(
        ("shape", "bound"),
        [((3, 3, 32, 64), 0.10206), ((784, 500), math.sqrt(3 / 784)), ((100_000,), math.sqrt(3))],
    )
    def test_uniform_scaling(self, shape, bound):
        values = drawn(initializations.uniform_scaling(), shape)
        assert 0.999 * bound < values.max() <= bound * 1.0001
        assert -0.999 * bound > values.min() >= -bound * 1.0001
        assert values.std() == pytest.approx(bound / math.sqrt(3), rel=0.01)

    def test_uniform_scaling_by_a_factor(self):
        values = drawn(initializations.uniform_scaling(factor=1.43))
        assert np.abs(values).max() == pytest.approx(1.43 * math.sqrt(3 / 1000), rel=1e-3)

    def test_normal(self):
        values = drawn(initializations.normal())
        assert values.mean() == pytest.approx(0, abs=1e-4)
        assert values.std() == pytest.approx(0.02, rel=5e-3)
        assert np.abs(values).max() > 0.08

    def test_normal_with_mean_and_stddev(self):
        values = drawn(initializations.normal(mean=1.0, stddev=0.002))
        assert values.mean() == pytest.approx(1, abs=1e-4)
        assert values.std() == pytest.approx(0.002, rel=5e-3)

    def test_truncated_normal(self):
        values = drawn(initializations.truncated_normal())
        assert values.std() == pytest.approx(0.01759, rel=3e-3)
        assert 0.0399 < np.abs(values).max() <= 0.04

    def test_xavier_uniform(self):
        values = drawn(initializations.xavier(), (5, 5, 40, 60))
        bound = math.sqrt(6 / (25 * 100))
        assert 0.999 * bound < np.abs(values).max() <= bound * 1.0001

    def test_xavier_normal(self):
        values = drawn(initializations.xavier(uniform=False), (1000, 600))
        before = math.sqrt(1.3 * 2 / 1600)
        assert values.std() == pytest.approx(0.87962 * before, rel=5e-3)
        assert 1.99 * before < np.abs(values).max() <= 2.0001 * before

    @pytest.mark.parametrize(
        ("mode", "count"), [("FAN_IN", 9 * 32), ("FAN_OUT", 9 * 64), ("FAN_AVG", 9 * 48)]
    )
    def test_variance_scaling_by_what_is_counted(self, mode, count):
        values = drawn(initializations.variance_scaling(mode=mode), (3, 3, 32, 64))
        bound = 2 * math.sqrt(1.3 * 2.0 / count)
        assert 0.99 * bound < np.abs(values).max() <= bound * 1.0001
        assert values.std() == pytest.approx(0.87962 * bound / 2, rel=0.02)

    def test_variance_scaling_is_not_keras(self):
        ours = drawn(initializations.variance_scaling(seed=3))
        keras_own = keras.initializers.VarianceScaling(2.0, "fan_in", "truncated_normal", seed=3)
        assert ours.std() / np.asarray(keras_own((1000, 1000))).std() == pytest.approx(
            math.sqrt(1.3) * 0.87962566, rel=1e-4
        )

    def test_variance_scaling_uniform(self):
        values = drawn(initializations.variance_scaling(1.0, uniform=True), (300, 900))
        bound = math.sqrt(3 / 300)
        assert 0.999 * bound < np.abs(values).max() <= bound * 1.0001

    def test_variance_scaling_of_one_length(self):
        values = drawn(initializations.variance_scaling(), (100_000,))
        assert np.abs(values).max() <= 2.0001 * math.sqrt(2.6 / 100_000)

    def test_an_unknown_mode_is_refused(self):
        with pytest.raises(TypeError, match=r"^Unknown mode fan_in"):
            initializations.variance_scaling(mode="fan_in")


class TestSeeds:
    @pytest.mark.parametrize("name", [name for name in NAMES if name != "zeros"])
    def test_a_seed_gives_the_same_values_again(self, name):
        make = initializations.get(name)
        first = drawn(make(seed=4), (9, 9))
        np.testing.assert_array_equal(first, drawn(make(seed=4), (9, 9)))
        assert not np.array_equal(first, drawn(make(seed=5), (9, 9)))

    def test_without_one_values_differ(self):
        make = initializations.normal
        assert not np.array_equal(drawn(make(), (9, 9)), drawn(make(), (9, 9)))
        assert not np.array_equal(make((9, 9)).numpy(), make((9, 9)).numpy())

    def test_the_graphs_seed_rules(self):
        def three():
            tf.compat.v1.reset_default_graph()
            current().seed_with(7)
            return [drawn(initializations.normal(), (3, 3)) for _ in range(3)]

        np.testing.assert_array_equal(three(), three())

    def test_tensorflows_seed_rules_otherwise(self):
        def two():
            tf.compat.v1.reset_default_graph()
            tf.random.set_seed(8)
            return [drawn(initializations.normal(), (3, 3)) for _ in range(2)]

        np.testing.assert_array_equal(two(), two())

    def test_values_are_drawn_anew_unless_there_is_a_seed(self):
        free, seeded = initializations.normal(), initializations.normal(seed=1)
        draws = [initializations.draw(free, (9, 9)) for _ in range(2)]
        assert not np.array_equal(*draws)
        draws = [initializations.draw(seeded, (9, 9)) for _ in range(2)]
        np.testing.assert_array_equal(*draws)
        assert isinstance(draws[0], np.ndarray)


def test_a_shape_gives_a_tensor_of_that_type():
    assert initializations.normal([2, 3], dtype=tf.float64).dtype == tf.float64
    assert initializations.zeros((2, 3)).shape == (2, 3)
    assert initializations.uniform_scaling([2, 3], seed=1).shape == (2, 3)


def test_whole_numbers_are_refused():
    with pytest.raises(ValueError, match=r"non-floating point type int32; use tf\.float32"):
        initializations.uniform((3,), maxval=4, dtype=tf.int32)


@pytest.mark.parametrize("name", NAMES)
def test_initializers_survive_a_keras_file(name):
    initializer = initializations.get(name)()
    again = keras.initializers.deserialize(keras.initializers.serialize(initializer))
    assert type(again) is type(initializer)
    assert again.get_config() == initializer.get_config()


class TestLayersArguments:
    def test_a_name(self):
        initializer, shape = initializations.as_initializer("truncated_normal")
        assert shape is None
        assert drawn(initializer).std() == pytest.approx(0.01759, rel=3e-3)

    def test_an_unknown_name(self):
        with pytest.raises(Exception, match=r"^Invalid initializations: he_normal$"):
            initializations.as_initializer("he_normal")

    def test_one_object_in_two_layers_draws_twice(self):
        shared = initializations.truncated_normal(stddev=0.1)
        first, second = (initializations.as_initializer(shared)[0] for _ in range(2))
        assert drawn(first).std() == pytest.approx(0.08796, rel=3e-3)
        assert not np.array_equal(drawn(first), drawn(second))

    def test_the_function_itself(self):
        initializer, shape = initializations.as_initializer(initializations.normal)
        assert shape is None
        assert drawn(initializer).std() == pytest.approx(0.02, rel=5e-3)

    @pytest.mark.parametrize(
        "make",
        [
            lambda: keras.initializers.RandomNormal(stddev=0.3),
            lambda: tf.keras.initializers.RandomNormal(stddev=0.3),
            lambda: tf.random_normal_initializer(stddev=0.3),
            lambda: tf.compat.v1.random_normal_initializer(stddev=0.3),
            lambda: lambda shape: np.random.default_rng(1).normal(0, 0.3, shape),
            lambda: lambda shape, dtype: tf.random.normal(shape, stddev=0.3, dtype=dtype),
        ],
    )
    def test_others_initializers(self, make):
        initializer, shape = initializations.as_initializer(make())
        assert shape is None
        assert isinstance(initializer, keras.initializers.Initializer)
        assert drawn(initializer).std() == pytest.approx(0.3, rel=5e-3)
        assert drawn(initializer.clone()).std() == pytest.approx(0.3, rel=5e-3)

    def test_a_class_of_keras(self):
        initializer, _ = initializations.as_initializer(keras.initializers.Ones)
        assert drawn(initializer, (3,)).tolist() == [1, 1, 1]

    @pytest.mark.parametrize(
        "make",
        [
            lambda values: values,
            lambda values: np.array(values, "float64"),
            lambda values: tf.constant(values),
            lambda values: keras.Variable(values),
            lambda values: tf.Variable(values),
        ],
    )
    def test_values_bring_their_shape(self, make):
        initializer, shape = initializations.as_initializer(make([[1.0, 2.0, 3.0]]))
        assert shape == (1, 3)
        assert drawn(initializer, shape).tolist() == [[1, 2, 3]]

    def test_a_number_fills(self):
        initializer, shape = initializations.as_initializer(-3)
        assert shape is None
        assert drawn(initializer, (2, 2)).tolist() == [[-3, -3], [-3, -3]]

    def test_nothing_is_xavier(self):
        initializer, _ = initializations.as_initializer(None)
        assert np.abs(drawn(initializer)).max() == pytest.approx(math.sqrt(6 / 2000), rel=1e-3)

    def test_a_keras_file_needs_no_values(self):
        layer = keras.layers.Dense(3, kernel_initializer=initializations.as_initializer(2.0)[0])
        layer.build((None, 2))
        again = keras.layers.Dense.from_config(layer.get_config())
        again.build((None, 2))
        assert not np.asarray(again.kernel).any()
