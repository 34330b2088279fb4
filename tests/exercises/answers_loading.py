"""Right and wrong answers to the exercises of notebook 01."""

import struct
from collections import Counter

import numpy as np


def _from_bytes(header):
    return [int.from_bytes(header[start : start + 4], "big") for start in (4, 8, 12)]


def _as_array(header):
    return np.frombuffer(header, dtype=">u4")[1:]


def _counter(labels):
    found = Counter(labels.tolist())
    return [found[digit] for digit in range(10)]


def _sorted(labels):
    return np.histogram(labels, bins=np.arange(11))[0]


RIGHT = {
    "some_images": [(7, 28, 28), np.zeros((60, 28, 28))[5:12].shape],
    "pixel": [60, 60.0, np.uint8(60)],
    "file_size": [47_040_016, 16 + 60_000 * 28 * 28],
    "read_header": [
        _from_bytes,
        _as_array,
        lambda header: struct.unpack(">III", header[4:]),
    ],
    "class_counts": [lambda labels: np.bincount(labels, minlength=10), _counter, _sorted],
}

WRONG = {
    "some_images": [
        ((8, 28, 28), "A slice leaves out its end"),
        ((28, 28), "the shape of one image"),
        ((12, 28, 28), "where the slice ends"),
        ((60_000, 7, 28), "of the first axis"),
        ((7, 784), "3 numbers were asked"),
        ((7, 28, 27), "Number 3 of 3"),
    ],
    "pixel": [
        (90, "Rows and columns are swapped"),
        (10, "Both are counted from 0. That is the first row"),
        (40, "Both are counted from 0, and the row comes first"),
        (100, "100 is not it"),
    ],
    "file_size": [
        (47_040_000, "the pixels alone"),
        (47_040_008, "header of a file of labels"),
        (47_040_004, "of four bytes each"),
        (47_040_012, "more than the three sizes"),
        (7_840_016, "test images"),
        (16 + 60_000 * 28, "is not it"),
    ],
    "read_header": [
        (lambda header: struct.unpack("<IIII", header)[1:], "big-endian"),
        (lambda header: struct.unpack(">IIII", header), "The magic number is not asked"),
        (lambda header: struct.unpack(">III", header[:12]), "begin after it, at byte 4"),
        (lambda header: (header[7], header[11], header[15]), "last bytes of each number"),
        (
            lambda header: [_from_bytes(header)[place] for place in (0, 2, 1)],
            "Rows and columns are swapped",
        ),
        (lambda header: _from_bytes(header)[0], "what was asked is 3 values"),
    ],
    "class_counts": [
        (np.bincount, "`bincount` stops at the largest digit"),
        (lambda labels: np.unique(labels, return_counts=True)[1], "`unique` leaves out"),
        (lambda labels: np.bincount(labels, minlength=10) / len(labels), "shares"),
        (lambda labels: [np.sum(labels == digit) for digit in range(1, 11)], "begin with 0"),
        (lambda labels: [np.sum(labels == digit) for digit in range(1, 10)], "the count of 1"),
        (lambda labels: [np.sum(labels == digit) for digit in range(9)], "the count of 8"),
        (lambda labels: np.sort(labels), "what was asked is 10 values"),
    ],
}
