"""Every order of things: thousands of interleavings of a client and its servers, with the promises held after each step
and, at the end, everything done once whatever happened before.
"""

from __future__ import annotations

import os

import hypothesis.strategies as st
from hypothesis import settings
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from ffx.client.events import (
    CancelRequested,
    Committed,
    Encoded,
    Encoding,
    Event,
    Failed,
    JobKnown,
    Lost,
    MoveRequested,
    Opened,
    PauseRequested,
    PriorityRequested,
    Progressed,
    QuarantineRequested,
    QueuePaused,
    Rejected,
    ReleaseRequested,
    RetryRequested,
    Sent,
    ServerChanged,
    ServerHeard,
    ServerSilent,
    Tick,
    Told,
    Verified,
)
from ffx.client.instructions import Begin, Commit, Instruction
from ffx.client.queue.records import Farewell, JobRecord
from ffx.core.model import JobState
from tests.client.dispatcher.model import Key, ModelClient, ModelServer
from tests.client.dispatcher.support import SPECS, job, result

NAMES = ("one", "two", "three")
KINDS = (("libx264", ""), ("libx265", ""), ("hevc_nvenc", ""), ("", "hevc"))
FAILURES = ("encode_failed", "crashed", "out_of_memory", "stuck", "bad_input", "disk_full", "internal")
REFUSALS = ("server_full", "too_large", "disk_full", "maintenance", "duplicate_job", "invalid_recipe")


