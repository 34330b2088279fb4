"""The figures of tuning: what is where, what is marked, and what cannot be drawn."""

from dataclasses import replace

from mnistlab import plots
from mnistlab.errors import DataError
from mnistlab.evaluation.trials import Trial, Tuning

import matplotlib.colors
import numpy as np
import pytest

DEFAULT = {"rate": 0.01, "schedule": "constant", "batch": 32}


def trial(rate, scores, **changes):
    failure = "" if scores else "The training has diverged."
    return Trial(DEFAULT | {"rate": rate} | changes, scores, failure)


TRIED = Tuning(
    "rate",
    DEFAULT,
    [
        trial(0.1, []),
        trial(0.01, [0.97, 0.99]),
        trial(0.03, [0.99, 0.99]),
        trial(0.0001, [0.5, 0.4]),
    ],
    {"folds": 2},
)
SEARCHED = replace(
    TRIED,
    trials=[*TRIED.trials, trial(0.02, [0.96, 0.96], schedule="step", batch=64)],
)


def by_label(axes):
    return dict(zip(*reversed(axes.get_legend_handles_labels()), strict=True))


def marks(axes, marker):
    """Where the marks of one kind stand: x, and y as it was given."""
    return [
        (line.get_xdata()[0], line.get_ydata()[0])
        for line in axes.lines
        if line.get_marker() == marker and len(line.get_xdata())
    ]


class TestSweep:
    def test_means_are_joined_in_the_order_of_the_values(self):
        axes = plots.sweep(TRIED).axes[0]
        line = by_label(axes)["mean and spread"].lines[0]
        np.testing.assert_allclose(line.get_xydata(), [(0.01, 98), (0.03, 99)])
        assert axes.get_xscale() == "log"
        assert axes.get_xlabel() == "rate" and axes.get_ylabel() == "held-out accuracy (%)"

    def test_every_fold_is_a_dot_and_the_bar_is_the_standard_deviation(self):
        axes = plots.sweep(TRIED).axes[0]
        dots = [line for line in axes.lines if line.get_markersize() == 3]
        np.testing.assert_allclose([line.get_ydata() for line in dots], [(97, 99), (99, 99)])
        bar = by_label(axes)["mean and spread"].lines[2][0].get_segments()[0]
        np.testing.assert_allclose(bar[:, 1], (97, 99))

    def test_the_default_has_a_ring(self):
        axes = plots.sweep(TRIED).axes[0]
        assert by_label(axes)["the default"].get_xydata().tolist() == [[0.01, 98.0]]

    def test_what_diverged_and_what_is_far_below_stand_at_the_bottom(self):
        axes = plots.sweep(TRIED).axes[0]
        assert marks(axes, "x") == [(0.1, 0.05)] and marks(axes, "v") == [(0.0001, 0.05)]
        assert {"diverged", "far below the others"} <= set(by_label(axes))
        assert [text.get_text() for text in axes.texts] == ["45.0 %"]
        assert axes.get_ylim()[0] > 90

    def test_the_ticks_are_the_values(self):
        axes = plots.sweep(TRIED).axes[0]
        labels = [label.get_text() for label in axes.get_xticklabels()]
        assert labels == ["0.0001", "0.01", "0.03", "0.1"]

    def test_texts_stand_side_by_side_and_are_not_joined(self):
        trials = [trial(0.01, [0.9, 0.9], schedule=name) for name in ("step", "constant")]
        axes = plots.sweep(replace(TRIED, trials=trials)).axes[0]
        line = by_label(axes)["mean and spread"].lines[0]
        assert line.get_linestyle() == "None" and line.get_xdata().tolist() == [0, 1]
        assert [label.get_text() for label in axes.get_xticklabels()] == ["step", "constant"]

    def test_several_have_names_and_colors_of_their_own(self):
        axes = plots.sweep({"32": TRIED, "256": TRIED}).axes[0]
        lines = [by_label(axes)[name].lines[0] for name in ("32", "256")]
        colors = {matplotlib.colors.to_hex(line.get_color()) for line in lines}
        assert len(colors) == 2 and plots.HELD_OUT in colors

    def test_more_than_there_are_colors(self):
        with pytest.raises(DataError, match="at most 4 fit into one figure; draw two of them"):
            plots.sweep({str(number): TRIED for number in range(5)})

    def test_a_setting_can_be_a_list(self):
        trials = [trial(0.01, [0.9, 0.9], filters=filters) for filters in ([32], [32, 64], [32])]
        found = replace(TRIED, default=DEFAULT | {"filters": [32]}, trials=trials)
        labels = plots.sweep(found).axes[0].get_xticklabels()
        assert [label.get_text() for label in labels] == ["[32]", "[32, 64]"]

    def test_where_all_is_well_nothing_is_marked(self):
        axes = plots.sweep(replace(TRIED, trials=TRIED.trials[1:3])).axes[0]
        assert marks(axes, "x") == marks(axes, "v") == []

    @pytest.mark.parametrize("number", [0, 2])
    def test_not_exactly_one_setting(self, number):
        trials = SEARCHED.trials[2:3] if number == 0 else SEARCHED.trials
        named = "none" if number == 0 else "batch, rate, schedule"
        with pytest.raises(DataError, match=f"these trials vary {named}"):
            plots.sweep(replace(TRIED, trials=trials))

    @pytest.mark.parametrize("draw", [plots.sweep, plots.search_history, plots.search_slices])
    def test_nothing_to_draw(self, draw):
        failed = [trial(0.1, []), trial(0.2, [])]
        with pytest.raises(DataError, match="all of them failed"):
            draw(replace(TRIED, trials=failed))


