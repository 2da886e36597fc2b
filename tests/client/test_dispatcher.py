"""The dispatcher: what it decides, and that no order of events breaks it."""

from __future__ import annotations

import hypothesis.strategies as st
from attrs import evolve
from hypothesis import settings
from hypothesis.stateful import Bundle, RuleBasedStateMachine, consumes, initialize, invariant, multiple, rule

from ffx.client.dispatch_words import (
    Abandon,
    Begin,
    CancelRequested,
    Committed,
    Conclude,
    Encoded,
    Event,
    Expecting,
    Failed,
    Instruction,
    JobAdded,
    LocalEnded,
    Lost,
    Opened,
    Rejected,
    ServerCame,
    ServerChanged,
    ServerGone,
    StartLocal,
    Tick,
    Unreachable,
    Wait,
)
from ffx.client.dispatcher import MAX_FAILURES, Dispatcher
from ffx.core.encoders import EncoderSpec, QualityScale
from ffx.core.model import (
    EncoderReport,
    EncoderType,
    JobConfiguration,
    JobResult,
    JobState,
    ServerCapabilities,
    ServerInfo,
    ServerStatus,
)
from ffx.core.recipe import QualityMode, Recipe
from ffx.plugins.weighted import WeightedPolicy

SPECS = {
    "libx264": EncoderSpec("libx264", "h264", quality=QualityScale(("-crf", "{value}"), 0, 51, 23)),
    "libx265": EncoderSpec("libx265", "hevc", quality=QualityScale(("-crf", "{value}"), 0, 51, 28)),
    "hevc_nvenc": EncoderSpec(
        "hevc_nvenc",
        "hevc",
        encoder_type=EncoderType.HARDWARE_NVIDIA,
        quality=QualityScale(("-cq", "{value}"), 0, 51, 28),
        preference=1.0,
    ),
}


def server(name: str, *encoders: str, slots: int = 1, busy: int = 0) -> ServerInfo:
    reports = tuple(
        EncoderReport(e, SPECS[e].codec, encoder_type=SPECS[e].encoder_type, works=True, fps=100) for e in encoders
    )
    capabilities = ServerCapabilities(encoders=reports, supported_formats=("mp4",), estimated_performance=500)
    return ServerInfo(name, name, capabilities=capabilities, max_jobs=slots, current_jobs=busy)


def job(job_id: str, encoder: str = "libx264", *, codec: str = "", priority: int = 5) -> JobConfiguration:
    recipe = Recipe(encoder=encoder, codec=codec, quality_mode=QualityMode.CRF, quality_value=23, container="mp4")
    return JobConfiguration(job_id, f"{job_id}.mkv", f"{job_id}.mp4", recipe, priority=priority)


class Told:
    """A dispatcher, and what it said at each event."""

    def __init__(self, *, may_start_local: bool = False) -> None:
        self.dispatcher = Dispatcher(WeightedPolicy(), SPECS, may_start_local=may_start_local)
        self.now = 100.0

    def __call__(self, event: Event, *, after: float = 0.0) -> tuple[Instruction, ...]:
        self.now += after
        said = self.dispatcher.handle(event, self.now)
        self.dispatcher.check()
        return said

    def open(self, *servers: ServerInfo) -> None:
        for info in servers:
            self(ServerCame(info))
        self(Opened())


def begun(said: tuple[Instruction, ...]) -> list[tuple[str, int, str]]:
    return [(i.job.job_id, i.attempt, i.server_id) for i in said if isinstance(i, Begin)]


def ended(said: tuple[Instruction, ...]) -> list[Conclude]:
    return [i for i in said if isinstance(i, Conclude)]


def test_a_job_goes_to_a_server_that_was_seen_to_support_it() -> None:
    tell = Told()
    tell.open(server("small", "libx264"), server("big", "libx265"))
    assert begun(tell(JobAdded(job("j", "libx265")))) == [("j", 1, "big")]


def test_nothing_is_assigned_before_the_first_look_around_is_over() -> None:
    tell = Told()
    tell(ServerCame(server("slow", "libx265")))
    assert begun(tell(JobAdded(job("j", "", codec="hevc")))) == []
    tell(ServerCame(server("fast", "hevc_nvenc")))
    assert begun(tell(Opened())) == [("j", 1, "fast")]


def test_a_codec_becomes_the_encoder_of_the_server_with_its_own_quality() -> None:
    tell = Told()
    tell.open(server("s", "libx265", "hevc_nvenc"))
    (begin,) = tell(JobAdded(job("j", "", codec="hevc")))
    assert isinstance(begin, Begin)
    assert begin.job.recipe.encoder == "hevc_nvenc"
    assert begin.job.encoder_type is EncoderType.HARDWARE_NVIDIA


