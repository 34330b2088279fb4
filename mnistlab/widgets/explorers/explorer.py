"""What all explorers are: a digit picker above a view that shows the shared digit."""

from collections.abc import Callable

from mnistlab.errors import MnistLabError
from mnistlab.widgets.shared_digit import DigitPicker

import anywidget
import ipywidgets


class Explorer(ipywidgets.VBox):
    """A view that follows the shared digit, below the picker that changes it.

    Args:
        picker: to choose the digit with; `None` for a view that shows none. It
            is closed where the view cannot be made.
        make_view: makes the view; it has a trait `problem`, a text that it
            shows. Called when `picker` is there.

    Example:
        >>> from mnistlab.widgets.explorers.softmax import SoftmaxView
        >>> class Scores(Explorer):
        ...     def _show_digit(self):
        ...         self.view.begin([self.picker.digit.image.sum(), 0.0], "its ink")
        >>> Scores(None, lambda: SoftmaxView(classes=["ink", "none"], logits=[1.0, 0.0]))
        Scores: needs a running kernel; the figure below shows the same
    """

    def __init__(
        self, picker: DigitPicker | None, make_view: Callable[[], anywidget.AnyWidget]
    ) -> None:
        self.picker = picker
        try:
            self.view = make_view()
        except BaseException:
            if picker is not None:
                picker.close()
            raise
        super().__init__([self.view] if picker is None else [picker, self.view])
        if picker is not None:
            picker.digit.observe(self._follow, "image")

    def __repr__(self) -> str:
        return f"{type(self).__name__}: needs a running kernel; the figure below shows the same"

    def close(self) -> None:
        """Ends the explorer: it follows the shared digit no longer."""
        if self.comm is not None:
            if self.picker is not None:
                self.picker.digit.unobserve(self._follow, "image")
                self.picker.close()
            self.view.close()
        super().close()

    def _show_digit(self) -> None:
        """Gives the shared digit to the view, or raises why it cannot be shown."""
        raise NotImplementedError(f"{type(self).__name__} does not say how it shows a digit.")

    def _follow(self, change: object = None) -> None:
        # Nobody who picks a digit waits for an exception, and it would keep the digit from the
        # explorers that are told after this one: it is shown beside the picture.
        with self.view.hold_sync():
            try:
                self._show_digit()
            except MnistLabError as cause:
                self.view.problem = str(cause)
            except Exception as cause:
                self.view.problem = (
                    f"This digit cannot be shown ({type(cause).__name__}: {cause}); the picture "
                    "stays as it was. Pick another, or make the explorer anew."
                )
            else:
                self.view.problem = ""
