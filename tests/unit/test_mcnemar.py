"""McNemar's test against SciPy, exact fractions, published tables and its own likelihood."""

import math
from fractions import Fraction

from mnistlab.errors import DataError
from mnistlab.evaluation.mcnemar import McNemar, holm, mcnemar, score_interval
from mnistlab.evaluation.results import Comparison
from mnistlab.plots import differences

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from scipy import optimize, stats

counts = st.integers(0, 60)
tables = st.tuples(counts, counts, counts, counts).filter(any)
p_lists = st.lists(st.floats(0, 1), min_size=1, max_size=12)


def answers(both_right, only_first, only_second, both_wrong):
    """Labels, and predictions of two classifiers with just these counts."""
    cells = np.repeat(np.arange(4), [both_right, only_first, only_second, both_wrong])
    labels = np.arange(len(cells)) % 10
    wrong = (labels + 1) % 10
    first = np.where(np.isin(cells, [0, 1]), labels, wrong)
    second = np.where(np.isin(cells, [0, 2]), labels, wrong)
    return labels, first, second


def of_table(*table, confidence=0.95):
    return mcnemar(*answers(*table), confidence)


class TestCounts:
    def test_each_image_is_in_one_of_four_cells(self):
        labels = [1, 1, 1, 1, 2, 2]
        first = [1, 1, 7, 7, 2, 7]
        second = [1, 7, 1, 7, 2, 1]
        found = mcnemar(labels, first, second)
        assert (found.both_right, found.only_first) == (2, 1)
        assert (found.only_second, found.both_wrong) == (1, 2)
        assert found.images == 6

    @given(tables)
    def test_the_counts_come_back(self, table):
        found = of_table(*table)
        assert (
            found.both_right,
            found.only_first,
            found.only_second,
            found.both_wrong,
        ) == table

    def test_two_wrong_answers_need_not_be_the_same_to_be_both_wrong(self):
        assert mcnemar([3], [4], [5]).both_wrong == 1

    def test_probabilities_stand_for_their_most_probable_class(self):
        generator = np.random.default_rng(1)
        labels = generator.integers(0, 10, 200)
        first, second = generator.dirichlet(np.ones(10), (2, 200))
        expected = mcnemar(labels, first.argmax(axis=1), second.argmax(axis=1))
        assert mcnemar(labels, first, second) == expected
        assert mcnemar(labels, first.astype("float32"), second.argmax(axis=1)) == expected
        assert mcnemar(labels.tolist(), first.tolist(), second.tolist()) == expected

    def test_the_difference_is_that_of_the_accuracies(self):
        found = of_table(90, 2, 5, 3)
        # 95 of 100 against 92 of 100.
        assert found.mean_difference == pytest.approx(3)


class TestPValue:
    @given(tables)
    def test_it_is_scipys_two_sided_binomial_test(self, table):
        _, only_first, only_second, _ = table
        assume(only_first + only_second)
        expected = stats.binomtest(only_second, only_first + only_second, 0.5).pvalue
        assert of_table(*table).p_value == pytest.approx(expected, rel=1e-9)

    @given(tables)
    def test_it_is_a_sum_of_binomial_coefficients(self, table):
        _, first, second, _ = table
        tail = sum(math.comb(first + second, k) for k in range(min(first, second) + 1))
        expected = min(Fraction(1), Fraction(2 * tail, 2 ** (first + second)))
        assert of_table(*table).p_value == pytest.approx(float(expected), rel=1e-9)

    def test_a_hand_calculation(self):
        # 1 against 7: 2 · (1 + 8) / 256.
        assert of_table(10, 1, 7, 2).p_value == pytest.approx(18 / 256)

    def test_a_published_example(self):
        # M. W. Fagerland, S. Lydersen, P. Laake (2013), "The McNemar test for binary matched-pairs
        # data: mid-p and asymptotic are better than exact conditional", airway
        # hyper-responsiveness before and after stem cell transplantation: exact p 0.070.
        assert round(of_table(1, 1, 7, 12).p_value, 3) == 0.070

    def test_two_classifiers_that_never_differ_have_p_value_one(self):
        assert of_table(9, 0, 0, 1).p_value == 1
        assert of_table(9, 4, 4, 1).p_value == 1

    def test_images_that_both_read_alike_do_not_count(self):
        assert of_table(9, 3, 9, 1).p_value == of_table(9_000, 3, 9, 70).p_value


