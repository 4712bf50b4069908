"""``hedgelib class``: a class from a list of students."""

from __future__ import annotations

import argparse

from hedgelib.commands.classroom import add_out, course_folder, require_nbgrader

SUMMARY = "make a class: exercises with personal numbers, key and gradebook"
PARTLY = ""
DESCRIPTION = (
    "Make a class from a list of students: exercises in which each has numbers of their own, "
    "their solutions, the answer key and nbgrader's gradebook. Called again with a longer list, "
    "it keeps everything that is there."
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Tell the parser of this command what it takes."""
    parser.add_argument("roster", metavar="ROSTER", help="CSV file with the columns id and name")
    add_out(parser)


def run(arguments: argparse.Namespace) -> int:
    """Make the class and say what lies where."""
    require_nbgrader()

    from hedgelib.classroom.making import make_class

    made = make_class(arguments.roster, course_folder(arguments))
    root = made.course.root
    students = "1 student" if made.students == 1 else f"{made.students} students"
    print(f"a class of {students}, {len(made.assignments)} exercises, in {root}")
    print(f"  hand out     {root / 'release'}, a folder for each exercise")
    print(f"  keep to you  {root / 'key.csv'}, {root / 'solution'}, {made.course.secret_file}")
    print(f"  look at      {root / 'overview'}")
    for name in made.kept:
        print(f"  kept         {made.course.source(name)} is not that of the workbook, and stays")
    return 0
