"""A learner's own copy: no answers in it, and nothing that they changed is lost."""

from __future__ import annotations

import json
import re
import shutil

import pytest

from hedgelib import HedgeError, InvalidInput
from hedgelib.course import contents, learner, lesson_map
from hedgelib.course.learner import RECORD, copy_lessons, fresh_copy
from tests.corpus import FILES, questions_of_notebooks
from tests.labtools import ROOT

LESSON, BESIDE = "03_how_much_to_short.ipynb", "03_how_much_to_short-new.ipynb"
NOTEBOOKS = ROOT / "notebooks"
NAMES = {path.name for path in NOTEBOOKS.glob("*.ipynb")} | {"reports/hedge_report.ipynb"}


@pytest.fixture
def originals(tmp_path, monkeypatch):
    """Originals that a test may revise."""
    folder = tmp_path / "originals"
    shutil.copytree(ROOT / "notebooks", folder)
    monkeypatch.setattr(learner, "notebooks_folder", lambda: folder)
    return folder


def cells(path):
    return json.loads(path.read_text())["cells"]


def rewrite(path, text):
    """Put a sentence into the first cell of a notebook, as somebody would who works in it."""
    notebook = json.loads(path.read_text())
    notebook["cells"][0]["source"] = [text]
    path.write_text(json.dumps(notebook))


def run(path):
    """Leave outputs in a notebook, as running it does."""
    notebook = json.loads(path.read_text())
    for cell in notebook["cells"]:
        if cell["cell_type"] == "code":
            cell["execution_count"] = 7
            cell["outputs"] = [{"output_type": "stream", "name": "stdout", "text": ["done"]}]
    path.write_text(json.dumps(notebook))


def test_every_lesson_is_copied_unrun_and_otherwise_the_same(tmp_path):
    copied = copy_lessons(tmp_path / "mine")
    assert set(copied.written) == NAMES
    for name in NAMES:
        mine = json.loads((tmp_path / "mine" / name).read_text())
        theirs = json.loads((ROOT / "notebooks" / name).read_text())
        for cell in theirs["cells"]:
            if cell["cell_type"] == "code":
                cell["outputs"], cell["execution_count"] = [], None
        assert mine == theirs


def test_every_link_leads_somewhere_in_the_copy(tmp_path):
    copy_lessons(tmp_path)
    for name in NAMES:
        for cell in cells(tmp_path / name):
            links = re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", "".join(cell["source"]))
            for link in links if cell["cell_type"] == "markdown" else ():
                target = (tmp_path / name).parent / link
                assert target.is_file(), f"{name}: {link}"
                assert target.resolve().is_relative_to(tmp_path)


def test_no_answer_is_in_a_copy(tmp_path):
    copy_lessons(tmp_path)
    for name, asked in questions_of_notebooks().items():
        path = tmp_path / FILES[name.partition(".")[0]].name
        page = " ".join(path.read_text().split())
        options = asked.options
        told = [asked.part("solution"), *(asked.reason(option) for option in options), *asked.hints]
        assert not [text for text in told if text and " ".join(text.split()) in page], name


def test_again_nothing_is_written(tmp_path):
    copy_lessons(tmp_path)
    before = {path.name: path.stat().st_mtime_ns for path in tmp_path.glob("*.ipynb")}
    run(tmp_path / LESSON)
    done = (tmp_path / LESSON).read_text()
    copied = copy_lessons(tmp_path)
    assert (copied.written, copied.kept, copied.beside) == ([], [], {})
    assert (tmp_path / LESSON).read_text() == done, "what was run stays run"
    del before[LESSON]
    assert all((tmp_path / name).stat().st_mtime_ns == when for name, when in before.items())


def test_a_changed_lesson_is_kept(tmp_path):
    copy_lessons(tmp_path)
    rewrite(tmp_path / LESSON, "my notes")
    copied = copy_lessons(tmp_path)
    assert copied.kept == [LESSON]
    assert cells(tmp_path / LESSON)[0]["source"] == ["my notes"]
    assert f"Kept as you have changed them: {LESSON}." in str(copied)


