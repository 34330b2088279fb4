"""tflearn's public names that are not here, and what to use in their place.

Recurrent networks, embeddings, three dimensions, estimators, summaries: Keras 3
has each, and a script that uses them is better written in it. The names exist,
so that modules can be imported and scripts that only mention them run; whoever
calls one is told what to use. `complete` puts them into tflearn's modules, and
makes the modules that hold nothing else.
"""

import sys
from collections.abc import Callable
from importlib.machinery import ModuleSpec
from types import ModuleType
from typing import NoReturn

_SUMMARIES = ("keras.callbacks.TensorBoard", "give it to fit: callbacks=[TensorBoard('logs')]")
_FLOW = ("keras.utils.PyDataset", "its __getitem__ gives a batch, and fit takes it; or tf.data")
_FASHION = ("keras.datasets.fashion_mnist.load_data", "it gives (X, Y), (testX, testY) as uint8")

NAMES: dict[str, dict[str, tuple[str, str]]] = {
    "layers.core": {
        "one_hot_encoding": (
            "keras.ops.one_hot",
            "one_hot(target, n_classes); regression(..., to_one_hot=True, n_classes=...) takes "
            "class numbers as targets, too",
        ),
        "time_distributed": (
            "keras.layers.TimeDistributed",
            "TimeDistributed(keras.layers.Dense(10))(incoming) has a layer run at every time step",
        ),
    },
    "layers.conv": {
        "conv_3d": (
            "keras.layers.Conv3D",
            "Conv3D(nb_filter, filter_size, strides, padding='same')(incoming)",
        ),
        "conv_3d_transpose": (
            "keras.layers.Conv3DTranspose",
            "Conv3DTranspose(nb_filter, filter_size, strides, padding='same')(incoming)",
        ),
        "max_pool_3d": (
            "keras.layers.MaxPooling3D",
            "MaxPooling3D(kernel_size, strides, padding='same')(incoming)",
        ),
        "avg_pool_3d": (
            "keras.layers.AveragePooling3D",
            "AveragePooling3D(kernel_size, strides, padding='same')(incoming)",
        ),
        "atrous_conv_2d": (
            "keras.layers.Conv2D",
            "Conv2D(nb_filter, filter_size, padding='same', dilation_rate=rate)(incoming)",
        ),
        "grouped_conv_2d": (
            "keras.layers.DepthwiseConv2D",
            "DepthwiseConv2D(filter_size, strides, padding='same', "
            "depth_multiplier=channel_multiplier, use_bias=False)(incoming)",
        ),
        "upscore_layer": (
            "keras.layers.Conv2DTranspose",
            "Conv2DTranspose(num_classes, kernel_size, strides, padding='same', "
            "use_bias=False)(incoming)",
        ),
        "upscore_layer3d": (
            "keras.layers.Conv3DTranspose",
            "Conv3DTranspose(num_classes, kernel_size, strides, padding='same', "
            "use_bias=False)(incoming)",
        ),
        "highway_conv_1d": (
            "keras.layers.Conv1D",
            "two of them, H with the activation and T with sigmoid, and then "
            "H * T + incoming * (1 - T)",
        ),
        "resnext_block": (
            "keras.layers.Conv2D",
            "a convolution of size 1, one of size 3 with groups=cardinality, another of size 1, "
            "and keras.layers.Add of that and the block's input",
        ),
        "densenet_block": (
            "keras.layers.Concatenate",
            "after each convolution of the block, Concatenate()([new, old])",
        ),
    },
    "layers.recurrent": {
        "simple_rnn": (
            "keras.layers.SimpleRNN",
            "SimpleRNN(n_units, return_sequences=return_seq)(incoming)",
        ),
        "lstm": (
            "keras.layers.LSTM",
            "LSTM(n_units, return_sequences=return_seq)(incoming); its dropout is the share that "
            "is dropped, 1 - keep probability",
        ),
        "gru": (
            "keras.layers.GRU",
            "GRU(n_units, return_sequences=return_seq)(incoming); its dropout is the share that "
            "is dropped, 1 - keep probability",
        ),
        "bidirectional_rnn": (
            "keras.layers.Bidirectional",
            "Bidirectional(keras.layers.LSTM(n_units))(incoming) makes the backward one itself",
        ),
        "BasicRNNCell": ("keras.layers.SimpleRNNCell", "SimpleRNNCell(n_units)"),
        "BasicLSTMCell": (
            "keras.layers.LSTMCell",
            "LSTMCell(n_units); unit_forget_bias is its forget_bias of 1",
        ),
        "GRUCell": ("keras.layers.GRUCell", "GRUCell(n_units)"),
        "DropoutWrapper": (
            "keras.layers.LSTM",
            "the layer itself has dropout=... and recurrent_dropout=..., the shares dropped",
        ),
        "MultiRNNCell": ("keras.layers.StackedRNNCells", "StackedRNNCells([cell, cell])"),
        "retrieve_seq_length_op": (
            "keras.layers.Masking",
            "Masking(0.0)(incoming) has the layers after it leave out the padding",
        ),
        "advanced_indexing_op": (
            "keras.ops.take_along_axis",
            "or return_sequences=False, which gives the last step alone",
        ),
    },
    "layers.embedding_ops": {
        "embedding": ("keras.layers.Embedding", "Embedding(input_dim, output_dim)(incoming)"),
    },
    "models.generator": {
        "SequenceGenerator": (
            "keras.layers.LSTM",
            "train a keras.Sequential of LSTM layers and a softmax over the characters, and draw "
            "each next character from what it predicts",
        ),
    },
    "helpers.evaluator": {
        "Evaluator": ("keras.Model", "its predict and evaluate do the same, as do those of DNN"),
    },
    "helpers.trainer": {
        "Trainer": ("keras.Model", "its fit trains it; DNN.fit trains what regression asked for"),
        "TrainOp": (
            "keras.Model",
            "its compile takes loss, optimizer and metrics, as does regression, which is here",
        ),
    },
    "helpers.summarizer": {
        "summarize": _SUMMARIES,
        "summarize_all": _SUMMARIES,
        "summarize_activations": _SUMMARIES,
        "summarize_gradients": _SUMMARIES,
        "summarize_variables": _SUMMARIES,
    },
    "summaries": {
        "monitor_activation": _SUMMARIES,
        "get_summary": _SUMMARIES,
        "add_activations_summary": _SUMMARIES,
        "add_gradients_summary": _SUMMARIES,
        "add_trainable_vars_summary": _SUMMARIES,
        "add_loss_summaries": _SUMMARIES,
        "get_value_from_summary_string": _SUMMARIES,
    },
    "distances": {
        "euclidean": ("keras.ops.norm", "norm(a - b, axis=0)"),
        "cosine": (
            "keras.losses.cosine_similarity",
            "1 + cosine_similarity(a, b): what Keras gives is negative",
        ),
    },
    "data_flow": {
        "DataFlow": _FLOW,
        "FeedDictFlow": _FLOW,
        "ArrayFlow": _FLOW,
        "TFRecordsFlow": (
            "tf.data.TFRecordDataset",
            "TFRecordDataset(files).map(parse).batch(64), which fit takes",
        ),
        "DataFlowStatus": _FLOW,
        "generate_data_tensor": _FLOW,
    },
    "data_utils": {
        "VocabularyProcessor": (
            "keras.layers.TextVectorization",
            "its adapt(texts) learns the words, and calling it gives their numbers",
        ),
    },
    "datasets.cifar10": {
        "load_data": (
            "keras.datasets.cifar10.load_data",
            "it gives (X, Y), (testX, testY) as uint8; divide X by 255, flatten Y",
        ),
    },
    "datasets.cifar100": {
        "load_data": (
            "keras.datasets.cifar100.load_data",
            "it gives (X, Y), (testX, testY) as uint8; divide X by 255, flatten Y",
        ),
    },
    "datasets.fashion_mnist": {"load_data": _FASHION, "read_data_sets": _FASHION},
    "datasets.imdb": {
        "load_data": (
            "keras.datasets.imdb.load_data",
            "load_data(num_words=n_words) gives (X, Y), (testX, testY) as lists of word numbers",
        ),
    },
    "datasets.oxflower17": {
        "load_data": (
            "keras.utils.image_dataset_from_directory",
            "for pictures in a folder for each class; "
            "tflearn.data_utils.build_image_dataset_from_dir is here, too",
        ),
    },
    "datasets.svhn": {
        "load_data": (
            "scipy.io.loadmat",
            "for train_32x32.mat and test_32x32.mat from the data set's page; Keras has no loader",
        ),
    },
    "datasets.titanic": {
        "download_dataset": (
            "keras.utils.get_file",
            "for a copy of the table, and tflearn.data_utils.load_csv, which is here",
        ),
    },
    "estimators": {
        "KMeans": ("sklearn.cluster.KMeans", "KMeans(n_clusters).fit(X)"),
        "MiniBatchKMeans": (
            "sklearn.cluster.MiniBatchKMeans",
            "MiniBatchKMeans(n_clusters).fit(X)",
        ),
        "RandomForestClassifier": (
            "sklearn.ensemble.RandomForestClassifier",
            "RandomForestClassifier(n_estimators).fit(X, Y)",
        ),
        "RandomForestRegressor": (
            "sklearn.ensemble.RandomForestRegressor",
            "RandomForestRegressor(n_estimators).fit(X, Y)",
        ),
    },
}
"""What to use for each name of each module, and how."""

