"""k-fold cross-validation: as published, by `evaluate_model`, and in plain PyTorch, in turns.

python -m benchmarks.evaluation
python -m benchmarks.evaluation --full --scaling --json full.json
python -m benchmarks.evaluation --table full.json

Candidates: `listing`, Keras' `fit` on NumPy arrays, fold by fold; `steps`, the same with 50 batches
a call (steps_per_execution); `quick`, `evaluate_model` in one process; `workers`, in a process for
each core; `mixed`, these in mixed_bfloat16; `pytorch`, a plain loop.

All train the same networks with the same optimizer, in batches of 32, from the same first weights
on the same folds, and judge the held-out images after every epoch. Each run is a process of its
own: its folds and first weights are compared with those of a reference before they are trained on,
and the memory of it and of its workers is sampled. Seconds are those of the evaluation, from arrays
in memory to the scores; the workers' start, with their imports, counts, the import in the process
itself is stated apart. Nothing is extrapolated.

The listing's own `evaluate` after each fold, which measures once more what the last epoch has
measured, is left out. The number of a round is its seed, so that each has other folds and weights.
"""

import argparse
import importlib.util
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path

from benchmarks import evaluation_candidates, machine
from benchmarks.evaluation_candidates import (
    ARCHITECTURES,
    BATCH,
    CANDIDATES,
    DEFAULT,
    MIXED,
    PYTORCH,
    REFERENCE,
    STEPS,
    WORKERS,
    Task,
    most_workers,
)
from benchmarks.evaluation_table import section, summary
from mnistlab.files import write_atomically

import joblib
import numpy as np

# Set by the caller, these would decide on threads and protocol in the caller's place.
FORGOTTEN = (
    "MNISTLAB_QUICK",
    "MNISTLAB_THREADS",
    "MKL_NUM_THREADS",
    "OMP_NUM_THREADS",
    "TF_NUM_INTEROP_THREADS",
    "TF_NUM_INTRAOP_THREADS",
)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument(
        "--architectures",
        nargs="+",
        choices=ARCHITECTURES,
        default=ARCHITECTURES,
        help="which networks (both)",
    )
    parser.add_argument(
        "--candidates",
        nargs="+",
        choices=CANDIDATES,
        default=DEFAULT,
        help=f"what to measure (all but {STEPS})",
    )
    parser.add_argument("--folds", type=int, help="folds (5)")
    parser.add_argument("--epochs", type=int, help="epochs of each fold (1; 10 with --full)")
    parser.add_argument("--rows", type=int, help="training images (20,000; 60,000 with --full)")
    parser.add_argument("--rounds", type=int, help="how often each is timed (3; 1 with --full)")
    parser.add_argument("--full", action="store_true", help="the published protocol")
    parser.add_argument("--scaling", action="store_true", help="1, 2, ... workers, a thread each")
    parser.add_argument("--json", type=Path, metavar="FILE", help="keep what was measured")
    parser.add_argument("--table", type=Path, metavar="FILE", help="print a kept one as Markdown")
    arguments = parser.parse_args()
    if arguments.table:
        print(section(kept(arguments.table, parser)))
    else:
        complete_protocol(arguments)
        if not 2 <= arguments.folds <= arguments.rows <= 60_000:
            parser.error("folds go from 2, rows to 60,000, and each fold needs an image")
        if arguments.epochs < 1 or arguments.rounds < 1:
            parser.error("epochs and rounds go from 1")
        compare(arguments)


def kept(path: Path, parser: argparse.ArgumentParser) -> dict:
    try:
        record = json.loads(path.read_text("utf-8"))
        return {key: record[key] for key in ("machine", "protocol", "left_out", "runs")}
    except (OSError, ValueError, KeyError, TypeError) as error:
        parser.error(f"{path.name} holds no measurement of this benchmark ({error!r})")


