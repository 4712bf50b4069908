"""The lessons on the site, without a kernel: everything is alive, or says why not."""

import json
import re
import zlib
from base64 import b64decode

import pytest
from playwright.sync_api import expect

from hedgelib._lock import try_lock
from hedgelib.course.questions import every_question
from hedgelib.flight.text import TEXT
from scripts.notebooks import kind_of_cell
from scripts.site import alive
from tests.axetools import violations
from tests.labtools import ROOT
from tests.questiontools import QuestionOnPage
from tests.widgettools import Widget

LESSONS = sorted((ROOT / "notebooks").glob("*.ipynb"))
MOST_BYTES = 1_000_000
"""Of what is alive on one page."""
_PART = re.compile(r'data-alive="(\w+)".*?<script type="text/plain">([\w+/=]+)</script>', re.DOTALL)


@pytest.fixture(scope="module")
def assets():
    return {path.stem: found for path, found in alive.assets_of(LESSONS).items()}


def parts(html):
    """Give the kind and the data of each part of a page that is alive."""
    for kind, packed in _PART.findall(html):
        yield kind, json.loads(zlib.decompress(b64decode(packed)))


def cells_of(path):
    cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
    return {cell["id"]: cell for cell in cells if cell["cell_type"] == "code"}


@pytest.mark.parametrize("path", LESSONS, ids=lambda path: path.stem)
def test_every_explorer_and_question_is_alive_or_says_why_not(assets, path):
    found = assets[path.stem]
    cells = cells_of(path)
    for name, cell in cells.items():
        source = "".join(cell["source"])
        stills = [o for o in cell["outputs"] if "hedge-question" in str(o.get("data", {}))]
        needed = kind_of_cell(source) in ("question", "explorer") or stills
        assert (name in found) >= bool(needed or "interact(" in source), f"{name} is dead"
    for name, html in found.items():
        shown = [one for one in cells[name]["outputs"] if "text/html" in one.get("data", {})]
        lively = list(parts(html))
        if lively:
            assert len(lively) == len(shown), name
            forms = [data["question"] for kind, data in lively if kind == "question"]
            assert all(forms) or "a function, in code" in html
        else:
            assert re.search(r'<p class="hedge-note">.*<a href="#open-in">', html), name


@pytest.mark.parametrize("path", LESSONS, ids=lambda path: path.stem)
def test_a_page_is_no_heavier_than_it_may_be(assets, path):
    assert sum(len(html.encode()) for html in assets[path.stem].values()) < MOST_BYTES


def test_no_answer_is_to_be_read_in_the_page(assets):
    asked = 0
    for found in assets.values():
        for html in found.values():
            outside = re.sub(r"<script.*?</script>", "", html, flags=re.DOTALL)
            assert "Right." not in outside
            assert "Worked solution" not in outside
            for kind, data in parts(html):
                if kind == "question":
                    asked += 1
                    spec = json.dumps(data["question"], ensure_ascii=False)
                    assert "Right." not in spec
                    assert "The answer" not in spec
    assert asked > len(every_question()) * 0.8


def test_a_notebook_runs_once_for_all_who_want_it(tmp_path, monkeypatch):
    runs = []

    def run(path, kept):
        with (kept.parent / f"{path.stem}.lock").open("ab") as other:
            runs.append(try_lock(other.fileno()))
        kept.write_text("{}")

    monkeypatch.setattr(alive, "KEPT", tmp_path)
    monkeypatch.setattr(alive, "_run", run)
    assert [alive.page_assets(LESSONS[0]) for _ in range(2)] == [{}, {}]
    assert runs == [False]


def test_a_notebook_runs_again_after_an_interrupted_run(tmp_path, monkeypatch):
    def interrupted(_path, _kept):
        raise KeyboardInterrupt

    monkeypatch.setattr(alive, "KEPT", tmp_path)
    monkeypatch.setattr(alive, "_run", interrupted)
    with pytest.raises(KeyboardInterrupt):
        alive.page_assets(LESSONS[0])
    assert [path.suffix for path in tmp_path.iterdir()] == [".lock"]
    monkeypatch.setattr(alive, "_run", lambda _, kept: kept.write_text("{}"))
    assert alive.page_assets(LESSONS[0]) == {}


