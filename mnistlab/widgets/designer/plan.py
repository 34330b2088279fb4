"""A plan: what a design says at one moment, as values that do not change.

A `Plan` is a name, the shape of the images, the classes, the layers in their
order, and how to train. The editor (`document.py`) goes from plan to plan;
rules, files, code and Keras models are made from one.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from numbers import Integral

from mnistlab.errors import DesignError
from mnistlab.widgets.designer.palette import LARGEST, Kind, Setting, Shape, brief, kind_of

MOST_LAYERS = 100
LONGEST_NAME = 60
LARGEST_SIDE = 1024
MOST_CLASSES = 1000
CLASSES = 10
IMAGE_SHAPE = (28, 28, 1)

Value = int | float | bool | str | None

OPTIMIZERS = ("SGD", "Adam", "RMSprop", "Adadelta", "Adagrad", "AdamW", "Nadam")
LOSSES = (
    "categorical_crossentropy",
    "sparse_categorical_crossentropy",
    "mean_squared_error",
    "binary_crossentropy",
)
LABEL_FORMS = {
    "one_hot": "rows of 0s and a 1 (one-hot)",
    "integers": "class numbers (integers)",
}
"""How a loss can be given the classes, and what people are told of it."""


@dataclass(frozen=True)
class Layer:
    """One layer of a plan.

    Attributes:
        kind: its name in the palette.
        settings: a value for each setting of its kind; not to be changed.
    """

    kind: str
    settings: Mapping[str, Value] = field(default_factory=dict)

    @property
    def of(self) -> Kind:
        """Its kind."""
        return kind_of(self.kind)

    @property
    def words(self) -> str:
        """Its settings in a few words, such as "32, 3x3, relu"."""
        parts = [_in_words(self.of.setting(name), value) for name, value in self.settings.items()]
        return ", ".join(part for part in parts if part)


def make_layer(kind: str, **settings: Value) -> Layer:
    """Returns a layer; what is not given is as the palette has it.

    Raises:
        DesignError: there is no such kind or setting, or a value is of another
            type.

    Example:
        >>> make_layer("Dense", units=100).settings["activation"]
        'relu'
    """
    known = kind_of(kind)
    checked = {name: known.setting(name).check_type(value) for name, value in settings.items()}
    return Layer(kind, {**known.defaults, **checked})


def _in_words(setting: Setting, value: Value) -> str:
    """What a row says of a setting; nothing where it is as usual."""
    if setting.name in ("filters", "units"):
        return f"{value:,}"
    if setting.name in ("kernel_size", "pool_size"):
        return f"{value}x{value}"
    if setting.name in ("activation", "rate"):
        return "" if value == "linear" else f"{value}"
    return "" if value == setting.default else f"{setting.name}={value}"


TRAINING: dict[str, Setting] = {
    setting.name: setting
    for setting in (
        Setting("optimizer", "Optimizer", "SGD", choices=OPTIMIZERS, type=str),
        Setting("learning_rate", "Learning rate", 0.01, 0, 10, above=True, type=float),
        Setting("momentum", "Momentum (SGD)", 0.9, 0, 1, below=True, type=float),
        Setting("loss", "Loss", "categorical_crossentropy", choices=LOSSES, type=str),
        Setting("labels", "Labels as", "one_hot", choices=tuple(LABEL_FORMS), type=str),
        Setting("top3", "Also measure top-3 accuracy", False, type=bool),
        Setting("batch_size", "Batch size", 32, 1, 10_000, unit="images"),
        Setting("epochs", "Epochs", 10, 1, 1_000),
        Setting("validation_share", "Held out", 0.1, 0, 0.9, type=float),
        Setting("seed", "Seed", 1, 0, LARGEST),
        Setting("stop_accuracy", "Accuracy", None, 0, 1, above=True, optional=True, type=float),
        Setting("stop_loss", "Loss", None, 0, 100, above=True, optional=True, type=float),
        Setting(
            "stop_minutes",
            "Time",
            None,
            0,
            10_000,
            above=True,
            optional=True,
            unit="minutes",
            type=float,
        ),
        Setting("patience", "Patience", None, 1, 1_000, optional=True, unit="epochs"),
    )
}
"""How a plan can be trained; see `Training`."""


@dataclass(frozen=True)
class Training:
    """How to train.

    Attributes:
        optimizer: how steps are taken.
        learning_rate: the size of a step.
        momentum: share of the last step kept in the next; SGD only.
        loss: what training makes small.
        labels: how the loss is given the classes, "one_hot" or "integers".
        top3: whether to measure too how often the right class is among the
            three most probable.
        batch_size: images for each step.
        epochs: at most how often each image is used.
        validation_share: the share of the training images held out, to
            measure on after each epoch.
        seed: of the first weights, the order of the images and dropout.
        stop_accuracy: end when the accuracy (held out, if images are) reaches it.
        stop_loss: end when that loss falls to it.
        stop_minutes: end after this time.
        patience: end when that loss has not become smaller for so many epochs.
    """

    optimizer: str = "SGD"
    learning_rate: float = 0.01
    momentum: float = 0.9
    loss: str = "categorical_crossentropy"
    labels: str = "one_hot"
    top3: bool = False
    batch_size: int = 32
    epochs: int = 10
    validation_share: float = 0.1
    seed: int = 1
    stop_accuracy: float | None = None
    stop_loss: float | None = None
    stop_minutes: float | None = None
    patience: int | None = None

    def changed(self, **settings: Value) -> "Training":
        """Returns this training with other settings.

        Raises:
            DesignError: there is no such setting, or a value is of another type.
        """
        for name in settings:
            if name not in TRAINING:
                raise DesignError(
                    f"Training has no setting {name!r}; it takes {', '.join(TRAINING)}."
                )
        return replace(
            self, **{name: TRAINING[name].check_type(value) for name, value in settings.items()}
        )


@dataclass(frozen=True)
class Row:
    """A layer in its place, with what is known of it.

    Attributes:
        number: its place from 1, as messages name it.
        name: its name in Keras, such as "conv2"; the output's is "probabilities".
        layer: the layer.
        input_shape: what it is given for one image; `None` behind a mistake.
        output_shape: what it makes of that; `None` if it cannot.
        parameters: how many numbers it learns or keeps; 0 where not known.
        frozen: of those, how many are not trained.
        share: its part of all parameters, 0 to 1.
    """

    number: int
    name: str
    layer: Layer
    input_shape: Shape | None
    output_shape: Shape | None
    parameters: int
    frozen: int
    share: float

    def __str__(self) -> str:
        return f"Row {self.number} ({self.layer.kind})"


@dataclass(frozen=True)
class Plan:
    """What a design says at one moment."""

    name: str = "my_network"
    input_shape: Shape = IMAGE_SHAPE
    classes: int = CLASSES
    layers: tuple[Layer, ...] = ()
    training: Training = Training()

    @cached_property
    def rows(self) -> tuple[Row, ...]:
        """The layers with their shapes and counts, as far as they can be known."""
        found, shape = [], self.input_shape
        for layer, name in zip(self.layers, _names(self.layers), strict=True):
            after = _output_shape(layer, shape)
            counts = (0, 0)
            if after is not None:
                counts = tuple(
                    count(layer.settings, shape) for count in (layer.of.parameters, layer.of.frozen)
                )
            found.append((name, layer, shape, after, *counts))
            shape = after
        total = sum(parameters for *_, parameters, _ in found) or 1
        return tuple(
            Row(number, *each, share=each[-2] / total) for number, each in enumerate(found, 1)
        )

    @property
    def parameters(self) -> int:
        """All parameters, as far as the rows can be computed."""
        return sum(row.parameters for row in self.rows)


def _output_shape(layer: Layer, shape: Shape | None) -> Shape | None:
    if shape is None or (layer.of.needs_maps and len(shape) != 3):
        return None
    # A count out of its range has no shape: a stride of 0, or fewer filters than 1.
    allowed = all(layer.of.setting(name).allows(value) for name, value in layer.settings.items())
    if not allowed and not layer.of.keeps_shape:
        return None
    try:
        return layer.of.shape(layer.settings, shape)
    except DesignError:
        return None


_SHORT = {
    "Conv2D": "conv",
    "MaxPooling2D": "pool",
    "AveragePooling2D": "pool",
    "BatchNormalization": "norm",
    "Activation": "activation",
    "Dropout": "dropout",
    "Flatten": "flatten",
    "GlobalAveragePooling2D": "average",
    "Dense": "dense",
    "Output": "probabilities",
}


def _names(layers: tuple[Layer, ...]) -> list[str]:
    """Names as the architectures of the series have them: conv1, conv2, flatten, ..."""
    counts, names = {}, []
    alone = ("Flatten", "Output")
    for layer in layers:
        short = _SHORT[layer.kind]
        counts[short] = counts.get(short, 0) + 1
        first = layer.kind in alone and counts[short] == 1
        names.append(short if first else f"{short}{counts[short]}")
    return names


def checked_name(name: object) -> str:
    """Returns the name of a design, without blanks around it.

    Raises:
        DesignError: it is no text of 1 to 60 printable characters.
    """
    fine = isinstance(name, str) and name.strip() and name.isprintable()
    if not fine or len(name) > LONGEST_NAME:
        raise DesignError(
            f"The name is {brief(name)}; it takes 1 to {LONGEST_NAME} printable characters."
        )
    return name.strip()


def checked_data(input_shape: object, classes: object) -> dict[str, object]:
    """Returns what a plan is told of its data: `input_shape` and `classes`.

    Raises:
        DesignError: it is no shape of images, or no such number.
    """
    sides = tuple(input_shape) if isinstance(input_shape, tuple | list) else ()
    if len(sides) != 3 or not all(_counts(side, LARGEST_SIDE) for side in sides):
        raise DesignError(
            f"input_shape is {brief(input_shape)}; it takes (height, width, channels), each 1 to "
            f"{LARGEST_SIDE:,}."
        )
    if not _counts(classes, MOST_CLASSES):
        raise DesignError(
            f"classes is {brief(classes)}; it takes a whole number, 1 to {MOST_CLASSES:,}."
        )
    return {"input_shape": tuple(map(int, sides)), "classes": int(classes)}


def _counts(number: object, largest: int) -> bool:
    whole = isinstance(number, Integral) and not isinstance(number, bool)
    return whole and 1 <= number <= largest


def identifier(name: str) -> str:
    """Returns a name as Keras and Python take it: letters, digits and underscores.

    Example:
        >>> identifier("my net (2)")
        'my_net_2'
    """
    words = "".join(sign if sign.isascii() and sign.isalnum() else " " for sign in name).split()
    text = "_".join(words)
    return text if text and text[0].isalpha() else f"network_{text}".rstrip("_")
