"""``ffx history``: what servers did, how fast, and what it saved."""

from __future__ import annotations

import click

from ffx.cli.options import config_option, json_option, start


@click.command(short_help="Show what servers did, how fast, and what it saved.")
@click.option("--server", metavar="SERVER", help="Only this server, by its own name.")
@click.option("--since", metavar="TIME", help="Only since then: 30m, 12h, 7d ago, or a date such as 2026-11-01.")
@click.option("--jobs", is_flag=True, help="Every single job that ended, the last one first.")
@click.option("--limit", metavar="N", type=click.IntRange(1, 100_000), default=50, help="Jobs a page.  [50]")
@click.option("--page", metavar="P", type=click.IntRange(1, 10**9), default=1, help="Which page.  [1]")
@config_option
@json_option
def history(
    server: str | None, since: str | None, jobs: bool, limit: int, page: int, config: str | None, as_json: bool
) -> int:
    """Show for each server and encoder: jobs that completed and failed, the average speed and time, bytes in and out.

    Jobs stay in the history when they are cleared from the queue.
    """
    from ffx.cli.history import show_history

    return show_history(start(config), server, since, jobs=jobs, limit=limit, page=page, as_json=as_json)
