"""Model files that are damaged, hostile or not models at all (faults 32 to 39)."""

import errno
import io
import json
import os
import signal
import sys
import zipfile
from pathlib import Path

from mnistlab.errors import ModelFileError
from mnistlab.models import files, inspection, zoo
from tests.programs import run_program

import h5py
import keras
import numpy as np
import pytest

ENDINGS = (".keras", ".h5")
PIECES = ("config.json", "metadata.json", "model.weights.h5")


@pytest.fixture(scope="module")
def good(tmp_path_factory):
    """The content of a good file, in both formats: a convolution and a dense layer."""
    inputs = keras.Input((28, 28, 1), name="image")
    maps = keras.layers.Conv2D(2, 3, activation="relu", name="conv1")(inputs)
    pooled = keras.layers.GlobalAveragePooling2D(name="pool1")(maps)
    outputs = keras.layers.Dense(10, activation="softmax", name="probabilities")(pooled)
    model = keras.Model(inputs, outputs, name="tiny")
    model.compile("sgd", "categorical_crossentropy", metrics=["accuracy"])
    folder = tmp_path_factory.mktemp("good")
    return {ending: files.save(model, folder / f"tiny{ending}").read_bytes() for ending in ENDINGS}


@pytest.fixture
def write(tmp_path):
    def write(content, name="model.keras"):
        path = tmp_path / name
        path.write_bytes(content)
        return path

    return write


@pytest.fixture
def unsafe_switch():
    """Keras' switch for code in model files, on; and as it was, afterwards."""
    from keras.src.saving import serialization_lib

    scope = serialization_lib.SafeModeScope(serialization_lib.in_safe_mode())
    with scope:
        keras.config.enable_unsafe_deserialization()
        yield


def refused(path, **how):
    """Loads a file that is to be refused; returns what is said."""
    with pytest.raises(ModelFileError) as caught:
        files.load(path, **how)
    said = str(caught.value)
    assert said.startswith(Path(path).name)
    assert "safe_mode" not in said
    assert "unsafe" not in said
    return said


def unpacked(content):
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def packed(pieces, compression=zipfile.ZIP_STORED):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", compression) as archive:
        for name, content in pieces.items():
            archive.writestr(name, content)
    return buffer.getvalue()


def with_config(content, ending, change):
    """A good file whose description went through `change`."""
    if ending == ".keras":
        pieces = unpacked(content)
        config = json.loads(pieces["config.json"])
        change(config)
        return packed({**pieces, "config.json": json.dumps(config)})

    def edit(file):
        config = json.loads(file.attrs["model_config"])
        change(config)
        file.attrs["model_config"] = json.dumps(config)

    return with_hdf5(content, edit)


def with_hdf5(content, edit):
    """A good HDF5 file that went through `edit`."""
    buffer = io.BytesIO(content)
    with h5py.File(buffer, "r+") as file:
        edit(file)
    return buffer.getvalue()


def with_weights(content, ending, edit):
    """A good file of either format whose HDF5 part went through `edit`."""
    if ending == ".h5":
        return with_hdf5(content, edit)
    pieces = unpacked(content)
    return packed({**pieces, "model.weights.h5": with_hdf5(pieces["model.weights.h5"], edit)})


def kernel(ending):
    return "layers/dense/vars/0" if ending == ".keras" else dense_kernel_in_h5


dense_kernel_in_h5 = "model_weights/probabilities/probabilities/kernel"


def layer(config, name):
    return next(part for part in config["config"]["layers"] if part["config"]["name"] == name)


# 32: code in the file


def lambda_file(path, trace):
    """A real file made by Keras, whose Lambda layer writes `trace` when it runs."""
    inputs = keras.Input((28, 28, 1))
    flat = keras.layers.Flatten()(inputs)
    outputs = keras.layers.Dense(10)(flat)
    code = f"lambda x: (__import__('pathlib').Path({str(trace)!r}).touch(), x)[1]"
    source = path.with_suffix(".py")
    source.write_text(f"function = {code}\n")
    space = {}
    exec(compile(source.read_text(), str(source), "exec"), space)
    outputs = keras.layers.Lambda(space["function"], output_shape=(10,), name="evil")(outputs)
    keras.saving.save_model(keras.Model(inputs, outputs), path)
    trace.unlink(missing_ok=True)
    return path


