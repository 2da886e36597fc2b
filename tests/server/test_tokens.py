"""Tokens: what is kept of them, who is let in, and a file that servers and commands share."""

from __future__ import annotations

import json
import os
import stat
import threading
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ffx.core.errors import ConfigurationError, UsageError
from ffx.core.identity import Identity, Role, new_secret
from ffx.server import keyring
from ffx.server.keyring import Keyring
from ffx.server.token_store import TokenStore
from ffx.server.tokens import Token, check_name, digest_of, identify


class Clock:
    def __init__(self, now: float = 1000.0) -> None:
        self.now = now

    def __call__(self) -> float:
        return self.now


def token(name: str, secret: str, role: Role = Role.SUBMIT, expires: float | None = None) -> Token:
    return Token(name, role, digest_of(secret), created=1.0, expires=expires)


@pytest.fixture
def store(tmp_path: Path) -> TokenStore:
    return TokenStore(tmp_path / "state" / "tokens.json")


def test_a_secret_has_256_bits_and_is_another_each_time() -> None:
    secrets = {new_secret() for _ in range(100)}
    assert len(secrets) == 100
    assert all(len(secret) == 43 for secret in secrets)


def test_roles_contain_each_other() -> None:
    allowed = {(role, needed) for role in Role for needed in Role if role.allows(needed)}
    read, submit, admin = Role
    assert allowed == {(read, read), (submit, read), (submit, submit), (admin, read), (admin, submit), (admin, admin)}


@given(st.lists(st.text(), unique=True), st.text())
def test_only_its_own_secret_proves_a_token(secrets: list[str], shown: str) -> None:
    tokens = [token(f"token-{number}", secret) for number, secret in enumerate(secrets)]
    found = identify(tokens, shown, now=0.0)
    assert found == (tokens[secrets.index(shown)].identity if shown in secrets else None)


def test_a_token_proves_nothing_once_it_has_expired() -> None:
    tokens = [token("alice", "secret", expires=1000.0)]
    assert identify(tokens, "secret", now=999.9) is not None
    assert identify(tokens, "secret", now=1000.0) is None


def test_neither_secret_nor_digest_is_shown_by_accident() -> None:
    one = token("alice", "secret")
    for shown in (repr(one), str(one), repr(one.identity)):
        assert one.digest not in shown
        assert "alice" in shown


@pytest.mark.parametrize("name", ["alice", "A", "render-box_2.lan", "x" * 64])
def test_a_name(name: str) -> None:
    assert check_name(name) == name


@pytest.mark.parametrize("name", ["", "-a", ".a", "a b", "a/b", "a\n", "é", "x" * 65, "local", "\x1b[2J"])
def test_what_is_no_name(name: str) -> None:
    with pytest.raises(UsageError) as caught:
        check_name(name)
    assert "\n" not in str(caught.value)


# -- The file -------------------------------------------------------------------------------------------------


def test_the_file_holds_digests_and_is_private(store: TokenStore, tmp_path: Path) -> None:
    assert store.tokens() == ()
    alice = token("alice", "the secret of alice", Role.ADMIN, expires=5.5)
    store.change(lambda tokens: (*tokens, alice))
    assert store.tokens() == (alice,)
    file = tmp_path / "state" / "tokens.json"
    assert "the secret of alice" not in file.read_text(encoding="utf-8")
    assert json.loads(file.read_text(encoding="utf-8"))["tokens"][0]["role"] == "admin"
    if os.name != "nt":
        assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert sorted(path.name for path in file.parent.iterdir() if path.suffix == ".part") == []


@pytest.mark.parametrize(
    "text", ["", "[]", '{"tokens": [{"name": "x"}]}', '{"tokens": [{"role": "god"}]}', "\0", "[" * 100_000]
)
def test_a_damaged_file_is_one_line_and_stays(store: TokenStore, tmp_path: Path, text: str) -> None:
    file = tmp_path / "state" / "tokens.json"
    file.parent.mkdir()
    file.write_text(text, encoding="utf-8")
    with pytest.raises(ConfigurationError, match=r"tokens\.json: cannot be read"):
        store.change(lambda tokens: tokens)
    assert file.read_text(encoding="utf-8") == text


def test_several_commands_at_once_lose_nothing(tmp_path: Path) -> None:
    def add(number: int) -> None:
        one = token(f"token-{number}", str(number))
        TokenStore(tmp_path / "tokens.json").change(lambda tokens: (*tokens, one))

    threads = [threading.Thread(target=add, args=[number]) for number in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    names = {one.name for one in TokenStore(tmp_path / "tokens.json").tokens()}
    assert names == {f"token-{number}" for number in range(20)}


# -- Who is let in --------------------------------------------------------------------------------------------


def test_the_users_own_token_is_an_administrators(store: TokenStore) -> None:
    found = Keyring(lambda: "own", store).identify("own")
    assert found is not None
    assert (found.token, found.role) == ("local", Role.ADMIN)
    assert Keyring(lambda: "", store).identify("") is None, "no token is not an empty one"


def test_a_revoked_token_proves_nothing_and_ends_what_it_proved(store: TokenStore) -> None:
    keys = Keyring(lambda: "own", store)
    assert keys.identify("secret") is None
    store.change(lambda tokens: (token("alice", "secret"),))
    alice = keys.identify("secret")
    assert alice is not None
    assert keys.admits(alice)
    store.change(lambda tokens: ())
    keys.refresh()
    assert keys.identify("secret") is None
    assert not keys.admits(alice)


def test_what_was_read_of_the_files_is_not_relied_on_for_long(
    store: TokenStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    store.change(lambda tokens: (token("alice", "secret"),))
    keys = Keyring(lambda: "own", store)
    store.change(lambda tokens: ())
    assert keys.identify("secret") is not None
    monkeypatch.setattr(keyring, "GOOD_FOR", -1.0)
    assert keys.identify("secret") is None


def test_a_token_that_was_made_anew_under_its_name_is_another(store: TokenStore) -> None:
    own = ["old"]
    keys = Keyring(lambda: own[0], store)
    before = keys.identify("old")
    assert before is not None
    own[0] = "new"
    keys.refresh()
    assert not keys.admits(before)
    after = keys.identify("new")
    assert after is not None
    assert before.client("queue") == after.client("queue"), "its jobs are still its own"


def test_what_was_proved_ends_with_its_token(store: TokenStore) -> None:
    clock = Clock()
    store.change(lambda tokens: (token("alice", "secret", expires=1001.0),))
    keys = Keyring(lambda: "own", store, clock=clock)
    alice = keys.identify("secret")
    assert alice is not None
    assert keys.admits(alice)
    clock.now = 1001.0
    assert not keys.admits(alice)


def test_a_file_that_is_damaged_meanwhile_lets_nobody_new_in(
    store: TokenStore, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    store.change(lambda tokens: (token("alice", "secret"),))
    keys = Keyring(lambda: "own", store)
    (tmp_path / "state" / "tokens.json").write_text("{", encoding="utf-8")
    keys.refresh()
    keys.refresh()
    assert keys.identify("secret") is not None
    assert len(caplog.messages) == 1, "it is said once"


def test_clients_of_two_tokens_are_two_whatever_they_call_themselves() -> None:
    alice, bob = Identity("alice", Role.SUBMIT), Identity("bob", Role.SUBMIT)
    assert alice.client("queue") != bob.client("queue")
    names = [Identity(name, Role.SUBMIT).client(client) for name in ("a", "b") for client in ("b/x", "x", "a/x")]
    assert len(set(names)) == len(names)
