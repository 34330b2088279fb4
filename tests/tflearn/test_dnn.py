"""DNN: training, validation and its moments, predictions, files, sessions."""

import re

from mnistlab import tflearn

import keras
import numpy as np
import pytest
import tensorflow as tf

RNG = np.random.default_rng(2)
X = RNG.normal(size=(130, 4)).astype("float32")
LABELS = (X[:, 0] > 0).astype(int) + (X[:, 1] > 0)
Y = np.eye(3)[LABELS]


@pytest.fixture(autouse=True)
def own_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


def classifier(**kwargs):
    net = tflearn.input_data([None, 4], name="input")
    net = tflearn.fully_connected(net, 8, activation="relu", name="hidden")
    net = tflearn.fully_connected(net, 3, activation="softmax", name="output")
    kwargs = {"learning_rate": 0.01, "name": "targets", **kwargs}
    return tflearn.regression(net, **kwargs)


def dnn(network=None, **kwargs):
    return tflearn.DNN(
        classifier() if network is None else network, tensorboard_dir="logs", **kwargs
    )


def logged(folder, tag):
    """Returns the numbers of a tag in the folder's event file, by step."""
    (file,) = folder.iterdir()
    events = [
        tf.compat.v1.Event.FromString(record.numpy())
        for record in tf.data.TFRecordDataset(str(file))
    ]
    return {
        event.step: each.simple_value
        for event in events
        for each in event.summary.value
        if each.tag == tag
    }


class Recorder(tflearn.callbacks.Callback):
    """Notes each call, with the state at that moment."""

    def __init__(self):
        self.calls, self.states = [], []

    def on_train_begin(self, state):
        self.calls.append("train begin")

    def on_epoch_begin(self, state):
        self.calls.append("epoch begin")

    def on_batch_begin(self, state):
        self.calls.append("batch begin")

    def on_sub_batch_begin(self, state):
        self.calls.append("sub-batch begin")

    def on_sub_batch_end(self, state, train_index=0):
        self.calls.append(f"sub-batch end {train_index}")

    def on_batch_end(self, state, snapshot=False):
        self.calls.append(f"batch end{' with snapshot' if snapshot else ''}")
        names = ("epoch", "step", "current_iter", "loss_value", "acc_value", "val_loss", "val_acc")
        self.states.append({name: getattr(state, name) for name in names} | {"snapshot": snapshot})

    def on_epoch_end(self, state):
        self.calls.append("epoch end")

    def on_train_end(self, state):
        self.calls.append("train end")

    def snapshots(self):
        return [state["step"] for state in self.states if state["val_loss"] is not None]


