"""The softmax explorer: logits to move, and what becomes of them.

`SoftmaxView` is what the browser shows. The browser computes the exponentials
and probabilities itself, so that the bars follow the slider; Python holds the
same settings, checks them, and can set them. The logits of a digit come from
the model, in Python, whenever the shared digit changes.
"""

from collections.abc import Sequence
from pathlib import Path

from mnistlab.errors import DesignError
from mnistlab.explain import activations
from mnistlab.plots.explained import softmax_steps
from mnistlab.plots.figure import Figure
from mnistlab.widgets.explorers.explorer import Explorer
from mnistlab.widgets.explorers.setting import Checked, SettingError, number, setting, whole_number
from mnistlab.widgets.scripts import script, style
from mnistlab.widgets.shared_digit import DigitPicker

import anywidget
import numpy as np
import traitlets

MOST_CLASSES = 10
LARGEST_LOGIT = 1e6
LEAST_TEMPERATURE, LARGEST_TEMPERATURE = 0.01, 100
EXAMPLE = (2.0, 1.0, 0.1)


class SoftmaxView(anywidget.AnyWidget):
    """The bars and their settings; see `SoftmaxExplorer` for what each one is.

    Each setting is a trait. A value that cannot be raises a `SettingError` and
    changes nothing.
    """

    _esm = script(Path(__file__).with_suffix(".js"))
    _css = style(Path(__file__).with_name("explorers.css"))

    classes = traitlets.List(traitlets.Unicode(), help="their names").tag(sync=True)
    start = traitlets.List(traitlets.Float(), help="what a reset brings back").tag(sync=True)
    origin = traitlets.Unicode(help="where these come from").tag(sync=True)
    problem = traitlets.Unicode(help="why they are not those of the digit").tag(sync=True)

    start_temperature = traitlets.Float(help="likewise").tag(sync=True)

    logits = Checked(help="(classes,) list of float").tag(sync=True)
    temperature = Checked(1.0).tag(sync=True)
    constant = Checked(0.0, help="what is added to all logits").tag(sync=True)
    chosen = Checked(0, help="the class of the formula and the loss").tag(sync=True)

    @traitlets.default("start_temperature")
    def _given_temperature(self):
        # Asked for when the view is made, before anybody can set another.
        return self.temperature

    def begin(self, logits: np.ndarray, origin: str, chosen: int | None = None) -> None:
        """Shows new logits, and the most probable class where none is chosen."""
        logits = self._as_logits(logits)
        with self.hold_sync():
            self.logits = self.start = logits
            self.chosen = int(np.argmax(logits)) if chosen is None else chosen
            self.origin, self.constant = origin, 0.0

    def _as_logits(self, values: object) -> list[float]:
        try:
            logits = np.asarray(values, "float64")
        except (TypeError, ValueError):
            logits = None
        if logits is None or logits.shape != (len(self.classes),):
            raise SettingError(
                f"logits are {_shown(values)}; here they are {len(self.classes)} numbers, one for "
                "each class."
            )
        if not (np.abs(logits) <= LARGEST_LOGIT).all():
            raise SettingError(
                f"logits are {_shown(values)}; each is a number, up to a million above 0 or below."
            )
        return logits.tolist()

    @traitlets.validate("logits")
    def _check_logits(self, proposal):
        return self._as_logits(proposal.value)

    @traitlets.validate("temperature")
    def _check_temperature(self, proposal):
        return number(proposal.value, "temperature", LEAST_TEMPERATURE, LARGEST_TEMPERATURE)

    @traitlets.validate("constant")
    def _check_constant(self, proposal):
        return number(proposal.value, "constant", -LARGEST_LOGIT, LARGEST_LOGIT)

    @traitlets.validate("chosen")
    def _check_chosen(self, proposal):
        return whole_number(proposal.value, "chosen", 0, len(self.classes) - 1)


