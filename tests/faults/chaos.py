"""A bad night for a whole farm: servers and the client are killed and stopped at random while a queue is worked.

``python -m tests.faults.chaos [--minutes 10] [--jobs 200] [--servers 3] [--seed N]``: ends with status 1 when a job was
lost, committed twice, or committed wrong. The same seed draws the same faults; what they hit depends on the machine.
"""

from __future__ import annotations

import argparse
import contextlib
import random
import signal
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path

from attrs import Factory, define, frozen

from ffx.client.queue.records import AttemptEnd
from ffx.core.model import JobState
from tests.faults.conftest import settle
from tests.faults.harness import CLIP_SECONDS, Client, Ground, Server, invariants, paced
from tests.faults.harness.process import Run

SLOTS = 2
"""Of each server."""
ENCODES_BETWEEN = 3
"""A process that is at work is killed after as many encodes would have taken, on the average, and stopped as often.
Starting does not count: on a busy machine nothing would ever get done.
"""
SHARE = 0.7
"""Of a night: what its jobs would take if nothing happened."""
LEASE = 6.0
LONGEST_STOP = 8.0
"""Seconds: some of what was stopped comes back too late."""


@frozen
class Report:
    """What a night came to."""

    seconds: float
    kills: int
    stops: int
    attempts: int
    encodes: int
    duplicates: int
    """Encodes that went to their ends beyond the one that each job needs."""
    lost: tuple[str, ...]
    """Jobs that did not complete, with their reasons."""
    committed_twice: tuple[str, ...]
    wrong: tuple[str, ...]
    """What is wrong with outputs, and with what was left behind."""

    @property
    def holds(self) -> bool:
        return not (self.lost or self.committed_twice or self.wrong)

    def __str__(self) -> str:
        lines = [
            f"{self.kills} kills, {self.stops} stops in {self.seconds:.0f} s",
            f"{self.attempts} attempts, {self.encodes} encodes begun, {self.duplicates} jobs encoded to the end again",
            f"{len(self.lost)} jobs lost, {len(self.committed_twice)} committed twice, {len(self.wrong)} wrong outputs",
        ]
        return "\n".join([*lines, *self.lost, *self.committed_twice, *self.wrong])


@define
class Victim:
    """A process that something happens to now and then."""

    name: str
    run: Callable[[], Run]
    """Its present life."""
    revive: Callable[[], None]
    first_words: str
    """What it says when it is at work."""
    next_kill: float = 0.0
    next_stop: float = 0.0
    """0: to be drawn as soon as it is at work."""
    stopped_until: float | None = None

    @property
    def is_at_work(self) -> bool:
        return self.first_words in self.run().out


