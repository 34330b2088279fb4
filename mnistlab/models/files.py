"""Saving and loading Keras models: whole or not at all, and without running their content.

`save` writes a model and, beside it, a small JSON file of facts: what it is,
what it was trained on, with which versions, and the digest of the very file
that they describe. `load` takes a file from anywhere. It first reads the
description of the layers as plain data (`mnistlab.models.inspection`), and only
a model made of Keras' own layers gets as far as Keras.

Keras' own `load_model` decides by a global switch whether code in a file may
run: after `keras.config.enable_unsafe_deserialization()` it runs under default
arguments. That switch belongs to the thread that called it, so Keras builds the
model in a fresh thread here, where nobody has touched it.
"""

import contextlib
import datetime
import hashlib
import io
import json
import logging
import os
import tempfile
import warnings
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TypeVar

from mnistlab.errors import ModelFileError
from mnistlab.files import write_atomically
from mnistlab.models import inspection
from mnistlab.models.inspection import AGAIN, Inspected, RejectedError, brief
from mnistlab.versions import versions

import h5py
import keras
import numpy as np

ENDINGS = (".keras", ".h5")
"""The formats: Keras' own, and the older one of the published tutorials."""

KIND = "facts of a model, written by mnistlab"

_NEVER_USED = "Skipping variable loading for optimizer .* saved optimizer has [12] variables"
"""Keras warns so of an optimizer that has taken no step, and so has no state to lose."""

T = TypeVar("T")


def save(model: keras.Model, path: str | os.PathLike, **facts) -> Path:
    """Saves a model and the facts about it.

    The new file is loaded again and compared with the model before it takes
    its name. If anything goes wrong, files of that name stay as they were.

    Args:
        model: a model of Keras' own layers, with finite weights.
        path: where to, ending in `.keras` or `.h5`. Missing folders are made.
        **facts: what else to record, as JSON can hold it: `data="mnist"`,
            `seed=1`, `test_accuracy=0.9912`, ... NumPy numbers and arrays
            are understood. `facts(path)` gives them back.

    Returns:
        The path of the model file. The facts are beside it: `deeper.json` for
        `deeper.keras`, and `deeper.h5.json` for `deeper.h5`.

    Raises:
        ModelFileError: the name has another ending, a weight is NaN or
            infinite, the model could not be loaded again, the facts are not
            JSON, or the file cannot be written.

    Example:
        >>> import tempfile
        >>> from mnistlab.models import files, zoo
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     path = files.save(zoo.build("lenet5"), Path(folder, "lenet5.keras"), seed=1)
        ...     files.load(path).count_params(), files.facts(path)["seed"]
        (61706, 1)
    """
    target = Path(os.path.realpath(path))
    _require_usable_name(target)
    _require_own_sidecar(target)
    _require_built(model, target.name)
    _require_finite(model, target.name, "Train it again, for instance at a lower learning rate")
    described = _described(model, target, facts)
    facts_before = _sidecar_content(target)

    def finish(temporary: Path) -> None:
        content = temporary.read_bytes()
        _require_same(model, content, target.name)
        # Only the renaming of the model is left to do after this, so that a full
        # disk leaves both old files. Killed in between, the digest tells.
        described["sha256"] = _digest(content)
        _write_sidecar(target, described)

    try:
        return write_atomically(
            target, lambda temporary: _write(model, temporary, target), finish, ModelFileError
        )
    except ModelFileError:
        _put_back_sidecar(target, facts_before)
        raise


def load(
    path: str | os.PathLike,
    input_shape: tuple[int | None, ...] | None = (28, 28, 1),
    output_units: int | None = 10,
) -> keras.Model:
    """Loads a model, and never runs code that its file holds.

    What the file is, is seen from its content, not from its name.

    Args:
        path: a `.keras` or `.h5` file, from anywhere.
        input_shape: shape of one image that the model must take; `None` for any.
        output_units: how many numbers it must answer with; `None` for any.

    Returns:
        The model; compiled if it was saved compiled, with the state of its
        optimizer.

    Raises:
        ModelFileError: there is no such file, it is damaged or something else,
            holds more than Keras' own layers and plain weights, has weights
            that are NaN or infinite, or is for other images or classes.

    Warns:
        UserWarning: the facts beside the file are not about this file, or the
            training configuration is of a Keras too old to be restored.

    Example:
        >>> import tempfile
        >>> from mnistlab.models import files, zoo
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     path = files.save(zoo.build("lenet5"), Path(folder, "lenet5.h5"))
        ...     files.load(path).output_shape
        (None, 10)
    """
    path = Path(path)
    content = _read(path)
    with contextlib.suppress(ModelFileError):
        _matching_facts(path, content)
    return _load(content, path.name, input_shape, output_units)


