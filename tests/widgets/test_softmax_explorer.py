"""The softmax explorer: its settings in Python, and the shared digit that it follows."""

import subprocess
import sys

from mnistlab.errors import DataError, DesignError
from mnistlab.models import zoo
from mnistlab.models.prediction import logits, predict
from mnistlab.plots import Figure
from mnistlab.widgets.explorers import SoftmaxExplorer

import numpy as np
import pytest

IMAGES = np.random.default_rng(0).integers(0, 256, (4, 28, 28), dtype="uint8")
LABELS = np.array([5, 0, 4, 1])


@pytest.fixture
def explorer():
    return SoftmaxExplorer(logits=[2.0, 1.0, 0.1], labels=["cat", "dog", "bird"])


@pytest.fixture
def of_model(model):
    return SoftmaxExplorer(model, IMAGES, LABELS)


class TestGivenLogits:
    def test_it_begins_with_them_and_the_most_probable_class(self, explorer):
        assert explorer.logits == [2.0, 1.0, 0.1]
        assert (explorer.temperature, explorer.constant, explorer.chosen) == (1.0, 0.0, 0)
        assert explorer.view.classes == ["cat", "dog", "bird"]
        np.testing.assert_allclose(explorer.probabilities, [0.659, 0.242, 0.099], atol=5e-4)
        assert explorer.loss == pytest.approx(-np.log(explorer.probabilities[0]))

    def test_the_example_where_nothing_is_given(self):
        assert SoftmaxExplorer().logits == [2.0, 1.0, 0.1]

    def test_the_vector_of_the_course(self):
        explorer = SoftmaxExplorer(logits=np.array([110, -35.1, 0.2, 1.1, 10]))
        assert explorer.view.classes == ["0", "1", "2", "3", "4"]
        np.testing.assert_allclose(explorer.probabilities, [1, 0, 0, 0, 0], atol=1e-12)

    def test_a_constant_changes_no_probability(self, explorer):
        before = explorer.probabilities
        explorer.constant = 1000
        np.testing.assert_allclose(explorer.probabilities, before)
        assert explorer.logits == [2.0, 1.0, 0.1]

    def test_the_temperature_divides(self, explorer):
        explorer.temperature = 0.5
        expected = np.exp([4.0, 2.0, 0.2]) / np.exp([4.0, 2.0, 0.2]).sum()
        np.testing.assert_allclose(explorer.probabilities, expected)
        assert explorer.loss == pytest.approx(-np.log(expected[0]))

    def test_the_loss_is_that_of_the_chosen_class_even_where_its_probability_is_0(self, explorer):
        explorer.logits = [1000, 0, 0]
        explorer.chosen = 2
        assert explorer.loss == pytest.approx(1000)

    def test_a_reset_brings_them_back(self, explorer):
        explorer.logits, explorer.constant, explorer.temperature = [0, 0, 9], 5, 2
        explorer.reset()
        assert explorer.logits == [2.0, 1.0, 0.1]
        assert (explorer.constant, explorer.temperature) == (0.0, 1.0)

    def test_a_reset_brings_the_temperature_given_back(self, model):
        for explorer in (
            SoftmaxExplorer(logits=[1, 2], temperature=5),
            SoftmaxExplorer(model, IMAGES, temperature=5),
        ):
            explorer.temperature = 0.5
            explorer.reset()
            assert (explorer.temperature, explorer.view.start_temperature) == (5.0, 5.0)

    def test_without_a_model_tensorflow_is_not_loaded(self):
        code = (
            "from mnistlab.widgets.explorers import SoftmaxExplorer\n"
            "SoftmaxExplorer(logits=[1, 2])\n"
            "import sys\n"
            "assert 'tensorflow' not in sys.modules\n"
        )
        subprocess.run([sys.executable, "-c", code], check=True, timeout=120)


