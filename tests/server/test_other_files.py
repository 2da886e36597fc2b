"""Jobs of several files: a server begins when all of them are whole, and takes none for what it is not."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from attrs import evolve
from blake3 import blake3

from ffx.core.messages import (
    ErrorMessage,
    FileChunk,
    FileUploadComplete,
    FileUploadStart,
    JobCompleted,
    JobFailed,
    JobRejected,
    JobSubmit,
    Ping,
    ValidationErrorMessage,
)
from ffx.core.model import JobConfiguration, JobStage, OtherFile
from ffx.core.recipe import Recipe
from tests.media.jobs import make
from tests.server.conftest import MakeServer, Rig
from tests.server.talk import Talk

SUBTITLES = "1\n00:00:00,000 --> 00:00:08,000\nHello\n"
BURNT = Recipe(encoder="libx264", preset="ultrafast", container="mp4", filters=("subtitles=subs.srt",))
OVERLAY = Recipe(
    encoder="libx264",
    preset="ultrafast",
    container="mp4",
    ffmpeg_args=("-i", "logo.png", "-filter_complex", "[0:v][1:v]overlay[v]", "-map", "[v]"),
)


def other(path: Path, name: str) -> OtherFile:
    return OtherFile(name, str(path), path.stat().st_size)


@pytest.fixture
def burnt(talk: Talk, tmp_path: Path) -> JobConfiguration:
    """A job with subtitles to burn in."""
    (tmp_path / "subs.srt").write_text(SUBTITLES)
    return evolve(talk.job(BURNT), other_files=(other(tmp_path / "subs.srt", "subs.srt"),))


def complete(job: JobConfiguration, content: bytes, number: int) -> FileUploadComplete:
    return FileUploadComplete(job.job_id, 1, len(content), blake3(content).hexdigest(), number)


async def stage_of(talk: Talk, rig: Rig) -> JobStage:
    await talk.ask(Ping())
    (job,) = rig.server._jobs._ledger
    return job.stage


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
async def test_it_begins_when_all_are_here(
    rig: Rig, talk: Talk, burnt: JobConfiguration, order: tuple[int, ...]
) -> None:
    contents = [Path(burnt.input_file).read_bytes(), SUBTITLES.encode()]
    await talk.submit(burnt)
    await talk.upload_file(burnt, contents[order[0]], order[0])
    assert await stage_of(talk, rig) is JobStage.UPLOAD
    await talk.upload_file(burnt, contents[order[1]], order[1])
    assert (await talk.next(JobCompleted)).result.frames == 234
    assert await talk.fetch(burnt)


async def test_one_that_is_told_twice_is_there_once(rig: Rig, talk: Talk, burnt: JobConfiguration) -> None:
    await talk.submit(burnt)
    for _ in range(2):
        await talk.upload_file(burnt, SUBTITLES.encode(), 1)
    assert await stage_of(talk, rig) is JobStage.UPLOAD
    await talk.upload_file(burnt, Path(burnt.input_file).read_bytes(), 0)
    await talk.next(JobCompleted)


@pytest.mark.parametrize("number", [2, -1, 2**63 - 1])
async def test_a_number_that_is_none(talk: Talk, burnt: JobConfiguration, number: int) -> None:
    await talk.submit(burnt)
    for message in (FileUploadStart("job", 1, 1, number=number), FileUploadComplete("job", 1, 1, "0", number)):
        refused = await talk.ask_for(ValidationErrorMessage, message)
        assert (refused.path, refused.message) == ("data.number", "the job has the files 0 to 1")


async def test_a_damaged_one_is_sent_again(talk: Talk, burnt: JobConfiguration) -> None:
    await talk.submit(burnt)
    right = SUBTITLES.encode()
    await talk.put(await talk.ask_for(FileChunk, FileUploadStart("job", 1, len(right), number=1)), right[::-1])
    assert (await talk.ask_for(ErrorMessage, complete(burnt, right, 1))).code == "digest_mismatch"
    await talk.upload_file(burnt, right, 1)
    await talk.upload_file(burnt, Path(burnt.input_file).read_bytes(), 0)
    await talk.next(JobCompleted)


async def test_it_is_sent_once_for_many_jobs(talk: Talk, burnt: JobConfiguration) -> None:
    await talk.run(burnt)
    await talk.submit(evolve(burnt, job_id="second"))
    digest = blake3(SUBTITLES.encode()).hexdigest()
    start = FileUploadStart("second", 1, len(SUBTITLES), digest, 1)
    assert (await talk.ask_for(FileChunk, start)).offset == len(SUBTITLES)


async def test_what_arrived_outlives_the_server(make_server: MakeServer, tmp_path: Path) -> None:
    """Of each of the files, whole or begun."""
    (tmp_path / "subs.srt").write_text(SUBTITLES)
    async with make_server(durable=True) as rig:
        talk = await rig.talk()
        job = evolve(talk.job(BURNT), other_files=(other(tmp_path / "subs.srt", "subs.srt"),))
        await talk.submit(job)
        await talk.upload_file(job, SUBTITLES.encode(), 1)
        content = Path(job.input_file).read_bytes()
        chunk = await talk.ask_for(FileChunk, FileUploadStart("job", 1, len(content)))
        with pytest.raises(Exception, match="ended"):
            await talk.connection.upload(chunk.resource, 0, len(content), _half(content))
        left = rig.snapshot(tmp_path / "left")
    async with make_server(durable=True, temp_dir=left) as rig:
        talk = await rig.talk()
        await talk.submit(job)
        offsets = [
            (await talk.ask_for(FileChunk, FileUploadStart("job", 1, size, number=number))).offset
            for number, size in enumerate(job.sizes)
        ]
        assert offsets == [len(content) // 2, len(SUBTITLES)]
        await talk.upload(job)
        await talk.next(JobCompleted)


async def _half(content: bytes) -> AsyncIterator[bytes]:
    yield content[: len(content) // 2]


# -- What is refused --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("files", "why"), [
    ((OtherFile("a", "", 1), OtherFile("a", "", 1)), "two of the other files have one name"),
    ((OtherFile("subs.srt", "", 0),), "'subs.srt' is empty"),
    ((OtherFile("a" * 3000, "", 1),), "has 1 to 1000 characters"),
    (tuple(OtherFile(str(number), "", 1) for number in range(100)), "100 other files are too many"),
    ((OtherFile("others.srt", "", 1),), "'subs.srt' is no file of this job"),
    ((), "'subs.srt' is no file of this job"),
])  # fmt: skip
async def test_what_cannot_be_is_refused_at_once(talk: Talk, files: tuple[OtherFile, ...], why: str) -> None:
    answer = await talk.ask_for(JobRejected, JobSubmit(evolve(talk.job(BURNT), other_files=files), 1))
    assert answer.code == "invalid_recipe"
    assert why in answer.message


async def test_the_sizes_of_all_count(make_server: MakeServer) -> None:
    async with make_server(max_file_size=1_000_000) as rig:
        talk = await rig.talk()
        job = evolve(talk.job(BURNT), other_files=(OtherFile("subs.srt", "", 900_000),))
        assert (await talk.ask_for(JobRejected, JobSubmit(job, 1))).code == "too_large"


@pytest.mark.parametrize(("content", "why"), [
    (b"#EXTM3U\n#EXTINF:1,\n/etc/passwd\n", "not a media file|is a list of other files, or text"),
    (b"ffconcat version 1.0\nfile 0\n", "is a list of other files, or text"),
    (b"no film at all\n" * 50, "not a media file|is a list of other files, or text"),
])  # fmt: skip
@pytest.mark.parametrize("recipe", [BURNT, OVERLAY], ids=["subtitles", "input"])
async def test_what_is_not_what_it_seems_never_gets_to_ffmpeg(
    talk: Talk, tmp_path: Path, content: bytes, why: str, recipe: Recipe
) -> None:
    name = "subs.srt" if recipe is BURNT else "logo.png"
    (tmp_path / "file").write_bytes(content)
    job = evolve(talk.job(recipe), other_files=(other(tmp_path / "file", name),))
    await talk.start(job)
    failed = await talk.next(JobFailed)
    assert failed.code == "bad_input"
    with pytest.raises(Exception, match=f"^{name}: .*({why})"):
        raise ValueError(failed.message)
    assert not failed.evidence.argv


async def test_half_of_a_second_film(talk: Talk, tmp_path: Path, ffmpeg9: Path) -> None:
    make(ffmpeg9, "-i", talk.clip, "-c", "copy", tmp_path / "whole.mkv")
    whole = (tmp_path / "whole.mkv").read_bytes()
    (tmp_path / "half.mkv").write_bytes(whole[: len(whole) // 2])
    job = evolve(talk.job(OVERLAY), other_files=(other(tmp_path / "half.mkv", "logo.png"),))
    await talk.start(job)
    assert "logo.png: the input is truncated" in (await talk.next(JobFailed)).message
