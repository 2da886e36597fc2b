"""``ffx profiles``: named recipes."""

from __future__ import annotations

from typing import Any

import click

from ffx.cli.options import config_option, json_option, start
from ffx.cli.recipe_flags import recipe_options


@click.group(invoke_without_command=True, short_help="List, show, make and share named recipes.")
@config_option
@json_option
@click.pass_context
def profiles(context: click.Context, config: str | None, as_json: bool) -> None:
    """Named recipes for --profile: the built-in ones, those of plugins, and your own."""
    if context.invoked_subcommand is None:
        from ffx.cli.profiles import list_profiles

        list_profiles(start(config), as_json=as_json)


@profiles.command("list", short_help="List the profiles.")
@config_option
@json_option
def list_command(config: str | None, as_json: bool) -> None:
    """List the profiles: name, where it comes from, what it is for."""
    from ffx.cli.profiles import list_profiles

    list_profiles(start(config), as_json=as_json)


@profiles.command(short_help="Show what is in one.")
@click.argument("name", metavar="NAME")
@config_option
@json_option
def show(name: str, config: str | None, as_json: bool) -> None:
    """Show what is in a profile, in words and as a file."""
    from ffx.cli.profiles import show_profile

    show_profile(start(config), name, as_json=as_json)


@profiles.command(short_help="Make one out of options.")
@click.argument("name", metavar="NAME")
@click.option("--from-profile", metavar="NAME", help="The profile that the options change.  [none]")
@click.option("--description", metavar="TEXT", help="What it is for.")
@click.option("--overwrite", is_flag=True, help="Replace one of yours.")
@recipe_options
@config_option
def create(
    name: str,
    from_profile: str | None,
    description: str | None,
    overwrite: bool,
    config: str | None,
    **options: Any,
) -> None:
    """Make a profile of the options that say how "ffx submit" encodes."""
    from ffx.cli.profiles import create_profile, recipe_of_profile
    from ffx.cli.recipe_options import recipe_named
    from ffx.core.profiles import Profile, check_profile_name

    assembly = start(config)
    check_profile_name(name)
    recipe = recipe_named(recipe_of_profile(assembly, from_profile), options | {"ffmpeg_args": ()}, assembly.specs())
    create_profile(assembly, Profile(name, recipe, description or ""), overwrite=overwrite)


@profiles.command("import", short_help="Take one over from a file.")
@click.argument("file", metavar="FILE")
@click.option("--name", metavar="NAME", help="What to call it.  [as the file is called]")
@click.option("--overwrite", is_flag=True, help="Replace one of yours.")
@config_option
def import_command(file: str, name: str | None, overwrite: bool, config: str | None) -> None:
    """Take a profile over from a TOML or JSON file, such as "ffx profiles export" writes."""
    from ffx.cli.profiles import import_profile

    import_profile(start(config), file, name, overwrite=overwrite)


@profiles.command(short_help="Write one to a file.")
@click.argument("name", metavar="NAME")
@click.option("-o", "--output", metavar="FILE", help="Where to.  [to the terminal]")
@click.option("--overwrite", is_flag=True, help="Replace a file that exists.")
@config_option
@json_option
def export(name: str, output: str | None, overwrite: bool, config: str | None, as_json: bool) -> None:
    """Write a profile out, for another machine or another person."""
    from ffx.cli.profiles import export_profile

    export_profile(start(config), name, output, overwrite=overwrite, as_json=as_json)


@profiles.command(short_help="Forget one of yours.")
@click.argument("name", metavar="NAME")
@config_option
def remove(name: str, config: str | None) -> None:
    """Forget a profile of your own."""
    from ffx.cli.profiles import remove_profile

    remove_profile(start(config), name)
