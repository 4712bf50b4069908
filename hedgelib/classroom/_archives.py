"""Opens what students handed in, inside the sandbox: a file, or the members of a zip archive.

Sizes are looked at before anything is read, and nothing is written.
"""

from __future__ import annotations

import contextlib
import io
import re
import stat
import struct
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from typing import BinaryIO

__all__ = ["A_LINK", "COMPANION", "JUNK", "LARGEST_FILE", "File", "Room", "opened"]

LARGEST_FILE = 20 * 2**20
# Of what an archive says of its members: names, sizes and places.
_LARGEST_DIRECTORY = 8 * 2**20
_DEEPEST_ARCHIVE = 3
_HEAD = 512
_LONGEST_NAME = 10_000
# Most files and bytes of an archive in the folder, and of one in another; and of what is left
# one part in so many, so that there is always room for the next.
_ARCHIVE = (20_000, 500 * 2**20, 5)
_INNER_ARCHIVE = (1_000, 100 * 2**20, 2)
A_LINK = "is a link or a device, not a file; links are not followed"
_NO_ROOM = "is not read: {}; put it into a folder of its own"
_TOO_LARGE = "is {}, too large to open; unpack it into the folder"
_LOCKED, _SAYS_UTF8 = 0x1, 0x800
# What Office writes is a zip archive as well; it holds one of these.
_OFFICE = {"[Content_Types].xml", "mimetype"}
_OTHER_ARCHIVES = (b"\x1f\x8b", b"BZh", b"\xfd7zXZ", b"7z\xbc\xaf", b"Rar!", b"\x28\xb5\x2f\xfd")
JUNK = re.compile(r"(^|/)(\.DS_Store|Thumbs\.db|desktop\.ini|\._[^/]*|__MACOSX(/.*)?)$")
# Files next to a notebook: its numbers, and what nbgrader's exchange adds.
COMPANION = re.compile(r"_numbers[^/]*\.json$|(^|/)(timestamp|submission_secret)\.txt$")
_END = struct.Struct("<4s4H2LH")
_END_64 = struct.Struct("<4sQ2H2L4Q")
# With a comment of the longest kind, and what large archives put before it.
_LONGEST_END = (1 << 16) + 1024


@dataclass(frozen=True, slots=True)
class File:
    """A file as it was handed in: its place, and its bytes or why there are none."""

    name: str
    data: bytes = b""
    problem: str = ""
    modified: str = ""  # ISO time that its archive gives


