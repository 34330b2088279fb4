"""The names that scripts import: all of them, under this package's name and under tflearn's."""

import importlib
import sys
import types

import mnistlab.tflearn
from mnistlab.errors import DesignError, MnistLabError
from mnistlab.tflearn import installation, symbols
from mnistlab.tflearn.installation import TENSORFLOW_NAMES, install, uninstall
from tests.programs import run_program

import keras
import numpy as np
import pytest
import tensorflow as tf


def words(text):
    return text.split()


MODULES = words(
    """
layers layers.core layers.conv layers.estimator layers.normalization layers.merge_ops
layers.embedding_ops layers.recurrent activations initializations regularizers losses
objectives metrics optimizers variables config callbacks collections summaries distances
utils data_utils data_preprocessing data_augmentation data_flow models models.dnn
models.generator helpers helpers.trainer helpers.evaluator helpers.regularizer
helpers.summarizer datasets datasets.mnist datasets.fashion_mnist datasets.cifar10
datasets.cifar100 datasets.svhn datasets.oxflower17 datasets.titanic datasets.imdb
estimators
"""
)

NAMES = words(
    """
is_training get_training_mode init_graph DNN SequenceGenerator Evaluator Trainer TrainOp
add_weights_regularizer summarize summarize_all summarize_activations summarize_gradients
summarize_variables SGD AdaGrad Adam RMSProp Momentum Ftrl AdaDelta ProximalAdaGrad
Nesterov linear tanh sigmoid softmax softplus softsign relu relu6 leaky_relu prelu elu
crelu selu variable get_all_trainable_variable get_all_variables
get_layer_variables_by_name get_layer_variables_by_scope categorical_crossentropy
binary_crossentropy softmax_categorical_crossentropy hinge_loss mean_square
weighted_crossentropy Top_k Accuracy R2 top_k_op accuracy_op r2_op Prediction_Counts
conv_2d max_pool_2d avg_pool_2d conv_1d highway_conv_2d highway_conv_1d max_pool_1d
avg_pool_1d global_avg_pool residual_block residual_bottleneck conv_2d_transpose
upsample_2d conv_3d max_pool_3d avg_pool_3d resnext_block upscore_layer deconv_2d
densenet_block input_data dropout custom_layer reshape flatten activation fully_connected
single_unit highway one_hot_encoding time_distributed multi_target_data
batch_normalization local_response_normalization regression lstm gru simple_rnn
bidirectional_rnn BasicRNNCell BasicLSTMCell GRUCell embedding merge merge_outputs
get_layer_by_name DataAugmentation ImageAugmentation SequenceAugmentation
DataPreprocessing ImagePreprocessing SequencePreprocessing
"""
)

IN_MODULES = {
    "layers.conv": "atrous_conv_2d grouped_conv_2d global_max_pool conv_3d_transpose "
    "upscore_layer3d",
    "layers.normalization": "l2_normalize",
    "activations": "hard_sigmoid gelu swish mish leakyrelu",
    "metrics": "WeightedR2",
    "variables": "get_value set_value get_layer_variables",
    "utils": "repeat",
    "layers": "conv_2d fully_connected regression lstm",
    "models": "DNN SequenceGenerator",
    "callbacks": "Callback ChainCallback TermLogger ModelSaver",
}


@pytest.fixture
def installed():
    install()
    yield
    uninstall()


class TestWhatScriptsImport:
    @pytest.mark.parametrize("name", MODULES)
    def test_every_module_is_there_by_both_names(self, name, installed):
        module = importlib.import_module(f"mnistlab.tflearn.{name}")
        assert importlib.import_module(f"tflearn.{name}") is module
        around, _, last = f"tflearn.{name}".rpartition(".")
        assert getattr(importlib.import_module(around), last) is module

    @pytest.mark.parametrize("name", NAMES)
    def test_every_name_is_at_the_top(self, name):
        assert callable(getattr(mnistlab.tflearn, name))

    @pytest.mark.parametrize(
        ("path", "name"), [(path, name) for path in IN_MODULES for name in IN_MODULES[path].split()]
    )
    def test_every_other_name_is_in_its_module(self, path, name):
        assert callable(getattr(importlib.import_module(f"mnistlab.tflearn.{path}"), name))

    def test_optimizers_have_lower_case_names_too(self):
        for name in ("sgd", "adam", "rmsprop", "momentum", "adagrad", "adadelta", "ftrl"):
            assert callable(getattr(mnistlab.tflearn.optimizers, name))

    @pytest.mark.parametrize("name", ["core", "conv", "normalization", "merge_ops", "estimator"])
    def test_star_imports_bring_tensorflow_and_no_restriction(self, name, installed):
        space = {}
        exec(f"from tflearn.layers.{name} import *", space)
        assert space["tf"] is tf.compat.v1
        assert "__all__" not in vars(sys.modules[f"tflearn.layers.{name}"])

    def test_star_imports_of_layers_bring_numpy(self, installed):
        space = {}
        exec("from tflearn.layers.core import *\nfrom tflearn.layers.conv import *", space)
        assert space["np"] is np
        assert space["conv_3d"] is mnistlab.tflearn.conv_3d


