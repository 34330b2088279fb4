"""The progress bar: a line on a terminal, a picture in a notebook, nothing elsewhere."""

import io
import sys
import types

from mnistlab import progress
from mnistlab.progress import LivePicture, Progress, duration, in_notebook

import pytest

PNG = b"\x89PNG\r\n\x1a\n"


class Terminal(io.StringIO):
    def isatty(self):
        return True


@pytest.fixture
def clock(monkeypatch):
    """A clock that only moves when it is told to."""
    now = types.SimpleNamespace(seconds=100.0)
    monkeypatch.setattr(progress, "time", types.SimpleNamespace(monotonic=lambda: now.seconds))
    return now


@pytest.fixture
def terminal(monkeypatch):
    # Not sys.stderr itself: pytest replaces that one between a fixture and its test.
    system = types.SimpleNamespace(stderr=Terminal(), modules=sys.modules)
    monkeypatch.setattr(progress, "sys", system)
    return system.stderr


@pytest.fixture
def notebook(monkeypatch):
    """Stands in for a kernel; holds what was displayed and every update of it."""
    shown = []

    class Handle:
        def update(self, data, raw):
            shown.append(("update", data))

    def display(data, raw, display_id):
        shown.append(("display", data))
        return Handle()

    monkeypatch.setattr(progress, "in_notebook", lambda: True)
    monkeypatch.setattr("IPython.display.display", display)
    return shown


@pytest.fixture
def labels(monkeypatch):
    """The words beside every bar that was drawn as a picture, and its filled share."""
    drawn, real_bar = [], progress._bar

    def bar(share, label):
        drawn.append((share, label))
        return real_bar(share, label)

    monkeypatch.setattr(progress, "_bar", bar)
    return drawn


class TestOnATerminal:
    def test_share_title_text_and_time_left(self, clock, terminal):
        with Progress(4, "Counting") as bar:
            clock.seconds += 10
            bar.update(1, "one")
        lines = [line.rstrip() for line in terminal.getvalue().split("\r")]
        assert lines[1] == "  0%  Counting"
        assert lines[2] == " 25%  Counting   one   30 s left"
        assert lines[3] == " 25%  Counting   one   10 s in all"
        assert terminal.getvalue().endswith("\n")

    def test_a_shorter_line_covers_the_longer_one(self, clock, terminal):
        with Progress(2, "Counting") as bar:
            clock.seconds += 5
            bar.update(1, "a long explanation")
            clock.seconds += 5
            bar.update(2, "end")
        long, short = terminal.getvalue().split("\r")[2:4]
        assert "100%  Counting   end" in short
        assert len(short) >= len(long.rstrip())

    def test_it_is_drawn_once_a_second_at_most(self, clock, terminal):
        with Progress(1000, "Counting") as bar:
            for number in range(1000):
                clock.seconds += 0.01
                bar.update(number)
        assert terminal.getvalue().count("\r") <= 12

    def test_more_than_all_is_all(self, clock, terminal):
        with Progress(2, "Counting") as bar:
            clock.seconds += 5
            bar.update(7)
        assert "100%" in terminal.getvalue()
        assert "350%" not in terminal.getvalue()

    def test_no_work_at_all(self, clock, terminal):
        with Progress(0, "Counting"):
            pass
        assert "0%  Counting" in terminal.getvalue()

    def test_an_exception_passes_and_the_line_ends(self, clock, terminal):
        with pytest.raises(KeyError), Progress(2, "Counting"):
            raise KeyError
        assert terminal.getvalue().endswith("\n")


def test_elsewhere_nothing_is_written(clock, capsys):
    with Progress(2, "Counting") as bar:
        clock.seconds += 5
        bar.update(1, "one")
    captured = capsys.readouterr()
    assert (captured.out, captured.err) == ("", "")


class TestInANotebook:
    def test_one_picture_is_replaced_as_work_goes_on(self, clock, notebook, labels):
        with Progress(4, "Counting") as bar:
            clock.seconds += 10
            bar.update(1, "one")
        assert [kind for kind, _ in notebook] == ["display", "update", "update"]
        assert labels == [
            (0.0, "Counting"),
            (0.25, "Counting   one   30 s left"),
            (0.25, "Counting   one   10 s in all"),
        ]

    def test_only_the_png_is_sent(self, clock, notebook):
        with Progress(1, "Counting"):
            pass
        for _, data in notebook:
            assert set(data) == {"image/png"}
            assert data["image/png"].startswith(PNG)

    def test_words_that_look_like_formulas_are_drawn_as_they_are(self, clock, notebook):
        with Progress(1, r"$\undefined{ 50 % <b>"):
            pass
        assert notebook[0][1]["image/png"].startswith(PNG)

    def test_a_picture_can_be_any_figure(self, notebook):
        from matplotlib.figure import Figure

        picture = LivePicture()
        picture.show(Figure())
        picture.show(Figure())
        assert [kind for kind, _ in notebook] == ["display", "update"]


class TestInNotebook:
    def with_shell(self, monkeypatch, shell):
        monkeypatch.setitem(
            sys.modules, "IPython", types.SimpleNamespace(get_ipython=lambda: shell)
        )

    def test_in_a_kernel(self, monkeypatch):
        self.with_shell(monkeypatch, types.SimpleNamespace(kernel=object()))
        assert in_notebook()

    def test_in_ipython_on_a_terminal(self, monkeypatch):
        self.with_shell(monkeypatch, types.SimpleNamespace())
        assert not in_notebook()

    def test_in_plain_python(self, monkeypatch):
        self.with_shell(monkeypatch, None)
        assert not in_notebook()
        monkeypatch.delitem(sys.modules, "IPython")
        assert not in_notebook()


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0, "0 s"),
        (7.4, "7 s"),
        (59.4, "59 s"),
        (59.6, "1 min 0 s"),
        (130, "2 min 10 s"),
        (3599.6, "1 h 0 min"),
        (4000, "1 h 6 min"),
        (90_000, "25 h 0 min"),
    ],
)
def test_durations_in_words(seconds, text):
    assert duration(seconds) == text
