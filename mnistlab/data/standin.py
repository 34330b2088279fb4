"""The offline stand-in: 70,000 images in MNIST's form from 1,797 digits at hand.

Where neither a file nor a download of MNIST can be had, the course still runs
from end to end on these. The originals are real handwriting: the 8x8 digits
inside scikit-learn, `sklearn.datasets.load_digits`. The chapter goes:

1. whose digits they are, and which of them serve for training and for testing;
2. from 8x8 counts back to a sharp shape, and from the shape to a pen's path;
3. variation: slant, aspect, rotation, bends, width of the pen;
4. MNIST's own form: ink fitted into 20x20, then centered in 28x28 by its mass.

What is taken from MNIST is no image, only a few dozen figures: how many images
each class has, its mean slant and aspect and their spread, and the width of
the strokes. How much is varied was chosen on MNIST's last 10,000 training
images. Measured then: the zoo's `deeper`, trained on the stand-in for 3
epochs, is right on 91.3 % of MNIST's test images (and on 93.7 % of the
stand-in's, whose writers it has not seen either).

Sources: E. Alpaydin and C. Kaynak, Optical Recognition of Handwritten Digits,
UCI Machine Learning Repository, 1998 (CC BY 4.0); Y. LeCun, C. Cortes and
C. Burges, The MNIST Database of Handwritten Digits, for the form.
"""

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
from scipy import ndimage

VERSION = 1
"""Raised whenever the arrays change, so that a cached file of older ones is not taken for these."""

TRAIN_COUNTS = (5923, 6742, 5958, 6131, 5842, 5421, 5918, 6265, 5851, 5949)
TEST_COUNTS = (980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009)
"""How many images of each class MNIST has, from 0 to 9."""

TRAIN_FIRST = (5, 0, 4, 1, 9, 2, 1, 3, 1, 4)
TEST_FIRST = (7, 2, 1, 0, 4, 1, 4, 9, 5, 9)
"""MNIST's own first labels, which the notebooks talk about."""

FORM_STARTS = (0, 130, 256, 386, 516, 646, 776, 906, 1029, 1157, 1287, 1415, 1545, 1667)
"""Rows of `load_digits` where another filled form begins; see `split_originals`."""

_CELLS, _BLOCK, _INK = 8, 4, 16  # an original: 8x8 blocks of 4x4 pixels, so 0..16 of them inked
_SHAPE = 48  # side of the recovered shapes, in pixels
_MARGIN = 6  # empty pixels around a shape, for pens wider than the original's
_FIELD = _SHAPE + 2 * _MARGIN
_BOX, _SIDE = 20, 28  # MNIST's box of ink and its image
_CHUNK = 500  # images drawn at a time


def make_standin(
    seed: int = 1, progress: Callable[[float], None] | None = None
) -> dict[str, np.ndarray]:
    """Makes the 60,000 + 10,000 images of the stand-in.

    The same seed gives the same bytes, however many threads draw them. The
    first ten labels of each part are MNIST's own, drawn with little variation.

    Args:
        seed: whole number from 0 on; starts every random draw.
        progress: called with the fraction done, from above 0 to 1.

    Returns:
        `x_train` (60000, 28, 28), `y_train` (60000,), `x_test` (10000, 28, 28) and
        `y_test` (10000,), all uint8; images have ink as 255 and paper as 0.

    Example:
        >>> arrays = make_standin()  # doctest: +SKIP
        >>> arrays["y_train"][:5]  # doctest: +SKIP
        array([5, 0, 4, 1, 9], dtype=uint8)
    """
    progress = progress or (lambda fraction: None)
    glyphs = _recover_glyphs(*_load_originals())
    recovering = 0.2  # its share of the time
    progress(recovering)
    return _make(
        glyphs,
        seed,
        TRAIN_COUNTS,
        TEST_COUNTS,
        lambda fraction: progress(recovering + (1 - recovering) * fraction),
    )


def _load_originals() -> tuple[np.ndarray, np.ndarray]:
    from sklearn.datasets import load_digits  # takes a second to import, and only this needs it

    digits = load_digits()
    return digits.images.astype(np.float32), digits.target


