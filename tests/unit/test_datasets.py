"""Data of every form become the same thing: images, labels, and the names of the classes."""

import gzip
import struct
import warnings

from mnistlab.data import datasets, labeled, tables
from mnistlab.data.datasets import Dataset, builtin, read, with_test
from mnistlab.data.folders import has_classes
from mnistlab.data.mnist import Digits
from mnistlab.errors import DataError

import numpy as np
import pytest
from PIL import Image

RNG = np.random.default_rng(3)
IMAGES = RNG.integers(0, 256, (30, 28, 28), dtype="uint8")
IMAGES[:, 0, 0], IMAGES[:, -1, -1] = 0, 0
LABELS = np.arange(30) % 10


def lines(labels=LABELS, images=IMAGES, label="first", between=","):
    """Returns the text of a table, without names."""
    rows = []
    for name, image in zip(labels, images, strict=True):
        pixels = between.join(str(value) for value in image.ravel())
        rows.append(between.join([str(name), pixels] if label == "first" else [pixels, str(name)]))
    return "\n".join(rows) + "\n"


def one_hot(labels, between=","):
    return [between.join("1" if each == label else "0" for each in range(10)) for label in labels]


def idx(array):
    sizes = struct.pack(f">{array.ndim}I", *array.shape)
    return bytes([0, 0, 8, array.ndim]) + sizes + array.astype("uint8").tobytes()


def write(folder, name, content):
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


def picture(folder, name, pixels):
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(pixels).save(path)


def the_same(dataset, images=IMAGES, labels=LABELS):
    assert np.array_equal(dataset.images[..., 0], images)
    assert dataset.images.dtype == images.dtype
    assert np.array_equal(dataset.labels, labels)
    assert dataset.labels.dtype == np.int64
    return True


@pytest.fixture
def dataset():
    return Dataset("thirty", IMAGES[..., None], LABELS)


class TestDataset:
    def test_it_says_what_it_holds(self, dataset):
        assert dataset.input_shape == (28, 28, 1)
        assert dataset.features == 784
        assert dataset.counts.tolist() == [3] * 10
        assert dataset.value_range == (0, 255)
        assert "30 + 0 images" in repr(dataset)

    def test_its_digest_tells_pixels_labels_and_names_apart(self, dataset):
        other = IMAGES.copy()
        other[3, 4, 5] += 1
        others = [
            Dataset("a", other[..., None], LABELS),
            Dataset("a", IMAGES[..., None], LABELS[::-1]),
            Dataset("a", IMAGES[..., None], LABELS, classes=tuple("abcdefghij")),
            Dataset("a", IMAGES.reshape(30, 14, 56, 1), LABELS),
        ]
        assert len({each.digest for each in [dataset, *others]}) == 5
        assert Dataset("another name", IMAGES[..., None], LABELS).digest == dataset.digest
        assert len(dataset.digest) == 16

    def test_inputs_are_what_a_network_takes(self, dataset):
        inputs = dataset.inputs(IMAGES)
        assert inputs.shape == (30, 28, 28, 1)
        assert inputs.dtype == np.float32
        assert inputs.max() == 1
        assert np.array_equal(dataset.inputs(IMAGES[..., None]), inputs)
        assert np.array_equal(dataset.inputs(inputs.astype("float64")), inputs)

    @pytest.mark.parametrize(
        ("images", "said"),
        [
            (np.zeros((2, 14, 14), "uint8"), r"shape \(2, 14, 14\); expected is \(n, 28x28x1\)"),
            (np.zeros((28, 28), "uint8"), "shape"),
            (np.full((1, 28, 28), np.nan), "nan"),
            (np.full((1, 28, 28), 255.0), "value 255"),
            (np.zeros((1, 28, 28), int), "type int64"),
        ],
    )
    def test_other_inputs_are_refused(self, dataset, images, said):
        with pytest.raises(DataError, match=said):
            dataset.inputs(images)

    def test_it_is_read_as_another_shape(self, dataset):
        other = dataset.reshaped((14, 56, 1))
        assert other.input_shape == (14, 56, 1)
        assert np.array_equal(other.images.ravel(), dataset.images.ravel())
        assert dataset.input_shape == (28, 28, 1)

    @pytest.mark.parametrize("shape", [(28, 27, 1), (0, 28, 28), (-28, -28, 1)])
    def test_a_shape_that_does_not_fit_is_refused_with_its_product(self, dataset, shape):
        product = np.prod(shape)
        with pytest.raises(DataError, match=rf"784 features are not .* = {product}\."):
            dataset.reshaped(shape)

    def test_labels_that_were_not_one_hot_have_no_order(self, dataset):
        with pytest.raises(DataError, match="no one-hot labels"):
            dataset.reversed()


