"""Convolution by hand: loops, vectorized form, Keras and SciPy agree; sizes and counts as well."""

from mnistlab.errors import DataError, DesignError, MnistLabError
from mnistlab.explain.convolution import (
    as_numbers,
    average_pool,
    conv_multiply_adds,
    conv_parameters,
    convolve,
    cross_correlate,
    cross_correlate_loops,
    dense_multiply_adds,
    dense_parameters,
    flatten,
    flip,
    max_pool,
    output_size,
    pad,
    padding_sizes,
    patch,
    receptive_field,
)
from mnistlab.models import zoo

import hypothesis
import keras
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import signal

repeatable = hypothesis.settings(max_examples=40, deadline=None, derandomize=True, database=None)

steps = st.integers(1, 3)
paddings = st.sampled_from(["valid", "same"])
seeds = st.integers(0, 2**32 - 1)
moving = st.tuples(steps, steps, st.just(1), st.just(1))
dilated = st.tuples(st.just(1), st.just(1), steps, steps)
both = st.tuples(steps, steps, steps, steps)
BOTH = pytest.mark.parametrize("function", [cross_correlate, cross_correlate_loops])


def covered(kernel_size, dilation):
    return (kernel_size - 1) * dilation + 1


@st.composite
def layers(draw, moves=both, paddings=paddings):
    """Images, kernels, biases, and how the kernels are moved: always something possible."""
    down, right, down_gap, right_gap = draw(moves)
    height, width = draw(st.integers(1, 4)), draw(st.integers(1, 4))
    padding = draw(paddings)
    least = (1, 1) if padding == "same" else (covered(height, down_gap), covered(width, right_gap))
    size = [number + draw(st.integers(0, 5)) for number in least]
    channels, filters = draw(st.integers(1, 3)), draw(st.integers(1, 3))
    random = np.random.default_rng(draw(seeds))
    return {
        "image": random.normal(size=(draw(st.integers(1, 2)), *size, channels)),
        "kernel": random.normal(size=(height, width, channels, filters)),
        "bias": random.normal(size=filters),
        "stride": (down, right),
        "padding": padding,
        "dilation": (down_gap, right_gap),
    }


def by_keras(image, kernel, bias, stride, padding, dilation):
    image, kernel, bias = (part.astype("float32") for part in (image, kernel, bias))
    sums = keras.ops.conv(image, kernel, stride, padding=padding, dilation_rate=dilation)
    return np.asarray(sums + bias)


def by_scipy(function, image, kernel, bias, stride, dilation, **_):
    """One channel and one filter at a time; dilated by zeros between the cells."""
    height, width, channels, filters = kernel.shape
    spread = np.zeros(
        (covered(height, dilation[0]), covered(width, dilation[1]), channels, filters)
    )
    spread[:: dilation[0], :: dilation[1]] = kernel
    output = [
        [
            sum(function(one[..., c], spread[..., c, f], mode="valid") for c in range(channels))
            for f in range(filters)
        ]
        for one in image
    ]
    return np.moveaxis(output, 1, -1)[:, :: stride[0], :: stride[1]] + bias


