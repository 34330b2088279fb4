"""Every architecture of the series, a function each.

Each function returns a compiled Keras model that takes 28x28x1 images in
[0, 1] and answers with ten probabilities. The docstring names where the
network comes from; where the source left something out, it says what was
chosen. `build(name)` builds one by its name, `names()` lists them.
"""

import inspect
import random
from collections.abc import Callable

from mnistlab.errors import DesignError

import keras
from keras import layers

IMAGE_SHAPE = (28, 28, 1)
CLASSES = 10


def baseline(learning_rate: float = 0.01, momentum: float = 0.9) -> keras.Model:
    """One convolution, one pooling, one dense layer: 542,230 parameters.

    Source: J. Brownlee, "How to Develop a CNN for MNIST Handwritten Digit
    Classification" (2019), baseline model. Published training: 10 epochs,
    batches of 32, 5 folds.

    Args:
        learning_rate: step size of stochastic gradient descent.
        momentum: share of the last step that is kept in the next.

    Returns:
        A compiled model, (None, 28, 28, 1) -> (None, 10).

    Example:
        >>> baseline().count_params()
        542230
    """
    return _compiled(
        "baseline",
        [
            layers.Conv2D(32, 3, activation="relu", kernel_initializer="he_uniform", name="conv1"),
            layers.MaxPooling2D(2, name="pool1"),
            layers.Flatten(name="flatten"),
            layers.Dense(100, activation="relu", kernel_initializer="he_uniform", name="dense1"),
        ],
        keras.optimizers.SGD(learning_rate, momentum=momentum),
    )


define_model = baseline
"""The baseline, by the name that the published tutorial gives it."""


def batchnorm(
    learning_rate: float = 0.01, momentum: float = 0.9, before_activation: bool = False
) -> keras.Model:
    """The baseline with batch normalization: 542,758 parameters, 264 of them not trained.

    Source: J. Brownlee, the same tutorial (2019), which normalizes after the
    activation; S. Ioffe and C. Szegedy, "Batch Normalization" (2015), do so
    before it. Published training: as the baseline.

    Args:
        learning_rate: step size of stochastic gradient descent.
        momentum: share of the last step that is kept in the next.
        before_activation: normalize before the ReLU instead of after it.

    Returns:
        A compiled model, (None, 28, 28, 1) -> (None, 10).

    Example:
        >>> batchnorm().count_params()
        542758
    """

    def normalized(layer: layers.Layer, place: int) -> list[layers.Layer]:
        relu = layers.ReLU(name=f"relu{place}")
        normalization = layers.BatchNormalization(name=f"norm{place}")
        if before_activation:
            return [layer, normalization, relu]
        return [layer, relu, normalization]

    return _compiled(
        "batchnorm",
        [
            *normalized(
                layers.Conv2D(32, 3, kernel_initializer="he_uniform", name="conv1"), place=1
            ),
            layers.MaxPooling2D(2, name="pool1"),
            layers.Flatten(name="flatten"),
            *normalized(layers.Dense(100, kernel_initializer="he_uniform", name="dense1"), place=2),
        ],
        keras.optimizers.SGD(learning_rate, momentum=momentum),
    )


def deeper(learning_rate: float = 0.01, momentum: float = 0.9) -> keras.Model:
    """Two more convolutions in the manner of VGG: 159,254 parameters.

    Source: J. Brownlee, the same tutorial (2019), "increase in model depth";
    two convolutions in a row before pooling as in K. Simonyan and
    A. Zisserman, "Very Deep Convolutional Networks" (2014). Published
    training: as the baseline.

    Args:
        learning_rate: step size of stochastic gradient descent.
        momentum: share of the last step that is kept in the next.

    Returns:
        A compiled model, (None, 28, 28, 1) -> (None, 10).

    Example:
        >>> deeper().count_params()
        159254
    """
    return _compiled(
        "deeper",
        [
            layers.Conv2D(32, 3, activation="relu", kernel_initializer="he_uniform", name="conv1"),
            layers.MaxPooling2D(2, name="pool1"),
            layers.Conv2D(64, 3, activation="relu", kernel_initializer="he_uniform", name="conv2"),
            layers.Conv2D(64, 3, activation="relu", kernel_initializer="he_uniform", name="conv3"),
            layers.MaxPooling2D(2, name="pool2"),
            layers.Flatten(name="flatten"),
            layers.Dense(100, activation="relu", kernel_initializer="he_uniform", name="dense1"),
        ],
        keras.optimizers.SGD(learning_rate, momentum=momentum),
    )


