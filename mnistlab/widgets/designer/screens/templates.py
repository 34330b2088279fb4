"""The architectures of the series, to begin with."""

import inspect
from collections.abc import Callable

from mnistlab.models import zoo
from mnistlab.widgets.designer import templates
from mnistlab.widgets.designer.screens.controls import button, text

import ipywidgets


class TemplateChooser(ipywidgets.VBox):
    """A list of all templates, with what each is in a sentence.

    Args:
        take: called with the name of the one that is taken.

    Example:
        >>> chooser = TemplateChooser(print)
        >>> chooser.choice.value = "three_conv"
        >>> chooser.words.words
        'Three convolutions and a small dense layer: 93,322 parameters.'
        >>> chooser.take.click()
        three_conv
    """

    def __init__(self, take: Callable[[str], object]):
        self.choice = ipywidgets.Dropdown(
            description="Template", options=templates.names(), value="keras_convnet"
        )
        self.choice.style.description_width = "initial"
        self.words = text("", "quiet")
        self.take = button(
            "Take it", lambda: take(self.choice.value), "In place of the layers and the training"
        )
        self.choice.observe(lambda _: self._describe(), "value")
        self._describe()
        row = ipywidgets.HBox([self.choice, self.take])
        row.add_class("mnistlab-row")
        super().__init__([row, self.words])

    def _describe(self) -> None:
        self.words.words = described(self.choice.value)


def described(name: str) -> str:
    """Returns what a template is, in a sentence: the first of its function's in the zoo.

    Example:
        >>> described("lenet5")
        'LeNet-5 in its modern reading: 61,706 parameters.'
    """
    return inspect.getdoc(getattr(zoo, name)).splitlines()[0]