def _make(
    glyphs: "_Glyphs",
    seed: int,
    train_counts: tuple[int, ...],
    test_counts: tuple[int, ...],
    progress: Callable[[float], None],
) -> dict[str, np.ndarray]:
    train_rows, test_rows = split_originals()
    parts = (
        ("train", train_rows, train_counts, TRAIN_FIRST),
        ("test", test_rows, test_counts, TEST_FIRST),
    )
    arrays, done, total = {}, 0, sum(train_counts) + sum(test_counts)
    for stream, (part, rows, counts, first) in enumerate(parts):
        rng = np.random.default_rng([seed, stream])
        y = _shuffled_labels(counts, first, rng)
        which = _choose_glyphs(glyphs, rows, y, len(first), rng)
        images = np.empty((len(y), _SIDE, _SIDE), np.uint8)
        for start, chunk in _draw_in_threads(glyphs, which, y, len(first), [seed, stream]):
            images[start : start + len(chunk)] = chunk
            done += len(chunk)
            progress(done / total)
        arrays[f"x_{part}"], arrays[f"y_{part}"] = images, y
    return arrays


def _threads() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(min(8, os.cpu_count() or 1))


def split_originals() -> tuple[np.ndarray, np.ndarray]:
    """Splits the rows of `load_digits` into originals for training and for testing.

    What is known: scikit-learn's digits are the test part of the UCI set, by 13
    people, and say nothing of who wrote which. Their labels, though, run
    through the same sequence of about 130 digits 14 times ("0123456789" three
    times over, then a fixed mixture): 14 copies of one preprinted form, filled
    in one after the other. `FORM_STARTS` says where each begins. The first
    twelve forms serve for training, the last two for testing. So no original
    and no form is in both, and no writer either, unless one of the last two
    forms is by the person who, with 13 people for 14 forms, filled in two.

    Returns:
        Row numbers for training (1,545) and for testing (252).

    Example:
        >>> train, test = split_originals()
        >>> len(train), len(test)
        (1545, 252)
    """
    rows = np.arange(1797)
    return rows[: FORM_STARTS[12]], rows[FORM_STARTS[12] :]


def _shuffled_labels(
    counts: tuple[int, ...], first: tuple[int, ...], rng: np.random.Generator
) -> np.ndarray:
    """Returns labels with these class counts: `first`, then the others in random order."""
    left = np.array(counts) - np.bincount(first, minlength=10)
    rest = rng.permutation(np.repeat(np.arange(10), left))
    return np.concatenate([first, rest]).astype(np.uint8)


