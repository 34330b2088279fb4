"""Code on the page: as it is, with nothing asked of another site."""

import re
import runpy
from pathlib import Path

from mnistlab.widgets.designer.document import Design
from mnistlab.widgets.designer.views.code_cell import CodeCell

import pytest
from traitlets.config import Config


def test_it_holds_code_as_it_is():
    cell = CodeCell()
    assert (cell.code, cell.name) == ("", "")
    text = '"""<img src=x onerror=alert(1)>"""\n' + Design.from_template("lenet5").to_code()
    cell.show(text, "<b>lenet5</b>.py")
    assert (cell.code, cell.name) == (text, "<b>lenet5</b>.py")
    cell.clear()
    assert (cell.code, cell.name) == ("", "")


def test_code_and_name_are_sent_together(monkeypatch):
    cell = CodeCell()
    sent = []
    monkeypatch.setattr(cell, "send_state", lambda key=None: sent.append(set(key or ())))
    cell.show("print(7)", "seven.py")
    assert sent == [{"code", "name"}]


@pytest.mark.parametrize(
    "what", ["innerHTML", "outerHTML", "insertAdjacentHTML", "fetch(", "eval("]
)
def test_its_script_makes_no_html_of_text_and_asks_no_other_site(what):
    assert what not in CodeCell()._esm
    assert not re.search(r"https?://", CodeCell()._esm)


def test_the_settings_file_lets_the_button_open_a_cell(monkeypatch):
    from jupyterlab.labapp import LabApp

    monkeypatch.setenv("PYTHONSTARTUP", "")
    config, file = Config(), Path(__file__).parents[2] / "jupyter_server_config.py"
    runpy.run_path(str(file), {"get_config": lambda: config})
    assert config.LabApp.expose_app_in_browser is True
    assert "expose_app_in_browser" in LabApp.class_traits(config=True)
