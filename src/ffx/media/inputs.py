"""FFmpeg's inputs: the source, and the same file or others once more where their times are to be others."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from attrs import field, frozen

from ffx.core.recipe import Trim
from ffx.media.arguments import Arguments
from ffx.media.containers import PICTURE_SUBTITLES
from ffx.media.film_filters import FilmChain
from ffx.media.probe import MediaInfo
from ffx.media.streams import SOURCE, Feed, KeptStream, Selection
from ffx.media.timing import Version


@frozen
class Inputs:
    """Which input is which."""

    numbers: Mapping[Feed, int] = field(factory=dict)

    @property
    def feeds(self) -> tuple[Feed, ...]:
        """Those behind the source and the person's own, in their order."""
        return tuple(feed for feed in self.numbers if feed != SOURCE)

    def place(self, kept: KeptStream) -> str:
        """``1:2``: the second stream of the first further input."""
        return f"{self.numbers[kept.feed]}:{kept.source.index}"


def inputs_of(selection: Selection, chain: FilmChain, arguments: Arguments) -> Inputs:
    """The source, the inputs among the arguments, then what streams and pictures that are laid over the film need."""
    own = sum(option.name == "i" for option in arguments.inputs)
    wanted = [kept.feed for kept in selection.kept] if not arguments.owns_mapping else []
    wanted += [overlay.feed for overlay in chain.overlays]
    further = dict.fromkeys(feed for feed in wanted if feed != SOURCE)
    return Inputs({SOURCE: 0, **{feed: number for number, feed in enumerate(further, 1 + own)}})


def reporting(version: Version) -> tuple[str, ...]:
    """What FFmpeg is to say, and to whom."""
    # The level of warnings keeps the causes of a failure; ``-nostats`` keeps the rest out of the evidence.
    period = ("-stats_period", "0.25") if version >= (4, 4) else ()
    return ("-hide_banner", "-nostdin", "-y", "-loglevel", "warning", "-nostats", "-progress", "pipe:1", *period)


def source_words(trim: Trim, media: MediaInfo, name: str) -> tuple[str, ...]:
    """The source as an input."""
    return (*_from(trim), *_opened(media, name))


def joined_words(media: MediaInfo, list_name: str) -> tuple[str, ...]:
    """Several files of one kind, one behind the other, by a list of their names."""
    formats = f"concat,{media.container}"
    whitelists = ("-protocol_whitelist", "file", "-format_whitelist", formats)
    return (*whitelists, "-f", "concat", "-safe", "0", "-i", f"file:{list_name}")


def input_of(
    feed: Feed, trim: Trim, media: MediaInfo, places: Mapping[str, str], looked_at: Mapping[str, MediaInfo]
) -> Iterator[str]:
    """A further input. ``places`` are the files for FFmpeg, ``looked_at`` what they are, by their written names."""
    what = looked_at.get(feed.file) if feed.file else media
    if what is None or _has_times(what):
        yield from _from(trim)
    if feed.delay:
        yield from ("-itsoffset", f"{feed.delay:.6f}")
    if feed.charset and not _is_pictures(what):
        yield from ("-sub_charenc", feed.charset)
    yield from _opened(what, places[feed.file])


def _from(trim: Trim) -> tuple[str, ...]:
    return ("-ss", f"{trim.start:.6f}") if trim.start else ()


def _opened(media: MediaInfo | None, name: str) -> tuple[str, ...]:
    # What was probed is what may be opened: a playlist in disguise is refused by FFmpeg too.
    formats = ("-format_whitelist", media.container) if media is not None and media.container else ()
    return ("-protocol_whitelist", "file", *formats, "-i", f"file:{name}")


def _has_times(media: MediaInfo) -> bool:
    """Whether a part of it can be taken: a picture has but one moment."""
    return bool(media.subtitles or media.audio) or media.duration > 1.0


def _is_pictures(media: MediaInfo | None) -> bool:
    return media is not None and any(stream.codec in PICTURE_SUBTITLES for stream in media.subtitles)