def _choose_glyphs(
    glyphs: "_Glyphs", rows: np.ndarray, y: np.ndarray, specimens: int, rng: np.random.Generator
) -> np.ndarray:
    """Returns a glyph for each label: every original equally often, the first ones typical."""
    chosen = np.empty(len(y), np.int64)
    for digit in range(10):
        places = np.flatnonzero(y == digit)
        originals = rows[glyphs.labels[rows] == digit]
        shuffles = [rng.permutation(originals) for _ in range(-(-len(places) // len(originals)))]
        drawn = np.concatenate(shuffles)[: len(places)]
        if digit in _VARIANTS:
            varied = rng.random(len(drawn)) < _VARIANTS[digit][1]
            drawn[varied] = glyphs.variant[drawn[varied]]
        counts = glyphs.counts[originals]
        from_mean = np.square(counts - counts.mean(0)).sum((1, 2))
        opening = np.count_nonzero(places < specimens)
        drawn[:opening] = originals[np.argsort(from_mean, kind="stable")[:opening]]
        chosen[places] = drawn
    return chosen


def _interpolation(size: int, cells: int) -> np.ndarray:
    """Returns the (size, cells) matrix of Keys' cubic interpolation; beyond the edge is paper."""
    place = (np.arange(size) + 0.5) * cells / size - 0.5
    d = np.abs(place[:, None] - np.arange(cells))
    near = 1.5 * d**3 - 2.5 * d**2 + 1
    far = -0.5 * d**3 + 2.5 * d**2 - 4 * d + 2
    return np.where(d < 1, near, np.where(d < 2, far, 0)).astype(np.float32)


def _smoothing(size: int, sigma: float) -> np.ndarray:
    """Returns the (size, size) matrix that blurs by a Gaussian of `sigma` pixels."""
    d = np.arange(size)[:, None] - np.arange(size)
    weight = np.exp(-(d**2) / (2 * sigma**2))
    return (weight / weight.sum(1).max()).astype(np.float32)


def _sharpen(counts: np.ndarray) -> np.ndarray:
    """Recovers the 32x32 bitmaps that the 8x8 counts were counted in.

    Back-projection: guess a smooth surface, cut it at 0.5, count the ink in
    each block, add what is missing, smooth a little, repeat.

    Args:
        counts: (n, 8, 8), 0 to 16.

    Returns:
        (n, 32, 32) float32, above 0.5 where there is ink.
    """
    share = counts / _INK
    size = _CELLS * _BLOCK
    up, blur = _interpolation(size, _CELLS), _smoothing(size, 0.7)
    surface = up @ share @ up.T
    for _ in range(25):
        ink = 1 / (1 + np.exp(-8 * (surface - 0.5)))
        blocks = ink.reshape(-1, _CELLS, _BLOCK, _CELLS, _BLOCK).mean((2, 4))
        surface = surface + up @ (share - blocks) @ up.T
        surface = (surface + blur @ surface @ blur.T) / 2
    return surface


_RING = ((-1, 0), (-1, 1), (0, 1), (1, 1), (1, 0), (1, -1), (0, -1), (-1, -1))
"""The eight neighbors of a pixel, clockwise from the one above."""


def _thinning_tables() -> tuple[np.ndarray, np.ndarray]:
    """Returns, for each of 256 neighborhoods, whether the two half-steps remove the pixel."""
    north, ne, east, se, south, sw, west, nw = (np.arange(256)[None] >> np.arange(8)[:, None]) & 1
    branches = (
        ((1 - north) & (ne | east))
        + ((1 - east) & (se | south))
        + ((1 - south) & (sw | west))
        + ((1 - west) & (nw | north))
    )
    pairs = (nw | north) + (ne | east) + (se | south) + (sw | west)
    other_pairs = (north | ne) + (east | se) + (south | sw) + (west | nw)
    support = np.minimum(pairs, other_pairs)
    simple = (branches == 1) & (support >= 2) & (support <= 3)
    return (
        simple & (((south | sw | (1 - nw)) & west) == 0),
        simple & (((north | ne | (1 - se)) & east) == 0),
    )


def _thin(ink: np.ndarray) -> np.ndarray:
    """Thins strokes to paths one pixel wide.

    Args:
        ink: (height, width) bool, empty along its border.

    Returns:
        (height, width) bool.

    Source: Z. Guo and R. W. Hall, Parallel thinning with two-subiteration
    algorithms, Communications of the ACM 32(3), 1989, algorithm A1.
    """
    path = ink.copy()
    tables = _thinning_tables()
    while True:
        before = np.flatnonzero(path)
        for table in tables:
            here = np.flatnonzero(path)
            code = np.zeros(len(here), np.uint8)
            for bit, (down, right) in enumerate(_RING):
                code |= path.ravel()[here + down * ink.shape[1] + right].astype(np.uint8) << bit
            path.ravel()[here[table[code]]] = False
        if np.count_nonzero(path) == len(before):
            return path


def _without_bar(path: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Takes the bar off a seven: nearly all of these have one, few of MNIST's do."""
    path = path.copy()
    rows = np.flatnonzero(path.any(1))
    for end in _ends(path):
        height = (end[0] - rows[0]) / len(rows)
        branch = _walk(path, end)
        if 0.28 < height < 0.85 and len(branch) < _SHAPE * 0.45:
            for pixel in branch:
                path[pixel] = False
    return path


def _with_loop(path: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Adds the loop at the lower left corner that many of MNIST's twos have, and few of these."""
    path = path.copy()
    ys, xs = np.nonzero(path)
    corner = np.argmax(ys - 0.8 * xs)
    height, width = rng.uniform((2, 3), (6, 9))
    up, right = rng.uniform((0, -0.5), (1, 0.8))
    angle = np.linspace(0, 2 * np.pi, 64)
    y = np.rint(ys[corner] + height * (np.sin(angle) - up)).astype(int)
    x = np.rint(xs[corner] + width * (np.cos(angle) + right)).astype(int)
    path[np.clip(y, 2, _FIELD - 3), np.clip(x, 2, _FIELD - 3)] = True
    return path


def _with_short_tail(path: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Cuts the tail of a nine short: these curl to the left, MNIST's often end straight."""
    path = path.copy()
    ends = _ends(path)
    tail = _walk(path, max(ends)) if ends else []
    if len(tail) < _SHAPE * 0.9:  # a longer one is a nine in one line, with an open loop
        for pixel in tail[: int(len(tail) * rng.uniform(0.2, 0.6))]:
            path[pixel] = False
    return path


_VARIANTS = {2: (_with_loop, 0.45), 7: (_without_bar, 0.6), 9: (_with_short_tail, 0.5)}
"""For a class: how its paths are rewritten, and for which share of its images.

The originals are by writers in Turkey, MNIST's by writers in the USA.
"""


def _ends(path: np.ndarray) -> list[tuple[int, int]]:
    """Returns the pixels of a path that have one neighbor only."""
    around = ndimage.convolve(path.astype(np.uint8), np.ones((3, 3), np.uint8), mode="constant")
    return [(int(y), int(x)) for y, x in zip(*np.nonzero(path & (around == 2)), strict=True)]


def _walk(path: np.ndarray, end: tuple[int, int]) -> list[tuple[int, int]]:
    """Returns the pixels from an end of a path up to where it forks."""
    walked = [end]
    while True:
        y, x = walked[-1]
        onward = [(y + down, x + right) for down, right in _RING if path[y + down, x + right]]
        onward = [pixel for pixel in onward if pixel not in walked]
        if len(onward) != 1:
            return walked if not onward else walked[:-1]
        walked.append(onward[0])


@dataclass(frozen=True)
class _Glyphs:
    """Shapes to draw from: one for each original, then the rewritten ones.

    `counts` (n, 8, 8) and `labels` (n,) are those of the n originals.
    `fields` holds, one under the other, how far inside the stroke (above 0) or
    outside it (below) each pixel is, in pixels; a wider or narrower pen is a
    number added to it. `center`, `spread` and `reach` describe the ink: its
    center of mass, its 2x2 covariance, and how far it extends in each of 64
    directions. `variant[i]` is the rewritten twin of original `i`, or `i`.
    """

    counts: np.ndarray
    labels: np.ndarray
    variant: np.ndarray
    fields: np.ndarray
    center: np.ndarray
    spread: np.ndarray
    reach: np.ndarray


_DIRECTIONS = 64
_EVENNESS = 0.3  # 0: strokes as thick and thin as recovered, 1: an even pen along the path


def _recover_glyphs(counts: np.ndarray, labels: np.ndarray) -> _Glyphs:
    chunks = np.split(np.arange(len(counts)), range(150, len(counts), 150))
    with _threads() as threads:
        parts = list(threads.map(lambda rows: _recover_fields(counts, labels, rows), chunks))
    variant = np.arange(len(counts))
    rewritten = np.concatenate([rows for _, _, rows in parts])
    variant[rewritten] = len(counts) + np.arange(len(rewritten))
    fields = np.concatenate([own for own, _, _ in parts] + [twins for _, twins, _ in parts])
    fields = ndimage.gaussian_filter(fields, (0, 1, 1))
    center, spread, reach = _measure_ink(fields > 0)
    return _Glyphs(counts, labels, variant, fields.reshape(-1, _FIELD), center, spread, reach)


def _recover_fields(counts: np.ndarray, labels: np.ndarray, rows: np.ndarray):
    """Returns fields for these rows, fields for their rewritten twins, and the twins' rows."""
    up = _interpolation(_SHAPE, _CELLS * _BLOCK)
    ink = (up @ _sharpen(counts[rows]) @ up.T) > 0.5
    ink = np.pad(ink, ((0, 0), (_MARGIN, _MARGIN), (_MARGIN, _MARGIN)))
    inside = _distance_to(~ink)
    shape = inside - _distance_to(ink) + np.where(ink, -0.5, 0.5).astype(np.float32)
    paths = _thin(ink.reshape(-1, _FIELD)).reshape(ink.shape)
    radius = (inside * paths).sum((1, 2)) / paths.sum((1, 2))
    pen = radius[:, None, None] - _distance_to(paths)

    twins = np.flatnonzero(np.isin(labels[rows], list(_VARIANTS)))
    rewritten = np.zeros((len(twins), _FIELD, _FIELD), bool)
    for place, twin in enumerate(twins):
        rewrite, _ = _VARIANTS[int(labels[rows[twin]])]
        rewritten[place] = rewrite(paths[twin], np.random.default_rng(rows[twin]))
    return (
        _EVENNESS * pen + (1 - _EVENNESS) * shape,
        radius[twins, None, None] - _distance_to(rewritten),
        rows[twins],
    )


def _distance_to(places: np.ndarray) -> np.ndarray:
    """Returns each pixel's distance to the nearest place that is True, in pixels."""
    if not places.any():
        return np.zeros(places.shape, np.float32)
    flat = ndimage.distance_transform_edt(~places.reshape(-1, _FIELD))
    return flat.astype(np.float32).reshape(places.shape)


def _measure_ink(on: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Returns center, spread and reach, as `_Glyphs` has them."""
    ink = on.astype(np.float32)
    mass, place = ink.sum((1, 2)), np.arange(_FIELD)
    x, y = ink.sum(1) @ place / mass, ink.sum(2) @ place / mass
    dx, dy = place - x[:, None], place - y[:, None]
    xx = np.einsum("nij,nj->n", ink, dx**2) / mass
    yy = np.einsum("nij,ni->n", ink, dy**2) / mass
    xy = np.einsum("nij,ni,nj->n", ink, dy, dx) / mass

    # The ends of every row of ink are enough to know how far it extends.
    first, last = on.argmax(2), _FIELD - 1 - on[:, :, ::-1].argmax(2)
    inked = on.any(2)
    reach = np.empty((len(on), _DIRECTIONS))
    for step, angle in enumerate(np.arange(_DIRECTIONS) * 2 * np.pi / _DIRECTIONS):
        across = np.maximum(
            np.cos(angle) * (first - x[:, None]), np.cos(angle) * (last - x[:, None])
        )
        reach[:, step] = np.where(inked, across + np.sin(angle) * dy, -np.inf).max(1)
    spread = np.stack([xx, xy, xy, yy], -1).reshape(-1, 2, 2)
    return np.stack([x, y], -1), spread, reach


# Measured on MNIST's training images by second moments, classes 0 to 9: slant is
# the horizontal shift for each pixel upward; aspect is the logarithm of width
# over height, both as standard deviations of the ink with the slant taken out.
_SLANT = np.array([0.22, 0.23, 0.09, 0.06, 0.06, 0.22, 0.02, 0.02, 0.18, 0.0])
_SLANT_SPREAD = np.array([0.22, 0.27, 0.28, 0.25, 0.31, 0.32, 0.22, 0.26, 0.25, 0.25])
_ASPECT = np.array([-0.18, -1.69, -0.35, -0.56, -0.19, -0.44, -0.40, -0.50, -0.58, -0.48])
_ASPECT_SPREAD = np.array([0.21, 0.31, 0.26, 0.22, 0.26, 0.22, 0.29, 0.28, 0.24, 0.26])
# Downward shift of what is drawn at half height, in pixels of the shape: MNIST's
# sixes have a smaller loop than these.
_SAG = np.array([0, 0, 0, 0, 0, 0, 2, 0, 0, 0])
_SAG_SPREAD = 1.5
_ROTATION = 0.12  # radians
_BEND = 2.4  # pixels of the shape, for the slowest wave
_WAVES = 4  # along each side
_PEN, _PEN_SPREAD = 1.95, 0.28  # stroke width in pixels of the first look, and of its logarithm
_SPECIMEN = 0.3  # share of the variation that the first images get


@dataclass(frozen=True)
class _Plan:
    """How a batch is drawn: which glyphs, and each one's own variation.

    `ahead` (n, 2, 2) takes a point of the shape to the paper and `back` is its
    inverse; `bends` (n, 2, 4, 4) are weights of slow cosine waves for x and y;
    `pen` (n,) is the stroke width in pixels of the first look of `_draw`.
    """

    which: np.ndarray
    ahead: np.ndarray
    back: np.ndarray
    bends: np.ndarray
    pen: np.ndarray


def _vary(glyphs: _Glyphs, which, labels, strength, rng: np.random.Generator) -> _Plan:
    def normal(*shape):
        draw = np.clip(rng.normal(size=(len(which), *shape)), -2.5, 2.5)
        return draw * strength.reshape(-1, *[1] * len(shape))

    turn = _ROTATION * normal()
    rotation = np.stack([np.cos(turn), -np.sin(turn), np.sin(turn), np.cos(turn)], -1)
    rotation = rotation.reshape(-1, 2, 2)
    spread = rotation @ glyphs.spread[which] @ rotation.transpose(0, 2, 1)
    xx, xy, yy = spread[:, 0, 0], spread[:, 0, 1], spread[:, 1, 1]

    # The shear and the stretch that bring the glyph's own slant and aspect to those wanted.
    slant = -(_SLANT[labels] + _SLANT_SPREAD[labels] * normal())  # y points down
    aspect = np.exp(_ASPECT[labels] + _ASPECT_SPREAD[labels] * normal())
    stretch = aspect * np.sqrt(yy / (xx - xy**2 / yy))
    shear = slant - stretch * xy / yy
    ahead = np.stack([stretch, shear, np.zeros_like(shear), np.ones_like(shear)], -1)
    ahead = ahead.reshape(-1, 2, 2) @ rotation

    wave = np.arange(_WAVES)
    bends = _BEND * normal(2, _WAVES, _WAVES) / (1 + wave[:, None] + wave)
    bends[:, 1, 2, 0] += _SAG[labels] + _SAG_SPREAD * normal()
    pen = _PEN * np.exp(_PEN_SPREAD * normal())
    return _Plan(which, ahead, np.linalg.inv(ahead), bends, pen)


def _extent(glyphs: _Glyphs, plan: _Plan, axis: int) -> tuple[np.ndarray, np.ndarray]:
    """Returns how far the unbent ink goes on the paper: lowest and highest x (or y)."""
    direction = plan.ahead[:, axis]
    length = np.hypot(direction[:, 0], direction[:, 1])
    angle = np.arctan2(direction[:, 1], direction[:, 0]) * _DIRECTIONS / (2 * np.pi)
    step = np.rint(angle).astype(int)
    high = glyphs.reach[plan.which, step % _DIRECTIONS] * length
    low = -glyphs.reach[plan.which, (step + _DIRECTIONS // 2) % _DIRECTIONS] * length
    return low, high


def _sample(glyphs: _Glyphs, plan: _Plan, x: np.ndarray, y: np.ndarray, half: np.ndarray):
    """Looks up the fields at a grid of points of the paper.

    Args:
        x: (n, width) and
        y: (n, height): the grid's coordinates on the paper, from the glyph's center.
        half: (n,), half the longest side of the ink; the waves are measured by it.

    Returns:
        (n, height, width) float32.
    """
    wave = np.arange(_WAVES)
    across = np.cos(np.pi / 2 * (x / half[:, None] + 1)[..., None] * wave)
    down = np.cos(np.pi / 2 * (y / half[:, None] + 1)[..., None] * wave)
    coordinates = np.empty((2, *y.shape, x.shape[1]))
    for axis, row in ((0, 1), (1, 0)):  # map_coordinates takes y first
        a, b = plan.back[:, row, 0], plan.back[:, row, 1]
        place = coordinates[axis]
        np.matmul(down @ plan.bends[:, row], across.transpose(0, 2, 1), out=place)
        place += (a[:, None] * x)[:, None, :]
        place += (b[:, None] * y + glyphs.center[plan.which, row, None])[:, :, None]
        np.clip(place, 0, _FIELD - 1, out=place)
    coordinates[0] += (plan.which * _FIELD)[:, None, None]
    return ndimage.map_coordinates(glyphs.fields, coordinates, order=1, output=np.float32)


_ACROSS = 2  # samples for each pixel sideways, where ones are squeezed most
_LOOK, _LOOK_BOX = 24, 18  # side of the first look, and of the unbent ink in it


def _draw(glyphs: _Glyphs, plan: _Plan) -> np.ndarray:
    """Draws a batch, each image's longest side filling the box.

    A first look, a little larger than the box, shows how thick the strokes are
    and, once the pen is chosen, where the ink ends; the second fits it.

    Returns:
        (n, 20, 20) uint8.
    """
    left, right = _extent(glyphs, plan, axis=0)
    top, bottom = _extent(glyphs, plan, axis=1)
    half = np.maximum(right - left, bottom - top) / 2
    unit = half / (_LOOK_BOX / 2)  # a pixel of the first look, on the paper
    center_x, center_y = (left + right) / 2, (top + bottom) / 2
    per_pixel = np.sqrt(np.abs(np.linalg.det(plan.ahead))) / unit

    x = center_x[:, None] + _grid(_LOOK) * unit[:, None]
    y = center_y[:, None] + _grid(_LOOK) * unit[:, None]
    look = _sample(glyphs, plan, x, y, half) * per_pixel[:, None, None]
    wider = _pen_change(look, plan.pen)
    look += wider[:, None, None]
    left, right = _ink_ends(look.max(1))
    top, bottom = _ink_ends(look.max(2))
    scale = np.maximum(right - left, bottom - top) / _BOX

    x = (left + right)[:, None] / 2 + _grid(_BOX * _ACROSS, 1 / _ACROSS) * scale[:, None]
    y = (top + bottom)[:, None] / 2 + _grid(_BOX) * scale[:, None]
    x = center_x[:, None] + x * unit[:, None]
    y = center_y[:, None] + y * unit[:, None]
    depth = _sample(glyphs, plan, x, y, half) * (per_pixel / scale)[:, None, None]
    depth += (wider / scale)[:, None, None]
    ink = np.clip(0.5 + depth, 0, 1).reshape(-1, _BOX, _BOX, _ACROSS).mean(3)
    return np.rint(255 * ink).astype(np.uint8)


def _grid(size: int, step: float = 1) -> np.ndarray:
    """Returns `size` places, `step` apart, around 0."""
    return (np.arange(size) - (size - 1) / 2) * step


def _pen_change(depth: np.ndarray, pen: np.ndarray) -> np.ndarray:
    """Returns what to add to `depth` so that strokes are about `pen` pixels wide.

    A stroke's area divided by half its outline is its width; how fast the area
    grows with the pen is the outline.
    """
    area = np.clip(0.5 + depth, 0, 1).sum((1, 2))
    more, less = np.clip(0.75 + depth, 0, 1), np.clip(0.25 + depth, 0, 1)
    width = 2 * area * 0.5 / (more - less).sum((1, 2))
    return np.clip((pen - width) / 2, -0.22 * width, 1.5)  # beyond, strokes break or holes close


def _ink_ends(profile: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Returns where (n, m) profiles first and last cross 0, in pixels from the middle."""
    size = profile.shape[1]
    index = np.arange(len(profile))
    on = profile > 0
    first, last = on.argmax(1), size - 1 - on[:, ::-1].argmax(1)

    def beyond(edge, outside):
        inner, outer = profile[index, edge], profile[index, np.clip(outside, 0, size - 1)]
        return np.clip(inner / np.maximum(inner - outer, 1e-3), 0, 1)

    middle = (size - 1) / 2
    return first - beyond(first, first - 1) - middle, last + beyond(last, last + 1) - middle


def _center(boxes: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Places (n, 20, 20) boxes in 28x28 by center of mass.

    Returns:
        (n, 28, 28) uint8, and (n,) bool: whether the longest side fills the box
        and the box could go where its center of mass belongs.
    """
    room = _SIDE - _BOX
    ink = boxes.astype(np.float64)
    mass, place = ink.sum((1, 2)), np.arange(_BOX)
    down = np.rint(_SIDE / 2 - ink.sum(2) @ place / mass).astype(int)
    right = np.rint(_SIDE / 2 - ink.sum(1) @ place / mass).astype(int)
    fits = (down >= 0) & (down <= room) & (right >= 0) & (right <= room)
    rows, columns = boxes.any(2), boxes.any(1)
    filled = (rows[:, 0] & rows[:, -1]) | (columns[:, 0] & columns[:, -1])
    down, right = np.clip(down, 0, room), np.clip(right, 0, room)
    images = np.zeros((len(boxes), _SIDE, _SIDE), np.uint8)
    index = np.arange(len(boxes))[:, None, None]
    images[index, down[:, None, None] + place[:, None], right[:, None, None] + place] = boxes
    return images, fits & filled


def _draw_in_threads(glyphs: _Glyphs, which, labels, specimens: int, seed: list[int]):
    """Yields where each chunk starts, and its images; each has its own random numbers."""

    def chunk(start):
        part = slice(start, start + _CHUNK)
        strength = np.where(np.arange(len(which))[part] < specimens, _SPECIMEN, 1.0)
        rng = np.random.default_rng([*seed, start])
        return _draw_centered(glyphs, which[part], labels[part], strength, rng)

    with _threads() as threads:
        starts = range(0, len(which), _CHUNK)
        yield from zip(starts, threads.map(chunk, starts), strict=True)


def _draw_centered(glyphs: _Glyphs, which, labels, strength, rng) -> np.ndarray:
    """Draws and centers; the odd image that does not keep to the form is drawn again, milder."""
    images = np.empty((len(which), _SIDE, _SIDE), np.uint8)
    left = np.arange(len(which))
    while len(left):
        plan = _vary(glyphs, which[left], labels[left], strength[left], rng)
        images[left], good = _center(_draw(glyphs, plan))
        left = left[~good]
        strength[left] *= 0.8
    return images
