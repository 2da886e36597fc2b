"""What this server can do: encoders as they were tried, speeds as they were measured, kept fresh and remembered."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections import defaultdict
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Mapping, Sequence
from pathlib import Path

from attrs import evolve

from ffx.core.detector import Detector, Device, ToolOutput, Trial
from ffx.core.encoders import EncoderSpec
from ffx.core.errors import FfmpegNotFound
from ffx.core.model import RESOLUTIONS, EncoderReport, ServerCapabilities
from ffx.media.build import (
    FfmpegBuild,
    ListedEncoder,
    read_build,
    read_filters,
    read_identity,
    read_pixel_formats,
)
from ffx.media.generic import generic_spec
from ffx.media.tool import run_tool
from ffx.server.capability_cache import CapabilityCache, Remembered, remember
from ffx.server.examination import Examiner, Finding, allowed
from ffx.server.machine import LoadMeter, driver_marks, free_disk_gb, read_machine, usable_cores
from ffx.server.roster import Roster
from ffx.server.speed import estimated_performance, largest_resolution, measure_fps

TOOL_TIME_LIMIT = 10.0
"""Seconds for a vendor's tool such as nvidia-smi; without its answer, trials go on."""

READY_LIMIT = 30.0
"""Seconds after which a server says that it is ready although a driver hangs; what is missing follows later."""

TRY_AGAIN_AFTER = 15.0
"""Seconds until a failure that passes by waiting, such as a GPU with every session taken, is looked at again."""

SAVE_EVERY = 5.0
TELL_EVERY = 1.0
"""Seconds between two saves, and two words to clients, while the background work goes on."""