class TestData:
    @pytest.mark.parametrize(
        "inputs, targets",
        [
            (X, Y),
            (X.tolist(), Y.tolist()),
            ({"input": X}, {"targets": Y}),
            ({"input/X:0": X}, {"targets/Y:0": Y}),
            (X.astype("float64"), Y.astype(bool)),
        ],
        ids=["arrays", "lists", "names", "full names", "other types"],
    )
    def test_what_scripts_pass_is_taken(self, inputs, targets):
        model, recorder = dnn(), Recorder()
        assert model.fit(inputs, targets, n_epoch=2, callbacks=recorder) is None
        # 130 samples in batches of 64: two whole ones and one of 2.
        assert [state["current_iter"] for state in recorder.states] == [64, 128, 130] * 2
        assert [state["epoch"] for state in recorder.states] == [1, 1, 1, 2, 2, 2]

    def test_tensors_can_be_the_keys(self):
        model = dnn()
        model.fit({model.inputs[0]: X}, {model.targets[0]: Y}, n_epoch=1)

    def test_several_inputs_come_as_a_list_or_by_name(self):
        one = tflearn.input_data([None, 4], name="one")
        two = tflearn.input_data([None, 4], name="two")
        net = tflearn.merge([one, two], "concat")
        net = tflearn.regression(tflearn.fully_connected(net, 3, activation="softmax"))
        model = dnn(net)
        model.fit([X, X + 1], Y, n_epoch=1)
        model.fit({"two": X + 1, "one": X}, Y, n_epoch=1)
        by_list, by_name = model.predict([X, X + 1]), model.predict({"two": X + 1, "one": X})
        assert np.array_equal(by_list, by_name)
        with pytest.raises(ValueError, match=r"2 inputs \('one', 'two'\)"):
            model.fit(X, Y)

    def test_labels_that_are_not_one_hot_are_refused(self):
        with pytest.raises(ValueError) as caught:
            dnn().fit(X, LABELS)
        assert str(caught.value) == (
            "Cannot feed value of shape (64,) for Tensor targets/Y:0, which has shape (?, 3)"
        )

    def test_unless_the_regression_makes_them_so(self):
        model = dnn(classifier(to_one_hot=True, n_classes=3))
        model.fit(X, LABELS, n_epoch=30, batch_size=16)
        assert model.evaluate(X, LABELS)[0] > 0.8

    def test_an_unknown_name_gives_the_error_of_tflearn(self):
        with pytest.raises(Exception, match="named 'x' but no such variable is known to exist"):
            dnn().fit({"x": X}, {"targets": Y})

    def test_different_numbers_of_samples_are_refused(self):
        with pytest.raises(ValueError, match="130 for input/X:0, 100 for targets/Y:0"):
            dnn().fit(X, Y[:100])

    def test_a_placeholder_without_data_is_named(self):
        with pytest.raises(tf.errors.InvalidArgumentError, match="'targets/Y:0'"):
            dnn().fit({"input": X}, None)

    def test_a_network_without_regression_cannot_be_trained(self):
        net = tflearn.fully_connected(tflearn.input_data([None, 4]), 3)
        model = dnn(net)
        assert model.predict(X).shape == (130, 3)
        with pytest.raises(Exception, match='tf collection "trainops" is empty!'):
            model.fit(X, Y)

    def test_what_is_no_network_is_refused(self):
        with pytest.raises(ValueError, match="input_data"):
            tflearn.DNN("network")


class TestOrder:
    def test_samples_are_shuffled_by_numpys_global_generator_in_every_epoch(self):
        def losses(seed, **kwargs):
            tf.compat.v1.reset_default_graph()
            np.random.seed(seed)
            tflearn.init_graph(seed=1)
            recorder = Recorder()
            dnn().fit(X, Y, n_epoch=2, callbacks=recorder, **kwargs)
            return [state["loss_value"] for state in recorder.states]

        assert losses(1) == losses(1)
        assert losses(1) != losses(2)
        assert losses(1, shuffle=False) == losses(2, shuffle=False)

    def test_an_epochs_order_is_that_of_the_one_before_shuffled_again(self):
        seen = []
        augmentation = tflearn.DataAugmentation()
        augmentation.methods.append(lambda rows: seen.extend(rows[:, 0]) or rows)
        augmentation.args.append(None)
        net = tflearn.input_data([None, 1], data_augmentation=augmentation)
        net = tflearn.fully_connected(net, 1)
        model = tflearn.DNN(tflearn.regression(net, loss="mean_square", metric=None))
        rows = np.arange(6.0)[:, None]
        np.random.seed(1)
        model.fit(rows, rows, n_epoch=3, batch_size=4)
        np.random.seed(1)
        order, expected = np.arange(6), []
        for _ in range(3):
            np.random.shuffle(order)
            expected.extend(order)
        assert seen == expected

    def test_the_size_of_batches_stays_for_the_next_fit(self):
        model, recorder = dnn(), Recorder()
        model.fit(X, Y, n_epoch=1, batch_size=26)
        model.fit(X, Y, n_epoch=1, callbacks=recorder)
        assert len(recorder.states) == 5
        assert model.train_ops[0].batch_size == model.train_ops[0].validation_batch_size == 26