def compare(arguments: argparse.Namespace) -> None:
    left_out = missing()
    candidates = [name for name in arguments.candidates if name not in left_out]
    candidates += scaling_candidates(arguments)
    record = {
        "machine": machine.facts(),
        "protocol": protocol(arguments),
        "left_out": {name: left_out[name] for name in arguments.candidates if name in left_out},
        "runs": [],
    }
    for reason in record["left_out"].values():
        print(reason, flush=True)
    with tempfile.TemporaryDirectory() as folder:
        for task in tasks(arguments, [REFERENCE], folder):
            run_apart(task)
        for task in tasks(arguments, candidates, folder):
            record["runs"].append(measured(task))
            if arguments.json:
                keep(record, arguments.json)
    print("\n" + section(record, padded=True))


def complete_protocol(arguments: argparse.Namespace) -> None:
    short = {"folds": 5, "epochs": 1, "rows": 20_000, "rounds": 3}
    full = {"folds": 5, "epochs": 10, "rows": 60_000, "rounds": 1}
    for name, value in (full if arguments.full else short).items():
        if getattr(arguments, name) is None:
            setattr(arguments, name, value)


def protocol(arguments: argparse.Namespace) -> dict[str, object]:
    names = ("architectures", "folds", "epochs", "rows", "rounds")
    return {name: getattr(arguments, name) for name in names} | {"batch_size": BATCH}


def missing() -> dict[str, str]:
    """Returns the candidates that cannot run here, and why, in words."""
    reasons = {}
    if not machine.bfloat16_instructions():
        reasons[MIXED] = (
            "mixed_bfloat16 is not measured: no AVX512-BF16 or AMX is named in /proc/cpuinfo; "
            "without them it is slower than float32."
        )
    if importlib.util.find_spec("torch") is None:
        reasons[PYTORCH] = "PyTorch is not measured: it is not installed (pip install torch)."
    return reasons


def scaling_candidates(arguments: argparse.Namespace) -> list[str]:
    if not arguments.scaling:
        return []
    most = most_workers(arguments)
    has_all = WORKERS in arguments.candidates and joblib.cpu_count() // most == 1
    return [f"{WORKERS}{count}" for count in range(1, most if has_all else most + 1)]


def tasks(arguments: argparse.Namespace, candidates: list[str], folder: str) -> Iterator[Task]:
    for seed in range(1, arguments.rounds + 1):
        for architecture in arguments.architectures:
            for candidate in candidates:
                numbers = arguments.folds, arguments.epochs, arguments.rows
                yield Task(candidate, architecture, *numbers, seed, folder)


def measured(task: Task) -> dict[str, object]:
    load = machine.load_average()
    outcome = run_apart(task)
    run = {"architecture": task.architecture, "candidate": task.candidate, "round": task.seed}
    run |= {"load_before": load} | outcome
    print(
        f"round {task.seed}, {task.architecture}, {task.candidate}: {run['seconds']:.1f} s, "
        f"accuracy {100 * np.mean(run['scores']):.2f} %, load before {load}",
        flush=True,
    )
    return run


def run_apart(task: Task) -> dict[str, object]:
    """Runs a task in a process of its own, and samples the memory of all that it starts."""
    environment = {name: value for name, value in os.environ.items() if name not in FORGOTTEN}
    if task.scaling:
        environment["MNISTLAB_THREADS"] = "1"
    command = [sys.executable, "-m", evaluation_candidates.__name__, json.dumps(asdict(task))]
    outcome = Path(task.folder, "outcome.json")
    outcome.unlink(missing_ok=True)
    with Path(task.folder, "errors.txt").open("w+", encoding="utf-8") as errors:
        process = subprocess.Popen(
            command, env=environment, stdout=subprocess.DEVNULL, stderr=errors
        )
        try:
            peak = machine.peak_memory(process)
        finally:
            process.kill()
            process.wait()
        if process.returncode or not outcome.is_file():
            errors.seek(0)
            sys.exit(f"{task.candidate}, {task.architecture}:\n{errors.read()[-3000:]}")
    return json.loads(outcome.read_text("utf-8")) | {"peak_memory_gb": peak}


def keep(record: dict, path: Path) -> None:
    text = json.dumps(record | {"summary": summary(record)}, indent=1) + "\n"
    write_atomically(
        path,
        lambda new: new.write_text(text, "utf-8"),
        check=lambda new: json.loads(new.read_text("utf-8")),
    )


if __name__ == "__main__":
    main()