class TestCrossCorrelation:
    @BOTH
    def test_the_published_example(self, function):
        # A. Zhang et al., "Dive into Deep Learning", section 7.2.1: 0*0 + 1*1 + 3*2 + 4*3 = 19 ...
        image, kernel = np.arange(9).reshape(3, 3), np.arange(4).reshape(2, 2)
        assert function(image, kernel).tolist() == [[19, 25], [37, 43]]

    @BOTH
    def test_every_argument_by_hand(self, function):
        image, kernel = np.array([[1, 2, 3, 4, 5]]), np.array([[1, 10]])
        assert function(image, kernel).tolist() == [[21, 32, 43, 54]]
        assert function(image, kernel, bias=0.5).tolist() == [[21.5, 32.5, 43.5, 54.5]]
        assert function(image, kernel, stride=2).tolist() == [[21, 43]]
        assert function(image, kernel, stride=(7, 3)).tolist() == [[21, 54]]
        assert function(image, kernel, padding="same").tolist() == [[21, 32, 43, 54, 5]]
        assert function(image, kernel, dilation=3).tolist() == [[41, 52]]
        assert function(image, kernel, dilation=(9, 3)).tolist() == [[41, 52]]
        # One zero before and two after: 0 [1 2 3 4 5] 0 0.
        assert function(image, kernel, 0, 2, "same", 3).tolist() == [[30, 52, 4]]

    @repeatable
    @given(layer=layers())
    def test_loops_and_vectorized_form_are_equal(self, layer):
        expected = cross_correlate_loops(**layer)
        np.testing.assert_allclose(cross_correlate(**layer), expected, rtol=0, atol=1e-12)

    # TensorFlow does not dilate a kernel that moves by more than one pixel.
    @repeatable
    @given(layer=layers(moving | dilated))
    def test_as_keras(self, layer):
        np.testing.assert_allclose(cross_correlate(**layer), by_keras(**layer), rtol=0, atol=1e-5)

    @repeatable
    @given(layer=layers(paddings=st.just("valid")))
    def test_as_scipy(self, layer):
        expected = by_scipy(signal.correlate2d, **layer)
        np.testing.assert_allclose(cross_correlate(**layer), expected, rtol=0, atol=1e-12)

    @repeatable
    @given(layer=layers())
    def test_an_image_gives_what_it_gives_in_a_batch(self, layer):
        images = layer.pop("image")
        batch = cross_correlate(images, **layer)
        for function in (cross_correlate, cross_correlate_loops):
            alone = function(images[0], **layer)
            assert alone.shape == batch.shape[1:]
            np.testing.assert_allclose(alone, batch[0], rtol=0, atol=1e-12)

    @repeatable
    @given(layer=layers())
    def test_a_flat_image_gives_what_its_only_channel_gives(self, layer):
        image, kernel = layer.pop("image")[0, ..., 0], layer.pop("kernel")[..., 0, 0]
        bias = layer.pop("bias")[0]
        expected = cross_correlate(image[..., None], kernel[..., None, None], bias, **layer)
        for function in (cross_correlate, cross_correlate_loops):
            alone = function(image, kernel, bias, **layer)
            assert alone.shape == expected.shape[:2]
            np.testing.assert_allclose(alone, expected[..., 0], rtol=0, atol=1e-12)

    def test_a_layer_of_keras_with_its_weights(self):
        layer = zoo.three_conv().get_layer("conv2")
        kernel, bias = layer.get_weights()
        image = np.random.default_rng(0).normal(size=(2, 13, 13, 32)).astype("float32")
        ours = np.maximum(cross_correlate(image, kernel, bias), 0)
        np.testing.assert_allclose(ours, np.asarray(layer(image)), rtol=0, atol=1e-5)

    @BOTH
    def test_bytes_do_not_wrap_around(self, function):
        image = np.full((3, 3), 255, "uint8")
        kernel = np.full((3, 3), 200, "uint8")
        assert function(image, kernel).tolist() == [[9 * 255 * 200]]
        assert function(image, kernel).dtype == np.float64

    @BOTH
    def test_an_empty_batch_gives_an_empty_result(self, function):
        assert function(np.empty((0, 28, 28, 1)), np.ones((3, 3, 1, 8))).shape == (0, 26, 26, 8)

    @BOTH
    def test_the_arguments_stay_as_they_are(self, function):
        image, kernel, bias = np.ones((5, 5, 1)), np.ones((3, 3, 1, 2)), np.ones(2)
        for part in (image, kernel, bias):
            part.setflags(write=False)
        function(image, kernel, bias, padding="same")[:] = 7
        assert image.min() == image.max() == 1

    @BOTH
    def test_with_same_padding_the_kernel_may_be_larger_than_the_image(self, function):
        assert function([[2]], np.ones((5, 5)), padding="same").tolist() == [[2]]


class TestTrueConvolution:
    @repeatable
    @given(layer=layers(paddings=st.just("valid")))
    def test_as_scipy(self, layer):
        expected = by_scipy(signal.convolve2d, **layer)
        np.testing.assert_allclose(convolve(**layer), expected, rtol=0, atol=1e-12)

    @repeatable
    @given(seed=seeds, height=st.integers(0, 2), width=st.integers(0, 2))
    def test_a_single_bright_pixel_shows_the_kernel(self, seed, height, width):
        kernel = np.random.default_rng(seed).normal(size=(2 * height + 1, 2 * width + 1))
        point = np.zeros(kernel.shape)
        point[height, width] = 1
        np.testing.assert_array_equal(convolve(point, kernel, padding="same"), kernel)
        np.testing.assert_array_equal(cross_correlate(point, kernel, padding="same"), flip(kernel))

    def test_flipping_twice_leads_back(self):
        kernel = np.random.default_rng(0).normal(size=(3, 2, 4, 5))
        np.testing.assert_array_equal(flip(flip(kernel)), kernel)
        np.testing.assert_array_equal(flip(kernel)[0, 0], kernel[2, 1])

    def test_the_flipped_kernel_is_one_of_its_own(self):
        kernel = np.ones((2, 2))
        flip(kernel)[:] = 5
        assert kernel.max() == 1


