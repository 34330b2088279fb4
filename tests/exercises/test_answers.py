"""Every exercise of every notebook, given right answers and the wrong ones that learners give.

`answers_NAME.py` holds the answers for `mnistlab.exercises.NAME`.
"""

import importlib
import importlib.util
from pathlib import Path

import mnistlab
from mnistlab.exercises.exercise import Exercise

import pytest

HERE = Path(__file__).parent
FRAMEWORK = {"__init__", "exercise", "judging"}
MODULES = sorted(
    path.stem
    for path in (Path(mnistlab.__file__).parent / "exercises").glob("*.py")
    if path.stem not in FRAMEWORK
)


def answers(name):
    path = HERE / f"answers_{name}.py"
    spec = importlib.util.spec_from_file_location(f"answers_{name}", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def exercises(name):
    module = importlib.import_module(f"mnistlab.exercises.{name}")
    return {key: value for key, value in vars(module).items() if isinstance(value, Exercise)}


EXERCISES = {(name, key): each for name in MODULES for key, each in exercises(name).items()}
RIGHT = [
    pytest.param(name, key, answer, id=f"{name}.{key}-{place}")
    for name in MODULES
    for key, given in answers(name).RIGHT.items()
    for place, answer in enumerate(given)
]
WRONG = [
    pytest.param(name, key, answer, words, id=f"{name}.{key}-{place}")
    for name in MODULES
    for key, given in answers(name).WRONG.items()
    for place, (answer, words) in enumerate(given)
]


@pytest.mark.parametrize("name", MODULES)
class TestEveryNotebook:
    def test_it_has_at_least_three_exercises(self, name):
        assert len(exercises(name)) >= 3

    def test_all_of_them_are_tested_in_two_right_forms_and_a_wrong_one(self, name):
        module = answers(name)
        assert set(module.RIGHT) == set(module.WRONG) == set(exercises(name))
        assert all(len(given) >= 2 for given in module.RIGHT.values())
        assert all(module.WRONG.values())

    def test_its_notebook_asks_every_one_of_them(self, name):
        texts = [
            path.read_text("utf-8") for path in (HERE.parents[1] / "notebooks").glob("*.ipynb")
        ]
        asking = [
            text for text in texts if f"mnistlab.exercises import {name} as exercises" in text
        ]
        assert len(asking) == 1
        assert not [key for key in exercises(name) if f"exercises.{key}.check(" not in asking[0]]


@pytest.mark.parametrize("exercise", EXERCISES.values(), ids=[".".join(each) for each in EXERCISES])
class TestEveryExercise:
    def test_its_own_answer_is_right(self, exercise):
        assert exercise.check(exercise.answer).outcome == "right"

    def test_three_dots_are_no_attempt(self, exercise):
        assert exercise.check(...).outcome == "not attempted"

    @pytest.mark.parametrize("answer", [None, "a text", object(), [], {}, float("nan")])
    def test_it_never_raises(self, exercise, answer):
        assert exercise.check(answer).outcome in ("wrong", "not attempted")

    def test_a_function_that_is_still_empty_is_no_attempt(self, exercise):
        def empty(*arguments): ...

        expected = "not attempted" if callable(exercise.answer) else "wrong"
        assert exercise.check(empty).outcome == expected

    def test_a_function_that_raises_could_not_run(self, exercise):
        def fails(*arguments):
            raise RuntimeError("out of order")

        verdict = exercise.check(fails)
        if callable(exercise.answer):
            assert verdict.outcome == "could not run"
            assert "RuntimeError: out of order" in " ".join(repr(verdict).split())
        else:
            assert verdict.outcome == "wrong"

    def test_its_hint_is_not_its_solution(self, exercise):
        assert len(exercise.hint()) > 20
        assert exercise.hint() not in exercise.solution()

    def test_its_solution_shows_and_explains(self, exercise):
        shown, _, why = str(exercise.solution()).rpartition("\n\n")
        assert shown and len(why) > 20
        assert not callable(exercise.answer) or "def " in shown or "lambda" in shown


@pytest.mark.parametrize(("name", "key", "answer"), RIGHT)
def test_right_in_any_form(name, key, answer):
    verdict = EXERCISES[name, key].check(answer)
    assert verdict.outcome == "right", verdict


@pytest.mark.parametrize(("name", "key", "answer", "words"), WRONG)
def test_wrong_answers_are_told_what_is_wrong(name, key, answer, words):
    verdict = EXERCISES[name, key].check(answer)
    assert verdict.outcome == "wrong"
    assert words in " ".join(repr(verdict).split())
    assert len(verdict.message) > 20
