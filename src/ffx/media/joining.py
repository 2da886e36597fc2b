"""One film out of several: whether their packets fit behind each other as they are, and FFmpeg's words that join them
when they do not. Of each file the first film and the first sound are taken. Pure.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import PurePosixPath

from attrs import evolve, frozen

from ffx.core.errors import RecipeError
from ffx.media.film_filters import upright_size
from ffx.media.probe import MediaInfo, PacketCount, PacketCounts, StreamInfo

LIST = "parts.txt"
"""The name of the list that FFmpeg's ``concat`` demuxer reads, beside the parts."""
_SAME_PICTURE = ("codec", "width", "height", "pixel_format", "sample_aspect_ratio", "rotation", "color_transfer")
_SAME_SOUND = ("codec", "sample_rate", "channels")
_SOUND_RATE = 48000


@frozen
class Part:
    """One of the files that are joined."""

    name: str
    """As a person knows it."""
    media: MediaInfo
    packets: PacketCounts = PacketCounts()


def main_streams(media: MediaInfo) -> MediaInfo:
    """The file with its first film and its first sound alone."""
    kept = (media.video, next(iter(media.audio), None))
    return evolve(media, streams=tuple(s for s in media.streams if s in kept), chapters=())


def mismatch(parts: Sequence[Part]) -> str:
    """Why the packets of some parts cannot stand behind each other, for a person; empty where they can."""
    first = main_streams(parts[0].media)
    for part in parts[1:]:
        found = _difference(first, main_streams(part.media))
        if found:
            return f"{part.name} {found}"
    return ""


def _difference(first: MediaInfo, other: MediaInfo) -> str:
    if first.container != other.container:
        return f"is {other.container} and not {first.container}"
    if [(s.kind, s.index) for s in first.streams] != [(s.kind, s.index) for s in other.streams]:
        return "has other streams than the first"
    for one, two in zip(first.streams, other.streams, strict=True):
        for name in _SAME_PICTURE if one.kind == "video" else _SAME_SOUND:
            if getattr(one, name) != getattr(two, name):
                return (
                    f"has another {name.replace('_', ' ')} than the first ({getattr(two, name)}, {getattr(one, name)})"
                )
        if one.parameters != two.parameters:
            return f"was encoded with other settings than the first ({one.kind})"
    return ""


def joined_media(parts: Sequence[Part]) -> MediaInfo:
    """What the parts are behind each other: the first one's streams, as long as all of them."""
    first = main_streams(parts[0].media)
    duration = sum(part.media.duration for part in parts)
    frames = sum(part.media.video.frames for part in parts if part.media.video is not None)
    streams = tuple(evolve(s, duration=duration, frames=frames if s.kind == "video" else 0) for s in first.streams)
    size = sum(part.media.size for part in parts)
    return evolve(first, streams=streams, duration=duration, size=size)


def joined_packets(parts: Sequence[Part]) -> PacketCounts:
    """What the streams of ``joined_media`` hold: what is added up of the parts."""
    first = main_streams(parts[0].media)
    return PacketCounts(tuple(_sum(stream, parts) for stream in first.streams))


def _sum(stream: StreamInfo, parts: Sequence[Part]) -> PacketCount:
    counts = []
    for part in parts:
        same = next((s for s in main_streams(part.media).streams if s.kind == stream.kind), None)
        count = part.packets.stream(same.index) if same is not None else None
        counts.append(count or PacketCount(stream.index, stream.kind, end=part.media.duration, start=0.0))
    length = sum(count.span for count in counts)
    return PacketCount(
        stream.index,
        stream.kind,
        packets=sum(count.packets for count in counts),
        start=0.0,
        end=length,
        total=sum(count.total for count in counts),
        leading=sum(count.leading for count in counts),
    )


def list_text(places: Sequence[str]) -> str:
    """The list for the ``concat`` demuxer; ``places`` are plain names that ffx made, beside the list."""
    return "".join(f"file '{PurePosixPath(place).name}'\n" for place in places)


def joining_words(parts: Sequence[Part]) -> tuple[str, ...]:
    """FFmpeg arguments that bring each part to the size and the rate of the first, and join them. The first is the
    input; the others are named as they are.

    Raises:
        RecipeError: a part without a picture.
    """
    first = parts[0].media
    film = first.video
    if film is None:
        raise RecipeError(f"{parts[0].name}: has no picture; sounds alone cannot be joined")
    with_sound = bool(first.audio)
    chains = []
    for number, part in enumerate(parts):
        chains.append(_film_chain(number, part, film))
        if with_sound:
            chains.append(_sound_chain(number, part))
    feeds = "".join(f"[v{number}]{f'[a{number}]' if with_sound else ''}" for number in range(len(parts)))
    outputs = "[joined][sound]" if with_sound else "[joined]"
    graph = ";".join([*chains, f"{feeds}concat=n={len(parts)}:v=1:a={int(with_sound)}{outputs}"])
    inputs = (word for part in parts[1:] for word in ("-i", part.name))
    sound = ("-map", "[sound]") if with_sound else ()
    return (*inputs, "-filter_complex", graph, "-map", "[joined]", *sound)


def _film_chain(number: int, part: Part, first: StreamInfo) -> str:
    film = part.media.video
    if film is None:
        raise RecipeError(f"{part.name}: has no picture that could be joined")
    width, height = upright_size(first)
    width, height = width // 2 * 2, height // 2 * 2
    rate = first.frame_rate or 25
    return (
        f"[{number}:{film.index}]scale={width}:{height}:force_original_aspect_ratio=decrease:flags=lanczos,"
        f"pad={width}:{height}:(ow-iw)/2:(oh-ih)/2,setsar={first.sample_aspect_ratio or 1},fps={rate},"
        f"format={_format(first)},setpts=PTS-STARTPTS[v{number}]"
    )


def _sound_chain(number: int, part: Part) -> str:
    sound = next(iter(part.media.audio), None)
    shape = f"aformat=sample_rates={_SOUND_RATE}:channel_layouts=stereo"
    length = max(part.media.duration, part.packets.end or 0.0)
    if sound is None:
        return f"anullsrc=r={_SOUND_RATE}:cl=stereo,atrim=0:{length:.6f},{shape}[a{number}]"
    return f"[{number}:{sound.index}]{shape},asetpts=PTS-STARTPTS[a{number}]"


def _format(first: StreamInfo) -> str:
    return "yuv420p10le" if first.bit_depth > 8 else "yuv420p"
