"""The palette: every kind of layer that a design can have, its settings, and its arithmetic.

Output shapes and parameter counts are computed here, without Keras, so that a
design can be looked at while it is still wrong. A test holds them against
Keras for random designs.
"""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from numbers import Real

from mnistlab.errors import DesignError

Shape = tuple[int, ...]
"""What goes from layer to layer for one image: (height, width, channels) or (units,)."""

LARGEST = 1_000_000
"""No number of a design is larger, or smaller than its negative: what is beyond is no draft."""

ACTIVATIONS = (
    "linear",
    "relu",
    "leaky_relu",
    "elu",
    "selu",
    "gelu",
    "silu",
    "tanh",
    "sigmoid",
    "softmax",
)
INITIALIZERS = ("glorot_uniform", "glorot_normal", "he_uniform", "he_normal", "lecun_normal")
PADDINGS = ("valid", "same")


@dataclass(frozen=True)
class Setting:
    """One thing that can be set, of a layer or of the training.

    Attributes:
        name: its name, as in Keras where Keras has it.
        label: what stands beside its control.
        default: its value to begin with; its type is the setting's.
        smallest, largest: the range of a number; a value beyond it can be
            written down and is refused by the rules.
        below: whether `largest` itself is already too large.
        above: whether `smallest` itself is already too small.
        choices: the texts that can be chosen.
        optional: whether it can be `None`, which switches it off.
        unit: what a number counts.
        help: one sentence for those who meet it the first time.
    """

    name: str
    label: str
    default: int | float | bool | str | None
    smallest: float | None = None
    largest: float | None = None
    below: bool = False
    above: bool = False
    choices: tuple[str, ...] = ()
    optional: bool = False
    unit: str = ""
    help: str = ""
    type: type = int

    @property
    def range(self) -> str:
        """Which values are allowed, in words."""
        if self.choices:
            return ", ".join(self.choices)
        if self.type is bool:
            return "on or off"
        smallest = f"above {as_text(self.smallest)}" if self.above else as_text(self.smallest)
        largest = f"below {as_text(self.largest)}" if self.below else as_text(self.largest)
        return f"{smallest} to {largest}"

    def check_type(self, value: object) -> int | float | bool | str | None:
        """Returns the value as this setting's type.

        Raises:
            DesignError: it is of another type, no such choice, not finite, or
                so large that it cannot be meant.
        """
        if value is None and self.optional:
            return None
        if self.choices:
            if not isinstance(value, str) or value not in self.choices:
                raise DesignError(
                    f"{self.name} is {brief(value)}; choose one of {', '.join(self.choices)}."
                )
            return value
        if self.type is bool:
            if not isinstance(value, bool):
                raise DesignError(f"{self.name} is {brief(value)}; it takes True or False.")
            return value
        # Real has NumPy's numbers, too.
        number = isinstance(value, Real) and not isinstance(value, bool)
        # A float stands for a whole number only where it is one; int() of an infinity fails.
        fits = number and abs(value) <= LARGEST and (self.type is float or value == int(value))
        if not fits:
            kind = "a whole number" if self.type is int else "a number"
            raise DesignError(f"{self.name} is {brief(value)}; it takes {kind}, {self.range}.")
        return self.type(value)

    def allows(self, value: int | float | bool | str | None) -> bool:
        """Whether a value of the right type is within the range."""
        if value is None or self.choices or self.type is bool:
            return True
        low = value > self.smallest if self.above else value >= self.smallest
        high = value < self.largest if self.below else value <= self.largest
        return low and high


def brief(value: object) -> str:
    """Returns a value as a message shows it, at most 60 characters."""
    try:
        text = repr(value)
    except (ValueError, RecursionError):
        # Python writes no whole number of thousands of digits, and nothing nested without end.
        text = f"a value that cannot be written down ({type(value).__name__})"
    return text if len(text) <= 60 else f"{text[:57]}..."


def as_text(number: float) -> str:
    """Returns a number as people write it.

    Example:
        >>> as_text(1_000_000), as_text(0.25)
        ('1,000,000', '0.25')
    """
    return f"{number:,.10g}"


