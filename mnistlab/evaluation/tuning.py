"""Tuning: settings tried one at a time, and several of them searched together.

Both call one function of the reader's, the recipe: it takes a value for every
setting, and returns what `evaluate_model` needs for it. Every trial is a
cross-validation over the same folds; where the machine has the cores, the
folds run at once. The test set is no part of this: a setting that is chosen by
its score on some images has to be judged on others.

The search is Optuna's. It was preferred to KerasTuner because anything can be
its objective, such as this library's cross-validation, while KerasTuner is made
to build and fit the models itself, from hypermodels written for it; and because
a search is kept in a plain journal file, without a server.
"""

import contextlib
import datetime
import importlib.metadata
import inspect
import json
import os
import time
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence

from mnistlab import settings
from mnistlab.data.checks import check_pairs, check_whole
from mnistlab.data.mnist import loaded_sources
from mnistlab.errors import DataError, DesignError, TrainingError
from mnistlab.evaluation import engine, fingerprint
from mnistlab.evaluation.crossval import evaluate_model
from mnistlab.evaluation.fold import FreshModels, build_seeded, fold_seed
from mnistlab.evaluation.kept_trials import KeptTrials, frozen, need_optuna, quiet
from mnistlab.evaluation.live import TrialsProgress
from mnistlab.evaluation.trials import Trial, Tuning, load, recorded
from mnistlab.versions import versions

import numpy as np

__all__ = ["Trial", "Tuning", "load", "measure", "recorded", "search", "sweep"]

Recipe = Callable[..., Mapping[str, object]]

FIRST_AT_RANDOM = 10
"""Trials of a search before its sampler begins to learn from them; Optuna's own number."""


def sweep(
    recipe: Recipe,
    labels: np.ndarray,
    default: Mapping[str, object],
    name: str,
    values: Sequence[object],
    folds: int = 5,
    epochs: int = 10,
    seed: int = 1,
    known: Tuning | None = None,
    workers: int | None = None,
    resume: bool | None = None,
) -> Tuning:
    """Tries the values of one setting, while the others keep their defaults.

    An interrupt (the stop button) ends the sweep within seconds; the trials
    finished by then are in the outcome. Finished folds are kept as
    `evaluate_model` does it: the same call, made again, goes on.

    Args:
        recipe: takes every setting of `default` as an argument of that name,
            and returns a dictionary with `define_model`, `images` and, if it is
            not 32, `batch_size`, as `evaluate_model` takes them.
        labels: (n, 10) one-hot or (n,) whole numbers, those of the images.
        default: a value for every setting.
        name: the setting to vary.
        values: what to try. The default is tried, too, whether it is among
            them or not, so that the others can be compared with it.
        folds: of each cross-validation.
        epochs: of each training.
        seed: of folds, first weights, order and dropout: the same for all.
        known: trials of an earlier sweep under the same protocol; a setting
            that is among them is not run again.
        workers: folds at once; see `evaluate_model`.
        resume: whether finished folds are kept; see `evaluate_model`.

    Returns:
        The trials, in the order of the values. One whose training diverged has
        failed, and says so.

    Raises:
        DataError: images, labels or numbers are not fit for training, or
            `known` was measured by another protocol.
        DesignError: the recipe does not give what it should, or there is no
            setting of that name.
        KeyboardInterrupt: stopped before any trial was finished.

    Warns:
        UserWarning: the sweep was stopped.

    Example:
        >>> from mnistlab.models import zoo
        >>> images = np.random.default_rng(0).random((40, 28, 28, 1), dtype="float32")
        >>> def recipe(learning_rate):
        ...     return {"define_model": lambda: zoo.lenet5(learning_rate), "images": images}
        >>> default = {"learning_rate": 0.01}
        >>> tried = sweep(
        ...     recipe, np.arange(40) % 10, default, "learning_rate", [0.1], folds=2, epochs=1
        ... )
        >>> [trial.setting for trial in tried.trials]
        [{'learning_rate': 0.01}, {'learning_rate': 0.1}]
    """
    if name not in default:
        raise DesignError(
            f"There is no setting named {name!r}; the default has {', '.join(default)}."
        )
    wanted = [dict(default) | {name: value} for value in values]
    options = {"known": known, "workers": workers, "resume": resume}
    return measure(recipe, labels, default, wanted, folds, epochs, seed, name, **options)


