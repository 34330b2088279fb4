"""Names written beside the dots of a figure, where they cover least."""

from collections.abc import Mapping

from mnistlab.plots.figure import Figure

import numpy as np
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.patheffects import withStroke

_NAME_SIZE = 9
_REACHES = (9, 16, 24, 34, 46, 60, 80, 110, 150, 200)
"""Pixels between a dot and its name; all but the nearest names get a thin line to their dot."""

_DIRECTIONS = ((1, 0), (-1, 0), (0, 1), (0, -1), (1, 1), (-1, 1), (1, -1), (-1, -1))
_LEADER = "#8c8c8c"


def write_names(figure: Figure, axes: Axes, points: Mapping[str, tuple[float, float]]) -> None:
    """Writes a name beside each dot, if it can be where it covers no other name.

    Every name tries places around its dot, near ones first, and takes the one
    that covers least; a second round lets it use what others have left. Boxes
    are left, bottom, right and top in pixels.

    Args:
        figure: the figure, with all else in its place.
        axes: where the dots are.
        points: name -> where its dot is, in the units of the axes.
    """
    # Only now is it known where the axes lie, and where on them the dots are.
    figure.draw_without_rendering()
    frame = np.array([axes.bbox.extents])
    marks = np.concatenate([_marks(line) for line in axes.lines])
    pixels = {name: axes.transData.transform(point) for name, point in points.items()}
    candidates = {name: _places(pixels[name], _text_size(axes, name)) for name in points}
    prices = {
        name: _common(boxes, marks) - 1e3 * _common(boxes, frame) + 3 * reaches
        for name, (boxes, reaches) in candidates.items()
    }
    chosen: dict[str, int] = {}
    for _ in range(2):
        for name, (boxes, _) in candidates.items():
            others = [candidates[each][0][chosen[each]] for each in chosen if each != name]
            hidden = _common(boxes, np.reshape(others, (-1, 4)))
            chosen[name] = int(np.argmin(prices[name] + 1e6 * hidden))
    for name, point in points.items():
        boxes, reaches = candidates[name]
        left, bottom, right, top = boxes[chosen[name]]
        center = np.array([left + right, bottom + top]) / 2
        leader = {"arrowstyle": "-", "color": _LEADER, "linewidth": 0.7, "shrinkA": 0, "shrinkB": 5}
        axes.annotate(
            name,
            point,
            (center - pixels[name]) * 72 / figure.dpi,
            textcoords="offset points",
            ha="center",
            va="center",
            fontsize=_NAME_SIZE,
            arrowprops=leader if reaches[chosen[name]] > _REACHES[0] else None,
            parse_math=False,
            path_effects=[withStroke(linewidth=2.5, foreground="white")],
            zorder=5,
            # What is placed on the axes must not move them again.
        ).set_in_layout(False)


def _text_size(axes: Axes, text: str) -> np.ndarray:
    sample = axes.text(0, 0, text, fontsize=_NAME_SIZE, parse_math=False)
    box = sample.get_window_extent()
    sample.remove()
    return np.array([box.width + 4, box.height + 2])


def _marks(line: Line2D) -> np.ndarray:
    """Returns boxes around the dots of a line, or around its upright and level pieces."""
    data = line.get_xydata()
    if line.get_drawstyle() == "steps-post":
        corners = np.column_stack([data[1:, 0], data[:-1, 1]])
        data = np.insert(data, range(1, len(data)), corners, axis=0)
    ends = line.get_transform().transform(data)
    if line.get_linestyle() == "None":
        around = line.get_markersize() / 2 + 2
        return np.hstack([ends - around, ends + around])
    low, high = np.minimum(ends[:-1], ends[1:]), np.maximum(ends[:-1], ends[1:])
    return np.hstack([low - 2, high + 2])


def _places(point: np.ndarray, size: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Returns boxes around a point, and the distance of each."""
    directions = np.tile(_DIRECTIONS, (len(_REACHES), 1))
    reaches = np.repeat(_REACHES, len(_DIRECTIONS))
    steps = reaches[:, None] / np.linalg.norm(directions, axis=1, keepdims=True)
    centers = point + directions * (size / 2 + steps)
    return np.hstack([centers - size / 2, centers + size / 2]), reaches


def _common(boxes: np.ndarray, others: np.ndarray) -> np.ndarray:
    """Returns the area that each box shares with others, summed over these."""
    low = np.maximum(boxes[:, None, :2], others[None, :, :2])
    high = np.minimum(boxes[:, None, 2:], others[None, :, 2:])
    return np.prod(np.clip(high - low, 0, None), axis=2).sum(axis=1)
