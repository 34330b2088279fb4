"""What is in a model file, found out without building or running any of it.

A model file describes layers by name, and Keras turns names into Python
objects. Some of those names stand for code: a Lambda layer carries bytecode, a
TFSMLayer a whole program, a registered name whatever was registered. A file's
weights can also point at other files of the machine. `inspect` therefore reads
the description as plain data and compares it with the lists below. What is not
on a list is rejected, whatever Keras would have done with it.

The two formats hold the same things. A `.keras` file is a zip archive of
`config.json`, `metadata.json` and `model.weights.h5`; a `.h5` file is one HDF5
file with the description in its attributes.
"""

import io
import json
import re
import textwrap
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass

from mnistlab.errors import ModelFileError
from mnistlab.models.schedules import OneCycle

import h5py
import keras

LARGEST_FILE = 256 * 2**20
"""Bytes that a model file, or what it unpacks to, may have; the largest of the series has 39 MB."""

LARGEST_DESCRIPTION = 4 * 2**20
"""Bytes that the description of the layers may have; the largest of the series has 12 kB."""

MOST_LAYERS = 1_000
MOST_HDF5_OBJECTS = 50_000

AGAIN = "Copy or download it again, or train the model and save it again."
OWN_PARTS_ONLY = (
    "A file from elsewhere can run code through such a part, so only models made of Keras' own "
    "layers are loaded; build this one from its source code and train it."
)


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


LAYERS = _words(
    """
    Activation ActivityRegularization AdaptiveAveragePooling2D AdaptiveMaxPooling2D Add
    AlphaDropout Average AveragePooling1D AveragePooling2D BatchNormalization CenterCrop
    Concatenate Conv1D Conv1DTranspose Conv2D Conv2DTranspose Cropping1D Cropping2D Dense
    DepthwiseConv1D DepthwiseConv2D Dot Dropout ELU Embedding Flatten GRU GaussianDropout
    GaussianNoise GlobalAveragePooling1D GlobalAveragePooling2D GlobalMaxPooling1D
    GlobalMaxPooling2D GroupNormalization Identity InputLayer LSTM LayerNormalization LeakyReLU
    Masking MaxPooling1D MaxPooling2D Maximum Minimum MultiHeadAttention Multiply Normalization
    PReLU Permute RMSNormalization RandomBrightness RandomContrast RandomCrop
    RandomElasticTransform RandomErasing RandomFlip RandomGaussianBlur RandomInvert
    RandomPerspective RandomRotation RandomTranslation RandomZoom ReLU RepeatVector
    Rescaling Reshape Resizing SeparableConv1D SeparableConv2D SimpleRNN Softmax
    SpatialDropout1D SpatialDropout2D Subtract UnitNormalization UpSampling1D UpSampling2D
    ZeroPadding1D ZeroPadding2D
    """
)
"""Layers that only compute: none of them reads a file or takes a function of the user's."""

MODELS = _words("Functional Model Sequential")

ACTIVATIONS = _words(
    """
    celu elu exponential gelu glu hard_shrink hard_sigmoid hard_silu hard_swish hard_tanh
    leaky_relu linear log_sigmoid log_softmax mish relu relu6 selu sigmoid silu soft_shrink
    softmax softplus softsign sparse_plus sparse_sigmoid sparsemax squareplus swish tanh
    tanh_shrink threshold
    """
)

INITIALIZERS = _words(
    """
    Constant GlorotNormal GlorotUniform HeNormal HeUniform Identity IdentityInitializer
    LecunNormal LecunUniform Ones Orthogonal OrthogonalInitializer RandomNormal RandomUniform
    TruncatedNormal VarianceScaling Zeros constant glorot_normal glorot_uniform he_normal
    he_uniform identity lecun_normal lecun_uniform ones orthogonal random_normal random_uniform
    truncated_normal variance_scaling zeros
    """
)

REGULARIZERS = _words("L1 L2 L1L2 OrthogonalRegularizer l1 l2 l1_l2 orthogonal_regularizer")

CONSTRAINTS = _words("MaxNorm MinMaxNorm NonNeg UnitNorm max_norm min_max_norm non_neg unit_norm")

OPTIMIZERS = _words(
    """
    Adadelta Adafactor Adagrad Adam AdamW Adamax Ftrl Lamb Lion LossScaleOptimizer Nadam RMSprop
    SGD
    """
)

