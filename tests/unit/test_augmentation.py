"""Augmentation: geometry against SciPy, strengths as stated, ink kept, and no surprises."""

import json
from dataclasses import asdict, replace

from mnistlab.data.images import strokes_to_digit
from mnistlab.errors import DataError, DesignError
from mnistlab.models import augmentation
from mnistlab.models.augmentation import Augmentation, AugmentedDigits, change_thickness

import keras
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy import ndimage

NOTHING = Augmentation(rotation=0, shear=0, scale=0, stretch=0, shift=0, thickness=(0, 0))
LONG = settings(max_examples=40, deadline=None, derandomize=True, database=None)

ANGLE = np.linspace(0, 2 * np.pi, 50)
STROKES = (
    [[(10, 10), (60, 12), (85, 10), (70, 45), (50, 95)], [(40, 52), (80, 50)]],
    [[(50, 10), (45, 90)]],
    [np.stack([60 * np.cos(ANGLE), 90 * np.sin(ANGLE)], axis=1)],
    [[(0, 20), (15, 2), (40, 8), (42, 35), (5, 90), (60, 88)]],
)


@pytest.fixture(scope="module")
def digits():
    """(400, 28, 28, 1): a seven, a one, a zero and a two in MNIST's form, in turn."""
    four = np.stack([strokes_to_digit(strokes) for strokes in STROKES])
    return np.tile(four[..., None] / np.float32(255), (100, 1, 1, 1))


def blob(rows, columns, n=300):
    """A smooth spot in the middle, with these standard deviations in pixels."""
    y, x = np.mgrid[:28, :28] - 14.0
    spot = np.exp(-(y**2 / rows**2 + x**2 / columns**2) / 2)
    return np.repeat(spot[None, ..., None], n, axis=0).astype("float32")


def moments(images):
    """The centers of mass (n, 2) as row and column, and covariances (n, 2, 2) in that order."""
    weights = images[..., 0] / images.sum((1, 2, 3))[:, None, None]
    place = np.indices((28, 28)).reshape(2, -1)
    weights = weights.reshape(len(images), -1)
    centers = weights @ place.T
    away = place[None] - centers[..., None]
    return centers, np.einsum("nk,nik,njk->nij", weights, away, away)


class TestStrengths:
    """Each strength alone, seen in the moments of a spot that nothing cuts off."""

    def test_nothing_asked_is_nothing_done(self, digits):
        np.testing.assert_array_equal(NOTHING(digits, seed=1), digits)

    def test_rotation_is_in_degrees_around_the_middle(self):
        varied = replace(NOTHING, rotation=20)(blob(4, 1), seed=1)
        centers, spread = moments(varied)
        # The angle of the long axis, which stood upright.
        angles = np.degrees(np.arctan2(2 * spread[:, 0, 1], spread[:, 0, 0] - spread[:, 1, 1]) / 2)
        assert np.abs(angles).max() == pytest.approx(20, abs=0.5)
        assert angles.mean() == pytest.approx(0, abs=2)
        np.testing.assert_allclose(centers, 14, atol=0.02)

    def test_shear_is_in_pixels_to_the_side_for_a_pixel_up(self):
        varied = replace(NOTHING, shear=0.3)(blob(3, 2), seed=1)
        centers, spread = moments(varied)
        slant = spread[:, 0, 1] / spread[:, 0, 0]
        assert np.abs(slant).max() == pytest.approx(0.3, abs=0.02)
        assert slant.mean() == pytest.approx(0, abs=0.03)
        # Heights stay as they are, but for what interpolation blurs.
        np.testing.assert_allclose(spread[:, 0, 0], 9, atol=0.5)
        np.testing.assert_allclose(centers, 14, atol=0.02)

    def test_scale_is_a_factor_for_both_sides(self):
        varied = replace(NOTHING, scale=0.25)(blob(3, 2), seed=1)
        _, spread = moments(varied)
        height, width = np.sqrt(spread[:, 0, 0]) / 3, np.sqrt(spread[:, 1, 1]) / 2
        np.testing.assert_allclose(height, width, rtol=0.04)
        assert height.max() == pytest.approx(1.25, abs=0.04)
        assert height.min() == pytest.approx(0.8, abs=0.04)

    def test_stretch_makes_one_side_longer_and_the_other_shorter(self):
        varied = replace(NOTHING, stretch=0.25)(blob(2.5, 2.5), seed=1)
        _, spread = moments(varied)
        height, width = np.sqrt(spread[:, 0, 0]) / 2.5, np.sqrt(spread[:, 1, 1]) / 2.5
        np.testing.assert_allclose(height * width, 1, atol=0.05)
        assert width.max() == pytest.approx(1.25, abs=0.04)
        assert width.min() == pytest.approx(0.8, abs=0.04)

    def test_shift_is_in_pixels_along_each_axis(self):
        varied = replace(NOTHING, shift=3)(blob(2, 2), seed=1)
        shift = moments(varied)[0] - 14
        np.testing.assert_allclose(np.abs(shift).max(axis=0), 3, atol=0.1)
        np.testing.assert_allclose(shift.mean(axis=0), 0, atol=0.3)
        assert abs(np.corrcoef(shift.T)[0, 1]) < 0.2

    def test_thickness_goes_from_its_lower_to_its_upper_number(self):
        bar = np.zeros((300, 28, 28, 1), "float32")
        bar[:, 4:24, 12:16] = 1
        wider = replace(NOTHING, thickness=(-0.5, 0.8))(bar, seed=1)[:, 14, :, 0].sum(axis=1) - 4
        assert wider.min() == pytest.approx(2 * -0.5, abs=0.05)
        assert wider.max() == pytest.approx(2 * 0.8, abs=0.05)

    def test_the_images_vary_one_by_one(self):
        varied = Augmentation()(blob(3, 2, n=50), seed=1)
        assert len(np.unique(varied.reshape(50, -1), axis=0)) == 50