HEAD = """
import mnistlab.tflearn
mnistlab.tflearn.install()
"""
FORMS = """
import tflearn
import tflearn.datasets.mnist as mnist
import tflearn.data_utils as du
from tflearn.layers.core import *
from tflearn.layers.conv import conv_2d, max_pool_2d
from tflearn.layers.estimator import regression
from tflearn.data_utils import shuffle, to_categorical
from tflearn.datasets import cifar10
import tflearn.layers.recurrent
from tflearn import callbacks
import tensorflow as also

assert mnist is tflearn.datasets.mnist and callable(mnist.load_data)
assert tf is also.compat.v1 and np.zeros(3).shape == (3,)
tf.reset_default_graph()
tf.set_random_seed(1)
network = input_data(shape=[None, 28, 28, 1], name="input")
network = max_pool_2d(conv_2d(network, 4, 3, activation="relu"), 2)
network = tflearn.layers.core.fully_connected(network, 10, activation="softmax")
regression = regression(network, optimizer="adam", learning_rate=0.01)
print(tflearn.DNN(regression).predict(np.zeros((2, 28, 28, 1))).shape)
try:
    cifar10.load_data()
except NotImplementedError as error:
    print(error)
"""


CHANGED = (
    ("import tflearn\n", "import mnistlab.tflearn as tflearn\n"),
    ("import tflearn.layers.recurrent", "import mnistlab.tflearn.layers"),
    ("import tflearn.", "import mnistlab.tflearn."),
    ("from tflearn", "from mnistlab.tflearn"),
)


class TestForms:
    def check(self, text):
        shape, said = text.splitlines()
        assert shape == "(2, 10)"
        assert said.startswith("tflearn.datasets.cifar10.load_data is not part")

    def test_scripts_import_in_every_form(self):
        done = run_program(HEAD + FORMS)
        assert done.returncode == 0, done.stderr
        self.check(done.stdout)

    def test_and_with_another_import_there_is_nothing_to_install(self, capsys):
        program = FORMS
        for old, new in CHANGED:
            program = program.replace(old, new)
        exec(program, {})
        self.check(capsys.readouterr().out)

    def test_without_install_there_is_no_tflearn(self):
        with pytest.raises(ModuleNotFoundError, match="No module named 'tflearn'"):
            importlib.import_module("tflearn")


class TestInstalling:
    def test_twice_is_the_same_as_once(self, installed):
        before = dict(sys.modules)
        install()
        assert dict(sys.modules) == before

    def test_can_be_taken_back(self):
        install()
        uninstall()
        assert not [name for name in sys.modules if name.split(".")[0] == "tflearn"]
        assert not hasattr(tf, "log")
        assert not hasattr(tf.train, "AdamOptimizer")
        uninstall()

    @pytest.mark.parametrize("taken_back", [False, True])
    def test_the_original_is_not_mixed_with(self, taken_back, monkeypatch):
        original = types.ModuleType("tflearn")
        monkeypatch.setitem(sys.modules, "tflearn", original)
        with pytest.raises(MnistLabError, match=r"Another tflearn is loaded .* Restart Python"):
            install()
        if taken_back:
            uninstall()
        assert sys.modules["tflearn"] is original
        assert "tflearn.layers" not in sys.modules
        assert not hasattr(tf, "log")

    def test_what_does_not_exist_is_not_found_here_either(self, installed):
        with pytest.raises(ModuleNotFoundError, match=r"No module named 'tflearn\.contrib'"):
            importlib.import_module("tflearn.contrib")

    def test_tensorflow_can_be_left_as_it_is(self):
        install(tensorflow_names=False)
        assert not hasattr(tf, "log")
        uninstall()


def modules():
    return [("", tf), ("nn", tf.nn), ("image", tf.image), ("train", tf.train)]


