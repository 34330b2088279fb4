"""Symbolic tensors: Keras' own, with what scripts of 2017 expect of a TensorFlow tensor.

`adopt` gives a Keras tensor the methods that such scripts use. `symbolic`
makes a function of tensors work on symbolic ones, too: a call becomes a layer
of the network. While this module is loaded, TensorFlow's own functions
(`tf.reshape`, `tf.nn.tanh`) do the same when they are given one of these
tensors.
"""

import functools
import operator
from collections.abc import Callable, Iterable

from mnistlab.tflearn import private

import keras
import tensorflow as tf

_REGISTERED: dict[str, Callable] = {}


class Tensor(keras.KerasTensor):
    """A symbolic tensor: the result of a layer, before there is any data.

    A Keras tensor in every respect, with what a tensor of TensorFlow 1 had
    besides. It is never made directly: `adopt` turns a Keras tensor into one.

    Example:
        >>> tensor = adopt(keras.Input((28, 28, 1)))
        >>> tensor.get_shape().as_list()
        [None, 28, 28, 1]
        >>> (tensor + 1).get_shape().ndims
        4
    """

    # NumPy's numbers leave arithmetic with a symbolic tensor to the tensor.
    __array_ufunc__ = None

    def get_shape(self) -> tf.TensorShape:
        """Returns the static shape; an unknown length is `None`."""
        return tf.TensorShape(self.shape)

    def set_shape(self, shape) -> None:
        """Checks that the shape agrees; a symbolic tensor's own shape stays as it is."""
        self.get_shape().assert_is_compatible_with(shape)

    @property
    def op(self) -> "Tensor":
        """Stands for the operation: it has the tensor's name."""
        return self


def is_symbolic(value: object) -> bool:
    """Whether something is a symbolic tensor, or holds one in a list, tuple or dict."""
    return any(isinstance(leaf, keras.KerasTensor) for leaf in tf.nest.flatten(value))


def ancestors(tensors: Iterable[keras.KerasTensor]) -> list[keras.KerasTensor]:
    """Returns symbolic tensors and all that they were computed from, each once, nearest first.

    Example:
        >>> first, second = keras.Input((3,)), keras.Input((3,))
        >>> [tensor is first for tensor in ancestors([keras.ops.add(first, second)])]
        [False, True, False]
    """
    found, waiting = {}, list(tensors)
    while waiting:
        tensor = waiting.pop(0)
        if id(tensor) not in found:
            found[id(tensor)] = tensor
            waiting += private.sources(tensor)
    return list(found.values())


def adopt(value, **attributes):
    """Makes symbolic tensors `Tensor`s, in place, and returns them.

    Args:
        value: a Keras tensor, or lists, tuples and dicts of them.
        attributes: what to set on each: `W=kernel`, `name="fc/Relu:0"`.
    """
    for tensor in tf.nest.flatten(value):
        if isinstance(tensor, keras.KerasTensor):
            # The object must stay the same one: Keras finds a tensor's history by it.
            tensor.__class__ = Tensor
            for name, attribute in attributes.items():
                setattr(tensor, name, attribute)
    return value


def apply(operation: Callable, *args, **kwargs):
    """Calls a Keras layer or operation on symbolic tensors; returns `Tensor`s."""
    with private.eager_mode():
        return adopt(operation(*args, **kwargs))


def symbolic(function: Callable) -> Callable:
    """Makes a function of tensors accept symbolic ones: the call becomes a layer.

    Example:
        >>> @symbolic
        ... def twice(x):
        ...     return tf.multiply(x, 2)
        >>> twice(keras.Input((3,))).shape
        (None, 3)
        >>> int(twice(tf.constant(4)))
        8
    """

    @functools.wraps(function)
    def call(*args, **kwargs):
        if is_symbolic((args, kwargs)):
            return _as_layer(function, args, kwargs)
        return function(*args, **kwargs)

    _REGISTERED[_path(function)] = function
    return call


