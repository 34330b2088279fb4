"""evaluate_model: the folds, a fresh model for each, the leak refused, the same twice."""

import importlib.metadata
import warnings

from mnistlab import load_dataset, prep_pixels, settings
from mnistlab.errors import DataError, DesignError
from mnistlab.evaluation import engine, fold
from mnistlab.evaluation.crossval import evaluate_model
from mnistlab.evaluation.fingerprint import digest
from mnistlab.evaluation.fold import fold_seed

import keras
import numpy as np
import pytest
from sklearn.model_selection import KFold

ROWS = 60
LABELS = np.arange(ROWS) % 10
IMAGES = np.random.default_rng(0).random((ROWS, 28, 28, 1), dtype="float32")


def compiled(model, loss="categorical_crossentropy", metrics=("accuracy",), run_eagerly=True):
    # Without tracing, which takes far longer than a training of this size.
    model.compile(
        keras.optimizers.SGD(0.1), loss=loss, metrics=list(metrics), run_eagerly=run_eagerly
    )
    return model


def small_model(**changes):
    return compiled(
        keras.Sequential(
            [
                keras.Input((28, 28, 1)),
                keras.layers.AveragePooling2D(7),
                keras.layers.Flatten(),
                keras.layers.Dense(10, activation="softmax"),
            ],
            name="small",
        ),
        **changes,
    )


def evaluate(define_model=small_model, images=IMAGES, labels=LABELS, **changes):
    return evaluate_model(
        define_model, images, labels, **{"folds": 3, "epochs": 1, "batch_size": 16} | changes
    )


@pytest.fixture
def refuses_to_train(monkeypatch):
    def quick_fit(*arguments):
        raise AssertionError("training began")

    monkeypatch.setattr(fold, "quick_fit", quick_fit)


@pytest.fixture(scope="module")
def result():
    return evaluate(epochs=2, seed=1, facts={"data": "noise"})


class TestResult:
    def test_one_score_and_one_history_for_each_fold(self, result):
        assert len(result.scores) == len(result.histories) == 3
        assert all(0 <= score <= 1 for score in result.scores)
        assert result.complete

    def test_every_curve_has_a_number_for_each_epoch(self, result):
        for history in result.histories:
            assert sorted(history) == ["accuracy", "loss", "val_accuracy", "val_loss"]
            assert all(len(values) == 2 for values in history.values())

    def test_the_score_is_the_last_held_out_accuracy(self, result):
        assert result.scores == [history["val_accuracy"][-1] for history in result.histories]

    def test_it_unpacks_as_published(self, result):
        scores, histories = result
        assert (scores, histories) == (result.scores, result.histories)

    def test_the_protocol_says_what_was_done(self, result):
        assert result.protocol == {
            "folds": 3,
            "epochs": 2,
            "batch_size": 16,
            "seed": 1,
            "rows": ROWS,
            "data_digest": digest(IMAGES, LABELS.astype("uint8")),
        }

    def test_a_package_without_metadata_does_not_throw_a_finished_run_away(self, monkeypatch):
        def version(package):
            raise importlib.metadata.PackageNotFoundError(package)

        monkeypatch.setattr(importlib.metadata, "version", version)
        assert evaluate(folds=2).facts["versions"]["mnistlab"] == "not installed"

    def test_the_facts_hold_versions_cores_and_what_the_caller_added(self, result):
        assert result.facts["data"] == "noise"
        assert result.facts["parameters"] == 16 * 10 + 10
        assert result.facts["cores"] >= 1
        assert result.facts["seconds"] >= 0
        assert result.facts["versions"]["keras"] == keras.__version__
        assert {"python", "tensorflow", "numpy", "scikit-learn"} <= set(result.facts["versions"])

    def test_the_threads_asked_for_are_recorded(self, monkeypatch):
        monkeypatch.setattr(settings, "current", lambda: settings.Settings(threads=3))
        assert evaluate(folds=2).facts["threads"] == 3

    def test_a_fold_that_had_other_threads_than_planned_is_not_kept(self, monkeypatch, tmp_path):
        monkeypatch.setenv("MNISTLAB_OUTPUT", str(tmp_path))
        monkeypatch.setattr(fold, "threads_in_use", lambda: 77)
        with pytest.warns(UserWarning, match=r"Fold \d ran with 77 threads in place of"):
            result = evaluate(folds=2, resume=True)
        assert result.complete
        assert not list(tmp_path.rglob("*.json"))

    def test_an_interrupt_after_the_last_fold_has_stopped_nothing(self, monkeypatch):
        run_folds = engine.run_folds

        def interrupted(*arguments):
            yield from run_folds(*arguments)
            raise KeyboardInterrupt

        monkeypatch.setattr(engine, "run_folds", interrupted)
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            assert evaluate(folds=2).complete

    def test_its_name_is_the_models_own_unless_given(self, result):
        assert result.name == "small"
        assert evaluate(folds=2, name="other").name == "other"


