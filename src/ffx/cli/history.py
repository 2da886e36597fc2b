"""What ``ffx history`` shows: how much each server did with each encoder, how fast, and what it saved."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

from ffx.cli.assembly import Assembly
from ffx.cli.moments import moment
from ffx.cli.text import clock_text, print_json, print_line, print_table
from ffx.client.queue.history import HistoryJob, ServerHistory
from ffx.client.queue.store import JobQueue
from ffx.core.figures import duration_text, size_text
from ffx.core.model import JobState
from ffx.core.text import one_line


def show_history(
    assembly: Assembly, server: str | None, since: str | None, *, jobs: bool, limit: int, page: int, as_json: bool
) -> int:
    """Print it, by server and encoder or job by job.

    Raises:
        UsageError: ``since`` is no time.
        QueueError: the queue cannot be read.
    """
    start = None if since is None else moment(since, option="--since", now=time.time())
    with JobQueue.open(assembly.folders.queue_file) as queue:
        if jobs:
            found = queue.history_jobs(server, start, limit=limit, page=page)
            if as_json:
                plain = [_plain_job(job) for job in found.rows]
                print_json({"jobs": plain, "total": found.total, "page": found.page, "pages": found.pages})
                return 0
            _print_jobs(found.rows)
            if found.pages > 1:
                print_line(f"{found.total} jobs; page {found.page} of {found.pages}")
            return 0
        rows = queue.history(server, start)
    if as_json:
        print_json([_plain_server(row) for row in rows])
    else:
        _print_servers(rows)
    return 0


def _print_servers(rows: tuple[ServerHistory, ...]) -> None:
    if not rows:
        print_line("no job has ended yet")
        return
    heading = ("SERVER", "ENCODER", "DONE", "FAILED", "FPS", "TIME", "IN", "OUT", "SAVED")
    print_table([_row(row) for row in rows], heading=heading)
    done = [row for row in rows if row.completed]
    if len(done) > 1:
        bytes_in, bytes_out = sum(row.bytes_in for row in done), sum(row.bytes_out for row in done)
        count = sum(row.completed for row in done)
        sizes = f"{size_text(bytes_in)} -> {size_text(bytes_out)}"
        print_line(f"{count} jobs completed: {sizes}, saved {_saved(bytes_in, bytes_out)}")


def _row(row: ServerHistory) -> tuple[str, ...]:
    name, encoder = row.server or "(none)", row.encoder or "-"
    if not row.completed:
        return name, encoder, "0", str(row.failed), "", "", "", "", ""
    return (
        name,
        encoder,
        str(row.completed),
        str(row.failed),
        f"{row.average_fps:.4g}",
        duration_text(row.average_seconds),
        size_text(row.bytes_in),
        size_text(row.bytes_out),
        _saved(row.bytes_in, row.bytes_out),
    )


def _saved(bytes_in: int, bytes_out: int) -> str:
    saved = f"{1 - bytes_out / bytes_in:.0%}".replace("%", " %") if bytes_in else "-"
    return f"{size_text(bytes_in - bytes_out)} ({saved})"


def _print_jobs(jobs: tuple[HistoryJob, ...]) -> None:
    if not jobs:
        print_line("no job has ended yet")
        return
    heading = ("ENDED", "JOB", "STATE", "SERVER", "ENCODER", "TRIES", "FPS", "TIME", "FILES")
    print_table([_job_row(job) for job in jobs], heading=heading)


def _job_row(job: HistoryJob) -> tuple[str, ...]:
    completed = job.state is JobState.COMPLETED
    sizes = f" ({size_text(job.bytes_in)} -> {size_text(job.bytes_out)})" if completed else ""
    reason = f" ({one_line(job.reason)})" if job.reason and not completed else ""
    return (
        clock_text(job.ended),
        str(job.number),
        job.state.value,
        job.server,
        job.encoder,
        str(job.attempts),
        f"{job.average_fps:.4g}" if completed else "",
        duration_text(job.seconds) if completed else "",
        f"{Path(job.input_file).name} -> {job.output_file}{sizes}{reason}",
    )


def _plain_server(row: ServerHistory) -> dict[str, Any]:
    return {
        "server": row.server,
        "encoder": row.encoder,
        "completed": row.completed,
        "failed": row.failed,
        "average_fps": round(row.average_fps, 2),
        "average_seconds": round(row.average_seconds, 3),
        "bytes_in": row.bytes_in,
        "bytes_out": row.bytes_out,
        "bytes_saved": row.bytes_saved,
        "saved": round(row.bytes_saved / row.bytes_in, 4) if row.bytes_in else None,
    }


def _plain_job(job: HistoryJob) -> dict[str, Any]:
    return {
        "number": job.number,
        "job_id": job.job_id,
        "state": job.state.value,
        "input": job.input_file,
        "output": job.output_file,
        "server": job.server,
        "encoder": job.encoder,
        "attempts": job.attempts,
        "bytes_in": job.bytes_in,
        "bytes_out": job.bytes_out,
        "frames": job.frames,
        "seconds": round(job.seconds, 3),
        "average_fps": round(job.average_fps, 2),
        "reason": job.reason,
        "added": job.added,
        "began": job.began or None,
        "ended": job.ended,
    }
