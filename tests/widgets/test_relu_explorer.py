"""The ReLU explorer: its maps and settings in Python, and the shared digit that it follows."""

from mnistlab.errors import DataError, DesignError
from mnistlab.models import zoo
from mnistlab.models.insight import feature_maps
from mnistlab.plots import Figure
from mnistlab.widgets.explorers import ReluExplorer

import numpy as np
import pytest

IMAGES = np.random.default_rng(0).integers(0, 256, (4, 28, 28), dtype="uint8")
LABELS = np.array([5, 0, 4, 1])


@pytest.fixture
def explorer(model):
    return ReluExplorer(model, IMAGES, LABELS)


def maps_of(model, image, layer="conv1"):
    return feature_maps(model, image, layer, before_activation=True)[0].transpose(2, 0, 1)


class TestMaps:
    def test_they_are_those_of_the_shared_digit_before_the_activation(self, explorer, model):
        maps = explorer.view.maps
        assert maps.shape == (6, 28, 28)
        np.testing.assert_allclose(maps, maps_of(model, IMAGES[0]), rtol=1e-6)
        assert maps.min() < 0 < maps.max()

    def test_after_the_relu_they_are_what_the_model_has(self, explorer, model):
        expected = feature_maps(model, IMAGES[0], "conv1")[0][..., explorer.chosen]
        np.testing.assert_allclose(explorer.after, expected, rtol=1e-6)

    def test_a_pixel_that_is_not_0_is_looked_at_in_the_map_that_differs_most(self, explorer):
        deviations = explorer.view.maps.std(axis=(1, 2))
        assert deviations[explorer.chosen] == deviations.max()
        strongest = np.abs(explorer.before).max()
        assert abs(explorer.before[explorer.row, explorer.column]) == strongest

    def test_it_follows_what_is_picked(self, explorer, model, shared):
        explorer.picker.selected = 2
        np.testing.assert_allclose(explorer.view.maps, maps_of(model, IMAGES[2]), rtol=1e-6)
        shared.choose(IMAGES[3])
        np.testing.assert_allclose(explorer.view.maps, maps_of(model, IMAGES[3]), rtol=1e-6)

    def test_it_begins_with_the_digit_of_another_explorer(self, model, shared):
        shared.choose(IMAGES[1], 0)
        explorer = ReluExplorer(model, IMAGES, LABELS)
        np.testing.assert_allclose(explorer.view.maps, maps_of(model, IMAGES[1]), rtol=1e-6)

    def test_another_layer(self, explorer, model):
        explorer.row, explorer.column = 27, 27
        explorer.layer = "conv2"
        np.testing.assert_allclose(explorer.view.maps, maps_of(model, IMAGES[0], "conv2"), 1e-6)
        assert (explorer.row, explorer.column) == (9, 9)
        explorer.chosen = 15
        explorer.layer = "conv1"
        assert explorer.chosen == 5

    def test_the_layers_to_choose_from_are_the_convolutions_and_the_one_asked_for(self):
        model = zoo.build("batchnorm")
        assert ReluExplorer(model, IMAGES).view.layers == ["conv1"]
        explorer = ReluExplorer(model, IMAGES, layer="relu1")
        assert explorer.view.layers == ["relu1", "conv1"]
        np.testing.assert_allclose(explorer.view.maps, maps_of(model, IMAGES[0]), rtol=1e-6)

    def test_the_browser_gets_them_as_bytes(self, explorer):
        sent = explorer.view.get_state("maps")["maps"]
        assert sent["shape"] == [6, 28, 28]
        values = np.frombuffer(sent["values"], "<f4").reshape(sent["shape"])
        np.testing.assert_array_equal(values, explorer.view.maps)

    def test_what_goes_wrong_meanwhile_is_shown_and_the_picture_stays(self, explorer):
        before = explorer.view.maps
        explorer.model = zoo.build("lenet5")
        layer = explorer.model.get_layer("conv1")
        layer.set_weights([np.full_like(weights, np.nan) for weights in layer.get_weights()])
        explorer.picker.selected = 1
        np.testing.assert_array_equal(explorer.view.maps, before)
        assert "hold NaN or infinite values" in explorer.view.problem
        explorer.model = zoo.build("lenet5")
        explorer.picker.selected = 2
        assert explorer.view.problem == ""

    def test_a_closed_one_follows_no_longer(self, explorer, shared):
        before = explorer.view.maps
        explorer.close()
        explorer.close()
        shared.choose(IMAGES[3])
        np.testing.assert_array_equal(explorer.view.maps, before)


