"""Every reason to refuse a job, and the order in which they are given."""

from __future__ import annotations

import asyncio
import errno
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from attrs import evolve

from ffx.core.messages import (
    RETRY_AFTER_FULL,
    CapabilityRequest,
    CapabilityResponse,
    CapabilityUpdate,
    ErrorMessage,
    FileChunk,
    FileUploadStart,
    JobCancel,
    JobRejected,
    JobSubmit,
    Ping,
    ValidationErrorMessage,
)
from ffx.core.model import EncoderReport, ServerStatus
from ffx.core.recipe import QualityMode, Recipe
from ffx.server.admission import estimated_duration
from tests.server.conftest import MakeServer, Rig
from tests.server.talk import COPY, FAST, SLOW, Talk


def places(rig: Rig) -> tuple[int, int]:
    """How many jobs encode and how many wait."""
    info = rig.server.info()
    return info.current_jobs, info.waiting_jobs


async def rejected(talk: Talk, recipe: Recipe = FAST, **changes: Any) -> JobRejected:
    job = evolve(talk.job(recipe), **changes)
    answer = await talk.ask_for(JobRejected, JobSubmit(job))
    assert (answer.job_id, answer.attempt) == (job.job_id, 1)
    assert answer.message
    assert "\n" not in answer.message
    return answer


async def test_a_job_takes_a_place_and_no_slot_before_it_encodes(rig: Rig, talk: Talk) -> None:
    accepted = await talk.submit(talk.job())
    assert (accepted.job_id, accepted.attempt) == ("job", 1)
    assert places(rig) == (0, 1)


async def test_a_full_server_says_when_to_ask_again(make_server: MakeServer) -> None:
    async with make_server(max_jobs=1, max_waiting=2) as rig:
        talk = await rig.talk()
        await talk.encode(talk.job(SLOW, job_id="encodes"))
        assert places(rig) == (1, 0)
        assert rig.server.info().status is ServerStatus.BUSY
        for name in ("one", "two"):
            await talk.submit(talk.job(job_id=name))
        assert places(rig) == (1, 2)
        refusal = await rejected(talk)
        assert (refusal.code, refusal.retry_after) == ("server_full", RETRY_AFTER_FULL)
        assert refusal.message == ("1 jobs encode and 2 wait here; this server takes 1 and 2 ahead, ask again later")
        await talk.ask(JobCancel("one", 1))
        await talk.submit(talk.job())


async def test_a_token_has_its_share_and_no_more(make_server: MakeServer) -> None:
    async with make_server(max_jobs=1, max_waiting=5, token_jobs=2) as rig:
        talk = await rig.talk()
        for name in ("one", "two"):
            await talk.submit(talk.job(job_id=name))
        refusal = await rejected(talk)
        assert (refusal.code, refusal.retry_after) == ("server_full", RETRY_AFTER_FULL)
        assert refusal.message == "2 jobs with your token are here, and it may have 2 at a time; ask again later"
        await talk.ask(JobCancel("one", 1))
        await talk.submit(talk.job())


async def test_a_token_may_take_so_much_of_the_disk(make_server: MakeServer) -> None:
    async with make_server(max_jobs=1, max_waiting=5, token_size=1_000_000) as rig:
        refusal = await rejected(await rig.talk())
        assert refusal.code == "server_full"
        assert "and may take 1000000; ask again later" in refusal.message


async def test_nothing_is_taken_ahead_where_that_is_not_wanted(make_server: MakeServer) -> None:
    async with make_server(max_jobs=2, max_waiting=0) as rig:
        assert rig.server.info().max_waiting == 0
        talk = await rig.talk()
        await talk.encode(talk.job(SLOW, job_id="one"))
        await talk.submit(talk.job(job_id="two"))
        assert (await rejected(talk)).code == "server_full"


async def test_as_many_are_taken_ahead_as_there_are_slots(make_server: MakeServer) -> None:
    async with make_server(max_jobs=3) as rig:
        assert (rig.server.info().max_jobs, rig.server.info().max_waiting) == (3, 3)


async def test_a_draining_server_takes_nothing_and_goes_on_with_what_it_has(rig: Rig, talk: Talk) -> None:
    job = talk.job(COPY, job_id="before")
    await talk.submit(job)
    await rig.server.drain()
    while (await talk.next(CapabilityUpdate)).server.status is not ServerStatus.MAINTENANCE:
        pass
    assert (await rejected(talk)).code == "maintenance"
    await talk.submit(job)
    await talk.upload(job)


