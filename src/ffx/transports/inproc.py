"""The in-process transport, ``inproc://name``: both ends in one process, through the same door as any other.

Messages pass as JSON text all the same, so what cannot be sent to another machine cannot be sent here either.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterable, AsyncIterator, Sequence
from contextlib import aclosing, asynccontextmanager
from typing import TYPE_CHECKING, BinaryIO

from ffx import hookimpl
from ffx.core.addressing import Address
from ffx.core.errors import ConnectError, ConnectionClosed, TransferError
from ffx.core.file_opening import opened_by_thread
from ffx.core.transport import (
    Certificate,
    ClientConnection,
    Connection,
    Listener,
    Service,
    StoredFile,
    Transport,
    refuse_fingerprint,
)
from ffx.transports.blocks import BLOCK_BYTES, check_range, check_resource, exactly
from ffx.transports.conversations import Conversations

if TYPE_CHECKING:
    from ffx.core.messages import Envelope

ROOM = 32
"""Messages that may wait in one direction before a sender waits too."""
SEND_LIMIT = 30.0
"""Seconds a sender waits for room; then the other side counts as gone."""
CLOSE_GRACE = 10.0
"""Seconds a conversation has to end after its listener closed its connection."""


@hookimpl
def ffx_register_transports() -> Sequence[Transport]:
    """A transport holds its own listeners, so two plugin hosts never meet."""
    return [InprocTransport()]


class InprocTransport(Transport):
    """Connects within one process: only listeners of the same transport object are found."""

    scheme = "inproc"

    def __init__(self, *, send_limit: float = SEND_LIMIT, close_grace: float = CLOSE_GRACE) -> None:
        self._listeners: dict[str, InprocListener] = {}
        self._send_limit = send_limit
        self._close_grace = close_grace

    async def connect(self, address: Address, token: str, fingerprint: str = "") -> ClientConnection:
        refuse_fingerprint(address, fingerprint)
        listener = self._listeners.get(address.host)
        if listener is None:
            raise ConnectError(f"nobody listens at inproc://{address.host} in this process", code="refused")
        return listener.admit(token)

    async def listen(self, address: Address, service: Service, certificate: Certificate | None = None) -> Listener:
        if address.host in self._listeners:
            raise ConnectError(
                f"inproc://{address.host} is taken already in this process: choose another name", code="refused"
            )
        listener = InprocListener(self._listeners, address, service, self._send_limit, self._close_grace)
        self._listeners[address.host] = listener
        return listener


class InprocListener(Listener):
    """A name that is listened at."""

    def __init__(
        self,
        listeners: dict[str, InprocListener],
        address: Address,
        service: Service,
        send_limit: float,
        close_grace: float,
    ) -> None:
        self.address = address
        self._listeners = listeners
        self._service = service
        self._send_limit = send_limit
        self._conversations = Conversations(service, grace=close_grace)
        self._clients_made = 0

    def admit(self, token: str) -> ClientConnection:
        """The client's end of a new conversation. Raises ConnectError ``unauthorized``."""
        name = f"inproc://{self.address.host}"
        identity = self._service.authenticate(token)
        if identity is None:
            raise ConnectError(f"{name} refused the token: give the one that this server has", code="unauthorized")
        self._clients_made += 1
        to_server, to_client, lifeline = _Lane(), _Lane(), _Lifeline()
        server_end = InprocConnection(
            f"inproc client {self._clients_made}", to_client, to_server, lifeline, self._send_limit
        )
        client_end = InprocClient(name, to_server, to_client, lifeline, self._send_limit, self._service)
        self._conversations.begin(server_end, identity)
        return client_end

    async def close(self) -> None:
        if self._listeners.get(self.address.host) is self:
            del self._listeners[self.address.host]
        await self._conversations.end()


class InprocConnection(Connection):
    """One end: a lane for each direction, and a lifeline that both ends share."""

    def __init__(self, peer: str, outgoing: _Lane, incoming: _Lane, lifeline: _Lifeline, send_limit: float) -> None:
        self.peer = peer
        self._outgoing = outgoing
        self._incoming = incoming
        self._lifeline = lifeline
        self._send_limit = send_limit

    async def send(self, envelope: Envelope) -> None:
        from ffx.core.wire import encode  # with every kind of message, and most commands of ffx send none

        await self.send_text(encode(envelope))

    async def send_text(self, text: str) -> None:
        """Send a message that is text already.

        Raises:
            ConnectionClosed: the other side is gone, or takes nothing any more.
        """
        try:
            async with asyncio.timeout(self._send_limit):
                delivered = await self._outgoing.put(text)
        except TimeoutError:
            await self.close()
            raise ConnectionClosed(f"{self.peer} took no message for {self._send_limit:g} seconds") from None
        if not delivered:
            raise ConnectionClosed(f"{self.peer} closed the connection")

    async def receive(self) -> Envelope:
        from ffx.core.wire import decode

        text = await self._incoming.get()
        if text is None:
            raise ConnectionClosed(f"{self.peer} closed the connection")
        return decode(text)

    async def close(self) -> None:
        self._lifeline.cut()
        await self._incoming.close(discard=True)
        await self._outgoing.close()


