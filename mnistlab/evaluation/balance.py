"""Which epochs of which fold come when, so that no worker is idle at the end.

Five folds on two workers are three rounds, and in the last one a worker has
nothing to do. So the work is divided as R. McNaughton has shown ("Scheduling
with Deadlines and Loss Functions", Management Science 6, 1959, theorem 3.1):
all epochs in one row, cut into equal lengths, a length for each worker. A fold
that is cut has its first epochs at the beginning of one worker's time, and the
others at the end of another's. No other division ends earlier.
"""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Part:
    """Some epochs of a fold.

    Attributes:
        fold: number of the fold, from 0.
        until: how many epochs the fold has at the end of the part.
    """

    fold: int
    until: int


def parts(folds: Sequence[int], epochs: int, workers: int) -> list[Part]:
    """Divides the work evenly among workers.

    Args:
        folds: numbers of the folds.
        epochs: epochs of each.
        workers: how many work at once.

    Returns:
        The parts in the order in which they are to be begun. A fold has one or
        two; the first of two is planned to end an epoch or more before the
        second begins.

    Example:
        >>> [(part.fold, part.until) for part in parts(range(5), epochs=10, workers=2)]
        [(0, 10), (2, 5), (3, 10), (1, 10), (4, 10), (2, 10)]
    """
    length = rounded_up(len(folds) * epochs, workers)
    if length < epochs or workers == 1:
        return [Part(fold, epochs) for fold in folds]
    begun = []
    for place, fold in enumerate(folds):
        worker, start = divmod(place * epochs, length)
        after_cut = max(0, start + epochs - length)
        begun.append((start, worker, Part(fold, epochs)))
        if after_cut:
            begun.append((0, worker + 1, Part(fold, after_cut)))
    return [part for _, _, part in sorted(begun, key=lambda each: each[:2])]


def epochs_saved(folds: int, epochs: int, workers: int) -> int:
    """Returns by how many epochs the run is shorter than with undivided folds.

    Example:
        >>> epochs_saved(folds=5, epochs=10, workers=2)
        5
    """
    undivided = rounded_up(folds, workers) * epochs
    return undivided - max(epochs, rounded_up(folds * epochs, workers))


def rounded_up(number: int, divisor: int) -> int:
    """Returns the quotient, rounded up.

    Example:
        >>> rounded_up(5, 2)
        3
    """
    return -(-number // divisor)
