"""Step 5: how the trained model does on images that it has never seen."""

from collections.abc import Sequence

from mnistlab.data import datasets
from mnistlab.errors import DataError
from mnistlab.evaluation.report import Report
from mnistlab.progress import duration
from mnistlab.widgets.designer.project import Evaluation, Project
from mnistlab.widgets.designer.screens.controls import button, side_by_side, text
from mnistlab.widgets.designer.screens.screen import Screen
from mnistlab.widgets.designer.screens.standing import about_model
from mnistlab.widgets.designer.screens.uploads import as_paths, file_upload, path_in, uploaded
from mnistlab.widgets.designer.training import TrainingRun
from mnistlab.widgets.designer.views.confusion import Confusion
from mnistlab.widgets.designer.views.digit_grid import DigitGrid
from mnistlab.widgets.designer.views.notice import Message, Notice
from mnistlab.widgets.designer.views.reading import in_percent
from mnistlab.widgets.designer.views.table import Table

import ipywidgets
import numpy as np

WORST = 20
EXAMPLE = 84
"""Pixels of the page for the longer side of an image."""

MOST_EXAMPLES = 60
"""Images of a cell that are shown at once."""

CHOOSE = "Choose a number of the confusion matrix to see its images here."
READING = Message("The model is reading the images. Many of them take a while.", "note")
TEST_PART, FILE = "test", "file"
RUNS = (
    "Run",
    "Design",
    "Parameters",
    "Epochs",
    "Held-out accuracy, best epoch",
    "Test accuracy",
    "Trained for",
    "How it ended",
)


