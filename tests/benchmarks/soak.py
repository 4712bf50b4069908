"""``make soak``: a thousand reports while processes are killed, a disk fills up, and files are bad.

Runs `hedgelib reports` as people do, here and on a dask cluster, and does harm to it on the way. At
the end every portfolio must have its report, whole and with the right numbers, or its reason. Takes
some minutes; ends with 0 where nothing was lost.
"""

from __future__ import annotations

import argparse
import csv
import hashlib
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import psutil

from hedgelib import market
from hedgelib._text import spreadsheet_text
from hedgelib.report import ReportParameters, build_report
from hedgelib.report.gather import LARGEST_BYTES
from tests.clustertools import dask_cluster

BAD = {
    "number": "must be",
    "empty": "the file is empty",
    "latin": "no column 'coin'; found 'coiné'",
    "unknown": "no coin of the book has a beta",
    "folder": "this is a folder",
    "link": "a link that leads nowhere",
    "pipe": "not a file, but a pipe",
    "large": "bytes, and 16,777,216 are read at most",
}
NAMES = ("book", "=cmd()", "<b>book", "bóok", "a book", "book..")
KILL_EVERY_SECONDS = 2.0
SMALL_DISK_BYTES, LARGE_DISK_BYTES = 12 << 20, 256 << 20


def books(folder: Path, count: int, bad: int) -> tuple[dict[str, float], dict[str, str]]:
    """Write portfolios; return what the good ones are worth, and what is wrong with the others."""
    rng = random.Random(count)
    prices = market.latest_prices()
    worth, wrong = {}, {}
    folder.mkdir()
    for number in range(count):
        name = f"{NAMES[number % len(NAMES)]} {number}.csv"
        values = {coin: rng.randint(100, 90_000) for coin in rng.sample(sorted(prices), 4)}
        rows = "".join(f"{coin},{value}\n" for coin, value in values.items())
        (folder / name).write_text(f"coin,usd_value\n{rows}")
        worth[name] = float(sum(values.values()))
    for number in range(bad):
        kind = list(BAD)[number % len(BAD)]
        path = folder / f"bad {number} {kind}.csv"
        spoil(path, kind)
        wrong[path.name] = BAD[kind]
    return worth, wrong


def spoil(path: Path, kind: str) -> None:
    if kind == "folder":
        path.mkdir()
    elif kind == "link":
        path.symlink_to("nowhere")
    elif kind == "pipe":
        os.mkfifo(path)
    elif kind == "large":
        with path.open("wb") as file:
            file.truncate(LARGEST_BYTES + 1)
    else:
        text = {"number": "coin,usd_value\nADA,x\n", "unknown": "coin,usd_value\nNOBODYS,1\n"}
        path.write_bytes(b"coin\xe9" if kind == "latin" else text.get(kind, "").encode())


class Run:
    """`hedgelib reports`, watched: its processes, their memory, and how far it is."""

    def __init__(self, source: Path, out: Path, *options: str) -> None:
        self.out, self.harm = out, dict.fromkeys(("report", "ready", "server", "interrupt"), 0)
        self.peak_bytes = 0
        command = [sys.executable, "-m", "hedgelib", "reports", str(source), "--out", str(out)]
        # Pages that count days would be made again when a run goes on past midnight.
        command.append("--as-of-data")
        self.process = subprocess.Popen(
            [*command, *options], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )
        self.tree = psutil.Process(self.process.pid)
        self._watch = threading.Thread(target=self._look, daemon=True)
        self._watch.start()

    def _look(self) -> None:
        while self.process.poll() is None:
            used = 0
            for process in (self.tree, *self.children()):
                with suppress(psutil.Error, OSError):
                    # What several share is counted once.
                    used += process.memory_full_info().pss
            self.peak_bytes = max(self.peak_bytes, used)
            time.sleep(1)

    def children(self) -> list[psutil.Process]:
        with suppress(psutil.Error):
            return self.tree.children(recursive=True)
        return []

    def servers(self) -> list[psutil.Process]:
        """Return the fork server; the other child is multiprocessing's own."""
        with suppress(psutil.Error):
            children = self.tree.children()
            return [child for child in children if "forkserver" in " ".join(child.cmdline())]
        return []

    def finished(self) -> int:
        return len(list((self.out / ".hedgelib").glob("*.json")))

    def kill_a_report(self) -> None:
        """Kill a process that makes one, or that waits for its job."""
        with suppress(psutil.Error):
            reports = [child for server in self.servers() for child in server.children()]
            if reports:
                victim = random.choice(reports)
                works = Path(victim.cwd()).name == "desk"
                victim.kill()
                self.harm["report" if works else "ready"] += 1

    def kill_the_server(self) -> None:
        for server in self.servers():
            server.kill()
            self.harm["server"] += 1

    def interrupt(self) -> None:
        self.process.send_signal(signal.SIGINT)
        self.harm["interrupt"] += 1

    def end(self) -> tuple[int, str]:
        """Wait for it, and return its exit code and what it said last."""
        out, err = self.process.communicate()
        return self.process.returncode, (out + err).strip()


