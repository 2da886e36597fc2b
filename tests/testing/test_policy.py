"""check_policy lets an honest policy pass and says which promise a broken one breaks."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import pytest
from attrs import evolve

from ffx.core.encoders import EncoderSpec
from ffx.core.model import CapabilityMatch, JobConfiguration, ServerInfo, ServerStatus
from ffx.core.policy import Ranking, SchedulingPolicy
from ffx.testing.policy import check_policy


class Honest(SchedulingPolicy):
    """The emptiest server first; each broken policy below differs from it in one thing."""

    name = "honest"

    def rank(self, job: JobConfiguration, servers: Sequence[ServerInfo], specs: Mapping[str, EncoderSpec]) -> Ranking:
        matches = [self.match(job, server) for server in servers if self.takes(server)]
        return Ranking(tuple(sorted(matches, key=self.place)))

    def takes(self, server: ServerInfo) -> bool:
        return server.status in (ServerStatus.ONLINE, ServerStatus.BUSY)

    def place(self, match: CapabilityMatch) -> tuple[bool, float, str]:
        return not match.compatible, -match.total_score, match.server_id

    def encoder(self, job: JobConfiguration, server: ServerInfo) -> str:
        recipe = job.recipe
        fitting = [e.name for e in server.capabilities.encoders if e.works and e.codec == recipe.codec]
        return recipe.encoder or (min(fitting) if fitting else "")

    def match(self, job: JobConfiguration, server: ServerInfo) -> CapabilityMatch:
        encoder = self.encoder(job, server)
        wanted = () if encoder else (job.recipe.codec,) if job.recipe.codec else ()
        missing = tuple(need for need in (*wanted, *job.needs) if not server.capabilities.supports(need))
        score = 0.0 if missing else 1.0
        emptiness = server.free_slots / server.max_jobs if server.max_jobs else 0.0
        return CapabilityMatch(
            server.server_id,
            compatibility_score=score,
            missing_capabilities=missing,
            performance_estimate=min(1.0, server.capabilities.estimated_performance / 1000),
            load_score=emptiness,
            total_score=0.5 * score + 0.5 * emptiness,
            recommended=not missing and emptiness > 0.9,
            encoder=encoder,
            warnings=() if server.free_slots else ("server full",),
        )


class Edited(Honest):
    """Honest, with its matches changed."""

    def __init__(self, change: Callable[[CapabilityMatch], CapabilityMatch]) -> None:
        self._change = change

    def match(self, job: JobConfiguration, server: ServerInfo) -> CapabilityMatch:
        return self._change(super().match(job, server))


class TakesTheOffline(Honest):
    def takes(self, server: ServerInfo) -> bool:
        return True


class LeavesOutTheBusy(Honest):
    def takes(self, server: ServerInfo) -> bool:
        return server.status is ServerStatus.ONLINE


class DividesByZero(Honest):
    def match(self, job: JobConfiguration, server: ServerInfo) -> CapabilityMatch:
        return evolve(super().match(job, server), load_score=min(1.0, server.free_slots / server.max_jobs))


class UsesUpTheServers(Honest):
    def rank(self, job: JobConfiguration, servers: Sequence[ServerInfo], specs: Mapping[str, EncoderSpec]) -> Ranking:
        ranking = super().rank(job, servers, specs)
        servers.clear()  # type: ignore[attr-defined] # that is what is broken
        return ranking


class KnowsEverySpec(Honest):
    def rank(self, job: JobConfiguration, servers: Sequence[ServerInfo], specs: Mapping[str, EncoderSpec]) -> Ranking:
        if job.recipe.encoder:
            specs[job.recipe.encoder].check_preset("")
        return super().rank(job, servers, specs)


class WorstFirst(Honest):
    def place(self, match: CapabilityMatch) -> tuple[bool, float, str]:
        return not match.compatible, match.total_score, match.server_id


class ScoreBeforeAbility(Honest):
    def place(self, match: CapabilityMatch) -> tuple[bool, float, str]:
        return False, -match.load_score, match.server_id


class KeepsTheOrder(Honest):
    def place(self, match: CapabilityMatch) -> tuple[bool, float, str]:
        return not match.compatible, -match.total_score, ""


class HasMoods(Honest):
    asked = 0

    def match(self, job: JobConfiguration, server: ServerInfo) -> CapabilityMatch:
        self.asked += 1
        return evolve(super().match(job, server), performance_estimate=(self.asked % 7) / 7)


class RanksTwice(Honest):
    def rank(self, job: JobConfiguration, servers: Sequence[ServerInfo], specs: Mapping[str, EncoderSpec]) -> Ranking:
        matches = super().rank(job, servers, specs).matches
        return Ranking(matches[:1] + matches)


class BelievesInEncoders(Honest):
    def encoder(self, job: JobConfiguration, server: ServerInfo) -> str:
        return job.recipe.encoder or ("hevc_nvenc" if job.recipe.codec else "")


class AlwaysHasAlternatives(Honest):
    def rank(self, job: JobConfiguration, servers: Sequence[ServerInfo], specs: Mapping[str, EncoderSpec]) -> Ranking:
        return evolve(super().rank(job, servers, specs), alternatives=("x can do y instead of z",))


class HasManyAlternatives(Honest):
    def rank(self, job: JobConfiguration, servers: Sequence[ServerInfo], specs: Mapping[str, EncoderSpec]) -> Ranking:
        ranking = super().rank(job, servers, specs)
        return ranking if ranking.compatible else evolve(ranking, alternatives=("x can do y instead of z",) * 4)


class ForgetsWhatIsConfigured(Honest):
    def configured(self, settings: Mapping[str, object]) -> SchedulingPolicy:
        return Edited(lambda match: evolve(match, load_score=0.0))


def test_an_honest_policy_passes() -> None:
    check_policy(Honest())


@pytest.mark.parametrize(
    ("broken", "promise"),
    [
        (TakesTheOffline(), "only online servers are ranked"),
        (LeavesOutTheBusy(), "every online server is ranked"),
        (DividesByZero(), "rank never raises.*ZeroDivisionError"),
        (UsesUpTheServers(), "what rank was given is left alone"),
        (KnowsEverySpec(), "rank never raises"),
        (WorstFirst(), "the best stands first"),
        (ScoreBeforeAbility(), "who can do it stands before who cannot"),
        (KeepsTheOrder(), "order in which servers are given changes nothing"),
        (HasMoods(), "same question has the same answer"),
        (RanksTwice(), "a server is ranked once"),
        (BelievesInEncoders(), "seen to work there"),
        (AlwaysHasAlternatives(), "alternatives are for when nothing fits"),
        (HasManyAlternatives(), "at most 3 alternatives"),
        (ForgetsWhatIsConfigured(), "configured with nothing"),
        (Edited(lambda match: evolve(match, performance_estimate=1.3)), "performance_estimate is from 0 to 1"),
        (Edited(lambda match: evolve(match, load_score=-0.1)), "load_score is from 0 to 1"),
        (Edited(lambda match: evolve(match, total_score=float("nan"))), "total_score is from 0 to 1"),
        (Edited(lambda match: evolve(match, missing_capabilities=())), "what is missing is listed"),
        (Edited(lambda match: evolve(match, compatibility_score=1.0)), "what is missing is listed"),
        (
            Edited(lambda match: evolve(match, compatibility_score=1.0, missing_capabilities=())),
            "was not seen to support",
        ),
        (Edited(lambda match: evolve(match, recommended=True)), "is not recommended"),
        (Edited(lambda match: evolve(match, warnings=())), "without free slots carries a warning"),
        (Edited(lambda match: evolve(match, warnings=("two\nlines",))), "a warning is one line"),
        (Edited(lambda match: evolve(match, encoder="libx264")), "the encoder asked for is used"),
    ],
)
def test_a_broken_policy_is_told_which_promise(broken: SchedulingPolicy, promise: str) -> None:
    with pytest.raises(AssertionError, match=promise):
        check_policy(broken)
