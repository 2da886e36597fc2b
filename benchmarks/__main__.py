"""``make bench``: every benchmark, one after the other; status 1 when a figure is beyond its limit."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path

from benchmarks.harness import SETTLED_HOME

HERE = Path(__file__).resolve().parent
BENCHMARKS = (
    "start", "detection", "single_job", "many_clips", "batch", "at_rest", "live_servers", "transfer", "dispatch",
    "queue_page", "sandbox", "under_attack", "window",
)  # fmt: skip


def main() -> int:
    with tempfile.TemporaryDirectory(prefix="ffx-benchmarks-") as home:
        environment = os.environ | {SETTLED_HOME: home}
        statuses = [
            subprocess.run(
                [sys.executable, "-m", f"benchmarks.{name}"], cwd=HERE.parent, env=environment, check=False
            ).returncode
            for name in sys.argv[1:] or BENCHMARKS
        ]
    return 1 if any(statuses) else 0


if __name__ == "__main__":
    sys.exit(main())
