"""Random designs for tests: all kinds of layers, in any order, right and wrong."""

from mnistlab.widgets.designer.palette import KINDS, Setting
from mnistlab.widgets.designer.plan import TRAINING, Layer, Plan, Training, Value

from hypothesis import strategies as st

SMALL = {"filters": 6, "units": 20, "batch_size": 8, "epochs": 2}
"""Largest numbers of what makes a test slow."""

OUTSIDE = (-1, 0, 513, 5000, 1_000_000)


def _values(setting: Setting, wild: bool) -> st.SearchStrategy[Value]:
    if setting.choices:
        values = st.sampled_from(setting.choices)
    elif setting.type is bool:
        values = st.booleans()
    elif setting.type is float:
        # No st.floats: TensorFlow switches the smallest numbers off, which it refuses.
        span = setting.largest - setting.smallest
        shares = st.integers(0, 20).map(lambda step: setting.smallest + span * step / 20)
        inside = shares.filter(setting.allows)
        outside = st.sampled_from([-0.5, 1.5, 20_000.0]).filter(lambda v: not setting.allows(v))
        values = inside | outside if wild else inside
    else:
        largest = min(setting.largest, SMALL.get(setting.name, 6))
        inside = st.integers(int(setting.smallest), int(largest))
        outside = st.sampled_from(OUTSIDE).filter(lambda value: not setting.allows(value))
        values = inside | outside if wild else inside
    return st.none() | values if setting.optional else values


def _of(settings: tuple[Setting, ...], wild: bool) -> st.SearchStrategy[dict[str, Value]]:
    """Mostly as they are to begin with: otherwise nearly every random design were wrong."""
    each = {setting.name: st.just(setting.default) | _values(setting, wild) for setting in settings}
    return st.fixed_dictionaries(each)


def layers(wild: bool = True, kinds: tuple[str, ...] = tuple(KINDS)) -> st.SearchStrategy[Layer]:
    """One layer; if wild, also with numbers that are out of their range."""
    return st.sampled_from(kinds).flatmap(
        lambda kind: st.builds(Layer, st.just(kind), _small(_of(KINDS[kind].settings, wild)))
    )


def _small(settings: st.SearchStrategy[dict[str, Value]]) -> st.SearchStrategy[dict[str, Value]]:
    """As large as a quick test can take: the palette begins with 32 filters and 128 units."""
    return settings.map(
        lambda found: {
            name: SMALL[name] if name in SMALL and value in (32, 128) else value
            for name, value in found.items()
        }
    )


def trainings(wild: bool = True) -> st.SearchStrategy[Training]:
    """A way to train; if wild, also one that cannot be."""
    return _small(_of(tuple(TRAINING.values()), wild)).map(lambda found: Training(**found))


SHAPES = st.tuples(st.integers(1, 20), st.integers(1, 20), st.integers(1, 3))


@st.composite
def plans(draw: st.DrawFn, wild: bool = True) -> Plan:
    """A plan of any layers; about half of those that are not wild can be built."""
    count = draw(st.integers(0, 6))
    if wild:
        chosen = [draw(layers()) for _ in range(count)]
        training = draw(trainings())
    else:
        maps = ("Conv2D", "MaxPooling2D", "AveragePooling2D")
        anywhere = ("BatchNormalization", "Activation", "Dropout")
        chosen = [draw(layers(False, maps + anywhere)) for _ in range(count)]
        chosen.append(draw(layers(False, ("Flatten", "GlobalAveragePooling2D"))))
        chosen += [
            draw(layers(False, ("Dense", *anywhere))) for _ in range(draw(st.integers(0, 2)))
        ]
        training = Training()
    classes = draw(st.integers(2 - wild, 12))
    if not wild or draw(st.booleans()):
        chosen.append(Layer("Output", {"units": classes, "activation": "softmax"}))
    return Plan("random", draw(SHAPES), classes, tuple(chosen), training)
