"""Step 4: how to train, the training itself with its curves, and its weights in files."""

import threading
import time
from collections.abc import Callable, Mapping
from pathlib import Path

from mnistlab.errors import DesignError
from mnistlab.plots.figure import Figure
from mnistlab.plots.results import learning_curves
from mnistlab.progress import duration
from mnistlab.widgets.designer import rules
from mnistlab.widgets.designer.palette import Setting
from mnistlab.widgets.designer.plan import LABEL_FORMS, TRAINING, Value, identifier
from mnistlab.widgets.designer.project import Project
from mnistlab.widgets.designer.sampling import held_out_count
from mnistlab.widgets.designer.screens.controls import button, show_only, side_by_side, text
from mnistlab.widgets.designer.screens.screen import Screen
from mnistlab.widgets.designer.screens.uploads import (
    AT_MOST,
    as_paths,
    file_upload,
    path_in,
    uploaded,
)
from mnistlab.widgets.designer.training import TrainingRun, device_text
from mnistlab.widgets.designer.views.notice import Message, Notice
from mnistlab.widgets.designer.views.picture import Picture
from mnistlab.widgets.designer.views.progress_bar import ProgressBar
from mnistlab.widgets.designer.views.reading import in_percent
from mnistlab.widgets.designer.views.table import Table

import ipywidgets

FOLDER = "my_models"

MOST_EPOCHS = 50
"""Epochs that the table shows, the last ones."""

MOST_FILES = 200
"""Saved models that are offered by name."""

DRAWING_SHARE = 0.05
"""The most of the time of a training that may go into drawing its curves."""

CLOSE = {"description_width": "initial"}
"""A label as wide as its words, right beside its control."""

SETTINGS = ("optimizer", "learning_rate", "momentum", "loss", "labels", "top3")
AMOUNTS = ("batch_size", "epochs", "validation_share", "seed")

WIDTHS = {
    "learning_rate": "180px",
    "momentum": "180px",
    "batch_size": "160px",
    "epochs": "130px",
    "validation_share": "180px",
    "seed": "150px",
}

STOPS: dict[str, tuple[str, str, float | int]] = {
    "stop_accuracy": ("The accuracy is high enough", "from", 0.99),
    "stop_loss": ("The loss is small enough", "at most", 0.02),
    "stop_minutes": ("The time is over", "minutes", 10.0),
    "patience": ("The loss gets no smaller", "epochs", 3),
}
"""What each switch says, what its number is, and where that begins."""

WORDS = {
    **LABEL_FORMS,
    "validation_share": "Held-out share",
    "top3": "Also count how often the right class is among the first three (top-3 accuracy)",
    "labels": "Labels as",
    "momentum": "Momentum",
}
"""What a control says where the palette is shorter."""

ABOUT_SETTINGS = (
    "Loss: how wrong the answers are, as one number; training makes it small. Optimizer: the way "
    "in which it changes the weights for that. Learning rate: how large the changes are; too large "
    "and it never settles, too small and it crawls."
)
ABOUT_AMOUNTS = (
    "Batch: the images that are looked at for one change of the weights. Epoch: once through all "
    "images that are learned from. Held-out share: 0.1 keeps a tenth of the images aside, to "
    "measure on. Seed: the number that chance begins with; the same seed gives the same run."
)
ABOUT_STOPS = (
    "Accuracy: the share of images that are read right, from 0 to 1; 0.99 is 99 %. Accuracy and "
    "loss are those of the held-out images, where there are some, measured after each epoch."
)

HINTS = {
    "optimizer": "How the steps are taken that make the loss smaller",
    "learning_rate": "The size of a step; too large and it never settles, too small and it crawls",
    "momentum": "The share of the last step that is kept in the next one; SGD only",
    "loss": "The number that training makes small",
    "labels": "How the loss is told the right class",
    "top3": "Beside the accuracy, which counts the first answer only",
    "batch_size": "Images that are looked at for one step",
    "epochs": "How often each image is used, at most",
    "validation_share": "The part of the training images that is kept aside to measure on",
    "seed": "Of first weights, order of the images and dropout: the same seed, the same run",
    "stop_accuracy": "Measured after each epoch; a share, 0 to 1",
    "stop_loss": "Measured after each epoch",
    "stop_minutes": "An epoch that is not over by then is not counted",
    "patience": "So many epochs without a smaller loss",
}


