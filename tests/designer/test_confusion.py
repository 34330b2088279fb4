"""The confusion matrix and the table beside it: what they are given, and what comes back."""

from mnistlab.errors import DataError
from mnistlab.widgets.designer.views.confusion import MOST, Confusion
from mnistlab.widgets.designer.views.table import Table

import numpy as np
import pytest

COUNTS = [[5, 1, 0], [0, 4, 2], [3, 0, 0]]
NAMES = ["cat", "<b>dog</b>", "$owl$"]


@pytest.fixture
def chosen():
    return []


@pytest.fixture
def confusion(chosen):
    confusion = Confusion(lambda true, predicted: chosen.append((true, predicted)))
    confusion.show(np.array(COUNTS), NAMES)
    return confusion


class TestShowing:
    def test_counts_names_and_row_sums(self, confusion):
        assert confusion.counts == COUNTS
        assert confusion.names == NAMES
        assert confusion.sums == [6, 6, 3]
        assert confusion.chosen == []

    def test_another_matrix_takes_its_place_and_forgets_the_cell(self, confusion):
        confusion.choose(0, 1)
        version = confusion.version
        confusion.show([[1]], ["one"])
        assert (confusion.counts, confusion.chosen, confusion.classes) == ([[1]], [], [0])
        assert confusion.version != version

    def test_nothing(self, confusion):
        confusion.clear()
        assert (confusion.names, confusion.counts, confusion.caption) == ([], [], "")

    @pytest.mark.parametrize(
        ("counts", "names"), [([[1, 2]], ["a"]), ([[1, 2], [3, 4]], ["a"]), ([1, 2], ["a", "b"])]
    )
    def test_what_does_not_fit_is_refused(self, confusion, counts, names):
        with pytest.raises(DataError, match="a row and a column for each class"):
            confusion.show(counts, names)
        assert confusion.names == NAMES

    def test_of_many_classes_those_with_the_most_errors_are_shown(self, chosen):
        counts = np.diag(np.full(100, 7))
        wrong = np.arange(3, 3 + MOST // 2)
        counts[wrong, wrong + 50] = 2
        confusion = Confusion(lambda true, predicted: chosen.append((true, predicted)))
        confusion.show(counts, [f"class {number}" for number in range(100)])
        assert confusion.classes == sorted([*wrong, *(wrong + 50)])
        assert confusion.names[0] == "class 3"
        assert f"the {MOST} of 100 classes" in confusion.caption
        assert confusion.sums[0] == 9
        confusion.choose(3, 53)
        assert chosen == [(3, 53)]
        assert confusion.chosen == [0, confusion.classes.index(53)]
        with pytest.raises(DataError, match="no cell for 0"):
            confusion.choose(0, 0)


class TestFromTheBrowser:
    def test_a_click_chooses_the_cell(self, confusion, chosen):
        confusion._receive(None, {"choose": [1, 2], "version": confusion.version}, [])
        assert chosen == [(1, 2)]
        assert confusion.chosen == [1, 2]

    def test_a_click_on_a_matrix_that_is_gone_does_nothing(self, confusion, chosen):
        confusion._receive(None, {"choose": [1, 2], "version": confusion.version - 1}, [])
        assert chosen == []

    @pytest.mark.parametrize(
        "cell", [[3, 0], [0, -1], [0], [0, 1, 2], ["0", 1], [0.0, 1], [True, 1], "01", None, {}]
    )
    def test_what_is_no_cell_does_nothing(self, confusion, chosen, cell):
        confusion._receive(None, {"choose": cell, "version": confusion.version}, [])
        assert chosen == []

    @pytest.mark.parametrize("message", [None, "choose", 7, [], {}])
    def test_what_is_no_message_does_nothing(self, confusion, chosen, message):
        confusion._receive(None, message, [])
        assert chosen == []


class TestTable:
    def test_every_cell_becomes_text(self):
        table = Table("Numbers")
        table.show(["Name", 1], [["<i>a</i>", 2.5], [None, True]], words=(0, 1))
        assert table.head == ["Name", "1"]
        assert table.rows == [["<i>a</i>", "2.5"], ["None", "True"]]
        assert table.words == [0, 1]

    def test_a_row_of_another_length_is_refused(self):
        table = Table("Numbers")
        table.show(["a", "b"], [[1, 2]])
        with pytest.raises(DataError, match="Row 2 has 1 cells; the head has 2"):
            table.show(["a", "b"], [[1, 2], [3]])
        assert table.rows == [["1", "2"]]
