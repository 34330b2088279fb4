"""tflearn's helpers: lookups by name, feeds, shapes, and sizes in every form."""

from mnistlab.tflearn import utils
from mnistlab.tflearn.graph import current
from mnistlab.tflearn.symbols import adopt

import keras
import numpy as np
import pytest
import tensorflow as tf

THINGS = {"adam": dict, "Adam": list, "L2": set, "np": np, "_hidden": abs}


def test_the_exact_name_comes_first_then_lower_case():
    assert utils.get_from_module("Adam", THINGS, "optimizer") is list
    assert utils.get_from_module("adam", THINGS, "optimizer") is dict
    assert utils.get_from_module("ADAM", THINGS, "optimizer") is dict


@pytest.mark.parametrize("name", ["l2", "adams", "", "np", "_hidden"])
def test_an_unknown_name_is_refused_in_tflearns_words(name):
    with pytest.raises(Exception, match=f"^Invalid regularizer: {name}$"):
        utils.get_from_module(name, THINGS, "regularizer")


@pytest.mark.parametrize("thing", [None, abs, 3, [1]])
def test_anything_but_a_string_is_returned_as_it_is(thing):
    assert utils.get_from_module(thing, THINGS, "metrics") is thing


def test_what_is_found_can_be_called():
    assert utils.get_from_module("Adam", THINGS, "x", instantiate=True) == []
    made = utils.get_from_module("adam", THINGS, "x", instantiate=True, kwargs={"a": 1})
    assert made == {"a": 1}


def test_layers_are_found_by_name():
    first, second = (adopt(keras.Input((3,))) for _ in range(2))
    current().add_output("fc", first)
    assert utils.get_layer_by_name("fc") is first
    current().add_output("fc", second)
    assert utils.get_layer_by_name("fc") == [first, second]
    with pytest.raises(Exception, match=r"^No layer found for this name\.$"):
        utils.get_layer_by_name("conv")


def test_shapes_of_tensors_and_arrays():
    assert utils.get_incoming_shape(adopt(keras.Input((28, 28, 1)))) == [None, 28, 28, 1]
    assert utils.get_incoming_shape(tf.zeros((2, 3))) == [2, 3]
    assert utils.get_incoming_shape(np.zeros((2, 3))) == (2, 3)
    assert utils.get_incoming_shape([[1, 2, 3]]) == (1, 3)
    with pytest.raises(Exception, match=r"^Invalid incoming layer\.$"):
        utils.get_incoming_shape("a layer")


def test_the_parents_of_a_tensor():
    left, right = (adopt(keras.Input((3,))) for _ in range(2))
    both = left + right
    twice = both + both
    assert [id(each) for each in utils.get_tensor_parents(twice)] == [
        id(each) for each in (twice, both, left, right)
    ]
    placeholders = utils.get_tensor_parents_placeholders(twice)
    assert {id(each) for each in placeholders} == {id(left), id(right)}
    assert len(placeholders) == 2
    assert len(utils.get_all_tensor_parents(twice)) == 4


class TestFeeds:
    @pytest.fixture
    def inputs(self):
        return [
            adopt(keras.Input((3,)), key=key, name=f"{key}/X:0") for key in ("input", "Q/input")
        ]

    @pytest.fixture
    def target(self):
        return adopt(keras.Input((3,)), key="TargetsData", name="TargetsData/Y:0")

    def test_the_only_input_takes_the_data_as_they_are(self, inputs, target):
        data = np.zeros((2, 3))
        fed = utils.feed_dict_builder(data, [[1]], inputs[:1], [target])
        assert fed[inputs[0]] is data
        assert fed[target] == [[1]]

    def test_a_fraction_is_for_all(self, inputs, target):
        fed = utils.feed_dict_builder(0.1, 0.1, inputs, [target])
        assert fed == dict.fromkeys([*inputs, target], 0.1)

    def test_a_network_without_target_takes_none(self, inputs):
        assert utils.feed_dict_builder(None, [[1]], inputs, []) == {}


def test_data_become_arrays():
    (only,) = utils.standarize_data([[1, 2]])
    assert isinstance(only, np.ndarray)
    (only,) = utils.standarize_data(np.zeros(3))
    assert only.shape == (3,)
    assert utils.standarize_data(None) is None
    given = {"a": [1], "b": 2}
    assert utils.standarize_data(given) is given
    utils.standarize_dict(given)
    assert isinstance(given["a"], np.ndarray)
    assert given["b"] == 2
    assert utils.to_list(3) == [3]
    assert utils.to_list((3,)) == (3,)
    assert utils.to_list(None) is None


