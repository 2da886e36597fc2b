"""Targets: the quality is searched for on the server, and what comes out is as close to its source as was wanted."""

from __future__ import annotations

import asyncio
import json
import re
import subprocess
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from attrs import evolve

from ffx.core.messages import JobCancel, JobFailed, JobSubmit
from ffx.core.model import JobResult
from ffx.core.recipe import Recipe, Trim
from ffx.core.targets import Metric, Target
from ffx.server.capabilities import CapabilityService
from tests.media.running import until
from tests.server.conftest import MakeServer, Rig
from tests.server.talk import FAST, Talk
from tests.support import children

AIMED = evolve(FAST, preset="veryfast", target=Target(Metric.VMAF, 88.0))
BRIEF = evolve(AIMED, trim=Trim(2.0, 4.0))
"""Two seconds are enough for what does not depend on the film."""
TOLERANCE = 1.0
"""VMAF between what is wanted and what an independent measurement of the whole output says."""


@pytest.fixture
async def rig(make_server: MakeServer, capabilities: CapabilityService, tmp_path: Path) -> AsyncIterator[Rig]:
    """A server that remembers no search."""
    capabilities.cache_folder = tmp_path / "cache"
    async with make_server() as rig:
        yield rig


async def result(talk: Talk, recipe: Recipe, *, job_id: str = "job") -> tuple[JobResult, bytes]:
    job = talk.job(recipe, job_id=job_id)
    completed = await talk.run(job)
    return completed.result, await talk.fetch(job)


def vmaf(ffmpeg: Path, picture: Path, source: Path, *of_source: str) -> float:
    """As anybody would measure it."""
    graph = "[0:v]settb=1/25,setpts=N[a];[1:v]settb=1/25,setpts=N[b];[a][b]libvmaf"
    argv = [str(ffmpeg), "-hide_banner", "-i", str(picture), *of_source, "-i", str(source)]
    said = subprocess.run([*argv, "-lavfi", graph, "-f", "null", "-"], capture_output=True, text=True, check=True)
    found = re.search("VMAF score: ([0-9.]+)", said.stderr)
    assert found
    return float(found[1])


async def measured(output: bytes, tmp_path: Path, ffmpeg: Path, source: Path, *of_source: str) -> float:
    file = tmp_path / "fetched.mp4"
    file.write_bytes(output)
    return await asyncio.to_thread(vmaf, ffmpeg, file, source, *of_source)


async def failure(rig: Rig, talk: Talk, recipe: Recipe) -> JobFailed:
    await talk.start(talk.job(recipe))
    failed = await talk.next(JobFailed)
    assert failed.code == "target_missed"
    assert rig.job_files() == []
    assert children() == []
    return failed


@pytest.mark.parametrize("wanted", [80.0, 93.0])
async def test_the_output_is_as_close_as_is_wanted(
    rig: Rig, talk: Talk, clip: Path, ffmpeg9: Path, tmp_path: Path, wanted: float
) -> None:
    told, output = await result(talk, evolve(AIMED, target=Target(Metric.VMAF, wanted)))
    assert told.likeness is not None
    assert told.likeness.metric is Metric.VMAF
    assert told.likeness.quality is not None
    found = await measured(output, tmp_path, ffmpeg9, clip)
    assert abs(found - wanted) <= TOLERANCE
    assert told.likeness.score == pytest.approx(found, abs=0.1)
    assert told.warnings == ()


async def test_a_part_of_the_source_is_compared_with_that_part(
    rig: Rig, talk: Talk, clip: Path, ffmpeg9: Path, tmp_path: Path
) -> None:
    told, output = await result(talk, evolve(AIMED, trim=Trim(2.0, 5.0)))
    found = await measured(output, tmp_path, ffmpeg9, clip, "-ss", "2", "-t", "3")
    assert told.likeness is not None
    assert told.likeness.score == pytest.approx(found, abs=0.3)
    assert abs(found - 88) <= TOLERANCE


