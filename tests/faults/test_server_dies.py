"""A server is killed at any moment of a job: the job goes on where it can, and is never encoded twice for nothing."""

from __future__ import annotations

from tests.faults.harness import FAST, HASTY, LARGE, MEGABYTE, Ground, paced, until


def test_killed_mid_upload_it_goes_on_at_the_servers_offset(ground: Ground) -> None:
    (studio,) = ground.started("studio")
    relay = ground.relay(studio)
    client = ground.client(relay)
    source = ground.source(padding=12 * MEGABYTE)
    relay.hold("upload", after=8 * MEGABYTE)
    run = client.submit(source, options=FAST)
    relay.held("upload")
    until(lambda: any(file.stat().st_size > 2 * MEGABYTE for file in studio.spool_files()), "bytes on the server")
    studio.kill()
    relay.go_on()
    studio.start()
    run.ends_well()
    sent, size = relay.passed["upload"], source.stat().st_size
    assert sent < size + 7 * MEGABYTE, f"{sent} bytes were sent of a file of {size}: it did not go on at the offset"
    assert [attempt.attempt for attempt in client.attempts()] == [1]


def test_killed_mid_encode_its_ffmpeg_dies_and_the_job_goes_elsewhere(ground: Ground) -> None:
    studio, attic = ground.started("studio", "attic")
    client = ground.client(studio, attic, lease=HASTY)
    run = client.submit(ground.source(), options=paced(4))
    first, other = ground.whoever_encodes()
    (ffmpeg,) = first.encoding()
    first.kill()
    until(lambda: not ffmpeg.is_running(), "the end of its FFmpeg", 2)
    run.ends_well()
    assert [attempt.server for attempt in client.attempts()] == [first.name, other.name]
    assert len(other.encodes()) == 1
    first.start()  # to hear that nobody wants what it has


def test_killed_mid_encode_and_back_at_once_the_same_attempt_begins_anew_from_the_kept_input(ground: Ground) -> None:
    (studio,) = ground.started("studio")
    relay = ground.relay(studio)
    client = ground.client(relay)
    source = ground.source(padding=3 * MEGABYTE)
    run = client.submit(source, options=paced(4))
    studio.encoding()
    studio.kill()
    studio.start()
    run.ends_well()
    assert len(studio.encodes()) == 2
    assert relay.passed["upload"] < source.stat().st_size + MEGABYTE, "the input was there and was sent again"


def test_killed_mid_download_the_rest_is_fetched(ground: Ground) -> None:
    (studio,) = ground.started("studio")
    relay = ground.relay(studio)
    client = ground.client(relay)
    relay.hold("download", after=3 * MEGABYTE)
    run = client.submit(ground.source(), options=LARGE)
    relay.held("download")
    until(lambda: [part for part in client.out_dir.glob(".*.part") if part.stat().st_size > MEGABYTE], "bytes here")
    studio.kill()
    relay.go_on()
    studio.start()
    run.ends_well()
    (job,) = client.jobs()
    assert job.result is not None
    assert relay.passed["download"] < job.result.file_size + 3 * MEGABYTE, "what was there already was fetched again"
    assert len(studio.encodes()) == 1
    assert [attempt.attempt for attempt in client.attempts()] == [1]


def test_killed_after_done_and_before_the_acknowledgement_nothing_is_encoded_again(ground: Ground) -> None:
    (studio,) = ground.started("studio")
    relay = ground.relay(studio)
    client = ground.client(relay)
    relay.hold("download")
    run = client.submit(ground.source(), options=LARGE)
    relay.held("download")  # the result is there, and hardly a byte of it is here
    studio.kill()
    relay.go_on()
    studio.start()
    run.ends_well()
    assert len(studio.encodes()) == 1
    assert [attempt.attempt for attempt in client.attempts()] == [1]