def test_batches_cover_all_rows_and_keep_the_last():
    batches = utils.make_batches(55_000, 64)
    assert len(batches) == 860
    assert batches[-1] == (54_976, 55_000)
    assert utils.make_batches(4, 2) == [(0, 2), (2, 4)]
    assert utils.make_batches(0, 2) == []


def test_slices_by_range_and_by_index():
    rows = np.arange(5)
    assert utils.slice_array(rows, 1, 3).tolist() == [1, 2]
    assert utils.slice_array(rows, [3, 0]).tolist() == [3, 0]
    assert [each.tolist() for each in utils.slice_array([rows, rows * 2], 3)] == [[3, 4], [6, 8]]
    assert utils.slice_array([rows], np.array([4, 4]))[0].tolist() == [4, 4]


def test_names_and_first_elements():
    assert utils.get_dict_first_element({"a": 1, "b": 2}) == 1
    assert utils.get_dict_first_element({}) is None
    assert utils.format_scope_name("fc", "", "") == "fc"
    assert utils.format_scope_name("fc", "a/", "/b") == "a/fc/b"
    assert utils.check_scope_path("a//b") == "a/b"
    assert [utils.check_dir_name(each) for each in ("", "a", "a/")] == ["", "a/", "a/"]
    with pytest.raises(ValueError, match=r"^Incorrect string format for directory path"):
        utils.check_dir_name(3)
    assert utils.is_none(None)
    assert not utils.is_none(np.zeros(3))


def test_a_run_id_has_six_capitals_and_digits():
    ids = {utils.id_generator() for _ in range(20)}
    assert len(ids) > 15
    assert all(len(each) == 6 and each.isalnum() and each == each.upper() for each in ids)


def test_variables_are_excluded_by_name_and_by_variable():
    class Named:
        name = "Conv2D/W:0"

    assert not utils.check_restore_tensor(Named, ["Conv2D"])
    assert not utils.check_restore_tensor(Named, [Named])
    assert utils.check_restore_tensor(Named, ["FullyConnected/W:0"])


@pytest.mark.parametrize(
    ("given", "written"),
    [(2, [1, 2, 2, 1]), ([2, 3], [1, 2, 3, 1]), ((1, 2, 2, 1), [1, 2, 2, 1])],
)
def test_strides_are_written_out(given, written):
    assert utils.autoformat_kernel_2d(given) == written


def test_sizes_in_three_dimensions():
    assert utils.autoformat_stride_3d(2) == [1, 2, 2, 2, 1]
    assert utils.autoformat_kernel_3d([2, 3, 4]) == [1, 2, 3, 4, 1]
    assert utils.autoformat_kernel_3d([1, 2, 3, 4, 1]) == [1, 2, 3, 4, 1]
    assert utils.autoformat_filter_conv3d(3, 1, 8) == [3, 3, 3, 1, 8]


def test_filters_have_a_shape():
    assert utils.autoformat_filter_conv2d(5, 1, 32) == [5, 5, 1, 32]
    assert utils.autoformat_filter_conv2d((5, 3), 1, 32) == [5, 3, 1, 32]


@pytest.mark.parametrize(
    ("function", "given", "message"),
    [
        (utils.autoformat_kernel_2d, [1, 2, 3], r"^strides length error: 3, only a length of 2 or"),
        (utils.autoformat_kernel_2d, "2", r"^strides format error: <class 'str'>"),
        (utils.autoformat_stride_3d, [1, 2], "only a length of 3 or 5 is supported"),
        (lambda size: utils.autoformat_filter_conv2d(size, 1, 1), [3], r"^filter length error: 1"),
        (lambda size: utils.autoformat_filter_conv2d(size, 1, 1), 3.0, r"^filter format error"),
        (utils.autoformat_padding, "Same", r"^Unknown padding! Accepted values: 'same', 'valid'"),
    ],
)
def test_sizes_that_cannot_be_are_refused_in_tflearns_words(function, given, message):
    with pytest.raises(Exception, match=message):
        function(given)


def test_padding_in_both_cases():
    assert [utils.autoformat_padding(each) for each in ("same", "VALID")] == ["SAME", "VALID"]
