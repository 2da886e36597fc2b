"""The built-in profiles. Most name a codec and not an encoder, so that every server can do it with what it has: presets
and qualities are those of the codec's reference encoder, and are translated for others.
"""

from __future__ import annotations

from collections.abc import Sequence

from ffx import hookimpl
from ffx.core.edits import Deinterlace, PictureEdits, Scale
from ffx.core.profiles import Profile
from ffx.core.recipe import QualityMode, Recipe
from ffx.core.tracks import Downmix, SoundChoice

_STEREO = SoundChoice(encoder="aac", downmix=Downmix.STEREO, bitrate=160_000)
_CRF = QualityMode.CRF
_STREAMABLE = ("-movflags", "+faststart")
"""The index before the film, so that it plays while it is being loaded."""


def _at_most(width: int, height: int) -> Scale:
    return Scale(width, height, enlarge=False)


PROFILES = (
    Profile(
        "h264-fast",
        Recipe(codec="h264", preset="veryfast", container="mp4", quality_mode=_CRF, quality_value=23),
        "H.264 in MP4, quickly; size and sound as the source has them",
    ),
    Profile(
        "h265-1080p",
        Recipe(
            codec="hevc",
            preset="medium",
            picture=PictureEdits(scale=_at_most(1920, 1080)),
            container="matroska",
            quality_mode=_CRF,
            quality_value=24,
        ),
        "H.265 in Matroska, at most 1920x1080; every sound and subtitle kept",
    ),
    Profile(
        "h265-2160p-hdr",
        Recipe(
            codec="hevc",
            preset="medium",
            profile="main10",
            pixel_format="yuv420p10le",
            picture=PictureEdits(scale=_at_most(3840, 2160)),
            container="matroska",
            quality_mode=_CRF,
            quality_value=20,
        ),
        "H.265 with 10 bit in Matroska, at most 3840x2160; HDR10 and HLG kept",
    ),
    Profile(
        "av1-archive",
        Recipe(
            codec="av1",
            preset="4",
            gop=10.0,
            sounds=(SoundChoice(encoder="libopus"),),
            container="matroska",
            quality_mode=_CRF,
            quality_value=26,
        ),
        "AV1 and Opus in Matroska, slowly and small; for what is kept and seldom seen",
    ),
    Profile(
        "web-1080p",
        Recipe(
            codec="h264",
            preset="medium",
            profile="high",
            pixel_format="yuv420p",
            gop=2.0,
            picture=PictureEdits(deinterlace=Deinterlace.AUTO, tone_map=True, scale=_at_most(1920, 1080)),
            sounds=(_STEREO,),
            attachments=False,
            container="mp4",
            ffmpeg_args=_STREAMABLE,
            quality_mode=_CRF,
            quality_value=22,
        ),
        "H.264 and stereo AAC in MP4, at most 1920x1080, SDR; plays in every browser while it loads",
    ),
    Profile(
        "phone",
        Recipe(
            codec="h264",
            preset="medium",
            profile="main",
            pixel_format="yuv420p",
            picture=PictureEdits(deinterlace=Deinterlace.AUTO, tone_map=True, scale=_at_most(1280, 720)),
            sounds=(SoundChoice(encoder="aac", downmix=Downmix.STEREO, bitrate=128_000),),
            attachments=False,
            container="mp4",
            ffmpeg_args=_STREAMABLE,
            quality_mode=_CRF,
            quality_value=24,
        ),
        "H.264 and stereo AAC in MP4, at most 1280x720, SDR; small enough to take along",
    ),
    Profile(
        "proxy-prores",
        Recipe(
            encoder="prores_ks",
            codec="prores",
            profile="proxy",
            pixel_format="yuv422p10le",
            picture=PictureEdits(scale=_at_most(1920, 1080)),
            sounds=(SoundChoice(encoder="pcm_s16le"),),
            container="mov",
        ),
        "ProRes 422 Proxy and PCM in QuickTime, at most 1920x1080; for editing",
    ),
    Profile(
        "audio-only",
        Recipe(sounds=(SoundChoice(encoder="aac", bitrate=192_000),), container="ipod"),
        "The sound alone, AAC in M4A",
    ),
    Profile(
        "podcast",
        Recipe(
            sounds=(SoundChoice(encoder="libmp3lame", downmix=Downmix.STEREO, bitrate=128_000, loudness=-16.0),),
            container="mp3",
        ),
        "The sound alone, MP3 brought to -16 LUFS",
    ),
)


@hookimpl
def ffx_register_profiles() -> Sequence[Profile]:
    return PROFILES