@dataclass(frozen=True)
class Kind:
    """A kind of layer.

    Attributes:
        name: as Keras calls it; `Output` is the last `Dense`.
        help: what it does, in a sentence.
        settings: what can be set.
        shape: (settings, input shape) -> output shape; raises `DesignError`
            where there is none.
        parameters: (settings, input shape) -> how many numbers it learns or keeps.
        frozen: of those, how many training does not change by its gradient.
        needs_maps: whether it works on feature maps only.
        needs_vector: whether it belongs behind a Flatten or a pooling of all.
    """

    name: str
    help: str
    settings: tuple[Setting, ...]
    shape: Callable[[Mapping, Shape], Shape]
    parameters: Callable[[Mapping, Shape], int] = lambda settings, shape: 0
    frozen: Callable[[Mapping, Shape], int] = lambda settings, shape: 0
    needs_maps: bool = False
    needs_vector: bool = False

    def setting(self, name: str) -> Setting:
        """Returns one of its settings.

        Raises:
            DesignError: it has none of this name.
        """
        for setting in self.settings:
            if setting.name == name:
                return setting
        takes = ", ".join(setting.name for setting in self.settings) or "nothing"
        raise DesignError(f"{self.name} has no setting {name!r}; it takes {takes}.")

    @property
    def keeps_shape(self) -> bool:
        """Whether what comes out has the shape of what goes in, whatever the settings are."""
        return self.shape is _same

    @property
    def defaults(self) -> dict[str, int | float | bool | str | None]:
        """Its settings as they are to begin with."""
        return {setting.name: setting.default for setting in self.settings}


def _window(size: int, window: int, stride: int, padding: str, what: str) -> int:
    """How many places a window has along one side."""
    if padding == "same":
        return math.ceil(size / stride)
    if window > size:
        raise DesignError(f"the {what} of {window}x{window} is larger than its input")
    return (size - window) // stride + 1


def _convolved(settings: Mapping, shape: Shape) -> Shape:
    height, width, _ = shape
    window, stride, padding = (settings[key] for key in ("kernel_size", "strides", "padding"))
    sides = (_window(side, window, stride, padding, "kernel") for side in (height, width))
    return (*sides, settings["filters"])


def _pooled(settings: Mapping, shape: Shape) -> Shape:
    height, width, channels = shape
    window, padding = settings["pool_size"], settings["padding"]
    stride = settings["strides"] or window
    sides = (_window(side, window, stride, padding, "pool") for side in (height, width))
    return (*sides, channels)


def _same(settings: Mapping, shape: Shape) -> Shape:
    return shape


def _convolution_parameters(settings: Mapping, shape: Shape) -> int:
    weights = settings["kernel_size"] ** 2 * shape[-1] * settings["filters"]
    return weights + settings["filters"] * settings["use_bias"]


def _dense_parameters(settings: Mapping, shape: Shape) -> int:
    return settings["units"] * (shape[-1] + settings.get("use_bias", True))


def _dense(settings: Mapping, shape: Shape) -> Shape:
    # Keras takes each place of a map for an image of its own here, and says nothing.
    return (*shape[:-1], settings["units"])


_PADDING = Setting(
    "padding",
    "Padding",
    "valid",
    choices=PADDINGS,
    type=str,
    help="valid: only whole windows, the map shrinks; same: zeros around it, the map keeps its "
    "size (at stride 1).",
)
_BIAS = Setting(
    "use_bias", "Bias", True, type=bool, help="A number added to each output, learned as well."
)


def _activation(default: str) -> Setting:
    return Setting(
        "activation",
        "Activation",
        default,
        choices=ACTIVATIONS,
        type=str,
        help="What is done to each sum; without it, layers in a row are one layer.",
    )


_INITIALIZER = Setting(
    "kernel_initializer",
    "First weights",
    "glorot_uniform",
    choices=INITIALIZERS,
    type=str,
    help="How the random weights to begin with are drawn.",
)


