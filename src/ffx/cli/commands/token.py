"""``ffx token``: who is let in by this user's servers."""

from __future__ import annotations

import click

from ffx.cli.options import json_option, start


@click.group(invoke_without_command=True, short_help="List, create, revoke and rotate tokens.")
@json_option
@click.pass_context
def token(context: click.Context, as_json: bool) -> int:
    """The tokens that open this user's servers on this machine.

    Servers keep no token, only its digest. What a token may do is its role: "read" asks what a server is and can do,
    "submit" has jobs there and sees no others, "admin" may change everybody's jobs and drain the server. Your own
    token, "local", is an admin's.

    Running servers notice every change within a second or two. Without a command: list.
    """
    if context.invoked_subcommand is None:
        from ffx.cli.token_commands import list_tokens

        return list_tokens(start(None), as_json=as_json)
    return 0


@token.command("list")
@json_option
def list_command(as_json: bool) -> int:
    """Show every token: name, role, when it was created and when it expires; never the token itself."""
    from ffx.cli.token_commands import list_tokens

    return list_tokens(start(None), as_json=as_json)


@token.command()
@click.argument("name", metavar="NAME")
@click.option("--role", metavar="ROLE", default="submit", help="read, submit or admin.  [submit]")
@click.option("--expires", metavar="WHEN", help="After 30d, or at a date.  [never]")
@json_option
def create(name: str, role: str, expires: str | None, as_json: bool) -> int:
    """Make a token and print it, this once; with a join string for each server that other machines can reach."""
    from ffx.cli.token_commands import create_token

    return create_token(start(None), name, role=role, expires=expires, as_json=as_json)


@token.command()
@click.argument("name", metavar="NAME")
def revoke(name: str) -> int:
    """Make a token worthless: running servers end its conversations and transfers. Jobs that are there go on."""
    from ffx.cli.token_commands import revoke_token

    return revoke_token(start(None), name)


@token.command()
@json_option
def rotate(as_json: bool) -> int:
    """Make your own token anew and print what machines that had the old one need."""
    from ffx.cli.token_commands import rotate_own

    return rotate_own(start(None), as_json=as_json)