@dataclass(slots=True)
class Room:
    """How many files, and bytes in them, may still be read: nobody may use up the others' share."""

    members: int
    size: int
    within: Room | None = None

    def lacks(self, members: int, size: int) -> str:
        """Say how much room there is, if it is not enough."""
        if members > self.members or size > self.size:
            return f"there is room for {self.members:,} more files and {self.size:,} bytes"
        return self.within.lacks(members, size) if self.within else ""

    def take(self, members: int, size: int) -> str:
        """Take files in, or say why not."""
        if reason := self.lacks(members, size):
            return reason
        room: Room | None = self
        while room:
            room.members -= members
            room.size -= size
            room = room.within
        return ""

    def for_archive(self, depth: int) -> Room:
        """Make room for an archive of the folder, or for one within another."""
        members, size, parts = _ARCHIVE if depth == 0 else _INNER_ARCHIVE
        return Room(min(members, self.members // parts), min(size, self.size // parts), self)


def opened(name: str, stream: BinaryIO, size: int, room: Room, depth: int = 0) -> Iterator[File]:
    """Yield a file itself, or the members of an archive."""
    head = stream.read(_HEAD)
    stream.seek(0)
    if head.startswith(b"PK\x03\x04") or name.lower().endswith(".zip"):
        yield from _archive(name, stream, size, depth, room.for_archive(depth))
    elif reason := _no_notebook(name, head) or _too_large(size):
        yield File(name, problem=reason)
    elif depth == 0 and (reason := room.take(1, size)):
        yield File(name, problem=_NO_ROOM.format(reason))
    else:
        yield File(name, stream.read(LARGEST_FILE))


def _too_large(size: int) -> str:
    return f"is larger than {LARGEST_FILE:,} bytes" if size > LARGEST_FILE else ""


def _no_notebook(name: str, head: bytes) -> str:
    """Say why a file that begins like this cannot be a notebook."""
    if head.startswith(_OTHER_ARCHIVES) or head[257:262] == b"ustar":
        return "is an archive of an unsupported kind; unpack it, or make it a zip archive"
    if ".ipynb" in name.lower():
        return ""
    begins = head.removeprefix(b"\xef\xbb\xbf").lstrip(b" \t\r\n\0\xff\xfe")
    return "" if not begins or begins.startswith(b"{") else "is not a notebook"


def _archive(name: str, stream: BinaryIO, size: int, depth: int, room: Room) -> Iterator[File]:
    try:
        if (directory := _directory_size(stream, size)) > _LARGEST_DIRECTORY:
            what = f"an archive with a directory of {directory:,} bytes"
            yield File(name, problem=_TOO_LARGE.format(what))
            return
        with zipfile.ZipFile(stream) as archive:
            members = [member for member in archive.infolist() if not member.is_dir()]
            total = sum(member.file_size for member in members)
            if _OFFICE & set(archive.namelist()):
                yield File(name, problem="is not a notebook")
            elif depth == _DEEPEST_ARCHIVE:
                yield File(name, problem="is an archive within archives, too deep to open")
            elif room.lacks(len(members), total):
                what = f"an archive of {len(members):,} files and {total:,} bytes"
                yield File(name, problem=_TOO_LARGE.format(what))
            else:
                room.take(len(members), 0)
                empty = True
                for member in members:
                    for file in _member(archive, member, name, depth, room):
                        empty = False
                        yield file
                if empty:
                    yield File(name, problem="is an archive without a notebook")
    except Exception as error:
        # A broken archive can break the library in any way; it costs itself only.
        yield File(name, problem=f"is an archive that cannot be opened: {_cause(error)}")


def _cause(error: Exception) -> str:
    return f"{type(error).__name__}: {error}"


def _directory_size(stream: BinaryIO, size: int) -> int:
    """Return the length of an archive's list of members, or 0 if it has none."""
    stream.seek(max(size - _LONGEST_END, 0))
    tail = stream.read(_LONGEST_END)
    stream.seek(0)
    lengths = [0]
    for signature, form, place in ((b"PK\x05\x06", _END, 5), (b"PK\x06\x06", _END_64, 8)):
        start = tail.rfind(signature)
        # Every place that a reader could take for the right one.
        while start >= 0:
            if start + form.size <= len(tail):
                length = form.unpack_from(tail, start)[place]
                lengths += [length] if length != 0xFFFFFFFF else []
            start = tail.rfind(signature, 0, start)
    return max(lengths)


def _member_name(member: zipfile.ZipInfo) -> str:
    name = member.filename
    if not member.flag_bits & _SAYS_UTF8:
        # Apple's archiver writes UTF-8 and does not say so.
        with contextlib.suppress(ValueError):
            name = name.encode("cp437").decode()
    return name.replace("\\", "/")


def _member(
    archive: zipfile.ZipFile, member: zipfile.ZipInfo, inside: str, depth: int, room: Room
) -> Iterator[File]:
    name = f"{inside}/{_member_name(member)}"
    if JUNK.search(name) or COMPANION.search(name):
        return
    size, problem, data = member.file_size, "", b""
    if len(name) > _LONGEST_NAME:
        problem = f"has a name of {len(name):,} characters; at most {_LONGEST_NAME:,} are read"
        name = name[:_LONGEST_NAME]
    elif member.flag_bits & _LOCKED:
        problem = "is locked with a password"
    elif stat.S_ISLNK(member.external_attr >> 16):
        problem = A_LINK
    elif not (problem := _too_large(size)) and (reason := room.take(0, size)):
        problem = _NO_ROOM.format(reason)
    if not problem:
        try:
            # The size that an archive states need not be true.
            with archive.open(member) as stream:
                data = stream.read(size + 1)
        except Exception as error:
            problem = f"cannot be taken out of the archive: {_cause(error)}"
    if problem:
        yield File(name, problem=problem)
    else:
        modified = ""
        # The first year of an archive's calendar stands for none.
        if member.date_time[0] > 1980:
            with contextlib.suppress(ValueError):
                modified = datetime(*member.date_time).isoformat()
        for file in opened(name, io.BytesIO(data), len(data), room, depth + 1):
            yield file if file.modified else replace(file, modified=modified)
