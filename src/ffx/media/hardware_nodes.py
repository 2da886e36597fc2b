"""Which files under /dev an encoder needs, so that a sandbox shows it those and no others."""

from __future__ import annotations

import re
from pathlib import Path

from ffx.core.model import EncoderReport

_NVIDIA = ("nvidia[0-9]*", "nvidiactl", "nvidia-uvm", "nvidia-uvm-tools", "nvidia-modeset", "nvidia-caps", "dxg")
_RENDER = ("dri/renderD*",)
_OF_FAMILY = {
    # The driver itself looks up the GPU of a number among all of them.
    "nvenc": _NVIDIA,
    "qsv": _RENDER,
    "vaapi": _RENDER,
    "amf": _RENDER,
    "vulkan": (*_RENDER, *_NVIDIA),
    "rkmpp": ("mpp_service", "rga", "dma_heap", *_RENDER),
    "v4l2m2m": ("video[0-9]*", "media[0-9]*"),
}
"""By the end of the encoder's name, patterns below /dev. DXG is the GPU of a Windows host, seen from WSL."""
_NAMED = re.compile(r"/dev/[\w/-]+")


def hardware_nodes(report: EncoderReport | None, root: Path = Path("/")) -> tuple[str, ...]:
    """The nodes for jobs of an encoder that was tried: those that its setup names, else those of its family that are
    there; none for software.

    ``root`` is where /dev is.
    """
    if report is None or not report.works or not report.encoder_type.is_hardware:
        return ()
    named = _NAMED.findall(" ".join((report.device, *report.setup.input_options, *report.setup.output_options)))
    patterns = _OF_FAMILY.get(report.name.rpartition("_")[2], ())
    found = (path for pattern in patterns for path in sorted((root / "dev").glob(pattern)))
    return tuple(dict.fromkeys(named or ("/" + path.relative_to(root).as_posix() for path in found)))
