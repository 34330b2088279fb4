"""Which images a training holds out, and in which order it goes through the others."""

import numpy as np


def split(labels: np.ndarray, share: float, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Chooses the images to hold out: by a seed, evenly from all classes.

    Args:
        labels: (n,) classes of all images.
        share: the share to hold out, 0 to below 1.
        seed: of the choice.

    Returns:
        The places of the others, and of those held out; both ascending. At
        least one image stays to be trained on.

    Example:
        >>> trained, held_out = split(np.repeat([0, 1], 50), share=0.1, seed=1)
        >>> len(trained), (held_out < 50).sum(), (held_out >= 50).sum()
        (90, np.int64(5), np.int64(5))
    """
    count = held_out_count(len(labels), share)
    shuffled = np.random.default_rng(seed).permutation(len(labels))
    by_class = shuffled[np.argsort(np.asarray(labels)[shuffled], kind="stable")]
    # Places at equal distances in a list sorted by class fall evenly on the classes.
    places = ((np.arange(count) + 0.5) * len(labels) / max(count, 1)).astype(int)
    return np.sort(np.delete(by_class, places)), np.sort(by_class[places])


def held_out_count(images: int, share: float) -> int:
    """Returns how many of so many images a share is: one at least, and not all.

    Example:
        >>> held_out_count(60_000, 0.1), held_out_count(4, 0.1), held_out_count(4, 0)
        (6000, 1, 0)
    """
    return max(0, min(max(round(share * images), int(share > 0)), images - 1))


def epoch_order(count: int, seed: int, epoch: int) -> np.ndarray:
    """Returns the order in which an epoch, counted from 0, goes through `count` images.

    Example:
        >>> sorted(epoch_order(4, seed=1, epoch=0).tolist())
        [0, 1, 2, 3]
    """
    return np.random.default_rng([seed, epoch]).permutation(count)
