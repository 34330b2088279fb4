"""Messages of a screen, shown as plain text, some with a button that mends what they say."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from mnistlab.widgets.scripts import script

import anywidget
import traitlets

KINDS = ("error", "advice", "good", "note")


@dataclass(frozen=True)
class Message:
    """One message.

    Attributes:
        text: what it says; whatever stands in it is shown as it is, never as HTML.
        kind: "error", "advice", "good" or "note".
        button: what the button beside it says; there is none when empty.
        on_click: what the button does.
    """

    text: str
    kind: str = "error"
    button: str = ""
    on_click: Callable[[], None] | None = None


class Notice(anywidget.AnyWidget):
    """A list of messages; it takes no room while there is none.

    Example:
        >>> notice = Notice()
        >>> notice.show(Message("Row 3: its kernel does not fit.", button="Set kernel to 2"))
        >>> notice.texts
        ['Row 3: its kernel does not fit.']
    """

    _esm = script(Path(__file__).with_suffix(".js"))

    items = traitlets.List(help="kind, text and button of each").tag(sync=True)

    def __init__(self, *messages: Message):
        super().__init__()
        self._messages: Sequence[Message] = ()
        self.on_msg(self._receive)
        self.show(*messages)

    @property
    def messages(self) -> Sequence[Message]:
        """What it shows."""
        return self._messages

    @property
    def texts(self) -> list[str]:
        """What its messages say."""
        return [message.text for message in self._messages]

    def show(self, *messages: Message) -> None:
        """Shows these messages in place of those before."""
        self._messages = messages
        self.items = [
            {"kind": each.kind, "text": each.text, "button": each.button} for each in messages
        ]

    def click(self, place: int) -> None:
        """Does what the button of a message does."""
        action = self._messages[place].on_click
        if action is not None:
            action()

    def _receive(self, _: object, message: object, buffers: object) -> None:
        message = message if isinstance(message, Mapping) else {}
        place = message.get("click")
        known = type(place) is int and 0 <= place < len(self._messages)
        # The button may be one of messages that have gone since: the text tells.
        if known and self._messages[place].text == message.get("text"):
            self.click(place)
