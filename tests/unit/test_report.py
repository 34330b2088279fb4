"""The test report against scikit-learn and against counts made by hand."""

from mnistlab.errors import DataError
from mnistlab.evaluation.report import Report, make_report, report_of
from mnistlab.models.prediction import predict

import keras
import numpy as np
import pytest
from sklearn import metrics

GENERATOR = np.random.default_rng(0)
LABELS = GENERATOR.integers(0, 10, 300)
PROBABILITIES = GENERATOR.dirichlet(np.ones(10), 300).astype("float32")
REPORT = Report(LABELS, PROBABILITIES)


def by_hand():
    """Six images: 7, 2 and 1 read right; 4 as 9, 3 as 5, 8 as 3."""
    labels = np.array([7, 4, 2, 3, 1, 8])
    probabilities = np.full((6, 10), 0.0, "float32")
    for row, (predicted, confidence) in enumerate(
        [(7, 0.9), (9, 0.6), (2, 0.8), (5, 0.95), (1, 0.5), (3, 0.7)]
    ):
        probabilities[row] = (1 - confidence) / 9
        probabilities[row, predicted] = confidence
    return Report(labels, probabilities)


@pytest.fixture(scope="module")
def model():
    keras.utils.set_random_seed(1)
    model = keras.Sequential(
        [
            keras.Input((28, 28, 1)),
            keras.layers.Flatten(),
            keras.layers.Dense(10, activation="softmax"),
        ]
    )
    model.compile("sgd", loss="categorical_crossentropy", metrics=["accuracy"])
    return model


class TestByHand:
    def test_accuracy(self):
        assert by_hand().accuracy == 0.5

    def test_loss(self):
        true = [0.9, 0.4 / 9, 0.8, 0.05 / 9, 0.5, 0.3 / 9]
        assert by_hand().loss == pytest.approx(-np.mean(np.log(true)), rel=1e-5)

    def test_predictions_and_confidence(self):
        report = by_hand()
        assert report.predictions.tolist() == [7, 9, 2, 5, 1, 3]
        np.testing.assert_allclose(report.confidence, [0.9, 0.6, 0.8, 0.95, 0.5, 0.7])

    def test_confusion(self):
        expected = np.zeros((10, 10), int)
        for true, predicted in [(7, 7), (4, 9), (2, 2), (3, 5), (1, 1), (8, 3)]:
            expected[true, predicted] = 1
        np.testing.assert_array_equal(by_hand().confusion, expected)

    def test_the_worst_error_is_the_most_confident_one(self):
        assert by_hand().worst_errors().tolist() == [3, 5, 1]
        assert by_hand().worst_errors(2).tolist() == [3, 5]
        assert by_hand().worst_errors(0).tolist() == []

    def test_captions(self):
        report = by_hand()
        assert report.captions(report.worst_errors(2)) == [
            "3 read as 5\n(95.0%)",
            "8 read as 3\n(70.0%)",
        ]


class TestAgainstScikitLearn:
    def test_accuracy(self):
        expected = metrics.accuracy_score(LABELS, PROBABILITIES.argmax(axis=1))
        assert REPORT.accuracy == pytest.approx(expected)

    def test_loss(self):
        probabilities = PROBABILITIES.astype("float64")
        probabilities /= probabilities.sum(axis=1, keepdims=True)
        expected = metrics.log_loss(LABELS, probabilities, labels=range(10))
        assert REPORT.loss == pytest.approx(expected, rel=1e-5)

    def test_confusion(self):
        expected = np.zeros((10, 10), int)
        np.add.at(expected, (LABELS, PROBABILITIES.argmax(axis=1)), 1)
        np.testing.assert_array_equal(REPORT.confusion, expected)
        assert REPORT.confusion.trace() == round(300 * REPORT.accuracy)

    def test_table(self):
        lines = REPORT.table.splitlines()
        rows = {line.split()[0]: line.split()[1:] for line in lines if line[:12].strip().isdigit()}
        scores = metrics.precision_recall_fscore_support(LABELS, REPORT.predictions)
        for digit, values in enumerate(zip(*scores, strict=True)):
            *shown, support = rows[str(digit)]
            np.testing.assert_allclose([float(text) for text in shown], values[:3], atol=5e-5)
            assert int(support) == values[3]

    def test_worst_errors(self):
        worst = REPORT.worst_errors(1000)
        wrong = np.flatnonzero(PROBABILITIES.argmax(axis=1) != LABELS)
        assert sorted(worst) == wrong.tolist()
        assert (np.diff(PROBABILITIES[worst].max(axis=1)) <= 0).all()
        assert REPORT.worst_errors().tolist() == worst[:20].tolist()


