"""Step 5: what is measured, what is shown of it, and what is said of the model."""

from dataclasses import replace
from datetime import UTC, datetime

from mnistlab.data import datasets
from mnistlab.data.datasets import Dataset, fitted
from mnistlab.errors import DataError, DesignError
from mnistlab.widgets.designer.document import Design
from mnistlab.widgets.designer.project import Project
from mnistlab.widgets.designer.screens import evaluate
from mnistlab.widgets.designer.screens.evaluate import FILE, EvaluateScreen
from tests.designer.finished_run import dataset, train, trained_project

import numpy as np
import pytest


@pytest.fixture
def project():
    return trained_project()


@pytest.fixture
def screen(project):
    screen = EvaluateScreen(project)
    project.observe(screen.refresh)
    return screen


def npz(path, images, labels):
    np.savez(path, x=images, y=labels)
    return str(path)


class TestBeforeAnything:
    def test_without_a_model_there_is_nothing_to_click(self):
        screen = EvaluateScreen(Project(Design.from_template("lenet5")))
        assert screen.start.disabled
        assert screen._next.disabled
        assert screen._results.layout.display == "none"
        assert "no trained model" in screen.standing.texts[0]

    def test_with_one_it_says_which(self, screen):
        [words] = screen.standing.texts
        assert words.startswith("The model is that of run 1: ")
        assert (
            "61,706 parameters, trained on small.npz for 3 epochs, the weights of epoch 2" in words
        )
        assert not screen.start.disabled
        assert screen._next.disabled

    def test_while_it_is_trained_it_cannot_be_evaluated(self, project, screen):
        project.run.state = "running"
        project.changed()
        assert screen.start.disabled
        assert "being trained" in screen.standing.texts[0]
        with pytest.raises(DesignError, match="being trained"):
            project.evaluate()


class TestTheTestPart:
    def test_a_click_measures_it(self, project, screen):
        screen.start.click()
        assert project.states["Evaluate"] == "done"
        assert project.report.right == 36
        assert screen.headline.words == "90.0 % right: 36 of 40 images"
        assert "Run 1 on the test part of small.npz" in screen.words.words
        # Wilson's interval for 36 of 40, as statsmodels and R give it.
        assert "76.9 % to 96.0 % right" in screen.words.words
        assert screen._results.layout.display is None
        assert not screen._next.disabled

    def test_it_shows_that_it_works_meanwhile(self, project, screen):
        seen = []
        project.observe(
            lambda: seen.append((project.states["Evaluate"], screen.standing.texts[0][:21]))
        )
        screen.start.click()
        assert seen[0] == ("running", "The model is reading ")
        assert seen[-1] == ("done", "The model is that of ")

    def test_each_class_has_its_row(self, screen):
        screen.start.click()
        assert screen.table.head == ["Class", "Precision", "Recall", "F1", "Images"]
        assert screen.table.rows[:3] == [
            ["0", "0.0 %", "0.0 %", "0.0000", "4"],
            ["1", "50.0 %", "100.0 %", "0.6667", "4"],
            ["2", "100.0 %", "100.0 %", "1.0000", "4"],
        ]

    def test_a_cell_opens_its_images(self, project, screen):
        screen.start.click()
        screen.confusion.choose(0, 1)
        assert screen.cell_words.words == "4 images of 0, read as 1"
        assert screen.examples.captions == ["read as 1, 70.0 %"] * 4
        assert screen.examples.marks == ["wrong"] * 4
        expected = project.dataset.test_images[[0, 10, 20, 30]]
        assert screen.examples.pixels == expected.tobytes()
        screen.confusion.choose(5, 5)
        assert screen.cell_words.words == "4 images of 5, read right"
        assert screen.examples.marks == ["good"] * 4

    def test_an_empty_cell_says_so(self, screen):
        screen.start.click()
        screen.confusion.choose(0, 1)
        screen.confusion.choose(3, 4)
        assert screen.cell_words.words == "No image of 3 is read as 4."
        assert screen.examples.captions == []

    def test_the_worst_errors(self, screen):
        screen.start.click()
        assert screen.worst_words.words.startswith("The worst errors: 4 of 4")
        assert screen.worst.captions == ["0 read as 1, 70.0 %"] * 4

    def test_without_an_error_that_is_said(self, project, screen):
        images = project.dataset.test_images[1:10]
        project.evaluate(images, np.arange(1, 10))
        assert screen.worst.captions == []
        assert "no error to show" in screen.worst_words.words

    def test_classes_of_any_name_and_number(self):
        names = ("<img src=x onerror=alert(1)>", "$x^2$", "dog")
        project = trained_project(dataset(names, (8, 8, 3)), "three_conv")
        screen = EvaluateScreen(project)
        project.evaluate()
        screen.refresh()
        assert screen.confusion.names == list(names)
        assert [row[0] for row in screen.table.rows] == list(names)
        screen.open_cell(0, 1)
        assert screen.cell_words.words == f"14 images of {names[0]}, read as {names[1]}"

    def test_data_without_a_test_part_say_so(self):
        screen = EvaluateScreen(trained_project(dataset(test=0)))
        screen.start.click()
        assert "small.npz has no test part. Evaluate on a file" in screen.notice.texts[0]
        assert screen.project.states["Evaluate"] == "ready"
        assert not screen.start.disabled