class AnyOrder(RuleBasedStateMachine):
    """See the module."""

    def __init__(self) -> None:
        super().__init__()
        self.servers: dict[str, ModelServer] = {}
        self.client = ModelClient(self.servers, self.look_at)
        self.lazy = False
        """Changes are kept now and then only."""
        self.jobs = 0
        self.finals: dict[str, JobRecord] = {}
        self.quarantined: set[str] = set()

    def hear(self, event: Event, *, after: float = 0.0) -> tuple[Instruction, ...]:
        return self.client.hear(event, after=after)

    def look_at(self, said: Instruction) -> None:
        if isinstance(said, Begin) and not said.resumed:
            standing = self.client.tell.dispatcher._state.servers[said.server_id]
            where = self.servers[said.server_id]
            assert where.linked and not where.mute, "given to a server that is not heard"
            assert not standing.aside and said.server_id not in self.quarantined
            assert standing.is_online
            assert standing.info.capabilities.supports(said.job.recipe.encoder)
            here = [(job_id, attempt) for job_id, attempt, at in self.client.at() if at == said.server_id]
            ours = [key for key in here if key not in self.client.encoded]
            assert standing.other_slots + len(ours) <= standing.info.max_jobs + standing.info.max_waiting
        elif isinstance(said, Commit):
            record = self.client.tell.dispatcher.record(said.job.job_id)
            assert record is not None and record.attempt == said.attempt and record.result is not None
            key = (said.job.job_id, said.attempt)
            assert key not in self.client.commits, "one process gives a result its name once"
            self.client.commits.add(key)

    def settle(self) -> None:
        """After each rule in which the client heard something."""
        if not self.lazy:
            self.keep()

    def keep(self) -> None:
        self.client.keep()
        for job_id, record in self.client.store.records.items():
            known = self.finals.get(job_id)
            assert known is None or known == record, "what has ended changes by a retry only"
            if record.state.is_final:
                self.finals[job_id] = record

    # -- The farm ----------------------------------------------------------------------------------------

    @initialize(data=st.data())
    def start(self, data: st.DataObject) -> None:
        for name in NAMES:
            encoders = data.draw(st.sampled_from([set(SPECS), {"libx264"}, {"libx264", "hevc_nvenc"}, {"libx265"}]))
            self.servers[name] = ModelServer(
                name,
                tuple(sorted(encoders)),
                slots=data.draw(st.sampled_from([1, 2, 0])),
                ahead=data.draw(st.integers(0, 2)),
                sessions=data.draw(st.integers(0, 2)),
            )
            self.client.link(self.servers[name])
        self.hear(Opened())
        for _ in range(data.draw(st.integers(1, 5))):
            self.submit(data.draw(st.sampled_from(KINDS)), 2, False, 1)

    @rule(
        kind=st.sampled_from(KINDS),
        priority=st.integers(1, 3),
        hurried=st.sampled_from([False, False, False, True]),
        count=st.integers(1, 3),
    )
    def submit(self, kind: tuple[str, str], priority: int, hurried: bool, count: int) -> None:
        for _ in range(count):
            self.jobs += 1
            configuration = job(f"job{self.jobs}", kind[0], codec=kind[1], priority=priority)
            record = JobRecord(self.jobs, configuration)
            self.client.store.records[record.job_id] = record
            self.hear(JobKnown(record, hurried))
        self.settle()

    @precondition(lambda self: self.jobs)
    @rule(rounds=st.sampled_from([2, 1, 3, 4]))
    def all_goes_well_for_a_while(self, rounds: int) -> None:
        for _ in range(rounds):
            self.one_round(waits=False)

    @precondition(lambda self: self.client.due)
    @rule(data=st.data(), times=st.integers(2, 8))
    def carry_out(self, data: st.DataObject, times: int) -> None:
        for _ in range(times):
            if self.client.due:
                self.client.carry_out(data.draw(st.sampled_from(sorted(self.client.due))))
        self.settle()

    @precondition(lambda self: any(s.held for s in self.servers.values()))
    @rule(data=st.data(), times=st.integers(1, 6))
    def server_works(self, data: st.DataObject, times: int) -> None:
        for _ in range(times):
            working = [s for s in NAMES if self.servers[s].up and self.servers[s].held]
            if working:
                where = self.servers[data.draw(st.sampled_from(working))]
                where.step(data.draw(st.sampled_from(sorted(where.held))))

    @precondition(lambda self: self.client.attempts)
    @rule(data=st.data(), codes=st.lists(st.sampled_from(FAILURES), min_size=1, max_size=3))
    def jobs_fail(self, data: st.DataObject, codes: list[str]) -> None:
        for code in codes:
            here = [(key, self.servers[at]) for key, at in sorted(self.client.attempts.items())]
            here = [(key, where) for key, where in here if key in where.held and not where.mute]
            if here:
                key, where = data.draw(st.sampled_from(here))
                where.step(key, code)
                while where.wire:
                    self.client.receive(where)
        self.settle()

    @precondition(lambda self: any(s.wire for s in self.servers.values()))
    @rule(name=st.sampled_from(NAMES), times=st.integers(1, 8))
    def words_arrive(self, name: str, times: int) -> None:
        where = self.servers[name]
        for _ in range(times):
            if where.wire and not where.mute:
                self.client.receive(where)
        self.settle()

    @precondition(lambda self: self.client.heard)
    @rule(data=st.data())
    def a_word_arrives_twice(self, data: st.DataObject) -> None:
        self.hear(data.draw(st.sampled_from(self.client.heard[:-7:-1])))
        self.settle()

    @precondition(lambda self: self.client.attempts)
    @rule(data=st.data())
    def a_transfer_breaks(self, data: st.DataObject) -> None:
        key = data.draw(st.sampled_from(sorted(self.client.attempts)))
        del self.client.attempts[key]
        self.hear(Lost(*key, "a transfer broke"))
        self.settle()

    @precondition(lambda self: self.jobs)
    @rule(data=st.data())
    def a_late_word(self, data: st.DataObject) -> None:
        number = data.draw(st.integers(1, self.jobs))
        job_id = f"job{number}"
        record = self.client.tell.dispatcher.record(job_id) or self.client.store.records[job_id]
        old = record.attempt - 1 if record.server_id else record.attempt
        attempt = data.draw(st.integers(0, max(0, old)))
        event = data.draw(st.sampled_from(late_words((job_id, attempt))))
        self.hear(Tick())
        self.keep()
        assert self.hear(event) == ()
        assert not self.client.tell.dispatcher.take_changes(), "a word of an old attempt changes nothing"

    # -- Faults ------------------------------------------------------------------------------------------

    @rule(name=st.sampled_from(NAMES), since=st.sampled_from([0.0, 5.0, 31.0]), breaks=st.booleans())
    def the_network_changes(self, name: str, since: float, breaks: bool) -> None:
        """A connection breaks or falls silent, is made again or heard again."""
        where = self.servers[name]
        if where.up and not where.linked:
            self.client.link(where)
        elif where.linked and breaks:
            self.client.unlink(where, since)
        elif where.linked and where.mute:
            where.mute = False
            self.hear(ServerHeard(name))
        elif where.linked:
            where.mute = True
            self.hear(ServerSilent(name, "no heartbeat", 10.0))
        self.settle()

    @rule(name=st.sampled_from(NAMES), forgets=st.booleans())
    def a_server_crashes_or_starts(self, name: str, forgets: bool) -> None:
        where = self.servers[name]
        if where.linked:
            self.client.unlink(where)
        if where.up:
            where.crash(forgets=forgets)
        else:
            where.up = True
            self.client.link(where)
        self.settle()

    @rule(name=st.sampled_from(NAMES), drains=st.booleans(), others=st.integers(0, 2), code=st.sampled_from(REFUSALS))
    def a_server_has_its_own_life(self, name: str, drains: bool, others: int, code: str) -> None:
        where = self.servers[name]
        where.drains, where.refuses = drains, code
        where.others = min(others, where.slots)
        where.say(ServerChanged(where.info))

    @rule(lazy=st.booleans())
    def the_client_crashes(self, lazy: bool) -> None:
        """``lazy``: the disk of the next process is slow."""
        self.client.crash()
        self.lazy = lazy
        self.settle()

    @rule(seconds=st.sampled_from([0.5, 3.0, 31.0, 700.0]))
    def time_passes(self, seconds: float) -> None:
        tell = self.client.tell
        end = tell.now + seconds
        while (wake := tell.dispatcher.next_wake()) is not None and wake <= end:
            self.hear(Tick(), after=wake - tell.now)
        self.hear(Tick(), after=end - tell.now)
        self.keep()

    # -- People ------------------------------------------------------------------------------------------

    @precondition(lambda self: self.jobs)
    @rule(data=st.data(), what=st.sampled_from(["retry", "move", "pause", "go on", "priority", "cancel"]))
    def somebody_wishes(self, data: st.DataObject, what: str) -> None:
        job_id = f"job{data.draw(st.integers(1, self.jobs))}"
        if what == "cancel":
            self.hear(CancelRequested(job_id))
        elif what == "pause" or what == "go on":
            self.hear(PauseRequested(job_id, what == "pause"))
        elif what == "move":
            name = data.draw(st.sampled_from(NAMES))
            self.hear(MoveRequested(job_id, name, name))
        elif what == "priority":
            self.hear(PriorityRequested(job_id, data.draw(st.integers(0, 11))))
        elif self.client.store.records[job_id].state in (JobState.FAILED, JobState.CANCELLED):
            self.keep()
            self.finals.pop(job_id, None)
            self.hear(RetryRequested(self.client.store.records[job_id]))
        self.settle()

    @rule(name=st.sampled_from(NAMES), what=st.sampled_from(["release", "set aside", "go on", "pause", "go on"]))
    def somebody_rules(self, name: str, what: str) -> None:
        if what == "set aside":
            self.quarantined.add(name)
            self.hear(QuarantineRequested(name, name, "it is hot"))
        elif what == "release":
            self.quarantined.discard(name)
            self.hear(ReleaseRequested(name))
        else:
            self.hear(QueuePaused(what == "pause"))
        self.keep()

    # -- Promises ----------------------------------------------------------------------------------------

    @invariant()
    def no_job_is_lost(self) -> None:
        for job_id, record in self.client.store.records.items():
            is_open = self.client.tell.dispatcher.record(job_id) is not None
            assert is_open or record.state.is_final or self.lazy, record

    @invariant()
    def what_servers_may_hold_is_remembered(self) -> None:
        if self.client.turn:
            return
        wanted = {(job_id, attempt) for job_id, attempt, _ in self.client.at()}
        for name, where in self.servers.items():
            for key in where.held.keys() - wanted:
                assert Farewell(name, *key) in self.client.store.farewells or failed_there(where, key), key

    @invariant()
    def nobody_waits_for_what_is_there(self) -> None:
        state = self.client.tell.dispatcher._state
        if not state.open or state.paused:
            return
        for line in state.waiting.lines():
            first = state.waiting.first(line)
            record = state.jobs[first.job_id].record if first is not None else None
            for pair in (*state.with_slot.items(), *state.with_place.items()) if record is not None else ():
                for match in state.matching.fitting(record, (pair,)):
                    assert not state.matching.has_hardware_for(match, pair[1], state.now), record

    @invariant()
    def results_appear_once(self) -> None:
        for job_id, attempts in self.client.outputs.items():
            assert len(attempts) == 1, (job_id, attempts)

    def teardown(self) -> None:
        """Whatever happened: when all is well again, every job that nobody stopped is completed, once."""
        if not self.servers:
            return
        self.lazy = False
        self.keep()
        for name, where in self.servers.items():
            if where.linked:
                self.client.unlink(where)
            where.crash(forgets=False)
            where.up, where.drains, where.others, where.refuses = True, False, 0, ""
            where.encoders, where.slots, where.sessions = tuple(sorted(SPECS)), max(1, where.slots), 2
            self.quarantined.discard(name)
            self.hear(ReleaseRequested(name))
            self.client.link(where)
        self.hear(QueuePaused(False))
        for job_id in self.client.store.records:
            self.hear(PauseRequested(job_id, False))
        for _ in range(300):
            self.keep()
            if self.everything_is_done():
                break
            self.one_round()
        records = self.client.store.records.values()
        left = [record for record in records if not record.state.is_final]
        assert not left, [self.client.tell.dispatcher.why(record) for record in left]
        for record in records:
            assert (record.state is JobState.COMPLETED) == (record.job_id in self.client.outputs)
        assert not self.client.store.farewells
        assert not any(where.held for where in self.servers.values()), "nothing is left on a server"
        assert self.client.tell.dispatcher.rests

    def everything_is_done(self) -> bool:
        records = self.client.store.records.values()
        return all(record.state.is_final for record in records) and not self.client.store.farewells

    def one_round(self, *, waits: bool = True) -> None:
        """Everybody does what there is to do; ``waits``: then time passes until something happens by itself."""
        for job_id in tuple(self.client.due):
            while job_id in self.client.due:
                self.client.carry_out(job_id)
        for where in self.servers.values():
            for key in tuple(where.held) if where.up else ():
                if key in where.held:
                    where.step(key)
            while where.wire and not where.mute:
                self.client.receive(where)
        self.keep()
        if not waits:
            return
        wake = self.client.tell.dispatcher.next_wake()
        if not self.client.due and not any(where.held for where in self.servers.values()) and wake is not None:
            self.hear(Tick(), after=wake - self.client.tell.now)
        else:
            self.hear(Tick(), after=1.0)


def late_words(key: Key) -> list[Event]:
    return [
        Rejected(*key, "too_large", "no"),
        Sent(*key, 10, 1.0),
        Encoding(*key),
        Progressed(*key, 1.0),
        Encoded(*key),
        Failed(*key, "crashed", "late"),
        Failed(*key, "encoder_full", "late"),
        Lost(*key, "late"),
        Verified(*key, result(key[0])),
        Committed(*key),
        Told(Farewell("nowhere", *key)),
    ]


def failed_there(where: ModelServer, key: Key) -> bool:
    return key in where.ended


TestAnyOrder = AnyOrder.TestCase
TestAnyOrder.settings = settings(
    max_examples=int(os.environ.get("FFX_SEQUENCES", "100")), stateful_step_count=40, deadline=None
)
