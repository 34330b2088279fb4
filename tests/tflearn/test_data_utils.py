"""tflearn's data helpers: their values and types by hand, and what they refuse."""

import io
import pickle
import random
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread

from mnistlab.errors import DataError, ImageError
from mnistlab.tflearn import data_utils as du

import h5py
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from PIL import Image

RED, GREEN = (255, 0, 0), (0, 255, 0)


def picture(path, color=RED, mode="RGB", size=(20, 10)):
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new(mode, size, color).save(path)
    return path


@pytest.fixture
def folder(tmp_path):
    """Three pictures in two classes, and a text that is none."""
    picture(tmp_path / "all/cat/a.png", RED)
    picture(tmp_path / "all/cat/b.jpg", RED)
    picture(tmp_path / "all/dog/c.png", GREEN)
    (tmp_path / "all/dog/notes.txt").write_text("no picture")
    return tmp_path / "all"


class TestToCategorical:
    def test_with_the_number_of_classes_it_is_float64(self):
        rows = du.to_categorical([2, 0, 2], 4)
        np.testing.assert_array_equal(rows, [[0, 0, 1, 0], [1, 0, 0, 0], [0, 0, 1, 0]])
        assert rows.dtype == np.float64

    def test_without_it_has_a_column_for_each_value_and_is_float32(self):
        rows = du.to_categorical([5, 7, 5])
        np.testing.assert_array_equal(rows, [[1, 0], [0, 1], [1, 0]])
        assert rows.dtype == np.float32

    def test_words_are_classes_in_the_order_of_the_alphabet(self):
        np.testing.assert_array_equal(du.to_categorical(["dog", "cat"]), [[0, 1], [1, 0]])

    @pytest.mark.parametrize("y", [[[1], [0]], np.array([[1.0], [0.0]]), [["1"], ["0"]]])
    def test_columns_floats_and_digits_as_text_are_labels_too(self, y):
        np.testing.assert_array_equal(du.to_categorical(y, np.int64(2)), [[0, 1], [1, 0]])

    @given(st.lists(st.integers(0, 9), min_size=1), st.integers(10, 12))
    def test_it_is_undone_by_argmax(self, labels, classes):
        rows = du.to_categorical(labels, classes)
        assert rows.shape == (len(labels), classes)
        assert rows.argmax(axis=1).tolist() == labels
        assert (rows.sum(axis=1) == 1).all()

    @pytest.mark.parametrize(
        ("y", "classes", "text"),
        [
            ([1, 10], 10, "found 10 at index 1"),
            ([1, -1], 10, "found -1 at index 1"),
            ([0.5], 10, "found 0.5 at index 0"),
            ([np.inf], 10, "found inf at index 0"),
            ([1, np.nan], 10, "found NaN"),
            ([1, np.nan], None, "found NaN"),
            (["cat"], 10, "expected whole numbers 0 to 9"),
            ([[1], [1, 2]], 10, "rows of different lengths"),
            ([1], 10.5, "nb_classes is 10.5"),
            ([1], -1, "nb_classes is -1"),
            (3, None, "Give \\[3\\]"),
        ],
    )
    def test_what_is_no_label_is_refused(self, y, classes, text):
        with pytest.raises(DataError, match=text):
            du.to_categorical(y, classes)


class TestShuffle:
    def test_the_order_is_numpy_s_permutation(self):
        np.random.seed(4)
        order = np.random.permutation(6)
        np.random.seed(4)
        X, Y = du.shuffle(np.arange(6), list("abcdef"))
        np.testing.assert_array_equal(X, order)
        assert "".join(Y) == "".join("abcdef"[each] for each in order)

    def test_one_array_comes_in_a_tuple_and_is_not_changed(self):
        array = np.arange(50)
        (shuffled,) = du.shuffle(array)
        assert shuffled.tolist() != array.tolist() == list(range(50))
        assert sorted(shuffled) == list(range(50))

    @pytest.mark.parametrize("arrays", [(), (3,), ([1, 2], [1])])
    def test_nothing_and_unequal_lengths_are_refused(self, arrays):
        with pytest.raises(DataError, match="arrs"):
            du.shuffle(*arrays)