class TestBuiltin:
    @pytest.mark.parametrize(("source", "notes"), [("mnist", 0), ("standin", 1)])
    def test_it_is_mnist_or_says_that_it_is_not(self, monkeypatch, source, notes):
        pairs = (IMAGES, LABELS.astype("uint8")), (IMAGES[:4], LABELS[:4].astype("uint8"))
        asked = []

        def load(source):
            asked.append(source)
            return Digits(pairs, "mnist" if source == "mnist" else "standin", None, "0" * 16)

        monkeypatch.setattr(datasets, "load_mnist", load)
        found = builtin(source)
        assert asked == [source]
        assert the_same(found)
        assert found.test_images.shape == (4, 28, 28, 1)
        assert found.source == source
        assert len(found.notes) == notes
        assert found.name == ("MNIST" if source == "mnist" else "MNIST stand-in")


class TestTables:
    @pytest.mark.parametrize("between", [",", ";", "\t", " ", ", "])
    @pytest.mark.parametrize("label", ["first", "last"])
    def test_whatever_stands_between_and_wherever_the_label_is(self, tmp_path, label, between):
        path = write(tmp_path, "a.csv", lines(label=label, between=between))
        found = read(path)
        assert the_same(found)
        assert found.notes == (f"The {label} column was taken for the label.",)

    @pytest.mark.parametrize(
        "names",
        [
            "label," + ",".join(f"pixel{place}" for place in range(784)),
            "label," + ",".join(str(place) for place in range(784)),
            '"label",' + ",".join(f'"{row}x{row}"' for row in range(784)),
        ],
    )
    def test_a_line_of_names_is_no_image(self, tmp_path, names):
        found = read(write(tmp_path, "a.csv", f"{names}\n{lines()}"))
        assert the_same(found)
        assert "names of the columns" in found.notes[0]

    def test_a_name_tells_where_the_label_is(self, tmp_path):
        # Both ends could be labels, and the first has more classes.
        text = "a,b,c,d,Class\n" + "".join(f"{place % 10},0,9,9,1\n" for place in range(9))
        assert read(write(tmp_path, "a.csv", text)).labels.tolist() == [1] * 9

    @pytest.mark.parametrize("ending", ["\n", "\r\n", "\r"])
    @pytest.mark.parametrize("front", ["", "\ufeff"])
    def test_marks_and_line_ends_of_any_system(self, tmp_path, ending, front):
        text = front + lines().replace("\n", ending) + ending
        assert the_same(read(write(tmp_path, "a.csv", text)))

    def test_quotes_and_blank_lines_are_passed_over(self, tmp_path):
        text = lines().replace("\n", "\n\n")
        text = '"' + text[0] + '"' + text[1:]
        assert the_same(read(write(tmp_path, "a.csv", text)))

    def test_a_compressed_one(self, tmp_path):
        assert the_same(read(write(tmp_path, "a.csv.gz", gzip.compress(lines().encode()))))

    def test_decimal_commas_and_points(self, tmp_path):
        share = IMAGES / np.float32(255)
        for between, point in (";", ","), (",", "."):
            text = lines(images=share, between=between)
            if point == ",":
                text = text.replace(".", ",")
            found = read(write(tmp_path, "a.csv", text))
            assert found.images.dtype == np.float32
            assert np.allclose(found.images[..., 0], share, atol=1e-6)

    def test_shares_of_255_that_are_not_whole_are_brought_into_0_to_1(self, tmp_path):
        halves = IMAGES.astype("float32") / 2
        found = read(write(tmp_path, "a.csv", lines(images=halves)))
        assert np.allclose(found.images[..., 0], halves / 255)

    def test_shares_are_not_cut_to_whole_numbers_by_an_older_numpy(self, tmp_path, monkeypatch):
        new = np.loadtxt

        def old(text, dtype, **options):
            """What NumPy does before 2.3: it reads 0.5 as a whole number, and warns."""
            if dtype != np.uint8:
                return new(text, dtype, **options)
            try:
                warnings.warn("Parsing an integer via a float", DeprecationWarning, stacklevel=2)
            except DeprecationWarning as cause:
                raise ValueError("could not convert string") from cause
            return new(text, np.float32, **options).astype(np.uint8)

        monkeypatch.setattr(np, "loadtxt", old)
        path = write(tmp_path, "a.csv", "7,0,0.5,1,0\n2,1,0,0.25,0\n")
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)
            found = read(path)
        assert found.images.reshape(2, 4).tolist() == [[0, 0.5, 1, 0], [1, 0, 0.25, 0]]

    def test_whole_numbers_with_a_point_stay_whole(self, tmp_path):
        found = read(write(tmp_path, "a.csv", lines(images=IMAGES.astype("float32"))))
        assert the_same(found)

    @pytest.mark.parametrize("first", [False, True])
    def test_ten_columns_of_labels_at_either_end_in_either_order(self, tmp_path, first):
        rows = [
            ",".join([hot, pixels] if first else [pixels, hot])
            for hot, pixels in zip(
                one_hot(LABELS),
                [",".join(map(str, image.ravel())) for image in IMAGES],
                strict=True,
            )
        ]
        path = write(tmp_path, "a.txt", "\n".join(rows))
        found = read(path)
        assert the_same(found)
        assert found.one_hot
        assert the_same(read(path, reverse=True), labels=9 - LABELS)
        assert the_same(read(path, reverse=True).reversed())

    def test_the_label_column_can_be_said(self, tmp_path):
        path = write(tmp_path, "a.csv", "7,0,0,9,3\n2,0,0,9,4\n")
        assert read(path, label_column="last").labels.tolist() == [3, 4]
        assert read(path, label_column="first").labels.tolist() == [7, 2]

    def test_a_column_for_the_label_and_no_order(self, tmp_path):
        path = write(tmp_path, "a.csv", lines())
        with pytest.raises(DataError, match="no one-hot labels"):
            read(path, reverse=True)
        with pytest.raises(DataError, match="label_column is 'middle'"):
            read(path, label_column="middle")

    def test_more_classes_than_ten_where_all_have_images(self, tmp_path):
        letters = np.arange(52) % 26
        images = np.resize(IMAGES, (52, 28, 28))
        found = read(write(tmp_path, "a.csv", lines(letters, images)))
        assert len(found.classes) == 26
        assert np.array_equal(found.labels, letters)

    def test_a_single_class_is_spoken_of(self, tmp_path):
        found = read(write(tmp_path, "a.csv", lines([4] * 30)), label_column="first")
        assert "All images have the label 4" in found.notes[-1]

    def test_parts_of_a_long_table_join(self, tmp_path, monkeypatch):
        monkeypatch.setattr(tables, "_AT_ONCE", 2_000)
        path = write(tmp_path, "a.csv", lines())
        assert the_same(read(path))
        # From one part on, not all of them are whole numbers.
        late = IMAGES.astype("float32")
        late[20:] /= 2
        assert np.allclose(
            read(write(tmp_path, "b.csv", lines(images=late))).images[..., 0], late / 255
        )


