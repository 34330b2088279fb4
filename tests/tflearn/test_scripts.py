"""Scripts as they were written for tflearn, run as they are: `install()` and nothing else."""

import random
import re
import textwrap
from types import SimpleNamespace

from mnistlab.tflearn import install, uninstall

import numpy as np
import pytest
import tensorflow as tf
from PIL import Image


def drawn_digits(count, seed):
    """Returns pictures of ten kinds, with noise, and their kinds one-hot."""
    kinds = np.random.default_rng(1).uniform(size=(10, 28, 28)) > 0.6
    rng = np.random.default_rng(seed)
    labels = rng.integers(0, 10, count)
    pictures = np.clip(kinds[labels] * 0.7 + rng.uniform(0, 0.3, (count, 28, 28)), 0, 1)
    return pictures.reshape(count, 784).astype("float32"), np.eye(10)[labels]


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    X, Y = drawn_digits(600, 2)
    test_X, test_Y = drawn_digits(100, 3)
    np.savez("digits.npz", X=X, Y=Y, testX=test_X, testY=test_Y)
    install()
    tf.compat.v1.reset_default_graph()
    tf.random.set_seed(1)
    random.seed(1)
    np.random.seed(1)
    yield tmp_path
    uninstall()


def run(*parts):
    """Runs a script; returns what it defines."""
    script = "".join(map(textwrap.dedent, parts))
    space = {"__name__": "__main__"}
    exec(compile(script, "script.py", "exec"), space)
    return SimpleNamespace(**space)


def without_colors(printed):
    return re.sub("\x1b\\[[0-9]*[A-Za-z]", "", printed)


DIGITS = """
import numpy as np
digits = np.load('digits.npz')
X, Y, testX, testY = (digits[name] for name in ('X', 'Y', 'testX', 'testY'))
"""

PERCEPTRON = """
import tflearn
net = tflearn.input_data(shape=[None, 784], name='input')
net = tflearn.fully_connected(net, 32, activation='relu', name='hidden')
softmax = tflearn.fully_connected(net, 10, activation='softmax', name='output')
net = tflearn.regression(softmax, optimizer='adam', learning_rate=0.01, name='target')
"""


