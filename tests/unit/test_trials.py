"""What tuning measured: numbers, table, JSON there and back, damaged files."""

import json
import math
from dataclasses import asdict

from mnistlab import settings
from mnistlab.errors import DataError
from mnistlab.evaluation import results, trials
from mnistlab.evaluation.results import Result
from mnistlab.evaluation.trials import Trial, Tuning, load

import pytest

PROTOCOL = {"folds": 3, "epochs": 2, "seed": 1, "rows": 60, "data_digest": "0123456789abcdef"}
DEFAULT = {"rate": 0.01, "batch": 32}
TRIALS = [
    Trial({"rate": 0.01, "batch": 32}, [0.90, 0.92, 0.94], seconds=1.5),
    Trial({"rate": 0.1, "batch": 32}, [], "Fold 1 of 3, epoch 1 of 2: the training has diverged."),
    Trial({"rate": 0.03, "batch": 32}, [0.95, 0.96, 0.97]),
    Trial({"rate": 0.003, "batch": 32}, [0.95, 0.96, 0.97]),
]


def make(tried=TRIALS, **facts):
    return Tuning("rate", DEFAULT, list(tried), PROTOCOL, facts)


class TestNumbers:
    def test_mean_and_spread_are_in_percent(self):
        assert TRIALS[0].mean == pytest.approx(92)
        # Deviations -2, 0, 2: squares 8; 8 / 3.
        assert TRIALS[0].std == pytest.approx(math.sqrt(8 / 3))

    def test_a_trial_that_failed_has_none(self):
        assert TRIALS[1].failed and not TRIALS[0].failed
        assert math.isnan(TRIALS[1].mean) and math.isnan(TRIALS[1].std)

    def test_the_best_is_the_first_of_equals_and_never_one_that_failed(self):
        assert make().ranked == [TRIALS[2], TRIALS[3], TRIALS[0]]
        assert make().best is TRIALS[2]

    def test_where_all_failed_there_is_no_best(self):
        with pytest.raises(DataError, match="Every trial of 'rate' failed"):
            _ = make([TRIALS[1]]).best

    def test_the_reference_is_the_default_wherever_it_stands(self):
        assert make(TRIALS[::-1]).reference is TRIALS[0]
        with pytest.raises(DataError, match="no trial of its default setting"):
            _ = make(TRIALS[1:]).reference

    def test_what_varied(self):
        assert make().varied == ["rate"]
        other = Trial({"rate": 0.01, "batch": 64}, [0.9, 0.9, 0.9])
        assert make([*TRIALS, other]).varied == ["rate", "batch"]
        assert make(TRIALS[:1]).varied == []

    def test_the_comparison_is_that_of_results(self):
        first, second = (
            Result("", trial.scores, [{}] * 3, PROTOCOL) for trial in (TRIALS[0], TRIALS[2])
        )
        assert make().compare(TRIALS[2]) == results.compare(first, second)

    def test_one_that_failed_cannot_be_compared(self):
        with pytest.raises(DataError, match="A trial that failed has no scores"):
            make().compare(TRIALS[1])


class TestTable:
    def test_every_trial_in_its_order_with_what_varied(self):
        lines = make().table().splitlines()
        assert lines[0] == "rate   accuracy (%)       against the default (points)"
        assert lines[1] == "0.01   92.000 +- 1.633    the default"
        assert lines[2] == "0.1    failed: the training diverged"
        # The differences are 5, 4 and 3: mean 4, variance 1; (1 / 3 + 1 / 2) has the root 0.9129,
        # and 4.3027 is the quantile of t with 2 degrees of freedom.
        assert lines[3] == "0.03   96.000 +- 0.816    +4.00 [+0.07, +7.93]    better"
        assert len(lines) == 5

    def test_some_of_them(self):
        assert make().table([TRIALS[2]]).splitlines()[1].startswith("0.03  96.000 +- 0.816 ")

    def test_without_a_reference_that_succeeded_there_is_no_comparison(self):
        tried = [Trial(DEFAULT, [], "It has diverged."), TRIALS[2]]
        assert make(tried).table().splitlines()[2] == "0.03  96.000 +- 0.816"


