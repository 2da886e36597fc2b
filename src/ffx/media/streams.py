"""Which streams of a source go into the output, and how: copied, encoded or left out with a warning."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import PurePosixPath

from attrs import evolve, frozen

from ffx.core.errors import RecipeError
from ffx.core.recipe import Recipe
from ffx.core.tracks import SoundChoice, SubtitleChoice
from ffx.media.arguments import Arguments, Option
from ffx.media.choosing import chosen, sounds_of
from ffx.media.containers import PICTURE_SUBTITLES, TEXT_SUBTITLES, ContainerSpec, listed
from ffx.media.probe import MediaInfo, StreamInfo

_TEXT_ENCODERS = frozenset({"ass", "mov_text", "srt", "ssa", "subrip", "text", "ttml", "webvtt"})
OTHER_PACE = "subtitles cannot be made to keep pace with another speed"
"""FFmpeg has a bitstream filter for it, ``setts``; that of 5.1 loses the last line."""
_UNREMARKABLE_DATA = frozenset({"", "bin_data"})
"""Time codes and chapter tracks: FFmpeg writes its own from metadata and chapters."""
_SUBTITLE_SUFFIXES = {".ass": "ass", ".ssa": "ass", ".vtt": "webvtt", ".sup": "hdmv_pgs_subtitle"}
"""Of files that were not looked at yet; SubRip is what all others are taken for."""


@frozen
class Feed:
    """A file as an input of FFmpeg: the same file is one more input where its times are to be others."""

    file: str = ""
    """One of the job's other files, as it is written; empty: the source."""
    delay: float = 0.0
    """Seconds that all of it comes later."""
    charset: str = ""
    """Encoding of its text; empty: UTF-8."""


SOURCE = Feed()


@frozen
class KeptStream:
    """One stream that goes into the output."""

    source: StreamInfo
    encoder: str
    """``copy``, or FFmpeg's name of the encoder; empty for a picture whose encoder is not chosen yet."""
    feed: Feed = SOURCE
    choice: SoundChoice | SubtitleChoice | None = None
    """Why it is kept; None: because everything is."""

    @property
    def copied(self) -> bool:
        return self.encoder == "copy"


@frozen
class Selection:
    """What goes into the output, in its order, and what could not be kept."""

    kept: tuple[KeptStream, ...] = ()
    warnings: tuple[str, ...] = ()
    burned: KeptStream | None = None
    """Subtitles that are drawn into the picture."""

    def of_kind(self, kind: str) -> tuple[KeptStream, ...]:
        return tuple(kept for kept in self.kept if kept.source.kind == kind)

    @property
    def films(self) -> tuple[KeptStream, ...]:
        """Pictures that are no covers."""
        return tuple(kept for kept in self.of_kind("video") if not kept.source.attached_picture)


def select_streams(
    recipe: Recipe,
    media: MediaInfo,
    container: ContainerSpec,
    arguments: Arguments,
    files: Mapping[str, MediaInfo] | None = None,
) -> Selection:
    """What the recipe chooses, and of what it says nothing of everything that the container can hold, in the source's
    order but for covers: they come last, because FFmpeg counts the frames of the first picture.

    ``files`` are those of the job's other files that were looked at, by their written names.

    Raises:
        RecipeError: a stream that was chosen by name cannot be had, or not in this container.
    """
    selector = _Selector(recipe, media, container, arguments, files or {})
    for stream in media.streams:
        selector.keep_or_tell(stream)
    selector.choose_sounds()
    selector.choose_subtitles()
    return selector.selection()


def sound_encoder(choice: SoundChoice, stream: StreamInfo, recipe: Recipe, container: ContainerSpec) -> str:
    """The encoder for one sound: as the choice says, else ``copy`` where nothing changes and the container takes it."""
    if choice.encoder:
        return choice.encoder
    changed = choice.changes or recipe.speed != 1.0
    return "copy" if container.takes("audio", stream.codec) and not changed else container.default_audio


