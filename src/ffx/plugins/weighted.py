"""The weighted policy: a server's score for a job from what it can do, how fast it is and how busy it is."""

from __future__ import annotations

import functools
import math
from collections.abc import Iterable, Mapping, Sequence

from attrs import evolve, field, frozen

from ffx import hookimpl
from ffx.core.encoders import EncoderSpec
from ffx.core.errors import ConfigurationError
from ffx.core.model import (
    RESOLUTIONS,
    CapabilityMatch,
    EncoderReport,
    JobConfiguration,
    ServerInfo,
    ServerStatus,
)
from ffx.core.policy import Ranking, SchedulingPolicy
from ffx.core.recipe import QualityMode
from ffx.core.registry import suggestion

RECOMMENDED_ABOVE = 0.7
HARDWARE_FACTOR = 1.3
"""What hardware gains in the estimate of performance."""
UNKNOWN_PREFERENCE = 0.5
"""Of an encoder that no plugin describes, and of a job that needs none."""
FULL_PERFORMANCE = 1000.0
JOBS_SHARE = 0.7
CPU_SHARE = 0.3
CPU_HIGH = 0.9
MOST_ALTERNATIVES = 3


@frozen
class Weights:
    """How much each part counts in the total; the total is divided by their sum, so that it stays from 0 to 1."""

    compatibility: float = 0.5
    performance: float = 0.3
    load: float = 0.2

    @property
    def sum(self) -> float:
        return self.compatibility + self.performance + self.load

    def total(self, compatibility: float, performance: float, load: float) -> float:
        weighted = self.compatibility * compatibility + self.performance * performance + self.load * load
        return weighted / self.sum


