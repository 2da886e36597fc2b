"""Where ffx keeps its files: configuration, state and cache; all under ``FFX_HOME`` when that is set."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import platformdirs
from attrs import frozen


@frozen
class Folders:
    """The folders of one user. They are made when something is first written, not before."""

    configuration: Path
    state: Path
    cache: Path

    @property
    def configuration_file(self) -> Path:
        return self.configuration / "ffx.toml"

    @property
    def profiles_folder(self) -> Path:
        """The user's own profiles, a file each."""
        return self.configuration / "profiles"

    @property
    def watched_folder(self) -> Path:
        """What was dealt with of the folders that are watched."""
        return self.state / "watched"

    @property
    def subtitles_folder(self) -> Path:
        """Subtitles that had to be mended before FFmpeg reads them."""
        return self.cache / "subtitles"

    @property
    def servers_file(self) -> Path:
        """The servers that a client remembers, with their tokens: readable by the user only."""
        return self.configuration / "servers.toml"

    @property
    def token_file(self) -> Path:
        """The token of this user's own servers: readable by the user only."""
        return self.state / "token"

    @property
    def tokens_file(self) -> Path:
        """Further tokens of this user's servers, as digests: readable by the user only."""
        return self.state / "tokens.json"

    @property
    def certificate_file(self) -> Path:
        """The certificate that this user's servers show; its key stands beside it, readable by the user only."""
        return self.state / "certificate.pem"

    @property
    def certificate_key_file(self) -> Path:
        return self.state / "certificate.key"

    @property
    def queue_file(self) -> Path:
        """Every job of this user that has not ended, and those that did: readable by the user only."""
        return self.state / "queue.db"


def folders(environment: Mapping[str, str]) -> Folders:
    """The folders that an environment asks for."""
    home = environment.get("FFX_HOME")
    if home:
        base = Path(home).expanduser().absolute()
        return Folders(base / "config", base / "state", base / "cache")
    own = platformdirs.PlatformDirs("ffx", appauthor=False)
    return Folders(own.user_config_path, own.user_state_path, own.user_cache_path)
