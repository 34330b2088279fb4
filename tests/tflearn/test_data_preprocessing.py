"""Preprocessing: each method by hand, the numbers of the training set, and nothing mutated."""

import pickle

from mnistlab.errors import DataError
from mnistlab.tflearn.data_preprocessing import (
    DataPreprocessing,
    ImagePreprocessing,
    SequencePreprocessing,
)
from mnistlab.tflearn.data_utils import Preloader

import numpy as np
import pytest
import tensorflow as tf
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

batches = hnp.arrays(np.float32, (3, 4, 5, 2), elements=st.floats(-10, 10, width=32))


def images(dtype="float32", seed=0):
    return np.random.default_rng(seed).uniform(0, 9, (6, 4, 5, 3)).astype(dtype)


def prepared(*calls):
    prep = ImagePreprocessing()
    for name, *args in calls:
        getattr(prep, f"add_{name}")(*args)
    return prep


ALL = [
    ("image_normalization",),
    ("crop_center", (2, 3)),
    ("samplewise_zero_center",),
    ("samplewise_stdnorm",),
    ("featurewise_zero_center", 0.5),
    ("featurewise_stdnorm", [1.0, 2.0, 3.0]),
    ("zca_whitening", np.eye(60, dtype="float32")[::-1]),
    ("custom_preprocessing", lambda batch: np.negative(batch, out=batch)),
]


@pytest.mark.parametrize("call", ALL, ids=lambda call: call[0])
@pytest.mark.parametrize("kind", ["array", "list", "whole numbers"])
def test_the_argument_stays_as_it_is(call, kind):
    batch = images("uint8" if kind == "whole numbers" else "float32")
    batch = list(batch) if kind == "list" else batch
    before = np.array(batch)
    first = prepared(call).apply(batch)
    np.testing.assert_array_equal(batch, before)
    assert not np.array_equal(first, before)
    np.testing.assert_array_equal(prepared(call).apply(batch), first)


def test_a_crop_is_no_window_into_the_argument():
    batch = images()
    prep = prepared(("crop_center", (2, 2)), ("custom_preprocessing", lambda b: np.add(b, 1, b)))
    prep.apply(batch)
    np.testing.assert_array_equal(batch, images())


class TestMethods:
    def test_pixels_are_divided_by_255(self):
        applied = prepared(("image_normalization",)).apply(np.uint8([[[[0, 51, 255]]]]))
        np.testing.assert_array_equal(applied, [[[[0, 0.2, 1]]]])

    @pytest.mark.parametrize(("shape", "rows", "columns"), [((2, 3), (1, 3), (1, 4))])
    def test_the_middle_is_cut_out(self, shape, rows, columns):
        applied = prepared(("crop_center", shape)).apply(images())
        np.testing.assert_array_equal(applied, images()[:, slice(*rows), slice(*columns)])

    def test_an_odd_rest_is_left_at_the_end(self):
        applied = prepared(("crop_center", [1, 2])).apply(images())
        np.testing.assert_array_equal(applied, images()[:, 1:2, 1:3])

    @pytest.mark.parametrize("per_channel", [True, False])
    @given(batch=batches)
    def test_each_image_is_centered_over_its_channels_too(self, per_channel, batch):
        applied = prepared(("samplewise_zero_center", per_channel)).apply(batch)
        expected = [image - image.astype(float).mean() for image in batch]
        np.testing.assert_allclose(applied, expected, atol=1e-5)
        assert applied.dtype == np.float32

    @pytest.mark.parametrize("per_channel", [True, False])
    def test_each_image_is_divided_by_its_deviation(self, per_channel):
        batch = images("float64")
        batch[0] = 1e-8
        applied = prepared(("samplewise_stdnorm", per_channel)).apply(batch)
        np.testing.assert_allclose(applied[0], 1.0)
        np.testing.assert_allclose(applied[1:], [image / image.std() for image in batch[1:]])

    def test_given_numbers_are_subtracted_and_divided_by(self):
        prep = prepared(("featurewise_zero_center", [1.0, 2.0, 3.0]), ("featurewise_stdnorm", 2.0))
        np.testing.assert_allclose(
            prep.apply(images()), (images() - np.float32([1, 2, 3])) / 2, rtol=1e-6
        )

    def test_they_are_applied_in_their_order(self):
        one = prepared(("image_normalization",), ("featurewise_zero_center", 1.0))
        other = prepared(("featurewise_zero_center", 1.0), ("image_normalization",))
        np.testing.assert_allclose(one.apply(images()), images() / 255 - 1, rtol=1e-6)
        np.testing.assert_allclose(other.apply(images()), (images() - 1) / 255, rtol=1e-6)

    def test_images_of_several_sizes_are_cut_to_one(self):
        ragged = [np.ones((4, 4, 1)), np.ones((5, 6, 1))]
        prep = prepared(("samplewise_zero_center",), ("crop_center", (2, 2)))
        np.testing.assert_array_equal(prep.apply(ragged), np.zeros((2, 2, 2, 1)))

    def test_methods_and_args_are_to_be_seen(self):
        prep = prepared(("crop_center", (2, 3)), ("image_normalization",))
        assert [method.__name__ for method in prep.methods] == ["_crop_center", "_normalize_image"]
        assert prep.args == [[(2, 3)], None]

    @pytest.mark.parametrize("batch", [[], np.zeros((0, 4, 4, 1))])
    def test_no_samples_are_no_samples(self, batch):
        assert len(prepared(("crop_center", (2, 2))).apply(batch)) == 0

    def test_without_methods_nothing_is_done(self):
        batch = images()
        assert ImagePreprocessing().apply(batch) is batch


