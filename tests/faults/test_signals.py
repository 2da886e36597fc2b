"""Being asked to stop: a server finishes or hands back what it has, a client says how to go on."""

from __future__ import annotations

import signal

import pytest

from tests.faults.harness import FAST, Ground, Run, paced, until


def test_sigterm_lets_a_server_finish_what_it_encodes(ground: Ground) -> None:
    (studio,) = ground.started("studio")
    client = ground.client(studio)
    run = client.submit(ground.source(), options=paced(4))
    studio.encoding()
    studio.stop()
    run.ends_well()
    assert len(studio.encodes()) == 1
    assert [attempt.attempt for attempt in client.attempts()] == [1]
    studio.start()  # should it not have heard that all is well


def test_sigterm_hands_back_what_takes_longer_than_the_limit(ground: Ground) -> None:
    studio, attic = ground.server("studio", FFX_DRAIN_LIMIT="1"), ground.server("attic")
    studio.start()
    client = ground.client(studio, attic)
    studio.orders.give("hangs")  # takes longer than any limit
    run = client.submit(ground.source(), options=FAST)
    until(studio.encodes, "an encode")
    attic.start()
    studio.stop()
    run.ends_well()
    assert [attempt.server for attempt in client.attempts()] == ["studio", "attic"]
    assert client.job().failures == 0
    studio.start()  # to hear what became of what it handed back


def last_words(run: Run) -> str:
    assert run.wait() == 130, run.err
    (line,) = run.err.splitlines()
    assert "go on with: ffx queue run" in line
    return line


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_interrupted_once_a_client_stops_in_order_and_says_how_to_go_on(number: signal.Signals, ground: Ground) -> None:
    (studio,) = ground.started("studio")
    client = ground.client(studio)
    run = client.submit(ground.source(), options=paced(2))
    studio.encoding()
    run.signal(number)
    assert "1 job stays in the queue" in last_words(run)
    assert studio.ffmpegs(), "what encodes goes on"
    client.work().ends_well()
    assert len(studio.encodes()) == 1


def test_interrupted_twice_a_client_leaves_at_once_and_can_still_be_resumed(ground: Ground) -> None:
    (studio,) = ground.started("studio")
    relay = ground.relay(studio)
    client = ground.client(relay)
    run = client.submit(ground.source(), options=paced(2))
    studio.encoding()
    studio.run.suspend()  # so that leaving in order has to wait for somebody
    run.signal(signal.SIGINT)
    run.signal(signal.SIGINT)
    last_words(run)
    studio.run.resume()
    client.work().ends_well()
    assert len(studio.encodes()) == 1


def test_interrupted_with_many_jobs_none_is_lost(ground: Ground) -> None:
    (studio,) = ground.started("studio")
    client = ground.client(studio)
    run = client.submit(*ground.sources(6), options=FAST)
    until(lambda: len(list(client.out_dir.glob("*.mp4"))) >= 2, "two outputs")
    run.signal(signal.SIGINT)
    last_words(run)
    client.work().ends_well()
    assert len(client.jobs()) == 6
    assert len(studio.encodes()) == 6
