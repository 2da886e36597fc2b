"""``make bench``: every benchmark, one after the other; status 1 when a figure is beyond its limit."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
BENCHMARKS = ("start", "detection", "single_job", "many_clips", "at_rest", "transfer")


def main() -> int:
    chosen = sys.argv[1:] or BENCHMARKS
    statuses = [
        subprocess.run([sys.executable, "-m", f"benchmarks.{name}"], cwd=HERE.parent, check=False).returncode
        for name in chosen
    ]
    return 1 if any(statuses) else 0


if __name__ == "__main__":
    sys.exit(main())
