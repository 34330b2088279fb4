"""The candidates of benchmarks/evaluation.py: one of them is measured in this process.

TensorFlow and PyTorch are imported where they are used: beside the other, each would take memory,
and the first to start would decide on the threads.
"""

import hashlib
import json
import os
import sys
import time
from argparse import Namespace
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from mnistlab.data.mnist import loaded_sources
from mnistlab.data.preparation import load_dataset, prep_pixels

import joblib
import numpy as np
from sklearn.model_selection import KFold

REFERENCE = "reference"
LISTING, STEPS, QUICK = "listing", "steps", "quick"
WORKERS, MIXED, PYTORCH = "workers", "mixed", "pytorch"
CANDIDATES = (LISTING, STEPS, QUICK, WORKERS, MIXED, PYTORCH)
DEFAULT = (LISTING, QUICK, WORKERS, MIXED, PYTORCH)
ARCHITECTURES = ("baseline", "deeper")

BATCH = 32
STEPS_PER_EXECUTION = 50
HELD_OUT_BATCH = 1000
PROBED = 100


@dataclass(frozen=True)
class Task:
    """What one process does: one candidate, one architecture, one round."""

    candidate: str
    architecture: str
    folds: int
    epochs: int
    rows: int
    seed: int
    folder: str

    @property
    def workers(self) -> int:
        """Folds at once."""
        if self.candidate == QUICK:
            return 1
        return int(self.candidate.removeprefix(WORKERS)) if self.scaling else most_workers(self)

    @property
    def scaling(self) -> bool:
        """Whether every worker has one thread, whatever the cores: `workers1`, `workers2`, …"""
        return self.candidate.startswith(WORKERS) and self.candidate != WORKERS


def most_workers(protocol: "Task | Namespace") -> int:
    return min(joblib.cpu_count(), protocol.folds)


Evaluate = Callable[[np.ndarray, np.ndarray], dict[str, object]]


def run_here(task: Task) -> None:
    start = time.perf_counter()
    evaluate = READY[task.candidate.rstrip("0123456789")](task)
    import_seconds = time.perf_counter() - start
    train_x, train_y, test_x, _ = load_dataset()
    images, labels = prep_pixels(train_x, test_x)[0][: task.rows], train_y[: task.rows]
    start = time.perf_counter()
    outcome = evaluate(images, labels)
    outcome |= {
        "seconds": time.perf_counter() - start,
        "import_seconds": import_seconds,
        "data": sorted(loaded_sources),
    }
    Path(task.folder, "outcome.json").write_text(json.dumps(outcome), "utf-8")


class Reference:
    """Folds, first weights and first answers that all candidates have to start from."""

    def __init__(self, task: Task):
        self._path = Path(task.folder, f"{task.architecture}-{task.seed}.npz")
        self._arrays = np.load(self._path) if self._path.exists() else {}

    def write(self, arrays: dict[str, np.ndarray]) -> None:
        np.savez(self._path, **arrays)

    def seed(self, fold: int) -> int:
        return int(self._arrays["seeds"][fold])

    def weights(self, fold: int) -> list[np.ndarray]:
        names = [name for name in self._arrays if name.startswith(f"weights/{fold}/")]
        return [self._arrays[name] for name in names]

    def digests(self, folds: int) -> set[str]:
        return {digest(self.weights(fold)) for fold in range(folds)}

    def check_fold(self, fold: int, held_out: np.ndarray) -> None:
        np.testing.assert_array_equal(held_out, self._arrays[f"held_out/{fold}"])

    def check_answers(self, fold: int, answers: np.ndarray) -> None:
        np.testing.assert_allclose(answers, self._arrays[f"answers/{fold}"], atol=1e-4)


def digest(weights: list[np.ndarray]) -> str:
    return hashlib.sha256(b"".join(values.tobytes() for values in weights)).hexdigest()


def published_folds(task: Task, images: np.ndarray) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    return KFold(task.folds, shuffle=True, random_state=task.seed).split(images)


