"""What a transport is: a way for envelopes and for bulk bytes between a client and a server.

Control messages and bulk bytes travel apart, so a ping never waits behind gigabytes.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import AsyncIterable, AsyncIterator
from pathlib import Path
from typing import TYPE_CHECKING

from attrs import frozen

from ffx.core.addressing import Address
from ffx.core.errors import ConnectError
from ffx.core.identity import Identity

if TYPE_CHECKING:
    from ffx.core.messages import Envelope  # many, for commands that say nothing to a server


class Connection(ABC):
    """One conversation, either end of it. Envelopes arrive whole and in order."""

    peer: str
    """The other end, for a person: ``192.168.1.20:51544``."""

    @abstractmethod
    async def send(self, envelope: Envelope) -> None:
        """Send one envelope; safe to call from several tasks.

        Raises:
            ConnectionClosed: the other side is gone.
        """

    @abstractmethod
    async def receive(self) -> Envelope:
        """Wait for the next envelope.

        Raises:
            ConnectionClosed: the other side is gone.
            DecodeError: one message did not fit; the connection lives on and the next call reads the next.
        """

    @abstractmethod
    async def close(self) -> None:
        """End the conversation; calling it twice is fine."""


class ClientConnection(Connection):
    """A client's end, which can also move bulk bytes. A *resource* is a name the server gave in a message."""

    @abstractmethod
    async def upload(self, resource: str, offset: int, total: int, blocks: AsyncIterable[bytes]) -> int:
        """Send ``blocks`` as the bytes of ``resource`` from ``offset`` on, of ``total`` in all; returns how many
        bytes the server has then. ``blocks`` is all the rest of the file, and is closed when it is a generator.

        Raises:
            TransferError: the server refused them (its code says why), the way broke (``interrupted``), or the
                blocks were more or fewer than announced (``source_changed``). What ``blocks`` raises passes through.
        """

    @abstractmethod
    async def uploaded(self, resource: str) -> int:
        """How many bytes of ``resource`` the server has: the server is the authority.

        Raises:
            TransferError: it knows no such resource, or the way broke.
        """

    @abstractmethod
    def download(self, resource: str, offset: int, digest: str) -> AsyncIterator[bytes]:
        """The bytes of ``resource`` from ``offset`` on; ``digest`` names the version that is wanted.

        Raises:
            TransferError: there is no such version, or the way broke.
        """


@frozen
class StoredFile:
    """A file that a server offers for download."""

    path: Path
    size: int
    digest: str


class BulkStore(ABC):
    """Where a server's bulk bytes come from and go to."""

    @abstractmethod
    async def received(self, resource: str) -> int:
        """How many bytes are there. Raises TransferError ``unknown_resource``."""

    @abstractmethod
    async def receive(self, resource: str, offset: int, total: int, blocks: AsyncIterable[bytes]) -> int:
        """Append ``blocks`` at ``offset``; returns how many bytes are there then. What arrived before a fault is kept.

        Raises:
            TransferError: unknown resource, wrong offset, too large, disk full.
        """

    @abstractmethod
    async def offer(self, resource: str) -> StoredFile:
        """The file to send. Raises TransferError ``unknown_resource``."""


class Service(ABC):
    """What stands behind a listener."""

    bulk: BulkStore

    @abstractmethod
    def authenticate(self, token: str) -> Identity | None:
        """Whom the token proves at this moment; None: it opens nothing. Compares in constant time."""

    @abstractmethod
    async def converse(self, connection: Connection, identity: Identity) -> None:
        """Hold one conversation until it is over. Called once a connection, in a task of its own that the
        listener owns; the listener closes the connection afterwards.
        """


@frozen
class Certificate:
    """The files that a listener proves itself with, in PEM form."""

    chain: Path
    key: Path


class Listener(ABC):
    """A server's open ear."""

    address: Address
    """Where it really listens (the port that was picked)."""

    @abstractmethod
    async def close(self) -> None:
        """Take no new connections, end the ones there are, and wait for their conversations."""


class Transport(ABC):
    """A way to connect and to listen, for one scheme of address."""

    scheme: str
    encrypts: bool = False
    """Whether what travels can be read and changed by nobody between: only then a listener needs a certificate."""

    @abstractmethod
    async def connect(self, address: Address, token: str, fingerprint: str = "") -> ClientConnection:
        """Open a conversation; the time limit is the caller's. ``fingerprint``: SHA-256 of the only certificate that
        the server may show, in hexadecimal; the token is sent to no other.

        Raises:
            ConnectError: nobody there, not an ffx server, the token was refused, or the certificate is not the one;
                its code says which. A transport that does not encrypt refuses every fingerprint (``not_encrypted``).
        """

    @abstractmethod
    async def listen(self, address: Address, service: Service, certificate: Certificate | None = None) -> Listener:
        """Listen at an address (port 0 picks one).

        Raises:
            ConnectError: the address cannot be had, or the certificate not used; the message says why.
        """


def refuse_fingerprint(address: Address, fingerprint: str) -> None:
    """For transports that do not encrypt: a pin that nobody could check is no reason to feel safe.

    Raises:
        ConnectError: there is one.
    """
    if fingerprint:
        raise ConnectError(
            f"{address} was not asked: a certificate is pinned for it, and {address.scheme}:// has none; "
            "add the server anew with its join string",
            code="not_encrypted",
        )
