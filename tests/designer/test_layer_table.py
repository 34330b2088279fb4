"""The table of layers and the form of one: what they show, and what the browser may send."""

from mnistlab.errors import DesignError
from mnistlab.widgets.designer import rules
from mnistlab.widgets.designer.document import Design
from mnistlab.widgets.designer.palette import KINDS, kind_of
from mnistlab.widgets.designer.templates import template
from mnistlab.widgets.designer.views.layer_form import LayerForm
from mnistlab.widgets.designer.views.layer_table import Actions, LayerTable

import pytest


class Calls:
    """Remembers what the table asked for."""

    def __init__(self):
        self.made = []
        self.actions = Actions(
            choose=lambda place: self.made.append(("choose", place)),
            move=lambda place, to: self.made.append(("move", place, to)),
            remove=lambda place: self.made.append(("remove", place)),
        )


@pytest.fixture
def calls():
    return Calls()


@pytest.fixture
def table(calls):
    table = LayerTable(calls.actions)
    table.show(template("keras_convnet").rows, selected=3)
    return table


def send(widget, **message):
    widget._handle_custom_msg(message, [])


class TestWhatTheTableShows:
    def test_a_row_for_each_layer_of_the_article(self, table):
        shown = [(row["kind"], row["shape"], row["parameters"]) for row in table.rows]
        assert shown == [
            ("Conv2D", "26x26x32", "320"),
            ("Conv2D", "24x24x64", "18,496"),
            ("MaxPooling2D", "12x12x64", "0"),
            ("Dropout", "12x12x64", "0"),
            ("Flatten", "9216", "0"),
            ("Dense", "128", "1,179,776"),
            ("Dropout", "128", "0"),
            ("Output", "10", "1,290"),
        ]
        assert [row["number"] for row in table.rows] == list(range(1, 9))

    def test_shares_as_bars_and_in_percent(self, table):
        assert [row["percent"] for row in table.rows] == [
            *("< 0.1 %", "1.5 %", "", "", "", "98.3 %", "", "0.1 %")
        ]
        assert sum(row["share"] for row in table.rows) == pytest.approx(1)

    def test_a_mark_where_a_problem_names_the_row(self, table):
        design = Design.from_template("keras_convnet")
        design.change(1, kernel_size=27)
        table.show(design.rows, design.check())
        [message] = table.rows[1]["messages"]
        assert message == design.check()[0].message
        assert [row["messages"] for row in table.rows[2:]] == [[]] * 6
        assert [row["known"] for row in table.rows] == [True] + [False] * 7
        assert table.rows[1]["shape"] == "not known"
        assert table.rows[1]["parameters"] == ""

    def test_problems_of_the_training_mark_no_row(self, table):
        design = Design.from_template("keras_convnet")
        design.train_with(epochs=0)
        table.show(design.rows, design.check())
        assert rules.check(design.plan)
        assert not any(row["messages"] for row in table.rows)