class CapabilityService:
    """The capabilities of one machine with one FFmpeg.

    ``prepare()`` (or ``open()`` alone) first; then ``complete()`` in the background while ``ensure()`` and
    ``snapshot()`` serve whoever asks. An encoder is never tried twice at the same time: who comes second waits for
    the first.
    """

    build: FfmpegBuild

    def __init__(
        self,
        ffmpeg: Path,
        *,
        detectors: Mapping[str, Detector],
        specs: Mapping[str, EncoderSpec],
        cache: Path,
        disk: Path,
        max_file_size: int,
        on_change: Callable[[], None] = lambda: None,
    ) -> None:
        """``cache`` is the folder for what was found, ``disk`` where jobs are kept, ``max_file_size`` in bytes."""
        self.ffmpeg = ffmpeg
        self.cache_folder = cache
        self._roster = Roster(detectors, specs)
        self._cache = CapabilityCache(cache, ffmpeg, detectors, specs)
        self._key = ""
        self._disk = disk
        self._max_file_size = max_file_size
        self._on_change = on_change
        self._machine = read_machine()
        self._meter = LoadMeter()
        self._slots = asyncio.Semaphore(usable_cores())
        self._families: defaultdict[str, asyncio.Lock] = defaultdict(asyncio.Lock)
        self._examiner = Examiner(ffmpeg, self._gate)
        self._devices: dict[str, tuple[Device, ...]] = {}
        self._generic: dict[str, EncoderSpec] = {}
        self._reports: dict[str, EncoderReport] = {}
        self._passing: dict[str, float] = {}  # failures that may pass, with the time of the last look
        self._running: dict[str, asyncio.Event] = {}
        self._measured: set[str] = set()
        self._filters: frozenset[str] | None = None
        self._missing: tuple[EncoderReport, ...] = ()
        self._complete = False
        self._devices_are_remembered = False
        self._saved = self._told = time.monotonic()

    # -- For the server -----------------------------------------------------------------------------------------

    async def prepare(self) -> None:
        """Read the build; know the hardware families and the common software encoders, from the cache if it fits.

        Raises:
            FfmpegNotFound: the FFmpeg does not run, or is none.
        """
        await self.open()
        before = self._reports.copy()
        first = [listed.name for listed in self.build.encoders if self._roster.is_common(listed.name)]
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(READY_LIMIT):
                await self._know(first)
        self._missing = self._roster.missing(self.build, self._devices)
        if self._reports != before:
            await self._save()

    async def open(self) -> bool:
        """Read the build alone, and what is remembered of it: enough for ``ensure`` to try what one job needs.

        Returns whether anything was remembered.

        Raises:
            FfmpegNotFound: the FFmpeg does not run, or is none.
        """
        identity = await read_identity(self.ffmpeg)
        self._key = self._cache.key(identity, driver_marks())
        remembered = self._cache.load(self._key)
        if remembered is None:
            self.build = await read_build(self.ffmpeg, identity)
        else:
            self.build = FfmpegBuild(
                self.ffmpeg, identity.version, remembered.encoders, remembered.muxers, identity.fingerprint
            )
            self._adopt(remembered)
        self._missing = self._roster.missing(self.build, self._devices)
        return remembered is not None

    async def ensure(self, encoders: Sequence[str]) -> None:
        """Try these now where they were not tried, or failed for a reason that passes; return when they are known."""
        before = self._reports.copy()
        await self._know([name for name in dict.fromkeys(encoders) if self.build.encoder(name)], again=True)
        if self._reports != before:
            await self._save()
            self._on_change()

    async def complete(self, idle: Callable[[], Awaitable[None]]) -> None:
        """The long tail, then speeds and largest resolutions, one piece of work at a time after ``await idle()``.

        What becomes known is told through ``on_change`` at most once a second, and at the end.
        """
        try:
            await self._look_at_devices_again()
            await self._try_the_rest(idle)
            for name in self._by_use():
                await idle()
                await self._measure(name)
                await self._tell()
        finally:
            self._write()
        self._complete = True
        self._on_change()

    def snapshot(self) -> ServerCapabilities:
        """What is known now; cheap. The load is that since the last look."""
        reports = (*self._in_order(), *self._missing)
        largest = {report.max_resolution for report in reports if report.works}
        return ServerCapabilities(
            hostname=self._machine.hostname,
            os=self._machine.os,
            cpu_cores=self._machine.cpu_cores,
            memory_gb=self._machine.memory_gb,
            disk_space_gb=free_disk_gb(self._disk),
            ffmpeg_version=self.build.version,
            encoders=reports,
            supported_formats=self.build.muxers,
            estimated_performance=estimated_performance(reports),
            current_load=self._meter.load(),
            max_resolution=next((name for name in reversed(list(RESOLUTIONS)) if name in largest), ""),
            max_file_size_gb=self._max_file_size / 1e9,
            complete=self._complete,
        )

    async def refresh_load(self) -> None:
        """Look at the load, and again at what failed for a reason that passes. Called by the server's upkeep."""
        self._meter.load()
        due = [name for name in self._passing if self._is_due(name)]
        if due:
            await self.ensure(due)

    def report(self, encoder: str) -> EncoderReport | None:
        """What is known of an encoder; None where it was not tried yet."""
        known = self._reports.get(encoder)
        if known is not None or self.build.encoder(encoder):
            return known
        return None if encoder in self.build.muxers else self._roster.not_built(encoder, self._devices)

    def spec(self, encoder: str) -> EncoderSpec | None:
        """What is known of an encoder beforehand: by a plugin, or by FFmpeg where it lists one that no plugin knows."""
        registered = self._roster.specs.get(encoder) or self._generic.get(encoder)
        listed = self.build.encoder(encoder)
        return registered or (generic_spec(listed, (), self._roster.encoder_type(encoder)) if listed else None)

    async def filters(self) -> frozenset[str]:
        """The names of this FFmpeg's filters, asked for when the first job needs them."""
        if self._filters is None:
            self._filters = await read_filters(self.ffmpeg)
        return self._filters

    @property
    def devices(self) -> tuple[Device, ...]:
        """Every device that a detector named."""
        return tuple(dict.fromkeys(device for found in self._devices.values() for device in found))

    # -- Trying -------------------------------------------------------------------------------------------------

    async def _know(self, names: Iterable[str], *, again: bool = False) -> None:
        async with asyncio.TaskGroup() as group:
            for name in names:
                group.create_task(self._know_one(name, again=again))

    async def _know_one(self, name: str, *, again: bool = False) -> None:
        while running := self._running.get(name):
            await running.wait()  # and look again: whoever tried it may have been cancelled
        if name in self._reports and not (again and self._is_due(name)):
            return
        self._running[name] = done = asyncio.Event()
        try:
            finding = await self._examine(name)
            if finding is not None:
                self._take(finding)
        finally:
            del self._running[name]
            done.set()

    async def _examine(self, name: str) -> Finding | None:
        listed, detector = self.build.encoder(name), self._roster.detector(name)
        if listed is None or detector is None:
            return None
        devices = await self._devices_of(detector)
        spec = self._roster.specs.get(name) or await self._describe(listed, detector)
        return await self._examiner.examine(spec, detector, devices, experimental=listed.experimental)

    def _take(self, finding: Finding) -> None:
        name = finding.report.name
        self._reports[name] = finding.report
        if finding.lasting:
            self._passing.pop(name, None)
        else:
            self._passing[name] = time.monotonic()

    def _is_due(self, name: str) -> bool:
        looked = self._passing.get(name)
        return looked is not None and time.monotonic() - looked >= TRY_AGAIN_AFTER

    async def _describe(self, listed: ListedEncoder, detector: Detector) -> EncoderSpec:
        pixel_formats: tuple[str, ...] = ()
        if listed.kind == "video":
            with contextlib.suppress(FfmpegNotFound):
                async with self._slots:
                    pixel_formats = await read_pixel_formats(self.ffmpeg, listed.name)
        return self._generic.setdefault(listed.name, generic_spec(listed, pixel_formats, detector.encoder_type))

    @contextlib.asynccontextmanager
    async def _gate(self, family: str) -> AsyncIterator[None]:
        """One trial at a time for a family of hardware, and as many at once as there are cores."""
        async with contextlib.AsyncExitStack() as stack:
            if family:
                await stack.enter_async_context(self._families[family])
            await stack.enter_async_context(self._slots)
            yield

    async def _devices_of(self, detector: Detector) -> tuple[Device, ...]:
        async with self._families[f"devices of {detector.name}"]:
            if detector.name not in self._devices:
                self._devices[detector.name] = await _devices(detector)
            return self._devices[detector.name]

    # -- In the background --------------------------------------------------------------------------------------

    async def _look_at_devices_again(self) -> None:
        """A start from the cache trusts files alone; vendors' tools may know of a driver that left no mark there."""
        if not self._devices_are_remembered:
            return
        for detector in self._roster.detectors:
            if detector.name not in self._devices:
                continue
            found = await _devices(detector)
            if found == self._devices[detector.name]:
                continue
            self._devices[detector.name] = found
            for name in [name for name in self._reports if self._roster.detector(name) is detector]:
                del self._reports[name]
                self._measured.discard(name)

    async def _try_the_rest(self, idle: Callable[[], Awaitable[None]]) -> None:
        waiting = [listed.name for listed in reversed(self.build.encoders) if listed.name not in self._reports]

        async def work() -> None:
            while waiting:
                await idle()
                if not waiting:
                    return
                await self._know_one(waiting.pop())
                await self._tell()

        async with asyncio.TaskGroup() as group:
            for _ in range(usable_cores()):
                group.create_task(work())

    async def _measure(self, name: str) -> None:
        report, spec = self._reports.get(name), self.spec(name)
        if report is None or spec is None or name in self._measured:
            return
        trial = self._trial_of(report, spec)
        if trial.size is None:
            try:
                async with self._gate(_family(report)):
                    fps = await measure_fps(self.ffmpeg, spec, trial)
                async with self._gate(_family(report)):
                    largest = await largest_resolution(self.ffmpeg, spec, trial)
            except OSError:  # FFmpeg is gone: the next trial says so
                return
            self._reports[name] = evolve(self._reports[name], fps=fps, max_resolution=largest)
        self._measured.add(name)

    def _trial_of(self, report: EncoderReport, spec: EncoderSpec) -> Trial:
        """The trial that worked, by what the report keeps of it."""
        detector, listed = self._roster.detector(report.name), self.build.encoder(report.name)
        trials: tuple[Trial, ...] = ()
        if detector:
            with contextlib.suppress(Exception):  # a stranger's detector: what the report keeps is nearly as good
                trials = detector.trials(spec, self._devices.get(detector.name, ()), ten_bit=False)
        experimental = listed is not None and listed.experimental
        tried = (allowed(trial, experimental=experimental) for trial in trials)
        same = (trial for trial in tried if (trial.setup, trial.note) == (report.setup, report.hint))
        return next(same, Trial(report.setup, spec.pixel_formats[0]))

    def _by_use(self) -> list[str]:
        """Working video encoders that were not measured: those that most jobs use first."""
        waiting = [r for r in self._reports.values() if r.works and r.kind == "video" and r.name not in self._measured]
        return [r.name for r in sorted(waiting, key=lambda r: (not self._roster.is_common(r.name), r.name))]

    async def _tell(self) -> None:
        now = time.monotonic()
        if now - self._told >= TELL_EVERY:
            self._told = now
            self._on_change()
        if now - self._saved >= SAVE_EVERY:
            await self._save()

    # -- Remembering --------------------------------------------------------------------------------------------

    def _adopt(self, remembered: Remembered) -> None:
        self._devices = {family.detector: family.devices for family in remembered.families}
        self._devices_are_remembered = True
        self._generic = {spec.name: spec for spec in remembered.generic}
        self._reports = {report.name: report for report in remembered.reports}
        self._measured = set(remembered.measured)
        self._complete = all(listed.name in self._reports for listed in self.build.encoders) and not self._by_use()

    def _remembered(self) -> Remembered:
        lasting = tuple(report for report in self._in_order() if report.name not in self._passing)
        return remember(self.build, self._devices, lasting, self._generic, frozenset(self._measured))

    async def _save(self) -> None:
        self._saved = time.monotonic()
        await asyncio.to_thread(self._cache.save, self._key, self._remembered())

    def _write(self) -> None:
        """Save at once: the task may be on its way out."""
        self._cache.save(self._key, self._remembered())

    # -- What there is ------------------------------------------------------------------------------------------

    def _in_order(self) -> tuple[EncoderReport, ...]:
        reports = self._reports
        return tuple(reports[listed.name] for listed in self.build.encoders if listed.name in reports)


async def _devices(detector: Detector) -> tuple[Device, ...]:
    try:
        return tuple(await detector.devices(_run_vendor_tool))
    except Exception:  # noqa: BLE001 - naming devices explains and directs, and never stands in a trial's way
        return ()


async def _run_vendor_tool(argv: Sequence[str]) -> ToolOutput:
    try:
        finished = await run_tool(argv, time_limit=TOOL_TIME_LIMIT)
    except OSError:
        return ToolOutput(None)
    return ToolOutput(finished.exit_status, finished.stdout, finished.stderr)


def _family(report: EncoderReport) -> str:
    return report.vendor if report.encoder_type.is_hardware else ""