@frozen
class WeightedPolicy(SchedulingPolicy):
    """total = 0.5 compatibility + 0.3 performance + 0.2 load, weights and preferences configurable.

    - compatibility: the share of what the job needs that the server was seen to have;
    - performance: ``estimated_performance / 1000 x preference of the encoder x 1.3 for hardware``, at most 1;
    - load: ``1 - (0.7 x current jobs / max jobs + 0.3 x CPU load)``, 0 where there are no slots at all.
    """

    name: str = field(default="weighted", init=False)
    weights: Weights = Weights()
    preferences: Mapping[str, float] = field(factory=dict)
    """By encoder; each replaces what the encoder's plugin says."""

    def configured(self, settings: Mapping[str, object]) -> WeightedPolicy:
        weights = _numbers(settings.get("weights", {}), "policy.weights")
        preferences = _numbers(settings.get("preferences", {}), "policy.preferences")
        known = ("compatibility", "performance", "load")
        for weight in weights:
            if weight not in known:
                raise ConfigurationError(f"policy.weights.{weight}: unknown weight{suggestion(weight, known)}")
        for encoder, preference in preferences.items():
            if preference > 1:
                raise ConfigurationError(f"policy.preferences.{encoder}: {preference:g} is not from 0 to 1")
        changed = evolve(self.weights, **weights)
        if changed.sum <= 0:
            raise ConfigurationError("policy.weights: at least one weight has to be above 0")
        return evolve(self, weights=changed, preferences={**self.preferences, **preferences})

    def rank(self, job: JobConfiguration, servers: Sequence[ServerInfo], specs: Mapping[str, EncoderSpec]) -> Ranking:
        taking = [s for s in servers if s.status in (ServerStatus.ONLINE, ServerStatus.BUSY)]
        matched = sorted(
            ((server, self._match(job, server, specs)) for server in taking),
            key=lambda pair: _order(job, *pair),
        )
        matches = tuple(match for _, match in matched)
        if any(match.compatible for match in matches):
            return Ranking(matches)
        return Ranking(matches, self._alternatives(matched, specs))

    # -- One server -------------------------------------------------------------------------------------

    def _match(self, job: JobConfiguration, server: ServerInfo, specs: Mapping[str, EncoderSpec]) -> CapabilityMatch:
        capabilities = server.capabilities
        encoder = self._encoder(job, server, specs)
        needs = _needs(job, encoder)
        missing = tuple(need for need in needs if not capabilities.supports(need))
        compatibility = 1 - len(missing) / len(needs) if needs else 1.0
        report = capabilities.encoder(encoder)
        performance = self._performance(capabilities.estimated_performance, encoder, report, specs)
        load = _load(server)
        total = self.weights.total(compatibility, performance, load)
        return CapabilityMatch(
            server_id=server.server_id,
            compatibility_score=compatibility,
            missing_capabilities=missing,
            performance_estimate=performance,
            load_score=load,
            total_score=total,
            recommended=not missing and total > RECOMMENDED_ABOVE,
            encoder=encoder,
            warnings=tuple(_warnings(job, server, missing, report)),
        )

    def _encoder(self, job: JobConfiguration, server: ServerInfo, specs: Mapping[str, EncoderSpec]) -> str:
        """The encoder that this server would use: the one asked for, else the best that works for the codec."""
        recipe = job.recipe
        if recipe.encoder or not recipe.codec:
            return recipe.encoder
        working = server.capabilities.working(recipe.codec)
        if not working:
            return ""

        def gladness(report: EncoderReport) -> tuple[bool, bool, bool, float, str]:
            return (
                _can_follow(job, specs.get(report.name)),
                not _too_large_picture(job.resolution, report.max_resolution),
                report.encoder_type.is_hardware,
                self._preference(report.name, specs),
                report.name,
            )

        return max(working, key=gladness).name

    def _performance(
        self, estimated: float, encoder: str, report: EncoderReport | None, specs: Mapping[str, EncoderSpec]
    ) -> float:
        hardware = report is not None and report.works and report.encoder_type.is_hardware
        factor = HARDWARE_FACTOR if hardware else 1.0
        return max(0.0, min(1.0, estimated / FULL_PERFORMANCE * self._preference(encoder, specs) * factor))

    def _preference(self, encoder: str, specs: Mapping[str, EncoderSpec]) -> float:
        if encoder in self.preferences:
            return self.preferences[encoder]
        spec = specs.get(encoder)
        return spec.preference if spec is not None else UNKNOWN_PREFERENCE

    # -- When nothing fits ------------------------------------------------------------------------------

    def _alternatives(
        self, matched: Sequence[tuple[ServerInfo, CapabilityMatch]], specs: Mapping[str, EncoderSpec]
    ) -> tuple[str, ...]:
        """Sentences about servers that would fit with other encoders, the nearest replacements first."""
        found: list[tuple[int, int, str]] = []
        for place, (server, match) in enumerate(matched):
            replacements = [self._replacements(missing, server, specs) for missing in match.missing_capabilities]
            if not all(replacements):
                continue
            wanted, *others = match.missing_capabilities
            rest = "".join(
                f" and {names[0]} instead of {other}" for names, other in zip(replacements[1:], others, strict=True)
            )
            found += [
                (nearness, place, f"{server.name} can do {name} instead of {wanted}{rest}")
                for nearness, name in enumerate(replacements[0])
            ]
        return tuple(sentence for _, _, sentence in sorted(found)[:MOST_ALTERNATIVES])

    def _replacements(self, missing: str, server: ServerInfo, specs: Mapping[str, EncoderSpec]) -> tuple[str, ...]:
        """Working encoders of a server that replace one: those its plugin names, then any of the same codec."""
        spec = specs.get(missing)
        failed = server.capabilities.encoder(missing)
        codec = spec.codec if spec is not None else failed.codec if failed is not None else ""
        named = spec.alternatives if spec is not None else ()
        same_codec = sorted(
            (report.name for report in server.capabilities.encoders if codec and report.codec == codec),
            key=lambda name: (-self._preference(name, specs), name),
        )
        return tuple(
            name
            for name in dict.fromkeys((*named, *same_codec))
            if name != missing and (report := server.capabilities.encoder(name)) is not None and report.works
        )


