"""Whether an input is whole, and whether an output is what was asked for: packets are counted, claims are not believed.

Exit statuses lie: FFmpeg 5.1 answers 0 on a full disk and both answer 0 for half an input (see
docs/explanation for what was measured).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from attrs import frozen

from ffx.core.errors import ProbeError, VerificationError
from ffx.core.recipe import Recipe
from ffx.media.arguments import Arguments, read_arguments
from ffx.media.changes import keeps_duration, keeps_frames
from ffx.media.containers import container_by_name
from ffx.media.probe import MediaInfo, PacketCount, PacketCounts, StreamInfo, count_packets, probe
from ffx.media.run import RunOutcome
from ffx.media.streams import select_streams

DURATION_TOLERANCE = 0.5
"""Seconds that an output may be shorter or longer than its source: encoders delay sound by up to 0.1 s and pad its
last packet, containers round; frames are counted apart, exactly.
"""
TRUNCATION_TOLERANCE = 0.5
"""Seconds that packets may end before what the header says. Valid files differ by a few packets."""
CUT_TOLERANCE = 0.05
"""The same for a file whose last packet is damaged."""
GUESS_TOLERANCE = 0.02
"""Share of the duration for sound alone: a recording without a duration then gets one that is guessed from its bitrate
(with a film it gets none).
"""
_QUICKTIME = "mov,mp4,m4a,3gp,3g2,mj2"
_HONEST_HEADERS = frozenset({_QUICKTIME, "matroska,webm", "avi", "asf", "flac", "flv", "nut", "wav"})
"""Demuxers whose duration stands in a header; others guess it from the bitrate or the last packets."""
_FRAME_PER_PACKET = frozenset({_QUICKTIME, "matroska,webm", "nut", "ivf"})
"""Demuxers whose packets are whole frames; elsewhere a field may have a packet of its own."""
_HIDDEN_FRAMES = frozenset({"vp8", "mpeg4", "msmpeg4v3", "gif", "apng"})
"""Codecs with packets that show nothing, or that show the last picture again."""


@frozen
class Verified:
    """What was found in an output."""

    frames: int
    """Packets of the first film, or of the first sound where there is no film."""
    duration: float
    """Seconds."""
    size: int
    """Bytes."""


def check_input(media: MediaInfo, packets: PacketCounts) -> None:
    """Whether a source holds what its header says.

    Raises:
        ProbeError: it is truncated or holds no packets.
    """
    if not any(count.packets for count in packets.streams if count.kind in ("video", "audio")):
        raise ProbeError(f"{media.path}: the input has no picture and no sound: its header is all there is")
    if media.container not in _HONEST_HEADERS or not packets.streams:
        return
    for promised, end in _promises(media, packets):
        if promised - end > _truncation_tolerance(media, packets):
            raise ProbeError(
                f"{media.path}: the input is truncated: its header says {promised:.1f} s, "
                f"its packets end at {end:.1f} s"
            )


def _promises(media: MediaInfo, packets: PacketCounts) -> Iterator[tuple[float, float]]:
    """What the header says of the whole file, or of a stream that has a header of its own, and where the packets end:
    seconds, from the beginning or from zero, whichever is later.
    """
    ends = [count.end for count in packets.streams if count.end is not None]
    start = min((count.start for count in packets.streams if count.start is not None), default=0.0)
    if ends:
        yield media.duration, max(*ends, max(ends) - start)
    if media.container == _QUICKTIME and not packets.complete:
        # What is missing at the end of the file may be all of one stream.
        for count in packets.streams:
            if count.kind in ("video", "audio"):
                yield media.streams[count.index].duration, max(count.end or 0.0, count.span)


def _truncation_tolerance(media: MediaInfo, packets: PacketCounts) -> float:
    if not packets.complete:
        return CUT_TOLERANCE
    return TRUNCATION_TOLERANCE if media.video else max(TRUNCATION_TOLERANCE, GUESS_TOLERANCE * media.duration)


def verify_output(
    output: Path, recipe: Recipe, source: MediaInfo, source_packets: PacketCounts, outcome: RunOutcome
) -> Verified:
    """Check an output against its source and against what FFmpeg said. Blocking; reads the whole file.

    Raises:
        VerificationError: one line that says what is wrong.
    """
    try:
        found = probe(output)
        packets = count_packets(output)
    except ProbeError as error:
        raise VerificationError(f"the output cannot be read: {error}") from None
    arguments = read_arguments(recipe.ffmpeg_args)
    _check_streams(found, packets, recipe, source, arguments)
    film = _first_film(found, packets)
    if film is not None:
        _check_frames(film, recipe, source, source_packets, outcome, arguments)
    _check_duration(packets, recipe, source, source_packets, outcome, arguments)
    main = film or next(count for count in packets.streams if count.kind == "audio")
    return Verified(frames=main.packets, duration=main.span, size=found.size)


def _check_streams(
    found: MediaInfo, packets: PacketCounts, recipe: Recipe, source: MediaInfo, arguments: Arguments
) -> None:
    for count in packets.streams:
        cover = found.streams[count.index].attached_picture
        if count.kind in ("video", "audio") and not cover and not count.packets:
            raise VerificationError(f"the output's {count.kind} stream {count.index} is empty")
    if arguments.owns_mapping:
        return
    selection = select_streams(recipe, source, container_by_name(recipe.container), arguments)
    expected = Counter(_what(kept.source) for kept in selection.kept)
    present = Counter(_what(stream) for stream in found.streams)
    for what, number in expected.items():
        if present[what] < number:
            raise VerificationError(f"the output has {present[what]} {what} streams instead of {number}")


def _what(stream: StreamInfo) -> str:
    return "cover" if stream.attached_picture else stream.kind


def _first_film(found: MediaInfo, packets: PacketCounts) -> PacketCount | None:
    return packets.stream(found.video.index) if found.video else None


def _check_frames(
    film: PacketCount,
    recipe: Recipe,
    source: MediaInfo,
    source_packets: PacketCounts,
    outcome: RunOutcome,
    arguments: Arguments,
) -> None:
    if outcome.frames and film.packets < outcome.frames:
        raise VerificationError(f"the output has {film.packets} frames, FFmpeg wrote {outcome.frames}")
    original = source_packets.stream(source.video.index) if source.video else None
    if original is None or not keeps_frames(recipe, arguments) or not _is_frame_per_packet(source):
        return
    shown = film.packets + outcome.drop - outcome.dup
    if shown < original.packets - LEADING_FRAMES:
        raise VerificationError(f"the output has {shown} of the input's {original.packets} frames")


def _is_frame_per_packet(source: MediaInfo) -> bool:
    return (
        source.container in _FRAME_PER_PACKET and source.video is not None and source.video.codec not in _HIDDEN_FRAMES
    )


def _check_duration(
    packets: PacketCounts,
    recipe: Recipe,
    source: MediaInfo,
    source_packets: PacketCounts,
    outcome: RunOutcome,
    arguments: Arguments,
) -> None:
    for kind in ("video", "audio"):
        found = _length(packets, kind)
        if found is None:
            continue
        expected = _length(source_packets, kind) if keeps_duration(recipe, arguments) else None
        if expected is None:
            continue
        shortest, longest = expected
        if found[1] < shortest - DURATION_TOLERANCE or found[0] > longest + DURATION_TOLERANCE:
            length = found[1] if found[1] < shortest else found[0]
            raise VerificationError(f"the output's {kind} lasts {length:.1f} s, the input's {shortest:.1f} s")


def _length(packets: PacketCounts, kind: str) -> tuple[float, float] | None:
    """The least and the most that a kind of stream lasts. Its span and the sum of its packets differ where clocks jump
    or packets are missing in between; a later start may be filled with frames, and copies may bring back what an edit
    list had cut.
    """
    begin = packets.start or 0.0
    lasting = [
        (
            min(count.span, count.total or count.span),
            max(count.span, count.total) + count.discarded_total + max(0.0, (count.start or 0.0) - begin),
        )
        for count in packets.streams
        if count.kind == kind and count.packets and count.span > 0
    ]
    return max(lasting) if lasting else None