class SoftmaxExplorer(Explorer):
    """Shows how logits become probabilities, to play with.

    In the browser: move a slider or type a number, choose the true class, set
    the temperature, add a constant to all. In Python: every setting is an
    attribute that can be read and set, and an observer of `explorer.view` is
    told of each.

    Args:
        model: a model whose logits are shown, those of the shared digit; it
            ends in a `Dense` layer with the activation "softmax".
        images: (n, 28, 28) or (n, 28, 28, 1) digits to pick from, uint8 or
            float in [0, 1]; with a model.
        labels: with a model, the classes of the images, (n,) or one-hot
            (n, 10); without one, the names of the classes.
        logits: 2 to 10 scores to begin with, without a model; [2.0, 1.0, 0.1]
            where neither is given.
        temperature: what the logits are divided by, 0.01 to 100.

    Raises:
        DesignError: a setting cannot be; also when it is set later. Or a model
            is given without images or with logits.
        DataError: the model, images or labels are not what they should be.

    Example:
        >>> explorer = SoftmaxExplorer(logits=[2.0, 1.0, 0.1])
        >>> explorer.probabilities.round(3)
        array([0.659, 0.242, 0.099])
        >>> explorer.constant = 100
        >>> explorer.probabilities.round(3)
        array([0.659, 0.242, 0.099])
        >>> explorer.chosen, round(explorer.loss, 3)
        (0, 0.417)
    """

    logits = setting("logits", "The scores, a list with one for each class.")
    temperature = setting("temperature", "What the logits are divided by.")
    constant = setting("constant", "What is added to all logits.")
    chosen = setting("chosen", "The true class: that of the formula and of the loss.")

    def __init__(
        self,
        model=None,
        images: np.ndarray | None = None,
        labels: Sequence | np.ndarray | None = None,
        logits: Sequence[float] | np.ndarray | None = None,
        temperature: float = 1.0,
    ):
        self.model = model
        self._readers = {}
        if model is None:
            if images is not None:
                raise DesignError(
                    "images are given without a model; give the model whose logits are to be shown."
                )
            super().__init__(None, lambda: _view_of_given(logits, labels, temperature))
            return
        if images is None or logits is not None:
            raise DesignError(
                "a model is given, and its logits are those of an image: give images to pick from, "
                "and no logits of your own."
            )
        super().__init__(DigitPicker(images, labels), lambda: self._view_of_digit(temperature))

    @property
    def probabilities(self) -> np.ndarray:
        """The probabilities, (classes,) float64, as `mnistlab.explain` computes them."""
        return activations.softmax(self._shifted(), self.temperature)

    @property
    def loss(self) -> float:
        """The cross-entropy, -log p of the chosen class."""
        scaled = self._shifted() / self.temperature
        return float(activations.cross_entropy(scaled[None], np.array([self.chosen]))[0])

    def reset(self) -> None:
        """Brings back the logits of the digit, or those given, and the temperature given."""
        with self.view.hold_sync():
            self.logits, self.constant = self.view.start, 0.0
            self.temperature = self.view.start_temperature

    def figure(self) -> Figure:
        """Draws what the explorer shows, for readers without a kernel."""
        return softmax_steps(self._shifted(), self.temperature, self.view.classes)

    def _shifted(self) -> np.ndarray:
        return np.add(self.logits, self.constant)

    def _scores(self) -> list[float]:
        # Here, so that logits without a model do not have to wait for TensorFlow.
        from mnistlab.models.prediction import logit_reader

        if self.model not in self._readers:
            self._readers[self.model] = logit_reader(self.model)
        return self._readers[self.model](self.picker.digit.image)[0].tolist()

    def _view_of_digit(self, temperature: float) -> SoftmaxView:
        scores = self._scores()
        view = SoftmaxView(
            classes=_class_names(len(scores)), logits=scores, temperature=temperature
        )
        self._begin(view, scores)
        return view

    def _begin(self, view: SoftmaxView, scores: list[float]) -> None:
        digit, names = self.picker.digit, view.classes
        chosen = names.index(digit.label) if digit.label in names else None
        words = f"{digit.origin}, a {digit.label}" if digit.label else digit.origin
        view.begin(scores, f"the model's logits for {words}", chosen)

    def _show_digit(self) -> None:
        self._begin(self.view, self._scores())


def _view_of_given(logits: object, labels: object, temperature: float) -> SoftmaxView:
    scores = _list_of(EXAMPLE if logits is None else logits)
    view = SoftmaxView(
        classes=_class_names(len(scores), labels), logits=scores, temperature=temperature
    )
    view.begin(scores, "the logits given")
    return view


def _list_of(logits: object) -> list:
    values = np.asarray(logits, dtype=object)
    if values.ndim != 1 or not 2 <= len(values) <= MOST_CLASSES:
        raise SettingError(
            f"logits are {_shown(logits)}; the explorer takes 2 to {MOST_CLASSES} numbers, one for "
            "each class. Choose one row of several: logits[0]."
        )
    return values.tolist()


def _class_names(count: int, names: Sequence | np.ndarray | None = None) -> list[str]:
    names = [str(name) for name in (range(count) if names is None else names)]
    if len(names) != count or not 2 <= count <= MOST_CLASSES:
        raise SettingError(
            f"There are {count} logits and {len(names)} names of classes; the explorer shows 2 to "
            f"{MOST_CLASSES}, each with its name."
        )
    return names


def _shown(values: object) -> str:
    text = " ".join(str(values).split())
    return text if len(text) <= 60 else f"{text[:57]}..."
