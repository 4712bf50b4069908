"""Running lessons again: nothing of the machine or the hour stays, and running twice is once."""

import json
import sys
import tempfile
from copy import deepcopy
from pathlib import Path

import nbformat
import pytest

from scripts import notebooks
from scripts.kernels import NamedSockets
from scripts.notebooks import NotebookError, execute, leaks, main, normalise, written

NEW = nbformat.v4
RICH = """
import sys
import ipywidgets
from hedgelib.course import say
print("one", flush=True)
print("two", flush=True)
print("a warning", file=sys.stderr)
say("that is $5 and $6")

class Both:
    def _repr_mimebundle_(self, include=None, exclude=None):
        view = ipywidgets.IntSlider()._repr_mimebundle_()
        return {**view, "text/plain": "still"}

display(ipywidgets.IntSlider())
ipywidgets.interact(lambda x: print(x), x=3)
Both()
"""


def notebook(*sources, **metadata):
    cells = [NEW.new_code_cell(source.strip()) for source in sources]
    for i, cell in enumerate(cells):
        cell.id = f"cell-{i}"
    return NEW.new_notebook(cells=cells, metadata=metadata)


@pytest.fixture
def file(tmp_path):
    def write(*sources, name="tiny.ipynb"):
        path = tmp_path / name
        nbformat.write(notebook(*sources), path)
        return path

    return write


def test_second_run_changes_nothing(file, capsys, monkeypatch, tmp_path):
    path = file(RICH, "6 * 7")
    monkeypatch.chdir(tmp_path)
    assert main(["--check", path.name]) == 1
    assert "tiny.ipynb: would change: cell 1, cell 2" in capsys.readouterr().out
    assert main([path.name]) == 0
    told = capsys.readouterr()
    assert told.out == "tiny.ipynb: written\n"
    assert "tiny.ipynb, cell 1, left out: a warning" in told.err
    first = path.read_bytes()
    assert main([path.name]) == 0
    assert path.read_bytes() == first
    assert capsys.readouterr().out == "tiny.ipynb: unchanged\n"

    saved = json.loads(first)
    assert first.endswith(b"}\n")
    assert saved["metadata"]["language_info"] == notebooks.LANGUAGE
    assert saved["metadata"]["kernelspec"]["name"] == "python3"
    assert "widgets" not in saved["metadata"]
    cell, last = saved["cells"]
    assert cell["id"] == "cell-0"
    # It begins with imports, and is folded.
    assert cell["metadata"] == {"jupyter": {"source_hidden": True}, "tags": ["hide-input"]}
    assert last["metadata"] == {}
    kinds = [
        "".join(o["text"]) if o["output_type"] == "stream" else sorted(o["data"])
        for o in cell["outputs"]
    ]
    assert kinds == ["one\ntwo\n", ["text/markdown", "text/plain"], ["text/plain"], ["text/plain"]]
    assert last["outputs"][0]["data"]["text/plain"] == ["42"]
    assert last["execution_count"] == 2


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ("1 / 0", "a cell fails(.|\n)*ZeroDivisionError"),
        ("import hedgelib; hedgelib.__file__", "cell 1 shows a path of this machine"),
        ("open('left.txt', 'w').close()", "writes left.txt into its working folder"),
    ],
)
def test_what_must_not_be_kept(file, source, message):
    path = file(source)
    before = path.read_bytes()
    with pytest.raises(NotebookError, match=message) as caught:
        execute(path)
    assert "\x1b" not in str(caught.value)
    assert main([str(path)]) == 1
    assert path.read_bytes() == before


def test_a_cell_that_hangs_or_kills_its_kernel(file, monkeypatch):
    monkeypatch.setattr(notebooks, "SECONDS_PER_CELL", 3)
    with pytest.raises(NotebookError, match="3 seconds"):
        execute(file("while True: pass"))
    with pytest.raises(NotebookError, match="died"):
        execute(file("import os; os._exit(1)"))