class TestFolds:
    def test_they_are_those_of_scikit_learn(self, monkeypatch):
        seen = []
        real_quick_fit = fold.quick_fit

        def quick_fit(model, images, targets, training, held_out, *others):
            np.testing.assert_array_equal(images, IMAGES)
            np.testing.assert_array_equal(targets, np.eye(10)[LABELS])
            seen.append((training, held_out))
            return real_quick_fit(model, images, targets, training, held_out, *others)

        monkeypatch.setattr(fold, "quick_fit", quick_fit)
        evaluate(folds=5)
        splits = KFold(5, shuffle=True, random_state=1).split(IMAGES)
        for expected, found in zip(splits, seen, strict=True):
            np.testing.assert_array_equal(expected[0], found[0])
            np.testing.assert_array_equal(expected[1], found[1])

    def test_each_fold_gets_a_fresh_model(self):
        built = []

        def define_model():
            built.append(small_model())
            return built[-1]

        evaluate(define_model)
        assert len({id(model) for model in built}) == 5
        # 40 images in batches of 16: two were only looked at, each other trained for one fold.
        assert [int(model.optimizer.iterations) for model in built] == [0, 0, 3, 3, 3]

    def test_the_held_out_score_is_that_of_the_model(self):
        built = []

        def define_model():
            built.append(small_model())
            return built[-1]

        scores = evaluate(define_model).scores
        splits = KFold(3, shuffle=True, random_state=1).split(IMAGES)
        for model, (_, held_out), score in zip(built[2:], splits, scores, strict=True):
            predictions = model(IMAGES[held_out]).numpy().argmax(axis=1)
            assert score == pytest.approx(np.mean(predictions == LABELS[held_out]))

    def test_two_folds_of_two_images(self):
        assert len(evaluate(images=IMAGES[:2], labels=LABELS[:2], folds=2).scores) == 2


class TestAgainstThePublishedListing:
    """The loop as it was published, but for a fresh model for each fold."""

    ROWS, EPOCHS = 6000, 6

    def define_model(self):
        layers = [keras.layers.Flatten(), keras.layers.Dense(10, activation="softmax")]
        model = keras.Sequential([keras.Input((28, 28, 1)), *layers])
        # Small steps in the end: the order of the images, which is not the same, hardly counts.
        steps = self.EPOCHS * self.ROWS * 4 // 5 // 32
        optimizer = keras.optimizers.SGD(keras.optimizers.schedules.CosineDecay(0.05, steps))
        model.compile(optimizer, "categorical_crossentropy", metrics=["accuracy"])
        return model

    def published(self, images, labels, first_weights):
        splits = KFold(5, shuffle=True, random_state=1).split(images)
        for number, (training, held_out) in enumerate(splits):
            keras.utils.set_random_seed(fold_seed(1, number))
            model = self.define_model()
            first_weights.append(model.get_weights())
            model.fit(
                images[training], labels[training], epochs=self.EPOCHS, batch_size=32, verbose=0
            )
            yield model.evaluate(images[held_out], labels[held_out], verbose=0)[1]

    def test_the_mean_is_the_same_within_15_hundredths_of_a_point(self, monkeypatch):
        images, labels, test_images, _ = load_dataset()
        images, _ = prep_pixels(images[: self.ROWS], test_images[:1])
        labels = labels[: self.ROWS]
        found_weights, expected_weights = [], []
        real_quick_fit = fold.quick_fit

        def quick_fit(model, *others):
            found_weights.append(model.get_weights())
            return real_quick_fit(model, *others)

        monkeypatch.setattr(fold, "quick_fit", quick_fit)
        protocol = {"folds": 5, "epochs": self.EPOCHS, "batch_size": 32, "seed": 1}
        result = evaluate_model(self.define_model, images, labels, **protocol, resume=False)
        slow = 100 * np.mean(list(self.published(images, labels, expected_weights)))
        quick = 100 * np.mean([history["val_accuracy"] for history in result.histories], axis=0)
        assert abs(quick[-1] - slow) < 0.15
        # One epoch in place of six is far from it.
        assert abs(quick[0] - slow) > 1
        for found, expected in zip(found_weights, expected_weights, strict=True):
            for one, other in zip(found, expected, strict=True):
                np.testing.assert_array_equal(one, other)


