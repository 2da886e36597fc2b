"""What each container can hold, and by which suffix it is known.

The codecs were found by trying: each was copied into each container by FFmpeg 5.1 and 9, and stands here where both
read it back whole, with the packets and times it had (VVC: with 9 alone, 5.1 does not know it; picture subtitles and
teletext, which no encoder here makes of text: as the muxers list them). What FFmpeg writes but players do not expect
(VP9 in AVI) is left out.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from attrs import frozen

from ffx.core.errors import RecipeError

if TYPE_CHECKING:
    from ffx.media.probe import MediaInfo


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


PICTURE_SUBTITLES = _words("dvb_subtitle dvd_subtitle hdmv_pgs_subtitle xsub")
"""Subtitles that are pictures: no FFmpeg encoder turns them into text."""
TEXT_SUBTITLES = _words(
    "ass eia_608 hdmv_text_subtitle jacosub microdvd mov_text mpl2 pjs realtext sami ssa stl subrip subviewer "
    "subviewer1 text ttml vplayer webvtt"
)
_COVERS = _words("mjpeg png")
_MPEG_AUDIO = _words("aac ac3 eac3 mp2 mp3 dts")
_LITTLE_PCM = _words("pcm_s16le pcm_s24le pcm_s32le pcm_f32le pcm_u8 pcm_alaw pcm_mulaw")
_INTERMEDIATE = _words("ffv1 huffyuv ffvhuff utvideo magicyuv prores dnxhd cfhd rawvideo dvvideo mjpeg png jpeg2000")
_OLD_VIDEO = _words("mpeg4 msmpeg4v3 wmv2 h263 flv1 snow")


@frozen
class ContainerSpec:
    """What is known of one muxer."""

    name: str
    """FFmpeg's name of it."""
    suffixes: tuple[str, ...]
    """The first is the usual one."""
    demuxer: str
    """The name under which such a file is probed."""
    video: frozenset[str] = frozenset()
    """Codecs of a film; empty: it holds sound only."""
    audio: frozenset[str] = frozenset()
    subtitles: frozenset[str] = frozenset()
    """Codecs that are copied."""
    text_encoder: str = ""
    """The encoder for other text subtitles; empty: it holds none."""
    covers: frozenset[str] = frozenset()
    """Codecs of attached pictures."""
    attachments: bool = False
    """Whether it holds files such as fonts."""
    default_video: str = ""
    """The codec for a source whose own does not fit."""
    default_audio: str = "aac"
    """The encoder for sound that does not fit."""
    experimental: frozenset[str] = frozenset()
    """Codecs that FFmpeg 5.1 writes only with ``-strict -2``."""
    single_video: bool = False
    single_audio: bool = False
    constant_rate: bool = False
    """Whether frames come at equal intervals only, or FFmpeg's own choice of them is better left alone."""
    anything: bool = False
    """A muxer that is not known here: FFmpeg decides what it takes."""

    def takes(self, kind: str, codec: str) -> bool:
        """Whether a stream of this kind (``video`` or ``audio``) can be copied into it."""
        return self.anything or codec in (self.video if kind == "video" else self.audio)

    @property
    def holds_video(self) -> bool:
        return self.anything or bool(self.video)


_MATROSKA_TEXT = _words("ass ssa subrip webvtt")

