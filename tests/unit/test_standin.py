"""The stand-in keeps MNIST's form, does not leak, and can be read."""

import hashlib
import subprocess
import sys

from mnistlab.data import standin

import numpy as np
import pytest
from scipy import ndimage
from sklearn.datasets import load_digits
from sklearn.neighbors import KNeighborsClassifier


def make(glyphs, seed=1, train=40, test=12):
    """The stand-in with few images of each class."""
    return standin._make(glyphs, seed, (train,) * 10, (test,) * 10, lambda fraction: None)


def digest(arrays):
    return hashlib.sha256(b"".join(arrays[name].tobytes() for name in sorted(arrays))).hexdigest()


@pytest.fixture(scope="module")
def glyphs():
    return standin._recover_glyphs(*standin._load_originals())


@pytest.fixture(scope="module")
def whole():
    fractions = []
    arrays = standin.make_standin(seed=1, progress=fractions.append)
    return arrays, fractions


@pytest.fixture(scope="module")
def images(whole):
    arrays, _ = whole
    return np.concatenate([arrays["x_train"], arrays["x_test"]])


def test_shapes_and_types_are_those_of_mnist(whole):
    arrays, _ = whole
    assert {name: (array.shape, array.dtype.name) for name, array in arrays.items()} == {
        "x_train": ((60000, 28, 28), "uint8"),
        "y_train": ((60000,), "uint8"),
        "x_test": ((10000, 28, 28), "uint8"),
        "y_test": ((10000,), "uint8"),
    }


def test_classes_are_as_frequent_as_in_mnist(whole):
    arrays, _ = whole
    train, test = np.bincount(arrays["y_train"]), np.bincount(arrays["y_test"])
    assert train.tolist() == [5923, 6742, 5958, 6131, 5842, 5421, 5918, 6265, 5851, 5949]
    assert test.tolist() == [980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009]


def test_first_labels_are_those_of_mnist(whole):
    arrays, _ = whole
    assert arrays["y_train"][:10].tolist() == [5, 0, 4, 1, 9, 2, 1, 3, 1, 4]
    assert arrays["y_test"][:10].tolist() == [7, 2, 1, 0, 4, 1, 4, 9, 5, 9]


def test_labels_are_shuffled(whole):
    arrays, _ = whole
    for block in np.split(arrays["y_train"], 20):
        assert np.bincount(block, minlength=10).min() > 200


def test_progress_rises_to_one(whole):
    _, fractions = whole
    assert fractions == sorted(fractions)
    assert 0 < fractions[0] < 0.5
    assert fractions[-1] == pytest.approx(1)


def test_longest_side_of_every_image_is_20_pixels(images):
    rows, columns = images.any(2), images.any(1)
    height = 28 - rows.argmax(1) - rows[:, ::-1].argmax(1)
    width = 28 - columns.argmax(1) - columns[:, ::-1].argmax(1)
    assert set(np.maximum(height, width).tolist()) == {20}


def test_every_image_is_centered_by_mass(images):
    mass = images.sum((1, 2), dtype=np.float64)
    for axis in (1, 2):
        center = images.sum(axis, dtype=np.float64) @ np.arange(28) / mass
        assert np.abs(center - 14).max() <= 0.5 + 1e-9


def test_no_image_is_there_twice(images):
    assert len({image.tobytes() for image in images}) == len(images)


def test_ink_is_like_that_of_mnist(images):
    # MNIST's training images: mean 33.3, 80.9 % of the pixels 0, 10.2 % above 200.
    assert images.mean() == pytest.approx(33.3, abs=2)
    assert (images == 0).mean() == pytest.approx(0.809, abs=0.02)
    assert (images > 200).mean() == pytest.approx(0.102, abs=0.01)


def test_ones_are_narrow_and_zeros_are_round(whole):
    arrays, _ = whole
    width = arrays["x_train"].any(1).sum(1)
    ones, zeros = (np.median(width[arrays["y_train"] == digit]) for digit in (1, 0))
    assert ones < 12 < 17 < zeros


def test_same_seed_gives_the_same_bytes_in_another_process(glyphs):
    code = """if True:
        import hashlib
        from mnistlab.data import standin

        glyphs = standin._recover_glyphs(*standin._load_originals())
        arrays = standin._make(glyphs, 3, (40,) * 10, (12,) * 10, lambda fraction: None)
        data = b"".join(arrays[name].tobytes() for name in sorted(arrays))
        print(hashlib.sha256(data).hexdigest())
    """
    other = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert other.stdout.strip() == digest(make(glyphs, seed=3))


def test_bytes_do_not_depend_on_the_number_of_cores(glyphs, monkeypatch):
    monkeypatch.setattr(standin.os, "cpu_count", lambda: 1)
    alone = digest(make(glyphs, train=120))
    monkeypatch.setattr(standin.os, "cpu_count", lambda: 8)
    assert digest(make(glyphs, train=120)) == alone