async def test_who_waits_for_a_trial_when_the_server_begins_to_drain_is_refused(
    rig: Rig, talk: Talk, monkeypatch: pytest.MonkeyPatch
) -> None:
    tried = asyncio.Event()
    real_trial = rig.capabilities.ensure

    async def slow_trial(encoders: Sequence[str]) -> None:
        await tried.wait()
        await real_trial(encoders)

    monkeypatch.setattr(rig.capabilities, "ensure", slow_trial)
    submission = await talk.send(JobSubmit(talk.job()))
    await talk.ask(Ping())
    await rig.server.drain()
    tried.set()
    assert (await talk.answer(submission, JobRejected)).code == "maintenance"
    assert places(rig) == (0, 0)


async def test_a_large_file_is_refused_with_the_limit(make_server: MakeServer) -> None:
    async with make_server(max_file_size=1000) as rig:
        talk = await rig.talk()
        refusal = await rejected(talk, file_size=1001)
        assert (refusal.code, refusal.retry_after) == ("too_large", None)
        assert "1001" in refusal.message
        assert "1000" in refusal.message


async def test_a_file_that_grew_after_submission_is_refused(make_server: MakeServer) -> None:
    async with make_server(max_file_size=1000) as rig:
        talk = await rig.talk()
        await talk.submit(evolve(talk.job(), file_size=1000))
        assert (await talk.ask_for(ErrorMessage, FileUploadStart("job", 1, 1001))).code == "too_large"
        await talk.ask_for(FileChunk, FileUploadStart("job", 1, 1000))


async def test_a_negative_size_does_not_fit(talk: Talk) -> None:
    await talk.submit(talk.job())
    answer = await talk.ask_for(ValidationErrorMessage, FileUploadStart("job", 1, -1))
    assert answer.path == "data.size"


async def test_without_room_on_the_disk_a_job_is_refused(make_server: MakeServer) -> None:
    async with make_server(disk_reserve=10**18) as rig:
        refusal = await rejected(await rig.talk())
        assert (refusal.code, refusal.retry_after) == ("disk_full", None)


