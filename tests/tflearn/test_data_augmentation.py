"""Augmentation: the same seed makes what a plain loop over the documented draws makes."""

import random

from mnistlab.errors import DataError
from mnistlab.tflearn.data_augmentation import (
    DataAugmentation,
    ImageAugmentation,
    SequenceAugmentation,
)

import numpy as np
import pytest
from scipy import ndimage

IMAGES = np.random.default_rng(0).uniform(0, 1, (40, 6, 6, 2)).astype("float32")


def augmented(name, *args, batch=IMAGES, seed=5):
    augmentation = ImageAugmentation()
    getattr(augmentation, f"add_random_{name}")(*args)
    random.seed(seed)
    return augmentation.apply(batch)


def by_hand(change, seed=5):
    random.seed(seed)
    return np.stack([change(image) for image in IMAGES])


def tossed(change):
    return lambda image: change(image) if random.getrandbits(1) else image


def crop(image, height, width, padding):
    image = np.pad(image, [(padding, padding), (padding, padding), (0, 0)])
    top = random.randint(0, image.shape[0] - height)
    left = random.randint(0, image.shape[1] - width)
    return image[top : top + height, left : left + width]


CASES = {
    "flip_leftright": ((), tossed(lambda image: image[:, ::-1])),
    "flip_updown": ((), tossed(lambda image: image[::-1])),
    "90degrees_rotation": (([1, 3],), lambda image: np.rot90(image, random.choice([1, 3]))),
    "rotation": (
        (25.0,),
        tossed(
            lambda image: ndimage.rotate(
                image, random.uniform(-25, 25), reshape=False, order=3, mode="constant", cval=0
            )
        ),
    ),
    "blur": (
        (2.0,),
        tossed(lambda image: ndimage.gaussian_filter(image, [random.uniform(0, 2)] * 3)),
    ),
    "crop": (((4, 5),), lambda image: crop(image, 4, 5, 0)),
}


@pytest.mark.parametrize("name", CASES)
def test_each_method_makes_what_its_draws_say(name):
    args, change = CASES[name]
    np.testing.assert_array_equal(augmented(name, *args), by_hand(change))


@pytest.mark.parametrize("name", CASES)
@pytest.mark.parametrize("kind", [np.array, list])
def test_the_argument_stays_as_it_is(name, kind):
    batch = kind(IMAGES.copy())
    result = augmented(name, *CASES[name][0], batch=batch)
    np.testing.assert_array_equal(np.stack(batch), IMAGES)
    assert result.shape != IMAGES.shape or not np.array_equal(result, IMAGES)


def test_zeros_are_put_around_before_a_crop():
    expected = by_hand(lambda image: crop(image, 6, 6, 3))
    np.testing.assert_array_equal(augmented("crop", (6, 6), 3), expected)
    assert (expected == 0).any()


def test_all_right_angles_are_among_the_defaults():
    square = np.tile(np.arange(4).reshape(1, 2, 2, 1), (60, 1, 1, 1))
    turned = augmented("90degrees_rotation", batch=square)
    assert {tuple(image.ravel()) for image in turned} == {
        tuple(np.rot90(square[0], turn).ravel()) for turn in range(4)
    }


def test_half_of_the_images_are_flipped():
    batch = np.tile(np.array([[[0], [1]]]), (2000, 1, 1, 1))
    flipped = augmented("flip_leftright", batch=batch)[:, 0, 0, 0].mean()
    assert 0.45 < flipped < 0.55


def test_methods_are_applied_in_their_order():
    augmentation = ImageAugmentation()
    augmentation.add_random_flip_leftright()
    augmentation.add_random_crop((2, 2))
    random.seed(8)
    found = augmentation.apply(IMAGES)
    random.seed(8)
    flipped = [image[:, ::-1] if random.getrandbits(1) else image for image in IMAGES]
    np.testing.assert_array_equal(found, [crop(image, 2, 2, 0) for image in flipped])
    names = [method.__name__ for method in augmentation.methods]
    assert names == ["_random_flip_leftright", "_random_crop"]
    assert augmentation.args == [None, [(2, 2), None]]


def test_a_method_of_one_s_own_gets_a_copy():
    augmentation = DataAugmentation()
    augmentation.methods.append(lambda batch, factor: np.multiply(batch, factor, out=batch))
    augmentation.args.append([2])
    batch = IMAGES.copy()
    np.testing.assert_array_equal(augmentation.apply(batch), IMAGES * 2)
    np.testing.assert_array_equal(batch, IMAGES)


@pytest.mark.parametrize(
    ("name", "args", "text"),
    [
        ("crop", (4,), "crop_shape is 4"),
        ("crop", ((4, 0),), "crop_shape is"),
        ("crop", ((4, 4), 0.5), "padding is 0.5"),
        ("crop", ((4, 4), -1), "padding is -1"),
        ("crop", ((9, 9), 1), "images have 8x8 pixels with a padding of 1"),
        ("90degrees_rotation", ([],), "rotations is"),
        ("90degrees_rotation", ([0.5],), "rotations is"),
        ("rotation", (-1,), "max_angle is -1"),
        ("rotation", (float("nan"),), "max_angle is nan"),
        ("blur", ("much",), "sigma_max is 'much'"),
    ],
)
def test_what_makes_no_sense_is_refused(name, args, text):
    with pytest.raises(DataError, match=text):
        augmented(name, *args)


def test_images_that_are_not_square_cannot_be_turned_by_one_right_angle():
    oblong = IMAGES[:, :4]
    assert augmented("90degrees_rotation", [0, 2], batch=oblong).shape == oblong.shape
    with pytest.raises(DataError, match=r"4x6 pixels.*Give \[0, 2\]"):
        augmented("90degrees_rotation", batch=oblong)


@pytest.mark.parametrize("name", CASES)
def test_flat_samples_are_no_images(name):
    with pytest.raises(DataError, match=r"images \(h, w, channels\) were expected"):
        augmented(name, *CASES[name][0], batch=np.ones((3, 784)))


def test_what_tflearn_never_wrote_says_so():
    with pytest.raises(NotImplementedError, match=r"tf\.data"):
        SequenceAugmentation()
