"""The canvas: draw a digit, see what the model sees of it, and what it reads.

The strokes are drawn in the browser, at once. Python is sent them up to ten
times a second, makes the image that the model sees, asks the model, and sends
both back. It checks whatever arrives. An error is shown beside the drawing,
and the last good answer stays until there is another.
"""

import os
import threading
import time
import warnings
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from mnistlab import settings
from mnistlab.data.drawings import Drawing, Drawings, collect
from mnistlab.data.images import strokes_to_digit
from mnistlab.data.strokes import check_strokes
from mnistlab.errors import DataError, MnistLabError
from mnistlab.models.prediction import predict
from mnistlab.plots.explained import drawing_steps
from mnistlab.plots.figure import Figure
from mnistlab.widgets import pad, shared_digit
from mnistlab.widgets.scripts import script, style
from mnistlab.widgets.shared_digit import DRAWN, SIDE, SharedDigit, pickable

import anywidget
import keras
import numpy as np
import traitlets

CLASSES = 10
COLLECTION = "my_drawings.npz"
NAME = "my_digit"
LONGEST_NAME = 100
MOST_SAMPLES = 1_000
MOST_NAMED = 8
MOST_SHOWN = 120
"""Drawings of the collection that the page shows, the last ones."""

DOT = [np.array([[0.5, 0.5]])]
NOTHING = {"digit": b"", "probabilities": [], "took": [0.0, 0.0], "origin": "", "truth": ""}
EXPLORERS_STYLE = Path(__file__).parent / "explorers" / "explorers.css"


