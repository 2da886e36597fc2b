"""The folder of a job among what is none of its business, and what is seen when a command has done harm there."""

from __future__ import annotations

import contextlib
import socket
from collections.abc import Iterator
from pathlib import Path

from attrs import define, field

from ffx.media.command import Command
from ffx.media.control import RunControl
from ffx.media.progress import Progress
from ffx.media.run import RunOutcome, run_command
from ffx.media.sandbox import Confinement
from tests.media.running import START

SECRET = "what nobody else may know: 8f14e45fceea167a"


@define
class Ground:
    """The folder of a job, those of others, and somebody who listens."""

    folder: Path
    listener: socket.socket
    job: Path = field(init=False)
    other: Path = field(init=False)
    secret: Path = field(init=False)
    target: Path = field(init=False)

    def __attrs_post_init__(self) -> None:
        self.job, self.other = self.folder / "mine", self.folder / "others"
        self.secret, self.target = self.folder / "secret", self.folder / "target"

    @property
    def port(self) -> int:
        return int(self.listener.getsockname()[1])

    def prepare(self, clip: Path) -> None:
        for name in ("in", "out"):
            (self.job / name).mkdir(parents=True)
        self.other.mkdir()
        (self.other / "0.mp4").write_bytes(clip.read_bytes())
        (self.folder / "kept").write_bytes(clip.read_bytes())
        (self.job / "in" / "0").hardlink_to(self.folder / "kept")
        (self.job / "in" / "list").write_text(f"ffconcat version 1.0\nfile {self.other / '0.mp4'}\n")
        (self.job / "manifest.json").write_text(SECRET)
        self.secret.write_text(SECRET)

    def outside(self) -> dict[Path, bytes]:
        """Every file that a job may not change."""
        files = (path for path in self.folder.rglob("*") if path.is_file())
        return {path: path.read_bytes() for path in files if not path.is_relative_to(self.job / "out")}

    def was_called(self) -> bool:
        try:
            self.listener.accept()[0].close()
        except BlockingIOError:
            return False
        return True

    def leaked(self, words: str) -> bool:
        """Whether the secret is in what the client gets."""
        results = (path.read_bytes() for path in (self.job / "out").rglob("*") if path.is_file())
        return SECRET in words or any(SECRET.encode() in content for content in results)


@contextlib.contextmanager
def prepared_ground(folder: Path, clip: Path) -> Iterator[Ground]:
    """Such a folder, with somebody who listens."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.setblocking(False)
        made = Ground(folder, listener)
        made.prepare(clip)
        yield made


def nothing(progress: Progress) -> None:
    pass


async def run(
    ffmpeg: Path, directory: Path, *argv: str, confinement: Confinement, control: RunControl | None = None
) -> RunOutcome:
    return await run_command(
        ffmpeg,
        Command(((*START, *argv),)),
        directory=directory,
        total_frames=0,
        duration=0.0,
        on_progress=nothing,
        control=control,
        confinement=confinement,
    )
