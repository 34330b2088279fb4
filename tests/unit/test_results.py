"""Results: JSON there and back, damaged files, and the comparison against other calculations."""

import json
import math
from dataclasses import replace

from mnistlab import settings
from mnistlab.errors import DataError
from mnistlab.evaluation import results
from mnistlab.evaluation.results import Comparison, Result, compare, find, load, protocol_text

import hypothesis
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

PROTOCOL = {
    "folds": 5,
    "epochs": 2,
    "batch_size": 32,
    "seed": 1,
    "rows": 100,
    "data_digest": "0123456789abcdef",
}


def make(scores=(0.9, 0.8, 0.85, 0.95, 0.9), name="model", protocol=PROTOCOL, **facts):
    history = {"loss": [0.5, 0.25], "accuracy": [0.7, 0.8]}
    return Result(name, list(scores), [history] * len(scores), protocol, facts)


repeatable = hypothesis.settings(max_examples=60, deadline=None, derandomize=True, database=None)
accuracies = st.floats(0, 1)
five_pairs = st.tuples(
    st.lists(accuracies, min_size=5, max_size=5), st.lists(accuracies, min_size=5, max_size=5)
)


class TestNumbers:
    def test_mean_and_spread_are_in_percent(self):
        assert make().mean == pytest.approx(88.0)
        # Deviations 2, -8, -3, 7, 2: squares 4 + 64 + 9 + 49 + 4 = 130; 130 / 5 = 26.
        assert make().std == pytest.approx(math.sqrt(26))

    def test_complete(self):
        assert make().complete
        assert not make(scores=[0.9, 0.8]).complete


class TestJson:
    def test_there_and_back(self, tmp_path):
        result = make(seconds=1.5, versions={"keras": "3"}, data="mnist")
        assert load(result.save(tmp_path / "a.json")) == result

    @repeatable
    @given(
        scores=st.lists(accuracies, min_size=1, max_size=5),
        loss=st.lists(st.floats(allow_nan=False, allow_infinity=False), max_size=4),
        name=st.text(st.characters(exclude_categories=["Cs"])),
    )
    def test_there_and_back_for_any_numbers_and_names(self, tmp_path_factory, scores, loss, name):
        result = Result(name, scores, [{"loss": loss}] * len(scores), PROTOCOL, {"data": name})
        path = tmp_path_factory.mktemp("results") / "a.json"
        assert load(result.save(path)) == result

    def test_the_file_is_plain_json_that_says_its_format(self, tmp_path):
        content = json.loads(make().save(tmp_path / "a.json").read_text("utf-8"))
        assert content["format"] == 1
        assert content["scores"] == [0.9, 0.8, 0.85, 0.95, 0.9]
        assert set(content) == {"format", "name", "scores", "histories", "protocol", "facts"}

    def test_the_loss_of_a_training_that_diverged_can_be_kept(self, tmp_path):
        history = {"loss": [2.0, math.nan, math.inf]}
        path = Result("lost", [0.1], [history], PROTOCOL).save(tmp_path / "a.json")
        assert "NaN" not in path.read_text("utf-8")
        np.testing.assert_array_equal(load(path).histories[0]["loss"], [2.0, np.nan, np.nan])

    @pytest.mark.parametrize("value", [math.nan, math.inf, {1, 2}, np.float32(1)])
    def test_facts_that_json_cannot_express_are_refused(self, tmp_path, value):
        path = make(seconds=1).save(tmp_path / "a.json")
        before = path.read_bytes()
        with pytest.raises(DataError, match=r"'model' cannot be saved as JSON .* It may hold"):
            make(seconds=value).save(path)
        assert path.read_bytes() == before
        assert [each.name for each in tmp_path.iterdir()] == ["a.json"]

    def test_missing_folders_are_made(self, tmp_path):
        assert make().save(tmp_path / "new" / "a.json").is_file()

    def test_what_could_not_be_read_again_does_not_replace_a_good_file(self, tmp_path):
        path = make().save(tmp_path / "a.json")
        before = path.read_bytes()
        with pytest.raises(DataError, match="lacks a part"):
            make(scores=[1.5]).save(path)
        assert path.read_bytes() == before
        assert [each.name for each in tmp_path.iterdir()] == ["a.json"]


