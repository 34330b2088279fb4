"""What all explorers have in common: the picker, following the shared digit, and their end."""

from mnistlab.errors import MnistLabError
from mnistlab.widgets.explorers import ConvolutionExplorer, ReluExplorer, SoftmaxExplorer

import anywidget
import numpy as np
import pytest
from ipywidgets.widgets import widget

IMAGES = np.random.default_rng(0).integers(0, 256, (4, 28, 28), dtype="uint8")


def living() -> set[str]:
    """Returns the widgets with a script of their own that were not closed."""
    found = widget._instances.items()
    return {name for name, each in found if isinstance(each, anywidget.AnyWidget)}


@pytest.mark.parametrize(
    "fail",
    [
        lambda model: ConvolutionExplorer(IMAGES, kernel="none such"),
        lambda model: ConvolutionExplorer(IMAGES, photo="none"),
        lambda model: ReluExplorer(model, IMAGES, layer="none such"),
        lambda model: SoftmaxExplorer(model, IMAGES, temperature=0),
        lambda model: SoftmaxExplorer("no model", IMAGES),
    ],
)
def test_one_that_cannot_be_made_leaves_nothing_behind(model, shared, fail):
    before = living()
    with pytest.raises(MnistLabError):
        fail(model)
    assert living() == before
    assert all(not names.get("change") for names in shared._trait_notifiers.values())


@pytest.mark.parametrize("first", ["convolution", "softmax", "relu"])
def test_one_that_fails_says_so_and_stops_no_other(model, shared, monkeypatch, first):
    explorers = {
        "convolution": lambda: ConvolutionExplorer(IMAGES),
        "softmax": lambda: SoftmaxExplorer(model, IMAGES),
        "relu": lambda: ReluExplorer(model, IMAGES),
    }
    failing, follower = explorers[first](), ConvolutionExplorer(IMAGES)

    def fail():
        raise RuntimeError("the machine is out of ink")

    monkeypatch.setattr(failing, "_show_digit", fail)
    shared.choose(IMAGES[2])
    assert "RuntimeError: the machine is out of ink" in failing.view.problem
    np.testing.assert_array_equal(follower.image, shared.image)
    assert follower.view.problem == ""
    monkeypatch.undo()
    failing._follow()
    assert failing.view.problem == ""


def test_closed_it_takes_its_picker_and_view_along(shared):
    before = living()
    explorer = ConvolutionExplorer(IMAGES)
    assert len(living() - before) == 2
    explorer.close()
    explorer.close()
    assert living() == before
    shown = explorer.image
    shared.choose(IMAGES[1])
    assert explorer.image is shown
