"""The servers that a client remembers: a TOML file that only its user can read, since it holds tokens."""

from __future__ import annotations

import tomllib
from collections.abc import Sequence
from pathlib import Path

from attrs import evolve, frozen

from ffx.core.addressing import parse_address
from ffx.core.errors import ConfigurationError, DecodeError, UsageError
from ffx.core.plain import from_plain, to_plain
from ffx.core.private_files import replace_privately
from ffx.core.registry import suggestion


@frozen
class RememberedServer:
    """One server of the book."""

    name: str
    address: str
    token: str = ""
    """Empty: the token of this user's own servers is tried, on this machine only."""
    preferred_for: tuple[str, ...] = ()
    """Codecs or encoders for which it is asked first; ``any`` for all."""
    fingerprint: str = ""
    """Of the only certificate that it may show; empty: one that the system trusts, or none."""


@frozen
class _Book:
    servers: tuple[RememberedServer, ...] = ()


class ServerBook:
    """Reads and writes the file; nothing is kept in memory, so two processes see each other's changes."""

    def __init__(self, file: Path) -> None:
        self._file = file

    def servers(self) -> tuple[RememberedServer, ...]:
        """All servers, in the order in which they were added.

        Raises:
            ConfigurationError: the file is damaged; the message says where.
        """
        try:
            plain = tomllib.loads(self._file.read_text(encoding="utf-8"))
        except FileNotFoundError:
            return ()
        except (OSError, ValueError, RecursionError) as error:
            raise ConfigurationError(f"{self._file}: cannot be read: {error}") from None
        try:
            return tuple(from_plain(plain, _Book).servers)
        except DecodeError as error:
            raise ConfigurationError(f"{self._file}: {error}") from None

    def add(self, server: RememberedServer) -> None:
        """Remember a server; one of the same name or address is replaced."""
        kept = [s for s in self.servers() if s.name != server.name and not _same_address(s, server.address)]
        self._write([*kept, server])

    def remove(self, name_or_address: str) -> RememberedServer:
        """Forget a server, and return what was known. Raises UsageError when there is none."""
        found = self.find(name_or_address)
        self._write([server for server in self.servers() if server != found])
        return found

    def prefer(self, name_or_address: str, kinds: Sequence[str]) -> RememberedServer:
        """Ask this server first for these kinds of job (codecs, encoders, or ``any``), and no other for them."""
        found = self.find(name_or_address)
        preferring = evolve(found, preferred_for=tuple(dict.fromkeys(kinds)))
        self._write(
            [
                preferring
                if server == found
                else evolve(server, preferred_for=tuple(k for k in server.preferred_for if k not in kinds))
                for server in self.servers()
            ]
        )
        return preferring

    def find(self, name_or_address: str) -> RememberedServer:
        """The server of that name or address.

        Raises:
            UsageError: there is none; the message suggests the nearest names.
        """
        servers = self.servers()
        for server in servers:
            if server.name == name_or_address or _same_address(server, name_or_address):
                return server
        near = suggestion(name_or_address, [server.name for server in servers])
        raise UsageError(f"no server {name_or_address!r} is remembered{near or '; see: ffx servers list'}")

    def _write(self, servers: Sequence[RememberedServer]) -> None:
        import tomlkit  # for whoever changes the book; nearly all only read it

        document = tomlkit.document()
        document.add(tomlkit.comment("The servers that ffx remembers, with their tokens: keep this file to yourself."))
        tables = tomlkit.aot()
        for server in servers:
            tables.append(tomlkit.item(to_plain(server)))
        document.append("servers", tables)
        try:
            replace_privately(self._file, tomlkit.dumps(document).encode())
        except OSError as error:
            raise ConfigurationError(f"{self._file}: cannot be written: {error.strerror}") from None


def _same_address(server: RememberedServer, text: str) -> bool:
    try:
        return parse_address(server.address).is_same_place(parse_address(text))
    except UsageError:
        return False
