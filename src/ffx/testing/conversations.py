"""The promises of ``Connection``, ``Listener`` and ``Transport`` about conversations, as tests."""

from __future__ import annotations

import asyncio
import contextlib

from ffx.core import wire
from ffx.core.errors import ConnectError, DecodeError
from ffx.core.messages import Envelope, Ping, Pong, Unknown, ValidationErrorMessage
from ffx.core.transport import Connection
from ffx.testing.laboratory import LABORANT, TOKEN, LaboratoryService, echo
from ffx.testing.suite import TransportSuite, check, check_line, on_a_loop

SIZES = (0, 1, 125, 126, 127, 65_535, 65_536, 1024 * 1024, 3 * 1024 * 1024)
"""Characters; the ends of the lengths that framings are fond of, and a few megabytes."""


class ConversationConformance(TransportSuite):
    """Envelopes arrive whole, once and in order; ends are told; one failure touches nobody else."""

    # -- Envelopes ----------------------------------------------------------------------------------------

    @on_a_loop
    async def test_an_envelope_arrives_as_it_was_sent(self) -> None:
        async with self.scene() as scene:
            client = await scene.connect()
            sent = Envelope(Ping('\u00e9\u4e2d\U0001f3ac \x00 \\ " \ud800'), reply_to="earlier", timestamp=1234.5)
            await client.send(sent)
            answer = await client.receive()
            check(answer.message == sent.message, "a message arrives as it was sent")
            check(answer.reply_to == sent.message_id, "reply_to and message_id arrive as they were sent")

    @on_a_loop
    async def test_envelopes_arrive_in_order(self) -> None:
        async with self.scene() as scene:
            client = await scene.connect()
            count = 300
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(_send_all(client, [Ping(str(number)) for number in range(count)]))
                received = [(await client.receive()).message for _ in range(count)]
            check(received == [Ping(str(number)) for number in range(count)], "envelopes arrive in order, each once")

    @on_a_loop
    async def test_envelopes_of_every_size_arrive_whole(self) -> None:
        async with self.scene() as scene:
            client = await scene.connect()
            for size in SIZES:
                message = Ping("0123456789" * (size // 10) + "x" * (size % 10))
                await client.send(Envelope(message))
                check((await client.receive()).message == message, f"a message of {size} characters arrives whole")

    @on_a_loop
    async def test_the_server_may_speak_first(self) -> None:
        async def announce(connection: Connection) -> None:
            await connection.send(Envelope(Pong("unasked")))
            await echo(connection)

        async with self.scene(announce) as scene:
            client = await scene.connect()
            check((await client.receive()).message == Pong("unasked"), "a server may send without being asked")

    @on_a_loop
    async def test_several_tasks_may_send_at_once(self) -> None:
        senders, each = 10, 30
        async with self.scene() as scene:
            client = await scene.connect()
            async with asyncio.TaskGroup() as tasks:
                for sender in range(senders):
                    size = 200_000 if sender % 3 == 0 else 10
                    messages = [Ping(f"{sender}:{number}:" + "x" * size) for number in range(each)]
                    tasks.create_task(_send_all(client, messages))
                received = [(await client.receive()).message for _ in range(senders * each)]
            numbers: dict[str, list[int]] = {}
            for message in received:
                check(isinstance(message, Ping), "an echo is a ping")
                sender_name, number_text, _ = message.data.split(":") if isinstance(message, Ping) else ("", "0", "")
                numbers.setdefault(sender_name, []).append(int(number_text))
            check(len(numbers) == senders, "every sender is heard")
            for order in numbers.values():
                check(order == list(range(each)), "each sender's envelopes arrive in its order, each once")

    @on_a_loop
    async def test_a_cancelled_sender_harms_no_other(self) -> None:
        listening = asyncio.Event()

        async def slow(connection: Connection) -> None:
            await listening.wait()
            await echo(connection)

        async with self.scene(slow) as scene:
            client = await scene.connect()
            flood = [asyncio.create_task(client.send(Envelope(Ping("x" * 500_000)))) for _ in range(60)]
            await asyncio.wait(flood, timeout=0.2)
            for task in flood[::2]:
                task.cancel()
            last = asyncio.create_task(client.send(Envelope(Ping("last"))))
            listening.set()
            message = None
            while message != Ping("last"):
                message = (await client.receive()).message
            await last
            results = await asyncio.gather(*flood, return_exceptions=True)
            check(
                not any(isinstance(result, BaseException) for result in results[1::2]),
                "a cancelled send leaves the other senders alone",
            )

    @on_a_loop
    async def test_a_cancelled_receive_loses_nothing(self) -> None:
        async with self.scene() as scene:
            client = await scene.connect()
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(client.receive(), 0.05)
            await client.send(Envelope(Ping("after")))
            check((await client.receive()).message == Ping("after"), "receive works after one that was cancelled")

    @on_a_loop
    async def test_conversations_are_separate(self) -> None:
        async with self.scene() as scene:
            clients = [await scene.connect() for _ in range(5)]
            for number, client in enumerate(clients):
                await client.send(Envelope(Ping(str(number))))
            for number, client in enumerate(clients):
                check((await client.receive()).message == Ping(str(number)), "an answer reaches who asked")
            await clients[0].close()
            await clients[1].send(Envelope(Ping("still here")))
            check((await clients[1].receive()).message == Ping("still here"), "one client's end is its own")

    # -- What does not fit --------------------------------------------------------------------------------

    @on_a_loop
    async def test_unknown_types_and_fields_are_survived(self) -> None:
        async with self.scene() as scene:
            client = await scene.connect()
            tomorrow = Unknown("from_tomorrow", {"colour": "blue", "list": [1, None, {"deep": True}]})
            await client.send(Envelope(tomorrow))
            check((await client.receive()).message == tomorrow, "a type that nobody knows arrives as Unknown")
            await client.send(Envelope(Unknown("ping", {"data": "today", "colour": "blue"})))
            check((await client.receive()).message == Ping("today"), "fields that nobody knows are passed over")

    @on_a_loop
    async def test_messages_that_do_not_fit_are_survived(self) -> None:
        """What is well written and means nothing; both ends hear it, and both go on."""

        async def mumble(connection: Connection) -> None:
            await connection.send(Envelope(Unknown("pong", {"data": None})))
            await echo(connection)

        async with self.scene(mumble) as scene:
            client = await scene.connect()
            try:
                await client.receive()
            except DecodeError as error:
                check(error.path == "data.data", f"a DecodeError carries the path of the field, not {error.path!r}")
                check_line(str(error))
            else:
                raise AssertionError("a message that does not fit is a DecodeError")
            for message in (Unknown("ping", {"data": 17}), Ping("x" * wire.MAX_MESSAGE_BYTES)):
                await client.send(Envelope(message))
                answer = (await client.receive()).message
                check(isinstance(answer, ValidationErrorMessage), "a message that does not fit is a DecodeError")
            await client.send(Envelope(Ping("alive")))
            check((await client.receive()).message == Ping("alive"), "the connection lives on after a DecodeError")

    @on_a_loop
    async def test_a_server_survives_what_does_not_fit(self) -> None:
        if self.send_raw is None:
            return
        too_long = wire.encode(Envelope(Ping("x" * wire.MAX_MESSAGE_BYTES)))
        wrong_field = wire.encode(Envelope(Ping("x"))).replace('"x"', "17")
        async with self.scene() as scene:
            client = await scene.connect()
            for text in ("", "{", "[]", "null", "[" * 200_000, wrong_field, too_long):
                await type(self).send_raw(client, text)  # type: ignore[misc] # the class has one, seen above
                answer = (await client.receive()).message
                check(isinstance(answer, ValidationErrorMessage), f"DecodeError for what is no message: {text:.20}")
                if text == wrong_field and isinstance(answer, ValidationErrorMessage):
                    check(answer.path == "data.data", "a DecodeError carries the path of the field")
            await client.send(Envelope(Ping("alive")))
            check((await client.receive()).message == Ping("alive"), "the connection lives on after a DecodeError")

    @on_a_loop
    async def test_a_client_survives_what_does_not_fit(self) -> None:
        send_raw = type(self).send_raw
        if send_raw is None:
            return

        async def mumble(connection: Connection) -> None:
            await send_raw(connection, '{"type": "pong"')
            await echo(connection)

        async with self.scene(mumble) as scene:
            client = await scene.connect()
            try:
                await client.receive()
            except DecodeError as error:
                check_line(str(error))
            else:
                raise AssertionError("what is no message is a DecodeError")
            await client.send(Envelope(Ping("alive")))
            check((await client.receive()).message == Ping("alive"), "the connection lives on after a DecodeError")

    # -- Getting in ---------------------------------------------------------------------------------------

    @on_a_loop
    async def test_a_wrong_token_is_unauthorized(self) -> None:
        async with self.scene() as scene:
            for token in ("", TOKEN[:-1], TOKEN + "x", "x" * 2000):
                try:
                    await scene.connect(token)
                except ConnectError as error:
                    check(error.code == "unauthorized", f"a wrong token is unauthorized, not {error.code}")
                    check_line(str(error))
                    check(token not in str(error) or not token, "an error does not repeat a token")
                else:
                    raise AssertionError("a wrong token is refused")
            check(scene.service.begun.locked(), "nobody converses who was not authenticated")

    @on_a_loop
    async def test_a_conversation_knows_whose_it_is(self) -> None:
        async with self.scene() as scene:
            await scene.connect()
            await scene.service.begun.acquire()
            check(scene.service.identities == [LABORANT], "a conversation is told whom the token proved")

    @on_a_loop
    async def test_a_pin_that_cannot_hold_is_refused(self) -> None:
        async with self.scene() as scene:
            for wrong in ("0" * 64, "f" * 64):
                try:
                    await scene.transport.connect(scene.listener.address, TOKEN, wrong)
                except ConnectError as error:
                    check(error.code in ("certificate_changed", "not_encrypted"), f"a wrong pin: {error.code}")
                    check_line(str(error))
                else:
                    raise AssertionError("a pin on another certificate, or on none at all, is refused")
            check(scene.service.begun.locked(), "nothing begins with a server that is not the pinned one")

    @on_a_loop
    async def test_where_nobody_listens_is_refused(self) -> None:
        async with self.scene() as scene:
            await scene.listener.close()
            try:
                await scene.connect()
            except ConnectError as error:
                check(error.code in ("refused", "unreachable"), f"nobody listens: refused, not {error.code}")
                check(scene.listener.address.host in str(error), "the message names the address")
                check_line(str(error))
            else:
                raise AssertionError("where nobody listens there is no connection")

    @on_a_loop
    async def test_an_address_is_listened_at_once(self) -> None:
        async with self.scene() as scene:
            try:
                second = await scene.transport.listen(scene.listener.address, LaboratoryService(), self.certificate)
            except ConnectError as error:
                check(scene.listener.address.host in str(error), "the message names the address")
                check_line(str(error))
            else:
                await second.close()
                raise AssertionError("an address that is taken cannot be listened at again")
            client = await scene.connect()
            await client.send(Envelope(Ping("undisturbed")))
            check((await client.receive()).message == Ping("undisturbed"), "the first listener is undisturbed")

    @on_a_loop
    async def test_an_address_is_free_after_close(self) -> None:
        async with self.scene() as scene:
            await scene.connect()
            await scene.listener.close()
            again = await scene.transport.listen(scene.listener.address, scene.service, self.certificate)
            try:
                client = await scene.connect()
                await client.send(Envelope(Ping("again")))
                check((await client.receive()).message == Ping("again"), "a closed address can be listened at again")
                await client.close()
            finally:
                await again.close()


async def _send_all(connection: Connection, messages: list[Ping]) -> None:
    for message in messages:
        await connection.send(Envelope(message))
