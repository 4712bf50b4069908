"""What can be done here, a line a target: `python tasks.py lab`, or `make lab` where there is make.

Needs nothing but the standard library. An old Python can read it too, and says what is wrong.
"""

import os
import re
import shlex
import shutil
import subprocess
import sys
import tempfile
import time
from collections import namedtuple

from scripts import make_env

ROOT = os.path.dirname(os.path.abspath(__file__))
# Kernels treat warnings as errors too, but for those that Python keeps from users by default:
# other people's packages raise them while they start.
STRICT = (
    "error,ignore::DeprecationWarning,ignore::PendingDeprecationWarning,ignore::ResourceWarning"
)
NBVAL = ["--nbval-lax", "--nbval-current-env", "--nbval-cell-timeout=600", "-p", "scripts.kernels"]
QUICK = "beta carry cases check choice coins contracts margin names paths plan"
QUICK += " portfolio replay scenario"
CACHES = ".pytest_cache .mypy_cache .ruff_cache .hypothesis .coverage htmlcov dist"

# What NAME=value on the command line sets.
GIVEN = {
    "VENV": ".venv",
    "OUT": "out",
    "WORK": "work",
    "PORTFOLIO": "",
    "REPORT_ARGS": "",
    "ROSTER": "",
    "SUBMISSIONS": "",
    "GRADE_ARGS": "",
    "LAB_IP": "127.0.0.1",
    "LAB_ARGS": "",
    "PYTEST_ARGS": "",
    # Each core runs one test file or notebook at a time; browser tests need much memory.
    "TEST_WORKERS": "-n logical --maxprocesses 4 --dist loadfile",
    "LITE_ARGS": "",
    "UPGRADE": "",
}
# --make: called by make; --dry-run: print the commands; --targets: print the names of the targets.
OPTIONS = set()


def words(name):
    """Return the words of a variable, as a shell would."""
    reader = shlex.shlex(GIVEN[name], posix=True)
    reader.whitespace_split, reader.commenters = True, ""
    if os.name == "nt":
        reader.escape = ""  # it parts the folders of a path there
    return [os.path.expanduser(word) for word in reader]


def run(command, **settings):
    """Run a command and return its exit code; Ctrl-C is the command's to answer."""
    if "--dry-run" in OPTIONS:
        print(" ".join(map(shlex.quote, command)))
        return 0
    process = subprocess.Popen(command, env=dict(os.environ, **settings))
    interrupted = False
    while True:
        try:
            status = process.wait()
            break
        except KeyboardInterrupt:
            interrupted = True
    if interrupted:
        raise KeyboardInterrupt
    return status


def python(*arguments, **settings):
    """Run the environment's Python and return its exit code."""
    return run([make_env.venv_python(GIVEN["VENV"]), *arguments], **settings)


def become(*arguments):
    """Go on as the environment's Python, which signals then reach; return where that cannot be."""
    if "--dry-run" in OPTIONS or os.name != "posix":
        return python(*arguments)
    program = make_env.venv_python(GIVEN["VENV"])
    sys.stdout.flush()
    return os.execv(program, [program, *arguments])


def every(*statuses):
    """Return an exit code for commands that ran whether or not those before had succeeded."""
    return int(any(statuses))


def one_after_the_other(*commands):
    """Run the environment's Python with each list of arguments, up to one that fails."""
    return next(filter(None, (python(*arguments) for arguments in commands)), 0)


def of_python(*arguments):
    """Return a target that is one command of the environment's Python."""
    return lambda: become(*arguments)


def show_help():
    """Print the targets."""
    print(f"{called()} TARGET, where TARGET is one of:")
    for target in TARGETS:
        print(f"  {target.name:<10} {target.purpose.format(called())}")
    return 0


def called():
    """Return how this is called, for what people are told to type."""
    return "make" if "--make" in OPTIONS else "python tasks.py"


def env():
    """Say that the environment is there."""
    print(f"the environment is ready: {GIVEN['VENV']}")
    return 0


def lab():
    """Open the learner's copy of the lessons."""
    address = f"--ip={GIVEN['LAB_IP']}"
    return become("-m", "hedgelib", "lab", GIVEN["WORK"], address, *words("LAB_ARGS"))


def test():
    """Run every notebook, then all other tests, and say how long each part took."""
    start = time.time()
    pytest = ["-m", "pytest", *words("TEST_WORKERS")]
    notebooks = python(*pytest, *NBVAL, "notebooks", PYTHONWARNINGS=STRICT)
    middle = time.time()
    others = python(*pytest, *words("PYTEST_ARGS"))
    print(f"notebooks took {middle - start:.0f} s, all else {time.time() - middle:.0f} s")
    return every(notebooks, others)


