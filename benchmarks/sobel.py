"""Sobel's two kernels on a photograph: explicit loops, the vectorized form, and SciPy, in turns.

python benchmarks/sobel.py
python benchmarks/sobel.py --rounds 20 --without-loops
"""

import argparse
import time
from collections.abc import Callable

from mnistlab.explain.convolution import cross_correlate, cross_correlate_loops
from mnistlab.explain.sobel import SOBEL_X, SOBEL_Y, luminance

import numpy as np
from scipy import signal
from sklearn.datasets import load_sample_image

REFERENCE = "scipy.signal.correlate2d"
CANDIDATES: dict[str, Callable[[np.ndarray, np.ndarray], np.ndarray]] = {
    "cross_correlate_loops": cross_correlate_loops,
    "cross_correlate": cross_correlate,
    REFERENCE: lambda image, kernel: signal.correlate2d(image, kernel, mode="valid"),
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=5, help="how often each is timed (5)")
    parser.add_argument("--without-loops", action="store_true", help="leave the slow one out")
    arguments = parser.parse_args()
    names = list(CANDIDATES)[1 if arguments.without_loops else 0 :]
    photo = luminance(load_sample_image("china.jpg"))
    check_equal(photo[:40, :40])
    times = {name: [] for name in names}
    for _ in range(max(arguments.rounds, 1)):
        for name in names:
            times[name].append(milliseconds(CANDIDATES[name], photo))
    height, width = photo.shape
    print(f"Both Sobel kernels, {width}x{height}, {len(times[REFERENCE])} rounds: median (range)")
    for name in names:
        ratios = np.divide(times[name], times[REFERENCE])
        print(f"{name:<26}{spread(times[name]):>34} ms{spread(ratios):>30} x {REFERENCE}")


def check_equal(image: np.ndarray) -> None:
    """Stops unless all candidates give the same numbers."""
    for kernel in (SOBEL_X, SOBEL_Y):
        expected = CANDIDATES[REFERENCE](image, kernel)
        for function in CANDIDATES.values():
            np.testing.assert_allclose(function(image, kernel), expected, rtol=0, atol=1e-9)


def milliseconds(function: Callable, image: np.ndarray) -> float:
    start = time.perf_counter()
    function(image, SOBEL_X)
    function(image, SOBEL_Y)
    return 1000 * (time.perf_counter() - start)


def spread(values: list[float] | np.ndarray) -> str:
    return f"{np.median(values):,.2f} ({np.min(values):,.2f} to {np.max(values):,.2f})"


if __name__ == "__main__":
    main()
