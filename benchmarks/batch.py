"""A batch of 64 jobs on 8 servers with a slot each, against the work divided by the slots.

The servers are ``ffx serve`` in 8 processes, the client is ``ffx submit``. FFmpeg reads its input at the speed at which
a person would watch it (``-readrate``, by a plugin that changes the command), so that the machine is never what is
waited for: what the batch takes beyond 64 such encodes divided by 8 is the farm's own, from the first process to the
last rename.
"""

from __future__ import annotations

import contextlib
import os
import statistics
from pathlib import Path

from attrs import evolve

from benchmarks.harness import CLIP, Figure, Place, place, report, seconds

JOBS = 64
SERVERS = 8
CLIP_SECONDS = 10
OPTIONS = ("--encoder", "libx264", "--preset", "ultrafast", "--local", "never")
RUNS = 3
RATIO = 1.05

PLUGIN = '''\
"""Lets FFmpeg read its input as fast as it is played."""

from ffx import hookimpl


@hookimpl
def ffx_modify_command(job, argv):
    place = argv.index("-i")
    return (*argv[:place], "-readrate", "1", *argv[place:])
'''
DISTRIBUTION = {
    "METADATA": "Metadata-Version: 2.1\nName: ffx-paced\nVersion: 1\n",
    "entry_points.txt": "[ffx]\npaced = ffx_paced\n",
}


def main() -> None:
    with place() as bare, contextlib.ExitStack() as stack:
        here = with_plugin(bare)
        addresses = [
            stack.enter_context(here.serving("--name", f"paced-{number}", "--max-jobs", "1"))[0]
            for number in range(SERVERS)
        ]
        measure(here, addresses[0])


def with_plugin(here: Place) -> Place:
    """The place with the plugin installed."""
    folder = here.folder / "plugins"
    information = folder / "ffx_paced-1.dist-info"
    information.mkdir(parents=True)
    (folder / "ffx_paced.py").write_text(PLUGIN, encoding="utf-8")
    for name, text in DISTRIBUTION.items():
        (information / name).write_text(text, encoding="utf-8")
    paths = (str(folder), here.environment.get("PYTHONPATH", ""))
    return evolve(here, environment=here.environment | {"PYTHONPATH": os.pathsep.join(filter(None, paths))})


def measure(here: Place, address: str) -> None:
    first = make_clips(here, "first", count=SERVERS, length=1)
    sources = make_clips(here, "clip", count=JOBS, length=CLIP_SECONDS)
    (plain,) = here.commands(address, sources[:1], here.folder / "plain", *OPTIONS)
    (here.folder / "plain").mkdir(exist_ok=True)
    place = plain.index("-i")
    paced = [*plain[:place], "-y", "-readrate", "1", *plain[place:]]
    one = statistics.median(seconds(lambda: here.run(*paced)) for _ in range(RUNS))
    work = one * JOBS / SERVERS
    here.ffx("submit", *first, "--out-dir", "first", *OPTIONS, "--json")  # every server has done a job before
    batch = seconds(lambda: here.ffx("submit", *sources, "--out-dir", "out", *OPTIONS, "--json"))
    assert len(list((here.folder / "out").iterdir())) == JOBS
    detail = f"{batch:.1f} s; {JOBS} encodes of {one:.2f} s in {SERVERS} slots are {work:.1f} s"
    report(
        Figure(
            f"{JOBS} paced jobs on {SERVERS} servers against the work divided by the slots",
            batch / work,
            RATIO,
            "x",
            detail,
        )
    )


def make_clips(here: Place, name: str, *, count: int, length: int) -> list[Path]:
    """So many seconds of the film, small enough to be encoded by the dozen; no two files are the same."""
    small = ("-vf", "scale=176:144", "-c:v", "libx264", "-c:a", "aac", "-ac", "2", "-t", str(length))
    clip = here.make(f"{name}.mp4", "-stream_loop", "-1", "-i", str(CLIP), *small)
    return [
        here.make(f"{name}-{number:02}.mp4", "-i", str(clip), "-c", "copy", "-metadata", f"title={number}")
        for number in range(count)
    ]


if __name__ == "__main__":
    main()
