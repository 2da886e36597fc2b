"""Takes the terminal capture of README.md anew: two real servers, a real submit, in a real (pseudo) terminal.

Run it from the root of the project: ``python docs/capture.py``. Needs a system with pseudo-terminals.
"""

from __future__ import annotations

import contextlib
import os
import pty
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

assert sys.platform != "win32", "pseudo-terminals are for POSIX systems"

ROOT = Path(__file__).resolve().parent.parent
FFX = (sys.executable, "-m", "ffx")
SERVERS = {"studio": 8765, "attic": 8766}
SUBMIT = "ffx submit *.mp4 --out-dir out --encoder libx265 --quality 26 --preset slow"
COLUMNS = 110
BLOCK = re.compile(r"(?<=<!-- capture -->\n).*?(?=<!-- /capture -->)", re.DOTALL)

_ERASED = re.compile(r"(?:\r?\x1b\[2K|\x1b\[1A\x1b\[2K)+")
_STYLE = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]|\r")


def main() -> None:
    with tempfile.TemporaryDirectory() as name:
        films = Path(name) / "films"
        films.mkdir()
        for clip in (ROOT / "tests" / "data").glob("*.mp4"):
            shutil.copy(clip, films)
        environment = {key: value for key, value in os.environ.items() if not key.startswith("FFX_")}
        environment |= {"FFX_HOME": f"{name}/home", "TERM": "xterm-256color", "COLUMNS": str(COLUMNS), "LINES": "30"}
        with contextlib.ExitStack() as stack:
            lines = [stack.enter_context(serving(server, port, environment)) for server, port in SERVERS.items()]
            shown = in_a_terminal([*FFX, *submit_words(films)], films, environment)
    text = block(lines, shown).replace(f"{films}/", "")
    readme = ROOT / "README.md"
    readme.write_text(BLOCK.sub(lambda _: text, readme.read_text(encoding="utf-8")), encoding="utf-8")
    print(text)


@contextlib.contextmanager
def serving(name: str, port: int, environment: dict[str, str]) -> Iterator[str]:
    """A server; yields the command and what it printed."""
    words = ["serve", "--port", str(port), "--name", name, "--max-jobs", "1", "--log-level", "WARNING"]
    with subprocess.Popen([*FFX, *words], env=environment, stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout is not None
        try:
            yield f"$ ffx {' '.join(words)} &\n{server.stdout.readline()}"
        finally:
            server.terminate()


def submit_words(films: Path) -> list[str]:
    """The words of ``SUBMIT`` as a shell would pass them on."""
    inputs = sorted(path.name for path in films.glob("*.mp4"))
    return [word for given in SUBMIT.split()[1:] for word in (inputs if given == "*.mp4" else [given])]


def in_a_terminal(command: list[str], folder: Path, environment: dict[str, str]) -> str:
    """Everything that a command wrote to its terminal."""
    process, terminal = pty.fork()
    if process == 0:
        os.chdir(folder)
        os.execvpe(command[0], command, environment)
    written = bytearray()
    with contextlib.suppress(OSError):  # the way a terminal ends on Linux
        while piece := os.read(terminal, 65536):
            written += piece
    _, status = os.waitpid(process, 0)
    if status:
        raise SystemExit(written.decode(errors="replace"))
    return written.decode()


def block(lines: list[str], shown: str) -> str:
    """The servers' lines, the screen while both encode, and the lines that stay."""
    screens = [plain for screen in _ERASED.split(shown) if (plain := _STYLE.sub("", screen).rstrip())]
    encoding = [screen for screen in screens if screen.count(" encode on ") == len(SERVERS)]
    stay = [line for screen in screens for line in screen.splitlines() if " done on " in line]
    midway = "\n".join(map(str.rstrip, encoding[len(encoding) // 2].splitlines()))
    return "\n".join(["```", *map(str.rstrip, lines), f"$ {SUBMIT}", midway, "...", *stay, screens[-1], "```", ""])


if __name__ == "__main__":
    main()
