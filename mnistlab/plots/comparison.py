"""Figures that set networks side by side: accuracy against cost, and every pair's verdict."""

import math
from collections.abc import Mapping, Sequence

from mnistlab.errors import DataError
from mnistlab.plots.figure import HELD_OUT, TRAINING, Figure
from mnistlab.plots.placement import write_names

import numpy as np
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.patches import Patch, Rectangle
from matplotlib.ticker import FixedLocator, FuncFormatter, NullLocator

BEATEN = "#8c8c8c"
BETTER = TRAINING
WORSE = "#f6cfa8"
NO_DIFFERENCE = "#ffffff"

# Filled dark, filled light and left white, each with a mark: so it reads in gray, too.
_LOOKS = {
    "better": (BETTER, "white", "▲", "row better than column"),
    "worse": (WORSE, "black", "▼", "row worse than column"),
    "no difference shown": (NO_DIFFERENCE, "#555555", "", "no difference shown"),
}

_HAIR = 0.013
"""The least distance of two dots, as a share of the axis."""


def accuracy_against(
    scores: Mapping[str, object],
    x: Mapping[str, float],
    xlabel: str,
    log: bool = True,
    title: str = "",
) -> Figure:
    """Draws the accuracy of each network over what it costs.

    Args:
        scores: name of the network -> accuracy of each fold, from 0 to 1, or a
            result with `scores`.
        x: name -> its cost: parameters, multiply-adds, seconds. Less is better.
        xlabel: what `x` is, with its unit.
        log: whether the cost is drawn in equal steps for equal factors.
        title: title of the figure.

    Returns:
        The figure, in percent: a large dot for the mean, a bar of one standard
        deviation to either side, a small dot for each fold. The line runs
        through the networks that no other beats in both accuracy and cost.
        Networks of the same cost stand side by side, a hair apart.

    Raises:
        DataError: there is no network, one without a score, one whose cost is
            missing or cannot be drawn.
    """
    folds = {name: _percent(name, values) for name, values in scores.items()}
    costs = _checked_costs(folds, x, log)
    means = {name: float(values.mean()) for name, values in folds.items()}
    unbeaten = _unbeaten(costs, means)

    figure = Figure(figsize=(8.6, 4.9))
    axes = figure.add_subplot()
    _scale(axes, list(costs.values()), log)
    places = _side_by_side(axes, costs)
    for name, values in folds.items():
        _draw_network(axes, places[name], values, name in unbeaten)
    _limit_heights(axes, np.concatenate(list(folds.values())))
    _draw_frontier(axes, [(places[name], means[name]) for name in unbeaten])
    axes.set(xlabel=xlabel, ylabel="held-out accuracy (%)", title=title)
    figure.legend(handles=_samples(), loc="outside lower center", ncols=3, fontsize=8.5)
    write_names(figure, axes, {name: (places[name], means[name]) for name in folds})
    return figure


def verdict_matrix(
    names: Sequence[str],
    comparisons: Mapping[tuple[str, str], object],
    verdicts: Mapping[tuple[str, str], str] | None = None,
    title: str = "",
) -> Figure:
    """Draws what every comparison of two networks has shown, as a table.

    Args:
        names: the networks, in the order of the rows and columns.
        comparisons: (first, second) -> their comparison, as `compare` or
            `mcnemar` of `mnistlab.evaluation` returns it. Each pair once, in
            either order; a pair that is missing stays empty.
        verdicts: (first, second) -> a verdict that is shown in place of the
            comparison's own, for instance after Holm's correction.
        title: title of the figure.

    Returns:
        The figure. A cell is the accuracy of its row's network minus that of
        its column's, in percentage points.

    Raises:
        DataError: there are not two networks, or a pair or a verdict is not
            known.
    """
    if len(names) < 2 or len(set(names)) < len(names):
        raise DataError("names: expected two networks or more, each once, to compare in pairs.")
    verdicts = verdicts or {}
    _check_pairs("comparisons", comparisons, names)
    _check_pairs("verdicts", verdicts, names)
    rows = len(names)
    figure = Figure(figsize=(min(9, max(6.6, 1.7 + 0.9 * rows)), 1.5 + 0.36 * rows))
    axes = figure.add_subplot()
    for row, column in np.ndindex(rows, rows):
        if row == column:
            axes.add_patch(_cell(row, column, "#e3e3e3"))
        else:
            found = _seen_from(names[row], names[column], comparisons, verdicts)
            if found:
                _draw_verdict(axes, row, column, *found)
    axes.set(xlim=(-0.5, rows - 0.5), ylim=(rows - 0.5, -0.5))
    axes.set_xticks(range(rows), names, rotation=25, ha="left", rotation_mode="anchor")
    axes.set_yticks(range(rows), names)
    axes.tick_params(length=0, labelsize=9, top=False, labeltop=True, labelbottom=False)
    axes.grid(False)
    axes.spines[:].set_visible(False)
    figure.legend(
        handles=[
            Patch(facecolor=fill, edgecolor="#b0b0b0", label=f"{mark} {words}".strip())
            for fill, _, mark, words in _LOOKS.values()
        ],
        loc="outside lower center",
        ncols=3,
        fontsize=9,
    )
    if title:
        figure.suptitle(title, fontsize=11, fontweight="bold")
    return figure


