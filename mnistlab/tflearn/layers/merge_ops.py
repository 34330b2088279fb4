"""Layers that make one tensor of several."""

import functools
import operator
from collections.abc import Callable, Sequence

from mnistlab.errors import DesignError
from mnistlab.tflearn.graph import current, eagerly
from mnistlab.tflearn.symbols import Tensor, adopt, apply

import keras
import tensorflow.compat.v1 as tf  # noqa: F401 (tflearn's module has it, and star imports pass it on)

_EACH: dict[str, Callable] = {"elemwise_sum": operator.add, "elemwise_mul": operator.mul}

_ALONG: dict[str, Callable] = {
    "sum": keras.ops.sum,
    "mean": keras.ops.mean,
    "prod": keras.ops.prod,
    "max": keras.ops.max,
    "min": keras.ops.min,
    "and": keras.ops.all,
    "or": keras.ops.any,
}


@eagerly
def merge(tensors_list: Sequence[Tensor], mode: str, axis: int = 1, name: str = "Merge") -> Tensor:
    """Makes one tensor of two or more.

    Args:
        tensors_list: the tensors.
        mode: "concat" joins them along `axis`; "elemwise_sum" and "elemwise_mul"
            add and multiply them value by value; "sum", "mean", "prod", "max",
            "min", "and" and "or" join them along `axis`, and then make one value of
            each line along it, so that the result has one dimension less.
        axis: the dimension; the batch's is 0.
        name: name of the layer.

    Raises:
        DesignError: there are fewer than two tensors, or there is no such mode.

    Example:
        >>> left, right = keras.Input((10,)), keras.Input((5,))
        >>> merge([left, right], "concat").shape, merge([left, right], "mean").shape
        ((None, 15), (None,))
    """
    tensors = [adopt(each) for each in tensors_list]
    if len(tensors) < 2:
        raise DesignError("Merge required 2 or more tensors. Give a list of them.")
    outgoing = adopt(_merged(tensors, mode, axis))
    current().add_output(name, outgoing)
    return outgoing


def _merged(tensors: list[Tensor], mode: str, axis: int) -> Tensor:
    if mode in _EACH:
        return functools.reduce(_EACH[mode], tensors)
    if mode != "concat" and mode not in _ALONG:
        known = ", ".join(["concat", *_EACH, *_ALONG])
        raise DesignError(f"Unknown merge mode {mode!r}. There are {known}.")
    joined = apply(keras.ops.concatenate, tensors, axis=axis)
    return joined if mode == "concat" else apply(_ALONG[mode], joined, axis=axis)


@eagerly
def merge_outputs(tensor_list: Sequence[Tensor], name: str = "MergeOutputs") -> Tensor:
    """Joins the outputs of a network along dimension 1.

    Args:
        tensor_list: the outputs, each of shape (batch, ...).
        name: name of the layer.

    Example:
        >>> merge_outputs([keras.Input((10,)), keras.Input((5,))]).shape
        (None, 15)
    """
    return merge(tensor_list, "concat", 1, name)