class TrainScreen(Screen):
    """Sets how to train; trains, stops and goes on; saves and loads weights."""

    def __init__(self, project: Project):
        super().__init__(
            project,
            "Train",
            "Train it",
            "The network looks at the training images batch by batch, and after each batch its "
            "weights are changed a little, so that the loss becomes smaller. Some images are held "
            "out: it never learns from them, and they tell how good it really is.",
        )
        self._lock = threading.RLock()
        self._filling: int | None = None
        self._drawn: tuple[TrainingRun | None, int] = (None, 0)
        self._written = self._drawn
        self._redraw_from = 0.0
        self._saved: tuple[TrainingRun, Path] | None = None
        self._names: tuple[str, ...] = ()
        self._proposed = ""
        self.controls = {name: self._control(TRAINING[name]) for name in (*SETTINGS, *AMOUNTS)}
        self.switches = {name: self._switch(name) for name in STOPS}
        self.limits = {name: self._limit(name) for name in STOPS}
        self.problems = Notice()
        self.device = text(f"Computed on: {device_text()}.", "p")
        self.split = text("", "quiet")
        self._make_run()
        self._make_files()
        self._next = button("Next: Evaluate", self.lead_on, "Measures it on the test images")
        self._next.button_style = "primary"
        self.why_locked = text("", "quiet")
        self.fill(
            text("How", "h2"),
            side_by_side(*(self.controls[name] for name in SETTINGS)),
            text(ABOUT_SETTINGS, "quiet"),
            side_by_side(*(self.controls[name] for name in AMOUNTS)),
            text(ABOUT_AMOUNTS, "quiet"),
            self.split,
            text("End before the last epoch, when", "h2"),
            side_by_side(*(_pair(self.switches[name], self.limits[name]) for name in STOPS)),
            text(ABOUT_STOPS, "quiet"),
            self.problems,
            text("Training", "h2"),
            self.device,
            side_by_side(self.train, self.stop, self.resume),
            self.hint,
            self._run,
            self._files,
            side_by_side(self._next, self.why_locked),
        )
        self.refresh()

    def _make_run(self) -> None:
        self.train = button("Train", self.guarded(self.begin), style="primary")
        self.stop = button("Stop", self.guarded(self.halt), "After the batch under way")
        self.resume = button("Resume", self.guarded(self.go_on), "With the batch after the last")
        self.hint = text("", "quiet")
        self.standing = text("", "strong")
        self.bar = ProgressBar("Training")
        self.ended = Notice()
        self.best = text("")
        self.curves = Picture()
        self.table = Table("Epochs of this run")
        self._run = ipywidgets.VBox(
            [self.standing, self.bar, self.ended, self.best, self.curves, self.table]
        )
        self._run.add_class("mnistlab-train-run")

    def _make_files(self) -> None:
        self.name = ipywidgets.Text(
            description="Name",
            tooltip="Of the file, without its ending",
            style=CLOSE,
            layout={"width": "300px"},
        )
        self.save = button("Save model (.keras)", self._beside_files(self.save_model))
        self.file = ipywidgets.Combobox(
            description="File",
            placeholder="a saved name, or a path",
            ensure_option=False,
            style=CLOSE,
            layout={"width": "340px"},
        )
        self.upload = file_upload(accept=".keras,.h5")
        self.load = button("Load weights", self._beside_files(self.load_model))
        self.kept = Notice()
        self._files = ipywidgets.VBox(
            [
                text("Keep it", "h2"),
                side_by_side(self.name, self.save),
                text("Take weights that were saved", "h2"),
                side_by_side(self.file, text("or", "quiet"), self.upload, self.load),
                text(
                    "They must be of the same design. They become a run of their own, to be "
                    f"evaluated, or to go on from with Resume. An upload is {AT_MOST}; a path may "
                    "be larger.",
                    "quiet",
                ),
                self.kept,
            ]
        )
        self._files.add_class("mnistlab-train-files")
        # Whoever types a path means the path, and not the upload before.
        self.file.observe(lambda change: self._forget_upload(), "value")

    def _control(self, setting: Setting) -> ipywidgets.ValueWidget:
        label = WORDS.get(setting.name, setting.label)
        look = {"description": label, "tooltip": _hint(setting), "style": CLOSE}
        if setting.type is bool:
            control = ipywidgets.Checkbox(**look, indent=False, layout={"width": "auto"})
        elif setting.choices:
            options = [(WORDS.get(choice, choice), choice) for choice in setting.choices]
            control = ipywidgets.Dropdown(options=options, **look, layout={"width": "auto"})
        else:
            control = _number(setting.type)(**look, layout={"width": WIDTHS[setting.name]})
        control.observe(self._changing(lambda value: self.change(**{setting.name: value})), "value")
        return control

    def _switch(self, name: str) -> ipywidgets.Checkbox:
        switch = ipywidgets.Checkbox(
            description=STOPS[name][0], indent=False, tooltip=HINTS[name], layout={"width": "225px"}
        )

        def switched(on: bool) -> None:
            self.change(**{name: self.limits[name].value if on else None})

        switch.observe(self._changing(switched), "value")
        return switch

    def _limit(self, name: str) -> ipywidgets.ValueWidget:
        _, label, start = STOPS[name]
        limit = _number(TRAINING[name].type)(
            value=start,
            description=label,
            tooltip=_hint(TRAINING[name]),
            disabled=True,
            style=CLOSE,
            layout={"width": "140px"},
        )

        def moved(value: Value) -> None:
            if self.switches[name].value:
                self.change(**{name: value})

        limit.observe(self._changing(moved), "value")
        return limit

    def _changing(self, work: Callable[[Value], None]) -> Callable[[Mapping], None]:
        """A callback for a control that somebody changed; what `refresh` sets is no change."""
        guarded = self.guarded(work)

        def callback(change: Mapping) -> None:
            if self._filling == threading.get_ident():
                return
            guarded(change["new"])
            # A value that was refused does not stay in its control.
            self.refresh()

        return callback

    def _beside_files(self, work: Callable[[], None]) -> Callable[[], None]:
        """A callback whose messages stand with the files, far below the title of the screen."""
        guarded = self.guarded(work)

        def callback() -> None:
            guarded()
            self.kept.show(*self.notice.messages)
            self.notice.show()

        return callback

    # What it does

    def change(self, **settings: Value) -> None:
        """Changes how the design is trained."""
        self.project.design.train_with(**settings)
        self.project.changed()

    def begin(self) -> None:
        """Begins a new run; while one runs, does nothing."""
        self.project.train()

    def halt(self) -> None:
        """Has the run stop after the batch that is being computed."""
        self.project.stop()

    def go_on(self) -> None:
        """Goes on with the run that was stopped."""
        self.project.resume()

    def save_model(self) -> None:
        """Saves the model with its best weights."""
        run = self.project.require_trained()
        if not self.name.value.strip():
            raise DesignError("The file has no name. Type one beside Save.")
        path = self.folder / f"{identifier(self.name.value)}.keras"
        if not path.exists() or self._saved == (run, path):
            self._write_model(run, path)
            return
        self.notice.show(
            Message(
                f"There is a {FOLDER}/{path.name} already. Replace it, or give the file another "
                "name.",
                "advice",
                "Replace it",
                self._beside_files(lambda: self._write_model(run, path)),
            )
        )

    def _write_model(self, run: TrainingRun, path: Path) -> None:
        replaced = path.exists()
        with self.working():
            path = run.save_weights(path)
        self._saved = run, path
        self._list_files()
        which = f"the weights of epoch {run.best_epoch}" if run.best_epoch else "its weights"
        self.notice.show(
            Message(
                f"Run {run.number} is saved with {which} as {FOLDER}/{path.name}, and what is "
                f"known of it as {path.stem}.json beside it"
                + (", in place of the file of that name." if replaced else "."),
                "good",
            )
        )

    def load_model(self) -> None:
        """Takes the weights of a file into a new run."""
        with self.working():
            if self.upload.value:
                with as_paths(uploaded(self.upload.value)) as [path]:
                    run = self.project.load_weights(path)
            else:
                run = self.project.load_weights(self._path())
        self.notice.show(
            Message(f"{run.reason} Evaluate it in step 5, or go on from it with Resume.", "good")
        )

    @property
    def folder(self) -> Path:
        """Where models are saved."""
        return self.project.folder / FOLDER

    def _path(self) -> Path:
        name = self.file.value.strip()
        if not name:
            raise DesignError("There is no file to load. Choose a saved name, or type a path.")
        saved = self.folder / name
        return saved if saved.is_file() else path_in(self.project.folder, name)

    def _forget_upload(self) -> None:
        if self.file.value and self.upload.value:
            self.upload.value = ()

    # What it shows

    def refresh(self) -> None:
        with self._lock:
            self._filling = threading.get_ident()
            try:
                self._show_settings()
                self._show_problems()
                self._show_buttons()
                self._show_run()
            finally:
                self._filling = None

    def _show_settings(self) -> None:
        training = self.project.design.training
        for name, control in self.controls.items():
            _set(control, getattr(training, name))
        for name, switch in self.switches.items():
            value = getattr(training, name)
            _set(switch, value is not None)
            self.limits[name].disabled = value is None
            if value is not None:
                _set(self.limits[name], value)
        show_only(self.controls["momentum"], training.optimizer == "SGD")
        self.split.words = self._split_words(training.validation_share)

    def _split_words(self, share: float) -> str:
        if self.project.dataset is None:
            return ""
        images = len(self.project.dataset.images)
        if not 0 < share < 1:
            return (
                f"All {images:,} images are learned from; nothing is held out, so that only the "
                "loss on what it has seen is known."
            )
        held_out = held_out_count(images, share)
        return (
            f"{images - held_out:,} images are learned from, {held_out:,} are held out. They are "
            "chosen by the seed, evenly from all classes."
        )

    def _show_problems(self) -> None:
        problems = rules.training_problems(self.project.design.plan)
        if [problem.message for problem in problems] == self.problems.texts:
            return
        self.problems.show(*self.messages_of(problems))

    def _show_buttons(self) -> None:
        project, run = self.project, self.project.run
        running = run is not None and run.state == "running"
        obstacle = self._obstacle()
        self.train.description = "Train" if run is None else "Train again"
        self.train.disabled = running or bool(obstacle)
        self.stop.disabled = not running or run.stopping
        self.resume.disabled = run is None or run.state != "stopped"
        self.load.disabled = running or bool(obstacle)
        self.save.disabled = not project.trained
        self._next.disabled = not project.trained
        self.why_locked.words = "" if project.trained else _why_no_model(run)
        self.hint.words = obstacle or self._what_train_does()
        if not running:
            self._list_files()
        proposed = "" if run is None else identifier(run.plan.name)
        if self.name.value == self._proposed:
            _set(self.name, proposed)
        self._proposed = proposed

    def _obstacle(self) -> str:
        """Why nothing can be trained now, if so."""
        project = self.project
        if project.dataset is None or not project.confirmed:
            return "Train is locked: the data are not confirmed yet. Do that in step 1."
        states = project.states
        if states["Design"] != "done":
            return "Train is locked: the design is not right yet. Step 3 says what to mend."
        if any(problem.severe for problem in rules.training_problems(project.design.plan)):
            return "Train is locked until what is said above is mended."
        return ""

    def _what_train_does(self) -> str:
        run, states = self.project.run, self.project.states
        if run is not None and run.state == "running":
            return "What you change now holds for the next run. The design stays usable meanwhile."
        words = []
        if run is not None:
            words.append(
                f"Train again begins run {len(self.project.runs) + 1} with fresh weights; run "
                f"{run.number} stays in the comparison of step 5."
            )
            if run.state == "stopped":
                words.append(f"Resume goes on with run {run.number} as it was begun.")
        if states["Verify"] != "done":
            words.append("The design is not verified yet; step 3 tries it with one batch.")
        return " ".join(words)

    def _show_run(self) -> None:
        run = self.project.run
        show_only(self._run, run is not None)
        if run is None:
            return
        self.standing.words = _standing(run)
        self.bar.value = run.progress
        self.bar.state = {"new": "running"}.get(run.state, run.state)
        self._show_end(run)
        self.best.words = _best(run)
        self._show_epochs(run)

    def _show_end(self, run: TrainingRun) -> None:
        messages = []
        if run.reason:
            kind = {"failed": "error", "done": "good"}.get(run.state, "note")
            messages.append(Message(run.reason, kind))
        if run.state != "running" and not self.project.model_is_current:
            messages.append(
                Message(
                    f"Run {run.number} is stale: it was trained with other data, another design or "
                    "other settings than stand here now.",
                    "advice",
                )
            )
        if [message.text for message in messages] != self.ended.texts:
            self.ended.show(*messages)

    def _show_epochs(self, run: TrainingRun) -> None:
        """Draws the curves and writes the table, where an epoch has come to them."""
        begun, now = time.monotonic(), (run, run.epoch)
        if now != self._written:
            self._written = now
            self.table.show(*(_table(run, run.history) if run.epoch else ([], [])))
        if now == self._drawn or (run.state == "running" and begun < self._redraw_from):
            return
        self._drawn = now
        if not run.epoch:
            self.curves.clear()
            return
        self.curves.show(curves(run), _in_words(run, run.history))
        took = time.monotonic() - begun
        self._redraw_from = begun + took / DRAWING_SHARE

    def _list_files(self) -> None:
        paths = sorted(self.folder.glob("*.keras"))[:MOST_FILES]
        names = tuple(path.name for path in paths)
        if names != self._names:
            self._names = self.file.options = names


