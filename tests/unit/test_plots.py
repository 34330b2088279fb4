"""Every figure: how many axes, which labels and colors, and that it is a picture."""

import io
import subprocess
import sys

from mnistlab import plots
from mnistlab.data.images import Steps
from mnistlab.errors import DataError, DesignError
from mnistlab.evaluation.results import Comparison
from mnistlab.evaluation.trials import Trial, Tuning
from mnistlab.explain.convolution import cross_correlate
from mnistlab.plots.explained import numpy_code

import matplotlib.colors
import matplotlib.pyplot as plt
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

PNG = b"\x89PNG\r\n\x1a\n"
IMAGES = np.random.default_rng(0).integers(0, 256, (12, 28, 28), dtype="uint8")
HISTORY = {
    "loss": [0.5, 0.2, 0.1],
    "accuracy": [0.8, 0.9, 0.95],
    "val_loss": [0.4, 0.3, 0.3],
    "val_accuracy": [0.85, 0.88, 0.9],
}
SCORES = {"baseline": [0.986, 0.987, 0.985], "deeper": [0.991, 0.990, 0.992]}
COMPARISONS = {
    "deeper": Comparison(0.4, 0.2, 0.6, 0.95, 5),
    "batchnorm": Comparison(0.01, -0.1, 0.12, 0.95, 5),
}
MATRIX = np.diag(np.arange(10) + 90)
MATRIX[4, 9] = 7
MATRIX[3, 5] = 2
SOBEL_X = np.array([[-1.0, 0.0, 1.0], [-2.0, 0.0, 2.0], [-1.0, 0.0, 1.0]])
STROKES = [np.array([[0.3, 0.2], [0.7, 0.2], [0.4, 0.8]]), np.array([[0.1, 0.1]])]
PROBABILITIES = np.full(10, 0.02)
PROBABILITIES[7] = 0.82
LAYERS = [
    ("Input", "image", (28, 28, 1), 0),
    ("Conv2D", "conv1", (26, 26, 32), 320),
    ("MaxPooling2D", "pool1", None, 0),
    ("Dense", "dense1", (100,), 1_000),
]
STEPS = Steps(
    original=np.full((60, 90, 3), 200, "uint8"),
    ink=np.pad(np.ones((40, 10), "float32"), ((10, 10), (30, 50))),
    box=(10, 30, 50, 40),
    scaled=np.ones((20, 5), "float32"),
    centered=np.pad(np.full((20, 5), 255, "uint8"), ((4, 4), (12, 11))),
    polarity="dark on light",
    notes=("1 speck was left out.",),
)
RATES = Tuning(
    "rate",
    {"rate": 0.01},
    [
        Trial({"rate": 0.1}, [], "The training has diverged."),
        Trial({"rate": 0.01}, [0.98, 0.97]),
        Trial({"rate": 0.03}, [0.985, 0.98]),
        Trial({"rate": 0.0001}, [0.5, 0.4]),
    ],
    {"folds": 2},
)

FIGURES = {
    "image_grid": lambda: plots.image_grid(IMAGES, titles=range(12), suptitle="Digits"),
    "pixel_values": lambda: plots.pixel_values(IMAGES[0], "Pixels"),
    "class_counts": lambda: plots.class_counts({"a": np.arange(10), "b": np.arange(10)}),
    "learning_curves": lambda: plots.learning_curves([HISTORY, HISTORY], "Curves"),
    "run_progress": lambda: plots.run_progress(
        ("Cross-validation   12 s left", 0.4),
        [("fold 1", 0.5), ("fold 2", 0.25)],
        [[(0, 0.9), (1, 0.95)], []],
        10,
    ),
    "score_boxes": lambda: plots.score_boxes(SCORES, "Scores"),
    "confusion_matrix": lambda: plots.confusion_matrix(MATRIX),
    "probability_bars": lambda: plots.probability_bars(IMAGES[0], PROBABILITIES),
    "differences": lambda: plots.differences(COMPARISONS, "Differences"),
    "accuracy_against": lambda: plots.accuracy_against(
        SCORES,
        {"baseline": 542_230, "deeper": 159_254},
        "parameters",
        title="Accuracy",
    ),
    "verdict_matrix": lambda: plots.verdict_matrix(
        [*SCORES, "batchnorm"],
        {("baseline", name): comparison for name, comparison in COMPARISONS.items()},
        title="Verdicts",
    ),
    "convolution_step": lambda: plots.convolution_step(
        IMAGES[0], SOBEL_X, 7, 12, bias=0.5, padding="same", relu=True, title="One pixel"
    ),
    "kernel_grid": lambda: plots.kernel_grid([SOBEL_X, [[-1, 1]]], ["Sobel x", "difference"]),
    "softmax_steps": lambda: plots.softmax_steps([2.0, 1.0, 0.1], 0.5, "abc", "Softmax"),
    "drawing_steps": lambda: plots.drawing_steps(STROKES, IMAGES[0], PROBABILITIES, "Drawn"),
    "relu_maps": lambda: plots.relu_maps(IMAGES - 128.0, titles=range(12), title="ReLU"),
    "picture_steps": lambda: plots.picture_steps(STEPS),
    "network": lambda: plots.network(LAYERS, "A network of $3 and $4", marked=[2]),
    "signed_maps": lambda: plots.signed_maps(IMAGES - 128.0, range(12), columns=6),
    "sweep": lambda: plots.sweep({"batches of 32": RATES, "the same": RATES}, "Learning rate"),
    "schedules": lambda: plots.schedules({"constant": [1, 1, 1], "step": [1, 1, 0.1]}, "Schedules"),
    "search_history": lambda: plots.search_history(RATES, "The search"),
    "search_slices": lambda: plots.search_slices(RATES, title="Its settings"),
}


