"""``ffx servers``: the servers that are remembered."""

from __future__ import annotations

import click

from ffx.cli.options import config_option, json_option, start


@click.group(invoke_without_command=True, short_help="Add, list, test, prefer and drain servers.")
@config_option
@json_option
@click.pass_context
def servers(context: click.Context, config: str | None, as_json: bool) -> int:
    """The servers that jobs may go to: those that were added, and this user's own that run on this machine.

    Without a command: list.
    """
    context.obj = config
    if context.invoked_subcommand is None:
        from ffx.cli.server_commands import list_servers

        return list_servers(start(config), as_json=as_json)
    return 0


@servers.command("list")
@json_option
@click.pass_obj
def list_command(config: str | None, as_json: bool) -> int:
    """Show every server: name, address, state, jobs, CPU, what it is preferred for, and why it gets no jobs."""
    from ffx.cli.server_commands import list_servers

    return list_servers(start(config), as_json=as_json)


@servers.command()
@click.argument("address", metavar="JOIN|HOST[:PORT]|-")
@click.option("--name", metavar="NAME", help="Call it so, instead of by its own name.")
@click.option("--token-stdin", is_flag=True, help="Read its token from standard input.")
@click.option("--force", is_flag=True, help="Remember it though it cannot be reached.")
@json_option
@click.pass_obj
def add(config: str | None, address: str, name: str | None, token_stdin: bool, force: bool, as_json: bool) -> int:
    """Connect to a server, remember it, and print what it can encode.

    A join string, which "ffx serve" and "ffx token create" print, has all that is needed: quote it. With - it is read
    from standard input: on a command line, whoever may list the processes of this machine sees it while it runs.

    With an address alone the token comes from standard input with --token-stdin, from FFX_TOKEN, or is asked for on a
    terminal. A server of the same user on this machine needs none.
    """
    from ffx.cli.server_commands import add_server

    return add_server(start(config), address, name=name, token_stdin=token_stdin, force=force, as_json=as_json)


@servers.command()
@click.argument("server", metavar="SERVER")
@click.pass_obj
def remove(config: str | None, server: str) -> int:
    """Forget a server, by its name or address."""
    from ffx.cli.server_commands import remove_server

    return remove_server(start(config), server)


@servers.command()
@click.argument("names", metavar="[SERVER]...", nargs=-1)
@json_option
@click.pass_obj
def test(config: str | None, names: tuple[str, ...], as_json: bool) -> int:
    """Ping every server (or those named): the time of a round trip, or what is wrong. Exit status 1 if any fails."""
    from ffx.cli.server_commands import test_servers

    return test_servers(start(config), names, as_json=as_json)


@servers.command()
@click.argument("server", metavar="SERVER")
@click.option("--for", "kinds", metavar="KIND", multiple=True, required=True, help="A codec, an encoder, or any.")
@click.option("--remove", "removing", is_flag=True, help="Prefer it no longer.")
@click.pass_obj
def prefer(config: str | None, server: str, kinds: tuple[str, ...], removing: bool) -> int:
    """Ask one server first for a kind of job, while it has room and can do it."""
    from ffx.cli.server_commands import prefer_server

    return prefer_server(start(config), server, kinds, removing=removing)


# -- Whether they get jobs --------------------------------------------------------------------------------------


@servers.command()
@click.argument("server", metavar="SERVER")
@click.pass_obj
def drain(config: str | None, server: str) -> int:
    """Let a server finish what it has and take nothing new, from anybody."""
    from ffx.cli.server_care import drain

    return drain(start(config), server, draining=True)


@servers.command()
@click.argument("server", metavar="SERVER")
@click.pass_obj
def undrain(config: str | None, server: str) -> int:
    """Let a server that was drained take jobs again."""
    from ffx.cli.server_care import drain

    return drain(start(config), server, draining=False)


@servers.command()
@click.argument("server", metavar="SERVER")
@click.option("--reason", metavar="TEXT", default="by hand", help="Why, for those who ask later.  [by hand]")
@click.pass_obj
def quarantine(config: str | None, server: str, reason: str) -> int:
    """Set a server aside: your queue gives it no jobs until it is released. What encodes there may finish.

    A server on which jobs fail one after the other is set aside by itself, and tried again after a while.
    """
    from ffx.cli.server_care import quarantine

    return quarantine(start(config), server, reason)


@servers.command()
@click.argument("server", metavar="SERVER")
@click.pass_obj
def release(config: str | None, server: str) -> int:
    """Give a server that was set aside jobs again: one first, and more when that goes well."""
    from ffx.cli.server_care import release

    return release(start(config), server)