class InprocClient(InprocConnection, ClientConnection):
    """The client's end: bulk bytes go straight to and from the server's store."""

    def __init__(
        self, peer: str, outgoing: _Lane, incoming: _Lane, lifeline: _Lifeline, send_limit: float, service: Service
    ) -> None:
        super().__init__(peer, outgoing, incoming, lifeline, send_limit)
        self._store = service.bulk

    async def upload(self, resource: str, offset: int, total: int, blocks: AsyncIterable[bytes]) -> int:
        check_resource(resource)
        check_range(offset, total)
        async with self._lifeline.until_cut(self._interrupted()), aclosing(exactly(blocks, total - offset)) as checked:
            return await self._store.receive(resource, offset, total, checked)

    async def uploaded(self, resource: str) -> int:
        check_resource(resource)
        if self._lifeline.is_cut:
            raise self._interrupted()
        return await self._store.received(resource)

    async def download(self, resource: str, offset: int, digest: str) -> AsyncIterator[bytes]:
        check_resource(resource)
        if self._lifeline.is_cut:
            raise self._interrupted()
        stored = await self._store.offer(resource)
        if stored.digest != digest:
            raise TransferError(f"{self.peer} has another version of {resource}", code="digest_mismatch")
        check_range(offset, stored.size)
        async with opened_by_thread(lambda: _open_at(stored, offset)) as file:
            left = stored.size - offset
            while left:
                block = await asyncio.to_thread(file.read, min(left, BLOCK_BYTES))
                if self._lifeline.is_cut or not block:
                    raise self._interrupted()
                left -= len(block)
                yield block

    def _interrupted(self) -> TransferError:
        return TransferError(f"the connection to {self.peer} ended during the transfer", code="interrupted")


class _Lane:
    """Messages in one direction: first in, first out, with room for a few."""

    def __init__(self) -> None:
        self._texts: deque[str] = deque()
        self._closed = False
        self._changed = asyncio.Condition()

    async def put(self, text: str) -> bool:
        """Wait for room and add a message; False when the lane is closed."""
        async with self._changed:
            await self._changed.wait_for(lambda: self._closed or len(self._texts) < ROOM)
            if self._closed:
                return False
            self._texts.append(text)
            self._changed.notify_all()
            return True

    async def get(self) -> str | None:
        """Wait for the next message; None when the lane is closed and empty."""
        async with self._changed:
            await self._changed.wait_for(lambda: self._closed or bool(self._texts))
            if not self._texts:
                return None
            text = self._texts.popleft()
            self._changed.notify_all()
            return text

    async def close(self, *, discard: bool = False) -> None:
        """Take no more; what is there can still be read, unless it is discarded."""
        async with self._changed:
            self._closed = True
            if discard:
                self._texts.clear()
            self._changed.notify_all()


class _Lifeline:
    """Ends the transfers of a conversation at the moment when either end closes it."""

    def __init__(self) -> None:
        self.is_cut = False
        self._limits: set[asyncio.Timeout] = set()

    def cut(self) -> None:
        self.is_cut = True
        for limit in self._limits:
            limit.reschedule(asyncio.get_running_loop().time())

    @asynccontextmanager
    async def until_cut(self, error: TransferError) -> AsyncIterator[None]:
        """Run the body until it ends or the lifeline is cut; raises ``error`` in the latter case."""
        if self.is_cut:
            raise error
        try:
            async with asyncio.timeout(None) as limit:
                self._limits.add(limit)
                try:
                    yield
                finally:
                    self._limits.discard(limit)
        except TimeoutError:
            if limit.expired():
                raise error from None
            raise


def _open_at(stored: StoredFile, offset: int) -> BinaryIO:
    try:
        file = stored.path.open("rb")
    except OSError:
        raise TransferError(f"{stored.path.name} is no longer there", code="unknown_resource") from None
    file.seek(offset)
    return file