class TestValidation:
    def validated(self, n_epoch=2, **kwargs):
        tf.compat.v1.reset_default_graph()
        recorder = Recorder()
        kwargs = {"validation_set": (X, Y), "show_metric": True, **kwargs}
        dnn().fit(X, Y, n_epoch=n_epoch, callbacks=recorder, batch_size=26, **kwargs)
        return recorder

    def test_it_is_measured_at_the_end_of_an_epoch(self):
        assert self.validated().snapshots() == [5, 10]

    def test_and_at_every_so_many_steps_of_all_epochs(self):
        assert self.validated(snapshot_step=4).snapshots() == [4, 5, 8, 10]
        assert self.validated(snapshot_step=4, snapshot_epoch=False).snapshots() == [4, 8]

    def test_and_never_when_there_is_no_snapshot(self):
        assert self.validated(snapshot_epoch=False).snapshots() == []

    def test_the_2017_script_validates_27_times(self):
        # Its ten epochs of 860 steps, with a snapshot each 500, a tenth of the size.
        recorder = Recorder()
        dnn().fit(
            X[:86],
            Y[:86],
            n_epoch=10,
            batch_size=1,
            snapshot_step=50,
            validation_set=(X[:2], Y[:2]),
            callbacks=recorder,
        )
        assert recorder.states[-1]["step"] == 860
        assert len(recorder.snapshots()) == 27

    def test_without_a_metric_the_loss_alone_is_measured(self):
        states = self.validated(show_metric=False).states
        assert all(state["val_acc"] is state["acc_value"] is None for state in states)
        assert states[-1]["val_loss"] > 0

    def test_its_figures_are_means_over_samples_without_dropout(self):
        net = tflearn.input_data([None, 4])
        net = tflearn.dropout(tflearn.fully_connected(net, 8), 0.5)
        net = tflearn.regression(tflearn.fully_connected(net, 3, activation="softmax"))
        model, recorder = dnn(net), Recorder()
        model.fit(
            X, Y, 1, validation_set=(X, Y), show_metric=True, callbacks=recorder, batch_size=40
        )
        predicted = model.predict(X)
        loss = -np.log(predicted[Y == 1]).mean()
        accuracy = (predicted.argmax(axis=1) == LABELS).mean()
        assert recorder.states[-1]["val_loss"] == pytest.approx(loss, abs=1e-5)
        assert recorder.states[-1]["val_acc"] == pytest.approx(accuracy, abs=1e-6)
        assert model.evaluate(X, Y, batch_size=7) == [pytest.approx(accuracy, abs=1e-6)]

    def test_a_share_is_held_out_at_random(self, capsys):
        dnn().fit(X, Y, n_epoch=1, validation_set=0.1)
        printed = capsys.readouterr().out
        assert "Training samples: 117\nValidation samples: 13\n" in printed

    @pytest.mark.parametrize("nothing", [None, 0.0, [], ()])
    def test_nothing_is_none(self, nothing, capsys):
        dnn().fit(X, Y, n_epoch=1, validation_set=nothing)
        assert "Training samples: 130\nValidation samples: 0\n" in capsys.readouterr().out

    @pytest.mark.parametrize("share", [0.999, 1.0, 1.5])
    def test_a_share_that_leaves_nothing_is_refused(self, share):
        with pytest.raises(ValueError, match="Choose a share"):
            dnn().fit(X, Y, validation_set=share)

    @pytest.mark.parametrize("value", [X, "all", 1, (X,)])
    def test_what_is_no_validation_set_is_refused(self, value):
        with pytest.raises(ValueError, match="validation_set must be a tuple or list"):
            dnn().fit(X, Y, validation_set=value)