def curves(run: TrainingRun) -> Figure:
    """Draws the loss and the accuracy of a run over its epochs."""
    figure = learning_curves([run.history])
    figure.axes[0].set_ylabel(run.plan.training.loss.replace("_", " "))
    for axes in figure.axes:
        # One point alone would be given an axis of hundredths of an epoch.
        axes.set_xlim(0.9, max(2, run.epoch) + 0.1)
    return figure


def _why_no_model(run: TrainingRun | None) -> str:
    if run is not None and run.state == "running":
        return "The model is being trained. Wait for the end, or stop it."
    return "Train the network first, for an epoch at least."


def _standing(run: TrainingRun) -> str:
    words = {"new": "not begun", "done": "done", "failed": "failed", "stopped": "stopped"}
    if run.stopping:
        how = "stopping, after the batch that is being computed"
    elif run.state == "running" and run.starting:
        how = "the first batch; it takes longer, as the steps are compiled for it"
    elif run.state == "running":
        left = run.seconds_left
        how = run.where + ("" if left is None else f", about {duration(left)} left")
    else:
        how = f"{words[run.state]}, {run.where}, after {duration(run.seconds)}"
    return f"Run {run.number}, {run.plan.name}: {how}"


def _best(run: TrainingRun) -> str:
    if run.best_epoch is None:
        return ""
    place, history = run.best_epoch - 1, run.history
    if "val_accuracy" in history:
        measured = f"{in_percent(history['val_accuracy'][place])} of the held-out images read right"
    else:
        measured = f"training loss {history['loss'][place]:.4f}"
    kept = "its weights are kept" if run.state == "running" else "the model has its weights"
    return f"Best epoch: {run.best_epoch}, {measured}; {kept}."


