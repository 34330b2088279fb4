"""Reading a folder of handwriting: one that is made here, in the form that the tool documents."""

import json

from mnistlab.data.images import strokes_to_digit
from tools import measure_reading

import numpy as np
import pytest
from PIL import Image

ONE = np.array([(0, 30), (20, 0), (20, 100)], "float32")
SEVEN = np.array([(0, 0), (60, 0), (20, 90)], "float32")
BAR = np.array([(15, 45), (55, 45)], "float32")


@pytest.fixture
def folder(tmp_path):
    np.savez(
        tmp_path / "pen_strokes.npz",
        xy=np.concatenate([ONE, SEVEN, BAR]),
        stroke_offsets=np.cumsum([0, len(ONE), len(SEVEN), len(BAR)]),
        sample_offsets=np.array([0, 1, 3]),
        labels=np.array([1, 7]),
        writers=np.array(["a", "b"]),
    )
    photos = tmp_path / "photos"
    photos.mkdir()
    Image.fromarray(255 - strokes_to_digit([SEVEN, BAR])).save(photos / "seven.png")
    Image.new("L", (90, 90), 255).save(photos / "blank.png")
    entries = [
        {"file": "seven.png", "label": 7, "kind": "photo", "group": "a"},
        {"file": "blank.png", "label": 3, "kind": "photo", "group": "a"},
    ]
    (photos / "labels.json").write_text(json.dumps(entries), "utf-8")
    return tmp_path


def test_every_kind_is_read_with_its_labels_and_groups(folder, capsys):
    kinds = dict(measure_reading.read_folder(folder))
    digits, labels, groups = kinds["strokes"]
    np.testing.assert_array_equal(digits[1], strokes_to_digit([SEVEN, BAR]))
    assert labels.tolist() == [1, 7]
    assert groups.tolist() == ["a", "b"]
    digits, labels, _ = kinds["photo"]
    np.testing.assert_array_equal(digits[0], strokes_to_digit([SEVEN, BAR]))
    assert labels.tolist() == [7, 3]
    assert not digits[1].any()
    assert "blank.png has no digit found" in capsys.readouterr().out


def test_the_recorded_model_reads_them(folder, capsys, monkeypatch):
    monkeypatch.setenv(measure_reading.FOLDER, str(folder))
    measure_reading.main([])
    said = capsys.readouterr().out
    assert "strokes      100.00% over 2 writers or pages" in said
    assert "photo         50.00% over 1 writers or pages" in said


def test_without_a_folder_it_says_so(monkeypatch, tmp_path):
    monkeypatch.delenv(measure_reading.FOLDER, raising=False)
    with pytest.raises(SystemExit, match="does not name a folder"):
        measure_reading.main([])
    monkeypatch.setenv(measure_reading.FOLDER, str(tmp_path))
    with pytest.raises(SystemExit, match="neither pen_strokes"):
        measure_reading.main([])