def harm_on_the_way(run: Run, steps: list[tuple[int, Callable[[], None]]]) -> tuple[int, str]:
    """Kill a report now and then, and do each step when so many are finished."""
    killed = time.monotonic()
    while run.process.poll() is None:
        if steps and run.finished() >= steps[0][0]:
            steps.pop(0)[1]()
        if time.monotonic() - killed > KILL_EVERY_SECONDS:
            run.kill_a_report()
            killed = time.monotonic()
        time.sleep(0.1)
    return run.end()


class Judge:
    """Notes what does not hold."""

    def __init__(self) -> None:
        self.faults: list[str] = []

    def expect(self, holds: bool, what: str) -> None:
        if not holds:
            self.faults.append(what)
            print(f"  FAULT: {what}", flush=True)

    def folder(self, out: Path, worth: dict[str, float], wrong: dict[str, str]) -> None:
        """Look at everything in a folder of reports."""
        text = (out / "index.csv").read_text("utf-8-sig")
        rows = {row["portfolio"]: row for row in csv.DictReader(text.splitlines())}
        self.expect(len(rows) == len(worth) + len(wrong), f"the index has {len(rows)} rows")
        self.expect(
            list(rows) == [spreadsheet_text(n) for n in sorted({**worth, **wrong})], "order"
        )
        files = {"index.csv", "index.html", ".hedgelib"}
        for name, value in worth.items():
            row = rows.get(spreadsheet_text(name), {"error": "not in the index", "report": ""})
            self.expect(not row["error"], f"{name}: {row['error']}")
            if row["error"]:
                continue
            self.expect(float(row["value_usd"]) == value, f"{name}: another value")
            stem = Path(row["report"]).stem
            record = json.loads((out / ".hedgelib" / f"{stem}.json").read_text())
            for kind, digest in record["files"].items():
                files.add(f"{stem}.{kind}")
                content = (out / f"{stem}.{kind}").read_bytes()
                self.expect(hashlib.sha256(content).hexdigest() == digest, f"{stem}.{kind} is torn")
        for name, reason in wrong.items():
            row = rows.get(spreadsheet_text(name), {"error": "not in the index"})
            self.expect(reason in row["error"], f"{name}: {row['error']!r}")
        self.expect({path.name for path in out.iterdir()} == files, "other files are left behind")

    def numbers(self, source: Path, out: Path, names: list[str]) -> None:
        """Work some reports out again."""
        text = (out / "index.csv").read_text("utf-8-sig")
        rows = {row["portfolio"]: row for row in csv.DictReader(text.splitlines())}
        for name in names:
            report = build_report(ReportParameters(portfolio=str(source / name)))
            row = rows[spreadsheet_text(name)]
            same = float(row["beta"]) == report.tracked.book_beta
            same &= float(row["contracts"]) == report.plan.contracts
            self.expect(same, f"{name}: other numbers than those of one report")