@pytest.mark.parametrize("ending", ENDINGS)
def test_a_lambda_layer_is_refused_and_not_run(ending, tmp_path, unsafe_switch):
    trace = tmp_path / "was_run"
    path = lambda_file(tmp_path / f"evil{ending}", trace)
    said = refused(path)
    assert "'evil'" in said
    assert "Lambda" in said
    assert not trace.exists()


def test_the_lambda_file_is_a_real_threat(tmp_path, unsafe_switch):
    trace = tmp_path / "was_run"
    keras.saving.load_model(lambda_file(tmp_path / "evil.keras", trace))(np.zeros((1, 28, 28, 1)))
    assert trace.exists()


def test_keras_builds_models_where_the_switch_is_not_set(unsafe_switch):
    from keras.src.saving import serialization_lib

    assert serialization_lib.in_safe_mode() is False
    assert files._in_fresh_thread(serialization_lib.in_safe_mode) is None


@pytest.mark.parametrize("ending", ENDINGS)
def test_a_model_is_not_saved_with_a_lambda_layer(ending, tmp_path, recwarn):
    inputs = keras.Input((28, 28, 1))
    outputs = keras.layers.Lambda(lambda x: x, name="mine")(keras.layers.Flatten()(inputs))
    with pytest.raises(ModelFileError, match=r"was not saved.*Lambda.*'mine'"):
        files.save(keras.Model(inputs, outputs), tmp_path / f"model{ending}")
    assert list(tmp_path.iterdir()) == []
    assert not [warning for warning in recwarn if "safe_mode" in str(warning.message)]


DANGEROUS = {
    "os.system by name": lambda part: part["config"].update(activation="os.system"),
    "system by name": lambda part: part["config"].update(activation="system"),
    "deserialize by name": lambda part: part["config"].update(activation="deserialize"),
    "os.system as a function": lambda part: part["config"].update(
        activation={
            "module": "os",
            "class_name": "function",
            "config": "system",
            "registered_name": "system",
        }
    ),
    "a built-in of Python": lambda part: part["config"].update(
        activation={
            "module": "builtins",
            "class_name": "function",
            "config": "eval",
            "registered_name": "eval",
        }
    ),
    "bytecode": lambda part: part["config"].update(
        activation={"class_name": "__lambda__", "config": {"value": "4wAAAA=="}}
    ),
    "a function that fetches files": lambda part: part["config"].update(
        activation={
            "module": "keras.utils",
            "class_name": "function",
            "config": "get_file",
            "registered_name": "get_file",
        }
    ),
    "a program": lambda part: part.update(
        {"class_name": "TFSMLayer", "config": {"name": "conv1", "filepath": "x"}}
    ),
    "a program by its module": lambda part: part.update(module="keras.src.export.tfsm_layer"),
    "a class of Python": lambda part: part.update(module="subprocess", class_name="Popen"),
    "a class that does not exist": lambda part: part.update(class_name="Conv2DX"),
    "a class that is not a name": lambda part: part.update(class_name=["Conv2D"]),
    "a module that is not a name": lambda part: part.update(module={"a": 1}),
    "a function that is not a name": lambda part: part["config"].update(
        activation={"class_name": "function", "module": ["os"], "config": ["system"]}
    ),
    "a registration that is not a name": lambda part: part.update(registered_name=["x"]),
    "no module": lambda part: part.update(module=None),
    "something registered": lambda part: part.update(registered_name="mine>Conv2D"),
    "something registered, by class": lambda part: part.update(class_name="mine>Conv2D"),
    "an initializer": lambda part: part["config"].update(kernel_initializer="os.remove"),
    "a regularizer": lambda part: part["config"].update(kernel_regularizer="os.remove"),
    "a constraint": lambda part: part["config"].update(kernel_constraint="os.remove"),
    "a type": lambda part: part["config"].update(dtype="int8_from_float32"),
    "a type specification": lambda part: part["config"].update(
        activation={"class_name": "__typespec__", "spec_name": "x", "config": []}
    ),
    "a type of TensorFlow": lambda part: part["config"].update(
        activation={"class_name": "TypeSpec", "type_spec": "x", "serialized": []}
    ),
    "a layer that reads a file": lambda part: part.update(
        class_name="StringLookup", config={"name": "conv1", "vocabulary": "/etc/hostname"}
    ),
    "something in the call": lambda part: part["inbound_nodes"][0]["kwargs"].update(
        mask={"class_name": "__lambda__", "config": {"value": "4wAAAA=="}}
    ),
}