class TestSizes:
    @repeatable
    @given(
        size=st.integers(1, 40),
        kernel_size=st.integers(1, 7),
        stride=st.integers(1, 5),
        padding=paddings,
        dilation=st.integers(1, 4),
    )
    def test_the_places_counted_one_by_one(self, size, kernel_size, stride, padding, dilation):
        reach = covered(kernel_size, dilation)
        end = size if padding == "same" else size - reach + 1
        places = range(0, max(end, 0), stride)
        if places:
            assert output_size(size, kernel_size, stride, padding, dilation) == len(places)
        else:
            with pytest.raises(DesignError, match=f"covers {reach} pixels, and size is {size}"):
                output_size(size, kernel_size, stride, padding, dilation)

    @repeatable
    @given(layer=layers())
    def test_the_size_of_the_output_itself(self, layer):
        shape = cross_correlate(**layer).shape
        for axis in (0, 1):
            arguments = (
                layer["image"].shape[1 + axis],
                layer["kernel"].shape[axis],
                layer["stride"][axis],
                layer["padding"],
                layer["dilation"][axis],
            )
            assert output_size(*arguments) == shape[1 + axis]

    def test_the_three_convolutions(self):
        sizes = [28]
        for kernel_size, stride in [(3, 1), (2, 2), (3, 1), (2, 2), (3, 1)]:
            sizes.append(output_size(sizes[-1], kernel_size, stride))
        assert sizes == [28, 26, 13, 11, 5, 3]

    @pytest.mark.parametrize(
        ("arguments", "expected"),
        [
            ((28, 3), (1, 1)),
            ((28, 5), (2, 2)),
            ((28, 2), (0, 1)),
            ((28, 4), (1, 2)),
            ((28, 3, 2), (0, 1)),
            ((27, 3, 2), (1, 1)),
            ((28, 3, 1, 2), (2, 2)),
            ((28, 1, 3), (0, 0)),
        ],
    )
    def test_an_odd_zero_goes_to_the_end(self, arguments, expected):
        size, kernel_size, stride, dilation = (*arguments, 1, 1)[:4]
        assert padding_sizes(size, kernel_size, stride, "same", dilation) == expected
        assert padding_sizes(size, 1, stride, "valid", dilation) == (0, 0)

    def test_the_zeros_lie_around_the_image(self):
        image = np.arange(1, 5).reshape(2, 2)
        assert pad(image, (2, 3)).tolist() == [[0, 1, 2, 0], [0, 3, 4, 0], [0, 0, 0, 0]]
        assert pad(image, 2, padding="valid").tolist() == image.tolist()
        assert pad(np.ones((5, 4, 3)), 3).shape == (7, 6, 3)
        assert pad(np.ones((9, 5, 4, 3)), 3, dilation=2).shape == (9, 9, 8, 3)

    @repeatable
    @given(layer=layers())
    def test_a_padded_image_needs_no_more_padding(self, layer):
        image, kernel = layer.pop("image"), layer.pop("kernel")
        bias = layer.pop("bias")
        expected = cross_correlate(image, kernel, bias, **layer)
        padded = pad(image, kernel.shape[:2], **layer)
        layer["padding"] = "valid"
        unpadded = cross_correlate(padded, kernel, bias, **layer)
        np.testing.assert_allclose(unpadded, expected, rtol=0, atol=1e-12)


