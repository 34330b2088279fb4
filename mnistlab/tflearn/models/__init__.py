"""Models: `DNN`, which trains a network and predicts with it."""

from mnistlab.tflearn.models.dnn import DNN as DNN
