"""Whether an input is whole, and whether an output is what was asked for: packets are counted, claims are not believed.

Exit statuses lie: FFmpeg 5.1 was seen to answer 0 where a disk was full for the last bytes only, and 5.1 and 9 answer 0
for half an input.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from attrs import frozen

from ffx.core.errors import ProbeError, VerificationError
from ffx.core.recipe import Recipe
from ffx.media.arguments import Arguments, read_arguments
from ffx.media.changes import expected_length, keeps_duration, keeps_frames
from ffx.media.containers import container_by_name
from ffx.media.probe import MediaInfo, PacketCount, PacketCounts, StreamInfo, examine
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
    """Packets of the first film; 0 where there is none."""
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
            digits = 1 if promised - end > 0.1 else 2
            raise ProbeError(
                f"{media.path}: the input is truncated: its header says {promised:.{digits}f} s, "
                f"its packets end at {end:.{digits}f} s"
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
    film = packets.stream(media.video.index) if media.video else None
    if film is None:
        return max(TRUNCATION_TOLERANCE, GUESS_TOLERANCE * media.duration)
    # Slides stand for seconds, and the last one does not always say for how long.
    return TRUNCATION_TOLERANCE + 2 * film.span / max(1, film.packets)


def verify_output(
    output: Path,
    recipe: Recipe,
    source: MediaInfo,
    source_packets: PacketCounts,
    outcome: RunOutcome,
    *,
    size: tuple[int, int] = (0, 0),
) -> Verified:
    """Check an output against its source and against what FFmpeg said. Blocking; reads the whole file. ``size`` is that
    of the picture as it must be, in pixels; zeros where nothing says so.

    Raises:
        VerificationError: one line that says what is wrong.
    """
    try:
        found = examine(output)
    except ProbeError as error:
        raise VerificationError(f"the output cannot be read: {error}") from None
    return verify_examined(*found, recipe, source, source_packets, outcome, size=size)


def verify_examined(
    found: MediaInfo,
    packets: PacketCounts,
    recipe: Recipe,
    source: MediaInfo,
    source_packets: PacketCounts,
    outcome: RunOutcome,
    *,
    size: tuple[int, int] = (0, 0),
) -> Verified:
    """The same for an output that was examined already.

    Raises:
        VerificationError: one line that says what is wrong.
    """
    job = _Job(recipe, read_arguments(recipe.ffmpeg_args), source, source_packets, outcome)
    film = packets.stream(found.video.index) if found.video else None
    _check_streams(job, found, packets)
    if film is not None:
        _check_claim(job, found, film)
        _check_frames(job, film)
        _check_size(found, size)
    _check_durations(job, found, packets)
    main = film or next(count for count in packets.streams if count.kind == "audio")
    return Verified(frames=film.packets if film is not None else 0, duration=main.span, size=found.size)


def is_frame_per_packet(media: MediaInfo) -> bool:
    """Whether each packet of the film is a frame that is shown."""
    film = media.video
    return media.container in _FRAME_PER_PACKET and film is not None and film.codec not in _HIDDEN_FRAMES


@frozen
class _Job:
    """What an output is checked against."""

    recipe: Recipe
    arguments: Arguments
    source: MediaInfo
    packets: PacketCounts
    outcome: RunOutcome

    @property
    def kept(self) -> tuple[StreamInfo, ...]:
        """The streams of the source that must be in the output; empty when the person chose them."""
        if self.arguments.owns_mapping:
            return ()
        container = container_by_name(self.recipe.container)
        return tuple(kept.source for kept in select_streams(self.recipe, self.source, container, self.arguments).kept)


def _check_streams(job: _Job, found: MediaInfo, packets: PacketCounts) -> None:
    expected = Counter(_what(stream) for stream in job.kept)
    present = Counter(_what(stream) for stream in found.streams)
    for what, number in expected.items():
        if present[what] < number:
            raise VerificationError(f"the output has {present[what]} {what} streams instead of {number}")
    # Sound that ends before the part that was asked for leaves an empty stream, rightly.
    needed = ("video", "audio") if keeps_duration(job.recipe, job.arguments) else ("video",)
    counts = [packets.stream(stream.index) for stream in found.streams if _what(stream) in ("video", "audio")]
    empty = [count for count in counts if count is not None and not count.packets]
    for count in empty:
        if count.kind in needed or len(empty) == len(counts):
            raise VerificationError(f"the output's {count.kind} stream {count.index} is empty")


def _what(stream: StreamInfo) -> str:
    return "cover" if stream.attached_picture else stream.kind


def _check_claim(job: _Job, found: MediaInfo, film: PacketCount) -> None:
    """What FFmpeg said it wrote is there."""
    claimed, present = job.outcome.frames, film.packets + film.discarded
    first = next(stream.index for stream in found.streams if stream.kind == "video")
    if not claimed or first != film.index:  # it counts the first video stream, and that may be a cover
        return
    exact = is_frame_per_packet(found) and not job.arguments.has("bsf")
    if present < claimed or (exact and present != claimed):
        raise VerificationError(f"the output has {present} frames, FFmpeg wrote {claimed}")


def _check_frames(job: _Job, film: PacketCount) -> None:
    """The source's frames are there; those that it dropped or repeated to keep a rate are FFmpeg's to tell."""
    original = job.packets.stream(job.source.video.index) if job.source.video else None
    if original is None or not keeps_frames(job.recipe, job.arguments) or not is_frame_per_packet(job.source):
        return
    shown = film.packets + job.outcome.drop - job.outcome.dup
    if shown < original.packets - original.leading:
        raise VerificationError(f"the output has {shown} of the input's {original.packets} frames")
    if job.recipe.encoder == "copy" and shown > original.packets + original.discarded:
        raise VerificationError(f"the output has {shown} frames, the input {original.packets}")


def _check_size(found: MediaInfo, size: tuple[int, int]) -> None:
    film = found.video
    if any(size) and film is not None and (film.width, film.height) != size:
        raise VerificationError(
            f"the output's picture has {film.width}x{film.height} pixels instead of {size[0]}x{size[1]}"
        )


def _check_durations(job: _Job, found: MediaInfo, packets: PacketCounts) -> None:
    if not keeps_duration(job.recipe, job.arguments):
        return
    for kind in ("video", "audio"):
        originals = [stream.index for stream in job.kept if _what(stream) == kind]
        outputs = [stream.index for stream in found.streams if _what(stream) == kind]
        for original, output in zip(originals, outputs, strict=False):
            expected, actual = _length(job.packets, original), _length(packets, output)
            if expected is not None and actual is not None:
                _check_duration(kind, _changed(job.recipe, expected), actual)


def _changed(recipe: Recipe, lengths: tuple[float, float]) -> tuple[float, float]:
    """How long what is taken of a source lasts in the output. What is copied begins at a key frame, which may be long
    before the part that was asked for.
    """
    least, most = (expected_length(recipe, length) for length in lengths)
    return least, most + recipe.trim.start if recipe.encoder == "copy" else most


def _check_duration(kind: str, expected: tuple[float, float], actual: tuple[float, float]) -> None:
    too_short = actual[1] < expected[0] - DURATION_TOLERANCE
    if too_short or actual[0] > expected[1] + DURATION_TOLERANCE:
        length = actual[1] if too_short else actual[0]
        raise VerificationError(f"the output's {kind} lasts {length:.1f} s, the input's {expected[0]:.1f} s")


def _length(packets: PacketCounts, index: int) -> tuple[float, float] | None:
    """The least and the most that a stream lasts. Its span and the sum of its packets differ where clocks jump or
    packets are missing in between; a later start may be filled with frames, copies may bring back what an edit list
    had cut, and what comes before the first key frame may be left out. None where no packet says its time.
    """
    count = packets.stream(index)
    if count is None or not count.packets or count.span <= 0:
        return None
    late = max(0.0, (count.start or 0.0) - (packets.start or 0.0))
    least = min(count.span, count.total or count.span) * (1 - count.leading / count.packets)
    return least, max(count.span, count.total) + count.discarded_total + late