def _in_words(run: TrainingRun, history: dict[str, list[float]]) -> str:
    name, what = ("val_accuracy", "held-out") if "val_accuracy" in history else ("accuracy", "")
    return (
        f"Loss and accuracy of run {run.number} over {run.epoch} epochs; the last {what} accuracy "
        f"is {in_percent(history[name][-1])}."
    )


_COLUMNS = {
    "loss": "Loss",
    "accuracy": "Accuracy",
    "top3": "Top-3",
    "val_loss": "Held-out loss",
    "val_accuracy": "Held-out accuracy",
    "val_top3": "Held-out top-3",
}


def _table(
    run: TrainingRun, history: dict[str, list[float]]
) -> tuple[list[str], list[list[str]], list[int]]:
    names = [name for name in _COLUMNS if name in history]
    count = len(history["loss"])
    rows = [
        [
            str(epoch),
            *(_cell(name, history[name][epoch - 1]) for name in names),
            "best" if epoch == run.best_epoch else "",
        ]
        for epoch in range(max(1, count - MOST_EPOCHS + 1), count + 1)
    ]
    head = ["Epoch", *(_COLUMNS[name] for name in names), ""]
    return head, rows, [len(head) - 1]


def _cell(name: str, value: float) -> str:
    return f"{value:.4f}" if name.endswith("loss") else in_percent(value)


def _hint(setting: Setting) -> str:
    hint = HINTS.get(setting.name, setting.help)
    return hint if setting.choices or setting.type is bool else f"{hint} ({setting.range})"


def _number(kind: type) -> type[ipywidgets.ValueWidget]:
    return ipywidgets.IntText if kind is int else ipywidgets.FloatText


def _set(control: ipywidgets.ValueWidget, value: Value) -> None:
    if control.value != value:
        control.value = value


def _pair(switch: ipywidgets.Checkbox, limit: ipywidgets.ValueWidget) -> ipywidgets.HBox:
    pair = ipywidgets.HBox([switch, limit])
    pair.add_class("mnistlab-train-stop")
    return pair
