"""Right and wrong answers to the exercises of notebook 13."""

from types import SimpleNamespace

from mnistlab.widgets.designer import Design

import numpy as np

LARGE, SMALL = 1_199_882, 75_818


def _designed(*kinds, **output):
    design = Design("mine")
    for kind in kinds:
        design.add(kind)
    design.add("Output", **output)
    return design


def _pooled_to_one_number_a_map():
    return _designed("Conv2D", "MaxPooling2D", "Conv2D", "GlobalAveragePooling2D")


def _smaller_template():
    design = Design.from_template("lenet5")
    design.train_with(epochs=1)
    return design


def _project(*runs):
    return SimpleNamespace(
        runs=[
            SimpleNamespace(parameters=parameters, history=history) for parameters, history in runs
        ]
    )


def _reached(*accuracies):
    return {"val_accuracy": list(accuracies)}


RIGHT = {
    "two_rows": [
        (13_872, 884_864),
        np.array([(9 * 32 + 1) * 48, (144 * 48 + 1) * 128]),
    ],
    "how_deep": [(3, 4), [3.0, 4.0]],
    "small": [
        _pooled_to_one_number_a_map(),
        _smaller_template(),
        Design.from_template("three_conv"),
        _pooled_to_one_number_a_map,
    ],
    "beat_it": [
        _project((LARGE, _reached(0.985, 0.991, 0.99)), (SMALL, _reached(0.99, 0.993))),
        _project(
            (SMALL, _reached(0.98)), (LARGE, _reached(0.991)), (SMALL, _reached(0.99, 0.9912))
        ),
    ],
}

WRONG = {
    "two_rows": [
        ((13_824, 884_864), "bias of each filter"),
        ((13_872, 884_736), "bias of each unit"),
        ((13_824, 884_736), "one more number each"),
        ((480, 884_864), "all 32 maps"),
        ((13_872, 1_179_776), "still given 64 maps"),
        ((18_496, 1_179_776), "as they were"),
        ((884_864, 13_872), "swapped"),
        ((13_872, 1), "Number 2 of 2"),
    ],
    "how_deep": [
        ((4, 3), "swapped"),
        ((3, 3), "shrink nothing"),
        ((3, 5), "no room"),
        ((4, 4), "does not fit once"),
        ((2, 4), "Number 1 of 2"),
    ],
    "small": [
        (Design.from_template("keras_convnet"), "98%, are in row 6 (Dense)"),
        (_designed("Conv2D", "Flatten", "Dense"), "fewer than 100,000 were asked"),
        (_designed("Flatten"), "no convolution in it"),
        (_designed("Conv2D"), "The rules refuse it"),
        (Design("nothing"), "There are no layers"),
        (99_000, "A design was asked"),
    ],
    "beat_it": [
        (_project((LARGE, _reached(0.991)), (SMALL, _reached(0.99))), "99.00%"),
        (_project((LARGE, _reached(0.991)), (SMALL, _reached(0.991))), "against"),
        (_project((LARGE, _reached(0.991))), "No run has fewer"),
        (_project((SMALL, _reached(0.991))), "no run of the article's network"),
        (_project((LARGE, _reached(0.991)), (SMALL, {"accuracy": [0.9]})), "without images held"),
        (_project(), "Nothing was trained"),
        (Design("mine"), "A project was asked"),
    ],
}
