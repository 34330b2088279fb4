"""Finding MNIST: named, cached, downloaded, or, with none of these, the stand-in.

`load_mnist` looks in one place after the other and takes the first file that
really is MNIST. It judges a file by the arrays in it, not by its bytes: every
npz file with the right digits passes, whoever packed it, and no other does.
"""

import contextlib
import functools
import hashlib
import json
import os
import shutil
import time
from collections.abc import Callable, Mapping
from pathlib import Path

from mnistlab import settings
from mnistlab.data import cache, download
from mnistlab.data.idx import read_idx
from mnistlab.data.npz import REMEDY, ArraySpec, digest, read_npz, write_npz
from mnistlab.errors import DataError, StandInWarning
from mnistlab.files import write_atomically
from mnistlab.progress import Progress

import numpy as np

ARRAYS = {
    "x_train": ArraySpec("uint8", (60_000, 28, 28)),
    "y_train": ArraySpec("uint8", (60_000,), highest=9),
    "x_test": ArraySpec("uint8", (10_000, 28, 28)),
    "y_test": ArraySpec("uint8", (10_000,), highest=9),
}
"""What a file of digits holds."""

SHA256 = {
    "x_train": "741c988805d008ac6e4c904b69001ba184c24b2c540a4ef403f4c71b676cf757",
    "y_train": "1feba77c54802fa5339a11837ea4b2866434b83314ec45192930f1df69120c13",
    "x_test": "6d87418db22cc8025d05968bec9bd5c3932904b23485740db143a061a2c9d161",
    "y_test": "ddeff807876a9661a1110d45c266c86239a3a1b7d37da0c3716a7a683c852ff5",
}
"""MNIST's own digests: sha256 of each array's bytes in C order."""

ADDRESS = "https://storage.googleapis.com/tensorflow/tf-keras-datasets/mnist.npz"
FILE_SHA256 = "731c5ac602752760c8e48fbffcf8c3b850d9dc2a2aedcf2cc48468fc17b673d1"
"""Where a reader gets the file by hand, and the sha256 of its bytes."""

MARKER = "standin_sha256"
"""The array that only a stand-in file has: the digest of the others."""

PAUSE_SECONDS = 600
"""How long a failed download is remembered, so that not every notebook waits for it."""

_NAME = "mnist.npz"
_FAILURE = "download-failed.json"
_GET_MNIST = f"Put MNIST's own mnist.npz ({ADDRESS}, sha256 {FILE_SHA256}) there"

_SOURCES = {"mnist": "MNIST", "standin": "the stand-in"}

loaded_sources: set[str] = set()
"""The sources of all digits that this process has loaded; results record them."""

_announced = False


class Digits(tuple):
    """Training and test digits, as the pairs of `keras.datasets.mnist.load_data()`.

    It unpacks as `(x_train, y_train), (x_test, y_test)`, and knows where the
    arrays came from.

    Attributes:
        source: "mnist" or "standin".
        path: the file that they were read from; `None` if there is none.
        digest: 16 hexadecimal digits that stand for all four arrays; recorded
            with every result.
    """

    source: str
    path: Path | None
    digest: str

    def __new__(cls, pairs: tuple, source: str, path: Path | None, digest: str):
        digits = super().__new__(cls, pairs)
        digits.source = source
        digits.path = path
        digits.digest = digest
        return digits

    def __getnewargs__(self):
        return tuple(self), self.source, self.path, self.digest

    def __repr__(self) -> str:
        (x_train, _), (x_test, _) = self
        return f"<Digits {self.source} {self.digest}: {len(x_train):,} + {len(x_test):,}>"