def test_a_revised_lesson_replaces_one_that_was_only_run(tmp_path, originals):
    copy_lessons(tmp_path / "mine")
    run(tmp_path / "mine" / LESSON)
    rewrite(originals / LESSON, "revised")
    assert copy_lessons(tmp_path / "mine").written == [LESSON]
    assert cells(tmp_path / "mine" / LESSON)[0]["source"] == ["revised"]


def test_a_revised_lesson_is_put_beside_a_changed_one(tmp_path, originals, monkeypatch, capsys):
    mine = tmp_path / "mine"
    copy_lessons(mine)
    rewrite(mine / LESSON, "my notes")
    rewrite(originals / LESSON, "revised")
    for _ in range(2):
        copied = copy_lessons(mine)
        assert copied.beside == {LESSON: BESIDE}
        assert cells(mine / LESSON)[0]["source"] == ["my notes"]
        assert cells(mine / BESIDE)[0]["source"] == ["revised"]
    # Revised again: the one beside it follows, until the learner has written into it.
    rewrite(originals / LESSON, "revised again")
    copy_lessons(mine)
    assert cells(mine / BESIDE)[0]["source"] == ["revised again"]
    rewrite(mine / BESIDE, "notes here too")
    rewrite(originals / LESSON, "and again")
    copy_lessons(mine)
    assert cells(mine / BESIDE)[0]["source"] == ["notes here too"]
    monkeypatch.chdir(mine)
    lesson_map()
    assert f"[{LESSON}]({LESSON}) has been revised since you changed it" in capsys.readouterr().out


def test_a_file_of_another_kind_is_never_written_over(tmp_path):
    (tmp_path / LESSON).write_text("my own notes, no notebook")
    copied = copy_lessons(tmp_path)
    assert (tmp_path / LESSON).read_text() == "my own notes, no notebook"
    assert copied.beside == {LESSON: BESIDE}


def test_a_fresh_copy_lays_the_old_one_aside(tmp_path):
    copy_lessons(tmp_path)
    for attempt, aside in enumerate(("03_how_much_to_short-mine", "03_how_much_to_short-mine1")):
        rewrite(tmp_path / LESSON, f"attempt {attempt}")
        assert f"What you had is in {aside}.ipynb" in fresh_copy("03", tmp_path)
        assert cells(tmp_path / f"{aside}.ipynb")[0]["source"] == [f"attempt {attempt}"]
        assert "attempt" not in "".join(cells(tmp_path / LESSON)[0]["source"])


@pytest.mark.parametrize("number", ["77", "3", "", "../03"])
def test_a_fresh_copy_of_what_is_no_lesson(tmp_path, number):
    copy_lessons(tmp_path)
    with pytest.raises(InvalidInput, match="number must be that of a lesson"):
        fresh_copy(number, tmp_path)


def test_a_fresh_copy_elsewhere_touches_nothing(tmp_path):
    (tmp_path / LESSON).write_text("{}")
    with pytest.raises(InvalidInput, match="no folder of lessons"):
        fresh_copy("03", tmp_path)
    assert (tmp_path / LESSON).read_text() == "{}"


def test_the_originals_are_no_place_to_work_in(tmp_path, originals):
    for folder in (originals, tmp_path / "mine" / ".." / "originals"):
        with pytest.raises(InvalidInput, match="name another folder"):
            copy_lessons(folder)


def test_a_folder_that_cannot_be_is_one_clear_sentence(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(HedgeError, match=r"file/mine cannot be made: Not a directory"):
        copy_lessons(tmp_path / "file" / "mine")
    (tmp_path / RECORD).write_text("[]")
    with pytest.raises(HedgeError, match="cannot be read"):
        copy_lessons(tmp_path)


def test_no_record_keeps_all_that_was_changed(tmp_path):
    copy_lessons(tmp_path)
    rewrite(tmp_path / LESSON, "my notes")
    (tmp_path / RECORD).unlink()
    assert copy_lessons(tmp_path).beside == {LESSON: BESIDE}


def test_the_map_names_every_lesson_that_is_copied(tmp_path):
    copy_lessons(tmp_path)
    assert all((tmp_path / f"{stem}.ipynb").is_file() for stem, _, _ in contents.LESSONS.values())