CONTAINERS = (
    ContainerSpec(
        "mp4",
        (".mp4", ".m4v"),
        "mov,mp4,m4a,3gp,3g2,mj2",
        video=_words("h264 hevc av1 vp9 mpeg4 mpeg2video mpeg1video mjpeg png jpeg2000 vvc"),
        audio=_words("aac mp3 ac3 eac3 dts opus vorbis alac flac truehd"),
        subtitles=_words("mov_text dvd_subtitle"),
        text_encoder="mov_text",
        covers=_COVERS,
        default_video="h264",
        experimental=_words("flac truehd"),
    ),
    ContainerSpec(
        "mov",
        (".mov", ".qt"),
        "mov,mp4,m4a,3gp,3g2,mj2",
        video=_words("h264 hevc mpeg2video mpeg1video gif theora svq1 qtrle") | _INTERMEDIATE | _OLD_VIDEO,
        audio=_words("aac mp3 mp2 ac3 eac3 alac pcm_s16be pcm_s24be pcm_s8 amr_nb") | _LITTLE_PCM,
        subtitles=_words("mov_text"),
        text_encoder="mov_text",
        default_video="h264",
    ),
    ContainerSpec(
        "matroska",
        (".mkv", ".mka"),
        "matroska,webm",
        video=_words("h264 hevc av1 vp8 vp9 vvc mpeg2video mpeg1video theora") | _INTERMEDIATE | _OLD_VIDEO,
        audio=_words("opus vorbis flac alac tta wavpack truehd mlp wmav2 speex amr_nb pcm_s16be pcm_s24be")
        | _MPEG_AUDIO
        | _LITTLE_PCM,
        subtitles=_MATROSKA_TEXT | _words("dvb_subtitle dvd_subtitle hdmv_pgs_subtitle hdmv_text_subtitle"),
        text_encoder="subrip",
        attachments=True,
        default_video="h264",
    ),
    ContainerSpec(
        "webm",
        (".webm",),
        "matroska,webm",
        video=_words("vp8 vp9 av1"),
        audio=_words("opus vorbis"),
        subtitles=_words("webvtt"),
        text_encoder="webvtt",
        default_video="vp9",
        default_audio="libopus",
    ),
    ContainerSpec(
        "avi",
        (".avi",),
        "avi",
        video=_words("h264 mpeg2video mpeg1video") | _INTERMEDIATE | _OLD_VIDEO,
        audio=_words("aac mp3 mp2 ac3 eac3") | _LITTLE_PCM,
        default_video="h264",
        default_audio="libmp3lame",
        constant_rate=True,
    ),
    ContainerSpec(
        "mpegts",
        (".ts", ".m2ts", ".mts"),
        "mpegts",
        video=_words("h264 hevc mpeg4 mpeg2video mpeg1video"),
        audio=_MPEG_AUDIO | _words("opus truehd"),
        subtitles=_words("dvb_subtitle dvb_teletext"),
        default_video="h264",
    ),
    ContainerSpec(
        "vob",
        (".mpg", ".mpeg", ".vob"),
        "mpeg",
        video=_words("mpeg2video mpeg1video"),
        audio=_words("mp2 mp3 ac3 dts"),
        subtitles=_words("dvd_subtitle"),
        default_video="mpeg2video",
        default_audio="mp2",
        constant_rate=True,
    ),
    ContainerSpec(
        "flv",
        (".flv",),
        "flv",
        video=_words("h264 flv1"),
        audio=_words("aac mp3"),
        default_video="h264",
        single_video=True,
        single_audio=True,
    ),
    ContainerSpec(
        "3gp",
        (".3gp",),
        "mov,mp4,m4a,3gp,3g2,mj2",
        video=_words("h264 mpeg4 h263"),
        audio=_words("aac amr_nb"),
        text_encoder="mov_text",
        subtitles=_words("mov_text"),
        default_video="h264",
    ),
    ContainerSpec(
        "asf",
        (".wmv", ".asf"),
        "asf",
        video=_words("wmv2 msmpeg4v3 mpeg4 h264 mjpeg"),
        audio=_words("wmav2 mp3 aac ac3 pcm_s16le"),
        default_video="h264",
        default_audio="wmav2",
        constant_rate=True,
    ),
    ContainerSpec(
        "nut",
        (".nut",),
        "nut",
        video=_words("h264 hevc av1 vp8 vp9 mpeg2video mpeg1video theora gif svq1") | _INTERMEDIATE | _OLD_VIDEO,
        audio=_words("aac ac3 mp2 mp3 dts opus vorbis flac wavpack pcm_s16be pcm_s24be pcm_s8") | _LITTLE_PCM,
        default_video="h264",
    ),
    ContainerSpec(
        "ogv",
        (".ogv",),
        "ogg",
        video=_words("theora vp8"),
        audio=_words("vorbis opus flac speex"),
        default_video="theora",
        default_audio="libvorbis",
    ),
    ContainerSpec(
        "gif", (".gif",), "gif", video=_words("gif"), default_video="gif", default_audio="", single_video=True
    ),
    # Sound only.
    ContainerSpec(
        "mp3", (".mp3",), "mp3", audio=_words("mp3"), covers=_COVERS, default_audio="libmp3lame", single_audio=True
    ),
    ContainerSpec(
        "flac", (".flac",), "flac", audio=_words("flac"), covers=_COVERS, default_audio="flac", single_audio=True
    ),
    ContainerSpec(
        "ipod",
        (".m4a", ".m4b"),
        "mov,mp4,m4a,3gp,3g2,mj2",
        audio=_words("aac alac ac3"),
        covers=_COVERS,
    ),
    ContainerSpec("ogg", (".ogg", ".oga"), "ogg", audio=_words("vorbis opus flac speex"), default_audio="libvorbis"),
    ContainerSpec("opus", (".opus",), "ogg", audio=_words("opus"), default_audio="libopus"),
    ContainerSpec("wav", (".wav",), "wav", audio=_LITTLE_PCM, default_audio="pcm_s16le", single_audio=True),
    ContainerSpec("adts", (".aac",), "aac", audio=_words("aac"), single_audio=True),
    ContainerSpec("ac3", (".ac3",), "ac3", audio=_words("ac3"), default_audio="ac3", single_audio=True),
    ContainerSpec(
        "aiff", (".aiff", ".aif"), "aiff", audio=_words("pcm_s16be"), default_audio="pcm_s16be", single_audio=True
    ),
)

