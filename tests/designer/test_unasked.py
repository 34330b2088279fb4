"""What the page is told is no answer to a question of the page."""

import sys
import threading
from contextvars import ContextVar
from types import SimpleNamespace

from mnistlab.widgets.designer.app import Designer
from mnistlab.widgets.designer.unasked import unasked

import pytest

QUESTION = {"header": {"subshell_id": "gone a moment later"}}


class Kernels:
    """What ipykernel has of the kernel that it runs in."""

    def __init__(self, **has: object):
        self.has = SimpleNamespace(**has)

    def initialized(self) -> bool:
        return True

    def instance(self) -> SimpleNamespace:
        return self.has


@pytest.fixture
def question(monkeypatch):
    question = ContextVar("shell_parent")
    question.set(QUESTION)
    kernelbase = SimpleNamespace(Kernel=Kernels(_shell_parent=question))
    monkeypatch.setitem(sys.modules, "ipykernel.kernelbase", kernelbase)
    return question


def test_the_work_answers_no_question_and_what_follows_does(question):
    assert unasked(question.get) == {}
    assert unasked(unasked, question.get) == {}
    assert question.get() == QUESTION


def test_an_error_of_the_work_comes_through(question):
    with pytest.raises(ZeroDivisionError):
        unasked(lambda: 1 / 0)
    assert question.get() == QUESTION


@pytest.mark.parametrize("has", [{}, {"_shell_parent": {"header": {}}}])
def test_a_kernel_without_subshells_does_the_work_as_it_is(monkeypatch, has):
    monkeypatch.setitem(sys.modules, "ipykernel.kernelbase", SimpleNamespace(Kernel=Kernels(**has)))
    assert unasked(lambda: 7) == 7


def test_what_a_training_changes_on_the_screens_answers_no_question(question):
    designer, asked = Designer("lenet5"), []
    designer.screens[3].refresh = lambda: asked.append(question.get(QUESTION))
    thread = threading.Thread(target=designer.project.changed)
    thread.start()
    thread.join()
    assert asked == [{}]


def test_what_a_click_and_a_step_change_answers_no_question(question):
    designer, asked = Designer("lenet5"), []
    designer.screens[0].guarded(lambda: asked.append(question.get()))()
    designer.screens[2].refresh = lambda: asked.append(question.get())
    designer.go_to(2)
    assert asked == [{}, {}]
