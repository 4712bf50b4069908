"""The cache of live data: a CSV file for each series, and a JSON file of what and when.

Whatever is read was written in full. A file is written next to its target and then moved there; the
JSON is written first and knows the hash of the file that is there and of the one that is to come,
so that whichever a reader finds, or a writer that died left behind, can be told from a damaged one.
"""

from __future__ import annotations

import hashlib
import json
import os
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any, Literal, TypeAlias
from urllib.parse import quote

import numpy as np
from numpy.typing import NDArray

from hedgelib._lock import try_lock
from hedgelib.errors import HedgeError

Kind: TypeAlias = Literal["close", "perp", "funding"]
What: TypeAlias = Literal["spot", "index", "perpetual"]
Times: TypeAlias = NDArray[np.int64]

DAY_MS = 86_400_000
_MINUTE_MS = 60_000
_FORMAT = 1
_READS = 3
"""Times that a pair of files is read before it counts as damaged: a writer may be at work."""

_LOCK_STEP_SECONDS = 0.5
_UNFINISHED = ".unfinished-"


def ms_of(day: date) -> int:
    """Return the first millisecond of a day, UTC."""
    return (day - date(1970, 1, 1)).days * DAY_MS


def day_of(ms: int) -> date:
    """Return the day of a millisecond, UTC."""
    return date(1970, 1, 1) + timedelta(days=int(ms // DAY_MS))


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Series:
    """One series of a venue, and how much of it has been asked for.

    kind : daily closes of the coin, of its perpetual, or the payments of its perpetual
    symbol, what : the market it comes from, as ccxt names it, and its kind
    times : milliseconds since 1970, ascending, each once: the start of a day, or a payment
    amounts : USD per coin, or the rate paid, a decimal
    asked_from, asked_through : every day between has been asked for; what is not there is a gap
    asked : when the venue was last asked
    ended : why nothing more comes; empty while it does
    """

    kind: Kind
    coin: str
    symbol: str
    what: str
    times: Times = field(default_factory=lambda: np.empty(0, dtype=np.int64))
    amounts: NDArray[np.float64] = field(default_factory=lambda: np.empty(0))
    asked_from: date
    asked_through: date
    asked: datetime
    ended: str = ""

    @property
    def key(self) -> str:
        """Name of the series; that of its file without the ending."""
        return series_key(self.kind, self.coin)

    def text(self) -> str:
        """Write the rows as CSV."""
        funding = self.kind == "funding"
        head, form = ("time,rate", "%Y-%m-%dT%H:%MZ") if funding else ("date,close_usd", "%Y-%m-%d")
        moments = (datetime.fromtimestamp(t / 1000, UTC) for t in self.times.tolist())
        rows = [f"{m:{form}},{v!r}" for m, v in zip(moments, self.amounts.tolist(), strict=True)]
        return "\n".join([head, *rows]) + "\n"


def series_key(kind: Kind, coin: str) -> str:
    """Name a series; the name of a coin is only ever text, so it cannot leave the folder."""
    return f"{kind}-{quote(coin, safe='')}"


def _rows(text: str) -> tuple[Times, NDArray[np.float64]]:
    lines = [line.split(",") for line in text.splitlines()[1:]]
    # A day is its midnight.
    moments = (datetime.fromisoformat(at) for at, _ in lines)
    times = [round(at.replace(tzinfo=UTC).timestamp() * 1000) for at in moments]
    return np.array(times, dtype=np.int64), np.array([float(v) for _, v in lines])


def to_the_minute(ms: int) -> int:
    """Round a moment to its minute; venues pay a few milliseconds after the hour."""
    return round(ms / _MINUTE_MS) * _MINUTE_MS


@dataclass(frozen=True, slots=True, kw_only=True)
class State:
    """What the cache of one venue holds.

    series : by key; only those whose files are whole
    terms, asked : what the venue says of each of its contracts, by its symbol, and when it did
    absent : coins that the venue had no market for, and the day on which it was asked
    marks : mark price of the perpetual on a coin, and when it was asked for
    damaged : names of files that were not whole
    """

    series: Mapping[str, Series] = field(default_factory=dict)
    terms: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    absent: Mapping[str, str] = field(default_factory=dict)
    marks: Mapping[str, tuple[float, str]] = field(default_factory=dict)
    asked: datetime | None = None
    ccxt: str = ""
    damaged: tuple[str, ...] = ()


class Cache:
    """The folder of one venue, made when something is written."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._record: dict[str, Any] = {}

    @property
    def manifest(self) -> Path:
        """The file of what and when."""
        return self.folder / "manifest.json"

    def file(self, key: str) -> Path:
        """Name the file of a series."""
        return self.folder / f"{key}.csv"

    def read(self) -> State:
        """Read what is there; what is damaged is left out and named."""
        for _ in range(_READS):
            state = self._read_once()
            if not state.damaged:
                break
        return state

    def _read_once(self) -> State:
        text = _read(self.manifest)
        record = None if text is None else _checked(text)
        if record is None:
            self._record = {}
            return State(damaged=() if text is None else (self.manifest.name,))
        found = {key: self._read_series(key, entry) for key, entry in record["series"].items()}
        series = {key: one for key, one in found.items() if one is not None}
        # What is damaged is forgotten with the next thing that is written.
        self._record = {**record, "series": {key: record["series"][key] for key in series}}
        return State(
            series=series,
            terms=record["terms"],
            absent=record["absent"],
            marks={coin: (price, at) for coin, (price, at) in record.get("marks", {}).items()},
            asked=datetime.fromisoformat(record["asked"]),
            ccxt=record["ccxt"],
            damaged=tuple(self.file(key).name for key in found if key not in series),
        )

    def _read_series(self, key: str, entry: Mapping[str, Any]) -> Series | None:
        text = _read(self.file(key))
        for version in (entry, entry.get("before")):
            if version is not None and text is not None and version["sha256"] == digest(text):
                return _series(version, text)
        return None

    def write_markets(
        self,
        *,
        terms: Mapping[str, Mapping[str, Any]],
        absent: Mapping[str, str],
        asked: datetime,
        ccxt: str,
    ) -> None:
        """Keep what the venue says of its markets."""
        self._record = {
            "series": self._record.get("series", {}),
            "terms": {symbol: dict(one) for symbol, one in terms.items()},
            "absent": dict(absent),
            "marks": self._record.get("marks", {}),
            "asked": iso(asked),
            "ccxt": ccxt,
        }
        self._write_manifest()

    def write_marks(self, marks: Mapping[str, tuple[float, str]]) -> None:
        """Keep mark prices, in place of those of before."""
        self._record["marks"] = {coin: list(mark) for coin, mark in marks.items()}
        self._write_manifest()

    def write(self, series: Series) -> None:
        """Keep a series: all of it, or what was there before."""
        text = series.text()
        before = dict(self._record["series"].get(series.key, {}))
        before.pop("before", None)
        entry = _entry(series, text)
        self._record["series"][series.key] = entry | ({"before": before} if before else {})
        self._write_manifest()
        if digest(_read(self.file(series.key)) or "") != entry["sha256"]:
            _write(self.file(series.key), text)

    def _write_manifest(self) -> None:
        content = {"format": _FORMAT, **self._record}
        body = json.dumps(content, indent=1, sort_keys=True)
        _write(self.manifest, json.dumps({"sha256": digest(body), "content": content}, indent=1))

    @contextmanager
    def lock(
        self,
        *,
        sleep: Callable[[float], None],
        say: Callable[[str], None],
        longest_wait_seconds: float = 600.0,
    ) -> Iterator[None]:
        """Keep other fetches off this folder; the system frees it when the process ends."""
        path = self.folder / "lock"
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            handle = path.open("a+b")
        except OSError as error:
            raise _cannot("written", path, error) from error
        with handle:
            waited = 0.0
            while not try_lock(handle.fileno()):
                if waited == 0:
                    say(f"another fetch is running in {self.folder}; waiting for it")
                if waited >= longest_wait_seconds:
                    raise HedgeError(
                        f"another fetch has been running in {self.folder} for "
                        f"{waited / 60:.0f} minutes; end it, or choose another --cache"
                    )
                sleep(_LOCK_STEP_SECONDS)
                waited += _LOCK_STEP_SECONDS
            for unfinished in self.folder.glob(f"{_UNFINISHED}*"):
                unfinished.unlink(missing_ok=True)
            yield


_AS_THEY_ARE = ("kind", "coin", "symbol", "what", "ended")


def _entry(series: Series, text: str) -> dict[str, Any]:
    """Write in the manifest what the file of a series does not hold."""
    return {name: getattr(series, name) for name in _AS_THEY_ARE} | {
        "asked_from": series.asked_from.isoformat(),
        "asked_through": series.asked_through.isoformat(),
        "asked": iso(series.asked),
        "rows": len(series.times),
        "sha256": digest(text),
    }


def _series(entry: Mapping[str, Any], text: str) -> Series:
    times, amounts = _rows(text)
    return Series(
        **{name: entry[name] for name in _AS_THEY_ARE},
        times=times,
        amounts=amounts,
        asked_from=date.fromisoformat(entry["asked_from"]),
        asked_through=date.fromisoformat(entry["asked_through"]),
        asked=datetime.fromisoformat(entry["asked"]),
    )


def digest(text: str) -> str:
    """Return the SHA-256 of a text."""
    return hashlib.sha256(text.encode()).hexdigest()


def _checked(text: str) -> dict[str, Any] | None:
    try:
        whole = json.loads(text)
        content = whole["content"]
        good = (
            whole["sha256"] == digest(json.dumps(content, indent=1, sort_keys=True))
            and content["format"] == _FORMAT
        )
    except (ValueError, TypeError, KeyError):
        return None
    return {k: v for k, v in content.items() if k != "format"} if good else None


def iso(moment: datetime) -> str:
    """Write a moment to the second, UTC."""
    return moment.astimezone(UTC).isoformat(timespec="seconds")


def _read(path: Path) -> str | None:
    """Return the text of a file: None where there is none, damage where it is no text."""
    try:
        return path.read_bytes().decode(errors="replace")
    except FileNotFoundError:
        return None
    except OSError as error:
        raise _cannot("read", path, error) from error


def _write(path: Path, text: str) -> None:
    """Write a file beside its place, and move it there when it is whole and on the disk."""
    name = ""
    try:
        with tempfile.NamedTemporaryFile(
            "wb", dir=path.parent, prefix=_UNFINISHED, delete=False
        ) as file:
            name = file.name
            file.write(text.encode())
            file.flush()
            os.fsync(file.fileno())
        os.replace(name, path)
    except OSError as error:
        raise _cannot("written", path, error) from error
    finally:
        if name:
            with suppress(OSError):
                os.unlink(name)


def _cannot(what: str, path: Path, error: OSError) -> HedgeError:
    return HedgeError(
        f"{path} cannot be {what} ({error.strerror}); choose another folder with --cache"
    )


def merged(series: Series, rows: Iterable[tuple[int, float]], **changes: Any) -> Series:
    """Return a series with more rows; of two for one moment the new one is kept."""
    every = dict(zip(series.times.tolist(), series.amounts.tolist(), strict=True)) | dict(rows)
    order = sorted(every)
    times, amounts = np.array(order, dtype=np.int64), np.array([every[t] for t in order])
    return replace(series, times=times, amounts=amounts.astype(float), **changes)
