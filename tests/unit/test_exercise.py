"""What an exercise does with an answer, and the parts that judge it."""

from mnistlab.exercises import judging
from mnistlab.exercises.exercise import CouldNotRun, Exercise, Mistake, NotAttempted, Verdict

import numpy as np
import pytest


def _halved(x):
    return x / 2


def halve():
    def judge(answer):
        judging.expect_function(
            answer,
            _halved,
            [(3.0,), (np.arange(4.0),)],
            {"That doubles; half of it was asked.": lambda x: x * 2},
        )

    return Exercise(judge, "What undoes a doubling?", _halved, "Halving is dividing by two.")


class TestVerdict:
    @pytest.mark.parametrize(
        ("answer", "outcome"),
        [
            (..., "not attempted"),
            (lambda x: None, "not attempted"),
            (lambda x: x, "wrong"),
            (lambda x: x.nothing, "could not run"),
            (lambda x: 0.5 * x, "right"),
        ],
    )
    def test_four_different_answers(self, answer, outcome):
        assert halve().check(answer).outcome == outcome

    def test_only_right_is_true(self):
        outcomes = ["right", "wrong", "not attempted", "could not run"]
        assert [bool(Verdict(outcome, "")) for outcome in outcomes] == [True, False, False, False]

    def test_the_mistake_is_named(self):
        assert "That doubles" in halve().check(lambda x: x * 2).message

    def test_no_line_is_longer_than_a_screen(self):
        assert max(map(len, repr(Verdict("wrong", "word " * 100)).splitlines())) <= 90

    def test_an_error_of_the_judge_itself_is_not_hidden(self):
        def broken(answer):
            raise KeyError("a bug of ours")

        with pytest.raises(KeyError):
            Exercise(broken, "", 1, "").check(1)

    def test_the_judge_may_say_what_is_good(self):
        assert Exercise(lambda answer: "Well seen.", "", 1, "").check(1).message == "Well seen."


class TestSolution:
    def test_code_is_shown_under_the_name_that_was_asked(self):
        assert halve().solution().startswith("def halved(x):\n    return x / 2\n\nHalving")

    def test_it_reads_as_text(self):
        assert repr(halve().hint()) == "What undoes a doubling?"


class TestNumbers:
    @pytest.mark.parametrize("answer", [26, 26.0, np.int64(26), np.float32(26), np.array(26)])
    def test_any_type_of_number(self, answer):
        judging.expect_number(answer, 26)

    @pytest.mark.parametrize(
        "answer", ["26", True, (26,), [26], None, np.arange(2), 26j, [[1], [2, 3]], 10**400]
    )
    def test_what_is_no_number(self, answer):
        with pytest.raises(Mistake, match="A number was asked"):
            judging.expect_number(answer, 26)

    def test_nan_is_wrong(self):
        with pytest.raises(Mistake):
            judging.expect_number(float("nan"), 26)

    @pytest.mark.parametrize("answer", [(1, 2), [1, 2], np.array([1, 2]), (x for x in (1, 2))])
    def test_rows_of_any_type(self, answer):
        judging.expect_numbers(answer, (1, 2))

    def test_the_wrong_one_of_a_row_is_named(self):
        with pytest.raises(Mistake, match="Number 2 of 3, 5, is not right"):
            judging.expect_numbers((1, 5, 3), (1, 2, 3))

    def test_dots_within_a_row_are_no_attempt(self):
        with pytest.raises(NotAttempted):
            judging.expect_numbers((1, ...), (1, 2))

    @pytest.mark.parametrize("answer", [5, "12", None, np.array(3.0)])
    def test_what_is_no_row(self, answer):
        with pytest.raises(Mistake, match="2 numbers were asked"):
            judging.expect_numbers(answer, (1, 2))