class TestPatch:
    @repeatable
    @given(layer=layers())
    def test_its_sum_of_products_is_the_pixel_of_the_output(self, layer):
        image, kernel, bias = layer["image"][0], layer["kernel"], layer["bias"]
        moves = {name: layer[name] for name in ("stride", "padding", "dilation")}
        output = cross_correlate(image, kernel, bias, **moves)
        for row, column in np.ndindex(output.shape[:2]):
            cut = patch(image, kernel.shape[:2], row, column, **moves)
            assert cut.shape == kernel.shape[:3]
            sums = [(cut * kernel[..., f]).sum() + bias[f] for f in range(len(bias))]
            np.testing.assert_allclose(sums, output[row, column], rtol=0, atol=1e-12)

    def test_by_hand(self):
        image = np.arange(25).reshape(5, 5)
        assert patch(image, 2, 1, 0, stride=3, dilation=1).tolist() == [[15, 16], [20, 21]]
        assert patch(image, 2, 0, 1, dilation=3).tolist() == [[1, 4], [16, 19]]
        assert patch(image, 3, 4, 4, padding="same")[1:, 1:].tolist() == [[24, 0], [0, 0]]

    @pytest.mark.parametrize(
        ("row", "column", "message"),
        [
            (3, 0, "row is 3, and the output has 3x4 pixels; give a whole number from 0 to 2"),
            (0, 4, "column is 4, and the output has 3x4 pixels; give a whole number from 0 to 3"),
            (-1, 0, "row is -1"),
            (0, 0.5, "column is 0.5"),
            (True, 0, "row is True"),
            ("1", 0, "row is '1'"),
        ],
    )
    def test_a_place_that_the_output_does_not_have(self, row, column, message):
        with pytest.raises(DesignError, match=message):
            patch(np.ones((5, 6)), 3, row, column)

    def test_a_batch_has_more_than_one(self):
        with pytest.raises(DataError, match=r"\(2, 5, 5, 1\), a batch; .* image\[0\]"):
            patch(np.ones((2, 5, 5, 1)), 3, 0, 0)


class TestCosts:
    @pytest.mark.parametrize("name", ["three_conv", "deeper", "dropout", "two_epoch", "lenet5"])
    def test_parameters_as_keras_counts_them(self, name):
        model = zoo.build(name)
        total = 0
        for layer in model.layers:
            if isinstance(layer, keras.layers.Conv2D):
                count = conv_parameters(layer.kernel_size, layer.input.shape[-1], layer.filters)
            elif isinstance(layer, keras.layers.Dense):
                count = dense_parameters(layer.input.shape[-1], layer.units)
            else:
                count = 0
            assert count == layer.count_params()
            total += count
        assert total == model.count_params()

    def test_the_published_table(self):
        counts = [conv_parameters(3, 1, 32), conv_parameters(3, 32, 64), conv_parameters(3, 64, 64)]
        counts += [dense_parameters(3 * 3 * 64, 64), dense_parameters(64, 10)]
        assert counts == [320, 18_496, 36_928, 36_928, 650]
        assert sum(counts) == 93_322

    def test_without_bias(self):
        assert conv_parameters((2, 5), 3, 4, bias=False) == 2 * 5 * 3 * 4
        assert dense_parameters(7, 4, bias=False) == 28
        layer = keras.layers.Conv2D(4, (2, 5), use_bias=False)
        layer.build((None, 9, 9, 3))
        assert layer.count_params() == conv_parameters((2, 5), 3, 4, bias=False)

    def test_multiplications_by_hand(self):
        # 26 * 26 * 32 outputs of 9 products each; 11 * 11 * 64 of 288; 3 * 3 * 64 of 576.
        assert conv_multiply_adds((26, 26, 32), 3, channels=1) == 194_688
        assert conv_multiply_adds((11, 11, 64), 3, channels=32) == 2_230_272
        assert conv_multiply_adds((3, 3, 64), 3, channels=64) == 331_776
        assert conv_multiply_adds([1, 2, 3], (4, 5), channels=6) == 720
        assert dense_multiply_adds(576, 64) == 36_864

    @repeatable
    @given(layer=layers())
    def test_multiplications_counted_where_they_happen(self, layer):
        # With 1 everywhere every product adds 1 to a sum.
        image = np.ones_like(layer.pop("image")[0])
        kernel = np.ones_like(layer.pop("kernel"))
        layer.pop("bias")
        padded = np.ones_like(pad(image, kernel.shape[:2], **layer))
        layer["padding"] = "valid"
        sums = cross_correlate_loops(padded, kernel, **layer)
        counted = conv_multiply_adds(sums.shape, kernel.shape[:2], kernel.shape[2])
        assert counted == sums.sum()


