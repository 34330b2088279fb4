"""Figures of tuning: a setting varied, learning rates over the steps, a search and its settings."""

from collections.abc import Mapping, Sequence

from mnistlab.errors import DataError
from mnistlab.plots.figure import HELD_OUT, HIGHLIGHT, Figure

import matplotlib
import numpy as np
from matplotlib.colors import ListedColormap
from matplotlib.ticker import MaxNLocator

DEEPEST = 12
"""Percentage points below the best down to which a figure reaches: where the good trials differ."""

COLORS = (HELD_OUT, "#009e73", "#cc79a7", "#56b4e9")
BEST = "#444444"
# Without its palest part, so that the first trials can be seen on white.
ORDER = ListedColormap(matplotlib.colormaps["YlOrBr"](np.linspace(0.25, 1, 128)))


def sweep(tried: object, title: str = "") -> Figure:
    """Draws the held-out accuracy for each value of one setting.

    Args:
        tried: a `Tuning` of `mnistlab.evaluation.tuning.sweep`, or several of
            the same setting: label -> `Tuning`.
        title: title of the figure.

    Returns:
        The figure. A small dot is a fold, a large one the mean, its bar the
        standard deviation; a ring marks the default. What is more than 12
        points below the best, or diverged, stands at the bottom.

    Raises:
        DataError: no trial has a score, not exactly one setting was varied, or
            there are more tunings than colors.
    """
    several = tried if isinstance(tried, Mapping) else {"": tried}
    if len(several) > len(COLORS):
        raise DataError(f"tried: at most {len(COLORS)} fit into one figure; draw two of them.")
    name = _varied(several.values())
    lowest = _lowest([trial for each in several.values() for trial in each.trials])
    values = [trial.setting[name] for each in several.values() for trial in each.trials]
    axis = _Axis(values)
    figure = Figure(figsize=(7, 3.4))
    axes = figure.add_subplot()
    for (label, tuning), color in zip(several.items(), COLORS[: len(several)], strict=True):
        _draw_sweep(axes, axis, tuning, name, lowest, color, label)
    axes.margins(x=0.08)
    axis.label(axes, name)
    axes.set(ylabel="held-out accuracy (%)", title=title)
    _leave_room(axes)
    axes.legend(loc="center left", bbox_to_anchor=(1, 0.5))
    return figure


def _draw_sweep(axes, axis, tuning, name, lowest, color, label) -> None:
    trials = sorted(tuning.trials, key=lambda trial: axis.place(trial.setting[name]))
    within = [trial for trial in trials if not trial.failed and trial.mean >= lowest]
    places = [axis.place(trial.setting[name]) for trial in within]
    for place, trial in zip(places, within, strict=True):
        scores = [score for score in 100 * np.asarray(trial.scores) if score >= lowest]
        dots = axes.plot([place] * len(scores), scores, "o", color=color, markersize=3, alpha=0.6)
        dots[0].set_label(_once(axes, "a fold"))
    axes.errorbar(
        places,
        [trial.mean for trial in within],
        [trial.std for trial in within],
        fmt="o-" if axis.numeric else "o",
        color=color,
        markersize=7,
        capsize=3,
        linewidth=1.3,
        label=label or "mean and spread",
    )
    for trial in within:
        if trial.setting == tuning.default:
            _ring(axes, axis.place(trial.setting[name]), trial.mean)
    for trial in trials:
        if trial not in within:
            _at_the_bottom(axes, axis.place(trial.setting[name]), trial, color, numbered=True)


def _ring(axes, place: float, mean: float) -> None:
    axes.plot(
        place,
        mean,
        "o",
        markersize=13,
        markerfacecolor="none",
        markeredgecolor="black",
        linestyle="none",
        label=_once(axes, "the default"),
    )


