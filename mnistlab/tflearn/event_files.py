"""Event files, which TensorBoard draws: loss and metric of each step, and of each snapshot."""

import itertools
import socket
import time
from pathlib import Path

import tensorflow as tf

_NUMBERS = itertools.count()


class EventFile:
    """A new event file in a folder, which is made when needed.

    Args:
        folder: one folder for each run.

    Example:
        >>> import tempfile
        >>> folder = Path(tempfile.mkdtemp())
        >>> with EventFile(folder) as events:
        ...     events.add(1, {"Loss": 2.3})
        >>> [path.name.split(".")[2] for path in folder.iterdir()]
        ['tfevents']
    """

    def __init__(self, folder: Path):
        folder = Path(folder)
        folder.mkdir(parents=True, exist_ok=True)
        # Two runs of one name may begin within the same second.
        name = f"events.out.tfevents.{int(time.time())}.{socket.gethostname()}.{next(_NUMBERS)}"
        self._writer = tf.io.TFRecordWriter(str(folder / name))
        self._write(tf.compat.v1.Event(wall_time=time.time(), file_version="brain.Event:2"))

    def __enter__(self) -> "EventFile":
        return self

    def __exit__(self, *error) -> None:
        self._writer.close()

    def add(self, step: int, scalars: dict[str, float]) -> None:
        """Writes numbers under their names, "Loss" or "Adam/Loss/Validation"."""
        values = [
            tf.compat.v1.Summary.Value(tag=tag, simple_value=value)
            for tag, value in scalars.items()
            if value is not None
        ]
        summary = tf.compat.v1.Summary(value=values)
        self._write(tf.compat.v1.Event(wall_time=time.time(), step=step, summary=summary))

    def flush(self) -> None:
        """Has what was written reach the file."""
        self._writer.flush()

    def _write(self, event) -> None:
        self._writer.write(event.SerializeToString())