@pytest.mark.parametrize("ending", ENDINGS)
@pytest.mark.parametrize("danger", DANGEROUS)
def test_what_is_not_keras_own_is_refused_before_keras_sees_it(
    danger, ending, good, write, unsafe_switch, monkeypatch
):
    def forbidden(*_, **__):
        raise AssertionError("Keras was given the file")

    monkeypatch.setattr(keras.saving, "load_model", forbidden)
    monkeypatch.setattr(files, "_outline", forbidden)

    def change(config):
        DANGEROUS[danger](layer(config, "conv1"))

    said = refused(write(with_config(good[ending], ending, change), f"bad{ending}"))
    assert "'conv1'" in said
    assert "Keras' own" in said


TRAINING = {
    "loss": "os.system",
    "metrics": ["accuracy", "os.system"],
    "weighted_metrics": [["os.system"]],
    "optimizer": "os.system",
    "optimizer_config": {"class_name": "mine>Optimizer", "config": {}},
}


@pytest.mark.parametrize("ending", ENDINGS)
@pytest.mark.parametrize("setting", TRAINING)
def test_the_training_configuration_is_inspected_too(setting, ending, good, write):
    def edit(file):
        training = json.loads(file.attrs["training_config"])
        file.attrs["training_config"] = json.dumps({**training, setting: TRAINING[setting]})

    def change(config):
        config["compile_config"][setting] = TRAINING[setting]

    content = (
        with_hdf5(good[".h5"], edit)
        if ending == ".h5"
        else with_config(good[".keras"], ".keras", change)
    )
    assert "the training configuration" in refused(write(content))


def test_a_registered_class_of_the_process_is_not_reached(good, write):
    @keras.saving.register_keras_serializable("mnistlab_faults")
    class Evil(keras.layers.Layer):
        def __init__(self, **settings):
            raise AssertionError("was made")

    def change(config):
        layer(config, "conv1").update(
            module=None, class_name="Evil", registered_name="mnistlab_faults>Evil"
        )

    try:
        assert "'Evil'" in refused(write(with_config(good[".keras"], ".keras", change)))
    finally:
        keras.saving.get_custom_objects().pop("mnistlab_faults>Evil")


# 33: weights from elsewhere


def external_link(file, name):
    del file[name]
    file[name] = h5py.ExternalLink("secret.h5", "/secret")


def soft_link(file, name):
    del file[name]
    file[name] = h5py.SoftLink("/secret")


def virtual(file, name):
    shape = file[name].shape
    del file[name]
    layout = h5py.VirtualLayout(shape, "f4")
    layout[:] = h5py.VirtualSource("secret.h5", "secret", shape)
    file.create_virtual_dataset(name, layout)


def external_storage(file, name):
    shape = file[name].shape
    del file[name]
    file.create_dataset(name, shape, "f4", external=[("secret.bin", 0, 4 * np.prod(shape))])


def group_link(file, name):
    group = name.rsplit("/", 1)[0]
    del file[group]
    file[group] = h5py.ExternalLink("secret.h5", "/")


@pytest.mark.parametrize("ending", ENDINGS)
@pytest.mark.parametrize(
    "elsewhere", [external_link, soft_link, virtual, external_storage, group_link]
)
def test_weights_from_another_file_are_refused(elsewhere, ending, good, write, tmp_path):
    with h5py.File(tmp_path / "secret.h5", "w") as file:
        file["secret"] = np.ones((2, 10), "f4")
    (tmp_path / "secret.bin").write_bytes(bytes(80))
    content = with_weights(good[ending], ending, lambda file: elsewhere(file, kernel(ending)))
    said = refused(write(content, f"bad{ending}"))
    assert "elsewhere" in said or "another file" in said