OF_ONE = words(
    """
log log1p expm1 rsqrt reciprocal erf ceil rint log_sigmoid is_nan is_inf is_finite
count_nonzero cumprod to_float to_double to_int32 to_int64 matrix_transpose trace
random_shuffle
"""
)
OF_TWO = words(
    """
squared_difference div floordiv floor_div mod floormod div_no_nan
"""
)
OTHERS = {
    "space_to_depth": lambda v1, x: v1.space_to_depth(x, 2),
    "depth_to_space": lambda v1, x: v1.depth_to_space(x, 2),
    "random_crop": lambda v1, x: v1.random_crop(x, (2, 2, 2, 4)),
    "global_norm": lambda v1, x: v1.global_norm([x]),
    "random_normal": lambda v1, x: v1.random_normal(tf.shape(x)),
    "random_uniform": lambda v1, x: v1.random_uniform(tf.shape(x)),
    "truncated_normal": lambda v1, x: v1.truncated_normal(tf.shape(x)),
    "xw_plus_b": lambda v1, x: v1.nn.xw_plus_b(x[:, 0, 0], tf.ones((4, 3)), tf.ones(3)),
    "softmax_cross_entropy_with_logits_v2": lambda v1, x: (
        v1.nn.softmax_cross_entropy_with_logits_v2(labels=x, logits=x)
    ),
    "resize_images": lambda v1, x: v1.image.resize_images(x, (8, 8)),
    "resize_bilinear": lambda v1, x: v1.image.resize_bilinear(x, (8, 8)),
    "resize_nearest_neighbor": lambda v1, x: v1.image.resize_nearest_neighbor(x, (8, 8)),
}
RANDOM = {"random_shuffle", "random_crop", "random_normal", "random_uniform", "truncated_normal"}


def call_of(name):
    if name in OF_ONE:
        return lambda v1, x: getattr(v1, name)(x)
    if name in OF_TWO:
        return lambda v1, x: getattr(v1, name)(x, x + 1)
    return OTHERS[name]


class TestTheNamesOfTensorFlow:
    def test_are_those_that_it_lacks(self):
        for path, module in modules():
            there = [name for name in TENSORFLOW_NAMES[path] if hasattr(module, name)]
            assert not there, f"TensorFlow has {there}"

    def test_are_those_of_version_1(self, installed):
        v1 = tf.compat.v1
        for (path, module), source in zip(modules(), (v1, v1.nn, v1.image, v1.train), strict=True):
            for name in TENSORFLOW_NAMES[path]:
                assert getattr(module, name) is getattr(source, name)

    def test_what_tensorflow_has_stays(self, monkeypatch):
        own = object()
        monkeypatch.setattr(tf, "log", own, raising=False)
        install()
        assert tf.log is own
        uninstall()
        assert tf.log is own

    @pytest.mark.parametrize(
        "name", ["Session", "get_variable", "global_variables_initializer", "layers"]
    )
    def test_none_needs_a_session_of_tensorflow_1(self, name, installed):
        assert not hasattr(tf, name)

    @pytest.mark.parametrize("name", [*OF_ONE, *OF_TWO, *OTHERS])
    def test_functions_work_on_values_and_on_symbolic_tensors(self, name, installed):
        call = call_of(name)
        values = np.random.default_rng(1).uniform(0.1, 2, (2, 4, 4, 4)).astype("float32")
        expected = call(tf, tf.constant(values)).numpy()
        symbolic = symbols.adopt(keras.Input((4, 4, 4), batch_size=2))
        result = call(tf, symbolic)
        assert isinstance(result, symbols.Tensor)
        found = np.asarray(keras.Model(symbolic, result)(values))
        assert found.shape == expected.shape
        if name not in RANDOM:
            np.testing.assert_allclose(found, expected, rtol=1e-6)

    @pytest.mark.parametrize(
        "name", [name for name in TENSORFLOW_NAMES[""] if name.endswith("_initializer")]
    )
    def test_initializers_give_values(self, name, installed):
        assert getattr(tf, name)()((3, 4)).numpy().shape == (3, 4)

    @pytest.mark.parametrize(
        "name", [name for name in TENSORFLOW_NAMES["train"] if name.endswith("tOptimizer")]
    )
    def test_optimizers_go_downhill(self, name, installed):
        self.goes_downhill(getattr(tf.train, name)(0.1))

    @pytest.mark.parametrize("name", words("Adam RMSProp Adagrad Adadelta Ftrl ProximalAdagrad"))
    def test_other_optimizers_go_downhill(self, name, installed):
        self.goes_downhill(getattr(tf.train, f"{name}Optimizer")(0.1))

    def test_a_decayed_learning_rate_is_one_for_them(self, installed):
        step = tf.Variable(10)
        optimizer = tf.train.GradientDescentOptimizer(
            tf.train.exponential_decay(1.0, step, 10, 0.5)
        )
        variable = tf.Variable(3.0)
        optimizer.apply_gradients([(tf.constant(1.0), variable)])
        assert variable.numpy() == 2.5

    def goes_downhill(self, optimizer):
        variable = tf.Variable([3.0])
        optimizer.apply_gradients([(tf.constant([1.0]), variable)])
        assert variable.numpy() < 3

    def test_graph_and_scope_are_those_of_this_package(self, installed):
        tf.reset_default_graph()
        with tf.variable_scope("Generator", reuse=tf.AUTO_REUSE):
            assert tf.get_variable_scope().name == "Generator"
            network = mnistlab.tflearn.fully_connected(mnistlab.tflearn.input_data([None, 3]), 2)
        variables = mnistlab.tflearn.get_layer_variables_by_scope("Generator")
        assert [each.name for each in variables] == [
            "Generator/FullyConnected/W:0",
            "Generator/FullyConnected/b:0",
        ]
        assert network.shape == (None, 2)
        tf.reset_default_graph()
        assert mnistlab.tflearn.get_all_variables() == []

    def test_a_seed_gives_the_same_values_again(self, installed):
        drawn = []
        for _ in range(2):
            tf.set_random_seed(3)
            drawn.append(tf.random_normal((4,)).numpy().tolist())
        assert drawn[0] == drawn[1]

    def test_plain_modules_are_themselves(self, installed):
        tf.logging.set_verbosity(tf.logging.ERROR)
        assert tf.gfile.Exists(installation.__file__)
        assert callable(tf.app.run)
        assert tf.flags is tf.app.flags