def _order(job: JobConfiguration, server: ServerInfo, match: CapabilityMatch) -> tuple[bool, bool, float, str, str]:
    """Best first: who can do it, whose limits the file keeps, the score; names settle what is equal."""
    return (
        not match.compatible,
        _too_large_file(job, server),
        -match.total_score,
        server.name,
        server.server_id,
    )


def _needs(job: JobConfiguration, encoder: str) -> tuple[str, ...]:
    """What the server must have; a codec that none of its encoders makes stands for the encoder."""
    if encoder in ("", "copy"):
        wanted = (job.recipe.codec,) if not encoder and job.recipe.codec else ()
    else:
        wanted = (encoder,)
    return tuple(dict.fromkeys((*wanted, *job.required_capabilities)))


def _can_follow(job: JobConfiguration, spec: EncoderSpec | None) -> bool:
    """Whether an encoder has the modes that the recipe asks for, as far as that is known."""
    recipe = job.recipe
    if spec is None:
        return True
    if recipe.two_pass and not spec.two_pass:
        return False
    return spec.quality is not None or recipe.quality_mode not in (QualityMode.CRF, QualityMode.QUALITY)


def _load(server: ServerInfo) -> float:
    if server.max_jobs <= 0:
        return 0.0
    busy = JOBS_SHARE * server.current_jobs / server.max_jobs + CPU_SHARE * server.capabilities.current_load
    return min(1.0, max(0.0, 1 - busy))  # a server that lies about its load is not better than an idle one


def _warnings(
    job: JobConfiguration, server: ServerInfo, missing: Sequence[str], report: EncoderReport | None
) -> Iterable[str]:
    capabilities = server.capabilities
    for need in missing:
        yield _why_missing(need, server)
    if server.free_slots == 0:
        yield f"server full: {server.current_jobs} of {server.max_jobs} jobs"
    if capabilities.current_load > CPU_HIGH:
        yield f"CPU load is high: {capabilities.current_load:.0%}"
    if _too_large_file(job, server):
        yield f"file too large: {job.file_size / 1e9:.2f} GB, at most {capabilities.max_file_size_gb:g} GB are taken"
    largest = (report.max_resolution if report is not None else "") or capabilities.max_resolution
    if _too_large_picture(job.resolution, largest):
        yield f"resolution too high: {job.resolution}, the largest seen to work is {largest}"


def _why_missing(need: str, server: ServerInfo) -> str:
    report = server.capabilities.encoder(need)
    if report is None:
        return f"{need} is not supported here"
    hint = f" ({report.hint})" if report.hint else ""
    return f"{need} does not work here: {report.reason or 'unknown'}{hint}"


def _too_large_file(job: JobConfiguration, server: ServerInfo) -> bool:
    limit = server.capabilities.max_file_size_gb
    return limit > 0 and job.file_size > limit * 1e9


@functools.lru_cache(1024)
def _too_large_picture(resolution: str, largest: str) -> bool:
    """Whether a picture is above a named resolution, however it is turned; what is unknown is not."""
    width, _, height = resolution.partition("x")
    if largest not in RESOLUTIONS or not (width.isdecimal() and height.isdecimal()):
        return False
    sides = sorted((int(width), int(height)))
    return any(side > limit for side, limit in zip(sides, sorted(RESOLUTIONS[largest]), strict=True))


def _numbers(table: object, path: str) -> dict[str, float]:
    if not isinstance(table, Mapping):
        raise ConfigurationError(f"{path}: is a table of numbers")
    for name, value in table.items():
        if isinstance(value, bool) or not isinstance(value, (int, float)) or not math.isfinite(value) or value < 0:
            raise ConfigurationError(f"{path}.{name}: {value!r} is not a number from 0 up")
    return {str(name): float(value) for name, value in table.items()}


@hookimpl
def ffx_register_policies() -> list[SchedulingPolicy]:
    return [WeightedPolicy()]
