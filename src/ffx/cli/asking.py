"""What a person asks ``ffx submit`` for: options become requests, one for each input."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from attrs import evolve, frozen

from ffx.cli.finding import Input, find_inputs
from ffx.cli.naming import check_template
from ffx.cli.priorities import USUAL_PRIORITY, priority_named
from ffx.core.errors import UsageError
from ffx.core.model import Verification
from ffx.core.recipe import Recipe
from ffx.media.plan import Request


@frozen
class Wish:
    """Inputs, where their outputs go, and a request to which only these two are missing."""

    inputs: tuple[Input, ...]
    output: Path | None
    """Of the only input; None: each goes to ``out_dir`` under its own name."""
    out_dir: Path
    pattern: Request
    name: str = ""
    """The template of the outputs' names below ``out_dir``; empty: as the inputs are called."""
    profile: str = ""
    skip_existing: bool = False
    """Leave inputs alone whose outputs are there already."""

    @classmethod
    def from_options(
        cls,
        inputs: Iterable[str],
        recipe: Recipe,
        *,
        output: str | None,
        out_dir: str | None,
        container: str | None = None,
        priority: str | None = None,
        recursive: bool = False,
        name: str | None = None,
        profile: str | None = None,
        skip_existing: bool = False,
    ) -> Wish:
        """Read the options of the command line. The suffix of ``output`` wins over the container of a profile, and
        ``container``, which was asked for by name, over both.

        Raises:
            UsageError: one that cannot be read, or two that exclude each other.
        """
        inputs = tuple(inputs)
        if not inputs:
            raise UsageError("name at least one input file")
        if (output is None) == (out_dir is None):
            both = "not both" if output is not None else "neither was given"
            raise UsageError(f"say where the result goes: -o OUTPUT or --out-dir DIR ({both})")
        if output is not None and (name or skip_existing):
            raise UsageError(f"{'--name' if name else '--skip-existing'} goes with --out-dir, not with -o")
        if name:
            check_template(name)
        found = find_inputs(inputs, recursive=recursive, apart=Path(out_dir) if out_dir else None)
        if output is not None and len(found) > 1:
            raise UsageError(f"-o names the output of one input, and there are {len(found)}: give --out-dir")
        if output is not None and Path(output).suffix and not container:
            recipe = evolve(recipe, container="")
        pattern = Request(Path(), Path(), recipe, priority=_priority(priority))
        place = Path(output) if output is not None else None
        return cls(found, place, Path(out_dir or ""), pattern, name or "", profile or "", skip_existing)


def verification(text: str | None) -> Verification:
    """How closely results are to be looked at. Raises UsageError."""
    try:
        return Verification.QUICK if text is None else Verification(text.strip().lower())
    except ValueError:
        raise UsageError(f"--verify: {text!r} is not one of {', '.join(Verification)}") from None


def _priority(text: str | None) -> int:
    return USUAL_PRIORITY if text is None else priority_named(text, origin="--priority: ")
