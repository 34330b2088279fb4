"""The drawing of a network that is being designed: boxes as large as what the layers make."""

from collections.abc import Callable, Collection, Mapping, Sequence
from pathlib import Path

from mnistlab.plots.networks import FONT, LINE, Described, Layout, layout
from mnistlab.widgets.scripts import script

import anywidget
import traitlets


class NetworkDrawing(anywidget.AnyWidget):
    """A box for each layer; a click on one chooses it.

    Args:
        on_choose: called with the place of a box that was clicked, from 0.

    Example:
        >>> drawing = NetworkDrawing()
        >>> drawing.show([("Input", "image", (28, 28, 1), 0), ("Conv2D", "conv1", None, 0)])
        >>> drawing.words
        'Drawing of the network: image makes 28x28x1; conv1: no shape.'
    """

    _esm = script(Path(__file__).with_suffix(".js"))

    picture = traitlets.Dict(help="the layout, and which boxes are marked").tag(sync=True)
    words = traitlets.Unicode(help="the drawing, for those who do not see it").tag(sync=True)
    selected = traitlets.Int(-1, help="the place of the chosen box; -1 for none").tag(sync=True)

    def __init__(self, on_choose: Callable[[int], object] | None = None):
        super().__init__()
        self._on_choose = on_choose
        self.on_msg(self._receive)

    def show(self, layers: Sequence[Described], marked: Collection[int] = ()) -> None:
        """Shows a network in place of the one before.

        Args:
            layers: (kind, name, output shape or `None`, parameters) of each,
                the input first.
            marked: places, from 0, of layers that something is wrong with.
        """
        drawn = layout(layers)
        with self.hold_sync():
            self.words = f"Drawing of the network: {'; '.join(b.words for b in drawn.boxes)}."
            self.picture = _as_numbers(drawn, marked)

    def _receive(self, _: object, message: object, buffers: object) -> None:
        place = message.get("choose") if isinstance(message, Mapping) else None
        fine = type(place) is int and 0 <= place < len(self.picture.get("boxes", ()))
        if fine and self._on_choose is not None:
            self._on_choose(place)


def _as_numbers(drawn: Layout, marked: Collection[int]) -> dict[str, object]:
    return {
        "width": drawn.width,
        "height": drawn.height,
        "font": FONT,
        "line": LINE,
        "arrows": [_rounded(arrow) for arrow in drawn.arrows],
        "boxes": [
            {
                "faces": [
                    {"points": [_rounded(point) for point in face.points], "color": face.color}
                    for face in box.faces
                ],
                "known": box.known,
                "marked": place in marked,
                "middle": round(box.middle, 1),
                "below": round(box.below, 1),
                "labels": list(box.labels),
                "words": box.words,
            }
            for place, box in enumerate(drawn.boxes)
        ],
    }


def _rounded(numbers: Sequence[float]) -> list[float]:
    return [round(number, 1) for number in numbers]
