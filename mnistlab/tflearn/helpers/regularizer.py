"""The place that `add_weights_regularizer` had in tflearn's helpers."""

from mnistlab.tflearn.regularizers import add_weights_regularizer  # noqa: F401
