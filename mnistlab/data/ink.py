"""Finding the ink in a picture: paper away, shadows away, dark ink or light.

Paper in a photograph is not white, and not the same everywhere. So the paper is
estimated at each place from what is around it, and ink is how much darker than
its paper a pixel is. Which of dark and light is the ink, the border tells:
there, most of a picture is paper.
"""

from dataclasses import dataclass

from mnistlab.errors import ImageError

import numpy as np
from PIL import Image
from scipy import ndimage

DARK_ON_LIGHT = "dark on light"
LIGHT_ON_DARK = "light on dark"

WORKING_SIZE = 256
"""Pixels of the longer side at which ink is searched: a digit of a quarter of it has 64."""

LEAST_CONTRAST = 0.06
"""How much darker than its paper ink is at least, as a share of the paper's light."""

NOISE = 5
"""How many times stronger than the paper's own unevenness ink is at least."""

LUMINANCE = (0.299, 0.587, 0.114)
"""Rec. 601: how bright red, green and blue look."""

_THUMBNAIL = 64
_CLEARER = 1.5
"""How much more contrast a single color must have before it is taken for the luminance."""

_DARKEST_PAPER = 0.2
"""Below this light, differences count as they are: a share of nearly nothing is noise."""

_WINDOW = 0.35  # of the longer side: wider than any stroke, so that paper is in it
_SMOOTH = 0.08
_PEN = 0.01
_BORDER = 0.03


@dataclass(frozen=True)
class Ink:
    """Where the ink is.

    Attributes:
        strength: (h, w) float32 in [0, 1]: 0 is paper, 1 is full ink.
        mask: (h, w) bool: at least half of full ink.
        polarity: "dark on light" or "light on dark".
    """

    strength: np.ndarray
    mask: np.ndarray
    polarity: str


def shrink(pixels: np.ndarray, longest: int = WORKING_SIZE) -> np.ndarray:
    """Scales a picture down, never up, to a size that is quick to work with.

    Args:
        pixels: (h, w, 3) uint8.
        longest: what its longer side becomes at most.

    Returns:
        (h', w', 3) uint8, both sides at least 1.

    Example:
        >>> shrink(np.zeros((1000, 500, 3), "uint8")).shape
        (256, 128, 3)
    """
    height, width = pixels.shape[:2]
    scale = longest / max(height, width)
    if scale >= 1:
        return pixels
    size = max(1, round(width * scale)), max(1, round(height * scale))
    return np.asarray(Image.fromarray(pixels).resize(size, Image.Resampling.BOX))


def find_ink(pixels: np.ndarray, name: str = "The picture", polarity: str | None = None) -> Ink:
    """Tells ink from paper.

    Args:
        pixels: (h, w, 3) uint8; of a large picture, what `shrink` made of it.
        name: what to call the picture in a message.
        polarity: "dark on light" or "light on dark" where that is known.

    Returns:
        The `Ink`, of the same height and width.

    Raises:
        ImageError: there is no ink that stands out from the paper.

    Example:
        >>> paper = np.full((90, 90, 3), 230, "uint8")
        >>> paper[20:70, 40:46] = 60
        >>> ink = find_ink(paper)
        >>> ink.polarity, int(ink.mask.sum())
        ('dark on light', 300)
    """
    colors = _best_colors(pixels)
    possible = (DARK_ON_LIGHT, LIGHT_ON_DARK) if polarity is None else (polarity,)
    found = max((_look(colors, each) for each in possible), key=_fit)
    if not found.clear:
        raise ImageError(
            f"{name} has no digit found: nothing in it stands out from its background. Write "
            "darker or with a thicker pen, photograph in more light, or cut the picture to the "
            "digit."
        )
    return found.ink


@dataclass(frozen=True)
class _Found:
    ink: Ink
    stands_out: float
    clear: bool


def _fit(found: _Found) -> tuple[bool, float]:
    return found.clear, found.stands_out


def _best_colors(pixels: np.ndarray) -> np.ndarray:
    """Returns (h, w) light in [0, 1]: the luminance, or the color in which ink is clearer.

    Yellow ink on white paper is nearly as bright as the paper; in its blue it is black.
    """
    light = pixels.astype(np.float32) / 255
    luminance = light @ np.float32(LUMINANCE)
    if (np.ptp(pixels, axis=2) <= 4).all():
        return luminance
    small = shrink(pixels, _THUMBNAIL).astype(np.float32) / 255
    clearest = _clearness(small @ np.float32(LUMINANCE)) * _CLEARER
    best = luminance
    for color in range(3):
        clearness = _clearness(small[:, :, color])
        if clearness > clearest:
            best, clearest = light[:, :, color], clearness
    return best