def measure(
    recipe: Recipe,
    labels: np.ndarray,
    default: Mapping[str, object],
    wanted: Sequence[Mapping[str, object]],
    folds: int = 5,
    epochs: int = 10,
    seed: int = 1,
    name: str = "settings",
    known: Tuning | None = None,
    workers: int | None = None,
    resume: bool | None = None,
) -> Tuning:
    """Tries any settings, all under one protocol; `sweep` and `search` choose them.

    Args:
        recipe: as in `sweep`.
        labels: (n, 10) one-hot or (n,) whole numbers, those of the images.
        default: the setting that the others are compared with.
        wanted: the settings to try. The default is tried, too, whether it is
            among them or not.
        folds: of each cross-validation.
        epochs: of each training.
        seed: of folds, first weights, order and dropout: the same for all.
        name: what to call the whole.
        known: as in `sweep`.
        workers: folds at once; see `evaluate_model`.
        resume: whether finished folds are kept; see `evaluate_model`.

    Returns:
        The trials, in the order of the settings.

    Raises:
        DataError: as in `sweep`.
        DesignError: the recipe does not give what it should.
        KeyboardInterrupt: stopped before any trial was finished.

    Warns:
        UserWarning: it was stopped.
    """
    started = time.monotonic()
    bench = _Bench(recipe, labels, default, folds, epochs, seed, workers)
    bench.know(known)
    wanted = [_as_json(setting) for setting in wanted]
    if bench.default not in wanted:
        wanted.insert(0, bench.default)
    done: list[Trial] = []
    title = f"Trials of {name.replace('_', ' ')}"
    with TrialsProgress(len(wanted), title) as progress, _stoppable(done, len(wanted)):
        for setting in wanted:
            done.append(bench.run(setting, progress, resume))
            progress.finished(done[-1])
    return Tuning(name, bench.default, done, bench.protocol, bench.facts(started))


def search(
    recipe: Recipe,
    labels: np.ndarray,
    default: Mapping[str, object],
    space: Mapping[str, object],
    trials: int,
    folds: int = 5,
    epochs: int = 10,
    seed: int = 1,
    name: str = "search",
    known: Tuning | None = None,
    workers: int | None = None,
    resume: bool | None = None,
) -> Tuning:
    """Searches several settings together with Optuna, for the highest held-out accuracy.

    The first trial is the default. The next ones are drawn at random, and
    after ten trials Optuna's TPE sampler proposes: it looks at which values the
    better trials had in common. One trial runs after the other, its folds at
    once. So the seed decides the whole search, whatever the number of workers,
    for an equal number of threads for each fold.

    Each finished trial is kept in a journal file. The same call, made again,
    reads it, says so, and goes on; a larger number of trials goes on beyond the
    end. An interrupt ends the search within seconds, and the trials finished
    by then are in the outcome.

    Args:
        recipe: as in `sweep`.
        labels: (n, 10) one-hot or (n,) whole numbers, those of the images.
        default: a value for every setting; those that are not in `space` keep
            it.
        space: for each setting to be searched its Optuna distribution, such as
            `optuna.distributions.FloatDistribution(0.001, 0.1, log=True)`.
        trials: how many.
        folds: of each cross-validation.
        epochs: of each training.
        seed: of the search, and of every training in it.
        name: what to call it.
        known: as in `sweep`; it spares the search the default. It does not
            learn from the others.
        workers: folds at once; see `evaluate_model`.
        resume: whether finished trials are kept and those of an earlier, equal
            search are read; `None` for yes in a full run and no in quick mode.

    Returns:
        The trials, in their order. One whose training diverged has failed, and
        says so.

    Raises:
        DataError: images, labels or numbers are not fit for training, or the
            default is not in the space.
        DesignError: the recipe does not give what it should, or a setting of
            the space is not one of the default.
        MnistLabError: Optuna is not installed.
        KeyboardInterrupt: stopped before any trial was finished.

    Warns:
        UserWarning: the search was stopped, or a finished trial could not be
            kept or read.

    Source: J. Bergstra et al., "Algorithms for Hyper-Parameter Optimization"
    (2011), as Optuna's `TPESampler` has it.

    Example:
        >>> from mnistlab.models import zoo
        >>> from optuna.distributions import FloatDistribution
        >>> images = np.random.default_rng(0).random((40, 28, 28, 1), dtype="float32")
        >>> def recipe(learning_rate):
        ...     return {"define_model": lambda: zoo.lenet5(learning_rate), "images": images}
        >>> found = search(
        ...     recipe,
        ...     np.arange(40) % 10,
        ...     default={"learning_rate": 0.01},
        ...     space={"learning_rate": FloatDistribution(0.001, 0.1, log=True)},
        ...     trials=2,
        ...     folds=2,
        ...     epochs=1,
        ... )
        >>> len(found.trials), found.best in found.trials
        (2, True)
    """
    started = time.monotonic()
    need_optuna()
    bench = _Bench(recipe, labels, default, folds, epochs, seed, workers)
    bench.know(known)
    check_whole("trials", trials, 1)
    _check_space(space, bench.default)
    kept = _kept_trials(bench, space, resume)
    done = [] if kept is None else kept.read(lambda setting: bench.look(setting)[0])[:trials]
    if done:
        print(
            f"{len(done)} of {trials} trials were finished before and are read from "
            f"my_results/searches/{kept.path.name}; with resume=False they are run anew."
        )
    title = name.replace("_", " ").capitalize()
    with TrialsProgress(trials, title, done) as progress, _stoppable(done, trials):
        while len(done) < trials:
            setting = _as_json(bench.default | (_proposed(space, done, seed) if done else {}))
            identity, own_code = bench.look(setting) if kept else ("", [])
            if own_code:
                _say_not_kept(own_code)
                kept = None
            done.append(bench.run(setting, progress, resume=False))
            if kept:
                kept.keep(done[-1], len(done) - 1, identity)
            progress.finished(done[-1])
    facts = {"sampler": "TPE", "optuna": importlib.metadata.version("optuna")}
    return Tuning(name, bench.default, done, bench.protocol, bench.facts(started) | facts)


