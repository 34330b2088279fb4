"""Preparation: values worked out by hand, and inverses that lead back."""

from mnistlab.data import preparation
from mnistlab.data.preparation import (
    Scaling,
    add_channel,
    center,
    labels_of,
    load_dataset,
    one_hot,
    prep_pixels,
    standardize,
    undo_unit_scale,
    unit_scale,
)
from mnistlab.errors import DataError

import hypothesis
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as numpy_st

repeatable = hypothesis.settings(max_examples=60, deadline=None, derandomize=True, database=None)
digits = numpy_st.arrays("uint8", st.integers(0, 30), elements=st.integers(0, 9))
pixels = numpy_st.arrays("uint8", numpy_st.array_shapes(max_dims=3, max_side=8))
few_images = numpy_st.arrays("uint8", st.tuples(st.integers(1, 2), st.just(28), st.just(28)))


class TestOneHot:
    def test_by_hand(self):
        expected = [[0, 0, 0, 1, 0, 0, 0, 0, 0, 0], [1, 0, 0, 0, 0, 0, 0, 0, 0, 0]]
        encoded = one_hot(np.array([3, 0]))
        assert encoded.tolist() == expected
        assert encoded.dtype == np.float32

    def test_reversed_by_hand(self):
        encoded = one_hot(np.array([0, 1, 9]), reverse=True)
        assert encoded.argmax(axis=1).tolist() == [9, 8, 0]
        assert encoded.flags.c_contiguous

    @repeatable
    @given(labels=digits, reverse=st.booleans())
    def test_there_and_back(self, labels, reverse):
        encoded = one_hot(labels, reverse)
        assert encoded.shape == (len(labels), 10)
        assert (encoded.sum(axis=1) == 1).all()
        np.testing.assert_array_equal(labels_of(encoded, reverse), labels)

    @repeatable
    @given(labels=digits)
    def test_the_reversed_order_is_the_mirror_image(self, labels):
        np.testing.assert_array_equal(one_hot(labels)[:, ::-1], one_hot(labels, reverse=True))

    @pytest.mark.parametrize(
        ("labels", "message"),
        [
            ([0, 10], "found 10 at index 1"),
            ([-1], "found -1 at index 0"),
            ([1.0], "found float64"),
            ([True], "found bool"),
            (["7"], "found <U1"),
            (7, r"have the shape \(\)"),
            (np.eye(10), r"have the shape \(10, 10\)"),
        ],
    )
    def test_what_is_no_label_is_refused(self, labels, message):
        with pytest.raises(DataError, match=message):
            one_hot(labels)


class TestLabelsOf:
    def test_the_largest_of_probabilities(self):
        rows = np.full((2, 10), 0.05)
        rows[0, 4] = rows[1, 9] = 0.55
        assert labels_of(rows).tolist() == [4, 9]
        assert labels_of(rows, reverse=True).tolist() == [5, 0]

    @pytest.mark.parametrize("shape", [(10,), (3, 9), (3, 10, 1), ()])
    def test_other_shapes_are_refused(self, shape):
        with pytest.raises(DataError, match=r"labels_of takes ten numbers for each image"):
            labels_of(np.zeros(shape))


class TestChannel:
    def test_it_is_a_view_of_the_same_pixels(self):
        images = np.arange(2 * 28 * 28, dtype="uint16").reshape(2, 28, 28)
        with_channel = add_channel(images)
        assert with_channel.shape == (2, 28, 28, 1)
        assert np.shares_memory(with_channel, images)
        np.testing.assert_array_equal(with_channel[..., 0], images)

    @pytest.mark.parametrize("shape", [(2, 28, 28, 1), (28, 28)])
    def test_a_second_channel_or_a_single_image_is_refused(self, shape):
        with pytest.raises(DataError, match=r"add_channel takes \(n, 28, 28\)"):
            add_channel(np.zeros(shape))


class TestUnitScale:
    def test_by_hand(self):
        train, test = prep_pixels(np.uint8([[0, 51, 255]]), np.uint8([[102]]))
        np.testing.assert_allclose(train, [[0, 0.2, 1]], rtol=1e-7)
        np.testing.assert_allclose(test, [[0.4]], rtol=1e-7)
        assert train.dtype == test.dtype == np.float32

    def test_the_arguments_stay_as_they_are(self):
        images = np.uint8([[0, 255]])
        prep_pixels(images, images)
        assert images.tolist() == [[0, 255]]

    @repeatable
    @given(images=pixels)
    def test_there_and_back(self, images):
        scaled = unit_scale(images)
        assert scaled.size == 0 or (scaled.min() >= 0 and scaled.max() <= 1)
        np.testing.assert_array_equal(undo_unit_scale(scaled), images)

    def test_every_gray_value_comes_back(self):
        values = np.arange(256, dtype="uint8")
        np.testing.assert_array_equal(undo_unit_scale(unit_scale(values)), values)

    def test_back_from_values_outside(self):
        assert undo_unit_scale(np.array([-0.5, 1.5])).tolist() == [0, 255]

    @pytest.mark.parametrize("dtype", ["float32", "float64", "int64", "bool", "int8"])
    def test_other_types_are_refused_and_named(self, dtype):
        good, bad = np.zeros((1, 28, 28), "uint8"), np.zeros((1, 28, 28), dtype)
        with pytest.raises(DataError, match=f"^train has the type {dtype}"):
            prep_pixels(bad, good)
        with pytest.raises(DataError, match=f"^test has the type {dtype}.*scaled already"):
            prep_pixels(good, bad)


