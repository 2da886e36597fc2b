"""On a terminal: live bars while jobs run, and a token that is asked for without being shown."""

from __future__ import annotations

import os
import pty
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from ffx.core.joining import parse_invitation
from tests.cli.conftest import SLOW, Ffx

WIDTH = 120

# Makes the terminal the controlling one, so that Ctrl-C reaches the command that follows.
_IN_CONTROL = """
import fcntl, os, sys, termios
os.setsid()
fcntl.ioctl(0, termios.TIOCSCTTY, 0)
os.execv(sys.argv[1], sys.argv[1:])
"""


def on_a_terminal(ffx: Ffx, *arguments: str, answer: Callable[[str], str] = lambda shown: "") -> tuple[int, str]:
    """Run on a pseudo-terminal; the exit status and everything that was shown. ``answer`` types."""
    ours, theirs = pty.openpty()
    environment = ffx.environment | {"TERM": "xterm-256color", "COLUMNS": str(WIDTH), "LINES": "40"}
    command = [sys.executable, "-c", _IN_CONTROL, *ffx.command(*arguments)]
    process = subprocess.Popen(command, cwd=ffx.folder, env=environment, stdin=theirs, stdout=theirs, stderr=theirs)
    os.close(theirs)
    shown = ""
    try:
        while True:
            try:
                block = os.read(ours, 65536)
            except OSError:  # Linux says so when the other end is closed
                break
            if not block:
                break
            shown += block.decode("utf-8", "replace")
            os.write(ours, answer(shown).encode())
        return process.wait(30), shown
    finally:
        process.kill()
        process.wait()
        os.close(ours)


def without_escapes(shown: str) -> str:
    return re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", shown)


def test_submit_shows_live_bars(farm: Ffx, clip: Path) -> None:
    shutil.copy(clip, farm.folder / "in.mp4")
    arguments = ("--encoder", "libx265", "--preset", "fast", "--filter", "scale=640:-2")
    status, shown = on_a_terminal(farm, "submit", "in.mp4", "-o", "out.mp4", *arguments)
    assert status == 0, shown
    text = without_escapes(shown)
    bars = [line for line in re.split(r"[\r\n]+", text) if "encode on " in line]
    assert len(set(bars)) > 1, "the bar moves"
    assert re.search(r"in\.mp4  encode on (studio|attic) with libx265 .* [0-9]+% .*fps, .*x, ETA ", text)
    assert re.search(r"in\.mp4: done on (studio|attic) in .*234 frames, verified\)", text)
    assert "\x1b[?25l" in shown
    assert shown.rindex("\x1b[?25h") > shown.rindex("\x1b[?25l"), "the cursor comes back"


def test_several_jobs_are_counted(farm: Ffx, clip: Path) -> None:
    for name in ("one.mp4", "two.mp4"):
        shutil.copy(clip, farm.folder / name)
    arguments = ("--encoder", "libx264", "--preset", "ultrafast")
    status, shown = on_a_terminal(farm, "submit", "one.mp4", "two.mp4", "--out-dir", "out", *arguments)
    assert status == 0, shown
    text = without_escapes(shown)
    assert "0 of 2 jobs" in text
    assert "one.mp4: done on" in text
    assert "two.mp4: done on" in text


def test_lines_can_be_had_on_a_terminal_too(farm: Ffx, clip: Path) -> None:
    shutil.copy(clip, farm.folder / "in.mp4")
    arguments = ("--encoder", "libx264", "--preset", "ultrafast", "--ui", "lines")
    status, shown = on_a_terminal(farm, "submit", "in.mp4", "-o", "out.mp4", *arguments)
    assert status == 0
    assert "\x1b" not in shown
    assert "in.mp4: done on" in shown


def test_an_interruption_leaves_the_terminal_usable(farm: Ffx, clip: Path) -> None:
    shutil.copy(clip, farm.folder / "in.mp4")
    pressed = False

    def press_control_c(shown: str) -> str:
        nonlocal pressed
        if pressed or "encode on " not in shown:
            return ""
        pressed = True
        return "\x03"

    status, shown = on_a_terminal(farm, "submit", "in.mp4", "-o", "out.mp4", *SLOW, answer=press_control_c)
    assert status == 130
    assert "ffx: interrupted: 1 job stays in the queue (it is being encoded on " in shown
    assert "Traceback" not in shown
    assert shown.rindex("\x1b[?25h") > shown.rindex("\x1b[?25l")
    assert [path.name for path in farm.folder.iterdir()] == ["in.mp4"]
    assert farm.inside("queue", "cancel", "--all").returncode == 0


def test_a_token_is_asked_for_and_not_shown(farm: Ffx, ffx: Ffx) -> None:
    token = (farm.home / "state" / "token").read_text(encoding="ascii").strip()
    address = farm.json("servers")[0]["address"]
    typed = False

    def type_the_token(shown: str) -> str:
        nonlocal typed
        if typed or "Token of " not in shown:
            return ""
        typed = True
        return f"{token}\n"

    status, shown = on_a_terminal(ffx, "servers", "add", address, answer=type_the_token)
    assert status == 0, shown
    assert token not in shown
    assert "it can encode with" in shown
    assert token in (ffx.home / "config" / "servers.toml").read_text(encoding="utf-8")


def test_a_person_at_a_terminal_is_shown_the_whole_join_string(ffx: Ffx) -> None:
    """And Ctrl-C stops the server."""
    shown_so_far = ""

    def stop_when_shown(shown: str) -> str:
        nonlocal shown_so_far
        done, shown_so_far = "ffx servers add" in shown_so_far, shown
        return "\x03" if "ffx servers add" in shown and not done else ""

    status, shown = on_a_terminal(
        ffx, "serve", "--host", "0.0.0.0", "--insecure", "--port", "0", "--log-level", "ERROR", answer=stop_when_shown
    )
    assert status == 0, shown
    (join,) = re.findall(r"ffx servers add '(ffx://\S+)'", without_escapes(shown))
    invitation = parse_invitation(join)
    assert invitation.token == (ffx.home / "state" / "token").read_text(encoding="ascii").strip()
    assert invitation.fingerprint