class EvaluateScreen(Screen):
    """Accuracy, a table of the classes, the confusion matrix and the worst errors.

    Args:
        project: what all screens work on.

    Example:
        >>> screen = EvaluateScreen(Project())
        >>> screen.standing.texts
        ['There is no trained model yet. Train one in step 4, for an epoch at least.']
    """

    def __init__(self, project: Project):
        super().__init__(
            project,
            "Evaluate",
            "Evaluate the model",
            "How many images does the model read right that it has never seen? And which does it "
            "mix up? Click a number of the confusion matrix to see the images that it counts.",
        )
        self.standing = Notice()
        self.source = ipywidgets.Dropdown(
            options=[("the test part of the data", TEST_PART), ("a file", FILE)],
            description="Evaluate on",
            layout={"width": "330px"},
        )
        self.path = ipywidgets.Text(
            description="Path",
            placeholder="of an .npz, idx or .csv file, or of a folder",
            layout={"width": "420px"},
        )
        self.upload = file_upload(multiple=True)
        self.reverse = ipywidgets.Checkbox(
            description="Its ten label columns run backward: 0…01 is the first class",
            indent=False,
            layout={"width": "auto"},
        )
        self.start = button(
            "Evaluate",
            self.guarded(self.evaluate),
            "Lets the model read all these images, once",
            style="primary",
        )
        self._file = ipywidgets.VBox(
            [
                side_by_side(self.path, text("or", "quiet"), self.upload),
                self.reverse,
                text(
                    "The images need the size that the model takes, and classes that it knows. Of "
                    "a file with a test part, that part is used. For idx files, upload the images "
                    "and the labels together.",
                    "quiet",
                ),
            ]
        )
        self._make_results()
        self._next = button("Next: Try", self.lead_on, "Lets the model read a picture of yours")
        self._next.button_style = "primary"
        self.why_locked = text("", "quiet")
        self.source.observe(self.guarded(lambda _: self.refresh()), "value")
        # Whoever uploads wants the upload evaluated, and whoever types a path wants that.
        self.path.observe(lambda change: self._take_one(self.path, change), "value")
        self.upload.observe(lambda change: self._take_one(self.upload, change), "value")
        self.fill(
            self.standing,
            side_by_side(self.source, self.start),
            self._file,
            self._results,
            self.runs,
            side_by_side(self._next, self.why_locked),
        )
        self._shown: Evaluation | None = None
        self.refresh()

    def _make_results(self) -> None:
        self.headline = text("", "h2")
        self.words = text("", "p")
        self.before = text("", "strong")
        self.advice = Notice()
        self.table = Table("Each class")
        self.confusion = Confusion(self.guarded(self.open_cell))
        self.cell_words = text("", "strong")
        self.examples = DigitGrid(label="Images of the cell")
        self.worst_words = text("", "strong")
        self.worst = DigitGrid(label="The worst errors")
        self.runs = Table("The runs of this session")
        explained = text(
            "Precision: of the answers with this class, the share that is right. Recall: of the "
            "images of this class, the share that is read right. F1: one number for both.",
            "quiet",
        )
        colors = text(
            "The stronger the color, the larger the share of the row. Tab leads into the table, "
            "the arrow keys from number to number, Enter opens the images.",
            "quiet",
        )
        cell = ipywidgets.VBox([self.cell_words, self.examples])
        cell.add_class("mnistlab-evaluate-cell")
        scores = ipywidgets.VBox([self.table, explained])
        scores.add_class("mnistlab-evaluate-scores")
        tables = ipywidgets.HBox([ipywidgets.VBox([self.confusion, colors]), scores, cell])
        tables.add_class("mnistlab-evaluate-tables")
        self._results = ipywidgets.VBox(
            [
                self.before,
                self.headline,
                self.words,
                self.advice,
                tables,
                self.worst_words,
                self.worst,
            ]
        )
        self._results.add_class("mnistlab-evaluate-results")

    # What it does

    def evaluate(self) -> None:
        """Lets the model read the images that are chosen."""
        with self.working():
            if self.source.value == TEST_PART:
                self.project.evaluate()
            else:
                self.project.evaluate_on(self._read_file())
        self._forget_failure()

    def open_cell(self, true: int, predicted: int) -> None:
        """Shows the images that a number of the confusion matrix counts.

        Args:
            true: the class of its row.
            predicted: the class of its column.
        """
        evaluation = self._shown
        if evaluation is None:
            raise DataError("Nothing is evaluated yet. Click Evaluate first.")
        report = evaluation.report
        places = report.places(true, predicted)
        self.cell_words.words = _cell_words(report, true, predicted, len(places))
        self._show_cell(evaluation, places[:MOST_EXAMPLES], true == predicted)

    def fail(self, message: str, notice: Notice | None = None) -> None:
        """Shows an error, and says that the results are those before it."""
        super().fail(message, notice)
        if self._shown is not None:
            self.before.words = "These are the results before; the last attempt gave none."
            self._results.add_class("mnistlab-faded")

    def _forget_failure(self) -> None:
        self.before.words = ""
        self._results.remove_class("mnistlab-faded")

    # What it shows

    def refresh(self) -> None:
        working = self.project.busy == self.step
        self.standing.show(*([READING] if working else about_model(self.project, self.step)))
        self.start.disabled = not self.project.trained or bool(self.project.busy)
        self._file.layout.display = None if self.source.value == FILE else "none"
        self._next.disabled = self.project.states["Evaluate"] not in ("done", "stale")
        self.why_locked.words = "Evaluate the model first." if self._next.disabled else ""
        evaluation = self.project.evaluation
        if evaluation is not self._shown:
            self._shown = evaluation
            self._show_results()
        self._results.layout.display = "none" if evaluation is None else None
        rows = [_run_row(run) for run in self.project.runs]
        self.runs.show(RUNS, rows, words=(0, 1, 7))

    def _show_results(self) -> None:
        evaluation = self._shown
        report = evaluation.report
        low, high = report.interval
        self.headline.words = (
            f"{in_percent(report.accuracy)} right: {report.right:,} of {report.count:,} images"
        )
        self.words.words = (
            f"Run {evaluation.run.number} on {evaluation.name}. With other images of the same "
            f"kind, it would most likely read {in_percent(low)} to {in_percent(high)} right (95 % "
            f"interval, Wilson's). Loss: {report.loss:.4f}."
        )
        self.advice.show(*_looks(evaluation))
        self.confusion.show(report.confusion, report.names)
        self.cell_words.words = CHOOSE
        self.examples.clear()
        self._show_worst(evaluation)
        self.table.show(
            ["Class", "Precision", "Recall", "F1", "Images"],
            [
                [
                    score.name,
                    in_percent(score.precision),
                    in_percent(score.recall),
                    f"{score.f1:.4f}",
                    f"{score.count:,}",
                ]
                for score in report.scores
            ],
        )

    def _show_worst(self, evaluation: Evaluation) -> None:
        report = evaluation.report
        places = report.worst_errors(WORST)
        errors = report.count - report.right
        self.worst_words.words = (
            f"The worst errors: {len(places)} of {errors:,}, those of which the model was surest"
            if errors
            else "There is no error to show: all images are read right."
        )
        names = report.names
        captions = [f"{names[report.labels[place]]} {_answer(report, place)}" for place in places]
        images = evaluation.images[places]
        self.worst.show(images, captions, ["wrong"] * len(places), scale=_scale(images))

    def _show_cell(self, evaluation: Evaluation, places: np.ndarray, right: bool) -> None:
        captions = [_answer(evaluation.report, place) for place in places]
        images, marks = evaluation.images[places], ["good" if right else "wrong"] * len(places)
        self.examples.show(images, captions, marks, scale=_scale(images))

    def _read_file(self) -> datasets.Dataset:
        if self.upload.value:
            with as_paths(uploaded(self.upload.value)) as paths:
                # Of an idx pair, the images lead to the labels.
                images = [path for path in paths if "images" in path.name]
                return datasets.read((images or paths)[0], reverse=self.reverse.value)
        if not self.path.value.strip():
            raise DataError("There is no file to evaluate on. Give its path, or upload one.")
        return datasets.read(
            path_in(self.project.folder, self.path.value), reverse=self.reverse.value
        )

    def _take_one(self, taken: ipywidgets.Widget, change: object) -> None:
        if not change.new:
            return
        if taken is self.path:
            self.upload.value = ()
        else:
            self.path.value = ""