class TestClassifiers:
    def test_convolutions_with_dictionaries_and_snapshots(self, capsys):
        done = run(
            DIGITS,
            """
            import tflearn
            from tflearn.layers.core import input_data, dropout, fully_connected
            from tflearn.layers.conv import conv_2d, max_pool_2d
            from tflearn.layers.normalization import local_response_normalization
            from tflearn.layers.estimator import regression

            X = X.reshape([-1, 28, 28, 1])
            testX = testX.reshape([-1, 28, 28, 1])
            network = input_data(shape=[None, 28, 28, 1], name='input')
            network = conv_2d(network, 8, 3, activation='relu', regularizer='L2')
            network = max_pool_2d(network, 2)
            network = local_response_normalization(network)
            network = fully_connected(network, 32, activation='tanh')
            network = dropout(network, 0.8)
            network = fully_connected(network, 10, activation='softmax')
            network = regression(network, optimizer='adam', learning_rate=0.01,
                                 loss='categorical_crossentropy', name='target')
            model = tflearn.DNN(network, tensorboard_dir='logs')
            model.fit({'input': X}, {'target': Y}, n_epoch=2,
                      validation_set=({'input': testX}, {'target': testY}),
                      snapshot_step=4, show_metric=True, run_id='convnet')
            accuracy = model.evaluate(testX, testY)
            """,
        )
        printed = without_colors(capsys.readouterr().out)
        assert "Run id: convnet\n" in printed
        assert "Training samples: 600\nValidation samples: 100\n" in printed
        measured = re.findall(
            r"\| Adam \| epoch: (\d+) .* val_acc: \S+ -- iter: (\d+)/600", printed
        )
        steps = [("001", 256), ("001", 512), ("001", 600), ("002", 128), ("002", 384), ("002", 600)]
        assert measured == [(epoch, f"{samples:03}") for epoch, samples in steps]
        assert done.accuracy[0] > 0.9

    def test_star_imports_and_activations_of_tensors(self):
        done = run(
            """
            import tflearn
            import tensorflow as tf
            from tflearn.layers.core import *
            from tflearn.layers.conv import *
            from tflearn.layers.normalization import *
            from tflearn.layers.estimator import *
            from tflearn.activations import relu

            tflearn.init_graph(seed=7)
            tf.set_random_seed(42); np.random.seed(42)
            net = input_data(shape=[None, 12, 12, 2])
            net = relu(batch_normalization(conv_2d(net, 4, 3, strides=2, bias=False)))
            first = net.get_shape().as_list()
            net = conv_2d(net, 4, [3, 2], strides=[1, 2, 2, 1], padding='VALID', activation='prelu')
            net = tf.reshape(net, [-1, int(np.prod(net.get_shape().as_list()[1:]))])
            net = fully_connected(net, 16, activation=tf.nn.elu,
                                  weights_init=tflearn.initializations.xavier())
            net = net + 0.01 * tf.random_normal(tf.shape(net))
            net = reshape(net, [-1, 4, 4, 1])
            net = global_avg_pool(upsample_2d(net, 2))
            net = regression(fully_connected(net, 3, activation='softmax'), optimizer='RMSProp')
            model = tflearn.DNN(net, tensorboard_dir='logs', tensorboard_verbose=3)
            Y = np.eye(3)[np.random.randint(0, 3, 40)]
            model.fit(np.random.rand(40, 12, 12, 2), Y, n_epoch=1, validation_set=0.1)
            names = [v.name for v in tflearn.get_all_trainable_variable()]
            """
        )
        assert done.first == [None, 6, 6, 4]
        assert "BatchNormalization/gamma:0" in done.names
        assert len(done.names) == 10

    def test_residual_blocks_counted_down_to_none(self):
        done = run(
            """
            import numpy as np
            import tflearn
            n = 1
            prep = tflearn.ImagePreprocessing()
            prep.add_featurewise_zero_center(per_channel=True)
            aug = tflearn.ImageAugmentation()
            aug.add_random_flip_leftright()
            aug.add_random_crop([16, 16], padding=2)
            net = tflearn.input_data(shape=[None, 16, 16, 3], data_preprocessing=prep,
                                     data_augmentation=aug)
            net = tflearn.conv_2d(net, 4, 3, regularizer='L2', weight_decay=0.0001)
            net = tflearn.residual_block(net, n, 4)
            net = tflearn.residual_block(net, 1, 8, downsample=True)
            before = net
            net = tflearn.residual_block(net, n - 1, 8)
            same = net is before
            net = tflearn.activation(tflearn.batch_normalization(net), 'relu')
            net = tflearn.fully_connected(tflearn.global_avg_pool(net), 2, activation='softmax')
            mom = tflearn.Momentum(0.1, lr_decay=0.1, decay_step=32000, staircase=True)
            net = tflearn.regression(net, optimizer=mom, loss='categorical_crossentropy')
            model = tflearn.DNN(net, tensorboard_dir='logs', clip_gradients=0.)
            X = np.random.rand(40, 16, 16, 3)
            kept = X.copy()
            Y = tflearn.data_utils.to_categorical(np.arange(40) % 2)
            model.fit(X, Y, n_epoch=1, validation_set=(X[:8], Y[:8]), snapshot_epoch=False,
                      snapshot_step=500, show_metric=True, batch_size=16, shuffle=True)
            twice = [model.predict(X), model.predict(X)]
            """
        )
        assert done.same
        assert np.array_equal(*done.twice)
        assert np.array_equal(done.X, done.kept)

    def test_pictures_of_a_list_of_files(self, folder):
        rng = np.random.default_rng(1)
        lines = []
        for index in range(24):
            picture = rng.integers(0, 80, (20, 30, 3), "uint8")
            picture[..., index % 2] += 150
            Image.fromarray(picture).save(folder / f"{index}.png")
            lines.append(f"{index}.png {index % 2}\n")
        (folder / "files.txt").write_text("".join(lines))
        done = run(
            """
            import tflearn
            from tflearn.data_utils import image_preloader
            X, Y = image_preloader('files.txt', image_shape=(12, 8), mode='file',
                                   categorical_labels=True, normalize=True)
            net = tflearn.input_data(shape=[None, 8, 12, 3])
            net = tflearn.fully_connected(net, 2, activation='softmax')
            net = tflearn.regression(net, learning_rate=0.01)
            model = tflearn.DNN(net, tensorboard_dir='logs')
            model.fit(X, Y, n_epoch=30, shuffle=True, batch_size=8, show_metric=True,
                      validation_set=0.25)
            accuracy = model.evaluate(X, Y)[0]
            """
        )
        assert done.X[0].shape == (8, 12, 3)
        assert done.accuracy == 1

    def test_class_numbers_and_rankings(self):
        done = run(
            DIGITS,
            """
            import tflearn
            net = tflearn.input_data(shape=[None, 784])
            net = tflearn.fully_connected(net, 24, activation='elu')
            net = tflearn.highway(net, 24, activation='elu')
            net = tflearn.fully_connected(net, 10, activation='softmax')
            sgd = tflearn.SGD(learning_rate=0.5, lr_decay=0.96, decay_step=100)
            top_k = tflearn.metrics.Top_k(3)
            net = tflearn.regression(net, optimizer=sgd, metric=top_k, to_one_hot=True,
                                     n_classes=10)
            model = tflearn.DNN(net, tensorboard_dir='logs')
            Y, numbers = Y.argmax(1), testY.argmax(1)
            model.fit(X, Y, n_epoch=8, validation_set=(testX, numbers), show_metric=True)
            top3 = model.evaluate(testX, numbers)[0]
            labels = model.predict_label(testX)
            """,
        )
        in_three = (done.labels[:, :3] == done.numbers[:, None]).any(1).mean()
        assert done.top3 == pytest.approx(in_three)
        assert done.top3 > 0.6


