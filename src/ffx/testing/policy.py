"""The conformance check for scheduling policies: every promise of ``ffx.core.policy``.

::

    from ffx.testing.policy import check_policy

    def test_my_policy():
        check_policy(MyPolicy())
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from ffx.core.encoders import EncoderSpec, QualityScale
from ffx.core.model import (
    CapabilityMatch,
    EncoderReport,
    EncoderType,
    JobConfiguration,
    ServerCapabilities,
    ServerInfo,
    ServerStatus,
)
from ffx.core.policy import Ranking, SchedulingPolicy
from ffx.core.recipe import QualityMode, Recipe

_CRF = QualityScale(("-crf", "{value}"), best=0, worst=51, default=28)

SPECS: Mapping[str, EncoderSpec] = {
    spec.name: spec
    for spec in (
        EncoderSpec("libx264", "h264", quality=_CRF, preference=0.7, two_pass=True, alternatives=("h264_nvenc",)),
        EncoderSpec("libx265", "hevc", quality=_CRF, preference=0.6, alternatives=("hevc_nvenc", "hevc_qsv")),
        EncoderSpec("hevc_nvenc", "hevc", encoder_type=EncoderType.HARDWARE_NVIDIA, preference=1.0),
        EncoderSpec("hevc_qsv", "hevc", encoder_type=EncoderType.HARDWARE_INTEL, preference=0.9),
    )
}


def _report(name: str, *, works: bool = True) -> EncoderReport:
    spec = SPECS[name]
    reason = "" if works else "no_device"
    return EncoderReport(
        name, spec.codec, encoder_type=spec.encoder_type, works=works, reason=reason, max_resolution="4K" * works
    )


def _server(
    name: str,
    *encoders: EncoderReport,
    status: ServerStatus = ServerStatus.ONLINE,
    jobs: int = 0,
    of: int = 2,
    performance: float = 300.0,
    load: float = 0.1,
    largest_gb: float = 10.0,
) -> ServerInfo:
    capabilities = ServerCapabilities(
        hostname=name,
        encoders=encoders,
        supported_formats=("mp4", "matroska"),
        estimated_performance=performance,
        current_load=load,
        max_resolution="4K",
        max_file_size_gb=largest_gb,
        complete=True,
    )
    return ServerInfo(f"id-{name}", name, status=status, capabilities=capabilities, max_jobs=of, current_jobs=jobs)


SERVERS = (
    _server("hardware", _report("hevc_nvenc"), _report("libx265"), _report("libx264"), performance=900),
    _server("software", _report("libx264"), _report("libx265")),
    _server("broken", _report("hevc_nvenc", works=False), _report("libx264"), performance=1000),
    _server("intel", _report("hevc_qsv"), _report("libx264"), load=0.95),
    _server("full", _report("libx265"), _report("libx264"), status=ServerStatus.BUSY, jobs=2),
    _server("over", _report("libx265"), _report("libx264"), jobs=7, of=2, load=1.0, performance=1000),
    _server("slotless", _report("libx265"), _report("libx264"), of=0),
    _server("small", _report("libx265"), _report("libx264"), largest_gb=0.001),
    _server("half", _report("libx265"), _report("libx264"), jobs=1, load=0.5, performance=200),
    _server("twin a", _report("libx265"), _report("libx264")),
    _server("twin b", _report("libx265"), _report("libx264")),
    _server("empty", performance=0),
    _server("leaving", _report("libx265"), _report("libx264"), status=ServerStatus.MAINTENANCE),
    _server("gone", _report("libx265"), _report("libx264"), status=ServerStatus.OFFLINE),
)
"""One of every kind that a policy meets."""


def _job(recipe: Recipe, **more: object) -> JobConfiguration:
    return JobConfiguration("job", "in.mkv", "out.mp4", recipe, **more)  # type: ignore[arg-type] # by name, as given


JOBS = (
    _job(Recipe(encoder="libx265", quality_mode=QualityMode.CRF, quality_value=26)),
    _job(Recipe(encoder="hevc_nvenc"), encoder_type=EncoderType.HARDWARE_NVIDIA),
    _job(Recipe(encoder="hevc_qsv"), encoder_type=EncoderType.HARDWARE_INTEL, priority=10),
    _job(Recipe(encoder="libx264"), required_capabilities=("mp4",)),
    _job(Recipe(encoder="libx264"), required_capabilities=("libx265", "from_tomorrow", "mp4")),
    _job(Recipe(codec="hevc")),
    _job(Recipe(codec="hevc", quality_mode=QualityMode.CRF, quality_value=26)),
    _job(Recipe(codec="from_tomorrow")),
    _job(Recipe(encoder="from_tomorrow")),
    _job(Recipe(encoder="copy")),
    _job(Recipe()),
    _job(Recipe(encoder="libx265"), file_size=10**15, resolution="7680x4320"),
    _job(Recipe(encoder="libx265"), resolution="not a size", codec="\x1b"),
)
"""One of every kind that a policy is asked about."""


def check_policy(policy: SchedulingPolicy) -> None:
    """Hold a policy to its promises, over servers and jobs of every kind.

    Raises:
        AssertionError: the promise that was broken, with what broke it.
    """
    _promise(isinstance(policy, SchedulingPolicy), "a policy is a subclass of ffx.core.policy.SchedulingPolicy")
    _promise(isinstance(policy.name, str) and policy.name.strip(), "a policy has a name")
    for candidate in (policy, policy.configured({})):
        for job in JOBS:
            _check_job(candidate, job)
    for job in JOBS:
        _promise(
            policy.rank(job, SERVERS, SPECS) == policy.configured({}).rank(job, SERVERS, SPECS),
            "configured with nothing, a policy is the same",
        )


def _promise(kept: object, promise: str) -> None:
    if not kept:
        raise AssertionError(promise)


def _check_job(policy: SchedulingPolicy, job: JobConfiguration) -> None:
    circumstances = f"for a job that needs {', '.join(job.needs) or job.recipe.codec or 'nothing'}"
    for servers in (SERVERS, *((server,) for server in SERVERS), ()):
        for specs in (SPECS, {}):
            ranking = _rank(policy, job, servers, specs, circumstances)
            _check_ranking(ranking, job, servers, circumstances)
            _check_purity(policy, job, servers, specs, ranking, circumstances)


def _rank(
    policy: SchedulingPolicy,
    job: JobConfiguration,
    servers: Sequence[ServerInfo],
    specs: Mapping[str, EncoderSpec],
    circumstances: str,
) -> Ranking:
    given_servers, given_specs = list(servers), dict(specs)
    try:
        ranking = policy.rank(job, given_servers, given_specs)
    except Exception as error:
        names = ", ".join(server.name for server in servers)
        raise AssertionError(f"rank never raises, and raised {error!r} {circumstances} and servers: {names}") from error
    _promise(isinstance(ranking, Ranking), f"rank returns a Ranking, not {ranking!r:.80}")
    _promise(
        given_servers == list(servers) and given_specs == specs, f"what rank was given is left alone, {circumstances}"
    )
    return ranking


def _check_purity(
    policy: SchedulingPolicy,
    job: JobConfiguration,
    servers: Sequence[ServerInfo],
    specs: Mapping[str, EncoderSpec],
    ranking: Ranking,
    circumstances: str,
) -> None:
    _promise(policy.rank(job, servers, specs) == ranking, f"the same question has the same answer, {circumstances}")
    for shuffled in (list(reversed(servers)), [*servers[3:], *servers[:3]]):
        _promise(
            policy.rank(job, shuffled, specs) == ranking,
            f"the order in which servers are given changes nothing, {circumstances}",
        )


def _check_ranking(ranking: Ranking, job: JobConfiguration, servers: Sequence[ServerInfo], circumstances: str) -> None:
    ranked = [match.server_id for match in ranking.matches]
    _promise(len(set(ranked)) == len(ranked), f"a server is ranked once, {circumstances}: {ranked}")
    taking = {s.server_id: s for s in servers if s.status in (ServerStatus.ONLINE, ServerStatus.BUSY)}
    for server_id in ranked:
        _promise(server_id in taking, f"only online servers are ranked, {circumstances}: not {server_id}")
    for server_id in taking:
        _promise(server_id in ranked, f"every online server is ranked, full ones too, {circumstances}: {server_id}")
    for match in ranking.matches:
        _check_match(match, taking[match.server_id], job, f"{circumstances} on {taking[match.server_id].name}")
    _check_order(ranking.matches, circumstances)
    _check_alternatives(ranking, circumstances)


def _check_match(match: CapabilityMatch, server: ServerInfo, job: JobConfiguration, circumstances: str) -> None:
    for name in ("compatibility_score", "performance_estimate", "load_score", "total_score"):
        score = getattr(match, name)
        _promise(
            isinstance(score, (int, float)) and math.isfinite(score) and 0 <= score <= 1,
            f"{name} is from 0 to 1, not {score!r}, {circumstances}",
        )
    _promise(
        (match.compatibility_score < 1) == bool(match.missing_capabilities),
        f"what is missing is listed exactly when the compatibility is below 1: {match.compatibility_score} "
        f"and {match.missing_capabilities}, {circumstances}",
    )
    absent = {need for need in job.needs if not server.capabilities.supports(need)}
    _promise(
        absent <= set(match.missing_capabilities),
        f"what the server was not seen to support is missing: {', '.join(sorted(absent))}, {circumstances}",
    )
    _check_encoder(match, server, job, circumstances)
    _promise(
        match.compatible or not match.recommended, f"what is missing something is not recommended, {circumstances}"
    )
    if server.free_slots == 0:
        _promise(match.warnings, f"a server without free slots carries a warning, {circumstances}")
    for warning in match.warnings:
        _promise(warning.strip() and "\n" not in warning, f"a warning is one line, not {warning!r}, {circumstances}")


def _check_encoder(match: CapabilityMatch, server: ServerInfo, job: JobConfiguration, circumstances: str) -> None:
    recipe = job.recipe
    if not match.compatible:
        return
    if recipe.encoder:
        _promise(
            match.encoder == recipe.encoder, f"the encoder asked for is used, not {match.encoder!r}, {circumstances}"
        )
    elif recipe.codec:
        report = server.capabilities.encoder(match.encoder)
        _promise(
            report is not None and report.works and report.codec == recipe.codec,
            f"for a codec an encoder is chosen that was seen to work there, not {match.encoder!r}, {circumstances}",
        )


def _check_order(matches: Sequence[CapabilityMatch], circumstances: str) -> None:
    compatible = [match.compatible for match in matches]
    _promise(compatible == sorted(compatible, reverse=True), f"who can do it stands before who cannot, {circumstances}")
    scores = [match.total_score for match in matches if match.compatible and not match.warnings]
    _promise(scores == sorted(scores, reverse=True), f"the best stands first, {circumstances}: {scores}")


def _check_alternatives(ranking: Ranking, circumstances: str) -> None:
    _promise(
        not (ranking.alternatives and ranking.compatible),
        f"alternatives are for when nothing fits, {circumstances}: {ranking.alternatives}",
    )
    _promise(len(ranking.alternatives) <= 3, f"there are at most 3 alternatives, {circumstances}")
    for sentence in ranking.alternatives:
        _promise(sentence.strip() and "\n" not in sentence, f"an alternative is one sentence, not {sentence!r}")
