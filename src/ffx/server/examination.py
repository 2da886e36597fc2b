"""Examines one encoder: its detector's trials in order, 10 bit apart, and a report with a reason and a hint."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractAsyncContextManager
from pathlib import Path

from attrs import evolve, frozen

from ffx.core.detector import Detector, Device, Reason, Trial
from ffx.core.encoders import EncoderSpec
from ffx.core.model import EncoderReport, EncoderSetup, EncoderType
from ffx.media.diagnosis import decisive_line, ends_route, general_hint
from ffx.media.trial import TrialOutcome, try_encoder

TRIAL_TIME_LIMIT = 20.0
"""Seconds. The first use of a GPU and the look-up of Intel's runtime are slow."""

Gate = Callable[[str], AbstractAsyncContextManager[None]]
"""Entered for each trial with the name of what can only be tried one at a time, such as a vendor."""

_PASSING = frozenset(
    {
        Reason.OUT_OF_MEMORY_OR_SESSION_LIMIT,
        Reason.OUT_OF_GPU_MEMORY,
        Reason.HW_ENCODER_UNAVAILABLE,
        Reason.TIMEOUT,
    }
)
"""What says more about the moment than about the machine."""


@frozen
class Finding:
    """The answer about one encoder. ``lasting`` is False when it may be another one a little later."""

    report: EncoderReport
    lasting: bool = True


@frozen
class Examiner:
    """Everything that the examinations of one FFmpeg share."""

    ffmpeg: Path
    gate: Gate

    async def examine(
        self, spec: EncoderSpec, detector: Detector, devices: Sequence[Device], *, experimental: bool = False
    ) -> Finding:
        """Try an encoder. The first trial that works wins; what a plugin breaks is a failure like any other."""
        try:
            trials = detector.trials(spec, devices, ten_bit=False)
        except Exception as error:  # noqa: BLE001 - a stranger's detector may raise anything; it costs one encoder
            return _broken(spec, detector, error)
        trials = tuple(allowed(trial, experimental=experimental) for trial in trials)
        tried: list[tuple[Trial, TrialOutcome]] = []
        for trial in trials:
            if any(ends_route(_reason(o)) and t.setup.input_options == trial.setup.input_options for t, o in tried):
                continue
            outcome = await self._try(spec, detector, trial)
            if outcome.works:
                return await self._success(spec, detector, trial, experimental=experimental)
            tried.append((trial, outcome))
        if not tried:
            return _broken(spec, detector, ValueError("it knows no trial"))
        return _failure(spec, detector, devices, tried)

    async def _success(self, spec: EncoderSpec, detector: Detector, trial: Trial, *, experimental: bool) -> Finding:
        ten_bit, lasting = await self._ten_bit(spec, detector, trial, experimental=experimental)
        report = EncoderReport(
            name=spec.name,
            codec=spec.codec,
            kind=spec.kind,
            encoder_type=_encoder_type(spec, trial.device),
            works=True,
            hint=trial.note,
            ten_bit=ten_bit,
            device=trial.device.node if trial.device else "",
            setup=trial.setup,
        )
        return Finding(report, lasting)

    async def _ten_bit(
        self, spec: EncoderSpec, detector: Detector, winner: Trial, *, experimental: bool
    ) -> tuple[bool, bool]:
        """Whether 10 bit works the same way, and whether that answer lasts."""
        if spec.kind != "video" or not spec.ten_bit_pixel_format:
            return False, True
        if spec.ten_bit_pixel_format == winner.pixel_format:
            return True, True
        devices = (winner.device,) if winner.device else ()
        try:
            trials = detector.trials(spec, devices, ten_bit=True)
        except Exception:  # noqa: BLE001 - 8 bit works, that a stranger's detector fails at 10 costs only those
            return False, False
        lasting = True
        for trial in trials:
            trial = allowed(trial, experimental=experimental)
            if trial.setup != winner.setup or trial.size != winner.size:
                continue  # a job gets the setup that the report names, whatever its depth
            outcome = await self._try(spec, detector, trial)
            if outcome.works:
                return True, True
            lasting = lasting and outcome.reason not in _PASSING
        return False, lasting

    async def _try(self, spec: EncoderSpec, detector: Detector, trial: Trial) -> TrialOutcome:
        family = trial.device.encoder_type.vendor if trial.device else detector.name
        async with self.gate(family if detector.encoder_type.is_hardware else ""):
            try:
                return await try_encoder(self.ffmpeg, spec, trial, time_limit=TRIAL_TIME_LIMIT)
            except OSError as error:  # FFmpeg was removed, or the system has no process left
                words = f"{self.ffmpeg} could not be started: {error.strerror or error}"
                return TrialOutcome(False, Reason.UNKNOWN, words)