class TestNumbersOfTheTrainingSet:
    def test_mean_and_deviation_are_those_of_all_pixels(self, capsys):
        prep = prepared(("featurewise_zero_center",), ("featurewise_stdnorm",))
        data = images("float64")
        prep.initialize(data)
        pixels = data.ravel()
        mean = pixels.sum() / len(pixels)
        std = np.sqrt(((pixels - mean) ** 2).sum() / len(pixels))
        np.testing.assert_allclose(prep.global_mean.value, mean)
        np.testing.assert_allclose(prep.global_std.value, std)
        np.testing.assert_allclose(prep.apply(data), (data - mean) / (std + 1e-8))
        line = "---------------------------------"
        assert capsys.readouterr().out.splitlines() == [
            line,
            "Preprocessing... Calculating mean over all dataset (this may take long)...",
            f"Mean: {prep.global_mean.value} (To avoid repetitive computation, add it to argument "
            "'mean' of `add_featurewise_zero_center`)",
            line,
            "Preprocessing... Calculating std over all dataset (this may take long)...",
            f"STD: {prep.global_std.value} (To avoid repetitive computation, add it to argument "
            "'std' of `add_featurewise_stdnorm`)",
        ]

    @pytest.mark.parametrize("kind", ["array", "preloader"])
    def test_each_channel_has_its_own_and_deviations_are_averaged_over_images(self, kind):
        prep = prepared(
            ("featurewise_zero_center", None, True), ("featurewise_stdnorm", None, True)
        )
        data = images("float64")
        prep.initialize(data if kind == "array" else Preloader(data, lambda image: image))
        for channel in range(3):
            stds = [image[:, :, channel].std() for image in data]
            np.testing.assert_allclose(prep.global_mean.value[channel], data[..., channel].mean())
            np.testing.assert_allclose(prep.global_std.value[channel], sum(stds) / len(stds))
        assert not np.allclose(prep.global_std.value, data.std(axis=(0, 1, 2)))

    def test_without_an_array_the_deviation_is_averaged_over_images(self):
        prep = prepared(("featurewise_stdnorm",))
        data = images("float64")
        prep.initialize(Preloader(data, lambda image: image))
        np.testing.assert_allclose(prep.global_std.value, np.mean([image.std() for image in data]))

    def test_whitened_pixels_are_uncorrelated_and_the_components_are_kept(
        self, tmp_path, monkeypatch, capsys
    ):
        monkeypatch.chdir(tmp_path)
        random = np.random.default_rng(1)
        data = (random.normal(size=(400, 6)) @ random.normal(size=(6, 6))).reshape(400, 2, 3, 1)
        prep = prepared(("zca_whitening",))
        prep.initialize(data)
        white = prep.apply(data).reshape(400, 6)
        np.testing.assert_allclose(white.T @ white / 400, np.eye(6), atol=1e-4)
        np.testing.assert_allclose(prep.global_pc.value, prep.global_pc.value.T, atol=1e-8)
        with open("PC.pkl", "rb") as file:  # noqa: PTH123 - as a script does
            np.testing.assert_array_equal(pickle.load(file), prep.global_pc.value)
        assert "PC saved to 'PC.pkl'" in capsys.readouterr().out

    def test_components_that_cannot_be_kept_are_warned_of(self, tmp_path, monkeypatch):
        monkeypatch.chdir(tmp_path)
        (tmp_path / "PC.pkl").mkdir()
        prep = prepared(("zca_whitening",))
        with pytest.warns(UserWarning, match=r"PC\.pkl cannot be written"):
            prep.initialize(images("uint8"))
        assert prep.global_pc.value.shape == (60, 60)

    def test_only_the_first_ones_are_looked_at_if_asked(self):
        prep = prepared(("featurewise_zero_center",))
        prep.initialize(images("float64"), limit=2)
        np.testing.assert_allclose(prep.global_mean.value, images("float64")[:2].mean())

    def test_what_is_known_or_given_is_not_looked_for_again(self, capsys):
        found, given_one = (
            prepared(("featurewise_zero_center",)),
            prepared(("featurewise_zero_center", 0.25)),
        )
        found.initialize(np.ones((2, 2, 2, 1)))
        capsys.readouterr()
        for prep, value in ((found, 1.0), (given_one, 0.25)):
            prep.initialize(images())
            assert prep.global_mean.value == value
        assert capsys.readouterr().out == ""

    def test_whole_numbers_are_no_obstacle(self):
        prep = prepared(("featurewise_zero_center",), ("featurewise_stdnorm",))
        data = images("uint8")
        prep.initialize(data)
        np.testing.assert_allclose(
            prep.apply(data), (data - data.mean()) / data.std(), rtol=1e-4, atol=1e-6
        )


