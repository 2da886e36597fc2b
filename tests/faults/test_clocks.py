"""Clocks that are an hour off, here, there, and from one life to the next: nothing depends on them."""

from __future__ import annotations

import pytest

from tests.faults.harness import FAST, Ground, paced, until

HOUR = 3600


@pytest.mark.parametrize(("server_shift", "client_shift"), [(HOUR, -HOUR), (-HOUR, HOUR)])
def test_two_hours_apart_a_job_is_done_as_ever(server_shift: int, client_shift: int, ground: Ground) -> None:
    (studio,) = ground.started("studio", FAULTS_CLOCK=str(server_shift))
    client = ground.client(studio, FAULTS_CLOCK=str(client_shift))
    client.submit(ground.source(), options=FAST).ends_well()
    assert [attempt.attempt for attempt in client.attempts()] == [1]
    assert client.job().losses == 0


def test_a_client_whose_clock_went_back_takes_up_what_it_left(ground: Ground) -> None:
    (studio,) = ground.started("studio")
    client = ground.client(studio)
    run = client.submit(ground.source(), options=paced(2), FAULTS_CLOCK=str(HOUR))
    studio.encoding()
    run.kill()
    client.work(FAULTS_CLOCK=str(-HOUR)).ends_well()
    assert [attempt.attempt for attempt in client.attempts()] == [1]
    assert len(studio.encodes()) == 1


@pytest.mark.parametrize("shift", [HOUR, -HOUR])
def test_a_server_whose_clock_was_set_still_offers_what_it_had_finished(shift: int, ground: Ground) -> None:
    (studio,) = ground.started("studio")
    client = ground.client(studio)
    run = client.submit(ground.source(), options=paced(8))
    studio.encoding()
    run.kill()
    until(lambda: not studio.ffmpegs(), "the end of the encode")
    studio.stop()
    studio.environment["FAULTS_CLOCK"] = str(shift)
    studio.start()
    client.work().ends_well()
    assert len(studio.encodes()) == 1
