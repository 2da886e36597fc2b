"""What ``ffx estimate`` says: how long each server would take for a file, how large it would get, and how close to its
source, by an encode of samples there.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from attrs import evolve, frozen

from ffx.cli.asking import Wish
from ffx.cli.assembly import Assembly
from ffx.cli.boundary import print_error
from ffx.cli.embedded import NAME as THIS_MACHINE
from ffx.cli.planning import Planned
from ffx.cli.settings import submit_settings
from ffx.cli.text import print_json, print_line, print_note, print_table
from ffx.cli.trials import Bench, bench, for_sample, plan_one
from ffx.cli.working import farm_of
from ffx.client.farm import Survey
from ffx.client.outcome import JobOutcome
from ffx.client.queue.records import Handling
from ffx.core.errors import NoServerError
from ffx.core.figures import duration_text, size_text
from ffx.core.model import JobConfiguration
from ffx.core.plain import to_plain
from ffx.core.recipe import Recipe, Trim
from ffx.core.targets import Target
from ffx.media.changes import expected_frames, expected_length
from ffx.media.cutting import cut
from ffx.media.probe import MediaInfo

PIECE_SECONDS = 4.0
PIECES = 5
"""Evenly spread; a film that is hardly longer than all of them is tried as a whole."""


@frozen
class Estimate:
    """What one server would make of a file."""

    server: str
    encoder: str = ""
    seconds: float = 0.0
    """Of the encode alone: files travel meanwhile, but for the first and the last."""
    size: float = 0.0
    """Bytes."""
    outcome: JobOutcome | None = None
    """Of the sample."""
    error: str = ""

    @property
    def likeness(self) -> str:
        """What was measured of the sample, in words."""
        result = self.outcome.result if self.outcome is not None else None
        return str(result.likeness) if result is not None and result.likeness is not None else ""


def estimate(assembly: Assembly, wish: Wish, *, server: str, as_json: bool) -> int:
    """Print what each server would make of the only input; ``server``: of one alone. Returns the exit status.

    Raises:
        FfxError: the file or the recipe cannot be.
        NoServerError: no server could do it.
    """
    found = asyncio.run(estimates(assembly, wish, server))
    if as_json:
        print_json([_plain(one) for one in found])
    else:
        _print(found)
    return 0 if any(not one.error for one in found) else 1


async def estimates(assembly: Assembly, wish: Wish, server: str) -> tuple[Estimate, ...]:
    """What each server would make of the only input. Raises as ``estimate`` does."""
    planned = await plan_one(assembly, wish)
    async with bench(assembly) as place:
        sample = await asyncio.to_thread(_sample, place, planned)
        survey = await farm_of(assembly, note_local=False, apart=True).survey([sample])
        names = _able(survey, sample, server, local=submit_settings(assembly.source).local)
        if not names:
            raise NoServerError(_why_none(survey, sample, server))
        print_note(f"ffx: a sample of {duration_text(sample.duration)} is encoded on {', '.join(names)}")
        jobs = [_copy_of(sample, number) for number, _ in enumerate(names)]
        outcomes = await place.run([(job, only_on(name)) for job, name in zip(jobs, names, strict=True)])
    return tuple(_scaled(planned, sample, name, outcome) for name, outcome in zip(names, outcomes, strict=True))


def _sample(place: Bench, planned: Planned) -> JobConfiguration:
    media, recipe = planned.media, planned.job.recipe
    file = place.folder / "sample.mkv"
    pieces = cut(media, _parts(media, recipe), file)
    recipe = evolve(for_sample(recipe, pieces), trim=Trim())
    if media.video is not None and recipe.encoder != "copy":
        recipe = evolve(recipe, target=recipe.target or Target())
    return place.job(file, recipe, planned)


def _parts(media: MediaInfo, recipe: Recipe) -> tuple[Trim, ...]:
    start, length = recipe.trim.start, expected_length(recipe, media.duration) * recipe.speed
    if length <= 1.5 * PIECES * PIECE_SECONDS:
        return (recipe.trim,)
    step = length / PIECES
    starts = (start + step * (number + 0.5) - PIECE_SECONDS / 2 for number in range(PIECES))
    return tuple(Trim(at, at + PIECE_SECONDS) for at in starts)


def _able(survey: Survey, job: JobConfiguration, server: str, *, local: str) -> tuple[str, ...]:
    """The names of the servers to try, this machine among them unless that is not wanted."""
    able = {match.server_id for match in survey.rankings[job.job_id].compatible}
    names = [info.name for info in survey.servers if info.server_id in able and info.name != THIS_MACHINE]
    if server:
        return tuple(name for name in names if name == server)
    if local == "only":
        names = []
    return (*names, *(() if local == "never" else (THIS_MACHINE,)))


def _why_none(survey: Survey, job: JobConfiguration, server: str) -> str:
    reasons = [f"{name}: {reason}" for name, reason in survey.unreachable.items() if server in ("", name)]
    for match in survey.rankings[job.job_id].matches:
        name = next(info.name for info in survey.servers if info.server_id == match.server_id)
        if match.missing_capabilities and server in ("", name):
            reasons.append(f"{name}: missing {', '.join(match.missing_capabilities)}")
    return f"no server can do it: {'; '.join(reasons) or 'none is known'}"


def _copy_of(job: JobConfiguration, number: int) -> JobConfiguration:
    output = Path(job.output_file)
    return evolve(job, job_id=f"{job.job_id}-{number}", output_file=str(output.with_stem(f"{output.stem}-{number}")))


def only_on(name: str) -> Handling:
    """As on one server alone, by its name."""
    return Handling(local="only") if name == THIS_MACHINE else Handling(local="never", server=name)


def _scaled(planned: Planned, sample: JobConfiguration, name: str, outcome: JobOutcome) -> Estimate:
    """From the sample to the whole."""
    result = outcome.result
    if result is None:
        return Estimate(name, outcome.encoder, outcome=outcome, error=outcome.error)
    media, recipe = planned.media, planned.job.recipe
    lasts, tried = expected_length(recipe, media.duration), expected_length(sample.recipe, sample.duration)
    growth = lasts / tried if tried else 1.0
    film = media.video
    frames = expected_frames(recipe, film.frames, media.duration) if film is not None else 0
    seconds = frames / result.average_fps if frames and result.average_fps else result.duration * growth
    return Estimate(name, outcome.encoder, seconds, result.file_size * growth, outcome)


# -- What is printed ----------------------------------------------------------------------------------------------


def _print(estimates: Sequence[Estimate]) -> None:
    rows = []
    for one in estimates:
        if one.error:
            print_error(f"{one.server}: {one.error}")
            continue
        result = one.outcome.result if one.outcome is not None else None
        assert result is not None
        rows.append((one.server, one.encoder, duration_text(one.seconds), f"{result.average_fps:.4g}",
                     size_text(one.size), one.likeness))  # fmt: skip
        for warning in result.warnings:
            print_note(f"ffx: {one.server}: {warning}")
    if rows:
        print_table(rows, heading=("SERVER", "ENCODER", "TIME", "FPS", "SIZE", "LIKENESS"))
        print_line("Time is that of the encode alone; all of it is guessed from the sample.")


def _plain(one: Estimate) -> dict[str, Any]:
    result = one.outcome.result if one.outcome is not None else None
    return {
        "server": one.server,
        "encoder": one.encoder,
        "seconds": round(one.seconds, 1),
        "fps": round(result.average_fps, 2) if result is not None else 0.0,
        "bytes": round(one.size),
        "likeness": to_plain(result.likeness) if result is not None and result.likeness is not None else None,
        "warnings": list(result.warnings) if result is not None else [],
        "error": one.error,
    }