class TestRegressions:
    def test_a_line_through_points(self):
        done = run(
            """
            import tflearn
            X = [3.3, 4.4, 5.5, 6.71, 6.93, 4.168, 9.779, 6.182, 7.59, 2.167, 7.042, 10.791]
            Y = [1.7, 2.76, 2.09, 3.19, 1.694, 1.573, 3.366, 2.596, 2.53, 1.221, 2.827, 3.465]
            input_ = tflearn.input_data(shape=[None])
            linear = tflearn.single_unit(input_)
            regression = tflearn.regression(linear, optimizer='sgd', loss='mean_square',
                                            metric='R2', learning_rate=0.01)
            m = tflearn.DNN(regression, tensorboard_dir='logs')
            m.fit(X, Y, n_epoch=800, show_metric=True, snapshot_epoch=False)
            found = m.predict([4.0, 9.0])
            line = m.get_weights(linear.W), m.get_weights(linear.b)
            """
        )
        slope, shift = np.polyfit(done.X, done.Y, 1)
        assert done.found == pytest.approx([4 * slope + shift, 9 * slope + shift], abs=0.15)
        assert done.found == pytest.approx(np.array([4, 9]) * done.line[0] + done.line[1])

    def test_a_loss_and_a_metric_of_one_s_own(self):
        done = run(
            """
            import numpy as np
            import tensorflow as tf
            import tflearn

            def loss(y_pred, y_true):
                return tf.reduce_mean(tf.abs(y_pred - y_true))

            def close(prediction, target, inputs):
                near = tf.less(tf.abs(prediction - target), 0.5)
                return tf.reduce_mean(tf.cast(near, tf.float32), name='close')

            X = np.random.randn(200, 4)
            Y = X.dot([[1.], [2.], [-1.], [.5]]) + .3
            net = tflearn.fully_connected(tflearn.input_data(shape=[None, 4]), 1)
            net = tflearn.regression(net, optimizer=tf.train.AdamOptimizer(0.05), loss=loss,
                                     metric=close)
            m = tflearn.DNN(net, tensorboard_dir='logs')
            m.fit(X, Y, n_epoch=30, show_metric=True)
            share = m.evaluate(X, Y)[0]
            """
        )
        near = np.abs(done.m.predict(done.X) - done.Y) < 0.5
        assert done.share == pytest.approx(near.mean())
        assert done.share > 0.9

    def test_exclusive_or_of_two_networks(self):
        done = run(
            """
            import tensorflow as tf
            import tflearn
            X = [[0., 0.], [0., 1.], [1., 0.], [1., 1.]]
            with tf.Graph().as_default():
                g = tflearn.input_data(shape=[None, 2])
                g_nand = tflearn.fully_connected(g, 32, activation='linear')
                g_nand = tflearn.fully_connected(g_nand, 1, activation='sigmoid')
                g_nand = tflearn.regression(g_nand, optimizer='sgd', learning_rate=2.,
                                            loss='binary_crossentropy')
                g_or = tflearn.fully_connected(g, 32, activation='linear')
                g_or = tflearn.fully_connected(g_or, 1, activation='sigmoid')
                g_or = tflearn.regression(g_or, optimizer='sgd', learning_rate=2.,
                                          loss='binary_crossentropy')
                g_xor = tflearn.merge([g_nand, g_or], mode='elemwise_mul')
                m = tflearn.DNN(g_xor, tensorboard_dir='logs')
                m.fit(X, [[[1.], [1.], [1.], [0.]], [[0.], [1.], [1.], [1.]]], n_epoch=400,
                      snapshot_epoch=False)
                p = m.predict(X)[:, 0]
            """
        )
        assert (done.p > 0.5).tolist() == [False, True, True, False]