@keras.saving.register_keras_serializable("mnistlab.tflearn")
class Call(keras.layers.Layer):
    """A call of a function, as a layer: symbolic arguments are its inputs, the rest is kept.

    Args:
        function: the function.
        arguments: `(args, kwargs)` with a `Hole` in place of each symbolic one.
    """

    def __init__(self, function: Callable, arguments: tuple, **kwargs):
        super().__init__(**kwargs)
        self.function = function
        self._arguments = tf.nest.flatten(arguments)
        self._structure = arguments
        # Keras counts, trains and saves the variables that it finds in an attribute.
        self.captured = [leaf for leaf in self._arguments if isinstance(leaf, keras.Variable)]
        self.built = True

    def call(self, inputs):
        """Calls the function with the inputs in their places."""
        inputs = iter(tf.nest.flatten(inputs))
        leaves = [
            leaf.fill(next(inputs)) if isinstance(leaf, Hole) else leaf for leaf in self._arguments
        ]
        args, kwargs = tf.nest.pack_sequence_as(self._structure, leaves)
        return self.function(*args, **kwargs)

    def get_config(self):
        """Returns what a `.keras` file holds of the call."""
        path = _path(self.function)
        if path not in _REGISTERED:
            raise NotImplementedError(
                f"The network calls {getattr(self.function, '__name__', self.function)}, a "
                "function that a .keras file cannot hold. Write the weights with "
                "DNN.save(...), or use the Keras layer of that name instead."
            )
        plain = [
            {"hole": leaf.shape_only}
            if isinstance(leaf, Hole)
            else {"value": keras.saving.serialize_keras_object(leaf)}
            for leaf in self._arguments
        ]
        args, kwargs = tf.nest.pack_sequence_as(self._structure, plain)
        config = {"path": path, "args": list(args), "kwargs": dict(kwargs)}
        return {**super().get_config(), **config}

    @classmethod
    def from_config(cls, config):
        """Makes the layer again; only functions of this package are called."""
        config = dict(config)
        path, args, kwargs = (config.pop(key) for key in ("path", "args", "kwargs"))
        if path not in _REGISTERED:
            raise ValueError(
                f"The file asks for {path!r}, which is no function of mnistlab.tflearn. Load "
                "only files that you trust, made with this version."
            )
        return cls(_REGISTERED[path], _restored((tuple(args), kwargs)), **config)


class Hole:
    """The place of a symbolic argument, or of its shape."""

    def __init__(self, shape_only: bool = False):
        self.shape_only = shape_only

    def fill(self, tensor: tf.Tensor) -> tf.Tensor:
        """Returns what the function is given for the tensor."""
        return tf.shape(tensor) if self.shape_only else tensor


def _restored(value):
    if isinstance(value, dict) and set(value) == {"hole"}:
        return Hole(value["hole"])
    if isinstance(value, dict) and set(value) == {"value"}:
        return keras.saving.deserialize_keras_object(value["value"])
    if isinstance(value, dict):
        return {key: _restored(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return type(value)(_restored(each) for each in value)
    return value


def _path(function: Callable) -> str:
    return f"{getattr(function, '__module__', '')}.{getattr(function, '__qualname__', '')}"


def _as_layer(function: Callable, args: tuple, kwargs: dict):
    leaves = tf.nest.flatten((args, kwargs))
    tensors, holes = [], []
    for leaf in leaves:
        if isinstance(leaf, keras.KerasTensor):
            # A tensor's shape is computed where it is used: there its known lengths are known.
            source = getattr(leaf, "shape_of", None)
            tensors.append(leaf if source is None else source)
            holes.append(Hole(source is not None))
        else:
            holes.append(_kept(leaf))
    arguments = tf.nest.pack_sequence_as((args, kwargs), holes)
    return apply(Call(function, arguments), tensors)


def _kept(argument: object) -> object:
    """Returns an argument that is not symbolic as a layer can keep it."""
    if isinstance(argument, tf.Variable) and argument.trainable:
        raise NotImplementedError(
            f"The network uses {argument.name!r}, a tf.Variable, which DNN could neither train nor "
            "save. Make it with tflearn.variables.variable(name, shape=..., initializer=...)."
        )
    if not tf.is_symbolic_tensor(argument):
        return argument
    # A constant that a script made inside `with tf.Graph().as_default():` is one outside, too.
    value = tf.get_static_value(argument)
    if value is None:
        raise NotImplementedError(
            f"The network uses {argument.name!r}, a tensor of TensorFlow 1's graph, which is not "
            "computed here. Make it from the network's own tensors, such as "
            "tf.random_normal(tf.shape(network)), or outside of tf.Graph().as_default()."
        )
    with private.eager_mode():
        return tf.constant(value)


def _operator(function: Callable, reflected: bool) -> Callable:
    def operate(self, *args):
        # TensorFlow's arithmetic, which scripts were written for, and not Keras'.
        return function(*args, self) if reflected else function(self, *args)

    return operate


for _name in ("add", "sub", "mul", "truediv", "floordiv", "mod", "pow", "matmul"):
    _function = symbolic(getattr(operator, _name))
    setattr(Tensor, f"__{_name}__", _operator(_function, reflected=False))
    setattr(Tensor, f"__r{_name}__", _operator(_function, reflected=True))
for _name in ("neg", "abs", "lt", "le", "gt", "ge", "getitem"):
    setattr(Tensor, f"__{_name}__", _operator(symbolic(getattr(operator, _name)), reflected=False))


class _Dispatcher(private.OpDispatcher):
    """Turns TensorFlow's functions of our symbolic tensors into layers."""

    def handle(self, op, args, kwargs):
        leaves = tf.nest.flatten((args, kwargs))
        if not any(isinstance(leaf, Tensor) for leaf in leaves):
            return self.NOT_SUPPORTED
        if op.__name__ == "rank":
            return tf.constant(len(leaves[0].shape))
        result = _as_layer(op, args, kwargs)
        if op.__name__.startswith("shape") and isinstance(result, Tensor):
            result.shape_of = leaves[0]
        return result


_Dispatcher().register()
