"""check_detector lets an honest detector pass and says which promise a broken one breaks."""

from __future__ import annotations

import json
from collections.abc import Sequence

import pytest
from attrs import evolve

from ffx.core.detector import Detector, Device, Reason, ToolRunner, Trial
from ffx.core.encoders import EncoderSpec
from ffx.core.model import EncoderSetup, EncoderType
from ffx.testing.detector import check_detector


class Honest(Detector):
    name = "honest"
    encoder_type = EncoderType.HARDWARE_NVIDIA

    def claims(self, encoder: str) -> bool:
        return encoder.endswith("_nvenc")

    async def devices(self, run: ToolRunner) -> tuple[Device, ...]:
        output = await run(["tool", "--list"])
        names = output.stdout.split() if output.exit_status == 0 else []
        return tuple(Device(name, self.encoder_type) for name in names)

    def trials(self, spec: EncoderSpec, devices: Sequence[Device], *, ten_bit: bool) -> tuple[Trial, ...]:
        if ten_bit and not spec.ten_bit_pixel_format:
            return ()
        pixel_format = spec.ten_bit_pixel_format if ten_bit else spec.pixel_formats[0]
        return (Trial(EncoderSetup(), pixel_format, devices[0] if devices else None),)


class ClaimsByLookup(Honest):
    def claims(self, encoder: str) -> bool:
        return {"nvenc": True}.get(encoder.split("_")[1], False)


class ClaimsWithAText(Honest):
    def claims(self, encoder: str) -> bool:
        return encoder and "nvenc" in encoder  # type: ignore[return-value] # that is what is broken


class ClaimsNothing(Honest):
    def claims(self, encoder: str) -> bool:
        return False


class ClaimsByMood(Honest):
    asked = 0

    def claims(self, encoder: str) -> bool:
        self.asked += 1
        return self.asked % 2 == 0


class TrustsTheTool(Honest):
    async def devices(self, run: ToolRunner) -> tuple[Device, ...]:
        output = await run(["tool"])
        return tuple(Device(entry["name"], self.encoder_type) for entry in json.loads(output.stdout))


class RaisesWithoutTheTool(Honest):
    async def devices(self, run: ToolRunner) -> tuple[Device, ...]:
        if (await run(["tool"])).exit_status is None:
            raise FileNotFoundError("tool")
        return ()


class ListsDevices(Honest):
    async def devices(self, run: ToolRunner) -> tuple[Device, ...]:
        return [Device("one", self.encoder_type)]  # type: ignore[return-value] # that is what is broken


class DevicesOfAnother(Honest):
    """A detector of an interface, such as VAAPI, names the devices of vendors."""

    async def devices(self, run: ToolRunner) -> tuple[Device, ...]:
        return (Device("one", EncoderType.HARDWARE_AMD),)


class DevicesOfNobody(Honest):
    async def devices(self, run: ToolRunner) -> tuple[Device, ...]:
        return (Device("one", "amd"),)  # type: ignore[arg-type] # that is what is broken


class DevicesWithoutAName(Honest):
    async def devices(self, run: ToolRunner) -> tuple[Device, ...]:
        return (Device("", self.encoder_type),)


class RunsAText(Honest):
    async def devices(self, run: ToolRunner) -> tuple[Device, ...]:
        await run("nvidia-smi")
        return ()


class NothingWithoutDevices(Honest):
    def trials(self, spec: EncoderSpec, devices: Sequence[Device], *, ten_bit: bool) -> tuple[Trial, ...]:
        return super().trials(spec, devices, ten_bit=ten_bit) if devices else ()


class NothingWithTwoDevices(Honest):
    def trials(self, spec: EncoderSpec, devices: Sequence[Device], *, ten_bit: bool) -> tuple[Trial, ...]:
        return super().trials(spec, devices, ten_bit=ten_bit) if len(devices) < 2 else ()


class RaisesWithTwoVendors(Honest):
    def trials(self, spec: EncoderSpec, devices: Sequence[Device], *, ten_bit: bool) -> tuple[Trial, ...]:
        if len({device.encoder_type for device in devices}) > 2:
            raise LookupError("whose device?")
        return super().trials(spec, devices, ten_bit=ten_bit)


class RefusesByNoPattern(Honest):
    def trials(self, spec: EncoderSpec, devices: Sequence[Device], *, ten_bit: bool) -> tuple[Trial, ...]:
        return tuple(evolve(trial, refuse="(") for trial in super().trials(spec, devices, ten_bit=ten_bit))