class _Bench:
    """Evaluates settings, all under one protocol."""

    def __init__(self, recipe, labels, default, folds, epochs, seed, workers):
        for name, value, smallest in (
            ("folds", folds, 2),
            ("epochs", epochs, 1),
            ("seed", seed, 0),
        ):
            check_whole(name, value, smallest)
        self._recipe, self._labels = recipe, labels
        self._numbers = {"folds": int(folds), "epochs": int(epochs), "seed": int(seed)}
        self._workers = workers
        self._known: list[Trial] = []
        self.default = _as_json(default)
        images = self.arguments(self.default)["images"]
        check_pairs(images, labels)
        self.protocol = self._numbers | {
            "rows": len(images),
            "data_digest": fingerprint.digest(np.asarray(images), np.asarray(labels)),
        }

    def know(self, known: Tuning | None) -> None:
        """Takes over what has been measured already."""
        if known is not None and known.protocol != self.protocol:
            raise DataError(
                "The known trials were measured by another protocol or on other images; leave "
                "`known` out, and the default is tried again."
            )
        self._known = [] if known is None else known.trials

    def arguments(self, setting: Mapping[str, object]) -> dict[str, object]:
        """Returns what the recipe gives for a setting."""
        try:
            inspect.signature(self._recipe).bind(**setting)
        except TypeError as error:
            raise DesignError(
                f"The recipe does not take the settings {', '.join(setting)} ({error}); give it an "
                "argument for each setting of the default."
            ) from None
        found = self._recipe(**setting)
        keys = {"define_model", "images"}
        if not isinstance(found, Mapping) or not keys <= set(found) <= keys | {"batch_size"}:
            raise DesignError(
                "The recipe has to return a dictionary with 'define_model', 'images' and, if it is "
                f"not 32, 'batch_size'; it returned {_named(found)}."
            )
        return dict(found)

    def run(
        self, setting: Mapping[str, object], progress: TrialsProgress, resume: bool | None
    ) -> Trial:
        """Evaluates a setting; a training that diverges gives a trial that failed."""
        for trial in self._known:
            if trial.setting == setting:
                return trial
        started = time.monotonic()
        arguments = self.arguments(setting)
        options = self._numbers | {"workers": self._workers, "resume": resume}
        folds = progress.folds(self._numbers["folds"], self._numbers["epochs"])
        try:
            result = evaluate_model(labels=self._labels, **arguments, **options, progress=folds)
        except TrainingError as error:
            return Trial(dict(setting), [], str(error), round(time.monotonic() - started, 1))
        if not result.complete:
            raise KeyboardInterrupt
        seconds = round(sum(result.facts["fold_seconds"]), 1)
        return Trial(dict(setting), [float(score) for score in result.scores], seconds=seconds)

    def look(self, setting: Mapping[str, object]) -> tuple[str, list[str]]:
        """Looks at what a setting leads to.

        Returns:
            A digest of network, first weights and images, and the names of the
            network's parts that are neither Keras' nor this library's. Where it
            has such parts, there is no digest that would tell all: it is "".
        """
        arguments = self.arguments(setting)
        build = FreshModels(arguments["define_model"])
        model = build_seeded(build, fold_seed(self._numbers["seed"], 0))
        own_code = fingerprint.own_code(model)
        if own_code:
            return "", own_code
        parts = [
            fingerprint.network(model),
            fingerprint.digest(np.asarray(arguments["images"])),
            arguments.get("batch_size", 32),
        ]
        return fingerprint.digest_of_text(parts), []

    def plan(self) -> engine.Plan:
        """Where and with how many threads the folds run."""
        folds, epochs, rows = (self.protocol[key] for key in ("folds", "epochs", "rows"))
        return engine.plan(folds, (folds - 1) * rows * epochs, self._workers)

    def facts(self, started: float) -> dict[str, object]:
        """What else is known when all is done."""
        plan = self.plan()
        return {
            "data": sorted(loaded_sources),
            "seconds": round(time.monotonic() - started, 1),
            "date": datetime.datetime.now(datetime.UTC).date().isoformat(),
            "cores": os.cpu_count(),
            "threads": plan.threads,
            "workers": plan.workers,
            "versions": versions(),
        }


