"""The hardware families: who claims what, how it is tried, what a person is told."""

from __future__ import annotations

import platform
from collections.abc import Sequence
from pathlib import Path

import pytest

from ffx.core.detector import Detector, Device, Reason, ToolOutput, Trial
from ffx.core.encoders import EncoderSpec
from ffx.core.model import EncoderType
from ffx.plugins import _drm, amd, apple, intel, nvidia, other_hardware, software, vaapi
from ffx.plugins._drm import RenderNode, name_with_vainfo, render_nodes

FAMILIES = (nvidia, intel, amd, apple, vaapi, other_hardware)
DETECTORS: dict[str, Detector] = {d.name: d for family in FAMILIES for d in family.ffx_register_detectors()}
SPECS: dict[str, EncoderSpec] = {s.name: s for family in FAMILIES for s in family.ffx_register_encoders()}

INTEL_NODE = Device("Intel GPU 0x56a0", EncoderType.HARDWARE_INTEL, node="/dev/dri/renderD128")
AMD_NODE = Device("AMD GPU 0x73bf", EncoderType.HARDWARE_AMD, node="/dev/dri/renderD129")


def owner(encoder: str) -> Detector:
    (found,) = [detector for detector in DETECTORS.values() if detector.claims(encoder)]
    return found


def trials(encoder: str, devices: Sequence[Device] = (), *, ten_bit: bool = False) -> tuple[Trial, ...]:
    return owner(encoder).trials(SPECS[encoder], devices, ten_bit=ten_bit)


async def nothing(argv: Sequence[str]) -> ToolOutput:
    return ToolOutput(None)


# -- What is registered ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("family", "suffix", "codecs"),
    [
        ("nvidia", "nvenc", "h264 hevc av1"),
        ("intel", "qsv", "h264 hevc av1 vp9 mjpeg mpeg2"),
        ("amd", "amf", "h264 hevc av1"),
        ("apple", "videotoolbox", "h264 hevc prores"),
        ("vaapi", "vaapi", "h264 hevc av1 vp8 vp9 mjpeg mpeg2"),
        ("other_hardware", "v4l2m2m", "h264 hevc vp8 mpeg4 h263"),
        ("other_hardware", "vulkan", "h264 hevc av1"),
        ("other_hardware", "mf", "h264 hevc av1"),
        ("other_hardware", "d3d12va", "h264 hevc av1"),
        ("other_hardware", "rkmpp", "h264 hevc"),
    ],
)
def test_every_family_has_its_encoders(family: str, suffix: str, codecs: str) -> None:
    for codec in codecs.split():
        name = f"{codec}_{suffix}"
        assert SPECS[name].encoder_type is DETECTORS[family].encoder_type
        assert SPECS[name].encoder_type.is_hardware
        assert SPECS[name].common
        assert owner(name).name == family


@pytest.mark.parametrize("name", ["libx264", "aac", "aac_mf", "mp3_mf", "libsvtav1", "wrapped_avframe", "mf"])
def test_software_is_nobody_elses(name: str) -> None:
    assert not [detector.name for detector in DETECTORS.values() if detector.claims(name)]
    assert software.SoftwareDetector().claims(name)


@pytest.mark.parametrize(
    ("name", "value", "options"),
    [
        ("h264_nvenc", 23, "-rc vbr -cq 23 -b:v 0"),
        ("hevc_nvenc", 19, "-rc vbr -cq 19 -b:v 0"),
        ("av1_nvenc", 63, "-rc vbr -cq 63 -b:v 0"),
        ("h264_qsv", 25, "-global_quality 25"),
        ("mjpeg_qsv", 100, "-global_quality 100"),
        ("hevc_amf", 20, "-rc qvbr -qvbr_quality_level 20"),
        ("hevc_videotoolbox", 65, "-q:v 65"),
        ("h264_vaapi", 22, "-rc_mode CQP -qp 22"),
        ("av1_vaapi", 200, "-rc_mode CQP -global_quality 200"),
    ],
)
def test_quality_knobs(name: str, value: float, options: str) -> None:
    quality = SPECS[name].quality
    assert quality is not None
    assert " ".join(quality.render(value)) == options


def test_on_videotoolbox_more_is_better() -> None:
    quality = SPECS["h264_videotoolbox"].quality
    assert quality is not None
    assert (quality.best, quality.worst) == (100, 1)


