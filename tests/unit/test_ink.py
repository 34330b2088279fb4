"""Ink and paper told apart, on pages whose ink is known."""

from mnistlab.data.ink import DARK_ON_LIGHT, LIGHT_ON_DARK, find_ink, shrink
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


def overlap(mask):
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
    ink = find_ink(page(shade=shade, noise=noise))
    assert ink.polarity == DARK_ON_LIGHT
    assert overlap(ink.mask) > 0.8


@pytest.mark.parametrize(("ink", "paper"), [(0, 255), (110, 150), (200, 235), (20, 60)])
def test_both_polarities_are_found(ink, paper):
    assert find_ink(page(ink, paper)).polarity == DARK_ON_LIGHT
    light = find_ink(page(paper, ink))
    assert light.polarity == LIGHT_ON_DARK
    assert overlap(light.mask) > 0.85
    assert find_ink(255 - page(ink, paper)).polarity == LIGHT_ON_DARK


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
    assert overlap(find_ink(page(ink, paper, noise=3)).mask) > 0.8


@pytest.mark.parametrize("noise", [0, 3, 12])
@pytest.mark.parametrize("name", SHADES)
def test_a_page_without_ink_has_none(noise, name):
    with pytest.raises(ImageError, match=r"^p\.png has no digit found: nothing in it stands out"):
        find_ink(page(ink=200, paper=200, noise=noise, shade=SHADES[name]), "p.png")
    with pytest.raises(ImageError, match="no digit found"):
        find_ink(page(ink=200, paper=200, noise=noise))


def test_a_blurred_picture_is_still_read():
    blurred = Image.fromarray(page()).filter(ImageFilter.GaussianBlur(4))
    assert overlap(find_ink(np.asarray(blurred)).mask) > 0.7


def test_a_polarity_that_is_known_is_kept():
    assert find_ink(page(), polarity=DARK_ON_LIGHT).polarity == DARK_ON_LIGHT


@pytest.mark.parametrize("shape", [(1, 1), (1, 256), (256, 1), (2, 3)])
def test_the_smallest_pictures_are_no_fault(shape):
    pixels = np.random.default_rng(0).integers(0, 256, (*shape, 3), dtype="uint8")
    try:
        assert find_ink(pixels).mask.shape == shape
    except ImageError as error:
        assert "no digit found" in str(error)


def test_pictures_become_smaller_and_never_larger():
    assert shrink(np.zeros((1000, 3, 3), "uint8")).shape == (256, 1, 3)
    small = np.zeros((20, 30, 3), "uint8")
    assert shrink(small) is small
    means = shrink(np.random.default_rng(0).integers(0, 256, (512, 512, 3), dtype="uint8"))
    assert abs(float(means.mean()) - 127.5) < 1
