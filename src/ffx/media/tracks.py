"""What stands beside each track of an output: title, language, and whether players take it by themselves. Pure."""

from __future__ import annotations

from collections.abc import Mapping

from ffx.core.recipe import Recipe
from ffx.core.tracks import SoundChoice, SubtitleChoice
from ffx.media.containers import ContainerSpec
from ffx.media.languages import quicktime_code, three_letters
from ffx.media.streams import KeptStream, Selection

_FLAGS = frozenset(
    (
        *("default", "dub", "original", "comment", "lyrics", "karaoke", "forced", "hearing_impaired"),
        *("visual_impaired", "clean_effects", "captions", "descriptions"),
    )
)
"""FFmpeg's words for dispositions, but for those that say what a stream is."""


def track_metadata(recipe: Recipe, kept: KeptStream, container: ContainerSpec) -> Mapping[str, str]:
    """What is written about a track besides what FFmpeg takes over from the source by itself."""
    choice, source = kept.choice, kept.source
    language = (choice.language if choice is not None else "") or source.language
    asked = choice is not None and bool(choice.language)
    found: dict[str, str] = {}
    if container.name == "mov" and language:
        known = quicktime_code(language)
        if asked or not recipe.metadata or known != source.language:
            found["language"] = known
    elif language and (asked or not recipe.metadata or kept.feed.file):
        found["language"] = three_letters(language)
    if choice is not None and choice.title:
        found["title"] = choice.title
    return found


def disposition(kept: KeptStream, preferred: KeptStream | None) -> str | None:
    """FFmpeg's word for what a track is; None: as the source says. ``preferred`` is the track of its kind that is to be
    taken first, where the recipe says which.
    """
    choice = kept.choice
    forced = choice.forced if isinstance(choice, SubtitleChoice) else None
    default = choice.default if choice is not None else None
    if preferred is not None and default is None:
        default = kept is preferred
    if default is None and forced is None:
        return None
    flags = {flag for flag in kept.source.disposition if flag in _FLAGS}
    for flag, wanted in (("default", default), ("forced", forced)):
        if wanted is not None:
            flags = flags | {flag} if wanted else flags - {flag}
    return "+".join(sorted(flags)) or "0"


def preferred_track(recipe: Recipe, selection: Selection, kind: str) -> KeptStream | None:
    """The track that the recipe wants to be taken first: the one that it calls so, else the first of the sounds that it
    chose.
    """
    kept = selection.of_kind(kind)
    named = next((one for one in kept if one.choice is not None and one.choice.default), None)
    if named is not None or kind != "audio" or len(kept) < 2:
        return named
    chosen = [one for one in kept if isinstance(one.choice, SoundChoice) and one.choice.selects]
    return kept[0] if len(chosen) == len(kept) else None