def color(artist):
    return matplotlib.colors.to_hex(artist.get_color())


def signed(number):
    return f"{number:z.2f}".replace("-", "−")


def texts(axes):
    return [text.get_text() for text in axes.texts]


def tick_labels(axis):
    return [label.get_text() for label in axis.get_ticklabels()]


@pytest.mark.parametrize("name", FIGURES)
class TestEveryFigure:
    def test_it_shows_itself_as_an_opaque_png(self, name):
        data = FIGURES[name]()._repr_png_()
        assert data.startswith(PNG)
        assert len(data) < 300_000
        picture = plt.imread(io.BytesIO(data))
        assert (picture[..., 3] == 1).all()

    def test_it_leaves_pyplot_alone(self, name):
        before = plt.get_fignums()
        FIGURES[name]()
        assert plt.get_fignums() == before

    def test_its_text_is_its_size_and_its_axes(self, name):
        assert repr(FIGURES[name]()).startswith("<Figure size ")

    def test_nothing_is_written_beyond_the_edge(self, name):
        figure = FIGURES[name]()
        figure.draw_without_rendering()
        whole = figure.get_tightbbox()
        width, height = figure.get_size_inches()
        assert whole.x0 > -0.02 and whole.y0 > -0.02
        assert whole.x1 < width + 0.02 and whole.y1 < height + 0.02


def test_every_public_function_that_draws_is_tested_here():
    public = {
        name
        for name, value in vars(plots).items()
        if callable(value) and getattr(value, "__module__", "").startswith(plots.__name__)
    }
    assert {name for name in public if name.islower() and name[0] != "_"} == set(FIGURES)


class TestImageGrid:
    def test_one_axes_for_each_image(self):
        assert len(plots.image_grid(IMAGES).axes) == 12

    def test_rows_of_the_width_asked_for(self):
        figure = plots.image_grid(IMAGES, columns=5)
        assert figure.axes[0].get_gridspec().get_geometry() == (3, 5)
        assert plots.image_grid(IMAGES[:3]).axes[0].get_gridspec().get_geometry() == (1, 3)

    def test_titles(self):
        figure = plots.image_grid(IMAGES[:2], titles=[7, "$5"], suptitle="Two")
        assert [axes.get_title() for axes in figure.axes] == ["7", "$5"]
        assert figure.get_suptitle() == "Two"

    def test_bytes_are_drawn_from_0_to_255_and_others_from_their_own_range(self):
        gray = np.full((1, 28, 28), 100, "uint8")
        assert plots.image_grid(gray).axes[0].images[0].get_clim() == (0, 255)
        scaled = np.linspace(-1, 3, 784).reshape(1, 28, 28)
        assert plots.image_grid(scaled).axes[0].images[0].get_clim() == (-1, 3)

    def test_the_channel_axis_makes_no_difference(self):
        drawn = plots.image_grid(IMAGES[..., np.newaxis]).axes[3].images[0].get_array()
        np.testing.assert_array_equal(drawn, IMAGES[3])

    @pytest.mark.parametrize("images", [IMAGES[0], IMAGES[0][..., None], IMAGES[:0], 3])
    def test_what_is_no_batch_is_refused(self, images):
        with pytest.raises(DataError, match=r"image_grid takes \(n, 28, 28\).*images\[None\]"):
            plots.image_grid(images)

    def test_too_few_titles_are_refused(self):
        with pytest.raises(DataError, match="There are 3 titles for 12 images"):
            plots.image_grid(IMAGES, titles="abc")


