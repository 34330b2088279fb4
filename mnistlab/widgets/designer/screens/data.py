"""Step 1: which images the network learns, looked at before anything trains on them."""

import os
from collections.abc import Callable, Sequence
from pathlib import Path

from mnistlab.data import datasets
from mnistlab.data.datasets import Dataset
from mnistlab.data.folders import has_classes
from mnistlab.data.labeled import LABEL_COLUMNS
from mnistlab.data.shapes import in_words
from mnistlab.errors import DataError
from mnistlab.widgets.designer.project import Project
from mnistlab.widgets.designer.screens.controls import button, show_only, side_by_side, text
from mnistlab.widgets.designer.screens.screen import Screen
from mnistlab.widgets.designer.screens.uploads import as_paths, file_upload, path_in, uploaded
from mnistlab.widgets.designer.views.bars import Bars
from mnistlab.widgets.designer.views.digit_grid import DigitGrid
from mnistlab.widgets.designer.views.notice import Message, Notice

import ipywidgets
import numpy as np

MNIST, STANDIN, FILE = "mnist", "standin", "file"
SAMPLES = 20
MOST_LISTED = 200
"""Files of the folder that are offered; the path takes any other."""

ENDINGS = (".npz", ".csv", ".tsv", ".txt", ".csv.gz", ".tsv.gz", ".txt.gz")

_COLUMNS = {
    "auto": "find it out",
    "first": "the first column",
    "last": "the last column",
    "first ten": "the first ten columns (one-hot)",
    "last ten": "the last ten columns (one-hot)",
}
_ORDERS = [("1, 0, …, 0 is class 0 (usual)", False), ("0, …, 0, 1 is class 0", True)]


