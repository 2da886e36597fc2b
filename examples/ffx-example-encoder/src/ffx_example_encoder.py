"""Teaches ffx FFmpeg's JPEG 2000 encoder."""

from __future__ import annotations

from collections.abc import Sequence

from ffx import hookimpl
from ffx.core.encoders import EncoderSpec, QualityScale

JPEG2000 = EncoderSpec(
    name="jpeg2000",
    codec="jpeg2000",
    # FFmpeg's quantiser scale: 1 is the best, 31 the worst. At 4 a picture looks about as good as with CRF 23 of
    # libx264, which is what `default` stands for: it anchors the translation between encoders.
    quality=QualityScale(("-q:v", "{value}"), best=1, worst=31, default=4),
    pixel_formats=("yuv420p", "yuv422p", "yuv444p", "rgb24"),
    ten_bit_pixel_format="yuv420p10le",
    # Every picture stands for itself, which makes it slow and large: never chosen where there is another.
    preference=0.1,
)


@hookimpl
def ffx_register_encoders() -> Sequence[EncoderSpec]:
    return [JPEG2000]
