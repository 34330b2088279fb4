"""Kernels for photographs: edges, blur and sharpness by the sum of a convolution layer.

Nobody trained these kernels. Their numbers were thought out, and what a kernel
does can be read from what its numbers add up to:

- to 0: flat areas become 0, and what remains are differences, the edges (Sobel,
  Prewitt, Laplacian);
- to 1: flat areas stay as they are, and only detail changes (box and Gaussian
  blur, sharpen, emboss).

All of them are laid on the image as they are printed: cross-correlation, as in
a convolution layer. So `SOBEL_X` is positive where the image becomes brighter
to the right, and `SOBEL_Y` where it becomes brighter downward.
"""

import numbers
from collections.abc import Sequence

from mnistlab.errors import DataError, DesignError
from mnistlab.explain.convolution import as_numbers, cross_correlate, whole_number

import numpy as np


def _constant(rows: Sequence[Sequence[float]]) -> np.ndarray:
    """Makes an array that a cell of a notebook cannot change for all others."""
    kernel = np.array(rows, dtype=np.float64)
    kernel.setflags(write=False)
    return kernel


def box_kernel(size: int = 3) -> np.ndarray:
    """Averages: every pixel of the patch counts alike.

        kernel[i, j] = 1 / size^2

    Args:
        size: rows and columns.

    Returns:
        float64, (size, size); the sum is 1.

    Raises:
        DesignError: the size is not a whole number from 1 on.

    Example:
        >>> box_kernel(2)
        array([[0.25, 0.25],
               [0.25, 0.25]])
    """
    size = whole_number(size, "size")
    return np.full((size, size), 1.0 / size**2)


def gaussian_kernel(size: int = 3, sigma: float = 1.0) -> np.ndarray:
    """Averages, and the nearer a pixel is to the center the more it counts.

        kernel[i, j] = e^(-((i - c)^2 + (j - c)^2) / (2 sigma^2)) / their sum,   c = (size - 1) / 2

    Args:
        size: rows and columns; 6 sigma or more leave nothing visible out.
        sigma: width of the bell, in pixels.

    Returns:
        float64, (size, size); the sum is 1.

    Raises:
        DesignError: the size is not a whole number from 1 on, or sigma is not
            above 0.

    Source: R. Gonzalez, R. Woods, "Digital Image Processing" (4th edition,
    2018), section 3.5.

    Example:
        >>> gaussian_kernel().round(3)
        array([[0.075, 0.124, 0.075],
               [0.124, 0.204, 0.124],
               [0.075, 0.124, 0.075]])
    """
    size = whole_number(size, "size")
    if not isinstance(sigma, numbers.Real) or not 0 < sigma < np.inf:
        raise DesignError(f"sigma is {sigma!r}; give a number of pixels above 0.")
    distances = np.arange(size) - (size - 1) / 2
    bell = np.exp(-((distances / sigma) ** 2) / 2)
    bell /= bell.sum()
    return np.outer(bell, bell)


IDENTITY = _constant([[0, 0, 0], [0, 1, 0], [0, 0, 0]])
"""Leaves the image as it is."""

SOBEL_X = _constant([[-1, 0, 1], [-2, 0, 2], [-1, 0, 1]])
"""Right minus left, added up over three rows, the middle one twice: vertical edges.

Source: I. Sobel, "An Isotropic 3x3 Image Gradient Operator" (talk of 1968,
written down in 2014).
"""

SOBEL_Y = _constant(SOBEL_X.T)
"""Bottom minus top, added up over three columns, the middle one twice: horizontal edges."""

PREWITT_X = _constant([[-1, 0, 1], [-1, 0, 1], [-1, 0, 1]])
"""Right minus left, every row alike.

Source: J. Prewitt, "Object Enhancement and Extraction" (1970).
"""

PREWITT_Y = _constant(PREWITT_X.T)
"""Bottom minus top, every column alike."""

LAPLACIAN = _constant([[0, 1, 0], [1, -4, 1], [0, 1, 0]])
"""The four neighbors minus four times the pixel: second differences along rows and columns."""

SHARPEN = _constant(IDENTITY - LAPLACIAN)
"""The image minus its Laplacian.

The difference between a pixel and the mean of its four neighbors becomes five
times as large.

Source: R. Gonzalez, R. Woods, "Digital Image Processing" (4th edition, 2018),
section 3.6.
"""

