"""What a network computes for one image: multiply-adds, counted layer by layer.

Parameters say how much a network has to learn; multiply-adds say how much it
has to do. A dense layer uses each weight once for an image, a convolution uses
each at every place of its output, so the smaller of two networks is often the
slower one.

The convention: one multiply-add for each use of a weight, zeros of the padding
included. Pooling, activations, normalization, dropout and the adding of biases
count 0; next to the weights they are little. Where others count floating-point
operations (FLOPs), they mean two for each multiply-add.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass

from mnistlab.errors import DesignError

import keras
from keras import layers

# The weights that each kind of layer uses at every place of its output.
_KERNELS = {
    layers.Dense: ("kernel",),
    layers.Conv1D: ("kernel",),
    layers.Conv2D: ("kernel",),
    layers.Conv3D: ("kernel",),
    layers.DepthwiseConv1D: ("kernel",),
    layers.DepthwiseConv2D: ("kernel",),
    layers.SeparableConv1D: ("depthwise_kernel", "pointwise_kernel"),
    layers.SeparableConv2D: ("depthwise_kernel", "pointwise_kernel"),
}

# What these have learned scales, shifts or looks up numbers: by the convention it counts 0.
_WITHOUT_KERNEL = (
    layers.BatchNormalization,
    layers.Embedding,
    layers.GroupNormalization,
    layers.LayerNormalization,
    layers.Normalization,
    layers.PReLU,
    layers.RMSNormalization,
)


@dataclass(frozen=True)
class LayerCost:
    """What one layer holds, and what it does for one image.

    Attributes:
        name: of the layer; in a network within a network, after that one's name
            and a slash.
        kind: its class, such as "Conv2D".
        output_shape: of one image, without the batch.
        parameters: numbers that it holds, those that are not trained included.
            Where a layer is used again they count 0.
        multiply_adds: uses of a weight.
    """

    name: str
    kind: str
    output_shape: tuple[int | None, ...]
    parameters: int
    multiply_adds: int


def costs(model: keras.Model) -> list[LayerCost]:
    """Counts what each layer of a model does for one image.

    Args:
        model: a `Sequential` or functional Keras model with a known input
            shape. Its weights do not matter.

    Returns:
        A row for each layer in the model's order; several for a layer that is
        used several times.

    Raises:
        DesignError: the model does not say how its layers are connected or how
            large they are, or has a layer with weights of which it is not known
            how often they are used.

    Example:
        >>> from mnistlab.models import zoo
        >>> for layer in costs(zoo.baseline()):
        ...     print(f"{layer.name:13} {layer.parameters:7,} {layer.multiply_adds:7,}")
        image               0       0
        conv1             320 194,688
        pool1               0       0
        flatten             0       0
        dense1        540,900 540,800
        probabilities   1,010   1,000
    """
    if not isinstance(model, keras.Model):
        raise DesignError(
            f"What costs counts is a Keras model; this is of the type {type(model).__name__}. "
            "Give the model itself, such as zoo.build('baseline')."
        )
    return list(_rows(model, prefix=""))


def multiply_adds(model: keras.Model) -> int:
    """Counts the multiply-adds of one image through a whole model.

    Args:
        model: as `costs` takes it.

    Returns:
        The sum over its layers.

    Raises:
        DesignError: what `costs` refuses.

    Example:
        >>> from mnistlab.models import zoo
        >>> multiply_adds(zoo.deeper())
        5514344
    """
    return sum(layer.multiply_adds for layer in costs(model))


def _rows(model: keras.Model, prefix: str) -> Iterator[LayerCost]:
    uses = _uses(model)
    for layer in model.layers:
        for number, output in enumerate(uses.get(id(layer), [])):
            rows = (
                _rows(layer, f"{prefix}{layer.name}/")
                if isinstance(layer, keras.Model)
                else [_row(layer, f"{prefix}{layer.name}", output)]
            )
            for row in rows:
                yield row if number == 0 else _used_again(row)


def _uses(model: keras.Model) -> dict[int, list[keras.KerasTensor]]:
    """Returns for the `id` of each layer what it puts out, once for each use in this model.

    A layer's own `output` is that of its first use anywhere, which may have been
    in another model, on images of another size. The way back from this model's
    outputs leads through this model's uses alone.
    """
    try:
        waiting, inputs = list(model.outputs), {id(each) for each in model.inputs}
    except (AttributeError, TypeError):
        raise DesignError(
            f"The layers of the model {model.name!r} cannot be counted before its input shape is "
            "known, nor if it computes in a call of its own. Begin it with keras.Input((28, 28, "
            "1)), and build it as a Sequential or as keras.Model(inputs, outputs)."
        ) from None
    uses: dict[int, list[keras.KerasTensor]] = {}
    seen = set()
    while waiting:
        tensor = waiting.pop()
        # The documented way through a model's graph, though its name has an underscore.
        layer, number, _ = tensor._keras_history
        if (id(layer), number) in seen:
            continue
        seen.add((id(layer), number))
        uses.setdefault(id(layer), []).append(tensor)
        if id(tensor) not in inputs:
            waiting += layer._inbound_nodes[number].input_tensors
    return uses


def _row(layer: keras.Layer, name: str, output: keras.KerasTensor) -> LayerCost:
    return LayerCost(
        name,
        type(layer).__name__,
        tuple(output.shape[1:]),
        layer.count_params(),
        _multiply_adds(layer, name, output.shape[1:]),
    )


def _used_again(row: LayerCost) -> LayerCost:
    return LayerCost(row.name, row.kind, row.output_shape, 0, row.multiply_adds)


def _multiply_adds(layer: keras.Layer, name: str, shape: tuple[int | None, ...]) -> int:
    # A class of one's own, even one derived from these, may use its weights otherwise.
    kernels = _KERNELS.get(type(layer))
    if kernels is None:
        if layer.weights and type(layer) not in _WITHOUT_KERNEL:
            raise DesignError(
                f"How often the layer {name!r} ({type(layer).__name__}) uses its weights is not "
                f"known. What can be counted: {', '.join(kind.__name__ for kind in _KERNELS)}."
            )
        return 0
    if None in shape:
        raise DesignError(
            f"The layer {name!r} puts out the shape {shape}: without the size of the images its "
            "work cannot be counted. Give it in keras.Input, such as keras.Input((28, 28, 1))."
        )
    channels = shape[0 if getattr(layer, "data_format", None) == "channels_first" else -1]
    places = math.prod(shape) // channels
    return places * sum(math.prod(getattr(layer, kernel).shape) for kernel in kernels)
