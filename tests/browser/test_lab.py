"""The course as a learner opens it: JupyterLab in a real browser."""


def test_the_first_notebook_runs_from_top_to_bottom(lab, page):
    notebook = lab.open(page, "00_start_here.ipynb")
    notebook.run_all()
    assert notebook.errors() == []


def test_nothing_is_asked_of_any_other_machine(lab, page):
    asked = []
    page.on("request", lambda request: asked.append(request.url))
    lab.open(page, "00_start_here.ipynb")
    assert asked
    elsewhere = (lab.address, lab.address.replace("http", "ws"), "data:", "blob:")
    assert not [url for url in asked if not url.startswith(elsewhere)]
