"""The exercises of notebook 01: arrays of images, pixels in them, and the bytes of an idx file."""

import struct

from mnistlab.exercises import judging
from mnistlab.exercises.exercise import Exercise

import numpy as np


def _judge_some_images(answer):
    judging.expect_numbers(
        answer,
        (7, 28, 28),
        {
            "A slice leaves out its end: 5, 6, 7, 8, 9, 10 and 11, but not 12. Count them.": (
                8,
                28,
                28,
            ),
            "That is the shape of one image. A slice keeps the axis of the images.": (28, 28),
            "12 is where the slice ends. How many images lie between 5 and 12?": (12, 28, 28),
            "The slice is of the first axis, the images; rows and columns stay whole.": (
                60_000,
                7,
                28,
            ),
        },
    )


some_images = Exercise(
    _judge_some_images,
    "How many whole numbers are there from 5 up to, but not including, 12? The rows and columns "
    "of each image stay as they are.",
    (7, 28, 28),
    "A slice includes its start and leaves out its end, so 5:12 takes 12 - 5 = 7 images, each of "
    "28 rows and 28 columns.",
)


def _judge_pixel(answer):
    judging.expect_number(
        answer,
        60,
        {
            "Rows and columns are swapped: the row comes first. That is row 2, column 1.": 90,
            "Both are counted from 0. That is the first row and the second column.": 10,
            "Both are counted from 0, and the row comes first.": 40,
        },
    )


pixel = Exercise(
    _judge_pixel,
    "The first number is the row, counted from the top, the second the column, counted from the "
    "left. The topmost row is row 0.",
    60,
    "Row 1 is the second from the top: 40 50 60 70. Column 2 is the third from the left in it.",
)


def _judge_file_size(answer):
    judging.expect_number(
        answer,
        47_040_016,
        {
            "That is the pixels alone. The header comes before them.": 47_040_000,
            "8 bytes are the header of a file of labels. Images have three dimensions, and a size "
            "for each.": 47_040_008,
            "The header has four numbers, the magic number and three sizes, of four bytes each.": (
                47_040_004
            ),
            "The header is more than the three sizes: the magic number comes before them.": (
                47_040_012
            ),
            "That is the file of the test images.": 7_840_016,
        },
    )


file_size = Exercise(
    _judge_file_size,
    "Each pixel takes one byte. The header holds the magic number and three sizes; how many bytes "
    "does each of these four take?",
    47_040_016,
    "Four numbers of four bytes are 16, and 60,000 x 28 x 28 pixels of one byte are 47,040,000.",
)


def _read_header(header):
    _, count, height, width = struct.unpack(">IIII", header)
    return count, height, width


def _numbers(header, order=">"):
    return struct.unpack(f"{order}IIII", header)


def _judge_read_header(answer):
    sizes = [(3, 28, 28), (10, 5, 7), (60_000, 28, 28), (70_000, 300, 1_000)]
    judging.expect_function(
        answer,
        _read_header,
        [(struct.pack(">IIII", 0x00000803, *each),) for each in sizes],
        {
            "The bytes of each number are read in the wrong order. idx is big-endian: `>`.": (
                lambda header: _numbers(header, "<")[1:]
            ),
            "The magic number is not asked; give back the three sizes that follow it.": _numbers,
            "The first four bytes are the magic number; the sizes begin after it, at byte 4.": (
                lambda header: _numbers(header)[:3]
            ),
            "Those are the last bytes of each number alone. Above 255 a number needs the other "
            "three, too.": lambda header: (header[7], header[11], header[15]),
            "Rows and columns are swapped: the height is written before the width.": (
                lambda header: (_numbers(header)[1], _numbers(header)[3], _numbers(header)[2])
            ),
        },
    )


read_header = Exercise(
    _judge_read_header,
    "struct.unpack with four I reads all four numbers at once. Which sign in front of them asks "
    "for the most significant byte first?",
    _read_header,
    "`>` stands for big-endian and each I for a number of four bytes. The magic number says what "
    "kind of file it is; the three sizes follow it.",
)


def _class_counts(labels):
    return [int(np.sum(labels == digit)) for digit in range(10)]


def _judge_class_counts(answer):
    generator = np.random.default_rng(1)
    judging.expect_function(
        answer,
        _class_counts,
        [
            (np.array([3, 1, 3], dtype="uint8"),),
            (generator.integers(0, 9, 50).astype("uint8"),),
            (generator.integers(0, 10, 5_000).astype("uint8"),),
        ],
        {
            "`bincount` stops at the largest digit that occurs. Ten numbers were asked, 0 for a "
            "digit that does not occur; see its argument minlength.": np.bincount,
            "`unique` leaves out digits that do not occur. Ten numbers were asked, 0 for those.": (
                lambda labels: np.unique(labels, return_counts=True)[1]
            ),
            "Those are shares; the counts were asked.": (
                lambda labels: np.array(_class_counts(labels)) / len(labels)
            ),
            "The digits begin with 0, and 9 is the last of the ten: range(10).": (
                lambda labels: [np.sum(labels == digit) for digit in range(1, 11)]
            ),
            "Ten numbers were asked; yours begin with the count of 1.": (
                lambda labels: _class_counts(labels)[1:]
            ),
            "Ten numbers were asked; yours end with the count of 8. range(9) leaves out 9.": (
                lambda labels: _class_counts(labels)[:9]
            ),
        },
    )


class_counts = Exercise(
    _judge_class_counts,
    "labels == 3 is an array of True and False, and the sum of such an array counts the True. Do "
    "this for each of the ten digits.",
    _class_counts,
    "Every digit from 0 to 9 gets a number, also one that does not occur. "
    "np.bincount(labels, minlength=10) does it in one step.",
)
