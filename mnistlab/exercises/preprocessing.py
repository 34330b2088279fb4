"""The exercises of notebook 02: shapes, bytes that wrap around, one-hot labels, scaling."""

from mnistlab.exercises import judging
from mnistlab.exercises.exercise import Exercise

import numpy as np


def _judge_color_photos(answer):
    judging.expect_numbers(
        answer,
        (500, 32, 48, 3),
        {
            "Keras expects the channels as the last axis.": (500, 3, 32, 48),
            "Rows and columns are swapped: the row comes before the column.": (500, 48, 32, 3),
            "The order of the axes is image number, row, column, channel.": (
                500,
                3,
                48,
                32,
            ),
            "That is the shape of one photo. The image number comes first.": (32, 48, 3),
            "One channel is a gray value. How many numbers has a pixel in color?": (
                500,
                32,
                48,
                1,
            ),
            "An axis is missing: a pixel in color has more than one number.": (500, 32, 48),
        },
    )


color_photos = Exercise(
    _judge_color_photos,
    "Keras wants image number, row, column, channel, in this order. A color photo has red, green "
    "and blue.",
    (500, 32, 48, 3),
    "500 images, 32 rows, 48 columns, and three channels as the last axis.",
)


def _judge_in_bytes(answer):
    judging.expect_numbers(
        answer,
        (14, 216),
        {
            "A byte has no room for 270, and none for a negative number. What is left?": (270, -40),
            "Bytes do not stop at their limits, they wrap around, like a clock.": (255, 0),
            "A byte has 256 values, 0 to 255, so what is too many is 256, not 255.": (15, 215),
            "The second wraps around, too: below 0 it goes on from 255 downward.": (14, 40),
        },
    )


in_bytes = Exercise(
    _judge_in_bytes,
    "Calculate as usual. If the result is above 255, take 256 away; if it is below 0, add 256.",
    (14, 216),
    "270 is 256 too many, so 14 is left; -40 is below 0, and -40 + 256 = 216.",
)


def _encode(labels, classes):
    return np.eye(classes, dtype="float32")[labels]


def _one_place_off(labels, classes):
    return np.eye(classes)[labels.astype(int) - 1]


def _as_many_as_occur(labels, classes):
    return np.eye(int(labels.max()) + 1)[labels]


def _one_column_more(labels, classes):
    return np.eye(classes + 1)[labels]


def _judge_encode(answer):
    generator = np.random.default_rng(2)
    judging.expect_function(
        answer,
        _encode,
        [
            (np.array([1], dtype="uint8"), 3),
            (np.array([2, 0, 1, 2], dtype="uint8"), 4),
            (generator.integers(0, 10, 60).astype("uint8"), 10),
        ],
        {
            "The 1 is one place too far left. Places are counted from 0, so the label 0 has its 1 "
            "at the very first.": _one_place_off,
            "That is the reversed order; count the places from the left.": (
                lambda labels, classes: _encode(labels, classes)[:, ::-1]
            ),
            "The largest label that occurs does not say how many classes there are; `classes` "
            "does.": _as_many_as_occur,
            "That is one column too many: labels from 0 to classes - 1 need `classes` places.": (
                _one_column_more
            ),
            "It has ten columns whatever `classes` is.": lambda labels, classes: _encode(
                labels, 10
            ),
            "Rows and columns are swapped: a row for each label, a column for each class.": (
                lambda labels, classes: _encode(labels, classes).T
            ),
        },
    )


encode = Exercise(
    _judge_encode,
    "np.eye(classes) is the identity matrix. Which of its rows has its 1 at the place 2?",
    _encode,
    "Row d of the identity matrix has its 1 at the place d, so picking a row for each label is "
    "all there is to do.",
)


def _average(first, second):
    total = first.astype("float32") + second
    return total / 2 / 255