def facts(path: str | os.PathLike) -> dict:
    """Reads the facts that `save` wrote about a model.

    Args:
        path: the model file.

    Returns:
        The facts, such as `architecture`, `parameters`, `sha256`, `versions`,
        and those that the caller of `save` gave. Empty when there are none.

    Raises:
        ModelFileError: there is no such model, or the facts are damaged.

    Warns:
        UserWarning: the facts are about another file, and are left out.

    Example:
        >>> import tempfile
        >>> from mnistlab.models import files, zoo
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     path = files.save(zoo.build("deeper"), Path(folder, "deeper.keras"), epochs=10)
        ...     found = files.facts(path)
        >>> found["architecture"], found["parameters"], found["epochs"]
        ('deeper', 159254, 10)
    """
    path = Path(path)
    return _matching_facts(path, _read(path))


def _require_usable_name(path: Path) -> None:
    if path.suffix not in ENDINGS:
        raise ModelFileError(
            f"{path.name} cannot be saved: a model file ends in {' or '.join(ENDINGS)}. "
            f"Name it {path.with_suffix('.keras').name}, for instance."
        )
    with _errors_of_the_system(path, "cannot be saved", "Choose a place that you may write to"):
        if path.is_dir():
            raise ModelFileError(
                f"{path.name} cannot be saved: a folder has that name. Choose another name."
            )


@contextlib.contextmanager
def _errors_of_the_system(path: Path, what: str, advice: str) -> Iterator[None]:
    """Says what the file system has against a path: a locked folder, a name too long."""
    try:
        yield
    except OSError as cause:
        raise ModelFileError(
            f"{path.name} {what}: {cause.strerror or type(cause).__name__}. {advice}."
        ) from cause


def _require_built(model: keras.Model, name: str) -> None:
    if not isinstance(model, keras.Model) or not model.built:
        raise ModelFileError(
            f"{name} was not saved: what was given is not a model with weights. Give a Keras model "
            "that has an input layer, or that has seen an image."
        )


def _require_finite(model: keras.Model, name: str, advice: str) -> None:
    for weight in model.weights:
        if not np.isfinite(weight.numpy()).all():
            raise ModelFileError(
                f"{name}: the weights {weight.path!r} hold NaN or infinite values, with which the "
                f"model cannot predict. {advice}."
            )


def _write(model: keras.Model, temporary: Path, target: Path) -> None:
    try:
        with _quiet_keras(), warnings.catch_warnings():
            # What Keras would warn of, _require_same finds, and says what to do.
            warnings.simplefilter("ignore")
            keras.saving.save_model(model, temporary)
    except OSError:
        raise
    except Exception as cause:
        # h5py reports a full disk on closing as a RuntimeError.
        raise ModelFileError(
            f"{target.name} cannot be written: {brief(cause)}. The old file, if there was one, "
            "is as it was; check the free space, and give the model layers that this format knows."
        ) from cause


def _require_same(model: keras.Model, content: bytes, name: str) -> None:
    try:
        loaded = _load(content, name)
    except ModelFileError as cause:
        raise ModelFileError(
            f"{name} was not saved, as it could not be loaded again: {cause}"
        ) from cause
    before, after = model.get_weights(), loaded.get_weights()
    if len(before) != len(after) or not all(map(np.array_equal, before, after)):
        raise ModelFileError(
            f"{name} was not saved: what was written has other weights than the model. Save it "
            "again; if that fails too, the disk or the model's layers are at fault."
        )


def _read(path: Path) -> bytes:
    with _errors_of_the_system(path, "cannot be read", "Check that you may read it"):
        _require_model_file(path)
        return path.read_bytes()


def _require_model_file(path: Path) -> None:
    if path.is_dir():
        raise ModelFileError(
            f"{path.name} is a folder, not a model file. Name the {' or '.join(ENDINGS)} file."
        )
    if not path.exists():
        raise ModelFileError(
            f"{path.name} does not exist in the folder {path.resolve().parent.name}. Check the "
            "name, or train a model and save it there."
        )
    if not path.is_file():
        raise ModelFileError(f"{path.name} is not an ordinary file. Name a model file.")
    if path.stat().st_size > inspection.LARGEST_FILE:
        raise ModelFileError(
            f"{path.name} has {path.stat().st_size / 2**20:,.0f} MB; models of up to "
            f"{inspection.LARGEST_FILE // 2**20} MB are loaded here. Name a smaller model."
        )


