"""Checkpoint files as tflearn wrote and read them: TensorFlow's format, by variable names.

A checkpoint is three files: `c.index` and `c.data-00000-of-00001` hold arrays
by name, and `c.meta`, which held TensorFlow 1's graph, is there because scripts
look for it. The file `checkpoint` beside them names the latest one, for
`tf.train.latest_checkpoint`. tflearn itself reads such files with
`load(..., weights_only=True)`, and its own are read here.

Two files cannot change names in one step. The data and the index are written
under other names and read back; then the index takes a waiting name, the data
its own, and the index follows. A process that is killed before the data's step
leaves the old checkpoint; one that is killed after it leaves a waiting index,
which the next `read` or `save` puts in its place.
"""

import contextlib
import glob
import math
import os
import secrets
import shutil
import tempfile
import warnings
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from mnistlab.errors import ModelFileError
from mnistlab.files import PREFIX, write_atomically
from mnistlab.tflearn import private

import numpy as np
import tensorflow as tf

INDEX, DATA, META = ".index", ".data-00000-of-00001", ".meta"
STATE = "checkpoint"

_UNREADABLE = (tf.errors.OpError, IndexError, ValueError, RuntimeError, MemoryError, OSError)


class MissingError(ModelFileError, tf.errors.NotFoundError, ValueError):
    """A checkpoint, or an array in it, is not there.

    TensorFlow 1 raised `NotFoundError` or `ValueError`, and scripts catch one of them.
    """

    def __init__(self, message: str):
        tf.errors.NotFoundError.__init__(self, None, None, message)


def save(
    path: str | os.PathLike, arrays: Mapping[str, np.ndarray], earlier: Iterable[str] = ()
) -> Path:
    """Writes a checkpoint, and makes it the folder's latest.

    Args:
        path: the checkpoint's name, without an ending. Its folder is made when it is missing.
        arrays: arrays of numbers by their names, "Conv2D/W".
        earlier: names of other checkpoints in the folder, to be listed in `checkpoint`.

    Returns:
        The path, symbolic links of its folder followed.

    Raises:
        ModelFileError: it cannot be written; an old checkpoint is as it was.

    Example:
        >>> import tempfile
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     path = save(f"{folder}/model", {"Dense/b": np.zeros(3)})
        ...     read(path), sorted(file.suffix for file in Path(folder).iterdir())
        ({'Dense/b': array([0., 0., 0.])}, ['', '.data-00000-of-00001', '.index', '.meta'])
    """
    target = _target(path)
    arrays = {name: np.asarray(array) for name, array in arrays.items()}
    _require_numbers(arrays, target)
    staged = target.with_name(f"{PREFIX}{secrets.token_hex(8)}.tmp")
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        _require_no_folder(target)
        _finish_earlier_save(target)
        _write(staged, arrays)
        _check(staged, arrays)
        _put_in_place(staged, target)
    except (OSError, tf.errors.OpError) as cause:
        raise ModelFileError(
            f"{target.name} cannot be written to the folder {target.parent.name or target.parent}: "
            f"{_reason(cause)}. Free some space, or choose a folder that you may write to."
        ) from cause
    finally:
        for file in target.parent.glob(f"{staged.name}*"):
            with contextlib.suppress(OSError):
                file.unlink()
    _write_state(target, earlier)
    return target


def read(path: str | os.PathLike) -> dict[str, np.ndarray]:
    """Reads every array of a checkpoint, this project's, tflearn's or TensorFlow's.

    Raises:
        MissingError: there is none of that name.
        ModelFileError: it is damaged, or something else.
    """
    target = _target(path)
    # Where nothing can be written, an unfinished save is a damaged checkpoint.
    with contextlib.suppress(OSError):
        _finish_earlier_save(target)
    if not _beside(target, INDEX).exists() and (_whole(target) or not target.is_file()):
        raise MissingError(_not_there(target))
    try:
        return _arrays(target)
    except _UNREADABLE as cause:
        raise ModelFileError(
            f"{target.name} cannot be read: it is damaged, incomplete{_lacking(target)}, or no "
            "checkpoint of TensorFlow. Copy all its files again from where they are whole, load "
            "another checkpoint, or train again."
        ) from cause