class DigitCanvas(anywidget.AnyWidget):
    """A pad to draw a digit on, what the model sees of it, and what it reads.

    In the browser: draw with the mouse, a finger, a pen or the keyboard; undo,
    redo, erase, clear; look at sample digits; keep drawings with their label,
    and see how many of them the model reads right; save one and load it again.
    In Python: all of it by the attributes and methods below. A finished drawing
    becomes the digit that all explorers show.

    Args:
        model: reads digits, (None, 28, 28, 1) -> (None, 10).
        images: sample digits to look at, (n, 28, 28) or (n, 28, 28, 1), uint8
            or float in [0, 1], best of the test set. The first 1,000 are used.
        labels: their classes, (n,) or one-hot (n, 10).
        drawings: the collection that drawings are kept in: the path of its
            `.npz` file, which each change is written to at once, or a
            `Drawings`, which stays in memory. The file `my_drawings.npz` in
            the folder when `None`.
        folder: where drawings are saved; the folder of your own files (that of
            the notebooks, or `MNISTLAB_OUTPUT`) when `None`.
        digit: the shared digit that a finished drawing becomes; that of all
            explorers when `None`.

    Raises:
        DataError: the model, images, labels or drawings are not what they
            should be.

    Example:
        >>> from mnistlab.models import zoo
        >>> canvas = DigitCanvas(zoo.build("lenet5"), drawings=Drawings())
        >>> canvas.strokes = [[(30, 10), (30, 90)]]
        >>> canvas.digit.shape, canvas.probabilities.shape
        ((28, 28), (10,))
        >>> canvas.keep(1)
        >>> canvas.drawings
        Drawings(1 drawing, 1 with a label)
    """

    _esm = script(pad.SCRIPT, Path(__file__).with_suffix(".js"))
    _css = style(EXPLORERS_STYLE, pad.STYLE, Path(__file__).with_suffix(".css"))

    drawing = traitlets.Dict(help="what Python has on the pad").tag(sync=True)
    result = traitlets.Dict(NOTHING, help="the last good answer").tag(sync=True)
    answered = traitlets.Unicode(help="the last message that was dealt with").tag(sync=True)
    problem = traitlets.Unicode(help="what could not be, and why").tag(sync=True)
    stale = traitlets.Bool(help="whether the result is not that of the drawing").tag(sync=True)
    notice = traitlets.Unicode(help="what was done").tag(sync=True)
    collection = traitlets.Dict(help="the drawings kept").tag(sync=True)
    samples = traitlets.Int(help="how many sample digits there are").tag(sync=True)
    name = traitlets.Unicode(NAME, help="the file's name to begin with").tag(sync=True)

    def __init__(
        self,
        model: keras.Model,
        images: np.ndarray | None = None,
        labels: Sequence | np.ndarray | None = None,
        drawings: Drawings | str | os.PathLike | None = None,
        folder: str | os.PathLike | None = None,
        digit: SharedDigit | None = None,
    ):
        self._read = _reader(model)
        self.model = model
        self._images, self._captions = _samples(images, labels)
        self.folder = settings.current().output if folder is None else Path(folder)
        self.drawings, self._file, notice = _collection(drawings, self.folder)
        # Widget messages are dealt with on a thread of their own, beside that of the cells.
        self._lock = threading.RLock()
        self._digits = {}
        self._shared = digit
        self._strokes = []
        self._truth = None
        self._sample = -1
        self._puts = 0
        collected = self._collected()
        super().__init__(
            drawing={"key": "", **pad.to_browser([])},
            collection=collected,
            samples=len(self._images),
            notice=notice,
        )
        self.on_msg(self._receive)

    def __repr__(self) -> str:
        return "DigitCanvas: needs a running kernel; the figure below shows the same"

    # What is on it

    @property
    def strokes(self) -> list[np.ndarray]:
        """What is drawn: for each stroke (n, 2) float32, x and y down, 0 to 1 along the pad.

        They can be set to strokes of any scale, which are fitted into the pad.
        """
        return [stroke.copy() for stroke in self._strokes]

    @strokes.setter
    def strokes(self, strokes: Sequence[np.ndarray]) -> None:
        self._put(check_strokes(strokes))

    @property
    def digit(self) -> np.ndarray:
        """What the model sees, (28, 28) uint8, light ink on black."""
        data = self.result["digit"] or bytes(SIDE**2)
        return np.frombuffer(data, np.uint8).reshape(SIDE, SIDE).copy()

    @property
    def probabilities(self) -> np.ndarray:
        """What the model answers, (10,) float64; all 0 where nothing is drawn."""
        return np.array(self.result["probabilities"] or [0.0] * CLASSES)

    @property
    def label(self) -> int | None:
        """What the model reads, 0 to 9; `None` where nothing is drawn."""
        probabilities = self.result["probabilities"]
        return int(np.argmax(probabilities)) if probabilities else None

    @property
    def truth(self) -> int | None:
        """What it is, if anybody said: of a sample, or a drawing that was kept or loaded."""
        return self._truth

    @property
    def milliseconds(self) -> tuple[float, float]:
        """How long it took to make the image, and to ask the model."""
        making, reading = self.result["took"]
        return making, reading

    @property
    def accuracy(self) -> float | None:
        """The share of the labeled drawings of the collection that the model reads right."""
        labels, read = self.drawings.labels, self._readings()[1]
        known = labels >= 0
        return float((labels == read)[known].mean()) if known.any() else None

    # What it does

    def clear(self) -> None:
        """Empties the pad."""
        self._put([])

    def next_sample(self) -> None:
        """Empties the pad and shows the model the next of the sample digits.

        Raises:
            DataError: there are none.
        """
        self._show_sample(self._own_key())

    def keep(self, label: int) -> None:
        """Adds the drawing to the collection, and to its file if it has one.

        One that is there already, stroke for stroke, gets this label in place
        of its own.

        Args:
            label: which digit it is, 0 to 9.

        Raises:
            DataError: nothing is drawn, there is no such digit, or the file
                cannot be written.
        """
        with self._lock:
            drawing = self._as_drawing("keep", label)
            if drawing.label is None:
                raise DataError(
                    "label: expected a whole number 0 to 9, found None. Say which it is."
                )
            if self._file is None:
                _keep_in(self.drawings, drawing)
            else:
                self.drawings = _keep_in_file(self._file, drawing)
            self._truth = drawing.label
            origin = _origin(self._truth)
            self.result = {**self.result, "truth": str(self._truth), "origin": origin}
            self._show_collection(_place_of(drawing, self.drawings))

    def remove(self, index: int) -> None:
        """Removes a drawing from the collection, and from its file if it has one.

        Args:
            index: its place in `drawings`, from 0.

        Raises:
            DataError: there is none, or the file cannot be written.
        """
        with self._lock:
            drawing = self._kept(index)
            if self._file is None:
                self.drawings.remove(index)
            else:
                self.drawings = _remove_from(self._file, drawing)
            self._show_collection()

    def take(self, index: int) -> None:
        """Puts a drawing of the collection on the pad again.

        Args:
            index: its place in `drawings`, from 0.

        Raises:
            DataError: there is none.
        """
        with self._lock, self.hold_sync():
            drawing = self._kept(index)
            self._put(drawing.strokes, drawing.label)
            self.collection = {**self.collection, "marked": index - self.collection["first"]}

    def save(self, path: str | os.PathLike) -> Path:
        """Saves the drawing: its strokes and label, and beside them its picture.

        Args:
            path: where to, ending in `.npz`; the picture ends in `.png`. A name
                alone stands for a file in `folder`.

        Returns:
            The path written.

        Raises:
            DataError: nothing is drawn, the file is that of the collection, or
                the files cannot be written.
        """
        drawing, path = self._as_drawing("save", self._truth), self.folder / path
        if self._is_own(path):
            raise DataError(
                f"{path.name} is the file of your collection. Choose another name for a single "
                "drawing, or keep it with its label to add it there."
            )
        return drawing.save(path)

    def load(self, path: str | os.PathLike) -> None:
        """Puts a drawing that was saved on the pad.

        Args:
            path: its `.npz` file; the ending can be left out. A name alone
                stands for a file in `folder`.

        Raises:
            DataError: there is no such file, or it is no single drawing.
        """
        path = self.folder / path
        path = path if path.suffix == ".npz" else Path(f"{path}.npz")
        if self._is_own(path):
            raise DataError(
                f"{path.name} is the file of your collection, which is shown already: click a "
                "drawing of it to have it on the pad."
            )
        if not os.path.lexists(path):
            raise DataError(self._missing(path))
        drawing = Drawing.load(path)
        self._put(drawing.strokes, drawing.label)

    def figure(self) -> Figure:
        """Draws what the canvas shows, for readers without a kernel."""
        return drawing_steps(self._strokes, self.digit, self.probabilities, self.result["origin"])

    # From strokes to an answer

    def _own_key(self) -> str:
        self._puts += 1
        return f"python-{self._puts}"

    def _put(self, strokes: Sequence[np.ndarray], truth: int | None = None) -> None:
        """Puts strokes on the pad from here, as if they had been drawn."""
        strokes = [np.asarray(stroke, np.float32) for stroke in pad.on_pad(strokes)]
        with self._lock, self.hold_sync():
            self.drawing = {"key": self._own_key(), **pad.to_browser(strokes)}
            self._become(strokes, truth)
            self.problem = ""

    def _show_sample(self, key: str) -> None:
        if not len(self._images):
            raise DataError(
                "There are no sample digits: the canvas was made without images. Make it with "
                "those of the test set: DigitCanvas(model, test_images, test_labels)."
            )
        with self._lock, self.hold_sync():
            self.drawing = {"key": key, **pad.to_browser([])}
            self._sample = (self._sample + 1) % len(self._images)
            caption = self._captions[self._sample]
            self._strokes, self._truth = [], int(caption) if caption else None
            self.stale = True
            start = time.perf_counter()
            pixels = np.rint(self._images[self._sample] * 255).astype(np.uint8)
            self._show(pixels, start, f"Sample digit {self._sample}{_words(self._truth)}")

    def _become(self, strokes: list[np.ndarray], truth: int | None = None) -> None:
        """Reads a drawing; where that fails, the result stays and is stale."""
        self._strokes, self._truth = strokes, truth
        self.stale = True
        if strokes:
            start = time.perf_counter()
            self._show(strokes_to_digit(strokes), start, _origin(truth))
        else:
            self.result, self.stale = NOTHING, False

    def _show(self, digit: np.ndarray, start: float, origin: str) -> None:
        middle = time.perf_counter()
        probabilities = self._read(digit)
        end = time.perf_counter()
        self.result = {
            "digit": digit.tobytes(),
            "probabilities": probabilities.tolist(),
            "took": [1000 * (middle - start), 1000 * (end - middle)],
            "origin": origin,
            "truth": "" if self._truth is None else str(self._truth),
        }
        self.stale = False

    def _share(self) -> None:
        digit = shared_digit.shared if self._shared is None else self._shared
        digit.choose(self.digit, "" if self._truth is None else self._truth, DRAWN)

    def _as_drawing(self, verb: str, label: int | None) -> Drawing:
        if not self._strokes:
            raise DataError(f"There is no drawing to {verb}. Draw a digit first.")
        return Drawing(self._strokes, label)

    def _is_own(self, path: Path) -> bool:
        """Whether a path leads to the file of the collection."""
        return self._file is not None and os.path.realpath(path) == os.path.realpath(self._file)

    def _missing(self, path: Path) -> str:
        files = sorted(path.parent.glob("*.npz"))
        found = [file.stem for file in files if not self._is_own(file)][:MOST_NAMED]
        there = f"What is there: {', '.join(found)}" if found else "Save a drawing first"
        return f"There is no {path.name} in the folder {path.parent.resolve().name}. {there}."

    # The collection

    def _kept(self, index: int) -> Drawing:
        if type(index) is not int or not 0 <= index < len(self.drawings):
            raise DataError(
                f"There is no drawing {index!r}: the collection holds {len(self.drawings)}. Count "
                "them from 0."
            )
        return self.drawings[index]

    def _readings(self) -> tuple[np.ndarray, np.ndarray]:
        """Returns what the model sees of each drawing kept, and what it reads."""
        drawings = {_fingerprint(drawing.strokes): drawing for drawing in self.drawings}
        # Images stay as they are; answers do not, where the model learns on.
        self._digits = {
            name: self._digits[name] if name in self._digits else drawing.digit()
            for name, drawing in drawings.items()
        }
        found = [self._digits[_fingerprint(drawing.strokes)] for drawing in self.drawings]
        digits = np.array(found, np.uint8).reshape(-1, SIDE, SIDE)
        return digits, predict(self.model, digits).argmax(axis=1)

    def _collected(self, marked: int | None = None) -> dict:
        digits, read = self._readings()
        labels = self.drawings.labels
        first = max(0, len(labels) - MOST_SHOWN)
        return {
            "first": first,
            "digits": digits[first:].tobytes(),
            "labels": labels[first:].tolist(),
            "read": read[first:].tolist(),
            "marked": -1 if marked is None else marked - first,
            "summary": _summary(labels, read, self._file, first),
        }

    def _show_collection(self, marked: int | None = None) -> None:
        self.collection = self._collected(marked)

    # From the browser

    def _receive(self, _: object, message: object, buffers: Sequence[bytes]) -> None:
        message = message if isinstance(message, Mapping) else {}
        what = str(message.get("do"))
        with self._lock:
            with self.hold_sync():
                done = self._attempt(lambda: self._obey(what, message, buffers))
                self.answered = _key(message)
            # Afterwards: nobody waits for the explorers, or for the file that keeps the digit.
            if done and what == "draw" and message.get("finished") is True and self._strokes:
                self._attempt(self._share)

    def _attempt(self, work: Callable[[], None]) -> bool:
        try:
            work()
        except MnistLabError as cause:
            self.problem = str(cause)
        except Exception as cause:
            self.problem = (
                f"That did not work ({type(cause).__name__}: {cause}). Try it again; if that does "
                "not help, make the canvas anew."
            )
        else:
            self.problem = ""
            return True
        return False

    def _obey(self, what: str, message: Mapping, buffers: Sequence[bytes]) -> None:
        orders = {
            "draw": lambda: self._draw(message, buffers),
            "sample": lambda: self._show_sample(_key(message)),
            "keep": lambda: self._tell(self._keep_said, message.get("label")),
            "take": lambda: self.take(message.get("place")),
            "remove": lambda: self._tell(self._remove_said, message.get("place")),
            "save": lambda: self._tell(self._save_said, _file_name(message.get("name"))),
            "load": lambda: self._tell(self._load_said, _file_name(message.get("name"))),
        }
        if what not in orders:
            raise DataError(
                f"The browser asked for {what[:40]!r}, which the canvas does not know. Make the "
                "canvas anew."
            )
        self.notice = ""
        orders[what]()

    def _draw(self, message: Mapping, buffers: Sequence[bytes]) -> None:
        self.stale = True
        strokes = pad.from_browser(message, buffers)
        self._become(strokes)
        if message.get("finished") is True:
            # For whoever opens the page anew, and for a second view of the canvas.
            self.drawing = {"key": _key(message), **pad.to_browser(strokes)}

    def _tell(self, work: Callable[[object], str], argument: object) -> None:
        """Does something that may warn, and says what was done and what it warned of."""
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always", UserWarning)
            said = work(argument)
        self.notice = " ".join([said, *(str(warning.message) for warning in caught)])

    def _keep_said(self, label: object) -> str:
        place = _place_of(self._as_drawing("keep", label), self.drawings)
        before = None if place is None else self.drawings[place].label
        self.keep(label)
        if before == label:
            return f"It is kept as {_a(label)} already."
        if before is not None:
            return f"Kept as {label} instead of {before}."
        where = f" in {self._file.name}" if self._file else ""
        return f"Kept as {_a(self._truth)}{where}. The next stroke begins a new drawing."

    def _remove_said(self, place: object) -> str:
        self.remove(place)
        return "Removed."

    def _save_said(self, name: str) -> str:
        place = ", in place of the one before" if _is_drawing(self.folder / name) else ""
        path = self.save(name)
        label = (
            "without a label: keep it as a 0 to 9 first, to give it one"
            if self._truth is None
            else f"with the label {self._truth}"
        )
        return f"Saved as {path.name} and {path.with_suffix('.png').name}{place}, {label}."

    def _load_said(self, name: str) -> str:
        self.load(name)
        return f"Loaded {name}{_words(self._truth)}."