class TestWhatIsShown:
    def test_the_loss_is_a_running_mean_read_before_the_step(self):
        net = tflearn.input_data([None, 4])
        net = tflearn.fully_connected(net, 3)
        net = tflearn.regression(net, loss=lambda p, y: tf.reduce_mean(p * 0.0) + 2.0)
        recorder = Recorder()
        dnn(net).fit(X[:64], Y[:64], n_epoch=5, callbacks=recorder)
        shown = [state["loss_value"] / 2 for state in recorder.states]
        assert shown == pytest.approx([0, 0.9, 0.98182, 0.99545, 0.9986], abs=5e-5)

    def test_the_lines_are_those_of_tflearn(self, capsys):
        dnn().fit(X, Y, n_epoch=1, validation_set=(X, Y), show_metric=True, run_id="digits")
        printed = capsys.readouterr().out
        plain = re.sub(r"\x1b\[[0-9;]*[A-Za-z]|\r", "", printed)
        assert plain.startswith(
            f"{'-' * 33}\nRun id: digits\nLog directory: logs\n{'-' * 33}\n"
            "Training samples: 130\nValidation samples: 130\n--\n"
        )
        assert re.search(r"^Training Step: 1  \| time: \d+\.\d{3}s$", plain, re.M)
        assert re.search(r"^\| Adam \| epoch: 001 \| loss: 0\.00000 - acc: 0\.0000", plain, re.M)
        assert re.search(
            r"^Training Step: 3  \| total loss: \d\.\d{5} \| time: \d+\.\d{3}s\n"
            r"\| Adam \| epoch: 001 \| loss: \d\.\d{5} - acc: \d\.\d{4} \| "
            r"val_loss: \d\.\d{5} - val_acc: \d\.\d{4} -- iter: 130/130\n--$",
            plain,
            re.M,
        )

    def test_a_run_without_a_name_gets_one(self, capsys):
        dnn().fit(X, Y, n_epoch=1)
        assert re.search(r"Run id: [A-Z0-9]{6}\n", capsys.readouterr().out)

    def test_event_files_hold_the_figures(self, tmp_path):
        dnn().fit(X, Y, n_epoch=1, validation_set=(X, Y), show_metric=True, run_id="digits")
        folder = tmp_path / "logs" / "digits"
        for tag in ("Adam/Loss", "Adam/acc"):
            assert list(logged(folder, tag)) == [1, 2, 3]
            assert list(logged(folder, f"{tag}/Validation")) == [3]

    def test_validation_monitors_are_in_them(self, tmp_path):
        net = tflearn.fully_connected(tflearn.input_data([None, 4]), 3, activation="softmax")
        surest = tf.reduce_max(net, axis=1)
        net = tflearn.regression(net, validation_monitors=[surest])
        model = dnn(net)
        model.fit(X, Y, n_epoch=1, validation_set=(X, Y), run_id="digits", batch_size=40)
        (value,) = logged(tmp_path / "logs" / "digits", f"{surest.name}/Validation").values()
        assert value == pytest.approx(model.predict(X).max(axis=1).mean(), abs=1e-6)


class TestCallbacks:
    def test_they_are_called_in_the_order_of_tflearn(self):
        recorder = Recorder()
        dnn().fit(X[:70], Y[:70], n_epoch=1, callbacks=[recorder])
        batch = ["batch begin", "sub-batch begin", "sub-batch end 0"]
        assert recorder.calls == [
            "train begin",
            "epoch begin",
            *[*batch, "batch end"],
            *[*batch, "batch end with snapshot"],
            "epoch end",
            "train end",
        ]

    def test_an_exception_ends_the_training_and_goes_through(self):
        class Stop(Recorder):
            def on_epoch_end(self, state):
                if state.epoch == 2:
                    raise StopIteration

        stop = Stop()
        model = dnn()
        with pytest.raises(StopIteration):
            model.fit(X, Y, n_epoch=9, callbacks=stop)
        assert stop.calls[-1] == "train end"
        assert model.trainer.training_state.epoch == 2

    def test_what_is_no_callback_is_refused(self):
        with pytest.raises(Exception, match="is an invalid Callback object"):
            dnn().fit(X, Y, callbacks=print)

    def test_counting_goes_on_in_the_next_fit(self):
        model, recorder = dnn(), Recorder()
        model.fit(X, Y, n_epoch=2)
        model.fit(X, Y, n_epoch=1, callbacks=recorder)
        assert [(each["epoch"], each["step"]) for each in recorder.states] == [
            (3, 7),
            (3, 8),
            (3, 9),
        ]


