"""How alike the same quality looks on each software encoder: VMAF and size for one share of quality on every scale.

``python docs/quality.py [CLIP...]`` prints the table of docs/explanation/quality.md; without clips, those of the tests.
Minutes, most of them libaom's.
"""

from __future__ import annotations

import re
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from statistics import mean

import imageio_ffmpeg

from ffx.core.encoders import EncoderSpec
from ffx.core.pluginhost import PluginHost

ENCODERS = ("libx264", "libx265", "libsvtav1", "libaom-av1", "libvpx-vp9", "libvpx", "mpeg4", "mpeg2video", "libtheora")
QUICKER = {"libaom-av1": "6"}
"""Presets that make it end today; a quality looks much the same with each."""
SHARES = (0.3, 0.4, 0.5, 0.6, 0.7)
SECONDS = 3
"""Of each clip."""
_TESTS = Path(__file__).resolve().parent.parent / "tests" / "data"
CLIPS = (_TESTS / "rabbit-320x240-8s.mp4", _TESTS / "big-buck-bunny-720p-5s.mp4")


def main(clips: Sequence[Path]) -> None:
    ffmpeg, specs = imageio_ffmpeg.get_ffmpeg_exe(), _specs()
    print(f"| encoder | {' | '.join(f'{share:.0%}'.replace('%', ' %') for share in SHARES)} |")
    print(f"| --- |{' --- |' * len(SHARES)}")
    for name in ENCODERS:
        cells = [_cell(ffmpeg, specs[name], share, clips) for share in SHARES]
        print(f"| `{name}` | {' | '.join(cells)} |", flush=True)


def _specs() -> dict[str, EncoderSpec]:
    host = PluginHost()
    host.load_entry_points()
    return dict(host.encoders())


def _cell(ffmpeg: str, spec: EncoderSpec, share: float, clips: Sequence[Path]) -> str:
    """The value on the encoder's scale, the VMAF and the bits a second, as means over the clips."""
    assert spec.quality is not None
    value = spec.quality.from_share(share)
    with tempfile.TemporaryDirectory() as folder:
        output = Path(folder) / "out.mkv"
        found = [_measured(ffmpeg, spec, value, clip, output) for clip in clips]
    score, rate = mean(score for score, _ in found), mean(rate for _, rate in found)
    return f"{value:g}: {score:.1f}, {rate / 1000:.0f} kbit/s"


def _measured(ffmpeg: str, spec: EncoderSpec, value: float, clip: Path, output: Path) -> tuple[float, float]:
    assert spec.quality is not None
    preset = QUICKER.get(spec.name, spec.default_preset)
    speed = (spec.preset_option, preset) if preset else ()
    part = ("-t", str(SECONDS), "-i", str(clip))
    encode = ("-an", "-c:v", spec.name, *spec.options, *speed, *spec.quality.render(value), "-pix_fmt", "yuv420p")
    _run(ffmpeg, "-y", *part, *encode, str(output))
    graph = "[0:v]settb=1/25,setpts=N[a];[1:v]settb=1/25,setpts=N,format=yuv420p[b];[a][b]libvmaf=n_threads=2"
    said = _run(ffmpeg, "-i", str(output), *part, "-lavfi", graph, "-f", "null", "-")
    found = re.search(r"VMAF score: ([0-9.]+)", said)
    assert found, said
    return float(found[1]), output.stat().st_size * 8 / SECONDS


def _run(*argv: str) -> str:
    done = subprocess.run([argv[0], "-hide_banner", *argv[1:]], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stderr


if __name__ == "__main__":
    main([Path(name) for name in sys.argv[1:]] or CLIPS)