@define
class Night:
    """One run of chaos. ``tell`` hears what happens."""

    ground: Ground
    seed: int
    encode_seconds: float
    """What an encode takes, however busy the processors are."""
    tell: Callable[[str], None]
    kills: int = 0
    stops: int = 0
    troubles: list[str] = Factory(list)
    """Processes that ended by themselves."""
    _random: random.Random = Factory(lambda self: random.Random(self.seed), takes_self=True)

    def play(self, *, jobs: int, servers: int, limit: float) -> Report:
        """Work a queue of ``jobs`` through faults until all have ended, for at most ``limit`` seconds."""
        began = time.monotonic()
        farm = self.ground.started(*(f"server-{number}" for number in range(1, servers + 1)), FFX_MAX_JOBS=str(SLOTS))
        client = self.ground.client(*farm, lease=LEASE)
        client.detach(*self.ground.sources(jobs), options=paced(CLIP_SECONDS / self.encode_seconds))
        self._rage(client, farm, began + limit)
        return self._report(client, farm, began)

    def _rage(self, client: Client, farm: Sequence[Server], deadline: float) -> None:
        client.work("--forever")
        victims = [
            *(Victim(one.name, self._of_server(one), self._start(one), " listens on ") for one in farm),
            Victim("client", lambda: client.runs[-1], lambda: self._work(client), ": goes "),
        ]
        while time.monotonic() < deadline and not all_ended(client):
            for victim in victims:
                self._befall(victim)
            time.sleep(0.1)
        for victim in victims:
            victim.run().resume()
        client.runs[-1].kill()
        for server in farm:
            server.run.said(" listens on ")

    def _befall(self, victim: Victim) -> None:
        now, run = time.monotonic(), victim.run()
        if not run.is_running:
            self.troubles.append(f"{victim.name} ended by itself: {run.err[-500:]}")
            victim.revive()
        elif victim.stopped_until is not None:
            if now >= victim.stopped_until:
                run.resume()
                victim.stopped_until, victim.next_stop = None, now + self._peace()
        elif not victim.next_kill:
            if victim.is_at_work:
                victim.next_kill = now + self._peace()
                victim.next_stop = now + self._peace()
        elif now >= victim.next_kill:
            run.kill()
            self.kills += 1
            self.tell(f"{victim.name} was killed")
            victim.revive()
            victim.next_kill = 0.0
        elif now >= victim.next_stop:
            seconds = self._random.uniform(0.2, LONGEST_STOP)
            run.suspend()
            self.stops += 1
            self.tell(f"{victim.name} stands still for {seconds:.1f} s")
            victim.stopped_until = now + seconds

    def _peace(self) -> float:
        """Seconds until something happens to a process: Poisson's."""
        return self._random.expovariate(1 / (ENCODES_BETWEEN * self.encode_seconds))

    @staticmethod
    def _of_server(server: Server) -> Callable[[], Run]:
        return lambda: server.run

    @staticmethod
    def _start(server: Server) -> Callable[[], None]:
        return server.launch

    @staticmethod
    def _work(client: Client) -> None:
        client.work("--forever")

    def _report(self, client: Client, farm: Sequence[Server], began: float) -> Report:
        seconds = time.monotonic() - began
        records = client.jobs()
        attempts = [attempt for record in records for attempt in client.attempts(record.number)]
        committed = Counter(attempt.job_id for attempt in attempts if attempt.end is AttemptEnd.COMMITTED)
        encodes = [encode for server in farm for encode in server.encodes()]
        ended = Counter(job_id for server in farm for job_id in server.completed())
        wrong = list(self.troubles)
        for record in records:
            if record.state is JobState.COMPLETED:
                try:
                    invariants.check_output(Path(record.job.output_file), record)
                except (AssertionError, OSError) as error:
                    wrong.append(f"job {record.number}: {error}")
        return Report(
            seconds=seconds,
            kills=self.kills,
            stops=self.stops,
            attempts=len(attempts),
            encodes=len(encodes),
            duplicates=sum(count - 1 for count in ended.values()),
            lost=tuple(
                f"job {record.number} is {record.state}: {record.reason}"
                for record in records
                if record.state is not JobState.COMPLETED
            ),
            committed_twice=tuple(f"job {job_id}" for job_id, count in committed.items() if count > 1),
            wrong=tuple(wrong),
        )


def all_ended(client: Client) -> bool:
    counts = client.counts()
    return bool(counts) and not any(count for state, count in counts.items() if not state.is_final)


def main() -> int:
    """From the command line; the exit status."""
    parser = argparse.ArgumentParser(prog="python -m tests.faults.chaos", description=__doc__)
    parser.add_argument("--minutes", type=float, default=10.0, help="of the night; three times as long at most  [10]")
    parser.add_argument("--jobs", type=int, default=200, help="[200]")
    parser.add_argument("--servers", type=int, default=3, help="[3]")
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(10**6), help="[drawn]")
    asked = parser.parse_args()
    print(f"seed {asked.seed}", flush=True)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("stopped"))  # whoever ends it leaves no farm behind
    began = time.monotonic()

    def tell(words: str) -> None:
        print(f"{time.monotonic() - began:6.1f} s  {words}", flush=True)

    with tempfile.TemporaryDirectory(prefix="ffx-chaos-") as name, contextlib.ExitStack() as stack:
        ground = Ground(Path(name) / "ground", settle(Path(name)))
        stack.callback(ground.close)
        seconds = 60 * asked.minutes
        night = Night(ground, asked.seed, SHARE * seconds * asked.servers * SLOTS / asked.jobs, tell)
        report = night.play(jobs=asked.jobs, servers=asked.servers, limit=3 * seconds)
        print(report, flush=True)
        if not report.holds:
            print(ground.describe(), file=sys.stderr)
            return 1
        ground.check()
        print("nothing was left behind", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
