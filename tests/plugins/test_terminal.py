"""The front ends of a terminal: what each one writes for the same events."""

from __future__ import annotations

import io
import json
from collections.abc import AsyncIterator, Iterable
from pathlib import Path
from typing import Any

import pytest
from attrs import evolve
from rich.console import Console

from ffx.core.events import JobEvent, Phase
from ffx.core.model import Evidence, JobConfiguration, JobProgress, JobResult, JobState
from ffx.core.recipe import Recipe
from ffx.plugins._course import Course, Courses, figures, share_done, shortened
from ffx.plugins.terminal import JsonLines, LiveBars, PlainLines, ffx_register_uis

JOB = JobConfiguration("one", "/films/in.mkv", "/out/in.mp4", Recipe(codec="hevc"), file_size=2_500_000)
TAILORED = evolve(JOB, recipe=Recipe(encoder="hevc_nvenc", codec="hevc"))
RESULT = JobResult("one", JobState.COMPLETED, file_size=1_000_000, frames=234, average_fps=117.111)


def event(phase: Phase, state: JobState = JobState.RUNNING, job: JobConfiguration = TAILORED, **more: Any) -> JobEvent:
    made = JobEvent(job, state, phase, time=100.0, attempt=1, server="studio")
    return evolve(made, **more)


def whole_way(job_id: str = "one") -> list[JobEvent]:
    """A job's events from its first server to the end, on the second try."""
    events = [
        event(Phase.WAITING, JobState.QUEUED, message="goes to attic", server="attic"),
        event(Phase.UPLOAD, bytes_done=500_000, bytes_total=2_500_000, server="attic", time=101.0),
        event(Phase.WAITING, JobState.PENDING, job=JOB, message="the connection to attic was lost", server="attic"),
        event(Phase.WAITING, JobState.QUEUED, message="goes to studio", attempt=2),
        event(Phase.UPLOAD, bytes_done=2_500_000, bytes_total=2_500_000, attempt=2),
        event(Phase.ENCODE, attempt=2),
        event(Phase.ENCODE, progress=JobProgress("one", 0.45, 105, 234, 120.4, 1e6, 4.02, 12.4), attempt=2),
        event(Phase.DOWNLOAD, bytes_done=0, bytes_total=1_000_000, attempt=2),
        event(Phase.CHECK, attempt=2),
        event(Phase.DONE, JobState.COMPLETED, job=JOB, result=RESULT, attempt=2, time=112.3),
    ]
    return [evolve(e, job=evolve(e.job, job_id=job_id)) for e in events]


def failed(**more: Any) -> JobEvent:
    return event(Phase.DONE, JobState.FAILED, job=JOB, message="FFmpeg failed with exit status 1", **more)


async def arriving(events: Iterable[JobEvent]) -> AsyncIterator[JobEvent]:
    for e in events:
        yield e


# -- json -------------------------------------------------------------------------------------------------------


async def test_json_is_one_line_for_a_job_that_ended(capsys: pytest.CaptureFixture[str]) -> None:
    await JsonLines().follow([JOB], arriving(whole_way()))
    (line,) = capsys.readouterr().out.splitlines()
    assert json.loads(line) == {
        "job_id": "one",
        "state": "completed",
        "input": "/films/in.mkv",
        "output": "/out/in.mp4",
        "server": "studio",
        "encoder": "hevc_nvenc",
        "attempts": 2,
        "seconds": 12.3,
        "bytes_in": 2_500_000,
        "bytes_out": 1_000_000,
        "frames": 234,
        "fps": 117.11,
        "likeness": None,
        "verified": True,
        "error": "",
        "warnings": [],
    }


async def test_json_of_a_failure_has_its_evidence(capsys: pytest.CaptureFixture[str]) -> None:
    evidence = Evidence(("ffmpeg", "-i", "x"), 1, ("Unknown encoder",), "studio", 1)
    await JsonLines().follow([JOB], arriving([failed(evidence=evidence)]))
    line = json.loads(capsys.readouterr().out)
    assert (line["state"], line["verified"], line["error"]) == ("failed", False, "FFmpeg failed with exit status 1")
    assert line["evidence"]["exit_status"] == 1
    assert line["evidence"]["stderr_tail"] == ["Unknown encoder"]