@pytest.mark.parametrize("ending", ENDINGS)
def test_weights_that_are_not_numbers_are_refused(ending, good, write):
    def edit(file):
        del file[kernel(ending)]
        file.create_dataset(kernel(ending), data=["a", "b"], dtype=h5py.string_dtype())

    assert "not numbers" in refused(write(with_weights(good[ending], ending, edit)))


def test_links_in_a_circle_are_no_trap(good, write):
    def edit(file):
        file["model_weights/circle"] = file["/"]

    assert files.load(write(with_hdf5(good[".h5"], edit))).name == "tiny"


# 34: damaged, or something else


@pytest.mark.parametrize("name", ["model.keras", "model.h5", "model.txt", "model"])
@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "is empty"),
        (b"not a model", "not a Keras model"),
        (b"<!DOCTYPE html><title>Log in</title>", "web page"),
        (b"\x00" * 5000, "not a Keras model"),
        (b"PK\x03\x04", "damaged"),
        (b"\x89HDF\r\n\x1a\n", "damaged"),
        (packed({"a.txt": "a"}), "'a.txt'"),
        (packed({}), "not a Keras model"),
    ],
)
def test_what_is_no_model_is_said_to_be_none(content, said, name, write):
    assert said in refused(write(content, name))


def test_a_missing_file_a_folder_and_a_pipe_are_refused(tmp_path):
    assert "does not exist" in refused(tmp_path / "none.keras")
    (tmp_path / "folder.keras").mkdir()
    assert "is a folder" in refused(tmp_path / "folder.keras")
    if hasattr(os, "mkfifo"):
        os.mkfifo(tmp_path / "pipe.keras")
        assert "not an ordinary file" in refused(tmp_path / "pipe.keras")
    with pytest.raises(ModelFileError, match="does not exist"):
        files.facts(tmp_path / "none.keras")


@pytest.mark.parametrize("ending", ENDINGS)
def test_a_file_cut_off_anywhere_is_damaged(ending, good, write):
    content = good[ending]
    for length in np.linspace(1, len(content) - 1, 60).astype(int):
        refused(write(content[:length], f"cut{ending}"))


def flipped(content, random):
    changed = bytearray(content)
    changed[random.integers(len(changed))] ^= int(random.integers(1, 256))
    return bytes(changed)


def flipped_inside(piece):
    def flip(good, random):
        pieces = unpacked(good[".keras"])
        return packed({**pieces, piece: flipped(pieces[piece], random)})

    return flip


FLIPS = {
    "archive": lambda good, random: flipped(good[".keras"], random),
    "hdf5": lambda good, random: flipped(good[".h5"], random),
    "description": flipped_inside("config.json"),
    "weights": flipped_inside("model.weights.h5"),
}


@pytest.mark.filterwarnings("ignore::UserWarning")
@pytest.mark.parametrize("part", FLIPS)
def test_a_changed_byte_gives_a_model_or_our_error(part, good, write):
    random = np.random.default_rng(5)
    outcomes = []
    for _ in range(40):
        try:
            outcomes.append(isinstance(files.load(write(FLIPS[part](good, random))), keras.Model))
        except ModelFileError:
            outcomes.append(False)
    assert False in outcomes


def test_an_hdf5_file_that_is_no_model_says_so(write, tmp_path):
    with h5py.File(tmp_path / "table.h5", "w") as file:
        file["table"] = np.ones(3)
    assert "no Keras model" in refused(tmp_path / "table.h5")


def test_weights_alone_are_told_from_a_model(tmp_path):
    zoo.build("lenet5").save_weights(tmp_path / "lenet5.weights.h5")
    said = refused(tmp_path / "lenet5.weights.h5")
    assert "weights only" in said
    assert "load_weights" in said


def test_an_archive_that_unpacks_to_gigabytes_is_refused_unread(good, write, monkeypatch):
    pieces = unpacked(good[".keras"])
    pieces["model.weights.h5"] = bytes(20 * 2**20)
    monkeypatch.setattr(inspection, "LARGEST_FILE", 10 * 2**20)
    bomb = packed(pieces, zipfile.ZIP_DEFLATED)
    assert len(bomb) < 2**20
    monkeypatch.setattr(zipfile.ZipFile, "read", lambda *_: pytest.fail("was unpacked"))
    assert "MB" in refused(write(bomb))


