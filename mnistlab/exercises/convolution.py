"""The exercises of notebook 09: what a convolution layer computes."""

from mnistlab.exercises.exercise import Exercise
from mnistlab.exercises.judging import expect_function, expect_number

import numpy as np


def _judge_output_size(answer):
    expect_number(
        answer,
        12,
        {
            "That is the size with padding 'same'; 'valid' adds no zeros.": 14,
            "Off by one: that counts the steps. The place where the kernel starts counts too.": 11,
            "Half a row cannot be: a last step that would leave the image is not taken. Round "
            "down before you add 1.": 12.5,
            "Rounded the wrong way: a last step that would leave the image is not taken.": 13,
            "That is the size with stride 1; here every second place is left out.": 24,
        },
    )


output_size = Exercise(
    _judge_output_size,
    "The kernel starts in rows 0 to 4. How many steps of 2 can it take before it hits row 27?",
    12,
    "(28 - 5) / 2 = 11.5. Only 11 whole steps fit, and with the start they are 12 places; row 27 "
    "is never read.",
)


def _judge_parameters(answer):
    expect_number(
        answer,
        1216,
        {
            "You forgot the biases: one for each filter.": 1200,
            "You forgot the channels: a filter has 5 × 5 weights for each of the 3 channels.": 416,
            "Every filter has a bias of its own, not one for all of them.": 1201,
            "The channels share one bias in each filter: their sums are added up first.": 1248,
            "The biases belong to the 16 filters, one for each, not to the 3 channels.": 1203,
            "You forgot the channels and the biases.": 400,
            "That is one filter; the layer has 16 of them.": 76,
            "That is a dense layer, where every unit has a weight for every pixel. A filter has "
            "only its own 5 × 5 for each channel, and uses them everywhere.": 37648,
        },
    )


parameters = Exercise(
    _judge_parameters,
    "How many numbers has one filter, over all channels? Then its bias, then all 16 filters.",
    1216,
    "(5 × 5 × 3 + 1) × 16 = 76 × 16 = 1,216. The size of the image is not in it: weights are "
    "shared by all places.",
)


def _judge_one_value(answer):
    expect_number(
        answer,
        8,
        {
            "You forgot the bias of 2.": 6,
            "You turned the kernel by 180 degrees. That is a true convolution; a layer takes the "
            "kernel as it stands.": 3,
            "Rows and columns of the kernel are swapped: each pixel is multiplied by the weight at "
            "its own place.": 9,
            "You left out the minus signs of the weights.": 14,
            "The bias is added once, to the sum, not to each of the nine products.": 24,
            "ReLU comes once, at the very end: negative products count in the sum.": 11,
            "That is a matrix product. Here each pixel is multiplied by one weight only, the one "
            "at its own place.": 20,
            "ReLU sets negative numbers to 0; the sum with its bias is not negative.": 0,
        },
    )


one_value = Exercise(
    _judge_one_value,
    "Begin with the top row: 1 × 1 + 2 × 2 + 1 × 0. The two other rows go the same way. The bias "
    "comes last, once.",
    8,
    "The rows give 1 + 4 + 0 = 5, then -3 + 1 + 0 = -2, then 0 + 0 + 3 = 3. Their sum is 6, and "
    "the bias of 2 makes it 8. It is positive, so ReLU leaves it as it is.",
)


def _cross_correlate(image, kernel):
    height, width = kernel.shape
    output = np.zeros((image.shape[0] - height + 1, image.shape[1] - width + 1))
    for row, column in np.ndindex(*output.shape):
        patch = image[row : row + height, column : column + width]
        output[row, column] = np.sum(patch * kernel)
    return output