def test_pixels_move_as_scipy_moves_them(digits):
    transforms = Augmentation()._transforms(40, np.random.default_rng(1))
    found = augmentation._move(digits[:40], transforms)
    for image, transform, moved in zip(digits[:40], transforms, found, strict=True):
        # Keras counts columns first, SciPy rows.
        across, along, right, down_across, down_along, down = transform[:6].astype("float64")
        expected = ndimage.affine_transform(
            image[..., 0].astype("float64"),
            [[down_along, down_across], [along, across]],
            [down, right],
            order=1,
            mode="grid-constant",
        )
        np.testing.assert_allclose(moved[..., 0], expected, atol=1e-4)


class TestThickness:
    images = arrays(np.float32, (2, 28, 28), elements=st.floats(0, 1, width=32))

    @LONG
    @given(images)
    def test_one_pixel_more_and_less_are_scipy_s_filters(self, images):
        for thickness, filtered in ((1, ndimage.maximum_filter), (-1, ndimage.minimum_filter)):
            expected = filtered(images, (1, 3, 3), mode="constant", cval=0)
            found = change_thickness(images, np.full(2, thickness))
            np.testing.assert_allclose(found, expected, atol=1e-6)

    @LONG
    @given(images, st.floats(-1, 1), st.floats(-1, 1))
    def test_more_is_never_less_ink(self, images, one, other):
        low, high = sorted((one, other))
        thinner = change_thickness(images, np.full(2, low))
        thicker = change_thickness(images, np.full(2, high))
        assert (thicker >= thinner - 1e-6).all()

    def test_ink_grows_with_it_on_digits(self, digits):
        ink = [change_thickness(digits, np.full(400, t)).sum() for t in np.linspace(-1, 1, 9)]
        assert (np.diff(ink) > 0.02 * digits.sum()).all()

    def test_0_changes_nothing_and_the_argument_stays(self, digits):
        before = digits.copy()
        np.testing.assert_array_equal(change_thickness(digits, np.zeros(400)), before)
        change_thickness(digits, np.ones(400))
        np.testing.assert_array_equal(digits, before)