class TestPixelValues:
    def test_every_pixel_has_its_number(self):
        axes = plots.pixel_values(IMAGES[0, :4, :5], "Corner").axes[0]
        assert texts(axes) == [str(value) for value in IMAGES[0, :4, :5].ravel()]
        assert (axes.get_xlabel(), axes.get_ylabel()) == ("column", "row")
        assert axes.get_title() == "Corner"

    def test_numbers_can_be_read_on_their_pixel(self):
        axes = plots.pixel_values(np.array([[0, 255]])).axes[0]
        assert [text.get_color() for text in axes.texts] == ["white", "black"]

    def test_the_channel_axis_makes_no_difference(self):
        axes = plots.pixel_values(IMAGES[0, :4, :5, np.newaxis]).axes[0]
        assert texts(axes) == [str(value) for value in IMAGES[0, :4, :5].ravel()]

    def test_several_images_are_refused(self):
        with pytest.raises(DataError, match=r"shape \(12, 28, 28\); pixel_values takes one"):
            plots.pixel_values(IMAGES)


class TestClassCounts:
    def test_bars_are_as_high_as_the_counts(self):
        counts = {"training": np.arange(10) + 1, "test": np.arange(10) * 2}
        axes = plots.class_counts(counts, "Counts").axes[0]
        heights = [[bar.get_height() for bar in group] for group in axes.containers]
        assert heights == [values.tolist() for values in counts.values()]
        assert [text.get_text() for text in axes.get_legend().texts] == ["training", "test"]
        assert (axes.get_xlabel(), axes.get_ylabel()) == ("digit", "images")

    def test_one_set_needs_no_legend(self):
        assert plots.class_counts({"all": np.ones(10)}).axes[0].get_legend() is None


class TestLearningCurves:
    def test_two_panels_with_labels_and_units(self):
        figure = plots.learning_curves([HISTORY], "Baseline")
        assert [axes.get_title() for axes in figure.axes] == ["Loss", "Accuracy"]
        assert [axes.get_xlabel() for axes in figure.axes] == ["epoch", "epoch"]
        units = [axes.get_ylabel() for axes in figure.axes]
        assert units == ["cross-entropy loss", "accuracy (%)"]
        assert figure.get_suptitle() == "Baseline"

    def test_blue_is_training_and_orange_held_out(self):
        for axes in plots.learning_curves([HISTORY, HISTORY]).axes:
            assert [color(line) for line in axes.lines] == ["#0072b2", "#e69f00"] * 2
            labels = [text.get_text() for text in axes.get_legend().texts]
            assert labels == ["training", "held out"]
            assert [color(line) for line in axes.get_legend().get_lines()] == [
                "#0072b2",
                "#e69f00",
            ]

    def test_the_curves_are_those_of_the_history(self):
        loss, accuracy = plots.learning_curves([HISTORY]).axes
        assert loss.lines[0].get_xdata().tolist() == [1, 2, 3]
        assert loss.lines[0].get_ydata().tolist() == HISTORY["loss"]
        assert loss.lines[1].get_ydata().tolist() == HISTORY["val_loss"]
        np.testing.assert_allclose(accuracy.lines[1].get_ydata(), [85, 88, 90])

    def test_without_a_held_out_set(self):
        history = {key: HISTORY[key] for key in ("loss", "accuracy")}
        for axes in plots.learning_curves([history]).axes:
            assert [color(line) for line in axes.lines] == ["#0072b2"]

    def test_each_kind_of_line_is_labeled_once_whatever_comes_first(self):
        training = {key: HISTORY[key] for key in ("loss", "accuracy")}
        for axes in plots.learning_curves([{}, training, HISTORY, HISTORY]).axes:
            labels = [text.get_text() for text in axes.get_legend().texts]
            assert labels == ["training", "held out"]

    def test_before_the_first_epoch(self):
        figure = plots.learning_curves([{}])
        assert all(not axes.lines and axes.get_legend() is None for axes in figure.axes)

    def test_a_training_that_diverged(self):
        history = {"loss": [1.0, float("nan")], "accuracy": [0.5, 0.1]}
        assert plots.learning_curves([history])._repr_png_().startswith(PNG)


class TestScoreBoxes:
    def test_models_from_top_to_bottom_in_percent(self):
        axes = plots.score_boxes(SCORES, "Scores").axes[0]
        assert tick_labels(axes.yaxis) == ["baseline", "deeper"]
        assert axes.get_yticks().tolist() == [1, 0]
        assert axes.get_xlabel() == "held-out accuracy of a fold (%)"
        dots = [line for line in axes.lines if line.get_marker() == "o"]
        for line, scores in zip(dots, SCORES.values(), strict=True):
            np.testing.assert_allclose(line.get_xdata(), 100 * np.array(scores))
            assert color(line) == "#e69f00"

    def test_median_and_mean_are_where_they_belong(self):
        axes = plots.score_boxes({"a": [0.1, 0.2, 0.9]}).axes[0]
        upright = {
            color(line): line.get_xdata()[0]
            for line in axes.lines
            if color(line) in (plots.HIGHLIGHT, plots.TRAINING)
        }
        assert upright[plots.HIGHLIGHT] == pytest.approx(20)
        assert upright[plots.TRAINING] == pytest.approx(40)

    def test_the_legend_says_what_is_what(self):
        legend = plots.score_boxes(SCORES).axes[0].get_legend()
        assert [text.get_text() for text in legend.texts] == ["a fold", "median", "mean"]

    def test_one_score(self):
        assert plots.score_boxes({"a": [0.5]})._repr_png_().startswith(PNG)

    @pytest.mark.parametrize("scores", [{}, {"a": []}, {"a": [0.5], "b": []}])
    def test_nothing_to_draw_is_refused(self, scores):
        with pytest.raises(DataError, match="at least one score for each model"):
            plots.score_boxes(scores)