class TestAFile:
    @pytest.fixture
    def screen(self, screen):
        screen.source.value = FILE
        return screen

    def test_its_controls_are_there_only_then(self, screen):
        assert screen._file.layout.display is None
        screen.source.value = evaluate.TEST_PART
        assert screen._file.layout.display == "none"

    def test_a_path(self, tmp_path, project, screen):
        other = dataset(seed=5)
        screen.path.value = npz(tmp_path / "mine.npz", other.images, other.labels)
        screen.start.click()
        assert screen.notice.texts == []
        assert screen.headline.words == "90.0 % right: 54 of 60 images"
        assert "mine.npz" in project.evaluation.name
        assert project.run.test_accuracy is None

    def test_an_upload(self, tmp_path, project, screen):
        path = tmp_path / "mine.npz"
        npz(path, project.dataset.images, project.dataset.labels)
        screen.upload.value = [upload("mine.npz", path.read_bytes())]
        screen.start.click()
        assert screen.notice.texts == []
        assert project.report.count == 60

    def test_a_path_that_is_typed_later_is_what_counts(self, screen):
        screen.upload.value = [upload("mine.npz", b"nothing")]
        screen.path.value = "nowhere.npz"
        screen.start.click()
        assert "nowhere.npz" in screen.notice.texts[0]

    def test_an_upload_that_is_too_large_is_refused_with_the_limit_and_another_way(self, screen):
        assert "at most 10 MiB" in screen.upload.description
        screen.upload.value = [upload("large.npz", bytes(10 * 2**20 + 1))]
        screen.start.click()
        assert "large.npz has 10.0 MiB; uploads are at most 10 MiB" in screen.notice.texts[0]
        assert "its path instead" in screen.notice.texts[0]

    def test_and_so_is_an_upload(self, tmp_path, project, screen):
        screen.path.value = "nowhere.npz"
        path = tmp_path / "mine.npz"
        npz(path, project.dataset.images, project.dataset.labels)
        screen.upload.value = [upload("mine.npz", path.read_bytes())]
        assert screen.path.value == ""
        screen.start.click()
        assert screen.notice.texts == []

    def test_an_idx_pair_is_uploaded_together(self, project, screen):
        data = project.dataset
        labels = bytes([0, 0, 8, 1, 0, 0, 0, 60, *data.labels])
        images = bytes([0, 0, 8, 3, 0, 0, 0, 60, 0, 0, 0, 28, 0, 0, 0, 28]) + data.images.tobytes()
        screen.upload.value = [
            upload("mine-labels-idx1-ubyte", labels),
            upload("mine-images-idx3-ubyte", images),
        ]
        screen.start.click()
        assert screen.notice.texts == []
        assert project.report.right == 54

    def test_neither_path_nor_upload(self, screen):
        screen.start.click()
        assert screen.notice.texts == [
            "There is no file to evaluate on. Give its path, or upload one."
        ]

    def test_a_fault_leaves_the_result_before_and_says_that_it_is_that(self, project, screen):
        report = project.evaluate()
        screen.path.value = "<img src=x onerror=alert(1)>.npz"
        screen.start.click()
        assert "<img src=x onerror=alert(1)>.npz" in screen.notice.texts[0]
        assert project.report is report
        assert "results before" in screen.before.words
        assert not screen.start.disabled
        screen.source.value = evaluate.TEST_PART
        screen.start.click()
        assert screen.notice.texts == []
        assert screen.before.words == ""

    def test_any_error_is_a_message(self, project, screen, monkeypatch):
        screen.source.value = evaluate.TEST_PART
        monkeypatch.setattr(project.run, "report", lambda *_: 1 / 0)
        screen.start.click()
        assert "ZeroDivisionError" in screen.notice.texts[0]
        assert not project.busy
        assert not screen.start.disabled

    def test_reversed_columns_are_asked_for(self, project, screen, monkeypatch):
        asked = []
        monkeypatch.setattr(
            datasets, "read", lambda path, reverse: asked.append((path, reverse)) or dataset()
        )
        screen.path.value, screen.reverse.value = " a.csv ", True
        screen.start.click()
        assert asked == [(project.folder / "a.csv", True)]


def test_a_real_training():
    design = Design()
    design.add("Flatten")
    design.add("Output", units=2)
    data = dataset(("cat", "dog"), (8, 8, 1))
    project = Project(design)
    project.use(data)
    project.confirm()
    design.train_with(epochs=2)
    run = project.train(wait=True)
    screen = EvaluateScreen(project)
    project.observe(screen.refresh)
    screen.start.click()
    assert screen.notice.texts == []
    predictions = run.model.predict(data.inputs(data.test_images), verbose=0).argmax(axis=1)
    right = int((predictions == data.test_labels).sum())
    assert screen.headline.words.endswith(f"{right} of 40 images")
    assert run.test_accuracy == pytest.approx(right / 40)
    assert screen.runs.rows[0][3] == "2 of 2"


