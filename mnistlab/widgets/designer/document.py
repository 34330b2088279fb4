"""A design that is being made: layers added, moved and changed, undone and done again.

Everything that the screens can do to a design is done through `Design`; so a
script or a test can do it too. It needs no widget, and Keras only when a model
is asked for.
"""

import os
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from mnistlab.errors import DesignError
from mnistlab.widgets.designer import code, rules, schema, templates
from mnistlab.widgets.designer.palette import Shape
from mnistlab.widgets.designer.plan import (
    CLASSES,
    IMAGE_SHAPE,
    MOST_LAYERS,
    Layer,
    Plan,
    Row,
    Training,
    Value,
    checked_data,
    checked_name,
    make_layer,
)
from mnistlab.widgets.designer.rules import Edit, Problem

MOST_REMEMBERED = 200
"""Changes that can be undone."""


class Design:
    """A network being designed, and how it is to be trained.

    Args:
        name: what it is called, at most 60 characters.
        input_shape: (height, width, channels) of the images.
        classes: how many the data have.

    Example:
        >>> design = Design.from_template("keras_convnet")
        >>> design.rows[0].output_shape, design.rows[5].output_shape, design.parameters
        ((26, 26, 32), (128,), 1199882)
        >>> design.remove(4)
        >>> print(design.check()[0].fix)
        Insert Flatten before row 5
        >>> design.fix(design.check()[0])
        >>> design.check()
        []
    """

    def __init__(
        self, name: str = "my_network", input_shape: Shape = IMAGE_SHAPE, classes: int = CLASSES
    ):
        self._past: list[Plan] = []
        self._future: list[Plan] = []
        self._plan = Plan(checked_name(name))
        self._plan = replace(self._plan, **checked_data(input_shape, classes))

    @classmethod
    def from_template(cls, name: str) -> "Design":
        """Returns an architecture of the series as a design, with its published training.

        Args:
            name: one of `Design.templates()`.

        Raises:
            DesignError: there is none of this name.
        """
        return cls.from_plan(templates.template(name))

    @classmethod
    def from_plan(cls, plan: Plan) -> "Design":
        """Returns a design that begins as a plan says."""
        design = cls()
        design._plan = plan
        return design

    @staticmethod
    def templates() -> list[str]:
        """Returns the names of the architectures that a design can begin as."""
        return templates.names()

    def __repr__(self) -> str:
        count = len(self.layers)
        return f"<Design {self.name}: {count} layers, {self.parameters:,} parameters>"

    # What it says

    @property
    def plan(self) -> Plan:
        """What the design says now, as a value that does not change."""
        return self._plan

    @property
    def name(self) -> str:
        """What it is called."""
        return self._plan.name

    @property
    def input_shape(self) -> Shape:
        """(height, width, channels) of the images."""
        return self._plan.input_shape

    @property
    def classes(self) -> int:
        """How many classes the data have."""
        return self._plan.classes

    @property
    def layers(self) -> tuple[Layer, ...]:
        """Its layers, in their order."""
        return self._plan.layers

    @property
    def training(self) -> Training:
        """How it is to be trained."""
        return self._plan.training

    @property
    def rows(self) -> tuple[Row, ...]:
        """Its layers with their output shapes and parameters."""
        return self._plan.rows

    @property
    def parameters(self) -> int:
        """All parameters, as far as the rows can be computed."""
        return self._plan.parameters

    def __len__(self) -> int:
        return len(self.layers)

    def __iter__(self) -> Iterator[Layer]:
        return iter(self.layers)

    def check(self) -> list[Problem]:
        """Returns all that is wrong; an empty list where it can be built and trained."""
        return rules.check(self._plan)

    # What can be done to its layers; places count from 0

    def add(self, kind: str, index: int | None = None, **settings: Value) -> None:
        """Adds a layer.

        Args:
            kind: its name in the palette, such as "Conv2D".
            index: its place; at the end, or before an Output that stands
                there, when `None`.
            **settings: such as `filters=32`; the others are as the palette has them.

        Raises:
            DesignError: there is no such kind, setting or place, a value is of
                another type, or there are 100 layers already.
        """
        layer = make_layer(kind, **settings)
        if index is None:
            behind_output = self.layers and self.layers[-1].kind == "Output" and kind != "Output"
            index = len(self) - 1 if behind_output else len(self)
        self._insert(index, layer)

    def change(self, index: int, **settings: Value) -> None:
        """Changes settings of a layer.

        Raises:
            DesignError: there is no such place or setting, or a value is of another type.
        """
        layer = self._at(index)
        checked = {n: layer.of.setting(n).check_type(value) for n, value in settings.items()}
        layer = replace(layer, settings={**layer.settings, **checked})
        self._with_layers(*self.layers[:index], layer, *self.layers[index + 1 :])

    def move(self, index: int, to: int) -> None:
        """Moves a layer to another place; the others close up.

        Raises:
            DesignError: there is no such place.
        """
        layer = self._at(index)
        self._at(to)
        others = [*self.layers[:index], *self.layers[index + 1 :]]
        others.insert(to, layer)
        self._with_layers(*others)

    def duplicate(self, index: int) -> None:
        """Adds a copy of a layer behind it.

        Raises:
            DesignError: there is no such place, or there are 100 layers already.
        """
        layer = self._at(index)
        self._insert(index + 1, layer)

    def remove(self, index: int) -> None:
        """Removes a layer.

        Raises:
            DesignError: there is no such place.
        """
        self._at(index)
        self._with_layers(*self.layers[:index], *self.layers[index + 1 :])

    def clear(self) -> None:
        """Removes all layers."""
        self._with_layers()

    # What else can be done to it

    def rename(self, name: str) -> None:
        """Gives it another name.

        Raises:
            DesignError: it is no text of 1 to 60 printable characters.
        """
        self._become(replace(self._plan, name=checked_name(name)))

    def train_with(self, **settings: Value) -> None:
        """Changes how it is to be trained, such as `epochs=12`; see `Training`.

        Raises:
            DesignError: there is no such setting, or a value is of another type.
        """
        self._become(replace(self._plan, training=self.training.changed(**settings)))

    def take_data(self, input_shape: Shape, classes: int) -> None:
        """Takes the shape of the images and the number of classes from the data.

        It is no step of the design, and is not undone.

        Raises:
            DesignError: it is no such shape or number.
        """
        facts = checked_data(input_shape, classes)
        self._plan = replace(self._plan, **facts)
        self._past = [replace(plan, **facts) for plan in self._past]
        self._future = [replace(plan, **facts) for plan in self._future]

    def become(self, plan: Plan) -> None:
        """Becomes what a plan says (a template, or a file), as one step that can be undone.

        The shape of the images and the number of classes stay.
        """
        data = {"input_shape": self.input_shape, "classes": self.classes}
        self._become(replace(plan, **data))

    def fix(self, problem: Problem) -> None:
        """Does what the button of a problem says, as one step.

        Raises:
            DesignError: the problem has no fix, or is not one of the design as it is now.
        """
        if problem not in self.check():
            raise DesignError(
                "The design has changed since that was said; check it again and take a fix of now."
            )
        if not problem.edits:
            raise DesignError(f"There is no fix to click: {problem.message}")
        before = self._plan, list(self._past), list(self._future)
        for edit in problem.edits:
            self._apply(edit)
        self._past, self._future = [*before[1], before[0]][-MOST_REMEMBERED:], []

    # Undoing

    @property
    def can_undo(self) -> bool:
        """Whether there is a step to undo."""
        return bool(self._past)

    @property
    def can_redo(self) -> bool:
        """Whether there is an undone step to do again."""
        return bool(self._future)

    def undo(self) -> None:
        """Goes back one step.

        Raises:
            DesignError: there is none.
        """
        if not self._past:
            raise DesignError("There is nothing to undo.")
        self._future.append(self._plan)
        self._plan = self._past.pop()

    def redo(self) -> None:
        """Does an undone step again.

        Raises:
            DesignError: there is none.
        """
        if not self._future:
            raise DesignError("There is nothing to do again.")
        self._past.append(self._plan)
        self._plan = self._future.pop()

    # What is made of it

    def to_json(self) -> str:
        """Returns the design as text of its file format; see `schema`."""
        return schema.to_json(self._plan)

    @classmethod
    def from_json(cls, text: str) -> "Design":
        """Returns the design that a text in its file format says.

        Raises:
            DesignError: the text is none; the row at fault is named.
        """
        return cls.from_plan(schema.from_json(text))

    def save(self, path: str | os.PathLike) -> Path:
        """Writes the design to a `.json` file; weights are saved with the model.

        Returns:
            The path written.

        Raises:
            DesignError: the name has another ending, or the file cannot be written.
        """
        return schema.save(self._plan, path)

    @classmethod
    def load(cls, path: str | os.PathLike) -> "Design":
        """Reads a design from a `.json` file.

        Raises:
            DesignError: there is no such file, or it is none of a design.
        """
        return cls.from_plan(schema.load(path))

    def to_code(self) -> str:
        """Returns a Python script that builds and trains the same network in plain Keras.

        Raises:
            DesignError: the rules refuse the design.
        """
        return code.to_code(self._plan)

    def to_keras(self):
        """Builds the Keras model, compiled, with fresh weights.

        Returns:
            A `keras.Model`, (None, height, width, channels) -> (None, classes).

        Raises:
            DesignError: the rules refuse the design.
        """
        # Keras takes seconds to import, and a design can be made without it.
        from mnistlab.widgets.designer.build import build

        return build(self._plan)

    # Steps

    def _become(self, plan: Plan) -> None:
        if plan == self._plan:
            return
        self._past = [*self._past, self._plan][-MOST_REMEMBERED:]
        self._future = []
        self._plan = plan

    def _with_layers(self, *layers: Layer) -> None:
        self._become(replace(self._plan, layers=layers))

    def _insert(self, index: int, layer: Layer) -> None:
        if len(self) >= MOST_LAYERS:
            raise DesignError(
                f"There are {MOST_LAYERS} layers already, and that is the most. Remove some first."
            )
        if type(index) is not int or not 0 <= index <= len(self):
            raise DesignError(f"There is no place {index!r}: a layer can go to 0 to {len(self)}.")
        self._with_layers(*self.layers[:index], layer, *self.layers[index:])

    def _at(self, index: int) -> Layer:
        if type(index) is not int or not 0 <= index < len(self):
            raise DesignError(
                f"There is no layer {index!r}: the design has {len(self)}, counted from 0."
            )
        return self.layers[index]

    def _apply(self, edit: Edit) -> None:
        if edit.what == "insert":
            self._insert(edit.place, edit.layer)
        elif edit.what == "change":
            self.change(edit.place, **dict(edit.settings))
        elif edit.what == "remove":
            self.remove(edit.place)
        elif edit.what == "move":
            self.move(edit.place, edit.to)
        else:
            self.train_with(**dict(edit.settings))
