# An FFmpeg that does as it is told: real for everything but encodes of jobs, and for those by the orders that lie
# above the folder it runs in. Each encode is written down before it begins. Installed by `orders.install_shim`.
import fcntl
import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any, NoReturn

SETTINGS = json.loads("SETTINGS")
REAL = SETTINGS["real"]
GIGABYTE = 1_000_000_000


def main(arguments: list[str]) -> None:
    if "-encoders" in arguments:
        print_encoders(arguments)
    elif arguments and "out/0" in arguments[-1]:
        encode(arguments)
    else:
        go_on(arguments)


def go_on(arguments: list[str]) -> NoReturn:
    """Be the real one."""
    os.execv(REAL, [REAL, *(without_hardware(arguments) if "h264_nvenc" in arguments else arguments)])


def print_encoders(arguments: list[str]) -> None:
    listing = subprocess.run([REAL, *arguments], capture_output=True, text=True, check=True).stdout
    for line in listing.splitlines():
        words = line.split()
        if (
            len(words) < 2
            or (words[0] in ("V.....", "A.....", "S.....") and words[1] == "=")
            or words[1] in SETTINGS["listed"]
        ):
            print(line)


def encode(arguments: list[str]) -> NoReturn:
    folder = next((folder for folder in Path.cwd().parents if (folder / "ffmpeg.orders").exists()), None)
    order = "real" if folder is None else take_order(folder)
    if SETTINGS["sessions"] and "h264_nvenc" in arguments and folder and session(folder) is None:
        complain("[h264_nvenc @ 0x5581] OpenEncodeSessionEx failed: out of memory (10): (no details)")
        complain("[h264_nvenc @ 0x5581] No capable devices found")
        complain("Error initializing output stream 0:0 -- Error while opening encoder for output stream #0:0")
        sys.exit(1)
    output = Path(arguments[-1].removeprefix("file:"))
    if order == "short":
        arguments = [*arguments[:-1], "-t", "2", arguments[-1]]
    elif order == "endless":
        place = arguments.index("-i")
        arguments = [*arguments[:place], "-stream_loop", "-1", *arguments[place:]]
    elif order == "empty":
        output.touch()
    elif order == "hangs":
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        while True:
            signal.pause()
    elif order == "stops":
        os.kill(os.getpid(), signal.SIGSTOP)
    elif order == "crashes":
        os.kill(os.getpid(), signal.SIGSEGV)
    elif order == "fails":
        complain("[libx264 @ 0x5581] a poisoned frame was found")
        sys.exit(1)
    elif order == "floods":
        flood()
    if order in ("empty", "missing"):
        print("frame=234\nout_time_us=7800000\nprogress=end", flush=True)
        sys.exit(0)
    go_on(arguments)


def take_order(folder: Path) -> Any:
    """The next order; two that come at a time get one each. The encode is written down with it."""
    with (folder / "ffmpeg.log").open("a+", encoding="utf-8") as log:
        fcntl.flock(log, fcntl.LOCK_EX)
        log.seek(0)
        begun = sum(1 for _ in log)
        told = json.loads((folder / "ffmpeg.orders").read_text(encoding="utf-8"))
        number = begun - told["begun"]
        order = told["orders"][number] if number < len(told["orders"]) else told["then"]
        entry = {"pid": os.getpid(), "folder": str(Path.cwd()), "order": order, **job_here()}
        log.write(json.dumps(entry) + "\n")
        log.flush()
    return order


def job_here() -> dict[str, Any]:
    try:
        manifest = json.loads(Path("manifest.json").read_text(encoding="utf-8"))
        return {"job_id": manifest["configuration"]["job_id"], "attempt": manifest["attempt"]}
    except (OSError, ValueError, KeyError):
        return {"job_id": "", "attempt": 0}


def session(folder: Path) -> int | None:
    """One of the GPU's sessions, held until this process ends; None when all are taken."""
    for number in range(SETTINGS["sessions"]):
        held = os.open(folder / f"session-{number}", os.O_CREAT | os.O_RDWR)
        try:
            fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(held)
        else:
            os.set_inheritable(held, True)
            return held
    return None


def without_hardware(arguments: list[str]) -> list[str]:
    """The same with a software encoder: what belongs to the hardware alone is left out."""
    kept: list[str] = []
    place = 0
    while place < len(arguments):
        word = arguments[place]
        if word.split(":")[0] in (
            "-preset",
            "-rc",
            "-cq",
            "-tune",
            "-multipass",
            "-gpu",
            "-qp",
            "-spatial-aq",
            "-b",
            "-pix_fmt",
        ):
            place += 2
            continue
        kept.append("libx264" if word == "h264_nvenc" else word)
        place += 1
    place = kept.index("libx264") + 1
    return [*kept[:place], "-preset", "ultrafast", "-pix_fmt", "yuv420p", *kept[place:]]


def complain(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


def flood() -> None:
    block = b"[libx264 @ 0x5581] the same complaint once more, and it will not be the last one\n" * 12_000
    left = GIGABYTE
    while left > 0:
        left -= os.write(2, block[: min(left, len(block))])


main(sys.argv[1:])
