"""The settings of an explorer: attributes that are checked when they are set."""

from mnistlab.errors import DesignError

import numpy as np
import traitlets


class SettingError(DesignError, traitlets.TraitError):
    """A setting of an explorer that cannot be; as a `TraitError`, it undoes what came with it."""


class Checked(traitlets.Any):
    """A trait whose validator sees every value; `traitlets.Any` lets `None` pass by it."""

    allow_none = False


def setting(name: str, help_text: str) -> property:
    """Returns an attribute of an explorer that is a trait of its view."""
    return property(
        lambda self: getattr(self.view, name),
        lambda self, value: setattr(self.view, name, value),
        doc=help_text,
    )


def number(value: object, name: str, smallest: float, largest: float) -> float:
    """Returns a setting as a float, or says between which numbers it has to be."""
    scalar = None if isinstance(value, list | tuple) else np.asarray(value)
    is_number = scalar is not None and scalar.ndim == 0 and scalar.dtype.kind in "iuf"
    if not is_number or not smallest <= scalar <= largest:
        raise SettingError(
            f"{name} is {value!r}; it takes a number from {smallest:,.10g} to {largest:,.10g}."
        )
    return float(scalar)


def whole_number(value: object, name: str, smallest: int, largest: int) -> int:
    """Returns a setting as an int, or says between which whole numbers it has to be."""
    result = number(value, name, smallest, largest)
    if result != int(result):
        raise SettingError(
            f"{name} is {value!r}; it takes a whole number from {smallest} to {largest}."
        )
    return int(result)
