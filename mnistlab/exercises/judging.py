"""The parts of a judge: numbers, shapes, arrays and functions, with their mistakes.

Every part returns when the answer is right, and raises `Mistake` with the most
specific message that it has. Mistakes that learners make again and again are
given as a dict: the message, and the wrong answer that it belongs to. Functions
are judged by what they do on random inputs, never by how they are written.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence

from mnistlab.exercises.exercise import CouldNotRun, Mistake, NotAttempted

import numpy as np

TOLERANCE = 1e-5


def expect_number(
    answer: object,
    right: float,
    mistakes: Mapping[str, float] | None = None,
    tolerance: float = TOLERANCE,
) -> None:
    """Judges one number.

    Args:
        answer: the learner's.
        right: the right one.
        mistakes: message -> the wrong number that it explains.
        tolerance: how far the answer may be off, absolute.

    Raises:
        Mistake: it is not a number, or another one.

    Example:
        >>> expect_number(26.0, 26)
        >>> expect_number(28, 26, {"That is the size with padding 'same'.": 28})
        Traceback (most recent call last):
            ...
        mnistlab.exercises.exercise.Mistake: That is the size with padding 'same'.
    """
    number = _as_number(answer)
    if abs(number - right) <= tolerance:
        return
    for message, wrong in (mistakes or {}).items():
        if abs(number - wrong) <= tolerance:
            raise Mistake(message)
    raise Mistake(f"{answer} is not it. Run .hint() for a step toward the answer.")


def expect_numbers(
    answer: object,
    right: Sequence[float],
    mistakes: Mapping[str, Sequence[float]] | None = None,
    tolerance: float = TOLERANCE,
) -> None:
    """Judges a row of numbers in order, such as a shape; tuple, list or array.

    Args:
        answer: the learner's.
        right: the right ones.
        mistakes: message -> the wrong row that it explains.
        tolerance: how far each may be off, absolute.

    Raises:
        Mistake: no row of numbers, of another length, or with another number.

    Example:
        >>> expect_numbers((26, 26, 32), (26, 26, 32))
        >>> expect_numbers((26, 26), (26, 26, 32))
        Traceback (most recent call last):
            ...
        mnistlab.exercises.exercise.Mistake: 3 numbers were asked; these are 2.
    """
    single = isinstance(answer, np.ndarray) and answer.ndim == 0
    if single or isinstance(answer, str) or not isinstance(answer, Iterable):
        raise Mistake(
            f"{len(right)} numbers were asked, in parentheses; this is {_kind(answer)}: {answer!r}."
        )
    given = list(answer)
    if any(each is ... for each in given):
        raise NotAttempted
    numbers = [_as_number(each) for each in given]
    for message, wrong in (mistakes or {}).items():
        if len(numbers) == len(wrong) and np.allclose(numbers, wrong, rtol=0, atol=tolerance):
            raise Mistake(message)
    if len(numbers) != len(right):
        raise Mistake(f"{len(right)} numbers were asked; these are {len(numbers)}.")
    for place, (number, wanted) in enumerate(zip(numbers, right, strict=True), start=1):
        if abs(number - wanted) > tolerance:
            raise Mistake(f"Number {place} of {len(right)}, {given[place - 1]}, is not right.")


def expect_array(
    answer: object,
    right: np.ndarray,
    mistakes: Mapping[str, np.ndarray] | None = None,
    tolerance: float = TOLERANCE,
    name: str = "your array",
) -> None:
    """Judges an array: its shape first, then its values.

    Args:
        answer: the learner's; anything that NumPy makes an array of.
        right: the right one.
        mistakes: message -> the wrong array that it explains.
        tolerance: how far each value may be off, absolute and relative.
        name: what to call the answer in a message.

    Raises:
        Mistake: no array of numbers, of another shape, or with other values.

    Example:
        >>> expect_array([[1, 2]], np.array([[1, 2]]))
        >>> expect_array(np.ones((4, 4)), np.ones((3, 3)), name="your kernel")
        Traceback (most recent call last):
            ...
        mnistlab.exercises.exercise.Mistake: your kernel is 4x4; what was asked is 3x3.
    """
    if answer is None or answer is ...:
        raise NotAttempted
    found, right = _as_array(answer, name), np.asarray(right)
    for message, wrong in (mistakes or {}).items():
        if _equal(found, np.asarray(wrong), tolerance):
            raise Mistake(message)
    if found.shape != right.shape:
        raise Mistake(f"{name} is {_size(found)}; what was asked is {_size(right)}.")
    if not _equal(found, right, tolerance):
        raise Mistake(f"{_first_difference(found, right, tolerance, name)}")


def expect_function(
    answer: object,
    right: Callable,
    cases: Sequence[tuple],
    mistakes: Mapping[str, Callable] | None = None,
    tolerance: float = TOLERANCE,
) -> None:
    """Judges a function by what it gives back for a number of inputs.

    Args:
        answer: the learner's function.
        right: a function that does what was asked.
        cases: the inputs, a tuple of arguments each; smallest first, because
            the first one that fails is shown.
        mistakes: message -> a function that makes that mistake. It is named when
            the answer agrees with it on every case.
        tolerance: how far each value may be off, absolute and relative.

    Raises:
        NotAttempted: the function gives nothing back.
        CouldNotRun: it raised an error.
        Mistake: it is no function, changes its input, or gives back something
            else.

    Example:
        >>> def double(x):
        ...     return x * 2
        >>> expect_function(double, lambda x: x + x, [(1,), (2.5,)])
        >>> expect_function(double, lambda x: x**2, [(2,), (3,)])
        Traceback (most recent call last):
            ...
        mnistlab.exercises.exercise.Mistake: For the input 3 your function gives 6; 9 was asked.
    """
    if not callable(answer):
        raise Mistake(f"A function was asked; this is {_kind(answer)}: {_shown(answer)}.")
    results = [call(answer, *case) for case in cases]
    if all(result is None or result is ... for result in results):
        raise NotAttempted("Your function gives nothing back yet; end it with a return.")
    wanted = [right(*_copies(case)) for case in cases]
    if all(_agree(result, each, tolerance) for result, each in zip(results, wanted, strict=True)):
        return
    for message, wrong in (mistakes or {}).items():
        if all(
            _agree(result, _quiet(wrong, case), tolerance)
            for result, case in zip(results, cases, strict=True)
        ):
            raise Mistake(message)
    for case, result, each in zip(cases, results, wanted, strict=True):
        if not _agree(result, each, tolerance):
            raise Mistake(_difference(case, result, each))


def call(function: Callable, *arguments: object) -> object:
    """Calls a learner's function with copies of the arguments.

    Args:
        function: the learner's.
        *arguments: what to give it.

    Returns:
        What it gives back.

    Raises:
        CouldNotRun: it raised an error.
        Mistake: it changed an array that was given to it.
    """
    given = _copies(arguments)
    try:
        with np.errstate(all="ignore"):
            result = function(*given)
    except Exception as error:
        inputs = ", ".join(_shown(each) for each in arguments)
        raise CouldNotRun(
            f"For the input {inputs} your function raised {type(error).__name__}: {error}"
        ) from error
    for before, after in zip(arguments, given, strict=True):
        if isinstance(before, np.ndarray) and not np.array_equal(before, after, equal_nan=True):
            raise Mistake("Your function changes the array that it is given; return a new one.")
    return result


def is_nan(result: object) -> bool:
    """Says whether there is a nan in what a learner's function gives back.

    Args:
        result: whatever it gives back.

    Returns:
        `True` for a nan, alone or among other numbers.
    """
    if result is None:
        return False
    try:
        return bool(np.isnan(np.asarray(result, dtype=float)).any())
    except (TypeError, ValueError, OverflowError):
        return False


def _copies(arguments: Sequence[object]) -> list[object]:
    return [each.copy() if isinstance(each, np.ndarray) else each for each in arguments]


def _quiet(function: Callable, case: Sequence[object]) -> object:
    """What an anticipated wrong function gives; `None` where it cannot even run."""
    try:
        with np.errstate(all="ignore"):
            return function(*_copies(case))
    except Exception:
        return None


def _agree(found: object, wanted: object, tolerance: float) -> bool:
    try:
        return _equal(np.asarray(found, dtype=float), np.asarray(wanted, dtype=float), tolerance)
    except (TypeError, ValueError, OverflowError):
        return False


def _equal(found: np.ndarray, wanted: np.ndarray, tolerance: float) -> bool:
    return found.shape == wanted.shape and np.allclose(
        found, wanted, rtol=tolerance, atol=tolerance, equal_nan=True
    )


def _difference(case: Sequence[object], found: object, wanted: object) -> str:
    inputs = ", ".join(_shown(each) for each in case)
    if _shape(found) != _shape(wanted):
        return (
            f"For the input {inputs} your function gives back {_size(found)}; "
            f"what was asked is {_size(wanted)}."
        )
    return (
        f"For the input {inputs} your function gives {_shown(found)}; {_shown(wanted)} was asked."
    )


def _first_difference(found: np.ndarray, right: np.ndarray, tolerance: float, name: str) -> str:
    wrong = ~np.isclose(found, right, rtol=tolerance, atol=tolerance, equal_nan=True)
    place = tuple(int(index) for index in np.argwhere(wrong)[0])
    where = f"at [{', '.join(map(str, place))}], " if place else ""
    # What would be right is not told: an array is often the whole answer.
    return (
        f"{name} differs in {int(wrong.sum())} of {right.size} values; the first of them, "
        f"{where}is {found[place]:g}. Run .hint() for a step toward the answer."
    )


def _as_number(answer: object) -> float:
    if answer is ...:
        raise NotAttempted
    if isinstance(answer, bool | np.bool_ | str) or _shape(answer) != ():
        raise Mistake(f"A number was asked; this is {_kind(answer)}: {_shown(answer)}.")
    try:
        return float(answer)
    except (TypeError, ValueError, OverflowError):
        raise Mistake(f"A number was asked; this is {_kind(answer)}: {_shown(answer)}.") from None


def _as_array(answer: object, name: str) -> np.ndarray:
    try:
        return np.asarray(answer, dtype=float)
    except (TypeError, ValueError, OverflowError):
        raise Mistake(f"{name} is {_kind(answer)}; an array of numbers was asked.") from None


def _kind(value: object) -> str:
    return {
        str: "a text",
        bool: "True or False",
        tuple: "a tuple",
        list: "a list",
        dict: "a dict",
        np.ndarray: "an array",
        type(None): "None",
    }.get(type(value), f"of the type {type(value).__name__}")


def _shape(value: object) -> tuple[int, ...] | None:
    """Returns a shape; `None` for lists in lists of different lengths, which have none."""
    try:
        return np.shape(value)
    except ValueError:
        return None


def _size(value: object) -> str:
    shape = _shape(value)
    if shape is None:
        return "rows of different lengths"
    if len(shape) > 1:
        return "x".join(map(str, shape))
    return f"{shape[0]} value{'s' * (shape[0] != 1)}" if shape else "a single value"


def _shown(value: object) -> str:
    """Returns a value in few characters: what is large is only named."""
    if isinstance(value, np.ndarray) and value.size > 9:
        return f"an array of shape {value.shape}"
    if isinstance(value, tuple | list) and len(value) > 12:
        return f"{len(value):,} values"
    if isinstance(value, np.ndarray):
        return np.array2string(value, precision=4, separator=", ")
    if isinstance(value, tuple | list):
        return f"({', '.join(map(_shown, value))})"
    if isinstance(value, float | np.floating):
        return f"{value:.6g}"
    if isinstance(value, np.integer):
        return str(value)
    if callable(value):
        return getattr(value, "__name__", "a function")
    return repr(value)