def _cell_words(report: Report, true: int, predicted: int, count: int) -> str:
    one, other = report.names[true], report.names[predicted]
    how = "read right" if true == predicted else f"read as {other}"
    if not count:
        return f"No image of {one} is {how}."
    shown = f"; the {MOST_EXAMPLES} surest are shown" if count > MOST_EXAMPLES else ""
    images = "1 image of" if count == 1 else f"{count:,} images of"
    return f"{images} {one}, {how}{shown}"


def _answer(report: Report, place: int) -> str:
    read, sure = report.names[report.predictions[place]], report.confidence[place]
    return f"read as {read}, {in_percent(sure)}"


def _scale(images: np.ndarray) -> float:
    """Makes images about as wide as the words below them."""
    return max(1, EXAMPLE // max(1, *images.shape[1:3]))


def _looks(evaluation: Evaluation) -> Sequence[Message]:
    if evaluation.looks < 2:
        return ()
    return (
        Message(
            f"{evaluation.looks} models have been measured on these images in this session. That "
            "is fine for looking; but whoever keeps the best of several by its test score has "
            "chosen by the test images, and the score is then better than the model. Choose by "
            "the held-out accuracy, and measure only the last one here: the test set is for the "
            "end.",
            "advice",
        ),
    )


def _run_row(run: TrainingRun) -> list[str]:
    held_out = run.history.get("val_accuracy", [])
    best = run.best_epoch and len(held_out) >= run.best_epoch
    return [
        str(run.number),
        run.plan.name,
        f"{run.parameters:,}",
        f"{run.epoch} of {run.epochs}",
        in_percent(held_out[run.best_epoch - 1]) if best else "–",
        "–" if run.test_accuracy is None else in_percent(run.test_accuracy),
        duration(run.seconds),
        "being trained" if run.state == "running" else run.reason or run.state,
    ]
