"""The names of tflearn's collections: lists of what a script has built.

`tf.get_collection_ref` gives a list itself, so that what a script removes from
it is gone. tflearn added these names to `tf.GraphKeys`, as `install` does.
"""

from mnistlab.tflearn.graph import INPUTS as INPUTS
from mnistlab.tflearn.graph import TARGETS as TARGETS
from mnistlab.tflearn.graph import TRAIN_OPS as TRAIN_OPS