def _clearness(light: np.ndarray) -> float:
    return max(
        contrast / (noise + LEAST_CONTRAST)
        for _, contrast, noise in (_darkness(light), _darkness(1 - light))
    )


def _look(light: np.ndarray, polarity: str) -> _Found:
    light = light if polarity == DARK_ON_LIGHT else 1 - light
    darkness, contrast, noise = _darkness(light)
    strength = np.clip(darkness / max(contrast, 1e-6), 0, 1).astype(np.float32)
    mask = strength > 0.5
    clear = bool(mask.any()) and contrast >= max(LEAST_CONTRAST, NOISE * noise)
    border = _border(light.shape)
    # In a zero's hole, paper looks like light ink; but it is no lighter than the border.
    stands_out = float(np.median(light[border]) - np.median(light[mask])) if mask.any() else -1.0
    return _Found(Ink(strength, mask, polarity), stands_out, clear)


def _darkness(light: np.ndarray) -> tuple[np.ndarray, float, float]:
    """Returns how much darker than its paper each pixel is, the ink's contrast, and the noise."""
    longest = max(light.shape)
    light = ndimage.gaussian_filter(light, 0.002 * longest, mode="nearest")
    paper = _highest_around(light, max(3, round(_WINDOW * longest)))
    darkness, contrast = _compare(light, paper)
    for _ in range(2):
        ink = darkness > max(0.35 * contrast, 1e-3)
        ink = ndimage.binary_dilation(ink, iterations=max(1, round(_PEN * longest)))
        paper = _paper_between(light, ink, _SMOOTH * longest, paper)
        darkness, contrast = _compare(light, paper)
    rest = darkness[darkness < 0.5 * contrast]
    noise = 1.4826 * float(np.median(np.abs(rest - np.median(rest)))) if rest.size else 0.0
    return darkness, contrast, noise


def _compare(light: np.ndarray, paper: np.ndarray) -> tuple[np.ndarray, float]:
    darkness = (paper - light) / np.maximum(paper, _DARKEST_PAPER)
    ink = darkness[darkness > _otsu(darkness)]
    return darkness, float(np.median(ink)) if ink.size else 0.0


def _highest_around(light: np.ndarray, size: int) -> np.ndarray:
    """Fills all that is darker and narrower than `size`: a gray closing."""
    small = _shrunk(light, 2 * _THUMBNAIL)
    size = max(3, round(size * max(small.shape) / max(light.shape)))
    filled = ndimage.grey_closing(small, (size, size), mode="nearest")
    filled = ndimage.gaussian_filter(filled, size / 7, mode="nearest")
    return _resized(filled, light.shape)


def _paper_between(
    light: np.ndarray, ink: np.ndarray, sigma: float, otherwise: np.ndarray
) -> np.ndarray:
    """Averages the paper around each pixel, over those pixels that are not ink."""
    scale = min(1, 2 * _THUMBNAIL / max(light.shape))
    paper = _shrunk((~ink).astype(np.float32), 2 * _THUMBNAIL)
    value = _shrunk(light * ~ink, 2 * _THUMBNAIL)
    blur = [ndimage.gaussian_filter(part, sigma * scale, mode="nearest") for part in (value, paper)]
    seen = _resized(blur[1], light.shape)
    mean = _resized(blur[0] / np.maximum(blur[1], 1e-3), light.shape)
    return np.where(seen > 1e-2, mean, otherwise)


def _shrunk(light: np.ndarray, longest: int) -> np.ndarray:
    scale = longest / max(light.shape)
    if scale >= 1:
        return light
    size = tuple(max(1, round(side * scale)) for side in light.shape)
    return _resized(light, size, Image.Resampling.BOX)


def _resized(light: np.ndarray, shape, kind=Image.Resampling.BILINEAR) -> np.ndarray:
    picture = Image.fromarray(np.ascontiguousarray(light, np.float32))
    return np.asarray(picture.resize((shape[1], shape[0]), kind))


def _border(shape: tuple[int, int]) -> np.ndarray:
    width = max(1, round(_BORDER * max(shape)))
    border = np.ones(shape, bool)
    border[width:-width, width:-width] = False
    return border


def _otsu(values: np.ndarray) -> float:
    """Returns the threshold that parts values into the two most different groups (Otsu, 1979)."""
    counts, edges = np.histogram(values, 256)
    middles = (edges[1:] + edges[:-1]) / 2
    below = np.cumsum(counts)[:-1]
    above = below[-1] + counts[-1] - below
    sums = np.cumsum(counts * middles)
    low = sums[:-1] / np.maximum(below, 1)
    high = (sums[-1] - sums[:-1]) / np.maximum(above, 1)
    return float(middles[np.argmax(below * above * (high - low) ** 2)])