EMBOSS = _constant([[-2, -1, 0], [-1, 1, 1], [0, 1, 2]])
"""The image plus its slope toward the lower right: as if lit from the side."""

KERNELS = {
    "identity": IDENTITY,
    "Sobel x": SOBEL_X,
    "Sobel y": SOBEL_Y,
    "Prewitt x": PREWITT_X,
    "Prewitt y": PREWITT_Y,
    "Laplacian": LAPLACIAN,
    "box blur": _constant(box_kernel()),
    "Gaussian blur": _constant(gaussian_kernel()),
    "sharpen": SHARPEN,
    "emboss": EMBOSS,
}
"""Every kernel by its name. They cannot be changed; `kernel.copy()` can."""

LUMINANCE = _constant([[0.299, 0.587, 0.114]])[0]
"""How bright red, green and blue look, as shares of white: Rec. 601, as in Pillow's mode "L".

Source: Recommendation ITU-R BT.601, section 2.5.1. (Rec. 709, which
scikit-image uses, has 0.2126, 0.7152, 0.0722.)
"""

EDGES = {"reflect": "symmetric", "zero": "constant", "valid": None}
"""What may lie beyond the edges of a photograph: our names, and those of `numpy.pad`."""


def luminance(rgb: np.ndarray) -> np.ndarray:
    """Turns colors into gray, as bright as they look.

        gray = 0.299 red + 0.587 green + 0.114 blue

    Args:
        rgb: (height, width, 3), any type and scale.

    Returns:
        float64, (height, width), in the scale of the colors: 0 to 255 stays 0
        to 255.

    Raises:
        DataError: it is not an image of three channels of finite numbers.

    Example:
        >>> luminance(np.array([[[255, 255, 255], [255, 0, 0]]], dtype="uint8")).round(3)
        array([[255.   ,  76.245]])
    """
    rgb = as_numbers(rgb, "rgb")
    if rgb.ndim != 3 or rgb.shape[2] != 3:
        raise DataError(
            f"rgb has the shape {rgb.shape}; give (height, width, 3): red, green, blue. A gray "
            "image needs no luminance; of four channels the last is the alpha channel."
        )
    return rgb @ LUMINANCE


def filter_image(image: np.ndarray, kernel: np.ndarray, edges: str = "reflect") -> np.ndarray:
    """Lays a kernel on every pixel of a photograph, each color by itself.

    The output is as large as the image. A convolution layer puts zeros around
    it, which on a photograph makes a dark frame and false edges; a mirror image
    does not.

    Args:
        image: (height, width) or (height, width, channels), any type and scale.
        kernel: (height, width).
        edges: what lies beyond the edges. "reflect": the image again, mirrored,
            with the last pixel twice. "zero": zeros, as padding "same" does.
            "valid": nothing; the output is smaller instead.

    Returns:
        float64, of the image's shape (with "valid" smaller), in its scale; the
        values may lie outside of the image's range.

    Raises:
        DataError: image or kernel are not finite numbers, or the image has
            another shape.
        DesignError: the kernel has another shape, or with "valid" is larger
            than the image; or the edges are unknown.

    Source: SciPy's `scipy.ndimage.correlate`, where "reflect" has this name and
    "zero" is called "constant". Where a side of the kernel is even, the cell before
    its middle is the one that lies on the pixel, as in a convolution layer.

    Example:
        >>> filter_image([[0, 0, 8, 8]], [[-1, 0, 1]])
        array([[0., 8., 8., 0.]])
        >>> filter_image([[0, 0, 8, 8]], [[-1, 0, 1]], edges="zero")
        array([[ 0.,  8.,  8., -8.]])
    """
    image, kernel = as_numbers(image, "image"), as_numbers(kernel, "kernel")
    if image.ndim not in (2, 3) or not image.size:
        raise DataError(
            f"image has the shape {image.shape}; give (height, width) or (height, width, channels)."
        )
    if kernel.ndim != 2 or not kernel.size:
        raise DesignError(f"kernel has the shape {kernel.shape}; give (height, width).")
    extended = _extended(image, kernel.shape, edges)
    if image.ndim == 2:
        return cross_correlate(extended, kernel)
    colors = [cross_correlate(extended[..., c], kernel) for c in range(image.shape[2])]
    return np.stack(colors, axis=-1)