class TestArrays:
    def test_both_sizes_are_named(self):
        with pytest.raises(Mistake, match="your kernel is 4x4; what was asked is 3x3"):
            judging.expect_array(np.ones((4, 4)), np.ones((3, 3)), name="your kernel")

    def test_the_first_wrong_value_is_named(self):
        with pytest.raises(
            Mistake, match=r"in 1 of 4 values; the first of them, at \[1, 0\], is 5\."
        ):
            judging.expect_array([[1, 1], [5, 1]], np.ones((2, 2)))

    @pytest.mark.parametrize("answer", ["text", {}, [[1], [2, 3]], object(), [10**400]])
    def test_what_is_no_array(self, answer):
        with pytest.raises(Mistake, match="an array of numbers was asked"):
            judging.expect_array(answer, np.ones(2))

    def test_an_anticipated_mistake_is_named_before_the_shape(self):
        with pytest.raises(Mistake, match="Rows and columns"):
            judging.expect_array(
                np.ones((3, 2)), np.ones((2, 3)), {"Rows and columns are swapped.": np.ones((3, 2))}
            )


class TestFunctions:
    def test_the_first_input_that_fails_is_shown(self):
        with pytest.raises(Mistake, match=r"For the input 3 your function gives 4; 1\.5 was asked"):
            judging.expect_function(lambda x: x + 1, _halved, [(0.0,), (3.0,)][1:])

    def test_another_shape_is_said(self):
        with pytest.raises(Mistake, match="gives back 3 values; what was asked is 4 values"):
            judging.expect_function(lambda x: x[1:] / 2, _halved, [(np.arange(4.0),)])

    def test_the_error_and_the_input_are_named(self):
        with pytest.raises(CouldNotRun, match="input 3 your function raised ZeroDivisionError"):
            judging.expect_function(lambda x: x / 0, _halved, [(3.0,)])

    def test_a_wrong_number_of_arguments_could_not_run(self):
        with pytest.raises(CouldNotRun, match="TypeError"):
            judging.expect_function(lambda: 1, _halved, [(3.0,)])

    def test_inputs_are_not_changed_for_the_next_case(self):
        def overwrites(x):
            x *= 0.5
            return x

        with pytest.raises(Mistake, match="changes the array"):
            judging.expect_function(overwrites, _halved, [(np.arange(4.0),)])

    def test_a_result_that_is_no_number_is_wrong(self):
        with pytest.raises(Mistake, match="'half'"):
            judging.expect_function(lambda x: "half", _halved, [(3.0,)])

    @pytest.mark.parametrize(
        ("result", "message"),
        [
            ([[1], [2, 3]], "gives back rows of different lengths; what was asked is a single"),
            (10**400, "was asked"),
            (list(range(1000)), "gives back 1000 values"),
        ],
    )
    def test_a_result_that_no_array_can_be_made_of_is_wrong(self, result, message):
        with pytest.raises(Mistake, match=message):
            judging.expect_function(lambda x: result, _halved, [(3.0,)])

    def test_a_long_list_is_only_named(self):
        with pytest.raises(Mistake, match="gives 1,000 values; an array of shape"):
            judging.expect_function(lambda x: [7] * 1000, _halved, [(np.ones(1000),)])

    @pytest.mark.parametrize("result", [np.nan, [1, np.nan], np.array([[np.nan]])])
    def test_nan_is_found(self, result):
        assert judging.is_nan(result)

    @pytest.mark.parametrize("result", [None, 1.5, "nothing", [[1], [2, 3]], 10**400])
    def test_what_is_no_number_is_no_nan(self, result):
        assert not judging.is_nan(result)

    def test_a_result_of_several_numbers_is_shown_as_they_read(self):
        with pytest.raises(Mistake, match=r"gives \(0.4, 2\); \(0.5, 2\) was asked"):
            judging.expect_function(
                lambda x: (np.float64(0.4), np.int64(2)), lambda x: (0.5, 2), [(3.0,)]
            )

    @pytest.mark.parametrize("answer", [None, 1.5, "x / 2"])
    def test_what_is_no_function(self, answer):
        with pytest.raises(Mistake, match="A function was asked"):
            judging.expect_function(answer, _halved, [(3.0,)])