def load_mnist(source: str | os.PathLike | None = None, refresh: bool = False) -> Digits:
    """Loads MNIST, from wherever it can be had.

    Looked for in this order: the file that `MNISTLAB_DATA` names;
    `data/mnist.npz`; the user's cache; Keras' cache; a download; last, the
    stand-in, which is announced with a `StandInWarning`.

    Args:
        source: "mnist" for MNIST and nothing else; "standin" for the stand-in;
            a path for that file and no other; `None` for the whole search.
        refresh: download again (or make the stand-in again) even if a good
            file is in the cache. That file stays when it fails.

    Returns:
        The digits: uint8 images (60000, 28, 28) and (10000, 28, 28), pixels 0
        to 255, and uint8 labels (60000,) and (10000,), 0 to 9. Also `.source`,
        `.path` and `.digest`.

    Raises:
        DataError: a file that was named is not MNIST, or `source="mnist"` and
            it cannot be had.

    Source: Y. LeCun, C. Cortes, C. Burges, "The MNIST database of handwritten
    digits" (1998).

    Example:
        >>> (x_train, y_train), (x_test, y_test) = load_mnist()  # doctest: +SKIP
        >>> x_train.shape, x_test.shape  # doctest: +SKIP
        ((60000, 28, 28), (10000, 28, 28))
    """
    digits = _find(source, refresh)
    loaded_sources.add(digits.source)
    return digits


def _find(source: str | os.PathLike | None, refresh: bool) -> Digits:
    if source == "standin":
        return _load_standin(refresh)
    if source is None or source == "mnist":
        return _search(standin_allowed=source is None, refresh=refresh)
    if refresh:
        cache.notice("refresh=True is without effect: a file is read where it is.")
    return _load_named(source)


def _load_named(source: str | os.PathLike) -> Digits:
    try:
        path = Path(source).expanduser()
    except (TypeError, RuntimeError) as cause:
        raise DataError(
            f"source is {source!r}; give 'mnist', 'standin' or the path of an npz file."
        ) from cause
    return _read(path, "Give the path of MNIST's own mnist.npz, or leave source out.")


def _read(path: Path, remedy: str = REMEDY, kind: str | None = None) -> Digits:
    """Reads a file of digits and judges it; every file that is used goes through here.

    `kind`, "mnist" or "standin", refuses the other.
    """
    marker = {MARKER: ArraySpec("uint8", (32,))}
    arrays = read_npz(path, ARRAYS | marker, optional=marker, remedy=remedy)
    mark = arrays.pop(MARKER, None)
    digests = {name: digest(array) for name, array in arrays.items()}
    found = "mnist" if mark is None else "standin"
    if mark is None:
        _check_mnist(path, digests, remedy)
    elif mark.tobytes().hex() != _joint_digest(digests):
        raise DataError(f"{path} says that it is the stand-in, and its arrays differ. {remedy}")
    if kind not in (None, found):
        raise DataError(f"{path} is {_SOURCES[found]}, not {_SOURCES[kind]}. {remedy}")
    return _digits(arrays, digests, found, path)


def _check_mnist(path: Path, digests: Mapping[str, str], remedy: str) -> None:
    wrong = [name for name in ARRAYS if digests[name] != SHA256[name]]
    if wrong:
        differ = "differs" if len(wrong) == 1 else "differ"
        raise DataError(
            f"{path} is not MNIST: {', '.join(wrong)} {differ} (sha256 mismatch). {remedy}"
        )


def _digits(
    arrays: Mapping[str, np.ndarray], digests: Mapping[str, str], source: str, path: Path | None
) -> Digits:
    train = arrays["x_train"], arrays["y_train"]
    test = arrays["x_test"], arrays["y_test"]
    return Digits((train, test), source, path, _joint_digest(digests)[:16])


def _joint_digest(digests: Mapping[str, str]) -> str:
    return hashlib.sha256("".join(digests[name] for name in ARRAYS).encode()).hexdigest()


class _NotHad(Exception):  # noqa: N818 - it never leaves this module
    """MNIST could not be downloaded; the text is the cause."""


def _search(standin_allowed: bool, refresh: bool) -> Digits:
    tried: list[str] = []
    digits = _from_settings(tried, kind=None if standin_allowed else "mnist")
    if digits is not None:
        if refresh:
            cache.notice(f"refresh=True is without effect: {digits.path} is named, and is used.")
        if digits.source == "standin":
            _announce(f"{digits.path}, which is named, holds it")
        return digits
    if not refresh and (digits := _from_caches(tried)) is not None:
        return digits
    try:
        return _from_mirrors(insist=refresh or not standin_allowed, refresh=refresh)
    except _NotHad as cause:
        failure = str(cause)
    if refresh and (digits := _from_caches(tried)) is not None:
        cache.notice(f"MNIST could not be refreshed: {failure}. {digits.path} is kept and used.")
        return digits
    if standin_allowed:
        _announce(f"{ADDRESS} could not be had ({failure})")
        return _load_standin()
    raise DataError(
        f"MNIST cannot be had. Tried: {'; '.join([*tried, f'download ({failure})'])}. "
        f"{_GET_MNIST}: {cache.user_folder() / _NAME}, or set MNISTLAB_DATA to its path."
    )


