"""Derive prices.csv from the package it comes from, checking every hash on the way.

Usage::

    python data/build_prices.py                  # fetch the package with pip, then write
    python data/build_prices.py --sdist FILE     # from a source distribution already here
    python data/build_prices.py --check          # compare with prices.csv, write nothing

Only the standard library is needed. What comes out is recorded in SHA256SUMS beside this file;
README.md tells what the columns mean.
"""

from __future__ import annotations

import argparse
import csv
import hashlib
import importlib.util
import io
import shutil
import subprocess
import sys
import tarfile
import tempfile
from datetime import date, timedelta
from decimal import Context, Decimal, InvalidOperation
from pathlib import Path

PACKAGE, VERSION = "pyscarcopula", "0.22.1"
SDIST_SHA256 = "22c664465713ea5e9fe1fe8f5c6ac9edcf7831398f875d2009ba8de85575f8df"
MEMBER = f"{PACKAGE}-{VERSION}/data/crypto_prices.csv"
MEMBER_SHA256 = "e1a068ff121406f93989d79ebcf5c94cdf730ae05c37c9b9fceb87c58a80a5fe"

HERE = Path(__file__).resolve().parent
FIRST, LAST = date(2020, 1, 1), date(2023, 12, 31)
SIX_DIGITS = Context(prec=6)

COLUMNS: dict[str, tuple[str, date, date]] = {
    "BTC": ("BTC-USD", FIRST, LAST),
    "ETH": ("ETH-USD", FIRST, LAST),
    "BNB": ("BNB-USD", FIRST, LAST),
    "ADA": ("ADA-USD", FIRST, LAST),
    "XRP": ("XRP-USD", FIRST, LAST),
    "DOGE": ("DOGE-USD", FIRST, LAST),
    "LINK": ("LINK-USD", FIRST, LAST),
    "MATIC": ("MATIC-USD", FIRST, LAST),
    "ALGO": ("ALGO-USD", FIRST, LAST),
    # Two rows of July 2020 precede the launch, and trading settles a few days after it.
    "AVAX": ("AVAX-USD", date(2020, 9, 24), LAST),
    # The ticker goes on under another coin after the new chain of 28 May 2022.
    "LUNA": ("LUNA1-USD", FIRST, date(2022, 5, 27)),
}
"""Column written -> (column read, first day kept, last day kept)."""


class BuildError(Exception):
    """The source is not what this script was written for."""


def sha256(content: bytes) -> str:
    """Hash of some bytes, in hexadecimal.

    >>> sha256(b"")[:8]
    'e3b0c442'
    """
    return hashlib.sha256(content).hexdigest()


def check_hash(what: str, content: bytes, expected: str) -> None:
    """Refuse bytes whose hash is not the expected one.

    >>> try:
    ...     check_hash("nothing", b"", "3fc9")
    ... except BuildError as error:
    ...     print(str(error)[:34])
    nothing has sha256 e3b0c44298fc1c1
    """
    found = sha256(content)
    if found != expected:
        raise BuildError(
            f"{what} has sha256 {found}, expected {expected}; "
            "it is another version or was altered, so nothing is written"
        )


def read_member(sdist: bytes) -> str:
    """Take the price table out of the source distribution, both hashes checked.

    Nothing is unpacked to disk and no code of the package runs.
    """
    check_hash("the source distribution", sdist, SDIST_SHA256)
    try:
        with tarfile.open(fileobj=io.BytesIO(sdist), mode="r:gz") as archive:
            handle = archive.extractfile(MEMBER)
            content = handle.read() if handle else None
    except (tarfile.TarError, KeyError, OSError) as error:
        raise BuildError(f"cannot take {MEMBER} out of the source distribution: {error}") from error
    if content is None:
        raise BuildError(f"{MEMBER} is no file in the source distribution")
    check_hash(MEMBER, content, MEMBER_SHA256)
    return content.decode("ascii")


def six_digits(text: str) -> str:
    """Round a decimal number to six significant digits, without exponent or idle zeros.

    >>> six_digits("63109.6953125"), six_digits("0.00011900000"), six_digits("100000.4")
    ('63109.7', '0.000119', '100000')
    """
    try:
        number = SIX_DIGITS.create_decimal(Decimal(text))
    except InvalidOperation as error:
        raise BuildError(f"{text!r} is no number") from error
    if not number.is_finite() or number <= 0:
        raise BuildError(f"a price must be > 0, got {text!r}")
    return format(number.normalize(), "f")


