"""What benchmarks/evaluation.py has measured: medians, ranges, ratios, verdicts; as Markdown."""

import collections
import math

from benchmarks.evaluation_candidates import (
    LISTING,
    MIXED,
    PYTORCH,
    QUICK,
    STEPS,
    STEPS_PER_EXECUTION,
    WORKERS,
)
from benchmarks.machine import SAMPLE_SECONDS

import numpy as np

AGREEMENT = 0.15
MEMORY = 4.0


def summary(record: dict) -> dict[str, dict[str, dict]]:
    """Returns for each architecture and candidate the medians, ranges, ratios and verdicts."""
    summaries = {}
    for architecture in record["protocol"]["architectures"]:
        runs = by_candidate(record, architecture)
        summaries[architecture] = {name: of_candidate(runs, name) for name in runs}
    return summaries


def by_candidate(record: dict, architecture: str) -> dict[str, dict[int, dict]]:
    found = collections.defaultdict(dict)
    for run in record["runs"]:
        if run["architecture"] == architecture:
            found[run["candidate"]][run["round"]] = run
    return dict(found)


def of_candidate(runs: dict[str, dict[int, dict]], name: str) -> dict[str, object]:
    own = runs[name].values()
    accuracy = mean_accuracy(own)
    peaks = [run["peak_memory_gb"] for run in own if run["peak_memory_gb"] is not None]
    known = {
        "workers": next(iter(own))["workers"],
        "threads": next(iter(own))["threads"],
        "seconds": middle_and_range([run["seconds"] for run in own]),
        "start_seconds": middle_and_range([run.get("start_seconds", 0.0) for run in own]),
        "import_seconds": middle_and_range([run["import_seconds"] for run in own]),
        "times_as_fast_as": {
            other: middle_and_range(ratios(runs[other], runs[name]))
            for other in (LISTING, PYTORCH, f"{WORKERS}1")
            if other in runs and other != name and ratios(runs[other], runs[name])
        },
        "accuracy": accuracy,
        "accuracy_std": float(np.mean([100 * np.std(run["scores"]) for run in own])),
        "peak_memory_gb": max(peaks, default=None),
        "below_4_gb": max(peaks) < MEMORY if peaks else None,
    }
    if LISTING in runs:
        pairs = [(run, runs[LISTING][at]) for at, run in runs[name].items() if at in runs[LISTING]]
        points = mean_accuracy(run for run, _ in pairs) - mean_accuracy(run for _, run in pairs)
        known |= {"difference": points, "agrees": abs(points) <= AGREEMENT}
    return known


def mean_accuracy(runs) -> float:
    return float(np.mean([100 * np.mean(run["scores"]) for run in runs]))


def ratios(slower: dict[int, dict], own: dict[int, dict]) -> list[float]:
    return [slower[at]["seconds"] / own[at]["seconds"] for at in own if at in slower]


def middle_and_range(values: list[float]) -> list[float]:
    return [float(f(values)) for f in (np.median, np.min, np.max)]


def spread(values: list[float] | None, digits: int) -> str:
    if not values:
        return ""
    middle, low, high = (f"{value:,.{digits}f}" for value in values)
    return middle if low == high else f"{middle} ({low} to {high})"


def section(record: dict, padded: bool = False) -> str:
    """Returns the text that benchmarks/README.md has of a measurement."""
    summaries = summary(record)
    lines = [introduction(record)]
    for architecture, candidates in summaries.items():
        lines.append(table(architecture, candidates, padded))
    lines += [scaling(summaries, record["protocol"]["folds"]), *verdicts(record, summaries)]
    return "\n\n".join(line for line in lines if line)


def introduction(record: dict) -> str:
    machine, protocol = record["machine"], record["protocol"]
    used = machine["versions"]
    libraries = f"TensorFlow {used['tensorflow']}, Keras {used['keras']}"
    if used["torch"] and PYTORCH not in record["left_out"]:
        libraries += f", PyTorch {used['torch']}"
    data = sorted({source for run in record["runs"] for source in run["data"]})
    load = "unknown" if machine["load_before"] is None else machine["load_before"]
    rounds = counted(len({run["round"] for run in record["runs"]}), "round")
    return (
        f"`benchmarks/evaluation.py`, on {machine['cores']} cores of {processor_text(machine)} "
        f"(load before: {load}), {libraries}: {protocol['folds']} folds x "
        f"{counted(protocol['epochs'], 'epoch')} of {protocol['rows']:,} images "
        f"({', '.join(data)}), {rounds}; seconds and ratios are medians, with the range:"
    )


def counted(number: int, thing: str) -> str:
    return f"{number} {thing}{'s' if number > 1 else ''}"


