"""Small data that are learned in a second, and a small network for them."""

from mnistlab.data.datasets import Dataset
from mnistlab.widgets.designer.plan import Plan, Training, make_layer

import numpy as np

CLASSES = ("low", "middle", "high")
LAYERS = (
    make_layer("Conv2D", filters=4),
    make_layer("Flatten"),
    make_layer("Dropout", rate=0.2),
    make_layer("Dense", units=8),
    make_layer("Output", units=3),
)


def bars(count: int = 120, seed: int = 0) -> Dataset:
    """Noise with one bright bar, low, in the middle, or high, which is the class."""
    rng = np.random.default_rng(seed)
    labels = np.arange(count) % 3
    images = rng.integers(0, 60, (count, 6, 6, 1), dtype="uint8")
    for image, label in zip(images, labels, strict=True):
        image[2 * label : 2 * label + 2] += 180
    return Dataset("bars", images, labels, images[:30], labels[:30], classes=CLASSES)


def plan(layers=LAYERS, **settings) -> Plan:
    """A plan for them: three epochs of six batches, a quarter held out."""
    usual = {"learning_rate": 0.05, "batch_size": 16, "epochs": 3, "validation_share": 0.25}
    return Plan("bars", (6, 6, 1), 3, tuple(layers), Training().changed(**(usual | settings)))