def allowed(trial: Trial, *, experimental: bool) -> Trial:
    """The trial, with FFmpeg's permission where it holds an encoder for experimental; a job needs it too."""
    if not experimental:
        return trial
    setup = trial.setup
    options = (*setup.output_options, "-strict", "experimental")
    return evolve(trial, setup=EncoderSetup(setup.input_options, setup.upload_filter, options))


def _failure(
    spec: EncoderSpec, detector: Detector, devices: Sequence[Device], tried: Sequence[tuple[Trial, TrialOutcome]]
) -> Finding:
    # The failure that came furthest says most: with no display on one node and no codec on another, it is the codec.
    trial, outcome = next(((t, o) for t, o in tried if not ends_route(_reason(o))), tried[0])
    reason = _reason(outcome)
    entry_points = [o for t, o in tried if t.device == trial.device and o.reason is Reason.LOW_POWER_UNSUPPORTED]
    if len(entry_points) > 1:  # refused with low power and without: there is no entry point at all
        reason = Reason.CODEC_UNSUPPORTED
    report = EncoderReport(
        name=spec.name,
        codec=spec.codec,
        kind=spec.kind,
        encoder_type=_encoder_type(spec, trial.device),
        reason=reason.value,
        hint=_hint(spec, detector, reason, devices, outcome.stderr),
        device=trial.device.node if trial.device else "",
    )
    return Finding(report, lasting=all(o.exit_status is not None and o.reason not in _PASSING for _, o in tried))


def _hint(spec: EncoderSpec, detector: Detector, reason: Reason, devices: Sequence[Device], stderr: str) -> str:
    special = advice(detector, spec.name, reason, devices, stderr)
    if special:
        return special
    line = decisive_line(spec.name, stderr)
    if reason in (Reason.UNKNOWN, Reason.FRAME_SIZE) and line:
        return f"FFmpeg refused: {line}"
    return general_hint(reason)


def advice(detector: Detector, encoder: str, reason: Reason, devices: Sequence[Device], message: str = "") -> str:
    """The detector's own hint; empty where it has none."""
    try:
        return detector.hint(encoder, reason, devices, message)
    except Exception:  # noqa: BLE001 - the reason stands, only the plugin's advice is missing
        return ""


def _broken(spec: EncoderSpec, detector: Detector, error: Exception) -> Finding:
    words = " ".join(str(error).split())
    hint = f"The detector {detector.name!r} failed ({type(error).__name__}: {words}): update or disable its plugin."
    return Finding(
        EncoderReport(spec.name, spec.codec, spec.kind, spec.encoder_type, reason=Reason.UNKNOWN.value, hint=hint),
        lasting=False,
    )


def _encoder_type(spec: EncoderSpec, device: Device | None) -> EncoderType:
    """The vendor of the device decides where an encoder serves several, as VAAPI does."""
    if device is not None and spec.encoder_type is EncoderType.HARDWARE_OTHER:
        return device.encoder_type
    return spec.encoder_type


def _reason(outcome: TrialOutcome) -> Reason:
    return outcome.reason or Reason.UNKNOWN
