"""Accuracy against cost, and every pair's verdict: what is drawn where, and that it can be read."""

import itertools

from mnistlab import plots
from mnistlab.errors import DataError
from mnistlab.evaluation.mcnemar import mcnemar
from mnistlab.evaluation.results import Comparison, Result
from mnistlab.plots.comparison import short

import matplotlib.colors
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from matplotlib.text import Text

PARAMETERS = {
    "baseline": 542_230,
    "batchnorm": 542_758,
    "deeper": 159_254,
    "dropout": 3_230_954,
    "keras_convnet": 1_199_882,
    "two_epoch": 591_786,
    "three_conv": 93_322,
    "lenet5": 61_706,
}
MEANS = dict(
    zip(PARAMETERS, [0.9862, 0.9866, 0.9908, 0.9825, 0.9902, 0.9835, 0.9897, 0.9874], strict=True)
)
SPREAD = np.array([-0.0011, -0.0004, 0.0, 0.0005, 0.001])
SCORES = {name: mean + SPREAD for name, mean in MEANS.items()}
UNBEATEN = ["lenet5", "three_conv", "deeper"]


def draw(scores=SCORES, x=PARAMETERS, xlabel="parameters", **choices):
    figure = plots.accuracy_against(scores, x, xlabel, **choices)
    figure.draw_without_rendering()
    return figure


def dots(axes):
    """The large dots: accuracy in percent -> whether it is filled."""
    found = [line for line in axes.lines if line.get_markersize() > 8 and len(line.get_xdata())]
    return {
        round(float(line.get_ydata()[0]), 6): line.get_markerfacecolor() != "white"
        for line in found
        if line.get_marker() == "o"
    }


def names_overlap(axes):
    # Without the thin lines, which belong to an annotation's own extent.
    boxes = [Text.get_window_extent(text) for text in axes.texts]
    return any(
        one.x0 < other.x1 and other.x0 < one.x1 and one.y0 < other.y1 and other.y0 < one.y1
        for one, other in itertools.combinations(boxes, 2)
    )


