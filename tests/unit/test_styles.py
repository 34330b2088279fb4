"""make_styles: in MNIST's form, the same for the same seed, and no two alike."""

from mnistlab.data.framing import BOX, center_of_mass
from mnistlab.data.styles import make_styles
from mnistlab.errors import DataError

import numpy as np
import pytest


@pytest.fixture(scope="module")
def styles():
    return make_styles(200)


def test_they_are_in_mnists_form(styles):
    images, labels = styles
    assert (images.shape, images.dtype) == ((200, 28, 28), np.uint8)
    assert (labels.shape, labels.dtype) == ((200,), np.uint8)
    assert set(labels.tolist()) == {1, 4, 7, 9}
    for image in images:
        rows, columns = (np.flatnonzero(image.any(axis=axis)) for axis in (1, 0))
        assert max(np.ptp(rows), np.ptp(columns)) + 1 == BOX
        assert image.max() == 255
        for at, used in zip(center_of_mass(image), (rows, columns), strict=True):
            # Rounding to 255 levels moves the center by a hair.
            assert abs(at - 14) <= 0.51 or used[0] == 0 or used[-1] == 27


def test_no_two_are_alike(styles):
    assert len(np.unique(styles[0].reshape(200, -1), axis=0)) == 200


def test_the_same_seed_gives_the_same_and_a_larger_count_adds_to_them(styles):
    for part, whole in zip(make_styles(30), styles, strict=True):
        np.testing.assert_array_equal(part, whole[:30])
    images, labels = make_styles(30, seed=2)
    np.testing.assert_array_equal(labels, styles[1][:30])
    assert (images != styles[0][:30]).any(axis=(1, 2)).all()


def test_none_is_a_count_too():
    images, labels = make_styles(0)
    assert (images.shape, labels.shape) == ((0, 28, 28), (0,))


@pytest.mark.parametrize("count", [-1, 2.5, "8", None])
def test_what_is_no_count_is_refused(count):
    with pytest.raises(DataError, match=r"count is .*; expected is a whole number from 0 on"):
        make_styles(count)