def check():
    """Run the floors' tests, with a few examples of each property: the rest is for `test`."""
    files = [f"tests/test_{name}.py" for name in QUICK.split()]
    pytest = ["-m", "pytest", "-q", *words("TEST_WORKERS"), "-m", "not slow and not browser"]
    return lint() or python(*pytest, *files, *words("PYTEST_ARGS"), HYPOTHESIS_PROFILE="quick")


def lint():
    """Check style and types, each whatever the others say."""
    ruff = ["-m", "ruff"]
    return every(
        python(*ruff, "check", "."), python(*ruff, "format", "--check", "."), python("-m", "mypy")
    )


def hedgelib(command, variable, question, example, options=None):
    """Return a target that is a command of hedgelib for the file or folder in a variable."""

    def do():
        if not GIVEN[variable]:
            typed = f"{called()} {command} {variable}={example}"
            sys.stderr.write(f"which {question}? {typed}\n")
            return 2
        given = words(options) if options else []
        rest = ["--out", GIVEN["OUT"], *given, "--", GIVEN[variable]]
        return become("-m", "hedgelib", command, *rest)

    return do


def notebooks():
    """Run every lesson and save its outputs."""
    scripts = ["scripts/notebooks.py"], ["scripts/readme_picture.py"]
    return one_after_the_other(["-m", "hedgelib.report.notebook"], *scripts)


def site():
    """Build the published site."""
    return python("-m", "scripts.site", "--out", os.path.join(GIVEN["OUT"], "site"))


def lite():
    """Build the site that runs in a browser."""
    out = os.path.join(GIVEN["OUT"], "lite")
    return python("scripts/lite.py", "--out", out, *words("LITE_ARGS"))


def coverage():
    """Run the tests of the floors and measure what they cover."""
    names = sorted(n for n in os.listdir("tests") if n.startswith("test_") and n.endswith(".py"))
    left_out = ["--deselect", "tests/test_notebooks.py", "--deselect", "tests/test_setup.py"]
    report = ["--cov", "--cov-report=term-missing:skip-covered", "--cov-fail-under=100"]
    return python("-m", "pytest", "-q", *report, *left_out, *["tests/" + name for name in names])


def soak():
    """Do harm to reports and to the grading of a class, each whatever becomes of the other."""
    parts = "soak", "kill_grading"
    return every(*[python("-m", f"tests.benchmarks.{part}") for part in parts])


def lock():
    """Make the locks, each what it adds to those before it; versions that are pinned stay."""
    uv = shutil.which("uv") or make_env.venv_program(GIVEN["VENV"], "uv")
    form = ["--universal", "--python-version", "3.11", "--generate-hashes", "--no-emit-index-url"]
    form += ["--no-header", "--no-annotate", "--quiet"]
    extras = [
        ["--extra", "lab", "--group", "build"],
        ["--all-extras", "--group", "build"],
        ["--all-extras", "--group", "dev"],
    ]
    pinned = "" if GIVEN["UPGRADE"] else "".join(map(read, make_env.LOCKS.values()))
    with tempfile.TemporaryDirectory() as folder:
        # One resolution of everything, of which each lock has its part.
        everything = os.path.join(folder, "full.lock")
        write(everything, pinned)
        command = [uv, "pip", "compile", "pyproject.toml", *form]
        status = run([*command, *extras[-1], "-o", everything])
        before = set()
        for name, wanted in zip(make_env.LOCKS.values(), extras):  # noqa: B905 (old Python)
            part = os.path.join(folder, name)
            status = status or run([*command, *wanted, "--constraint", everything, "-o", part])
            if status or "--dry-run" in OPTIONS:
                continue
            entries = re.findall(r"^\S.*\n(?:    .*\n)*", read(part), re.MULTILINE)
            write(name, "".join(entry for entry in entries if entry not in before))
            before.update(entries)
    return status


def read(path):
    """Return the text of a file."""
    with open(path, encoding="utf-8") as file:
        return file.read()


def write(path, text):
    """Write a file, with the same ends of lines on every system."""
    with open(path, "w", encoding="utf-8", newline="\n") as file:
        file.write(text)


def clean():
    """Remove what can be made again, and nothing of the user's own."""
    caches = [folder for folder, _, _ in os.walk(".") if os.path.basename(folder) == "__pycache__"]
    for path in filter(os.path.exists, [GIVEN["VENV"], *CACHES.split(), *caches]):
        if "--dry-run" in OPTIONS:
            print("rm -r " + shlex.quote(path))
        elif os.path.isdir(path):
            shutil.rmtree(path)
        else:
            os.remove(path)
    return 0