class TestWhatTheTableIsTold:
    @pytest.mark.parametrize(
        ("message", "call"),
        [
            ({"do": "choose", "place": 5}, ("choose", 5)),
            ({"do": "step", "to": -1}, ("choose", 2)),
            ({"do": "step", "to": 1000}, ("choose", 7)),
            ({"do": "shift", "to": 1}, ("move", 3, 4)),
            ({"do": "remove"}, ("remove", 3)),
        ],
    )
    def test_clicks_and_keys(self, table, calls, message, call):
        send(table, **message)
        assert calls.made == [call]

    def test_a_row_is_dropped_at_another_place(self, table, calls):
        send(table, do="drop", place=1, to=6, version=table.version)
        assert calls.made == [("move", 1, 6)]

    def test_not_if_the_rows_changed_while_it_was_dragged(self, table, calls):
        before = table.version
        table.show(template("lenet5").rows, selected=3)
        send(table, do="drop", place=1, to=6, version=before)
        assert calls.made == []

    def test_the_same_rows_again_are_no_change(self, table):
        before = table.version
        table.show(template("keras_convnet").rows, selected=5)
        assert table.version == before
        assert table.selected == 5

    @pytest.mark.parametrize(
        "message",
        [
            {"do": "choose", "place": 8},
            {"do": "choose", "place": -1},
            {"do": "choose", "place": True},
            {"do": "choose", "place": "1"},
            {"do": "choose", "place": None},
            {"do": "shift", "to": "1"},
            {"do": "shift", "to": 0},
            {"do": "drop", "place": 1, "to": 1},
            {"do": "drop", "place": 1, "to": 99},
            {"do": ["choose"], "place": 1},
            {"do": "explode"},
            {},
        ],
    )
    def test_nonsense_does_nothing(self, table, calls, message):
        send(table, version=table.version, **message)
        table._handle_custom_msg(["choose", 1], [])
        assert calls.made == []

    def test_the_first_row_stays_where_it_is(self, table, calls):
        table.show(template("keras_convnet").rows, selected=0)
        send(table, do="shift", to=-1)
        assert calls.made == []

    def test_with_no_row_chosen_there_is_nothing_to_remove_or_move(self, table, calls):
        table.show(template("keras_convnet").rows)
        send(table, do="remove")
        send(table, do="shift", to=1)
        assert calls.made == []


def form_of(kind, **values):
    changes = []
    form = LayerForm(lambda *change: changes.append(change))
    known = kind_of(kind)
    form.show("k", kind, known.help, known.settings, {**known.defaults, **values})
    return form, changes


class TestTheForm:
    @pytest.mark.parametrize("kind", KINDS)
    def test_each_setting_has_a_label_its_range_in_words_and_help(self, kind):
        form, _ = form_of(kind)
        assert [field["name"] for field in form.fields] == list(kind_of(kind).defaults)
        for field in form.fields:
            assert field["label"] and field["help"]
            number = field["type"] in ("int", "float")
            assert bool(field["range"]) == number
            assert bool(field["choices"]) == (field["type"] == "choice")
            assert field["allowed"]

    def test_a_value_out_of_range_stands_there_and_is_marked(self):
        form, _ = form_of("Dropout", rate=1.0)
        [field] = form.fields
        assert (field["value"], field["allowed"], field["range"]) == (1.0, False, "0 to below 1")

    @pytest.mark.parametrize(
        ("kind", "name", "typed", "value"),
        [
            ("Conv2D", "filters", " 64 ", 64),
            ("Conv2D", "filters", "2.5", 2.5),
            ("Conv2D", "filters", "abc", "abc"),
            ("Conv2D", "filters", "\N{MINUS SIGN}3", -3),
            ("Conv2D", "activation", "tanh", "tanh"),
            ("Conv2D", "use_bias", False, False),
            ("Dropout", "rate", "0,5", 0.5),
            ("MaxPooling2D", "strides", "", None),
            ("Conv2D", "strides", "", ""),
        ],
    )
    def test_what_is_typed_is_read_as_a_number_where_it_is_one(self, kind, name, typed, value):
        form, changes = form_of(kind)
        send(form, set=name, value=typed, key="k")
        assert changes == [("k", name, value)]

    @pytest.mark.parametrize(
        "typed", ["abc", "", "2.5", "nan", "inf", "1e400", "9" * 50, None, [1], {"a": 1}, True]
    )
    def test_what_is_no_whole_number_is_refused_by_the_setting(self, typed):
        form, changes = form_of("Conv2D")
        send(form, set="filters", value=typed, key="k")
        with pytest.raises(DesignError, match="whole number"):
            kind_of("Conv2D").setting("filters").check_type(changes[0][2])

    def test_what_was_typed_for_another_row_or_setting_is_ignored(self):
        form, changes = form_of("Conv2D")
        send(form, set="filters", value="5", key="other")
        send(form, set="rate", value="5", key="k")
        send(form, set=["filters"], value="5", key="k")
        form._handle_custom_msg("filters", [])
        assert changes == []
