"""Sequences and text: padding, and windows over the characters of a text."""

import os
import random
from collections.abc import Mapping, Sequence

from mnistlab.data.checks import as_array
from mnistlab.errors import DataError
from mnistlab.tflearn.arguments import text_of, whole_number

import numpy as np


def pad_sequences(
    sequences: Sequence[Sequence],
    maxlen: int | None = None,
    dtype: str = "int32",
    padding: str = "post",
    truncating: str = "post",
    value: float = 0.0,
) -> np.ndarray:
    """Brings sequences of numbers to one length.

    Args:
        sequences: lists of numbers.
        maxlen: the length; `None` for that of the longest.
        dtype: the type of the result.
        padding: "post" or "pre": where a short one is filled.
        truncating: "post" or "pre": where a long one is cut.
        value: what is filled in.

    Returns:
        (n, maxlen) of the type `dtype`.

    Raises:
        DataError: `padding` or `truncating` is neither, or the sequences are no
            lists of numbers.

    Source: tflearn 0.5.0, `tflearn.data_utils.pad_sequences`; where it says
    "post", Keras' own function says "pre".

    Example:
        >>> pad_sequences([[1, 2, 3], [4]], maxlen=2)
        array([[1, 2],
               [4, 0]], dtype=int32)
        >>> pad_sequences([[1, 2, 3], [4]], maxlen=2, padding="pre", truncating="pre")
        array([[2, 3],
               [0, 4]], dtype=int32)
    """
    for kind, name in ((truncating, "Truncating"), (padding, "Padding")):
        if kind not in ("pre", "post"):
            raise DataError(f"{name} type '{kind}' not understood. Give 'pre' or 'post'.")
    rows = [_sequence(sequence, number, dtype) for number, sequence in enumerate(sequences)]
    if not rows:
        raise DataError("sequences: expected at least one, found none. Give a list of lists.")
    longest = max(map(len, rows))
    length = longest if maxlen is None else whole_number(maxlen, "maxlen", 0)
    padded = np.full((len(rows), length), value).astype(dtype)
    for number, row in enumerate(rows):
        kept = row[max(len(row) - length, 0) :] if truncating == "pre" else row[:length]
        start = length - len(kept) if padding == "pre" else 0
        padded[number, start : start + len(kept)] = kept
    return padded


def _sequence(sequence: Sequence, number: int, dtype: str) -> np.ndarray:
    name = f"sequences[{number}]"
    row = as_array(sequence, name)
    if row.ndim != 1 or row.dtype.kind not in "biuf":
        raise DataError(
            f"{name}: expected a list of numbers, found {row.dtype} of shape {row.shape}. "
            "Give a list of lists of numbers."
        )
    if np.dtype(dtype).kind in "iu" and not np.isfinite(row).all():
        raise DataError(
            f"{name}: a value that is not finite has no {dtype}. Replace it, or give "
            'dtype="float32".'
        )
    return row


def chars_to_dictionary(string: str) -> dict[str, int]:
    """Numbers the characters of a text, in their order.

    Example:
        >>> chars_to_dictionary("abba!")
        {'!': 0, 'a': 1, 'b': 2}
    """
    return {char: number for number, char in enumerate(sorted(set(string)))}


