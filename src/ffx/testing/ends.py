"""The promises of ``Connection``, ``Listener`` and ``Service`` about the end of a conversation, as tests."""

from __future__ import annotations

import asyncio

from ffx.core.errors import ConnectionClosed
from ffx.core.messages import Envelope, Ping, Pong
from ffx.core.transport import Connection
from ffx.testing.suite import TransportSuite, check, check_line, on_a_loop


async def expect_closed(connection: Connection, promise: str) -> None:
    """The next thing that a connection has to say is that it is closed."""
    try:
        envelope = await connection.receive()
    except ConnectionClosed as error:
        check_line(str(error))
        return
    raise AssertionError(f"{promise}, but this arrived: {envelope.message!r:.200}")


class EndConformance(TransportSuite):
    """An end is heard on both sides, whoever brought it about, and by whatever waits at that moment."""

    @on_a_loop
    async def test_a_client_closes(self) -> None:
        heard = asyncio.get_running_loop().create_future()

        async def listen(connection: Connection) -> None:
            check((await connection.receive()).message == Ping("bye"), "what was sent before a close arrives")
            await expect_closed(connection, "the server hears that the client closed")
            try:
                await connection.send(Envelope(Pong()))
            except ConnectionClosed:
                heard.set_result(True)
            else:
                heard.set_result(False)

        async with self.scene(listen) as scene:
            client = await scene.connect()
            await client.send(Envelope(Ping("bye")))
            await client.close()
            await client.close()
            check(await heard, "sending to a client that closed raises ConnectionClosed")
            await expect_closed(client, "a closed connection receives nothing")
            try:
                await client.send(Envelope(Ping()))
            except ConnectionClosed as error:
                check_line(str(error))
            else:
                raise AssertionError("a closed connection sends nothing")

    @on_a_loop
    async def test_a_server_closes(self) -> None:
        async def say_goodbye(connection: Connection) -> None:
            for number in range(3):
                await connection.send(Envelope(Pong(str(number))))
            await connection.close()
            await connection.close()
            await expect_closed(connection, "a closed connection receives nothing")

        async with self.scene(say_goodbye) as scene:
            client = await scene.connect()
            for number in range(3):
                check((await client.receive()).message == Pong(str(number)), "what was sent before a close arrives")
            await expect_closed(client, "the client hears that the server closed")
            await expect_closed(client, "and hears it again")
            try:
                await client.send(Envelope(Ping()))
            except ConnectionClosed:
                pass
            else:
                raise AssertionError("sending to a server that closed raises ConnectionClosed")

    @on_a_loop
    async def test_close_ends_a_receive_that_waits(self) -> None:
        async with self.scene() as scene:
            client = await scene.connect()
            waiting = asyncio.create_task(expect_closed(client, "close ends a receive that waits"))
            await asyncio.sleep(0)
            await asyncio.gather(client.close(), client.close())
            await waiting

    @on_a_loop
    async def test_close_ends_a_sender_that_waits(self) -> None:
        """The other side reads nothing, so at some point there is no room for more."""

        async def deaf(connection: Connection) -> None:
            await over.wait()

        over = asyncio.Event()
        async with self.scene(deaf) as scene:
            client = await scene.connect()
            flood = [asyncio.create_task(client.send(Envelope(Ping("x" * 1024 * 1024)))) for _ in range(64)]
            _, waiting = await asyncio.wait(flood, return_when=asyncio.FIRST_COMPLETED)
            await client.close()
            check(waiting, "a sender waits while the other side does not read")
            for result in await asyncio.gather(*flood, return_exceptions=True):
                check(result is None or isinstance(result, ConnectionClosed), "close ends senders: ConnectionClosed")
            over.set()

    @on_a_loop
    async def test_a_conversation_that_is_over_is_closed(self) -> None:
        async def one_answer(connection: Connection) -> None:
            await connection.send((await connection.receive()).reply(Pong("only this")))

        async with self.scene(one_answer) as scene:
            client = await scene.connect()
            await client.send(Envelope(Ping()))
            check((await client.receive()).message == Pong("only this"), "the last answer arrives")
            await expect_closed(client, "the listener closes a connection whose conversation is over")

    @on_a_loop
    async def test_a_conversation_that_fails_harms_no_other(self) -> None:
        async def stumble(connection: Connection) -> None:
            envelope = await connection.receive()
            if envelope.message == Ping("stumble"):
                raise ZeroDivisionError("a conversation of the conformance suite fails on purpose")
            await connection.send(envelope.reply(Pong("well")))

        async with self.scene(stumble) as scene:
            lucky, unlucky = await scene.connect(), await scene.connect()
            await unlucky.send(Envelope(Ping("stumble")))
            await expect_closed(unlucky, "a conversation that raised is closed")
            await lucky.send(Envelope(Ping("go on")))
            check((await lucky.receive()).message == Pong("well"), "the other conversations go on")
            late = await scene.connect()
            await late.send(Envelope(Ping("go on")))
            check((await late.receive()).message == Pong("well"), "the listener takes further clients")

    @on_a_loop
    async def test_a_listener_closes_and_waits_for_its_conversations(self) -> None:
        farewells = 0

        async def linger(connection: Connection) -> None:
            nonlocal farewells
            await expect_closed(connection, "a conversation hears that its listener closes")
            for _ in range(10):
                await asyncio.sleep(0)
            farewells += 1

        async with self.scene(linger) as scene:
            clients = [await scene.connect() for _ in range(3)]
            for _ in clients:
                await scene.service.begun.acquire()
            await scene.listener.close()
            check(farewells == 3, "close waits for the conversations")
            for client in clients:
                await expect_closed(client, "a client hears that the listener closed")