@st.composite
def pools(draw):
    size = (draw(steps), draw(steps))
    padding = draw(paddings)
    least = (1, 1) if padding == "same" else size
    shape = [number + draw(st.integers(0, 5)) for number in least]
    image = np.random.default_rng(draw(seeds)).normal(size=(2, *shape, draw(st.integers(1, 2))))
    return image, size, draw(st.none() | st.tuples(steps, steps)), padding


class TestPooling:
    @repeatable
    @given(pool=pools())
    def test_the_largest_as_keras(self, pool):
        image, size, stride, padding = pool
        expected = keras.ops.max_pool(image.astype("float32"), size, stride, padding)
        np.testing.assert_allclose(max_pool(*pool), np.asarray(expected), rtol=0, atol=1e-6)

    @repeatable
    @given(pool=pools())
    def test_the_average_as_keras(self, pool):
        image, size, stride, padding = pool
        expected = keras.ops.average_pool(image.astype("float32"), size, stride, padding)
        np.testing.assert_allclose(average_pool(*pool), np.asarray(expected), rtol=0, atol=1e-6)

    @pytest.mark.parametrize("function", [max_pool, average_pool])
    def test_an_image_of_any_kind(self, function):
        batch = np.random.default_rng(0).normal(size=(2, 7, 5, 3))
        pooled = function(batch, 2, padding="same")
        np.testing.assert_allclose(function(batch[1], 2, padding="same"), pooled[1], rtol=1e-12)
        flat = function(batch[1, ..., 2], 2, padding="same")
        np.testing.assert_allclose(flat, pooled[1, ..., 2], rtol=0, atol=1e-12)

    def test_odd_sizes_by_hand(self):
        image = -np.arange(1, 10).reshape(3, 3)
        assert max_pool(image).tolist() == [[-1]]
        assert max_pool(image, padding="same").tolist() == [[-1, -3], [-7, -9]]
        assert average_pool(image, padding="same").tolist() == [[-3, -4.5], [-7.5, -9]]
        assert max_pool(image, size=2, stride=1).tolist() == [[-1, -2], [-4, -5]]

    def test_the_pool_is_larger_than_the_image(self):
        with pytest.raises(DesignError, match="pool is 3x3, and image is 5x2"):
            max_pool(np.ones((5, 2)), 3)
        with pytest.raises(DesignError, match="size is 0"):
            average_pool(np.ones((5, 2)), 0)
        with pytest.raises(DesignError, match="stride is -1"):
            max_pool(np.ones((5, 2)), 2, stride=-1)


class TestFlatten:
    @repeatable
    @given(shape=st.tuples(*[st.integers(1, 4)] * 4), seed=seeds)
    def test_as_keras(self, shape, seed):
        batch = np.random.default_rng(seed).normal(size=shape).astype("float32")
        expected = np.asarray(keras.layers.Flatten()(batch))
        np.testing.assert_array_equal(flatten(batch), expected)
        np.testing.assert_array_equal(flatten(batch[0]), expected[0])
        assert flatten(batch[0, ..., 0]).tolist() == batch[0, ..., 0].ravel().tolist()

    def test_it_is_a_copy(self):
        image = np.ones((2, 2))
        flatten(image)[:] = 5
        flatten(image[np.newaxis, ..., np.newaxis])[:] = 5
        assert image.max() == 1


