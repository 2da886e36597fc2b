"""``ffx queue``: every job that was submitted, and what can be done with it."""

from __future__ import annotations

import click

from ffx.cli.options import config_option, json_option, start

_JOBS = click.argument("jobs", metavar="[JOB]...", nargs=-1)
_JOB = click.argument("job", metavar="JOB")
_LIMIT = click.option("--limit", metavar="N", type=click.IntRange(1, 100_000), default=50, help="Rows a page.  [50]")
_PAGE = click.option("--page", metavar="P", type=click.IntRange(1, 10**9), default=1, help="Which page.  [1]")


@click.group(invoke_without_command=True, short_help="Work, list and change the queue of jobs.")
@config_option
@json_option
@click.pass_context
def queue(context: click.Context, config: str | None, as_json: bool) -> int:
    """The queue: every job that was submitted, on disk, whatever happens to the processes that work it.

    JOB is a job's number, its id, or the beginning of its id; where several can be named also a range such as 7-12.
    One process works the queue at a time: a submit while it runs, or "ffx queue run". What is changed here is done by
    that process; when there is none, it is done at once.

    Without a command: list.
    """
    context.obj = config
    if context.invoked_subcommand is None:
        from ffx.cli.queue_list import list_queue

        return list_queue(start(config), (), limit=50, page=1, as_json=as_json)
    return 0


# -- Working it -------------------------------------------------------------------------------------------------


@queue.command()
@click.option("--forever", is_flag=True, help="Go on when all is done: wait for further jobs and for servers.")
@click.option("--policy", metavar="NAME", help="What ranks the servers.  [FFX_POLICY; weighted]")
@click.option("--json", "as_json", is_flag=True, help="One JSON line for each job when it ends.")
@click.option("--ui", metavar="NAME", help="Front end: live, lines, json or a plugin's.  [live on a terminal]")
@click.pass_obj
def run(config: str | None, forever: bool, policy: str | None, as_json: bool, ui: str | None) -> int:
    """Work the queue from here, going on where the process before ended: encodes on servers went on meanwhile.

    Without --forever it ends when nothing is left that a server could do. Exit status: 0 all completed, 1 some job
    failed, or another process works the queue; 3 jobs remain that no server can do, 130 interrupted.
    """
    from ffx.cli.queue_run import run_queue

    return run_queue(start(config, policy=policy), forever=forever, as_json=as_json, ui=ui or "")


# -- Looking ----------------------------------------------------------------------------------------------------


@queue.command("list")
@click.option("--state", "states", metavar="S", multiple=True, help="Only pending, queued, running, completed, ...")
@_LIMIT
@_PAGE
@json_option
@click.pass_obj
def list_command(config: str | None, states: tuple[str, ...], limit: int, page: int, as_json: bool) -> int:
    """List the jobs: what runs, then what waits, then what ended, the newest first."""
    from ffx.cli.queue_list import list_queue

    return list_queue(start(config), states, limit=limit, page=page, as_json=as_json)


@queue.command()
@_JOB
@json_option
@click.pass_obj
def show(config: str | None, job: str, as_json: bool) -> int:
    """Show all that is known of a job: every attempt, where and when it was, and how it ended."""
    from ffx.cli.queue_show import show_job

    return show_job(start(config), job, as_json=as_json)


@queue.command()
@_JOB
@json_option
@click.pass_obj
def why(config: str | None, job: str, as_json: bool) -> int:
    """Say why a job is not running: what it waits for itself, and each server with its reason."""
    from ffx.cli.queue_why import explain

    return explain(start(config), job, as_json=as_json)


# -- Changing ---------------------------------------------------------------------------------------------------


@queue.command()
@_JOBS
@click.option("--all", "every", is_flag=True, help="Every job that has not ended.")
@json_option
@click.pass_obj
def cancel(config: str | None, jobs: tuple[str, ...], every: bool, as_json: bool) -> int:
    """End jobs: their servers are free for others, and nothing of them is left.

    A server that cannot be reached now hears of it when it can. Exit status 1 if a job has ended already.
    """
    from ffx.cli.queue_changes import cancel

    return cancel(start(config), jobs, every=every, as_json=as_json)


@queue.command()
@_JOBS
@click.option("--failed", "every", is_flag=True, help="Every job that failed.")
@json_option
@click.pass_obj
def retry(config: str | None, jobs: tuple[str, ...], every: bool, as_json: bool) -> int:
    """Let jobs that failed or were cancelled begin anew, with all their tries."""
    from ffx.cli.queue_changes import retry

    return retry(start(config), jobs, every=every, as_json=as_json)


@queue.command()
@_JOB
@click.argument("server", metavar="SERVER")
@json_option
@click.pass_obj
def reassign(config: str | None, job: str, server: str, as_json: bool) -> int:
    """Give a job, waiting or running, to a server and to no other.

    The server is asked first whether it can do it. Exit status 3 if it cannot: what it lacks is said.
    """
    from ffx.cli.queue_reassign import reassign

    return reassign(start(config), job, server, as_json=as_json)


@queue.command()
@_JOBS
@json_option
@click.pass_obj
def pause(config: str | None, jobs: tuple[str, ...], as_json: bool) -> int:
    """Let jobs stand still where they are; an FFmpeg that runs is suspended. Without JOB: the whole queue."""
    from ffx.cli.queue_changes import pause

    return pause(start(config), jobs, paused=True, as_json=as_json)


@queue.command()
@_JOBS
@json_option
@click.pass_obj
def resume(config: str | None, jobs: tuple[str, ...], as_json: bool) -> int:
    """Let paused jobs go on. Without JOB: the whole queue, but for jobs that were paused by name."""
    from ffx.cli.queue_changes import pause

    return pause(start(config), jobs, paused=False, as_json=as_json)


@queue.command()
@_JOB
@click.argument("priority", metavar="N")
@json_option
@click.pass_obj
def priority(config: str | None, job: str, priority: str, as_json: bool) -> int:
    """Give a job another priority, from 1 (last) to 10 (first)."""
    from ffx.cli.queue_changes import prioritise

    return prioritise(start(config), job, priority, as_json=as_json)


@queue.command()
@click.option("--state", "states", metavar="S", multiple=True, help="Only completed, failed or cancelled ones.")
@click.option("--older-than", metavar="TIME", help="Only those that ended so long ago: 12h, 7d, or before a date.")
@json_option
@click.pass_obj
def clear(config: str | None, states: tuple[str, ...], older_than: str | None, as_json: bool) -> int:
    """Take jobs that have ended off the list. The history keeps them."""
    from ffx.cli.queue_changes import clear

    return clear(start(config), states, older_than, as_json=as_json)


@queue.command()
@json_option
@click.pass_obj
def repair(config: str | None, as_json: bool) -> int:
    """Save what can be read of a damaged queue. The damaged file is kept; a sound queue stays as it is."""
    from ffx.cli.queue_repair import repair_queue

    return repair_queue(start(config), as_json=as_json)