floats = hnp.arrays(np.float64, (5, 3, 4), elements=st.floats(-100, 100))


class TestNormalization:
    @given(floats)
    def test_features_are_centered_over_the_samples(self, X):
        centered, mean = du.featurewise_zero_center(X)
        np.testing.assert_allclose(mean, sum(X) / len(X), atol=1e-9)
        np.testing.assert_allclose(centered.sum(axis=0), 0, atol=1e-9)
        np.testing.assert_array_equal(du.featurewise_zero_center(X, mean), centered)

    def test_features_are_divided_by_their_deviation_and_nothing_is_added_to_it(self):
        X = np.array([[1.0, 1e-12], [3.0, 3e-12]])
        scaled, std = du.featurewise_std_normalization(X)
        np.testing.assert_allclose(std, [1, 1e-12])
        np.testing.assert_allclose(scaled, [[1, 1], [3, 3]])
        np.testing.assert_allclose(du.featurewise_std_normalization(X, [2.0, 1.0]), X / [2, 1])

    def test_a_feature_that_never_varies_is_warned_of(self):
        with pytest.warns(RuntimeWarning, match="1 of 2 features never vary"):
            scaled, _ = du.featurewise_std_normalization([[0.0, 1.0], [0.0, 2.0]])
        assert np.isnan(scaled[:, 0]).all()
        assert np.isfinite(scaled[:, 1]).all()

    @given(floats)
    def test_samples_are_centered_and_scaled_in_place_along_their_rows(self, X):
        before = X.copy()
        assert du.samplewise_zero_center(X) is X
        for sample, old in zip(X, before, strict=True):
            for row, old_row in zip(sample, old, strict=True):
                np.testing.assert_allclose(row, old_row - sum(old_row) / 4, atol=1e-9)
        centered = X.copy()
        assert du.samplewise_std_normalization(X) is X
        deviation = np.sqrt((centered**2).mean(axis=2, keepdims=True))
        np.testing.assert_allclose(X * (deviation + 1e-10), centered, atol=1e-9)

    def test_a_list_of_samples_is_changed_as_well(self):
        X = [np.array([[1.0, 3.0]]), [[2.0, 6.0]]]
        du.samplewise_zero_center(X)
        np.testing.assert_array_equal(np.stack(X), [[[-1, 1]], [[-2, 2]]])

    @pytest.mark.parametrize("X", [np.ones((2, 3)), np.ones((2, 3, 4), "uint8")])
    @pytest.mark.parametrize(
        "function", [du.samplewise_zero_center, du.samplewise_std_normalization]
    )
    def test_flat_rows_and_whole_numbers_are_refused(self, X, function):
        with pytest.raises(DataError, match=r"X\[0\]: expected floating point"):
            function(X)

    @pytest.mark.parametrize(
        "function", [du.featurewise_zero_center, du.featurewise_std_normalization]
    )
    @pytest.mark.parametrize("X", [[], 3, ["a"], [[1.0], [np.nan]]])
    def test_what_has_no_mean_is_refused(self, X, function):
        with pytest.raises(DataError, match="X: expected"):
            function(X)

    def test_maximum_mean_and_deviation_are_those_of_all_numbers(self):
        X = [[1.0, 2.0], [3.0, 6.0]]
        assert (du.get_max(X), du.get_mean(X), du.get_std(X)) == (6, 3, np.sqrt(14 / 4))

    @pytest.mark.parametrize(
        ("function", "flipped"),
        [(du.random_flip_leftright, np.fliplr), (du.random_flip_updown, np.flipud)],
    )
    def test_flips_follow_python_s_random(self, function, flipped):
        image = np.arange(6).reshape(2, 3)
        random.seed(3)
        tosses = [random.getrandbits(1) for _ in range(20)]
        random.seed(3)
        for toss in tosses:
            np.testing.assert_array_equal(function(image), flipped(image) if toss else image)


