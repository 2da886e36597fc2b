"""Jobs whose FFmpeg is confined: whole jobs pass, and what reaches out is a failure of the job alone."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from attrs import evolve

from ffx.core.messages import JobCompleted, JobFailed
from ffx.core.model import JobConfiguration, SandboxLevel, Verification
from ffx.core.recipe import QualityMode, Recipe
from ffx.server.capabilities import CapabilityService
from tests.sandboxes import full_sandbox, linux_only
from tests.server.conftest import MakeServer, Rig
from tests.server.talk import FAST

pytestmark = linux_only


@pytest.fixture
def reaching_out() -> list[tuple[str, ...]]:
    """What a plugin puts before the output of each command, for the next jobs."""
    return []


@pytest.fixture
async def confined(
    make_server: MakeServer, capabilities: CapabilityService, reaching_out: list[tuple[str, ...]]
) -> AsyncIterator[Rig]:
    def modify(job: JobConfiguration, argv: tuple[str, ...]) -> tuple[str, ...]:
        return (*argv[:-1], *(reaching_out.pop(0) if reaching_out else ()), argv[-1])

    sandbox = await full_sandbox(capabilities.ffmpeg)
    async with make_server(sandbox=sandbox, modify_command=modify) as rig:
        yield rig


TWO_PASS = evolve(FAST, two_pass=True, quality_mode=QualityMode.BITRATE, quality_value=300_000)


@pytest.mark.parametrize("recipe", [FAST, TWO_PASS], ids=["one pass", "two passes"])
async def test_a_job_that_is_checked_to_its_last_frame(confined: Rig, recipe: Recipe) -> None:
    talk = await confined.talk()
    assert confined.server.info().sandbox is SandboxLevel.FULL
    completed = await talk.run(evolve(talk.job(recipe), verification=Verification.FULL))
    assert isinstance(completed, JobCompleted)
    assert completed.result.frames == 234


async def test_what_reaches_out_fails_and_the_server_lives(
    confined: Rig, reaching_out: list[tuple[str, ...]], tmp_path: Path
) -> None:
    target = tmp_path / "target"
    reaching_out.append(("-c", "copy", "-f", "matroska", str(target)))
    talk = await confined.talk()
    await talk.start(talk.job(FAST))
    failed = await talk.next(JobFailed)
    assert failed.code == "encode_failed"
    assert not target.exists()
    completed = await talk.run(talk.job(FAST, job_id="another"))
    assert completed.result.frames == 234


async def test_an_output_that_is_a_link_is_not_sent(confined: Rig, monkeypatch: pytest.MonkeyPatch) -> None:
    from ffx.server import work

    put_on_disk = work._on_disk

    def through_a_link(output: Path) -> str:
        output.rename(output.with_name("elsewhere"))
        output.symlink_to("elsewhere")
        return put_on_disk(output)

    monkeypatch.setattr(work, "_on_disk", through_a_link)
    talk = await confined.talk()
    await talk.start(talk.job(FAST))
    failed = await talk.next(JobFailed)
    assert (failed.code, failed.message) == ("verification_failed", "the output is a link and not a file")


async def test_without_one_the_server_says_so(rig: Rig) -> None:
    await rig.talk()
    assert rig.server.info().sandbox is SandboxLevel.NONE
