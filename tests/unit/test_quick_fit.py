"""quick_fit: the numbers of Keras' fit, with less between the batches."""

from mnistlab.errors import TrainingError
from mnistlab.evaluation.quick_fit import check_weights, quick_fit, shuffled
from mnistlab.models import zoo

import keras
import numpy as np
import pytest

ROWS = 56
IMAGES = np.random.default_rng(0).random((ROWS, 28, 28, 1), dtype="float32")
TARGETS = np.eye(10, dtype="float32")[np.arange(ROWS) % 10]
TRAINING, HELD_OUT = np.arange(4, 44), np.r_[0:4, 44:56]


def small_model(optimizer="sgd", hidden=(), **options):
    layers = [keras.layers.Flatten(), *hidden, keras.layers.Dense(10, activation="softmax")]
    model = keras.Sequential([keras.Input((28, 28, 1)), *layers])
    model.compile(
        optimizer, **{"loss": "categorical_crossentropy", "metrics": ["accuracy"]} | options
    )
    return model


def quickly(model, epochs=2, batch_size=16, seed=1, images=IMAGES, targets=TARGETS, report=None):
    return quick_fit(model, images, targets, TRAINING, HELD_OUT, epochs, batch_size, seed, report)


def as_keras_does(model, epochs=2, batch_size=16, seed=1, targets=TARGETS):
    """Trains by `fit`, an epoch at a time, in the order that quick_fit uses."""
    history = {}
    for epoch in range(epochs):
        order = shuffled(TRAINING, epoch, seed)
        once = model.fit(
            IMAGES[order],
            targets[order],
            validation_data=(IMAGES[HELD_OUT], targets[HELD_OUT]),
            batch_size=batch_size,
            shuffle=False,
            verbose=0,
        ).history
        for name, (value,) in once.items():
            history.setdefault(name, []).append(value)
    return history


def assert_alike(build, **options):
    models = []
    for _ in range(2):
        keras.utils.set_random_seed(3)
        models.append(build())
    expected, found = as_keras_does(models[0], **options), quickly(models[1], **options)
    assert list(found) == sorted(expected)
    for name in expected:
        np.testing.assert_allclose(found[name], expected[name], rtol=1e-5, atol=1e-6)
    for one, other in zip(models[0].variables, models[1].variables, strict=True):
        np.testing.assert_allclose(
            one.numpy(), other.numpy(), rtol=1e-5, atol=1e-6, err_msg=one.path
        )
    assert int(models[0].optimizer.iterations) == int(models[1].optimizer.iterations)


class TestAgainstKeras:
    @pytest.mark.parametrize("name", zoo.names())
    def test_every_architecture_of_the_series(self, name):
        # A whole number of batches; the dropout masks too are the same, drawn by the same seeds.
        assert_alike(lambda: zoo.build(name), epochs=1, batch_size=20)

    def test_a_smaller_last_batch(self):
        assert_alike(small_model, batch_size=16)

    def test_a_batch_larger_than_everything(self):
        assert_alike(small_model, batch_size=500)

    def test_dropout(self):
        assert_alike(lambda: small_model(hidden=[keras.layers.Dropout(0.5)]))

    def test_a_model_that_runs_eagerly(self):
        assert_alike(lambda: small_model(run_eagerly=True))

    def test_a_schedule_weight_decay_and_an_average_of_the_weights(self):
        schedule = keras.optimizers.schedules.CosineDecay(0.1, 6)
        assert_alike(lambda: small_model(keras.optimizers.AdamW(schedule, use_ema=True)), epochs=1)

    def test_a_penalty_on_weights_is_part_of_the_loss(self):
        hidden = lambda: [keras.layers.Dense(5, kernel_regularizer="l2")]  # noqa: E731
        assert_alike(lambda: small_model(hidden=hidden()))

    def test_several_metrics(self):
        metrics = lambda: ["accuracy", keras.metrics.TopKCategoricalAccuracy(3)]  # noqa: E731
        assert_alike(lambda: small_model(metrics=metrics()))

    def test_a_model_without_an_input_layer(self):
        def build():
            model = keras.Sequential([keras.layers.Flatten(), keras.layers.Dense(10, "softmax")])
            model.compile("sgd", "categorical_crossentropy", metrics=["accuracy"])
            return model

        def built():
            model = build()
            model.build((None, 28, 28, 1))
            return model

        keras.utils.set_random_seed(3)
        assert quickly(build())["loss"] == pytest.approx(_seeded(built)["loss"], rel=1e-5)

    def test_whole_labels(self):
        options = {"loss": "sparse_categorical_crossentropy"}
        assert_alike(lambda: small_model(**options), targets=np.arange(ROWS) % 10)

    def test_a_training_step_of_ones_own(self):
        class Doubled(keras.Model):
            def train_step(self, data):
                super().train_step(data)
                return super().train_step(data)

        def build():
            inputs = keras.Input((28, 28, 1))
            outputs = keras.layers.Dense(10, "softmax")(keras.layers.Flatten()(inputs))
            model = Doubled(inputs, outputs)
            model.compile("sgd", "categorical_crossentropy", metrics=["accuracy"])
            return model

        assert_alike(build, batch_size=20)