class TestRepeatability:
    def test_the_same_seed_gives_the_same_twice(self, result):
        again = evaluate(epochs=2, seed=1)
        assert again.scores == result.scores
        assert again.histories == result.histories

    def test_traced_as_a_reader_runs_it(self):
        first, second = (evaluate(lambda: small_model(run_eagerly=False), folds=2) for _ in "12")
        assert first.histories == second.histories

    def test_another_seed_gives_other_curves(self, result):
        assert evaluate(epochs=2, seed=2).histories != result.histories

    def test_what_ran_before_does_not_matter(self, result):
        keras.utils.set_random_seed(99)
        small_model()
        np.random.seed(5)  # noqa: NPY002 (the global state is what must not matter)
        assert evaluate(epochs=2, seed=1).histories == result.histories

    def test_a_fold_does_not_depend_on_the_folds_before_it(self, result):
        calls = []

        def define_model():
            calls.append(len(calls))
            if len(calls) < 5:
                # As if the first two folds had been other, longer trainings.
                keras.random.normal((100,))
                np.random.random(7)  # noqa: NPY002
            return small_model()

        last = evaluate(define_model, epochs=2, seed=1).histories[2]
        assert last == result.histories[2]

    def test_the_seed_of_a_fold_is_its_own(self):
        seeds = [fold_seed(seed, fold) for seed in range(20) for fold in range(10)]
        assert len(set(seeds)) == 200
        assert all(0 <= seed < 2**32 for seed in seeds)
        assert fold_seed(1, 4) == fold_seed(1, 4)

    def test_whole_and_one_hot_labels_are_alike(self, result):
        again = evaluate(labels=np.eye(10)[LABELS], epochs=2, seed=1)
        assert again.histories == result.histories
        assert again.protocol == result.protocol

    def test_a_missing_channel_axis_is_added(self, result):
        again = evaluate(images=IMAGES[..., 0], epochs=2, seed=1)
        assert again.histories == result.histories
        assert again.protocol == result.protocol

    @pytest.mark.parametrize(
        "loss", ["sparse_categorical_crossentropy", keras.losses.SparseCategoricalCrossentropy()]
    )
    def test_a_sparse_loss_gets_whole_labels(self, result, loss):
        again = evaluate(lambda: small_model(loss=loss), epochs=2, seed=1)
        np.testing.assert_allclose(again.scores, result.scores)


class TestDigest:
    def test_it_is_that_of_the_content(self):
        assert digest(IMAGES) == digest(IMAGES.copy())
        assert digest(IMAGES[::2]) == digest(IMAGES[::2].copy())
        assert len(digest(IMAGES)) == 16

    def test_it_tells_values_shapes_and_types_apart(self):
        changed = IMAGES.copy()
        changed[0, 0, 0, 0] += 0.25
        others = [changed, IMAGES[..., 0], IMAGES.astype("float64"), IMAGES[:-1]]
        assert len({digest(each) for each in [IMAGES, *others]}) == 5


class TestTheLeakIsRefused:
    def test_a_model_in_place_of_the_function(self, refuses_to_train):
        with pytest.raises(DesignError, match="takes the function that builds the model"):
            evaluate(small_model())

    def test_something_else_in_place_of_the_function(self, refuses_to_train):
        with pytest.raises(DesignError, match="takes the function"):
            evaluate("baseline")

    def test_a_trained_model(self):
        model = small_model()
        model.fit(IMAGES, np.eye(10)[LABELS], verbose=0)
        with pytest.raises(DesignError, match="trained already"):
            evaluate(lambda: model)

    def test_one_model_kept_over_the_folds(self, refuses_to_train):
        model = small_model()
        with pytest.raises(DesignError, match="trained already; it has to build a new one"):
            evaluate(lambda: model)

    def test_one_model_kept_and_compiled_anew(self):
        model = small_model()
        with pytest.raises(DesignError, match="trained already"):
            evaluate(lambda: compiled(model))

    def test_new_models_around_kept_layers(self):
        kept = small_model()
        with pytest.raises(DesignError, match="trained already"):
            evaluate(lambda: compiled(keras.Model(kept.inputs, kept.outputs)))