def sobel(image: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Finds the edges of a photograph: how steep the brightness is, and in which direction.

        gx = SOBEL_X on the image,   gy = SOBEL_Y on the image
        magnitude = sqrt(gx^2 + gy^2)
        direction = atan2(gy, gx)

    Args:
        image: (height, width), or (height, width, 3) in color, whose luminance
            is taken; any type and scale.

    Returns:
        `gx, gy, magnitude, direction`, each float64, (height, width). The
        direction is the one in which it becomes brighter, in radians: 0 to the
        right, pi / 2 downward, pi or -pi to the left, -pi / 2 upward. Where
        the image is flat it is 0 and means nothing.

    Raises:
        DataError: it is not an image of finite numbers.

    Source: I. Sobel, "An Isotropic 3x3 Image Gradient Operator" (talk of 1968,
    written down in 2014).

    Example:
        >>> gx, gy, magnitude, direction = sobel(np.array([[0, 0, 10], [0, 0, 10], [0, 0, 10]]))
        >>> gx[1], gy[1], magnitude[1]
        (array([ 0., 40., 40.]), array([0., 0., 0.]), array([ 0., 40., 40.]))
    """
    image = as_numbers(image, "image")
    gray = luminance(image) if image.ndim == 3 else image
    gx, gy = filter_image(gray, SOBEL_X), filter_image(gray, SOBEL_Y)
    return gx, gy, np.sqrt(gx**2 + gy**2), np.arctan2(gy, gx)


def cosine_similarity(a: np.ndarray, b: np.ndarray) -> float:
    """Compares two kernels by their pattern, whatever their strength.

        similarity = sum of a * b  /  (sqrt(sum of a^2) * sqrt(sum of b^2))

    Args:
        a: a kernel of any shape.
        b: another one of the same shape.

    Returns:
        1 for the same pattern, 0 for patterns that have nothing in common, -1
        for the same pattern with the opposite sign.

    Raises:
        DataError: they are not finite numbers, or one of them is all zeros and
            so has no pattern.
        DesignError: their shapes differ.

    Example:
        >>> cosine_similarity(SOBEL_X, 5 * SOBEL_X), cosine_similarity(SOBEL_X, SOBEL_Y)
        (1.0, 0.0)
    """
    a, b = as_numbers(a, "a"), as_numbers(b, "b")
    if a.shape != b.shape:
        raise DesignError(
            f"a has the shape {a.shape} and b {b.shape}; only kernels of equal shape can be "
            "compared."
        )
    a, b = _largest_to_one(a, "a"), _largest_to_one(b, "b")
    similarity = (a * b).sum() / np.sqrt((a**2).sum() * (b**2).sum())
    # Rounding can lead a little beyond 1, where an arc cosine is not a number.
    return float(np.clip(similarity, -1.0, 1.0))


def _largest_to_one(kernel: np.ndarray, name: str) -> np.ndarray:
    """Changes the strength alone, so that the squares of tiny weights do not round to 0."""
    largest = np.abs(kernel).max(initial=0.0)
    if largest == 0:
        raise DataError(f"{name} is all zeros and has no pattern to compare. Leave it out.")
    return kernel / largest


def _extended(image: np.ndarray, kernel_size: tuple[int, int], edges: str) -> np.ndarray:
    """Puts around an image what the kernel meets beyond its edges."""
    if not isinstance(edges, str) or edges not in EDGES:
        raise DesignError(f"edges is {edges!r}; choose 'reflect', 'zero' or 'valid'.")
    if edges == "valid":
        (rows, columns), (height, width) = kernel_size, image.shape[:2]
        if rows > height or columns > width:
            raise DesignError(
                f"kernel is {rows}x{columns}, and image is {height}x{width}: the kernel is larger. "
                "Use edges='reflect', or a smaller kernel."
            )
        return image
    widths = [((cells - 1) // 2, cells // 2) for cells in kernel_size]
    return np.pad(image, [*widths, (0, 0)][: image.ndim], mode=EDGES[edges])
