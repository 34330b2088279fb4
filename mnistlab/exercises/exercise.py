"""What an exercise is: it judges an answer, gives a hint, and shows a solution.

A judge is a function that takes the learner's answer and returns when it is
right. Otherwise it raises `Mistake` with what is wrong, in words for the
learner; `judging` has the usual judges' parts. Answers that are still three
dots, or functions that still give nothing back, count as not attempted.
"""

import inspect
import textwrap
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

Outcome = Literal["right", "wrong", "not attempted", "could not run"]

_OPENING = {
    "right": "Right.",
    "wrong": "Not yet.",
    "not attempted": "Not attempted yet.",
    "could not run": "Could not run.",
}


class Mistake(Exception):  # noqa: N818 - what a learner makes is no error of the program
    """The answer is wrong; the message says how, and what to look at."""


class NotAttempted(Exception):  # noqa: N818
    """There is no answer yet."""


class CouldNotRun(Exception):  # noqa: N818
    """The learner's function raised an error; the message names it."""


@dataclass(frozen=True)
class Verdict:
    """What an exercise says about an answer; a notebook shows it as text.

    Attributes:
        outcome: "right", "wrong", "not attempted" or "could not run".
        message: why, in words for the learner.

    Example:
        >>> Verdict("wrong", "There are 10 digits, from 0 to 9.")
        Not yet. There are 10 digits, from 0 to 9.
        >>> bool(Verdict("right", "Ten."))
        True
    """

    outcome: Outcome
    message: str

    def __bool__(self) -> bool:
        return self.outcome == "right"

    def __repr__(self) -> str:
        return _wrapped(f"{_OPENING[self.outcome]} {self.message}")


class Shown(str):
    """Text that a notebook shows as it reads, without quotation marks."""

    __slots__ = ()

    def __repr__(self) -> str:
        return str(self)


class Exercise:
    """One exercise of a notebook.

    Args:
        judge: takes the answer; returns when it is right, raises `Mistake` when
            it is wrong. It may return a sentence, which is shown beside
            "Right.".
        hint: a step toward the answer that does not give it away.
        answer: the right answer: a value, or a function. What `solution()`
            shows is its value, or its source code.
        because: the reasoning, in one to three sentences.

    Example:
        >>> def judge(answer):
        ...     if answer != 10:
        ...         raise Mistake("Count the digits from 0 to 9.")
        >>> digits = Exercise(judge, "What is the first digit?", 10, "0 is a digit too.")
        >>> digits.check(...)
        Not attempted yet. Put your answer in place of the three dots, and run the cell again.
        >>> digits.check(9)
        Not yet. Count the digits from 0 to 9.
        >>> digits.check(10)
        Right. 0 is a digit too.
        >>> digits.hint()
        What is the first digit?
        >>> digits.solution()
        10
        <BLANKLINE>
        0 is a digit too.
    """

    def __init__(
        self,
        judge: Callable[[object], str | None],
        hint: str,
        answer: object,
        because: str,
    ) -> None:
        self._judge = judge
        self._hint = hint
        self.answer = answer
        self._because = because

    def check(self, answer: object) -> Verdict:
        """Judges an answer.

        Args:
            answer: what the exercise asked for; three dots when there is none yet.

        Returns:
            A verdict: right, wrong, not attempted, or could not run. It never
            raises because of the answer.
        """
        try:
            if answer is ...:
                raise NotAttempted
            praise = self._judge(answer)
        except NotAttempted as nothing:
            message = str(nothing) or (
                "Put your answer in place of the three dots, and run the cell again."
            )
            return Verdict("not attempted", message)
        except Mistake as mistake:
            return Verdict("wrong", str(mistake))
        except CouldNotRun as error:
            return Verdict("could not run", str(error))
        return Verdict("right", praise or self._because)

    def hint(self) -> Shown:
        """Returns a step toward the answer."""
        return Shown(_wrapped(self._hint))

    def solution(self) -> Shown:
        """Returns the answer, or its code, and the reasoning behind it."""
        shown = _source(self.answer) if callable(self.answer) else repr(self.answer)
        return Shown(f"{shown}\n\n{_wrapped(self._because)}")

    def __repr__(self) -> str:
        return "An exercise: give it .check(answer), .hint() or .solution()."


def _source(function: Callable[..., object]) -> str:
    """Returns a function's code under the name that the learner gives it."""
    code = textwrap.dedent(inspect.getsource(function)).rstrip()
    return code.replace(function.__name__, function.__name__.lstrip("_"))


def _wrapped(text: str) -> str:
    return "\n".join(textwrap.fill(line, 90) for line in text.split("\n"))
