"""What a measurement has to say of its machine, and the memory of a process with its workers."""

import collections
import contextlib
import importlib.metadata
import os
import platform
import subprocess
from pathlib import Path

from mnistlab.versions import versions

import joblib

SAMPLE_SECONDS = 1.0


def facts() -> dict[str, object]:
    return {
        "cores": joblib.cpu_count(),
        "processor": processor(),
        "bfloat16": bfloat16_instructions(),
        "system": platform.platform(terse=True),
        "versions": versions() | {name: installed(name) for name in ("joblib", "torch")},
        "load_before": load_average(),
    }


def cpu_lines() -> dict[str, str]:
    with contextlib.suppress(OSError):
        text = Path("/proc/cpuinfo").read_text("utf-8").split("\n\n")[0]
        pairs = (line.partition(":") for line in text.splitlines())
        return {name.strip(): value.strip() for name, _, value in pairs}
    return {}


def processor() -> str:
    return cpu_lines().get("model name") or platform.processor() or platform.machine()


def bfloat16_instructions() -> list[str]:
    return sorted({"avx512_bf16", "amx_bf16"} & set(cpu_lines().get("flags", "").split()))


def installed(package: str) -> str | None:
    with contextlib.suppress(importlib.metadata.PackageNotFoundError):
        return importlib.metadata.version(package)
    return None


def load_average() -> float | None:
    return round(os.getloadavg()[0], 2) if hasattr(os, "getloadavg") else None


def peak_memory(process: subprocess.Popen) -> float | None:
    """Waits for a process; returns the most memory that it and its descendants were seen with."""
    peak = 0
    while True:
        try:
            process.wait(SAMPLE_SECONDS)
            return round(peak / 1e9, 2) if peak else None
        except subprocess.TimeoutExpired:
            peak = max(peak, sum(proportional_memory(number) for number in family(process.pid)))


def family(ancestor: int) -> list[int]:
    children = collections.defaultdict(list)
    for path in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):
            # The name of the program is in parentheses, and may itself hold any character.
            parent = path.read_text("utf-8", "replace").rpartition(")")[2].split()[1]
            children[int(parent)].append(int(path.parent.name))
    found = [ancestor]
    for each in found:
        found.extend(children[each])
    return found


def proportional_memory(number: int) -> int:
    """Returns bytes; of what several processes share, each counts its part."""
    with contextlib.suppress(OSError):
        for line in Path(f"/proc/{number}/smaps_rollup").read_text("utf-8").splitlines():
            if line.startswith("Pss:"):
                return 1024 * int(line.split()[1])
    return 0