class TestAccuracyAgainst:
    def test_mean_spread_and_every_fold_are_drawn_in_percent(self):
        [axes] = draw({"one": [0.9, 0.8, 0.7]}, {"one": 1_000}).axes
        upright, folds, mean, _ = axes.lines
        np.testing.assert_allclose(folds.get_ydata(), [90, 80, 70])
        np.testing.assert_allclose(mean.get_ydata(), [80])
        spread = 100 * np.std([0.9, 0.8, 0.7])
        np.testing.assert_allclose(upright.get_ydata(), [80 - spread, 80 + spread])
        for line in (upright, folds, mean):
            np.testing.assert_allclose(line.get_xdata(), 1_000)

    def test_a_result_can_be_given_as_it_is(self):
        protocol = {"folds": 2}
        result = Result("one", [0.9, 0.8], [{}, {}], protocol)
        [axes] = draw({"one": result}, {"one": 5}).axes
        np.testing.assert_allclose(axes.lines[1].get_ydata(), [90, 80])

    def test_every_network_has_its_name(self):
        [axes] = draw(title="Accuracy against parameters").axes
        assert {text.get_text() for text in axes.texts} == set(PARAMETERS)
        assert axes.get_xlabel() == "parameters"
        assert axes.get_ylabel() == "held-out accuracy (%)"
        assert axes.get_title() == "Accuracy against parameters"

    def test_only_those_that_no_other_beats_are_filled(self):
        [axes] = draw().axes
        filled = {
            name for name, mean in MEANS.items() if dots(axes)[round(100 * SCORES[name].mean(), 6)]
        }
        assert filled == set(UNBEATEN)

    def test_the_line_steps_through_them(self):
        [axes] = draw().axes
        [line] = [line for line in axes.lines if line.get_drawstyle() == "steps-post"]
        expected = [100 * SCORES[name].mean() for name in UNBEATEN]
        np.testing.assert_allclose(line.get_ydata(), [*expected, expected[-1]])
        np.testing.assert_allclose(line.get_xdata()[:-1], [PARAMETERS[each] for each in UNBEATEN])
        assert line.get_xdata()[-1] == axes.get_xlim()[1]

    def test_of_two_that_are_equal_in_both_neither_is_beaten(self):
        scores = {"a": [0.9], "b": [0.9], "c": [0.8]}
        [axes] = draw(scores, {"a": 10, "b": 10, "c": 20}).axes
        [line] = [line for line in axes.lines if line.get_drawstyle() == "steps-post"]
        assert line.get_ydata().tolist() == [90, 90, 90]

    def test_the_legend_names_the_dots(self):
        words = [text.get_text() for text in draw().legends[0].texts]
        assert len(words) == 3
        assert "a fold" in words

    def test_networks_of_the_same_cost_stand_side_by_side(self):
        [axes] = draw({"a": [0.9], "b": [0.91], "c": [0.92]}, dict.fromkeys("abc", 1_000)).axes
        across = [
            axes.transData.transform((line.get_xdata()[0], 0))[0]
            for line in axes.lines
            if line.get_markersize() > 8
        ]
        assert np.diff(across[:3]).min() > 5
        assert np.mean(across[:3]) == pytest.approx(
            axes.transData.transform((1_000, 0))[0], abs=0.5
        )

    def test_ticks_can_be_read(self):
        [axes] = draw().axes
        labels = [label.get_text() for label in axes.get_xticklabels()]
        assert labels == ["50 k", "100 k", "200 k", "500 k", "1 M", "2 M", "5 M"]
        [axes] = draw({"a": [0.9], "b": [0.9]}, {"a": 21, "b": 23}, "seconds").axes
        assert [label.get_text() for label in axes.get_xticklabels()] == ["10", "20", "50"]
        [axes] = draw(log=False).axes
        assert axes.get_xscale() == "linear"

    def test_all_dots_lie_inside(self):
        for log in (True, False):
            [axes] = draw(log=log).axes
            for line in axes.lines:
                for point in line.get_xydata():
                    assert axes.bbox.padded(1).contains(*axes.transData.transform(point))

    def test_names_neither_cover_each_other_nor_leave_the_axes(self):
        for log in (True, False):
            [axes] = draw(log=log).axes
            assert not names_overlap(axes)
            for text in axes.texts:
                box = Text.get_window_extent(text)
                assert axes.bbox.x0 <= box.x0 and box.x1 <= axes.bbox.x1
                assert axes.bbox.y0 <= box.y0 and box.y1 <= axes.bbox.y1

    @settings(max_examples=8)
    @given(
        st.lists(
            st.tuples(st.floats(0.97, 0.999), st.floats(4, 7)), min_size=8, max_size=8, unique=True
        )
    )
    def test_names_cover_no_other_name_wherever_the_dots_are(self, points):
        scores = {f"network_{place}": [mean] for place, (mean, _) in enumerate(points)}
        x = {f"network_{place}": 10**power for place, (_, power) in enumerate(points)}
        [axes] = draw(scores, x).axes
        assert not names_overlap(axes)

    def test_eight_networks_that_are_all_alike(self):
        [axes] = draw({name: [0.99] for name in PARAMETERS}, dict.fromkeys(PARAMETERS, 1)).axes
        assert not names_overlap(axes)

    def test_a_perfect_network(self):
        [axes] = draw({"one": [1.0, 1.0]}, {"one": 10}).axes
        assert axes.get_ylim()[1] > 100

    @pytest.mark.parametrize(
        ("scores", "x", "choices", "words"),
        [
            ({}, {}, {}, "^scores holds nothing"),
            ({"a": []}, {"a": 1}, {}, "^scores: those of 'a'"),
            ({"a": [98.6]}, {"a": 1}, {}, "^scores: those of 'a'.*0 to 1"),
            ({"a": [float("nan")]}, {"a": 1}, {}, "^scores: those of 'a'"),
            ({"a": [0.9], "b": [0.9]}, {"a": 1}, {}, "^x: there is none for 'b'"),
            ({"a": [0.9]}, {"a": 0}, {}, "^x: that of 'a' is 0.*log=False"),
            ({"a": [0.9]}, {"a": float("inf")}, {"log": False}, "^x: that of 'a' is inf"),
        ],
    )
    def test_what_cannot_be_drawn_is_refused(self, scores, x, choices, words):
        with pytest.raises(DataError, match=words):
            plots.accuracy_against(scores, x, "parameters", **choices)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.05, "0.05"),
        (1, "1"),
        (999, "999"),
        (1_000, "1 k"),
        (50_000, "50 k"),
        (1_500_000, "1.5 M"),
        (2e9, "2 G"),
        (0, "0"),
    ],
)
def test_short_numbers(value, text):
    assert short(value) == text


NAMES = ["baseline", "deeper", "lenet5"]
PAIRS = {
    ("baseline", "deeper"): Comparison(0.455, 0.2, 0.7, 0.95, 5),
    ("lenet5", "baseline"): Comparison(-0.1, -0.4, 0.2, 0.95, 5),
    ("deeper", "lenet5"): Comparison(-0.35, -0.5, -0.2, 0.95, 5),
}


def cells(figure):
    """(row, column) -> the text and the color of the cell."""
    [axes] = figure.axes
    colors = {
        (round(patch.get_y() + 0.5), round(patch.get_x() + 0.5)): matplotlib.colors.to_hex(
            patch.get_facecolor()
        )
        for patch in axes.patches
    }
    words = {
        (round(text.get_position()[1]), round(text.get_position()[0])): text.get_text()
        for text in axes.texts
    }
    return {place: (words.get(place, ""), color) for place, color in colors.items()}