class TestSchedules:
    def test_a_line_for_each_over_the_steps(self):
        axes = plots.schedules({"constant": [0.1, 0.1], "step": [0.1, 0.01]}).axes[0]
        assert [line.get_label() for line in axes.lines] == ["constant", "step"]
        np.testing.assert_allclose(axes.lines[1].get_xydata(), [(1, 0.1), (2, 0.01)])
        assert axes.get_ylim()[0] == 0

    @pytest.mark.parametrize("rates", [{}, {"constant": []}])
    def test_nothing_to_draw(self, rates):
        with pytest.raises(DataError, match="holds nothing to draw"):
            plots.schedules(rates)


class TestSearch:
    def test_the_best_so_far_only_rises(self):
        axes = plots.search_history(SEARCHED).axes[0]
        line = by_label(axes)["best so far"]
        assert line.get_xydata().tolist() == [[2, 98], [3, 99], [4, 99], [5, 99]]

    def test_the_trials_stand_in_their_order(self):
        axes = plots.search_history(SEARCHED).axes[0]
        dots = by_label(axes)["a trial"].get_offsets()
        np.testing.assert_allclose(dots, [(2, 98), (3, 99), (5, 96)])
        assert marks(axes, "x") == [(1, 0.05)] and marks(axes, "v") == [(4, 0.05)]
        assert by_label(axes)["the default"].get_xydata().tolist() == [[2, 98.0]]

    def test_a_panel_for_each_setting(self):
        figure = plots.search_slices(SEARCHED)
        assert [axes.get_xlabel() for axes in figure.axes[:3]] == ["rate", "schedule", "batch"]
        assert len(figure.axes) == 4
        some = plots.search_slices(SEARCHED, ["batch", "rate"])
        assert [axes.get_xlabel() for axes in some.axes[:2]] == ["batch", "rate"]
        assert len(some.axes) == 3

    @pytest.mark.parametrize(("settings", "found"), [([], "none"), (["depth"], "'depth'")])
    def test_no_such_setting(self, settings, found):
        with pytest.raises(DataError, match=f"one or more of rate, .*found {found}"):
            plots.search_slices(SEARCHED, settings)

    def test_the_panels_are_as_many_whatever_was_tried(self):
        few = replace(SEARCHED, trials=SEARCHED.trials[1:2])
        assert len(plots.search_slices(few).axes) == len(plots.search_slices(SEARCHED).axes)

    def test_later_trials_are_darker(self):
        dots = plots.search_slices(SEARCHED).axes[0].collections[0]
        assert dots.get_array().tolist() == [2, 3, 5]
        assert dots.get_clim() == (1, 5)
        brightness = [sum(dots.cmap(share)[:3]) for share in (0.0, 0.5, 1.0)]
        assert brightness == sorted(brightness, reverse=True) and brightness[0] < 2.8

    def test_all_panels_share_one_scale_that_fits_the_marks(self):
        figure = plots.search_slices(SEARCHED)
        limits = {axes.get_ylim() for axes in figure.axes[:3]}
        assert len(limits) == 1
        ((low, high),) = limits
        assert low < 96 and 99 < high < 101

    def test_its_legend_names_the_marks(self):
        (legend,) = plots.search_slices(SEARCHED).legends
        labels = [text.get_text() for text in legend.get_texts()]
        assert labels == ["diverged", "the default", "far below the others"]
