"""The buttons of the screens: a double click on long work is one click."""

from mnistlab.widgets.designer.screens import controls
from mnistlab.widgets.designer.screens.controls import button

import pytest

CLICK = {"event": "click"}


class Clock:
    """Stands still but for the work that is done."""

    def __init__(self):
        self.now = 0.0

    def monotonic(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch):
    clock = Clock()
    monkeypatch.setattr(controls, "time", clock)
    return clock


@pytest.mark.parametrize(("seconds", "times"), [(2.0, 1), (0.01, 2)])
def test_a_double_click_is_one_click_where_the_work_is_long(clock, seconds, times):
    done = []

    def work() -> None:
        clock.now += seconds
        done.append(clock.now)

    made = button("Verify", work)
    made._handle_button_msg(made, CLICK, [])
    made._handle_button_msg(made, CLICK, [])
    assert len(done) == times
    clock.now += 1
    made._handle_button_msg(made, CLICK, [])
    assert len(done) == times + 1


def test_a_program_may_click_as_often_as_it_wants(clock):
    done = []

    def work() -> None:
        clock.now += 2
        done.append(clock.now)

    made = button("Verify", work)
    made.click()
    made.click()
    assert len(done) == 2