class TestPredictions:
    def test_a_ranking_of_the_classes(self):
        model = dnn()
        model.fit(X, Y, n_epoch=3)
        labels = model.predict_label(X)
        predicted = model.predict(X)
        assert labels.shape == (130, 3)
        assert np.array_equal(labels[:, 0], predicted.argmax(axis=1))
        assert np.array_equal(np.sort(labels, axis=1), np.tile([0, 1, 2], (130, 1)))

    def test_the_keras_model_takes_inputs_in_the_order_of_their_making(self):
        names = ["first", "second", "third"]
        layers = [tflearn.input_data([None, 2], name=name) for name in names]
        first, second, third = (tflearn.fully_connected(each, 2) for each in layers)
        net = tflearn.merge([third, tflearn.merge([second, first], "concat")], "concat")
        assert [each.name for each in dnn(net).keras_model.inputs] == [
            "first/X:0",
            "second/X:0",
            "third/X:0",
        ]

    def test_one_sample_without_its_batch_is_refused(self):
        with pytest.raises(ValueError, match=re.escape("shape (4,) for Tensor input/X:0")):
            dnn().predict(X[0])

    def test_the_same_numbers_as_the_keras_model(self):
        model = dnn()
        assert np.allclose(model.predict(X), model.keras_model.predict(X, verbose=0), atol=1e-6)

    def test_preprocessing_is_applied_and_leaves_the_callers_array_alone(self):
        preparation = tflearn.ImagePreprocessing()
        preparation.add_featurewise_zero_center(mean=3.0)
        net = tflearn.input_data([None, 2, 2, 1], data_preprocessing=preparation)
        model = dnn(tflearn.flatten(net))
        pictures = np.full((5, 2, 2, 1), 3.0, "float32")
        assert not model.predict(pictures).any()
        assert (pictures == 3).all()
        assert not model.predict(pictures).any()


class TestSeveralOperations:
    def networks(self):
        net = tflearn.input_data([None, 4])
        one = tflearn.fully_connected(net, 3, activation="softmax")
        two = tflearn.fully_connected(net, 1)
        one = tflearn.regression(one, name="class", op_name="classes")
        two = tflearn.regression(
            two, name="value", optimizer="sgd", loss="mean_square", metric="R2", batch_size=65
        )
        return tflearn.merge([one, two], "concat")

    def test_each_has_its_own_stream_and_line(self, capsys):
        model, recorder = dnn(self.networks()), Recorder()
        model.fit(X, {"class": Y, "value": X[:, :1]}, n_epoch=1, callbacks=recorder)
        printed = re.sub(r"\x1b\[[0-9;]*[A-Za-z]|\r", "", capsys.readouterr().out)
        assert "Training samples: 260\n" in printed
        assert re.search(r"\| classes \| epoch: 001 .* -- iter: 130/130", printed)
        assert re.search(r"\| SGD \| epoch: 001 .* -- iter: 130/130", printed)
        assert recorder.calls.count("sub-batch end 1") == 3

    def test_there_is_no_metric_of_all(self, capsys):
        model, after = dnn(self.networks()), []

        class Callback(tflearn.callbacks.Callback):
            def on_sub_batch_end(self, training_state, train_index=0):
                after.append(training_state.global_acc)

        model.fit(X, [Y, X[:, :1]], n_epoch=1, show_metric=True, callbacks=Callback())
        assert after == [None] * 6
        assert "avg acc" not in capsys.readouterr().out

    def test_one_can_rest(self):
        model = dnn(self.networks())
        model.fit(X, [Y, X[:, :1]], n_epoch=1, excl_trainops=[model.train_ops[1]])
        assert [operation.step for operation in model.train_ops] == [3, 0]

    def test_not_all_can_rest(self):
        model = dnn()
        with pytest.raises(ValueError, match="excl_trainops leaves nothing to train"):
            model.fit(X, Y, n_epoch=1, excl_trainops=model.train_ops)

    def test_each_is_evaluated(self):
        model = dnn(self.networks())
        assert len(model.evaluate(X, [Y, X[:, :1]])) == 2

    def test_their_optimizers_are_told_apart_in_a_file(self):
        net = tflearn.fully_connected(tflearn.input_data([None, 4]), 3, name="shared")
        for name in ("one", "two"):
            tflearn.regression(net, loss="mean_square", metric=None, name=name)
        model = dnn(net)
        model.fit(X, {"one": Y, "two": -Y}, n_epoch=1)
        model.save("digits")
        found = tf.train.load_checkpoint("digits")
        slots = [found.get_tensor(f"shared/W/Adam{ending}") for ending in ("", "_1", "_2", "_3")]
        assert not np.array_equal(slots[0], slots[2])
        assert {"Training_step", "Training_step_1"} <= set(found.get_variable_to_shape_map())
        expected = [slot.numpy() for slot in model.train_ops[1].optimizer.variables]
        model.fit(X, {"one": Y, "two": -Y}, n_epoch=1)
        model.load("digits")
        found = [slot.numpy() for slot in model.train_ops[1].optimizer.variables]
        assert all(np.array_equal(*pair) for pair in zip(found, expected, strict=True))


