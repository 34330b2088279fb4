"""TensorFlow's log: the advice about retracing is held back, everything else is not."""

import logging

import mnistlab  # noqa: F401  (importing it is what sets the log up)

import pytest


@pytest.mark.parametrize(
    ("message", "passes"),
    [
        ("5 out of the last 9 calls to f triggered tf.function retracing.", False),
        ("The graph could not be saved.", True),
    ],
)
def test_only_advice_about_retracing_is_held_back(message, passes):
    logger = logging.getLogger("tensorflow")
    record = logger.makeRecord("tensorflow", logging.WARNING, __file__, 1, message, (), None)
    assert bool(logger.filter(record)) == passes
