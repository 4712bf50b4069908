"""What the workbook shows is there for everybody: every picture in words, nothing that axe minds.

In JupyterLab, in Notebook 7, in exported pages, in reports and on the pages of a class.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from html import unescape

import nbformat
import pytest
from nbconvert import HTMLExporter
from playwright.sync_api import expect

from hedgelib.classroom.book import Score
from hedgelib.classroom.classview import ClassView
from hedgelib.classroom.interface import Answer, Outcome, Refused
from hedgelib.classroom.pages import class_page, feedback_page, overview_page
from hedgelib.classroom.personal import Numbers, draw, row
from hedgelib.classroom.records import Record
from hedgelib.classroom.results import copied, mark_record
from hedgelib.classroom.scenarios import scenario
from hedgelib.classroom.source import exercises_folder, read_source
from scripts.notebooks import WIDGET_VIEW
from tests.axetools import violations
from tests.labtools import FRONT_ENDS, PATIENCE_SECONDS, ROOT

PATIENCE = PATIENCE_SECONDS * 1000
NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))
# The element of an output or a text is Jupyter's; what it holds is ours.
OURS = ":is(.jp-OutputArea-output, .jp-MarkdownOutput) > *"
# Not the logo of Jupyter.
SHOWN = ":is(.jp-OutputArea-output, main) img"
LIGHT = "document.body.dataset.jpThemeLight"
PICTURE = re.compile(r'<img [^>]*\balt="([^"]*)"')


def pictured(path):
    """Return the cells of a notebook that show a picture, and the words for each."""
    cells, words = [], []
    for cell in nbformat.read(path, as_version=4).cells:
        data = [output.get("data", {}) for output in cell.get("outputs", [])]
        alts = [unescape(alt) for one in data for alt in PICTURE.findall(one.get("text/html", ""))]
        if alts:
            cells.append(cell)
            words += alts
    return cells, words


def pictures_in(page):
    """Wait until every picture is there to be seen; return the words for each."""
    shown = page.locator(SHOWN)
    assert shown.evaluate_all("images => Promise.all(images.map(i => i.decode())).then(() => true)")
    return shown.evaluate_all("images => images.map(i => i.alt)")


@pytest.mark.parametrize(
    ("lab_server", "name"),
    [*zip(FRONT_ENDS, ["01_spot_and_futures.ipynb", "09_alice.ipynb"], strict=True)],
    indirect=["lab_server"],
)
def test_a_lesson_that_was_run(name, open_notebook):
    notebook = open_notebook(name)
    page = notebook.page
    outputs = [output for outputs in notebook.run_all() for output in outputs]
    widgets = sum(WIDGET_VIEW in output.get("data", {}) for output in outputs)
    assert widgets > 1
    expect(page.locator(".hedge-explorer, .hedge-question")).to_have_count(
        widgets, timeout=PATIENCE
    )
    for picture in page.locator(".hedge-explorer .picture").all():
        expect(picture.locator("svg")).to_have_count(1, timeout=PATIENCE)
    assert pictures_in(page), "no picture"
    assert page.locator(f"{OURS} table, table:is({OURS})").count(), "no table"
    for theme, light in (("JupyterLab Light", "true"), ("JupyterLab Dark", "false")):
        page.evaluate(
            "theme => window.jupyterapp.commands.execute('apputils:change-theme', {theme})", theme
        )
        page.wait_for_function(f"light => {LIGHT} === light", arg=light)
        for width in (1400, 600):
            page.set_viewport_size({"width": width, "height": 1000})
            assert violations(page, OURS) == []


@pytest.mark.parametrize("lab_server", FRONT_ENDS, indirect=True)
def test_every_picture_has_its_words_before_anything_runs(lab_server, open_notebook):
    """Jupyter takes what it does not trust out of a page; the words for pictures stay."""
    found = [pictured(path) for path in NOTEBOOKS]
    cells = [cell for cells, _ in found for cell in cells]
    for cell in cells:
        cell.id = f"picture-{cells.index(cell)}"
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    album = nbformat.v4.new_notebook(cells=cells, metadata={"kernelspec": kernel})
    nbformat.write(album, lab_server.notebooks / "album.ipynb")
    page = open_notebook("album.ipynb").page
    trusted = page.evaluate(
        "window.jupyterapp.shell.currentWidget.content.widgets.map(cell => cell.model.trusted)"
    )
    assert not any(trusted)
    words = [alt for _, alts in found for alt in alts]
    assert len(words) > len(NOTEBOOKS)
    expect(page.locator(SHOWN)).to_have_count(len(words), timeout=PATIENCE)
    assert pictures_in(page) == words


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_lesson_exported_to_html(path, page, tmp_path):
    exporter = HTMLExporter(embed_images=True)
    exported, _ = exporter.from_filename(str(path))
    file = tmp_path / "lesson.html"
    file.write_text(exported, encoding="utf-8")
    page.goto(file.as_uri(), wait_until="domcontentloaded")
    _, words = pictured(path)
    assert pictures_in(page) == words
    # The colour of a link is nbconvert's.
    assert violations(page, OURS, besides=("link-in-text-block",)) == []


@pytest.fixture(scope="module")
def reports(tmp_path_factory):
    """Return the folder of reports on two portfolios, of which one cannot be read."""
    folder = tmp_path_factory.mktemp("reports")
    (folder / "books").mkdir()
    shutil.copy(ROOT / "data/portfolios/alice.csv", folder / "books")
    (folder / "books/broken.csv").write_text("coin,usd_value\nADA,much\n")
    done = subprocess.run(
        [sys.executable, "-m", "hedgelib", "reports", "books", "--out", "out"],
        cwd=folder,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (folder / "out/index.html").is_file(), done.stderr
    return folder / "out"


@pytest.mark.parametrize("file", ["alice.html", "index.html"])
def test_a_report_and_the_index_of_reports(file, reports, page):
    page.goto((reports / file).as_uri())
    check_page(page)


def check_page(page):
    """Look at a page of ours, as wide as a screen and as narrow as a phone."""
    assert all(len(alt) > 40 for alt in pictures_in(page))
    for width in (1400, 360):
        page.set_viewport_size({"width": width, "height": 800})
        assert violations(page, "html") == []


def class_pages():
    """Return the pages of a class of three, one of whom answered with another's numbers."""
    source = read_source(exercises_folder() / "inverse_maths.ipynb")
    roster = {"s01": "Ada Lovelace", "s02": "Bruno Klein", "s03": "Çelik Öztürk", "s04": "Dora"}
    drawn = draw(scenario(source.name), b"accessible", [*roster])
    keys = {i: source.keys(Numbers(row(drawn, place))) for place, i in enumerate(roster)}
    numbers = [q.id for q in source.questions if q.form.kind == "number"]

    def handed_in(student_id, given):
        answers = {name: Answer(value=value) for name, value in given.items()}
        record = Record(
            student_id=student_id,
            assignment=source.name,
            name="x",
            fingerprint="",
            outcome=Outcome(answers=answers, problems=("q5 raised NameError: name 'x'",)),
            warnings=("the file has cells that are not of the exercise",),
        )
        return mark_record(record, source, keys[student_id])

    results = [
        handed_in("s01", {q: keys["s01"][q].right for q in numbers}),
        handed_in("s02", {q: next(iter(keys["s02"][q].wrong.values())) for q in numbers}),
        handed_in("s03", {q: keys["s01"][q].right for q in numbers}),
    ]
    scores = {
        r.record.student_id: {
            a.question.id: Score(points=a.points or 0.0, waits=a.points is None) for a in r.answered
        }
        for r in results
    }
    view = ClassView(source=source, students=len(roster), results=results, scores=scores)
    return {
        "class": class_page(
            view,
            roster=roster,
            copies=copied(results, keys),
            refused=[Refused(name="notes.txt", reason="not a notebook")],
        ),
        "feedback": feedback_page(source, results[1], scores["s02"], "Bruno Klein (s02)"),
        "overview": overview_page(source, keys),
    }


@pytest.mark.parametrize("name", ["class", "feedback", "overview"])
def test_a_page_of_a_class(name, page, tmp_path):
    file = tmp_path / f"{name}.html"
    file.write_text(class_pages()[name], encoding="utf-8")
    page.goto(file.as_uri())
    assert page.locator("table").count()
    check_page(page)