class TestConfusionMatrix:
    def test_counts_stand_where_they_belong(self):
        axes = plots.confusion_matrix(MATRIX).axes[0]
        shown = {text.get_position(): text.get_text() for text in axes.texts}
        expected = {(column, row): str(MATRIX[row, column]) for row, column in np.argwhere(MATRIX)}
        assert shown == expected
        assert (axes.get_xlabel(), axes.get_ylabel()) == ("predicted digit", "true digit")

    def test_only_errors_are_colored(self):
        drawn = plots.confusion_matrix(MATRIX).axes[0].images[0]
        assert np.diag(drawn.get_array()).tolist() == [0] * 10
        assert drawn.get_array()[4, 9] == 7
        assert drawn.get_clim() == (0, 7)

    def test_the_matrix_stays_as_it_is(self):
        before = MATRIX.copy()
        plots.confusion_matrix(MATRIX)
        np.testing.assert_array_equal(MATRIX, before)

    def test_a_perfect_model(self):
        assert plots.confusion_matrix(np.eye(10, dtype=int))._repr_png_().startswith(PNG)


class TestProbabilityBars:
    def test_the_most_probable_digit_is_highlighted(self):
        figure = plots.probability_bars(IMAGES[0], PROBABILITIES, "Seven")
        picture, bars = figure.axes
        np.testing.assert_array_equal(picture.images[0].get_array(), IMAGES[0])
        np.testing.assert_allclose([bar.get_height() for bar in bars.patches], 100 * PROBABILITIES)
        colors = [matplotlib.colors.to_hex(bar.get_facecolor()) for bar in bars.patches]
        assert colors[7] == plots.HIGHLIGHT
        assert set(colors[:7] + colors[8:]) == {plots.QUIET}
        assert texts(bars) == ["82.0 %"]
        assert (bars.get_xlabel(), bars.get_ylabel()) == ("digit", "probability (%)")
        assert figure.get_suptitle() == "Seven"

    def test_the_answer_of_predict_to_one_image_can_be_given_as_it_is(self):
        bars = plots.probability_bars(IMAGES[0], PROBABILITIES[None]).axes[1]
        np.testing.assert_allclose([bar.get_height() for bar in bars.patches], 100 * PROBABILITIES)

    def test_answers_to_several_images_are_refused(self):
        with pytest.raises(DataError, match=r"shape \(2, 10\); .* Choose a row"):
            plots.probability_bars(IMAGES[0], np.stack([PROBABILITIES] * 2))

    def test_certainty_fits_into_the_picture(self):
        bars = plots.probability_bars(IMAGES[0], np.eye(10)[3]).axes[1]
        assert texts(bars) == ["100.0 %"]
        assert bars.get_ylim()[1] > 105


class TestPictureSteps:
    def test_every_step_is_shown(self):
        picture, ink, scaled, centered = plots.picture_steps(STEPS).axes
        shown = [axes.images[0].get_array() for axes in (picture, ink, scaled, centered)]
        kept = (STEPS.original, STEPS.ink, STEPS.scaled, STEPS.centered)
        assert all(map(np.array_equal, shown, kept))

    def test_the_box_runs_around_the_ink(self):
        [box] = plots.picture_steps(STEPS).axes[0].patches
        assert box.get_bbox().extents.tolist() == [29.5, 9.5, 39.5, 49.5]

    def test_the_dot_marks_the_center_of_mass(self):
        axes = plots.picture_steps(STEPS).axes[3]
        assert axes.lines[-1].get_xydata().tolist() == [[14.0, 13.5]]

    def test_a_pixel_is_as_large_in_the_box_as_in_the_frame(self):
        scaled, centered = plots.picture_steps(STEPS).axes[2:]
        widths = [np.ptp(axes.get_xlim()) for axes in (scaled, centered)]
        assert widths == [28, 28]

    def test_it_says_what_was_noticed_unless_it_has_a_title(self):
        said = plots.picture_steps(STEPS).get_suptitle()
        assert said == "Dark on light. 1 speck was left out."
        assert plots.picture_steps(STEPS, "A $1").get_suptitle() == "A $1"