def likelihood_interval(only_first, only_second, images, confidence, correction):
    """Tango's interval without his formula: the likelihood is maximized, the score inverted."""
    z = stats.norm.ppf(0.5 + confidence / 2)

    def variance(delta):
        # p is the share of images that the first alone reads; the second's is p + delta.
        low, high = max(0, -delta), (1 - delta) / 2

        def loss(p):
            parts = [
                (only_first, p),
                (only_second, p + delta),
                (images - only_first - only_second, 1 - 2 * p - delta),
            ]
            return -sum(count * math.log(max(share, 1e-300)) for count, share in parts if count)

        p = optimize.minimize_scalar(
            loss, bounds=(low, high), method="bounded", options={"xatol": 1e-12}
        ).x
        return 2 * p + delta - delta**2

    def distance(delta, side):
        reach = abs(only_second - only_first - images * delta) - correction
        outside = side * (delta - (only_second - only_first) / images) > 0
        return (reach if outside else -correction) - z * math.sqrt(max(images * variance(delta), 0))

    difference = (only_second - only_first) / images
    low = optimize.brentq(distance, -1 + 1e-9, difference, args=(-1,))
    high = optimize.brentq(distance, difference, 1 - 1e-9, args=(1,))
    return 100 * low, 100 * high


class TestInterval:
    def test_without_the_correction_it_is_the_published_one(self):
        # M. W. Fagerland, S. Lydersen, P. Laake (2014), "Recommended tests and confidence intervals
        # for paired binomial proportions", table V: Tango's interval is -0.517 to -0.026. The
        # counts are 1, 1, 7, 12, and the difference is first minus second.
        low, high = score_interval(7, 1, 21, 0.95, correction=0)
        assert (round(low, 3), round(high, 3)) == (-0.517, -0.026)

    def test_a_large_table_agrees_with_the_normal_interval(self):
        # A. Agresti, "Categorical Data Analysis" (2002), section 10.1: approval of the prime
        # minister, 794, 150, 86, 570. The difference is -0.04, its standard error 0.0095, the
        # interval -0.06 to -0.02.
        found = of_table(794, 150, 86, 570)
        assert found.mean_difference == pytest.approx(-4.0)
        assert (round(found.low), round(found.high)) == (-6, -2)
        error = 100 * math.sqrt((150 + 86) / 1600 - 0.04**2) / 40
        assert error == pytest.approx(0.95, abs=0.01)
        correction = 100 / 1600
        assert found.low == pytest.approx(-4 - 1.96 * error - correction, abs=0.05)
        assert found.high == pytest.approx(-4 + 1.96 * error + correction, abs=0.05)
        assert found.p_value == pytest.approx(stats.binomtest(86, 236).pvalue)
        assert found.verdict == "worse"

    @pytest.mark.parametrize(
        "table", [(12, 1, 7, 1), (794, 150, 86, 570), (9_840, 40, 75, 45), (30, 9, 9, 2)]
    )
    @pytest.mark.parametrize("confidence", [0.9, 0.99])
    def test_it_inverts_the_score_of_the_likelihood(self, table, confidence):
        found = of_table(*table, confidence=confidence)
        expected = likelihood_interval(table[1], table[2], sum(table), confidence, correction=1)
        assert (found.low, found.high) == pytest.approx(expected, abs=1e-4)

    @given(tables)
    def test_it_holds_the_difference_and_stays_within_100_points(self, table):
        found = of_table(*table)
        assert -100 <= found.low <= found.mean_difference <= found.high <= 100
        assert found.low < found.high

    @given(tables)
    def test_turned_around_it_is_the_mirror_image(self, table):
        both_right, only_first, only_second, both_wrong = table
        found, turned = of_table(*table), of_table(both_right, only_second, only_first, both_wrong)
        assert turned.mean_difference == pytest.approx(-found.mean_difference)
        assert (turned.low, turned.high) == pytest.approx((-found.high, -found.low), abs=1e-7)
        assert turned.p_value == found.p_value

    @given(tables)
    def test_more_confidence_makes_it_wider(self, table):
        narrow, wide = (of_table(*table, confidence=each) for each in (0.9, 0.99))
        assert wide.low <= narrow.low and narrow.high <= wide.high

    def test_two_classifiers_that_never_differ_may_still_differ_a_little(self):
        found = of_table(9_900, 0, 0, 100)
        assert found.low == pytest.approx(-found.high)
        assert 0.03 < found.high < 0.07

    def test_a_single_image(self):
        found = mcnemar([1], [2], [1])
        assert found.mean_difference == found.high == 100
        assert found.verdict == "no difference shown"


