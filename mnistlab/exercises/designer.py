"""The exercises of notebook 13: counting, how deep is too deep, and a small network that wins."""

import inspect
from dataclasses import dataclass

from mnistlab.exercises import judging
from mnistlab.exercises.exercise import Exercise, Mistake, NotAttempted
from mnistlab.widgets.designer.document import Design

MOST_PARAMETERS = 100_000
LARGE_HELD_OUT, SMALL_HELD_OUT = 0.9910, 0.9938
"""What the article's network and the small one of the solution reached on 5,000 held-out images."""


def _judge_two_rows(answer):
    judging.expect_numbers(
        answer,
        (13_872, 884_864),
        {
            "Each filter has a bias, and each unit: one more number each.": (13_824, 884_736),
            "The bias of each filter is missing: 48 numbers more.": (13_824, 884_864),
            "The bias of each unit is missing: 128 numbers more.": (13_872, 884_736),
            "A filter reaches through all 32 maps that it is given: 3 x 3 x 32 weights, and a "
            "bias.": (480, 884_864),
            "The dense layer is still given 64 maps there; with 48 filters there are 48.": (
                13_872,
                1_179_776,
            ),
            "Those are the rows as they were, with 64 filters.": (18_496, 1_179_776),
            "The two are swapped: conv2 first.": (884_864, 13_872),
        },
    )


two_rows = Exercise(
    _judge_two_rows,
    "A filter has 3 x 3 weights for each of the 32 maps that it looks at, and a bias; there are "
    "48 of them. The dense layer is given 12 x 12 numbers of each map, and has 128 units. The "
    "designer counts it, too: change the number, and read the rows.",
    (13_872, 884_864),
    "(3 x 3 x 32 + 1) x 48 = 13,872, and (12 x 12 x 48 + 1) x 128 = 884,864. A quarter fewer "
    "filters, and a quarter fewer parameters in both rows.",
)


def _judge_how_deep(answer):
    judging.expect_numbers(
        answer,
        (3, 4),
        {
            "The two are swapped: valid first.": (4, 3),
            "With padding 'same' the convolutions shrink nothing; the poolings still do. Halve "
            "28 until a 2x2 window no longer fits.": (3, 3),
            "A map of 1x1 has no room for another 2x2 window.": (3, 5),
            "After three pairs the map is 1x1, and a kernel of 3x3 does not fit once.": (4, 4),
        },
    )


how_deep = Exercise(
    _judge_how_deep,
    "Write the sides down: a convolution takes 2 off, a pooling halves and drops what is left "
    "over. 28, 26, 13, ... Or add the rows in the designer until one of them turns red.",
    (3, 4),
    "Valid: 28, 26, 13, 11, 5, 3, 1, and the next kernel does not fit. Same: 28, 14, 7, 3, 1, "
    "and the next pooling does not fit.",
)


def _judge_small(answer):
    design = _as_design(answer)
    problems = [problem for problem in design.check() if problem.severe]
    if problems:
        raise Mistake(f"The rules refuse it. {problems[0].message}")
    kinds = [layer.kind for layer in design.layers]
    if "Conv2D" not in kinds:
        raise Mistake("There is no convolution in it. This is a course on convolutional networks.")
    if design.parameters >= MOST_PARAMETERS:
        largest = max(design.rows, key=lambda row: row.parameters)
        raise Mistake(
            f"It has {design.parameters:,} parameters; fewer than {MOST_PARAMETERS:,} were asked. "
            f"Most of them, {largest.share:.0%}, are in row {largest.number} "
            f"({largest.layer.kind})."
        )
    return f"{design.parameters:,} parameters, where the article's network has 1,199,882."


def _as_design(answer):
    if inspect.isfunction(answer):
        answer = judging.call(answer)
        if answer is None or answer is ...:
            raise NotAttempted("Your function gives nothing back yet; end it with a return.")
    if not hasattr(answer, "check") or not hasattr(answer, "layers"):
        raise Mistake(
            f"A design was asked; this is {type(answer).__name__}. Give designer.design, or one "
            "that you have made with Design()."
        )
    return answer


