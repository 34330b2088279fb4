"""Photographs to try kernels on: two that come with scikit-learn, and your own.

A photograph is an array of rows, columns and three colors. Pictures of other
kinds are brought into that form, or are refused where that would be a guess.
"""

from mnistlab.data.pictures import Source, read_pixels
from mnistlab.errors import ImageError

import numpy as np

SAMPLES = ("china", "flower")

EXPECTED = "expected is a photo of at most 25 megapixels"

TO_MAKE_IT_FIT = "Scale it down first; 1,000 pixels a side are plenty here."


def sample_photo(name: str = "china") -> np.ndarray:
    """Returns one of the two photographs that come with scikit-learn.

    Args:
        name: "china" (a temple: straight edges) or "flower" (soft ones).

    Returns:
        (427, 640, 3) uint8: rows, columns, and red, green and blue.

    Raises:
        ImageError: there is no sample of this name.

    Source: `sklearn.datasets.load_sample_image`; scikit-learn's README beside
    the files credits them, and names Creative Commons Attribution 2.0.

    Example:
        >>> sample_photo("flower").shape
        (427, 640, 3)
    """
    if name not in SAMPLES:
        raise ImageError(
            f"There is no sample photo {name!r}; there are {' and '.join(map(repr, SAMPLES))}. "
            "Take load_photo(path) for a photo of your own."
        )
    # Importing it takes a second, which who loads an own photo need not wait for.
    from sklearn.datasets import load_sample_image

    return np.array(load_sample_image(f"{name}.jpg"))


def load_photo(source: Source) -> np.ndarray:
    """Loads a photograph of your own.

    Args:
        source: the path of a PNG, JPEG, GIF, BMP, TIFF or WEBP file, its
            content as bytes, a file opened in binary mode, a Pillow image, or an
            array (as `mnistlab.data.pictures.read_pixels` says). Gray pictures
            get three equal colors; transparent parts become white, or black
            where nothing would be seen on white; 16 bits are scaled to 8; and
            the orientation that a camera noted is honored. Of a JPEG that holds
            several pictures, as some phones write it, the first is the photo.

    Returns:
        (height, width, 3) uint8: rows, columns, and red, green and blue.

    Raises:
        ImageError: it cannot be read, is damaged or no picture, is animated or
            has pages, or has more than 25 megapixels.

    Example:
        >>> import io
        >>> from PIL import Image
        >>> file = io.BytesIO()
        >>> Image.new("RGB", (4, 2), "orange").save(file, "PNG")
        >>> load_photo(file.getvalue())[0, 0]
        array([255, 165,   0], dtype=uint8)
    """
    return read_pixels(source, EXPECTED, TO_MAKE_IT_FIT).colors
