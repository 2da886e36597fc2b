"""``make demo``: one real clip goes through an embedded server, and what comes back is looked at by itself.

The result is left in ``demo-out``, or in the folder that is given.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import av

ROOT = Path(__file__).resolve().parent.parent
CLIP = ROOT / "tests" / "data" / "rabbit-320x240-8s.mp4"
OPTIONS = ("--encoder", "libx265", "--quality", "26", "--preset", "fast", "--local", "only", "--overwrite")


def main(folder: str = "demo-out") -> int:
    output = ROOT / folder / "rabbit.mp4"
    output.parent.mkdir(exist_ok=True)
    words = ("submit", str(CLIP.relative_to(ROOT)), "-o", str(Path(folder, output.name)), *OPTIONS)
    print("$", "ffx", *words, flush=True)
    done = subprocess.run(
        [sys.executable, "-m", "ffx", *words, "--json"],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        print("the demo failed: the line above says why")
        return done.returncode
    job = json.loads(done.stdout.splitlines()[-1])
    print(f"{job['state']} in {job['seconds']:.1f} s by {job['encoder']} on {job['server']}")
    print(f"{job['bytes_in']:,} bytes became {job['bytes_out']:,}: {Path(folder, output.name)}")

    source, result = decoded_frames(CLIP), decoded_frames(output)
    print(f"decoded by PyAV: {source} frames in the source, {result} in the result")
    if result != source:
        print("the demo failed: the result has another number of frames")
        return 1
    print("checked: every frame is there")
    return 0


def decoded_frames(path: Path) -> int:
    with av.open(str(path)) as container:
        return sum(1 for _ in container.decode(video=0))


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