def _zero_padded(image, kernel):
    before = [(size - 1) // 2 for size in kernel.shape]
    widths = [(each, size - 1 - each) for each, size in zip(before, kernel.shape, strict=True)]
    return _cross_correlate(np.pad(image, widths), kernel)


def _judge_cross_correlate(answer):
    draw = np.random.default_rng(9)
    shapes = [
        ((3, 3), (2, 2)),
        ((5, 4), (3, 3)),
        ((6, 9), (3, 2)),
        ((8, 5), (1, 4)),
        ((4, 4), (4, 4)),
    ]
    cases = [tuple(draw.integers(-4, 5, shape) for shape in pair) for pair in shapes]
    expect_function(
        answer,
        _cross_correlate,
        cases,
        {
            "You flip the kernel. That is a true convolution; a layer takes the kernel as it "
            "stands.": lambda image, kernel: _cross_correlate(image, kernel[::-1, ::-1]),
            "Off by one in the output size: from 28 pixels, 3 wide, there are 28 - 3 + 1 = 26 "
            "places.": lambda image, kernel: _cross_correlate(image, kernel)[:-1, :-1],
            "One row and one column too many: at the last place the kernel would stick out.": (
                lambda image, kernel: np.pad(_cross_correlate(image, kernel), ((0, 1), (0, 1)))
            ),
            "Rows and columns are swapped in the output.": (
                lambda image, kernel: _cross_correlate(image, kernel).T
            ),
            "Rows and columns of the kernel are swapped.": (
                lambda image, kernel: _cross_correlate(image, kernel.T)
            ),
            "That is padding 'same': your output is as large as the image. The kernel should "
            "stay inside.": _zero_padded,
            "You set negative sums to 0. That is the ReLU, which was not asked.": (
                lambda image, kernel: np.maximum(_cross_correlate(image, kernel), 0)
            ),
            "You average the products; a convolution sums them.": (
                lambda image, kernel: _cross_correlate(image, kernel) / kernel.size
            ),
        },
    )


cross_correlate = Exercise(
    _judge_cross_correlate,
    "Make an array of zeros of the right size, go over its rows and columns, and put the sum of "
    "patch * kernel in each place. The size is image - kernel + 1 in both directions, and a "
    "kernel need not be square.",
    _cross_correlate,
    "One place of the output is one sum over a patch as large as the kernel. The two slices cut "
    "out the patch; everything else is bookkeeping.",
)


def _max_pool(image):
    rows, columns = image.shape[0] // 2, image.shape[1] // 2
    squares = image[: 2 * rows, : 2 * columns].reshape(rows, 2, columns, 2)
    return squares.max(axis=(1, 3))


def _squares(image):
    rows, columns = image.shape[0] // 2, image.shape[1] // 2
    return image[: 2 * rows, : 2 * columns].reshape(rows, 2, columns, 2)


def _rounded_up(image):
    odd = [(0, size % 2) for size in image.shape]
    return _max_pool(np.pad(image, odd, constant_values=image.min() - 1))


def _cut_in_order(image):
    rows, columns = image.shape[0] // 2, image.shape[1] // 2
    return image[: 2 * rows, : 2 * columns].reshape(rows, columns, 2, 2).max(axis=(2, 3))


def _overlapping(image):
    return np.maximum.reduce([image[:-1, :-1], image[:-1, 1:], image[1:, :-1], image[1:, 1:]])


def _judge_max_pool(answer):
    draw = np.random.default_rng(2)
    cases = [(draw.integers(-9, 10, shape),) for shape in ((2, 2), (4, 6), (8, 4), (5, 7), (3, 4))]
    expect_function(
        answer,
        _max_pool,
        cases,
        {
            "You take the mean of each square; the largest was asked.": (
                lambda image: _squares(image).mean(axis=(1, 3))
            ),
            "Your squares overlap: the stride of a 2x2 pooling is 2.": _overlapping,
            "You keep the pixel at the top left of each square and never look at the three "
            "others.": lambda image: _squares(image)[:, 0, :, 0],
            "A last row or column without a partner is dropped, as in 11 -> 5; you keep it.": (
                _rounded_up
            ),
            "You take the smallest of each square; the largest was asked.": (
                lambda image: -_max_pool(-image)
            ),
            "Your largest starts at 0, so that it misses squares in which all four numbers are "
            "negative. Start with one of the four.": lambda image: np.maximum(_max_pool(image), 0),
            "A reshape to (rows / 2, columns / 2, 2, 2) cuts the numbers as they stand, in order, "
            "not into squares. It has to be (rows / 2, 2, columns / 2, 2).": _cut_in_order,
            "Rows and columns are swapped in the output.": lambda image: _max_pool(image).T,
        },
    )


max_pool = Exercise(
    _judge_max_pool,
    "Cut off a last row and column without a partner, then reshape (rows, columns) to (rows / 2, "
    "2, columns / 2, 2): the two axes of length 2 lead through one square. A double loop is as "
    "right.",
    _max_pool,
    "Written with a reshape to (rows / 2, 2, columns / 2, 2), axis 1 walks down a square and axis "
    "3 across it; the largest over both is left.",
)


def _judge_receptive_field(answer):
    expect_number(
        answer,
        10,
        {
            "Too many. Sizes do not simply add up, since neighboring patches overlap; and a "
            "pooling doubles the distance of neighbors only for what comes after it.": 11,
            "Those are the three convolutions without the pooling: it reaches 1 pixel further, and "
            "puts neighbors 2 pixels apart.": 7,
            "After the pooling, neighbors are 2 pixels of the image apart: the last convolution "
            "adds 2 × 2, not 2.": 8,
            "You left out what the pooling itself adds: its square reaches 1 pixel further.": 9,
            "That is what reaches the pooling layer; one convolution is still to come.": 6,
            "Only the first two convolutions are in that; the pooling and the last convolution "
            "reach further.": 5,
        },
    )


receptive_field = Exercise(
    _judge_receptive_field,
    "Go layer by layer, and keep two numbers: how many pixels a value sees, and how many pixels "
    "two neighbors are apart. Both begin at 1.",
    10,
    "1, then 3, then 5. The pooling adds 1 and doubles the distance of neighbors: 6. The last "
    "convolution adds 2 steps of 2: 10.",
)