@pytest.mark.parametrize(
    ("name", "preference"),
    [("h264_nvenc", 1.0), ("hevc_nvenc", 1.0), ("h264_videotoolbox", 0.95), ("hevc_qsv", 0.9), ("av1_amf", 0.85),
     ("h264_vaapi", 0.5), ("h264_v4l2m2m", 0.5)],
)  # fmt: skip
def test_preferences(name: str, preference: float) -> None:
    assert SPECS[name].preference == preference


@pytest.mark.parametrize(
    ("name", "alternatives"),
    [
        ("h264_nvenc", ("libx264", "h264_qsv", "h264_videotoolbox")),
        ("hevc_nvenc", ("libx265", "hevc_qsv", "hevc_videotoolbox")),
        ("h264_videotoolbox", ("libx264", "h264_nvenc", "h264_qsv")),
    ],
)
def test_alternatives(name: str, alternatives: tuple[str, ...]) -> None:
    assert SPECS[name].alternatives == alternatives


def test_alternatives_are_of_the_same_codec() -> None:
    every = SPECS | {spec.name: spec for spec in software.ffx_register_encoders()}
    for spec in SPECS.values():
        for name in spec.alternatives:
            assert every[name].codec == spec.codec
            assert name != spec.name


# -- Trials ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", sorted(SPECS))
def test_there_is_a_trial_without_any_device(name: str) -> None:
    found = trials(name)
    assert found
    assert all(trial.pixel_format in SPECS[name].pixel_formats for trial in found)
    deep = trials(name, ten_bit=True)
    assert bool(deep) == bool(SPECS[name].ten_bit_pixel_format)
    assert all(trial.pixel_format == SPECS[name].ten_bit_pixel_format for trial in deep)


def test_nvenc() -> None:
    (trial,) = trials("hevc_nvenc")
    assert (trial.pixel_format, trial.setup.output_options) == ("yuv420p", ())
    assert trial.attempts > 1  # every session taken is a failure that passes
    (deep,) = trials("hevc_nvenc", ten_bit=True)
    assert deep.pixel_format == "p010le"


def test_nvenc_on_several_gpus() -> None:
    gpus = [Device(f"GPU {n}", EncoderType.HARDWARE_NVIDIA, node=str(n)) for n in (0, 1)]
    assert [trial.setup.output_options for trial in trials("h264_nvenc", gpus)] == [(), ("-gpu", "0"), ("-gpu", "1")]


def test_qsv_without_a_node_is_the_way_of_windows() -> None:
    found = trials("h264_qsv")
    assert {trial.setup.input_options for trial in found} == {()}
    assert [trial.setup.output_options for trial in found][:2] == [("-low_power", "0"), ("-low_power", "1")]
    assert found[0].pixel_format == "nv12"


def test_qsv_on_a_node() -> None:
    found = trials("hevc_qsv", [INTEL_NODE])
    first = found[0].setup
    assert " ".join(first.input_options) == (
        "-init_hw_device vaapi=va:/dev/dri/renderD128,driver=iHD -init_hw_device qsv=qs@va -filter_hw_device qs"
    )
    assert first.upload_filter == "hwupload=extra_hw_frames=64"
    assert [trial.setup.output_options[-1] for trial in found] == ["0", "1", "1"] * 2
    assert ("-qsv_device", "/dev/dri/renderD128") in [trial.setup.input_options for trial in found]
    # Bitrate modes need firmware that constant quality does not: a trial without bitrate says so where it is the one.
    assert [bool(trial.options) for trial in found[:3]] == [True, True, False]
    assert "HuC" in found[2].note


def test_vaapi_tries_every_node_and_both_powers() -> None:
    found = trials("hevc_vaapi", [INTEL_NODE])
    assert [t.setup.input_options for t in found] == [("-vaapi_device", "/dev/dri/renderD128")] * 2
    assert [t.setup.output_options for t in found] == [(), ("-low_power", "1")]
    assert {t.setup.upload_filter for t in found} == {"hwupload"}


