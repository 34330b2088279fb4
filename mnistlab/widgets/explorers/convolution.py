"""The convolution explorer: every number of one output pixel, and the NumPy that computes it.

`ConvolutionView` is what the browser shows. The browser computes everything
itself, so that the picture follows each key press; Python holds the same
settings, checks them with `mnistlab.explain`, and can set them.
`ConvolutionExplorer` puts the digit picker above it.
"""

import operator
from collections.abc import Sequence
from pathlib import Path

from mnistlab.errors import DataError, MnistLabError
from mnistlab.explain.activations import relu as rectified
from mnistlab.explain.convolution import cross_correlate, output_size
from mnistlab.explain.sobel import KERNELS, box_kernel, gaussian_kernel, luminance
from mnistlab.plots.explained import convolution_step, numpy_code
from mnistlab.plots.figure import Figure
from mnistlab.widgets.explorers.explorer import Explorer
from mnistlab.widgets.explorers.setting import SettingError, number, setting, whole_number
from mnistlab.widgets.scripts import script, style
from mnistlab.widgets.shared_digit import DigitPicker

import anywidget
import numpy as np
import traitlets
from PIL import Image

LARGEST_KERNEL = 7
LARGEST_STRIDE = 4
LARGEST_DILATION = 3
LARGEST_NUMBER = 1e6
PHOTO_SIDE = 96
OVERVIEW_SIDE = 160
SCRIPTS = ("convolution_arithmetic.js", "convolution_pictures.js", "convolution.js")
DESIGN = ("kernel", "stride", "padding", "dilation")


def _array_to_json(array: np.ndarray | None, widget: object) -> dict | None:
    if array is None:
        return None
    return {"shape": list(array.shape), "pixels": array.astype("<f4").tobytes()}


def _list_of(kernel: np.ndarray, widget: object = None) -> list:
    return kernel.tolist()


ARRAY = {"sync": True, "to_json": _array_to_json}


