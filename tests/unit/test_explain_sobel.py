"""Kernels for photographs: equal to SciPy's and Pillow's, and what their sums promise."""

from mnistlab.errors import DataError, DesignError, MnistLabError
from mnistlab.explain.convolution import convolve, cross_correlate
from mnistlab.explain.sobel import (
    EMBOSS,
    IDENTITY,
    KERNELS,
    LAPLACIAN,
    PREWITT_X,
    PREWITT_Y,
    SHARPEN,
    SOBEL_X,
    SOBEL_Y,
    box_kernel,
    cosine_similarity,
    filter_image,
    gaussian_kernel,
    luminance,
    sobel,
)

import hypothesis
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as numpy_st
from PIL import Image
from scipy import ndimage
from scipy.spatial import distance
from sklearn.datasets import load_sample_image

repeatable = hypothesis.settings(max_examples=40, deadline=None, derandomize=True, database=None)

pictures = numpy_st.arrays("uint8", numpy_st.array_shapes(min_dims=2, max_dims=2, max_side=9))
colored = numpy_st.arrays("uint8", st.tuples(st.integers(1, 9), st.integers(1, 9), st.just(3)))
numbers = st.floats(-9, 9, allow_subnormal=False)
kernels = numpy_st.arrays(
    "float64", numpy_st.array_shapes(min_dims=2, max_dims=2, max_side=5), elements=numbers
)
ZERO_MEAN = ["Sobel x", "Sobel y", "Prewitt x", "Prewitt y", "Laplacian"]
SUM_ONE = ["identity", "box blur", "Gaussian blur", "sharpen", "emboss"]


class TestKernels:
    def test_as_published(self):
        assert SOBEL_X.tolist() == [[-1, 0, 1], [-2, 0, 2], [-1, 0, 1]]
        assert SOBEL_Y.tolist() == [[-1, -2, -1], [0, 0, 0], [1, 2, 1]]
        assert PREWITT_X.tolist() == [[-1, 0, 1]] * 3
        assert PREWITT_Y.tolist() == [[-1, -1, -1], [0, 0, 0], [1, 1, 1]]
        assert LAPLACIAN.tolist() == [[0, 1, 0], [1, -4, 1], [0, 1, 0]]
        assert SHARPEN.tolist() == [[0, -1, 0], [-1, 5, -1], [0, -1, 0]]
        assert EMBOSS.tolist() == [[-2, -1, 0], [-1, 1, 1], [0, 1, 2]]
        assert IDENTITY.tolist() == [[0, 0, 0], [0, 1, 0], [0, 0, 0]]

    def test_every_sum_is_0_or_1(self):
        assert sorted(KERNELS) == sorted(ZERO_MEAN + SUM_ONE)
        for name in ZERO_MEAN:
            assert KERNELS[name].sum() == 0
        for name in SUM_ONE:
            np.testing.assert_allclose(KERNELS[name].sum(), 1, rtol=1e-12)

    @pytest.mark.parametrize("name", ZERO_MEAN)
    @repeatable
    @given(image=pictures)
    def test_a_sum_of_0_does_not_see_how_bright_it_is(self, name, image):
        brighter = image.astype(float) + 1000
        expected = filter_image(image, KERNELS[name])
        np.testing.assert_allclose(filter_image(brighter, KERNELS[name]), expected, atol=1e-9)

    @pytest.mark.parametrize("name", SUM_ONE)
    @repeatable
    @given(image=pictures)
    def test_a_sum_of_1_keeps_how_bright_it_is(self, name, image):
        brighter = image.astype(float) + 1000
        expected = filter_image(image, KERNELS[name]) + 1000
        np.testing.assert_allclose(filter_image(brighter, KERNELS[name]), expected, atol=1e-9)

    @pytest.mark.parametrize("name", KERNELS)
    def test_flipping_matters_where_the_kernel_is_not_symmetric(self, name):
        image = np.random.default_rng(0).normal(size=(8, 8))
        plain, flipped = (each(image, KERNELS[name]) for each in (cross_correlate, convolve))
        if name.startswith(("Sobel", "Prewitt")):
            np.testing.assert_allclose(flipped, -plain, atol=1e-12)
        else:
            assert np.allclose(flipped, plain) == (name != "emboss")

    def test_they_cannot_be_changed_for_everyone(self):
        for kernel in KERNELS.values():
            with pytest.raises(ValueError, match="read-only"):
                kernel[0, 0] = 5
        mine = SOBEL_X.copy()
        mine[0, 0] = 5
        assert SOBEL_X[0, 0] == -1

    @pytest.mark.parametrize("size", [1, 2, 3, 5, 8])
    def test_box_and_gaussian_of_any_size(self, size):
        for kernel in (box_kernel(size), gaussian_kernel(size, sigma=0.7)):
            assert kernel.shape == (size, size)
            np.testing.assert_allclose(kernel.sum(), 1, rtol=1e-12)
            np.testing.assert_allclose(kernel, kernel[::-1, ::-1], rtol=1e-12)
            np.testing.assert_allclose(kernel, kernel.T, rtol=1e-12)

    @repeatable
    @given(image=pictures, radius=st.integers(0, 4), sigma=st.floats(0.3, 5))
    def test_the_gaussian_as_scipy(self, image, radius, sigma):
        expected = ndimage.gaussian_filter(image.astype(float), sigma, radius=radius)
        blurred = filter_image(image, gaussian_kernel(2 * radius + 1, sigma))
        np.testing.assert_allclose(blurred, expected, rtol=0, atol=1e-9)

    @repeatable
    @given(image=pictures, radius=st.integers(0, 3))
    def test_the_box_as_scipy(self, image, radius):
        expected = ndimage.uniform_filter(image.astype(float), 2 * radius + 1)
        blurred = filter_image(image, box_kernel(2 * radius + 1))
        np.testing.assert_allclose(blurred, expected, rtol=0, atol=1e-9)