def dropout(rate: float = 0.2, learning_rate: float = 0.01) -> keras.Model:
    """Two convolutions, a wide dense layer and dropout: 3,230,954 parameters.

    Source: the article "Handwritten Digits Recognition with Convolutional
    Neural Networks Architecture" (2017), written in tflearn. There 0.8 is the
    share of units that is kept; Keras takes the share that is dropped, 0.2.
    Published training: 10 epochs, batches of 64 (tflearn's default). Chosen
    here: Keras' initial weights instead of tflearn's.

    Args:
        rate: share of the dense layer's outputs set to 0 in each training step;
            0 leaves the layer without effect.
        learning_rate: step size of Adam. 0.01 is the published one, ten times
            Adam's default.

    Returns:
        A compiled model, (None, 28, 28, 1) -> (None, 10).

    Example:
        >>> dropout().count_params()
        3230954
    """
    return _compiled(
        "dropout",
        [
            layers.Conv2D(32, 2, padding="same", activation="relu", name="conv1"),
            layers.MaxPooling2D(2, padding="same", name="pool1"),
            layers.Conv2D(64, 2, padding="same", activation="relu", name="conv2"),
            layers.MaxPooling2D(2, padding="same", name="pool2"),
            layers.Flatten(name="flatten"),
            layers.Dense(1024, activation="relu", name="dense1"),
            # Keras draws a layer's seed only where the rate is above 0. Drawn here at every rate,
            # it leaves the next layer's first weights the same, and rates can be compared in pairs.
            layers.Dropout(rate, seed=random.randint(1, 10**9), name="dropout1"),
        ],
        keras.optimizers.Adam(learning_rate),
    )


def keras_convnet(learning_rate: float = 1.0) -> keras.Model:
    """Keras' own example of 2017 to 2019, often called LeNet: 1,199,882 parameters.

    Source: `mnist_cnn.py` of the Keras 2 examples, "99.25 % after 12 epochs",
    with batches of 128. (The figure was first written beside the example of
    Keras 1, whose second convolution had 32 filters, and stayed there.) Its
    Adadelta had the learning rate 1.0; Keras 3's default of 0.001 would hardly
    train at all.

    Args:
        learning_rate: step size of Adadelta.

    Returns:
        A compiled model, (None, 28, 28, 1) -> (None, 10).

    Example:
        >>> keras_convnet().count_params()
        1199882
    """
    return _compiled(
        "keras_convnet",
        [
            layers.Conv2D(32, 3, activation="relu", name="conv1"),
            layers.Conv2D(64, 3, activation="relu", name="conv2"),
            layers.MaxPooling2D(2, name="pool1"),
            layers.Dropout(0.25, name="dropout1"),
            layers.Flatten(name="flatten"),
            layers.Dense(128, activation="relu", name="dense1"),
            layers.Dropout(0.5, name="dropout2"),
        ],
        keras.optimizers.Adadelta(learning_rate, rho=0.95),
    )


def two_epoch(learning_rate: float = 0.001) -> keras.Model:
    """A 4x4 convolution and one dense layer: 591,786 parameters.

    Source: Y. Kundathil, "CNN for MNIST Handwritten dataset" (2020).
    Published training: 2 epochs, batches of 32.

    Args:
        learning_rate: step size of RMSprop.

    Returns:
        A compiled model, (None, 28, 28, 1) -> (None, 10).

    Example:
        >>> two_epoch().count_params()
        591786
    """
    return _compiled(
        "two_epoch",
        [
            layers.Conv2D(32, 4, activation="relu", name="conv1"),
            layers.MaxPooling2D(2, name="pool1"),
            layers.Flatten(name="flatten"),
            layers.Dense(128, activation="relu", name="dense1"),
        ],
        keras.optimizers.RMSprop(learning_rate),
    )