_MANY_FILES = _words(
    "dash hds hls image2 segment smoothstreaming ssegment stream_segment tee webm_chunk webm_dash_manifest fifo null "
    "rtp rtp_mpegts rtsp sap whip alsa oss pulse sdl sdl2 xv opengl caca fbdev v4l2 video4linux2 audiotoolbox decklink"
)
"""Muxers that do not write one file: a job has one output."""


def container_by_name(name: str) -> ContainerSpec:
    """The container of a muxer's name; one that is not known here takes whatever FFmpeg lets it.

    Raises:
        RecipeError: a muxer that does not write one file.
    """
    if name in _MANY_FILES:
        raise RecipeError(f"the container {name!r} does not write one file; a job has one output file")
    found = next((spec for spec in CONTAINERS if spec.name == name), None)
    return found or ContainerSpec(name, (f".{name}",), name, default_video="h264", anything=True)


def container_by_suffix(output: Path) -> ContainerSpec:
    """The container that an output's name asks for.

    Raises:
        RecipeError: the suffix is none that is known; the message lists them.
    """
    suffix = output.suffix.lower()
    found = next((spec for spec in CONTAINERS if suffix in spec.suffixes), None)
    if found is None:
        known = " ".join(suffix for spec in CONTAINERS for suffix in spec.suffixes)
        what = f"the suffix {output.suffix!r} names no known container" if suffix else "the output has no suffix"
        raise RecipeError(f"{output}: {what}; give --container, or one of {known}")
    return found


def container_of(media: MediaInfo) -> ContainerSpec | None:
    """The container to write the same kind of file as the source; None where it is not known."""
    same = [spec for spec in CONTAINERS if spec.demuxer == media.container]
    suffix = media.path.suffix.lower()
    return next((spec for spec in same if suffix in spec.suffixes), same[0] if same else None)


def fitting(kind: str, codec: str) -> tuple[str, ...]:
    """The names of the containers that take a codec."""
    return tuple(spec.name for spec in CONTAINERS if spec.takes(kind, codec))


def listed(words: Iterable[str]) -> str:
    """``a, b and c``, sorted."""
    ordered = sorted(words)
    if len(ordered) < 2:
        return "".join(ordered)
    return f"{', '.join(ordered[:-1])} and {ordered[-1]}"