def transform(
    source: str,
    *,
    columns: dict[str, tuple[str, date, date]] | None = None,
    first: date | None = None,
    last: date | None = None,
) -> str:
    r"""Turn the package's table into ours: our columns, spans and digits, LF line ends.

    >>> table = "Date;A-USD;B-USD\n2020-01-01;1.23456789;\n2020-01-02;2;30\n"
    >>> day = date(2020, 1, 1)
    >>> later = date(2020, 1, 2)
    >>> print(transform(table, columns={"A": ("A-USD", day, later), "B": ("B-USD", later, later)},
    ...                 first=day, last=later), end="")
    date,A,B
    2020-01-01,1.23457,
    2020-01-02,2,30
    """
    columns, first, last = columns or COLUMNS, first or FIRST, last or LAST
    rows = csv.DictReader(io.StringIO(source), delimiter=";")
    missing = [old for old, _, _ in columns.values() if old not in (rows.fieldnames or [])]
    if missing:
        raise BuildError(f"the source has no column {', '.join(missing)}")
    written = io.StringIO()
    writer = csv.writer(written, lineterminator="\n")
    writer.writerow(["date", *columns])
    expected = first
    for row in rows:
        if row["Date"] != expected.isoformat():
            raise BuildError(f"expected the day {expected}, found {row['Date']!r}")
        cells = []
        for new, (old, begins, ends) in columns.items():
            if not begins <= expected <= ends:
                cells.append("")
            elif row[old]:
                cells.append(six_digits(row[old]))
            else:
                raise BuildError(f"{new} has no price on {expected}, inside its span")
        writer.writerow([expected.isoformat(), *cells])
        expected += timedelta(days=1)
    if expected != last + timedelta(days=1):
        raise BuildError(f"the source ends on {expected - timedelta(days=1)}, expected {last}")
    return written.getvalue()


def fetch(folder: Path) -> Path:
    """Download the source distribution into a folder with pip, which checks the hash too."""
    if importlib.util.find_spec("pip"):
        pip = [sys.executable, "-m", "pip"]
    else:
        found = shutil.which("pip3") or shutil.which("pip")
        if found is None:
            raise BuildError(
                "there is no pip here; fetch the source distribution of "
                f"{PACKAGE} {VERSION} elsewhere and name it with --sdist FILE"
            )
        pip = [found]
    # With the hash in a requirements file pip refuses anything else before its build hook runs.
    wanted = folder / "wanted.txt"
    wanted.write_text(f"{PACKAGE}=={VERSION} --hash=sha256:{SDIST_SHA256}\n", encoding="ascii")
    command = [*pip, "download", "--quiet", "--no-deps", "--no-binary", ":all:"]
    command += ["--require-hashes", "-r", str(wanted), "-d", str(folder)]
    done = subprocess.run(command, check=False)
    files = sorted(folder.glob(f"{PACKAGE}-{VERSION}.tar.gz"))
    if done.returncode or not files:
        raise BuildError(
            f"pip could not fetch {PACKAGE} {VERSION}; "
            "fetch its source distribution elsewhere and name it with --sdist FILE"
        )
    return files[0]


def recorded_hash(name: str, sums: str) -> str | None:
    r"""Look a file's hash up in the text of SHA256SUMS.

    >>> recorded_hash("b.csv", "00ff  a.csv\n11ee  b.csv\n")
    '11ee'
    """
    for line in sums.splitlines():
        digest, _, listed = line.partition("  ")
        if listed == name:
            return digest
    return None


def main(arguments: list[str] | None = None) -> int:
    """Run the command line; 0 where all is well."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--sdist", type=Path, help=f"the file {PACKAGE}-{VERSION}.tar.gz")
    parser.add_argument("--out", type=Path, default=HERE / "prices.csv", help="file to write")
    parser.add_argument("--check", action="store_true", help="compare with --out, write nothing")
    options = parser.parse_args(arguments)
    try:
        if options.sdist:
            sdist = options.sdist.read_bytes()
        else:
            with tempfile.TemporaryDirectory() as folder:
                sdist = fetch(Path(folder)).read_bytes()
        made = transform(read_member(sdist)).encode("ascii")
        digest = sha256(made)
        if options.check:
            if options.out.read_bytes() != made:
                raise BuildError(f"{options.out} differs from what the source gives ({digest})")
            print(f"{options.out.name} is what the source gives: sha256 {digest}")
        else:
            options.out.write_bytes(made)
            days = len(made.splitlines()) - 1
            print(f"wrote {options.out.name}: {days} days, sha256 {digest}")
        recorded = recorded_hash("prices.csv", (HERE / "SHA256SUMS").read_text(encoding="ascii"))
        if digest != recorded:
            raise BuildError(f"SHA256SUMS records {recorded} for prices.csv; update it knowingly")
    except (BuildError, OSError) as error:
        print(f"build_prices: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
