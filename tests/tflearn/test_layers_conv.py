"""Convolutions, pools and blocks give tflearn's shapes, counts, weights and values."""

from mnistlab.errors import DesignError
from mnistlab.tflearn import activations
from mnistlab.tflearn.graph import current
from mnistlab.tflearn.layers import conv, core
from mnistlab.tflearn.layers.normalization import batch_normalization
from mnistlab.tflearn.utils import get_layer_by_name
from mnistlab.tflearn.variables import get_layer_variables_by_name
from tests.tflearn.networks import model_of, normal, run

import keras
import numpy as np
import pytest
import tensorflow as tf
from scipy.signal import correlate

v1 = tf.compat.v1


@pytest.fixture(autouse=True)
def seeded():
    current().seed_with(1)


def names():
    return [each.name for each in current().entries]


def same_convolution(images, filters, stride=1):
    """TensorFlow's 'same': as many zeros before as after, one more after if they are odd."""
    stretches = []
    for length, size in zip(images.shape[1:3], filters.shape[:2], strict=True):
        zeros = max((-(-length // stride) - 1) * stride + size - length, 0)
        stretches.append((zeros // 2, zeros - zeros // 2))
    padded = np.pad(images, [(0, 0), *stretches, (0, 0)])
    return valid_convolution(padded, filters)[:, ::stride, ::stride]


def valid_convolution(images, filters):
    maps = [
        [
            sum(
                correlate(image[:, :, channel], filters[:, :, channel, number], "valid")
                for channel in range(image.shape[2])
            )
            for number in range(filters.shape[3])
        ]
        for image in images.astype("float64")
    ]
    return np.moveaxis(np.array(maps), 1, 3)


# The network of 2017


def network_of_2017():
    net = core.input_data([None, 28, 28, 1], name="input")
    net = conv.max_pool_2d(conv.conv_2d(net, 32, 2, activation="relu"), 2)
    net = conv.max_pool_2d(conv.conv_2d(net, 64, 2, activation="relu"), 2)
    net = core.dropout(core.fully_connected(net, 1024, activation="relu"), 0.8)
    return core.fully_connected(net, 10, activation="softmax")


def test_the_network_of_2017_has_its_parameters():
    model = model_of(network_of_2017())
    assert model.count_params() == 3_230_954
    by_hand = (2 * 2 * 1 * 32 + 32) + (2 * 2 * 32 * 64 + 64)
    by_hand += (7 * 7 * 64 * 1024 + 1024) + (1024 * 10 + 10)
    assert by_hand == 3_230_954
    assert model.layers[0].name == "input"
    assert names() == [
        *("Conv2D/W", "Conv2D/b", "Conv2D_1/W", "Conv2D_1/b"),
        *("FullyConnected/W", "FullyConnected/b", "FullyConnected_1/W", "FullyConnected_1/b"),
    ]


def test_the_network_of_2017_is_made_of_keras_own_layers():
    model = model_of(network_of_2017())
    assert {type(each).__module__.partition(".")[0] for each in model.layers} == {"keras"}
    configs = [each.get_config() for each in model.layers]
    initializers = [each["kernel_initializer"] for each in configs if "kernel_initializer" in each]
    assert all(each["module"] == "keras.initializers" for each in initializers)


def test_the_network_of_2017_gives_probabilities():
    rows = run(network_of_2017(), normal(3, 28, 28, 1))
    assert rows.shape == (3, 10)
    assert np.allclose(rows.sum(axis=1), 1, atol=1e-6)


# conv_2d


@pytest.mark.parametrize("size", [2, 3, (5, 2), [1, 1]])
@pytest.mark.parametrize("stride", [1, 2])
def test_a_convolution_pads_as_tensorflow_does(size, stride):
    net = conv.conv_2d(
        core.input_data([None, 7, 6, 2]), 3, size, strides=stride, bias_init="uniform"
    )
    images = normal(2, 7, 6, 2)
    expected = same_convolution(images, net.W.numpy(), stride) + net.b.numpy()
    assert np.allclose(run(net, images), expected, atol=1e-4)


@pytest.mark.parametrize("padding", ["valid", "VALID"])
def test_a_convolution_without_padding(padding):
    net = conv.conv_2d(core.input_data([None, 7, 6, 2]), 3, 3, padding=padding, activation=None)
    images = normal(2, 7, 6, 2)
    assert np.allclose(run(net, images), valid_convolution(images, net.W.numpy()), atol=1e-4)


@pytest.mark.parametrize("strides", [2, [2, 2], (2, 2), [1, 2, 2, 1]])
def test_strides_come_as_one_number_two_or_four(strides):
    net = conv.conv_2d(core.input_data([None, 7, 6, 2]), 3, 3, strides)
    assert net.shape == (None, 4, 3, 3)
    assert conv.max_pool_2d(core.input_data([None, 7, 6, 2]), strides).shape == (None, 4, 3, 2)


def test_arguments_have_tflearns_order():
    net = conv.conv_2d(
        core.input_data([None, 8, 8, 1]),
        *(4, 3, 2, "valid", "relu", False, "zeros", "zeros", "L2", 0.5, False, False),
        *(False, None, "mine"),
    )
    assert names() == ["mine/W"]
    assert net.b is None
    assert net.shape == (None, 3, 3, 4)
    assert not net.W.numpy().any()
    assert not net.W.trainable
    assert not current().entry(net.W).restore
    assert len(current().penalties) == 1


def test_fresh_filters_keep_the_scale_of_their_inputs():
    net = conv.conv_2d(core.input_data([None, 9, 9, 32]), 64, 3)
    weights = net.W.numpy()
    bound = np.sqrt(3 / (3 * 3 * 32))
    assert 0.1020 < np.abs(weights).max() <= bound
    assert abs(weights.std() - bound / np.sqrt(3)) < 5e-4
    drawn = current().entry(net.W).initial()
    assert 0.1020 < np.abs(drawn).max() <= bound
    assert not np.array_equal(drawn, weights)


@pytest.mark.parametrize(
    ("name", "spread"),
    [("variance_scaling", np.sqrt(2.6 / 288) * 0.8796), ("xavier", np.sqrt(2 / (288 + 576)))],
)
def test_filters_by_other_initializers_have_their_spread(name, spread):
    net = conv.conv_2d(core.input_data([None, 9, 9, 32]), 64, 3, weights_init=name)
    assert np.isclose(net.W.numpy().std(), spread, rtol=0.02)
    assert np.isclose(current().entry(net.W).initial().std(), spread, rtol=0.02)


def test_a_convolution_has_names_and_attributes():
    first = conv.conv_2d(core.input_data([None, 8, 8, 1]), 4, 3, activation="relu")
    second = conv.conv_2d(first, 4, 3)
    assert names() == ["Conv2D/W", "Conv2D/b", "Conv2D_1/W", "Conv2D_1/b"]
    assert get_layer_by_name("Conv2D_1") is second
    assert get_layer_variables_by_name("Conv2D") == [first.W, first.b]
    assert (first.scope.name, first.W.name) == ("Conv2D", "Conv2D/W:0")


def test_a_convolution_is_shared_with_its_scope_only():
    incoming = core.input_data([None, 8, 8, 1])
    first = conv.conv_2d(incoming, 4, 3, scope="x")
    second = conv.conv_2d(incoming, 4, 3, scope="x", reuse=True, activation="relu")
    assert second.W is first.W
    with pytest.raises(ValueError, match="x/W already exists"):
        conv.conv_2d(incoming, 4, 3, scope="x")
    with pytest.raises(ValueError, match="shared with other settings"):
        conv.conv_2d(incoming, 4, 3, strides=2, scope="x", reuse=True)
    with pytest.raises(ValueError, match=r"specified shape \(5, 5, 1, 4\)"):
        conv.conv_2d(incoming, 4, 5, scope="x", reuse=True)


def test_wrong_arguments_say_what_is_wrong():
    images, rows = core.input_data([None, 8, 8, 1]), core.input_data([None, 64])
    with pytest.raises(AssertionError, match=r"shape must be 4-D: conv_2d was given \(None, 64\)"):
        conv.conv_2d(rows, 4, 3)
    with pytest.raises(AssertionError, match="Incoming Tensor shape must be 4-D: max_pool_2d"):
        conv.max_pool_2d(rows, 2)
    with pytest.raises(Exception, match="Unknown padding! Accepted values: 'same', 'valid'"):
        conv.conv_2d(images, 4, 3, padding="full")
    with pytest.raises(Exception, match="filter length error: 3, only a length of 2 is supported"):
        conv.conv_2d(images, 4, [3, 3, 1])
    with pytest.raises(Exception, match="strides length error: 3, only a length of 2 or 4"):
        conv.conv_2d(images, 4, 3, [1, 2, 2])
    with pytest.raises(DesignError, match="strides of four lengths must begin and end with 1"):
        conv.conv_2d(images, 4, 3, [2, 2, 2, 1])
    with pytest.raises(DesignError, match="nb_filter must be a whole number of 1 or more, not 0"):
        conv.conv_2d(images, 0, 3)
    with pytest.raises(DesignError, match="each length of filter_size must be a whole number"):
        conv.conv_2d(images, 4, 0)
    with pytest.raises(DesignError, match="how many channels there are"):
        conv.conv_2d(core.input_data([None, 8, 8, None]), 4, 3)
    with pytest.raises(Exception, match="Invalid initializations: he_normal"):
        conv.conv_2d(images, 4, 3, weights_init="he_normal")
    with pytest.raises(Exception, match="Invalid regularizer: l2"):
        conv.conv_2d(images, 4, 3, regularizer="l2")


# conv_2d_transpose


@pytest.mark.parametrize(
    ("incoming", "output", "size", "stride", "padding"),
    [
        ((7, 7), [14, 14], 5, 2, "same"),
        ((7, 7), [13, 14], 5, 2, "same"),
        ((4, 4), [7, 7], 3, 2, "same"),
        ((5, 5), [5, 5], 3, 1, "same"),
        ((4, 4), [9, 9], 3, 2, "valid"),
        ((4, 4), [10, 9], 3, 2, "valid"),
        ((3, 3), [6, 6], 2, 2, "VALID"),
    ],
)
def test_a_transposed_convolution_is_the_gradient_of_one_and_hits_its_size(
    incoming, output, size, stride, padding
):
    net = conv.conv_2d_transpose(
        core.input_data([None, *incoming, 3]), 2, size, output, stride, padding, bias_init="uniform"
    )
    small = normal(2, *incoming, 3)
    large = tf.zeros((2, *output, 2))
    with tf.GradientTape() as tape:
        tape.watch(large)
        back = tf.nn.conv2d(large, net.W.value, stride, padding.upper())
    expected = tape.gradient(back, large, output_gradients=small).numpy() + net.b.numpy()
    assert tuple(net.W.shape) == (size, size, 2, 3)
    assert net.shape == (None, *output, 2)
    assert np.allclose(run(net, small), expected, atol=1e-5)


def test_a_transposed_convolution_takes_its_filters_in_the_size():
    incoming = core.input_data([None, 7, 7, 3])
    assert conv.conv_2d_transpose(incoming, 2, 5, [14, 14, 2], 2).shape == (None, 14, 14, 2)
    with pytest.raises(DesignError, match="output_shape has 3 channels and nb_filter is 2"):
        conv.conv_2d_transpose(incoming, 2, 5, [14, 14, 3], 2)
    with pytest.raises(DesignError, match="output_shape length error: 1, only a length of 2 or 3"):
        conv.conv_2d_transpose(incoming, 2, 5, [14], 2)
    with pytest.raises(DesignError, match=r"convolution makes \[8, 7\].*images are \[7, 7\]"):
        conv.conv_2d_transpose(incoming, 2, 5, [15, 14], 2)


def test_a_usual_transposed_convolution_is_keras_own():
    conv.conv_2d_transpose(core.input_data([None, 7, 7, 3]), 2, 5, [14, 14], 2)
    assert type(current().layers["Conv2DTranspose"]) is keras.layers.Conv2DTranspose


# Pools


def windows(images, size, stride):
    """Returns the values of each window, those beyond the edge left out."""
    height, width = images.shape[1:3]
    zeros = [max((-(-n // stride) - 1) * stride + size - n, 0) // 2 for n in (height, width)]
    for row in range(-(-height // stride)):
        for column in range(-(-width // stride)):
            top, left = row * stride - zeros[0], column * stride - zeros[1]
            rows, columns = slice(max(top, 0), top + size), slice(max(left, 0), left + size)
            yield row, column, images[:, rows, columns]


@pytest.mark.parametrize(("pool", "summary"), [("max_pool_2d", np.max), ("avg_pool_2d", np.mean)])
@pytest.mark.parametrize(("size", "stride"), [(2, None), (3, 2), (1, 2), (3, 1)])
def test_pools_see_what_lies_in_the_image_only(pool, summary, size, stride):
    net = getattr(conv, pool)(core.input_data([None, 7, 5, 2]), size, stride)
    images = normal(2, 7, 5, 2) - 5
    pooled = run(net, images)
    for row, column, window in windows(images, size, stride or size):
        assert np.allclose(pooled[:, row, column], summary(window, axis=(1, 2)), atol=1e-5)


def test_pools_without_padding_drop_the_rest():
    incoming = core.input_data([None, 7, 5, 2])
    assert conv.max_pool_2d(incoming, 2, padding="valid").shape == (None, 3, 2, 2)
    assert conv.avg_pool_2d(incoming, [3, 2], padding="VALID").shape == (None, 2, 2, 2)


def test_pools_of_one_name_are_found_together():
    incoming = core.input_data([None, 8, 8, 2])
    first = conv.max_pool_2d(incoming, 2)
    assert get_layer_by_name("MaxPool2D") is first
    second = conv.max_pool_2d(first, 2)
    assert get_layer_by_name("MaxPool2D") == [first, second]
    assert first.scope == "MaxPool2D/"


def test_global_pools_leave_the_channels():
    incoming, images = core.input_data([None, 4, 3, 2]), normal(5, 4, 3, 2)
    assert np.allclose(run(conv.global_avg_pool(incoming), images), images.mean((1, 2)), atol=1e-6)
    assert np.array_equal(run(conv.global_max_pool(incoming), images), images.max((1, 2)))


def test_upsampling_repeats_rows_and_columns():
    net, images = conv.upsample_2d(core.input_data([None, 2, 3, 2]), [3, 2]), normal(2, 2, 3, 2)
    assert np.array_equal(run(net, images), images.repeat(3, axis=1).repeat(2, axis=2))
    assert conv.deconv_2d is conv.upsample_2d


# One dimension


@pytest.mark.parametrize("stride", [1, 2])
def test_a_convolution_of_sequences_is_one_of_narrow_images(stride):
    net = conv.conv_1d(core.input_data([None, 9, 2]), 4, 3, stride, activation="relu")
    steps = normal(2, 9, 2)
    assert tuple(net.W.shape) == (3, 1, 2, 4)
    expected = same_convolution(steps[:, :, None], net.W.numpy(), stride)[:, :, 0]
    assert np.allclose(run(net, steps), np.maximum(expected, 0), atol=1e-4)
    assert names() == ["Conv1D/W", "Conv1D/b"]


def test_pools_of_sequences():
    incoming, steps = core.input_data([None, 5, 2]), normal(2, 5, 2)
    largest, mean = (
        run(conv.max_pool_1d(incoming, 2), steps),
        run(conv.avg_pool_1d(incoming, 2), steps),
    )
    for place, window in enumerate((steps[:, :2], steps[:, 2:4], steps[:, 4:])):
        assert np.array_equal(largest[:, place], window.max(axis=1))
        assert np.allclose(mean[:, place], window.mean(axis=1), atol=1e-6)
    assert conv.max_pool_1d(incoming, 3, 1, "valid").shape == (None, 3, 2)
    with pytest.raises(AssertionError, match="Incoming Tensor shape must be 3-D"):
        conv.conv_1d(core.input_data([None, 5, 5, 1]), 4, 3)


# highway_conv_2d


def test_a_highway_convolution_gates_each_channel():
    net = conv.highway_conv_2d(
        core.input_data([None, 6, 6, 2]), 4, 3, activation="elu", bias_init="uniform"
    )
    images = normal(2, 6, 6, 2)
    maps = same_convolution(images, net.W.numpy())
    share = 1 / (1 + np.exp(-(maps * net.W_T.numpy() + net.b_T.numpy())))
    biased = maps + net.b.numpy()
    active = np.where(biased > 0, biased, np.exp(np.minimum(biased, 0)) - 1)
    assert np.allclose(run(net, images), active * share + maps * (1 - share), atol=1e-4)
    assert names() == [f"HighwayConv2D/{end}" for end in ("W", "b", "W_T", "b_T")]
    assert net.b_T.numpy().tolist() == [-3.0] * 4


def test_the_gates_of_a_highway_convolution_start_from_a_vectors_distribution():
    net = conv.highway_conv_2d(core.input_data([None, 6, 6, 2]), 2000, 1)
    gates = net.W_T.numpy()
    assert gates.shape == (2000,)
    assert 1.72 < np.abs(gates).max() <= np.sqrt(3)
    assert abs(gates.std() - 1) < 0.05


def test_a_highway_convolution_is_shared_as_a_whole_and_punished_for_its_filters():
    incoming = core.input_data([None, 6, 6, 2])
    first = conv.highway_conv_2d(incoming, 4, 3, scope="x", regularizer="L1", weight_decay=0.5)
    second = conv.highway_conv_2d(incoming, 4, 3, scope="x", reuse=True)
    assert second.W is first.W
    assert second.W_T is first.W_T
    assert second.b is first.b
    (penalty,) = current().penalties
    assert np.isclose(float(penalty()), 0.5 * np.abs(first.W.numpy()).sum())


# Residual blocks


def by_hand(images, blocks, values):
    """Residual blocks from weights by name, in NumPy; moving statistics are still 0 and 1."""
    tensor, number = images.astype("float64"), 0
    for _, stride, filters in blocks:
        before = tensor
        for step in (stride, 1):
            end = f"_{number}" if number else ""
            gamma = values[f"ResidualBlock/BatchNormalization{end}/gamma"]
            beta = values[f"ResidualBlock/BatchNormalization{end}/beta"]
            tensor = np.maximum(tensor / np.sqrt(1 + 1e-5) * gamma + beta, 0)
            kernel = values[f"ResidualBlock/Conv2D{end}/W"]
            tensor = same_convolution(tensor, kernel, step) + values[f"ResidualBlock/Conv2D{end}/b"]
            number += 1
        if stride > 1:
            count, height, width, channels = before.shape
            halves = before.reshape(count, height // 2, 2, width // 2, 2, channels)
            before = halves.mean(axis=(2, 4))
        side = (filters - before.shape[-1]) // 2
        tensor = tensor + np.pad(before, [(0, 0), (0, 0), (0, 0), (side, side)])
    return tensor


@pytest.mark.parametrize("downsample", [False, True])
def test_residual_blocks_add_what_they_were_given(downsample):
    net = conv.residual_block(
        core.input_data([None, 8, 8, 2]), 2, 6, downsample=downsample, bias_init="uniform"
    )
    images = normal(2, 8, 8, 2)
    stride = 2 if downsample else 1
    values = {each.name: each.variable.numpy() for each in current().entries}
    expected = by_hand(images, [(0, stride, 6), (1, stride, 6)], values)
    # Every block of the call makes the images smaller, not only the first.
    assert net.shape == ((None, 2, 2, 6) if downsample else (None, 8, 8, 6))
    assert np.allclose(run(net, images), expected, atol=1e-3)


def test_residual_blocks_name_their_parts_and_punish_their_filters():
    net = conv.residual_block(core.input_data([None, 8, 8, 2]), 1, 4)
    inner = ["BatchNormalization", "Conv2D", "BatchNormalization_1", "Conv2D_1"]
    found = list(dict.fromkeys(name.rpartition("/")[0] for name in names()))
    assert found == [f"ResidualBlock/{each}" for each in inner]
    assert len(current().penalties) == 2
    kernel = get_layer_variables_by_name("ResidualBlock/Conv2D")[0].numpy()
    assert np.isclose(float(current().penalties[0]()), 0.0001 * np.square(kernel).sum() / 2)
    assert np.isclose(kernel.std(), np.sqrt(2.6 / 18) * 0.8796, rtol=0.25)
    assert get_layer_by_name("ResidualBlock") is net
    conv.residual_block(net, 1, 4)
    assert names()[-1] == "ResidualBlock_1/Conv2D_1/b"


def test_residual_blocks_need_not_normalize_nor_have_biases():
    conv.residual_block(core.input_data([None, 8, 8, 2]), 1, 4, batch_norm=False, bias=False)
    assert names() == ["ResidualBlock/Conv2D/W", "ResidualBlock/Conv2D_1/W"]


def test_residual_blocks_freeze_their_filters_only():
    conv.residual_block(core.input_data([None, 8, 8, 2]), 1, 4, trainable=False, restore=False)
    trained = {each.name.rpartition("/")[2] for each in current().trainable_variables()}
    assert trained == {"beta:0", "gamma:0"}
    kept = {each.name.split("/")[1][:6] for each in current().entries if each.restore}
    assert kept == {"BatchN"}


def test_residual_blocks_are_shared_as_a_whole():
    incoming = core.input_data([None, 8, 8, 2])
    first = conv.residual_block(incoming, 1, 4, scope="x")
    count = len(current().entries)
    second = conv.residual_block(incoming, 1, 4, scope="x", reuse=True)
    assert len(current().entries) == count
    images = normal(2, 8, 8, 2)
    assert np.array_equal(run(first, images), run(second, images))
    with pytest.raises(ValueError, match="x/W already exists"):
        conv.residual_block(incoming, 1, 4, scope="x")


@pytest.mark.parametrize("channels", [5, 2])
def test_residual_blocks_fill_both_sides_with_zeros(channels):
    incoming = core.input_data([None, 8, 8, 4])
    with pytest.raises(DesignError, match="must be even and not negative"):
        conv.residual_block(incoming, 1, channels)
    with pytest.raises(DesignError, match="residual_bottleneck: out_channels"):
        conv.residual_bottleneck(incoming, 1, 2, channels)


def bottleneck(tensor, first, channels, stride=1, skip=False):
    """One block of the network, of layers made by `first`, for comparison."""
    before = tensor
    tensor = activations.relu(
        batch_normalization(tensor, scope=first("BatchNormalization"), reuse=True)
    )
    settings = {"regularizer": "L2", "reuse": True}
    tensor = conv.conv_2d(tensor, 2, 1, stride, "valid", scope=first("Conv2D"), **settings)
    tensor = activations.relu(
        batch_normalization(tensor, scope=first("BatchNormalization"), reuse=True)
    )
    tensor = conv.conv_2d(tensor, 2, 3, scope=first("Conv2D"), **settings)
    tensor = conv.conv_2d(
        tensor, channels, 1, 1, "valid", "relu", scope=first("Conv2D"), **settings
    )
    if not skip:
        return tensor
    side = (channels - before.shape[-1]) // 2
    before = keras.ops.pad(before, [[0, 0], [0, 0], [0, 0], [side, side]])
    return activations.relu(tensor + before)


def taken_in_turn():
    counts = {}

    def path(kind):
        number = counts[kind] = counts.get(kind, -1) + 1
        return f"ResidualBottleneck/{kind}_{number}" if number else f"ResidualBottleneck/{kind}"

    return path


@pytest.mark.parametrize("always", [False, True])
def test_a_bottleneck_skips_only_where_the_channels_change_unless_told_otherwise(always):
    options = {"always_skip": True} if always else {}
    incoming = core.input_data([None, 8, 8, 4])
    net = conv.residual_bottleneck(incoming, 2, 2, 6, bias_init="uniform", **options)
    path = taken_in_turn()
    expected = bottleneck(incoming, path, 6, skip=True)
    expected = bottleneck(expected, path, 6, skip=always)
    images = normal(2, 8, 8, 4)
    assert np.allclose(run(net, images), run(expected, images), atol=1e-5)


def test_a_bottleneck_without_new_channels_has_no_skip_at_all():
    incoming = core.input_data([None, 8, 8, 4])
    net = conv.residual_bottleneck(incoming, 1, 2, 4, weights_init="zeros")
    assert not run(net, np.ones((1, 8, 8, 4), "float32")).any()
    fixed = conv.residual_bottleneck(incoming, 1, 2, 4, weights_init="zeros", always_skip=True)
    assert (run(fixed, np.ones((1, 8, 8, 4), "float32")) == 1).all()


def test_a_bottleneck_makes_images_smaller_at_each_block():
    incoming = core.input_data([None, 8, 8, 4])
    assert conv.residual_bottleneck(incoming, 2, 2, 6, downsample=True).shape == (None, 2, 2, 6)
    assert len(get_layer_variables_by_name("ResidualBottleneck/Conv2D_5")) == 2


# Files


@pytest.mark.parametrize(
    "build",
    [
        lambda x: conv.conv_2d(x, 3, 3, activation="relu", strides=2),
        lambda x: conv.conv_2d_transpose(x, 3, 3, [12, 12], 2, activation="tanh"),
        lambda x: conv.conv_2d_transpose(x, 3, 3, [11, 12], 2),
        lambda x: conv.conv_1d(core.reshape(x, [-1, 36, 2]), 3, 3, activation="relu"),
        lambda x: conv.max_pool_2d(x, 2),
        lambda x: conv.avg_pool_2d(x, 4),
        lambda x: conv.avg_pool_1d(conv.max_pool_1d(core.reshape(x, [-1, 36, 2]), 2), 2),
        lambda x: conv.upsample_2d(x, 2),
        lambda x: conv.global_avg_pool(x) + conv.global_max_pool(x),
        lambda x: conv.highway_conv_2d(x, 3, 3, activation="elu"),
        lambda x: conv.residual_block(x, 2, 4, downsample=True),
        lambda x: conv.residual_bottleneck(x, 2, 2, 4),
    ],
)
def test_a_keras_file_gives_the_same_network(build, tmp_path):
    model = model_of(build(core.input_data([None, 6, 6, 2])))
    model.save(tmp_path / "network.keras")
    loaded = keras.models.load_model(tmp_path / "network.keras")
    data = normal(2, 6, 6, 2)
    assert np.array_equal(loaded.predict(data, verbose=0), model.predict(data, verbose=0))
