"""Step 2: the palette, the table and the form, files and code, as a person would use them."""

import ast

from mnistlab.plots.figure import Figure
from mnistlab.widgets.designer.document import Design
from mnistlab.widgets.designer.palette import KINDS
from mnistlab.widgets.designer.project import Project
from mnistlab.widgets.designer.screens import design as module
from mnistlab.widgets.designer.screens.design import MOST_PROBLEMS, DesignScreen
from mnistlab.widgets.designer.screens.design_files import NOTHING
from mnistlab.widgets.designer.screens.templates import described

import pytest


@pytest.fixture
def project(tmp_path):
    return Project(Design.from_template("keras_convnet"), folder=tmp_path)


@pytest.fixture
def screen(project):
    return make_screen(project)


def make_screen(project):
    screen = DesignScreen(project)
    project.observe(screen.refresh)
    return screen


@pytest.fixture
def empty(tmp_path):
    return make_screen(Project(Design(), folder=tmp_path))


def send(widget, **message):
    widget._handle_custom_msg(message, [])


def kinds(screen):
    return [row["kind"] for row in screen.table.rows]


def selected(screen):
    """The row that table, form and drawing agree is chosen."""
    place = screen.table.selected
    assert screen.form.title.startswith(f"Row {place + 1}: {kinds(screen)[place]} ")
    assert screen.drawing.selected == place + 1
    return place


def type_in(screen, name, text):
    send(screen.form, set=name, value=text, key=screen.form.key)


def add(screen, kind):
    screen.palette.value = kind
    screen.buttons["add"].click()


class TestTheArticlesNetwork:
    def test_it_is_built_by_clicks(self, empty):
        for kind in ("Conv2D", "Conv2D", "MaxPooling2D", "Dropout", "Flatten", "Dense", "Dropout"):
            add(empty, kind)
        add(empty, "Output")
        for place, name, text in [(1, "filters", "64"), (6, "rate", "0.5")]:
            send(empty.table, do="choose", place=place)
            type_in(empty, name, text)
        assert [row["shape"] for row in empty.table.rows] == [
            *("26x26x32", "24x24x64", "12x12x64", "12x12x64"),
            *("9216", "128", "128", "10"),
        ]
        assert empty.totals.words.startswith("8 layers, 1,199,882 parameters: 4.8 MB of weights.")
        assert empty.project.design.layers == Design.from_template("keras_convnet").layers
        assert empty.problems.texts == []
        assert not empty.next.disabled

    def test_every_template_can_be_taken(self, screen):
        for name in Design.templates():
            screen.templates.choice.value = name
            assert screen.templates.words.words == described(name)
            screen.templates.take.click()
            assert screen.project.design.plan == Design.from_template(name).plan
            assert screen.name.value == name
            assert f"{screen.project.design.parameters:,} parameters" in described(name)
        assert "Undo brings back" in screen.notice.texts[0]
        screen.buttons["undo"].click()
        assert screen.name.value == Design.templates()[-2]


class TestThePalette:
    def test_every_kind_with_its_help(self, screen):
        assert screen.palette.options == tuple(KINDS)
        assert list(screen.palette.tooltips) == [kind.help for kind in KINDS.values()]
        for kind in KINDS:
            screen.palette.value = kind
            assert screen.help.words == f"{kind}: {KINDS[kind].help}"
            assert screen.buttons["add"].description == f"Add {kind}"

    def test_a_layer_goes_behind_the_chosen_row_and_is_chosen(self, screen):
        screen.select(2)
        add(screen, "BatchNormalization")
        assert kinds(screen)[2:4] == ["MaxPooling2D", "BatchNormalization"]
        assert selected(screen) == 3

    def test_behind_the_last_row_it_goes_before_the_output(self, screen):
        screen.select(7)
        add(screen, "Dense")
        assert kinds(screen)[-2:] == ["Dense", "Output"]
        assert selected(screen) == 7

    def test_an_output_goes_to_the_end(self, screen):
        screen.remove(7)
        screen.select(0)
        add(screen, "Output")
        assert kinds(screen)[-1] == "Output"
        assert selected(screen) == 7

    def test_more_than_there_may_be_are_refused(self, screen):
        while len(screen.project.design) < 100:
            screen.project.design.add("Dropout")
        screen.project.changed()
        add(screen, "Dropout")
        assert "100 layers already" in screen.refusal.texts[0]
        assert len(screen.table.rows) == 100