class TestVerdict:
    @pytest.mark.parametrize("low, high", [(0.1, 0.5), (-0.5, -0.1), (-0.1, 0.5), (0.0, 0.5)])
    def test_the_words_are_those_of_the_comparison_over_folds(self, low, high):
        middle = (low + high) / 2
        found = McNemar(90, 1, 2, 7, 0.04, middle, low, high, 0.95)
        assert found.verdict == Comparison(middle, low, high, 0.95, 5).verdict

    @pytest.mark.parametrize("confidence", [0.7, 0.9, 0.95, 0.99])
    def test_a_difference_is_shown_only_where_the_exact_test_shows_it(self, confidence):
        differing = 0
        for pairs in range(1, 141, 6):
            for only_first in range(pairs // 2 + 1):
                found = of_table(500, only_first, pairs - only_first, 9, confidence=confidence)
                shown = found.verdict == "better"
                significant = found.p_value <= 1 - confidence
                assert significant or not shown
                differing += significant != shown
        # At the very border, the interval is a little more careful.
        assert differing <= 6

    def test_one_line_in_the_manner_of_the_comparison_over_folds(self):
        assert str(of_table(9_840, 40, 75, 45)) == (
            "+0.350 points, 95% interval [+0.132, +0.579], 75 images to 40, p = 0.0014: better"
        )
        assert "p = 1: no difference shown" in str(of_table(9, 0, 0, 1))
        assert "p < 0.0001: worse" in str(of_table(900, 60, 5, 30))
        assert " 99.5% interval" in str(of_table(900, 60, 5, 30, confidence=0.995))

    def test_the_figure_of_differences_takes_it(self):
        figure = differences({"deeper": of_table(900, 6, 30, 30)})
        assert figure.axes[0].lines[0].get_xdata()[0] > 0


class TestHolm:
    def test_a_hand_calculation(self):
        # In order 0.01, 0.02, 0.03, 0.04: times 4, 3, 2, 1 is 0.04, 0.06, 0.06, 0.04; the last
        # cannot be below the one before it.
        adjusted = holm([0.03, 0.01, 0.04, 0.02])
        np.testing.assert_allclose(adjusted, [0.06, 0.04, 0.06, 0.06])

    def test_equal_p_values_are_adjusted_alike(self):
        # Times 3, 2, 1: 0.03, 0.04, 0.02; the last cannot be below the one before it.
        np.testing.assert_allclose(holm([0.02, 0.01, 0.02]), [0.04, 0.03, 0.04])

    def test_none_is_above_one(self):
        assert holm([0.6, 0.9, 0.4]).tolist() == [1, 1, 1]

    @given(p_lists)
    def test_it_lies_between_the_p_value_and_bonferronis(self, p_values):
        adjusted, p_values = holm(p_values), np.array(p_values)
        assert (adjusted >= p_values).all()
        assert (adjusted <= np.minimum(1, len(p_values) * p_values + 1e-12)).all()

    @given(p_lists, st.randoms(use_true_random=False))
    def test_the_order_makes_no_difference(self, p_values, generator):
        places = list(range(len(p_values)))
        generator.shuffle(places)
        shuffled = holm([p_values[place] for place in places])
        np.testing.assert_array_equal(shuffled, holm(p_values)[places])

    @given(p_lists, st.sampled_from([0.01, 0.05, 0.1, 0.5]))
    def test_it_rejects_what_the_step_down_procedure_rejects(self, p_values, alpha):
        adjusted = holm(p_values)
        assume((np.abs(adjusted - alpha) > 1e-9).all())
        ordered, rejected = np.sort(p_values), 0
        while rejected < len(ordered) and ordered[rejected] * (len(ordered) - rejected) <= alpha:
            rejected += 1
        assert (adjusted <= alpha).sum() == rejected

    def test_the_values_stay_as_they_are(self):
        p_values = np.array([0.03, 0.01])
        holm(p_values)
        assert p_values.tolist() == [0.03, 0.01]

    @pytest.mark.parametrize(
        ("p_values", "words"),
        [
            ([], "at least one"),
            ([0.5, 1.2], "1.2"),
            ([-0.1], "-0.1"),
            ([0.1, float("nan")], "nan"),
            ([[0.1, 0.2]], r"shape \(1, 2\)"),
            (["small"], "numbers"),
            (0.03, r"\[0.03\]"),
            ([[0.1], [0.1, 0.2]], "different lengths"),
        ],
    )
    def test_what_is_no_row_of_p_values_is_refused(self, p_values, words):
        with pytest.raises(DataError, match=f"^p_values.*{words}"):
            holm(p_values)


LABELS = np.array([1, 2, 3])


class TestBadInput:
    @pytest.mark.parametrize(
        ("labels", "first", "second", "words"),
        [
            (np.eye(10)[LABELS], LABELS, LABELS, r"^labels: .*shape \(3, 10\).*argmax"),
            (LABELS.astype(float), LABELS, LABELS, "^labels: .*float64"),
            ([1, -2, 3], LABELS, LABELS, "^labels: .*-2 at index 1"),
            (LABELS[:2], LABELS, LABELS, "^labels, first and second: .*2, 3 and 3"),
            (LABELS, LABELS[:2], LABELS, "^labels, first and second: .*3, 2 and 3"),
            (LABELS, LABELS, np.zeros((4, 10)), "^labels, first and second: .*3, 3 and 4"),
            (LABELS, LABELS == 1, LABELS, "^first: .*bool"),
            (LABELS, LABELS, LABELS / 10, "^second: .*float64"),
            (LABELS, np.zeros((3, 10, 1)), LABELS, r"^first: .*shape \(3, 10, 1\)"),
            (LABELS, np.zeros((3, 1)), LABELS, r"^first: .*shape \(3, 1\)"),
            (LABELS, np.full((3, 10), np.nan), LABELS, "^first: .*NaN at index 0"),
            (LABELS, LABELS, np.zeros((3, 3)), "^second: .*3 classes.* label 3"),
            (LABELS, list("abc"), LABELS, "^first: .*"),
            (LABELS, [[1], [2, 3]], LABELS, "^first: .*different lengths"),
            ([], [], [], "^labels, first and second: .*at least one"),
            (7, LABELS, LABELS, r"^labels: .*shape \(\)"),
        ],
    )
    def test_the_message_names_the_argument(self, labels, first, second, words):
        with pytest.raises(DataError, match=words):
            mcnemar(labels, first, second)

    @pytest.mark.parametrize("confidence", [0, 1, 95, -0.1, float("nan"), "high", None])
    def test_confidence_is_a_share(self, confidence):
        with pytest.raises(DataError, match=r"confidence is .* between 0 and 1, such as 0\.95"):
            mcnemar(LABELS, LABELS, LABELS, confidence)