def here(folder: Path, count: int, judge: Judge) -> None:
    """Do harm on one machine: reports, their server, and the run itself."""
    worth, wrong = books(folder / "here", count - count // 25, count // 25)
    out = folder / "here out"
    start = time.monotonic()
    first = Run(folder / "here", out)
    half = len(worth) // 2
    code, said = harm_on_the_way(
        first, [(len(worth) // 4, first.kill_the_server), (half, first.interrupt)]
    )
    judge.expect(code == 130, f"the interrupted run ended with {code}: {said}")
    kept = first.finished()
    second = Run(folder / "here", out)
    code, said = harm_on_the_way(second, [(half + half // 2, second.kill_the_server)])
    seconds = time.monotonic() - start
    judge.expect(code == 3, f"the run ended with {code}: {said}")
    again = 0
    while len(worth) > second.finished() and again < 3:
        # A report that was killed twice has its reason, and the same command makes it.
        again += 1
        code, said = Run(folder / "here", out).end()
    judge.folder(out, worth, wrong)
    judge.numbers(folder / "here", out, random.Random(1).sample(sorted(worth), min(20, count // 4)))
    harm = {name: first.harm[name] + second.harm[name] for name in first.harm}
    print(
        f"here: {count:,} portfolios in {seconds:.0f} s, {60 * count / seconds:.0f} a minute with "
        f"all harm done; peak memory {max(first.peak_bytes, second.peak_bytes) / 1e6:.0f} MB\n"
        f"  killed: {harm['report']} reports on the way, {harm['ready']} processes ready for one, "
        f"{harm['server']} servers; interrupted: {harm['interrupt']} time with "
        f"{kept:,} finished, which stayed; run again for reports killed twice: {again} times\n"
        f"  bad files: {len(wrong)}, each with its reason; good ones: {len(worth):,}",
        flush=True,
    )


def flat(folder: Path, count: int, judge: Judge) -> None:
    """Make reports in peace, and see whether memory grows."""
    worth, _ = books(folder / "flat", count, 0)
    start = time.monotonic()
    run = Run(folder / "flat", folder / "flat out")
    seen: list[tuple[int, int]] = []
    while run.process.poll() is None:
        with suppress(psutil.Error):
            settled = [run.tree, *run.servers()]
            # The server is there from its first report on.
            if run.finished() > count // 10 and len(settled) == 2:
                seen.append((run.finished(), sum(p.memory_info().rss for p in settled)))
        time.sleep(0.5)
    code, said = run.end()
    seconds = time.monotonic() - start
    judge.expect(code == 0, f"the run in peace ended with {code}: {said}")
    judge.folder(folder / "flat out", worth, {})
    (_, first), (_, last) = seen[0], max(seen)
    judge.expect(last - first < 20e6, f"memory grew by {(last - first) / 1e6:.1f} MB")
    print(
        f"in peace: {count:,} portfolios in {seconds:.0f} s, {60 * count / seconds:.0f} a minute "
        f"from start to index; run and server {first / 1e6:.0f} MB after a tenth, "
        f"{last / 1e6:.0f} MB at the end; peak with the reports {run.peak_bytes / 1e6:.0f} MB",
        flush=True,
    )


def cluster(folder: Path, count: int, judge: Judge) -> None:
    """Kill a worker of a cluster half-way."""
    worth, wrong = books(folder / "cluster", count - 8, 8)
    out = folder / "cluster out"
    with dask_cluster(folder) as (address, workers):
        start = time.monotonic()
        run = Run(folder / "cluster", out, "--scheduler", address)
        while run.process.poll() is None and run.finished() < len(worth) // 2:
            time.sleep(0.1)
        workers[0].kill()
        code, said = run.end()
        seconds = time.monotonic() - start
    judge.expect(code == 3, f"the run on a cluster ended with {code}: {said}")
    judge.folder(out, worth, wrong)
    judge.numbers(folder / "cluster", out, sorted(worth)[:5])
    print(
        f"on a dask cluster: {count:,} portfolios in {seconds:.0f} s, {60 * count / seconds:.0f} a "
        "minute; one of two workers killed half-way, no report lost",
        flush=True,
    )


def full_disk(folder: Path, count: int, judge: Judge) -> None:
    """Let the disk fill up, make room, and go on."""
    disk = folder / "disk"
    disk.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", f"size={SMALL_DISK_BYTES}", "tmpfs", str(disk)]
    if subprocess.run(mount, capture_output=True, check=False).returncode:
        print("full disk: SKIPPED, it takes root to mount a small one", flush=True)
        return
    try:
        worth, wrong = books(folder / "full", count, 0)
        run = Run(folder / "full", disk / "out")
        code, said = run.end()
        kept = run.finished()
        judge.expect(code == 2, f"the run on a full disk ended with {code}: {said}")
        judge.expect("No space left on device" in said, f"a full disk is not told: {said}")
        judge.expect(0 < kept < count, f"{kept} reports before the disk was full")
        more = ["mount", "-o", f"remount,size={LARGE_DISK_BYTES}", str(disk)]
        subprocess.run(more, check=True)
        code, said = Run(folder / "full", disk / "out").end()
        judge.expect(code == 0, f"with room again it ended with {code}: {said}")
        judge.expect(f"{kept} as before" in said, f"finished reports were made again: {said}")
        judge.folder(disk / "out", worth, wrong)
    finally:
        subprocess.run(["umount", str(disk)], check=True)
    print(
        f"full disk: full after {kept} of {count} reports, told in a line; with room again the "
        "rest was made, and the first stayed as they were",
        flush=True,
    )


def main() -> int:
    parser = argparse.ArgumentParser(description="A thousand reports, with harm done on the way.")
    parser.add_argument("--count", type=int, default=1_000, help="portfolios (default: 1000)")
    count: int = parser.parse_args().count
    judge = Judge()
    # In the background it may be ignored, and so by all that is started here.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    before = {process.pid for process in psutil.process_iter()}
    folder = Path(tempfile.mkdtemp(prefix="soak-"))
    # What is killed cannot clean up.
    os.environ["TMPDIR"] = str(folder / "tmp")
    (folder / "tmp").mkdir()
    try:
        here(folder, count, judge)
        flat(folder, count, judge)
        cluster(folder, max(20, count // 5), judge)
        full_disk(folder, 60, judge)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    ours = [p for p in psutil.process_iter(["cmdline"]) if p.pid not in before]
    left = [p for p in ours if any("hedgelib.report" in w for w in p.info["cmdline"] or ())]
    judge.expect(not left, f"processes live on: {left}")
    lost = len(judge.faults)
    print("nothing was lost" if not lost else f"{lost} faults", flush=True)
    return 1 if lost else 0


if __name__ == "__main__":
    sys.exit(main())
