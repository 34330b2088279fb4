"""Right answers and learners' wrong ones for the exercises of notebook 09."""

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from scipy.signal import convolve2d, correlate2d


def by_windows(image, kernel):
    return np.einsum("ijuv,uv->ij", sliding_window_view(image, kernel.shape), kernel)


def by_scipy(image, kernel):
    return correlate2d(image, kernel, mode="valid")


def as_lists(image, kernel):
    return by_windows(image, kernel).tolist()


def flipped(image, kernel):
    return convolve2d(image, kernel, mode="valid")


def one_too_small(image, kernel):
    output = np.zeros((image.shape[0] - kernel.shape[0], image.shape[1] - kernel.shape[1]))
    for row in range(output.shape[0]):
        for column in range(output.shape[1]):
            patch = image[row : row + kernel.shape[0], column : column + kernel.shape[1]]
            output[row, column] = (patch * kernel).sum()
    return output


def one_too_large(image, kernel):
    right = by_windows(image, kernel)
    output = np.zeros((right.shape[0] + 1, right.shape[1] + 1))
    output[:-1, :-1] = right
    return output


def swapped_output(image, kernel):
    return by_windows(image, kernel).T


def swapped_kernel(image, kernel):
    return by_windows(image, kernel.T)


def same_padding(image, kernel):
    height, width = kernel.shape
    top, left = (height - 1) // 2, (width - 1) // 2
    padded = np.pad(image, ((top, height - 1 - top), (left, width - 1 - left)))
    return by_windows(padded, kernel)


def averaged(image, kernel):
    return by_windows(image, kernel) / kernel.size


def with_relu(image, kernel):
    return np.maximum(by_windows(image, kernel), 0)


def matrix_product(image, kernel):
    windows = sliding_window_view(image, kernel.shape)
    return np.array([[(window @ kernel.T).sum() for window in row] for row in windows])


def pooled_by_loops(image):
    output = np.zeros((image.shape[0] // 2, image.shape[1] // 2))
    for row in range(output.shape[0]):
        for column in range(output.shape[1]):
            output[row, column] = image[2 * row : 2 * row + 2, 2 * column : 2 * column + 2].max()
    return output


def pooled_by_slices(image):
    image = image[: image.shape[0] // 2 * 2, : image.shape[1] // 2 * 2]
    rows = np.maximum(image[::2], image[1::2])
    return np.maximum(rows[:, ::2], rows[:, 1::2])


def average_pooled(image):
    image = image[: image.shape[0] // 2 * 2, : image.shape[1] // 2 * 2]
    rows = (image[::2] + image[1::2]) / 2
    return (rows[:, ::2] + rows[:, 1::2]) / 2


def pooled_with_stride_1(image):
    return sliding_window_view(image, (2, 2)).max(axis=(2, 3))


def every_second(image):
    return image[: image.shape[0] // 2 * 2 : 2, : image.shape[1] // 2 * 2 : 2]


def pooled_rounding_up(image):
    output = np.zeros((-(-image.shape[0] // 2), -(-image.shape[1] // 2)))
    for row in range(output.shape[0]):
        for column in range(output.shape[1]):
            output[row, column] = image[2 * row : 2 * row + 2, 2 * column : 2 * column + 2].max()
    return output


def pooled_from_zero(image):
    output = np.zeros((image.shape[0] // 2, image.shape[1] // 2))
    for row in range(output.shape[0]):
        for column in range(output.shape[1]):
            for number in image[2 * row : 2 * row + 2, 2 * column : 2 * column + 2].flat:
                output[row, column] = max(output[row, column], number)
    return output


def pooled_in_order(image):
    rows, columns = image.shape[0] // 2, image.shape[1] // 2
    return image[: rows * 2, : columns * 2].reshape(rows, columns, 2, 2).max(axis=(2, 3))


def pooled_and_swapped(image):
    return pooled_by_slices(image).T


def smallest(image):
    return -pooled_by_slices(-image)


RIGHT = {
    "output_size": [12, 12.0, (28 - 5) // 2 + 1, np.int64(12)],
    "parameters": [1216, (5 * 5 * 3 + 1) * 16],
    "one_value": [8, 8.0, np.float32(8)],
    "cross_correlate": [by_windows, by_scipy, as_lists],
    "max_pool": [pooled_by_loops, pooled_by_slices],
    "receptive_field": [10, 10.0],
}

WRONG = {
    "output_size": [
        (14, "padding 'same'"),
        (11, "Off by one"),
        (12.5, "Half a row cannot be"),
        (13, "Rounded the wrong way"),
        (24, "with stride 1"),
        (20, "is not it"),
    ],
    "parameters": [
        (1200, "forgot the biases"),
        (416, "forgot the channels: a filter"),
        (1201, "a bias of its own"),
        (1248, "share one bias"),
        (1203, "not to the 3 channels"),
        (400, "the channels and the biases"),
        (76, "That is one filter"),
        ((28 * 28 * 3 + 1) * 16, "That is a dense layer"),
    ],
    "one_value": [
        (6, "forgot the bias"),
        (3, "180 degrees"),
        (9, "swapped"),
        (14, "minus signs"),
        (6 + 9 * 2, "not to each of the nine products"),
        (1 + 4 + 1 + 3 + 2, "negative products count"),
        (20, "matrix product"),
        (0, "not negative"),
    ],
    "cross_correlate": [
        (flipped, "flip the kernel"),
        (one_too_small, "Off by one"),
        (one_too_large, "One row and one column too many"),
        (swapped_output, "swapped in the output"),
        (swapped_kernel, "of the kernel are swapped"),
        (same_padding, "padding 'same'"),
        (averaged, "average the products"),
        (with_relu, "That is the ReLU"),
        (matrix_product, "your function gives"),
    ],
    "max_pool": [
        (average_pooled, "the mean of each square"),
        (pooled_with_stride_1, "squares overlap"),
        (every_second, "never look at the three others"),
        (pooled_rounding_up, "is dropped"),
        (pooled_and_swapped, "swapped in the output"),
        (pooled_from_zero, "starts at 0"),
        (pooled_in_order, "not into squares"),
        (smallest, "the smallest"),
    ],
    "receptive_field": [
        (11, "do not simply add up"),
        (8, "2 pixels of the image apart"),
        (7, "without the pooling"),
        (9, "the pooling itself adds"),
        (6, "one convolution is still to come"),
        (5, "reach further"),
    ],
}