def _judge_average(answer):
    generator = np.random.default_rng(2)
    in_bytes = (
        "The sum is made in bytes, and wraps around wherever both are bright. Make floats first."
    )
    judging.expect_function(
        answer,
        _average,
        [
            (np.array([[201]], dtype="uint8"), np.array([[100]], dtype="uint8")),
            tuple(generator.integers(0, 256, (2, 28, 28)).astype("uint8")),
        ],
        {
            in_bytes: lambda first, second: (first + second) / 2 / 255,
            f"{in_bytes} (And `//` throws the halves away.)": (
                lambda first, second: (first + second) // 2 / 255
            ),
            f"{in_bytes} (And the result is to lie in [0, 1].)": (
                lambda first, second: (first + second) / 2
            ),
            f"{in_bytes} (Then `//` throws the halves away, and 0 to 255 is not [0, 1].)": (
                lambda first, second: (first + second) // 2
            ),
            "Nothing wraps around, but `//` in bytes throws the halves away. Make floats first.": (
                lambda first, second: (first // 2 + second // 2) / 255
            ),
            "That is the mean from 0 to 255; it was asked in [0, 1].": (
                lambda first, second: 255 * _average(first, second)
            ),
            "That is the sum; the mean is half of it.": (
                lambda first, second: 2 * _average(first, second)
            ),
            "White has the value 255, so 255 is what to divide by; 256 leaves it below 1.": (
                lambda first, second: 255 * _average(first, second) / 256
            ),
        },
    )


average = Exercise(
    _judge_average,
    "What is 201 + 100 in bytes? first.astype('float32') has room for more.",
    _average,
    "As soon as one of the two is an array of floats, the sum is made in floats and cannot wrap "
    "around. Black stays 0, and two white pixels give 1.",
)


def _standardize_with(train, images):
    return (images - train.mean()) / train.std()


def _with_both(train, images):
    return _standardize_with(np.concatenate([train, images]), images)


def _at_each_place(train, images):
    return (images - train.mean(axis=0)) / train.std(axis=0)


def _training_and_other_images(generator, count):
    train, images = generator.random((count, 3, 3)), 0.5 * generator.random((4, 3, 3))
    # As in the corners of MNIST, where nobody writes.
    train[:, 0, 0] = images[:, 0, 0] = 0
    return train, images


def _judge_standardize_with(answer):
    generator = np.random.default_rng(2)
    judging.expect_function(
        answer,
        _standardize_with,
        [
            (np.array([[[0.0, 1.0]]]), np.array([[[0.25, 1.0]]])),
            _training_and_other_images(generator, 6),
            _training_and_other_images(generator, 40),
        ],
        {
            "That takes the images' own mean and deviation. Both are to come from the training "
            "images.": lambda train, images: (images - images.mean()) / images.std(),
            "The deviation is that of the training images, but not the mean.": (
                lambda train, images: (images - images.mean()) / train.std()
            ),
            "The mean is that of the training images, but not the deviation.": (
                lambda train, images: (images - train.mean()) / images.std()
            ),
            "That is computed from all images together, a way of peeking. Take the training "
            "images alone.": _with_both,
            "That is one mean and one deviation for each pixel position. Where it never varies "
            "you divide by 0; take one for all pixels.": _at_each_place,
            "That centers the images. Standardizing also divides by the standard deviation.": (
                lambda train, images: images - train.mean()
            ),
            "That divides by the variance (`var`), which is the deviation squared. Take `std`.": (
                lambda train, images: (images - train.mean()) / train.var()
            ),
            "Mind the order: subtract the mean first, then divide the difference.": (
                lambda train, images: images / train.std() - train.mean()
            ),
        },
    )


standardize_with = Exercise(
    _judge_standardize_with,
    "Two numbers are needed, a mean and a standard deviation, each for all pixels at once. Which "
    "of the two arrays do they come from?",
    _standardize_with,
    "Whatever is computed from data is computed from training data: the same two numbers then "
    "serve for every image that will ever meet the model, also a single one.",
)