class TestReceptiveField:
    @repeatable
    @given(layers=st.lists(st.tuples(st.integers(1, 4), steps, st.integers(1, 2)), max_size=4))
    def test_the_pixels_that_have_influence(self, layers):
        field, jump = receptive_field(layers)
        # A bright pixel at every place in turn, through kernels of ones.
        signals = np.eye(field + jump)[:, np.newaxis, :, np.newaxis]
        for kernel_size, stride, dilation in layers:
            kernel = np.ones((1, kernel_size, 1, 1))
            signals = cross_correlate(signals, kernel, stride=(1, stride), dilation=(1, dilation))
        first, second = (np.flatnonzero(signals[:, 0, place, 0]) for place in (0, 1))
        assert first[-1] - first[0] + 1 == field
        assert second[0] - first[0] == second[-1] - first[-1] == jump

    def test_the_pixels_with_a_gradient_in_keras(self):
        import tensorflow as tf

        image = tf.Variable(np.random.default_rng(0).normal(size=(1, 28, 28, 1)).astype("float32"))
        # Averages in place of maxima: of four pixels all have a gradient.
        linear = keras.Sequential(
            [
                keras.layers.Conv2D(4, 3),
                keras.layers.AveragePooling2D(2),
                keras.layers.Conv2D(4, 3),
                keras.layers.AveragePooling2D(2),
                keras.layers.Conv2D(4, 3),
            ]
        )
        with tf.GradientTape() as tape:
            corner = linear(image)[0, 0, 0, 0]
        seen = np.argwhere(tape.gradient(corner, image).numpy()[0, ..., 0])
        assert receptive_field([(3, 1), (2, 2), (3, 1), (2, 2), (3, 1)]) == (18, 4)
        assert seen.max(axis=0).tolist() == [17, 17]

    def test_two_numbers_for_a_layer_are_enough(self):
        assert receptive_field([]) == (1, 1)
        assert receptive_field([(3, 1), [3, 1]]) == receptive_field([(5, 1)]) == (5, 1)
        assert receptive_field([(3, 2, 1)]) == receptive_field([(3, 2)]) == (3, 2)

    @pytest.mark.parametrize("layers", [[3], [(3,)], [(3, 1, 1, 1)], ["ab"], [None], [(3, (1, 1))]])
    def test_a_layer_of_other_numbers(self, layers):
        with pytest.raises(DesignError, match=r"a layer is|stride is \(1, 1\)"):
            receptive_field(layers)


IMAGE, COLORED = np.ones((5, 6)), np.ones((5, 6, 3))
KERNEL, KERNELS = np.ones((3, 3)), np.ones((3, 3, 3, 8))


