"""FFmpeg stops, hangs, crashes, never ends, or calls a success what is none: nothing of it is ever committed."""

from __future__ import annotations

import signal

import pytest

from ffx.client.queue.records import AttemptEnd
from ffx.core.model import JobState
from tests.faults.harness import FAST, Client, Ground, Run, Server, paced
from tests.faults.harness.orders import Order, install_shim

WATCHFUL = "ffx.media.watchdog:STALL_LIMIT=3.0 ffx.media.watchdog:ENDLESS_MARGIN=5.0"
"""Seconds without a sign of life, and seconds too long, where people are given minutes."""

UNHURRIED = {"ffx.client.farm:LOOK_AROUND_SECONDS": 20.0}
"""So that the server to be asked first is there when the first is chosen, however busy the machine is."""


def check_failed_then_done(client: Client, run: Run, code: str, first: Server, other: Server) -> None:
    """The first attempt failed with this code, the second one went elsewhere and was committed."""
    run.ends_well()
    failed, committed = client.attempts()
    assert (failed.end, failed.code, failed.server) == (AttemptEnd.FAILED, code, first.name), client.describe()
    assert (committed.end, committed.server) == (AttemptEnd.COMMITTED, other.name)
    assert failed.message, "it says nothing"


@pytest.mark.parametrize(
    ("order", "code"),
    [
        ("short", "verification_failed"),
        ("empty", "encode_failed"),
        ("missing", "encode_failed"),
        ("crashes", "crashed"),
        ("fails", "encode_failed"),
        ("hangs", "stuck"),
        ("stops", "stuck"),
        ("endless", "endless"),
    ],
)
def test_a_run_that_is_none_is_found_out_and_the_job_is_done_elsewhere(order: Order, code: str, ground: Ground) -> None:
    first, other = ground.started("studio", "attic", FAULTS_CONSTANTS=WATCHFUL)
    client = ground.client(first, other, constants=UNHURRIED)
    first.orders.give(order)
    run = client.submit(ground.source(), options=FAST)
    check_failed_then_done(client, run, code, first, other)


def test_stopped_in_the_middle_it_is_found_out(ground: Ground) -> None:
    first, other = ground.started("studio", "attic", FAULTS_CONSTANTS=WATCHFUL)
    client = ground.client(first, other, constants=UNHURRIED)
    run = client.submit(ground.source(), options=paced(2))
    (ffmpeg,) = first.encoding()
    ffmpeg.send_signal(signal.SIGSTOP)
    check_failed_then_done(client, run, "stuck", first, other)


def test_a_gigabyte_of_complaints_harms_nobody(ground: Ground) -> None:
    (studio,) = ground.started("studio")
    client = ground.client(studio)
    studio.orders.give("floods")
    run = client.submit(ground.source(), options=FAST)
    run.ends_well(90)
    assert len(studio.encodes()) == 1
    assert len(studio.log) < 100_000


def test_a_poison_job_fails_alone(ground: Ground) -> None:
    """It fails everywhere; the servers go on with the others and are not set aside for it."""
    studio, attic = ground.started("studio", "attic", FFX_MAX_JOBS="1")
    client = ground.client(studio, attic)
    client.end_states = {JobState.COMPLETED, JobState.FAILED}
    for server in (studio, attic):
        server.orders.give(then="crashes")
    poison = client.submit(ground.source("poison.mp4"), options=FAST)
    assert poison.wait() == 1
    assert [attempt.code for attempt in client.attempts()] == ["crashed", "crashed"]
    for server in (studio, attic):
        server.orders.give()
    client.submit(*ground.sources(2), options=FAST).ends_well()
    assert {job.state for job in client.jobs()[1:]} == {JobState.COMPLETED}
    assert "aside" not in client.ok("servers")


def test_the_session_limit_of_a_gpu_is_a_full_house_and_no_failure(ground: Ground) -> None:
    gpu = install_shim(ground.folder / "gpu" / "ffmpeg", sessions=1)
    studio = ground.server("studio", FFX_FFMPEG=str(gpu), FFX_MAX_JOBS="3")
    studio.start()
    client = ground.client(studio)
    run = client.submit(*ground.sources(3), options=("--encoder", "h264_nvenc", "--filter", "realtime=speed=4"))
    run.ends_well()
    assert {job.failures for job in client.jobs()} == {0}, client.describe()
    codes = [attempt.code for number in (1, 2, 3) for attempt in client.attempts(number) if attempt.code]
    assert set(codes) == {"encoder_full"}, codes


def test_removed_between_jobs_the_server_is_left_alone_until_it_is_back(ground: Ground) -> None:
    own = install_shim(ground.folder / "own" / "ffmpeg")
    studio = ground.server("studio", FFX_FFMPEG=str(own))
    studio.start()
    attic = ground.server("attic")
    client = ground.client(studio, attic)
    client.submit(ground.source("before.mp4"), options=FAST).ends_well()
    own.unlink()
    attic.start()
    client.submit(ground.source("after.mp4"), options=FAST).ends_well()
    assert client.attempts(2)[-1].server == "attic"
    failed = [attempt for attempt in client.attempts(2) if attempt.server == "studio"]
    assert all("could not be started" in attempt.message for attempt in failed), failed
    install_shim(own)
    client.submit(ground.source("again.mp4"), options=FAST).ends_well()