class ConvolutionView(anywidget.AnyWidget):
    """The picture and its settings; see `ConvolutionExplorer` for what each one is.

    Each setting is a trait. A value that cannot be raises a `SettingError` and
    changes nothing.
    """

    _esm = script(*(Path(__file__).with_name(name) for name in SCRIPTS))
    _css = style(Path(__file__).with_name("explorers.css"))

    digit = traitlets.Any(help="(28, 28) float32 in [0, 1]").tag(**ARRAY)
    photo = traitlets.Any(None, help="the photo's region as it is shown").tag(**ARRAY)
    overview = traitlets.Any(None, help="the whole photo, small").tag(**ARRAY)
    photo_size = traitlets.List(help="height and width of the photo").tag(sync=True)
    presets = traitlets.Dict(help="name -> kernel").tag(sync=True)
    blurs = traitlets.Dict(help="name -> the blur along one axis, in each size").tag(sync=True)
    problem = traitlets.Unicode(help="why the digit cannot be shown").tag(sync=True)

    # Not `Any`, which takes None without a check.
    source = traitlets.TraitType("digit").tag(sync=True)
    region = traitlets.TraitType([], help="top, left, height, width in the photo").tag(sync=True)
    row = traitlets.TraitType(0).tag(sync=True)
    column = traitlets.TraitType(0).tag(sync=True)
    kernel = traitlets.TraitType(help="(kernel rows, kernel columns)").tag(
        sync=True, to_json=_list_of
    )
    bias = traitlets.TraitType(0.0).tag(sync=True)
    stride = traitlets.TraitType(1).tag(sync=True)
    padding = traitlets.TraitType("valid").tag(sync=True)
    dilation = traitlets.TraitType(1).tag(sync=True)
    relu = traitlets.TraitType(False).tag(sync=True)

    def __init__(self, digit: np.ndarray, photo: np.ndarray | None = None, **settings):
        self._whole = None if photo is None else _brightness(photo)
        traits = {"digit": digit, **settings}
        if photo is not None:
            height, width = self._whole.shape
            traits |= {"photo_size": [height, width], "region": [0, 0, height, width]}
            traits |= {"source": "photo", "overview": _shrunk(self._whole, OVERVIEW_SIDE)}
        super().__init__(**traits)

    @traitlets.default("presets")
    def _all_presets(self):
        return {name: _list_of(kernel) for name, kernel in KERNELS.items()}

    @traitlets.default("blurs")
    def _all_blurs(self):
        sizes = range(1, LARGEST_KERNEL + 1)
        return {
            "box blur": [_line(box_kernel(size)) for size in sizes],
            "Gaussian blur": [_line(gaussian_kernel(size)) for size in sizes],
        }

    @property
    def image(self) -> np.ndarray:
        """The image that is looked at, (height, width) float32 in [0, 1]."""
        return self._image_of(self.source, self.region)

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and columns of the output."""
        return self._output_shape()

    def show_strongest(self) -> None:
        """Moves to the pixel of the output that is farthest from 0."""
        self.row, self.column = map(
            int, np.unravel_index(np.abs(self._sums()).argmax(), self.shape)
        )

    def output(self) -> np.ndarray:
        """Computes the output map with `mnistlab.explain`."""
        return rectified(self._sums()) if self.relu else self._sums()

    def _sums(self) -> np.ndarray:
        return cross_correlate(
            self.image, self.kernel, self.bias, self.stride, self.padding, self.dilation
        )

    def _image_of(self, source: str, region: Sequence[int]) -> np.ndarray:
        if source == "digit":
            return self.digit
        top, left, height, width = region
        return _shrunk(self._whole[top : top + height, left : left + width], PHOTO_SIDE)

    def _output_shape(self, **changed) -> tuple[int, int]:
        """Returns the output's shape with some settings changed, or raises what is wrong."""
        now = {name: getattr(self, name) for name in (*DESIGN, "source", "region")} | changed
        image = self._image_of(now["source"], now["region"])
        # What was set together with this one is not yet checked, and may be a list.
        kernel = _as_kernel(now["kernel"])
        try:
            rows, columns = (
                output_size(size, kernel_size, now["stride"], now["padding"], now["dilation"])
                for size, kernel_size in zip(image.shape, kernel.shape, strict=True)
            )
        except MnistLabError as cause:
            raise SettingError(str(cause)) from None
        return rows, columns

    @traitlets.validate("kernel")
    def _check_kernel(self, proposal):
        kernel = _as_kernel(proposal.value)
        self._output_shape(kernel=kernel)
        return kernel

    @traitlets.validate("stride")
    def _check_stride(self, proposal):
        stride = whole_number(proposal.value, "stride", 1, LARGEST_STRIDE)
        self._output_shape(stride=stride)
        return stride

    @traitlets.validate("dilation")
    def _check_dilation(self, proposal):
        dilation = whole_number(proposal.value, "dilation", 1, LARGEST_DILATION)
        self._output_shape(dilation=dilation)
        return dilation

    @traitlets.validate("padding")
    def _check_padding(self, proposal):
        self._output_shape(padding=proposal.value)
        return proposal.value

    @traitlets.validate("bias")
    def _check_bias(self, proposal):
        return number(proposal.value, "bias", -LARGEST_NUMBER, LARGEST_NUMBER)

    @traitlets.validate("relu")
    def _check_relu(self, proposal):
        if not isinstance(proposal.value, (bool, np.bool_)):
            raise SettingError(f"relu is {proposal.value!r}; it is True or False.")
        return bool(proposal.value)

    @traitlets.validate("row")
    def _check_row(self, proposal):
        return whole_number(proposal.value, "row", 0, self.shape[0] - 1)

    @traitlets.validate("column")
    def _check_column(self, proposal):
        return whole_number(proposal.value, "column", 0, self.shape[1] - 1)

    @traitlets.validate("source")
    def _check_source(self, proposal):
        known = ("digit",) if self._whole is None else ("digit", "photo")
        if proposal.value not in known:
            raise SettingError(
                f"source is {proposal.value!r}; this explorer has {' and '.join(known)}. A photo "
                "is given when the explorer is made: photo=..."
            )
        self._output_shape(source=proposal.value)
        return proposal.value

    @traitlets.validate("region")
    def _check_region(self, proposal):
        region = _as_region(proposal.value, self._whole)
        if self.source == "photo":
            self._output_shape(region=region)
        return region

    @traitlets.observe("region")
    def _show_region(self, change) -> None:
        if change.new:
            self.photo = self._image_of("photo", change.new)

    @traitlets.observe("digit", "photo", "source", *DESIGN)
    def _stay_inside(self, change) -> None:
        rows, columns = self.shape
        with self.hold_sync():
            self.row, self.column = min(self.row, rows - 1), min(self.column, columns - 1)