def reference(task: Task) -> Evaluate:
    from mnistlab.evaluation.fold import build_seeded, fold_seed
    from mnistlab.models import zoo

    def evaluate(images, labels):
        seeds = [fold_seed(task.seed, fold) for fold in range(task.folds)]
        arrays = {"seeds": np.array(seeds)}
        for fold, (_, held_out) in enumerate(published_folds(task, images)):
            model = build_seeded(lambda: zoo.build(task.architecture), seeds[fold])
            arrays[f"held_out/{fold}"] = held_out
            arrays[f"answers/{fold}"] = model.predict_on_batch(images[:PROBED])
            for place, values in enumerate(model.get_weights()):
                arrays[f"weights/{fold}/{place}"] = values
        Reference(task).write(arrays)
        return {}

    return evaluate


def listing(task: Task) -> Evaluate:
    from mnistlab.evaluation.fold import build_seeded, threads_in_use
    from mnistlab.models import zoo

    import tensorflow as tf

    reference = Reference(task)
    expected = reference.digests(task.folds)

    def define_model():
        model = zoo.build(task.architecture)
        if task.candidate == STEPS:
            model.compile(
                model.optimizer,
                loss=model.loss,
                metrics=["accuracy"],
                steps_per_execution=STEPS_PER_EXECUTION,
            )
        return model

    def evaluate(images, labels):
        scores = []
        for fold, (training, held_out) in enumerate(published_folds(task, images)):
            model = build_seeded(define_model, reference.seed(fold))
            reference.check_fold(fold, held_out)
            check_weights(model.get_weights(), expected)
            # The listing sets no seed; with one, `fit` would repeat one order in every epoch.
            tf.random.set_seed(None)
            history = model.fit(
                images[training],
                labels[training],
                epochs=task.epochs,
                batch_size=BATCH,
                validation_data=(images[held_out], labels[held_out]),
                verbose=0,
            )
            scores.append(history.history["val_accuracy"][-1])
        return {"scores": scores, "workers": 1, "threads": threads_in_use()}

    return evaluate


def by_evaluate_model(task: Task) -> Evaluate:
    from mnistlab.evaluation.crossval import evaluate_model
    from mnistlab.evaluation.fold import split
    from mnistlab.models import zoo

    import keras

    if task.candidate == MIXED:
        keras.config.set_dtype_policy("mixed_bfloat16")
    reference = Reference(task)
    expected = reference.digests(task.folds)
    built = Path(task.folder, "built.txt")
    built.write_text("", "utf-8")

    def define_model():
        model = zoo.build(task.architecture)
        found = check_weights(model.get_weights(), expected)
        with built.open("a", encoding="utf-8") as file:
            file.write(f"{time.time()} {os.getpid()} {found}\n")
        return model

    def evaluate(images, labels):
        for fold in range(task.folds):
            reference.check_fold(fold, split(task.rows, task.folds, task.seed, fold)[1])
        start = time.time()
        result = evaluate_model(
            define_model,
            images,
            labels,
            folds=task.folds,
            epochs=task.epochs,
            batch_size=BATCH,
            seed=task.seed,
            workers=task.workers,
            resume=False,
        )
        lines = [line.split() for line in built.read_text("utf-8").splitlines()]
        if {found for _, _, found in lines} != expected:
            raise ValueError("not every fold has started from the reference's weights")
        apart = [float(at) for at, process, _ in lines if int(process) != os.getpid()]
        return {
            "scores": result.scores,
            "workers": result.facts["workers"],
            "threads": result.facts["threads"],
            "start_seconds": min(apart) - start if apart else 0.0,
        }

    return evaluate


def check_weights(weights: list[np.ndarray], expected: set[str]) -> str:
    found = digest(weights)
    if found not in expected:
        raise ValueError("the first weights are not those of the reference")
    return found


