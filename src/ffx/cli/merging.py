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
    if len(names) < 2:
        raise UsageError("name at least two files to merge, in their order")
    parts = [Part(name, probe(Path(name))) for name in names]
    asked = wish.pattern.recipe
    why = "options ask for it" if asked != Recipe(container=asked.container) else mismatch(parts)
    if why:
        print_note(f"ffx: encoded to a common form, that of {names[0]}: {why}")
        recipe = evolve(asked, ffmpeg_args=(*joining_words(parts), *asked.ffmpeg_args))
    else:
        print_note("ffx: copied: all files have the same streams")
        recipe = evolve(
            asked,
            encoder="copy",
            sounds=(SoundChoice(encoder="copy"),),
            subtitles=(),
            chapters=False,
            joins=tuple(names[1:]),
        )
    return submit_jobs(assembly, evolve(wish, pattern=evolve(wish.pattern, recipe=recipe)), manner)
