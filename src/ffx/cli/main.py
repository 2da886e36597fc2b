"""The entry ``ffx``: commands that are imported when they are used, and the one place that decides on errors.

Exit status: 0 done, 1 something failed, 2 wrong usage, 3 no server could do it, 130 interrupted.
"""

from __future__ import annotations

import gc
import importlib
import os
import sys
from collections.abc import Sequence
from typing import Any, NoReturn

import click

from ffx.cli.boundary import INTERRUPTED, Interrupted, print_error

YOUNG_OBJECTS = 20_000
"""Objects made before Python looks for garbage among them. Of what a command makes at first, its modules and classes,
none is: with Python's 700 the search is a tenth of a short command's time, and the one at its end another tenth.
"""

BUILT_IN = (
    *("serve", "submit", "gui", "estimate", "preview", "merge", "watch", "queue", "history", "servers"),
    *("profiles", "probe", "token", "capabilities", "plugins", "doctor"),
)


class CommandGroup(click.Group):
    """The built-in commands, each imported when it is used, then those of plugins."""

    def invoke(self, context: click.Context) -> Any:
        try:
            return super().invoke(context)
        except KeyboardInterrupt:  # told by us in one line; click would put an empty one before it
            raise Interrupted from None

    def list_commands(self, context: click.Context) -> list[str]:
        return [*BUILT_IN, *(name for name in self._of_plugins(context, tolerant=True) if name not in BUILT_IN)]

    def get_command(self, context: click.Context, name: str) -> click.Command | None:
        if name in BUILT_IN:
            module = importlib.import_module(f"ffx.cli.commands.{name}")
            command: click.Command = getattr(module, name)
            return command
        # What is only asked for to be listed in a help page must not end in an error.
        return self._of_plugins(context, tolerant=context.resilient_parsing).get(name)

    def resolve_command(
        self, context: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        name = args[0]
        if not name.startswith("-") and self.get_command(context, name) is None:
            from ffx.core.registry import suggestion

            raise click.UsageError(f"no such command {name!r}{suggestion(name, self.list_commands(context))}")
        return super().resolve_command(context, args)

    def _of_plugins(self, context: click.Context, *, tolerant: bool) -> dict[str, click.Command]:
        found = context.meta.get("ffx.plugin_commands")
        if found is None:
            from ffx.cli.assembly import assemble
            from ffx.core.errors import FfxError

            try:
                found = dict(assemble(os.environ).plugins.commands())
            except FfxError as error:
                if not tolerant:
                    raise
                print_error(f"commands of plugins are not listed: {error}")
                found = {}
            context.meta["ffx.plugin_commands"] = found
        return dict(found)


@click.group(cls=CommandGroup, invoke_without_command=True, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="ffmpeg-easy", prog_name="ffx", message="%(prog)s %(version)s")
@click.pass_context
def ffx(context: click.Context) -> int:
    """One encoding farm out of every machine that has FFmpeg.

    `ffx serve` runs on every machine that encodes, `ffx submit` where the files are.

    Exit status: 0 all completed, 1 some job failed, 2 wrong usage, 3 no server could do it, 130 interrupted.
    """
    if context.invoked_subcommand is None:
        click.echo(context.get_help(), err=True)
        return click.UsageError.exit_code
    return 0


def run(arguments: Sequence[str] | None = None) -> NoReturn:
    """Run ``ffx`` and end the process with its exit status."""
    gc.set_threshold(YOUNG_OBJECTS)
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            # A file name that the terminal cannot show is no reason to fail.
            stream.reconfigure(errors="backslashreplace")
    status = exit_status(sys.argv[1:] if arguments is None else arguments)
    gc.freeze()
    sys.exit(status)


def exit_status(arguments: Sequence[str]) -> int:
    """Run one command line. What a person can act on becomes one line; any other error keeps its traceback."""
    try:
        return _status_of(ffx.main(args=list(arguments), prog_name="ffx", standalone_mode=False))
    except click.UsageError as error:
        command = error.ctx.command_path if error.ctx is not None else "ffx"
        print_error(f"{_lower_first(error.format_message())} (see: {command} --help)")
        return error.exit_code
    except click.ClickException as error:
        print_error(error.format_message())
        return error.exit_code
    except (Interrupted, KeyboardInterrupt, click.Abort) as interrupt:
        print_error(": ".join(("interrupted", *map(str, interrupt.args))))
        return INTERRUPTED
    except BrokenPipeError:
        # Whoever read our output went away: nobody is left to tell.
        sys.stdout = open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115, PTH123 - held until the process ends
        return 1
    except Exception as error:
        from ffx.core.errors import FfxError

        if not isinstance(error, FfxError):
            raise
        print_error(str(error))
        return error.exit_status


def _status_of(answer: Any) -> int:
    return answer if isinstance(answer, int) else 0


def _lower_first(text: str) -> str:
    return text[:1].lower() + text[1:].rstrip(".")


if __name__ == "__main__":
    run()