class TestFilesThatAreNoResults:
    def content(self, **changes):
        return {"format": 1, **vars(make()), **changes}

    def refused(self, tmp_path, text, message):
        path = tmp_path / "bad.json"
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        with pytest.raises(DataError, match=rf"^bad\.json .*{message}") as caught:
            load(path)
        assert str(tmp_path) not in str(caught.value)
        assert "measure again" in str(caught.value)

    def test_missing(self, tmp_path):
        with pytest.raises(DataError, match=r"^none\.json is not there; run the notebook"):
            load(tmp_path / "none.json")

    def test_a_folder(self, tmp_path):
        with pytest.raises(DataError, match="cannot be read as a result") as caught:
            load(tmp_path)
        assert "delete" not in str(caught.value)
        assert str(tmp_path) not in str(caught.value)

    @pytest.mark.parametrize(
        "text",
        [b"", b"{", b"\xff\xfe\x00", b"<html>", b'{"format": 1,', b"\x00" * 100, b"[" * 100_000],
        ids=["empty", "cut", "bytes", "html", "truncated", "zeros", "deep"],
    )
    def test_damaged(self, tmp_path, text):
        self.refused(tmp_path, text, "cannot be read as a result")

    def test_a_good_file_cut_anywhere(self, tmp_path):
        text = make().save(tmp_path / "good.json").read_bytes()
        for length in range(0, len(text) - 2, 37):
            self.refused(tmp_path, text[:length], "cannot be read as a result")

    @pytest.mark.parametrize("text", ["[]", "null", "3", '"a"', "{}", '{"format": 2}'])
    def test_another_format(self, tmp_path, text):
        self.refused(tmp_path, text, r"is not a result of this version \(format 1\)")

    @pytest.mark.parametrize("key", ["name", "scores", "histories", "protocol", "facts"])
    def test_a_missing_part(self, tmp_path, key):
        content = self.content()
        del content[key]
        self.refused(tmp_path, json.dumps(content), f"lacks a part.*'{key}'")

    @pytest.mark.parametrize("key", PROTOCOL)
    def test_a_missing_part_of_the_protocol(self, tmp_path, key):
        protocol = {name: value for name, value in PROTOCOL.items() if name != key}
        content = self.content(protocol=protocol)
        self.refused(tmp_path, json.dumps(content), f"does not state {key}")

    @pytest.mark.parametrize(
        ("key", "value"),
        [
            ("name", 3),
            ("scores", []),
            ("scores", "0.9"),
            ("scores", ["0.9"] * 5),
            ("scores", [0.9] * 4),
            ("scores", [98.5] * 5),
            ("scores", [True] * 5),
            ("scores", [-0.1] * 5),
            ("scores", [math.nan] * 5),
            ("scores", [[0.9]] * 5),
            ("histories", {}),
            ("histories", [{}] * 4),
            ("histories", [[]] * 5),
            ("histories", [{"loss": 3}] * 5),
            ("histories", [{"loss": ["low"]}] * 5),
            ("protocol", list(PROTOCOL)),
            ("protocol", PROTOCOL | {"folds": "five"}),
            ("protocol", PROTOCOL | {"folds": 1}),
            ("protocol", PROTOCOL | {"epochs": True}),
            ("protocol", PROTOCOL | {"batch_size": "32"}),
            ("protocol", PROTOCOL | {"seed": None}),
            ("protocol", PROTOCOL | {"rows": 100.0}),
            ("protocol", PROTOCOL | {"folds": 4}),
            ("facts", None),
        ],
    )
    def test_a_wrong_part(self, tmp_path, key, value):
        content = self.content(**{key: value})
        self.refused(tmp_path, json.dumps(content), "lacks a part of a result or has a wrong one")