def test_more_jobs_than_slots_wait_and_follow_when_an_encode_has_ended() -> None:
    tell = Told()
    tell.open(server("s", "libx264", slots=2))
    assert [begun(tell(JobAdded(job(name)))) for name in "abc"] == [[("a", 1, "s")], [("b", 1, "s")], []]
    assert begun(tell(Encoded("a", 1))) == [("c", 1, "s")]


def test_a_higher_priority_goes_first() -> None:
    tell = Told()
    tell.open(server("s", "libx264"))
    for name, priority in (("a", 5), ("low", 1), ("high", 10)):
        tell(JobAdded(job(name, priority=priority)))
    assert begun(tell(Encoded("a", 1))) == [("high", 1, "s")]


def test_other_clients_jobs_take_slots_too() -> None:
    tell = Told()
    tell.open(server("s", "libx264", busy=1))
    assert begun(tell(JobAdded(job("j")))) == []
    assert begun(tell(ServerChanged(server("s", "libx264", busy=0)))) == [("j", 1, "s")]


def test_a_slot_that_is_freed_is_filled_before_the_server_tells_of_it() -> None:
    tell = Told()
    tell.open(server("s", "libx264", slots=2))
    for name in "abc":
        tell(JobAdded(job(name)))
    assert tell(ServerChanged(server("s", "libx264", slots=2, busy=2))) == (), "both are ours"
    assert begun(tell(Encoded("a", 1))) == [("c", 1, "s")]


def test_a_full_server_is_asked_again_when_it_said() -> None:
    tell = Told()
    tell.open(server("s", "libx264"))
    tell(JobAdded(job("j")))
    assert begun(tell(Rejected("j", 1, "server_full", "full", retry_after=30))) == []
    assert tell.dispatcher.next_wake() == tell.now + 30
    assert begun(tell(Tick(), after=29)) == []
    assert begun(tell(Tick(), after=1)) == [("j", 2, "s")]
    assert tell.dispatcher.next_wake() is None


def test_a_refusal_for_good_sends_the_job_elsewhere_and_in_the_end_says_who_refused() -> None:
    tell = Told()
    tell.open(server("a", "libx264"), server("b", "libx264"))
    ((_, _, first),) = begun(tell(JobAdded(job("j"))))
    ((_, attempt, second),) = begun(tell(Rejected("j", 1, "too_large", "at most 1 GB")))
    assert {first, second} == {"a", "b"}
    (end,) = ended(tell(Rejected("j", attempt, "too_large", "at most 2 GB")))
    assert end.no_server and f"{first}: at most 1 GB" in end.error and f"{second}: at most 2 GB" in end.error


def test_a_failed_encode_is_tried_on_another_server_once_each() -> None:
    tell = Told()
    tell.open(server("a", "libx264"), server("b", "libx264"))
    ((_, _, first),) = begun(tell(JobAdded(job("j"))))
    said = tell(Failed("j", 1, "encode_failed", "crashed"))
    assert any(isinstance(i, Wait) and i.reason == "crashed" for i in said)
    ((_, attempt, second),) = begun(said)
    assert second != first
    (end,) = ended(tell(Failed("j", attempt, "encode_failed", "crashed again")))
    assert (end.state, end.error, end.no_server) == (JobState.FAILED, "crashed again", False)


def test_an_input_that_no_server_could_read_is_not_tried_twice() -> None:
    tell = Told()
    tell.open(server("a", "libx264"), server("b", "libx264"))
    tell(JobAdded(job("j")))
    (end,) = ended(tell(Failed("j", 1, "bad_input", "the input is truncated")))
    assert end.error == "the input is truncated"


def test_a_lost_server_gives_its_jobs_to_another_and_hears_of_it_when_it_returns() -> None:
    tell = Told()
    tell.open(server("a", "libx264"), server("b", "libx264"))
    ((_, _, first),) = begun(tell(JobAdded(job("j"))))
    said = tell(ServerGone(first, "cable pulled"))
    ((_, attempt, second),) = begun(said)
    assert (attempt, second) == (2, "b" if first == "a" else "a")
    assert Abandon("j", 1, first) in said
    assert Abandon("j", 1, first) in tell(ServerCame(server(first, "libx264")))
    assert tell(Committed("j", 1, JobResult("j", JobState.COMPLETED))) == (), "a late word changes nothing"
    (end,) = ended(tell(Committed("j", 2, JobResult("j", JobState.COMPLETED))))
    assert end.state is JobState.COMPLETED
    assert tell.dispatcher.finished


