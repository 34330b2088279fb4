"""Step 6: pictures of folders, uploads, the test part and the canvas, and what is read in them."""

from mnistlab.errors import DataError
from mnistlab.models import zoo
from mnistlab.widgets.designer.document import Design
from mnistlab.widgets.designer.project import Project
from mnistlab.widgets.designer.screens import try_out
from mnistlab.widgets.designer.screens.try_out import CANVAS, FOLDER, TEST, UPLOAD, TryScreen
from mnistlab.widgets.designer.views.reading import Reading, in_percent
from tests.designer.finished_run import dataset, train, trained_project
from tests.designer.test_evaluate_screen import upload
from tests.pictures import drawn

import numpy as np
import pytest
from PIL import Image

HOSTILE = "<img src=x onerror=alert(1)>.png"


@pytest.fixture
def project(tmp_path):
    project = trained_project()
    project.folder = tmp_path / "output"
    return project


@pytest.fixture
def screen(project):
    screen = TryScreen(project)
    project.observe(screen.refresh)
    return screen


@pytest.fixture
def folder(tmp_path):
    """Two digits, a text that is called a picture, and a file that is none."""
    folder = tmp_path / "pictures"
    folder.mkdir()
    for label, name in ((4, "a four.png"), (7, HOSTILE)):
        pixels = np.rint(255 * (1 - drawn(label))).astype("uint8")
        Image.fromarray(pixels).save(folder / name)
    (folder / "broken.png").write_text("no picture")
    (folder / "readme.txt").write_text("no picture")
    return folder


class TestBeforeAnything:
    def test_without_a_model_nothing_can_be_asked_for(self):
        screen = TryScreen(Project(Design.from_template("lenet5")))
        controls = (screen.list, screen.read, screen.upload, screen.show_random, screen.open)
        assert all(control.disabled for control in controls)
        assert "no trained model" in screen.standing.texts[0]

    def test_each_source_has_its_controls(self, screen):
        for source in (FOLDER, UPLOAD, TEST, CANVAS):
            screen.source.value = source
            shown = [name for name, box in screen._boxes.items() if box.layout.display != "none"]
            assert shown == [source]


class TestFolder:
    def test_its_pictures_are_listed_and_the_first_is_read(self, screen, folder):
        screen.path.value = str(folder)
        screen.list.click()
        assert [label for label, _ in screen.names.options] == [HOSTILE, "a four.png", "broken.png"]
        assert screen.listed.words == "3 pictures in pictures."
        assert screen.reading.name == HOSTILE
        assert len(screen.reading.answers) == 3

    def test_its_path_counts_from_the_folder_of_the_project(self, project, screen, folder):
        project.folder = folder.parent
        screen.path.value = f" '{folder.name}' "
        screen.list.click()
        assert screen.listed.words == "3 pictures in pictures."

    def test_another_can_be_chosen(self, project, screen, folder):
        screen.path.value = str(folder)
        screen.list_folder()
        screen.names.index = 1
        assert screen.reading.name == "a four.png"
        assert screen.reading.original["height"] == 120
        assert (screen.reading.seen["height"], screen.reading.seen["width"]) == (28, 28)
        assert "it was inverted" in screen.reading.notes[0]
        assert project.states["Try"] == "done"

    def test_a_damaged_one_is_a_message_and_the_last_answer_is_stale(self, screen, folder):
        screen.path.value = str(folder)
        screen.list.click()
        screen.names.index = 2
        assert "broken.png is not an image" in screen.notice.texts[0]
        assert screen.reading.stale.startswith("The last good answer")
        assert screen.reading.name == HOSTILE
        screen.names.index = 1
        assert screen.notice.texts == []
        assert screen.reading.stale == ""

    def test_it_can_be_read_again_by_another_model(self, project, screen, folder):
        screen.path.value = str(folder)
        screen.list_folder()
        train(project)
        assert project.states["Try"] == "stale"
        screen.read.click()
        assert project.states["Try"] == "done"

    @pytest.mark.parametrize(
        ("name", "message"),
        [
            ("nowhere", "The folder nowhere does not exist"),
            ("readme.txt", "The folder readme.txt is a file"),
            ("empty", "The folder empty has no picture"),
            ("a\0b", "zero byte"),
        ],
    )
    def test_what_is_no_folder_of_pictures_is_a_message(self, screen, folder, name, message):
        (folder / "empty").mkdir()
        screen.path.value = str(folder / name)
        screen.list.click()
        assert message in screen.notice.texts[0]
        assert not screen.list.disabled

    def test_without_a_list_there_is_nothing_to_read(self, screen):
        screen.read.click()
        assert screen.notice.texts == ["No picture is chosen. List those of a folder first."]

    def test_a_long_list_is_cut(self, screen, folder, monkeypatch):
        monkeypatch.setattr(try_out, "MOST_LISTED", 2)
        screen.path.value = str(folder)
        screen.list.click()
        assert len(screen.names.options) == 2
        assert screen.listed.words == "3 pictures in pictures; the first 2 are listed."

    def test_a_name_that_is_no_text_does_no_harm(self, screen, folder):
        (folder / "a four.png").rename(folder / "a\udcff\nb.png")
        screen.path.value = str(folder)
        screen.list.click()
        assert [label for label, _ in screen.names.options][1] == "a?\N{REPLACEMENT CHARACTER}b.png"
        screen.names.index = 1
        assert screen.reading.name == "a?\N{REPLACEMENT CHARACTER}b.png"


