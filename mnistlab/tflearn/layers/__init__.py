# ruff: noqa: F401 - the names that scripts find here
"""The layers of a network, by module as tflearn has them and all together."""

from mnistlab.tflearn.layers.conv import (
    avg_pool_1d,
    avg_pool_2d,
    conv_1d,
    conv_2d,
    conv_2d_transpose,
    deconv_2d,
    global_avg_pool,
    global_max_pool,
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
from mnistlab.tflearn.layers.normalization import (
    batch_normalization,
    l2_normalize,
    local_response_normalization,
)
