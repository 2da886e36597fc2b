"""A conversation with one server: hello, questions with their answers, and what the server says unasked."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from collections import deque
from collections.abc import Callable, Iterator
from typing import TypeVar

from attrs import evolve, field, frozen

from ffx import __version__
from ffx.client.plausible import plausible
from ffx.core.addressing import Address
from ffx.core.errors import ConnectError, ConnectionClosed, DecodeError, ProtocolError, RemoteError
from ffx.core.messages import (
    PROTOCOL_OLDEST,
    PROTOCOL_VERSION,
    CapabilityRequest,
    CapabilityResponse,
    CapabilityUpdate,
    Disconnect,
    Envelope,
    ErrorMessage,
    Hello,
    JobCompleted,
    JobFailed,
    JobProgressMessage,
    JobReassign,
    Message,
    Ping,
    Pong,
    ServerInfoMessage,
    ValidationErrorMessage,
)
from ffx.core.model import ServerInfo
from ffx.core.transport import ClientConnection, Transport

CONNECT_SECONDS = 10.0
ANSWER_SECONDS = 60.0
"""How long a server may take to answer; a capability request may need a trial encode."""

JobWord = JobProgressMessage | JobCompleted | JobFailed | JobReassign
"""What a server says of a job unasked."""

M = TypeVar("M")

_log = logging.getLogger(__name__)


@frozen
class Endpoint:
    """Where a server is and how to be let in."""

    name: str
    address: Address
    token: str = field(default="", repr=False)
    preferred_for: tuple[str, ...] = ()
    fingerprint: str = ""
    """Of the only certificate that it may show; empty: none is pinned."""


class ServerConnection:
    """One server, connected. Made by ``open_server``; closed when its ``async with`` block ends."""

    def __init__(
        self, connection: ClientConnection, welcome: ServerInfoMessage, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self.bulk = connection
        self.info: ServerInfo = welcome.server
        self.epoch = welcome.epoch
        self.said_goodbye = False
        """Whether the server ended the conversation on purpose."""
        self.on_change: Callable[[ServerInfo], None] = lambda info: None
        """Called when the server says that its state or capabilities changed."""
        self._clock = clock
        self._heard_at = clock()
        self._connection = connection
        self._answers: dict[str, asyncio.Future[Message]] = {}
        self._mailboxes: dict[tuple[str, int], Mailbox] = {}
        self._reader = asyncio.create_task(self._read(), name=f"read {connection.peer}")

    async def __aenter__(self) -> ServerConnection:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    async def close(self) -> None:
        """Say goodbye and end the conversation; calling it twice is fine."""
        with contextlib.suppress(ConnectionClosed):
            await self._connection.send(Envelope(Disconnect("the client is done")))
        await self._connection.close()
        self._reader.cancel()
        await asyncio.wait([self._reader])

    @property
    def is_closed(self) -> bool:
        """Whether the conversation is over."""
        return self._reader.done()

    async def closed(self, time_limit: float | None = None) -> None:
        """Wait until the conversation is over, whoever ended it, or the time is up (seconds)."""
        await asyncio.wait([self._reader], timeout=time_limit)

    def heard(self) -> None:
        """A sign of life came on another way: bytes of a transfer moved."""
        self._heard_at = self._clock()

    @property
    def silence(self) -> float:
        """Seconds since the last sign of life."""
        return self._clock() - self._heard_at

    # -- Questions --------------------------------------------------------------------------------------

    async def ask(self, message: Message, *expected: type[M], time_limit: float = ANSWER_SECONDS) -> M:
        """Send a message and wait for the answer, which must be of an expected type.

        Raises:
            RemoteError: the server answered with an error; carries its code.
            ConnectionClosed: the server is gone, or said nothing within the time limit (seconds).
            ProtocolError: the answer is of another type.
        """
        envelope = Envelope(message)
        answer: asyncio.Future[Message] = asyncio.get_running_loop().create_future()
        if self.is_closed:
            raise ConnectionClosed(f"{self.info.name} is gone")
        self._answers[envelope.message_id] = answer
        try:
            async with asyncio.timeout(time_limit):
                await self._connection.send(envelope)
                reply = await answer
        except TimeoutError:
            raise ConnectionClosed(f"{self.info.name} gave no answer within {time_limit:g} s") from None
        finally:
            del self._answers[envelope.message_id]
        return expect(reply, *expected, who=self.info.name)

    async def tell(self, message: Message) -> None:
        """Send a message that wants no answer. Raises ConnectionClosed."""
        await self._connection.send(Envelope(message))

    async def ping(self) -> float:
        """The time of a round trip in seconds. Raises ConnectionClosed."""
        started = time.perf_counter()
        await self.ask(Ping("round trip"), Pong, time_limit=CONNECT_SECONDS)
        return time.perf_counter() - started

    async def capabilities(self, encoders: tuple[str, ...] = ()) -> CapabilityResponse:
        """What the server can do, after it tried these encoders. Raises as ``ask``."""
        return await self.ask(CapabilityRequest(encoders), CapabilityResponse)

    # -- What is said unasked ---------------------------------------------------------------------------

    @contextlib.contextmanager
    def mailbox(self, job_id: str, attempt: int) -> Iterator[Mailbox]:
        """What the server says of one attempt, while the block lasts."""
        box = Mailbox(self.info.name)
        self._mailboxes[job_id, attempt] = box
        if self.is_closed:
            box.close()
        try:
            yield box
        finally:
            del self._mailboxes[job_id, attempt]

    async def _read(self) -> None:
        try:
            while True:
                try:
                    envelope = await self._connection.receive()
                    self.heard()
                except DecodeError as error:
                    _log.warning("%s said something that cannot be read: %s", self.info.name, error)
                    continue
                if isinstance(envelope.message, Disconnect):
                    self.said_goodbye = True
                    return
                await self._take(envelope)
        except ConnectionClosed:
            return
        finally:
            self._end()

    async def _take(self, envelope: Envelope) -> None:
        message = plausible(envelope.message)
        waiting = self._answers.get(envelope.reply_to or "")
        if waiting is not None:
            if not waiting.done():
                waiting.set_result(message)
        elif isinstance(message, Ping):
            await self._connection.send(envelope.reply(Pong(message.data)))
        elif isinstance(message, CapabilityUpdate):
            self.info = updated(self.info, message)
            self.on_change(self.info)
        elif isinstance(message, JobWord):
            box = self._mailboxes.get(_subject(message))
            if box is not None:
                box.put(message)

    def _end(self) -> None:
        for answer in self._answers.values():
            if not answer.done():
                answer.set_exception(ConnectionClosed(f"{self.info.name} is gone"))
                answer.exception()  # who asks may fail at sending, and never come to look at it
        for box in self._mailboxes.values():
            box.close()


class Mailbox:
    """The words about one attempt, in order."""

    def __init__(self, server: str) -> None:
        self._server = server
        self._words: deque[JobWord] = deque()
        self._closed = False
        self._filled = asyncio.Event()

    def put(self, word: JobWord) -> None:
        """Of the words on one stage the newest is enough."""
        if self._words and _tells_more(word, self._words[-1]):
            self._words.pop()
        self._words.append(word)
        self._filled.set()

    def close(self) -> None:
        """No more will come."""
        self._closed = True
        self._filled.set()

    @property
    def waiting(self) -> tuple[JobWord, ...]:
        """What has come and was not taken, in order."""
        return tuple(self._words)

    async def next(self) -> JobWord:
        """Wait for the next word. Raises ConnectionClosed when the server is gone."""
        while not self._words:
            if self._closed:
                raise ConnectionClosed(f"{self._server} is gone")
            self._filled.clear()
            await self._filled.wait()
        return self._words.popleft()


async def open_server(
    transport: Transport,
    endpoint: Endpoint,
    *,
    client_id: str,
    time_limit: float = CONNECT_SECONDS,
    clock: Callable[[], float] = time.monotonic,
) -> ServerConnection:
    """Connect and say hello. ``clock`` is what silence is measured by (seconds).

    Raises:
        ConnectError: nobody there within ``time_limit`` seconds, not an ffx server, or the token was refused.
        RemoteError: the server speaks no version that this client does (``protocol_mismatch``).
        ProtocolError: it answered hello with something else.
    """
    try:
        async with asyncio.timeout(time_limit):
            connection = await transport.connect(endpoint.address, endpoint.token, endpoint.fingerprint)
            try:
                return ServerConnection(connection, await _greet(connection, endpoint, client_id), clock)
            except BaseException:
                await connection.close()
                raise
    except TimeoutError:
        raise ConnectError(
            f"{endpoint.address.authority} gave no answer within {time_limit:g} s; is the address right?",
            code="timeout",
        ) from None


async def _greet(connection: ClientConnection, endpoint: Endpoint, client_id: str) -> ServerInfoMessage:
    await connection.send(Envelope(Hello(client_id, PROTOCOL_OLDEST, PROTOCOL_VERSION, __version__)))
    try:
        envelope = await connection.receive()
    except ConnectionClosed:
        raise ConnectError(
            f"{endpoint.address.authority} hung up before it said what it is; it may be starting or stopping",
            code="refused",
        ) from None
    except DecodeError as error:
        raise ProtocolError(f"{endpoint.address.authority} does not speak the protocol of ffx: {error}") from None
    welcome = expect(plausible(envelope.message), ServerInfoMessage, who=endpoint.address.authority)
    if not PROTOCOL_OLDEST <= welcome.protocol <= PROTOCOL_VERSION:
        raise ProtocolError(f"{endpoint.address.authority} chose protocol {welcome.protocol}, which was not offered")
    return welcome


def expect(message: Message, *expected: type[M], who: str) -> M:
    """The message, when it is of an expected type.

    Raises:
        RemoteError: it is an error; carries the code.
        ProtocolError: it is anything else.
    """
    for kind in expected:
        if isinstance(message, kind):
            return message
    if isinstance(message, ErrorMessage):
        raise RemoteError(message.message, code=message.code)
    if isinstance(message, ValidationErrorMessage):
        raise RemoteError(f"{who} refused the message: {message.path}: {message.message}", code="validation_error")
    raise ProtocolError(f"{who} answered with {message.type}")


def updated(known: ServerInfo, update: CapabilityUpdate) -> ServerInfo:
    """What is known of a server after an update; a word on its state that was overtaken by a newer one is not heard."""
    told = update.server
    if update.unchanged:
        load = told.capabilities.current_load
        told = evolve(told, capabilities=evolve(known.capabilities, current_load=load))
    return told if told.uptime >= known.uptime else evolve(known, capabilities=told.capabilities)


def _tells_more(word: JobWord, earlier: JobWord) -> bool:
    return (
        isinstance(word, JobProgressMessage)
        and isinstance(earlier, JobProgressMessage)
        and (word.stage, word.paused) == (earlier.stage, earlier.paused)
    )


def _subject(word: JobWord) -> tuple[str, int]:
    if isinstance(word, JobProgressMessage):
        return word.progress.job_id, word.attempt
    if isinstance(word, JobCompleted):
        return word.result.job_id, word.attempt
    return word.job_id, word.attempt