def missing(name: str, path: str | os.PathLike) -> MissingError:
    """Returns the error for an array that a checkpoint does not hold.

    Example:
        >>> str(missing("Conv2D/W", "models/digits"))[:45]
        'Key Conv2D/W not found in checkpoint digits. '
    """
    return MissingError(
        f"Key {name} not found in checkpoint {Path(path).name}. The network was built in another "
        "way, or with other names, than the one that was saved: build it as it was, or load with "
        "weights_only=True, variable_name_map=... or scope_for_restore=...."
    )


class Saver:
    """Writes checkpoints, and removes its oldest when there are too many.

    Args:
        max_to_keep: how many of those that it wrote stay; `None` or 0 for all.

    Example:
        >>> import tempfile
        >>> folder = tempfile.TemporaryDirectory()
        >>> saver = Saver(max_to_keep=1)
        >>> for step in (1, 2):
        ...     _ = saver.save(f"{folder.name}/c", {"b": np.zeros(3)}, step)
        >>> sorted(each.name for each in Path(folder.name).glob("*.index"))
        ['c-2.index']
        >>> folder.cleanup()
    """

    def __init__(self, max_to_keep: int | None = None):
        self.max_to_keep = max_to_keep
        self._written: list[Path] = []

    def save(
        self, path: str | os.PathLike, arrays: Mapping[str, np.ndarray], step: int | None = None
    ) -> str:
        """Writes `path`, or `path-step`; returns that name."""
        name = os.fspath(path) if step is None else f"{os.fspath(path)}-{step}"
        target = _target(name)
        others = [each for each in self._written if each != target] if self.max_to_keep else []
        split = max(len(others) + 1 - (self.max_to_keep or 1), 0)
        oldest, kept = others[:split], others[split:]
        save(target, arrays, [each.name for each in kept if each.parent == target.parent])
        self._written = [*kept, target]
        for each in oldest:
            _remove(each)
        return name


def _target(path: str | os.PathLike) -> Path:
    folder, name = os.path.split(os.fspath(path))
    if not name:
        raise ModelFileError(
            f"{os.fspath(path)!r} names no checkpoint. Give a file name without an ending, like "
            "'models/digits'."
        )
    return Path(os.path.realpath(folder or os.curdir), name)


def _beside(target: Path, ending: str) -> Path:
    return target.with_name(target.name + ending)


def _waiting(target: Path) -> Path:
    return target.with_name(f"{PREFIX}next-{target.name}{INDEX}")


def _require_numbers(arrays: Mapping[str, np.ndarray], target: Path) -> None:
    if not arrays:
        raise ModelFileError(
            f"{target.name} was not saved: there is no variable to save. Add a layer first."
        )
    for name, array in arrays.items():
        if array.dtype.kind not in "biufc":
            raise ModelFileError(
                f"{target.name} was not saved: {name} holds {array.dtype}, and only numbers can "
                "be saved. Give it a number, or leave it out."
            )


def _require_no_folder(target: Path) -> None:
    for file in [*(_beside(target, each) for each in (INDEX, DATA, META)), _state(target)]:
        if file.is_dir():
            raise IsADirectoryError(None, f"{file.name} is a folder")


def _write(staged: Path, arrays: Mapping[str, np.ndarray]) -> None:
    with private.eager_mode():
        tf.raw_ops.SaveV2(
            prefix=str(staged),
            tensor_names=list(arrays),
            shape_and_slices=[""] * len(arrays),
            tensors=list(arrays.values()),
        )
    _beside(staged, META).write_bytes(_description())


def _description() -> bytes:
    """What stands in for the graph: that there is none, and who says so."""
    graph = tf.compat.v1.MetaGraphDef()
    graph.meta_info_def.meta_graph_version = "no graph: weights saved by mnistlab.tflearn"
    graph.meta_info_def.tensorflow_version = tf.__version__
    return graph.SerializeToString()


def _check(staged: Path, arrays: Mapping[str, np.ndarray]) -> None:
    try:
        found = _arrays(staged)
    except _UNREADABLE as cause:
        raise OSError(None, f"what was written cannot be read back ({_reason(cause)})") from cause
    for name, array in arrays.items():
        if name not in found or found[name].tobytes() != array.tobytes():
            raise OSError(None, f"{name} was not read back as it was written")


