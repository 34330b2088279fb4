"""The architectures of the series as plans to begin with.

A test builds each and compares it with the function of `mnistlab.models.zoo`
that has its name.
"""

from mnistlab.errors import DesignError
from mnistlab.widgets.designer.plan import Layer, Plan, Training, make_layer

_SGD = Training(optimizer="SGD", learning_rate=0.01, momentum=0.9, batch_size=32, epochs=10)
_RMSPROP = Training(optimizer="RMSprop", learning_rate=0.001, momentum=0.0)


def _convolution(filters: int, size: int, **settings) -> Layer:
    return make_layer("Conv2D", filters=filters, kernel_size=size, **settings)


def _pool(size: int = 2, **settings) -> Layer:
    return make_layer("MaxPooling2D", pool_size=size, **settings)


def _dense(units: int, **settings) -> Layer:
    return make_layer("Dense", units=units, **settings)


_HE = {"kernel_initializer": "he_uniform"}
_FLATTEN, _OUTPUT = make_layer("Flatten"), make_layer("Output")
_NORMALIZED = (make_layer("Activation", activation="relu"), make_layer("BatchNormalization"))

_LAYERS: dict[str, tuple[tuple[Layer, ...], Training]] = {
    "baseline": (
        (_convolution(32, 3, **_HE), _pool(), _FLATTEN, _dense(100, **_HE), _OUTPUT),
        _SGD,
    ),
    "batchnorm": (
        (
            _convolution(32, 3, activation="linear", **_HE),
            *_NORMALIZED,
            _pool(),
            _FLATTEN,
            _dense(100, activation="linear", **_HE),
            *_NORMALIZED,
            _OUTPUT,
        ),
        _SGD,
    ),
    "deeper": (
        (
            _convolution(32, 3, **_HE),
            _pool(),
            _convolution(64, 3, **_HE),
            _convolution(64, 3, **_HE),
            _pool(),
            _FLATTEN,
            _dense(100, **_HE),
            _OUTPUT,
        ),
        _SGD,
    ),
    "dropout": (
        (
            _convolution(32, 2, padding="same"),
            _pool(padding="same"),
            _convolution(64, 2, padding="same"),
            _pool(padding="same"),
            _FLATTEN,
            _dense(1024),
            make_layer("Dropout", rate=0.2),
            _OUTPUT,
        ),
        Training(optimizer="Adam", learning_rate=0.01, momentum=0.0, batch_size=64, epochs=10),
    ),
    "keras_convnet": (
        (
            _convolution(32, 3),
            _convolution(64, 3),
            _pool(),
            make_layer("Dropout", rate=0.25),
            _FLATTEN,
            _dense(128),
            make_layer("Dropout", rate=0.5),
            _OUTPUT,
        ),
        Training(optimizer="Adadelta", learning_rate=1.0, momentum=0.0, batch_size=128, epochs=12),
    ),
    "two_epoch": (
        (_convolution(32, 4), _pool(), _FLATTEN, _dense(128), _OUTPUT),
        _RMSPROP.changed(batch_size=32, epochs=2),
    ),
    "three_conv": (
        (
            _convolution(32, 3),
            _pool(),
            _convolution(64, 3),
            _pool(),
            _convolution(64, 3),
            _FLATTEN,
            _dense(64),
            _OUTPUT,
        ),
        _RMSPROP.changed(batch_size=64, epochs=5),
    ),
    "lenet5": (
        (
            _convolution(6, 5, padding="same"),
            _pool(),
            _convolution(16, 5),
            _pool(),
            _FLATTEN,
            _dense(120),
            _dense(84),
            _OUTPUT,
        ),
        _SGD,
    ),
}


def names() -> list[str]:
    """Returns the names of all templates, in the order of the series.

    Example:
        >>> names()[:2]
        ['baseline', 'batchnorm']
    """
    return list(_LAYERS)


def template(name: str) -> Plan:
    """Returns an architecture of the series as a plan, with its published training.

    Raises:
        DesignError: there is none of this name.

    Example:
        >>> template("keras_convnet").parameters
        1199882
    """
    if name not in _LAYERS:
        raise DesignError(f"There is no template {name!r}; choose one of {', '.join(names())}.")
    layers, training = _LAYERS[name]
    return Plan(name, layers=layers, training=training)
