"""What ``ffx queue repair`` does: saves what can be read of a damaged queue."""

from __future__ import annotations

from ffx.cli.assembly import Assembly
from ffx.cli.job_names import ranges
from ffx.cli.text import print_json, print_line
from ffx.client.queue.repair import repair


def repair_queue(assembly: Assembly, *, as_json: bool) -> int:
    """Repair it and say what was saved; 1 when jobs were lost.

    Raises:
        QueueError: a process works the queue, there is none, or it cannot be repaired.
    """
    report = repair(assembly.folders.queue_file)
    if as_json:
        lost = None if report.lost is None else list(report.lost)
        print_json({"file": str(report.file), "kept": str(report.kept), "saved": report.saved, "lost": lost})
        return 1 if report.lost else 0
    print_line(f"{report.file}: {report.saved} jobs are saved; the file as it was is kept as {report.kept.name}")
    if report.lost:
        print_line(f"lost: {ranges(report.lost)}; submit them again")
    elif report.lost is None:
        print_line("whether there were more cannot be known")
    return 1 if report.lost else 0