class TestFind:
    @pytest.fixture
    def folders(self, tmp_path, monkeypatch):
        monkeypatch.setattr(settings, "PROJECT", tmp_path)
        run = settings.Settings(output=tmp_path / "own")
        monkeypatch.setattr(settings, "current", lambda: run)
        return run.results_folder, tmp_path / "data" / "results"

    def test_the_recorded_result_is_found_by_its_name(self, folders):
        recorded = make(name="recorded")
        recorded.save(folders[1] / "baseline.json")
        assert results.recorded("baseline") == recorded
        with pytest.raises(DataError, match=r"deeper\.json is not there"):
            results.recorded("deeper")

    def test_the_readers_own_result_comes_first(self, folders):
        for folder, name in zip(folders, ("own", "recorded"), strict=True):
            make(name=name).save(folder / "baseline.json")
        assert find("baseline", like=make()).name == "own"

    def test_the_record_serves_where_the_readers_own_does_not_fit(self, folders):
        other = make(name="own", protocol=PROTOCOL | {"rows": 50})
        other.save(folders[0] / "baseline.json")
        make(name="recorded").save(folders[1] / "baseline.json")
        assert find("baseline", like=make()).name == "recorded"

    def test_the_readers_own_that_is_damaged_is_passed_over_aloud(self, folders):
        make(name="recorded").save(folders[1] / "baseline.json")
        folders[0].mkdir(parents=True)
        (folders[0] / "baseline.json").write_text('{"format": 1')
        with pytest.warns(UserWarning, match=r"passed over: baseline\.json cannot be read"):
            assert find("baseline", like=make()).name == "recorded"

    def test_a_record_that_is_damaged_is_an_error(self, folders):
        folders[1].mkdir(parents=True)
        (folders[1] / "baseline.json").write_text('{"format": 1')
        with pytest.raises(DataError, match=r"baseline\.json cannot be read"):
            find("baseline", like=make())

    def test_none_when_nothing_can_be_compared(self, folders):
        assert find("baseline", like=make()) is None
        make(scores=[0.9] * 3).save(folders[0] / "baseline.json")
        assert find("baseline", like=make()) is None


