"""What a student's code may not ask of the kernel, as a filter that bubblewrap loads.

The sandbox shuts off files, network and processes. What is left are calls that give a program room
that no limit counts (a user namespace, memory without an address, sockets of the network, larger
buffers, pages lent to a pipe), that leave something behind for the next submission (keys), or that
reach into the process that watches. No notebook needs them.
"""

from __future__ import annotations

import errno
import platform
import struct

__all__ = ["program"]

# Numbers of calls on x86-64 and on 64-bit ARM, from the kernel's syscall tables.
_REFUSED = {
    "unshare": (272, 97),
    "setns": (308, 268),
    "ptrace": (101, 117),
    "process_vm_readv": (310, 270),
    "process_vm_writev": (311, 271),
    "pidfd_getfd": (438, 438),
    "memfd_create": (319, 279),
    "memfd_secret": (447, 447),
    "shmget": (29, 194),
    "semget": (64, 190),
    "msgget": (68, 186),
    "mq_open": (240, 180),
    "add_key": (248, 217),
    "request_key": (249, 218),
    "keyctl": (250, 219),
    "bpf": (321, 280),
    "perf_event_open": (298, 241),
    "userfaultfd": (323, 282),
    "io_uring_setup": (425, 425),
    "socket": (41, 198),
    "setsockopt": (54, 208),
    "vmsplice": (278, 75),
}
_CLONE, _CLONE3 = (56, 220), 435
_NEW_USER = 0x10000000
_X32 = 0x40000000
_AUDIT_ARCH = {"x86_64": 0xC000003E, "aarch64": 0xC00000B7}

# Of struct seccomp_data: the call, the architecture, the lower half of the first argument.
_NUMBER, _ARCH, _FLAGS = 0, 4, 16
_LOAD, _EQUAL, _AT_LEAST, _ANY_BIT, _RETURN = 0x20, 0x15, 0x35, 0x45, 0x06
_ALLOW, _FAIL = 0x7FFF0000, 0x00050000


def program(machine: str = "") -> bytes:
    """Write the filter in the kernel's form: one ``struct sock_filter`` after another."""
    machine = machine or platform.machine()
    if machine not in _AUDIT_ARCH:
        return b""
    column = list(_AUDIT_ARCH).index(machine)
    refuse = _FAIL | errno.EPERM
    # A library that is told that clone3 is not there takes clone, whose flags can be looked at.
    steps = [
        (_LOAD, _ARCH),
        (_EQUAL, _AUDIT_ARCH[machine], "next", refuse),
        (_LOAD, _NUMBER),
        (_AT_LEAST, _X32, refuse, "next"),
        *((_EQUAL, numbers[column], refuse, "next") for numbers in _REFUSED.values()),
        (_EQUAL, _CLONE3, _FAIL | errno.ENOSYS, "next"),
        (_EQUAL, _CLONE[column], "next", _ALLOW),
        (_LOAD, _FLAGS),
        (_ANY_BIT, _NEW_USER, refuse, _ALLOW),
    ]
    ends = [refuse, _FAIL | errno.ENOSYS, _ALLOW]

    def jump(here: int, to: int | str) -> int:
        return 0 if isinstance(to, str) else len(steps) + ends.index(to) - here - 1

    code = b""
    for here, (what, value, *ways) in enumerate(steps):
        true, false = (jump(here, way) for way in ways) if ways else (0, 0)
        code += struct.pack("=HBBI", what, true, false, value)
    return code + b"".join(struct.pack("=HBBI", _RETURN, 0, 0, end) for end in ends)