class TestTheButtons:
    def test_move_duplicate_delete(self, screen):
        screen.select(0)
        screen.buttons["down"].click()
        screen.buttons["down"].click()
        assert kinds(screen)[:3] == ["Conv2D", "MaxPooling2D", "Conv2D"]
        assert selected(screen) == 2
        screen.buttons["up"].click()
        assert selected(screen) == 1
        screen.buttons["duplicate"].click()
        assert kinds(screen)[:4] == ["Conv2D", "Conv2D", "Conv2D", "MaxPooling2D"]
        assert selected(screen) == 2
        screen.buttons["delete"].click()
        assert kinds(screen)[:3] == ["Conv2D", "Conv2D", "MaxPooling2D"]
        assert selected(screen) == 2

    def test_the_last_row_deleted_the_one_before_is_chosen(self, screen):
        screen.select(7)
        screen.buttons["delete"].click()
        assert selected(screen) == 6

    def test_clear_undo_redo(self, screen):
        before = screen.project.design.layers
        screen.buttons["clear"].click()
        assert kinds(screen) == []
        assert screen.totals.words == "No layers yet. Images of 28x28x1, 10 classes."
        assert screen.next.disabled
        assert screen.form.fields == []
        screen.buttons["undo"].click()
        assert screen.project.design.layers == before
        assert selected(screen) == 0
        screen.buttons["redo"].click()
        assert kinds(screen) == []

    def test_what_cannot_be_done_cannot_be_clicked(self, screen, empty):
        def off(screen):
            return {name for name, button in screen.buttons.items() if button.disabled}

        assert off(screen) == {"up", "undo", "redo"}
        screen.select(7)
        assert off(screen) == {"down", "undo", "redo"}
        assert off(empty) == set(empty.buttons) - {"add"}

    def test_every_control_has_a_label(self, screen):
        for button in (*screen.buttons.values(), screen.next, screen.files.save):
            assert button.description and button.tooltip
        for control in (screen.name, screen.templates.choice, screen.files.saved):
            assert control.description


class TestTheTable:
    def test_keys_move_and_remove_the_chosen_row(self, screen):
        send(screen.table, do="choose", place=3)
        send(screen.table, do="shift", to=1)
        assert kinds(screen)[3:5] == ["Flatten", "Dropout"]
        assert selected(screen) == 4
        send(screen.table, do="step", to=-1)
        assert selected(screen) == 3
        send(screen.table, do="remove")
        assert "Flatten" not in kinds(screen)

    def test_a_row_is_dragged(self, screen):
        send(screen.table, do="drop", place=2, to=0, version=screen.table.version)
        assert kinds(screen)[:3] == ["MaxPooling2D", "Conv2D", "Conv2D"]
        assert selected(screen) == 0

    def test_a_click_in_the_drawing_chooses_too(self, screen):
        send(screen.drawing, choose=3)
        assert selected(screen) == 2
        send(screen.drawing, choose=0)
        assert selected(screen) == 2


class TestTheForm:
    def test_a_change_is_seen_everywhere_at_once(self, screen):
        type_in(screen, "filters", "16")
        assert screen.table.rows[0]["shape"] == "26x26x16"
        assert screen.drawing.picture["boxes"][1]["labels"] == ["conv1", "26x26x16", "160"]
        assert screen.form.fields[0]["value"] == 16
        assert f"{screen.project.design.parameters:,} parameters" in screen.totals.words

    def test_a_value_out_of_range_goes_in_and_is_a_problem(self, screen):
        screen.select(3)
        type_in(screen, "rate", "1")
        assert screen.project.design.layers[3].settings["rate"] == 1.0
        assert screen.form.fields[0]["allowed"] is False
        assert screen.problems.texts[0].startswith("Row 4 (Dropout): rate is 1")
        assert screen.table.rows[3]["messages"] == screen.problems.texts
        assert screen.next.disabled
        screen.problems.click(0)
        assert screen.project.design.layers[3].settings["rate"] == 0.25
        assert screen.problems.texts == []

    @pytest.mark.parametrize("typed", ["abc", "2.5", "", "nan", "1e9", [3], None])
    def test_a_value_of_another_type_is_refused_and_the_old_one_stands(self, screen, typed):
        before, refused = screen.project.design.plan, screen.form.refused
        type_in(screen, "filters", typed)
        assert screen.project.design.plan is before
        assert screen.form.refused == refused + 1
        assert "whole number, 1 to 512" in screen.refusal.texts[0]
        assert not screen.project.design.can_undo
        type_in(screen, "filters", "8")
        assert screen.refusal.texts == []

    def test_a_number_that_is_typed_is_one_step_to_undo(self, screen):
        before = screen.project.design.plan
        for text in ("1", "12", "120"):
            type_in(screen, "filters", text)
        type_in(screen, "kernel_size", "5")
        assert screen.project.design.layers[0].settings["filters"] == 120
        screen.buttons["undo"].click()
        assert screen.project.design.layers[0].settings["kernel_size"] == 3
        screen.buttons["undo"].click()
        assert screen.project.design.plan == before
        assert not screen.project.design.can_undo

    def test_typed_again_later_it_is_another(self, screen, monkeypatch):
        monkeypatch.setattr(module, "BURST", 0)
        type_in(screen, "filters", "12")
        type_in(screen, "filters", "16")
        screen.buttons["undo"].click()
        assert screen.project.design.layers[0].settings["filters"] == 12

    def test_typed_back_to_what_it_was_the_step_before_stays(self, screen):
        screen.name.value = "another"
        for text in ("3", "32", "3", "32", "64"):
            type_in(screen, "filters", text)
        screen.buttons["undo"].click()
        assert screen.project.design.layers[0].settings["filters"] == 32
        assert screen.project.design.name == "another"

    def test_a_letter_too_much_leaves_the_burst_as_it_was(self, screen):
        for text in ("12", "12x", "16"):
            type_in(screen, "filters", text)
        screen.buttons["undo"].click()
        assert screen.project.design.layers[0].settings["filters"] == 32