def test_vaapi_names_the_driver_where_vendors_are_mixed() -> None:
    found = trials("hevc_vaapi", [INTEL_NODE, AMD_NODE])
    openings = list(dict.fromkeys(" ".join(trial.setup.input_options) for trial in found))
    assert openings == [
        "-init_hw_device vaapi=va:/dev/dri/renderD128,driver=iHD -filter_hw_device va",
        "-init_hw_device vaapi=va:/dev/dri/renderD129,driver=radeonsi -filter_hw_device va",
    ]
    assert [trial.device for trial in found] == [INTEL_NODE, INTEL_NODE, AMD_NODE, AMD_NODE]


def test_amf_is_given_a_second_look() -> None:
    (trial,) = trials("h264_amf")
    assert (trial.pixel_format, trial.attempts, trial.pause) == ("nv12", 2, 2.0)


def test_videotoolbox_does_not_take_software() -> None:
    (trial,) = trials("hevc_videotoolbox")
    assert trial.setup.output_options == ("-allow_sw", "0")
    assert trial.options == ("-b:v", "1M")
    (deep,) = trials("hevc_videotoolbox", ten_bit=True)
    assert deep.options[-2:] == ("-profile:v", "main10")


def test_the_other_families() -> None:
    assert trials("h264_vulkan")[0].setup.input_options[1] == "vulkan=vk:0"
    assert trials("h264_vulkan")[0].refuse
    assert trials("hevc_d3d12va")[0].setup.upload_filter == "hwupload"
    assert trials("h264_mf")[0].setup.output_options == ("-hw_encoding", "1")
    assert trials("h264_v4l2m2m")[0].options == ("-b:v", "1M")
    assert trials("h264_v4l2m2m")[0].pixel_format == "yuv420p"
    assert trials("h264_rkmpp")[0].pixel_format == "nv12"


# -- Devices --------------------------------------------------------------------------------------------------


async def ask(detector: Detector, output: ToolOutput) -> tuple[Device, ...]:
    async def run(argv: Sequence[str]) -> ToolOutput:
        return output

    return await detector.devices(run)


async def test_nvidia_smi() -> None:
    text = "0, NVIDIA GeForce RTX 3060, 550.163.01, 12288\n1, NVIDIA A100-SXM4-40GB, [N/A], [Not Supported]\njunk\n"
    first, second = await ask(DETECTORS["nvidia"], ToolOutput(0, text))
    assert (first.node, first.name, first.driver) == ("0", "NVIDIA GeForce RTX 3060", "550.163.01")
    assert (second.node, second.name, second.driver) == ("1", "NVIDIA A100-SXM4-40GB", "")


async def test_nvidia_smi_fails_on_stdout_and_its_words_are_kept() -> None:
    words = "NVIDIA-SMI has failed because it couldn't communicate with the NVIDIA driver. Make sure\n\n"
    (device,) = await ask(DETECTORS["nvidia"], ToolOutput(9, words))
    assert "couldn't communicate" in device.detail
    assert device.node == ""
    assert len(trials("h264_nvenc", [device])) == 1  # it never vetoes a trial
    hint = DETECTORS["nvidia"].hint("h264_nvenc", Reason.LIBCUDA_MISSING, [device])
    assert "couldn't communicate" in hint


@pytest.mark.parametrize("detector", DETECTORS.values(), ids=lambda d: d.name)
async def test_without_any_tool_naming_devices_is_no_error(detector: Detector) -> None:
    assert isinstance(await detector.devices(nothing), tuple)


def make_node(root: Path, name: str, vendor: str, device: str) -> None:
    (root / "dev/dri").mkdir(parents=True, exist_ok=True)
    (root / "dev/dri" / name).touch()
    facts = root / "sys/class/drm" / name / "device"
    facts.mkdir(parents=True)
    (facts / "vendor").write_text(f"{vendor}\n")
    (facts / "device").write_text(f"{device}\n")
    (root / "sys/drivers/i915").mkdir(parents=True, exist_ok=True)
    (facts / "driver").symlink_to(root / "sys/drivers/i915")


