"""Files of designs: read back as they were written, or refused with the place named."""

import json
import os

from mnistlab.errors import DesignError
from mnistlab.widgets.designer import schema
from mnistlab.widgets.designer.document import Design
from mnistlab.widgets.designer.plan import Plan, make_layer
from mnistlab.widgets.designer.templates import names, template
from tests.designer.designs import plans

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

SMALL = Plan("small", layers=(make_layer("Flatten"), make_layer("Output")))


def content(plan: Plan = SMALL) -> dict:
    return json.loads(schema.to_json(plan))


def refused(text: object) -> str:
    with pytest.raises(DesignError) as refusal:
        schema.from_json(text)
    return str(refusal.value)


def changed(*path, value) -> str:
    """The text of a small design with another value at one place."""
    whole = content()
    part = whole
    for key in path[:-1]:
        part = part[key]
    part[path[-1]] = value
    return json.dumps(whole)


@settings(max_examples=200, suppress_health_check=[HealthCheck.too_slow])
@given(plans())
def test_every_design_reads_back_as_it_was_written_also_a_wrong_one(plan):
    assert schema.from_json(schema.to_json(plan)) == plan


@pytest.mark.parametrize("name", names())
def test_every_template_reads_back_from_its_file(name, tmp_path):
    path = schema.save(template(name), tmp_path / f"{name}.json")
    assert schema.load(path) == template(name)
    assert path.stat().st_size < schema.LARGEST / 20


def test_a_name_is_kept_whatever_is_printed_in_it(tmp_path):
    name = '<img src=x onerror="alert(1)"> \\ 数字 🔢'
    design = Design(name)
    assert Design.load(design.save(tmp_path / "named.json")).name == name


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "line 1, column 1 is no JSON"),
        ("{", "is no JSON"),
        ("<html>", "is no JSON"),
        ("[]", "it is []"),
        ("7", "it is 7"),
        ("null", "it is None"),
        ("[" * 100_000, "nested too deeply"),
        ("{}", "its format is None"),
        ('{"format": "something else"}', "its format is 'something else'"),
        ('{"format": "mnistlab design", "format": 1}', "has 'format' twice"),
        ('{"format": NaN}', "is NaN"),
        ('{"format": -Infinity}', "is -Infinity"),
        ('{"format": ' + "9" * 5000 + "}", "cannot be read"),
        (" " * 1_000_001, "larger than 1,000,000 bytes"),
        (b"{}", "not from bytes"),
        (None, "not from NoneType"),
    ],
)
def test_what_is_no_design_is_refused(text, words):
    assert words in refused(text)


@pytest.mark.parametrize("version", [0, 2, "1", 1.0, True, None, [1]])
def test_another_version_is_refused(version):
    assert "this program reads version 1" in refused(changed("version", value=version))


@pytest.mark.parametrize("part", ["name", "input_shape", "classes", "layers", "training"])
def test_a_missing_part_is_named(part):
    whole = content()
    del whole[part]
    assert refused(json.dumps(whole)) == f"the design: {part} is missing."


def test_an_unknown_part_is_named():
    assert "the design has a part 'weights' that is unknown" in refused(changed("weights", value=1))


@pytest.mark.parametrize(
    "name", ["", "   ", " a", "a\n", "a" * 61, 7, None, ["a"], "\ud800", "a\x00"]
)
def test_a_name_that_is_none_is_refused(name):
    assert "name" in refused(changed("name", value=name))


@pytest.mark.parametrize(
    "shape",
    [
        [28, 28],
        [28, 28, 1, 1],
        [0, 28, 1],
        [28, 28, -1],
        [28, 28, 1.0],
        [1025, 1, 1],
        "28x28x1",
        None,
        784,
        [28, 28, True],
        [[28], 28, 1],
        {"height": 28},
    ],
)
def test_a_shape_that_is_none_is_refused(shape):
    assert refused(changed("input_shape", value=shape)).startswith("input_shape is ")


