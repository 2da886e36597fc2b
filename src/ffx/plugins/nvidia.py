"""NVIDIA: NVENC, tried as it is; nvidia-smi names the GPUs and their driver."""

from __future__ import annotations

import re
from collections.abc import Sequence

from ffx import hookimpl
from ffx.core.detector import Detector, Device, Reason, ToolRunner, Trial
from ffx.core.encoders import EncoderSpec, QualityScale
from ffx.core.model import EncoderSetup, EncoderType
from ffx.plugins._families import others_of

_QUERY = ("nvidia-smi", "--query-gpu=index,name,driver_version,memory.total", "--format=csv,noheader,nounits")
_NOT_SAID = re.compile(r"\[.*\]|ERR!|")
_API = re.compile(r"Required: (?P<required>[\d.]+) Found: (?P<found>[\d.]+)")
_MINIMUM = re.compile(r"minimum required Nvidia driver for nvenc is (?P<driver>\d[\d.]*)")

# The last driver branch of generations that NVIDIA has stopped serving (its lists of legacy GPUs).
_LAST_BRANCHES = (
    (re.compile(r"\b(?:GTX? (?:4\d\d|5\d\d))M?\b", re.IGNORECASE), "Fermi", 390),
    (
        re.compile(r"\b(?:GTX? ?(?:6\d\d|7[0-46-9]\d)|GTX TITAN(?! X)|Quadro K\d|Tesla K\d|GRID K\d)", re.I),
        "Kepler",
        470,
    ),
    (
        re.compile(
            r"\b(?:GTX? ?(?:75\d|8\d\d|9\d\d|10[1-8]0)|MX ?[1-3]\d0|TITAN (?:X|V)|Quadro [MP]\d|Quadro GV|"
            r"Tesla (?:M|P|V)\d|V100|P100|P4\b|P40)",
            re.IGNORECASE,
        ),
        "Pascal or older",
        580,
    ),
)
# Jellyfin's list of NVIDIA hardware without NVENC, and the data-centre parts of NVIDIA's support matrix.
_WITHOUT_NVENC = re.compile(
    r"\b(?:A100|A30\b|H100|H200|H800|B100|B200|GB200|GT 1030|GT 710|GT 730|MX ?\d{3}|9[1-4]0MX?|8[34]0M)", re.IGNORECASE
)


def _spec(name: str, codec: str, worst: float, default: float, alternatives: tuple[str, ...]) -> EncoderSpec:
    return EncoderSpec(
        name,
        codec,
        encoder_type=EncoderType.HARDWARE_NVIDIA,
        # Without -b:v 0 the default bitrate of 2 Mbit/s limits the quality (nvenc.c). 0 means "automatic".
        quality=QualityScale(("-rc", "vbr", "-cq", "{value}", "-b:v", "0"), best=1, worst=worst, default=default),
        presets=("p1", "p2", "p3", "p4", "p5", "p6", "p7"),
        default_preset="p4",
        pixel_formats=("yuv420p", "nv12", "yuv444p"),
        ten_bit_pixel_format="p010le",
        alternatives=alternatives,
        preference=1.0,
        common=True,
    )


