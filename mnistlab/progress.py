"""A progress bar for long work: a small picture in a notebook, a line on a terminal.

In a notebook the bar is a PNG that is updated in place. It stays in the stored
notebook as a picture of the finished work, carries no text that differs from
run to run, and so leaves the comparison of outputs to the cell's own results.
"""

import io
import sys
import time

# Drawing one bar takes about 30 ms; once a second keeps that at a few percent.
REDRAW_SECONDS = 1.0


class Progress:
    """Shows how much of some work is done and how long the rest will take.

    Args:
        total: the amount of work, in any unit.
        title: what is being done, in a few words.
        picture: where a notebook shows it; a new picture when `None`.

    Example:
        >>> with Progress(3, "Counting") as progress:
        ...     for number in range(3):
        ...         progress.update(number + 1)
    """

    def __init__(self, total: float, title: str, picture: "LivePicture | None" = None):
        self.total = max(float(total), 1e-12)
        self.title = title
        self.done = 0.0
        self._text = ""
        self._started = time.monotonic()
        self._drawn = float("-inf")
        self._picture = (picture or LivePicture()) if in_notebook() else None
        # A program that was started without an error stream has None in its place.
        self._line = "" if sys.stderr is not None and sys.stderr.isatty() else None

    def __enter__(self) -> "Progress":
        self.update(0)
        return self

    def __exit__(self, *error) -> None:
        self.close()

    def update(self, done: float, text: str = "") -> None:
        """Says how much is done by now, and a few words about it."""
        self.done = min(float(done), self.total)
        self._text = text
        now = time.monotonic()
        if now - self._drawn >= REDRAW_SECONDS:
            self._draw(self._remaining(now))
            self._drawn = time.monotonic()

    def close(self) -> None:
        """Shows the last state, with the time that it took."""
        self._draw(f"{duration(time.monotonic() - self._started)} in all")
        if self._line:
            sys.stderr.write("\n")
            sys.stderr.flush()

    def _remaining(self, now: float) -> str:
        elapsed = now - self._started
        if self.done <= 0 or elapsed < 1:
            return ""
        return f"{duration(elapsed * (self.total / self.done - 1))} left"

    def _draw(self, time_text: str) -> None:
        parts = [self.title, self._text, time_text]
        label = "   ".join(part for part in parts if part)
        if self._picture is not None:
            self._picture.show(_bar(self.done / self.total, label))
        elif self._line is not None:
            line = f"{self.done / self.total:4.0%}  {label}"
            sys.stderr.write("\r" + line.ljust(len(self._line)))
            sys.stderr.flush()
            self._line = line


class LivePicture:
    """One picture in a notebook cell's output that is replaced as work goes on."""

    def __init__(self):
        self._handle = None

    def show(self, figure) -> None:
        """Shows a matplotlib `Figure`, in the place of the one before.

        Only the PNG is sent: it is never compared when notebooks are tested.
        """
        from IPython.display import display

        buffer = io.BytesIO()
        figure.savefig(buffer, format="png", dpi=figure.dpi)
        data = {"image/png": buffer.getvalue()}
        if self._handle is None:
            self._handle = display(data, raw=True, display_id=True)
        else:
            self._handle.update(data, raw=True)


def in_notebook() -> bool:
    """Whether this code runs in a Jupyter kernel, which can show pictures."""
    if "IPython" not in sys.modules:
        return False
    shell = sys.modules["IPython"].get_ipython()
    return shell is not None and hasattr(shell, "kernel")


def duration(seconds: float) -> str:
    """Returns a time as people say it.

    Example:
        >>> duration(7.4), duration(130), duration(4000)
        ('7 s', '2 min 10 s', '1 h 6 min')
    """
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60} s"
    return f"{whole // 3600} h {whole % 3600 // 60} min"


def _bar(share: float, label: str):
    from matplotlib.figure import Figure

    figure = Figure(figsize=(7.0, 0.55), dpi=100, facecolor="white", layout="none")
    axes = figure.add_axes((0.01, 0.08, 0.98, 0.26))
    axes.barh(0, 1, height=1, color="#e3e3e3")
    axes.barh(0, share, height=1, color="#0072b2")
    axes.set(xlim=(0, 1), ylim=(-0.5, 0.5))
    axes.axis("off")
    figure.text(0.01, 0.5, label, fontsize=9, color="#222222", va="bottom", parse_math=False)
    return figure
