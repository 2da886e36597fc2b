"""What ``ffx token`` does: the file of tokens, and the user's own."""

from __future__ import annotations

import time
from typing import Any

from ffx.cli.assembly import Assembly
from ffx.cli.identity import known_token
from ffx.cli.invitations import join_string
from ffx.cli.moments import moment_to_come
from ffx.cli.running import running_servers
from ffx.cli.text import clock_text, print_json, print_line, print_table
from ffx.core.addressing import parse_address
from ffx.core.errors import ConfigurationError, UsageError
from ffx.core.folders import Folders
from ffx.core.identity import Role, new_secret
from ffx.core.private_files import replace_privately
from ffx.core.registry import suggestion
from ffx.server.token_store import Tokens, TokenStore
from ffx.server.tokens import OWN_TOKEN, Token, check_name, digest_of


def list_tokens(assembly: Assembly, *, as_json: bool) -> int:
    """Every token, the user's own first, as far as there is one yet."""
    now = time.time()
    tokens = (*_own(assembly), *_store(assembly).tokens())
    if as_json:
        print_json([_plain(token, now) for token in tokens])
    elif not tokens:
        print_line("there is no token yet; the first `ffx serve` makes yours, `ffx token create NAME` one for others")
    else:
        print_table([_row(token, now) for token in tokens], heading=("NAME", "ROLE", "CREATED", "EXPIRES"))
    return 0


def create_token(assembly: Assembly, name: str, *, role: str, expires: str | None, as_json: bool) -> int:
    """Add a token and print its secret, which is nowhere else.

    Raises:
        UsageError: the name, the role or the end cannot be, or the name is taken.
        ConfigurationError: the file cannot be read or written.
    """
    now, secret = time.time(), new_secret()
    end = moment_to_come(expires, option="--expires", now=now) if expires is not None else None
    token = Token(check_name(name), _role(role), digest_of(secret), created=now, expires=end)

    def add(tokens: Tokens) -> Tokens:
        if any(other.name == token.name for other in tokens):
            raise UsageError(f"there is a token {token.name!r} already; revoke it first, or choose another name")
        return (*tokens, token)

    _store(assembly).change(add)
    if as_json:
        print_json(_plain(token, now) | {"token": secret, "join": list(_join_strings(assembly, secret))})
        return 0
    until = f"until {clock_text(end)}" if end is not None else "until it is revoked"
    print_line(f"created the token {token.name}: {token.role}, {until}; this is the only time that it is shown")
    _print_secret(assembly, secret)
    return 0


def revoke_token(assembly: Assembly, name: str) -> int:
    """Raises UsageError when there is no such token."""
    if name == OWN_TOKEN:
        raise UsageError("your own token is not revoked but made anew: ffx token rotate")

    def remove(tokens: Tokens) -> Tokens:
        names = [token.name for token in tokens]
        if name not in names:
            raise UsageError(f"there is no token {name[:80]!r}{suggestion(name, names) or '; see: ffx token list'}")
        return tuple(token for token in tokens if token.name != name)

    _store(assembly).change(remove)
    print_line(f"revoked the token {name}; running servers hang up on it within a second or two")
    return 0


def rotate_own(assembly: Assembly, *, as_json: bool) -> int:
    """Make the user's own token anew and print it.

    Raises:
        UsageError: the environment says what it is.
    """
    if assembly.environment.get("FFX_TOKEN"):
        raise UsageError("FFX_TOKEN says what your token is: set another one there, and start the servers again")
    secret = rotate_token(assembly.folders)
    if as_json:
        print_json({"name": OWN_TOKEN, "token": secret, "join": list(_join_strings(assembly, secret))})
        return 0
    print_line("your own token is a new one; clients of yours on this machine find it by themselves")
    _print_secret(assembly, secret)
    return 0


def rotate_token(folders: Folders) -> str:
    """Replace this user's own token; running servers notice it.

    Raises:
        ConfigurationError: the file cannot be written.
    """
    secret = new_secret()
    try:
        replace_privately(folders.token_file, f"{secret}\n".encode("ascii"))
    except OSError as error:
        raise ConfigurationError(f"{folders.token_file}: cannot be written: {error.strerror or error}") from None
    return secret


# -- Parts --------------------------------------------------------------------------------------------------------


def _store(assembly: Assembly) -> TokenStore:
    return TokenStore(assembly.folders.tokens_file)


def _own(assembly: Assembly) -> Tokens:
    there = assembly.environment.get("FFX_TOKEN") or known_token(assembly.folders)
    return (Token(OWN_TOKEN, Role.ADMIN, ""),) if there else ()


def _role(text: str) -> Role:
    try:
        return Role(text.strip().lower())
    except ValueError:
        raise UsageError(f"--role: {text!r} is not one of {', '.join(Role)}") from None


def _join_strings(assembly: Assembly, secret: str) -> tuple[str, ...]:
    """Those of this user's running servers that other machines reach."""
    found = (
        join_string(parse_address(server.elsewhere), server.fingerprint, secret)
        for server in running_servers(assembly.folders)
        if server.elsewhere
    )
    return tuple(filter(None, found))


def _print_secret(assembly: Assembly, secret: str) -> None:
    print_line(f"token: {secret}")
    joins = _join_strings(assembly, secret)
    for join in joins:
        print_line(f"on other machines: ffx servers add '{join}'")
    if not joins:
        print_line("no server that other machines can reach runs here now: start one with ffx serve --host 0.0.0.0")


def _row(token: Token, now: float) -> tuple[str, ...]:
    end = "never" if token.expires is None else clock_text(token.expires)
    return token.name, token.role, clock_text(token.created), f"{end} (expired)" if token.has_expired(now) else end


def _plain(token: Token, now: float) -> dict[str, Any]:
    return {
        "name": token.name,
        "role": token.role.value,
        "created": token.created or None,
        "expires": token.expires,
        "expired": token.has_expired(now),
    }
