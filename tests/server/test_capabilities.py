"""What a server says it can do: the field's cases replayed, and the FFmpegs of this machine for real."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest
from attrs import evolve

from ffx.core.detector import Detector, Device, Reason, ToolRunner, Trial
from ffx.core.encoders import EncoderSpec
from ffx.core.errors import FfmpegNotFound
from ffx.core.model import EncoderSetup, EncoderType
from ffx.core.pluginhost import PluginHost
from ffx.media.build import parse_encoders
from ffx.server import capabilities as module
from ffx.server.capabilities import CapabilityService
from tests.media.replay import FAILS, HARDWARE, Replay, calls, listing, of_build, trials

CORPUS: list[dict[str, Any]] = json.loads((HARDWARE / "corpus.json").read_text())

BUILDS = {
    "debian11-apt-4.3.7": "Debian 11 apt ffmpeg",
    "debian12-apt-5.1.9": "Debian 12 apt ffmpeg",
    "debian13-apt-7.1.5": "Debian 13 apt ffmpeg",
    "debian-sid-apt-9.0.2": "Debian sid apt ffmpeg",
    "johnvansickle-static-4.1": "4.1-static",
    "johnvansickle-static-7.0.2": "7.0.2-static",
    "windows-gyan-7.1-essentials": "7.1-essentials_build-www.gyan.dev",
    "windows-zeranoe-4.2.2": "4.2.2 (Zeranoe win64)",
}
OUR_COMMAND_WAS_WRONG = ("needs_hw_frames", "no_hw_device_set")
HARDWARE_SUFFIXES = ("_nvenc", "_qsv", "_amf", "_vaapi", "_videotoolbox", "_vulkan", "_v4l2m2m", "_rkmpp", "_d3d12va")

FULL = {"exit": 187, "stderr": "[h264_nvenc @ 0x1] OpenEncodeSessionEx failed: out of memory (10): (no details)\n"}
NO_CUDA = {"exit": 255, "stderr": "[h264_nvenc @ 0x1] Cannot load libcuda.so.1\n"}

Make = Callable[..., CapabilityService]


@pytest.fixture(scope="module")
def plugins() -> PluginHost:
    host = PluginHost()
    host.load_entry_points()
    return host


@pytest.fixture
def make(plugins: PluginHost, tmp_path: Path) -> Make:
    def service(
        ffmpeg: Path, *, extra: Sequence[Detector] = (), specs: Sequence[EncoderSpec] = (), **more: Any
    ) -> CapabilityService:
        return CapabilityService(
            ffmpeg,
            detectors={**plugins.detectors(), **{detector.name: detector for detector in extra}},
            specs={**plugins.encoders(), **{spec.name: spec for spec in specs}},
            cache=tmp_path / "cache",
            disk=tmp_path,
            max_file_size=10 * 10**9,
            **more,
        )

    return service


async def never_busy() -> None:
    """No job ever runs."""


def few(*more: str) -> Replay:
    return Replay(encoders=listing("libx264:h264", "libx265:hevc", *more))


# -- The field ------------------------------------------------------------------------------------------------


def cases_of(build: str) -> list[dict[str, Any]]:
    mark = BUILDS[build]
    return [
        case
        for case in CORPUS
        if (mark in case["platform"] or case["ffmpeg_version"].startswith(mark))
        and case["encoder"].endswith((*HARDWARE_SUFFIXES, "_mf"))
        and case["reason"] not in OUR_COMMAND_WAS_WRONG
    ]


@pytest.mark.parametrize("build", BUILDS)
async def test_every_build_of_the_corpus(build: str, make: Make, tmp_path: Path) -> None:
    replay = evolve(of_build(build), otherwise=(FAILS,)).answering("libx264", {}).answering("aac", {})
    expected: dict[str, str] = {}
    # Several commands were tried for one encoder; ours is the plainest, so that is the one to replay.
    for case in sorted(cases_of(build), key=lambda case: ("-init" in case["id"], "-drv" in case["id"])):
        if expected.setdefault(case["encoder"], case["reason"]) == case["reason"]:
            answer = {"exit": case["exit_status"], "stderr": case["stderr"]}
            replay = replay.answering(case["encoder"], answer)
    assert len(expected) >= 3
    # Some were asked of builds that do not list them, and failed before FFmpeg came to look for the encoder.
    listed = {encoder.name for encoder in parse_encoders(replay.encoders)}
    expected |= {name: "encoder_not_built" for name in expected if name not in listed}
    service = make(replay.write(tmp_path / "ffmpeg"))
    await service.prepare()
    snapshot = service.snapshot()
    for encoder, reason in expected.items():
        report = snapshot.encoder(encoder)
        assert report is not None
        assert (report.works, report.reason) == (False, reason), encoder
        assert report.hint
        assert report.encoder_type.is_hardware
    assert snapshot.supports("libx264")
    assert snapshot.supports("aac")
    assert snapshot.hardware_encoders == {}


@pytest.mark.parametrize(
    "case", [case for case in CORPUS if case["vendor"] == "nvidia" and "_" in case["encoder"]], ids=lambda c: c["id"]
)
async def test_every_nvidia_driver_of_the_corpus(case: dict[str, Any], make: Make, tmp_path: Path) -> None:
    built = case["reason"] != "encoder_not_built"
    replay = Replay(encoders=listing("libx264:h264", *([case["encoder"]] if built else [])))
    replay = replay.answering(case["encoder"], {"exit": case["exit_status"] or 1, "stderr": case["stderr"]})
    service = make(replay.write(tmp_path / "ffmpeg"))
    await service.prepare()
    report = service.snapshot().encoder(case["encoder"])
    assert report is not None
    assert (report.works, report.reason, report.vendor) == (False, case["reason"], "nvidia")
    if "Required:" in case["stderr"]:
        required, found = case["stderr"].split("Required: ")[1].split()[0:3:2]
        assert required in report.hint
        assert found in report.hint


async def test_a_gpu_that_works_is_used_although_ffmpeg_warns(make: Make, tmp_path: Path) -> None:
    warning = "[h264_nvenc @ 0x1] Driver does not support some wanted packed headers; 10 bit encode not supported\n"
    replay = few("h264_nvenc:h264", "hevc_nvenc:hevc").answering("h264_nvenc", {"stderr": warning})
    replay = replay.answering("h264_nvenc", {"when": ["p010le"], "exit": 1, "stderr": "x\n"}, {"stderr": warning})
    service = make(replay.write(tmp_path / "ffmpeg"))
    await service.prepare()
    h264, hevc = service.report("h264_nvenc"), service.report("hevc_nvenc")
    assert h264 is not None
    assert hevc is not None
    assert (h264.works, h264.reason, h264.ten_bit) == (True, "", False)
    assert (hevc.works, hevc.ten_bit) == (True, True)
    assert service.snapshot().hardware_encoders == {"nvidia": ("h264_nvenc", "hevc_nvenc")}


async def test_a_pixel_format_is_given_in_every_trial_and_ten_bit_comes_after_eight(make: Make, tmp_path: Path) -> None:
    program = few("h264_nvenc:h264", "hevc_nvenc:hevc", "h264_vaapi:h264", "hevc_qsv:hevc").write(tmp_path / "ffmpeg")
    service = make(program)
    await service.prepare()
    for argv in trials(program):
        assert "testsrc2=s=640x360:r=25" in argv
        assert "-pix_fmt" in argv or argv[argv.index("-vf") + 1].startswith("format=")
    formats = [argv[argv.index("-pix_fmt") + 1] for argv in trials(program, "hevc_nvenc")]
    assert formats == ["yuv420p", "p010le"]


async def test_without_eight_bit_there_is_no_ten_bit_trial(make: Make, tmp_path: Path) -> None:
    program = few("hevc_nvenc:hevc").answering("hevc_nvenc", NO_CUDA).write(tmp_path / "ffmpeg")
    service = make(program)
    await service.prepare()
    assert len(trials(program, "hevc_nvenc")) == 1


async def test_low_power_only(make: Make, tmp_path: Path) -> None:
    refused = {"exit": 1, "stderr": "[h264_qsv @ 0x1] Low power mode is unsupported\n"}
    no_huc = {"when": ["-b:v 1M"], "exit": 1, "stderr": "[hevc_qsv @ 0x1] Selected ratecontrol mode is unsupported\n"}
    lp0 = {"when": ["-low_power 0"], **refused}
    replay = few("h264_qsv:h264", "hevc_qsv:hevc", "av1_qsv:av1")
    replay = replay.answering("h264_qsv", lp0).answering("hevc_qsv", lp0, no_huc).answering("av1_qsv", refused)
    service = make(replay.write(tmp_path / "ffmpeg"))
    await service.prepare()
    h264, hevc, av1 = (service.report(f"{codec}_qsv") for codec in ("h264", "hevc", "av1"))
    assert h264 is not None and hevc is not None and av1 is not None
    assert (h264.works, h264.setup.output_options[-2:], h264.hint) == (True, ("-low_power", "1"), "")
    assert "1M" not in h264.setup.output_options  # that was for the trial alone
    assert hevc.works
    assert "HuC" in hevc.hint
    assert (av1.works, av1.reason) == (False, "codec_unsupported")


async def test_no_entry_point_with_any_power_means_no_codec(make: Make, tmp_path: Path) -> None:
    line = "[h264_vaapi @ 0x1] No usable encoding entrypoint found for profile VAProfileH264High (7).\n"
    replay = few("h264_vaapi:h264", "hevc_vaapi:hevc").answering("h264_vaapi", {"exit": 1, "stderr": line})
    only_low = {"when": ["-low_power 1"]}
    replay = replay.answering("hevc_vaapi", only_low, {"exit": 1, "stderr": line})
    service = make(replay.write(tmp_path / "ffmpeg"))
    await service.prepare()
    h264, hevc = service.report("h264_vaapi"), service.report("hevc_vaapi")
    assert h264 is not None and hevc is not None
    assert h264.reason == "codec_unsupported"
    assert hevc.works
    assert hevc.setup.output_options == ("-low_power", "1")


async def test_a_full_house_is_no_missing_encoder(make: Make, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ffx.plugins.nvidia.Trial", lambda *a, **k: Trial(*a, **{**k, "pause": 0.01}))
    program = few("h264_nvenc:h264").answering("h264_nvenc", FULL).write(tmp_path / "ffmpeg")
    service = make(program)
    await service.prepare()
    report = service.report("h264_nvenc")
    assert report is not None
    assert (report.works, report.reason) == (False, "out_of_memory_or_session_limit")
    assert "again" in report.hint
    assert len(trials(program, "h264_nvenc")) == 3  # retried at once
    # Another start asks again, although everything else is remembered.
    few("h264_nvenc:h264").write(tmp_path / "ffmpeg")
    later = make(program)
    await later.prepare()
    assert later.snapshot().supports("h264_nvenc")
    # And the same server looks again by itself.
    monkeypatch.setattr(module, "TRY_AGAIN_AFTER", 0.0)
    heard: list[str] = []
    service._on_change = lambda: heard.append("change")
    await service.refresh_load()
    assert service.snapshot().supports("h264_nvenc")
    assert heard == ["change"]


async def test_experimental_encoders_are_allowed_and_say_so(make: Make, tmp_path: Path) -> None:
    program = Replay(encoders=listing("avui!", "libx264:h264")).write(tmp_path / "ffmpeg")
    service = make(program)
    await service.prepare()
    await service.ensure(["avui"])
    report = service.report("avui")
    assert report is not None
    assert report.works
    assert report.setup.output_options == ("-strict", "experimental")


# -- What is not there ----------------------------------------------------------------------------------------


async def test_known_hardware_that_was_not_built_is_reported(make: Make, tmp_path: Path) -> None:
    service = make(few().write(tmp_path / "ffmpeg"))
    await service.prepare()
    for name in ("hevc_nvenc", "h264_videotoolbox", "av1_vaapi"):
        report = service.snapshot().encoder(name)
        assert report is not None
        assert (report.works, report.reason) == (False, "encoder_not_built")
        assert report.hint
    assert service.snapshot().encoder("libvpx-vp9") is not None
    assert service.snapshot().encoder("mpeg4") is None  # rare ones are not in the way


async def test_a_name_that_ffmpeg_does_not_list(make: Make, tmp_path: Path) -> None:
    program = few().write(tmp_path / "ffmpeg")
    service = make(program)
    await service.prepare()
    before = len(calls(program))
    await service.ensure(["no_such_encoder", "mp4"])
    assert len(calls(program)) == before
    report = service.report("no_such_encoder")
    assert report is not None
    assert report.reason == "encoder_not_built"
    assert report.hint
    assert service.spec("no_such_encoder") is None
    assert service.report("mp4") is None
    assert service.snapshot().supports("mp4")  # a muxer is not asked to encode


async def test_an_ffmpeg_that_is_none(make: Make, tmp_path: Path) -> None:
    with pytest.raises(FfmpegNotFound, match="nowhere"):
        await make(tmp_path / "nowhere").prepare()


async def test_an_ffmpeg_that_goes_away(make: Make, tmp_path: Path) -> None:
    program = few("mpeg4").write(tmp_path / "ffmpeg")
    service = make(program)
    await service.prepare()
    program.unlink()
    await service.ensure(["mpeg4"])
    report = service.report("mpeg4")
    assert report is not None
    assert not report.works
    assert "could not be started" in report.hint


# -- Memory ---------------------------------------------------------------------------------------------------


async def test_a_second_start_tries_nothing(make: Make, tmp_path: Path) -> None:
    program = few("h264_nvenc:h264").answering("h264_nvenc", NO_CUDA).write(tmp_path / "ffmpeg")
    first = make(program)
    await first.prepare()
    seen = len(calls(program))
    second = make(program)
    await second.prepare()
    assert [argv[-1] for argv in calls(program)[seen:]] == ["-version"]
    assert evolve(second.snapshot(), current_load=0, disk_space_gb=0) == evolve(
        first.snapshot(), current_load=0, disk_space_gb=0
    )


async def test_opening_tries_nothing_and_what_one_job_needed_is_kept(make: Make, tmp_path: Path) -> None:
    program = few("h264_nvenc:h264").write(tmp_path / "ffmpeg")
    service = make(program)
    assert not await service.open()
    assert trials(program) == []
    await service.ensure(["libx265"])
    assert {argv[argv.index("-c:v") + 1] for argv in trials(program)} == {"libx265"}
    later = make(program)
    await later.prepare()
    assert later.snapshot().supports("h264_nvenc")
    tried = len(trials(program))
    assert len(trials(program, "libx265")) == 2  # 8 and 10 bit, once
    third = make(program)
    assert await third.open()
    assert third.snapshot().supports("h264_nvenc")
    assert len(trials(program)) == tried


async def test_what_an_answer_depends_on(make: Make, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    replay = few()
    program = replay.write(tmp_path / "ffmpeg")

    async def asks(**more: Any) -> bool:
        before = len(trials(program))
        await make(program, **more).prepare()
        return len(trials(program)) > before

    assert await asks()
    assert not await asks()
    evolve(replay, version=replay.version + "libavcodec 62\n").write(tmp_path / "ffmpeg")
    assert await asks()  # another FFmpeg
    monkeypatch.setattr(module, "driver_marks", lambda: ("nvidia 560.1",))
    assert await asks()  # another driver
    assert not await asks()
    assert await asks(specs=[EncoderSpec("libx264", "h264", options=("-tune", "film"), common=True)])  # another plugin


@pytest.mark.parametrize("damage", ["", "{", "[]", '{"key": 3}', "\x00" * 100])
async def test_a_damaged_cache_costs_time_only(damage: str, make: Make, tmp_path: Path) -> None:
    program = few().write(tmp_path / "ffmpeg")
    await make(program).prepare()
    (file,) = (tmp_path / "cache").iterdir()
    content = json.loads(file.read_text())
    file.write_text(damage)
    service = make(program)
    await service.prepare()
    assert service.snapshot().supports("libx264")
    content["remembered"]["reports"][0]["works"] = "perhaps"
    file.write_text(json.dumps(content))
    service = make(program)
    await service.prepare()
    assert service.snapshot().supports("libx264")


async def test_a_cache_that_cannot_be_written_costs_time_only(make: Make, tmp_path: Path) -> None:
    (tmp_path / "cache").write_text("a file where the folder should be")
    service = make(few().write(tmp_path / "ffmpeg"))
    await service.prepare()
    assert service.snapshot().supports("libx264")


# -- Asking at the same time ----------------------------------------------------------------------------------


async def test_one_trial_for_many_askers(make: Make, tmp_path: Path) -> None:
    program = few("mpeg4").write(tmp_path / "ffmpeg")
    service = make(program)
    await service.prepare()
    async with asyncio.TaskGroup() as group:
        for _ in range(5):
            group.create_task(service.ensure(["mpeg4", "mpeg4"]))
    assert len(trials(program, "mpeg4")) == 1


async def test_when_the_first_asker_leaves_the_second_still_gets_an_answer(make: Make, tmp_path: Path) -> None:
    slow = {"forever": True}
    program = few("mpeg4").answering("mpeg4", slow).write(tmp_path / "ffmpeg")
    service = make(program)
    await service.prepare()
    first = asyncio.create_task(service.ensure(["mpeg4"]))
    while not trials(program, "mpeg4"):  # noqa: ASYNC110 - the program's own log says when it has started
        await asyncio.sleep(0.01)
    second = asyncio.create_task(service.ensure(["mpeg4"]))
    await asyncio.sleep(0)
    few("mpeg4").write(tmp_path / "ffmpeg")
    first.cancel()
    with pytest.raises(asyncio.CancelledError):
        await first
    await second
    assert service.snapshot().supports("mpeg4")


# -- Strangers ------------------------------------------------------------------------------------------------


class BrokenDetector(Detector):
    name = "a_broken"
    encoder_type = EncoderType.HARDWARE_OTHER

    def claims(self, encoder: str) -> bool:
        return encoder == "x_broken"

    async def devices(self, run: ToolRunner) -> tuple[Device, ...]:
        raise RuntimeError("no devices for you")

    def trials(self, spec: EncoderSpec, devices: Sequence[Device], *, ten_bit: bool) -> tuple[Trial, ...]:
        raise RuntimeError("no trials either")

    def hint(self, encoder: str, reason: Reason, devices: Sequence[Device], message: str = "") -> str:
        raise RuntimeError("no hints")


class NodeDetector(Detector):
    """VAAPI-like: one encoder on devices of two vendors."""

    name = "nodes"
    encoder_type = EncoderType.HARDWARE_OTHER

    def claims(self, encoder: str) -> bool:
        return encoder.endswith("_node")

    async def devices(self, run: ToolRunner) -> tuple[Device, ...]:
        return (
            Device("Intel", EncoderType.HARDWARE_INTEL, node="/dev/a"),
            Device("AMD", EncoderType.HARDWARE_AMD, node="/dev/b"),
        )

    def trials(self, spec: EncoderSpec, devices: Sequence[Device], *, ten_bit: bool) -> tuple[Trial, ...]:
        return tuple(Trial(EncoderSetup(("-device", d.node)), "nv12", d) for d in devices)


async def test_a_broken_detector_costs_its_own_encoders(make: Make, tmp_path: Path) -> None:
    service = make(few("x_broken").write(tmp_path / "ffmpeg"), extra=[BrokenDetector()])
    await service.prepare()
    report = service.report("x_broken")
    assert report is not None
    assert not report.works
    assert "a_broken" in report.hint
    assert service.snapshot().supports("libx264")


async def test_every_node_is_tried_and_the_one_that_works_is_named(make: Make, tmp_path: Path) -> None:
    no_display = {"when": ["/dev/a"], "exit": 1, "stderr": "[VAAPI @ 0x1] No VA display found for device /dev/a.\n"}
    no_codec = {"exit": 1, "stderr": "[c_node @ 0x1] No usable encoding profile found.\n"}
    replay = few("h264_node:h264", "c_node:hevc").answering("h264_node", no_display)
    replay = replay.answering("c_node", no_display, no_codec)
    service = make(
        replay.write(tmp_path / "ffmpeg"),
        extra=[NodeDetector()],
        specs=[EncoderSpec("h264_node", "h264", encoder_type=EncoderType.HARDWARE_OTHER, common=True)],
    )
    await service.prepare()
    h264, c = service.report("h264_node"), service.report("c_node")
    assert h264 is not None and c is not None
    assert (h264.works, h264.device, h264.encoder_type) == (True, "/dev/b", EncoderType.HARDWARE_AMD)
    assert h264.setup.input_options == ("-device", "/dev/b")
    assert c.reason == "codec_unsupported"  # it came further than the missing display of the other node
    assert {device.node for device in service.devices} >= {"/dev/a", "/dev/b"}


# -- The FFmpegs of this machine ------------------------------------------------------------------------------


async def test_the_real_thing(ffmpeg: Path, make: Make) -> None:
    service = make(ffmpeg)
    await service.prepare()
    snapshot = service.snapshot()
    assert {"libx264", "libx265", "libsvtav1", "libvpx-vp9", "aac", "libopus"} <= set(snapshot.software_encoders)
    x265 = snapshot.encoder("libx265")
    assert x265 is not None
    assert x265.ten_bit
    for report in snapshot.encoders:
        assert report.works == (report.reason == "")
        assert report.works or report.hint
        assert report.reason in {"", *(reason.value for reason in Reason)}
        assert report.reason not in OUR_COMMAND_WAS_WRONG
    assert {"mp4", "matroska", "webm"} <= set(snapshot.supported_formats)
    assert snapshot.cpu_cores >= 1
    assert snapshot.memory_gb > 0
    assert snapshot.disk_space_gb > 0
    assert snapshot.max_file_size_gb == 10
    assert 0 <= snapshot.current_load <= 1
    assert not snapshot.complete
    await service.ensure(["mpeg4", "h261", "g723_1", "mov_text", "ffv1"])
    snapshot = service.snapshot()
    for name in ("mpeg4", "h261", "g723_1", "mov_text", "ffv1"):
        assert snapshot.supports(name), name
    h261 = snapshot.encoder("h261")
    assert h261 is not None
    assert "352x288" in h261.hint


async def test_speeds_and_sizes_are_measured_and_remembered(ffmpeg9: Path, make: Make, tmp_path: Path) -> None:
    heard: list[float] = []
    service = make(ffmpeg9)
    await service.prepare()
    # The whole long tail takes minutes: here only these are left to do.
    kept = ("libx264", "mpeg1video", "h261", "aac", "srt")
    service.build = evolve(service.build, encoders=tuple(e for e in service.build.encoders if e.name in kept))
    service._reports = {name: report for name, report in service._reports.items() if name in kept}
    service._on_change = lambda: heard.append(service.snapshot().estimated_performance)
    waited = 0

    async def idle() -> None:
        nonlocal waited
        waited += 1

    await service.complete(idle)
    snapshot = service.snapshot()
    assert snapshot.complete
    assert waited >= 5
    assert heard[-1] == snapshot.estimated_performance > 0
    assert {report.name for report in snapshot.encoders if report.works} == set(kept)
    x264, mpeg1, h261 = (snapshot.encoder(name) for name in ("libx264", "mpeg1video", "h261"))
    assert x264 is not None and mpeg1 is not None and h261 is not None
    assert 1 < x264.fps < mpeg1.fps
    assert x264.max_resolution == snapshot.max_resolution == "8K"
    assert mpeg1.max_resolution == "4K"  # its header has 12 bits for the width
    assert (h261.fps, h261.max_resolution) == (0, "")
    (file,) = (tmp_path / "cache").iterdir()
    remembered = json.loads(file.read_text())["remembered"]
    assert x264.fps in [report["fps"] for report in remembered["reports"]]
    assert set(remembered["measured"]) == {"libx264", "mpeg1video", "h261"}


async def test_an_experimental_encoder_is_measured_as_it_was_tried(make: Make, tmp_path: Path) -> None:
    program = Replay(encoders=listing("avui!")).write(tmp_path / "ffmpeg")
    service = make(program)
    await service.prepare()
    await service.complete(never_busy)
    assert service.snapshot().complete
    assert len(trials(program)) > 2
    assert all("experimental" in argv for argv in trials(program))


async def test_the_long_tail_waits_while_jobs_run(make: Make, tmp_path: Path) -> None:
    program = few("mpeg4", "ffv1").write(tmp_path / "ffmpeg")
    service = make(program)
    await service.prepare()
    job_ended = asyncio.Event()

    async def idle() -> None:
        await job_ended.wait()

    working = asyncio.create_task(service.complete(idle))
    await service.ensure(["ffv1"])  # who asks is served although the background waits
    assert service.snapshot().supports("ffv1")
    assert not trials(program, "mpeg4")
    job_ended.set()
    await working
    assert service.snapshot().supports("mpeg4")


async def test_work_that_is_cut_short_is_remembered(make: Make, tmp_path: Path) -> None:
    program = few("mpeg4", "ffv1").answering("ffv1", {"forever": True}).write(tmp_path / "ffmpeg")
    service = make(program)
    await service.prepare()
    working = asyncio.create_task(service.complete(never_busy))
    while not service.report("mpeg4"):  # noqa: ASYNC110 - what is waited for is a value, not an event
        await asyncio.sleep(0.01)
    working.cancel()
    with pytest.raises(asyncio.CancelledError):
        await working
    again = make(program)
    await again.prepare()
    assert again.snapshot().supports("mpeg4")
    assert again.report("ffv1") is None


async def test_a_vendors_tool_that_names_another_driver_leads_to_new_trials(make: Make, tmp_path: Path) -> None:
    nodes = NodeDetector()
    program = few("h264_node:h264").answering("h264_node", NO_CUDA).write(tmp_path / "ffmpeg")
    first = make(program, extra=[nodes])
    await first.prepare()
    few("h264_node:h264").write(tmp_path / "ffmpeg")

    class Updated(NodeDetector):
        async def devices(self, run: ToolRunner) -> tuple[Device, ...]:
            return tuple(evolve(device, driver="2.0") for device in await super().devices(run))

    second = make(program, extra=[Updated()])
    await second.prepare()
    assert not second.snapshot().supports("h264_node")  # remembered
    await second.complete(never_busy)
    assert second.snapshot().supports("h264_node")
