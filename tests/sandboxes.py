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


async def full_sandbox(ffmpeg: Path) -> Sandbox:
    """The full one. In CI that it cannot be had is a failure, never a skip."""
    if shutil.which("bwrap") is None and os.environ.get("CI") != "true":
        pytest.skip("bubblewrap is not installed")
    return await find_sandbox("require", ffmpeg, os.environ)
