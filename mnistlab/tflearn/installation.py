"""`import tflearn` without tflearn: scripts are run as they are."""

import importlib
import sys

from mnistlab.errors import MnistLabError
from mnistlab.tflearn import collections, version_one

import tensorflow as tf

OURS = __name__.rpartition(".")[0]

TENSORFLOW_NAMES = {
    "": (
        *("reset_default_graph", "get_default_graph", "set_random_seed"),
        *("variable_scope", "get_variable_scope", "AUTO_REUSE"),
        *("random_normal", "random_uniform", "truncated_normal", "random_shuffle", "random_crop"),
        *("truncated_normal_initializer", "variance_scaling_initializer"),
        *("glorot_uniform_initializer", "glorot_normal_initializer"),
        *("orthogonal_initializer", "uniform_unit_scaling_initializer"),
        *("log", "log1p", "expm1", "rsqrt", "reciprocal", "erf", "ceil", "rint", "log_sigmoid"),
        *("squared_difference", "div", "floordiv", "floor_div", "mod", "floormod", "div_no_nan"),
        *("is_nan", "is_inf", "is_finite", "count_nonzero", "cumprod", "lin_space"),
        *("to_float", "to_double", "to_int32", "to_int64"),
        *("matrix_transpose", "trace", "space_to_depth", "depth_to_space", "global_norm"),
        *("GraphKeys", "get_collection", "get_collection_ref"),
        *("app", "flags", "gfile", "logging"),
    ),
    "nn": ("xw_plus_b", "softmax_cross_entropy_with_logits_v2"),
    "image": ("resize_images", "resize_bilinear", "resize_nearest_neighbor"),
    "train": (
        *("Optimizer", "GradientDescentOptimizer", "MomentumOptimizer", "AdamOptimizer"),
        *("RMSPropOptimizer", "AdagradOptimizer", "AdadeltaOptimizer", "FtrlOptimizer"),
        *("ProximalAdagradOptimizer", "ProximalGradientDescentOptimizer", "exponential_decay"),
    ),
}
"""Names of TensorFlow 1, by module, that mean the same on tensors that have values."""

REPLACED = ("placeholder", "disable_v2_behavior", "disable_eager_execution")
"""Names of TensorFlow 1 that could only fail, or have all fail; `version_one` has them anew."""

COLLECTIONS = ("INPUTS", "TARGETS", "TRAIN_OPS")
"""Names that tflearn added to `tf.GraphKeys`."""

_added: list[tuple[object, str]] = []
_replaced: list[tuple[object, str, object]] = []


def install(tensorflow_names: bool = True) -> None:
    """Has `import tflearn` find this package, and scripts of 2017 the TensorFlow names they use.

    Each module is there under tflearn's name as well, `tflearn.layers.conv`,
    and is the same module. Calling it again changes nothing.

    Scripts that are written for tflearn also `import tensorflow as tf`, and
    TensorFlow 2 moved plain functions of that time: `tf.log`,
    `tf.random_normal`, `tf.reset_default_graph`, `tf.variable_scope`,
    `tf.train.AdamOptimizer`, `tf.logging` (all in `TENSORFLOW_NAMES`). Where
    `tensorflow` lacks such a name it is given `tf.compat.v1`'s; a name that it
    has stays as it is. `tf.placeholder` gives what tflearn's layers take, and
    `tf.disable_v2_behavior` a warning and nothing else, in `tf.compat.v1` as
    well. Names that need TensorFlow 1's sessions (`Session`, `get_variable`,
    `global_variables_initializer`) are left away: they have no meaning here.
    What a script computes beside its network is computed at once: a tensor of
    random numbers with a shape in figures, `tf.random_normal([64, 2])`, stays
    the same in every step; `tf.random_normal(tf.shape(z))` is drawn anew.

    Args:
        tensorflow_names: whether to do so.

    Raises:
        MnistLabError: the original tflearn is loaded already.

    Example:
        >>> install()
        >>> import tflearn
        >>> tflearn.input_data([None, 784]).shape
        (None, 784)
        >>> uninstall()
    """
    there = sys.modules.get("tflearn")
    if there is not None and there is not sys.modules[OURS]:
        raise MnistLabError(
            "Another tflearn is loaded already, and what was imported from it would stay. Restart "
            "Python, and call mnistlab.tflearn.install() before the first import of tflearn."
        )
    for name, module in list(sys.modules.items()):
        if _is_within(name, OURS):
            sys.modules[f"tflearn{name.removeprefix(OURS)}"] = module
    if tensorflow_names:
        _add_tensorflow_names()


def uninstall() -> None:
    """Takes back what `install` did; what scripts have imported stays theirs."""
    ours = {id(module) for name, module in sys.modules.items() if _is_within(name, OURS)}
    for name, module in list(sys.modules.items()):
        if _is_within(name, "tflearn") and id(module) in ours:
            del sys.modules[name]
    while _added:
        delattr(*_added.pop())
    while _replaced:
        setattr(*_replaced.pop())


def _is_within(name: str, package: str) -> bool:
    return f"{name}.".startswith(f"{package}.")


def _add_tensorflow_names() -> None:
    # What a script gets by `import tensorflow.compat.v1 as tf` is another module than
    # `tf.compat.v1`, until someone imports it by that name.
    v1 = importlib.import_module("tensorflow.compat.v1")
    for name in REPLACED:
        _replace(v1, name, getattr(version_one, name))
        _add(tf, name, getattr(version_one, name))
    for name in COLLECTIONS:
        _add(v1.GraphKeys, name, getattr(collections, name))
    for path, names in TENSORFLOW_NAMES.items():
        module, source = (getattr(each, path) if path else each for each in (tf, v1))
        for name in names:
            _add(module, name, getattr(source, name))


def _replace(place: object, name: str, value: object) -> None:
    old = getattr(place, name)
    if old is not value:
        setattr(place, name, value)
        _replaced.append((place, name, old))


def _add(place: object, name: str, value: object) -> None:
    if not hasattr(place, name):
        setattr(place, name, value)
        _added.append((place, name))
