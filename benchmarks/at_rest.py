"""A server that nobody asks anything: its memory, and its share of one core."""

from __future__ import annotations

import time

import psutil

from benchmarks.harness import Figure, place, report

SECONDS = 20.0
MEMORY = 80.0
CPU = 0.5


def main() -> None:
    with place() as here, here.serving() as (_, process_id):
        server = psutil.Process(process_id)
        before = server.cpu_times()
        time.sleep(SECONDS)
        after = server.cpu_times()
        memory = server.memory_info().rss / 10**6
    used = after.user + after.system - before.user - before.system
    report(
        Figure("memory of a server at rest", memory, MEMORY, " MB"),
        Figure(f"CPU of a server at rest over {SECONDS:g} s", 100 * max(0.0, round(used, 3)) / SECONDS, CPU, " %"),
    )


if __name__ == "__main__":
    main()