class TestFilterImage:
    @repeatable
    @given(
        image=pictures,
        kernel=kernels,
        edges=st.sampled_from([("reflect",) * 2, ("zero", "constant")]),
    )
    def test_as_scipy(self, image, kernel, edges):
        ours, theirs = edges
        # Where a size is even, SciPy's kernel lies one pixel further up or left.
        origin = [size % 2 - 1 for size in kernel.shape]
        expected = ndimage.correlate(image.astype(float), kernel, mode=theirs, origin=origin)
        filtered = filter_image(image, kernel, ours)
        np.testing.assert_allclose(filtered, expected, rtol=0, atol=1e-9)

    @repeatable
    @given(image=pictures, kernel=kernels)
    def test_zero_and_valid_are_the_paddings_of_a_layer(self, image, kernel):
        same = cross_correlate(image, kernel, padding="same")
        np.testing.assert_allclose(filter_image(image, kernel, "zero"), same, rtol=0, atol=1e-9)
        if all(np.greater_equal(image.shape, kernel.shape)):
            inside = cross_correlate(image, kernel)
            np.testing.assert_array_equal(filter_image(image, kernel, "valid"), inside)

    @pytest.mark.parametrize("edges", ["reflect", "zero", "valid"])
    def test_every_color_by_itself(self, edges):
        image = np.random.default_rng(0).integers(0, 256, (7, 6, 4), "uint8")
        filtered = filter_image(image, EMBOSS, edges)
        for color in range(4):
            alone = filter_image(image[..., color], EMBOSS, edges)
            np.testing.assert_array_equal(filtered[..., color], alone)

    def test_the_sharpened_image_is_the_image_minus_its_laplacian(self):
        image = np.random.default_rng(0).integers(0, 256, (7, 6), "uint8")
        expected = image - filter_image(image, LAPLACIAN)
        np.testing.assert_allclose(filter_image(image, SHARPEN), expected, rtol=0, atol=1e-9)

    def test_a_flat_area_has_no_edges_at_its_ends_unless_zeros_are_put_there(self):
        flat = np.full((4, 5), 200, "uint8")
        assert not filter_image(flat, SOBEL_X).any()
        assert filter_image(flat, SOBEL_X, "zero").any()

    def test_a_photograph_of_any_kernel(self):
        photo = load_sample_image("china.jpg")
        for kernel in KERNELS.values():
            filtered = filter_image(photo, kernel)
            assert filtered.shape == photo.shape == (427, 640, 3)
            assert filtered.dtype == np.float64