@pytest.mark.parametrize("classes", [0, -1, 1001, 10.0, "10", None, True, 10**30])
def test_a_number_of_classes_that_is_none_is_refused(classes):
    assert refused(changed("classes", value=classes)).startswith("classes is ")


@pytest.mark.parametrize("layers", [None, {}, "Flatten", 7])
def test_layers_that_are_no_list_are_refused(layers):
    assert refused(changed("layers", value=layers)).startswith("layers is ")


@pytest.mark.parametrize(
    ("layer", "words"),
    [
        (7, "Row 2 is 7; it takes an object."),
        ({}, "Row 2: kind is missing."),
        ({"kind": "Flatten"}, "Row 2: settings is missing."),
        ({"kind": "Flatten", "settings": {}, "x": 1}, "Row 2 has a part 'x' that is unknown"),
        ({"kind": "Lambda", "settings": {}}, "Row 2: There is no layer 'Lambda' in the palette"),
        ({"kind": ["Dense"], "settings": {}}, "Row 2: There is no layer ['Dense']"),
        ({"kind": "__class__", "settings": {}}, "Row 2: There is no layer '__class__'"),
        ({"kind": "Flatten", "settings": []}, "Row 2 (Flatten) is []; it takes an object."),
        ({"kind": "Dropout", "settings": {}}, "Row 2 (Dropout): rate is missing."),
        (
            {"kind": "Dropout", "settings": {"rate": 0.5, "seed": 1}},
            "Row 2 (Dropout) has a part 'seed' that is unknown; it takes rate.",
        ),
        (
            {"kind": "Dropout", "settings": {"rate": "0.5"}},
            "Row 2 (Dropout): rate is '0.5'; it takes a number, 0 to below 1.",
        ),
        ({"kind": "Dropout", "settings": {"rate": True}}, "Row 2 (Dropout): rate is True"),
        ({"kind": "Dropout", "settings": {"rate": None}}, "Row 2 (Dropout): rate is None"),
        ({"kind": "Dropout", "settings": {"rate": 1e300}}, "Row 2 (Dropout): rate is 1e+300"),
        ({"kind": "Dropout", "settings": {"rate": [[[]]]}}, "Row 2 (Dropout): rate is [[[]]]"),
        (
            {"kind": "Output", "settings": {"units": 10**15, "activation": "softmax"}},
            "Row 2 (Output): units is 1000000000000000; it takes a whole number, 1 to 1,000.",
        ),
        (
            {"kind": "Output", "settings": {"units": 10.5, "activation": "softmax"}},
            "Row 2 (Output): units is 10.5; it takes a whole number",
        ),
        (
            {"kind": "Output", "settings": {"units": 10, "activation": "os.system"}},
            "Row 2 (Output): activation is 'os.system'; choose one of linear, relu",
        ),
        (
            {"kind": "Output", "settings": {"units": 10, "activation": {"class_name": "Lambda"}}},
            "Row 2 (Output): activation is {'class_name': 'Lambda'}; choose one of",
        ),
    ],
)
def test_a_wrong_row_is_refused_and_named(layer, words):
    assert refused(changed("layers", 1, value=layer)).startswith(words)


def test_too_many_rows_are_refused():
    rows = [{"kind": "Flatten", "settings": {}}] * 101
    assert refused(changed("layers", value=rows)).startswith("Row 101: there are 101 layers")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("optimizer", "Ftrl"),
        ("epochs", 2.5),
        ("epochs", "10"),
        ("learning_rate", None),
        ("top3", 1),
        ("seed", 2**70),
        ("patience", True),
        ("loss", "mse"),
        ("stop_minutes", "never"),
    ],
)
def test_a_wrong_training_is_refused_and_named(name, value):
    assert refused(changed("training", name, value=value)).startswith(f"Training: {name} is ")


