"""Dividing the epochs of folds among workers: all is done, in order, and nobody is idle."""

import heapq
import itertools

from mnistlab.evaluation.balance import Part, epochs_saved, parts

import pytest

CASES = list(itertools.product(range(1, 13), (1, 2, 3, 5, 10)))


def begun_and_ended(order, workers):
    """Has whoever is free begin the next part; returns the times of each, in epochs."""
    free, done, times = [0] * workers, {}, []
    for part in order:
        begin = heapq.heappop(free)
        # A first part that is not finished has to be trained again.
        end = begin + part.until - done.get(part.fold, (0, 0))[1]
        assert done.get(part.fold, (0, 0))[0] <= begin
        done[part.fold] = (end, part.until)
        times.append((begin, end))
        heapq.heappush(free, end)
    return times


@pytest.mark.parametrize("workers", range(1, 8))
def test_all_is_done_once_and_as_soon_as_can_be(workers):
    for folds, epochs in CASES:
        order = parts(range(folds), epochs, workers)
        assert sorted(part.fold for part in order if part.until == epochs) == list(range(folds))
        assert len(order) <= folds + workers - 1
        end = max(end for _, end in begun_and_ended(order, workers))
        assert end == max(epochs, -(-folds * epochs // workers))
        assert end == -(-folds // workers) * epochs - epochs_saved(folds, epochs, workers)


@pytest.mark.parametrize("workers", range(1, 8))
def test_a_fold_has_two_parts_at_most_the_earlier_one_first(workers):
    for folds, epochs in CASES:
        order = parts(range(folds), epochs, workers)
        for fold in range(folds):
            ends = [part.until for part in order if part.fold == fold]
            assert len(ends) <= 2
            assert ends == sorted(set(ends))


def test_where_it_comes_out_even_nothing_is_divided():
    assert parts([0, 1, 2, 3], 10, 2) == [Part(0, 10), Part(2, 10), Part(1, 10), Part(3, 10)]
    assert parts([4, 2], 10, 5) == [Part(4, 10), Part(2, 10)]
    assert parts([4, 2, 0], 10, 1) == [Part(4, 10), Part(2, 10), Part(0, 10)]
    assert epochs_saved(4, 10, 2) == epochs_saved(2, 10, 5) == epochs_saved(3, 10, 1) == 0


def test_four_workers_share_five_folds():
    # By hand: a row of 40 epochs cut at 10, 20 and 30 holds four folds of eight epochs and the
    # fifth; each worker has ten of them.
    expected = [(0, 8), (1, 6), (2, 4), (3, 2), (4, 8), (3, 8), (2, 8), (1, 8)]
    assert [(part.fold, part.until) for part in parts(range(5), 8, 4)] == expected
    assert epochs_saved(5, 8, 4) == 6