class TestSobel:
    @repeatable
    @given(image=pictures)
    def test_as_scipy(self, image):
        gx, gy, magnitude, direction = sobel(image)
        np.testing.assert_allclose(gx, ndimage.sobel(image.astype(float), axis=1), atol=1e-9)
        np.testing.assert_allclose(gy, ndimage.sobel(image.astype(float), axis=0), atol=1e-9)
        np.testing.assert_allclose(magnitude, np.hypot(gx, gy), atol=1e-9)
        np.testing.assert_allclose(magnitude * np.cos(direction), gx, atol=1e-9)
        np.testing.assert_allclose(magnitude * np.sin(direction), gy, atol=1e-9)

    @repeatable
    @given(image=pictures)
    def test_the_other_operators_as_scipy(self, image):
        image = image.astype(float)
        for kernel, axis in ((PREWITT_X, 1), (PREWITT_Y, 0)):
            expected = ndimage.prewitt(image, axis=axis)
            np.testing.assert_allclose(filter_image(image, kernel), expected, atol=1e-9)
        np.testing.assert_allclose(
            filter_image(image, LAPLACIAN), ndimage.laplace(image), atol=1e-9
        )

    @pytest.mark.parametrize(
        ("turns", "expected"), [(0, 0.0), (3, np.pi / 2), (2, np.pi), (1, -np.pi / 2)]
    )
    def test_the_direction_in_which_it_becomes_brighter(self, turns, expected):
        brighter_to_the_right = np.tile([0, 0, 0, 10, 10, 10], (6, 1))
        _, _, magnitude, direction = sobel(np.rot90(brighter_to_the_right, turns))
        edge = magnitude > 0
        assert edge.sum() == 12
        assert magnitude.max() == 40
        np.testing.assert_allclose(np.abs(direction[edge]), np.abs(expected))
        np.testing.assert_allclose(np.sin(direction[edge]), np.sin(expected), atol=1e-12)

    def test_a_diagonal(self):
        rows, columns = np.mgrid[:5, :5]
        _, _, magnitude, direction = sobel(rows + columns)
        np.testing.assert_allclose(direction[1:-1, 1:-1], np.pi / 4)
        np.testing.assert_allclose(magnitude[1:-1, 1:-1], 8 * np.sqrt(2))

    def test_a_color_photograph_by_its_luminance(self):
        photo = load_sample_image("flower.jpg")
        for colored, gray in zip(sobel(photo), sobel(luminance(photo)), strict=True):
            assert colored.shape == (427, 640)
            np.testing.assert_array_equal(colored, gray)

    def test_bytes_do_not_wrap_around(self):
        gx, *_ = sobel(np.array([[0, 255], [0, 255], [0, 255]], "uint8"))
        assert gx.tolist() == [[1020, 1020]] * 3


class TestLuminance:
    @repeatable
    @given(rgb=colored)
    def test_as_pillow(self, rgb):
        # Pillow rounds to bytes, from weights of 16 bits.
        expected = np.asarray(Image.fromarray(rgb).convert("L"))
        np.testing.assert_allclose(luminance(rgb), expected, rtol=0, atol=0.51)

    def test_the_scale_stays(self):
        white = np.ones((2, 3, 3))
        np.testing.assert_allclose(luminance(white), 1, rtol=1e-12)
        np.testing.assert_allclose(luminance(255 * white), 255, rtol=1e-12)
        assert luminance(np.array([[[0, 255, 0]]], "uint8")).round(3) == 149.685