@pytest.fixture(params=["tensorflow", "tensorflow.compat.v1"])
def of_scripts(request, installed):
    tf.compat.v1.reset_default_graph()
    return importlib.import_module(request.param)


class TestWhatTensorflowRefuses:
    def test_a_placeholder_is_an_input(self, of_scripts):
        digits = of_scripts.placeholder(of_scripts.float32, [None, 3], name="digits")
        network = mnistlab.tflearn.input_data(placeholder=digits)
        assert (network.name, network.get_shape().as_list()) == ("digits:0", [None, 3])
        model = mnistlab.tflearn.DNN(mnistlab.tflearn.fully_connected(network, 2))
        expected = model.predict(np.ones((4, 3)))
        for key in ("digits", "digits:0", digits):
            np.testing.assert_array_equal(model.predict({key: np.ones((4, 3))}), expected)

    def test_a_placeholder_is_one_inside_a_graph_too(self, of_scripts):
        with tf.Graph().as_default():
            names = [of_scripts.placeholder("float", (1, 1)).name for _ in range(2)]
        assert names == ["Placeholder:0", "Placeholder_1:0"]

    @pytest.mark.parametrize("shape", [None, tf.TensorShape(None)])
    def test_a_placeholder_needs_a_shape(self, shape, of_scripts):
        with pytest.raises(DesignError, match=r"tf\.placeholder needs a shape here"):
            of_scripts.placeholder(tf.float32, shape)

    def test_a_placeholder_of_keras_itself_is_tensorflow_s(self, of_scripts):
        layer = keras.layers.Lambda(lambda x: tf.concat([x, x], 1))
        assert layer(keras.Input((3,))).shape == (None, 6)

    @pytest.mark.parametrize("name", ["disable_v2_behavior", "disable_eager_execution"])
    def test_version_2_stays(self, name, of_scripts):
        with pytest.warns(UserWarning, match=f"{name}.. has no effect") as warned:
            getattr(of_scripts, name)()
        assert warned[0].filename == __file__
        assert tf.executing_eagerly()
        assert mnistlab.tflearn.input_data([None, 2]).shape == (None, 2)

    def test_collections_are_those_of_the_graph(self, of_scripts):
        keys = of_scripts.GraphKeys
        network = mnistlab.tflearn.input_data([None, 3])
        mnistlab.tflearn.regression(mnistlab.tflearn.fully_connected(network, 2))
        assert of_scripts.get_collection(keys.INPUTS)[0] is network
        assert [each.name for each in of_scripts.get_collection(keys.TARGETS)] == [
            "TargetsData/Y:0"
        ]
        del of_scripts.get_collection_ref(keys.TRAIN_OPS)[:]
        assert mnistlab.tflearn.DNN(network).train_ops == []

    def test_are_taken_back(self):
        v1 = importlib.import_module("tensorflow.compat.v1")
        before = v1.placeholder
        install()
        install()
        assert v1.placeholder is not before
        uninstall()
        assert v1.placeholder is before
        assert not hasattr(v1.GraphKeys, "TRAIN_OPS")
        with tf.Graph().as_default():
            assert isinstance(v1.placeholder(tf.float32), tf.Tensor)


def test_every_function_of_the_table_was_called():
    called = {*OF_ONE, *OF_TWO, *OTHERS, "lin_space"}
    plain = {
        name
        for path in ("", "nn", "image")
        for name in TENSORFLOW_NAMES[path]
        if not name.endswith("_initializer")
    }
    others = words(
        """
reset_default_graph get_default_graph set_random_seed variable_scope get_variable_scope
AUTO_REUSE app flags gfile logging GraphKeys get_collection get_collection_ref
"""
    )
    assert called == plain - set(others)
