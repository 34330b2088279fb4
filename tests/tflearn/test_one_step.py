"""One step of training from given weights, against an independent computation in NumPy.

The network is x -> tanh(x W1 + b1) -> softmax(h W2 + b2), with L2 on W1. Loss,
gradient, regularization, clipping and each optimizer's rule are computed here
by hand, in float64.
"""

from mnistlab import tflearn

import numpy as np
import pytest

RNG = np.random.default_rng(5)
X = RNG.normal(size=(8, 4))
Y = np.eye(3)[RNG.integers(3, size=8)]
START = {
    "W1": RNG.normal(size=(4, 5)),
    "b1": RNG.normal(size=5),
    "W2": RNG.normal(size=(5, 3)),
    "b2": RNG.normal(size=3),
}
DECAY = 0.3


def network(optimizer, learning_rate, regularizer=None):
    net = tflearn.input_data([None, 4])
    first = tflearn.fully_connected(
        net, 5, activation="tanh", regularizer=regularizer, weight_decay=DECAY
    )
    second = tflearn.fully_connected(first, 3, activation="softmax")
    out = tflearn.regression(second, optimizer=optimizer, learning_rate=learning_rate)
    return out, {"W1": first.W, "b1": first.b, "W2": second.W, "b2": second.b}


def from_the_start(out, variables, **kwargs):
    model = tflearn.DNN(out, **kwargs)
    for name, variable in variables.items():
        model.set_weights(variable, START[name].astype("float32"))
    return model


def gradients(weights, l2):
    hidden = np.tanh(X @ weights["W1"] + weights["b1"])
    logits = hidden @ weights["W2"] + weights["b2"]
    odds = np.exp(logits - logits.max(axis=1, keepdims=True))
    error = (odds / odds.sum(axis=1, keepdims=True) - Y) / len(X)
    back = (error @ weights["W2"].T) * (1 - hidden**2)
    found = {
        "W1": X.T @ back,
        "b1": back.sum(axis=0),
        "W2": hidden.T @ error,
        "b2": error.sum(axis=0),
    }
    if l2:
        # The gradient of decay * sum(W**2) / 2.
        found["W1"] = found["W1"] + DECAY * weights["W1"]
    return found


def clipped(found, limit):
    if not limit or limit < 0:
        return found
    norm = np.sqrt(sum((each**2).sum() for each in found.values()))
    return {name: each * limit / max(norm, limit) for name, each in found.items()}


def sgd(w, g, state, t, lr):
    return w - lr * g


def momentum(w, g, state, t, lr):
    state["a"] = 0.9 * state.get("a", 0) + g
    return w - lr * state["a"]


def nesterov(w, g, state, t, lr):
    state["a"] = 0.9 * state.get("a", 0) + g
    return w - lr * (g + 0.9 * state["a"])


def adam(w, g, state, t, lr):
    state["m"] = 0.9 * state.get("m", 0) + 0.1 * g
    state["v"] = 0.999 * state.get("v", 0) + 0.001 * g**2
    rate = lr * np.sqrt(1 - 0.999**t) / (1 - 0.9**t)
    return w - rate * state["m"] / (np.sqrt(state["v"]) + 1e-8)


def rmsprop(w, g, state, t, lr):
    state["s"] = 0.9 * state.get("s", 1.0) + 0.1 * g**2
    return w - lr * g / np.sqrt(state["s"] + 1e-10)


def adagrad(w, g, state, t, lr):
    state["s"] = state.get("s", 0.1) + g**2
    return w - lr * g / np.sqrt(state["s"])


def adadelta(w, g, state, t, lr):
    state["s"] = 0.1 * state.get("s", 0.0) + 0.9 * g**2
    change = g * np.sqrt(state.get("d", 0.0) + 1e-8) / np.sqrt(state["s"] + 1e-8)
    state["d"] = 0.1 * state.get("d", 0.0) + 0.9 * change**2
    return w - lr * change


def ftrl(w, g, state, t, lr):
    before = state.get("n", 0.1)
    state["n"] = before + g**2
    state["z"] = state.get("z", 0.0) + g - (np.sqrt(state["n"]) - np.sqrt(before)) / lr * w
    return -state["z"] / (np.sqrt(state["n"]) / lr)


RULES = {
    "sgd": (sgd, 0.1),
    "momentum": (momentum, 0.1),
    "nesterov": (nesterov, 0.1),
    "adam": (adam, 0.01),
    "rmsprop": (rmsprop, 0.01),
    "adagrad": (adagrad, 0.1),
    "adadelta": (adadelta, 1.0),
    "ftrl": (ftrl, 0.1),
}


def by_hand(rule, learning_rate, steps, limit, l2):
    weights = {name: each.astype("float32").astype("float64") for name, each in START.items()}
    state = {name: {} for name in weights}
    for step in range(1, steps + 1):
        found = clipped(gradients(weights, l2), limit)
        weights = {
            name: rule(weights[name], found[name], state[name], step, learning_rate)
            for name in weights
        }
    return weights


@pytest.mark.parametrize("optimizer", RULES)
@pytest.mark.parametrize("regularizer", [None, "L2"])
@pytest.mark.parametrize("clip", [0, 0.2, 5.0])
def test_the_weights_are_those_of_tflearns_rule(optimizer, regularizer, clip):
    rule, learning_rate = RULES[optimizer]
    out, variables = network(optimizer, learning_rate, regularizer)
    model = from_the_start(out, variables, clip_gradients=clip)
    for steps, more in ((1, 1), (3, 2)):
        model.fit(X, Y, n_epoch=more, shuffle=False, snapshot_epoch=False)
        expected = by_hand(rule, learning_rate, steps, clip, regularizer == "L2")
        for name, values in expected.items():
            found = model.get_weights(variables[name])
            assert np.abs(found - values).max() <= 2e-6, (name, steps)


def test_clipping_is_on_unless_it_is_switched_off():
    assert np.sqrt(sum((each**2).sum() for each in gradients(START, True).values())) > 0.2
    net, _ = network("sgd", 0.1)
    assert tflearn.DNN(net).clip_gradients == 5.0


def test_the_loss_that_is_shown_leaves_regularization_out():
    model = from_the_start(*network("sgd", 0.1, "L2"))
    hidden = np.tanh(X @ START["W1"] + START["b1"])
    logits = hidden @ START["W2"] + START["b2"]
    odds = np.exp(logits)
    expected = -np.log((odds / odds.sum(axis=1, keepdims=True))[Y == 1]).mean()
    assert model.fit_batch(X, Y) == pytest.approx(expected, abs=1e-5)


def test_only_the_chosen_variables_are_trained():
    net = tflearn.input_data([None, 4])
    first = tflearn.fully_connected(net, 5)
    second = tflearn.fully_connected(first, 3, activation="softmax")
    out = tflearn.regression(second, trainable_vars=[second.W])
    model = tflearn.DNN(out)
    before = [model.get_weights(each) for each in (first.W, second.W, second.b)]
    model.fit(X, Y, n_epoch=1)
    after = [model.get_weights(each) for each in (first.W, second.W, second.b)]
    changed = [not np.array_equal(one, other) for one, other in zip(before, after, strict=True)]
    assert changed == [False, True, False]
