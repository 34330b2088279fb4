"""A plan as a script in plain Keras, to read, to run and to go on from.

Nothing of a design reaches the script as it is but its numbers and what can be
chosen: its name, which may come from somebody else's file, is cut to letters
and digits first.
"""

from collections.abc import Iterable

from mnistlab.data.shapes import in_words
from mnistlab.widgets.designer import rules
from mnistlab.widgets.designer.plan import (
    CLASSES,
    IMAGE_SHAPE,
    Plan,
    Row,
    Training,
    Value,
    identifier,
)

WIDTH = 100
"""Characters in a line of the script, at most."""

_FIRST = ("filters", "kernel_size", "pool_size", "rate", "units")
"""Settings that stand in front without their name, as Keras' guides write them."""

_KERAS = {
    "strides": 1,
    "padding": "valid",
    "activation": "linear",
    "kernel_initializer": "glorot_uniform",
    "use_bias": True,
    "momentum": 0.99,
    "epsilon": 0.001,
}
"""What Keras takes where nothing is said; of a pooling's stride that is `None`."""


def to_code(plan: Plan) -> str:
    """Returns a script that builds, trains and evaluates a plan in plain Keras.

    It builds the same model as the designer: the same layers under the same
    names, the same optimizer, loss and metrics. It holds out the same images,
    stops by the same conditions and keeps the best weights.

    Args:
        plan: what the script is to build.

    Returns:
        Python, with `define_model()` and a `main()` that is run when the
        script is.

    Raises:
        DesignError: the rules refuse the plan.

    Example:
        >>> from mnistlab.widgets.designer.templates import template
        >>> text = to_code(template("lenet5"))
        >>> print(text[text.index("def define_model") : text.index("    # 14x14x6")])
        def define_model():
            \"\"\"Builds the network, compiled, with fresh weights.\"\"\"
            image = keras.Input(IMAGE_SHAPE, name="image")
            # 28x28x6, 156 parameters
            x = layers.Conv2D(6, 5, padding="same", activation="relu", name="conv1")(image)
        <BLANKLINE>
    """
    rules.require_sound(plan)
    parts = [
        _head(plan),
        _model(plan),
        _loading(plan),
        *([_HOLD_OUT] if plan.training.validation_share else []),
        *_stops(plan.training),
        _callbacks(plan.training),
        _main(plan),
    ]
    return "\n\n\n".join(part.strip("\n") for part in parts) + "\n"


def _head(plan: Plan) -> str:
    name, training = identifier(plan.name), plan.training
    mnist = _is_of_mnist(plan)
    lines = [
        f'"""The network {name}.',
        "",
        f"Images of {in_words(plan.input_shape)} in {plan.classes} classes; {plan.parameters:,} "
        "parameters.",
        "Written by the designer of MNIST Lab. Running it trains, tests and saves the network.",
        '"""',
        "",
        *(["import time", ""] if training.stop_minutes is not None else []),
    ]
    if mnist:
        lines += [
            "# keras.datasets.mnist.load_data() has the same form.",
            "from mnistlab import load_mnist",
            "",
        ]
    lines += ["import keras", "import numpy as np", "from keras import layers", ""]
    if not mnist:
        lines += [
            "# Your data, with the arrays x_train, y_train, x_test and y_test: pixels from 0 to "
            "255,",
            "# and labels from 0.",
            'DATA = "my_data.npz"',
        ]
    lines += [
        f"IMAGE_SHAPE = {plan.input_shape}",
        f"CLASSES = {plan.classes}",
        f"BATCH_SIZE = {training.batch_size}",
        f"EPOCHS = {training.epochs}",
        f"SEED = {training.seed}",
    ]
    if training.validation_share:
        lines += [
            "# The share of the training images that is not trained on, to measure on after each "
            "epoch.",
            f"HELD_OUT = {training.validation_share}",
        ]
    return "\n".join(lines)


def _is_of_mnist(plan: Plan) -> bool:
    return plan.input_shape == IMAGE_SHAPE and plan.classes == CLASSES


# The model