class TestVerdictMatrix:
    def test_a_cell_is_its_row_minus_its_column(self):
        found = {
            place: text for place, (text, _) in cells(plots.verdict_matrix(NAMES, PAIRS)).items()
        }
        assert found == {
            (0, 0): "",
            (1, 1): "",
            (2, 2): "",
            (1, 0): "▲ +0.46",
            (0, 1): "▼ −0.46",
            (0, 2): "−0.10",
            (2, 0): "+0.10",
            (1, 2): "▲ +0.35",
            (2, 1): "▼ −0.35",
        }

    def test_the_colors_are_those_of_the_verdicts_and_differ_in_gray(self):
        found = cells(plots.verdict_matrix(NAMES, PAIRS))
        better, worse, none, own = (found[place][1] for place in ((1, 0), (0, 1), (0, 2), (0, 0)))
        assert better == plots.TRAINING
        grays = [
            np.dot(matplotlib.colors.to_rgb(color), (0.299, 0.587, 0.114))
            for color in (better, worse, none)
        ]
        assert grays[0] + 0.3 < grays[1] < grays[2] - 0.1
        assert own not in (better, worse, none)

    def test_names_stand_at_both_sides(self):
        [axes] = plots.verdict_matrix(NAMES, PAIRS, title="Pairs").axes
        assert [label.get_text() for label in axes.get_yticklabels()] == NAMES
        assert [label.get_text() for label in axes.get_xticklabels()] == NAMES
        assert axes.get_figure().get_suptitle() == "Pairs"
        assert axes.yaxis_inverted()

    def test_verdicts_can_be_replaced_in_either_order(self):
        none = "no difference shown"
        for verdicts in ({("baseline", "deeper"): none}, {("deeper", "baseline"): none}):
            found = cells(plots.verdict_matrix(NAMES, PAIRS, verdicts))
            assert found[1, 0][0] == "+0.46"
            assert found[0, 1][0] == "−0.46"
        found = cells(plots.verdict_matrix(NAMES, PAIRS, {("baseline", "lenet5"): "better"}))
        assert found[2, 0][0] == "▲ +0.10"
        assert found[0, 2][0] == "▼ −0.10"

    def test_a_pair_that_was_not_compared_stays_empty(self):
        found = cells(
            plots.verdict_matrix(NAMES, {("baseline", "deeper"): PAIRS["baseline", "deeper"]})
        )
        assert (0, 2) not in found and (2, 1) not in found

    def test_mcnemars_test_can_be_given_as_it_is(self):
        labels = np.zeros(100, int)
        second = np.arange(100) < 20
        comparison = mcnemar(labels, np.ones(100, int), 1 - second)
        found = cells(plots.verdict_matrix(["a", "b"], {("a", "b"): comparison}))
        assert found[1, 0][0] == "▲ +20.00"

    def test_no_difference_at_all_has_no_minus(self):
        nothing = {("a", "b"): Comparison(-0.001, -0.1, 0.1, 0.95, 5)}
        assert cells(plots.verdict_matrix(["a", "b"], nothing))[1, 0][0] == "+0.00"

    def test_the_legend_shows_every_mark(self):
        [legend] = plots.verdict_matrix(NAMES, PAIRS).legends
        assert [text.get_text() for text in legend.texts] == [
            "▲ row better than column",
            "▼ row worse than column",
            "no difference shown",
        ]

    @pytest.mark.parametrize("count", [2, 3, 8])
    def test_texts_stay_in_their_cells_and_nothing_leaves_the_figure(self, count):
        names = list(PARAMETERS)[:count]
        pairs = {
            pair: Comparison(-10.25, -11, -9, 0.95, 5) for pair in itertools.combinations(names, 2)
        }
        figure = plots.verdict_matrix(names, pairs, title="Every pair over the same folds")
        figure.draw_without_rendering()
        [axes] = figure.axes
        width = np.diff(axes.transData.transform([(0, 0), (1, 0)])[:, 0])[0]
        assert max(text.get_window_extent().width for text in axes.texts) < width
        assert figure.get_size_inches()[0] <= 9
        whole = figure.get_tightbbox()
        assert whole.x0 > -0.02 and whole.x1 < figure.get_size_inches()[0] + 0.02

    @pytest.mark.parametrize(
        ("names", "comparisons", "verdicts", "words"),
        [
            (["a"], {}, None, "^names: expected two"),
            (["a", "a"], {}, None, "^names: .*each once"),
            (
                NAMES,
                {("baseline", "other"): PAIRS["baseline", "deeper"]},
                None,
                "^comparisons:.*other",
            ),
            (
                NAMES,
                {("deeper", "deeper"): PAIRS["baseline", "deeper"]},
                None,
                "^comparisons: .*no pair",
            ),
            (
                NAMES,
                {**PAIRS, ("deeper", "baseline"): PAIRS["baseline", "deeper"]},
                None,
                "both orders",
            ),
            (
                NAMES,
                PAIRS,
                {("baseline", "deeper"): "worst"},
                "^verdicts: .*'worst'; expected better",
            ),
            (NAMES, PAIRS, {("a", "b"): "better"}, "^verdicts: .*no pair"),
        ],
    )
    def test_what_cannot_be_drawn_is_refused(self, names, comparisons, verdicts, words):
        with pytest.raises(DataError, match=words):
            plots.verdict_matrix(names, comparisons, verdicts)
