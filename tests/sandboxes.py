"""The sandbox of this machine for tests that need the full one."""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path

import pytest

from ffx.media.sandbox import Sandbox
from ffx.media.sandbox_probe import find_sandbox

linux_only = pytest.mark.skipif(sys.platform != "linux", reason="bubblewrap is Linux's")


def needs_bubblewrap() -> None:
    """Pass a test over where there is none; in CI that is a failure, never a skip."""
    if shutil.which("bwrap") is None and os.environ.get("CI") != "true":
        pytest.skip("bubblewrap is not installed")


async def full_sandbox(ffmpeg: Path) -> Sandbox:
    """The full one."""
    needs_bubblewrap()
    return await find_sandbox("require", ffmpeg, os.environ)