def _load(
    content: bytes,
    name: str,
    input_shape: tuple[int | None, ...] | None = None,
    output_units: int | None = None,
) -> keras.Model:
    """Loads a model from the bytes that were inspected, and from no others."""
    try:
        found = inspection.inspect(content)
        _in_fresh_thread(lambda: _check_sizes(found, input_shape, output_units))
        model = _in_fresh_thread(lambda: _build(found, content, name))
    except RejectedError as error:
        raise error.named(name) from error
    _require_finite(model, name, "Use another file, or train the model again")
    return model


def _in_fresh_thread(work: Callable[[], T]) -> T:
    with ThreadPoolExecutor(max_workers=1) as executor:
        return executor.submit(work).result()


def _check_sizes(
    found: Inspected, input_shape: tuple[int | None, ...] | None, output_units: int | None
) -> None:
    """Builds the layers without memory for their weights, and looks at the sizes."""
    with _as_rejection(found), keras.StatelessScope(initialize_variables=False):
        outline = _outline(found)
        shapes = outline.input_shape, outline.output_shape
        weights = outline.count_params()
    expected_input = None if input_shape is None else (None, *input_shape)
    expected_output = None if output_units is None else (None, output_units)
    if expected_input not in (None, shapes[0]) or expected_output not in (None, shapes[1]):
        raise RejectedError(
            f"is a model from {shapes[0]} to {shapes[1]}; expected was from "
            f"{expected_input or 'any shape'} to {expected_output or 'any shape'}",
            "Name a model for these images, or say with input_shape and output_units what to "
            "expect.",
        )
    if 4 * weights > inspection.LARGEST_FILE:
        raise RejectedError(f"describes layers with {weights:,} weights, too many to load", AGAIN)


def _outline(found: Inspected) -> keras.Model:
    config = _without_training(found.config)
    if found.suffix == ".keras":
        return keras.saving.deserialize_keras_object(config, safe_mode=True)
    kind = keras.Sequential if config["class_name"] == "Sequential" else keras.Model
    return kind.from_config(config["config"])


def _without_training(part: object) -> object:
    """Copies a description, and leaves out how it and the models in it are trained."""
    if isinstance(part, list):
        return [_without_training(item) for item in part]
    if isinstance(part, dict):
        return {
            key: _without_training(value) for key, value in part.items() if key != "compile_config"
        }
    return part


def _build(found: Inspected, content: bytes, name: str) -> keras.Model:
    with _private_copy(content, found.suffix, name) as path, _as_rejection(found), _quiet_keras():
        model = _read_by_keras(path, found, name)
        if found.suffix == ".h5" and model.compiled:
            _restore_optimizer(model, content, name)
    return model


@contextlib.contextmanager
def _private_copy(content: bytes, suffix: str, name: str) -> Iterator[Path]:
    """A file of the right name for Keras, which nobody can exchange after the inspection."""
    with tempfile.TemporaryDirectory(prefix="mnistlab-") as folder:
        path = Path(folder, "model" + suffix)
        try:
            path.write_bytes(content)
        except OSError as cause:
            raise ModelFileError(
                f"{name} cannot be read: the folder for temporary files does not take a copy "
                f"({cause.strerror or cause}). Free some space there."
            ) from cause
        yield path


def _read_by_keras(path: Path, found: Inspected, name: str) -> keras.Model:
    try:
        return keras.saving.load_model(path, safe_mode=True)
    except Exception:
        if found.training is None:
            raise
        model = keras.saving.load_model(path, compile=False, safe_mode=True)
    _warn(
        f"{name} was saved with a training configuration that Keras {keras.__version__} cannot "
        "restore. The model can predict; call its compile() before fit() or evaluate()."
    )
    return model


@contextlib.contextmanager
def _as_rejection(found: Inspected) -> Iterator[None]:
    """Turns whatever Keras raises about a file into one kind of exception."""
    try:
        yield
    except Exception as cause:
        raise RejectedError(
            f"cannot be loaded, as its parts do not fit together: {brief(cause)}",
            AGAIN + inspection.note_on_version(found.version),
        ) from cause


def _restore_optimizer(model: keras.Model, content: bytes, name: str) -> None:
    """Gives the optimizer of a `.h5` file its saved state back.

    Keras 3 builds it for the model's own variables, of which a model made of
    layers has none: the state is lost, and a further fit() fails.
    """
    model.compile_from_config(model.get_compile_config())
    variables = {variable.path: variable for variable in model.optimizer.variables}
    with h5py.File(io.BytesIO(content), "r") as file:
        if "optimizer_weights" not in file:
            return
        group = file["optimizer_weights"]
        saved = [os.fsdecode(text) for text in group.attrs.get("weight_names", ())]
        for path in saved:
            if path not in variables or variables[path].shape != group[path].shape:
                _warn(f"{name}: the state of its optimizer was not restored; fit() starts it anew.")
                return
        for path in saved:
            variables[path].assign(group[path][()])


