"""Forty small clips on one server with two slots, against two plain FFmpegs at a time with the same arguments.

Once with the sound encoded, which is what plain FFmpeg does when nothing is said of it and where the limit was drawn;
and once with the sound copied, which is what ffx does by itself: half the work, so that what the farm costs weighs
twice as much.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from benchmarks.harness import CLIP, Figure, Place, paired, place, report

CLIPS = 40
SLOTS = 2
OPTIONS = ("--encoder", "libx264", "--preset", "ultrafast")
SOUNDS = {"encoded": ("--audio", "aac"), "copied": ("--audio", "copy")}
RATIOS = {"encoded": 1.25, "copied": 1.5}
RUNS = 5


def main() -> None:
    with place() as here, here.serving("--max-jobs", str(SLOTS)) as (address, _):
        sources = [make_clip(here, number) for number in range(CLIPS)]
        report(*(measure(here, address, sources, sound) for sound in SOUNDS))


def measure(here: Place, address: str, sources: list[Path], sound: str) -> Figure:
    options = (*OPTIONS, *SOUNDS[sound])
    plain = here.commands(address, sources, here.folder / "plain", *options)
    (here.folder / "plain").mkdir(exist_ok=True)

    def with_ffmpeg() -> None:
        """What ``xargs -P 2`` does."""
        for made in (here.folder / "plain").iterdir():
            made.unlink()
        with ThreadPoolExecutor(SLOTS) as pool:
            list(pool.map(lambda command: here.run(*command), plain))

    def with_ffx() -> None:
        here.ffx("submit", *sources, "--out-dir", "out", "--server", address, *options, "--overwrite", "--json")
        assert len(list((here.folder / "out").iterdir())) == CLIPS

    ffmpeg, ffx = paired(with_ffmpeg, with_ffx, runs=RUNS)
    name = f"{CLIPS} small clips with the sound {sound} against xargs -P{SLOTS} ffmpeg"
    return Figure(name, ffx / ffmpeg, RATIOS[sound], "x", f"ffx {ffx:.2f} s, ffmpeg {ffmpeg:.2f} s")


def make_clip(here: Place, number: int) -> Path:
    """Four seconds of the film with its sound, each from another moment of it."""
    options = ("-vf", "scale=176:144", "-c:v", "libx264", "-c:a", "aac", "-ac", "2", "-t", "4")
    return here.make(f"clip-{number:02}.mp4", "-ss", f"{number / 40}", "-i", str(CLIP), *options)


if __name__ == "__main__":
    main()
