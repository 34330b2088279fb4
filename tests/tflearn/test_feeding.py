"""Feeds: which data belong to which placeholder, and their batches."""

from mnistlab.tflearn import feeding
from mnistlab.tflearn.feeding import Feed
from mnistlab.tflearn.symbols import adopt

import h5py
import hypothesis.strategies as st
import keras
import numpy as np
import pytest
from hypothesis import given


def placeholder(name="input", shape=(2,), dtype="float32", **attributes):
    return adopt(keras.Input(shape, dtype=dtype), name=f"{name}/X:0", key=name, **attributes)


ROWS = np.arange(10, dtype="float64").reshape(5, 2)


class TestBuild:
    def test_one_array_is_for_the_only_placeholder(self):
        x = placeholder()
        assert feeding.build(ROWS, [x], "inputs")[x] is ROWS

    def test_a_list_is_taken_in_the_order_of_the_placeholders(self):
        a, b = placeholder("a"), placeholder("b")
        built = feeding.build([ROWS, ROWS + 1], [a, b], "inputs")
        assert built[a] is ROWS
        assert built[b][0, 0] == 1

    @pytest.mark.parametrize("key", ["b", "b/X:0", "b:0"])
    def test_a_dictionary_is_read_by_name(self, key):
        a, b = placeholder("a"), placeholder("b")
        assert feeding.build({key: ROWS}, [a, b], "inputs")[b] is ROWS

    def test_or_by_the_placeholder_itself(self):
        a, b = placeholder("a"), placeholder("b")
        assert feeding.build({b: ROWS}, [a, b], "inputs")[b] is ROWS

    def test_an_unknown_name_gives_the_error_of_tflearn(self):
        with pytest.raises(Exception, match="named 'c' but no such variable is known to exist"):
            feeding.build({"c": ROWS}, [placeholder("a")], "inputs")

    @pytest.mark.parametrize("values", [ROWS, [ROWS], [ROWS] * 3])
    def test_the_wrong_number_of_arrays_is_refused_with_the_names(self, values):
        with pytest.raises(ValueError, match=r"2 inputs \('a', 'b'\).*reset_default_graph"):
            feeding.build(values, [placeholder("a"), placeholder("b")], "inputs")

    def test_nothing_is_no_feed(self):
        assert feeding.build(None, [placeholder()], "targets") == {}


class TestAsFed:
    def test_values_get_the_type_of_the_placeholder(self):
        fed = feeding.as_fed(placeholder(), ROWS)
        assert fed.dtype == np.float32
        assert np.array_equal(fed, ROWS)

    @pytest.mark.parametrize(
        ("shape", "values", "text"),
        [
            ((10,), np.zeros(64), "(64,) for Tensor input/X:0, which has shape (?, 10)"),
            ((2,), np.zeros((3, 4)), "(3, 4) for Tensor input/X:0, which has shape (?, 2)"),
            ((), np.zeros((3, 4)), "(3, 4) for Tensor input/X:0, which has shape (?,)"),
        ],
    )
    def test_a_wrong_shape_gives_the_error_of_tensorflow_1(self, shape, values, text):
        with pytest.raises(ValueError) as caught:
            feeding.as_fed(placeholder(shape=shape), values)
        assert str(caught.value) == f"Cannot feed value of shape {text}"


class TestBatches:
    @given(st.integers(1, 200), st.integers(1, 70), st.booleans())
    def test_each_sample_comes_once_in_an_epoch(self, count, size, shuffle):
        batches = list(feeding.batches_of(feeding.order_of(count, shuffle), size))
        assert sorted(np.concatenate(batches)) == list(range(count))
        assert len(batches) == -(-count // size)
        assert {len(batch) for batch in batches[:-1]} <= {size}

    def test_the_order_is_that_of_numpys_global_generator(self):
        np.random.seed(3)
        found = feeding.order_of(20, shuffle=True)
        np.random.seed(3)
        expected = np.arange(20)
        np.random.shuffle(expected)
        assert np.array_equal(found, expected)
        assert np.array_equal(feeding.order_of(20, shuffle=False), np.arange(20))

    def test_a_file_of_h5py_is_read_in_any_order(self, tmp_path):
        with h5py.File(tmp_path / "x.h5", "w") as file:
            file["x"] = ROWS
            x = placeholder()
            batch = Feed({x: file["x"]}).batch(np.array([3, 0, 3]), training=True)
        assert np.array_equal(batch[x], ROWS[[3, 0, 3]])

    def test_a_part_reads_the_rows_of_its_indices(self):
        x = placeholder()
        part = Feed({x: ROWS.tolist()}).part(np.array([4, 2, 0]))
        assert len(part) == 3
        assert np.array_equal(part.batch(np.array([2, 0]), training=False)[x], ROWS[[0, 4]])

    def test_different_numbers_of_samples_are_refused(self):
        feed = Feed({placeholder("a"): ROWS, placeholder("b"): ROWS[:3]})
        with pytest.raises(ValueError, match="5 for a/X:0, 3 for b/X:0"):
            feed.check_lengths()

    def test_augmentation_comes_before_preprocessing_and_only_in_training(self):
        class Doubled:
            def apply(self, batch):
                return batch * 2

        class Added:
            def apply(self, batch):
                return batch + 1

        x = placeholder(augmentation=Doubled(), preprocessing=Added())
        feed = Feed({x: ROWS})
        assert np.array_equal(feed.batch(np.arange(5), training=True)[x], ROWS * 2 + 1)
        assert np.array_equal(feed.batch(np.arange(5), training=False)[x], ROWS + 1)


def test_the_inputs_of_a_tensor_are_found():
    a, b = placeholder("a"), placeholder("b")
    both = adopt(keras.layers.Add()([a, keras.layers.Dense(2)(b)]))
    assert set(feeding.inputs_of([both])) == {a, b}
    assert feeding.inputs_of([a, a]) == [a]
