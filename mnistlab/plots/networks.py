"""A drawing of a network: a box for each layer, as large as what it makes.

A stack of feature maps is a box: as high and deep as a map, and wider the more
maps there are. A row of numbers is a bar, longer the more numbers there are.
The geometry is computed here once; `network` makes a figure of it, and the
designer an SVG.
"""

import math
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass

from mnistlab.data.shapes import in_words
from mnistlab.plots.figure import Figure

from matplotlib.axes import Axes
from matplotlib.colors import to_hex, to_rgb
from matplotlib.patches import Polygon

Point = tuple[float, float]
Described = tuple[str, str, tuple[int, ...] | None, int]
"""A layer: its kind, its name, what it makes of one image (`None`: not known), its parameters."""

WIDTH = 820
"""Pixels across, before the next line begins: fits a notebook of 900 pixels."""

HIGHEST = 104
LOWEST = 7
BAR = 9
UNKNOWN = (34, 44)
GAP = 22
MOST_SPREAD = 24
"""Pixels that a gap is wider where a line has room."""

HEAD = 6
STUB = 12
LINE = 15
FONT = 11
LETTER = 6.3
"""Pixels of a letter, a little more than it takes."""

COLORS = {
    "Input": "#d9d9d9",
    "Conv2D": "#56b4e9",
    "MaxPooling2D": "#009e73",
    "AveragePooling2D": "#009e73",
    "GlobalAveragePooling2D": "#009e73",
    "BatchNormalization": "#f0e442",
    "Activation": "#f0e442",
    "Dropout": "#b8b8b8",
    "Flatten": "#cc79a7",
    "Dense": "#e69f00",
    "Output": "#0072b2",
}
WRONG = "#d55e00"
EDGE = "#404040"
WORDS = "#555555"
TOP, FRONT, SIDE = 0.45, 0.15, -0.15
"""How much of white (or of black, below 0) each face of a box has in it: light from above."""


@dataclass(frozen=True)
class Face:
    """One side of a box: its corners, in pixels from the top left of the drawing, and its color."""

    points: tuple[Point, ...]
    color: str


@dataclass(frozen=True)
class Box:
    """What is drawn of a layer.

    Attributes:
        faces: top, side and front, in the order they are painted.
        known: whether its output shape is known; else it is drawn dashed.
        middle: the middle of its labels, in pixels from the left.
        below: the baseline of its first label, in pixels from the top.
        labels: its name, output shape, and parameters where it has any.
        words: all of it in a sentence, for those who do not see it.
    """

    faces: tuple[Face, ...]
    known: bool
    middle: float
    below: float
    labels: tuple[str, ...]
    words: str


@dataclass(frozen=True)
class Layout:
    """Where everything is, in pixels from the top left.

    Attributes:
        width, height: of the whole.
        boxes: one for each layer, in their order.
        arrows: (from x, to x, y) of each.
    """

    width: float
    height: float
    boxes: tuple[Box, ...]
    arrows: tuple[tuple[float, float, float], ...]


@dataclass(frozen=True)
class _Solid:
    """A box that has no place yet: the size of its front, and how far it goes back."""

    width: float
    height: float
    right: float = 0
    up: float = 0


def layout(layers: Sequence[Described], width: float = WIDTH) -> Layout:
    """Computes where the boxes, labels and arrows of a drawing are.

    Args:
        layers: (kind, name, output shape, parameters) of each, the input first.
        width: pixels across; what does not fit goes on in the next line.

    Returns:
        The drawing as numbers and words.

    Example:
        >>> drawn = layout([("Input", "image", (28, 28, 1), 0), ("Flatten", "flat", (784,), 0)])
        >>> [box.words for box in drawn.boxes]
        ['image makes 28x28x1', 'flat makes 784']
    """
    solids = _solids(layers)
    texts = [_labels(*layer[1:]) for layer in layers]
    slots = [
        max(solid.width + solid.right, *(LETTER * len(text) for text in labels)) + GAP
        for solid, labels in zip(solids, texts, strict=True)
    ]
    lines = _lines(slots, width)
    rooms = [max(solids[place].height + solids[place].up for place in line) for line in lines]
    boxes, arrows, top = [], [], 0.0
    for line, room in zip(lines, rooms, strict=True):
        left, last = 0.0, None
        spare = (width - sum(slots[place] for place in line)) / len(line)
        spread = min(max(spare, 0), MOST_SPREAD)
        axis = top + room / 2 + HEAD
        for place in line:
            solid = solids[place]
            slot = slots[place] + spread
            middle = left + slot / 2
            x = middle - (solid.width + solid.right) / 2
            below = top + room + 2 * HEAD + LINE
            boxes.append(_box(layers[place], solid, (x, axis), middle, below, texts[place]))
            if last is not None:
                arrows.append((last + 3, x - 3, axis))
            elif place:
                arrows.append((max(x - 3 - STUB, 0), x - 3, axis))
            last, left = x + solid.width + solid.right, left + slot
        if line[-1] < len(layers) - 1:
            arrows.append((last + 3, last + 3 + STUB, axis))
        top += room + 2 * HEAD + (max(len(texts[place]) for place in line) + 1) * LINE
    return Layout(width, math.ceil(max(top, LINE)), tuple(boxes), tuple(arrows))