class TestFiles:
    def test_all_that_training_needs_comes_back(self):
        model = dnn()
        model.fit(X, Y, n_epoch=2, shuffle=False)
        model.save("digits.tflearn")
        model.fit(X, Y, n_epoch=1, shuffle=False)
        expected = model.predict(X)

        tf.compat.v1.reset_default_graph()
        again = dnn()
        again.load("digits.tflearn")
        assert again.trainer.training_state.step == 6
        again.fit(X, Y, n_epoch=1, shuffle=False)
        assert np.abs(again.predict(X) - expected).max() < 1e-6

    def test_the_files_are_those_that_scripts_look_for(self, tmp_path):
        dnn().save("digits.tflearn")
        names = {path.name for path in tmp_path.iterdir() if path.is_file()}
        endings = (".index", ".meta", ".data-00000-of-00001")
        assert names == {"checkpoint", *(f"digits.tflearn{ending}" for ending in endings)}

    def test_names_and_slots_are_those_of_tflearn(self):
        model = dnn()
        model.fit(X, Y, n_epoch=1)
        model.save("digits")
        found = tf.train.load_checkpoint("digits").get_variable_to_shape_map()
        expected = {f"{layer}/{name}" for layer in ("hidden", "output") for name in "Wb"}
        slots = {f"{name}/{slot}" for name in expected for slot in ("Adam", "Adam_1")}
        assert expected | slots | {"Global_Step", "Training_step"} <= set(found)
        assert found["hidden/W/Adam_1"] == [4, 8]

    def test_a_checkpoint_of_tflearn_itself_is_read(self):
        arrays = {
            "hidden/W": RNG.normal(size=(4, 8)),
            "hidden/b": RNG.normal(size=8),
            "output/W": RNG.normal(size=(8, 3)),
            "output/b": RNG.normal(size=3),
        }
        slots = {f"{name}/Adam": each * 0.1 for name, each in arrays.items()}
        slots |= {f"{name}/Adam_1": each**2 for name, each in arrays.items()}
        others = {
            "Adam/beta1_power": np.array(0.9**8),
            "Adam/beta2_power": np.array(0.999**8),
            "Global_Step": np.array(7.0),
            "Training_step": np.array(7.0),
            "is_training": np.array(False),
            "val_loss": np.array(0.0),
            "Accuracy/Mean/moving_avg": np.array(0.5),
        }
        content = {
            name: each.astype("float32") if each.dtype.kind == "f" else each
            for name, each in {**arrays, **slots, **others}.items()
        }
        tf.raw_ops.SaveV2(
            prefix="real",
            tensor_names=list(content),
            shape_and_slices=[""] * len(content),
            tensors=list(content.values()),
        )
        model = dnn()
        model.load("real")
        hidden = np.maximum(X @ arrays["hidden/W"] + arrays["hidden/b"], 0)
        logits = hidden @ arrays["output/W"] + arrays["output/b"]
        odds = np.exp(logits - logits.max(axis=1, keepdims=True))
        assert np.allclose(model.predict(X), odds / odds.sum(axis=1, keepdims=True), atol=1e-5)
        assert model.trainer.training_state.step == model.train_ops[0].step == 7
        recorder = Recorder()
        model.fit(X, Y, n_epoch=1, callbacks=recorder)
        assert recorder.states[0]["step"] == 8
        assert recorder.states[0]["loss_value"] > 0

    def test_weights_only_leaves_statistics_and_counters(self):
        def network():
            tf.compat.v1.reset_default_graph()
            net = tflearn.input_data([None, 4])
            normal = tflearn.batch_normalization(net)
            net = tflearn.fully_connected(normal, 3, activation="softmax")
            return tflearn.regression(net), normal

        net, _ = network()
        model = dnn(net)
        model.fit(X + 5, Y, n_epoch=3)
        model.save("digits")
        net, normal = network()
        again = dnn(net)
        again.load("digits", weights_only=True)
        moving = {each.name: each.variable for each in again.session.graph.entries}
        assert not moving["BatchNormalization/moving_mean"].numpy().any()
        assert again.trainer.training_state.step == 0
        assert np.array_equal(again.get_weights(normal.gamma), model_array("digits", "gamma"))

    def test_a_layer_that_is_not_to_be_restored_is_left_fresh(self):
        def network(restore):
            tf.compat.v1.reset_default_graph()
            net = tflearn.input_data([None, 4])
            first = tflearn.fully_connected(net, 8)
            last = tflearn.fully_connected(first, 3, activation="softmax", restore=restore)
            return tflearn.regression(last, restore=restore), first, last

        net, first, last = network(True)
        model = dnn(net)
        model.save("digits")
        saved = model.get_weights(first.W), model.get_weights(last.W)
        net, first, last = network(False)
        again = dnn(net)
        again.load("digits")
        assert np.array_equal(again.get_weights(first.W), saved[0])
        assert not np.array_equal(again.get_weights(last.W), saved[1])

    def test_a_file_that_lacks_something_changes_nothing(self):
        model = dnn()
        model.save("digits")
        tf.compat.v1.reset_default_graph()
        net = tflearn.input_data([None, 4])
        first = tflearn.fully_connected(net, 8, name="hidden")
        net = tflearn.fully_connected(first, 3, name="other")
        again = dnn(net)
        before = again.get_weights(first.W)
        with pytest.raises(tf.errors.NotFoundError, match="other/W"):
            again.load("digits")
        assert np.array_equal(again.get_weights(first.W), before)
        with pytest.raises(tf.errors.NotFoundError):
            again.load("nowhere")

    def test_another_shape_is_refused(self):
        dnn().save("digits")
        tf.compat.v1.reset_default_graph()
        net = tflearn.input_data([None, 4])
        model = dnn(tflearn.fully_connected(net, 9, name="hidden"))
        with pytest.raises(ValueError, match=r"hidden/W has shape \(4, 9\).*\(4, 8\)"):
            model.load("digits")

    def test_names_can_be_mapped_and_a_scope_taken_away(self):
        model = dnn()
        expected = model.predict(X)
        model.save("digits")
        tf.compat.v1.reset_default_graph()
        with tf.compat.v1.variable_scope("big"):
            net = tflearn.input_data([None, 4])
            net = tflearn.fully_connected(net, 8, activation="relu", name="hidden")
            net = tflearn.fully_connected(net, 3, activation="softmax", name="last")
        again = dnn(net)
        names = {"hidden": "hidden", "last": "output"}

        def in_file(name):
            layer, _, variable = name.removeprefix("big/").partition("/")
            return f"{names[layer]}/{variable}"

        again.load("digits", variable_name_map=in_file)
        assert np.allclose(again.predict(X), expected)
        again.load("digits", variable_name_map=("last", "output"), scope_for_restore="big")
        assert np.allclose(again.predict(X), expected)

    def test_checkpoints_are_written_while_it_trains(self, tmp_path):
        model = dnn(checkpoint_path="c", max_checkpoints=2)
        model.fit(X, Y, n_epoch=3, snapshot_step=2)
        names = {path.name for path in tmp_path.glob("c-*.index")}
        # After steps 2, 3 (end of an epoch), 4, 6 and 6 again, 8 and 9, the last two are kept.
        assert names == {"c-8.index", "c-9.index"}
        assert tf.train.latest_checkpoint(".") == "./c-9"

    def test_the_best_one_is_kept_under_its_accuracy(self, tmp_path):
        model, recorder = dnn(best_checkpoint_path="best"), Recorder()
        model.fit(X, Y, 8, validation_set=(X, Y), show_metric=True, callbacks=recorder)
        best = max(state["val_acc"] or 0 for state in recorder.states)
        names = {path.name for path in tmp_path.glob("best*.index")}
        assert names == {f"best{int(10_000 * round(best, 4))}.index"}


