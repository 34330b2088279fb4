"""The convolution explorer as Python has it: settings, their checks, the output, the code."""

import re

from mnistlab import plots
from mnistlab.errors import DataError, DesignError
from mnistlab.explain.convolution import cross_correlate
from mnistlab.explain.sobel import KERNELS, SOBEL_X, SOBEL_Y, box_kernel, gaussian_kernel, luminance
from mnistlab.plots.explained import SIGNED_COLORS
from mnistlab.widgets import explorers
from mnistlab.widgets.explorers import convolution
from mnistlab.widgets.explorers.convolution import ConvolutionExplorer

import numpy as np
import pytest

RNG = np.random.default_rng(0)
IMAGES = RNG.integers(0, 256, (3, 28, 28), dtype="uint8")
PHOTO = RNG.integers(0, 256, (120, 240, 3), dtype="uint8")
SCRIPT = convolution.ConvolutionView._esm


@pytest.fixture
def explorer():
    made = ConvolutionExplorer(IMAGES, [1, 2, 3])
    yield made
    made.close()


@pytest.fixture
def on_photo():
    made = ConvolutionExplorer(IMAGES, photo=PHOTO)
    yield made
    made.close()


def evaluated(explorer):
    names = {"np": np, "kernel": explorer.kernel, "bias": explorer.bias, "image": explorer.image}
    *before, expression = explorer.code.splitlines()
    exec("\n".join(before), names)
    return eval(expression, names)


class TestWhatItShows:
    def test_the_front_door_leads_to_it(self):
        assert explorers.ConvolutionExplorer is ConvolutionExplorer
        assert {"ConvolutionExplorer", "SoftmaxExplorer", "ReluExplorer"} <= set(dir(explorers))
        with pytest.raises(AttributeError, match="has no attribute 'Nothing'"):
            _ = explorers.Nothing

    def test_its_text_does_not_vary_and_is_short(self, explorer):
        before = repr(explorer)
        explorer.kernel = "sharpen"
        assert repr(explorer) == before
        assert (
            before.startswith("ConvolutionExplorer: needs a running kernel") and len(before) < 110
        )

    def test_the_picker_stands_above_the_view(self, explorer):
        assert explorer.children == (explorer.picker, explorer.view)

    def test_it_begins_at_the_strongest_pixel(self, explorer):
        assert abs(explorer.value) == np.abs(explorer.output).max()

    def test_the_output_is_that_of_explain(self, explorer):
        np.testing.assert_array_equal(explorer.output, cross_correlate(explorer.image, SOBEL_X))
        assert explorer.image.tolist() == (IMAGES[0] / np.float32(255)).tolist()

    def test_relu_leaves_nothing_negative(self, explorer):
        before = explorer.output
        explorer.relu = True
        np.testing.assert_array_equal(explorer.output, np.maximum(before, 0))

    @pytest.mark.parametrize(
        "settings",
        [
            {},
            {"stride": 2, "bias": -0.5, "relu": True},
            {"padding": "same", "kernel": "Gaussian blur"},
            {"padding": "same", "stride": 3, "dilation": 2, "kernel": [[1, 2, 3, -4]]},
            {"dilation": 3, "kernel": np.arange(14).reshape(7, 2)},
        ],
    )
    def test_the_code_computes_the_value(self, settings):
        explorer = ConvolutionExplorer(IMAGES, **settings)
        for row, column in ((0, 0), (3, 5), (explorer.view.shape[0] - 1, 1)):
            explorer.row, explorer.column = row, column
            assert evaluated(explorer) == pytest.approx(explorer.value)

    def test_the_figure_shows_the_same(self, explorer):
        explorer.kernel, explorer.row, explorer.column = SOBEL_Y, 4, 9
        explorer.bias, explorer.stride, explorer.padding = 0.25, 2, "same"
        explorer.dilation, explorer.relu = 2, True
        figure = explorer.figure()
        assert isinstance(figure, plots.Figure)
        assert figure.get_supxlabel().endswith(explorer.code)
        np.testing.assert_array_equal(figure.axes[-1].images[0].get_array(), explorer.output)