def three_conv(learning_rate: float = 0.001) -> keras.Model:
    """Three convolutions and a small dense layer: 93,322 parameters.

    Source: F. Chollet, "Deep Learning with Python" (2017), section 5.1, as
    used in H. Li, "MNIST Convolutional Neural Network" (2018 to 2021).
    Published training: 5 epochs, batches of 64; 99.08 % of the test set.

    Args:
        learning_rate: step size of RMSprop.

    Returns:
        A compiled model, (None, 28, 28, 1) -> (None, 10).

    Example:
        >>> three_conv().count_params()
        93322
    """
    return _compiled(
        "three_conv",
        [
            layers.Conv2D(32, 3, activation="relu", name="conv1"),
            layers.MaxPooling2D(2, name="pool1"),
            layers.Conv2D(64, 3, activation="relu", name="conv2"),
            layers.MaxPooling2D(2, name="pool2"),
            layers.Conv2D(64, 3, activation="relu", name="conv3"),
            layers.Flatten(name="flatten"),
            layers.Dense(64, activation="relu", name="dense1"),
        ],
        keras.optimizers.RMSprop(learning_rate),
    )


def lenet5(learning_rate: float = 0.01, momentum: float = 0.9) -> keras.Model:
    """LeNet-5 in its modern reading: 61,706 parameters.

    Source: Y. LeCun, L. Bottou, Y. Bengio, P. Haffner, "Gradient-Based
    Learning Applied to Document Recognition" (1998), 0.95 % errors on the
    test set (99.05 % accuracy). The modern reading named here: ReLU for the
    scaled tanh, max-pooling for the trained subsampling, every second map
    connected to all of the first, softmax for radial basis functions. The
    paper's 32x32 input is the 28x28 image with 'same' padding in the first
    convolution. Chosen here: SGD 0.01, momentum 0.9, 10 epochs, batches of 32,
    as for the baseline, so that the two can be compared.

    Args:
        learning_rate: step size of stochastic gradient descent.
        momentum: share of the last step that is kept in the next.

    Returns:
        A compiled model, (None, 28, 28, 1) -> (None, 10).

    Example:
        >>> lenet5().count_params()
        61706
    """
    return _compiled(
        "lenet5",
        [
            layers.Conv2D(6, 5, padding="same", activation="relu", name="conv1"),
            layers.MaxPooling2D(2, name="pool1"),
            layers.Conv2D(16, 5, activation="relu", name="conv2"),
            layers.MaxPooling2D(2, name="pool2"),
            layers.Flatten(name="flatten"),
            layers.Dense(120, activation="relu", name="dense1"),
            layers.Dense(84, activation="relu", name="dense2"),
        ],
        keras.optimizers.SGD(learning_rate, momentum=momentum),
    )


_ARCHITECTURES: dict[str, Callable[..., keras.Model]] = {
    function.__name__: function
    for function in (
        baseline,
        batchnorm,
        deeper,
        dropout,
        keras_convnet,
        two_epoch,
        three_conv,
        lenet5,
    )
}


def names() -> list[str]:
    """Returns the names of all architectures, in the order of the series.

    Example:
        >>> names()[:3]
        ['baseline', 'batchnorm', 'deeper']
    """
    return list(_ARCHITECTURES)


def build(name: str, **changes) -> keras.Model:
    """Builds one architecture by its name.

    Args:
        name: one of `names()`.
        **changes: arguments of the architecture's function, such as
            `learning_rate=0.001`.

    Returns:
        A compiled model with fresh weights.

    Raises:
        DesignError: there is no architecture of this name, or it does not
            have an argument that was given.

    Example:
        >>> build("dropout", rate=0.5).get_layer("dropout1").rate
        0.5
    """
    if name not in _ARCHITECTURES:
        raise DesignError(
            f"There is no architecture named {name!r}; choose one of {', '.join(names())}."
        )
    function = _ARCHITECTURES[name]
    arguments = list(inspect.signature(function).parameters)
    unknown = sorted(set(changes) - set(arguments))
    if unknown:
        raise DesignError(
            f"The architecture {name!r} has no argument {', '.join(map(repr, unknown))}; "
            f"it takes {', '.join(arguments)}."
        )
    return function(**changes)


def _compiled(
    name: str, hidden: list[layers.Layer], optimizer: keras.optimizers.Optimizer
) -> keras.Model:
    """Chains the layers between the image and ten softmax units, and compiles.

    The model is a functional one: its inner layers keep symbolic outputs also
    after saving and loading, which Grad-CAM needs.
    """
    inputs = keras.Input(IMAGE_SHAPE, name="image")
    outputs = inputs
    for layer in hidden:
        outputs = layer(outputs)
    outputs = layers.Dense(CLASSES, activation="softmax", name="probabilities")(outputs)
    model = keras.Model(inputs, outputs, name=name)
    model.compile(optimizer, loss="categorical_crossentropy", metrics=["accuracy"])
    return model
