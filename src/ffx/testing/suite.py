"""The frame of the conformance suites for transports: how a test gets its listener, its clients and its loop."""

from __future__ import annotations

import asyncio
import tempfile
from abc import ABC, abstractmethod
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, TypeVar

from ffx.core.addressing import Address
from ffx.core.transport import Certificate, ClientConnection, Connection, Listener, Transport
from ffx.testing.laboratory import TOKEN, Conversation, LaboratoryService, echo

S = TypeVar("S", bound="TransportSuite")

TIME_LIMIT = 40.0
"""Seconds a test may take; one that takes longer waits for something that never comes."""


def on_a_loop(test: Callable[[S], Coroutine[Any, Any, None]]) -> Callable[[S], None]:
    """Make a coroutine a plain test function, so that a suite needs no plugin of the test runner."""

    def run(self: S) -> None:
        asyncio.run(asyncio.wait_for(test(self), TIME_LIMIT))

    run.__name__ = test.__name__
    run.__doc__ = test.__doc__
    return run


class Scene:
    """One listener with its service, and clients of it."""

    def __init__(
        self, transport: Transport, listener: Listener, service: LaboratoryService, folder: Path, fingerprint: str = ""
    ) -> None:
        self.transport = transport
        self.fingerprint = fingerprint
        self.listener = listener
        self.service = service
        self.folder = folder
        """An empty folder for the test's files."""
        self._clients: list[ClientConnection] = []

    async def connect(self, token: str = TOKEN) -> ClientConnection:
        """Another client; closed at the end of the test at the latest."""
        client = await self.transport.connect(self.listener.address, token, self.fingerprint)
        self._clients.append(client)
        return client

    def give(self, resource: str, content: bytes) -> str:
        """Offer bytes for download; returns their digest."""
        path = self.folder / resource
        path.write_bytes(content)
        return self.service.bulk.give(resource, path)

    async def end(self) -> None:
        for client in self._clients:
            await client.close()
        await self.listener.close()


class TransportSuite(ABC):
    """What a subclass gives: a transport and an address that it can listen at."""

    send_raw: Callable[[Connection, str], Awaitable[None]] | None = None
    """Sends a text through a connection of this transport as it is. Give it as a static method where the transport
    can do that: it is how the suite sends what no honest peer would.
    """

    certificate: Certificate | None = None
    """What listeners prove themselves with, where the transport encrypts."""
    fingerprint: str = ""
    """That of the certificate, which clients pin."""

    @abstractmethod
    def make_transport(self) -> Transport:
        """A new transport; called once or more a test."""

    @property
    @abstractmethod
    def address(self) -> Address:
        """Where to listen: port 0, or a name that nothing else uses."""

    @asynccontextmanager
    async def scene(self, conversation: Conversation = echo) -> AsyncIterator[Scene]:
        """A listener whose conversations go as given, closed at the end."""
        transport = self.make_transport()
        service = LaboratoryService(conversation)
        with tempfile.TemporaryDirectory() as folder:
            listener = await transport.listen(self.address, service, self.certificate)
            scene = Scene(transport, listener, service, Path(folder), self.fingerprint)
            try:
                yield scene
            finally:
                await scene.end()


def check(condition: object, promise: str) -> None:
    """Raise AssertionError with the promise that was broken, whether or not a test runner rewrites assertions."""
    if not condition:
        raise AssertionError(promise)


def check_line(text: str) -> None:
    """What a person reads is one line."""
    check(text and "\n" not in text, f"an error is one line for a person, not {text!r}")
