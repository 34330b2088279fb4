"""The ReLU explorer: the feature maps of a layer before and after the ReLU.

`ReluView` is what the browser shows. The browser applies the shift and the
ReLU itself, so that the picture follows the slider; Python computes the maps
whenever the shared digit or the layer changes, holds the settings and checks
them.
"""

from collections.abc import Sequence
from pathlib import Path

from mnistlab.explain import activations
from mnistlab.models.insight import map_reader
from mnistlab.plots.explained import relu_maps
from mnistlab.plots.figure import Figure
from mnistlab.widgets.explorers.explorer import Explorer
from mnistlab.widgets.explorers.setting import Checked, SettingError, number, setting, whole_number
from mnistlab.widgets.scripts import script, style
from mnistlab.widgets.shared_digit import DigitPicker

import anywidget
import keras
import numpy as np
import traitlets

LARGEST_SHIFT = 1e6


def _as_json(maps: np.ndarray, widget: object) -> dict:
    return {"shape": list(maps.shape), "values": maps.astype("<f4").tobytes()}


class ReluView(anywidget.AnyWidget):
    """The maps and their settings; see `ReluExplorer` for what each one is.

    Each setting is a trait. A value that cannot be raises a `SettingError` and
    changes nothing.
    """

    _esm = script(Path(__file__).with_suffix(".js"))
    _css = style(Path(__file__).with_name("explorers.css"))

    maps = Checked(help="(maps, height, width) before the ReLU").tag(sync=True, to_json=_as_json)
    layers = traitlets.List(traitlets.Unicode(), help="to choose from").tag(sync=True)
    problem = traitlets.Unicode(help="why the maps are not those of the digit").tag(sync=True)

    layer = Checked("").tag(sync=True)
    chosen = Checked(0).tag(sync=True)
    shift = Checked(0.0).tag(sync=True)
    row = Checked(0).tag(sync=True)
    column = Checked(0).tag(sync=True)

    def show(self, maps: np.ndarray) -> None:
        """Shows other maps; what was chosen stays as far as they have it."""
        maps = self._as_maps(maps)
        count, height, width = maps.shape
        with self.hold_sync():
            self.maps = maps
            self.chosen = min(self.chosen, count - 1)
            self.row, self.column = min(self.row, height - 1), min(self.column, width - 1)

    def show_liveliest(self) -> None:
        """Chooses the map whose values differ most, and its pixel farthest from 0."""
        self.chosen = int(self.maps.std(axis=(1, 2)).argmax())
        strongest = np.abs(self.maps[self.chosen]).argmax()
        self.row, self.column = map(int, np.unravel_index(strongest, self.maps.shape[1:]))

    @staticmethod
    def _as_maps(maps: np.ndarray) -> np.ndarray:
        if not np.isfinite(maps).all():
            raise SettingError(
                "The feature maps hold NaN or infinite values; the picture stays as it was. Check "
                "how the model was trained: a learning rate that is too high is the usual cause."
            )
        return maps

    @traitlets.validate("maps")
    def _check_maps(self, proposal):
        return self._as_maps(proposal.value)

    @traitlets.validate("layer")
    def _check_layer(self, proposal):
        if proposal.value not in self.layers:
            raise SettingError(
                f"layer is {proposal.value!r}; choose one of {', '.join(self.layers)}."
            )
        return proposal.value

    @traitlets.validate("chosen")
    def _check_chosen(self, proposal):
        return whole_number(proposal.value, "chosen", 0, len(self.maps) - 1)

    @traitlets.validate("shift")
    def _check_shift(self, proposal):
        return number(proposal.value, "shift", -LARGEST_SHIFT, LARGEST_SHIFT)

    @traitlets.validate("row")
    def _check_row(self, proposal):
        return whole_number(proposal.value, "row", 0, self.maps.shape[1] - 1)

    @traitlets.validate("column")
    def _check_column(self, proposal):
        return whole_number(proposal.value, "column", 0, self.maps.shape[2] - 1)


class ReluExplorer(Explorer):
    """Shows the feature maps of a layer before and after the ReLU, to play with.

    In the browser: choose a map, look at a pixel with the mouse or the arrow
    keys, move the shift. In Python: every setting is an attribute that can be
    read and set, and an observer of `explorer.view` is told of each.

    Args:
        model: a model with convolutions, (None, 28, 28, 1) -> ...
        images: (n, 28, 28) or (n, 28, 28, 1) digits to pick from, uint8 or
            float in [0, 1].
        labels: their classes, (n,) or one-hot (n, 10).
        layer: name of the layer to begin with.

    Raises:
        DesignError: there is no such layer, it gives no maps, or a setting
            cannot be; also when it is set later.
        DataError: the images or labels are not what they should be, or the
            model takes other images.

    Example:
        >>> from mnistlab.models import zoo
        >>> explorer = ReluExplorer(zoo.build("lenet5"), np.ones((1, 28, 28)))
        >>> explorer.before.shape, explorer.after.min() >= 0
        ((28, 28), np.True_)
        >>> explorer.shift = -1000
        >>> explorer.zeros, explorer.zeros_of_layer
        (1.0, 1.0)
    """

    layer = setting("layer", "Name of the layer whose maps are shown.")
    chosen = setting("chosen", "Number of the large map, from 0.")
    shift = setting("shift", "What is added to every value before the ReLU.")
    row = setting("row", "Row of the pixel that is looked at, from 0.")
    column = setting("column", "Column of the pixel that is looked at, from 0.")

    def __init__(
        self,
        model: keras.Model,
        images: np.ndarray,
        labels: Sequence | np.ndarray | None = None,
        layer: str = "conv1",
    ):
        self.model = model
        self._readers = {}
        super().__init__(DigitPicker(images, labels), lambda: self._new_view(layer))
        self.view.observe(self._follow, "layer")

    @property
    def before(self) -> np.ndarray:
        """The chosen map before the ReLU, the shift added, (height, width) float64."""
        return self._shifted()[self.chosen]

    @property
    def after(self) -> np.ndarray:
        """The same after the ReLU, as `mnistlab.explain` computes it."""
        return activations.relu(self.before)

    @property
    def zeros(self) -> float:
        """Share of the chosen map that is 0 after the ReLU."""
        return float(np.mean(self.after == 0))

    @property
    def zeros_of_layer(self) -> float:
        """Share of all maps of the layer that is 0 after the ReLU."""
        return float(np.mean(self._shifted() <= 0))

    def figure(self) -> Figure:
        """Draws what the explorer shows, for readers without a kernel."""
        return relu_maps(self.before, titles=[f"{self.layer}, map {self.chosen}"])

    def _new_view(self, layer: str) -> ReluView:
        view = ReluView(maps=self._maps(layer), layers=_layers(self.model, layer), layer=layer)
        view.show_liveliest()
        return view

    def _show_digit(self) -> None:
        self.view.show(self._maps(self.layer))

    def _shifted(self) -> np.ndarray:
        return self.view.maps.astype("float64") + self.shift

    def _maps(self, layer: str) -> np.ndarray:
        image = self.picker.digit.image
        asked = (self.model, layer)
        if asked not in self._readers:
            self._readers[asked] = map_reader(*asked, before_activation=True)
        maps = self._readers[asked](image)[0]
        return np.ascontiguousarray(maps.transpose(2, 0, 1))


def _layers(model: keras.Model, first: str) -> list[str]:
    """Names of the layers to choose from: the convolutions, and the one asked for."""
    names = [layer.name for layer in model.layers if isinstance(layer, keras.layers.Conv2D)]
    return names if first in names else [first, *names]