SCHEDULES = _words(
    """
    CosineDecay CosineDecayRestarts ExponentialDecay InverseTimeDecay PiecewiseConstantDecay
    PolynomialDecay
    """
)

LOSSES = _words(
    """
    BinaryCrossentropy BinaryFocalCrossentropy CategoricalCrossentropy
    CategoricalFocalCrossentropy CategoricalHinge CosineSimilarity Hinge Huber KLDivergence
    LogCosh MeanAbsoluteError MeanAbsolutePercentageError MeanSquaredError
    MeanSquaredLogarithmicError Poisson SparseCategoricalCrossentropy SquaredHinge
    """
)

METRICS = _words(
    """
    AUC Accuracy BinaryAccuracy BinaryCrossentropy CategoricalAccuracy CategoricalCrossentropy
    CategoricalHinge CosineSimilarity F1Score FBetaScore FalseNegatives FalsePositives Hinge
    KLDivergence LogCoshError Mean MeanAbsoluteError MeanAbsolutePercentageError
    MeanSquaredError MeanSquaredLogarithmicError Poisson Precision PrecisionAtRecall Recall
    RecallAtPrecision RootMeanSquaredError SensitivityAtSpecificity SparseCategoricalAccuracy
    SparseCategoricalCrossentropy SparseTopKCategoricalAccuracy SpecificityAtSensitivity
    SquaredHinge Sum TopKCategoricalAccuracy TrueNegatives TruePositives
    """
)

JUDGES = _words(
    """
    acc accuracy bce binary_accuracy binary_crossentropy binary_focal_crossentropy
    categorical_accuracy categorical_crossentropy categorical_focal_crossentropy
    categorical_hinge ce cosine_similarity crossentropy hinge huber kl_divergence log_cosh mae
    mape mean_absolute_error mean_absolute_percentage_error mean_squared_error
    mean_squared_logarithmic_error mse msle poisson sparse_categorical_accuracy
    sparse_categorical_crossentropy sparse_top_k_categorical_accuracy squared_hinge
    top_k_categorical_accuracy
    """
)
"""Functions and short names that stand for a loss or a metric."""

DTYPES = _words("bfloat16 float16 float32 float64 mixed_bfloat16 mixed_float16")

_CLASSES = {
    "keras": MODELS | {"DTypePolicy"},
    "keras.models": MODELS,
    "keras.src.models.functional": MODELS,
    "keras.src.models.sequential": MODELS,
    "keras.dtype_policies": frozenset({"DTypePolicy"}),
    "keras.layers": LAYERS,
    "keras.initializers": INITIALIZERS,
    "keras.regularizers": REGULARIZERS,
    "keras.constraints": CONSTRAINTS,
    "keras.optimizers": OPTIMIZERS,
    "keras.optimizers.schedules": SCHEDULES,
    "keras.losses": LOSSES,
    "keras.metrics": METRICS,
    OneCycle.__module__: frozenset({OneCycle.__name__}),
}
"""Which classes a description may name, by the module that it says they are in."""

_CLASSES_WITHOUT_MODULE = frozenset().union(*_CLASSES.values())
"""A `.h5` description leaves the module out."""

_FUNCTIONS = dict.fromkeys(
    ("builtins", "keras.activations", "keras.losses", "keras.metrics"), ACTIVATIONS | JUDGES
)

_NAMES = {
    "activation": ACTIVATIONS,
    "initializer": INITIALIZERS,
    "regularizer": REGULARIZERS,
    "constraint": CONSTRAINTS,
    "loss": LOSSES | JUDGES,
    "metrics": METRICS | JUDGES,
    "optimizer": OPTIMIZERS | {name.lower() for name in OPTIMIZERS},
    "dtype": DTYPES | {"uint8", "int32", "int64", "bool"},
}
"""Settings whose value Keras looks up by name, by the last word of the setting."""

_PLAIN_FILTERS = frozenset({1, 2, 3, 32000})
"""HDF5's deflate, shuffle and checksum, and h5py's LZF; others would be looked for as plug-ins."""

_ARCHIVE = frozenset({"config.json", "metadata.json", "model.weights.h5"})


