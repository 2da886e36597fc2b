"""What makes this user's ffx known to others: the token, the ids of the client and of servers; in the state folder."""

from __future__ import annotations

import contextlib
import os
import secrets
import socket
import tempfile
import uuid
from collections.abc import Callable, Mapping
from pathlib import Path

from ffx.core.errors import ConfigurationError
from ffx.core.folders import Folders
from ffx.core.identity import new_secret


def server_token(folders: Folders, environment: Mapping[str, str]) -> str:
    """The token of this user's servers: ``FFX_TOKEN``, else the one in the token file, made on the first start.

    Raises:
        ConfigurationError: the file cannot be read or written.
    """
    return environment.get("FFX_TOKEN") or _kept(folders.token_file, new_secret)


def known_token(folders: Folders) -> str:
    """The token that this user's servers were started with; empty when there was none yet or it cannot be read."""
    try:
        return folders.token_file.read_text(encoding="ascii").strip()
    except (OSError, UnicodeDecodeError):
        return ""


def client_id(folders: Folders) -> str:
    """Who this process is to servers for a short conversation: the user's id, and a part of its own.

    A server speaks to the newest connection of a client, so two commands at a time must be two clients.
    """
    return f"{_user_id(folders)}.{secrets.token_hex(4)}"


def queue_client_id(folders: Folders) -> str:
    """Who the queue is to servers, whichever process works it: what they hold for one, they give to the next."""
    return f"{_user_id(folders)}.queue"


def server_id(folders: Folders, *, name: str, port: int) -> str:
    """The identity of one server, the same each time it starts.

    Servers of one machine differ by name and port; machines that share a home folder differ by host name. A server
    on a port that the system picks is a new one each time.
    """
    if port == 0:
        return str(uuid.uuid4())
    home = uuid.UUID(_kept(folders.state / "server_id", lambda: str(uuid.uuid4())))
    return str(uuid.uuid5(home, f"{socket.gethostname()}\n{name}\n{port}"))


def _user_id(folders: Folders) -> str:
    return _kept(folders.state / "client_id", lambda: str(uuid.uuid4()))


def _kept(file: Path, make: Callable[[], str]) -> str:
    """The word in a file, which is made when there is none: readable by this user only from its first byte on."""
    try:
        word = file.read_text(encoding="ascii").strip() if file.exists() else _keep(file, make())
    except UnicodeDecodeError:
        word = ""
    except OSError as error:
        raise ConfigurationError(f"{file}: {error.strerror or error}; ffx keeps its state there") from None
    if not word:
        raise ConfigurationError(f"{file} is damaged; delete it and it is made anew")
    return word


def _keep(file: Path, word: str) -> str:
    """Write a word that is not there yet; of two processes that try, both get the word of the first."""
    file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    handle, name = tempfile.mkstemp(dir=file.parent, prefix=f".{file.name}.")  # 0600 from the start
    part = Path(name)
    try:
        with os.fdopen(handle, "w", encoding="ascii") as stream:
            stream.write(word + "\n")
        _appear(part, file)
    finally:
        part.unlink(missing_ok=True)
    return file.read_text(encoding="ascii").strip()


def _appear(part: Path, file: Path) -> None:
    """Give the part its name unless that is taken, whole or not at all."""
    with contextlib.suppress(FileExistsError):
        try:
            file.hardlink_to(part)
        except FileExistsError:
            raise
        except (OSError, NotImplementedError):
            # A file system without hard links: the nearest there is.
            if not file.exists():
                part.replace(file)
