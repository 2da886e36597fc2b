"""Every line that the check refuses, with the check switched off: inside the sandbox none does harm.

The check has its own tests of the same lines. Here they are put into the command that a job gets, where its arguments
stand, and what they did is looked at: files beside the job's output, words and results that tell a secret, connections.
"""

from __future__ import annotations

import asyncio
import shlex
from collections.abc import AsyncIterator, Iterator, Sequence
from pathlib import Path

import pytest
from attrs import frozen

from ffx.core.errors import EncodeError
from ffx.core.model import EncoderSetup
from ffx.core.recipe import Recipe
from ffx.media.command import build_command
from ffx.media.limits import Limits
from ffx.media.probe import MediaInfo, probe
from ffx.media.sandbox import UNCONFINED, Confinement
from tests.hostile import ARGUMENTS, DISGUISED, DISGUISED_OPTIONS, DISGUISES, FILTERS, LOOK_ALIKES, cases, spellings
from tests.media.ground import Ground, prepared_ground, run
from tests.media.jobs import make
from tests.sandboxes import full_sandbox, linux_only
from tests.support import children

pytestmark = linux_only

AT_A_TIME = 3
TIME_LIMIT = 2.0
"""Seconds for a line: some never end, and a server ends those another way."""
MEMORY = 1024**3
"""Bytes."""


def filter_lines(*graphs: str) -> list[tuple[str, ...]]:
    return [("-vf", graph) for graph in graphs]


GROUPS: dict[str, list[tuple[str, ...]]] = {
    "arguments": [tuple(shlex.split(line)) for line, _ in cases(ARGUMENTS)],
    "filters": filter_lines(*(graph for graph, _ in cases(FILTERS))),
    "sound": [("-af", graph) for graph, _ in cases(FILTERS) if graph.startswith(("a", "l", "s"))],
    "disguises": filter_lines(
        *(
            disguise.format(spellings(name)[(place + at) % 4])
            for place, disguise in enumerate(DISGUISES)
            for at, name in enumerate(DISGUISED[place % 3 :: 3])
        )
    ),
    "options in disguise": filter_lines(*(f"drawtext={option}" for option in DISGUISED_OPTIONS)),
    "look-alikes": [tuple(words) for words in LOOK_ALIKES if not any("\0" in word for word in words)],
    "amounts": [
        ("-an",) * 10_000,
        ("-metadata", "title=" + "x" * 100_000),
        ("-vf", ",".join(["null"] * 10_000)),
        ("-vf", f"setpts={'(' * 99}1{')' * 99}"),
        ("-vf", "split=1000" + "[a]" * 999),
        ("-vf", "loop=-1:32767,tile=100x100,reverse"),
        ("-vf", "scale=16000:16000,tile=10x10"),
    ],
}


@pytest.fixture
def film(tmp_path: Path, ffmpeg9: Path) -> Path:
    """A very short one."""
    path = tmp_path / "film.mkv"
    source = ("-f", "lavfi", "-i", "testsrc2=size=64x48:rate=25:duration=0.12", "-f", "lavfi", "-i", "sine=d=0.12")
    make(ffmpeg9, *source, "-c:v", "libx264", "-preset", "ultrafast", "-c:a", "aac", path)
    return path


@pytest.fixture
def grounds(tmp_path: Path, film: Path) -> Iterator[list[Ground]]:
    """One for each line that is tried at a time."""
    folders = [tmp_path / str(number) for number in range(AT_A_TIME)]
    for folder in folders:
        folder.mkdir()
    with (
        prepared_ground(folders[0], film) as first,
        prepared_ground(folders[1], film) as second,
        prepared_ground(folders[2], film) as third,
    ):
        yield [first, second, third]


@frozen
class Trial:
    """Tries lines in the command of a job."""

    ffmpeg: Path
    media: MediaInfo
    confinement: Confinement

    def argv(self, words: Sequence[str], ground: Ground) -> tuple[str, ...]:
        """The command with some words where a job's arguments stand, just before the name of the output."""
        recipe = Recipe(encoder="libx264", preset="ultrafast", container="matroska")
        names = {"input_name": "in/0", "output_name": "out/0.mkv"}
        (argv,) = build_command(recipe, self.media, {}, EncoderSetup(), **names).passes
        return (*argv[argv.index("-protocol_whitelist") : -1], *(_aimed(word, ground) for word in words), argv[-1])

    async def harm(self, words: Sequence[str], ground: Ground) -> set[str]:
        """What a line did."""
        before = ground.outside()
        try:
            async with asyncio.timeout(TIME_LIMIT):
                argv = self.argv(words, ground)
                told = (await run(self.ffmpeg, ground.job, *argv, confinement=self.confinement)).complaints
        except EncodeError as error:
            told = (str(error), *error.evidence.stderr_tail)
        except (TimeoutError, OSError):  # the last one: more words than a system lets a program have
            told = ()
        signs = {
            "it told a secret": ground.leaked("\n".join(told)),
            "it changed a file": ground.outside() != before,
            "it connected": ground.was_called(),
        }
        for made in (ground.job / "out").iterdir():
            made.unlink()
        return {sign for sign, seen in signs.items() if seen}


def _aimed(word: str, ground: Ground) -> str:
    """A word with what is really there, of the files and addresses that it names."""
    for name, there in (
        ("/etc/passwd", str(ground.secret)),
        ("/tmp/x", str(ground.target)),
        ("169.254.169.254", f"127.0.0.1:{ground.port}"),
        ("127.0.0.1/x", f"127.0.0.1\\\\:{ground.port}/x"),
    ):
        word = word.replace(name, there)
    return word


async def try_all(
    trial: Trial, lines: Sequence[Sequence[str]], grounds: Sequence[Ground]
) -> dict[tuple[str, ...], set[str]]:
    """The lines that did harm, with the harm."""
    left, harmful = iter(lines), {}

    async def work(ground: Ground) -> None:
        for words in left:
            if harm := await trial.harm(words, ground):
                harmful[tuple(words)] = harm

    async with asyncio.TaskGroup() as workers:
        for ground in grounds:
            workers.create_task(work(ground))
    return harmful


@pytest.fixture
async def inside(ffmpeg: Path, film: Path) -> AsyncIterator[Trial]:
    limits = Limits(memory=MEMORY)
    confinement = Confinement(await full_sandbox(ffmpeg), limits, readable=("in",), writable=("out",))
    yield Trial(ffmpeg, probe(film), confinement)
    assert children() == []


@pytest.mark.parametrize("group", GROUPS)
async def test_inside_no_line_does_harm(inside: Trial, grounds: list[Ground], group: str) -> None:
    assert await try_all(inside, GROUPS[group], grounds) == {}


async def test_a_line_that_does_nothing_makes_a_film(inside: Trial, grounds: list[Ground]) -> None:
    """Else the lines would prove nothing."""
    outcome = await run(inside.ffmpeg, grounds[0].job, *inside.argv((), grounds[0]), confinement=inside.confinement)
    assert outcome.frames == 3
    assert (grounds[0].job / "out" / "0.mkv").stat().st_size > 500


async def test_outside_many_do(ffmpeg: Path, film: Path, grounds: list[Ground]) -> None:
    """Of those that are aimed at files of this test."""
    aimed = [line for lines in GROUPS.values() for line in lines if any("/tmp/x" in word for word in line)]
    harmful = await try_all(Trial(ffmpeg, probe(film), UNCONFINED), aimed, grounds)
    assert len(harmful) >= 10
    assert all(harm <= {"it changed a file"} for harm in harmful.values())
    assert children() == []
