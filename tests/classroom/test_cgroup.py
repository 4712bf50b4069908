"""Control groups: on files that stand for the kernel's, and on the kernel's own if we may."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from hedgelib.classroom import _cgroup, sandbox
from hedgelib.classroom._cgroup import Group, delegated
from hedgelib.classroom.interface import Limits, Wanted


@pytest.fixture
def tree(tmp_path, monkeypatch):
    """A kernel that has delegated the tree below "user"."""
    own = tmp_path / "cgroup" / "user" / "session"
    own.mkdir(parents=True)
    for folder in (own, own.parent, own.parent.parent):
        (folder / "cgroup.subtree_control").write_text("" if folder == own else "cpu memory pids")
    proc = tmp_path / "proc"
    proc.mkdir()
    (proc / "cgroup").write_text("4:memory:/other\n0::/user/session\n")
    mount = f"41 31 0:38 / {tmp_path}/cgroup rw,relatime - cgroup2 cgroup2 rw\n"
    (proc / "mountinfo").write_text("22 27 0:21 / /proc rw - proc proc rw\n" + mount)
    found = _cgroup._above(proc)
    assert found == [own, own.parent, own.parent.parent]
    monkeypatch.setattr(_cgroup, "_above", lambda: found)
    monkeypatch.setattr(_cgroup, "_SECONDS_TO_EMPTY", 0.0)
    delegated.cache_clear()
    yield own.parent
    delegated.cache_clear()


def test_2_the_nearest_group_that_hands_memory_down_is_taken(tree, monkeypatch):
    monkeypatch.setattr(_cgroup, "_works", lambda _: True)
    group = Group.new(2**30, 34)
    assert group is not None
    assert group._path.parent == tree
    assert (group._path / "memory.max").read_text() == f"{2**30}\n"
    assert (group._path / "pids.max").read_text() == "34\n"
    assert not (group._path / "memory.swap.max").exists()
    said = subprocess.run(
        group.command(["echo", "a b", "$HOME"]), capture_output=True, text=True, check=True
    )
    assert said.stdout == "a b $HOME\n"
    assert (group._path / "cgroup.procs").read_text().strip().isdigit()
    assert not group.ran_out_of_memory()
    (group._path / "memory.events").write_text("low 0\nmax 12\noom 1\noom_kill 1\n")
    assert group.ran_out_of_memory()


@pytest.mark.usefixtures("tree")
def test_2_a_group_that_takes_no_process_in_is_none():
    """The files are there, and no kernel moves anything: nothing is claimed of it."""
    assert delegated() is None
    assert Group.new(2**30, 34) is None


def test_2_what_cannot_be_limited_is_not_used(tree, monkeypatch):
    monkeypatch.setattr(_cgroup, "_works", lambda _: True)
    assert delegated() == tree

    def refused(*_):
        raise PermissionError

    monkeypatch.setattr(Path, "write_text", refused)
    assert Group.new(2**30, 34) is None


@pytest.mark.parametrize("text", ["", "0::/gone\n", "4:memory:/x\n"])
def test_2_a_machine_without_the_second_version_has_none(tmp_path, text):
    (tmp_path / "cgroup").write_text(text)
    (tmp_path / "mountinfo").write_text("22 27 0:21 / /proc rw - proc proc rw\n")
    assert _cgroup._above(tmp_path) == []
    assert _cgroup._above(tmp_path / "none") == []


@pytest.mark.usefixtures("bubblewrap")
def test_2_the_kernel_s_own_word_is_passed_on(monkeypatch):
    """A run whose group was short of memory says so, and the group is taken away."""
    removed = []

    class Short(Group):
        def command(self, command):
            return list(command)

        def ran_out_of_memory(self):
            return True

        def remove(self):
            removed.append(self)

    monkeypatch.setattr(sandbox.Group, "new", lambda *_: Short(Path()))
    wanted = [Wanted(question="q1", name="q1", kind="number")]
    outcome = sandbox.run([("q1", "q1 = 1")], {}, wanted, Limits(memory_mb=512))
    assert outcome.answers["q1"].value == 1
    assert outcome.problems == ("its processes took more than 1024 MB together",)
    assert len(removed) == 1


@pytest.mark.usefixtures("bubblewrap")
def test_2_the_limit_holds_with_a_control_group_and_without():
    """Where none is to be had none is claimed, and the watch over Pss holds the limit."""
    folder, group = delegated(), Group.new(2**29, 34)
    assert (group is None) == (folder is None)
    if group is not None:
        assert group._path.parent == folder
        group.remove()
    wanted = [Wanted(question="q1", name="q1", kind="number")]
    limits = Limits(memory_mb=256)
    too_much = "its processes took more than 512 MB together"
    each = f"import os, time\nfor _ in range(8):\n    if not os.fork():\n{_HOLDING}time.sleep(60)"
    outcome = sandbox.run([("q1", each)], {}, wanted, limits)
    assert too_much in outcome.problems
    # What all of them share is one process's: 8 times 150 MB by what each holds, 150 by Pss.
    one = f"memory = b'x' * (150 * 2**20)\n{_WAITING}\nq1 = 1"
    outcome = sandbox.run([("q1", one)], {}, wanted, limits)
    assert outcome.answers["q1"].value == 1
    assert outcome.problems == ()


_HOLDING = """
        memory = b"x" * (150 * 2**20)
        time.sleep(60)
"""
# Its children end when it lets go of the pipe, after the supervisor has looked a few times.
_WAITING = """
import os, time
hold, let_go = os.pipe()
for _ in range(7):
    if not os.fork():
        os.close(let_go)
        os.read(hold, 1)
        os._exit(0)
end = time.monotonic() + 0.5
while time.monotonic() < end:
    pass
os.close(let_go)
for _ in range(7):
    os.wait()
"""
