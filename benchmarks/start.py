"""``ffx --version`` against Python that does nothing."""

from __future__ import annotations

import sys

from benchmarks.harness import FFX, Figure, paired, place, report

RUNS = 15
LIMIT = 0.2


def main() -> None:
    with place() as here:
        ffx, python = paired(
            lambda: here.run(*FFX, "--version"), lambda: here.run(sys.executable, "-c", "pass"), runs=RUNS
        )
    detail = f"{ffx / python:.1f}x: {ffx:.3f} s and {python:.3f} s"
    report(Figure("ffx --version over bare Python", ffx - python, LIMIT, " s", detail))


if __name__ == "__main__":
    main()
