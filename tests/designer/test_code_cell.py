"""Code on the page: as it is, with nothing asked of another site."""

import re

from mnistlab.widgets.designer.document import Design
from mnistlab.widgets.designer.views.code_cell import CodeCell

import pytest


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