def _reader(model: keras.Model) -> Callable[[np.ndarray], np.ndarray]:
    """Returns a quick function from one digit to its probabilities, after its first call."""
    answer = predict(model, np.zeros((SIDE, SIDE), np.uint8))
    if answer.shape != (1, CLASSES):
        raise DataError(
            f"model answers with {answer.shape[1]} numbers; the canvas shows {CLASSES}, one for "
            "each digit. Use a model that reads digits."
        )

    def read(digit: np.ndarray) -> np.ndarray:
        batch = digit.astype(np.float32).reshape(1, SIDE, SIDE, 1) / np.float32(255)
        # Compiled once and then called: a layer at a time takes several times as long, and
        # model.predict a hundred times.
        [probabilities] = model.predict_on_batch(batch)
        if not np.isfinite(probabilities).all():
            raise DataError(
                "The model answers with NaN: its weights are damaged, or its training failed. Use "
                "another model."
            )
        return probabilities.astype(np.float64)

    read(strokes_to_digit(DOT))
    return read


def _samples(images: object, labels: object) -> tuple[np.ndarray, list[str]]:
    if images is None:
        if labels is not None:
            raise DataError("labels are given without images; give the images that they belong to.")
        return np.empty((0, SIDE, SIDE), np.float32), []
    images, captions = pickable(images, labels)
    # A copy, so that all the others need not be kept in memory.
    return images[:MOST_SAMPLES].copy(), captions[:MOST_SAMPLES]