class TestImages:
    def test_shape_type_and_range_are_kept(self, digits):
        for images in (digits, digits[..., 0], digits.astype("float64"), digits[:0]):
            varied = Augmentation()(images, seed=1)
            assert varied.shape == images.shape
            assert varied.dtype == np.float32
            assert not varied.size or 0 <= varied.min() < varied.max() <= 1

    @LONG
    @given(
        arrays(np.float32, (3, 28, 28, 1), elements=st.floats(0, 1, width=32)),
        st.builds(
            Augmentation,
            *[st.floats(0, 180), *[st.floats(0, 5)] * 3, st.floats(0, 28)],
            st.tuples(st.floats(-1, 0), st.floats(0, 1)),
        ),
        st.integers(0, 2**32 - 1),
    )
    def test_any_strength_keeps_the_range(self, images, augment, seed):
        varied = augment(images, seed)
        assert varied.shape == images.shape
        assert np.isfinite(varied).all()
        assert 0 <= varied.min() <= varied.max() <= 1

    def test_the_images_given_are_not_changed(self, digits):
        before = digits.copy()
        Augmentation()(digits, seed=1)
        np.testing.assert_array_equal(digits, before)

    def test_hardly_any_ink_leaves_the_frame(self, digits):
        # These three leave the area of the ink as it is, and move it the most.
        defaults = Augmentation()
        moving = replace(
            NOTHING, rotation=defaults.rotation, shear=defaults.shear, shift=defaults.shift
        )
        kept = moving(digits, seed=1).sum((1, 2, 3)) / digits.sum((1, 2, 3))
        assert kept.mean() == pytest.approx(1, abs=0.003)
        assert kept.min() > 0.9
        varied = defaults(digits, seed=1)
        inside = varied[:, 1:-1, 1:-1].sum() / varied.sum()
        assert inside > 0.99

    def test_the_digits_are_still_like_themselves(self, digits):
        varied = Augmentation()(digits, seed=1)[..., 0]
        blurred = ndimage.gaussian_filter(varied, (0, 1.5, 1.5)).reshape(400, -1)
        originals = ndimage.gaussian_filter(digits[:4, ..., 0], (0, 1.5, 1.5)).reshape(4, -1)
        likeness = np.corrcoef(blurred, originals)[:400, 400:]
        assert np.mean(likeness.argmax(axis=1) == np.arange(400) % 4) > 0.98


class TestSeed:
    def test_the_same_seed_gives_the_same(self, digits):
        one, same, other = (Augmentation()(digits, seed) for seed in (1, 1, 2))
        np.testing.assert_array_equal(one, same)
        assert (one != other).any(axis=(1, 2, 3)).all()

    def test_a_generator_goes_on(self, digits):
        rng = np.random.default_rng(1)
        first, second = Augmentation()(digits, rng), Augmentation()(digits, rng)
        np.testing.assert_array_equal(first, Augmentation()(digits, seed=1))
        assert (first != second).any()

    def test_how_many_are_varied_at_once_does_not_matter(self, digits, monkeypatch):
        expected = Augmentation()(digits, seed=1)
        monkeypatch.setattr(augmentation, "_AT_ONCE", 7)
        np.testing.assert_array_equal(Augmentation()(digits, seed=1), expected)

    def test_keras_and_numpy_s_own_random_numbers_stay_out_of_it(self, digits):
        keras.utils.set_random_seed(5)
        before = np.random.get_state()[1].copy()  # noqa: NPY002 - the state that is not to be touched
        Augmentation()(digits, seed=1)
        np.testing.assert_array_equal(np.random.get_state()[1], before)  # noqa: NPY002


class TestRefused:
    @pytest.mark.parametrize("name", ["rotation", "shear", "scale", "stretch", "shift"])
    @pytest.mark.parametrize("value", [-1, 1e300, np.nan, np.inf, "10", None, True, (1, 2)])
    def test_a_strength_that_is_none(self, name, value):
        with pytest.raises(DesignError, match=f"{name} is .*; expected a number from 0 to"):
            Augmentation(**{name: value})

    @pytest.mark.parametrize(
        "value",
        [0.5, None, (0.5,), (0.5, -0.3), (-1.5, 0), (0, 1.5), (np.nan, 1), ("a", "b"), "ab"],
    )
    def test_a_thickness_that_is_no_range(self, value):
        with pytest.raises(
            DesignError, match=r"thickness is .*; expected two numbers from -1 to 1"
        ):
            Augmentation(thickness=value)

    @pytest.mark.parametrize(
        ("images", "message"),
        [
            (np.zeros((28, 28)), "expected shape"),
            (np.zeros((2, 28, 28, 3)), "expected shape"),
            (np.full((2, 28, 28), np.nan), "expected finite pixels"),
            (
                np.zeros((2, 28, 28), "uint8"),
                "expected floating-point pixels in [0, 1], found uint8",
            ),
            (np.full((2, 28, 28), 255.0), "found float64 from 255 to 255. Scale them first"),
            (np.full((2, 28, 28), -0.5), "found float64 from -0.5 to -0.5"),
        ],
    )
    def test_images_that_are_none(self, images, message):
        for use in (
            lambda: Augmentation()(images, seed=1),
            lambda: AugmentedDigits(images, np.zeros(len(images), int)),
        ):
            with pytest.raises(DataError) as caught:
                use()
            assert message in str(caught.value)

    @pytest.mark.parametrize(
        ("arguments", "message"),
        [
            ({"batch_size": 0}, "batch_size is 0; expected a whole number from 1 on"),
            ({"batch_size": 2.5}, "batch_size is 2.5"),
            ({"batch_size": True}, "batch_size is True"),
            ({"seed": -1}, "seed is -1; expected a whole number from 0 to 4294967295"),
            ({"seed": 2**32}, "seed is 4294967296"),
            ({"seed": None}, "seed is None"),
            ({"augment": 32}, "augment is 32; expected an Augmentation, or a function"),
        ],
    )
    def test_batches_that_cannot_be(self, digits, arguments, message):
        with pytest.raises(DesignError) as caught:
            AugmentedDigits(digits, np.arange(400) % 10, **arguments)
        assert message in str(caught.value)

    def test_labels_of_other_images(self, digits):
        with pytest.raises(DataError, match="found 400 and 399"):
            AugmentedDigits(digits, np.arange(399) % 10)


