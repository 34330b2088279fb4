"""The upload button: what the browser sends of files, and what is made of it."""

from mnistlab.errors import DataError
from mnistlab.widgets.designer.screens.uploads import LARGEST_UPLOAD, file_upload, path_in, uploaded
from mnistlab.widgets.designer.views.upload import Upload

import pytest


@pytest.fixture
def upload():
    made = file_upload()
    yield made
    made.close()


@pytest.fixture
def values(upload):
    seen = []
    upload.observe(lambda change: seen.append(change.new), "value")
    return seen


def begin(upload, *files, key="k"):
    sizes = [{"name": name, "size": size} for name, size in files]
    upload._handle_custom_msg({"key": key, "files": sizes}, [])


def piece(upload, place, content, key="k"):
    upload._handle_custom_msg({"key": key, "file": place}, [memoryview(content)])


def test_pieces_become_the_file_when_all_are_here(upload, values):
    begin(upload, ("a.txt", 5))
    piece(upload, 0, b"123")
    assert values == []
    piece(upload, 0, b"45")
    assert uploaded(upload.value) == [("a.txt", b"12345")]
    assert len(values) == 1
    assert upload.names == ["a.txt"]


def test_several_files_come_together(upload, values):
    begin(upload, ("a", 2), ("b", 1))
    piece(upload, 0, b"12")
    piece(upload, 1, b"3")
    assert uploaded(upload.value) == [("a", b"12"), ("b", b"3")]
    assert len(values) == 1


def test_the_same_file_again_is_another_upload(upload, values):
    for key in ("one", "two"):
        begin(upload, ("a", 1), key=key)
        piece(upload, 0, b"1", key=key)
    assert len(values) == 2


def test_of_what_is_too_large_only_the_size_comes(upload, values):
    begin(upload, ("a.csv", LARGEST_UPLOAD), ("b.csv", 2**20))
    assert len(values) == 1
    with pytest.raises(DataError, match=r"a\.csv has 11\.0 MiB; uploads are at most 10 MiB"):
        uploaded(upload.value)


def test_a_file_of_exactly_the_limit_is_awaited(upload, values):
    begin(upload, ("a", LARGEST_UPLOAD))
    assert values == []


def test_an_empty_file_is_said_to_be_empty(upload):
    begin(upload, ("a", 0))
    with pytest.raises(DataError, match="a came empty"):
        uploaded(upload.value)


def test_a_new_choice_ends_the_one_before(upload):
    begin(upload, ("a", 2), key="one")
    piece(upload, 0, b"1", key="one")
    begin(upload, ("b", 1), key="two")
    piece(upload, 0, b"2", key="one")
    piece(upload, 0, b"3", key="two")
    assert uploaded(upload.value) == [("b", b"3")]


@pytest.mark.parametrize(
    "message",
    [
        None,
        "files",
        {"files": "a"},
        {"files": ["a", {"name": 1, "size": 1}, {"name": "a", "size": -1}]},
        {"files": [{"name": "a", "size": True}]},
        {"key": None, "file": 0},
        {"key": "k", "file": 5},
        {"key": "k", "file": "0"},
    ],
)
def test_whatever_else_comes_is_nothing(upload, values, message):
    begin(upload, ("a", 3))
    upload._handle_custom_msg(message, [memoryview(b"123456")])
    assert values == []


def test_a_button_that_is_off_takes_nothing(upload, values):
    upload.disabled = True
    begin(upload, ("a", 0))
    assert values == []


def test_it_is_emptied_by_its_value(upload):
    upload.value = [{"name": "a", "content": b"1"}]
    upload.value = ()
    assert upload.value == ()
    assert upload.names == []


def test_its_script_asks_nothing_of_the_network():
    for word in ("innerHTML", "fetch(", "XMLHttpRequest", "http://", "https://"):
        assert word not in Upload._esm.replace("never innerHTML", "")


def test_a_path_that_somebody_wrote(tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("USERPROFILE", str(tmp_path))
    assert path_in(tmp_path, ".") == tmp_path
    assert path_in(tmp_path, " 'a b.csv' ") == tmp_path / "a b.csv"
    assert path_in(tmp_path / "other", str(tmp_path / "a.csv")) == tmp_path / "a.csv"
    assert path_in(tmp_path / "other", "~/a.csv") == tmp_path / "a.csv"
    with pytest.raises(DataError, match="Write it out"):
        path_in(tmp_path, "~nobody-of-this-name/a.csv")
