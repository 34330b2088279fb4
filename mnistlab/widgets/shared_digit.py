"""One digit for all explorers of a kernel: `shared`, and the `DigitPicker` that changes it.

What the learner picks or draws in one explorer is what all the others show. It
is kept in the user's cache folder, so that the next notebook begins with it.
A file that was damaged there, or a folder that cannot be written, is no reason
to stop: the pickers say so in a line of their own, and go on.
"""

import base64
import functools
import json
from collections.abc import Mapping, Sequence
from pathlib import Path

from mnistlab.data import cache, checks
from mnistlab.data.images import strokes_to_digit
from mnistlab.errors import DataError, MnistLabError
from mnistlab.files import write_atomically
from mnistlab.widgets import pad
from mnistlab.widgets.scripts import script, style

import anywidget
import numpy as np
import traitlets

SIDE = 28
FILE = "shared_digit.json"
KIND = "mnistlab shared digit 1"
LARGEST_FILE = 2**16
MOST_IMAGES = 40
DRAWN = "your drawing"
MOST_CHARACTERS = 100


class SharedDigit(traitlets.HasTraits):
    """The learner's digit: whoever observes `image` follows it.

    Until something was chosen, here or in a notebook before, the image is
    black and the origin empty.

    Example:
        >>> digit = SharedDigit()
        >>> digit.observe(lambda change: print("ink:", change.new.sum()), "image")
        >>> digit.image = np.full((28, 28), 0.5)
        ink: 392.0
    """

    image = traitlets.Any(help="(28, 28) float32 in [0, 1], light ink on black; read-only")
    label = traitlets.Unicode(help="its class, or empty when that is not known")
    origin = traitlets.Unicode(help='"image 3", "your drawing", or empty: nothing chosen yet')
    notice = traitlets.Unicode(help="what the learner should know about keeping the digit")

    _refused = False

    def choose(self, image: np.ndarray, label: object = "", origin: str = "your choice") -> None:
        """Makes a digit the shared one, and keeps it for the next notebook.

        Args:
            image: (28, 28) or (28, 28, 1), uint8 or float in [0, 1].
            label: its class, when that is known.
            origin: where it comes from, in a few words; 100 characters at most,
                as for the class.

        Raises:
            DataError: it is not one such image, or the words are too long.
        """
        self._become(image, label, origin)
        self._keep()

    def suggest(self, image: np.ndarray, label: object = "", origin: str = "your choice") -> None:
        """Makes a digit the shared one unless the learner has chosen one; keeps nothing."""
        if not self.origin:
            self._become(image, label, origin)

    def _become(self, image: np.ndarray, label: object, origin: str) -> None:
        image = _one_digit(image)
        # The image comes last: who follows it finds the words that belong to it.
        self.label, self.origin = _few_words(str(label), "label"), _few_words(origin, "origin")
        self.image = image

    @traitlets.validate("image")
    def _check_image(self, proposal):
        return _one_digit(proposal.value)

    @traitlets.default("image")
    def _kept_image(self):
        return self._kept["image"]

    @traitlets.default("label")
    def _kept_label(self):
        return self._kept["label"]

    @traitlets.default("origin")
    def _kept_origin(self):
        return self._kept["origin"]

    @functools.cached_property
    def _kept(self) -> dict:
        """What the last notebook left, or a black image."""
        try:
            path = cache.user_folder() / FILE
            if path.exists():
                return _from_json(path)
        except MnistLabError as cause:
            self.notice = str(cause)
        except (OSError, ValueError) as cause:
            self.notice = (
                f"The digit of your last notebook is not used: {FILE} in the cache folder "
                f"{_why(cause)}. Pick or draw another; it replaces that file."
            )
        return {"image": np.zeros((SIDE, SIDE), np.float32), "label": "", "origin": ""}

    def _keep(self) -> None:
        try:
            path = cache.user_folder() / FILE
            write_atomically(path, self._write, check=_from_json)
        except (OSError, MnistLabError, ValueError) as cause:
            self.notice = "" if self._refused else _not_kept(cause)
            self._refused = True
        else:
            self.notice, self._refused = "", False

    def _write(self, path: Path) -> None:
        pixels = base64.b64encode(self.image.astype("<f4").tobytes()).decode("ascii")
        content = {"kind": KIND, "label": self.label, "origin": self.origin, "pixels": pixels}
        path.write_text(json.dumps(content), "utf-8")


