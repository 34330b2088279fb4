"""Finding the ink in a picture: paper away, shadows away, dark ink or light.

Paper in a photograph is not white, and not the same everywhere. So the paper is
estimated at each place from what is around it, and ink is how much darker than
its paper a pixel is. Ink that is lighter than its paper is found in the same
way, in the negative.
"""

from dataclasses import dataclass

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

_DARKEST_PAPER = {"dark on light": 0.2, "light on dark": 0.6}
"""Below this light, differences count as they are: a share of nearly nothing is noise.

In the negative of bright paper, which is dark, the edge of a shadow would look like strong ink."""

_WINDOW = 0.35  # of the longer side: wider than any stroke, so that paper is in it
_SMOOTH = 0.08
_PEN = 0.01
_EDGE = 0.03  # of the longer side: the width of a blurred edge
_GRAIN = 0.01
_AROUND = (0.15, 0.35)  # of the digit's size: from where to where its surroundings are looked at
_NEARLY_NONE = 15  # per cent of the surroundings that may be as dark as the ink: lines, neighbors
_RIM = 0.04  # how far from the ink its paper is looked at
_NEARLY_ALL = 20  # per cent of the edge may be blurred more
_STEEP = 0.4  # of the ink's strength, gained over that width
_PAPER_SIZE = 128  # pixels of the longer side: paper changes slowly
_MOST_INK = 0.65
_BORDER = 0.03


@dataclass(frozen=True, eq=False)
class Ink:
    """Where the ink would be, if it were dark, or if it were light.

    Attributes:
        strength: (h, w) float32 in [0, 1]: 0 is paper, 1 is full ink.
        light: (h, w) float32 in [0, 1]: the picture, or its negative where ink
            is light: ink is dark in it.
        mask: (h, w) bool: at least half of full ink.
        polarity: "dark on light" or "light on dark".
        clear: whether the ink stands out from the paper and its grain.
    """

    strength: np.ndarray
    light: np.ndarray
    mask: np.ndarray
    polarity: str
    clear: bool


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


def find_ink(pixels: np.ndarray, polarity: str) -> Ink:
    """Tells ink from paper, where it is known which of them is dark.

    Args:
        pixels: (h, w, 3) uint8; of a large picture, what `shrink` made of it.
        polarity: "dark on light" or "light on dark".

    Returns:
        The `Ink`, of the same height and width.

    Example:
        >>> paper = np.full((90, 90, 3), 230, "uint8")
        >>> paper[20:70, 40:46] = 60
        >>> ink = find_ink(paper, "dark on light")
        >>> ink.clear, int(ink.mask.sum())
        (True, 300)
    """
    light = _best_colors(pixels)
    light = light if polarity == DARK_ON_LIGHT else 1 - light
    darkness, contrast, noise = _darkness(light, _DARKEST_PAPER[polarity])
    strength = np.clip(darkness / max(contrast, 1e-6), 0, 1).astype(np.float32)
    mask = strength > 0.5
    clear = bool(mask.any()) and contrast >= max(LEAST_CONTRAST, NOISE * noise)
    return Ink(strength, light, mask, polarity, clear)


def stands_out(light: np.ndarray, mask: np.ndarray) -> float:
    """Measures how much darker ink is than nearly all that is around it.

    A zero's hole is lighter than its ring, but not than the paper around that.

    Args:
        light: (h, w) float32 in [0, 1], as `Ink` has it: ink is dark in it.
        mask: (h, w) bool: the part of the ink that is asked about; not empty.

    Returns:
        From -1 to 1.

    Example:
        >>> page = np.full((60, 60), 0.9, "float32")
        >>> page[20:40, 25:30] = 0.2
        >>> round(stands_out(page, page < 0.5), 2)
        0.7
    """
    rows, columns = (np.flatnonzero(mask.any(axis=axis)) for axis in (1, 0))
    size = max(np.ptp(rows), np.ptp(columns)) + 1
    around = np.zeros_like(mask)
    for far, value in ((_AROUND[1], True), (_AROUND[0], False)):
        edge = round(far * size)
        ends = ((max(at[0] - edge, 0), at[-1] + 1 + edge) for at in (rows, columns))
        around[tuple(slice(*end) for end in ends)] = value
    if around.sum() < size:
        # The picture is cut to the digit: its corners are paper.
        around = _border(light.shape) & ~mask
    if not around.any():
        return 0.0
    return float(np.percentile(light[around], _NEARLY_NONE) - np.median(light[mask]))