class TestProblems:
    def test_each_has_its_button(self, screen):
        screen.remove(4)
        buttons = [message.button for message in screen.problems.messages]
        assert "Insert Flatten before row 5" in buttons
        screen.problems.click(buttons.index("Insert Flatten before row 5"))
        assert screen.problems.texts == []
        assert kinds(screen)[4] == "Flatten"
        assert selected(screen) == 4

    def test_many_are_not_all_listed_and_all_marked(self, screen):
        screen.buttons["clear"].click()
        for _ in range(MOST_PROBLEMS + 3):
            screen.project.design.add("Dropout", rate=2.0)
        screen.project.changed()
        assert len(screen.problems.texts) == MOST_PROBLEMS + 1
        assert "more" in screen.problems.texts[-1]
        assert all(row["messages"] for row in screen.table.rows)

    def test_shapes_that_are_not_known_are_not_counted(self, screen):
        screen.select(1)
        type_in(screen, "kernel_size", "27")
        assert "as far as the shapes are known" in screen.totals.words
        assert [box["known"] for box in screen.drawing.picture["boxes"]] == [True] * 2 + [False] * 7
        assert screen.drawing.picture["boxes"][2]["marked"]

    def test_a_failure_that_nobody_thought_of_is_shown(self, screen, monkeypatch):
        def fail(*_):
            raise RuntimeError("on purpose")

        before = screen.project.design.plan
        monkeypatch.setattr(screen.project.design, "duplicate", fail)
        screen.buttons["duplicate"].click()
        assert "on purpose" in screen.refusal.texts[0]
        assert screen.project.design.plan is before
        screen.buttons["delete"].click()
        assert screen.refusal.texts == []
        assert len(screen.table.rows) == 7


class TestTheName:
    def test_it_is_the_designs(self, screen):
        screen.name.value = "my net"
        assert screen.project.design.name == "my net"

    def test_one_that_cannot_be_is_refused(self, screen):
        screen.name.value = "x" * 61
        assert "it takes 1 to 60" in screen.notice.texts[0]
        assert screen.name.value == "keras_convnet"


