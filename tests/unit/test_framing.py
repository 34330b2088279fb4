"""MNIST's frame: measured on digits that are in it, and against SciPy and hand calculations."""

from mnistlab import load_mnist
from mnistlab.data.framing import BOX, SIDE, as_pixels, center_of_mass, fit, place
from mnistlab.errors import ImageError

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from scipy import ndimage

BOXES = arrays.arrays(
    np.float64,
    st.tuples(st.integers(1, 20), st.integers(1, 20)),
    elements=st.floats(0, 1, width=32),
).filter(lambda box: box.sum() > 0.01)


@pytest.fixture(scope="module")
def digits():
    (_, _), (images, _) = load_mnist()
    return images[:1000]


def cut_out(image):
    rows, columns = (np.flatnonzero(image.any(axis=axis)) for axis in (1, 0))
    return image[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]


@given(box=BOXES)
def test_the_center_of_mass_is_scipys(box):
    np.testing.assert_allclose(center_of_mass(box), ndimage.center_of_mass(box), atol=1e-9)


def test_every_digit_of_the_data_finds_its_own_place_again(digits):
    for image in digits:
        placed = as_pixels(place(cut_out(image) / 255))
        np.testing.assert_array_equal(placed, image)


@given(box=BOXES)
def test_no_ink_is_lost_and_the_center_is_near_14_unless_the_side_is_in_the_way(box):
    frame = place(box)
    np.testing.assert_allclose(frame.sum(), box.sum(), rtol=1e-5)
    for axis, at in enumerate(center_of_mass(frame)):
        used = np.flatnonzero(frame.any(axis=1 - axis))
        # A column of the box without ink may be what lies at the side.
        free = used[0] >= BOX and used[-1] < SIDE - BOX
        assert abs(at - 14) <= 0.5 + 1e-6 or not free


def test_the_middle_of_the_box_instead_of_the_center_of_mass():
    box = np.zeros((20, 10))
    box[:4] = 1
    by_mass, by_box = place(box), place(box, center="box")
    assert np.flatnonzero(by_box.any(axis=1)).tolist() == [4, 5, 6, 7]
    assert np.flatnonzero(by_mass.any(axis=1))[0] == 8  # as far down as 20 rows can go
    with pytest.raises(ImageError, match="center is 'middle'; expected is 'mass' or 'box'"):
        place(box, center="middle")


def test_nothing_cannot_be_placed():
    with pytest.raises(ImageError, match="No digit found"):
        place(np.zeros((20, 20)))


@pytest.mark.parametrize("factor", [2, 5, 13])
def test_scaling_down_by_a_whole_number_is_the_mean_of_each_block(factor):
    ink = np.random.default_rng(factor).random((20 * factor, 12 * factor), np.float32)
    blocks = ink.reshape(20, factor, 12, factor).mean(axis=(1, 3))
    np.testing.assert_allclose(fit(ink), blocks, atol=1e-5)


@given(height=st.integers(1, 300), width=st.integers(1, 300))
def test_the_longer_side_becomes_20_and_the_aspect_stays(height, width):
    h, w = fit(np.ones((height, width), np.float32)).shape
    assert max(h, w) == BOX
    expected = BOX * min(height, width) / max(height, width)
    assert abs(min(h, w) - max(1, expected)) <= 0.5
    assert fit(np.ones((height, width), np.float32), keep_aspect=False).shape == (BOX, BOX)
