"""Images side by side, each with a few words below it."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from mnistlab.errors import DataError
from mnistlab.widgets.scripts import script

import anywidget
import numpy as np
import traitlets

MARKS = ("", "good", "wrong")
MOST = 400
"""Images at once; a page with thousands of pictures is slow, and nobody looks at them."""


class DigitGrid(anywidget.AnyWidget):
    """Shows images in rows; with `on_choose`, one of them can be chosen.

    Args:
        on_choose: called with the place of an image that was clicked, or chosen
            with the arrow keys and Enter. Without it, they are only looked at.
        label: what the images are, for those who do not see them.

    Example:
        >>> grid = DigitGrid()
        >>> grid.show(np.zeros((2, 28, 28), "uint8"), ["seven", "two"], ["good", "wrong"])
        >>> grid.captions
        ['seven', 'two']
    """

    _esm = script(Path(__file__).with_suffix(".js"))

    pixels = traitlets.Bytes(help="uint8: image by image, row by row, channel last").tag(sync=True)
    shape = traitlets.List(traitlets.Int(), [0, 0, 1], help="height, width, channels").tag(
        sync=True
    )
    captions = traitlets.List(traitlets.Unicode(), help="words below each image").tag(sync=True)
    marks = traitlets.List(traitlets.Unicode(), help="good, wrong, or nothing").tag(sync=True)
    columns = traitlets.Int(10, help="images in a row, where there is room").tag(sync=True)
    scale = traitlets.Float(2, help="pixels of the page for each of an image").tag(sync=True)
    chosen = traitlets.Int(-1, help="the place of the chosen one; -1: none").tag(sync=True)
    choosable = traitlets.Bool().tag(sync=True)
    label = traitlets.Unicode("Images").tag(sync=True)
    version = traitlets.Int(help="counts what was shown").tag(sync=True)

    def __init__(self, on_choose: Callable[[int], None] | None = None, label: str = "Images"):
        super().__init__(choosable=on_choose is not None, label=label)
        self._on_choose = on_choose
        self.on_msg(self._receive)

    def show(
        self,
        images: np.ndarray,
        captions: Sequence[object],
        marks: Sequence[str] | None = None,
        columns: int = 10,
        scale: float | None = None,
    ) -> None:
        """Shows images in place of those before; none is chosen then.

        Args:
            images: (n, height, width), or (n, height, width, 1 or 3): uint8, or
                floating point in [0, 1]. The first 400 are shown.
            captions: (n,) words for each, shown as they are, never as HTML.
            marks: (n,) "good", "wrong" or "" for the frame of each.
            columns: images in a row, where there is room for so many.
            scale: pixels of the page for each of an image; when `None`, as
                many as make it about 56 wide.

        Raises:
            DataError: they are no images, or not as many as captions or marks.
        """
        images = _pixels(images)
        captions = [str(caption) for caption in captions]
        marks = [""] * len(images) if marks is None else list(marks)
        if not len(images) == len(captions) == len(marks):
            raise DataError(
                f"There are {len(images)} images, {len(captions)} captions and {len(marks)} marks. "
                "Give as many of each."
            )
        if not set(marks) <= set(MARKS):
            raise DataError(f"A mark is {', '.join(map(repr, MARKS))}. Give one of these.")
        wide = max(images.shape[1:3], default=0)
        with self.hold_sync():
            self.version += 1
            self.pixels = images[:MOST].tobytes()
            self.shape = [int(size) for size in images.shape[1:]]
            self.captions, self.marks = captions[:MOST], marks[:MOST]
            self.columns = max(1, columns)
            self.scale = float(scale or max(1, 56 // max(1, wide)))
            self.chosen = -1

    def clear(self) -> None:
        """Shows nothing."""
        self.show(np.zeros((0, 1, 1), np.uint8), [])

    def choose(self, place: int) -> None:
        """Chooses an image, as a click on it does.

        Raises:
            DataError: there is none at this place.
        """
        if not 0 <= place < len(self.captions):
            raise DataError(f"There is no image {place}; there are {len(self.captions)}, from 0.")
        self.chosen = place
        if self._on_choose is not None:
            self._on_choose(place)

    def _receive(self, _: object, message: object, buffers: object) -> None:
        place = message.get("choose") if isinstance(message, Mapping) else None
        # What was clicked may have been replaced in the meantime.
        current = isinstance(message, Mapping) and message.get("version") == self.version
        if self.choosable and current and type(place) is int and 0 <= place < len(self.captions):
            self.choose(place)


def _pixels(images: np.ndarray) -> np.ndarray:
    """Returns (n, height, width, channels) uint8."""
    images = np.asarray(images)
    images = images[..., None] if images.ndim == 3 else images
    if images.ndim != 4 or images.shape[3] not in (1, 3):
        raise DataError(
            f"The images have the shape {images.shape}; expected is (n, height, width), or with 1 "
            "or 3 channels behind. Give such images."
        )
    if images.dtype.kind == "f":
        return np.rint(np.clip(np.nan_to_num(images), 0, 1) * 255).astype(np.uint8)
    return np.clip(images, 0, 255).astype(np.uint8)