async def test_json_writes_each_line_when_its_job_ends(capsys: pytest.CaptureFixture[str]) -> None:
    written: list[str] = []

    async def watched() -> AsyncIterator[JobEvent]:
        for job_id in ("one", "two"):
            for e in whole_way(job_id):
                yield e
            written.append(capsys.readouterr().out)

    await JsonLines().follow([JOB], watched())
    assert [json.loads(text)["job_id"] for text in written] == ["one", "two"]


# -- lines ------------------------------------------------------------------------------------------------------


async def test_lines_tell_every_step(capsys: pytest.CaptureFixture[str]) -> None:
    await PlainLines(clock=lambda: 0.0).follow([JOB], arriving(whole_way()))
    assert capsys.readouterr().out.splitlines() == [
        "in.mkv: goes to attic",
        "in.mkv: upload to attic, 500 kB of 2.5 MB",
        "in.mkv: the connection to attic was lost",
        "in.mkv: goes to studio",
        "in.mkv: upload to studio, 2.5 MB of 2.5 MB",
        "in.mkv: encode on studio with hevc_nvenc",
        "in.mkv: download from studio, 0 B of 1.0 MB",
        "in.mkv: check on studio",
        "in.mkv: done on studio in 12 s: /out/in.mp4 (2.5 MB -> 1.0 MB, 234 frames, verified)",
    ]


async def test_lines_tell_of_progress_now_and_then(capsys: pytest.CaptureFixture[str]) -> None:
    times = iter([0.0, 4.0, 10.0, 12.0, 20.1])
    steps = [JobProgress("one", done, fps=120.4, speed=4.02, eta=75) for done in (0.1, 0.2, 0.3, 0.4)]
    events = [event(Phase.ENCODE), *(event(Phase.ENCODE, progress=step) for step in steps)]
    await PlainLines(clock=lambda: next(times)).follow([JOB], arriving(events))
    assert capsys.readouterr().out.splitlines() == [
        "in.mkv: encode on studio with hevc_nvenc",
        "in.mkv: encode on studio with hevc_nvenc, 20%, 120.4 fps, 4.02x, ETA 1:15",
        "in.mkv: encode on studio with hevc_nvenc, 40%, 120.4 fps, 4.02x, ETA 1:15",
    ]


@pytest.mark.parametrize(
    ("end", "line"),
    [
        (failed(), "in.mkv: failed on studio: FFmpeg failed with exit status 1"),
        (
            failed(evidence=Evidence(stderr_tail=("first", "x265 [error]: no\x1b[2J way"))),
            "in.mkv: failed on studio: FFmpeg failed with exit status 1; FFmpeg's last words: x265 [error]: no[2J way",
        ),
        (event(Phase.DONE, JobState.CANCELLED, message="cancelled"), "in.mkv: cancelled"),
    ],
)
async def test_lines_say_how_it_ended(end: JobEvent, line: str, capsys: pytest.CaptureFixture[str]) -> None:
    await PlainLines().follow([JOB], arriving([end]))
    assert capsys.readouterr().out == line + "\n"


async def test_lines_say_what_could_not_be_kept(capsys: pytest.CaptureFixture[str]) -> None:
    result = evolve(RESULT, warnings=("subtitle stream 3 (hdmv_pgs) does not fit mp4",))
    await PlainLines().follow([JOB], arriving([event(Phase.DONE, JobState.COMPLETED, result=result)]))
    assert capsys.readouterr().out.splitlines()[1] == "in.mkv: subtitle stream 3 (hdmv_pgs) does not fit mp4"


async def test_nothing_from_the_other_side_reaches_the_terminal_raw(capsys: pytest.CaptureFixture[str]) -> None:
    hostile = "\x1b[31mstudio\r\n\u202eoidar\x07"
    events = [
        event(Phase.UPLOAD, server=hostile),
        event(Phase.WAITING, JobState.QUEUED, message=f"goes to {hostile}"),
        event(Phase.DONE, JobState.FAILED, server=hostile, message=hostile),
    ]
    await PlainLines().follow([JOB], arriving(events))
    written = capsys.readouterr().out
    assert len(written.splitlines()) == 3
    assert not set(written) & set("\x1b\r\u202e\x07")