class TestDifferences:
    def test_intervals_and_the_line_at_zero(self):
        axes = plots.differences(COMPARISONS, "Against the baseline").axes[0]
        assert tick_labels(axes.yaxis) == ["deeper", "batchnorm"]
        assert "percentage points" in axes.get_xlabel()
        intervals = [line for line in axes.lines if len(line.get_xdata()) == 2]
        *shown, zero = intervals
        bounds = [tuple(line.get_xdata()) for line in shown]
        assert bounds == [(0.2, 0.6), (-0.1, 0.12)]
        assert list(zero.get_xdata()) == [0, 0]

    def test_only_a_difference_that_was_shown_has_a_color(self):
        lines = plots.differences(COMPARISONS).axes[0].lines
        assert [color(line) for line in lines[:4]] == [plots.HIGHLIGHT] * 2 + ["#666666"] * 2


class TestConvolutionStep:
    image = IMAGES[0] / 255

    def test_numbers_patch_kernel_products_and_their_sum(self):
        figure = plots.convolution_step(self.image, SOBEL_X, 7, 12, bias=-0.25)
        under = self.image[7:10, 12:15]
        _, patch, kernel, products, _ = figure.axes
        assert texts(patch) == [signed(number) for number in under.flat]
        assert texts(kernel) == ["−1", "0", "1", "−2", "0", "2", "−1", "0", "1"]
        assert texts(products) == [signed(number) for number in (under * SOBEL_X).flat]
        total = (under * SOBEL_X).sum()
        assert figure.get_supxlabel() == (
            f"sum of products {signed(total)} − bias 0.25 = {signed(total - 0.25)} = "
            "output[7, 12]\nnp.sum(image[7:10, 12:15] * kernel) + bias"
        )

    def test_the_patch_and_the_pixel_are_outlined(self):
        figure = plots.convolution_step(
            self.image, SOBEL_X, 3, 4, stride=2, padding="same", dilation=2
        )
        patch, pixel = figure.axes[0].patches[-1], figure.axes[-1].patches[-1]
        # Before stride 2 and dilation 2 there is one zero, and two come after.
        assert (*patch.get_xy(), patch.get_width(), patch.get_height()) == (6.5, 4.5, 5, 5)
        assert (*pixel.get_xy(), pixel.get_width(), pixel.get_height()) == (3.5, 2.5, 1, 1)
        assert matplotlib.colors.to_hex(pixel.get_edgecolor()) == plots.HIGHLIGHT

    def test_the_output_is_the_whole_map_with_or_without_relu(self):
        for relu in (False, True):
            figure = plots.convolution_step(self.image, -SOBEL_X, 0, 0, relu=relu)
            output = cross_correlate(self.image, -SOBEL_X)
            drawn = figure.axes[-1].images[0]
            expected = np.maximum(output, 0) if relu else output
            np.testing.assert_allclose(drawn.get_array(), expected)
            low, high = drawn.get_clim()
            assert low == -high

    def test_the_words_say_what_relu_does(self):
        figure = plots.convolution_step(np.ones((1, 1)), [[-2]], 0, 0, bias=1.0, relu=True)
        assert figure.get_supxlabel() == (
            "sum of products −2.00 + bias 1.00 = −1.00 → ReLU → 0.00 = output[0, 0]\n"
            "max(0, np.sum(image[0:1, 0:1] * kernel) + bias)"
        )

    @given(
        shape=st.tuples(*[st.integers(7, 12)] * 2),
        kernel_shape=st.tuples(*[st.integers(1, 3)] * 2),
        stride=st.integers(1, 4),
        padding=st.sampled_from(["valid", "same"]),
        dilation=st.integers(1, 3),
        relu=st.booleans(),
        seed=st.integers(0, 99),
    )
    def test_the_code_computes_what_the_figure_shows(
        self, shape, kernel_shape, stride, padding, dilation, relu, seed
    ):
        rng = np.random.default_rng(seed)
        image, kernel, bias = rng.random(shape), rng.normal(size=kernel_shape), rng.normal()
        output = cross_correlate(image, kernel, bias, stride, padding, dilation)
        row, column = rng.integers(output.shape)
        code = numpy_code(row, column, shape, kernel_shape, stride, padding, dilation, relu)
        names = {"np": np, "image": image, "kernel": kernel, "bias": bias}
        *before, expression = code.splitlines()
        exec("\n".join(before), names)
        value = max(0, output[row, column]) if relu else output[row, column]
        assert eval(expression, names) == pytest.approx(value)

    @pytest.mark.parametrize("title", ["", "One pixel"])
    @pytest.mark.parametrize("padding", ["valid", "same"])
    @pytest.mark.parametrize("width", [20, 40, 80])
    def test_nothing_is_left_empty_around_a_wide_image(self, width, padding, title):
        image = np.arange(20.0 * width).reshape(20, width)
        figure = plots.convolution_step(image, SOBEL_X, 5, 5, padding=padding, title=title)
        figure.draw_without_rendering()
        boxes = [
            axes.get_tightbbox().transformed(figure.dpi_scale_trans.inverted())
            for axes in figure.axes
        ]
        caption = figure._supxlabel.get_window_extent().y1 / figure.dpi
        lowest = min(box.y0 for box in boxes)
        assert caption < lowest < caption + 0.4

    def test_a_square_image_has_the_whole_height(self):
        assert plots.convolution_step(self.image, SOBEL_X, 7, 12).get_figheight() == 3.4

    def test_an_image_of_one_color(self):
        figure = plots.convolution_step(np.zeros((5, 5, 1)), SOBEL_X, 0, 0)
        assert texts(figure.axes[1]) == ["0"] * 9
        assert figure._repr_png_().startswith(PNG)

    @pytest.mark.parametrize("image", [IMAGES, np.zeros((28, 28, 3))])
    def test_what_is_not_one_gray_image_is_refused(self, image):
        with pytest.raises(DataError, match=r"takes one gray image, \(height, width\)"):
            plots.convolution_step(image, SOBEL_X, 0, 0)

    @pytest.mark.parametrize("place", [(26, 0), (0, 26), (-1, 0)])
    def test_a_pixel_outside_of_the_output_is_refused(self, place):
        with pytest.raises(DesignError):
            plots.convolution_step(self.image, SOBEL_X, *place)


