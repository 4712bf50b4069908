"""Print the entries of a lock on standard input that no other lock has (`make lock`)."""

from __future__ import annotations

import re
import sys
from pathlib import Path

ENTRY = re.compile(r"^\S.*\n(?:    .*\n)*", re.MULTILINE)

if __name__ == "__main__":
    others = {e for name in sys.argv[1:] for e in ENTRY.findall(Path(name).read_text("utf-8"))}
    sys.stdout.writelines(e for e in ENTRY.findall(sys.stdin.read()) if e not in others)