class RejectedError(Exception):
    """Says what is wrong with a file, from the verb on, and what to do next."""

    def __init__(self, problem: str, advice: str):
        super().__init__(problem)
        self.problem = problem
        self.advice = advice

    def named(self, name: str) -> ModelFileError:
        """Returns the error that a reader sees, about the file of this name."""
        return ModelFileError(f"{name} {self.problem}. {self.advice}")


@dataclass(frozen=True)
class Inspected:
    """A model file of which every part is known.

    Attributes:
        suffix: ".keras" or ".h5", by what the file is, not by its name.
        config: the description of the layers, plain data.
        training: the description of optimizer, loss and metrics, or `None`.
        version: the Keras version that wrote it, where it says so.
    """

    suffix: str
    config: dict
    training: dict | None
    version: str | None


def inspect(content: bytes) -> Inspected:
    """Reads a model file's description, and rejects what is not known to be harmless.

    Args:
        content: the whole file.

    Returns:
        What the file holds. Its weights are known to be plain numbers inside
        the file; whether they fit the layers is not looked at here.

    Raises:
        RejectedError: the file is damaged, is something else, or holds what is
            not on the lists.
    """
    if content.startswith(b"PK\x03\x04"):
        found = _read_archive(content)
    elif content.startswith(b"\x89HDF\r\n\x1a\n"):
        found = _read_hdf5(content)
    else:
        raise RejectedError(_what_else(content), AGAIN)
    try:
        _check_description(found)
    except RejectedError as error:
        error.advice += note_on_version(found.version)
        raise
    return found


def note_on_version(version: str | None) -> str:
    """Says that a newer Keras wrote the file, if that is so; else nothing."""
    if version is None or not re.fullmatch(r"\d{1,4}(\.\d{1,4}){1,3}", version):
        return ""
    if _numbers(version) <= _numbers(keras.__version__):
        return ""
    return (
        f" The file was saved with Keras {version}, and this is Keras {keras.__version__}, which "
        "may not know all of the newer one: save it again with this version, or install the newer."
    )


def _numbers(version: str) -> list[int]:
    return [int(part) for part in re.findall(r"\d+", version)[:3]]


def _what_else(content: bytes) -> str:
    if not content:
        return "is empty"
    if content.lstrip()[:15].lower().startswith((b"<!doctype", b"<html")):
        return "is a web page, not a Keras model"
    return "is not a Keras model: it is neither a .keras archive nor an HDF5 file"


def _read_archive(content: bytes) -> Inspected:
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            _check_members(archive.infolist())
            config = archive.read("config.json")
            metadata = archive.read("metadata.json")
            weights = archive.read("model.weights.h5")
    except RejectedError:
        raise
    except Exception as cause:
        raise RejectedError(f"is damaged: {brief(cause)}", AGAIN) from cause
    with _open_hdf5(weights) as file:
        _check_hdf5(file)
    description = _parse(config, "config.json")
    version = _parse(metadata, "metadata.json").get("keras_version")
    return Inspected(".keras", description, description.get("compile_config"), _text(version))


def _check_members(members: list[zipfile.ZipInfo]) -> None:
    names = [member.filename for member in members]
    strange = sorted(set(names) - _ARCHIVE)
    if strange:
        raise RejectedError(
            f"holds {strange[0]!r}, which a model of Keras' own layers does not have",
            OWN_PARTS_ONLY,
        )
    missing = sorted(_ARCHIVE - set(names))
    if missing:
        raise RejectedError(f"is not a complete Keras model: {missing[0]} is missing", AGAIN)
    if len(names) != len(_ARCHIVE):
        raise RejectedError("holds the same part twice", AGAIN)
    if {member.compress_type for member in members} - {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED}:
        raise RejectedError("is packed in a way that Keras does not use", AGAIN)
    sizes = {member.filename: member.file_size for member in members}
    if sum(sizes.values()) > LARGEST_FILE:
        raise RejectedError(_too_large(sum(sizes.values())), AGAIN)
    if max(sizes["config.json"], sizes["metadata.json"]) > LARGEST_DESCRIPTION:
        raise RejectedError("has a description of more than 4 MB", AGAIN)


def _too_large(size: int) -> str:
    return (
        f"would take {size / 2**20:,.0f} MB, and models of up to {LARGEST_FILE // 2**20} MB are "
        "loaded here"
    )