def test_weights_that_unpack_to_gigabytes_are_refused(good, write):
    def edit(file):
        file.create_dataset("bomb", (2**33,), "f4", chunks=(2**20,), compression="gzip")

    for ending in ENDINGS:
        content = with_weights(good[ending], ending, edit)
        assert len(content) < 2**20
        assert "MB" in refused(write(content))


def test_layers_that_would_fill_the_memory_are_refused_unbuilt(good, write):
    def change(config):
        layer(config, "probabilities")["config"]["units"] = 10**9

    for ending in ENDINGS:
        said = refused(write(with_config(good[ending], ending, change)), output_units=None)
        assert "too many to load" in said


def test_a_file_of_more_than_the_limit_is_refused_unread(write, monkeypatch):
    monkeypatch.setattr(inspection, "LARGEST_FILE", 1000)
    monkeypatch.setattr(Path, "read_bytes", lambda _: pytest.fail("was read"))
    assert "Name a smaller model" in refused(write(bytes(2000)))


@pytest.mark.parametrize("name", ["../outside.txt", "/outside.txt", "assets/x", "config.json"])
def test_an_archive_with_more_than_its_parts_is_refused(name, good, write, tmp_path):
    buffer = io.BytesIO(good[".keras"])
    with zipfile.ZipFile(buffer, "a") as archive:
        if name == "config.json":
            with pytest.warns(UserWarning, match="Duplicate"):
                archive.writestr(name, "{}")
        else:
            archive.writestr(name, "x")
    refused(write(buffer.getvalue()))
    assert [path.name for path in tmp_path.iterdir()] == ["model.keras"]
    assert not (tmp_path.parent / "outside.txt").exists()


@pytest.mark.parametrize("missing", PIECES)
def test_an_archive_without_one_of_its_parts_is_refused(missing, good, write):
    pieces = unpacked(good[".keras"])
    del pieces[missing]
    assert missing in refused(write(packed(pieces)))


# 35: no description, or a bad one


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        "[]",
        "null",
        "7",
        "{}",
        '{"class_name": "Functional"}',
        '{"class_name": "Functional", "config": {}}',
        '{"class_name": "Dense", "config": {"units": 10}}',
        '{"class_name": "Functional", "config": {"layers": 7}}',
        '{"class_name": "Lambda", "class_name": "Functional", "config": {}}',
        "[" * 100_000,
        '{"class_name": "Functional", "config": {"a": ' + "[" * 900 + "]" * 900 + "}}",
        "\udcff",
    ],
)
def test_a_bad_description_is_refused(text, good, write):
    raw = text.encode("utf-8", "surrogateescape")
    refused(write(packed({**unpacked(good[".keras"]), "config.json": raw})))

    def edit(file):
        del file.attrs["model_config"]
        if len(raw) < 60_000:
            file.attrs.create("model_config", np.bytes_(raw) if raw else "")

    refused(write(with_hdf5(good[".h5"], edit)))


def test_a_description_that_is_not_text_is_refused(good, write):
    def edit(file):
        file.attrs["model_config"] = np.ones(3)

    refused(write(with_hdf5(good[".h5"], edit)))


@pytest.mark.parametrize("ending", ENDINGS)
def test_weights_that_do_not_fit_the_layers_are_refused(ending, good, write):
    def change(config):
        layer(config, "conv1")["config"]["filters"] = 3

    assert "do not fit" in refused(write(with_config(good[ending], ending, change)))

    def edit(file):
        del file[kernel(ending)]

    assert "do not fit" in refused(write(with_weights(good[ending], ending, edit)))


def test_a_file_of_a_newer_keras_names_both_versions(good, write):
    pieces = unpacked(good[".keras"])
    pieces["metadata.json"] = json.dumps({"keras_version": "99.1.0"})
    assert files.load(write(packed(pieces))).name == "tiny"

    pieces["config.json"] = pieces["config.json"].replace(b'"Conv2D"', b'"NewConv2D"')
    said = refused(write(packed(pieces)))
    assert "Keras 99.1.0" in said
    assert f"Keras {keras.__version__}" in said

    pieces["metadata.json"] = json.dumps({"keras_version": "99; pip install evil"})
    assert "evil" not in refused(write(packed(pieces)))