class TestGenerators:
    def test_an_encoder_shares_the_autoencoder_s_session(self):
        done = run(
            DIGITS,
            """
            import tflearn
            encoder = tflearn.input_data(shape=[None, 784])
            encoder = tflearn.fully_connected(encoder, 16)
            decoder = tflearn.fully_connected(encoder, 784, activation='sigmoid')
            net = tflearn.regression(decoder, optimizer='adam', learning_rate=0.01,
                                     loss='mean_square', metric=None)
            model = tflearn.DNN(net, tensorboard_dir='logs')
            model.fit(X, X, n_epoch=3, validation_set=(testX, testX), batch_size=64)
            encoding_model = tflearn.DNN(encoder, session=model.session)
            code = encoding_model.predict([X[0]])
            W, b = model.get_weights(encoder.W), model.get_weights(encoder.b)
            """,
        )
        assert done.code == pytest.approx(done.X[:1] @ done.W + done.b, abs=1e-4)

    def test_a_variational_autoencoder_draws_digits(self):
        done = run(
            DIGITS,
            """
            import tensorflow as tf
            import tflearn
            encoder = tflearn.input_data(shape=[None, 784], name='input_images')
            encoder = tflearn.fully_connected(encoder, 32, activation='relu')
            z_mean = tflearn.fully_connected(encoder, 2)
            z_std = tflearn.fully_connected(encoder, 2)
            eps = tf.random_normal(tf.shape(z_std), dtype=tf.float32, mean=0., stddev=1.0,
                                   name='epsilon')
            z = z_mean + tf.exp(z_std / 2) * eps
            decoder = tflearn.fully_connected(z, 32, activation='relu', scope='decoder_h')
            decoder = tflearn.fully_connected(decoder, 784, activation='sigmoid',
                                              scope='decoder_out')

            def vae_loss(x_reconstructed, x_true):
                loss = x_true * tf.log(1e-10 + x_reconstructed)
                loss += (1 - x_true) * tf.log(1e-10 + 1 - x_reconstructed)
                kl_div_loss = 1 + z_std - tf.square(z_mean) - tf.exp(z_std)
                kl_div_loss = -0.5 * tf.reduce_sum(kl_div_loss, 1)
                return tf.reduce_mean(kl_div_loss - tf.reduce_sum(loss, 1))

            net = tflearn.regression(decoder, optimizer='rmsprop', learning_rate=0.01,
                                     loss=vae_loss, metric=None, name='target_images')
            losses = []

            class Keep(tflearn.callbacks.Callback):
                def on_epoch_end(self, training_state):
                    losses.append(training_state.val_loss)

            training_model = tflearn.DNN(net, tensorboard_dir='logs')
            training_model.fit({'input_images': X}, {'target_images': X}, n_epoch=3,
                               callbacks=Keep(), validation_set=(testX, testX), batch_size=64)
            noise = tflearn.input_data(shape=[None, 2], name='input_noise')
            decoder = tflearn.fully_connected(noise, 32, activation='relu', scope='decoder_h',
                                              reuse=True)
            decoder = tflearn.fully_connected(decoder, 784, activation='sigmoid',
                                              scope='decoder_out', reuse=True)
            generator_model = tflearn.DNN(decoder, session=training_model.session)
            drawn = generator_model.predict({'input_noise': np.array([[0.5, -0.5]])})
            twice = [training_model.predict(X[:3]) for _ in range(2)]
            """,
        )
        assert done.losses[2] < done.losses[1] < done.losses[0]
        assert done.drawn.shape == (1, 784)
        assert not np.array_equal(*done.twice)

    def test_two_networks_train_against_each_other(self, capsys):
        done = run(
            DIGITS,
            """
            import tensorflow as tf
            import tflearn

            def generator(x, reuse=False):
                with tf.variable_scope('Generator', reuse=reuse):
                    x = tflearn.fully_connected(x, 32, activation='relu')
                    return tflearn.fully_connected(x, 784, activation='sigmoid')

            def discriminator(x, reuse=False):
                with tf.variable_scope('Discriminator', reuse=reuse):
                    x = tflearn.fully_connected(x, 32, activation='relu')
                    return tflearn.fully_connected(x, 1, activation='sigmoid')

            gen_input = tflearn.input_data(shape=[None, 20], name='input_noise')
            disc_input = tflearn.input_data(shape=[None, 784], name='disc_input')
            gen_sample = generator(gen_input)
            disc_real = discriminator(disc_input)
            disc_fake = discriminator(gen_sample, reuse=True)
            disc_loss = -tf.reduce_mean(tf.log(disc_real) + tf.log(1. - disc_fake))
            gen_loss = -tf.reduce_mean(tf.log(disc_fake))
            gen_vars = tflearn.get_layer_variables_by_scope('Generator')
            gen_model = tflearn.regression(gen_sample, placeholder=None, optimizer='adam',
                                           loss=gen_loss, trainable_vars=gen_vars,
                                           name='target_gen',
                                           op_name='GEN')
            disc_vars = tflearn.get_layer_variables_by_scope('Discriminator')
            disc_model = tflearn.regression(disc_real, placeholder=None, optimizer='adam',
                                            loss=disc_loss, trainable_vars=disc_vars,
                                            name='target_disc',
                                            op_name='DISC')
            gan = tflearn.DNN(gen_model, tensorboard_dir='logs')
            z = np.random.uniform(-1., 1., size=[len(X), 20])
            gan.fit(X_inputs={gen_input: z, disc_input: X}, Y_targets=None, n_epoch=2)
            drawn = gan.predict([z[:1]])
            """,
        )
        assert (len(done.gen_vars), len(done.disc_vars)) == (4, 4)
        printed = without_colors(capsys.readouterr().out)
        for name in ("GEN", "DISC"):
            losses = re.findall(rf"\| {name} \| epoch: \d+ \| loss: (\S+) -- iter", printed)
            # The first is 0: the mean over the batches before it.
            assert len(losses) == 20
            assert len(set(losses)) == 20
            assert np.isfinite(np.array(losses, float)).all()
        assert done.drawn.shape == (1, 784)

    def test_a_stacked_pair_with_two_targets_in_one(self):
        done = run(
            DIGITS,
            """
            import tensorflow as tf
            import tflearn

            def generator(x, reuse=False):
                with tf.variable_scope('Generator', reuse=reuse):
                    x = tflearn.fully_connected(x, n_units=7 * 7 * 4)
                    x = tf.nn.tanh(tflearn.batch_normalization(x))
                    x = tflearn.upsample_2d(tf.reshape(x, shape=[-1, 7, 7, 4]), 4)
                    return tflearn.conv_2d(x, 1, 3, activation='sigmoid')

            def discriminator(x, reuse=False):
                with tf.variable_scope('Discriminator', reuse=reuse):
                    x = tflearn.avg_pool_2d(tflearn.conv_2d(x, 4, 3, activation='tanh'), 2)
                    return tf.nn.softmax(tflearn.fully_connected(x, 2))

            X = X[:64].reshape([-1, 28, 28, 1])
            gen_input = tflearn.input_data(shape=[None, 8], name='input_gen_noise')
            disc_noise = tflearn.input_data(shape=[None, 8], name='input_disc_noise')
            disc_real = tflearn.input_data(shape=[None, 28, 28, 1], name='input_disc_real')
            fake = discriminator(generator(disc_noise))
            disc_net = tf.concat([fake, discriminator(disc_real, reuse=True)], axis=0)
            gen_net = generator(gen_input, reuse=True)
            stacked = discriminator(gen_net, reuse=True)
            target = tflearn.multi_target_data(['target_fake', 'target_real'], shape=[None, 2])
            disc_vars = tflearn.get_layer_variables_by_scope('Discriminator')
            tflearn.regression(disc_net, optimizer='adam', placeholder=target, batch_size=32,
                               trainable_vars=disc_vars, name='target_disc', op_name='DISC')
            gen_vars = tflearn.get_layer_variables_by_scope('Generator')
            gan_model = tflearn.regression(stacked, optimizer='adam', batch_size=32,
                                           trainable_vars=gen_vars, name='target_gen',
                                           op_name='GEN')
            gan = tflearn.DNN(gan_model, tensorboard_dir='logs')
            noise = np.random.uniform(-1., 1., size=[64, 8])
            zeros = tflearn.data_utils.to_categorical(np.zeros(64), 2)
            ones = tflearn.data_utils.to_categorical(np.ones(64), 2)
            before = [gan.get_weights(v) for v in tflearn.get_all_trainable_variable()]
            gan.fit({'input_gen_noise': noise, 'input_disc_noise': noise, 'input_disc_real': X},
                    {'target_gen': ones, 'target_fake': zeros, 'target_real': ones}, n_epoch=1)
            after = [gan.get_weights(v) for v in tflearn.get_all_trainable_variable()]
            gen = tflearn.DNN(gen_net, session=gan.session)
            drawn = gen.predict({'input_gen_noise': noise[:4]})
            """,
        )
        assert done.drawn.shape == (4, 28, 28, 1)
        changed = [not np.array_equal(*pair) for pair in zip(done.before, done.after, strict=True)]
        assert all(changed)