def string_to_semi_redundant_sequences(
    string: str,
    seq_maxlen: int = 25,
    redun_step: int = 3,
    char_idx: Mapping[str, int] | None = None,
) -> tuple[np.ndarray, np.ndarray, Mapping[str, int]]:
    """Cuts a text into overlapping pieces, each with the character that follows it.

    Args:
        string: the text.
        seq_maxlen: characters of a piece.
        redun_step: characters from the beginning of one piece to that of the next.
        char_idx: the number of each character; `None` to make it.

    Returns:
        One-hot pieces (n, seq_maxlen, k) bool, the one-hot characters after
        them (n, k) bool, and the numbers of the k characters.

    Raises:
        DataError: the text is no longer than a piece, or has a character that
            `char_idx` lacks.

    Source: tflearn 0.5.0, `string_to_semi_redundant_sequences`.

    Example:
        >>> X, Y, numbers = string_to_semi_redundant_sequences("abcabcabc", 4, 2)
        Vectorizing text...
        Text total length: 9
        Distinct chars   : 3
        Total sequences  : 3
        >>> X.shape, Y.argmax(axis=1).tolist()
        ((3, 4, 3), [1, 0, 2])
    """
    print("Vectorizing text...")
    length = _piece(string, seq_maxlen)
    step = whole_number(redun_step, "redun_step", 1)
    numbers = chars_to_dictionary(string) if char_idx is None else char_idx
    unknown = sorted(set(string) - set(numbers))
    if unknown:
        raise DataError(f"char_idx lacks {unknown[:5]}, which occur in the text. Add them.")
    codes = np.array([numbers[char] for char in string])
    starts = np.arange(0, len(string) - length, step)
    if not set(numbers.values()) <= set(range(len(numbers))):
        raise DataError(f"char_idx: expected the numbers 0 to {len(numbers) - 1}. Correct it.")
    one_hot = np.eye(len(numbers), dtype=bool)
    pieces = one_hot[codes[starts[:, None] + np.arange(length)]]
    following = one_hot[codes[starts + length]]
    print(f"Text total length: {len(string):,}")
    print(f"Distinct chars   : {len(numbers):,}")
    print(f"Total sequences  : {len(starts):,}")
    return pieces, following, numbers


def textfile_to_semi_redundant_sequences(
    path: str | os.PathLike,
    seq_maxlen: int = 25,
    redun_step: int = 3,
    to_lower_case: bool = False,
    pre_defined_char_idx: Mapping[str, int] | None = None,
) -> tuple[np.ndarray, np.ndarray, Mapping[str, int]]:
    """Does as `string_to_semi_redundant_sequences` with the text in a file.

    Args:
        path: a text file in UTF-8.
        seq_maxlen: characters of a piece.
        redun_step: characters from the beginning of one piece to that of the next.
        to_lower_case: whether capitals become small letters.
        pre_defined_char_idx: the number of each character; `None` to make it.

    Returns:
        As `string_to_semi_redundant_sequences`.

    Raises:
        FileNotFoundError: there is no such file.
        DataError: it is no text, or too short.

    Source: tflearn 0.5.0, `textfile_to_semi_redundant_sequences`.

    Example:
        >>> import tempfile
        >>> from pathlib import Path
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     path = Path(folder, "text.txt")
        ...     written = path.write_text("To be or not to be")
        ...     X, Y, numbers = textfile_to_semi_redundant_sequences(path, 5, 4)
        Vectorizing text...
        Text total length: 18
        Distinct chars   : 8
        Total sequences  : 4
    """
    text = text_of(path)
    return string_to_semi_redundant_sequences(
        text.lower() if to_lower_case else text, seq_maxlen, redun_step, pre_defined_char_idx
    )


def random_sequence_from_string(string: str, seq_maxlen: int) -> str:
    """Takes a piece from a random place of a text (Python's `random`).

    Args:
        string: the text.
        seq_maxlen: characters of the piece.

    Raises:
        DataError: the text is no longer than the piece.

    Example:
        >>> len(random_sequence_from_string("To be or not to be", 5))
        5
    """
    length = _piece(string, seq_maxlen)
    start = random.randint(0, len(string) - length - 1)
    return string[start : start + length]


def random_sequence_from_textfile(path: str | os.PathLike, seq_maxlen: int) -> str:
    """Takes a piece from a random place of a text file (Python's `random`).

    Args:
        path: a text file in UTF-8.
        seq_maxlen: characters of the piece.

    Raises:
        FileNotFoundError: there is no such file.
        DataError: it is no text, or too short.

    Example:
        >>> import tempfile
        >>> from pathlib import Path
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     path = Path(folder, "text.txt")
        ...     written = path.write_text("To be or not to be")
        ...     len(random_sequence_from_textfile(path, 5))
        5
    """
    return random_sequence_from_string(text_of(path), seq_maxlen)


def _piece(string: str, seq_maxlen: int) -> int:
    length = whole_number(seq_maxlen, "seq_maxlen", 1)
    if len(string) <= length:
        raise DataError(
            f"seq_maxlen is {length}, and the text has {len(string)} characters. Give a longer "
            "text, or a smaller seq_maxlen."
        )
    return length
