"""What a media file is: container, streams and their properties, read with PyAV from its header."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
from attrs import asdict, evolve, field, frozen
from av.container import InputContainer
from av.stream import Disposition, Stream
from blake3 import blake3

from ffx.core.errors import ProbeError
from ffx.media import colour
from ffx.media.first_frame import MasteringDisplay, read_first_frame
from ffx.media.opening import opened
from ffx.media.packets import PacketCount, PacketCounts, count_packets, count_packets_of

__all__ = ["Chapter", "MediaInfo", "PacketCount", "PacketCounts", "StreamInfo", "count_packets", "examine", "probe"]

HDR_TRANSFERS = frozenset({"smpte2084", "arib-std-b67"})
"""PQ and HLG, by FFmpeg's names."""


@frozen
class StreamInfo:
    """One stream as the header describes it. Empty texts, zeros and None stand for what it does not say."""

    index: int
    kind: str
    """``video``, ``audio``, ``subtitle``, ``data`` or ``attachment``."""
    codec: str
    """FFmpeg's name of the codec (``av1``, not the decoder's); empty when PyAV has none for it."""
    language: str = ""
    disposition: tuple[str, ...] = ()
    """Such as ``default``, ``forced``, ``attached_pic``."""
    duration: float = 0.0
    """Seconds."""
    bit_rate: int = 0
    """Bits a second."""
    width: int = 0
    height: int = 0
    pixel_format: str = ""
    bit_depth: int = 0
    """Of one colour component."""
    has_alpha: bool = False
    frame_rate: Fraction = Fraction(0)
    """The average."""
    base_rate: Fraction = Fraction(0)
    """The lowest rate that holds all time stamps; differs from the average where the rate varies."""
    frames: int = 0
    """From the index, or duration times rate: an estimate either way."""
    color_primaries: str = ""
    color_transfer: str = ""
    color_matrix: str = ""
    color_range: str = ""
    sample_aspect_ratio: Fraction | None = None
    sample_rate: int = 0
    channels: int = 0
    title: str = ""
    rotation: int = 0
    """Degrees clockwise by which the picture has to be turned; like what follows known only of films whose first frame
    was looked at.
    """
    interlaced: bool = False
    mastering_display: MasteringDisplay | None = None
    content_light: tuple[int, ...] = ()
    """MaxCLL and MaxFALL in cd/m2."""
    dolby_vision: bool = False
    parameters: str = ""
    """A digest of what the codec needs to know before the first packet: where two differ, packets cannot be joined."""

    @property
    def is_hdr(self) -> bool:
        return self.color_transfer in HDR_TRANSFERS

    @property
    def attached_picture(self) -> bool:
        """Whether it is a cover or a thumbnail and not a film."""
        return "attached_pic" in self.disposition

    @property
    def varies_in_rate(self) -> bool:
        """Whether the header hints at a variable frame rate."""
        return bool(self.frame_rate and self.base_rate and self.frame_rate != self.base_rate)


@frozen
class Chapter:
    """A part of a film. Seconds."""

    start: float
    end: float
    title: str = ""


@frozen
class MediaInfo:
    """One media file."""

    path: Path
    size: int
    """Bytes."""
    container: str
    """FFmpeg's name of the demuxer, such as ``mov,mp4,m4a,3gp,3g2,mj2``."""
    duration: float = 0.0
    """Seconds; 0 when the header does not say."""
    streams: tuple[StreamInfo, ...] = ()
    chapters: tuple[Chapter, ...] = ()
    metadata: Mapping[str, str] = field(factory=dict)

    @property
    def video(self) -> StreamInfo | None:
        """The first film, covers passed over."""
        return next(iter(self.films), None)

    @property
    def films(self) -> tuple[StreamInfo, ...]:
        """Pictures that are no covers."""
        return tuple(s for s in self.streams if s.kind == "video" and not s.attached_picture)

    @property
    def audio(self) -> tuple[StreamInfo, ...]:
        return tuple(s for s in self.streams if s.kind == "audio")

    @property
    def subtitles(self) -> tuple[StreamInfo, ...]:
        return tuple(s for s in self.streams if s.kind == "subtitle")


def probe(path: Path, *, subtitles: bool = False, first_frame: bool = False) -> MediaInfo:
    """Describe a media file. Blocking; reads the header and a few packets.

    A single picture is media, whatever its name: FFmpeg can encode it. Text drawn as a picture, playlists and
    files without picture and sound are not; with ``subtitles``, those that hold nothing else are too. The first frame
    of an HDR film is looked at, with ``first_frame`` that of any.

    Raises:
        ProbeError: one line that names the file and what is wrong with it.
    """
    with opened(path) as container:
        media = _media_of(container, path, subtitles=subtitles)
    return _with_first_frame(media, asked=first_frame)


