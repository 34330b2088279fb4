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
_EDGE = 0.03  # of the longer side: the width of a blurred edge
_GRAIN = 0.01
_STEEP = 0.45  # of the ink's strength, gained over that width
_PAPER_SIZE = 128  # pixels of the longer side: paper changes slowly
_MOST_INK = 0.65
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
    clear = contrast >= max(LEAST_CONTRAST, NOISE * noise) and _has_edges(strength, mask)
    border = _border(light.shape)
    # In a zero's hole, paper looks like light ink; but it is no lighter than the border.
    stands_out = float(np.median(light[border]) - np.median(light[mask])) if mask.any() else -1.0
    return _Found(Ink(strength, mask, polarity), stands_out, clear)


def _has_edges(strength: np.ndarray, mask: np.ndarray) -> bool:
    """Tells ink, which ends somewhere, from a shade, which fades away."""
    if not mask.any() or min(mask.shape) < 2:
        return False
    longest = max(mask.shape)
    # Grains of noise have edges, too, unless they are blurred. Thin lines lose strength by that.
    strength = ndimage.gaussian_filter(strength, _GRAIN * longest, mode="nearest")
    edge = mask & ~ndimage.binary_erosion(mask)
    steepness = np.median(np.hypot(*np.gradient(strength))[edge]) / np.median(strength[mask])
    return bool(steepness * max(4, _EDGE * longest) >= _STEEP)


def _darkness(light: np.ndarray) -> tuple[np.ndarray, float, float]:
    """Returns how much darker than its paper each pixel is, the ink's contrast, and the noise."""
    light = ndimage.gaussian_filter(light, 0.002 * max(light.shape), mode="nearest")
    paper = _resized(_paper(_shrunk(light, _PAPER_SIZE)), light.shape)
    darkness, contrast = _compare(light, paper)
    return darkness, contrast, _noise(darkness)


def _compare(light: np.ndarray, paper: np.ndarray) -> tuple[np.ndarray, float]:
    darkness = (paper - light) / np.maximum(paper, _DARKEST_PAPER)
    ink = darkness[darkness > _otsu(darkness)]
    return darkness, float(np.median(ink)) if ink.size else 0.0


def _noise(values: np.ndarray) -> float:
    """Returns the standard deviation of what changes from pixel to pixel, edges left aside."""
    if values.shape[1] < 3:
        return 0.0
    steps = np.abs(values[:, 2:] - values[:, :-2])
    return 1.4826 * float(np.median(steps)) / np.sqrt(2)


def _paper(light: np.ndarray) -> np.ndarray:
    """Estimates the light of the paper at each place, also below the ink."""
    longest = max(light.shape)
    window = max(3, round(_WINDOW * longest))
    paper = _smooth(_closed(light, window), window / 7)
    for _ in range(2):
        darkness, contrast = _compare(light, paper)
        ink = darkness > max(0.35 * contrast, 1e-3)
        if ink.mean() > _MOST_INK:
            # The closing follows the brightest grains of noisy paper; most of it is darker.
            ink[:] = False
        else:
            ink = ndimage.binary_dilation(ink, iterations=max(1, round(_PEN * longest)))
        paper = _smooth(np.where(ink, paper, light), _SMOOTH * longest)
    return paper


def _closed(light: np.ndarray, window: int) -> np.ndarray:
    """Fills all that is darker than what is around it, and narrower than the window."""
    padded, inside = _continued(light, window)
    return ndimage.grey_closing(padded, (window, window), mode="nearest")[inside]


def _smooth(light: np.ndarray, sigma: float) -> np.ndarray:
    padded, inside = _continued(light, round(3 * sigma))
    return ndimage.gaussian_filter(padded, sigma, mode="nearest", truncate=3)[inside]


def _continued(light: np.ndarray, edge: int) -> tuple[np.ndarray, tuple[slice, slice]]:
    """Goes on beyond the border: what gets darker toward it is taken to go on so.

    Returns the larger picture, and where the given one is in it.
    """
    edges = [min(edge, side - 1) for side in light.shape]
    widths = [(width, width) for width in edges]
    inside = tuple(
        slice(width, width + side) for width, side in zip(edges, light.shape, strict=True)
    )
    return np.pad(light, widths, mode="reflect", reflect_type="odd"), inside


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
