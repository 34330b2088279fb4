"""Settings of a script's graph: its seed, the processor's threads, the mode of training."""

import warnings

from mnistlab.tflearn.graph import current, eagerly
from mnistlab.tflearn.session import Session

import keras
import tensorflow as tf

_MODE = "training mode"


@eagerly
def init_graph(
    seed: int | None = None,
    log_device: bool = False,
    num_cores: int = 0,
    gpu_memory_fraction: float = 0,
    soft_placement: bool = True,
) -> tf.compat.v1.ConfigProto:
    """Sets the graph's seed, and how TensorFlow uses the machine.

    Args:
        seed: what all that is random in the graph is drawn from; the numbers are
            not those that TensorFlow 1 drew from it.
        log_device: whether TensorFlow logs where it computes what.
        num_cores: threads to use; 0 for all.
        gpu_memory_fraction: largest part of a GPU's memory; 0 for all.
        soft_placement: whether what a GPU cannot do is done elsewhere.

    Returns:
        The settings, as TensorFlow 1 wrote them.

    Example:
        >>> init_graph(seed=1).allow_soft_placement
        True
    """
    if seed is not None:
        current().seed_with(seed)
        tf.random.set_seed(seed)
    if log_device:
        tf.debugging.set_log_device_placement(True)
    if num_cores:
        _use_threads(num_cores)
    if gpu_memory_fraction:
        _limit_gpus(gpu_memory_fraction)
    tf.config.set_soft_device_placement(soft_placement)
    options = tf.compat.v1.GPUOptions(per_process_gpu_memory_fraction=gpu_memory_fraction)
    return tf.compat.v1.ConfigProto(
        log_device_placement=log_device,
        inter_op_parallelism_threads=num_cores,
        intra_op_parallelism_threads=num_cores,
        gpu_options=options,
        allow_soft_placement=soft_placement,
    )


def _use_threads(count: int) -> None:
    try:
        tf.config.threading.set_intra_op_parallelism_threads(count)
        tf.config.threading.set_inter_op_parallelism_threads(count)
    except RuntimeError:
        warnings.warn(
            f"init_graph(num_cores={count}) came after TensorFlow had begun to compute, and its "
            "threads stay as they are. Call it before anything else of TensorFlow.",
            stacklevel=4,
        )


def _limit_gpus(fraction: float) -> None:
    if tf.config.list_physical_devices("GPU"):
        warnings.warn(
            f"init_graph(gpu_memory_fraction={fraction}) has no counterpart in TensorFlow 2, and "
            "is not heeded. Call tf.config.experimental.set_memory_growth first of all, if other "
            "programs need the GPU's memory.",
            stacklevel=4,
        )


@eagerly
def init_training_mode() -> None:
    """Makes the variable that `get_training_mode` returns, if there is none yet.

    Example:
        >>> init_training_mode()
        >>> get_training_mode().numpy()
        np.False_
    """
    keep = current().keep
    if _MODE not in keep:
        keep[_MODE] = keras.Variable(False, dtype="bool", trainable=False, name="is_training")


@eagerly
def is_training(is_training: bool = False, session: Session | None = None) -> None:
    """Sets what `get_training_mode` says.

    `DNN.fit`, `predict` and `evaluate` tell dropout and batch normalization the
    mode themselves; a Keras model is called with `training=True`.

    Args:
        is_training: whether the network trains.
        session: not used; there is one mode for a graph.

    Example:
        >>> is_training(True)
        >>> get_training_mode().numpy()
        np.True_
        >>> is_training(False)
    """
    get_training_mode().assign(is_training)


def get_training_mode() -> keras.Variable:
    """Returns the variable that `is_training` sets.

    Example:
        >>> get_training_mode().name
        'is_training'
    """
    init_training_mode()
    return current().keep[_MODE]
