"""Figures of images as they are: side by side, as numbers, counted by class."""

from collections.abc import Mapping, Sequence

from mnistlab.errors import DataError
from mnistlab.plots.figure import Figure

import numpy as np


def image_grid(
    images: np.ndarray,
    titles: Sequence[object] | None = None,
    columns: int = 10,
    suptitle: str = "",
) -> Figure:
    """Draws images side by side, in rows.

    Args:
        images: (n, 28, 28) or (n, 28, 28, 1), any scale: each is drawn from its
            own darkest to its own brightest value, uint8 ones from 0 to 255.
        titles: what to write above each image, or nothing.
        columns: images in a row.
        suptitle: title of the whole figure.

    Returns:
        The figure.

    Raises:
        DataError: there is no image, a single one without an axis for the
            batch, or an image without a title beside others with one.

    Example:
        >>> image_grid(np.zeros((12, 28, 28), "uint8"), columns=6)
        <Figure size 540x190 with 12 Axes>
    """
    images = np.asarray(images)
    single = images.ndim == 3 and images.shape[-1] == 1
    if images.ndim not in (3, 4) or single or not len(images):
        raise DataError(
            f"images have the shape {images.shape}; image_grid takes (n, 28, 28), at least one. "
            "A single image needs an axis for the batch: images[None]."
        )
    if titles is not None and len(titles) < len(images):
        raise DataError(f"There are {len(titles)} titles for {len(images)} images; give one each.")
    columns = max(1, min(columns, len(images)))
    rows = -(-len(images) // columns)
    height = 1.2 if titles is not None else 0.95
    figure = Figure(figsize=(0.9 * columns, height * rows + (0.4 if suptitle else 0)))
    limits = {"vmin": 0, "vmax": 255} if images.dtype == np.uint8 else {}
    for place, image in enumerate(images):
        axes = figure.add_subplot(rows, columns, place + 1)
        axes.imshow(image.squeeze(), **limits)
        axes.axis("off")
        if titles is not None:
            axes.set_title(str(titles[place]), fontsize=9, fontweight="normal", parse_math=False)
    if suptitle:
        figure.suptitle(suptitle, fontweight="bold", fontsize=11)
    return figure


def pixel_values(image: np.ndarray, title: str = "") -> Figure:
    """Draws one image with the number of every pixel written in it.

    Args:
        image: (height, width) or (height, width, 1) of whole numbers, at most
            28x28 to stay readable.
        title: title of the figure.

    Returns:
        The figure, rows and columns numbered from 0.

    Raises:
        DataError: it is not one image.
    """
    image = np.asarray(image)
    if image.ndim == 3 and image.shape[-1] == 1:
        image = image[..., 0]
    if image.ndim != 2:
        raise DataError(
            f"image has the shape {image.shape}; pixel_values takes one image, (height, width). "
            "Choose one of a batch: images[0]."
        )
    height, width = image.shape
    figure = Figure(figsize=(0.36 * width + 0.6, 0.32 * height + 0.8))
    axes = figure.add_subplot()
    axes.imshow(image, vmin=0, vmax=255, aspect="auto")
    for row, column in np.ndindex(height, width):
        value = int(image[row, column])
        color = "black" if value > 127 else "white"
        axes.text(column, row, value, ha="center", va="center", color=color, fontsize=7)
    axes.set(xlabel="column", ylabel="row", title=title)
    axes.set_xticks(range(0, width, max(1, width // 14)))
    axes.set_yticks(range(0, height, max(1, height // 14)))
    axes.grid(False)
    return figure


def class_counts(counts: Mapping[str, np.ndarray], title: str = "Images of each digit") -> Figure:
    """Draws how many images there are of each class, one group of bars a set.

    Args:
        counts: set name -> (10,) counts.
        title: title of the figure.

    Returns:
        The figure.
    """
    figure = Figure(figsize=(7.5, 3))
    axes = figure.add_subplot()
    width = 0.8 / len(counts)
    for place, (name, values) in enumerate(counts.items()):
        offset = (place - (len(counts) - 1) / 2) * width
        axes.bar(np.arange(10) + offset, values, width, label=name)
    axes.set(xlabel="digit", ylabel="images", xticks=range(10), title=title)
    axes.grid(axis="x", visible=False)
    if len(counts) > 1:
        axes.legend(ncols=len(counts), loc="upper center", bbox_to_anchor=(0.5, -0.2))
    return figure