def network(layers: Sequence[Described], title: str = "", marked: Collection[int] = ()) -> Figure:
    """Draws a network: a box for each layer, as large as what it makes.

    Args:
        layers: (kind, name, output shape, parameters) of each, the input
            first. The shape is for one image, (height, width, channels) or
            (units,), and `None` where it is not known, which is drawn dashed.
        title: stands above it.
        marked: places, from 0, of layers that something is wrong with.

    Example:
        >>> network([("Input", "image", (28, 28, 1), 0), ("Conv2D", "conv1", None, 0)], "Mine")
        <Figure size 820x210 with 1 Axes>
    """
    drawn = layout(layers)
    head = 2 * LINE if title else 0
    figure = Figure(figsize=(drawn.width / 100, (drawn.height + head) / 100), layout="none")
    axes = figure.add_axes((0, 0, 1, 1))
    axes.set(xlim=(0, drawn.width), ylim=(drawn.height, -head))
    axes.axis("off")
    axes.text(8, -head / 2, title, fontweight="bold", va="center", parse_math=False)
    for place, box in enumerate(drawn.boxes):
        _paint(axes, box, place in marked)
    for start, end, height in drawn.arrows:
        arrow = {"arrowstyle": "-|>", "color": WORDS, "shrinkA": 0, "shrinkB": 0, "lw": 0.8}
        axes.annotate("", (end, height), (start, height), arrowprops=arrow)
    return figure


def _paint(axes: Axes, box: Box, marked: bool) -> None:
    for face in box.faces:
        look = {"edgecolor": WRONG if marked or not box.known else EDGE}
        look |= {"linewidth": 1.6 if marked else 0.7, "joinstyle": "round"}
        look |= {"linestyle": "solid" if box.known else "dashed"}
        axes.add_patch(Polygon(face.points, facecolor=face.color, **look))
    if not box.known:
        middle = [sum(each) / len(each) for each in zip(*box.faces[-1].points, strict=True)]
        axes.text(*middle, "?", color=WRONG, ha="center", va="center", fontweight="bold")
    points = FONT * 72 / 100
    for place, label in enumerate(box.labels):
        axes.text(
            box.middle,
            box.below + place * LINE,
            label,
            size=points,
            ha="center",
            color="black" if place < 2 else WORDS,
            fontweight="bold" if place == 0 else "normal",
            parse_math=False,
        )


def _solids(layers: Sequence[Described]) -> list[_Solid]:
    shapes = [shape for _, _, shape, _ in layers]
    sides = [max(shape[:2]) for shape in shapes if shape and len(shape) == 3]
    lengths = [shape[0] for shape in shapes if shape and len(shape) == 1]
    scale, longest = HIGHEST / max(sides, default=1), max(lengths, default=1)
    return [_solid(shape, scale, longest) for shape in shapes]


def _solid(shape: tuple[int, ...] | None, scale: float, longest: int) -> _Solid:
    if shape is None:
        return _Solid(*UNKNOWN)
    if len(shape) == 3:
        height, width, channels = shape
        # Side by side, 512 maps would leave no room for the others: the width grows with the root.
        back = 0.3 * scale * width
        return _Solid(
            max(3 * math.sqrt(channels), 4), max(scale * height, LOWEST), back, 0.6 * back
        )
    share = math.log(1 + shape[0]) / math.log(1 + max(longest, 1))
    return _Solid(BAR, max(HIGHEST * share, LOWEST), 3, 2)


def _lines(slots: Sequence[float], width: float) -> list[list[int]]:
    """The places of the layers in each line."""
    lines, left = [], width
    for place, slot in enumerate(slots):
        if not lines or left + slot > width:
            lines.append([])
            left = 0
        lines[-1].append(place)
        left += slot
    return lines


def _box(
    layer: Described,
    solid: _Solid,
    start: Point,
    middle: float,
    below: float,
    labels: tuple[str, ...],
) -> Box:
    kind, name, shape, parameters = layer
    x, axis = start
    top = axis - (solid.height - solid.up) / 2
    color = COLORS.get(kind, COLORS["Input"])
    faces = tuple(_faces(x, top, solid, color if shape is not None else "#ffffff"))
    words = f"{name} makes {in_words(shape)}" if shape is not None else f"{name}: no shape"
    if parameters:
        words += f", {parameters:,} parameters"
    return Box(faces, shape is not None, middle, below, labels, words)


def _faces(x: float, y: float, solid: _Solid, color: str) -> Iterator[Face]:
    width, height, right, up = solid.width, solid.height, solid.right, solid.up
    if right:
        top = (x, y), (x + right, y - up), (x + width + right, y - up), (x + width, y)
        side = (
            (x + width, y),
            (x + width + right, y - up),
            (x + width + right, y - up + height),
            (x + width, y + height),
        )
        yield Face(top, _mixed(color, TOP))
        yield Face(side, _mixed(color, SIDE))
    front = (x, y), (x + width, y), (x + width, y + height), (x, y + height)
    yield Face(front, _mixed(color, FRONT))


def _mixed(color: str, share: float) -> str:
    """A color with some white in it, or black where the share is below 0."""
    other = 1.0 if share > 0 else 0.0
    return to_hex([part + abs(share) * (other - part) for part in to_rgb(color)])


def _labels(name: str, shape: tuple[int, ...] | None, parameters: int) -> tuple[str, ...]:
    made = "no shape" if shape is None else in_words(shape)
    return (name, made, f"{parameters:,}") if parameters else (name, made)
