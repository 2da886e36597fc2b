"""A client is killed at any moment of a job: whoever works the queue next goes on where it was."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.faults.harness import FAST, MEGABYTE, Client, Ground, paced, until


def check_one_attempt(client: Client) -> None:
    assert [attempt.attempt for attempt in client.attempts()] == [1], "it was begun anew instead of taken up"


def test_killed_mid_upload_the_next_one_goes_on_at_the_servers_offset(ground: Ground) -> None:
    (studio,) = ground.started("studio")
    relay = ground.relay(studio)
    client = ground.client(relay)
    source = ground.source(padding=12 * MEGABYTE)
    relay.hold("upload", after=8 * MEGABYTE)
    run = client.submit(source, options=FAST)
    relay.held("upload")
    until(lambda: any(file.stat().st_size > 2 * MEGABYTE for file in studio.spool_files()), "bytes on the server")
    run.kill()
    relay.go_on()
    client.work().ends_well()
    sent, size = relay.passed["upload"], source.stat().st_size
    assert sent < size + 7 * MEGABYTE, f"{sent} bytes were sent of a file of {size}: it did not go on at the offset"
    check_one_attempt(client)


def test_killed_mid_encode_the_next_one_attaches_to_the_encode_that_runs(ground: Ground) -> None:
    (studio,) = ground.started("studio")
    client = ground.client(studio)
    run = client.submit(ground.source(), options=paced(1))
    (ffmpeg,) = studio.encoding()
    run.kill()
    again = client.work()
    again.ends_well()
    assert not ffmpeg.is_running()
    assert len(studio.encodes()) == 1
    check_one_attempt(client)


def test_killed_mid_encode_and_away_until_it_is_done_the_result_is_fetched(ground: Ground) -> None:
    (studio,) = ground.started("studio")
    client = ground.client(studio)
    run = client.submit(ground.source(), options=paced(8))
    studio.encoding()
    run.kill()
    until(lambda: not studio.ffmpegs(), "the end of the encode")
    client.work().ends_well()
    assert len(studio.encodes()) == 1
    check_one_attempt(client)


@pytest.mark.parametrize(
    ("death", "is_in_place"),
    [
        ("after ffx.client.receipt:verify_received", False),
        ("before ffx.client.commit:commit", False),
        ("after ffx.client.commit:commit", True),
    ],
    ids=["checked", "recorded-as-checked", "renamed"],
)
def test_killed_between_the_check_and_the_record(death: str, is_in_place: bool, ground: Ground) -> None:
    """Between rename and record too: the file that stands there is known again, and is not made a second time."""
    (studio,) = ground.started("studio")
    client = ground.client(studio)
    run = client.submit(ground.source(), options=FAST, FAULTS_DEATH=death)
    assert run.wait() == -9
    (job,) = client.jobs()
    output = Path(job.job.output_file)
    assert not job.state.is_final
    assert output.exists() == is_in_place
    before = output.stat() if is_in_place else None
    client.work().ends_well()
    if before is not None:
        assert (output.stat().st_ino, output.stat().st_mtime_ns) == (before.st_ino, before.st_mtime_ns)
    assert len(studio.encodes()) == 1
    check_one_attempt(client)


def test_killed_again_and_again_a_queue_of_jobs_is_done_once(ground: Ground) -> None:
    (studio,) = ground.started("studio")
    client = ground.client(studio)
    client.detach(*ground.sources(5), options=FAST)
    for count in range(1, 5):
        run = client.work()
        until(lambda count=count: len(list(client.out_dir.glob("*.mp4"))) >= count, f"{count} outputs")  # type: ignore[misc]
        run.kill()
    client.work().ends_well()
    assert len(studio.encodes()) == 5
