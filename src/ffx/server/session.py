"""One client's conversation: what it says is handled one by one, what it is told goes out in order."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Hashable

from ffx.core.errors import ConnectionClosed, DecodeError, FfxError
from ffx.core.identity import Identity
from ffx.core.messages import (
    PROTOCOL_OLDEST,
    PROTOCOL_VERSION,
    Disconnect,
    Envelope,
    ErrorMessage,
    Hello,
    Message,
    Ping,
    Pong,
    Unknown,
    ValidationErrorMessage,
)
from ffx.core.transport import Connection
from ffx.server.pace import Pace

MAX_IN_FLIGHT = 32
"""Messages of one client that are handled at a time; the next is read when one is done."""
MAX_WAITING = 256
"""Messages that may wait to be sent before no more are read."""
MAX_CLIENT_ID = 200
"""Characters of the name that a client gives itself."""
FAREWELL_LIMIT = 2.0
"""Seconds that the last words may take."""

log = logging.getLogger(__name__)


Handler = Callable[["Session", Message], Awaitable[Message | None]]
"""Called for each message of a client; returns the answer, if there is one."""


class Refused(FfxError):
    """A message cannot be followed; it is answered with an ``error`` of this code and nothing changes."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


class Outbox:
    """What waits to be sent on one connection. Posting never waits, so a slow client holds nobody up."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._waiting: dict[Hashable, Envelope] = {}
        self._filled = asyncio.Event()
        self._sent = asyncio.Event()
        self._sent.set()
        self._room = asyncio.Event()
        self._room.set()
        self._closed = False

    def post(self, envelope: Envelope, *, replacing: Hashable | None = None) -> bool:
        """Send it after what was posted before; one that waits under the same ``replacing`` key is outdated by it.

        Returns whether there is still a connection to send it on.
        """
        if self._closed:
            return False
        self._waiting[envelope.message_id if replacing is None else replacing] = envelope
        self._filled.set()
        self._sent.clear()
        if len(self._waiting) >= MAX_WAITING:
            self._room.clear()
        return True

    async def room(self) -> None:
        """Wait while so much waits to be sent that nothing more should be asked for."""
        await self._room.wait()

    async def run(self) -> None:
        """Send what is posted, until the connection is gone."""
        try:
            while True:
                await self._filled.wait()
                while self._waiting:
                    envelope = self._waiting.pop(next(iter(self._waiting)))
                    if len(self._waiting) < MAX_WAITING:
                        self._room.set()
                    await self._connection.send(envelope)
                self._filled.clear()
                self._sent.set()
        except ConnectionClosed:
            pass
        finally:
            self._closed = True
            self._sent.set()
            self._room.set()

    async def flush(self, time_limit: float = FAREWELL_LIMIT) -> None:
        """Wait until all that was posted is sent, or the connection is gone, or the time is up."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(time_limit):
                await self._sent.wait()


@contextlib.asynccontextmanager
async def conversation(connection: Connection, identity: Identity) -> AsyncIterator[Session]:
    """A session on a connection; what it was told is sent before the block is left."""
    outbox = Outbox(connection)
    async with asyncio.TaskGroup() as tasks:
        sending = tasks.create_task(outbox.run())
        try:
            yield Session(connection, outbox, identity)
            await outbox.flush()
        finally:
            sending.cancel()


