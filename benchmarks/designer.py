"""A training in the designer, batch by batch so that it can stop, beside Keras' `fit`, in turns.

python benchmarks/designer.py
python benchmarks/designer.py --rounds 5 --rows 60000

Both train the same network on the same images, and measure those held out after the epoch. Each
round trains anew for two epochs, and the second is timed: the first compiles. Then a training is
told to stop at ten moments, and the time until it has stopped is compared with one second.
"""

import argparse
import time

from mnistlab.data import datasets
from mnistlab.widgets.designer import Design
from mnistlab.widgets.designer.sampling import split
from mnistlab.widgets.designer.training import TrainingRun

import keras
import numpy as np

DESIGNER, PLAIN = "designer", "Keras' fit"
NETWORKS = ("baseline", "keras_convnet")
STOPS = 10


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=3, help="how often each is timed (3)")
    parser.add_argument(
        "--rows", type=int, default=12_000, help="images, a tenth held out (12,000)"
    )
    arguments = parser.parse_args()
    data = first(datasets.builtin(), arguments.rows)
    for name in NETWORKS:
        design = Design.from_template(name)
        design.train_with(epochs=2, validation_share=0.1)
        times = {DESIGNER: [], PLAIN: []}
        for _ in range(max(arguments.rounds, 1)):
            times[DESIGNER].append(second_epoch(TrainingRun(design.plan, data)))
            times[PLAIN].append(second_epoch_of_fit(design, data))
        report(name, times, arguments)
    report_stops(stops(data))


def first(data: datasets.Dataset, rows: int) -> datasets.Dataset:
    return datasets.Dataset(data.name, data.images[:rows], data.labels[:rows])


def second_epoch(run: TrainingRun) -> float:
    at = {}
    run.observe(lambda: at.setdefault(run.epoch, run.seconds))
    run.start()
    run.wait()
    return at[2] - at[1]


class Clock(keras.callbacks.Callback):
    def __init__(self) -> None:
        super().__init__()
        self.at = []

    def on_epoch_end(self, epoch, logs=None) -> None:
        self.at.append(time.perf_counter())


def second_epoch_of_fit(design: Design, data: datasets.Dataset) -> float:
    training = design.training
    rows, held_out = split(data.labels, training.validation_share, training.seed)
    images, labels = data.inputs(data.images), keras.utils.to_categorical(data.labels)
    clock = Clock()
    design.to_keras().fit(
        images[rows],
        labels[rows],
        validation_data=(images[held_out], labels[held_out]),
        batch_size=training.batch_size,
        epochs=2,
        verbose=0,
        callbacks=[clock],
    )
    return clock.at[1] - clock.at[0]


def stops(data: datasets.Dataset) -> list[float]:
    """Stops and resumes one training at moments spread over two epochs; seconds for each stop."""
    design = Design.from_template("keras_convnet")
    design.train_with(epochs=1000, validation_share=0.5)
    run = TrainingRun(design.plan, data)
    run.start()
    while run.starting:
        time.sleep(0.05)
    measured, random = [], np.random.default_rng(1)
    for _ in range(STOPS):
        time.sleep(random.uniform(0, 4))
        start = time.perf_counter()
        run.stop()
        run.wait()
        measured.append(time.perf_counter() - start)
        run.resume()
    run.stop()
    run.wait()
    return measured


def report(name: str, times: dict[str, list[float]], arguments: argparse.Namespace) -> None:
    print(
        f"{name}: an epoch of {arguments.rows:,} images, {arguments.rounds} rounds: median (range)"
    )
    for which, measured in times.items():
        print(f"  {which:<12}{spread(measured)} s")
    print(f"  {'ratio':<12}{spread(np.divide(times[DESIGNER], times[PLAIN]))}", flush=True)


def report_stops(measured: list[float]) -> None:
    print(f"keras_convnet told to stop {STOPS} times: {spread(measured)} s, asked: within 1 s")


def spread(values: list[float] | np.ndarray) -> str:
    middle, low, high = (f(values) for f in (np.median, np.min, np.max))
    return f"{middle:.2f} ({low:.2f} to {high:.2f})"


if __name__ == "__main__":
    main()
