"""The transport suite fails on transports that break a promise: each here differs from a good one in one thing."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterable, AsyncIterator, Callable

import pytest

from ffx.core.addressing import Address
from ffx.core.errors import ConnectionClosed, DecodeError, TransferError, TransportError
from ffx.core.messages import Envelope
from ffx.core.transport import Certificate, ClientConnection, Connection, Listener, Service, Transport
from ffx.testing.laboratory import TOKEN
from ffx.testing.transport import TransportConformance
from ffx.transports.inproc import InprocConnection, InprocTransport


class Wrapped(ClientConnection):
    """A good client connection, to change one thing of."""

    def __init__(self, inner: ClientConnection) -> None:
        self.inner = inner
        self.peer = inner.peer

    async def send(self, envelope: Envelope) -> None:
        await self.inner.send(envelope)

    async def receive(self) -> Envelope:
        return await self.inner.receive()

    async def close(self) -> None:
        await self.inner.close()

    async def upload(self, resource: str, offset: int, total: int, blocks: AsyncIterable[bytes]) -> int:
        return await self.inner.upload(resource, offset, total, blocks)

    async def uploaded(self, resource: str) -> int:
        return await self.inner.uploaded(resource)

    def download(self, resource: str, offset: int, digest: str) -> AsyncIterator[bytes]:
        return self.inner.download(resource, offset, digest)


class DropsEveryTenth(Wrapped):
    sent = 0

    async def send(self, envelope: Envelope) -> None:
        self.sent += 1
        if self.sent % 10:
            await super().send(envelope)


class DiesOfBadMessages(Wrapped):
    async def receive(self) -> Envelope:
        try:
            return await super().receive()
        except DecodeError:
            await self.close()
            raise


class ClosesOnce(Wrapped):
    closed = False

    async def close(self) -> None:
        if self.closed:
            raise ConnectionClosed("closed already")
        self.closed = True
        await super().close()


class CountsWrong(Wrapped):
    async def upload(self, resource: str, offset: int, total: int, blocks: AsyncIterable[bytes]) -> int:
        return await super().upload(resource, offset, total, blocks) - 1


class UploadsFromTheStart(Wrapped):
    async def upload(self, resource: str, offset: int, total: int, blocks: AsyncIterable[bytes]) -> int:
        return await super().upload(resource, await self.uploaded(resource), total, blocks)


class AnyCodeWillDo(Wrapped):
    async def uploaded(self, resource: str) -> int:
        try:
            return await super().uploaded(resource)
        except TransferError as error:
            raise TransferError(str(error), code="interrupted") from None


class DownloadsEverything(Wrapped):
    def download(self, resource: str, offset: int, digest: str) -> AsyncIterator[bytes]:
        return super().download(resource, 0, digest)


class SwallowsFailures(Wrapped):
    async def upload(self, resource: str, offset: int, total: int, blocks: AsyncIterable[bytes]) -> int:
        try:
            return await super().upload(resource, offset, total, blocks)
        except ZeroDivisionError:
            raise TransferError("something broke", code="interrupted") from None


class OneThingAtATime(Wrapped):
    def __init__(self, inner: ClientConnection) -> None:
        super().__init__(inner)
        self.turn = asyncio.Lock()

    async def send(self, envelope: Envelope) -> None:
        async with self.turn:
            await super().send(envelope)

    async def upload(self, resource: str, offset: int, total: int, blocks: AsyncIterable[bytes]) -> int:
        async with self.turn:
            return await super().upload(resource, offset, total, blocks)


class BrokenTransport(Transport):
    scheme = "inproc"

    def __init__(self, wrap: Callable[[ClientConnection], ClientConnection]) -> None:
        self.inner = InprocTransport()
        self.wrap = wrap

    async def connect(self, address: Address, token: str, fingerprint: str = "") -> ClientConnection:
        return self.wrap(await self.inner.connect(address, token, fingerprint))

    async def listen(self, address: Address, service: Service, certificate: Certificate | None = None) -> Listener:
        return await self.inner.listen(address, service)


class OpenToAll(BrokenTransport):
    def __init__(self) -> None:
        super().__init__(Wrapped)

    async def connect(self, address: Address, token: str, fingerprint: str = "") -> ClientConnection:
        return await super().connect(address, TOKEN, fingerprint)


class NeverReallyCloses(BrokenTransport):
    def __init__(self) -> None:
        super().__init__(Wrapped)

    async def listen(self, address: Address, service: Service, certificate: Certificate | None = None) -> Listener:
        listener = await super().listen(address, service)

        async def close() -> None:
            pass

        listener.close = close  # type: ignore[method-assign] # that is what is broken
        return listener


class Suite(TransportConformance):
    address = Address("broken", scheme="inproc")

    def __init__(self, make: Callable[[], Transport]) -> None:
        self.make = make

    def make_transport(self) -> Transport:
        return self.make()

    @staticmethod
    async def send_raw(connection: Connection, text: str) -> None:
        inner = connection.inner if isinstance(connection, Wrapped) else connection
        assert isinstance(inner, InprocConnection)
        await inner.send_text(text)


def every_test() -> list[str]:
    return [name for name in dir(TransportConformance) if name.startswith("test_")]


def test_the_suite_is_passed_through_a_wrapper_that_changes_nothing() -> None:
    """So what fails below fails for the change alone."""
    suite = Suite(lambda: BrokenTransport(Wrapped))
    for name in every_test():
        getattr(suite, name)()


@pytest.mark.parametrize(
    ("broken", "test"),
    [
        (lambda: BrokenTransport(DropsEveryTenth), "test_envelopes_arrive_in_order"),
        (lambda: BrokenTransport(DiesOfBadMessages), "test_a_client_survives_what_does_not_fit"),
        (lambda: BrokenTransport(ClosesOnce), "test_a_client_closes"),
        (lambda: BrokenTransport(CountsWrong), "test_uploads_of_every_size"),
        (lambda: BrokenTransport(UploadsFromTheStart), "test_an_upload_from_a_wrong_offset_is_refused"),
        (lambda: BrokenTransport(AnyCodeWillDo), "test_unknown_resources_are_refused"),
        (lambda: BrokenTransport(DownloadsEverything), "test_downloads_from_every_offset"),
        (lambda: BrokenTransport(SwallowsFailures), "test_a_source_that_fails_keeps_what_arrived"),
        (lambda: BrokenTransport(OneThingAtATime), "test_messages_do_not_wait_for_transfers"),
        (OpenToAll, "test_a_wrong_token_is_unauthorized"),
        (NeverReallyCloses, "test_where_nobody_listens_is_refused"),
        (NeverReallyCloses, "test_an_address_is_free_after_close"),
    ],
)
def test_a_broken_transport_fails(broken: Callable[[], Transport], test: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ffx.testing.suite.TIME_LIMIT", 1.0)  # some wait for what never comes
    with pytest.raises((AssertionError, TimeoutError, TransportError, BaseExceptionGroup)):
        getattr(Suite(broken), test)()