class TriesNoSize(Honest):
    def trials(self, spec: EncoderSpec, devices: Sequence[Device], *, ten_bit: bool) -> tuple[Trial, ...]:
        return tuple(evolve(trial, size=(0, 360)) for trial in super().trials(spec, devices, ten_bit=ten_bit))


class WithoutPixelFormat(Honest):
    def trials(self, spec: EncoderSpec, devices: Sequence[Device], *, ten_bit: bool) -> tuple[Trial, ...]:
        return tuple(evolve(trial, pixel_format="") for trial in super().trials(spec, devices, ten_bit=ten_bit))


class AlwaysTenBit(Honest):
    def trials(self, spec: EncoderSpec, devices: Sequence[Device], *, ten_bit: bool) -> tuple[Trial, ...]:
        return (Trial(EncoderSetup(), "p010le" if ten_bit else "yuv420p"),)


class NeverTries(Honest):
    def trials(self, spec: EncoderSpec, devices: Sequence[Device], *, ten_bit: bool) -> tuple[Trial, ...]:
        return tuple(evolve(trial, attempts=0) for trial in super().trials(spec, devices, ten_bit=ten_bit))


class OwnDevice(Honest):
    def trials(self, spec: EncoderSpec, devices: Sequence[Device], *, ten_bit: bool) -> tuple[Trial, ...]:
        own = Device("mine", self.encoder_type)
        return tuple(evolve(trial, device=own) for trial in super().trials(spec, devices, ten_bit=ten_bit))


class NeedsADevice(Honest):
    def trials(self, spec: EncoderSpec, devices: Sequence[Device], *, ten_bit: bool) -> tuple[Trial, ...]:
        return (Trial(EncoderSetup(), spec.pixel_formats[0], devices[0]),)


class HintsAtKnownReasons(Honest):
    def hint(self, encoder: str, reason: Reason, devices: Sequence[Device], message: str = "") -> str:
        return {Reason.NO_DEVICE: "Plug one in."}[reason]


class HintsInTwoLines(Honest):
    def hint(self, encoder: str, reason: Reason, devices: Sequence[Device], message: str = "") -> str:
        return "Do this.\nThen that."


class Nameless(Honest):
    name = ""


def test_an_honest_detector_passes() -> None:
    check_detector(Honest())
    check_detector(Honest(), [EncoderSpec("h264_nvenc", "h264", ten_bit_pixel_format="p010le")])
    check_detector(DevicesOfAnother())


@pytest.mark.parametrize(
    ("broken", "promise"),
    [
        (Nameless, "has a name"),
        (ClaimsByLookup, "claims answers for every name"),
        (ClaimsWithAText, "claims answers True or False"),
        (ClaimsNothing, "claims at least one encoder"),
        (ClaimsByMood, "claims answers the same twice"),
        (TrustsTheTool, "devices never raises"),
        (RaisesWithoutTheTool, "when every tool is missing"),
        (ListsDevices, "devices returns a tuple"),
        (DevicesOfNobody, "a device has an encoder_type"),
        (DevicesWithoutAName, "a device has a name"),
        (RunsAText, "argv of texts"),
        (NothingWithoutDevices, "never empty for 8 bit.*0 devices"),
        (NothingWithTwoDevices, "never empty for 8 bit.*[2-9] devices"),
        (RaisesWithTwoVendors, "trials never raises"),
        (RefusesByNoPattern, "refuse is a regular expression"),
        (TriesNoSize, "a size is above 0"),
        (WithoutPixelFormat, "one pixel format"),
        (AlwaysTenBit, "empty for 10 bit"),
        (NeverTries, "at least once"),
        (OwnDevice, "a device that was named"),
        (NeedsADevice, "trials never raises.*0 devices"),
        (HintsAtKnownReasons, "hint never raises"),
        (HintsInTwoLines, "a hint is one line"),
    ],
)
def test_a_broken_detector_is_told_which_promise(broken: type[Detector], promise: str) -> None:
    with pytest.raises(AssertionError, match=promise):
        check_detector(broken())


def test_specs_that_are_not_claimed_are_told() -> None:
    with pytest.raises(AssertionError, match="claims the encoders of its family: not hevc_other"):
        check_detector(Honest(), [EncoderSpec("hevc_other", "hevc")])
