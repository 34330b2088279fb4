"""Finished folds in files: read back exactly, never mixed, never in the way."""

import errno
import json
import math
import os
from pathlib import Path

from mnistlab import settings
from mnistlab.evaluation import kept_folds
from mnistlab.evaluation.fold import FoldOutcome
from mnistlab.evaluation.kept_folds import KeptFolds, default_folder

import pytest

RUN = {"protocol": {"folds": 3, "seed": 1}, "network": "abc", "threads": 1}


def outcome(fold=0, **changes):
    history = {"loss": [1 / 3, math.inf], "val_accuracy": [0.1 + 0.2, 0.97]}
    return FoldOutcome(
        **{"fold": fold, "history": history, "seconds": 1.25, "threads": 1} | changes
    )


@pytest.fixture
def kept(tmp_path):
    return KeptFolds(RUN, tmp_path)


class TestReading:
    def test_nothing_is_there_at_first(self, kept):
        assert kept.read(3) == {}

    def test_what_is_kept_is_read_to_the_last_digit(self, kept, tmp_path):
        kept.keep(outcome(0))
        kept.keep(outcome(2))
        assert KeptFolds(RUN, tmp_path).read(3) == {0: outcome(0), 2: outcome(2)}

    def test_nan_is_read_as_nan(self, kept):
        kept.keep(outcome(history={"loss": [math.nan], "val_accuracy": [0.5]}))
        assert math.isnan(kept.read(3)[0].history["loss"][0])

    @pytest.mark.parametrize("key", RUN)
    def test_another_run_sees_nothing_of_it(self, kept, tmp_path, key):
        kept.keep(outcome())
        assert KeptFolds(RUN | {key: "other"}, tmp_path).read(3) == {}
        assert kept.read(3) == {0: outcome()}


class TestFilesThatCannotBeUsed:
    def spoil(self, kept, change):
        kept.keep(outcome())
        path = kept.folder / "fold1.json"
        content = path.read_bytes()
        path.write_bytes(change(content))
        return content

    @pytest.mark.parametrize(
        "change",
        [
            lambda content: b"",
            lambda content: content[:-20],
            lambda content: content.replace(b"0.97", b"0.98"),
            lambda content: b"[1, 2]",
            lambda content: b"{}",
            lambda content: b"\xff\xfe" + content,
            lambda content: b"[" * 100_000,
        ],
        ids=["empty", "cut off", "one digit changed", "a list", "no content", "no text", "deep"],
    )
    def test_a_damaged_one_is_set_aside(self, kept, change):
        self.spoil(kept, change)
        with pytest.warns(UserWarning, match=r"fold1.json is not used, it is damaged: it is now "):
            assert kept.read(3) == {}
        assert [path.name for path in kept.folder.iterdir()] == ["fold1.json.set-aside-1"]
        kept.keep(outcome())
        assert kept.read(3) == {0: outcome()}

    def test_several_set_aside_have_names_of_their_own(self, kept):
        for _ in range(2):
            self.spoil(kept, lambda content: b"")
            with pytest.warns(UserWarning, match="set-aside"):
                kept.read(3)
        assert len(list(kept.folder.iterdir())) == 2

    def test_one_that_cannot_be_renamed_is_not_called_renamed(self, kept, monkeypatch):
        def refuse(self, target):
            raise PermissionError(errno.EACCES, "Permission denied")

        self.spoil(kept, lambda content: b"")
        monkeypatch.setattr(Path, "rename", refuse)
        with pytest.warns(UserWarning, match=r"cannot be renamed either \(Permission denied\)"):
            assert kept.read(3) == {}

    def test_a_file_of_another_run_under_this_ones_name(self, kept, tmp_path):
        other = KeptFolds(RUN | {"network": "other"}, tmp_path)
        other.keep(outcome())
        kept.folder.mkdir()
        (other.folder / "fold1.json").rename(kept.folder / "fold1.json")
        with pytest.warns(UserWarning, match="it belongs to another run or fold"):
            assert kept.read(3) == {}

    def test_a_file_of_another_fold(self, kept):
        kept.keep(outcome(0))
        (kept.folder / "fold1.json").rename(kept.folder / "fold2.json")
        with pytest.warns(UserWarning, match="Fold 2 is run again"):
            assert kept.read(3) == {}

    def test_a_folder_in_the_place_of_a_file(self, kept, tmp_path):
        (kept.folder / "fold1.json").mkdir(parents=True)
        with pytest.warns(UserWarning, match=r"fold1.json is not used, it cannot be read") as said:
            assert kept.read(3) == {}
        assert str(tmp_path) not in str(said[0].message)


class TestWriting:
    def test_a_failure_is_said_once_and_stops_nothing(self, tmp_path):
        (tmp_path / "folds").write_text("a file in the way of the folder")
        kept = KeptFolds(RUN, tmp_path / "folds")
        with pytest.warns(UserWarning, match="Fold 1 is finished .* cannot be kept") as warned:
            kept.keep(outcome(0))
            kept.keep(outcome(1))
        assert len(warned) == 1
        assert kept.read(3) == {}

    def test_the_oldest_runs_make_room(self, tmp_path, monkeypatch):
        monkeypatch.setattr(kept_folds, "MOST_RUNS", 3)
        runs = [KeptFolds(RUN | {"network": str(number)}, tmp_path) for number in range(5)]
        for number, run in enumerate(runs):
            run.keep(outcome(0))
            os.utime(run.folder, (number, number))
            run.keep(outcome(1))
            os.utime(run.folder, (number, number))
        assert [len(run.read(3)) for run in runs] == [0, 0, 2, 2, 2]

    def test_room_is_also_made_by_others_at_the_same_time(self, tmp_path, monkeypatch):
        monkeypatch.setattr(kept_folds, "MOST_RUNS", 1)
        KeptFolds(RUN | {"network": "gone"}, tmp_path).keep(outcome())
        real_is_dir, real_stat = Path.is_dir, Path.stat

        def there_at_first(path):
            return path.parent == tmp_path or real_is_dir(path)

        def gone(path, **options):
            if path.parent == tmp_path and path != kept.folder:
                raise FileNotFoundError(errno.ENOENT, "No such file or directory")
            return real_stat(path, **options)

        kept = KeptFolds(RUN, tmp_path)
        with monkeypatch.context() as patch:
            patch.setattr(Path, "is_dir", there_at_first)
            patch.setattr(Path, "stat", gone)
            kept.keep(outcome())
        assert kept.read(3) == {0: outcome()}

    def test_a_file_can_be_read_by_people(self, kept):
        kept.keep(outcome())
        content = json.loads((kept.folder / "fold1.json").read_text("utf-8"))
        assert content["run"] == RUN
        assert content["seconds"] == 1.25


def test_they_are_among_the_readers_own_results(monkeypatch, tmp_path):
    for record in (False, True):
        run = settings.Settings(output=tmp_path, record=record)
        monkeypatch.setattr(settings, "current", lambda run=run: run)
        assert default_folder() == tmp_path / "my_results" / "folds"
