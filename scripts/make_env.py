"""Make the workbook's environment from requirements.lock (run by the Makefile).

With the name of another lock it adds the packages of that one to an environment that stands.

Needs nothing but the standard library. Its syntax stays readable for old
interpreters, so that one of them gets the message below and not a SyntaxError.
"""
# ruff: noqa: UP032, RUF005

import os
import shutil
import subprocess
import sys

OLDEST = (3, 11)
ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
LOCK = os.path.join(ROOT, "requirements.lock")
BUILDING = ".building"


class SetupError(Exception):
    """The environment cannot be made; the message says what to do about it."""


def say(text):
    """Print a line now, so that it keeps its place among the installer's own."""
    sys.stdout.write("[env] " + text + "\n")
    sys.stdout.flush()


def run(command):
    """Run a command in the project's folder and return whether it succeeded."""
    try:
        return subprocess.call(command, cwd=ROOT) == 0
    except OSError:
        return False


def works(command):
    """Tell whether a command runs at all, without showing its output."""
    try:
        with open(os.devnull, "w") as nowhere:
            return subprocess.call(command, stdout=nowhere, stderr=nowhere) == 0
    except OSError:
        return False


def version_problem(version, executable, runs=works):
    """Return what to tell the owner of a Python that is too old, or None."""
    if tuple(version[:2]) >= OLDEST:
        return None
    text = "Python {}.{} or newer is needed, but {} is {}.{}.".format(
        OLDEST[0], OLDEST[1], executable, version[0], version[1]
    )
    for minor in range(20, OLDEST[1] - 1, -1):
        name = "python3.{}".format(minor)
        if runs([name, "--version"]):
            return text + "\nThis machine has {0}: make env PYTHON={0}".format(name)
    return text + "\nInstall a newer one, then name it: make env PYTHON=/path/to/python3.12"


def venv_python(folder):
    """Return the path of the environment's interpreter."""
    return os.path.join(folder, "bin", "python")


def usable(folder):
    """Tell whether the environment has a Python that runs and is new enough."""
    check = "import sys; sys.exit(sys.version_info < {!r})".format(OLDEST)
    return works([venv_python(folder), "-c", check])


def mark_building(folder):
    """Leave the mark by which the next run knows that this one was interrupted."""
    if not os.path.isdir(folder):
        os.makedirs(folder)
    open(os.path.join(folder, BUILDING), "w").close()


def make_venv(folder):
    """Make an empty environment that has pip."""
    made = run([sys.executable, "-m", "venv", "--clear", folder])
    mark_building(folder)
    if not made:
        raise SetupError(
            "{} -m venv failed. On Debian and Ubuntu it is a package of its own:\n"
            "apt-get install python3-venv".format(sys.executable)
        )


def find_uv(folder):
    """Return a uv that runs: the machine's, or one put into the environment; else None."""
    uv = shutil.which("uv")
    if uv and works([uv, "--version"]):
        venv = [uv, "venv", "--quiet", "--allow-existing", "--python", sys.executable, folder]
        return uv if usable(folder) or run(venv) else None
    if not works([venv_python(folder), "-m", "pip", "--version"]):
        make_venv(folder)
    uv = os.path.join(folder, "bin", "uv")
    if not works([uv, "--version"]):
        say("getting uv, which installs the rest in seconds")
        quiet = ["--quiet", "--disable-pip-version-check"]
        run([venv_python(folder), "-m", "pip", "install"] + quiet + ["uv"])
    return uv if works([uv, "--version"]) else None


def install_with_uv(uv, folder):
    """Make the environment exactly what the lock says, then add the project."""
    to = ["--quiet", "--python", venv_python(folder)]
    return run([uv, "pip", "sync"] + to + ["--require-hashes", LOCK]) and run(
        [uv, "pip", "install"] + to + ["--no-deps", "--no-build-isolation", "--editable", ROOT]
    )


def install_with_pip(folder):
    """Do what install_with_uv does, from an empty environment, in a minute."""
    make_venv(folder)
    pip = [venv_python(folder), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    # --no-deps: the lock is complete, and leaves one optional package out on purpose.
    return run(pip + ["--no-deps", "--require-hashes", "--requirement", LOCK]) and run(
        pip + ["--no-deps", "--no-build-isolation", "--editable", ROOT]
    )


def reason_to_start_afresh(folder, stamp):
    """Return why what is in `folder` cannot be mended, or None."""
    if not os.path.exists(os.path.join(folder, "pyvenv.cfg")):
        return None
    if os.path.exists(os.path.join(folder, BUILDING)):
        return "the last set-up did not finish"
    if not usable(folder):
        return "its Python is gone or too old"
    if os.path.exists(stamp):
        with open(stamp) as file:
            if file.read().strip() != ROOT:
                return "it was made for another folder"
    return None


def make_env(folder, stamp):
    """Make or mend the environment in `folder`; write `stamp` only when all of it stands."""
    reason = reason_to_start_afresh(folder, stamp)
    if reason:
        say("starting afresh: " + reason)
        shutil.rmtree(folder)
    elif os.path.exists(stamp):
        os.remove(stamp)
    mark_building(folder)

    say("making {} with Python {}.{}.{}".format(folder, *sys.version_info[:3]))
    uv = find_uv(folder)
    if not (uv and install_with_uv(uv, folder)):
        say("uv could not do it: using pip, which takes a minute or two")
        if not install_with_pip(folder):
            raise SetupError(
                "The packages could not be installed; the first error above says why.\n"
                "The first set-up needs the Python package index; after it all works offline."
            )
    # Found, not imported: a mistake in the library's own code is not the environment's.
    check = "import importlib.util as u, jupyterlab; u.find_spec('hedgelib').origin"
    if not run([venv_python(folder), "-c", check]):
        raise SetupError("The packages were installed but cannot be found.")

    with open(stamp + ".new", "w") as file:
        file.write(ROOT + "\n")
    os.remove(os.path.join(folder, BUILDING))
    os.rename(stamp + ".new", stamp)
    say("ready")


def add_lock(folder, stamp, lock):
    """Add the packages of another lock to the environment."""
    say("adding the packages of " + lock)
    uv = find_uv(folder)
    wanted = ["--no-deps", "--require-hashes", "--requirement", os.path.join(ROOT, lock)]
    pip = [venv_python(folder), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    with_uv = [uv, "pip", "install", "--quiet", "--python", venv_python(folder)]
    if not ((uv and run(with_uv + wanted)) or run(pip + wanted)):
        raise SetupError("The packages could not be installed; the first error above says why.")
    with open(stamp + ".new", "w") as file:
        file.write(ROOT + "\n")
    os.rename(stamp + ".new", stamp)
    say("ready")


def main(arguments):
    """Run from the command line: make_env.py FOLDER STAMP [LOCK]."""
    problem = version_problem(sys.version_info, sys.executable or "python3")
    if problem:
        sys.stderr.write(problem + "\n")
        return 1
    folder, stamp = (os.path.join(ROOT, name) for name in arguments[:2])
    make = add_lock if arguments[2:] else make_env
    try:
        make(folder, stamp, *arguments[2:])
    except SetupError as error:
        sys.stderr.write("{}\nOnce that is mended, run the same command again.\n".format(error))
        return 1
    except KeyboardInterrupt:
        sys.stderr.write("Interrupted; the next run starts afresh.\n")
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