class TestSignedFigures:
    @pytest.mark.parametrize("function", [plots.kernel_grid, plots.signed_maps])
    def test_one_scale_with_white_in_its_middle(self, function):
        figure = function([SOBEL_X, -3 * SOBEL_X], ["small", "large"])
        *panels, scale = figure.axes
        assert [axes.get_title() for axes in panels] == ["small", "large"]
        assert {axes.images[0].get_clim() for axes in panels} == {(-6, 6)}
        assert panels[0].images[0].to_rgba(0.0) == (1, 1, 1, 1)
        assert scale.get_xlim() == (-6, 6)

    def test_without_negative_numbers_the_scale_begins_at_white(self):
        *panels, scale = plots.signed_maps([np.abs(SOBEL_X), np.eye(3)]).axes
        assert {axes.images[0].get_clim() for axes in panels} == {(0, 2)}
        assert scale.get_xlim() == (0, 2)
        above = plots.signed_maps([SOBEL_X]).axes[0].images[0]
        for number in (0.0, 0.4, 1.0, 2.0):
            colors = panels[0].images[0].to_rgba(number), above.to_rgba(number)
            np.testing.assert_allclose(*colors, atol=0.02)

    def test_one_negative_number_is_enough_for_both_halves(self):
        panel = plots.signed_maps([np.eye(3), -SOBEL_X[1:2] / 4]).axes[0]
        assert panel.images[0].get_clim() == (-1, 1)

    def test_kernels_each_on_a_scale_of_its_own(self):
        kernels = [SOBEL_X, -3 * SOBEL_X, np.full((3, 3), 0.1), np.zeros((3, 3))]
        figure = plots.kernel_grid(kernels, "abcd", own_scale=True)
        limits = [axes.images[0].get_clim() for axes in figure.axes]
        assert limits == [(-2, 2), (-6, 6), (0, 0.1), (0, 1)]
        assert [axes.get_title() for axes in figure.axes] == ["a", "b", "c", "d"]
        assert texts(figure.axes[2]) == ["0.10"] * 9

    def test_blue_is_negative_and_red_positive(self):
        drawn = plots.signed_maps([SOBEL_X]).axes[0].images[0]
        red, _, blue, _ = drawn.to_rgba(-2.0)
        assert blue > 2 * red
        red, _, blue, _ = drawn.to_rgba(2.0)
        assert red > 2 * blue

    def test_few_kernels_have_their_numbers_and_many_have_not(self):
        assert texts(plots.kernel_grid([SOBEL_X / 8]).axes[0])[:2] == ["−0.12", "0.00"]
        assert texts(plots.kernel_grid([SOBEL_X] * 32).axes[0]) == []
        assert texts(plots.kernel_grid([np.eye(7)]).axes[0]) == []

    def test_rows_of_the_width_asked_for(self):
        figure = plots.kernel_grid([SOBEL_X] * 20, columns=5)
        assert figure.axes[0].get_gridspec().get_geometry() == (4, 5)

    def test_nothing_but_zeros(self):
        assert plots.signed_maps(np.zeros((1, 3, 3)))._repr_png_().startswith(PNG)

    @pytest.mark.parametrize(
        ("maps", "message"),
        [
            ([], "maps holds nothing to draw"),
            ([SOBEL_X, np.zeros(3)], r"maps\[1\] has the shape \(3,\); signed_maps takes two-dim"),
            (np.zeros((2, 3, 3, 1)), "has the shape"),
            ([np.full((2, 2), np.nan)], r"maps\[0\] holds NaN, infinity"),
            ([[["a"]]], "no numbers"),
        ],
    )
    def test_what_cannot_be_drawn_is_refused(self, maps, message):
        with pytest.raises(DataError, match=message):
            plots.signed_maps(maps)

    def test_too_few_titles_are_refused(self):
        with pytest.raises(DataError, match="There are 1 titles for 2 kernels"):
            plots.kernel_grid([SOBEL_X] * 2, ["a"])