@BOTH
class TestBadInput:
    @pytest.mark.parametrize(
        ("arguments", "message"),
        [
            ({"kernel": np.ones((7, 3))}, "kernel is 7x3, and image is 5x6: the kernel is larger"),
            ({"kernel": np.ones((3, 7))}, "kernel is 3x7, and image is 5x6"),
            ({"dilation": 3}, "kernel is 3x3, dilated to 7x7, and image is 5x6"),
            ({"dilation": (1, 3)}, "dilated to 3x7, and image is 5x6"),
            ({"stride": 0}, "stride is 0; give a whole number from 1"),
            ({"stride": -2}, "stride is -2"),
            ({"stride": 1.5}, "stride is 1.5"),
            ({"stride": "2"}, "stride is '2'"),
            ({"stride": None}, "stride is None"),
            ({"stride": True}, "stride is True"),
            ({"stride": (1, 0)}, "stride is 0"),
            ({"stride": (1, 2, 3)}, r"stride is \(1, 2, 3\); give one number or a pair"),
            ({"dilation": 0}, "dilation is 0"),
            ({"dilation": np.float64(2)}, r"dilation is .*2.0"),
            ({"padding": "full"}, "padding is 'full'; choose 'valid' or 'same'"),
            ({"padding": "SAME"}, "padding is 'SAME'"),
            ({"padding": 1}, "padding is 1"),
            ({"padding": ["same"]}, r"padding is \['same'\]"),
            ({"kernel": np.ones(3)}, r"kernel has the shape \(3,\)"),
            ({"kernel": np.ones((3, 3, 1))}, r"kernel has the shape \(3, 3, 1\)"),
            ({"kernel": np.ones((0, 3))}, r"kernel has the shape \(0, 3\)"),
            ({"kernel": KERNELS}, r"image has the shape \(5, 6\) and kernel \(3, 3, 3, 8\)"),
            ({"image": COLORED}, r"image has the shape \(5, 6, 3\) and kernel \(3, 3\)"),
            (
                {"image": np.ones((5, 6, 1)), "kernel": KERNELS},
                r"image has 1 channels and kernel has 3 \(shapes \(5, 6, 1\) and \(3, 3, 3, 8\)\)",
            ),
            (
                {"image": np.ones((9, 28, 28)), "kernel": np.ones((3, 3, 1, 8))},
                r"image has 28 channels and kernel has 1 .* images\[..., np.newaxis\]",
            ),
            ({"bias": [1, 2]}, r"bias has the shape \(2,\), and kernel has 1 filters"),
            (
                {"image": COLORED, "kernel": KERNELS, "bias": np.ones(7)},
                r"bias has the shape \(7,\), and kernel has 8 filters",
            ),
        ],
    )
    def test_a_layer_that_cannot_be(self, function, arguments, message):
        with pytest.raises(DesignError, match=message) as caught:
            function(**{"image": IMAGE, "kernel": KERNEL, **arguments})
        assert isinstance(caught.value, ValueError)

    @pytest.mark.parametrize(
        ("values", "message"),
        [
            ([[1, 2, np.nan]], r"holds nan at \[0, 2\]"),
            ([[1, 2], [np.inf, 0]], r"holds inf at \[1, 0\]"),
            ([[-np.inf]], r"holds -inf at \[0, 0\]"),
            ([["a", "b"]], "has the type <U1; give real numbers"),
            ([[1, 2], [3]], "rows have different lengths"),
            ([[None]], "has the type object"),
            ([[1j]], "has the type complex128"),
            (None, "has the type object"),
        ],
    )
    def test_no_finite_numbers(self, function, values, message):
        with pytest.raises(DataError, match=f"image {message}|image is no array: its {message}"):
            function(values, KERNEL)
        with pytest.raises(DataError, match=f"kernel {message}|kernel is no array: its {message}"):
            function(IMAGE, values)

    @pytest.mark.parametrize("shape", [(), (5,), (1, 1, 5, 5, 1), (0, 5), (5, 0), (5, 5, 0), (0,)])
    def test_no_image(self, function, shape):
        with pytest.raises(DataError, match="image has the shape"):
            function(np.ones(shape), KERNEL)

    def test_a_bias_that_is_no_number(self, function):
        with pytest.raises(DataError, match="bias holds nan; "):
            function(IMAGE, KERNEL, bias=np.nan)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: output_size(2, 3), "kernel_size 3 .* covers 3 pixels, and size is 2"),
        (lambda: output_size(9, 4, dilation=4), "kernel_size 4 with dilation 4 covers 13 pixels"),
        (lambda: output_size(0, 3), "size is 0"),
        (lambda: output_size((28, 28), 3), r"size is \(28, 28\)"),
        (lambda: output_size(28, 3, stride=0), "stride is 0"),
        (lambda: output_size(28, 3, padding="none"), "padding is 'none'"),
        (lambda: padding_sizes(28, 0), "kernel_size is 0"),
        (lambda: pad(IMAGE, 3, padding="reflect"), "padding is 'reflect'"),
        (lambda: pad(IMAGE, 9, padding="valid"), "kernel is 9x9, and image is 5x6"),
        (lambda: flip(np.ones(3)), r"kernel has the shape \(3,\)"),
        (lambda: conv_parameters(3, 0, 8), "channels is 0"),
        (lambda: conv_parameters(3, 1, -8), "filters is -8"),
        (lambda: conv_parameters((3, 3, 1), 1, 8), r"kernel_size is \(3, 3, 1\)"),
        (lambda: dense_parameters(0, 1), "inputs is 0"),
        (lambda: dense_parameters(1, 2.5), "units is 2.5"),
        (lambda: dense_multiply_adds(1, 0), "units is 0"),
        (lambda: conv_multiply_adds((26, 26), 3, 1), r"output_shape is \(26, 26\); give three"),
        (lambda: conv_multiply_adds((None, 26, 32), 3, 1), "output_shape is None"),
        (lambda: conv_multiply_adds(26, 3, 1), "output_shape is 26"),
        (lambda: receptive_field([(0, 1)]), "kernel_size is 0"),
        (lambda: receptive_field([(3, 0)]), "stride is 0"),
        (lambda: receptive_field([(3, 1, 0)]), "dilation is 0"),
        (lambda: flatten([1, 2]), r"image has the shape \(2,\)"),
        (lambda: max_pool([[np.nan]]), "image holds nan"),
    ],
)
def test_every_other_function_says_what_is_wrong(call, message):
    with pytest.raises(MnistLabError, match=message) as caught:
        call()
    assert isinstance(caught.value, ValueError)


def test_numbers_of_any_type_become_float64():
    for dtype in ("uint8", "int64", "float16", "float32", "bool"):
        assert as_numbers(np.ones(2, dtype), "x").dtype == np.float64
    array = np.ones(3)
    assert as_numbers(array, "x") is array
    assert as_numbers(np.empty((0, 3)), "x").shape == (0, 3)