shared = SharedDigit()
"""The digit that all explorers of this kernel show."""


class DigitPicker(anywidget.AnyWidget):
    """Thumbnails to pick from, and a pad to draw on: what is chosen becomes the shared digit.

    Args:
        images: (n, 28, 28) or (n, 28, 28, 1), uint8 or float in [0, 1], light
            ink on black. The first 40 are shown.
        labels: their classes, (n,) or one-hot (n, 10); none are shown without.
        digit: the shared digit to change and to follow; `shared` when `None`.

    Raises:
        DataError: the images or labels are not what they should be.

    Example:
        >>> DigitPicker(np.zeros((3, 28, 28), "uint8"), [7, 2, 1])
        DigitPicker: needs a running kernel; it picks or draws the digit that the explorers show
    """

    _esm = script(pad.SCRIPT, Path(__file__).with_suffix(".js"))
    _css = style(pad.STYLE, Path(__file__).with_suffix(".css"))

    thumbnails = traitlets.Bytes(help="(n, 28, 28) uint8").tag(sync=True)
    captions = traitlets.List(traitlets.Unicode(), help="a label for each").tag(sync=True)
    selected = traitlets.Int(-1, help="the picked image, or -1").tag(sync=True)
    picture = traitlets.Bytes(help="the shared digit, (28, 28) uint8").tag(sync=True)
    status = traitlets.Unicode(help="what the shared digit is").tag(sync=True)
    notice = traitlets.Unicode(help="what else the learner should know").tag(sync=True)

    def __init__(
        self,
        images: np.ndarray,
        labels: Sequence | np.ndarray | None = None,
        digit: SharedDigit | None = None,
    ):
        images, captions = pickable(images, labels)
        self.digit = shared if digit is None else digit
        # A copy, so that all the others need not be kept in memory.
        self._images = images[:MOST_IMAGES].copy()
        self._limit = (
            f"The first {MOST_IMAGES} of {len(images):,} images are shown."
            if len(images) > MOST_IMAGES
            else ""
        )
        captions = captions[:MOST_IMAGES]
        super().__init__(thumbnails=_bytes(self._images), captions=captions)
        self.digit.suggest(self._images[0], captions[0], _origin(0))
        self.digit.observe(self._follow, "image")
        self.digit.observe(self._tell, "notice")
        self.on_msg(self._receive)
        self._follow()
        self._tell()

    def __repr__(self) -> str:
        return (
            "DigitPicker: needs a running kernel; it picks or draws the digit that the explorers "
            "show"
        )

    def close(self) -> None:
        """Ends the widget: it follows the shared digit no longer."""
        if self.comm is not None:
            self.digit.unobserve(self._follow, "image")
            self.digit.unobserve(self._tell, "notice")
        super().close()

    def _follow(self, change=None) -> None:
        digit = self.digit
        with self.hold_sync():
            self.picture = _bytes(digit.image)
            self.selected = self._place_of(digit.image)
            self.status = f"{digit.origin}, a {digit.label}" if digit.label else digit.origin

    def _tell(self, change=None) -> None:
        self.notice = " ".join(text for text in (self.digit.notice, self._limit) if text)

    def _place_of(self, image: np.ndarray) -> int:
        places = np.flatnonzero((self._images == image).all(axis=(1, 2))).tolist()
        if self.selected in places:
            return self.selected
        return places[0] if places else -1

    @traitlets.validate("selected")
    def _check_selected(self, proposal):
        if not -1 <= proposal.value < len(self._images):
            raise DataError(
                f"selected is {proposal.value}, and there are {len(self._images)} images; choose "
                f"0 to {len(self._images) - 1}, or -1 for none of them."
            )
        return proposal.value

    @traitlets.observe("selected")
    def _pick(self, change) -> None:
        place = change.new
        if place >= 0 and not np.array_equal(self._images[place], self.digit.image):
            self.digit.choose(self._images[place], self.captions[place], _origin(place))

    def _receive(self, _: object, message: object, buffers: Sequence[bytes]) -> None:
        """Makes a drawing the shared digit, or says beside it why that cannot be."""
        try:
            message = message if isinstance(message, Mapping) else {}
            strokes = pad.from_browser(message, buffers)
            if strokes:
                self.digit.choose(strokes_to_digit(strokes), "", DRAWN)
            self._tell()
        except MnistLabError as cause:
            self.notice = str(cause)