def _from_settings(tried: list[str], kind: str | None) -> Digits | None:
    """A file that the user put in place on purpose: one that is bad is an error."""
    named = settings.current().data
    if named is not None:
        remedy = f"MNISTLAB_DATA names it. {_GET_MNIST}, or unset MNISTLAB_DATA."
        return _read(named, remedy, kind)
    tried.append("MNISTLAB_DATA (not set)")
    if settings.IN_CHECKOUT:
        placed = settings.PROJECT / "data" / _NAME
        if cache.exists(placed):
            return _read(placed, f"{_GET_MNIST}, or remove it.", kind)
        tried.append("data/mnist.npz (not there)")
    return None


def _from_caches(tried: list[str]) -> Digits | None:
    """A file that a download left: one that is bad is passed over, with a notice."""
    fates = {
        folder / _NAME: "It is not used; a good one is downloaded if that is possible."
        for folder in cache.folders()
    }
    if keras_file := _keras_file():
        fates[keras_file] = "It is not used, and left as it is: it belongs to Keras."
    for path, fate in fates.items():
        if not cache.exists(path):
            tried.append(f"{path} (not there)")
            continue
        try:
            return _read(path, fate, "mnist")
        except DataError as cause:
            tried.append(f"{path} (bad)")
            cache.notice(str(cause))
    return None


def _keras_file() -> Path | None:
    try:
        home = os.environ.get("KERAS_HOME") or Path("~").expanduser() / ".keras"
    except RuntimeError:
        # A user without a home folder has no such cache.
        return None
    return Path(home) / "datasets" / _NAME


def _from_mirrors(insist: bool, refresh: bool) -> Digits:
    if settings.current().offline:
        raise _NotHad("MNISTLAB_OFFLINE is set")
    # Who insists takes only what another process finds out from now on.
    since = time.time() - (0 if insist else PAUSE_SECONDS)
    for folder in cache.folders():
        _raise_failure(folder, since)
    try:
        return cache.in_cache(lambda folder: _download_into(folder, since, refresh))
    except cache.CacheError as cause:
        raise _NotHad(str(cause)) from cause


def _download_into(folder: Path, since: float, refresh: bool) -> Digits:
    target = folder / _NAME
    with cache.lock(folder, "mnist.lock"):
        # What another process did while this one waited is as good as done here.
        digits = _if_good(target, since if refresh else 0)
        if digits is not None:
            return digits
        _raise_failure(folder, since)
        with cache.scratch(folder) as unfinished:
            try:
                _store(target, _fetch_verified(unfinished))
            except _NotHad as cause:
                _remember_failure(folder, str(cause))
                raise
        (folder / _FAILURE).unlink(missing_ok=True)
        return _read(target)


def _if_good(path: Path, since: float) -> Digits | None:
    try:
        if path.stat().st_mtime >= since:
            return _read(path, kind="mnist")
    except (OSError, DataError):
        # Missing or bad: it is being replaced, and a bad one was spoken of before.
        return None
    return None


def _fetch_verified(folder: Path) -> Callable[[Path], None]:
    """Tries the mirrors in turn; returns what writes the verified digits to a path."""
    failures: dict[str, list[str]] = {}
    unreachable = set()
    for mirror in download.MIRRORS:
        if mirror.host in unreachable:
            continue
        try:
            return _writer(download.fetch(mirror, folder))
        except download.DownloadError as cause:
            failure = str(cause)
            if cause.unreachable:
                unreachable.add(mirror.host)
        except DataError as cause:
            failure = f"what came is not MNIST: {str(cause).replace(f'{folder}{os.sep}', '')}"
        failures.setdefault(failure.strip().rstrip("."), []).append(mirror.host)
    raise _NotHad("; ".join(f"{', '.join(hosts)}: {text}" for text, hosts in failures.items()))