def _collection(drawings: object, folder: Path) -> tuple[Drawings, Path | None, str]:
    """Returns the collection, its file, and what the learner should know about that."""
    if isinstance(drawings, Drawings):
        return drawings, None, ""
    try:
        path = folder / (COLLECTION if drawings is None else drawings)
    except TypeError as cause:
        raise DataError(
            f"drawings is of type {type(drawings).__name__}; expected is a Drawings, or the path "
            "of its file."
        ) from cause
    if path.suffix != ".npz":
        raise DataError(f"drawings is {path.name}; the name of a collection ends in .npz.")
    if not os.path.lexists(path):
        return Drawings(), path, ""
    try:
        return Drawings.load(path), path, ""
    except DataError as cause:
        return Drawings(), path, str(cause)


def _keep_in(drawings: Drawings, drawing: Drawing) -> None:
    place = _place_of(drawing, drawings)
    if place is None:
        drawings.add(drawing.strokes, drawing.label)
    else:
        drawings.relabel(place, drawing.label)


def _keep_in_file(file: Path, drawing: Drawing) -> Drawings:
    """Keeps a drawing in a file that others may have changed, and returns what is in it."""
    try:
        drawings = Drawings.load(file)
    except DataError:
        # Begins a new one, and says what became of the file.
        return collect(file, drawing.strokes, drawing.label)
    _keep_in(drawings, drawing)
    drawings.save(file)
    return drawings