def _put_in_place(staged: Path, target: Path) -> None:
    waiting = _waiting(target)
    _move(_beside(staged, INDEX), waiting)
    try:
        _move(_beside(staged, DATA), _beside(target, DATA))
    except ModelFileError:
        waiting.unlink()
        raise
    _replace_index(target)
    # The last, because scripts take it to say that there is a checkpoint.
    _move(_beside(staged, META), _beside(target, META))


def _move(file: Path, to: Path) -> None:
    write_atomically(to, file.replace, error=ModelFileError)


def _finish_earlier_save(target: Path) -> None:
    """Does what a killed process did not come to: the step after the data's."""
    if _waiting(target).exists() and _beside(target, DATA).exists() and not _is_whole(target):
        _replace_index(target)


def _replace_index(target: Path) -> None:
    # Whoever reads in this moment finishes the save; then it is done.
    with contextlib.suppress(FileNotFoundError):
        _waiting(target).replace(_beside(target, INDEX))


def _is_whole(target: Path) -> bool:
    try:
        _arrays(target)
    except _UNREADABLE:
        return False
    return True


def _arrays(target: Path) -> dict[str, np.ndarray]:
    with _plainly_named(target) as plain:
        reader = tf.train.load_checkpoint(str(plain))
        shapes, types = reader.get_variable_to_shape_map(), reader.get_variable_to_dtype_map()
        if _beside(target, INDEX).exists():
            # Before TensorFlow asks for the memory that a false index speaks of.
            there = sum(file.stat().st_size for file in _data_files(target))
            for name, shape in shapes.items():
                if types[name] != tf.string and math.prod(shape) * types[name].size > there:
                    raise ValueError(f"{name} is larger than the file")
        return {name: np.asarray(reader.get_tensor(name)) for name in sorted(shapes)}


def _data_files(target: Path) -> list[Path]:
    return list(target.parent.glob(f"{glob.escape(target.name)}.data-*"))


def _lacking(target: Path) -> str:
    if _data_files(target):
        return ""
    return f" ({target.name}{DATA} is not beside {target.name}{INDEX})"


@contextlib.contextmanager
def _plainly_named(target: Path) -> Iterator[Path]:
    """Has TensorFlow read copies, where it would take a name for a pattern."""
    if not set("*?[") & set(str(target)):
        yield target
        return
    with tempfile.TemporaryDirectory(prefix="mnistlab-") as folder:
        for file in [_beside(target, INDEX), *_data_files(target)]:
            shutil.copyfile(file, Path(folder, f"copy{file.name.removeprefix(target.name)}"))
        yield Path(folder, "copy")


def _not_there(target: Path) -> str:
    whole = _whole(target)
    if whole is not None:
        return (
            f"{target.name} is one file of a checkpoint. Give the checkpoint's name: {whole.name}."
        )
    return (
        f"{target.name} does not exist in the folder {target.parent.name or target.parent}. Save "
        "one there with DNN.save, or give the name of one, without .index."
    )


def _whole(target: Path) -> Path | None:
    """Returns the checkpoint, where its index, data or description was named."""
    for ending in (INDEX, DATA, META):
        whole = target.with_name(target.name.removesuffix(ending))
        if whole != target and _beside(whole, INDEX).exists():
            return whole
    return None


def _state(target: Path) -> Path:
    return target.with_name(STATE)


def _write_state(target: Path, earlier: Iterable[str]) -> None:
    # Names without a folder: they hold wherever the folder is moved to.
    state = tf.compat.v1.train.generate_checkpoint_state_proto(
        os.curdir, target.name, [*earlier, target.name]
    )
    write_atomically(
        _state(target),
        lambda file: file.write_text(str(state), encoding="utf-8"),
        error=ModelFileError,
    )


def _remove(target: Path) -> None:
    try:
        for ending in (META, INDEX, DATA):
            _beside(target, ending).unlink(missing_ok=True)
    except OSError as cause:
        warnings.warn(
            f"{target.name}, an old checkpoint, cannot be removed: {_reason(cause)}. Remove it "
            "yourself.",
            UserWarning,
            stacklevel=3,
        )


def _reason(cause: Exception) -> str:
    if isinstance(cause, OSError) and cause.strerror:
        return cause.strerror
    # TensorFlow says where in its graph and its folders that was, and then what it was.
    return str(cause).partition(" [Op:")[0].rpartition("; ")[2]