def _writer(paths: list[Path]) -> Callable[[Path], None]:
    if len(paths) == 1:
        _read(paths[0], "", "mnist")
        return lambda path: shutil.copyfile(paths[0], path)
    arrays = dict(zip(ARRAYS, map(read_idx, paths), strict=True))
    wrong = [name for name in ARRAYS if digest(arrays[name]) != SHA256[name]]
    if wrong:
        raise DataError(f"{', '.join(wrong)} (sha256 mismatch)")
    return lambda path: write_npz(path, arrays)


def _store(target: Path, write: Callable[[Path], None]) -> None:
    def check(path: Path) -> None:
        _read(path)

    write_atomically(target, write, check, cache.CacheError)


def _remember_failure(folder: Path, failure: str) -> None:
    content = json.dumps({"time": time.time(), "reason": failure})
    # Without the note the next load tries the network again: slower, not wrong.
    with contextlib.suppress(cache.CacheError):
        write_atomically(
            folder / _FAILURE,
            lambda path: path.write_text(content, "utf-8"),
            None,
            cache.CacheError,
        )


def _raise_failure(folder: Path, since: float) -> None:
    """Repeats the failure of a download that was tried since then."""
    try:
        failure = json.loads((folder / _FAILURE).read_text("utf-8"))
        then, reason = float(failure["time"]), str(failure["reason"])
    except (OSError, ValueError, TypeError, KeyError):
        return
    now = time.time()
    if since <= then <= now:
        minutes = max(1, round((PAUSE_SECONDS - (now - then)) / 60))
        raise _NotHad(
            f"{reason}; tried at {time.strftime('%H:%M', time.localtime(then))}, and not again "
            f"for {minutes} min unless with load_mnist(refresh=True)"
        )


def _announce(cause: str) -> None:
    """Says, once a process, that results are not results on MNIST."""
    global _announced
    if _announced:
        return
    _announced = True
    cache.notice(
        f"MNIST stand-in in use: {cause}. To work on MNIST itself, put the file from {ADDRESS} "
        f"(sha256 {FILE_SHA256}) at {cache.user_folder() / _NAME}, or set MNISTLAB_DATA to "
        "where it is; what is measured on the stand-in is no result on MNIST.",
        StandInWarning,
    )


def _load_standin(refresh: bool = False) -> Digits:
    from mnistlab.data.standin import VERSION

    name = f"standin-{VERSION}.npz"
    if not refresh:
        for folder in cache.folders():
            digits = _cached_standin(folder / name)
            if digits is not None:
                return digits
    make = functools.cache(_make_standin)
    started = time.time() if refresh else 0
    try:
        return cache.in_cache(lambda folder: _standin_into(folder / name, started, make))
    except cache.CacheError as cause:
        cache.notice(f"The stand-in is not kept, and will be made again: {cause}")
        arrays = make()
        return _digits(arrays, {key: digest(arrays[key]) for key in ARRAYS}, "standin", None)


def _cached_standin(path: Path) -> Digits | None:
    if not cache.exists(path):
        return None
    try:
        return _read(path, "The stand-in is made anew.", "standin")
    except DataError as cause:
        cache.notice(str(cause))
        return None


def _standin_into(path: Path, started: float, make: Callable[[], dict]) -> Digits:
    with cache.lock(path.parent, "standin.lock"):
        if path.exists() and path.stat().st_mtime >= started:
            digits = _cached_standin(path)
            if digits is not None:
                return digits
        arrays = make()
        digests = {name: digest(arrays[name]) for name in ARRAYS}
        mark = np.frombuffer(bytes.fromhex(_joint_digest(digests)), "uint8")
        _store(path, lambda temporary: write_npz(temporary, {**arrays, MARKER: mark}))
        return _digits(arrays, digests, "standin", path)


def _make_standin() -> dict[str, np.ndarray]:
    from mnistlab.data.standin import make_standin

    with Progress(1.0, "Making the MNIST stand-in") as bar:
        return make_standin(progress=bar.update)
