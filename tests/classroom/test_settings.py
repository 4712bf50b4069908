"""The settings of a course: due dates, extensions, attempts, lateness, and what is refused."""

from datetime import UTC, datetime, timedelta

import pytest

from hedgelib.classroom.settings import TEMPLATE, Settings, SettingsError, read_settings

ROSTER = {"s01": "Ada", "S02": "Bo"}
NAMES = ("inverse_maths", "sizing")


@pytest.fixture
def read(tmp_path):
    def read_(text):
        path = tmp_path / "course.toml"
        path.write_text(text, encoding="utf-8")
        return read_settings(path, ROSTER, NAMES)

    return read_


def uncommented(text):
    """Take the example lines of the template as they are meant to be used."""
    lines = (line.removeprefix("# ") for line in text.splitlines()[2:])
    return "\n".join(lines)


def test_no_file_means_no_rules(tmp_path):
    settings = read_settings(tmp_path / "none.toml", ROSTER, NAMES)
    assert settings == Settings()
    assert settings.of("sizing").due_for("s01", 1) is None
    assert settings.of("sizing").attempts == 1


def test_template_says_nothing_until_it_is_used(read):
    assert read(TEMPLATE) == Settings()
    settings = read(uncommented(TEMPLATE))
    rules = settings.of("inverse_maths")
    assert rules.due_for("s01", 1) == datetime(2026, 11, 20, 22, 59, tzinfo=UTC)
    assert rules.due_for("S02", 1) == datetime(2026, 11, 27, 22, 59, 59, tzinfo=UTC)
    assert rules.answers_from == datetime(2026, 11, 27, 23, tzinfo=UTC)
    assert (rules.attempts, rules.counts, rules.column) == (2, "best", "Inverse maths (8812)")
    assert (settings.per_day, settings.at_most, settings.grace) == (0.1, 0.5, timedelta(minutes=15))


RULES = """
timezone = "UTC"
[late]
per_day = 0.1
at_most = 0.35
grace_minutes = 10
[exercises.sizing]
due = [2026-11-20T12:00:00, 2026-11-27T12:00:00]
extensions = { s02 = 2026-11-23T12:00:00 }
attempts = 3
"""


@pytest.mark.parametrize(
    ("student_id", "attempt", "at", "days", "share"),
    [
        ("s01", 1, "2026-11-20T12:10:00", 0, 0),
        ("s01", 1, "2026-11-20T12:10:01", 1, 0.1),
        ("s01", 1, "2026-11-21T12:00:00", 1, 0.1),
        ("s01", 1, "2026-11-21T12:00:01", 2, 0.2),
        ("s01", 1, "2026-11-30T12:00:00", 10, 0.35),
        ("s01", 1, "2026-11-20T13:30:00+02:00", 0, 0),
        ("s01", 2, "2026-11-27T12:00:00", 0, 0),
        ("s01", 3, "2026-11-28T12:00:00", 1, 0.1),
        ("S02", 1, "2026-11-23T12:00:00", 0, 0),
        ("S02", 1, "2026-11-23T13:00:00", 1, 0.1),
        ("S02", 2, "2026-11-27T12:00:00", 0, 0),
    ],
)
def test_each_day_begun_counts(read, student_id, attempt, at, days, share):
    late = read(RULES).late("sizing", student_id, attempt, at=at, clock="platform", marked=False)
    assert (late.days, late.share, late.doubt) == (days, pytest.approx(share), "")


def test_what_is_known_less_well_is_said(read):
    settings = read(RULES)
    after = "2026-11-21T00:00:00"
    late = settings.late("sizing", "s01", 1, at=after, clock="file", marked=False)
    assert (late.days, "by the time of its file" in late.doubt) == (1, True)
    on_time = settings.late(
        "sizing", "s01", 1, at="2026-11-20T00:00:00", clock="file", marked=False
    )
    assert (on_time.days, on_time.doubt) == (0, "")
    late = settings.late("sizing", "s01", 1, at="", clock="", marked=True)
    assert (late.days, late.share) == (1, 0.1)
    assert "without a time: counted as one day" in late.doubt
    late = settings.late("sizing", "S02", 1, at="", clock="", marked=True)
    assert (late.days, "there is an extension" in late.doubt) == (0, True)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("due = ", "course.toml is not TOML: Invalid value (at end of document)"),
        ("[exercise.sizing]", "course.toml: no setting 'exercise'; there are timezone, late"),
        ("[exercises.sizng]", "exercises: no exercise 'sizng'; there are inverse_maths, sizing"),
        ("[exercises.sizing]\ndew = 1", "exercises.sizing: no setting 'dew'; there are due, ext"),
        (
            "[exercises.sizing]\ndue = '2026-11-20'",
            "exercises.sizing.due: must be a date without quotes, such as 2026-11-20T23:59:00 or "
            "2026-11-20, got '2026-11-20'",
        ),
        ("[exercises.sizing]\ndue = [2026-11-20, 2026-11-21]", "got '2 dates'"),
        ("[exercises.sizing]\ndue = 9999-12-31", "due: must be a day between those of year 2 and"),
        ("[exercises.sizing]\nattempts = 0", "attempts: must be a whole number from 1 to 9, got 0"),
        ("[exercises.sizing]\nattempts = true", "a whole number from 1 to 9, got True"),
        ("[exercises.sizing]\ncounts = 'first'", "must be 'best' or 'last', got 'first'"),
        (
            "[exercises.sizing]\nextensions = { s011 = 2026-11-20 }",
            "exercises.sizing.extensions: nobody has the id 's011'; did you mean 's01'?",
        ),
        ("[exercises.sizing]\nextensions = 3", "must be a table, [exercises.sizing.extensions]"),
        ("[exercises.sizing]\ncolumn = 3", "exercises.sizing.column: must be a text"),
        ("[late]\nper_day = 10", "late.per_day: must be a number from 0 to 1, got 10"),
        ("[late]\nper_day = nan", "late.per_day: must be a number from 0 to 1, got nan"),
        ("late = 1", "late: must be a table, [late], got 1"),
        ("timezone = 'Berlin'", "timezone: must be a name such as 'Europe/Berlin'"),
        ("timezone = '../x'", "timezone: must be a name such as 'Europe/Berlin'"),
    ],
)
def test_what_cannot_be_used_is_named(read, text, message):
    with pytest.raises(SettingsError) as error:
        read(text)
    assert message in str(error.value)


def test_not_utf8(tmp_path):
    path = tmp_path / "course.toml"
    path.write_bytes(b"\xff\x00")
    with pytest.raises(SettingsError, match="is not UTF-8 text"):
        read_settings(path, ROSTER, NAMES)