class ConvolutionExplorer(Explorer):
    """Shows how each pixel of a convolution's output comes about, to play with.

    In the browser: click or drag on a map, or use the arrow keys on the output;
    edit the kernel's numbers; play. In Python: every setting is an attribute
    that can be read and set, and an observer of `explorer.view` is told of each.

    Args:
        images: (n, 28, 28) or (n, 28, 28, 1) digits to pick from, uint8 or
            float in [0, 1].
        labels: their classes, (n,) or one-hot (n, 10).
        photo: (height, width, 3) or (height, width), uint8 or float in [0, 1];
            its brightness is looked at, in at most 96x96 pixels.
        kernel: (kernel rows, kernel columns), up to 7x7, or a name of
            `mnistlab.explain.sobel.KERNELS`.
        stride: pixels from one patch to the next, 1 to 4.
        padding: "valid", or "same" for a frame of zeros around the image.
        dilation: pixels from one number of a patch to the next, 1 to 3.
        bias: added to each sum.
        relu: whether what is negative becomes 0.

    Raises:
        DesignError: the kernel or a setting cannot be; also when it is set later.
        DataError: the images, labels or the photo are not what they should be.

    Example:
        >>> explorer = ConvolutionExplorer(np.eye(28, dtype="float32")[None], kernel="identity")
        >>> explorer.row, explorer.column = 7, 8
        >>> explorer.value, explorer.output.shape
        (0.0, (26, 26))
        >>> explorer.kernel = [[-1, 1]]
        >>> print(explorer.code)
        np.sum(image[7:8, 8:10] * kernel) + bias
    """

    row = setting("row", "Row of the output pixel, from 0.")
    column = setting("column", "Column of the output pixel, from 0.")
    kernel = setting("kernel", "The kernel; an array or the name of a preset can be set.")
    bias = setting("bias", "What is added to each sum.")
    stride = setting("stride", "Pixels from one patch to the next, 1 to 4.")
    padding = setting("padding", '"valid" or "same".')
    dilation = setting("dilation", "Pixels from one number of a patch to the next, 1 to 3.")
    relu = setting("relu", "Whether what is negative becomes 0.")
    source = setting("source", '"digit" or "photo".')
    region = setting("region", "Top, left, height and width of what is shown of the photo.")

    def __init__(
        self,
        images: np.ndarray,
        labels: Sequence | np.ndarray | None = None,
        photo: np.ndarray | None = None,
        kernel: str | np.ndarray = "Sobel x",
        stride: int = 1,
        padding: str = "valid",
        dilation: int = 1,
        bias: float = 0.0,
        relu: bool = False,
    ):
        settings = {
            "kernel": kernel,
            "stride": stride,
            "padding": padding,
            "dilation": dilation,
            "bias": bias,
            "relu": relu,
        }
        super().__init__(DigitPicker(images, labels), lambda: self._new_view(photo, settings))

    @property
    def image(self) -> np.ndarray:
        """The image that is looked at, (height, width) float32 in [0, 1]."""
        return self.view.image

    @property
    def output(self) -> np.ndarray:
        """The whole output map, (rows, columns) float64, as `mnistlab.explain` computes it."""
        return self.view.output()

    @property
    def value(self) -> float:
        """The number at `row` and `column` of the output."""
        return float(self.output[self.row, self.column])

    @property
    def code(self) -> str:
        """The NumPy that computes `value` from `image`, `kernel` and `bias`."""
        return numpy_code(
            self.row,
            self.column,
            self.image.shape,
            self.kernel.shape,
            self.stride,
            self.padding,
            self.dilation,
            self.relu,
        )

    def figure(self) -> Figure:
        """Draws what the explorer shows, for readers without a kernel."""
        return convolution_step(
            self.image,
            self.kernel,
            self.row,
            self.column,
            self.bias,
            self.stride,
            self.padding,
            self.dilation,
            self.relu,
        )

    def _new_view(self, photo: np.ndarray | None, settings: dict) -> ConvolutionView:
        view = ConvolutionView(self.picker.digit.image, photo, **settings)
        view.show_strongest()
        return view

    def _show_digit(self) -> None:
        # Who picks a digit wants to see it, also where a photo was shown.
        self.view.digit = self.picker.digit.image
        self.view.source = "digit"


