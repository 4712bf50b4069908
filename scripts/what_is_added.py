"""Print the entries of a lock on standard input that another lock does not have (`make lock`)."""

from __future__ import annotations

import re
import sys
from pathlib import Path

ENTRY = re.compile(r"^\S.*\n(?:    .*\n)*", re.MULTILINE)

if __name__ == "__main__":
    base = set(ENTRY.findall(Path(sys.argv[1]).read_text(encoding="utf-8")))
    sys.stdout.writelines(entry for entry in ENTRY.findall(sys.stdin.read()) if entry not in base)
