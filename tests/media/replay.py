"""A replaying FFmpeg: a program that lists what a build lists and answers trials as recorded.

The only fake in these tests: nobody has every GPU, driver and build. Everything around it is real.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

from attrs import evolve, field, frozen

from tests.conftest import DATA

HARDWARE = DATA / "hardware"

_PROGRAM = """#!{python} -IS
import json, sys
from pathlib import Path

here = Path(__file__).resolve().parent
told = json.loads((here / "answers.json").read_text())
argv = sys.argv[1:]
with (here / "calls.jsonl").open("a") as calls:
    calls.write(json.dumps(argv) + "\\n")


def say(text):
    sys.stdout.buffer.write(text.encode())
    raise SystemExit(0)


def trial():
    encoder = next(argv[i + 1] for i, word in enumerate(argv) if word in ("-c:v", "-c:a", "-c:s"))
    line = " ".join(argv)
    for answer in told["answers"].get(encoder, []) + told["otherwise"]:
        if all(word in line for word in answer.get("when", [])):
            break
    if answer.get("forever"):
        import time
        time.sleep(1000)
    sys.stderr.buffer.write(answer.get("stderr", "").encode())
    if answer.get("exit", 0) == 0 and answer.get("counts", True):
        print("frame=%d\\nprogress=end" % answer.get("frames", 3))
    raise SystemExit(answer.get("exit", 0))


if "-version" in argv:
    say(told["version"])
if "-encoders" in argv:
    say(told["encoders"])
if "-formats" in argv or "-muxers" in argv:
    say(told["formats"])
if "-h" in argv:
    say(told["help"])
if "verbose" in argv:
    sys.stderr.write(told["verbose"])
    raise SystemExit(0)
trial()
"""

FAILS = {"exit": 1, "stderr": "Conversion failed!\n"}


@frozen
class Replay:
    """What a replaying FFmpeg knows. An answer is ``{when, exit, stderr, frames, counts, forever}``, each optional;
    ``when`` are texts that the command line must contain. The first that fits is given.
    """

    version: str = "ffmpeg version 7.1.5 Copyright (c) 2000-2026 the FFmpeg developers\n"
    encoders: str = ""
    formats: str = "File formats:\n D. = Demuxing supported\n .E = Muxing supported\n --\n  E mp4             MP4\n"
    answers: dict[str, list[dict[str, Any]]] = field(factory=dict)
    otherwise: tuple[dict[str, Any], ...] = ({},)
    help: str = "    Supported pixel formats: yuv420p\n"
    verbose: str = ""

    def answering(self, encoder: str, *answers: dict[str, Any]) -> Replay:
        return evolve(self, answers={**self.answers, encoder: list(answers)})

    def write(self, folder: Path) -> Path:
        """Make the program in a folder, and return its path."""
        folder.mkdir(parents=True, exist_ok=True)
        told = {
            "version": self.version,
            "encoders": self.encoders,
            "formats": self.formats,
            "answers": self.answers,
            "otherwise": [*self.otherwise, {}],
            "help": self.help,
            "verbose": self.verbose,
        }
        (folder / "answers.json").write_text(json.dumps(told))
        program = folder / "ffmpeg"
        if not program.exists():  # new answers alone leave the program as it is, as new drivers do
            program.write_text(_PROGRAM.replace("{python}", sys.executable))
            program.chmod(0o755)
        return program


def of_build(name: str) -> Replay:
    """The listings of a real build, such as ``debian12-apt-5.1.9``."""
    listings = HARDWARE / "listings"
    version, encoders, formats = (
        (listings / f"{name}.{kind}.txt").read_bytes().decode() for kind in ("version", "encoders", "formats")
    )
    return Replay(version, encoders, formats)


def listing(*encoders: str, kind: str = "V") -> str:
    """The output of ``-encoders`` for a few, each ``name`` or ``name:codec``; ``name!`` is experimental."""
    lines = ["Encoders:", " V..... = Video", " ------"]
    for encoder in encoders:
        name, _, codec = encoder.partition(":")
        flags = f"{kind}..X.." if name.endswith("!") else f"{kind}....."
        lines.append(f" {flags} {name.rstrip('!'):<20} An encoder{f' (codec {codec})' if codec else ''}")
    return "\n".join(lines) + "\n"


def calls(program: Path) -> list[list[str]]:
    """Every command line that the program was started with, in order."""
    log = program.parent / "calls.jsonl"
    return [json.loads(line) for line in log.read_text().splitlines()] if log.exists() else []


def trials(program: Path, encoder: str = "") -> list[list[str]]:
    """The command lines that were encodes."""
    encodes = [argv for argv in calls(program) if "null" in argv and "verbose" not in argv]
    return [argv for argv in encodes if not encoder or encoder in argv]