class TestFiles:
    def test_weights_are_kept_and_trained_on(self, folder):
        done = run(
            DIGITS,
            PERCEPTRON,
            """
            model = tflearn.DNN(net, checkpoint_path='model.ckpt', tensorboard_dir='logs')
            model.fit(X, Y, n_epoch=1, validation_set=(testX, testY), show_metric=True,
                      snapshot_step=4)
            model.save('model.tfl')
            saved = model.predict(testX)
            model.load('model.ckpt-4')
            earlier = model.predict(testX)
            model.load('model.tfl')
            loaded = model.predict(testX)
            model.fit(X, Y, n_epoch=1, snapshot_epoch=True)
            hidden = tflearn.variables.get_layer_variables_by_name('hidden')
            with model.session.as_default():
                tflearn.variables.set_value(hidden[1], np.ones(32))
                b = tflearn.variables.get_value(hidden[1])
            model.set_weights(softmax.W, np.zeros((32, 10)))
            W = model.get_weights(softmax.W)
            """,
        )
        assert np.array_equal(done.loaded, done.saved)
        assert not np.array_equal(done.earlier, done.saved)
        names = {path.name for path in folder.iterdir()}
        for name in ("model.tfl", "model.ckpt-4", "model.ckpt-8", "model.ckpt-10", "model.ckpt-20"):
            assert {f"{name}.index", f"{name}.meta", f"{name}.data-00000-of-00001"} <= names
        assert done.model.trainer.training_state.step == 20
        assert (done.b == 1).all()
        assert not done.W.any()
        assert [each.name for each in done.hidden] == ["hidden/W:0", "hidden/b:0"]

    @pytest.mark.filterwarnings("ignore:tf.disable_v2_behavior")
    def test_a_network_is_fine_tuned_with_another_last_layer(self):
        done = run(
            """
            import numpy as np
            import tensorflow.compat.v1 as tf
            import tflearn
            tf.disable_v2_behavior()

            def network(classes, restore):
                net = tflearn.input_data(shape=[None, 8, 8, 1])
                net = tflearn.conv_2d(net, 4, 3, activation='relu')
                net = tflearn.fully_connected(net, classes, activation='softmax', restore=restore)
                net = tflearn.regression(net, optimizer='rmsprop', restore=False)
                return tflearn.DNN(net, tensorboard_dir='logs', max_checkpoints=1)

            X = np.random.rand(30, 8, 8, 1)
            labels = np.arange(30)
            model = network(10, True)
            model.fit(X, tflearn.data_utils.to_categorical(labels % 10, 10), n_epoch=1)
            model.save('base')
            W = model.get_weights(tflearn.get_layer_variables_by_name('Conv2D')[0])
            tf.reset_default_graph()
            model = network(3, False)
            model.load('base')
            again = model.get_weights(tflearn.get_layer_variables_by_name('Conv2D')[0])
            model.fit(X, tflearn.data_utils.to_categorical(labels % 3, 3), n_epoch=1)
            """
        )
        assert np.array_equal(done.W, done.again)

    def test_a_scope_is_left_away_when_loading(self):
        done = run(
            """
            import tensorflow as tf
            import tflearn
            with tf.Graph().as_default():
                net = tflearn.single_unit(tflearn.input_data(shape=[None]))
                m = tflearn.DNN(net)
                m.save('line')
                expected = m.predict([3.2])
            found = []
            for arguments in ({'variable_name_map': ('scope1/', '')},
                              {'scope_for_restore': 'scope1'}):
                with tf.Graph().as_default(), tf.variable_scope('scope1'):
                    net = tflearn.single_unit(tflearn.input_data(shape=[None]))
                    m = tflearn.DNN(net)
                    try:
                        m.load('line')
                    except tf.errors.NotFoundError:
                        m.load('line', **arguments)
                        found.append(m.predict([3.2]))
            """
        )
        assert [each.tolist() for each in done.found] == [done.expected.tolist()] * 2


