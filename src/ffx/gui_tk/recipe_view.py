"""The form of a recipe: its tabs and fields, and what they say. Without Tk.

A field is one of the command line's options and is written as there, so that one page of documentation, and one set of
errors, is for both.
"""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from enum import StrEnum

from attrs import define, field, frozen

from ffx.core.desk import Check, EstimateRow, Wishes
from ffx.core.figures import duration_text, size_text
from ffx.gui_tk.texts import Texts


class Kind(StrEnum):
    TEXT = "text"
    SWITCH = "switch"
    LINES = "lines"  # one choice a line


@frozen
class Field:
    """One field."""

    name: str
    """Of the option, as a parameter: ``codec_profile``."""
    title: str
    kind: Kind = Kind.TEXT
    choices: tuple[str, ...] = ()
    """What is offered; anything else may be written too."""
    hint: str = ""


@frozen
class Tab:
    """Fields that belong together."""

    title: str
    fields: tuple[Field, ...]


def tabs(texts: Texts) -> tuple[Tab, ...]:
    """All of the form."""
    keep = ("keep", "drop")
    return (
        Tab(
            texts("Video"),
            (
                Field("codec", texts("Codec"), choices=("h264", "hevc", "av1", "vp9", "prores")),
                Field("encoder", texts("Encoder"), choices=("libx264", "libx265", "libsvtav1", "copy")),
                Field("quality", texts("Quality"), hint="26, 80%"),
                Field("bitrate", texts("Bitrate"), hint="4M"),
                Field("target", texts("Target"), choices=("vmaf=95", "vmaf=90", "ssim=0.98", "vmaf")),
                Field("max_size", texts("Largest size"), hint="700M"),
                Field("max_ratio", texts("Largest share of the source"), hint="0.8"),
                Field("preset", texts("Speed preset"), choices=("fast", "medium", "slow")),
                Field("two_pass", texts("Two passes"), Kind.SWITCH),
                Field("pixel_format", texts("Pixel format"), choices=("yuv420p", "yuv420p10le")),
                Field("gop", texts("Seconds between key frames")),
            ),
        ),
        Tab(
            texts("Filters"),
            (
                Field("crop", texts("Crop"), choices=("auto", "off"), hint="1920:800:0:140"),
                Field("scale", texts("Size"), choices=("<1920:1080", "1280:", ":720"), hint="1280:"),
                Field("deinterlace", texts("Deinterlace"), choices=("auto", "always", "telecine", "off")),
                Field("denoise", texts("Denoise"), choices=("light", "medium", "strong", "off")),
                Field("fps", texts("Frames a second"), choices=("24", "25", "30", "23.976")),
                Field("rotate", texts("Rotate"), choices=("90", "180", "270")),
                Field("tonemap", texts("HDR to SDR"), choices=("auto", "off")),
                Field("watermark", texts("Watermark"), hint="logo.png@bottom-right"),
                Field("speed", texts("Speed"), hint="1.25"),
                Field("start", texts("From"), hint="00:01:00"),
                Field("end", texts("To"), hint="00:02:30"),
            ),
        ),
        Tab(
            texts("Audio tracks"),
            (
                Field("audio", texts("Tracks"), Kind.LINES, hint="lang=fra,eng codec=opus bitrate=128k downmix=stereo"),
                Field("audio_bitrate", texts("Bitrate"), hint="160k"),
                Field("loudness", texts("Loudness"), choices=("ebu-r128", "-16")),
            ),
        ),
        Tab(
            texts("Subtitles"),
            (Field("subtitles", texts("Tracks"), Kind.LINES, hint="lang=fra burn  ·  file=en.srt lang=eng default"),),
        ),
        Tab(
            texts("Expert"),
            (
                Field("filters", texts("Filters of FFmpeg"), Kind.LINES, hint="hue=s=0"),
                Field("ffmpeg_args", texts("Arguments for FFmpeg"), hint="-bf 2 -refs 4"),
                Field("tune", texts("Tuned for"), choices=("film", "animation", "grain")),
                Field("codec_profile", texts("Profile of the codec"), choices=("main", "high", "main10")),
                Field("level", texts("Level of the codec"), hint="4.1"),
            ),
        ),
        Tab(
            texts("Container"),
            (
                Field("container", texts("Container"), choices=("mp4", "matroska", "webm", "mov")),
                Field("chapters", texts("Chapters"), choices=keep),
                Field("metadata", texts("Metadata"), choices=keep),
                Field("attachments", texts("Attachments"), choices=keep),
            ),
        ),
    )


@define
class RecipeForm:
    """What the form says."""

    profile: str = ""
    server: str = ""
    """Empty: the best one."""
    values: dict[str, str | bool] = field(factory=dict)
    """By the fields' names; lines as one text."""

    def wishes(self, texts: Texts) -> Wishes:
        """What is given, without what is left empty."""
        kinds = {one.name: one.kind for tab in tabs(texts) for one in tab.fields}
        options: dict[str, str | tuple[str, ...] | bool] = {}
        for name, value in self.values.items():
            if isinstance(value, bool):
                options |= {name: True} if value else {}
            elif kinds[name] is Kind.LINES:
                options |= {name: lines} if (lines := lines_of(value)) else {}
            elif value.strip():
                options[name] = value.strip()
        return Wishes(self.profile, options, self.server)


def shown(one: Field, value: str | tuple[str, ...] | bool | None) -> str:
    """What is written in a field that is no switch."""
    if isinstance(value, tuple):
        return "\n".join(value) if one.kind is Kind.LINES else shlex.join(value)
    return value if isinstance(value, str) else ""


def lines_of(text: str) -> tuple[str, ...]:
    """The choices in a text that has one a line."""
    return tuple(line.strip() for line in text.splitlines() if line.strip())


def check_lines(check: Check, chosen: str, texts: Texts) -> tuple[str, ...]:
    """What the servers say, in sentences; ``chosen``: of one alone."""
    lines = []
    for server in check.servers:
        if chosen and server.name != chosen:
            continue
        if server.missing:
            lacks = ", ".join(server.missing)
            lines.append(f"✖ {server.name}: {texts('not compatible: {what}', what=lacks)}")
            continue
        kind = texts("hardware") if server.hardware else texts("software")
        lines.append(f"✔ {server.name}: {server.encoder or 'copy'} ({kind})")
        lines += [f"    {warning}" for warning in server.warnings]
    return (*lines, *check.alternatives) or (texts("No server"),)


def estimate_lines(rows: tuple[EstimateRow, ...]) -> tuple[str, ...]:
    """What each server would make of a file, in sentences."""
    return tuple(
        f"✖ {row.server}: {row.error}"
        if row.error
        else f"{row.server}: {row.encoder}, {duration_text(row.seconds)}, {size_text(row.size)}, {row.likeness}".rstrip(
            ", "
        )
        for row in rows
    )


def summary(wishes: Wishes) -> str:
    """What is said besides the profile, in one line."""
    return " ".join(f"{name}={_plain(value)}" for name, value in _sorted(wishes.options))


def _sorted(options: Mapping[str, str | tuple[str, ...] | bool]) -> list[tuple[str, str | tuple[str, ...] | bool]]:
    return sorted(options.items())


def _plain(value: str | tuple[str, ...] | bool) -> str:
    return "; ".join(value) if isinstance(value, tuple) else str(value)
