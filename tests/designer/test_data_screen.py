"""The first screen: data chosen, looked at, confirmed, and what happens when they are none."""

import datetime
import io

from mnistlab.data import datasets
from mnistlab.data.datasets import Dataset
from mnistlab.errors import DataError
from mnistlab.widgets.designer.document import Design
from mnistlab.widgets.designer.project import Project
from mnistlab.widgets.designer.screens import data as module
from mnistlab.widgets.designer.screens.data import FILE, STANDIN, DataScreen
from mnistlab.widgets.designer.screens.uploads import LARGEST_UPLOAD

import numpy as np
import pytest
from PIL import Image

IMAGES = np.random.default_rng(3).integers(0, 256, (30, 28, 28), dtype="uint8")
LABELS = np.arange(30) % 10
ATTACK = "<img src=x onerror=alert(1)>"
MNIST = Dataset(
    "MNIST", IMAGES[..., None], LABELS, IMAGES[:4, ..., None], LABELS[:4], source="mnist"
)


@pytest.fixture
def asked(monkeypatch):
    """What was asked of MNIST's loader, which gives thirty images at once."""
    sources = []

    def builtin(source):
        sources.append(source)
        return MNIST

    monkeypatch.setattr(datasets, "builtin", builtin)
    return sources


@pytest.fixture
def project(tmp_path):
    return Project(Design.from_template("keras_convnet"), tmp_path)


@pytest.fixture
def screen(project, asked):
    made = DataScreen(project)
    project.observe(made.refresh)
    yield made
    made.close()


def table(labels=LABELS, images=IMAGES):
    return "\n".join(
        ",".join(str(value) for value in [label, *image.ravel()])
        for label, image in zip(labels, images, strict=True)
    )


def one_hot_table():
    """Returns a table as the article's tool writes it: 0, ..., 0, 1 is the class 0."""
    return "\n".join(
        ",".join(
            [*map(str, image.ravel()), *("1" if 9 - each == label else "0" for each in range(10))]
        )
        for label, image in zip(LABELS, IMAGES, strict=True)
    )


def write(project, name, content):
    (project.folder / name).write_text(content)


def load(screen, path):
    screen.source.value = FILE
    screen.path.value = path
    screen.load_button.click()


def upload(screen, *files):
    screen.upload.value = [
        {
            "name": name,
            "type": "",
            "size": len(content),
            "content": content,
            "last_modified": datetime.datetime.now(datetime.UTC),
        }
        for name, content in files
    ]


def is_shown(widget):
    return widget.layout.display != "none"


class TestMnist:
    def test_one_click_loads_it_and_another_leads_on(self, screen, project, asked):
        went = []
        screen.on_next = lambda: went.append(True)
        assert screen.next.disabled
        assert not is_shown(screen._found)
        screen.load_button.click()
        assert asked == ["mnist"]
        assert project.states["Data"] == "ready"
        assert screen.headline.words == "MNIST"
        assert "30 images to train on, 4 to test with; 10 classes" in screen.numbers.words
        assert "784 features for each image, with values from 0 to 255" in screen.numbers.words
        assert screen.bars.rows[0] == ["0", 3, 1]
        assert len(screen.grid.captions) == 20
        screen.next.click()
        assert went == [True]
        assert project.states["Data"] == "done"

    def test_the_stand_in_is_loaded_when_it_is_chosen(self, screen, asked):
        screen.source.value = STANDIN
        screen.load_button.click()
        assert asked == ["standin"]

    def test_it_is_shown_as_running_while_it_loads(self, screen, project, monkeypatch):
        states = []
        monkeypatch.setattr(
            datasets, "builtin", lambda _: states.append(project.states["Data"]) or MNIST
        )
        screen.load_button.click()
        assert states == ["running"]
        assert project.states["Data"] == "ready"

    def test_each_sample_stands_over_its_own_label(self, screen):
        screen.load_button.click()
        pixels = np.frombuffer(screen.grid.pixels, "uint8").reshape(-1, 28, 28)
        for image, caption in zip(pixels, screen.grid.captions, strict=True):
            place = next(at for at, each in enumerate(IMAGES) if np.array_equal(each, image))
            assert caption == str(LABELS[place])

    def test_other_samples_can_be_had(self, screen):
        screen.load_button.click()
        before = screen.grid.pixels
        screen.draw_samples()
        assert screen.grid.pixels != before

    def test_data_that_a_script_gives_are_shown_too(self, screen, project):
        project.use(MNIST)
        assert screen.headline.words == "MNIST"
        assert not screen.next.disabled