class TestArchives:
    @pytest.mark.parametrize("names", [("x_train", "y_train"), ("images", "labels"), ("x", "y")])
    @pytest.mark.parametrize("shape", [(30, 28, 28), (30, 28, 28, 1), (30, 784)])
    def test_the_usual_names_and_shapes(self, tmp_path, names, shape):
        path = tmp_path / "a.npz"
        np.savez(path, **dict(zip(names, (IMAGES.reshape(shape), LABELS), strict=True)), other=1)
        assert the_same(read(path))

    def test_a_test_part_comes_along(self, tmp_path):
        path = tmp_path / "a.npz"
        np.savez(
            path, x_train=IMAGES[:20], y_train=LABELS[:20], x_test=IMAGES[20:], y_test=LABELS[20:]
        )
        found = read(path)
        assert the_same(found, IMAGES[:20], LABELS[:20])
        assert np.array_equal(found.test_images[..., 0], IMAGES[20:])
        assert np.array_equal(found.test_labels, LABELS[20:])

    @pytest.mark.parametrize("kind", ["float64", "float32", ">f4", "int64", "uint16"])
    def test_numbers_of_any_type(self, tmp_path, kind):
        path = tmp_path / "a.npz"
        np.savez(path, x=IMAGES.astype(kind), y=LABELS.astype("float64"))
        assert the_same(read(path))

    def test_white_that_arithmetic_left_a_little_above_1_is_no_255(self, tmp_path):
        images = (IMAGES / np.float32(255)) * np.float32(1 + 5e-7)
        assert 1 < images.max() < 1 + 1e-6
        np.savez(tmp_path / "a.npz", x=images, y=LABELS)
        found = read(tmp_path / "a.npz")
        assert found.value_range == (0, 1)
        np.testing.assert_allclose(found.images[..., 0], IMAGES / 255, atol=1e-6)

    def test_one_hot_labels_and_colors(self, tmp_path):
        path = tmp_path / "a.npz"
        np.savez(path, x=np.zeros((30, 8, 6, 3)), y=np.eye(10)[LABELS])
        found = read(path)
        assert found.input_shape == (8, 6, 3)
        assert np.array_equal(found.labels, LABELS)
        assert np.array_equal(found.reversed().labels, 9 - LABELS)

    def test_a_name_without_ending_is_known_by_its_content(self, tmp_path):
        np.savez(tmp_path / "a.npz", x=IMAGES, y=LABELS)
        assert the_same(read((tmp_path / "a.npz").rename(tmp_path / "data")))


