"""Which nodes under /dev a job's sandbox shows."""

from __future__ import annotations

from pathlib import Path

import pytest

from ffx.core.model import EncoderReport, EncoderSetup, EncoderType
from ffx.media.hardware_nodes import hardware_nodes

THERE = (
    *("dri/card0", "dri/renderD128", "dri/renderD129", "nvidia0", "nvidiactl", "nvidia-uvm", "video11", "mpp_service"),
    *("sda", "mem"),
)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    for name in THERE:
        node = tmp_path / "dev" / name
        node.parent.mkdir(parents=True, exist_ok=True)
        node.touch()
    return tmp_path


def report(name: str, kind: EncoderType, *, works: bool = True, device: str = "", options: str = "") -> EncoderReport:
    setup = EncoderSetup(input_options=tuple(options.split()))
    return EncoderReport(name, name.partition("_")[0], encoder_type=kind, works=works, device=device, setup=setup)


RENDER = ("/dev/dri/renderD128", "/dev/dri/renderD129")
NVIDIA = ("/dev/nvidia0", "/dev/nvidiactl", "/dev/nvidia-uvm")


@pytest.mark.parametrize(("seen", "nodes"), [
    (report("h264_nvenc", EncoderType.HARDWARE_NVIDIA, device="0"), NVIDIA),
    (report("hevc_qsv", EncoderType.HARDWARE_INTEL, device="/dev/dri/renderD129"), ("/dev/dri/renderD129",)),
    (report("h264_vaapi", EncoderType.HARDWARE_OTHER, options=f"-init_hw_device vaapi=va:{RENDER[0]},driver=iHD"),
     RENDER[:1]),
    (report("h264_amf", EncoderType.HARDWARE_AMD), RENDER),
    (report("h264_v4l2m2m", EncoderType.HARDWARE_OTHER), ("/dev/video11",)),
    (report("h264_rkmpp", EncoderType.HARDWARE_OTHER), ("/dev/mpp_service", *RENDER)),
    (report("h264_board", EncoderType.HARDWARE_OTHER), ()),
    (report("h264_nvenc", EncoderType.HARDWARE_NVIDIA, works=False), ()),
    (report("libx264", EncoderType.SOFTWARE), ()),
    (None, ()),
], ids=str)  # fmt: skip
def test_the_nodes_of_the_family_that_are_there_or_the_one_that_is_named(
    root: Path, seen: EncoderReport | None, nodes: tuple[str, ...]
) -> None:
    assert hardware_nodes(seen, root) == nodes
