"""``make fuzz``: every target in turn, for a given time; status 1 when one of them found something."""

from __future__ import annotations

import argparse
import sys
import traceback
from pathlib import Path

from tests.fuzz.targets import TARGETS

DATABASE = Path(".hypothesis/fuzz")


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__)
    parser.add_argument("--minutes", type=float, default=10.0, help="in all  [10]")
    parser.add_argument("targets", nargs="*", metavar="TARGET", help=f"of {', '.join(TARGETS)}  [all]")
    asked = parser.parse_args()
    targets = [TARGETS[name] for name in asked.targets or TARGETS]
    found = 0
    for target in targets:
        try:
            tried = target.run_for(60 * asked.minutes / len(targets), DATABASE)
            print(f"{target.name}: {tried} examples, nothing found", flush=True)
        except Exception:  # noqa: BLE001 - whatever a target does with an example is what is looked for
            found += 1
            print(f"{target.name}: found something", flush=True)
            traceback.print_exc()
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