def test_a_training_configuration_of_an_old_keras_is_left_out_with_a_notice(good, write):
    def edit(file):
        training = json.loads(file.attrs["training_config"])
        training["optimizer_config"] = {"class_name": "SGD", "config": {"lr": 0.01}}
        file.attrs["training_config"] = json.dumps(training)

    path = write(with_hdf5(good[".h5"], edit), "old.h5")
    with pytest.warns(UserWarning, match=r"old\.h5.*compile\(\)"):
        loaded = files.load(path)
    assert not loaded.compiled


def test_an_optimizer_state_that_does_not_fit_is_left_out_with_a_notice(good, write):
    def edit(file):
        del file["optimizer_weights"]
        group = file.create_group("optimizer_weights")
        group["training/SGD/iter:0"] = 5
        group.attrs["weight_names"] = [b"training/SGD/iter:0"]

    with pytest.warns(UserWarning, match="state of its optimizer"):
        assert files.load(write(with_hdf5(good[".h5"], edit))).compiled


# 36: NaN


@pytest.mark.parametrize("ending", ENDINGS)
@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_weights_that_are_not_finite_are_refused(value, ending, good, write):
    def edit(file):
        file[kernel(ending)][0, 0] = value

    assert "NaN or infinite" in refused(write(with_weights(good[ending], ending, edit)))


def test_a_model_with_nan_is_not_saved(tmp_path):
    path = files.save(zoo.build("lenet5"), tmp_path / "model.keras")
    before = path.read_bytes()
    model = zoo.build("lenet5")
    model.get_layer("dense2").bias.assign(np.full(84, np.nan))
    with pytest.raises(ModelFileError, match=r"dense2/bias.*NaN"):
        files.save(model, path)
    assert path.read_bytes() == before


# 37: another problem's model


@pytest.mark.parametrize("ending", ENDINGS)
def test_a_model_for_other_images_is_refused_with_both_shapes(ending, tmp_path):
    inputs = keras.Input((32, 32, 3))
    outputs = keras.layers.Dense(5)(keras.layers.Flatten()(inputs))
    path = files.save(keras.Model(inputs, outputs), tmp_path / f"other{ending}")
    said = refused(path)
    for shape in ("(None, 32, 32, 3)", "(None, 5)", "(None, 28, 28, 1)", "(None, 10)"):
        assert shape in said
    assert "(None, 5)" in refused(path, input_shape=(32, 32, 3))
    assert "any shape" in refused(path, output_units=None)


# 39: saving over an old file


@pytest.fixture
def old(tmp_path):
    """A saved model, and a check that it is still there, with its facts and nothing else."""
    path = files.save(zoo.build("lenet5"), tmp_path / "model.keras", seed=1)
    before = {file.name: file.read_bytes() for file in tmp_path.iterdir()}

    def unchanged(litter=0):
        left = [file for file in tmp_path.iterdir() if file.name not in before]
        assert len(left) <= litter
        assert {name: (tmp_path / name).read_bytes() for name in before} == before
        return files.load(path).name == "lenet5" and files.facts(path)["seed"] == 1

    return path, unchanged


def fails_with(error):
    def fail(*_, **__):
        raise error

    return fail


@pytest.mark.parametrize(
    "failure",
    [
        OSError(errno.ENOSPC, "No space left on device"),
        RuntimeError("Can't decrement id ref count"),
        ValueError("a layer"),
    ],
)
def test_a_failed_write_leaves_the_old_model(failure, old, monkeypatch):
    path, unchanged = old
    with monkeypatch.context() as patch:
        patch.setattr(keras.saving, "save_model", fails_with(failure))
        with pytest.raises(ModelFileError, match=r"model\.keras"):
            files.save(zoo.build("deeper"), path, seed=2)
    assert unchanged()


def test_a_full_disk_at_the_facts_leaves_the_old_model(old, monkeypatch):
    path, unchanged = old
    with monkeypatch.context() as patch:
        patch.setattr(Path, "write_text", fails_with(OSError(errno.ENOSPC, "No space left")))
        with pytest.raises(ModelFileError, match="No space left"):
            files.save(zoo.build("deeper"), path, seed=2)
    assert unchanged()


