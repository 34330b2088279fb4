"""`python -m mnistlab.tflearn script.py`: a script that nobody changed."""

import subprocess
import sys

from mnistlab.tflearn.__main__ import main

import pytest

SCRIPT = """
import sys

import numpy as np
import tflearn
from beside import ROWS
from tflearn.layers.core import fully_connected, input_data

net = fully_connected(input_data([None, 2]), 1, weights_init=np.ones((2, 1)))
print(__name__, sys.argv[1:], tflearn.DNN(net).predict(ROWS).tolist())
"""


def test_a_script_is_run_as_it_is(tmp_path):
    (tmp_path / "beside.py").write_text("ROWS = [[1, 2], [3, 4]]\n")
    (tmp_path / "script.py").write_text(SCRIPT)
    done = subprocess.run(
        [sys.executable, "-m", "mnistlab.tflearn", tmp_path / "script.py", "--fast"],
        capture_output=True,
        text=True,
    )
    assert done.stdout == "__main__ ['--fast'] [[3.0], [7.0]]\n", done.stderr


@pytest.mark.parametrize(
    ("arguments", "said"),
    [([], "Usage: python -m mnistlab.tflearn"), (["nowhere.py"], r"no script nowhere\.py")],
)
def test_what_it_needs_is_said(arguments, said):
    with pytest.raises(SystemExit, match=said):
        main(arguments)
