"""Encodes that go wrong: each is one clear line with its evidence, and leaves neither files nor a slot behind."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from pathlib import Path

import pytest
from attrs import evolve

from ffx.core.messages import JobFailed
from ffx.core.model import JobConfiguration, Verification
from ffx.core.recipe import Recipe
from ffx.media.probe import count_packets
from tests.server.conftest import MakeServer, Rig
from tests.server.talk import COPY, FAST, Talk
from tests.support import children


async def failure(rig: Rig, talk: Talk, recipe: Recipe = FAST, *, source: Path | None = None) -> JobFailed:
    """How a job failed, and that nothing of it is left."""
    await talk.start(talk.job(recipe, source=source))
    failed = await talk.next(JobFailed)
    assert (failed.job_id, failed.attempt) == ("job", 1)
    assert failed.message
    assert "\n" not in failed.message
    assert (failed.evidence.server, failed.evidence.attempt) == ("studio", 1)
    for text in (failed.message, *failed.evidence.argv, *failed.evidence.stderr_tail):
        assert str(rig.temp_dir) not in text
    assert rig.job_files() == []
    assert children() == []
    info = rig.server.info()
    assert (info.current_jobs, info.failed_jobs, info.completed_jobs) == (0, 1, 0)
    return failed


def shim(place: Path, ffmpeg: Path, body: str) -> Path:
    """An FFmpeg that does something else; in ``body``, ``argv`` is how it was called and ``real`` runs it."""
    script = place / "ffmpeg-shim"
    script.write_text(
        f"#!{sys.executable}\n"
        "import os, signal, subprocess, sys\n"
        "argv = sys.argv[1:]\n"
        f"def real(arguments): return subprocess.run([{str(ffmpeg)!r}, *arguments]).returncode\n"
        f"{body}\n"
    )
    script.chmod(0o755)
    return script


async def test_an_argument_that_ffmpeg_refuses(rig: Rig, talk: Talk) -> None:
    failed = await failure(rig, talk, evolve(FAST, filters=("scale=w=nonsense",)))
    assert failed.code == "encode_failed"
    assert failed.evidence.exit_status not in (0, None)
    assert any("nonsense" in line for line in failed.evidence.stderr_tail)
    assert "file:in/0" in failed.evidence.argv


@pytest.mark.parametrize("length", [0, 1, 1000])
async def test_an_input_without_its_header(rig: Rig, talk: Talk, tmp_path: Path, length: int) -> None:
    source = tmp_path / "holiday.mp4"
    source.write_bytes(talk.clip.read_bytes()[:length])
    failed = await failure(rig, talk, source=source)
    assert failed.code == "bad_input"
    assert "holiday.mp4" in failed.message


async def test_half_an_input(rig: Rig, talk: Talk, tmp_path: Path, ffmpeg9: Path) -> None:
    whole, half = tmp_path / "whole.mkv", tmp_path / "half.mkv"
    argv = ("-v", "error", "-i", f"file:{talk.clip}", "-c", "copy", f"file:{whole}")
    await asyncio.to_thread(subprocess.run, (str(ffmpeg9), *argv), check=True)
    half.write_bytes(whole.read_bytes()[: whole.stat().st_size // 2])
    failed = await failure(rig, talk, source=half)
    assert failed.code == "bad_input"
    assert "truncated" in failed.message


async def test_an_input_that_is_no_media(rig: Rig, talk: Talk, tmp_path: Path) -> None:
    source = tmp_path / "letter.mp4"
    source.write_text("Dear all,\n" * 1000)
    assert (await failure(rig, talk, source=source)).code == "bad_input"


@pytest.mark.parametrize("text", ["#EXTM3U\n#EXTINF:1,\n/etc/passwd\n", "ffconcat version 1.0\nfile '/etc/passwd'\n"])
async def test_a_list_of_files_in_disguise(rig: Rig, talk: Talk, tmp_path: Path, text: str) -> None:
    source = tmp_path / "film.mp4"
    source.write_text(text)
    assert (await failure(rig, talk, source=source)).code == "bad_input"


async def test_an_ffmpeg_that_crashes(rig: Rig, talk: Talk, tmp_path: Path, ffmpeg9: Path) -> None:
    crashing = "print('last words', file=sys.stderr, flush=True)\nos.kill(os.getpid(), signal.SIGSEGV)"
    rig.capabilities.ffmpeg = shim(tmp_path, ffmpeg9, crashing)
    failed = await failure(rig, talk)
    assert failed.code == "crashed"
    assert failed.evidence.exit_status == -11
    assert failed.evidence.stderr_tail[-1] == "last words"


async def test_where_files_are_on_the_server_is_its_own_affair(
    rig: Rig, talk: Talk, tmp_path: Path, ffmpeg9: Path
) -> None:
    telling = "print(f'{os.getcwd()}/in/0: broken at {os.getcwd()}', file=sys.stderr)\nsys.exit(1)"
    rig.capabilities.ffmpeg = shim(tmp_path, ffmpeg9, telling)
    failed = await failure(rig, talk)
    assert failed.evidence.stderr_tail == (f"{talk.clip}: broken at .",)


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ("sys.exit(real([*argv[:-1], '-t', '3', argv[-1]]))", "verification_failed"),  # a short film
        ("open(argv[-1].removeprefix('file:'), 'wb').write(b'not a film' * 1000)", "verification_failed"),
        ("open(argv[-1].removeprefix('file:'), 'wb').close()", "encode_failed"),
        ("sys.exit(0)", "encode_failed"),
    ],
)
async def test_an_ffmpeg_that_claims_success(
    rig: Rig, talk: Talk, tmp_path: Path, ffmpeg9: Path, body: str, code: str
) -> None:
    rig.capabilities.ffmpeg = shim(tmp_path, ffmpeg9, body)
    assert (await failure(rig, talk)).code == code


DAMAGING = """\
status = real(argv)
output = argv[-1].removeprefix("file:")
if os.path.exists(output):
    with open(output, "r+b") as film:
        content = film.read()
        film.seek(content.index(b"mdat") + len(content) // 3)
        film.write(bytes(3000))
sys.exit(status)
"""
"""Packets, durations and streams are as they should be; what is in the packets is not."""


async def test_a_full_check_decodes_every_frame(rig: Rig, talk: Talk, tmp_path: Path, ffmpeg9: Path) -> None:
    def fully(job_id: str) -> JobConfiguration:
        return evolve(talk.job(FAST, job_id=job_id), verification=Verification.FULL)

    completed = await talk.run(fully("good"))
    assert completed.result.frames == 234
    rig.capabilities.ffmpeg = shim(tmp_path, ffmpeg9, DAMAGING)
    await talk.run(talk.job(FAST, job_id="quick"))
    await talk.start(fully("full"))
    failed = await talk.next(JobFailed)
    assert (failed.job_id, failed.code) == ("full", "verification_failed")


async def test_an_ffmpeg_that_is_gone(rig: Rig, talk: Talk, tmp_path: Path) -> None:
    rig.capabilities.ffmpeg = tmp_path / "removed"
    failed = await failure(rig, talk)
    assert failed.message


async def test_a_plugin_that_fails(make_server: MakeServer, caplog: pytest.LogCaptureFixture) -> None:
    def broken(job: object, argv: tuple[str, ...]) -> tuple[str, ...]:
        raise RuntimeError("a bug in a plugin")

    async with make_server(modify_command=broken) as rig:
        failed = await failure(rig, await rig.talk())
        assert failed.code == "internal"
        assert "a bug in a plugin" not in failed.message
        assert "a bug in a plugin" in caplog.text


async def test_what_asks_for_the_impossible_is_told_once_the_file_is_known(rig: Rig, talk: Talk) -> None:
    failed = await failure(rig, talk, evolve(COPY, container="webm"))  # H.264 does not fit
    assert failed.code in ("invalid_recipe", "encode_failed")


async def test_after_failures_the_server_goes_on(rig: Rig, talk: Talk) -> None:
    for number in range(3):
        bad = talk.job(evolve(FAST, filters=("scale=w=nonsense",)), job_id=f"bad {number}")
        await talk.start(bad)
        await talk.next(JobFailed)
    completed = await talk.run(talk.job(COPY))
    assert completed.result.frames == 234


async def test_both_ffmpegs_make_the_same_frames(rig: Rig, talk: Talk, ffmpeg: Path, tmp_path: Path) -> None:
    rig.capabilities.ffmpeg = ffmpeg
    job = talk.job(evolve(FAST, container="matroska"))
    completed = await talk.run(job)
    output = tmp_path / "out.mkv"
    output.write_bytes(await talk.fetch(job))
    film = count_packets(output).stream(0)
    assert film is not None
    assert (film.kind, film.packets) == ("video", 234)
    assert completed.result.frames == 234