class Session:
    """The conversation with one client. Made by ``conversation``."""

    def __init__(self, connection: Connection, outbox: Outbox, identity: Identity) -> None:
        self.peer = connection.peer
        self.identity = identity
        self.client_id = ""
        """Whose jobs it speaks of: its token and the id that it gives itself, so no other token can take that over."""
        self.protocol = PROTOCOL_VERSION
        self._connection = connection
        self._outbox = outbox
        self._pace = Pace()

    def tell(self, message: Message, *, replacing: Hashable | None = None) -> bool:
        """Send a message; see ``Outbox.post``."""
        return self._outbox.post(Envelope(message), replacing=replacing)

    async def close(self, reason: str) -> None:
        """Say goodbye and hang up."""
        self.tell(Disconnect(reason))
        await self._outbox.flush()
        await self._connection.close()

    async def introduce(self, welcome: Callable[[Session], Message], *, time_limit: float) -> bool:
        """Wait for an acceptable hello and answer it with ``welcome``; whether the conversation goes on."""
        try:
            async with asyncio.timeout(time_limit):
                return self._agree(await self._hello(), welcome)
        except TimeoutError:
            self.tell(ErrorMessage("hello_expected", f"no hello within {time_limit:g} s"))
        except ConnectionClosed:
            pass
        return False

    async def listen(self, handle: Handler) -> None:
        """Read and handle, several messages at a time, until the client goes; what it asked for is still done then.

        Messages are taken up in their order; a handler that must keep an order waits for its turn first of all.
        """
        room = asyncio.Semaphore(MAX_IN_FLIGHT)

        async def answer(envelope: Envelope) -> None:
            try:
                self._answer(envelope, await self._handled(envelope, handle))
            finally:
                room.release()

        async with asyncio.TaskGroup() as handlers:
            while (envelope := await self._next()) is not None:
                if isinstance(envelope.message, Ping):  # never waits behind anything
                    self._answer(envelope, Pong(envelope.message.data))
                else:
                    await room.acquire()
                    handlers.create_task(answer(envelope))

    # -- Hello --------------------------------------------------------------------------------------------------

    async def _hello(self) -> Envelope:
        while True:
            envelope = await self._receive()
            if isinstance(envelope.message, Disconnect):
                raise ConnectionClosed(f"{self.peer} left")
            if not isinstance(envelope.message, Hello):
                self._answer(envelope, ErrorMessage("hello_expected", f"say hello before {_kind(envelope.message)}"))
            elif not 0 < len(envelope.message.client_id) <= MAX_CLIENT_ID:
                wrong = ValidationErrorMessage(f"has 1 to {MAX_CLIENT_ID} characters", "data.client_id")
                self._answer(envelope, wrong)
            else:
                return envelope

    def _agree(self, envelope: Envelope, welcome: Callable[[Session], Message]) -> bool:
        hello = envelope.message
        assert isinstance(hello, Hello)
        version = min(hello.protocol_max, PROTOCOL_VERSION)
        if version < max(hello.protocol_min, PROTOCOL_OLDEST):
            theirs, ours = _range(hello.protocol_min, hello.protocol_max), _range(PROTOCOL_OLDEST, PROTOCOL_VERSION)
            mismatch = f"no common version of the protocol: the client speaks {theirs}, this server {ours}"
            self._answer(envelope, ErrorMessage("protocol_mismatch", f"{mismatch}; update the older one"))
            return False
        self.client_id, self.protocol = self.identity.client(hello.client_id), version
        self._answer(envelope, welcome(self))
        return True

    # -- After it -----------------------------------------------------------------------------------------------

    async def _next(self) -> Envelope | None:
        """The next envelope; None when the client has gone."""
        try:
            envelope = await self._receive()
        except ConnectionClosed:
            return None
        return None if isinstance(envelope.message, Disconnect) else envelope

    async def _receive(self) -> Envelope:
        while True:
            await self._outbox.room()  # who asks and never reads is not listened to
            try:
                envelope = await self._connection.receive()
                await self._slow_down()
                return envelope
            except DecodeError as error:
                await self._slow_down()
                wrong = ValidationErrorMessage(error.detail, error.path)
                self._outbox.post(Envelope(wrong, reply_to=error.message_id or None))

    async def _slow_down(self) -> None:
        pause = self._pace.take()
        if pause:
            await asyncio.sleep(pause)

    async def _handled(self, envelope: Envelope, handle: Handler) -> Message | None:
        message = envelope.message
        try:
            if isinstance(message, Unknown):
                raise Refused("unknown_type", f"this server does not know messages of type {message.original_type!r}")
            return await handle(self, message)
        except Refused as refused:
            return ErrorMessage(refused.code, str(refused))
        except DecodeError as error:
            return ValidationErrorMessage(error.detail, error.path)
        except Exception:
            log.exception("%s from %s could not be handled", message.type, self.peer)
            return ErrorMessage("internal", f"the server failed at {message.type}; its log says why")

    def _answer(self, envelope: Envelope, message: Message | None) -> None:
        if message is not None:
            self._outbox.post(envelope.reply(message))


def _kind(message: Message) -> str:
    return message.original_type[:50] if isinstance(message, Unknown) else message.type


def _range(oldest: int, newest: int) -> str:
    return str(oldest) if oldest == newest else f"{oldest} to {newest}"