def _percent(name: str, values: object) -> np.ndarray:
    found = np.asarray(getattr(values, "scores", values), dtype="float64").ravel()
    if not len(found) or not ((found >= 0) & (found <= 1)).all():
        raise DataError(
            f"scores: those of {name!r} are not accuracies from 0 to 1, one for each fold and one "
            "at least. Give the scores of a finished run."
        )
    return 100 * found


def _checked_costs(
    folds: Mapping[str, object], x: Mapping[str, float], log: bool
) -> dict[str, float]:
    if not folds:
        raise DataError("scores holds nothing to draw; give the scores of one network at least.")
    missing = [name for name in folds if name not in x]
    if missing:
        raise DataError(f"x: there is none for {', '.join(map(repr, missing))}; give each its own.")
    for name in folds:
        if not math.isfinite(x[name]) or (log and x[name] <= 0):
            reason = "; a logarithmic axis begins above 0: give log=False" if log else ""
            raise DataError(f"x: that of {name!r} is {x[name]} and cannot be drawn{reason}.")
    return {name: float(x[name]) for name in folds}


def _unbeaten(costs: Mapping[str, float], means: Mapping[str, float]) -> list[str]:
    """Returns the networks that no other beats in both, the cheapest first."""
    return sorted(
        (
            name
            for name in costs
            if not any(
                costs[other] <= costs[name]
                and means[other] >= means[name]
                and (costs[other], means[other]) != (costs[name], means[name])
                for other in costs
            )
        ),
        key=costs.get,
    )


def _scale(axes: Axes, costs: Sequence[float], log: bool) -> None:
    if log:
        ticks = _round_numbers(min(costs) / 1.12, max(costs) * 1.12)
        axes.set_xscale("log")
        axes.xaxis.set_major_locator(FixedLocator(ticks))
        axes.xaxis.set_minor_locator(NullLocator())
        axes.set_xlim(ticks[0], ticks[-1])
    else:
        room = 0.08 * ((max(costs) - min(costs)) or abs(max(costs)) or 1)
        axes.set_xlim(min(costs) - room, max(costs) + room)
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: short(value)))


def _round_numbers(lowest: float, highest: float) -> list[float]:
    """Returns 1, 2, 5, 10, 20, 50, ... around a range.

    Example:
        >>> _round_numbers(60, 900)
        [50.0, 100.0, 200.0, 500.0, 1000.0]
    """
    powers = range(math.floor(math.log10(lowest)), math.ceil(math.log10(highest)) + 1)
    numbers = [float(f"{digit}e{power}") for power in powers for digit in (1, 2, 5)]
    first = max(number for number in numbers if number <= lowest)
    last = min(number for number in numbers if number >= highest)
    return [number for number in numbers if first <= number <= last]


def short(value: float) -> str:
    """Returns a number as an axis names it.

    Example:
        >>> [short(value) for value in (0.5, 20, 50_000, 1_200_000, 3e9)]
        ['0.5', '20', '50 k', '1.2 M', '3 G']
    """
    for size, unit in ((1e9, " G"), (1e6, " M"), (1e3, " k")):
        if abs(value) >= size:
            return f"{value / size:g}{unit}"
    return f"{value:g}"


def _side_by_side(axes: Axes, costs: Mapping[str, float]) -> dict[str, float]:
    """Returns where each network is drawn: those whose dots would hide each other, a hair apart."""
    across = axes.transScale + axes.transLimits
    shares = {name: across.transform((cost, 0))[0] for name, cost in costs.items()}
    groups: list[list[str]] = []
    for name in sorted(shares, key=shares.get):
        if groups and shares[name] - shares[groups[-1][-1]] < _HAIR:
            groups[-1].append(name)
        else:
            groups.append([name])
    places = {}
    for group in groups:
        middle = np.mean([shares[name] for name in group])
        for number, name in enumerate(group):
            share = middle + _HAIR * (number - (len(group) - 1) / 2)
            places[name] = across.inverted().transform((share, 0))[0]
    return {name: float(place) for name, place in places.items()}


