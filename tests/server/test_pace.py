"""How fast one client is listened to."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from ffx.core.messages import Ping, Pong
from ffx.server.pace import AT_ONCE, Pace
from tests.server.conftest import MakeServer


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


@given(st.lists(st.floats(0, 2), max_size=300))
def test_nobody_is_heard_faster_than_the_rate_for_long(gaps: list[float]) -> None:
    clock = Clock()
    pace = Pace(rate=10, most=5, clock=clock)
    for heard, gap in enumerate(gaps, 1):
        clock.now += gap
        clock.now += pace.take()  # as a session does
        assert heard <= 5 + 10 * clock.now + 1e-6


def test_who_says_little_never_waits() -> None:
    clock = Clock()
    pace = Pace(rate=10, most=5, clock=clock)
    for _ in range(1000):
        clock.now += 0.1
        assert pace.take() == 0.0


async def test_a_flood_is_answered_to_its_last_word(make_server: MakeServer) -> None:
    async with make_server() as rig:
        talk = await rig.talk()
        for number in range(AT_ONCE + 20):
            assert await talk.ask(Ping(str(number))) == Pong(str(number))
