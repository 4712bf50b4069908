"""Make the workbook's environment from the locks (run by tasks.py).

Needs nothing but the standard library. Its syntax stays readable for old
interpreters, so that one of them gets the message below and not a SyntaxError.
"""
# ruff: noqa: UP032, RUF005

import contextlib
import errno
import os
import shutil
import subprocess
import sys

OLDEST = (3, 11)
ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
BUILDING = ".building"
# Not .lock, which uv takes.
LOCK = ".making"
# What a learner needs; every extra; what the checks need. Each level adds the packages of its lock.
LEVELS = ("learner", "all", "dev")
LOCKS = {
    "learner": "requirements.lock",
    "all": "requirements-all.lock",
    "dev": "requirements-dev.lock",
}
STAMPS = {"learner": ".ready", "all": ".ready-all", "dev": ".ready-dev"}
# Behind a proxy of its own, only the machine knows whom to trust; uv has called it by two names.
MACHINES_CERTIFICATES = {"UV_SYSTEM_CERTS": "1", "UV_NATIVE_TLS": "1"}
UNPACKING = "unpacking them, which takes as long again"
FROM_BEFORE = {"UV_OFFLINE": "1"}


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


def complaint_of(command, settings=None):
    """Run a command in the project's folder; return what it complains of, None if it succeeded."""
    environment = dict(os.environ, **(settings or {}))
    try:
        process = subprocess.Popen(
            command,
            cwd=ROOT,
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            universal_newlines=True,
        )
    except OSError as error:
        return str(error)
    text = process.communicate()[0]
    return None if process.returncode == 0 else text or "it ended without a word"


def version_problem(version, executable, runs=works, by_make=True):
    """Return what to tell the owner of a Python that is too old, or None."""
    advice = "make env PYTHON={}" if by_make else "{} tasks.py env"
    if tuple(version[:2]) >= OLDEST:
        return None
    text = "Python {}.{} or newer is needed, but {} is {}.{}.".format(
        OLDEST[0], OLDEST[1], executable, version[0], version[1]
    )
    for minor in range(20, OLDEST[1] - 1, -1):
        name = ("py -3.{}" if os.name == "nt" else "python3.{}").format(minor)
        if runs(name.split() + ["--version"]):
            return text + "\nThis machine has {}: {}".format(name, advice.format(name))
    return text + "\nInstall a newer one, then name it: " + advice.format("/path/to/python3.12")


def venv_program(folder, name):
    """Return the path of a program of the environment."""
    if os.name == "nt":
        return os.path.join(folder, "Scripts", name + ".exe")
    return os.path.join(folder, "bin", name)


def venv_python(folder):
    """Return the path of the environment's interpreter."""
    return venv_program(folder, "python")


def usable(folder):
    """Tell whether the environment has a Python that runs and is new enough."""
    check = "import sys; sys.exit(sys.version_info < {!r})".format(OLDEST)
    return works([venv_python(folder), "-c", check])


def is_ready(folder, level):
    """Tell whether all of a level stands, of the present locks and for the present place."""
    before = LEVELS[: LEVELS.index(level)]
    if not all(is_ready(folder, earlier) for earlier in before[-1:]):
        return False
    stamp = os.path.join(folder, STAMPS[level])
    sources = [os.path.join(ROOT, LOCKS[level])]
    if before:
        sources.append(os.path.join(folder, STAMPS[before[-1]]))
    else:
        sources += [os.path.join(ROOT, "pyproject.toml"), os.path.abspath(__file__)]
    try:
        with open(stamp) as file:
            place = file.read().strip()  # an environment cannot be moved
        made = os.stat(stamp).st_mtime
        return (
            place == ROOT
            and os.access(venv_python(folder), os.X_OK)
            and all(os.stat(source).st_mtime <= made for source in sources)
        )
    except OSError:
        return False


@contextlib.contextmanager
def alone(folder):
    """Wait until nobody else makes this environment, and keep others waiting."""
    with open(os.path.join(folder, LOCK), "a+") as file:
        if not take(file, wait=False):
            say("waiting: this environment is being made by somebody else")
            take(file, wait=True)
        yield


