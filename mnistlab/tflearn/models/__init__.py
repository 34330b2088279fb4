"""Models: `DNN`, which trains a network and predicts with it."""