def test_a_file_that_was_written_wrongly_does_not_replace_the_old(old, monkeypatch):
    path, unchanged = old
    other = zoo.build("deeper")
    save_model = keras.saving.save_model
    with monkeypatch.context() as patch:
        patch.setattr(keras.saving, "save_model", lambda _, to: save_model(other, to))
        with pytest.raises(ModelFileError, match="other weights"):
            files.save(zoo.build("deeper"), path)
        patch.setattr(keras.saving, "save_model", lambda _, to: Path(to).write_bytes(b"PK\3\4"))
        with pytest.raises(ModelFileError, match="could not be loaded again"):
            files.save(zoo.build("deeper"), path)
    assert unchanged()


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no file size limit")
def test_a_real_write_error_leaves_the_old_model(tmp_path):
    # A limit of 100 kB on the size of files stands for a full disk: the system refuses the write.
    program = """
import resource, sys
from mnistlab.errors import ModelFileError
from mnistlab.models import files, zoo
resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))
for path in sys.argv[1:]:
    try:
        files.save(zoo.build("deeper"), path)
    except ModelFileError as error:
        print(error)
"""
    paths = [files.save(zoo.build("lenet5"), tmp_path / f"model{ending}") for ending in ENDINGS]
    before = {file.name: file.read_bytes() for file in tmp_path.iterdir()}
    done = run_program(program, *paths)
    assert done.returncode == 0, done.stderr
    assert [line.split()[0] for line in done.stdout.splitlines()] == [path.name for path in paths]
    assert {file.name: file.read_bytes() for file in tmp_path.iterdir()} == before


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGKILL")
@pytest.mark.parametrize("moment", ["half written", "facts written"])
def test_a_killed_save_leaves_a_model_that_loads(moment, old):
    path, unchanged = old
    program = """
import os, signal, sys
from pathlib import Path
import keras
from mnistlab.models import files, zoo

def kill(*_):
    os.kill(os.getpid(), signal.SIGKILL)

def write_half(model, to):
    save_model(model, to)
    content = Path(to).read_bytes()
    Path(to).write_bytes(content[: len(content) // 2])
    kill()

def write_then_kill(*given):
    write_sidecar(*given)
    kill()

save_model, write_sidecar = keras.saving.save_model, files._write_sidecar
if sys.argv[2] == "half written":
    keras.saving.save_model = write_half
else:
    files._write_sidecar = write_then_kill
files.save(zoo.build("deeper"), sys.argv[1], seed=2)
"""
    done = run_program(program, path, moment)
    assert done.returncode == -signal.SIGKILL
    if moment == "half written":
        assert unchanged(litter=1)
        return
    with pytest.warns(UserWarning, match=r"not about this model\.keras"):
        assert files.load(path).name == "lenet5"
    with pytest.warns(UserWarning, match="left out"):
        assert files.facts(path) == {}
    files.save(zoo.build("deeper"), path, seed=3)
    assert files.facts(path)["seed"] == 3


@pytest.mark.parametrize("earlier", [True, False])
def test_facts_go_back_to_what_they_were_when_the_model_cannot_be_renamed(
    earlier, tmp_path, monkeypatch
):
    path = tmp_path / "model.keras"
    if earlier:
        files.save(zoo.build("lenet5"), path, seed=1)
    before = {file.name: file.read_bytes() for file in tmp_path.iterdir()}
    replace, replaced = Path.replace, []

    def refuse_the_model(self, target):
        replaced.append(target.name)
        if target.suffix == ".keras":
            raise PermissionError(errno.EACCES, "it is in use")
        return replace(self, target)

    monkeypatch.setattr(Path, "replace", refuse_the_model)
    with pytest.raises(ModelFileError, match="it is in use"):
        files.save(zoo.build("deeper"), path, seed=2)
    assert replaced[:2] == ["model.json", "model.keras"]
    assert {file.name: file.read_bytes() for file in tmp_path.iterdir()} == before


def use(action, path):
    if action == "save":
        files.save(zoo.build("lenet5"), path)
    else:
        getattr(files, action)(path)