async def test_a_second_search_goes_by_what_the_first_one_measured(rig: Rig, talk: Talk) -> None:
    first, _ = await result(talk, BRIEF)
    file = rig.capabilities.cache_folder / "probes.json"
    known = file.read_bytes()
    again, _ = await result(talk, BRIEF, job_id="again")
    assert again.likeness == first.likeness
    assert file.read_bytes() == known
    told, _ = await result(talk, evolve(BRIEF, target=Target(Metric.VMAF)), job_id="told")
    assert told.likeness is not None
    assert file.read_bytes() == known  # which a measurement alone does not forget
    file.write_bytes(b"[{")
    anew, _ = await result(talk, BRIEF, job_id="anew")
    assert anew.likeness is not None
    assert first.likeness is not None
    # Not to the last digit: an encoder with several threads makes other bytes now and then.
    assert anew.likeness.score == pytest.approx(first.likeness.score, abs=0.3)
    assert [set(search) for search in json.loads(file.read_bytes())] == [{"key", "probes"}]


async def test_without_a_value_nothing_is_searched_for_but_the_likeness_is_told(rig: Rig, talk: Talk) -> None:
    plain, untouched = await result(talk, FAST)
    told, output = await result(talk, evolve(FAST, target=Target(Metric.SSIM)), job_id="told")
    assert output == untouched
    assert plain.likeness is None
    assert told.likeness is not None
    assert (told.likeness.metric, told.likeness.quality) == (Metric.SSIM, None)
    assert 0.9 < told.likeness.score < 1


async def test_another_metric_takes_the_place_of_one_that_this_ffmpeg_lacks(
    rig: Rig, talk: Talk, clip: Path, ffmpeg9: Path, tmp_path: Path
) -> None:
    rig.capabilities._filters = frozenset({"ssim", "scale"})  # as Debian's FFmpeg 5.1 lists them
    told, output = await result(talk, BRIEF)
    assert told.likeness is not None
    assert told.likeness.metric is Metric.SSIM
    assert told.warnings == ("this server's FFmpeg has no vmaf: ssim 0.9648 was aimed at, which is about the same",)
    assert 75 < await measured(output, tmp_path, ffmpeg9, clip, "-ss", "2", "-t", "2") < 97


async def test_a_size_that_is_not_enough_is_told_before_the_encode(rig: Rig, talk: Talk, clip: Path) -> None:
    failed = await failure(rig, talk, evolve(AIMED, target=Target(Metric.VMAF, 95.0, max_ratio=0.8)))
    words = r"vmaf 9[0-9.]+ takes about [0-9.]+ kB, more than 668 kB; that is enough for about vmaf ([0-9]+)"
    told = re.fullmatch(words, failed.message)
    assert told
    enough, _ = await result(talk, evolve(AIMED, target=Target(Metric.VMAF, float(told[1]))), job_id="less")
    assert 0.65 < enough.file_size / clip.stat().st_size < 0.85


async def test_without_a_search_a_size_is_a_limit_too(rig: Rig, talk: Talk) -> None:
    recipe = evolve(FAST, trim=Trim(0.0, 2.0), target=Target(Metric.SSIM, max_size=100_000))
    failed = await failure(rig, talk, recipe)
    assert re.match("ssim 0.9[0-9]* takes about [0-9.]+ kB, more than 100 kB$", failed.message)


async def test_what_cannot_be_reached_is_told(rig: Rig, talk: Talk) -> None:
    blurred = evolve(BRIEF, encoder="mpeg4", preset="", target=Target(Metric.VMAF, 99.9))
    failed = await failure(rig, talk, blurred)
    assert "vmaf 99.9 cannot be reached: the best quality of this encoder, 2, comes to" in failed.message


async def test_a_job_that_is_cancelled_while_it_is_searched_for_leaves_nothing(rig: Rig, talk: Talk) -> None:
    slow = evolve(AIMED, filters=("realtime=speed=0.05",))
    job = talk.job(slow)
    await talk.start(job)
    await until(lambda: bool(list(rig.temp_dir.rglob("reference-0.mkv"))))
    await talk.ask(JobCancel(job.job_id, 1))
    assert rig.job_files() == []
    assert children() == []


async def test_a_target_beside_a_quality_is_refused_at_once(rig: Rig, talk: Talk) -> None:
    job = talk.job(evolve(AIMED, ffmpeg_args=("-crf", "20")))
    answer = await talk.ask(JobSubmit(job, 1))
    assert "a target takes the place of a quality or a bitrate" in str(answer)