def _pooling(name: str, help_text: str) -> Kind:
    return Kind(
        name,
        help_text,
        (
            Setting("pool_size", "Window", 2, 1, 28, unit="pixels", help="Side of the window."),
            Setting(
                "strides",
                "Stride",
                None,
                1,
                28,
                optional=True,
                unit="pixels",
                help="How far the window moves; as far as it is wide, if not set.",
            ),
            _PADDING,
        ),
        _pooled,
        needs_maps=True,
    )


KINDS: dict[str, Kind] = {
    kind.name: kind
    for kind in (
        Kind(
            "Conv2D",
            "Looks for small patterns everywhere: each filter gives one feature map.",
            (
                Setting("filters", "Filters", 32, 1, 512, unit="maps", help="Maps it makes."),
                Setting(
                    "kernel_size", "Kernel", 3, 1, 28, unit="pixels", help="Side of each filter."
                ),
                Setting(
                    "strides", "Stride", 1, 1, 28, unit="pixels", help="How far a filter moves."
                ),
                _PADDING,
                _activation("relu"),
                _INITIALIZER,
                _BIAS,
            ),
            _convolved,
            _convolution_parameters,
            needs_maps=True,
        ),
        _pooling("MaxPooling2D", "Keeps the largest number of each window: smaller maps."),
        _pooling("AveragePooling2D", "Takes the mean of each window: smaller, smoother maps."),
        Kind(
            "BatchNormalization",
            "Brings each map to mean 0 and spread 1 over the batch, then scales and shifts it.",
            (
                Setting(
                    "momentum",
                    "Momentum",
                    0.99,
                    0,
                    1,
                    below=True,
                    type=float,
                    help="How slowly the kept mean and spread follow those of the batches.",
                ),
                Setting(
                    "epsilon",
                    "Epsilon",
                    0.001,
                    0,
                    1,
                    above=True,
                    type=float,
                    help="Added to the variance, against a division by zero.",
                ),
            ),
            _same,
            lambda settings, shape: 4 * shape[-1],
            lambda settings, shape: 2 * shape[-1],
        ),
        Kind(
            "Activation",
            "Does the same to every number: ReLU sets what is negative to 0.",
            (_activation("relu"),),
            _same,
        ),
        Kind(
            "Dropout",
            "Sets a random share of its inputs to 0 in each training step, against overfitting.",
            (
                Setting(
                    "rate",
                    "Rate",
                    0.25,
                    0,
                    1,
                    below=True,
                    type=float,
                    help="The share that is set to 0; 0.25 keeps three of four.",
                ),
            ),
            _same,
        ),
        Kind(
            "Flatten",
            "Writes all maps into one row of numbers, for the dense layers behind it.",
            (),
            lambda settings, shape: (math.prod(shape),),
        ),
        Kind(
            "GlobalAveragePooling2D",
            "Takes the mean of each whole map: one number a map.",
            (),
            lambda settings, shape: (shape[-1],),
            needs_maps=True,
        ),
        Kind(
            "Dense",
            "Connects every input with every unit.",
            (
                Setting("units", "Units", 128, 1, 4096, unit="numbers", help="Numbers it makes."),
                _activation("relu"),
                _INITIALIZER,
                _BIAS,
            ),
            _dense,
            _dense_parameters,
            needs_vector=True,
        ),
        Kind(
            "Output",
            "The last dense layer: one unit a class, whose numbers softmax makes probabilities.",
            (
                Setting("units", "Units", 10, 1, 1000, unit="units", help="One for each class."),
                _activation("softmax"),
            ),
            _dense,
            _dense_parameters,
            needs_vector=True,
        ),
    )
}
"""The palette, in the order of its buttons."""


def kind_of(name: object) -> Kind:
    """Returns a kind of layer by its name.

    Raises:
        DesignError: the palette has none of this name.

    Example:
        >>> conv = kind_of("Conv2D")
        >>> conv.shape(conv.defaults, (28, 28, 1))
        (26, 26, 32)
        >>> conv.parameters(conv.defaults, (28, 28, 1))
        320
    """
    if not isinstance(name, str) or name not in KINDS:
        raise DesignError(
            f"There is no layer {brief(name)} in the palette; it has {', '.join(KINDS)}."
        )
    return KINDS[name]