class TestFeedingAndStopping:
    @pytest.mark.parametrize("module", ["tensorflow", "tensorflow.compat.v1"])
    def test_placeholders_of_one_s_own(self, module):
        done = run(
            f"import {module} as tf",
            """
            import numpy as np
            import tflearn
            data = np.array([[1], [2], [3], [4], [5]])
            target = (data + data) * 2 + 10
            with tf.Graph().as_default():
                first = tf.placeholder(tf.float32, (1, 1), name='input1')
                second = tf.placeholder(tf.float32, (1, 1), name='input2')
                network = tflearn.merge([tflearn.input_data(placeholder=first),
                                         tflearn.input_data(placeholder=second)], 'sum')
                network = tflearn.fully_connected(tflearn.reshape(network, (1, 1)), 1)
                with tf.name_scope('Y'):
                    Y_in = tf.placeholder(shape=[None, 1], dtype=tf.float32, name='Y')
                network = tflearn.regression(network, loss='mean_square', placeholder=Y_in)
                model = tflearn.DNN(network, tensorboard_dir='logs')
                model.fit([data, data], target, n_epoch=1, batch_size=1)
                model.fit({'input1:0': data, 'input2:0': data}, target, n_epoch=1, batch_size=1)
                model.fit({first: data, second: data}, target, n_epoch=1, batch_size=1)
                targets = tf.get_collection(tf.GraphKeys.TARGETS)
            """,
        )
        assert done.model.trainer.training_state.step == 15
        assert done.targets == [done.Y_in]

    def test_training_is_stopped_by_a_callback(self, folder):
        done = run(
            DIGITS,
            PERCEPTRON,
            """
            class EarlyStopping(tflearn.callbacks.Callback):
                ended = False

                def on_epoch_end(self, training_state):
                    if training_state.val_acc is not None and training_state.val_acc > 0.7:
                        raise StopIteration

                def on_train_end(self, training_state):
                    self.ended = True

            model = tflearn.DNN(net, best_checkpoint_path='best', best_val_accuracy=0.05,
                                tensorboard_dir='logs')
            stopping = EarlyStopping()
            try:
                model.fit(X, Y, validation_set=(testX, testY), n_epoch=200, show_metric=True,
                          callbacks=stopping)
                stopped = False
            except StopIteration:
                stopped = True
            """,
        )
        assert done.stopped
        assert done.stopping.ended
        assert done.model.trainer.training_state.epoch < 20
        (best,) = folder.glob("best*.index")
        accuracy = done.model.evaluate(done.testX, done.testY)[0]
        assert best.name == f"best{round(10000 * accuracy)}.index"

    def test_weights_made_by_tflearn_for_tensorflow_s_own_operations(self):
        done = run(
            DIGITS,
            """
            import tensorflow as tf
            import tflearn
            import tflearn.variables as va

            with tf.Graph().as_default():
                x = tflearn.input_data([None, 784])
                with tf.variable_scope('Layer1'):
                    W = va.variable(name='W', shape=[784, 32], initializer='uniform_scaling',
                                    regularizer='L2')
                    b = va.variable(name='b', shape=[32])
                    h = tf.nn.tanh(tf.add(tf.matmul(x, W), b))
                with tf.variable_scope('Layer2'):
                    W = va.variable(name='W', shape=[32, 10], initializer='uniform_scaling')
                    net = tf.matmul(h, W) * tf.constant(1.)
                net = tflearn.regression(net, optimizer=tf.train.GradientDescentOptimizer(0.5),
                                         loss='softmax_categorical_crossentropy')
                m = tflearn.DNN(net, tensorboard_dir='logs')
                m.fit(X, Y, n_epoch=3, show_metric=True, batch_size=32)
                accuracy = m.evaluate(testX, testY)[0]
                names = [v.name for v in tflearn.get_all_trainable_variable()]
            """,
        )
        assert done.names == ["Layer1/W:0", "Layer1/b:0", "Layer2/W:0"]
        assert done.accuracy > 0.9
