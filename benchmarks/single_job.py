"""One job of 30 s in 854x480 through a warm server on this machine, against plain FFmpeg with the same arguments."""

from __future__ import annotations

from benchmarks.harness import CLIP, Figure, Place, paired, place, report

OPTIONS = ("--encoder", "libx264", "--preset", "medium", "--quality", "23")
RUNS = 3
RATIO = 1.05
CONSTANT = 0.5
"""Seconds that a job may cost beside its encode: starting a process, connecting, sending, checking, fetching."""


def main() -> None:
    with place() as here, here.serving("--max-jobs", "1") as (address, _):
        measure(here, address)


def measure(here: Place, address: str) -> None:
    scaled = ("-vf", "scale=854:480", "-c:v", "libx264", "-preset", "veryfast", "-c:a", "aac", "-ac", "2")
    source = here.make("source.mp4", "-stream_loop", "-1", "-i", str(CLIP), "-t", "30", *scaled)
    (plain,) = here.commands(address, [source], here.folder / "plain", *OPTIONS)
    (here.folder / "plain").mkdir(exist_ok=True)

    def with_ffmpeg() -> None:
        (here.folder / "plain" / source.name).unlink(missing_ok=True)
        here.run(*plain)

    def with_ffx() -> None:
        here.ffx("submit", source, "-o", "ffx.mp4", "--server", address, *OPTIONS, "--overwrite", "--json")

    with_ffx()
    ffmpeg, ffx = paired(with_ffmpeg, with_ffx, runs=RUNS)
    detail = f"ffx {ffx:.2f} s, ffmpeg {ffmpeg:.2f} s, {CONSTANT:g} s allowed beside the ratio"
    report(Figure("one job of 30 s against plain ffmpeg", (ffx - CONSTANT) / ffmpeg, RATIO, "x", detail))


if __name__ == "__main__":
    main()