class TestFiles:
    def test_a_double_click_saves_and_asks_nothing(self, screen):
        for button in (screen.files.save, screen.files.script):
            button.click()
            words = screen.files.notice.texts
            button.click()
            assert screen.files.notice.texts == words and words[0].startswith("Saved as")

    def test_saved_listed_and_loaded(self, screen, tmp_path):
        files = screen.files
        assert files.saved.options == (NOTHING,)
        assert files.load.disabled
        plan = screen.project.design.plan
        files.save.click()
        assert files.notice.texts == ["Saved as my_designs/keras_convnet.json."]
        assert files.saved.options == ("keras_convnet",)
        assert Design.load(tmp_path / "my_designs" / "keras_convnet.json").plan == plan
        screen.buttons["clear"].click()
        files.load.click()
        assert screen.project.design.plan == plan
        assert "Undo brings back" in files.notice.texts[0]
        screen.buttons["undo"].click()
        assert len(screen.table.rows) == 0

    def test_a_file_that_is_there_is_replaced_only_when_that_is_clicked(self, screen, tmp_path):
        path = tmp_path / "my_designs" / "keras_convnet.json"
        screen.files.save.click()
        before = path.read_text("utf-8")
        screen.buttons["delete"].click()
        screen.files.save.click()
        assert "already" in screen.files.notice.texts[0]
        assert path.read_text("utf-8") == before
        screen.files.notice.click(0)
        assert "in place of the file" in screen.files.notice.texts[0]
        assert Design.load(path).plan == screen.project.design.plan

    def test_a_damaged_file_is_refused_and_the_design_stays(self, screen, tmp_path):
        folder = tmp_path / "my_designs"
        folder.mkdir()
        (folder / "<img src=x onerror=alert(1)>.json").write_text("{", "utf-8")
        before = screen.project.design.plan
        screen.project.design.rename("other")
        screen.project.changed()
        screen.files.load.click()
        assert "<img src=x onerror=alert(1)>" in screen.files.notice.texts[0]
        assert screen.project.design.layers == before.layers

    def test_a_file_that_has_gone_is_said_and_no_longer_listed(self, screen, tmp_path):
        screen.files.save.click()
        (tmp_path / "my_designs" / "keras_convnet.json").unlink()
        screen.files.load.click()
        assert len(screen.files.notice.texts) == 1
        assert screen.files.saved.options == (NOTHING,)

    def test_a_design_for_other_images_says_so(self, screen):
        screen.files.save.click()
        screen.project.design.take_data((14, 14, 3), 4)
        screen.files.load.click()
        assert "28x28x1 in 10 classes, and yours are 14x14x3 in 4" in screen.files.notice.texts[0]
        assert screen.project.design.input_shape == (14, 14, 3)

    def test_a_folder_that_cannot_be_made_is_said(self, tmp_path):
        (tmp_path / "file").write_text("in the way", "utf-8")
        project = Project(Design.from_template("lenet5"), folder=tmp_path / "file")
        screen = make_screen(project)
        screen.files.save.click()
        assert "lenet5.json" in screen.files.notice.texts[0]


class TestCode:
    def test_it_is_shown_and_follows_the_design(self, screen):
        files = screen.files
        assert files.code.code == ""
        files.show_code.value = True
        assert files.code.name == "keras_convnet.py"
        assert files.code.code == screen.project.design.to_code()
        type_in(screen, "filters", "17")
        assert "17" in files.code.code
        screen.remove(4)
        assert files.code.code == ""
        assert "no code while" in files.no_code.words
        files.show_code.value = False
        assert files.no_code.words == ""

    def test_it_is_saved_as_a_script(self, screen, tmp_path):
        screen.files.script.click()
        assert screen.files.notice.texts == ["Saved as my_designs/keras_convnet.py."]
        code = (tmp_path / "my_designs" / "keras_convnet.py").read_text("utf-8")
        assert code == screen.project.design.to_code()
        ast.parse(code)

    def test_of_a_design_with_a_problem_there_is_none(self, screen, tmp_path):
        screen.remove(4)
        screen.files.script.click()
        assert "row 5" in screen.files.notice.texts[0].lower()
        assert not (tmp_path / "my_designs").exists()


class TestTheRest:
    def test_next_leads_on(self, screen):
        led = []
        screen.on_next = lambda: led.append(True)
        screen.next.click()
        assert led == [True]

    def test_the_figure_is_the_drawing(self, screen):
        figure = screen.figure()
        assert isinstance(figure, Figure)
        texts = [text.get_text() for text in figure.axes[0].texts]
        assert texts[0] == "keras_convnet: 1,199,882 parameters"
        assert {"26x26x32", "24x24x64", "12x12x64", "9216", "1,179,776"} <= set(texts)

    def test_other_data_change_what_is_shown(self, screen):
        screen.project.design.take_data((14, 14, 3), 4)
        screen.project.changed()
        assert screen.table.rows[0]["shape"] == "12x12x32"
        assert "Images of 14x14x3, 4 classes." in screen.totals.words
        assert any("4 classes" in words for words in screen.problems.texts)

    def test_nothing_is_sent_when_nothing_changed(self, screen, monkeypatch):
        monkeypatch.setattr(screen, "_show", lambda plan: pytest.fail("shown again"))
        screen.project.changed()
