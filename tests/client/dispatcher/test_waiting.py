"""The order of those who wait, held against a plain sorted list."""

from __future__ import annotations

import hypothesis.strategies as st
from attrs import evolve
from hypothesis import settings
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from ffx.client.queue.records import JobRecord
from ffx.client.waiting import WaitingJobs, line_of
from tests.client.dispatcher.support import SPECS, job


def in_order(waiting: WaitingJobs, count: int = 1000) -> list[str]:
    """The first ``count`` that are taken, all lines together; they are put back by who asks."""
    taken: list[str] = []
    with waiting.in_order() as firsts:
        for first in firsts:
            taken.append(first.job_id)
            waiting.remove(first.job_id)
            if len(taken) == count:
                break
    return taken


def test_who_is_held_up_holds_up_only_those_behind_him_in_his_line() -> None:
    waiting = WaitingJobs()
    for number, encoder in enumerate(["libx264", "libx265", "libx264", "libx265"], 1):
        waiting.put(JobRecord(number, job(f"job{number}", encoder)))
    seen = []
    with waiting.in_order() as firsts:
        for first in firsts:
            seen.append(first.job_id)
            if first.job_id != "job1":
                waiting.remove(first.job_id)
    assert seen == ["job1", "job2", "job4"]
    assert in_order(waiting) == ["job1", "job3"]


class AnyJobs(RuleBasedStateMachine):
    """Jobs come, go and change places."""

    def __init__(self) -> None:
        super().__init__()
        self.waiting = WaitingJobs()
        self.model: dict[str, JobRecord] = {}

    def expected(self) -> list[str]:
        return sorted(self.model, key=lambda name: (-self.model[name].job.priority, self.model[name].number))

    @rule(
        number=st.integers(1, 8),
        priority=st.integers(1, 3),
        encoder=st.sampled_from(sorted(SPECS)),
        failed=st.booleans(),
    )
    def put(self, number: int, priority: int, encoder: str, failed: bool) -> None:
        record = JobRecord(number, job(f"job{number}", encoder, priority=priority))
        record = evolve(record, failed_on=("s",) if failed else ())
        self.model[record.job_id] = record
        self.waiting.put(record, hurried=failed)

    @rule(number=st.integers(1, 8))
    def remove(self, number: int) -> None:
        self.model.pop(f"job{number}", None)
        self.waiting.remove(f"job{number}")

    @rule(count=st.integers(1, 4))
    def take(self, count: int) -> None:
        expected = self.expected()[:count]
        assert in_order(self.waiting, count) == expected
        for name in expected:
            del self.model[name]

    @rule()
    def look(self) -> None:
        firsts: dict[object, str] = {}
        for name in self.expected():
            firsts.setdefault(line_of(self.model[name]), name)
        with self.waiting.in_order() as found:
            assert [first.job_id for first in found] == list(firsts.values())

    @invariant()
    def lines_hold_everybody(self) -> None:
        assert len(self.waiting) == len(self.model)
        found = [job_id for line in self.waiting.lines() for job_id in self.waiting.of_line(line)]
        assert sorted(found) == sorted(self.model)
        hurried = sum(line.hurried for line in self.waiting.lines())
        assert hurried == sum(bool(record.failed_on) for record in self.model.values())

    def teardown(self) -> None:
        assert in_order(self.waiting) == self.expected()


TestAnyJobs = AnyJobs.TestCase
TestAnyJobs.settings = settings(max_examples=60, stateful_step_count=30, deadline=None)
