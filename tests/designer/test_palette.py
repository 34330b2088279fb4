"""The palette's settings: what can be written down, and what is within its range."""

from mnistlab.errors import DesignError
from mnistlab.widgets.designer.palette import KINDS, LARGEST, Setting, as_text, brief, kind_of

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

WHOLE = Setting("units", "Units", 10, 1, 4096)
SHARE = Setting("rate", "Rate", 0.25, 0, 1, below=True, type=float)
RATE = Setting("learning_rate", "Rate", 0.01, 0, 10, above=True, type=float)
SWITCH = Setting("use_bias", "Bias", True, type=bool)
CHOICE = Setting("padding", "Padding", "valid", choices=("valid", "same"), type=str)
OPTIONAL = Setting("strides", "Stride", None, 1, 28, optional=True)


@pytest.mark.parametrize(
    ("setting", "value", "taken"),
    [
        (WHOLE, 7, 7),
        (WHOLE, 7.0, 7),
        (WHOLE, -3, -3),
        (WHOLE, np.int64(7), 7),
        (WHOLE, np.float32(7), 7),
        (WHOLE, LARGEST, LARGEST),
        (SHARE, 1, 1.0),
        (SHARE, np.float64(0.5), 0.5),
        (SWITCH, False, False),
        (CHOICE, "same", "same"),
        (OPTIONAL, None, None),
        (OPTIONAL, 2, 2),
    ],
)
def test_a_value_becomes_one_of_the_settings_type(setting, value, taken):
    found = setting.check_type(value)
    assert found == taken
    assert type(found) is type(taken)


@pytest.mark.parametrize(
    ("setting", "value", "words"),
    [
        (WHOLE, "7", "units is '7'; it takes a whole number, 1 to 4,096."),
        (WHOLE, 7.5, "units is 7.5"),
        (WHOLE, True, "units is True"),
        (WHOLE, None, "units is None"),
        (WHOLE, LARGEST + 1, "units is 1000001"),
        (WHOLE, -LARGEST - 1, "units is -1000001"),
        (WHOLE, float("nan"), "units is nan"),
        (WHOLE, float("inf"), "units is inf"),
        (WHOLE, 1j, "units is 1j"),
        (WHOLE, [7], r"units is [7]"),
        (SHARE, float("nan"), "rate is nan; it takes a number, 0 to below 1."),
        (SHARE, float("-inf"), "rate is -inf"),
        (SHARE, np.array([0.5]), "rate is array([0.5])"),
        (RATE, "fast", "it takes a number, above 0 to 10."),
        (SWITCH, 1, "use_bias is 1; it takes True or False."),
        (SWITCH, "on", "use_bias is 'on'"),
        (CHOICE, "full", "padding is 'full'; choose one of valid, same."),
        (CHOICE, None, "padding is None"),
        (CHOICE, ["same"], "padding is ['same']"),
        (CHOICE, np.array(["same", "valid"]), "padding is array("),
        (OPTIONAL, "none", "strides is 'none'"),
    ],
)
def test_a_value_of_another_type_is_refused_in_words(setting, value, words):
    with pytest.raises(DesignError) as refusal:
        setting.check_type(value)
    assert words in str(refusal.value)
    assert len(str(refusal.value)) < 300


def test_a_number_of_thousands_of_digits_is_refused_though_python_cannot_write_it():
    with pytest.raises(DesignError, match="a value that cannot be written down"):
        WHOLE.check_type(10**5000)


@pytest.mark.parametrize(
    ("setting", "inside", "outside"),
    [
        (WHOLE, (1, 4096), (0, -1, 4097)),
        (SHARE, (0.0, 0.999), (1.0, -0.001, 7.0)),
        (RATE, (1e-9, 10.0), (0.0, -1.0, 10.001)),
        (OPTIONAL, (None, 1, 28), (0, 29)),
        (SWITCH, (True, False), ()),
        (CHOICE, ("same",), ()),
    ],
)
def test_ranges_have_the_ends_that_their_words_say(setting, inside, outside):
    assert all(setting.allows(value) for value in inside)
    assert not any(setting.allows(value) for value in outside)


def test_ranges_in_words():
    assert [setting.range for setting in (WHOLE, SHARE, RATE, SWITCH, CHOICE)] == [
        "1 to 4,096",
        "0 to below 1",
        "above 0 to 10",
        "on or off",
        "valid, same",
    ]


@pytest.mark.parametrize("kind", KINDS.values(), ids=KINDS)
def test_what_the_palette_begins_with_is_allowed_and_explained(kind):
    assert kind.help.endswith(".")
    for setting in kind.settings:
        assert setting.check_type(setting.default) == setting.default
        assert setting.allows(setting.default)
        assert setting.label
        assert setting.help.endswith(".")


@given(st.integers() | st.floats() | st.text() | st.none() | st.booleans() | st.binary())
def test_any_value_is_taken_or_refused(value):
    for setting in (WHOLE, SHARE, RATE, SWITCH, CHOICE, OPTIONAL):
        try:
            taken = setting.check_type(value)
        except DesignError:
            continue
        assert taken is None or type(taken) is setting.type
        assert setting.check_type(taken) == taken
        setting.allows(taken)


@pytest.mark.parametrize("name", ["Lambda", "", None, 7, ["Dense"], "dense", "x" * 1000])
def test_an_unknown_kind_is_answered_with_the_known_ones(name):
    with pytest.raises(DesignError, match="in the palette; it has Conv2D, MaxPooling2D"):
        kind_of(name)


def test_an_unknown_setting_is_answered_with_the_known_ones():
    with pytest.raises(DesignError, match="Dense has no setting 'filters'; it takes units, "):
        kind_of("Dense").setting("filters")
    with pytest.raises(DesignError, match="Flatten has no setting 'x'; it takes nothing"):
        kind_of("Flatten").setting("x")


def test_numbers_and_values_in_words():
    assert [as_text(number) for number in (0.1, 1e-7, 1234, 10.0)] == [
        "0.1",
        "1e-07",
        "1,234",
        "10",
    ]
    nested: list = []
    nested.append(nested)
    assert brief(nested) == "[[...]]"
    assert len(brief("a" * 100)) == 60
