"""Small helpers under the names that tflearn gave them."""

import random
import string
from collections.abc import Callable, Iterable, Mapping, Sequence

from mnistlab.tflearn import feeding, graph
from mnistlab.tflearn.feeding import make_batches as make_batches
from mnistlab.tflearn.symbols import ancestors, is_symbolic

import numpy as np
import tensorflow as tf


def get_from_module(
    identifier: object,
    module_params: Mapping[str, object],
    module_name: str,
    instantiate: bool = False,
    kwargs: dict | None = None,
) -> object:
    """Finds what a string names: by its exact spelling, then in lower case.

    Args:
        identifier: the name, or anything else, which is returned as it is.
        module_params: what there is to find, by name: `globals()` of a module.
        module_name: what kind of thing it is, for the message.
        instantiate: whether to call what was found.
        kwargs: arguments of that call.

    Raises:
        Exception: there is no such name.

    Example:
        >>> get_from_module("RELU", {"relu": abs}, "activation")
        <built-in function abs>
    """
    if not isinstance(identifier, str):
        return identifier
    for name in (identifier, identifier.lower()):
        found = module_params.get(name)
        # A module's globals also hold the modules that it imports: "np" names no activation.
        if callable(found) and not name.startswith("_"):
            return found(**(kwargs or {})) if instantiate else found
    raise Exception(f"Invalid {module_name}: {identifier}")


# Layers and tensors


def get_layer_by_name(name_or_scope: str):
    """Returns the output of the layer of that name; a list when there are several.

    Raises:
        Exception: there is none.
    """
    found = graph.current().outputs.get(name_or_scope, [])
    if not found:
        raise Exception("No layer found for this name.")
    return found[0] if len(found) == 1 else list(found)


def get_incoming_shape(incoming) -> Sequence[int | None]:
    """Returns the shape of a tensor (a list; an unknown length is `None`) or of an array.

    Example:
        >>> get_incoming_shape(tf.zeros((2, 3)))
        [2, 3]
    """
    if isinstance(incoming, np.ndarray | list | tuple):
        return np.shape(incoming)
    if is_symbolic(incoming) or tf.is_tensor(incoming):
        return list(incoming.shape)
    raise Exception("Invalid incoming layer.")


def get_tensor_parents(tensor) -> list:
    """Returns a symbolic tensor and all that it was computed from, each once."""
    return ancestors([tensor])


def get_all_tensor_parents(tensor) -> list:
    """The same as `get_tensor_parents`: weights are no tensors of a Keras network."""
    return get_tensor_parents(tensor)


def get_tensor_parents_placeholders(tensor) -> list:
    """Returns the inputs that a symbolic tensor was computed from."""
    return feeding.inputs_of([tensor])


def repeat(inputs, repetitions: int, layer: Callable, *args, **kwargs):
    """Applies a layer several times, each to the result of the one before.

    Example:
        >>> repeat(1, 3, lambda value, factor: value * factor, 2)
        8
    """
    for _ in range(repetitions):
        inputs = layer(inputs, *args, **kwargs)
    return inputs


# Data


def feed_dict_builder(X, Y, net_inputs: list, net_targets: list) -> dict:
    """Says which data go to which input and target.

    Args:
        X: what to feed the inputs: an array for the only one; a list in the order of their
            making; a dict by name ("input"), full name ("input/X:0") or tensor; or a fraction
            for all of them (as a validation set is given).
        Y: what to feed the targets, likewise.
        net_inputs: the inputs.
        net_targets: the targets.

    Returns:
        The data, by input and target.

    Raises:
        Exception: a name is not known.
        ValueError: there are not as many arrays as inputs.
    """
    return {**_fed(X, net_inputs, "inputs"), **_fed(Y, net_targets, "targets")}


def _fed(data, placeholders: list, what: str) -> dict:
    if not placeholders:
        return {}
    if isinstance(data, float):
        return dict.fromkeys(placeholders, data)
    return feeding.build(data, placeholders, what)


def to_list(data):
    """Returns lists, tuples and `None` as they are, and anything else in a list.

    Example:
        >>> to_list(3), to_list((3, 4))
        ([3], (3, 4))
    """
    return data if data is None or isinstance(data, list | tuple) else [data]


def standarize_data(data):
    """Makes NumPy arrays of data: a list of them, or the dict that was given.

    Example:
        >>> standarize_data([[1, 2], [3, 4]])
        [array([1, 2]), array([3, 4])]
    """
    if data is None or isinstance(data, dict):
        return data
    return [np.asarray(each) for each in to_list(data)]


def standarize_dict(d: dict) -> None:
    """Replaces lists in a dict by NumPy arrays, in place."""
    d.update({key: np.asarray(value) for key, value in d.items() if isinstance(value, list)})


def del_duplicated(l: Iterable) -> list:  # noqa: E741
    """Returns the elements in their order, each once.

    Example:
        >>> del_duplicated([3, 1, 3])
        [3, 1]
    """
    seen = []
    for each in l:
        if each not in seen:
            seen.append(each)
    return seen


