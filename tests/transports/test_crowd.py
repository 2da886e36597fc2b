"""How many conversations and transfers there are at a time."""

from __future__ import annotations

import pytest

from ffx.core.errors import ConnectError
from ffx.transports.websocket.crowd import Crowd
from ffx.transports.websocket.limits import Limits
from tests.transports.sockets import check_alive, connected, listening, raw, request, status


def test_places_are_counted_by_token_and_in_all() -> None:
    crowd = Crowd("conversations", most=3, most_of_one=2)
    with crowd.place("one"), crowd.place("one"):
        assert (
            crowd.refusal("one") == "2 conversations with one token are all that this server takes; try again in 10 s"
        )
        assert crowd.refusal("other") == ""
        with crowd.place("other"):
            assert crowd.refusal("third") == "this server has 3 conversations, all that it takes; try again in 10 s"
        assert crowd.refusal("third") == ""
    assert crowd.refusal("one") == ""


async def test_one_conversation_too_many_is_told_and_a_place_that_is_free_again_is_given() -> None:
    async with listening(limits=Limits(conversations_of_one=2)) as (listener, _):
        async with connected(listener.address), connected(listener.address):
            with pytest.raises(ConnectError, match="has all the conversations that it takes") as caught:
                async with connected(listener.address):
                    pass
            assert caught.value.code == "refused"
        await check_alive(listener)


async def test_a_transfer_too_many_names_its_limit_and_when_to_come_again() -> None:
    async with listening(limits=Limits(transfers_of_one=0)) as (listener, _):
        answer = await raw(listener, request("GET /files/file"))
        assert status(answer) == 503
        assert b"Retry-After: 10" in answer
        assert b"0 uploads and downloads with one token are all that this server takes" in answer