class _Selector:
    """The selection in the making."""

    def __init__(
        self,
        recipe: Recipe,
        media: MediaInfo,
        container: ContainerSpec,
        arguments: Arguments,
        files: Mapping[str, MediaInfo],
    ) -> None:
        self._recipe = recipe
        self._media = media
        self._container = container
        self._arguments = arguments
        self._files = files
        self._kept: list[KeptStream] = []
        self._warnings: list[str] = []
        self._burned: KeptStream | None = None

    def selection(self) -> Selection:
        kept = tuple(sorted(self._kept, key=lambda k: k.source.attached_picture))
        return Selection(kept, tuple(self._warnings), self._burned)

    def keep_or_tell(self, stream: StreamInfo) -> None:
        """One of the streams that nobody chose."""
        if self._is_chosen_elsewhere(stream):
            return
        encoder = self._encoder_for(stream)
        if encoder is None:
            self._warnings.extend(self._complaint(stream))
        else:
            self._keep(KeptStream(stream, encoder))

    def choose_sounds(self) -> None:
        if self._recipe.sounds is None or not self._wants("audio"):
            return
        pairs, warnings = chosen(self._recipe.sounds, sounds_of(self._media), "sound")
        self._warnings.extend(warnings)
        for stream, choice in pairs:
            encoder = self._sound_encoder(choice, stream)
            feed = evolve(SOURCE, delay=choice.delay)
            self._keep(KeptStream(stream, encoder, feed, choice))

    def choose_subtitles(self) -> None:
        if self._recipe.subtitles is None or not self._wants("subtitle"):
            return
        of_source = tuple(choice for choice in self._recipe.subtitles if not choice.file)
        pairs, warnings = chosen(of_source, self._media.subtitles, "subtitles")
        self._warnings.extend(warnings)
        for choice in self._recipe.subtitles:
            if choice.file:
                self._choose_subtitle(self._in_file(choice), choice)
            for stream, meant in pairs:
                if meant is choice:
                    self._choose_subtitle(stream, choice)

    # -- One stream --------------------------------------------------------------------------------------------

    def _is_chosen_elsewhere(self, stream: StreamInfo) -> bool:
        if stream.kind == "audio":
            return self._recipe.sounds is not None and bool(stream.sample_rate or not self._recipe.sounds)
        return stream.kind == "subtitle" and self._recipe.subtitles is not None

    def _keep(self, stream: KeptStream) -> None:
        if self._is_second(stream.source):
            self._warnings.append(
                f"{_name(stream.source)} is left out: {self._container.name} holds one {stream.source.kind} stream"
            )
        else:
            self._kept.append(stream)

    def _encoder_for(self, stream: StreamInfo) -> str | None:
        """How a stream is kept; None: not at all."""
        if not self._is_wanted(stream):
            return None
        if stream.kind == "video":
            return self._cover_encoder(stream) if stream.attached_picture else self._recipe.encoder
        if stream.kind == "audio":
            return self._sound_encoder(SoundChoice(), stream)
        if stream.kind == "subtitle":
            return self._subtitle_encoder(stream) if self._recipe.speed == 1.0 else None
        return "copy" if stream.kind == "attachment" and self._container.attachments else None

    def _wants(self, kind: str) -> bool:
        """Whether the output holds such streams at all."""
        if kind == "audio":
            holds = self._container.anything or bool(self._container.audio)
            return holds and self._recipe.keeps_sound and not self._arguments.has("an")
        if kind == "video":
            return not self._arguments.has("vn")
        return kind != "subtitle" or not self._arguments.has("sn")

    def _is_wanted(self, stream: StreamInfo) -> bool:
        if not self._wants(stream.kind):
            return False
        if stream.kind == "video":
            if stream.attached_picture:
                return self._recipe.attachments
            encoded = bool(self._recipe.encoder or self._recipe.codec)
            return encoded and self._container.holds_video and bool(stream.width)
        if stream.kind == "attachment":
            return self._recipe.attachments
        return stream.kind != "audio" or bool(stream.sample_rate)

    def _sound_encoder(self, choice: SoundChoice, stream: StreamInfo) -> str:
        encoder = sound_encoder(choice, stream, self._recipe, self._container)
        if encoder == "copy" and not choice.encoder and any(_changes_sound(o) for o in self._arguments.options):
            return self._container.default_audio
        return encoder

    def _cover_encoder(self, stream: StreamInfo) -> str | None:
        return "copy" if stream.codec in self._container.covers else None

    def _subtitle_encoder(self, stream: StreamInfo) -> str | None:
        container, wanted = self._container, self._arguments.last("c", "s")
        if wanted in _TEXT_ENCODERS and stream.codec in PICTURE_SUBTITLES:
            return None
        if wanted:
            return wanted
        if container.anything or stream.codec in container.subtitles:
            return "copy"
        return container.text_encoder if stream.codec in TEXT_SUBTITLES and container.text_encoder else None

    # -- Chosen subtitles --------------------------------------------------------------------------------------

    def _in_file(self, choice: SubtitleChoice) -> StreamInfo:
        """The subtitles of a file; as its name says, where it was not looked at yet."""
        media = self._files.get(choice.file)
        if media is None:
            codec = _SUBTITLE_SUFFIXES.get(PurePosixPath(choice.file.lower()).suffix, "subrip")
            return StreamInfo(0, "subtitle", codec, choice.language)
        found = next(iter(media.subtitles), None)
        if found is None:
            raise RecipeError(f"{choice.file}: there are no subtitles in it")
        return found

    def _choose_subtitle(self, stream: StreamInfo, choice: SubtitleChoice) -> None:
        if choice.burn:  # before the film is made to play faster
            self._burn(KeptStream(stream, "", Feed(choice.file, charset=choice.charset), choice))
            return
        if self._recipe.speed != 1.0:
            raise RecipeError(f"{choice.file or _name(stream)}: {OTHER_PACE}: burn them in, or leave them out")
        feed = Feed(choice.file, charset=choice.charset)
        encoder = choice.encoder or self._subtitle_encoder(stream)
        if encoder == "copy" and choice.charset and stream.codec in TEXT_SUBTITLES:
            encoder = stream.codec  # what is copied stays in its charset
        impossible = choice.encoder in _TEXT_ENCODERS and stream.codec in PICTURE_SUBTITLES
        if encoder is None or impossible:
            raise RecipeError(self._refusal(stream, choice))
        self._keep(KeptStream(stream, encoder, feed, choice))

    def _burn(self, stream: KeptStream) -> None:
        if self._burned is None:
            self._burned = stream
        elif stream.choice is not self._burned.choice:
            raise RecipeError("two subtitles cannot be burned in, one over the other: choose one")

    def _refusal(self, stream: StreamInfo, choice: SubtitleChoice) -> str:
        name = choice.file or _name(stream)
        if stream.codec in PICTURE_SUBTITLES and (choice.encoder or self._container.text_encoder):
            return f"{name}: these subtitles are pictures and cannot become text: burn them in, or write a .mkv"
        takes = f"takes {listed(self._container.subtitles)}" if self._container.subtitles else "holds no subtitles"
        return f"{name}: {self._container.name} {takes}: burn them in, or write a .mkv"

    # -- What is left out --------------------------------------------------------------------------------------

    def _is_second(self, stream: StreamInfo) -> bool:
        single = {"video": self._container.single_video, "audio": self._container.single_audio}.get(stream.kind, False)
        return single and any(
            k.source.kind == stream.kind and k.source.attached_picture == stream.attached_picture for k in self._kept
        )

    def _complaint(self, stream: StreamInfo) -> Iterator[str]:
        """What a person should know about a stream that is left out; nothing where it was asked for."""
        if stream.kind == "data" and stream.codec in _UNREMARKABLE_DATA:
            return
        readable = bool(stream.width or stream.sample_rate)
        if stream.kind in ("video", "audio") and not stream.attached_picture and not readable:
            yield f"{_name(stream)} is left out: its format could not be determined"
        elif not self._container.holds_video and stream.kind in ("subtitle", "attachment"):
            return
        elif stream.kind == "subtitle" and self._recipe.speed != 1.0 and self._is_wanted(stream):
            yield f"{_name(stream)} is left out: {OTHER_PACE}"
        elif self._is_wanted(stream):
            yield f"{_name(stream)} is left out: {self._container.name} cannot hold it"


def _changes_sound(option: Option) -> bool:
    if option.name in ("ac", "ar", "ch_layout", "channel_layout", "sample_fmt"):
        return True
    return option.name in ("b", "filter", "q") and option.specifier.startswith("a")


def _name(stream: StreamInfo) -> str:
    what = "cover" if stream.attached_picture else stream.kind
    detail = ", ".join(word for word in (stream.codec, stream.language) if word)
    return f"{what} stream {stream.index} ({detail})" if detail else f"{what} stream {stream.index}"
