"""The published test harness: evaluate one architecture and show what came out.

The names are those of J. Brownlee's tutorial "How to Develop a CNN for MNIST
Handwritten Digit Classification" (2019).
"""

from collections.abc import Mapping, Sequence

from mnistlab import plots, settings
from mnistlab.data.mnist import load_mnist
from mnistlab.data.preparation import add_channel, one_hot, unit_scale
from mnistlab.errors import DataError
from mnistlab.evaluation.crossval import evaluate_model
from mnistlab.evaluation.results import Result
from mnistlab.models import zoo

import numpy as np


def summarize_diagnostics(
    histories: Result | Sequence[Mapping[str, Sequence[float]]],
) -> plots.Figure:
    """Draws the learning curves of every fold: loss and accuracy, two panels.

    Args:
        histories: a result of `evaluate_model`, or its list of histories.

    Returns:
        The figure; blue is training, orange held out.
    """
    if isinstance(histories, Result):
        title = f"{histories.name}: {len(histories.scores)} folds"
        return plots.learning_curves(histories.histories, title)
    return plots.learning_curves([getattr(each, "history", each) for each in histories])


def summarize_performance(scores: Result | Sequence[float]) -> plots.Figure:
    """Prints mean and standard deviation of the folds, and draws them as a box plot.

    Args:
        scores: a result of `evaluate_model`, or the accuracy of each fold,
            from 0 to 1.

    Returns:
        The figure.

    Raises:
        DataError: there is no score, or one is not an accuracy from 0 to 1.
    """
    name = scores.name if isinstance(scores, Result) else "model"
    try:
        values = np.asarray(scores.scores if isinstance(scores, Result) else scores, "float64")
    except (TypeError, ValueError):
        values = np.empty(0)
    if values.ndim != 1 or not len(values) or not np.all((values >= 0) & (values <= 1)):
        raise DataError("scores must be one accuracy from 0 to 1 for each fold, at least one.")
    print(f"Accuracy: mean={values.mean():.3%} std={values.std():.3%} n={len(values)}")
    return plots.score_boxes({name: values}, "Accuracy of the folds")


def run_test_harness(name: str = "baseline", **changes) -> Result:
    """Loads the data, prepares it, evaluates one architecture, and shows the summaries.

    Every architecture is evaluated by one common protocol, so that the results
    can be compared: batches of 32, the epochs and folds of the settings (quick
    or full), the images divided by 255. Where an architecture was published
    with another training, its docstring in `zoo` tells.

    Args:
        name: an architecture of `zoo.names()`.
        **changes: arguments of `zoo.build`, such as `learning_rate=0.001`.

    Returns:
        The result of the cross-validation; its facts hold `changes`.

    Raises:
        DesignError: there is no such architecture or argument.
    """
    run = settings.current()
    zoo.build(name, **changes)
    (images, labels), _ = load_mnist()
    result = evaluate_model(
        lambda: zoo.build(name, **changes),
        add_channel(unit_scale(images[: run.rows])),
        one_hot(labels[: run.rows]),
        folds=run.folds,
        epochs=run.epochs,
        seed=run.seed,
        facts={"changes": changes},
    )
    _show(summarize_diagnostics(result))
    _show(summarize_performance(result))
    return result


def _show(figure: plots.Figure) -> None:
    from IPython.display import display

    display(figure)