def _draw_network(axes: Axes, x: float, folds: np.ndarray, unbeaten: bool) -> None:
    color = HELD_OUT if unbeaten else BEATEN
    mean, spread = folds.mean(), folds.std()
    axes.plot([x, x], [mean - spread, mean + spread], color=color, linewidth=1.6, zorder=2)
    axes.plot(
        np.full(len(folds), x),
        folds,
        "o",
        color=color,
        markersize=4.5,
        markeredgecolor="white",
        markeredgewidth=0.6,
        zorder=3,
    )
    axes.plot(
        x,
        mean,
        "o",
        color=color,
        markersize=8.5,
        markerfacecolor=color if unbeaten else "white",
        markeredgewidth=1.8,
        zorder=4,
    )


def _limit_heights(axes: Axes, heights: Sequence[float]) -> None:
    room = 0.1 * ((max(heights) - min(heights)) or 1)
    # No accuracy is above 100 %; a little room shows the dots.
    axes.set_ylim(min(heights) - room, min(max(heights) + room, 100 + 0.4 * room))
    axes.ticklabel_format(axis="y", style="plain", useOffset=False)


def _draw_frontier(axes: Axes, points: Sequence[tuple[float, float]]) -> None:
    xs, heights = zip(*points, strict=True)
    # A budget between two networks buys the cheaper one, so the line is one of steps.
    axes.step(
        [*xs, axes.get_xlim()[1]],
        [*heights, heights[-1]],
        where="post",
        color=HELD_OUT,
        linewidth=1.2,
        alpha=0.55,
        zorder=1,
    )


def _samples() -> list[Line2D]:
    """Returns what the legend shows: each mark that is drawn, and its meaning."""
    return [
        _sample("o", 8, HELD_OUT, HELD_OUT, "mean ± std: no other is better for less"),
        _sample("o", 8, BEATEN, "white", "mean ± std: another is better for less"),
        _sample("o", 3.5, HELD_OUT, HELD_OUT, "a fold"),
    ]


def _sample(marker: str, size: float, edge: str, face: str, label: str) -> Line2D:
    return Line2D(
        [],
        [],
        linestyle="none",
        marker=marker,
        markersize=size,
        markeredgecolor=edge,
        markerfacecolor=face,
        markeredgewidth=1.4,
        label=label,
    )


def _check_pairs(
    argument: str, given: Mapping[tuple[str, str], object], names: Sequence[str]
) -> None:
    for first, second in given:
        if first not in names or second not in names or first == second:
            raise DataError(
                f"{argument}: {(first, second)} is no pair of these networks: {', '.join(names)}."
            )
        if (second, first) in given:
            raise DataError(
                f"{argument}: {first!r} and {second!r} are compared in both orders; give one."
            )
    for pair, verdict in given.items():
        words = verdict if isinstance(verdict, str) else verdict.verdict
        if words not in _LOOKS:
            raise DataError(
                f"{argument}: the verdict on {pair} is {words!r}; expected {', '.join(_LOOKS)}."
            )


_TURNED = {"better": "worse", "worse": "better", "no difference shown": "no difference shown"}


def _seen_from(
    row: str,
    column: str,
    comparisons: Mapping[tuple[str, str], object],
    verdicts: Mapping[tuple[str, str], str],
) -> tuple[float, str] | None:
    """Returns the row's accuracy minus the column's, and the verdict on the row."""
    for pair, sign in (((column, row), 1), ((row, column), -1)):
        if pair in comparisons:
            verdict = verdicts.get(pair, comparisons[pair].verdict)
            if pair[::-1] in verdicts:
                verdict = _TURNED[verdicts[pair[::-1]]]
            # A comparison judges the second of its pair against the first.
            return (
                sign * comparisons[pair].mean_difference,
                verdict if sign > 0 else _TURNED[verdict],
            )
    return None


def _draw_verdict(axes: Axes, row: int, column: int, difference: float, verdict: str) -> None:
    fill, ink, mark, _ = _LOOKS[verdict]
    axes.add_patch(_cell(row, column, fill))
    axes.text(
        column,
        row,
        f"{mark} {difference:+z.2f}".replace("-", "−").strip(),
        ha="center",
        va="center",
        color=ink,
        fontsize=9,
        fontweight="normal" if verdict == "no difference shown" else "bold",
    )


def _cell(row: int, column: int, fill: str) -> Rectangle:
    return Rectangle((column - 0.5, row - 0.5), 1, 1, facecolor=fill, edgecolor="#c8c8c8")