def model_array(path, ending):
    reader = tf.train.load_checkpoint(path)
    (name,) = (each for each in reader.get_variable_to_shape_map() if each.endswith(f"/{ending}"))
    return reader.get_tensor(name)


class TestSessions:
    def test_a_second_model_has_fresh_weights_and_the_first_keeps_its_own(self):
        net = classifier()
        first = dnn(net)
        first.fit(X, Y, n_epoch=3)
        expected = first.predict(X)
        second = dnn(net)
        before = second.predict(X)
        assert not np.array_equal(before, expected)
        second.fit(X, Y, n_epoch=1)
        assert not np.array_equal(second.predict(X), before)
        assert np.array_equal(first.predict(X), expected)
        assert np.allclose(first.keras_model(X), expected, atol=1e-6)
        assert np.allclose(second.keras_model(X), second.predict(X), atol=1e-6)

    def test_a_model_in_the_same_session_shares_the_weights(self):
        net = tflearn.input_data([None, 4])
        encoder = tflearn.fully_connected(net, 2, name="encoder")
        decoder = tflearn.regression(
            tflearn.fully_connected(encoder, 4), loss="mean_square", metric=None
        )
        model = dnn(decoder)
        model.fit(X, X, n_epoch=3)
        encoding = tflearn.DNN(encoder, session=model.session).predict(X)
        weights, bias = model.get_weights(encoder.W), model.get_weights(encoder.b)
        assert np.allclose(encoding, X @ weights + bias, atol=1e-5)

    def test_what_is_no_session_is_refused(self):
        with pytest.raises(ValueError, match=r"model\.session"):
            dnn(session="session")

    def test_weights_are_set_and_read(self):
        net = tflearn.fully_connected(tflearn.input_data([None, 4]), 3)
        model = dnn(net)
        model.set_weights(net.W, np.ones((4, 3)))
        assert (model.get_weights(net.W) == 1).all()
        with pytest.raises(ValueError, match="Give values of its own shape"):
            model.set_weights(net.W, np.ones((3, 4)))
        assert np.allclose(model.predict(X), X.sum(axis=1, keepdims=True), atol=1e-5)


