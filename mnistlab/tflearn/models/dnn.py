"""`DNN`: a network with its weights, its training and its files."""

import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path

from mnistlab.tflearn import checkpoints, feeding, utils
from mnistlab.tflearn.callbacks import Callback, ChainCallback, ModelSaver, TermLogger
from mnistlab.tflearn.checkpoints import Saver
from mnistlab.tflearn.feeding import Feed
from mnistlab.tflearn.graph import current, eagerly
from mnistlab.tflearn.helpers.operation import Operation
from mnistlab.tflearn.helpers.training import Training
from mnistlab.tflearn.models.weights import (
    Found,
    Renaming,
    collect,
    restore_training,
    restore_weights,
)
from mnistlab.tflearn.session import Session
from mnistlab.tflearn.symbols import Call, Tensor
from mnistlab.tflearn.variables import get_value, set_value

import keras
import numpy as np
import tensorflow as tf

LOGS = f"{tempfile.gettempdir()}/tflearn_logs/"


class DNN:
    """A network, its weights, and what trains it.

    Args:
        network: the last layer, or what `regression` returned; or a list of layers.
        clip_gradients: largest global norm of the gradients of a training
            operation; 0 for no limit. On by default, as in tflearn.
        tensorboard_verbose: accepted; loss and metric are written to the log
            directory whatever it is.
        tensorboard_dir: where that directory of a run is made.
        checkpoint_path: where checkpoints are written while it trains.
        best_checkpoint_path: where the one with the best validation metric is.
        max_checkpoints: how many are kept; all when `None`.
        session: the session of another `DNN`, to share its weights.
        best_val_accuracy: what the first best checkpoint has to exceed.

    Attributes:
        net: the network that was given.
        session: the values of its variables.
        trainer: its training: `train_ops` and `training_state`.
        inputs, targets: the placeholders of the graph.

    Example:
        >>> import mnistlab.tflearn as tflearn
        >>> network = tflearn.fully_connected(tflearn.input_data([None, 4]), 3)
        >>> model = DNN(tflearn.regression(network))
        >>> model.predict(np.zeros((2, 4))).shape
        (2, 3)
    """

    @eagerly
    def __init__(
        self,
        network: Tensor | Sequence[Tensor],
        clip_gradients: float = 5.0,
        tensorboard_verbose: int = 0,
        tensorboard_dir: str = LOGS,
        checkpoint_path: str | None = None,
        best_checkpoint_path: str | None = None,
        max_checkpoints: int | None = None,
        session: Session | None = None,
        best_val_accuracy: float = 0.0,
    ):
        _check_network(network)
        self._graph = current()
        self.net = self.predictor = network
        self.session = _session(session, self._graph)
        self.session.adopt()
        self.inputs, self.targets = list(self._graph.inputs), list(self._graph.targets)
        self.clip_gradients = clip_gradients
        self.tensorboard_dir = str(tensorboard_dir)
        self.checkpoint_path, self.best_checkpoint_path = checkpoint_path, best_checkpoint_path
        self._saver, self._best_saver = Saver(max_checkpoints), Saver(1)
        self.best_val_accuracy = best_val_accuracy
        operations = [
            Operation(train_op, self._graph, clip_gradients) for train_op in self._graph.train_ops
        ]
        self.trainer = Training(operations, self.session, self.inputs)
        inputs = self._in_order(feeding.inputs_of(utils.to_list(network)))
        self._model = keras.Model(inputs[0] if len(inputs) == 1 else inputs, network)
        self._forward = tf.function(
            lambda values: self._model(values, training=False), reduce_retracing=True
        )
        self._copy: keras.Model | None = None

    def _in_order(self, placeholders: list[Tensor]) -> list[Tensor]:
        """Returns placeholders in the order of their making, in which lists are fed."""
        places = {id(tensor): place for place, tensor in enumerate(self.inputs)}
        return sorted(placeholders, key=lambda tensor: places.get(id(tensor), len(places)))

    @property
    def train_ops(self) -> list[Operation]:
        """The training operations, in the order in which `regression` made them."""
        return self.trainer.train_ops

    @property
    def keras_model(self) -> keras.Model:
        """The network as a Keras model, from its inputs to its outputs.

        Its weights are this model's own, so that what one trains the other has.
        Only where several `DNN`s without a common session were made of one
        network, those after the first give a copy, with the weights as they are
        when it is asked for.
        """
        if self.session.owns(self._model.variables):
            return self._model
        if self._copy is None:
            # Keras would name the copy's inputs after the tensors, which have slashes.
            inputs = tf.nest.map_structure(
                lambda each: keras.Input(batch_shape=each.shape, dtype=each.dtype),
                self._model.input,
            )
            self._copy = keras.models.clone_model(self._model, inputs, clone_function=_cloned)
        with self.session.active():
            self._copy.set_weights(self._model.get_weights())
        return self._copy

    @eagerly
    def fit(
        self,
        X_inputs,
        Y_targets,
        n_epoch: int = 10,
        validation_set=None,
        show_metric: bool = False,
        batch_size: int | None = None,
        shuffle: bool | None = None,
        snapshot_epoch: bool = True,
        snapshot_step: int | None = None,
        excl_trainops: Sequence | None = None,
        validation_batch_size: int | None = None,
        run_id: str | None = None,
        callbacks: Callback | Sequence[Callback] = (),
    ) -> None:
        """Trains the network with every training operation of its graph.

        Args:
            X_inputs: samples: an array, a list of arrays (one for each input), or
                a dictionary by the input's name.
            Y_targets: targets, likewise.
            n_epoch: how often all samples are gone through.
            validation_set: `(X, Y)`, or the share of the samples to hold out.
                It is measured at snapshots only.
            show_metric: whether the metric is shown, and measured on validation.
            batch_size: replaces that of `regression`, 64, for good.
            shuffle: whether samples are shuffled before each epoch.
            snapshot_epoch: whether each epoch ends with a snapshot.
            snapshot_step: a snapshot after each so many steps.
            excl_trainops: training operations that rest.
            validation_batch_size: samples of a validation batch; `batch_size` if none.
            run_id: name of the run; six random characters if none.
            callbacks: one or several `Callback`s.

        Raises:
            ValueError: shapes or numbers of samples do not fit, `validation_set` is not
                one, or `excl_trainops` has every training operation.
            Exception: no network was given to `regression`, a name is unknown, or a
                callback is none.
        """
        if not self.train_ops:
            raise Exception(
                'tf collection "trainops" is empty! Give the network to '
                "tflearn.regression(...) before you make a DNN of it."
            )
        operations = self._chosen(excl_trainops)
        for operation in operations:
            operation.use_batches(batch_size, validation_batch_size)
        feed = Feed(self._data(X_inputs, Y_targets))
        training, validation = self._split(feed, validation_set)
        run_id = run_id or utils.id_generator()
        logger = TermLogger()
        logger.announce(run_id, self.tensorboard_dir)
        self.trainer.prepare(feed)
        self.trainer.start(operations, training, validation, shuffle, show_metric)
        self.trainer.describe(logger)
        saver = ModelSaver(
            self._save_checkpoint,
            self.checkpoint_path,
            self.best_checkpoint_path,
            self.best_val_accuracy,
            snapshot_step,
            snapshot_epoch,
        )
        chain = ChainCallback([logger, saver])
        chain.add(callbacks)
        with self.session.active():
            self.trainer.run(
                chain,
                n_epoch,
                snapshot_epoch or bool(self.best_checkpoint_path),
                snapshot_step,
                Path(self.tensorboard_dir) / run_id,
            )

    def _chosen(self, excluded: Sequence | None) -> list[Operation]:
        left_out = utils.to_list(excluded) or []
        chosen = [
            each
            for each in self.train_ops
            if each not in left_out and each.train_op not in left_out
        ]
        if not chosen:
            raise ValueError("excl_trainops leaves nothing to train. Leave one of them out of it.")
        return chosen

    def _data(self, inputs, targets) -> dict[Tensor, object]:
        return {
            **self._input_data(inputs),
            **feeding.build(targets, self.targets, "targets"),
        }

    def _input_data(self, values) -> dict[Tensor, object]:
        used = [each for each in self.inputs if each in self._model.inputs]
        if isinstance(values, dict) or len(used) != 1:
            return feeding.build(values, self.inputs, "inputs")
        # Where the graph has other inputs, too, a list has an array for each; those that this
        # network does not use may be left away.
        if isinstance(values, list | tuple) and len(self.inputs) > 1:
            if len(values) == len(self.inputs):
                return feeding.build(values, self.inputs, "inputs")
            if len(values) == 1 and np.ndim(values[0]) == len(used[0].shape):
                values = values[0]
        return feeding.build(values, used, "inputs")

    def _split(self, feed: Feed, validation_set) -> tuple[Feed, Feed | None]:
        feed.check_lengths()
        if not len(feed):
            raise ValueError("There are no samples to train on; pass X_inputs with at least one.")
        # A share of 0, or an empty list, is none, as in tflearn.
        if not isinstance(validation_set, np.ndarray) and not validation_set:
            return feed, None
        if isinstance(validation_set, float):
            indices = feeding.order_of(len(feed), shuffle=True)
            split = int(len(feed) * (1 - validation_set))
            if not 0 < split < len(feed):
                raise ValueError(
                    f"validation_set={validation_set} leaves {split} of {len(feed)} samples to "
                    "train on. Choose a share that leaves some for both, such as 0.1."
                )
            return feed.part(indices[:split]), feed.part(indices[split:])
        if not isinstance(validation_set, list | tuple) or len(validation_set) != 2:
            raise ValueError(
                "validation_set must be a tuple or list of validation inputs and targets, or a "
                f"float for the share of the samples to hold out; found {type(validation_set)}."
            )
        held_out = Feed(self._data(*validation_set))
        held_out.check_lengths()
        return feed, held_out

    @eagerly
    def fit_batch(self, X_inputs, Y_targets) -> float:
        """Makes one update with one batch; returns its loss before the update."""
        feed = Feed(self._data(X_inputs, Y_targets))
        feed.check_lengths()
        with self.session.active():
            self.trainer.start(self.train_ops, feed, None, shuffle=False, show_metric=False)
            return self.trainer.one_batch()

    @eagerly
    def predict(self, X) -> np.ndarray:
        """Returns the network's output for samples, computed in one pass.

        Args:
            X: samples, as `fit` takes them. They are not changed.

        Returns:
            Its output, (samples, ...).

        Raises:
            ValueError: the shape is not that of the input.
        """
        data = self._input_data(X)
        values = []
        for tensor in self._model.inputs:
            if tensor not in data:
                raise ValueError(
                    f"The network needs {tensor.name!r}, which was not given; pass a dictionary "
                    "with it."
                )
            rows = feeding.preprocessed(tensor, np.asarray(data[tensor]))
            values.append(tf.convert_to_tensor(feeding.as_fed(tensor, rows)))
        with self.session.active():
            predicted = self._forward(values[0] if len(values) == 1 else values)
        if isinstance(predicted, list | tuple):
            return [each.numpy() for each in predicted]
        return predicted.numpy()

    def predict_label(self, X) -> np.ndarray:
        """Returns the classes of each sample in the order of their probability, best first.

        Returns:
            (samples, classes) int64: the whole ranking; its first column is the class.
        """
        predicted = np.asarray(self.predict(X))
        return np.argsort(predicted)[..., ::-1]

    @eagerly
    def evaluate(self, X, Y, batch_size: int = 128) -> list[float | None]:
        """Returns the metric on samples, one value for each training operation.

        Args:
            X, Y: samples and targets, as `fit` takes them.
            batch_size: samples of a pass.

        Returns:
            A list; `None` for an operation without a metric.
        """
        feed = Feed(self._data(X, Y))
        feed.check_lengths()
        with self.session.active():
            return [operation.measure(feed, batch_size)[1] for operation in self.train_ops]

    @eagerly
    def save(self, model_file: str) -> None:
        """Writes weights, optimizer and counters as a TensorFlow checkpoint.

        Args:
            model_file: path and name; `.index`, `.meta` and `.data-00000-of-00001`
                are added to it.
        """
        checkpoints.save(model_file, self._arrays())

    def _save_checkpoint(
        self, path: str, step: int | None = None, use_val_saver: bool = False
    ) -> None:
        saver = self._best_saver if use_val_saver else self._saver
        saver.save(path, self._arrays(), step)

    def _arrays(self) -> dict[str, np.ndarray]:
        with self.session.active():
            return collect(self._graph, self.train_ops, self.trainer.training_state.step)

    @eagerly
    def load(
        self,
        model_file: str,
        weights_only: bool = False,
        variable_name_map: tuple[str, str] | Callable[[str], str] | None = None,
        scope_for_restore: str | None = None,
        create_new_session: bool = True,
        verbose: bool = False,
    ) -> None:
        """Reads what `save` wrote, here or in tflearn itself.

        Args:
            model_file: path and name, without `.index`.
            weights_only: read the trainable variables and nothing else.
            variable_name_map: how a variable is called in the file: `(pattern,
                replacement)`, or a function.
            scope_for_restore: read the variables of this scope only, which the file
                has without it.
            create_new_session: accepted; the session stays, with the values read.
            verbose: print what is read.

        Raises:
            tf.errors.NotFoundError: there is no such file, or it lacks a variable.
            ValueError: a variable has another shape there.
        """
        found = Found(checkpoints.read(model_file), model_file)
        renaming = Renaming(variable_name_map, scope_for_restore)
        with self.session.active():
            names = restore_weights(self._graph, found, weights_only, renaming)
            if not weights_only and not scope_for_restore:
                step = restore_training(self._graph, self.train_ops, found)
                self.trainer.training_state.step = step
        if verbose:
            print(f"Restored from {model_file}: {', '.join(names)}")

    @eagerly
    def get_weights(self, weight_tensor: keras.Variable) -> np.ndarray:
        """Returns the values of a variable, such as `layer.W`."""
        return get_value(weight_tensor, self.session)

    @eagerly
    def set_weights(self, tensor: keras.Variable, weights: np.ndarray) -> None:
        """Gives a variable, such as `layer.W`, values of its shape.

        Raises:
            ValueError: their shape is another one.
        """
        set_value(tensor, weights, self.session)

    def get_train_vars(self) -> list[keras.Variable]:
        """Returns the variables that training changes."""
        return self._graph.trainable_variables()


def _cloned(layer: keras.layers.Layer) -> keras.layers.Layer:
    # A call of a function has no weights of its own to copy.
    return layer if isinstance(layer, Call) else type(layer).from_config(layer.get_config())


def _check_network(network: object) -> None:
    for tensor in utils.to_list(network) or [network]:
        if not isinstance(tensor, keras.KerasTensor):
            raise ValueError(
                f"DNN needs a network of tflearn layers; found {type(tensor)}. Begin with "
                "input_data(...) and pass the result of the last layer."
            )


def _session(session: object, graph) -> Session:
    if session is None:
        return Session(graph)
    if not isinstance(session, Session):
        raise ValueError(
            f"session: expected that of another DNN (model.session), found {type(session)}. A "
            "session of TensorFlow 1 cannot be used."
        )
    return session