TOP_LEVEL = {
    "models.generator": ("SequenceGenerator",),
    "helpers.evaluator": ("Evaluator",),
    "helpers.trainer": ("Trainer", "TrainOp"),
    "helpers.summarizer": (
        *("summarize", "summarize_all", "summarize_activations"),
        *("summarize_gradients", "summarize_variables"),
    ),
    "layers.conv": (
        *("highway_conv_1d", "conv_3d", "max_pool_3d", "avg_pool_3d"),
        *("resnext_block", "upscore_layer", "densenet_block"),
    ),
    "layers.core": ("one_hot_encoding", "time_distributed"),
    "layers.recurrent": (
        *("lstm", "gru", "simple_rnn", "bidirectional_rnn"),
        *("BasicRNNCell", "BasicLSTMCell", "GRUCell"),
    ),
    "layers.embedding_ops": ("embedding",),
}
"""Those of them that are `tflearn.lstm` as well as `tflearn.layers.recurrent.lstm`."""

_TOGETHER = ("layers", "models")
"""Packages that have the names of their modules: `tflearn.layers.lstm` is there, too."""


def complete(package: ModuleType) -> None:
    """Gives a package of tflearn's names those that it lacks, and the modules.

    Args:
        package: its modules that have a file are loaded.
    """
    for path, names in NAMES.items():
        module = sys.modules.get(f"{package.__name__}.{path}") or _new_module(package, path)
        places = [module]
        if path.partition(".")[0] in _TOGETHER:
            places.append(sys.modules[module.__name__.rpartition(".")[0]])
        for name in names:
            refusal = _refusal(path, name, module.__name__)
            for place in places:
                setattr(place, name, refusal)
    for path, names in TOP_LEVEL.items():
        for name in names:
            setattr(package, name, getattr(sys.modules[f"{package.__name__}.{path}"], name))


def _new_module(package: ModuleType, path: str) -> ModuleType:
    full = f"{package.__name__}.{path}"
    module = ModuleType(full, f"tflearn's {path}: what to use in its place.")
    module.__spec__ = ModuleSpec(full, loader=None)
    around, _, name = full.rpartition(".")
    module.__package__ = around
    sys.modules[full] = module
    setattr(sys.modules[around], name, module)
    return module


def _refusal(path: str, name: str, module: str) -> Callable[..., NoReturn]:
    """Returns a function, or a class for a name in capitals, that says what to use."""
    instead, how = NAMES[path][name]
    shown = name if name in TOP_LEVEL.get(path, ()) else f"{path}.{name}"
    message = f"tflearn.{shown} is not part of mnistlab.tflearn. Use {instead}: {how}."

    def refuse(*args, **kwargs) -> NoReturn:
        raise NotImplementedError(message)

    if name[0].isupper():
        return type(name, (), {"__init__": refuse, "__doc__": message, "__module__": module})
    refuse.__name__ = refuse.__qualname__ = name
    refuse.__doc__, refuse.__module__ = message, module
    return refuse