def _small():
    design = Design("small")
    for filters in (32, 64):
        design.add("Conv2D", filters=filters, activation="linear", use_bias=False)
        design.add("BatchNormalization")
        design.add("Activation")
        design.add("Conv2D", filters=filters, activation="linear", use_bias=False)
        design.add("BatchNormalization")
        design.add("Activation")
        design.add("MaxPooling2D")
        design.add("Dropout", rate=0.25)
    design.add("Flatten")
    design.add("Output")
    design.train_with(optimizer="Adam", learning_rate=0.001, batch_size=64, epochs=12)
    return design


small = Exercise(
    _judge_small,
    "98 of 100 parameters sit in one row. What is that row given, and what could make it less? "
    "Another pooling; fewer units; or no such row at all.",
    _small,
    "No dense layer but the output: what was spent there buys two more convolutions, and there "
    "is still much left.",
)


def _judge_beat_it(answer):
    runs = _as_runs(answer)
    large = [run for run in runs if run.parameters >= MOST_PARAMETERS and _held_out(run)]
    if not large:
        raise Mistake(
            "There is no run of the article's network to compare with. Train it first, with some "
            "images held out."
        )
    goal = max(_held_out(run) for run in large)
    candidates = [run for run in runs if run.parameters < MOST_PARAMETERS]
    if not candidates:
        smallest = min(run.parameters for run in runs)
        raise Mistake(
            f"No run has fewer than {MOST_PARAMETERS:,} parameters; the smallest has "
            f"{smallest:,}. Design a smaller one, verify it, and train it."
        )
    best = max(_held_out(run) for run in candidates)
    if not best:
        raise Mistake(
            "The small network was trained without images held out, and nothing tells how good it "
            "is. Hold out the same share as before."
        )
    if best <= goal:
        raise Mistake(
            f"The best small network reads {best:.2%} of the held-out images, against {goal:.2%} "
            "of the large one. More convolutions, batch normalization, dropout or more epochs: try "
            "one of them at a time."
        )
    winner = next(run for run in candidates if _held_out(run) == best)
    return (
        f"{best:.2%} of the held-out images with {winner.parameters:,} parameters, against "
        f"{goal:.2%}."
    )


@dataclass(frozen=True)
class Trained:
    """What the judge looks at of a run: enough to show one that was measured."""

    parameters: int
    history: dict[str, list[float]]


@dataclass(frozen=True)
class Measured:
    """Two runs that were measured, as a project remembers them."""

    runs: tuple[Trained, ...]
    how: str

    def __repr__(self) -> str:
        return self.how


def _held_out(run):
    return max(run.history.get("val_accuracy") or [0.0])


def _as_runs(answer):
    runs = getattr(answer, "runs", None)
    if runs is None:
        raise Mistake(
            f"A project was asked; this is {type(answer).__name__}. Give designer.project, after "
            "the small network was trained in it."
        )
    if not runs:
        raise Mistake("Nothing was trained in this project yet.")
    return list(runs)


beat_it = Exercise(
    _judge_beat_it,
    "Begin with your small design. What the article's network has not: batch normalization "
    "(notebook 04) and more convolutions before the first pooling (notebook 05). Adam with a "
    "learning rate of 0.001 is a good place to start from.",
    Measured(
        (
            Trained(1_199_882, {"val_accuracy": [LARGE_HELD_OUT]}),
            Trained(75_818, {"val_accuracy": [SMALL_HELD_OUT]}),
        ),
        "The design that small.solution() shows, 75,818 parameters, trained for 12 epochs with "
        f"5,000 images held out: {SMALL_HELD_OUT:.2%}, against {LARGE_HELD_OUT:.2%}.",
    ),
    "Four convolutions with batch normalization, and no dense layer but the output. Whether the "
    "difference is more than luck is another question: 5,000 images decide it, and notebook 03 "
    "has shown how much such a number varies.",
)