class TestScaling:
    def test_centering_by_hand(self):
        train = np.zeros((2, 28, 28), "uint8")
        train[1] = 100
        scaling = center(train)
        assert (scaling.mean, scaling.std) == (50, 1)
        assert np.unique(scaling.apply(train)).tolist() == [-50, 50]

    def test_standardizing_by_hand(self):
        train = np.zeros((4, 28, 28), "uint8")
        train[2:] = 100
        scaling = standardize(train)
        assert (scaling.mean, scaling.std) == (50, 50)
        assert np.unique(scaling.apply(train)).tolist() == [-1, 1]

    def test_other_images_are_scaled_by_the_training_statistics(self):
        train = np.zeros((2, 28, 28), "uint8")
        train[1] = 100
        assert standardize(train).apply(np.full((1, 28, 28), 200)).max() == 3

    @repeatable
    @given(images=few_images)
    def test_centering_there_and_back(self, images):
        scaling = center(images)
        assert scaling.apply(images).mean(dtype="float64") == pytest.approx(0, abs=1e-4)
        np.testing.assert_allclose(scaling.undo(scaling.apply(images)), images, atol=1e-3)

    @repeatable
    @given(images=few_images)
    def test_standardizing_there_and_back(self, images):
        images[0, 0, :2] = 0, 255
        scaling = standardize(images)
        scaled = scaling.apply(images)
        assert scaled.mean(dtype="float64") == pytest.approx(0, abs=1e-4)
        assert scaled.std(dtype="float64") == pytest.approx(1, abs=1e-4)
        np.testing.assert_allclose(scaling.undo(scaled), images, atol=1e-3)

    @repeatable
    @given(mean=st.floats(-1e3, 1e3), std=st.floats(0.1, 1e3))
    def test_undo_is_the_inverse(self, mean, std):
        values = np.linspace(0, 255, 7, dtype="float32")
        scaling = Scaling(mean, std)
        np.testing.assert_allclose(scaling.undo(scaling.apply(values)), values, atol=1e-2)

    def test_results_are_float32(self):
        scaling = Scaling(1.5, 2.0)
        values = np.arange(3, dtype="float64")
        assert scaling.apply(values).dtype == scaling.undo(values).dtype == np.float32

    def test_uint8_is_not_subtracted_as_uint8(self):
        assert Scaling(10).apply(np.uint8([0])).tolist() == [-10]

    @repeatable
    @given(value=st.floats(0, 1, width=32), count=st.integers(1, 3))
    def test_equal_pixels_cannot_be_standardized(self, value, count):
        with pytest.raises(DataError, match="same value in every pixel"):
            standardize(np.full((count, 28, 28), value, "float32"))

    @pytest.mark.parametrize("scale", [center, standardize])
    def test_what_is_no_training_set_is_refused(self, scale):
        with pytest.raises(DataError, match="train has no images"):
            scale(np.zeros((0, 28, 28)))
        with pytest.raises(DataError, match="train: expected finite pixels"):
            scale(np.full((1, 28, 28), np.nan))
        with pytest.raises(DataError, match="train: expected shape"):
            scale(np.zeros((28, 28)))


def test_load_dataset_is_load_mnist_in_the_form_of_the_tutorial(monkeypatch):
    generator = np.random.default_rng(0)
    train = generator.integers(0, 256, (6, 28, 28), dtype="uint8"), np.uint8([5, 0, 4, 1, 9, 2])
    test = generator.integers(0, 256, (2, 28, 28), dtype="uint8"), np.uint8([7, 2])
    monkeypatch.setattr(preparation, "load_mnist", lambda: (train, test))
    train_x, train_y, test_x, test_y = load_dataset()
    np.testing.assert_array_equal(train_x[..., 0], train[0])
    np.testing.assert_array_equal(test_x[..., 0], test[0])
    assert train_x.dtype == np.uint8
    np.testing.assert_array_equal(labels_of(train_y), train[1])
    np.testing.assert_array_equal(labels_of(test_y), test[1])
    assert (train_y.shape, train_y.dtype, test_y.shape) == ((6, 10), np.float32, (2, 10))