def test_a_number_out_of_its_range_is_a_draft_and_the_rules_say_so():
    design = Design.from_json(changed("layers", 1, "settings", "units", value=7))
    assert [problem.rule for problem in design.check()] == ["output units"]


@settings(max_examples=200)
@given(
    st.text()
    | st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(),
        lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    ).map(json.dumps)
)
def test_nothing_but_design_errors_comes_of_any_text(text):
    refused(text)


@settings(max_examples=200)
@given(st.integers(0, 10_000), st.integers(0, 127))
def test_a_file_with_one_byte_changed_is_read_or_refused(place, byte):
    data = bytearray(schema.to_json(template("keras_convnet")).encode())
    data[place % len(data)] = byte
    try:
        plan = schema.from_json(data.decode())
    except DesignError:
        return
    assert schema.from_json(schema.to_json(plan)) == plan


def test_a_file_cut_off_anywhere_is_refused():
    text = schema.to_json(template("lenet5")).rstrip()
    for end in range(0, len(text), 37):
        refused(text[:end])


# Files


def test_the_message_names_the_file_and_the_row(tmp_path):
    path = tmp_path / "broken.json"
    path.write_text(changed("layers", 1, value={"kind": "Lambda", "settings": {}}), "utf-8")
    with pytest.raises(DesignError, match=r"^broken\.json: Row 2: There is no layer 'Lambda'"):
        Design.load(path)


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "no JSON"),
        (b"\x89PNG\r\n", "byte 1 is no text in UTF-8"),
        (b"\x80\x04\x95", "byte 1 is no text in UTF-8"),
        (b" " * 1_000_001, "larger than 1,000,000 bytes"),
    ],
)
def test_other_files_are_refused(data, words, tmp_path):
    path = tmp_path / "other.json"
    path.write_bytes(data)
    with pytest.raises(DesignError, match=words):
        schema.load(path)


def test_a_missing_file_a_folder_and_a_name_that_is_none_are_said(tmp_path):
    for path, words in (
        (tmp_path / "none.json", "none.json: The file cannot be read"),
        (tmp_path, "This is no file"),
        ("a\x00b.json", "The file cannot be read"),
    ):
        with pytest.raises(DesignError, match=words):
            schema.load(path)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no pipes with names here")
def test_a_pipe_is_refused_and_not_waited_for(tmp_path):
    os.mkfifo(tmp_path / "pipe.json")
    with pytest.raises(DesignError, match="This is no file"):
        schema.load(tmp_path / "pipe.json")


def test_a_design_is_saved_under_json_only_and_folders_are_made(tmp_path):
    with pytest.raises(DesignError, match=r"a\.txt: a design is saved under a name that ends in"):
        schema.save(SMALL, tmp_path / "a.txt")
    path = schema.save(SMALL, tmp_path / "new" / "a.json")
    assert schema.load(path) == SMALL


def test_what_cannot_be_written_leaves_the_old_file_and_no_litter(tmp_path, monkeypatch):
    path = schema.save(SMALL, tmp_path / "a.json")
    before = path.read_bytes()
    whole = schema.to_json(template("lenet5"))
    monkeypatch.setattr(schema, "to_json", lambda plan: whole[:-30])
    with pytest.raises(DesignError):
        schema.save(template("lenet5"), path)
    assert path.read_bytes() == before
    assert [each.name for each in tmp_path.iterdir()] == ["a.json"]


def test_what_reads_back_as_another_design_is_not_saved(tmp_path, monkeypatch):
    other = schema.to_json(SMALL)
    monkeypatch.setattr(schema, "to_json", lambda plan: other)
    with pytest.raises(DesignError, match="did not read back"):
        schema.save(template("lenet5"), tmp_path / "a.json")
    assert not list(tmp_path.iterdir())


def test_a_folder_of_that_name_is_said(tmp_path):
    (tmp_path / "a.json").mkdir()
    with pytest.raises(DesignError, match=r"a\.json cannot be written"):
        schema.save(SMALL, tmp_path / "a.json")