class TestIdx:
    @pytest.mark.parametrize("pack", [False, True])
    @pytest.mark.parametrize("named", ["images", "labels"])
    def test_the_pair_and_the_test_pair_are_found(self, tmp_path, pack, named):
        for start, part in (("train", slice(0, 20)), ("t10k", slice(20, 30))):
            for what, array in (("images-idx3", IMAGES), ("labels-idx1", LABELS)):
                content = idx(array[part])
                name = f"{start}-{what}-ubyte"
                if pack:
                    name, content = f"{name}.gz", gzip.compress(content)
                write(tmp_path, name, content)
        kind = "idx3" if named == "images" else "idx1"
        found = read(tmp_path / f"train-{named}-{kind}-ubyte{'.gz' if pack else ''}")
        assert the_same(found, IMAGES[:20], LABELS[:20])
        assert np.array_equal(found.test_labels, LABELS[20:])

    def test_a_pair_of_which_one_is_compressed(self, tmp_path):
        path = write(tmp_path, "my-images.idx3-ubyte", idx(IMAGES))
        write(tmp_path, "my-labels.idx1-ubyte.gz", gzip.compress(idx(LABELS)))
        found = read(path)
        assert the_same(found)
        assert found.test_images is None


class TestFolders:
    def test_each_subfolder_is_a_class_in_the_order_of_their_numbers(self, tmp_path):
        for place, name in enumerate(["10", "2", "cat", "<img src=x onerror=alert(1)>"]):
            picture(tmp_path, f"{name}/{place}.png", IMAGES[place] // 2)
        write(tmp_path, ".hidden/a.png", b"")
        write(tmp_path, "2/notes.txt", "no picture")
        found = read(tmp_path)
        assert found.classes == ("2", "10", "<img src=x onerror=alert(1)>", "cat")
        assert np.array_equal(found.images[0, ..., 0], IMAGES[1] // 2)
        assert found.labels.tolist() == [0, 1, 2, 3]
        assert "no pictures: 1 files" in found.notes[-1]

    def test_dark_digits_on_light_are_all_inverted(self, tmp_path):
        digit = np.zeros((28, 28), "uint8")
        digit[6:22, 13:15] = 255
        for place in range(5):
            picture(tmp_path, f"1/{place}.png", 255 - digit)
        picture(tmp_path, "2/a.png", digit)
        found = read(tmp_path)
        assert np.array_equal(found.images[0, ..., 0], digit)
        assert np.array_equal(found.images[5, ..., 0], 255 - digit)
        assert "all of them were inverted" in found.notes[0]
        assert "1 pictures are light on dark" in found.notes[1]

    def test_light_digits_on_dark_stay(self, tmp_path):
        digit = np.zeros((28, 28), "uint8")
        digit[6:22, 13:15] = 255
        picture(tmp_path, "1/a.png", digit)
        found = read(tmp_path)
        assert np.array_equal(found.images[0, ..., 0], digit)
        assert found.notes == ()

    def test_other_pictures_are_brought_into_the_form_of_mnist(self, tmp_path):
        paper = np.full((200, 150, 3), 235, "uint8")
        paper[40:160, 70:80] = (30, 40, 120)
        picture(tmp_path, "1/a.jpg", paper)
        found = read(tmp_path)
        assert found.input_shape == (28, 28, 1)
        assert found.images.max() == 255
        assert found.images[0, 0].max() == 0
        assert "Brought into MNIST's form" in found.notes[0]

    def test_folders_named_train_and_test_are_no_classes(self, tmp_path):
        for part in ("training", "testing"):
            for name in ("3", "4"):
                picture(tmp_path, f"{part}/{name}/a.png", IMAGES[0])
        found = read(tmp_path)
        assert found.classes == ("3", "4")
        assert found.test_labels.tolist() == [0, 1]
        assert has_classes(tmp_path)

    def test_whether_a_folder_is_worth_offering(self, tmp_path):
        picture(tmp_path, "a/3/one.png", IMAGES[0])
        write(tmp_path, "b/models/a.keras", b"1")
        assert has_classes(tmp_path / "a")
        assert not has_classes(tmp_path / "b")
        assert not has_classes(tmp_path / "missing")


class TestTheTestPart:
    def test_its_classes_are_found_by_their_names(self):
        first = Dataset("a", IMAGES[:2, ..., None], np.array([0, 1]), classes=("cat", "dog"))
        other = Dataset("b", IMAGES[:3, ..., None], np.array([1, 0, 1]), classes=("cow", "dog"))
        with pytest.raises(DataError, match="b has images of the class 'cow', which a does not"):
            with_test(first, other)
        other = Dataset("b", IMAGES[:3, ..., None], np.array([1, 1, 1]), classes=("cow", "dog"))
        assert with_test(first, other).test_labels.tolist() == [1, 1, 1]

    def test_it_takes_the_shape_of_the_first(self, dataset):
        other = Dataset("b", IMAGES[:3].reshape(3, 784, 1, 1), LABELS[:3], notes=("Found so.",))
        found = with_test(dataset, other)
        assert found.test_images.shape == (3, 28, 28, 1)
        assert found.notes == ("Test part: Found so.",)
        assert found.reshaped((56, 14, 1)).test_images.shape == (3, 56, 14, 1)

    def test_what_another_was_to_train_on_is_no_test(self, dataset):
        other = Dataset(
            "both.npz", IMAGES[:20, ..., None], LABELS[:20], IMAGES[20:, ..., None], LABELS[20:]
        )
        found = with_test(dataset, other)
        assert np.array_equal(found.test_images[..., 0], IMAGES[20:])
        assert np.array_equal(found.test_labels, LABELS[20:])
        assert found.notes == ("Test part: Only the test part of both.npz is taken.",)

    def test_another_size_is_refused(self, dataset):
        other = Dataset("b", np.zeros((3, 8, 8, 1), "uint8"), LABELS[:3])
        with pytest.raises(DataError, match="b has images of 8x8x1, and thirty of 28x28x1"):
            with_test(dataset, other)

    def test_both_parts_are_reversed(self):
        first = Dataset("a", IMAGES[..., None], LABELS, one_hot=True)
        both = with_test(first, Dataset("b", IMAGES[..., None], LABELS, one_hot=True)).reversed()
        assert np.array_equal(both.test_labels, 9 - LABELS)
        mixed = with_test(first, Dataset("b", IMAGES[..., None], LABELS))
        assert not mixed.one_hot


def test_the_squarest_shape_has_all_features():
    for features in range(1, 400):
        height, width, channels = labeled.squarest(features)
        assert height * width * channels == features
        assert height <= width