def numbered(n):
    """Images that say in each pixel which one they are, and labels that follow from it."""
    images = np.broadcast_to(np.arange(n).reshape(n, 1, 1, 1) / n, (n, 28, 28, 1))
    return images.astype("float32"), np.arange(n) % 10


def epoch_of(batches):
    images, labels = zip(*(batches[i] for i in range(len(batches))), strict=True)
    return np.concatenate(images), np.concatenate(labels)


class TestBatches:
    def test_an_epoch_has_every_image_once_with_its_label(self):
        images, labels = numbered(50)
        batches = AugmentedDigits(images, labels, lambda images, seed: images, batch_size=8)
        orders = []
        for _ in range(3):
            assert [len(batches[i][0]) for i in range(len(batches))] == [8] * 6 + [2]
            shown, given = epoch_of(batches)
            order = np.rint(shown[:, 0, 0, 0] * 50).astype(int)
            np.testing.assert_array_equal(np.sort(order), np.arange(50))
            np.testing.assert_array_equal(given, labels[order])
            orders.append(tuple(order))
            batches.on_epoch_end()
        assert len(set(orders)) == 3

    def test_no_two_batches_of_any_epoch_have_the_same_seed(self):
        seeds = []

        def augment(images, seed):
            seeds.append(int(np.random.default_rng(seed).integers(2**63)))
            return images

        batches = AugmentedDigits(*numbered(40), augment, batch_size=8, seed=0)
        for _ in range(4):
            epoch_of(batches)
            batches.on_epoch_end()
        assert len(set(seeds)) == len(seeds) == 20

    def test_every_epoch_shows_other_variations(self, digits):
        batches = AugmentedDigits(digits[:1], np.array([7]))
        first = batches[0][0]
        batches.on_epoch_end()
        assert (batches[0][0] != first).any()

    def test_the_same_seed_gives_the_same_batches_in_whatever_order_they_are_made(self, digits):
        one, other = (AugmentedDigits(digits, np.arange(400) % 10, seed=3) for _ in range(2))
        forward = [one[i] for i in range(len(one))]
        backward = [other[i] for i in reversed(range(len(other)))]
        for (images, labels), (same, equal) in zip(forward, reversed(backward), strict=True):
            np.testing.assert_array_equal(images, same)
            np.testing.assert_array_equal(labels, equal)
        another = AugmentedDigits(digits, np.arange(400) % 10, seed=4)
        assert (another[0][0] != forward[0][0]).any()

    def test_one_hot_labels_stay_one_hot(self, digits):
        encoded = np.eye(10, dtype="float32")[np.arange(400) % 10]
        _, labels = AugmentedDigits(digits, encoded)[0]
        assert labels.shape == (32, 10)
        np.testing.assert_array_equal(labels.sum(axis=1), 1)

    def test_the_strengths_go_through_json_and_come_back(self):
        augment = Augmentation(rotation=5, thickness=(-0.2, 0.4))
        assert Augmentation(**json.loads(json.dumps(asdict(augment)))) == augment


def train(digits):
    keras.utils.set_random_seed(1)
    model = keras.Sequential(
        [
            keras.Input((28, 28, 1)),
            keras.layers.Flatten(),
            keras.layers.Dense(10, activation="softmax"),
        ]
    )
    model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
    batches = AugmentedDigits(digits, np.arange(400) % 4, batch_size=16, seed=1)
    history = model.fit(batches, epochs=6, verbose=0).history
    return model.get_weights(), history["accuracy"]


def test_fit_trains_on_it_and_repeats_itself(digits):
    weights, accuracy = train(digits)
    assert accuracy[-1] > 0.9
    again, same = train(digits)
    assert accuracy == same
    for one, other in zip(weights, again, strict=True):
        np.testing.assert_array_equal(one, other)
