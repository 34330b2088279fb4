"""Names of tflearn that are not here: each is there, and says what there is in its place."""

import functools
import importlib
import re
import sys

import mnistlab.tflearn
from mnistlab.tflearn import unsupported

import pytest

ALL = [(path, name) for path, names in unsupported.NAMES.items() for name in names]
DOTTED = re.compile(r"\b(?:keras|tf|sklearn|scipy|tflearn)(?:\.\w+)+")


def module_of(path):
    return importlib.import_module(f"mnistlab.tflearn.{path}")


def resolve(dotted):
    root, *parts = dotted.split(".")
    real = {"tf": "tensorflow", "tflearn": "mnistlab.tflearn"}.get(root, root)
    if root in ("sklearn", "scipy"):
        real, parts = ".".join([root, *parts[:-1]]), parts[-1:]
    return functools.reduce(getattr, parts, importlib.import_module(real))


@pytest.mark.parametrize(("path", "name"), ALL)
class TestEveryName:
    def test_is_there_and_says_what_to_use(self, path, name):
        instead = unsupported.NAMES[path][name][0]
        said = rf"^tflearn\.(\w+\.)*{name} is not part of mnistlab\.tflearn\. Use {instead}: .*\.$"
        with pytest.raises(NotImplementedError, match=said):
            getattr(module_of(path), name)(128, return_seq=True)

    def test_is_advised_what_exists(self, path, name):
        instead, how = unsupported.NAMES[path][name]
        named = [instead, *DOTTED.findall(how)]
        assert all(callable(resolve(each)) or each == "tf.data" for each in named)

    def test_is_of_the_kind_that_it_was(self, path, name):
        there = getattr(module_of(path), name)
        assert isinstance(there, type) == name[0].isupper()
        assert there.__name__ == name


def test_what_is_at_the_top_is_the_same_there():
    for path, names in unsupported.TOP_LEVEL.items():
        for name in names:
            assert getattr(mnistlab.tflearn, name) is getattr(module_of(path), name)


def test_it_is_named_as_scripts_call_it():
    with pytest.raises(NotImplementedError, match=r"^tflearn\.lstm is not.*keras\.layers\.LSTM"):
        mnistlab.tflearn.lstm(None, 128)
    with pytest.raises(NotImplementedError, match=r"^tflearn\.layers\.conv\.atrous_conv_2d is not"):
        mnistlab.tflearn.layers.conv.atrous_conv_2d(None, 8, 3, 2)


def test_a_class_can_be_derived_from():
    class Own(mnistlab.tflearn.SequenceGenerator):
        pass

    with pytest.raises(NotImplementedError, match="SequenceGenerator"):
        Own()


def test_what_has_a_file_keeps_it():
    for name, module in list(sys.modules.items()):
        if name.startswith("mnistlab.tflearn.") and not hasattr(module, "__file__"):
            made = set(unsupported.NAMES[name.removeprefix("mnistlab.tflearn.")])
            assert {each for each in vars(module) if not each.startswith("__")} == made
