"""A button that sends files from the reader's computer, as large as they may be and no larger."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from mnistlab.widgets.scripts import script

import anywidget
import traitlets


class Upload(anywidget.AnyWidget):
    """Sends files in pieces, and nothing of files that are too large.

    A notebook server cuts the connection at a message of 10 MiB, and says
    nothing. So the browser looks at the size first, and sends small pieces.

    Args:
        limit: bytes that the files may have together.
        description: what the button says.
        tooltip: what the pointer is told when it rests there.
        accept: what the browser offers, such as ".png,.jpg"; everything when
            empty.
        multiple: whether several files can be chosen at once.

    Attributes:
        value: what was sent: `name`, `size` and `content` of each file. Of files
            that are too large, the content is missing.

    Example:
        >>> upload = Upload(limit=100)
        >>> upload.value = [{"name": "a.txt", "size": 1, "content": b"7"}]
        >>> upload.names
        ['a.txt']
    """

    _esm = script(Path(__file__).with_suffix(".js"))

    value = traitlets.Any(())
    names = traitlets.List(traitlets.Unicode(), help="of the files that are here").tag(sync=True)
    description = traitlets.Unicode("Upload").tag(sync=True)
    tooltip = traitlets.Unicode().tag(sync=True)
    accept = traitlets.Unicode().tag(sync=True)
    multiple = traitlets.Bool().tag(sync=True)
    disabled = traitlets.Bool().tag(sync=True)
    limit = traitlets.Int(help="bytes of all files together").tag(sync=True)

    def __init__(self, limit: int, **traits: object):
        super().__init__(limit=limit, **traits)
        self._coming: list[dict] = []
        self._key: object = None
        self.on_msg(self._receive)

    @traitlets.validate("value")
    def _as_tuple(self, proposal: Mapping) -> tuple:
        return tuple(proposal.value)

    @traitlets.observe("value")
    def _show_names(self, _: object) -> None:
        self.names = [str(file["name"]) for file in self.value]

    def _receive(self, _: object, message: object, buffers: Sequence[memoryview]) -> None:
        """Takes the beginning of an upload, or a piece of a file."""
        if not isinstance(message, Mapping) or self.disabled:
            return
        if isinstance(message.get("files"), list):
            self._begin(message)
        elif message.get("key") == self._key and self._coming and buffers:
            self._add(message.get("file"), bytes(buffers[0]))

    def _begin(self, message: Mapping) -> None:
        files = [each for each in message["files"] if _is_file(each)]
        self._key = message.get("key")
        self._coming = [
            {"name": each["name"], "size": each["size"], "content": b"", "key": self._key}
            for each in files
        ]
        self._finish()

    def _add(self, place: object, piece: bytes) -> None:
        if type(place) is int and 0 <= place < len(self._coming):
            self._coming[place]["content"] += piece
            self._finish()

    def _finish(self) -> None:
        """Takes the files for the value when all of them are here, or too large to come."""
        files = self._coming
        too_large = sum(file["size"] for file in files) > self.limit
        complete = all(len(file["content"]) >= file["size"] for file in files)
        if files and (too_large or complete):
            self._coming = []
            # The key makes a second upload of the same file another value.
            self.value = files


def _is_file(each: object) -> bool:
    return (
        isinstance(each, Mapping)
        and isinstance(each.get("name"), str)
        and type(each.get("size")) is int
        and each["size"] >= 0
    )
