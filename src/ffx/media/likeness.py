"""How close to its source a recipe's picture comes, seen on pieces of it, and the quality that comes close enough.

The pieces of the source are encoded without loss first, with everything that the recipe does to the picture: what they
are measured against differs from a sample by its encoder alone.
"""

from __future__ import annotations

import contextlib
from collections.abc import Awaitable, Callable, Iterator, Sequence
from pathlib import Path

from attrs import define, evolve, field, frozen

from ffx.core.encoders import QualityScale
from ffx.core.errors import EncodeError
from ffx.core.figures import size_text
from ffx.core.model import Evidence
from ffx.core.recipe import QualityMode, Recipe, Trim
from ffx.core.targets import Likeness, Metric, Target
from ffx.core.tracks import SoundChoice
from ffx.media.arguments import read_arguments
from ffx.media.changes import expected_length
from ffx.media.command import Command
from ffx.media.containers import container_by_name
from ffx.media.measuring import measuring_words, same_likeness, score_said
from ffx.media.probe import MediaInfo
from ffx.media.quality_search import MOST_PROBES, Probe, QualitySearch
from ffx.media.run import RunOutcome
from ffx.media.samples import pieces, reference_recipe, sample_recipe
from ffx.media.streams import KeptStream, select_streams
from ffx.media.timing import Version

UNKNOWN_SOUND = 64_000
"""Bits a second and channel that a sound is taken to have where nothing says it."""


@frozen
class Workplace:
    """Where samples are made and measured."""

    folder: Path
    """The job's."""
    out: str
    """In it, the folder for what FFmpeg writes."""
    encode: Callable[[Recipe, str], Awaitable[RunOutcome]]
    """Makes a file of a recipe with the encoder that the job has, by the file's name in the job's folder."""
    keep: Callable[[Recipe, str], Awaitable[RunOutcome]]
    """The same with an encoder that is FFmpeg's own."""
    run: Callable[[Command], Awaitable[RunOutcome]]
    metric: Metric
    threads: int
    version: Version


@frozen
class Found:
    """What came out."""

    likeness: Likeness
    probes: tuple[Probe, ...]
    """All that are known of searches for the recipe, to be remembered."""


