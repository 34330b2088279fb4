"""Whether weights from a file are those of a design.

Keras takes any weights whose shapes fit, also those of a network that computes
something else with them.
"""

import itertools
from collections.abc import Mapping

from mnistlab.errors import DesignError
from mnistlab.widgets.designer.palette import KINDS

import keras


def require_same_layers(loaded: keras.Model, own: keras.Model, name: str) -> None:
    """Makes sure that the weights of a model are those of a network like another.

    Args:
        loaded: the model whose weights are to be used.
        own: the network that they are to be used in.
        name: of the file that they are from.

    Raises:
        DesignError: they are of another network; the first difference is named.

    Example:
        >>> from mnistlab.widgets.designer.build import build
        >>> from mnistlab.widgets.designer.templates import template
        >>> lenet, deeper = build(template("lenet5")), build(template("deeper"))
        >>> require_same_layers(lenet, deeper, "lenet5.keras")
        Traceback (most recent call last):
            ...
        mnistlab.errors.DesignError: lenet5.keras holds the weights of another network: row 1 is \
Conv2D with filters=6, kernel_size=5, padding=same there, and with filters=32, kernel_size=3, \
padding=valid in the design. Load the design that it was trained with, or change this one.
    """
    pairs = itertools.zip_longest(_layers(loaded), _layers(own))
    for row, (there, here) in enumerate(pairs, 1):
        if there == here:
            continue
        if there and here and there[0] == here[0]:
            old, new = _differing(there[1], here[1])
            difference = f"{there[0]} with {old} there, and with {new} in the design"
        else:
            words = [each[0] if each else "not" for each in (there, here)]
            difference = f"{words[0]} there, and {words[1]} in the design"
        raise DesignError(
            f"{name} holds the weights of another network: row {row} is {difference}. Load the "
            "design that it was trained with, or change this one."
        )


def _differing(*both: Mapping[str, object]) -> list[str]:
    names = [name for name in both[0] if both[0][name] != both[1][name]]
    return [", ".join(f"{name}={each[name]}" for name in names) for each in both]


def _layers(model: keras.Model) -> list[tuple[str, dict[str, object]]]:
    """The kind of each layer, and its settings that its weights or its answers depend on."""
    return [
        (type(layer).__name__, _weighty(layer))
        for layer in model.layers
        if not isinstance(layer, keras.layers.InputLayer)
    ]


def _weighty(layer: keras.layers.Layer) -> dict[str, object]:
    kind, config = KINDS.get(type(layer).__name__), layer.get_config()
    names = [setting.name for setting in kind.settings] if kind else []
    return {
        name: _plain(config[name])
        for name in names
        if name in config and name not in ("kernel_initializer", "rate")
    }


def _plain(value: object) -> object:
    """A setting as the palette has it: one number for both sides of a window."""
    if isinstance(value, list | tuple) and len(set(value)) == 1:
        return value[0]
    return value
