"""MNIST as tflearn hands it out: its rows, its types, and the idx files of a folder."""

import gzip
import struct
import warnings

from mnistlab.data.mnist import load_mnist
from mnistlab.errors import DataError
from mnistlab.tflearn.datasets import mnist

import numpy as np
import pytest

TRAIN, TEST = 5030, 20


@pytest.fixture(scope="module")
def digits():
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return load_mnist()


@pytest.fixture(scope="module")
def loaded(digits, tmp_path_factory):
    nowhere = tmp_path_factory.mktemp("mnist")
    return {one_hot: mnist.load_data(nowhere, one_hot) for one_hot in (True, False)}


class TestLoadData:
    def test_rows_are_flat_scaled_and_without_the_first_5000(self, loaded, digits):
        (x_train, y_train), (x_test, y_test) = digits
        X, Y, testX, testY = loaded[False]
        assert (X.shape, testX.shape) == ((55000, 784), (10000, 784))
        assert X.dtype == testX.dtype == np.float32
        np.testing.assert_allclose(X[7], x_train[5007].ravel() / 255, rtol=1e-6)
        np.testing.assert_allclose(testX[-1], x_test[-1].ravel() / 255, rtol=1e-6)
        np.testing.assert_array_equal(Y, y_train[5000:])
        np.testing.assert_array_equal(testY, y_test)
        assert (X.min(), X.max()) == (0, 1)

    def test_labels_are_read_only_bytes(self, loaded, digits):
        _, Y, _, testY = loaded[False]
        for labels in (Y, testY):
            assert labels.dtype == np.uint8
            with pytest.raises(ValueError, match="read-only"):
                labels[0] = 1
        assert digits[0][1].flags.writeable

    def test_one_hot_labels_are_float64(self, loaded):
        for place in (1, 3):
            rows, labels = loaded[True][place], loaded[False][place]
            assert (rows.dtype, rows.shape) == (np.float64, (len(labels), 10))
            np.testing.assert_array_equal(rows.argmax(axis=1), labels)
            np.testing.assert_array_equal(rows.sum(axis=1), 1)

    def test_mnist_has_the_sums_and_counts_that_tflearn_gives(self, loaded, digits):
        if digits.source != "mnist":
            pytest.skip("these are the numbers of MNIST itself")
        X, Y, testX, _ = loaded[False]
        assert Y[:10].tolist() == [7, 3, 4, 6, 1, 8, 1, 0, 9, 8]
        counts = [5444, 6179, 5470, 5638, 5307, 4987, 5417, 5715, 5389, 5454]
        assert np.bincount(Y).tolist() == counts
        assert loaded[True][1].sum(axis=0).tolist() == counts
        assert X.sum(dtype=np.float64) == pytest.approx(5635797.4, abs=0.05)
        assert testX.sum(dtype=np.float64) == pytest.approx(1038914.6, abs=0.05)


def idx_gz(array, kind=0x08):
    sizes = struct.pack(f">{array.ndim}I", *array.shape)
    return gzip.compress(bytes([0, 0, kind, array.ndim]) + sizes + array.tobytes(), 1)


@pytest.fixture
def folder(tmp_path):
    """Four idx files of a small data set of its own."""
    for images, labels, count in (
        (mnist.TRAIN_IMAGES, mnist.TRAIN_LABELS, TRAIN),
        (mnist.TEST_IMAGES, mnist.TEST_LABELS, TEST),
    ):
        numbers = np.arange(count)
        pixels = np.broadcast_to((numbers % 256).astype("uint8")[:, None, None], (count, 2, 3))
        (tmp_path / images).write_bytes(idx_gz(pixels))
        (tmp_path / labels).write_bytes(idx_gz((numbers % 10).astype("uint8")))
    return tmp_path