def _read_hdf5(content: bytes) -> Inspected:
    with _open_hdf5(content) as file:
        _check_hdf5(file)
        config = _attribute(file, "model_config")
        training = _attribute(file, "training_config")
        version = _attribute(file, "keras_version")
        weights_only = "layer_names" in file.attrs or "layers" in file
    if config is None:
        if weights_only:
            raise RejectedError(
                "holds weights only, without the description of the layers",
                "Build the same architecture, mnistlab.models.zoo.build(name), and use its "
                "load_weights.",
            )
        raise RejectedError("is an HDF5 file, but holds no Keras model", AGAIN)
    return Inspected(
        ".h5",
        _parse(config, "model_config"),
        None if training is None else _parse(training, "training_config"),
        _text(version),
    )


def _open_hdf5(content: bytes) -> h5py.File:
    try:
        return h5py.File(io.BytesIO(content), "r")
    except Exception as cause:
        raise RejectedError(f"is damaged: {brief(cause)}", AGAIN) from cause


def _attribute(file: h5py.File, name: str) -> object:
    try:
        if name in file.attrs and file.attrs.get_id(name).get_storage_size() > LARGEST_DESCRIPTION:
            raise ValueError("more than 4 MB")
        return file.attrs.get(name)
    except Exception as cause:
        raise RejectedError(f"is damaged: {name} cannot be read", AGAIN) from cause


def _text(value: object) -> str | None:
    if isinstance(value, bytes):
        return value.decode("utf-8", "replace")
    return value if isinstance(value, str) else None


def _check_hdf5(file: h5py.File) -> None:
    """Rejects links out of the file, data kept elsewhere, and data that is not plain numbers."""
    size = count = 0
    try:
        for name, item in _hdf5_objects(file):
            count += 1
            size += _plain_size(name, item) if isinstance(item, h5py.Dataset) else 0
            if size > LARGEST_FILE:
                raise RejectedError(_too_large(size), AGAIN)
            if count > MOST_HDF5_OBJECTS:
                raise RejectedError(f"has more than {MOST_HDF5_OBJECTS:,} parts", AGAIN)
    except RejectedError:
        raise
    except Exception as cause:
        raise RejectedError(f"is damaged: {brief(cause)}", AGAIN) from cause


def _hdf5_objects(file: h5py.File) -> Iterator[tuple[str, h5py.Dataset | h5py.Group]]:
    """Visits every object once, in spite of links that lead back up."""
    visited = set()
    waiting = [("", file)]
    while waiting:
        path, group = waiting.pop()
        for name in group:
            full = f"{path}/{name}"
            link = group.get(name, getlink=True)
            if not isinstance(link, h5py.HardLink):
                raise RejectedError(
                    f"holds a link to elsewhere instead of weights, at {full!r}", OWN_PARTS_ONLY
                )
            item = group[name]
            address = h5py.h5o.get_info(item.id).addr
            if address in visited:
                continue
            visited.add(address)
            if isinstance(item, h5py.Group):
                waiting.append((full, item))
            elif not isinstance(item, h5py.Dataset):
                raise RejectedError(f"holds something else than weights at {full!r}", AGAIN)
            yield full, item


def _plain_size(name: str, dataset: h5py.Dataset) -> int:
    """Returns the bytes that reading the dataset takes; rejects all but plain numbers."""
    if dataset.external or dataset.is_virtual:
        raise RejectedError(f"takes the weights {name!r} from another file", OWN_PARTS_ONLY)
    if dataset.dtype.kind not in "fiub":
        raise RejectedError(f"has weights {name!r} that are not numbers", AGAIN)
    creation = dataset.id.get_create_plist()
    filters = {creation.get_filter(place)[0] for place in range(creation.get_nfilters())}
    if filters - _PLAIN_FILTERS:
        raise RejectedError(
            f"has weights {name!r} packed in a way that needs a plug-in", OWN_PARTS_ONLY
        )
    chunk = dataset.dtype.itemsize
    for length in dataset.chunks or ():
        chunk *= length
    return max(dataset.nbytes, chunk)


def _parse(text: str | bytes, part: str) -> dict:
    try:
        value = json.loads(text, object_pairs_hook=_without_repeats)
    except Exception as cause:
        raise RejectedError(f"is damaged: {part} is not valid JSON", AGAIN) from cause
    if not isinstance(value, dict):
        raise RejectedError(f"is damaged: {part} is not a description", AGAIN)
    return value


