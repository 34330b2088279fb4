"""Step 6: the trained model reads a picture, an image of the test part, or a drawing."""

import os
from pathlib import Path

from mnistlab.errors import DataError
from mnistlab.widgets.canvas import DigitCanvas
from mnistlab.widgets.designer.project import Project, weights_of
from mnistlab.widgets.designer.screens.controls import button, side_by_side, text
from mnistlab.widgets.designer.screens.screen import Screen
from mnistlab.widgets.designer.screens.standing import about_model
from mnistlab.widgets.designer.screens.uploads import as_paths, file_upload, path_in, uploaded
from mnistlab.widgets.designer.seeing import DIGIT_SHAPE, Seen, see
from mnistlab.widgets.designer.views.notice import Notice
from mnistlab.widgets.designer.views.reading import Reading

import ipywidgets
import numpy as np

FOLDER, UPLOAD, TEST, CANVAS = "folder", "upload", "test", "canvas"
SOURCES = (
    ("A folder", FOLDER),
    ("An upload", UPLOAD),
    ("The test part", TEST),
    ("A drawing", CANVAS),
)
ENDINGS = (".png", ".jpg", ".jpeg", ".gif", ".bmp", ".tif", ".tiff", ".webp")
MOST_LISTED = 1_000
TEN_DIGITS = tuple("0123456789")


