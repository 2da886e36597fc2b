"""The queue against a simple model of it: whatever is done in whatever order, and however often it is opened anew."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path

from attrs import evolve
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from ffx.client.queue.records import CancelJob, Farewell, Handling, JobRecord, PauseQueue, SetAside, Wish
from ffx.client.queue.store import JobQueue
from ffx.core.errors import QueueError, UsageError
from ffx.core.model import JobState
from tests.client.queue.support import completed, job

OUTPUTS = st.sampled_from(["a", "b", "c", "d", "e"])
FINAL = [state for state in JobState if state.is_final]


class QueueAndModel(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(tempfile.mkdtemp())
        self.queue = self.reopened()
        self.records: dict[int, JobRecord] = {}
        self.last_number = 0
        self.wishes: list[Wish] = []
        self.farewells: list[Farewell] = []
        self.set_aside: dict[str, SetAside] = {}
        self.ends: list[tuple[int, JobState]] = []
        self.paused = False

    def reopened(self) -> JobQueue:
        return JobQueue.open(self.folder / "queue.db", check=True)

    def teardown(self) -> None:
        self.queue.close()
        shutil.rmtree(self.folder)

    def open_at(self, output: str) -> JobRecord | None:
        return next((r for r in self.records.values() if not r.state.is_final and r.job.output_file == output), None)

    @rule(names=st.lists(OUTPUTS, max_size=3), overwrite=st.booleans())
    def add(self, names: list[str], overwrite: bool) -> None:
        handling = Handling(overwrite=overwrite)
        wanted = [job(name) for name in names]
        added: list[JobRecord] = []
        taken = False
        for one in wanted:
            there = self.open_at(one.output_file) or next(
                (record for record in added if record.job.output_file == one.output_file), None
            )
            if there is None:
                number = max([self.last_number, *(record.number for record in added)]) + 1
                there = JobRecord(number, one, handling, added=3.0)
            taken |= there.handling != handling
            added.append(there)
        try:
            assert self.queue.add([(one, handling) for one in wanted], now=3.0) == tuple(added)
        except UsageError:
            assert taken
        else:
            assert not taken
            self.records |= {record.number: record for record in added}
            self.last_number = max([self.last_number, *(record.number for record in added)])

    @precondition(lambda self: self.records)
    @rule(data=st.data())
    def save(self, data: st.DataObject) -> None:
        numbers = data.draw(st.lists(st.sampled_from(sorted(self.records)), min_size=1, max_size=3, unique=True))
        states = data.draw(st.lists(st.sampled_from(list(JobState)), min_size=3, max_size=3))
        changed = [
            completed(self.records[number], state=state)
            if state.is_final
            else evolve(self.records[number], state=state, attempt=self.records[number].attempt + 1)
            for number, state in zip(numbers, states, strict=False)
        ]
        after = self.records | {record.number: record for record in changed}
        outputs = [record.job.output_file for record in after.values() if not record.state.is_final]
        try:
            self.queue.save(records=changed)
        except QueueError:
            assert len(set(outputs)) < len(outputs)
        else:
            assert len(set(outputs)) == len(outputs)
            self.ends += [
                (record.number, record.state)
                for record in changed
                if record.state.is_final and not self.records[record.number].state.is_final
            ]
            self.records = after

    @rule(job_id=st.text(max_size=3), pause=st.booleans())
    def wish(self, job_id: str, pause: bool) -> None:
        wish: Wish = PauseQueue(pause) if pause else CancelJob(job_id)
        self.queue.wish(wish)
        self.wishes.append(wish)

    @precondition(lambda self: self.wishes)
    @rule(paused=st.booleans())
    def fulfil(self, paused: bool) -> None:
        (number, wish), *_ = self.queue.wishes()
        assert wish == self.wishes.pop(0)
        self.queue.save(wishes_done=[number], queue_paused=paused)
        self.paused = paused

    @rule(server=st.sampled_from("xyz"), attempt=st.integers(1, 3), back=st.booleans())
    def servers(self, server: str, attempt: int, back: bool) -> None:
        farewell, aside = (
            Farewell(server, "job", attempt),
            SetAside(server, server.upper(), "why", since=float(attempt)),
        )
        if back:
            self.queue.save(farewells_done=[farewell], released=[server])
            self.farewells = [one for one in self.farewells if one != farewell]
            self.set_aside.pop(server, None)
        else:
            self.queue.save(farewells_added=[farewell], set_aside=[aside])
            self.farewells += [farewell] if farewell not in self.farewells else []
            self.set_aside[server] = aside

    @rule(states=st.lists(st.sampled_from(FINAL), min_size=1, unique=True))
    def clear(self, states: list[JobState]) -> None:
        kept = {number: record for number, record in self.records.items() if record.state not in states}
        assert self.queue.clear(states) == len(self.records) - len(kept)
        self.records = kept

    @rule(while_open=st.booleans())
    def open_again(self, while_open: bool) -> None:
        if while_open:  # as after a kill: the log is still there
            before, self.queue = self.queue, self.reopened()
            before.close()
        else:
            self.queue.close()
            self.queue = self.reopened()

    @invariant()
    def is_as_the_model_says(self) -> None:
        records = tuple(self.records[number] for number in sorted(self.records))
        assert self.queue.page(limit=1000, newest_first=False).rows == records
        assert self.queue.open_records() == tuple(r for r in records if not r.state.is_final)
        assert sum(self.queue.counts().values()) == len(records)
        assert [wish for _, wish in self.queue.wishes()] == self.wishes
        assert list(self.queue.farewells()) == self.farewells
        assert {one.server_id: one for one in self.queue.set_aside()} == self.set_aside
        assert self.queue.is_paused() is self.paused
        rows = self.queue.history_jobs(limit=1000).rows
        assert [(row.number, row.state) for row in reversed(rows)] == self.ends


TestQueueAndModel = QueueAndModel.TestCase
TestQueueAndModel.settings = settings(max_examples=15, stateful_step_count=20)