class TestUpload:
    def test_it_is_read_at_once_and_not_kept(self, screen, folder):
        screen.upload.value = [upload(HOSTILE, (folder / HOSTILE).read_bytes())]
        assert screen.notice.texts == []
        assert screen.reading.name == HOSTILE
        assert screen.upload.value == ()

    def test_the_limit_stands_beside_it_and_a_path_is_offered(self, screen):
        assert "at most 10 MiB" in screen.upload.description
        screen.upload.value = [upload("large.png", bytes(10 * 2**20 + 1))]
        assert "large.png has 10.0 MiB" in screen.notice.texts[0]
        assert "path instead" in screen.notice.texts[0]

    @pytest.mark.parametrize(
        ("name", "content", "message"),
        [
            ("a.png", b"", "a.png came empty"),
            ("a.svg", b"<svg onload='alert(1)'/>", "a.svg is an SVG drawing"),
            ("../../a.png", b"text", "a.png is not an image"),
            ("..", b"text", "upload is not an image"),
        ],
    )
    def test_what_is_no_picture_is_a_message(self, screen, name, content, message):
        screen.upload.value = [upload(name, content)]
        assert screen.notice.texts[0].startswith(message)


class TestTestPart:
    def test_by_its_number(self, project, screen):
        assert screen.number.max == 39
        screen.number.value = 13
        screen.show_number.click()
        assert screen.reading.name == "Test image 13: 3"
        assert screen.reading.answers[0] == ["3", "70.0 %"]
        assert screen.reading.truth == "3"
        seen = screen.reading.seen["pixels"]
        assert seen[::3] == project.dataset.test_images[13].tobytes()

    def test_a_random_one_says_its_number(self, screen):
        screen.show_random.click()
        assert screen.reading.name.startswith(f"Test image {screen.number.value}: ")

    def test_data_without_one(self):
        screen = TryScreen(trained_project(dataset(test=0)))
        assert screen.show_random.disabled
        assert "no test part" in screen.test_words.words
        screen.guarded(screen.show_test)()
        assert "no test part" in screen.notice.texts[0]

    def test_other_classes_and_sizes(self):
        screen = TryScreen(trained_project(dataset(("cat", "dog"), (8, 8, 3)), "three_conv"))
        screen.show_test()
        assert screen.reading.answers == [["dog", "70.0 %"], ["cat", "30.0 %"]]
        assert screen.reading.truth == "cat"


class TestCanvas:
    @pytest.fixture(autouse=True)
    def model(self, project, monkeypatch, tmp_path):
        monkeypatch.setenv("MNISTLAB_CACHE", str(tmp_path / "cache"))
        project.run.model = zoo.build("lenet5")
        return project.run.model

    def test_it_opens_with_the_model_when_it_is_chosen(self, project, screen, model):
        screen.source.value = CANVAS
        assert screen.notice.texts == []
        assert screen.canvas.model is model
        assert screen._frame.children == (screen.canvas,)
        assert screen.open.layout.display == "none"
        assert project.states["Try"] == "ready"
        screen.canvas.strokes = [[(30, 10), (30, 90)]]
        assert project.states["Try"] == "done"

    def test_after_a_training_it_can_take_the_new_model_and_keeps_the_drawing(
        self, project, screen
    ):
        screen.source.value = CANVAS
        screen.canvas.strokes = [[(30, 10), (30, 90)]]
        before = screen.canvas
        train(project).model = zoo.build("lenet5")
        assert screen.canvas is before
        assert screen.open.layout.display is None
        assert screen.open.description == "Take the new model"
        assert project.states["Try"] == "stale"
        screen.open.click()
        assert screen.canvas.model is project.run.model
        assert len(screen.canvas.strokes) == 1
        assert screen.open.layout.display == "none"

    @pytest.mark.parametrize(
        "data", [dataset(("cat", "dog")), dataset(shape=(8, 8, 3)), dataset(tuple("9876543210"))]
    )
    def test_it_is_for_digits_of_28x28_alone(self, data):
        screen = TryScreen(trained_project(data, "three_conv"))
        screen.source.value = CANVAS
        assert screen.canvas is None
        assert "Take a picture instead" in screen.canvas_words.words
        with pytest.raises(DataError, match="The canvas draws digits of 28x28"):
            screen.open_canvas()


class TestWhatIsStale:
    def test_a_changed_design(self, project, screen):
        screen.show_test()
        project.design.train_with(epochs=7)
        project.changed()
        assert project.states["Try"] == "stale"
        assert "This model is stale" in screen.standing.texts[1]

    def test_an_answer_of_the_model_before(self, project, screen):
        screen.show_test()
        train(project)
        assert "What stands below is stale" in screen.standing.texts[1]
        screen.show_test()
        assert len(screen.standing.texts) == 1


class TestReading:
    def test_as_many_probabilities_as_classes(self):
        image = np.zeros((2, 2, 1))
        with pytest.raises(DataError, match="3 probabilities for 2 classes"):
            Reading().show("a", image, image, [0.1, 0.2, 0.7], ["cat", "dog"])

    def test_floats_and_channels_of_any_number_can_be_shown(self):
        reading = Reading()
        reading.show("a", np.ones((2, 3)), np.full((1, 1, 2), 0.2), [1], ["cat"])
        assert reading.original == {"pixels": b"\xff" * 18, "height": 2, "width": 3}
        assert reading.seen == {"pixels": b"\x33" * 3, "height": 1, "width": 1}
        assert reading.answers == [["cat", "100.0 %"]]

    @pytest.mark.parametrize(
        ("share", "text"),
        [(0, "0.0 %"), (1, "100.0 %"), (0.99999, "> 99.9 %"), (1e-9, "< 0.1 %"), (0.125, "12.5 %")],
    )
    def test_percent(self, share, text):
        assert in_percent(share) == text