class TryScreen(Screen):
    """Shows a picture, what the model sees of it, and the three most probable answers.

    Args:
        project: what all screens work on.

    Example:
        >>> TryScreen(Project()).standing.texts
        ['There is no trained model yet. Train one in step 4, for an epoch at least.']
    """

    def __init__(self, project: Project):
        super().__init__(
            project,
            "Try",
            "Try the model",
            "Show the model a picture: from a folder, from your computer, from the test part, or "
            "drawn by you. You see the picture, what the model gets of it, and what it reads.",
        )
        self.standing = Notice()
        self.source = ipywidgets.ToggleButtons(options=SOURCES)
        self.source.style.button_width = "auto"
        self.source.add_class("mnistlab-try-source")
        self._boxes = {
            FOLDER: self._make_folder(),
            UPLOAD: self._make_upload(),
            TEST: self._make_test(),
            CANVAS: self._make_canvas(),
        }
        for box in self._boxes.values():
            box.add_class("mnistlab-try-box")
        self.reading = Reading()
        self.source.observe(self.guarded(lambda _: self._change_source()), "value")
        self._random = np.random.default_rng()
        self.fill(
            self.standing,
            side_by_side(text("Picture from"), self.source),
            *self._boxes.values(),
            self.reading,
        )
        self.refresh()

    def _make_folder(self) -> ipywidgets.Widget:
        self.path = ipywidgets.Text(
            value=".",
            description="Folder",
            placeholder="its path",
            layout={"width": "420px"},
        )
        self.list = button(
            "List its pictures", self.guarded(self.list_folder), "Lists the pictures in this folder"
        )
        self.names = ipywidgets.Select(
            options=[], description="Pictures", rows=8, layout={"width": "420px"}
        )
        self.names.observe(self._read_chosen, "value")
        self.read = button(
            "Read", self.guarded(self.read_chosen), "Has the model read this picture again"
        )
        self._listing = False
        self.listed = text("A dot is the folder of your notebooks.", "quiet")
        return ipywidgets.VBox(
            [side_by_side(self.path, self.list), side_by_side(self.names, self.read), self.listed]
        )

    def _make_upload(self) -> ipywidgets.Widget:
        self.upload = file_upload(accept=",".join(ENDINGS))
        self.upload.observe(self._read_uploaded, "value")
        words = "A larger one, of up to 25 megapixels: put it into a folder, and choose it there."
        return ipywidgets.VBox([side_by_side(self.upload), text(words, "quiet")])

    def _make_test(self) -> ipywidgets.Widget:
        self.number = ipywidgets.BoundedIntText(
            value=0, min=0, max=0, description="Number", layout={"width": "180px"}
        )
        self.show_number = button(
            "Show it", self.guarded(self.show_test), "Has the model read the image of this number"
        )
        self.show_random = button(
            "A random one", self.guarded(self.show_any), "Has the model read any image of the part"
        )
        self.test_words = text("", "quiet")
        return ipywidgets.VBox(
            [side_by_side(self.number, self.show_number, self.show_random), self.test_words]
        )

    def _make_canvas(self) -> ipywidgets.Widget:
        self.canvas: DigitCanvas | None = None
        self._canvas_of: tuple | None = None
        self.open = button(
            "Open the canvas", self.guarded(self.open_canvas), "Gives the model a canvas"
        )
        self.canvas_words = text("", "quiet")
        self._frame = ipywidgets.VBox([])
        self._frame.add_class("mnistlab-try-canvas")
        return ipywidgets.VBox([self.canvas_words, side_by_side(self.open), self._frame])

    # What it does

    def list_folder(self) -> None:
        """Lists the pictures of the folder, and has the model read the first."""
        folder = path_in(self.project.folder, self.path.value)
        found = pictures_in(folder)
        self._listing = True
        try:
            self.names.options = [(_printable(path.name), path) for path in found[:MOST_LISTED]]
            self.names.index = 0
        finally:
            self._listing = False
        more = f"; the first {MOST_LISTED:,} are listed" if len(found) > MOST_LISTED else ""
        count = "1 picture" if len(found) == 1 else f"{len(found):,} pictures"
        self.listed.words = f"{count} in {folder.resolve().name}{more}."
        self.read_chosen()

    def read_chosen(self) -> None:
        """Has the model read the picture that is chosen in the list."""
        if self.names.value is None:
            raise DataError("No picture is chosen. List those of a folder first.")
        self.read_picture(self.names.value)

    def read_picture(self, path: str | os.PathLike) -> None:
        """Has the model read a picture file.

        Raises:
            DesignError: nothing is trained yet.
            ImageError: it is no picture that can be read.
        """
        data = self.project.require_trained().dataset
        seen = see(path, data.input_shape, data.classes)
        self._show(_printable(Path(path).name), seen)

    def read_upload(self) -> None:
        """Has the model read the picture that was uploaded."""
        with as_paths(uploaded(self.upload.value)) as [path, *_]:
            self.read_picture(path)

    def show_test(self) -> None:
        """Has the model read the test image of the number that is set."""
        data = self.project.require_trained().dataset
        if data.test_images is None or not len(data.test_images):
            raise DataError(
                f"{data.name} has no test part. Take a picture of a folder, or an upload."
            )
        place = self.number.value
        image = data.test_images[place]
        truth = data.classes[data.test_labels[place]]
        self._show(f"Test image {place:,}: {truth}", Seen(image, image, ()), truth)

    def show_any(self) -> None:
        """Has the model read a random image of the test part."""
        self.number.value = int(self._random.integers(0, self.number.max + 1))
        self.show_test()

    def open_canvas(self) -> None:
        """Gives the model a canvas; what was drawn for the model before stays drawn."""
        run = self.project.require_trained()
        data = run.dataset
        if not self._can_draw():
            raise DataError(
                "The canvas draws digits of 28x28 pixels: it needs a model that takes those, and "
                "tells the classes 0 to 9 apart. Take a picture instead."
            )
        strokes = [] if self.canvas is None else self.canvas.strokes
        canvas = DigitCanvas(
            run.model, data.test_images, data.test_labels, folder=self.project.folder
        )
        if strokes:
            canvas.strokes = strokes
        canvas.observe(lambda change: self._note_drawing(change.new, run), "result")
        before, self.canvas, self._canvas_of = self.canvas, canvas, (run, weights_of(run))
        self._frame.children = [canvas]
        if before is not None:
            before.close()
        self.refresh()

    def fail(self, message: str, notice: Notice | None = None) -> None:
        """Shows an error, and says that the last answer is not about what was asked for."""
        super().fail(message, notice)
        if self.reading.answers:
            self.reading.stale = "The last good answer; not one about what was asked for now."

    # What it shows

    def refresh(self) -> None:
        self.standing.show(*about_model(self.project, "Try"))
        for name, box in self._boxes.items():
            box.layout.display = None if self.source.value == name else "none"
        self.reading.layout.display = "none" if self.source.value == CANVAS else None
        trained = self.project.trained
        for control in (self.list, self.read, self.upload, self.open):
            control.disabled = not trained
        self._refresh_test()
        self._refresh_canvas()

    def _refresh_test(self) -> None:
        data = self.project.run.dataset if self.project.trained else None
        images = None if data is None else data.test_images
        count = 0 if images is None else len(images)
        if self.number.max != max(0, count - 1):
            self.number.max = max(0, count - 1)
        for control in (self.number, self.show_number, self.show_random):
            control.disabled = not count
        words = f"{count:,} images, numbered from 0; their classes are known." if count else ""
        if data is not None and not count:
            words = f"{data.name} has no test part."
        self.test_words.words = words

    def _refresh_canvas(self) -> None:
        trained, fits = self.project.trained, self._can_draw()
        run = self.project.run
        old = self.canvas is not None and trained and self._canvas_of != (run, weights_of(run))
        self.open.layout.display = None if fits and (self.canvas is None or old) else "none"
        if self.open.description != (label := "Take the new model" if old else "Open the canvas"):
            self.open.description = label
        if trained and not fits:
            self.canvas_words.words = (
                "The canvas draws digits of 28x28 pixels; this model takes other images, or tells "
                "other classes apart. Take a picture instead."
            )
        else:
            self.canvas_words.words = (
                "This canvas still has the model before the last training." if old else ""
            )

    def _can_draw(self) -> bool:
        if not self.project.trained:
            return False
        data = self.project.run.dataset
        return data.input_shape == DIGIT_SHAPE and data.classes == TEN_DIGITS

    def _show(self, name: str, seen: Seen, truth: str = "") -> None:
        run = self.project.require_trained()
        [probabilities] = self.project.read(seen.image[np.newaxis])
        self.reading.show(
            name, seen.original, seen.image, probabilities, run.dataset.classes, truth, seen.notes
        )

    # What the controls lead to

    def _change_source(self) -> None:
        self.refresh()
        if self.source.value == CANVAS and self.canvas is None and self._can_draw():
            self.open_canvas()

    def _read_chosen(self, change: object) -> None:
        if not self._listing and change.new is not None:
            self.guarded(self.read_chosen)()

    def _read_uploaded(self, change: object) -> None:
        if change.new:
            self.guarded(self.read_upload)()
            # The same file can be sent again, and a notebook keeps no copy of it.
            self.upload.value = ()

    def _note_drawing(self, result: dict, run: object) -> None:
        if result["probabilities"] and run is self.project.run:
            self.project.has_tried(run)