def test_a_job_is_not_given_up_while_a_server_may_still_come() -> None:
    tell = Told()
    tell(Expecting(1))
    tell(Opened())
    assert tell(JobAdded(job("j"))) == ()
    tell(Unreachable("studio", "refused"))
    (end,) = ended(tell(Expecting(0)))
    assert end.no_server and "studio: refused" in end.error


def test_the_embedded_server_is_started_once_and_only_when_nothing_else_fits() -> None:
    tell = Told(may_start_local=True)
    tell.open(server("a", "libx264"))
    assert [type(i) for i in tell(JobAdded(job("fits")))] == [Begin]
    assert tell(JobAdded(job("other", "libx265"))) == (StartLocal(),)
    assert tell(JobAdded(job("another", "libx265"))) == ()
    tell(LocalEnded("no FFmpeg"))
    ends = ended(tell(Expecting(0)))
    assert [end.job.job_id for end in ends] == ["other", "another"]
    assert all("this machine: no FFmpeg" in end.error for end in ends)


def test_alternatives_are_named_when_nothing_fits() -> None:
    tell = Told()
    tell.open(server("studio", "libx265"))
    (end,) = ended(tell(JobAdded(job("j", "hevc_nvenc"))))
    assert "studio cannot do hevc_nvenc" in end.error
    assert "studio can do libx265 instead of hevc_nvenc" in end.error


def test_a_preferred_server_is_asked_first() -> None:
    tell = Told()
    tell(ServerCame(server("best", "hevc_nvenc", "libx264")))
    tell(ServerCame(server("liked", "libx264"), preferred_for=("h264",)))
    tell(Opened())
    assert begun(tell(JobAdded(job("j")))) == [("j", 1, "liked")]
    assert begun(tell(JobAdded(job("k", "hevc_nvenc")))) == [("k", 1, "best")]


def test_a_server_in_maintenance_takes_nothing_new() -> None:
    tell = Told()
    tell.open(server("s", "libx264", slots=2))
    tell(JobAdded(job("a")))
    tell(ServerChanged(evolve(server("s", "libx264", slots=2), status=ServerStatus.MAINTENANCE)))
    assert tell(JobAdded(job("b"))) == (), "it waits: the server may be back in a moment"
    assert len(ended(tell(ServerGone("s")))) == 2


def test_cancelling_stops_the_attempt_and_ends_the_job() -> None:
    tell = Told()
    tell.open(server("s", "libx264"))
    tell(JobAdded(job("j")))
    said = tell(CancelRequested("j"))
    assert said[0] == Abandon("j", 1, "s")
    assert ended(said)[0].state is JobState.CANCELLED
    assert tell(CancelRequested("j")) == ()


def test_an_attempt_that_is_lost_again_and_again_ends() -> None:
    tell = Told()
    tell.open(server("s", "libx264"))
    said = tell(JobAdded(job("j")))
    attempts = 0
    while not ended(said):
        ((_, attempt, _),) = begun(said) or begun(tell(Tick(), after=60))
        said = tell(Lost("j", attempt, "reset"))
        attempts += 1
        assert attempts <= 20
    assert "the last: reset" in ended(said)[0].error