class TestDrawingSteps:
    def test_strokes_stay_where_they_were_drawn_with_y_down(self):
        drawn, seen, _ = plots.drawing_steps(STROKES, IMAGES[0], PROBABILITIES).axes
        assert drawn.get_xlim() == (0, 1) and drawn.get_ylim() == (1, 0)
        for line, stroke in zip(drawn.lines, STROKES, strict=True):
            np.testing.assert_array_equal(line.get_xydata(), stroke)
        assert [line.get_marker() for line in drawn.lines] == ["None", "o"]
        np.testing.assert_array_equal(seen.images[0].get_array(), IMAGES[0])

    def test_strokes_of_another_scale_are_shown_whole(self):
        drawn = plots.drawing_steps([[(100, 900), (300, 100)]], IMAGES[0], PROBABILITIES).axes[0]
        (left, right), (bottom, top) = drawn.get_xlim(), drawn.get_ylim()
        assert left < 100 < 300 < right and top < 100 < 900 < bottom
        assert right - left == pytest.approx(bottom - top)

    def test_the_best_three_are_marked_and_those_to_see_have_numbers(self):
        probabilities = np.zeros(10)
        probabilities[[7, 1, 9]] = 0.9, 0.0996, 0.0004
        bars = plots.drawing_steps(STROKES, IMAGES[0], probabilities).axes[2]
        assert bars.get_title() == "It reads 7"
        assert texts(bars) == ["90.0 %", "10.0 %"]
        colors = [matplotlib.colors.to_hex(bar.get_facecolor()) for bar in bars.patches]
        assert colors[7] == plots.HIGHLIGHT
        assert len({colors[7], colors[1], colors[9], plots.QUIET}) == 4
        assert colors.count(plots.QUIET) == 7

    def test_nothing_drawn_and_nothing_read(self):
        drawn, _, bars = plots.drawing_steps([], np.zeros((28, 28)), np.zeros(10)).axes
        assert (drawn.get_title(), bars.get_title()) == ("Nothing drawn", "Nothing to read")
        assert texts(bars) == [] and not drawn.lines

    @pytest.mark.parametrize(
        ("strokes", "digit", "probabilities", "message"),
        [
            ([[1, 2]], IMAGES[0], PROBABILITIES, r"a stroke has the shape \(2,\)"),
            ([np.zeros((4, 3))], IMAGES[0], PROBABILITIES, r"the shape \(4, 3\)"),
            ([np.empty((0, 2))], IMAGES[0], PROBABILITIES, "a stroke has no points"),
            ([*STROKES, np.empty((0, 2))], IMAGES[0], PROBABILITIES, "a stroke has no points"),
            (STROKES, IMAGES, PROBABILITIES, r"digit has the shape \(12, 28, 28\)"),
            (STROKES, IMAGES[0], PROBABILITIES[None], r"probabilities have the shape \(1, 10\)"),
        ],
    )
    def test_what_is_no_drawing_is_refused(self, strokes, digit, probabilities, message):
        with pytest.raises(DataError, match=message):
            plots.drawing_steps(strokes, digit, probabilities)