class TestCosineSimilarity:
    @repeatable
    @given(a=kernels, seed=st.integers(0, 2**32 - 1), strength=st.floats(0.001, 1000))
    def test_as_scipy(self, a, seed, strength):
        b = np.random.default_rng(seed).normal(size=a.shape)
        if not a.any():
            with pytest.raises(DataError, match="a is all zeros"):
                cosine_similarity(a, b)
            return
        expected = 1 - distance.cosine(a.ravel() / np.abs(a).max(), b.ravel())
        np.testing.assert_allclose(cosine_similarity(a, b), expected, rtol=0, atol=1e-9)
        np.testing.assert_allclose(cosine_similarity(strength * a, b), expected, atol=1e-9)
        np.testing.assert_allclose(cosine_similarity(b, -a), -expected, rtol=0, atol=1e-9)
        assert cosine_similarity(a, a) <= 1

    def test_by_hand(self):
        assert cosine_similarity(SOBEL_X, SOBEL_X) == 1
        assert cosine_similarity(SOBEL_X, -SOBEL_X) == -1
        assert cosine_similarity(SOBEL_X, SOBEL_Y) == 0
        # 2 * (1 + 2 + 1) = 8 of the square root of 12 * 6.
        np.testing.assert_allclose(cosine_similarity(SOBEL_X, PREWITT_X), 8 / np.sqrt(72))

    def test_tiny_and_huge_weights_have_a_pattern_too(self):
        with np.errstate(all="raise", under="ignore"):
            assert cosine_similarity(1e-200 * SOBEL_X, 1e200 * SOBEL_X) == 1


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: box_kernel(0), "size is 0; give a whole number from 1"),
        (lambda: box_kernel(2.5), "size is 2.5"),
        (lambda: gaussian_kernel(-3), "size is -3"),
        (lambda: gaussian_kernel(3, sigma=0), "sigma is 0; give a number of pixels above 0"),
        (lambda: gaussian_kernel(3, sigma=-1), "sigma is -1"),
        (lambda: gaussian_kernel(3, sigma=np.nan), "sigma is nan"),
        (lambda: gaussian_kernel(3, sigma="1"), "sigma is '1'"),
        (
            lambda: luminance(np.ones((4, 5))),
            r"rgb has the shape \(4, 5\); give \(height, width, 3",
        ),
        (lambda: luminance(np.ones((4, 5, 4))), r"rgb has the shape \(4, 5, 4\)"),
        (lambda: luminance([[[1, 2, np.nan]]]), r"rgb holds nan at \[0, 0, 2\]"),
        (lambda: sobel(np.ones((4, 5, 1))), r"rgb has the shape \(4, 5, 1\)"),
        (lambda: sobel(np.ones(4)), r"image has the shape \(4,\)"),
        (lambda: sobel("china.jpg"), "image has the type <U9; give real numbers"),
        (lambda: sobel([[1, 2], [3]]), "rows have different lengths"),
        (lambda: filter_image(np.ones((2, 4, 5, 3)), SOBEL_X), r"shape \(2, 4, 5, 3\)"),
        (lambda: filter_image(np.ones((0, 5)), SOBEL_X), r"shape \(0, 5\)"),
        (lambda: filter_image([[np.inf]], SOBEL_X), r"image holds inf at \[0, 0\]"),
        (lambda: filter_image([[1]], [[np.nan]]), r"kernel holds nan at \[0, 0\]"),
        (lambda: filter_image([[1]], [1, 2]), r"kernel has the shape \(2,\)"),
        (lambda: filter_image([[1]], np.ones((3, 3, 3))), r"kernel has the shape \(3, 3, 3\)"),
        (lambda: filter_image([[1]], np.ones((0, 3))), r"kernel has the shape \(0, 3\)"),
        (
            lambda: filter_image(np.ones((2, 5)), SOBEL_X, "valid"),
            "kernel is 3x3, and image is 2x5: .* Use edges='reflect'",
        ),
        (lambda: filter_image([[1]], SOBEL_X, "wrap"), "edges is 'wrap'; choose 'reflect'"),
        (lambda: filter_image([[1]], SOBEL_X, None), "edges is None"),
        (lambda: cosine_similarity(SOBEL_X, np.ones((5, 5))), r"shape \(3, 3\) and b \(5, 5\)"),
        (lambda: cosine_similarity(SOBEL_X, np.zeros((3, 3))), "b is all zeros"),
        (lambda: cosine_similarity([], []), "a is all zeros"),
        (lambda: cosine_similarity([np.nan], [1]), "a holds nan"),
    ],
)
def test_what_is_wrong_is_said(call, message):
    with pytest.raises(MnistLabError, match=message) as caught:
        call()
    assert isinstance(caught.value, DesignError | DataError)
    assert isinstance(caught.value, ValueError)
