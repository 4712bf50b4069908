"""Progress files and logs of flights among the submissions: read in the box, shown as text."""

from __future__ import annotations

import json

import pytest

from hedgelib.ask.misconceptions import misconceptions
from hedgelib.classroom.attribution import People
from hedgelib.classroom.course import Course
from hedgelib.classroom.learners import write_learners
from hedgelib.classroom.reading import Reader
from hedgelib.classroom.submissions import collect
from hedgelib.course.progress import Progress
from hedgelib.course.questions import every_question
from hedgelib.flight import FlightLog, Orders, lay_out
from hedgelib.flight.flight import fly_course
from hedgelib.flight.ghosts import by_rule, never

ROSTER = {"s01": "Ada <b>Lovelace</b>", "s02": "Bo", "s03": "Cy", "s04": "Di", "s05": "Ed"}
COURSE = lay_out("March 2023", 4)


@pytest.fixture(scope="module")
def reader():
    with Reader(trust=True) as reader:
        yield reader


def progress(*right, wrong=()):
    one = Progress()
    for name in right:
        one.add(name, "right")
    for name, model in wrong:
        one.add(name, "slip", model)
    return one.to_json()


def steady(day):
    return Orders(short_usd=20_000, add_usd=15_000, margin="stablecoin") if day.day == 0 else None


@pytest.fixture
def handed_in(tmp_path):
    folder = tmp_path / "in"
    folder.mkdir()
    model = next(iter(misconceptions()))
    every = [name for name in every_question() if name.startswith("futures.")]
    (folder / "s01_progress.json").write_text(progress(*every, wrong=[("inverse.1", model)]))
    (folder / "s02_progress.json").write_text(progress("inverse.a", wrong=[("size.1", model)]))
    forged = json.loads(progress("inverse.1"))
    forged["questions"]["inverse.1"]["tries"] = -5
    (folder / "s03_progress.json").write_text(json.dumps(forged))
    made_up = json.loads(progress("inverse.1"))
    made_up["questions"]["inverse.1"]["misconceptions"] = {"<script>alert(1)</script>": 3}
    (folder / "s04 progress.json").write_text(json.dumps(made_up))
    (folder / "nobody_progress.json").write_text(progress("inverse.1"))
    for name, pilot in (("s01", by_rule()), ("s02", never), ("s03", steady)):
        log = FlightLog.of(fly_course(COURSE, pilot))
        (folder / f"{name}_flight.json").write_text(log.to_json())
    broken = json.loads(FlightLog.of(fly_course(COURSE, never)).to_json()) | {"orders": [7]}
    (folder / "s04_flight.json").write_text(json.dumps(broken))
    (folder / "s05_flight.json").write_text('{"hedgelib_flight": 1, "x": "' + "y" * 2_000_000)
    return folder


def test_the_class_reads_progress_and_flights(handed_in, reader, tmp_path):
    spool = tmp_path / "spool"
    spool.mkdir()
    collected = collect(handed_in, People(ROSTER, ("sizing",)), ("sizing",), reader, spool)
    kinds = {(one.student_id, one.kind) for one in collected.learners}
    assert kinds == {(f"s0{i}", "progress") for i in (1, 2, 3, 4)} | {
        (f"s0{i}", "flight") for i in (1, 2, 3, 4)
    }
    whys = {item.name: item.reason for item in collected.refused}
    assert "belongs to nobody" in whys["nobody_progress.json"]
    assert whys["s05_flight.json"] == "is not a notebook"

    course = Course(tmp_path / "class")
    pages, unread = write_learners(collected.learners, course, ROSTER)
    assert [item.student_id for item in unread] == ["s03"]
    assert "is no progress of a learner" in unread[0].reason
    texts = {page.stem: page.read_text() for page in pages}
    assert set(texts) == {"progress", "flights"}
    for text in texts.values():
        assert "<b>Lovelace" not in text
        assert "<script>alert" not in text
    assert "2 of 3" in texts["progress"]
    assert "Lessons done" in texts["progress"]
    assert ">01<" in texts["progress"]
    assert "Ed (s05)" in texts["progress"]
    assert "March 2023" in texts["flights"]
    assert texts["flights"].count("<img ") == 2
    assert "the order of day 0 is none" in texts["flights"]


def test_nothing_handed_in_writes_no_page(tmp_path):
    assert write_learners((), Course(tmp_path), ROSTER) == ((), ())
    assert not list(tmp_path.iterdir())


def test_of_two_files_of_a_student_the_last_counts(reader, tmp_path):
    folder, spool = tmp_path / "in", tmp_path / "spool"
    spool.mkdir()
    for number, questions in ((1, ["inverse.1"]), (10, ["inverse.1", "inverse.2"]), (2, [])):
        place = folder / f"s02 ({number})"
        place.mkdir(parents=True)
        (place / "progress.json").write_text(progress(*questions))
    (one,) = collect(folder, People(ROSTER, ("sizing",)), ("sizing",), reader, spool).learners
    assert len(one.record["questions"]) == 2