class TestOfAModel:
    def test_it_shows_the_logits_of_the_shared_digit(self, of_model, model):
        np.testing.assert_allclose(of_model.logits, logits(model, IMAGES[0])[0], rtol=1e-6)
        np.testing.assert_allclose(of_model.probabilities, predict(model, IMAGES[0])[0], atol=1e-6)
        assert of_model.view.classes == [str(number) for number in range(10)]

    def test_the_label_of_the_digit_is_the_chosen_class(self, of_model):
        assert of_model.chosen == 5
        of_model.picker.selected = 2
        assert of_model.chosen == 4
        assert of_model.view.origin == "the model's logits for image 2, a 4"

    def test_it_follows_what_is_picked_elsewhere(self, of_model, model, shared):
        of_model.constant = 3
        shared.choose(IMAGES[3])
        np.testing.assert_allclose(of_model.logits, logits(model, IMAGES[3])[0], rtol=1e-6)
        assert of_model.view.start == of_model.logits
        assert of_model.chosen == int(np.argmax(of_model.logits))
        assert of_model.constant == 0

    def test_it_begins_with_the_digit_of_another_explorer(self, model, shared):
        shared.choose(IMAGES[1], 0)
        explorer = SoftmaxExplorer(model, IMAGES, LABELS)
        np.testing.assert_allclose(explorer.logits, logits(model, IMAGES[1])[0], rtol=1e-6)

    def test_the_temperature_stays_when_the_digit_changes(self, model):
        explorer = SoftmaxExplorer(model, IMAGES, temperature=2)
        explorer.picker.selected = 3
        assert explorer.temperature == 2

    def test_what_goes_wrong_meanwhile_is_shown_and_the_picture_stays(self, of_model):
        before = of_model.logits
        of_model.model = zoo.build("lenet5")
        last = of_model.model.layers[-1]
        last.set_weights([np.full_like(weights, np.nan) for weights in last.get_weights()])
        of_model.picker.selected = 1
        assert of_model.logits == before
        assert "each is a number" in of_model.view.problem
        of_model.model = zoo.build("lenet5")
        of_model.picker.selected = 2
        assert of_model.view.problem == ""

    def test_a_closed_one_follows_no_longer(self, of_model, shared):
        of_model.close()
        of_model.close()
        before = of_model.view.logits
        shared.choose(IMAGES[3])
        assert of_model.view.logits == before


class TestWhatCannotBe:
    @pytest.mark.parametrize(
        ("name", "value", "message"),
        [
            ("logits", [1, 2], "here they are 3 numbers, one for each class"),
            ("logits", [[1, 2, 3]], "here they are 3 numbers"),
            ("logits", "abc", "logits are abc; here they are 3 numbers"),
            ("logits", None, "logits are None; here they are 3 numbers"),
            ("logits", [1, 2, np.nan], "each is a number, up to a million"),
            ("logits", [1, 2, np.inf], "each is a number, up to a million"),
            ("temperature", 0, "temperature is 0; it takes a number from 0.01 to 100"),
            ("temperature", np.nan, "temperature is nan; it takes a number"),
            ("temperature", "1", "temperature is '1'; it takes a number"),
            ("temperature", None, "temperature is None; it takes a number"),
            ("constant", [1], r"constant is \[1\]; it takes a number"),
            ("constant", 1e7, "from -1,000,000 to 1,000,000"),
            ("chosen", 3, "chosen is 3; it takes a number from 0 to 2"),
            ("chosen", -1, "chosen is -1; it takes a number from 0 to 2"),
            ("chosen", 0.5, "chosen is 0.5; it takes a whole number from 0 to 2"),
        ],
    )
    def test_a_setting_is_refused_and_stays(self, explorer, name, value, message):
        before = getattr(explorer, name)
        with pytest.raises(DesignError, match=message):
            setattr(explorer, name, value)
        assert getattr(explorer, name) == before

    @pytest.mark.parametrize(
        ("arguments", "message"),
        [
            ({"logits": [1]}, "takes 2 to 10 numbers"),
            ({"logits": np.zeros(11)}, "takes 2 to 10 numbers"),
            ({"logits": np.zeros((2, 3))}, r"Choose one row of several: logits\[0\]"),
            ({"logits": [1, None]}, "logits are"),
            ({"logits": [1, 2], "labels": "abc"}, "There are 2 logits and 3 names"),
            ({"logits": [1, 2], "temperature": 0}, "temperature is 0"),
            ({"images": IMAGES}, "images are given without a model"),
        ],
    )
    def test_what_is_given(self, arguments, message):
        with pytest.raises(DesignError, match=message):
            SoftmaxExplorer(**arguments)

    def test_a_model_with_logits_or_without_images(self, model):
        for arguments in ({}, {"images": IMAGES, "logits": [1, 2]}):
            with pytest.raises(DesignError, match="give images to pick from"):
                SoftmaxExplorer(model, **arguments)

    def test_images_that_are_none(self, model):
        with pytest.raises(DataError, match="images: expected shape"):
            SoftmaxExplorer(model, IMAGES[0])


class TestForReadersWithoutAKernel:
    def test_the_figure_is_of_the_same_state(self, explorer):
        explorer.logits, explorer.constant, explorer.temperature = [1, 2, 3], 1, 0.5
        figure = explorer.figure()
        assert isinstance(figure, Figure)
        shown = [text.get_text() for text in figure.axes[0].texts]
        assert shown == ["2.00", "3.00", "4.00"]
        assert figure.axes[1].get_title() == "Exponentials e^(z / 0.5)"

    def test_its_text_is_short_and_always_the_same(self, explorer, of_model):
        assert repr(explorer) == repr(of_model)
        assert len(repr(explorer)) < 110

    def test_it_asks_the_network_for_nothing(self, explorer):
        for part in (type(explorer.view)._esm, type(explorer.view)._css):
            assert "http" not in str(part)
            assert "innerHTML" not in str(part)