def _one_digit(image: np.ndarray) -> np.ndarray:
    """Returns a read-only (28, 28) float32 image in [0, 1]."""
    image = np.asarray(image)
    if image.shape not in ((SIDE, SIDE), (SIDE, SIDE, 1)):
        raise DataError(
            f"image: expected shape ({SIDE}, {SIDE}), found {image.shape}. Choose one of a batch: "
            "images[0]."
        )
    image = _scaled(image[None], "image")[0]
    image.flags.writeable = False
    return image


def _scaled(images: np.ndarray, name: str) -> np.ndarray:
    """Returns a new array, (n, 28, 28) float32 in [0, 1]."""
    checks.check_images(images, name)
    images = np.asarray(images)
    scale = 255 if images.dtype == np.uint8 else 1
    images = images.reshape(-1, SIDE, SIDE).astype(np.float32) / np.float32(scale)
    if images.size and (images.min() < 0 or images.max() > 1):
        raise DataError(
            f"{name}: expected uint8 pixels or float in [0, 1], found values from "
            f"{images.min():g} to {images.max():g}. Divide pixels in 0..255 by 255 first."
        )
    return images


def pickable(
    images: np.ndarray, labels: Sequence | np.ndarray | None = None
) -> tuple[np.ndarray, list[str]]:
    """Returns digits to show, and a caption for each.

    Args:
        images: (n, 28, 28) or (n, 28, 28, 1), uint8 or float in [0, 1]; at least
            one.
        labels: their classes, (n,) or one-hot (n, 10).

    Returns:
        The images, (n, 28, 28) float32 in [0, 1], and their labels as text; empty
        texts without labels.

    Raises:
        DataError: the images or labels are not what they should be.

    Example:
        >>> images, captions = pickable(np.zeros((2, 28, 28), "uint8"), [7, 1])
        >>> images.shape, captions
        ((2, 28, 28), ['7', '1'])
    """
    images = _scaled(images, "images")
    if labels is None:
        if not len(images):
            raise DataError("images: expected at least one image, found none. Select some.")
        return images, [""] * len(images)
    labels = np.asarray(labels)
    checks.check_pairs(images, labels)
    if labels.ndim == 2:
        labels = labels.argmax(axis=1)
    return images, [str(int(label)) for label in labels]


def _origin(place: int) -> str:
    return f"image {place}"


def _bytes(images: np.ndarray) -> bytes:
    return np.rint(images * 255).astype(np.uint8).tobytes()


def _from_json(path: Path) -> dict:
    """Reads a kept digit; raises `ValueError` for whatever it is not."""
    if not path.is_file():
        raise ValueError("is not an ordinary file")
    if path.stat().st_size > LARGEST_FILE:
        raise ValueError("is too large to be one")
    try:
        content = json.loads(path.read_text("utf-8"))
        if content["kind"] != KIND:
            raise ValueError
        pixels = base64.b64decode(content["pixels"], validate=True)
        image = np.frombuffer(pixels, "<f4").reshape(SIDE, SIDE)
        words = {key: _few_words(content[key], key) for key in ("label", "origin")}
        return {"image": _one_digit(image), **words}
    except (ValueError, TypeError, KeyError, RecursionError) as cause:
        raise ValueError("is damaged, or was written by something else") from cause


def _few_words(value: object, name: str) -> str:
    if not isinstance(value, str):
        raise DataError(f"{name}: expected a text, found {value!r}. Say it in a few words.")
    if len(value) > MOST_CHARACTERS:
        raise DataError(
            f"{name}: expected at most {MOST_CHARACTERS} characters, found {len(value)}. Say it in "
            "a few words."
        )
    return value


def _why(cause: Exception) -> str:
    if isinstance(cause, OSError):
        return f"cannot be read ({cache.reason(cause)})"
    return str(cause).rstrip(".")


def _not_kept(cause: Exception) -> str:
    return (
        "The next notebook will not begin with this digit, because it could not be kept: "
        f"{cache.reason(cause)}"
    )
