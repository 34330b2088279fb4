"""What a designed network gets of a picture."""

import io

from mnistlab.data.images import image_to_digit
from mnistlab.errors import ImageError
from mnistlab.widgets.designer.seeing import see
from tests.pictures import drawn

import numpy as np
import pytest
from PIL import Image

DIGITS = tuple("0123456789")
SHAPE = (28, 28, 1)
PAPER = np.rint(255 * (1 - drawn(4))).astype("uint8")


def png(pixels):
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, "PNG")
    return file.getvalue()


class TestDigits:
    def test_a_photo_is_brought_into_the_form_of_mnist(self):
        seen = see(png(PAPER), SHAPE, DIGITS)
        np.testing.assert_array_equal(seen.image[..., 0], image_to_digit(PAPER))
        assert seen.original.shape == (120, 120, 3)
        assert "it was inverted" in seen.notes[0]

    def test_light_on_dark_is_not_inverted(self):
        seen = see(png(255 - PAPER), SHAPE, DIGITS)
        assert seen.image[..., 0].mean() < 128
        assert seen.notes == ()

    def test_28x28_light_on_dark_stays_pixel_for_pixel(self):
        # Not centered, and smaller than 20: otherwise it would be moved and scaled.
        pixels = np.zeros((28, 28), "uint8")
        pixels[2:14, 3:5] = 200
        seen = see(png(pixels), SHAPE, DIGITS)
        np.testing.assert_array_equal(seen.image[..., 0], pixels)
        assert "pixel for pixel" in seen.notes[0]

    def test_28x28_dark_on_light_does_not(self):
        pixels = np.full((28, 28), 255, "uint8")
        pixels[4:24, 13:15] = 0
        seen = see(png(pixels), SHAPE, DIGITS)
        assert seen.image[0, 0, 0] == 0
        assert "it was inverted" in seen.notes[0]

    def test_some_of_the_digits_are_digits(self):
        assert see(png(PAPER), SHAPE, ("3", "4")).image.max() == 255

    @pytest.mark.parametrize(
        ("pixels", "message"),
        [
            (np.full((50, 50), 255, "uint8"), "no digit found"),
            (np.zeros((28, 28), "uint8"), "no digit found"),
        ],
    )
    def test_what_shows_none_is_refused(self, pixels, message):
        with pytest.raises(ImageError, match=message):
            see(png(pixels), SHAPE, DIGITS)


class TestOtherThings:
    names = ("cat", "dog")

    def test_the_whole_picture_is_scaled_and_not_stretched(self):
        pixels = np.full((40, 80, 3), (250, 240, 0), "uint8")
        pixels[:, 40:] = (250, 240, 0)
        pixels[10:30, 30:50] = (0, 0, 200)
        seen = see(png(pixels), (16, 16, 3), self.names)
        assert seen.image.shape == (16, 16, 3)
        assert seen.image[0, 0].tolist() == [250, 240, 0]
        blue = seen.image[..., 2] > 150
        assert blue.any(axis=0).sum() == pytest.approx(blue.any(axis=1).sum(), abs=1)
        assert seen.notes == ("Scaled from 40x80 to 16x16 pixels.",)

    def test_one_channel_is_gray(self):
        pixels = np.full((16, 16, 3), (255, 0, 0), "uint8")
        seen = see(png(pixels), (16, 16, 1), self.names)
        assert seen.image.shape == (16, 16, 1)
        assert seen.image[5, 5, 0] == 76
        assert seen.notes == ()

    def test_28x28_of_other_classes_is_not_searched_for_a_digit(self):
        pixels = np.full((28, 28), 255, "uint8")
        seen = see(png(pixels), SHAPE, ("shirt", "shoe"))
        assert seen.image.min() == 255

    def test_a_line_of_pixels_stays_small(self):
        assert see(png(np.zeros((1, 5000), "uint8")), (8, 8, 1), self.names).image.shape == (
            8,
            8,
            1,
        )

    def test_channels_that_no_picture_has_are_refused(self):
        with pytest.raises(ImageError, match="it takes images of 8x8x2"):
            see(png(PAPER), (8, 8, 2), self.names)

    def test_what_is_no_picture_is_refused(self):
        with pytest.raises(ImageError, match="not an image"):
            see(b"seven", (8, 8, 1), self.names)