class NvidiaDetector(Detector):
    """NVENC on every GPU; the driver picks one, or we do where there are several."""

    name = "nvidia"
    encoder_type = EncoderType.HARDWARE_NVIDIA

    def claims(self, encoder: str) -> bool:
        return encoder.endswith("_nvenc")

    async def devices(self, run: ToolRunner) -> tuple[Device, ...]:
        output = await run(_QUERY)
        if output.exit_status is None:
            return ()
        if output.exit_status != 0:  # its errors go to stdout
            words = " ".join(output.stdout.split()) or " ".join(output.stderr.split())
            return (Device("NVIDIA GPU without a name", self.encoder_type, detail=f"nvidia-smi: {words}"),)
        return tuple(device for line in output.stdout.splitlines() if (device := self._device(line)))

    def _device(self, line: str) -> Device | None:
        fields = [part.strip() for part in line.split(",")]
        if len(fields) < 3 or not fields[0].isdigit():
            return None
        index, name, driver = ("" if _NOT_SAID.fullmatch(part) else part for part in fields[:3])
        return Device(name or "NVIDIA GPU", self.encoder_type, node=index, driver=driver)

    def trials(self, spec: EncoderSpec, devices: Sequence[Device], *, ten_bit: bool) -> tuple[Trial, ...]:
        pixel_format = spec.ten_bit_pixel_format if ten_bit else spec.pixel_formats[0]
        if not pixel_format:
            return ()
        numbered = [device for device in devices if device.node]
        # A full house of sessions passes; two more looks tell it from one that stays.
        first = Trial(EncoderSetup(), pixel_format, numbered[0] if len(numbered) == 1 else None, attempts=3, pause=1.0)
        if len(numbered) < 2:
            return (first,)
        # The first GPU may be one without NVENC beside one that has it.
        return (first, *(self._on(device, pixel_format) for device in numbered))

    def _on(self, device: Device, pixel_format: str) -> Trial:
        setup = EncoderSetup(output_options=("-gpu", device.node))
        return Trial(setup, pixel_format, device, attempts=3, pause=1.0)

    def hint(self, encoder: str, reason: Reason, devices: Sequence[Device], message: str = "") -> str:
        names = ", ".join(dict.fromkeys(device.name for device in devices if device.driver)) or "the GPU"
        if reason is Reason.DRIVER_TOO_OLD:
            return _driver_hint(devices, message)
        if reason in (Reason.UNSUPPORTED_DEVICE, Reason.NO_DEVICE) and _WITHOUT_NVENC.search(names):
            return f"{names} has no encoder (NVENC): use a software encoder or another GPU."
        if reason is Reason.UNSUPPORTED_DEVICE:
            return (
                f"The driver refuses NVENC on {names}: in a container pass every GPU of the host, on a rented machine "
                "ask for one with video encoding."
            )
        if reason is Reason.WRONG_GPU_GENERATION:
            needed = {"hevc": "GeForce GTX 950 or newer", "av1": "GeForce RTX 40 or newer"}.get(encoder.split("_")[0])
            return f"{names} cannot encode this codec: it takes a {needed}." if needed else ""
        detail = next((device.detail for device in devices if device.detail), "")
        if detail and reason in (Reason.LIBCUDA_MISSING, Reason.NO_DEVICE, Reason.DRIVER_FAILURE):
            return f"The NVIDIA driver does not run: install it, or restart after an update ({detail})."
        return ""


def _driver_hint(devices: Sequence[Device], message: str) -> str:
    """Update the driver; but where the GPU's last driver is older than that, an older build is the only way."""
    api, minimum = _API.search(message), _MINIMUM.search(message)
    driver = next((device.driver for device in devices if device.driver), "")
    facts = []
    if api:
        facts.append(f"this FFmpeg needs NVENC API {api['required']}, the driver has {api['found']}")
    if driver:
        facts.append(f"driver {driver} is installed")
    if minimum:
        facts.append(f"{minimum['driver']} or newer is needed")
    known = "; ".join(facts) or "the driver lacks a function that this FFmpeg needs"
    for device in devices:
        for pattern, generation, last in _LAST_BRANCHES:
            if pattern.search(device.name) and _needed_branch(api, minimum) > last:
                return (
                    f"{device.name} ({generation}) gets no driver newer than {last}: use an FFmpeg built against "
                    f"older NVENC headers ({known})."
                )
    found = f" of {api['found']} or older" if api else ""
    return f"Update the NVIDIA driver, or use an FFmpeg built against NVENC headers{found} ({known})."


def _needed_branch(api: re.Match[str] | None, minimum: re.Match[str] | None) -> float:
    if minimum:
        return float(minimum["driver"].split(".")[0])
    # nvenc.c; a build that does not know its own minimum prints "(unknown)".
    by_api = {"11.1": 470, "12.0": 520, "12.1": 530, "12.2": 550, "13.0": 570, "13.1": 610}
    return by_api.get(api["required"], 0) if api else 0


@hookimpl
def ffx_register_encoders() -> Sequence[EncoderSpec]:
    return [
        _spec("h264_nvenc", "h264", 51, 24, ("libx264", "h264_qsv", "h264_videotoolbox")),
        _spec("hevc_nvenc", "hevc", 51, 28, ("libx265", "hevc_qsv", "hevc_videotoolbox")),
        _spec("av1_nvenc", "av1", 63, 35, others_of("av1", "av1_nvenc")),
    ]


@hookimpl
def ffx_register_detectors() -> Sequence[Detector]:
    return [NvidiaDetector()]