def test_a_probability_of_zero_gives_a_large_loss_and_not_an_infinite_one():
    sure = np.eye(10, dtype="float32")
    assert Report(np.array([3]), sure[[5]]).loss == pytest.approx(-np.log(1e-7))
    assert Report(np.array([3]), sure[[3]]).loss == 0


def test_digits_that_do_not_occur_have_their_rows():
    report = Report(np.array([3, 3]), np.eye(10, dtype="float32")[[3, 5]])
    assert report.confusion.shape == (10, 10)
    assert all(f"\n{digit:>12} " in report.table for digit in range(10))


class TestMakeReport:
    images = GENERATOR.integers(0, 256, (40, 28, 28), dtype="uint8")
    labels = np.arange(40) % 10

    def test_it_agrees_with_keras(self, model):
        scaled = self.images[..., np.newaxis].astype("float32") / 255
        loss, accuracy = model.evaluate(scaled, np.eye(10)[self.labels], verbose=0)
        report = make_report(model, self.images, self.labels)
        assert report.accuracy == pytest.approx(accuracy)
        assert report.loss == pytest.approx(loss, rel=1e-4)

    def test_pixels_and_labels_in_any_usual_form_are_alike(self, model):
        scaled = self.images[..., np.newaxis].astype("float32") / 255
        first = make_report(model, self.images, self.labels)
        second = make_report(model, scaled, np.eye(10, dtype="float32")[self.labels])
        np.testing.assert_allclose(first.probabilities, second.probabilities, atol=1e-6)
        np.testing.assert_array_equal(first.labels, second.labels)
        assert second.labels.shape == (40,)

    @pytest.mark.parametrize(
        ("images", "labels", "message"),
        [
            (images, labels[:-1], "equal lengths"),
            (images[:0], labels[:0], "at least one row"),
            (images, labels + 1, "found 10"),
            (images[:, :14], labels, "expected shape"),
            ([*images[:1].tolist(), [0]], labels[:2], "different lengths"),
            (images * 1.0, labels, r"values from 0 to 255; expected is float in \[0, 1\]"),
        ],
    )
    def test_what_does_not_fit_is_refused(self, model, images, labels, message):
        with pytest.raises(DataError, match=message):
            make_report(model, images, labels)

    @pytest.mark.parametrize(
        ("side", "units", "activation", "message"),
        [
            (32, 10, "softmax", r"model takes \(None, 32, 32, 1\)"),
            (28, 7, "softmax", "answers with 7 numbers"),
            (28, 10, None, "does not answer with probabilities"),
            (28, 10, "sigmoid", "does not answer with probabilities"),
        ],
    )
    def test_a_model_for_something_else_is_refused(self, side, units, activation, message):
        model = keras.Sequential(
            [
                keras.Input((side, side, 1)),
                keras.layers.Flatten(),
                keras.layers.Dense(units, activation, bias_initializer="ones"),
            ]
        )
        with pytest.raises(DataError, match=message):
            make_report(model, self.images, self.labels)

    def test_a_model_whose_weights_are_nan_is_refused(self, model):
        broken = keras.models.clone_model(model)
        broken.set_weights([np.full_like(weight, np.nan) for weight in model.get_weights()])
        with pytest.raises(DataError, match="its weights are NaN"):
            make_report(broken, self.images, self.labels)


class TestPredict:
    def test_rows_of_different_lengths_are_refused(self, model):
        with pytest.raises(DataError, match="different lengths"):
            predict(model, [[0, 1], [2]])

    def test_a_model_without_a_row_of_numbers_for_each_image_is_refused(self):
        model = keras.Sequential([keras.Input((28, 28, 1)), keras.layers.Conv2D(2, 3)])
        with pytest.raises(DataError, match=r"answers with \(None, 26, 26, 2\)"):
            predict(model, np.zeros((1, 28, 28)))

    def test_a_model_of_any_image_size_is_welcome(self):
        layers = [keras.layers.GlobalAveragePooling2D(), keras.layers.Dense(10)]
        model = keras.Sequential([keras.Input((None, None, 1)), *layers])
        assert predict(model, np.zeros((2, 28, 28))).shape == (2, 10)

    def test_so_is_one_without_the_channel_axis(self):
        layers = [keras.layers.Flatten(), keras.layers.Dense(10)]
        model = keras.Sequential([keras.Input((28, 28)), *layers])
        assert predict(model, np.zeros((2, 28, 28))).shape == (2, 10)

    def test_a_model_that_has_no_shape_yet_is_refused(self):
        with pytest.raises(DataError, match="model takes None"):
            predict(keras.Sequential([keras.layers.Dense(10)]), np.zeros((1, 28, 28)))