class TestFiles:
    def test_the_fields_for_files_are_there_when_they_are_needed(self, screen):
        assert not is_shown(screen._file)
        screen.source.value = FILE
        assert is_shown(screen._file)

    def test_what_lies_in_the_folder_is_offered(self, project, asked):
        for name in ("b.csv", "A.npz", "x.keras", "train-images-idx3-ubyte", f"{ATTACK[1:8]}.txt"):
            write(project, name, "1")
        (project.folder / "digits" / "7").mkdir(parents=True)
        Image.fromarray(IMAGES[0]).save(project.folder / "digits" / "7" / "a.png")
        (project.folder / "models" / "old").mkdir(parents=True)
        screen = DataScreen(project)
        names = [value for _, value in screen.files.options]
        assert names == ["", "A.npz", "b.csv", "digits", "img src.txt", "train-images-idx3-ubyte"]

    def test_a_choice_is_the_path(self, screen, project):
        write(project, "b.csv", table())
        screen.look_again()
        screen.source.value = FILE
        screen.files.value = "b.csv"
        assert screen.path.value == "b.csv"
        screen.load_button.click()
        assert np.array_equal(project.dataset.labels, LABELS)
        assert "The first column was taken for the label." in screen.notes.texts

    def test_looking_again_keeps_the_choice_as_long_as_it_is_there(self, screen, project):
        write(project, "b.csv", table())
        screen.look_again()
        screen.files.value = "b.csv"
        screen.path.value = "elsewhere.csv"
        screen.look_again()
        assert screen.files.value == "b.csv"
        assert screen.path.value == "elsewhere.csv"
        (project.folder / "b.csv").unlink()
        screen.look_again()
        assert screen.files.value == ""

    def test_another_label_column_is_read_at_once(self, screen, project):
        write(project, "b.csv", "7,0,0,9,3\n2,0,0,9,4\n")
        load(screen, "b.csv")
        assert project.dataset.labels.tolist() == [7, 2]
        screen.label_column.value = "last"
        assert project.dataset.labels.tolist() == [3, 4]

    def test_the_preview_decides_the_order_of_one_hot_labels(self, screen, project):
        write(project, "a.txt", one_hot_table())
        load(screen, "a.txt")
        assert is_shown(screen._order_row)
        assert np.array_equal(project.dataset.labels, 9 - LABELS)
        screen.order.value = True
        assert np.array_equal(project.dataset.labels, LABELS)
        assert screen.bars.rows[3] == ["3", 3, 0]
        screen.order.value = False
        assert np.array_equal(project.dataset.labels, 9 - LABELS)
        write(project, "b.csv", table())
        load(screen, "b.csv")
        assert not is_shown(screen._order_row)

    def test_class_names_of_a_folder_are_text(self, screen, project):
        folder = project.folder / "digits" / ATTACK
        folder.mkdir(parents=True)
        Image.fromarray(IMAGES[0]).save(folder / "a.png")
        load(screen, "digits")
        assert project.dataset.classes == (ATTACK,)
        assert screen.grid.captions == [ATTACK]
        assert screen.bars.rows[0][0] == ATTACK

    def test_a_test_part_is_a_second_file(self, screen, project):
        write(project, "a.txt", one_hot_table())
        write(project, "b.csv", table()[: len(table()) // 2].rpartition("\n")[0])
        load(screen, "a.txt")
        screen.order.value = True
        screen.test_path.value = "b.csv"
        screen.add_test()
        count = len(project.dataset.test_labels)
        assert np.array_equal(project.dataset.test_labels, LABELS[:count])
        assert f"{count} to test with" in screen.numbers.words
        screen.test_path.value = "a.txt"
        screen.add_test()

    def test_a_test_part_is_read_in_the_same_order(self, screen, project):
        write(project, "a.txt", one_hot_table())
        load(screen, "a.txt")
        screen.order.value = True
        screen.test_path.value = "a.txt"
        screen.add_test()
        assert np.array_equal(project.dataset.test_labels, LABELS)
        screen.order.value = False
        assert np.array_equal(project.dataset.test_labels, 9 - LABELS)


class TestUploads:
    def test_it_is_read_at_once_and_under_its_name(self, screen, project):
        upload(screen, ("mine.csv", table().encode()))
        assert project.dataset.name == "mine.csv"
        assert np.array_equal(project.dataset.labels, LABELS)
        upload(screen, ("other.csv", b"7,0,0,9,3\n2,0,0,9,4\n"))
        screen.label_column.value = "last"
        assert project.dataset.name == "other.csv"
        assert project.dataset.labels.tolist() == [3, 4]

    def test_an_error_names_the_upload_and_no_folder_that_it_lay_in(self, screen):
        upload(screen, (f"../{ATTACK[1:9]}.csv", b"1,2\n3,x\n"))
        [message] = screen.notice.texts
        assert message.startswith("img src=.csv, line 2, column 2 is 'x'")

    def test_the_same_upload_can_be_tried_again(self, screen, project):
        upload(screen, ("a.csv", b"<html>"))
        assert screen.upload.value == ()
        upload(screen, ("a.csv", table().encode()))
        assert screen.notice.texts == []
        assert project.dataset.name == "a.csv"

    def test_more_than_10_mib_is_refused_and_a_path_offered(self, screen, project):
        upload(screen, ("a.npz", bytes(LARGEST_UPLOAD + 1)))
        assert "at most 10 MiB" in screen.notice.texts[0]
        assert "give its path instead" in screen.notice.texts[0]
        assert "at most 10 MiB" in screen.upload.description
        assert project.dataset is None

    def test_idx_files_are_uploaded_together(self, screen, project):
        sizes = (30).to_bytes(4, "big"), (28).to_bytes(4, "big")
        images = bytes([0, 0, 8, 3]) + sizes[0] + 2 * sizes[1] + IMAGES.tobytes()
        labels = bytes([0, 0, 8, 1]) + sizes[0] + LABELS.astype("uint8").tobytes()
        upload(screen, ("my-labels-idx1-ubyte", labels), ("my-images-idx3-ubyte", images))
        assert screen.notice.texts == []
        assert np.array_equal(project.dataset.images[..., 0], IMAGES)
        assert np.array_equal(project.dataset.labels, LABELS)

    def test_an_archive(self, screen, project):
        buffer = io.BytesIO()
        np.savez(buffer, x=IMAGES, y=LABELS)
        upload(screen, ("a.npz", buffer.getvalue()))
        assert project.dataset.input_shape == (28, 28, 1)


class TestTheShape:
    def test_next_is_locked_until_it_agrees(self, screen, project):
        screen.load_button.click()
        screen.width.value = 27
        assert screen.next.disabled
        assert project.states["Data"] == "invalid"
        assert screen.shape_words.texts[0].startswith("784 features are not 28x27x1 = 756.")
        assert screen.why_locked.words == "The shape does not fit yet."
        screen.width.value = 28
        assert not screen.next.disabled
        assert project.states["Data"] == "ready"
        assert screen.why_locked.words == ""

    def test_another_that_agrees_is_taken(self, screen, project):
        screen.load_button.click()
        screen.next.click()
        screen.height.value = 14
        screen.width.value = 56
        assert project.dataset.input_shape == (14, 56, 1)
        assert project.states["Data"] == "ready"
        screen.next.click()
        assert project.design.input_shape == (14, 56, 1)

    @pytest.mark.parametrize("height", [0, -28, 10**9])
    def test_no_number_does_harm(self, screen, height):
        screen.load_button.click()
        screen.height.value = height
        assert screen.next.disabled
        assert "784 features are not" in screen.shape_words.texts[0]

    def test_a_click_on_a_locked_button_confirms_nothing(self, screen, project):
        screen.load_button.click()
        screen.width.value = 27
        screen.guarded(screen.confirm)()
        assert not project.confirmed
        assert "784 features are not" in screen.notice.texts[0]

    def test_other_data_bring_their_own(self, screen, project):
        screen.load_button.click()
        screen.width.value = 27
        project.use(Dataset("small", np.zeros((2, 8, 6, 1), "uint8"), np.array([0, 1])))
        assert (screen.height.value, screen.width.value) == (8, 6)
        assert project.states["Data"] == "ready"
        assert not screen.next.disabled

    def test_typing_is_not_overwritten_by_what_happens_elsewhere(self, screen, project):
        screen.load_button.click()
        screen.width.value = 27
        project.changed()
        assert screen.width.value == 27

    def test_two_channels_can_be_looked_at(self, screen, project):
        project.use(Dataset("two", np.zeros((3, 4, 4, 2), "uint8"), np.array([0, 1, 1])))
        assert screen.grid.shape == [4, 4, 1]


class TestFaults:
    def test_a_bad_file_is_said_and_what_was_there_stays(self, screen, project):
        screen.load_button.click()
        screen.next.click()
        write(project, "bad.csv", "<html>")
        load(screen, "bad.csv")
        assert "is an HTML page" in screen.notice.texts[0]
        assert project.dataset is MNIST
        assert project.states["Data"] == "done"
        assert screen.before.words == "Still here, from before: MNIST."
        write(project, "good.csv", table())
        load(screen, "good.csv")
        assert screen.notice.texts == []
        assert screen.before.words == ""

    def test_a_bad_file_to_begin_with_makes_the_step_invalid(self, screen, project):
        load(screen, "missing.csv")
        assert "missing.csv is missing" in screen.notice.texts[0]
        assert project.states["Data"] == "invalid"
        screen.source.value = "mnist"
        screen.load_button.click()
        assert project.states["Data"] == "ready"

    def test_an_error_that_nobody_foresaw_is_shown_too(self, screen, project, monkeypatch):
        def fail(_):
            raise MemoryError("too much")

        monkeypatch.setattr(datasets, "builtin", fail)
        screen.load_button.click()
        assert "MemoryError: too much" in screen.notice.texts[0]
        assert project.busy == ""
        assert not screen.load_button.disabled

    @pytest.mark.parametrize("path", ["", "   ", "~nobody-of-this-name/a.csv", "a\0b"])
    def test_no_path(self, screen, path):
        load(screen, path)
        assert len(screen.notice.texts) == 1

    def test_a_test_part_that_does_not_fit(self, screen, project):
        screen.load_button.click()
        write(project, "b.csv", "7,0,0,9,3\n2,0,0,9,4\n")
        screen.test_path.value = "b.csv"
        screen.guarded(screen.add_test)()
        assert "Both must have as many features" in screen.notice.texts[0]
        assert project.dataset is MNIST

    def test_nothing_can_be_done_without_data(self, screen):
        for work in (screen.add_test, screen.draw_samples, screen.confirm):
            with pytest.raises(DataError, match="Load some first"):
                work()

    def test_a_folder_that_is_not_there_offers_nothing(self, tmp_path):
        assert module._offered(tmp_path / "nothing") == []


def test_every_control_has_a_label(screen):
    controls = [screen.source, screen.files, screen.path, screen.upload, screen.label_column]
    controls += [screen.height, screen.width, screen.channels, screen.order, screen.test_path]
    assert all(control.description for control in controls)
