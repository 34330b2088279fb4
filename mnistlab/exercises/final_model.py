"""The exercises of notebook 11: what an accuracy counts, how sure it is, and when not to answer."""

from numbers import Real

from mnistlab.exercises import judging
from mnistlab.exercises.exercise import Exercise, Mistake

import numpy as np


def _judge_errors(answer):
    judging.expect_number(
        answer,
        94,
        {
            "Those are the images that it reads right. How many are left of 10,000?": 9906,
            "That is the share of errors, in percent. How many of 10,000 images is it?": 0.94,
            "That is the share of errors. How many of 10,000 images is it?": 0.0094,
            "Ten times too many: 1 % of 10,000 images is 100 images.": 940,
        },
    )


errors = Exercise(
    _judge_errors,
    "What share of the images is not read right? That share of 10,000 is the answer.",
    94,
    "100 % - 99.06 % = 0.94 %, and 0.0094 x 10,000 = 94. One more error in 10,000 is one "
    "hundredth of a point.",
)


def _judge_precision_and_recall(answer):
    judging.expect_numbers(
        answer,
        (0.9, 0.75),
        {
            "The two are swapped. Precision looks at the images that were read as a 7, recall at "
            "those that are one.": (0.75, 0.9),
            "Those are percentages. The table gives shares, from 0 to 1.": (90, 75),
            "Those are the shares of errors. Precision and recall count what is right.": (
                0.1,
                0.25,
            ),
            "Not by all 1,000 images: precision divides by those that were read as a 7, recall "
            "by those that are one.": (0.045, 0.045),
        },
    )


precision_and_recall = Exercise(
    _judge_precision_and_recall,
    "Both count the same 45 images. Precision divides them by how many were read as a 7, recall "
    "by how many are one.",
    (0.9, 0.75),
    "Precision: 45 of the 50 images that were read as a 7 are one. Recall: 45 of the 60 that are "
    "a 7 were read as one; it misses 15.",
)


def _reach(count, share=0.99, z=1.96):
    """Half the width of Wilson's interval, in points."""
    spread = np.sqrt(share * (1 - share) / count + z**2 / (4 * count**2))
    return 100 * z / (1 + z**2 / count) * spread


def _judge_images_needed(answer):
    if isinstance(answer, Real) and 1 < answer < np.inf and abs(_reach(answer) - 0.05) > 0.0025:
        raise Mistake(
            f"With {answer:,.0f} images the interval reaches {_reach(answer):.3f} points up and "
            "down; 0.05 was asked. Four times the images make it half as wide."
        )
    judging.expect_number(answer, 150_000, tolerance=20_000)


images_needed = Exercise(
    _judge_images_needed,
    "wilson(9_900, 10_000) reaches about 0.196 points up and down. Give it more images, 99 % of "
    "them right, and see how the interval shrinks.",
    150_000,
    "The interval shrinks with the square root of the count. 0.196 points is 3.9 times 0.05, and "
    "3.9 x 3.9 is about 15: fifteen times 10,000 images.",
)


def _confusion_matrix(labels, predictions):
    matrix = np.zeros((10, 10), int)
    for label, prediction in zip(labels, predictions, strict=True):
        matrix[label, prediction] += 1
    return matrix


def _each_pair_once(labels, predictions):
    matrix = np.zeros((10, 10), int)
    matrix[labels, predictions] += 1
    return matrix


def _judge_confusion_matrix(answer):
    generator = np.random.default_rng(11)
    judging.expect_function(
        answer,
        _confusion_matrix,
        [
            (np.array([7]), np.array([1])),
            (np.array([2, 2, 2]), np.array([2, 3, 3])),
            tuple(generator.integers(0, 10, (2, 200))),
        ],
        {
            "Rows and columns are swapped: the row is the true digit, the column the answer.": (
                lambda labels, predictions: _confusion_matrix(predictions, labels)
            ),
            "It counts a pair once, however often it occurs: `matrix[labels, predictions] += 1` "
            "adds 1 to each place a single time. Use a loop, or `np.add.at`.": _each_pair_once,
            "It counts the right answers only; the errors stand beside the diagonal.": (
                lambda labels, predictions: np.diag(np.diag(_confusion_matrix(labels, predictions)))
            ),
            "Those are shares; count the images.": (
                lambda labels, predictions: _confusion_matrix(labels, predictions) / len(labels)
            ),
        },
    )


