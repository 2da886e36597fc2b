"""The software encoders: what is known of each, and how any of them is tried."""

from __future__ import annotations

from collections.abc import Sequence

from ffx import hookimpl
from ffx.core.detector import Detector, Device, ToolRunner, Trial
from ffx.core.encoders import EncoderSpec
from ffx.core.model import EncoderSetup, EncoderType
from ffx.plugins._software_audio import AUDIO
from ffx.plugins._software_video import VIDEO

# Some encoders take a handful of sizes or rates and nothing else. Each kind is tried the usual way first.
_SIZES = ((352, 288), (720, 576), (48, 48))
"""CIF for H.261, H.263 and RealVideo; PAL for DV and Avid's; the one size of X-Face."""
_SOUNDS = (("-ac", "2"), ("-ar", "8000", "-ac", "1"), ("-ar", "22050", "-ac", "1"))
"""Stereo only; telephone codecs; those of early games."""

_QUICK = {
    # Whether it works does not depend on the speed, and the usual one takes seconds for three frames.
    "libaom-av1": ("-cpu-used", "8"),
    "libvvenc": ("-preset", "faster"),
    "librav1e": ("-speed", "10"),
}


class SoftwareDetector(Detector):
    """Every encoder that runs on the processor; it takes whatever no hardware family claims."""

    name = "software"
    encoder_type = EncoderType.SOFTWARE

    def claims(self, encoder: str) -> bool:
        return True

    async def devices(self, run: ToolRunner) -> tuple[Device, ...]:
        return ()

    def trials(self, spec: EncoderSpec, devices: Sequence[Device], *, ten_bit: bool) -> tuple[Trial, ...]:
        if spec.kind == "audio" and not ten_bit:
            usual = Trial(EncoderSetup(), "")
            return (usual, *(Trial(EncoderSetup(output_options=sound), "") for sound in _SOUNDS))
        if spec.kind != "video":
            return () if ten_bit else (Trial(EncoderSetup(), ""),)
        pixel_format = spec.ten_bit_pixel_format if ten_bit else spec.pixel_formats[0]
        if not pixel_format:
            return ()
        options = _QUICK.get(spec.name, ())
        usual = Trial(EncoderSetup(), pixel_format, options=options)
        return (usual, *(_of_size(size, pixel_format, options) for size in _SIZES))


def _of_size(size: tuple[int, int], pixel_format: str, options: tuple[str, ...]) -> Trial:
    note = f"Takes certain frame sizes only, such as {size[0]}x{size[1]}."
    return Trial(EncoderSetup(), pixel_format, options=options, size=size, note=note)


@hookimpl
def ffx_register_encoders() -> Sequence[EncoderSpec]:
    return [*VIDEO, *AUDIO]


@hookimpl
def ffx_register_detectors() -> Sequence[Detector]:
    return [SoftwareDetector()]