class TestCheckpoints:
    def test_the_names_are_tflearn_s_and_a_second_one_is_numbered(self):
        with tf.Graph().as_default():
            first, second = ImagePreprocessing(), DataPreprocessing()
        names = [f"{each}{flag}" for each in ("mean", "std", "pc") for flag in ("", "_r")]
        assert list(first.state()) == [f"DataPreprocessing/{name}" for name in names]
        assert list(second.state()) == [f"DataPreprocessing_1/{name}" for name in names]

    @pytest.mark.parametrize("per_channel", [True, False])
    def test_values_come_back_and_do_the_same(self, per_channel, capsys):
        def build():
            with tf.Graph().as_default():
                return prepared(
                    ("featurewise_zero_center", None, per_channel),
                    ("featurewise_stdnorm", None, per_channel),
                )

        saved, loaded = build(), build()
        saved.initialize(images())
        loaded.restore(saved.state())
        capsys.readouterr()
        loaded.initialize(images(seed=1))
        assert capsys.readouterr().out == ""
        np.testing.assert_array_equal(loaded.apply(images()), saved.apply(images()))

    def test_what_was_not_known_is_looked_for_after_loading(self):
        with tf.Graph().as_default():
            prep = prepared(("featurewise_zero_center",))
        state = prep.state()
        assert state["DataPreprocessing/mean"] == 0
        assert not state["DataPreprocessing/mean_r"]
        prep.restore(state)
        prep.initialize(np.ones((2, 2, 2, 1)))
        assert prep.global_mean.value == 1
        assert prep.state()["DataPreprocessing/mean_r"]

    def test_another_network_s_checkpoint_is_refused(self):
        with pytest.raises(DataError, match="The checkpoint lacks DataPreprocessing"):
            ImagePreprocessing().restore({"Conv2D/W": np.zeros(3)})


