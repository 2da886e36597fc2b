"""The software encoders: what is known of each, and how any of them is tried."""

from __future__ import annotations

from collections.abc import Sequence

from ffx import hookimpl
from ffx.core.detector import Detector, Device, ToolRunner, Trial
from ffx.core.encoders import EncoderSpec
from ffx.core.model import EncoderSetup, EncoderType
from ffx.plugins._software_audio import AUDIO
from ffx.plugins._software_video import VIDEO


class SoftwareDetector(Detector):
    """Every encoder that runs on the processor; it takes whatever no hardware family claims."""

    name = "software"
    encoder_type = EncoderType.SOFTWARE

    def claims(self, encoder: str) -> bool:
        return True

    async def devices(self, run: ToolRunner) -> tuple[Device, ...]:
        return ()

    def trials(self, spec: EncoderSpec, devices: Sequence[Device], *, ten_bit: bool) -> tuple[Trial, ...]:
        if spec.kind != "video":
            return () if ten_bit else (Trial(EncoderSetup(), pixel_format=""),)
        if ten_bit:
            return (Trial(EncoderSetup(), spec.ten_bit_pixel_format),) if spec.ten_bit_pixel_format else ()
        return (Trial(EncoderSetup(), spec.pixel_formats[0]),)


@hookimpl
def ffx_register_encoders() -> Sequence[EncoderSpec]:
    return [*VIDEO, *AUDIO]


@hookimpl
def ffx_register_detectors() -> Sequence[Detector]:
    return [SoftwareDetector()]
