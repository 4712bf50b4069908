"""The folder that reports go to: what in it is finished, and what of it is whole.

A report is finished when its record says so, and the record is written last: it has what the report
was made of and the hashes of its files. A file takes its place in one step, or not at all.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from collections.abc import Collection, Mapping
from functools import cache
from pathlib import Path
from typing import IO, Any

import hedgelib
from hedgelib import market
from hedgelib._lock import try_lock
from hedgelib.report.cells import report_notebook
from hedgelib.report.faults import CannotWrite, writing

RECORDS = ".hedgelib"
"""Folder for records, among the reports."""

_FORMAT = 1
_DATA = ("prices.csv", "funding_monthly.csv", "contracts.toml", "coins.toml", "layouts.toml")


@cache
def fingerprint() -> dict[str, str]:
    """Say what reports are made with: two processes with the same make the same reports."""
    package = Path(hedgelib.__file__).resolve().parent
    code = [
        path
        for path in sorted(package.rglob("*"))
        if path.is_file() and path.suffix != ".pyc" and "_bundled" not in path.parts
    ]
    data = [market.data_folder() / name for name in _DATA]
    return {
        "version": hedgelib.__version__,
        "code": _digest_of_all([*code, report_notebook()]),
        "data": _digest_of_all(data),
    }


def _digest_of_all(paths: list[Path]) -> str:
    whole = hashlib.sha256()
    for path in paths:
        whole.update(f"{path.name}\0{path.stat().st_size}\0".encode())
        whole.update(path.read_bytes())
    return whole.hexdigest()


class OutFolder:
    """A folder of reports, held by one run at a time.

    As a context it is held; nobody else can write reports to it then.
    """

    def __init__(self, folder: str | Path) -> None:
        self.folder = Path(folder)
        self._records = self.folder / RECORDS
        self._scratch = self._records / "unfinished"
        self._lock: IO[bytes] | None = None

    def __enter__(self) -> OutFolder:
        with writing(self.folder):
            self._records.mkdir(parents=True, exist_ok=True)
            self._lock = (self._records / "lock").open("ab")
        if not try_lock(self._lock.fileno()):
            self._lock.close()
            raise CannotWrite(
                f"another run is writing reports to {self.folder}; wait for it, or name another "
                "folder with --out"
            )
        with writing(self.folder):
            # What an interrupted run has left.
            shutil.rmtree(self._scratch, ignore_errors=True)
            self._scratch.mkdir(exist_ok=True)
        return self

    def __exit__(self, *_: object) -> None:
        shutil.rmtree(self._scratch, ignore_errors=True)
        if self._lock is not None:
            self._lock.close()

    def finished(self, stem: str, made_of: Mapping[str, Any]) -> dict[str, Any] | None:
        """Return the figures of a report that is there, whole, and made of just this."""
        record = self._record(stem)
        if record is None or record["made_of"] != json.loads(json.dumps(dict(made_of))):
            return None
        for kind, digest in record["files"].items():
            try:
                content = (self.folder / f"{stem}.{kind}").read_bytes()
            except OSError:
                return None
            if hashlib.sha256(content).hexdigest() != digest:
                return None
        figures: dict[str, Any] = record["figures"]
        return figures

    def _record(self, stem: str) -> dict[str, Any] | None:
        try:
            record = json.loads((self._records / f"{stem}.json").read_bytes())
        except (OSError, ValueError):
            return None
        whole = isinstance(record, dict) and record.get("format") == _FORMAT
        return record if whole else None

    def keep(
        self,
        stem: str,
        files: Mapping[str, bytes],
        *,
        figures: Mapping[str, Any],
        made_of: Mapping[str, Any],
    ) -> None:
        """Put a report in its place, and say that it is finished.

        Where that fails the report is not finished, and nothing of it is there by half.
        """
        path = self._records / f"{stem}.json"
        # Also its files of a kind that the new report does not have.
        self.drop(stem, but=files)
        with writing(path):
            path.unlink(missing_ok=True)
        for kind, content in files.items():
            self.put(f"{stem}.{kind}", content)
        record = {
            "format": _FORMAT,
            "made_of": dict(made_of),
            "files": {kind: hashlib.sha256(file).hexdigest() for kind, file in files.items()},
            "figures": dict(figures),
        }
        self._put(path, json.dumps(record, indent=1).encode())

    def drop(self, stem: str, *, but: Collection[str] = ()) -> None:
        """Take away a report that its portfolio no longer has; what others wrote stays."""
        record = self._record(stem)
        if record is None:
            return
        files = [self.folder / f"{stem}.{kind}" for kind in record["files"] if kind not in but]
        for path in (self._records / f"{stem}.json", *files):
            with writing(path):
                path.unlink(missing_ok=True)

    def put(self, name: str, content: bytes) -> Path:
        """Write another file in one step, and return its path."""
        self._put(self.folder / name, content)
        return self.folder / name

    def _put(self, target: Path, content: bytes) -> None:
        with writing(target):
            new = self._scratch / "file"
            new.write_bytes(content)
            os.replace(new, target)
