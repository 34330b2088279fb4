"""Arrays that are not digits are refused before a training starts with them."""

from mnistlab.data.checks import check_images, check_labels, check_pairs
from mnistlab.errors import DataError

import numpy as np
import pytest


@pytest.mark.parametrize("shape", [(3, 28, 28), (3, 28, 28, 1), (0, 28, 28)])
@pytest.mark.parametrize("dtype", ["uint8", "float16", "float32", "float64"])
def test_digits_pass(shape, dtype):
    check_images(np.zeros(shape, dtype))


@pytest.mark.parametrize(
    ("images", "found"),
    [
        (np.zeros((28, 28), "uint8"), r"found \(28, 28\).*images\[None\]"),
        (np.zeros((3, 784), "uint8"), r"found \(3, 784\)"),
        (np.zeros((3, 28, 28, 3), "uint8"), r"found \(3, 28, 28, 3\)"),
        (np.zeros((3, 1, 28, 28), "uint8"), r"found \(3, 1, 28, 28\)"),
        (np.float32(0), r"found \(\)"),
        (np.zeros((3, 28, 28), "int64"), "found int64"),
        (np.zeros((3, 28, 28), bool), "found bool"),
        (np.zeros((3, 28, 28), complex), "found complex128"),
        (np.full((3, 28, 28), None), "found object"),
        ([[1, 2], [3]], "rows of different lengths"),
    ],
)
def test_other_shapes_and_types_of_images_are_refused(images, found):
    with pytest.raises(DataError, match=rf"^images: expected .*{found}"):
        check_images(images)


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_one_pixel_that_is_not_finite_is_found(value):
    images = np.zeros((3, 28, 28, 1), "float32")
    images[2, 5, 7, 0] = value
    with pytest.raises(DataError, match=r"^pixels: expected finite .*\[2, 5, 7, 0\] \(1 such"):
        check_images(images, "pixels")


def test_opposite_infinities_are_found():
    images = np.zeros((1, 28, 28))
    images[0, 0, :2] = np.inf, -np.inf
    with pytest.raises(DataError, match="2 such values"):
        check_images(images)


def test_finite_pixels_whose_sum_overflows_pass():
    check_images(np.full((1, 28, 28), np.finfo("float64").max))


@pytest.mark.parametrize(
    "labels",
    [
        np.arange(10),
        np.arange(10, dtype="uint8"),
        np.eye(10, dtype="float32"),
        np.eye(10, dtype=bool),
        [7, 2, 1],
    ],
)
def test_labels_pass(labels):
    check_labels(labels)


@pytest.mark.parametrize(
    ("labels", "found"),
    [
        (np.array([0, 10]), "found 10 at index 1"),
        (np.array([-1, 0]), "found -1 at index 0"),
        (np.array([1.0, 2.0]), "found float64"),
        (np.array(["7"]), "found <U1"),
        (np.zeros((3, 9)), r"found \(3, 9\)"),
        (np.int64(3), r"found \(\)"),
        (np.zeros((2, 10)), r"found \[0.0, .* at index 0"),
        (np.ones((2, 10), int), r"found \[1, .* at index 0"),
        (np.full((2, 10), np.nan), "found .*nan.* at index 0"),
        (np.eye(10) * 0.9, "found .*0.9.* at index 0"),
        (np.eye(10).astype(str), "found <U"),
    ],
)
def test_other_labels_are_refused(labels, found):
    with pytest.raises(DataError, match=rf"^y_train: expected .*{found}"):
        check_labels(labels, "y_train")


def test_pairs_pass():
    check_pairs(np.zeros((3, 28, 28), "uint8"), np.array([1, 2, 3]))


@pytest.mark.parametrize(
    ("images", "labels", "message"),
    [
        (np.zeros((3, 28, 28), "uint8"), np.array([1, 2]), "equal lengths, found 3 and 2"),
        (np.zeros((0, 28, 28), "uint8"), np.array([], int), "at least one row"),
        (np.zeros((2, 28, 28), "int8"), np.array([1, 2]), "^images: .*int8"),
        (np.zeros((2, 28, 28), "uint8"), np.array([1, 22]), "^labels: .*22"),
    ],
)
def test_pairs_that_do_not_fit_are_refused(images, labels, message):
    with pytest.raises(DataError, match=message):
        check_pairs(images, labels)
