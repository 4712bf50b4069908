"""The list of a class: read strictly, with the place of every fault."""

import pytest

from hedgelib.classroom.roster import RosterError, read_roster


@pytest.fixture
def whole(tmp_path):
    def whole_(content):
        path = tmp_path / "roster.csv"
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return read_roster(path)

    return whole_


@pytest.fixture
def read(whole):
    return lambda content: whole(content).names


def test_list_is_read_as_text(read):
    assert read('\ufeffid,name\r\n007,Ada\r\n\r\n x.1 ,"Ivo, Jr."\r\nÉ2,=1+1\r\n') == {
        "007": "Ada",
        "x.1": "Ivo, Jr.",
        "É2": "=1+1",
    }
    assert read("Name,ID\nAda,s01\n") == {"s01": "Ada"}


CANVAS = """Student,ID,SIS User ID,SIS Login ID,Section,Inverse maths (8812),Current Score
,,,,,Manual Posting,
    Points Possible,,,,,20.0,(read only)
"Lovelace, Ada",4711,u-1,ada@uni.edu,Group 1,,
"Klein, Bruno",4712,u-2,bruno@uni.edu,Group 1,,
"Student, Test",4799,,9f3c,Group 1,,
"""
PLATFORMS = {
    "Moodle participants": (
        "First name,Last name,ID number,Email address,Groups\n"
        "Ada,Lovelace,m1,ada@uni.edu,\nBruno,Klein,m2,bruno@uni.edu,G1\n",
        "Moodle",
        {"m1": "Ada Lovelace", "m2": "Bruno Klein"},
        "'ID number'",
    ),
    "Moodle without a number for everybody": (
        "First name,Surname,ID number,Email address\n"
        "Ada,Lovelace,m1,ada@uni.edu\nBruno,Klein,,bruno@uni.edu\n",
        "Moodle",
        {"ada@uni.edu": "Ada Lovelace", "bruno@uni.edu": "Bruno Klein"},
        "'Email address'",
    ),
    "Moodle worksheet": (
        'Identifier,"Full name","Email address",Status,Grade,"Maximum grade",'
        '"Grade can be changed","Last modified (submission)","Last modified (grade)",'
        '"Feedback comments"\n'
        '"Participant 51","Ada Lovelace",ada@uni.edu,"No submission",,20.00,Yes,-,-,\n',
        "Moodle",
        {"ada@uni.edu": "Ada Lovelace"},
        "'Email address'",
    ),
    "Canvas": (
        CANVAS,
        "Canvas",
        {"ada@uni.edu": "Ada Lovelace", "bruno@uni.edu": "Bruno Klein"},
        "'SIS Login ID'",
    ),
    "Canvas with split names": (
        "LastName,FirstName,ID,SIS Login ID,Section\n    Points Possible,,,,\n"
        "Lovelace,Ada,4711,ada,G\n",
        "Canvas",
        {"ada": "Ada Lovelace"},
        "'SIS Login ID'",
    ),
    "Blackboard": (
        '"Username"\t"Last Name"\t"First Name"\t"Student ID"\t"Last Access"\n'
        '"ada1"\t"Lovelace"\t"Ada"\t"900"\t""\n"c_previewuser"\t"P"\t"U"\t""\t""\n',
        "Blackboard",
        {"ada1": "Ada Lovelace"},
        "'Username'",
    ),
}


@pytest.mark.parametrize("name", PLATFORMS)
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
def test_exports_of_platforms_are_read_as_they_come(whole, name, encoding):
    content, platform, names, id_column = PLATFORMS[name]
    content = content.replace("Bruno", "Brünö").encode(encoding)
    roster = whole(content)
    assert roster.platform == platform
    assert roster.names == {i: n.replace("Bruno", "Brünö") for i, n in names.items()}
    assert id_column in roster.notes[0]
    assert platform in roster.notes[0]


def test_what_the_platform_calls_a_student_is_kept(whole):
    roster = whole(CANVAS)
    assert roster.columns[:5] == ("Student", "ID", "SIS User ID", "SIS Login ID", "Section")
    assert roster.cells["ada@uni.edu"][:5] == (
        "Lovelace, Ada",
        "4711",
        "u-1",
        "ada@uni.edu",
        "Group 1",
    )


@pytest.mark.parametrize(
    ("content", "names", "notes"),
    [
        ("id;name\ns01;Ada\n", {"s01": "Ada"}, ("written with semicolons",)),
        ("id\tname\ns01\tAda\n", {"s01": "Ada"}, ("written with tabs",)),
        ("id,name,mail\ns01,Ada,x\n", {"s01": "Ada"}, ("not used: mail",)),
        ("id,name,email\ns01,Ada,x@y\n", {"s01": "Ada"}, ()),
        (
            "First_Name;Family name;Student ID\nAda;Lovelace;s01\n".encode("utf-16"),
            {"s01": "Ada Lovelace"},
            ("'Student ID' is the id", "written in UTF-16 with semicolons"),
        ),
        ("id,name\ns01,Çelik\n".encode("cp1252"), {"s01": "Çelik"}, ("written in Windows-1252",)),
    ],
)
def test_plain_lists_are_read_as_people_write_them(whole, content, names, notes):
    roster = whole(content)
    assert (roster.names, roster.platform, roster.notes) == (names, "", notes)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("", "roster.csv: the file is empty"),
        ("who,what\n", "line 1: the first line must name the columns id and name, or be that of"),
        ("id,name\n", "there is a header but no student"),
        ("id,name,ID\ns01,Ada,x\n", "has two columns 'id'; delete one"),
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
        (b"id,name\ns01,\x81\x8d\n", "not UTF-8 text; save the sheet as CSV UTF-8"),
        (
            "id,name\nsea1,Ada\nѕеа1,Bo\n",
            "line 3, column 'id': 'ѕеа1' looks like 'sea1' in line 2, but is written with "
            "CYRILLIC SMALL LETTER DZE instead of LATIN SMALL LETTER S; give one of the two",
        ),
        (
            "id,name\nｓ01,Ada\ns01,Bo\n",
            "'s01' looks like 'ｓ01' in line 2, but is written with LATIN SMALL LETTER S "
            "instead of FULLWIDTH LATIN SMALL LETTER S",
        ),
        ("id,name\nB01,Ada\nВ01,Bo\n", "'В01' looks like 'B01' in line 2"),
        (
            "First name,Last name,ID number,Email address\nAda,L,ada1,a@b\nBo,L,аda1,c@d\n",
            "line 3, column 'ID number': 'аda1' looks like 'ada1' in line 2",
        ),
        (
            CANVAS.replace("bruno@uni.edu", "ada@uni.edu"),
            "line 5, column 'SIS Login ID': 'ada@uni.edu' is in line 4 already",
        ),
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
