"""One picture and what a model reads in it: the original, what the model sees, the top three."""

from collections.abc import Sequence
from pathlib import Path

from mnistlab.errors import DataError
from mnistlab.widgets.scripts import script

import anywidget
import numpy as np
import traitlets

TOP = 3


class Reading(anywidget.AnyWidget):
    """Shows one picture at a time; it takes no room until there is one.

    Example:
        >>> reading = Reading()
        >>> digit = np.zeros((28, 28, 1), "uint8")
        >>> reading.show("a.png", digit, digit, [0.1, 0.7, 0.2], ["cat", "dog", "owl"])
        >>> reading.answers
        [['dog', '70.0 %'], ['owl', '20.0 %'], ['cat', '10.0 %']]
    """

    _esm = script(Path(__file__).with_suffix(".js"))

    name = traitlets.Unicode(help="of the picture").tag(sync=True)
    original = traitlets.Dict(help="pixels, and their shape").tag(sync=True)
    seen = traitlets.Dict(help="the same, of what the model sees").tag(sync=True)
    answers = traitlets.List(help="name and percent of the most probable").tag(sync=True)
    shares = traitlets.List(traitlets.Float(), help="their probabilities").tag(sync=True)
    truth = traitlets.Unicode(help="what it is, where that is known").tag(sync=True)
    notes = traitlets.List(traitlets.Unicode(), help="what was noticed").tag(sync=True)
    stale = traitlets.Unicode(help="why it is not about what is asked for now").tag(sync=True)

    def show(
        self,
        name: str,
        original: np.ndarray,
        seen: np.ndarray,
        probabilities: Sequence[float],
        classes: Sequence[str],
        truth: str = "",
        notes: Sequence[str] = (),
    ) -> None:
        """Shows a picture in place of the one before.

        Args:
            name: what it is called; shown as it is, never as HTML.
            original: (height, width, 1 or 3), uint8 or in [0, 1].
            seen: the same of what the model was given.
            probabilities: (classes,), what it answered.
            classes: their names.
            truth: the name of its class, where that is known.
            notes: what was noticed on the way, a sentence each.

        Raises:
            DataError: there are not as many probabilities as classes.
        """
        probabilities = np.asarray(probabilities, dtype=np.float64)
        if probabilities.shape != (len(classes),):
            raise DataError(
                f"There are {probabilities.size} probabilities for {len(classes)} classes. "
                "Give one for each."
            )
        best = np.argsort(-probabilities, kind="stable")[:TOP]
        with self.hold_sync():
            self.name, self.truth, self.notes, self.stale = name, truth, list(notes), ""
            self.original, self.seen = _to_browser(original), _to_browser(seen)
            self.answers = [
                [str(classes[place]), in_percent(probabilities[place])] for place in best
            ]
            self.shares = probabilities[best].tolist()

    def clear(self) -> None:
        """Shows nothing."""
        with self.hold_sync():
            self.answers, self.shares, self.stale = [], [], ""


def in_percent(share: float) -> str:
    """Returns a share in percent; nothing is said to be certain, or impossible, that is not.

    Example:
        >>> in_percent(0.9703), in_percent(0.99998), in_percent(1), in_percent(0.0001)
        ('97.0 %', '> 99.9 %', '100.0 %', '< 0.1 %')
    """
    text = f"{share:.1%}".replace("%", " %")
    if text == "100.0 %" and share < 1:
        return "> 99.9 %"
    return "< 0.1 %" if text == "0.0 %" and share > 0 else text


def _to_browser(image: np.ndarray) -> dict[str, object]:
    image = np.asarray(image)
    image = image[..., None] if image.ndim == 2 else image
    if image.dtype.kind == "f":
        image = np.rint(np.clip(image, 0, 1) * 255)
    height, width, channels = image.shape
    # Of more channels than colors, the first is shown.
    shown = image if channels == 3 else np.repeat(image[:, :, :1], 3, axis=2)
    return {"pixels": shown.astype(np.uint8).tobytes(), "height": height, "width": width}
