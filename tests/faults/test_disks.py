"""A disk is full, here or there: the job goes where there is room, or says in one sentence where to make some."""

from __future__ import annotations

import pytest

from tests.faults.harness import FAST, LARGE, MEGABYTE, Ground, Server, paced, until
from tests.faults.harness.disks import Disk

pytestmark = pytest.mark.root


def cramped(ground: Ground, name: str, size: int) -> tuple[Server, Disk]:
    """A server with a small disk for its jobs, all of which they may take."""
    server = ground.server(name, FFX_DISK_RESERVE="0")
    disk = Disk(server.spool, size)
    ground.on_close(disk)
    return server, disk


def test_full_on_the_server_at_upload_the_job_goes_elsewhere(ground: Ground) -> None:
    small, disk, large = small_and_large(ground)
    relay = ground.relay(small)
    client = ground.client(relay, large)
    relay.hold("upload", after=4 * MEGABYTE)
    run = client.submit(ground.source(padding=12 * MEGABYTE), options=FAST)
    relay.held("upload")
    disk.fill()
    relay.go_on()
    large.run.resume()
    run.ends_well()
    assert client.attempts()[-1].server == "large"
    assert not small.encodes()
    assert client.job().failures == 0, "the disk of a server is no fault of the job"
    disk.empty()


def test_full_on_the_server_at_the_encode_the_job_goes_elsewhere(ground: Ground) -> None:
    small, disk, large = small_and_large(ground)
    client = ground.client(small, large)
    run = client.submit(ground.source(), options=(*paced(2), "--quality", "1"))
    small.encoding()
    disk.fill()
    large.run.resume()
    run.ends_well()
    assert client.attempts()[0].code == "disk_full"
    assert client.attempts()[-1].server == "large"
    assert client.job().failures == 0
    disk.empty()


def small_and_large(ground: Ground) -> tuple[Server, Disk, Server]:
    """The second one does not answer yet, so that the first one is chosen."""
    (small, disk), large = cramped(ground, "small", 40 * MEGABYTE), ground.server("large")
    small.launch()
    large.start()
    small.run.said(" listens on ")
    large.run.suspend()
    return small, disk, large


def test_full_here_at_download_it_says_so_and_the_result_is_not_made_twice(ground: Ground) -> None:
    (studio,) = ground.started("studio")
    relay = ground.relay(studio)
    client = ground.client(relay, constants={"ffx.client.transfers:DISK_RESERVE": 0})
    disk = Disk(client.out_dir, 20 * MEGABYTE)
    ground.on_close(disk)
    relay.hold("download", after=5 * MEGABYTE)
    run = client.submit(ground.source(), options=LARGE)
    relay.held("download")
    until(lambda: [part for part in client.out_dir.glob(".*.part") if part.stat().st_size > MEGABYTE], "bytes here")
    disk.fill()
    relay.go_on()
    run.said(str(client.out_dir))  # where room is to be made
    disk.empty()
    run.ends_well()
    assert len(studio.encodes()) == 1
