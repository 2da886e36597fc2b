"""Servers that sleep, forget, flap, disappear, and bytes and words that are not what was sent."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

import pytest

from ffx.core.model import JobState
from tests.faults.harness import FAST, HASTY, LARGE, MEGABYTE, Ground, paced, until


def test_a_server_that_stood_still_longer_than_the_lease_is_too_late(ground: Ground) -> None:
    studio, attic = ground.server("studio"), ground.server("attic")
    studio.start()
    client = ground.client(studio, attic, lease=HASTY)
    run = client.submit(ground.source(), options=paced(2))
    (ffmpeg,) = studio.encoding()
    studio.run.suspend()
    attic.start()
    attic.encoding()
    until(lambda: not ffmpeg.is_running() or ffmpeg.status() == "zombie", "its FFmpeg coming to its end")
    studio.run.resume()  # and now it has a result
    run.ends_well()
    assert [attempt.server for attempt in client.attempts()] == ["studio", "attic"]
    assert (len(studio.encodes()), len(attic.encodes())) == (1, 1)


def test_a_server_that_lost_its_memory_gets_the_job_again(ground: Ground) -> None:
    (studio,) = ground.started("studio")
    client = ground.client(studio)
    run = client.submit(ground.source(), options=paced(4))
    studio.encoding()
    studio.kill()
    studio.forget()
    studio.start()
    run.ends_well()
    assert len(studio.encodes()) == 2
    assert client.job().failures == 0


def test_a_server_that_lost_a_finished_result_makes_it_again(ground: Ground) -> None:
    (studio,) = ground.started("studio")
    relay = ground.relay(studio)
    client = ground.client(relay)
    relay.hold("download")
    run = client.submit(ground.source(), options=LARGE)
    relay.held("download")
    studio.kill()
    studio.forget()
    relay.go_on()
    studio.start()
    run.ends_well()
    assert len(studio.encodes()) == 2
    assert client.job().failures == 0


def test_a_flapping_server_does_its_jobs_in_the_end(ground: Ground) -> None:
    (studio,) = ground.started("studio", FFX_MAX_JOBS="1")
    client = ground.client(studio)
    run = client.submit(*ground.sources(3), options=paced(8))
    for count in range(1, 4):
        until(lambda count=count: len(studio.encodes()) >= count, f"encode {count}")  # type: ignore[misc]
        studio.kill()
        studio.start()
    run.ends_well(60)
    assert {job.failures for job in client.jobs()} == {0}


def test_all_servers_gone_for_a_while_the_jobs_wait(ground: Ground) -> None:
    servers = ground.started("studio", "attic")
    client = ground.client(*servers, lease=HASTY)
    run = client.submit(*ground.sources(3), options=paced(4))
    until(lambda: any(server.ffmpegs() for server in servers), "an encode")
    for server in servers:
        server.kill()
    until(lambda: all(job.state is JobState.PENDING for job in client.jobs()), "the loss of all of them")
    assert run.is_running
    for server in servers:
        server.start()
    run.ends_well(60)
    assert {job.failures for job in client.jobs()} == {0}


@pytest.mark.parametrize("fault", ["repeats", "swaps"])
def test_words_that_come_twice_or_late_change_nothing(fault: str, ground: Ground) -> None:
    (studio,) = ground.started("studio")
    relay = ground.relay(studio)
    client = ground.client(relay)
    run = client.submit(*ground.sources(2), options=paced(4))
    studio.encoding()  # the conversation has begun in order
    setattr(relay, fault, True)
    run.ends_well()
    assert relay.words > 3, "hardly a word was meddled with"
    assert len(studio.encodes()) == 2
    assert {job.failures for job in client.jobs()} == {0}


def test_a_bit_that_flips_on_the_way_there_is_found_before_anything_is_encoded(ground: Ground) -> None:
    (studio,) = ground.started("studio")
    relay = ground.relay(studio)
    client = ground.client(relay)
    relay.flip("upload", at=MEGABYTE)
    source = ground.source(padding=2 * MEGABYTE)
    client.submit(source, options=FAST).ends_well()
    assert relay.passed["upload"] > 2 * source.stat().st_size, "it was not sent again"
    assert len(studio.encodes()) == 1
    assert [attempt.attempt for attempt in client.attempts()] == [1]


def test_a_bit_that_flips_on_the_way_back_is_found_and_only_fetched_again(ground: Ground) -> None:
    (studio,) = ground.started("studio")
    relay = ground.relay(studio)
    client = ground.client(relay)
    relay.flip("download", at=MEGABYTE)
    client.submit(ground.source(), options=LARGE).ends_well()
    (job,) = client.jobs()
    assert job.result is not None
    assert relay.passed["download"] > 2 * job.result.file_size, "it was not fetched again"
    assert len(studio.encodes()) == 1


@pytest.mark.parametrize("way", ["upload", "download"])
def test_a_server_that_answers_while_no_file_gets_through_is_left_for_another(
    way: Literal["upload", "download"], ground: Ground
) -> None:
    studio, attic = ground.started("studio", "attic")
    relay = ground.relay(studio)
    client = ground.client(relay, attic)
    relay.refuses = way
    client.submit(ground.source(), options=FAST).ends_well(60)
    assert [(attempt.server, attempt.code) for attempt in client.attempts()] == [
        ("studio", "transfer_broken"),
        ("attic", ""),
    ]
    assert client.job().failures == 0


def flip(file: Path, at: int) -> None:
    with file.open("rb+") as stream:
        stream.seek(at)
        (byte,) = stream.read(1)
        stream.seek(at)
        stream.write(bytes([byte ^ 1]))


def test_a_bit_that_flips_in_the_spool_while_the_input_arrives_is_found(ground: Ground) -> None:
    (studio,) = ground.started("studio")
    relay = ground.relay(studio)
    client = ground.client(relay)
    relay.hold("upload", after=8 * MEGABYTE)
    run = client.submit(ground.source(padding=12 * MEGABYTE), options=FAST)
    relay.held("upload")
    (arriving,) = until(
        lambda: [file for file in studio.spool_files() if file.stat().st_size > 2 * MEGABYTE], "bytes on the server"
    )
    studio.kill()  # what it knew of these bytes is gone with it: the next life reads them from the disk
    flip(arriving, MEGABYTE)
    relay.go_on()
    studio.start()
    run.ends_well()
    assert len(studio.encodes()) == 1


def test_a_bit_that_flips_in_the_spool_after_the_encode_is_found_before_it_is_committed(ground: Ground) -> None:
    (studio,) = ground.started("studio")
    relay = ground.relay(studio)
    client = ground.client(relay)
    relay.hold("download")
    run = client.submit(ground.source(), options=LARGE)
    relay.held("download")
    (result,) = studio.outputs_begun()
    flip(result, result.stat().st_size - 1000)
    relay.go_on()
    run.ends_well(60)
    assert len(studio.encodes()) == 2, "what was damaged there can only be made again"


def test_a_source_that_changes_while_it_is_sent_fails_its_job(ground: Ground) -> None:
    (studio,) = ground.started("studio")
    relay = ground.relay(studio)
    client = ground.client(relay)
    client.end_states = {JobState.FAILED}
    source = ground.source(padding=12 * MEGABYTE)
    relay.hold("upload", after=4 * MEGABYTE)
    run = client.submit(source, options=FAST)
    relay.held("upload")
    with source.open("rb+") as stream:
        stream.seek(10 * MEGABYTE)
        stream.write(b"another film")
    relay.go_on()
    assert run.wait() == 1
    assert "in.mp4 changed while it was being sent; submit it again" in run.out + run.err
    assert not studio.encodes()