def has_edges(light: np.ndarray, mask: np.ndarray) -> bool:
    """Tells ink, which ends somewhere, from a shade, which fades away.

    Args:
        light: (h, w) float32 in [0, 1], as `Ink` has it: ink is dark in it.
        mask: (h, w) bool: the part of the ink that is asked about.

    Returns:
        Whether the light changes within a few pixels, nearly all along the
        mask's edge.

    Example:
        >>> shade = np.tile(np.linspace(1, 0, 200, dtype="float32"), (200, 1))
        >>> ink = np.abs(np.arange(200) - 100) < 5
        >>> pen = np.where(np.tile(ink, (200, 1)), np.float32(0.2), np.float32(0.9))
        >>> has_edges(shade, shade < 0.5), has_edges(pen, pen < 0.5)
        (False, True)
    """
    if not mask.any() or min(mask.shape) < 2:
        return False
    longest = max(mask.shape)
    # Grains of noise have edges, too, unless they are blurred. Thin lines lose strength by that.
    light = ndimage.gaussian_filter(light, _GRAIN * longest, mode="nearest")
    edge = mask & ~ndimage.binary_erosion(mask)
    far = max(2, round(_RIM * longest))
    rim = ndimage.binary_dilation(mask, iterations=far)
    rim &= ~ndimage.binary_dilation(mask, iterations=(far + 1) // 2)
    depth = float(np.median(light[rim]) - np.median(light[mask])) if rim.any() else 0.0
    if depth < LEAST_CONTRAST / 2:
        return False
    # From the darkest to the lightest neighbor: on the ridge of a thin line the slope is 0.
    steps = ndimage.morphological_gradient(light, 3)[edge] / 2
    steepness = np.percentile(steps, _NEARLY_ALL) / depth
    return bool(steepness * max(4, _EDGE * longest) >= _STEEP)


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
        for _, contrast, noise in (
            _darkness(light, _DARKEST_PAPER[DARK_ON_LIGHT]),
            _darkness(1 - light, _DARKEST_PAPER[LIGHT_ON_DARK]),
        )
    )


def _darkness(light: np.ndarray, darkest: float) -> tuple[np.ndarray, float, float]:
    """Returns how much darker than its paper each pixel is, the ink's contrast, and the noise."""
    light = ndimage.gaussian_filter(light, 0.002 * max(light.shape), mode="nearest")
    papers = _papers(_shrunk(light, _PAPER_SIZE), darkest)
    # One follows the edges of shadows, and the other is not misled by grain: what both call ink.
    darkness = np.minimum(
        *(_compare(light, _resized(paper, light.shape), darkest) for paper in papers)
    )
    return darkness, _contrast(darkness), _noise(darkness)


def _compare(light: np.ndarray, paper: np.ndarray, darkest: float) -> np.ndarray:
    return np.maximum(paper - light, 0) / np.maximum(paper, darkest)


def _contrast(darkness: np.ndarray) -> float:
    ink = darkness[darkness > _otsu(darkness)]
    return float(np.median(ink)) if ink.size else 0.0


def _noise(values: np.ndarray) -> float:
    """Returns the standard deviation of what changes from pixel to pixel, edges left aside."""
    if values.shape[1] < 3:
        return 0.0
    steps = np.abs(values[:, 2:] - values[:, :-2])
    return 1.4826 * float(np.median(steps)) / np.sqrt(2)


def _papers(light: np.ndarray, darkest: float) -> tuple[np.ndarray, np.ndarray]:
    """Estimates the light of the paper at each place, also below the ink, in two ways."""
    longest = max(light.shape)
    window = max(3, round(_WINDOW * longest))
    filled = _closed(light, window)
    paper = _smooth(filled, window / 7)
    for _ in range(2):
        darkness = _compare(light, paper, darkest)
        ink = darkness > max(0.35 * _contrast(darkness), 1e-3)
        if ink.mean() > _MOST_INK:
            # The closing follows the brightest grains of noisy paper; most of it is darker.
            ink[:] = False
        else:
            ink = ndimage.binary_dilation(ink, iterations=max(1, round(_PEN * longest)))
        paper = _smooth(np.where(ink, paper, light), _SMOOTH * longest)
    return filled, paper


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
    padded = np.pad(light, widths, mode="reflect", reflect_type="odd")
    return np.clip(padded, 0, 1), inside


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