def test_render_nodes(tmp_path: Path) -> None:
    make_node(tmp_path, "renderD129", "0x1002", "0x73bf")
    make_node(tmp_path, "renderD128", "0x8086", "0x56a0")
    (tmp_path / "dev/dri/renderD130").touch()  # passed to a container without its description
    (tmp_path / "dev/dri/card0").touch()
    assert render_nodes(tmp_path) == (
        RenderNode("/dev/dri/renderD128", _drm.INTEL, "0x56a0", "i915"),
        RenderNode("/dev/dri/renderD129", _drm.AMD, "0x73bf", "i915"),
        RenderNode("/dev/dri/renderD130"),
    )
    assert [node.device().encoder_type for node in render_nodes(tmp_path)] == [
        EncoderType.HARDWARE_INTEL,
        EncoderType.HARDWARE_AMD,
        EncoderType.HARDWARE_OTHER,
    ]
    assert render_nodes(tmp_path / "nowhere") == ()


@pytest.mark.parametrize(
    ("output", "driver", "detail"),
    [
        (ToolOutput(0, "vainfo: Driver version: Intel iHD driver - 23.1.1 ()\n"), "Intel iHD driver - 23.1.1 ()", ""),
        (ToolOutput(1, "Trying display: drm\nFailed to open the given device!\n"), "i915", "Failed to open the given"),
        (ToolOutput(None), "i915", ""),
    ],
)
async def test_vainfo_names_and_explains(output: ToolOutput, driver: str, detail: str) -> None:
    async def run(argv: Sequence[str]) -> ToolOutput:
        assert argv[-1] == "/dev/dri/renderD128"
        return output

    node = RenderNode("/dev/dri/renderD128", _drm.INTEL, "0x56a0", "i915").device()
    (device,) = await name_with_vainfo([node], run)
    assert device.driver == driver
    assert detail in device.detail


def test_vulkaninfo_without_the_processor() -> None:
    summary = (
        "Devices:\n========\nGPU0:\n\tapiVersion = 1.3.255\n\tdeviceType = PHYSICAL_DEVICE_TYPE_DISCRETE_GPU\n"
        "\tdeviceName = AMD Radeon RX 7900 XTX (RADV NAVI31)\n\tdriverInfo = Mesa 24.0.1\n"
        "GPU1:\n\tdeviceType = PHYSICAL_DEVICE_TYPE_CPU\n\tdeviceName = llvmpipe (LLVM 15.0.6)\n"
    )
    (gpu,) = other_hardware.vulkan_gpus(summary)
    assert (gpu.node, gpu.name, gpu.driver) == ("0", "AMD Radeon RX 7900 XTX (RADV NAVI31)", "Mesa 24.0.1")
    assert other_hardware.vulkan_gpus("") == ()


def test_system_profiler() -> None:
    text = '{"SPDisplaysDataType": [{"_name": "Apple M2", "sppci_model": "Apple M2"}, {"_name": "AMD Radeon Pro"}]}'
    assert [device.name for device in apple.displays(text)] == ["Apple M2", "AMD Radeon Pro"]
    for broken in ("", "{", "[]", '{"SPDisplaysDataType": [3]}', '{"SPDisplaysDataType": null}'):
        assert apple.displays(broken) == ()


# -- Hints ----------------------------------------------------------------------------------------------------

TOO_OLD = (
    "[h264_nvenc @ 0x1] Driver does not support the required nvenc API version. Required: {0} Found: {1}\n"
    "[h264_nvenc @ 0x1] The minimum required Nvidia driver for nvenc is {2} or newer\n"
)


def nvidia_hint(name: str, driver: str, message: str) -> str:
    device = Device(name, EncoderType.HARDWARE_NVIDIA, node="0", driver=driver)
    return DETECTORS["nvidia"].hint("h264_nvenc", Reason.DRIVER_TOO_OLD, [device], message)


def test_a_driver_that_can_be_updated() -> None:
    hint = nvidia_hint("NVIDIA GeForce RTX 3060", "535.261.03", TOO_OLD.format("13.0", "12.1", "570.0"))
    assert hint.startswith("Update the NVIDIA driver")
    for fact in ("13.0", "12.1", "570.0", "535.261.03"):
        assert fact in hint