def _at_the_bottom(axes, place: float, trial: object, color: str, numbered: bool = False) -> None:
    """Marks a trial that diverged or is far below the others, if wanted with its accuracy."""
    mark, color, label = (
        ("x", HIGHLIGHT, "diverged") if trial.failed else ("v", color, "far below the others")
    )
    below = axes.get_xaxis_transform()
    axes.plot(
        place,
        0.05,
        mark,
        color=color,
        markersize=8,
        markeredgewidth=2 if trial.failed else 0,
        linestyle="none",
        transform=below,
        clip_on=False,
        label=_once(axes, label),
    )
    if numbered and not trial.failed:
        axes.annotate(
            f"{trial.mean:.1f} %",
            (place, 0.05),
            (0, 7),
            xycoords=below,
            textcoords="offset points",
            ha="center",
            fontsize=8,
        )


def schedules(rates: Mapping[str, Sequence[float]], title: str = "") -> Figure:
    """Draws learning rates over the steps of a training.

    Args:
        rates: name of each schedule -> its rate in every step, as
            `mnistlab.models.schedules.rates` gives them.
        title: title of the figure.

    Returns:
        The figure.

    Raises:
        DataError: there is no schedule, or one without a step.
    """
    if not rates or not all(len(values) for values in rates.values()):
        raise DataError("rates holds nothing to draw; give the rates of at least one schedule.")
    figure = Figure(figsize=(7, 3))
    axes = figure.add_subplot()
    for (name, values), style in zip(rates.items(), _styles(len(rates)), strict=True):
        axes.plot(np.arange(1, len(values) + 1), values, style, label=name)
    axes.set(xlabel="step (batch)", ylabel="learning rate", title=title)
    axes.set_ylim(bottom=0)
    axes.legend(loc="center left", bbox_to_anchor=(1, 0.5))
    return figure


def _styles(count: int) -> list[str]:
    return [("-", "--", "-.", ":")[number % 4] for number in range(count)]


def search_history(tuning: object, title: str = "") -> Figure:
    """Draws the trials of a search in their order, and the best so far.

    Args:
        tuning: a `Tuning` of `mnistlab.evaluation.tuning.search`.
        title: title of the figure.

    Returns:
        The figure. A ring marks the default; what is more than 12 points below
        the best, or diverged, stands at the bottom.

    Raises:
        DataError: no trial has a score.
    """
    lowest = _lowest(tuning.trials)
    figure = Figure(figsize=(7, 3.2))
    axes = figure.add_subplot()
    _draw_trials(axes, tuning, range(1, len(tuning.trials) + 1), lowest)
    means = [-np.inf if trial.failed else trial.mean for trial in tuning.trials]
    best = np.maximum.accumulate(means)
    seen = best >= lowest
    axes.step(
        np.arange(1, len(best) + 1)[seen],
        best[seen],
        where="post",
        color=BEST,
        linewidth=1.3,
        label="best so far",
        zorder=1,
    )
    axes.set(xlabel="trial", ylabel="held-out accuracy (%)", title=title)
    axes.xaxis.get_major_locator().set_params(integer=True)
    axes.set_xlim(0.3, len(best) + 0.7)
    _leave_room(axes)
    axes.legend(loc="center left", bbox_to_anchor=(1, 0.5))
    return figure