def _as_json(setting: Mapping[str, object]) -> dict[str, object]:
    """Returns a setting as it is when it was written down and read again."""
    plain = {
        name: value.item() if isinstance(value, np.generic) else value
        for name, value in setting.items()
    }
    try:
        return json.loads(json.dumps(plain, allow_nan=False))
    except (TypeError, ValueError) as error:
        raise DesignError(
            f"A setting cannot be written down ({error}); give numbers and texts, and let the "
            "recipe turn them into what it needs."
        ) from None


def _named(found: object) -> str:
    if isinstance(found, Mapping):
        return f"one with {', '.join(map(repr, found))}" if found else "an empty one"
    return type(found).__name__


def _check_space(space: Mapping[str, object], default: Mapping[str, object]) -> None:
    distribution = need_optuna().distributions.BaseDistribution
    if not isinstance(space, Mapping) or not space:
        raise DesignError("space has to be a dictionary: a distribution for each setting.")
    for name, values in space.items():
        if name not in default:
            raise DesignError(
                f"There is no setting named {name!r}; the default has {', '.join(default)}."
            )
        if not isinstance(values, distribution):
            raise DesignError(
                f"The space of {name!r} is {values!r}; give a distribution of Optuna, such as "
                "optuna.distributions.CategoricalDistribution(['a', 'b'])."
            )
    try:
        with quiet():
            frozen(Trial(dict(default), [0.0]), space)
    except ValueError as error:
        raise DataError(
            f"The default is not in the space ({error}); it is the first trial, so widen the space."
        ) from None


def _kept_trials(
    bench: _Bench, space: Mapping[str, object], resume: bool | None
) -> KeptTrials | None:
    if resume is None:
        resume = not settings.current().quick
    if not resume:
        return None
    identity, own_code = bench.look(bench.default)
    if own_code:
        _say_not_kept(own_code)
        return None
    as_text = need_optuna().distributions.distribution_to_json
    search = {
        "space": {name: json.loads(as_text(space[name])) for name in space},
        "default": bench.default,
        "protocol": bench.protocol,
        "identity": identity,
        "threads": bench.plan().threads,
        "optuna": importlib.metadata.version("optuna"),
        **fingerprint.surroundings(),
    }
    return KeptTrials(search, space)


def _say_not_kept(own_code: Sequence[str]) -> None:
    print(
        f"Trials are not kept: the network uses code of its own ({', '.join(own_code)}), and "
        "whether that has changed cannot be told."
    )


def _proposed(space: Mapping[str, object], done: Sequence[Trial], seed: int) -> dict[str, object]:
    """Asks Optuna for the next setting.

    What it proposes depends on the finished trials, their number and the seed
    alone: a sampler's state is never carried on, because it is not kept either.
    """
    optuna = need_optuna()
    own_seed = int(np.random.SeedSequence([seed, len(done)]).generate_state(1)[0])
    with quiet():
        sampler = optuna.samplers.TPESampler(
            seed=own_seed, multivariate=True, n_startup_trials=FIRST_AT_RANDOM
        )
        study = optuna.create_study(direction="maximize", sampler=sampler)
        study.add_trials([frozen(trial, space) for trial in done])
        return study.ask(fixed_distributions=dict(space)).params


@contextlib.contextmanager
def _stoppable(done: Sequence[Trial], total: int) -> Iterator[None]:
    """Lets an interrupt end the block, if a trial is finished by then."""
    try:
        yield
    except KeyboardInterrupt:
        if not done:
            raise
        warnings.warn(
            f"Stopped in trial {min(len(done) + 1, total)} of {total}: the outcome holds the "
            f"{len(done)} finished before.",
            stacklevel=3,
        )