class TestFitted:
    wanted = dataset(("cat", "dog", "owl"), (8, 8, 1))

    def test_the_test_part_where_there_is_one(self):
        other = dataset(("cat", "dog", "owl"), (8, 8, 1), seed=1, name="other")
        images, labels, name = fitted(other, self.wanted)
        assert np.array_equal(images, other.test_images)
        assert labels.tolist() == other.test_labels.tolist()
        assert name == "the test part of other"

    def test_classes_are_matched_by_their_names(self):
        other = dataset(("owl", "cat"), (8, 8, 1), test=0)
        assert fitted(other, self.wanted)[1][:4].tolist() == [2, 0, 2, 0]

    def test_a_class_that_the_model_does_not_know_is_refused(self):
        with pytest.raises(DataError, match=r"the class 'ant', which .* does not have; it has"):
            fitted(dataset(("ant", "cat"), (8, 8, 1)), self.wanted)

    def test_a_class_of_no_image_does_not_matter(self):
        other = replace(dataset(("dog", "cat", "ant"), (8, 8, 1), test=0), labels=np.arange(60) % 2)
        assert fitted(other, self.wanted)[1][:4].tolist() == [1, 0, 1, 0]

    def test_numbers_of_another_shape_are_read_as_the_model_takes_them(self):
        other = dataset(("cat",), (4, 16, 1), test=0)
        assert fitted(other, self.wanted)[0].shape == (60, 8, 8, 1)

    def test_images_of_another_size_are_refused(self):
        with pytest.raises(DataError, match=r"has images of 4x4x1, and .* of 8x8x1"):
            fitted(dataset(("cat",), (4, 4, 1)), self.wanted)


class TestWhatIsStale:
    def test_a_changed_design(self, project, screen):
        project.evaluate()
        project.design.rename("another name")
        assert project.states["Evaluate"] == "done"
        project.design.train_with(epochs=7)
        project.changed()
        assert project.states["Evaluate"] == "stale"
        assert "This model is stale" in screen.standing.texts[1]
        assert not screen.start.disabled

    def test_other_data(self, project, screen):
        project.evaluate()
        project.use(dataset(seed=3))
        assert project.states["Evaluate"] == "stale"
        assert "This model is stale" in screen.standing.texts[1]

    def test_a_new_run(self, project, screen):
        project.evaluate()
        train(project)
        assert project.states["Evaluate"] == "stale"
        assert "What stands below is stale" in screen.standing.texts[1]
        screen.start.click()
        assert project.states["Evaluate"] == "done"
        assert len(screen.standing.texts) == 1

    def test_a_run_that_learned_on(self, project, screen):
        project.evaluate()
        project.run.best_epoch = 3
        project.changed()
        assert project.states["Evaluate"] == "stale"


class TestTheTestSetIsForTheEnd:
    def test_one_model_is_told_nothing(self, project, screen):
        project.evaluate()
        project.evaluate()
        assert project.evaluation.looks == 1
        assert screen.advice.texts == []

    def test_a_second_one_is_told_gently(self, project, screen):
        project.evaluate()
        train(project)
        project.evaluate()
        [words] = screen.advice.texts
        assert words.startswith("2 models have been measured on these images")
        assert "the test set is for the end" in words
        assert screen.advice.messages[0].kind == "advice"

    def test_other_images_are_another_test_set(self, project):
        project.evaluate()
        train(project)
        project.evaluate(project.dataset.images, project.dataset.labels)
        assert project.evaluation.looks == 1

    def test_the_same_images_of_a_file_are_the_same(self, project):
        project.evaluate()
        train(project)
        data = project.dataset
        file = Dataset("again", data.test_images.copy(), data.test_labels.copy())
        project.evaluate_on(file)
        assert project.evaluation.looks == 2


class TestTheRuns:
    def test_a_row_each(self, project, screen):
        project.evaluate()
        second = train(project)
        second.plan = replace(second.plan, name="<b>bold</b>")
        second.best_epoch, second.history, second.reason = None, {}, "Stopped by you."
        project.changed()
        name = project.runs[0].plan.name
        ended = "All 3 epochs are done."
        assert screen.runs.rows == [
            ["1", name, "61,706", "3 of 3", "87.5 %", "90.0 %", "1 min 1 s", ended],
            ["2", "<b>bold</b>", "61,706", "3 of 3", "–", "–", "1 min 1 s", "Stopped by you."],
        ]

    def test_next_leads_on(self, project, screen):
        led = []
        screen.on_next = lambda: led.append(True)
        project.evaluate()
        screen._next.click()
        assert led == [True]


def upload(name, content):
    return {
        "name": name,
        "type": "",
        "size": len(content),
        "content": memoryview(content),
        "last_modified": datetime(2024, 1, 1, tzinfo=UTC),
    }