class TestCompare:
    def test_a_worked_example(self):
        # Differences in points: 1, 2, 3, 4, 5. Mean 3, variance 10 / 4 = 2.5.
        # Nadeau and Bengio: 2.5 x (1/5 + 1/4) = 1.125, root 1.06066.
        # t of 4 degrees of freedom at 97.5 %: 2.77645. Reach 2.94487.
        first = make(scores=[0.80, 0.81, 0.82, 0.83, 0.84])
        second = make(scores=[0.81, 0.83, 0.85, 0.87, 0.89])
        comparison = compare(first, second)
        assert comparison.mean_difference == pytest.approx(3)
        assert comparison.low == pytest.approx(3 - 2.94487, abs=1e-5)
        assert comparison.high == pytest.approx(3 + 2.94487, abs=1e-5)
        assert (comparison.confidence, comparison.folds) == (0.95, 5)
        assert comparison.verdict == "better"
        assert str(comparison) == "+3.000 points, 95% interval [+0.055, +5.945], 5 folds: better"

    @repeatable
    @given(pairs=five_pairs, confidence=st.floats(0.5, 0.999))
    def test_scipys_interval_with_the_corrected_error(self, pairs, confidence):
        comparison = compare(make(pairs[0]), make(pairs[1]), confidence)
        differences = 100 * (np.array(pairs[1]) - np.array(pairs[0]))
        error = differences.std(ddof=1) * math.sqrt(1 / 5 + 20 / 80)
        expected = differences.mean() + error * np.array(stats.t(df=4).interval(confidence))
        np.testing.assert_allclose([comparison.low, comparison.high], expected, atol=1e-9)

    @repeatable
    @given(pairs=five_pairs)
    def test_it_is_wider_than_the_ordinary_paired_interval(self, pairs):
        comparison = compare(make(pairs[0]), make(pairs[1]))
        ordinary = stats.ttest_rel(100 * np.array(pairs[1]), 100 * np.array(pairs[0]))
        low, high = ordinary.confidence_interval(0.95)
        if high > low:
            ratio = (comparison.high - comparison.low) / (high - low)
            assert ratio == pytest.approx(math.sqrt((1 / 5 + 1 / 4) / (1 / 5)), rel=1e-6)

    @repeatable
    @given(pairs=five_pairs)
    def test_the_other_way_round_it_is_the_negative(self, pairs):
        first, second = map(make, pairs)
        one, other = compare(first, second), compare(second, first)
        assert one.mean_difference == -other.mean_difference
        assert (one.low, one.high) == (-other.high, -other.low)
        opposite = {"better": "worse", "worse": "better"}
        assert other.verdict == opposite.get(one.verdict, one.verdict)

    @repeatable
    @given(scores=st.lists(accuracies, min_size=2, max_size=5))
    def test_a_model_does_not_differ_from_itself(self, scores):
        comparison = compare(make(scores), make(scores))
        assert (comparison.low, comparison.mean_difference, comparison.high) == (0, 0, 0)
        assert comparison.verdict == "no difference shown"

    @repeatable
    @given(pairs=five_pairs, order=st.permutations(range(5)))
    def test_the_order_of_the_folds_does_not_matter(self, pairs, order):
        one = compare(*map(make, pairs))
        other = compare(*(make([scores[place] for place in order]) for scores in pairs))
        assert other.low == pytest.approx(one.low, abs=1e-9)
        assert other.high == pytest.approx(one.high, abs=1e-9)

    @pytest.mark.parametrize(
        ("confidence", "text"),
        [(0.95, "95% interval"), (0.999, "99.9% interval"), (1 - 0.05 / 28, "99.82% interval")],
    )
    def test_the_text_never_rounds_the_confidence_to_certainty(self, confidence, text):
        assert text in str(Comparison(0.2, 0.1, 0.3, confidence, 5))

    def test_more_confidence_is_a_wider_interval(self):
        first, second = make(), make(scores=[0.91, 0.80, 0.86, 0.97, 0.90])
        widths = [
            compare(first, second, level).high - compare(first, second, level).low
            for level in (0.5, 0.9, 0.99)
        ]
        assert widths == sorted(widths)

    @pytest.mark.parametrize(
        ("low", "high", "verdict"),
        [
            (0.1, 0.3, "better"),
            (-0.3, -0.1, "worse"),
            (-0.1, 0.3, "no difference shown"),
            (0.0, 0.3, "no difference shown"),
            (-0.3, 0.0, "no difference shown"),
        ],
    )
    def test_verdicts(self, low, high, verdict):
        assert Comparison((low + high) / 2, low, high, 0.95, 5).verdict == verdict

    @pytest.mark.parametrize("key", PROTOCOL)
    def test_differing_protocols_are_refused(self, key):
        other = make(name="other", protocol=PROTOCOL | {key: 7})
        with pytest.raises(DataError, match=f"model and other were not .* they differ in {key}"):
            compare(make(), other)

    def test_a_protocol_that_states_more_is_refused_both_ways(self):
        other = make(protocol=PROTOCOL | {"augmented": True})
        for first, second in ((make(), other), (other, make())):
            with pytest.raises(DataError, match="differ in augmented"):
                compare(first, second)

    def test_different_numbers_of_finished_folds_are_refused(self):
        with pytest.raises(DataError, match="the finished folds"):
            compare(make(), make(scores=[0.9] * 3))

    def test_one_finished_fold_is_refused(self):
        with pytest.raises(DataError, match="at least two folds"):
            compare(make(scores=[0.9]), make(scores=[0.8]))

    @pytest.mark.parametrize("confidence", [0, 1, -1, 95, math.nan])
    def test_a_confidence_that_is_none_is_refused(self, confidence):
        with pytest.raises(DataError, match=r"between 0 and 1, such as 0\.95"):
            compare(make(), make(), confidence)

    def test_facts_and_names_may_differ(self):
        assert compare(make(seconds=1), replace(make(), name="b", facts={})).folds == 5


def test_a_protocol_in_words():
    text = "5 folds of 100 images, 2 epochs, batches of 32, seed 1"
    assert protocol_text(PROTOCOL) == text