class TestBadInput:
    def test_numbers_that_are_not_known_are_asked_for(self):
        for call, name in (
            ("featurewise_zero_center", "mean"),
            ("featurewise_stdnorm", "std"),
            ("zca_whitening", "pc"),
        ):
            with pytest.raises(DataError, match=rf"{name} of the training set is not known.*fit"):
                prepared((call,)).apply(images())

    @pytest.mark.parametrize("value", [np.nan, [1.0, np.inf], "zero"])
    def test_a_given_number_is_a_number(self, value):
        with pytest.raises(DataError, match="mean of add_featurewise_zero_center: expected"):
            prepared(("featurewise_zero_center", value))

    @pytest.mark.parametrize(
        "call",
        [
            ("featurewise_zero_center", [1.0, 2.0]),
            ("featurewise_zero_center", np.zeros((1, 4, 5, 3))),
            ("featurewise_stdnorm", [1.0, 2.0]),
            ("zca_whitening", np.eye(7)),
        ],
    )
    def test_a_value_of_another_shape_does_not_fit(self, call):
        with pytest.raises(DataError, match=r"the value does not fit images of shape \(4, 5, 3\)"):
            prepared(call).apply(images())

    @pytest.mark.parametrize("call", ["featurewise_zero_center", "featurewise_stdnorm"])
    @pytest.mark.parametrize("per_channel", [True, False])
    def test_nan_in_the_training_set_is_refused(self, call, per_channel):
        data = images()
        data[3, 1, 1, 1] = np.nan
        prep = prepared((call, None, per_channel))
        with pytest.raises(DataError, match="The training set: expected finite numbers"):
            prep.initialize(data)

    def test_whitening_refuses_nan_and_several_shapes(self):
        with pytest.raises(DataError, match="expected finite numbers"):
            prepared(("zca_whitening",)).initialize(np.full((2, 2, 2, 1), np.nan))
        with pytest.raises(DataError, match="images of one shape"):
            prepared(("zca_whitening",)).initialize([np.ones((2, 2, 1)), np.ones((3, 2, 1))])

    def test_an_empty_training_set_and_flat_samples_are_refused(self):
        with pytest.raises(DataError, match="no samples"):
            prepared(("featurewise_zero_center",)).initialize(images()[:0])
        with pytest.raises(DataError, match="per_channel=True needs images"):
            prepared(("featurewise_zero_center", None, True)).initialize(np.ones((5, 784)))

    @pytest.mark.parametrize("shape", [3, (2,), (0, 2), (2.5, 2), "ab"])
    def test_a_crop_is_two_whole_numbers(self, shape):
        with pytest.raises(DataError, match="give \\(height, width\\)"):
            prepared(("crop_center", shape))

    def test_a_crop_is_no_larger_than_the_image(self):
        with pytest.raises(DataError, match=r"\(5, 5\), and images have 4x5 pixels"):
            prepared(("crop_center", (5, 5))).apply(images())

    def test_a_custom_function_is_one_and_returns_the_batch(self):
        with pytest.raises(DataError, match="func is 3"):
            prepared(("custom_preprocessing", 3))
        with pytest.raises(DataError, match="returned None"):
            prepared(("custom_preprocessing", lambda batch: None)).apply(images())

    def test_what_tflearn_never_wrote_says_so(self):
        with pytest.raises(NotImplementedError, match="resize_image"):
            ImagePreprocessing().resize(2, 2)
        with pytest.raises(NotImplementedError, match="gaussian_filter"):
            ImagePreprocessing().blur()
        with pytest.raises(NotImplementedError, match="TextVectorization"):
            SequencePreprocessing()