def examine(path: Path, *, subtitles: bool = False, first_frame: bool = False) -> tuple[MediaInfo, PacketCounts]:
    """What the header of a media file says, and what its packets are. Blocking; takes as long as reading the file.

    ``subtitles``: whether a file that holds nothing else will do. ``first_frame``: as for ``probe``.

    Raises:
        ProbeError: as for ``probe``.
    """
    with opened(path) as container:
        media, packets = _media_of(container, path, subtitles=subtitles), count_packets_of(container)
    return _with_first_frame(media, asked=first_frame), packets


def _with_first_frame(media: MediaInfo, *, asked: bool) -> MediaInfo:
    film = media.video
    if film is None or not (asked or film.is_hdr):
        return media
    with opened(media.path) as container:  # once more: from the beginning, whatever was read
        looked_at = evolve(film, **asdict(read_first_frame(container, film.index), recurse=False))
    return evolve(media, streams=tuple(looked_at if s is film else s for s in media.streams))


def _media_of(container: InputContainer, path: Path, *, subtitles: bool = False) -> MediaInfo:
    duration = max(0.0, container.duration / av.time_base) if container.duration else 0.0
    media = MediaInfo(
        path=path,
        size=path.stat().st_size,
        container=container.format.name,
        duration=duration,
        streams=tuple(_describe(stream, duration) for stream in container.streams),
        chapters=tuple(_chapter(chapter) for chapter in container.chapters()),
        metadata=dict(container.metadata),
    )
    if not any(_is_readable(stream) for stream in media.streams) and not (subtitles and media.subtitles):
        raise ProbeError(f"{path}: has no picture and no sound that could be read")
    return media


def _is_readable(stream: StreamInfo) -> bool:
    return bool(stream.width and stream.height) or bool(stream.sample_rate)


def _chapter(chapter: Mapping[str, Any]) -> Chapter:
    tick = float(chapter["time_base"] or 0)
    title = str(chapter.get("metadata", {}).get("title", ""))
    return Chapter(max(0.0, chapter["start"] * tick), max(0.0, chapter["end"] * tick), title)


def _describe(stream: Stream, container_duration: float) -> StreamInfo:
    tick = float(stream.time_base) if stream.time_base else 0.0
    duration = stream.duration * tick if stream.duration else container_duration
    common = StreamInfo(
        index=stream.index,
        kind=stream.type,
        codec=_codec(stream),
        language=_language(stream),
        parameters=_digest(stream),
        title=stream.metadata.get("title") or stream.metadata.get("filename", ""),
        disposition=tuple(flag.name for flag in Disposition if flag & stream.disposition and flag.name),
        duration=max(0.0, duration),
        bit_rate=(stream.codec_context.bit_rate or 0) if stream.codec_context else 0,
    )
    if stream.type == "video" and stream.codec_context:
        return _with_picture(common, stream)
    if stream.type == "audio" and stream.codec_context:
        return _with_sound(common, stream)
    return common


def _with_picture(common: StreamInfo, stream: Any) -> StreamInfo:
    context = stream.codec_context
    components = context.format.components if context.format else ()
    rate = Fraction(stream.average_rate or stream.guessed_rate or 0)
    return evolve(
        common,
        width=context.width,
        height=context.height,
        pixel_format=context.pix_fmt or "",
        bit_depth=max((component.bits for component in components), default=0),
        has_alpha=any(component.is_alpha for component in components),
        frame_rate=rate,
        base_rate=Fraction(stream.base_rate or 0),
        frames=stream.frames or (0 if common.attached_picture else round(common.duration * rate)),
        color_primaries=colour.PRIMARIES.get(int(context.color_primaries), ""),
        color_transfer=colour.TRANSFER.get(int(context.color_trc), ""),
        color_matrix=colour.MATRIX.get(int(context.colorspace), ""),
        color_range=colour.RANGE.get(int(context.color_range), ""),
        sample_aspect_ratio=Fraction(stream.sample_aspect_ratio) if stream.sample_aspect_ratio else None,
    )


def _with_sound(common: StreamInfo, stream: Any) -> StreamInfo:
    context = stream.codec_context
    return evolve(common, sample_rate=context.sample_rate or 0, channels=context.channels or 0)


def _codec(stream: Any) -> str:
    """The codec's name; a decoder's own (``libdav1d``) is not it, and a stream without a decoder may still say."""
    context = stream.codec_context
    if context is not None:
        return str(context.codec.canonical_name)
    return str(stream.name or "") if stream.type == "data" else ""


def _digest(stream: Any) -> str:
    extradata = stream.codec_context.extradata if stream.codec_context is not None else None
    return blake3(extradata).hexdigest(16) if extradata else ""


def _language(stream: Stream) -> str:
    language = stream.language or ""
    return "" if language == "und" else language
