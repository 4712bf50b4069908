"""The misconceptions of the class are a file of text, and a fault in it names its place."""

from __future__ import annotations

import pytest

from hedgelib import InvalidInput
from hedgelib.ask.misconceptions import Misconception, misconceptions

MODEL = '[sign_turned]\ntitle = "sign turned"\nwhy = "The size is right."\nlesson = "02"\n'


@pytest.fixture
def file(tmp_path):
    def written(text):
        path = tmp_path / "wrong.toml"
        path.write_text(text, encoding="utf-8")
        return path

    return written


def test_models_are_read_by_id(file):
    expected = Misconception("sign turned", "The size is right.", "02")
    assert misconceptions(file(MODEL)) == {"sign_turned": expected}
    assert len(misconceptions()) > 85


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (MODEL.replace("why", "says"), "sign_turned: must have lesson, title, why"),
        (MODEL + 'unit = "USD"\n', "sign_turned: must have lesson, title, why"),
        (MODEL.replace('"02"', "2"), "sign_turned: each of its texts must be words"),
        (MODEL.replace("The size is right.", " "), "sign_turned: each of its texts must be words"),
        ('stray = "text"\n' + MODEL, "stray: must have lesson, title, why"),
        (MODEL + MODEL, r"cannot be read as TOML.*line 5"),
    ],
)
def test_a_fault_names_file_and_id(file, text, told):
    path = file(text)
    with pytest.raises(InvalidInput, match=told) as caught:
        misconceptions(path)
    assert str(caught.value).startswith(str(path))


def test_all_faults_are_told_at_once(file):
    text = MODEL.replace("why", "says") + MODEL.replace("sign_turned", "other").replace("02", "")
    with pytest.raises(InvalidInput) as caught:
        misconceptions(file(text))
    assert len(str(caught.value).splitlines()) == 2


def test_a_file_that_is_not_there_is_named(tmp_path):
    with pytest.raises(InvalidInput, match=r"none.toml: cannot be read"):
        misconceptions(tmp_path / "none.toml")