class TestPadSequences:
    @pytest.mark.parametrize(
        ("padding", "truncating", "expected"),
        [
            ("post", "post", [[1, 2, 3], [5, 9, 9], [9, 9, 9]]),
            ("pre", "post", [[1, 2, 3], [9, 9, 5], [9, 9, 9]]),
            ("post", "pre", [[2, 3, 4], [5, 9, 9], [9, 9, 9]]),
            ("pre", "pre", [[2, 3, 4], [9, 9, 5], [9, 9, 9]]),
        ],
    )
    def test_sequences_are_cut_and_filled_at_the_ends_asked_for(
        self, padding, truncating, expected
    ):
        padded = du.pad_sequences(
            [[1, 2, 3, 4], [5], []], 3, padding=padding, truncating=truncating, value=9.0
        )
        np.testing.assert_array_equal(padded, expected)
        assert padded.dtype == np.int32

    @given(st.lists(st.lists(st.integers(1, 100), max_size=6), min_size=1))
    def test_the_longest_gives_the_length_and_nothing_is_lost(self, sequences):
        padded = du.pad_sequences(sequences)
        assert padded.shape == (len(sequences), max(map(len, sequences)))
        assert [row[row > 0].tolist() for row in padded] == sequences

    def test_no_length_leaves_nothing(self):
        assert du.pad_sequences([[1, 2]], maxlen=0, truncating="pre").shape == (1, 0)

    def test_the_type_is_the_one_asked_for(self):
        padded = du.pad_sequences([[0.5, np.nan]], dtype="float32")
        np.testing.assert_array_equal(padded, np.float32([[0.5, np.nan]]))

    @pytest.mark.parametrize(
        ("sequences", "options", "text"),
        [
            ([[1]], {"padding": "left"}, "Padding type 'left' not understood"),
            ([[1]], {"truncating": "left"}, "Truncating type 'left' not understood"),
            ([[1]], {"maxlen": 2.5}, "maxlen is 2.5"),
            ([], {}, "at least one"),
            ([1, 2], {}, r"sequences\[0\]: expected a list of numbers"),
            ([[1], ["a"]], {}, r"sequences\[1\]: expected a list of numbers"),
            ([[1], [np.nan]], {}, r"sequences\[1\]: a value that is not finite has no int32"),
        ],
    )
    def test_what_cannot_be_padded_is_refused(self, sequences, options, text):
        with pytest.raises(DataError, match=text):
            du.pad_sequences(sequences, **options)