class TestSettings:
    @pytest.mark.parametrize("name", KERNELS)
    def test_every_preset_by_its_name(self, explorer, name):
        explorer.kernel = name
        np.testing.assert_array_equal(explorer.kernel, KERNELS[name])

    def test_setting_is_telling_whoever_observes_the_view(self, explorer):
        told = []
        explorer.view.observe(lambda change: told.append(change.new), ["stride", "relu"])
        explorer.stride = 2
        explorer.relu = True
        assert told == [2, True]

    def test_the_pixel_stays_inside_of_a_smaller_output(self, explorer):
        explorer.row = explorer.column = 25
        explorer.stride = 4
        assert (explorer.row, explorer.column) == (6, 6)
        explorer.kernel = np.ones((7, 1))
        assert (explorer.row, explorer.column) == (5, 6)

    def test_the_kernel_cannot_be_changed_behind_its_back(self, explorer):
        with pytest.raises(ValueError, match="read-only"):
            explorer.kernel[0, 0] = 9
        mine = np.ones((2, 2))
        explorer.kernel = mine
        mine[0, 0] = 9
        assert explorer.kernel[0, 0] == 1

    @pytest.mark.parametrize(
        ("name", "value", "message"),
        [
            ("kernel", "Sobel", "kernel is 'Sobel'; the presets are identity, Sobel x"),
            ("kernel", np.ones((8, 3)), r"kernel has the shape \(8, 3\)"),
            ("kernel", np.ones((3, 3, 1)), r"kernel has the shape \(3, 3, 1\)"),
            ("kernel", [], r"kernel has the shape \(0,\)"),
            ("kernel", [[1, 2], [3]], "rows of numbers, all as long"),
            ("kernel", [["a"]], "rows of numbers"),
            ("kernel", None, "kernel"),
            ("stride", None, "stride is None"),
            ("source", None, "source is None"),
            ("kernel", [[np.nan]], "finite numbers"),
            ("kernel", [[2e6]], "-1e[+]06 to 1e[+]06"),
            ("stride", 0, "stride is 0; .* from 1 to 4"),
            ("stride", 5, "stride is 5"),
            ("stride", 1.5, "stride is 1.5"),
            ("stride", "2", "stride is '2'"),
            ("stride", [[1], [2, 3]], r"stride is \[\[1\], \[2, 3\]\]"),
            ("dilation", 4, "dilation is 4; .* from 1 to 3"),
            ("padding", "full", "full"),
            ("bias", np.inf, "bias is inf"),
            ("bias", "much", "bias is 'much'"),
            ("relu", 1, "relu is 1; it is True or False"),
            ("row", 26, "row is 26; .* from 0 to 25"),
            ("column", -1, "column is -1; .* from 0 to 25"),
            ("source", "photo", "this explorer has digit. A photo is given when"),
            ("region", [0, 0, 9, 9], "There is no photo"),
        ],
    )
    def test_what_cannot_be_is_refused_and_changes_nothing(self, explorer, name, value, message):
        before = {each: getattr(explorer, each) for each in ("code", "value", "bias", "relu")}
        with pytest.raises(DesignError, match=message):
            setattr(explorer, name, value)
        assert {each: getattr(explorer, each) for each in before} == before
        np.testing.assert_array_equal(explorer.kernel, SOBEL_X)

    def test_a_bad_setting_of_several_undoes_the_others(self, explorer):
        with pytest.raises(DesignError), explorer.view.hold_trait_notifications():
            explorer.view.stride = 2
            explorer.view.row = 20
        assert (explorer.stride, explorer.output.shape) == (1, (26, 26))

    def test_settings_from_the_browser_are_checked_together(self, explorer):
        explorer.row = 25
        explorer.view.set_state({"stride": 2, "row": 12, "kernel": [[1, 2]], "bias": 1})
        assert (explorer.stride, explorer.row, explorer.bias) == (2, 12, 1.0)
        assert explorer.kernel.tolist() == [[1.0, 2.0]]

    def test_a_bad_setting_is_refused_when_it_is_made(self):
        with pytest.raises(DesignError, match="stride is 9"):
            ConvolutionExplorer(IMAGES, stride=9)


class TestDigits:
    def test_it_follows_the_shared_digit(self, explorer, shared):
        shared.choose(IMAGES[2])
        np.testing.assert_array_equal(explorer.image, shared.image)
        np.testing.assert_array_equal(explorer.output, cross_correlate(shared.image, SOBEL_X))

    def test_it_begins_with_the_digit_chosen_before(self, shared):
        shared.choose(IMAGES[1])
        explorer = ConvolutionExplorer(IMAGES)
        np.testing.assert_array_equal(explorer.image, shared.image)

    def test_closed_it_follows_no_longer(self, shared):
        explorer = ConvolutionExplorer(IMAGES)
        before = explorer.image
        explorer.close()
        explorer.close()
        shared.choose(IMAGES[2])
        assert explorer.image is before