class TestKerasModel:
    def test_it_trains_on_and_is_saved_as_keras_does(self, tmp_path):
        model = dnn()
        model.fit(X, Y, n_epoch=2)
        network = model.keras_model
        network.save(tmp_path / "digits.keras")
        again = keras.models.load_model(tmp_path / "digits.keras")
        assert np.allclose(again(X), model.predict(X), atol=1e-6)
        network.compile(keras.optimizers.SGD(0.1), "categorical_crossentropy")
        before = model.predict(X)
        network.fit(X, Y, epochs=1, verbose=0)
        assert not np.array_equal(model.predict(X), before)

    def test_the_network_of_2017_has_its_parameters(self):
        net = tflearn.input_data([None, 28, 28, 1], name="input")
        for filters in (32, 64):
            net = tflearn.max_pool_2d(tflearn.conv_2d(net, filters, 2, activation="relu"), 2)
        net = tflearn.dropout(tflearn.fully_connected(net, 1024, activation="relu"), 0.8)
        net = tflearn.fully_connected(net, 10, activation="softmax")
        model = dnn(tflearn.regression(net))
        assert model.keras_model.count_params() == 3_230_954
        assert [layer.__module__.split(".")[0] for layer in model.keras_model.layers] == [
            "keras"
        ] * len(model.keras_model.layers)


def test_a_loss_that_is_not_one_number_is_refused():
    net = tflearn.fully_connected(tflearn.input_data([None, 4]), 3)
    net = tflearn.regression(net, loss=lambda p, y: tf.reduce_sum(p - y, 1))
    with pytest.raises(ValueError, match=r"loss of 'Adam' has shape \(None,\).*tf.reduce_mean"):
        tflearn.DNN(net)


def test_it_works_inside_a_graph_of_tensorflow_1():
    with tf.Graph().as_default():
        model = dnn()
        model.fit(X, Y, n_epoch=1)
        assert model.predict(X).shape == (130, 3)