def _place_of(drawing: Drawing, drawings: Drawings) -> int | None:
    """Returns the last place that has the same strokes as they are on the pad, or `None`."""
    wanted = _fingerprint(drawing.strokes)
    places = range(len(drawings) - 1, -1, -1)
    same = (i for i in places if _fingerprint(pad.on_pad(drawings[i].strokes)) == wanted)
    return next(same, None)


def _remove_from(file: Path, drawing: Drawing) -> Drawings:
    """Removes a drawing from a file that others may have added to, and returns what is left."""
    drawings = Drawings.load(file)
    same = [_is_same(drawing, each) for each in drawings]
    if any(same):
        drawings.remove(same.index(True))
        drawings.save(file)
    return drawings


def _is_drawing(path: Path) -> bool:
    try:
        Drawing.load(path)
    except DataError:
        return False
    return True


def _is_same(one: Drawing, other: Drawing) -> bool:
    same = _fingerprint(one.strokes) == _fingerprint(other.strokes)
    return same and one.label == other.label


def _fingerprint(strokes: Sequence[np.ndarray]) -> tuple[bytes, ...]:
    return tuple(stroke.astype(np.float32).tobytes() for stroke in strokes)


def _summary(labels: np.ndarray, read: np.ndarray, file: Path | None, first: int) -> str:
    if not len(labels):
        return "Kept drawings stand here, with how many of them the model reads right."
    known = labels >= 0
    right = int((labels == read)[known].sum())
    where = f" in {file.name}" if file else ""
    parts = [f"{len(labels):,} {'drawing' if len(labels) == 1 else 'drawings'} kept{where}"]
    if known.any():
        share = 100 * right / int(known.sum())
        parts.append(f"the model reads {right:,} of {int(known.sum()):,} right: {share:.1f} %")
    if not known.all():
        parts.append(f"{int((~known).sum()):,} without a label")
    if first:
        parts.append(f"the last {MOST_SHOWN} are shown")
    return "; ".join(parts) + "."


def _key(message: Mapping) -> str:
    """What the browser calls a message, to know which of them was answered."""
    return str(message.get("key"))[:LONGEST_NAME]


def _file_name(name: object) -> str:
    """Returns the name of a file in the folder, or raises what a name has to be."""
    text = name.strip().removesuffix(".npz") if isinstance(name, str) else ""
    bad = any(sign in '/\\:*?"|' or not sign.isprintable() for sign in text)
    if not text or bad or text.startswith(".") or len(text) > LONGEST_NAME:
        shown = str(name)[:LONGEST_NAME]
        raise DataError(
            f"{shown!r} is no name for a file here; it takes letters and digits, at most "
            f"{LONGEST_NAME}, and no folder. Type another, like {NAME}."
        )
    return f"{text}.npz"


def _origin(truth: int | None) -> str:
    return f"Your drawing{_words(truth)}"


def _words(label: int | None) -> str:
    return "" if label is None else f", {_a(label)}"


def _a(label: int) -> str:
    return f"an {label}" if label == 8 else f"a {label}"
