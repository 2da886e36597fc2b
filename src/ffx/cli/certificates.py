"""The certificate of this user's servers: the operator's own, or one that is made on the first start that needs it."""

from __future__ import annotations

import socket
from pathlib import Path

from filelock import FileLock

from ffx.core.configuration import ServeTable
from ffx.core.errors import ConfigurationError
from ffx.core.fingerprints import fingerprint_of_pem
from ffx.core.folders import Folders
from ffx.core.private_files import replace_privately
from ffx.core.transport import Certificate
from ffx.server.certificate import make_certificate


def server_certificate(settings: ServeTable, folders: Folders) -> Certificate:
    """The files to prove a server with.

    Raises:
        ConfigurationError: one of the two is not named, or they cannot be written.
    """
    if bool(settings.certificate) != bool(settings.key):
        missing = "key" if settings.certificate else "certificate"
        raise ConfigurationError(f"a certificate and its key go together: name the {missing} too (--{missing} FILE)")
    if settings.certificate:
        return Certificate(Path(settings.certificate).expanduser(), Path(settings.key).expanduser())
    return _own(folders)


def fingerprint_of(certificate: Certificate) -> str:
    """What clients pin. Raises ConfigurationError when the file cannot be read or holds no certificate."""
    try:
        return fingerprint_of_pem(certificate.chain.read_text(encoding="ascii"))
    except OSError as error:
        raise ConfigurationError(f"{certificate.chain}: cannot be read: {error.strerror or error}") from None
    except ValueError as error:
        raise ConfigurationError(f"{certificate.chain}: cannot be used: {error}") from None


def _own(folders: Folders) -> Certificate:
    """The one in the state folder; of two servers that start at once, one makes it."""
    own = Certificate(folders.certificate_file, folders.certificate_key_file)
    try:
        own.chain.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        with FileLock(own.chain.with_suffix(".lock"), mode=0o600):
            if not own.chain.exists():
                made = make_certificate(socket.gethostname())
                replace_privately(own.key, made.key.encode("ascii"))
                replace_privately(own.chain, made.chain.encode("ascii"))  # last: where it is, the key is
    except OSError as error:
        raise ConfigurationError(f"{own.chain}: cannot be made: {error.strerror or error}") from None
    return own
