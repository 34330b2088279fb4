"""How well a model reads digits that other people drew and photographed.

    MNISTLAB_HANDWRITING=/path/to/folder python -m tools.measure_reading [model.keras ...]

Handwriting is personal, so none comes with this project. Put your own in a
folder; either part may be missing:

- `pen_strokes.npz` with the arrays `xy` (n, 2), x to the right and y down;
  `stroke_offsets`, which cut it into strokes; `sample_offsets`, which cut those
  into digits; `labels` and `writers`, one for each digit; and, where digits are
  to be left out, `suspect`.
- `photos/` with pictures and `labels.json`: a list of {"file", "label", "kind",
  "group"}, a group being one writer or one page.

Every kind is read once, and its accuracy averaged over writers or groups, so
that who wrote much counts no more than who wrote little. What cannot be read
counts as misread, and is named.
"""

import json
import os
import sys
from collections import defaultdict
from pathlib import Path

from mnistlab import predict, settings
from mnistlab.data.images import image_to_digit, strokes_to_digit
from mnistlab.errors import ImageError
from mnistlab.models import files

import numpy as np

FOLDER = "MNISTLAB_HANDWRITING"


def main(paths: list[str]) -> None:
    folder = os.environ.get(FOLDER)
    if not folder or not Path(folder).is_dir():
        sys.exit(f"{FOLDER} does not name a folder with handwriting; see the top of this file.")
    kinds = dict(read_folder(Path(folder)))
    if not kinds:
        sys.exit(f"{FOLDER} has neither pen_strokes.npz nor photos/labels.json.")
    for path in paths or [settings.PROJECT / "data/models/augmented.keras"]:
        model = files.load(path)
        print(Path(path).name)
        for kind, (digits, labels, groups) in kinds.items():
            right = predict(model, digits).argmax(axis=1) == labels
            means = [right[groups == group].mean() for group in np.unique(groups)]
            print(
                f"  {kind:12} {np.mean(means):7.2%} over {len(means)} writers or pages, "
                f"{right.mean():.2%} of {len(right):,}"
            )


def read_folder(folder: Path):
    """Yields each kind with its digits, (n, 28, 28) uint8, their labels and their groups."""
    if (folder / "pen_strokes.npz").exists():
        yield "strokes", _strokes(folder / "pen_strokes.npz")
    if (folder / "photos" / "labels.json").exists():
        entries = json.loads((folder / "photos" / "labels.json").read_text("utf-8"))
        by_kind = defaultdict(list)
        for entry in entries:
            by_kind[entry["kind"]].append(entry)
        for kind, those in by_kind.items():
            yield kind, _photos(folder / "photos", those)


def _strokes(path: Path):
    with np.load(path, allow_pickle=False) as file:
        points, strokes, samples = (file[k] for k in ("xy", "stroke_offsets", "sample_offsets"))
        labels, groups = file["labels"], file["writers"]
        used = ~file["suspect"] if "suspect" in file else np.ones(len(labels), bool)
    digits = [
        strokes_to_digit([points[strokes[k] : strokes[k + 1]] for k in range(*samples[[i, i + 1]])])
        for i in np.flatnonzero(used)
    ]
    return np.stack(digits), labels[used], groups[used]


def _photos(folder: Path, entries: list[dict]):
    digits = []
    for entry in entries:
        try:
            digits.append(image_to_digit(folder / entry["file"]))
        except ImageError as error:
            print(error)
            digits.append(np.zeros((28, 28), np.uint8))
    labels = np.array([entry["label"] for entry in entries])
    return np.stack(digits), labels, np.array([entry["group"] for entry in entries])


if __name__ == "__main__":
    main(sys.argv[1:])
