"""Sessions: several sets of values for one network."""

from mnistlab.tflearn.graph import current
from mnistlab.tflearn.session import Session, value

import keras
import numpy as np
import pytest


def variable(name="fc/W", values=(1.0, 2.0)):
    made = keras.Variable(np.array(values, "float32"))
    current().add_variable(name, made, lambda: np.array([7.0, 8.0], "float32"))
    return made


class TestSession:
    def test_the_first_has_the_values_that_the_variables_hold(self):
        weights = variable()
        session = Session()
        assert session.owns([weights])
        with session.active():
            weights.assign([3, 4])
        assert weights.numpy().tolist() == [3, 4]

    def test_the_second_has_fresh_ones_and_leaves_the_first_its_own(self):
        weights = variable()
        first, second = Session(), Session()
        assert not second.owns([weights])
        assert value(weights, second).tolist() == [7, 8]
        with second.active():
            weights.assign([9, 9])
            with second.active():
                assert weights.numpy().tolist() == [9, 9]
        assert weights.numpy().tolist() == value(weights, first).tolist() == [1, 2]
        assert value(weights, second).tolist() == [9, 9]

    def test_values_are_put_back_after_an_error(self):
        weights = variable()
        Session()
        second = Session()
        with pytest.raises(KeyError), second.active():
            raise KeyError
        assert weights.numpy().tolist() == [1, 2]

    def test_a_variable_made_later_belongs_to_whoever_takes_it_first(self):
        variable()
        first = Session()
        later = variable("fc_1/W")
        second = Session()
        assert second.owns([later])
        first.adopt()
        assert not first.owns([later])

    def test_as_default_puts_its_values_in_place(self):
        weights = variable()
        Session()
        with Session().as_default():
            assert value(weights).tolist() == [7, 8]
        assert value(weights).tolist() == [1, 2]

    def test_there_is_no_graph_to_run(self):
        with pytest.raises(NotImplementedError, match=r"DNN.predict"):
            Session().run("anything")