async def test_a_disk_that_takes_no_folder_is_full(rig: Rig, talk: Talk, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(suffix: str) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(rig.server._spool, "job_folder", full)
    refusal = await rejected(talk)
    assert (refusal.code, refusal.retry_after) == ("disk_full", RETRY_AFTER_FULL)
    assert rig.server.info().waiting_jobs == 0


async def test_room_is_promised_once(rig: Rig, talk: Talk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rig.server._spool, "free_space", lambda: 3000)
    await talk.submit(evolve(talk.job(job_id="one"), file_size=1000))
    refusal = await rejected(talk, file_size=501)
    assert (refusal.code, refusal.retry_after) == ("disk_full", RETRY_AFTER_FULL)
    await talk.submit(evolve(talk.job(), file_size=500))


@pytest.mark.parametrize(
    "recipe",
    [
        evolve(FAST, preset="warp"),
        evolve(FAST, quality_mode=QualityMode.CRF, quality_value=99.0),
        evolve(FAST, quality_mode=QualityMode.QUALITY, quality_value=101.0),
        evolve(FAST, quality_mode=QualityMode.BITRATE, quality_value=0.0),
        evolve(FAST, two_pass=True),
        evolve(FAST, encoder="", codec="h264"),
        evolve(FAST, container=""),
        evolve(FAST, container="../../etc/cron.d/x"),
        evolve(FAST, container="segment"),
        evolve(FAST, container="no_such_muxer"),
        evolve(FAST, encoder="aac"),
        evolve(FAST, ffmpeg_args=("-x264-params", "dump-yuv=/tmp/x")),
        evolve(FAST, filters=("movie=/etc/passwd",)),
        evolve(COPY, ffmpeg_args=("-attach", "/etc/passwd")),
    ],
)
async def test_an_impossible_recipe_is_refused(rig: Rig, talk: Talk, recipe: Recipe) -> None:
    refusal = await rejected(talk, recipe)
    assert (refusal.code, refusal.retry_after) == ("invalid_recipe", None)
    assert rig.job_files() == []


@pytest.mark.parametrize(
    ("changes", "missing"),
    [
        ({"recipe": evolve(FAST, encoder="libx999", preset="")}, ("libx999",)),
        ({"recipe": evolve(FAST, encoder="hevc_nvenc", preset="")}, ("hevc_nvenc",)),
        ({"recipe": FAST.with_sound_encoder("libnothing")}, ("libnothing",)),
        ({"required_capabilities": ("matroska", "libnothing", "aac")}, ("libnothing",)),
    ],
)
async def test_what_was_not_seen_to_work_is_named(
    talk: Talk, changes: dict[str, Any], missing: tuple[str, ...]
) -> None:
    refusal = await rejected(talk, **changes)
    assert (refusal.code, refusal.missing, refusal.retry_after) == ("incompatible_encoder", missing, None)
    assert all(name in refusal.message for name in missing)


@pytest.mark.parametrize(
    ("job_id", "attempt", "path"), [("", 1, "data.configuration.job_id"), ("x", 0, "data.attempt")]
)
async def test_a_job_has_a_name_and_a_number(talk: Talk, job_id: str, attempt: int, path: str) -> None:
    answer = await talk.ask_for(ValidationErrorMessage, JobSubmit(talk.job(job_id=job_id), attempt))
    assert answer.path == path


async def test_the_same_submission_is_accepted_again_in_the_same_slot(rig: Rig, talk: Talk) -> None:
    job = talk.job()
    assert await talk.submit(job) == await talk.submit(job)
    assert places(rig) == (0, 1)
    assert len(rig.job_files()) == 1


async def test_another_job_under_the_same_name_is_a_duplicate(rig: Rig, talk: Talk) -> None:
    await talk.submit(talk.job())
    assert (await rejected(talk, duration=9.0)).code == "duplicate_job"
    assert places(rig) == (0, 1)


async def test_another_priority_makes_no_other_job(rig: Rig, talk: Talk) -> None:
    await talk.submit(talk.job())
    await talk.submit(evolve(talk.job(), priority=9))
    assert places(rig) == (0, 1)


async def test_an_attempt_that_ended_here_does_not_come_back(talk: Talk) -> None:
    await talk.submit(talk.job())
    await talk.ask(JobCancel("job", 1))
    assert (await rejected(talk)).code == "duplicate_job"
    await talk.submit(talk.job(), attempt=2)


async def test_a_newer_attempt_replaces_an_older_one(rig: Rig, talk: Talk) -> None:
    await talk.encode(talk.job(SLOW))
    await talk.submit(talk.job(SLOW), attempt=2)
    assert places(rig) == (0, 1)
    assert len(rig.job_files()) == 1
    assert (await rejected(talk)).code == "duplicate_job"
    assert (await talk.ask_for(ErrorMessage, FileUploadStart("job", 1, 5))).code == "unknown_job"


async def test_the_first_reason_is_given(make_server: MakeServer) -> None:
    async with make_server(max_file_size=1000, max_jobs=1) as rig:
        talk = await rig.talk()
        wrong = evolve(FAST, preset="warp")
        await talk.submit(evolve(talk.job(job_id="one"), file_size=10))
        assert (await rejected(talk, evolve(FAST, encoder="libx999", preset=""), file_size=10)).code == (
            "incompatible_encoder"
        )
        assert (await rejected(talk, wrong, file_size=10)).code == "invalid_recipe"
        assert (await rejected(talk, wrong, file_size=1001)).code == "too_large"
        await rig.server.drain()
        assert (await rejected(talk, wrong, file_size=1001)).code == "maintenance"
        assert (await rejected(talk, wrong, job_id="one")).code == "maintenance"


async def test_capabilities_are_tried_and_shared_out(rig: Rig, talk: Talk) -> None:
    await talk.encode(talk.job(SLOW))
    asked = ("libx264", "hevc_nvenc", "libx264", "matroska", "nothing")
    answer = await talk.ask_for(CapabilityResponse, CapabilityRequest(asked))
    assert answer.compatible == ("libx264", "matroska")
    assert answer.missing == ("hevc_nvenc", "nothing")
    assert answer.compatibility_score == 0.5
    assert answer.load == 0.5
    assert answer.capabilities.encoder("libx264") == rig.capabilities.report("libx264")


async def test_who_asks_for_nothing_is_answered_with_everything(talk: Talk) -> None:
    answer = await talk.ask_for(CapabilityResponse, CapabilityRequest())
    assert (answer.compatibility_score, answer.compatible, answer.missing) == (1.0, (), ())
    assert answer.capabilities.supports("libx264")


@pytest.mark.parametrize(
    ("fps", "resolution", "frames", "seconds"),
    [
        (50.0, "1920x1080", 500, 10.0),
        (50.0, "960x540", 500, 2.5),
        (50.0, "3840x2160", 500, 40.0),
        (0.0, "1920x1080", 500, 0.0),
        (50.0, "", 500, 0.0),
        (50.0, "1920x", 500, 0.0),
        (50.0, "bigxwide", 500, 0.0),
        (50.0, "1920x1080", 0, 0.0),
    ],
)
def test_the_duration_follows_from_the_measured_speed(fps: float, resolution: str, frames: int, seconds: float) -> None:
    job = Talk(None, Path(__file__)).job()  # type: ignore[arg-type]  # says nothing
    job = evolve(job, resolution=resolution, frames=frames)
    assert estimated_duration(job, EncoderReport("libx264", "h264", fps=fps)) == pytest.approx(seconds)
    assert estimated_duration(job, None) == 0.0