class TestModelsThatCannotBeEvaluated:
    def test_not_a_model(self, refuses_to_train):
        with pytest.raises(DesignError, match="returned NoneType; it has to return a Keras model"):
            evaluate(lambda: None)

    def test_not_compiled(self, refuses_to_train):
        with pytest.raises(DesignError, match="not compiled; call compile first"):
            evaluate(lambda: keras.Sequential([keras.Input((28, 28, 1)), keras.layers.Flatten()]))

    @pytest.mark.parametrize("metrics", [[], ["acc"], ["categorical_accuracy"]])
    def test_without_the_metric_accuracy(self, refuses_to_train, metrics):
        with pytest.raises(DesignError, match=r"without .*'accuracy'; compile it with metrics="):
            evaluate(lambda: small_model(metrics=metrics))

    def test_an_error_of_the_function_passes_through(self):
        def define_model():
            raise ZeroDivisionError("mine")

        with pytest.raises(ZeroDivisionError, match="mine"):
            evaluate(define_model)


class TestInterrupt:
    def test_in_the_third_fold_it_keeps_the_first_two(self, result):
        calls = []

        def define_model():
            calls.append(1)
            if len(calls) == 5:
                raise KeyboardInterrupt
            return small_model()

        with pytest.warns(UserWarning, match=r"Stopped in fold 3 of 3: .* the 2 finished before"):
            stopped = evaluate(define_model, epochs=2, seed=1)
        assert stopped.scores == result.scores[:2]
        assert stopped.histories == result.histories[:2]
        assert not stopped.complete

    def test_in_the_middle_of_a_training(self, monkeypatch):
        real_quick_fit, calls = fold.quick_fit, []

        def quick_fit(*arguments):
            calls.append(1)
            if len(calls) == 2:
                raise KeyboardInterrupt
            return real_quick_fit(*arguments)

        monkeypatch.setattr(fold, "quick_fit", quick_fit)
        with pytest.warns(UserWarning, match="Stopped in fold 2 of 3"):
            assert len(evaluate().scores) == 1

    def test_before_anything_is_finished_it_passes_through(self):
        def define_model():
            raise KeyboardInterrupt

        with pytest.raises(KeyboardInterrupt):
            evaluate(define_model)


@pytest.mark.usefixtures("refuses_to_train")
class TestBadInputIsRefusedBeforeTraining:
    def test_nan_pixels(self):
        images = IMAGES.copy()
        images[7, 3, 4, 0] = np.nan
        with pytest.raises(DataError, match=r"images: .*nan at \[7, 3, 4, 0\]"):
            evaluate(images=images)

    def test_labels_above_nine(self):
        with pytest.raises(DataError, match=r"labels: .*found 10 at index 0"):
            evaluate(labels=LABELS + 10)

    def test_different_lengths(self):
        with pytest.raises(DataError, match="equal lengths, found 60 and 59"):
            evaluate(labels=LABELS[:-1])

    def test_labels_that_are_not_one_hot(self):
        with pytest.raises(DataError, match="labels: expected one-hot rows"):
            evaluate(labels=np.full((ROWS, 10), 0.1))

    @pytest.mark.parametrize(
        ("argument", "value"),
        [
            ("folds", 1),
            ("folds", 2.5),
            ("folds", True),
            ("epochs", 0),
            ("epochs", "10"),
            ("batch_size", 0),
            ("batch_size", None),
            ("seed", -1),
            ("workers", 0),
            ("workers", 2.0),
        ],
    )
    def test_numbers_that_make_no_protocol(self, argument, value):
        with pytest.raises(DataError, match=rf"^{argument} is .*; give a whole number from"):
            evaluate(**{argument: value})

    def test_a_seed_that_no_library_takes(self):
        with pytest.raises(DataError, match="the largest that can be used is 4294967295"):
            evaluate(seed=2**32)

    def test_more_folds_than_images(self):
        with pytest.raises(DataError, match="folds is 61, but there are only 60 images"):
            evaluate(folds=61)


def test_pixels_of_whole_numbers_and_of_other_floats_are_taken():
    whole = evaluate(images=(255 * IMAGES).astype("uint8"))
    for kind in ("float64", "float32"):
        again = evaluate(images=(255 * IMAGES).astype("uint8").astype(kind))
        assert again.histories == whole.histories


def test_numbers_of_numpy_are_numbers():
    result = evaluate(folds=np.int64(2), epochs=np.int32(1), seed=np.uint8(1))
    assert all(type(result.protocol[key]) is int for key in ("folds", "epochs", "seed"))
