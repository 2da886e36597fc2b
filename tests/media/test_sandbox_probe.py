"""Which sandbox there is: found out by starting FFmpeg in it, whatever is installed."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from attrs import evolve

from ffx.core.errors import ConfigurationError
from ffx.core.model import SandboxLevel
from ffx.media.sandbox import Sandbox
from ffx.media.sandbox_probe import find_sandbox
from tests.sandboxes import full_sandbox, linux_only

pytestmark = linux_only


async def test_the_full_one_where_it_works(ffmpeg: Path) -> None:
    sandbox = await full_sandbox(ffmpeg)
    assert (sandbox.level, sandbox.reason) == (SandboxLevel.FULL, "")
    assert sandbox.required
    assert await find_sandbox("auto", ffmpeg, os.environ) == evolve(sandbox, required=False)


async def test_an_old_bubblewrap_is_asked_for_what_it_knows(ffmpeg9: Path, tmp_path: Path) -> None:
    await full_sandbox(ffmpeg9)
    old = tmp_path / "bwrap"
    old.write_text(
        '#!/bin/sh\ncase "$*" in --help) echo --unshare-all; exit 0;; *--size*|*--disable-userns*) exit 1;; esac\n'
        'PATH=/usr/bin:/bin exec bwrap "$@"\n'
    )
    old.chmod(0o755)
    sandbox = await find_sandbox("require", ffmpeg9, {"PATH": f"{tmp_path}:/usr/bin"})
    assert sandbox.walls[0] == str(old)
    assert not {"--size", "--disable-userns"} & set(sandbox.walls)


async def test_none_where_it_is_switched_off(ffmpeg9: Path) -> None:
    assert await find_sandbox("off", ffmpeg9, os.environ) == Sandbox(reason="it is switched off")


async def test_an_ffmpeg_in_a_folder_of_its_own_is_found_and_its_neighbours_are_not(
    ffmpeg9: Path, tmp_path: Path
) -> None:
    own = tmp_path / "ffmpeg"
    own.symlink_to(ffmpeg9)
    (tmp_path / "secret").touch()
    sandbox = await full_sandbox(own)
    assert str(own) in sandbox.walls
    assert str(tmp_path) not in sandbox.walls


async def lesser(environment: dict[str, str], ffmpeg: Path) -> str:
    """The reason why it is limits alone; where the full one is required that is an error of one line."""
    sandbox = await find_sandbox("auto", ffmpeg, environment)
    assert (sandbox.level, sandbox.walls) == (SandboxLevel.LIMITS, ())
    with pytest.raises(ConfigurationError) as caught:
        await find_sandbox("require", ffmpeg, environment)
    assert str(caught.value) == f"serve.sandbox is require, and {sandbox.reason}"
    assert "\n" not in sandbox.reason
    return sandbox.reason


async def test_bubblewrap_is_missing(ffmpeg9: Path, tmp_path: Path) -> None:
    reason = await lesser({"PATH": str(tmp_path)}, ffmpeg9)
    assert reason == "bubblewrap is missing: install the package bubblewrap"


@pytest.mark.parametrize(("script", "words"), [
    ("echo 'bwrap: No permissions to create new namespace' >&2; exit 1",
     "bubblewrap does not work here (No permissions to create new namespace): allow unprivileged user namespaces"),
    ("echo 'bwrap: execvp /x: No such file or directory' >&2; exit 1",
     "FFmpeg does not run in bubblewrap (execvp /x: No such file or directory): only it and the system's"),
    ("echo 'x: error while loading shared libraries: y' >&2; exit 127",
     "FFmpeg does not run in bubblewrap (x: error while loading shared libraries: y): only it and the system's"),
    ("exit 3", "FFmpeg does not run in bubblewrap (exit status 3): only it and the system's"),
])  # fmt: skip
async def test_bubblewrap_is_there_and_does_not_work(ffmpeg9: Path, tmp_path: Path, script: str, words: str) -> None:
    bubblewrap = tmp_path / "bwrap"
    bubblewrap.write_text(f"#!/bin/sh\n{script}\n")
    bubblewrap.chmod(0o755)
    assert (await lesser({"PATH": f"{tmp_path}:/usr/bin"}, ffmpeg9)).startswith(words)


async def test_an_ffmpeg_that_does_not_run_inside(ffmpeg9: Path, tmp_path: Path) -> None:
    await full_sandbox(ffmpeg9)
    shim = tmp_path / "ffmpeg"
    shim.write_text("#!/nowhere/python\n")
    shim.chmod(0o755)
    assert "FFmpeg does not run in bubblewrap (execvp " in await lesser(dict(os.environ), shim)


def test_where_the_kernel_gives_no_namespaces(ffmpeg9: Path, tmp_path: Path) -> None:
    """As in a container: another user, and no more namespaces for anybody below."""
    if os.geteuid() != 0 and os.environ.get("CI") != "true":
        pytest.skip("only root can forbid them")
    program = (
        "import asyncio, os, sys; from pathlib import Path; from ffx.media.sandbox_probe import find_sandbox\n"
        "print(asyncio.run(find_sandbox('auto', Path(sys.argv[1]), os.environ)).reason)"
    )
    limit = 'echo 0 > /proc/sys/user/max_user_namespaces && exec "$@"'
    done = subprocess.run(
        ["unshare", "--user", "--map-root-user", "sh", "-c", limit, "sh", sys.executable, "-c", program, str(ffmpeg9)],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert done.stdout.startswith("bubblewrap does not work here (")