class TestOfAnyClasses:
    names = ("cat", "dog", "<b>owl</b>")
    answers = np.array(
        [[0.9, 0.1, 0.0], [0.2, 0.7, 0.1], [0.6, 0.3, 0.1], [0.8, 0.1, 0.1], [0.5, 0.1, 0.4]],
        "float32",
    )
    labels = np.array([0, 1, 1, 1, 0])
    report = report_of(answers, labels, names)

    def test_counts(self):
        assert (self.report.right, self.report.count, self.report.names) == (3, 5, self.names)
        assert self.report.confusion.tolist() == [[2, 0, 0], [2, 1, 0], [0, 0, 0]]

    def test_scores_by_hand(self):
        assert [score.name for score in self.report.scores] == list(self.names)
        assert self.report.scores[0][1:] == pytest.approx((0.5, 1, 2 / 3, 2))
        assert self.report.scores[1][1:] == pytest.approx((1, 1 / 3, 0.5, 3))
        assert self.report.scores[2][1:] == (0, 0, 0, 0)

    def test_the_table_has_the_names(self):
        assert all(f"{name} " in self.report.table for name in self.names)

    def test_captions_have_the_names(self):
        assert self.report.captions([2]) == ["dog read as cat\n(60.0%)"]

    def test_the_places_of_a_cell_come_surest_first(self):
        assert self.report.places(1, 0).tolist() == [3, 2]
        assert self.report.places(0, 0).tolist() == [0, 4]
        assert self.report.places(2, 1).tolist() == []

    def test_the_places_of_all_cells_are_all_images(self):
        cells = [self.report.places(true, read) for true in range(3) for read in range(3)]
        assert sorted(np.concatenate(cells)) == list(range(5))

    def test_without_names_the_classes_are_numbers(self):
        assert Report(self.labels, self.answers).names == ("0", "1", "2")

    def test_a_sigmoid_for_each_class_need_not_sum_to_1(self):
        assert report_of([[0.9, 0.8]], [1], ["cat", "dog"]).predictions.tolist() == [0]

    @pytest.mark.parametrize(
        ("answers", "labels", "message"),
        [
            (answers[:, :2], labels, r"shape \(5, 2\); there are 3 classes"),
            (answers[0], labels, r"shape \(3,\)"),
            (answers, labels[:4], r"5 answers, and labels of the shape \(4,\)"),
            (answers[:0], labels[:0], "one at least"),
            (answers, labels + 2, "whole numbers from 0 to 2"),
            (answers, labels - 1, "whole numbers from 0 to 2"),
            (answers, labels * 1.0, "whole numbers from 0 to 2"),
            (answers - 0.5, labels, "does not answer with probabilities"),
            (answers * 2, labels, "does not answer with probabilities"),
            (np.full_like(answers, np.nan), labels, "does not answer with probabilities"),
        ],
    )
    def test_what_does_not_fit_is_refused(self, answers, labels, message):
        with pytest.raises(DataError, match=message):
            report_of(answers, labels, self.names)


class TestInterval:
    def test_it_is_that_of_the_course(self):
        # The final model's 9,906 of 10,000: 98.85 % to 99.23 % (notebook 11).
        answers = np.eye(2, dtype="float32")[np.repeat([0, 1], [9906, 94])]
        low, high = Report(np.zeros(10_000, int), answers).interval
        assert (round(100 * low, 2), round(100 * high, 2)) == (98.85, 99.23)

    def test_by_its_formula(self):
        z, n, share = 1.959964, REPORT.count, REPORT.accuracy
        middle = (share + z**2 / (2 * n)) / (1 + z**2 / n)
        half = z * np.sqrt(share * (1 - share) / n + z**2 / (4 * n**2)) / (1 + z**2 / n)
        assert REPORT.interval == pytest.approx((middle - half, middle + half), abs=1e-6)

    @pytest.mark.parametrize(("label", "expected"), [(0, 1), (1, 0)])
    def test_it_stays_in_0_to_1(self, label, expected):
        answers = np.eye(2, dtype="float32")[[0] * 20]
        low, high = Report(np.full(20, label), answers).interval
        assert 0 <= low < high <= 1
        assert expected in (low, high)