class TestText:
    TEXT = "hello world, hello digits"

    def test_pieces_and_the_characters_after_them_can_be_read_back(self, capsys):
        X, Y, numbers = du.string_to_semi_redundant_sequences(self.TEXT, 6, 4)
        letters = {number: char for char, number in numbers.items()}
        starts = range(0, len(self.TEXT) - 6, 4)
        assert X.dtype == Y.dtype == bool
        assert [
            "".join(letters[each] for each in piece) for piece in X.argmax(axis=2).tolist()
        ] == [self.TEXT[start : start + 6] for start in starts]
        assert [letters[each] for each in Y.argmax(axis=1).tolist()] == [
            self.TEXT[start + 6] for start in starts
        ]
        assert (X.sum(axis=2) == 1).all()
        assert capsys.readouterr().out.splitlines() == [
            "Vectorizing text...",
            "Text total length: 25",
            f"Distinct chars   : {len(set(self.TEXT))}",
            f"Total sequences  : {len(starts)}",
        ]

    def test_given_numbers_are_used(self):
        given_numbers = {"b": 0, "a": 1, "c": 2}
        X, _, numbers = du.string_to_semi_redundant_sequences("abab", 2, 1, given_numbers)
        assert numbers is given_numbers
        np.testing.assert_array_equal(X.argmax(axis=2), [[1, 0], [0, 1]])

    def test_a_file_gives_the_same_and_may_be_made_lower_case(self, tmp_path):
        path = tmp_path / "text.txt"
        path.write_text(self.TEXT.upper(), "utf-8")
        from_file = du.textfile_to_semi_redundant_sequences(path, 6, 4, to_lower_case=True)
        for found, expected in zip(
            from_file, du.string_to_semi_redundant_sequences(self.TEXT, 6, 4), strict=True
        ):
            assert np.array_equal(found, expected)

    def test_random_pieces_are_pieces(self, tmp_path):
        path = tmp_path / "text.txt"
        path.write_text(self.TEXT)
        for _ in range(30):
            assert du.random_sequence_from_string(self.TEXT, 7) in self.TEXT
            assert len(du.random_sequence_from_textfile(path, 7)) == 7

    @pytest.mark.parametrize(
        ("arguments", "text"),
        [
            (("abc", 3), "the text has 3 characters"),
            (("abc", 2, 0), "redun_step is 0"),
            (("abc", 2, 1, {"a": 0, "b": 1}), "lacks \\['c'\\]"),
            (("ab", 1, 1, {"a": 1, "b": 2}), "expected the numbers 0 to 1"),
        ],
    )
    def test_a_text_that_does_not_do_is_refused(self, arguments, text):
        with pytest.raises(DataError, match=text):
            du.string_to_semi_redundant_sequences(*arguments)

    def test_missing_and_binary_files_are_named(self, tmp_path):
        with pytest.raises(FileNotFoundError, match=r"none\.txt does not exist"):
            du.random_sequence_from_textfile(tmp_path / "none.txt", 5)
        (tmp_path / "bad.txt").write_bytes(b"\xff\xfe\x00")
        with pytest.raises(DataError, match=r"bad\.txt is not a text file in UTF-8"):
            du.random_sequence_from_textfile(tmp_path / "bad.txt", 5)


class TestLoadCsv:
    TABLE = 'id,name,age,kind\n7,"Smith, J",30,1\n\n8,Lee,40,0\n'

    @pytest.fixture
    def table(self, tmp_path):
        path = tmp_path / "table.csv"
        path.write_text(self.TABLE)
        return path

    def test_values_are_text_and_the_last_column_is_the_label(self, table):
        assert du.load_csv(table) == (
            [["7", "Smith, J", "30"], ["8", "Lee", "40"]],
            ["1", "0"],
        )

    @pytest.mark.parametrize(
        ("target", "ignored", "data", "labels"),
        [
            (0, [1, 3], [["30"], ["40"]], ["7", "8"]),
            (-1, [0, 1], [["30"], ["40"]], ["1", "0"]),
            (3, [-3, 0], [["30"], ["40"]], ["1", "0"]),
            (2, [0, 2, 3], [["Smith, J"], ["Lee"]], ["30", "40"]),
        ],
    )
    def test_ignored_columns_are_those_of_the_file(self, table, target, ignored, data, labels):
        asked = list(ignored)
        assert du.load_csv(table, target, ignored) == (data, labels)
        assert ignored == asked

    def test_labels_become_one_hot_rows(self, table):
        _, labels = du.load_csv(table, categorical_labels=True, n_classes=2)
        np.testing.assert_array_equal(labels, [[0, 1], [1, 0]])

    def test_without_a_header_the_first_line_is_a_row(self, table):
        data, labels = du.load_csv(table, has_header=False)
        assert (len(data), labels[0]) == (3, "kind")

    @pytest.mark.parametrize(
        ("content", "options", "text"),
        [
            (TABLE, {"target_column": 4}, "target_column: column 4 is not there"),
            (TABLE, {"columns_to_ignore": [9]}, "columns_to_ignore: column 9 is not there"),
            (TABLE, {"categorical_labels": True}, "n_classes not specified!"),
            (TABLE, {"categorical_labels": True, "n_classes": 1}, "found 1 at index 0"),
            ("a,b\n", {}, "has no rows"),
            ("a,b\n1,2\n1\n", {}, "row 1 has 1 columns, and row 0 has 2"),
        ],
    )
    def test_what_is_no_such_table_is_refused(self, tmp_path, content, options, text):
        (tmp_path / "bad.csv").write_text(content)
        with pytest.raises(DataError, match=text):
            du.load_csv(tmp_path / "bad.csv", **options)

    def test_a_missing_file_is_named(self, tmp_path):
        with pytest.raises(FileNotFoundError, match=r"none\.csv does not exist"):
            du.load_csv(tmp_path / "none.csv")


