"""What an FFmpeg says of itself: its version, the encoders and muxers it was built with."""

from __future__ import annotations

import asyncio
import hashlib
import re
from pathlib import Path

from attrs import frozen

from ffx.core.errors import FfmpegNotFound
from ffx.media.tool import run_tool

LISTING_TIME_LIMIT = 20.0
"""Seconds for one listing: a first start from a slow disk or under a virus scanner takes its time."""

_BANNER = re.compile(r"^ffmpeg version (\S+)", re.MULTILINE)
# Flags, name, description, and the codec where the encoder is named otherwise.
_ENCODER = re.compile(r"^ ([VAS][F.][S.][X.][B.][D.]) (\S+)\s+(.*?)(?:\(codec (\S+)\))?$")
# " DE name", " D  name", "  Ed name": two or three columns before FFmpeg's own order of a space and the name.
_MUXER = re.compile(r"^ [D ]E[d ]? ?(\S+)")
_PIXEL_FORMATS = re.compile(r"^ *Supported pixel formats: (.*)$", re.MULTILINE)
# Output devices, which the listings before 7.1 do not tell from muxers (libavdevice/alldevices.c).
_DEVICE = re.compile(
    r"alsa|audiotoolbox|caca|decklink|fbdev|opengl|oss|pulse|sdl2?|sndio|video4linux2|v4l2|xv",
)
_KINDS = {"V": "video", "A": "audio", "S": "subtitle"}


@frozen
class ListedEncoder:
    """A line of ``ffmpeg -encoders``: a claim, not yet an encoder that works."""

    name: str
    codec: str
    kind: str
    """``video``, ``audio`` or ``subtitle``."""
    experimental: bool = False
    """FFmpeg wants ``-strict experimental`` for it."""


@frozen
class BuildIdentity:
    """Which FFmpeg this is."""

    path: Path
    version: str
    fingerprint: str
    """Changes when the program, its configuration or a library under it changes."""


@frozen
class FfmpegBuild:
    """One FFmpeg program and what it lists."""

    path: Path
    version: str
    encoders: tuple[ListedEncoder, ...]
    muxers: tuple[str, ...]
    fingerprint: str

    def encoder(self, name: str) -> ListedEncoder | None:
        """The listed encoder of that name, or None."""
        return next((encoder for encoder in self.encoders if encoder.name == name), None)


async def read_identity(ffmpeg: Path) -> BuildIdentity:
    """The version and fingerprint: one short process.

    Raises:
        FfmpegNotFound: the program does not run, or is no FFmpeg.
    """
    banner = await _listing(ffmpeg, "-version")
    version = parse_version(banner)
    if not version:
        raise FfmpegNotFound(f"{ffmpeg} does not answer -version as an FFmpeg does: name another in FFX_FFMPEG")
    return BuildIdentity(ffmpeg, version, _fingerprint(ffmpeg, banner))


async def read_build(ffmpeg: Path, identity: BuildIdentity | None = None) -> FfmpegBuild:
    """The build with all it lists; ``identity`` where it was read already.

    Raises:
        FfmpegNotFound: the program does not run, or is no FFmpeg.
    """
    known = identity or await read_identity(ffmpeg)
    try:
        async with asyncio.TaskGroup() as group:
            encoders = group.create_task(_listing(ffmpeg, "-encoders"))
            formats = group.create_task(_listing(ffmpeg, "-formats"))
    except* FfmpegNotFound as failures:
        raise failures.exceptions[0] from None
    return FfmpegBuild(
        ffmpeg, known.version, parse_encoders(encoders.result()), parse_muxers(formats.result()), known.fingerprint
    )


async def read_pixel_formats(ffmpeg: Path, encoder: str) -> tuple[str, ...]:
    """The pixel formats that an encoder takes, in its own order; empty where FFmpeg does not say.

    Raises:
        FfmpegNotFound: the program does not run.
    """
    return parse_pixel_formats(await _listing(ffmpeg, "-h", f"encoder={encoder}"))


async def read_filters(ffmpeg: Path) -> frozenset[str]:
    """The names of its filters.

    Raises:
        FfmpegNotFound: the program does not run.
    """
    return parse_filters(await _listing(ffmpeg, "-filters"))


def parse_filters(listing: str) -> frozenset[str]:
    """The filters in the output of ``-filters``."""
    lines = (line.split() for line in listing.splitlines())
    return frozenset(words[1] for words in lines if len(words) > 2 and "->" in words[2])


def parse_pixel_formats(help_text: str) -> tuple[str, ...]:
    """The pixel formats in the output of ``-h encoder=...``."""
    match = _PIXEL_FORMATS.search(help_text)
    return tuple(dict.fromkeys(match.group(1).split())) if match else ()


def parse_version(banner: str) -> str:
    """The version in the output of ``-version``, whatever its shape (``9.0.2``, ``n8.1``, ``N-47683-g0e8eb07980``)."""
    match = _BANNER.search(banner)
    return match.group(1) if match else ""


def parse_encoders(listing: str) -> tuple[ListedEncoder, ...]:
    """The encoders in the output of ``-encoders``."""
    found = []
    for line in listing.splitlines():
        match = _ENCODER.match(line.rstrip())
        if match and match.group(2) != "=":  # the legend: " V..... = Video"
            flags, name, _, codec = match.groups()
            found.append(ListedEncoder(name, codec or name, _KINDS[flags[0]], experimental="X" in flags))
    return tuple(found)


def parse_muxers(listing: str) -> tuple[str, ...]:
    """The muxers in the output of ``-formats`` or ``-muxers``, of two columns or three (with devices).

    A line can carry several names (``mov,mp4``); devices are left out: no job ends in a loudspeaker.
    """
    names: list[str] = []
    for line in listing.splitlines():
        line = line.rstrip()
        match = _MUXER.match(line)
        if match and match.group(1) != "=" and line[3:4] != "d":
            names.extend(match.group(1).split(","))
    return tuple(dict.fromkeys(name for name in names if not _DEVICE.fullmatch(name)))


def _fingerprint(ffmpeg: Path, banner: str) -> str:
    # The banner has the versions of shared libraries too, which can change under an unchanged program.
    facts = ffmpeg.stat()
    text = f"{ffmpeg.resolve()}\n{facts.st_size}\n{facts.st_mtime_ns}\n{banner}"
    return hashlib.sha256(text.encode()).hexdigest()


async def _listing(ffmpeg: Path, *options: str) -> str:
    try:
        finished = await run_tool((str(ffmpeg), "-hide_banner", *options), time_limit=LISTING_TIME_LIMIT)
    except OSError as error:
        raise FfmpegNotFound(f"{ffmpeg} does not run: {error.strerror or error}; name another in FFX_FFMPEG") from error
    if finished.timed_out:
        raise FfmpegNotFound(f"{ffmpeg} did not answer {options[0]} within {LISTING_TIME_LIMIT:g} s")
    if finished.exit_status != 0:
        lines = finished.stderr.strip().splitlines() or ["no message"]
        raise FfmpegNotFound(f"{ffmpeg} {options[0]} ended with status {finished.exit_status}: {lines[-1]}")
    return finished.stdout
