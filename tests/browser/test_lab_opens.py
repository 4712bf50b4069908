"""JupyterLab opens in a real browser, runs a notebook, and asks nothing of the outside."""

import nbformat

SOURCE = """
import sys, hedgelib, ipywidgets
print(f"hello from Python {sys.version_info.major}")
ipywidgets.IntSlider(value=3, description="moves")
"""


def test_notebook_runs_in_lab(lab_server, open_notebook, outside_requests, page_errors):
    cells = [nbformat.v4.new_code_cell(SOURCE), nbformat.v4.new_code_cell("6 * 7")]
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    smoke = nbformat.v4.new_notebook(cells=cells, metadata={"kernelspec": kernel})
    nbformat.write(smoke, lab_server.notebooks / "smoke.ipynb")

    notebook = open_notebook("smoke.ipynb")
    first, second = notebook.run_all()

    assert first[0] == {
        "output_type": "stream",
        "name": "stdout",
        "text": "hello from Python 3\n",
    }
    assert second[0]["data"]["text/plain"] == "42"
    handle = notebook.page.locator(".noUi-handle")
    handle.press("ArrowRight")
    notebook.page.locator(".widget-readout", has_text="4").wait_for()
    assert outside_requests == []
    assert page_errors == []


def test_page_cannot_leave_the_machine(page, outside_requests):
    reached = page.evaluate("fetch('http://hedgelib.invalid/').then(() => true, () => false)")
    assert not reached
    assert outside_requests == ["http://hedgelib.invalid/"]