def _model(plan: Plan) -> str:
    lines = [
        "def define_model():",
        '    """Builds the network, compiled, with fresh weights."""',
        '    image = keras.Input(IMAGE_SHAPE, name="image")',
    ]
    given = "image"
    for row in plan.rows:
        lines += [f"    # {_facts(row)}", _layer(row, given)]
        given = "x"
    training = plan.training
    lines += [
        _call("    model = keras.Model(", ["image", "x", f'name="{identifier(plan.name)}"'], ")"),
        "    model.compile(",
        f"        {_optimizer(training)},",
        f'        loss="{training.loss}",',
        _call("        metrics=[", _metrics(training), "],"),
        "    )",
        "    return model",
    ]
    return "\n".join(lines)


def _facts(row: Row) -> str:
    counted = f", {row.parameters:,} parameters" if row.parameters else ""
    return f"{in_words(row.output_shape)}{counted}"


def _layer(row: Row, given: str) -> str:
    kind = "Dense" if row.layer.kind == "Output" else row.layer.kind
    arguments = [*_arguments(row), f'name="{row.name}"']
    return _call(f"    x = layers.{kind}(", arguments, f")({given})")


def _arguments(row: Row) -> list[str]:
    arguments = []
    for setting in row.layer.of.settings:
        name, value = setting.name, row.layer.settings[setting.name]
        alone = name in _FIRST or row.layer.kind == "Activation"
        usual = (
            None if name == "strides" and "pool_size" in row.layer.settings else _KERAS.get(name)
        )
        if row.layer.kind == "Output" and name == "units":
            arguments.append("CLASSES")
        elif alone:
            arguments.append(_literal(value))
        elif value != usual:
            arguments.append(f"{name}={_literal(value)}")
    return arguments


def _literal(value: Value) -> str:
    return f'"{value}"' if isinstance(value, str) else repr(value)


def _call(head: str, arguments: Iterable[str], tail: str) -> str:
    """A call in one line; in three, or one for each argument, where that is too long."""
    line = f"{head}{', '.join(arguments)}{tail}"
    if len(line) <= WIDTH:
        return line
    inside = " " * (len(head) - len(head.lstrip()) + 4)
    middle = f"{inside}{', '.join(arguments)}"
    if len(middle) > WIDTH:
        middle = "\n".join(f"{inside}{argument}," for argument in arguments)
    return f"{head}\n{middle}\n{inside[4:]}{tail}"


def _optimizer(training: Training) -> str:
    momentum = f", momentum={training.momentum!r}" if training.optimizer == "SGD" else ""
    rate = f"learning_rate={training.learning_rate!r}"
    return f"keras.optimizers.{training.optimizer}({rate}{momentum})"


def _metrics(training: Training) -> list[str]:
    sparse = "Sparse" if training.labels == "integers" else ""
    metrics = [f'keras.metrics.{sparse}CategoricalAccuracy(name="accuracy")']
    if training.top3:
        metrics.append(f'keras.metrics.{sparse}TopKCategoricalAccuracy(k=3, name="top3")')
    return metrics


# The data


def _loading(plan: Plan) -> str:
    if _is_of_mnist(plan):
        load = "    (x_train, y_train), (x_test, y_test) = load_mnist()"
    else:
        load = (
            "    with np.load(DATA) as data:\n"
            '        x_train, y_train = data["x_train"], data["y_train"]\n'
            '        x_test, y_test = data["x_test"], data["y_test"]'
        )
    one_hot = plan.training.labels == "one_hot"
    labels = "keras.utils.to_categorical(labels, CLASSES)" if one_hot else 'labels.astype("int64")'
    prepare = f'''
def prepare(images, labels):
    """Returns images with pixels from 0 to 1, and their labels as the loss takes them."""
    inputs = images.reshape(-1, *IMAGE_SHAPE).astype("float32") / 255
    return inputs, {labels}


def load_data():
    """Returns images and labels: to train on, held out, and to test with."""
{load}
'''
    if plan.training.validation_share:
        return prepare + (
            "    trained, held_out = choose_held_out(y_train)\n"
            "    return (\n"
            "        prepare(x_train[trained], y_train[trained]),\n"
            "        prepare(x_train[held_out], y_train[held_out]),\n"
            "        prepare(x_test, y_test),\n"
            "    )\n"
        )
    return (
        prepare.replace("to train on, held out, and to test with", "to train on and to test with")
        + "    return prepare(x_train, y_train), prepare(x_test, y_test)\n"
    )


