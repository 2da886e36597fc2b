"""Finds out what confines FFmpeg on this machine, by starting it so: that bubblewrap is installed says little.

Containers, services with RestrictNamespaces and some distributions' kernels have it and forbid what it does.
"""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path

from attrs import evolve

from ffx.core.errors import ConfigurationError
from ffx.core.model import SandboxLevel
from ffx.media.limits import can_limit
from ffx.media.process import small_environment
from ffx.media.sandbox import Confinement, Sandbox
from ffx.media.tool import run_tool

TIME_LIMIT = 10.0
"""Seconds for FFmpeg to say its version."""
TMP_SIZE = 256 * 1024**2
"""Bytes of memory that files in an inner /tmp may take."""

_TREES = ("/usr", "/bin", "/sbin", "/lib", "/lib32", "/lib64", "/libx32")
_FURTHER = (
    *("/etc/alternatives", "/etc/ld.so.cache", "/etc/fonts", "/var/cache/fontconfig"),
    *("/nix/store", "/gnu/store"),
)
_HIDDEN = ("/usr/local/etc", "/usr/src")
_NEWER = ("--disable-userns", "--size")
"""Options that old releases of bubblewrap lack, and that make it tighter."""


async def find_sandbox(mode: str, ffmpeg: Path, environment: Mapping[str, str] = os.environ) -> Sandbox:
    """The sandbox for a mode: ``auto`` (the best there is), ``require`` (the full one) or ``off``.

    Raises:
        ConfigurationError: the full one is required, and cannot be had.
    """
    if mode == "off":
        return Sandbox(reason="it is switched off")
    sandbox = await _best(ffmpeg, environment)
    if mode == "require" and sandbox.level is not SandboxLevel.FULL:
        raise ConfigurationError(f"serve.sandbox is require, and {sandbox.reason}")
    return evolve(sandbox, required=mode == "require")


async def _best(ffmpeg: Path, environment: Mapping[str, str]) -> Sandbox:
    reason = "only Linux has bubblewrap, which confines FFmpeg; run the server in a virtual machine or container there"
    if sys.platform == "linux":
        bubblewrap = shutil.which("bwrap", path=environment.get("PATH", ""))
        if bubblewrap is None:
            reason = "bubblewrap is missing: install the package bubblewrap"
        else:
            walls = _walls(bubblewrap, ffmpeg, environment, tighter=await _is_new(bubblewrap))
            reason = await _fault(walls, ffmpeg, environment)
            if not reason:
                return Sandbox(SandboxLevel.FULL, walls=walls)
    return Sandbox(SandboxLevel.LIMITS if can_limit() else SandboxLevel.NONE, reason)


async def _fault(walls: tuple[str, ...], ffmpeg: Path, environment: Mapping[str, str]) -> str:
    """Why FFmpeg does not run inside, and what to do; empty where it does."""
    with tempfile.TemporaryDirectory(prefix="ffx-sandbox-") as folder:
        confinement = Confinement(Sandbox(SandboxLevel.FULL, walls=walls), writable=(".",))
        try:
            tried = await run_tool(
                confinement.command((str(ffmpeg), "-version"), Path(folder)),
                time_limit=TIME_LIMIT,
                environment=small_environment(environment),
            )
        except OSError as error:
            return f"bubblewrap could not be started: {error.strerror or error}"
    if tried.exit_status == 0:
        return ""
    if tried.timed_out:
        return f"FFmpeg did not answer in bubblewrap within {TIME_LIMIT:.0f} s"
    lines = tried.stderr.strip().splitlines()
    return _explained(lines[-1] if lines else f"exit status {tried.exit_status}")


def _explained(words: str) -> str:
    """What bubblewrap, or FFmpeg inside it, said last, and what to do."""
    cause = words.removeprefix("bwrap: ")
    if cause == words or cause.startswith("execvp"):
        return (
            f"FFmpeg does not run in bubblewrap ({cause}): only it and the system's own files are there; use the "
            "system's FFmpeg or a static one"
        )
    return (
        f"bubblewrap does not work here ({cause}): allow unprivileged user namespaces, which containers and "
        "RestrictNamespaces= of systemd forbid"
    )


async def _is_new(bubblewrap: str) -> bool:
    known = (await run_tool((bubblewrap, "--help"), time_limit=TIME_LIMIT)).stdout
    return all(option in known for option in _NEWER)


def _walls(bubblewrap: str, ffmpeg: Path, environment: Mapping[str, str], *, tighter: bool) -> tuple[str, ...]:
    return (
        bubblewrap,
        *("--unshare-all", "--die-with-parent", "--new-session", "--cap-drop", "ALL"),
        *(("--unshare-user", "--disable-userns") if tighter else ()),
        *("--setenv", "HOME", "/tmp", "--setenv", "TMPDIR", "/tmp"),
        *("--unsetenv", "XDG_RUNTIME_DIR", "--unsetenv", "XDG_CACHE_HOME"),
        *(word for tree in _TREES for word in _tree(Path(tree))),
        *(word for place in _FURTHER for word in ("--ro-bind-try", place, place)),
        *(word for place in _HIDDEN if Path(place).is_dir() for word in ("--tmpfs", place)),
        *("--dev", "/dev", "--proc", "/proc"),
        *(("--size", str(TMP_SIZE)) if tighter else ()),
        *("--tmpfs", "/tmp"),
        *(word for place in _places_of(ffmpeg, environment) for word in ("--ro-bind", place, place)),
    )


def _tree(path: Path) -> tuple[str, ...]:
    """One of the system's folders, which is a link into /usr on newer ones."""
    if path.is_symlink():
        return ("--symlink", str(path.readlink()), str(path))
    return ("--ro-bind-try", str(path), str(path))


def _places_of(ffmpeg: Path, environment: Mapping[str, str]) -> Iterator[str]:
    """The program, under the name that it is called by, and its libraries, where they are not the system's."""
    real = ffmpeg.resolve()
    candidates = [ffmpeg, real, *(Path(place) for place in environment.get("LD_LIBRARY_PATH", "").split(":") if place)]
    if real.parent.name == "bin":
        candidates.append(real.parent.parent / "lib")
    for place in dict.fromkeys(candidates):
        if place.is_absolute() and place.exists() and not place.is_relative_to("/usr"):
            yield str(place)