def test_another_seed_gives_other_images_and_other_labels(glyphs):
    a, b = make(glyphs, seed=1), make(glyphs, seed=2)
    assert not np.array_equal(a["y_train"], b["y_train"])
    # The first ten have the same originals, and yet are not drawn alike.
    assert all(not np.array_equal(a["x_train"][i], b["x_train"][i]) for i in range(10))


def test_no_original_is_shared():
    train, test = standin.split_originals()
    assert sorted([*train.tolist(), *test.tolist()]) == list(range(1797))


def test_forms_begin_where_the_labels_say():
    labels = "".join(map(str, load_digits().target))
    forms = [
        labels[start:end]
        for start, end in zip(standin.FORM_STARTS, [*standin.FORM_STARTS[1:], None], strict=True)
    ]
    # One form has its first 0 missing, and one some digits later on.
    assert all(form.startswith(("01234567890123456", "12345678901234567")) for form in forms)
    assert all(122 <= len(form) <= 130 for form in forms)
    train, test = standin.split_originals()
    assert test[0] in standin.FORM_STARTS
    assert train[-1] + 1 == test[0]


def test_every_original_is_drawn_from_its_own_part(glyphs, monkeypatch):
    drawn = []
    draw = standin._draw_in_threads

    def spy(glyphs, which, *rest):
        original = np.concatenate([np.arange(1797), np.flatnonzero(glyphs.variant >= 1797)])
        original[glyphs.variant] = np.arange(1797)
        drawn.append(set(original[which].tolist()))
        return draw(glyphs, which, *rest)

    monkeypatch.setattr(standin, "_draw_in_threads", spy)
    make(glyphs, train=400, test=60)
    train, test = standin.split_originals()
    assert drawn == [set(train.tolist()), set(test.tolist())]


def test_a_rewritten_glyph_is_of_the_class_of_its_original(glyphs):
    rewritten = glyphs.variant >= 1797
    assert set(glyphs.labels[rewritten].tolist()) == set(standin._VARIANTS)
    # Each resembles its own original more than it does the originals of most other classes.
    fields = glyphs.fields.reshape(-1, standin._FIELD, standin._FIELD) > 0
    rows = np.flatnonzero(rewritten)[::20]
    own = (fields[rows] != fields[glyphs.variant[rows]]).mean((1, 2))
    other = (fields[rows] != fields[glyphs.variant[np.roll(rows, 1)]]).mean((1, 2))
    assert (own < other).all()


def upright(image):
    """The image with its slant taken out, as the makers of the originals did."""
    y, x = np.mgrid[: len(image), : len(image)]
    dy, dx = (place - np.average(place, weights=image) for place in (y, x))
    slant = np.sum(image * dy * dx) / np.sum(image * dy**2)
    shift = slant * (np.arange(len(image)) - len(image) // 2)
    return ndimage.map_coordinates(image.astype(float), [y, x + shift[:, None]], order=1) > 80


def counted_in_blocks(images):
    """The way back to scikit-learn's form: the ink's box stretched over 8x8 cells."""
    cells = []
    for image in images:
        rows, columns = np.flatnonzero(image.any(1)), np.flatnonzero(image.any(0))
        box = image[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
        stretched = box.repeat(8, axis=0).repeat(8, axis=1)  # divides by 8 whatever its size
        cells.append(stretched.reshape(8, len(box), 8, -1).mean((1, 3)).ravel())
    return np.array(cells)


def test_every_class_can_be_read_by_a_classifier_of_the_originals(glyphs):
    digits = load_digits()
    train, _ = standin.split_originals()
    originals = counted_in_blocks(255 / 16 * digits.images[train])
    reader = KNeighborsClassifier(3).fit(originals, digits.target[train])
    arrays = make(glyphs, test=100)
    images = np.array([255 * upright(image) for image in arrays["x_test"]])
    read = reader.predict(counted_in_blocks(images))
    for digit in range(10):
        own = arrays["y_test"] == digit
        assert np.bincount(read[own], minlength=10).argmax() == digit
        assert (read[own] == digit).mean() > 0.5
    assert (read[:10] == standin.TEST_FIRST).sum() >= 8


def test_thinning_leaves_one_connected_line():
    ink = np.zeros((20, 40), bool)
    ink[5:12, 4:36] = True
    path = standin._thin(ink)
    assert path.sum(0).max() == 1
    assert path.any(0).sum() > 20
    assert not (path & ~ink).any()


def test_a_seven_loses_its_bar_and_nothing_else():
    path = np.zeros((60, 60), bool)
    path[8, 15:40] = True
    path[8:50, 40] = True
    path[28, 32:48] = True
    plain = standin._without_bar(path, np.random.default_rng(0))
    assert not plain[28, 32:39].any() and not plain[28, 42:48].any()
    assert plain[8, 15:40].all() and plain[8:50, 40].all()


def test_sharpening_returns_the_counts_it_was_given():
    counts = load_digits().images[:100].astype(np.float32)
    ink = standin._sharpen(counts) > 0.5
    again = ink.reshape(-1, 8, 4, 8, 4).sum((2, 4))
    assert np.abs(again - counts).mean() < 0.5
