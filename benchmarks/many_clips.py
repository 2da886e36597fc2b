"""Forty small clips on one server with two slots, against two plain FFmpegs at a time with the same arguments."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from benchmarks.harness import CLIP, Figure, Place, paired, place, report

CLIPS = 40
SLOTS = 2
OPTIONS = ("--encoder", "libx264", "--preset", "ultrafast")
RUNS = 5
RATIO = 1.25


def main() -> None:
    with place() as here, here.serving("--max-jobs", str(SLOTS)) as (address, _):
        measure(here, address)


def measure(here: Place, address: str) -> None:
    sources = [make_clip(here, number) for number in range(CLIPS)]
    plain = here.commands(address, sources, here.folder / "plain", *OPTIONS)
    (here.folder / "plain").mkdir(exist_ok=True)

    def with_ffmpeg() -> None:
        """What ``xargs -P 2`` does."""
        for made in (here.folder / "plain").iterdir():
            made.unlink()
        with ThreadPoolExecutor(SLOTS) as pool:
            list(pool.map(lambda command: here.run(*command), plain))

    def with_ffx() -> None:
        here.ffx("submit", *sources, "--out-dir", "out", "--server", address, *OPTIONS, "--overwrite", "--json")
        assert len(list((here.folder / "out").iterdir())) == CLIPS

    ffmpeg, ffx = paired(with_ffmpeg, with_ffx, runs=RUNS)
    detail = f"ffx {ffx:.2f} s, ffmpeg {ffmpeg:.2f} s"
    report(Figure(f"{CLIPS} small clips against xargs -P{SLOTS} ffmpeg", ffx / ffmpeg, RATIO, "x", detail))


def make_clip(here: Place, number: int) -> Path:
    """Four seconds of the film with its sound, each from another moment of it."""
    options = ("-vf", "scale=176:144", "-c:v", "libx264", "-c:a", "aac", "-ac", "2", "-t", "4")
    return here.make(f"clip-{number:02}.mp4", "-ss", f"{number / 40}", "-i", str(CLIP), *options)


if __name__ == "__main__":
    main()
