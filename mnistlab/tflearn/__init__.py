# ruff: noqa: F401 - the names that scripts find here
"""tflearn's names on Keras 3: scripts of 2017 run again, and give a Keras model to go on with.

Change a script's `import tflearn` to `import mnistlab.tflearn as tflearn`; or
change nothing in it, and have this run first:

    import mnistlab.tflearn
    mnistlab.tflearn.install()

Example:
    >>> network = input_data([None, 28, 28, 1])
    >>> network = fully_connected(network, 10, activation="softmax")
    >>> network = regression(network, optimizer="sgd", learning_rate=0.1)
    >>> DNN(network).keras_model.output_shape
    (None, 10)
"""

import sys

from mnistlab.tflearn import (
    activations,
    callbacks,
    collections,
    config,
    data_augmentation,
    data_preprocessing,
    data_utils,
    datasets,
    helpers,
    initializations,
    installation,
    layers,
    losses,
    metrics,
    models,
    objectives,
    optimizers,
    regularizers,
    unsupported,
    utils,
    variables,
)
from mnistlab.tflearn.activations import (
    crelu,
    elu,
    leaky_relu,
    linear,
    prelu,
    relu,
    relu6,
    selu,
    sigmoid,
    softmax,
    softplus,
    softsign,
    tanh,
)
from mnistlab.tflearn.config import get_training_mode, init_graph, is_training
from mnistlab.tflearn.data_augmentation import (
    DataAugmentation,
    ImageAugmentation,
    SequenceAugmentation,
)
from mnistlab.tflearn.data_preprocessing import (
    DataPreprocessing,
    ImagePreprocessing,
    SequencePreprocessing,
)
from mnistlab.tflearn.datasets import mnist
from mnistlab.tflearn.helpers import regularizer
from mnistlab.tflearn.installation import install, uninstall
from mnistlab.tflearn.layers import conv, core, estimator, merge_ops, normalization
from mnistlab.tflearn.layers.conv import (
    avg_pool_1d,
    avg_pool_2d,
    conv_1d,
    conv_2d,
    conv_2d_transpose,
    deconv_2d,
    global_avg_pool,
    highway_conv_2d,
    max_pool_1d,
    max_pool_2d,
    residual_block,
    residual_bottleneck,
    upsample_2d,
)
from mnistlab.tflearn.layers.core import (
    activation,
    custom_layer,
    dropout,
    flatten,
    fully_connected,
    highway,
    input_data,
    multi_target_data,
    reshape,
    single_unit,
)
from mnistlab.tflearn.layers.estimator import regression
from mnistlab.tflearn.layers.merge_ops import merge, merge_outputs
from mnistlab.tflearn.layers.normalization import batch_normalization, local_response_normalization
from mnistlab.tflearn.metrics import (
    R2,
    Accuracy,
    Prediction_Counts,
    Top_k,
    accuracy_op,
    r2_op,
    top_k_op,
)
from mnistlab.tflearn.models import dnn
from mnistlab.tflearn.models.dnn import DNN
from mnistlab.tflearn.objectives import (
    binary_crossentropy,
    categorical_crossentropy,
    hinge_loss,
    mean_square,
    softmax_categorical_crossentropy,
    weighted_crossentropy,
)
from mnistlab.tflearn.optimizers import (
    SGD,
    AdaDelta,
    AdaGrad,
    Adam,
    Ftrl,
    Momentum,
    Nesterov,
    ProximalAdaGrad,
    RMSProp,
)
from mnistlab.tflearn.regularizers import add_weights_regularizer
from mnistlab.tflearn.utils import get_layer_by_name
from mnistlab.tflearn.variables import (
    get_all_trainable_variable,
    get_all_variables,
    get_layer_variables_by_name,
    get_layer_variables_by_scope,
    variable,
)

unsupported.complete(sys.modules[__name__])
