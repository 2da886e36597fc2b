"""The render nodes of Linux: which GPUs there are, by the kernel's own files; nothing on other systems."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path

from attrs import evolve, frozen

from ffx.core.detector import Device, ToolRunner
from ffx.core.model import EncoderType

INTEL, AMD, NVIDIA = 0x8086, 0x1002, 0x10DE

_VENDORS = {
    INTEL: ("Intel GPU", EncoderType.HARDWARE_INTEL),
    AMD: ("AMD GPU", EncoderType.HARDWARE_AMD),
    NVIDIA: ("NVIDIA GPU", EncoderType.HARDWARE_NVIDIA),
}
_DRIVER_LINE = re.compile(r"Driver version: *(?P<driver>.+)")


@frozen
class RenderNode:
    """One ``/dev/dri/renderD*``. ``vendor`` is its PCI vendor, 0 where the kernel does not say."""

    path: str
    vendor: int = 0
    model: str = ""
    kernel_driver: str = ""

    def device(self) -> Device:
        """The node as a device, named as well as the kernel allows."""
        name, encoder_type = _VENDORS.get(self.vendor, ("GPU", EncoderType.HARDWARE_OTHER))
        known = " ".join(part for part in (name, self.model) if part)
        return Device(known, encoder_type, node=self.path, driver=self.kernel_driver)


def render_nodes(root: Path = Path("/")) -> tuple[RenderNode, ...]:
    """Every render node, in the order of its number. ``root`` is where the system's files are."""
    paths = sorted((root / "dev/dri").glob("renderD*"), key=lambda path: (len(path.name), path.name))
    return tuple(_describe(path.name, root) for path in paths)


async def name_with_vainfo(devices: Iterable[Device], run: ToolRunner) -> tuple[Device, ...]:
    """The same devices with the driver that vainfo names, and its words where it failed."""
    named = []
    for device in devices:
        output = await run(("vainfo", "--display", "drm", "--device", device.node))
        match = _DRIVER_LINE.search(output.stdout + output.stderr)
        if match:
            named.append(evolve(device, driver=match["driver"].strip()))
        elif output.exit_status:
            words = [line for line in (output.stdout + output.stderr).splitlines() if "fail" in line.lower()]
            named.append(evolve(device, detail=f"vainfo: {words[-1].strip()}" if words else ""))
        else:
            named.append(device)
    return tuple(named)


def _describe(name: str, root: Path) -> RenderNode:
    facts = root / "sys/class/drm" / name / "device"
    driver = facts / "driver"
    return RenderNode(
        path=f"/dev/dri/{name}",
        vendor=int(_read(facts / "vendor") or "0", 16),
        model=_read(facts / "device"),
        kernel_driver=driver.resolve().name if driver.exists() else "",
    )


def _read(path: Path) -> str:
    try:
        return path.read_text().strip()
    except OSError:  # a container can have the node without the kernel's description of it
        return ""
