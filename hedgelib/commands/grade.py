"""``hedgelib grade``: a folder of submissions, marked."""

from __future__ import annotations

import argparse
import sys

from hedgelib._extras import require
from hedgelib.commands.classroom import add_out, course_folder
from hedgelib.report.blocks import printable

SUMMARY = "grade a folder of submissions"
PARTLY = ""
DESCRIPTION = (
    "Grade a folder of submissions: files, folders and zip archives as a learning platform "
    "exports them. Nothing is written into it. Submissions run in a sandbox, and those that were "
    "run before are not run again."
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of this command to the parser."""
    parser.add_argument("submissions", metavar="SUBMISSIONS", help="folder of submissions")
    add_out(parser)
    parser.add_argument(
        "--again", action="store_true", help="run submissions again that have been run before"
    )
    parser.add_argument(
        "--names", action="store_true", help="show names on the sheets of written answers"
    )
    parser.add_argument(
        "--trust-submissions",
        action="store_true",
        help="run submissions without a sandbox, with all your rights on this machine",
    )


def run(arguments: argparse.Namespace) -> int:
    """Grade the folder and print where the results are."""
    require("nbgrader", "a class")

    from hedgelib.classroom.grading import grade

    if arguments.trust_submissions:
        print("hedgelib: submissions run without a sandbox, as you", file=sys.stderr)
    try:
        graded = grade(
            arguments.submissions,
            course_folder(arguments),
            trust=arguments.trust_submissions,
            again=arguments.again,
            names=arguments.names,
        )
    except KeyboardInterrupt:
        print("hedgelib: interrupted; what has been run is kept", file=sys.stderr)
        return 130
    print(f"{_submissions(graded.ran + graded.kept)}, {graded.kept} of them run before")
    print(f"  marks     {graded.grades}")
    for page in graded.pages:
        print(f"  class     {page}")
    for page in (graded.statistics, *graded.learners):
        print(f"  {page.stem:9} {page}")
    for page, done, of in graded.sheets:
        print(f"  by hand   {page}: {done} of {of} written answers marked")
    for path in graded.platform:
        print(f"  platform  {path}")
    for note in graded.notes:
        print(f"  not there: {printable(note)}")
    for line in graded.released:
        print(f"  exchange  {line}")
    for item in graded.refused:
        print(f"  not graded: {printable(item.name)}: {printable(item.reason)}")
    return 0


def _submissions(count: int) -> str:
    return "1 submission" if count == 1 else f"{count} submissions"