Target = namedtuple("Target", "name level purpose do")
# The order is that of the help; the level is how much of the environment a target needs.
TARGETS = [
    Target("help", "", "show this list", show_help),
    Target(
        "env", "learner", "make the environment (.venv) from requirements.lock, nothing else", env
    ),
    Target("extras", "all", "add the packages of every extra: reports, live data, classes", env),
    Target("lab", "learner", "open your copy of the lessons (in work/) in JupyterLab", lab),
    Target(
        "test",
        "dev",
        "run every check: every notebook, then unit tests, doctests, reports and browser",
        test,
    ),
    Target(
        "check", "dev", "check style, types and the floors in under a minute, for every save", check
    ),
    Target(
        "report",
        "all",
        "write a hedge report: {} report PORTFOLIO=data/portfolios/layer1.csv",
        hedgelib(
            "report", "PORTFOLIO", "portfolio", "data/portfolios/layer1.csv", options="REPORT_ARGS"
        ),
    ),
    Target(
        "class",
        "all",
        "make a class of students: {} class ROSTER=roster.csv",
        hedgelib(
            "class", "ROSTER", "students", "roster.csv (or the list that your platform exports)"
        ),
    ),
    Target(
        "grade",
        "all",
        "grade what a class has handed in: {} grade SUBMISSIONS=folder",
        hedgelib("grade", "SUBMISSIONS", "submissions", "folder", options="GRADE_ARGS"),
    ),
    Target("notebooks", "dev", "run every lesson again and save its outputs", notebooks),
    Target("site", "dev", "build the published site in out/site", site),
    Target("lite", "dev", "build the workbook that needs only a browser, in out/lite", lite),
    Target("lint", "dev", "check style and types: ruff, mypy", lint),
    Target(
        "coverage",
        "dev",
        "check that the tests cover every line and branch of the finance floors",
        coverage,
    ),
    Target(
        "bench",
        "dev",
        "compare the speed with alternatives, and write docs/benchmarks.md",
        of_python("-m", "tests.benchmarks.bench"),
    ),
    Target(
        "soak",
        "dev",
        "make a thousand reports and grade a class under faults; nothing may be lost (long)",
        soak,
    ),
    Target(
        "fuzz-class",
        "dev",
        "grade strange submissions next to good ones, whose marks must not change (long)",
        of_python("-m", "tests.benchmarks.fuzz_class"),
    ),
    Target(
        "mutants",
        "dev",
        "change the finance floors and check that a test detects it (long)",
        of_python("scripts/mutants.py"),
    ),
    Target(
        "lock",
        "learner",
        "update the three locks from pyproject.toml (UPGRADE=1: newest versions)",
        lock,
    ),
    Target(
        "wheel",
        "learner",
        "build the package and its source archive in dist/",
        of_python("-m", "hatchling", "build"),
    ),
    Target("clean", "", "remove the environment and the caches (never work/ or out/)", clean),
]


def prepare(level):
    """Make the environment as far as a target needs it; return an exit code."""
    venv = os.path.join(ROOT, GIVEN["VENV"])
    if not level or make_env.is_ready(venv, level):
        return 0
    if "--dry-run" in OPTIONS:
        print(f"scripts/make_env.py: {GIVEN['VENV']}, {level}")
        return 0
    return make_env.ensure(venv, level, ["work", GIVEN["OUT"]], by_make="--make" in OPTIONS)


def main(arguments):
    """Do what the command line says, target by target, up to one that fails."""
    names = []
    for argument in arguments:
        name, is_given, value = argument.partition("=")
        if argument in ("--make", "--dry-run", "--targets"):
            OPTIONS.add(argument)
        elif is_given and name in GIVEN:
            GIVEN[name] = value
        elif not is_given:
            names.append(argument)
        else:
            sys.stderr.write(f"nothing is called {name}; there are {', '.join(GIVEN)}\n")
            return 2
    if "--targets" in OPTIONS:
        print(*(target.name for target in TARGETS))
        return 0
    # The environment alone, as far as its stamp says.
    stamps = {
        ".venv/" + stamp: Target("", level, "", int) for level, stamp in make_env.STAMPS.items()
    }
    known = dict({target.name: target for target in TARGETS}, **stamps)
    for name in names:
        if name not in known:
            sys.stderr.write(f"there is no target {name}; {called()} help lists those there are\n")
            return 2
    for name in names or ["help"]:
        status = prepare(known[name].level) or known[name].do()
        if status:
            return status
    return 0


if __name__ == "__main__":
    # A learner's own Python settings must not reach into the workbook's environment; and where no
    # bytecode is kept, each process compiles every package that it imports.
    for setting in ("PYTHONHOME", "PYTHONPATH", "PYTHONDONTWRITEBYTECODE"):
        os.environ.pop(setting, None)
    os.chdir(ROOT)
    try:
        sys.exit(main(sys.argv[1:]))
    except KeyboardInterrupt:
        sys.exit(130)
