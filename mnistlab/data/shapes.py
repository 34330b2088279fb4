"""How shapes are written, everywhere in the same way."""

from collections.abc import Sequence

UNKNOWN = "not known"


def in_words(shape: Sequence[int] | None) -> str:
    """Returns a shape as people write it.

    Args:
        shape: such as (height, width, channels) or (units,); `None` where it
            is not known.

    Example:
        >>> in_words((26, 26, 32)), in_words((9216,)), in_words(None)
        ('26x26x32', '9216', 'not known')
    """
    return UNKNOWN if shape is None else "x".join(str(size) for size in shape)