def processor_text(machine: dict) -> str:
    extra = f" with {', '.join(machine['bfloat16'])}" if machine["bfloat16"] else ""
    return machine["processor"] + extra


def table(architecture: str, candidates: dict[str, dict], padded: bool) -> str:
    head = [architecture, "seconds", "of them until the workers train", "times as fast as listing"]
    head += ["times as fast as PyTorch", "peak memory", "accuracy (against listing)"]
    rows = [head] + [row(name, known) for name, known in candidates.items()]
    widths = [max(map(len, column)) if padded else 0 for column in zip(*rows, strict=True)]
    rows.insert(1, ["-" * max(width, 3) for width in widths])
    return "\n".join(
        "| " + " | ".join(cell.ljust(wide) for cell, wide in zip(cells, widths, strict=True)) + " |"
        for cells in rows
    )


def row(name: str, known: dict) -> list[str]:
    started = known["start_seconds"] if known["start_seconds"][0] else None
    faster, peak = known["times_as_fast_as"], known["peak_memory_gb"]
    return [
        described(name, known),
        spread(known["seconds"], 1),
        spread(started, 1),
        spread(faster.get(LISTING), 2),
        spread(faster.get(PYTORCH), 2),
        "not measured" if peak is None else f"{peak:.1f} GB",
        f"{known['accuracy']:.2f} %" + difference(name, known),
    ]


def difference(name: str, known: dict) -> str:
    return f" ({known['difference']:+.2f})" if name != LISTING and "difference" in known else ""


def described(name: str, known: dict) -> str:
    at_once, each = counted(known["workers"], "worker"), counted(known["threads"], "thread")
    return {
        LISTING: "the listing as published: Keras' `fit`, fold by fold",
        STEPS: f"the listing with steps_per_execution={STEPS_PER_EXECUTION}",
        QUICK: f"`evaluate_model`, in one process, {each}",
        MIXED: f"`evaluate_model`, {at_once}, {each} each, mixed_bfloat16",
        PYTORCH: "plain PyTorch loop, fold by fold",
    }.get(name, f"`evaluate_model`, {at_once}, {each} each")


def scaling(summaries: dict[str, dict], folds: int) -> str:
    """Says how much several workers with a thread each gain over one."""
    parts = []
    for architecture, candidates in summaries.items():
        for name, known in candidates.items():
            gained = known["times_as_fast_as"].get(f"{WORKERS}1")
            if gained and name.startswith(WORKERS) and known["threads"] == 1:
                most = folds / math.ceil(folds / known["workers"])
                parts.append(
                    f"{architecture} with {known['workers']} workers {spread(gained, 2)} times as "
                    f"fast as with one ({folds} folds allow {most:.2f})"
                )
    return f"Scaling, with one thread for each worker: {'; '.join(parts)}." if parts else ""


def verdicts(record: dict, summaries: dict[str, dict]) -> list[str]:
    return [
        "Folds and first weights were the same in every run.",
        agreement(summaries),
        memory(summaries),
        imports(summaries),
        *record["left_out"].values(),
    ]


def agreement(summaries: dict[str, dict]) -> str:
    compared = [known for known in every(summaries) if "difference" in known]
    if not compared:
        return ""
    largest = max(abs(known["difference"]) for known in compared)
    vary = max(known["accuracy_std"] for known in compared)
    apart = sum(not known["agrees"] for known in compared)
    which = f"All but {apart} of the" if apart else "All"
    return (
        f"{which} mean accuracies are within {AGREEMENT} points of the listing's (largest "
        f"difference {largest:.2f}; the folds of one run have a standard deviation "
        f"of up to {vary:.2f})."
    )


def memory(summaries: dict[str, dict]) -> str:
    peaks = [known["peak_memory_gb"] for known in every(summaries)]
    if None in peaks:
        return "Memory is not measured: that takes /proc/*/smaps_rollup, which Linux has."
    largest = max(peaks, default=0)
    verdict = "stayed below" if largest < MEMORY else "did NOT all stay below"
    return (
        f"The processes with all their workers {verdict} {MEMORY:.0f} GB (largest peak "
        f"{largest:.1f} GB, sampled every {SAMPLE_SECONDS:.0f} s)."
    )


def every(summaries: dict[str, dict]) -> list[dict]:
    return [known for candidates in summaries.values() for known in candidates.values()]


def imports(summaries: dict[str, dict]) -> str:
    seconds = collections.defaultdict(list)
    for candidates in summaries.values():
        for name, known in candidates.items():
            library = "PyTorch" if name == PYTORCH else "TensorFlow and Keras"
            seconds[library].append(known["import_seconds"][0])
    texts = [f"{library} {np.median(values):.1f} s" for library, values in seconds.items()]
    return f"Importing, before the clock starts: {', '.join(texts)}."
