"""The name that `regularizers` had up to tflearn 0.3.2."""

from mnistlab.tflearn.regularizers import L1, L2, add_weights_regularizer, get  # noqa: F401