@pytest.fixture
def lesson(assets, page, tmp_path):
    """Return a function that opens what is alive in a lesson, as a file of a disk."""

    def open_lesson(name, theme="light"):
        path = tmp_path / f"{name}.html"
        path.write_text(
            f'<!DOCTYPE html><html lang="en" data-theme="{theme}"><head><meta charset="utf-8">'
            f"<title>{name}</title><style>{alive.style()}</style>"
            "<style>body { background: light-dark(#fff, #121212); }"
            "html { color-scheme: light } html[data-theme=dark] { color-scheme: dark }</style>"
            f'</head><body><main><h1>{name}</h1><h2 id="open-in">Open it alive</h2>'
            f"{''.join(assets[name].values())}</main>"
            f"<script>{alive.script()}</script></body></html>",
            encoding="utf-8",
        )
        page.goto(path.as_uri())
        page.wait_for_selector("html[data-enlivened]", state="attached")
        return page

    return open_lesson


def test_a_lesson_by_keyboard(lesson, outside_requests, page_errors):
    page = lesson("02_inverse_contracts")
    explorer = Widget(page, "Move of ETH (%)")
    before = explorer.sentence.inner_text()
    explorer.handle("Move of ETH (%)").focus()
    page.keyboard.press("End")
    expect(explorer.sentence).to_contain_text("ETH +120%")
    assert explorer.sentence.inner_text() != before
    expect(explorer.picture).to_have_attribute("aria-label", explorer.sentence.inner_text())

    guess = QuestionOnPage(page.locator('[data-cell="ticket-guess"]'))
    expect(guess.verdict).to_be_empty()
    asked = every_question()["inverse.a"]
    right = asked.ask().answer.right if not asked.varied else None
    options = guess.whole.locator("input[type=radio]")
    keys = [options.nth(i).get_attribute("value") for i in range(options.count())]
    guess.choose(0 if keys[0] != right else 1)
    guess.says("You said")
    guess.says("The answer:")

    exercise = QuestionOnPage(page.locator('[data-cell="ex-2"]'))
    one = every_question()["inverse.2"].ask()
    slip, value = next(iter(one.answer.slips.items()))
    expect(exercise.whole.locator("summary", has_text="Worked solution")).to_be_hidden()
    exercise.type(repr(float(value)))
    exercise.says("Not yet.")
    assert exercise.whole.get_attribute("data-outcome") == "slip", slip
    exercise.type("fourteen")
    exercise.says("An answer is a number")
    exercise.type(repr(float(one.answer.right)))
    exercise.says("Right.")
    assert exercise.unfold("Hint 1").inner_text()
    assert exercise.unfold("Worked solution").inner_text()

    code = page.locator('[data-cell="ex-7"]')
    expect(code.locator(".hedge-note a")).to_have_attribute("href", "#open-in")
    assert outside_requests == []
    assert page_errors == []


def test_a_picture_follows_a_guess(lesson):
    page = lesson("05_what_ends_a_hedge")
    guess = QuestionOnPage(page.locator('[data-cell="rally-guess"]'))
    expect(guess.picture).to_have_count(0)
    guess.choose(1)
    guess.says("The answer:")
    expect(guess.picture).to_be_visible()


def test_a_flight_is_watched_by_keyboard_until_it_lands(lesson, page_errors):
    page = lesson("12_flight_simulator")
    flight = page.locator(".hedge-flight")
    heading = flight.locator("h3")
    words = TEXT["film"]
    expect(flight.get_by_role("radio", name=words["rule"])).to_be_checked()
    flight.get_by_role("button", name="Take off").press("Enter")
    expect(heading).to_contain_text("Day 0 of 50")
    expect(flight.locator(".orders")).to_contain_text("By rule: short $")
    answered = 0
    while "Day" in heading.inner_text():
        before = heading.inner_text()
        radio = flight.locator(".question input:enabled")
        if radio.count():
            radio.first.press("Space")
            radio.first.press("Enter")
            expect(flight.locator(".question .verdict")).to_be_visible()
            answered += 1
        flight.get_by_role("button", name="A week").press("Enter")
        expect(heading).not_to_have_text(before)
    expect(heading).to_contain_text("You have landed")
    assert answered == 3
    expect(flight.locator(".end svg")).to_have_count(2)
    for link in flight.locator(".end a").all():
        assert re.fullmatch(r"\d\d_\w+\.html", link.get_attribute("href"))
    flight.get_by_role("button", name=words["again"]).press("Enter")
    flight.get_by_role("radio", name=words["naive"]).press("Space")
    flight.get_by_role("button", name="Take off").press("Enter")
    flight.get_by_role("button", name="A day", exact=True).press("Enter")
    expect(flight.locator(".orders")).to_contain_text("1:1, margin forgotten: no order today.")
    assert page_errors == []


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("name", ["02_inverse_contracts", "12_flight_simulator", "C_bug_museum"])
def test_nobody_is_left_out(lesson, name, theme):
    page = lesson(name, theme)
    for place in page.locator(".hedge-flight button, [data-cell=ticket-guess] input").all()[:1]:
        place.press("Enter")
    assert violations(page, "main") == []