def pictures_in(folder: str | os.PathLike) -> list[Path]:
    """Returns the picture files of a folder, by name.

    Raises:
        DataError: there is no such folder, it cannot be read, or has no picture.
    """
    if "\0" in str(folder):
        raise DataError("A text that holds a zero byte is no path. Give the path of a folder.")
    folder = Path(folder).expanduser()
    name = folder.resolve().name or "the folder"
    if not folder.is_dir():
        kind = "is a file, not a folder" if folder.exists() else "does not exist"
        raise DataError(
            f"The folder {name} {kind}. Give the path of a folder; it counts from where the "
            "notebook is."
        )
    try:
        found = [each for each in folder.iterdir() if each.suffix.lower() in ENDINGS]
    except OSError as cause:
        raise DataError(
            f"The folder {name} cannot be read: {cause.strerror or cause}. Check that you may "
            "open it."
        ) from cause
    if not found:
        raise DataError(
            f"The folder {name} has no picture ({', '.join(ENDINGS)}). Choose another folder."
        )
    return sorted(found, key=lambda path: path.name)


def _printable(name: str) -> str:
    """Returns a name that can be sent to a browser: not every file name is text."""
    text = name.encode("utf-8", "replace").decode("utf-8")
    return "".join(sign if sign.isprintable() else "\N{REPLACEMENT CHARACTER}" for sign in text)