confusion_matrix = Exercise(
    _judge_confusion_matrix,
    "Begin with np.zeros((10, 10), int), go through labels and predictions side by side (zip), "
    "and add 1 at the place of each pair. Which of the two is the row?",
    _confusion_matrix,
    "Each image adds 1 in the row of its label and the column of its answer, so that all of them "
    "sum to the number of images, and the right ones lie on the diagonal.",
)


def _abstain(probabilities, labels, threshold):
    answered = probabilities.max(axis=1) >= threshold
    right = probabilities.argmax(axis=1) == labels
    return answered.mean(), right[answered].mean()


def _along_the_wrong_axis(probabilities, labels, threshold):
    answered = probabilities.max(axis=0) >= threshold
    right = probabilities.argmax(axis=0) == labels
    return answered.mean(), right[answered].mean()


def _one_place_for_all(probabilities, labels, threshold):
    answered = probabilities.max(axis=1) >= threshold
    right = probabilities.argmax() == labels
    return answered.mean(), right[answered].mean()


def _above_only(probabilities, labels, threshold):
    return _abstain(probabilities, labels, np.nextafter(threshold, 1))


def _right_of_all(probabilities, labels, threshold):
    answered, right = _abstain(probabilities, labels, threshold)
    return answered, right * answered


def _answers(generator, count):
    """Random probabilities of ten digits, and labels that they mostly get right."""
    scores = np.exp(generator.normal(0, 3, (count, 10)))
    probabilities = scores / scores.sum(axis=1, keepdims=True)
    labels = probabilities.argmax(axis=1)
    labels[::4] = generator.integers(0, 10, len(labels[::4]))
    # Exactly on the threshold, and wrong.
    probabilities[1], labels[1] = [0.5, 0.5, 0, 0, 0, 0, 0, 0, 0, 0], 7
    return probabilities, labels


def _judge_abstain(answer):
    generator = np.random.default_rng(11)
    mistakes = {
        "Axis 0 goes down the images. A row holds the ten probabilities of one image, so `max` "
        "and `argmax` both need axis=1.": _along_the_wrong_axis,
        "Without an axis, `argmax` looks for the largest of all the numbers. It needs axis=1, to "
        "give an answer for each image.": _one_place_for_all,
        "The second share is of the images that are answered; yours is of all.": _right_of_all,
        "An image whose highest probability is exactly the threshold is answered, too: at least "
        "is >=, not >.": _above_only,
        "The first number is the share that is left unread; the share that is answered was "
        "asked.": lambda *case: (1 - _abstain(*case)[0], _abstain(*case)[1]),
        "The two numbers are swapped: first the share of images that are answered.": (
            lambda *case: _abstain(*case)[::-1]
        ),
        "Those are percentages; shares were asked, from 0 to 1.": (
            lambda *case: np.multiply(_abstain(*case), 100)
        ),
    }
    # Ten images first: with as many images as digits, the wrong axis gives an answer.
    ten = [(*_answers(generator, 10), 0.5)]
    judging.expect_function(answer, _abstain, ten, mistakes)
    more = [(*_answers(generator, 60), 0.5), (*_answers(generator, 200), 0.9)]
    judging.expect_function(answer, _abstain, more)


abstain = Exercise(
    _judge_abstain,
    "probabilities.max(axis=1) is how sure the model is of each image. Compared with the "
    "threshold it says which images are answered, and an array of True and False can pick from "
    "another array.",
    _abstain,
    "A model that may stay silent is asked for two numbers: how often it answers, and how good "
    "those answers are. A higher threshold lowers the first, and as a rule raises the second.",
)
