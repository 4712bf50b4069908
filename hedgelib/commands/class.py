"""``hedgelib class``: a class from a list of students."""

from __future__ import annotations

import argparse

from hedgelib._extras import require
from hedgelib._text import printable
from hedgelib.commands.classroom import add_out, course_folder

SUMMARY = "make a class: exercises with personal numbers, key and gradebook"
PARTLY = ""
DESCRIPTION = (
    "Make a class from a list of students: exercises with personal numbers for each student, "
    "their solutions, the answer key and nbgrader's gradebook. Run it again with a longer list "
    "to add students; everything that exists is kept."
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of this command to the parser."""
    parser.add_argument(
        "roster",
        metavar="ROSTER",
        help="list of the class: a table with the columns id and name, or what Moodle, Canvas or "
        "Blackboard exports",
    )
    add_out(parser)


def run(arguments: argparse.Namespace) -> int:
    """Make the class and print where its files are."""
    require("nbgrader", "a class")

    from hedgelib.classroom.making import make_class

    made = make_class(arguments.roster, course_folder(arguments))
    root = made.course.root
    students = "1 student" if made.students == 1 else f"{made.students} students"
    print(f"a class of {students}, {len(made.assignments)} exercises, in {root}")
    print(f"  hand out     {root / 'release'}, a folder for each exercise")
    print(f"  keep private {root / 'key.csv'}, {root / 'solution'}, {made.course.secret_file}")
    print(f"  look at      {root / 'overview'}")
    print(f"  rules        {made.course.settings_file}: due dates, attempts, your platform's names")
    for note in made.notes:
        print(f"  your list    {printable(note)}")
    for name in made.kept:
        print(f"  kept         {made.course.source(name)} was changed by you, and is not replaced")
    return 0