_HOLD_OUT = '''
def choose_held_out(labels):
    """Returns the places of the images to train on, and of those held out.

    They are chosen by the seed, evenly from all classes.
    """
    shuffled = np.random.default_rng(SEED).permutation(len(labels))
    by_class = shuffled[np.argsort(labels[shuffled], kind="stable")]
    count = min(max(round(HELD_OUT * len(labels)), 1), len(labels) - 1)
    places = ((np.arange(count) + 0.5) * len(labels) / count).astype(int)
    return np.sort(np.delete(by_class, places)), np.sort(by_class[places])
'''


# The training


def _measure(training: Training, name: str) -> str:
    """What a callback goes by: the held-out images where there are some."""
    return f"val_{name}" if training.validation_share else name


def _stops(training: Training) -> list[str]:
    classes = []
    if training.stop_accuracy is not None:
        classes.append(_stop_at("Accuracy", "reaches", ">=", training))
    if training.stop_loss is not None:
        classes.append(_stop_at("Loss", "falls to", "<=", training))
    if training.stop_minutes is not None:
        classes.append(_STOP_AFTER)
    return classes


def _stop_at(what: str, reaches: str, sign: str, training: Training) -> str:
    measure = _measure(training, what.lower())
    return f'''
class StopAt{what}(keras.callbacks.Callback):
    """Ends the training when the {what.lower()} {reaches} a goal."""

    def __init__(self, goal):
        super().__init__()
        self.goal = goal

    def on_epoch_end(self, epoch, logs=None):
        if logs["{measure}"] {sign} self.goal:
            self.model.stop_training = True
'''


_STOP_AFTER = '''
class StopAfter(keras.callbacks.Callback):
    """Ends the training after a number of minutes."""

    def __init__(self, minutes):
        super().__init__()
        self.minutes = minutes

    def on_train_begin(self, logs=None):
        self.end = time.monotonic() + 60 * self.minutes

    def on_train_batch_end(self, batch, logs=None):
        if time.monotonic() >= self.end:
            self.model.stop_training = True
'''


def _callbacks(training: Training) -> str:
    measure = "val_accuracy" if training.validation_share else "loss"
    mode = "max" if training.validation_share else "min"
    lines = [
        "def callbacks():",
        '    """What is done beside the training: keeping the best weights'
        + (', and stopping early."""' if _stopping(training) else '."""'),
        "    return [",
        "        # With a patience that never ends, it only keeps the weights of the best epoch.",
        "        keras.callbacks.EarlyStopping(",
        f'            monitor="{measure}", mode="{mode}", patience=EPOCHS, '
        "restore_best_weights=True",
        "        ),",
        *(f"        {each}," for each in _stopping(training)),
        "    ]",
    ]
    return "\n".join(lines)


def _stopping(training: Training) -> list[str]:
    made = []
    if training.stop_accuracy is not None:
        made.append(f"StopAtAccuracy({training.stop_accuracy!r})")
    if training.stop_loss is not None:
        made.append(f"StopAtLoss({training.stop_loss!r})")
    if training.stop_minutes is not None:
        made.append(f"StopAfter(minutes={training.stop_minutes!r})")
    if training.patience is not None:
        loss = _measure(training, "loss")
        made.append(
            f'keras.callbacks.EarlyStopping(monitor="{loss}", patience={training.patience})'
        )
    return made


def _main(plan: Plan) -> str:
    held_out = bool(plan.training.validation_share)
    unpacked = "train, held_out, test" if held_out else "train, test"
    validation = "        validation_data=held_out,\n" if held_out else ""
    return f'''
def main():
    """Trains the network, measures it on the test images, and saves it."""
    keras.utils.set_random_seed(SEED)
    {unpacked} = load_data()
    model = define_model()
    model.summary()
    model.fit(
        *train,
{validation}        batch_size=BATCH_SIZE,
        epochs=EPOCHS,
        callbacks=callbacks(),
        verbose=2,
    )
    results = model.evaluate(*test, verbose=0, return_dict=True)
    print(f"accuracy on the test images: {{results['accuracy']:.2%}}")
    model.save("{identifier(plan.name)}.keras")


if __name__ == "__main__":
    main()
'''