class DataScreen(Screen):
    """Choose data, look at them, and confirm their shape.

    Args:
        project: what all screens work on.

    Example:
        >>> screen = DataScreen(Project())
        >>> screen.next.disabled
        True
    """

    def __init__(self, project: Project):
        super().__init__(
            project,
            "Data",
            "Choose the data",
            "A network learns from images whose labels are known. Take MNIST, or bring your own; "
            "then compare the images below with their labels, and confirm the shape.",
        )
        self._shown: Dataset | None = None
        self._again: Callable[[], None] | None = None
        self._filling = False
        self._draws = 0
        self._make_source()
        self._make_found()
        self.next = button(
            "Next: Design", self.guarded(self.confirm), "Confirms the data and their shape"
        )
        self.next.button_style = "primary"
        self.why_locked = text("", "quiet")
        self.fill(
            side_by_side(self.source, self.load_button),
            self._file,
            self.before,
            self._found,
            side_by_side(self.next, self.why_locked),
        )
        self.look_again()
        self.refresh()

    # Its parts

    def _make_source(self) -> None:
        self.source = ipywidgets.Dropdown(
            options=[
                ("MNIST: 70,000 handwritten digits", MNIST),
                ("the stand-in: digits drawn by the computer", STANDIN),
                ("a file or folder of mine", FILE),
            ],
            description="Data",
            layout={"width": "400px"},
        )
        self.load_button = button("Load", self.guarded(self.load), "Reads the data", "primary")
        self.files = ipywidgets.Dropdown(description="In my folder", layout={"width": "400px"})
        self.path = ipywidgets.Text(
            description="Path",
            placeholder="of an .npz, idx, .csv or .txt file, or of a folder",
            layout={"width": "400px"},
        )
        self.upload = file_upload(multiple=True)
        self.label_column = ipywidgets.Dropdown(
            options=[(_COLUMNS[each], each) for each in LABEL_COLUMNS],
            description="Label is in",
            layout={"width": "400px"},
        )
        again = button("Look again", self.guarded(self.look_again), "Lists the folder again")
        self._file = ipywidgets.VBox(
            [
                side_by_side(self.files, again),
                side_by_side(self.path, text("or", "quiet"), self.upload),
                side_by_side(self.label_column, text("of a table (.csv, .txt)", "quiet")),
                text(
                    "A table has one image a line: its pixels, and its label in the first or last "
                    "column, or one-hot in ten. A folder has one subfolder of pictures for each "
                    "class. Of idx files, upload images and labels together.",
                    "quiet",
                ),
            ]
        )
        self._file.add_class("mnistlab-data-found")
        self.before = text("", "strong")
        self.source.observe(lambda _: self._show_source(), "value")
        self.files.observe(self.guarded(self._take_listed), "value")
        self.upload.observe(self.guarded(self._take_upload), "value")
        self.label_column.observe(self.guarded(self._read_again), "value")

    def _make_found(self) -> None:
        self.headline = text("", "h2")
        self.numbers = text("", "p")
        self.notes = Notice()
        self.height, self.width, self.channels = (
            ipywidgets.IntText(
                description=name,
                style={"description_width": "initial"},
                layout={"width": "140px"},
            )
            for name in ("Height", "Width", "Channels")
        )
        self.shape_words = Notice()
        self.order = ipywidgets.Dropdown(
            options=_ORDERS, description="One-hot", layout={"width": "400px"}
        )
        self._order_row = side_by_side(
            self.order, text("Right is what gives each image below its label.", "quiet")
        )
        self.bars = Bars()
        self.grid = DigitGrid(label="Samples with their labels")
        self.test_words = text("", "p")
        self.test_path = ipywidgets.Text(
            description="Test file",
            placeholder="of images that are kept for the end",
            layout={"width": "400px"},
        )
        take_test = button("Add test part", self.guarded(self.add_test), "Reads the second file")
        others = button("Other samples", self.guarded(self.draw_samples), "Draws 20 other images")
        others.layout.align_self = "flex-start"
        self.bars_title = text("", "strong")
        pictures = ipywidgets.HBox(
            [
                ipywidgets.VBox([text("Samples with their labels", "strong"), self.grid, others]),
                ipywidgets.VBox([self.bars_title, self.bars]),
            ]
        )
        pictures.add_class("mnistlab-data-pictures")
        self._found = ipywidgets.VBox(
            [
                self.headline,
                self.numbers,
                self.notes,
                side_by_side(self.height, self.width, self.channels),
                self.shape_words,
                self._order_row,
                pictures,
                self.test_words,
                side_by_side(self.test_path, take_test),
            ]
        )
        self._found.add_class("mnistlab-data-found")
        for control in (self.height, self.width, self.channels):
            control.observe(self.guarded(self._take_shape), "value")
        self.order.observe(self.guarded(self._take_order), "value")

    # What it does

    def load(self) -> None:
        """Reads what was chosen.

        Raises:
            DataError: it cannot be had, or is no data.
        """
        source = self.source.value
        if source == FILE:
            path = self._resolved(self.path.value, "the data")
            self._use(lambda: self._read(path))
            return
        self._use(lambda: datasets.builtin(source))
        # Only tables have columns that can be read again in another way.
        self._again = None

    def look_again(self) -> None:
        """Lists the files and folders that may be data."""
        listed = [("choose, or name a path below", "")]
        listed += [(name, name) for name in _offered(self.project.folder)]
        self._filling = True
        try:
            chosen = self.files.value
            self.files.options = listed
            self.files.value = chosen if chosen in dict(listed).values() else ""
        finally:
            self._filling = False

    def add_test(self) -> None:
        """Reads a second file as the part to test with.

        Raises:
            DataError: it is no data, or does not fit the first.
        """
        dataset = self._dataset()
        path = self._resolved(self.test_path.value, "the test part")
        with self.working():
            other = self._read(path)
            if other.one_hot and self.order.value:
                other = other.reversed()
            self.project.use(datasets.with_test(dataset, other))

    def draw_samples(self) -> None:
        """Shows other images of the data."""
        dataset = self._dataset()
        self._draws += 1
        self._show_samples(dataset)

    def confirm(self) -> None:
        """Confirms the data and their shape, and leads on.

        Raises:
            DataError: there are none, or their shape does not fit.
            DesignError: a training is running.
        """
        self._dataset().reshaped(self._typed_shape())
        self.project.confirm()
        if self.on_next is not None:
            self.on_next()

    # Callbacks

    def _take_listed(self, _: object) -> None:
        if not self._filling and self.files.value:
            self.path.value = self.files.value

    def _take_upload(self, _: object) -> None:
        if not self.upload.value:
            return
        value, self.upload.value = self.upload.value, ()
        files = uploaded(value)
        self._use(lambda: self._read_upload(files))

    def _read_again(self, _: object) -> None:
        if self._again is not None:
            self._again()

    def _take_shape(self, _: object) -> None:
        if self._filling or self._shown is None:
            return
        try:
            dataset = self._dataset().reshaped(self._typed_shape())
        except DataError:
            # Said beside the fields, for as long as it is so.
            self.project.failed.add(self.step)
            self.project.changed()
            return
        if dataset.input_shape == self._dataset().input_shape:
            self.project.failed.discard(self.step)
            self.project.changed()
        else:
            self.project.use(dataset)

    def _take_order(self, _: object) -> None:
        if not self._filling:
            self.project.use(self._dataset().reversed())

    # Reading

    def _use(self, read: Callable[[], Dataset]) -> None:
        """Reads data and takes them for the project; those before stay where that fails."""
        self.before.words = ""
        try:
            with self.working():
                dataset = read()
        except BaseException:
            if self._shown is None:
                self.project.failed.add(self.step)
                self.project.changed()
            else:
                self.before.words = f"Still here, from before: {self._shown.name}."
            raise
        self._again = lambda: self._use(read)
        self._set(self.order, False)
        self.project.use(dataset)

    def _read(self, path: Path) -> Dataset:
        return datasets.read(path, label_column=self.label_column.value)

    def _read_upload(self, files: Sequence[tuple[str, bytes]]) -> Dataset:
        with as_paths(files) as paths:
            try:
                return self._read(paths[0])
            except DataError as cause:
                # Where an upload lies for a moment is nothing that a reader knows.
                raise DataError(str(cause).replace(f"{paths[0].parent}{os.sep}", "")) from cause

    def _resolved(self, words: str, what: str) -> Path:
        if not words.strip().strip("\"'"):
            raise DataError(f"The path of {what} is empty. Choose a file, or write its path.")
        return path_in(self.project.folder, words)

    def _dataset(self) -> Dataset:
        if self.project.dataset is None:
            raise DataError("There are no data yet. Load some first.")
        return self.project.dataset

    def _typed_shape(self) -> tuple[int, int, int]:
        return self.height.value, self.width.value, self.channels.value

    # What it shows

    def refresh(self) -> None:
        """Shows the project as it is now."""
        self._show_source()
        dataset = self.project.dataset
        if dataset is not self._shown:
            self._shown = dataset
            if dataset is not None:
                self._show(dataset)
        show_only(self._found, dataset is not None)
        self._show_shape(dataset)

    def _show_source(self) -> None:
        show_only(self._file, self.source.value == FILE)

    def _show(self, dataset: Dataset) -> None:
        tested = dataset.test_images is not None
        test = f", {len(dataset.test_images):,} to test with" if tested else ""
        low, high = (f"{value:g}" for value in dataset.value_range)
        self.before.words = ""
        self.headline.words = dataset.name
        self.numbers.words = (
            f"{len(dataset.images):,} images to train on{test}; {len(dataset.classes)} classes. "
            f"{dataset.features:,} features for each image, with values from {low} to {high}."
        )
        self.notes.show(*(Message(note, "note") for note in dataset.notes))
        for control, size in zip(
            (self.height, self.width, self.channels), dataset.input_shape, strict=True
        ):
            self._set(control, size)
        show_only(self._order_row, dataset.one_hot)
        tests = None
        if tested:
            tests = np.bincount(dataset.test_labels, minlength=len(dataset.classes))
        self.bars.show(dataset.classes, dataset.counts, tests)
        self.bars_title.words = "Images of each class" + (": training + test" if tested else "")
        self.test_words.words = (
            "The test part is kept for step 5: nothing is learned from it. To take another, name "
            "its file."
            if tested
            else "There is no test part. Name a second file of the same kind, or one later, in "
            "step 5; or go on without."
        )
        self._show_samples(dataset)

    def _show_samples(self, dataset: Dataset) -> None:
        rng = np.random.default_rng(self._draws)
        count = min(SAMPLES, len(dataset.images))
        places = rng.choice(len(dataset.images), count, replace=False)
        images = dataset.images[places]
        # Two or four channels have no colors of their own: the first one is shown.
        images = images if images.shape[3] in (1, 3) else images[..., :1]
        self.grid.show(images, [dataset.classes[each] for each in dataset.labels[places]])

    def _show_shape(self, dataset: Dataset | None) -> None:
        locked = "Load data first." if dataset is None else ""
        if dataset is not None:
            message = self._about_shape(dataset)
            locked = "The shape does not fit yet." if message.kind == "error" else ""
            if self.shape_words.texts != [message.text]:
                self.shape_words.show(message)
        self.why_locked.words = locked
        if self.next.disabled != bool(locked):
            self.next.disabled = bool(locked)

    def _about_shape(self, dataset: Dataset) -> Message:
        try:
            dataset.reshaped(self._typed_shape())
        except DataError as cause:
            return Message(str(cause))
        return Message(
            f"{in_words(self._typed_shape())} = {dataset.features:,}, as many as each image has "
            "features. Look whether the images below are upright and whole.",
            "note",
        )

    def _set(self, control: ipywidgets.Widget, value: object) -> None:
        """Sets a control without having it taken for what the reader chose."""
        if control.value == value:
            return
        self._filling = True
        try:
            control.value = value
        finally:
            self._filling = False


def _offered(folder: Path) -> list[str]:
    """Returns the names of files and folders that may be data, sorted."""
    try:
        found = [path for path in folder.iterdir() if not path.name.startswith((".", "__"))]
        names = [path.name for path in found if _may_be_data(path)]
    except OSError:
        # A folder that is not there yet, or closed, has nothing to offer.
        return []
    return sorted(names, key=str.lower)[:MOST_LISTED]


def _may_be_data(path: Path) -> bool:
    if path.is_dir():
        return has_classes(path)
    name = path.name.lower()
    return name.endswith(ENDINGS) or ("idx" in name and "images" in name)
