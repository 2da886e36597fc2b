"""Which servers fit a job and which is the best: the policy's ranking, and what the dispatcher knows beside it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence

from attrs import define, field, frozen

from ffx.client.queue.records import JobRecord
from ffx.client.standing import Standing
from ffx.client.waiting import Line
from ffx.core.encoders import EncoderSpec
from ffx.core.model import CapabilityMatch, JobConfiguration, ServerInfo
from ffx.core.policy import Ranking, SchedulingPolicy
from ffx.media.equivalents import with_encoder


@frozen
class Matching:
    """What decides whether a job and a server fit. Pure."""

    policy: SchedulingPolicy
    specs: Mapping[str, EncoderSpec]

    def rank(self, job: JobConfiguration, servers: Sequence[ServerInfo]) -> Ranking:
        return self.policy.rank(job, servers, self.specs)

    def is_allowed(self, record: JobRecord, server_id: str, standing: Standing) -> bool:
        """Whether the job may go there at all, whatever the server can do."""
        handling = record.handling
        if server_id in record.avoids:
            return False
        if handling.server:
            return standing.answers_to(handling.server, server_id)
        return handling.local != ("never" if standing.at_home else "only")

    def fitting(
        self,
        record: JobRecord,
        standings: Iterable[tuple[str, Standing]],
        room: Callable[[Standing], int] = lambda standing: 1,
    ) -> list[CapabilityMatch]:
        """Those of the servers that may and can do the job, full or not, best first: where it did not fail before,
        where a person prefers such jobs, then as the policy ranks them.

        ``room``: so often each is ranked, every time as if it had got one such job more.
        """
        allowed = {sid: standing for sid, standing in standings if self.is_allowed(record, sid, standing)}
        if not allowed:
            return []
        seen = [s.seen_with(further) for s in allowed.values() for further in range(room(s))]
        ranking = self.rank(record.job, seen)
        return sorted(ranking.compatible, key=lambda match: self._place(record, match, allowed[match.server_id]))

    def is_able(self, line: Line, record: JobRecord, server_id: str, standing: Standing) -> bool:
        """Whether the server may and can do the jobs of a line, of which the record is one; looked up once."""
        known = line.able.get(server_id)
        if known != standing.version and known != ~standing.version:
            able = bool(self.fitting(record, ((server_id, standing),)))
            known = line.able[server_id] = standing.version if able else ~standing.version
        return known == standing.version

    def configuration(self, record: JobRecord, match: CapabilityMatch, standing: Standing) -> JobConfiguration:
        """The job with the encoder that this server is to use."""
        report = standing.info.capabilities.encoder(match.encoder)
        if report is None or (match.encoder, report.encoder_type) == (
            record.job.recipe.encoder,
            record.job.encoder_type,
        ):
            return record.job
        return with_encoder(record.job, match.encoder, self.specs, report.encoder_type)

    def has_hardware_for(self, match: CapabilityMatch, standing: Standing, now: float) -> bool:
        return standing.hardware_has_room(standing.kind_of(match.encoder), now)

    def _place(self, record: JobRecord, match: CapabilityMatch, standing: Standing) -> tuple[bool, bool]:
        spec = self.specs.get(match.encoder)
        kinds = ("any", match.encoder, spec.codec if spec else record.job.recipe.codec)
        preferred = any(kind in standing.preferred_for for kind in kinds)
        return match.server_id in record.failed_on, not preferred


@define
class Ranked:
    """The servers of one burst of assignments, ranked once for each line of jobs.

    Each is ranked as often as it has room, as it will be when it has got so many of the jobs: so the second of two jobs
    goes where it is best off after the first has gone.
    """

    matching: Matching
    servers: dict[str, Standing]
    """Those that have room; one that has none any more is taken out."""
    room: Callable[[Standing], int]
    """How many jobs more a server takes."""
    now: float
    _lines: dict[Line, list[tuple[int, CapabilityMatch]]] = field(factory=dict)
    """The last is the best; each with how many jobs its server has got by then."""
    _given: dict[str, int] = field(factory=dict)
    """How many jobs a server got."""

    def best(self, line: Line, record: JobRecord) -> CapabilityMatch | None:
        """The best server with room for the first job of a line; None when none fits."""
        ranking = self._lines.get(line)
        if ranking is None:
            ranking = self._lines[line] = self._ranking(line, record)
        while ranking and self._is_over(*ranking[-1]):
            ranking.pop()
        for given, match in reversed(ranking):
            standing = self.servers.get(match.server_id)
            if standing is None or given != self._given.get(match.server_id, 0):
                continue
            if self.matching.has_hardware_for(match, standing, self.now):
                return match
        return None

    def given(self, server_id: str) -> None:
        """The server got a job."""
        self._given[server_id] = self._given.get(server_id, 0) + 1
        if self.room(self.servers[server_id]) <= 0:
            del self.servers[server_id]

    def _ranking(self, line: Line, record: JobRecord) -> list[tuple[int, CapabilityMatch]]:
        able = [pair for pair in self.servers.items() if self.matching.is_able(line, record, *pair)]
        given, ranking = dict(self._given), []
        for match in self.matching.fitting(record, able, self.room):
            turn = given.get(match.server_id, 0)
            given[match.server_id] = turn + 1
            ranking.append((turn, match))
        ranking.reverse()
        return ranking

    def _is_over(self, given: int, match: CapabilityMatch) -> bool:
        return match.server_id not in self.servers or given < self._given.get(match.server_id, 0)