def search_slices(tuning: object, settings: Sequence[str] | None = None, title: str = "") -> Figure:
    """Draws the trials of a search against each of its settings.

    Args:
        tuning: a `Tuning` of `mnistlab.evaluation.tuning.search`.
        settings: the names of the settings, a panel each; all when `None`.
        title: title of the whole figure.

    Returns:
        The figure; the darker a dot, the later the trial. A panel shows one
        setting while the others vary, too.

    Raises:
        DataError: no trial has a score, or there is no such setting.
    """
    names = list(tuning.default) if settings is None else list(settings)
    unknown = [name for name in names if name not in tuning.default]
    if unknown or not names:
        raise DataError(
            f"settings: expected one or more of {', '.join(tuning.default)}, found "
            f"{', '.join(map(repr, unknown)) or 'none'}."
        )
    lowest = _lowest(tuning.trials)
    columns = min(3, len(names))
    rows = -(-len(names) // columns)
    figure = Figure(figsize=(9, 0.5 + 2.5 * rows))
    panels = figure.subplots(rows, columns, sharey=True, squeeze=False)
    for axes, name in zip(panels.flat, names, strict=False):
        axis = _Axis([trial.setting[name] for trial in tuning.trials])
        places = [
            axis.place(trial.setting[name], number) for number, trial in enumerate(tuning.trials)
        ]
        dots = _draw_trials(axes, tuning, places, lowest, by_order=True)
        axes.margins(x=0.08)
        axis.label(axes, name, rotation=20)
    for axes in panels.flat[len(names) :]:
        axes.remove()
    for axes in panels[:, 0]:
        axes.set_ylabel("held-out accuracy (%)")
    _leave_room(panels[0, 0])
    whole = MaxNLocator(integer=True)
    figure.colorbar(dots, ax=list(figure.axes), label="trial", shrink=0.8, ticks=whole)
    handles, labels = panels[0, 0].get_legend_handles_labels()
    figure.legend(handles[1:], labels[1:], loc="outside lower center", ncols=3)
    if title:
        figure.suptitle(title, fontsize=11, fontweight="bold")
    return figure


def _draw_trials(axes, tuning, places, lowest, by_order=False):
    """Draws a dot for each trial; returns the dots."""
    drawn = [
        (place, trial, number)
        for number, (place, trial) in enumerate(zip(places, tuning.trials, strict=True), start=1)
    ]
    within = [each for each in drawn if not each[1].failed and each[1].mean >= lowest]
    dots = axes.scatter(
        [place for place, _, _ in within],
        [trial.mean for _, trial, _ in within],
        c=[number for _, _, number in within] if by_order else HELD_OUT,
        cmap=ORDER if by_order else None,
        vmin=1 if by_order else None,
        vmax=len(drawn) if by_order else None,
        s=26,
        label="a trial",
    )
    for each in drawn:
        place, trial, _ = each
        if each not in within:
            _at_the_bottom(axes, place, trial, HELD_OUT)
        elif trial.setting == tuning.default:
            _ring(axes, place, trial.mean)
    return dots


class _Axis:
    """Where the values of a setting stand: numbers by size, anything else side by side."""

    def __init__(self, values: Sequence[object]):
        self.numeric = all(
            isinstance(value, int | float) and not isinstance(value, bool) for value in values
        )
        # Not by a dictionary: a setting can be a list, such as the filters of each layer.
        distinct = [value for at, value in enumerate(values) if value not in values[:at]]
        self._values = sorted(distinct) if self.numeric else distinct
        self._log = self.numeric and min(values) > 0 and max(values) / min(values) >= 8

    def place(self, value: object, number: int = 0) -> float:
        """Returns the place of a value; those that have no size stand a little apart by number."""
        if self.numeric:
            return value
        return self._values.index(value) + 0.3 * (number * 0.618 % 1 - 0.5) * bool(number)

    def label(self, axes, name: str, rotation: float = 0) -> None:
        """Gives the axis its name, scale and ticks."""
        axes.set_xlabel(name.replace("_", " "))
        if self._log:
            axes.set_xscale("log")
        if not self.numeric or len(self._values) <= 8:
            texts = [f"{value:.3g}" if self.numeric else str(value) for value in self._values]
            places = [self.place(value) for value in self._values]
            axes.set_xticks(places, texts, rotation=0 if self.numeric else rotation)
            axes.set_xticks([], minor=True)
        if not self.numeric:
            axes.set_xlim(-0.5, len(self._values) - 0.5)


def _varied(tunings: Sequence[object]) -> str:
    names = {name for tuning in tunings for name in tuning.varied}
    if len(names) != 1:
        raise DataError(
            f"A sweep varies one setting; these trials vary {', '.join(sorted(names)) or 'none'}. "
            "Draw a search with search_slices."
        )
    return names.pop()


def _lowest(trials: Sequence[object]) -> float:
    """Returns the accuracy, in percent, at which the figure ends below."""
    means = [trial.mean for trial in trials if not trial.failed]
    if not means:
        raise DataError("No trial has a score to draw; all of them failed.")
    return max(means) - DEEPEST


def _leave_room(axes) -> None:
    """Leaves room above for the rings, and below for the marks there."""
    low, high = axes.get_ylim()
    axes.set_ylim(low - 0.2 * (high - low), high + 0.05 * (high - low))


def _once(axes, label: str) -> str | None:
    """Returns a label for the legend, unless it is there already."""
    return None if label in axes.get_legend_handles_labels()[1] else label