@contextlib.contextmanager
def _quiet_keras() -> Iterator[None]:
    """Holds back what Keras says about every `.h5` file, and about every untrained model."""
    logger = logging.getLogger("absl")
    level = logger.level
    logger.setLevel(logging.ERROR)
    try:
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", _NEVER_USED)
            yield
    finally:
        logger.setLevel(level)


def _described(model: keras.Model, target: Path, given: dict) -> dict:
    """Puts together what the sidecar says; the digest is added when the file is there."""
    described = {
        "kind": KIND,
        "file": target.name,
        "sha256": None,
        "architecture": model.name,
        "parameters": model.count_params(),
        "input_shape": model.input_shape,
        "output_shape": model.output_shape,
        "versions": versions(),
        "cores": os.cpu_count(),
        "date": datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds"),
    }
    taken = sorted(set(described) & set(given))
    if taken:
        raise ModelFileError(
            f"{target.name} was not saved: the fact {taken[0]!r} is recorded by save() itself. "
            "Give yours another name."
        )
    described.update(given)
    try:
        return json.loads(json.dumps(described, default=_plain, allow_nan=False))
    except (TypeError, ValueError, RecursionError) as cause:
        raise ModelFileError(
            f"{target.name} was not saved: one of the facts cannot be written as JSON "
            f"({brief(cause)}). Give numbers that are finite, texts, lists or dictionaries."
        ) from cause


def _plain(value: object) -> object:
    if isinstance(value, np.generic | np.ndarray):
        return value.tolist()
    raise TypeError(f"{type(value).__name__} is not known to JSON")


def _sidecar(path: Path) -> Path:
    # The two formats of one model are two files with two digests.
    ending = ".h5.json" if path.suffix == ".h5" else ".json"
    return path.with_name(path.stem + ending)


def _require_own_sidecar(target: Path) -> None:
    sidecar = _sidecar(target)
    try:
        if not sidecar.exists():
            return
        own = json.loads(sidecar.read_text(encoding="utf-8")).get("kind") == KIND
    except (OSError, ValueError, AttributeError, RecursionError):
        own = False
    if not own:
        raise ModelFileError(
            f"{target.name} was not saved: its facts belong into {sidecar.name}, and a file of "
            "that name holds something else. Move that file, or choose another name."
        )


def _write_sidecar(target: Path, described: dict) -> None:
    text = json.dumps(described, indent=2, ensure_ascii=False) + "\n"
    write_atomically(
        _sidecar(target),
        lambda temporary: temporary.write_text(text, encoding="utf-8"),
        error=ModelFileError,
    )


def _sidecar_content(target: Path) -> bytes | None:
    with contextlib.suppress(OSError):
        return _sidecar(target).read_bytes()
    return None


def _put_back_sidecar(target: Path, before: bytes | None) -> None:
    """Has the old facts stand beside the old model again, when the new model did not come."""
    if _sidecar_content(target) == before:
        return
    # Where that fails as well, the digest in the new facts tells that they do not belong.
    with contextlib.suppress(OSError, ModelFileError):
        if before is None:
            _sidecar(target).unlink()
        else:
            write_atomically(
                _sidecar(target), lambda new: new.write_bytes(before), error=ModelFileError
            )


def _matching_facts(path: Path, content: bytes) -> dict:
    """Reads the facts beside a model; warns, and gives none, if they are about another file."""
    sidecar = _sidecar(Path(os.path.realpath(path)))
    try:
        if not sidecar.exists():
            return {}
        found = json.loads(sidecar.read_text(encoding="utf-8"))
        if found["kind"] != KIND:
            raise ValueError("another kind of file")
        about = found["sha256"]
    except (OSError, ValueError, KeyError, TypeError, RecursionError) as cause:
        raise ModelFileError(
            f"{sidecar.name} does not hold the facts of {path.name}: it is damaged, or something "
            "else. Move it away, or save the model again."
        ) from cause
    if about != _digest(content):
        _warn(
            f"{sidecar.name} is not about this {path.name}: the digest recorded there is another "
            "file's. The facts are left out; a save that was cut short, or a changed model file, "
            "can be the cause. Save the model again to renew both."
        )
        return {}
    return found


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def _warn(text: str) -> None:
    warnings.warn(text, UserWarning, stacklevel=2)