class TestPictures:
    def test_a_picture_is_opened_scaled_converted_and_read(self, tmp_path):
        image = du.load_image(str(picture(tmp_path / "a.png", RED)))
        assert (image.mode, image.size) == ("RGB", (20, 10))
        small = du.resize_image(image, 4, 6, tmp_path / "small.png")
        assert small.size == Image.open(tmp_path / "small.png").size == (4, 6)
        gray = du.pil_to_nparray(du.convert_color(small, "L"))
        assert (gray.shape, gray.dtype) == ((6, 4), np.float32)
        np.testing.assert_array_equal(gray, 76)

    def test_the_filter_is_lanczos(self):
        noise = Image.fromarray(np.random.default_rng(0).integers(0, 256, (20, 20), dtype="uint8"))
        expected = noise.resize((7, 7), Image.Resampling.LANCZOS)
        assert du.resize_image(noise, 7, 7).tobytes() == expected.tobytes()

    @pytest.mark.parametrize(("mode", "channels"), [("L", 1), ("RGB", 3), ("RGBA", 4)])
    def test_channels_are_counted(self, tmp_path, mode, channels):
        assert du.get_img_channel(picture(tmp_path / "a.png", None, mode)) == channels

    def test_an_open_file_is_a_picture_too(self, tmp_path):
        content = io.BytesIO(picture(tmp_path / "a.png").read_bytes())
        assert du.load_image(content).size == (20, 10)

    @pytest.mark.parametrize("found", [True, False])
    def test_an_address_is_fetched(self, tmp_path, found):
        content = picture(tmp_path / "a.png").read_bytes()

        class Answer(BaseHTTPRequestHandler):
            def do_GET(self):
                self.send_response(200 if found else 404)
                self.end_headers()
                self.wfile.write(content)

            def log_message(self, *_):
                pass

        with HTTPServer(("127.0.0.1", 0), Answer) as server:
            Thread(target=server.handle_request, daemon=True).start()
            address = f"http://127.0.0.1:{server.server_port}/a.png"
            if found:
                assert du.load_image(address).size == (20, 10)
            else:
                with pytest.raises(ImageError, match="cannot be had: HTTP Error 404"):
                    du.load_image(address)

    def test_faults_are_named_and_are_what_pillow_raises_too(self, tmp_path):
        with pytest.raises(FileNotFoundError, match=r"none\.png does not exist"):
            du.load_image(tmp_path / "none.png")
        (tmp_path / "text.png").write_text("no picture")
        with pytest.raises(OSError, match=r"text\.png is not a picture"):
            du.load_image(tmp_path / "text.png")
        noise = np.random.default_rng(0).integers(0, 256, (50, 50), dtype="uint8")
        Image.fromarray(noise).save(tmp_path / "cut.png")
        content = (tmp_path / "cut.png").read_bytes()
        (tmp_path / "cut.png").write_bytes(content[: len(content) // 2])
        with pytest.raises(ImageError, match=r"cut\.png cannot be read as a picture"):
            du.load_image(tmp_path / "cut.png")

    def test_sizes_and_modes_that_do_not_exist_are_refused(self):
        image = Image.new("RGB", (4, 4))
        with pytest.raises(DataError, match="new_width is 0"):
            du.resize_image(image, 0, 4)
        with pytest.raises(DataError, match="mode: a picture of mode RGB does not become 'gray'"):
            du.convert_color(image, "gray")


class TestFolders:
    def test_each_folder_is_a_class_in_the_order_of_the_alphabet(self, folder):
        paths, classes = du.directory_to_samples(str(folder), flags=[".png", ".jpg"])
        assert paths == [str(folder / each) for each in ("cat/a.png", "cat/b.jpg", "dog/c.png")]
        assert classes == [0, 0, 1]

    def test_without_flags_every_file_counts_and_a_flag_may_be_a_text(self, folder):
        assert len(du.directory_to_samples(folder)[0]) == 4
        assert du.directory_to_samples(folder, ".png")[1] == [0, 1]

    def test_pictures_without_three_channels_can_be_left_out(self, folder):
        picture(folder / "dog/gray.png", 7, "L")
        paths, _ = du.directory_to_samples(folder, [".png"], filter_channel=True)
        assert [Path(path).name for path in paths] == ["a.png", "c.png"]

    def test_a_folder_that_is_none_is_named(self, folder):
        with pytest.raises(FileNotFoundError, match="none does not exist"):
            du.directory_to_samples(folder / "none")
        with pytest.raises(DataError, match="is no folder"):
            du.directory_to_samples(folder / "cat/a.png")


class TestPreloader:
    made = du.Preloader([1, 2, 3, 4], lambda number: number * 10)

    @pytest.mark.parametrize(
        ("index", "expected"),
        [
            (1, 20),
            (-1, 40),
            (np.int64(2), 30),
            (np.array(2), 30),
            (slice(1, 3), [20, 30]),
            ([3, 0, 3], [40, 10, 40]),
            (np.array([2, 1]), [30, 20]),
            (np.array([True, False, False, True]), [10, 40]),
        ],
    )
    def test_it_is_indexed_as_an_array(self, index, expected):
        assert self.made[index] == expected
        assert len(self.made) == 4


class TestImagePreloader:
    def test_a_folder_is_read_when_it_is_indexed(self, folder):
        X, Y = du.image_preloader(folder, (8, 6), "folder", files_extension=[".png"])
        assert len(X) == len(Y) == 2
        first, second = X[np.array([0, 1])]
        np.testing.assert_array_equal(first, np.broadcast_to([1, 0, 0], (6, 8, 3)))
        np.testing.assert_array_equal(second, np.broadcast_to([0, 1, 0], (6, 8, 3)))
        assert first.dtype == np.float32
        np.testing.assert_array_equal(Y[:], [[1, 0], [0, 1]])
        (folder / "cat/a.png").unlink()
        with pytest.raises(FileNotFoundError, match=r"a\.png does not exist"):
            X[0]

    def test_a_list_names_paths_and_labels(self, folder):
        listed = folder / "list.txt"
        listed.write_text("cat/a.png 2\n\ndog/c.png 0\nnone.gif 1\n", "utf-8-sig")
        X, Y = du.image_preloader(
            str(listed),
            (20, 10),
            normalize=False,
            grayscale=True,
            categorical_labels=False,
            files_extension=[".png"],
            image_base_path=f"{folder}/",
        )
        assert X[0].shape == (10, 20, 1)
        assert X[0].max() == 76
        assert Y[:] == [2, 0]

    def test_the_classes_are_counted_by_the_highest_label(self, folder):
        (folder / "list.txt").write_text(f"{folder}/cat/a.png 2")
        _, Y = du.image_preloader(folder / "list.txt", (4, 4))
        np.testing.assert_array_equal(Y[0], [0, 0, 1])

    @pytest.mark.parametrize(
        ("line", "path", "label"),
        [
            ("pictures/a b.png  3 ", "pictures/a b.png", 3),
            # As in tflearn, a second word that is a number is the label.
            ("a.png 2 17.5 3", "a.png", 2),
        ],
    )
    def test_a_path_may_have_spaces(self, tmp_path, line, path, label):
        (tmp_path / "list.txt").write_text(line)
        X, Y = du.image_preloader(tmp_path / "list.txt", (4, 4), categorical_labels=False)
        assert (X.array, Y[:]) == ([path], [label])

    def test_labels_may_be_measurements(self, folder):
        (folder / "list.txt").write_text("a.png 0.5\nb.png -2\n")
        options = {"float_labels": True, "categorical_labels": False}
        _, Y = du.image_preloader(folder / "list.txt", (4, 4), **options)
        assert Y[:] == [0.5, -2.0]

    def test_gray_files_stay_flat_and_palettes_become_colors(self, tmp_path):
        gray, colored = tmp_path / "gray.png", tmp_path / "palette.gif"
        picture(gray, 51, "L")
        Image.new("RGB", (20, 10), RED).convert("P").save(colored)
        X = du.ImagePreloader([gray, colored], (20, 10))
        np.testing.assert_array_equal(X[0], np.full((10, 20), 0.2, "float32"))
        np.testing.assert_array_equal(X[1], np.broadcast_to([1, 0, 0], (10, 20, 3)))
        with pytest.raises(ImageError, match="differ in their channels"):
            X[:]

    @pytest.mark.parametrize(
        ("content", "options", "text"),
        [
            ("a.png 1", {"mode": "files"}, "`mode` arg must be 'folder' or 'file'"),
            ("a.png 1", {"image_shape": (4,)}, "Image shape error"),
            ("a.png 1", {"image_shape": (4, 0)}, r"image_shape\[1\] is 0"),
            ("a.png 1", {"files_extension": [".jpg"]}, "names no pictures"),
            ("", {}, "names no pictures"),
            ("a.png 1\nb.png", {}, r"list\.txt, line 2: expected a path, a space and a whole"),
            ("a.png 0.5", {}, "or give float_labels=True"),
            ("a.png one", {"float_labels": True}, "expected a path, a space and a number"),
            ("a.png 1", {"float_labels": True}, "Give categorical_labels=False"),
            ("a.png -1", {}, "expected whole numbers from 0, found -1"),
        ],
    )
    def test_what_makes_no_data_set_is_refused(self, tmp_path, content, options, text):
        (tmp_path / "list.txt").write_text(content)
        with pytest.raises(DataError, match=text):
            du.image_preloader(tmp_path / "list.txt", **{"image_shape": (4, 4), **options})

    def test_missing_targets_are_named(self, tmp_path):
        for mode in ("file", "folder"):
            with pytest.raises(FileNotFoundError, match="none does not exist"):
                du.image_preloader(tmp_path / "none", (4, 4), mode)

    def test_one_hot_labels_need_the_number_of_classes(self):
        with pytest.raises(DataError, match="n_class is None"):
            du.LabelPreloader([0, 1])
        assert du.LabelPreloader([0.5], categorical_label=False)[0] == 0.5


OPTIONS = {"resize": (4, 6), "filetypes": [".png", ".jpg"]}


class TestDatasetFromFolder:
    def test_pictures_are_read_once_and_kept(self, folder, tmp_path, capsys):
        kept = tmp_path / "kept.pkl"
        X, Y = du.build_image_dataset_from_dir(folder, kept, **OPTIONS)
        assert capsys.readouterr().out == "Starting to parse images...\nParsing Done!\n"
        assert [image.shape for image in X] == [(6, 4, 3)] * 3
        assert X[2].max() == 1.0
        assert Y == [0, 0, 1]
        again, labels = du.build_image_dataset_from_dir("not looked at", kept)
        assert capsys.readouterr().out == ""
        np.testing.assert_array_equal(again, X)
        assert labels == Y

    def test_it_shuffles_and_makes_one_hot_rows_and_gray(self, folder, tmp_path):
        options = OPTIONS | {"shuffle_data": True, "categorical_Y": True}
        kept = tmp_path / "kept.pkl"
        X, Y = du.build_image_dataset_from_dir(folder, kept, convert_gray=True, **options)
        assert (X.shape, Y.shape) == ((3, 6, 4), (3, 2))
        greens = np.isclose(X[:, 0, 0], 150 / 255)
        np.testing.assert_array_equal(Y[:, 1], greens)
        for found, expected in zip(
            du.build_image_dataset_from_dir(folder, kept), (X, Y), strict=True
        ):
            np.testing.assert_array_equal(found, expected)

    @pytest.mark.parametrize("protocol", [2, 3, 4, 5])
    def test_a_pickle_of_any_protocol_is_read(self, tmp_path, protocol):
        X = [np.arange(6, dtype="float32").reshape(2, 3), np.ones((4, 5), "float32").T]
        Y = np.eye(2)
        (tmp_path / "old.pkl").write_bytes(pickle.dumps((X, Y), protocol))
        images, labels = du.build_image_dataset_from_dir(tmp_path, tmp_path / "old.pkl")
        for found, expected in zip([*images, labels], [*X, Y], strict=True):
            np.testing.assert_array_equal(found, expected)

    @pytest.mark.parametrize("damage", ["code", "text", "short", "unequal"])
    def test_what_is_no_data_set_is_not_run_and_stays(self, tmp_path, damage):
        path, victim = tmp_path / "bad.pkl", tmp_path / "touched"

        class Code:
            def __reduce__(self):
                return Path.touch, (victim,)

        content = {
            "code": pickle.dumps(Code()),
            "text": b"not a pickle",
            "short": pickle.dumps(([np.ones(9)], [1]))[:-9],
            "unequal": pickle.dumps(([np.ones(9)], [1, 2])),
        }[damage]
        path.write_bytes(content)
        with pytest.raises(DataError, match=r"bad\.pkl is not a data set"):
            du.build_image_dataset_from_dir(tmp_path, path)
        assert path.read_bytes() == content
        assert not victim.exists()


class TestHdf5:
    def test_it_holds_pictures_and_labels(self, folder, tmp_path):
        path = tmp_path / "set.h5"
        picture(folder / "cat/gray.png", 51, "L")
        du.build_hdf5_image_dataset(
            folder, (8, 6), path, "folder", files_extension=[".png"], chunks=True
        )
        with h5py.File(path) as file:
            assert file["X"].chunks == (1, 6, 8, 3)
            colors = np.float32([[1, 0, 0], [0.2] * 3, [0, 1, 0]])
            np.testing.assert_array_equal(file["X"][:, 0, 0], colors)
            np.testing.assert_array_equal(file["Y"], [[1, 0], [1, 0], [0, 1]])
            assert file["X"].dtype == np.float32

    def test_gray_plain_pixels_and_measurements(self, folder, tmp_path):
        path = tmp_path / "set.h5"
        (folder / "list.txt").write_text("cat/a.png 0.5\ndog/c.png 2")
        du.build_hdf5_image_dataset(
            folder / "list.txt",
            (8, 6),
            path,
            categorical_labels=False,
            normalize=False,
            grayscale=True,
            image_base_path=f"{folder}/",
            float_labels=True,
        )
        with h5py.File(path) as file:
            assert file["X"].shape == (2, 6, 8)
            np.testing.assert_array_equal(file["X"][:, 0, 0], [76, 150])
            np.testing.assert_array_equal(file["Y"], [0.5, 2])

    @pytest.mark.parametrize("missing", [True, False])
    def test_a_bad_picture_is_named_and_the_old_file_stays(self, folder, tmp_path, missing):
        path = tmp_path / "set.h5"
        path.write_bytes(b"old")
        (folder / "list.txt").write_text(f"{folder}/cat/a.png 0\n{folder}/x.png 1")
        if not missing:
            (folder / "x.png").write_text("no picture")
        error, text = (FileNotFoundError, "does not exist") if missing else (ImageError, "is not")
        with pytest.raises(error, match=rf"x\.png {text}"):
            du.build_hdf5_image_dataset(folder / "list.txt", (8, 6), path)
        assert path.read_bytes() == b"old"
        assert sorted(each.name for each in tmp_path.iterdir()) == ["all", "set.h5"]