def _seeded(build):
    keras.utils.set_random_seed(3)
    return quickly(build())


class TestTheOrder:
    def test_every_row_once_in_each_epoch_and_otherwise_each_time(self):
        rows = np.arange(100, 160)
        first, second = (shuffled(rows, epoch, seed=1) for epoch in range(2))
        assert sorted(first) == sorted(second) == rows.tolist()
        assert first.tolist() != second.tolist() != rows.tolist()

    def test_the_seed_decides_it(self):
        one, same, other = (shuffled(np.arange(60), 0, seed).tolist() for seed in (1, 1, 2))
        assert one == same != other

    def test_the_training_follows_the_seed(self):
        histories = []
        for seed in (1, 1, 2):
            keras.utils.set_random_seed(3)
            histories.append(quickly(small_model(), seed=seed))
        assert histories[0] == histories[1] != histories[2]


class TestArrays:
    def test_images_in_a_file_are_only_read(self, tmp_path):
        np.save(tmp_path / "images.npy", IMAGES)
        mapped = np.load(tmp_path / "images.npy", mmap_mode="r")
        keras.utils.set_random_seed(3)
        expected = quickly(small_model())
        keras.utils.set_random_seed(3)
        assert quickly(small_model(), images=mapped) == expected

    @pytest.mark.parametrize("kind", ["float64", "float16"])
    def test_other_floating_point_numbers_are_converted(self, kind):
        images = IMAGES.astype("float16")
        histories = []
        for each in (images.astype("float32"), images.astype(kind)):
            keras.utils.set_random_seed(3)
            histories.append(quickly(small_model(), images=each))
        assert histories[0] == histories[1]

    def test_whole_numbers_as_pixels(self):
        images = (255 * IMAGES).astype("uint8")
        histories = []
        for each in (images, images.astype("float32")):
            keras.utils.set_random_seed(3)
            histories.append(quickly(small_model(), images=each))
        assert histories[0] == histories[1]


def test_without_held_out_rows_nothing_is_judged():
    histories = []
    for held_out in (HELD_OUT, HELD_OUT[:0]):
        keras.utils.set_random_seed(3)
        histories.append(
            quick_fit(small_model(), IMAGES, TARGETS, TRAINING, held_out, 2, 16, seed=1)
        )
    judged, not_judged = histories
    assert not_judged == {name: judged[name] for name in ("accuracy", "loss")}


def test_what_is_reported():
    seen = []
    history = quickly(
        small_model(),
        epochs=2,
        batch_size=16,
        report=lambda epoch, share, numbers: seen.append((epoch, share, numbers)),
    )
    ends = [{name: values[epoch] for name, values in history.items()} for epoch in range(2)]
    assert seen == [
        (0, 0.0, {}), (0, 0.8, {}), (0, 1.0, {}), (0, 1.0, ends[0]),
        (1, 0.0, {}), (1, 0.8, {}), (1, 1.0, {}), (1, 1.0, ends[1]),
    ]  # fmt: skip


class TestWeightsThatAreNoNumbers:
    def test_a_diverging_training_is_stopped_at_the_end_of_its_epoch(self):
        model = small_model(keras.optimizers.SGD(1e30), hidden=[keras.layers.Dense(9)], loss="mse")
        with pytest.raises(TrainingError, match=r"epoch \d of 5: .* not finite.*smaller learning"):
            quickly(model, epochs=5)

    def test_also_where_the_loss_stays_finite(self):
        # A ReLU turns what is not a number to 0, and nothing of it reaches the loss.
        class Spoiling(keras.optimizers.SGD):
            def update_step(self, gradient, variable, learning_rate):
                spoiled = np.nan if "hidden" in variable.name else 0.0
                variable.assign(variable + spoiled)

        class Silent(keras.layers.Layer):
            def call(self, inputs):
                return keras.ops.where(inputs > 0, inputs, 0.0)

        hidden = [keras.layers.Dense(9, name="hidden"), Silent()]
        model = small_model(Spoiling(0.1), hidden=hidden)
        with pytest.raises(
            TrainingError, match=r"epoch 1 of 2: .*hidden/kernel' are not finite.*diverged"
        ):
            quickly(model)
        assert np.isfinite(model.evaluate(IMAGES, TARGETS, verbose=0)[0])

    def test_finite_weights_pass(self):
        check_weights(small_model(), 0, 1)
