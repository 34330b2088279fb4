"""The designer: six screens to build, check, train, evaluate and try a network without code."""

import os
from pathlib import Path

from mnistlab.plots.figure import Figure
from mnistlab.widgets.designer.document import Design
from mnistlab.widgets.designer.project import STEPS, Project
from mnistlab.widgets.designer.screens.data import DataScreen
from mnistlab.widgets.designer.screens.design import DesignScreen
from mnistlab.widgets.designer.screens.evaluate import EvaluateScreen
from mnistlab.widgets.designer.screens.train import TrainScreen
from mnistlab.widgets.designer.screens.try_out import TryScreen
from mnistlab.widgets.designer.screens.verify import VerifyScreen
from mnistlab.widgets.designer.unasked import unasked
from mnistlab.widgets.designer.views.step_bar import StepBar

import ipywidgets

SCREENS = (DataScreen, DesignScreen, VerifyScreen, TrainScreen, EvaluateScreen, TryScreen)


class Designer(ipywidgets.VBox):
    """Build, check, train, evaluate and try a network by clicking.

    Whatever the screens do can be done from Python by `designer.project`, too.

    Args:
        design: to begin with: a `Design`, the name of a template, or the path
            of a saved `.json`; an empty one when `None`.
        folder: where designs and weights are saved; the folder of your own
            files (that of the notebooks, or `MNISTLAB_OUTPUT`) when `None`.

    Raises:
        DesignError: there is no such template, or the file is none of a design.

    Example:
        >>> designer = Designer("keras_convnet")
        >>> designer.design.parameters
        1199882
        >>> designer
        Designer: needs a running kernel; the figure below shows the same
    """

    def __init__(
        self,
        design: Design | str | os.PathLike | None = None,
        folder: str | os.PathLike | None = None,
    ):
        super().__init__()
        self.project = Project(_design(design), None if folder is None else Path(folder))
        self._bar = StepBar(STEPS, self.go_to)
        self.screens = [screen(self.project) for screen in SCREENS]
        for place, screen in enumerate(self.screens):
            screen.on_next = lambda place=place: self.go_to(place + 1)
        self._stack = ipywidgets.Stack(self.screens, selected_index=0)
        self.children = [self._bar, self._stack]
        self.add_class("mnistlab-designer")
        self.project.observe(self._refresh)
        self._refresh()

    def __repr__(self) -> str:
        return "Designer: needs a running kernel; the figure below shows the same"

    @property
    def design(self) -> Design:
        """What is being designed."""
        return self.project.design

    def go_to(self, place: int) -> None:
        """Shows a screen, counted from 0."""
        unasked(self._show, place)

    def figure(self) -> Figure:
        """Draws the network, for readers without a kernel."""
        return self.screens[1].figure()

    def _show(self, place: int) -> None:
        self._stack.selected_index = place
        self._bar.selected = place
        self._refresh_all()

    def _refresh(self) -> None:
        unasked(self._refresh_all)

    def _refresh_all(self) -> None:
        self._bar.states = list(self.project.states.values())
        for screen in self.screens:
            screen.refresh()


def _design(design: Design | str | os.PathLike | None) -> Design:
    if design is None or isinstance(design, Design):
        return Design() if design is None else design
    if isinstance(design, str) and design in Design.templates():
        return Design.from_template(design)
    return Design.load(design)