def in_pytorch(task: Task) -> Evaluate:
    """Plain PyTorch: tensors in memory, rows shuffled anew each epoch, a step for each batch."""
    import torch

    reference = Reference(task)
    first_weights = [reference.weights(fold) for fold in range(task.folds)]
    wanted = os.environ.get("MNISTLAB_DEVICE", "auto")
    device = "cuda" if torch.cuda.is_available() and wanted != "cpu" else "cpu"

    def evaluate(images, labels):
        pixels = torch.from_numpy(images.transpose(0, 3, 1, 2).copy()).to(device)
        digits = torch.from_numpy(labels.argmax(axis=1)).to(device)
        scores = []
        for fold, (training, held_out) in enumerate(published_folds(task, images)):
            reference.check_fold(fold, held_out)
            torch.manual_seed(reference.seed(fold))
            network = network_in_pytorch(task.architecture)
            copy_weights(network, first_weights[fold])
            network.to(device)
            with torch.no_grad():
                answers = network(pixels[:PROBED]).softmax(dim=1)
            reference.check_answers(fold, answers.cpu().numpy())
            optimizer = torch.optim.SGD(network.parameters(), lr=0.01, momentum=0.9)
            training, held_out = (
                torch.from_numpy(rows).to(device) for rows in (training, held_out)
            )
            for _ in range(task.epochs):
                network.train()
                shuffled = training[torch.randperm(len(training), device=device)]
                epoch_in_pytorch(network, pixels, digits, shuffled.split(BATCH), optimizer)
                network.eval()
                with torch.no_grad():
                    judged = held_out.split(HELD_OUT_BATCH)
                    _, accuracy = epoch_in_pytorch(network, pixels, digits, judged)
            scores.append(accuracy)
        return {"scores": scores, "workers": 1, "threads": torch.get_num_threads()}

    return evaluate


def epoch_in_pytorch(network, pixels, digits, batches, optimizer=None) -> tuple[float, float]:
    """Trains on batches of rows, or only judges them; returns mean loss and accuracy."""
    import torch

    cross_entropy = torch.nn.CrossEntropyLoss()
    # Kept as tensors: asking for a number after every batch would wait for a graphics card.
    total = right = torch.zeros((), device=pixels.device)
    for rows in batches:
        answers, wanted = network(pixels[rows]), digits[rows]
        loss = cross_entropy(answers, wanted)
        if optimizer is not None:
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
        total = total + loss.detach() * len(rows)
        right = right + (answers.detach().argmax(dim=1) == wanted).sum()
    seen = sum(len(rows) for rows in batches)
    return total.item() / seen, right.item() / seen


def network_in_pytorch(architecture: str):
    from torch import nn

    layers = [nn.Conv2d(1, 32, 3), nn.ReLU(), nn.MaxPool2d(2)]
    flat = 13 * 13 * 32
    if architecture == "deeper":
        layers += [nn.Conv2d(32, 64, 3), nn.ReLU()]
        layers += [nn.Conv2d(64, 64, 3), nn.ReLU(), nn.MaxPool2d(2)]
        flat = 4 * 4 * 64
    layers += [nn.Flatten(), nn.Linear(flat, 100), nn.ReLU(), nn.Linear(100, 10)]
    return nn.Sequential(*layers)


def copy_weights(network, weights: list[np.ndarray]) -> None:
    """Copies Keras' weights: its channels come last, PyTorch's come first."""
    import torch

    channels = 0
    for parameter, values in zip(network.parameters(), weights, strict=True):
        if values.ndim == 4:
            channels = values.shape[3]
            values = values.transpose(3, 2, 0, 1)
        elif values.ndim == 2 and channels:
            # After Flatten: the rows are the numbers of the last maps, place by place.
            units = values.shape[1]
            values = values.reshape(-1, channels, units).transpose(2, 1, 0).reshape(units, -1)
            channels = 0
        elif values.ndim == 2:
            values = values.T
        parameter.data = torch.from_numpy(values.copy())


READY: dict[str, Callable[[Task], Evaluate]] = {
    REFERENCE: reference,
    LISTING: listing,
    STEPS: listing,
    QUICK: by_evaluate_model,
    WORKERS: by_evaluate_model,
    MIXED: by_evaluate_model,
    PYTORCH: in_pytorch,
}


if __name__ == "__main__":
    run_here(Task(**json.loads(sys.argv[1])))