def _without_repeats(pairs: list[tuple[str, object]]) -> dict:
    # Readers differ in which of two equal keys they act on; so there is none.
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a key is repeated")
    return found


def _check_description(found: Inspected) -> None:
    kind = found.config.get("class_name")
    if not isinstance(kind, str) or kind not in MODELS:
        raise RejectedError(
            f"does not describe a model of layers, but {_shown(kind)}", OWN_PARTS_ONLY
        )
    if not isinstance(found.config.get("config"), dict):
        raise RejectedError("is damaged: the description of the model has no layers", AGAIN)
    try:
        layers = _check_part(found.config, "the model")
        if found.training is not None:
            _check_part(found.training, "the training configuration")
    except RecursionError as cause:
        raise RejectedError("has a description nested too deeply", AGAIN) from cause
    if layers > MOST_LAYERS:
        raise RejectedError(f"has {layers:,} layers; at most {MOST_LAYERS:,} are loaded", AGAIN)


def _check_part(part: object, owner: str) -> int:
    """Checks one part of a description with all that is in it; returns the number of layers."""
    if isinstance(part, list):
        return sum(_check_part(item, owner) for item in part)
    if not isinstance(part, dict):
        return 0
    layers = 0
    if "class_name" in part:
        _require_text(part, owner)
        owner = _owner(part, owner)
        _check_object(part, owner)
        layers += part["class_name"] in LAYERS | MODELS
    for setting, value in part.items():
        _check_names(setting, value, owner)
        place = "the training configuration" if setting == "compile_config" else owner
        layers += _check_part(value, place)
    return layers


def _require_text(part: dict, owner: str) -> None:
    for key in ("class_name", "module", "registered_name"):
        if not isinstance(part.get(key), str | None):
            raise RejectedError(
                f"has {_shown(part[key])} as {key} in {_owner(part, owner)}, which is no name of "
                "Keras' own",
                OWN_PARTS_ONLY,
            )


def _owner(part: dict, owner: str) -> str:
    """Names the layer that a part is, or the one that it is in."""
    config = part.get("config")
    name = config.get("name") if isinstance(config, dict) else None
    nested = any(part["class_name"] == model for model in MODELS)
    if owner != "the model" or nested or not isinstance(name, str):
        return owner
    return f"the layer {_shown(name)}"


def _check_object(part: dict, owner: str) -> None:
    """Rejects an object that is not one of Keras' own, or not under its own name."""
    class_name, config = part["class_name"], part.get("config")
    if class_name == "__keras_tensor__":
        return
    if class_name == "function":
        known = _FUNCTIONS.get(part.get("module"), frozenset())
        name = config
    else:
        known = _CLASSES.get(part["module"], ()) if "module" in part else _CLASSES_WITHOUT_MODULE
        name = class_name
    registered = part.get("registered_name")
    if not isinstance(name, str) or name not in known:
        raise RejectedError(
            f"has {_shown(name)} in {owner}, which is not on the list of Keras' own parts",
            OWN_PARTS_ONLY,
        )
    # What this project registers: importing it here has Keras know it when a file is loaded.
    own = keras.saving.get_registered_name(OneCycle) if name == OneCycle.__name__ else None
    if registered not in (None, class_name, name, own):
        raise RejectedError(
            f"has the registered object {_shown(registered)} in {owner}", OWN_PARTS_ONLY
        )


def _check_names(setting: str, value: object, owner: str) -> None:
    """Rejects a name that Keras would look up and that is not one of its own."""
    known = _NAMES.get(setting.rsplit("_", 1)[-1])
    if known is None:
        return
    for name in _strings(value):
        if name not in known:
            raise RejectedError(
                f"has {_shown(name)} as {setting} in {owner}, which is not one of Keras' own",
                OWN_PARTS_ONLY,
            )


def _strings(value: object) -> Iterator[str]:
    """The strings of a setting; those inside an object are that object's own settings."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, list):
        for item in value:
            yield from _strings(item)
    elif isinstance(value, dict) and "class_name" not in value:
        for item in value.values():
            yield from _strings(item)


def _shown(value: object) -> str:
    return repr(value)[:80]


def brief(cause: Exception) -> str:
    """The first line of a library's message: the rest is advice for programmers."""
    lines = str(cause).strip().splitlines() or [type(cause).__name__]
    return textwrap.shorten(lines[0].rstrip("."), 120, placeholder=" ...")