@pytest.mark.parametrize(
    ("gpu", "required", "found", "minimum"),
    [
        ("NVIDIA GeForce GTX 1060 6GB", "13.1", "13.0", "610.00"),
        ("NVIDIA GeForce GTX 1080 Ti", "13.1", "13.0", "(unknown)"),
        ("Quadro P2200", "13.1", "13.0", "610.00"),
        ("NVIDIA GeForce GTX 960", "13.1", "13.0", "610.00"),
        ("Tesla P40", "13.1", "13.0", "610.00"),
        ("GeForce GTX 780", "12.1", "11.1", "530.41.03"),
        ("Quadro K2200M", "12.1", "11.1", "530.41.03"),
    ],
)
def test_a_card_whose_drivers_have_ended(gpu: str, required: str, found: str, minimum: str) -> None:
    hint = nvidia_hint(gpu, "580.95", TOO_OLD.format(required, found, minimum))
    assert gpu in hint
    assert "built against older NVENC headers" in hint
    assert "Update the" not in hint


@pytest.mark.parametrize("gpu", ["NVIDIA GeForce RTX 2060", "NVIDIA GeForce GTX 1650", "NVIDIA RTX A4000", "Tesla T4"])
def test_a_newer_card_is_told_to_update(gpu: str) -> None:
    assert nvidia_hint(gpu, "566.36", TOO_OLD.format("13.1", "12.2", "610.00")).startswith("Update the")


def test_a_pascal_with_an_old_driver_can_still_be_updated() -> None:
    assert nvidia_hint("NVIDIA GeForce GTX 1060", "450.248", TOO_OLD.format("12.1", "10.0", "530.41.03")).startswith(
        "Update the"
    )


@pytest.mark.parametrize(
    "gpu", ["NVIDIA A100-SXM4-40GB", "NVIDIA H100 PCIe", "NVIDIA GeForce GT 1030", "NVIDIA GeForce MX450"]
)
def test_cards_without_an_encoder(gpu: str) -> None:
    device = Device(gpu, EncoderType.HARDWARE_NVIDIA, node="0", driver="550.54")
    hint = DETECTORS["nvidia"].hint("h264_nvenc", Reason.UNSUPPORTED_DEVICE, [device])
    assert hint.startswith(f"{gpu} has no encoder")


def test_a_card_with_one_that_is_refused() -> None:
    device = Device("NVIDIA GeForce RTX 4090", EncoderType.HARDWARE_NVIDIA, node="0", driver="570.86.16")
    assert "container" in DETECTORS["nvidia"].hint("h264_nvenc", Reason.UNSUPPORTED_DEVICE, [device])


@pytest.mark.parametrize(
    ("system", "encoder", "reason", "words"),
    [
        ("Linux", "h264_videotoolbox", Reason.ENCODER_NOT_BUILT, "macOS"),
        ("Windows", "h264_vaapi", Reason.ENCODER_NOT_BUILT, "Linux"),
        ("Linux", "h264_amf", Reason.AMF_RUNTIME_MISSING, "h264_vaapi"),
        ("Windows", "h264_amf", Reason.AMF_RUNTIME_MISSING, "amfrt64.dll"),
        ("Linux", "h264_vaapi", Reason.NO_VA_DISPLAY, "/dev/dri"),
        ("Linux", "h264_qsv", Reason.NO_DEVICE, "/dev/dri"),
        ("Linux", "av1_qsv", Reason.WRONG_GPU_GENERATION, "Arc"),
        ("Linux", "h264_rkmpp", Reason.PERMISSION_DENIED, "/dev/mpp_service"),
        ("Linux", "h264_v4l2m2m", Reason.NO_DEVICE, "/dev/video"),
        ("Linux", "prores_ks_vulkan", Reason.NO_DEVICE, "llvmpipe"),
    ],
)
def test_hints(monkeypatch: pytest.MonkeyPatch, system: str, encoder: str, reason: Reason, words: str) -> None:
    monkeypatch.setattr(platform, "system", lambda: system)
    assert words in owner(encoder).hint(encoder, reason, ())


def test_a_node_that_cannot_be_opened_is_named() -> None:
    hint = DETECTORS["vaapi"].hint("h264_vaapi", Reason.NO_VA_DISPLAY, [INTEL_NODE])
    assert "/dev/dri/renderD128" in hint
    assert "render" in hint


def test_every_hint_is_a_sentence_or_nothing() -> None:
    for name in SPECS:
        for reason in Reason:
            for devices in ((), (INTEL_NODE, AMD_NODE)):
                hint = owner(name).hint(name, reason, devices, "")
                assert hint == "" or hint.endswith((".", ").")), (name, reason)
                assert "\n" not in hint
