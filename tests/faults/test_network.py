"""The network fails in every way it can: what is lost is found by heartbeats, what is only slow is left alone."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.faults.harness import FAST, HASTY, PATIENT, Client, Ground, Server, paced, until
from tests.faults.harness.network import Network, Way, Wire, networked
from tests.faults.harness.orders import real_ffmpeg

pytestmark = pytest.mark.root


@pytest.fixture
def network() -> Iterator[Network]:
    with networked() as made:
        yield made


def wired(ground: Ground, network: Network, *names: str) -> list[tuple[Server, Wire]]:
    """Servers that are there, each on a machine of its own."""
    found = []
    for name in names:
        wire, machine = network.wire()
        server = ground.server(name, host=wire.server_host, prefix=machine.prefix)
        server.launch()
        found.append((server, wire))
    for server, _ in found:
        server.run.said(" listens on ")
    return found


def client_of(ground: Ground, network: Network, servers: list[tuple[Server, Wire]], lease: float) -> Client:
    return ground.client(*(server for server, _ in servers), lease=lease, prefix=network.here.prefix)


def check_reassigned_once(client: Client, first: Server, other: Server) -> None:
    assert [attempt.server for attempt in client.attempts()] == [first.name, other.name]
    assert (len(first.encodes()), len(other.encodes())) == (1, 1)


@pytest.mark.parametrize("ways", [("to_server",), ("to_client",), ("to_server", "to_client")])
def test_a_way_that_is_lost_is_found_by_heartbeats(ways: tuple[Way, ...], network: Network, ground: Ground) -> None:
    """Connections that nobody ends, dead in one direction or in both: the job goes elsewhere after the lease."""
    servers = wired(ground, network, "studio", "attic")
    client = client_of(ground, network, servers, HASTY)
    run = client.submit(ground.source(), options=paced(2))
    first, other = ground.whoever_encodes()
    wire = dict(servers)[first]
    first.encoding()
    wire.cut(*ways)
    run.ends_well()
    check_reassigned_once(client, first, other)
    wire.mend()


def test_a_partition_longer_than_the_lease_has_the_job_done_elsewhere_once(network: Network, ground: Ground) -> None:
    """The late result of the first server is refused when the network is back."""
    servers = wired(ground, network, "studio", "attic")
    client = client_of(ground, network, servers, HASTY)
    run = client.submit(ground.source(), options=paced(2))
    first, other = ground.whoever_encodes()
    wire = dict(servers)[first]
    first.encoding()
    wire.cut()
    other.encoding()
    wire.mend()
    run.ends_well()
    check_reassigned_once(client, first, other)


def test_a_partition_shorter_than_the_lease_changes_nothing(network: Network, ground: Ground) -> None:
    ((studio, wire),) = servers = wired(ground, network, "studio")
    client = client_of(ground, network, servers, PATIENT)
    run = client.submit(ground.source(), options=paced(1))
    (ffmpeg,) = studio.encoding()
    wire.cut()
    time.sleep(PATIENT / 3)  # the fault itself: longer than it takes to be suspected, shorter than the lease
    assert ffmpeg.is_running()
    wire.mend()
    run.ends_well()
    assert [attempt.attempt for attempt in client.attempts()] == [1]
    assert client.job().losses == 0
    assert len(studio.encodes()) == 1


def test_a_server_whose_end_was_never_heard_of_goes_on_when_it_is_back(network: Network, ground: Ground) -> None:
    """It was killed and started again while the wire was cut: the client's connection leads nowhere."""
    ((studio, wire),) = servers = wired(ground, network, "studio")
    client = client_of(ground, network, servers, PATIENT)
    run = client.submit(ground.source(), options=paced(4))
    studio.encoding()
    wire.cut()
    studio.kill()
    studio.start()
    wire.mend()
    run.ends_well()
    assert len(studio.encodes()) == 2


def test_a_slow_and_lossy_way_raises_no_alarm(network: Network, ground: Ground) -> None:
    ((_, wire),) = servers = wired(ground, network, "studio")
    client = client_of(ground, network, servers, PATIENT)
    source = tiny(ground)
    wire.become(bits_a_second=64_000, loss=0.02, delay=0.05)
    run = client.submit(source, options=FAST)
    run.ends_well(90)
    assert [attempt.attempt for attempt in client.attempts()] == [1]
    assert client.job().losses == 0
    assert "lost" not in run.out
    wire.become()


def tiny(ground: Ground) -> Path:
    """The same 234 frames in a few thousand bytes."""
    source, small = ground.source(), ground.folder / "sources" / "tiny.mp4"
    options = ["-vf", "scale=32:24", "-an", "-c:v", "libx264", "-crf", "45"]
    subprocess.run([real_ffmpeg(), "-v", "error", "-i", source, *options, small], check=True)
    source.unlink()
    return small


def test_the_wire_itself_does_what_it_is_told(network: Network) -> None:
    """Otherwise the tests above would prove nothing."""
    wire, machine = network.wire()
    listener = "import socket; s = socket.create_server(('0.0.0.0', 7000)); print('there', flush=True); s.accept()"
    knock = f"import socket; socket.create_connection(('{wire.server_host}', 7000), 1.5)"
    ways: tuple[Way, ...] = ("to_server", "to_client")

    def comes_through() -> bool:
        done = subprocess.run([*network.here.prefix, sys.executable, "-c", knock], check=False, capture_output=True)
        return done.returncode == 0

    with subprocess.Popen([*machine.prefix, sys.executable, "-c", listener], stdout=subprocess.PIPE) as listening:
        assert listening.stdout is not None
        listening.stdout.readline()
        for way in ways:
            wire.cut(way)
            assert not comes_through()
            wire.mend()
        assert until(comes_through, "a connection over the mended wire")