def test_one_bad_lesson_does_not_stop_the_others(file, capsys):
    bad, good = file("oops", name="a.ipynb"), file("1", name="b.ipynb")
    assert main([str(bad), str(good)]) == 1
    told = capsys.readouterr()
    assert "b.ipynb: written" in told.out
    assert "NameError" in told.err


@pytest.mark.parametrize(
    ("content", "message"), [(None, "there is no such file"), ("{}", "not a notebook")]
)
def test_no_notebook(tmp_path, content, message):
    path = tmp_path / "none.ipynb"
    if content:
        path.write_text(content)
    with pytest.raises(NotebookError, match=message):
        execute(path)


@pytest.mark.parametrize(
    "text",
    [
        str(Path.home() / "x.csv"),
        sys.prefix,
        # Put together here, so that no file of ours names such a place.
        "/".join(["", "tmp", "ipykernel_12", "3.py:4: Warning"]),
        "saved to " + "/".join(["", "home", "alice", "hedge.csv"]),
        r"C:\Users\alice\hedge.csv",
        "<object object at 0x7f46deea2690>",
        "<hedgelib.course.prose.Table at 0x7f46deea2690>",
    ],
)
def test_leaks_are_found(text):
    shown = notebook("1", "2")
    shown.cells[1].outputs = [NEW.new_output("display_data", data={"text/plain": f"it is {text}"})]
    (leak,) = leaks(shown)
    assert leak.startswith("cell 2 shows")


@pytest.mark.parametrize(
    "text",
    [
        "profit/loss",
        "USD/ETH",
        "hedgelib/data",
        "a / b",
        "/".join(["https://a.org", "tmp", "x"]),
        "0x7f",
    ],
)
def test_harmless_text_is_no_leak(text):
    shown = notebook("1")
    shown.cells[0].outputs = [NEW.new_output("stream", text=text)]
    assert not list(leaks(shown))


def test_normalise_keeps_what_matters_and_is_idempotent():
    source = notebook(
        "1", widgets={"state": {}}, language_info={"name": "python", "version": "3.11.7"}, title="T"
    )
    cell = source.cells[0]
    cell.metadata = nbformat.from_dict({"tags": ["parameters"], "execution": {"iopub": "now"}})
    cell.outputs = [
        NEW.new_output(
            "display_data",
            data={notebooks.WIDGET_VIEW: {"model_id": "f00"}, "image/png": "AA=="},
            metadata={"image/png": {"alt": "A line."}},
        ),
        NEW.new_output("display_data", data={notebooks.WIDGET_VIEW: {"model_id": "f00"}}),
    ]
    before = deepcopy(source)
    clean = normalise(source)
    assert source == before
    assert clean.metadata.title == "T"
    assert set(clean.metadata) == {"title", "kernelspec", "language_info"}
    assert clean.cells[0].metadata == {"tags": ["parameters"]}
    (output,) = clean.cells[0].outputs
    assert output.data == {"image/png": "AA=="}
    assert output.metadata["image/png"].alt == "A line."
    assert written(normalise(clean)) == written(clean)


def test_lessons_of_this_copy():
    found = [path.name for path in notebooks.lessons()]
    assert found == sorted(found)
    assert "09_alice.ipynb" in found


def test_without_lessons(monkeypatch, tmp_path, capsys):
    monkeypatch.setattr(notebooks, "ROOT", tmp_path)
    assert main([]) == 1
    assert "name the files to run" in capsys.readouterr().err


@pytest.mark.skipif(sys.platform == "win32", reason="no such sockets there")
def test_two_kernels_of_nbval_cannot_take_the_same_place(monkeypatch):
    # Short: pytest's own folders are too long for a socket.
    with tempfile.TemporaryDirectory() as folder:
        monkeypatch.setenv("JUPYTER_RUNTIME_DIR", folder)
        one, other = NamedSockets(), NamedSockets()
        assert (one.transport, other.transport) == ("ipc", "ipc")
        assert one.ip != other.ip
        monkeypatch.setenv("JUPYTER_RUNTIME_DIR", f"{folder}/{'long' * 30}")
        assert NamedSockets().transport == "tcp"
