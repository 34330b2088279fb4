"""A form for the settings of a layer: a control each, with its unit, range and help."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from mnistlab.widgets.designer.palette import Setting
from mnistlab.widgets.designer.plan import Value
from mnistlab.widgets.scripts import script

import anywidget
import traitlets

LONGEST = 60
"""Characters of a number that are read."""


class LayerForm(anywidget.AnyWidget):
    """Controls for settings; what is typed arrives at once, as a value or as the text it is.

    Args:
        on_change: called with the key that the form was shown with, the name
            of a setting, and its new value: a number where the text is one.

    Example:
        >>> from mnistlab.widgets.designer.palette import kind_of
        >>> form = LayerForm(print)
        >>> kind = kind_of("Dropout")
        >>> form.show("5", "Row 5: Dropout", kind.help, kind.settings, {"rate": 1.5})
        >>> [(each["label"], each["range"], each["allowed"]) for each in form.fields]
        [('Rate', '0 to below 1', False)]
    """

    _esm = script(Path(__file__).with_suffix(".js"))

    key = traitlets.Unicode(help="what the form is about").tag(sync=True)
    title = traitlets.Unicode().tag(sync=True)
    help = traitlets.Unicode().tag(sync=True)
    fields = traitlets.List(help="the settings, with their values").tag(sync=True)
    refused = traitlets.Int(0, help="counts what was typed and could not be taken").tag(sync=True)

    def __init__(self, on_change: Callable[[str, str, Value], object] | None = None):
        super().__init__()
        self._on_change = on_change
        self._settings: Mapping[str, Setting] = {}
        self.on_msg(self._receive)

    def show(
        self,
        key: str,
        title: str,
        words: str,
        settings: Sequence[Setting],
        values: Mapping[str, Value],
    ) -> None:
        """Shows settings in place of those before.

        Args:
            key: what they belong to; while it is the same, nothing that is
                being typed is overwritten.
            title: stands above them.
            words: what they belong to, in a sentence.
            settings: which there are.
            values: of each, by its name.
        """
        self._settings = {setting.name: setting for setting in settings}
        with self.hold_sync():
            self.key, self.title, self.help = key, title, words
            self.fields = [_field(setting, values[setting.name]) for setting in settings]

    def refuse(self) -> None:
        """Shows the values again in place of what was typed."""
        self.refused += 1

    def _receive(self, _: object, message: object, buffers: object) -> None:
        if not isinstance(message, Mapping) or self._on_change is None:
            return
        name, key = message.get("set"), message.get("key")
        # What was typed into the form of another row is not about this one.
        if isinstance(name, str) and name in self._settings and key == self.key:
            self._on_change(key, name, _value(self._settings[name], message.get("value")))


def _field(setting: Setting, value: Value) -> dict[str, object]:
    return {
        "name": setting.name,
        "label": setting.label,
        "type": "choice" if setting.choices else setting.type.__name__,
        "choices": list(setting.choices),
        "optional": setting.optional,
        "unit": setting.unit,
        "range": "" if setting.choices or setting.type is bool else setting.range,
        "help": setting.help,
        "value": value,
        "allowed": setting.allows(value),
    }


def _value(setting: Setting, typed: object) -> object:
    """What was typed, as a number where it reads as one; the setting's check judges it."""
    if setting.choices or setting.type is bool or not isinstance(typed, str):
        return typed
    text = typed.strip()[:LONGEST].replace("\N{MINUS SIGN}", "-").replace(",", ".")
    if not text and setting.optional:
        return None
    for number in (int, float):
        try:
            return number(text)
        except ValueError:
            continue
    return text