class AnyOrder(RuleBasedStateMachine):
    """Every order of events: no job lost or doubled, no server beyond its slots, late words without effect."""

    attempts = Bundle("attempts")

    def __init__(self) -> None:
        super().__init__()
        self.tell = Told(may_start_local=True)
        self.ends: dict[str, JobState] = {}
        self.at: dict[str, tuple[int, str]] = {}
        self.slots: dict[str, int] = {}
        self.jobs = 0
        self.local_starts = 0

    def say(self, event: Event, after: float = 0.0) -> list[tuple[str, int]]:
        new: list[tuple[str, int]] = []
        for instruction in self.tell(event, after=after):
            match instruction:
                case Begin(job=begun_job, attempt=attempt, server_id=server_id):
                    assert begun_job.job_id not in self.at, "in two places"
                    assert begun_job.job_id not in self.ends, "ended already"
                    assert begun_job.recipe.encoder in ("libx264", "libx265", "hevc_nvenc")
                    self.at[begun_job.job_id] = (attempt, server_id)
                    new.append((begun_job.job_id, attempt))
                case Abandon(job_id=job_id, attempt=attempt):
                    if self.at.get(job_id, (0, ""))[0] == attempt:
                        del self.at[job_id]
                case Wait(job=waiting):
                    self.at.pop(waiting.job_id, None)
                case Conclude(job=done, state=state):
                    assert done.job_id not in self.ends, "ended twice"
                    self.ends[done.job_id] = state
                    self.at.pop(done.job_id, None)
                case StartLocal():
                    self.local_starts += 1
                    assert self.local_starts == 1
        return new

    @initialize()
    def start(self) -> None:
        self.say(Opened())
        self.say(Expecting(1))

    @rule(
        target=attempts,
        encoder=st.sampled_from(["libx264", "libx265", "hevc_nvenc", ""]),
        priority=st.integers(1, 10),
    )
    def add(self, encoder: str, priority: int) -> object:
        self.jobs += 1
        name = f"job{self.jobs}"
        return multiple(*self.say(JobAdded(job(name, encoder, codec="" if encoder else "hevc", priority=priority))))

    @rule(
        target=attempts,
        name=st.sampled_from("abc"),
        encoders=st.sets(st.sampled_from(list(SPECS))),
        slots=st.integers(0, 3),
        busy=st.integers(0, 3),
        came=st.booleans(),
    )
    def server_speaks(self, name: str, encoders: set[str], slots: int, busy: int, came: bool) -> object:
        info = server(name, *encoders, slots=slots, busy=busy)
        if came and name not in self.slots:
            self.slots[name] = slots
            return multiple(*self.say(ServerCame(info)))
        return multiple(*self.say(ServerChanged(info)))

    @rule(target=attempts, name=st.sampled_from("abc"))
    def server_goes(self, name: str) -> object:
        self.slots.pop(name, None)
        return multiple(*self.say(ServerGone(name, "gone")))

    @rule(target=attempts, attempt=attempts, late=st.integers(0, 1))
    def encoded(self, attempt: tuple[str, int], late: int) -> object:
        return multiple(*self.say(Encoded(attempt[0], attempt[1] - late)))

    @rule(target=attempts, attempt=consumes(attempts))
    def committed(self, attempt: tuple[str, int]) -> object:
        name, number = attempt
        present = self.at.get(name, (0, ""))[0] == number
        new = self.say(Committed(name, number, JobResult(name, JobState.COMPLETED)))
        assert not present or self.ends[name] is JobState.COMPLETED
        return multiple(*new)

    @rule(target=attempts, attempt=consumes(attempts), code=st.sampled_from(["encode_failed", "bad_input"]))
    def failed(self, attempt: tuple[str, int], code: str) -> object:
        return multiple(*self.say(Failed(*attempt, code, "it failed")))

    @rule(target=attempts, attempt=consumes(attempts))
    def lost(self, attempt: tuple[str, int]) -> object:
        return multiple(*self.say(Lost(*attempt, "lost")))

    @rule(target=attempts, attempt=consumes(attempts), retry=st.sampled_from([None, 0.0, 30.0]))
    def rejected(self, attempt: tuple[str, int], retry: float | None) -> object:
        return multiple(*self.say(Rejected(*attempt, "server_full" if retry else "too_large", "no", retry)))

    @rule(target=attempts, number=st.integers(1, 30))
    def cancel(self, number: int) -> object:
        return multiple(*self.say(CancelRequested(f"job{number}")))

    @rule(target=attempts, seconds=st.floats(0, 60))
    def wait(self, seconds: float) -> object:
        return multiple(*self.say(Tick(), after=seconds))

    @rule(target=attempts, count=st.integers(0, 2))
    def expecting(self, count: int) -> object:
        return multiple(*self.say(Expecting(count)))

    @invariant()
    def every_job_is_somewhere(self) -> None:
        finished = len(self.ends) == self.jobs
        assert self.tell.dispatcher.finished == finished

    @invariant()
    def failures_are_bounded(self) -> None:
        assert all(attempt < MAX_FAILURES * 100 for attempt, _ in self.at.values())

    def teardown(self) -> None:
        """Whatever happened: with one good server and patience, every job that is left ends."""
        self.say(Expecting(1))
        for name in "abc":
            self.say(ServerGone(name, "gone"))
        good = server("good", *SPECS, slots=4)
        self.say(ServerCame(good))
        for _ in range(4 * self.jobs + 4):
            for name, (number, _where) in list(self.at.items()):
                self.say(Committed(name, number, JobResult(name, JobState.COMPLETED)))
        assert not self.at
        assert len(self.ends) == self.jobs, "a job was lost"


TestAnyOrder = AnyOrder.TestCase
TestAnyOrder.settings = settings(max_examples=400, stateful_step_count=60, deadline=None)
