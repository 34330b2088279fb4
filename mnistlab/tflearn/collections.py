"""The names of tflearn's collections, and what stands for them here: lists of the graph.

tflearn kept what a script built in collections of TensorFlow's graph. Here
`mnistlab.tflearn.graph.Graph` keeps it; `get_collection_ref` gives its lists
under their old names.
"""

from mnistlab.errors import DesignError
from mnistlab.tflearn.graph import INPUTS, TARGETS, TRAIN_OPS, current

LAYER_TENSOR = "layer_tensor"
LAYER_VARIABLES = "layer_variables"
"""What the names of a layer's collections begin with: "layer_tensor/Conv2D"."""


def get_collection_ref(key: str) -> list:
    """Returns a collection itself: what is removed from it is gone.

    Args:
        key: its name, as `TRAIN_OPS`.

    Raises:
        DesignError: there is no such collection.

    Example:
        >>> from mnistlab.tflearn.layers.core import input_data
        >>> network = input_data([None, 2])
        >>> get_collection_ref(INPUTS)[-1] is network
        True
    """
    graph = current()
    known = {INPUTS: graph.inputs, TARGETS: graph.targets, TRAIN_OPS: graph.train_ops}
    if key not in known:
        raise DesignError(
            f"There is no collection {key!r}; there are {', '.join(known)}. Layers and variables "
            "are found by tflearn.get_layer_by_name and tflearn.variables."
        )
    return known[key]
