"""The fingerprint of a network: another one for whatever changes numbers, and for nothing else."""

from mnistlab.evaluation import fingerprint
from mnistlab.evaluation.fingerprint import digest_of_text, network, own_code, surroundings
from mnistlab.evaluation.fold import build_seeded
from mnistlab.models import zoo
from mnistlab.models.schedules import OneCycle

import keras
import pytest


def small_model(
    units=5, activation="relu", rate=0.2, optimizer=None, loss=None, names=(None, None)
):
    model = keras.Sequential(
        [
            keras.Input((28, 28, 1)),
            keras.layers.Flatten(),
            keras.layers.Dense(units, activation, name=names[0]),
            keras.layers.Dropout(rate),
            keras.layers.Dense(10, "softmax", name=names[1]),
        ]
    )
    model.compile(optimizer or "sgd", loss or "categorical_crossentropy", metrics=["accuracy"])
    return model


def seeded(build=small_model, seed=1):
    return network(build_seeded(build, seed))


class TestNetwork:
    @pytest.mark.parametrize("name", zoo.names())
    def test_it_is_repeatable(self, name):
        assert seeded(lambda: zoo.build(name)) == seeded(lambda: zoo.build(name))

    def test_the_numbers_in_automatic_names_do_not_count(self):
        first = seeded()
        for _ in range(3):
            keras.layers.Dense(1)
        assert seeded() == first

    @pytest.mark.parametrize(
        "changes",
        [
            {"units": 6},
            {"activation": "tanh"},
            {"rate": 0.3},
            {"loss": "mse"},
            {"optimizer": "adam"},
            {"optimizer": keras.optimizers.SGD(0.02)},
            {"optimizer": keras.optimizers.SGD(keras.optimizers.schedules.CosineDecay(0.01, 9))},
        ],
        ids=["units", "activation", "rate", "loss", "optimizer", "learning rate", "schedule"],
    )
    def test_what_changes_numbers_changes_it(self, changes):
        assert seeded(lambda: small_model(**changes)) != seeded()

    def test_the_first_weights_and_the_seeds_of_dropout_count(self):
        def with_other_bias():
            model = small_model()
            model.layers[-1].bias.assign([1.0] * 10)
            return model

        def with_other_masks():
            model = small_model()
            model.layers[2].seed_generator.state.assign([7, 7])
            return model

        assert (
            len({seeded(), seeded(seed=2), seeded(with_other_bias), seeded(with_other_masks)}) == 4
        )

    def test_a_layer_with_the_name_of_an_activation_confuses_nothing(self):
        relu = seeded(lambda: small_model(activation="relu", names=("relu", None)))
        tanh = seeded(lambda: small_model(activation="tanh", names=("tanh", None)))
        assert relu != tanh

    def test_what_is_connected_to_what_counts(self):
        def build(source):
            inputs = keras.Input((784,))
            one = keras.layers.Dense(4, kernel_initializer="ones")(inputs)
            two = keras.layers.Dense(4, kernel_initializer="ones")(one)
            merged = keras.layers.Add()([two, (inputs, one, two)[source]])
            model = keras.Model(inputs, merged)
            model.compile("sgd", "mse")
            return model

        assert seeded(lambda: build(1)) != seeded(lambda: build(2))

    @pytest.mark.parametrize("policy", ["mixed_bfloat16", "bfloat16"])
    def test_the_policy_counts(self, policy):
        before = keras.config.dtype_policy()
        first = seeded()
        try:
            keras.config.set_dtype_policy(policy)
            assert seeded() != first
        finally:
            keras.config.set_dtype_policy(before)


class TestOwnCode:
    @pytest.mark.parametrize("name", zoo.names())
    def test_the_series_needs_none(self, name):
        assert own_code(zoo.build(name)) == []

    def test_a_schedule_of_this_library_is_known(self):
        assert own_code(zoo.lenet5(learning_rate=OneCycle(peak=0.1, steps=9))) == []

    def test_a_loss_an_activation_and_a_layer(self):
        def my_loss(truth, found):
            return keras.ops.mean(truth - found)

        class MyLayer(keras.layers.Layer):
            def call(self, inputs):
                return inputs

        model = small_model(loss=my_loss, activation=lambda values: values)
        assert own_code(model) == ["a lambda", "my_loss"]
        model.add(MyLayer())
        model.compile("sgd", "mse")
        assert "MyLayer" in own_code(model)

    def test_a_model_class_and_a_layer_that_cannot_be_described(self):
        class MyModel(keras.Model):
            pass

        class Secret(keras.layers.Layer):
            def __init__(self, number, **options):
                super().__init__(**options)

            def call(self, inputs):
                return inputs

        inputs = keras.Input((4,))
        assert own_code(MyModel(inputs, inputs)) == ["MyModel"]
        model = keras.Sequential([inputs, Secret(object())])
        model.compile("sgd", "mse")
        assert own_code(model) == ["a part that cannot be described"]


class TestSurroundings:
    def test_versions_and_settings_are_in_it(self, monkeypatch):
        before = digest_of_text(surroundings())
        assert digest_of_text(surroundings()) == before
        with monkeypatch.context() as other:
            other.setattr(fingerprint, "_graphics_cards", lambda: ["a card"])
            assert digest_of_text(surroundings()) != before
        monkeypatch.setattr(fingerprint, "versions", lambda: {"keras": "99"})
        assert digest_of_text(surroundings()) != before

    def test_the_code_that_trains_is_in_it_as_it_was_when_it_was_loaded(
        self, monkeypatch, tmp_path
    ):
        loaded = surroundings()["code"]
        assert loaded == fingerprint._code()
        changed = tmp_path / "changed.py"
        changed.write_text("")
        monkeypatch.setattr(fingerprint.quick_fit, "__file__", str(changed))
        assert fingerprint._code() != loaded
        assert surroundings()["code"] == loaded