@define
class LikenessTask:
    """One recipe with a target, and its source."""

    recipe: Recipe
    target: Target
    media: MediaInfo
    scale: QualityScale | None
    sounds: tuple[KeptStream, ...]
    """Those of the output, which count for its size."""
    place: Workplace
    _frames: dict[int, int] = field(factory=dict, init=False)
    """Of the references that were made."""

    @property
    def pieces(self) -> tuple[Trim, ...]:
        return pieces(self.recipe, self.media)

    async def complete(self, known: Sequence[Probe] = ()) -> Found:
        """Search, or measure once where nothing is wanted; ``known`` are probes of an earlier search for this recipe.

        Raises:
            EncodeError: FFmpeg failed; or what is wanted cannot be reached, or not within the size that is allowed
                (code ``target_missed``).
        """
        with self._cleared_away():
            if self.target.value is None:
                probe = await self._probe(None)
                self._check_size(probe)
                return Found(Likeness(self.place.metric, probe.score), tuple(known))
            return await self._search(self.target.value, known)

    async def _search(self, value: float, known: Sequence[Probe]) -> Found:
        assert self.scale is not None  # as check_recipe saw to
        metric = self.place.metric
        search = QualitySearch(self.scale, metric, same_likeness(value, self.target.metric, metric))
        probes = [*known]
        while len(probes) < len(known) + MOST_PROBES and (quality := search.next_value(probes)) is not None:
            probes.append(await self._probe(quality))
        best = search.best(probes)
        self._check_size(best, search, probes)
        return Found(Likeness(metric, best.score, best.value), tuple(probes))

    # -- One probe ----------------------------------------------------------------------------------------------

    async def _probe(self, quality: float | None) -> Probe:
        size, frames, total = 0, 0, 0.0
        for number, piece in enumerate(self.pieces):
            reference, count = await self._reference(number, piece)
            sample = self._name("sample")
            await self.place.encode(sample_recipe(self.recipe, piece, quality), sample)
            size += (self.place.folder / sample).stat().st_size
            total += await self._score(sample, reference, count) * count
            frames += count
        if not frames:
            raise missed("the pieces to be measured have no frames")
        return Probe(quality or 0.0, total / frames, size)

    async def _reference(self, number: int, piece: Trim) -> tuple[str, int]:
        """A piece of the source without loss, and how many frames it has; made once."""
        name = self._name(f"reference-{number}")
        if number not in self._frames:
            outcome = await self.place.keep(reference_recipe(self.recipe, piece), name)
            self._frames[number] = outcome.frames or 0
        return name, self._frames[number]

    async def _score(self, sample: str, reference: str, frames: int) -> float:
        film, metric = self.media.video, self.place.metric
        words = measuring_words(
            metric,
            sample,
            reference,
            ten_bit=film is not None and film.bit_depth > 8,
            threads=self.place.threads,
            version=self.place.version,
        )
        outcome = await self.place.run(Command((words,)))
        if outcome.frames != frames:
            raise missed(f"a sample cannot be measured: it has {outcome.frames} frames, its source {frames}")
        return score_said(metric, outcome.complaints)

    def _name(self, stem: str) -> str:
        return f"{self.place.out}/{stem}.mkv"

    @contextlib.contextmanager
    def _cleared_away(self) -> Iterator[None]:
        try:
            yield
        finally:
            for pattern in ("sample.mkv", "reference-*.mkv*"):
                for file in (self.place.folder / self.place.out).glob(pattern):
                    file.unlink(missing_ok=True)

    # -- What it will cost --------------------------------------------------------------------------------------

    def _check_size(self, probe: Probe, search: QualitySearch | None = None, probes: Sequence[Probe] = ()) -> None:
        largest = self.target.largest(self.media.size)
        expected = self._expected_size(probe)
        if largest is None or expected <= largest:
            return
        name = self.place.metric.value
        why = (
            f"{name} {probe.score:.4g} takes about {size_text(round(expected))}, more than {size_text(round(largest))}"
        )
        room = largest - self._sound_size
        reached = search.score_at(probes, room / self._growth) if search is not None and room > 0 else None
        raise missed(f"{why}; that is enough for about {name} {reached:.2g}" if reached is not None else why)

    def _expected_size(self, probe: Probe) -> float:
        """Bytes of the output, as far as the pieces say."""
        return probe.size * self._growth + self._sound_size

    @property
    def _growth(self) -> float:
        """How many times as long as its pieces the output is."""
        seen = sum(self._lasts(piece) for piece in self.pieces)
        return self._lasts(self.recipe.trim) / seen if seen else 1.0

    @property
    def _sound_size(self) -> float:
        return sum(_sound_rate(kept) for kept in self.sounds) / 8 * self._lasts(self.recipe.trim)

    def _lasts(self, part: Trim) -> float:
        return expected_length(evolve(self.recipe, trim=part), self.media.duration)


def missed(message: str) -> EncodeError:
    """The failure of a target that cannot be met."""
    return EncodeError(message, evidence=Evidence(), code="target_missed")


def _sound_rate(kept: KeptStream) -> int:
    """Bits a second."""
    asked = kept.choice.bitrate if isinstance(kept.choice, SoundChoice) else None
    return asked or kept.source.bit_rate or UNKNOWN_SOUND * max(1, kept.source.channels)


def with_quality(recipe: Recipe, likeness: Likeness | None) -> Recipe:
    """The recipe with the quality that was found for it, where one was searched for."""
    if likeness is None or likeness.quality is None:
        return recipe
    return evolve(recipe, quality_mode=QualityMode.CRF, quality_value=likeness.quality)


def check_size(target: Target | None, input_size: int, size: int) -> None:
    """Raises EncodeError (code ``target_missed``): the output is larger than the target allows."""
    largest = target.largest(input_size) if target is not None else None
    if largest is not None and size > largest:
        raise missed(f"the output has {size_text(size)}, more than {size_text(round(largest))}")


def kept_sounds(recipe: Recipe, media: MediaInfo) -> tuple[KeptStream, ...]:
    """The sounds of an output."""
    container, arguments = container_by_name(recipe.container), read_arguments(recipe.ffmpeg_args)
    return select_streams(recipe, media, container, arguments).of_kind("audio")


def instead_of(target: Target | None, likeness: Likeness | None) -> tuple[str, ...]:
    """What to tell where another metric took the place of the one that is wanted."""
    if target is None or likeness is None or likeness.metric is target.metric:
        return ()
    wanted, instead = target.metric.value, likeness.metric.value
    if target.value is None:
        return (f"this server's FFmpeg has no {wanted}: {instead} was measured instead",)
    value = same_likeness(target.value, target.metric, likeness.metric)
    return (f"this server's FFmpeg has no {wanted}: {instead} {value:.4g} was aimed at, which is about the same",)
