"""Quick or full, seed, threads, device, folders: every switch of the project.

All of them are environment variables, and this is the only module that reads
them. `current()` gives them as one object:

| variable             | meaning                                                     |
|----------------------|-------------------------------------------------------------|
| `MNISTLAB_QUICK`     | `1`: fewer folds, epochs and rows (set for every test)      |
| `MNISTLAB_DATA`      | path of the `mnist.npz` to use                              |
| `MNISTLAB_OFFLINE`   | `1`: never download                                         |
| `MNISTLAB_CACHE`     | folder for downloaded and generated files                   |
| `MNISTLAB_OUTPUT`    | folder for the reader's own results and models (notebooks/; |
|                      | the current folder where there is no checkout)              |
| `MNISTLAB_SEED`      | seed of everything random (1)                               |
| `MNISTLAB_THREADS`   | threads for TensorFlow (all cores)                          |
| `MNISTLAB_DEVICE`    | `cpu` to leave a graphics card alone, else `auto`           |
| `MNISTLAB_RECORD`    | `1`: results and models go to `data/`, as the recorded ones |
"""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from mnistlab.errors import MnistLabError

PROJECT = Path(__file__).resolve().parent.parent
"""The checkout: the folder that holds notebooks/, mnistlab/ and data/."""

IN_CHECKOUT = (PROJECT / "pyproject.toml").is_file()
"""Whether there is one: a package installed from a wheel is on its own."""

LARGEST_SEED = 2**32 - 1
"""What NumPy, scikit-learn and Keras all take as a seed."""

T = TypeVar("T")


@dataclass(frozen=True)
class Settings:
    """What one run uses; see the table at the top of the module."""

    quick: bool = False
    data: Path | None = None
    offline: bool = False
    cache: Path | None = None
    output: Path = PROJECT / "notebooks" if IN_CHECKOUT else Path()
    seed: int = 1
    threads: int | None = None
    device: str = "auto"
    record: bool = False

    @property
    def folds(self) -> int:
        """Folds of a cross-validation: 5 as published, 2 in quick mode."""
        return self.choose(full=5, quick=2)

    @property
    def epochs(self) -> int:
        """Passes over the training rows: 10 as published, 2 in quick mode."""
        return self.choose(full=10, quick=2)

    @property
    def rows(self) -> int:
        """Training images to use: all 60,000, or the first 3,000 in quick mode."""
        return self.choose(full=60_000, quick=3_000)

    @property
    def results_folder(self) -> Path:
        """Where a notebook saves its results: the reader's own folder, or the record."""
        return PROJECT / "data/results" if self.record else self.output / "my_results"

    @property
    def models_folder(self) -> Path:
        """Where a notebook saves its models: the reader's own folder, or the record."""
        return PROJECT / "data/models" if self.record else self.output / "my_models"

    def choose(self, full: T, quick: T) -> T:
        """Returns `full` in a full run and `quick` in quick mode.

        A notebook's thresholds come from here, so that its verdicts read the
        same in both.

        Example:
            >>> Settings(quick=True).choose(full=0.98, quick=0.5)
            0.5
        """
        return quick if self.quick else full


def current(environ: Mapping[str, str] | None = None) -> Settings:
    """Reads the settings from the environment.

    Args:
        environ: the variables; those of this process when `None`.

    Returns:
        The settings, with their defaults where a variable is missing or empty.

    Raises:
        MnistLabError: a variable has a value that it cannot have.

    Example:
        >>> current({"MNISTLAB_QUICK": "1"}).folds
        2
        >>> current({}).folds
        5
    """
    values = os.environ if environ is None else environ
    record = _flag(values, "MNISTLAB_RECORD")
    if record and not IN_CHECKOUT:
        raise MnistLabError(
            "MNISTLAB_RECORD is set, and there is no checkout of the project to record in; unset "
            "it, or run from a checkout."
        )
    device = values.get("MNISTLAB_DEVICE", "").strip().lower() or "auto"
    if device not in ("auto", "cpu"):
        raise MnistLabError(f"MNISTLAB_DEVICE is {device!r}; set it to 'cpu' or 'auto'.")
    return Settings(
        quick=_flag(values, "MNISTLAB_QUICK"),
        data=_path(values, "MNISTLAB_DATA"),
        offline=_flag(values, "MNISTLAB_OFFLINE"),
        cache=_path(values, "MNISTLAB_CACHE"),
        output=_path(values, "MNISTLAB_OUTPUT") or Settings.output,
        seed=_whole_number(
            values, "MNISTLAB_SEED", smallest=0, largest=LARGEST_SEED, default=Settings.seed
        ),
        threads=_whole_number(values, "MNISTLAB_THREADS", smallest=1, default=None),
        device=device,
        record=record,
    )


def _flag(values: Mapping[str, str], name: str) -> bool:
    text = values.get(name, "").strip().lower()
    if text in ("", "0", "false", "no", "off"):
        return False
    if text in ("1", "true", "yes", "on"):
        return True
    raise MnistLabError(f"{name} is {values[name]!r}; set it to 1 or 0.")


def _path(values: Mapping[str, str], name: str) -> Path | None:
    text = values.get(name, "").strip()
    try:
        return Path(text).expanduser() if text else None
    except RuntimeError as cause:
        raise MnistLabError(
            f"{name} is {text!r}, and whose home folder that is cannot be told; set it to a whole "
            "path."
        ) from cause


def _whole_number(
    values: Mapping[str, str],
    name: str,
    smallest: int,
    default: int | None,
    largest: int | None = None,
) -> int | None:
    text = values.get(name, "").strip()
    if not text:
        return default
    try:
        number = int(text)
    except ValueError:
        number = None
    if number is None or number < smallest or (largest is not None and number > largest):
        end = "on" if largest is None else f"to {largest}"
        raise MnistLabError(f"{name} is {text!r}; set it to a whole number from {smallest} {end}.")
    return number