class TestJson:
    def test_there_and_back(self, tmp_path):
        tuning = make(seconds=1.5, versions={"keras": "3"})
        path = tuning.save(tmp_path / "new" / "rate.json")
        assert load(path) == tuning
        assert json.loads(path.read_text("utf-8"))["kind"] == "tuning"

    @pytest.mark.parametrize("value", [math.nan, {1, 2}, object()])
    def test_what_json_cannot_express_is_refused_and_the_old_file_stays(self, tmp_path, value):
        path = make().save(tmp_path / "rate.json")
        before = path.read_bytes()
        with pytest.raises(DataError, match=r"'rate' cannot be saved as JSON .* It may hold"):
            make(seconds=value).save(path)
        assert path.read_bytes() == before
        assert [each.name for each in tmp_path.iterdir()] == ["rate.json"]

    def test_what_could_not_be_read_again_does_not_replace_a_good_file(self, tmp_path):
        path = make().save(tmp_path / "rate.json")
        before = path.read_bytes()
        with pytest.raises(DataError, match="a trial has 1 scores"):
            make([Trial(DEFAULT, [0.5])]).save(path)
        assert path.read_bytes() == before

    def test_a_recorded_one_that_there_is_not(self):
        with pytest.raises(DataError, match=r"^none\.json is not there"):
            trials.recorded("none")

    def test_without_a_checkout_there_is_no_record(self, monkeypatch):
        monkeypatch.setattr(settings, "IN_CHECKOUT", False)
        with pytest.raises(DataError, match="comes with the project's checkout"):
            trials.recorded("search")


class TestFilesThatAreNoTunings:
    def refused(self, path, message):
        with pytest.raises(DataError, match=message) as caught:
            load(path)
        assert str(path.parent) not in str(caught.value)

    def test_missing_or_a_folder(self, tmp_path):
        self.refused(tmp_path / "none.json", r"^none\.json is not there; run the notebook")
        self.refused(tmp_path, "cannot be read as a tuning")

    @pytest.mark.parametrize("text", ["", "{", "[" * 100_000, "\ud800"], ids=range(4))
    def test_no_json(self, tmp_path, text):
        path = tmp_path / "bad.json"
        path.write_bytes(text.encode("utf-8", "surrogatepass"))
        self.refused(path, r"^bad\.json cannot be read as a tuning")

    @pytest.mark.parametrize("content", ["[]", "{}", '{"format": 1}', '{"kind": "tuning"}'])
    def test_another_kind_of_file(self, tmp_path, content):
        path = tmp_path / "bad.json"
        path.write_text(content)
        self.refused(path, r"^bad\.json is not a tuning of this version")

    @pytest.mark.parametrize(
        ("changes", "message"),
        [
            ({"name": 3}, "name must be a str"),
            ({"trials": []}, "there is no trial"),
            ({"trials": [3]}, "a trial must be a dict"),
            ({"trials": [{"setting": DEFAULT}]}, "scores"),
            ({"trials": [asdict(TRIALS[0]) | {"more": 1}]}, "more"),
            ({"trials": [asdict(TRIALS[0]) | {"scores": [0.5, 0.5, 1.5]}]}, "from 0 to 1"),
            ({"trials": [asdict(TRIALS[0]) | {"scores": [0.5, 0.5, None]}]}, "from 0 to 1"),
            ({"trials": [asdict(TRIALS[1]) | {"scores": [0.5]}]}, "a trial has 1 scores"),
            ({"trials": [asdict(TRIALS[0]) | {"setting": {"rate": 1}}]}, "settings of the default"),
            ({"trials": [asdict(TRIALS[0]) | {"seconds": "1"}]}, "seconds must be a number"),
            ({"protocol": {"folds": 3}}, "does not state epochs"),
            ({"protocol": PROTOCOL | {"folds": True}}, "folds must be a int"),
        ],
    )
    def test_a_part_that_cannot_be(self, tmp_path, changes, message):
        path = tmp_path / "bad.json"
        content = {"format": 1, "kind": "tuning", **asdict(make()), **changes}
        path.write_text(json.dumps(content))
        self.refused(path, rf"^bad\.json lacks a part of a tuning or has a wrong one .*{message}")
