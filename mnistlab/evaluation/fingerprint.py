"""What the numbers of a training depend on, in a few digits that can be compared."""

import hashlib
import json
import os
import platform
import re
import warnings
from collections.abc import Iterator
from pathlib import Path

from mnistlab.evaluation import fold, handover, quick_fit
from mnistlab.models import schedules
from mnistlab.versions import versions

import keras
import numpy as np
import tensorflow as tf

CODE = (fold, quick_fit, handover, schedules)
"""The modules whose every change may change numbers."""


def digest(*arrays: np.ndarray) -> str:
    """Returns 16 hexadecimal digits that stand for the content of arrays."""
    sha = hashlib.sha256()
    for array in arrays:
        sha.update(f"{array.dtype.str}{array.shape}".encode())
        # As bytes: of bfloat16 NumPy gives no buffer.
        sha.update(np.ascontiguousarray(array).reshape(-1).view("uint8"))
    return sha.hexdigest()[:16]


def digest_of_text(content: object) -> str:
    """Returns 16 hexadecimal digits that stand for lists, dictionaries, texts and numbers."""
    text = json.dumps(content, sort_keys=True, default=repr)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def _code() -> str:
    return digest_of_text([Path(module.__file__).read_text("utf-8") for module in CODE])


_LOADED_CODE = _code()
"""Read as it is loaded: a file that is changed later is not the code that runs."""


def network(model: keras.Model) -> str:
    """Returns a digest of a compiled model: its layers, its training, its weights and seeds.

    Names that Keras numbers through ("dense_3") do not count: they tell how
    many layers were made before.

    Args:
        model: a model with its first weights.

    Returns:
        16 hexadecimal digits.

    Example:
        >>> from mnistlab.models import zoo
        >>> keras.utils.set_random_seed(1)
        >>> first = network(zoo.lenet5())
        >>> keras.utils.set_random_seed(1)
        >>> network(zoo.lenet5()) == first, network(zoo.lenet5(learning_rate=0.1)) == first
        (True, False)
    """
    weights = digest(*(np.asarray(weight.numpy()) for weight in model.variables))
    return digest_of_text([*map(_without_names, _description(model)), weights])


def own_code(model: keras.Model) -> list[str]:
    """Returns the names of a model's parts that are neither Keras' nor in `CODE`.

    A description of the model holds their names and not what they do, so it
    does not show when that changes.

    Example:
        >>> inputs = keras.Input((4,))
        >>> class Doubling(keras.layers.Layer):
        ...     def call(self, inputs):
        ...         return 2 * inputs
        >>> model = keras.Model(inputs, Doubling()(inputs))
        >>> model.compile(loss="mse")
        >>> own_code(model)
        ['Doubling']
    """
    if not _is_known(type(model).__module__):
        return [type(model).__name__]
    try:
        return sorted(set(_foreign(_description(model))))
    except Exception:
        # Each layer describes itself, and one of the reader's own can fail in any way.
        return ["a part that cannot be described"]


def _description(model: keras.Model) -> list[object]:
    with warnings.catch_warnings():
        # Keras warns of code in what is described; nothing is saved or loaded here.
        warnings.simplefilter("ignore")
        return [model.get_config(), model.get_compile_config()]


def surroundings() -> dict[str, object]:
    """Returns what the numbers depend on beside network, data and protocol."""
    return {
        "versions": versions(),
        "code": _LOADED_CODE,
        "keras": fold.keras_settings(),
        "onednn": os.environ.get("TF_ENABLE_ONEDNN_OPTS", ""),
        "machine": f"{platform.system()} {platform.machine()}",
        "graphics_cards": _graphics_cards(),
    }


def _graphics_cards() -> list[str]:
    cards = tf.config.list_physical_devices("GPU")
    details = map(tf.config.experimental.get_device_details, cards)
    return [str(each.get("device_name", "unknown")) for each in details]


def _without_names(config: object) -> object:
    """Numbers the names in a configuration by the order of their appearance."""
    numbers: dict[str, str] = {}

    def numbered(name: object) -> object:
        if not isinstance(name, str):
            return name
        return numbers.setdefault(name, f"{re.sub(r'_[0-9]+$', '', name)}#{len(numbers)}")

    def convert(value: object, key: str = "") -> object:
        if isinstance(value, dict):
            return {inner: convert(each, inner) for inner, each in value.items()}
        if isinstance(value, list | tuple):
            # [layer, node, tensor]: how a configuration points to what a layer returned.
            if len(value) == 3 and isinstance(value[0], str) and key in _POINTERS:
                return [numbered(value[0]), *value[1:]]
            return [convert(each, key) for each in value]
        return numbered(value) if key == "name" else value

    return convert(config)


_POINTERS = ("keras_history", "input_layers", "output_layers")


def _foreign(config: object) -> Iterator[str]:
    if isinstance(config, list | tuple):
        for each in config:
            yield from _foreign(each)
    elif isinstance(config, dict):
        if config.get("class_name") == "function":
            yield str(config.get("config"))
        elif config.get("class_name") == "__lambda__" or _is_code(config.get("activation")):
            yield "a lambda"
        elif "module" in config and not _is_known(config["module"]):
            yield str(config.get("class_name"))
        for each in config.values():
            yield from _foreign(each)
    elif callable(config):
        yield getattr(config, "__name__", type(config).__name__)


def _is_code(activation: object) -> bool:
    return isinstance(activation, dict) and "class_name" not in activation


def _is_known(module: object) -> bool:
    """Whether a change of the code would show: Keras has a version, and `CODE` is compared."""
    known = {"keras", *(module.__name__ for module in CODE)}
    return module in known or (isinstance(module, str) and module.startswith("keras."))