class TestSoftmaxSteps:
    def test_the_numbers_of_each_step(self):
        figure = plots.softmax_steps([2.0, 1.0, 0.1], labels=["cat", "dog", "bird"])
        assert [texts(axes) for axes in figure.axes] == [
            ["2.00", "1.00", "0.10"],
            ["7.39", "2.72", "1.11"],
            ["0.659", "0.242", "0.099"],
        ]
        assert tick_labels(figure.axes[0].yaxis) == ["cat", "dog", "bird"]
        assert figure.get_supxlabel() == (
            "p(cat) = e^2.00 / (e^2.00 + e^1.00 + e^0.10) = 7.39 / 11.21 = 0.659"
        )

    def test_the_first_class_is_on_top_and_the_most_probable_one_is_marked(self):
        figure = plots.softmax_steps([1.0, 3.0, -2.0])
        assert figure.axes[0].yaxis_inverted()
        colors = [matplotlib.colors.to_hex(bar.get_facecolor()) for bar in figure.axes[2].patches]
        assert colors == [plots.QUIET, plots.HIGHLIGHT, plots.QUIET]

    def test_many_classes_have_a_short_formula(self):
        figure = plots.softmax_steps(np.arange(10.0))
        assert figure.get_supxlabel() == "p(9) = e^z / sum = 8103.08 / 12818.31 = 0.632"

    def test_a_temperature_is_written_out(self):
        figure = plots.softmax_steps([2.0, 1.0], temperature=0.5)
        assert figure.axes[1].get_title() == "Exponentials e^(z / 0.5)"
        assert texts(figure.axes[1]) == ["54.60", "7.39"]
        assert "e^4.00 / (e^4.00 + e^2.00)" in figure.get_supxlabel()

    @pytest.mark.parametrize(
        ("logits", "temperature", "heading"),
        [
            ([1000, 0], 1, "Exponentials e^(z − max)"),
            ([-1000, -2000], 1, "Exponentials e^(z − max)"),
            ([100, 0], 0.1, "Exponentials e^((z − max) / 0.1)"),
        ],
    )
    def test_where_the_formula_as_written_fails(self, logits, temperature, heading):
        figure = plots.softmax_steps(logits, temperature)
        assert figure.axes[1].get_title() == heading
        assert texts(figure.axes[1]) == ["1.000", "0"]
        assert "so the largest z is subtracted first" in figure.get_supxlabel()

    def test_where_the_exponentials_have_lost_their_digits(self):
        figure = plots.softmax_steps([-744.4, -744.9])
        assert figure.axes[1].get_title() == "Exponentials e^(z − max)"
        assert texts(figure.axes[1]) == ["1.000", "0.607"]

    def test_extreme_logits_that_still_have_exponentials(self):
        figure = plots.softmax_steps([110, -35.1, 0.2, 1.1, 10])
        assert texts(figure.axes[1]) == ["5.9·10⁴⁷", "5.7·10⁻¹⁶", "1.22", "3.00", "22026.47"]
        assert texts(figure.axes[2])[0] == "1.000"

    def test_labels_are_not_read_as_formulas(self):
        figure = plots.softmax_steps([1.0, 2.0], labels=["$a", "b$"])
        assert figure._repr_png_().startswith(PNG)
        assert tick_labels(figure.axes[0].yaxis) == ["$a", "b$"]

    @pytest.mark.parametrize("logits", [[1.0], [[1.0, 2.0]], [1.0, np.nan], []])
    def test_what_are_no_logits(self, logits):
        with pytest.raises(DataError, match="takes finite numbers, one for each of at least two"):
            plots.softmax_steps(logits)

    def test_a_label_for_each(self):
        with pytest.raises(DataError, match="There are 2 labels for 3 logits"):
            plots.softmax_steps([1.0, 2.0, 3.0], labels="ab")

    def test_a_temperature_that_cannot_be(self):
        with pytest.raises(DesignError, match="temperature"):
            plots.softmax_steps([1.0, 2.0], temperature=0)


class TestReluMaps:
    maps = np.array([[[-2.0, 1.0], [0.0, -1.0]], [[1.0, 1.0], [4.0, 1.0]]])

    def test_before_above_after_with_the_share_of_zeros(self):
        figure = plots.relu_maps(self.maps, titles=["first", "second"])
        drawn = [axes for axes in figure.axes if axes.images]
        shown = [axes.images[0].get_array().tolist() for axes in drawn]
        assert shown[0] == self.maps[0].tolist()
        assert shown[1] == [[0.0, 1.0], [0.0, 0.0]]
        assert [axes.get_title() for axes in drawn] == ["first", "", "second", ""]
        assert [axes.get_xlabel() for axes in drawn] == ["", "75 % zeros", "", "0 % zeros"]

    def test_all_share_one_scale_with_0_in_its_middle(self):
        figure = plots.relu_maps(self.maps)
        limits = {axes.images[0].get_clim() for axes in figure.axes if axes.images}
        assert limits == {(-4.0, 4.0)}

    def test_one_map_and_an_activation_of_ones_own(self):
        before = self.maps[0]
        figure = plots.relu_maps(before, np.where(before > 0, before, 0.5 * before))
        assert figure.axes[1].images[0].get_array().tolist() == [[-1.0, 1.0], [0.0, -0.5]]
        assert figure.axes[1].get_xlabel() == "25 % zeros"

    def test_several_rows(self):
        figure = plots.relu_maps(np.concatenate([self.maps] * 4), columns=3)
        assert figure.axes[0].get_subplotspec().get_gridspec().get_geometry() == (6, 3)

    @pytest.mark.parametrize(
        ("before", "after", "message"),
        [
            (np.zeros((0, 2, 2)), None, "before holds nothing to draw"),
            (np.full((2, 2), np.nan), None, "before.0. holds NaN"),
            (maps, maps[:1], r"before has the shape \(2, 2, 2\) and after \(1, 2, 2\)"),
        ],
    )
    def test_what_cannot_be_drawn(self, before, after, message):
        with pytest.raises(DataError, match=message):
            plots.relu_maps(before, after)


def test_the_style_is_on_after_the_import():
    code = (
        "import matplotlib, mnistlab.plots\n"
        "assert matplotlib.rcParams['figure.facecolor'] == 'white'\n"
        "assert matplotlib.rcParams['image.cmap'] == 'gray'\n"
        "import sys\n"
        "assert 'tensorflow' not in sys.modules and 'matplotlib.pyplot' not in sys.modules\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True, timeout=120)