class TestZeros:
    def test_the_share_of_a_map_and_of_the_layer(self, explorer):
        maps = explorer.view.maps
        assert explorer.zeros == np.mean(maps[explorer.chosen] <= 0)
        assert explorer.zeros_of_layer == np.mean(maps <= 0)

    def test_a_shift_moves_the_zero(self, explorer):
        chosen = explorer.view.maps[explorer.chosen].astype("float64")
        explorer.shift = 0.25
        np.testing.assert_allclose(explorer.before, chosen + 0.25)
        assert explorer.zeros == np.mean(chosen <= -0.25)
        explorer.shift = chosen.max() * -1
        assert explorer.zeros == 1
        explorer.shift = 1000
        assert explorer.zeros_of_layer == 0


class TestWhatCannotBe:
    @pytest.mark.parametrize(
        ("name", "value", "message"),
        [
            ("layer", "conv9", "layer is 'conv9'; choose one of conv1, conv2"),
            ("layer", None, "layer is None; choose one of"),
            ("chosen", 6, "chosen is 6; it takes a number from 0 to 5"),
            ("chosen", 1.5, "chosen is 1.5; it takes a whole number from 0 to 5"),
            ("shift", np.nan, "shift is nan; it takes a number"),
            ("shift", "1", "shift is '1'; it takes a number"),
            ("row", 28, "row is 28; it takes a number from 0 to 27"),
            ("column", -1, "column is -1; it takes a number from 0 to 27"),
        ],
    )
    def test_a_setting_is_refused_and_stays(self, explorer, name, value, message):
        before = getattr(explorer, name)
        with pytest.raises(DesignError, match=message):
            setattr(explorer, name, value)
        assert getattr(explorer, name) == before

    @pytest.mark.parametrize(
        ("layer", "message"), [("conv9", "has no layer named 'conv9'"), ("dense1", "dense1")]
    )
    def test_a_layer_without_maps(self, model, layer, message):
        with pytest.raises(DesignError, match=message):
            ReluExplorer(model, IMAGES, layer=layer)

    def test_images_that_are_none(self, model):
        with pytest.raises(DataError, match="images: expected shape"):
            ReluExplorer(model, IMAGES[0])


class TestForReadersWithoutAKernel:
    def test_the_figure_is_of_the_same_state(self, explorer):
        explorer.chosen, explorer.shift = 2, -0.1
        figure = explorer.figure()
        assert isinstance(figure, Figure)
        before, after = figure.axes[:2]
        assert before.get_title() == "conv1, map 2"
        np.testing.assert_array_equal(before.images[0].get_array(), explorer.before)
        np.testing.assert_array_equal(after.images[0].get_array(), explorer.after)
        assert after.get_xlabel() == f"{100 * explorer.zeros:.0f} % zeros"

    def test_its_text_is_short_and_always_the_same(self, explorer):
        text = repr(explorer)
        explorer.shift = 1
        assert repr(explorer) == text
        assert len(text) < 110

    def test_it_asks_the_network_for_nothing_but_names_svg(self, explorer):
        for part in (type(explorer.view)._esm, type(explorer.view)._css):
            assert "http" not in str(part).replace("http://www.w3.org/2000/svg", "")
            assert "innerHTML" not in str(part)
