"""MNIST's frame: ink of any size, fitted into 20x20 pixels and centered in 28x28.

MNIST's makers scaled each digit so that its longer side is 20 pixels, with gray
pixels at its edges, and moved it so that its center of mass lies in the middle
of 28x28. Measured on their images: the longer side is 20 in 99.97 % of them,
and the center of mass is within half a pixel of index 14 in all test images. So
the move is by whole pixels: the box keeps the pixels that scaling gave it.

Source: Y. LeCun, C. Cortes, C. Burges, "The MNIST database of handwritten
digits" (1998).
"""

from mnistlab.errors import ImageError

import numpy as np
from PIL import Image

SIDE = 28
BOX = 20
CENTER = 14
"""The index of the pixel that gets the center of mass: SIDE / 2, not (SIDE - 1) / 2."""

CENTERS = ("mass", "box")


def center_of_mass(ink: np.ndarray) -> tuple[float, float]:
    """Returns where the ink would balance on a fingertip.

    Args:
        ink: (height, width), 0 where there is none; not all 0.

    Returns:
        Its row and column, in pixels; a pixel's middle counts as its index.

    Example:
        >>> center_of_mass(np.array([[0, 0, 0], [0, 1, 3]]))
        (1.0, 1.75)
    """
    ink = np.asarray(ink, np.float64)
    rows, columns = (np.arange(size) for size in ink.shape)
    total = ink.sum()
    return float(ink.sum(axis=1) @ rows / total), float(ink.sum(axis=0) @ columns / total)


def fit(ink: np.ndarray, longest: int = BOX, keep_aspect: bool = True) -> np.ndarray:
    """Scales ink to MNIST's size, with gray pixels at the edges.

    Args:
        ink: (height, width) float in [0, 1], cut out at its bounding box.
        longest: what its longer side becomes, in pixels.
        keep_aspect: `False` makes both sides so long, which stretches a 1 until
            it fills the box.

    Returns:
        (h, w) float32 in [0, 1].

    Example:
        >>> fit(np.ones((200, 50))).shape, fit(np.ones((200, 50)), keep_aspect=False).shape
        ((20, 5), (20, 20))
    """
    height, width = ink.shape
    scale = longest / max(height, width)
    if keep_aspect:
        size = (max(1, round(width * scale)), max(1, round(height * scale)))
    else:
        size = (longest, longest)
    # Smaller: the mean of what a pixel covers. Larger: smooth edges, no overshoot.
    kind = Image.Resampling.BOX if scale < 1 else Image.Resampling.BILINEAR
    picture = Image.fromarray(np.ascontiguousarray(ink, np.float32))
    return np.clip(np.asarray(picture.resize(size, kind)), 0, 1)


def place(box: np.ndarray, center: str = "mass") -> np.ndarray:
    """Puts fitted ink into the frame, moved by whole pixels.

    It is never moved so far that some of it would be lost.

    Args:
        box: (h, w) float in [0, 1], at most 28x28, some of it above 0.
        center: "mass" puts the center of mass at index 14, as MNIST does;
            "box" puts the bounding box in the middle.

    Returns:
        (28, 28) float32 in [0, 1].

    Raises:
        ImageError: there is no ink, or no such center.

    Example:
        >>> frame = place(np.ones((20, 4)))
        >>> center_of_mass(frame)
        (13.5, 13.5)
    """
    if center not in CENTERS:
        raise ImageError(
            f"center is {center!r}; expected is {' or '.join(map(repr, CENTERS))}. MNIST's own is "
            '"mass".'
        )
    if not box.any():
        raise ImageError("No digit found: no ink at all. Draw one first.")
    middle = center_of_mass(box) if center == "mass" else [(size - 1) / 2 for size in box.shape]
    rows, columns = (
        slice(start, start + size)
        for start, size in zip(_starts(middle, box.shape), box.shape, strict=True)
    )
    frame = np.zeros((SIDE, SIDE), np.float32)
    frame[rows, columns] = box
    return frame


def as_pixels(frame: np.ndarray) -> np.ndarray:
    """Returns an image in [0, 1] as MNIST stores it: uint8 in 0..255.

    Example:
        >>> as_pixels(np.array([0, 0.5, 1]))
        array([  0, 128, 255], dtype=uint8)
    """
    return np.rint(np.asarray(frame) * 255).astype(np.uint8)


def _starts(middle, shape) -> list[int]:
    return [
        min(max(int(np.ceil(CENTER - at - 0.5)), 0), SIDE - size)
        for at, size in zip(middle, shape, strict=True)
    ]
