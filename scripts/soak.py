"""Make a thousand reports while things go wrong, and see that nothing is lost (`make soak`).

Bad files stand among good ones, processes that make reports are killed, the run is interrupted and
started again, and a disk is full for a while (on a small tmpfs; left out where none can be
mounted). At the end every good portfolio must have its whole report and every bad one its reason.
"""

from __future__ import annotations

import argparse
import csv
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

COINS = ("ETH", "BNB", "ADA", "XRP", "DOGE", "LINK", "MATIC", "ALGO", "AVAX")
BAD = ("", "coin,usd_value\nETH,-5\n", "coin,usd_value\nETH,abc\n", "name,worth\nETH,1\n", "\xff")
KILL_EVERY = 40
"""Reports between two kills."""


def portfolios(folder: Path, number: int, bad: int, rng: random.Random) -> None:
    """Write portfolio files, the bad ones among the good."""
    for i in range(number):
        coins = rng.sample(COINS, rng.randint(2, 6))
        rows = "".join(f"{coin},{rng.randint(500, 50_000)}\n" for coin in coins)
        (folder / f"good{i:04}.csv").write_text("coin,usd_value\n" + rows)
    for i in range(bad):
        (folder / f"bad{i:04}.csv").write_bytes(BAD[i % len(BAD)].encode("latin-1"))


def family(pid: int) -> dict[int, int]:
    """Find the processes under one, each with its parent."""
    parents = {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = stat.read_text().rpartition(")")[2].split()
        except OSError:
            continue
        parents[int(stat.parent.name)] = int(fields[1])
    found, new = {}, {pid}
    while new:
        new = {child for child, parent in parents.items() if parent in new and child not in found}
        found |= {child: parents[child] for child in new}
    return found


def memory_mb(pids: list[int]) -> float:
    """Add up what processes hold, what they share counted once (PSS)."""
    total = 0
    for pid in pids:
        try:
            lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
        except OSError:
            continue
        total += sum(int(line.split()[1]) for line in lines if line.startswith("Pss:"))
    return total / 1024


class Run:
    """One run of `hedgelib reports`, watched."""

    def __init__(self, source: Path, out: Path, rng: random.Random) -> None:
        self.out, self.rng = out, rng
        self.peak_mb, self.killed = 0.0, 0
        command = [sys.executable, "-m", "hedgelib", "reports", str(source), "--out", str(out)]
        self.started = time.monotonic()
        self.process = subprocess.Popen(command, stdout=subprocess.DEVNULL)

    def made(self) -> int:
        """Count the reports that stand there."""
        return sum(1 for _ in self.out.glob("good*.html"))

    def watch(self, *, kill: bool = False, interrupt_at: int | None = None) -> int:
        """Follow the run to its end, and do it harm; give back its exit code."""
        next_kill = self.made() + KILL_EVERY
        while self.process.poll() is None:
            pids = family(self.process.pid)
            self.peak_mb = max(self.peak_mb, memory_mb([self.process.pid, *pids]))
            made = self.made()
            leaves = sorted(set(pids) - set(pids.values()))
            if kill and made >= next_kill and leaves:
                try:
                    os.kill(self.rng.choice(leaves), signal.SIGKILL)
                    self.killed += 1
                except ProcessLookupError:
                    pass
                next_kill = made + KILL_EVERY
            if interrupt_at is not None and made >= interrupt_at:
                self.process.send_signal(signal.SIGINT)
                interrupt_at = None
            time.sleep(0.2)
        return self.process.returncode

    @property
    def minutes(self) -> float:
        """How long the run has taken."""
        return (time.monotonic() - self.started) / 60


def judged(out: Path, good: int, bad: int) -> list[str]:
    """List what is not as it must be at the end."""
    with (out / "index.csv").open(encoding="utf-8-sig", newline="") as file:
        rows = {row["portfolio"]: row for row in csv.DictReader(file)}
    wrong = []
    for name in (f"good{i:04}" for i in range(good)):
        page = out / f"{name}.html"
        whole = page.is_file() and page.read_text("utf-8").rstrip().endswith("</html>")
        if not (whole and (out / f"{name}.ipynb").is_file() and not rows[f"{name}.csv"]["error"]):
            wrong.append(f"{name}: no whole report; {rows.get(f'{name}.csv', {}).get('error')}")
    for name in (f"bad{i:04}" for i in range(bad)):
        if (out / f"{name}.html").exists() or not rows[f"{name}.csv"]["error"]:
            wrong.append(f"{name}: a report, or no reason for none")
    left = [p.name for p in out.iterdir() if p.suffix not in {".html", ".ipynb", ".csv"}]
    return wrong + [f"left behind: {name}" for name in left if not name.startswith(".hedgelib")]


def full_disk(folder: Path, rng: random.Random) -> list[str]:
    """Run out of space, make room, and go on."""
    source, out = folder / "few", folder / "small"
    source.mkdir()
    out.mkdir()
    portfolios(source, 30, 0, rng)
    mount = ["mount", "-t", "tmpfs", "-o", "size=4m", "tmpfs", str(out)]
    if os.geteuid() != 0 or subprocess.run(mount, check=False, capture_output=True).returncode:
        print("full disk: left out, for no tmpfs can be mounted here")
        return []
    try:
        code = Run(source, out, rng).watch()
        made = sum(1 for _ in out.glob("good*.html"))
        subprocess.run(["mount", "-o", "remount,size=256m", str(out)], check=True)
        again = Run(source, out, rng).watch()
        print(f"full disk: {made} of 30 made, exit code {code}; with room again exit code {again}")
        return [*(["a full disk went unnoticed"] if code == 0 else []), *judged(out, 30, 0)]
    finally:
        subprocess.run(["umount", str(out)], check=True)


def main() -> int:
    """Soak, print the figures, and fail where anything was lost."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--number", type=int, default=1000, help="good portfolios (1000)")
    number = parser.parse_args().number
    bad, rng = max(number // 50, 5), random.Random(20261125)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        source, out = folder / "books", folder / "out"
        source.mkdir()
        portfolios(source, number, bad, rng)
        first = Run(source, out, rng)
        code = first.watch(kill=True, interrupt_at=number // 2)
        after_first = first.made()
        print(f"interrupted: {after_first} made, {first.killed} processes killed, exit code {code}")
        second = Run(source, out, rng)
        code = second.watch(kill=True)
        rate = (second.made() - after_first) / second.minutes
        print(f"gone on: {second.made()} made, {second.killed} killed, exit code {code}")
        code = Run(source, out, rng).watch()
        wrong = judged(out, number, bad) + ([] if code == 3 else [f"exit code {code}, not 3"])
        wrong += full_disk(folder, rng)
    killed = first.killed + second.killed
    peak = max(first.peak_mb, second.peak_mb)
    print(
        f"{number} good and {bad} bad portfolios: {rate:.0f} reports a minute, {peak:.0f} MB at "
        f"most, {killed} processes killed, 1 interruption: {len(wrong)} lost or wrong"
    )
    print("\n".join(wrong[:20]))
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
