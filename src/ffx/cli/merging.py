"""What ``ffx merge`` does: files become one, their packets copied where they fit, else encoded to a common form."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from attrs import evolve

from ffx.cli.asking import Wish
from ffx.cli.assembly import Assembly
from ffx.cli.submitting import Manner, submit_jobs
from ffx.cli.text import print_note
from ffx.core.errors import UsageError
from ffx.core.recipe import Recipe
from ffx.core.tracks import SoundChoice
from ffx.media.joining import Part, joining_words, mismatch
from ffx.media.probe import probe


def merge(assembly: Assembly, names: Sequence[str], wish: Wish, manner: Manner) -> int:
    """Put the files behind each other into the output of the wish; returns the exit status.

    Raises:
        UsageError: fewer than two files.
        ProbeError: one is no media.
        RecipeError: one has no picture.
    """
    recipe, how = merging_recipe(names, wish.pattern.recipe)
    print_note(f"ffx: {how}")
    return submit_jobs(assembly, evolve(wish, pattern=evolve(wish.pattern, recipe=recipe)), manner)


def merging_recipe(names: Sequence[str], asked: Recipe) -> tuple[Recipe, str]:
    """The recipe that puts the files behind each other, and how it does so, in words. Raises as ``merge`` does."""
    if len(names) < 2:
        raise UsageError("name at least two files to merge, in their order")
    parts = [Part(name, probe(Path(name))) for name in names]
    why = "options ask for it" if asked != Recipe(container=asked.container) else mismatch(parts)
    if why:
        recipe = evolve(asked, ffmpeg_args=(*joining_words(parts), *asked.ffmpeg_args))
        return recipe, f"encoded to a common form, that of {names[0]}: {why}"
    copied = evolve(
        asked,
        encoder="copy",
        sounds=(SoundChoice(encoder="copy"),),
        subtitles=(),
        chapters=False,
        joins=tuple(names[1:]),
    )
    return copied, "copied: all files have the same streams"
