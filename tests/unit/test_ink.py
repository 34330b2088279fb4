"""Ink and paper told apart, on pages whose ink is known."""

from mnistlab.data.images import image_to_digit
from mnistlab.data.ink import DARK_ON_LIGHT, LIGHT_ON_DARK, find_ink, has_edges, shrink, stands_out
from mnistlab.errors import ImageError

import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFilter

SIZE = 200


def stroke():
    """Where the ink of a 2 is."""
    picture = Image.new("1", (SIZE, SIZE))
    line = [(60, 60), (90, 40), (130, 60), (120, 100), (60, 160), (140, 160)]
    ImageDraw.Draw(picture).line(line, fill=1, width=10, joint="curve")
    return np.array(picture)


def page(ink=40, paper=220, noise=0, shade=None):
    """(200, 200, 3) uint8: a page with a 2; ink and paper gray, or three colors."""
    light = np.where(stroke()[:, :, None], np.float32(ink), np.float32(paper))
    light = np.broadcast_to(light, (SIZE, SIZE, 3))
    if shade is not None:
        light = light * shade[:, :, None]
    light = light + np.random.default_rng(1).normal(0, noise, light.shape)
    return np.clip(light, 0, 255).astype("uint8")


def overlap(pixels, polarity=DARK_ON_LIGHT):
    """Which share of the ink found and the ink drawn is both."""
    steps = image_to_digit(pixels, describe=True)
    assert polarity in (None, steps.polarity)
    mask = steps.ink > 0.5
    return (mask & stroke()).sum() / (mask | stroke()).sum()


ROWS, COLUMNS = np.mgrid[:SIZE, :SIZE] / SIZE
SHADES = {
    "from left to right": 0.3 + 0.7 * COLUMNS,
    "a dark corner": 1 - 0.8 * ROWS * COLUMNS,
    "a hand's shadow": np.where(ROWS + COLUMNS > 1.1, 0.55, 1.0),
    "a lamp": 0.35 + 0.65 * np.exp(-3 * ((ROWS - 0.3) ** 2 + (COLUMNS - 0.4) ** 2)),
}


@pytest.mark.parametrize("shade", SHADES.values(), ids=SHADES)
@pytest.mark.parametrize("noise", [0, 6])
def test_uneven_light_is_seen_through(shade, noise):
    assert overlap(page(shade=shade, noise=noise)) > 0.8


@pytest.mark.parametrize(("ink", "paper"), [(0, 255), (110, 150), (200, 235), (20, 60)])
def test_both_polarities_are_found(ink, paper):
    assert overlap(page(ink, paper)) > 0.85
    assert overlap(page(paper, ink), LIGHT_ON_DARK) > 0.85
    assert overlap(255 - page(ink, paper), LIGHT_ON_DARK) > 0.85


@pytest.mark.parametrize(
    ("ink", "paper"),
    [
        ((255, 240, 60), (255, 255, 255)),  # yellow on white
        ((220, 60, 60), (125, 125, 125)),  # red, as bright as its gray paper
        ((40, 60, 160), (235, 235, 225)),
        ((255, 255, 255), (20, 90, 50)),  # chalk
    ],
)
def test_ink_of_any_color(ink, paper):
    # Which of two colors is the lighter one depends on the color that is looked at.
    assert overlap(page(ink, paper, noise=3), polarity=None) > 0.8


@pytest.mark.parametrize("noise", [0, 3, 12])
@pytest.mark.parametrize("name", SHADES)
def test_a_page_without_ink_has_no_digit(noise, name):
    for shade in (None, SHADES[name]):
        with pytest.raises(ImageError, match="has no digit found: nothing in it stands out"):
            image_to_digit(page(ink=200, paper=200, noise=noise, shade=shade))


def test_what_is_written_on_a_sheet_is_the_digit_and_not_the_sheet_on_its_table():
    sheet = (np.abs(ROWS - 0.5) < 0.42) & (np.abs(COLUMNS - 0.5) < 0.42)
    table = np.where(sheet[:, :, None], page(), np.uint8(45))
    assert overlap(table) > 0.8


def test_a_blurred_picture_is_still_read():
    blurred = Image.fromarray(page()).filter(ImageFilter.GaussianBlur(4))
    assert overlap(np.asarray(blurred)) > 0.7


def test_edges_are_those_of_ink_and_not_of_a_shade():
    shade = page(ink=200, paper=200, shade=SHADES["a lamp"])
    for pixels, sharp in ((page(), True), (page(noise=12), True), (shade, False)):
        assert has_edges(pixels[:, :, 0].astype("float32") / 255, stroke()) is sharp


def test_a_hole_does_not_stand_out_from_the_paper_around():
    zero = Image.new("L", (SIZE, SIZE), 220)
    ImageDraw.Draw(zero).ellipse([60, 40, 140, 160], outline=40, width=12)
    light = np.float32(zero) / 255
    hole = Image.new("1", (SIZE, SIZE))
    ImageDraw.Draw(hole).ellipse([72, 52, 128, 148], fill=1)
    assert stands_out(light, light < 0.5) > 0.6
    assert abs(stands_out(1 - light, np.array(hole))) < 0.05


@pytest.mark.parametrize("shape", [(1, 1), (1, 256), (256, 1), (2, 3)])
def test_the_smallest_pictures_are_no_fault(shape):
    pixels = np.random.default_rng(0).integers(0, 256, (*shape, 3), dtype="uint8")
    for polarity in (DARK_ON_LIGHT, LIGHT_ON_DARK):
        assert find_ink(pixels, polarity).mask.shape == shape
    try:
        assert image_to_digit(pixels).shape == (28, 28)
    except ImageError as error:
        assert "no digit found" in str(error)


def test_pictures_become_smaller_and_never_larger():
    assert shrink(np.zeros((1000, 3, 3), "uint8")).shape == (256, 1, 3)
    small = np.zeros((20, 30, 3), "uint8")
    assert shrink(small) is small
    means = shrink(np.random.default_rng(0).integers(0, 256, (512, 512, 3), dtype="uint8"))
    assert abs(float(means.mean()) - 127.5) < 1