@pytest.mark.parametrize("action", ["load", "save", "facts"])
def test_a_name_too_long_for_the_system_is_said(action, tmp_path):
    with pytest.raises(ModelFileError, match=r"^x+\.keras "):
        use(action, tmp_path / ("x" * 300 + ".keras"))
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("action", ["load", "save", "facts"])
def test_a_folder_that_may_not_be_searched_is_said(action, tmp_path, monkeypatch):
    def refuse(self, **options):
        raise PermissionError(errno.EACCES, "Permission denied", str(self))

    # Who runs the tests as root may search every folder.
    monkeypatch.setattr(Path, "stat", refuse)
    monkeypatch.setattr(Path, "is_dir", refuse)
    monkeypatch.setattr(Path, "exists", refuse)
    with pytest.raises(ModelFileError, match=r"^model\.keras .*Permission denied") as caught:
        use(action, tmp_path / "model.keras")
    assert str(tmp_path) not in str(caught.value)


def test_facts_nested_too_deeply_are_damaged_facts(tmp_path):
    path = files.save(zoo.build("lenet5"), tmp_path / "model.keras")
    (tmp_path / "model.json").write_text("[" * 100_000)
    with pytest.raises(ModelFileError, match=r"model\.json.*damaged"):
        files.facts(path)
    assert files.load(path).name == "lenet5"
    with pytest.raises(ModelFileError, match="holds something else"):
        files.save(zoo.build("lenet5"), path)


# what save() is asked to do


def test_facts_nested_too_deeply_are_not_saved(tmp_path):
    deep = []
    for _ in range(100_000):
        deep = [deep]
    with pytest.raises(ModelFileError, match="JSON"):
        files.save(zoo.build("lenet5"), tmp_path / "model.keras", deep=deep)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("name", ["model", "model.hdf5", "model.pkl", "model.KERAS", "model.json"])
def test_another_ending_is_refused(name, tmp_path):
    with pytest.raises(ModelFileError, match=r"\.keras or \.h5"):
        files.save(zoo.build("lenet5"), tmp_path / name)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("facts", "said"),
    [
        ({"sha256": "x"}, "'sha256'"),
        ({"accuracy": float("nan")}, "JSON"),
        ({"accuracy": np.float32("inf")}, "JSON"),
        ({"data": object()}, "JSON"),
    ],
)
def test_facts_that_cannot_be_recorded_are_refused(facts, said, tmp_path):
    with pytest.raises(ModelFileError, match=said):
        files.save(zoo.build("lenet5"), tmp_path / "model.keras", **facts)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("text", ["my own notes", "[1, 2]", '{"loss": [0.1]}', ""])
def test_a_file_of_somebody_else_is_not_overwritten_with_facts(text, tmp_path):
    (tmp_path / "model.json").write_text(text)
    with pytest.raises(ModelFileError, match=r"model\.json"):
        files.save(zoo.build("lenet5"), tmp_path / "model.keras")
    assert (tmp_path / "model.json").read_text() == text
    assert [path.name for path in tmp_path.iterdir()] == ["model.json"]


def test_damaged_facts_are_said_to_be_damaged_and_the_model_loads(tmp_path):
    path = files.save(zoo.build("lenet5"), tmp_path / "model.keras")
    (tmp_path / "model.json").write_bytes(b'{"kind": "facts\xff')
    with pytest.raises(ModelFileError, match=r"model\.json.*damaged"):
        files.facts(path)
    assert files.load(path).name == "lenet5"


def test_a_model_exchanged_behind_its_facts_is_noticed(tmp_path, good):
    path = files.save(zoo.build("lenet5"), tmp_path / "model.keras", seed=1)
    path.write_bytes(good[".keras"])
    with pytest.warns(UserWarning, match="not about this"):
        assert files.load(path).name == "tiny"


def test_a_folder_in_the_way_is_said(tmp_path):
    (tmp_path / "model.keras").mkdir()
    with pytest.raises(ModelFileError, match=r"model\.keras"):
        files.save(zoo.build("lenet5"), tmp_path / "model.keras")
    assert [path.name for path in tmp_path.iterdir()] == ["model.keras"]


@pytest.mark.parametrize("thing", ["lenet5", None, keras.layers.Dense(10)])
def test_what_is_no_model_is_not_saved(thing, tmp_path):
    with pytest.raises(ModelFileError, match="not a model"):
        files.save(thing, tmp_path / "model.keras")
    with pytest.raises(ModelFileError, match="not a model"):
        files.save(keras.Sequential([keras.layers.Dense(10)]), tmp_path / "model.keras")