class TestPhotos:
    def test_brightness_in_at_most_96_pixels_a_side(self, on_photo):
        assert on_photo.source == "photo"
        assert on_photo.image.shape == (48, 96)
        gray = luminance(PHOTO) / 255
        assert on_photo.image.mean() == pytest.approx(gray.mean(), abs=1e-3)

    def test_each_pixel_is_the_mean_of_those_it_stands_for(self):
        explorer = ConvolutionExplorer(IMAGES, photo=PHOTO[:, :192])
        blocks = luminance(PHOTO[:, :192]).reshape(60, 2, 96, 2) / 255
        np.testing.assert_allclose(explorer.image, blocks.mean(axis=(1, 3)), atol=1e-6)

    def test_a_region_is_shown_pixel_by_pixel_where_it_is_small(self, on_photo):
        on_photo.region = (10, 20, 40, 80)
        expected = luminance(PHOTO)[10:50, 20:100] / 255
        np.testing.assert_allclose(on_photo.image, expected, atol=1e-6)
        np.testing.assert_array_equal(on_photo.view.photo, on_photo.image)

    def test_the_pixel_stays_inside_of_a_smaller_region(self, on_photo):
        on_photo.row, on_photo.column = 45, 93
        on_photo.region = (0, 0, 10, 20)
        assert (on_photo.row, on_photo.column) == (7, 17)

    def test_who_picks_a_digit_sees_it(self, on_photo, shared):
        shared.choose(IMAGES[2])
        assert on_photo.source == "digit"
        np.testing.assert_array_equal(on_photo.image, shared.image)
        on_photo.source = "photo"
        assert on_photo.image.shape == (48, 96)

    @pytest.mark.parametrize(
        "region", [(0, 0, 121, 10), (-1, 0, 9, 9), (0, 0, 0, 9), (1, 2, 3), "all", (0, 0, 9.5, 9)]
    )
    def test_a_region_outside_of_the_photo_is_refused(self, on_photo, region):
        with pytest.raises(DesignError, match="inside of the photo's 120 × 240"):
            on_photo.region = region
        assert list(on_photo.region) == [0, 0, 120, 240]

    def test_a_region_smaller_than_the_kernel_is_refused(self, on_photo):
        with pytest.raises(DesignError, match="larger than the image"):
            on_photo.region = (0, 0, 2, 2)
        assert on_photo.image.shape == (48, 96)

    def test_a_kernel_larger_than_the_region_is_refused(self, on_photo):
        on_photo.region = (0, 0, 5, 5)
        with pytest.raises(DesignError, match="covers 7 pixels"):
            on_photo.dilation = 3
        assert (on_photo.dilation, on_photo.output.shape) == (1, (3, 3))
        on_photo.padding = "same"
        on_photo.dilation = 3
        assert on_photo.output.shape == (5, 5)

    @pytest.mark.parametrize("photo", [PHOTO[..., 0], PHOTO[..., 0] / 255, PHOTO / 255.0])
    def test_gray_and_float_photos(self, photo):
        explorer = ConvolutionExplorer(IMAGES, photo=photo)
        assert explorer.image.shape == (48, 96)
        assert explorer.image.min() >= 0 and explorer.image.max() <= 1.0001

    @pytest.mark.parametrize(
        "photo",
        [PHOTO[..., :2], PHOTO[0, 0], "china.jpg", PHOTO * 2.0, np.full((9, 9), np.nan)],
    )
    def test_what_is_no_photo_is_refused(self, photo):
        with pytest.raises(DataError, match="photo"):
            ConvolutionExplorer(IMAGES, photo=photo)


class TestForTheBrowser:
    def test_an_image_travels_as_its_shape_and_bytes(self, explorer):
        sent = explorer.view.get_state("digit")["digit"]
        assert sent["shape"] == [28, 28]
        np.testing.assert_array_equal(
            np.frombuffer(sent["pixels"], "<f4").reshape(28, 28), explorer.image
        )
        assert explorer.view.get_state("photo")["photo"] is None

    def test_every_setting_that_the_browser_reads_is_sent(self, explorer):
        listed = re.findall(r"const (?:SETTINGS|TRAITS) = \[(.*?)\];", SCRIPT, re.DOTALL)
        names = set(re.findall(r'"(\w+)"', " ".join(listed)))
        assert names <= set(explorer.view.keys) and {"kernel", "digit"} <= names
        asked = set(re.findall(r'model\.get\("(\w+)"\)', SCRIPT))
        assert asked <= set(explorer.view.keys) and "presets" in asked

    def test_a_line_of_a_blur_times_another_is_the_blur(self, explorer):
        for name, kernel_of in (("box blur", box_kernel), ("Gaussian blur", gaussian_kernel)):
            for size, line in enumerate(explorer.view.blurs[name], 1):
                np.testing.assert_allclose(np.outer(line, line), kernel_of(size))
            np.testing.assert_allclose(np.outer(*[explorer.view.blurs[name][2]] * 2), KERNELS[name])

    def test_the_same_limits_and_colors_on_both_sides(self):
        for name in ("KERNEL", "STRIDE", "DILATION", "NUMBER"):
            there = re.search(rf"const LARGEST_{name} = (\S+);", SCRIPT)[1]
            assert float(there) == getattr(convolution, f"LARGEST_{name}")
        side = re.search(r"const PHOTO_SIDE = (\S+);", SCRIPT)[1]
        assert int(side) == convolution.PHOTO_SIDE
        signed = re.search(r"const SIGNED = \[(.*?)\]", SCRIPT, re.DOTALL)[1]
        assert re.findall(r'"(#\w{6})"', signed) == list(SIGNED_COLORS)
        assert re.search(r'const MARK = "(.*?)"', SCRIPT)[1] == plots.HIGHLIGHT

    def test_the_script_asks_for_nothing_from_outside_and_writes_no_markup(self):
        for text in (SCRIPT, convolution.ConvolutionView._css):
            assert not re.search(r"https?:|url\(|@import|fetch\(|innerHTML|insertAdjacent", text)