class TestFolderOfIdxFiles:
    def test_its_files_are_used(self, folder):
        X, Y, testX, testY = mnist.load_data(str(folder), one_hot=True)
        assert (X.shape, testX.shape) == ((30, 6), (20, 6))
        np.testing.assert_allclose(X[:, 0], (np.arange(5000, TRAIN) % 256) / 255, rtol=1e-6)
        np.testing.assert_array_equal(testY.argmax(axis=1), np.arange(20) % 10)
        assert Y.dtype == np.float64

    def test_the_first_5000_are_for_validation(self, folder):
        parts = mnist.read_data_sets(folder)
        assert [part.num_examples for part in parts] == [30, 5000, 20]
        np.testing.assert_array_equal(parts.validation.labels[:12], np.arange(12) % 10)
        assert not parts.train.labels.flags.writeable

    def test_when_one_is_missing_it_is_said_and_mnist_is_looked_for(self, folder, monkeypatch):
        x, y = np.zeros((5001, 28, 28), "uint8"), np.zeros(5001, "uint8")
        monkeypatch.setattr(mnist, "load_mnist", lambda: ((x, y), (x[:1], y[:1])))
        (folder / mnist.TEST_LABELS).unlink()
        with pytest.warns(UserWarning, match="lacks t10k-labels-idx1-ubyte.gz: its other files"):
            assert len(mnist.load_data(folder)[0]) == 1

    @pytest.mark.parametrize(
        ("name", "content", "text"),
        [
            (mnist.TRAIN_IMAGES, b"<html>", "is not idx: it is an HTML page"),
            (mnist.TEST_IMAGES, idx_gz(np.zeros((9, 2, 2), "uint8"))[:-9], "damaged or truncated"),
            (mnist.TEST_LABELS, idx_gz(np.zeros((20, 1), "uint8")), r"expected labels \(n,\)"),
            (mnist.TEST_IMAGES, idx_gz(np.zeros(20, "uint8")), r"expected images \(n, h, w\)"),
            (mnist.TEST_LABELS, idx_gz(np.zeros(19, "uint8")), "holds 20 images, and .* 19 labels"),
            (mnist.TEST_LABELS, idx_gz(np.full(20, 12, "uint8")), "found 12 at index 0"),
        ],
    )
    def test_a_file_that_is_not_what_its_name_says_is_refused(self, folder, name, content, text):
        (folder / name).write_bytes(content)
        with pytest.raises(DataError, match=text):
            mnist.load_data(folder, one_hot=True)

    def test_too_few_images_are_refused(self, folder):
        (folder / mnist.TRAIN_IMAGES).write_bytes((folder / mnist.TEST_IMAGES).read_bytes())
        (folder / mnist.TRAIN_LABELS).write_bytes((folder / mnist.TEST_LABELS).read_bytes())
        with pytest.raises(DataError, match="20 images, and the first 5,000 are set aside"):
            mnist.load_data(folder)

    def test_what_is_no_folder_is_refused(self, folder):
        with pytest.raises(DataError, match="is no folder"):
            mnist.load_data(folder / mnist.TEST_IMAGES)
        with pytest.raises(DataError, match="data_dir is None"):
            mnist.load_data(None)

    def test_files_are_read_one_by_one_too(self, folder):
        assert mnist.extract_images(folder / mnist.TEST_IMAGES).shape == (20, 2, 3, 1)
        assert mnist.extract_labels(folder / mnist.TEST_LABELS).tolist()[:3] == [0, 1, 2]
        assert mnist.extract_labels(folder / mnist.TEST_LABELS, one_hot=True).shape == (20, 10)


class TestBatches:
    @pytest.fixture
    def data(self):
        pixels = np.arange(5, dtype="uint8").reshape(5, 1, 1) * 51
        return mnist.DataSet(pixels, np.arange(5))

    def test_the_first_epoch_is_in_order_and_the_next_is_shuffled(self, data):
        np.random.seed(2)
        order = np.arange(5)
        np.random.shuffle(order)
        np.random.seed(2)
        batches = [data.next_batch(2) for _ in range(4)]
        expected = [[0, 1], [2, 3], order[:2], order[2:4]]
        for (images, labels), numbers in zip(batches, expected, strict=True):
            np.testing.assert_array_equal(labels, numbers)
            np.testing.assert_allclose(images[:, 0], np.array(numbers) / 5, rtol=1e-6)
        assert data.epochs_completed == 1

    @pytest.mark.parametrize("size", [0, 6])
    def test_more_than_there_are_is_refused(self, data, size):
        with pytest.raises(DataError, match=f"batch_size is {size}, and there are 5 images"):
            data.next_batch(size)

    def test_unequal_lengths_are_refused(self):
        with pytest.raises(DataError, match="found 2 and 3"):
            mnist.DataSet(np.zeros((2, 2, 2), "uint8"), np.zeros(3))

    def test_made_up_batches_need_no_data(self):
        parts = mnist.read_data_sets("nowhere", fake_data=True)
        images, labels = parts.test.next_batch(3, fake_data=True)
        assert (np.shape(images), labels, parts.test.num_examples) == ((3, 784), [0] * 3, 10_000)