def slice_array(X, start=None, stop=None):
    """Returns rows of an array, or of each array of a list: a range, or those of an index.

    Args:
        X: an array, a list of arrays, or anything with rows: an h5py dataset, a preloader.
        start: the first row; or the rows, as an array.
        stop: the row after the last one, where `start` is a number.

    Example:
        >>> slice_array(np.arange(5), 1, 3), slice_array(np.arange(5), [3, 0])
        (array([1, 2]), array([3, 0]))
    """
    if isinstance(X, list):
        return [slice_array(each, start, stop) for each in X]
    return feeding.take(X, start) if hasattr(start, "__len__") else X[start:stop]


def get_dict_first_element(input_dict: dict):
    """Returns the first value of a dict, `None` of an empty one.

    Example:
        >>> get_dict_first_element({"input": 1, "targets": 2})
        1
    """
    return next(iter(input_dict.values()), None)


def is_none(val: object) -> bool:
    """Whether something is `None`; an array is not."""
    return val is None


# Names


def format_scope_name(scope_name: str, prefix: str, suffix: str) -> str:
    """Puts a prefix and a suffix around a scope's name.

    Example:
        >>> format_scope_name("Conv2D", "model", "W")
        'model/Conv2D/W'
    """
    before = f"{prefix.removesuffix('/')}/" if prefix else ""
    after = f"/{suffix.removeprefix('/')}" if suffix else ""
    return f"{before}{scope_name}{after}"


def check_scope_path(scope_name: str) -> str:
    """Returns a scope's name without doubled slashes.

    Example:
        >>> check_scope_path("Conv2D//W")
        'Conv2D/W'
    """
    return scope_name.replace("//", "/")


def check_dir_name(dir_path: str) -> str:
    """Returns a folder's path with a slash at its end.

    Raises:
        ValueError: it is not a string.

    Example:
        >>> check_dir_name("models")
        'models/'
    """
    if not isinstance(dir_path, str):
        raise ValueError("Incorrect string format for directory path.")
    return dir_path if not dir_path or dir_path.endswith("/") else f"{dir_path}/"


def check_restore_tensor(tensor_to_check, exclvars: Iterable) -> bool:
    """Whether a variable is to be restored: none of the names or variables is in its name."""
    names = (each if isinstance(each, str) else each.name for each in exclvars)
    return not any(name.split(":")[0] in tensor_to_check.name for name in names)


def id_generator(size: int = 6, chars: str = string.ascii_uppercase + string.digits) -> str:
    """Returns a random name, for a run that was given none.

    Example:
        >>> len(id_generator())
        6
    """
    return "".join(random.choice(chars) for _ in range(size))


# Sizes as a layer's user gives them, and as TensorFlow wants them


def autoformat_kernel_2d(strides: int | Sequence[int]) -> list[int]:
    """Writes strides or a pool's size as `[1, rows, columns, 1]`.

    Example:
        >>> autoformat_kernel_2d(2)
        [1, 2, 2, 1]
    """
    return _around("strides", strides, 2)


def autoformat_stride_3d(strides: int | Sequence[int]) -> list[int]:
    """Writes strides as `[1, depth, rows, columns, 1]`.

    Example:
        >>> autoformat_stride_3d(2)
        [1, 2, 2, 2, 1]
    """
    return _around("strides", strides, 3)


def autoformat_kernel_3d(kernel: int | Sequence[int]) -> list[int]:
    """Writes a pool's size as `[1, depth, rows, columns, 1]`.

    Example:
        >>> autoformat_kernel_3d([2, 3, 3])
        [1, 2, 3, 3, 1]
    """
    return _around("kernel", kernel, 3)


def autoformat_filter_conv2d(
    fsize: int | Sequence[int], in_depth: int, out_depth: int
) -> list[int]:
    """Returns a filter's shape, `[rows, columns, in_depth, out_depth]`.

    Example:
        >>> autoformat_filter_conv2d([5, 3], 1, 32)
        [5, 3, 1, 32]
    """
    return [*_sizes("filter", fsize, 2), in_depth, out_depth]


def autoformat_filter_conv3d(
    fsize: int | Sequence[int], in_depth: int, out_depth: int
) -> list[int]:
    """Returns a filter's shape, `[depth, rows, columns, in_depth, out_depth]`.

    Example:
        >>> autoformat_filter_conv3d(3, 1, 32)
        [3, 3, 3, 1, 32]
    """
    return [*_sizes("filter", fsize, 3), in_depth, out_depth]


def autoformat_padding(padding: str) -> str:
    """Returns "SAME" or "VALID", also for lower case.

    Raises:
        Exception: it is neither.

    Example:
        >>> autoformat_padding("same")
        'SAME'
    """
    if padding in ("same", "SAME", "valid", "VALID"):
        return padding.upper()
    raise Exception("Unknown padding! Accepted values: 'same', 'valid'.")


def _around(what: str, sizes: int | Sequence[int], count: int) -> list[int]:
    if isinstance(sizes, list | tuple) and len(sizes) == count + 2:
        return list(sizes)
    return [1, *_sizes(what, sizes, count, f"{count} or {count + 2}"), 1]


def _sizes(what: str, sizes: int | Sequence[int], count: int, allowed: str = "") -> list[int]:
    if isinstance(sizes, int | np.integer):
        return [sizes] * count
    if not isinstance(sizes, list | tuple):
        raise Exception(f"{what} format error: {type(sizes)}")
    if len(sizes) != count:
        raise Exception(
            f"{what} length error: {len(sizes)}, only a length of {allowed or count} is supported."
        )
    return list(sizes)
