"""What one `regression` asks for: whose loss is lowered, how, and on which batches."""

from dataclasses import dataclass, field

from mnistlab.tflearn.symbols import Tensor

import keras


@dataclass(eq=False)
class TrainOp:
    """A training operation of a graph.

    Attributes:
        loss: the mean loss of a batch, without regularization.
        optimizer: one of `mnistlab.tflearn.optimizers`.
        trainable_vars: what it updates.
        metric: the metric of a batch, or `None`.
        metric_label: how a progress line names the metric, "acc".
        batch_size: samples of a training batch, unless `fit` says otherwise.
        shuffle: whether each epoch takes the samples in a new order.
        restore: whether `DNN.load` reads its optimizer's variables and running means.
        name: how a progress line names it, "Adam".
        validation_batch_size: samples of a validation batch; `None` for `batch_size`.
        validation_monitors: tensors to be computed in validation, too.
    """

    loss: Tensor
    optimizer: object
    trainable_vars: list[keras.Variable]
    metric: Tensor | None = None
    metric_label: str | None = None
    batch_size: int = 64
    shuffle: bool = True
    restore: bool = True
    name: str = "TrainOp"
    validation_batch_size: int | None = None
    validation_monitors: list[Tensor] = field(default_factory=list)
