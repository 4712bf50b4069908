"""The list of a class: read strictly, with the place of every fault."""

import pytest

from hedgelib.classroom.roster import RosterError, read_roster


@pytest.fixture
def read(tmp_path):
    def read_(content):
        path = tmp_path / "roster.csv"
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return read_roster(path)

    return read_


def test_list_is_read_as_text(read):
    assert read('\ufeffid,name\r\n007,Ada\r\n\r\n x.1 ,"Ivo, Jr."\r\nÉ2,=1+1\r\n') == {
        "007": "Ada",
        "x.1": "Ivo, Jr.",
        "É2": "=1+1",
    }
    assert read("Name,ID\nAda,s01\n") == {"s01": "Ada"}


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("", "roster.csv: the file is empty"),
        ("id;name\ns01;Ada\n", "line 1: the first line must be id,name, got 'id;name'; save"),
        ("id,name,mail\n", "line 1: the first line must be id,name"),
        ("id,name\n", "there is a header but no student"),
        ("id,name\ns01,Ada\ns02,Bo,x\n", "line 3: 3 values where the header has 2"),
        ("id,name\ns01,Ada\nS01,Bo\n", "line 3, column 'id': 'S01' is in line 2 already"),
        ("id,name\n,Ada\n", "line 2, column 'id': is empty"),
        ("id,name\n../x,Ada\n", "line 2, column 'id': must be letters and digits"),
        ("id,name\na/b,Ada\n", "column 'id': must be letters"),
        ("id,name\n=1,Ada\n", "column 'id': must be letters"),
        ("id,name\n.hidden,Ada\n", "column 'id': must be letters"),
        (f"id,name\n{'x' * 65},Ada\n", "column 'id': is longer than 64"),
        ("id,name\nDemo,Ada\n", "column 'id': 'Demo' is reserved for trying"),
        ("id,name\ns01,\n", "line 2, column 'name': is empty"),
        ('id,name\ns01,"A\nB"\n', "line 2, column 'name': holds a line break"),
        ('id,name\ns01,"Ada\ns02,Bo\n', "line 2: not readable as CSV"),
        ("id,name\ns01,Ad\x07a\n", "column 'name': holds a line break or another control"),
        (b"id,name\ns01,\xff\xfe\n", "not UTF-8 text; save the sheet as CSV UTF-8"),
    ],
)
def test_faults_have_their_place(read, content, message):
    with pytest.raises(RosterError) as error:
        read(content)
    assert message in str(error.value)


def test_no_file(tmp_path):
    with pytest.raises(RosterError, match="no such file"):
        read_roster(tmp_path / "none.csv")
    with pytest.raises(RosterError, match="this is a folder"):
        read_roster(tmp_path)
