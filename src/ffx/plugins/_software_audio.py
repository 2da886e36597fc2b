"""What is known of FFmpeg's audio encoders: the usual bitrate of each, for two channels.

The bitrates are those at which each codec is commonly held to be transparent for most listeners, as the
FFmpeg wiki's guide to high-quality audio encoding lists them.
"""

from __future__ import annotations

from ffx.core.encoders import EncoderSpec


def _lossy(name: str, codec: str, bitrate: int, *alternatives: str, common: bool = False) -> EncoderSpec:
    return EncoderSpec(
        name,
        codec,
        kind="audio",
        pixel_formats=(),
        default_bitrate=bitrate,
        alternatives=alternatives,
        common=common,
    )


def _lossless(name: str, codec: str = "", *, common: bool = False) -> EncoderSpec:
    return EncoderSpec(name, codec or name, kind="audio", pixel_formats=(), common=common)


_PCM = (
    *("pcm_alaw", "pcm_mulaw", "pcm_s8", "pcm_u8"),
    *(f"pcm_{sign}{bits}{order}" for sign in "su" for bits in (16, 24, 32) for order in ("le", "be")),
    *("pcm_s64le", "pcm_s64be", "pcm_f32le", "pcm_f32be", "pcm_f64le", "pcm_f64be"),
)

AUDIO = (
    _lossy("aac", "aac", 160_000, "libfdk_aac", "aac_at", "aac_mf", common=True),
    _lossy("libfdk_aac", "aac", 128_000, "aac", "aac_at", common=True),
    _lossy("aac_at", "aac", 128_000, "libfdk_aac", "aac"),
    _lossy("libmp3lame", "mp3", 192_000, "libshine", "mp3_mf", common=True),
    _lossy("libshine", "mp3", 192_000, "libmp3lame"),
    _lossy("libopus", "opus", 128_000, "opus", common=True),
    _lossy("libvorbis", "vorbis", 160_000, "vorbis", common=True),
    _lossy("ac3", "ac3", 192_000, "ac3_fixed"),
    _lossy("ac3_fixed", "ac3", 192_000, "ac3"),
    _lossy("eac3", "eac3", 192_000),
    _lossy("mp2", "mp2", 256_000, "libtwolame", "mp2fixed"),
    _lossy("mp2fixed", "mp2", 256_000, "mp2"),
    _lossy("libtwolame", "mp2", 256_000, "mp2"),
    _lossy("wmav2", "wmav2", 192_000),
    _lossless("flac", common=True),
    _lossless("alac"),
    _lossless("wavpack"),
    _lossless("tta"),
    *(_lossless(name, common=name == "pcm_s16le") for name in _PCM),
)