def _line(kernel: np.ndarray) -> list[float]:
    """A blur along one axis: its kernel is one such line times another."""
    return kernel.sum(axis=0).tolist()


def _as_kernel(value: object) -> np.ndarray:
    """Returns a new, read-only kernel of finite numbers that the picture has room for."""
    if isinstance(value, str):
        if value not in KERNELS:
            raise SettingError(f"kernel is {value!r}; the presets are {', '.join(KERNELS)}.")
        value = KERNELS[value]
    try:
        kernel = np.array(value, dtype="float64")
    except (TypeError, ValueError):
        raise SettingError(f"kernel is {value!r}; it takes rows of numbers, all as long.") from None
    if kernel.ndim != 2 or not 1 <= min(kernel.shape) <= max(kernel.shape) <= LARGEST_KERNEL:
        raise SettingError(
            f"kernel has the shape {kernel.shape}; the explorer takes (rows, columns), from 1 to "
            f"{LARGEST_KERNEL} each."
        )
    if not (np.abs(kernel) <= LARGEST_NUMBER).all():
        raise SettingError(
            f"kernel is {value!r}; it takes finite numbers from {-LARGEST_NUMBER:,g} to "
            f"{LARGEST_NUMBER:,g}."
        )
    kernel.flags.writeable = False
    return kernel


def _as_region(value: object, photo: np.ndarray | None) -> list[int]:
    if photo is None:
        raise SettingError("There is no photo; give one when the explorer is made: photo=...")
    height, width = photo.shape
    try:
        top, left, rows, columns = region = [operator.index(number) for number in value]
    except (TypeError, ValueError):
        top, left, rows, columns = region = [-1] * 4
    inside = 0 <= top < top + rows <= height and 0 <= left < left + columns <= width
    if not inside:
        raise SettingError(
            f"region is {value!r}; it is (top, left, height, width) in whole pixels, inside of the "
            f"photo's {height} × {width}."
        )
    return region


def _brightness(photo: np.ndarray) -> np.ndarray:
    """Returns (height, width) float32 in [0, 1]."""
    photo = np.asarray(photo)
    if photo.dtype.kind not in "uf" or not (photo.ndim == 2 or photo.shape[2:] == (3,)):
        raise DataError(
            f"photo is an array of {photo.dtype} with the shape {photo.shape}; expected are uint8 "
            "or float, (height, width, 3) or (height, width)."
        )
    gray = luminance(photo) if photo.ndim == 3 else photo
    gray = np.asarray(gray, "float32") / np.float32(255 if photo.dtype == np.uint8 else 1)
    if not gray.size or not (gray.min() >= 0 and gray.max() <= 1.0001):
        raise DataError(
            "photo: expected uint8 or float in [0, 1], and at least one pixel. Divide pixels in "
            "0..255 by 255 first."
        )
    return gray


def _shrunk(gray: np.ndarray, side: int) -> np.ndarray:
    """Returns the image with no side longer than `side`; each pixel is a mean."""
    longest = max(gray.shape)
    if longest <= side:
        return np.ascontiguousarray(gray)
    height, width = (max(1, round(size * side / longest)) for size in gray.shape)
    image = Image.fromarray(np.ascontiguousarray(gray))
    return np.asarray(image.resize((width, height), Image.Resampling.BOX))
