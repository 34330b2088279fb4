"""The digit script of 2017 through `mnistlab.tflearn`, and its network in plain Keras 3, in turns.

python benchmarks/tflearn_script.py
python benchmarks/tflearn_script.py --rounds 5 --epochs 10

Both train the same network on the same 55,000 images in batches of 64 with Adam. The script is
`DNN.fit` as it stands: it prints a line for each step, and measures the validation images at each
epoch's end and after each 500 steps; Keras' `fit` measures them at each epoch's end, silently. Each
is also timed without validation, step against step. A first, untimed epoch compiles all.
"""

import argparse
import contextlib
import os
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import mnistlab.tflearn as tflearn
from mnistlab.tflearn.datasets import mnist

import keras
import numpy as np
from keras import layers

SCRIPT, PLAIN = "tflearn script", "plain Keras 3"
BATCH = 64


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=3, help="how often each is timed (3)")
    parser.add_argument("--epochs", type=int, default=1, help="epochs of a round (1)")
    parser.add_argument("--rows", type=int, default=55_000, help="training images (55,000)")
    arguments = parser.parse_args()
    train_x, train_y, test_x, test_y = mnist.load_data(one_hot=True)
    train = train_x.reshape(-1, 28, 28, 1)[: arguments.rows], train_y[: arguments.rows]
    held_out = test_x.reshape(-1, 28, 28, 1), test_y
    script, plain = network_of_2017(), network_in_keras()
    check_equal(script, plain, train[0])
    for validation in (None, held_out):
        times = {SCRIPT: [], PLAIN: []}
        seconds(run_script, script, train, validation, 1)
        seconds(run_plain, plain, train, validation, 1)
        for _ in range(max(arguments.rounds, 1)):
            for name, run, model in ((SCRIPT, run_script, script), (PLAIN, run_plain, plain)):
                times[name].append(seconds(run, model, train, validation, arguments.epochs))
        report(times, validation is not None, arguments)


def network_of_2017() -> tflearn.DNN:
    """The network and the settings of the article, in tflearn's words."""
    net = tflearn.input_data([None, 28, 28, 1], name="input")
    for filters in (32, 64):
        net = tflearn.conv_2d(net, filters, 2, activation="relu")
        net = tflearn.max_pool_2d(net, 2)
    net = tflearn.fully_connected(net, 1024, activation="relu")
    net = tflearn.dropout(net, 0.8)
    net = tflearn.fully_connected(net, 10, activation="softmax")
    net = tflearn.regression(net, optimizer="adam", learning_rate=0.01, name="targets")
    return tflearn.DNN(net, tensorboard_dir=tempfile.mkdtemp())


def network_in_keras() -> keras.Model:
    """The same network as anyone would write it in Keras 3."""
    model = keras.Sequential([keras.Input((28, 28, 1))])
    for filters in (32, 64):
        model.add(layers.Conv2D(filters, 2, activation="relu", padding="same"))
        model.add(layers.MaxPooling2D(2))
    model.add(layers.Flatten())
    model.add(layers.Dense(1024, activation="relu"))
    model.add(layers.Dropout(0.2))
    model.add(layers.Dense(10, activation="softmax"))
    model.compile(keras.optimizers.Adam(0.01), "categorical_crossentropy", metrics=["accuracy"])
    return model


def check_equal(script: tflearn.DNN, plain: keras.Model, images: np.ndarray) -> None:
    """Stops unless both compute the same from the same weights."""
    plain.set_weights(script.keras_model.get_weights())
    expected = plain.predict_on_batch(images[:BATCH])
    np.testing.assert_allclose(script.predict(images[:BATCH]), expected, rtol=0, atol=1e-5)


def run_script(model: tflearn.DNN, train, validation, epochs: int) -> None:
    images, labels = train
    model.fit(
        {"input": images},
        {"targets": labels},
        n_epoch=epochs,
        validation_set=validation,
        snapshot_step=500,
        show_metric=True,
        batch_size=BATCH,
    )


def run_plain(model: keras.Model, train, validation, epochs: int) -> None:
    images, labels = train
    model.fit(
        images,
        labels,
        batch_size=BATCH,
        epochs=epochs,
        validation_data=validation,
        verbose=0,
    )


def seconds(run: Callable, *arguments) -> float:
    with (
        Path(os.devnull).open("w", encoding="utf-8") as nowhere,
        contextlib.redirect_stdout(nowhere),
    ):
        start = time.perf_counter()
        run(*arguments)
        return time.perf_counter() - start


def report(times: dict[str, list[float]], validated: bool, arguments: argparse.Namespace) -> None:
    what = "with validation" if validated else "training alone"
    print(
        f"{what}: {arguments.epochs} epoch(s) of {arguments.rows:,} images, "
        f"{arguments.rounds} rounds: median (range)"
    )
    ratios = np.divide(times[SCRIPT], times[PLAIN])
    for name, measured in times.items():
        print(f"  {name:<16}{spread(measured, 1)} s")
    print(f"  {'ratio':<16}{spread(ratios, 2)}", flush=True)


def spread(values: list[float] | np.ndarray, digits: int) -> str:
    middle, low, high = (f(values) for f in (np.median, np.min, np.max))
    return f"{middle:.{digits}f} ({low:.{digits}f} to {high:.{digits}f})"


if __name__ == "__main__":
    main()
