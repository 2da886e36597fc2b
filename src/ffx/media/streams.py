"""Which streams of a source go into the output, and how: copied, encoded or left out with a warning."""

from __future__ import annotations

from collections.abc import Iterator

from attrs import frozen

from ffx.core.recipe import Recipe
from ffx.media.arguments import Arguments, Option
from ffx.media.containers import PICTURE_SUBTITLES, TEXT_SUBTITLES, ContainerSpec
from ffx.media.probe import MediaInfo, StreamInfo

_TEXT_ENCODERS = frozenset({"ass", "mov_text", "srt", "ssa", "subrip", "text", "ttml", "webvtt"})
_UNREMARKABLE_DATA = frozenset({"", "bin_data"})
"""Time codes and chapter tracks: FFmpeg writes its own from metadata and chapters."""


@frozen
class KeptStream:
    """One stream of the source that goes into the output."""

    source: StreamInfo
    encoder: str
    """``copy``, or FFmpeg's name of the encoder; empty for a picture whose encoder is not chosen yet."""

    @property
    def copied(self) -> bool:
        return self.encoder == "copy"


@frozen
class Selection:
    """What goes into the output, in its order, and what could not be kept."""

    kept: tuple[KeptStream, ...] = ()
    warnings: tuple[str, ...] = ()

    def of_kind(self, kind: str) -> tuple[KeptStream, ...]:
        return tuple(kept for kept in self.kept if kept.source.kind == kind)

    @property
    def films(self) -> tuple[KeptStream, ...]:
        """Pictures that are no covers."""
        return tuple(kept for kept in self.of_kind("video") if not kept.source.attached_picture)


def select_streams(recipe: Recipe, media: MediaInfo, container: ContainerSpec, arguments: Arguments) -> Selection:
    """Everything the container can hold and the recipe does not leave out, in the source's order but for covers: they
    come last, because FFmpeg counts the frames of the first picture.
    """
    kept: list[KeptStream] = []
    warnings: list[str] = []
    for stream in media.streams:
        encoder = _encoder_for(stream, recipe, container, arguments)
        if encoder is None:
            warnings.extend(_complaint(stream, recipe, container, arguments))
        elif _is_second(stream, kept, container):
            warnings.append(f"{_name(stream)} is left out: {container.name} holds one {stream.kind} stream")
        else:
            kept.append(KeptStream(stream, encoder))
    return Selection(tuple(sorted(kept, key=lambda k: k.source.attached_picture)), tuple(warnings))


def _encoder_for(stream: StreamInfo, recipe: Recipe, container: ContainerSpec, arguments: Arguments) -> str | None:
    """How a stream is kept; None: not at all."""
    if not _is_wanted(stream, recipe, container, arguments):
        return None
    if stream.kind == "video":
        return _cover_encoder(stream, container) if stream.attached_picture else recipe.encoder
    if stream.kind == "audio":
        return audio_encoder(stream, recipe, container, arguments)
    if stream.kind == "subtitle":
        return _subtitle_encoder(stream, container, arguments)
    return "copy" if stream.kind == "attachment" and container.attachments else None


def _is_wanted(stream: StreamInfo, recipe: Recipe, container: ContainerSpec, arguments: Arguments) -> bool:
    if stream.kind == "video":
        film = bool(recipe.encoder or recipe.codec) and container.holds_video and bool(stream.width)
        return not arguments.has("vn") and (stream.attached_picture or film)
    if stream.kind == "audio":
        holds = container.anything or bool(container.audio)
        return holds and recipe.audio_encoder != "none" and not arguments.has("an") and bool(stream.sample_rate)
    if stream.kind == "subtitle":
        return not arguments.has("sn")
    return True


def audio_encoder(stream: StreamInfo, recipe: Recipe, container: ContainerSpec, arguments: Arguments) -> str:
    """The encoder for one sound stream: what the recipe says, else ``copy`` where the container takes it."""
    if recipe.audio_encoder:
        return recipe.audio_encoder
    changed = recipe.audio_bitrate is not None or any(_changes_sound(option) for option in arguments.options)
    if container.takes("audio", stream.codec) and not changed:
        return "copy"
    return container.default_audio


def _changes_sound(option: Option) -> bool:
    if option.name in ("ac", "ar", "ch_layout", "channel_layout", "sample_fmt"):
        return True
    return option.name in ("b", "filter", "q") and option.specifier.startswith("a")


def _cover_encoder(stream: StreamInfo, container: ContainerSpec) -> str | None:
    return "copy" if stream.codec in container.covers else None


def _subtitle_encoder(stream: StreamInfo, container: ContainerSpec, arguments: Arguments) -> str | None:
    wanted = arguments.last("c", "s")
    if wanted in _TEXT_ENCODERS and stream.codec in PICTURE_SUBTITLES:
        return None
    if wanted:
        return wanted
    if container.anything or stream.codec in container.subtitles:
        return "copy"
    return container.text_encoder if stream.codec in TEXT_SUBTITLES and container.text_encoder else None


def _is_second(stream: StreamInfo, kept: list[KeptStream], container: ContainerSpec) -> bool:
    single = {"video": container.single_video, "audio": container.single_audio}.get(stream.kind, False)
    return single and any(
        k.source.kind == stream.kind and k.source.attached_picture == stream.attached_picture for k in kept
    )


def _complaint(stream: StreamInfo, recipe: Recipe, container: ContainerSpec, arguments: Arguments) -> Iterator[str]:
    """What a person should know about a stream that is left out; nothing where it was asked for."""
    if stream.kind == "data" and stream.codec in _UNREMARKABLE_DATA:
        return
    readable = bool(stream.width or stream.sample_rate)
    if stream.kind in ("video", "audio") and not stream.attached_picture and not readable:
        yield f"{_name(stream)} is left out: its format could not be determined"
    elif not container.holds_video and stream.kind in ("subtitle", "attachment"):
        return
    elif _is_wanted(stream, recipe, container, arguments):
        yield f"{_name(stream)} is left out: {container.name} cannot hold it"


def _name(stream: StreamInfo) -> str:
    what = "cover" if stream.attached_picture else stream.kind
    detail = ", ".join(word for word in (stream.codec, stream.language) if word)
    return f"{what} stream {stream.index} ({detail})" if detail else f"{what} stream {stream.index}"