def test_a_servers_figures_are_bounded() -> None:
    wild = event(Phase.ENCODE, progress=JobProgress("one", 1.5, fps=1e300, speed=-3, eta=1e18))
    assert share_done(wild) == 1.0
    assert figures(wild) == ("1e+300 fps",)
    assert share_done(event(Phase.UPLOAD, bytes_done=-5, bytes_total=10)) == 0.0


# -- live -------------------------------------------------------------------------------------------------------


def screen(width: int = 100) -> tuple[Console, io.StringIO]:
    out = io.StringIO()
    return Console(file=out, force_terminal=True, width=width, color_system=None), out


async def test_bars_show_percent_speed_and_what_is_left() -> None:
    console, out = screen()
    shown: list[str] = []

    async def watched() -> AsyncIterator[JobEvent]:
        for e in whole_way():
            yield e
            console.file.flush()
            shown.append(out.getvalue())

    ui = LiveBars(lambda: console)
    await ui.follow([JOB], watched())
    written = out.getvalue()
    assert "in.mkv: done on studio in 12 s: /out/in.mp4 (2.5 MB -> 1.0 MB, 234 frames, verified)" in written
    assert "in.mkv: the connection to attic was lost" in written
    assert written.count("\x1b[?25l") == written.count("\x1b[?25h") == 1, "the cursor comes back"


async def test_each_step_has_its_bar() -> None:
    for step, words in (
        (whole_way()[4], ("upload to studio", "100%", "2.5 MB of 2.5 MB")),
        (whole_way()[6], ("encode on studio with hevc_nvenc", "45%", "120.4 fps", "4.02x", "ETA 12 s")),
        (whole_way()[7], ("download from studio", "0%", "0 B of 1.0 MB")),
    ):
        console, out = screen(width=120)
        await LiveBars(lambda console=console: console).follow([JOB], arriving([step]))  # type: ignore[misc]  # bound now
        for word in words:
            assert word in out.getvalue()


async def test_several_jobs_have_a_count() -> None:
    console, out = screen()
    jobs = [evolve(JOB, job_id=name) for name in ("one", "two")]
    await LiveBars(lambda: console).follow(jobs, arriving([*whole_way("one"), *whole_way("two")]))
    assert "0 of 2 jobs" in out.getvalue()
    assert "2 of 2 jobs" in out.getvalue()


async def test_jobs_that_are_added_later_are_counted_too() -> None:
    console, out = screen()
    await LiveBars(lambda: console).follow([JOB], arriving([*whole_way("one"), *whole_way("two")]))
    assert "1 of 2 jobs" in out.getvalue()
    assert "2 of 2 jobs" in out.getvalue()


async def test_markup_in_a_name_is_text() -> None:
    console, out = screen()
    named = evolve(JOB, input_file="/films/[bold]in.mkv")
    await LiveBars(lambda: console).follow([named], arriving([evolve(e, job=named) for e in whole_way()]))
    assert "[bold]in.mkv: done" in out.getvalue()


# -- Pieces -----------------------------------------------------------------------------------------------------


def test_a_course_knows_the_encoder_of_the_last_attempt_and_its_seconds() -> None:
    courses = Courses()
    course = Course(whole_way()[0])
    for e in whole_way():
        course = courses.take(e)
    assert course.encoder == "hevc_nvenc"
    assert course.seconds == pytest.approx(12.3)


@pytest.mark.parametrize(
    ("name", "short"),
    [("short.mkv", "short.mkv"), ("a" * 24, "a" * 24), ("ab" * 20 + ".mkv", "abababababab…bababab.mkv")],
)
def test_a_long_name_keeps_both_ends(name: str, short: str) -> None:
    assert shortened(name, 24) == short
    assert len(shortened(name, 24)) <= 24


def test_the_plugin_registers_three_front_ends() -> None:
    assert [ui.name for ui in ffx_register_uis()] == ["live", "lines", "json"]


def test_importing_it_does_not_import_rich() -> None:
    import subprocess
    import sys

    code = "import sys, ffx.plugins.terminal; print('rich' in sys.modules)"
    answer = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=Path.cwd())
    assert answer.stdout.strip() == "False"