def take(file, wait):
    """Lock a file until it is closed; tell whether that worked."""
    try:
        if os.name == "nt":
            import msvcrt

            while True:
                file.seek(0)
                try:
                    msvcrt.locking(file.fileno(), msvcrt.LK_LOCK if wait else msvcrt.LK_NBLCK, 1)
                    return True
                except OSError:
                    if not wait:  # LK_LOCK gives up after ten seconds
                        return False
        import fcntl

        fcntl.flock(file, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
    except OSError:
        return False
    return True


def clear(folder):
    """Empty the environment's folder, but for the lock, which keeps others waiting."""
    for name in os.listdir(folder):
        path = os.path.join(folder, name)
        if os.path.isdir(path) and not os.path.islink(path):
            shutil.rmtree(path)
        elif name != LOCK:
            os.remove(path)


def mark_building(folder):
    """Leave the mark by which the next run knows that this one was interrupted."""
    open(os.path.join(folder, BUILDING), "w").close()


def own_python(folder):
    """Return a Python that stays when the environment is made afresh."""
    inside = os.path.realpath(sys.prefix) == os.path.realpath(folder)
    return getattr(sys, "_base_executable", sys.executable) if inside else sys.executable


def make_venv(folder):
    """Make an empty environment that has pip."""
    clear(folder)
    made = run([own_python(folder), "-m", "venv", folder])
    mark_building(folder)
    if not made:
        raise SetupError(
            "{} -m venv failed. On Debian and Ubuntu it is a package of its own:\n"
            "apt-get install python3-venv".format(own_python(folder))
        )


def find_uv(folder):
    """Return a uv that runs: the machine's, or one put into the environment; else None."""
    uv = shutil.which("uv")
    if uv and works([uv, "--version"]):
        venv = [uv, "venv", "--quiet", "--allow-existing", "--python", own_python(folder), folder]
        return uv if usable(folder) or run(venv) else None
    if not works([venv_python(folder), "-m", "pip", "--version"]):
        make_venv(folder)
    uv = venv_program(folder, "uv")
    if not works([uv, "--version"]):
        say("getting uv, which installs the rest in seconds")
        complaint_of(pip(folder) + ["install", "--quiet", "uv"])
    return uv if works([uv, "--version"]) else None


def with_uv(command):
    """Run uv, a second time where it can do better; return its first complaint, None if none."""
    complaint = complaint_of(command)
    if complaint is None:
        return None
    if "certificate" in complaint.lower():
        say("trying again with the certificates that this machine trusts")
        again = complaint_of(command, MACHINES_CERTIFICATES)
    else:
        again = complaint_of(command, FROM_BEFORE)
        if again is None:
            say("the package index cannot be reached: used what uv has kept from before")
    return None if again is None else complaint


def pip(folder):
    """Return the environment's pip, as a command."""
    return [venv_python(folder), "-m", "pip", "--disable-pip-version-check"]


def with_pip(folder, lock):
    """Install a lock by pip and say how far it is; return its complaint, None if it has none."""
    with open(os.path.join(ROOT, lock)) as file:
        count = sum(1 for line in file if "==" in line)
    # --no-deps: the lock is complete, and leaves one optional package out on purpose.
    command = pip(folder) + ["install", "--progress-bar", "off", "--no-deps", "--require-hashes"]
    complaints, at = [], 0
    with subprocess.Popen(
        command + ["--requirement", lock],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        universal_newlines=True,
    ) as process:
        for line in process.stdout:
            words = line.split()
            if words[:1] == ["Ignoring"]:
                count -= 1
            elif words[:1] in (["Collecting"], ["Processing"]):
                at += 1
                name = os.path.basename(words[1].partition("==")[0])
                say("{} of {}: {}".format(at, count, name))
            elif words[:1] == ["Installing"]:
                say(UNPACKING)
            elif line.startswith(("WARNING", "ERROR")):
                complaints.append(line)
    return None if process.returncode == 0 else "".join(complaints) or "pip failed"


def why(complaint):
    """Return what to tell somebody whose packages could not be installed."""
    text = complaint.lower()
    if "certificate" in text:
        return (
            "The package index answers with a certificate that is not trusted here, as behind a "
            "proxy that reads along: set SSL_CERT_FILE and PIP_CERT to the file of its certificate."
        )
    if "no space left" in text:
        return "The disk is full: the environment needs about 500 MB, for the checks 1.3 GB."
    if any(sign in text for sign in ("dns error", "(connect)", "connection", "timed out")):
        return (
            "The Python package index cannot be reached: the first set-up needs it (behind a "
            "proxy, set HTTPS_PROXY); after it all works offline."
        )
    return (
        "The packages could not be installed; the error above says why.\n"
        "The first set-up needs the Python package index; after it all works offline."
    )


def install(folder, level, uv):
    """Make the environment exactly what a learner's lock says, or add the lock of another level."""
    exactly = level == LEVELS[0]
    lock = ["--require-hashes"] + ([] if exactly else ["--no-deps", "--requirement"])
    command = [uv, "pip", "sync" if exactly else "install", "--quiet"]
    project = ["install", "--quiet", "--no-deps", "--no-build-isolation", "--editable", ROOT]
    python = ["--python", venv_python(folder)]
    if uv:
        complaint = with_uv(command + python + lock + [os.path.join(ROOT, LOCKS[level])])
        if complaint is None and exactly:
            complaint = with_uv([uv, "pip"] + project + python)
        if complaint is None:
            return
        sys.stderr.write(complaint.rstrip() + "\n")
    say("uv could not do it: using pip, which takes some minutes")
    if exactly:
        make_venv(folder)
    complaint = with_pip(folder, LOCKS[level])
    if complaint is None and exactly:
        complaint = complaint_of(pip(folder) + project)
    if complaint is not None:
        sys.stderr.write(complaint.rstrip() + "\n")
        raise SetupError(why(complaint))


def reason_to_start_afresh(folder):
    """Return why what is in `folder` cannot be mended, or None."""
    if not os.path.exists(os.path.join(folder, "pyvenv.cfg")):
        return None
    if os.path.exists(os.path.join(folder, BUILDING)):
        return "the last set-up did not finish"
    if not usable(folder):
        return "its Python is gone or too old"
    stamp = os.path.join(folder, STAMPS[LEVELS[0]])
    if os.path.exists(stamp):
        with open(stamp) as file:
            if file.read().strip() != ROOT:
                return "it was made for another folder"
    return None


def leave_stamp(folder, level):
    """Write down that all of a level stands, and for which place."""
    stamp = os.path.join(folder, STAMPS[level])
    with open(stamp + ".new", "w") as file:
        file.write(ROOT + "\n")
    os.replace(stamp + ".new", stamp)


def make_env(folder):
    """Make or mend the environment in `folder`; leave its stamp only when all of it stands."""
    reason = reason_to_start_afresh(folder)
    stamp = os.path.join(folder, STAMPS[LEVELS[0]])
    if reason:
        say("starting afresh: " + reason)
        clear(folder)
    elif os.path.exists(stamp):
        os.remove(stamp)
    mark_building(folder)

    say("making {} with Python {}.{}.{}".format(folder, *sys.version_info[:3]))
    install(folder, LEVELS[0], find_uv(folder))
    # Found, not imported: a mistake in the library's own code is not the environment's.
    check = "import importlib.util as u, jupyterlab; u.find_spec('hedgelib').origin"
    if not run([venv_python(folder), "-c", check]):
        raise SetupError("The packages were installed but cannot be found.")
    os.remove(os.path.join(folder, BUILDING))
    leave_stamp(folder, LEVELS[0])
    say("ready")


def add_level(folder, level):
    """Add the packages of another level to an environment that stands."""
    say("adding the packages of " + LOCKS[level])
    install(folder, level, find_uv(folder))
    leave_stamp(folder, level)
    say("ready")


def ensure(folder, level, others=(), by_make=True):
    """Bring the environment up to a level, and make other folders; return an exit code."""
    if is_ready(folder, level):
        return 0
    problem = version_problem(sys.version_info, sys.executable or "python3", by_make=by_make)
    if problem:
        sys.stderr.write(problem + "\n")
        return 1
    try:
        for name in [folder] + list(others):
            os.makedirs(name, exist_ok=True)
        with alone(folder):
            for step in LEVELS[: LEVELS.index(level) + 1]:
                if not is_ready(folder, step):
                    make_env(folder) if step == LEVELS[0] else add_level(folder, step)
    except SetupError as error:
        sys.stderr.write("{}\nOnce that is mended, run the same command again.\n".format(error))
        return 1
    except OSError as error:
        if error.errno not in (errno.EROFS, errno.EACCES, errno.EPERM):
            raise
        sys.stderr.write(
            "{} cannot be written ({}): copy the workbook into a folder of your own and run the "
            "same command there.\n".format(error.filename, error.strerror)
        )
        return 1
    except KeyboardInterrupt:
        sys.stderr.write("Interrupted; the next run starts afresh.\n")
        return 130
    return 0
